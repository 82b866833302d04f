"""A gimbal on servo outputs: which pulses follow from angles, limits, the vehicle's lean and time."""

from __future__ import annotations

from math import cos, degrees, radians
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report as R
from autopilot.mount.gimbal import Demand, Posture
from autopilot.mount.servos import WRITE_MS, ServoGimbal

ROLL, TILT, PAN, OPEN = 5, 6, 7, 8
VALUES = {
    "MNT1_ROLL_MIN": -40.0, "MNT1_ROLL_MAX": 40.0, "MNT1_PITCH_MIN": -90.0, "MNT1_PITCH_MAX": 30.0,
    "MNT1_YAW_MIN": -100.0, "MNT1_YAW_MAX": 100.0, "SERVO5_FUNCTION": 8.0, "SERVO6_FUNCTION": 7.0,
    "SERVO7_FUNCTION": 6.0, "SERVO8_FUNCTION": 9.0, "MNT1_NEUTRAL_Y": -30.0, "MNT1_RETRACT_Y": -90.0,
    **{f"SERVO{n}_{end}": pulse for n in range(5, 9) for end, pulse in (("MIN", 1000.0), ("MAX", 2000.0))},
}  # fmt: skip


class Body:
    """A vehicle at an attitude, deg, and what its outputs were set to."""

    def __init__(self, **values: float) -> None:
        self.values = VALUES | values
        self.row = np.zeros(R.SIZE)
        self.pulses: dict[int, float] = {}
        self.facts = SimpleNamespace(
            param=lambda name, default=0.0: self.values.get(name, default),
            now_ms=0,
            armed=True,
            vehicle=SimpleNamespace(state=SimpleNamespace(report=self.row)),
        )
        self.gimbal = ServoGimbal(cast(VehicleFacts, self.facts), self.pulses.__setitem__)

    def lean(self, roll: float = 0.0, pitch: float = 0.0, yaw: float = 0.0) -> None:
        for first in (R.ROLL, R.TRUE_ROLL):
            self.row[first : first + 3] = np.radians((roll, pitch, yaw))

    def point(self, roll: float, pitch: float, yaw: float, *, locked: bool = False) -> None:
        angles = self.gimbal.within((radians(roll), radians(pitch), radians(yaw)), locked=locked)
        self.gimbal.demand(Demand(angles=angles, locked=locked))
        self.later(0)

    def later(self, ms: int) -> None:
        self.facts.now_ms += ms
        self.gimbal.update(self.facts.now_ms)

    @property
    def joints(self) -> list[float]:
        return [degrees(one) for one in self.gimbal.pointing().joints]


def test_limits_are_the_ends_of_the_servos() -> None:
    body = Body(SERVO7_REVERSED=1.0)
    body.point(0.0, -60.0, 50.0)
    assert [body.pulses[n] for n in (ROLL, TILT, PAN)] == [1500.0, 1250.0, 1250.0]
    body.point(90.0, -120.0, -170.0)  # beyond them
    assert [body.pulses[n] for n in (ROLL, TILT, PAN)] == [2000.0, 1000.0, 2000.0]
    assert body.joints == pytest.approx([40.0, -90.0, -100.0])


def test_the_lean_of_the_vehicle_is_taken_out() -> None:
    """Ahead it is roll and pitch; to the right a nose that is down is a roll, and a roll is a pitch."""
    body = Body()
    body.point(0.0, -30.0, 0.0)
    body.lean(roll=10.0, pitch=-6.0)
    body.later(WRITE_MS)
    assert body.joints == pytest.approx([-10.0, -24.0, 0.0])
    assert body.pulses[ROLL] == pytest.approx(1375.0)
    body.point(0.0, -30.0, 90.0)
    assert body.joints == pytest.approx([6.0, -20.0, 90.0])


def test_slow_servos_lead_what_the_vehicle_turns() -> None:
    """MNT1_LEAD_RLL and MNT1_LEAD_PTCH, s: a turn about the leaning body's own axis is a roll and a pitch."""
    body = Body(MNT1_LEAD_RLL=0.1, MNT1_LEAD_PTCH=0.2)
    body.row[[R.P, R.Q]] = np.radians((20.0, -15.0))
    body.point(0.0, -30.0, 0.0)
    assert body.joints == pytest.approx([-2.0, -27.0, 0.0])
    body.row[[R.P, R.Q, R.R]] = np.radians((0.0, 0.0, 40.0))
    body.lean(roll=30.0, pitch=45.0)
    body.later(WRITE_MS)
    assert body.joints == pytest.approx([-30.0 - 4.0 * cos(radians(30.0)), -75.0 + 4.0, 0.0])
    body.lean(pitch=61.0)
    body.later(WRITE_MS)
    assert body.joints == pytest.approx([0.0, -90.0, 0.0])


def test_a_mount_that_does_not_pan_has_no_lean_turned() -> None:
    """And it reports no yaw, whatever is asked: nothing turns it."""
    body = Body(SERVO7_FUNCTION=0.0)
    body.lean(roll=10.0, pitch=-6.0)
    body.point(0.0, -30.0, 90.0)
    assert body.joints == pytest.approx([-10.0, -24.0, 0.0])
    assert not body.gimbal.limits().pans and PAN not in body.pulses
    assert body.gimbal.ranges().pans


def test_yaw_against_north_stays_there() -> None:
    body = Body()
    body.lean(yaw=20.0)
    body.point(0.0, 0.0, 50.0, locked=True)
    assert body.joints[2] == pytest.approx(30.0)
    body.lean(yaw=80.0)
    body.later(WRITE_MS)
    assert body.joints[2] == pytest.approx(-30.0)
    body.lean(yaw=-170.0)
    body.later(WRITE_MS)
    assert body.joints[2] == pytest.approx(-100.0)  # 140 to the left: its stop


def test_nothing_is_due_while_nothing_moves() -> None:
    """Of a vehicle that stands disarmed as it stood; what leans, turns at a rate or is armed is corrected."""
    body = Body()
    body.facts.armed = False
    body.point(0.0, -30.0, 0.0)
    assert body.gimbal.deadline_ms is None
    body.lean(roll=10.0)
    assert body.gimbal.deadline_ms == WRITE_MS
    body.later(WRITE_MS)
    assert body.pulses[ROLL] == 1375.0 and body.gimbal.deadline_ms is None
    body.facts.armed = True
    assert body.gimbal.deadline_ms == 2 * WRITE_MS
    body.facts.armed = False
    body.gimbal.demand(Demand(rates=(0.0, 0.1, 0.0)))
    body.later(0)
    assert body.gimbal.deadline_ms == 2 * WRITE_MS
    body.point(0.0, -30.0, 0.0)
    body.gimbal.write_now()  # a limit was changed
    assert body.gimbal.deadline_ms == WRITE_MS


@pytest.mark.parametrize(("posture", "tilt", "pulse", "open_us"), [
    (Posture.NEUTRAL, -30.0, 1500.0, 2000.0), (Posture.RETRACTED, -90.0, 1000.0, 1000.0),
])  # fmt: skip
def test_postures_are_angles_of_the_servos(posture: Posture, tilt: float, pulse: float, open_us: float) -> None:
    """Not held level, so that nothing is written until they change."""
    body = Body()
    body.lean(roll=10.0, pitch=-6.0)
    body.gimbal.demand(Demand(posture=posture))
    body.later(0)
    assert body.joints == pytest.approx([0.0, tilt, 0.0])
    assert (body.pulses[TILT], body.pulses[OPEN]) == (pulse, open_us)
    assert body.gimbal.deadline_ms is None


def test_a_rate_goes_on_from_where_it_is_until_a_limit() -> None:
    body = Body()
    body.lean(yaw=40.0)
    body.point(0.0, -30.0, 90.0, locked=True)
    body.gimbal.demand(Demand(rates=(0.0, radians(20.0), radians(-10.0))))  # from now on against the nose
    body.later(1000)
    assert body.joints == pytest.approx([0.0, -10.0, 40.0])
    body.later(5000)
    assert body.joints == pytest.approx([0.0, 30.0, -10.0])
    body.gimbal.demand(Demand(rates=(0.0, 0.0, 0.0)))
    body.later(5000)
    assert body.joints == pytest.approx([0.0, 30.0, -10.0])


def test_between_two_writes_it_is_told_where_it_is_held() -> None:
    body = Body()
    body.point(0.0, -30.0, 0.0)
    body.lean(pitch=-6.0)
    assert body.joints[1] == pytest.approx(-24.0)
    assert body.pulses[TILT] == 1500.0
