"""A skimmer that does not follow its plan is seen to: by its own navigation, by the depot, in the journal."""

from __future__ import annotations

import msgspec
import pytest

from depot.decision import Decision
from depot.names import Phase
from depot.readings import SkimmerPlace
from tests.fakes.loop_run import PROFILE, LoopBench

NAVIGATION = PROFILE.navigation


def begun(bench: LoopBench, phase: Phase) -> Decision:
    """The journal of its beginning."""
    return next(d for d in bench.decisions if d.name == "begin_phase" and d.phase == phase)


@pytest.fixture(scope="module")
def unpushed() -> LoopBench:
    """THRUSTER_FWD is dead when the departure burn begins, and no watch of the engine tells."""
    bench = LoopBench()
    while "initial_burn" not in bench.names("skimmer"):
        bench.step()
    memory = bench.loop.skimmer.memory
    assert memory.plan is not None
    limits = msgspec.structs.replace(memory.plan.limits, thruster_min=0.0)
    memory.plan = msgspec.structs.replace(memory.plan, limits=limits)
    bench.loop.world.state.skimmer.health.thruster_fwd = 0.0
    while "corridor_drift" not in bench.names("depot") and bench.loop.depot.memory.phase < Phase.HARVEST:
        bench.step()
        assert bench.steps < 2_000
    return bench


def test_a_burn_that_gave_nothing_is_no_departure(unpushed: LoopBench) -> None:
    """Some 100 m off the depot it is where its plan has it, and on the way to nowhere: the answers say so."""
    left = begun(unpushed, Phase.OUTBOUND).facts
    assert not left["exit"]["on_outbound_trajectory"] and not left["entry"]["departure_burn_completed"]


def test_a_way_that_leads_elsewhere_is_corridor_drift(unpushed: LoopBench) -> None:
    """ABORT-1 by what its way comes to, as soon as the burn is over."""
    drift = next(d for d in unpushed.decisions if (d.party, d.name) == ("skimmer", "corridor_drift"))
    assert PROFILE.watch.corridor_m < drift.facts["drift_m"] < 100_000.0  # and the zone is 60 km behind
    burnt = unpushed.decision("initial_burn").time_ms
    assert drift.time_ms - burnt <= 1000.0 * PROFILE.plan.departure_s
    assert unpushed.loop.depot.memory.record is not None
    assert unpushed.loop.depot.memory.record.trigger == "corridor_drift"


@pytest.mark.parametrize("off_mps", [0.45, 2.5])
def test_a_push_aside_is_seen_by_the_one_who_has_to_act(off_mps: float) -> None:
    """Halfway out something pushes it along its track: a little, and the depot recalls it; much, and it turns back."""
    bench = LoopBench()
    while "follow_trajectory" not in bench.names("skimmer"):
        bench.step()
    flight, motion = bench.loop.world.state.flight, bench.loop.world.motion
    bench.run_to(bench.loop.now_ms / 1000.0 + 0.46 * PROFILE.plan.outbound_s)  # behind its first correction
    x, y, z, vx, vy, vz = motion.legs.here()  # type: ignore[attr-defined]  # the one of `space`
    motion.legs.begin((x, y, z, vx, vy + off_mps, vz))  # type: ignore[attr-defined]
    assert flight.burn is None
    bench.run()
    mine, trigger = ("ABORT-1", "corridor_drift") if off_mps > 1.0 else ("ABORT-2", "nav_drift")
    assert (bench.last["abort"], bench.last["trigger"]) == (mine, trigger)


def test_navigation_that_misleads_it_brings_it_home() -> None:
    """Fixes 600 times worse than usual: it is led off its pattern, and notices before it is lost."""
    blind = msgspec.structs.replace(NAVIGATION, fix_per_m=600.0 * NAVIGATION.fix_per_m)
    bench = LoopBench(profile=msgspec.structs.replace(PROFILE, navigation=blind))
    bench.run(60_000)
    assert bench.sorties[0]["trigger"] in ("nav_drift", "corridor_drift")


@pytest.mark.parametrize("seed", [1, 4, 9])
def test_a_routine_sortie_keeps_to_its_way(seed: int) -> None:
    """What real burns and fixes are off by is far from any limit."""
    bench = LoopBench(seed=seed)
    most_m = 0.0
    while bench.loop.ended_by is None:
        bench.step()
        status = bench.loop.depot.memory.status
        most_m = max(most_m, 0.0 if status is None else status.drift_m)
    assert 100.0 < most_m < 0.5 * PROFILE.watch.drift_warn_m
    assert bench.last["outcome"] == "completed"


# --- texts of the journal are no more than what is known --------------------------------------------------------------
def test_one_that_was_heard_is_not_assumed_anywhere() -> None:
    """Its springs are slow: it reports from beside the depot, and phase 2 goes on for as long as it does."""
    slow = msgspec.structs.replace(PROFILE.corridor, separation_mps=0.004)
    bench = LoopBench(profile=msgspec.structs.replace(PROFILE, corridor=slow))
    while "undock" not in bench.names("skimmer"):
        bench.step()
    assumed_s = PROFILE.plan.departure_s + PROFILE.heartbeat.period_s
    bench.run_to(bench.loop.now_ms / 1000.0 + 1.5 * assumed_s)
    assert bench.loop.world.state.place is SkimmerPlace.NEAR
    assert bench.loop.depot.memory.phase is Phase.DEPARTURE and "assume_clear" not in bench.names()


def test_what_is_assumed_is_called_so() -> None:
    """Nothing heard since the launch: no word of a clearance that nobody has told."""
    bench = LoopBench("link_loss@phase2+1..T+60000").run_to(45_000.0)
    begins = begun(bench, Phase.OUTBOUND)
    assert "assumed" in begins.reason and not begins.facts["exit"]["on_outbound_trajectory"]


@pytest.mark.parametrize(
    ("fault", "why"), [("", "store_near_capacity"), ("intake_failure@phase4+1000", "by none of its conditions")]
)
def test_the_end_of_a_harvest_gives_the_reason_that_holds(fault: str, why: str) -> None:
    """The depot ends one that brings in too little: no store is full then, and nobody says so."""
    bench = LoopBench(*([fault] if fault else [])).run()
    assert begun(bench, Phase.RETURN).reason.endswith(f"({why})")


# --- phase 7 that patience ends ---------------------------------------------------------------------------------------
def test_a_service_that_an_interface_prevents_is_an_anomaly_and_no_success() -> None:
    """The fluid connection fails as the offload begins: aborted, and nobody is launched with what is left."""
    bench = LoopBench("fluid_failure@phase7+10", total=3).run()
    assert [(s["outcome"], s["trigger"]) for s in bench.sorties] == [("aborted", "interface_failure")]
    assert bench.loop.depot.memory.reason == "interface_failure" and "no_go" not in bench.names()
    assert not begun(bench, Phase.HEALTH).facts["exit"]["no_major_anomalies"]
    assert "offloaded" not in bench.names()


def stuck(seconds: float) -> list[str]:
    """Both ways to the ring are shut for so long."""
    return [f"valve_stuck@phase7+{late}..phase7+{seconds:.0f}" for late in (10, 20)]


def test_one_that_was_not_served_is_served_before_it_flies_again() -> None:
    """No way is open for longer than the depot's patience: the sortie is spoilt, the skimmer is not."""
    bench = LoopBench(*stuck(PROFILE.depot.patience_s + 30_000), total=2).run()
    assert [(s["outcome"], s["trigger"]) for s in bench.sorties] == [
        ("aborted", "service_incomplete"),
        ("completed", None),
    ]
    eta = PROFILE.depot.eta_route
    assert bench.sorties[0]["delivered_kg"] == pytest.approx(eta * bench.sorties[0]["harvested_kg"], rel=1e-3)
    assert "await_service" in bench.names() and "no_go" not in bench.names()


def test_one_that_cannot_be_served_at_all_is_not_kept_waiting_for_ever() -> None:
    """Twice the depot's patience; then it is retired instead of standing through no-gos without end."""
    bench = LoopBench(*stuck(10.0 * PROFILE.depot.patience_s), total=2).run()
    assert (bench.last["outcome"], bench.loop.depot.memory.reason) == ("aborted", "service_incomplete")
    stood_s = bench.decision("retire").time_ms / 1000.0 - bench.last["phases"][6]["start_s"]
    assert stood_s == pytest.approx(2.0 * PROFILE.depot.patience_s, rel=0.1) and "no_go" not in bench.names()
