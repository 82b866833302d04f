"""The report's figures: which inputs matter, the worst failures, and that rows are small."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import html
import json
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.fakes.extras import needs

needs("campaign", "pyarrow", "scipy")

from sortie.campaign.flown import FIGURES, FlownRun, RunResult
from sortie.campaign.folder import Folder, StoredStudy
from sortie.campaign.report import distinct, write_report
from sortie.campaign.sampling import Distribution, inputs
from sortie.campaign.signals import legs_of
from sortie.campaign.study import Study
from sortie.campaign.study_file import SampleSettings, StudyFile
from sortie.campaign.summary import (
    MOST_FAILURES,
    Columns,
    first_order,
    influences,
    interval,
    levels,
    strongest,
    summary_of,
)
from sortie.campaign.units import of_inputs
from sortie.commands.cli import run as main
from sortie.nodes.plan_file import read_plan, start_of

ROOT = Path(__file__).parents[3]
PI = float(np.pi)
VARY = {
    "a": Distribution(uniform=(-PI, PI)), "b": Distribution(uniform=(-PI, PI)), "c": Distribution(uniform=(-PI, PI)),
    "sky": Distribution(choice=["clear", "storm"]),
}  # fmt: skip


def study(runs: int, method: str = "sobol") -> Study:
    plan = (ROOT / "examples" / "square.plan").read_text()
    said = StudyFile("square.plan", {"j": "always(height < 3)"}, vary=VARY, sample=SampleSettings(method, runs, 1))
    return Study(said, {"square.plan": plan}, "", runs)


def ishigami(runs: int, shift: float = 0.0) -> Iterator[RunResult]:
    """Ishigami and Homma's function (1990), and a storm that costs nothing."""
    for run, given in enumerate(inputs(VARY, "sobol", 1, runs)):
        a, b, c = (float(given[name]) for name in "abc")
        value = float(np.sin(a) + 7.0 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)) + shift
        yield RunResult(run, 0, "completed", "", value >= 0.0, given, {"j": value}, dict.fromkeys(FIGURES))


def test_first_order_indices_are_those_of_ishigami() -> None:
    """Known in closed form: 0.314, 0.442 and 0; what changes nothing has none."""
    columns = Columns(StoredStudy(study(4096), "here"), ishigami(4096))
    found = influences(columns, "j")
    assert [found[name].index for name in "abc"] == pytest.approx([0.314, 0.442, 0.0], abs=0.03)
    assert found["sky"].index == pytest.approx(0.0, abs=0.01)
    assert found["sky"].correlation is None
    assert set(strongest(columns)) == {"a", "b"}


def test_the_space_of_failures_is_that_of_the_judges_that_were_broken() -> None:
    """Another judge, which holds whatever comes, follows c alone."""
    whole = study(512)
    both = msgspec.structs.replace(
        whole, file=msgspec.structs.replace(whole.file, judge=whole.file.judge | {"calm": "always(speed < 30)"})
    )
    rows = [
        msgspec.structs.replace(row, robustness=row.robustness | {"calm": 10.0 + float(row.inputs["c"])})
        for row in ishigami(512)
    ]
    assert set(strongest(Columns(StoredStudy(both, "here"), rows))) == {"a", "b"}


def test_a_flight_that_was_refused_is_among_the_failures_whatever_its_judges_say() -> None:
    rows = list(ishigami(64, 20.0))
    rows[3] = msgspec.structs.replace(rows[3], ok=False, result="refused")
    assert np.flatnonzero(Columns(StoredStudy(study(64), "here"), rows).bad).tolist() == [3]


def test_an_index_of_nothing_is_nothing_on_the_average() -> None:
    """Slices of chance explain nothing: the estimate has no bias that grows with their number."""
    chance = np.random.default_rng(1)
    found = [first_order(chance.random(200), chance.random(200)) for _ in range(100)]
    assert float(np.mean(found)) < 0.05


def test_a_search_or_a_few_flights_allow_no_index() -> None:
    for kept, runs in ((StoredStudy(study(4096, "search"), "here"), 4096), (StoredStudy(study(40), "here"), 40)):
        found = influences(Columns(kept, ishigami(runs)), "j")
        assert found
        assert all(one.index is None for one in found.values())


def test_the_worst_failures_are_kept_whole_in_order() -> None:
    rows = list(ishigami(3000, -4.0))
    columns = Columns(StoredStudy(study(3000), "here"), rows)
    failed = sorted((row for row in rows if not row.ok), key=lambda row: row.robustness["j"])
    assert columns.failed == len(failed) > MOST_FAILURES
    assert columns.worst == failed[:MOST_FAILURES]


def test_rows_are_kept_as_a_few_numbers_each() -> None:
    """Five of 8 bytes, and the 200 worst as a whole: 100,000 are 4 MB; as rows they would be 200."""
    tracemalloc.start()
    columns = Columns(StoredStudy(study(20_000), "here"), (row for k in range(10) for row in ishigami_again(2000, k)))
    assert columns.count == 20_000
    assert tracemalloc.get_traced_memory()[0] < 4e6
    tracemalloc.stop()


def ishigami_again(runs: int, part: int) -> Iterator[RunResult]:
    given = {"a": 1.0, "b": 2.0, "c": float(part), "sky": "storm"}
    for run in range(runs):
        yield RunResult(part * runs + run, 0, "completed", "", run % 7 > 0, dict(given), {"j": run % 7 - 0.5}, {})


def test_the_page_has_space_tracks_and_commands(tmp_path: Path) -> None:
    rows = list(ishigami(64, -4.0))
    north = np.linspace(0.0, 90.0, 20)
    with Folder(tmp_path, study(64), "here") as folder:
        folder.add([FlownRun(row, {"time": north, "north": north, "east": -north}) for row in rows])
    page = write_report(tmp_path).read_text()
    assert "Failures in the space of " in page
    assert page.count('class="track run') == 8
    assert page.count('class="plan"') == 1
    assert page.count('class="keep"') == 1, "the fence of the square"
    assert 'name="viewport"' in page
    assert "prefers-color-scheme:dark" in page
    assert "<main>" in page
    failed = next(row for row in rows if not row.ok)
    assert f'<a href="#run-{failed.run}"><path class="cross"' in page, "a point of the space leads to its flight"
    assert f'<b id="run-{failed.run}">' in page
    assert f'<a href="signals/{failed.run}.parquet">signals</a>' in page
    assert '<rect class="failed"' in page
    assert ">robustness (m)</text>" in page
    assert ">flights</text>" in page
    assert "always(height &lt; 3)" in page
    assert "-3.14159 to 3.14159" in page, "the study with its distributions"
    assert "first-order Sobol index" in page
    assert page.count("<code>sortie campaign replay") == sum(not row.ok for row in rows)
    assert "http" not in page
    assert "<th><" not in page, "each column has a name to read aloud"
    pictures = re.findall(r'<svg role="(\w+)"[^>]*>(.*?)</svg>', page, re.S)
    assert {role for role, inner in pictures if "<a " in inner} == {"group"}, "who listens comes to its links"


def test_the_page_says_who_flies_and_how(tmp_path: Path) -> None:
    lines = {"firmware": "px4", "strategy": "native", "traffic": "sky.toml", "client": "fly", "executor": "Mine"}
    whole = study(8)
    with Folder(tmp_path, msgspec.structs.replace(whole, file=msgspec.structs.replace(whole.file, **lines)), "here"):
        pass
    page = html.unescape(write_report(tmp_path).read_text())
    assert [f"<td>{key}<td><code>{text}</code>" in page for key, text in lines.items()] == [True] * 5


def test_a_study_that_varies_nothing_has_a_page(tmp_path: Path, capsys) -> None:
    whole = study(8)
    plain = msgspec.structs.replace(whole, file=msgspec.structs.replace(whole.file, vary={}))
    with Folder(tmp_path, plain, "here") as folder:
        folder.add([FlownRun(msgspec.structs.replace(row, inputs={}), {}) for row in ishigami(8, -4.0)])
    assert main(["campaign", "report", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text()
    assert page.count("<code>sortie campaign replay") > 0
    capsys.readouterr()
    assert main(["campaign", "status", str(tmp_path)]) == 0
    assert "8 of 8" in capsys.readouterr().out


def test_a_damaged_table_of_signals_is_told_in_one_line(tmp_path: Path, capsys) -> None:
    rows = list(ishigami(8, -40.0))
    with Folder(tmp_path, study(8), "here") as folder:
        folder.add([FlownRun(row, {"time": np.zeros(2), "north": np.zeros(2), "east": np.zeros(2)}) for row in rows])
    (tmp_path / "signals" / "4.parquet").write_bytes(bytes(range(256)) * 9)
    assert main(["campaign", "report", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "signals/4.parquet: is damaged" in told
    assert told.count("\n") == 1


def test_each_of_the_worst_tracks_is_over_its_own_plan_where_that_varies(tmp_path: Path) -> None:
    """One pair of lines, in a colour of its own, for each run; and the title names the plans, no placeholder."""
    plans = {f"plans/{name}": (ROOT / "examples" / name).read_text() for name in ("square.plan", "survey.plan")}
    vary = {"route": Distribution(choice=list(plans))}
    said = StudyFile("{route}", {"j": "always(height < 3)"}, vary=vary, sample=SampleSettings("random", 4, 1))
    north = np.linspace(0.0, 90.0, 20)
    with Folder(tmp_path, Study(said, plans, "", 4), "here") as folder:
        for run, name in enumerate(plans):
            row = RunResult(run, 0, "completed", "", False, {"route": name}, {"j": run - 3.0}, dict.fromkeys(FIGURES))
            folder.add([FlownRun(row, {"time": north, "north": north, "east": -north})])
    page = write_report(tmp_path).read_text()
    assert "<title>square.plan and survey.plan: 2 of 2 flights failed</title>" in page
    assert "<h1>square.plan and survey.plan: 2 of 2 flights failed</h1>" in page
    for run in range(2):
        assert page.count(f'class="track run{run}"') == 1
    drawn = [re.search(rf'class="plan run{run}" points="([^"]+)"', page) for run in range(2)]
    square, survey = (found.group(1) for found in drawn if found)
    assert (square.count(","), survey.count(",")) == (places("square.plan"), places("survey.plan"))


def places(name: str) -> int:
    """Corners of the closed way from home through the plan."""
    plan = read_plan(ROOT / "examples" / name)
    home = start_of(plan)
    assert home is not None
    return len(legs_of(home, plan.items))


def test_a_report_tells_the_rate_at_each_level_with_its_interval(tmp_path: Path) -> None:
    """Two routes, of which one fails in 3 of 4 flights; and three ranges of a height."""
    vary = {"kind": Distribution(grid=["a", "b"]), "high": Distribution(uniform=(0.0, 3.0))}
    said = StudyFile(
        "square.plan",
        {"j": "always(height < 3)", "mixed": "always(implies(time > 5, height < 3))"},
        params={"SIM_WIND_SPD": "{high}"},
        vary=vary,
        sample=SampleSettings("random", 40, 1),
    )
    plans = {"square.plan": (ROOT / "examples" / "square.plan").read_text()}
    kept = StoredStudy(Study(said, plans, "", 40, name="levels"), "here", "2026-11-21 10:00")
    rows = [
        RunResult(
            run,
            0,
            "completed",
            "",
            run % 8 not in (1, 3, 5),
            {"kind": "ab"[run % 2], "high": run * 3.0 / 39.0},
            {"j": -1000.0 if run % 8 in (1, 3, 5) else 1.0 + run, "mixed": 2.0},
            dict.fromkeys(FIGURES),
        )
        for run in range(40)
    ]
    columns = Columns(kept, rows)
    found = levels(columns, "kind")
    assert [(one.label, one.flown, one.failed, one.by_judge) for one in found] == [
        ("a", 20, 0, {"j": 0}),
        ("b", 20, 15, {"j": 15}),
    ]
    assert found[1].interval == interval(15, 20)
    high = levels(columns, "high")
    assert [one.flown for one in high] == [10, 10, 10, 10]
    assert (high[0].label, high[0].failed) == ("0 to 0.6923", 4)
    judge = summary_of(columns).judges["j"]
    assert (judge.failed, judge.measured, judge.lowest, judge.unit) == (15, 25, 1.0, "m")
    assert "of the 25 flights in which there was something to measure" in judge.margins()
    assert "it mixes m and s, so only its sign means something" in summary_of(columns).judges["mixed"].margins()
    assert of_inputs(kept.study) == {"high": "m/s"}


def test_of_a_search_no_share_is_told_anywhere(tmp_path: Path, capsys) -> None:
    with Folder(tmp_path, study(64, "search"), "here") as folder:
        folder.add([FlownRun(row, {}) for row in ishigami(64, -4.0)])
    assert main(["campaign", "status", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "95%" not in told
    assert "a search prefers flights that fail" in told
    assert main(["campaign", "status", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["interval"], found["judges"]["j"]["interval"]) == (None, None)
    assert "confidence" not in write_report(tmp_path).read_text()


def test_of_equally_bad_flights_those_are_drawn_that_differ_most() -> None:
    """The first 20 are all but one flight; what is worse comes first all the same."""
    rows = list(ishigami(64))
    near = rows[0].inputs
    tied = [msgspec.structs.replace(row, ok=False, inputs=near, robustness={"j": -1000.0}) for row in rows[:20]]
    other = [msgspec.structs.replace(row, ok=False, robustness={"j": -1000.0}) for row in rows[20:24]]
    worst = msgspec.structs.replace(rows[40], ok=False, robustness={"j": -2000.0})
    columns = Columns(StoredStudy(study(64), "here"), [*tied, *other, worst])
    chosen = distinct(columns.worst, columns, 6)
    assert chosen[0].run == worst.run
    assert {row.run for row in other} < {row.run for row in chosen}
