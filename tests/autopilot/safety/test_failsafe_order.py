"""Which failsafe wins, what is said, and how a landing begins (ArduCopter/events.cpp, AP_BattMonitor.cpp)."""

from __future__ import annotations

from math import pi

import pytest

from autopilot.interface import report
from autopilot.interface.targets import Land
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import LandedState, VtolState
from autopilot.vehicles.mode_table import PlaneMode
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.sim_copter import ALT_HOLD, AUTO, AUTO_RTL, BRAKE, GUIDED, LAND, LOITER, RTL, SMART_RTL, height, in_air

LOW, CRITICAL = VehicleEvent.BATTERY_LOW, VehicleEvent.BATTERY_CRITICAL


def flying(**parameters: float) -> Bench:
    bench = Bench(parameters=parameters)
    bench.airborne(20.0)
    return bench


# --- battery ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("low", "critical", "first", "then"),
    [(2, 1, RTL, LAND), (1, 2, LAND, LAND), (2, 0, RTL, RTL), (0, 1, GUIDED, LAND), (3, 2, SMART_RTL, RTL),
     (2, 3, RTL, RTL), (2, 7, RTL, RTL)],
)  # fmt: skip
def test_the_more_urgent_of_two_battery_failsafes_wins(low: int, critical: int, first: int, then: int) -> None:
    bench = flying(BATT_FS_LOW_ACT=low, BATT_FS_CRT_ACT=critical)
    assert bench.happens(LOW) == first
    assert bench.happens(CRITICAL) == then


@pytest.mark.parametrize(("critical", "then"), [(2, RTL), (3, SMART_RTL), (7, BRAKE), (0, AUTO_RTL)])
def test_any_action_of_a_critical_battery_replaces_the_landing_sequence(critical: int, then: int) -> None:
    """Copter.h, _failsafe_priorities, does not have it."""
    bench = flying(BATT_FS_LOW_ACT=6, BATT_FS_CRT_ACT=critical)
    bench.upload([waypoint(50.0, 0.0, 20.0), item(189), waypoint(0.0, 50.0, 20.0), item(21, 0.0, 50.0)])
    assert bench.happens(LOW) == AUTO_RTL
    assert bench.happens(CRITICAL) == then


def test_a_battery_that_is_only_warned_of_is_a_failsafe_in_words_and_stops_motors_on_the_ground() -> None:
    bench = flying()
    assert bench.happens(LOW) == GUIDED
    assert "Battery Failsafe - no action" in bench.texts
    ground = Bench()
    ground.core.arming.arm(ground.now_ms)
    ground.happens(LOW)
    assert "Battery Failsafe - Disarming" in ground.texts
    assert not ground.core.facts.armed


def test_options_continue_a_mission_but_no_landing_sequence() -> None:
    """ArduCopter/events.cpp asks for AUTO, and AUTO_RTL is another mode."""
    bench = flying(FS_OPTIONS=3, FS_THR_ENABLE=1, FS_GCS_ENABLE=5)
    bench.upload([waypoint(50.0, 0.0, 20.0), item(189), waypoint(0.0, 50.0, 20.0), item(21, 0.0, 50.0)])
    for mode, radio, station in ((AUTO, AUTO, AUTO), (AUTO_RTL, RTL, LAND)):
        assert bench.core.modes.set(mode, bench.now_ms).ok
        bench.core.sticks.lose(bench.now_ms)
        assert bench.core.modes.number == radio
        assert bench.core.modes.set(mode, bench.now_ms).ok
        bench.core.failsafes.ground_station_failed(bench.now_ms, failed=True)
        assert bench.core.modes.number == station


def test_a_landing_that_the_battery_has_asked_for_goes_on() -> None:
    bench = flying(BATT_FS_CRT_ACT=1, FS_GCS_ENABLE=1, FS_OPTIONS=0)
    assert bench.happens(CRITICAL) == LAND
    bench.core.failsafes.ground_station_failed(bench.now_ms, failed=True)
    bench.core.sticks.lose(bench.now_ms)
    assert bench.core.modes.number == LAND
    assert "GCS + Battery Failsafe - Continuing Landing" in bench.texts
    assert "Radio + Battery Failsafe - Continuing Landing" in bench.texts


# --- what is said -----------------------------------------------------------------------------------------------------
def test_no_way_back_is_said_before_the_next_best_is_taken() -> None:
    for action, mode, text in (
        (3, RTL, "SmartRTL Unavailable, Trying RTL Mode"),
        (4, LAND, "SmartRTL Unavailable, Using Land Mode"),
        (6, RTL, "Trying RTL Mode"),
    ):
        bench = flying(BATT_FS_LOW_ACT=action, SRTL_POINTS=0)
        assert bench.happens(LOW) == mode
        assert text in bench.texts


def test_brake_without_a_position_is_a_landing() -> None:
    bench = flying(BATT_FS_LOW_ACT=7)
    bench.core.modes.set(ALT_HOLD, bench.now_ms)
    bench.vehicle.lose_position()
    bench.run(0.04)
    assert bench.happens(LOW) == LAND
    assert "Trying Land Mode" in bench.texts
    assert BRAKE not in bench.modes


def test_on_the_ground_in_auto_the_motors_stop_whatever_the_option_says() -> None:
    bench = Bench(parameters={"FS_OPTIONS": 3, "AUTO_OPTIONS": 1})
    bench.upload([takeoff(), waypoint(40, 0)])
    bench.core.modes.set(AUTO, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.core.sticks.lose(bench.now_ms)
    assert not bench.core.facts.armed
    assert "Radio Failsafe - Disarming" in bench.texts


# --- estimator --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "mode", "then", "text"),
    [
        (0, GUIDED, GUIDED, "EKF Failsafe"),
        (1, GUIDED, LAND, "EKF Failsafe: changed to LAND Mode"),
        (2, GUIDED, ALT_HOLD, "EKF Failsafe: changed to ALT_HOLD Mode"),
        (1, ALT_HOLD, ALT_HOLD, "EKF Failsafe"),
        (3, ALT_HOLD, LAND, "EKF Failsafe: changed to LAND Mode"),
        (1, LAND, LAND, "EKF Failsafe"),
    ],
)
def test_the_estimator_fails(action: int, mode: int, then: int, text: str) -> None:
    bench = flying(FS_EKF_ACTION=action)
    bench.core.modes.set(mode, bench.now_ms)
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.number == then
    assert "EKF variance" in bench.texts
    assert text in bench.texts


@pytest.mark.parametrize(
    ("kind", "mode", "state", "then"),
    [
        ("plane", PlaneMode.LOITER, VtolState.UNDEFINED, PlaneMode.CIRCLE),
        ("plane", PlaneMode.FBWA, VtolState.UNDEFINED, PlaneMode.FBWA),
        ("quadplane", PlaneMode.LOITER, VtolState.FW, PlaneMode.CIRCLE),
        ("quadplane", PlaneMode.GUIDED, VtolState.MC, PlaneMode.QLAND),
        ("quadplane", PlaneMode.QLOITER, VtolState.MC, PlaneMode.QHOVER),
    ],
)
def test_the_estimator_of_wings_fails(kind: str, mode: PlaneMode, state: VtolState, then: PlaneMode) -> None:
    """ArduPlane's failsafe_ekf_event: a hover lands, or keeps its height for its pilot; wings circle at a bank."""
    bench = Bench(kind)
    assert bench.core.modes.set(PlaneMode.GUIDED, bench.now_ms).ok
    bench.arm()
    assert bench.core.commands.takeoff(50.0).ok
    bench.run(60.0, lambda: bench.core.helm.arrived)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.vehicle.state.report[report.VTOL_STATE] = state
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.number == then
    assert "EKF failsafe" in bench.texts


def test_the_estimator_fails_while_rtl_lands() -> None:
    """That landing is at home, which nobody finds now: ArduCopter changes to LAND (4.7: all of RTL, and of AUTO all but
    NAV_ATTITUDE_TIME, require a position)."""
    bench = flying()
    bench.core.modes.set(RTL, bench.now_ms)
    bench.run(120.0, lambda: bench.core.modes.mode.is_landing)
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.number == LAND
    assert "EKF Failsafe: changed to LAND Mode" in bench.texts


def test_without_a_threshold_the_estimator_is_not_watched() -> None:
    bench = flying(FS_EKF_THRESH=0)
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.number == GUIDED
    assert "EKF variance" not in bench.texts


def test_altitude_hold_needs_sticks() -> None:
    bench = flying(FS_EKF_ACTION=2, FS_THR_ENABLE=1, FS_OPTIONS=4)
    bench.core.sticks.lose(bench.now_ms)
    assert bench.core.modes.number == GUIDED
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.number == LAND


def test_on_the_ground_the_variance_is_said_once_in_a_while_and_nothing_done() -> None:
    bench = Bench()
    for _ in range(3):
        bench.happens(VehicleEvent.ESTIMATOR_FAILED)
    assert bench.texts.count("EKF variance") == 1
    assert "EKF Failsafe" not in bench.texts


# --- the landing ------------------------------------------------------------------------------------------------------
def sink(bench: Bench) -> float | None:
    """Speed of the landing that is flown, m/s; 0: it waits, None: LAND_SPEED."""
    target = bench.vehicle.target
    assert isinstance(target, Land)
    return target.sink


def test_a_failsafes_landing_waits_four_seconds_before_it_comes_down() -> None:
    bench = flying(FS_THR_ENABLE=3)
    bench.core.sticks.lose(bench.now_ms)
    assert sink(bench) == 0.0
    bench.run(3.9)
    assert sink(bench) == 0.0
    bench.run(0.2)
    assert sink(bench) is None
    bench.run(120.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed


def test_a_return_that_comes_down_goes_on_as_a_landing_after_the_same_pause() -> None:
    """FS_OPTIONS 8: RTL in its final descent becomes LAND, and a pilot has his four seconds."""
    bench = flying(FS_THR_ENABLE=1, FS_OPTIONS=8, RTL_LOIT_TIME=0)
    bench.core.modes.set(RTL, bench.now_ms)
    bench.run(120.0, lambda: bench.core.modes.mode.is_landing)
    bench.core.sticks.lose(bench.now_ms)
    assert "Radio Failsafe - Continuing Landing" in bench.texts
    assert bench.core.modes.number == LAND
    assert sink(bench) == 0.0
    bench.run(4.1)
    assert sink(bench) is None


def test_a_pilot_may_take_it_back_while_it_waits() -> None:
    """It keeps its height for so long, and says that it is landing, as ArduCopter."""
    bench = in_air(15.0, FS_THR_ENABLE=3)
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.core.sticks.lose(bench.now_ms)
    bench.run(3.0)
    assert bench.vehicle.state.report[report.LANDED_STATE] == LandedState.LANDING
    assert height(bench) == pytest.approx(15.0, abs=0.5)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.run(10.0)
    assert bench.core.modes.number == LOITER
    assert height(bench) == pytest.approx(15.0, abs=1.0)


def test_a_landing_on_command_begins_at_once() -> None:
    bench = flying()
    bench.core.modes.set(LAND, bench.now_ms)
    assert isinstance(bench.vehicle.targets[-1], Land)


# --- the crash --------------------------------------------------------------------------------------------------------
def test_a_crash_is_told_with_its_angle_when_the_angle_told_it() -> None:
    bench = flying()
    r = bench.vehicle.state.report
    r[report.ROLL], r[report.ACCEL_Z] = 1.2, -9.0
    bench.happens(VehicleEvent.CRASHED)
    assert "Crash: Disarming: AngErr=69>30, Accel=0.8<3.0" in bench.texts
    level = flying()
    r = level.vehicle.state.report
    r[report.ROLL] = r[report.NAV_ROLL] = 0.0007  # the two axes' product is a hair above 1 here
    r[report.PITCH] = r[report.NAV_PITCH] = 0.0003
    level.happens(VehicleEvent.CRASHED)
    assert "Crash: Disarming" in level.texts
    pitched = flying()
    r = pitched.vehicle.state.report
    r[report.PITCH], r[report.NAV_PITCH], r[report.ACCEL_Z] = 0.9, 0.2, -9.0
    pitched.happens(VehicleEvent.CRASHED)
    assert "Crash: Disarming: AngErr=40>30, Accel=0.8<3.0" in pitched.texts
    over = flying()
    r = over.vehicle.state.report
    r[report.NAV_ROLL], r[report.NAV_PITCH] = 0.0007, 0.0003
    r[report.ROLL], r[report.PITCH] = 0.0007 + pi, 0.0003  # and a hair below -1 here: on its back
    over.happens(VehicleEvent.CRASHED)
    assert any("AngErr=180>30" in text for text in over.texts)
    upright = flying()
    upright.happens(VehicleEvent.CRASHED)
    assert "Crash: Disarming" in upright.texts
