"""Connection between the rule of `followers` and a runtime: reports sent and received bytes to it, and checks the
clients when vehicle time has reached its limit.

After each message on a vehicle's link, a `Barrier` sends a question. A client that answers such questions has not
followed before its answer is there. Vehicle time waits for work beside the flight (`works`) as it waits for clients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from autopilot.interface.layout import TICK_MS
from autopilot.interface.records import dataclass, field
from mavlink_bridge.links.base import Link
from mavlink_bridge.links.hub import LinkHub, LinkOwner
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.network import Network
from mavlink_bridge.services.system.barrier import Barrier
from sortie.logs.run_log import LOGGER
from sortie.runtime.followers import Followers
from sortie.runtime.onlooker import Onlooker
from sortie.runtime.pacing import FOR_EVER_MS

LOOK_S: Final = 0.002
"""Interval of checks for work beside the flight, s."""
LIMIT_S: Final = 60.0
"""Longest wait for work beside the flight, s. On a busy machine the first picture takes 10 s: its process must
start."""
BEAT_S: Final = 1.0
"""Longest silence by real time, s. MAVSDK reports a lost vehicle after 3 s of real time without HEARTBEAT."""
_ANSWER_BEYOND_MS: Final = 1000
"""Time after the limit when a question is forgotten, ms. A client that is reported by then never answers."""


@dataclass(frozen=True, slots=True)
class _BarrierClient:
    """Client of a vehicle that must answer barrier questions. `number` maps a link to the link number at `endpoint`."""

    endpoint: Endpoint
    barrier: Barrier
    number: Callable[[int], int | None]


class SideWork:
    """Work beside the flight, for example pictures that another process writes.

    Vehicle time stops before the due time of a piece of work until that piece is done. So the messages about it do not
    depend on the speed of the machine, and no flight ends before its pictures are written. Work that takes longer than
    `LIMIT_S`, for example on a blocked disk, is reported by `warn(text)`; time does not wait for it until it is on time
    again.
    """

    def __init__(self, warn: Callable[[str], None] = LOGGER.warning) -> None:
        self.dues: list[Callable[[], int | None]] = []
        """Sources of work. Each returns the vehicle time (ms) at which its first unfinished work is due, or None."""
        self._warn = warn
        self._since_s: float | None = None
        self._not_waited_for = False

    @property
    def under_way(self) -> bool:
        """True while some work is not done yet."""
        return any(due() is not None for due in self.dues)

    def until_ms(self, wall_s: float, now_ms: int) -> int:
        """Calculate the limit of vehicle time, ms: the tick before the first unfinished work is due."""
        before_ms = min((ms for due in self.dues if (ms := due()) is not None), default=FOR_EVER_MS) - 1
        until_ms = before_ms - before_ms % TICK_MS
        if now_ms < until_ms:
            self._since_s, self._not_waited_for = None, False
            return until_ms
        if self._since_s is None:
            self._since_s = wall_s
        if wall_s - self._since_s < LIMIT_S:
            return until_ms
        if not self._not_waited_for:
            self._not_waited_for = True
            self._warn(f"pictures were not written within {LIMIT_S:g} s: time does not wait for them now")
        return FOR_EVER_MS


@dataclass(slots=True)
class ClientPace:
    """Rule, observation and barriers of all clients of a runtime. `wait_s`: time until the next check after `free_ms`
    returned a limit that is reached."""

    rule: Followers = field(default_factory=Followers)
    wait_s: float = 0.0
    works: SideWork = field(default_factory=SideWork)
    _ran_s: float = 0.0
    _onlooker: Onlooker = field(default_factory=Onlooker)
    _askings: dict[LinkOwner, _BarrierClient] = field(default_factory=dict)

    def close(self) -> None:
        self._onlooker.close()

    def must_look(self, hubs: Sequence[LinkHub]) -> bool:
        """Check whether time may have to stop: a message waits to be sent to a client, or work beside the flight is not
        done."""
        return self.works.under_way or any(hub.addressed() for hub in hubs)

    def will_send(self, hubs: Sequence[LinkHub], wall_s: float, now_ms: int, link_ms: int) -> None:
        """Note that all waiting messages are sent now, at vehicle time `now_ms`."""
        for hub in hubs:
            for number, _ in hub.addressed():
                self.rule.stir(wall_s, now_ms)
                self._ask(hub.owner, number, link_ms)

    def _ask(self, owner: LinkOwner, link: int, link_ms: int) -> None:
        asking = self._asking_of(owner)
        number = None if asking is None else asking.number(link)
        if asking is not None and number is not None:
            for message in asking.barrier.ask(number, link_ms):
                asking.endpoint.send(message, number)

    def _asking_of(self, owner: LinkOwner) -> _BarrierClient | None:
        """Return the barrier for links of this owner: at its vehicle, or at the first of several. None behind a
        radio."""
        if owner not in self._askings and isinstance(owner, Endpoint | Network):
            barrier = Barrier(round(1000.0 * self.rule.bounds.limit_s) + _ANSWER_BEYOND_MS)
            endpoint = owner.endpoints[0] if isinstance(owner, Network) else owner
            number = owner.number_at_first if isinstance(owner, Network) else lambda link: link
            endpoint.add_service(barrier)
            self._askings[owner] = _BarrierClient(endpoint, barrier, number)
        return self._askings.get(owner)

    def meet(self, hubs: Sequence[LinkHub], wall_s: float, link_ms: int) -> None:
        """Check for new or returned clients while time waits for none."""
        if not self.rule.any_client and self.rule.until_ms is not None:
            self.look(hubs, wall_s, link_ms)

    def free_ms(self, hubs: Sequence[LinkHub], wall_s: float, now_ms: int, link_ms: int) -> int:
        """Return the limit of vehicle time, ms. Checks the clients only when time has reached the last limit."""
        until_ms = FOR_EVER_MS if self.rule.until_ms is None else self.rule.until_ms
        if now_ms >= until_ms:
            until_ms = self.look(hubs, wall_s, link_ms)
        works_ms = self.works.until_ms(wall_s, now_ms)
        if now_ms >= works_ms:
            self.wait_s = LOOK_S if now_ms < until_ms else min(self.wait_s, LOOK_S)
        if now_ms < min(until_ms, works_ms):
            self._ran_s = wall_s
        return min(until_ms, works_ms)

    def is_silent(self, wall_s: float) -> bool:
        """Check whether vehicle time has stood still for `BEAT_S` since it ran, or since this method last returned
        True."""
        if wall_s - self._ran_s < BEAT_S:
            return False
        self._ran_s = wall_s
        return True

    def look(self, hubs: Sequence[LinkHub], wall_s: float, link_ms: int) -> int:
        """Check all clients and return the new limit of vehicle time, ms."""
        wait_s = self.rule.look(wall_s, self._onlooker.look(hubs, self._owing(hubs, link_ms)))
        self.wait_s = 0.0 if wait_s is None else wait_s
        until_ms = self.rule.until_ms
        return FOR_EVER_MS if until_ms is None else until_ms

    def _owing(self, hubs: Sequence[LinkHub], link_ms: int) -> dict[Link, bool]:
        """Map each link with a barrier to whether the client owes an answer."""
        owing: dict[Link, bool] = {}
        for hub in hubs:
            asking = self._askings.get(hub.owner)
            if asking is None:
                continue
            for at, link in hub.links().items():
                number = asking.number(at)
                owing[link] = number is not None and asking.barrier.owes(number, link_ms)
        return owing
