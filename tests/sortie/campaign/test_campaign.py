"""A campaign from its file to its end: flown by Dask workers in this process, ended anywhere, and gone on with."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.fakes.extras import needs

needs("campaign", "distributed", "pyarrow", "scipy")


from sortie.campaign import execution
from sortie.campaign.execution import Campaign, CampaignView
from sortie.campaign.flown import FlownRun, fly_run, identity, no_flight
from sortie.campaign.folder import Folder, rows
from sortie.campaign.study import Study
from sortie.campaign.summary import summarize
from sortie.commands import campaign as command
from sortie.commands.campaign import CampaignProgress, live_line
from sortie.commands.cli import run as main
from sortie.config.errors import UserError

if TYPE_CHECKING:
    from distributed import Client

ROOT = Path(__file__).parents[3]
STUDIES = ROOT / "examples" / "studies"


def fly(path: Path, study: Study, client: Client, expected: str) -> CampaignView:
    with Folder(path, study, expected) as folder:
        view = Campaign(folder, client, expected, lambda view: None).run()
        folder.finish()
        return view


def test_workers_give_the_bytes_that_one_flight_after_the_other_gives(tmp_path, study, client, flown) -> None:
    view = fly(tmp_path / "dask", study, client, identity())
    assert (view.done, view.total, view.workers) == (study.runs, study.runs, 2)
    with Folder(tmp_path / "alone", study, "here") as alone:
        alone.add(flown)
        assert (tmp_path / "dask" / "runs.parquet").read_bytes() == alone.finish().read_bytes()


def test_a_campaign_goes_on_where_it_ended(tmp_path, study, client, flown) -> None:
    with Folder(tmp_path, study, identity()) as folder:
        folder.add(flown[1:3])
    view = fly(tmp_path, study, client, identity())
    assert view.done == study.runs
    assert sorted(json.loads(line)["run"] for line in (tmp_path / "results.jsonl").open()) == list(range(study.runs))


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
    monkeypatch.setattr(command, "dask_client", lambda *_: contextlib.nullcontext(client))
    counted = CampaignView.count

    def interrupt(self: CampaignView, flown: list[FlownRun]) -> None:
        counted(self, flown)
        raise KeyboardInterrupt

    fly_it = ["campaign", "run", str(STUDIES / "survey-wind.toml"), "--runs", "3", "--out", str(tmp_path)]
    with monkeypatch.context() as patched:
        patched.setattr(CampaignView, "count", interrupt)
        assert main(fly_it) == 130
    assert "1 of 3 runs" in capsys.readouterr().out
    assert "of 1 flight failed" in (tmp_path / "report.html").read_text()
    assert main(fly_it) == 0
    told = capsys.readouterr().out
    assert "3 of 3 runs" in told and "mission results: 3 completed" in told
    (tmp_path / "replays").write_text("")
    assert main(["campaign", "replay", str(tmp_path), "1"]) == 2  # was a traceback, and a flight that is "NOT the same"
    assert capsys.readouterr().err == f"sortie: {tmp_path}/replays/1: Not a directory\n"
    (tmp_path / "replays").unlink()
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
        assert Campaign(folder, client, identity(), lambda view: None).run().done == study.runs


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
    monkeypatch.setattr(command, "_fly", lambda *_: None)
    assert main(["campaign", "run", str(STUDIES / "survey-wind.toml"), "--runs", "3", "--out", str(tmp_path)]) == 0
    assert "sortie: budget_s is over; run the same command again to continue" in capsys.readouterr().err


def test_a_number_of_workers_is_not_for_a_cluster_that_is_there(tmp_path, capsys) -> None:
    fly_it = ["campaign", "run", str(STUDIES / "gps-loss.toml"), "--out", str(tmp_path), "--workers", "2"]
    assert main([*fly_it, "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "--workers: those of --scheduler fly" in capsys.readouterr().err


def test_a_scheduler_is_named_before_it_answers(tmp_path, monkeypatch, capsys) -> None:
    """One that is not there was 30 s of silence."""
    monkeypatch.setattr(execution, "_CONNECT_S", 0.05)
    fly_it = ["campaign", "run", str(STUDIES / "gps-loss.toml"), "--out", str(tmp_path)]
    assert main([*fly_it, "--scheduler", "tcp://127.0.0.1:1"]) == 2
    said, wrong = capsys.readouterr().err.splitlines()
    assert said == "sortie: connecting to the scheduler tcp://127.0.0.1:1"
    assert wrong.startswith("sortie: --scheduler tcp://127.0.0.1:1: ")


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
