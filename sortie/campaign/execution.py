"""Runs on Dask: batches of a few seconds go to workers, results come back as they are and are put on disk at once.

What a run is depends on its number alone, so it does not matter who flies it, or how often. A worker that computes
another flight than this program, is of another version or cannot fly at all is refused by name and its batch given to
others. A worker that dies costs the batches that it had: Dask gives them to others. A batch that has seen worker after
worker die goes out run by run. A run that has too waits until nothing else is flown, because the death of a worker
counts against both batches that it has; one that then takes its workers down is an error.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from itertools import islice
from math import inf
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from sortie.campaign.flown import FlownRun, RunResult, fly_run, identity, no_flight
from sortie.campaign.folder import SIGNALS_EVERY, Folder, rows
from sortie.campaign.sampling import SEARCH
from sortie.campaign.search import Run, Search
from sortie.campaign.study import Study
from sortie.config.errors import UserError, pip_install
from sortie.runtime.signals import kept_from_workers

if TYPE_CHECKING:
    from distributed import Client, Future

BATCH_S: Final = 4.0
"""Length of a task, s: long beside what it costs the scheduler (milliseconds), short beside what a death costs."""
LARGEST_BATCH = 1000
_PER_WORKER: Final = 2
"""Batches for each worker: one that is flown, and one that waits."""
_CONNECT_S: Final = 30.0
_LOOK_S: Final = 5.0
"""Time without a result after which the workers are counted and progress is told, s."""
_ASKED_SHARE: Final = 0.05
"""Share of the time that may go into asking the scheduler who works for it: its answer grows with their number."""


class Batch(Struct, frozen=True):
    """Result of a worker's task. `refused`: its identity, when that is another; then nothing was flown."""

    worker: str
    seconds: float
    flown: list[FlownRun]
    refused: str = ""


class _BatchTask(Struct, frozen=True):
    """A batch that is out. `to`: the only workers that may have it; empty: any. `alone`: nothing else was flown."""

    runs: list[Run]
    to: frozenset[str]
    alone: bool


FlyBatch = Callable[[bytes, list[Run], str], Batch]


class CampaignView(Struct):
    """Progress of a campaign. `flight_s`: vehicle time flown by this command."""

    total: int
    done: int = 0
    workers: int = 0
    failed: int = 0
    flight_s: float = 0.0
    by_judge: dict[str, int] = {}
    refused: list[str] = []

    def count(self, flown: list[FlownRun]) -> None:
        """Take in what has come."""
        for result in flown:
            self.add(result.row)
            self.flight_s += result.row.figures["flight_time_s"] or 0.0

    def add(self, row: RunResult) -> None:
        """Take in what this command, or another before it, has flown."""
        self.done += 1
        self.failed += not row.ok
        for name, margin in row.robustness.items():
            if margin is not None and margin < 0.0:
                self.by_judge[name] = self.by_judge.get(name, 0) + 1


def check_installed(*, search: bool = False) -> None:
    """UserError where the extra is missing, or of it what a search needs."""
    for name in ("distributed", "pyarrow", "scipy", *(("cmaes",) if search else ())):
        if find_spec(name) is None:
            raise UserError(f"sortie campaign needs {name}: {pip_install('campaign')}")


def _lost(how: str) -> UserError:
    return UserError(f"the scheduler is lost ({how}); the same command goes on where it ended", 1)


@contextmanager
def dask_client(scheduler: str | None, workers: int, *, processes: bool = True) -> Iterator[Client]:
    """A client of the cluster at `scheduler`; None: of a cluster of its own on this machine, with so many workers that
    the network cannot reach."""
    from dask import config
    from distributed import Client, LocalCluster
    from distributed.utils import silence_logging_cmgr

    with ExitStack() as stack:
        if scheduler is not None:
            stack.enter_context(silence_logging_cmgr(logging.CRITICAL))  # a lost scheduler is told in one line
            try:
                client = stack.enter_context(Client(scheduler, timeout=_CONNECT_S))
            except (OSError, ValueError) as error:
                raise UserError(
                    f"--scheduler {scheduler}: {error}; expected the "
                    "address of a Dask scheduler, such as tcp://HOST:8786"
                ) from error
            yield client
            return
        stack.enter_context(
            config.set(
                {
                    "distributed.worker.daemon": True,
                    "distributed.worker.profile.enabled": False,  # would look at a worker 100 times a second
                    # 15 s after a worker has died it would end, for good, the one that is being started in its place
                    "distributed.deploy.lost-worker-timeout": "10000 days",
                }
            )
        )
        with kept_from_workers():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=processes,
                host="127.0.0.1",
                protocol="tcp://",
                dashboard_address="127.0.0.1:0",  # None would be port 8787 of every interface
                silence_logs=logging.CRITICAL,
            )
        stack.callback(cluster.close)
        yield stack.enter_context(Client(cluster))


def fly_batch(study_json: bytes, runs: list[Run], expected: str) -> Batch:
    """Fly a batch of runs on a worker."""
    from distributed import get_worker

    worker = str(get_worker().address)
    try:
        own = identity()
    except Exception as error:  # noqa: BLE001  # whatever its installation lacks, others may have
        own = f"that cannot fly: {type(error).__name__}: {error}"
    if own != expected:
        return Batch(worker, 0.0, [], own)
    began_s = time.monotonic()
    study = msgspec.json.decode(study_json, type=Study)
    flown = [_lightened(fly_run(study, run, given)) for run, given in runs]
    return Batch(worker, time.monotonic() - began_s, flown)


def _lightened(flown: FlownRun) -> FlownRun:
    """Without the signals that the folder does not keep, nor the flight that the others are made of."""
    kept = not flown.row.ok or flown.row.run % SIGNALS_EVERY == 0
    return FlownRun(flown.row, dict(flown.signals) if kept else {}, flown.traceback)


class RemainingRuns:
    """The runs of a study whose sample is known, but for those that are `done`."""

    def __init__(self, study: Study, done: set[int]) -> None:
        self._todo = ((run, given) for run, given in enumerate(study.spread()) if run not in done)
        self.left = study.runs - len(done)

    def next(self, size: int) -> list[Run]:
        """At most so many; none when all have been given out."""
        given = list(islice(self._todo, size))
        self.left -= len(given)
        return given

    def tell(self, row: RunResult) -> None:
        """Do nothing: a spread sample does not depend on its results."""


class Searched:
    """The runs of a search: a generation is given out when all of the one before has come back."""

    def __init__(self, study: Study, done: Iterable[RunResult]) -> None:
        self._search = Search(study)
        self._done = {row.run: row for row in done}
        self._generation: list[Run] = []
        self._todo: list[Run] = []
        self._begin()
        self._go_on()

    @property
    def left(self) -> int:
        """Runs of this generation that were not given out."""
        return len(self._todo)

    def next(self, size: int) -> list[Run]:
        """At most so many; none while those of this generation are flown, or when all are."""
        given, self._todo = self._todo[:size], self._todo[size:]
        return given

    def tell(self, row: RunResult) -> None:
        """Take in what came of a run."""
        self._done[row.run] = row
        self._go_on()

    def _go_on(self) -> None:
        """Past all generations whose rows are there."""
        while self._generation and all(run in self._done for run, _ in self._generation):
            self._search.tell([self._done.pop(run) for run, _ in self._generation])
            self._begin()

    def _begin(self) -> None:
        self._generation = self._search.ask()
        self._todo = [run for run in self._generation if run[0] not in self._done]


class Campaign:
    """Flies what the folder does not have. `expected`: the identity a worker must have; `tell` hears of each batch;
    `fly`: what a worker does."""

    def __init__(
        self,
        folder: Folder,
        client: Client,
        expected: str,
        tell: Callable[[CampaignView], None],
        fly: FlyBatch | None = None,
    ) -> None:
        self._folder, self._client, self._expected, self._tell = folder, client, expected, tell
        self._fly = fly or fly_batch
        self._study_json = msgspec.json.encode(folder.study)
        search = folder.study.said.sample.method == SEARCH
        self._sample = Searched(folder.study, rows(folder.path)) if search else RemainingRuns(folder.study, folder.done)
        budget_s = folder.study.said.sample.budget_s
        self._until_s = inf if budget_s is None else time.monotonic() + budget_s
        self._again: list[list[Run]] = []
        self._suspects: list[Run] = []
        self._size = 1
        self._refused: set[str] = set()
        self._known: set[str] = set()
        self._ask_at_s = -inf
        self._came: SimpleQueue[Future] = SimpleQueue()
        self._flying: dict[Future, _BatchTask] = {}
        self.view = CampaignView(folder.study.runs)
        for row in rows(folder.path):
            self.view.add(row)

    def run(self) -> CampaignView:
        """Until all is flown. UserError when no worker is left that may, or the scheduler is lost."""
        from distributed.client import ClosedClientError

        try:
            self._submit()
            while self._flying:
                self._next()
                self._tell(self.view)
                self._submit()
        except (OSError, CancelledError, ClosedClientError) as error:  # what is on disk raises is a UserError by now
            raise _lost(type(error).__name__) from error
        finally:
            for future in self._flying:
                future.cancel()
        return self.view

    def _next(self) -> None:
        """Take what comes; where nothing does, see that nothing waits for workers that are gone."""
        try:
            future = self._came.get(timeout=_LOOK_S)
        except Empty:
            known = self._workers()
            for future in [future for future, given in self._flying.items() if given.to and not known & given.to]:
                self._take_back(future, self._flying.pop(future))
            return
        if future in self._flying:  # else it was taken back
            self._take(future, self._flying.pop(future))

    def _workers(self) -> set[str]:
        """Workers that were there when the scheduler was last asked."""
        began_s = time.monotonic()
        if began_s >= self._ask_at_s:
            self._known = set(self._client.scheduler_info(n_workers=-1)["workers"])
            end_s = time.monotonic()
            self._ask_at_s = end_s + (end_s - began_s) / _ASKED_SHARE
        return self._known

    def _submit(self) -> None:
        known = self._workers()
        good = known - self._refused
        self.view.workers = len(good)
        if known and not good:
            raise UserError(f"no worker may fly: {'; '.join(self.view.refused)}; this is Sortie {self._expected}")
        to = frozenset(good if self._refused else ())
        while len(self._flying) < _PER_WORKER * max(len(good), 1):
            runs = self._again.pop() if self._again else self._fresh(len(good))
            alone = not runs and not self._flying and bool(self._suspects) and time.monotonic() < self._until_s
            if alone:
                runs = [self._suspects.pop()]
            if not runs:
                return
            future = self._client.submit(
                self._fly, self._study_json, runs, self._expected, pure=False, workers=sorted(to) or None
            )
            self._flying[future] = _BatchTask(runs, to, alone)
            future.add_done_callback(self._came.put)

    def _fresh(self, workers: int) -> list[Run]:
        """A batch that nobody had, while there is time. Towards the end batches get smaller, so that all workers end
        together (guided self-scheduling: Polychronopoulos and Kuck 1987)."""
        share = -(-self._sample.left // (_PER_WORKER * max(workers, 1)))
        return self._sample.next(min(self._size, share)) if time.monotonic() < self._until_s else []

    def _take(self, future: Future, given: _BatchTask) -> None:
        """Put on disk what came of a batch, or see that it is flown otherwise."""
        if future.status == "error":
            self._deal_with(future.exception(), given)
            return
        if future.status != "finished":
            raise _lost(future.status)
        try:
            batch: Batch = future.result(timeout=_CONNECT_S)
        except TimeoutError:  # its worker died before it had handed it over
            self._take_back(future, given)
            return
        if batch.refused:
            self._refuse(batch)
            self._again.append(given.runs)
            return
        self._put(batch.flown)
        per_run_s = max(batch.seconds / len(given.runs), 1e-4)
        self._size = min(max(int(BATCH_S / per_run_s), 1), LARGEST_BATCH, 2 * self._size)

    def _take_back(self, future: Future, given: _BatchTask) -> None:
        future.cancel()
        self._again.append(given.runs)

    def _deal_with(self, error: BaseException | None, given: _BatchTask) -> None:
        from distributed import KilledWorker

        if not isinstance(error, KilledWorker):
            raise UserError(
                f"the cluster could not fly: {type(error).__name__}: {error}; scheduler and workers need this Sortie", 1
            )
        if len(given.runs) > 1:
            self._again += [[run] for run in given.runs]
            return
        (suspect,) = given.runs
        if not given.alone:
            self._suspects.append(suspect)
            return
        row = no_flight(self._folder.study, *suspect, "KilledWorker: the worker died at each attempt")
        self._put([FlownRun(row, {})])

    def _put(self, flown: list[FlownRun]) -> None:
        self._folder.add(flown)
        for result in flown:
            self._sample.tell(result.row)
        self.view.count(flown)

    def _refuse(self, batch: Batch) -> None:
        if batch.worker not in self._refused:
            self._refused.add(batch.worker)
            self.view.refused.append(f"worker {batch.worker} has Sortie {batch.refused}")
