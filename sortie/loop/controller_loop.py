"""Skimmer with a flight controller: `sortie loop --vehicle /dev/ttyACM0,115200`.

Depot, skimmer controller and their wire are those of the simulated box. Behind the skimmer is the companion of the
flight controller, in real time. The state of the vehicle is requested from it at every start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import MissionType
from autopilot.mission.state import MissionState
from depot.names import FaultName, SkimmerStage
from depot.pilot.body import ControllerBody
from depot.pilot.claim import ControllerClaim
from depot.pilot.pilot import SkimmerPilot
from depot.settings import BoxSettings, Profile
from depot.wire.depot import flown_items
from depot.world.copter import CopterMotion
from depot.world.pack import ReportedPack
from depot.world.state import WorldState
from sortie.companion.service import Companion
from sortie.loop.box import FlownMission
from sortie.loop.loop import LoopOrder, LoopSnapshot, SortieLoop
from sortie.runtime.runtime import Runtime
from sortie.storage.rows import StoredState

NOT_FLOWN: Final = (FaultName.SKIMMER_LOST,)
"""Faults that would harm a real vehicle."""
_RESTARTED: Final = "started again"


@dataclass(frozen=True, slots=True)
class Controller:
    """Known controller (`FlightController.known`) with its companion. `simulated`: it reports that its battery need not
    be charged. `wall_s`: s since 1970."""

    companion: Companion
    simulated: bool
    wall_s: Callable[[], float] = time.time


def stored_state(snapshot: LoopSnapshot | None, box: BoxSettings) -> StoredState:
    """Return the state for its companion: the mission in progress, so that AUTO continues it. The skimmer's plan has
    heights above the dock."""
    plan = None if snapshot is None else snapshot.skimmer.plan
    if snapshot is None or plan is None:
        return StoredState()
    items = tuple(flown_items(plan, 0.0, box.photo_m))
    return StoredState(plans={MissionType.MISSION: items}, progress=(snapshot.item, int(MissionState.IDLE)))


def controlled_box(controller: Controller, order: LoopOrder, state: WorldState, runtime: Runtime) -> ControlledBox:
    """Make the carrier with a flight controller, in a runtime at real time."""
    snapshot = order.snapshot
    if snapshot is not None and snapshot.skimmer.stage is not SkimmerStage.DOCKED:
        snapshot.skimmer.controlled_by = _RESTARTED  # unknown; the vehicle reports it
    return ControlledBox(order.profile, state, controller, runtime, fresh=snapshot is None)


class ControlledBox:
    """`Carrier` with a `RealVehicle`. `fresh`: of a new loop."""

    guidance = None

    def __init__(
        self, profile: Profile, state: WorldState, controller: Controller, runtime: Runtime, *, fresh: bool
    ) -> None:
        self.real = self
        self._controller = controller
        self._runtime = runtime
        service = self.service = controller.companion.service
        self.node = self.vehicle = service
        self.endpoint = service.endpoint
        self.offset_ms = (0 if fresh else state.now_ms) - service.now_ms
        vehicle, autopilot = controller.companion.vehicle, service.autopilot
        self.firmware = vehicle.firmware
        self.body = ControllerBody(vehicle, profile.box, service.parameters.__getitem__)
        self.claim = ControllerClaim(autopilot, vehicle, lambda: service.now_ms)
        self.pilot = SkimmerPilot(autopilot, profile.box, self.body, self.claim, lambda: service.now_ms, self.offset_ms)
        modelled = controller.simulated or profile.box.battery == "modelled"
        pack = ReportedPack(profile, state, self.body, modelled=modelled, fresh=fresh)
        self.motion = CopterMotion(profile, state, self.pilot, pack, None, watched=True)
        self.mains_kg_s = profile.box.mains_kg_s
        # Heights are relative to the dock, because controllers and maps differ by metres.
        inside = controller.companion.passing.inside
        self.mission = FlownMission(service, profile.box, self.offset_ms, ground_m=profile.box.home[2], inside=inside)

    # --- restarts -----------------------------------------------------------------------------------------------------
    def note(self, snapshot: LoopSnapshot) -> None:
        """Store the progress of its mission, and the time."""
        snapshot.item = self.service.autopilot.sequencer.current_nav_index()
        snapshot.wall_s = self._controller.wall_s()

    def begin(self, loop: SortieLoop, snapshot: LoopSnapshot | None) -> None:
        """Continue with the real state: on its dock the sortie ends; elsewhere nothing is commanded until a person
        asks, while T_DEATH continues to run."""
        if snapshot is None:
            return
        memory, now_ms = loop.skimmer.memory, loop.now_ms
        memory.beat_ms = memory.heard_ms = now_ms
        if memory.controlled_by:
            loop.world.stand_aside()
        away_s = max(self._controller.wall_s() - snapshot.wall_s, 0.0)
        loop.depot.look_again(round(away_s * 1000.0), now_ms)
        self._runtime.look()

    # --- what people ask for ------------------------------------------------------------------------------------------
    def hold(self, why: str) -> bool:
        """Stop and hold at a person's request. False when it does not fly, or not by our command."""
        if not self._controller.companion.hold(why):
            return False
        self.claim.hold_here()
        return True

    def let_go(self) -> None:
        """Continue the flight at the request of the person who stopped it."""
        self.claim.let_go()

    @property
    def flies(self) -> bool:
        """True while it is in the air under Sortie's control."""
        return not self.pilot.landed and self._controller.companion.vehicle.commanded
