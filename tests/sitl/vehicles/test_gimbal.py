"""The simulated gimbal: motions that keep their rates, joints that keep their limits, whatever is asked."""

from __future__ import annotations

from math import degrees, inf, isfinite, pi, radians
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.interface import report as R
from autopilot.mav import GimbalError
from autopilot.mount.gimbal import Demand, Posture
from autopilot.mount.rotation import attitude, inverse, joints_of, of_joints, times, turn, wrap
from sitl.vehicles.gimbal import SimulatedGimbal, move

RATE, ACCELERATION = radians(90.0), radians(360.0)
angle = st.floats(-3.0, 3.0)
speed = st.floats(-2.0, 2.0)


class Body:
    """A vehicle that is put where a test wants it."""

    def __init__(self, **values: float) -> None:
        self.row = np.zeros(R.SIZE)
        self.values = {name: float(value) for name, value in values.items()}
        self.gimbal = SimulatedGimbal(self.values, lambda: self.row)

    def put(self, seconds: float, roll: float = 0.0, pitch: float = 0.0, yaw: float = 0.0) -> Any:
        """At this time with this attitude, deg; where the gimbal then points."""
        self.row[R.TIME_MS] = 1000.0 * seconds
        self.row[[R.TRUE_ROLL, R.TRUE_PITCH, R.TRUE_YAW]] = [radians(one) for one in (roll, pitch, yaw)]
        return self.gimbal.pointing()

    def point(self, roll: float, pitch: float, yaw: float, *, locked: bool = False) -> None:
        self.gimbal.demand(Demand(angles=(radians(roll), radians(pitch), radians(yaw)), locked=locked))


def told(q: Any) -> list[float]:
    return [degrees(one) for one in joints_of(q)]


# --- one angle --------------------------------------------------------------------------------------------------------
@given(angle, speed, angle, st.floats(0.02, 3.0), st.floats(0.1, 10.0))
def test_a_motion_ends_where_it_should_and_keeps_its_rates(
    begin: float, rate: float, to: float, fastest: float, acceleration: float
) -> None:
    """It is continuous, never faster than it was or may be, never accelerates more, and rests at its end."""
    motion = move(0.0, begin, rate, to, fastest, acceleration)
    end = sum(seconds for seconds, _ in motion.pieces)
    assert motion.at(end + 1.0) == pytest.approx((to, 0.0), abs=1e-6)
    before = motion.at(0.0)
    assert before == pytest.approx((begin, rate))
    steps = 60
    for number in range(1, steps + 1):
        now = motion.at(end * number / steps)
        assert abs(now[1]) <= max(fastest, abs(rate)) + 1e-9
        assert abs(now[1] - before[1]) <= acceleration * end / steps + 1e-9
        assert abs(now[0] - before[0]) <= max(fastest, abs(rate)) * end / steps + 1e-9
        before = now


def test_a_motion_is_the_shortest_there_is() -> None:
    """From rest over 90 deg at 90 deg/s and 360 deg/s2: a quarter of a second more than at full rate."""
    motion = move(0.0, 0.0, 0.0, radians(90.0), RATE, ACCELERATION)
    assert sum(seconds for seconds, _ in motion.pieces) == pytest.approx(1.25)
    short = move(0.0, 0.0, 0.0, radians(10.0), RATE, ACCELERATION)
    assert sum(seconds for seconds, _ in short.pieces) == pytest.approx(2.0 * (10.0 / 360.0) ** 0.5)


def test_a_motion_without_end_keeps_its_rate() -> None:
    """Yaw that turns on and on."""
    motion = move(2.0, 1.0, 0.0, -inf, RATE, ACCELERATION)
    assert motion.at(2.25)[1] == pytest.approx(-RATE)
    assert motion.at(12.25)[0] == pytest.approx(motion.at(2.25)[0] - 10.0 * RATE)


# --- attitudes --------------------------------------------------------------------------------------------------------
@given(st.floats(-1.5, 1.5), angle, angle)
def test_joints_come_back(roll: float, pitch: float, yaw: float) -> None:
    """Also of a camera that looks straight down."""
    assert [
        wrap(a - b) for a, b in zip(joints_of(of_joints((roll, pitch, yaw))), (roll, pitch, yaw), strict=True)
    ] == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_straight_down_is_down() -> None:
    """The optical axis is x."""
    assert turn(of_joints((0.0, -pi / 2.0, 0.7)), (1.0, 0.0, 0.0)) == pytest.approx((0.0, 0.0, 1.0), abs=1e-12)
    assert turn(attitude(0.0, 0.0, pi / 2.0), (1.0, 0.0, 0.0)) == pytest.approx((0.0, 1.0, 0.0), abs=1e-12)


def test_it_holds_the_horizon_under_a_leaning_vehicle() -> None:
    """Roll and pitch of the body are taken out; yaw follows the nose, or stays with north."""
    body = Body()
    body.point(0.0, -30.0, 20.0)
    body.put(10.0)
    assert told(body.put(11.0, roll=15.0, pitch=-10.0, yaw=40.0).earth) == pytest.approx([0.0, -30.0, 60.0])
    body.point(0.0, -30.0, 60.0, locked=True)
    assert told(body.put(20.0, roll=-15.0, pitch=5.0, yaw=-90.0).earth) == pytest.approx([0.0, -30.0, 60.0])


def test_between_lock_and_follow_it_does_not_jump() -> None:
    """Locked while it looks ahead, it goes on looking there; and the other way."""
    body = Body()
    body.point(0.0, 0.0, 0.0)
    body.put(5.0, yaw=70.0)
    body.point(0.0, 0.0, 90.0, locked=True)
    assert told(body.put(5.0, yaw=70.0).earth)[2] == pytest.approx(70.0)
    assert told(body.put(9.0, yaw=170.0).earth)[2] == pytest.approx(90.0)
    body.point(0.0, 0.0, 0.0)
    assert told(body.put(9.0, yaw=170.0).earth)[2] == pytest.approx(90.0)
    assert told(body.put(12.0, yaw=170.0).earth)[2] == pytest.approx(170.0)


def test_what_a_joint_cannot_do_is_missing_and_told() -> None:
    """Nose up by 10 deg: straight down needs 100 deg of pitch. Nose down again it is straight down at once."""
    body = Body()
    body.point(0.0, -90.0, 0.0)
    body.put(5.0)
    where = body.put(5.0, pitch=10.0)
    assert told(where.earth)[1] == pytest.approx(-80.0)
    assert where.errors == GimbalError.AT_PITCH_LIMIT
    assert told(body.put(6.0, pitch=-10.0).earth)[1] == pytest.approx(-90.0)
    assert body.put(6.0).errors == 0
    assert body.put(6.0, roll=40.0).errors & GimbalError.AT_ROLL_LIMIT


def test_who_asks_for_more_than_a_joint_can_is_told() -> None:
    """When it gets there, by an angle or by a rate; not on the way, and not at a limit that was asked for."""
    body = Body()
    body.point(0.0, -90.0, 0.0)
    assert body.put(5.0).errors == 0
    body.point(0.0, 60.0, 0.0)
    assert body.put(5.1).errors == 0
    where = body.put(9.0)
    assert (told(where.forward)[1], where.errors) == (pytest.approx(20.0), GimbalError.AT_PITCH_LIMIT)
    body.point(0.0, 0.0, 0.0)
    assert body.put(12.0).errors == 0
    body.gimbal.demand(Demand(rates=(0.0, -1.0, 1.0)))
    assert body.put(12.5).errors == 0
    where = body.put(20.0)
    assert (told(where.forward)[1], where.errors) == (pytest.approx(-90.0), GimbalError.AT_PITCH_LIMIT)


def test_a_yaw_with_stops_does_not_turn_through_them() -> None:
    """From +80 to -80 deg the long way round, and locked to what lies behind it stays at the stop."""
    body = Body(MNT1_YAW_MIN=-90, MNT1_YAW_MAX=90)
    body.point(0.0, 0.0, 80.0)
    body.put(5.0)
    body.point(0.0, 0.0, -80.0)
    assert -80.0 < told(body.put(5.9).forward)[2] < 80.0
    body.point(0.0, 0.0, 0.0, locked=True)
    body.put(9.0)
    where = body.put(10.0, yaw=120.0)
    assert degrees(where.joints[2]) == pytest.approx(-90.0)
    assert where.errors == GimbalError.AT_YAW_LIMIT


def test_an_endless_yaw_takes_the_short_way() -> None:
    """From 170 to -170 deg it is 20 deg."""
    body = Body()
    body.point(0.0, 0.0, 170.0)
    body.put(5.0)
    body.point(0.0, 0.0, -170.0)
    assert abs(told(body.put(5.2).forward)[2]) > 170.0
    assert told(body.put(7.0).forward)[2] == pytest.approx(-170.0)


def test_a_rate_ends_at_the_limit() -> None:
    """And with a rate of 0 it stops as soon as it can."""
    body = Body()
    body.gimbal.demand(Demand(rates=(0.0, radians(-30.0), radians(20.0))))
    where = body.put(2.0)
    assert told(where.forward)[1] == pytest.approx(-60.0 + 1.25)
    assert where.rates == pytest.approx((0.0, radians(-30.0), radians(20.0)))
    assert told(body.put(30.0).forward)[1] == pytest.approx(-90.0)
    body.gimbal.demand(Demand(rates=(0.0, 0.0, 0.0)))
    stopped = told(body.put(31.0).forward)[2]
    assert told(body.put(40.0).forward)[2] == pytest.approx(stopped)


def test_retracted_it_lies_in_the_body() -> None:
    """At MNT1_RETRACT_, not against the horizon; neutral is."""
    body = Body(MNT1_RETRACT_Y=-20, MNT1_NEUTRAL_Y=-10)
    body.gimbal.demand(Demand(posture=Posture.RETRACTED))
    body.put(5.0)
    assert told(body.put(6.0, pitch=7.0).earth)[1] == pytest.approx(-13.0)
    body.gimbal.demand(Demand(posture=Posture.NEUTRAL))
    assert told(body.put(6.0, pitch=7.0).earth)[1] == pytest.approx(-13.0)
    assert told(body.put(9.0, pitch=7.0).earth)[1] == pytest.approx(-10.0)


def test_stuck_it_turns_with_the_body() -> None:
    """Until the fault ends: then it goes on to what it was last asked, from where it is."""
    body = Body()
    body.point(0.0, -40.0, 0.0)
    body.put(5.0)
    body.gimbal.stick(True)
    where = body.put(6.0, pitch=5.0, yaw=30.0)
    assert told(where.earth) == pytest.approx([0.0, -35.0, 30.0])
    assert where.errors == GimbalError.MOTOR_ERROR
    body.point(0.0, 0.0, 0.0)
    assert told(body.put(8.0).earth)[1] == pytest.approx(-40.0)
    body.gimbal.stick(False)
    assert told(body.put(8.0).earth)[1] == pytest.approx(-40.0)
    assert told(body.put(11.0).earth)[1] == pytest.approx(0.0)


any_number = st.floats(-1e3, 1e3)
demands = st.builds(
    Demand,
    angles=st.none() | st.tuples(any_number, any_number, any_number),
    rates=st.none() | st.tuples(any_number, any_number, any_number),
    locked=st.booleans(),
    posture=st.sampled_from(Posture),
)
limits = st.tuples(st.integers(-180, 180), st.integers(-180, 180))


@given(
    st.lists(st.tuples(st.floats(0.0, 3.0), demands), min_size=1, max_size=8),
    limits,
    st.tuples(st.integers(-85, 85), st.integers(-85, 85)),
    limits,
    st.tuples(angle, st.floats(-1.4, 1.4), angle),
)
def test_limits_and_rates_are_never_exceeded(
    asked: list[tuple[float, Demand]],
    yaw: tuple[int, int],
    roll: tuple[int, int],
    pitch: tuple[int, int],
    lean: tuple[float, float, float],
) -> None:
    """Whatever is asked, in whatever order, under whatever attitude: the joints are within their limits, no angle turns
    faster than SIM_MNT_RATE, the attitude is the body's turned by the joints, and who looks changes nothing."""
    values = {
        f"MNT1_{name}_{end}": float(value)
        for name, pair in (("YAW", yaw), ("ROLL", roll), ("PITCH", pitch))
        for end, value in zip(("MIN", "MAX"), sorted(pair), strict=True)
    }
    body, unseen = Body(**values), Body(**values)
    now = 0.0
    for wait, demand in asked:
        for step in range(4):
            where = body.put(now + wait * step / 4.0, *(degrees(one) for one in lean))
            within = body.gimbal.limits()
            for joint, (low, high) in zip(where.joints, (within.roll, within.pitch, within.yaw), strict=True):
                assert low - 1e-9 <= joint <= high + 1e-9
            assert all(isfinite(one) and abs(one) <= RATE + 1e-9 for one in where.rates)
            turned = times(inverse(where.earth), times(attitude(*lean), of_joints(where.joints)))
            assert abs(turned[0]) == pytest.approx(1.0, abs=1e-9)
        now += wait
        end = body.put(now, *(degrees(one) for one in lean))
        assert unseen.put(now, *(degrees(one) for one in lean)).earth == pytest.approx(end.earth)
        body.gimbal.demand(demand)
        unseen.gimbal.demand(demand)
