"""Fleet node: many vehicles whose bodies advance in one call of each kernel, of which only those decide that need to.

A pass goes to the end of a window that all vehicles share, over windows in which none of them has anything to do.
Within it each vehicle flies to its own next deadline or event, as it would alone; a vehicle without a decision is only
moved. So after a pass all vehicles have the same time, and each has decided at the same instants as a lone vehicle
would. Received messages are for one vehicle or for all; only the addressed ones act.

Links are shared (`Network`) or belong to one vehicle (a network of one). Link and vehicle time are in ms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.targets import Land
from autopilot.mav import Severity
from mavlink_bridge.links.hub import LinkOwner, always
from mavlink_bridge.routing.network import Network
from mavlink_bridge.wire.codec import dialect
from sitl.kernel.rows import IS_DUE, IS_OWN, LOOKS, RESTS
from sortie.nodes.kind_rows import Floats, KindRows, ReadyRow, VehicleRows
from sortie.nodes.vehicle import ARMED_LOOK_MS, IDLE_LOOK_MS, QUIET_MS, STANDING_MPS, VehicleService

WINDOW_MS: Final = 250
"""Length of a window, ms: the interval of streams at 4 Hz."""
NEVER: Final = np.inf
SETTLED_MS: Final = 5_000
"""Time without a decision after which an armed vehicle that stands does not begin to move by itself, ms: longer than
motors take to spool up."""
LOOK_MS: Final = 200
"""Time between checks of a failed vehicle that comes down, ms."""


class FailedVehicle:
    """Vehicle whose autopilot has raised `error`. The autopilot is not called any more. The control of the machine
    lands at the present place (or stops, if it does not fly) and is then disarmed. Its services still report its
    state."""

    def __init__(self, service: VehicleService, error: Exception) -> None:
        self.error = error
        self._service = service
        service.vehicle.set_target(Land())
        text = f"Autopilot failed: {type(error).__name__}; coming down"[:50].encode("ascii", "replace")
        service.endpoint.send(dialect.MAVLink_statustext_message(Severity.EMERGENCY, text))

    def arrive(self, now_ms: int, link_ms: int) -> None:
        """Follow the machine, which has moved to this vehicle time."""
        service = self._service
        service.now_ms = now_ms
        service.vehicle.take_events()
        state = service.vehicle.state
        stands = state.landed if service.autopilot.facts.vehicle_class.flies else state.ground_speed < STANDING_MPS
        if state.armed and stands:
            service.vehicle.disarm(force=True)
        service.endpoint.handle_timeouts(link_ms, now_ms)

    @property
    def next_ms(self) -> int:
        """Vehicle time of the next look, ms."""
        return self._service.now_ms + LOOK_MS


class FleetNode:
    """Node of many vehicles (`VehicleNode`). `services`: the vehicles in order; their machines are in `rows`.
    `networks`: vehicles of each shared network, at most 250; None: all are on one. `between()` is called within a pass
    before each deciding vehicle, because a thousand take seconds. `has_time()` is asked in `serve_links` before each
    further vehicle; without time, the remaining ones come first in the next call."""

    def __init__(
        self,
        services: Sequence[VehicleService],
        rows: Iterable[VehicleRows],
        *,
        networks: Sequence[Sequence[int]] | None = None,
        between: Callable[[], None] = lambda: None,
        has_time: Callable[[], bool] = always,
    ) -> None:
        self.services = tuple(services)
        self._kinds: list[KindRows] = []
        self._place: list[tuple[KindRows, int]] = []
        self._link_due_ms: npt.NDArray[np.float64] = np.full(len(self.services), NEVER)
        self._link_next_ms: float | None = None
        self._touched: set[int] = set()
        self._unsettled: set[int] = set()
        self.stranded: dict[int, FailedVehicle] = {}
        """Vehicles whose autopilot has raised an exception, by number."""
        self.on_stranded: list[Callable[[int, Exception], None]] = []
        """Callbacks for a failed vehicle: its number and its error."""
        self.on_pass: list[Callable[[int], bool]] = []
        """Callbacks for the end of a window, with the vehicle time, ms. True if all vehicles stand."""
        self.between, self.has_time = between, has_time
        self._first, self._unserved = 0, False
        self._virtual = True
        self._link_ms = 0
        self._own: list[Network] = []
        self._behind = tuple(endpoint for service in self.services for endpoint in service.endpoints[:-1])
        self._number_rows(rows)
        everyone = range(len(self.services))
        self.networks = tuple(self._network(members) for members in (networks or (everyone,)))
        self.now_ms = 0
        self._stand, self._acted_ms = False, 0
        self.most_instants = 1  # a pass is a window
        for member in everyone:
            self._note(member)

    def _number_rows(self, rows: Iterable[VehicleRows]) -> None:
        number = {id(service.vehicle): member for member, service in enumerate(self.services)}
        places: dict[int, tuple[KindRows, int]] = {}
        for kind_rows in rows:
            kind = KindRows(kind_rows, [number[id(machine)] for machine in kind_rows.machines], self.services)
            self._kinds.append(kind)
            places |= {member: (kind, row) for row, member in enumerate(kind.members)}
        self._place = [places[member] for member in range(len(self.services))]

    @property
    def states(self) -> list[tuple[Floats, Sequence[int]]]:
        """State rows of each kind of machine, with the numbers of the vehicles."""
        return [(kind.rows.state, kind.members) for kind in self._kinds]

    def columns(self, first: int, count: int) -> Floats:
        """Return columns of all report vectors, (vehicles, `count`), from entry `first`; read-only. A view where all
        vehicles are simulated and of one kind."""
        if len(self._kinds) == 1:
            found = self._kinds[0].rows.reports[:, first : first + count]
        else:
            found = np.empty((len(self.services), count))
            for kind in self._kinds:
                found[list(kind.members)] = kind.rows.reports[:, first : first + count]
        view = found.view()
        view.flags.writeable = False
        return view

    # --- links ----------------------------------------------------------------------------------------------------
    def _network(self, members: Sequence[int]) -> Network:
        endpoints = [self.services[member].endpoint for member in members]
        return Network(endpoints, lambda number: self.touch(members[number]))

    def own_network(self, member: int) -> Network:
        """Make a new network with links that only this vehicle uses."""
        made = self._network(range(member, member + 1))
        self._own.append(made)
        return made

    def own_links(self, member: int) -> OwnLinks:
        """Return the object that opens links of one vehicle in flight."""
        return OwnLinks(self, member)

    @property
    def endpoints(self) -> tuple[LinkOwner, ...]:
        """All endpoints with links; first those of members towards their firmwares."""
        return (*self._behind, *self.networks, *self._own)

    def heard(self, endpoint: LinkOwner, link_ms: int) -> bool:
        """Do nothing: members that received bytes act in `serve_links`."""
        return False

    # --- who acts -------------------------------------------------------------------------------------------------
    def touch(self, member: int) -> None:
        """Prepare a vehicle for a call from outside: bring it to the current time, and let it act in the next
        `serve_links`."""
        self._bring(member)
        self._touched.add(member)

    def _bring(self, member: int) -> None:
        kind, row = self._place[member]
        time_ms = int(kind.rows.times_ms[row])
        if time_ms > self.services[member].now_ms:
            self._arrive(member, time_ms, None if self._virtual else self._link_ms, own=False)

    def _arrive(self, member: int, now_ms: int, link_ms: int | None, *, own: bool) -> None:
        stranded = self.stranded.get(member)
        if stranded is not None:
            stranded.arrive(now_ms, now_ms if link_ms is None else link_ms)
        else:
            try:
                self.services[member].arrive(now_ms, link_ms, own=own)
            except Exception as error:  # noqa: BLE001 - one vehicle's fault is not the others': see `FailedVehicle`
                self._strand(member, error)
        self._note(member)

    def strand(self, member: int, error: Exception) -> None:
        """Note that the firmware of this member has ended with `error`."""
        self._strand(member, error)
        self._note(member)

    def _strand(self, member: int, error: Exception) -> None:
        self.stranded[member] = FailedVehicle(self.services[member], error)
        for listener in self.on_stranded:
            listener(member, error)

    def _note(self, member: int) -> None:
        service = self.services[member]
        kind, row = self._place[member]
        if member in self.stranded:
            kind.due_ms[row] = kind.own_ms[row] = kind.decides_ms[row] = self.stranded[member].next_ms
            kind.changed()
            self._set_link_due(member, NEVER)
            return
        kind.latest_ms[row] = service.now_ms + QUIET_MS
        due_ms, link_due_ms = service.deadlines()
        self._set_link_due(member, NEVER if link_due_ms is None else link_due_ms)
        if self._virtual and link_due_ms is not None and link_due_ms < due_ms:
            due_ms = max(link_due_ms, service.now_ms + int(L.TICK_MS))
        kind.decides_ms[row] = due_ms
        self._note_streams(member)
        journal = service.journal
        if journal.latest() > journal.durable():
            self._unsettled.add(member)

    def _note_streams(self, member: int) -> None:
        """Update the next pass of a member, whatever it is for."""
        service = self.services[member]
        kind, row = self._place[member]
        now_ms = service.now_ms
        own_ms, streams_ms = float(kind.decides_ms[row]), service.telemetry.next_deadline_ms()
        look_ms = service.autopilot.next_look_ms()
        kind.look_ms[row] = NEVER if look_ms is None else look_ms
        for quiet_ms in (streams_ms, look_ms):
            if quiet_ms is not None and quiet_ms < own_ms:
                own_ms = max(quiet_ms, now_ms + int(L.TICK_MS))
        kind.own_ms[row] = own_ms
        due_ms, sample_ms = min(own_ms, now_ms + QUIET_MS), service.watchers.next_sample_ms()
        if sample_ms is not None and sample_ms < due_ms:
            due_ms = max(sample_ms, now_ms + int(L.TICK_MS))
        kind.due_ms[row] = due_ms
        kind.changed()

    # --- deadlines ------------------------------------------------------------------------------------------------
    def next_vehicle_deadline_ms(self) -> int:
        """Return the earliest deadline of all vehicles on vehicle time, ms."""
        return int(min(kind.next_ms for kind in self._kinds))

    def next_link_deadline_ms(self) -> int | None:
        """Return the earliest deadline of all services on link time, ms."""
        if self._unserved:
            return self._link_ms
        due = self._next_link_ms
        return None if due == NEVER else int(due)

    @property
    def _next_link_ms(self) -> float:
        """Earliest link deadline; computed once after each change."""
        if self._link_next_ms is None:
            self._link_next_ms = self._link_due_ms.item(self._link_due_ms.argmin())
        return self._link_next_ms

    def _set_link_due(self, member: int, due_ms: float) -> None:
        if self._link_due_ms[member] != due_ms:
            self._link_due_ms[member] = due_ms
            self._link_next_ms = None

    @property
    def look_every_ms(self) -> int:
        """Longest step in a paced run, ms, as for a single vehicle."""
        return ARMED_LOOK_MS if any(kind.armed for kind in self._kinds) else IDLE_LOOK_MS

    # --- a turn ---------------------------------------------------------------------------------------------------
    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """Make one pass: all vehicles to the end of the first window in which one of them needs a pass, at most to
        `until_ms`. `link_ms` None: link time is vehicle time."""
        while not self._pass_window(until_ms, link_ms) and self.now_ms < until_ms:
            pass

    def _pass_window(self, until_ms: int, link_ms: int | None) -> bool:
        """Bring all vehicles to the end of the window, at most to `until_ms`. False if none of them had anything to
        decide or to send."""
        self._follow(link_ms)
        end_ms = min(until_ms, self._window_end_ms())
        end_ms += -end_ms % int(L.TICK_MS)
        passed = False
        for kind in self._kinds:
            ready = kind.advance(end_ms)
            while ready:
                passed |= self._act(kind, ready, link_ms)
                behind = any(at_ms < end_ms for _, at_ms, _ in ready)
                ready = kind.advance(end_ms) if behind else ()
        self.now_ms = end_ms
        self._stand = True
        for listener in self.on_pass:
            self._stand &= listener(end_ms)
        return passed

    def _window_end_ms(self) -> int:
        """Vehicle time of the end of this window, ms. Where all stand, distances do not change: the end of the window
        in which the first of them is due."""
        begin_ms = self.now_ms
        if self._stand and (begin_ms >= self._acted_ms + SETTLED_MS or not any(kind.armed for kind in self._kinds)):
            begin_ms = max(begin_ms, self.next_vehicle_deadline_ms() - int(L.TICK_MS))
        return begin_ms - begin_ms % WINDOW_MS + WINDOW_MS

    def _act(self, kind: KindRows, ready: Iterable[ReadyRow], link_ms: int | None) -> bool:
        """Let rows decide, look or send. False if they looked only."""
        again: set[int] = set()
        told = False
        with kind.streams as streams:
            for row, now_ms, needs in ready:
                member, own, looks = kind.members[row], needs & IS_OWN != 0, needs & LOOKS
                service = self.services[member]
                if needs & (IS_DUE | RESTS) or (looks and self._glance(member, now_ms)):
                    told = True
                    if needs & IS_DUE or not needs & RESTS:
                        self._acted_ms = now_ms
                    self.between()
                    self._arrive(member, now_ms, link_ms, own=own)
                elif service.telemetry.flows and not streams.has_moved(row) and streams.flow(row):
                    service.note(now_ms, own=own)
                    if looks or service.watchers.timed:
                        again.add(row)
                else:
                    due_ms = service.telemetry.next_deadline_ms()
                    told |= due_ms is not None and due_ms <= now_ms
                    service.stream(now_ms, own=own)
                    self._note_streams(member)
        streamed: list[tuple[int, int]] = []
        for row, next_ms in streams.flown:
            if row in again or not next_ms:
                self._note_streams(kind.members[row])
            else:
                streamed.append((row, next_ms))
        if streamed:
            kind.have_streamed(streamed)
        return told or bool(streams.flown)

    def _glance(self, member: int, now_ms: int) -> bool:
        try:
            return self.services[member].autopilot.glance(now_ms)
        except Exception as error:  # noqa: BLE001 - as in `_arrive`
            self._strand(member, error)
            return True

    def look_again(self) -> None:
        """Do nothing: callers from outside name the vehicle that they change (`touch`)."""

    def _follow(self, link_ms: int | None) -> None:
        """Set link time. With sockets, a vehicle does not fly to a deadline on link time."""
        virtual = link_ms is None
        self._link_ms = self.now_ms if link_ms is None else link_ms
        if virtual != self._virtual:
            self._virtual = virtual
            for member in range(len(self.services)):
                self._note(member)

    def serve_links(self, link_ms: int) -> None:
        """Let members act that were touched, have a due link deadline, or whose changes are now stored on disk."""
        self._link_ms = link_ms
        members = set(self._touched)
        self._touched.clear()
        if self._next_link_ms <= link_ms:
            members.update(np.flatnonzero(self._link_due_ms <= link_ms).tolist())
        if self._unsettled:
            members |= {member for member in self._unsettled if self._settled(member)}
            self._unsettled -= members
        count = len(self.services)
        waiting = sorted(members, key=lambda member: (member - self._first) % count)
        self._first, self._unserved = 0, False
        for number, member in enumerate(waiting):
            if number and not self.has_time():
                self._first, self._unserved = member, True
                self._touched.update(waiting[number:])
                return
            self._bring(member)
            self._acted_ms = self.now_ms
            self._tell(member, link_ms)

    def _tell(self, member: int, link_ms: int) -> None:
        if member not in self.stranded:
            try:
                self.services[member].serve_links(link_ms)
            except Exception as error:  # noqa: BLE001 - as in `_arrive`
                self._strand(member, error)
        self._note(member)

    def _settled(self, member: int) -> bool:
        journal = self.services[member].journal
        return journal.durable() >= journal.latest()

    def commit(self, link_ms: int) -> None:
        """Wait for the disk for members with unstored changes: a change is stored before it is acknowledged."""
        for member in sorted(self._unsettled):
            if self.services[member].journal.catch_up():
                self._unsettled.discard(member)
                self._tell(member, link_ms)

    # --- before the first pass ------------------------------------------------------------------------------------
    def load(self) -> None:
        for kind in self._kinds:
            kind.rows.load()
            kind.streams.load()
        for service in self.services:
            service.telemetry.load()

    def beat(self) -> None:
        """Send a HEARTBEAT of each vehicle although vehicle time stands still."""
        for kind in self._kinds:
            kind.streams.write()  # within a pass: first send what was due before
        for service in self.services:
            service.beat()


class OwnLinks:
    """Links of one vehicle of a fleet, used like those of a `VehicleService`. Its `endpoint` is a network of `node`,
    made with the first link."""

    def __init__(self, node: FleetNode, member: int) -> None:
        self.node = node
        self._member = member
        self._network: Network | None = None

    @property
    def endpoint(self) -> Network:
        if self._network is None:
            self._network = self.node.own_network(self._member)
        return self._network
