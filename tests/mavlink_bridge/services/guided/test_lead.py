"""Reports of the vehicle that is followed, by the messages that ArduPilot takes."""

from __future__ import annotations

from math import nan, radians
from types import SimpleNamespace
from typing import Any

import pytest

from autopilot.interface.geo import Ned
from autopilot.modes.follow import LeadReport
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.guided.lead import LeadService
from mavlink_bridge.wire.codec import dialect

EAST = (0.7071068, 0.0, 0.0, 0.7071068)


class Lead:
    enabled = True

    def __init__(self) -> None:
        self.reports: list[LeadReport] = []

    def hear(self, report: LeadReport) -> None:
        self.reports.append(report)


def heard(message: Any, *, enabled: bool = True) -> list[LeadReport]:
    lead = Lead()
    lead.enabled = enabled
    parts: Any = SimpleNamespace(lead=lead)
    LeadService(parts).handle_message(message, Peer(0, 42, 1), 0)
    return lead.reports


def position(lat: int = 473977420, hdg: int = 9000) -> Any:
    return dialect.MAVLink_global_position_int_message(0, lat, 85455940, 500_000, 20_000, 300, -200, 10, hdg)


def target(
    capabilities: int,
    lat: int = 473977420,
    alt: float = 500.0,
    q: tuple[float, ...] = EAST,
    velocity: Ned = (1.0, 2.0, nan),
) -> Any:
    return dialect.MAVLink_follow_target_message(
        0, capabilities, lat, 85455940, alt, velocity, (0.0,) * 3, q, (0.0,) * 3, (0.0,) * 3, 0
    )


def test_a_position_is_a_report_with_its_velocity_and_heading() -> None:
    (report,) = heard(position())
    assert (report.system, report.above_home, report.as_target) == (42, 20.0, False)
    assert report.place.alt == pytest.approx(500.0)
    assert report.velocity == pytest.approx((3.0, -2.0, 0.1))
    assert report.heading == pytest.approx(radians(90.0))
    assert heard(position(hdg=65535))[0].heading is None


def test_a_follow_target_has_what_it_says_that_it_has() -> None:
    (report,) = heard(target(1 | 8))
    assert report.as_target
    assert report.velocity == (0.0, 0.0, 0.0)
    assert report.heading == pytest.approx(radians(90.0), abs=1e-5)
    (no_velocity,) = heard(target(1 | 2))
    assert no_velocity.velocity == (0.0, 0.0, 0.0)
    assert no_velocity.heading is None


@pytest.mark.parametrize(("capabilities", "velocity"), [(1, (0.0, 0.0, 0.0)), (1 | 2, (1.0, 2.0, 3.0))])
def test_a_velocity_counts_where_the_target_says_that_it_has_one(capabilities: int, velocity: Ned) -> None:
    assert heard(target(capabilities, velocity=(1.0, 2.0, 3.0)))[0].velocity == velocity


def test_the_heading_of_an_attitude_does_not_follow_its_roll_and_pitch() -> None:
    """40 degrees of roll, 20 of pitch, 90 of yaw."""
    (report,) = heard(target(1 | 8, q=(0.69636, 0.12279, 0.35355, 0.61237)))
    assert report.heading == pytest.approx(radians(90.0), abs=1e-3)


@pytest.mark.parametrize(
    "message", [target(2), target(1, alt=nan), target(1, lat=2_000_000_000), position(lat=1_900_000_000)]
)
def test_what_has_no_place_is_no_report(message: Any) -> None:
    assert heard(message) == []


def test_nothing_is_heard_while_nobody_may_be_followed() -> None:
    assert heard(position(), enabled=False) == []


def test_an_attitude_that_is_none_has_no_heading() -> None:
    assert heard(target(1 | 8, q=(nan, 0.0, 0.0, 0.0)))[0].heading is None
