"""ArduPlane's texts about lift motors: transitions to the wings and back, and parts of a vertical landing at a place.

Only the report shows these changes, so they are looked at while it flies. Source: ArduPilot ArduPlane/quadplane.cpp
(SLT_Transition::update, vtol_position_controller, verify_vtol_land, check_land_complete).
"""

from __future__ import annotations

from collections.abc import Callable
from math import degrees
from typing import Final

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface import report
from autopilot.interface.layout import ASSIST_LOW, ASSIST_UPSET
from autopilot.interface.targets import Land
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity, VtolState
from autopilot.modes.upright import stopping_m

_LOOK_MS: Final = 200
_NEAR_M, _NEAR_MPS = 10.0, 9.0  # of the place of a landing
_DESCENDS_M, _DESCENDS_MPS = 2.0, 3.0  # there


class LiftVoice:
    """Announces what lift motors begin and end. `lands()`: the mode brings the vehicle down to the ground."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm, lands: Callable[[], bool]) -> None:
        self._facts, self._announcer, self._helm, self._lands = facts, announcer, helm, lands
        self._state = VtolState.MC
        self._assists = 0
        self._fast = False  # a transition has reached its airspeed
        self._near = self._descends = self._final = False
        self._due_ms: int | None = None

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        self._due_ms = now_ms if armed and self._facts.own_transitions else None
        self._state, self._fast = VtolState.MC, False
        self._near = self._descends = self._final = False
        self._assists = 0

    def handle_events(self, _: VehicleEvent, now_ms: int) -> None:
        """Handle a landing."""
        if self._due_ms is not None and self._lands():
            self._say("Land complete")

    def update(self, now_ms: int) -> None:
        if self._due_ms is None or now_ms < self._due_ms:
            return
        self._due_ms = now_ms + _LOOK_MS
        if self._facts.landed:
            return
        self._assist()
        before, self._state = self._state, VtolState(int(self._facts.vehicle.state.report[report.VTOL_STATE]))
        if self._state is VtolState.TRANSITION_TO_FW:
            self._speeds_up(before)
        elif before is VtolState.TRANSITION_TO_FW and self._state is VtolState.FW and self._fast:
            self._say("Transition done")
        target = self._helm.target
        if isinstance(target, Land) and target.position is not None and target.approach is None:
            self._stops(target.position, before)

    def _assist(self) -> None:
        """Announce what lift motors begin to help for (VTOL_Assist.cpp)."""
        vector = self._facts.vehicle.state.report
        assists = int(vector[report.ASSISTS])
        new, self._assists = assists & ~self._assists, assists
        if new & int(ASSIST_LOW):
            self._announcer.say(Severity.WARNING, f"Alt assist {self._facts.height:.1f}m")
        if new & int(ASSIST_UPSET):
            bank, pitch = (int(degrees(float(vector[field]))) for field in (report.ROLL, report.PITCH))
            self._announcer.say(Severity.WARNING, f"Angle assist r={bank} p={pitch}")

    def _speeds_up(self, before: VtolState) -> None:
        airspeed = float(self._facts.vehicle.state.report[report.AIR_SPEED])
        assist = self._facts.param("Q_ASSIST_SPEED")
        if before is not self._state:
            self._fast = False
            slow = airspeed < assist or self._assists != 0
            self._say(f"Transition started airspeed {airspeed:.1f}" if slow else "Transition airspeed wait")
        if not self._fast and airspeed >= max(self._facts.param("AIRSPEED_MIN"), assist + 1.0):
            self._fast = True
            self._say(f"Transition airspeed reached {airspeed:.1f}")

    def _stops(self, place: tuple[float, float], before: VtolState) -> None:
        """Announce the parts of the way to a hover at a place, and of a landing there."""
        away_m, height = self._facts.metres_to(place), self._facts.height
        speed = self._facts.vehicle.state.ground_speed
        if self._state is not before and self._state is VtolState.TRANSITION_TO_MC:
            stop_m = stopping_m(self._facts.param, speed)
            self._say(f"VTOL airbrake v={speed:.1f} d={away_m:.0f} sd={stop_m:.0f} h={height:.1f}")
        elif self._state is not before and before is VtolState.TRANSITION_TO_MC:
            self._say(f"VTOL position1 v={speed:.1f} d={away_m:.1f} h={height:.1f}")
        if self._state is not VtolState.MC or not self._lands():
            self._near = self._descends = self._final = False
        elif not self._near and away_m < _NEAR_M and speed < _NEAR_MPS:
            self._near = True
            self._say(f"VTOL position2 started v={speed:.1f} d={away_m:.1f} h={height:.1f}")
        elif not self._descends and away_m < _DESCENDS_M and speed < _DESCENDS_MPS:
            self._descends = True
            self._say("Land descend started")
        elif self._descends and not self._final and height < self._facts.param("Q_LAND_FINAL_ALT", 6.0):
            self._final = True
            self._say("Land final started")

    def _say(self, text: str) -> None:
        self._announcer.step(text)
