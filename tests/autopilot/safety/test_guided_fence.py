"""A copter's GUIDED places beyond the fence are refused, as ArduCopter refuses them; a rover takes them."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Result
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN

CEILING_CIRCLE_FLOOR = 11
AWKWARD_M = 2.02


def place(north: float, up: float) -> GeoPoint:
    return to_global(ORIGIN, (north, 0.0, -up))


@pytest.fixture
def flying() -> Bench:
    """A copter at 10 m in GUIDED, behind a circle of 60 m, a ceiling of 30 m and a floor of 5 m."""
    fence = {"FENCE_TYPE": CEILING_CIRCLE_FLOOR, "FENCE_RADIUS": 60, "FENCE_ALT_MAX": 30, "FENCE_ALT_MIN": 5}
    bench = Bench(parameters={"FENCE_ENABLE": 1, **fence})
    bench.airborne()
    return bench


@pytest.mark.parametrize(
    ("north", "up", "result"),
    [
        (40.0, 10.0, Result.ACCEPTED),
        (80.0, 10.0, Result.FAILED),
        (40.0, 40.0, Result.FAILED),
        (40.0, 3.0, Result.FAILED),
    ],
)
def test_a_place_is_taken_inside_only(flying: Bench, north: float, up: float, result: Result) -> None:
    """By DO_REPOSITION, which does not change the mode for it, and by a guided mission item."""
    there = place(north, up)
    assert flying.core.commands.guided_item(GeoPoint(there.lat, there.lon, there.alt)).result is result
    flying.core.modes.set(5, flying.now_ms)
    answer = flying.core.commands.reposition(GeoPoint(there.lat, there.lon, there.alt), flying.now_ms, change_mode=True)
    assert answer.result is result
    assert flying.core.modes.number == (4 if answer.ok else 5)


@pytest.mark.parametrize(("north", "up"), [(60.0, 10.0), (40.0, 30.0), (40.0, 5.0)])
def test_a_place_at_a_limit_is_inside(flying: Bench, north: float, up: float) -> None:
    """Also where home lies so that its altitude, added and taken away again, leaves a rounding error."""
    home = GeoPoint(ORIGIN.lat, ORIGIN.lon, AWKWARD_M)
    assert AWKWARD_M + 30.0 - AWKWARD_M > 30.0
    flying.core.home.move(home)
    there = to_global(home, (north, 0.0, -up))
    assert flying.core.commands.reposition(GeoPoint(there.lat, there.lon, there.alt), flying.now_ms).ok


def test_a_streamed_place_outside_is_passed_over(flying: Bench) -> None:
    """SET_POSITION_TARGET beyond the circle changes nothing, not even together with a velocity."""
    before, said = flying.vehicle.target, len(flying.texts)
    assert not flying.core.commands.guided_target(position=(90.0, 0.0, -10.0)).ok
    assert not flying.core.commands.guided_target(position=(90.0, 0.0, -10.0), velocity=(1.0, 0.0, 0.0)).ok
    assert flying.vehicle.target is before
    assert len(flying.texts) == said


def test_without_a_fence_every_place_is_admitted(flying: Bench) -> None:
    flying.parameters.set("FENCE_ENABLE", 0)
    there = place(200.0, 10.0)
    assert flying.core.commands.reposition(GeoPoint(there.lat, there.lon, there.alt), flying.now_ms).ok


def test_a_rover_is_sent_beyond_its_fence() -> None:
    bench = Bench("rover", parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": 2, "FENCE_RADIUS": 30})
    bench.core.modes.set(15, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    there = place(100.0, 0.0)
    assert bench.core.commands.reposition(GeoPoint(there.lat, there.lon, there.alt), bench.now_ms).ok
