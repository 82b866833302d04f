"""What a person did wrong, said in one line; `main` prints it on stderr and exits with its status."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from autopilot.outcome import Outcome


class UserError(Exception):
    """One line: what is wrong and what would be right. Exit status 2 unless told otherwise."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(" ".join(message.split()))
        self.status = status


class RefusedError(UserError):
    """The vehicle did not do what it was told; `outcome` has the result (MAV_RESULT) and the reason in its words."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason or outcome.result.name.lower().replace("_", " "))
        self.outcome = outcome


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean X?" for a near miss, or an empty string."""
    by_lower = {one.lower(): one for one in known}
    match = get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"; did you mean {by_lower[match[0]]}?" if match else ""
