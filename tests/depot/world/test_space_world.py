"""The world of `space`: conservation over random operations and faults, and what commands do to the skimmer."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot.decisions.planning import Derating, make_plan
from depot.names import SkimmerMode
from depot.readings import DepotReading, SkimmerPlace
from depot.settings import Profile
from depot.skimmer.guidance import GuidanceMemory
from depot.world.faults import ACTIONS
from depot.world.state import WorldState
from depot.world.world import World
from tests.fakes import flown_world
from tests.fakes.examples import examples
from tests.fakes.flown_world import FlownWorld, run

PROFILE = Profile()
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())


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
    return flown_world.at_harvest(PROFILE, PLAN, seconds)


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
    world = FlownWorld(PROFILE, 3, PLAN)
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


def test_the_return_margin_comes_from_the_motion() -> None:
    """At the dock it is that of the whole way to come, more than the zone asks for; heavier, more is needed."""
    world = FlownWorld(PROFILE, 1, PLAN)
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
    world = FlownWorld(dark, 1, PLAN)
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


def test_a_jettisoned_skimmer_has_left_the_books_and_the_place() -> None:
    """Its mass and its energy are outside; it draws, holds and says nothing any more."""
    world = FlownWorld(PROFILE, 1, PLAN)
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


def test_secondary_loads_that_are_shed_draw_nothing() -> None:
    """In CRUISE without sun: all three buses, then two."""
    dark = Profile(power=type(PROFILE.power)(solar_w=0.0))
    drawn = []
    for shed in (False, True):
        world = FlownWorld(dark, 1, PLAN)
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
    world = FlownWorld(PROFILE, 1, PLAN)
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


@pytest.mark.parametrize("command", ["turn_back", "stand_aside", "dispose"])
def test_whatever_ends_the_harvest_switches_intake_off(command: str) -> None:
    """A disposal dumps what is in the store too."""
    world = FlownWorld(PROFILE, 1, PLAN)
    skimmer = world.state.skimmer
    skimmer.harvesting, skimmer.partitions[0].kg = True, 10.0
    getattr(world, command)()
    assert not skimmer.harvesting
    assert skimmer.store_kg == (0.0 if command == "dispose" else 10.0)


@pytest.mark.parametrize(("before", "wears"), [(SkimmerPlace.NEAR, False), (SkimmerPlace.FINAL, True)])
def test_a_launch_that_is_called_off_wears_nothing(
    before: SkimmerPlace, wears: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cycle is a flight."""
    world = FlownWorld(PROFILE, 1, PLAN)
    world.state.place = before
    monkeypatch.setattr(world.motion, "arrive", lambda: setattr(world.state, "place", SkimmerPlace.DOCK))
    world._arrive()
    assert (world.state.skimmer.health.seal > 0.0) is wears


def test_a_launch_counts_its_own_flight() -> None:
    """What was harvested, for how long, what was delivered, and the smallest charge."""
    world = FlownWorld(PROFILE, 1, PLAN)
    state, skimmer = world.state, world.state.skimmer
    state.delivered_kg = skimmer.harvested_kg = skimmer.harvest_s = 5.0
    skimmer.min_soc = 0.1
    world.undock()
    assert (state.delivered_kg, skimmer.harvested_kg, skimmer.harvest_s, skimmer.min_soc) == (
        0.0,
        0.0,
        0.0,
        skimmer.soc,
    )


def test_the_intake_of_each_sortie_is_another_within_the_spread() -> None:
    """By the seed: the same in a second run."""

    def factors() -> list[float]:
        found = []
        world = FlownWorld(PROFILE, 1, PLAN)
        for _ in range(20):
            world.undock()
            found.append(world.state.skimmer.intake_factor)
        return found

    drawn, spread = factors(), PROFILE.skimmer.spread
    assert drawn == factors()
    assert len(set(drawn)) == len(drawn)
    assert 1.0 - spread <= min(drawn) < 1.0 < max(drawn) <= 1.0 + spread


@pytest.mark.parametrize("place", SkimmerPlace)
def test_intake_and_lines_are_open_only_where_they_lead_somewhere(place: SkimmerPlace) -> None:
    """INTAKE in the zone, the lines at the dock."""
    world = FlownWorld(PROFILE, 1, PLAN)
    world.state.place = place
    world.resume()
    world.offload(True)
    world.refuel(True)
    state = world.state
    assert state.skimmer.harvesting is (place is SkimmerPlace.ZONE)
    assert (state.offloading, state.refuelling) == ((True, True) if place is SkimmerPlace.DOCK else (False, False))


def test_a_spine_that_is_too_hot_is_an_over_stress_of_this_cycle() -> None:
    """Counted once, with the wear of the cycle."""
    world = at_harvest(0.0)
    skimmer = world.state.skimmer
    skimmer.spine.k = PROFILE.thermal.spine_stress_k + 50.0
    world.advance(world.state.now_ms + 1_000)
    skimmer.spine.k = PROFILE.thermal.settled_k
    world.advance(world.state.now_ms + 1_000)
    assert world.skimmer_reading().overstress == 1


def test_nothing_more_is_expected_than_what_the_plan_takes_in() -> None:
    """However long it harvests."""
    world = at_harvest()
    world.start_harvest(10.0)
    assert world.skimmer_reading().expected_kg == 10.0


def test_a_store_that_is_full_is_an_event() -> None:
    """At that time, and not at the next one that something else causes."""
    world = at_harvest()
    target_kg = world.state.skimmer.store_kg + 50.0
    world.start_harvest(target_kg)
    while not world.skimmer_reading().store_full:
        event_ms = world.next_event_ms()
        assert event_ms is not None
        world.advance(event_ms)
    assert world.state.skimmer.store_kg == pytest.approx(target_kg, abs=0.01)


def test_a_vehicle_that_stands_on_its_dock_again_has_lost_its_harvest() -> None:
    """What was in the store is outside, INTAKE is off, and what was shed is on again: it stayed off for good."""
    world = at_harvest()
    before_kg, held_kg = kg(world), world.state.skimmer.store_kg
    world.shed(True)
    world.stand_on_dock()
    skimmer = world.state.skimmer
    assert (skimmer.store_kg, skimmer.harvesting, skimmer.shed) == (0.0, False, False)
    assert world.state.outside.total("dump") == pytest.approx(held_kg) and kg(world) == pytest.approx(before_kg)
