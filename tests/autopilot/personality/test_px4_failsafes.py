"""PX4's failsafes, each cause by each of its settings, as framework.cpp chooses: Hold first, then the action, unless
the user takes over."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from autopilot.context.events import Event
from autopilot.context.personality import FailsafeCause
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.mav import Severity
from autopilot.personality.px4.failsafe_rules import Px4Action
from autopilot.personality.px4.failsafes import Px4Failsafes
from autopilot.personality.px4.modes import (
    ACRO,
    ALTITUDE,
    HOLD,
    LAND,
    MANUAL,
    MISSION,
    OFFBOARD,
    POSITION,
    PRECISION,
    RETURN,
    STABILIZED,
    TAKEOFF,
    VTOL_TAKEOFF,
    Pair,
)
from autopilot.personality.px4.notices import Voice
from autopilot.vehicles.vehicle_class import FailsafeAction

DEFAULTS = {
    "BAT_EMERGEN_THR": 0.05, "COM_FAIL_ACT_T": 5.0, "COM_QC_ACT": 0.0, "COM_LOW_BAT_ACT": 0.0, "COM_OBL_RC_ACT": 0.0,
    "COM_RCL_EXCEPT": 0.0, "COM_RC_IN_MODE": 1.0, "COM_WIND_MAX_ACT": 0.0, "GF_ACTION": 2.0, "NAV_DLL_ACT": 0.0,
    "NAV_RCL_ACT": 2.0, "COM_FLT_TIME_MAX": -1.0, "BAT_CRIT_THR": 0.07, "BAT_LOW_THR": 0.15, "BAT1_N_CELLS": 3.0,
    "BAT1_V_CHARGED": 4.05, "BAT1_V_EMPTY": 3.6,
}  # fmt: skip
AT_ONCE, HELD = "Failsafe activated", "Failsafe activated: entering Hold for 5 seconds"


class Bench:
    """A vehicle that flies a mission, and its failsafes."""

    def __init__(self, **parameters: float) -> None:
        self.vector = [0.0] * report.SIZE
        self.vector[report.BATT_FRACTION] = 1.0
        state = SimpleNamespace(report=self.vector)
        self.facts = SimpleNamespace(armed=True, now_ms=0, vehicle=SimpleNamespace(state=state))
        self.said: list[str] = []
        self.told: list[Event] = []
        self.modes: list[Pair] = []
        self.stopped: list[ArmingMethod] = []
        self.refused: set[Pair] = set()
        self.failsafes = Px4Failsafes(
            self.facts,
            Voice(self),
            DEFAULTS | parameters,
            self,
            self.stopped.append,  # type: ignore[arg-type]
        )
        self.failsafes.armed(True)
        self.ask(MISSION)

    def say(self, severity: Severity, text: str) -> None:
        self.said.append(text.rstrip("\t"))

    def announce(self, event: Event) -> None:
        self.told.append(event)

    def enter_by_failsafe(self, mode: Pair, reason: ModeReason, now_ms: int) -> bool:
        if mode in self.refused:
            return False
        self.modes.append(mode)
        return True

    def ask(self, mode: Pair) -> None:
        self.modes.append(mode)
        self.failsafes.mode_requested(mode, self.facts.now_ms)

    def run(self, seconds: float) -> None:
        """Called at its deadlines alone."""
        end = self.facts.now_ms + round(1000.0 * seconds)
        while (due := self.failsafes.deadline_ms) is not None and due <= end:
            self.facts.now_ms = due
            self.failsafes.update(due)
        self.facts.now_ms = end
        self.failsafes.update(end)

    @property
    def mode(self) -> Pair:
        return self.modes[-1]

    @property
    def critical(self) -> bool:
        return self.failsafes.in_force(failing=True)


def lose_station(bench: Bench) -> None:
    bench.failsafes.ground_station_silent(1, bench.facts.now_ms)


def lose_sticks(bench: Bench) -> None:
    bench.failsafes.sticks_silent(1, bench.facts.now_ms)


def empty(bench: Bench) -> None:
    bench.failsafes.battery_failed(critical=True, now_ms=bench.facts.now_ms)


def leave(bench: Bench) -> None:
    bench.failsafes.outside(bench.facts.now_ms)


def blow(bench: Bench) -> None:
    bench.failsafes.fail(FailsafeCause.WIND, FailsafeAction.RTL, bench.facts.now_ms)


def lose_terrain(bench: Bench) -> None:
    bench.failsafes.fail(FailsafeCause.TERRAIN, FailsafeAction.RTL, bench.facts.now_ms)


LOSS = ((1, HOLD, HOLD), (2, HOLD, RETURN), (3, HOLD, LAND))
LIMIT = ((2, HOLD, HOLD), (3, HOLD, RETURN), (5, HOLD, LAND))
ROWS = [
    *((lose_station, "NAV_DLL_ACT", *row) for row in LOSS), *((lose_sticks, "NAV_RCL_ACT", *row) for row in LOSS),
    *((leave, "GF_ACTION", *row) for row in LIMIT), *((blow, "COM_WIND_MAX_ACT", *row) for row in LIMIT),
    (empty, "COM_LOW_BAT_ACT", 1, HOLD, RETURN), (empty, "COM_LOW_BAT_ACT", 2, HOLD, LAND),
    (empty, "COM_LOW_BAT_ACT", 3, HOLD, RETURN),
]  # fmt: skip


def test_without_terrain_data_it_comes_home_whatever_the_wind_may_do() -> None:
    """The cause that is told counts: COM_WIND_MAX_ACT 0 was asked of it, and AUTO flew on."""
    bench = Bench(COM_WIND_MAX_ACT=0.0)
    lose_terrain(bench)
    bench.run(5.1)
    assert bench.mode == RETURN and bench.critical


@pytest.mark.parametrize(("fail", "name", "setting", "first", "then"), ROWS)
def test_it_holds_first_and_then_acts(fail, name, setting, first, then) -> None:  # type: ignore[no-untyped-def]
    bench = Bench(**{name: float(setting)})
    fail(bench)
    holds_first = (name, setting) not in (("GF_ACTION", 2), ("COM_WIND_MAX_ACT", 2))
    assert (bench.mode, bench.critical) == (first, True)
    assert (HELD if holds_first else AT_ONCE) in bench.said
    bench.run(4.9)
    assert bench.mode == first
    bench.run(0.2)
    assert (bench.mode, bench.critical) == (then, True)
    assert AT_ONCE in bench.said or first == then


@pytest.mark.parametrize(("fail", "name", "setting", "first", "then"), ROWS)
@pytest.mark.parametrize("after_s", [1.0, 7.0])
def test_the_user_takes_over(fail, name, setting, first, then, after_s) -> None:  # type: ignore[no-untyped-def]
    """While it holds, and while it acts: then nothing flies but what the user asked for."""
    bench = Bench(**{name: float(setting)})
    fail(bench)
    bench.run(after_s)
    bench.ask(POSITION)
    bench.run(60.0)
    assert (bench.mode, bench.critical) == (POSITION, False)


@pytest.mark.parametrize(("fail", "name"), [
    (lose_station, "NAV_DLL_ACT"), (lose_sticks, "NAV_RCL_ACT"), (leave, "GF_ACTION"), (blow, "COM_WIND_MAX_ACT"),
])  # fmt: skip
def test_what_is_off_does_nothing(fail, name) -> None:  # type: ignore[no-untyped-def]
    bench = Bench(**{name: 0.0})
    fail(bench)
    bench.run(20.0)
    assert (bench.mode, bench.critical) == (MISSION, False)


@pytest.mark.parametrize(("fail", "name", "setting"), [
    (lose_station, "NAV_DLL_ACT", 5), (lose_station, "NAV_DLL_ACT", 6), (lose_sticks, "NAV_RCL_ACT", 5),
    (lose_sticks, "NAV_RCL_ACT", 6), (leave, "GF_ACTION", 4), (blow, "COM_WIND_MAX_ACT", 4),
])  # fmt: skip
def test_motors_stop_at_once_and_nobody_takes_over(fail, name, setting) -> None:  # type: ignore[no-untyped-def]
    bench = Bench(**{name: float(setting)})
    fail(bench)
    assert len(bench.stopped) == 1
    bench.ask(POSITION)
    assert bench.critical


def test_the_battery_warns_returns_and_lands() -> None:
    """COM_LOW_BAT_ACT 3. The emergency is a new failsafe, also for a user who has taken over."""
    bench = Bench(COM_LOW_BAT_ACT=3.0)
    bench.failsafes.battery_failed(critical=False, now_ms=0)
    assert (bench.mode, bench.critical, bench.said) == (MISSION, False, ["Low battery", AT_ONCE])
    empty(bench)
    bench.run(1.0)
    bench.ask(MISSION)
    bench.run(10.0)
    assert bench.mode == MISSION
    bench.vector[report.BATT_FRACTION] = 0.049
    bench.run(1.5)
    assert (bench.mode, bench.critical) == (HOLD, True)
    bench.run(6.0)
    assert bench.mode == LAND
    assert bench.said == ["Low battery", AT_ONCE, "Critical battery", HELD, "Emergency battery level", HELD, AT_ONCE]


def test_the_charge_is_told_by_the_voltage_where_that_is_less_and_lasts() -> None:
    """One second of a low voltage is none. At 5 % of the way from an empty cell to a full one it is an emergency."""
    bench = Bench(COM_LOW_BAT_ACT=3.0)
    bench.vector[report.BATT_V_REST] = 3 * 3.95
    bench.run(5.0)
    bench.vector[report.BATT_V_REST] = 3 * 3.5
    bench.run(1.0)
    bench.vector[report.BATT_V_REST] = 3 * 3.95
    bench.run(5.0)
    assert bench.said == [] and bench.mode == MISSION
    bench.vector[report.BATT_V_REST] = 3 * 3.625
    bench.run(2.0)
    assert bench.said == ["Critical battery", HELD] and bench.mode == HOLD
    bench.vector[report.BATT_V_REST] = 3 * 3.62
    bench.run(6.0)
    assert "Emergency battery level" in bench.said and bench.mode == LAND


def test_a_battery_that_was_as_low_at_arming_is_warned_of_alone() -> None:
    """COM_ARM_BAT_MIN may have let it; what is worse than at arming acts."""
    bench = Bench(COM_LOW_BAT_ACT=2.0)
    bench.failsafes.armed(False)
    bench.vector[report.BATT_FRACTION] = 0.06
    bench.failsafes.armed(True)
    bench.run(10.0)
    assert bench.mode == MISSION and not bench.critical
    bench.vector[report.BATT_FRACTION] = 0.04
    bench.run(7.0)
    assert bench.mode == LAND


def test_a_loss_that_ended_after_a_takeover_is_over() -> None:
    """Its return is not that of the next failsafe, which is a Hold at the fence (framework.cpp, `update`)."""
    bench = Bench(NAV_DLL_ACT=2.0, GF_ACTION=2.0)
    lose_station(bench)
    bench.run(6.0)
    bench.ask(POSITION)
    bench.failsafes.found(FailsafeCause.GROUND_STATION)
    leave(bench)
    assert bench.mode == HOLD and bench.critical


@pytest.mark.parametrize(("delay_s", "by_sticks"), [(5.0, True), (0.1, False), (0.0, False)])
def test_without_the_hold_moved_sticks_do_not_take_over(delay_s: float, by_sticks: bool) -> None:
    """But another mode does (framework.cpp, `checkFailsafe`)."""
    bench = Bench(NAV_DLL_ACT=2.0, COM_FAIL_ACT_T=delay_s)
    lose_station(bench)
    bench.run(6.0)
    assert bench.mode == RETURN and bench.failsafes.sticks_may_take_over is by_sticks
    bench.ask(POSITION)
    assert bench.mode == POSITION and not bench.critical


def test_a_loss_that_ends_does_not_fly_on_by_itself() -> None:
    """The return goes on, until the user wants something else."""
    bench = Bench(NAV_DLL_ACT=2.0)
    lose_station(bench)
    bench.run(2.0)
    bench.failsafes.found(FailsafeCause.GROUND_STATION)
    bench.run(10.0)
    assert (bench.mode, bench.critical) == (RETURN, True)
    bench.ask(MISSION)
    assert (bench.mode, bench.critical) == (MISSION, False)


def test_without_delay_it_acts_at_once() -> None:
    bench = Bench(NAV_DLL_ACT=2.0, COM_FAIL_ACT_T=0.0)
    lose_station(bench)
    assert bench.mode == RETURN and bench.said[-1] == AT_ONCE


@pytest.mark.parametrize(
    ("mode", "bit"),
    [(MISSION, 1), (HOLD, 2), (RETURN, 2), (OFFBOARD, 4), (TAKEOFF, 2), (VTOL_TAKEOFF, 2), (LAND, 2), (PRECISION, 2)],
)
def test_sticks_are_not_needed_in_excepted_modes(mode: Pair, bit: int) -> None:
    """And in no other: there the loss counts as soon as it is entered."""
    bench = Bench(COM_RCL_EXCEPT=float(bit))
    bench.ask(mode)
    lose_sticks(bench)
    assert bench.mode == mode
    bench.ask(ALTITUDE)
    assert bench.critical and bench.mode == HOLD


def test_sticks_that_were_lost_at_arming_are_not_needed_until_they_are_heard() -> None:
    bench = Bench()
    bench.failsafes.armed(False)
    lose_sticks(bench)
    bench.failsafes.armed(True)
    bench.run(10.0)
    assert not bench.critical
    bench.failsafes.found(FailsafeCause.RADIO)
    lose_sticks(bench)
    assert bench.critical


@pytest.mark.parametrize(("setting", "flown"), [
    (0, POSITION), (1, ALTITUDE), (2, STABILIZED), (3, RETURN), (4, LAND), (5, HOLD),
])  # fmt: skip
def test_offboard_without_setpoints_acts_at_once_and_goes_on_with_them(setting: int, flown: Pair) -> None:
    bench = Bench(COM_OBL_RC_ACT=float(setting))
    bench.ask(OFFBOARD)
    bench.failsafes.setpoints_changed(0, lost=True)
    assert (bench.mode, bench.critical, bench.said[-1]) == (flown, True, AT_ONCE)
    bench.failsafes.setpoints_changed(0, lost=False)
    assert (bench.mode, bench.critical) == (OFFBOARD, False)


@pytest.mark.parametrize("setting", [6, 7])
def test_offboard_without_setpoints_may_stop_the_motors(setting: int) -> None:
    bench = Bench(COM_OBL_RC_ACT=float(setting))
    bench.ask(OFFBOARD)
    bench.failsafes.setpoints_changed(0, lost=True)
    assert len(bench.stopped) == 1


def test_without_a_position_it_descends_and_holds_nowhere() -> None:
    """Whatever else fails. A user may fly it by hand; with the position the mission goes on."""
    bench = Bench(NAV_DLL_ACT=2.0)
    bench.failsafes.estimator_failed(0)
    assert (bench.mode, bench.failsafes.selected) == (LAND, Px4Action.DESCEND)
    bench.ask(RETURN)
    assert bench.mode == LAND, "which cannot be flown"
    bench.ask(ALTITUDE)
    assert bench.mode == ALTITUDE
    lose_station(bench)
    assert bench.mode == LAND and HELD not in bench.said
    other = Bench()
    other.failsafes.estimator_failed(0)
    other.failsafes.estimator_recovered(0)
    assert (other.mode, other.critical) == (MISSION, False)


@pytest.mark.parametrize("mode", [MANUAL, ACRO, STABILIZED, ALTITUDE])
def test_modes_that_need_no_position_are_flown_on_without_one(mode: Pair) -> None:
    bench = Bench()
    bench.ask(mode)
    bench.failsafes.estimator_failed(0)
    assert (bench.mode, bench.critical) == (mode, False)


def test_a_landing_is_not_turned_into_a_return() -> None:
    bench = Bench(NAV_RCL_ACT=2.0)
    bench.ask(LAND)
    lose_sticks(bench)
    bench.run(10.0)
    assert (bench.mode, bench.critical) == (LAND, False)


def test_what_cannot_be_entered_ends_on_the_ground() -> None:
    bench = Bench(NAV_DLL_ACT=2.0)
    bench.refused = {RETURN}
    lose_station(bench)
    bench.run(6.0)
    assert bench.mode == LAND


def test_a_new_flight_begins_anew() -> None:
    """Disarmed nothing is in force; what is still wrong then acts again."""
    bench = Bench(NAV_DLL_ACT=2.0)
    lose_station(bench)
    bench.run(6.0)
    bench.facts.armed = False
    bench.failsafes.armed(False)
    assert not bench.critical and bench.failsafes.deadline_ms is None
    bench.facts.armed = True
    bench.failsafes.armed(True)
    assert bench.critical and bench.mode == HOLD


def test_a_crash_stops_the_motors() -> None:
    bench = Bench()
    bench.failsafes.crashed(1, 0)
    assert bench.stopped == [ArmingMethod.CRASH]


def test_after_the_longest_flight_time_it_returns() -> None:
    """COM_FLT_TIME_MAX counts from the takeoff; a user may take over; the next flight begins anew."""
    bench = Bench(COM_FLT_TIME_MAX=30.0)
    bench.failsafes.flying(0, airborne=True)
    bench.run(29.0)
    assert (bench.mode, bench.said) == (MISSION, [])
    bench.run(2.0)
    assert (bench.mode, bench.said) == (HOLD, ["Maximum flight time reached", HELD])
    bench.run(6.0)
    assert (bench.mode, bench.critical) == (RETURN, True)
    bench.ask(MISSION)
    assert (bench.mode, bench.critical) == (MISSION, False)
    bench.failsafes.flying(bench.facts.now_ms, airborne=False)
    bench.failsafes.flying(bench.facts.now_ms, airborne=True)
    bench.run(29.0)
    assert bench.mode == MISSION


def test_the_flight_time_may_be_limited_in_the_air() -> None:
    bench = Bench(COM_FLT_TIME_MAX=-1.0)
    bench.failsafes.flying(0, airborne=True)
    bench.run(20.0)
    assert bench.failsafes.deadline_ms == 21_000 and bench.said == [], "the look at the battery alone"
    bench.failsafes._parameters["COM_FLT_TIME_MAX"] = 10.0  # type: ignore[index]  # a dictionary
    bench.run(0.5)
    assert bench.said[0] == "Maximum flight time reached" and bench.mode in (HOLD, RETURN)
