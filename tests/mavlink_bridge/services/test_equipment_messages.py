"""Messages about parts of a vehicle, by request and in an interval, and the light's commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import asin, cos, sin
from pathlib import Path
from typing import Any

import pytest

from autopilot.context.events import PayloadAction
from autopilot.mav import Cmd, Result, Sensor
from autopilot.mission.items import MissionItem
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.clone import ROOT
from tests.fakes.ordered import command as ask
from tests.fakes.station_plan import HOME


def told(link: SessionLink, name: str, param: float = 0.0) -> Any:
    """The message that is asked for."""
    assert ask(link, Cmd.REQUEST_MESSAGE, id_of(name), param) == Result.ACCEPTED
    return link.receive(name)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """In GUIDED, hovering at 20 m, with a mission."""
    with Session(home=HOME, params={"SRT_LIGHT": 1}) as session:
        session.wait_armable()
        session.upload(ROOT / "examples" / "square.plan")
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(20.0)
        session.run_until(lambda session: session.autopilot.helm.arrived, timeout_s=60.0)
        session.run_for(5.0)
        yield session


def test_times_of_a_flight_are_told() -> None:
    """Fails if a time is kept that is over: disarmed, arming is 0; on the ground, the takeoff; a new flight has not
    landed."""
    with Session(home=HOME) as session:
        link = session.connect()
        session.wait_armable()
        session.set_mode("GUIDED")
        before = told(link, "FLIGHT_INFORMATION")
        assert (before.arming_time_utc, before.takeoff_time_utc, before.landing_time) == (0, 0, 0)
        for _ in range(2):
            session.set_mode("GUIDED")
            session.arm()
            session.run_until(lambda session: session.autopilot.facts.armed, timeout_s=10.0)
            armed = told(link, "FLIGHT_INFORMATION")
            assert 0 <= 1000 * armed.time_boot_ms - armed.arming_time_utc < 1_000_000
            assert (armed.takeoff_time_utc, armed.landing_time) == (0, 0)
            session.takeoff(5.0)
            session.run_until(lambda session: session.autopilot.helm.arrived, timeout_s=60.0)
            flies = told(link, "FLIGHT_INFORMATION")
            assert flies.arming_time_utc == armed.arming_time_utc < flies.takeoff_time_utc < 1000 * flies.time_boot_ms
            assert flies.landing_time == 0
            session.set_mode("LAND")
            session.run_until(lambda session: not session.autopilot.facts.armed, timeout_s=60.0)
            landed = told(link, "FLIGHT_INFORMATION")
            assert (landed.arming_time_utc, landed.takeoff_time_utc) == (0, 0)
            assert flies.time_boot_ms < landed.landing_time <= landed.time_boot_ms


def test_motors_are_told_as_they_turn(session: Session) -> None:
    """Four of them, hovering: thrust and weight are in balance, and the currents add up."""
    link = session.connect()
    status, info = told(link, "ESC_STATUS"), told(link, "ESC_INFO")
    battery = told(link, "SYS_STATUS")
    assert all(6000 < rpm < 9500 for rpm in status.rpm) and info.count == 4 and info.info == 0b1111
    assert sum(status.current) == pytest.approx(battery.current_battery / 100.0, rel=0.1)
    assert told(link, "RPM").rpm1 == pytest.approx(sum(status.rpm) / 4.0, rel=0.05)


def test_a_motors_share_of_the_current_goes_with_the_cube_of_its_speed(session: Session) -> None:
    """As its power does: two of them turn faster while it yaws."""
    link = session.connect()
    assert ask(link, Cmd.CONDITION_YAW, 90.0, 0.0, 1.0, 1.0) == Result.ACCEPTED
    session.run_for(0.3)
    status = told(link, "ESC_STATUS")
    slow, fast = min(status.rpm), max(status.rpm)
    assert fast > 1.02 * slow
    assert max(status.current) / min(status.current) == pytest.approx((fast / slow) ** 3, rel=2e-3)
    session.run_for(10.0)


def test_the_attitude_that_is_demanded(session: Session) -> None:
    """Level and with the thrust that carries, then as SET_ATTITUDE_TARGET asks for it, with the rates towards it."""
    link = session.connect()
    hovering = told(link, "ATTITUDE_TARGET")
    throttle = told(link, "VFR_HUD").throttle / 100.0
    assert hovering.type_mask == 0 and hovering.thrust == pytest.approx(throttle, abs=0.02)
    assert hovering.q[0] ** 2 + hovering.q[3] ** 2 == pytest.approx(1.0, abs=1e-3)
    wanted = [cos(0.1), 0.0, -sin(0.1), 0.0]  # 11.5 degrees nose down
    link.send(m.MAVLink_set_attitude_target_message(0, 1, 1, 0b111, wanted, 0.0, 0.0, 0.0, 0.5))
    session.run_for(0.1)
    turning = told(link, "ATTITUDE_TARGET")
    w, x, y, z = turning.q
    assert asin(2.0 * (w * y - x * z)) == pytest.approx(-0.2, abs=1e-3)
    assert turning.body_pitch_rate < -0.2 and abs(turning.body_roll_rate) < 0.1
    session.set_mode("BRAKE")
    session.run_for(5.0)
    session.set_mode("GUIDED")


def test_checksums_are_the_plans_identifiers(session: Session) -> None:
    """Of each plan, and one of all that changes with any of them."""
    link = session.connect()
    mission = told(link, "MISSION_CHECKSUM", 0)
    assert mission.checksum == told(link, "MISSION_CURRENT").mission_id != 0
    fence = told(link, "MISSION_CHECKSUM", 1)
    assert fence.checksum == told(link, "MISSION_CURRENT").fence_id != mission.checksum
    everything = told(link, "MISSION_CHECKSUM", 255).checksum
    assert everything not in (0, mission.checksum, fence.checksum)
    session.autopilot.plans.replace(2, (MissionItem(Cmd.NAV_RALLY_POINT, 3, x=-35.363, y=149.165, z=20.0),))
    assert told(link, "MISSION_CHECKSUM", 2).checksum == told(link, "MISSION_CURRENT").rally_points_id
    assert told(link, "MISSION_CHECKSUM", 255).checksum != everything
    assert ask(link, Cmd.REQUEST_MESSAGE, id_of("MISSION_CHECKSUM"), 9) == Result.FAILED


def test_times_to_places(session: Session) -> None:
    """Over home: the way down alone."""
    link = session.connect()
    times = told(link, "TIME_ESTIMATE_TO_TARGET")
    assert times.safe_return == times.land == pytest.approx(20.0 / 1.5, abs=2.0)
    assert times.mission_next_item == times.mission_end == -1


def test_no_time_to_land_where_it_has_landed() -> None:
    """MAVLink's -1 says so of the way home as well."""
    with Session(home=HOME) as landed:
        landed.wait_armable()
        times = told(landed.connect(), "TIME_ESTIMATE_TO_TARGET")
    assert (times.safe_return, times.land, times.commanded_action) == (-1, -1, -1)


def test_a_rover_goes_home_and_does_not_land() -> None:
    """At home and disarmed: no way home, and no order under way."""
    with Session("sim:rover", home=HOME) as rover:
        rover.wait_armable()
        times = told(rover.connect(), "TIME_ESTIMATE_TO_TARGET")
    assert (times.safe_return, times.land, times.commanded_action) == (0, -1, -1)


def test_the_computer_of_the_service(session: Session) -> None:
    status = told(session.connect(), "ONBOARD_COMPUTER_STATUS")
    assert status.uptime == session.service.now_ms
    assert 0 < status.storage_usage[0] < status.storage_total[0] and status.ram_usage > 10


@pytest.mark.skipif(sys.platform == "win32", reason="no folder in use can be deleted")
def test_a_service_in_a_deleted_folder_tells_of_its_disk(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that a script has started in a temporary one."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert told(session.connect(), "ONBOARD_COMPUTER_STATUS").storage_total[0] > 0


def test_a_light_is_switched(session: Session) -> None:
    """Recorded as a payload action, too."""
    link = session.connect()
    assert not told(link, "ILLUMINATOR_STATUS").enable
    assert ask(link, Cmd.ILLUMINATOR_ON_OFF, 1) == Result.ACCEPTED
    assert ask(link, Cmd.DO_ILLUMINATOR_CONFIGURE, 1, 40) == Result.ACCEPTED
    status = told(link, "ILLUMINATOR_STATUS")
    assert (status.enable, status.brightness) == (1, 40.0)
    assert ask(link, Cmd.DO_ILLUMINATOR_CONFIGURE, 2, 40) == Result.DENIED
    assert ask(link, Cmd.DO_ILLUMINATOR_CONFIGURE, 1, 140) == Result.DENIED
    assert Cmd.ILLUMINATOR_ON_OFF in [event.command for event in session.events_of(PayloadAction)]


def test_they_come_in_an_interval(session: Session) -> None:
    """To the link that asked, until it asks for no more."""
    link, other = session.connect(), session.connect()
    assert ask(link, Cmd.SET_MESSAGE_INTERVAL, id_of("ESC_STATUS"), 500_000) == Result.ACCEPTED
    link.messages(), other.messages()
    session.run_for(5.0)
    assert len(link.messages("ESC_STATUS")) == pytest.approx(10, abs=1) and not other.messages("ESC_STATUS")
    assert ask(link, Cmd.SET_MESSAGE_INTERVAL, id_of("ESC_STATUS"), -1) == Result.ACCEPTED
    session.run_for(2.0)
    assert not link.messages("ESC_STATUS")


def test_a_vehicle_without_them_says_so() -> None:
    """No winch, no light, no range finder; a rover has no motors that tell."""
    with Session("sim:rover", home=HOME) as session:
        link = session.connect()
        lacks = ("WINCH_STATUS", "ILLUMINATOR_STATUS", "RANGEFINDER", "ESC_STATUS", "ESC_INFO", "RPM")
        for name in (*lacks, "ATTITUDE_TARGET"):
            assert ask(link, Cmd.REQUEST_MESSAGE, id_of(name)) == Result.FAILED
        assert ask(link, Cmd.ILLUMINATOR_ON_OFF, 1) == Result.UNSUPPORTED
        assert ask(link, Cmd.DO_WINCH, 1, 0) == Result.UNSUPPORTED


def test_a_camera_on_board_hears_of_each_order() -> None:
    """CAM1_TYPE 5: what is neither a photo nor taken goes on as it came, in the air each photo as well."""
    with Session("sim:rover", home=HOME, params={"CAM1_TYPE": 5}) as session:
        station, camera = session.connect(), session.connect(system=1, component=191)
        camera.send(m.MAVLink_heartbeat_message(18, 8, 0, 0, 0, 3))
        camera.messages()
        station.send(m.MAVLink_digicam_control_message(1, 1, 1, 2, 0, 0, 0, 17, 0, 0.0))
        order = camera.receive("COMMAND_LONG")
        assert (order.command, order.param2, order.param6) == (Cmd.DO_DIGICAM_CONTROL, 2.0, 17.0)
        assert ask(station, Cmd.DO_DIGICAM_CONFIGURE, 1, 1, 0, 0, 12, 37) == Result.ACCEPTED
        order = camera.receive("COMMAND_LONG")
        assert (order.command, order.param5, order.param6) == (Cmd.DO_DIGICAM_CONFIGURE, 12.0, 37.0)
        assert not station.messages("COMMAND_LONG")


def test_the_last_picture_of_a_shutter_is_told_again() -> None:
    """CAMERA_FEEDBACK: number 0 before the first one; a vehicle without a shutter has none to tell of."""
    with Session(home=HOME, params={"CAM1_TYPE": 1}) as session:
        link = session.connect()
        assert told(link, "CAMERA_FEEDBACK").img_idx == 0
        assert ask(link, Cmd.DO_DIGICAM_CONTROL, 0, 0, 0, 0, 1) == Result.ACCEPTED
        link.messages()
        assert told(link, "CAMERA_FEEDBACK").img_idx == 1
        assert ask(link, Cmd.SET_MESSAGE_INTERVAL, id_of("CAMERA_FEEDBACK"), 200_000) == Result.ACCEPTED
        link.messages()
        session.run_for(2.0)
        assert len(link.messages("CAMERA_FEEDBACK")) == pytest.approx(10, abs=1)
        session.service.parameters.set("CAM1_TYPE", 0)
        assert ask(link, Cmd.REQUEST_MESSAGE, id_of("CAMERA_FEEDBACK")) == Result.FAILED


def test_of_a_link_that_is_closed_no_interval_is_kept() -> None:
    """Also of messages about other aircraft and obstacles, of which there are none yet."""
    with Session(home=HOME) as session:
        rates = session.service.telemetry.rates
        names = ("ADSB_VEHICLE", "OBSTACLE_DISTANCE", "ESC_STATUS", "EVENT")
        before = [rates.message_interval(1, id_of(name)) for name in names]
        for _ in range(2):
            link = session.connect()
            for name in names:
                assert ask(link, Cmd.SET_MESSAGE_INTERVAL, id_of(name), 200_000) == Result.ACCEPTED
            link.close()
            session.run_for(0.1)
        assert [rates.message_interval(link.number, id_of(name)) for name in names] == before


def test_a_picture_is_told_with_its_height_above_home() -> None:
    """Home was set 50 m higher than the ground on which the vehicle started: alt_rel is as in ArduPilot's
    AP_Camera_Backend.cpp, send_camera_feedback, at once and when it is asked for."""
    with Session(home=HOME, params={"CAM1_TYPE": 1}) as session:
        session.wait_armable()
        link, start = session.connect(), session.autopilot.facts.vehicle.state.place
        assert ask(link, Cmd.DO_SET_HOME, 0, 0, 0, 0, start.lat, start.lon, start.alt + 50.0) == Result.ACCEPTED
        link.messages()
        assert ask(link, Cmd.DO_DIGICAM_CONTROL, 0, 0, 0, 0, 1) == Result.ACCEPTED
        for photo in (link.receive("CAMERA_FEEDBACK"), told(link, "CAMERA_FEEDBACK")):
            assert (photo.alt_msl, photo.alt_rel) == pytest.approx((start.alt, -50.0), abs=0.5)


def test_a_range_finder_is_streamed_and_may_be_switched_off() -> None:
    """RANGEFINDER from the ground on; RCn_OPTION 10 takes its bit out of what is enabled."""
    with Session(home=HOME, params={"RNGFND1_TYPE": 100, "RC9_OPTION": 10}) as session:
        link = session.connect()
        session.run_for(2.0)
        assert link.messages("RANGEFINDER")
        laser = lambda: told(link, "SYS_STATUS").onboard_control_sensors_enabled & Sensor.LASER_POSITION
        assert laser()
        assert ask(link, Cmd.DO_AUX_FUNCTION, 10, 0) == Result.ACCEPTED
        assert not laser()
        assert ask(link, Cmd.DO_AUX_FUNCTION, 10, 2) == Result.ACCEPTED
        assert laser()


WINCHED = {"WINCH_TYPE": 1, "SERVO7_FUNCTION": 88, "GEN_TYPE": 3, "SERVO11_FUNCTION": 42}


def test_winch_and_generator_go_with_the_attitude() -> None:
    """Unasked where they were fitted at the start, twice a second, then at the rate of EXTRA1 or of all groups."""
    with Session(home=HOME, params=WINCHED) as session:
        link = session.connect()

        def heard(seconds: float) -> tuple[int, int]:
            session.run_for(0.2)
            link.messages()
            session.run_for(seconds)
            names = [message.get_type() for message in link.messages()]
            return names.count("WINCH_STATUS"), names.count("GENERATOR_STATUS")

        assert heard(5.0) == (10, 10)
        for group, hz, start, expected in ((10, 4, 1, 20), (0, 1, 1, 5), (12, 10, 1, 5), (10, 4, 0, 0)):
            link.send(m.MAVLink_request_data_stream_message(1, 1, group, hz, start))
            assert heard(5.0) == (expected, expected), group
        assert ask(link, Cmd.SET_MESSAGE_INTERVAL, id_of("WINCH_STATUS"), 0) == Result.ACCEPTED
        assert heard(5.0) == (10, 0)
        assert ask(link, Cmd.DO_AUX_FUNCTION, 85, 2) == Result.ACCEPTED
        session.run_for(20.0)
        assert told(link, "GENERATOR_STATUS").runtime == pytest.approx(20, abs=3)
        assert ask(link, Cmd.DO_WINCH, 1, 77) == Result.FAILED
        texts = [message.text for message in link.messages("STATUSTEXT")]
        assert "DO_WINCH: no such output or action" in texts


def test_a_winch_is_asked_as_component_169_or_as_the_vehicle(session: Session) -> None:
    """Who asks it hears it answer, once more as well; other commands are the vehicle's whoever is asked."""
    link = session.connect()
    asked_of = ((Cmd.DO_WINCH, 169, 169), (Cmd.DO_WINCH, 169, 169), (Cmd.DO_WINCH, 1, 1), (Cmd.DO_GRIPPER, 169, 1))
    for number, asked, answers in asked_of:
        link.send(m.MAVLink_command_long_message(1, asked, number, 0, 1, 0, 0, 0, 0, 0, 0))
        ack = link.receive("COMMAND_ACK", where=lambda ack, number=number: ack.command == number)
        assert ack.get_srcComponent() == answers


def test_the_receiver_is_a_sensor_once_sticks_are_moved_and_fails_with_them() -> None:
    """SYS_STATUS as ArduPilot's (GCS.cpp); no radio: no bit (docs/reference/ground-stations.md, 1.4)."""
    with Session(home=HOME, params={"FS_THR_ENABLE": 1}) as session:
        link = session.connect()
        session.run_for(20.0)

        def receiver() -> tuple[bool, bool, bool]:
            status = told(link, "SYS_STATUS")
            bits = "onboard_control_sensors_"
            present, enabled, health = (
                getattr(status, bits + name) & Sensor.RC_RECEIVER for name in ("present", "enabled", "health")
            )
            return bool(present), bool(enabled), bool(health)

        def override(throttle: int) -> None:
            link.send(m.MAVLink_rc_channels_override_message(1, 1, 1500, 1500, throttle, 1500, 0, 0, 0, 0))
            session.run_for(0.5)

        assert receiver() == (False, False, False)
        override(1000)
        assert receiver() == (True, True, True)
        assert ask(link, Cmd.COMPONENT_ARM_DISARM, 1) == Result.ACCEPTED
        override(1000)
        session.run_for(4.0)
        assert receiver() == (True, True, False)
        override(1000)
        assert receiver() == (True, True, True)
