"""Phase 1 acts: what is powered, what is verified, what is refused; and what has to settle before phase 8."""

from __future__ import annotations

import msgspec
import pytest

from depot.decisions import planning
from depot.messages import DepotCommand
from depot.names import Phase, SkimmerStage
from depot.readings import DepotReading
from sortie.config.errors import UserError
from sortie.loop.profile import WELL_BEFORE, loss_found_s, margins_last_s, parse_profile, profile_text
from tests.fakes.changed_motion import ChangedMotion
from tests.fakes.loop_run import PROFILE, LoopBench


@pytest.mark.parametrize(("fault", "sensor"), [("abort_sensors_failure", "abort_sensors_ok"), ("imu_loss", "imu_ok")])
def test_dead_abort_sensors_stop_a_launch_by_themselves(
    monkeypatch: pytest.MonkeyPatch, fault: str, sensor: str
) -> None:
    """Either of them; in a plan that does not even arm their trigger, so that no watch says a word."""
    made = planning.abort_limits
    monkeypatch.setattr(planning, "abort_limits", lambda p: msgspec.structs.replace(made(p), triggers=0))
    bench = LoopBench(f"{fault}@phase1+1..T+40000").run()
    verified = bench.decision("verify_abort_sensors")
    assert verified.facts[sensor] is False and verified.reason.startswith("dead")
    assert bench.decision("no_go").facts["failed"] == ["sensors_not_verified"]
    assert bench.decision("go").time_ms > 40_000_000 and bench.last["outcome"] == "completed"


def test_no_plan_goes_up_over_a_dead_data_connection() -> None:
    """Nothing is uploaded while it lasts, and the delay says why."""
    bench = LoopBench("data_failure@phase1+1..T+40000").run_to(39_000.0)
    assert bench.loop.skimmer.memory.plan is None and bench.loop.depot.memory.acknowledged == 0
    assert bench.decision("no_go").facts["failed"] == ["interfaces_not_ready"]
    bench.run()
    assert bench.decision("load_data_packages").time_ms > 40_000_000 and bench.last["outcome"] == "completed"


def test_the_skimmer_does_not_take_a_launch_before_its_sensors_were_verified() -> None:
    """Whatever the depot says."""
    bench = LoopBench("abort_sensors_failure@phase1+1").run_to(PROFILE.plan.prep_s + 60.0)
    skimmer = bench.loop.skimmer
    assert skimmer.memory.plan is not None and skimmer.memory.verified == 0
    skimmer.handle_order(DepotCommand.GO, bench.loop.now_ms)
    assert skimmer.memory.stage is SkimmerStage.DOCKED


def test_mode_ctrl_powers_for_the_launch_what_it_was_told() -> None:
    """From the configuration to the undocking; a new plan has to be configured for anew."""
    bench = LoopBench("no_go_power@phase1..T+40000")
    while "no_go" not in bench.names():
        bench.step()
    configured = bench.decision("set_pre_launch_configuration")
    assert configured.facts["powered_w"] == sum(PROFILE.power.prelaunch_w) == bench.loop.world.skimmer_reading().load_w
    bench.run()
    names = bench.names("skimmer")
    assert names.count("set_pre_launch_configuration") == names.count("verify_abort_sensors") > 1
    assert not bench.loop.world.state.skimmer.prelaunch


def test_after_a_no_go_all_of_phase_1_is_done_again() -> None:
    """Planned, loaded, configured, verified, checked; in this order each time."""
    bench = LoopBench("no_go_power@phase1..T+30000").run()
    wanted = ("plan_mission", "load_data_packages", "set_pre_launch_configuration", "verify_abort_sensors")
    order = [d.name for d in bench.decisions if d.name in (*wanted, "no_go", "go")]
    rounds = order.count("no_go") + 1
    assert order == [*wanted, "no_go"] * (rounds - 1) + [*wanted, "go"] and rounds > 1


def test_the_burn_begins_only_at_the_distance_that_was_measured() -> None:
    """Until then nothing is burnt and the mode is DOCKED."""
    bench = LoopBench()
    while "undock" not in bench.names("skimmer"):
        bench.step()
    full_kg = bench.loop.world.state.skimmer.lobes.kg
    while "initial_burn" not in bench.names("skimmer"):
        assert bench.loop.world.state.skimmer.lobes.kg == full_kg
        assert bench.loop.skimmer.memory.mode == "DOCKED"
        bench.step()
    clear = bench.decision("verify_geometric_clearance")
    assert clear.facts["clearance_m"] >= clear.facts["needed_m"] == PROFILE.skimmer.clear_m
    assert clear.time_ms > bench.decision("undock").time_ms
    bench.run_to(bench.loop.now_ms / 1000.0 + 100.0)
    assert bench.loop.world.state.skimmer.lobes.kg < full_kg


def in_phase_7() -> LoopBench:
    """Docked, verified, and about to be emptied."""
    bench = LoopBench()
    while bench.loop.depot.memory.phase is not Phase.OFFLOAD:
        bench.step()
    return bench


def test_phase_7_waits_until_the_skimmer_has_settled() -> None:
    """A warm spine keeps it docked."""
    usual_s = LoopBench().run().last["phases"][6]["end_s"]
    bench = in_phase_7()
    spine, accounts = bench.loop.world.state.skimmer.spine, bench.loop.world.state.accounts
    before, spine.k = spine.j, 340.0
    accounts.book("fault", before - spine.j)
    while bench.loop.depot.memory.phase is Phase.OFFLOAD:
        bench.step()
    assert spine.k <= PROFILE.thermal.settled_k and bench.decision("offloaded").facts["settled"]
    assert bench.run().last["phases"][6]["end_s"] > usual_s


def test_phase_7_waits_until_lobes_and_batteries_are_full() -> None:
    """Propellant and charge are awaited, although everything was offloaded long ago."""
    bench = in_phase_7()
    world = bench.loop.world
    bench.loop.world.state.outside.book("leak", "CH4", world.state.skimmer.lobes.kg - 500.0)
    world.state.skimmer.lobes.kg = 500.0
    for battery in (world.state.skimmer.batt_a, world.state.skimmer.batt_b):
        world.state.accounts.book("fault", battery.draw(0.9 * battery.j))
    emptied_ms = 0
    while bench.loop.depot.memory.phase is Phase.OFFLOAD:
        if world.depot_reading().emptied:
            emptied_ms = emptied_ms or bench.loop.now_ms
        bench.step()
    assert world.depot_reading().refuelled and world.depot_reading().charged
    assert bench.decision("offloaded").time_ms > emptied_ms + 3_600_000


def test_phase_7_waits_until_the_depot_has_settled() -> None:
    """Its cryogenic tanks are warm after the transfer."""
    usual_s = LoopBench().run().last["phases"][6]["end_s"]
    bench = in_phase_7()
    bench.loop.world.state.depot.cryo_k = PROFILE.depot.go_cryo_k + 1.0
    bench.run_to(usual_s + 10_000.0)
    assert bench.loop.depot.memory.phase is Phase.OFFLOAD
    bench.loop.world.state.depot.cryo_k = PROFILE.depot.cryo_k
    bench.run()
    assert bench.last["phases"][6]["end_s"] >= usual_s + 10_000.0 and bench.decision("offloaded").facts["settled"]


def test_beats_are_expected_from_the_first_hour_of_the_next_sortie_on() -> None:
    """The count of the last sortie ended with its docking; the next begins with phase 1, at the dock."""
    bench = LoopBench(total=2)
    while bench.loop.depot.memory.number < 2:
        bench.step()
    beats, settings = bench.loop.depot.memory.beats, PROFILE.heartbeat
    due_s = settings.period_s + settings.grace_s
    assert beats.due_ms == pytest.approx(bench.loop.now_ms + 1000.0 * due_s, abs=20.0) and beats.misses == 0


def test_a_closed_comms_window_delays_until_the_next_one_opens() -> None:
    """Which is known: it is waited for so long, and no longer; one that is too short by now is no window."""
    opens_s, closes_s = PROFILE.plan.prep_s + 7_400.0, PROFILE.plan.prep_s + 500.0
    bench = LoopBench()

    def shown(reading: DepotReading) -> None:
        now_s = bench.loop.now_ms / 1000.0
        if now_s < opens_s:
            reading.window_left_s = max(closes_s - now_s, 0.0)
            reading.next_window_s = opens_s - now_s if now_s >= closes_s else 0.0

    ChangedMotion(bench.loop.world, show=shown)
    bench.run()
    delays = [d.time_ms / 1000.0 for d in bench.decisions if d.name == "no_go"]
    assert all(d.facts["failed"] == ["no_go_comms"] for d in bench.decisions if d.name == "no_go")
    assert delays == pytest.approx([PROFILE.plan.prep_s, closes_s], abs=5.0)
    assert bench.decision("go").time_ms / 1000.0 == pytest.approx(opens_s, abs=5.0)


# --- the period of heartbeats (seed 000, 3) ---------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["space", "drone-box"])
def test_a_period_that_would_find_a_loss_too_late_is_refused(name: str) -> None:
    """Well before the margins are gone; the line says how long either takes."""
    text = profile_text(name)
    profile, _ = parse_profile(text, name)
    assert loss_found_s(profile) <= WELL_BEFORE * margins_last_s(profile)
    period_s = profile.heartbeat.period_s
    late_s = WELL_BEFORE * margins_last_s(profile) / profile.heartbeat.misses
    for period in (late_s, 1e7):
        with pytest.raises(UserError, match=r"heartbeat\.period_s: a skimmer that is lost is noticed after .* s, but"):
            parse_profile(text.replace(f"period_s = {period_s}", f"period_s = {period}"), name)


def test_how_long_the_margins_last_is_what_is_used_fastest() -> None:
    """Half the reserve lasts half as long; so does twice the load."""
    whole = margins_last_s(PROFILE)
    power = PROFILE.power
    half = msgspec.structs.replace(PROFILE, power=msgspec.structs.replace(power, power_reserve=power.power_reserve / 2))
    assert margins_last_s(half) == pytest.approx(whole / 2.0)
    loads = tuple(2.0 * load for load in power.harvest_w)
    twice = msgspec.structs.replace(PROFILE, power=msgspec.structs.replace(power, harvest_w=loads))
    assert margins_last_s(twice) == pytest.approx(whole / 2.0)
    thirsty = msgspec.structs.replace(PROFILE, skimmer=msgspec.structs.replace(PROFILE.skimmer, harvest_kg=90_000.0))
    assert margins_last_s(thirsty) < whole
