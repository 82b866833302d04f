"""The events of a vehicle that is spoken to as a PX4, rows of `events.json`: PX4's names, numbers and arguments, words
of our own.

An event's number is a hash of its name (FNV-1a, 24 bits), so that a station which knows PX4's file reads ours. Beside
an event goes a text that ends with a tab, by which stations that show events know to leave it out. Source: PX4 1.16
src/modules/commander/{Commander.cpp, failsafe/framework.cpp, HealthAndArmingChecks}, src/modules/navigator/mission.cpp,
src/lib/events/enums.json, platforms/common/include/px4_platform_common/events.h.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Final

from autopilot.personality.px4 import modes as px4
from mavlink_bridge.services.events.vocabulary import Choices, EventFile, ShownMode, Vocabulary

BIT: Final[dict[px4.Pair, int]] = {  # navigation_mode_group_t: vehicle_status_s::NAVIGATION_STATE_*
    px4.MANUAL: 0, px4.ALTITUDE: 1, px4.POSITION: 2, px4.MISSION: 3, px4.HOLD: 4, px4.RETURN: 5, px4.ACRO: 10,
    px4.OFFBOARD: 14, px4.STABILIZED: 15, px4.TAKEOFF: 17, px4.LAND: 18, px4.FOLLOW: 19, px4.PRECISION: 20,
    px4.ORBIT: 21, **{mode: 23 + number for number, mode in enumerate(px4.EXTERNAL)},
}  # fmt: skip
NUMBER: Final[dict[px4.Pair, int]] = {  # navigation_mode_t
    px4.MANUAL: 0, px4.ALTITUDE: 1, px4.POSITION: 2, px4.MISSION: 3, px4.HOLD: 4, px4.RETURN: 5, px4.ACRO: 6,
    px4.OFFBOARD: 7, px4.STABILIZED: 8, px4.TAKEOFF: 10, px4.LAND: 11, px4.FOLLOW: 12, px4.PRECISION: 13,
    px4.ORBIT: 14, **{mode: 16 + number for number, mode in enumerate(px4.EXTERNAL)},
}  # fmt: skip
_WITHOUT_PLACE: Final = frozenset((px4.MANUAL, px4.ALTITUDE, px4.ACRO, px4.STABILIZED, px4.LAND))
ALL_MODES: Final = sum(1 << bit for bit in BIT.values())
POSITIONAL_MODES: Final = sum(1 << bit for mode, bit in BIT.items() if mode not in _WITHOUT_PLACE)


class Px4Part(IntEnum):
    """health_component_t, as the number of its bit."""

    NONE = 0
    BARO = 1
    GPS = 3
    STICKS = 7
    BATTERY = 11
    MISSION = 18
    SYSTEM = 20
    GLOBAL = 24
    MAG = 27
    ACCEL = 28
    GYRO = 29


_FILE: Final = EventFile(Path(__file__).with_name("events.json"))
EVENTS: Final = _FILE.events
UNKNOWN_MODE: Final = 255


def _choices(modes: Sequence[ShownMode]) -> list[Choices]:
    named = {px4.pair_of(shown.number): shown.name for shown in modes}
    return _FILE.choices(
        {
            "navigation_mode_t": {NUMBER[mode]: name for mode, name in named.items()},
            "navigation_mode_group_t": {1 << BIT[mode]: name for mode, name in named.items()},
        }
    )


def _groups(modes: Sequence[ShownMode]) -> dict[int, list[int]]:
    return {BIT[px4.pair_of(mode.number)]: [mode.number] for mode in modes}


VOCABULARY: Final = Vocabulary("px4", tuple(EVENTS.values()), _choices, _groups)
