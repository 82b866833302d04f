"""Flight controllers by board id and by USB id (ArduPilot board_types.txt, chibios_hwdef.py; PX4 hw_config.h)."""

from __future__ import annotations

import re
from typing import Final

NAMES: Final = {
    5: "PX4 FMUv1", 9: "Pixhawk 1, fmuv2, fmuv3, Cube Black", 11: "Pixracer", 13: "Pixhawk 3 Pro, fmuv4pro",
    33: "AUAV-X2.1", 50: "Pixhawk 4, fmuv5", 51: "Pixhawk 5X", 53: "Pixhawk 6X", 56: "Pixhawk 6C", 57: "ARK FMUv6X",
    120: "Cube Yellow", 139: "Durandal", 140: "Cube Orange", 1013: "Matek H743", 1048: "Kakute H7",
    1063: "Cube Orange+",
}  # fmt: skip

_COMPATIBLE: Final = {33: frozenset((9,))}
"""Bootloader id to the firmware ids, besides its own, that its board runs."""

USB_IDS: Final = {
    0x1209: frozenset((0x5740, 0x5741)),  # ArduPilot, also its bootloader
    0x2DAE: None,  # CubePilot (Hex)
    0x3162: None,  # Holybro
    0x26AC: None,  # PX4, 3DR
    0x3185: None,  # Auterion, PX4 v5X
    0x0483: frozenset((0x5740,)),  # STM32 virtual COM port of older ArduPilot builds
}
"""Vendor id to its product ids; None: everything that this vendor sells is a flight controller."""

_PRODUCT: Final = re.compile(
    r"ardupilot|chibios|\bpx4\b|px4_fmu|fmu.?v\d|3d_robotics|3dr|pixhawk|cubeorange|cubeblack|cubeyellow|cubepilot|proficnc"
    r"|holybro|mro|modalfc|auterion|[-_ ]bl\b|qiotek|swift-flyer|\bapm\b",
    re.IGNORECASE,
)
_BOOTLOADER: Final = re.compile(r"[-_ ]bl\b|bootloader", re.IGNORECASE)
_FMUV2: Final = 9
_SMALL: Final = 1024 * 1024
"""Bytes of flash."""


def is_bootloader(text: str) -> bool:
    """By what its descriptor strings say: `CubeOrange-BL`, `PX4 BL FMU v5.x`. Not all bootloaders tell."""
    return _BOOTLOADER.search(text) is not None


def board_name(board_id: int, *, flash: int | None = None, summary: str = "") -> str:
    """`140 (Cube Orange)`; of a board that is not in the table `summary`, or else the bare number. `flash` (bytes): the
    older half of the boards with id 9 have 1 MiB and take fmuv2 only."""
    name = NAMES.get(board_id) or summary
    if board_id == _FMUV2 and flash is not None and flash <= _SMALL:
        name = "Pixhawk 1 with 1 MiB of flash, fmuv2"
    return f"{board_id} ({name})" if name else str(board_id)


def fits(board_id: int, firmware_id: int) -> bool:
    """May a board whose bootloader says `board_id` get firmware made for `firmware_id`?"""
    return board_id == firmware_id or firmware_id in _COMPATIBLE.get(board_id, frozenset())


def is_flight_controller(vendor: int | None, product: int | None, text: str) -> bool:
    """By its USB ids (None: not on USB), or else by what its descriptor strings `text` say."""
    if vendor is None:
        return False
    if vendor in USB_IDS:
        products = USB_IDS[vendor]
        return products is None or product in products
    return _PRODUCT.search(text) is not None
