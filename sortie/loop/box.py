"""Skimmer of the profile `drone-box`: a simulated copter, or another kind that lands vertically.

The vehicle is a complete node (autopilot, flight manager, simulator); the skimmer controller is one more service on its
endpoint. The world of the loop follows it. A new process means a new copter: it stands on its dock, and a sortie in
progress is closed (`restart`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from autopilot.context.journal import NoJournal
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, MissionType
from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import COPTER, vehicle_class
from autopilot.vehicles.vehicle_class import VehicleClass
from depot.messages import MissionPlan
from depot.names import SkimmerMode, SkimmerStage
from depot.pilot.body import SimulatedBody
from depot.pilot.claim import ModeClaim
from depot.pilot.pilot import SkimmerPilot
from depot.settings import BoxSettings, Profile
from depot.skimmer.skimmer_controller import SkimmerController
from depot.wire.depot import flown_items
from depot.wire.skimmer import SkimmerService, serve_orders
from depot.world.copter import CopterMotion, Weather
from depot.world.pack import SimulatedPack
from depot.world.state import WorldState
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.endpoint import raise_error
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, build_service, grounded, make_vehicle, terrain_around
from sortie.config.vehicle_spec import VehicleSpec
from sortie.loop.loop import LINK_SEED, LoopOrder, LoopSnapshot, SortieLoop
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.runtime import Runtime
from sortie.storage.rows import StoredState

_PACK_V = 11.1


_UPRIGHT: Final = {"Q_GUIDED_MODE": 1.0, "ROLL_LIMIT_DEG": 45.0}
"""Parameters of wings with lift motors: hover in the corridor, and no bank that looks like a fall
(`depot.pilot.senses`)."""
_ON_PAD: Final = {
    "SIM_PLD_ENABLE": 1.0,
    "PLND_TYPE": 4.0,
    "PLND_STRICT": 2.0,
    "PLND_RET_MAX": 2.0,
    "PLND_TIMEOUT": 0.0,
    "PLND_ALT_MIN": 0.3,
}
"""Parameters of a landing with a sensor that sees the pad."""


def box_parameters(profile: Profile, kind: VehicleClass = COPTER) -> dict[str, float]:
    """Return the parameters that the box sets in its vehicle. Its battery is FUEL_LOBES, which only the skimmer
    controller watches."""
    speed = kind.measures.cruise[0]
    box: BoxSettings = profile.box
    amp_hours = profile.skimmer.propellant_kg / _PACK_V
    return {
        "FM_COUNTDOWN": box.countdown_s,
        speed.name: speed.per * box.speed_mps,
        "SIM_BATT_CAP_AH": amp_hours,
        "BATT_CAPACITY": 1000.0 * amp_hours,
        "BATT_LOW_VOLT": 0.0,
        "SIM_WIND_DIR": box.wind_from_deg,
        "SIM_WIND_SPD": box.wind_mps,
    } | (_UPRIGHT if kind.has_stall_speed else _ON_PAD)


def simulated_box(
    order: LoopOrder, state: WorldState, runtime: Runtime, *, terrain: Path | None = None, kind: str = COPTER.name
) -> SimulatedBox:
    """Make a simulated carrier. `terrain`: the ground at its dock; None: flat."""
    return SimulatedBox(order.profile, order.seed, state, fresh=order.snapshot is None, terrain=terrain, kind=kind)


class FlownMission:
    """Skimmer controller on the endpoint of a vehicle whose autopilot flies the plan as a mission. `ground_m`: altitude
    of the dock, for a vehicle whose heights are relative to the place of arming. `inside`: links to parts of this
    program."""

    def __init__(
        self,
        service: VehicleService,
        box: BoxSettings,
        offset_ms: int,
        *,
        ground_m: float | None = None,
        inside: set[int] | None = None,
    ) -> None:
        self.service = service
        self._box = box
        self._offset_ms = offset_ms
        self._ground_m = ground_m
        self._inside = inside

    def carry(self, controller: SkimmerController) -> None:
        """Exchange the skimmer's statuses and orders over the endpoint."""
        service = self.service
        service.endpoint.add_service(
            SkimmerService(controller, service.autopilot.plans.mission, whole=False, offset_ms=self._offset_ms)
        )
        serve_orders(service.commands, controller, service.autopilot.flights, self._offset_ms)

    def on_link(self, link: int, link_ms: int) -> None:
        """Send no streams on this link; the depot receives statuses there."""
        self.service.serve_links(link_ms)
        self.service.telemetry.open_link(link, rates_hz={"*": 0.0}, fixed=True)
        if self._inside is not None:
            self._inside.add(link)

    def items(self, plan: MissionPlan) -> list[MissionItem]:
        return flown_items(plan, self._ground_m, self._box.photo_m)

    def show(self, plan: MissionPlan) -> None:
        autopilot = self.service.autopilot
        if not autopilot.plans.mission.total():
            autopilot.plans.replace(MissionType.MISSION, tuple(self.items(plan)))

    def waypoints(self) -> list[tuple[float, float, float]]:
        items = self.service.autopilot.plans.mission.items()
        return [(item.x, item.y, item.z) for item in items if item.command == Cmd.NAV_WAYPOINT]


class SimulatedBox:
    """Simulated `Carrier`. `fresh`: of a new loop."""

    guidance = None
    real = None

    def __init__(
        self,
        profile: Profile,
        seed: int,
        state: WorldState,
        *,
        fresh: bool,
        terrain: Path | None = None,
        kind: str = COPTER.name,
    ) -> None:
        self.offset_ms = 0 if fresh else state.now_ms
        self.firmware: Firmware = OWN
        home = GeoPoint(*profile.box.home)
        ground = terrain_around(terrain, [home])
        # Each start is another copter, with other noise and other losses.
        noise = seed * LINK_SEED + self.offset_ms
        spec = VehicleSpec(kind, None, grounded(home, ground), profile.box.heading_deg, noise, alone=True)
        copter = make_vehicle(kind, spec.home, spec.heading_deg, spec.seed, ground)
        service = self.service = build_service(
            spec,
            copter,
            NoJournal(),
            StoredState(),
            box_parameters(profile, vehicle_class(kind)),
            name=f"box {seed}",
            epoch_us=VIRTUAL_EPOCH_US,
            on_error=raise_error,
            ground=ground,
        )
        self.node = self.vehicle = service
        self.endpoint = service.endpoint
        self.body, claim = SimulatedBody(copter, profile.box), ModeClaim(service.autopilot)
        self.pilot = SkimmerPilot(
            service.autopilot, profile.box, self.body, claim, lambda: service.now_ms, self.offset_ms
        )
        pack, weather = SimulatedPack(profile, state, self.body), Weather(profile, state, self.body)
        self.motion = CopterMotion(profile, state, self.pilot, pack, weather, watched=False)
        self.mains_kg_s = profile.box.mains_kg_s
        self.mission = FlownMission(service, profile.box, self.offset_ms)

    def begin(self, loop: SortieLoop, snapshot: LoopSnapshot | None) -> None:
        """Put the copter on its dock, restore what its skimmer has flown, and close an interrupted sortie."""
        if snapshot is None:
            return
        before, depot, now_ms = snapshot.skimmer, loop.depot.memory, loop.now_ms
        broken = before.stage is not SkimmerStage.DOCKED or not depot.docked
        if loop.world.state.destroyed and depot.ended_by is not None:
            return  # no skimmer is there
        loop.world.stand_on_dock()
        loop.world.set_mode(SkimmerMode.DOCKED)
        loop.skimmer.stand_on_dock(now_ms)
        if broken and depot.ended_by is None:
            loop.depot.restart(now_ms)

    def note(self, snapshot: LoopSnapshot) -> None:
        """Do nothing: a new copter has no memory."""
