"""The world of `space`: conservation over random operations and faults, and what each fault does to the readings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot.decisions.planning import Derating, make_plan
from depot.decisions.watches import ABORT_2_DEPOT, ABORT_2_TELEMETRY, ABORT_3, ABORT_3_NAMES
from depot.names import ABORT_1_NAMES, Mode
from depot.readings import DepotReading, Place
from depot.settings import Profile
from depot.skimmer.watches import ABORT_1
from depot.watches import first
from depot.world.course import TimetableMotion
from depot.world.faults import ACTIONS, GROWING
from depot.world.state import WorldState, new_state
from depot.world.world import World

PROFILE = Profile()
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())


def space_world(profile: Profile, seed: int, state: WorldState | None = None) -> World:
    """A world whose skimmer flies by timetable."""
    state = state or new_state(profile, seed)
    return World(profile, state, TimetableMotion(profile, state))


def kg(world: World) -> float:
    """All mass, inside and outside."""
    state = world.state
    return state.skimmer.total_kg + state.depot.total_kg + sum(state.outside.kg.values())


def joules(world: World) -> float:
    """All energy, inside and outside."""
    state = world.state
    return state.skimmer.total_j + state.depot.total_j + sum(state.accounts.j.values())


def run(world: World, seconds: float) -> None:
    """From event to event for `seconds`."""
    until = world.state.now_ms + round(seconds * 1000.0)
    while world.state.now_ms < until:
        event = world.next_event_ms()
        world.advance(until if event is None else min(event, until))


def at_harvest(seconds: float = 90_000.0) -> World:
    """A skimmer that has harvested for some time."""
    world = space_world(PROFILE, 1)
    world.set_mode(Mode.CRUISE)
    world.undock()
    world.initial_burn()
    run(world, PROFILE.plan.departure_s + PROFILE.plan.outbound_s)
    world.set_mode(Mode.ACTIVE_HARVEST)
    world.start_harvest(18_900.0)
    run(world, seconds)
    return world


OPERATIONS: dict[str, Callable[[World], None]] = {
    "undock": World.undock,
    "harvest": lambda world: world.start_harvest(18_900.0),
    "back": World.turn_back,
    "approach": World.approach,
    "offload": lambda world: world.offload(True),
    "refuel": lambda world: world.refuel(True),
    "dump": World.dispose,
    "late": World.stretch_return,
    "abort": World.total_abort,
    **{f"mode {mode}": (lambda world, mode=mode: world.set_mode(mode)) for mode in Mode},
}


@settings(max_examples=60, deadline=None)
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


def test_the_return_margin_comes_from_the_way_that_is_left() -> None:
    """Half-way out it is about half of that at the zone; at the dock that of the whole way to come."""
    world = space_world(PROFILE, 1)
    assert world.skimmer_reading().fuel_need_kg == PROFILE.skimmer.return_kg + PROFILE.skimmer.dock_kg
    world.undock()
    world.initial_burn()
    run(world, PROFILE.plan.departure_s + PROFILE.plan.outbound_s / 2.0)
    half = world.skimmer_reading()
    run(world, PROFILE.plan.outbound_s / 2.0)
    whole = world.skimmer_reading()
    assert whole.place is Place.ZONE
    assert whole.fuel_need_kg == pytest.approx(PROFILE.skimmer.return_kg + PROFILE.skimmer.dock_kg)
    assert 0.4 < half.remaining_s / whole.remaining_s < 0.7
    world.turn_back()
    run(world, PROFILE.plan.return_s / 2.0)
    assert world.skimmer_reading().remaining_s == pytest.approx(PROFILE.plan.return_s / 2.0)


def test_survival_mode_lives_on_the_reserve_alone() -> None:
    """Without sun BATT_A and BATT_B keep their charge, and the reserve pays for bus and thrusters."""
    dark = Profile(power=type(PROFILE.power)(solar_w=0.0))
    world = space_world(dark, 1)
    world.set_mode(Mode.CRUISE)
    world.undock()
    world.initial_burn()
    run(world, 5_000.0)
    world.set_mode(Mode.SURVIVAL)
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
    run(world, PROFILE.plan.return_s + 1.0)
    world.approach()
    run(world, PROFILE.plan.dock_s)
    assert world.state.place is Place.DOCK
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


def test_total_abort_closes_everything_and_leaves_the_survival_bus() -> None:
    """Isolation valves shut, SOXE off: no tank changes any more."""
    world = at_harvest()
    world.total_abort()
    before = [tank.kg for tank in world.state.depot.tanks]
    run(world, 50_000.0)
    assert [tank.kg for tank in world.state.depot.tanks] == before


def test_a_state_written_down_goes_on_like_the_one_it_was_taken_from() -> None:
    """Dump and load lose nothing."""
    world = at_harvest()
    copy = space_world(PROFILE, 1, World.load(world.dump()))
    for one in (world, copy):
        run(one, 120_000.0)
        one.turn_back()
        run(one, 50_000.0)
    assert copy.dump() == world.dump()
