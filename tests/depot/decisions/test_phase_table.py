"""The table of the loop, walked whole, against the seed's sentences.

`SENTENCES` has what seed 000 says of changes of phase, in its words, read without the code's table beside it; `OURS`
what the seed leaves open and the project has decided, in the words of docs/decisions/depot.md. What neither says is
refused.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from depot.decisions.phases import NEXT, PHASES, LoopEvent, NotAllowed, next_phase
from depot.decisions.record import SortieRecord
from depot.names import Abort, Phase, SkimmerMode
from scripts.specification_page import headings

ROOT = Path(__file__).parents[3]
SEEDS = ROOT.parent / "shared" / "seeds"
ENDS = 0
"""The loop is over for this vehicle."""


class Change(NamedTuple):
    """`words` of section `section` say that `event` leads from each of `phases` to phase `to`."""

    section: str
    words: str
    event: LoopEvent
    phases: tuple[int, ...]
    to: int


_E = LoopEvent
LAUNCH, OFFLOAD = "Launch, plan and losses", "Offload and review"  # of docs/decisions/depot.md
SENTENCES = (
    Change("4.1", "mission is delayed and Phase 1 repeats after a wait window", _E.NO_GO, (1,), 1),
    Change("4.2", "Launch command received and acknowledged.", _E.LAUNCH_ACKNOWLEDGED, (1,), 2),
    Change("4.2", "Safe clearance from mothership.", _E.CLEAR_OF_DEPOT, (2,), 3),
    Change("4.3", "Skimmer arrives at the defined entry point for the harvest zone with acceptable:",
           _E.AT_HARVEST_ZONE, (3,), 4),
    Change("4.5", "Harvest phase ended by:", _E.HARVEST_ENDED, (4,), 5),
    Change("4.5", "Skimmer reaches pre-docking corridor around mothership.", _E.AT_CORRIDOR, (5,), 6),
    Change("4.7", "Docking complete and verified.", _E.DOCKED_AND_VERIFIED, (6,), 7),
    Change("4.8", "Offload and refuel completed.", _E.OFFLOADED, (7,), 8),
    Change("4.8", "Skimmer flagged for relaunch → return to Phase 1.", _E.RELAUNCH, (8,), 1),
    Change("4.8", "Skimmer flagged as derated but still usable → return to Phase 1", _E.RELAUNCH, (8,), 1),
    Change("4.8", "Skimmer retired → mission loop ends for this vehicle.", _E.RETIRE, (8,), ENDS),
    Change("3", "If T_DEATH expires with no confirmed return/dock, the skimmer is declared lost.",
           _E.DEATH_TIMER, (2, 3, 4, 5, 6), ENDS),
    Change("5", "ABORT-1 – Skimmer Self-Abort May trigger during: Phase 3 (Transit Outbound) Phase 4 (Harvest) Phase 5",
           _E.ABORT_1, (3, 4, 5), 5),
    Change("5", "ABORT-2 – Mothership Forced Recall May trigger during: Phase 3, 4, or 5", _E.ABORT_2, (3, 4, 5), 5),
    Change("5", "Can trigger in any phase.", _E.ABORT_3, (1, 2, 3, 4, 5, 6, 7, 8), ENDS),
)  # fmt: skip
OURS = (
    Change(LAUNCH, "Margins that do not allow a harvest at the zone's entry turn the skimmer back",
           _E.TURNED_BACK, (3,), 5),
    Change(LAUNCH, "A launch command without an answer until T_DEATH is a loss", _E.DEATH_TIMER, (1,), ENDS),
    Change(LAUNCH, "A skimmer in disposal is lost when its telemetry ends", _E.TELEMETRY_ENDED, (5,), ENDS),
    Change("What the depot knows", "is assumed to be in phase 3", _E.ASSUMED_CLEAR, (2,), 3),
    Change(OFFLOAD, "If phase 7 is not complete and nothing was delivered", _E.SERVICE_INCOMPLETE, (7,), 8),
    Change("Docking", "phase 7 is skipped", _E.DOCKED_NO_OFFLOAD, (6,), 8),
    Change("A copter or quadplane", "and phase 8 decides at once", _E.RESTART, (1, 2, 3, 4, 5, 6), 8),
    Change(LAUNCH, "One that is taken back continues in phase 6", _E.RECOVER, (1, 2, 3, 4, 5, 6), 6),
)  # fmt: skip
SAID = {(phase, change.event): change.to for change in (*SENTENCES, *OURS) for phase in change.phases}
OVERVIEW = """
| 1     | Pre-Departure Prep       | Mothership    | DOCKED                     | Minutes to hours            |
| 2     | Departure Burn           | Skimmer       | CRUISE                     | Minutes                     |
| 3     | Transit Outbound         | Skimmer       | CRUISE / IDLE/STANDBY      | Minutes to hours            |
| 4     | Harvest Operations       | Skimmer       | ACTIVE-HARVEST             | Dominant fraction of sortie |
| 5     | Transit Return           | Skimmer       | CRUISE / ECLIPSE/SURVIVAL  | Minutes to hours            |
| 6     | Docking                  | Mothership    | DOCKED (entry transition)  | Minutes                     |
| 7     | Offload & Refuel         | Mothership    | DOCKED                     | Minutes to hours            |
| 8     | Health Check & Relaunch  | Mothership    | DOCKED / retired           | Minutes                     |
"""
"""The seed's own table (2.1)."""
BESIDE = {
    # modes that 4.1 to 4.6 name beside those of 2.1
    1: ("DOCKED transitioning to CRUISE at departure.", {SkimmerMode.CRUISE}),
    2: ("Skimmer switches from DOCKED to CRUISE.", {SkimmerMode.DOCKED}),
    3: ("possibly with short dips into IDLE/STANDBY or ECLIPSE/SURVIVAL.", {SkimmerMode.SURVIVAL}),
    4: ("possibly back to CRUISE for repositioning segments.", {SkimmerMode.CRUISE}),
    6: ("Transition from CRUISE to DOCKED.", {SkimmerMode.CRUISE}),
}


def plain(text: str) -> str:
    """Words without marks and line ends."""
    kept = "".join(character for character in text if character not in "*`-–")
    return " ".join(kept.split())


def section(path: Path, name: str) -> str:
    """The words under the heading that begins so."""
    found = headings(path.read_text(encoding="utf-8"))
    return plain(next(body for heading, body in found.items() if heading.startswith(name)))


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seeds lie beside the project where it is built")
def test_the_sentences_are_the_seed_s() -> None:
    """Word for word, in their sections."""
    seed = next(SEEDS.glob("000*.txt"))
    for change in SENTENCES:
        assert plain(change.words) in section(seed, change.section), change.words
    for phase, (words, _) in BESIDE.items():
        assert plain(words) in section(seed, f"4.{phase}"), words
    for line in OVERVIEW.strip().splitlines():
        assert plain(line) in section(seed, "2.1"), line


def test_what_the_seed_does_not_say_stands_in_the_decisions() -> None:
    """Every change of ours, with its reason."""
    for change in OURS:
        assert plain(change.words) in section(ROOT / "docs" / "decisions" / "depot.md", change.section), change.words


@pytest.mark.parametrize(("phase", "event"), list(product(Phase, LoopEvent)), ids=lambda value: value.name)
def test_every_phase_with_every_event(phase: Phase, event: LoopEvent) -> None:
    """Leads where it is said, and every pair that nobody names is refused."""
    if (phase, event) not in SAID:
        with pytest.raises(NotAllowed, match=event.name):
            next_phase(phase, event)
        return
    following = next_phase(phase, event)
    assert (ENDS if following is None else following) == SAID[phase, event]


def test_no_event_is_left_out() -> None:
    """Each happens somewhere, and the table has no row more."""
    assert {event for _, event in SAID} == set(LoopEvent)
    assert set(NEXT) == {(Phase(phase), event) for phase, event in SAID}


def test_owners_and_modes_are_those_of_the_overview() -> None:
    """All eight rows of it; and of the modes that the phases' own sections name beside them."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in OVERVIEW.strip().splitlines()]
    assert [(int(row[0]), row[1]) for row in rows] == [(int(phase), phase.title) for phase in Phase]
    for row in rows:
        phase = PHASES[Phase(int(row[0]))]
        assert (phase.phase, phase.owner) == (int(row[0]), row[2])
        named = {mode for mode in SkimmerMode if mode in row[3]}
        assert set(phase.modes) == named | BESIDE.get(int(row[0]), ("", set()))[1]
        assert phase.entry and phase.actions and phase.exit


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


def test_a_sortie_keeps_its_abort_against_one_that_is_no_higher() -> None:
    """And the trigger of that one, which is the cause."""
    record, kept = SortieRecord(1, 1.0, 1.5), []
    for abort in (Abort.ABORT_2, Abort.ABORT_2, Abort.ABORT_1, Abort.ABORT_2B, Abort.ABORT_1, Abort.ABORT_3):
        record.raise_abort(abort, f"cause {len(kept) + 1}")
        kept.append((record.abort, record.trigger))
    two, one, three = (Abort.ABORT_2, "cause 1"), (Abort.ABORT_1, "cause 3"), (Abort.ABORT_3, "cause 6")
    assert kept == [two, two, one, one, one, three]
