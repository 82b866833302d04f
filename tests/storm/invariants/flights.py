"""The life of a flight (seed 002)."""

from __future__ import annotations

from autopilot.context.events import FlightStateChanged
from autopilot.flight.lifecycle import TABLE, FlightState
from tests.storm.invariant import When, invariant
from tests.storm.view import View

NEXT = {
    (state, row.next) for (state, _), rows in TABLE.items() for row in rows if row.next is not state
}  # what may follow what


@invariant(When.EVENT, "seed 002, State Machine", "FlightStateChanged")
def flight_states_follow_the_table(view: View, event: FlightStateChanged) -> str | None:
    """Each state of the flight manager follows the one before by a row of the seed's table."""
    memory = view.life.setdefault("flight", {"state": FlightState.IDLE})
    before, after = memory["state"], FlightState(event.state)
    memory["state"] = after
    view.storm.story.meet("lifecycle", before.name, after.name)
    if before is after or (before, after) in NEXT:
        return None
    return f"{after.name} after {before.name}"
