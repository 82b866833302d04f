"""POSITION_TARGET_GLOBAL_INT is told while there is a place to go to, and no longer."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from mavlink_bridge.wire.codec import dialect
from sortie import MissionItem, Session, events

HOME = GeoPoint(47.3769, 8.5417, 408.0)
NAME = "POSITION_TARGET_GLOBAL_INT"


@pytest.mark.parametrize(("behaviour", "told"), [(0, False), (1, True)])
def test_a_rover_that_has_stopped_at_the_end_of_its_mission_goes_nowhere(behaviour: int, told: bool) -> None:
    """ArduRover's EndMissionBehavior: with MIS_DONE_BEHAVE 0 it holds, with 1 it keeps the place."""
    place = to_global(HOME, (8.0, 0.0, 0.0))
    with Session("sim:rover", home=(HOME, 0.0), params={"MIS_DONE_BEHAVE": behaviour}) as session:
        station = session.connect()
        session.upload([MissionItem(16, 3, x=place.lat, y=place.lon)])
        session.start()
        session.run_until(events.MissionComplete)
        assert NAME in {message.get_type() for message in station.messages()}
        session.run_for(1.0)
        station.messages()
        session.run_for(3.0)
        assert bool(station.messages(NAME)) == told


LOCAL = "POSITION_TARGET_LOCAL_NED"
PLACE, MOVES = 3576, 3079


def test_a_rover_tells_its_place_by_the_globe_alone() -> None:
    """ArduRover has no POSITION_TARGET_LOCAL_NED, whatever it is told in GUIDED."""
    with Session("sim:rover", home=(HOME, 0.0)) as session:
        station = session.connect()
        order(station, 511, 85, 100_000)
        session.set_mode("GUIDED")
        session.wait_armable()
        session.arm()
        send(station, 0x0DF8, (30.0, 10.0, 0.0))
        session.run_for(3.0)
        assert not station.messages(LOCAL)
        send(station, 0x0DF8, (30.0, 10.0, 0.0))
        session.run_for(1.0)
        assert NAME in {message.get_type() for message in station.messages()}


def test_guided_tells_what_it_was_told() -> None:
    """ArduCopter's GuidedSubModeChange: the final target, with the mask of what counts, from the first moment on."""
    with Session("sim:copter", home=(HOME, 0.0)) as session:
        station = session.connect()
        order(station, 511, 85, 100_000)

        def told() -> tuple[int, tuple[float, ...]]:
            session.run_for(0.3)
            last = station.messages(LOCAL)[-1]
            return last.type_mask, (last.x, last.y, last.z, last.vx, last.vy, last.vz)

        session.set_mode("GUIDED")
        assert told() == (MOVES, (0.0,) * 6), "nobody has told it anything, and it stands disarmed"
        session.wait_armable()
        session.arm()
        order(station, 22, 0, 0, 0, 0, 0, 0, 10)
        mask, (_, _, down, *rest) = told()
        assert (mask, rest) == (PLACE, [0.0, 0.0, 0.0]) and abs(down + 10.0) < 0.5
        session.run_for(12.0)
        send(station, 0x0DF8, (100.0, 50.0, -20.0))
        assert told() == (PLACE, (100.0, 50.0, -20.0, 0.0, 0.0, 0.0))
        send(station, 0x0DC7, (0.0, 0.0, 0.0, 3.0, -2.0, -1.0))
        assert told() == (MOVES, (0.0, 0.0, 0.0, 3.0, -2.0, -1.0))
        session.run_for(3.0)
        assert told() == (MOVES, (0.0,) * 6), "not renewed within GUID_TIMEOUT"
        session.set_mode("LOITER")
        session.run_for(0.2)
        station.messages()
        session.run_for(1.0)
        assert not station.messages(LOCAL), "LOITER has no such target"


def order(station: Any, command: int, *params: float) -> None:
    station.send(dialect.MAVLink_command_long_message(1, 1, command, 0, *params, *[0.0] * (7 - len(params))))


def send(station: Any, mask: int, values: tuple[float, ...]) -> None:
    station.send(
        dialect.MAVLink_set_position_target_local_ned_message(0, 1, 1, 1, mask, *values, *[0.0] * (11 - len(values)))
    )


def test_guided_inside_a_mission_tells_its_targets_too() -> None:
    """ArduCopter's in_guided_mode: AUTO in a NAV_GUIDED_ENABLE item, and no other item."""
    with Session("sim:copter", home=(HOME, 0.0)) as session:
        station = session.connect()
        order(station, 511, 85, 100_000)
        limit, guided = MissionItem(222, 3, param1=4.0), MissionItem(92, 3, param1=1.0)
        session.upload([MissionItem(22, 3, z=5.0), limit, guided, MissionItem(93, 3, param1=30.0)])
        session.start()
        session.run_until(events.ItemReached)
        assert not station.messages(LOCAL), "a takeoff is no target of anybody's"
        session.run_for(0.5)
        last = station.messages(LOCAL)[-1]
        assert (last.type_mask, last.vx, last.vz) == (MOVES, 0.0, 0.0)
        send(station, 0x0DF8, (5.0, 0.0, -6.0))
        session.run_for(0.5)
        last = station.messages(LOCAL)[-1]
        assert (last.type_mask, last.x, last.z) == (PLACE, 5.0, -6.0)
        session.run_until(events.ItemReached)
        station.messages()
        session.run_for(1.0)
        assert not station.messages(LOCAL), "a delay is none either"
