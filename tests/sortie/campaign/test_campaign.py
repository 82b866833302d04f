"""A campaign from its file to its report: flown by Dask workers in this process, ended anywhere, and flown again."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.fakes.extras import needs

needs("campaign", "distributed", "pyarrow", "scipy")


from sortie.campaign import execution, results
from sortie.campaign.execution import Campaign, CampaignView, dask_client
from sortie.campaign.flown import FlownRun, fly_run, identity, no_flight
from sortie.campaign.folder import Folder, rows
from sortie.campaign.report import write_report
from sortie.campaign.study import Study
from sortie.campaign.summary import interval, summarize
from sortie.commands import campaign as command
from sortie.commands.campaign_progress import CampaignProgress, live_line
from sortie.commands.cli import run as main
from sortie.config.errors import UserError

if TYPE_CHECKING:
    from distributed import Client

ROOT = Path(__file__).parents[3]
STUDIES = ROOT / "examples" / "studies"
RUNS = 6


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with dask_client(None, 2, processes=False) as client:
        client.wait_for_workers(2)
        yield client


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.read(STUDIES / "gps-loss.toml", RUNS)


@pytest.fixture(scope="module")
def flown(study: Study) -> list[FlownRun]:
    """All runs, flown one after the other without any cluster."""
    return [fly_run(study, run, given) for run, given in enumerate(study.inputs())]


def parquet_of(path: Path, study: Study, order: list[FlownRun]) -> bytes:
    with Folder(path, study, "here") as folder:
        for one in order:
            folder.add([one])
        return folder.finish().read_bytes()


def fly(path: Path, study: Study, client: Client, expected: str) -> CampaignView:
    with Folder(path, study, expected) as folder:
        view = Campaign(folder, client, expected, lambda view: None).run()
        folder.finish()
        return view


def test_workers_give_the_bytes_that_one_flight_after_the_other_gives(tmp_path, study, client, flown) -> None:
    view = fly(tmp_path / "dask", study, client, identity())
    assert (view.done, view.total, view.workers) == (RUNS, RUNS, 2)
    assert (tmp_path / "dask" / "runs.parquet").read_bytes() == parquet_of(tmp_path / "alone", study, flown)


def test_the_order_of_arrival_and_what_comes_twice_change_nothing(tmp_path, study, flown) -> None:
    assert parquet_of(tmp_path / "a", study, flown) == parquet_of(tmp_path / "b", study, [*flown[::-1], *flown])
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(tmp_path / "b" / "runs.parquet")
    assert table.column("run").to_pylist() == list(range(RUNS))


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
        assert (folder.done, folder.cut) == (set(range(RUNS)) - {1}, 0)
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


def test_a_campaign_goes_on_where_it_ended(tmp_path, study, client, flown) -> None:
    with Folder(tmp_path, study, identity()) as folder:
        folder.add(flown[1:3])
    view = fly(tmp_path, study, client, identity())
    assert view.done == RUNS
    assert sorted(json.loads(line)["run"] for line in (tmp_path / "results.jsonl").open()) == list(range(RUNS))


def test_a_folder_takes_one_study_one_version_and_one_writer(tmp_path, study, flown) -> None:
    with Folder(tmp_path, study, "here") as folder, pytest.raises(UserError, match="another campaign is writing"):
        folder.add(flown[:1])
        Folder(tmp_path, study, "here")
    with pytest.raises(UserError, match="was flown by Sortie here, this is there"):
        Folder(tmp_path, study, "there")
    with pytest.raises(
        UserError, match=f"holds the results of this study with --runs {RUNS}, which draws other inputs"
    ):
        Folder(tmp_path, Study.read(STUDIES / "gps-loss.toml", RUNS + 1), "here")
    with pytest.raises(UserError, match="holds the results of another study"):
        Folder(tmp_path, Study.read(STUDIES / "survey-wind.toml", RUNS), "here")


def test_a_line_that_is_none_of_the_study_does_not_count_and_a_run_counts_once(tmp_path, study, flown) -> None:
    """Somebody has put two files together: 5 of 4 runs were told, or a traceback."""
    with Folder(tmp_path, study, "here") as folder:
        folder.add(flown[:2])
    file = tmp_path / "results.jsonl"
    first = file.read_text().splitlines()[0]
    odd = [{"run": RUNS}, {"run": -1}, {"run": 10**30}, {"inputs": {}}, {"robustness": {}}, {"figures": {}}]
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


def test_a_run_that_raises_is_a_result_with_its_traceback(tmp_path, study) -> None:
    broken = msgspec.structs.replace(study, file=msgspec.structs.replace(study.file, faults=["gps.los@3"]))
    one = fly_run(broken, 2, study.inputs()[2])
    assert (one.row.result, one.row.ok, one.row.run) == ("error", False, 2)
    assert "unknown fault 'gps.los'" in one.row.reason
    with Folder(tmp_path, study, "here") as folder:
        folder.add([one])
    assert "Traceback" in (tmp_path / "errors" / "2.txt").read_text()
    assert summarize(tmp_path).raised == f"run 2: {one.row.reason}", "told at the end, not in a file alone"


def test_a_worker_that_computes_another_flight_is_refused_by_name(tmp_path, study, client) -> None:
    """Both are here, so in the end nobody may fly."""
    with pytest.raises(UserError, match=r"no worker may fly: worker tcp://.* has Sortie .*; this is Sortie another"):
        fly(tmp_path, study, client, "another")
    assert list(rows(tmp_path)) == []


def test_a_batch_whose_worker_dies_is_flown_run_by_run_then_alone_and_the_cause_named(tmp_path, study) -> None:
    """What Dask tells when a task has seen worker after worker die: of two that one worker has, either may be why."""
    from distributed import KilledWorker

    died = KilledWorker("task", None, 3)
    with Folder(tmp_path, study, "here") as folder:
        campaign = Campaign(folder, None, "here", lambda view: None)
        runs = list(enumerate(study.inputs()))[:2]
        campaign._deal_with(died, execution._BatchTask(runs, frozenset(), alone=False))
        assert campaign._again == [[runs[0]], [runs[1]]]
        campaign._deal_with(died, execution._BatchTask([runs[1]], frozenset(), alone=False))
        assert campaign._suspects == [runs[1]]
        assert list(rows(tmp_path)) == []
        campaign._deal_with(died, execution._BatchTask([runs[1]], frozenset(), alone=True))
    (row,) = rows(tmp_path)
    assert row == no_flight(study, *runs[1], "KilledWorker: the worker died at each attempt")


def test_batches_get_smaller_towards_the_end_so_that_no_worker_waits_for_another(tmp_path) -> None:
    """Each is at most the share of a place in what is left: two workers, of which each has two batches."""
    study, sizes = Study.read(STUDIES / "gps-loss.toml", 100), list[int]()

    class AtOnce:
        """Client whose two workers need 10 ms a run, and have done it when they are asked."""

        def scheduler_info(self, n_workers: int) -> dict[str, dict[str, str]]:
            return {"workers": {"a": "", "b": ""}}

        def submit(self, fly, study_json, runs, expected, **_) -> Future:
            sizes.append(len(runs))
            of_nobody = [FlownRun(no_flight(study, run, given, "not flown"), {}) for run, given in runs]
            future = Future()
            future.status = "finished"
            future.set_result(execution.Batch("a", 0.01 * len(runs), of_nobody))
            return future

    with Folder(tmp_path / "out", study, "here") as folder:
        assert Campaign(folder, AtOnce(), "here", lambda view: None).run().done == 100
    left = [100 - sum(sizes[:k]) for k in range(len(sizes))]
    assert max(sizes) > 8
    assert all(size <= -(-rest // 4) for size, rest in zip(sizes, left, strict=True))


def test_a_worker_that_cannot_fly_is_refused_by_name(tmp_path, study, client, monkeypatch) -> None:
    """Its installation lacks something; another may have it."""

    def broken() -> str:
        raise ImportError("no kernel")

    expected = identity()
    monkeypatch.setattr(execution, "identity", broken)
    with pytest.raises(UserError, match=r"worker tcp://.* has Sortie that cannot fly: ImportError: no kernel"):
        fly(tmp_path, study, client, expected)


def test_an_exit_in_the_python_of_a_study_is_a_result_and_a_signal_is_none(study, monkeypatch) -> None:
    """A worker flies in a thread; what ends the program is raised in the main one."""
    monkeypatch.setattr("sortie.campaign.flown._session", lambda *_: sys.exit(3))
    given = study.inputs()[0]
    with ThreadPoolExecutor(1) as threads:
        one = threads.submit(fly_run, study, 0, given).result()
    assert (one.row.result, one.row.reason) == ("error", "SystemExit: 3")
    with pytest.raises(SystemExit):
        fly_run(study, 0, given)


def test_ctrl_c_leaves_a_report_and_the_same_command_goes_on(tmp_path, monkeypatch, capsys, client) -> None:
    """The interrupt comes with the first batch; batches begin with one run."""
    monkeypatch.setattr("sortie.commands.campaign.dask_client", lambda scheduler, workers: _Lent(client))
    counted = CampaignView.count

    def interrupt(self: CampaignView, flown: list[FlownRun]) -> None:
        counted(self, flown)
        raise KeyboardInterrupt

    command = ["campaign", "run", str(STUDIES / "survey-wind.toml"), "--runs", "3", "--out", str(tmp_path)]
    with monkeypatch.context() as patched:
        patched.setattr(CampaignView, "count", interrupt)
        assert main(command) == 130
    assert "1 of 3 runs" in capsys.readouterr().out
    assert "of 1 flight failed" in (tmp_path / "report.html").read_text()
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "3 of 3 runs" in told and "mission results: 3 completed" in told
    assert main(["campaign", "replay", str(tmp_path), "1"]) == 0
    told = capsys.readouterr()
    assert "the same, byte for byte" in told.err
    assert told.out.startswith("mission completed\nfinishes: holds, robustness ")
    assert list((tmp_path / "replays" / "1").rglob("*.bin"))
    assert main(["campaign", "status", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["judges"]["finishes"]["failed"] == 0


def test_the_live_view_tells_rate_failures_by_judge_time_left_and_workers(study, flown) -> None:
    """Of a campaign that went on from run 3: this command flew 3 in 10 s, so the 94 that are left take 313 s."""
    view = CampaignView(100, 3)
    view.workers = 4
    view.count(flown[:3])
    hours = sum(one.row.figures["flight_time_s"] for one in flown[:3]) / 10.0
    failures = {name: sum(one.row.robustness[name] < 0.0 for one in flown[:3]) for name in sorted(study.file.judge)}
    told = ", ".join(f"{name} {count}" for name, count in failures.items() if count)
    failed = sum(not one.row.ok for one in flown[:3])
    assert told
    assert failed
    assert live_line(view, 10.0, 3) == (
        f"sortie: 6 of 100 runs, {failed} failed ({told}), 5 min left, {hours:.0f} flight hours an hour, 4 workers"
    )
    assert live_line(CampaignView(100, 0, 1), 60.0, 0) == "sortie: 0 of 100 runs, none flown yet by 1 worker, 60 s"


class Screen(io.StringIO):
    """A terminal of 80 columns."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_has_a_bar_and_a_pipe_a_line_for_what_is_new(study, flown, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    view, now_s = CampaignView(12, workers=2), [0.0]
    screen, pipe = Screen(), io.StringIO()
    with (
        CampaignProgress(0, "here", screen, lambda: now_s[0]) as on_screen,
        CampaignProgress(0, "here", pipe, lambda: now_s[0]) as in_pipe,
    ):
        for second in range(1, 40):
            now_s[0] = float(second)
            if second == 35:
                view.count(flown[:6])
            on_screen.tell(view)
            in_pipe.tell(view)
    lines = pipe.getvalue().splitlines()
    assert [line.partition(" runs, ")[2][:12] for line in lines] == [
        "none flown y",
        "none flown y",
        f"{view.failed} failed (st"[:12],
    ]
    assert "#..............." in screen.getvalue()
    assert "x: failed" in screen.getvalue()
    assert "50%" in screen.getvalue()


def test_a_campaign_that_goes_on_shows_what_failed_before(tmp_path, study, flown, client) -> None:
    """Of the hours that were flown only its own: they are for the rate."""
    with Folder(tmp_path, study, identity()) as folder:
        folder.add(flown[:4])
        view = Campaign(folder, client, identity(), lambda _: None).view
    assert (view.done, view.failed, view.flight_s) == (4, sum(not one.row.ok for one in flown[:4]), 0.0)
    assert sum(view.by_judge.values()) >= view.failed > 0


def test_no_flight_begins_after_its_budget_and_the_same_command_goes_on(tmp_path, study, client, monkeypatch) -> None:
    """Time is up when the first of four batches (two for each worker, of one run each) is back."""
    sample = msgspec.structs.replace(study.file.sample, budget_s=10.0)
    hasty = msgspec.structs.replace(study, file=msgspec.structs.replace(study.file, sample=sample))
    now_s = [0.0]
    monkeypatch.setattr(execution, "time", SimpleNamespace(monotonic=lambda: now_s[0]))

    def time_is_up(_: CampaignView) -> None:
        now_s[0] = 10.0

    with Folder(tmp_path, hasty, identity()) as folder:
        assert Campaign(folder, client, identity(), time_is_up).run().done == 4
    now_s[0] = 0.0
    with Folder(tmp_path, hasty, identity()) as folder:
        assert Campaign(folder, client, identity(), lambda view: None).run().done == RUNS


def test_a_batch_that_comes_back_after_the_budget_is_not_flown_again(tmp_path, study, client) -> None:
    """Its worker was refused or has died; the same command flies it another time."""
    sample = msgspec.structs.replace(study.file.sample, budget_s=1e-9)
    hasty = msgspec.structs.replace(study, file=msgspec.structs.replace(study.file, sample=sample))
    with Folder(tmp_path, hasty, identity()) as folder:
        campaign = Campaign(folder, client, identity(), lambda _: None)
        campaign._again.append([(0, study.inputs()[0])])
        assert campaign.run().done == 0


def test_a_budget_that_is_over_is_told(tmp_path, monkeypatch, capsys) -> None:
    """It ended with "1 of 4 runs" and no word."""
    monkeypatch.setattr("sortie.commands.campaign._fly", lambda *_: None)
    assert main(["campaign", "run", str(STUDIES / "survey-wind.toml"), "--runs", "3", "--out", str(tmp_path)]) == 0
    assert "sortie: budget_s is over; run the same command again to continue" in capsys.readouterr().err


class _Lent:
    """A client that outlives the command."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __enter__(self) -> Client:
        return self.client

    def __exit__(self, *_: object) -> None:
        pass


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
def test_what_is_no_result_is_cut_off_told_and_flown_again(tmp_path, flown, left, runs, monkeypatch, capsys) -> None:
    """An empty file has nothing to tell."""
    monkeypatch.setattr(command, "_fly", lambda *_: None)
    study = Study.read(STUDIES / "gps-loss.toml", RUNS)
    with Folder(tmp_path, study, identity()) as folder:
        folder.add(flown)
    file = tmp_path / "results.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:left]) + bytes(range(200, 256)) * 4)
    again = ["campaign", "run", str(STUDIES / "gps-loss.toml"), "--runs", str(RUNS), "--out", str(tmp_path)]
    assert main(again) == 0
    assert (
        f"224 bytes behind {runs} runs are no results; cut off, their runs are flown again" in capsys.readouterr().err
    )
    with Folder(tmp_path, study, identity()) as folder:
        assert (len(folder.done), folder.cut) == (runs, 0)


def test_a_number_of_workers_is_not_for_a_cluster_that_is_there(tmp_path, capsys) -> None:
    command = ["campaign", "run", str(STUDIES / "gps-loss.toml"), "--out", str(tmp_path), "--workers", "2"]
    assert main([*command, "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "--workers: those of --scheduler fly" in capsys.readouterr().err


def test_the_interval_of_a_share_is_clopper_and_pearsons() -> None:
    """The rule of three: no failure in 100 leaves up to 3.6 %; and the table's value for 10 of 100."""
    assert interval(0, 100) == (0.0, pytest.approx(0.0362, abs=1e-4))
    assert interval(10, 100) == (pytest.approx(0.0490, abs=1e-4), pytest.approx(0.1762, abs=1e-4))
    assert interval(0, 0) == (0.0, 1.0)


def test_without_the_extra_one_line_says_what_to_install(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setattr(execution, "find_spec", lambda name: None)
    assert main(["campaign", "run", str(STUDIES / "gps-loss.toml"), "--out", str(tmp_path)]) == 2
    assert "pip install 'sortie-mavlink[campaign]'" in capsys.readouterr().err


def test_the_first_commands_of_the_page_work_as_written(tmp_path, monkeypatch, capsys, client) -> None:
    """Those of the block that need nothing else, in an empty folder; of 100 runs four."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "dask_client", lambda *_: contextlib.nullcontext(client))
    block = re.search(r"^```sh\n(.*?)^```", (ROOT / "docs" / "campaigns.md").read_text(), re.M | re.S)
    assert block is not None
    lines = [line.partition("#")[0].split()[1:] for line in block[1].splitlines() if line.startswith("sortie ")]
    verbs = [words[1] for words in lines]
    assert verbs[:5] == ["init", "run", "status", "report", "replay"]
    for words in lines[:4]:
        assert main([*words, "--runs", "4"] if words[1] == "run" else words) == 0, words
    assert "4 of 4 runs" in capsys.readouterr().out
    assert main([*lines[4][:-1], "3"]) == 0
    missions = [row.result for row in rows(tmp_path / "DIR")]
    assert len(missions) == 4
    assert set(missions) <= {"completed", "failed"}


def test_init_prints_or_writes_a_study_once_and_leaves_a_plan_that_is_there(tmp_path, capsys) -> None:
    file, plan = tmp_path / "study.toml", tmp_path / "mission.plan"
    plan.write_text("mine")
    assert main(["campaign", "init", str(file)]) == 0
    assert "kept the existing" in capsys.readouterr().err
    assert plan.read_text() == "mine"
    assert main(["campaign", "init"]) == 0
    assert capsys.readouterr().out == file.read_text()
    assert main(["campaign", "init", str(file)]) == 2
    assert "exists already" in capsys.readouterr().err
