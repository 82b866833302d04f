"""How long flashing waits for a port that is there and cannot be opened, and what it says then."""

from __future__ import annotations

from typing import Final

from mavlink_bridge.bootloader.failures import AGAIN
from mavlink_bridge.bootloader.script import Obstacle
from mavlink_bridge.links.serial_trouble import Kind, trouble_of

_PATIENCE_MS: Final = {
    Kind.FORBIDDEN: 2_000,  # udev gives a new port to its group some moments after it has appeared
    Kind.BUSY: 15_000,
    Kind.NO_PORT: 0,
    Kind.OTHER: 5_000,
}


def obstacle_of(path: str, problem: BaseException | None) -> Obstacle | None:
    """What to say of `problem`, met while opening `path`; None when the port is simply not there (any more)."""
    trouble = trouble_of(path, problem)
    if trouble.kind is Kind.ABSENT:
        return None
    if trouble.kind is Kind.NO_PORT:
        return Obstacle(trouble.what, "name the board's port with --port, or leave it out", 0)
    return Obstacle(trouble.what, f"{trouble.remedy} and {AGAIN}", _PATIENCE_MS[trouble.kind])
