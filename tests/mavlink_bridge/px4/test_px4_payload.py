"""`firmware="px4"`: gimbal, camera, failures and precision landing under PX4's names and rules."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot, nan
from pathlib import Path
from typing import Any

import pytest

from autopilot.interface import report
from autopilot.mav import Cmd, FailureType, FailureUnit, MountMode, Result
from mavlink_bridge.wire.codec import dialect, id_of
from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import ARM, HOLD, LAND, MISSION, SET_MODE, TAKEOFF, SessionLine, Station

FITTED = {"MNT1_TYPE": 6.0, "CAM1_TYPE": 6.0, "SIM_CAM_RES_W": 320.0, "SIM_CAM_RES_H": 240.0}
PADS = {"PLND_TYPE": 4.0, "SIM_PLD_ENABLE": 1.0, "SIM_WIND_SPD": 5.0, "SIM_WIND_DIR": 270.0}
CAMERA = 100
PRECISION = (4, 9)


def command(session: Session, link: Any, number: int, *params: float, to: int = 1) -> int:
    p = (*params, *([0.0] * 7))[:7]
    link.send(dialect.MAVLink_command_long_message(1, to, number, 0, *p))
    return int(link.receive("COMMAND_ACK", where=lambda ack: ack.command == number).result)


def station_of(session: Session) -> Station:
    return Station(SessionLine(session))


def true_place(session: Session) -> tuple[float, float]:
    """North and east of its home, m."""
    shown = session.service.vehicle.state.report
    return float(shown[report.TRUE_N]), float(shown[report.TRUE_E])


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(firmware="px4", params=FITTED) as made:
        made.run_for(2.0)
        yield made


def test_the_gimbal_is_moved_by_who_has_asked_for_it(session: Session) -> None:
    """While nobody has, angles are DENIED and messages dropped; places and the old commands are done; a second holder
    there is not, -2 is the vehicle, and who is named may."""
    link = session.connect()
    pitchyaw, configure = Cmd.DO_GIMBAL_MANAGER_PITCHYAW, Cmd.DO_GIMBAL_MANAGER_CONFIGURE
    mount = session.autopilot.mount
    assert command(session, link, pitchyaw, -30, 10, nan, nan, 12) == Result.DENIED
    link.send(dialect.MAVLink_gimbal_manager_set_pitchyaw_message(1, 1, 12, 0, -0.5, 0.0, nan, nan))
    session.run_for(0.5)
    assert mount.mode is not MountMode.MAVLINK_TARGETING
    assert command(session, link, Cmd.DO_SET_ROI_LOCATION, 0, 0, 0, 0, HOME.lat, HOME.lon, 0) == Result.ACCEPTED
    assert command(session, link, Cmd.DO_SET_ROI_NONE) == Result.ACCEPTED
    assert command(session, link, Cmd.DO_MOUNT_CONTROL, -20, 0, 0, 0, 0, 0, 2) == Result.ACCEPTED
    assert command(session, link, configure, -2, -2, 9, 9) == Result.ACCEPTED
    assert command(session, link, pitchyaw, -30, 10, nan, nan, 12) == Result.DENIED
    assert command(session, link, configure, 255, 190, 9, 9) == Result.ACCEPTED
    assert command(session, link, Cmd.REQUEST_MESSAGE, id_of("GIMBAL_MANAGER_STATUS")) == Result.ACCEPTED
    told = link.receive("GIMBAL_MANAGER_STATUS")
    assert (told.primary_control_sysid, told.primary_control_compid, told.secondary_control_sysid) == (255, 190, 0)
    assert command(session, link, pitchyaw, -30, 10, nan, nan, 12) == Result.ACCEPTED


def test_the_gimbal_is_switched_on_by_px4s_parameter(tmp_path: Path) -> None:
    """MNT_MODE_IN 4 counts from the next start on; a start that says otherwise is shown."""

    def run(**how: Any) -> tuple[bool, float, float]:
        with Session(firmware="px4", state_dir=tmp_path, **how) as session:
            return (
                session.autopilot.mount.gimbal is not None,
                station_of(session).get_param("MNT_MODE_IN"),
                station_of(session).get_param("MNT_MODE_OUT"),
            )

    assert run() == (False, -1.0, 0.0)
    with Session(firmware="px4", state_dir=tmp_path) as session:
        station_of(session).set_param("MNT_MODE_IN", 4.0)
        assert session.autopilot.mount.gimbal is None
    assert run() == (True, 4.0, 2.0)
    assert run(params={"MNT1_TYPE": 0.0}) == (False, -1.0, 0.0)
    assert run(params={"MNT_MODE_IN": -1.0}) == (False, -1.0, 0.0)
    with Session(firmware="px4", params={"MNT_MODE_IN": 4.0}) as session:
        assert session.autopilot.mount.gimbal is not None


def test_sticks_turn_the_gimbal_at_px4s_rate(session: Session) -> None:
    """30 deg/s, MNT_RATE_PITCH and MNT_RATE_YAW in one."""
    assert (station_of(session).get_param("MNT_RATE_PITCH"), station_of(session).get_param("MNT_RATE_YAW")) == (
        30.0,
        30.0,
    )
    station_of(session).set_param("MNT_RATE_YAW", 50.0)
    assert station_of(session).get_param("MNT_RATE_PITCH") == 50.0
    assert session.service.parameters["MNT1_RC_RATE"] == 50.0


def test_a_camera_is_asked_itself(session: Session) -> None:
    """A PX4 passes no order on to it: UNSUPPORTED; component 100 takes it."""
    link = session.connect()
    assert command(session, link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1) == Result.UNSUPPORTED
    assert command(session, link, Cmd.SET_CAMERA_ZOOM, 2, 50) == Result.UNSUPPORTED
    assert command(session, link, Cmd.SET_CAMERA_ZOOM, 2, 50, to=CAMERA) == Result.ACCEPTED
    assert command(session, link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1, to=CAMERA) == Result.ACCEPTED
    assert link.receive("CAMERA_IMAGE_CAPTURED").image_index == 0


def test_failures_need_px4s_parameter(session: Session) -> None:
    """SYS_FAILURE_EN, of which a PX4 has the name."""
    link = session.connect()
    inject = Cmd.INJECT_FAILURE
    assert command(session, link, inject, FailureUnit.GPS, FailureType.OFF) == Result.DENIED
    station_of(session).set_param("SYS_FAILURE_EN", 1.0)
    assert command(session, link, inject, FailureUnit.GPS, FailureType.OFF) == Result.ACCEPTED
    assert command(session, link, inject, FailureUnit.VIO, FailureType.OFF) == Result.UNSUPPORTED
    assert command(session, link, inject, FailureUnit.GPS, FailureType.OK) == Result.ACCEPTED


@pytest.mark.parametrize(
    ("returns", "how", "precise"), [(0, 0.0, False), (0, 2.0, True), (0, 1.0, True), (2, None, True), (0, None, False)]
)
def test_a_mission_lands_on_the_target_where_it_says_so(returns: int, how: float | None, precise: bool) -> None:
    """NAV_LAND's second parameter; of a return (None) RTL_PLD_MD. The pad is 1 m beside the place of the landing."""
    end = MissionItem(20, 2) if how is None else MissionItem(21, 6, param2=how, x=HOME.lat, y=HOME.lon)
    items = (MissionItem(16, 6, x=HOME.lat + 0.0001, y=HOME.lon, z=8.0), end)
    params = PADS | {"SIM_PLD_N": 1.0}
    with Session(firmware="px4", params=params, seed=3, home=HOME) as session:
        station = station_of(session)
        station.until(lambda: station.armable)
        for name, number in (("RTL_PLD_MD", returns), ("LTEST_MODE", 1), ("RTL_RETURN_ALT", 10)):
            station.set_param(name, float(number))
        station.upload(items)
        assert station.command(ARM, 1.0, 0.0) == 0
        assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
        station.until(lambda: station.armed)
        station.until(lambda: not station.armed)
        north, east = true_place(session)
    assert (hypot(north - 1.0, east) < 0.3) is precise, (north, east)


@pytest.mark.parametrize("asked", [(PRECISION,), (LAND,), (LAND, PRECISION), (PRECISION, LAND)])
def test_the_mode_precision_landing_looks_for_the_target(asked: tuple[tuple[int, int], ...]) -> None:
    """It comes down on the pad, 1 m beside, and says so; Land does not, and one may follow the other."""
    params = PADS | {"SIM_PLD_N": 1.0, "LTEST_MODE": 1.0}
    with Session(firmware="px4", params=params, seed=3, home=HOME) as session:
        station = station_of(session)
        station.prepare()
        station.set_param("MIS_TAKEOFF_ALT", 8.0)
        assert station.command(ARM, 1.0, 0.0) == 0
        assert station.command(SET_MODE, 1.0, *map(float, TAKEOFF)) == 0
        station.until(lambda: station.mode == HOLD and session.service.vehicle.state.position[2] < -7.0)
        for mode in asked:
            assert station.command(SET_MODE, 1.0, *map(float, mode)) == 0
            station.run(1.0)
            assert station.mode == mode
            station.run(1.0)
        station.until(lambda: not station.armed)
        assert station.mode == HOLD
        north, east = true_place(session)
    assert (hypot(north - 1.0, east) < 0.3) is (asked[-1] == PRECISION), (north, east)


def test_without_a_position_there_is_no_precision_landing(session: Session) -> None:
    """With motors off a PX4 takes the mode, and does not arm in it."""
    link = session.connect()
    assert session.autopilot.facts.has_position is False
    assert command(session, link, SET_MODE, 1, *PRECISION) == Result.ACCEPTED
    assert command(session, link, Cmd.COMPONENT_ARM_DISARM, 1) != Result.ACCEPTED
