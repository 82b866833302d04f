"""The simulated copter flies targets: legs, stops, circles, splines, turns, velocities, attitudes, sticks."""

from __future__ import annotations

from math import degrees, radians

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import (
    Attitude,
    Circle,
    Drive,
    Hold,
    Idle,
    Land,
    Leg,
    Pilot,
    PilotKind,
    Speeds,
    Sticks,
    Velocity,
    Yaw,
    YawMode,
)
from autopilot.interface.vehicle import VehicleEvent
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.copter_flight import HOME, CopterFlight


def test_a_waypoint_on_the_ground_is_not_flown() -> None:
    """Armed on the ground only a takeoff, sticks or attitude lift off; the motors idle."""
    flight = CopterFlight()
    flight.ready()
    flight.copter.set_target(Leg((50.0, 0.0, -20.0)))
    assert not flight.run(5.0, VehicleEvent.ARRIVED | VehicleEvent.LIFTOFF)
    assert flight.report[R.TRUE_D] == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize(("length", "seconds"), ((3.0, 5.02), (20.0, 9.04), (60.0, 12.99), (140.0, 20.80)))
def test_a_stop_is_reached_when_its_profile_has_ended(flight: CopterFlight, length: float, seconds: float) -> None:
    """The times of ArduCopter's S-curves (10 m/s, 2.5 m/s2, 1 m/s3, whose jerk takes 0.3 s to come), and up to 0.6 s
    more, for time passes more slowly on them while the vehicle lags. It is there then, at rest."""
    north = flight.truth()[0]
    flight.copter.set_target(Leg((north + length, 0.0, -20.0), start=(north, 0.0, -20.0)))
    track = flight.record(30.0, (R.NORTH, R.EAST, R.DOWN, R.TIME_MS, R.GROUND_SPEED), VehicleEvent.ARRIVED)
    assert seconds - 0.02 < 0.001 * (track[-1, 3] - track[0, 3]) < seconds + 0.6
    assert np.hypot(track[-1, 0] - north - length, track[-1, 1]) < 0.3
    assert track[-1, 4] < 0.2


def test_a_speed_that_changes_on_the_way_is_flown_and_the_stop_is_the_same(flight: CopterFlight) -> None:
    """While it speeds up, while it keeps its speed; slower and faster."""
    for after, ground in ((2.0, 6.0), (9.0, 5.0), (12.0, 12.0)):
        north = flight.truth()[0]
        flight.copter.set_speeds(Speeds(8.0, 2.5, 1.5))
        flight.copter.set_target(Leg((north + 300.0, 0.0, -20.0)))
        flight.run(after)
        flight.copter.set_speeds(Speeds(ground, 2.5, 1.5))
        flight.run(9.0)
        assert flight.report[R.GROUND_SPEED] == pytest.approx(ground, abs=0.3)
        assert flight.run(60.0, VehicleEvent.ARRIVED)
        assert flight.truth()[0] == pytest.approx(north + 300.0, abs=0.5)
        assert flight.report[R.GROUND_SPEED] < 0.3


def test_a_faster_speed_is_flown_as_far_as_the_rest_of_the_leg_has_room_for_it(flight: CopterFlight) -> None:
    """As ArduCopter's S-curves do. It kept the slow speed on legs that were too short for the whole new one."""
    north = flight.truth()[0]
    flight.copter.set_speeds(Speeds(2.0, 2.5, 1.5))
    flight.copter.set_target(Leg((north + 45.0, 0.0, -20.0)))
    flight.run(6.0)
    flight.copter.set_speeds(Speeds(12.0, 2.5, 1.5))
    track = flight.record(30.0, (R.GROUND_SPEED, R.TIME_MS), VehicleEvent.ARRIVED)
    assert 4.5 < track[:, 0].max() < 9.0
    assert track[-1, 1] - track[0, 1] < 13_000
    assert flight.truth()[0] == pytest.approx(north + 45.0, abs=0.5)
    assert flight.report[R.GROUND_SPEED] < 0.3


def test_a_slower_speed_ends_the_speeding_up_and_holds_on_a_short_leg(flight: CopterFlight) -> None:
    """A climb that has just begun, and is too short to reach the speed before. It climbed as if nothing was told."""
    flight.fly(Hold((0.0, 0.0, -20.0)), 5.0)
    flight.copter.set_target(Leg((0.0, 0.0, -30.0)))
    flight.run(1.8)
    flight.copter.set_speeds(Speeds(10.0, 0.5, 1.5))
    track = flight.record(60.0, (R.TRUE_D, R.TIME_MS), VehicleEvent.ARRIVED)
    assert track[-1, 1] - track[0, 1] > 13_000
    assert flight.truth()[2] == pytest.approx(-30.0, abs=0.3)


def test_a_target_that_is_given_anew_all_the_time_is_flown_to(flight: CopterFlight) -> None:
    """As GUIDED does for who streams it: the same place or one that moves, five times a second, from rest."""
    for ahead in (0.0, 0.4):
        begin = flight.truth()[0]
        for k in range(100):
            flight.copter.set_target(Leg((begin + 60.0 + ahead * k, 0.0, -20.0)))
            flight.run(0.2)
        assert flight.truth()[0] > begin + 57.0
        flight.run(15.0)


def test_past_the_plane_counts_as_passed(flight: CopterFlight) -> None:
    """A leg that is joined on the way, and whose line runs beside the vehicle, is passed across its end."""
    flight.copter.set_target(Leg((-90.0, 10.0, -20.0)))
    flight.run(5.0)
    ahead = flight.truth()[0] - 5.0
    begin, end = (ahead + 30.0, 30.0, -20.0), (ahead, 30.0, -20.0)
    flight.copter.set_target(Leg(end, start=begin, next=(ahead - 50.0, 30.0, -20.0), radius=1.0))
    assert flight.run(4.0, VehicleEvent.ARRIVED)
    assert flight.report[R.EAST] < 10.0


def test_after_a_corner_without_a_new_target_it_goes_to_the_end_and_stops(flight: CopterFlight) -> None:
    """It does not fly on towards `next`."""
    flight.copter.set_target(Leg((50.0, 0.0, -20.0), next=(50.0, 100.0, -20.0)))
    assert flight.run(30.0, VehicleEvent.ARRIVED)
    flight.run(10.0)
    assert flight.truth() == pytest.approx((50.0, 0.0, -20.0), abs=1.0)
    assert flight.report[R.GROUND_SPEED] < 0.3


def test_speeds_act_in_the_middle_of_a_leg(flight: CopterFlight) -> None:
    """Slower within two seconds, without a new target."""
    flight.copter.set_target(Leg((400.0, 0.0, -20.0)))
    flight.run(12.0)
    assert flight.report[R.GROUND_SPEED] == pytest.approx(10.0, abs=0.5)
    flight.copter.set_speeds(Speeds(4.0, 2.5, 1.5))
    flight.run(5.0)
    assert flight.report[R.GROUND_SPEED] == pytest.approx(4.0, abs=0.4)


def test_circle_counts_turns_from_the_edge(flight: CopterFlight) -> None:
    """One and a half turns of 12 m clockwise, always within a metre of the ring."""
    flight.copter.set_target(Circle((30.0, 0.0, -20.0), 12.0, 1, 1.5))
    track = flight.record(120.0, (R.TRUE_N, R.TRUE_E, R.TURNS), VehicleEvent.ARRIVED)
    assert flight.seen & VehicleEvent.ARRIVED
    ring = track[track[:, 2] > 0.02]
    assert np.abs(np.hypot(ring[:, 0] - 30.0, ring[:, 1]) - 12.0).max() < 1.0
    angle = np.unwrap(np.arctan2(ring[:, 1], ring[:, 0] - 30.0))
    assert (angle[-1] - angle[0]) / (2.0 * np.pi) == pytest.approx(1.48, abs=0.03)


def test_yaw_turns_the_asked_way_at_the_asked_rate_and_reports(flight: CopterFlight) -> None:
    """From north the long way to 90 degrees at 30 deg/s: 9 s, without restarting the hold."""
    flight.fly(Hold((0.0, 0.0, -20.0), Yaw(YawMode.ANGLE, 0.0)), 10.0)
    flight.run(3.0)
    flight.copter.set_yaw(Yaw(YawMode.ANGLE, radians(90.0), radians(30.0), -radians(270.0)))
    begin = flight.now_ms
    assert flight.run(20.0, VehicleEvent.YAW_DONE)
    assert (flight.now_ms - begin) / 1000.0 == pytest.approx(9.0, abs=1.0)
    assert degrees(flight.report[R.TRUE_YAW]) == pytest.approx(90.0, abs=5.0)
    assert flight.report[R.ARRIVED] == 1.0


def test_nose_follows_a_point_of_interest(flight: CopterFlight) -> None:
    """While a leg passes it."""
    flight.copter.set_target(Leg((100.0, 0.0, -20.0), yaw=Yaw(YawMode.POINT, point=(50.0, 30.0, 0.0))))
    flight.run(8.0)
    wanted = np.arctan2(30.0 - flight.report[R.EAST], 50.0 - flight.report[R.NORTH])
    assert flight.report[R.YAW] == pytest.approx(wanted, abs=0.2)


def test_velocity_is_flown_and_ends_in_a_hold_when_not_renewed(flight: CopterFlight) -> None:
    """GUID_TIMEOUT: 3 s, then at rest."""
    flight.copter.set_target(Velocity((3.0, -4.0, -1.0)))
    flight.run(2.8)
    assert flight.report[R.TRUE_VN : R.TRUE_VD + 1] == pytest.approx([3.0, -4.0, -1.0], abs=0.4)
    flight.run(4.0)
    assert flight.report[R.TRUE_VN : R.TRUE_VD + 1] == pytest.approx([0.0, 0.0, 0.0], abs=0.3)


@pytest.mark.parametrize("north", [12.0, 80.0])
def test_a_position_with_a_velocity_is_reached_when_neither_is_renewed(flight: CopterFlight, north: float) -> None:
    """It has moved on with the velocity until GUID_TIMEOUT (ArduCopter's posvelaccel_control_run)."""
    flight.copter.set_target(Velocity((2.0, 0.0, -0.5), position=(north, 5.0, -22.0)))
    flight.run(25.0)
    assert flight.truth() == pytest.approx((north + 6.0, 5.0, -23.5), abs=0.6)
    assert flight.report[R.TRUE_VN : R.TRUE_VD + 1] == pytest.approx([0.0, 0.0, 0.0], abs=0.3)


def test_a_turning_rate_is_at_most_the_vehicles_own(flight: CopterFlight) -> None:
    """60 deg/s (ArduCopter's set_fixed_yaw: ATC_SLEW_YAW)."""
    flight.fly(Hold((0.0, 0.0, -20.0), Yaw(YawMode.ANGLE, 0.0)), 10.0)
    flight.run(3.0)
    flight.copter.set_yaw(Yaw(YawMode.ANGLE, radians(180.0), radians(200.0), radians(180.0)))
    turned = flight.record(5.0, (R.R,), VehicleEvent.YAW_DONE)
    assert degrees(float(np.abs(turned).max())) < 75.0


def test_attitude_target_holds_angles_and_climb(flight: CopterFlight) -> None:
    """Ten degrees of roll, half a metre a second up."""
    flight.copter.set_target(Attitude(radians(10.0), 0.0, 0.0, climb=0.5, timeout_ms=5000))
    flight.run(3.0)
    assert degrees(flight.report[R.TRUE_ROLL]) == pytest.approx(10.0, abs=2.0)
    assert flight.report[R.TRUE_VD] == pytest.approx(-0.5, abs=0.3)


@pytest.mark.parametrize("climb", [0.0, 0.5])
def test_body_rates_turn_while_the_climb_rate_is_held(flight: CopterFlight, climb: float) -> None:
    """A second at 10 degrees a second of roll and -5 of pitch; then, not renewed, it levels and keeps its height."""
    rates = (radians(10.0), radians(-5.0))
    flight.copter.set_target(Attitude(0.0, 0.0, 0.0, climb=climb, timeout_ms=1000, body_rates=rates))
    flight.run(0.3)
    before = flight.report[R.TRUE_ROLL], flight.report[R.TRUE_PITCH]
    flight.run(0.6)
    assert degrees(flight.report[R.TRUE_ROLL] - before[0]) == pytest.approx(6.0, abs=0.5)
    assert degrees(flight.report[R.TRUE_PITCH] - before[1]) == pytest.approx(-3.0, abs=0.5)
    assert flight.report[R.TRUE_VD] == pytest.approx(-climb, abs=0.2)
    flight.run(3.0)
    assert degrees(flight.report[R.TRUE_ROLL]) == pytest.approx(0.0, abs=1.0)
    assert flight.report[R.TRUE_VD] == pytest.approx(0.0, abs=0.1)


def test_sticks_fly_the_pilot_modes(flight: CopterFlight) -> None:
    """LOITER: forward stick flies forward, centred brakes; ALT_HOLD: throttle climbs; STABILIZE: angles."""
    copter = flight.copter
    copter.set_target(Pilot(PilotKind.LOITER))
    copter.set_sticks(Sticks(pitch=0.4))
    flight.run(6.0)
    assert flight.report[R.TRUE_VN] > 3.0
    copter.set_sticks(Sticks())
    flight.run(6.0)
    assert flight.report[R.GROUND_SPEED] < 0.3
    copter.set_target(Pilot(PilotKind.ALT_HOLD))
    copter.set_sticks(Sticks(throttle=0.9))
    flight.run(3.0)
    assert flight.report[R.TRUE_VD] < -1.5
    copter.set_target(Pilot(PilotKind.STABILIZE))
    copter.set_sticks(Sticks(roll=0.5, throttle=0.5))
    flight.run(1.0)
    assert degrees(flight.report[R.TRUE_ROLL]) == pytest.approx(15.0, abs=3.0)


def test_stick_takeoff_and_landing() -> None:
    """In ALT_HOLD throttle above the middle lifts off, down lands."""
    flight = CopterFlight()
    flight.ready()
    flight.copter.set_target(Pilot(PilotKind.ALT_HOLD))
    flight.copter.set_sticks(Sticks(throttle=0.0))
    assert not flight.run(2.0, VehicleEvent.LIFTOFF)
    flight.copter.set_sticks(Sticks(throttle=0.8))
    assert flight.run(6.0, VehicleEvent.LIFTOFF)
    flight.run(2.0)
    flight.copter.set_sticks(Sticks(throttle=0.0))
    assert flight.run(20.0, VehicleEvent.LANDED)


def test_near_is_raised_once_inside_the_watched_distance(flight: CopterFlight) -> None:
    """CONDITION_DISTANCE: 25 m before the end."""
    flight.copter.watch_distance(25.0)
    flight.copter.set_target(Leg((80.0, 0.0, -20.0)))
    assert flight.run(30.0, VehicleEvent.NEAR)
    assert flight.report[R.WP_DISTANCE] == pytest.approx(25.0, abs=0.3)
    flight.seen = VehicleEvent(0)
    assert flight.run(30.0, VehicleEvent.ARRIVED)
    assert not flight.seen & VehicleEvent.NEAR


def test_a_copter_cannot_drive() -> None:
    """A programming error, said so."""
    with pytest.raises(TypeError, match="Drive"):
        SimulatedCopter(HOME).set_target(Drive(1.0))


def test_a_target_that_is_not_finite_is_refused_and_the_old_one_stays(flight: CopterFlight) -> None:
    """Not a number would never leave the state again."""
    flight.fly(Hold((5.0, 0.0, -20.0)), 10.0)
    with pytest.raises(ValueError, match="not finite"):
        flight.copter.set_target(Leg((float("nan"), 0.0, -20.0)))
    flight.run(5.0)
    assert flight.truth() == pytest.approx((5.0, 0.0, -20.0), abs=1.0)


def test_idle_in_the_air_brakes_and_never_arrives(flight: CopterFlight) -> None:
    """Idle means nothing to fly to."""
    flight.copter.set_target(Idle())
    assert not flight.run(5.0, VehicleEvent.ARRIVED)
    assert flight.report[R.TRUE_D] == pytest.approx(-20.0, abs=1.0)


def test_a_spline_passes_its_points_without_stopping() -> None:
    """Through three waypoints on a curve: each within 2 m, never slower than 2 m/s between them."""
    flight = CopterFlight(3, wind=5.0, gust=1.0)
    flight.take_off()
    points = [(0.0, 0.0, -20.0), (60.0, 40.0, -20.0), (120.0, 0.0, -25.0), (180.0, 40.0, -20.0)]
    flight.fly(Hold(points[0]), 10.0)
    rows = []
    for i in range(1, 4):
        flight.copter.set_target(
            Leg(
                points[i],
                start=points[i - 1],
                next=points[i + 1] if i < 3 else None,
                previous=points[i - 2] if i > 1 else None,
                spline=True,
                next_is_spline=i < 3,
            )
        )
        rows.append(flight.record(60.0, (R.TRUE_N, R.TRUE_E, R.TRUE_D, R.GROUND_SPEED), VehicleEvent.ARRIVED))
        assert flight.seen & VehicleEvent.ARRIVED
    track = np.concatenate([*rows, flight.record(5.0, (R.TRUE_N, R.TRUE_E, R.TRUE_D, R.GROUND_SPEED))])
    for point in points[1:]:
        assert np.sqrt(((track[:, :3] - np.array(point)) ** 2).sum(axis=1)).min() < 2.0
    assert rows[1][:, 3].min() > 2.0


def test_a_spline_that_turns_back_faster_than_it_can_be_flown_goes_on(flight: CopterFlight) -> None:
    """The curve waits for a reference that leaves it in the bend: the reference stood still just as far away as makes
    the curve wait, and the copter hovered there for ever."""
    points = [(-60.0, 31.0, -30.0), (41.0, 40.0, -30.0), (-46.0, 57.0, -30.0), (-54.0, -55.0, -30.0)]
    flight.fly(Leg(points[0], next=None), 60.0)
    flight.fly(Leg(points[1], start=points[0], next=points[2], next_is_spline=True), 60.0)
    back = Leg(points[2], start=points[1], next=points[3], previous=points[0], spline=True, next_is_spline=True)
    flight.copter.set_target(back)
    assert flight.run(60.0, VehicleEvent.ARRIVED)


def test_a_landing_where_it_stands_has_arrived() -> None:
    """LAND on the ground, armed: ARRIVED at once and no second LANDED, the motors idle."""
    flight = CopterFlight()
    flight.ready()
    flight.copter.set_target(Land())
    assert flight.run(1.0, VehicleEvent.ARRIVED)
    assert not flight.seen & VehicleEvent.LANDED


def test_acro_turns_at_the_sticks_rate(flight: CopterFlight) -> None:
    """A tenth of the roll stick is 36 deg/s."""
    flight.copter.set_target(Pilot(PilotKind.ACRO))
    flight.copter.set_sticks(Sticks(roll=0.1, throttle=0.5))
    flight.run(0.3)
    assert degrees(flight.report[R.P]) == pytest.approx(36.0, abs=6.0)
