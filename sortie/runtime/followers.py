"""Rule for time that waits for its clients: vehicle time advances only as far as every client has followed.

`Followers` has the rule, without I/O. It is told when bytes are sent or received, and what was observed of each client
(unread bytes; does its process work? does it owe an answer?). It returns how far time may advance and when to check
again. A client has followed when it has read everything, does nothing and owes nothing, and either it is proved that
nothing is in transit, or no link has carried anything for a quiet time. Until then vehicle time advances no further
than the lead beyond the first message that a client has not followed. A client that has not followed within the limit
is reported and ignored until it has followed again. Time for which it waited for a processor does not count.

A loop that polls never rests, or is seen at rest by chance. A client that has read everything, but whose process does
not rest within the limit, is taken for such a loop. From then on it has followed `POLLER_S` after it has read
everything, until its process has rested `RESTS` times in succession.

Two tables define the rule: `CLIENTS` has the next state of a client at a check, `TIME` the next state of time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import Final

from autopilot.interface.records import dataclass
from sitl.starving import extended_s
from sortie.config.values import PaceBounds
from sortie.logs.run_log import LOGGER

QUIET_S: Final = 0.0005
"""Default quiet time, s. Only with this default, proved stillness replaces the quiet time."""
BACKING_OFF: Final = 0.1
"""Share of the elapsed wait after which the next check follows, because a check takes processor time from the
client."""
LONGEST_LOOK_S: Final = 0.02
POLLER_S: Final = 0.01
"""Wait for a client that polls, s, when it has read everything."""
RESTS: Final = 10
"""Checks in succession that must find its process at rest until it is waited for as others are."""


@dataclass(frozen=True, slots=True)
class ClientSight:
    """Observation of a client. `unread`: bytes that it has not read. `at_work`: its process runs or wants to run.
    `owes`: it has not answered a barrier. `ours`: it is in this process. `still`: it is proved that no byte is in
    transit and that the client does nothing until it receives something or a timer of its own expires. `starved_s`:
    time for which its processes have waited for a processor since it was last seen without work, s."""

    unread: int = 0
    at_work: bool = False
    ours: bool = False
    owes: bool = False
    still: bool = False
    starved_s: float = 0.0

    @property
    def polls(self) -> bool:
        """True when all that is left is that its process does not rest."""
        return self.at_work and not (self.unread or self.owes)

    @property
    def follows(self) -> bool:
        """True when the client has no work left."""
        return not (self.unread or self.at_work or self.owes)


class ClientState(Enum):
    FOLLOWS = auto()
    BEHIND = auto()
    LEFT = auto()
    """The client exceeded the limit, and time does not wait for it now."""


class ClientEvent(Enum):
    LEVEL = auto()
    """No work is left."""
    BUSY = auto()
    OVERDUE = auto()
    """Busy longer than the limit."""


CLIENTS: Final[Mapping[tuple[ClientState, ClientEvent], ClientState]] = {
    (ClientState.FOLLOWS, ClientEvent.LEVEL): ClientState.FOLLOWS,
    (ClientState.FOLLOWS, ClientEvent.BUSY): ClientState.BEHIND,
    (ClientState.FOLLOWS, ClientEvent.OVERDUE): ClientState.LEFT,
    (ClientState.BEHIND, ClientEvent.LEVEL): ClientState.FOLLOWS,
    (ClientState.BEHIND, ClientEvent.BUSY): ClientState.BEHIND,
    (ClientState.BEHIND, ClientEvent.OVERDUE): ClientState.LEFT,
    (ClientState.LEFT, ClientEvent.LEVEL): ClientState.FOLLOWS,
    (ClientState.LEFT, ClientEvent.BUSY): ClientState.LEFT,
    (ClientState.LEFT, ClientEvent.OVERDUE): ClientState.LEFT,
}


class TimeState(Enum):
    RUNS = auto()
    """All clients have followed."""
    HELD = auto()
    """At least one client is behind."""
    SETTLES = auto()
    """No client is behind, but the quiet time is not over."""


class FollowingEvent(Enum):
    """Result of a check of all clients, or a transmission."""

    CARRIED = auto()
    """A link carried something in either direction."""
    BEHIND = auto()
    """A client that time waits for has not followed."""
    STIRRED = auto()
    """All clients have followed, but a link carried something within the quiet time."""
    QUIET = auto()
    """All clients have followed and the quiet time is over or stillness is proved; or no client counts; or the limit
    has passed."""


TIME: Final[Mapping[tuple[TimeState, FollowingEvent], TimeState]] = {
    (TimeState.RUNS, FollowingEvent.CARRIED): TimeState.SETTLES,
    (TimeState.RUNS, FollowingEvent.BEHIND): TimeState.RUNS,
    (TimeState.RUNS, FollowingEvent.STIRRED): TimeState.RUNS,
    (TimeState.RUNS, FollowingEvent.QUIET): TimeState.RUNS,
    (TimeState.HELD, FollowingEvent.CARRIED): TimeState.HELD,
    (TimeState.HELD, FollowingEvent.BEHIND): TimeState.HELD,
    (TimeState.HELD, FollowingEvent.STIRRED): TimeState.SETTLES,
    (TimeState.HELD, FollowingEvent.QUIET): TimeState.RUNS,
    (TimeState.SETTLES, FollowingEvent.CARRIED): TimeState.SETTLES,
    (TimeState.SETTLES, FollowingEvent.BEHIND): TimeState.HELD,
    (TimeState.SETTLES, FollowingEvent.STIRRED): TimeState.SETTLES,
    (TimeState.SETTLES, FollowingEvent.QUIET): TimeState.RUNS,
}


class Followers:
    """State of all clients and of vehicle time, with the rule of this module.

    `wall_s` is real time (s), vehicle time is in ms, clients are known by name. `warn(text)` reports a client that
    exceeded the limit; `note_gone(text)` one that disconnected while it was behind, as many do at the end of a test.
    `we_wait()` is true while a thread of this process waits for vehicle time. Then unread bytes of clients in this
    process do not count, because the same thread probably has to read them.
    """

    def __init__(
        self,
        bounds: PaceBounds | None = None,
        warn: Callable[[str], None] = LOGGER.warning,
        note_gone: Callable[[str], None] = LOGGER.info,
        *,
        we_wait: Callable[[], bool] = lambda: False,
    ) -> None:
        self.bounds = PaceBounds() if bounds is None else bounds
        self.quiet_s = QUIET_S if self.bounds.quiet_s is None else self.bounds.quiet_s
        self._we_wait = we_wait
        self.time = TimeState.RUNS
        self.clients: dict[str, ClientState] = {}
        self._pollers: dict[str, int] = {}
        self._warn = warn
        self._note_gone = note_gone
        self._stirred_s = 0.0
        self._since_s = 0.0
        self._until_ms = 0

    @property
    def any_client(self) -> bool:
        """True while time waits for at least one client."""
        return any(client is not ClientState.LEFT for client in self.clients.values())

    @property
    def until_ms(self) -> int | None:
        """Limit of vehicle time now, ms; None: no limit."""
        return None if self.time is TimeState.RUNS else self._until_ms

    def stir(self, wall_s: float, vehicle_ms: int) -> None:
        """Note that a link carried something in either direction."""
        self._stirred_s = wall_s
        if self.time is TimeState.RUNS:
            self._since_s = wall_s
            self._until_ms = vehicle_ms + round(1000.0 * self.bounds.lead_s)
        self.time = TIME[self.time, FollowingEvent.CARRIED]

    def look(self, wall_s: float, sights: Mapping[str, ClientSight]) -> float | None:
        """Update the states and return the time until the next check, s; None: time may run. `sights`: all connected
        clients."""
        waited_s = 0.0 if self.time is TimeState.RUNS else wall_s - self._since_s
        self._see(sights, waited_s)
        now = self._now(wall_s, sights, overdue=waited_s >= self.bounds.limit_s)
        self.time = TIME[self.time, now]
        if self.time is TimeState.RUNS:
            return None
        if self.time is TimeState.HELD:
            self._stirred_s = wall_s  # its next action may be an answer, so the quiet time begins when it has followed
            slow_s = min(BACKING_OFF * (wall_s - self._since_s), LONGEST_LOOK_S)
            return max(self.quiet_s, slow_s)
        return self._stirred_s + self.quiet_s - wall_s

    def _see(self, sights: Mapping[str, ClientSight], waited_s: float) -> None:
        """Move each client to its next state. `waited_s`: time for which vehicle time has waited, s."""
        if self._we_wait():
            sights = {
                name: replace(sight, unread=0, owes=False) if sight.ours else sight for name, sight in sights.items()
            }
        before, self.clients = self.clients, {}
        for name, sight in sights.items():
            was = before.get(name, ClientState.FOLLOWS)
            client = self.clients[name] = CLIENTS[was, self._event(name, was, sight, waited_s)]
            if client is ClientState.LEFT and was is not ClientState.LEFT:
                self._warn(f"{name} did not follow within {self.bounds.limit_s:g} s: time does not wait for it now")
            elif client is ClientState.FOLLOWS and was is ClientState.BEHIND:
                self._count_rests(name, sight)
        for name, was in before.items():
            if name in sights:
                continue
            self._pollers.pop(name, None)
            if was is ClientState.BEHIND:
                self._note_gone(f"{name} has gone before it had followed: time does not wait for it")

    def _event(self, name: str, was: ClientState, sight: ClientSight, waited_s: float) -> ClientEvent:
        """Return what this check means for a client."""
        # While time runs no client counts as behind: unread bytes were sent after the check, and the next one sees
        # them.
        if sight.follows or (self.time is TimeState.RUNS and was is not ClientState.LEFT):
            return ClientEvent.LEVEL
        overdue = waited_s >= extended_s(self.bounds.limit_s, sight.starved_s)
        if not sight.polls:
            return ClientEvent.OVERDUE if overdue else ClientEvent.BUSY
        waits_less = name in self._pollers and waited_s >= POLLER_S
        return ClientEvent.LEVEL if overdue or waits_less or was is ClientState.LEFT else ClientEvent.BUSY

    def _count_rests(self, name: str, sight: ClientSight) -> None:
        """Count how often the process of a client that polls must rest until it is waited for as others are."""
        if sight.polls:
            if name not in self._pollers:
                limit_s = self.bounds.limit_s
                self._warn(f"{name} did not rest within {limit_s:g} s: time waits only until it has read everything")
            self._pollers[name] = RESTS
        elif name in self._pollers:
            self._pollers[name] -= 1
            if not self._pollers[name]:
                del self._pollers[name]

    def _now(self, wall_s: float, sights: Mapping[str, ClientSight], *, overdue: bool) -> FollowingEvent:
        if any(client is ClientState.BEHIND for client in self.clients.values()):
            return FollowingEvent.BEHIND
        if overdue or not self.any_client or wall_s >= self._stirred_s + self.quiet_s:
            return FollowingEvent.QUIET
        followed = (sights[name] for name, client in self.clients.items() if client is ClientState.FOLLOWS)
        proved = self.bounds.quiet_s is None and all(sight.still for sight in followed)
        return FollowingEvent.QUIET if proved else FollowingEvent.STIRRED
