"""Results of requests to the autopilot."""

from __future__ import annotations

from autopilot.interface.records import dataclass
from autopilot.mav import Result


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
