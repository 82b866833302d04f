"""Speeds that a plan tells a vehicle on the way: DO_CHANGE_SPEED behind a CONDITION, if its leg lasts so long."""

from __future__ import annotations

from math import inf

from autopilot.mav import Cmd
from autopilot.rehearsal.field import PlannedLeg


class ToldSpeeds:
    """The speeds (`speed_mps`, `least_mps`) of the legs of a flight, told in their order."""

    def __init__(self) -> None:
        self._told: tuple[float, float] | None = None  # None: that of the leg
        self._later: list[tuple[float, tuple[float, float]]] = []  # with their times, s

    def begin(self, leg: PlannedLeg, time_s: float, *, own: bool = False) -> tuple[float, float]:
        """Speeds at the begin of a leg, in any case its `own`: those that an earlier leg was told, until others are
        told."""
        while self.take(time_s) is not None:
            pass
        returns = leg.item.command == Cmd.NAV_RETURN_TO_LAUNCH  # in a mode with its own speed
        if returns or any(after_s == 0.0 for after_s, *_ in leg.changes):
            self._told = None
        later = () if returns else leg.changes
        self._later = [(time_s + after_s, (speed, least)) for after_s, speed, least in later if after_s > 0.0]
        return (leg.speed_mps, leg.least_mps) if own or leg.upright or self._told is None else self._told

    @property
    def next_s(self) -> float:
        """Time of the next change, s."""
        return self._later[0][0] if self._later else inf

    def take(self, time_s: float) -> tuple[float, float] | None:
        """New speeds at a time; None: as before."""
        if time_s < self.next_s:
            return None
        _, self._told = self._later.pop(0)
        return self._told
