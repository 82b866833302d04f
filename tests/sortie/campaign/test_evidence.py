"""Evidence on containment: the figures of a flight, exact intervals, causes, rates, and the page."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.fakes.extras import needs

needs("campaign", "pyarrow", "scipy")

from sortie.campaign import containment
from sortie.campaign.containment import Containment, FaultRate, critical_area, excursion, impact_angle
from sortie.campaign.evidence import NO_FAULT, ContainmentEvidence, cause_of, evidence_of
from sortie.campaign.evidence_page import AS_ARDUCOPTER, UNLIKE_ARDUCOPTER, evidence_page
from sortie.campaign.flown import FlownRun, RunResult, figures_of, fly_run
from sortie.campaign.folder import Folder, results
from sortie.campaign.report import write_report
from sortie.campaign.study import Study
from sortie.campaign.summary import columns_of, interval
from sortie.config.errors import UserError

ROOT = Path(__file__).parents[3]
BOX = Containment(30.0, 20.0, 0.6, 1.5, {"gps.loss": FaultRate(1e-3, "made up")})
STUDY = f"""
plan = "{ROOT / "examples" / "square.plan"}"
faults = ["gps.loss@{{gps_at}}"]
[params]
SIM_WIND_SPD = "{{wind}}"
[vary]
gps_at = {{ uniform = [5, 200] }}
wind = {{ choice = [2, 8] }}
[sample]
method = "METHOD"
runs = 20
[judge]
stays_inside = "always(fence_distance > 0)"
[containment]
height_m = 30
buffer_m = 20
width_m = 0.6
mass_kg = 1.5
rates = {{ "gps.loss" = {{ per_hour = 1e-3, source = "a <made up> data sheet" }} }}
"""


def study(tmp_path: Path, method: str = "random", **changed: str) -> Study:
    text = STUDY.replace("METHOD", method)
    for old, new in changed.items():
        text = text.replace(old, new)
    (tmp_path / "study.toml").write_text(text)
    return Study.read(tmp_path / "study.toml")


def row_of(run: int, gps_at: float, wind: float, **figures: float | None) -> RunResult:
    """A flight of 90 s that stayed 5 m inside, and landed at 1 m/s; or what `figures` say."""
    inside: dict[str, float | None] = dict.fromkeys(containment.FIGURES)
    inside |= {"volume_margin_m": 5.0, "buffer_margin_m": 25.0, "end_s": 90.0, "end_north_m": 0.0, "end_east_m": 0.0}
    inside |= {"end_fence_m": 30.0, "impact_mps": 1.0, "impact_along_mps": 0.0, "impact_down_mps": 1.0}
    given, flown = {"gps_at": gps_at, "wind": wind}, {"flight_time_s": 90.0, "highest_m": 20.0}
    return RunResult(run, run, "completed", "", True, given, {"stays_inside": 1.0}, flown | inside | figures)


def out_of_it(run: int, gps_at: float, left_s: float, beyond_m: float) -> RunResult:
    figures = {"volume_margin_m": -beyond_m, "buffer_margin_m": 20.0 - beyond_m, "left_volume_s": left_s}
    figures |= {"end_fence_m": -beyond_m, "end_north_m": 100.0, "impact_mps": 12.0, "impact_along_mps": 6.0}
    return row_of(run, gps_at, 8.0, **figures, impact_down_mps=10.0)


def made(tmp_path: Path, method: str = "random") -> Path:
    """20 flights: 8 with a fault, of which 2 left (one the buffer too), 11 without, of which none did; one refused."""
    rows = [row_of(run, 50.0, 2.0) for run in range(6)] + [row_of(run, 150.0, 8.0) for run in range(6, 17)]
    rows += [out_of_it(17, 40.0, 60.0, 8.0), out_of_it(18, 40.0, 60.0, 35.0)]
    rows.append(row_of(19, 10.0, 2.0, flight_time_s=0.0))
    with Folder(tmp_path / "out", study(tmp_path, method), "here") as folder:
        folder.add([FlownRun(row, {}) for row in rows])
    return tmp_path / "out"


def evidence(folder: Path) -> ContainmentEvidence:
    found = evidence_of(folder, columns_of(folder))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("failed", "count", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (10, 100, 0.0490, 0.1762),
    ],
)
def test_intervals_are_those_of_the_tables(failed: int, count: int, low: float, high: float) -> None:
    """Printed tables of Clopper and Pearson's interval; of none in n the end is 1 - 0.025^(1/n)."""
    assert interval(failed, count) == pytest.approx((low, high), abs=5e-5)
    assert interval(0, 1000)[1] == pytest.approx(1.0 - 0.025 ** (1.0 / 1000.0), rel=1e-9)


def test_the_critical_area_is_that_of_jarus() -> None:
    """The example that the authors of annex F publish with CasEx: 1.2 m, 25 kg, 35 m/s at 35 degrees, friction 0.35:
    glide 7.17 and slide 111.02 m2."""
    assert critical_area(1.2, 25.0, 35.0, 35.0, 0.35) == pytest.approx(7.17 + 111.02, abs=0.1)
    assert critical_area(1.2, 25.0, 0.0, 35.0) == pytest.approx(7.17, abs=0.01), "what is slow does not slide"
    assert critical_area(0.6, 1.5, 9.0, 90.0) == pytest.approx(np.pi * 0.36), "what falls straight down does not glide"
    assert impact_angle(5.0, 5.0) == pytest.approx(45.0)
    assert impact_angle(0.0, 0.0) == 90.0
    assert impact_angle(20.0, 0.1) == 1.0, "the flattest: what only touches would glide for ever"


def test_a_flight_tells_when_it_left_and_how_hard_it_came_down() -> None:
    """It leaves its volume through the top at 2 s and by the side at 4 s, the buffer at 5 s, and touches twice."""
    flown = {
        "time": np.arange(8.0),
        "north": np.arange(8.0) * 10.0,
        "east": np.zeros(8),
        "height": np.array([0.0, 20.0, 31.0, 20.0, 20.0, 10.0, 0.0, 0.0]),
        "fence_distance": np.array([40.0, 30.0, 20.0, 10.0, -1.0, -21.0, -25.0, -22.0]),
        "speed": np.array([0.0, 5.0, 5.0, 5.0, 5.0, 4.0, 0.0, 0.0]),
        "climb": np.array([0.0, 5.0, 0.0, 0.0, 0.0, -6.0, 0.0, 0.0]),
        "landed": np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
        "touchdown": np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0, 9.0]),
    }
    assert excursion(flown, BOX) == {
        "volume_margin_m": -25.0,
        "buffer_margin_m": -5.0,
        "left_volume_s": 2.0,
        "left_buffer_s": 5.0,
        "end_s": 7.0,
        "end_north_m": 70.0,
        "end_east_m": 0.0,
        "end_fence_m": -22.0,
        "impact_mps": 9.0,
        "impact_along_mps": 4.0,
        "impact_down_mps": 6.0,
    }
    flying = {name: values[:6] for name, values in flown.items()}
    assert excursion(flying, BOX)["impact_mps"] is None


def test_of_several_contacts_the_hardest_counts() -> None:
    """It bounces: at 2 m/s, then at 5."""
    landed = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 1.0])
    still = np.zeros(6)
    flown = {"time": np.arange(6.0), "north": still, "east": still, "height": still, "fence_distance": still + 9.0}
    flown |= {"landed": landed, "speed": np.array([0.0, 1.0, 1.5, 0.0, 3.0, 0.0])}
    flown |= {"climb": np.array([0.0, 1.0, -1.0, 0.0, -4.0, 0.0]), "touchdown": np.array([0.0, 0, 0, 2.0, 2.0, 4.0])}
    found = excursion(flown, BOX)
    assert [found[f"impact_{name}mps"] for name in ("", "along_", "down_")] == [5.0, 3.0, 4.0]


def test_a_rate_per_hour_is_by_the_mean_time_of_a_flight(tmp_path: Path) -> None:
    """One of two left, which flew for 60 and 180 s: a half in two minutes."""
    rows = [row_of(0, 50.0, 2.0, flight_time_s=60.0), out_of_it(1, 40.0, 60.0, 8.0)]
    rows[1] = msgspec.structs.replace(rows[1], figures=rows[1].figures | {"flight_time_s": 180.0})
    with Folder(tmp_path / "out", study(tmp_path), "here") as folder:
        folder.add([FlownRun(row, {}) for row in rows])
    volume = evidence(tmp_path / "out").flights.volume
    assert volume.per_hour == pytest.approx(15.0)
    assert volume.per_hour_interval == pytest.approx(tuple(30.0 * end for end in interval(1, 2)))


def test_shares_are_told_by_cause_with_the_worst_flight_of_each(tmp_path: Path) -> None:
    folder = made(tmp_path)
    found = evidence(folder)
    assert (found.flights.volume.flights, found.flights.volume.left, found.flights.buffer.left) == (19, 2, 1)
    assert found.not_flown == 1
    assert found.hours == pytest.approx(19 * 90.0 / 3600.0)
    assert found.flights.volume.interval == interval(2, 19)
    assert found.flights.volume.per_hour == pytest.approx(2 / (19 * 90.0 / 3600.0))
    assert found.flights.volume.worst == 18
    assert found.flights.volume.again == f"sortie campaign replay {folder} 18"
    by_cause = {cause.name: (cause.volume.flights, cause.volume.left) for cause in found.causes}
    assert by_cause == {"gps.loss": (8, 2), NO_FAULT: (11, 0)}
    assert found.sensitivity["wind"][0].volume.left == 0, "at 2 m/s"
    assert found.sensitivity["wind"][1].volume.left == 2


def test_a_fault_that_came_after_it_had_left_is_not_the_cause(tmp_path: Path) -> None:
    kept = study(tmp_path)
    assert cause_of(kept, out_of_it(0, 40.0, 60.0, 8.0)) == "gps.loss"
    assert cause_of(kept, out_of_it(0, 61.0, 60.0, 8.0)) == NO_FAULT


def test_each_assumption_is_halved_and_doubled(tmp_path: Path) -> None:
    """All were 20 m high at most and 5 m inside, but for two that were 8 and 35 m outside; 19 flew."""
    found = evidence(made(tmp_path))
    rows = {row.name: row for row in found.assumptions}
    assert list(rows) == ["height_m", "buffer_m", "width_m", "mass_kg", "rates, gps.loss"]
    assert rows["height_m"].values == (15.0, 30.0, 60.0)
    assert rows["height_m"].figures == pytest.approx((1.0, 2 / 19, 2 / 19))
    assert rows["buffer_m"].figures == pytest.approx((1 / 19, 1 / 19, 0.0))
    angle = impact_angle(6.0, 10.0)
    areas = [critical_area(width, 1.5, 12.0, angle) for width in (0.3, 0.6, 1.2)]
    assert rows["width_m"].figures == pytest.approx(areas)
    assert found.hardest is not None and rows["mass_kg"].figures[1] == pytest.approx(found.hardest.critical_area_m2)
    hardest = found.hardest.again
    assert [row.again for row in found.assumptions][:4] == [*[found.flights.volume.again] * 2, hardest, hardest]
    assert rows["rates, gps.loss"].again == found.causes[0].volume.again != ""
    assert found.volume_rate is not None and rows["rates, gps.loss"].figures == pytest.approx(
        [factor * found.volume_rate.per_hour for factor in (0.5, 1.0, 2.0)]
    )


def test_rates_of_faults_make_a_rate_of_leaving(tmp_path: Path) -> None:
    """A thousandth an hour, of which a quarter leads out; and none without a fault."""
    rate = evidence(made(tmp_path)).volume_rate
    assert rate is not None
    assert rate.per_hour == pytest.approx(1e-3 * 2 / 8)
    none, some = interval(0, 11, 0.975), interval(2, 8, 0.975)
    assert rate.interval == pytest.approx((1e-3 * some[0], none[1] / (90.0 / 3600.0) + 1e-3 * some[1]))


def test_what_makes_the_upper_end_is_told(tmp_path: Path) -> None:
    """None of 11 flights without a fault left: nearly all of the upper end is theirs, and so many it would take."""
    folder = made(tmp_path)
    found = evidence(folder)
    assert found.volume_rate is not None and found.volume_rate.unseen is not None
    hours, none = 90.0 / 3600.0, interval(0, 11, 0.975)
    assert found.volume_rate.widest == NO_FAULT
    assert found.volume_rate.widest_share == pytest.approx(none[1] / hours / found.volume_rate.interval[1])
    few, enough = (interval(0, found.volume_rate.unseen - less, 0.975)[1] / hours for less in (1, 0))
    assert enough <= 1e-3 < few
    write_report(folder)
    volume, buffer = re.findall("Rate in service.*?</p>", (folder / "evidence.html").read_text())
    assert "Nearly all of the upper end comes from the 11 flights without a fault, none of which left" in volume
    assert "(the limit of criterion 1 for low robustness), about 180,000 such flights are needed" in volume
    assert "criterion 1" not in buffer and "about 180,000 such flights are needed" in buffer


def test_a_fault_that_leads_out_often_makes_the_upper_end(tmp_path: Path) -> None:
    folder = made(tmp_path)
    kept = (folder / "study.json").read_bytes()
    (folder / "study.json").write_bytes(re.sub(rb'"per_hour": ?0\.001', b'"per_hour": 900.0', kept))
    rate = evidence(folder).volume_rate
    assert rate is not None and (rate.widest, rate.unseen) == ("gps.loss", None)
    write_report(folder)
    page = (folder / "evidence.html").read_text()
    assert "of the upper end comes from the 8 flights with gps.loss, of which 2 left." in page


def test_without_a_rate_for_each_cause_and_of_a_search_there_is_no_sum(tmp_path: Path) -> None:
    folder = made(tmp_path, "search")
    found = evidence(folder)
    assert (found.volume_rate, found.flights.volume.per_flight, found.flights.volume.left) == (None, None, 2)
    assert found.untold.startswith("a search")
    assert found.assumptions == []
    (folder / "study.json").write_bytes(
        re.sub(rb'"rates": \{.*?\}\s*\}', b'"rates": {}', (folder / "study.json").read_bytes(), flags=re.S).replace(
            b'"search"', b'"random"'
        )
    )
    assert evidence(folder).untold == "[containment.rates] has no rate of gps.loss"


def test_faults_that_come_together_are_no_rate_that_can_be_given(tmp_path: Path) -> None:
    """As in the study that `campaign init` writes."""
    folder = made(tmp_path)
    kept = (folder / "study.json").read_bytes()
    assert b'"gps.loss@{gps_at}"' in kept
    (folder / "study.json").write_bytes(kept.replace(b'"gps.loss@{gps_at}"', b'"gps.loss@{gps_at}", "mass.add=0.3"'))
    assert evidence(folder).untold.startswith(
        "rates are added one fault at a time, and flights had gps.loss + mass.add; fly each fault alone"
    )


def test_ends_outside_have_place_time_and_energy(tmp_path: Path) -> None:
    found = evidence(made(tmp_path))
    assert [end.run for end in found.ends] == [18, 17]
    far, near = found.ends
    assert (far.beyond_m, far.in_buffer, near.in_buffer) == (35.0, False, True)
    assert far.lat == pytest.approx(-35.363261 + 100.0 / 111_318.845, abs=1e-6)
    assert far.energy_j == pytest.approx(0.5 * 1.5 * 144.0)
    assert found.hardest is not None
    assert found.hardest.critical_area_m2 == pytest.approx(critical_area(0.6, 1.5, 12.0, impact_angle(6.0, 10.0)))


def test_of_many_ends_the_farthest_and_the_hardest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sortie.campaign.evidence.MOST_ENDS", 3)
    beyond_m = {0: 3.0, 1: 8.0, 2: 35.0, 3: 20.0, 4: 1.0}
    rows = [out_of_it(run, 40.0, 60.0, metres) for run, metres in beyond_m.items()]
    rows[0] = msgspec.structs.replace(rows[0], figures=rows[0].figures | {"impact_mps": 19.0})
    with Folder(tmp_path / "out", study(tmp_path), "here") as folder:
        folder.add([FlownRun(row, {}) for row in rows])
    found = evidence(tmp_path / "out")
    assert [end.run for end in found.ends] == [2, 3, 0]
    assert found.outside == 5 and found.hardest is not None and found.hardest.run == 0


def test_the_page_is_numbered_as_sora_and_says_what_it_is(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert '<a href="evidence.html">' in write_report(folder).read_text()
    page = (folder / "evidence.html").read_text()
    assert re.findall(r"<h[23]>((?:Step )?[89][^<]*)", page) == [
        "Step 8: Containment requirements",
        "8.1 Operational volume containment (annex E, criterion 1)",
        "8.2 End of flight upon exit of the operational volume (annex E, criterion 2)",
        "8.3 Definition of the ground risk buffer (annex E, criterion 3)",
        "8.4 Ground risk buffer containment (annex E, criterion 4)",
        "8.5 Critical area (annex F, for steps 2 and 3)",
        "Step 9: Operational safety objectives",
        "9.1 Exits by cause",
        "9.2 Rates of faults",
        "9.3 Sensitivity to inputs",
        "9.4 Sensitivity to assumptions",
    ]
    first = page[page.index('<section class="first">') : page.index("</section>")]
    for words in (
        "it does not prove it",
        "sim:copter",
        "docs/decides.md",
        "docs/rehearse.md",
        "gps.loss: the same reaction",
    ):
        assert words in first
    assert "@media print" in page
    assert "a &lt;made up&gt; data sheet" in page
    assert "narrower than that height" in page
    assert "http" not in page
    told = json.loads((folder / "evidence.json").read_text())
    assert told == json.loads(msgspec.json.encode(evidence(folder)))
    assert set(told["containment"]["rates"]) == {"gps.loss"}


@pytest.mark.parametrize("line", ['firmware = "px4"', 'vehicle = "ardupilot:copter,world=ours"'])
def test_nothing_is_said_of_arducopter_beside_another_autopilot(tmp_path: Path, line: str) -> None:
    folder = made(tmp_path)
    other = study(tmp_path, **{"faults = [": f"{line}\nfaults = ["})
    page = evidence_page(evidence(folder), other)
    assert "ArduCopter" not in page
    assert "The reactions of this vehicle to faults were not compared." in page


def test_what_is_said_of_arducopter_is_what_was_measured() -> None:
    """By the table of docs/decides.md; of a fault with several values all have to agree."""
    page = (ROOT / "docs/decides.md").read_text().partition("<!-- /ArduCopter -->")[0]
    table = re.findall(r"^\| `([\w.]+)[^|]*\|[^|]*\|[^|]*\| ([^|]*) \|$", page, re.M)
    unlike = {name for name, reading in table if reading != "the same"}
    assert unlike == UNLIKE_ARDUCOPTER
    assert {name for name, _ in table} - unlike == AS_ARDUCOPTER


def test_a_volume_without_an_edge_and_a_rate_of_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"containment\.rates: 'gps\.los' is not a fault of the study"):
        study(tmp_path, **{'"gps.loss" =': '"gps.los" ='})
    with pytest.raises(UserError, match=r"containment\.mass_kg: expected a finite number, not inf"):
        study(tmp_path, **{"mass_kg = 1.5": "mass_kg = inf"})
    varied = {"gps.loss@": "{what}@", "[sample]": 'what = { choice = ["gps.loss", "baro.loss"] }\n[sample]'}
    assert study(tmp_path, **varied).struck({"what": "baro.loss", "gps_at": 7.0}) == ["baro.loss@7"]
    part = {"gps.loss@{gps_at}": "{what}.loss@{gps_at}..500", "[sample]": 'what = { choice = ["gps"] }\n[sample]'}
    assert study(tmp_path, **part).struck({"what": "gps", "gps_at": 7.0}) == ["gps.loss@7..500"]
    plan = json.loads((ROOT / "examples" / "square.plan").read_text())
    plan["geoFence"]["polygons"] = []
    (tmp_path / "open.plan").write_text(json.dumps(plan))
    with pytest.raises(UserError, match=r"containment: open\.plan has no inclusion fence"):
        study(tmp_path, **{str(ROOT / "examples" / "square.plan"): "open.plan"})


def test_the_figures_of_a_real_flight_are_kept(tmp_path: Path) -> None:
    """GPS fails on the first leg, in 8 m/s of wind."""
    kept = study(tmp_path)
    flown = fly_run(kept, 0, {"gps_at": 20.0, "wind": 8.0})
    assert flown.traceback == ""
    assert tuple(flown.row.figures) == figures_of(kept)
    figures = flown.row.figures
    assert figures["volume_margin_m"] == pytest.approx(
        min(flown.signals["fence_distance"].min(), 30.0 - flown.signals["height"].max())
    )
    assert figures["impact_mps"] is not None
    assert 0.1 < figures["impact_mps"] < 20.0
    with Folder(tmp_path / "out", kept, "here") as folder:
        folder.add([flown])
    assert results(tmp_path / "out").column("volume_margin_m")[0].as_py() == figures["volume_margin_m"]
    assert evidence(tmp_path / "out").causes[0].name == "gps.loss"
