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


def test_another_distance_counts_from_the_last_photo() -> None:
    """DO_SET_CAM_TRIGG_DIST some metres behind a photo: the next is twelve metres behind that photo."""
    bench = flying()
    bench.core.payload.command(DISTANCE, (10.0,), bench.now_ms)
    begun = bench.position[0]
    (first,) = fly(bench, 14.0, 2.0)
    bench.core.payload.command(DISTANCE, (12.0,), bench.now_ms)
    again = bench.position[0]
    (second,) = fly(bench, 14.0, 2.0)
    assert again + second - begun - first == pytest.approx(12.0, abs=0.3)


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


def test_the_end_of_a_line_has_its_photo() -> None:
    """QGroundControl's surveys ask for one at each end: param3 is 1 where they switch the distance off too."""
    bench = flying()
    bench.core.payload.command(DISTANCE, (0.0, 0.0, 1.0), bench.now_ms)
    assert len(bench.events(CameraTriggered)) == 1
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


SHUTTER = {"CAM1_TYPE": 1, "SERVO6_FUNCTION": 10}
DIGICAM = (203, (0.0, 0.0, 0.0, 0.0, 1.0))


def pulses(bench: Bench) -> list[float]:
    return [pulse for channel, pulse in bench.vehicle.outputs if channel == 6]


def test_a_shutter_on_a_servo_is_pressed_for_its_time_and_tells_of_its_photo() -> None:
    """CAM1_TYPE 1, on the ground and disarmed too."""
    bench = Bench(parameters=SHUTTER | {"CAM1_SERVO_ON": 1700, "CAM1_DURATION": 0.5})
    assert pulses(bench) == [1100.0]
    assert bench.core.payload.command(*DIGICAM, bench.now_ms).ok
    assert len(bench.events(CameraTriggered)) == 1
    bench.run(0.48)
    assert pulses(bench) == [1100.0, 1700.0]
    bench.run(0.04)
    assert pulses(bench) == [1100.0, 1700.0, 1100.0]


def test_a_photo_waits_until_the_camera_is_ready() -> None:
    """CAM1_INTRVAL_MIN: of two orders within it the second is carried out behind it, and a third is the same one."""
    bench = Bench(parameters=SHUTTER | {"CAM1_INTRVAL_MIN": 2})
    for _ in range(3):
        bench.core.payload.command(*DIGICAM, bench.now_ms)
        bench.run(0.5)
    bench.run(0.4)
    assert len(bench.events(CameraTriggered)) == 1
    bench.run(5.0)
    first, second = (event.time_ms for event in bench.events(CameraTriggered))
    assert second - first == 2000


def test_a_rover_takes_photos_on_its_way() -> None:
    bench = Bench("rover")
    bench.core.modes.set(15, bench.now_ms)
    bench.arm()
    bench.core.payload.command(206, (5.0,), bench.now_ms)
    bench.core.commands.guided_target(position=(22.0, 0.0, 0.0))
    bench.run(60.0)
    assert len(bench.events(CameraTriggered)) == 4
