"""The threat of another aircraft, judged as ArduPilot judges it."""

from __future__ import annotations

from math import hypot

import pytest

from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.traffic import Contact, Limits
from autopilot.mav import CollisionThreat
from autopilot.safety.threat import Threat, away_from, judge

HERE = GeoPoint(-35.0, 149.0, 600.0)
LIMITS = Limits(30.0, 100.0, 100.0, 30.0, 300.0, 300.0)
NONE, LOW, HIGH = CollisionThreat


def threat(at: Ned, velocity: Ned, own: Ned = (0.0, 0.0, 0.0), age_ms: int = 0) -> Threat:
    contact = Contact(1, to_global(HERE, at), velocity, 10_000 - age_ms)
    return judge(HERE, own, contact, LIMITS, 10_000)


@pytest.mark.parametrize(
    ("at", "velocity", "own", "level"),
    [
        ((1500.0, 0.0, 0.0), (-50.0, 0.0, 0.0), (0.0, 0.0, 0.0), HIGH),  # it will be here in 30 s
        ((1500.0, 99.0, 0.0), (-50.0, 0.0, 0.0), (0.0, 0.0, 0.0), HIGH),
        ((1500.0, 101.0, 0.0), (-50.0, 0.0, 0.0), (0.0, 0.0, 0.0), LOW),  # it passes beside, within the warning
        ((1500.0, 301.0, 0.0), (-50.0, 0.0, 0.0), (0.0, 0.0, 0.0), NONE),
        ((1650.0, 0.0, 0.0), (-50.0, 0.0, 0.0), (0.0, 0.0, 0.0), LOW),  # 150 m away after 30 s
        ((1650.0, 0.0, 0.0), (-50.0, 0.0, 0.0), (5.0, 0.0, 0.0), HIGH),  # but this flies towards it
        ((1500.0, 0.0, 0.0), (50.0, 0.0, 0.0), (0.0, 0.0, 0.0), NONE),  # it flies away
        ((1500.0, 0.0, -99.0), (-50.0, 0.0, 0.0), (0.0, 0.0, 0.0), HIGH),
        ((1500.0, 0.0, -101.0), (-50.0, 0.0, 0.0), (0.0, 0.0, 0.0), LOW),  # higher than is avoided
        ((1500.0, 0.0, 301.0), (-50.0, 0.0, 0.0), (0.0, 0.0, 0.0), NONE),
        ((90.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), HIGH),  # it stands there
    ],
)
def test_levels(at: Ned, velocity: Ned, own: Ned, level: CollisionThreat) -> None:
    """By AVD_F_ and AVD_W_ distances and times."""
    assert threat(at, velocity, own).level is level


def test_height_is_hardly_predicted() -> None:
    """ArduPilot counts the vertical motion's metres as centimetres: 10 m/s for 30 s are 3 m."""
    assert threat((1500.0, 0.0, -200.0), (-50.0, 0.0, -10.0)).closest_z_m == pytest.approx(203.0)
    assert threat((1500.0, 0.0, -200.0), (-50.0, 0.0, 10.0)).closest_z_m == pytest.approx(200.0)


def test_an_old_report_looks_further_and_then_ends() -> None:
    assert threat((1650.0, 0.0, 0.0), (-50.0, 0.0, 0.0), age_ms=2000).level is HIGH
    assert threat((1650.0, 0.0, 0.0), (-50.0, 0.0, 0.0), age_ms=5001).level is NONE


def test_away_is_at_a_right_angle_to_its_way() -> None:
    """From one that moves; from one that stands, straight away; from one that comes right at it there is no way."""
    beside = away_from(threat((1000.0, 40.0, -30.0), (-50.0, 0.0, 0.0)))
    assert beside is not None
    assert beside == pytest.approx((0.0, -0.8, 0.6), abs=1e-3)
    standing = away_from(threat((30.0, 40.0, 0.0), (0.5, 0.0, 0.0)))
    assert standing == pytest.approx((-0.6, -0.8, 0.0), abs=1e-3)
    assert hypot(*(beside)) == pytest.approx(1.0)
    below = away_from(threat((1000.0, 0.0, -50.0), (-50.0, 0.0, -50.0)))  # it climbs
    assert below == pytest.approx((-(0.5**0.5), 0.0, 0.5**0.5), abs=1e-3)
