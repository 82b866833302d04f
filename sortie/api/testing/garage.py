"""Vehicles of a pytest run: who made them, which test uses them, which flights are kept."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from sortie.api.claims import Claims
from sortie.api.fleet import Fleet
from sortie.api.pacing import flies
from sortie.api.session import Session
from sortie.api.testing.flown import FlownVehicle
from sortie.api.testing.restore import put_back, take
from sortie.api.testing.server import Server, serve
from sortie.api.testing.vehicle_request import VehicleRequest, layers_of, vehicle_request
from sortie.config.errors import UserError
from sortie.config.files import files_of
from sortie.config.values import PaceBounds

T = TypeVar("T")
SHOWN = 4
"""Number of vehicles in one test report: the last used ones."""
LONGEST = 120
"""Longest name of a folder, characters."""


class Garage:
    """All vehicles of a pytest run. `seed`: of vehicles without one of their own. `logs`: "failed", "all" or "none".
    `directory`: folder for kept flights."""

    def __init__(self, seed: int, logs: str, directory: Path) -> None:
        self._seed = seed
        self._directory = directory
        self._logs = logs
        self._scratch: Path | None = None
        self._made = 0
        self._open: list[FlownVehicle] = []
        self._used: list[FlownVehicle] = []
        self._test = ""
        self._item: pytest.Item | None = None
        self._fixtures: list[pytest.Item | pytest.Collector] = []
        self._files_kept = False

    def request_of(self, item: pytest.Item) -> VehicleRequest:
        """Return the vehicle that the test's markers request; a mistake in them fails the test."""
        __tracebackhide__ = True
        self.begin(item)
        try:
            return vehicle_request(*layers_of(item))
        except UserError as error:
            mistake = str(error)
        pytest.fail(f"@pytest.mark.sortie: {mistake}", pytrace=False)

    @contextmanager
    def fixture_of(self, node: pytest.Item | pytest.Collector) -> Iterator[None]:
        """Attribute vehicles made in this context to all tests of a node, because a fixture of its scope is set up."""
        self._fixtures.append(node)
        try:
            yield
        finally:
            self._fixtures.pop()

    # --- vehicles -----------------------------------------------------------------------------------------------------
    @contextmanager
    def vehicle(self, wish: VehicleRequest, item: pytest.Item) -> Iterator[Session]:
        self.begin(item)
        with self._flown(wish, item.path.parent) as session:
            yield session

    def make(self, **arguments: Any) -> AbstractContextManager[Session]:
        """Make a vehicle as the markers of the test (or of the module, for a fixture of the module) request.
        `arguments` take precedence. Relative file names start at the folder of that test or module."""
        __tracebackhide__ = True
        node = self._fixtures[-1] if self._fixtures else self._item
        layers = [] if node is None else layers_of(node)
        place = Path() if node is None else node.path
        wish = self._made_of(lambda: vehicle_request(*layers, arguments))
        return LentVehicle(self._flown(wish, place if place.is_dir() else place.parent))

    def lend(self, vehicle: Claims[Session], item: pytest.Item, stack: ExitStack) -> Claims[Session]:
        """Let the test change `vehicle`; the end of `stack` restores it."""
        self.begin(item)
        session = vehicle.ask(lambda session: session)
        for flown in self._open:
            if flown.session is session:
                self._use(flown)
        taken = vehicle.ask(take)
        stack.callback(vehicle.ask, lambda session: put_back(session, taken))
        return vehicle

    @contextmanager
    def fleets(self, wish: VehicleRequest, item: pytest.Item) -> Iterator[Callable[..., Fleet]]:
        """Return a function that makes fleets for this test."""
        self.begin(item)
        with ExitStack() as stack:

            def make(count: int | None = None, **more: Any) -> Fleet:
                __tracebackhide__ = True
                fleet = stack.enter_context(self._fleet(wish, item, count, more))
                stack.enter_context(flies(fleet[0]))  # all members share one time
                for session in fleet:
                    stack.enter_context(self._open_for(self._logged(session, more.get("seed", wish.seed))))
                return fleet

            yield make

    def _fleet(self, wish: VehicleRequest, item: pytest.Item, count: int | None, more: Mapping[str, Any]) -> Fleet:
        __tracebackhide__ = True
        return self._made_of(lambda: wish.fleet(count, self._seed, item.path.parent, **more))

    @contextmanager
    def server(
        self, wish: VehicleRequest, item: pytest.Item, speedup: float | None, bounds: Mapping[str, float]
    ) -> Iterator[Server]:
        self.begin(item)
        make = lambda: self._session(wish, item.path.parent)
        with self._served(make, wish.seed, speedup, bounds) as (server,):
            yield server

    @contextmanager
    def servers(
        self, wish: VehicleRequest, item: pytest.Item, speedup: float | None, bounds: Mapping[str, float]
    ) -> Iterator[Callable[..., list[Server]]]:
        """Return a function that makes fleets for this test, with a socket for each vehicle."""
        self.begin(item)
        with ExitStack() as stack:

            def make(count: int | None = None, **more: Any) -> list[Server]:
                __tracebackhide__ = True
                fleet = lambda: self._fleet(wish, item, count, more)
                return stack.enter_context(self._served(fleet, more.get("seed", wish.seed), speedup, bounds))

            yield make

    @contextmanager
    def _served(
        self, make: Callable[[], Session | Fleet], seed: int | None, speedup: float | None, bounds: Mapping[str, float]
    ) -> Iterator[list[Server]]:
        """Serve what `make` makes. The thread that flies the vehicles calls `make` and writes their logs."""
        __tracebackhide__ = True
        with serve(make, speedup, PaceBounds(**bounds)) as servers, ExitStack() as stack:
            stack.enter_context(flies(servers[0].vehicle))  # all members share one time
            for server in servers:
                flown = server.vehicle.ask(lambda session: self._logged(session, seed))
                flown.vehicle = server.vehicle
                stack.enter_context(self._open_for(flown))
            yield servers

    @contextmanager
    def _flown(self, wish: VehicleRequest, directory: Path) -> Iterator[Session]:
        __tracebackhide__ = True
        with (
            self._session(wish, directory) as session,
            self._open_for(self._logged(session, wish.seed)),
            flies(session),
        ):
            yield session

    def _session(self, wish: VehicleRequest, directory: Path) -> Session:
        __tracebackhide__ = True
        return self._made_of(lambda: wish.session(self._seed, directory))

    def _made_of(self, make: Callable[[], T]) -> T:
        """Call `make`; a mistake in the arguments fails the test with one line."""
        __tracebackhide__ = True
        try:
            return make()
        except UserError as error:
            mistake = str(error)
        pytest.fail(f"sortie: {mistake}", pytrace=False)

    @contextmanager
    def _open_for(self, flown: FlownVehicle) -> Iterator[None]:
        """Attribute the vehicle to the test while it flies."""
        self._open.append(flown)
        self._use(flown)
        try:
            yield
        finally:
            self._open.remove(flown)
            flown.vehicle.ask(lambda session: flown.finish())

    def _logged(self, session: Session, named_seed: int | None) -> FlownVehicle:
        return FlownVehicle(session, self._folder(), self._seed if named_seed is None else None)

    def _folder(self) -> Path | None:
        """Return a folder for the log of one vehicle; its first flight makes it."""
        if self._logs == "none":
            return None
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="sortie-tests-"))
        self._made += 1
        return self._scratch / str(self._made)

    # --- of one test --------------------------------------------------------------------------------------------------
    def begin(self, item: pytest.Item) -> None:
        """Begin a test: vehicles used from now on belong to it."""
        self._item = item
        if self._test != item.nodeid:
            self._test = item.nodeid
            self._files_kept = False
            self._forget(0)

    def _use(self, flown: FlownVehicle) -> None:
        if flown not in self._used:
            self._forget(SHOWN - 1)
            self._used.append(flown)

    def _forget(self, keep: int) -> None:
        """Forget all but the last `keep` vehicles, and delete the folders of finished ones."""
        count = max(len(self._used) - keep, 0)
        forgotten, self._used = self._used[:count], self._used[count:]
        for flown in forgotten:
            if flown not in self._open:
                flown.discard()

    def tell(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Add the flights of its vehicles to the report of a failed test, and keep their files."""
        self.begin(item)
        funcargs = list(getattr(item, "funcargs", {}).values())
        for flown in self._open:
            if any(value in (flown.session, flown.vehicle) for value in funcargs):
                self._use(flown)
        place = self._directory / folder_name(item.nodeid)
        if report.failed:
            places, lost = self._keep(place) if self._logs != "none" else ([None] * len(self._used), "")
            for number, (flown, folder) in enumerate(zip(self._used, places, strict=True), start=1):
                name = "sortie" if len(places) == 1 else f"sortie: vehicle {number} of {len(places)}"
                report.sections.append((name, _failure_text(flown, item.nodeid, folder) + lost))
        elif report.when == "teardown":
            if not self._files_kept:
                shutil.rmtree(place, ignore_errors=True)
            if self._logs == "all":
                self._keep(place)
            self._forget(0)

    def _keep(self, place: Path) -> tuple[Sequence[Path | None], str]:
        """Return the folders that are kept, one for each vehicle, and a line when the disk refuses to keep them. Only
        once for each test: the end of its fixtures adds nothing."""
        count = len(self._used)
        places = [place] if count == 1 else [place / str(number) for number in range(1, count + 1)]
        try:
            if not self._files_kept and places:
                with files_of(place, "choose another place with --sortie-log-dir"):
                    self._write(place, places)
                self._files_kept = True
        except UserError as error:
            return [None] * count, f"\nfiles:  not kept: {error}"
        return places, ""

    def _write(self, place: Path, places: Sequence[Path]) -> None:
        shutil.rmtree(place, ignore_errors=True)
        for flown, folder in zip(self._used, places, strict=True):
            _keep(flown, folder)
        with contextlib.suppress(FileExistsError):
            (self._directory / ".gitignore").open("x").write("*\n")

    def close(self) -> None:
        """End the run."""
        self._forget(0)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


class LentVehicle(AbstractContextManager["Session"]):
    """Vehicle that flies while the context is open. An access without `with` explains the mistake."""

    def __init__(self, flown: AbstractContextManager[Session]) -> None:
        self._flown = flown

    def __enter__(self) -> Session:
        __tracebackhide__ = True
        return self._flown.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        __tracebackhide__ = True
        return self._flown.__exit__(kind, value, traceback)

    if not TYPE_CHECKING:  # type checkers know the attributes

        def __getattr__(self, name: str) -> object:
            raise AttributeError(
                f"no {name} yet: the vehicle is made by `with sortie_vehicles(...) as vehicle:`, and has it there",
                name=name,
                obj=self,
            )


def _failure_text(flown: FlownVehicle, test: str, folder: Path | None) -> str:
    return flown.vehicle.ask(lambda session: flown.tell(test, folder))


def _keep(flown: FlownVehicle, place: Path) -> None:
    flown.vehicle.ask(lambda session: flown.keep(place))


def folder_name(test: str) -> str:
    name = re.sub(r"[^\w.]+", "-", test).strip("-")
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}-{zlib.crc32(test.encode()):08x}"
