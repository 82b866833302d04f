"""What keeps a vehicle from being armed, and what ARMING_CHECK switches off (AP_Arming.cpp, AP_Arming_Copter.cpp)."""

from __future__ import annotations

from math import inf

import pytest

from autopilot.interface import report
from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.obstacles import Scan
from autopilot.interface.reasons import (
    ACCELS_FAILED,
    BAD_FIX,
    BARO_FAILED,
    COMPASS_FAILED,
    GYROS_FAILED,
    NEED_POSITION,
    ArmingReason,
    Check,
)
from autopilot.interface.targets import Sticks
from autopilot.mav import Cmd, MissionType
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import ALT_HOLD, GUIDED, STABILIZE, in_air, ready

ALL, BARO, COMPASS, GPS, INS, RC, BATTERY = 1, 2, 4, 8, 16, 64, 256


@pytest.mark.parametrize(
    ("reason", "bit"), [(BARO_FAILED, BARO), (GYROS_FAILED, INS), (ACCELS_FAILED, INS), (BAD_FIX, GPS)]
)
def test_a_check_can_be_switched_off(reason: ArmingReason, bit: int) -> None:
    bench = Bench(parameters={"ARMING_CHECK": ALL})
    bench.vehicle.armable_reasons = (reason,)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == reason.text
    bench.parameters.set("ARMING_CHECK", bit)
    assert bench.core.arming.arm(bench.now_ms).reason == reason.text
    bench.parameters.set("ARMING_CHECK", COMPASS)
    assert bench.core.arming.arm(bench.now_ms).ok


@pytest.mark.parametrize("reason", [COMPASS_FAILED, NEED_POSITION])
def test_some_cannot(reason: ArmingReason) -> None:
    bench = Bench(parameters={"ARMING_CHECK": 0})
    bench.vehicle.armable_reasons = (reason,)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == reason.text


@pytest.mark.parametrize(("mask", "force", "warns"), [(0, False, True), (0, True, False), (COMPASS, False, False)])
def test_arming_without_any_check_is_warned_of(mask: int, force: bool, warns: bool) -> None:
    bench = Bench(parameters={"ARMING_CHECK": mask})
    assert bench.core.arming.arm(bench.now_ms, force=force).ok
    assert ("Warning: Arming Checks Disabled" in bench.texts) is warns


@pytest.mark.parametrize("mode", [STABILIZE, ALT_HOLD])
def test_without_gps_it_is_armed_in_a_mode_that_needs_none(mode: int) -> None:
    bench = ready()
    bench.parameters.set("SIM_GPS_DISABLE", 1)
    bench.run(15.0)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert "Arm: Need Position Estimate" in bench.texts
    bench.core.modes.set(mode, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    bench.run(2.0)
    assert bench.core.facts.armed


@pytest.mark.parametrize("satellites", [10, 0])
def test_before_the_first_position_it_waits_in_every_mode(satellites: int) -> None:
    """Its sensors are still starting: a script that waits for the pre-arm bit must not get it too early."""
    bench = Bench(parameters={"SIM_GPS_NUMSATS": satellites})
    bench.vehicle.origin = None
    bench.vehicle.armable_reasons = (BAD_FIX, NEED_POSITION)
    assert bench.core.modes.number == STABILIZE
    assert bench.core.arming.arm(bench.now_ms).reason == "GPS 1: Bad fix"


def test_with_too_few_satellites_it_arms_in_a_mode_that_needs_no_position() -> None:
    """The estimator starts; in others it is told that it waits for home."""
    bench = Bench(parameters={"SIM_GPS_NUMSATS": 3})
    bench.vehicle.lose_position()
    bench.vehicle.origin = bench.core.facts.home = None
    bench.vehicle.armable_reasons = (BAD_FIX, NEED_POSITION)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert "Arm: AHRS: waiting for home" in bench.texts
    bench.core.modes.set(STABILIZE, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok


def test_a_position_may_be_asked_for_in_every_mode() -> None:
    bench = Bench(parameters={"ARMING_NEED_LOC": 1})
    bench.vehicle.armable_reasons = (NEED_POSITION,)
    assert bench.core.modes.number == STABILIZE
    assert bench.core.arming.arm(bench.now_ms).reason == "Need Position Estimate"


def test_once_there_was_a_position_its_loss_hinders_only_modes_that_need_one() -> None:
    """All checks are on: not the check is skipped, but what it found."""
    bench = Bench(parameters={"ARMING_CHECK": ALL})
    bench.vehicle.armable_reasons = (BAD_FIX, NEED_POSITION)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == "GPS 1: Bad fix"
    bench.core.modes.set(STABILIZE, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok


def test_a_baro_that_is_not_checked_does_not_hold_it_back() -> None:
    bench = ready(ARMING_CHECK=BATTERY)
    bench.parameters.set("SIM_MAG1_FAIL", 1)
    bench.run(2.0)
    assert not bench.core.arming.arm(bench.now_ms).ok
    bench.parameters.set("SIM_MAG1_FAIL", 0)
    bench.run(2.0)
    bench.core.arming.arm(bench.now_ms)
    bench.run(1.0)
    assert bench.core.facts.armed


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"FS_THR_VALUE": 995}, "Check FS_THR_VALUE"),
        ({"FS_THR_VALUE": 900}, "Check FS_THR_VALUE"),
        ({"FS_GCS_ENABLE": 2}, "FS_GCS_ENABLE=2 removed, see FS_OPTIONS"),
        ({"ANGLE_MAX": 900}, "Check ANGLE_MAX"),
        ({"PILOT_SPEED_UP": 0}, "Check PILOT_SPEED_UP"),
        ({"FRAME_CLASS": 0}, "Motors: Check frame class and type"),
        ({"SERVO3_FUNCTION": 0}, "Motors: no SERVOx_FUNCTION set to Motor3"),
        ({"BATT_LOW_MAH": 4000}, "Battery 1 low capacity failsafe"),
        ({"BATT_CRT_MAH": 4000}, "Battery 1 critical capacity failsafe"),
        ({"BATT_LOW_MAH": 100, "BATT_CRT_MAH": 200}, "Battery 1 capacity failsafe critical >= low"),
        ({"BATT_LOW_VOLT": 10, "BATT_CRT_VOLT": 10.5}, "Battery 1 voltage failsafe critical >= low"),
    ],
)
def test_settings_that_contradict_each_other(parameters: dict[str, float], reason: str) -> None:
    assert Bench(parameters=parameters).core.arming.arm(1000).reason == reason


@pytest.mark.parametrize(
    "parameters",
    [{"ANGLE_MAX": 1000}, {"ANGLE_MAX": 8000}, {"FS_THR_VALUE": 910}, {"BATT_LOW_MAH": 3300}, {"BATT_CRT_MAH": 3300}],
)
def test_settings_at_the_end_of_their_range_are_good(parameters: dict[str, float]) -> None:
    """As ArduPilot has the limits."""
    assert Bench(parameters=parameters).core.arming.arm(1000).ok


def test_a_battery_without_a_voltage_is_not_measured_and_not_judged() -> None:
    """0 V is what a vehicle without a voltage sensor reports."""
    bench = Bench(parameters={"BATT_LOW_VOLT": 15.0, "BATT_CRT_VOLT": 14.0})
    bench.vehicle.state.report[report.BATT_V] = 0.0
    assert bench.core.prearm.reasons() == []


def test_a_fix_that_is_not_good_enough() -> None:
    bench = ready(GPS_HDOP_GOOD=70)
    assert bench.core.prearm.ok  # STABILIZE does not need it
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == "High GPS HDOP"
    assert [reason.check for reason in bench.core.prearm.reasons()] == [Check.GPS]


def test_a_position_far_from_the_fix() -> None:
    """After a sensor has failed, the estimate comes back to the fix within some 20 s."""
    bench = ready()
    bench.core.modes.set(GUIDED, bench.now_ms)
    vector = bench.vehicle.state.report
    vector[report.LAT] = vector[report.GPS_LAT] + 23.06 / METRES_PER_DEGREE
    assert [reason.text for reason in bench.core.prearm.reasons()] == ["GPS and AHRS differ by 23.1m"]
    bench.core.modes.set(STABILIZE, bench.now_ms)
    assert bench.core.prearm.reasons() == []
    bench.core.modes.set(GUIDED, bench.now_ms)
    vector[report.LAT] = vector[report.GPS_LAT] + 9.9 / METRES_PER_DEGREE
    assert bench.core.arming.arm(bench.now_ms).ok


@pytest.mark.parametrize(
    ("roll", "pitch", "parameters", "refusal"),
    [(-1.57, 0.6, {}, "Leaning"), (3.1, 0.0, {}, "Leaning"), (0.4, -0.4, {}, "Leaning"), (0.4, 0.3, {}, ""),
     (0.4, -0.4, {"ANGLE_MAX": 4500}, ""), (-1.57, 0.6, {"ARMING_CHECK": COMPASS}, ""),
     (-1.57, 0.6, {"ARMING_CHECK": INS}, "Leaning")],
)  # fmt: skip
def test_a_copter_that_leans_further_than_it_may_fly_is_not_armed(
    roll: float, pitch: float, parameters: dict[str, float], refusal: str
) -> None:
    bench = Bench(parameters=parameters)
    bench.vehicle.state.report[[report.ROLL, report.PITCH]] = roll, pitch
    assert bench.core.prearm.reasons() == []  # it is looked at when it is armed
    assert bench.core.arming.arm(bench.now_ms).reason == refusal


def test_what_drives_or_has_wings_is_armed_on_a_slope() -> None:
    for kind in ("rover", "plane", "quadplane"):
        bench = Bench(kind)
        bench.vehicle.state.report[report.PITCH] = 0.7
        assert bench.core.arming.arm(bench.now_ms).ok


@pytest.mark.parametrize(
    ("parameters", "text"),
    [({"FM_CUT_TILT": 0}, "Crash: Disarming: AngErr=9"), ({}, "Emergency cutoff: motors stopped")],
)
def test_armed_by_force_on_its_side_a_takeoff_ends_at_once(parameters: dict[str, float], text: str) -> None:
    """ArduCopter's crash check runs from the start of a takeoff, not from the liftoff."""
    bench = in_air(14.0, **parameters)
    assert bench.core.arming.disarm(bench.now_ms, force=True).ok
    bench.run(8.0)
    assert bench.core.facts.landed
    assert bench.core.arming.arm(bench.now_ms, force=True).ok
    assert bench.core.commands.takeoff(10.0).ok
    bench.run(6.0)
    assert not bench.core.facts.armed
    assert any(said.startswith(text) for said in bench.texts)


@pytest.mark.parametrize(
    ("kind", "parameters", "ok"),
    [("copter", {}, True), ("rover", {}, True), ("plane", {}, False), ("quadplane", {}, False),
     ("plane", {"GPS1_TYPE": 0}, True)],
)  # fmt: skip
def test_wings_with_a_receiver_need_a_fix_in_each_mode(kind: str, parameters: dict[str, float], ok: bool) -> None:
    """MANUAL and STABILIZE need none. ArduPlane's GPS checks ask for no mode, its test ForceArm."""
    bench = Bench(kind, parameters=parameters)
    bench.core.modes.set(0, bench.now_ms)
    bench.vehicle.armable_reasons = (BAD_FIX, NEED_POSITION)
    assert bench.core.arming.arm(bench.now_ms).ok is ok


def test_the_battery_says_the_first_of_its_complaints() -> None:
    bench = Bench(parameters={"BATT_ARM_VOLT": 17, "BATT_LOW_VOLT": 16.9, "BATT_CRT_VOLT": 16.8})
    (found,) = bench.core.prearm.reasons()
    assert (found.text, found.check, found.limit) == ("Battery 1 below minimum arming voltage", Check.BATTERY, 17.0)
    assert found.value is not None and found.value < found.limit


def test_the_voltage_without_sag_counts_where_it_is_chosen() -> None:
    bench = Bench(parameters={"BATT_LOW_VOLT": 15.0, "BATT_FS_VOLTSRC": 1})
    bench.vehicle.state.report[report.BATT_V_REST] = 14.0
    (found,) = bench.core.prearm.reasons()
    assert (found.text, found.value, found.limit) == ("Battery 1 low voltage failsafe", 14.0, 15.0)


def test_a_failsafe_that_lasts_keeps_it_on_the_ground() -> None:
    bench = Bench(parameters={"FS_GCS_ENABLE": 1})
    bench.core.failsafes.ground_station_failed(bench.now_ms, failed=True)
    assert bench.core.arming.arm(bench.now_ms).reason == "GCS failsafe on"
    bench = Bench()
    bench.core.sticks.lose(bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == "Radio failsafe on"


@pytest.mark.parametrize(("mode", "ok"), [(STABILIZE, False), (ALT_HOLD, False), (GUIDED, True)])
def test_a_high_throttle_hinders_only_where_it_would_lift(mode: int, ok: bool) -> None:
    bench = Bench()
    bench.core.modes.set(mode, bench.now_ms)
    bench.core.sticks.move(Sticks(throttle=0.8), bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok is ok


def test_a_battery_that_is_not_measured_is_unhealthy() -> None:
    bench = Bench(parameters={"BATT_VOLT_PIN": -1})
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == "Battery 1 unhealthy"
    bench.parameters.set("BATT_VOLT_PIN", 13)
    assert bench.core.arming.arm(bench.now_ms).ok


@pytest.mark.parametrize(
    ("at_start", "now", "healthy"),
    [(4, 4, True), (4, 0, False), (0, 0, True), (0, 4, False), (98, 98, False), (98, 4, False), (98, 0, True)],
)
def test_another_monitor_of_the_battery_counts_after_a_restart(at_start: int, now: int, healthy: bool) -> None:
    bench = Bench(parameters={"BATT_MONITOR": at_start})
    bench.core.modes.set(STABILIZE, bench.now_ms)
    bench.parameters.set("BATT_MONITOR", now)
    assert bench.core.arming.arm(bench.now_ms).reason == ("" if healthy else "Battery 1 unhealthy")


@pytest.mark.parametrize(("mode", "arms"), [(STABILIZE, True), (GUIDED, False)])
@pytest.mark.parametrize(("without", "again"), [("GPS1_TYPE", 1), ("EK3_SRC1_POSXY", 3)])
def test_without_a_receiver_from_the_start_it_is_armed_where_no_position_is_needed(
    without: str, again: float, mode: int, arms: bool
) -> None:
    bench = Bench(parameters={without: 0})
    bench.vehicle.origin = None
    bench.vehicle.armable_reasons = (BAD_FIX, NEED_POSITION)
    bench.core.modes.set(mode, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok is arms
    bench.parameters.set(without, again)
    assert bench.core.prearm.reasons()


def test_no_two_switches_have_one_function() -> None:
    bench = Bench(parameters={"RC6_OPTION": 18, "RC7_OPTION": 18, "RC8_OPTION": 0, "RC9_OPTION": 0})
    bench.core.modes.set(STABILIZE, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == "Duplicate Aux Switch Options"
    bench.parameters.set("RC7_OPTION", 4)
    assert bench.core.arming.arm(bench.now_ms).ok


@pytest.mark.parametrize(
    ("bit", "command", "text"),
    [
        (1, Cmd.NAV_LAND, "land"),
        (2, Cmd.NAV_VTOL_LAND, "vtol land"),
        (4, Cmd.DO_LAND_START, "do land start"),
        (8, Cmd.NAV_TAKEOFF, "takeoff"),
        (16, Cmd.NAV_VTOL_TAKEOFF, "vtol takeoff"),
        (64, Cmd.NAV_RETURN_TO_LAUNCH, "RTL"),
    ],
)
def test_a_required_mission_item_must_be_there(bit: int, command: int, text: str) -> None:
    bench = Bench(parameters={"ARMING_MIS_ITEMS": bit})
    bench.upload([waypoint(40, 0)])
    assert bench.core.arming.arm(bench.now_ms).reason == f"Missing mission item: {text}"
    bench.upload([waypoint(40, 0), item(command)])
    assert bench.core.arming.arm(bench.now_ms).ok


def test_a_required_rally_point_must_be_near_enough() -> None:
    bench = Bench(parameters={"ARMING_MIS_ITEMS": 32, "RALLY_LIMIT_KM": 0.5})
    for far_m, ok in ((None, False), (600.0, False), (400.0, True)):
        bench.upload([item(Cmd.NAV_RALLY_POINT, far_m)] if far_m else [], MissionType.RALLY)
        done = bench.core.arming.arm(bench.now_ms)
        assert done.ok is ok
        assert ok or done.reason == "No sufficiently close rally point located"


def test_required_items_are_not_asked_for_without_the_check_of_missions() -> None:
    assert Bench(parameters={"ARMING_MIS_ITEMS": 1, "ARMING_CHECK": COMPASS}).core.arming.arm(0).ok


NO_DATA, TOO_HIGH = (
    f"RTL_ALT_TYPE is above-terrain but {why}" for why in ("no terrain data", "RTL_ALT above RNGFND_MAX_CM")
)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"TERRAIN_ENABLE": 0}, NO_DATA),
        ({"TERRAIN_ENABLE": 1}, None),
        ({"TERRAIN_ENABLE": 0, "RTL_ALT_TYPE": 0}, None),
        ({"TERRAIN_ENABLE": 0, "ARMING_CHECK": COMPASS}, None),
        ({"TERRAIN_ENABLE": 0, "RNGFND1_TYPE": 100}, TOO_HIGH),
        ({"TERRAIN_ENABLE": 1, "RNGFND1_TYPE": 100}, TOO_HIGH),
        ({"TERRAIN_ENABLE": 0, "RNGFND1_TYPE": 100, "RTL_ALT": 700}, None),
        ({"TERRAIN_ENABLE": 0, "RNGFND1_TYPE": 100, "WPNAV_RFND_USE": 0}, NO_DATA),
    ],
)
def test_a_return_above_the_ground_must_know_it(settings: dict[str, float], reason: str | None) -> None:
    bench = Bench(vehicle=SimulatedCopter(ORIGIN, 0.0, 7), parameters={"RTL_ALT_TYPE": 1, **settings})
    bench.run(20.0, lambda: bench.core.prearm.ok)
    assert [each.text for each in bench.core.prearm.latest] == [reason] * (reason is not None)


@pytest.mark.parametrize(
    ("settings", "reasons"),
    [
        ({"RC1_MIN": 1301}, ["Roll radio min too high"]),
        ({"RC1_MIN": 1300, "RC2_MAX": 1700}, []),
        ({"RC2_MAX": 1699}, ["Pitch radio max too low"]),
        ({"RC3_TRIM": 900, "RC3_MIN": 1100}, []),
        ({"RC4_TRIM": 1050, "RC4_MIN": 1100}, ["Yaw radio trim below min"]),
        ({"RC4_TRIM": 1950, "RC4_MAX": 1900}, ["Yaw radio trim above max"]),
        ({"RC6_MAX": 1600}, []),
        ({"RC6_MAX": 1600, "RCMAP_ROLL": 6}, ["Roll radio max too low"]),
        ({"RC1_MIN": 1301, "ARMING_CHECK": COMPASS}, []),
    ],
)
def test_a_transmitter_must_be_calibrated(settings: dict[str, float], reasons: list[str]) -> None:
    assert [reason.text for reason in Bench(parameters=settings).core.prearm.reasons()] == reasons


@pytest.mark.parametrize("mask", [ALL, COMPASS])
def test_one_switch_stops_the_motors(mask: int) -> None:
    """AP_Arming_Copter.cpp, run_pre_arm_checks: with an interlock there is no emergency stop beside it."""
    bench = Bench(parameters={"RC7_OPTION": 31, "RC8_OPTION": 32, "ARMING_CHECK": mask})
    assert bench.core.arming.arm(bench.now_ms).reason == "Interlock/E-Stop Conflict"
    bench.parameters.set("RC7_OPTION", 0)
    assert bench.core.arming.arm(bench.now_ms).ok


def test_what_is_close_keeps_a_copter_on_the_ground() -> None:
    """AP_Arming_Copter::proximity_checks; the copter took off beside it."""
    bench = Bench(parameters={"ARMING_CHECK": ALL, "PRX1_TYPE": 2})
    text = "Proximity 90 deg, 0.50m (want > 0.6m)"

    def reasons(distance_m: float) -> list[str]:
        bench.core.proximity.see(Scan([2.0, distance_m, 1.5, inf], 0.0, 90.0, 10.0), bench.now_ms)
        return [reason.text for reason in bench.core.prearm.reasons()]

    assert text in reasons(0.5)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == text
    assert "Proximity 90 deg, 0.60m (want > 0.6m)" in reasons(0.6)
    assert text not in reasons(0.61)
    bench.run(0.6)
    assert text not in [reason.text for reason in bench.core.prearm.reasons()]
    for name, value in (("ARMING_CHECK", COMPASS), ("AVOID_ENABLE", 1), ("PRX1_IGN_WID1", 20)):
        usual = bench.parameters[name]
        bench.parameters.set("PRX1_IGN_ANG1", 90)
        bench.parameters.set(name, value)
        assert text not in reasons(0.5)
        bench.parameters.set(name, usual)
    assert text in reasons(0.5)
    bench.core.proximity.keep_off(on=False)
    assert text not in reasons(0.5)


@pytest.mark.parametrize("kind", ["copter", "rover"])
def test_a_proximity_sensor_that_tells_nothing_keeps_the_motors_off(kind: str) -> None:
    """AP_Proximity::prearm_healthy, whatever ARMING_CHECK says."""
    bench = Bench(kind, parameters={"ARMING_CHECK": COMPASS, "PRX1_TYPE": 2})
    assert bench.core.arming.arm(bench.now_ms).reason == "PRX1: No Data"
    bench.core.proximity.see(Scan([inf], 0.0, 90.0, 10.0), bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok


def test_a_rover_without_a_speed_is_not_armed() -> None:
    """AP_Arming_Rover.cpp, parameter_checks."""
    bench = Bench("rover", parameters={"WP_SPEED": 0})
    assert bench.core.arming.arm(bench.now_ms).reason == "WP_SPEED too low"


def test_a_rover_may_begin_beside_something() -> None:
    rover = Bench("rover", parameters={"PRX1_TYPE": 2})
    rover.core.proximity.see(Scan([0.3], 0.0, 90.0, 10.0), rover.now_ms)
    assert not [reason for reason in rover.core.prearm.reasons() if "Proximity" in reason.text]


def test_what_a_remote_identification_lacks_keeps_the_motors_off() -> None:
    """AP_OpenDroneID::pre_arm_check, in its order, with bit 0 of DID_OPTIONS only."""
    bench = Bench(parameters={"DID_ENABLE": 1, "DID_OPTIONS": 1})
    remote_id = bench.core.remote_id

    def text() -> str:
        return "; ".join(reason.text.removeprefix("OpenDroneID: ") for reason in remote_id.complaints())

    assert text() == "UA_TYPE required in BasicID"
    remote_id.identified = True
    assert text() == "operator location must be set"
    remote_id.operator_heard(ORIGIN.lat, ORIGIN.lon, bench.now_ms)
    assert text() == "ARM_STATUS not available"
    remote_id.transmitter_heard("no GPS", bench.now_ms)
    assert text() == "no GPS"
    remote_id.transmitter_heard("", bench.now_ms)
    assert not text()
    bench.run(3.1)
    remote_id.transmitter_heard("", bench.now_ms)
    assert text() == "SYSTEM not available"
    bench.parameters.set("DID_ENABLE", 0)
    assert text() == "DID_ENABLE must be 1"
    bench.parameters.set("DID_OPTIONS", 0)
    assert not text()
