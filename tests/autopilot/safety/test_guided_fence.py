"""GUIDED targets beyond the fence are refused, as ArduPilot refuses them."""

from __future__ import annotations

import pytest

from autopilot.geo import to_global
from autopilot.outcome import Result
from sortie import Session


@pytest.fixture
def flying():
    """A copter at 10 m in GUIDED, behind a circular fence of 60 m and a ceiling of 30 m."""
    with Session(params={"FENCE_TYPE": 3, "FENCE_RADIUS": 60, "FENCE_ALT_MAX": 30, "FENCE_ENABLE": 1}) as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(10.0)
        session.run_for(12)
        yield session


def place(session, north, up):
    """A place `north` m of home and `up` m above it."""
    return to_global(session.autopilot.home, (north, 0.0, -up))


@pytest.mark.parametrize(("north", "up", "result"), [(40.0, 10.0, Result.ACCEPTED), (80.0, 10.0, Result.FAILED),
                                                    (40.0, 40.0, Result.FAILED)])
def test_a_target_is_taken_inside_only(flying, north, up, result):
    """By DO_REPOSITION, and by a guided mission item."""
    there = place(flying, north, up)
    now_ms = flying.service.now_ms
    assert flying.autopilot.reposition(there.lat, there.lon, there.alt, now_ms).result is result
    assert flying.autopilot.guided_item(there.lat, there.lon, there.alt, now_ms).result is result


def test_a_streamed_target_outside_is_passed_over(flying):
    """SET_POSITION_TARGET beyond the circle changes nothing: the vehicle stays where it is."""
    before = flying.autopilot.crew.cockpit.target
    assert not flying.autopilot.guided_target(flying.service.now_ms, position=(90.0, 0.0, -10.0)).ok
    assert flying.autopilot.crew.cockpit.target is before


def test_without_a_fence_every_place_is_admitted(flying):
    """FENCE_ENABLE 0."""
    flying.set_param("FENCE_ENABLE", 0)
    there = place(flying, 200.0, 10.0)
    assert flying.autopilot.reposition(there.lat, there.lon, there.alt, flying.service.now_ms).ok
