"""How a request to the autopilot ended.

`Result` has MAVLink's MAV_RESULT numbers, so that the bridge passes it on; the core does not otherwise know MAVLink.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Result(IntEnum):
    """MAV_RESULT."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4
    IN_PROGRESS = 5
    CANCELLED = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a command. The reason of a refusal has already been announced as a `StatusText`; `reason` repeats it
    for callers without a link. `detail` becomes COMMAND_ACK.result_param2."""

    result: Result
    reason: str = ""
    detail: int = 0

    @property
    def ok(self) -> bool:
        return self.result in (Result.ACCEPTED, Result.IN_PROGRESS)


ACCEPTED = Outcome(Result.ACCEPTED)
