"""Climbing beyond what the modes allow, and what the sensors' noise does, on the simulated copter."""

from __future__ import annotations

from math import degrees, hypot

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from tests.fakes.core_bench import Bench
from tests.fakes.sim_copter import LAND, LOITER, RTL, STABILIZE, height, in_air, to_the_end


def held(bench: Bench, seconds: float, throttle: float, *numbers: int) -> np.ndarray:
    """Fly with the throttle there; rows of the report's `numbers`, ten a second."""
    rows = []
    for _ in range(round(10.0 * seconds)):
        bench.core.sticks.move(Sticks(throttle=throttle), bench.now_ms)
        bench.run(0.1)
        rows.append([float(bench.vehicle.state.report[number]) for number in numbers])
    return np.array(rows)


def test_a_climb_is_limited_by_the_air_and_braked_harder_the_faster_it_is() -> None:
    """STABILIZE at throttle 0.7 climbs at some 13 m/s as in ArduPilot's simulator; RTL that is entered there brakes by
    calculate_overspeed_gain. At WPNAV_ACCEL_Z alone it would climb on for 80 m."""
    bench = in_air(10.0)
    assert bench.core.modes.set(STABILIZE, bench.now_ms).ok
    climb = -held(bench, 9.0, 0.7, R.TRUE_VD)[-1, 0]
    assert 11.0 < climb < 14.0
    begun, top = height(bench), 0.0
    assert bench.core.modes.set(RTL, bench.now_ms).ok
    for _ in range(60):
        bench.run(0.1)
        top = max(top, height(bench))
    assert top - begun < 20.0


def test_without_noise_the_estimate_stands_still() -> None:
    """SIM_BARO_RND and SIM_GPS_NOISE 0, as ArduPilot's tests want it: what is left is the accelerometer's."""
    noisy, quiet = (
        held(bench, 12.0, 0.5, R.DOWN, R.VN, R.VE)[20:]
        for bench in (in_air(10.0), in_air(10.0, SIM_BARO_RND=0, SIM_GPS_NOISE=0))
    )
    assert np.ptp(quiet[:, 0]) < 0.1
    assert np.abs(quiet[:, 1:]).max() < 0.05 < np.abs(noisy[:, 1:]).max()


def test_a_glitch_does_not_tilt_it() -> None:
    """111 m within a moment: the place is refused, the speed counts on, so that LOITER stays where it is."""
    bench = in_air(10.0)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    held(bench, 5.0, 0.5)
    bench.parameters.set("SIM_GPS_GLITCH_X", 0.001)
    rows = held(bench, 4.0, 0.5, R.ROLL, R.PITCH, R.TRUE_N, R.TRUE_E)
    assert degrees(np.abs(rows[:, :2]).max()) < 2.0
    assert np.ptp(rows[:, 2]) < 0.15 and np.ptp(rows[:, 3]) < 0.15


@pytest.mark.parametrize("wind", [0.0, 6.0])
def test_the_ground_is_no_wind(wind: float) -> None:
    """Standing on its legs with the rotors still turning, the copter feels their friction: that is not drag."""
    bench = in_air(5.0, SIM_WIND_SPD=wind)
    bench.run(8.0)
    assert bench.core.modes.set(LAND, bench.now_ms).ok
    bench.run(30.0, lambda: height(bench) < 0.2)
    flown = bench.vehicle.state.report[[R.WIND_N, R.WIND_E]].copy()
    to_the_end(bench)
    assert hypot(*(bench.vehicle.state.report[[R.WIND_N, R.WIND_E]] - flown)) < 0.3
