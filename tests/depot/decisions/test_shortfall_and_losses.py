"""Expected against actual harvest is acted upon; plans follow from the state of things; a loss changes later ones."""

from __future__ import annotations

import msgspec
import pytest

from depot.decisions.planning import LOSS_RESERVE, LOSS_TIME, Derating, harvest_budget, make_plan, payload_kg
from depot.messages import Status
from depot.names import EndedBy, Phase, SkimmerState
from depot.physics.windows import Almanac
from depot.readings import DepotReading, SkimmerPlace
from depot.settings import Profile
from tests.fakes.loop_run import PROFILE, SHORT, LoopBench, phases

ROOM = {"CO2": 30_000.0, "CH4": 30_000.0, "H2": 3_000.0, "HE3": 60.0}
READING = DepotReading(room_kg=ROOM)


def test_a_harvest_that_brings_in_too_little_is_ended_and_is_no_success() -> None:
    """INTAKE gives a fifth: after a fifth of the time the depot ends it, long before store, time or margins would."""
    bench = LoopBench("intake_failure@phase4+1").run()
    short = bench.decision("harvest_shortfall")
    assert short.facts["actual_kg"] < PROFILE.plan.harvest_least * short.facts["expected_kg"]
    assert short.facts["time_in_harvest_s"] < 0.25 * PROFILE.plan.harvest_s
    assert "recall" in bench.names("skimmer") and phases(bench.last) == [*range(1, 9)]
    assert (bench.last["outcome"], bench.last["abort"], bench.last["trigger"]) == ("aborted", None, "harvest_shortfall")
    assert bench.loop.ended_by is EndedBy.SORTIES_DONE  # it flies again


def test_one_that_fails_late_is_judged_by_what_came_in_at_all() -> None:
    """Six tenths of it had come: that is enough."""
    bench = LoopBench("intake_failure@phase4+130000").run()
    assert "harvest_shortfall" not in bench.names() and bench.last["outcome"] == "completed"


def test_a_recall_soon_after_the_beginning_is_no_shortfall() -> None:
    """Hardly anything was expected by then."""
    bench = LoopBench("debris@phase4+600").run()
    assert bench.last["trigger"] == "debris"


def test_the_trend_is_judged_by_the_depot_s_own_expectation() -> None:
    """What the skimmer says that it expects counts for nothing."""
    bench = LoopBench("intake_failure@phase4+1")
    bench.loop.world.state.skimmer.harvest_s = -1e9  # it expects nothing
    assert bench.run().last["trigger"] == "harvest_shortfall"


def test_the_time_of_a_harvest_is_the_skimmer_s_although_its_word_waits_for_a_window() -> None:
    """It begins behind a closed comms window, 20 minutes before the depot hears of it, and lasts as long as planned."""
    orbit = msgspec.structs.replace(PROFILE.orbit, start_deg=-40.0)
    plan = msgspec.structs.replace(PROFILE.plan, harvest_s=100_000.0)
    bench = LoopBench(profile=msgspec.structs.replace(PROFILE, orbit=orbit, plan=plan)).run()
    assert bench.decision("harvest_ended").facts["time_in_harvest_s"] == pytest.approx(100_000.0, abs=1.0)
    (ended,) = (d for d in bench.decisions if d.name == "begin_phase" and d.phase == Phase.RETURN)
    assert ended.reason == "Transit Return: the skimmer reports that its harvest has ended (time_budget_reached)"
    (harvest,) = (phase for phase in bench.last["phases"] if phase["phase"] == Phase.HARVEST)
    assert harvest["end_s"] - harvest["start_s"] == pytest.approx(100_000.0, abs=1.0)


# --- the plan follows from the state of depot and skimmer -------------------------------------------------------------
@pytest.mark.parametrize("species", sorted(ROOM))
def test_the_harvest_is_no_larger_than_any_ring_has_room_for(species: str) -> None:
    """Seven tenths of what it would bring: seven tenths are planned, and less time for it."""
    whole = make_plan(PROFILE, 1, Derating(), READING)
    share, eta = PROFILE.skimmer.shares[species], PROFILE.depot.eta_route
    room = ROOM | {species: 0.7 * whole.store_kg * share * eta}
    plan = make_plan(PROFILE, 1, Derating(), DepotReading(room_kg=room))
    assert plan.store_kg == pytest.approx(0.7 * whole.store_kg)
    assert plan.harvest_s < 0.75 * whole.harvest_s and plan.t_sortie_s < whole.t_sortie_s
    assert harvest_budget(PROFILE, Derating(), plan.store_kg, None).bound_by == "room"


@pytest.mark.parametrize(("share", "bound_by"), [(1.0, "payload"), (0.9, "room")])
def test_a_store_that_may_be_filled_is_the_limit_of_its_payload_and_not_of_the_rings(
    share: float, bound_by: str
) -> None:
    """Half of the usual payload is allowed, and is in long before the usual time is over."""
    derating = Derating(payload=0.5)
    store_kg = share * payload_kg(PROFILE, derating)
    assert harvest_budget(PROFILE, derating, store_kg, None).bound_by == bound_by


def test_less_than_the_least_is_not_planned() -> None:
    """The go/no-go says that there is no room."""
    plan = make_plan(PROFILE, 1, Derating(), DepotReading(room_kg=dict.fromkeys(ROOM, 0.0)))
    assert plan.store_kg == PROFILE.depot.go_payload * make_plan(PROFILE, 1, Derating(), READING).store_kg


@pytest.mark.parametrize(
    ("changes", "status", "bound_by"),
    [
        ({}, None, "time"),
        ({"skimmer": {"harvest_kg": 9_000.0}}, None, "propellant"),
        ({"skimmer": {"harvest_kg": 4_400.0}}, None, "time"),
        ({"skimmer": {"harvest_kg": 4_400.0}}, Status(thrust=0.8), "propellant"),
        ({}, Status(thrust=0.0), "propellant"),
        ({"power": {"solar_w": 8_500.0}}, None, "time"),
        ({"power": {"solar_w": 8_500.0}}, Status(capacity=0.75), "power"),
    ],
)
def test_the_tightest_limit_sets_the_time_of_the_harvest(
    changes: dict[str, dict[str, float]], status: Status | None, bound_by: str
) -> None:
    """Usual time, propellant or charge, for engines and batteries as worn as these."""
    profile = PROFILE
    for table, values in changes.items():
        changed = msgspec.structs.replace(getattr(profile, table), **values)
        profile = msgspec.structs.replace(profile, **{table: changed})
    budget = harvest_budget(profile, Derating(), 18_900.0, status)
    assert budget.bound_by == bound_by
    plan = make_plan(profile, 1, Derating(), READING, status)
    assert plan.harvest_s == budget.harvest_s <= profile.plan.harvest_s
    assert plan.t_sortie_s == pytest.approx(profile.plan.t_sortie_s - profile.plan.harvest_s + budget.harvest_s)


def test_propellant_that_is_kept_for_the_dock_is_not_burnt_in_the_harvest() -> None:
    """Ten kilograms more for docking, with their reserve, are so many seconds less; a worn engine burns more."""

    def harvest_s(dock_kg: float, status: Status | None = None) -> float:
        skimmer = msgspec.structs.replace(PROFILE.skimmer, harvest_kg=9_000.0, dock_kg=dock_kg)
        budget = harvest_budget(msgspec.structs.replace(PROFILE, skimmer=skimmer), Derating(), 18_900.0, status)
        assert budget.bound_by == "propellant"
        return budget.harvest_s

    use = PROFILE.skimmer
    burnt_kg_s = 9_000.0 / PROFILE.plan.harvest_s
    less_s = harvest_s(use.dock_kg) - harvest_s(use.dock_kg + 10.0)
    assert less_s == pytest.approx(10.0 * (1.0 + use.fuel_reserve) / burnt_kg_s)
    way_kg = use.departure_kg + use.outbound_kg + (use.return_kg + use.dock_kg) * (1.0 + use.fuel_reserve)
    for thrust in (1.0, 0.9):
        spare_kg = use.launch_propellant_kg - way_kg / thrust
        worn = Status(thrust=thrust, capacity=1.0)
        assert harvest_s(use.dock_kg, worn) == pytest.approx(spare_kg / (burnt_kg_s / thrust))


def test_charge_that_is_kept_for_the_way_home_is_not_drawn_in_the_harvest() -> None:
    """With its reserve; arrays help in the part of each revolution that is in light."""
    power = msgspec.structs.replace(PROFILE.power, solar_w=8_500.0)

    def harvest_s(dock_s: float) -> float:
        plan = msgspec.structs.replace(PROFILE.plan, dock_s=dock_s)
        profile = msgspec.structs.replace(PROFILE, power=power, plan=plan)
        budget = harvest_budget(profile, Derating(), 18_900.0, Status(capacity=0.75))
        assert budget.bound_by == "power"
        return budget.harvest_s

    almanac = Almanac(PROFILE.orbit)
    round_ms = round(1000.0 * almanac.orbit.period_s)
    lit = sum(almanac.sunlit(ms) for ms in range(0, round_ms, 1_000)) / (round_ms / 1_000.0)
    drawn_w, dock_s = sum(power.harvest_w) - 8_500.0 * lit, PROFILE.plan.dock_s
    less_s = harvest_s(dock_s) - harvest_s(dock_s + 600.0)
    assert less_s == pytest.approx(600.0 * sum(power.cruise_w) * (1.0 + power.power_reserve) / drawn_w, rel=0.01)


def test_a_full_depot_flies_a_smaller_sortie_and_comes_home_earlier() -> None:
    """In the loop: little room in the CO2 ring."""
    bench = LoopBench()
    co2 = bench.loop.world.state.depot.co2
    bench.loop.world.state.outside.book("visitor", "CO2", co2.kg - 50_000.0)
    co2.kg = 50_000.0
    bench.loop.depot.context.replan(0)
    bench.run()
    planned = bench.loop.depot.memory.plan
    assert planned is not None and planned.store_kg < 0.9 * 18_900.0
    assert bench.last["harvested_kg"] == pytest.approx(planned.store_kg, rel=0.01)
    assert bench.last["t_sortie_s"] == planned.t_sortie_s < PROFILE.plan.t_sortie_s
    assert bench.last["t_death_s"] == 1.5 * bench.last["t_sortie_s"]
    launch = bench.decision("launch")
    assert launch.facts["t_death_due_s"] == pytest.approx(launch.time_ms / 1000.0 + 1.5 * planned.t_sortie_s)


# --- a loss -----------------------------------------------------------------------------------------------------------
def test_a_loss_changes_the_books_and_every_later_plan() -> None:
    """Customers are rationed while nobody harvests; the skimmer that is taken back in flies with more reserve and
    harvests shorter."""
    bench = LoopBench("link_loss@phase4+100..T+700000", total=2).run()
    assert bench.loop.ended_by is EndedBy.LOST and bench.loop.world.state.depot.rationed
    adjusted = bench.decision("adjust_plan")
    assert adjusted.facts["losses"] == 1 and adjusted.facts["reserve"] == LOSS_RESERVE
    first = bench.decision("plan_mission").facts
    bench.loop.world.clear("link_loss")
    bench.loop.wire.loss = 0.0
    bench.loop.recover()
    assert bench.loop.depot.memory.phase is Phase.DOCKING and bench.loop.world.state.depot.rationed
    while bench.loop.world.state.depot.rationed:  # nothing is harvested for customers until it is back
        assert not bench.loop.depot.memory.docked
        bench.step()
    assert bench.decision("lift_rationing").time_ms == bench.loop.now_ms
    bench.run()
    later = [d.facts for d in bench.decisions if d.name == "plan_mission"][-1]
    assert later["fuel_reserve"] == pytest.approx(LOSS_RESERVE * first["fuel_reserve"])
    assert later["power_reserve"] == pytest.approx(LOSS_RESERVE * first["power_reserve"])
    assert later["harvest_s"] == pytest.approx(LOSS_TIME * first["harvest_s"])
    assert bench.last["number"] == 2 and bench.last["outcome"] == "completed"


def test_a_derated_skimmer_that_is_recovered_is_derated_still() -> None:
    """It went on with less payload and time, and the review called it ACTIVE."""
    bench = LoopBench("skimmer_late@phase4+100", total=2, profile=SHORT)
    memory = bench.loop.depot.memory
    memory.derating, memory.skimmer = Derating(0.7, 0.75), SkimmerState.DERATED
    bench.run()
    assert memory.skimmer is SkimmerState.LOST
    bench.loop.recover()
    bench.run()
    assert (memory.skimmer, memory.derating) == (SkimmerState.DERATED, Derating(0.7, 0.75))
    assert bench.names()[bench.names().index("recover") :].count("relaunch") == 0


# --- disposal ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("disposal", ["docked", "jettison"])
def test_a_retired_skimmer_stays_as_dead_mass_or_goes_overboard(disposal: str) -> None:
    """As the rules of the mission say."""
    rules = msgspec.structs.replace(PROFILE.retirement, disposal=disposal)
    bench = LoopBench("imu_loss@phase4+1000", profile=msgspec.structs.replace(Profile(), retirement=rules)).run()
    state = bench.loop.world.state
    assert bench.loop.ended_by is EndedBy.RETIRED and bench.decision("disposal").facts == {"disposal": disposal}
    assert state.place is (SkimmerPlace.DOCK if disposal == "docked" else SkimmerPlace.ADRIFT)
    assert (state.skimmer.total_kg > 0.0) == (disposal == "docked")
    assert (state.outside.total("jettison") > 0.0) == (disposal == "jettison")
