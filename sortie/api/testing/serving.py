"""Thread that flies vehicles with real sockets. Other threads pass it functions, which it calls between two passes.

When clients set the pace, a vehicle may fly 60 s while a client sleeps 1 s of real time, and the test fails for no
visible reason. `Silence` reports such gaps. A client that waits by reading is silent too, so the report states only
what was measured.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from autopilot.interface.records import dataclass
from mavlink_bridge.routing.service import Clock, Message, Peer
from sortie.api.fleet import Fleet
from sortie.api.session import Session
from sortie.config.values import PaceBounds
from sortie.nodes.camera_card import PictureReported
from sortie.runtime.client_pace import ClientPace
from sortie.runtime.followers import Followers

__tracebackhide__ = True  # as in `session`
T = TypeVar("T")
PATIENCE_S = 120.0
"""Real time after which a vehicle that does not answer its test counts as stuck, s."""
LINK = "tcpin:127.0.0.1:0"
LONG_S: Final = 10.0
"""Shortest reported silence, s of vehicle time: the default of DISARM_DELAY, which a sleeping client misses first."""
TIMES: Final = 5.0
"""Smallest reported ratio of vehicle time to real time."""
_WORDS: Final = frozenset({
    "COMMAND_LONG", "COMMAND_INT", "SET_MODE", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_COUNT", "MISSION_ACK",
    "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT", "MISSION_CLEAR_ALL", "MISSION_SET_CURRENT", "PARAM_SET",
    "PARAM_REQUEST_READ", "PARAM_REQUEST_LIST", "REQUEST_DATA_STREAM", "SET_POSITION_TARGET_LOCAL_NED",
    "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET", "RC_CHANNELS_OVERRIDE", "MANUAL_CONTROL",
    "FILE_TRANSFER_PROTOCOL",
})  # fmt: skip
"""Messages that a client sends on purpose. HEARTBEATs come from a thread of its library, by real time."""


class _Wait:
    """Wait until `done`, at most for `within_s` of vehicle time."""

    def __init__(self, session: Session, done: Callable[[Session], bool], within_s: float) -> None:
        self.future: Future[bool] = Future()
        self._session = session
        self._done = done
        self._end_s = session.time_s + within_s

    def look(self) -> bool:
        """Return True when the wait is over, and inform the waiting thread."""
        if self.future.cancelled():
            return True
        try:
            met = self._done(self._session)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            if self.future.set_running_or_notify_cancel():
                self.future.set_exception(error)
            return True
        if met or self._session.time_s >= self._end_s:
            if self.future.set_running_or_notify_cancel():
                self.future.set_result(met)
            return True
        return False


@dataclass(frozen=True, slots=True)
class SilentGap:
    """Silence of all clients: its real time, and its begin and end in vehicle time, s."""

    wall_s: float
    from_s: float
    to_s: float

    def __str__(self) -> str:
        passed_s = self.to_s - self.from_s
        return (
            f"no client said anything for {self.wall_s:.1f} s of the wall, in which {passed_s:.0f} s passed "
            f"({self.from_s:.2f} to {self.to_s:.2f} s): one that slept should use sortie.pacing.sleep"
        )


class Silence:
    """Service that measures silence of clients. `wall_s`: monotonic real time. A test that itself waits for the vehicle
    ends the silence (`rest`)."""

    clock: Clock = "vehicle"
    handles = _WORDS

    def __init__(self, wall_s: Callable[[], float]) -> None:
        self._wall_s = wall_s
        self._since: tuple[float, float] | None = None  # real and vehicle time of the last message, s
        self._first: SilentGap | None = None

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """End the silence: a client has sent a message."""
        self._first = self.gap(now_ms)
        self._since = self._wall_s(), now_ms / 1000.0

    def rest(self, now_ms: int) -> None:
        """End the silence: the test itself waits, or has waited."""
        self._first = self.gap(now_ms)
        self._since = None

    def gap(self, now_ms: int) -> SilentGap | None:
        """Return the first long silence, which may still last; None: there is none."""
        if self._first is not None or self._since is None:
            return self._first
        wall_s, from_s = self._since
        gap = SilentGap(self._wall_s() - wall_s, from_s, now_ms / 1000.0)
        passed_s = gap.to_s - gap.from_s
        return gap if passed_s > LONG_S and passed_s > TIMES * gap.wall_s else None


class Serving:
    """Thread that flies the vehicles. It calls `make`, which makes a vehicle or a fleet. Each vehicle has a TCP port;
    all share one time.

    `speedup`: factor of real time. None: as fast as clients follow, within `bounds`; without clients in real time, and
    as fast as the machine can while only a test waits.
    """

    def __init__(self, make: Callable[[], Session | Fleet], speedup: float | None, bounds: PaceBounds | None) -> None:
        self._make = make
        self._speedup = speedup
        self.pace = ClientPace(Followers(bounds, we_wait=lambda: bool(self._waits)))
        self.silence = Silence(time.monotonic)
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._waits: list[_Wait] = []
        self._ending = False
        self._over = False
        self._gate = threading.Lock()
        self._error: BaseException | None = None
        self._started: Future[tuple[Sequence[Session], Sequence[int]]] = Future()
        self.thread = threading.Thread(target=self._run, name="sortie-server", daemon=True)
        self.thread.start()
        self.sessions, self.ports = self._started.result()
        """The vehicles, which only that thread may use while they fly, and their ports."""

    def close(self) -> None:
        """Disconnect and end the thread. Raises the exception that ended it earlier."""
        self._ending = True
        with self._gate:
            if not self._over:
                self.sessions[0].wake()
        self.thread.join(PATIENCE_S)
        if self._error is not None:
            raise RuntimeError("the vehicle's thread ended early") from self._error

    @property
    def is_paced(self) -> bool:
        """True when vehicle time follows the clients."""
        return self._speedup is None

    # --- the thread that asks -----------------------------------------------------------------------------------------
    def ask(self, fact: Callable[[], T]) -> T:
        """Call `fact` in the thread that flies and return its result."""
        if threading.current_thread() is self.thread:
            return fact()
        future: Future[T] = Future()
        with self._gate:
            flies = not self._over
            if flies:
                self._calls.append((fact, future))
                self.sessions[0].wake()
        return self._answer(future) if flies else fact()

    def wait(self, session: Session, done: Callable[[Session], bool], within_s: float) -> bool:
        """Wait until `done`, at most for `within_s` of vehicle time."""
        return self._answer(self.waits(session, done, within_s), patience_s=None)

    def waits(self, session: Session, done: Callable[[Session], bool], within_s: float) -> Future[bool]:
        """Wait as `wait` does, but return a future."""
        return self.ask(lambda: self._begin(_Wait(session, done, within_s))).future

    def _begin(self, wait: _Wait) -> _Wait:
        if not wait.look():
            self.silence.rest(self._now_ms)
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
            with self._make() as made:
                sessions = (made,) if isinstance(made, Session) else tuple(made)
                for session in sessions:
                    self._serve(session)
                self._started.set_result((sessions, [int(s.add_link(LINK).rpartition(":")[2]) for s in sessions]))
                try:
                    if self._speedup is None:
                        sessions[0].serve_clients(self.pace, self._is_waited_for, self._turn)
                    else:
                        sessions[0].serve(speedup=self._speedup, until=self._turn)
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

    def _serve(self, session: Session) -> None:
        """Prepare a vehicle for serving: measure its clients' silence, wait for its pictures."""
        service = session.service
        service.endpoint.add_service(self.silence)
        camera = service.camera
        if camera is not None:
            camera.card.reported = PictureReported.WRITTEN  # the flying thread also serves other clients
            self.pace.works.dues.append(camera.unwritten_ms)

    def _turn(self) -> bool:
        """Call the functions of other threads and check the waits, once a turn. Returns True at the end."""
        while self._calls:
            fact, future = self._calls.popleft()
            try:
                future.set_result(fact())
            except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
                future.set_exception(error)
            self._stir()
        waits = [wait for wait in self._waits if not wait.look()]
        if len(waits) < len(self._waits):
            self.silence.rest(self._now_ms)
            self._stir()  # the waiting thread gets time to continue, as a client does
        self._waits = waits
        return self._ending

    @property
    def _now_ms(self) -> int:
        return self.sessions[0].service.now_ms

    def _stir(self) -> None:
        self.pace.rule.stir(time.monotonic(), self._now_ms)

    def _is_waited_for(self) -> bool:
        """True when only a test waits and no client is connected."""
        return bool(self._waits) and not any(session.service.endpoint.links() for session in self.sessions)

    def _stop(self) -> None:
        """End the service of other threads: from now on they call their functions themselves."""
        with self._gate:
            self._over = True

    def _let_go(self) -> None:
        """Answer all open requests with an error."""
        error = self._error or RuntimeError("the server was closed")
        for _, future in self._calls:
            future.set_exception(error)
        for wait in self._waits:
            if wait.future.set_running_or_notify_cancel():
                wait.future.set_exception(error)
        self._calls.clear()
        self._waits.clear()
