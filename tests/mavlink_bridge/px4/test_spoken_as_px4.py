"""`firmware="px4"`: the simulated copter as stations of a PX4 meet it, in virtual time."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import pytest

from mavlink_bridge.clients.parameters import ParameterList, ParameterOutcome, ParameterRead, ParameterWrite
from mavlink_bridge.wire.codec import dialect
from sortie import Fleet, MissionItem, Session
from sortie.api.testing.stand_in import HOME
from sortie.config.errors import UserError
from tests.fakes.px4_station import (
    ALTITUDE,
    ARM,
    HOLD,
    LAND,
    MISSION,
    OFFBOARD,
    PX4,
    REPOSITION,
    REQUEST,
    RETURN,
    SET_MODE,
    TAKE_OFF,
    TAKEOFF,
    SessionLine,
    Station,
)


def test_it_says_who_it_is(station: Station) -> None:
    """Autopilot 12 in Hold, version 1.16, parameters as bytes, its modes one by one."""
    station.run(2.5)
    assert station.of("ATTITUDE_QUATERNION") and station.of("CURRENT_MODE"), "unasked"
    beat = station.of("HEARTBEAT")[-1]
    assert (beat.autopilot, beat.type) == (12, 2) and station.mode == HOLD
    assert station.command(REQUEST, 148.0) == 0
    station.run(0.2)
    version = station.of("AUTOPILOT_VERSION")[-1]
    assert version.flight_sw_version >> 16 == 0x0110 and version.capabilities & 16 and not version.capabilities & 2
    assert station.command(REQUEST, 435.0, 4.0) == 0
    station.run(0.2)
    listed = station.of("AVAILABLE_MODES")
    assert [(m.mode_index, m.custom_mode) for m in listed] == [(4, 4 << 16 | 4 << 24)]


def test_takeoff_without_a_height_is_the_parameters(station: Station) -> None:
    """And it may be asked for before arming (QGroundControl); then Hold. NaN stops a reposition where it is."""
    write = station.link.ask(ParameterWrite(PX4, "MIS_TAKEOFF_ALT", 6.0))
    assert write.outcome is ParameterOutcome.ACCEPTED
    assert station.command(TAKE_OFF) == 0
    assert station.command(ARM, 1.0, 0.0) == 0
    station.run(1.5)
    assert station.mode == TAKEOFF
    station.until(lambda: station.mode == HOLD, 40.0)
    assert abs(station.height - 6.0) < 1.0  # NAV_MC_ALT_RAD; it climbs on
    station.run(3.0)
    assert abs(station.height - 6.0) < 0.3
    place = round((HOME.lat + 0.001) * 1e7), round(HOME.lon * 1e7)
    station.link.send(
        dialect.MAVLink_command_int_message(1, 1, 5, REPOSITION, 0, 0, -1, 1, 0, nan, *place, HOME.alt + 8)
    )
    station.run(6.0)
    assert station.of("VFR_HUD")[-1].groundspeed > 3.0
    assert station.command(REPOSITION, -1.0, 1.0) == 0
    station.run(5.0)
    assert station.of("VFR_HUD")[-1].groundspeed < 0.5 and station.mode == HOLD


@pytest.mark.parametrize(("altitude", "frame"), [(HOME.alt + 12.0, 0.0), (12.0, 3.0)])
def test_another_altitude_is_flown_to_in_hold(station: Station, altitude: float, frame: float) -> None:
    """DO_CHANGE_ALTITUDE (Commander.cpp); in a mission it was accepted, and had no effect."""
    corner = MissionItem(16, 3, x=HOME.lat + 0.002, y=HOME.lon, z=6.0)
    station.upload((corner,))
    assert station.command(300, 0.0) == 0
    station.until(lambda: station.height > 5.0, 30.0)
    assert station.command(186, altitude, frame) == 0
    station.run(8.0)
    assert station.mode == HOLD and abs(station.height - 12.0) < 0.5
    assert station.of("VFR_HUD")[-1].groundspeed < 0.5


@pytest.mark.parametrize("flags", [0.0, nan, 3.0])
def test_a_reposition_asks_for_the_change_of_mode(station: Station, flags: float) -> None:
    """Without MAV_DO_REPOSITION_FLAGS_CHANGE_MODE, or with another flag, it is UNSUPPORTED (Commander.cpp). It was
    flown, and ended a mission."""
    station.fly_to(6.0)
    assert station.set_mode(ALTITUDE) == 0
    assert station.command(REPOSITION, -1.0, flags, 0.0, nan, HOME.lat + 0.001, HOME.lon, HOME.alt + 8.0) == 3
    station.run(3.0)
    assert station.mode == ALTITUDE and station.of("VFR_HUD")[-1].groundspeed < 1.0


def test_a_takeoff_in_the_air_climbs_on(station: Station) -> None:
    """takeoff.cpp: MIS_TAKEOFF_ALT above its place, or to the height of the command, never down; then Hold, in which it
    stands after the landing. NAV_TAKEOFF was FAILED, and mode Takeoff never ended."""
    station.fly_to(6.0)
    for order in ((TAKE_OFF,), (SET_MODE, 1.0, *map(float, TAKEOFF))):
        before = station.height
        assert station.command(*order) == 0
        station.until(lambda: station.mode == TAKEOFF, 2.0)
        station.until(lambda: station.mode == HOLD, 20.0)
        station.run(3.0)
        assert abs(station.height - before - 6.0) < 0.5
    before = station.height
    assert station.command(TAKE_OFF, 0.0, 0.0, 0.0, nan, nan, nan, HOME.alt + 3.0) == 0
    station.run(5.0)
    assert abs(station.height - before) < 0.5 and station.mode == HOLD
    assert station.set_mode(LAND) == 0
    station.until(lambda: not station.armed, 90.0)
    station.run(1.5)
    assert station.mode == HOLD


@pytest.mark.parametrize("armed_first", [True, False])
def test_a_takeoff_to_below_the_vehicle_stays_where_it_is(station: Station, armed_first: bool) -> None:
    """takeoff.cpp, `set_takeoff_position`: taken and told once, and the motors stop again; MAVProxy's `takeoff 10`
    counts from the sea. It was FAILED; before, it was begun again in every pass, and time stood still in a session."""
    for number in (ARM, TAKE_OFF) if armed_first else (TAKE_OFF, ARM):
        params = (1.0, 0.0) if number == ARM else (0.0, 0.0, 0.0, nan, nan, nan, HOME.alt - 20.0)
        assert station.command(number, *params) == 0
    station.run(3.0)
    assert station.mode == TAKEOFF and station.height < 0.5
    assert station.texts.count("Already higher than takeoff altitude") == 1
    station.until(lambda: not station.armed, 20.0)


def test_a_takeoff_counts_from_where_the_vehicle_stands(station: Station) -> None:
    """Not from a home that was set elsewhere (takeoff.cpp: `get_global_position()->alt`)."""
    assert station.command(179, 0.0, 0.0, 0.0, nan, HOME.lat, HOME.lon, HOME.alt - 50.0) == 0
    assert station.command(ARM, 1.0, 0.0) == 0 and station.command(TAKE_OFF) == 0
    station.until(lambda: station.mode == HOLD, 20.0)
    station.run(3.0)
    assert abs(station.of("GLOBAL_POSITION_INT")[-1].alt / 1000.0 - HOME.alt - 2.5) < 0.5


def test_a_copter_has_no_takeoff_of_a_vtol(station: Station) -> None:
    """Neither the mode nor the command, which is ArduPilot's for copters."""
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.command(84, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0) == 3
    station.run(4.0)
    assert station.height < 0.5


def test_its_versions_are_a_px4s(station: Station) -> None:
    """AUTOPILOT_VERSION: no vendor's version, then the commit in bytes; MAVSDK showed characters of it as a vendor."""
    assert station.command(512, 148.0) == 0
    told = station.of("AUTOPILOT_VERSION")[-1]
    assert told.flight_custom_version[:4] == [0, 0, 0, 0] and any(told.flight_custom_version[4:])
    assert told.middleware_custom_version == told.flight_custom_version
    assert told.middleware_sw_version == told.flight_sw_version == 0x011000FF


def test_parameters_are_its_own_and_lead_to_the_same_meanings(station: Station) -> None:
    """Integers as bytes; what is set is what the core flies by; what a PX4 lacks is not there."""
    link = station.link
    everything = link.ask(ParameterList(PX4)).values
    assert everything["SYS_AUTOSTART"].value == 10040.0 and everything["CAL_GYRO0_ID"].value == 1310988.0
    assert "WPNAV_SPEED" not in everything
    write = link.ask(ParameterWrite(PX4, "MPC_XY_CRUISE", 7.0))
    assert write.outcome is ParameterOutcome.ACCEPTED
    assert isinstance(link, SessionLine) and link.session.service.parameters["WPNAV_SPEED"] == 700.0
    whole = link.ask(ParameterWrite(PX4, "COM_LOW_BAT_ACT", 3.0, type=6))
    assert whole.outcome is ParameterOutcome.ACCEPTED
    read = link.ask(ParameterRead(PX4, "COM_LOW_BAT_ACT")).value
    assert read is not None and (read.value, read.type) == (3.0, 6)


def test_its_highest_speed_bounds_what_is_flown_whoever_asks_for_more(station: Station) -> None:
    """MPC_XY_VEL_MAX: the cruise is lowered for good, as PX4 does; DO_CHANGE_SPEED and a later cruise are capped."""
    station.fly_to(6.0)
    station.set_param("MPC_XY_VEL_MAX", 3.0)
    assert station.get_param("MPC_XY_CRUISE") == 3.0
    place = round((HOME.lat + 0.002) * 1e7), round(HOME.lon * 1e7)
    station.link.send(
        dialect.MAVLink_command_int_message(1, 1, 5, REPOSITION, 0, 0, 6.0, 1, 0, nan, *place, HOME.alt + 6)
    )
    station.run(5.0)
    assert 2.5 < station.of("VFR_HUD")[-1].groundspeed < 3.3, "a reposition with a speed"
    assert station.command(178, 1.0, 8.0, -1.0) == 0
    station.run(4.0)
    assert station.of("VFR_HUD")[-1].groundspeed < 3.3
    station.set_param("MPC_XY_VEL_MAX", 12.0)
    station.run(5.0)
    assert station.of("VFR_HUD")[-1].groundspeed > 5.0, "the bound is gone, what was asked for is flown"


def test_a_gain_is_kept_and_its_description_says_that_nothing_follows(station: Station) -> None:
    station.set_param("MC_ROLL_P", 7.0)
    assert station.get_param("MC_ROLL_P") == 7.0
    assert isinstance(station.link, SessionLine)
    told = station.link.session.service.served.definition("MC_ROLL_P")
    assert (told.default, told.minimum, told.maximum, told.inert) == (6.5, 0.0, 12.0, True)
    assert "no effect" in told.description


def test_a_firmware_that_nobody_has() -> None:
    with pytest.raises(UserError, match="unknown firmware"):
        Session(firmware="betaflight")


def test_a_rover_drives_as_a_px4() -> None:
    """A mission by mode Mission without a takeoff, Offboard, Return; what only flies is refused or not there."""
    with Session("sim:rover", firmware="px4", seed=3) as session:
        station = Station(SessionLine(session))
        station.until(lambda: bool(station.of("HOME_POSITION")) and station.armable)
        beat = station.of("HEARTBEAT")[-1]
        assert (beat.autopilot, beat.type) == (12, 10) and station.mode == HOLD
        assert station.command(TAKE_OFF) == 3
        link = station.link
        everything = link.ask(ParameterList(PX4)).values
        assert everything["SYS_AUTOSTART"].value == 50000.0 and "MPC_XY_CRUISE" not in everything
        station.set_param("RO_SPEED_LIM", 3.0)
        station.upload((MissionItem(16, 6, x=HOME.lat + 0.0002, y=HOME.lon), MissionItem(20, 2)))
        station.arm()
        assert station.set_mode(MISSION) == 0
        station.until(lambda: station.of("VFR_HUD")[-1].groundspeed > 2.5, 30.0)
        assert station.mode == MISSION
        station.until(lambda: station.mode == RETURN)
        assert station.set_mode(HOLD) == 0
        station.run(5.0)
        assert station.mode == HOLD and station.of("VFR_HUD")[-1].groundspeed < 0.5
        for number in range(30):
            station.link.send(
                dialect.MAVLink_set_position_target_local_ned_message(
                    0, 1, 1, 1, 0x0DC7, 0, 0, 0, 1.5, 0, 0, 0, 0, 0, 0, 0
                )
            )
            assert number != 1 or station.set_mode(OFFBOARD) == 0
            station.run(0.1)
        assert station.mode == OFFBOARD and station.of("VFR_HUD")[-1].groundspeed > 1.0


def test_a_fleet_file_names_firmwares(tmp_path: Path) -> None:
    """Each vehicle as the file says, and --count all alike."""
    file = tmp_path / "fleet.toml"
    file.write_text('[[vehicle]]\nfirmware = "px4"\n[[vehicle]]\nkind = "rover"\n')
    with Fleet(file=file) as fleet:
        fleet.run_for(1.0)
        spoken = [one.service.telemetry.identity.speaks.name for one in fleet]
    with Fleet(2, firmware="px4") as fleet:
        fleet.run_for(1.0)
        counted = [one.service.telemetry.identity.speaks.name for one in fleet]
    assert spoken == ["PX4", "ArduPilot"] and counted == ["PX4", "PX4"]
    file.write_text('[[vehicle]]\nfirmware = "px5"\n')
    with pytest.raises(UserError, match="px5"):
        Fleet(file=file)


CALIBRATIONS = {
    "gyro": ((1.0,), 4.0), "mag": ((0.0, 1.0), 7.0), "baro": ((0.0, 0.0, 1.0), 4.0),
    "accel": ((0.0, 0.0, 0.0, 0.0, 1.0), 7.0), "level": ((0.0, 0.0, 0.0, 0.0, 2.0), 2.0),
}  # fmt: skip


def test_calibrations_are_told_as_mavsdk_reads_them(station: Station) -> None:
    """Started, progress to 100, done; one at a time, and nothing arms meanwhile; all zero cancels."""
    for sensor, (params, seconds) in CALIBRATIONS.items():
        before = len(station.texts)
        filled = (*params, *[0.0] * (7 - len(params)))
        assert station.command(241, *filled) == 0
        assert station.command(241, *filled) == 1, "one runs"
        assert station.command(ARM, 1.0, 0.0) == 1
        station.run(1.1)
        assert station.of("HEARTBEAT")[-1].system_status == 2, "MAV_STATE_CALIBRATING (streams/HEARTBEAT.hpp)"
        station.run(seconds)
        assert station.of("HEARTBEAT")[-1].system_status == 3
        told = [text for text in station.texts[before:] if text.startswith("[cal] ")]
        assert told[0] == f"[cal] calibration started: 2 {sensor}" and told[-1] == f"[cal] calibration done: {sensor}"
        assert "[cal] progress <100>" in told and "Arming denied: calibrating" in station.texts[before:]
    assert station.command(241, 1.0, *[0.0] * 6) == 0
    assert station.command(241, *[0.0] * 7) == 0
    station.run(0.5)
    assert station.texts[-1] == "[cal] calibration cancelled"
    station.arm()
    assert station.command(241, 1.0, *[0.0] * 6) == 1, "not while armed"


def test_numbers_that_lead_nowhere_change_nothing(station: Station) -> None:
    """Heights, setpoints and targets beyond all bounds: refused or passed over, on the ground and in the air."""

    def tell_nonsense() -> None:
        for far in (inf, -inf, 1e30, nan):
            for mask in (0x0DF8, 0x0DC7, 0x0000):
                station.link.send(
                    dialect.MAVLink_set_position_target_local_ned_message(
                        0, 1, 1, 1, mask, far, far, far, far, far, far, 0, 0, 0, far, far
                    )
                )
            station.link.send(
                dialect.MAVLink_follow_target_message(
                    0, 3, 2**31 - 1, 0, far, (far, far, far), (far, far, far), (1.0, 0, 0, 0), (0, 0, 0), (0, 0, 0), 0
                )
            )
            station.run(0.1)

    assert station.command(TAKE_OFF, 0, 0, 0, nan, nan, nan, 1e8) == 2
    station.arm()
    tell_nonsense()
    station.set_mode(OFFBOARD)
    tell_nonsense()
    assert station.height < 1.0
    assert station.set_mode(HOLD) == 0
    station.fly_to(8.0)
    assert station.command(REPOSITION, -1.0, 1.0, 0.0, nan, nan, nan, 1e8) == 2
    assert station.command(34, 1e30, 1.0) != 0 and station.command(34, 10.0, 2.0, 0.0, nan, nan, nan, 1e8) != 0
    assert station.set_mode((4, 8)) == 0
    tell_nonsense()
    station.run(5.0)
    assert abs(station.height - 8.0) < 1.0


def test_an_orbit_is_above_mean_sea_level_whatever_its_frame(station: Station) -> None:
    """MAVSDK sends frame 3 with an altitude above the sea; it climbed to 590 m."""
    station.fly_to(8.0)
    place = round((HOME.lat + 0.0001) * 1e7), round(HOME.lon * 1e7)
    station.link.send(
        dialect.MAVLink_command_int_message(1, 1, 3, 34, 0, 0, 8.0, 2.0, 0.0, nan, *place, HOME.alt + 8.0)
    )
    station.run(15.0)
    assert station.mode == (3, 1) and abs(station.height - 8.0) < 1.0


def test_nothing_arms_while_a_station_calibrates_the_radio(station: Station) -> None:
    """Commander.cpp, `rc_calibration_in_progress`; streams/HEARTBEAT.hpp. It armed, with sticks in all corners."""
    assert station.command(241, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0) == 0
    station.run(1.1)
    assert station.of("HEARTBEAT")[-1].system_status == 2
    assert station.command(ARM, 1.0, 0.0) == 1 and station.texts[-1] == "Arming denied: calibrating"
    assert station.command(241, *[0.0] * 7) == 0
    station.arm()


def test_motor_controllers_are_not_calibrated_with_a_battery(station: Station) -> None:
    """QGroundControl's Power page waits for a text that begins so (PowerComponentController.cc)."""
    assert station.command(241, *[0.0] * 6, 1.0) == 2
    assert "".join(station.texts).endswith("[cal] calibration failed: Disconnect battery and try again")
