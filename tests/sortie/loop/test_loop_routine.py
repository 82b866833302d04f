"""Sorties without faults, and what has to hold of every sortie."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from depot.decisions.phases import PHASES
from depot.messages import DepotCommand, RequestResult
from depot.names import EndedBy, Phase, SkimmerStage, SkimmerState
from depot.physics.windows import Almanac
from tests.fakes.loop_run import PROFILE, LoopBench, modes, phases, start_of


@pytest.fixture(scope="module")
def routine() -> LoopBench:
    """Three sorties."""
    return LoopBench(total=3).run()


def test_three_sorties_go_through_all_phases(routine: LoopBench) -> None:
    """One to eight, completed."""
    assert routine.loop.ended_by is EndedBy.SORTIES_DONE
    assert [sortie["number"] for sortie in routine.sorties] == [1, 2, 3]
    for sortie in routine.sorties:
        assert phases(sortie) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert (sortie["outcome"], sortie["abort"], sortie["trigger"]) == ("completed", None, None)
        assert [phase["name"] for phase in sortie["phases"]] == [phase.title for phase in Phase]


def test_phases_are_contiguous_and_sorties_too(routine: LoopBench) -> None:
    """The end of one is the start of the next."""
    edges = [(phase["start_s"], phase["end_s"]) for sortie in routine.sorties for phase in sortie["phases"]]
    assert edges[0][0] == 0.0
    assert all(before[1] == after[0] for before, after in itertools.pairwise(edges))


def test_modes_are_those_the_seed_allows_in_their_phase(routine: LoopBench) -> None:
    """And all of them come up in a good sortie: ECLIPSE/SURVIVAL in the shadow of each transit, between burns."""
    sortie = routine.sorties[0]
    lit = [mode for mode in modes(sortie) if mode != "ECLIPSE/SURVIVAL"]
    course = [mode for mode, _ in itertools.groupby(lit)]
    assert course == ["DOCKED", "CRUISE", "IDLE/STANDBY", "CRUISE", "ACTIVE-HARVEST", "CRUISE", "DOCKED"]
    almanac = Almanac(PROFILE.orbit)
    for entry, following in itertools.pairwise(sortie["modes"]):
        if entry["mode"] == "ECLIPSE/SURVIVAL":
            assert not almanac.sunlit(round(entry["start_s"] * 1000.0))
            assert not almanac.sunlit(round(following["start_s"] * 1000.0) - 1)
    assert modes(sortie).count("ECLIPSE/SURVIVAL") >= 6
    for entry in sortie["modes"]:
        inside = [p for p in sortie["phases"] if p["start_s"] <= entry["start_s"] < p["end_s"]]
        assert entry["mode"] in [mode.value for mode in PHASES[Phase(inside[-1]["phase"])].modes]


def test_t_death_is_one_and_a_half_t_sortie_and_t_sortie_the_sum_of_its_parts(routine: LoopBench) -> None:
    """The cycle time (docs/reference/sortie-loop.md, "Throughput")."""
    for sortie in routine.sorties:
        assert sortie["t_sortie_s"] == PROFILE.plan.t_sortie_s
        assert sortie["t_death_s"] == 1.5 * sortie["t_sortie_s"]
        took = sortie["phases"][6]["end_s"] - sortie["phases"][0]["start_s"]
        assert took == pytest.approx(sortie["t_sortie_s"], rel=0.1)


def test_what_is_delivered_is_what_was_harvested_less_the_losses_of_the_route(routine: LoopBench) -> None:
    """m_out = eta_route x m_h; and m_h is what the planned dips bring in that time, as it varies."""
    ended = [d.facts for d in routine.decisions if d.name == "harvest_ended"]
    for sortie, facts in zip(routine.sorties, ended, strict=True):
        assert sortie["delivered_kg"] == pytest.approx(PROFILE.depot.eta_route * sortie["harvested_kg"], rel=1e-3)
        assert sortie["harvested_kg"] == pytest.approx(facts["expected_kg"], rel=PROFILE.skimmer.spread + 0.02)
        seconds = sortie["phases"][3]["end_s"] - sortie["phases"][3]["start_s"]
        mean = PROFILE.skimmer.intake_kg_s * seconds  # rho_env x V_sweep x eta_intake, a mean over whole dips
        assert sortie["harvested_kg"] == pytest.approx(mean, rel=PROFILE.skimmer.spread + 0.03)


STEERING = ("thruster_fwd", "thruster_att", "mode_to_survival", "mode_to_cruise")
"""Burns, and the modes of shadow and Sun: as often as orbit and errors ask for."""


def test_decisions_come_in_the_order_of_the_seed(routine: LoopBench) -> None:
    """Each with the facts on which it was taken."""
    names = [d.name for d in routine.decisions if d.sortie == 1]
    first = [name for name in names if name not in STEERING]
    assert names.index("verify_geometric_clearance") < names.index("thruster_fwd") < names.index("follow_trajectory")
    assert names.index("initial_burn") < names.index("mode_to_cruise") < names.index("thruster_fwd")
    assert first == [
        "begin_phase",
        "plan_mission",
        "set_death_timer",
        "top_off_propellant",
        "charge_batteries",
        "load_data_packages",
        "set_pre_launch_configuration",
        "verify_abort_sensors",
        "go",
        "launch",
        "undock",
        "begin_phase",
        "start_heartbeat_timer",
        "verify_geometric_clearance",
        "initial_burn",
        "follow_trajectory",
        "begin_phase",
        "mode_to_standby",
        "start_harvest",
        "mode_to_active_harvest",
        "begin_phase",
        "store_near_capacity",
        "follow_return_trajectory",
        "harvest_ended",
        "begin_phase",
        "in_docking_corridor",
        "begin_phase",
        "grant_docking_clearance",
        "approach",
        "mode_to_docked",
        "captured",
        "interfaces_confirmed",
        "begin_phase",
        "offload_volatiles",
        "refuel_skimmer",
        "charge_batteries",
        "settle_thermally",
        "offloaded",
        "begin_phase",
        "relaunch",
    ]
    assert routine.decision("go").facts["co2_room_kg"] > 0.0
    harvest = routine.decision("harvest_ended").facts
    assert harvest["time_in_harvest_s"] > 0.0 and harvest["expected_kg"] > 0.0 and harvest["actual_kg"] > 0.0


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    """Decision by decision."""
    one, same, other = LoopBench("link_lossy@T+0", seed=5), LoopBench("link_lossy@T+0", seed=5), LoopBench(seed=6)
    for bench in (one, same, other):
        bench.run()
    assert one.decisions == same.decisions and one.sorties == same.sorties
    assert one.sorties != other.sorties


@pytest.mark.parametrize("seed", range(5))
def test_a_link_that_loses_a_quarter_each_way_costs_no_sortie(seed: int) -> None:
    """Beats that do not come are asked for, commands repeated."""
    bench = LoopBench("link_lossy@T+0", total=3, seed=seed).run()
    assert [sortie["outcome"] for sortie in bench.sorties] == ["completed"] * 3


def test_a_harvest_ends_early_when_the_return_margin_is_near() -> None:
    """It burns more in the harvest than the plan counted on: the margin ends it, not the store."""
    bench = LoopBench()
    while "start_harvest" not in bench.names("skimmer"):
        bench.step()
    state = bench.loop.world.state
    lost_kg = state.skimmer.lobes.kg - 2.0 * bench.loop.world.skimmer_reading().fuel_need_kg
    state.outside.book("leak", "CH4", lost_kg)
    state.skimmer.lobes.kg -= lost_kg
    bench.run()
    near = bench.decision("fuel_margin_near")
    assert near.party == "skimmer" and near.phase == 4
    assert near.facts["fuel_kg"] == pytest.approx(
        near.facts["fuel_need_kg"] * (1.0 + PROFILE.skimmer.fuel_reserve), rel=0.05
    )
    assert bench.last["outcome"] == "completed" and bench.last["abort"] is None


def test_in_poor_light_the_return_is_flown_in_survival_mode() -> None:
    """Power below its threshold in transit; docking in CRUISE again."""
    power = msgspec.structs.replace(PROFILE.power, solar_w=300.0, harvest_w=(200.0, 50.0, 50.0), survival_soc=0.45)
    bench = LoopBench(profile=msgspec.structs.replace(PROFILE, power=power)).run()
    almanac, back = Almanac(PROFILE.orbit), start_of(bench.last, 5)
    ends = [
        following["start_s"]
        for mode, following in itertools.pairwise(bench.last["modes"])
        if mode["mode"] == "ECLIPSE/SURVIVAL" and following["start_s"] > back
    ]
    assert any(almanac.sunlit(round(end * 1000.0) - 60_000) for end in ends)  # low charge alone, in the Sun
    assert modes(bench.last)[-2:] == ["CRUISE", "DOCKED"]


def test_wear_derates_and_the_plan_gets_smaller() -> None:
    """Reduced payload, shorter harvest."""
    rules = msgspec.structs.replace(PROFILE.retirement, max_cycles=5)
    bench = LoopBench(total=9, profile=msgspec.structs.replace(PROFILE, retirement=rules)).run()
    assert bench.loop.ended_by is EndedBy.RETIRED
    assert [d.sortie for d in bench.decisions if d.name == "derate"] == [4]
    assert [d.sortie for d in bench.decisions if d.name == "retire"] == [5]
    assert bench.sorties[4]["harvested_kg"] < 0.8 * bench.sorties[3]["harvested_kg"]
    assert bench.sorties[4]["t_sortie_s"] < bench.sorties[3]["t_sortie_s"]
    assert "disposal" in bench.names()


def test_the_harvest_is_most_of_a_sortie(routine: LoopBench) -> None:
    """The seed's "dominant fraction"; the others are minutes to hours."""
    for sortie in routine.sorties:
        lasted = {phase["phase"]: phase["end_s"] - phase["start_s"] for phase in sortie["phases"]}
        assert lasted[4] > 0.5 * sum(lasted.values())
        assert all(60.0 <= seconds < 86_400.0 for number, seconds in lasted.items() if number != 4)


def test_a_sortie_delivers_more_propellant_than_it_burns(routine: LoopBench) -> None:
    """Propellant closure (4.4): CH4 that arrives in the ring is more than what was burnt for it."""
    burnt_kg = sum(kg for key, kg in routine.loop.world.state.outside.kg.items() if key.startswith("exhaust/"))
    delivered_kg = sum(sortie["delivered_kg"] for sortie in routine.sorties)
    ch4 = PROFILE.skimmer.shares["CH4"]
    assert 0.0 < burnt_kg < delivered_kg * ch4 / (1.0 - PROFILE.depot.eta_use + PROFILE.depot.eta_use)


def test_what_has_been_derated_stays_derated() -> None:
    """A sortie in which nothing is marginal any more makes no new skimmer of it."""
    bench = LoopBench(total=2)
    bench.loop.depot.memory.skimmer = SkimmerState.DERATED
    bench.run()
    assert bench.loop.depot.memory.skimmer is SkimmerState.DERATED
    assert [d.name for d in bench.decisions if d.phase == 8 and d.name in ("relaunch", "derate")] == ["derate"] * 2


def test_every_launch_is_a_cycle() -> None:
    """Two of two allowed: retired after the second."""
    rules = msgspec.structs.replace(PROFILE.retirement, max_cycles=2, derate_at=0.99)
    bench = LoopBench(total=9, profile=msgspec.structs.replace(PROFILE, retirement=rules)).run()
    assert (bench.loop.ended_by, bench.loop.depot.memory.reason) == (EndedBy.RETIRED, "max_cycles")
    assert len(bench.sorties) == bench.loop.depot.memory.cycles == 2


def test_a_status_comes_once_in_every_period() -> None:
    """By itself: in flight the depot never has to ask, while the window is open."""
    bench = LoopBench()
    obey, asked, heard = bench.loop.skimmer.handle_order, [], []

    def counting(order: DepotCommand, now_ms: int) -> RequestResult:
        if order is DepotCommand.REPORT and bench.loop.skimmer.memory.stage is not SkimmerStage.DOCKED:
            asked.append(now_ms)
        return obey(order, now_ms)

    bench.loop.skimmer.handle_order = counting
    while bench.loop.ended_by is None:
        bench.step()
        if 2 <= bench.loop.depot.memory.phase <= 5 and bench.loop.world.motion.link_open():
            heard.append(bench.loop.depot.memory.status_ms)
    assert asked == []
    gaps_s = [(later - sooner) / 1000.0 for sooner, later in itertools.pairwise(heard)]
    assert max(gaps_s) > 0.9 * PROFILE.heartbeat.period_s


def test_a_relaunch_waits_for_the_operator_when_asked_to() -> None:
    """--confirm-relaunch: phase 8 lasts until somebody agrees."""
    bench = LoopBench(total=2, confirm=True)
    while "await_operator" not in bench.names():
        bench.step()
    bench.run_to(bench.loop.now_ms / 1000.0 + 100_000.0)
    assert bench.loop.depot.memory.phase is Phase.HEALTH and not bench.sorties
    bench.loop.depot.confirm_relaunch(bench.loop.now_ms)
    while len(bench.sorties) < 1:
        bench.step()
    assert bench.loop.depot.memory.number == 2


def test_chance_faults_make_reliability_something_to_measure() -> None:
    """Hazards of a profile strike by the seed: the same share of sorties is lost to them in each run of that seed."""
    from depot.decisions.throughput import reliability

    hazardous = msgspec.structs.replace(PROFILE, hazards={"corridor_drift": 0.2, "debris": 0.2})
    first, again = (LoopBench(total=10, seed=2, profile=hazardous).run() for _ in range(2))
    share = reliability(first.sorties)
    assert share is not None and 0.4 < share < 0.9
    assert reliability(again.sorties) == share
    assert {sortie["trigger"] for sortie in first.sorties} == {None, "corridor_drift", "debris"}


def test_each_relaunch_is_asked_for_and_each_sortie_announces_anew() -> None:
    """A confirmation and what a sortie has announced count for that sortie only."""
    bench, asked = LoopBench(total=3, confirm=True), []
    while bench.loop.ended_by is None:
        bench.step()
        if bench.loop.depot.awaits_operator:
            asked.append(bench.loop.depot.memory.number)
            bench.loop.depot.confirm_relaunch(bench.loop.now_ms)
    assert asked == [1, 2, 3]
    assert bench.names().count("top_off_propellant") == 3
