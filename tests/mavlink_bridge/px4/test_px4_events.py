"""What a vehicle that is spoken to as a PX4 tells as events: PX4's numbers and arguments, beside PX4's texts."""

from __future__ import annotations

from struct import unpack_from
from typing import Any

import pytest

from autopilot.context.events import Event
from autopilot.interface.reasons import BAD_FIX, GYROS_FAILED, NEED_POSITION, ArmingMethod, ArmingReason, Check
from autopilot.mav import Sensor, Severity
from autopilot.personality.px4.modes import BY_NAV_STATE, EXTERNAL, HOLD, MISSION, OFFBOARD, VTOL_TAKEOFF, custom_of
from autopilot.personality.px4.notices import WORDS, Notice, Voice
from mavlink_bridge.px4 import book as e
from mavlink_bridge.px4.book import Px4Book
from sortie import Session
from tests.fakes.px4_station import SessionLine, Station

BATTERY = ArmingReason("Battery 1 low", Check.BATTERY, 10.2, 10.5)
BY_NUMBER = {one.id: one for one in e.VOCABULARY.definitions}


def test_numbers_are_those_of_px4s_own_file() -> None:
    """FNV-1a of the name, its lower 24 bits; and All_events.json of a build of 1.16.0."""
    for event in e.VOCABULARY.definitions:
        number = 0x811C9DC5
        for byte in event.name.encode():
            number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
        assert (event.number, event.id) == (number & 0xFFFFFF, 1 << 24 | number & 0xFFFFFF), event.name
    known = {
        "commander_armed_by": 9489139,
        "commander_disarmed_by": 16017271,
        "commander_arming_check_summary": 11047904,
        "commander_health_summary": 1914663,
        "commander_failsafe_enter": 9751178,
        "commander_failsafe_enter_hold": 13704694,
        "check_modes_global_pos": 10011251,
        "commander_gcs_lost": 10794072,
        "mission_execute": 15598001,
        "mission_climb_before_start": 8208988,
    }
    assert {name: e.EVENTS[name].number for name in known} == known


class Said:
    """What is announced and told."""

    def __init__(self) -> None:
        self.texts: list[tuple[Severity, str]] = []
        self.events: list[tuple[str, tuple[float, ...]]] = []
        self.voice = Voice(self)

    def say(self, severity: Severity, text: str) -> None:
        self.texts.append((severity, text))

    def announce(self, event: Event) -> None:
        definition, values = Px4Book().translate(event, None)  # type: ignore[misc,arg-type]  # a notice has its meaning in it
        definition.pack(*values)
        self.events.append((definition.name, values))


VALUES = {
    Notice.ARMED: 1, Notice.DISARMED: 1, Notice.MODE_REFUSED: 1, Notice.CLIMBS: 1, Notice.STICKS_FOUND: 1,
    Notice.CRASHED: 1, Notice.ACTS: 3, Notice.HOLDS: 4,
}  # fmt: skip
CUSTOM = MISSION[0] << 16 | MISSION[1] << 24


@pytest.mark.parametrize(
    ("action", "delayed", "cause", "event"),
    [
        (5, 6, 2, ("commander_failsafe_enter_hold", (CUSTOM, 6, 5, 2))),
        (5, 7, 0, ("commander_failsafe_enter_generic_hold", (CUSTOM, 7, 5))),
        (6, 0, 2, ("commander_failsafe_enter", (CUSTOM, 6, 2))),
        (6, 0, 0, ("commander_failsafe_enter_generic", (CUSTOM, 6))),
        (8, 0, 0, ("commander_failsafe_enter_autopilot_disengaged", (CUSTOM, 8))),
        (1, 0, 3, ("commander_failsafe_enter_low_bat", ())), (1, 0, 4, ("commander_failsafe_enter_crit_bat_warn", ())),
        (1, 0, 5, ("commander_failsafe_enter_crit_low_bat_warn", ())),
        (1, 0, 1, ("commander_failsafe_enter_warn", (CUSTOM, 1))),
        (1, 0, 0, ("commander_failsafe_enter_generic_warn", (CUSTOM,))),
    ],
)  # fmt: skip
def test_a_failsafe_is_the_event_that_px4_chooses(
    action: int, delayed: int, cause: int, event: tuple[str, tuple[float, ...]]
) -> None:
    """By what is done, after which Hold, for which cause; its text ends with a tab."""
    said = Said()
    if delayed:
        said.voice.say(Notice.HOLDS, custom_of(MISSION), delayed, 5, cause)
    else:
        said.voice.say(Notice.ACTS, custom_of(MISSION), action, cause)
    text = "Failsafe activated: entering Hold for 5 seconds\t" if delayed else "Failsafe activated\t"
    assert (said.texts, said.events) == ([(Severity.CRITICAL, text)], [event])


@pytest.mark.parametrize(
    ("method", "number", "text"),
    [
        (ArmingMethod.MAVLINK, 4, "external command"), (ArmingMethod.LANDED, 6, "landing"),
        (ArmingMethod.DISARM_DELAY, 7, "auto preflight disarming"), (ArmingMethod.CRASH, 10, "failure detector"),
        (ArmingMethod.GCS_FAILSAFE, 14, "failsafe"),
    ],
)  # fmt: skip
def test_by_what_it_was_disarmed(method: ArmingMethod, number: int, text: str) -> None:
    said = Said()
    said.voice.disarmed(method)
    assert said.texts[0][1] == f"Disarmed by {text}\t" and said.events == [("commander_disarmed_by", (number,))]


def test_a_refused_mode_is_told_by_its_number() -> None:
    """custom_mode, and PX4's navigation_mode_t."""
    said = Said()
    text = said.voice.say(Notice.MODE_REFUSED, custom_of(OFFBOARD), name="Offboard")
    assert text == "Switching to Offboard is currently not available"
    assert said.events == [("commander_modeswitch_not_avail", (6 << 16, 7))]


def test_every_notice_has_its_event() -> None:
    """Of all that PX4's personality says there is none that a station does not hear of."""
    said = Said()
    for notice in Notice:
        said.voice.say(notice, *(6,) * VALUES.get(notice, 0), name="it")
    assert len(said.events) == len(Notice) and len(said.texts) == len(WORDS)


def test_every_mode_that_is_listed_has_its_number() -> None:
    """src/lib/events/enums.json: bits are those of the nav_state; of Position Slow and Termination nothing is told."""
    assert {e.BIT[mode]: mode for mode in e.BIT} == {
        state: mode for state, (mode, _) in BY_NAV_STATE.items() if state not in (6, 13)
    } | {23 + number: mode for number, mode in enumerate(EXTERNAL)}
    assert set(e.NUMBER) == set(e.BIT) and e.NUMBER[VTOL_TAKEOFF] == 15


def test_arming_checks_forbid_modes_one_by_one() -> None:
    """Without a position only those that need none are left; a dead gyro leaves none."""
    sensors = int(Sensor.GYRO | Sensor.GPS)
    told = Px4Book().standing([BAD_FIX, NEED_POSITION], sensors, int(Sensor.GYRO))
    names = [definition.name for definition, _ in told]
    assert names == [
        "commander_arming_check_summary",
        "check_estimator_gps_fix_too_low",
        "check_modes_global_pos",
        "commander_health_summary",
    ]
    can = told[0][1][3]
    assert can == sum(1 << bit for bit in (0, 1, 10, 15, 18))  # manual, altitude, acro, stabilized, land
    assert told[0][1][1] == 1 << e.Px4Part.GPS | 1 << e.Px4Part.GLOBAL
    assert told[-1][1] == (0, 1 << e.Px4Part.GPS | 1 << e.Px4Part.GYRO, 1 << e.Px4Part.GPS, 0)
    told = Px4Book().standing([GYROS_FAILED, BATTERY, ArmingReason("?")], sensors, sensors)
    assert told[0][1][3] == 0
    assert [definition.name for definition, _ in told[1:-1]] == [
        "check_gyro_no_data",
        "check_battery_low",
        "check_armable_configuration",
    ]
    assert all(len(definition.pack(*values)) for definition, values in told)


def _named(message: Any) -> tuple[str, int]:
    definition = BY_NUMBER[message.id]
    first = unpack_from("<B", bytes(message.arguments))[0]
    return definition.name, int(first)


def test_a_flight_in_px4s_events() -> None:
    """Checks first, then arming, takeoff, a takeover into a refused mode, the return, the landing, disarming."""
    with Session(firmware="px4", seed=5) as session:
        station = Station(SessionLine(session))
        station.run(1.0)
        station.prepare()
        station.fly_to(6.0)
        assert station.set_mode(OFFBOARD) != 0
        assert station.command(20) == 0
        station.until(lambda: not station.armed and station.mode == HOLD, 60.0)
        told = [_named(message) for message in station.of("EVENT")]
        names = [name for name, _ in told]
        assert names[0] == "commander_arming_check_summary" and "check_modes_global_pos" in names
        flown = [name for name in names if not name.startswith("check_") and not name.endswith("_summary")]
        assert flown == [
            "commander_armed_by",
            "commander_takeoff_detected",
            "commander_modeswitch_not_avail",
            "commander_rtl",
            "commander_landing_detected",
            "commander_disarmed_by",
        ]
        assert ("commander_armed_by", 4) in told and ("commander_disarmed_by", 6) in told
        tabs = [message.text for message in station.of("STATUSTEXT") if message.text.endswith("\t")]
        assert [text.split()[0] for text in tabs] == [
            "Armed",
            "Takeoff",
            "Switching",
            "Returning",
            "Landing",
            "Disarmed",
        ]
