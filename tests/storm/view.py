"""A vehicle of a storm, seen from outside (what comes and leaves on its links) and inside; it calls the invariants."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from autopilot.context.events import Event
from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, split_frames
from sortie.config.installed import parameter_set
from sortie.nodes.vehicle import Service
from sortie.storage.rows import ALONE
from tests.storm.invariant import NOTES, Broken, Invariant, Memory, When, by_occasion
from tests.storm.ledger import Ledger
from tests.storm.station import Station
from tests.storm.swarm import VehiclePlan

if TYPE_CHECKING:
    from tests.storm.process import Process
    from tests.storm.world import Storm

_SETTABLE = ("WPNAV_SPEED", "RTL_ALT", "WP_SPEED", "CRUISE_SPEED", "RTL_SPEED", "TRIM_ARSPD_CM", "FENCE_RADIUS")
_OCCASIONS: dict[tuple[When, str], list[Invariant]] = {}


class Peer:
    """A station as the vehicle has it on one link: what has come and left there since the link was opened."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.reader = FrameReader()
        self.came: Counter[tuple[str, int]] = Counter()
        self.left: Counter[tuple[str, int]] = Counter()
        self.memory: Memory = {}


class View:
    """See the module. `memory` lasts for the storm, `life` as long as a process. `uploads`: the plans that stations
    have begun to upload, by kind and mark."""

    def __init__(self, storm: Storm, number: int, plan: VehiclePlan) -> None:
        self.storm, self.number, self.plan, self.kind = storm, number, plan, plan.kind
        spec = storm.specs()[number]
        self.label, self.home = spec.label, GeoPoint(spec.home.lat, spec.home.lon, spec.home.alt)
        self.vehicle_class = vehicle_class(self.kind)
        modes = self.vehicle_class.modes
        self.mode_numbers = {spec.name: int(number) for number, spec in modes.specs.items()}
        names = {definition.name for definition in parameter_set(self.kind).definitions}
        self.parameters = [name for name in _SETTABLE if name in names]
        self.ledger = Ledger()
        self.memory: dict[str, Memory] = {}
        self.life: dict[str, Memory] = {}
        self.peers: dict[str, Peer] = {}
        self.uploads: dict[tuple[int, int], tuple[MissionItem, ...]] = {}
        self.last_plan: tuple[MissionItem, ...] = ()
        self.last_station: Station | None = None
        self.process: Process | None = None
        if not _OCCASIONS:
            _OCCASIONS.update(by_occasion())
        self._ids = {
            when: {
                codec.id_of(name)
                for (at, name), _ in _OCCASIONS.items()
                if at is when and name and codec.message_id(name) is not None
            }
            for when in (When.SENT, When.CAME)
        }
        self._ids[When.CAME] |= {codec.id_of(name) for name in NOTES}

    # --- facts ----------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        """The storm's time."""
        return self.storm.process_ms

    @property
    def service(self) -> Service:
        """In a fleet as it was at its last call."""
        assert self.process is not None
        return self.process.vehicles.members[self.number].quiet

    @property
    def vehicle_ms(self) -> int:
        assert self.process is not None
        return self.process.runtime.now_ms

    def durable(self, ticket: int) -> bool:
        """Was a change written, whatever the store says of it?"""
        assert self.process is not None
        waiting = any(entry[0] == ticket for entry in self.ledger.waiting)
        return not waiting and self.process.store.failure(ticket) is None

    # --- occasions ------------------------------------------------------------------------------------------------
    def call(self, when: When, message: str, *arguments: Any) -> None:
        """All invariants of an occasion."""
        for name in (message, "") if message else ("",):
            for each in _OCCASIONS.get((when, name), ()):
                wrong = each.holds(self, *arguments)
                if wrong is not None:
                    raise Broken(each.name, f"vehicle {self.number + 1} ({self.kind}): {wrong}")

    def started(self, process: Process) -> None:
        """A process has begun."""
        self.process = process
        self.life = {}
        self.peers = {}
        stored = process.found[self.label if self.label else ALONE]
        self.call(When.START, "", stored)
        self.ledger.restart(stored)
        for ticket, change in process.early.get(self.label, ()):
            self.ledger.submit(ticket, change)
        process.vehicles.services[self.number].observers.append(self._hear)

    def refused(self, why: str) -> None:
        """The process did not start."""
        if "damaged" in why or "malformed" in why:
            raise Broken("a start finds no damage", why)

    def died(self) -> None:
        """The process is gone."""
        self.process = None

    def struck(self, what: str) -> None:
        """A fault begins: counted with the state that it meets."""
        if self.process is not None:
            flights = self.service.autopilot.flights
            state = "-" if flights is None else flights.state.name
            self.storm.story.meet("fault", what, f"{self.kind} {state} {self.service.autopilot.modes.spec.name}")

    def _hear(self, events: list[Event], now_ms: int) -> None:
        for event in events:
            name = type(event).__name__
            self.storm.story.say(self.now_ms, f"vehicle {self.number + 1}", f"{event}")
            self.call(When.EVENT, name, event)

    def peer(self, station: Station) -> Peer:
        """The link of a station now."""
        found = self.peers.get(station.name)
        if found is None or found.memory.get("link") is not station.link:
            found = self.peers[station.name] = Peer(station)
            found.memory["link"] = station.link
        return found

    def left(self, station: Station, data: bytes) -> None:
        """Bytes that the vehicle sends to a station."""
        peer = self.peer(station)
        self._read(peer, b"")
        wanted = self._ids[When.SENT]
        system = self.service.endpoint.system_id
        for frame in split_frames(data):
            if frame[0] != 0xFD or frame[5] != system:  # what it only forwards is others'
                continue
            if frame[6] == 1:
                last = peer.memory.get("sequence")
                peer.memory["sequence"] = frame[4]
                if last is not None and frame[4] != (last + 1) % 256:
                    peer.memory["gap"] = f"frame {frame[4]} after {last} to {station.name}"
            number = frame[7] | frame[8] << 8 | frame[9] << 16
            if number in wanted:
                message = codec.decode(number, frame[10 : 10 + frame[1]])
                self.call(When.SENT, codec.message_name(number), message, peer, frame)

    def came(self, station: Station, data: bytes) -> None:
        """Bytes that come to the vehicle."""
        self._read(self.peer(station), data)

    def _read(self, peer: Peer, data: bytes) -> None:
        now_ms = self.now_ms
        frames = list(peer.reader.receive(data, now_ms)) if data else []
        if peer.reader.deadline_ms is not None and peer.reader.deadline_ms <= now_ms:
            frames += peer.reader.give_up(now_ms)
        for frame in frames:
            if frame.known:
                peer.memory.setdefault("heard", set()).add((frame.system, frame.component))
            if frame.known and frame.msg_id in self._ids[When.CAME]:
                message = codec.decode(frame.msg_id, frame.payload)
                name = codec.message_name(frame.msg_id)
                for note in NOTES.get(name, ()):
                    note(self, message, peer)
                self.call(When.CAME, name, message, peer, frame)

    def passed(self) -> None:
        """Time has passed."""
        if self.process is not None:
            self.call(When.PASS, "")

    def uploaded(self, kind: int, mark: int, items: tuple[MissionItem, ...]) -> None:
        """A station begins to upload a plan."""
        self.uploads[kind, mark] = items

    def ended(self, rescuer: Station) -> None:
        """The storm is over."""
        self.call(When.END, "", rescuer)
