"""Failsafes of a rover: cause, parameter, mode and ArduRover's texts (Rover/failsafe.cpp, ekf_check.cpp,
crash_check.cpp)."""

from __future__ import annotations

import pytest

from autopilot.context.events import ArmedChanged, StatusText
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import VehicleEvent
from autopilot.vehicles.mode_table import RoverMode
from tests.fakes.core_bench import Bench, waypoint

MANUAL, STEERING, HOLD, LOITER, AUTO, RTL, SMART_RTL, GUIDED = 0, 3, 4, 5, 10, 11, 12, 15


def driving(mode: int = GUIDED, *, by_tick: bool = False, **parameters: float) -> Bench:
    bench = Bench("rover", by_tick=by_tick, parameters=parameters)
    bench.upload((waypoint(400, 0, 0), waypoint(0, 0, 0)))
    bench.core.modes.set(mode, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    return bench


def station_lost(bench: Bench) -> int:
    """Its ground station is heard once, and then not for FS_GCS_TIMEOUT and FS_TIMEOUT."""
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(1000)
    bench.core.update_link_clock(7499)
    assert not bench.core.failsafes.active
    bench.core.update_link_clock(7500)
    return bench.core.modes.number


def station_found(bench: Bench) -> None:
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(9000)


def sticks_lost(bench: Bench, seconds: float = 4.6) -> int:
    """The sticks are moved once and then no more."""
    bench.core.sticks.move(Sticks(throttle=0.8), bench.now_ms)
    bench.run(seconds)
    return bench.core.modes.number


def texts(bench: Bench) -> list[tuple[int, str]]:
    return [(int(e.severity), e.text) for e in bench.events(StatusText) if "ailsafe" in e.text]


# --- ground station and sticks ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "mode"), [(0, GUIDED), (1, RTL), (2, HOLD), (3, SMART_RTL), (4, SMART_RTL), (6, LOITER)]
)
def test_the_action_is_a_parameter(action: int, mode: int) -> None:
    """FS_ACTION; with 0 it is only said. The text names what is done."""
    bench = driving(FS_ACTION=action, FS_GCS_ENABLE=1)
    assert station_lost(bench) == mode
    done = RoverMode(mode).name if action else "no action"
    assert bench.core.status.system == 5
    station_found(bench)
    assert texts(bench) == [(4, f"GCS Failsafe - {done}"), (6, "GCS Failsafe Cleared")]
    assert bench.core.status.system == (3 if mode == HOLD else 4)


def test_a_disarmed_rover_acts_too() -> None:
    """As ArduRover's failsafe_trigger, which does not ask: what is armed next begins in the mode of the failsafe."""
    bench = driving(MANUAL, FS_ACTION=2, FS_GCS_ENABLE=1)
    assert bench.core.arming.disarm(bench.now_ms).ok
    assert station_lost(bench) == HOLD
    assert texts(bench) == [(4, "GCS Failsafe - HOLD")]


def test_termination_disarms() -> None:
    bench = driving(FS_ACTION=5, FS_GCS_ENABLE=1)
    station_lost(bench)
    assert not bench.core.facts.armed


@pytest.mark.parametrize("by_tick", [False, True])
def test_the_sticks_are_let_go_at_once_and_the_action_waits(by_tick: bool) -> None:
    """RC_OVERRIDE_TIME (3 s) is the loss: throttle and steering in the middle. FS_TIMEOUT (1.5 s) later it acts."""
    bench = driving(MANUAL, by_tick=by_tick)
    assert sticks_lost(bench, 2.9) == MANUAL
    assert bench.vehicle.sticks.throttle == 0.8
    bench.run(0.2)
    assert bench.vehicle.sticks == Sticks()
    assert not bench.core.failsafes.active
    bench.run(1.3)
    assert bench.core.modes.number == MANUAL
    bench.run(0.2)
    assert bench.core.modes.number == HOLD
    bench.core.sticks.move(Sticks(), bench.now_ms)
    assert texts(bench) == [(4, "Radio Failsafe - HOLD"), (6, "Radio Failsafe Cleared")]


def test_sticks_that_come_back_in_time_are_no_failsafe() -> None:
    bench = driving(MANUAL, FS_TIMEOUT=4.0)
    assert sticks_lost(bench, 6.0) == MANUAL
    bench.core.sticks.move(Sticks(), bench.now_ms)
    bench.run(2.5)
    bench.core.sticks.move(None, bench.now_ms)
    bench.run(10.0)
    assert bench.core.modes.number == MANUAL
    assert texts(bench) == []


def test_without_fs_thr_enable_lost_sticks_are_only_let_go() -> None:
    bench = driving(MANUAL, FS_THR_ENABLE=0)
    assert sticks_lost(bench) == MANUAL
    assert bench.vehicle.sticks == Sticks()
    assert not bench.core.failsafes.active


def test_a_mission_goes_on_where_the_parameter_says_so() -> None:
    """FS_THR_ENABLE 2, FS_GCS_ENABLE 2: in AUTO only."""
    bench = driving(AUTO, FS_THR_ENABLE=2)
    assert sticks_lost(bench) == AUTO
    assert texts(bench) == [(4, "Radio Failsafe"), (4, "Failsafe - Continuing Auto Mode")]
    bench = driving(AUTO, FS_GCS_ENABLE=2)
    assert station_lost(bench) == AUTO
    assert texts(bench) == [(4, "GCS Failsafe"), (4, "Failsafe - Continuing Auto Mode")]
    assert station_lost(driving(GUIDED, FS_GCS_ENABLE=2)) == HOLD


@pytest.mark.parametrize("mode", [RTL, HOLD])
@pytest.mark.parametrize("by_tick", [False, True])
def test_on_the_way_home_and_in_hold_a_loss_waits(mode: int, by_tick: bool) -> None:
    """It acts when another mode is entered, if it is still lost then."""
    bench = driving(by_tick=by_tick, FS_GCS_ENABLE=1, FS_ACTION=6)
    bench.core.modes.set(mode, bench.now_ms)
    assert station_lost(bench) == mode
    bench.run(1.0)
    assert texts(bench) == []
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.run(0.1)
    assert bench.core.modes.number == LOITER
    assert texts(bench) == [(4, "GCS Failsafe - LOITER")]


def test_an_option_lets_it_act_in_hold_too() -> None:
    bench = driving(HOLD, FS_GCS_ENABLE=1, FS_ACTION=1, FS_OPTIONS=1)
    assert station_lost(bench) == RTL


def test_a_second_loss_changes_nothing_and_the_last_one_found_clears() -> None:
    bench = driving(FS_GCS_ENABLE=1, FS_ACTION=3)
    station_lost(bench)
    bench.core.modes.set(STEERING, bench.now_ms)
    assert sticks_lost(bench) == STEERING
    bench.core.sticks.move(None, bench.now_ms)
    station_found(bench)
    assert texts(bench) == [(4, "GCS Failsafe - SMART_RTL"), (6, "GCS Failsafe Cleared")]


def test_a_second_loss_acts_when_the_first_has_ended() -> None:
    """Found, the first no longer holds it back (Rover/failsafe.cpp: `failsafe.triggered &= failsafe.bits`)."""
    bench = driving(FS_GCS_ENABLE=1, FS_ACTION=3)
    station_lost(bench)
    bench.core.modes.set(STEERING, bench.now_ms)
    assert sticks_lost(bench) == STEERING
    station_found(bench)
    bench.run(0.1)
    assert bench.core.modes.number == SMART_RTL
    assert texts(bench) == [(4, "GCS Failsafe - SMART_RTL"), (4, "Radio Failsafe - SMART_RTL")]


# --- battery, estimator, crash ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "mode"), [(0, GUIDED), (1, RTL), (2, HOLD), (3, SMART_RTL), (4, SMART_RTL), (6, LOITER)]
)
def test_a_low_battery(action: int, mode: int) -> None:
    """Only the battery's own text."""
    bench = driving(BATT_FS_LOW_ACT=action)
    assert bench.happens(VehicleEvent.BATTERY_LOW) == mode
    assert "Battery 1 is low 16.40V used 0 mAh" in bench.texts
    assert texts(bench) == []


def test_a_critical_battery_after_a_low_one() -> None:
    bench = driving(BATT_FS_LOW_ACT=1, BATT_FS_CRT_ACT=2)
    assert bench.happens(VehicleEvent.BATTERY_LOW) == RTL
    assert bench.happens(VehicleEvent.BATTERY_CRITICAL) == HOLD


def test_too_much_wind_says_what_it_does() -> None:
    """SRT_WIND_MAX. Whoever looks on sees the mode change, and must read which failsafe it was, as for the others."""
    bench = driving(SRT_WIND_MAX=10)
    bench.vehicle.state.report[report.WIND_N] = 12.0
    bench.run(1.0)
    assert bench.core.modes.number == RTL
    assert texts(bench) == [(4, "Wind Failsafe - RTL")]


@pytest.mark.parametrize(("action", "mode", "said"), [(0, AUTO, []), (1, HOLD, [(2, "EKF failsafe")]),
                                                     (2, AUTO, [(2, "EKF failsafe")]),
                                                     (3, HOLD, [(2, "EKF failsafe")])])  # fmt: skip
def test_a_lost_position_in_a_mode_that_needs_one(action: int, mode: int, said: list[tuple[int, str]]) -> None:
    """FS_EKF_ACTION: nothing, hold, say so; hold, too, for what it does not know (Rover/ekf_check.cpp)."""
    bench = driving(AUTO, FS_EKF_ACTION=action)
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.number == mode
    assert texts(bench) == said
    assert "EKF variance" in bench.texts
    assert not any("Glitch" in text for text in bench.texts)
    bench.vehicle.find_position()
    bench.run(0.1)
    assert "EKF failsafe cleared" in bench.texts


def test_a_lost_position_leaves_a_pilot_alone() -> None:
    bench = driving(MANUAL)
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.number == MANUAL
    assert texts(bench) == []


@pytest.mark.parametrize(("check", "mode", "armed"), [(0, GUIDED, True), (1, HOLD, True), (2, HOLD, False)])
def test_a_crash(check: int, mode: int, armed: bool) -> None:
    bench = driving(FS_CRASH_CHECK=check)
    assert bench.happens(VehicleEvent.CRASHED) == mode
    assert bench.core.facts.armed is armed
    assert [event.method for event in bench.events(ArmedChanged) if not event.armed] == [ArmingMethod.CRASH] * (
        not armed
    )
    assert [text for text in bench.texts if "Crash" in text] == (["Crash: Going to HOLD"] if check else [])
