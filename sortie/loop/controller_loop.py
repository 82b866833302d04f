"""The skimmer of a box whose copter has a flight controller: `sortie loop --vehicle /dev/ttyACM0,115200` and the like.

Depot and skimmer controller are those of the simulated box, and so is the wire between them; behind the skimmer is
the companion's service with the flight controller, in real time. What is true of the vehicle is asked of it, at every
start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import MissionType
from autopilot.mission.state import MissionState
from depot.names import SkimmerStage
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

NOT_FLOWN: Final = ("skimmer_lost",)
"""Faults that would harm a real vehicle."""
_RESTARTED: Final = "started again"


@dataclass(frozen=True, slots=True)
class Controller:
    """A controller that is known (`FlightController.known`), with its companion. `simulated`: it says itself that
    there is no battery to charge. `wall_s`: seconds since 1970."""

    companion: Companion
    simulated: bool
    wall_s: Callable[[], float] = time.time


def stored_state(snapshot: LoopSnapshot | None, box: BoxSettings) -> StoredState:
    """State with which its companion's service begins: the mission that was under way, so that a person who asks for
    AUTO gets it back. The skimmer has its plan as it was uploaded, with heights above the dock."""
    plan = None if snapshot is None else snapshot.skimmer.plan
    if snapshot is None or plan is None:
        return StoredState()
    items = tuple(flown_items(plan, 0.0, box.photo_m))
    return StoredState(plans={MissionType.MISSION: items}, progress=(snapshot.item, int(MissionState.IDLE)))


def controlled_box(controller: Controller, order: LoopOrder, state: WorldState, runtime: Runtime) -> ControlledBox:
    """The carrier with a flight controller, in a runtime that does not run ahead of the clock."""
    snapshot = order.snapshot
    if snapshot is not None and snapshot.skimmer.stage is not SkimmerStage.DOCKED:
        snapshot.skimmer.controlled_by = _RESTARTED  # by nobody in particular: the vehicle tells
    return ControlledBox(order.profile, state, controller, runtime, fresh=snapshot is None)


class ControlledBox:
    """A `Carrier`, and the `RealVehicle` in it; see the module. `fresh`: of a new loop."""

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
        # Heights count from the dock: controllers differ from maps by metres.
        inside = controller.companion.passing.inside
        self.mission = FlownMission(service, profile.box, self.offset_ms, ground_m=profile.box.home[2], inside=inside)

    # --- restarts -----------------------------------------------------------------------------------------------------
    def note(self, snapshot: LoopSnapshot) -> None:
        """Note how far its mission is, and when that was."""
        snapshot.item = self.service.autopilot.sequencer.current_nav_index()
        snapshot.wall_s = self._controller.wall_s()

    def begin(self, loop: SortieLoop, snapshot: LoopSnapshot | None) -> None:
        """The vehicle is where it is: on its dock the sortie ends there; elsewhere nothing is commanded until a person
        asks, and T_DEATH has run meanwhile."""
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
        """Stop here and stay, by a person's wish. False when it does not fly, or for others."""
        if not self._controller.companion.hold(why):
            return False
        self.claim.hold_here()
        return True

    def let_go(self) -> None:
        """Whoever stopped it wants it flown again."""
        self.claim.let_go()

    @property
    def flies(self) -> bool:
        """True while it is in the air and Sortie has it."""
        return not self.pilot.landed and self._controller.companion.vehicle.commanded
