"""The world of `space`: conservation over random operations and faults, and what each fault does to the readings."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot.decisions.planning import Derating, make_plan
from depot.decisions.watches import ABORT_2_DEPOT, ABORT_2_TELEMETRY, ABORT_3, ABORT_3_NAMES
from depot.names import ABORT_1_NAMES, SkimmerMode
from depot.readings import DepotReading, SkimmerPlace
from depot.settings import Profile
from depot.skimmer.guidance import GuidanceMemory
from depot.skimmer.watches import ABORT_1
from depot.watches import first
from depot.world import dock
from depot.world.depot import FAILED
from depot.world.faults import ACTIONS, GROWING
from depot.world.matter import reach
from depot.world.state import WorldState
from depot.world.world import World
from tests.fakes.examples import examples
from tests.fakes.flown_world import FlownWorld, run
from tests.fakes.flown_world import at_harvest as flown_to_harvest

PROFILE = Profile()
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())


def space_world(profile: Profile, seed: int, state: WorldState | None = None) -> FlownWorld:
    """A world whose skimmer is flown."""
    return FlownWorld(profile, seed, PLAN, state)


def kg(world: World) -> float:
    """All mass, inside and outside."""
    state = world.state
    return state.skimmer.total_kg + state.depot.total_kg + sum(state.outside.kg.values())


def joules(world: World) -> float:
    """All energy, inside and outside."""
    state = world.state
    return state.skimmer.total_j + state.depot.total_j + sum(state.accounts.j.values())


def at_harvest(seconds: float = 90_000.0) -> FlownWorld:
    """A skimmer that has harvested for some time."""
    return flown_to_harvest(PROFILE, PLAN, seconds)


OPERATIONS: dict[str, Callable[[World], None]] = {
    "undock": lambda world: world.undock(),
    "harvest": lambda world: world.start_harvest(18_900.0),
    "back": lambda world: world.turn_back(),
    "approach": lambda world: world.approach(),
    "offload": lambda world: world.offload(True),
    "refuel": lambda world: world.refuel(True),
    "dump": lambda world: world.dispose(),
    "late": lambda world: world.stretch_return(),
    "abort": lambda world: world.total_abort(["CO2_M"]) and None,
    "burn": lambda world: world.burn_to_origin(500.0),
    "jettison": World.jettison,
    "ration": lambda world: world.ration(True),
    "configure": World.configure,
    "burn out": lambda world: world.initial_burn(),
    **{f"mode {mode}": (lambda world, mode=mode: world.set_mode(mode)) for mode in SkimmerMode},
}


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*OPERATIONS, *(f"+{name}" for name in ACTIONS), *(f"-{name}" for name in ACTIONS)]),
            st.floats(min_value=0.0, max_value=60_000.0),
        ),
        max_size=25,
    )
)
def test_mass_and_energy_balance_over_random_operations_and_faults(steps: list[tuple[str, float]]) -> None:
    """Whatever is done or breaks, nothing is made and nothing vanishes."""
    world = space_world(PROFILE, 3)
    mass, energy = kg(world), joules(world)
    for what, seconds in steps:
        if what[0] == "+":
            world.inject(what[1:])
        elif what[0] == "-":
            world.clear(what[1:])
        else:
            OPERATIONS[what](world)
        run(world, seconds)
        assert kg(world) == pytest.approx(mass, rel=1e-9)
        assert joules(world) == pytest.approx(energy, rel=1e-9, abs=1.0)
        for tank in (*world.state.depot.tanks, world.state.skimmer.lobes, *world.state.skimmer.partitions):
            assert -1e-6 <= tank.kg <= tank.capacity_kg + 1e-6


@pytest.mark.parametrize("name", [name for name in ABORT_1_NAMES if name not in GROWING])
def test_each_fault_of_abort_1_trips_its_own_watch_at_once(name: str) -> None:
    """Sized so that its trigger holds, and is the first that does."""
    world = at_harvest()
    assert first(ABORT_1, world.skimmer_reading(), PLAN) is None
    world.inject(name)
    tripped = first(ABORT_1, world.skimmer_reading(), PLAN)
    assert tripped is not None and tripped.name == name


@pytest.mark.parametrize("watch", ABORT_2_DEPOT, ids=lambda watch: watch.name)
def test_each_fault_of_abort_2_stays_below_the_higher_paths(watch: object) -> None:
    """Its own watch trips, none of ABORT-3 does, and its end puts things right."""
    name = watch.name  # type: ignore[attr-defined]  # a Watch; pytest hands parameters on untyped
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


def test_the_return_margin_comes_from_the_motion() -> None:
    """At the dock it is that of the whole way to come, more than the zone asks for; heavier, more is needed."""
    world = space_world(PROFILE, 1)
    docked_kg = world.skimmer_reading().fuel_need_kg
    world = at_harvest(0.0)
    empty = world.skimmer_reading()
    run(world, 90_000.0)
    loaded = world.skimmer_reading()
    assert loaded.fuel_need_kg < docked_kg
    assert empty.remaining_s == loaded.remaining_s == PROFILE.plan.return_s
    run(world, 10_296.764 * 5)  # five revolutions on: the same place, but for some drift, and a heavier craft
    assert world.skimmer_reading().fuel_need_kg > loaded.fuel_need_kg
    world.turn_back()
    before = world.skimmer_reading().remaining_s
    run(world, PROFILE.plan.return_s / 2.0)
    assert world.skimmer_reading().remaining_s == pytest.approx(before - PROFILE.plan.return_s / 2.0, abs=1.0)


def test_survival_mode_lives_on_the_reserve_alone() -> None:
    """Without sun BATT_A and BATT_B keep their charge, and the reserve pays for bus and thrusters."""
    dark = Profile(power=type(PROFILE.power)(solar_w=0.0))
    world = space_world(dark, 1)
    world.set_mode(SkimmerMode.CRUISE)
    world.undock()
    world.initial_burn()
    run(world, 5_000.0)
    world.set_mode(SkimmerMode.SURVIVAL)
    before = world.skimmer_reading()
    run(world, 3_600.0)
    after = world.skimmer_reading()
    assert after.power_wh == before.power_wh
    used = sum(dark.power.survival_w) + dark.power.thruster_w
    assert before.reserve_wh - after.reserve_wh == pytest.approx(used, rel=1e-6)


def test_offload_goes_on_over_the_second_route_and_stops_without_any() -> None:
    """One valve lost reroutes, both lost isolate the tank."""
    world = at_harvest()
    world.turn_back()
    run(world, 1.2 * PROFILE.plan.return_s, SkimmerPlace.CORRIDOR)
    world.approach()
    run(world, PROFILE.plan.dock_s, SkimmerPlace.DOCK)
    assert world.state.place is SkimmerPlace.DOCK
    world.inject("valve_stuck")
    world.offload(True)
    run(world, 100.0)
    first_part = world.depot_reading().delivered_kg
    assert first_part == pytest.approx(100.0 * PROFILE.depot.offload_kg_s * PROFILE.depot.eta_route)
    world.inject("valve_stuck")
    co2_kg = sum(tank.kg for tank in world.state.skimmer.partitions)
    run(world, 1_000.0)
    assert sum(tank.kg for tank in world.state.skimmer.partitions) == co2_kg
    assert world.depot_reading().room_kg["CO2"] == 0.0
    world.clear("valve_stuck")
    run(world, 10.0)
    assert sum(tank.kg for tank in world.state.skimmer.partitions) < co2_kg
    co2_kg = sum(tank.kg for tank in world.state.skimmer.partitions)
    world.state.depot.plumbing.dock_co2.isolated = True  # the dock's own line is one of the way
    run(world, 1_000.0)
    assert sum(tank.kg for tank in world.state.skimmer.partitions) == co2_kg


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
    run(world, 0.5 * need_kg / use.engine_kg_s)
    assert 0.0 < world.depot_reading().burnt_mps < 0.6 * use.origin_dv_mps
    run(world, need_kg / use.engine_kg_s)
    assert world.depot_reading().burnt_mps == pytest.approx(use.origin_dv_mps, rel=1e-6)
    assert world.depot_reading().burn_remaining_kg == 0.0
    assert (o2_kg - depot.o2.kg) / (ch4_kg - depot.ch4.kg) == pytest.approx(use.engine_mixture)
    assert world.state.outside.total("exhaust") >= need_kg


def test_a_jettisoned_skimmer_has_left_the_books_and_the_place() -> None:
    """Its mass and its energy are outside; it draws, holds and says nothing any more."""
    world = space_world(PROFILE, 1)
    run(world, 10_000.0)
    mass, energy, had_kg = kg(world), joules(world), world.state.skimmer.total_kg
    world.jettison()
    assert (
        world.state.place is SkimmerPlace.ADRIFT and world.state.skimmer.total_kg == world.state.skimmer.total_j == 0.0
    )
    assert world.state.outside.total("jettison") == pytest.approx(had_kg)
    run(world, 50_000.0)
    assert kg(world) == pytest.approx(mass) and joules(world) == pytest.approx(energy)
    assert world.state.skimmer.total_kg == 0.0 and not world.depot_reading().charged


def test_rationed_customers_get_nothing_below_the_usual_level() -> None:
    """After a loss; else they take down to what the depot keeps."""
    for rationed in (True, False):
        world = space_world(PROFILE, 1)
        before_kg = world.state.depot.ch4.kg
        world.ration(rationed)
        run(world, 100_000.0)
        assert (world.state.depot.ch4.kg == before_kg) == rationed


def test_secondary_loads_that_are_shed_draw_nothing() -> None:
    """In CRUISE without sun: all three buses, then two."""
    dark = Profile(power=type(PROFILE.power)(solar_w=0.0))
    drawn = []
    for shed in (False, True):
        world = space_world(dark, 1)
        world.set_mode(SkimmerMode.CRUISE)
        world.undock()
        skimmer = world.state.skimmer
        for battery in (skimmer.batt_a, skimmer.batt_b):
            battery.j = 0.9 * battery.capacity_j
        world.shed(shed)
        before_j = skimmer.batt_a.j + skimmer.batt_b.j
        run(world, 60.0)
        drawn.append((before_j - skimmer.batt_a.j - skimmer.batt_b.j) / 60.0)
    primary, secondary, survival = dark.power.cruise_w
    assert drawn == pytest.approx([primary + secondary + survival, primary + survival])


def test_a_launch_configuration_powers_what_a_launch_needs() -> None:
    """At the dock the loads change, and the depot pays for them; undocking ends it."""
    world = space_world(PROFILE, 1)
    idle_w = world.skimmer_reading().load_w
    world.configure()
    assert (idle_w, world.skimmer_reading().load_w) == (sum(PROFILE.power.docked_w), sum(PROFILE.power.prelaunch_w))
    world.undock()
    assert world.skimmer_reading().load_w == sum(PROFILE.power.docked_w)


def test_deep_discharges_and_current_spikes_are_counted_once_each() -> None:
    """From their beginning to their end, however often one looks."""
    world = at_harvest()
    world.inject("current_trend")
    run(world, 5_000.0)
    world.clear("current_trend")
    run(world, 5_000.0)
    world.inject("current_trend")
    run(world, 5_000.0)
    assert world.skimmer_reading().current_spikes == 2
    skimmer = world.state.skimmer
    for battery in (skimmer.batt_a, skimmer.batt_b):
        battery.j = 0.5 * PROFILE.retirement.deep_soc * battery.capacity_j
    run(world, 5_000.0)
    assert world.skimmer_reading().deep_discharges == 1


@pytest.mark.parametrize(("fault", "what"), [("fluid_failure", "kg"), ("power_failure", "charge")])
def test_an_interface_that_fails_lets_nothing_through(fault: str, what: str) -> None:
    """No propellant, or no charge; the other goes on."""
    world = space_world(PROFILE, 1)
    world.inject(fault)
    world.refuel(True)
    lobes_kg, soc = world.state.skimmer.lobes.kg, world.state.skimmer.soc
    world.profile = msgspec.structs.replace(PROFILE, power=msgspec.structs.replace(PROFILE.power, solar_w=0.0))
    run(world, 5_000.0)
    assert (world.state.skimmer.lobes.kg > lobes_kg) == (what == "charge")
    assert (world.state.skimmer.soc > soc) == (what == "kg")


def test_every_ring_that_is_named_gets_its_share() -> None:
    """CO2, CH4, H2 and HE3, in the proportions of what came in, less the losses of the route."""
    world = at_harvest()
    world.turn_back()
    run(world, 1.2 * PROFILE.plan.return_s, SkimmerPlace.CORRIDOR)
    world.approach()
    run(world, PROFILE.plan.dock_s, SkimmerPlace.DOCK)
    held = {tank.species: 0.0 for tank in world.state.skimmer.stores}
    for tank in world.state.skimmer.stores:
        held[tank.species] += tank.kg
    rings = {ring.species: ring for ring in world.state.depot.tanks}
    world.state.depot.primary_on = world.state.depot.soxe_on = False  # nobody takes anything out meanwhile
    before = {species: rings[species].kg for species in held}
    world.offload(True)
    run(world, 40_000.0)
    assert set(held) == {"CO2", "CH4", "H2", "HE3"} and min(held.values()) > 0.0
    for species, kg_held in held.items():
        assert rings[species].kg - before[species] == pytest.approx(PROFILE.depot.eta_route * kg_held)
        assert kg_held / sum(held.values()) == pytest.approx(PROFILE.skimmer.shares[species])


def test_a_state_written_down_goes_on_like_the_one_it_was_taken_from() -> None:
    world = at_harvest()
    state, memory = msgspec.json.encode(world.state), msgspec.json.encode(world.guidance.memory)
    copy = FlownWorld(
        PROFILE, 1, PLAN, msgspec.json.decode(state, type=WorldState), msgspec.json.decode(memory, type=GuidanceMemory)
    )
    for one in (world, copy):
        run(one, 120_000.0)
        one.turn_back()
        run(one, 50_000.0)
    assert msgspec.json.encode(copy.state) == msgspec.json.encode(world.state)


def test_what_does_not_flow_is_not_measured() -> None:
    """Lines that were shut while something moved: ready to undock."""
    world = space_world(PROFILE, 1)
    world.state.moving_kg_s, world.state.skimmer.partitions[0].kg = 5.0, 10.0
    world.offload(False)
    run(world, 10.0)
    assert (world.depot_reading().moving_kg_s, world.state.skimmer.store_kg) == (0.0, 10.0)


def test_lobes_are_filled_to_what_a_launch_takes() -> None:
    """However long the line is open."""
    world = space_world(PROFILE, 1)
    world.refuel(True)
    run(world, 200_000.0)
    assert world.state.skimmer.lobes.kg == pytest.approx(PROFILE.skimmer.launch_propellant_kg)
    assert PROFILE.skimmer.launch_propellant_kg < PROFILE.skimmer.propellant_kg


def test_energy_that_a_full_skimmer_does_not_take_heats_the_depot() -> None:
    """It is nowhere else."""
    state = space_world(PROFILE, 1).state
    for battery in (state.skimmer.batt_a, state.skimmer.batt_b, state.skimmer.batt_res):
        battery.j = battery.capacity_j
    before_j, used_j = state.depot.core.j, 60.0 * sum(PROFILE.power.docked_w)
    dock.feed(state, PROFILE, used_j + 5_000.0, 60.0)
    assert state.depot.core.j - before_j == pytest.approx(5_000.0)


@pytest.mark.parametrize("command", ["turn_back", "stand_aside", "dispose"])
def test_whatever_ends_the_harvest_switches_intake_off(command: str) -> None:
    """A disposal dumps what is in the store too."""
    world = space_world(PROFILE, 1)
    skimmer = world.state.skimmer
    skimmer.harvesting, skimmer.partitions[0].kg = True, 10.0
    getattr(world, command)()
    assert not skimmer.harvesting
    assert skimmer.store_kg == (0.0 if command == "dispose" else 10.0)


def test_undocking_shuts_both_lines() -> None:
    """Whatever was still open."""
    world = space_world(PROFILE, 1)
    world.offload(True)
    world.refuel(True)
    assert world.state.offloading and world.state.refuelling
    world.undock()
    assert not world.state.offloading and not world.state.refuelling


@pytest.mark.parametrize(("before", "wears"), [(SkimmerPlace.NEAR, False), (SkimmerPlace.FINAL, True)])
def test_a_launch_that_is_called_off_wears_nothing(
    before: SkimmerPlace, wears: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cycle is a flight."""
    world = space_world(PROFILE, 1)
    world.state.place = before
    monkeypatch.setattr(world.motion, "arrive", lambda: setattr(world.state, "place", SkimmerPlace.DOCK))
    world._arrive()
    assert (world.state.skimmer.health.seal > 0.0) is wears


def test_on_the_survival_bus_nothing_flows_to_the_dock() -> None:
    """ABORT-3: neither mass nor charge, also for a skimmer that is carried home."""
    world = space_world(Profile(power=type(PROFILE.power)(solar_w=0.0)), 1)
    world.offload(True)
    world.refuel(True)
    world.state.skimmer.batt_a.j = 0.0
    world.total_abort([])
    assert not world.state.offloading and not world.state.refuelling
    run(world, 1_000.0)
    assert world.state.skimmer.batt_a.j == 0.0
