"""Shrinking: delta debugging leaves what cannot go, and a planted failure of four causes is one in 200 flights."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.extras import needs

needs("campaign", "pyarrow", "scipy")

from autopilot.mav import Cmd
from sortie.campaign.flown import FlownRun, RunResult, fly_run, identity, no_flight
from sortie.campaign.folder import Folder, StoredStudy
from sortie.campaign.shrink import MOST_FLIGHTS, ReducedFailure, described, shrink, thinned
from sortie.campaign.study import Study
from sortie.commands import campaign_answers
from sortie.commands.cli import run as main
from sortie.config.errors import UserError

FOUR = Path(__file__).with_name("four-causes.toml")
GIVEN = {"gust": 6.0, "gust_at": 30.0, "load": 0.4, "loaded": 1.0, "off": -9.0, "off_at": 25.0, "wind": 6.0}


@given(st.sets(st.integers(0, 19), min_size=1, max_size=4), st.integers(20, 24))
def test_what_is_left_fails_and_nothing_of_it_can_go(needed: set[int], size: int) -> None:
    asked = 0

    def fails(part: Sequence[int]) -> bool:
        nonlocal asked
        asked += 1
        return needed <= set(part)

    assert set(thinned(list(range(size)), fails)) == needed
    assert asked <= size * (size + 4)


def test_several_causes_each_enough_leave_one() -> None:
    assert len(thinned(list(range(16)), lambda part: bool({3, 7, 11} & set(part)))) == 1
    assert thinned([1, 2], lambda part: True) == []


@pytest.fixture(scope="module")
def four() -> Study:
    return Study.read(FOUR)


@pytest.fixture(scope="module")
def failure(four: Study) -> RunResult:
    row = fly_run(four, 0, GIVEN).row
    assert not row.ok
    return row


@pytest.fixture(scope="module")
def shrunk(four: Study, failure: RunResult) -> ReducedFailure:
    return shrink(four, failure)


def test_of_four_planted_causes_one_remains_in_200_flights(failure: RunResult, shrunk: ReducedFailure) -> None:
    assert shrunk.whole
    assert shrunk.flights <= MOST_FLIGHTS
    assert shrunk.study.file.faults == ["baro.wrong={off}@{off_at}"]
    assert not shrunk.flown.row.ok
    inputs = shrunk.flown.row.inputs
    assert {name for name, value in inputs.items() if value != 0.0} <= {"off", "off_at", "gust_at"}
    assert -9.0 < inputs["off"] < -3.0, "no further from rest than it must be"
    assert shrunk.items[1] < shrunk.items[0] == 22
    assert shrunk.flown.row.seed == failure.seed


EMPTY = f"""
plan = "{Path(__file__).parents[3]}/examples/square.plan"
limit_s = 130
[params]
SIM_BATT_CAP_AH = "{{capacity}}"
[[change]]
item = 3
up_m = "{{up}}"
[vary]
capacity = {{ uniform = [0.1, 5.1], nominal = 5.1 }}
up = {{ uniform = [0, 80] }}
[sample]
runs = 1
[judge]
home = "eventually(time > 10 and armed < 0.5 and home_distance < 5)"
softly = "always(touchdown < 2)"
finishes = "eventually(complete > 0.5)"
low = "always(height < 70)"
"""
"""A battery that runs empty on the square."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Study:
    file = tmp_path_factory.mktemp("empty") / "study.toml"
    file.write_text(EMPTY, encoding="utf-8")
    return Study.read(file)


def test_every_judge_that_broke_stays_broken_and_a_shorter_plan_is_one_that_flies(empty: Study) -> None:
    """A takeoff that hovers until the battery is dead comes down hard at home: that is no answer."""
    row = fly_run(empty, 0, {"capacity": 0.15, "up": 0.0}).row
    broken = {name for name, margin in row.robustness.items() if (margin or 0.0) < 0.0}
    assert broken == {"home", "softly", "finishes"}
    small = shrink(empty, row)
    assert (small.whole, small.causes, set(small.judges)) == (True, (1, 1), broken)
    assert all(after < 0.0 for _, after in small.judges.values())
    assert {name for name, margin in small.flown.row.robustness.items() if (margin or 0.0) < 0.0} == broken
    quiet = fly_run(small.study, 0, {"capacity": 5.1, "up": 0.0}).row
    assert (quiet.result, quiet.ok) == ("completed", True), "at rest what is left of the plan is flown to its end"


def test_one_judge_may_be_named_and_the_plan_kept(empty: Study) -> None:
    row = fly_run(empty, 0, {"capacity": 0.45, "up": 80.0}).row
    assert {name for name, margin in row.robustness.items() if (margin or 0.0) < 0.0} >= {"softly", "low"}
    low = shrink(empty, row, judge="low")
    assert set(low.judges) == {"low"}
    assert low.flown.row.inputs["capacity"] == 5.1, "the battery has no part in it"
    assert 59.0 < low.flown.row.inputs["up"] < 61.0
    assert low.items[1] < low.items[0] == 6
    kept = shrink(empty, row, judge="low", keep_plan=True)
    assert kept.items == (6, 6)
    assert kept.flown.row.inputs == pytest.approx(low.flown.row.inputs, abs=1.0)
    with pytest.raises(UserError, match=r"--judge lwo: run 0 did not break it; did you mean low\?; it broke"):
        shrink(empty, row, judge="lwo")


def test_what_happens_or_not_is_not_halved(tmp_path: Path) -> None:
    """A chance is 0 or 1: there is no half of a fault that struck."""
    text = EMPTY.replace("[[change]]", 'SIM_WIND_SPD = "{wind}"\n[[change]]').replace("[sample]", "VARY\n[sample]")
    text = text.replace("VARY", "wind = { uniform = [0, 9] }\nlost = { chance = 0.5 }")
    text = text.replace("[params]", 'faults = [{ fault = "gps.loss@20", when = "{lost}" }]\n[params]')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study, flown = Study.read(tmp_path / "study.toml"), list[float | str]()

    def fly(_: Study, given: Mapping[str, float | str]) -> RunResult:
        flown.append(given["lost"])
        broken = {name: -1.0 if given["lost"] and name == "softly" else 1.0 for name in study.file.judge}
        return msgspec.structs.replace(row, inputs=dict(given), robustness=broken, ok=not given["lost"])

    row = no_flight(study, 0, given := {"capacity": 5.1, "up": 0.0, "wind": 4.0, "lost": 1.0}, "")
    assert shrink(study, fly(study, given), fly, keep_plan=True).flown.row.inputs == given | {"wind": 0.0}
    assert set(flown) == {0.0, 1.0}


def test_an_input_that_normally_has_no_fault_is_told_as_none(tmp_path: Path) -> None:
    text = EMPTY.replace("[params]", 'faults = ["{f}"]\n[params]').replace("[sample]", "VARY\n[sample]")
    (tmp_path / "study.toml").write_text(text.replace("VARY", 'f = { choice = ["", "gps.loss@20"] }'), encoding="utf-8")
    study = Study.read(tmp_path / "study.toml")
    row = no_flight(study, 0, {"capacity": 5.1, "up": 0.0, "f": "gps.loss@20"}, "")
    small = ReducedFailure({}, study, FlownRun(row, {}), (1, 1), (6, 6), 1, True)
    assert "f: gps.loss@20 (normally none)" in described(small, StoredStudy(study, "here"))


def test_a_normal_flight_that_fails_is_told(tmp_path: Path) -> None:
    """The end of a range nearest to 0 is no normal battery: no input is left then, and nothing would say why."""
    (tmp_path / "study.toml").write_text(EMPTY.replace(", nominal = 5.1", ""), encoding="utf-8")
    study = Study.read(tmp_path / "study.toml")
    small = shrink(study, fly_run(study, 0, {"capacity": 0.15, "up": 5.0}).row, keep_plan=True)
    assert small.causes == (2, 0)
    assert described(small, StoredStudy(study, "here"))[-1] == (
        "the normal flight fails too (capacity 0.1, up 0.0); `nominal` in [vary] says what is normal"
    )


def test_a_failure_without_an_item_is_flown_without_that_item_alone(tmp_path: Path) -> None:
    """Items count as in the plan's file: one that is left out does not take the last one along."""
    text = EMPTY.replace("[vary]", '[[change]]\nitem = 4\ndrop = "{gone}"\n[vary]\ngone = { chance = 0.5 }')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study, flown = Study.read(tmp_path / "study.toml"), list[int]()

    def fly(small: Study, given: Mapping[str, float | str]) -> RunResult:
        plan = small.plan(given).items
        flown.append(len(plan))
        low = -1.0 if given["up"] == 80.0 and plan[-1].command == Cmd.NAV_RETURN_TO_LAUNCH else 1.0
        broken = dict.fromkeys(study.file.judge, 1.0) | {"low": low}
        return msgspec.structs.replace(row, inputs=dict(given), robustness=broken, ok=low > 0.0)

    row = no_flight(study, 0, given := {"capacity": 5.1, "gone": 1.0, "up": 80.0}, "")
    small = shrink(study, fly(study, given), fly, keep_plan=True)
    assert (flown[:2], small.items, small.flown.row.inputs["gone"]) == ([5, 5], (6, 6), 0.0)


def test_too_few_flights_leave_the_smallest_so_far(four: Study, failure: RunResult) -> None:
    part = shrink(four, failure, most=6)
    assert (part.whole, part.flights) == (False, 6)
    assert not part.flown.row.ok


def test_the_command_leaves_a_folder_that_flies_the_small_failure_again(
    four: Study, failure: RunResult, shrunk: ReducedFailure, tmp_path, monkeypatch, capsys
) -> None:
    """What is looked for is what the test above has found."""
    with Folder(tmp_path, four, identity()) as folder:
        folder.add([FlownRun(failure, {})])

    def found(study: Study, row: RunResult, *, judge: str | None, keep_plan: bool) -> ReducedFailure:
        assert (study, row, judge, keep_plan) == (four, failure, "not_too_high", True)
        return shrunk

    monkeypatch.setattr(campaign_answers, "shrunk_of", None)  # no flight before a place that cannot be written is told
    (tmp_path / "shrunk").write_text("")
    assert main(["campaign", "shrink", str(tmp_path), "0"]) == 2
    assert capsys.readouterr().err.startswith(f"sortie: {tmp_path}/shrunk: ")
    (tmp_path / "shrunk").unlink()
    monkeypatch.setattr(campaign_answers, "shrunk_of", found)
    assert main(["campaign", "shrink", str(tmp_path), "0", "--judge", "not_too_high", "--keep-plan", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["causes"][1] <= 2
    assert told["judges"]["not_too_high"][1] < 0.0
    small = tmp_path / "shrunk" / "0"
    assert (small / "plan.plan").exists()
    assert main(["campaign", "replay", str(small), "0"]) == 0
    assert "the same, byte for byte" in capsys.readouterr().err


def test_what_held_and_what_does_not_fail_again_is_told(four: Study, tmp_path, capsys) -> None:
    held = fly_run(four, 0, GIVEN | {"off": 0.0})
    with pytest.raises(UserError, match="run 0: did not fail"):
        shrink(four, held.row)
    with pytest.raises(UserError, match="run 0: does not fail when it is flown again"):
        shrink(four, msgspec.structs.replace(held.row, ok=False, robustness={"not_too_high": -1.0}))
    with Folder(tmp_path, four, identity()) as folder:
        folder.add([FlownRun(held.row, {})])
    assert main(["campaign", "shrink", str(tmp_path), "0"]) == 2
    assert "did not fail" in capsys.readouterr().err
