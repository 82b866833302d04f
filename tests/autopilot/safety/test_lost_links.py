"""Failsafes of lost links: a ground station that is silent, sticks that are not renewed, a receiver that fails."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from tests.fakes.core_bench import MISSION, Bench, flying, item, takeoff, waypoint

AUTO, GUIDED, LOITER, RTL, LAND, BRAKE, SMART_RTL = 3, 4, 5, 6, 9, 17, 21


# --- ground station ---------------------------------------------------------------------------------------------------
def silent(bench: Bench, seconds: float = 5.0) -> int:
    """A ground station is heard once and then no more."""
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(1000)
    assert bench.core.next_link_deadline_ms() == 1000 + int(seconds * 1000)
    bench.core.update_link_clock(1000 + int(seconds * 1000) - 1)
    assert not bench.core.failsafes.active
    bench.core.update_link_clock(1000 + int(seconds * 1000))
    return bench.core.modes.number


@pytest.mark.parametrize(
    ("setting", "mode"), [(0, GUIDED), (1, RTL), (3, SMART_RTL), (4, SMART_RTL), (5, LAND), (6, RTL), (7, BRAKE)]
)
def test_a_silent_ground_station(setting: int, mode: int) -> None:
    assert silent(flying(FS_GCS_ENABLE=setting, FS_OPTIONS=0)) == mode


def test_a_setting_that_ardupilot_has_dropped_still_brings_it_home() -> None:
    """FS_GCS_ENABLE 2 was "continue the mission": nobody arms with it, but set in flight it acts."""
    bench = flying(FS_GCS_ENABLE=1, FS_OPTIONS=0)
    bench.parameters.set("FS_GCS_ENABLE", 2)
    assert silent(bench) == RTL


def test_only_our_ground_station_counts() -> None:
    bench = flying(FS_GCS_ENABLE=1)
    bench.core.failsafes.ground_station_heard(245)
    bench.core.update_link_clock(1000)
    assert bench.core.next_link_deadline_ms() is None


def test_one_that_was_never_heard_is_not_missed() -> None:
    bench = flying(FS_GCS_ENABLE=1)
    bench.core.update_link_clock(10_000_000)
    assert bench.core.modes.number == GUIDED


def test_the_timeout_is_a_parameter() -> None:
    assert silent(flying(FS_GCS_ENABLE=1, FS_OPTIONS=0, FS_GCS_TIMEOUT=12), 12.0) == RTL


def test_its_return_clears_the_failsafe_but_not_the_mode() -> None:
    bench = flying(FS_GCS_ENABLE=1, FS_OPTIONS=0)
    silent(bench)
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(20_000)
    assert not bench.core.failsafes.active
    assert bench.core.modes.number == RTL
    assert "GCS Failsafe Cleared" in bench.texts


def test_auto_goes_on_without_a_ground_station_when_the_option_says_so() -> None:
    assert silent(flying(AUTO, FS_GCS_ENABLE=1, FS_OPTIONS=2)) == AUTO
    assert silent(flying(AUTO, FS_GCS_ENABLE=1, FS_OPTIONS=1 | 4)) == RTL  # those of the sticks
    assert silent(flying(AUTO, FS_GCS_ENABLE=1, FS_OPTIONS=0)) == RTL


@pytest.mark.parametrize("mode", [0, 2, LOITER, 16, BRAKE])
def test_a_pilot_keeps_control_without_a_ground_station_by_default(mode: int) -> None:
    """FS_OPTIONS 16, for modes that are no autopilot's in ArduCopter/mode.h, also where they hold a place."""
    bench = flying(mode, FS_GCS_ENABLE=1)
    assert silent(bench) == mode
    assert "GCS Failsafe - Continuing Pilot Control" in bench.texts
    assert silent(flying(mode, FS_GCS_ENABLE=1, FS_OPTIONS=0)) == RTL


@pytest.mark.parametrize("mode", [GUIDED, 7, RTL])
def test_an_autopilots_mode_does_not_continue_as_a_pilots(mode: int) -> None:
    assert silent(flying(mode, FS_GCS_ENABLE=1)) == RTL


@pytest.mark.parametrize(("options", "mode"), [(4, AUTO), (0, RTL)])
def test_guided_inside_a_mission_goes_on_without_sticks_when_the_option_says_so(options: int, mode: int) -> None:
    """ArduCopter's in_guided_mode counts for FS_OPTIONS bit 2."""
    bench = Bench(parameters={"FS_OPTIONS": options})
    bench.begin((takeoff(), item(92, param1=1.0), waypoint(40, 0)))
    bench.run(30.0, lambda: 1 in bench.reached)
    bench.core.sticks.move(Sticks(), bench.now_ms)
    bench.run(4.0)
    assert bench.core.modes.number == mode


GRIPPER = {"GRIP_ENABLE": 1, "GRIP_TYPE": 1, "SERVO6_FUNCTION": 28}


@pytest.mark.parametrize(("options", "action", "pulse"), [(32, 2, 1100.0), (32, 0, 1500.0), (16, 2, 1500.0)])
def test_a_failsafe_that_acts_lets_the_load_go_when_the_option_says_so(options: int, action: int, pulse: float) -> None:
    """FS_OPTIONS bit 5; one that only warns does not, and on the ground nothing falls."""
    bench = flying(FS_OPTIONS=options, BATT_FS_LOW_ACT=action, **GRIPPER)
    bench.happens(VehicleEvent.BATTERY_LOW)
    assert bench.vehicle.outputs[-1] == (6, pulse)


def test_a_pilot_goes_on_by_default() -> None:
    assert silent(flying(0, FS_GCS_ENABLE=1)) == 0
    assert silent(flying(0, FS_GCS_ENABLE=1, FS_OPTIONS=0)) == RTL


# --- sticks -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("setting", "mode"),
    [(0, LOITER), (1, RTL), (2, RTL), (3, LAND), (4, SMART_RTL), (5, SMART_RTL), (6, RTL), (7, BRAKE)],
)
def test_silent_sticks(setting: int, mode: int) -> None:
    bench = flying(LOITER, FS_THR_ENABLE=setting)
    bench.core.sticks.move(Sticks(pitch=0.5), bench.now_ms)
    moved = bench.now_ms
    bench.run(2.98)
    assert bench.core.modes.number == LOITER
    bench.run(0.02)
    assert bench.now_ms - moved == 3000
    assert bench.core.modes.number == mode
    assert bench.vehicle.sticks == Sticks()


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("cause", ["sticks", "station", "battery"])
def test_a_pilot_who_closes_the_throttle_of_a_direct_mode_has_switched_off(mode: int, cause: str) -> None:
    """ArduCopter/events.cpp, should_disarm_on_failsafe; the throttle counts after 0.4 s."""
    bench = flying(mode, FS_GCS_ENABLE=1, FS_OPTIONS=0, BATT_FS_LOW_ACT=2)
    bench.core.sticks.move(Sticks(throttle=0.0), bench.now_ms)
    bench.run(0.5)
    if cause == "sticks":
        bench.run(3.0)
    elif cause == "station":
        silent(bench)
    else:
        bench.happens(VehicleEvent.BATTERY_LOW)
    assert not bench.core.facts.armed
    name = {"sticks": "Radio", "station": "GCS", "battery": "Battery"}[cause]
    assert f"{name} Failsafe - Disarming" in bench.texts


@pytest.mark.parametrize(
    ("mode", "throttle", "down_s"), [(0, 0.3, 1.0), (2, 0.0, 1.0), (LOITER, 0.0, 1.0), (0, 0.0, 0.3)]
)
def test_any_other_throttle_or_mode_returns(mode: int, throttle: float, down_s: float) -> None:
    bench = flying(mode, BATT_FS_LOW_ACT=2)
    bench.core.sticks.move(Sticks(throttle=throttle), bench.now_ms)
    bench.run(down_s)
    bench.happens(VehicleEvent.BATTERY_LOW)
    assert bench.core.facts.armed
    assert bench.core.modes.number == RTL


@pytest.mark.parametrize("released", [True, False])
def test_a_throttle_that_is_let_go_is_not_closed(released: bool) -> None:
    """Without the failsafe of the sticks too: they are centred afterwards."""
    bench = flying(0, FS_THR_ENABLE=0, BATT_FS_LOW_ACT=2)
    bench.core.sticks.move(Sticks(throttle=0.0), bench.now_ms)
    bench.run(1.0)
    if released:
        bench.core.sticks.move(None, bench.now_ms)
    bench.run(4.0)
    bench.happens(VehicleEvent.BATTERY_LOW)
    assert bench.core.modes.number == RTL


def test_sticks_renewed_in_time_are_not_lost() -> None:
    bench = flying(LOITER)
    for _ in range(10):
        bench.core.sticks.move(Sticks(), bench.now_ms)
        bench.run(2.0)
    assert bench.core.modes.number == LOITER


def test_released_sticks_are_not_missed() -> None:
    bench = flying(LOITER)
    bench.core.sticks.move(Sticks(pitch=0.5), bench.now_ms)
    bench.core.sticks.move(None, bench.now_ms)
    bench.run(30.0)
    assert bench.core.modes.number == LOITER
    assert bench.vehicle.sticks == Sticks()


def test_lost_sticks_that_come_back_clear_the_failsafe() -> None:
    bench = flying(LOITER)
    bench.core.sticks.move(Sticks(pitch=0.5), bench.now_ms)
    bench.run(5.0)
    assert bench.core.failsafes.active
    bench.core.sticks.move(Sticks(), bench.now_ms)
    assert not bench.core.failsafes.active
    assert "Radio Failsafe Cleared" in bench.texts


def test_sticks_that_are_lost_are_not_lost_again_by_their_silence() -> None:
    """A throttle below FS_THR_VALUE, or overrides released without a receiver: who takes over keeps control."""
    bench = flying(LOITER)
    bench.core.sticks.move(Sticks(pitch=0.5), bench.now_ms)
    bench.core.sticks.lose(bench.now_ms)
    bench.run(1.0)
    assert bench.core.modes.number == RTL
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.run(5.0)
    assert bench.core.modes.number == GUIDED
    assert bench.texts.count("Radio Failsafe - RTL") == 1


def test_faults_lose_sticks_and_ground_station_at_once() -> None:
    bench = flying(LOITER)
    bench.core.sticks.lose(bench.now_ms)
    assert bench.core.modes.number == RTL
    assert StatusText(Severity.WARNING, "Radio Failsafe - RTL") in bench.events(StatusText)
    bench = flying(FS_GCS_ENABLE=5)
    bench.core.failsafes.ground_station_failed(bench.now_ms, failed=True)
    assert bench.core.modes.number == LAND
    assert bench.core.failsafes.active


def test_a_fault_of_radio_or_ground_station_lasts_until_it_ends() -> None:
    """What is sent meanwhile is not heard; afterwards it is."""
    bench = flying(LOITER, FS_GCS_ENABLE=1)
    bench.core.sticks.radio_failed(True, bench.now_ms)
    bench.core.sticks.move(Sticks(roll=1.0), bench.now_ms)
    assert bench.core.failsafes.sticks.lost
    bench.core.sticks.radio_failed(False, bench.now_ms)
    assert not bench.core.failsafes.sticks.lost
    bench.core.failsafes.ground_station_failed(bench.now_ms, failed=True)
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(1000)
    assert bench.core.failsafes.active
    bench.core.failsafes.ground_station_failed(bench.now_ms, failed=False)
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(2000)
    assert not bench.core.failsafes.active


@pytest.mark.parametrize(
    ("mode", "options", "ends"), [(AUTO, 1, AUTO), (AUTO, 0, RTL), (GUIDED, 4, GUIDED), (GUIDED, 0, RTL)]
)
def test_auto_and_guided_go_on_without_sticks_by_option(mode: int, options: int, ends: int) -> None:
    bench = flying(mode, FS_OPTIONS=options)
    bench.core.sticks.move(Sticks(), bench.now_ms)
    bench.run(4.0)
    assert bench.core.modes.number == ends


def test_a_raised_throttle_allows_the_takeoff_of_auto() -> None:
    bench = Bench()
    bench.upload(MISSION)
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    bench.core.modes.set(AUTO, bench.now_ms)
    bench.run(1.0)
    assert bench.position[2] == 0.0
    bench.core.sticks.move(Sticks(throttle=0.5), bench.now_ms)
    bench.run(2.0)
    assert bench.position[2] < 0.0


# --- the radio that is not there --------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [1, 2])
def test_a_failed_receiver_is_a_failsafe_until_it_is_mended(value: int) -> None:
    """SIM_RC_FAIL, as scripts for ArduPilot SITL set it."""
    bench = Bench()
    bench.airborne()
    bench.parameters.set("SIM_RC_FAIL", value)
    bench.run(0.1)
    assert bench.core.modes.number == RTL
    assert "Radio Failsafe - RTL" in bench.texts
    assert bench.core.failsafes.active
    bench.parameters.set("SIM_RC_FAIL", 0)
    bench.run(0.1)
    assert not bench.core.failsafes.active
    assert "Radio Failsafe Cleared" in bench.texts


def test_a_ground_stations_sticks_need_no_receiver() -> None:
    """They come through while it has failed, and their silence is a loss then."""
    bench = Bench()
    bench.airborne()
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.core.sticks.move(Sticks(throttle=0.5), bench.now_ms)
    bench.parameters.set("SIM_RC_FAIL", 1)
    bench.run(1.0)
    assert not bench.core.failsafes.active
    assert bench.core.sticks.has_input
    bench.run(3.0)
    assert "Radio Failsafe - RTL" in bench.texts


def test_a_lost_radio_lets_no_sticks_through() -> None:
    """The fault `rc.loss`: a ground station's do not count either."""
    bench = Bench()
    bench.airborne()
    bench.core.sticks.radio_failed(True, bench.now_ms)
    bench.core.sticks.move(Sticks(roll=1.0), bench.now_ms)
    assert bench.core.failsafes.active
    assert not bench.core.sticks.has_input
