"""Grammar of `--fault`: NAME[=VALUE][@WHEN[..WHEN]][#K].

WHEN is s of vehicle time since boot, unless the command knows other forms. Without WHEN the fault is active from the
start. The effect of NAME is defined where the fault is applied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite

from autopilot.interface.records import dataclass
from sortie.config.errors import FaultFormError, UserError, nearest
from sortie.config.values import number_of

_FORM = re.compile(
    r"(?P<name>[A-Za-z_][\w.]*)(?:=(?P<value>[^@#]*))?(?:@(?P<start>[^#.]+(?:\.\d+)?)(?:\.\.(?P<end>[^#]+))?)?"
    r"(?:#(?P<nth>\d{1,9}|\*))?"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Fault of `--fault`: `start` and `end` as text (None: from the start, without end), `nth`: number of the
    sortie."""

    name: str
    value: str | None = None
    start: str | None = None
    end: str | None = None
    nth: str | None = None

    def window_ms(self) -> tuple[int, int | None]:
        """Return begin and end, ms of vehicle time since boot, for commands whose WHEN is in seconds."""
        start = 0 if self.start is None else _seconds_ms(self.start, self)
        end = None if self.end is None else _seconds_ms(self.end, self)
        if end is not None and end <= start:
            raise UserError("the end comes before the start", option="fault", given=str(self))
        return start, end

    def number(self) -> float | None:
        """Return the value as a number; None without one."""
        if self.value is None:
            return None
        number = number_of(self.value)
        if not isfinite(number):
            raise UserError(f"'{self.value}' is not a number", option="fault", given=str(self))
        return number

    def __str__(self) -> str:
        text = self.name
        text += "" if self.value is None else f"={self.value}"
        text += "" if self.start is None else f"@{self.start}"
        text += "" if self.end is None else f"..{self.end}"
        return text + ("" if self.nth is None else f"#{self.nth}")


def _seconds_ms(text: str, fault: Fault) -> int:
    seconds = number_of(text)
    if not 0.0 <= seconds < 1e9:
        raise UserError(
            f"'{text}' is not a time in seconds since boot, such as 30 or 12.5 (a window: 30..60)",
            option="fault",
            given=str(fault),
        )
    return round(seconds * 1000.0)


def parse_fault(text: str, known: Iterable[str] | None = None) -> Fault:
    """Parse a fault. UserError for a wrong form, or a name that is not in `known` (None: any name)."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise FaultFormError(
            "not of the form NAME[=VALUE][@WHEN[..WHEN]][#K], e.g. gps.loss@30..60", option="fault", given=text
        )
    fault = Fault(*match.group("name", "value", "start", "end", "nth"))
    names = [fault.name] if known is None else sorted(known)
    if fault.name not in names:
        near = nearest(fault.name, names) or f"; known are {', '.join(names)}"
        raise UserError(f"unknown fault '{fault.name}'{near}", option="fault", given=text)
    return fault
