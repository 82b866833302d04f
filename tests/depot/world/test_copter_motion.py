"""Motion of a box's copter, with a pilot that only notes what it is told."""

from __future__ import annotations

import pytest

from depot.readings import SkimmerPlace
from tests.fakes.box_run import BoxBench


def test_one_that_landed_beside_the_box_does_so_again_when_it_has_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """On its next wait without charge, whether others have flown it meanwhile or a sortie has ended: it is told once in
    each."""
    bench = BoxBench()
    motion, pilot, state = bench.box.motion, bench.box.pilot, bench.loop.world.state
    landings: list[SkimmerPlace] = []
    monkeypatch.setattr(pilot, "land", lambda: landings.append(state.place))
    monkeypatch.setattr(pilot, "place", lambda before: before)
    for name in ("fly_back", "launch"):
        monkeypatch.setattr(pilot, name, lambda: None)
    state.skimmer.lobes.kg = 0.0
    for waits, leave in enumerate((motion.turn_back, motion.depart, motion.turn_back), 1):
        state.place = SkimmerPlace.CORRIDOR
        motion.arrive()
        motion.arrive()
        assert landings == [SkimmerPlace.CORRIDOR] * waits
        state.place = SkimmerPlace.OUT
        leave()
        motion.arrive()
