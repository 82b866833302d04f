"""The vehicles of a pytest run: who made them, which test uses them, and what stays of their flights."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sortie.api.claims import Claims
from sortie.api.fleet import Fleet
from sortie.api.pacing import flies
from sortie.api.session import Session
from sortie.api.testing.flown import Flown
from sortie.api.testing.restore import put_back, take
from sortie.api.testing.server import Server
from sortie.api.testing.wanted import Wanted, marked, wanted
from sortie.config.errors import UserError
from sortie.config.values import Bounds

T = TypeVar("T")
SHOWN = 4
"""Vehicles that one test report tells of: those that it used last."""
LONGEST = 120
"""Characters of a folder's name."""


class Garage:
    """`seed`: of vehicles that name none. `logs`: "failed", "all" or "none". `directory`: where flights stay."""

    def __init__(self, seed: int, logs: str, directory: Path) -> None:
        self._seed = seed
        self._directory = directory
        self._logs = logs
        self._scratch: Path | None = None
        self._made = 0
        self._open: list[Flown] = []
        self._used: list[Flown] = []
        self._test = ""
        self._kept = False

    def wanted(self, item: pytest.Item) -> Wanted:
        """What the test's markers say; a mistake in them fails the test."""
        __tracebackhide__ = True
        self._begin(item)
        try:
            return marked(item.iter_markers("sortie"))
        except UserError as error:
            mistake = str(error)
        pytest.fail(f"@pytest.mark.sortie: {mistake}", pytrace=False)

    # --- vehicles -----------------------------------------------------------------------------------------------------
    @contextmanager
    def vehicle(self, wish: Wanted, item: pytest.Item) -> Iterator[Session]:
        """One for this test."""
        self._begin(item)
        with self._flown(wish, item.path.parent) as session:
            yield session

    def make(self, **arguments: Any) -> AbstractContextManager[Session]:
        """One with the arguments of the marker; a relative plan is looked for in the working directory."""
        return self._flown(wanted(arguments), Path())

    def lend(self, vehicle: Claims, item: pytest.Item, stack: ExitStack) -> Claims:
        """The test may change `vehicle`; the end of `stack` undoes it."""
        self._begin(item)
        session = vehicle.ask(lambda session: session)
        for flown in self._open:
            if flown.session is session:
                self._use(flown)
        taken = vehicle.ask(take)
        stack.callback(vehicle.ask, lambda session: put_back(session, taken))
        return vehicle

    @contextmanager
    def fleets(self, wish: Wanted, item: pytest.Item) -> Iterator[Callable[..., Fleet]]:
        """Makes fleets for this test."""
        self._begin(item)
        with ExitStack() as stack:

            def make(count: int | None = None, **more: Any) -> Fleet:
                __tracebackhide__ = True
                directory = item.path.parent
                fleet = stack.enter_context(self._made_of(lambda: wish.fleet(count, self._seed, directory, **more)))
                stack.enter_context(flies(fleet[0]))  # their time is one
                for session in fleet:
                    stack.enter_context(self._open_for(Flown(session, wish, self._folder())))
                return fleet

            yield make

    @contextmanager
    def server(
        self, wish: Wanted, item: pytest.Item, speedup: float | None, bounds: Mapping[str, float]
    ) -> Iterator[Server]:
        """One for this test, with sockets."""
        self._begin(item)
        flown: list[Flown] = []

        def make() -> Session:
            session = self._session(wish, item.path.parent)
            flown.append(Flown(session, wish, self._folder()))
            return session

        with Server(make, speedup, Bounds(**bounds)) as server:
            (one,) = flown
            one.vehicle = server.vehicle
            with self._open_for(one), flies(server.vehicle):
                yield server

    @contextmanager
    def _flown(self, wish: Wanted, directory: Path) -> Iterator[Session]:
        __tracebackhide__ = True
        with (
            self._session(wish, directory) as session,
            self._open_for(Flown(session, wish, self._folder())),
            flies(session),
        ):
            yield session

    def _session(self, wish: Wanted, directory: Path) -> Session:
        __tracebackhide__ = True
        return self._made_of(lambda: wish.session(self._seed, directory))

    def _made_of(self, make: Callable[[], T]) -> T:
        """What `make` makes; a mistake in what was asked for fails the test in one line."""
        __tracebackhide__ = True
        try:
            return make()
        except UserError as error:
            mistake = str(error)
        pytest.fail(f"sortie: {mistake}", pytrace=False)

    @contextmanager
    def _open_for(self, flown: Flown) -> Iterator[None]:
        """It flies, and the test uses it."""
        self._open.append(flown)
        self._use(flown)
        try:
            yield
        finally:
            self._open.remove(flown)
            flown.vehicle.ask(lambda session: flown.finish())

    def _folder(self) -> Path | None:
        """For the log of one vehicle; made by its first flight."""
        if self._logs == "none":
            return None
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="sortie-tests-"))
        self._made += 1
        return self._scratch / str(self._made)

    # --- of one test --------------------------------------------------------------------------------------------------
    def _begin(self, item: pytest.Item) -> None:
        """What is used from now on is used by this test."""
        if self._test != item.nodeid:
            self._test = item.nodeid
            self._kept = False
            self._forget(0)

    def _use(self, flown: Flown) -> None:
        if flown not in self._used:
            self._forget(SHOWN - 1)
            self._used.append(flown)

    def _forget(self, left: int) -> None:
        """All but the last `left`; of vehicles that are not flown any more nothing stays."""
        count = max(len(self._used) - left, 0)
        gone, self._used = self._used[:count], self._used[count:]
        for flown in gone:
            if flown not in self._open:
                flown.discard()

    def tell(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Add to the report of a test that failed what its vehicles did, and keep their flights."""
        self._begin(item)
        funcargs = list(getattr(item, "funcargs", {}).values())
        for flown in self._open:
            if any(value in (flown.session, flown.vehicle) for value in funcargs):
                self._use(flown)
        place = self._directory / folder_name(item.nodeid)
        if report.failed:
            places = self._keep(place) if self._logs != "none" else [None] * len(self._used)
            for number, (flown, kept) in enumerate(zip(self._used, places, strict=True), start=1):
                name = "sortie" if len(places) == 1 else f"sortie: vehicle {number} of {len(places)}"
                report.sections.append((name, _told(flown, item.nodeid, kept)))
        elif report.when == "teardown":
            if not self._kept:
                shutil.rmtree(place, ignore_errors=True)
            if self._logs == "all":
                self._keep(place)
            self._forget(0)

    def _keep(self, place: Path) -> Sequence[Path | None]:
        """The folders that stay, one for each vehicle. Once for each test: its fixtures' end adds nothing."""
        count = len(self._used)
        places = [place] if count == 1 else [place / str(number) for number in range(1, count + 1)]
        if not self._kept and places:
            self._kept = True
            shutil.rmtree(place, ignore_errors=True)
            for flown, kept in zip(self._used, places, strict=True):
                _keep(flown, kept)
            with contextlib.suppress(FileExistsError):
                (self._directory / ".gitignore").open("x").write("*\n")
        return places

    def close(self) -> None:
        """The run is over."""
        self._forget(0)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def _told(flown: Flown, test: str, kept: Path | None) -> str:
    return flown.vehicle.ask(lambda session: flown.tell(test, kept))


def _keep(flown: Flown, place: Path) -> None:
    flown.vehicle.ask(lambda session: flown.keep(place))


def folder_name(test: str) -> str:
    """A test's id as the name of a folder."""
    name = re.sub(r"[^\w.]+", "-", test).strip("-")
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}-{zlib.crc32(test.encode()):08x}"
