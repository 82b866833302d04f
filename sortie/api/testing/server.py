"""A vehicle with real sockets, flown by a thread of its own, and its test's hold on it.

`ServedVehicle` reaches into that thread: what is asked of the vehicle is asked there, between two passes, and what is
waited for is looked at there.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

from sortie.api.claims import Claims
from sortie.api.session import Session
from sortie.api.snapshot import Snapshot
from sortie.api.watch import TimedEvent
from sortie.config.values import Bounds
from sortie.runtime.client_pace import ClientPace
from sortie.runtime.followers import Followers

__tracebackhide__ = True  # as in `session`
T = TypeVar("T")
E = TypeVar("E")
PATIENCE_S = 120.0
"""Of the wall: a vehicle that does not answer its test for so long is stuck."""
HEARD_WITHIN_S = 60.0
LINK = "tcpin:127.0.0.1:0"


class _Wait:
    """Somebody waits for `done`, until vehicle time `end_s`."""

    def __init__(self, session: Session, done: Callable[[Session], bool], within_s: float) -> None:
        self.future: Future[bool] = Future()
        self._session = session
        self._done = done
        self._end_s = session.time_s + within_s

    def look(self) -> bool:
        """Is it over? Who waits is told, if he still does."""
        if self.future.cancelled():
            return True
        try:
            came = self._done(self._session)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            if self.future.set_running_or_notify_cancel():
                self.future.set_exception(error)
            return True
        if came or self._session.time_s >= self._end_s:
            if self.future.set_running_or_notify_cancel():
                self.future.set_result(came)
            return True
        return False


class Server:
    """See the module; a context manager. `make` makes the vehicle, in its thread; `speedup`: how many times faster than
    the wall it flies; None: as fast as its clients follow, within `bounds`, without one in real time, and while
    somebody only waits for the vehicle as fast as the machine goes."""

    def __init__(self, make: Callable[[], Session], speedup: float | None = None, bounds: Bounds | None = None) -> None:
        self._make = make
        self._speedup = speedup
        self.pace = ClientPace(Followers(bounds))
        self.pace.rule.we_wait = lambda: bool(self._waits)
        self._calls: deque[tuple[Callable[[Session], Any], Future[Any]]] = deque()
        self._waits: list[_Wait] = []
        self._stations: list[Any] = []
        self._ending = False
        self._over = False
        self._gate = threading.Lock()
        self._error: BaseException | None = None
        self._started: Future[tuple[Session, int]] = Future()
        self.thread = threading.Thread(target=self._run, name="sortie-server", daemon=True)
        self.thread.start()
        self.session, self.port = self._started.result()
        """The vehicle, which only its own thread may touch while it flies; the port that it listens on."""
        self.vehicle = ServedVehicle(self)

    # --- addresses ----------------------------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        """For pymavlink, DroneKit, MAVProxy."""
        return f"tcp:127.0.0.1:{self.port}"

    @property
    def mavsdk_address(self) -> str:
        """For MAVSDK."""
        return f"tcpout://127.0.0.1:{self.port}"

    def connect(self, **options: Any) -> Any:
        """A `pymavlink.mavutil` connection that has heard the vehicle; closed with the server. `options` as
        mavlink_connection has them."""
        from pymavlink import mavutil

        link = mavutil.mavlink_connection(self.url, **{"source_system": 255, "autoreconnect": False, **options})
        self._stations.append(link)
        if link.wait_heartbeat(timeout=HEARD_WITHIN_S) is None:
            raise TimeoutError(f"no HEARTBEAT from {self.url} within {HEARD_WITHIN_S:g} s")
        return link

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, and end the thread; raises what ended it before."""
        for link in self._stations:
            link.close()
        self._stations.clear()
        self._ending = True
        with self._gate:
            if not self._over:
                self.session.wake()
        self.thread.join(PATIENCE_S)
        if self._error is not None:
            raise RuntimeError("the vehicle's thread ended early") from self._error

    # --- the thread that asks -----------------------------------------------------------------------------------------
    def ask(self, fact: Callable[[Session], T]) -> T:
        """`fact` of the session, in the vehicle's thread."""
        if threading.current_thread() is self.thread:
            return fact(self.session)
        future: Future[T] = Future()
        with self._gate:
            flies = not self._over
            if flies:
                self._calls.append((fact, future))
                self.session.wake()
        return self._answer(future) if flies else fact(self.session)

    def wait(self, done: Callable[[Session], bool], within_s: float) -> bool:
        """Until `done`, or for `within_s` of vehicle time."""
        return self._answer(self.waits(done, within_s), patience_s=None)

    def waits(self, done: Callable[[Session], bool], within_s: float) -> Future[bool]:
        """As `wait`, told by a future."""
        return self.ask(lambda session: self._begin(_Wait(session, done, within_s))).future

    def _begin(self, wait: _Wait) -> _Wait:
        if not wait.look():
            self._waits.append(wait)
            if self._over:
                self._let_go()
        return wait

    def _answer(self, future: Future[T], patience_s: float | None = PATIENCE_S) -> T:
        try:
            return future.result(patience_s)
        except TimeoutError:
            if not future.done():
                raise TimeoutError(f"the vehicle did not answer for {PATIENCE_S:g} s") from None
            raise

    # --- the thread that flies ----------------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            with self._make() as session:
                camera = session.service.camera
                if camera is not None:
                    camera.card.holds_up = False  # who flies also answers others
                    camera.card.promises = lambda: False
                    self.pace.works.dues.append(camera.unwritten_ms)
                self._started.set_result((session, int(session.add_link(LINK).rpartition(":")[2])))
                try:
                    if self._speedup is None:
                        session.serve_clients(self.pace, self._is_waited_for, self._turn)
                    else:
                        session.serve(speedup=self._speedup, until=self._turn)
                except BaseException as error:
                    self._error = error
                    raise
                finally:
                    self._stop()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread of the test
            if not self._started.done():
                self._started.set_exception(error)
            self._error = error
        self._let_go()

    def _turn(self) -> bool:
        """Once a turn: answer what was asked, look at what is waited for. Is this the end?"""
        while self._calls:
            fact, future = self._calls.popleft()
            try:
                future.set_result(fact(self.session))
            except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
                future.set_exception(error)
            self._stir()
        waits = [wait for wait in self._waits if not wait.look()]
        if len(waits) < len(self._waits):
            self._stir()  # who has waited is given time to go on, as a client is
        self._waits = waits
        return self._ending

    def _stir(self) -> None:
        self.pace.rule.stir(time.monotonic(), self.session.service.now_ms)

    def _is_waited_for(self) -> bool:
        """By a test, with no client there to be waited for."""
        return bool(self._waits) and not self.session.service.endpoint.links()

    def _stop(self) -> None:
        """From here on who asks does so in its own thread; the bell is still there for who asked before."""
        with self._gate:
            self._over = True

    def _let_go(self) -> None:
        """Nobody answers any more."""
        error = self._error or RuntimeError("the server was closed")
        for _, future in self._calls:
            future.set_exception(error)
        for wait in self._waits:
            if wait.future.set_running_or_notify_cancel():
                wait.future.set_exception(error)
        self._calls.clear()
        self._waits.clear()


class ServedVehicle(Claims):
    """The vehicle of a `Server`: what only the simulator knows and can do, and claims, whoever flies it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.flown_by = server.thread

    def ask(self, fact: Callable[[Session], T]) -> T:
        """See `Claims`."""
        return self._server.ask(fact)

    def wait(self, done: Callable[[Session], bool], within_s: float, every_s: float = 0.1) -> bool:
        """See `Claims`; `done` is asked at every turn."""
        return self._server.wait(done, within_s)

    @property
    def state(self) -> Snapshot:
        """The vehicle now, as it believes."""
        return self.ask(lambda session: session.state)

    @property
    def time_s(self) -> float:
        """Vehicle time since boot."""
        return self.ask(lambda session: session.time_s)

    @property
    def events(self) -> list[TimedEvent]:
        """All that happened until now."""
        return self.ask(lambda session: list(session.events))

    def events_of(self, kind: type[E]) -> list[E]:
        """The events of one kind until now, in order."""
        return [entry.event for entry in self.events if isinstance(entry.event, kind)]

    def sleep(self, seconds: float) -> None:
        """Until so much vehicle time has passed."""
        self.wait(lambda session: False, seconds)

    async def arun_for(self, seconds: float) -> None:
        """As `sleep`, letting other tasks of the event loop run in between."""
        await asyncio.wrap_future(self._server.waits(lambda session: False, seconds))

    def param(self, name: str) -> float:
        """The value of a parameter; KeyError when unknown."""
        return self.ask(lambda session: session.param(name))

    def set_param(self, name: str, value: float) -> float:
        """As `Session.set_param`."""
        return self.ask(lambda session: session.set_param(name, value))
