"""The wall clock of a real process, which may be set while it lives: what Python asks there, `time.time` and `time_ns`.

No libfaketime: its clock_nanosleep (0.9.10) refuses what `time.sleep` asks since Python 3.11 (TIMER_ABSTIME), EINVAL,
where the monotonic clock is left alone; and a monotonic clock that jumps is one that no machine has.
"""

from __future__ import annotations

import os
from pathlib import Path

_SITE = """import time

_asked = time.time_ns


def time_ns() -> int:
    with open({file!r}) as file:
        return _asked() + int(file.read()) * 1_000_000


time.time_ns, time.time = time_ns, lambda: time_ns() / 1e9
"""


class Clock:
    """A clock that a file in `folder` sets, read at every question."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._by_ms: int | None = None
        self._site = folder / "site"
        self._site.mkdir(exist_ok=True)
        (self._site / "sitecustomize.py").write_text(_SITE.format(file=str(self._file)))

    @property
    def environment(self) -> dict[str, str]:
        """Of a Python that lives by it."""
        before = os.environ.get("PYTHONPATH")
        return {"PYTHONPATH": os.pathsep.join([str(self._site), *([before] if before else [])])}

    def set(self, by_ms: int) -> None:
        """Wrong by so much from now on."""
        if by_ms != self._by_ms:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(str(by_ms))
            fresh.replace(self._file)
            self._by_ms = by_ms
