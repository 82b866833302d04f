"""For all tests."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from autopilot.mission import commands
from sortie.runtime.processes import GC_SELDOM
from tests.fakes.program import let_children_hang_up

# Tests start Sortie as a process some hundred times, and each would compile all its modules again: more than half of
# what such a process costs. So would each worker the tests, with their assertions rewritten: 20 s of each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
let_children_hang_up()

TOLD_S = 0.05
"""Setups and teardowns as long as this are reported, for --durations."""

# How long an example takes depends on what else the machine does; speed is measured by scripts/bench.
# The ordinary suite tries the same examples of a property each time: what it says belongs to the commit. The long one
# (`scripts/test --long`) looks for what nobody has seen yet: others each time, and ten times as many.
settings.register_profile("commit", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("search", deadline=None, derandomize=False, print_blob=True, max_examples=1000)
settings.load_profile("commit")

# Hypothesis also tries the numbers and words that stand in our modules, in those that happen to be imported: the tests
# before would choose the examples.
_NOTHING, _constants_of_what_is_imported = providers._local_constants, providers._get_local_constants
providers._get_local_constants = lambda: _NOTHING if settings.default.derandomize else _constants_of_what_is_imported()


@pytest.fixture(scope="module", autouse=True)
def commands_of_packages_end_with_their_module() -> Generator[None, None, None]:
    """A package adds its mission commands for the whole process; tests elsewhere know the tables without them."""
    numbers = set(commands._SPECS)
    groups = [(group, set(group)) for group in (commands._BEYOND_NAV_LAST, commands._WITH_PLACE)]
    yield
    for number in set(commands._SPECS) - numbers:
        del commands._SPECS[number]
    for group, before in groups:
        group.intersection_update(before)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: what is imported and collected stays to the end, and out of the sight of the
    garbage collector. Afterwards it looks as seldom as in the program."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*GC_SELDOM)
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test in a worker and report only its call, and what failed or was slow before and after it. Each report is
    packed, sent, unpacked and counted, and xdist sends five for a test: 1.6 ms of processor, 15,000 times."""
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration > TOLD_S:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests that are left after others were deselected; see `in_shares`."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 2:
        items[:] = in_shares(items, workers)


def in_shares(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Tests that wait for processes first in the shares of half of the workers, modules whole. xdist gives each worker
    a share of the list to begin with (`--dist worksteal`): so the others compute meanwhile, and no test that waits is
    last."""
    waiting: dict[Path, list[pytest.Item]] = {}
    rest: list[pytest.Item] = []
    for item in items:
        waits = item.get_closest_marker("waits") or item.get_closest_marker("client")
        (waiting.setdefault(item.path, []) if waits else rest).append(item)
    ordered: list[pytest.Item] = []
    shares = workers // 2
    for first in range(shares):
        begin = [item for module in list(waiting.values())[first::shares] for item in module]
        room = max(len(items) // workers - len(begin), 0)
        ordered += begin + rest[:room]
        del rest[:room]
    return ordered + rest
