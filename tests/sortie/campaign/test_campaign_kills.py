"""What ends a campaign: a full disk, and `kill -9` of the command, of workers and of a scheduler started by hand. The
same command goes on, nothing that was finished is flown again, nothing is lost or doubled."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.extras import needs

needs("campaign", "distributed", "pyarrow", "scipy")

from distributed import Client

from sortie.campaign.execution import Batch, Campaign, dask_client, fly_batch
from sortie.campaign.flown import FlownRun, fly_run, identity
from sortie.campaign.folder import Folder, rows
from sortie.campaign.report import write_report
from sortie.campaign.search import Run
from sortie.campaign.study import Study
from sortie.config.errors import UserError
from tests.fakes.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
STUDY = ROOT / "examples" / "studies" / "gps-loss.toml"
WORKERS = 4


def alone(path: Path, runs: int) -> bytes:
    """`runs.parquet` of all runs, flown one after the other in this process."""
    study = Study.read(STUDY, runs)
    with Folder(path, study, identity()) as folder:
        for run, given in enumerate(study.inputs()):
            folder.add([fly_run(study, run, given)])
        return folder.finish().read_bytes()


def runs_in(path: Path) -> list[int]:
    """The runs of whole lines, in order of arrival."""
    file = path / "results.jsonl"
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    return [json.loads(line)["run"] for line in lines if line.endswith(b"\n")]


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes: the system refuses to write, as with a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def fly_without_signals(study: bytes, runs: list[Run], expected: str) -> Batch:
    """So that the only file that grows is that of the rows: signals of the first run are larger than all of them, and
    which run comes back first is the scheduler's choice."""
    batch = fly_batch(study, runs, expected)
    return Batch(batch.worker, batch.seconds, [FlownRun(one.row, {}) for one in batch.flown], batch.refused)


def test_a_full_disk_ends_it_with_one_line_and_it_goes_on_when_there_is_room(tmp_path: Path) -> None:
    runs = 12
    whole = alone(tmp_path / "alone", runs)
    study, out = Study.read(STUDY, runs), tmp_path / "out"
    size = (tmp_path / "alone" / "results.jsonl").stat().st_size
    with dask_client(None, 2, processes=False) as client:
        with (
            pytest.raises(UserError, match="then run the same command again to continue"),
            Folder(out, study, identity()) as folder,
            full_after(size * 2 // 5),
        ):
            Campaign(folder, client, identity(), lambda view: None, fly_without_signals).run()
        there = runs_in(out)
        assert 0 < len(there) < runs
        with Folder(out, study, identity()) as folder:
            assert folder.done == set(there)
            Campaign(folder, client, identity(), lambda view: None).run()
            assert folder.finish().read_bytes() == whole
    assert runs_in(out)[: len(there)] == there
    assert sorted(runs_in(out)) == list(range(runs))


def test_a_disk_that_is_full_at_the_beginning_or_at_the_end_is_one_line_too(tmp_path: Path) -> None:
    """Neither leaves half a file where a whole one is expected."""
    study, out = Study.read(STUDY, 2), tmp_path / "out"
    again = "File too large; then run the same command again to continue"
    with full_after(1000), pytest.raises(UserError, match=again), Folder(out, study, identity()):
        pass
    assert not list(out.glob("study.json*"))
    with Folder(out, study, identity()) as folder:
        folder.add([fly_run(study, run, given) for run, given in enumerate(study.inputs())])
        with full_after(100), pytest.raises(UserError, match=again):
            folder.finish()
        assert not (out / "runs.parquet").exists()
        folder.finish()
    whole = write_report(out).read_bytes()
    with full_after(100), pytest.raises(UserError, match=again):
        write_report(out)
    assert (out / "report.html").read_bytes() == whole


def begin(out: Path, runs: int, *more: str, study: Path = STUDY) -> subprocess.Popen[str]:
    """The command as a process, with a process group of its own, as a terminal gives it."""
    return subprocess.Popen(
        [sys.executable, "-m", "sortie", "campaign", "run", str(study), "--runs", str(runs), "--out", str(out), *more],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Until it is so, or the process has ended."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition() and process.poll() is None:
        assert time.monotonic() < end_s
        time.sleep(0.05)


@pytest.mark.long
def test_kill_9_of_the_command_at_any_instant_costs_what_was_in_flight(tmp_path: Path) -> None:
    """Killed six times: as it starts, and after it has written some more."""
    runs, chance, out = 400, random.Random(1), tmp_path / "out"
    for k in range(6):
        before = runs_in(out)
        process = begin(out, runs, "--workers", "2")
        enough = len(before) + chance.randrange(1, 60) if k else 0
        wait_until(lambda enough=enough: len(runs_in(out)) >= enough, process)
        process.kill()
        process.wait()
        assert runs_in(out)[: len(before)] == before, "what was there stays as it is"
    process = begin(out, runs, "--workers", "2")
    assert process.wait() == 0
    assert sorted(runs_in(out)) == list(range(runs))
    assert (out / "runs.parquet").read_bytes() == alone(tmp_path / "alone", runs)


@pytest.mark.long
@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_in_a_terminal_reaches_the_workers_too_and_leaves_a_report_and_no_traceback(
    tmp_path: Path, times: int
) -> None:
    """Pressed again while the workers are being ended, it changes nothing."""
    out = tmp_path / "out"
    process = begin(out, 4000, "--workers", "2")
    wait_until(lambda: len(runs_in(out)) >= 10, process)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
    _, told = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in told
    assert "sortie: stopped; run the same command again to continue" in told
    assert (out / "report.html").exists()
    import pyarrow.parquet

    assert sorted(runs_in(out)) == pyarrow.parquet.read_table(out / "runs.parquet").column("run").to_pylist()


FATAL = """
import os
def softly(signals, inputs):
    if inputs["x"] < 0.1:
        os._exit(1)
    return 1.0
"""
FATAL_STUDY = """
plan = "{plan}"
code = "fatal.py"
[params]
SIM_WIND_SPD = "{{x}}"
[vary]
x = {{ uniform = [0, 1] }}
[sample]
method = "lhs"
[judge]
mine = "code.softly"
"""


@pytest.mark.long
def test_runs_that_take_their_worker_down_are_errors_and_those_beside_them_are_not(tmp_path: Path) -> None:
    """Two of 20, of one worker, which is started again each time: for longer than Dask has patience with one."""
    (tmp_path / "fatal.py").write_text(FATAL)
    study = tmp_path / "study.toml"
    study.write_text(FATAL_STUDY.format(plan=ROOT / "examples" / "square.plan"))
    process = begin(tmp_path / "out", 20, "--workers", "1", study=study)
    _, told = process.communicate()
    assert process.returncode == 0, told
    found = list(rows(tmp_path / "out"))
    assert [row.run for row in found] == list(range(20))
    fatal = [row for row in found if float(row.inputs["x"]) < 0.1]
    assert len(fatal) == 2
    assert [row for row in found if row.result == "error"] == fatal
    assert {row.result for row in found if row not in fatal} == {"completed"}


class ByHand:
    """A scheduler and workers, each a process of its own, as a person starts them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[str]] = []
        self.start()

    def start(self) -> None:
        """A scheduler on a free port."""
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        self.scheduler = self._dask(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)
        )
        wait_until(lambda: file.exists() and file.stat().st_size, self.scheduler)
        self.address: str = json.loads(file.read_text())["address"]

    def work(self, *more: str) -> None:
        """One more worker."""
        self.workers.append(
            self._dask("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", *more)
        )

    def wait(self) -> None:
        """Until the scheduler knows all workers: with only a refused one, a campaign ends at once."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=PATIENCE_S)

    def _dask(self, what: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *words],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[ByHand]:
    cluster = ByHand(tmp_path)
    try:
        yield cluster
    finally:
        cluster.end()


@pytest.mark.long
def test_four_workers_by_hand_lose_two_and_a_scheduler_and_the_bytes_are_the_same(tmp_path, by_hand: ByHand) -> None:
    runs, out = 400, tmp_path / "out"
    for _ in range(WORKERS):
        by_hand.work()
    process = begin(out, runs, "--scheduler", by_hand.address)
    for k, enough in enumerate((20, 60)):
        wait_until(lambda enough=enough: len(runs_in(out)) >= enough, process)
        by_hand.workers[k].kill()
    wait_until(lambda: len(runs_in(out)) >= 100, process)
    by_hand.scheduler.kill()
    assert process.wait() == 1
    assert process.stderr is not None
    told = process.stderr.read()
    assert "run the same command again to continue" in told
    assert "Traceback" not in told
    there = runs_in(out)
    by_hand.end()
    by_hand.workers.clear()
    by_hand.start()
    by_hand.work()
    assert begin(out, runs, "--scheduler", by_hand.address).wait() == 0
    assert runs_in(out)[: len(there)] == there
    assert sorted(runs_in(out)) == list(range(runs))
    assert (out / "runs.parquet").read_bytes() == alone(tmp_path / "alone", runs)


@pytest.mark.long
def test_a_worker_of_another_version_is_refused_by_name_and_the_others_fly(tmp_path: Path, by_hand: ByHand) -> None:
    other = tmp_path / "other.py"
    other.write_text("import sortie.campaign.execution as execution\nexecution.identity = lambda: '9.9 abc'\n")
    by_hand.work()
    by_hand.work("--preload", str(other))
    by_hand.wait()
    process = begin(tmp_path / "out", 200, "--scheduler", by_hand.address)
    _, told = process.communicate()
    assert process.returncode == 0, told
    assert "has Sortie 9.9 abc" in told
    assert sorted(runs_in(tmp_path / "out")) == list(range(200))


@pytest.mark.long
def test_what_waits_for_the_only_worker_that_may_goes_to_another_when_that_dies(tmp_path, by_hand: ByHand) -> None:
    """Where a worker is refused, batches are for those that are not; these can all be gone."""
    other = tmp_path / "other.py"
    other.write_text("import sortie.campaign.execution as execution\nexecution.identity = lambda: '9.9 abc'\n")
    by_hand.work("--preload", str(other))
    by_hand.work()
    by_hand.wait()
    out = tmp_path / "out"
    process = begin(out, 200, "--scheduler", by_hand.address)
    wait_until(lambda: len(runs_in(out)) >= 20, process)
    by_hand.workers[1].send_signal(signal.SIGSTOP)  # what it was given waits, until another is there
    by_hand.work()
    by_hand.wait()
    by_hand.workers[1].kill()
    _, told = process.communicate(timeout=10.0 * PATIENCE_S)
    assert process.returncode == 0, told
    assert "has Sortie 9.9 abc" in told
    assert sorted(runs_in(out)) == list(range(200))
