"""When faults hold: a plan that is told the time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sortie.config.faults import Fault, parse_fault
from sortie.nodes.fault_plan import NEVER_MS, FaultInjector, FaultPlan

NAMES = ("gps.loss", "baro.loss")


class Machine:
    """What holds, as it was told."""

    def __init__(self, *faults: str) -> None:
        self.held: set[str] = set()
        self.told: list[tuple[int, str, bool]] = []
        self.plan = FaultPlan([fault(text) for text in faults], self._inject)

    def _inject(self, one: Fault, active: bool, now_ms: int) -> None:
        self.told.append((now_ms, one.name, active))
        (self.held.add if active else self.held.discard)(one.name)


def fault(text: str) -> Fault:
    return parse_fault(text, NAMES)


def test_faults_begin_and_end_at_their_times():
    """In order, and what is due together at once."""
    machine = Machine("gps.loss@2..5", "baro.loss@3")
    assert machine.plan.next_ms == 2000
    machine.plan.strike(1999)
    assert machine.told == []
    machine.plan.strike(3000)
    assert machine.told == [(3000, "gps.loss", True), (3000, "baro.loss", True)]
    machine.plan.strike(9000)
    assert machine.held == {"baro.loss"} and machine.plan.next_ms == NEVER_MS


def test_one_that_is_ended_by_hand_does_not_end_again():
    """Its end is forgotten, a later one of the same name is not."""
    machine = Machine("gps.loss@2..5", "gps.loss@8..9")
    machine.plan.strike(2000)
    machine.plan.end("gps.loss", 3000)
    machine.plan.end("gps.loss", 3100)
    machine.plan.strike(5000)
    assert machine.told == [(2000, "gps.loss", True), (3000, "gps.loss", False)]
    machine.plan.strike(8000)
    assert machine.held == {"gps.loss"}
    machine.plan.strike(9000)
    assert machine.held == set()


def test_what_was_given_is_kept_as_an_option_would_give_it():
    """With the times at which a hand began and ended it; one that lasted no time is none. Also after putting back."""
    machine = Machine("gps.loss@2..5")
    plan, before = machine.plan, machine.plan.state()
    plan.strike(2000)
    plan.end("gps.loss", 3000)
    plan.add(fault("baro.loss"), 4010)
    plan.add(fault("baro.loss=2@1..9"), 5000)
    plan.add(fault("gps.loss@7"), 5000)
    assert " ".join(map(str, plan.given)) == "gps.loss@2..3.0 baro.loss@4.01 baro.loss=2@5.0..9 gps.loss@7"
    plan.strike(7000)
    plan.end("gps.loss", 7000)
    plan.end("baro.loss", 7500)
    assert [str(one) for one in plan.given] == ["gps.loss@2..3.0", "baro.loss@4.01", "baro.loss=2@5.0..7.5"]
    plan.restore(before, 1000)
    assert [str(one) for one in plan.given] == ["gps.loss@2..5"]


@pytest.mark.parametrize("texts", [("gps.loss@2..5", "gps.loss@4..9"), ("gps.loss@5..9", "gps.loss@2..5")])
def test_the_end_of_one_leaves_the_next_of_its_name(texts: tuple[str, str]):
    machine = Machine(*texts)
    machine.plan.strike(8000)
    assert machine.held == {"gps.loss"}
    machine.plan.strike(9000)
    assert machine.held == set()


def test_one_that_a_station_begins_does_not_end_by_the_schedule():
    machine = Machine("gps.loss@2..5")
    machine.plan.strike(3000)
    FaultInjector(machine.plan, NAMES, lambda: 3000).begin("gps.loss", None)
    machine.plan.strike(9000)
    assert machine.held == {"gps.loss"}


@pytest.mark.parametrize("text", ["gps.loss", "gps.loss@1", "gps.loss@1..9"])
def test_one_that_is_added_late_holds_at_once(text):
    machine = Machine()
    machine.plan.add(fault(text), 4000)
    assert machine.held == {"gps.loss"}


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 20), st.integers(1, 20))),
    st.lists(st.tuples(st.sampled_from((*NAMES, "add gps.loss", "add baro.loss")), st.integers(0, 20))),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_what_was_done_in_between_is_undone(planned, done, saved_s, passed_s):
    """After `restore` the machine holds what it would hold if nobody had touched it, now and later."""
    texts = [f"{name}@{start}..{start + length}" for name, start, length in planned]
    touched, alone = Machine(*texts), Machine(*texts)
    for machine in (touched, alone):
        machine.plan.strike(saved_s * 1000)
    state, now_ms = touched.plan.state(), saved_s * 1000
    for what, wait_s in done:
        now_ms += wait_s * 1000
        touched.plan.strike(now_ms)
        if what.startswith("add "):
            touched.plan.add(fault(what.removeprefix("add ")), now_ms)
        else:
            touched.plan.end(what, now_ms)
    alone.plan.strike(now_ms)
    touched.plan.restore(state, now_ms)
    for time_ms in range(now_ms, now_ms + (passed_s + 1) * 1000, 1000):
        for machine in (touched, alone):
            machine.plan.strike(time_ms)
        assert touched.held == alone.held == {one.name for one in touched.plan.active}
