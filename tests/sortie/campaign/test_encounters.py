"""Encounters with other aircraft: volumes, figures of a flight, risk ratios, and a study that is flown twice."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

for name in ("pyarrow", "scipy"):
    pytest.importorskip(name, reason="the extra campaign is not installed")

from sitl.world.sky import Aircraft, straight
from sortie.campaign.encounters import FIGURES, figures_of_traffic, risk, traffic_signals
from sortie.campaign.flown import ViewOfRun, _fly_alone, _without_reaction, figures_of, fly_run
from sortie.campaign.folder import Folder
from sortie.campaign.report import write_report
from sortie.campaign.study import Study
from sortie.campaign.summary import summarize
from sortie.config.errors import UserError
from sortie.config.traffic import TrafficPlan

ROOT = Path(__file__).parents[3]
FOOT = 0.3048
SPANS = ("speed_mps", "course_deg", "miss_m", "miss_z_m")


def hovering(seconds: float = 120.0, height: float = 100.0) -> dict[str, np.ndarray]:
    """Signals of a vehicle that hangs in the air over the place where it was switched on."""
    time = np.arange(0.0, seconds, 0.2)
    still = np.zeros(time.size)
    return {"time": time, "north": still, "east": still, "height": still + height, "landed": still}


def passing(miss_m: float, above_m: float, *, speed: float = 60.0, number: int = 1, ghost: bool = False) -> Aircraft:
    """Southward, past the vehicle at 60 s."""
    knots = straight(0.0, (60.0 * speed, miss_m, -100.0 - above_m), (-speed, 0.0, 0.0), 120.0)
    return Aircraft(number, knots, ghost=ghost)


@pytest.mark.parametrize(
    ("miss_ft", "above_ft", "events"),
    [
        (400, 80, {"nmac", "well_clear_lost", "do365_lost"}),
        (400, 120, {"well_clear_lost", "do365_lost"}),
        (600, 80, {"well_clear_lost", "do365_lost"}),
        (1900, 240, {"well_clear_lost", "do365_lost"}),
        (2100, 0, {"do365_lost"}),
        (0, 260, {"do365_lost"}),
        (3900, 440, {"do365_lost"}),
        (4100, 0, set()),
        (0, 460, set()),
    ],
)
def test_volumes(miss_ft: float, above_ft: float, events: set[str]) -> None:
    signals = traffic_signals(hovering(), [passing(miss_ft * FOOT, above_ft * FOOT)])
    assert {event for event in ("nmac", "well_clear_lost", "do365_lost") if signals[event].any()} == events
    away = np.hypot(miss_ft * FOOT, above_ft * FOOT)
    assert signals["traffic_distance"].min() == pytest.approx(away, abs=2.0)


def test_well_clear_of_do365_is_lost_35_seconds_of_tau_before() -> None:
    """Head-on at 60 m/s: modified tau is (4000 ft squared - r squared) / (r rdot)."""
    lost = traffic_signals(hovering(), [passing(0.0, 0.0)])["do365_lost"]
    first = hovering()["time"][np.flatnonzero(lost)[0]]
    r = 60.0 * (60.0 - first)
    assert (r * r - (4000 * FOOT) ** 2) / (r * 60.0) == pytest.approx(35.0, abs=0.4)


def test_figures_count_encounters_in_the_air() -> None:
    """Two of three aircraft come near; a false report is none, and on the ground nothing is met."""
    sky = [passing(100.0, 0.0), passing(500.0, 0.0, number=2), passing(3000.0, 0.0, number=3)]
    found = figures_of_traffic(hovering(), [*sky, passing(0.0, 0.0, number=4, ghost=True)])
    assert found == {
        "encounters": 3.0,
        "nmac": 1.0,
        "well_clear_lost": 2.0,
        "do365_lost": 2.0,
        "closest_m": pytest.approx(100.0),
    }
    on_ground = hovering() | {"landed": np.ones(600)}
    assert figures_of_traffic(on_ground, sky)["encounters"] == 0.0
    assert figures_of_traffic(on_ground, sky)["closest_m"] is None


def test_the_risk_ratio_and_its_interval() -> None:
    """Katz's interval of 5 of 100 against 20 of 100: 0.25, 0.098 to 0.640; the rule of three where nothing happened."""
    total = dict.fromkeys(FIGURES, 0) | {"encounters": 100, "blind_encounters": 100, "nmac": 5, "blind_nmac": 20}
    found = risk(total | {"blind_well_clear_lost": 50})
    nmac = found.events["nmac"]
    assert nmac.ratio == pytest.approx(0.25)
    assert nmac.interval == pytest.approx((0.098, 0.640), abs=0.002)
    assert found.events["well_clear_lost"].interval == pytest.approx((0.0, 0.06))
    assert found.events["do365_lost"].ratio is None
    rarer = risk(total | {"encounters": 200}).events["nmac"].ratio
    assert rarer == pytest.approx(0.125)  # of shares, not of counts


# --- a study ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def study(tmp_path: Path) -> Study:
    """The example, with four encounters in a flight."""
    for file in ("hover.waypoints", "sky.toml", "encounters.toml"):
        text = (ROOT / "examples" / "studies" / file).read_text()
        text = (
            text.replace("count = 25", "count = 4").replace("limit_s = 1600", "limit_s = 290").replace("[2, 3]", "[2]")
        )
        (tmp_path / file).write_text(text)
    return Study.read(tmp_path / "encounters.toml", 2)


def test_each_run_is_flown_with_and_without_a_reaction(study: Study, tmp_path: Path) -> None:
    """Among the same aircraft; climbing makes the closest approach a wider one, and the report has the ratios."""
    flown = [fly_run(study, run, given) for run, given in enumerate(study.inputs())]
    for run in flown:
        figures = run.row.figures
        assert set(figures) == set(figures_of(study))
        assert figures["encounters"] == figures["blind_encounters"] == 4.0
        assert run.signals["traffic_distance"].min() == pytest.approx(figures["closest_m"])
    with Folder(tmp_path / "out", study, "here") as folder:
        folder.add(flown)
    found = summarize(tmp_path / "out").encounters
    assert found is not None
    assert found.encounters == found.blind == 8
    assert found.events["nmac"].happened < found.events["nmac"].blind
    page = write_report(tmp_path / "out").read_text()
    assert "<h2>Encounters</h2>" in page
    assert "near mid-air collision" in page


def test_a_study_draws_its_pairs_from_a_network_that_it_carries(study: Study, tmp_path: Path) -> None:
    """The file may be gone, as on another machine of a cluster; both flights meet the same intruders."""
    (tmp_path / "mine.json").write_bytes((ROOT / "sitl" / "world" / "small_uas.json").read_bytes())
    lines = [line for line in (tmp_path / "sky.toml").read_text().splitlines() if not line.startswith(SPANS)]
    (tmp_path / "sky.toml").write_text("\n".join([*lines, 'model = "mine.json"']))
    own = Study.read(tmp_path / "encounters.toml", 1)
    (tmp_path / "mine.json").unlink()
    flown = fly_run(own, 0, own.inputs()[0])
    assert flown.row.figures["encounters"] == flown.row.figures["blind_encounters"] == 4.0
    assert flown.row.figures["closest_m"] != fly_run(study, 0, study.inputs()[0]).row.figures["closest_m"]


def test_who_is_not_avoided_is_not_heard(study: Study) -> None:
    """To the last bit the flight of a vehicle that hears them with AVD_ENABLE 0; a client of one's own hears them."""
    given = study.inputs()[0]
    planned = study.planned(0, given)
    deaf = _without_reaction(study, planned)
    client = structs.replace(study.file, client="fly")
    heard = _without_reaction(structs.replace(study, file=client), planned)
    for run, hears in ((deaf, False), (heard, True)):
        assert run.spec.param[-1] == "AVD_ENABLE=0"
        assert isinstance(run.spec.traffic, TrafficPlan)
        assert (run.spec.traffic.receiver.range_m > 0.0) is hears
    ends = [_fly_alone(study, run, given, ViewOfRun()) for run in (deaf, heard)]
    assert ends[0].met == ends[1].met
    for name, values in ends[0].signals.items():
        assert values.tobytes() == ends[1].signals[name].tobytes(), name


def test_a_fleet_and_a_file_that_is_none_are_refused(study: Study, tmp_path: Path) -> None:
    file = tmp_path / "encounters.toml"
    text = file.read_text()
    for changed, told in (
        (text.replace("sky.toml", "none.toml"), "traffic: No such file"),
        (text + "[fleet]\ncount = 2\n", "traffic: encounters are of one vehicle"),
    ):
        file.write_text(changed)
        with pytest.raises(UserError, match=told):
            Study.read(file)
    (tmp_path / "sky.toml").write_text("[encounter]\n")
    file.write_text(text)
    with pytest.raises(UserError, match=r"traffic sky.toml: unknown table 'encounter'"):
        Study.read(file)
