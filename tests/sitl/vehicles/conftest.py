"""A simulated copter in flight."""

from __future__ import annotations

import pytest

from tests.fakes.copter_flight import CopterFlight


@pytest.fixture
def flight() -> CopterFlight:
    """At 20 m in still air."""
    made = CopterFlight()
    made.take_off()
    return made
