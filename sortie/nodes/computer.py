"""ONBOARD_COMPUTER_STATUS of the computer that runs the vehicle: memory and disk."""

from __future__ import annotations

import shutil
import sys
from typing import Final

from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import boot_ms, dialect

_MIB: Final = 1024 * 1024
_UNKNOWN_8, _UNKNOWN_32, _UNKNOWN_16 = 0xFF, 0xFFFFFFFF, 0x7FFF
_MAIN: Final = 0  # not part of another computer
_DISK: Final = 0  # storage_type of the first


def computer_status(time_us: int) -> Message:
    """Make the message; unknown fields have their "unknown" values. `time_us`: since start."""
    disk = shutil.disk_usage(".")  # by this name a folder answers that was deleted in the meantime
    unknown = [_UNKNOWN_32] * 3
    return dialect.MAVLink_onboard_computer_status_message(
        time_us,
        boot_ms(time_us // 1000),
        _MAIN,
        [_UNKNOWN_8] * 8,
        [_UNKNOWN_8] * 10,
        [_UNKNOWN_8] * 4,
        [_UNKNOWN_8] * 10,
        127,
        [127] * 8,
        [_UNKNOWN_16] * 4,
        _memory_mib(),
        _UNKNOWN_32,
        [_DISK, *unknown],
        [disk.used // _MIB, *unknown],
        [disk.total // _MIB, *unknown],
        *([_UNKNOWN_32] * 6 for _ in range(5)),
    )


def _memory_mib() -> int:
    """Return the largest memory that the process has used, MiB."""
    largest = peak_memory_bytes()
    return _UNKNOWN_32 if largest is None else largest // _MIB


def peak_memory_bytes() -> int | None:
    """Return the largest resident memory of this process so far, bytes; None on Windows."""
    largest: int | None = None
    if sys.platform != "win32":
        import resource

        kilo = 1 if sys.platform == "darwin" else 1024  # getrusage returns bytes there, otherwise KiB
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilo
    return largest
