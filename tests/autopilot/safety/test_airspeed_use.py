"""The pitot tube goes out of use by a switch, and by a check of what it shows, on the simulator."""

from __future__ import annotations

from itertools import pairwise

import pytest

from autopilot.context.events import StatusText
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.mav import Sensor
from autopilot.modes.auxiliary import AIRSPEED_UNUSED, HIGH, LOW, MIDDLE
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN

WIND = {"SIM_WIND_SPD": 7.0, "SIM_WIND_DIR": 0.0, "ARSPD_WIND_MAX": 15.0}
FAILED, HEALTHY = "Airspeed sensor 1 failure. Disabling", "Airspeed sensor 1 now OK. Re-enabled"


def circling(**parameters: float) -> Bench:
    """A plane on its circle after a takeoff."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7), parameters=parameters)
    bench.run(30.0, lambda: bench.core.prearm.ok)
    assert bench.core.modes.set(PlaneMode.TAKEOFF, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.helm.arrived)
    bench.run(20.0)
    return bench


def used(bench: Bench) -> bool:
    return bool(bench.vehicle._s[L.S_PITOT_USED])


def told(bench: Bench) -> bool:
    return bool(bench.core.status.sensors_enabled & Sensor.DIFFERENTIAL_PRESSURE)


def test_a_switch_takes_it_out_of_use() -> None:
    """RCn_OPTION 106; the middle changes nothing, and ARSPD_USE does not bring it back."""
    bench = circling()
    bench.core.auxiliary.act(AIRSPEED_UNUSED, HIGH)
    bench.run(1.0)
    assert not used(bench) and not told(bench)
    assert bench.core.status.sensors_present & Sensor.DIFFERENTIAL_PRESSURE and bench.vehicle.state.report[R.PITOT] > 9
    bench.core.auxiliary.act(AIRSPEED_UNUSED, MIDDLE)
    bench.parameters.set("ARSPD_USE", 0.0)
    bench.parameters.set("ARSPD_USE", 1.0)
    bench.run(1.0)
    assert not used(bench)
    bench.core.auxiliary.act(AIRSPEED_UNUSED, LOW)
    bench.run(1.0)
    assert used(bench) and told(bench)


def test_a_tube_that_shows_too_little_goes_out_of_use_and_comes_back_when_it_is_right() -> None:
    """ARSPD_RATIO 0.1: a fifth of the airspeed; 1: seven tenths, which the ground speed allows, but not the wind."""
    bench = circling(**WIND)
    bench.parameters.set("ARSPD_RATIO", 0.1)
    bench.run(30.0, lambda: FAILED in bench.texts)
    bench.run(1.0)
    assert bench.parameters["ARSPD_USE"] == 0.0 and not used(bench) and not told(bench)
    assert any(text.endswith("air to gnd speed diff") for text in bench.texts)
    bench.run(20.0)
    bench.parameters.set("ARSPD_RATIO", 1.0)
    bench.run(60.0)
    assert bench.parameters["ARSPD_USE"] == 0.0
    bench.parameters.set("ARSPD_RATIO", 2.0)
    bench.run(60.0)
    assert bench.parameters["ARSPD_USE"] == 1.0 and used(bench) and HEALTHY in bench.texts


@pytest.mark.parametrize(
    ("options", "disables", "comes_back"), [(0.0, False, False), (1.0, True, False), (3.0, True, True)]
)
def test_its_options_say_what_the_check_may_do(options: float, disables: bool, comes_back: bool) -> None:
    """ARSPD_OPTIONS; without bit 3 the wind is not asked: the tube comes back although it shows too little."""
    bench = circling(**WIND, ARSPD_OPTIONS=options)
    bench.parameters.set("ARSPD_RATIO", 0.1)
    bench.run(30.0)
    assert (bench.parameters["ARSPD_USE"] == 0.0) is disables
    bench.parameters.set("ARSPD_RATIO", 1.0)
    bench.run(60.0)
    assert (bench.parameters["ARSPD_USE"] == 1.0) is (comes_back or not disables)


def test_a_wide_gate_agrees_with_what_a_narrow_one_does_not() -> None:
    """ARSPD_WIND_GATE."""
    bench = circling(**WIND, ARSPD_WIND_GATE=10.0)
    bench.parameters.set("ARSPD_RATIO", 0.1)
    bench.run(30.0, lambda: FAILED in bench.texts)
    bench.parameters.set("ARSPD_RATIO", 1.0)
    bench.run(60.0)
    assert bench.parameters["ARSPD_USE"] == 1.0


@pytest.mark.parametrize("most", [15.0, 0.0])
def test_a_smaller_difference_is_only_announced(most: float) -> None:
    """ARSPD_WIND_WARN, also without ARSPD_WIND_MAX (AP_Airspeed_Health.cpp)."""
    bench = circling(**WIND | {"ARSPD_WIND_WARN": 3.0, "ARSPD_WIND_MAX": most})
    assert any(text.startswith("Airspeed 1 warning") for text in bench.texts)
    assert bench.parameters["ARSPD_USE"] == 1.0


def test_a_difference_is_announced_where_there_is_one_and_every_15_s_at_most() -> None:
    """Seven metres a second of wind are below ARSPD_WIND_MAX (15), and a while above ARSPD_WIND_WARN (3)."""
    bench = circling(**WIND)
    assert not any(text.startswith("Airspeed 1 warning") for text in bench.texts)
    bench.parameters.set("ARSPD_WIND_WARN", 3.0)
    bench.run(60.0)
    told_ms = [ms for ms, event in bench.log if isinstance(event, StatusText) and "1 warning" in event.text]
    assert len(told_ms) > 1 and min(after - before for before, after in pairwise(told_ms)) > 15_000


def test_without_satellites_a_failed_tube_is_better_than_none() -> None:
    bench = circling(**WIND)
    bench.parameters.set("ARSPD_RATIO", 0.1)
    bench.run(30.0, lambda: FAILED in bench.texts)
    bench.vehicle.inject_fault("gps.loss", None, active=True)
    bench.run(5.0)
    assert bench.parameters["ARSPD_USE"] == 1.0
    assert "Airspeed sensor 1, Re-enabled as GPS fall-back" in bench.texts
