"""No sequence of faults reaches a state that the seed does not allow, ABORT-3 is final, and the loop never stalls."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from depot.decisions.phases import NEXT
from depot.names import EndedBy, Phase
from sortie.loop.faults import GO_NAMES, NAMES
from tests.fakes.examples import examples
from tests.fakes.loop_run import LoopBench, phases

ALLOWED = {(int(a), int(b)) for (a, _), b in NEXT.items() if b is not None}
WHENS = st.one_of(
    st.builds(lambda phase, offset: f"phase{phase}+{offset}", st.integers(1, 8), st.just(0) | st.integers(0, 60_000)),
    st.builds(lambda offset: f"T+{offset}", st.integers(0, 700_000)),
)


def _fault(name: str, when: str, which: str) -> str:
    """A no-go without an end would rightly wait for ever: each fault that could be one gets an end."""
    return f"{name}@{when}..T+900000{which}"


FAULTS = st.builds(_fault, st.sampled_from(NAMES), WHENS, st.sampled_from(["", "#1", "#2", "#*"]))


def check(sortie: dict[str, Any], *, last: bool, ended_by: EndedBy) -> None:
    """What holds of every sortie."""
    flown = phases(sortie)
    assert flown[0] == 1
    assert all(step in ALLOWED for step in itertools.pairwise(flown)), flown
    times = [(phase["start_s"], phase["end_s"]) for phase in sortie["phases"]]
    assert all(start <= end for start, end in times)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(times))
    if sortie["outcome"] == "completed":
        assert sortie["abort"] is None and flown == [1, 2, 3, 4, 5, 6, 7, 8]
    if sortie["outcome"] == "lost" or sortie["abort"] == "ABORT-3":
        assert last and ended_by in (EndedBy.LOST, EndedBy.TOTAL_ABORT)
        assert Phase.HEALTH not in flown or sortie["abort"] == "ABORT-3"
    if sortie["abort"] == "ABORT-1" and 8 in flown:
        assert 7 not in flown


EMPTIED = [
    "fuel_store_full@phase1+152..T+900000", "radiator_failure@phase3+189..T+900000",
    "fuel_low@T+10165..T+900000",
]  # fmt: skip
"""Once took away all propellant of the depot, and with it every launch for ever."""


@example(EMPTIED, 0)
@settings(max_examples=examples(20), deadline=None)
@given(st.lists(FAULTS, max_size=6, unique_by=lambda text: text.split("@")[0]), st.integers(0, 10))
def test_any_faults_lead_to_an_end_that_the_seed_allows(faults: list[str], seed: int) -> None:
    """Two sorties with up to six faults."""
    bench = LoopBench(*faults, total=2, seed=seed).run(limit=40_000)
    ended = bench.loop.ended_by
    assert ended is not None and bench.sorties
    for sortie in bench.sorties:
        check(sortie, last=sortie is bench.last, ended_by=ended)
    assert (ended is EndedBy.TOTAL_ABORT) == (bench.last["abort"] == "ABORT-3")
    if ended is EndedBy.TOTAL_ABORT:
        before = bench.loop.world.state.skimmer.mode
        bench.runtime.step(bench.loop.now_ms + 10_000_000)
        assert bench.loop.ended_by is EndedBy.TOTAL_ABORT and not bench.loop.take_closed()
        assert before is not None
    assert set(GO_NAMES) <= set(NAMES)
