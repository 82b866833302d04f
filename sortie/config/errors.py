"""Errors of a person, each told in one line; `main` prints it on stderr and exits with its status."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from importlib.util import find_spec

from autopilot.interface.result import Outcome


def pip_install(extra: str) -> str:
    """Command that installs an extra of Sortie beside it, with a pip that serves this environment: `scripts/run` makes
    one without a pip of its own, and a pip that is found on the path may be that of another."""
    python = shlex.quote(sys.executable)
    pip = f"{python} -m pip" if find_spec("pip") is not None else f"pip --python {python}"
    return f"{pip} install 'sortie-mavlink[{extra}]'"


class UserError(Exception):
    """Error of a person, in one line: what is wrong and what would be right. Exit status 2 unless told otherwise.
    `option`: the flag whose value is wrong, without dashes, `given`: that value; who asked otherwise than by a
    flag words them in its own way (`worded`)."""

    def __init__(self, message: str, status: int = 2, *, option: str = "", given: str = "") -> None:
        self.message = " ".join(message.split())
        self.option = option
        self.given = " ".join(given.split())
        self.status = status
        super().__init__(self.worded(f"--{option}"))

    def worded(self, option: str) -> str:
        """The line with `option` as the reader knows it."""
        if not self.option:
            return self.message
        return f"{option} {self.given}: {self.message}" if self.given else f"{option}: {self.message}"

    def within(self, place: str) -> UserError:
        """Return the error as one of a file: `place` says where it stands there."""
        return UserError(f"{place}: {self.worded(self.option)}", self.status)


class FaultFormError(UserError):
    """A `--fault` that is not even of the form of one."""


class RefusedError(UserError):
    """The vehicle did not do what it was told; `outcome` has the result (MAV_RESULT) and the reason in its words."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason or outcome.result.name.lower().replace("_", " "))
        self.outcome = outcome


def nearest(name: str, known: Iterable[str], prefix: str = "", *, cutoff: float = 0.6) -> str:
    """ "; did you mean X?" for a near miss, or an empty string. `prefix`: what all names begin with, left out here.
    `cutoff`: how alike they must be, of 1."""
    by_lower = {word.lower(): word for word in known}
    from difflib import get_close_matches

    match = get_close_matches(name.lower(), list(by_lower), n=1, cutoff=cutoff)
    return f"; did you mean {prefix}{by_lower[match[0]]}?" if match else ""
