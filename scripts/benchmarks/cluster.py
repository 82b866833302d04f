"""A simulated cluster: many worker processes on the cores that there are, whose flights take time and no processor.

What grows with their number is the scheduler, the wire and the command; told are the processor times of these, for a
task and for a result. Workers are forked from the process that has loaded all, before it has threads, so that 64
of them fit; `cluster.py WORKERS` is that process.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.campaigns import nothing_flown, study_of_squares
from sortie.campaign import execution
from sortie.campaign.execution import Batch, Campaign, Run, dask_client
from sortie.campaign.folder import Folder

FEW, MANY = 4, 64
WHO = ("scheduler", "command")
ROWS = 290
"""Squares in a batch of 4 s."""
TASKS, TASKS_A_SECOND, IDLE_S = 160, 16.0, 5.0


def _fly(study_json: bytes, runs: list[Run], seconds: str) -> Batch:
    """Rows as flights give them, after the time that flying takes."""
    time.sleep(float(seconds))
    return nothing_flown(study_json, runs, seconds)


def _work(address: str) -> None:
    from dask import config
    from distributed import Worker

    config.set({"distributed.worker.profile.enabled": False})  # 100 looks a second at what it does

    async def serve() -> None:
        async with Worker(address, nthreads=1, dashboard=False, memory_limit=0, silence_logs=50) as worker:
            await worker.finished()

    warnings.filterwarnings("ignore", "Creating scratch directories")  # takes long: 64 begin together
    os.nice(10)  # what is measured goes first
    asyncio.run(serve())


@contextmanager
def _cluster(workers: int) -> Iterator[tuple[str, psutil.Process]]:
    """The address of a scheduler that has so many, and its process."""
    forks = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "scheduler.json"
        scheduler = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "distributed.cli.dask_scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                str(file),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},  # it looks at what it hands on
        )
        processes = []
        try:
            while not (file.exists() and file.stat().st_size) and scheduler.poll() is None:
                time.sleep(0.1)
            address = json.loads(file.read_text())["address"]
            processes = [forks.Process(target=_work, args=(address,), daemon=True) for _ in range(workers)]
            for process in processes:
                process.start()
            yield address, psutil.Process(scheduler.pid)
        finally:
            for process in processes:
                process.kill()
            scheduler.kill()
            scheduler.wait()


def _used_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _cost(address: str, scheduler: psutil.Process, workers: int, rows: int) -> dict[str, float]:
    """Of a campaign in batches of at most `rows`."""
    own, tasks, execution.LARGEST_BATCH = psutil.Process(), [0], rows
    seconds = str(workers / TASKS_A_SECOND)

    def tell(_: object) -> None:
        tasks[0] += 1

    with tempfile.TemporaryDirectory() as name:
        study = study_of_squares(Path(name), TASKS * rows)
        with dask_client(address, 0) as client, Folder(Path(name) / "out", study, seconds) as folder:
            client.wait_for_workers(workers)
            time.sleep(IDLE_S)  # they have come to rest
            idle_s = _used_s(scheduler)
            time.sleep(IDLE_S)
            before, idle_s = (_used_s(scheduler), _used_s(own)), _used_s(scheduler) - idle_s
            began_s = time.monotonic()
            Campaign(folder, client, seconds, tell, _fly).run()
            took_s = time.monotonic() - began_s
            used = _used_s(scheduler) - before[0], _used_s(own) - before[1]
    return {
        "workers": workers,
        "tasks": tasks[0],
        "results": TASKS * rows,
        "seconds": took_s,
        "idle_share": idle_s / IDLE_S,
        "scheduler_s": used[0],
        "command_s": used[1],
        "scheduler_mb": scheduler.memory_info().rss / 1e6,
        "command_mb": own.memory_info().rss / 1e6,
    }


def costs(workers: int) -> dict[str, float]:
    """Milliseconds of processor for a task and for a result, of scheduler and command, and what rests cost."""
    with _cluster(workers) as (address, scheduler):
        small, large = (_cost(address, scheduler, workers, rows) for rows in (1, ROWS))
    print(json.dumps([small, large]), file=sys.stderr)
    told = {
        "workers": float(workers),
        "idle_percent": small["idle_share"] * 100.0,
        "command_mb": large["command_mb"],
        "scheduler_mb": large["scheduler_mb"],
    }
    for who in WHO:
        rest = [
            one[f"{who}_s"] - (one["idle_share"] * one["seconds"] if who == "scheduler" else 0.0)
            for one in (small, large)
        ]
        (a, b), (c, d) = ((one["tasks"], one["results"]) for one in (small, large))
        whole = a * d - b * c
        told[f"{who}_task_ms"] = (rest[0] * d - b * rest[1]) / whole * 1000.0
        told[f"{who}_result_ms"] = (a * rest[1] - rest[0] * c) / whole * 1000.0
    return told


def growth() -> tuple[float, float]:
    """How many times more processor a task of 290 results costs scheduler and command with 64 workers than with 4, and
    how many ms with 64."""
    many = _whole(MANY)
    return many / _whole(FEW), many


def _whole(workers: int) -> float:
    """ms of a task with its results, with so many workers."""
    done = subprocess.run(
        [sys.executable, __file__, str(workers)], cwd=Path(__file__).parents[2], check=True, stdout=subprocess.PIPE
    )
    one = json.loads(done.stdout)
    print(json.dumps(one), file=sys.stderr)
    return float(sum(one[f"{who}_task_ms"] + ROWS * one[f"{who}_result_ms"] for who in WHO))


if __name__ == "__main__":
    print(json.dumps(costs(int(sys.argv[1]))))
