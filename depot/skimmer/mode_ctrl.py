"""MODE_CTRL of the skimmer: what its controller decides becomes commands to its craft, and, where that has no
autopilot of its own, to THRUSTER_FWD and THRUSTER_ATT (seed 000, 4.3).

A copter is told where to go; a craft without an autopilot is flown by `Guidance`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from depot.messages import MissionPlan
from depot.physics.engines import BurnPurpose, ThrustCommand, Thruster
from depot.skimmer.guidance import Guidance
from depot.skimmer.reports import SkimmerVehicle

Record = Callable[[int, str, str, dict[str, Any]], None]
"""Time, name, reason, facts of a decision."""

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
    """See the module. `guidance`: None for a craft that flies itself."""

    def __init__(self, vehicle: SkimmerVehicle, guidance: Guidance | None, record: Record) -> None:
        self._craft = vehicle
        self._guidance = guidance
        self._record = record

    def undock(self, now_ms: int) -> None:
        """Out of the dock, without a burn."""
        if self._guidance is not None:
            self._guidance.memory.undocked_ms = now_ms
        self._craft.undock()

    def initial_burn(self, plan: MissionPlan, now_ms: int) -> None:
        """Clear: off to where the plan says."""
        self._craft.initial_burn()
        if self._guidance is not None:
            self._fire(self._guidance.depart(self._craft.skimmer_reading(), plan, now_ms), now_ms)

    def turn_back(self, now_ms: int) -> None:
        """To the corridor."""
        self._craft.turn_back()
        if self._guidance is not None:
            self._fire(self._guidance.turn_back(self._craft.skimmer_reading(), now_ms), now_ms)

    def approach(self, now_ms: int) -> None:
        """Into the dock."""
        self._craft.approach()
        if self._guidance is not None:
            self._fire(self._guidance.approach(self._craft.skimmer_reading(), now_ms), now_ms)

    def docked(self) -> None:
        """End the flight: no burn is commanded any more."""
        if self._guidance is not None:
            self._guidance.stop()

    def dispose(self, now_ms: int) -> None:
        """No way home."""
        self._craft.dispose()
        if self._guidance is not None:
            self._fire(self._guidance.away(self._craft.skimmer_reading(), now_ms), now_ms)

    def steer(self, now_ms: int) -> bool:
        """Command the burns that the guidance wants now; False when it wants none."""
        if self._guidance is None:
            return False
        burns = self._guidance.step(self._craft.skimmer_reading(), now_ms)
        self._fire(burns, now_ms)
        return bool(burns)

    def next_ms(self) -> int | None:
        """Time of its next call, ms; None: none is due."""
        return None if self._guidance is None else self._guidance.next_ms()

    def _fire(self, commands: list[ThrustCommand], now_ms: int) -> None:
        for command in commands:
            if command.purpose is not BurnPurpose.APPROACH:  # a pulse every few minutes: the recorder has them
                name = "thruster_fwd" if command.thruster is Thruster.FWD else "thruster_att"
                facts = {"dv_mps": [round(part, 6) for part in command.dv], "at_s": command.at_ms / 1000.0}
                self._record(now_ms, name, _REASONS[command.purpose], facts)
            self._craft.fire(command)
