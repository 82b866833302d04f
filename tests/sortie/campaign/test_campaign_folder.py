"""The folder of a campaign: what it takes and keeps, and what is read back: results, replays, the report."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import json
import socket
from pathlib import Path

import msgspec
import pytest

from tests.fakes.extras import needs

needs("campaign", "pyarrow", "scipy")


from sortie.campaign import results
from sortie.campaign.flown import FlownRun, identity
from sortie.campaign.folder import Folder, rows
from sortie.campaign.report import write_report
from sortie.campaign.study import Study
from sortie.campaign.summary import interval, summarize
from sortie.commands import campaign as command
from sortie.commands.cli import run as main
from sortie.config.errors import UserError

STUDIES = Path(__file__).parents[3] / "examples" / "studies"


def parquet_of(path: Path, study: Study, order: list[FlownRun]) -> bytes:
    with Folder(path, study, "here") as folder:
        for one in order:
            folder.add([one])
        return folder.finish().read_bytes()


def test_the_order_of_arrival_and_what_comes_twice_change_nothing(tmp_path, study, flown) -> None:
    assert parquet_of(tmp_path / "a", study, flown) == parquet_of(tmp_path / "b", study, [*flown[::-1], *flown])
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(tmp_path / "b" / "runs.parquet")
    assert table.column("run").to_pylist() == list(range(study.runs))


def test_results_are_a_table_also_of_a_campaign_that_is_not_over(tmp_path, study, flown) -> None:
    with Folder(tmp_path, study, "here") as folder:
        folder.add(flown[4:1:-1])
    table = results(tmp_path)
    assert table.column("run").to_pylist() == [2, 3, 4]
    assert table.column("robustness.softly").to_pylist() == [one.row.robustness["softly"] for one in flown[2:5]]
    with pytest.raises(UserError, match="not the folder of a campaign"):
        results(tmp_path / "nowhere")
    (tmp_path / "study.json").write_text("{")
    with pytest.raises(UserError, match=r"study\.json: damaged, or of another version of Sortie; use another folder"):
        results(tmp_path)


@pytest.mark.parametrize("torn", [0, 1, 40, -1])
def test_a_result_that_a_kill_has_torn_is_flown_again_and_no_other(tmp_path, study, flown, torn: int) -> None:
    whole = parquet_of(tmp_path, study, flown)
    file = tmp_path / "results.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:3]) + lines[3][:torn])
    with Folder(tmp_path, study, "here") as folder:
        assert folder.done == {0, 1, 2}
        folder.add(flown)
        assert folder.finish().read_bytes() == whole


def test_results_behind_a_damaged_line_are_kept(tmp_path, study, flown) -> None:
    """One wrong bit in the second of thousands of results: one run is flown again."""
    whole = parquet_of(tmp_path, study, flown)
    file = tmp_path / "results.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], b"\x00" + lines[1][1:], *lines[2:]]))
    with Folder(tmp_path, study, "here") as folder:
        assert (folder.done, folder.cut) == (set(range(study.runs)) - {1}, 0)
        folder.add(flown)
        assert folder.finish().read_bytes() == whole


@pytest.mark.parametrize("kept", [b"somebody's own\n", b""])
def test_results_of_somebody_else_are_not_cut_off(tmp_path, study, kept: bytes) -> None:
    """A file of this name that no campaign has written, in a folder that was given by mistake."""
    file = tmp_path / "results.jsonl"
    file.write_bytes(kept)
    if kept:
        with pytest.raises(UserError, match=r"results\.jsonl without a study\.json"):
            Folder(tmp_path, study, "here")
        assert not (tmp_path / "study.json").exists()
    else:  # killed before the study was written
        with Folder(tmp_path, study, "here") as folder:
            assert not folder.done
    assert file.read_bytes() == kept


def test_a_folder_takes_one_study_one_version_and_one_writer(tmp_path, study, flown) -> None:
    with Folder(tmp_path, study, "here") as folder, pytest.raises(UserError, match="another campaign is writing"):
        folder.add(flown[:1])
        Folder(tmp_path, study, "here")
    with pytest.raises(UserError, match="was flown by Sortie here, this is there"):
        Folder(tmp_path, study, "there")
    with pytest.raises(
        UserError, match=f"holds the results of this study with --runs {study.runs}, which draws other inputs"
    ):
        Folder(tmp_path, Study.read(STUDIES / "gps-loss.toml", study.runs + 1), "here")
    with pytest.raises(UserError, match="holds the results of another study"):
        Folder(tmp_path, Study.read(STUDIES / "survey-wind.toml", study.runs), "here")


def test_a_line_that_is_none_of_the_study_does_not_count_and_a_run_counts_once(tmp_path, study, flown) -> None:
    """Somebody has put two files together: 5 of 4 runs were told, or a traceback."""
    with Folder(tmp_path, study, "here") as folder:
        folder.add(flown[:2])
    file = tmp_path / "results.jsonl"
    first = file.read_text().splitlines()[0]
    odd = [{"run": study.runs}, {"run": -1}, {"run": 10**30}, {"inputs": {}}, {"robustness": {}}, {"figures": {}}]
    file.write_text(
        "".join(f"{json.dumps(json.loads(first) | change)}\n" for change in odd) + file.read_text() + f"{first}\n"
    )
    held = file.read_bytes()
    assert [row.run for row in rows(tmp_path)] == [flown[0].row.run, flown[1].row.run]
    assert summarize(tmp_path).done == 2
    with Folder(tmp_path, study, "here") as folder:
        assert folder.done == {flown[0].row.run, flown[1].row.run}
    assert file.read_bytes() == held


def test_results_that_cannot_be_read_are_one_line(tmp_path, study) -> None:
    """Those of another user, for example: a traceback."""
    Folder(tmp_path, study, "here").__exit__(None, None, None)
    (tmp_path / "results.jsonl").unlink()
    (tmp_path / "results.jsonl").mkdir()
    with pytest.raises(UserError, match=r"results.jsonl: Is a directory; use another folder$"):
        summarize(tmp_path)


def test_a_folder_without_results_is_for_the_study_that_comes(tmp_path, study, flown) -> None:
    """A scheduler that was not there leaves one; the study may be mended meanwhile."""
    Folder(tmp_path, study, "there").__exit__(None, None, None)
    with Folder(tmp_path, study, "here") as folder:
        folder.add(flown[:1])
    with pytest.raises(UserError, match="was flown by Sortie here, this is there"):
        Folder(tmp_path, study, "there")


def test_a_replay_in_front_of_a_ground_station_is_the_same_flight(tmp_path, study, flown, capsys) -> None:
    """By the wall clock, with a link that is served."""
    with Folder(tmp_path, study, identity()) as folder:
        folder.add([flown[1]])
    command = ["campaign", "replay", str(tmp_path), "1", "--speedup", "100", "--link", "tcpin:127.0.0.1:0"]
    assert main(command) == 0
    assert "the same, byte for byte" in capsys.readouterr().err


@pytest.mark.parametrize("link", ["tcpin", "tcp:127.0.0.1:0", "{busy}"])
def test_a_replay_whose_link_cannot_open_says_so(tmp_path, study, flown, capsys, link: str) -> None:
    """It was told as a flight that differs, with a traceback."""
    with Folder(tmp_path, study, identity()) as folder:
        folder.add(flown)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = link.format(busy=f"tcpin:127.0.0.1:{taken.getsockname()[1]}")
        assert main(["campaign", "replay", str(tmp_path), "1", "--link", url]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sortie: ") and url in line and "NOT the same" not in line


def test_a_replay_of_what_has_changed_says_so(tmp_path, study, flown, capsys) -> None:
    row = msgspec.structs.replace(flown[0].row, figures={**flown[0].row.figures, "highest_m": 1.0})
    with Folder(tmp_path, study, identity()) as folder:
        folder.add([FlownRun(row, {})])
    assert main(["campaign", "replay", str(tmp_path), "0"]) == 1
    assert "NOT the same" in capsys.readouterr().err


def test_the_report_tells_what_failed_and_how_to_have_it_again(tmp_path, study, flown) -> None:
    parquet_of(tmp_path, study, flown)
    page = write_report(tmp_path).read_text()
    failed = [one.row.run for one in flown if not one.row.ok]
    assert failed, "the study finds a weakness: without GPS it drifts with the wind"
    for run in failed:
        assert f"<code>sortie campaign replay {tmp_path} {run}</code>" in page
        assert (tmp_path / "signals" / f"{run}.parquet").exists()
    assert "http" not in page.replace("<!doctype html>", "")
    assert summarize(tmp_path).failed == len(failed)


def test_what_nobody_has_flown_has_no_robustness(tmp_path, study, capsys) -> None:
    with Folder(tmp_path, study, "here"):
        pass
    assert main(["campaign", "status", str(tmp_path)]) == 0
    assert "softly: 0 failed, not flown" in capsys.readouterr().out
    assert "</code>: not flown.</p>" in write_report(tmp_path).read_text()


@pytest.mark.parametrize(("left", "runs"), [(0, 0), (2, 2)])
def test_what_is_no_result_is_cut_off_told_and_flown_again(
    tmp_path, study, flown, left, runs, monkeypatch, capsys
) -> None:
    """An empty file has nothing to tell."""
    monkeypatch.setattr(command, "_fly", lambda *_: None)
    with Folder(tmp_path, study, identity()) as folder:
        folder.add(flown)
    file = tmp_path / "results.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:left]) + bytes(range(200, 256)) * 4)
    again = ["campaign", "run", str(STUDIES / "gps-loss.toml"), "--runs", str(study.runs), "--out", str(tmp_path)]
    assert main(again) == 0
    assert (
        f"224 bytes behind {runs} runs are no results; cut off, their runs are flown again" in capsys.readouterr().err
    )
    with Folder(tmp_path, study, identity()) as folder:
        assert (len(folder.done), folder.cut) == (runs, 0)


def test_the_interval_of_a_share_is_clopper_and_pearsons() -> None:
    """The rule of three: no failure in 100 leaves up to 3.6 %; and the table's value for 10 of 100."""
    assert interval(0, 100) == (0.0, pytest.approx(0.0362, abs=1e-4))
    assert interval(10, 100) == (pytest.approx(0.0490, abs=1e-4), pytest.approx(0.1762, abs=1e-4))
    assert interval(0, 0) == (0.0, 1.0)
