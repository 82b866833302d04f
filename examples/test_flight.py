"""Flights as tests: `pytest examples/test_flight.py`. Virtual time, no sockets: a flight takes a fraction of a second.

Copy this into your project, with your plan, your parameters and what your flight must keep to.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sortie import Session, events, read_plan, start_of

PLAN = Path(__file__).with_name("square.plan")


@pytest.fixture(params=[1, 2, 3])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A vehicle where the plan starts, in gusty wind; each seed is another flight."""
    wind = {"SIM_WIND_SPD": 4.0, "SIM_WIND_TURB": 1.0}
    with Session(home=start_of(read_plan(PLAN)), seed=request.param, params=wind) as session:
        yield session


def test_the_square_is_flown_to_its_end(session: Session) -> None:
    session.upload(PLAN)
    session.start()
    session.run_until(events.MissionComplete, timeout_s=300.0)
    assert [event.seq for event in session.events_of(events.ItemReached)] == [1, 2, 3, 4, 5, 6]


def test_it_stays_inside_its_fence_and_saves_its_battery(session: Session) -> None:
    session.upload(PLAN)
    session.set_param("FENCE_ENABLE", 1)
    session.start()
    session.run_until(lambda s: not s.state.armed)
    assert session.events_of(events.FenceChanged) == []
    assert session.state.battery.remaining > 0.7


def test_it_comes_home_when_the_battery_is_low() -> None:
    """BATT_LOW_VOLT: the failsafe flies RTL, and the vehicle lands."""
    params = {"BATT_LOW_VOLT": 11.5, "BATT_FS_LOW_ACT": 2}
    with Session(home=start_of(read_plan(PLAN)), params=params, faults=["battery.low=1.5@30"]) as session:
        session.upload(PLAN)
        session.start()
        changed = session.run_until(events.ModeChanged)
        assert session.state.mode == "RTL", changed
        session.run_until(lambda s: not s.state.armed)
