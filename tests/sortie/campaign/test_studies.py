"""The studies that ship: a few runs of each, and the 10,000 that docs/campaigns.md answers them with (--long)."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.extras import needs

needs("campaign", "distributed", "pyarrow", "scipy")

from sortie.campaign.flown import RunResult, fly_run
from sortie.campaign.folder import rows
from sortie.campaign.study import Study
from sortie.campaign.summary import summarize
from sortie.commands.cli import run as main

STUDIES = Path(__file__).parents[3] / "examples" / "studies"
CALM = {"wind": 2.0, "from": 90.0}
MANY = 10_000


def flown(name: str, given: dict[str, float]) -> RunResult:
    return fly_run(Study.read(STUDIES / f"{name}.toml"), 0, dict(given)).row


def test_the_survey_holds_in_calm_and_in_storm_with_a_battery_half_as_large() -> None:
    left = []
    for wind in (2.0, 12.0):
        row = flown("survey-wind", {**CALM, "wind": wind, "gusts": 1.0, "capacity": 2.6})
        assert (row.result, row.ok) == ("completed", True)
        left.append(row.figures["battery_left"] or 0.0)
    assert 0.4 < left[1] < left[0] - 0.01 < 0.8, "of 2.6 Ah"
    assert row.robustness["on_its_lines"] is not None
    assert row.robustness["on_its_lines"] < 7.0, "the wind takes some of the 8 m"


def test_the_survey_keeps_to_its_lines_at_full_lean_in_wind_from_any_side() -> None:
    """What lean there is goes across the line first. A demand that is cut to its length alone left them by more than
    8 m in three of these eight winds, as 29 of 72 flights of the study above 13 m/s once did."""
    for side in range(8):
        wind = {"wind": 13.5, "from": side * 45.0, "gusts": 1.0, "capacity": 5.1}
        assert (flown("survey-wind", wind).robustness["on_its_lines"] or -1.0) > 4.0, wind


def test_without_gps_it_comes_down_softly_but_where_the_wind_takes_it() -> None:
    """The weakness that the study finds."""
    calm = flown("gps-loss", {**CALM, "wind": 0.0, "gps_at": 40.0})
    windy = flown("gps-loss", {**CALM, "wind": 9.0, "gps_at": 40.0})
    for row in (calm, windy):
        assert (row.robustness["comes_down"] or -1.0) > 0.0
        assert (row.robustness["softly"] or -1.0) > 0.0
    assert (calm.robustness["stays_inside"] or -1.0) > 0.0
    assert (windy.robustness["stays_inside"] or 1.0) < 0.0
    assert (windy.robustness["stays_near"] or 1.0) < 0.0


def test_a_plane_keeps_less_from_its_limits_in_gusts() -> None:
    """All judges hold in calm air; gusts of 4 m/s take from what is left to the stall and to AIRSPEED_MIN."""
    calm, gusts = (flown("plane-margins", {"wind": w, "from": 90.0, "gusts": g}) for w, g in ((0.0, 0.0), (0.0, 4.0)))
    assert (calm.result, calm.ok) == ("completed", True)
    for judge in ("keeps_from_the_stall", "keeps_its_airspeed"):
        assert 0.0 < (gusts.robustness[judge] or 0.0) < (calm.robustness[judge] or 0.0), judge


def test_gps_may_be_lost_so_long_after_liftoff() -> None:
    """1 s after it the vehicle has not left its home; 30 s after it it is on its way."""
    early, late = (flown("gps-loss-flown", {"wind": 0.0, "from": 0.0, "gps_at": at_s}) for at_s in (1.0, 30.0))
    assert early.result == late.result == "failed" and early.ok and late.ok
    assert (early.figures["farthest_m"] or 0.0) < 15.0 < (late.figures["farthest_m"] or 0.0)


def test_copters_in_a_row_along_their_leg_catch_up_with_each_other() -> None:
    inputs = {"gusts": 1.0, "jump": 1.0, "at": 40.0, "jumps": 0.0}
    near = flown("fleet-apart", {**inputs, "spacing": 6.0, "wind": 9.0})
    far = flown("fleet-apart", {**inputs, "spacing": 16.0, "wind": 0.0, "gusts": 0.0})
    assert (near.result, near.ok) == ("completed", False)
    assert (far.result, far.ok) == ("completed", True)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("survey-wind", {"finishes": (0.0, 0.001), "on_its_lines": (0.001, 0.01), "saves_battery": (0.0, 0.001)}),
        ("gps-loss", {"comes_down": (0.0, 0.001), "softly": (0.0, 0.001), "stays_inside": (0.36, 0.42),
                      "stays_near": (0.57, 0.63)}),
        ("fleet-apart", {"apart": (0.62, 0.72), "on_its_way": (0.12, 0.19)}),
        ("plane-margins", {"finishes": (0.0, 0.004), "keeps_from_the_stall": (0.0, 0.004),
                           "banks_within_its_limit": (0.015, 0.036), "carries": (0.041, 0.071)}),
    ],
)  # fmt: skip
def test_ten_thousand_runs_answer_as_the_page_says(
    tmp_path: Path, name: str, shares: dict[str, tuple[float, float]]
) -> None:
    """SORTIE_STUDY_RUNS: fewer."""
    runs = int(os.environ.get("SORTIE_STUDY_RUNS", MANY))
    assert main(["campaign", "run", str(STUDIES / f"{name}.toml"), "--runs", str(runs), "--out", str(tmp_path)]) == 0
    found = summarize(tmp_path)
    assert found.done == runs
    assert [row.run for row in rows(tmp_path)] == list(range(runs))
    spread = 3.0 * np.sqrt(0.25 / runs)
    for judge, (low, high) in shares.items():
        assert low - spread <= found.judges[judge].failed / runs <= high + spread, judge
