"""Answers of a vehicle that speaks as a PX4 to commands for settings and maintenance (Commander.cpp,
`handle_command`)."""

from __future__ import annotations

from math import nan

import pytest

from autopilot.mav import Cmd, Result
from mavlink_bridge.px4.vehicle import UNKNOWN
from mavlink_bridge.wire.codec import dialect
from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import ARM, MISSION, SessionLine, Station


@pytest.mark.parametrize("missing", [5, 6, 7])
def test_home_is_set_at_a_complete_place_only(station: Station, missing: int) -> None:
    """Without a number the answer was FAILED, or home moved to 0, 0 or sea level."""
    place = [HOME.lat + 0.001, HOME.lon, 590.0]
    place[missing - 5] = nan
    assert station.command(Cmd.DO_SET_HOME, 0.0, 0.0, 0.0, nan, *place) == Result.DENIED
    station.run(2.0)
    assert abs(station.of("HOME_POSITION")[-1].latitude - round(HOME.lat * 1e7)) < 100


def test_home_is_set_here(station: Station) -> None:
    """With param1 above 0.5; the place does not count."""
    station.fly_to(6.0)
    assert station.command(Cmd.DO_SET_HOME, 1.0) == Result.ACCEPTED
    station.run(2.0)
    assert abs(station.of("HOME_POSITION")[-1].altitude / 1000.0 - HOME.alt - 6.0) < 1.0


def test_maintenance_waits_for_stopped_motors(station: Station) -> None:
    """PREFLIGHT_STORAGE was ACCEPTED or FAILED while armed, a restart FAILED."""
    assert station.command(ARM, 1.0, 0.0) == Result.ACCEPTED
    for action in (0.0, 1.0, 2.0):
        assert station.command(Cmd.PREFLIGHT_STORAGE, action) == Result.TEMPORARILY_REJECTED
    assert station.command(Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 0.0) == Result.ACCEPTED, "it asks for nothing"
    for action in (1.0, 2.0, 3.0):
        assert station.command(Cmd.PREFLIGHT_REBOOT_SHUTDOWN, action) == Result.DENIED


def test_parameters_are_reset_to_a_px4s_defaults(station: Station) -> None:
    """Those of the core had ArduPilot's, and PX4's own stayed as they were."""
    names = {"MPC_XY_CRUISE": 9.0, "MC_ROLL_P": 7.0, "COM_DISARM_LAND": 20.0}
    before = {name: station.get_param(name) for name in names}
    for action in (2.0, 4.0):
        for name, value in names.items():
            station.set_param(name, value)
        assert station.command(Cmd.PREFLIGHT_STORAGE, action) == Result.ACCEPTED
        assert {name: station.get_param(name) for name in names} == before
    assert station.get_param("SYS_AUTOSTART") == 10040.0


def test_prearm_checks_are_run_at_any_time(station: Station) -> None:
    assert station.command(Cmd.RUN_PREARM_CHECKS) == Result.ACCEPTED
    assert station.command(ARM, 1.0, 0.0) == Result.ACCEPTED
    assert station.command(Cmd.RUN_PREARM_CHECKS) == Result.ACCEPTED


@pytest.mark.parametrize(
    ("flags", "mode"), [(4, (4, 4)), (64 | 8, (3, 0)), (64 | 16, (7, 0)), (64, (1, 0)), (128, (4, 3))]
)
def test_a_mode_may_be_asked_for_by_its_flags(station: Station, flags: int, mode: tuple[int, int]) -> None:
    """SET_MODE and DO_SET_MODE without a custom mode: AUTO is Mission, then MANUAL_INPUT with GUIDED, STABILIZE, or
    neither; other flags change nothing. All were DENIED."""
    assert station.command(Cmd.DO_SET_MODE, float(flags), 0.0, 0.0) == Result.ACCEPTED
    station.run(1.5)
    assert station.mode == mode


def test_an_unknown_mode_of_auto_has_a_text_of_its_own(station: Station) -> None:
    assert station.set_mode((4, 77)) == Result.TEMPORARILY_REJECTED
    station.run(0.2)
    assert station.texts[-1] == "Unsupported auto mode"


def test_set_mode_by_its_older_message(station: Station) -> None:
    station.link.send(dialect.MAVLink_set_mode_message(1, 64 | 16, 0))
    station.run(1.5)
    assert station.mode == (7, 0)


def test_capabilities_are_told_whatever_param1_says(station: Station) -> None:
    """PX4 does not look at param1 of REQUEST_AUTOPILOT_CAPABILITIES (mavlink_receiver.cpp)."""
    told = len(station.of("AUTOPILOT_VERSION"))
    assert station.command(520, 0.0) == 0
    assert len(station.of("AUTOPILOT_VERSION")) == told + 1


def test_an_armed_one_is_not_restarted_by_force(station: Station) -> None:
    """The number in param6 is ArduPilot's."""
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.command(246, 1.0, 0.0, 0.0, 0.0, 0.0, 20190226.0) != 0


def test_force_does_not_arm_what_fails_its_checks() -> None:
    """Commander.cpp: `arm(reason, cmd.from_external || !forced)`."""
    with Session(firmware="px4", seed=3, faults=["gps.loss"]) as session:
        station = Station(SessionLine(session))
        station.run(20.0)
        assert station.command(ARM, 1.0, 21196.0) == 1 and not station.armed


@pytest.mark.parametrize("frame", [0, 3, 5, 6])
def test_home_is_set_above_sea_in_every_frame(station: Station, frame: int) -> None:
    """PX4 looks at no frame; MAVSDK sends AMSL in frame 3, which put home twice as high."""
    lat, lon = round(HOME.lat * 1e7) + 900, round(HOME.lon * 1e7)
    station.link.send(
        dialect.MAVLink_command_int_message(1, 1, frame, Cmd.DO_SET_HOME, 0, 0, 0.0, 0.0, 0.0, nan, lat, lon, 590.0)
    )
    station.run(2.0)
    home = station.of("HOME_POSITION")[-1]
    assert (home.latitude, home.altitude) == (lat, 590_000)


def test_actuators_are_tested_at_rest_alone(station: Station) -> None:
    """By MAVLink's numbers and by PX4's own; NaN stops one (Commander.cpp, `handleCommandActuatorTest`)."""

    def test(function: float, value: float = 0.2) -> int:
        return station.command(310, value, 1.0, 0.0, 0.0, function)

    assert [test(number) for number in (1.0, 12.0, 33.0, 1101.0)] == [0, 0, 0, 0]
    assert test(1.0, nan) == 0
    assert [test(number) for number in (0.0, 13.0, 41.0)] == [3, 3, 3]
    station.set_param("COM_MOT_TEST_EN", 0.0)
    assert test(1.0) == 2
    station.set_param("COM_MOT_TEST_EN", 1.0)
    assert station.command(ARM, 1.0, 0.0) == 0
    assert test(1.0) == 2


@pytest.mark.parametrize("lost", ["gps.loss", None])
def test_refusals_are_a_px4s(station: Station, lost: str | None) -> None:
    """Commander.cpp: what is denied now is TEMPORARILY_REJECTED; motors at rest cannot be terminated."""
    assert isinstance(station.link, SessionLine)
    assert station.command(Cmd.DO_FLIGHTTERMINATION, 1.0) == 2
    if lost is None:
        station.fly_to(8.0)
        assert station.command(ARM, 0.0, 0.0) == 1 and "Disarming denied: not landed" in station.texts
        assert station.command(Cmd.DO_FLIGHTTERMINATION, 0.0) == 2
        return
    station.link.session.inject(lost)
    station.run(12.0)
    assert station.command(ARM, 1.0, 0.0) == 1


def test_an_actuator_can_be_set(station: Station) -> None:
    """MAVSDK's `set_actuator`: accepted (Commander.cpp), and recorded."""
    assert station.command(Cmd.DO_SET_ACTUATOR, 0.5) == 0


@pytest.mark.parametrize("command", sorted(UNKNOWN))
def test_what_only_ardupilot_knows_is_unsupported(station: Station, command: int) -> None:
    assert station.command(command) == 3


def test_the_landing_of_a_mission_is_begun_by_a_command(station: Station) -> None:
    """DO_LAND_START (navigator_main.cpp): the mission goes on at its landing; without one CANCELLED. It was FAILED with
    a text of ArduPilot's."""
    assert station.command(Cmd.DO_LAND_START) == Result.CANCELLED
    items = ((22, 0.0, 8.0), (16, 0.002, 8.0), (189, 0.0, 0.0), (16, 0.0001, 8.0), (21, 0.0, 0.0))
    station.upload(
        tuple(
            MissionItem(
                command,
                2 if command == 189 else 6,
                x=HOME.lat + north if command != 189 else 0.0,
                y=HOME.lon if command != 189 else 0.0,
                z=z,
            )
            for command, north, z in items
        )
    )
    assert station.command(Cmd.MISSION_START, 0.0) == Result.ACCEPTED
    station.until(lambda: station.height > 7.0, 30.0)
    assert station.command(Cmd.DO_LAND_START) == Result.ACCEPTED
    station.run(1.5)
    assert station.mode == MISSION and station.of("MISSION_CURRENT")[-1].seq == 3
    station.until(lambda: not station.armed, 60.0)


def test_a_precision_landing_has_a_command(station: Station) -> None:
    """VEHICLE_CMD_NAV_PRECLAND, number 23."""
    station.fly_to(6.0)
    assert station.command(Cmd.NAV_LAND_LOCAL) == Result.ACCEPTED
    station.run(1.5)
    assert station.mode == (4, 9) and "Precision landing" in station.texts


@pytest.mark.parametrize("kind", [0.0, 1.0, 3.0, nan])
def test_a_speed_is_taken_whatever_its_kind_and_given_back(station: Station, kind: float) -> None:
    """DO_CHANGE_SPEED (navigator_main.cpp): 0 or less is the usual speed (MAVLink's -2); that was DENIED."""
    station.fly_to(6.0)
    place = round((HOME.lat + 0.004) * 1e7), round(HOME.lon * 1e7)
    assert station.command(Cmd.DO_CHANGE_SPEED, kind, 2.0, -1.0) == Result.ACCEPTED
    station.link.send(
        dialect.MAVLink_command_int_message(1, 1, 5, Cmd.DO_REPOSITION, 0, 0, -1.0, 1, 0, nan, *place, HOME.alt + 6)
    )
    station.run(6.0)
    assert 1.5 < station.of("VFR_HUD")[-1].groundspeed < 2.3
    assert station.command(Cmd.DO_CHANGE_SPEED, kind, -2.0, -1.0) == Result.ACCEPTED
    station.run(6.0)
    assert station.of("VFR_HUD")[-1].groundspeed > 4.0


def test_a_reposition_outside_the_fence_stops(station: Station) -> None:
    """navigator_main.cpp: accepted, told, and Hold where it is; it was FAILED with a text of Sortie's."""
    station.fly_to(6.0)
    station.set_param("GF_MAX_HOR_DIST", 20.0)
    station.set_param("GF_ACTION", 3.0)
    assert station.set_mode((3, 0)) == Result.ACCEPTED
    there = HOME.lat + 0.0005, HOME.lon, HOME.alt + 6.0
    assert station.command(Cmd.DO_REPOSITION, -1.0, 1.0, 0.0, nan, *there) == Result.ACCEPTED
    station.run(4.0)
    assert station.mode == (4, 3) and "Reposition is outside geofence" in station.texts
    assert station.of("VFR_HUD")[-1].groundspeed < 0.5


def test_a_station_calibrates_sticks(station: Station) -> None:
    """QGroundControl's page for the transmitter begins with param4 1, and ends with zeros; it was UNSUPPORTED."""
    for value, word in ((1.0, "Disabling"), (0.0, "Restoring")):
        assert station.command(Cmd.PREFLIGHT_CALIBRATION, 0.0, 0.0, 0.0, value, 0.0, 0.0, 0.0) == Result.ACCEPTED
        station.run(0.2)
        assert station.texts[-1] == f"Calibration: {word} RC input"


@pytest.mark.parametrize(("kind", "result"), [("sim:plane", Result.ACCEPTED), ("sim:copter", Result.UNSUPPORTED)])
def test_a_pitot_tube_is_calibrated_where_there_is_one(kind: str, result: Result) -> None:
    with Session(kind, firmware="px4", seed=3) as session:
        one = Station(SessionLine(session))
        one.until(lambda: one.armable)
        assert one.command(Cmd.PREFLIGHT_CALIBRATION, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0) == result
        one.run(4.0)
        assert ("[cal] calibration done: airspeed" in one.texts) is (result is Result.ACCEPTED)


def test_the_compass_is_calibrated_by_a_known_heading(station: Station) -> None:
    """Commander.cpp, FIXED_MAG_CAL_YAW: not during another calibration; it was UNSUPPORTED."""
    assert station.command(Cmd.PREFLIGHT_CALIBRATION, 1.0) == Result.ACCEPTED
    assert station.command(Cmd.FIXED_MAG_CAL_YAW) == Result.TEMPORARILY_REJECTED
    station.run(4.0)
    assert station.command(Cmd.FIXED_MAG_CAL_YAW) == Result.ACCEPTED
    station.run(0.5)
    assert station.texts[-1] == "[cal] Mag quick calibration finished"
    with Session(firmware="px4", seed=3) as session:
        one = Station(SessionLine(session))
        assert one.command(Cmd.FIXED_MAG_CAL_YAW) == Result.ACCEPTED
        one.run(0.2)
        assert "[cal] GPS required for mag quick cal" in one.texts
