"""The reference's equations, by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from depot.decisions.throughput import compare, cycle_time_h, delivered_kg, harvested_kg, propellant_kg, reliability
from depot.settings import Profile, UnitSettings

PROFILE = Profile()


def sortie(start_s: float, end_s: float, outcome: str = "completed", delivered: float = 17_577.0) -> dict[str, Any]:
    """Eight phases; only the first start, the seventh end and the last end count."""
    phases = [{"phase": number, "start_s": start_s, "end_s": end_s} for number in range(1, 9)]
    return {"outcome": outcome, "phases": phases, "harvested_kg": delivered / 0.93, "delivered_kg": delivered}


def test_cycle_time_and_masses() -> None:
    """T = 6 + 1/3 + 10 5/9 + 60 + 12 + 1 + 5 h; m_h at 8.1e-7 x 150000 x 0.75 kg/s, at most 0.9 x 21 t."""
    assert cycle_time_h(PROFILE) == pytest.approx(94.0 + 8.0 / 9.0)
    assert PROFILE.skimmer.intake_kg_s == pytest.approx(0.091125)
    assert harvested_kg(PROFILE) == pytest.approx(18_900.0)
    assert delivered_kg(PROFILE) == pytest.approx(17_577.0)


def test_who_is_full_before_the_time_of_harvest_is_over_burns_less() -> None:
    """18.9 t are in after 0.96 of the 60 h (0.091125 kg/s), and so long the drag is made up for."""
    assert propellant_kg(PROFILE) == pytest.approx(50.0 + 15.0 + 2_750.0 * 18_900.0 / 19_683.0 + 110.0 + 60.0)


def test_reliability_is_the_share_of_completed_sorties() -> None:
    """None before the first."""
    assert reliability([]) is None
    assert reliability([sortie(0, 1), sortie(1, 2, "aborted"), sortie(2, 3), sortie(3, 4, "lost")]) == 0.5


def test_yield_counts_what_came_in_over_the_time_it_took() -> None:
    """Two sorties of 100 h with one delivery: 87.6 sorties and 43.8 deliveries a year."""
    rows = {
        row.quantity: row for row in compare(PROFILE, [sortie(0, 360_000), sortie(360_000, 720_000, "aborted", 0.0)])
    }
    assert rows["sorties a year"].measured == pytest.approx(87.6)
    assert rows["yield of one skimmer"].measured == pytest.approx(43.8 * 17_577.0)
    assert rows["cycle time"].measured == pytest.approx(100.0)
    assert rows["storage constraint"].holds and rows["propellant closure"].holds
    kept = (1.0 - PROFILE.skimmer.fuel_fraction) * rows["yield of one skimmer"].measured  # fuel has rings of its own
    assert rows["storage constraint"].measured == pytest.approx(kept)
    used = rows["utilisation, S = 3, one dock, tank ring and SOXE"].measured  # S * U * Y_single
    assert rows["fleet yield, S = 3"].measured == pytest.approx(3 * used * rows["yield of one skimmer"].measured)


def test_propellant_that_is_no_harvest_does_not_close() -> None:
    """A box delivers data and burns what the mains give: the constraint says nothing there."""
    profile = msgspec.structs.replace(PROFILE, units=UnitSettings("GB", "Wh"))
    rows = {row.quantity: row for row in compare(profile, [sortie(0, 360_000)])}
    assert rows["propellant closure"].holds is None and rows["propellant closure"].unit == "Wh"
    assert rows["delivered mass"].unit == "GB" and rows["fleet yield, S = 3"].unit == "GB/a"


def test_nothing_is_measured_before_the_first_sortie() -> None:
    """Predictions alone."""
    assert all(row.measured is None for row in compare(PROFILE, []))
