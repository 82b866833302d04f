"""A vehicle of a storm, seen from outside (what comes and leaves on its links) and inside; it calls the invariants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autopilot.context.events import Event
from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import vehicle_class
from autopilot.vehicles.mode_table import CopterMode
from mavlink_bridge.services.telemetry.layout import NUMBER_OF_NAME
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MavlinkFrame
from sortie.config.installed import parameter_set
from sortie.config.parameters import spoken_as
from sortie.nodes.vehicle import VehicleService
from sortie.storage.rows import ALONE
from tests.storm.invariant import NOTES, Broken, Invariant, Memory, When, by_occasion
from tests.storm.ledger import Ledger
from tests.storm.station import Station
from tests.storm.swarm import VehiclePlan

if TYPE_CHECKING:
    from tests.storm.process import Process
    from tests.storm.world import Storm

ARDUPILOT = "ardupilot"
PX4_MODES = frozenset(
    (CopterMode.ACRO, CopterMode.STABILIZE, CopterMode.ALT_HOLD, CopterMode.LOITER, CopterMode.AUTO, CopterMode.GUIDED,
     CopterMode.RTL, CopterMode.LAND)
)  # fmt: skip
_SETTABLE: Mapping[str, tuple[float, float]] = {
    "WPNAV_SPEED": (200.0, 900.0), "RTL_ALT": (200.0, 900.0), "WP_SPEED": (2.0, 9.0), "CRUISE_SPEED": (2.0, 9.0),
    "TRIM_ARSPD_CM": (1500.0, 2500.0), "FENCE_RADIUS": (60.0, 900.0),
}  # fmt: skip
"""Parameters that stations set, and between which values."""
_PX4_SETTABLE: Mapping[str, tuple[float, float]] = {
    "MPC_XY_CRUISE": (3.0, 12.0),
    "MPC_Z_V_AUTO_UP": (1.0, 5.0),
    "RTL_RETURN_ALT": (20.0, 90.0),
}
LOOK_MS, STANDING_MS, ALONE_MS = 400, 1_000, 300_000
MOST_ORIGINS = 4096
HEARTBEAT = codec.id_of("HEARTBEAT")
STREAMS = codec.ids_of(
    *NUMBER_OF_NAME, "TERRAIN_REPORT", "NAMED_VALUE_INT", "NAMED_VALUE_FLOAT", "GIMBAL_MANAGER_STATUS"
)
"""Messages that come by themselves, again and again: nothing has happened that the next look does not see."""


class Peer:
    """A station as the vehicle has it on one link: what has come and left there since the link was opened."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.frames = 0
        """Accepted from it."""
        self.came: Counter[tuple[str, int]] = Counter()
        self.left: Counter[tuple[str, int]] = Counter()
        self.memory: Memory = {}
        self.speaker = (0, 0)
        """System and component of the frame that came last."""


class View:
    """See the module. `memory` lasts for the storm, `life` as long as a process. `uploads`: the plans that stations
    have begun to upload, by kind and mark."""

    def __init__(self, storm: Storm, number: int, plan: VehiclePlan) -> None:
        self.storm, self.number, self.plan, self.kind = storm, number, plan, plan.kind
        spec = storm.specs()[number]
        self.label, self.home = spec.label, GeoPoint(spec.home.lat, spec.home.lon, spec.home.alt)
        self.vehicle_class = vehicle_class(self.kind)
        self.firmware = spoken_as(plan.firmware, self.vehicle_class)
        self.modes = {
            spec.name: self.firmware.set_mode_params(number)
            for number, spec in self.vehicle_class.modes.specs.items()
            if plan.firmware == ARDUPILOT or number in PX4_MODES
        }
        """Parameters 1 to 3 of DO_SET_MODE by name."""
        names = {definition.name for definition in parameter_set(self.kind).definitions} | set(_PX4_SETTABLE)
        settable = _SETTABLE if plan.firmware == ARDUPILOT else _PX4_SETTABLE
        self.parameters = {name: values for name, values in settable.items() if name in names}
        self.ledger = Ledger()
        self.memory: dict[str, Memory] = {}
        self.life: dict[str, Memory] = {}
        self.peers: dict[str, Peer] = {}
        self.origins: dict[bytes, set[str]] = {}
        """Frames accepted last, and the stations from which they came."""
        self._stirred = True
        self._look_due_ms = 0
        self.uploads: dict[tuple[int, int], tuple[MissionItem, ...]] = {}
        self.last_plan: tuple[MissionItem, ...] = ()
        self.last_station: Station | None = None
        self.process: Process | None = None
        self._occasions: dict[tuple[When, str], list[Invariant]] = by_occasion(real=storm.machine.real)
        self._ids = {
            when: {
                codec.id_of(name)
                for at, name in self._occasions
                if at is when and name and codec.message_id(name) is not None
            }
            for when in (When.SENT, When.CAME)
        }
        self._ids[When.CAME] |= {codec.id_of(name) for name in NOTES if codec.message_id(name) is not None}

    # --- facts ----------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        """The storm's time."""
        return self.storm.process_ms

    service: VehicleService
    """In a fleet as it was at its last call."""

    @property
    def flies(self) -> bool:
        """Do its motors run?"""
        return self.process is not None and self.service.autopilot.facts.armed

    @property
    def vehicle_ms(self) -> int:
        assert self.process is not None
        return self.process.runtime.now_ms

    def must_answer(self, peer: Peer) -> bool:
        """Is what this station asks, and the endpoint accepts, to be answered: is it there, does the disk write?"""
        return peer.station.link is peer.memory["link"] and not self.storm.disk_delay_ms

    def durable(self, ticket: int) -> bool:
        """Was a change written, whatever the store says of it?"""
        assert self.process is not None
        waiting = any(entry[0] == ticket for entry in self.ledger.waiting)
        return not waiting and self.process.store.failure(ticket) is None

    # --- occasions ------------------------------------------------------------------------------------------------
    def call(self, when: When, message: str, *arguments: Any) -> None:
        """All invariants of an occasion."""
        for name in (message, "") if message else ("",):
            for each in self._occasions.get((when, name), ()):
                wrong = each.holds(self, *arguments)
                if wrong is not None:
                    raise Broken(each.name, f"vehicle {self.number + 1} ({self.kind}): {wrong}")

    def started(self, process: Process) -> None:
        """A process has begun."""
        self.process, self.service = process, process.vehicles.members[self.number].quiet
        self.life = {}
        self.peers = {}
        self.origins.clear()
        stored = process.found[self.label if self.label else ALONE]
        self.call(When.START, "", stored)
        self.ledger.restart(stored)
        for ticket, change in process.early.get(self.label, ()):
            self.ledger.submit(ticket, change)
        self.ledger.settle(process.early_settled, process.store.failure)
        process.vehicles.services[self.number].observers.append(self._hear)
        process.endpoint(self.number).on_frame.append(self._accept)

    def refused(self, why: str) -> None:
        """The process did not start."""
        if "damaged" in why or "malformed" in why:
            raise Broken("a start finds no damage", why)

    def died(self) -> None:
        """The process is gone."""
        self.process = None

    def struck(self, what: str) -> None:
        """A fault begins: counted with the state that it meets, and looked at even if it is short."""
        self._stirred = True
        if self.process is not None:
            flights = self.service.autopilot.flights
            state = "-" if flights is None else flights.state.name
            self.storm.story.meet("fault", what, f"{self.kind} {state} {self.service.autopilot.modes.spec.name}")

    def _hear(self, events: list[Event], now_ms: int) -> None:
        self._stirred |= bool(events)
        for event in events:
            name = type(event).__name__
            self.storm.story.say(self.now_ms, f"vehicle {self.number + 1}", f"{event}")
            for note in NOTES.get(name, ()):
                note(self, event, None)
            self.call(When.EVENT, name, event)

    def peer(self, station: Station) -> Peer:
        """The link of a station now."""
        found = self.peers.get(station.name)
        if found is None or found.memory.get("link") is not station.link:
            found = self.peers[station.name] = Peer(station)
            found.memory["link"] = station.link
        return found

    def left(self, station: Station, frames: Sequence[bytes]) -> None:
        """Frames that the vehicle sends to a station."""
        peer = self.peer(station)
        wanted = self._ids[When.SENT]
        system = self.service.endpoint.system_id
        for frame in frames:
            if frame[0] != 0xFD or frame[5] != system:
                self.call(When.PASSED_ON, "", peer, frame)
                continue
            if frame[6] == 1:
                last = peer.memory.get("sequence")
                peer.memory["sequence"] = frame[4]
                if last is not None and frame[4] != (last + 1) % 256:
                    peer.memory["gap"] = f"frame {frame[4]} after {last} to {station.name}"
            number = frame[7] | frame[8] << 8 | frame[9] << 16
            self._stirred |= number not in STREAMS
            if number in wanted:
                message = codec.decode(number, frame[10 : 10 + frame[1]])
                self.call(When.SENT, codec.message_name(number), message, peer, frame)

    def _accept(self, link: int, frame: MavlinkFrame) -> None:
        """A frame that the endpoint has accepted on a link (`Endpoint.on_frame`): what counts as heard."""
        assert self.process is not None
        peer = self.peer(self.process.station_of(self.number, link))
        self.origins.setdefault(frame.raw, set()).add(peer.station.name)
        if len(self.origins) > MOST_ORIGINS:
            del self.origins[next(iter(self.origins))]
        peer.frames += 1
        self.call(When.ACCEPTED, "", peer, frame)
        if not frame.known:
            return
        self._stirred |= frame.msg_id != HEARTBEAT
        peer.speaker = frame.system, frame.component
        peer.memory.setdefault("heard", set()).add(peer.speaker)
        if frame.msg_id in self._ids[When.CAME]:
            message = codec.decode(frame.msg_id, frame.payload)
            name = codec.message_name(frame.msg_id)
            for note in NOTES.get(name, ()):
                note(self, message, peer)
            self.call(When.CAME, name, message, peer, frame)

    def passed(self) -> None:
        """Time has passed: look at what holds always, where something has come, left or happened that is no stream, and
        every `LOOK_MS`, of one that stands disarmed every `STANDING_MS`, and
        every `ALONE_MS` where no station is on it."""
        if self.process is None or not (self._stirred or self.now_ms >= self._look_due_ms):
            return
        self._stirred = False
        pause_ms = STANDING_MS if any(peer.station.link is not None for peer in self.peers.values()) else ALONE_MS
        self._look_due_ms = self.now_ms + (LOOK_MS if self.service.autopilot.facts.armed else pause_ms)
        self.call(When.PASS, "")

    def uploaded(self, kind: int, mark: int, items: tuple[MissionItem, ...]) -> None:
        """A station begins to upload a plan."""
        self.uploads[kind, mark] = items

    def ended(self, rescuer: Station) -> None:
        """The storm is over."""
        self.call(When.END, "", rescuer)


def is_blind(view: View) -> bool:
    """Has its receiver failed in this life? Then what it believes of its place may be wrong."""
    return any(fault.name.startswith("gps") for fault in view.service.faults.active) or bool(view.life.get("blind"))
