"""The table of a landing that has lost its target, walked whole, and what PLND_STRICT makes of its end."""

from __future__ import annotations

from itertools import product

import pytest

from autopilot.precision.retries import FAILSAFE_PAUSE_MS, TABLE, Action, Facts, Retries, Stage
from autopilot.precision.tracker import Sight

BOOLEANS = (False, True)
ALL_FACTS = [
    Facts(strict, waited, left, there, down)
    for strict, waited, left, there, down in product((0, 1, 2), BOOLEANS, BOOLEANS, BOOLEANS, BOOLEANS)
]


def walked(*steps: tuple[Sight, Facts]) -> tuple[Retries, list[Action], list[str]]:
    """A second for each."""
    said: list[str] = []
    retries = Retries(said.append)
    actions = [retries.step(sight, facts, 1000 * n) for n, (sight, facts) in enumerate(steps)]
    return retries, actions, said


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("sight", Sight)
def test_every_cell_says_what_to_do(stage: Stage, sight: Sight) -> None:
    """Whatever the facts: one step is taken, to a stage that the table has, and each step of the cell by some facts."""
    steps = TABLE[stage, sight]
    taken = [next(step for step in steps if step.when(facts)) for facts in ALL_FACTS]
    assert {id(step) for step in taken} == {id(step) for step in steps}
    for step in steps:
        assert step.to is Stage.CLEAR if sight in (Sight.FOUND, Sight.OUT_OF_RANGE) else True
        assert (step.action is Action.FAILSAFE) == (sight is Sight.NEVER or step.to is Stage.SPENT)
        if sight is Sight.NEVER:
            assert step.to is stage


def test_one_that_comes_back_while_it_sinks_costs_no_try() -> None:
    """Lost, waited for, found."""
    retries, actions, said = walked((Sight.LOST, Facts()), (Sight.LOST, Facts()), (Sight.FOUND, Facts()))
    assert (actions, said, retries.tried) == ([Action.DESCEND] * 3, [], 0)
    assert retries.stage is Stage.CLEAR


def test_a_retry_goes_back_comes_down_and_then_fails() -> None:
    """In ArduPilot's words."""
    late, there, down = Facts(waited=True), Facts(waited=True, there=True), Facts(waited=True, down=True)
    lost = Sight.LOST
    retries, actions, said = walked((lost, Facts()), (lost, late), (lost, late), (lost, there), (lost, down))
    assert actions == [Action.DESCEND, Action.RETURN, Action.RETURN, Action.SINK, Action.FAILSAFE]
    assert said == ["PrecLand: Retrying", "PrecLand: Retry Completed", "PrecLand: Failsafe Measures"]
    assert (retries.tried, retries.failed_ms) == (1, 4000)


def test_spent_tries_are_spent_until_the_next_landing() -> None:
    """A target that is found between two retries gives none back."""
    lost, late = Sight.LOST, Facts(waited=True)
    retries, _, _ = walked((lost, Facts()), (lost, late), (Sight.FOUND, Facts()), (lost, Facts()), (lost, late))
    assert retries.tried == 2
    retries, actions, _ = walked((lost, Facts()), (lost, Facts(waited=True, tries_left=False)))
    assert (actions[-1], retries.tried) == (Action.FAILSAFE, 0)
    retries.begin()
    assert (retries.stage, retries.failed_ms) == (Stage.CLEAR, None)


def test_not_strict_lands_where_it_is() -> None:
    """Without a retry, and without an end."""
    lax = Facts(strict=0, waited=True)
    _, actions, said = walked(*[(Sight.LOST, lax)] * 5)
    assert (actions, said) == ([Action.DESCEND] * 5, [])


@pytest.mark.parametrize(("strict", "at_once", "later"), [(0, False, False), (1, True, False), (2, True, True)])
def test_the_failsafe_of_each_strictness(strict: int, at_once: bool, later: bool) -> None:
    """Land; stop 7 s and land; stay."""
    retries, _, _ = walked((Sight.NEVER, Facts(strict)))
    assert retries.stays_up(strict, 100) is at_once
    assert retries.stays_up(strict, FAILSAFE_PAUSE_MS) is later
