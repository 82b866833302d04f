"""Retries of a precision landing whose target is out of sight: ArduPilot's AC_PrecLand_StateMachine (4.6), as a table
of stages.

When the target is lost, the vehicle first waits while it sinks (PLND_TIMEOUT). Then it goes back and up to where it
last saw the target, or over the target (PLND_RET_BEHAVE), and comes down to that height. If the target is still not in
sight, or PLND_RET_MAX retries are used up, the failsafe of PLND_STRICT acts: land here (0), stop 7 s and land here (1),
stay in the air (2). If the target comes into sight again, all of this ends, but used retries count until the next
landing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.precision.tracker import PadSight

FAILSAFE_PAUSE_MS: Final = 7000


class PadStage(Enum):
    CLEAR = "nothing is amiss"
    WAITING = "lost: sinks on, it may come back"
    VERTICAL = "lost: lands where it is"
    RETURNING = "goes back to where it was in sight"
    SINKING = "down again to that height"
    SPENT = "nothing is left to try"


class PadAction(Enum):
    DESCEND = "down"
    RETURN = "to the place of the retry"
    SINK = "down to the height of the retry"
    FAILSAFE = "as PLND_STRICT says"


@dataclass(slots=True)
class PadFacts:
    """Facts for the table. `strict`: PLND_STRICT; `waited`: PLND_TIMEOUT is over; `tries_left`; `arrived`: at the place
    of the retry; `down`: at its height."""

    strict: int = 1
    waited: bool = False
    tries_left: bool = True
    arrived: bool = False
    down: bool = False


@dataclass(frozen=True, slots=True)
class RetryStep:
    """Step of the table. The first step whose `when` holds is taken. `says`: a text for people."""

    when: Callable[[PadFacts], bool]
    to: PadStage
    action: PadAction
    says: str = ""


def _always(_: PadFacts) -> bool:
    return True


_CLEAR: Final = (RetryStep(_always, PadStage.CLEAR, PadAction.DESCEND),)
_RETRYING: Final = "PrecLand: Retrying"
_LOST: Final[Mapping[PadStage, tuple[RetryStep, ...]]] = {
    PadStage.CLEAR: (
        RetryStep(lambda f: f.strict == 0, PadStage.VERTICAL, PadAction.DESCEND),
        RetryStep(_always, PadStage.WAITING, PadAction.DESCEND),
    ),
    PadStage.WAITING: (
        RetryStep(lambda f: f.waited and f.tries_left, PadStage.RETURNING, PadAction.RETURN, _RETRYING),
        RetryStep(lambda f: f.waited, PadStage.SPENT, PadAction.FAILSAFE),
        RetryStep(_always, PadStage.WAITING, PadAction.DESCEND),
    ),
    PadStage.VERTICAL: (RetryStep(_always, PadStage.VERTICAL, PadAction.DESCEND),),
    PadStage.RETURNING: (
        RetryStep(lambda f: f.arrived, PadStage.SINKING, PadAction.SINK),
        RetryStep(_always, PadStage.RETURNING, PadAction.RETURN),
    ),
    PadStage.SINKING: (
        RetryStep(lambda f: f.down, PadStage.SPENT, PadAction.FAILSAFE, "PrecLand: Retry Completed"),
        RetryStep(_always, PadStage.SINKING, PadAction.SINK),
    ),
    PadStage.SPENT: (RetryStep(_always, PadStage.SPENT, PadAction.FAILSAFE),),
}
TABLE: Final[Mapping[tuple[PadStage, PadSight], tuple[RetryStep, ...]]] = MappingProxyType(
    {
        **{(stage, PadSight.FOUND): _CLEAR for stage in PadStage},
        **{(stage, PadSight.OUT_OF_RANGE): _CLEAR for stage in PadStage},
        **{(stage, PadSight.NEVER): (RetryStep(_always, stage, PadAction.FAILSAFE),) for stage in PadStage},
        **{(stage, PadSight.LOST): steps for stage, steps in _LOST.items()},
    }
)


class LandingRetries:
    """Walks the table in each landing."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.stage = PadStage.CLEAR
        self.tried = 0
        self.failed_ms: int | None = None
        """Time since which the failsafe acts, ms."""

    def begin(self) -> None:
        """Begin a new landing with all retries."""
        self.stage, self.tried, self.failed_ms = PadStage.CLEAR, 0, None

    def step(self, sight: PadSight, facts: PadFacts, now_ms: int) -> PadAction:
        """Step to the next stage; returns the action now."""
        step = next(row for row in TABLE[self.stage, sight] if row.when(facts))
        if step.says:
            self._say(step.says)
        self.tried += step.to is PadStage.RETURNING and self.stage is not PadStage.RETURNING
        self.stage = step.to
        if step.action is not PadAction.FAILSAFE:
            self.failed_ms = None
        elif self.failed_ms is None:
            self.failed_ms = now_ms
            self._say("PrecLand: Failsafe Measures")
        return step.action

    def stays_up(self, strict: int, now_ms: int) -> bool:
        """True if the vehicle stays in place during the failsafe; False if it lands there."""
        if strict == 1:
            return self.failed_ms is not None and now_ms - self.failed_ms < FAILSAFE_PAUSE_MS
        return strict == 2
