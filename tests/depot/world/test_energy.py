"""Energy moves and is always somewhere."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.names import SkimmerMode
from depot.settings import Profile
from depot.world.depot import advance_depot, new_depot
from depot.world.energy import Accounts, BusBattery, HeatNode, charge_evenly, draw_evenly
from depot.world.matter import Outside
from depot.world.skimmer import Health, charge_from_dock, missing_charge_j, new_skimmer, run_buses


def test_a_node_cools_as_newton_says() -> None:
    """Without heat the excess temperature falls by e in one time constant (J/K over W/K)."""
    node, accounts = HeatNode("spine", 1_000.0, 10.0, 300.0, 400.0), Accounts()
    node.heat(0.0, 100.0, accounts)
    assert node.k == pytest.approx(300.0 + 100.0 * exp(-1.0))
    assert accounts.j["radiator"] == pytest.approx(1_000.0 * (400.0 - node.k))


def test_a_node_settles_where_loss_equals_heat() -> None:
    """500 W over 10 W/K: 50 K above the surroundings, however the time is cut into steps."""
    whole, cut = HeatNode("a", 1_000.0, 10.0, 300.0, 300.0), HeatNode("b", 1_000.0, 10.0, 300.0, 300.0)
    whole.heat(500.0 * 10_000.0, 10_000.0, Accounts())
    for _ in range(100):
        cut.heat(500.0 * 100.0, 100.0, Accounts())
    assert whole.k == pytest.approx(350.0)
    assert cut.k == pytest.approx(whole.k)


def test_a_battery_that_dropped_out_gives_and_takes_nothing() -> None:
    """Its energy stays in it."""
    battery = BusBattery("BATT_A", 100.0, 60.0, connected=False)
    assert (battery.draw(10.0), battery.charge(10.0), battery.j) == (0.0, 0.0, 60.0)


def test_the_dock_fills_the_reserve_first_and_the_others_to_the_charge_that_is_asked_for() -> None:
    """BATT_RES wholly, BATT_A and BATT_B to 80 % of what is left of their capacity; no more is missing or taken."""
    skimmer = new_skimmer(Profile())
    skimmer.health.capacity = 0.9
    for battery in (skimmer.batt_a, skimmer.batt_b, skimmer.batt_res):
        battery.j = 0.5 * battery.capacity_j
    half_j, missing_j = skimmer.batt_res.room_j, missing_charge_j(skimmer, 0.8)
    assert charge_from_dock(skimmer, half_j, 0.8) == half_j and skimmer.batt_res.room_j == 0.0
    assert half_j + charge_from_dock(skimmer, 1e12, 0.8) == pytest.approx(missing_j)
    for battery in (skimmer.batt_a, skimmer.batt_b):
        assert battery.j == pytest.approx(0.72 * battery.capacity_j)
    assert missing_charge_j(skimmer, 0.8) == pytest.approx(0.0, abs=1.0)


def test_with_empty_batteries_the_reserve_pays_for_the_survival_bus_alone() -> None:
    """In CRUISE without sun: critical avionics, heat and basic communication go on, and the rest is short."""
    profile, skimmer = Profile(), new_skimmer(Profile())
    skimmer.mode, skimmer.batt_a.j, skimmer.batt_b.j = SkimmerMode.CRUISE, 0.0, 0.0
    before_j = skimmer.batt_res.j
    run_buses(skimmer, profile, 60.0, Accounts(), 0.0, thrusting=False)
    primary, secondary, survival = profile.power.cruise_w
    assert before_j - skimmer.batt_res.j == pytest.approx(60.0 * survival)
    assert skimmer.short_j == pytest.approx(60.0 * (primary + secondary)) and not skimmer.dark


def test_what_the_arrays_give_beyond_the_loads_charges_the_reserve_first() -> None:
    """BATT_A and BATT_B get what it does not take."""
    profile, skimmer = Profile(), new_skimmer(Profile())
    skimmer.mode, supply_w = SkimmerMode.CRUISE, sum(profile.power.cruise_w) + 100.0
    skimmer.batt_res.j -= 9_000.0
    kept_j = skimmer.batt_a.j + skimmer.batt_b.j
    for room_j, given_j in ((3_000.0, 0.0), (0.0, 3_000.0)):
        run_buses(skimmer, profile, 60.0, Accounts(), supply_w, thrusting=False)
        assert skimmer.batt_res.room_j == pytest.approx(room_j)
        assert skimmer.batt_a.j + skimmer.batt_b.j == pytest.approx(kept_j + given_j)


@pytest.mark.parametrize(("mode", "spikes"), [(SkimmerMode.CRUISE, 1), (SkimmerMode.SURVIVAL, 0)])
def test_a_spike_is_one_of_buses_that_are_on(mode: SkimmerMode, spikes: int) -> None:
    """In ECLIPSE/SURVIVAL those that could have one are off."""
    profile, skimmer = Profile(), new_skimmer(Profile())
    skimmer.mode, skimmer.health.current_ratio = mode, profile.retirement.spike_ratio + 0.1
    run_buses(skimmer, profile, 60.0, Accounts(), 0.0, thrusting=False)
    assert skimmer.current_spikes == spikes


def test_an_overstress_belongs_to_the_flight_in_which_it_began() -> None:
    """A spine that is still hot in the dock is none of the next one's."""
    health, felt = Health(), []
    for hot in (True, True, False, True):
        health.stressed = False
        health.feel(hot=hot)
        felt.append(health.stressed)
    assert felt == [True, False, False, True]


@pytest.mark.parametrize(
    ("co2_kg", "charge", "runs"), [(5_000.0, 0.9, True), (5_000.0, 0.59, False), (500.0, 0.9, False)]
)
def test_soxe_runs_on_what_the_depot_can_spare(co2_kg: float, charge: float, runs: bool) -> None:
    """In shadow: six tenths of the battery stay for a launch, half a ton of CO2 in its ring."""
    depot = new_depot(Profile())
    depot.co2.kg, depot.battery.j = co2_kg, charge * depot.battery.capacity_j
    before_kg = depot.co2.kg
    advance_depot(depot, Profile(), 60.0, Outside(), Accounts(), 0.0, sunlit=False)
    assert (depot.co2.kg < before_kg) is runs


@given(
    st.lists(
        st.tuples(st.sampled_from(["draw", "charge", "heat", "drop"]), st.floats(min_value=-5.0, max_value=1e6)),
        max_size=40,
    )
)
def test_energy_balances_at_every_step(steps: list[tuple[str, float]]) -> None:
    """Batteries, heat and accounts together are constant."""
    pair = (BusBattery("A", 5e5, 3e5), BusBattery("B", 4e5, 1e5))
    node, accounts = HeatNode("n", 2_000.0, 5.0, 250.0, 300.0), Accounts()

    def total() -> float:
        return sum(battery.j for battery in pair) + node.j + sum(accounts.j.values())

    before = total()
    for what, joules in steps:
        if what == "draw":
            node.heat(draw_evenly(pair, joules), 10.0, accounts)
        elif what == "charge":
            accounts.book("array", -charge_evenly(pair, joules))
        elif what == "heat":
            accounts.book("array", -joules)
            node.heat(joules, 60.0, accounts)
        else:
            pair[0].connected = not pair[0].connected
        assert total() == pytest.approx(before, rel=1e-9, abs=1e-3)
        assert all(-1e-6 <= battery.j <= battery.capacity_j + 1e-6 for battery in pair)
