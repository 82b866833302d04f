"""Any targets in any order: the rover stays a rover."""

from __future__ import annotations

import random

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import (
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
    Target,
    Velocity,
    Yaw,
    YawMode,
)
from sitl.kernel import layout as M
from sitl.vehicles.chassis import GRIP, MASS, SIDE_AREA, TOP_SPEED
from sitl.vehicles.equipment import AIR_DENSITY
from tests.fakes.rover_drive import RoverDrive


def any_target(dice: random.Random) -> Target:
    def place() -> tuple[float, float, float]:
        return (dice.uniform(-60.0, 60.0), dice.uniform(-60.0, 60.0), 0.0)

    yaw = Yaw(dice.choice(list(YawMode)), dice.uniform(-3.0, 3.0), dice.uniform(-1.0, 1.0))
    targets: list[Target] = [
        Idle(),
        Land(),
        Hold(None),
        Hold(place(), radius=dice.uniform(0.0, 5.0), backwards=dice.random() < 0.3),
        Leg(
            place(),
            dice.choice([None, place()]),
            dice.choice([None, place()]),
            dice.uniform(0.0, 5.0),
            backwards=dice.random() < 0.3,
        ),
        Leg((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        Circle(place(), dice.choice([0.0, 3.0, 20.0]), dice.choice([-1, 1]), dice.choice([None, 0.0, 0.5])),
        Velocity((dice.uniform(-5.0, 5.0), dice.uniform(-5.0, 5.0), 0.0), yaw, body=dice.random() < 0.5),
        Drive(dice.uniform(-5.0, 5.0), dice.uniform(-9.0, 9.0), dice.choice([None, dice.uniform(-3.0, 3.0)])),
        Pilot(dice.choice([PilotKind.MANUAL, PilotKind.STEERING, PilotKind.ACRO])),
    ]
    return dice.choice(targets)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_it_is_told_it_obeys_physics(seed: int) -> None:
    """Ten minutes of random targets, speeds, sticks and faults: everything finite, speed and grip within bounds, and
    the estimate near the truth whenever it claims a position."""
    dice = random.Random(seed)
    drive = RoverDrive(seed, wind=5.0, gust=2.0)
    names = drive.rover.fault_names()
    for _ in range(150):
        drive.rover.set_target(any_target(dice))
        drive.rover.set_speeds(Speeds(dice.uniform(0.0, 10.0), 1.0, 1.0))
        drive.rover.set_sticks(Sticks(dice.uniform(-1.0, 1.0), 0.0, dice.random(), 0.0))
        fault = dice.choice(names) if dice.random() < 0.1 and seed % 2 else None
        if fault is not None:
            drive.rover.inject_fault(fault, None, active=True)
        drive.run(dice.uniform(0.1, 8.0))
        if fault is not None:
            drive.rover.inject_fault(fault, None, active=False)
        r = drive.report
        assert np.isfinite(r).all()
        assert abs(drive.speed) < 1.2 * TOP_SPEED
        s = drive.rover._s
        air_mps = np.hypot(s[M.S_WIND_N], s[M.S_WIND_E]) + 1.2 * TOP_SPEED  # what skids has the air against it as well
        assert abs(s[M.S_FY]) <= GRIP * 9.80665 + 0.5 * AIR_DENSITY * SIDE_AREA * air_mps**2 / MASS
        assert r[R.LANDED_STATE] == 1.0
        if seed % 2 == 0:
            assert np.hypot(r[R.NORTH] - r[R.TRUE_N], r[R.EAST] - r[R.TRUE_E]) < 1.5
