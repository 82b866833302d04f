"""What a campaign costs: its flights on two cores, a run beside its flight, and the command's memory in a long one.

As a program (`campaigns.py RUNS WORKERS [LARGEST]`) it is the command of a campaign whose runs cost nothing, and tells
its memory and what tasks (of at most LARGEST runs) and results cost.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec

from sortie.api.session import Session
from sortie.campaign import execution
from sortie.campaign.execution import Batch, Campaign, CampaignView, Run, dask_client
from sortie.campaign.flown import FIGURES, FlownRun, RunResult, fly_run, identity
from sortie.campaign.folder import Folder
from sortie.campaign.report import write_report
from sortie.campaign.sampling import Value, inputs
from sortie.campaign.search import Search
from sortie.campaign.shrink import shrink
from sortie.campaign.study import Study
from sortie.runtime.signals import leave_to_parent

STUDY = """
plan = "{plan}"
limit_s = 400
[params]
SIM_WIND_SPD = "{{wind}}"
SIM_WIND_DIR = "{{from}}"
[vary]
wind = {{ uniform = [0, 8] }}
from = {{ uniform = [0, 360] }}
[sample]
method = "lhs"
runs = {runs}
[judge]
low = "always(height < 15)"
done = "eventually(complete > 0)"
near = "always(implies(mode == 'AUTO', plan_distance < 8))"
"""
SQUARE = Path(__file__).parents[2] / "examples" / "square.plan"
PLANTED = Path(__file__).parents[2] / "tests" / "sortie" / "campaign" / "planted"
FOUR = PLANTED.with_name("four-causes.toml")
CAUSES: dict[str, Value] = {
    "gust": 6.0, "gust_at": 30.0, "load": 0.4, "loaded": 1.0, "off": -9.0, "off_at": 25.0, "wind": 6.0,
}  # fmt: skip
FLIGHTS, PAIRS, FAKE, MOST = 400, 40, 100_000, 1000
ENCOUNTERS = SQUARE.parent / "studies" / "encounters.toml"
ENCOUNTER_RUNS, IN_EACH = 100, 25
"""Runs of the example, and the encounters that its sky draws in each."""
ENOUGH = 400
"""Flights of random sampling for a bug: more than twice what it needs in the median, which more of them would not
change. Should the median come here, the figure is too low."""


def study_of_squares(folder: Path, runs: int) -> Study:
    """So many squares in winds, judged by three formulas."""
    file = folder / "study.toml"
    file.write_text(STUDY.format(plan=SQUARE, runs=runs))
    return Study.read(file)


def _minutes_an_hour(workers: int) -> float:
    """Vehicle time by wall time, from the first batch of each worker on."""
    with tempfile.TemporaryDirectory() as name:
        passed_s, flown_s, _ = _flown(study_of_squares(Path(name), FLIGHTS), Path(name) / "out", workers)
    return flown_s / 60.0 / (passed_s / 3600.0)


def _flown(study: Study, out: Path, workers: int, warm: int = 16) -> tuple[float, float, int]:
    """Wall time s, vehicle time s and runs of a campaign, from `warm` runs of each worker on: its batches are as large
    as they get then."""
    seen = list[tuple[float, float, int]]()

    def tell(view: CampaignView) -> None:
        if view.done > warm * workers:
            seen.append((time.monotonic(), view.flight_s, view.done))

    with dask_client(None, workers) as client, Folder(out, study, identity()) as folder:
        client.wait_for_workers(workers)
        Campaign(folder, client, identity(), tell).run()
    (begin_s, before_s, first), (end_s, all_s, last) = seen[0], seen[-1]
    return end_s - begin_s, all_s - before_s, last - first


def encounters() -> tuple[float, float]:
    """Minutes that two workers take for 100,000 encounters of the example, each with and without the reaction; and
    milliseconds of processor that one takes, without a worker."""
    study = Study.read(ENCOUNTERS, ENCOUNTER_RUNS)
    with tempfile.TemporaryDirectory() as name:
        passed_s, _, runs = _flown(study, Path(name) / "out", 2, warm=2)
    alone = [_run_s(study, run, study.inputs()) for run in range(7)]  # the first one loads what it needs
    return passed_s / 60.0 / (runs * IN_EACH) * 100_000, statistics.fmean(alone[1:]) / IN_EACH * 1000.0


def flying() -> tuple[float, float]:
    """Flight minutes an hour with two workers, and how much more than with one that is."""
    two = _minutes_an_hour(2)
    return two, two / _minutes_an_hour(1)


def overhead() -> float:
    """Milliseconds of processor that a run takes beside its flight, in the median of pairs."""
    with tempfile.TemporaryDirectory() as name:
        study = study_of_squares(Path(name), PAIRS)
        given = study.inputs()
        fly_run(study, 0, given[0])
        return statistics.median(_run_s(study, k, given) - _flight_s(study, k, given) for k in range(PAIRS)) * 1000.0


def _run_s(study: Study, run: int, given: list[dict[str, float | str]]) -> float:
    began_s = time.process_time()
    fly_run(study, run, given[run])
    return time.process_time() - began_s


def _flight_s(study: Study, run: int, given: list[dict[str, float | str]]) -> float:
    """The same flight by itself."""
    planned = study.planned(run, given[run])
    began_s = time.process_time()
    with Session(planned.spec) as session:
        session.upload(planned.plan)
        session.start()
        session.run_until(lambda one: not one.autopilot.facts.armed, 400.0, 1.0)
        session.run_for(1.0)
    return time.process_time() - began_s


def kept() -> float:
    """Milliseconds of processor that a failure with its signals takes until it is on disk, median of ten batches."""
    with tempfile.TemporaryDirectory() as name:
        study = study_of_squares(Path(name), 10 * PAIRS)
        flown = fly_run(study, 0, study.inputs()[0])
        rows = [msgspec.structs.replace(flown.row, run=run, ok=False) for run in range(10 * PAIRS)]
        took = []
        with Folder(Path(name) / "out", study, "fake") as folder:
            for k in range(0, len(rows), PAIRS):
                began_s = time.process_time()
                folder.add(FlownRun(row, flown.signals) for row in rows[k : k + PAIRS])
                took.append(time.process_time() - began_s)
    return statistics.median(took) / PAIRS * 1000.0


def planted_bugs() -> float:
    """How many times more flights random sampling takes than a search until a planted bug shows: medians over ten bugs
    and three seeds. Each count follows from its seed alone, so they are taken in a process for each core."""
    cases = [(file, seed) for file in sorted(PLANTED.glob("*.toml")) for seed in (1, 2, 3)]
    pool = ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), initializer=leave_to_parent)
    try:
        chance = pool.map(first_at_random, *zip(*cases, strict=True))
        search = pool.map(first_of_search, *zip(*cases, strict=True))
        flights = {"random": list(chance), "search": list(search)}
    finally:
        pool.shutdown(cancel_futures=True)
    print(flights, file=sys.stderr)
    return statistics.median(flights["random"]) / statistics.median(flights["search"])


def first_of_search(file: Path, seed: int) -> int:
    """Flights of a search until the first failure, at most `MOST`."""
    return first_failure(_seeded(Study.read(file, MOST), seed), MOST)


def first_failure(study: Study, most: int) -> int:
    """Count the flights of a search, flown in this process, until the first failure; at most `most`."""
    search, flights = Search(study), 0
    while batch := search.ask():
        flown = []
        for run, given in batch:
            flown.append(fly_run(study, run, given).row)
            flights += 1
            if not flown[-1].ok or flights >= most:
                return flights
        search.tell(flown)
    return flights


def first_at_random(file: Path, seed: int) -> int:
    """The same of random sampling, at most `ENOUGH`."""
    study = _seeded(Study.read(file, ENOUGH), seed)
    given = inputs(study.file.vary, "random", seed, ENOUGH)
    return next((run + 1 for run, one in enumerate(given) if not fly_run(study, run, one).row.ok), ENOUGH)


def _seeded(study: Study, seed: int) -> Study:
    sample = msgspec.structs.replace(study.file.sample, seed=seed)
    return msgspec.structs.replace(study, file=msgspec.structs.replace(study.file, sample=sample))


def shrunk() -> tuple[float, float]:
    """How many flights `shrink` needs for a failure with four causes planted as one, and how many remain."""
    study = Study.read(FOUR)
    found = shrink(study, fly_run(study, 0, CAUSES).row)
    return found.flights, len(found.study.file.faults)


def memory() -> tuple[float, float]:
    """Megabytes of the command at the end of 100,000 runs that cost nothing, its report written; and how many came
    while they were flown."""
    told = fake(FAKE, 2)
    return told["memory_mb"], told["flown_mb"] - told["before_mb"]


def fake(runs: int, workers: int) -> dict[str, float]:
    """What the program below tells."""
    done = subprocess.run(
        [sys.executable, __file__, str(runs), str(workers)],
        cwd=Path(__file__).parents[2],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=dict[str, float])


def nothing_flown(study_json: bytes, runs: list[Run], expected: str) -> Batch:
    """Rows as flights give them, of the size of a square's, without the flights; a twentieth fails."""
    judges = ("low", "done", "near")
    flown = [
        FlownRun(
            RunResult(
                run,
                run * 7919,
                "completed",
                "",
                run % 20 > 0,
                given,
                dict.fromkeys(judges, (run % 20 - 0.5) * 1.0000001),
                dict.fromkeys(FIGURES, 61.803398875),
            ),
            {},
        )
        for run, given in runs
    ]
    return Batch("", 0.0, flown)


def _main(runs: int, workers: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        out, tasks = Path(name) / "out", [0]

        def tell(view: CampaignView) -> None:
            tasks[0] += 1

        with dask_client(None, workers) as client, Folder(out, study_of_squares(Path(name), runs), "fake") as folder:
            client.wait_for_workers(workers)
            began_s = time.monotonic()
            before_mb = _peak_mb()
            Campaign(folder, client, "fake", tell, nothing_flown).run()
            took_s = time.monotonic() - began_s
            flown_mb = _peak_mb()
            folder.finish()
        write_report(out)
        told = {
            "before_mb": before_mb,
            "flown_mb": flown_mb,
            "memory_mb": _peak_mb(),
            "seconds": took_s,
            "task_ms": took_s * 1000.0 / tasks[0],
            "result_us": took_s * 1e6 / runs,
            "tasks": float(tasks[0]),
        }
    print(json.dumps(told))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


if __name__ == "__main__":
    if len(sys.argv) > 3:
        execution.LARGEST_BATCH = int(sys.argv[3])
    _main(int(sys.argv[1]), int(sys.argv[2]))
