"""The table of the loop, walked whole."""

from __future__ import annotations

from itertools import product

import pytest

from depot.decisions.phases import NEXT, PHASES, LoopEvent, NotAllowed, next_phase
from depot.names import Abort, Mode, Phase

SEED = {
    # phase: events of the seed and where they lead (seed 000, 4, 5), ABORT-3 apart
    Phase.PREP: {LoopEvent.NO_GO: 1, LoopEvent.LAUNCH_ACKNOWLEDGED: 2, LoopEvent.DEATH_TIMER: None},
    Phase.DEPARTURE: {LoopEvent.CLEAR_OF_DEPOT: 3, LoopEvent.DEATH_TIMER: None},
    Phase.OUTBOUND: {LoopEvent.AT_HARVEST_ZONE: 4, LoopEvent.TURNED_BACK: 5, LoopEvent.ABORT_1: 5, LoopEvent.ABORT_2: 5,
                     LoopEvent.DEATH_TIMER: None},
    Phase.HARVEST: {LoopEvent.HARVEST_ENDED: 5, LoopEvent.ABORT_1: 5, LoopEvent.ABORT_2: 5,
                    LoopEvent.DEATH_TIMER: None},
    Phase.RETURN: {LoopEvent.AT_CORRIDOR: 6, LoopEvent.TELEMETRY_ENDED: None, LoopEvent.ABORT_1: 5,
                   LoopEvent.ABORT_2: 5, LoopEvent.DEATH_TIMER: None},
    Phase.DOCKING: {LoopEvent.DOCKED_AND_VERIFIED: 7, LoopEvent.DOCKED_NO_OFFLOAD: 8, LoopEvent.DEATH_TIMER: None},
    Phase.OFFLOAD: {LoopEvent.OFFLOADED: 8},
    Phase.HEALTH: {LoopEvent.RELAUNCH: 1, LoopEvent.RETIRE: None},
}  # fmt: skip


@pytest.mark.parametrize(("phase", "event"), list(product(Phase, LoopEvent)), ids=lambda value: value.name)
def test_every_phase_with_every_event(phase: Phase, event: LoopEvent) -> None:
    """Leads where the seed says, ABORT-3 ends the loop from anywhere, a restart of a simulated copter leads to the
    health review, one that is taken back in to the dock, and every other pair is refused."""
    if event is LoopEvent.ABORT_3:
        assert next_phase(phase, event) is None
    elif event is LoopEvent.RESTART and phase < Phase.OFFLOAD:
        assert next_phase(phase, event) is Phase.HEALTH
    elif event is LoopEvent.RECOVER and phase < Phase.OFFLOAD:
        assert next_phase(phase, event) is Phase.DOCKING
    elif event in SEED[phase]:
        assert next_phase(phase, event) == SEED[phase][event]
    else:
        with pytest.raises(NotAllowed, match=event.name):
            next_phase(phase, event)


def test_every_phase_has_its_row() -> None:
    """Owner, modes, entry, actions and exit of all eight."""
    assert list(PHASES) == list(Phase)
    for phase, row in PHASES.items():
        assert row.phase is phase
        assert row.owner == ("Skimmer" if phase in (2, 3, 4, 5) else "Mothership")
        assert row.modes and row.entry and row.actions and row.exit


def test_every_mode_has_a_phase_and_docked_ones_are_docked() -> None:
    """Five modes over eight phases."""
    assert {mode for row in PHASES.values() for mode in row.modes} == set(Mode)
    assert PHASES[Phase.OFFLOAD].modes == PHASES[Phase.HEALTH].modes == (Mode.DOCKED,)


def test_every_phase_can_be_reached_and_left() -> None:
    """The loop closes."""
    seen, todo = {Phase.PREP}, [Phase.PREP]
    while todo:
        phase = todo.pop()
        for (start, _), following in NEXT.items():
            if start is phase and following is not None and following not in seen:
                seen.add(following)
                todo.append(following)
    assert seen == set(Phase)
    assert NEXT[Phase.HEALTH, LoopEvent.RELAUNCH] is Phase.PREP


def test_precedence_of_the_abort_paths() -> None:
    """3 over 1 over 2 over routine."""
    assert Abort.ABORT_3 > Abort.ABORT_1 > Abort.ABORT_2B > Abort.ABORT_2 > Abort.NONE
    assert [abort.label for abort in Abort] == [None, "ABORT-2", "ABORT-2B", "ABORT-1", "ABORT-3"]
