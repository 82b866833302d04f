"""A skimmer flown about the depot's orbit: what its burns cost, where it takes in, what it knows, and how it docks."""

from __future__ import annotations

import itertools
from math import hypot, log, radians

import msgspec
import pytest

from depot.decisions.planning import Derating, make_plan
from depot.physics.attitude import AttitudeSlew
from depot.physics.engines import BurnPurpose, ThrustCommand, Thruster
from depot.physics.orbit import coast, position, size
from depot.physics.windows import Almanac
from depot.readings import DepotReading, SkimmerPlace
from depot.settings import Profile
from depot.world.navigation import achieved, estimate, normal
from tests.fakes.flown_world import FlownWorld, at_harvest, run

PROFILE = Profile()
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())
ALMANAC = Almanac(PROFILE.orbit)


@pytest.fixture(scope="module")
def flown() -> FlownWorld:
    """Out, two days of harvest, back, docked."""
    world = at_harvest(PROFILE, PLAN, 170_000.0)
    world.turn_back()
    run(world, 1.2 * PROFILE.plan.return_s, SkimmerPlace.CORRIDOR)
    world.approach()
    run(world, PROFILE.plan.dock_s, SkimmerPlace.DOCK)
    assert world.state.place is SkimmerPlace.DOCK
    return world


def test_a_burn_costs_what_the_rocket_equation_says() -> None:
    """Tsiolkovsky: exhaust velocity times the logarithm of the masses is the change of velocity that was achieved."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    world.state.skimmer.harvesting = False
    run(world, 400.0)  # the trim of the arrival is over
    flight, skimmer = world.state.flight, world.state.skimmer
    before_kg = PROFILE.engines.dry_kg + skimmer.total_kg
    done = flight.achieved_mps
    world.fire(ThrustCommand(BurnPurpose.TRIM, Thruster.ATT, (0.0, 3.0, 0.0), world.state.now_ms))
    run(world, 400.0)
    dv = world.state.flight.achieved_mps - done
    after_kg = PROFILE.engines.dry_kg + skimmer.total_kg
    assert dv == pytest.approx(3.0, rel=4.0 * PROFILE.engines.execution)
    assert PROFILE.engines.att_exhaust_mps * log(before_kg / after_kg) == pytest.approx(
        dv, rel=1e-5
    )  # whole milliseconds


def test_a_burn_that_is_commanded_is_counted_once_in_what_the_way_home_needs() -> None:
    """Propellant and energy of the return do not rise with the command of a correction of millimetres per second, nor
    with that of the arrival: the need falls, or stays, all the way from the zone to the gate. The arrival of a closed
    command counted twice, 153 kg instead of 142, and the correction took 32 kWh for the 19 that were left."""
    world = at_harvest(PROFILE, PLAN, 170_000.0)
    world.turn_back()
    needs: list[tuple[float, float]] = []
    while world.state.place is SkimmerPlace.BACK:
        run(world, 1.0)
        reading = world.skimmer_reading()
        needs.append((reading.fuel_need_kg, reading.power_need_wh))
        due_ms = world.next_event_ms()
        assert due_ms is not None
        world.advance(due_ms)
    assert len(needs) > 8
    for (fuel_kg, power_wh), (later_kg, later_wh) in itertools.pairwise(needs[:-1]):
        assert later_kg < 1.01 * fuel_kg
        assert later_wh <= power_wh


def test_a_burn_without_propellant_gives_what_there_is() -> None:
    """And no more; the books tell the same."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    world.state.skimmer.harvesting = False
    run(world, 400.0)
    lobes = world.state.skimmer.lobes
    lobes.kg = 5.0
    done = world.state.flight.achieved_mps
    world.fire(ThrustCommand(BurnPurpose.TRIM, Thruster.ATT, (0.0, 3.0, 0.0), world.state.now_ms))
    run(world, 400.0)
    assert 0.0 < world.state.flight.achieved_mps - done < 1.5 and lobes.kg == pytest.approx(0.0, abs=1e-6)


def test_it_is_turned_into_a_burn_before_thruster_fwd_is_lit() -> None:
    """Ignition waits for the slew, which keeps to its rate; THRUSTER_ATT starts and stops it, with propellant."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    run(world, 400.0)
    fired_ms, before_kg = world.state.now_ms, world.state.skimmer.lobes.kg
    world.fire(ThrustCommand(BurnPurpose.TRIM, Thruster.FWD, (0.0, -2.0, 0.0), fired_ms))
    slew, engines = world.state.flight.slew, PROFILE.engines
    turning = engines.inertia_kg_m2 * radians(slew.peak_dps)  # angular momentum, given once and taken once
    spent_kg = 2.0 * turning / engines.arm_m / engines.att_exhaust_mps
    assert before_kg - world.state.skimmer.lobes.kg == pytest.approx(spent_kg, rel=1e-3) and spent_kg > 0.0
    assert slew.angle_deg == pytest.approx(180.0, abs=1.0) and slew.peak_dps <= PROFILE.engines.rate_max_dps
    while world.state.flight.burn is None:
        world.advance(world.next_event_ms() or 0)
    assert world.state.now_ms - fired_ms >= slew.seconds * 1000.0 - 1.0
    assert world.motion.burns.attitude_error_deg() < 1.0


def test_intake_depends_on_being_in_the_zone() -> None:
    """Nothing between the dips, and most at their lowest point."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    inside, outside, deepest = 0, 0, (0.0, 0.0)
    for _ in range(400):
        before_kg, at_s = world.state.skimmer.harvested_kg, world.state.now_ms / 1000.0
        there = world.skimmer_reading().in_zone
        world.advance(min(world.next_event_ms() or 0, world.state.now_ms + 100_000))
        rate = (world.state.skimmer.harvested_kg - before_kg) / max(world.state.now_ms / 1000.0 - at_s, 1e-3)
        if rate > 0.0:
            inside += 1
            deepest = max(deepest, (rate, ALMANAC.orbit.height_m(world.motion.legs.here())))
        elif not there:
            outside += 1
    assert inside > 50 and outside > 100
    assert deepest[1] == pytest.approx(PLAN.waypoints[-1][2], abs=300.0)


def test_a_dip_beside_the_zone_brings_nothing() -> None:
    """As low as the others, but farther across than the zone is wide."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    run(world, 400.0)
    world.guidance.stop()
    x, y, _, vx, vy, vz = world.motion.legs.here()
    across_m = 3.0 * PROFILE.zone.half_width_m
    world.motion.legs.hold((0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    world.motion.legs.begin((x, y, across_m, vx, vy, vz))
    before_kg = world.state.skimmer.harvested_kg
    assert world.motion.intake_kg(400.0) == 0.0
    world.motion.legs.begin((x, y, 0.0, vx, vy, vz))
    assert world.motion.intake_kg(400.0) > 0.0 and world.state.skimmer.harvested_kg == before_kg


def test_at_the_gate_it_is_where_it_is() -> None:
    """Held where its own navigation brought it, not on the axis: the depot measures what is there, and the speed that
    it came with was taken out by thrusters that have to be paid."""
    world = at_harvest(PROFILE, PLAN, 1_000.0)
    world.turn_back()
    while world.state.place is not SkimmerPlace.CORRIDOR:
        came, kg = world.motion.legs.here(), world.state.skimmer.lobes.kg
        world.advance(world.next_event_ms() or 0)
    held = world.motion.legs.here()
    assert 0.1 < hypot(held[0], held[2]) < 100.0 and held[3:] == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert size(position(held)) == pytest.approx(size(position(came)), abs=5.0) and world.state.skimmer.lobes.kg < kg
    run(world, 3_600.0)
    assert position(world.motion.legs.here()) == pytest.approx(position(held), abs=0.01)


def test_what_a_dip_brings_is_what_the_plan_expects() -> None:
    """By the world's own count, but for the spread of the sortie and the drift of the pattern."""
    world = at_harvest(PROFILE, PLAN, 100_000.0)
    reading, factor = world.skimmer_reading(), world.state.skimmer.intake_factor
    assert reading.harvested_kg / factor == pytest.approx(reading.expected_kg, rel=0.03)


def test_its_own_idea_of_its_place_is_good_while_the_window_is_open_and_grows_worse_behind_it() -> None:
    """Fixes by the depot's ranging: an error of metres; and a larger one at the end of a closed window."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    errors: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(600):
        world.advance(min(world.next_event_ms() or 0, world.state.now_ms + 100_000))
        reading = world.skimmer_reading()
        truth = world.motion.legs.at(world.state.now_ms)
        off = [known - true for known, true in zip(reading.position_m, truth, strict=False)]
        errors[reading.link_open].append(hypot(*off))
        silent_s = max(world.motion._navigator.silent_s(), 0.0)
        known = PROFILE.navigation
        sigma_m = known.fix_m + known.fix_per_m * size(reading.position_m) + known.growth_mps * silent_s
        assert hypot(*off) <= 3.0 * 3.0**0.5 * sigma_m
    assert max(errors[True]) < 60.0
    assert max(errors[False]) > min(errors[False])


def test_dispersions_come_from_the_seed_alone() -> None:
    """The same seed errs in the same way, another in another; and no draw is beyond three sigma."""
    truth = (100.0, -60_000.0, 3.0, 1.0, 2.0, 0.0)
    assert estimate(PROFILE.navigation, 1, 5, truth, 0.0) == estimate(PROFILE.navigation, 1, 5, truth, 0.0)
    assert estimate(PROFILE.navigation, 1, 5, truth, 0.0) != estimate(PROFILE.navigation, 2, 5, truth, 0.0)
    dv = (1.0, -2.0, 0.5)
    burns = [achieved(PROFILE.engines, 1, number, dv) for number in range(300)]
    sizes = [size(burn) / size(dv) - 1.0 for burn in burns]
    assert len(set(burns)) == 300 and max(map(abs, sizes)) <= 3.0 * PROFILE.engines.execution + 1e-9
    assert sum(one * one for one in sizes) / 300.0 == pytest.approx(PROFILE.engines.execution**2, rel=0.3)
    assert max(abs(normal(3, number, "x")) for number in range(2_000)) <= 3.0


def test_the_way_back_ends_in_the_corridor_and_the_dock_is_touched_gently(flown: FlownWorld) -> None:
    """Within the limits of capture; the depot has seen it come down the glide slope, never into the keep-out sphere."""
    contact, corridor = flown.state.flight.contact, PROFILE.corridor
    assert hypot(contact[0], contact[2]) <= corridor.capture_m
    assert 0.0 < contact[4] <= 4.0 * corridor.contact_mps
    assert flown.state.flight.closest_m > corridor.keep_out_m
    purposes = [BurnPurpose(segment.purpose) for segment in flown.state.flight.segments if segment.purpose >= 0]
    assert purposes[0] is BurnPurpose.DEPART and purposes.count(BurnPurpose.RETURN) == 1
    assert 5 <= purposes.count(BurnPurpose.APPROACH) <= 2 * corridor.pulses


def test_propellant_of_a_sortie_is_what_its_budget_says(flown: FlownWorld) -> None:
    """Of the profile, by which plans and the report's equations count."""
    use = PROFILE.skimmer
    budget_kg = use.departure_kg + use.outbound_kg + use.harvest_kg * 170_000.0 / PROFILE.plan.harvest_s
    budget_kg += use.return_kg + use.dock_kg
    burnt_kg = sum(kg for key, kg in flown.state.outside.kg.items() if key.startswith("exhaust/"))
    assert burnt_kg == pytest.approx(budget_kg, rel=0.15)


def test_the_depot_sees_a_skimmer_that_is_near_and_no_other(flown: FlownWorld) -> None:
    """Its own sensors, in their range."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    assert world.depot_reading().relative is None
    world.turn_back()
    run(world, 1.2 * PROFILE.plan.return_s, SkimmerPlace.CORRIDOR)
    seen = world.depot_reading().relative
    assert seen is not None and size(seen.position_m) == pytest.approx(PROFILE.corridor.gate_m, abs=100.0)
    assert seen.attitude_error_deg <= PROFILE.corridor.attitude_max_deg


@pytest.mark.parametrize("nearest_m", [30.0, 450.0, 2_000.0])
def test_how_near_it_has_come_is_measured_between_events_too(nearest_m: float) -> None:
    """Past the depot at 2 m/s, so far below it, in hours in which nothing else happens: seen when the leg ends."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    world.turn_back()
    world.guidance.stop()
    motion, flight, now_ms = world.motion, world.state.flight, world.state.now_ms
    flight.commands, flight.burn, flight.begun_far = [], None, True
    there = (-nearest_m, 0.0, 0.0, 0.0, 2.0, 0.0)
    flight.hill, flight.at_ms, flight.accel = coast(motion.almanac.orbit.rate, there, -900.0), now_ms, (0.0, 0.0, 0.0)
    world.advance(now_ms + 1_800_000)
    assert size(position(motion.legs.at(world.state.now_ms))) > 1_000.0
    world.turn_back()
    run(world, 1_000.0)
    assert world.depot_reading().closest_m == pytest.approx(nearest_m, rel=0.1)


def test_arrays_give_nothing_in_the_shadow() -> None:
    """Loads come out of the batteries there, for both."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    charges: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(150):
        lit, before = world.motion.sunlit(), world.state.skimmer.soc
        world.advance(min(world.next_event_ms() or 0, world.state.now_ms + 200_000))
        charges[lit].append(world.state.skimmer.soc - before)
    assert max(charges[False]) < 0.0 <= min(charges[True])


def test_the_depot_s_arrays_give_nothing_in_the_shadow_either() -> None:
    """Its battery carries its loads there."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    charges: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(50):
        lit, before = world.motion.sunlit(), world.state.depot.battery.j
        world.advance(min(world.next_event_ms() or 0, world.state.now_ms + 200_000))
        charges[lit].append(world.state.depot.battery.j - before)
    assert max(charges[False]) < 0.0 <= min(charges[True])


@pytest.mark.parametrize("seed", [2, 3])
def test_the_pattern_is_bounded_by_its_trims(seed: int) -> None:
    """Untrimmed, its middle would drift by 8 km in the time of a harvest."""
    world = at_harvest(PROFILE, PLAN, 0.0, seed)
    rate, low = world.motion.almanac.orbit.rate, world.motion.almanac.orbit.offset_m(PLAN.waypoints[-1])
    for _ in range(9):
        run(world, PROFILE.plan.harvest_s / 9.0)
        hill = world.motion.legs.at(world.state.now_ms)
        assert hill[1] - 2.0 * hill[3] / rate == pytest.approx(low[1], abs=2_000.0)


def test_a_disposal_leads_off_for_good() -> None:
    """Along the track, away from the depot, with what is left; its volatiles are dumped."""
    world = at_harvest(PROFILE, PLAN, 20_000.0)
    world.dispose()
    assert world.state.skimmer.store_kg == 0.0 and world.state.place is SkimmerPlace.ADRIFT
    gone_m = []
    for _ in range(3):
        run(world, 86_400.0)
        gone_m.append(size(position(world.motion.legs.at(world.state.now_ms))))
    assert 200_000.0 < gone_m[0] < gone_m[1] < gone_m[2]


CONTACT = PROFILE.corridor.contact_mps


@pytest.mark.parametrize(
    ("aside_m", "closing_mps", "across_mps", "turned_deg", "captured"),
    [
        (0.9 * PROFILE.corridor.capture_m, CONTACT, 0.0, 0.0, True),
        (1.1 * PROFILE.corridor.capture_m, CONTACT, 0.0, 0.0, False),
        (0.0, 3.9 * CONTACT, 0.0, 0.0, True),
        (0.0, 4.2 * CONTACT, 0.0, 0.0, False),
        (0.0, CONTACT, 1.1 * CONTACT, 0.0, False),
        (0.0, CONTACT, 0.0, 0.5 * PROFILE.corridor.attitude_max_deg, True),
        (0.0, CONTACT, 0.0, 2.0 * PROFILE.corridor.attitude_max_deg, False),
    ],
)
def test_who_touches_within_the_limits_is_captured_and_who_does_not_is_pushed_off(
    aside_m: float, closing_mps: float, across_mps: float, turned_deg: float, captured: bool
) -> None:
    """The docking cone guides what comes gently, straight and level; the rest is off again, backwards."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    world.guidance.stop()
    state, flight = world.state, world.state.flight
    touch_s = 1.0
    state.place, flight.commands, flight.burn, flight.accel = SkimmerPlace.FINAL, [], None, (0.0, 0.0, 0.0)
    here = (aside_m, 0.0, 0.0, across_mps, closing_mps, 0.0)
    flight.hill, flight.at_ms = coast(world.motion.almanac.orbit.rate, here, -touch_s), state.now_ms
    flight.slew = AttitudeSlew(flight.slew.before, (1.0, 0.0, 0.0), turned_deg, state.now_ms, 1e-3, 1.0)
    flight.marks = [state.now_ms + round(touch_s * 1000.0) + 1]
    world.advance(flight.marks[0])
    assert state.place is (SkimmerPlace.DOCK if captured else SkimmerPlace.BACK)
    assert captured or flight.hill[4] == -PROFILE.corridor.separation_mps


def test_beyond_its_vicinity_the_depot_hears_a_skimmer_in_windows_only() -> None:
    """By the almanac; docked and near it always does."""
    world = at_harvest(PROFILE, PLAN, 0.0)
    heard = set()
    for _ in range(200):
        world.advance(min(world.next_event_ms() or 0, world.state.now_ms + 200_000))
        assert world.motion.link_open() is ALMANAC.window_open(world.state.now_ms)
        assert world.depot_reading().hears is world.motion.link_open()
        heard.add(world.motion.link_open())
    assert heard == {True, False}
    assert FlownWorld(PROFILE, 1, PLAN).motion.link_open()


def test_a_plan_with_another_region_is_flown_to_another_place() -> None:
    """The last of its places is the lowest of the dips: so low does it come, and about there."""
    region = (0.0, -7.0, 72_000.0)
    lower = msgspec.structs.replace(PLAN, waypoints=((0.0, 0.0, 82_000.0), region))
    world = FlownWorld(PROFILE, 1, lower)
    world.undock()
    run(world, 400.0)
    world.initial_burn()
    run(world, 1.2 * PROFILE.plan.outbound_s, SkimmerPlace.ZONE)
    run(world, 500.0)
    x, y, _, vx, *_ = world.motion.legs.at(world.state.now_ms)
    orbit = world.motion.almanac.orbit
    assert orbit.altitude_m - hypot(x, vx / orbit.rate) == pytest.approx(region[2], abs=300.0)
    assert y - 2.0 * vx / orbit.rate == pytest.approx(orbit.offset_m(region)[1], abs=2_000.0)
