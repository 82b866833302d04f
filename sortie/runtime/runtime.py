"""Runtime: one thread that advances the time of any number of nodes and carries their messages.

Without sockets, time is virtual: link time is vehicle time, and everything follows from the seed. With sockets, link
time is real time. Paced runs (any speed but 0) fly what is due, send and read (`share`). Runs ahead (speed 0, while
`ahead()`) make passes as fast as they can and check the links every fraction of a millisecond; a client that does not
read stops the clock (`Readers`). With `clients`, time advances as far as they have followed. Phases: see `node`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING

from autopilot.context.turns import earliest
from autopilot.interface.layout import TICK_MS
from mavlink_bridge.links.hub import LinkOwner
from sortie.logs.run_log import tell
from sortie.metrics.load import Jitter
from sortie.runtime.loader import Loader, LoadingLinks, judge_kernel
from sortie.runtime.node import RUN, Node, VehicleNode, first_due_ms
from sortie.runtime.pacing import FOR_EVER_MS, Pace, Readers
from sortie.runtime.share import Lag, PeriodicSaving, Share, WallHeartbeats, never
from sortie.runtime.signals import Signals
from sortie.runtime.sockets import Sockets
from sortie.runtime.wire import Wire, Wires

if TYPE_CHECKING:
    from sortie.runtime.client_pace import ClientPace  # loaded where clients pace

SLICE_S = 0.001
ALONE_SLICE_S = 0.005  # without clients, a new client waits up to this long
PACED_SLICE_S = 0.02
MAX_SLEEP_S = 1.0

_own_time: Callable[[Node], int] = attrgetter("now_ms")


class Runtime:
    """Loop for any number of nodes. `sockets` None: virtual time, until `go_real`. `wall_s`: monotonic real time.
    `virtual_links`: link time is vehicle time although there are sockets, because the clients only observe."""

    def __init__(
        self,
        sockets: Sockets | None = None,
        wall_s: Callable[[], float] = time.monotonic,
        *,
        virtual_links: bool = False,
    ) -> None:
        self.sockets = sockets
        self.virtual_links = virtual_links
        self.signals = Signals()
        self.jitter, self.keeping = Jitter(), PeriodicSaving()
        self._wall_s = wall_s
        self._zero_ms = 0  # link time when `wall_s` is 0
        self._read_s = inf  # when the links were last read, or link time was asked for from outside
        self._nodes: list[Node] = []
        self._vehicles: list[VehicleNode] = []
        self._plain: list[Node] = []
        self._wires, self._readers = Wires(), Readers()
        self.clients: ClientPace | None = None
        """Pace by clients; None: time waits for no client, except at speed 0 for full buffers."""
        self._wired = False
        self._limit_ms = FOR_EVER_MS
        self._due_s = 0.0
        self.share = Share(wall_s) if sockets is None else sockets.share
        self._beats, self._lag = WallHeartbeats(), Lag(tell)
        self.set_speedup(1.0, never)

    # --- who takes part -----------------------------------------------------------------------------------------------
    def add(self, node: Node) -> None:
        """Add a node without a vehicle."""
        self._nodes, self._plain = [*self._nodes, node], [*self._plain, node]
        self._arrange()

    def add_vehicle(self, node: VehicleNode) -> None:
        """Add a node whose time advances."""
        self._nodes, self._vehicles = [*self._nodes, node], [*self._vehicles, node]
        self._arrange()

    def remove(self, node: Node) -> None:
        """Remove a node and its wires. The links of its endpoints stay open for the next owner of the endpoints."""
        self._nodes.remove(node)
        self._plain = [plain for plain in self._plain if plain is not node]
        self._vehicles = [vehicle for vehicle in self._vehicles if vehicle is not node]
        self._arrange([wire for wire in self._wires.all() if node not in (wire.a.node, wire.b.node)])

    def connect(self, wire: Wire) -> None:
        """Add a wire between two nodes of this runtime. The nodes may be added later."""
        self._arrange([*self._wires.all(), wire])

    def stir(self) -> None:
        """Note an event that no wire carries: all nodes on wires are called once more at this instant."""
        self._wires.stir()

    def _arrange(self, wires: list[Wire] | None = None) -> None:
        self._wires.arrange(self._nodes, self._vehicles, wires)
        self._wired = bool(self._wires)

    def open(self, endpoint: LinkOwner, url: str) -> str:
        """Open a socket or serial link and return its address. UserError when it fails. Time is real from now on."""
        return self.go_real().open(endpoint, url, self.link_ms)

    def go_real(self) -> Sockets:
        """Make link time follow real time from now on."""
        if self.sockets is None:
            self._zero_ms = self.now_ms - int(self._wall_s() * 1000.0)
            self.sockets = Sockets(share=self.share)
        return self.sockets

    def close(self) -> None:
        """Close all links and restore the signal handlers."""
        self.signals.silence()
        if self.clients is not None:
            self.clients.close()
        if self.sockets is not None:
            self.sockets.close()
            self.sockets = None
        self.signals.remove()

    # --- time ---------------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        """Vehicle time, ms: that of the slowest vehicle."""
        vehicles = self._vehicles
        return vehicles[0].now_ms if len(vehicles) == 1 else min((vehicle.now_ms for vehicle in vehicles), default=0)

    @property
    def link_ms(self) -> int:
        """Current link time, ms."""
        self._read_s = self._wall_s()
        return self._link_ms(self._read_s)

    def _link_ms(self, wall_s: float) -> int:
        if self.sockets is None or self.virtual_links:
            return self.now_ms
        known_s = min(wall_s, self._read_s + MAX_SLEEP_S)  # a process that was stopped reads before it judges silence
        return int(known_s * 1000.0) + self._zero_ms

    def set_speedup(
        self, speedup: float, ahead: Callable[[], bool], clock: Callable[[], int | None] | None = None
    ) -> None:
        """Set the speed. `ahead()`: whether vehicle time may run ahead of real time now; called at speed 0 only.
        `clock`: of a simulator that vehicle time waits for (`Pace`)."""
        self._ahead = ahead if speedup == 0.0 else never
        self._pace = Pace(speedup or 1.0, clock)
        self._was_ahead = True

    def install_signals(self, first_interrupt: Callable[[], bool] | None = None) -> None:
        """Make SIGTERM and Ctrl-C end `run`. `first_interrupt` is described in `signals`."""
        self.signals.install(self.go_real().wakeup.signal_fd, first_interrupt)

    # --- the loop -----------------------------------------------------------------------------------------------------
    def run(
        self,
        finished: Callable[[], bool],
        each: Callable[[float], None] | None = None,
        *,
        every_s: float = MAX_SLEEP_S,
        patience_s: float = inf,
    ) -> bool:
        """Turn until `finished()` (returns True), a signal, or the end of `patience_s` (False). `each(wall_s)` is
        called once a turn and at least every `every_s`."""
        end_s = self._wall_s() + patience_s
        while not finished():
            remaining_s = end_s - self._wall_s()
            if self.signals.number is not None or remaining_s <= 0.0:
                return False
            self.turn(finished, min(every_s, remaining_s))
            self.signals.act()
            if each is not None:
                each(self._wall_s())
        return True

    def turn(self, finished: Callable[[], bool], sleep_s: float = MAX_SLEEP_S) -> None:
        """Make one turn: some passes of the vehicles, then the links, then sleep if nothing is due."""
        self.signals.running = True
        if self.sockets is None:
            self.step(self._limit_ms)
            return
        wall_s = self._wall_s()
        self.keeping.look(wall_s)
        instants = RUN if self.clients is None and len(self._nodes) == 1 and not self._wired else 1
        for vehicle in self._vehicles:
            vehicle.look_again()
            vehicle.most_instants = instants
        if self._runs_ahead(wall_s):
            self._turn_ahead(wall_s, finished)
        else:
            self._turn_paced(wall_s, finished, sleep_s)

    def step(self, limit_ms: int) -> None:
        """Advance to the next event, at most to vehicle time `limit_ms`."""
        if self.sockets is None:
            if self.keeping:
                self.keeping.look(self._wall_s())
            for vehicle in self._vehicles:
                vehicle.look_again()
            self._pass(min(limit_ms, max(self._next_link_event_ms(), self.now_ms + TICK_MS)), self.now_ms)
            return
        self._limit_ms = limit_ms
        try:
            self.turn(lambda: self.now_ms >= limit_ms)
        finally:
            self._limit_ms = FOR_EVER_MS

    def settle(self) -> None:
        """Let all nodes act at once on a change from outside, and exchange the messages about it."""
        link_ms = self.link_ms
        for node in self._vehicles if self._wired else self._nodes:
            node.serve_links(node.now_ms if self.sockets is None or self.virtual_links else link_ms)
        self._send(link_ms, looking=True)

    def look(self) -> None:
        """Let nodes without vehicle act on a change from outside, and all nodes on its consequences."""
        self._send(self.link_ms, looking=True)

    # --- passes of the vehicles -------------------------------------------------------------------------------------
    def _pass(self, until_ms: int, link_ms: int) -> None:
        """Advance all vehicles to the earliest deadline and serve that instant. A single vehicle finds its own."""
        until_ms = min(until_ms, self._limit_ms)
        until_ms = first_due_ms(self._plain if len(self._vehicles) == 1 else self._nodes, until_ms)
        virtual = self.sockets is None or self.virtual_links
        if self._wired and (virtual or self.clients is not None):
            due = self._wires.next_deadline_ms()
            if due is not None and due < until_ms:
                until_ms = due
        for vehicle in self._vehicles:
            if vehicle.now_ms < until_ms:
                vehicle.advance(until_ms, None if virtual else link_ms)
        if self._wired:
            self._exchange(self.now_ms if virtual else link_ms, looking=True)
        self._commit(link_ms)

    def _next_link_event_ms(self) -> int:
        """Return the next link event in virtual time, ms: a protocol's deadline or the arrival of a frame."""
        dues = [self._wires.next_deadline_ms(), *(node.next_link_deadline_ms() for node in self._nodes)]
        dues += [endpoint.claim_deadline_ms() for node in self._nodes for endpoint in node.endpoints]
        due_ms = earliest(dues)
        return FOR_EVER_MS if due_ms is None else due_ms

    def _commit(self, link_ms: int) -> None:
        virtual = self.sockets is None or self.virtual_links
        for node in self._nodes:
            node.commit(node.now_ms if virtual else link_ms)

    def exchange(self) -> None:
        """Carry all waiting messages on the wires, and the answers, until none is left."""
        if self._wired:
            self._exchange(self.link_ms)

    def _exchange(self, link_ms: int, *, looking: bool = False) -> None:
        if self.sockets is not None and not self.virtual_links:
            wires_ms = link_ms if self.clients is None else self.now_ms  # messages in transit are not followed yet
            self._wires.exchange(lambda node: link_ms, wires_ms, looking=looking)
            return
        self._wires.exchange(_own_time, link_ms, looking=looking)
        if self.sockets is None:
            for node in self._nodes:
                for endpoint in node.endpoints:
                    endpoint.give_up_claims(node.now_ms, node.now_ms)

    def _send(self, link_ms: int, *, looking: bool = False) -> None:
        """Exchange messages between nodes, commit, then flush."""
        if self._wired:
            self._exchange(link_ms, looking=looking)
        self._commit(link_ms)
        sockets = self.sockets
        if sockets is not None:
            if self.clients is not None:
                self.clients.will_send(sockets.hubs(), self._wall_s(), self.now_ms, link_ms)
            sockets.flush()

    # --- ahead --------------------------------------------------------------------------------------------------------
    def _turn_ahead(self, wall_s: float, finished: Callable[[], bool]) -> None:
        self._was_ahead = True
        free_ms = self._free_ms(wall_s)
        wait_s = self._stands_still_s(wall_s, free_ms)
        if wait_s is not None:
            self._stand_still(wait_s, finished)
            return
        link_ms = self._link_ms(wall_s)
        end_s = wall_s + (SLICE_S if any(hub.links() for hub in self._sockets.hubs()) else ALONE_SLICE_S)
        ahead, now_s, advance = self._ahead, self._wall_s, self._pass
        while ahead() and not finished():
            advance(free_ms, link_ms)
            if now_s() >= end_s or self._must_tell(free_ms):
                break
        self._send(link_ms)
        self._take_input(0.0, finished)

    def _stands_still_s(self, wall_s: float, free_ms: int) -> float | None:
        """Return how long vehicle time must wait, s: for clients, or for full buffers; None: it does not wait."""
        if self.clients is None:
            return self._readers.wait_s(self._sockets.hubs(), wall_s)
        return self.clients.wait_s if self.now_ms >= free_ms else None

    def _stand_still(self, wait_s: float, finished: Callable[[], bool]) -> None:
        """Wait for input, at most `wait_s`. Clients that measure silence by real time receive a HEARTBEAT."""
        self._take_input(wait_s, finished)
        if self.clients is not None and self.clients.is_silent(self._wall_s()):
            self._beat()
        self._send(self.link_ms)

    def _runs_ahead(self, wall_s: float) -> bool:
        if self.clients is not None:
            self.clients.meet(self._sockets.hubs(), wall_s, self._link_ms(wall_s))
        return self._ahead()

    def _free_ms(self, wall_s: float) -> int:
        """Return the limit of vehicle time that the clients allow, ms."""
        if self.clients is None:
            return FOR_EVER_MS
        return self.clients.free_ms(self._sockets.hubs(), wall_s, self.now_ms, self._link_ms(wall_s))

    def _must_tell(self, free_ms: int) -> bool:
        """Check whether vehicle time must stop here to inform clients and check work."""
        return self.clients is not None and (self.now_ms >= free_ms or self.clients.must_look(self._sockets.hubs()))

    def _take_input(self, wait_s: float, finished: Callable[[], bool]) -> None:
        ready = self._sockets.poll.wait(wait_s)
        wall_s = self._wall_s()
        if ready and not self._was_ahead:
            self._catch_up(self._link_ms(wall_s), wall_s, finished)  # a message acts at the time that is due
        if ready and self.clients is not None:
            self.clients.rule.stir(wall_s, self.now_ms)
        self._receive(serve=ready or not self._was_ahead)

    def _receive(self, *, serve: bool) -> None:
        sockets, virtual, link_ms = self._sockets, self.virtual_links, self.link_ms
        serve = serve and (not virtual or sockets.has_links)  # otherwise something is due only in a pass
        bounded = not self._was_ahead and self.clients is None
        for node in self._nodes:
            at_ms = node.now_ms if virtual else link_ms
            self.share.begin(bounded=bounded)
            if not sockets.receive(node, at_ms) and serve:
                self.share.begin(bounded=bounded)
                node.serve_links(at_ms)
        self.share.begin(bounded=False)
        if serve:
            self._send(link_ms)

    # --- paced --------------------------------------------------------------------------------------------------------
    def _turn_paced(self, wall_s: float, finished: Callable[[], bool], sleep_s: float) -> None:
        if self._was_ahead:
            self._was_ahead = False
            self._readers.forget()  # a paced run does not wait for readers
            self._pace.rebase(wall_s, self.now_ms)
        elif wall_s >= self._due_s and self.clients is None:
            self.jitter.note(wall_s - self._due_s)
        if self.clients is not None and self.now_ms >= self._free_ms(wall_s):
            self._stand_still(self.clients.wait_s, finished)
            self._pace.rebase(self._wall_s(), self.now_ms)  # time that stood still is not made up for
            return
        link_ms = self._link_ms(wall_s)
        moved = self._catch_up(link_ms, wall_s, finished)
        if self.clients is None and self._beats.due(self._wall_s(), self.now_ms):
            self._beat()
            moved = True
        if moved:  # otherwise the end of the last turn, or who changed something, has sent all
            self._send(link_ms)
        self._take_input(min(self._sleep_s(), sleep_s), finished)

    def _catch_up(self, link_ms: int, wall_s: float, finished: Callable[[], bool]) -> bool:
        """Make passes until vehicle time is what is due at `wall_s`; return False if it is. If the machine is too slow,
        links and signals still get their turn every `PACED_SLICE_S`, and no vehicle moves after the end."""
        now_ms = self.now_ms
        due_ms, free_ms = self._pace.due_ms(wall_s, now_ms), self._free_ms(wall_s)
        if (lost_s := self._pace.take_lost_s()) and self._vehicles:
            self._lag.note(lost_s, wall_s, self._pace.factor)
        due_ms = min(due_ms - due_ms % TICK_MS, self._limit_ms, free_ms)
        if now_ms >= due_ms:
            return False
        end_s = wall_s + PACED_SLICE_S
        if self.clients is None:
            self._beats.passes_begin(wall_s)
        while now_ms < due_ms and self._vehicles and not finished():
            self._pass(due_ms, link_ms)
            if self._wall_s() >= end_s or self._must_tell(free_ms):
                break
            now_ms = self.now_ms
        self._beats.passes_end()
        return True

    def breathe(self) -> None:
        """Send a HEARTBEAT during a long pass of a node if one is due by real time. Acknowledged messages were stored
        before they were queued, so all may be sent."""
        if self._beats.due_within_pass(self._wall_s()):
            self._beat()
            self._sockets.flush()

    def _sleep_s(self) -> float:
        """Return the short time to the next deadline on either clock, s; events of vehicles are reported soon."""
        now_s = self._wall_s()
        wait_s = min(MAX_SLEEP_S, self._until_links_s())
        if self._vehicles:
            next_ms = first_due_ms(self._nodes, self._limit_ms)
            for vehicle in self._vehicles:
                next_ms = min(next_ms, vehicle.now_ms + vehicle.look_every_ms)
            wait_s = min(wait_s, self._pace.wall_s(next_ms) - now_s)
        self._due_s = now_s + wait_s
        return max(wait_s, 0.0)

    def _until_links_s(self) -> float:
        """Return the time to the next deadline on link time, s; negative when it has passed."""
        if self.virtual_links:
            return inf
        due_ms = self._sockets.next_deadline_ms()
        for node in self._nodes:  # without `earliest` and its list: asked for each message
            node_ms = node.next_link_deadline_ms()
            if node_ms is not None and (due_ms is None or node_ms < due_ms):
                due_ms = node_ms
        if self._wired and self.clients is None:
            due_ms = earliest((due_ms, self._wires.next_deadline_ms()))
        return inf if due_ms is None else (due_ms - self._zero_ms) / 1000.0 - self._wall_s()

    @property
    def _sockets(self) -> Sockets:
        assert self.sockets is not None, "time is virtual"
        return self.sockets

    # --- before the first pass ----------------------------------------------------------------------------------------
    def load(self, say: Callable[[str], None] = tell) -> None:
        """Load the compiled kernel in a thread and serve the links; vehicle time stands still. A signal ends the wait,
        not the thread (`sortie.__main__`). `say` is called about compiling or slow plain Python."""
        self.signals.running = True
        judge_kernel(say)
        if self.sockets is None:
            self._load_all()
            return
        serving = LoadingLinks(self.answer, self._beat, self.signals, self._wall_s)
        if self.sockets.hubs():
            serving.until_quiet()
        serving.while_loading(Loader(self._load_all, self.sockets.wakeup.wake), say)

    def _load_all(self) -> None:
        for vehicle in self._vehicles:
            vehicle.load()

    def _beat(self) -> None:
        for vehicle in self._vehicles:
            vehicle.beat()

    def answer(self, wait_s: float) -> bool:
        """Wait for input or a link deadline and answer, without moving the vehicles. False without input."""
        heard = self._sockets.poll.wait(max(min(wait_s, self._until_links_s()), 0.0))
        self._receive(serve=True)
        return heard
