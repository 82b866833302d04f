"""Failsafes: cause, parameter, mode and text."""

from __future__ import annotations

import pytest

from autopilot.context.events import ArmedChanged, ErrorLogged, ModeChanged, StatusText
from autopilot.context.personality import FailsafeCause
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod, ErrorSubsystem, ModeReason
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity, VtolState
from autopilot.safety.failsafe_actions import CAUSES
from autopilot.safety.failsafes import TransitionWatch
from tests.fakes.core_bench import MISSION, Bench, flying, item, waypoint

AUTO, GUIDED, LOITER, RTL, LAND, BRAKE, SMART_RTL = 3, 4, 5, 6, 9, 17, 21


# --- battery ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "mode"), [(0, GUIDED), (1, LAND), (2, RTL), (3, SMART_RTL), (4, SMART_RTL), (6, RTL), (7, BRAKE)]
)
def test_a_low_battery(action: int, mode: int) -> None:
    bench = flying(BATT_FS_LOW_ACT=action)
    assert bench.happens(VehicleEvent.BATTERY_LOW) == mode
    assert "Battery 1 is low 16.40V used 0 mAh" in bench.texts
    assert bench.core.status.system == 5


def test_each_change_of_mode_says_which_failsafe_it_was() -> None:
    """As ArduPilot logs it (ModeReason): battery, the estimator, a silent ground station, silent sticks."""
    bench = flying(BATT_FS_LOW_ACT=2)
    bench.happens(VehicleEvent.BATTERY_LOW)
    assert bench.events(ModeChanged)[-1].reason is ModeReason.BATTERY_FAILSAFE
    bench = flying(FS_EKF_ACTION=1)
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.events(ModeChanged)[-1].reason is ModeReason.EKF_FAILSAFE
    assert CAUSES[FailsafeCause.GROUND_STATION].reason is ModeReason.GCS_FAILSAFE
    assert CAUSES[FailsafeCause.RADIO].reason is ModeReason.RADIO_FAILSAFE


def test_no_action_is_the_least_urgent() -> None:
    """A critical battery that is told to do nothing leaves what the low one has begun; the other way round it acts."""
    bench = flying(AUTO, BATT_FS_LOW_ACT=2, BATT_FS_CRT_ACT=0)
    assert bench.happens(VehicleEvent.BATTERY_LOW) == RTL
    assert bench.happens(VehicleEvent.BATTERY_CRITICAL) == RTL
    bench = flying(AUTO, BATT_FS_LOW_ACT=0, BATT_FS_CRT_ACT=2)
    assert bench.happens(VehicleEvent.BATTERY_LOW) == AUTO
    assert bench.happens(VehicleEvent.BATTERY_CRITICAL) == RTL


def test_low_brings_it_home_and_critical_down() -> None:
    """docs/catalogue.md, 39."""
    bench = flying(AUTO, BATT_FS_LOW_ACT=2, BATT_FS_CRT_ACT=1)
    assert bench.happens(VehicleEvent.BATTERY_LOW) == RTL
    assert bench.happens(VehicleEvent.BATTERY_CRITICAL) == LAND
    assert "Battery 1 is critical 16.40V used 0 mAh" in bench.texts


def test_termination_stops_the_motors_in_the_air() -> None:
    bench = flying(BATT_FS_CRT_ACT=5)
    bench.happens(VehicleEvent.BATTERY_CRITICAL)
    assert not bench.core.facts.armed


def test_on_the_ground_a_low_battery_disarms() -> None:
    bench = Bench(parameters={"BATT_FS_LOW_ACT": 2})
    bench.core.arming.arm(bench.now_ms)
    bench.happens(VehicleEvent.BATTERY_LOW)
    assert not bench.core.facts.armed
    assert "Battery Failsafe - Disarming" in bench.texts


def test_a_low_battery_means_nothing_to_a_disarmed_vehicle() -> None:
    bench = Bench(parameters={"BATT_FS_LOW_ACT": 2})
    assert bench.happens(VehicleEvent.BATTERY_LOW) == 0
    assert not bench.core.failsafes.active


def test_a_landing_goes_on_when_the_option_says_so() -> None:
    bench = flying(LAND, BATT_FS_LOW_ACT=2, FS_OPTIONS=8)
    assert bench.happens(VehicleEvent.BATTERY_LOW) == LAND
    assert "Battery Failsafe - Continuing Landing" in bench.texts


def test_a_low_battery_takes_the_landing_sequence_when_there_is_one() -> None:
    bench = Bench(parameters={"BATT_FS_LOW_ACT": 6})
    bench.begin([*MISSION, item(189), waypoint(0, 50), item(21)])
    bench.run(20.0, lambda: 1 in bench.reached)
    assert bench.happens(VehicleEvent.BATTERY_LOW) == 27


def test_the_next_flight_begins_without_the_last_ones_failsafe() -> None:
    bench = flying(BATT_FS_LOW_ACT=1)
    bench.happens(VehicleEvent.BATTERY_LOW)
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert not bench.core.failsafes.active


# --- estimator, crash, cutoff -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("action", "mode"), [(0, GUIDED), (1, LAND), (2, 2), (3, LAND)])
def test_a_failed_estimator(action: int, mode: int) -> None:
    bench = flying(FS_EKF_ACTION=action)
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.number == mode
    assert bench.core.failsafes.active


def test_it_leaves_modes_alone_that_need_no_position_unless_told_otherwise() -> None:
    for action, mode in ((1, 0), (3, LAND)):
        bench = flying(0, FS_EKF_ACTION=action)
        bench.vehicle.lose_position()
        bench.run(0.1)
        assert bench.core.modes.number == mode


def test_a_recovered_estimator_clears_the_failsafe() -> None:
    bench = flying()
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert "EKF Failsafe: changed to LAND Mode" in bench.texts
    bench.vehicle.find_position()
    bench.run(0.1)
    assert not bench.core.failsafes.active
    assert "EKF Failsafe Cleared" in bench.texts


@pytest.mark.parametrize(("kind", "says"), [("copter", True), ("rover", False)])
def test_a_lost_fix_is_said_by_an_armed_copter(kind: str, says: bool) -> None:
    """ArduCopter's words, and not a rover's; on the ground and disarmed nobody needs them."""
    bench = Bench(kind)
    bench.vehicle.raise_event(VehicleEvent.GPS_LOST)
    bench.run(0.02)
    assert "GPS Glitch or Compass error" not in bench.texts
    bench.core.modes.set(GUIDED if kind == "copter" else 0, bench.now_ms)
    bench.arm()
    bench.vehicle.raise_event(VehicleEvent.GPS_LOST)
    bench.run(0.02)
    assert ("GPS Glitch or Compass error" in bench.texts) is says
    bench.vehicle.raise_event(VehicleEvent.GPS_OK)
    bench.run(0.02)
    assert ("Glitch cleared" in bench.texts) is says
    logged = [ErrorLogged(ErrorSubsystem.GPS, code) for code in (2, 0)]  # LogErrorCode::GPS_GLITCH, ERROR_RESOLVED
    assert bench.events(ErrorLogged) == (logged if says else [])


def test_nobody_hears_of_a_crash_of_a_vehicle_that_was_not_armed() -> None:
    """Carried and turned over on the ground: its motors did not stop by it."""
    bench = Bench()
    bench.vehicle.raise_event(VehicleEvent.CRASHED)
    bench.run(0.1)
    assert not any("Crash" in text for text in bench.texts)


def test_a_crash_disarms_unless_the_check_is_off() -> None:
    for check, armed in ((1, False), (0, True)):
        bench = flying(FS_CRASH_CHECK=check)
        bench.happens(VehicleEvent.CRASHED)
        assert bench.core.facts.armed is armed
        errors = [(event.subsystem, event.code) for event in bench.events(ErrorLogged)]
        assert errors == [(ErrorSubsystem.CRASH_CHECK, 1)] * check


def test_an_emergency_cutoff_disarms_and_says_so() -> None:
    bench = flying()
    bench.happens(VehicleEvent.CUTOFF)
    assert not bench.core.facts.armed
    assert "Emergency cutoff: motors stopped" in bench.texts


def test_the_reason_of_a_cutoff_goes_before_the_disarming_that_it_caused() -> None:
    bench = flying()
    bench.vehicle.state.report[report.ARMED] = 0.0  # the vehicle has cut its motors itself
    bench.happens(VehicleEvent.CUTOFF | VehicleEvent.DISARMED)
    texts = [text for text in bench.texts if not text.startswith("Flight: ")]
    assert texts[-2:] == ["Emergency cutoff: motors stopped", "Disarming motors"]
    assert bench.events(ArmedChanged)[-1].method is ArmingMethod.TERMINATION


# --- wind -------------------------------------------------------------------------------------------------------------
def blow(bench: Bench, north: float, east: float) -> None:
    bench.vehicle.state.report[report.WIND_N], bench.vehicle.state.report[report.WIND_E] = north, east
    bench.run(1.0)


def test_too_much_wind_brings_it_home_once() -> None:
    bench = flying(SRT_WIND_MAX=10)
    blow(bench, 6.0, -7.0)
    assert bench.core.modes.number == GUIDED
    blow(bench, 8.0, -7.0)
    assert bench.core.modes.number == RTL
    assert StatusText(Severity.WARNING, "Wind 10.6 m/s is above 10 m/s") in bench.events(StatusText)
    bench.core.modes.set(GUIDED, bench.now_ms)
    blow(bench, 8.5, -7.0)
    assert bench.core.modes.number == GUIDED
    blow(bench, 0.0, 0.0)
    blow(bench, 8.5, -7.0)
    assert bench.core.modes.number == RTL


def test_the_wind_is_looked_at_on_whole_seconds() -> None:
    """The first look comes with the next one after arming or a new limit, never at once."""
    bench = flying(SRT_WIND_MAX=10)
    watch = bench.core.wind
    for now_ms, due_ms in ((5_000, 6_000), (5_020, 6_000), (5_999, 6_000), (6_000, 7_000)):
        watch.armed_changed(True, now_ms)
        assert watch.next_deadline_ms() == due_ms


def test_without_a_limit_the_wind_is_not_watched() -> None:
    bench = flying()
    before = bench.updates
    for _ in range(5):
        blow(bench, 30.0, 0.0)
    assert bench.core.modes.number == GUIDED
    assert bench.updates - before == 5


def test_a_battery_that_is_measured_no_more_is_told_of_in_flight() -> None:
    """Five seconds later, once; on the ground it is a reason not to arm."""
    bench = Bench()
    bench.airborne()
    bench.parameters.set("BATT_VOLT_PIN", -1)
    bench.run(4.5)
    told = lambda: [text for text in bench.texts if text.startswith("Battery 1 is missing, last: ")]
    assert not told()
    bench.run(10.0)
    assert len(told()) == 1


# --- transition -------------------------------------------------------------------------------------------------------
def test_a_transition_to_wings_fails_once_beyond_its_limit() -> None:
    """Q_TRANS_FAIL from the look at which it was first seen; at the limit itself it goes on."""
    bench = Bench("quadplane", parameters={"Q_TRANS_FAIL": 1.0})
    bench.vehicle.state.report[[report.VTOL_STATE, report.AIR_SPEED]] = VtolState.TRANSITION_TO_FW, 0.0
    watch = TransitionWatch(bench.core.facts, bench.core.announcer, bench.core.helm)
    watch.armed_changed(True, 5000)
    for now_ms, times in ((5000, 0), (5500, 0), (6000, 0), (6200, 1), (6400, 1)):
        watch.update(now_ms)
        assert bench.texts.count("Transition failed, exceeded time limit") == times
    assert bench.core.helm.upright
