"""Missions and landings of `firmware="px4"`, in virtual time: how they begin, go on and end as a PX4's do."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, hypot, inf, nan

import pytest

from autopilot.mav import Cmd
from mavlink_bridge.clients import MissionDownload, MissionUpload, TransferOutcome
from mavlink_bridge.clients.base import Target
from mavlink_bridge.wire.codec import dialect
from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import (
    ARM,
    ATTITUDE,
    HOLD,
    LAND,
    LOCAL_POSITION_NED,
    MISSION,
    PX4,
    RETURN,
    SET_MODE,
    TAKE_OFF,
    SessionLine,
    Station,
)

CORNERS = (MissionItem(16, 6, x=HOME.lat + 0.0002, y=HOME.lon, z=12.0), MissionItem(20, 2))


def test_a_mission_takes_off_by_itself_and_returns_by_a_mode(station: Station) -> None:
    """Armed first, then mode Mission; items from 0; a reached item is told again. It stands in Mission when it is over,
    and armed again flies anew."""
    station.upload(CORNERS)
    down = station.link.ask(MissionDownload(PX4))
    assert [(item.command, item.seq) for item in down.items] == [(16, 1), (20, 2)] and down.home is None
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.run(0.5)
    assert station.mode == MISSION
    station.until(lambda: station.mode == RETURN)
    assert station.height > 10.0
    station.until(lambda: not station.armed)
    station.run(1.5)
    assert station.mode == MISSION
    told = [message.seq for message in station.of("MISSION_ITEM_REACHED")]
    assert told.count(0) >= 3 and 1 not in told, "a return is a mode"
    assert station.command(ARM, 1.0, 0.0) == 0
    station.until(lambda: station.height > 5.0)
    assert station.mode == MISSION and station.of("MISSION_CURRENT")[-1].seq == 0


@pytest.mark.parametrize("by_go", [True, False])
def test_a_mission_without_a_takeoff_begins_by_go_and_by_the_program(station: Station, by_go: bool) -> None:
    """As by MISSION_START: it climbs to the height of its first item."""
    assert isinstance(station.link, SessionLine)
    session = station.link.session
    session.upload(CORNERS)
    station.run(1.0)
    if by_go:
        session.autopilot.parameters.set("FM_COUNTDOWN", 2.0)
    (session.go if by_go else session.start)()
    station.until(lambda: station.height > 5.0)
    assert station.mode == MISSION
    station.until(lambda: station.mode == RETURN)
    assert [message.seq for message in station.of("MISSION_ITEM_REACHED")][:1] == [0]
    station.until(lambda: not station.armed)


def test_a_second_go_counts_down_too(station: Station) -> None:
    """After a mission it stands in Mission, in which arming alone begins the next."""
    assert isinstance(station.link, SessionLine)
    station.link.session.autopilot.parameters.set("FM_COUNTDOWN", 6.0)
    station.upload(CORNERS)
    for _ in range(2):
        assert station.command(Cmd.USER_1, 32.0) == 0
        station.run(4.0)
        assert station.armed and station.height < 0.5 and station.mode == HOLD
        station.until(lambda: station.height > 5.0)
        station.until(lambda: not station.armed)
        station.run(1.5)
        assert station.mode == MISSION


@pytest.mark.parametrize(
    ("command", "frame", "answer"),
    [(16, 3, 0), (21, 6, 0), (20, 2, 0), (187, 2, 0), (189, 2, 0), (195, 0, 0), (82, 3, 3), (18, 3, 3), (183, 2, 3),
     (115, 2, 3), (187, 3, 3), (20, 3, 3), (189, 3, 3), (16, 2, 3), (16, 10, 2), (20, 10, 2)],
)  # fmt: skip
def test_an_item_that_px4_does_not_know_is_refused(station: Station, command: int, frame: int, answer: int) -> None:
    """mavlink_mission.cpp, `parse_mavlink_mission_item`: no splines, turns and servos, no heights above the ground, and
    items without a place in frame 2 only. The text counts from 1, as all texts do, and is one STATUSTEXT."""
    assert answer_to(station, command, frame, 0.0) == answer
    assert f"Mission item 1: {command} in frame {frame} unsupported" in station.texts or not answer


@pytest.mark.parametrize(
    ("frame", "mode", "answer"),
    [(0, 0, 0), (0, 3, 0), (0, 1, 6), (3, 4, 6), (2, 0, 0), (2, 1, 0), (2, 2, 0), (2, 3, 6)],
)
def test_a_region_of_interest_is_of_a_kind_that_px4_flies(station: Station, frame: int, mode: int, answer: int) -> None:
    """DO_SET_ROI with a place: none or there; in frame 2 none, the next item or one by its number."""
    assert answer_to(station, Cmd.DO_SET_ROI, frame, float(mode)) == answer


def answer_to(station: Station, command: int, frame: int, param1: float) -> int:
    """MAV_MISSION_RESULT of a mission of this item."""
    station.link.send(dialect.MAVLink_mission_count_message(1, 1, 1, 0))
    station.run(0.2)
    place = (round(HOME.lat * 1e7), round(HOME.lon * 1e7), 12.0)
    item = dialect.MAVLink_mission_item_int_message(1, 1, 0, frame, command, 0, 1, param1, 0, 0, 0, *place, 0)
    station.link.send(item)
    station.run(0.2)
    (ack,) = station.of("MISSION_ACK")
    return int(ack.type)


@pytest.mark.parametrize("current", [2, 3])
def test_no_item_moves_it(station: Station, current: int) -> None:
    """ArduPilot flies to an item whose `current` is 2, or to its height if it is 3. For PX4 it belongs to no upload
    (`handle_mission_item_both`)."""
    station.fly_to(8.0)
    place = (round(HOME.lat * 1e7) + 3000, round(HOME.lon * 1e7), 25.0)
    station.link.send(dialect.MAVLink_mission_item_int_message(1, 1, 0, 3, 16, current, 1, 0, 0, 0, 0, *place, 0))
    station.run(6.0)
    assert [ack.type for ack in station.of("MISSION_ACK")] == [1]
    at = station.of("LOCAL_POSITION_NED")[-1]
    assert station.height < 9.0 and hypot(at.x, at.y) < 2.0


@pytest.mark.parametrize(("asked", "flown"), [(0.0, 0.0), (-90.0, -90.0), (225.0, -135.0), (nan, 90.0)])
def test_an_item_has_the_heading_of_its_flight(station: Station, asked: float, flown: float) -> None:
    """To the east with the nose to param4, deg; NaN: along the way (FlightTaskAuto.cpp). 0 is north, which plans for
    ArduPilot have in items that mean none. It stays while the item waits; a takeoff does not turn."""
    place = {"x": HOME.lat, "y": HOME.lon + 0.0008, "z": 12.0}
    items = (
        MissionItem(Cmd.NAV_TAKEOFF, 6, x=HOME.lat, y=HOME.lon, z=12.0, param4=180.0),
        MissionItem(Cmd.NAV_LOITER_TIME, 6, param1=10.0, param4=asked, **place),
        MissionItem(Cmd.NAV_RETURN_TO_LAUNCH, 2),
    )
    station.upload(items)
    assert station.command(Cmd.MISSION_START, 0.0, 0.0) == 0
    begun = station.of("ATTITUDE")[-1].yaw
    station.until(lambda: station.height > 10.0)
    assert station.of("ATTITUDE")[-1].yaw == pytest.approx(begun, abs=0.1)
    for east in (40.0, 58.0):
        station.until(lambda at=east: station.of("LOCAL_POSITION_NED")[-1].y > at)
        assert degrees(station.of("ATTITUDE")[-1].yaw) == pytest.approx(flown, abs=3.0)
    station.run(6.0)
    assert degrees(station.of("ATTITUDE")[-1].yaw) == pytest.approx(flown, abs=3.0)


def test_a_region_of_interest_outlasts_a_takeoff(station: Station) -> None:
    """MissionBase::on_active: the nose does not turn to it meanwhile."""
    items = (
        MissionItem(Cmd.DO_SET_ROI_LOCATION, 6, x=HOME.lat - 0.02, y=HOME.lon, z=0.0),
        MissionItem(Cmd.NAV_TAKEOFF, 6, x=HOME.lat, y=HOME.lon, z=12.0),
        MissionItem(Cmd.NAV_WAYPOINT, 6, x=HOME.lat, y=HOME.lon + 0.0008, z=12.0, param4=nan),
        MissionItem(Cmd.NAV_RETURN_TO_LAUNCH, 2),
    )
    station.upload(items)
    assert station.command(Cmd.MISSION_START, 0.0, 0.0) == 0
    station.until(lambda: station.of("LOCAL_POSITION_NED")[-1].y > 40.0)
    assert abs(degrees(station.of("ATTITUDE")[-1].yaw)) == pytest.approx(180.0, abs=5.0)


def test_mode_before_arming_is_the_same(station: Station) -> None:
    """As QGroundControl does it; SET_MODE is the old message."""
    station.upload(CORNERS)
    station.link.send(dialect.MAVLink_set_mode_message(1, 1, 4 << 16 | 4 << 24))
    station.run(1.0)
    assert station.mode == MISSION and not station.armed
    assert station.command(ARM, 1.0, 0.0) == 0
    station.until(lambda: station.height > 10.0, 60.0)


def test_no_mission_is_begun_where_there_is_none(station: Station) -> None:
    """Nor by force, which over a link does not arm (Commander.cpp: `from_external`), nor when a program arms it."""
    assert station.command(Cmd.MISSION_START) == 2 and "Mission start denied! No valid mission" in station.texts
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    assert station.command(ARM, 1.0, 21196.0) == station.command(ARM, 1.0, 2989.0) == 1
    assert isinstance(station.link, SessionLine)
    station.link.session.arm()
    station.run(3.0)
    assert station.armed and station.mode == HOLD
    assert station.texts.count("Switching to Mission is currently not available") == 1


def test_a_mission_without_a_place_can_be_asked_for_again(station: Station) -> None:
    """Once done, it raised an exception in the service of commands."""
    station.upload((MissionItem(178, 2, param1=1.0, param2=3.0),))
    station.fly_to(6.0)
    for _ in range(2):
        station.command(SET_MODE, 1.0, *map(float, MISSION))
        station.run(1.0)


def test_a_mission_that_comes_after_its_mode_lets_it_be_armed(station: Station) -> None:
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    assert station.command(ARM, 1.0, 0.0) == 1
    station.upload(CORNERS)
    assert station.command(ARM, 1.0, 0.0) == 0
    station.until(lambda: station.height > 5.0, 60.0)


def landing(station: Station, delay_s: float) -> float:
    """Seconds from "Landing detected" to "Disarmed by landing" with this COM_DISARM_LAND."""
    station.set_param("COM_DISARM_LAND", delay_s)
    station.fly_to(3.0)
    assert station.command(SET_MODE, 1.0, *map(float, LAND)) == 0
    station.until(lambda: "Landing detected" in station.texts, 60.0)
    clock = station.of("ATTITUDE")[-1].time_boot_ms
    station.until(lambda: not station.armed, delay_s + 5.0)
    assert station.texts[-1] == "Disarmed by landing"
    return float(station.of("ATTITUDE")[-1].time_boot_ms - clock) / 1000.0


@pytest.mark.parametrize("delay_s", [0.5, 2.0, 12.0])
def test_motors_run_on_after_a_landing(station: Station, delay_s: float) -> None:
    """COM_DISARM_LAND, in seconds (Commander.cpp, `handleAutoDisarm`)."""
    station.stream(ATTITUDE, 10.0)
    assert landing(station, delay_s) == pytest.approx(delay_s, abs=0.25)
    assert station.mode == HOLD


def test_motors_that_run_on_after_a_landing_belong_to_the_flight(station: Station) -> None:
    """Time runs ahead until they stop, and not while the vehicle stands armed before: that one waits for somebody."""
    line = station.link
    assert isinstance(line, SessionLine)
    service = line.session.service
    station.set_param("COM_DISARM_LAND", 5.0)
    assert station.command(ARM, 1.0, 0.0) == 0
    station.run(1.0)
    assert station.armed and not service.busy
    station.fly_to(3.0)
    assert station.command(SET_MODE, 1.0, *map(float, LAND)) == 0
    station.until(lambda: "Landing detected" in station.texts, 60.0)
    assert station.armed and service.busy
    station.until(lambda: not station.armed, 10.0)
    assert not service.busy


def test_a_landing_need_not_end_a_flight(station: Station) -> None:
    """Without COM_DISARM_LAND the motors run until somebody stops them, or until it takes off again; COM_DISARM_PRFLT
    is for who has not flown."""
    station.set_param("COM_DISARM_LAND", 0.0)
    station.fly_to(3.0)
    assert station.command(SET_MODE, 1.0, *map(float, LAND)) == 0
    station.until(lambda: "Landing detected" in station.texts, 60.0)
    station.run(60.0)
    assert station.armed
    assert station.command(TAKE_OFF) == 0
    station.until(lambda: station.mode == HOLD and station.height > 2.0, 40.0)
    station.set_param("COM_DISARM_LAND", 1.0)
    assert station.command(SET_MODE, 1.0, *map(float, RETURN)) == 0
    station.until(lambda: not station.armed, 60.0)
    states = [text for text in station.texts if text.startswith("Flight: ")]
    assert [text.split()[1] for text in states[-5:]] == ["LANDED", "FLYING", "LANDING", "LANDED", "IDLE"]


def test_a_landing_amid_a_mission_keeps_the_motors_running(station: Station) -> None:
    up = MissionItem(22, 6, x=HOME.lat, y=HOME.lon, z=5.0)
    there = HOME.lat + 0.0001
    down = MissionItem(21, 6, x=there, y=HOME.lon)
    station.upload(
        (up, down, MissionItem(93, 2, param1=20.0), MissionItem(177, 2, param1=1.0, param2=1.0), MissionItem(20, 2))
    )
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.until(lambda: "Landing detected" in station.texts)
    station.until(lambda: station.height > 4.0, 60.0)
    station.until(lambda: not station.armed)
    assert station.texts.count("Landing detected") == 2
    assert [text for text in station.texts if text.startswith("Disarmed")] == ["Disarmed by landing"]


def test_a_mission_climbs_to_its_first_place_before_it_sets_out(station: Station) -> None:
    """Straight up, from the ground and from the air, whatever MIS_TAKEOFF_ALT is (mission_base.cpp,
    `checkClimbRequired`); from above it sets out at once."""
    station.stream(LOCAL_POSITION_NED, 10.0)

    def away() -> float:
        place = station.of("LOCAL_POSITION_NED")[-1]
        return hypot(place.x, place.y)

    far = MissionItem(16, 6, x=HOME.lat + 0.0004, y=HOME.lon, z=9.0)
    station.upload((far, replace(far, z=20.0)))
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.until(lambda: station.height > 8.3)
    assert away() < 1.0 and "Climb to 9.0 meters above home" in station.texts
    station.until(lambda: away() > 10.0, 30.0)
    assert station.command(SET_MODE, 1.0, *map(float, HOLD)) == 0
    station.run(4.0)
    before, here = away(), station.height
    station.upload((replace(far, z=18.0),))
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.until(lambda: station.height > 17.0, 30.0)
    assert here < 10.0 and abs(away() - before) < 1.5
    assert station.command(SET_MODE, 1.0, *map(float, HOLD)) == 0
    station.run(3.0)
    station.upload((far,))
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.until(lambda: away() > before + 5.0, 30.0)
    assert [text for text in station.texts if text.startswith("Climb")][2:] == []


def test_a_mission_start_arms(station: Station) -> None:
    """Commander.cpp: "switch to AUTO_MISSION and ARM"; refused as arming is."""
    station.upload(CORNERS)
    assert station.command(Cmd.MISSION_START, 0.0) == 0
    station.run(1.5)
    assert station.armed and station.mode == MISSION
    station.until(lambda: station.height > 5.0, 60.0)


def test_a_mission_starts_at_the_item_that_is_asked_for(station: Station) -> None:
    """MISSION_START: param1 counts from 0 and is an item of the mission; -1 goes on."""
    north = MissionItem(16, 6, x=HOME.lat + 0.001, y=HOME.lon, z=8.0)
    station.upload((north, replace(north, x=HOME.lat, y=HOME.lon + 0.001), replace(north, x=HOME.lat + 0.002)))
    for wrong in (nan, inf, -2.0, 3.0):
        assert station.command(Cmd.MISSION_START, wrong) == 2
    assert station.command(ARM, 1.0, 0.0) == 0
    station.run(1.5)
    assert station.mode == HOLD
    for first, name, speed in ((1.0, "vy", 400), (-1.0, "vy", 400), (0.0, "vx", 250)):
        assert station.command(Cmd.MISSION_START, first) == 0
        station.until(lambda: station.height > 7.0, 30.0)
        station.run(4.0)
        assert station.mode == MISSION and getattr(station.of("GLOBAL_POSITION_INT")[-1], name) > speed, first
        assert station.command(SET_MODE, 1.0, *map(float, HOLD)) == 0
        station.run(4.0)


def test_a_mission_that_is_asked_for_again_goes_on(station: Station) -> None:
    """The item that is flown lies above: a station that asks for Mission once more does not stop the way to it."""
    near = MissionItem(16, 6, x=HOME.lat + 0.0002, y=HOME.lon, z=8.0)
    station.upload((near, replace(near, x=HOME.lat + 0.002, z=40.0)))
    assert station.command(ARM, 1.0, 0.0) == 0
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.until(lambda: station.height > 3.0)
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.until(lambda: bool(station.of("MISSION_ITEM_REACHED")))
    station.run(6.0)
    for again in (SET_MODE, 300, 193):
        assert station.command(again, 1.0, *map(float, MISSION)) == 0
        station.run(4.0)
        assert station.of("GLOBAL_POSITION_INT")[-1].vx > 400, "north, cm/s"
    assert [text for text in station.texts if text.startswith("Climb")] == ["Climb to 8.0 meters above home"]


def test_items_that_only_a_px4_keeps(station: Station) -> None:
    """mavlink_mission.cpp, `parse_mavlink_mission_item`: a gate with a place, camera triggers, arming without."""
    plain = tuple(MissionItem(command, 2, param1=1.0) for command in (200, 214, 260, 400, 2003))
    gate = MissionItem(4501, 6, x=HOME.lat + 0.0002, y=HOME.lon, z=8.0)
    station.upload((MissionItem(22, 6, x=HOME.lat, y=HOME.lon, z=8.0), gate, *plain))
    with Session(seed=3) as session:
        link = session.connect()
        for item in (gate, *plain):
            upload = link.ask(MissionUpload(Target(), (MissionItem(22, 3, z=8.0), item)))
            assert upload.outcome is TransferOutcome.UNSUPPORTED


def test_a_gate_starts_what_follows_when_it_is_passed(station: Station) -> None:
    """CONDITION_GATE 40 m ahead of a leg of 80 m, beside the way: the speed changes there (mission_block.cpp)."""
    gate = MissionItem(4501, 6, x=HOME.lat + 0.00036, y=HOME.lon + 0.0001, z=8.0)
    slower = MissionItem(178, 2, param1=1.0, param2=2.0, param3=-1.0)
    corner = MissionItem(16, 6, x=HOME.lat + 0.00072, y=HOME.lon, z=8.0)
    station.upload((MissionItem(22, 6, x=HOME.lat, y=HOME.lon, z=8.0), gate, slower, corner))
    station.prepare()
    assert station.command(300, 0.0) == 0
    station.until(lambda: station.place[0] > 35.0, 60.0, 0.2)
    assert station.of("VFR_HUD")[-1].groundspeed > 4.0
    station.until(lambda: station.place[0] > 50.0, 60.0, 0.2)
    assert station.of("VFR_HUD")[-1].groundspeed < 2.5


def test_an_item_disarms_what_has_landed(station: Station) -> None:
    """COMPONENT_ARM_DISARM with param1 0, long before COM_DISARM_LAND; in the air it is denied."""
    station.set_param("COM_DISARM_LAND", 60.0)
    disarm, land = MissionItem(400, 2), MissionItem(21, 6, x=HOME.lat, y=HOME.lon)
    station.upload((replace(land, command=22, z=5.0), disarm, land, disarm))
    station.prepare()
    assert station.command(300, 0.0) == 0
    station.until(lambda: station.height > 4.0, 30.0)
    station.until(lambda: not station.armed, 40.0)
    assert "Disarming denied: not landed" in station.texts and station.texts[-1] != "Disarmed by landing"


@pytest.mark.parametrize("countdown", [0.0, 3.0])
def test_go_hovers_after_a_mission(countdown: float) -> None:
    """FM_PROFILE 1, where Mission is the mode after the flight: without a countdown the mission was flown again."""
    params = {"FM_COUNTDOWN": countdown, "FM_DURATION": 6.0}
    with Session(firmware="px4", seed=3, params=params) as session:
        session.upload([replace(CORNERS[0], command=22, z=5.0), MissionItem(21, 3)])
        session.start()
        session.run_until(lambda s: not s.state.armed, 90.0)
        session.set_param("FM_PROFILE", 1.0)
        session.go()
        session.run_until(lambda s: s.state.position[2] < -3.0, 30.0)
        assert session.state.mode == "GUIDED"
        session.run_until(lambda s: s.state.mode == "LAND", 30.0)


@pytest.mark.parametrize("kind", [0, 255])
def test_a_mission_that_is_cleared_in_flight_ends_in_hold(station: Station, kind: int) -> None:
    """mavlink_mission.cpp, `handle_mission_clear_all`; mission_base.cpp, `update_mission`. It was DENIED."""
    station.upload((MissionItem(22, 6, x=HOME.lat, y=HOME.lon, z=6.0), replace(CORNERS[0], x=HOME.lat + 0.001, z=6.0)))
    assert station.command(300, 0.0) == 0
    station.until(lambda: station.height > 4.0, 30.0)
    station.run(2.0)
    station.link.send(dialect.MAVLink_mission_clear_all_message(1, 1, kind))
    station.run(1.5)
    assert [(ack.type, ack.mission_type) for ack in station.of("MISSION_ACK")[-1:]] == [(0, kind)]
    assert station.mode == HOLD and station.texts[-1] == "No valid mission available, loitering"
    station.run(5.0)
    assert station.of("VFR_HUD")[-1].groundspeed < 0.5 and station.height > 4.0
    assert station.set_mode(MISSION) == 1
