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
"""Board ids whose boards also run the firmware of these other ids."""

USB_IDS: Final = {
    0x1209: frozenset((0x5740, 0x5741)),  # ArduPilot, also its bootloader
    0x2DAE: None,  # CubePilot (Hex)
    0x3162: None,  # Holybro
    0x26AC: None,  # PX4, 3DR
    0x3185: None,  # Auterion, PX4 v5X
    0x0483: frozenset((0x5740,)),  # STM32 virtual COM port of older ArduPilot builds
}
"""Product ids of each USB vendor id; None: all products of this vendor are flight controllers."""

_PRODUCT: Final = re.compile(
    r"ardupilot|chibios|\bpx4\b|px4_fmu|fmu.?v\d|3d_robotics|3dr|pixhawk|cubeorange|cubeblack|cubeyellow|cubepilot|proficnc"
    r"|holybro|mro|modalfc|auterion|[-_ ]bl\b|qiotek|swift-flyer|\bapm\b",
    re.IGNORECASE,
)
_BOOTLOADER: Final = re.compile(r"[-_ ]bl\b|bootloader", re.IGNORECASE)
_FMUV2: Final = 9
_SMALL: Final = 1024 * 1024
"""Flash size of small boards, bytes."""


def is_bootloader(text: str) -> bool:
    """True if the USB descriptor strings name a bootloader, as `CubeOrange-BL` or `PX4 BL FMU v5.x`. Not all do."""
    return _BOOTLOADER.search(text) is not None


def board_name(board_id: int, *, flash: int | None = None, summary: str = "") -> str:
    """Board id with its name, as `140 (Cube Orange)`; `summary` if the table has no name.

    `flash` (bytes): older boards with id 9 have 1 MiB and run fmuv2 only.
    """
    name = NAMES.get(board_id) or summary
    if board_id == _FMUV2 and flash is not None and flash <= _SMALL:
        name = "Pixhawk 1 with 1 MiB of flash, fmuv2"
    return f"{board_id} ({name})" if name else str(board_id)


def fits(board_id: int, firmware_id: int) -> bool:
    """True if a board whose bootloader reports `board_id` runs firmware made for `firmware_id`."""
    return board_id == firmware_id or firmware_id in _COMPATIBLE.get(board_id, frozenset())


def is_flight_controller(vendor: int | None, product: int | None, text: str) -> bool:
    """True for a flight controller, by its USB ids (None: not on USB) or its descriptor strings `text`."""
    if vendor is None:
        return False
    if vendor in USB_IDS:
        products = USB_IDS[vendor]
        return products is None or product in products
    return _PRODUCT.search(text) is not None
