"""A search for the worst: what it asks for follows from what came, whoever flew it, and it finds planted bugs."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import random
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.fakes.extras import needs

needs("campaign", "distributed", "pyarrow", "scipy", "cmaes")

from scripts.benchmarks.campaigns import first_failure
from sortie.campaign.execution import Campaign, SearchRuns, dask_client
from sortie.campaign.flown import RunResult, identity
from sortie.campaign.folder import Folder, rows
from sortie.campaign.sampling import Distribution
from sortie.campaign.search import Run, Search, badnesses
from sortie.campaign.study import Study
from sortie.campaign.study_file import SampleSettings, StudyFile

PLANTED = sorted((Path(__file__).parent / "planted").glob("*.toml"))
WIDTH = 4


def made(runs: int, seed: int = 1) -> Study:
    """A study of four inputs that is never flown."""
    vary = {f"x{k}": Distribution(uniform=(0.0, 1.0)) for k in range(WIDTH)}
    return Study(
        StudyFile("p", {"j": "", "k": ""}, vary=vary, sample=SampleSettings("search", runs, seed)), {}, "", runs
    )


def answered(run: Run) -> RunResult:
    """A valley at 0.8 each, 0.08 wide where it fails; a second judge in another unit that never changes."""
    number, given = run
    off = float(np.sqrt(sum((float(value) - 0.8) ** 2 for value in given.values())))
    margin = 3000.0 * (off - 0.08) / 100.0
    return RunResult(number, 0, "completed", "", margin >= 0.0, given, {"j": margin, "k": 0.5}, {})


def searched(study: Study) -> list[RunResult]:
    search, found = Search(study), list[RunResult]()
    while asked := search.ask():
        rows = [answered(run) for run in asked]
        search.tell(rows)
        found += rows
    return found


def first_of(study: Study) -> int:
    """The run that fails first. Later generations, which look at all rows before them, cost most and are left out."""
    search = Search(study)
    while asked := search.ask():
        rows = [answered(run) for run in asked]
        if failed := [row.run for row in rows if not row.ok]:
            return failed[0]
        search.tell(rows)
    return study.runs


def test_it_finds_what_random_sampling_would_find_in_a_hundred_times_as_many() -> None:
    """A ball of radius 0.08 is one 5,000th of the four-dimensional cube: random samples need 3,400 in the median."""
    assert np.median([first_of(made(400, seed)) for seed in range(9)]) < 100


def test_the_same_seed_asks_for_the_same_and_another_for_something_else() -> None:
    assert searched(made(60, 1)) == searched(made(60, 1)) != searched(made(60, 2))


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_the_order_in_which_results_come_decides_nothing(batch: int) -> None:
    """Batches of any size, many at a time, in any order."""
    chance, sample = random.Random(batch), SearchRuns(made(60), [])
    found, flying = list[RunResult](), list[list[Run]]()
    while len(found) < 60:
        while more := sample.next(batch):
            flying.append(more)
        for run in flying.pop(chance.randrange(len(flying))):
            found.append(answered(run))
            sample.tell(found[-1])
    assert sorted(found, key=lambda row: row.run) == searched(made(60))
    assert sample.next(1) == []


@pytest.mark.parametrize("there", [0, 5, 16, 33, 60])
def test_what_has_been_flown_is_not_asked_for_again(there: int) -> None:
    """Any of the rows, in any order: a kill keeps what it keeps."""
    whole = searched(made(60))
    kept = random.Random(there).sample(whole[: there + 4], there)
    sample, found = SearchRuns(made(60), kept), list(kept)
    while more := sample.next(7):
        for run in more:
            found.append(answered(run))
            sample.tell(found[-1])
    assert sorted(found, key=lambda row: row.run) == whole


def test_judges_are_compared_in_units_of_their_own_spread() -> None:
    """Metres do not outweigh shares of a battery; what did not fly is the worst, what was not measured the best."""
    table = [(4000.0, 0.30), (2000.0, 0.20), (3000.0, 0.05), (1000.0, 0.25)]
    rows = [answered((k, {"x0": 0.0})) for k in range(6)]
    rows = [
        msgspec.structs.replace(row, robustness={"j": a / 10.0, "k": b})
        for row, (a, b) in zip(rows, table, strict=False)
    ]
    rows.append(msgspec.structs.replace(rows[0], result="error", robustness={"j": None, "k": None}))
    rows.append(msgspec.structs.replace(rows[0], robustness={"j": 1000.0, "k": 1000.0}))
    worse = badnesses(rows, ["j", "k"])
    assert list(np.argsort(worse)) == [4, 2, 3, 1, 0, 5]


def test_one_worker_and_two_give_the_same_bytes(tmp_path: Path) -> None:
    """A look at the whole cube, 15 flights, and the first of a descent."""
    study = Study.read(PLANTED[-1].parent / "param-slow.toml", 20)
    written = []
    for workers in (1, 2):
        with (
            dask_client(None, workers, processes=False) as client,
            Folder(tmp_path / str(workers), study, identity()) as folder,
        ):
            client.wait_for_workers(workers)
            view = Campaign(folder, client, identity(), lambda view: None).run()
            assert view.done == 20
            written.append(folder.finish().read_bytes())
    assert written[0] == written[1]
    assert [row.run for row in rows(tmp_path / "1")] == list(range(20))


def seeded(file: Path, seed: int) -> Study:
    study = Study.read(file, 600)
    sample = msgspec.structs.replace(study.file.sample, seed=seed)
    return msgspec.structs.replace(study, file=msgspec.structs.replace(study.file, sample=sample))


@pytest.mark.parametrize("name", ["plan-waits"])
def test_a_planted_bug_is_found(name: str) -> None:
    """It fails in one of 300 random flights; scripts/bench flies all ten of them."""
    (file,) = [one for one in PLANTED if one.stem == name]
    assert first_failure(seeded(file, 1), 60) < 60
