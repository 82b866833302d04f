"""Failsafes: cause, parameter, mode and text."""

from __future__ import annotations

import pytest

from autopilot.context.events import ArmedChanged, ErrorLogged, ModeChanged, StatusText
from autopilot.context.personality import FailsafeCause
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod, ErrorSubsystem, ModeReason
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.safety.failsafe_actions import CAUSES
from tests.fakes.core_bench import Bench, item, takeoff, waypoint

AUTO, GUIDED, LOITER, RTL, LAND, BRAKE, SMART_RTL = 3, 4, 5, 6, 9, 17, 21
MISSION = (takeoff(), waypoint(400, 0), waypoint(400, 400))


def flying(mode: int = GUIDED, **parameters: float) -> Bench:
    bench = Bench(parameters=parameters)
    if mode == AUTO:
        bench.begin(MISSION)
        bench.run(20.0, lambda: 1 in bench.reached)
        return bench
    bench.airborne()
    bench.core.modes.set(mode, bench.now_ms)
    return bench


def happens(bench: Bench, event: VehicleEvent) -> int:
    """The mode one tick later."""
    bench.vehicle.raise_event(event)
    bench.run(0.02)
    return bench.core.modes.number


# --- battery ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "mode"), [(0, GUIDED), (1, LAND), (2, RTL), (3, SMART_RTL), (4, SMART_RTL), (6, RTL), (7, BRAKE)]
)
def test_a_low_battery(action: int, mode: int) -> None:
    bench = flying(BATT_FS_LOW_ACT=action)
    assert happens(bench, VehicleEvent.BATTERY_LOW) == mode
    assert "Battery 1 is low 16.40V used 0 mAh" in bench.texts
    assert bench.core.status.system == 5


def test_each_change_of_mode_says_which_failsafe_it_was() -> None:
    """As ArduPilot logs it (ModeReason): battery, the estimator, a silent ground station, silent sticks."""
    bench = flying(BATT_FS_LOW_ACT=2)
    happens(bench, VehicleEvent.BATTERY_LOW)
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
    assert happens(bench, VehicleEvent.BATTERY_LOW) == RTL
    assert happens(bench, VehicleEvent.BATTERY_CRITICAL) == RTL
    bench = flying(AUTO, BATT_FS_LOW_ACT=0, BATT_FS_CRT_ACT=2)
    assert happens(bench, VehicleEvent.BATTERY_LOW) == AUTO
    assert happens(bench, VehicleEvent.BATTERY_CRITICAL) == RTL


def test_low_brings_it_home_and_critical_down() -> None:
    """docs/catalogue.md, 39."""
    bench = flying(AUTO, BATT_FS_LOW_ACT=2, BATT_FS_CRT_ACT=1)
    assert happens(bench, VehicleEvent.BATTERY_LOW) == RTL
    assert happens(bench, VehicleEvent.BATTERY_CRITICAL) == LAND
    assert "Battery 1 is critical 16.40V used 0 mAh" in bench.texts


def test_termination_stops_the_motors_in_the_air() -> None:
    bench = flying(BATT_FS_CRT_ACT=5)
    happens(bench, VehicleEvent.BATTERY_CRITICAL)
    assert not bench.core.facts.armed


def test_on_the_ground_a_low_battery_disarms() -> None:
    bench = Bench(parameters={"BATT_FS_LOW_ACT": 2})
    bench.core.arming.arm(bench.now_ms)
    happens(bench, VehicleEvent.BATTERY_LOW)
    assert not bench.core.facts.armed
    assert "Battery Failsafe - Disarming" in bench.texts


def test_a_low_battery_means_nothing_to_a_disarmed_vehicle() -> None:
    bench = Bench(parameters={"BATT_FS_LOW_ACT": 2})
    assert happens(bench, VehicleEvent.BATTERY_LOW) == 0
    assert not bench.core.failsafes.active


def test_a_landing_goes_on_when_the_option_says_so() -> None:
    bench = flying(LAND, BATT_FS_LOW_ACT=2, FS_OPTIONS=8)
    assert happens(bench, VehicleEvent.BATTERY_LOW) == LAND
    assert "Battery Failsafe - Continuing Landing" in bench.texts


def test_a_low_battery_takes_the_landing_sequence_when_there_is_one() -> None:
    bench = Bench(parameters={"BATT_FS_LOW_ACT": 6})
    bench.begin([*MISSION, item(189), waypoint(0, 50), item(21)])
    bench.run(20.0, lambda: 1 in bench.reached)
    assert happens(bench, VehicleEvent.BATTERY_LOW) == 27


def test_the_next_flight_begins_without_the_last_ones_failsafe() -> None:
    bench = flying(BATT_FS_LOW_ACT=1)
    happens(bench, VehicleEvent.BATTERY_LOW)
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


def test_nobody_hears_of_a_crash_of_a_vehicle_that_was_not_armed() -> None:
    """Carried and turned over on the ground: its motors did not stop by it."""
    bench = Bench()
    bench.vehicle.raise_event(VehicleEvent.CRASHED)
    bench.run(0.1)
    assert not any("Crash" in text for text in bench.texts)


def test_a_crash_disarms_unless_the_check_is_off() -> None:
    for check, armed in ((1, False), (0, True)):
        bench = flying(FS_CRASH_CHECK=check)
        happens(bench, VehicleEvent.CRASHED)
        assert bench.core.facts.armed is armed
        errors = [(event.subsystem, event.code) for event in bench.events(ErrorLogged)]
        assert errors == [(ErrorSubsystem.CRASH_CHECK, 1)] * check


def test_an_emergency_cutoff_disarms_and_says_so() -> None:
    bench = flying()
    happens(bench, VehicleEvent.CUTOFF)
    assert not bench.core.facts.armed
    assert "Emergency cutoff: motors stopped" in bench.texts


def test_the_reason_of_a_cutoff_goes_before_the_disarming_that_it_caused() -> None:
    bench = flying()
    bench.vehicle.state.report[report.ARMED] = 0.0  # the vehicle has cut its motors itself
    happens(bench, VehicleEvent.CUTOFF | VehicleEvent.DISARMED)
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
    happens(bench, VehicleEvent.BATTERY_LOW)
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
        happens(bench, VehicleEvent.BATTERY_LOW)
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
    happens(bench, VehicleEvent.BATTERY_LOW)
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
    happens(bench, VehicleEvent.BATTERY_LOW)
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
