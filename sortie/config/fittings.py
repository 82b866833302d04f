"""`--with NAME[,NAME]`: what ArduPilot has and leaves off, put on a vehicle in one word.

A fitting is a few parameters, set before those of `--param`, which win.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sortie.config.errors import UserError, nearest

FITTINGS: Final[dict[str, tuple[str, ...]]] = {
    "camera": ("CAM1_TYPE=6",),
    "gimbal": ("MNT1_TYPE=6",),
    "gripper": ("GRIP_ENABLE=1", "GRIP_TYPE=1", "SERVO9_FUNCTION=28"),
    "remote-id": ("DID_ENABLE=1", "DID_MAVPORT=1", "DID_OPTIONS=1"),
}
"""Parameters of each fitting, as `--param` has them."""


def fitting_names(text: str) -> tuple[str, ...]:
    """Names of a list with commas."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in FITTINGS:
            raise UserError(f"unknown fitting '{name}'{nearest(name, FITTINGS)}; there are {', '.join(FITTINGS)}")
    return names


def fitted(names: Iterable[str]) -> tuple[str, ...]:
    """Parameters of all these fittings."""
    return tuple(parameter for name in names for parameter in FITTINGS[name])
