"""OBSTACLE_DISTANCE: understood, told, and what says nothing is dropped."""

from __future__ import annotations

from math import dist, inf, isnan, nan
from typing import Any

import pytest

from autopilot.interface.geo import to_global
from autopilot.interface.obstacles import Scan
from autopilot.interface.targets import Sticks
from autopilot.mav import Frame, Sensor
from autopilot.mission.items import MissionItem
from mavlink_bridge.services.proximity import Directions, distance_of, distance_of_3d, obstacle_message, scan_of
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameWriter
from sortie import Session
from tests.fakes.station_plan import HOME


def told(distances: list[int], **fields: Any) -> Any:
    said = {
        "increment": 5,
        "min_distance": 20,
        "max_distance": 1000,
        "increment_f": 0.0,
        "angle_offset": 0.0,
        "frame": Frame.BODY_FRD,
    } | fields
    return dialect.MAVLink_obstacle_distance_message(0, 0, distances + [65535] * (72 - len(distances)), **said)


def test_what_is_seen_free_and_unknown() -> None:
    scan = scan_of(told([500, 1001, 65535, 0]), 0.0)
    assert scan is not None
    assert list(scan.distances_m[:2]) == [5.0, inf]
    assert all(isnan(away) for away in scan.distances_m[2:])
    assert (scan.step_deg, scan.range_m, scan.least_m) == (5.0, 10.0, 0.2)


def test_a_ring_of_any_number_of_directions_is_whole() -> None:
    """360 degrees by 29 is no number of binary digits: the last direction was lost (AP_Proximity_MAV.cpp rounds)."""
    for count in range(1, 73):
        number, data, _ = codec.payload(told([500] * 72, increment_f=360.0 / count))
        scan = scan_of(codec.decode(number, data), 0.0)
        assert scan is not None and len(scan.distances_m) == count


def test_by_heading_or_by_the_nose() -> None:
    """The default frame counts from north."""
    scan = scan_of(told([500], frame=Frame.GLOBAL, angle_offset=90.0), 30.0)
    assert scan is not None
    assert scan.first_deg == 60.0


@pytest.mark.parametrize(
    "fields",
    [{"frame": Frame.LOCAL_NED}, {"increment": 0}, {"increment_f": nan}, {"angle_offset": inf}, {"max_distance": 20}],
)
def test_what_says_nothing_is_dropped(fields: dict[str, Any]) -> None:
    assert scan_of(told([500], **fields), 0.0) is None


def test_a_look_survives_the_wire() -> None:
    distances = [1.0, inf, nan, *[7.25] * 69]
    scan = scan_of(obstacle_message(Scan(distances, -10.0, 5.0, 40.0, 0.2), 0), 0.0)
    assert scan is not None
    assert list(scan.distances_m[:2]) == [1.0, inf]
    assert isnan(scan.distances_m[2])
    assert (scan.first_deg, scan.distances_m[71]) == (-10.0, 7.25)


def test_a_fence_is_a_wall_where_there_are_no_obstacles() -> None:
    """PRX1_TYPE 10 sees polygons of the fence, enabled or not: here 10 m to the north, 20 to the east and west."""
    corners = ((10.0, -20.0), (10.0, 20.0), (-30.0, 20.0), (-30.0, -20.0))
    with Session("sim:rover", home=HOME, params={"PRX1_TYPE": 10, "FENCE_ENABLE": 0}) as session:
        session.wait_armable()
        assert session.autopilot.proximity.scan is None
        origin = session.autopilot.facts.vehicle.origin
        places = [to_global(origin, (north, east, 0.0)) for north, east in corners]
        session.autopilot.plans.replace(1, tuple(MissionItem(5001, 0, 4.0, x=at.lat, y=at.lon) for at in places))
        session.run_for(1.0)
        points = session.autopilot.proximity.points
        assert len(points) == 72
        assert max(north for north, _ in points) == pytest.approx(10.0, abs=0.01)
        assert max(abs(east) for _, east in points) == pytest.approx(20.0, abs=0.01)
        session.autopilot.auxiliary.act(40, 0)
        session.run_for(1.0)
        assert session.autopilot.proximity.scan is not None
        assert not session.autopilot.fence.avoidance._objects, "switched off"
        session.autopilot.auxiliary.act(40, 2)
        assert session.autopilot.fence.avoidance._objects


def test_directions_that_are_ignored_go_round_the_nose() -> None:
    """PRX1_IGN_ANG1 and _WID1: 20 degrees about 355 are five directions of 5 degrees."""
    with Session("sim:rover", home=HOME, params={"PRX1_TYPE": 2, "PRX1_IGN_ANG1": 355, "PRX1_IGN_WID1": 20}) as session:
        session.run_for(30.0)
        session.connect().send(told([500] * 72))
        session.run_for(0.1)
        assert len(session.autopilot.proximity.points) == 67


def sensor(cm: int, orientation: int = 0) -> Any:
    return dialect.MAVLink_distance_sensor_message(0, 10, 500, cm, 0, 21, orientation, 255)


def look(directions: Directions, message: Any, now_ms: int) -> Any:
    told = distance_of_3d(message) if message.get_type() == "OBSTACLE_DISTANCE_3D" else distance_of(message)
    return None if told is None else directions.scan_with(*told, message.time_boot_ms, now_ms)


def test_distance_sensors_of_several_directions_are_one_look() -> None:
    """As long as each is told; one that looks up or down is none of them."""
    directions = Directions(8)
    look(directions, sensor(400, 2), 0)
    look(directions, sensor(600, 7), 100)
    assert look(directions, sensor(20, 25), 200) is None
    scan = look(directions, sensor(20), 400)
    assert [scan.distances_m[where] for where in (0, 2, 7)] == pytest.approx([0.2, 4.0, inf])
    assert isnan(scan.distances_m[1])
    assert isnan(look(directions, sensor(20), 550).distances_m[2])


def place(x: float, y: float, z: float = 0.0, stamp_ms: int = 0, frame: int = Frame.BODY_FRD) -> Any:
    return dialect.MAVLink_obstacle_distance_3d_message(stamp_ms, 0, frame, 65535, x, y, z, 0.3, 20.0)


def test_places_of_obstacles_are_one_look() -> None:
    """Each in its direction off the nose, at its level distance; of one stamp the nearest counts."""
    directions = Directions(72)
    look(directions, place(5.0, 0.0), 0)
    look(directions, place(0.0, -8.0, 3.0), 10)
    assert look(directions, place(0.0, -9.0), 20).distances_m[54] == 8.0
    assert look(directions, place(0.0, -9.0, stamp_ms=100), 100).distances_m[54] == 9.0
    scan = look(directions, place(-3.0, -3.0, stamp_ms=100), 505)
    assert scan.distances_m[45] == pytest.approx(18.0**0.5)
    assert isnan(scan.distances_m[0]), "too old"
    assert (scan.step_deg, scan.range_m) == (5.0, 20.0)
    assert look(directions, place(4.0, 0.0, 3.0), 600).distances_m[0] == 4.0
    assert look(directions, place(3.0, 0.0, -4.0), 600) is None, "it passes below"


@pytest.mark.parametrize(
    "message",
    [place(0.1, 0.0), place(30.0, 0.0), place(1.0, 0.0, -5.0), place(nan, 0.0), place(5.0, 0.0, frame=Frame.LOCAL_NED)],
)
def test_a_place_out_of_range_above_or_in_another_frame_is_none(message: Any) -> None:
    assert distance_of_3d(message) is None


def test_nearest_of_a_stamp_that_never_changes_grows_old() -> None:
    """A companion without a clock of its own is not held by one near thing for ever."""
    directions = Directions(72)
    for now_ms in range(0, 1000, 100):
        scan = look(directions, place(2.0 if now_ms == 0 else 12.0, 0.0), now_ms)
    assert scan.distances_m[0] == 12.0


@pytest.mark.parametrize(
    ("height", "message", "backs"),
    [
        (4.0, sensor(20), False),
        (12.0, sensor(20), True),
        (12.0, place(0.5, 0.0), True),
        (12.0, place(0.5, 0.0, 4.0), False),
    ],
)
def test_a_copter_backs_away_from_what_a_companion_tells_unless_it_is_low(
    height: float, message: Any, backs: bool
) -> None:
    """In LOITER with something right before its nose."""
    with Session("sim:copter", home=HOME, params={"AVOID_ALT_MIN": 6, "RNGFND1_TYPE": 100}) as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.autopilot.parameters.set("PRX1_TYPE", 2)
        session.takeoff(height)
        session.run_for(12.0)
        session.set_mode("LOITER")
        start = session.service.vehicle.true_ned
        link = session.service.endpoint.open_link("companion")
        station = FrameWriter(1, 191)
        for _ in range(50):
            now_ms = session.service.now_ms
            session.service.endpoint.receive(link, station.frame(*codec.payload(message)), now_ms, now_ms)
            session.autopilot.sticks.move(Sticks(), now_ms)
            session.run_for(0.1)
        assert (dist(start[:2], session.service.vehicle.true_ned[:2]) > 1.0) is backs


@pytest.mark.parametrize("kind", ["sim:copter", "sim:rover"])
def test_a_companions_sensor_is_healthy_while_it_tells_something(kind: str) -> None:
    """In SYS_STATUS, where it had no bit; and each direction is told again (ArduPilot's test MAVProximity)."""
    away_cm = {0: 30, 1: 35, 2: 20, 3: 15, 4: 70, 5: 80, 6: 10, 7: 90}
    with Session(kind, home=HOME, params={"PRX1_TYPE": 2}) as session:
        link = session.connect()

        def bits() -> tuple[int, int, int]:
            session.run_for(1.0)
            status = link.messages("SYS_STATUS")[-1]
            fields = ("present", "enabled", "health")
            return tuple(getattr(status, f"onboard_control_sensors_{name}") & Sensor.PROXIMITY for name in fields)

        one = int(Sensor.PROXIMITY)
        assert bits() == (one, one, 0)
        heard: list[Any] = []
        for _ in range(5):
            for orientation, cm in away_cm.items():
                link.send(dialect.MAVLink_distance_sensor_message(0, 10, 90, cm, 0, 21, orientation, 255))
            session.run_for(0.4)
            heard += link.messages()
        again = [message for message in heard if message.get_type() == "DISTANCE_SENSOR"]
        assert {message.orientation: message.current_distance for message in again} == away_cm
        assert [m for m in heard if m.get_type() == "SYS_STATUS"][-1].onboard_control_sensors_health & one
        assert bits() == (one, one, 0)
        session.autopilot.parameters.set("PRX1_TYPE", 0)
        assert bits() == (0, 0, 0)
