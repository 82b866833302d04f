"""Ground stations of a vehicle by their system ids, as in ArduPilot 4.7: SYSID_MYGCS (MAV_GCS_SYSID) only, or the range
up to MAV_GCS_SYSID_HI if that is larger."""

from __future__ import annotations

from typing import Final

_EVERYBODY: Final = range(256)


def stations(first: float, last: float) -> range:
    """System ids of the ground stations, by the two parameters. If the first is 0, as for PX4, every system is a ground
    station."""
    return range(int(first), max(int(first), int(last)) + 1) if first else _EVERYBODY
