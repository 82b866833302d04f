"""One mutant, one forked process: the module is imported with the error in it, and the tests run until one fails.

The parent has the libraries in memory but no module of the project, so a child pays for our own imports and its tests
alone, and what a mutant does at import (tables, enumerations, defaults) is done as it would be in a real edit.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import Phase, settings

LIBRARIES = (
    "numpy", "numba", "pymavlink.dialects.v20.ardupilotmega", "msgspec", "click", "rich", "serial",
    "asyncio", "unittest.mock", "xdist.plugin",
)  # fmt: skip
WALL_PER_CPU_S = 20  # one that waits for ever, on a machine that does much else
NEAREST = 25  # tests that are collected first: most mutants end there


class Verdict(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMEOUT = "timeout"  # killed too: nobody would merge a suite that hangs
    SURVIVED = "survived"
    UNTESTED = "not run by any test"

    @property
    def noticed(self) -> bool:
        return self in (Verdict.KILLED, Verdict.TIMEOUT)


@dataclass(frozen=True)
class Case:
    """A mutated module and the tests that may notice it, in the order in which they are asked.

    `cpu_s`: a mutant that loops for ever ends there.
    """

    name: str
    path: str
    source: str
    tests: tuple[str, ...]
    cpu_s: int = 30


@dataclass(frozen=True)
class Judged:
    """The verdict, and the output of the tests, for who wants to know why."""

    case: Case
    verdict: Verdict
    output: str
    seconds: float


class MutatedModule(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module of the project, and executes another source than its file has."""

    def __init__(self, root: Path, path: str, source: str) -> None:
        self.file = str(root / path)
        self.name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self.source = source

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The module with this loader in place of the one that would read its file."""
        return spec_from_file_location(fullname, self.file, loader=self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, self.file, "exec"), module.__dict__)


class AskedFirst:
    """A plugin of pytest: the mutated module is found before pytest's own finder, which rewrites the assertions of each
    distribution that has a plugin, and so ours."""

    def __init__(self, mutated: MutatedModule) -> None:
        self.mutated = mutated

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        sys.meta_path.remove(self.mutated)
        sys.meta_path.insert(0, self.mutated)


class Ordered:
    """A plugin of pytest: only the tests that are named (without brackets: all of their parameters), in that order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.places = {test: place for place, test in enumerate(tests)}

    def place(self, item: pytest.Item) -> int | None:
        """When a test has its turn; never, if it is not named."""
        return self.places.get(item.nodeid, self.places.get(item.nodeid.partition("[")[0]))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        named = [(place, item) for item in items if (place := self.place(item)) is not None]
        items[:] = [item for _, item in sorted(named, key=lambda each: each[0])]


def preload() -> None:
    """Imports what does not belong to the project, once for all children, and makes properties repeatable."""
    for library in LIBRARIES:
        importlib.import_module(library)
    phases = (Phase.explicit, Phase.generate)  # no time for shrinking: that it fails is enough
    settings.register_profile("mutants", deadline=None, derandomize=True, database=None, phases=phases)
    gc.freeze()  # a child that collects would copy all of these pages


def run_tests(root: Path, case: Case, scratch: str) -> int:
    """In the child: pytest's status with the mutant in place. The nearest tests are asked alone before the others."""
    mutated = MutatedModule(root, case.path, case.source)
    sys.meta_path.insert(0, mutated)
    status = 5
    for number, tests in enumerate((case.tests[:NEAREST], case.tests[NEAREST:])):
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        options = ["-x", "-q", "-n", "0", "--no-header", "-p", "no:cacheprovider", "-p", "no:warnings"]
        options += ["-p", "no:unraisableexception", "--tb=native"]  # half of what a short test takes
        options += [f"--basetemp={scratch}/tests-{number}", "--hypothesis-profile=mutants"]
        if tests:
            status = int(pytest.main([*options, *files], plugins=[AskedFirst(mutated), Ordered(tests)]))
            if status != 0:
                break
    return status


def child(root: Path, case: Case, scratch: str) -> None:
    """The whole life of a forked process. It never returns: its exit code is pytest's."""
    status = 3
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (case.cpu_s, case.cpu_s + 5))
        output = os.open(f"{scratch}/output", os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(root)
        status = run_tests(root, case, scratch)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def verdict_of(status: int) -> Verdict:
    """From a child's exit code, a signal's number below zero. 0: every test passed; 5: none of them exists any more."""
    if -status in (signal.SIGXCPU, signal.SIGKILL):
        return Verdict.TIMEOUT
    return {0: Verdict.SURVIVED, 5: Verdict.UNTESTED}.get(status, Verdict.KILLED)


@dataclass(frozen=True)
class Trial:
    """A case in its process. `began_s`, `end_s`: monotonic; one that has not ended by then waits for ever."""

    case: Case
    process: ForkProcess
    scratch: str
    began_s: float

    @property
    def end_s(self) -> float:
        return self.began_s + WALL_PER_CPU_S * self.case.cpu_s

    def end(self) -> None:
        """With all that it has begun, if it has come so far."""
        if self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()

    def judged(self) -> Judged:
        """Of one that has ended, or is about to."""
        self.process.join()
        output = Path(self.scratch, "output").read_text(errors="replace")
        shutil.rmtree(self.scratch, ignore_errors=True)
        status = self.process.exitcode
        assert status is not None
        return Judged(self.case, verdict_of(status), output, time.monotonic() - self.began_s)


def begin(root: Path, case: Case) -> Trial:
    """In a process of its own."""
    scratch = tempfile.mkdtemp(prefix="mutant-")
    process = get_context("fork").Process(target=child, args=(root, case, scratch))
    process.start()
    return Trial(case, process, scratch, time.monotonic())


def judge(root: Path, cases: Iterable[Case], workers: int) -> Iterator[Judged]:
    """Verdicts as they come up, `workers` mutants at a time."""
    running: list[Trial] = []
    for case in cases:
        if not case.tests:
            yield Judged(case, Verdict.UNTESTED, "", 0.0)
            continue
        running.append(begin(root, case))
        while len(running) >= workers:
            yield from ended(running)
    while running:
        yield from ended(running)


def ended(running: list[Trial]) -> Iterator[Judged]:
    """Those that end next, taken out of the list; one that waits for ever is ended with its whole process group."""
    left_s = max(min(trial.end_s for trial in running) - time.monotonic(), 0.0)
    done = wait([trial.process.sentinel for trial in running], left_s)
    now_s = time.monotonic()
    for trial in list(running):
        if trial.process.sentinel not in done:
            if now_s < trial.end_s:
                continue
            trial.end()
        running.remove(trial)
        yield trial.judged()
