"""What a plane tells while it lands, as ArduPlane (AP_Landing_Slope.cpp)."""

from __future__ import annotations

import re

import pytest

from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import landing_mission

BEGINNINGS = ("Landing approach start", "Landing glide slope", "Flare", "Distance from LAND point", "Landing aborted")


def approaching() -> Bench:
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7))
    bench.run(30.0, lambda: bench.core.prearm.ok)
    bench.upload(landing_mission(start=False))
    assert bench.core.modes.set(PlaneMode.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(300.0, lambda: told(bench) != [])
    return bench


def told(bench: Bench) -> list[str]:
    return [text for text in bench.texts if text.startswith(BEGINNINGS)]


def test_its_slope_and_its_flare_are_told() -> None:
    bench = approaching()
    bench.run(200.0, lambda: not bench.core.facts.armed)
    assert [next(b for b in BEGINNINGS if text.startswith(b)) for text in told(bench)] == list(BEGINNINGS[:4])
    _, slope, flare, _ = told(bench)
    (degrees,) = re.findall(r"^Landing glide slope ([\d.]+) degrees$", slope)
    assert float(degrees) == pytest.approx(4.4, abs=0.1), "35 m down in 460 m, the flare does the rest"
    numbers = re.findall(r"^Flare ([\d.]+)m sink=([\d.]+) speed=([\d.]+) dist=([\d.]+)$", flare)
    height, sink, ground_speed, dist = (float(number) for number in numbers[0])
    assert 1.0 < height < 6.0 and 0.5 < sink < 3.0 and 12.0 < ground_speed < 22.0 and dist < 110.0


def test_after_a_go_around_they_are_told_again() -> None:
    bench = approaching()
    bench.run(60.0, lambda: told(bench)[-1].startswith(BEGINNINGS[1]))
    assert bench.core.mission_commands.go_around(60.0).ok
    bench.run(400.0, lambda: not bench.core.facts.armed)
    assert [next(b for b in BEGINNINGS if text.startswith(b)) for text in told(bench)] == [
        *BEGINNINGS[:2],
        BEGINNINGS[4],
        *BEGINNINGS[:4],
    ]
