"""What a simulated rover's throttle, steering and speed do by parameters of ArduRover's motors."""

from __future__ import annotations

from math import degrees, hypot

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import SimulatedVehicle
from autopilot.mission.items import MissionItem
from sitl.vehicles.boat import SimulatedBoat
from sitl.vehicles.rover import SimulatedRover
from tests.fakes.core_bench import Bench, waypoint
from tests.fakes.fake_vehicle import ORIGIN

MANUAL, AUTO, GUIDED = 0, 10, 15


def armed(mode: int, *plan: MissionItem, vehicle: SimulatedVehicle | None = None, **parameters: float) -> Bench:
    bench = Bench(
        "rover", vehicle=vehicle or SimulatedRover(ORIGIN, 0.0, 7), parameters={"RC_OVERRIDE_TIME": 100.0, **parameters}
    )
    bench.run(20.0, lambda: bench.core.prearm.ok)
    if plan:
        bench.upload(plan)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.arm()
    return bench


def pulse(bench: Bench) -> float:
    return float(bench.vehicle.state.report[R.SERVO_1 + 2])


def speed(bench: Bench) -> float:
    r = bench.vehicle.state.report
    return hypot(float(r[R.TRUE_VN]), float(r[R.TRUE_VE]))


@pytest.mark.parametrize(("rate", "seconds"), [(0, 0.1), (50, 2.0), (100, 1.0)])
def test_the_throttle_goes_up_as_fast_as_its_rate_lets_it(rate: float, seconds: float) -> None:
    bench = armed(MANUAL, MOT_SLEWRATE=rate)
    begun_ms = bench.now_ms
    bench.core.sticks.move(Sticks(throttle=1.0), bench.now_ms)
    bench.run(10.0, lambda: pulse(bench) >= 1999.0)
    assert abs((bench.now_ms - begun_ms) / 1000.0 - seconds) <= 0.1


@pytest.mark.parametrize("vehicle", [SimulatedRover, SimulatedBoat])
def test_the_least_throttle_is_the_one_that_moves_it(vehicle: type[SimulatedRover] | type[SimulatedBoat]) -> None:
    plain = armed(MANUAL, vehicle=vehicle(ORIGIN, 0.0, 7))
    lifted = armed(MANUAL, vehicle=vehicle(ORIGIN, 0.0, 7), MOT_THR_MIN=10)
    for bench in (plain, lifted):
        bench.core.sticks.move(Sticks(throttle=0.52), bench.now_ms)
        bench.run(8.0)
    assert speed(lifted) > speed(plain) + 0.3
    assert pulse(lifted) == pytest.approx(1500.0 + 500.0 * (0.1 + 0.9 * 0.04))
    lifted.core.sticks.move(Sticks(throttle=0.5), lifted.now_ms)
    lifted.run(1.0)
    assert pulse(lifted) == 1500.0


def test_the_roll_stick_steers_in_auto_where_it_is_mixed_in() -> None:
    plan = (waypoint(0.0, 0.0), waypoint(2000.0, 0.0))
    headings = []
    for mixing in (0, 1):
        bench = armed(AUTO, *plan, STICK_MIXING=mixing)
        bench.run(5.0)
        bench.core.sticks.move(Sticks(roll=0.8), bench.now_ms)
        bench.run(1.5)
        headings.append(abs(degrees(bench.vehicle.state.yaw)))
    assert headings[0] < 15.0 < 40.0 < headings[1]


def test_a_speed_that_guided_is_given_is_not_held_to_that_of_missions() -> None:
    bench = armed(GUIDED, WP_SPEED=2)
    for _ in range(10):
        assert bench.core.commands.guided_target(velocity=(6.0, 0.0, 0.0)).ok
        bench.run(1.0)
    assert speed(bench) == pytest.approx(6.0, abs=0.3)
