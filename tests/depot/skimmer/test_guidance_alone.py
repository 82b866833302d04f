"""The skimmer's guidance by itself: how long it takes a burn to last, and when it looks at what a burn has given."""

from __future__ import annotations

from math import exp, log

import pytest

from depot.decisions.planning import Derating, make_plan
from depot.physics.engines import BurnPurpose, Thruster
from depot.physics.orbit import minus, size, transfer
from depot.readings import DepotReading, SkimmerPlace, SkimmerReading
from depot.settings import Profile
from tests.fakes.flown_world import FlownWorld, at_harvest, run

PROFILE = Profile()
ENGINES = PROFILE.engines


def test_a_burn_lasts_as_long_as_its_propellant_flows() -> None:
    """All that is moved counts: the dry craft, what it harvested, what is in the lobes (Tsiolkovsky, thrust = flow x
    exhaust velocity)."""
    guidance = FlownWorld(PROFILE, 1, make_plan(PROFILE, 1, Derating(), DepotReading())).guidance
    reading = SkimmerReading(store_kg=8_000.0, fuel_kg=4_000.0)
    for dv, newton, exhaust in (
        (20.0, ENGINES.fwd_n, ENGINES.fwd_exhaust_mps),
        (0.1, ENGINES.att_n, ENGINES.att_exhaust_mps),
    ):
        burnt_kg = (ENGINES.dry_kg + 12_000.0) * (1.0 - exp(-dv / exhaust))
        assert guidance._burn_s(reading, (0.0, dv, 0.0)) == pytest.approx(burnt_kg * exhaust / newton)


def test_small_changes_of_velocity_are_the_small_thrusters() -> None:
    """From `fwd_least_mps` on THRUSTER_FWD is lit, for which the skimmer has to turn."""
    guidance = FlownWorld(PROFILE, 1, make_plan(PROFILE, 1, Derating(), DepotReading())).guidance
    least = ENGINES.fwd_least_mps
    assert guidance._thruster(BurnPurpose.CORRECT, (0.0, least, 0.0)) is Thruster.FWD
    assert guidance._thruster(BurnPurpose.CORRECT, (0.0, 0.99 * least, 0.0)) is Thruster.ATT


def test_what_the_last_burn_of_a_way_has_given_is_looked_at_two_minutes_behind_it() -> None:
    """It is centred on the end of the way, and nothing is judged while it lasts."""
    world = at_harvest(PROFILE, make_plan(PROFILE, 1, Derating(), DepotReading()), 1_000.0)
    guidance, seen = world.guidance, []
    arrive = guidance._arrive

    def watched(reading: SkimmerReading, now_ms: int) -> object:
        commands = arrive(reading, now_ms)
        lasts_ms = 1000.0 * guidance._burn_s(reading, commands[0].dv)
        seen.append((commands[0], lasts_ms, guidance.memory.end_ms, guidance.memory.due[0], now_ms))
        return commands

    guidance._arrive = watched
    world.turn_back()
    run(world, 1.2 * PROFILE.plan.return_s, SkimmerPlace.CORRIDOR)
    command, lasts_ms, end_ms, due_ms, now_ms = seen[-1]
    assert end_ms - now_ms == pytest.approx(600_000, abs=1_000)  # time enough to turn into it
    assert command.purpose is BurnPurpose.ARRIVE and size(command.dv) > 0.1
    assert command.at_ms + lasts_ms / 2.0 == pytest.approx(end_ms, abs=2)
    assert due_ms == pytest.approx(command.at_ms + lasts_ms + 120_000.0, abs=2)


def test_only_a_craft_that_comes_nearer_brakes_before_it_turns() -> None:
    """At rest, or slowly moving away, there is time to turn."""
    guidance = FlownWorld(PROFILE, 1, make_plan(PROFILE, 1, Derating(), DepotReading())).guidance
    for along_mps, closes in ((0.1, True), (0.0, False), (-0.001, False)):
        reading = SkimmerReading(position_m=(0.0, -10.0, 0.0), velocity_mps=(0.0, along_mps, 0.0))
        assert guidance._closes_in(reading) is closes


@pytest.mark.parametrize("fuel_kg", [4_000.0, 5.0])
@pytest.mark.parametrize("along_m", [-50_000.0, 50_000.0])
def test_who_leaves_for_good_drifts_away_with_what_it_has(fuel_kg: float, along_m: float) -> None:
    """A craft behind the depot speeds up, lifts its orbit and falls farther behind; one ahead brakes. At 3 m/s, or as
    fast as its last propellant makes it (Tsiolkovsky)."""
    guidance = FlownWorld(PROFILE, 1, make_plan(PROFILE, 1, Derating(), DepotReading())).guidance
    reading = SkimmerReading(position_m=(0.0, along_m, 0.0), fuel_kg=fuel_kg)
    (command,) = guidance.away(reading, 0)
    left = ENGINES.fwd_exhaust_mps * log((ENGINES.dry_kg + fuel_kg) / ENGINES.dry_kg)
    speed = min(3.0, left)
    assert command.dv == pytest.approx((0.0, speed if along_m < 0.0 else -speed, 0.0))


@pytest.mark.parametrize("late_ms", [0, 5_000])
def test_the_last_pulse_of_the_glide_aims_a_metre_beyond_the_dock(late_ms: int) -> None:
    """So that contact has a speed; one that is late does not aim any farther."""
    guidance = FlownWorld(PROFILE, 1, make_plan(PROFILE, 1, Derating(), DepotReading())).guidance
    far = SkimmerReading(position_m=(0.0, -1_000.0, 0.0), velocity_mps=(0.0, 0.0, 0.0))
    guidance.approach(far, 0)
    memory, near = guidance.memory, SkimmerReading(position_m=(0.0, -30.0, 0.0), velocity_mps=(0.0, 0.0, 0.0))
    (command,) = guidance._pulse(near, memory.end_ms - memory.pulse_ms + late_ms)
    departure = transfer(guidance._n, near.position_m, (0.0, 1.0, 0.0), memory.pulse_ms / 1000.0)
    assert departure is not None
    assert command.dv == pytest.approx(minus(departure, near.velocity_mps), rel=1e-9, abs=1e-12)
