"""Whatever wakes the program may make both parties of a loop look again at the same instant: nothing changes by it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot.decisions.depot_controller import DepotController
from depot.skimmer.skimmer_controller import SkimmerController
from sortie.loop.faults import NAMES
from tests.fakes.examples import examples
from tests.fakes.loop_run import LoopBench


def _look_twice(patch: pytest.MonkeyPatch, party: type[DepotController | SkimmerController]) -> None:
    look = party.handle_timeout

    def looks(controller: DepotController | SkimmerController, now_ms: int) -> None:
        look(controller, now_ms)
        once = msgspec.to_builtins(controller.memory)
        look(controller, now_ms)
        assert msgspec.to_builtins(controller.memory) == once

    patch.setattr(party, "handle_timeout", looks)


@settings(max_examples=examples(4), deadline=None)  # each example flies two loops
@given(st.sampled_from(sorted(NAMES)), st.integers(2, 7), st.integers(0, 5000))
def test_a_second_look_at_the_same_instant_changes_nothing(name: str, phase: int, after_s: int) -> None:
    """Neither what a party remembers nor what is decided in the loop, whatever fails in it. The mode of a burn began an
    event too late: a burn that was commanded in the shadow was flown in ECLIPSE/SURVIVAL."""
    fault = f"{name}@phase{phase}+{after_s}"
    undisturbed = LoopBench(fault).run()
    with pytest.MonkeyPatch.context() as patch:
        _look_twice(patch, DepotController)
        _look_twice(patch, SkimmerController)
        disturbed = LoopBench(fault).run()
    assert disturbed.decisions == undisturbed.decisions
    assert disturbed.sorties == undisturbed.sorties
