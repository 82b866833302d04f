"""Shrinking: delta debugging leaves what cannot go, and a planted failure of four causes is one in 200 flights."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

for name in ("pyarrow", "scipy"):
    pytest.importorskip(name, reason="the extra campaign is not installed")

from sortie.campaign.flown import Flown, Row, fly_run, identity
from sortie.campaign.folder import Folder
from sortie.campaign.shrink import MOST_FLIGHTS, Shrunk, shrink, thinned
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
def failure(four: Study) -> Row:
    row = fly_run(four, 0, GIVEN).row
    assert not row.ok
    return row


@pytest.fixture(scope="module")
def shrunk(four: Study, failure: Row) -> Shrunk:
    return shrink(four, failure)


def test_of_four_planted_causes_one_remains_in_200_flights(failure: Row, shrunk: Shrunk) -> None:
    assert shrunk.whole
    assert shrunk.flights <= MOST_FLIGHTS
    assert shrunk.study.said.faults == ["baro.wrong={off}@{off_at}"]
    assert not shrunk.flown.row.ok
    inputs = shrunk.flown.row.inputs
    assert {name for name, value in inputs.items() if value != 0.0} <= {"off", "off_at", "gust_at"}
    assert -9.0 < inputs["off"] < -3.0, "no further from rest than it must be"
    assert shrunk.items[1] < shrunk.items[0] == 22
    assert shrunk.flown.row.seed == failure.seed


def test_too_few_flights_leave_the_smallest_so_far(four: Study, failure: Row) -> None:
    part = shrink(four, failure, most=6)
    assert (part.whole, part.flights) == (False, 6)
    assert not part.flown.row.ok


def test_the_command_leaves_a_folder_that_flies_the_small_failure_again(
    four: Study, failure: Row, shrunk: Shrunk, tmp_path, monkeypatch, capsys
) -> None:
    """What is looked for is what the test above has found."""
    with Folder(tmp_path, four, identity()) as folder:
        folder.add([Flown(failure, {})])

    def found(study: Study, row: Row) -> Shrunk:
        assert (study, row) == (four, failure)
        return shrunk

    monkeypatch.setattr(campaign_answers, "shrunk_of", found)
    assert main(["campaign", "shrink", str(tmp_path), "0", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["causes"][1] <= 2
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
        folder.add([Flown(held.row, {})])
    assert main(["campaign", "shrink", str(tmp_path), "0"]) == 2
    assert "did not fail" in capsys.readouterr().err
