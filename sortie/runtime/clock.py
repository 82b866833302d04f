"""The clock of links and protocols where these are real."""

from __future__ import annotations

import time


def link_clock_ms() -> int:
    """Link time: the wall, in ms, monotonic."""
    return int(time.monotonic() * 1000.0)
