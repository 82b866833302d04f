"""Errors that a user can cause, in one line each. `main` prints them on stderr and exits with their status."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Final

from autopilot.interface.result import Outcome
from autopilot.interface.texts import printable

_KEPT: Final = 1_000
"""Characters kept at the beginning and at the end of a longer line."""


def pip_install(extra: str) -> str:
    """Return the command that installs an extra of Sortie into this environment. `scripts/run` makes an environment
    without pip, and a pip on the search path may belong to another one."""
    python = shlex.quote(sys.executable)
    pip = f"{python} -m pip" if find_spec("pip") is not None else f"pip --python {python}"
    return f"{pip} install 'sortie-mavlink[{extra}]'"


def _in_a_line(text: str) -> str:
    """`text` without line ends, and without its middle where it has quoted a file that has no lines."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= 2 * _KEPT else f"{line[:_KEPT]} [...] {line[-_KEPT:]}"


class UserError(Exception):
    """Error of the user in one line: what is wrong and what is expected. Exit status 2 by default. `option`: the option
    with the wrong value, without dashes; `given`: that value. Other interfaces name the option in their own way
    (`worded`)."""

    def __init__(self, message: str, status: int = 2, *, option: str = "", given: str = "") -> None:
        self.message = _in_a_line(message)
        self.option = option
        self.given = _in_a_line(given)
        self.status = status
        super().__init__(self.worded(f"--{option}"))

    def worded(self, option: str) -> str:
        """Return the line with `option` as the reader knows it."""
        if not self.option:
            return self.message
        return f"{option} {self.given}: {self.message}" if self.given else f"{option}: {self.message}"

    def within(self, place: str) -> UserError:
        """Return the error as one about a file; `place` is the place in it."""
        return UserError(f"{place}: {self.worded(self.option)}", self.status)


class FaultFormError(UserError):
    """A `--fault` without the form of one."""


class RefusedError(UserError):
    """Refusal of a command by the vehicle. `outcome` has the result (MAV_RESULT) and the reason in words."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason or outcome.result.name.lower().replace("_", " "))
        self.outcome = outcome


def nearest(name: str, known: Iterable[str], prefix: str = "", *, cutoff: float = 0.6) -> str:
    """Return "; did you mean X?" for a similar name, otherwise "". `prefix`: common prefix of the names, left out here.
    `cutoff`: required similarity, at most 1."""
    by_lower = {word.lower(): word for word in known}
    from difflib import get_close_matches

    match = get_close_matches(name.lower(), list(by_lower), n=1, cutoff=cutoff)
    return f"; did you mean {prefix}{by_lower[match[0]]}?" if match else ""
