"""The utilisation of a fleet, by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.decisions.throughput import ENDLESS, SortieTurn, TankFarm, compare, turns_of, utilisation
from depot.settings import Profile
from tests.fakes.loop_run import LoopBench

HOUR = 3600.0
STEADY = [SortieTurn(3 * HOUR, HOUR, 10.0)]
TURNS = st.lists(
    st.builds(SortieTurn, st.floats(1.0, 1e5), st.floats(1.0, 1e5), st.floats(0.0, 1e4)), min_size=1, max_size=6
)


@pytest.mark.parametrize(("skimmers", "share"), [(1, 1.0), (3, 1.0), (4, 1.0), (5, 0.8), (8, 0.5)])
def test_one_dock_serves_four_skimmers_of_which_each_needs_it_a_quarter_of_the_time(
    skimmers: int, share: float
) -> None:
    """Evenly launched they never meet; from the fifth on the dock is never free."""
    assert utilisation(STEADY, skimmers) == pytest.approx(share, rel=0.01)


def test_utilisation_is_a_share_of_times_in_any_unit() -> None:
    """Sorties of seconds give that of hours."""
    assert utilisation([SortieTurn(3.0, 1.0, 0.0)], 8) == pytest.approx(utilisation(STEADY, 8), rel=1e-9)


def test_sorties_that_differ_meet_at_the_dock() -> None:
    """Away for one hour, in the dock for one or for three: of two skimmers one waits, and the dock is never free."""
    turns = [SortieTurn(HOUR, HOUR, 0.0), SortieTurn(HOUR, 3 * HOUR, 0.0)]
    assert utilisation(turns, 1) == 1.0
    assert utilisation(turns, 2) == pytest.approx(6.0 / 8.0, rel=0.02)


def test_what_soxe_does_not_drain_has_to_wait() -> None:
    """One skimmer brings 10 kg in four hours and so much is drained: two bring twice that, and half is waiting."""
    farm = TankFarm(40.0, 10.0 / (4 * HOUR))
    assert utilisation(STEADY, 1, farm) == pytest.approx(1.0)
    assert utilisation(STEADY, 2, farm) == pytest.approx(0.5, rel=0.02)


def test_a_farm_that_nobody_drains_ends_it() -> None:
    """Full for good; nor is there ever room for more than the ring holds."""
    assert utilisation(STEADY, 1, TankFarm(40.0, 0.0)) == 0.0
    assert utilisation(STEADY, 1, TankFarm(5.0, 1.0)) == 0.0


def test_nothing_flown_is_nothing_measured() -> None:
    """None, not a guess."""
    assert utilisation([], 3) is None


@given(TURNS, st.integers(1, 8))
def test_it_is_a_share_and_the_dock_alone_never_holds_one_skimmer_up(turns: list[SortieTurn], skimmers: int) -> None:
    """Between 0 and 1; a finite farm makes nothing better."""
    alone, fleet = utilisation(turns, 1), utilisation(turns, skimmers)
    assert alone == 1.0
    assert fleet is not None and 0.0 < fleet <= 1.0
    most = sum(t.away_s + t.dock_s for t in turns) / sum(t.dock_s for t in turns) / skimmers
    assert fleet <= most * 1.1  # no more than the dock can serve
    assert ENDLESS.room_kg > 1e300


def test_turns_come_from_what_sorties_took() -> None:
    """Away is phases 2 to 5, the dock has 1, 6, 7, 8; a lost one is no turn; the report has both tables."""
    bench = LoopBench("imu_loss@phase4+100#2", total=2).run()
    turns = turns_of(bench.sorties, 0.75)
    assert [turn.co2_kg > 0.0 for turn in turns] == [True, False]
    first = bench.sorties[0]["phases"]
    assert turns[0].away_s == pytest.approx(first[4]["end_s"] - first[0]["end_s"])
    assert turns[0].away_s + turns[0].dock_s == pytest.approx(first[-1]["end_s"] - first[0]["start_s"])
    lost = LoopBench("link_loss@phase4", total=2).run()
    assert turns_of(lost.sorties, 0.75) == []
    rows = {row.quantity: row for row in compare(Profile(), bench.sorties)}
    assert rows["utilisation, S = 1, one dock"].measured == 1.0
    dock, whole = (rows[f"utilisation, S = 3, one dock{more}"] for more in ("", ", tank ring and SOXE"))
    assert dock.predicted == pytest.approx(0.85) and dock.equation == "U: 0.80 to 0.90"
    assert dock.measured is not None and whole.measured is not None and whole.measured <= dock.measured
