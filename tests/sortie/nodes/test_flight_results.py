"""How `demo` and `fly` judge a flight: by what happened, never by the words for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.context.events import FlightStateChanged, ModeChanged
from autopilot.interface.reasons import ArmingMethod, FlightEvent, ModeReason
from sortie.api import events
from sortie.api.sample import square
from sortie.api.session import Session
from sortie.nodes.flight import Flight, FlightResult
from tests.fakes.program import last_line, run
from tests.fakes.station_plan import HOME

PLAN = Path(__file__).parents[3] / "examples" / "square.waypoints"


def flown(session: Session, *, abort: bool = False, mode: str | None = None) -> FlightResult:
    """One flight of the square as `fly` makes it; `abort`: called off in the countdown; `mode`: a person takes it."""
    session.upload(square(session.autopilot.vehicle.state.place))
    flight = Flight(session.service)
    session.service.watchers.follow(flight)
    if abort:
        session.run_until(lambda s: flight.state.name == "ARMED", 100.0)
        session.abort()
    if mode is not None:
        session.run_until(lambda s: s.state.height > 5.0, 100.0)
        session.set_mode(mode)
    session.run_until(lambda s: flight.done, 400.0)
    session.service.observers.remove(flight.step)
    return flight.result


def test_a_flight_that_ends_by_its_duration_is_completed() -> None:
    """FM_DURATION: it landed as told; what follows is no failure."""
    with Session(home=HOME, params={"FM_COUNTDOWN": 1, "FM_DURATION": 8}) as session:
        result = flown(session)
        causes = [event.cause for event in session.events_of(events.FlightStateChanged)]
    assert (result.result, result.reason) == ("completed", "")
    assert FlightEvent.DURATION_OVER in causes


def test_an_abort_in_the_countdown_is_aborted() -> None:
    """A person ended it; the cause of IDLE is the ABORT, not the disarming that followed from it."""
    with Session(home=HOME, params={"FM_COUNTDOWN": 20}) as session:
        result = flown(session, abort=True)
        last = session.events_of(FlightStateChanged)[-1]
    assert (result.result, result.reason) == ("aborted", "aborted")
    assert last.cause is FlightEvent.ABORT


def test_a_person_who_takes_the_vehicle_ends_the_flight_as_aborted() -> None:
    """By ModeReason: a wish."""
    with Session(home=HOME, params={"FM_COUNTDOWN": 1}) as session:
        assert flown(session, mode="RTL").result == "aborted"


def test_a_failsafe_is_a_failure_and_carries_its_number() -> None:
    """Battery: ModeReason 4, which the log has as ArduPilot's own number; a crash disarms by method 12."""
    params = {"FM_COUNTDOWN": 1, "BATT_FS_LOW_ACT": 2, "BATT_LOW_VOLT": 10.5, "BATT_LOW_TIMER": 1}
    with Session(home=HOME, params=params, faults=["battery.low=3@25"]) as session:
        result = flown(session)
        reasons = [event.reason for event in session.events_of(ModeChanged)]
    assert (result.result, result.reason) == ("failed", "Battery Failsafe")
    assert ModeReason.BATTERY_FAILSAFE in reasons
    assert (int(ModeReason.BATTERY_FAILSAFE), int(ArmingMethod.CRASH)) == (4, 12)


def test_fly_with_a_duration_is_status_0_and_repeats(tmp_path: Path) -> None:
    """Both flights of --repeat 2."""
    done = run(
        tmp_path,
        "fly",
        str(PLAN),
        "--speedup",
        "0",
        "--json",
        "--repeat",
        "2",
        "--param",
        "FM_DURATION=12",
        "--link",
        "tcpin:127.0.0.1:0",
    )
    assert done.returncode == 0, done.stderr
    assert last_line(done)["result"] == "completed"
    assert [flight["result"] for flight in last_line(done)["flights"]] == ["completed", "completed"]


@pytest.mark.parametrize("reason", ModeReason)
def test_each_reason_has_words_for_people(reason: ModeReason) -> None:
    """And no two share them."""
    assert reason.text
    assert [one for one in ModeReason if one.text == reason.text] == [reason]
