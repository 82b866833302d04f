"""The loop of a box whose copter has a flight controller: `sortie loop --vehicle /dev/ttyACM0,115200` and the like.

Depot and skimmer controller are those of the simulated box, and so is the link in memory between them; behind the
skimmer is the companion's service with the flight controller, in real time. What is true of the vehicle is asked of it,
at every start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from autopilot.mav import MissionType
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from depot.messages import MissionPlan
from depot.names import Stage
from depot.pilot.body import ControllerBody
from depot.pilot.claim import ControllerClaim
from depot.pilot.pilot import Pilot
from depot.settings import BoxSettings, Profile
from depot.wire.depot import flown_items
from depot.world.copter import CopterMotion
from depot.world.pack import ReportedPack
from depot.world.state import WorldState, new_state
from depot.world.world import World
from sortie.companion.service import Companion
from sortie.loop.box import BoxLoop
from sortie.loop.faults import LoopFault
from sortie.loop.space import Snapshot
from sortie.storage.rows import StoredState

NOT_FLOWN: Final = ("skimmer_lost",)
"""Faults that would harm a real vehicle."""
_RESTARTED: Final = "started again"


@dataclass(frozen=True, slots=True)
class Controller:
    """A controller that is known (`FlightController.known`), with its companion. `simulated`: it says itself that
    there is no battery to charge. `link_ms`: link time, None = vehicle time; `wall_s`: seconds since 1970."""

    companion: Companion
    simulated: bool
    link_ms: Callable[[], int] | None = None
    wall_s: Callable[[], float] = time.time


def stored_state(snapshot: Snapshot | None, box: BoxSettings) -> StoredState:
    """What its companion's service is to begin with: the mission that was under way, so that a person who asks for
    AUTO gets it back. The skimmer has its plan as it was uploaded, with heights above the dock."""
    plan = None if snapshot is None else snapshot.skimmer.plan
    if snapshot is None or plan is None:
        return StoredState()
    items = tuple(flown_items(plan, 0.0, box.photo_m))
    return StoredState(plans={MissionType.MISSION: items}, progress=(snapshot.item, int(MissionState.IDLE)))


class ControllerLoop(BoxLoop):
    """See the module; driven like `BoxLoop`, by steps that do not run ahead of the clock."""

    claim: ControllerClaim

    def __init__(
        self, profile: Profile, seed: int, faults: list[LoopFault], controller: Controller, *, total: int | None = None,
        confirm: bool = False, snapshot: Snapshot | None = None,
    ) -> None:  # fmt: skip
        self._controller = controller
        if snapshot is not None and snapshot.skimmer.stage is not Stage.DOCKED:
            snapshot.skimmer.controlled_by = _RESTARTED  # by nobody in particular: the vehicle tells
        super().__init__(profile, seed, faults, total=total, confirm=confirm, snapshot=snapshot)

    # --- building -----------------------------------------------------------------------------------------------------
    def _make_world(self, profile: Profile, seed: int, state: WorldState | None) -> World:
        service = self.service = self._controller.companion.service
        self._offset_ms = (0 if state is None else state.now_ms) - service.now_ms
        vehicle, autopilot = self._controller.companion.vehicle, service.autopilot
        body = ControllerBody(vehicle, profile.box, service.parameters.__getitem__)
        self.claim = ControllerClaim(autopilot, vehicle, lambda: service.now_ms)
        pilot = Pilot(autopilot, profile.box, body, self.claim, lambda: service.now_ms, self._offset_ms)
        self.pilot = pilot
        modelled = self._controller.simulated or profile.box.battery == "modelled"
        known = state or new_state(profile, seed)
        pack = ReportedPack(profile, known, pilot, modelled=modelled, fresh=state is None)
        motion = CopterMotion(profile, known, pilot, pack, None, watched=True)
        world = World(profile, known, motion, mains_kg_s=profile.box.mains_kg_s)
        world.advance(world.state.now_ms)  # a look at where it is
        return world

    def _join(self) -> None:
        super()._join()
        self._controller.companion.passing.inside.add(self._craft_link)

    def _items(self, plan: MissionPlan) -> list[MissionItem]:
        """Heights count from the dock: controllers differ from maps by metres."""
        box = self.depot.profile.box
        return flown_items(plan, box.home[2], box.photo_m)

    def _link_ms(self) -> int:
        link_ms = self._controller.link_ms
        return self.service.now_ms if link_ms is None else link_ms()

    # --- restarts -----------------------------------------------------------------------------------------------------
    def snapshot(self) -> Snapshot:
        item = self.service.autopilot.sequencer.current_nav_index()
        return msgspec.structs.replace(super().snapshot(), item=item, wall_s=self._controller.wall_s())

    def _restore(self, snapshot: Snapshot) -> None:
        """The vehicle is where it is: on its dock the sortie ends there; elsewhere nothing is commanded until a person
        asks, and T_DEATH has run meanwhile."""
        memory, now_ms = self.skimmer.memory, self.now_ms
        memory.beat_ms = memory.heard_ms = now_ms
        if memory.controlled_by:
            self.world.stand_aside()
        away_s = max(self._controller.wall_s() - snapshot.wall_s, 0.0)
        self.depot.look_again(round(away_s * 1000.0), now_ms)
        self._exchange()

    def recover(self) -> None:
        """One that was given up is taken in, from wherever it is."""
        self.depot.recover(self.now_ms)
        self.take_back()

    def take_back(self) -> None:
        """It comes home."""
        self.claim.let_go()
        self.skimmer.person_asks(self.now_ms)
        self._exchange()

    # --- endings ------------------------------------------------------------------------------------------------------
    def hold(self, why: str) -> bool:
        """Stop here and stay, by a person's wish. False when it does not fly, or for others."""
        if not self._controller.companion.hold(why):
            return False
        self.claim.hold_here()
        return True

    @property
    def flies(self) -> bool:
        """It is in the air and Sortie has it."""
        return not self.pilot.landed and self._controller.companion.vehicle.commanded

    def send_home(self) -> None:
        """The loop is over while it flies: its own controller brings it home (RTL)."""
        self.service.autopilot.commands.return_to_launch(self.service.now_ms)

    # --- time ---------------------------------------------------------------------------------------------------------
    @property
    def link_ms(self) -> int:
        return self._link_ms()

    def hear(self) -> None:
        self.world.follow()
        super().hear()

    def _advance(self, until_ms: int) -> None:
        self.service.advance(until_ms, self._link_ms())
