"""What happens to the copter of a `drone-box` is seen by its skimmer, told to the depot, and is the seed's abort."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autopilot.interface.result import Outcome
from autopilot.mav import Result
from autopilot.vehicles.mode_table import CopterMode
from depot.names import Abort, EndedBy, Phase, SkimmerStage
from depot.readings import SkimmerPlace
from tests.fakes.box_run import BoxBench, hurried, shortened
from tests.fakes.loop_run import phases

SEEN_S = 5.0
"""Vehicle time within which it has to be seen (issue 11)."""


def flying(phase: int = 4, seconds: float = 5.0, *, total: int = 1) -> BoxBench:
    """So long in a phase."""
    bench = BoxBench(profile=hurried(0.1), total=total)
    while bench.loop.depot.memory.phase != phase:
        bench.step()
    bench.run_to(bench.loop.now_ms / 1000.0 + seconds)
    return bench


def break_it(bench: BoxBench, fault: str, value: float | None = None) -> None:
    """A fault of the simulated machine."""
    assert bench.box.service.vehicle.inject_fault(fault, value, active=True)


def change_mode(bench: BoxBench, mode: CopterMode) -> None:
    """As a ground station does."""
    assert bench.box.service.autopilot.modes.set(mode, bench.box.service.now_ms).ok
    bench.runtime.settle()


def decided(bench: BoxBench, party: str, since_s: float, within_s: float = SEEN_S) -> list[str]:
    """Names of what a party has decided from then on, within that time."""
    bench.run_to(since_s + within_s)
    begin, end = since_s * 1000.0, (since_s + within_s) * 1000.0
    return [d.name for d in bench.decisions if d.party == party and begin <= d.time_ms <= end]


def disarm(bench: BoxBench) -> None:
    """In flight, by force."""
    assert bench.box.service.autopilot.arming.disarm(bench.box.service.now_ms, force=True).ok


HARM: dict[str, tuple[Callable[[BoxBench], None], set[str]]] = {
    "motor": (lambda bench: break_it(bench, "motor1.loss"), {"thruster_fwd_loss", "attitude_authority_loss"}),
    "disarmed": (disarm, {"thruster_fwd_loss"}),
    "imu": (lambda bench: break_it(bench, "imu.loss"), {"imu_loss"}),
    "gps": (lambda bench: break_it(bench, "gps.loss"), {"abort_sensors_failure"}),
    "barometer": (lambda bench: break_it(bench, "baro.loss"), {"abort_sensors_failure"}),
    "compass": (lambda bench: break_it(bench, "compass.loss"), {"abort_sensors_failure"}),
    "battery": (lambda bench: break_it(bench, "battery.low", 4.0), {"fuel_low"}),
}


@pytest.mark.parametrize("phase", [3, 4, 5])
@pytest.mark.parametrize("harm", HARM)
def test_each_harm_is_a_self_abort_of_its_class_within_5_s(harm: str, phase: int) -> None:
    """Seen by the skimmer controller, and the depot is told."""
    strike, triggers = HARM[harm]
    bench = flying(phase, 2.0)
    struck_s = bench.loop.now_ms / 1000.0
    strike(bench)
    assert triggers & set(decided(bench, "skimmer", struck_s))
    assert triggers & set(decided(bench, "depot", struck_s))
    record = bench.loop.depot.memory.record
    assert record is not None and record.abort is Abort.ABORT_1 and record.trigger in triggers


@pytest.mark.parametrize("harm", ["motor", "disarmed", "imu"])
def test_a_copter_that_has_crashed_is_disposed_of_and_lost(harm: str) -> None:
    """Reported at once as one that does not come back; it harvests nothing more, and T_DEATH ends the loop."""
    bench = flying(4, 20.0)
    struck_s = bench.loop.now_ms / 1000.0
    HARM[harm][0](bench)
    bench.run_to(struck_s + SEEN_S)
    assert bench.loop.skimmer.memory.stage is SkimmerStage.DISPOSAL
    status = bench.loop.depot.memory.status
    assert status is not None and status.stage is SkimmerStage.DISPOSAL
    harvested_kg = bench.loop.world.state.skimmer.harvested_kg
    bench.run()
    assert bench.loop.world.state.place is SkimmerPlace.ADRIFT
    assert bench.last["outcome"] == "lost" and bench.last["abort"] == "ABORT-1"
    assert bench.last["harvested_kg"] == pytest.approx(harvested_kg) and bench.last["delivered_kg"] == 0.0
    assert harvested_kg < 0.5 * bench.loop.depot.profile.skimmer.intake_kg_s * 84.0
    assert bench.loop.ended_by is EndedBy.LOST


@pytest.mark.parametrize("stage", [SkimmerStage.HOLDING, SkimmerStage.APPROACH])
def test_one_that_falls_in_phase_6_is_told_at_once(stage: SkimmerStage) -> None:
    """No abort is declared there, but the depot knows."""
    bench = BoxBench("dock_refused@phase6..phase6+20", profile=hurried(0.1))
    while bench.loop.skimmer.memory.stage is not stage:
        bench.step()
    struck_s = bench.loop.now_ms / 1000.0
    disarm(bench)
    assert "flies_no_more" in decided(bench, "skimmer", struck_s)
    assert "disposal_reported" in decided(bench, "depot", struck_s)
    bench.run()
    assert bench.last["outcome"] == "lost"


def test_one_that_was_given_up_and_comes_down_in_its_dock_is_taken_in() -> None:
    """Not lost: secured, and the loop goes on as after any other return."""
    bench = BoxBench(profile=hurried(0.1))
    while bench.loop.skimmer.memory.stage is not SkimmerStage.APPROACH:
        bench.step()
    bench.loop.skimmer._helm.enter(SkimmerStage.DISPOSAL, bench.loop.now_ms)
    bench.run()
    assert "captured" in bench.names("depot")
    assert bench.last["outcome"] != "lost" and bench.loop.ended_by is EndedBy.SORTIES_DONE


def test_without_a_position_it_lands_where_it_is_and_says_so() -> None:
    """GPS lost: ABORT-1, then the estimator's failsafe puts it down away from its dock."""
    bench = flying(4, 10.0)
    break_it(bench, "gps.loss")
    bench.run()
    names = bench.names("skimmer")
    assert names.index("abort_sensors_failure") < names.index("taken_over") < names.index("flies_no_more")
    assert (bench.last["outcome"], bench.last["trigger"]) == ("lost", "abort_sensors_failure")


@pytest.mark.parametrize("sensor", ["baro.loss", "compass.loss"])
def test_with_a_dead_sensor_it_still_comes_home(sensor: str) -> None:
    """It flies on what is left; what it has is not offloaded."""
    bench = flying(4, 5.0)
    break_it(bench, sensor)
    bench.run()
    assert bench.last["outcome"] == "aborted" and phases(bench.last) == [1, 2, 3, 4, 5, 6, 8]
    assert bench.loop.world.state.place is SkimmerPlace.DOCK


def test_a_receiver_that_jumps_is_recalled() -> None:
    """50 m between receiver and estimate: drift, which the depot judges."""
    bench = flying(4, 5.0)
    struck_s = bench.loop.now_ms / 1000.0
    break_it(bench, "gps.glitch", 50.0)
    assert "nav_drift" in decided(bench, "depot", struck_s)


def test_dead_sensors_at_the_dock_stop_a_launch_by_themselves() -> None:
    """The compass fails while it is charged."""
    bench = BoxBench(profile=shortened(0.1)).run_to(60.0)
    break_it(bench, "compass.loss")
    bench.run_to(500.0)
    assert bench.loop.depot.memory.phase is Phase.PREP and "launch" not in bench.names()
    bench.box.service.vehicle.inject_fault("compass.loss", None, active=False)
    bench.run()
    assert bench.last["outcome"] == "completed"


# --- somebody else has it ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("phase", [3, 4, 5])
def test_a_takeover_is_seen_and_nothing_is_commanded(phase: int) -> None:
    """Both sides say so; it stays where it is held."""
    bench = flying(phase, 2.0)
    struck_s = bench.loop.now_ms / 1000.0
    change_mode(bench, CopterMode.LOITER)
    assert "taken_over" in decided(bench, "skimmer", struck_s)
    assert "vehicle_taken" in decided(bench, "depot", struck_s)
    bench.run_to(struck_s + 60.0)
    assert bench.box.service.autopilot.modes.number == CopterMode.LOITER
    assert bench.loop.depot.memory.phase == phase


def test_held_in_loiter_it_harvests_nothing() -> None:
    """The audit's E13: for the whole of the survey; never given back, it is lost."""
    bench = flying(4, 1.0)
    change_mode(bench, CopterMode.LOITER)
    before_kg = bench.loop.world.state.skimmer.harvested_kg
    bench.run()
    assert bench.loop.world.state.skimmer.harvested_kg == pytest.approx(before_kg, abs=0.051)
    assert (bench.last["outcome"], bench.last["trigger"]) == ("lost", "taken_over")


def test_given_back_in_time_it_surveys_what_is_left() -> None:
    """AUTO from a ground station: what was not flown is not in its store."""
    whole = BoxBench(profile=hurried(0.1)).run().last["harvested_kg"]
    bench = flying(4, 30.0)
    change_mode(bench, CopterMode.LOITER)
    bench.run_to(bench.loop.now_ms / 1000.0 + 20.0)
    change_mode(bench, CopterMode.AUTO)
    bench.run()
    assert {"given_back"} <= set(bench.names("skimmer")) and "vehicle_returned" in bench.names()
    assert 0.6 * whole < bench.last["harvested_kg"] < 0.85 * whole
    assert bench.loop.ended_by is EndedBy.SORTIES_DONE


def test_a_target_that_was_refused_is_forgotten_at_the_next_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else has landed it meanwhile: it was commanded in the next takeoff, which then had changed hands."""
    bench = flying(5, 1.0, total=2)
    with monkeypatch.context() as denying:
        denying.setattr(bench.box.service.autopilot.commands, "reposition", lambda *_, **__: Outcome(Result.DENIED))
        bench.box.pilot.fly_back()
    change_mode(bench, CopterMode.RTL)
    bench.run()
    assert [(s["outcome"], s["trigger"]) for s in bench.sorties] == [("aborted", "taken_over"), ("completed", None)]
    assert bench.names("skimmer").count("taken_over") == 1


@pytest.mark.parametrize("phase", [4, 5])
def test_flown_home_by_somebody_else_it_has_docked(phase: int) -> None:
    """RTL from a ground station ends on the pad. In phase 5 it was given back at the touchdown, before its place was
    looked at, and lost in its dock when T_DEATH expired."""
    bench = flying(phase, 20.0 if phase == 4 else 1.0)
    change_mode(bench, CopterMode.RTL)
    bench.run()
    assert (bench.last["outcome"], bench.last["trigger"]) == ("aborted", "taken_over")
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_put_down_elsewhere_by_somebody_else_it_is_lost_when_t_death_expires() -> None:
    """It is theirs: no abort is declared for it."""
    bench = flying(4, 5.0)
    change_mode(bench, CopterMode.LAND)
    bench.run()
    assert (bench.last["outcome"], bench.last["abort"], bench.last["trigger"]) == ("lost", None, "taken_over")
    assert bench.box.pilot.controlled_by() == "it came down away from its dock"


# --- what it surveys --------------------------------------------------------------------------------------------------
def test_each_photo_over_a_line_is_data() -> None:
    """As many as the lines that were flown are long; nothing comes in before the survey or after it."""
    bench = flying(4, 0.0)
    skimmer, box = bench.loop.world.state.skimmer, bench.loop.depot.profile.box
    camera = bench.box.service.autopilot.payload.camera
    way_m = bench.box.service.vehicle.state.odometer
    bench.run_to(bench.loop.now_ms / 1000.0 + 60.0)
    flown_m = bench.box.service.vehicle.state.odometer - way_m
    assert skimmer.harvested_kg == pytest.approx(camera.taken * box.photo_kg, abs=2.0 * box.photo_kg)
    assert camera.taken == pytest.approx(flown_m / box.photo_m, rel=0.1)
    bench.run()
    assert bench.last["harvested_kg"] == pytest.approx(camera.taken * box.photo_kg, abs=2.0 * box.photo_kg)


def test_photos_beside_the_lines_are_none_of_the_survey() -> None:
    """Blown or flown off by more than `line_m`: a corridor that is narrower than a hand."""
    bench = BoxBench(profile=hurried(0.1, line_m=0.001)).run()
    assert bench.last["harvested_kg"] <= 0.05
