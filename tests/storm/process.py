"""A service from its start to its death: the product's own assembly, on a simulated disk, in virtual time.

`Process` is what would be one `sortie serve`: killed, it leaves nothing but its disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from autopilot.interface.layout import S_TIME_MS
from autopilot.interface.report import TIME_MS
from mavlink_bridge.links.radio.profile import RadioProfile
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.wire.framing import split_frames
from sortie.assembly.vehicle import Surroundings, stand
from sortie.assembly.vehicles import Vehicles
from sortie.config.vehicle_spec import VehicleSpec
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always
from sortie.runtime.wire import EndpointPlug, Wire
from sortie.storage.rows import ALONE, Entry, SaveStamp
from sortie.storage.store import Store
from tests.storm.disk import Disk
from tests.storm.keys import Keys
from tests.storm.medium import StormLink, StormRadio
from tests.storm.station import Station


class Died(BaseException):
    """The process is gone, in the midst of whatever it was doing."""


class Witness(Protocol):
    """Sees what a process submits, sends and receives."""

    def submitted(self, ticket: int, vehicle: str, change: Entry) -> None: ...
    def settled(self, durable: int) -> None: ...
    def left(self, number: int, station: Station, data: bytes, frames: Sequence[bytes]) -> None: ...
    def came(self, number: int, station: Station, data: bytes) -> None: ...
    def raised(self, error: Exception, where: str) -> None: ...


class SteppedStore(Store):
    """The product's store; its writer works when the storm says so, not in a thread."""

    def __init__(self, directory: Path, witness: Witness) -> None:
        self.witness = witness
        self.refused_stamp = False
        """Has the disk refused the last signing timestamp that it was to store?"""
        self._stamp = 0  # its ticket
        super().__init__(directory)

    def _write_forever(self) -> None:
        """Do nothing: see `write`."""

    def submit(self, change: Entry, vehicle: str = ALONE) -> int:
        ticket = super().submit(change, vehicle)
        if isinstance(change, SaveStamp):
            self._stamp = ticket
        self.witness.submitted(ticket, vehicle, change)
        return ticket

    @property
    def waiting(self) -> bool:
        return bool(self._queue or self._progress)

    def wait(self, ticket: int, timeout_s: float = 5.0) -> bool:
        self.write()
        return True

    def write(self) -> None:
        """All that is queued, in one transaction."""
        highest = self._submitted  # what it says of itself is what is judged
        self._write_changes()
        self.refused_stamp = self.failure(self._stamp) is not None
        self.witness.settled(highest)

    def abandon(self) -> None:
        """As a killed process leaves it: the lock is gone, the file as it is."""
        self._closing = True
        self._writer.join()
        self._database.close()
        self._lock.release()


class DiskNode(QuietNode):
    """When the disk is done with what waits. `delay_ms` is drawn for each transaction; the process may die in it."""

    endpoints = ()

    def __init__(self, process: Process, delay_ms: Callable[[], int]) -> None:
        self._process = process
        self._delay_ms = delay_ms
        self._due_ms: int | None = None
        self.dies_before_telling = False

    @property
    def now_ms(self) -> int:
        return self._process.runtime.now_ms

    def next_link_deadline_ms(self) -> int | None:
        return self._due_ms

    def hurry(self) -> None:
        """The disk is fast again, also with what it has begun."""
        if self._due_ms is not None:
            self._due_ms = min(self._due_ms, self.now_ms)

    def serve_links(self, link_ms: int) -> None:
        store = self._process.store
        if not store.waiting:
            return
        if self._due_ms is None:
            self._due_ms = link_ms + self._delay_ms()
        if link_ms < self._due_ms:
            return
        self._due_ms = None
        store.write()
        if self._process.disk.dead or self.dies_before_telling:
            raise Died
        self._process.runtime.stir()
        if store.waiting:
            self._due_ms = link_ms + 20


class Tap(EndpointPlug):
    """The vehicle's end of a station's wire, with a witness at it. Without a radio, what the station does not wait for
    is seen here and goes no farther: a stream of 10 Hz on a wire is time in which nothing else happens."""

    def __init__(
        self, process: Process, number: int, station: Station, radio: RadioProfile | None, *, trusted: bool
    ) -> None:
        member = process.vehicles.members[number]
        super().__init__(member.node, member.ends.endpoint, station.name, trusted=trusted, radio=radio)
        self._radio = radio
        self._seen = process.witness
        self._who = number, station
        self.station = station
        self.member = member

    def take(self) -> bytes:
        data = super().take()
        if not data:
            return data
        frames = tuple(split_frames(data))
        self._seen.left(*self._who, data, frames)
        if self._radio is not None:
            return data
        return b"".join(filter(self.station.hears, frames))

    def hand(self, data: bytes, link_ms: int) -> None:
        self._seen.came(*self._who, data)
        super().hand(data, link_ms)


class Process:
    """See the module. `base_ms`: the storm's time at its start. UserError when the state cannot be used."""

    def __init__(
        self,
        specs: list[VehicleSpec],
        directory: Path,
        disk: Disk,
        base_ms: int,
        witness: Witness,
        delay_ms: Callable[[], int],
        unix_us: Callable[[], int],
        key: bytes | None,
        age_ms: int,
    ) -> None:
        self.disk, self.base_ms, self.witness = disk, base_ms - age_ms, witness
        self.stack = ExitStack()
        self.early: dict[str, list[tuple[int, Entry]]] = {}
        """What vehicles submit while the process starts, by label."""
        self.early_settled = 0
        self.store = SteppedStore(directory, self)
        self.found = {label: self.store.of(label).stored for label in {spec.label for spec in specs} - {ALONE}}
        self.found[ALONE] = self.store.stored
        self.runtime = Runtime()
        standing, ground = stand(specs, lambda warning: None)
        keys, epoch_us = Keys(self.store, key, unix_us), unix_us() - 1000 * age_ms
        around = Surroundings(self.runtime, self.stack, self.store, keys, epoch_us, witness.raised, ground)
        self.vehicles = Vehicles(standing, around)
        if self.vehicles.fleet is not None:
            self.vehicles.fleet.on_stranded.append(lambda member, error: witness.raised(error, f"vehicle {member + 1}"))
        self.vehicles.node.load()
        if age_ms:
            self._grow_old(age_ms)
        self.runtime.set_speedup(0.0, always)
        self.disk_node = DiskNode(self, delay_ms)
        self.runtime.add(self.disk_node)
        self.taps: dict[str, tuple[Tap, Wire]] = {}
        self.store.witness = witness

    def submitted(self, ticket: int, vehicle: str, change: Entry) -> None:
        """While it starts."""
        self.early.setdefault(vehicle, []).append((ticket, change))

    def settled(self, durable: int) -> None:
        """While it starts."""
        self.early_settled = durable

    def _grow_old(self, age_ms: int) -> None:
        """Have vehicle time as after so long a standing, in which nothing happened."""
        for service in self.vehicles.services:
            service.vehicle._s[S_TIME_MS] = service.vehicle.state.report[TIME_MS] = age_ms
            service.now_ms = service._decided_ms = age_ms
            service.look_again()
        self.vehicles.node.now_ms = age_ms

    @property
    def storm_ms(self) -> int:
        return self.base_ms + self.runtime.now_ms

    def endpoint(self, number: int) -> Endpoint:
        """Of a vehicle."""
        return self.vehicles.services[number].endpoint

    def stations_on(self, number: int, link: int) -> Iterator[Station]:
        """Station on a link of a vehicle's endpoint; none if the link is closed."""
        return (tap.station for tap, _ in self.taps.values() if tap.number == link and tap.member.spec.number == number)

    def station_of(self, number: int, link: int) -> Station:
        """Station on an open link of a vehicle's endpoint."""
        return next(self.stations_on(number, link))

    def connect(self, station: Station, number: int, link: StormLink | StormRadio, *, trusted: bool = True) -> None:
        """A station on a link of its own to a vehicle."""
        radio = link.profile if isinstance(link, StormRadio) else None
        tap = Tap(self, number, station, radio, trusted=trusted)
        link.advance(self.runtime.now_ms)
        station.tie(self, link)
        wire = Wire(link, tap, station)
        self.taps[station.name] = tap, wire
        self.runtime.add(station)
        self.runtime.connect(wire)
        self.runtime.settle()

    def hang_up(self, station: Station) -> None:
        """The station's link is gone."""
        found = self.taps.pop(station.name, None)
        if found is not None:
            tap, wire = found
            wire.link.b.close()
            self.runtime.remove(station)
            tap.member.ends.endpoint.close_link(tap.number)
            station.untie()

    def die(self, *, power: bool) -> None:
        """SIGKILL, or the power fails. What it has sent still arrives."""
        self.disk.dead = True
        for tap, _ in self.taps.values():
            station: Any = tap.station
            station.link.arrive()
            station.hand(station.link.b.read() or b"", self.runtime.now_ms)
            station.untie()
        self.taps.clear()
        self.store.abandon()
        self.disk.crash(power=power)


class Machine(Protocol):
    """Where the processes of a storm run, and its time passes: this simulated one, or the one that we are on
    (`tests.storm.real`)."""

    disk: Any
    real: bool

    def begin(self, *given: Any) -> Any:
        """Start a process, as `Process` is."""

    def rest(self, until_ms: int) -> int:
        """No process is there; the storm's time when something may happen."""

    def leave(self, storm: Any) -> None:
        """The storm is over, and everybody is down."""


class Simulated:
    """See `Machine`."""

    real = False

    def __init__(self, seed: int) -> None:
        self.disk = Disk(f"disk {seed}")

    def begin(self, *given: Any) -> Process:
        return Process(*given)

    def rest(self, until_ms: int) -> int:
        return until_ms

    def leave(self, storm: Any) -> None:
        """Do nothing: it is left alone."""
