"""What each fault does to the readings of `space`, and what the depot shuts and burns on ABORT-3."""

from __future__ import annotations

from math import exp

import pytest
from msgspec import structs

from depot.decisions.planning import Derating, make_plan
from depot.decisions.watches import ABORT_2_DEPOT, ABORT_2_TELEMETRY, ABORT_3, ABORT_3_NAMES
from depot.names import ABORT_1_NAMES
from depot.readings import DepotReading
from depot.settings import Profile
from depot.skimmer.watches import ABORT_1
from depot.watches import first
from depot.world.depot import FAILED, SLOW_FAULT
from depot.world.faults import GROWING
from depot.world.matter import reach
from depot.world.orbital import OrbitalMotion
from depot.world.world import World
from tests.fakes import flown_world
from tests.fakes.flown_world import FlownWorld, run

PROFILE = Profile()
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())


def at_harvest(seconds: float = 90_000.0) -> FlownWorld:
    """A skimmer that has harvested for some time."""
    return flown_world.at_harvest(PROFILE, PLAN, seconds)


@pytest.mark.parametrize("name", [name for name in ABORT_1_NAMES if name not in GROWING])
def test_each_fault_of_abort_1_trips_its_own_watch_at_once(name: str) -> None:
    """Sized so that its trigger holds, and is the first that does."""
    world = at_harvest()
    assert first(ABORT_1, world.skimmer_reading(), PLAN) is None
    world.inject(name)
    tripped = first(ABORT_1, world.skimmer_reading(), PLAN)
    assert tripped is not None and tripped.name == name


@pytest.mark.parametrize("name", [watch.name for watch in ABORT_2_DEPOT])
def test_each_fault_of_abort_2_stays_below_the_higher_paths(name: str) -> None:
    """Its own watch trips, none of ABORT-3 does, and its end puts things right."""
    world = at_harvest()
    world.inject(name)
    tripped = first(ABORT_2_DEPOT, world.depot_reading(), PROFILE.watch)
    assert tripped is not None and tripped.name == name
    assert first(ABORT_3, world.depot_reading(), PROFILE.watch) is None
    world.clear(name)
    assert first(ABORT_2_DEPOT, world.depot_reading(), PROFILE.watch) is None


@pytest.mark.parametrize("name", [watch.name for watch in ABORT_2_TELEMETRY])
def test_each_telemetry_fault_stays_below_abort_1(name: str) -> None:
    """The depot sees what the skimmer does not mind."""
    world = at_harvest()
    world.inject(name)
    tripped = first(ABORT_2_TELEMETRY, world.skimmer_reading(), PROFILE.watch)
    assert tripped is not None and tripped.name == name
    assert first(ABORT_1, world.skimmer_reading(), PLAN) is None


@pytest.mark.parametrize("first_struck", [0, 1])
@pytest.mark.parametrize("pair", [("nav_drift", "corridor_drift"), ("store_leak", "store_breach")])
def test_faults_of_one_quantity_do_not_end_each_other(pair: tuple[str, str], first_struck: int) -> None:
    """The heavier one counts while both hold; the other one goes on when one of them ends."""
    alone = {}
    for name in pair:
        world = at_harvest()
        world.inject(name)
        alone[name] = (world.state.skimmer.health.drift_m, world.state.skimmer.leak_kg_s)
    light, heavy = pair
    for ended, left in ((light, heavy), (heavy, light)):
        world = at_harvest()
        world.inject(pair[first_struck])
        world.inject(pair[1 - first_struck])
        skimmer = world.state.skimmer
        assert (skimmer.health.drift_m, skimmer.leak_kg_s[0]) == (alone[heavy][0], alone[heavy][1][0])
        world.clear(ended)
        assert (skimmer.health.drift_m, skimmer.leak_kg_s) == alone[left]


@pytest.mark.parametrize("first_struck", [0, 1])
def test_an_overheated_reactor_runs_away_and_stays_hot_when_that_ends(first_struck: int) -> None:
    """Each end leaves the heat of the other fault."""
    pair = ("soxe_overheat", "soxe_runaway")
    world = at_harvest()
    world.inject("soxe_overheat")
    hot_k = world.state.depot.soxe_k
    world = at_harvest()
    world.inject(pair[first_struck])
    world.inject(pair[1 - first_struck])
    assert world.state.depot.soxe_k == hot_k
    run(world, PROFILE.plan.t_sortie_s / 5.0)
    tripped = first(ABORT_3, world.depot_reading(), PROFILE.watch)
    assert tripped is not None and tripped.name == "soxe_runaway"
    run_k = world.state.depot.soxe_k
    world.clear("soxe_overheat")
    run(world, 60.0)
    assert world.state.depot.soxe_k >= run_k
    world.inject("soxe_overheat")
    world.clear("soxe_runaway")
    assert world.state.depot.soxe_k == hot_k


@pytest.mark.parametrize("name", ABORT_3_NAMES)
def test_each_fault_of_abort_3_trips_within_a_fifth_of_a_sortie(name: str) -> None:
    """At once, or for those that grow, well within T_SORTIE / 5."""
    world = at_harvest()
    world.inject(name)
    if name in GROWING:
        assert first(ABORT_3, world.depot_reading(), PROFILE.watch) is None
        run(world, PROFILE.plan.t_sortie_s / 5.0)
    tripped = first(ABORT_3, world.depot_reading(), PROFILE.watch)
    assert tripped is not None and tripped.name == name


def test_a_breach_of_an_empty_store_shows_when_something_comes_in() -> None:
    """There is nothing to lose before."""
    world = at_harvest(0.0)
    world.state.skimmer.harvesting = False
    world.inject("store_breach")
    assert first(ABORT_1, world.skimmer_reading(), PLAN) is None
    world.start_harvest(18_900.0)
    tripped = first(ABORT_1, world.skimmer_reading(), PLAN)
    assert tripped is not None and tripped.name == "store_breach"


@pytest.mark.parametrize("name", ABORT_3_NAMES)
def test_only_the_segments_that_fail_are_isolated(name: str) -> None:
    """By their own sensors; whatever else is damaged, tanks and engine feed stay open."""
    world = at_harvest()
    world.inject(name)
    segments = world.depot_reading().failed_segments
    assert (segments != []) == (name in FAILED)
    shut = world.total_abort(segments)
    lines = world.state.depot.plumbing.all()
    assert shut == [line.name for line in lines if line.isolated]
    assert all(set(name.split("-")) & set(segments) for name in shut)
    assert all(reach((line,)) > 0.0 for line in lines if not set(line.name.split("-")) & set(segments))
    assert {"O2_M-ENGINE_FEED", "FUEL_M-ENGINE_FEED"}.isdisjoint(shut)


@pytest.mark.parametrize(
    ("name", "shut"),
    [
        ("tank_rupture", ["CO2_M-CO2_TANK_RING"]),
        ("manifold_breach", ["DOCK_CO2-CO2_M", "CO2_M-CO2_TANK_RING", "CO2_M-SOXE"]),
        ("hull_fracture", ["DOCK_CO2-CO2_M", "DOCK_FUEL-FUEL_M"]),
        ("soxe_runaway", ["CO2_M-SOXE", "SOXE-O2_M"]),
        ("boil_off", ["FUEL_M-H2_TANK_RING"]),
    ],
)
def test_every_line_to_and_from_what_is_damaged_is_shut(name: str, shut: list[str]) -> None:
    """And passes nothing any more (docs/reference/sortie-loop.md, "Depot topology")."""
    world = at_harvest()
    world.inject(name)
    assert world.total_abort(world.depot_reading().failed_segments) == shut
    assert [line.name for line in world.state.depot.plumbing.all() if not reach((line,))] == shut


def test_total_abort_leaves_the_survival_bus_alone() -> None:
    """In the dark the depot's battery gives the survival loads and nothing else; no tank changes, nobody is served."""
    world = at_harvest()
    world.inject("array_failure")
    world.state.depot.array = 0.0
    world.total_abort([])
    before, held_j = [tank.kg for tank in world.state.depot.tanks], world.state.depot.battery.j
    run(world, 10_000.0)
    assert [tank.kg for tank in world.state.depot.tanks] == before
    assert held_j - world.state.depot.battery.j == pytest.approx(10_000.0 * PROFILE.depot.survival_w)


def test_the_burn_home_is_flown_by_the_rocket_equation_on_what_is_in_the_rings() -> None:
    """O2 and CH4 in the engine's mixture, at its rate; then it stops."""
    world = at_harvest()
    depot, use = world.state.depot, PROFILE.depot
    world.total_abort([])
    mass_kg = use.dry_kg + depot.total_kg
    reading = world.depot_reading()
    need_kg = mass_kg * (1.0 - exp(-use.origin_dv_mps / use.engine_exhaust_mps))
    assert reading.burn_need_kg == pytest.approx(need_kg) and reading.burn_available_kg > need_kg
    o2_kg, ch4_kg = depot.o2.kg, depot.ch4.kg
    world.burn_to_origin(need_kg)
    end_ms = world.next_event_ms()
    assert end_ms is not None and end_ms <= world.state.now_ms + 1_000.0 * need_kg / use.engine_kg_s + 1.0
    run(world, 0.5 * need_kg / use.engine_kg_s)
    assert 0.0 < world.depot_reading().burnt_mps < 0.6 * use.origin_dv_mps
    run(world, need_kg / use.engine_kg_s)
    assert world.depot_reading().burnt_mps == pytest.approx(use.origin_dv_mps, rel=1e-6)
    assert world.depot_reading().burn_remaining_kg == 0.0
    assert (o2_kg - depot.o2.kg) / (ch4_kg - depot.ch4.kg) == pytest.approx(use.engine_mixture)
    assert world.state.outside.total("exhaust") >= need_kg


def test_a_docked_skimmer_is_carried_in_the_burn_home() -> None:
    """The propellant that is needed with it gives the whole change of velocity, and no more."""
    world = FlownWorld(PROFILE, 1, PLAN)
    world.total_abort([])
    need_kg = world.depot_reading().burn_need_kg
    world.burn_to_origin(need_kg)
    run(world, need_kg / PROFILE.depot.engine_kg_s + 1.0)
    assert world.depot_reading().burnt_mps == pytest.approx(PROFILE.depot.origin_dv_mps, rel=1e-6)


def test_on_the_survival_bus_nothing_flows_to_the_dock() -> None:
    """ABORT-3: neither mass nor charge, also for a skimmer that is carried home."""
    world = FlownWorld(Profile(power=type(PROFILE.power)(solar_w=0.0)), 1, PLAN)
    world.offload(True)
    world.refuel(True)
    world.state.skimmer.batt_a.j = 0.0
    world.total_abort([])
    assert not world.state.offloading and not world.state.refuelling
    run(world, 1_000.0)
    assert world.state.skimmer.batt_a.j == 0.0


@pytest.mark.parametrize("name", ABORT_1_NAMES)
def test_a_repair_leaves_nothing_of_a_fault(name: str) -> None:
    """Health, capacities, connections and leaks are as before, and the spine is settled."""

    def whole() -> tuple[object, ...]:
        skimmer = world.state.skimmer
        batteries = [(battery.connected, battery.capacity_j) for battery in (skimmer.batt_a, skimmer.batt_b)]
        leaks = (list(skimmer.leak_kg_s), list(skimmer.leaked_kg))
        health = structs.replace(skimmer.health, hot=False, stressed=False)  # an over-stress is not repaired
        return health, skimmer.lobes.capacity_kg, batteries, leaks, skimmer.spine.coupling

    world = at_harvest(20_000.0)
    before = whole()
    world.inject(name)
    run(world, 100.0)
    assert whole() != before
    world.repair(name)
    assert whole() == before
    assert world.state.skimmer.spine.k <= PROFILE.thermal.settled_k
    assert (world.take_repairs(), world.take_repairs()) == ([name], [])


@pytest.mark.parametrize("used", [0.0, 0.5])
def test_what_a_visitor_has_filled_is_taken_out_again_down_to_the_usual_level(used: float) -> None:
    """Also of a fault that struck twice; a part of it may have been used meanwhile."""
    world = FlownWorld(PROFILE, 1, PLAN)
    ring = world.state.depot.co2
    usual_kg = ring.kg
    world.inject("store_full")
    world.inject("store_full")
    ring.kg -= used * (ring.kg - usual_kg)
    world.clear("store_full")
    assert ring.kg == pytest.approx(usual_kg)


def test_a_skimmer_that_is_lost_at_its_dock_vanishes_when_it_leaves() -> None:
    world = FlownWorld(PROFILE, 1, PLAN)
    world.inject("skimmer_lost")
    assert not world.state.destroyed
    world.undock()
    run(world, 0.3 * PROFILE.plan.departure_s)
    world.initial_burn()
    run(world, 2.0 * PROFILE.plan.departure_s)
    assert world.state.destroyed


def test_a_runaway_accelerates() -> None:
    """Half of its time gives an eighth of its rise; it is looked at often enough to see that."""
    world = FlownWorld(PROFILE, 1, PLAN)
    world.inject("soxe_runaway")
    whole_s = PROFILE.plan.t_sortie_s / SLOW_FAULT
    next_ms = world.next_event_ms()
    assert next_ms is not None and next_ms <= 1_000.0 * whole_s / 10.0
    run(world, 0.5 * whole_s)
    rise_k = PROFILE.watch.soxe_max_k - PROFILE.depot.soxe_k
    assert world.state.depot.soxe_k - PROFILE.depot.soxe_k == pytest.approx(1.05 * rise_k / 8.0, rel=1e-3)


def test_a_total_abort_ends_what_comes_from_outside() -> None:
    """The mains of a depot on the ground."""
    world = World(PROFILE, (state := FlownWorld(PROFILE, 1, PLAN).state), OrbitalMotion(PROFILE, state), mains_kg_s=1.0)
    state.depot.ch4.kg -= 100.0
    short_kg = state.depot.ch4.kg
    run(world, 10.0)
    assert state.depot.ch4.kg > short_kg
    world.total_abort([])
    short_kg = state.depot.ch4.kg
    run(world, 10.0)
    assert state.depot.ch4.kg == short_kg


def test_nothing_is_looked_for_behind_a_skimmer_that_vanished_in_its_harvest() -> None:
    """Its store will never be full: no event of the harvest comes any more."""
    world = at_harvest()
    world.start_harvest(world.state.skimmer.store_kg + 1e-3)
    full_ms = world.next_event_ms()
    assert full_ms is not None
    world.inject("skimmer_lost")
    event_ms = world.next_event_ms()
    assert not world.state.skimmer.harvesting
    assert event_ms is None or event_ms > full_ms
