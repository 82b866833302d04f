"""Execution of a campaign on Dask: workers fly batches of a few seconds, and results are stored on disk at once.

A run depends only on its number, so any worker may fly it, and repeatedly. A worker with another version, with a
different test flight, or that cannot fly is refused by name, and others get its batch. When a worker dies, Dask gives
its batches to others. A batch that several workers died with is split into single runs. Such a run is flown after
everything else, because a death counts against both batches of a worker; if its workers die again, it is an error.
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
from sortie.campaign.folder import Folder, rows
from sortie.campaign.sampling import SEARCH
from sortie.campaign.search import Run, Search
from sortie.campaign.study import Study
from sortie.config.errors import UserError, pip_install
from sortie.runtime.signals import kept_from_workers, undisturbed

if TYPE_CHECKING:
    from distributed import Client, Future

BATCH_S: Final = 4.0
"""Target length of a task, s: long compared with the scheduler's milliseconds, short compared with the loss by a
death."""
LARGEST_BATCH = 1000
_SIGNALS_EVERY: Final = 100
"""Signals are kept of failures, and of each run whose number is a multiple of this."""
_PER_WORKER: Final = 2
"""Batches for each worker: one flying, one waiting."""
_CONNECT_S: Final = 30.0
_LOOK_S: Final = 5.0
"""Time without a result after which workers are counted and progress is shown, s."""
_QUESTION_SHARE: Final = 0.05
"""Largest share of time for questions to the scheduler; its answer grows with the number of workers."""


class Batch(Struct, frozen=True):
    """Result of a worker's task. `refused`: the identity of a worker with another one, which has flown nothing."""

    worker: str
    seconds: float
    flown: list[FlownRun]
    refused: str = ""


class _BatchTask(Struct, frozen=True):
    """Batch in flight. `to`: workers that may have it; empty: any. `alone`: no other batch was in flight."""

    runs: list[Run]
    to: frozenset[str]
    alone: bool


FlyBatch = Callable[[bytes, list[Run], str], Batch]


class CampaignView(Struct):
    """Progress of a campaign. `flight_s`: vehicle time flown by this command, s."""

    total: int
    done: int = 0
    workers: int = 0
    failed: int = 0
    flight_s: float = 0.0
    by_judge: dict[str, int] = {}
    refused: list[str] = []

    def count(self, flown: list[FlownRun]) -> None:
        """Count results of this command."""
        for result in flown:
            self.add(result.row)
            self.flight_s += result.row.figures["flight_time_s"] or 0.0

    def add(self, row: RunResult) -> None:
        """Count a result of this command or an earlier one."""
        self.done += 1
        self.failed += not row.ok
        for name, margin in row.robustness.items():
            if margin is not None and margin < 0.0:
                self.by_judge[name] = self.by_judge.get(name, 0) + 1


def check_installed(*, search: bool = False) -> None:
    """Raise UserError when a library is missing, also those of a search."""
    for name in ("distributed", "pyarrow", "scipy", *(("cmaes",) if search else ())):
        if find_spec(name) is None:
            raise UserError(f"sortie campaign needs {name}: {pip_install('campaign')}")


def _lost(how: str) -> UserError:
    return UserError(f"the scheduler is lost ({how}); run the same command again to continue", 1)


@contextmanager
def dask_client(scheduler: str | None, workers: int, *, processes: bool = True) -> Iterator[Client]:
    """Connect to the cluster at `scheduler`; None: start a local cluster with `workers` workers that the network cannot
    reach."""
    from dask import config
    from distributed import Client, LocalCluster
    from distributed.utils import silence_logging_cmgr

    with ExitStack() as stack:
        if scheduler is not None:
            stack.enter_context(silence_logging_cmgr(logging.CRITICAL))  # a lost scheduler is reported in one line
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
                    "distributed.worker.profile.enabled": False,  # it would examine a worker 100 times a second
                    # By default, the replacement of a dead worker is stopped for good after 15 s.
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
                dashboard_address="127.0.0.1:0",  # None would be port 8787 of all interfaces
                silence_logs=logging.CRITICAL,
            )
        stack.callback(cluster.close)
        try:
            yield stack.enter_context(Client(cluster))
        finally:
            with undisturbed():  # the exit waits 10 s for a cluster whose end a second Ctrl-C has broken off
                stack.close()


def fly_batch(study_json: bytes, runs: list[Run], expected: str) -> Batch:
    from distributed import get_worker

    worker = str(get_worker().address)
    try:
        own = identity()
    except Exception as error:  # noqa: BLE001  # other workers may have what its installation lacks
        own = f"that cannot fly: {type(error).__name__}: {error}"
    if own != expected:
        return Batch(worker, 0.0, [], own)
    began_s = time.monotonic()
    study = msgspec.json.decode(study_json, type=Study)
    flown = []
    for run, given in runs:
        whole = fly_run(study, run, given)
        kept = not whole.row.ok or run % _SIGNALS_EVERY == 0
        flown.append(FlownRun(whole.row, dict(whole.signals) if kept else {}, whole.traceback))  # not the flight itself
    return Batch(worker, time.monotonic() - began_s, flown)


class RemainingRuns:
    """Remaining runs of a study whose sample is fixed."""

    def __init__(self, study: Study, done: set[int]) -> None:
        self._todo = ((run, given) for run, given in enumerate(study.spread()) if run not in done)
        self.remaining = study.runs - len(done)

    def next(self, size: int) -> list[Run]:
        """Return at most `size` runs; none when all are assigned."""
        given = list(islice(self._todo, size))
        self.remaining -= len(given)
        return given

    def tell(self, row: RunResult) -> None:
        """Do nothing: a spread sample does not depend on results."""


class SearchRuns:
    """Runs of a search: a generation is assigned when all results of the one before are there."""

    def __init__(self, study: Study, done: Iterable[RunResult]) -> None:
        self._search = Search(study)
        self._done = {row.run: row for row in done}
        self._generation: list[Run] = []
        self._todo: list[Run] = []
        self._begin()
        self._go_on()

    @property
    def remaining(self) -> int:
        """Number of unassigned runs of this generation."""
        return len(self._todo)

    def next(self, size: int) -> list[Run]:
        """Return at most `size` runs; none while this generation is flown, or at the end."""
        given, self._todo = self._todo[:size], self._todo[size:]
        return given

    def tell(self, row: RunResult) -> None:
        self._done[row.run] = row
        self._go_on()

    def _go_on(self) -> None:
        """Advance over all generations with complete results."""
        while self._generation and all(run in self._done for run, _ in self._generation):
            self._search.tell([self._done.pop(run) for run, _ in self._generation])
            self._begin()

    def _begin(self) -> None:
        self._generation = self._search.ask()
        self._todo = [run for run in self._generation if run[0] not in self._done]


class Campaign:
    """Campaign in progress: flies the runs that the folder does not have. `expected`: the identity of a worker; `tell`
    is called after each batch; `fly`: the task of a worker."""

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
        study, settings = folder.study, folder.study.file.sample
        search = settings.method == SEARCH
        self._sample = SearchRuns(study, rows(folder.path)) if search else RemainingRuns(study, folder.done)
        budget_s = settings.budget_s
        self._until_s = inf if budget_s is None else time.monotonic() + budget_s
        self._again: list[list[Run]] = []
        self._suspects: list[Run] = []
        self._size = 1
        self._refused: set[str] = set()
        self._known: set[str] = set()
        self._ask_at_s = -inf
        self._finished: SimpleQueue[Future] = SimpleQueue()
        self._flying: dict[Future, _BatchTask] = {}
        self.view = CampaignView(folder.study.runs)
        for row in rows(folder.path):
            self.view.add(row)

    def run(self) -> CampaignView:
        """Fly all runs. UserError when no accepted worker is left, or the scheduler is lost."""
        from distributed.client import ClosedClientError

        try:
            self._submit()
            while self._flying:
                self._next()
                self._tell(self.view)
                self._submit()
        except (OSError, CancelledError, ClosedClientError) as error:  # errors of the disk are UserErrors here
            raise _lost(type(error).__name__) from error
        finally:
            for future in self._flying:
                future.cancel()
        return self.view

    def _next(self) -> None:
        """Take a result. Without one, take back batches whose workers are gone."""
        try:
            future = self._finished.get(timeout=_LOOK_S)
        except Empty:
            known = self._workers()
            for future in [future for future, given in self._flying.items() if given.to and not known & given.to]:
                self._take_back(future, self._flying.pop(future))
            return
        if future in self._flying:  # otherwise it was taken back
            self._take(future, self._flying.pop(future))

    def _workers(self) -> set[str]:
        """Return the workers, as the scheduler last reported them."""
        began_s = time.monotonic()
        if began_s >= self._ask_at_s:
            self._known = set(self._client.scheduler_info(n_workers=-1)["workers"])
            end_s = time.monotonic()
            self._ask_at_s = end_s + (end_s - began_s) / _QUESTION_SHARE
        return self._known

    def _submit(self) -> None:
        known = self._workers()
        good = known - self._refused
        self.view.workers = len(good)
        if known and not good:
            raise UserError(f"no worker may fly: {'; '.join(self.view.refused)}; this is Sortie {self._expected}")
        to = frozenset(good if self._refused else ())
        while len(self._flying) < _PER_WORKER * max(len(good), 1) and time.monotonic() < self._until_s:
            runs = self._again.pop() if self._again else self._fresh(len(good))
            alone = not runs and not self._flying and bool(self._suspects)
            if alone:
                runs = [self._suspects.pop()]
            if not runs:
                return
            future = self._client.submit(
                self._fly, self._study_json, runs, self._expected, pure=False, workers=sorted(to) or None
            )
            self._flying[future] = _BatchTask(runs, to, alone)
            future.add_done_callback(self._finished.put)

    def _fresh(self, workers: int) -> list[Run]:
        """Return a new batch. Batches get smaller towards the end, so that all workers finish
        together (guided self-scheduling: Polychronopoulos and Kuck 1987)."""
        share = -(-self._sample.remaining // (_PER_WORKER * max(workers, 1)))
        return self._sample.next(min(self._size, share))

    def _take(self, future: Future, given: _BatchTask) -> None:
        """Store the result of a batch, or fly it again."""
        if future.status == "error":
            self._deal_with(future.exception(), given)
            return
        if future.status != "finished":
            raise _lost(future.status)
        try:
            batch: Batch = future.result(timeout=_CONNECT_S)
        except TimeoutError:  # its worker died before it sent the result
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
