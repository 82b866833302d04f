"""Skimmer of `space`: a model without an autopilot. Its controller commands thrusters of the world; its endpoint has
only the mission protocol and the loop's messages."""

from __future__ import annotations

from collections.abc import Callable

from autopilot.context.journal import NoJournal
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, altitude_amsl
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.vehicle import VehicleState
from autopilot.mav import Cmd, Frame, Result
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.vehicles.kinds import COPTER
from depot.messages import MissionPlan
from depot.physics.windows import Almanac
from depot.settings import Profile
from depot.skimmer.guidance import Guidance, GuidanceMemory, WaySettings
from depot.skimmer.skimmer_controller import SkimmerController
from depot.wire.depot import plan_items
from depot.wire.skimmer import SkimmerService
from depot.world.orbital import OrbitalMotion
from depot.world.state import WorldState
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.services.mission.service import MissionService
from sortie.loop.loop import LoopOrder, LoopSnapshot, SortieLoop
from sortie.nodes.endpoint import VehicleTimeNode
from sortie.runtime.runtime import Runtime

_NOT_FLOWN = Outcome(Result.UNSUPPORTED, "a kinematic skimmer flies its plan only")


def modelled_skimmer(order: LoopOrder, state: WorldState, runtime: Runtime) -> ModelledSkimmer:
    memory = order.snapshot.skimmer.guidance if order.snapshot else GuidanceMemory()
    return ModelledSkimmer(order.profile, state, memory)


class ModelledSkimmer:
    """Modelled `Carrier`. `system`: its MAVLink system id."""

    vehicle = None
    real = None
    mains_kg_s = 0.0
    offset_ms = 0
    firmware: Firmware = OWN

    def __init__(self, profile: Profile, state: WorldState, memory: GuidanceMemory, system: int = 1) -> None:
        plan = profile.plan
        ways = WaySettings(plan.departure_s, plan.outbound_s, plan.return_s)
        orbit = Almanac(profile.orbit).orbit
        self.guidance = Guidance(orbit, profile.engines, profile.corridor, profile.zone, ways, memory)
        self.motion = OrbitalMotion(profile, state)
        self.endpoint = Endpoint(system)
        self.node = VehicleTimeNode(self.endpoint, lambda: state.now_ms, lambda: not state.destroyed)
        self.mission = KeptMission(self.endpoint, CraftCore(lambda: state.now_ms))

    def begin(self, loop: SortieLoop, snapshot: LoopSnapshot | None) -> None:
        """Restore the waypoints of the mission, which neither controller remembers."""
        if snapshot is not None:
            self.mission.keep(
                [MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL, x=x, y=y, z=z) for x, y, z in snapshot.waypoints]
            )

    def note(self, snapshot: LoopSnapshot) -> None:
        """Do nothing: it has no other state."""


class KeptMission:
    """Skimmer controller on an endpoint of its own, which keeps the waypoints of its plan."""

    def __init__(self, endpoint: Endpoint, core: CraftCore) -> None:
        self._endpoint = endpoint
        self._core = core

    def carry(self, controller: SkimmerController) -> None:
        """Add the skimmer's services; it has the endpoint for itself."""
        self._endpoint.add_service(MissionService(self._core, NoJournal()))  # the loop's snapshots store its plans
        self._endpoint.add_service(SkimmerService(controller, self._core.plans.mission))

    def on_link(self, link: int, link_ms: int) -> None:
        """Do nothing: the depot receives what all links receive."""

    def items(self, plan: MissionPlan) -> list[MissionItem]:
        return plan_items(plan)

    def keep(self, items: list[MissionItem]) -> None:
        self._core.plans.mission.replace(tuple(items))

    def show(self, plan: MissionPlan) -> None:
        if not self._core.plans.mission.total():
            self.keep(plan_items(plan))

    def waypoints(self) -> list[tuple[float, float, float]]:
        return [(item.x, item.y, item.z) for item in self._core.plans.mission.items()]


class CraftFacts:
    """`MissionFacts` of a kinematic skimmer, with its `vehicle` and `personality`: it has a clock, but no home."""

    vehicle_class = COPTER
    home: GeoPoint | None = None

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.vehicle = self.personality = self
        self._now_ms = now_ms
        self._state = VehicleState()

    @property
    def state(self) -> VehicleState:
        self._state.report[report.TIME_MS] = self._now_ms()
        return self._state

    def altitude(self, frame: int, z: float, lat: float, lon: float) -> float | None:
        """Return an altitude of a frame above sea level; None for other frames."""
        return altitude_amsl(frame, z, None, None)

    def mission_shown(self) -> None:
        """Return None: the sequencer shows it."""

    def param(self, name: str) -> float:
        """Return 0: it has no parameters."""
        return 0.0

    def over_ground(self, frame: int, z: float) -> float | None:
        """Return None: it knows no terrain."""
        return None


class CraftPlans:
    """`PlanStore` in which plans are replaced at once."""

    def __init__(self) -> None:
        self.mission, self.fence, self.rally = MissionStorage(1), MissionStorage(0), MissionStorage(0)

    def check(self, kind: int, items: tuple[MissionItem, ...], *, empty_circles: bool = False) -> str | None:
        return None

    def replace(self, kind: int, items: tuple[MissionItem, ...]) -> None:
        (self.mission, self.fence, self.rally)[kind].replace(items)

    def may_clear(self, kind: int) -> bool:
        return True


class CraftCommands:
    """Commands of a craft that flies no mission items."""

    number = 0
    """Mode number."""
    paused = False

    def set_current(self, seq: int) -> Outcome:
        return _NOT_FLOWN if seq else ACCEPTED

    def guided_item(self, place: GeoPoint, over_ground: float | None) -> Outcome:
        return _NOT_FLOWN

    def guided_altitude(self, frame: int, z: float) -> Outcome:
        return _NOT_FLOWN


class CraftCore:
    """`MissionParts` of a kinematic skimmer."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.facts = CraftFacts(now_ms)
        self.plans = CraftPlans()
        self.sequencer = MissionSequencer()
        self.modes = self.auto = self.mission_commands = self.commands = CraftCommands()
