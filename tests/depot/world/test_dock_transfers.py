"""What flows between a docked skimmer, the tank farm and its customers: mass and charge."""

from __future__ import annotations

import msgspec
import pytest

from depot.decisions.planning import Derating, make_plan
from depot.readings import DepotReading, SkimmerPlace
from depot.settings import Profile
from depot.world import dock
from depot.world.skimmer import missing_charge_j
from tests.fakes.flown_world import FlownWorld, at_harvest, run

PROFILE = Profile()
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())


def test_offload_goes_on_over_the_second_route_and_stops_without_any() -> None:
    """One valve lost reroutes, both lost isolate the tank."""
    world = at_harvest(PROFILE, PLAN, 90_000.0)
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


def test_rationed_customers_get_nothing_below_the_usual_level() -> None:
    """After a loss; else they take down to what the depot keeps."""
    for rationed in (True, False):
        world = FlownWorld(PROFILE, 1, PLAN)
        before_kg = world.state.depot.ch4.kg
        world.ration(rationed)
        run(world, 100_000.0)
        assert (world.state.depot.ch4.kg == before_kg) == rationed


def test_rationing_gives_customers_no_more_than_before() -> None:
    """In a depot that keeps more than its usual level."""
    profile = msgspec.structs.replace(PROFILE, depot=msgspec.structs.replace(PROFILE.depot, start_fill=0.4, keep=0.5))
    world = FlownWorld(profile, 1, PLAN)
    ch4 = world.state.depot.ch4
    ch4.kg = 0.45 * ch4.capacity_kg
    world.ration(True)
    run(world, 10_000.0)
    assert ch4.fill == 0.45


@pytest.mark.parametrize(("fault", "what"), [("fluid_failure", "kg"), ("power_failure", "charge")])
def test_an_interface_that_fails_lets_nothing_through(fault: str, what: str) -> None:
    """No propellant, or no charge; the other goes on."""
    world = FlownWorld(PROFILE, 1, PLAN)
    world.inject(fault)
    world.refuel(True)
    lobes_kg, soc = world.state.skimmer.lobes.kg, world.state.skimmer.soc
    world.profile = msgspec.structs.replace(PROFILE, power=msgspec.structs.replace(PROFILE.power, solar_w=0.0))
    run(world, 5_000.0)
    assert (world.state.skimmer.lobes.kg > lobes_kg) == (what == "charge")
    assert (world.state.skimmer.soc > soc) == (what == "kg")


def test_every_ring_that_is_named_gets_its_share() -> None:
    """CO2, CH4, H2 and HE3, in the proportions of what came in, less the losses of the route."""
    world = at_harvest(PROFILE, PLAN, 90_000.0)
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


def test_what_does_not_flow_is_not_measured() -> None:
    """Lines that were shut while something moved: ready to undock."""
    world = FlownWorld(PROFILE, 1, PLAN)
    world.state.moving_kg_s, world.state.skimmer.partitions[0].kg = 5.0, 10.0
    world.offload(False)
    run(world, 10.0)
    assert (world.depot_reading().moving_kg_s, world.state.skimmer.store_kg) == (0.0, 10.0)


def test_lobes_are_filled_to_what_a_launch_takes() -> None:
    """However long the line is open."""
    world = FlownWorld(PROFILE, 1, PLAN)
    world.refuel(True)
    run(world, 200_000.0)
    assert world.state.skimmer.lobes.kg == pytest.approx(PROFILE.skimmer.launch_propellant_kg)
    assert PROFILE.skimmer.launch_propellant_kg < PROFILE.skimmer.propellant_kg


def test_energy_that_a_full_skimmer_does_not_take_heats_the_depot() -> None:
    """It is nowhere else."""
    state = FlownWorld(PROFILE, 1, PLAN).state
    for battery in (state.skimmer.batt_a, state.skimmer.batt_b, state.skimmer.batt_res):
        battery.j = battery.capacity_j
    before_j, used_j = state.depot.core.j, 60.0 * sum(PROFILE.power.docked_w)
    dock.feed(state, PROFILE, used_j + 5_000.0, 60.0)
    assert state.depot.core.j - before_j == pytest.approx(5_000.0)


def test_undocking_shuts_both_lines() -> None:
    """Whatever was still open."""
    world = FlownWorld(PROFILE, 1, PLAN)
    world.offload(True)
    world.refuel(True)
    assert world.state.offloading and world.state.refuelling
    world.undock()
    assert not world.state.offloading and not world.state.refuelling


@pytest.mark.parametrize(
    ("line", "tank"),
    [("co2_soxe", "co2"), ("soxe_o2", "co2"), ("o2_port", "o2"), ("fuel_port", "h2"), ("dock_fuel", "lobes")],
)
def test_nothing_passes_a_line_that_is_shut(line: str, tank: str) -> None:
    """Reactor, customers and FUEL_LOBES; it flows when the line is open."""
    for shut in (False, True):
        world = FlownWorld(PROFILE, 1, PLAN)
        depot = world.state.depot
        held = world.state.skimmer.lobes if tank == "lobes" else getattr(depot, tank)
        if tank == "o2":
            depot.soxe_on = False
        getattr(depot.plumbing, line).isolated = shut
        world.refuel(True)
        before_kg = held.kg
        run(world, 100.0)
        assert (held.kg == before_kg) is shut


def test_the_engine_burns_what_reaches_it_and_nothing_else() -> None:
    """Whatever it is told to burn."""
    world = FlownWorld(PROFILE, 1, PLAN)
    depot = world.state.depot
    world.total_abort([])
    depot.plumbing.o2_engine.isolated = True
    before_kg = depot.total_kg
    world.burn_to_origin(500.0)
    run(world, 10.0)
    assert (depot.total_kg, world.depot_reading().burn_remaining_kg) == (before_kg, 0.0)


def test_a_refuelling_and_a_charge_end_in_events() -> None:
    """At the time that the rates of the dock give."""
    for what, rate in (("refuelled", PROFILE.depot.refuel_kg_s), ("charged", PROFILE.power.charge_w)):
        world = FlownWorld(PROFILE, 1, PLAN)
        skimmer = world.state.skimmer
        missing = dock.missing_fuel_kg(world.state, PROFILE)
        world.refuel(what == "refuelled")
        if what == "charged":
            skimmer.lobes.kg = PROFILE.skimmer.launch_propellant_kg
            missing = missing_charge_j(skimmer, PROFILE.power.launch_soc)
        while not getattr(world.depot_reading(), what):
            event_ms = world.next_event_ms()
            assert event_ms is not None
            world.advance(event_ms)
        assert world.state.now_ms == pytest.approx(missing / rate * 1000.0, rel=0.05)


def test_a_skimmer_that_had_no_power_has_it_again_at_the_dock() -> None:
    """It hears and says something again."""
    world = FlownWorld(PROFILE, 1, PLAN)
    skimmer = world.state.skimmer
    skimmer.dark, skimmer.short_j = True, 10.0
    assert not world.skimmer_reading().powered
    run(world, 10.0)
    assert world.skimmer_reading().powered and skimmer.short_j == 0.0


def test_no_more_is_charged_than_the_dock_gives() -> None:
    """POWER_BUS to BATT_A and BATT_B."""
    world = FlownWorld(Profile(power=type(PROFILE.power)(solar_w=0.0)), 1, PLAN)
    skimmer = world.state.skimmer
    before_j = skimmer.batt_a.j + skimmer.batt_b.j
    run(world, 60.0)
    assert 0.0 < skimmer.batt_a.j + skimmer.batt_b.j - before_j <= 60.0 * PROFILE.power.charge_w * (1.0 + 1e-9)
