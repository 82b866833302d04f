"""The sortie loop of a depot and its skimmer, and its journal (seed 000)."""

from __future__ import annotations

import itertools
from collections import Counter

from depot.decisions.phases import NEXT
from depot.names import EndedBy
from sortie.loop.journal import LoopJournal
from tests.storm.depot_storm import DepotStorm, decisions_of, sorties_of
from tests.storm.invariant import When, invariant

JOURNAL = "docs/reliability.md, State"
PHASES = "seed 000, 4"
_ALLOWED = {(int(a), int(b)) for (a, _), b in NEXT.items() if b is not None}


@invariant(When.DEPOT_START, JOURNAL)
def an_announced_decision_is_in_the_journal(storm: DepotStorm, journal: LoopJournal) -> str | None:
    """A decision that was announced before the process was killed is in the journal at the next start."""
    lost = storm.told.decisions - Counter(decisions_of(journal))
    return f"{len(lost)} decisions are gone, the first is {next(iter(lost))}" if lost else None


@invariant(When.DEPOT_START, JOURNAL)
def the_record_of_an_announced_sortie_stays(storm: DepotStorm, journal: LoopJournal) -> str | None:
    """The record of a sortie whose end was announced is in the journal, unchanged."""
    kept = {sortie["number"]: sortie for sortie in sorties_of(journal)}
    for number, told in storm.told.sorties.items():
        if number not in kept or kept[number]["phases"] != told["phases"]:
            return f"sortie {number} was announced and is {'another' if number in kept else 'gone'}"
    return None


@invariant(When.DEPOT_END, JOURNAL)
def nothing_is_counted_twice(storm: DepotStorm, journal: LoopJournal) -> str | None:
    """Sorties are numbered from 1 without a gap, and decisions are in order of time."""
    numbers = [sortie["number"] for sortie in sorties_of(journal)]
    if numbers != list(range(1, len(numbers) + 1)):
        return f"sorties {numbers}"
    times = [time_ms for time_ms, _ in decisions_of(journal)]
    back = next((pair for pair in itertools.pairwise(times) if pair[0] > pair[1]), None)
    return None if back is None else f"a decision of {back[1]} ms stands behind one of {back[0]} ms"


@invariant(When.DEPOT_END, PHASES)
def phases_follow_each_other_as_the_seed_has_them(storm: DepotStorm, journal: LoopJournal) -> str | None:
    """A sortie begins with phase 1. Each phase begins when the previous one ends, by a transition of the table."""
    for sortie in sorties_of(journal):
        flown = [phase["phase"] for phase in sortie["phases"]]
        wrong = next((step for step in itertools.pairwise(flown) if step not in _ALLOWED), None)
        if flown[0] != 1 or wrong is not None:
            return f"sortie {sortie['number']} flew {flown}"
        times = [(phase["start_s"], phase["end_s"]) for phase in sortie["phases"]]
        if any(before[1] != after[0] for before, after in itertools.pairwise(times)):
            return f"sortie {sortie['number']}: times {times}"
    return None


@invariant(When.DEPOT_END, PHASES)
def a_completed_sortie_was_flown_whole(storm: DepotStorm, journal: LoopJournal) -> str | None:
    """A completed sortie had all eight phases in order, and no abort."""
    for sortie in sorties_of(journal):
        flown = [phase["phase"] for phase in sortie["phases"]]
        if sortie["outcome"] == "completed" and (sortie["abort"] is not None or flown != list(range(1, 9))):
            return f"sortie {sortie['number']} is completed: {sortie['abort']}, {flown}"
    return None


@invariant(When.DEPOT_END, "seed 000, 5")
def nothing_follows_a_loss(storm: DepotStorm, journal: LoopJournal) -> str | None:
    """After ABORT-3 or the loss of the vehicle no further sortie begins, and the loop reports this end in no other
    case."""
    sorties = sorties_of(journal)
    final = [sortie["number"] for sortie in sorties if sortie["outcome"] == "lost" or sortie["abort"] == "ABORT-3"]
    if any(number != sorties[-1]["number"] for number in final):
        return f"sorties {final} were lost or aborted for good, the last is {sorties[-1]['number']}"
    said = storm.ended in (EndedBy.LOST, EndedBy.TOTAL_ABORT)
    return None if said == bool(final) else f"the loop ended by {storm.ended}, final were {final}"
