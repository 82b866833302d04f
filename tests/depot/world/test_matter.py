"""Mass moves and is always somewhere; routes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.settings import Profile
from depot.world.depot import burn_need_kg, feedable_kg, new_depot
from depot.world.matter import O2_YIELD, FeedLine, Outside, Tank, electrolyse, let_out, reach, take_in, transfer

AMOUNTS = st.floats(min_value=-10.0, max_value=5_000.0)


def test_one_stuck_valve_reroutes_and_two_isolate() -> None:
    """Every line has two independent routes."""
    line = FeedLine("CO2_M-CO2_TANK_RING", 5.0)
    assert line.route == 0
    line.stick()
    assert (line.route, reach((line,))) == (1, 5.0)
    line.stick()
    assert (line.route, reach((line,))) == (None, 0.0)
    line.stick()
    line.free()
    assert line.route == 0


def test_a_path_carries_what_its_slowest_line_carries_and_nothing_through_an_isolated_one() -> None:
    """A path is as good as its worst line."""
    fast, slow = FeedLine("a", 5.0), FeedLine("b", 2.0)
    assert reach((fast, slow)) == 2.0
    slow.isolated = True
    assert reach((fast, slow)) == 0.0
    assert reach(()) == 0.0


def test_species_do_not_mix() -> None:
    """CO2 does not go into a methane tank."""
    with pytest.raises(ValueError, match="CH4"):
        transfer(Tank("a", "CO2", 10.0, 5.0), Tank("b", "CH4", 10.0), 1.0, Outside())


def test_soxe_makes_half_the_moles_of_oxygen() -> None:
    """2 CO2 -> 2 CO + O2: 44.009 kg of CO2 give 15.999 kg of O2, the rest leaves as CO."""
    co2, o2, outside = Tank("co2", "CO2", 100.0, 44.009), Tank("o2", "O2", 100.0), Outside()
    assert electrolyse(co2, o2, 44.009, outside) == pytest.approx(44.009)
    assert o2.kg == pytest.approx(15.999, abs=1e-3)
    assert outside.kg["soxe_vent/CO"] == pytest.approx(28.010, abs=1e-3)
    assert pytest.approx(15.999 / 44.009, rel=1e-4) == O2_YIELD


@given(
    st.lists(st.tuples(st.sampled_from(["in", "out", "move", "react"]), st.integers(0, 2), AMOUNTS), max_size=40),
    st.floats(min_value=0.0, max_value=1.0),
)
def test_mass_balances_at_every_step(steps: list[tuple[str, int, float]], efficiency: float) -> None:
    """Tanks plus outside accounts are constant, and no tank goes below empty or above full."""
    tanks = [Tank("a", "CO2", 1_000.0, 400.0), Tank("b", "CO2", 300.0), Tank("c", "O2", 200.0, 50.0)]
    outside = Outside()
    total = sum(tank.kg for tank in tanks)
    for what, which, kg in steps:
        if what == "in":
            take_in(tanks[which], kg, outside, "atmosphere")
        elif what == "out":
            let_out(tanks[which], kg, outside, "leak")
        elif what == "move":
            transfer(tanks[which % 2], tanks[1 - which % 2], kg, outside, efficiency=efficiency)
        else:
            electrolyse(tanks[which % 2], tanks[2], kg, outside)
        assert sum(tank.kg for tank in tanks) + sum(outside.kg.values()) == pytest.approx(total, abs=1e-6)
        assert all(-1e-9 <= tank.kg <= tank.capacity_kg + 1e-9 for tank in tanks)


@pytest.mark.parametrize("line", ["o2_ring", "o2_engine", "ch4_ring", "fuel_engine"])
def test_only_propellant_that_reaches_the_engine_is_there_for_the_burn_home(line: str) -> None:
    """In its mixture: with one line shut there is none."""
    depot, profile = new_depot(Profile()), Profile()
    assert feedable_kg(depot, profile) > 0.0
    getattr(depot.plumbing, line).isolated = True
    assert feedable_kg(depot, profile) == 0.0


def test_what_is_carried_home_has_to_be_burnt_for() -> None:
    """As much for each of its kilograms as for one of the depot's."""
    depot, profile = new_depot(Profile()), Profile()
    alone_kg, mass_kg = burn_need_kg(depot, profile, 0.0), profile.depot.dry_kg + depot.total_kg
    assert burn_need_kg(depot, profile, mass_kg) == pytest.approx(2.0 * alone_kg)
