"""What a pilot's transmitter does beside flying: arming by stick and switch, the emergency stop, and what is refused
because of how it stands (ArduCopter/motors.cpp, mode.cpp, AP_Arming_Copter.cpp, RC_Channel.cpp)."""

from __future__ import annotations

import pytest

from autopilot.context.events import ArmedChanged
from autopilot.interface.reasons import ArmingMethod, Check
from autopilot.interface.targets import Sticks, TakeOff
from autopilot.mav import Result
from autopilot.modes.auxiliary import (
    ARM_DISARM,
    CLEAR_MISSION,
    HIGH,
    LOW,
    MISSION_RESET,
    MODE_SWITCH_RESET,
    MOTOR_STOP,
    RC_OVERRIDES,
    SAVE_WAYPOINT,
)
from autopilot.vehicles.mode_table import PlaneMode
from tests.fakes.core_bench import Bench, takeoff, waypoint

STABILIZE, ACRO, ALT_HOLD, AUTO, GUIDED, LOITER = 0, 1, 2, 3, 4, 5
DOWN = Sticks(throttle=0.0)
ARMS, DISARMS = Sticks(throttle=0.0, yaw=1.0), Sticks(throttle=0.0, yaw=-1.0)


def bench(mode: int = STABILIZE, kind: str = "copter", **parameters: float) -> Bench:
    made = Bench(kind, parameters={"RC_OVERRIDE_TIME": 100.0, **parameters})
    assert made.core.modes.set(mode, made.now_ms).ok
    return made


def hold(made: Bench, sticks: Sticks, seconds: float) -> None:
    made.core.sticks.move(sticks, made.now_ms)
    made.run(seconds)


def armed_by_stick(made: Bench) -> bool:
    hold(made, ARMS, 4.0)
    return made.core.facts.armed


# --- modes in which the throttle is direct -----------------------------------------------------------------------
@pytest.mark.parametrize("mode", [STABILIZE, ACRO])
def test_with_the_throttle_up_it_does_not_leap_off_the_ground(mode: int) -> None:
    made = bench(ALT_HOLD)
    made.arm()
    made.core.sticks.move(Sticks(throttle=0.7), made.now_ms)
    outcome = made.core.modes.set(mode, made.now_ms)
    assert outcome.result is Result.FAILED
    assert outcome.reason.endswith("failed: throttle too high")
    assert made.core.modes.number == ALT_HOLD
    made.core.sticks.move(Sticks(throttle=0.2), made.now_ms)
    assert made.core.modes.set(mode, made.now_ms).ok


def test_in_the_air_and_from_one_direct_mode_to_the_other_the_throttle_may_be_up() -> None:
    made = Bench(parameters={"RC_OVERRIDE_TIME": 100.0})
    made.airborne()
    made.core.sticks.move(Sticks(throttle=0.7), made.now_ms)
    assert made.core.modes.set(STABILIZE, made.now_ms).ok
    made = bench(STABILIZE)
    made.arm()
    made.core.sticks.move(Sticks(throttle=0.5), made.now_ms)
    assert made.core.modes.set(ACRO, made.now_ms).ok


@pytest.mark.parametrize("mode", [STABILIZE, ACRO])
def test_without_a_pilot_no_mode_is_entered_that_needs_him(mode: int) -> None:
    made = bench(LOITER)
    made.parameters.set("SIM_RC_FAIL", 1)
    outcome = made.core.modes.set(mode, made.now_ms)
    assert outcome.reason.endswith("in RC failsafe")
    assert made.core.modes.set(ALT_HOLD, made.now_ms).ok
    made.parameters.set("SIM_RC_FAIL", 0)
    assert made.core.modes.set(mode, made.now_ms).ok


# --- arming by stick ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("rudder", "arms", "disarms"), [(0, False, False), (1, True, False), (2, True, True)])
def test_the_stick_arms_and_disarms(rudder: int, arms: bool, disarms: bool) -> None:
    made = bench(DISARM_DELAY=0, ARMING_RUDDER=rudder)
    hold(made, ARMS, 2.9)
    assert not made.core.facts.armed
    assert armed_by_stick(made) is arms
    if arms:
        assert made.events(ArmedChanged)[-1].method is ArmingMethod.RUDDER
        hold(made, DOWN, 0.5)
        hold(made, DISARMS, 3.5)
        assert made.core.facts.armed is not disarms


def test_a_throttle_that_is_up_or_a_stick_half_way_is_no_gesture() -> None:
    made = bench()
    for sticks in (Sticks(throttle=0.2, yaw=1.0), Sticks(throttle=0.0, yaw=0.8)):
        hold(made, sticks, 5.0)
        assert not made.core.facts.armed


def test_a_refusal_is_said_every_three_seconds() -> None:
    """RC_Channels.cpp, rudder_arm_disarm_check: the time begins again with each try."""
    made = bench(FS_GCS_ENABLE=2)
    hold(made, ARMS, 10.0)
    texts = ["Arm: FS_GCS_ENABLE=2 removed, see FS_OPTIONS"] * 3
    assert [text for text in made.texts if text.startswith("Arm:")] == texts


@pytest.mark.parametrize(("mode", "stops"), [(LOITER, False), (STABILIZE, True)])
def test_in_the_air_the_stick_stops_motors_only_where_the_throttle_is_direct(mode: int, stops: bool) -> None:
    made = Bench(parameters={"RC_OVERRIDE_TIME": 100.0})
    made.airborne()
    made.core.sticks.move(DOWN, made.now_ms)
    assert made.core.modes.set(mode, made.now_ms).ok
    hold(made, DISARMS, 3.5)
    assert made.core.facts.armed is not stops


@pytest.mark.parametrize(("options", "arms"), [(0, False), (1, True)])
def test_in_guided_the_transmitter_arms_only_when_it_is_allowed(options: int, arms: bool) -> None:
    made = bench(GUIDED, GUID_OPTIONS=options)
    assert armed_by_stick(made) is arms
    assert ("Arm: GUIDED mode not armable" in made.texts) is not arms


def test_a_rover_is_armed_by_its_steering_where_no_autopilot_drives_it() -> None:
    right = Sticks(throttle=0.5, roll=1.0)
    made = bench(0, "rover")
    hold(made, right, 3.5)
    assert made.core.facts.armed
    made = bench(15, "rover")
    hold(made, right, 3.5)
    assert not made.core.facts.armed
    assert made.texts[-1] == "Arm: Mode not rudder-armable"
    made.core.sticks.move(Sticks(), made.now_ms)
    made.arm()
    hold(made, Sticks(throttle=0.5, roll=-1.0), 3.5)
    assert made.core.facts.armed


# --- switches ----------------------------------------------------------------------------------------------------
def test_the_arming_switch() -> None:
    made = bench()
    act = made.core.auxiliary.act
    act(ARM_DISARM, HIGH)
    made.run(2.0)
    assert made.core.facts.armed
    assert made.events(ArmedChanged)[-1].method is ArmingMethod.AUX_SWITCH
    act(ARM_DISARM, 1)
    assert made.core.facts.armed
    act(ARM_DISARM, LOW)
    assert not made.core.facts.armed


def test_the_emergency_stop_keeps_it_from_being_armed_until_it_is_released() -> None:
    made = bench()
    made.core.auxiliary.act(MOTOR_STOP, 1)
    assert not made.core.prearm.reasons()
    made.core.auxiliary.act(MOTOR_STOP, HIGH)
    assert [reason.text for reason in made.core.prearm.reasons()] == ["Motors Emergency Stopped"]
    for force in (False, True):
        assert made.core.arming.arm(made.now_ms, force=force).reason == "Motors Emergency Stopped"
    made.core.auxiliary.act(MOTOR_STOP, LOW)
    made.arm()


@pytest.mark.parametrize("radio", [None, Sticks(roll=-0.2)])
def test_a_station_whose_sticks_are_forbidden_no_longer_moves_them(radio: Sticks | None) -> None:
    """RC_OVERRIDE_ENABLE low (RC_Channels::set_gcs_overrides_enabled): the transmitter's count at once, or none."""
    made = Bench()
    made.airborne()
    assert made.core.modes.set(ALT_HOLD, made.now_ms).ok
    if radio is not None:
        made.core.sticks.hear_radio(radio)
    made.core.sticks.move(Sticks(roll=0.5), made.now_ms)
    assert made.core.auxiliary.act(RC_OVERRIDES, LOW).ok
    assert made.vehicle.sticks == (radio or Sticks())
    made.run(10.0)
    assert not made.core.failsafes.sticks.lost


def test_a_mode_that_is_switched_off_gives_way_to_the_mode_switch() -> None:
    made = bench(GUIDED)
    made.core.auxiliary.act(56, HIGH)
    made.core.auxiliary.act(56, LOW)
    assert made.core.modes.number == LOITER  # no mode switch was ever heard
    made.core.mode_switch.read(1900, made.now_ms)
    made.core.auxiliary.act(56, LOW)
    assert made.core.modes.number == STABILIZE
    made.core.modes.set(GUIDED, made.now_ms)
    made.core.auxiliary.act(56, LOW)
    assert made.core.modes.number == GUIDED  # LOITER did not fly


def test_a_mission_is_recorded_flown_from_its_beginning_and_cleared() -> None:
    made = Bench(parameters={"RC_OVERRIDE_TIME": 100.0})
    save = lambda: made.core.auxiliary.act(SAVE_WAYPOINT, HIGH)
    assert not save().ok  # not armed
    made.airborne(12.0)
    assert not save().ok  # throttle down
    made.core.sticks.move(Sticks(throttle=0.5), made.now_ms)
    made.core.modes.set(LOITER, made.now_ms)
    assert save().ok
    made.core.sticks.move(DOWN, made.now_ms)
    assert save().ok
    mission = made.core.plans.mission
    assert [item.command for item in mission.items()] == [22, 16, 21]
    assert [round(item.z) for item in mission.items()] == [12, 12, 0]
    assert made.core.mission_commands.set_current(3).ok
    made.core.auxiliary.act(MISSION_RESET, HIGH)
    assert made.core.sequencer.current_nav_index() == 0
    made.core.auxiliary.act(CLEAR_MISSION, HIGH)
    assert not mission.total()


def test_the_mode_of_the_mode_switch_is_asked_for_again() -> None:
    """MODE_SWITCH_RESET of planes, after a failsafe (RC_Channel_Plane.cpp); without pulses of the switch nothing."""
    made = bench(PlaneMode.MANUAL, "plane", FLTMODE4=PlaneMode.FBWA)
    assert made.core.auxiliary.act(MODE_SWITCH_RESET, HIGH).ok
    assert made.core.modes.number == PlaneMode.MANUAL
    made.core.mode_switch.read(1500, made.now_ms)
    assert made.core.modes.number == PlaneMode.FBWA
    assert made.core.modes.set(PlaneMode.RTL, made.now_ms).ok
    assert made.core.auxiliary.act(MODE_SWITCH_RESET, HIGH).ok
    assert made.core.modes.number == PlaneMode.FBWA
    assert not bench().core.auxiliary.act(MODE_SWITCH_RESET, HIGH).ok


def test_a_mission_that_is_flown_is_not_cleared() -> None:
    made = Bench()
    made.begin([takeoff(), waypoint(50.0, 0.0), waypoint(90.0, 0.0)])
    made.run(5.0)
    assert not made.core.auxiliary.act(CLEAR_MISSION, HIGH).ok
    assert made.core.plans.mission.total() == 3


def test_a_rover_records_where_it_is_and_begins_anew_while_disarmed() -> None:
    made = bench(0, "rover")
    made.arm()
    made.core.auxiliary.act(SAVE_WAYPOINT, HIGH)
    assert [item.command for item in made.core.plans.mission.items()] == [16]
    made.core.arming.disarm(made.now_ms)
    made.core.auxiliary.act(SAVE_WAYPOINT, HIGH)
    assert not made.core.plans.mission.total()


# --- arming checks -----------------------------------------------------------------------------------------------
def test_a_vehicle_switched_on_without_a_radio_is_not_armed_until_somebody_flies_it() -> None:
    made = bench(GUIDED, SIM_RC_FAIL=1)
    (reason,) = made.core.prearm.reasons()
    assert (reason.text, reason.check) == ("RC not found", Check.RC)
    made.parameters.set("FS_THR_ENABLE", 0)
    assert made.core.prearm.reasons() == []
    made.parameters.set("FS_THR_ENABLE", 1)
    made.parameters.set("SIM_RC_FAIL", 0)
    assert made.core.prearm.reasons() == []


@pytest.mark.parametrize(
    ("values", "text", "check"),
    [
        ({"PSC_POSXY_P": -1}, "Bad parameter: PSC_POSXY_P must be > 0", True),
        ({"ATC_RAT_PIT_P": 0}, "Bad parameter: ATC_RAT_PIT_P must be > 0", True),
        ({"MOT_PWM_MIN": 1500, "MOT_PWM_MAX": 1500}, "Motors: Check MOT_PWM_MIN and MOT_PWM_MAX", False),
        ({"MOT_PWM_MIN": 0}, "Motors: Check MOT_PWM_MIN and MOT_PWM_MAX", False),
        ({"MOT_SPIN_ARM": 0.2}, "Motors: MOT_SPIN_ARM > MOT_SPIN_MIN", False),
        ({"MOT_SPIN_MIN": 0.4}, "Motors: MOT_SPIN_MIN too high 0.40 > 0.3", False),
    ],
)
def test_parameters_that_it_cannot_fly_with(values: dict[str, float], text: str, check: bool) -> None:
    made = bench(GUIDED, **values)
    assert [reason.text for reason in made.core.prearm.reasons()] == [text]
    made.parameters.set("ARMING_CHECK", 8)
    assert bool(made.core.prearm.reasons()) is not check


@pytest.mark.parametrize(("enabled", "armed"), [(1, False), (0, True)])
def test_armed_by_force_without_a_transmitter_ever_the_motors_stop_again(enabled: int, armed: bool) -> None:
    """As ArduCopter: a receiver that was never there is missed as soon as it is armed, unless FS_THR_ENABLE is 0."""
    made = bench(GUIDED, SIM_RC_FAIL=1, FS_THR_ENABLE=enabled)
    assert made.core.arming.arm(made.now_ms, force=True).ok
    made.run(1.0)
    assert made.core.facts.armed is armed
    assert ("Radio Failsafe - Disarming" in made.texts) is not armed


@pytest.mark.parametrize(
    ("kind", "mode"), [("plane", PlaneMode.TAKEOFF), ("plane", PlaneMode.AUTO), ("quadplane", PlaneMode.AUTO)]
)
def test_wings_that_were_armed_by_the_rudder_take_off_when_the_rudder_is_neutral(kind: str, mode: PlaneMode) -> None:
    """ArduPlane takeoff.cpp, quadplane.cpp, its tests RudderArmedTakeoffRequiresNeutralThrottle."""
    made = Bench(kind, parameters={"RC_OVERRIDE_TIME": 100.0})
    made.upload([takeoff(50.0), waypoint(300.0, 0.0, 50.0)])
    assert made.core.modes.set(mode, made.now_ms).ok
    assert armed_by_stick(made)
    made.run(10.0)
    assert made.core.facts.landed
    assert not isinstance(made.vehicle.target, TakeOff)
    assert made.texts.count("Takeoff waiting for rudder release") == 1
    hold(made, DOWN, 1.0)
    assert isinstance(made.vehicle.target, TakeOff)
    made.run(60.0, lambda: not made.core.facts.landed)
    assert not made.core.facts.landed


@pytest.mark.parametrize(("options", "arms"), [(32, False), (0, True)])
@pytest.mark.parametrize("kind", ["copter", "quadplane"])
def test_a_throttle_that_is_not_down_arms_by_rc_options(kind: str, options: int, arms: bool) -> None:
    """Bit 5, for throttles that a spring centres: RC_Channels::rudder_arm_disarm_check, its test
    RudderArmingWithARMING_CHECK_THROTTLEUnset. It still disarms with the throttle down only."""
    mode = ALT_HOLD if kind == "copter" else PlaneMode.FBWA
    made = bench(mode, kind, RC_OPTIONS=options)
    hold(made, Sticks(throttle=0.5, yaw=1.0), 4.0)
    assert made.core.facts.armed is arms
    if arms:
        hold(made, Sticks(throttle=0.5, yaw=-1.0), 4.0)
        assert made.core.facts.armed
        hold(made, DISARMS, 4.0)
        assert not made.core.facts.armed


@pytest.mark.parametrize(("options", "refusal"), [(32, "Throttle (RC3) is not neutral"), (0, "")])
def test_a_plane_is_not_armed_with_its_throttle_up(options: int, refusal: str) -> None:
    """In ArduPlane's words (AP_Arming.cpp, rc_arm_checks), by a station too."""
    made = bench(PlaneMode.FBWA, "plane", RC_OPTIONS=options)
    made.core.sticks.move(Sticks(throttle=0.5), made.now_ms)
    assert made.core.arming.arm(made.now_ms).reason == refusal
