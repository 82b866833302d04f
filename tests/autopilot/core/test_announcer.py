"""What is announced is taken once, whenever it is said."""

from __future__ import annotations

from autopilot.context.vehicle_context import Announcer
from autopilot.mav import Severity


def test_what_is_said_while_nothing_was_taken_is_taken_once() -> None:
    """A service that speaks on its deadline, in a pass in which nothing had happened before."""
    announcer = Announcer()
    before = announcer.take_events()
    announcer.say(Severity.INFO, "Takeoff detected")
    assert before == []
    assert [event.text for event in announcer.take_events()] == ["Takeoff detected"]  # type: ignore[union-attr]
    assert announcer.take_events() == []
