"""Vehicle with real sockets for a test: `sortie_server`, and each of `sortie_servers`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sortie.api.begin import no_such_name
from sortie.api.claims import Claims
from sortie.api.fleet import Fleet
from sortie.api.session import Session
from sortie.api.snapshot import Snapshot
from sortie.api.testing.serving import Serving
from sortie.api.watch import TimedEvent
from sortie.config.errors import UserError, pip_install
from sortie.config.values import PaceBounds
from sortie.runtime.client_pace import ClientPace

__tracebackhide__ = True  # as in `session`
T = TypeVar("T")
E = TypeVar("E")
HEARD_WITHIN_S = 60.0
_BY_A_CLIENT = "its client does that; what a test may do by itself: ask(lambda session: session.{}(...))"
_INSTEAD = {
    "run_for": "let its time pass by sleep(seconds)",
    "run_until": "wait(condition, within_s=60) claims that it comes, reaches(...) that it gets there",
    "arun_until": "wait(condition, within_s=60) claims that it comes, in a thread of its own",
    **{name: _BY_A_CLIENT.format(name) for name in (
        "abort", "arm", "disarm", "go", "goto", "land", "rtl", "set_mode", "start", "takeoff", "upload", "wait_armable",
    )},
}  # fmt: skip
"""Members of `Session` that a served vehicle does not have, and what to use instead."""


@contextmanager
def serve(
    make: Callable[[], Session | Fleet], speedup: float | None = None, bounds: PaceBounds | None = None
) -> Iterator[list[Server]]:
    """Serve the vehicle that `make` makes, or all of its fleet, each on a port of its own, within the context. Other
    arguments are as for `Serving`."""
    serving = Serving(make, speedup, bounds)
    servers = [Server(serving, number) for number in range(len(serving.sessions))]
    try:
        yield servers
    finally:
        for server in servers:
            server.hang_up()
        serving.close()


class Server:
    """Vehicle `number` of those that one thread flies."""

    def __init__(self, serving: Serving, number: int) -> None:
        self.session, self.port = serving.sessions[number], serving.ports[number]
        """The vehicle, which only its own thread may use while it flies, and its TCP port."""
        self.pace: ClientPace = serving.pace
        self.vehicle = ServedVehicle(serving, self.session, self.url)
        self._stations: list[Any] = []

    @property
    def url(self) -> str:
        """Address for pymavlink, DroneKit, MAVProxy."""
        return f"tcp:127.0.0.1:{self.port}"

    @property
    def mavsdk_address(self) -> str:
        """Address for MAVSDK."""
        return f"tcpout://127.0.0.1:{self.port}"

    def connect(self, **options: Any) -> Any:
        """Return a `pymavlink.mavutil` connection that has received a HEARTBEAT; closed with the server. `options` are
        those of mavlink_connection. UserError without pymavlink."""
        try:
            from pymavlink import mavutil
        except ModuleNotFoundError as error:
            raise UserError(f"connect() needs pymavlink: {pip_install('pymavlink')}") from error

        link = mavutil.mavlink_connection(self.url, **{"source_system": 255, "autoreconnect": False, **options})
        self._stations.append(link)
        if link.wait_heartbeat(timeout=HEARD_WITHIN_S) is None:
            raise TimeoutError(f"no HEARTBEAT from {self.url} within {HEARD_WITHIN_S:g} s")
        return link

    def hang_up(self) -> None:
        """Close the connections made by `connect`."""
        for link in self._stations:
            link.close()
        self._stations.clear()


class ServedVehicle(Claims[Session]):
    """Vehicle of a `Server`: claims, and the data of the simulator. `url`: its address."""

    def __init__(self, serving: Serving, session: Session, url: str) -> None:
        self._serving = serving
        self._session = session
        self._url = url
        self.flown_by = serving.thread

    def ask(self, fact: Callable[[Session], T]) -> T:
        """Return `fact(session)`, called in the thread that flies (`Claims`)."""
        return self._serving.ask(lambda: fact(self._session))

    def pass_until(self, done: Callable[[Session], bool], within_s: float, every_s: float = 0.1) -> bool:
        """Wait until `done`, called at every turn (`Claims`)."""
        return self._serving.wait(self._session, done, within_s)

    def hints(self) -> list[str]:
        """Return hints for a failure: no client has connected, or a client sleeps by real time."""
        return self.ask(self._hints_of)

    def _hints_of(self, session: Session) -> list[str]:
        if not session.service.endpoint.totals().frames_in:
            return [f"no client has connected to {self._url} and said anything"]
        gap = self._serving.silence.gap(session.service.now_ms) if self._serving.is_paced else None
        return [] if gap is None else [str(gap)]

    if not TYPE_CHECKING:  # type checkers know the attributes

        def __getattr__(self, name: str) -> object:
            if name in _INSTEAD:
                raise AttributeError(
                    f"a vehicle that its clients fly has no {name}: {_INSTEAD[name]}", name=name, obj=self
                )
            raise no_such_name(self, name, Snapshot.__slots__)

    @property
    def state(self) -> Snapshot:
        """Current state, as the vehicle estimates it."""
        return self.ask(lambda session: session.state)

    @property
    def time_s(self) -> float:
        """Vehicle time since boot, s."""
        return self.ask(lambda session: session.time_s)

    @property
    def events(self) -> list[TimedEvent]:
        """Events until now."""
        return self.ask(lambda session: list(session.events))

    def events_of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind until now, in order."""
        return [entry.event for entry in self.events if isinstance(entry.event, kind)]

    async def arun_for(self, seconds: float) -> None:
        """Sleep as `sleep` does, while other tasks of the event loop run."""
        await asyncio.wrap_future(self._serving.waits(self._session, lambda session: False, seconds))

    def param(self, name: str) -> float:
        """Return the value of a parameter, in its unit. KeyError when unknown."""
        return self.ask(lambda session: session.param(name))

    def set_param(self, name: str, value: float) -> float:
        """Set a parameter, as `Session.set_param` does."""
        return self.ask(lambda session: session.set_param(name, value))
