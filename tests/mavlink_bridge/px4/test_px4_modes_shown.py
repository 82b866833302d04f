"""Modes of a vehicle that speaks as a PX4: how they are selected and shown, and when they allow arming."""

from __future__ import annotations

from math import hypot, nan

import pytest

from autopilot.mav import Cmd
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from tests.fakes.px4_station import (
    ALTITUDE,
    ARM,
    EXTENDED_SYS_STATE,
    FOLLOW,
    HOLD,
    LAND,
    MISSION,
    OFFBOARD,
    ORBIT,
    POSITION,
    RETURN,
    SET_MODE,
    TAKE_OFF,
    TAKEOFF,
    SessionLine,
    Station,
)


def test_its_heartbeat_has_the_flags_and_state_of_a_px4(station: Station) -> None:
    """streams/HEARTBEAT.hpp, ModeUtil/control_mode.cpp: sticks count only in modes flown by hand, and armed motors are
    ACTIVE, also on the ground. MAVROS shows these flags as `manual_input` and `guided`."""
    by_hand, itself = 1 | 16 | 64, 1 | 4 | 8 | 16
    flags = {HOLD: itself, RETURN: itself, LAND: itself, POSITION: by_hand, ALTITUDE: by_hand}
    flags |= {(5, 0): 1 | 64, FOLLOW: 1 | 16}
    for mode, wanted in flags.items():
        assert station.command(SET_MODE, 1.0, *map(float, mode)) == 0
        station.run(1.5)
        beat = station.of("HEARTBEAT")[-1]
        assert (station.mode, beat.base_mode, beat.system_status) == (mode, wanted, 3)
    assert station.command(SET_MODE, 1.0, *map(float, HOLD)) == 0
    assert station.command(ARM, 1.0, 0.0) == 0
    station.run(1.5)
    beat = station.of("HEARTBEAT")[-1]
    assert (beat.base_mode, beat.system_status) == (itself | 128, 4)


@pytest.mark.parametrize("mode", [MISSION, OFFBOARD])
def test_with_motors_off_a_mode_is_taken_and_arming_refused(station: Station, mode: tuple[int, int]) -> None:
    """Without a mission, or setpoints; with motors that run it is not taken. Seen of PX4 1.16."""
    assert station.command(SET_MODE, 1.0, *map(float, mode)) == 0
    station.run(1.5)
    assert station.mode == mode
    assert station.command(ARM, 1.0, 0.0) == 1
    assert not station.armed and "Arming denied: Resolve system health failures firs" in station.texts  # of two parts
    assert station.command(SET_MODE, 1.0, *map(float, HOLD)) == 0
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.command(SET_MODE, 1.0, *map(float, mode)) == 1
    station.run(1.5)
    assert station.mode == HOLD and station.armed


@pytest.mark.parametrize(
    ("asked", "mode"),
    [((1, 0), (1, 0)), ((7, 0), (7, 0)), ((7, 3), (7, 0)), ((3, 1), POSITION), ((3, 9), POSITION), ((4, 0), MISSION)],
)
def test_a_selected_mode_is_the_one_that_is_shown(
    station: Station, asked: tuple[int, int], mode: tuple[int, int]
) -> None:
    """Manual, which is flown as Stabilized, too. Only AUTO and Position Slow have a sub mode in DO_SET_MODE
    (Commander.cpp, `handle_command`): Orbit is begun by DO_ORBIT."""
    assert station.set_mode(asked) == 0
    station.run(1.5)
    assert station.mode == mode
    assert station.of("HEARTBEAT")[-1].base_mode & 0x7F == 1 + (28 if mode == MISSION else 80)


def test_a_rover_shows_the_mode_that_was_selected() -> None:
    """It steers in Stabilized as in Position, and waits in Land as in Hold."""
    with Session(vehicle="sim:rover", firmware="px4", seed=3) as session:
        station = Station(SessionLine(session))
        for mode in ((7, 0), POSITION, LAND, HOLD):
            assert station.set_mode(mode) == 0
            station.run(1.5)
            assert station.mode == mode


def test_a_rover_has_landed_until_it_is_armed() -> None:
    """RoverLandDetector.cpp: QGroundControl offers Return, Pause and Go to only to what is in the air."""
    with Session(vehicle="sim:rover", firmware="px4", seed=3) as session:
        station = Station(SessionLine(session))
        station.until(lambda: station.armable)
        station.stream(EXTENDED_SYS_STATE, 5.0)
        for act, state in ((None, 1), ((ARM, 1.0, 0.0), 2), ((SET_MODE, 1.0, 4.0, 6.0), 1), ((ARM, 0.0, 0.0), 1)):
            assert act is None or station.command(*act) == 0
            station.run(1.5)
            assert station.of("EXTENDED_SYS_STATE")[-1].landed_state == state


@pytest.mark.parametrize("mode", [RETURN, LAND, FOLLOW, ORBIT, (4, 9)])
def test_a_mode_that_prevents_arming(station: Station, mode: tuple[int, int]) -> None:
    """mode_requirements.cpp: `mode_req_prevent_arming`. In Follow Target and Orbit it was armed."""
    orbit = station.command(Cmd.DO_SET_STANDARD_MODE, 2.0) if mode == ORBIT else station.set_mode(mode)
    assert orbit == 0
    assert station.command(ARM, 1.0, 0.0) == 1
    assert not station.armed and "Arming denied: Resolve system health failures firs" in station.texts


def test_offboard_flies_setpoints_and_is_shown(station: Station) -> None:
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.command(TAKE_OFF) == 0
    station.until(lambda: station.mode == HOLD and station.height > 2.0, 40.0)
    assert station.command(SET_MODE, 1.0, 6.0, 0.0) == 1, "no setpoints yet"
    for number in range(30):
        station.link.send(
            dialect.MAVLink_set_position_target_local_ned_message(0, 1, 1, 1, 0x0DC7, 0, 0, 0, 2.0, 0, 0, 0, 0, 0, 0, 0)
        )
        if number == 1:
            assert station.of("VFR_HUD")[-1].groundspeed < 0.5, "they count in Offboard alone"
            assert station.command(SET_MODE, 1.0, 6.0, 0.0) == 0
        station.run(0.1)
    assert station.mode == OFFBOARD
    assert station.of("VFR_HUD")[-1].groundspeed > 1.5
    assert station.command(SET_MODE, 1.0, *map(float, HOLD)) == 0
    station.run(3.0)
    assert station.mode == HOLD and station.of("VFR_HUD")[-1].groundspeed < 0.5


def test_offboard_ignores_what_is_nan(station: Station) -> None:
    """A yaw of NaN leaves the yaw as it is: the vehicle stood still, since a setpoint with a NaN counted as wrong."""
    assert station.command(ARM, 1.0, 0.0) == 0
    for number in range(300):
        setpoint = (3.0, 0.0, -5.0, 0, 0, 0, 0, 0, 0, nan, 0)
        station.link.send(dialect.MAVLink_set_position_target_local_ned_message(0, 1, 1, 1, 0x9F8, *setpoint))
        if number == 5:
            assert station.set_mode(OFFBOARD) == 0
        station.run(0.1)
    assert hypot(station.place[0] - 3.0, station.place[1], station.place[2] + 5.0) < 0.5


def test_lost_sticks_forbid_arming_in_modes_that_are_flown_by_hand(station: Station) -> None:
    """In Hold they are not needed; in Position they are."""
    station.link.send(dialect.MAVLink_manual_control_message(1, 0, 0, 500, 0, 0))
    station.run(3.0)
    assert "Manual control lost" in station.texts
    assert station.command(ARM, 1.0, 0.0) == 0 and station.command(ARM, 0.0, 0.0) == 0
    assert station.set_mode(POSITION) == 0
    assert station.command(ARM, 1.0, 0.0) != 0


def test_mode_takeoff_takes_off(station: Station) -> None:
    """To MIS_TAKEOFF_ALT, before arming or after; then it holds."""
    station.set_param("MIS_TAKEOFF_ALT", 5.0)
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.set_mode(TAKEOFF) == 0
    station.until(lambda: station.mode == HOLD and station.height > 4.5, 40.0)


def test_auto_without_a_submode_is_mission(station: Station) -> None:
    assert station.command(SET_MODE, 1.0, 4.0, 0.0) == 0
    station.run(1.5)
    assert station.mode == MISSION


def test_no_channel_is_a_mode_switch(station: Station) -> None:
    """RC_MAP_FLTMODE is 0: `rc all 1500` of MAVProxy put a PX4 in Mission, by a parameter that it does not have."""
    before = station.mode
    station.link.send(dialect.MAVLink_rc_channels_override_message(1, 1, *[1500] * 8))
    station.run(1.0)
    assert station.mode == before
