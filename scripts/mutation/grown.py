"""What mutants that are judged one after the other have in common, imported once.

The parent of their processes imports all that comes before the module of the next mutant, in the order in which the
tests would import it: nothing of that depends on this module, or on one whose mutants come later. A child then imports
the mutated module and what depends on it alone, instead of all of the project: half of what a short test takes.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import ModuleType

from scripts.mutation.judge import Case, module_of


class _Later(BaseException):
    """A module is asked for whose mutants are still to be judged. No `except` of the product hides it."""


class _Refused(importlib.abc.MetaPathFinder):
    """Finds none of the modules that are still to be mutated."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Never a module: refused, or left to others."""
        if fullname in self.names:
            raise _Later(fullname)


@contextmanager
def _refusing(names: frozenset[str]) -> Iterator[None]:
    """No module of these names is imported meanwhile."""
    refused = _Refused(names)
    sys.meta_path.insert(0, refused)
    try:
        yield
    finally:
        sys.meta_path.remove(refused)


def _is_rewritten(name: str) -> bool:
    """Tests are imported by pytest, which rewrites their assertions."""
    return name.rpartition(".")[2].startswith(("test_", "conftest"))


def _import_order(tests: Sequence[str], told: Connection) -> None:
    """In a process of its own: imports these test files and pytest's plugins, and tells all that were imported, each
    behind those that it needs."""
    order: list[str] = []
    whole = importlib.machinery.SourceFileLoader.exec_module

    def executed(self: importlib.machinery.SourceFileLoader, module: ModuleType) -> None:
        whole(self, module)
        order.append(module.__name__)

    importlib.machinery.SourceFileLoader.exec_module = executed  # type: ignore[method-assign]
    for name in [*(point.module for point in entry_points(group="pytest11")), *map(module_of, tests)]:
        importlib.import_module(name)
    told.send([name for name in order if not _is_rewritten(name)])


class Grown:
    """This process, with what has been imported so far for its children."""

    def __init__(self, cases: Sequence[Case]) -> None:
        context = get_context("fork")
        told, tell = context.Pipe(duplex=False)
        files = sorted({test.partition("::")[0] for case in cases for test in case.tests})
        process = context.Process(target=_import_order, args=(files, tell))
        process.start()
        tell.close()
        self._order: list[str] = told.recv()
        process.join()
        self._places = {name: place for place, name in enumerate(self._order)}
        self._mutated = {name: self._places.get(name, len(self._order)) for name in (module_of(c.path) for c in cases)}
        self._at = 0

    def place(self, case: Case) -> int:
        """Where the module of a mutant stands in the order; behind all if it is imported in functions alone."""
        return self._mutated[module_of(case.path)]

    def grow_to(self, case: Case) -> None:
        """Import what stands before it. A package that needs what is still to be mutated is left to the children, and
        so is what lies in it."""
        place = self.place(case)
        if place <= self._at:
            return
        with _refusing(frozenset(name for name, at in self._mutated.items() if at >= place)):
            for name in self._order[self._at : place]:
                try:
                    importlib.import_module(name)
                except _Later:
                    _forget_orphans()
        self._at = place
        gc.freeze()  # a child that collects would copy all of these pages


def _forget_orphans() -> None:
    """Modules whose package could not be imported would not be found in it later."""
    for name in list(sys.modules):
        package = name.rpartition(".")[0]
        if package and package not in sys.modules:
            del sys.modules[name]
