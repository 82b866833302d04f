"""Arming, motors, failsafes, and the end of every flight."""

from __future__ import annotations

from tests.storm.invariant import When, invariant
from tests.storm.station import Station
from tests.storm.view import View


@invariant(When.END, "docs/reliability.md, Storms")
def everybody_is_down_at_the_end(view: View, rescuer: Station) -> str | None:
    """Within 30 minutes after the last fault a patient person with a good link has the vehicle down and disarmed."""
    if view.process is None:
        return "no process runs"
    facts = view.service.autopilot.facts
    return None if not facts.armed else f"still armed in {view.service.autopilot.modes.spec.name}"
