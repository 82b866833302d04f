"""The lifecycle as a table: every pair of state and event, every guard, every action, and the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from autopilot.flight.lifecycle import (
    IGNORED,
    TABLE,
    FlightCommand,
    FlightState,
    LifecycleAction,
    LifecycleStateMachine,
    choose,
)
from autopilot.flight.manager import FlightManager
from autopilot.interface.reasons import FlightEvent
from scripts.lifecycle_diagram import mermaid, table

PAGE = Path(__file__).parents[3] / "docs" / "lifecycle.md"
PAIRS = list(product(FlightState, FlightEvent))


@dataclass
class GuardFacts:
    """Guards see what a test says."""

    begun_by_go: bool = True
    in_command: bool = True
    armed: bool = True
    airborne: bool = True
    resting: bool = True
    landed: bool = False
    waits_to_stop: bool = False
    refusal: str | None = None
    critical_is_ours: bool = True
    motors_run_on: bool = False


SITUATIONS = [
    GuardFacts(go, command, armed, airborne, resting, landed, waits, None if ready else "no mission", critical, runs_on)
    for go, command, armed, airborne, resting, landed, waits, ready, critical, runs_on in product(
        (False, True), repeat=10
    )
]


#: The seed's diagram, written from it and not from the code: state, what happens, what is asked for, next state.
SEED_002 = [
    ("IDLE", "GO", "prepare_go", "PREFLIGHT"),
    ("PREFLIGHT", "RESETS_DONE", "ask_arm", "PREFLIGHT"),
    ("PREFLIGHT", "RESET_FAILED", "give_up", "IDLE"),
    ("PREFLIGHT", "ARM_OK", "wait_armed", "ARMED"),
    ("PREFLIGHT", "ARM_FAILED", "give_up", "IDLE"),
    ("ARMED", "ABORT", "call_off", "ARMED"),
    ("ARMED", "DISARM_OK", "close", "IDLE"),
    ("ARMED", "COUNTDOWN_OVER", "start", "FLYING"),
    ("FLYING", "DURATION_OVER", "land", "LANDING"),
    ("LANDING", "LANDED", "disarm", "LANDED"),
    ("FLYING", "LANDED", "disarm", "LANDED"),
    ("LANDED", "DISARM_OK", "close", "IDLE"),
]


@pytest.mark.parametrize(("state", "event", "action", "following"), SEED_002)
def test_the_diagram_of_the_seed(state: str, event: str, action: str, following: str) -> None:
    """In a flight that GO began and nobody disturbs; the last but one is the emergency cutoff."""
    row = choose(FlightState[state], FlightEvent[event], GuardFacts())
    assert row is not None
    assert (row.action.value, row.next.name) == (action, following)


def test_numbers_of_states_and_commands_are_the_seeds() -> None:
    """STATUS: 0 IDLE to 5 LANDED; GO 0x20, ABORT 0x21, STATUS 0x22."""
    assert [state.name for state in sorted(FlightState)] == [
        "IDLE",
        "PREFLIGHT",
        "ARMED",
        "FLYING",
        "LANDING",
        "LANDED",
    ]
    assert [int(state) for state in FlightState] == [0, 1, 2, 3, 4, 5]
    assert {command.name: int(command) for command in FlightCommand} == {"GO": 0x20, "ABORT": 0x21, "STATUS": 0x22}


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_pair_has_rows_or_is_ignored_and_never_both(state: FlightState, event: FlightEvent) -> None:
    assert ((state, event) in TABLE) != (event in IGNORED[state])


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_in_every_situation_one_row_is_taken(state: FlightState, event: FlightEvent) -> None:
    """The last row of a pair has no guard, so that no situation falls through."""
    for situation in SITUATIONS:
        row = choose(state, event, situation)
        assert (row is None) == (event in IGNORED[state])


@pytest.mark.parametrize("key", TABLE)
def test_every_row_can_be_reached(key: tuple[FlightState, FlightEvent]) -> None:
    """No guard is shadowed by the one before it."""
    taken = {id(choose(*key, situation)) for situation in SITUATIONS}
    assert taken == {id(row) for row in TABLE[key]}


def test_a_pair_that_is_neither_is_a_hole_that_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TABLE, (FlightState.ARMED, FlightEvent.ABORT))
    with pytest.raises(KeyError, match="no row for ABORT in ARMED"):
        choose(FlightState.ARMED, FlightEvent.ABORT, GuardFacts())


def test_every_action_is_done_somewhere_and_can_be_done() -> None:
    used = {row.action for rows in TABLE.values() for row in rows}
    assert used == set(LifecycleAction)
    assert all(hasattr(FlightManager, f"_{action.value}") for action in LifecycleAction)


def make_walker() -> tuple[LifecycleStateMachine, list[str]]:
    """One whose actions, entered states and changes are written down."""
    done: list[str] = []
    actions = {action: partial(done.append, action.value) for action in LifecycleAction}
    walker = LifecycleStateMachine(
        GuardFacts(),
        actions,
        lambda: done.append(f"enter {walker.state.name}"),
        lambda: done.append(f"tell {walker.state.name}: {walker.reason}"),
    )
    return walker, done


def test_people_are_told_when_the_action_of_a_state_is_done() -> None:
    walker, done = make_walker()
    walker.dispatch(FlightEvent.GO, "asked")
    assert done == ["enter PREFLIGHT", "prepare_go", "tell PREFLIGHT: asked"]
    assert (walker.state, walker.cause) == (FlightState.PREFLIGHT, FlightEvent.GO)


def test_a_timer_ends_with_its_state_and_comes_once() -> None:
    walker, _ = make_walker()
    walker.dispatch(FlightEvent.PLAIN_ARM, "")
    walker.at(FlightEvent.RETRY, 300)
    assert walker.deadline_ms == 300
    assert (walker.due(299), walker.due(300), walker.due(300)) == (None, FlightEvent.RETRY, None)
    walker.at(FlightEvent.LANDING_TIMEOUT, 900)
    walker.dispatch(FlightEvent.ARM_OK, "")
    assert (walker.deadline_ms, walker.due(10_000)) == (None, None)


def test_abort_acts_in_armed_only_and_go_in_idle_only() -> None:
    """Everywhere else they are refused and nothing changes."""
    for event, home, refused in (
        (FlightEvent.ABORT, FlightState.ARMED, LifecycleAction.REFUSE_ABORT),
        (FlightEvent.GO, FlightState.IDLE, LifecycleAction.REFUSE_SECOND_GO),
    ):
        for state in FlightState:
            for situation in SITUATIONS:
                row = choose(state, event, situation)
                assert row is not None
                if state is not home:
                    assert (row.action, row.next) == (refused, state)


def test_every_state_can_be_left_and_idle_is_reachable_from_all() -> None:
    arrows = {(state, row.next) for (state, _), rows in TABLE.items() for row in rows}
    reachable = {FlightState.IDLE}
    for _ in FlightState:
        reachable |= {a for a, b in arrows if b in reachable}
    assert reachable == set(FlightState)


def test_the_page_shows_the_present_diagram_and_table() -> None:
    """docs/lifecycle.md is generated: `python -m scripts.lifecycle_diagram` prints what belongs into it."""
    page = PAGE.read_text(encoding="utf-8")
    assert mermaid() in page
    assert table() in page


def test_a_changed_table_makes_the_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard above has been seen to fail."""
    monkeypatch.delitem(TABLE, (FlightState.ARMED, FlightEvent.ABORT))
    page = PAGE.read_text(encoding="utf-8")
    assert mermaid() not in page or table() not in page
