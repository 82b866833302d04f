"""The simulator beside ArduPlane SITL: missions of wings, by recordings of the real one. `scripts/compare` writes them
(tests/data/arduplane-sitl.json)."""

from __future__ import annotations

import pytest

from scripts.compare import measured
from scripts.wing_flights import WingFlight, kept
from scripts.wing_measures import measures
from scripts.wing_missions import EXPLAINED, MISSIONS, WingMission

#: Flown in every run: each kind of item and of end once.
EACH_TIME = {"turns-left", "to-height", "landing", "go-around", "wind-8", "q-square"}
RECORDED = kept()


def _cases() -> list[object]:
    marks = {True: (), False: (pytest.mark.long,)}
    return [pytest.param(one, id=one.name, marks=marks[one.name in EACH_TIME]) for one in MISSIONS]


def test_each_mission_was_flown_by_the_real_one() -> None:
    assert [mission.name for mission in MISSIONS] == list(RECORDED)
    assert (sum(one.kind == "plane" for one in MISSIONS), len(MISSIONS)) == (20, 30)


@pytest.mark.parametrize("mission", _cases())
def test_it_flies_as_the_real_one(mission: WingMission) -> None:
    """Ways, heights, times, settled airspeed and energy; what is beyond its limit has its reason on the page."""
    missed = {one.name: round(one.value, 1) for one in measured(mission, RECORDED[mission.name]) if not one.holds}
    assert missed == {} or mission.name in EXPLAINED


def test_a_flight_that_goes_elsewhere_is_seen() -> None:
    """Beside the track, higher, later and with more energy: each measure fails by its own."""
    theirs = RECORDED["square"]
    moved = [(t, n, e + 20.0, up + 6.0, v + 1.5, bank, 1.2 * wh) for t, n, e, up, v, bank, wh in theirs.track]
    late = {seq: 1.1 * at_s + 0.1 for seq, at_s in theirs.items.items()}
    missed = {one.name for one in measures(WingFlight(moved, late), theirs) if not one.holds}
    assert missed >= {"way on legs, m", "height, m", "times, %", "settled airspeed, m/s", "energy, %"}
    assert all(one.holds for one in measures(theirs, theirs))
