"""Traffic, vehicle side (https://mavlink.io/en/services/traffic_management.html): receives and forwards reports of
other aircraft, and reports threats.

ADSB_VEHICLE of a link is used while ADSB_TYPE is not 0, with a valid position, as in ArduPilot. With AVD_ENABLE,
GLOBAL_POSITION_INT and UTM_GLOBAL_POSITION of other systems are used too; the autopilot reads the vehicle's own
receiver. An ADSB_VEHICLE of each known aircraft goes to all links once a second, or at requested intervals; COLLISION
is sent for each threat.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.traffic import Contact, HearsTraffic
from autopilot.mav import AdsbFlag, CollisionSource
from autopilot.safety.traffic import Collision
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker, WithoutMessages
from mavlink_bridge.services.broadcast import Broadcast
from mavlink_bridge.services.telemetry.rates import Subscription
from mavlink_bridge.wire.codec import dialect, id_of

ADSB_VEHICLE: Final = id_of("ADSB_VEHICLE")
_EVERY_US: Final = 1_000_000
_LARGEST_ICAO: Final = 0xFFFFFF
_NEEDED: Final = AdsbFlag.VALID_COORDS | AdsbFlag.VALID_ALTITUDE
_MOVES: Final = AdsbFlag.VALID_HEADING | AdsbFlag.VALID_VELOCITY | AdsbFlag.VERTICAL_VELOCITY_VALID
_CENTI: Final = 0.01
_DEGREES: Final = 57.29577951308232
_MOST_CM: Final = 0xFFFF


def _is_nowhere(message: Message) -> bool:
    """True without a place, or with an impossible one."""
    lat, lon = abs(message.lat), abs(message.lon)
    return bool(lat == lon == 0 or lat > 900_000_000 or lon > 1_800_000_000)


def contact_of(message: Message, now_ms: int) -> Contact | None:
    """Report in an ADSB_VEHICLE; None: no place, or an invalid address."""
    if message.ICAO_address > _LARGEST_ICAO or _is_nowhere(message) or not message.flags & _NEEDED:
        return None
    heading, speed = _CENTI * message.heading / _DEGREES, _CENTI * message.hor_velocity
    return Contact(
        message.ICAO_address,
        GeoPoint(message.lat / 1e7, message.lon / 1e7, message.altitude / 1e3),
        (speed * cos(heading), speed * sin(heading), -_CENTI * message.ver_velocity),
        now_ms,
        CollisionSource.ADSB,
        message.callsign if isinstance(message.callsign, str) else "",
        message.emitter_type,
        message.squawk,
        pressure=message.altitude_type == 0,
        simulated=bool(message.flags & AdsbFlag.SIMULATED),
    )


def adsb_message(contact: Contact, now_ms: int) -> Message:
    north, east, down = contact.velocity or (0.0, 0.0, 0.0)
    flags = _NEEDED | (0 if contact.velocity is None else _MOVES) | (AdsbFlag.SIMULATED if contact.simulated else 0)
    flags |= (AdsbFlag.VALID_CALLSIGN if contact.callsign else 0) | (AdsbFlag.VALID_SQUAWK if contact.squawk else 0)
    flags |= AdsbFlag.BARO_VALID if contact.pressure else 0
    heading = round(_DEGREES * atan2(east, north) * 100.0) % 36_000
    return dialect.MAVLink_adsb_vehicle_message(
        contact.number,
        round(contact.place.lat * 1e7),
        round(contact.place.lon * 1e7),
        0 if contact.pressure else 1,
        round(contact.place.alt * 1e3),
        heading,
        min(round(hypot(north, east) / _CENTI), _MOST_CM),
        min(max(round(-down / _CENTI), -32768), 32767),
        contact.callsign.encode("ascii", "replace")[:9],
        contact.emitter,
        min(max(now_ms - contact.time_ms, 0) // 1000, 255),
        flags,
        contact.squawk,
    )


def _collision_message(collision: Collision) -> Message:
    threat = collision.threat
    return dialect.MAVLink_collision_message(
        CollisionSource.ADSB,  # ArduPilot reports all as ADSB
        threat.contact.number,
        collision.action,
        threat.level,
        threat.time_s,
        threat.closest_z_m,
        threat.closest_m,
    )


class TrafficService:
    """Service of traffic reports. Deadlines are those of `TrafficClock`, which `begin` receives with the first source
    of reports; without other aircraft a pass costs nothing."""

    clock: Clock = "vehicle"
    handles = frozenset({"ADSB_VEHICLE", "GLOBAL_POSITION_INT", "UTM_GLOBAL_POSITION"})

    def __init__(
        self,
        parts: VehicleParts,
        receiver: HearsTraffic | None,
        timed: TrafficClock,
        begin: Callable[[TrafficClock], None],
    ) -> None:
        self._parts = parts
        self._clock = timed
        self._begin: Callable[[TrafficClock], None] | None = begin
        if receiver is not None and receiver.traffic_period_ms > 0:
            parts.traffic.listen_to(receiver)
            self._start()

    def _start(self) -> None:
        if self._begin is not None:
            self._begin(self._clock)
            self._begin = None

    def link_closed(self, link: int) -> None:
        self._clock.stream.forget(link)  # which may have a stream for it before it has begun

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Take a report of another aircraft, or the position of another vehicle."""
        traffic = self._parts.traffic
        if message.get_type() == "ADSB_VEHICLE":
            contact = contact_of(message, now_ms) if traffic.listens else None
        else:
            contact = _report_of(message, peer, now_ms) if traffic.avoids else None
        if contact is not None:
            traffic.hear(contact)
            self._start()


class TrafficClock(WithoutMessages, Speaker):
    """Clock of traffic messages. `answers`: messages on request, by id. `subscriptions`: messages with an interval."""

    clock: Clock = "vehicle"

    def __init__(
        self,
        parts: VehicleParts,
        links: Callable[[], Sequence[int]],
        answers: dict[int, Callable[[float], Sequence[Message]]],
        subscriptions: dict[int, Subscription],
    ) -> None:
        self._traffic = parts.traffic
        self._facts = parts.facts
        self.stream = subscriptions[ADSB_VEHICLE] = Broadcast(links, _EVERY_US)
        answers[ADSB_VEHICLE] = lambda _: self._adsb_messages()
        super().__init__()

    def _adsb_messages(self) -> list[Message]:
        now_ms, known = self._facts.now_ms, self._traffic.contacts.values()
        return [adsb_message(contact, now_ms) for contact in known if contact.source is CollisionSource.ADSB]

    def handle_timeout(self, now_ms: int) -> None:
        if self._traffic.collisions:
            self._out += [Outgoing(_collision_message(collision)) for collision in self._traffic.collisions]
            self._traffic.collisions.clear()
        if self._traffic.contacts:
            due = self.stream.take_due(now_ms)
            if due:
                self._out += [Outgoing(message, link) for message in self._adsb_messages() for link in due]

    def next_deadline_ms(self) -> int | None:
        return self.stream.next_ms() if self._traffic.contacts else None


def _report_of(message: Message, peer: Peer, now_ms: int) -> Contact | None:
    """Report of another vehicle about itself; None: without a place."""
    if _is_nowhere(message):
        return None
    return Contact(
        peer.system,
        GeoPoint(message.lat / 1e7, message.lon / 1e7, message.alt / 1e3),
        (_CENTI * message.vx, _CENTI * message.vy, _CENTI * message.vz),
        now_ms,
        CollisionSource.MAVLINK_GPS_GLOBAL_INT,
    )
