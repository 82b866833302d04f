"""How often a stream is sent: groups of REQUEST_DATA_STREAM, rates without being asked, bounds.

Intervals are microseconds of vehicle time, as SET_MESSAGE_INTERVAL has them.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import DataStream
from mavlink_bridge.services.telemetry.layout import NUMBER_OF_NAME

FASTEST_US: Final = 20_000
"""One decision tick: no vehicle has anything newer in between."""
SLOWEST_US: Final = 60_000_000
OFF: Final = -1

_GROUPS: Final[dict[int, str]] = {
    DataStream.RAW_SENSORS: "RAW_IMU SCALED_IMU2 SCALED_PRESSURE",
    DataStream.EXTENDED_STATUS: "SYS_STATUS POWER_STATUS MEMINFO MISSION_CURRENT GPS_RAW_INT NAV_CONTROLLER_OUTPUT "
       "FENCE_STATUS POSITION_TARGET_GLOBAL_INT",
    DataStream.RC_CHANNELS: "SERVO_OUTPUT_RAW RC_CHANNELS",
    DataStream.POSITION: "GLOBAL_POSITION_INT LOCAL_POSITION_NED",
    DataStream.EXTRA1: "ATTITUDE AHRS2 SIMSTATE",
    DataStream.EXTRA2: "VFR_HUD",
    DataStream.EXTRA3: "AHRS WIND SYSTEM_TIME BATTERY_STATUS EKF_STATUS_REPORT VIBRATION",
}  # fmt: skip
_ONLY_BY_NUMBER: Final[dict[int, str]] = {DataStream.RC_CHANNELS: "RC_CHANNELS_RAW"}
"""Mission Planner asks for this group again until it sees this old message; who asks for all never looks at it."""

GROUPS: Final[dict[int, frozenset[int]]] = {
    group: frozenset(NUMBER_OF_NAME[name] for name in f"{names} {_ONLY_BY_NUMBER.get(group, '')}".split())
    for group, names in _GROUPS.items()
} | {DataStream.ALL: frozenset(NUMBER_OF_NAME[name] for names in _GROUPS.values() for name in names.split())}
"""Streams of a REQUEST_DATA_STREAM id."""

_DEFAULT_HZ: Final = {
    0.2: "AVAILABLE_MODES_MONITOR",
    1.0: "HEARTBEAT EXTENDED_SYS_STATE MISSION_CURRENT HOME_POSITION POWER_STATUS MEMINFO",
    2.0: "SYS_STATUS GPS_RAW_INT BATTERY_STATUS EKF_STATUS_REPORT AHRS NAV_CONTROLLER_OUTPUT SYSTEM_TIME RAW_IMU "
         "SCALED_PRESSURE VIBRATION RC_CHANNELS SERVO_OUTPUT_RAW LOCAL_POSITION_NED POSITION_TARGET_GLOBAL_INT "
         "FENCE_STATUS WIND",
    4.0: "GLOBAL_POSITION_INT ATTITUDE VFR_HUD",
}  # fmt: skip
DEFAULT_US: Final[dict[int, int]] = {
    NUMBER_OF_NAME[name]: round(1e6 / hz) for hz, names in _DEFAULT_HZ.items() for name in names.split()
}
"""Interval of each stream that is sent unasked. ArduCopter's own default is nothing; MAVSDK asks for nothing."""

SLOWEST_OF: Final[dict[int, int]] = {NUMBER_OF_NAME["MISSION_CURRENT"]: 1_000_000}
"""What a group request cannot slow down: MISSION_CURRENT has 1 Hz in every mode (docs/reference/mission-semantics.md,
item 30)."""


def interval_of_rate(hz: float) -> int:
    """The interval for a rate in Hz; `OFF` for a rate of 0 or less."""
    return bounded(round(1e6 / hz)) if hz > 0.0 else OFF


def bounded(interval_us: int) -> int:
    return min(max(interval_us, FASTEST_US), SLOWEST_US)
