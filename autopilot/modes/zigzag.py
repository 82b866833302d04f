"""ZIGZAG: parallel rows, for spraying a field. The sticks fly as in LOITER.

A switch (auxiliary function 61) stores the places A (low) and B (high). With both, it flies the vehicle along their
direction to the line across A or B, from any place to which the pilot has moved it. The switch's middle position, or
the end of the way, returns control to the sticks. Leaving the mode forgets the places. Source: ArduPilot
ArduCopter/mode_zigzag.cpp.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from autopilot.interface.targets import Leg, PilotKind, Sticks
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.heading import KEEP
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.modes.pilot import PilotMode, always
from autopilot.vehicles.mode_table import ModeSpec

_NEAR_M: Final = 3.0
_NAMES: Final = ("A", "", "B")  # by position of the switch

Place = tuple[float, float]


class RowStage(Enum):
    STORING = "the sticks fly, and a place is missing"
    BY_HAND = "the sticks fly"
    MOVING = "on the way to the line across A or B"


class ZigZagMode(Mode):
    """ZIGZAG: parallel rows between stored places; the sticks fly in between."""

    def __init__(self, context: VehicleContext, spec: ModeSpec) -> None:
        super().__init__(context, spec)
        self._pilot = PilotMode(context, spec, always(PilotKind.LOITER))
        self._places: dict[str, Place] = {}
        self.stage = RowStage.STORING

    def enter(self, now_ms: int) -> None:
        self._places = {}
        self.stage = RowStage.STORING
        self._pilot.enter(now_ms)

    def switch(self, position: int) -> None:
        """Set the switch to low (0), middle (1) or high (2)."""
        name = _NAMES[position]
        if not name:
            self._give_back()
        elif self.stage is RowStage.STORING:
            self._store(name)
        else:
            self._move_to(name)

    def _say(self, text: str) -> None:
        self.announcer.say(Severity.INFO, f"{self.spec.name}: {text}")

    def _store(self, name: str) -> None:
        north, east, _ = self.facts.vehicle.state.position
        self._places[name] = (north, east)
        self._say(f"point {name} stored")
        if len(set(self._places.values())) == 2:
            self.stage = RowStage.BY_HAND

    def _move_to(self, name: str) -> None:
        """Fly along A to B, until the vehicle is abreast of the place."""
        if self.facts.grounded:
            return
        start, to = self._places["A"], self._places["B"]
        along = (to[0] - start[0], to[1] - start[1])
        north, east, down = self.facts.vehicle.state.position
        goal = self._places[name]
        share = ((goal[0] - north) * along[0] + (goal[1] - east) * along[1]) / (
            along[0] * along[0] + along[1] * along[1]
        )
        self.stage = RowStage.MOVING
        self.helm.fly(Leg((north + share * along[0], east + share * along[1], down), radius=_NEAR_M, yaw=KEEP))
        self._say(f"moving to {name}")

    def _give_back(self) -> None:
        if self.stage is RowStage.MOVING:
            self.stage = RowStage.BY_HAND
            self._pilot.enter(self.facts.now_ms)
            self._say("manual control")

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.stage is not RowStage.MOVING:
            self._pilot.update(now_ms, events)
        elif self.helm.arrived or self.facts.grounded:
            self._give_back()

    def sticks_moved(self, sticks: Sticks) -> None:
        self._pilot.sticks_moved(sticks)

    def take_off(self, down: float) -> bool:
        return self._pilot.take_off(down)

    def disarmed(self) -> None:
        """Keep the places: a field may take more than one tank or battery."""
        self._give_back()
        self._pilot.disarmed()
