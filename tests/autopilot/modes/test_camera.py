"""A camera that takes a photo every so many metres."""

from __future__ import annotations

from math import nan

import pytest

from autopilot.context.events import CameraTriggered
from tests.fakes.core_bench import Bench

DISTANCE, SHOOT = 206, 203


def flying() -> Bench:
    """In the air."""
    bench = Bench()
    bench.airborne()
    return bench


def fly(bench: Bench, metres: float, speed_mps: float = 5.0) -> list[float]:
    """So far north at that speed; where photos were taken, m from here."""
    bench.core.commands.change_speed(1, speed_mps)
    start = bench.position[0]
    bench.head_for((start + metres, 0.0, -10.0))
    bench.events(CameraTriggered)
    bench.log.clear()
    places = []
    while not bench.core.helm.arrived:
        bench.run(0.02)
        places += [bench.position[0] - start for _ in bench.events(CameraTriggered)]
        bench.log.clear()
    return places


@pytest.mark.parametrize("speed_mps", [2.0, 5.0, 12.0])
def test_photos_are_the_asked_distance_apart(speed_mps: float) -> None:
    """From where it was switched on, within what is flown in two ticks."""
    bench = flying()
    bench.core.payload.command(DISTANCE, (10.0,), bench.now_ms)
    places = fly(bench, 55.0, speed_mps)
    assert len(places) == 5
    gaps = [after - before for before, after in zip([0.0, *places], places, strict=False)]
    assert all(10.0 <= gap <= 10.0 + 2.1 * 0.02 * speed_mps for gap in gaps)


def test_one_at_once_and_none_after_it_is_switched_off() -> None:
    """param3 asks for one where it is; a distance of 0 ends them, and so does one that is no number."""
    bench = flying()
    bench.core.payload.command(DISTANCE, (10.0, 0.0, 1.0), bench.now_ms)
    bench.collect()
    assert [photo.number for photo in bench.events(CameraTriggered)] == [1]
    for end in (0.0, nan):
        bench.core.payload.command(DISTANCE, (10.0,), bench.now_ms)
        bench.core.payload.command(DISTANCE, (end,), bench.now_ms)
        assert fly(bench, 30.0) == []


def test_hanging_in_the_air_takes_none() -> None:
    """It is the way that counts, not the time."""
    bench = flying()
    bench.core.payload.command(DISTANCE, (10.0,), bench.now_ms)
    bench.run(60.0)
    bench.collect()
    assert bench.events(CameraTriggered) == []


def test_a_single_shot_and_none_on_the_ground() -> None:
    """DO_DIGICAM_CONTROL."""
    bench = flying()
    bench.core.payload.command(SHOOT, (0.0, 0.0, 0.0, 0.0, 1.0), bench.now_ms)
    bench.vehicle.put((0.0, 0.0, 0.0))
    bench.core.payload.command(SHOOT, (0.0, 0.0, 0.0, 0.0, 1.0), bench.now_ms)
    bench.collect()
    assert len(bench.events(CameraTriggered)) == 1
