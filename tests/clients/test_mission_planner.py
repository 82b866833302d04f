"""A scripted Mission Planner connects, plans and flies; and it shares the vehicle with a second station."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from autopilot.mission.events import CurrentChanged, ItemReached
from autopilot.mission.state import MissionState
from mavlink_bridge.wire.codec import dialect as m
from sortie.api.session import Session
from tests.fakes.mission_planner import MissionPlanner
from tests.fakes.station_plan import FENCE, HOME, LAT, LON, MISSION, RALLY, Row

GUIDED, AUTO, LOITER, RTL, LAND = 4, 3, 5, 6, 9


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(home=HOME) as made:
        made.wait_armable()
        yield made


@pytest.fixture
def station(session: Session) -> MissionPlanner:
    return MissionPlanner(session)


def same(found: list[Any], rows: tuple[Row, ...]) -> bool:
    """Items read back against the rows sent."""
    got = [
        (item.frame, item.command, item.param1, item.param2, item.param3, item.param4, item.x, item.y, item.z)
        for item in found
    ]
    return got == [(row.frame, row.command, *row.parameters, row.x, row.y, row.alt) for row in rows]


def test_it_connects(station: MissionPlanner) -> None:
    """Greeting, version by three ways, banner, cameras refused at once, and streams at the rates it wishes."""
    station.connect()
    station.check_rates()


def test_it_reads_all_parameters_by_file_and_by_list(station: MissionPlanner) -> None:
    """Both have the same number of them, and all that it looks for by name."""
    packed = station.packed_parameters()
    listed = station.list_parameters()
    assert int.from_bytes(packed[:2], "little") == 0x671C
    assert int.from_bytes(packed[2:4], "little") == len(listed)
    names = {"WPNAV_RADIUS", "WPNAV_SPEED", "WPNAV_ACCEL", "FENCE_TOTAL", "FENCE_ACTION", "RALLY_TOTAL", "MIS_TOTAL"}
    names |= {"RALLY_LIMIT_KM", "BATT_CAPACITY", "BATT_LOW_VOLT", "BATT_CRT_VOLT", "RC1_MIN", "SERVO1_MIN"}
    assert names <= set(listed)


def test_it_plans(station: MissionPlanner) -> None:
    """Fence, rally and mission up and down again; home asked for; totals told as parameters."""
    for rows, kind in ((FENCE, 1), (RALLY, 2), (MISSION, 0)):
        station.upload(rows, kind)
        found = station.download(kind)
        assert same(found[1 - min(kind, 1) :], rows[1 - min(kind, 1) :])
    assert station.command_long(410) == m.MAV_RESULT_ACCEPTED
    station.set("WPNAV_RADIUS", 250.0)
    values = station.list_parameters()
    assert (values["FENCE_TOTAL"], values["RALLY_TOTAL"], values["MIS_TOTAL"]) == (7.0, 2.0, float(len(MISSION)))


def test_it_flies(session: Session, station: MissionPlanner) -> None:
    """Arm, takeoff, fly to here, height, speed, home, ROI, mission, pause, jump, restart, RTL, LAND."""
    station.upload(MISSION, 0)
    station.mode(GUIDED)
    assert station.command_long(400, 1) == m.MAV_RESULT_ACCEPTED
    assert station.command_long(22, 0, 0, 0, 0, 0, 0, 10) == m.MAV_RESULT_ACCEPTED
    session.run_until(lambda now: now.state.height > 9.5, 30.0)
    station.fly_to(LAT + 0.0002, LON, 12.0)
    session.run_until(lambda now: abs(now.state.place.lat - LAT - 0.0002) < 1e-5 and now.state.height > 11.5, 60.0)
    station.change_height(16.0)
    session.run_until(lambda now: now.state.height > 15.5, 30.0)
    assert station.command_long(178, 0, 4, 0) == m.MAV_RESULT_ACCEPTED
    assert station.command_int(179, 0, (0, 0, 0, 0), round(LAT * 1e7), round(LON * 1e7), 584.0) == m.MAV_RESULT_ACCEPTED
    assert station.command_long(410) == m.MAV_RESULT_ACCEPTED
    assert station.command_long(201, 0, 0, 0, 0, LAT, LON, 0) == m.MAV_RESULT_ACCEPTED
    station.mode(AUTO)
    session.run_until(ItemReached, 60.0)
    station.mode(LOITER)
    station.set_current(4)
    station.mode(AUTO)
    session.run_until(lambda now: now.state.mission.item == 5, 60.0)
    station.set_current(0)
    station.mode(RTL)
    station.mode(LAND)
    session.run_until(lambda now: not now.state.armed, 60.0)


def test_three_clicks_of_auto_start_the_mission_once(session: Session, station: MissionPlanner) -> None:
    """A repeated mode change has no effect: the item under way goes on."""
    station.upload(MISSION, 0)
    station.mode(GUIDED)
    station.command_long(400, 1)
    station.command_long(22, 0, 0, 0, 0, 0, 0, 10)
    session.run_until(lambda now: now.state.height > 9.5, 30.0)
    station.mode(AUTO)
    session.run_until(lambda now: now.state.mission.item == 2, 60.0)
    before = len(session.events_of(CurrentChanged))
    station.mode(AUTO)
    session.run_for(1.0)
    assert len(session.events_of(CurrentChanged)) == before
    assert session.state.mission.item == 2


def test_two_stations_of_one_identity(session: Session) -> None:
    """Both are 255/190: answers leave on the link of the request, values and texts of common interest on both, and an
    upload holds the plan against the other one."""
    one, two = MissionPlanner(session), MissionPlanner(session)
    one.link.messages(), two.link.messages()
    assert one.command_long(512, 148) == m.MAV_RESULT_ACCEPTED
    assert not [heard for heard in two.link.messages() if heard.get_type() in ("COMMAND_ACK", "AUTOPILOT_VERSION")]
    one.set("WPNAV_SPEED", 800.0)
    assert two.hear("PARAM_VALUE", 0.1, param_id="WPNAV_SPEED").param_value == 800.0
    one.send(m.MAVLink_mission_count_message(1, 1, len(MISSION), 0))
    two.send(m.MAVLink_mission_count_message(1, 1, len(MISSION), 0))
    assert two.hear("MISSION_ACK", 0.7, mission_type=0).type == m.MAV_MISSION_DENIED
    one.upload(MISSION, 0)
    assert same(two.download(0)[1:], MISSION[1:])
    two.mode(GUIDED)
    one.hear("HEARTBEAT", 0.1, custom_mode=GUIDED)


def test_it_drives_a_rover() -> None:
    """The same clicks: plan up, arm, AUTO from standing, HOLD, a jump, GUIDED, RTL; and no takeoff."""
    manual, hold, auto, rtl, guided = 0, 4, 10, 11, 15
    track = (MISSION[0], *(row for row in MISSION if row.command == 16 and row is not MISSION[0]))
    with Session("sim:rover", home=HOME) as session:
        session.wait_armable()
        station = MissionPlanner(session)
        assert station.command_long(512, 148) == m.MAV_RESULT_ACCEPTED
        station.upload(track, 0)
        assert same(station.download(0)[1:], track[1:])
        station.mode(manual)
        station.mode(hold)
        assert station.command_long(400, 1) == m.MAV_RESULT_ACCEPTED
        assert station.command_long(22, 0, 0, 0, 0, 0, 0, 10) == m.MAV_RESULT_UNSUPPORTED
        station.mode(auto)
        session.run_until(ItemReached, 120.0)
        station.mode(hold)
        session.run_until(lambda now: now.state.ground_speed < 0.1, 20.0)
        station.set_current(3)
        station.mode(auto)
        session.run_until(lambda now: now.state.mission.state is MissionState.COMPLETED, 240.0)
        station.mode(guided)
        station.fly_to(LAT + 0.0001, LON, 0.0)
        session.run_until(lambda now: abs(now.state.place.lat - LAT - 0.0001) < 3e-5, 120.0)
        station.mode(rtl)
        session.run_until(lambda now: now.state.ground_speed < 0.1, 120.0)
        assert station.command_long(400, 0) == m.MAV_RESULT_ACCEPTED
