"""What QGroundControl 5 sends to a PX4, on connecting and in flight, is answered as it needs it.

Sources of what it sends: src/Vehicle/InitialConnectStateMachine.cc, src/FirmwarePlugin/PX4/PX4FirmwarePlugin.cc,
src/FactSystem/ParameterManager.cc, src/Vehicle/StandardModes.cc. Judged by `tests.fakes.qgc_checker`; also MAVProxy's
way of modes (pymavlink's table of a PX4)."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import Any

import pytest
from pymavlink import mavutil

from autopilot.mav import ModeProperty
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from tests.fakes.px4_station import FOLLOW, HOLD, LAND, MISSION, RETURN, SessionLine, Station
from tests.fakes.qgc_checker import QgcChecker

MISSION_INT, COMMAND_INT, FTP, TARGETS, BYTEWISE = 4, 8, 32, 128, 16
NEEDED = MISSION_INT | COMMAND_INT | FTP | TARGETS | BYTEWISE


class Judged(Station):
    """A station whose conversation is judged."""

    def __init__(self, session: Session) -> None:
        line = SessionLine(session)
        super().__init__(line)
        self.now_s = 0.0
        self.checker = QgcChecker(capabilities=NEEDED, auto=_custom(MISSION), bytewise=True)
        self._unjudged = line.send
        line.send = self.tell
        self.line = line

    def tell(self, message: Any) -> None:
        self.checker.sent(message, self.now_s)
        self._unjudged(message)

    def run(self, seconds: float) -> None:
        """Judged every tenth of a second."""
        for _ in range(max(round(seconds / 0.1), 1)):
            super().run(0.1)
            self.now_s += 0.1
            for message in self.heard:
                self.checker.heard(message, self.now_s - 0.05)
            self.heard.clear()

    def ask_for(self, message_id: int, index: float = 0.0) -> None:
        self.tell(dialect.MAVLink_command_long_message(1, 1, 512, 0, message_id, index, 0, 0, 0, 0, 0))
        self.run(0.3)


def _custom(mode: tuple[int, int]) -> int:
    return mode[0] << 16 | mode[1] << 24


@pytest.fixture
def station() -> Iterator[Judged]:
    with Session(firmware="px4", seed=7) as session:
        made = Judged(session)
        made.until(lambda: bool(made.of("HOME_POSITION")) and made.armable)
        yield made
        made.checker.finish()
        assert made.checker.faults == []


def test_connecting(station: Judged) -> None:
    """Version, metadata, modes one by one, parameters, the three plans."""
    station.ask_for(148)
    station.ask_for(397)
    station.ask_for(435, 1.0)
    for index in range(2, station.of("AVAILABLE_MODES")[0].number_modes + 1):
        station.ask_for(435, float(index))
    listed = station.of("AVAILABLE_MODES")
    chosen = [message for message in listed if not message.properties & ModeProperty.NOT_USER_SELECTABLE]
    named = {message.mode_name.rstrip("\0") for message in chosen}
    assert {"Hold", "Offboard", "Follow Target", "Precision Landing"} <= named
    assert {message.standard_mode for message in chosen} == {0, 1, 2, 4, 5, 6, 7, 8}, "named by the station"
    station.tell(dialect.MAVLink_param_request_read_message(1, 1, b"_HASH_CHECK", -1))
    station.tell(dialect.MAVLink_param_request_list_message(1, 1))
    station.run(3.0)
    values = {message.param_id for message in station.of("PARAM_VALUE")}
    assert len(values - {"_HASH_CHECK"}) == station.of("PARAM_VALUE")[-1].param_count
    assert values >= WANTED, sorted(WANTED - values)
    for kind in (0, 1, 2):
        station.tell(dialect.MAVLink_mission_request_list_message(1, 1, kind))
        station.run(0.3)
    station.tell(dialect.MAVLink_command_long_message(1, 1, 511, 0, 242, 1e6, 0, 0, 0, 0, 0))
    station.run(3.0)
    assert station.checker.requests >= 20


def test_flying(station: Judged) -> None:
    """Takeoff and then arming, as its plug-in does; go, height, orbit, pause, heading, modes by SET_MODE, land."""
    home = station.of("HOME_POSITION")[-1]
    lat, lon, alt = home.latitude, home.longitude, home.altitude / 1e3

    def long(number: int, *params: float) -> None:
        station.tell(dialect.MAVLink_command_long_message(1, 1, number, 0, *params))
        station.run(0.5)

    def go(north: float, height: float, yaw: float = nan) -> None:
        station.tell(
            dialect.MAVLink_command_int_message(
                1, 1, 0, 192, 0, 0, -1.0, 1.0, 0.0, yaw, lat + round(north / 0.0111319), lon, alt + height
            )
        )

    long(22, -1, 0, 0, nan, nan, nan, alt + 10.0)
    long(400, 1, 0, 0, 0, 0, 0, 0)
    station.until(lambda: station.mode == HOLD and station.height > 9.0)
    go(40.0, 10.0)
    station.run(6.0)
    assert station.of("VFR_HUD")[-1].groundspeed > 3.0
    long(192, -1, 1, 0, nan, nan, nan, nan)  # pause
    station.run(4.0)
    assert station.of("VFR_HUD")[-1].groundspeed < 0.5
    long(192, -1, 1, 0, nan, nan, nan, alt + 15.0)  # change height
    station.until(lambda: station.height > 14.5, 30.0)
    station.tell(dialect.MAVLink_command_int_message(1, 1, 0, 34, 0, 0, 12.0, nan, 0.0, nan, lat, lon, alt + 15.0))
    station.run(8.0)
    assert station.of("ORBIT_EXECUTION_STATUS")[-1].radius == 12.0 and station.mode == (3, 1)
    long(178, 1, 3.0, -1, 0, 0, 0, 0)  # change speed
    for mode in (HOLD, FOLLOW, RETURN, LAND):
        station.tell(dialect.MAVLink_set_mode_message(1, 1, _custom(mode)))
        station.run(1.3)
        assert station.mode == mode
    station.until(lambda: not station.armed)


def test_mavproxys_and_pymavlinks_modes(station: Judged) -> None:
    """Their table of a PX4's modes (base, main, sub): each that is flown can be set by its name, and is shown by it."""
    names = {
        "LOITER": HOLD,
        "MISSION": MISSION,
        "RTL": RETURN,
        "LAND": LAND,
        "POSCTL": (3, 0),
        "ALTCTL": (2, 0),
        "STABILIZED": (7, 0),
        "FOLLOWME": FOLLOW,
    }
    station.line.send = station._unjudged
    lat, lon = station.beside_home(20.0, 0.0)
    from autopilot.mission.items import MissionItem

    station.upload((MissionItem(16, 6, x=lat, y=lon, z=10.0),))
    for name, mode in names.items():
        _, main, sub = mavutil.px4_map[name]
        assert (main, sub) == mode
        assert station.command(176, 1.0, float(main), float(sub)) == 0
        station.run(0.5)
        beat = station.of("HEARTBEAT")[-1]
        assert mavutil.interpret_px4_mode(beat.base_mode, beat.custom_mode) == name


@pytest.mark.parametrize("kind", ["sim:plane", "sim:quadplane"])
def test_wings_need_no_setup(kind: str) -> None:
    """SensorsComponent.cc, `_airspeedCalRequired`: looked up at once, in PX4 later than 1.14 by SYS_HAS_NUM_ASPD; with
    an offset of 0 the whole vehicle counts as not set up."""
    with Session(kind, firmware="px4") as session:
        assert session.param("SYS_HAS_NUM_ASPD") == 1.0 and session.param("SENS_DPRES_OFF") != 0.0


WANTED = {
    "SYS_AUTOSTART", "SYS_HAS_MAG", "SYS_HITL", "COM_RC_IN_MODE", "COM_FLTMODE1", "COM_FLTMODE6", "RC_MAP_ROLL",
    "RC_MAP_FLTMODE", "CAL_GYRO0_ID", "CAL_ACC0_ID", "CAL_MAG0_ID", "BAT1_CAPACITY", "BAT_LOW_THR", "BAT_CRIT_THR",
    "BAT_EMERGEN_THR", "COM_LOW_BAT_ACT", "NAV_RCL_ACT", "NAV_DLL_ACT", "COM_RC_LOSS_T", "COM_DL_LOSS_T",
    "RTL_RETURN_ALT", "RTL_DESCEND_ALT", "RTL_LAND_DELAY", "GF_ACTION", "GF_MAX_HOR_DIST", "GF_MAX_VER_DIST",
    "MPC_XY_CRUISE", "MPC_LAND_SPEED", "COM_DISARM_LAND", "SDLOG_MODE", "LND_FLIGHT_T_HI", "LND_FLIGHT_T_LO",
    "MIS_TAKEOFF_ALT", "SYS_FAILURE_EN", "COM_OBL_RC_ACT", "COM_OF_LOSS_T", "COM_FAIL_ACT_T", "RC_MAP_FLAPS",
    "RC_MAP_AUX1", "RC_MAP_AUX2", "RC_MAP_ARM_SW", "RC_MAP_GEAR_SW", "RC_MAP_KILL_SW", "RC_MAP_LOITER_SW",
    "RC_MAP_OFFB_SW", "RC_MAP_RETURN_SW", "RC_MAP_TRANS_SW", "CAL_MAG0_ROT", "CAL_MAG1_ID", "CAL_MAG1_ROT",
    "CAL_MAG2_ID", "CAL_MAG2_ROT", "SENS_BOARD_ROT", "MC_ROLL_P", "MC_ROLLRATE_K", "MC_ROLLRATE_D", "MC_ROLLRATE_I",
    "MC_PITCH_P", "MC_PITCHRATE_K", "MC_PITCHRATE_D", "MC_PITCHRATE_I", "MC_YAW_P", "MC_YAWRATE_K", "MC_YAWRATE_I",
    "MPC_XY_P", "MPC_XY_VEL_P_ACC", "MPC_XY_VEL_I_ACC", "MPC_XY_VEL_D_ACC", "MPC_Z_P", "MPC_Z_VEL_P_ACC",
    "MPC_Z_VEL_I_ACC", "MPC_Z_VEL_D_ACC", "SENS_DPRES_OFF", "BAT1_SOURCE", "SYS_AUTOCONFIG",
}  # fmt: skip
"""Looked up by its setup, safety and tuning pages of a PX4 (PX4TuningComponentCopter*.qml). For one that is missing it
says "Parameters are missing from firmware" as soon as a page is opened; without SYS_AUTOCONFIG, "Apply and Restart" of
an airframe crashes it (AirframeComponentController.cc, changeAutostart)."""
