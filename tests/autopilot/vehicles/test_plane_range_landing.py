"""RNGFND_LANDING: a plane whose barometer is wrong lands by its range finder (ArduPilot's LandingDrift)."""

from __future__ import annotations

from math import hypot

import pytest

from autopilot.interface import report as R
from autopilot.mav import Cmd
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN

FINDER = {"RNGFND1_TYPE": 1.0, "RNGFND1_MAX_CM": 4000.0}
LANDS = FINDER | {"RNGFND_LANDING": 1.0}
LANDING = item(Cmd.NAV_LAND, -20.0, 0.0, 0.0)


def landed(error: float, parameters: dict[str, float]) -> Bench:
    """On the ground, after an approach of 700 m from 60 m with a barometer that is wrong by so many m."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7), parameters=parameters | {"RTL_AUTOLAND": 2})
    bench.run(30.0, lambda: bench.core.prearm.ok)
    way = waypoint(300.0, 0.0, 60.0), waypoint(300.0, 500.0, 60.0), waypoint(-100.0, 500.0, 60.0)
    bench.upload([takeoff(50.0), *way, item(Cmd.DO_LAND_START), waypoint(-720.0, 0.0, 60.0), LANDING])
    assert bench.core.modes.set(PlaneMode.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: bench.core.sequencer.current_nav_index() == 6)
    bench.parameters.set("SIM_BARO_GLITCH", error)
    bench.run(600.0, lambda: bench.core.facts.landed and any(text.startswith("Flare") for text in bench.texts))
    assert bench.core.facts.landed
    return bench


def off(bench: Bench) -> float:
    """Distance from the place, m."""
    now = bench.vehicle.state.report
    return hypot(now[R.TRUE_N] + 20.0, now[R.TRUE_E])


def told(bench: Bench, begins: str) -> list[str]:
    return [text for text in bench.texts if text.startswith(begins)]


@pytest.mark.parametrize("error", [6.0, -6.0])
def test_it_flares_over_the_ground_that_it_sees(error: float) -> None:
    bench = landed(error, LANDS)
    assert off(bench) < 25.0 and bench.vehicle.state.report[R.TOUCHDOWN_SPEED] < 0.9
    (engaged,), (flare,) = told(bench, "Rangefinder engaged at"), told(bench, "Flare")
    assert 35.0 < float(engaged.split()[-1][:-1]) < 40.0, "it sees 40 m far"
    assert 2.5 < float(flare.split()[1][:-1]) < 6.0, "over the ground"
    assert len(told(bench, "Landing approach start")) == 1


@pytest.mark.parametrize(("error", "parameters"), [(6.0, FINDER), (6.0, {})])
def test_without_the_parameter_it_hits_the_ground_far_before_its_place(
    error: float, parameters: dict[str, float]
) -> None:
    bench = landed(error, parameters)
    assert bench.vehicle.state.report[R.TOUCHDOWN_SPEED] > 1.2
    assert told(bench, "Rangefinder") == []


def test_a_slope_that_would_be_too_steep_is_flown_again_from_the_height_that_is_known_now() -> None:
    bench = landed(-12.0, LANDS | {"LAND_ABORT_DEG": 1.0})
    (aborted,) = told(bench, "Landing slope too steep, aborting (-12m")
    assert float(aborted.split()[-1][:-4]) > 1.0
    assert len(told(bench, "Landing aborted, climbing to")) == 1 and len(told(bench, "Landing approach start")) == 2
    assert off(bench) < 25.0 and bench.vehicle.state.report[R.TOUCHDOWN_SPEED] < 0.9
    assert bench.core.facts.landing_off == pytest.approx(-12.0, abs=1.0)
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert bench.core.facts.landing_off == 0.0, "the next flight begins anew"


@pytest.mark.parametrize("parameters", [{"LAND_ABORT_DEG": 5.0}, {}, {"LAND_ABORT_DEG": 1.0, "LAND_SLOPE_RCALC": 0.0}])
def test_otherwise_it_dives(parameters: dict[str, float]) -> None:
    bench = landed(-12.0, LANDS | parameters)
    assert told(bench, "Landing slope too steep") == []
    assert bench.vehicle.state.report[R.TOUCHDOWN_SPEED] < 1.2 and off(bench) < 60.0


def test_a_drifting_barometer_is_wrong_by_more_and_more() -> None:
    """SIM_BARO_DRIFT, m/s."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7), parameters={"SIM_BARO_RND": 0.0})
    bench.run(10.0)
    before = float(bench.vehicle.state.report[R.BARO_ALT])
    bench.parameters.set("SIM_BARO_DRIFT", -0.1)
    bench.run(20.0)
    assert float(bench.vehicle.state.report[R.BARO_ALT]) - before == pytest.approx(-2.0, abs=0.1)
