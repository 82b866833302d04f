"""Ground stations of a vehicle by their system ids, as ArduPilot 4.7 has them: SYSID_MYGCS (MAV_GCS_SYSID) alone, or
all from it to MAV_GCS_SYSID_HI where that is larger."""

from __future__ import annotations

from typing import Final

_EVERYBODY: Final = range(256)


def stations(first: float, last: float) -> range:
    """System ids of the stations, by the two parameters. The first is 0 as a PX4 has it: every system is one."""
    return range(int(first), max(int(first), int(last)) + 1) if first else _EVERYBODY
