"""The table of a landing that has lost its target, walked whole, and what PLND_STRICT makes of its end."""

from __future__ import annotations

from itertools import product

import pytest

from autopilot.precision.retries import FAILSAFE_PAUSE_MS, TABLE, LandingRetries, PadAction, PadFacts, PadStage
from autopilot.precision.tracker import PadSight

BOOLEANS = (False, True)
ALL_FACTS = [
    PadFacts(strict, waited, left, there, down)
    for strict, waited, left, there, down in product((0, 1, 2), BOOLEANS, BOOLEANS, BOOLEANS, BOOLEANS)
]


def walked(*steps: tuple[PadSight, PadFacts]) -> tuple[LandingRetries, list[PadAction], list[str]]:
    """A second for each."""
    said: list[str] = []
    retries = LandingRetries(said.append)
    actions = [retries.step(sight, facts, 1000 * n) for n, (sight, facts) in enumerate(steps)]
    return retries, actions, said


@pytest.mark.parametrize("stage", PadStage)
@pytest.mark.parametrize("sight", PadSight)
def test_every_cell_says_what_to_do(stage: PadStage, sight: PadSight) -> None:
    """Whatever the facts: one step is taken, to a stage that the table has, and each step of the cell by some facts."""
    steps = TABLE[stage, sight]
    taken = [next(step for step in steps if step.when(facts)) for facts in ALL_FACTS]
    assert {id(step) for step in taken} == {id(step) for step in steps}
    for step in steps:
        assert step.to is PadStage.CLEAR if sight in (PadSight.FOUND, PadSight.OUT_OF_RANGE) else True
        assert (step.action is PadAction.FAILSAFE) == (sight is PadSight.NEVER or step.to is PadStage.SPENT)
        if sight is PadSight.NEVER:
            assert step.to is stage


def test_one_that_comes_back_while_it_sinks_costs_no_try() -> None:
    """Lost, waited for, found."""
    retries, actions, said = walked(
        (PadSight.LOST, PadFacts()), (PadSight.LOST, PadFacts()), (PadSight.FOUND, PadFacts())
    )
    assert (actions, said, retries.tried) == ([PadAction.DESCEND] * 3, [], 0)
    assert retries.stage is PadStage.CLEAR


def test_a_retry_goes_back_comes_down_and_then_fails() -> None:
    """In ArduPilot's words."""
    late, there, down = PadFacts(waited=True), PadFacts(waited=True, arrived=True), PadFacts(waited=True, down=True)
    lost = PadSight.LOST
    retries, actions, said = walked((lost, PadFacts()), (lost, late), (lost, late), (lost, there), (lost, down))
    assert actions == [PadAction.DESCEND, PadAction.RETURN, PadAction.RETURN, PadAction.SINK, PadAction.FAILSAFE]
    assert said == ["PrecLand: Retrying", "PrecLand: Retry Completed", "PrecLand: Failsafe Measures"]
    assert (retries.tried, retries.failed_ms) == (1, 4000)


def test_spent_tries_are_spent_until_the_next_landing() -> None:
    """A target that is found between two retries gives none back."""
    lost, late = PadSight.LOST, PadFacts(waited=True)
    retries, _, _ = walked(
        (lost, PadFacts()), (lost, late), (PadSight.FOUND, PadFacts()), (lost, PadFacts()), (lost, late)
    )
    assert retries.tried == 2
    retries, actions, _ = walked((lost, PadFacts()), (lost, PadFacts(waited=True, tries_left=False)))
    assert (actions[-1], retries.tried) == (PadAction.FAILSAFE, 0)
    retries.begin()
    assert (retries.stage, retries.failed_ms) == (PadStage.CLEAR, None)


def test_not_strict_lands_where_it_is() -> None:
    """Without a retry, and without an end."""
    lax = PadFacts(strict=0, waited=True)
    _, actions, said = walked(*[(PadSight.LOST, lax)] * 5)
    assert (actions, said) == ([PadAction.DESCEND] * 5, [])


@pytest.mark.parametrize(("strict", "at_once", "later"), [(0, False, False), (1, True, False), (2, True, True)])
def test_the_failsafe_of_each_strictness(strict: int, at_once: bool, later: bool) -> None:
    """Land; stop 7 s and land; stay."""
    retries, _, _ = walked((PadSight.NEVER, PadFacts(strict)))
    assert retries.stays_up(strict, 100) is at_once
    assert retries.stays_up(strict, FAILSAFE_PAUSE_MS) is later
