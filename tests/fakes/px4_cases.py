"""The cases of PX4's own MAVSDK test suite for a multicopter, from their descriptions (PX4 1.16 test/mavsdk_tests), for
a station on any line: the simulated copter in virtual time, or a real PX4. Times are the vehicle's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import atan2, cos, degrees, hypot, nan, pi, radians, sin
from typing import Final

from mavlink_bridge.wire.codec import dialect
from sortie import MissionItem
from tests.fakes.px4_station import ALTITUDE, FOLLOW, LAND, MISSION, OFFBOARD, POSITION, TAKE_OFF, Station

Ned = tuple[float, float, float]
LEG, HEIGHT = 20.0, 10.0
SQUARE: Final = ((LEG, 0.0), (LEG, LEG), (0.0, LEG))
STRAIGHT: Final = tuple((LEG * number, 0.0) for number in range(5))
GPS, MAG, BARO, OFF, STUCK = 4, 2, 3, 1, 2  # FAILURE_UNIT_SENSOR_*, FAILURE_TYPE_*
INJECT = 420


# --- steps ------------------------------------------------------------------------------------------------------------
def take_off(station: Station) -> None:
    station.arm()
    assert station.command(TAKE_OFF) == 0
    station.until(lambda: station.in_air, 45.0)


def disarmed_within(station: Station, seconds: float) -> None:
    station.until(lambda: not station.armed, seconds)


def waypoints(station: Station, places: Sequence[tuple[float, float]], *, through: bool, back: bool) -> None:
    items = [
        MissionItem(16, 6, param1=0.0 if through else 0.5, param2=1.0, x=lat, y=lon, z=HEIGHT)
        for lat, lon in (station.beside_home(*place) for place in places)
    ]
    station.upload(tuple(items) + ((MissionItem(20, 2),) if back else ()))
    station.run(1.0)


def current(station: Station) -> int:
    return int(station.of("MISSION_CURRENT")[-1].seq)


def finished(station: Station, last: int) -> bool:
    """The last waypoint was reached: of a return behind it nothing is told."""
    return any(message.seq == last for message in station.of("MISSION_ITEM_REACHED"))


def fly_mission(station: Station, last: int, seconds: float = 500.0, each: Callable[[], None] = lambda: None) -> None:
    station.arm()
    assert station.set_mode(MISSION) == 0

    def done() -> bool:
        each()
        return finished(station, last)

    station.until(done, seconds)


def off_track(station: Station, places: Sequence[tuple[float, float]]) -> float:
    """Metres from the leg that is flown; 0 on the way to the first place."""
    at = current(station)
    if not 0 < at < len(places):
        return 0.0
    (n0, e0), (n1, e1), (north, east, _) = places[at - 1], places[at], station.place
    along = (n1 - n0, e1 - e0)
    share = ((north - n0) * along[0] + (east - e0) * along[1]) / (along[0] ** 2 + along[1] ** 2)
    share = min(max(share, 0.0), 1.0)
    return hypot(north - n0 - share * along[0], east - e0 - share * along[1])


def send_position(station: Station, place: Ned, yaw_deg: float) -> None:
    station.link.send(
        dialect.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, 1, 0b100111111000, *place, 0, 0, 0, 0, 0, 0, radians(yaw_deg), 0
        )
    )


def offboard_to(station: Station, place: Ned, yaw_deg: float, seconds: float) -> None:
    """Within 0.3 m."""
    for _ in range(5):
        send_position(station, place, yaw_deg)
        station.run(0.1)
    if station.mode != OFFBOARD:
        assert station.set_mode(OFFBOARD) == 0

    def there() -> bool:
        send_position(station, place, yaw_deg)
        return max(abs(a - b) for a, b in zip(station.place, place, strict=True)) < 0.3

    station.until(there, seconds)


def offboard_down(station: Station) -> None:
    def down() -> bool:
        station.link.send(
            dialect.MAVLink_set_position_target_local_ned_message(
                0, 1, 1, 1, 0b010111000111, 0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0
            )
        )
        return not station.armed

    station.until(down, 120.0)


def sticks(station: Station, seconds: float, forward: float = 0.0, right: float = 0.0, up: float = 0.5) -> None:
    """MANUAL_CONTROL at 50 Hz."""
    for _ in range(round(seconds * 50)):
        station.link.send(
            dialect.MAVLink_manual_control_message(
                1, round(1000 * forward), round(1000 * right), round(1000 * up), 0, 0
            )
        )
        station.run(0.02)


# --- the cases --------------------------------------------------------------------------------------------------------
def takeoff_and_hold_position(station: Station) -> None:
    """10 m within 0.35 m, and then for a minute within 0.25 m of where it was."""
    station.set_param("MIS_TAKEOFF_ALT", 10.0)
    take_off(station)
    station.until(lambda: abs(station.place[2] + 10.0) < 0.35, 30.0)
    station.run(3.0)
    began = station.place[2]
    for _ in range(240):
        station.run(0.25)
        assert abs(station.place[2] - began) < 0.25, (station.place, began)


def takeoff_and_land(station: Station) -> None:
    take_off(station)
    assert station.command(21) == 0
    disarmed_within(station, 180.0)


def square_mission_with_return(station: Station) -> None:
    waypoints(station, SQUARE, through=False, back=True)
    fly_mission(station, 2)
    disarmed_within(station, 180.0)


def square_mission_and_a_return_by_hand(station: Station) -> None:
    """Never 5 m from the leg."""
    waypoints(station, SQUARE, through=False, back=False)
    far: list[float] = [0.0]
    fly_mission(station, 2, each=lambda: far.append(off_track(station, SQUARE)))
    assert max(far) < 5.0
    assert station.command(20) == 0
    disarmed_within(station, 180.0)


def straight_mission_flown_through(station: Station) -> None:
    """Above 4 m/s from the second place on to the third, and never 5 m from the line."""
    waypoints(station, STRAIGHT, through=True, back=False)
    far, speeds = [0.0], [nan]

    def watch() -> None:
        far.append(off_track(station, STRAIGHT))
        if current(station) == 3 and station.place[0] > 1.2 * LEG * 2:
            speeds.append(station.of("VFR_HUD")[-1].groundspeed)

    fly_mission(station, 4, each=watch)
    assert max(far) < 5.0 and len(speeds) > 1 and min(speeds[1:]) > 4.0, (max(far), speeds)
    assert station.command(20) == 0
    disarmed_within(station, 180.0)


def offboard_takeoff_and_land(station: Station) -> None:
    station.set_param("COM_RCL_EXCEPT", 4.0)
    station.arm()
    offboard_to(station, (0.0, 0.0, -2.0), 0.0, 90.0)
    offboard_down(station)
    assert station.from_home < 2.0


def offboard_positions(station: Station) -> None:
    """Each within 10 s."""
    station.set_param("COM_RCL_EXCEPT", 4.0)
    station.arm()
    for place, yaw in (
        ((0.0, 0.0, -2.0), 0.0),
        ((0.0, 5.0, -2.0), 180.0),
        ((5.0, 5.0, -4.0), 180.0),
        ((5.0, 0.0, -4.0), 90.0),
        ((0.0, 0.0, -2.0), 0.0),
    ):
        offboard_to(station, place, yaw, 10.0)
    offboard_down(station)
    assert station.from_home < 2.0


def offboard_attitude(station: Station) -> None:
    """Up 10 m by thrust, forward at a pitch of 20 degrees, down, and disarmed."""
    station.set_param("COM_RCL_EXCEPT", 4.0)

    def send(pitch_deg: float, thrust: float) -> None:
        half = radians(pitch_deg) / 2.0
        station.link.send(
            dialect.MAVLink_set_attitude_target_message(
                0, 1, 1, 0b00000111, (cos(half), 0.0, sin(half), 0.0), 0, 0, 0, thrust
            )
        )
        station.run(0.02)

    for _ in range(25):
        send(0.0, 0.0)
    assert station.set_mode(OFFBOARD) == 0
    for _ in range(5):
        send(0.0, 0.0)
    station.link.send(dialect.MAVLink_command_long_message(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0))
    for _ in range(50):
        send(0.0, 0.0)
    assert station.armed
    start = station.of("GPS_RAW_INT")[-1].alt
    for _ in range(50 * 30):
        send(0.0, 0.8)
        if station.of("GPS_RAW_INT")[-1].alt - start > 10_000:
            break
    else:
        raise AssertionError("it does not climb")
    for _ in range(150):
        send(-20.0, 0.8)
    attitude = station.of("ATTITUDE")[-1]
    assert abs(degrees(attitude.pitch) + 20.0) < 5.0 and abs(degrees(attitude.roll)) < 5.0
    for _ in range(300):
        send(0.0, 0.4)
    for _ in range(50 * 120):
        send(0.0, 0.0)
        if not station.armed:
            return
    raise AssertionError("still armed")


def _forward_by_hand(station: Station, mode: tuple[int, int]) -> None:
    sticks(station, 1.0)
    assert station.set_mode(mode) == 0
    sticks(station, 3.0)
    station.link.send(dialect.MAVLink_command_long_message(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0))
    sticks(station, 1.0)
    assert station.armed and station.mode == mode
    sticks(station, 5.0, up=1.0)
    sticks(station, 10.0, forward=0.5)
    for _ in range(60):
        sticks(station, 1.0, up=0.0)
        if not station.in_air:
            break
    disarmed_within(station, 180.0)
    assert station.from_home > 5.0


def forward_in_position_control(station: Station) -> None:
    _forward_by_hand(station, POSITION)


def forward_in_altitude_control(station: Station) -> None:
    _forward_by_hand(station, ALTITUDE)


def _break_in_the_mission(station: Station, reference: float, unit: int, kind: int) -> None:
    station.set_param("EKF2_HGT_REF", reference)
    station.set_param("SYS_FAILURE_EN", 1.0)
    waypoints(station, SQUARE, through=False, back=True)
    station.arm()
    assert station.set_mode(MISSION) == 0
    station.until(lambda: current(station) >= 1, 60.0)
    assert station.command(INJECT, float(unit), float(kind), 0.0) == 0


def lands_without_gps(station: Station, reference: float) -> None:
    """Within half a minute."""
    _break_in_the_mission(station, reference, GPS, OFF)
    disarmed_within(station, 30.0)


def goes_on_without(station: Station, reference: float, unit: int, kind: int) -> None:
    _break_in_the_mission(station, reference, unit, kind)
    station.until(lambda: finished(station, 2), 120.0)
    disarmed_within(station, 120.0)


def a_failure_is_refused_in_the_air(station: Station) -> None:
    """MAVSDK asks for SYS_FAILURE_EN first; a SITL begins with 1."""
    station.set_param("SYS_FAILURE_EN", 0.0)
    take_off(station)
    assert station.get_param("SYS_FAILURE_EN") == 0.0
    assert station.command(20) == 0
    disarmed_within(station, 180.0)


class Walker:
    """A target that walks north at 2 m/s from where the vehicle was."""

    def __init__(self, station: Station) -> None:
        self.north, self.east, _ = station.place
        self.start = station.of("HOME_POSITION")[-1].altitude / 1e3

    def tell(self, station: Station, velocity: Ned, place: tuple[float, float] | None = None) -> None:
        lat, lon = station.beside_home(self.north, self.east) if place is None else place
        x, y = (round(lat * 1e7), round(lon * 1e7)) if lat == lat else (-(2**31), -(2**31))
        altitude = self.start if lat == lat else nan
        station.link.send(
            dialect.MAVLink_follow_target_message(
                0,
                3,
                x,
                y,
                altitude,
                velocity,
                (0.0, 0.0, 0.0),
                (1.0, 0.0, 0.0, 0.0),
                (0.0, 0.0, 0.0),
                (0.0, 0.0, 0.0),
                0,
            )
        )


def _follow_from(station: Station, angle: float, distance: float = 8.0, height: float = 10.0) -> None:
    for name, value in (("FLW_TGT_FA", angle), ("FLW_TGT_DST", distance), ("FLW_TGT_HT", height)):
        station.set_param(name, value)


def follows_in_a_line(station: Station, *, velocity: bool) -> None:
    """Behind, ahead, and at both sides ahead: within 11 m of where it should be, at its height."""
    station.set_param("MIS_TAKEOFF_ALT", 10.0)
    take_off(station)
    station.until(lambda: abs(station.place[2] + 10.0) < 1.0, 30.0)
    walker = Walker(station)
    _follow_from(station, 0.0)
    station.set_param("FLW_TGT_MAX_VEL", 15.0)
    assert station.set_mode(FOLLOW) == 0
    told = (2.0, 0.0, 0.0) if velocity else (nan, nan, nan)
    for angle, seconds in ((0.0, 5), (180.0, 15), (0.0, 15), (45.0, 20), (-45.0, 20)):
        _follow_from(station, angle)
        for second in range(seconds):
            if seconds > 5:
                walker.north += 2.0
                if second >= 10:
                    north, east, down = station.place
                    want = walker.north + 8.0 * cos(radians(angle)), walker.east + 8.0 * sin(radians(angle))
                    assert abs(north - want[0]) < 11.0 and abs(east - want[1]) < 11.0 and abs(down + 10.0) < 3.0
            walker.tell(station, told if seconds > 5 else (0.0, 0.0, 0.0))
            station.run(1.0)
    assert station.command(21) == 0
    disarmed_within(station, 300.0)


def does_not_follow_a_velocity_alone(station: Station) -> None:
    station.set_param("MIS_TAKEOFF_ALT", 10.0)
    take_off(station)
    station.until(lambda: abs(station.place[2] + 10.0) < 1.0, 30.0)
    walker, began = Walker(station), station.place
    _follow_from(station, 180.0)
    assert station.set_mode(FOLLOW) == 0
    for _ in range(15):
        walker.tell(station, (2.0, 1.0, 0.5), (nan, nan))
        station.run(1.0)
    assert max(abs(a - b) for a, b in zip(station.place, began, strict=True)) < 4.0
    assert station.command(21) == 0
    disarmed_within(station, 300.0)
    assert station.from_home < 1.0


def sticks_move_the_follower(station: Station) -> None:
    """Throttle its height, pitch its distance, roll its angle: at least half of what full deflection is for 3 s."""
    station.set_param("MIS_TAKEOFF_ALT", 10.0)
    take_off(station)
    station.until(lambda: abs(station.place[2] + 10.0) < 1.0, 30.0)
    walker = Walker(station)
    _follow_from(station, 0.0, distance=10.0)
    station.set_param("FLW_TGT_MAX_VEL", 8.0)
    assert station.set_mode(FOLLOW) == 0

    def hold(seconds: float, forward: float = 0.0, right: float = 0.0, up: float = 0.5) -> None:
        for _ in range(round(seconds * 5)):
            walker.tell(station, (0.0, 0.0, 0.0))
            sticks(station, 0.2, forward, right, up)

    hold(8.0)
    began = station.place
    hold(3.0, up=1.0)
    hold(2.0)
    assert began[2] - station.place[2] > 1.5 * 3.0 * 0.5
    hold(3.0, forward=1.0)
    hold(2.0)
    assert hypot(station.place[0] - walker.north, station.place[1] - walker.east) > 10.0 + 2.0 * 3.0 * 0.5
    before = atan2(station.place[1] - walker.east, station.place[0] - walker.north)
    hold(3.0, right=1.0)
    hold(2.0)
    after = atan2(station.place[1] - walker.east, station.place[0] - walker.north)
    assert (after - before) % (2.0 * pi) > 1.5 * 3.0 * 0.5 * 0.5
    assert station.set_mode(LAND) == 0
    disarmed_within(station, 300.0)


def _with(case: Callable[..., None], **given: object) -> Callable[[Station], None]:
    return lambda station: case(station, **given)


CASES: dict[str, Callable[[Station], None]] = {
    "Takeoff and hold position": takeoff_and_hold_position,
    "Takeoff and Land": takeoff_and_land,
    "Fly square Multicopter Missions including RTL": square_mission_with_return,
    "Fly square Multicopter Missions with manual RTL": square_mission_and_a_return_by_hand,
    "Fly straight Multicopter Mission": straight_mission_flown_through,
    "Offboard takeoff and land": offboard_takeoff_and_land,
    "Offboard position control": offboard_positions,
    "Offboard attitude control": offboard_attitude,
    "Fly forward in position control": forward_in_position_control,
    "Fly forward in altitude control": forward_in_altitude_control,
    "Land on GPS lost during mission (baro height mode)": _with(lands_without_gps, reference=0.0),
    "Land on GPS lost during mission (GPS height mode)": _with(lands_without_gps, reference=1.0),
    "Continue on mag lost during mission": _with(goes_on_without, reference=1.0, unit=MAG, kind=OFF),
    "Continue on mag stuck during mission": _with(goes_on_without, reference=1.0, unit=MAG, kind=STUCK),
    "Continue on baro lost during mission (baro height mode)": _with(
        goes_on_without, reference=0.0, unit=BARO, kind=OFF
    ),
    "Continue on baro lost during mission (GPS height mode)": _with(
        goes_on_without, reference=1.0, unit=BARO, kind=OFF
    ),
    "Continue on baro stuck during mission (baro height mode)": _with(
        goes_on_without, reference=0.0, unit=BARO, kind=STUCK
    ),
    "Continue on baro stuck during mission (GPS height mode)": _with(
        goes_on_without, reference=1.0, unit=BARO, kind=STUCK
    ),
    "Failure Injection - Reject mid-air when it is disabled": a_failure_is_refused_in_the_air,
    "Follow target - Position streaming": _with(follows_in_a_line, velocity=False),
    "Follow target - Position and velocity streaming": _with(follows_in_a_line, velocity=True),
    "Follow target - Velocity streaming only": does_not_follow_a_velocity_alone,
    "Follow target - RC Adjustment": sticks_move_the_follower,
}
"""By the names that the suite gives them."""
