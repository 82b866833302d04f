"""How long a test waits for a real process before it fails: far longer than any machine needs, for a test that waits
for a condition may be slow and must not be red. Nothing asserts on it."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 240.0

FLIGHT_PATIENCE_S = 1200.0
"""The same for a whole flight of a real client, with all that it asks for on the way."""


def wait_until(holds: Callable[[], bool]) -> None:
    """Until a thread or a process has done what it is to do."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)
