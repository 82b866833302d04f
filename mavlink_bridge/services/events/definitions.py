"""The events that a vehicle of Sortie's tells: rows of `events.json`.

Arming checks follow libevents' protocol of that name: a summary, one event for each check that fails, the summary of
health. Flight modes are in two groups: those that need a position, and the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from autopilot.flight.lifecycle import FlightState
from autopilot.interface.reasons import MODE_TEXTS, ArmingMethod, Check
from mavlink_bridge.services.events.vocabulary import Choices, EventFile, EventType, ShownMode, Vocabulary


class Part(IntEnum):
    """`health_component_t`: the parts of a vehicle whose health is told, as bits; the first is always none."""

    NONE = 1
    GYRO = 2
    ACCEL = 4
    MAG = 8
    BARO = 16
    GPS = 32
    BATTERY = 64
    RC = 128
    SYSTEM = 256

    @property
    def index(self) -> int:
        """Number of the part's bit."""
        return self.bit_length() - 1


class ModeGroup(IntEnum):
    """`navigation_mode_group_t`: groups of flight modes that checks forbid together, as bits."""

    WITH_POSITION = 1
    WITHOUT = 2


_FILE: Final = EventFile(Path(__file__).with_name("events.json"))
EVENTS: Final = _FILE.events
CHECKS: Final[Mapping[Check, tuple[EventType, Part]]] = MappingProxyType({
    Check.BARO: (EVENTS["check_baro"], Part.BARO), Check.COMPASS: (EVENTS["check_compass"], Part.MAG),
    Check.GPS: (EVENTS["check_fix"], Part.GPS), Check.INS: (EVENTS["check_gyros"], Part.GYRO),
    Check.PARAMETERS: (EVENTS["check_parameters"], Part.SYSTEM), Check.RC: (EVENTS["check_rc"], Part.RC),
    Check.BATTERY: (EVENTS["check_battery"], Part.BATTERY), Check.MISSION: (EVENTS["check_mission"], Part.SYSTEM),
})  # fmt: skip
"""Events of checks that fail, unless the reason has an event of its own."""


def _choices(modes: Sequence[ShownMode]) -> list[Choices]:
    return _FILE.choices(
        {
            "arming_method_t": {int(method): method.name.lower().replace("_", " ") for method in ArmingMethod},
            "mode_t": {mode.number: mode.name for mode in modes},
            "mode_reason_t": {int(reason): text for reason, text in MODE_TEXTS.items()},
            "flight_state_t": {int(state): state.name.lower() for state in FlightState},
        }
    )


def _groups(modes: Sequence[ShownMode]) -> dict[int, list[int]]:
    needing, others = ([mode.number for mode in modes if mode.position is want] for want in (True, False))
    return dict(enumerate((needing, others)))


VOCABULARY: Final = Vocabulary("sortie", tuple(EVENTS.values()), _choices, _groups)
