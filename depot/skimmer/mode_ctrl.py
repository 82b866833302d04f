"""MODE_CTRL of the skimmer: turns the controller's decisions into commands (seed 000, 4.3).

A copter is told where to go. A craft without an autopilot is flown by `Guidance`, which commands THRUSTER_FWD and
THRUSTER_ATT.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from depot.messages import MissionPlan
from depot.physics.engines import BurnPurpose, ThrustCommand, Thruster
from depot.skimmer.guidance import Guidance
from depot.skimmer.reports import SkimmerVehicle

Record = Callable[[int, str, str, dict[str, Any]], None]
"""Recorder of a decision: time, name, reason, facts."""

_REASONS = {
    BurnPurpose.DEPART: "onto the way to the harvest zone",
    BurnPurpose.RETURN: "onto the way to the docking corridor",
    BurnPurpose.CORRECT: "back onto its way",
    BurnPurpose.ARRIVE: "the end of the way: its speed becomes that of the place",
    BurnPurpose.TRIM: "so that the pattern closes",
    BurnPurpose.APPROACH: "down the glide slope",
    BurnPurpose.AWAY: "off for good, where nobody is",
}


class ModeCtrl:
    """Commands to the craft. `guidance`: None for a craft with an autopilot."""

    def __init__(self, vehicle: SkimmerVehicle, guidance: Guidance | None, record: Record) -> None:
        self._craft = vehicle
        self._guidance = guidance
        self._record = record

    def undock(self, now_ms: int) -> None:
        """Leave the dock without a burn."""
        if self._guidance is not None:
            self._guidance.memory.undocked_ms = now_ms
        self._craft.undock()

    def initial_burn(self, plan: MissionPlan, now_ms: int) -> None:
        """Burn onto the way to the plan's zone."""
        self._craft.initial_burn()
        if self._guidance is not None:
            self._fire(self._guidance.depart(self._craft.skimmer_reading(), plan, now_ms), now_ms)

    def turn_back(self, now_ms: int) -> None:
        self._craft.turn_back()
        if self._guidance is not None:
            self._fire(self._guidance.turn_back(self._craft.skimmer_reading(), now_ms), now_ms)

    def approach(self, now_ms: int) -> None:
        """Fly into the dock."""
        self._craft.approach()
        if self._guidance is not None:
            self._fire(self._guidance.approach(self._craft.skimmer_reading(), now_ms), now_ms)

    def docked(self) -> None:
        """End the flight; no burn is commanded after it."""
        if self._guidance is not None:
            self._guidance.stop()

    def dispose(self, now_ms: int) -> None:
        """Leave for good: a return is not feasible."""
        self._craft.dispose()
        if self._guidance is not None:
            self._fire(self._guidance.away(self._craft.skimmer_reading(), now_ms), now_ms)

    def steer(self, now_ms: int) -> bool:
        """Command the burns that are due; False if there are none."""
        if self._guidance is None:
            return False
        burns = self._guidance.step(self._craft.skimmer_reading(), now_ms)
        self._fire(burns, now_ms)
        return bool(burns)

    def next_ms(self) -> int | None:
        """Time of the next call of `steer`, ms; None: none is due."""
        return None if self._guidance is None else self._guidance.next_ms()

    def _fire(self, commands: list[ThrustCommand], now_ms: int) -> None:
        for command in commands:
            # pulses come every few minutes and are only in the flight recorder
            if command.purpose is not BurnPurpose.APPROACH:
                name = "thruster_fwd" if command.thruster is Thruster.FWD else "thruster_att"
                facts = {"dv_mps": [round(part, 6) for part in command.dv], "at_s": command.at_ms / 1000.0}
                self._record(now_ms, name, _REASONS[command.purpose], facts)
            self._craft.fire(command)
