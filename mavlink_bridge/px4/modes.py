"""PX4's modes as AVAILABLE_MODES lists them."""

from __future__ import annotations

from typing import Final

from autopilot.mav import ModeProperty
from autopilot.personality.px4.modes import (
    ALTITUDE,
    EXTERNAL,
    LAND,
    LISTED,
    MANUAL,
    POSITION,
    ModeMap,
    custom_of,
)
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.services.modes import ListedMode

_P = ModeProperty
_FOR_BEGINNERS: Final = {ALTITUDE, POSITION, *EXTERNAL}
"""All others PX4 calls advanced."""


def listed(kind: VehicleClass, modes: ModeMap) -> tuple[ListedMode, ...]:
    """All of PX4's, those that are not flown here as NOT_USER_SELECTABLE."""
    hidden = MANUAL if kind.has_height else LAND  # understood, and not offered
    return tuple(
        ListedMode(
            custom_of(mode), modes.name(mode), modes.standard_of(mode),
            (0 if mode in _FOR_BEGINNERS else _P.ADVANCED)
            | (_P.NOT_USER_SELECTABLE if modes.core(mode) is None or mode == hidden else 0),
        )
        for mode, _ in LISTED
    )  # fmt: skip
