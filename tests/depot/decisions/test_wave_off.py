"""One that leaves its glide slope, the cone or its attitude on the way in is sent back to the gate, a few times."""

from __future__ import annotations

from math import hypot

import msgspec
import pytest

from depot.decisions.docking import beyond_limits, wave_off
from depot.names import EndedBy, Phase, SkimmerStage, SortieOutcome
from depot.physics.attitude import slew_to
from depot.readings import Relative, SkimmerPlace
from depot.settings import CorridorSettings
from depot.world.orbital import OrbitalMotion
from tests.fakes.changed_motion import ChangedMotion
from tests.fakes.loop_run import PROFILE, LoopBench, phases

CORRIDOR = CorridorSettings()


def on_its_way_in(range_m: float, *faults: str) -> LoopBench:
    """In the approach, no farther than this from the dock."""
    bench = LoopBench(*faults)
    seen = None
    while (
        seen is None
        or bench.loop.skimmer.memory.stage is not SkimmerStage.APPROACH
        or hypot(*seen.position_m) > range_m
    ):
        bench.step()
        seen = bench.loop.world.depot_reading().relative
    return bench


def blow(bench: LoopBench, *, faster_mps: float) -> None:
    """Something gives it a push towards the depot."""
    motion = bench.loop.world.motion
    state, flight = bench.loop.world.state, bench.loop.world.state.flight
    assert isinstance(motion, OrbitalMotion)
    x, y, z, u, v, w = motion.legs.at(state.now_ms)
    flight.hill, flight.at_ms, flight.accel, flight.burn = (
        (x, y, z, u, v + faster_mps, w),
        state.now_ms,
        (0.0,) * 3,
        None,
    )
    bench.loop.world.resume()  # its readings are of before
    state.skimmer.harvesting = False


def turn(bench: LoopBench) -> None:
    """Something has turned it to the side, and it comes back slowly."""
    state = bench.loop.world.state
    aside = slew_to(state.flight.slew.before, (1.0, 0.0, 0.0), 0, 1.0, 1.0).at(state.now_ms)
    state.flight.slew = slew_to(aside, (0.0, 1.0, 0.0), state.now_ms, 0.02, 1.0)
    bench.loop.world.resume()
    state.skimmer.harvesting = False


@pytest.mark.parametrize("beyond", ["relative_motion", "attitude"])
def test_one_that_leaves_its_limits_in_the_approach_goes_back_to_the_gate_and_docks_later(beyond: str) -> None:
    """The depot measures it; the skimmer obeys, is cleared once more, and the sortie is a success all the same."""
    bench = on_its_way_in(600.0)
    if beyond == "attitude":
        turn(bench)
    else:
        blow(bench, faster_mps=1.5)
    while bench.names("skimmer").count("approach") < 2:
        bench.runtime.step(bench.loop.now_ms + 20_000)
        bench.take()
        seen = bench.loop.world.depot_reading().relative
        assert seen is not None
        assert seen.position_m[1] < -CORRIDOR.commit_m  # behind it: it brakes at once, whatever its nose looks at
    bench.run()
    told = bench.decision("wave_off")
    assert (told.party, told.phase, told.facts["approach"]) == ("depot", Phase.DOCKING, 1)
    assert beyond in told.reason and beyond in told.facts["beyond_limits"] and told.facts["range_m"] > CORRIDOR.commit_m
    assert bench.names("skimmer").count("waved_off") == 1 and bench.names("skimmer").count("approach") == 2
    grants = [d for d in bench.decisions if d.name == "grant_docking_clearance"]
    assert len(grants) == 2 and not grants[1].facts["beyond_limits"]
    gate_m = CORRIDOR.gate_m
    assert grants[1].facts["range_m"] == pytest.approx(gate_m, rel=0.2)  # it was at the gate again
    assert bench.last["outcome"] == SortieOutcome.COMPLETED and phases(bench.last) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert bench.loop.depot.memory.approaches == 2
    assert bench.decision("near_miss").facts["near"] == ["keep_out", "wave_off"]


def test_a_good_approach_is_not_called_off() -> None:
    """Whatever its errors are: the limits have room for them."""
    for seed in range(1, 6):
        bench = LoopBench(seed=seed).run()
        assert "wave_off" not in bench.names() and bench.loop.depot.memory.approaches == 1


def test_thrusters_that_fail_on_the_way_in_end_the_approach_and_the_next_one_is_gentler() -> None:
    """The skimmer knows first: it gives up by itself, and comes down a slope that they can brake."""
    bench = on_its_way_in(600.0)
    bench.loop.world.state.skimmer.health.attitude = 0.4
    bench.run()
    started = [d.time_ms for d in bench.decisions if d.name == "approach"]
    assert bench.names("skimmer").count("approach_missed") == 1 and len(started) == 2
    missed, captured = bench.decision("approach_missed"), bench.decision("captured")
    assert started[0] < missed.time_ms < started[1]
    assert captured.time_ms - started[1] > 4_000_000  # a healthy one takes 2,700 s
    assert bench.decision("near_miss").facts["near"] == ["keep_out", "missed_approach"]


def test_who_fails_in_every_approach_is_held_off_for_good() -> None:
    """So many approaches in a sortie; then it stays at the gate until T_DEATH."""
    bench = LoopBench()
    while bench.loop.ended_by is None:
        bench.step()
        seen = bench.loop.world.depot_reading().relative
        if bench.loop.world.state.place is SkimmerPlace.FINAL and seen is not None and hypot(*seen.position_m) < 600.0:
            turn(bench)
    assert bench.names().count("wave_off") == CORRIDOR.tries == bench.loop.depot.memory.approaches
    held = [d for d in bench.decisions if d.name == "withhold_clearance"]
    assert held[-1].facts["cause"] == "approaches_used_up"
    assert bench.loop.ended_by is EndedBy.LOST and phases(bench.last)[-1] == 6


def test_a_person_who_takes_it_back_in_gives_it_more_approaches() -> None:
    """They are counted anew."""
    bench = LoopBench(total=2)
    while bench.loop.ended_by is None:
        bench.step()
        if bench.loop.world.state.place is SkimmerPlace.FINAL:
            turn(bench)
    bench.loop.recover()
    bench.run()
    assert [sortie["outcome"] for sortie in bench.sorties] == ["lost", "completed"]


def test_a_wave_off_that_is_not_heard_is_given_again() -> None:
    """The link is gone while it is off its slope."""
    bench = on_its_way_in(600.0, "link_loss@T+400000")  # later than anything here
    turn(bench)
    lost_until_ms = bench.loop.now_ms + 400_000
    ChangedMotion(bench.loop.world, link_open=lambda is_open: is_open and bench.loop.now_ms >= lost_until_ms)
    bench.run()
    told = [d for d in bench.decisions if d.name == "wave_off"]
    waved = next(d for d in bench.decisions if d.name == "waved_off")
    assert told[0].time_ms < lost_until_ms <= waved.time_ms


@pytest.mark.parametrize(("range_m", "called_off"), [(CORRIDOR.commit_m + 0.1, True), (CORRIDOR.commit_m, False)])
def test_nearer_than_the_commit_distance_capture_is_the_safer_end(range_m: float, called_off: bool) -> None:
    """A way back from there would lead past the depot."""
    seen = Relative((0.0, -range_m, 0.0), (0.0, 5.0, 0.0))
    assert beyond_limits(CORRIDOR, seen) == ["relative_motion"]
    assert bool(wave_off(CORRIDOR, seen)) is called_off
    assert wave_off(CORRIDOR, None) == ["not_seen"]


def test_no_approach_is_waved_off_whose_limits_are_wide() -> None:
    """The depot's table decides, nothing else."""
    wide = msgspec.structs.replace(CORRIDOR, attitude_max_deg=180.0)
    bench = LoopBench(profile=msgspec.structs.replace(PROFILE, corridor=wide))
    while bench.loop.world.state.place is not SkimmerPlace.FINAL:
        bench.step()
    turn(bench)
    bench.run()
    assert "wave_off" not in bench.names()
