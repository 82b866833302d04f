"""Obstacles around the vehicle: OBSTACLE_DISTANCE and DISTANCE_SENSOR, received and sent; OBSTACLE_DISTANCE_3D,
received.

With PRX1_TYPE 2 received messages are used. OBSTACLE_DISTANCE is in the body frame or, by default, relative to north;
distance 0 is unknown, more than max_distance is free. A DISTANCE_SENSOR covers one of eight directions of 45 degrees by
its orientation, an OBSTACLE_DISTANCE_3D one of 72; each is valid for half a second, and sensors that look up or down
are ignored. With PRX1_TYPE 10 the simulated sensor is read; in a world without obstacles it sees polygons of the fence
as walls, as SITL's does. A scan is sent to all links twice a second: OBSTACLE_DISTANCE with 72 directions, and
DISTANCE_SENSOR with the nearest distance in each of eight orientations, ids from 10 on, as by ArduPilot.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import degrees, inf, isfinite, nan
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.turns import earliest
from autopilot.interface.mathematics import atan2, hypot
from autopilot.interface.obstacles import Scan, SeesObstacles
from autopilot.mav import DistanceSensor, Frame
from autopilot.safety.proximity import MAVLINK, SIMULATED, TIMEOUT_MS
from autopilot.safety.room import look_at_fences
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker, WithoutMessages
from mavlink_bridge.services.broadcast import Broadcast
from mavlink_bridge.services.telemetry.rates import Subscription
from mavlink_bridge.wire.codec import boot_ms, dialect, id_of

OBSTACLE_DISTANCE: Final = id_of("OBSTACLE_DISTANCE")
_EVERY_US: Final = 500_000
_WALLS_MS: Final = 100
_DIRECTIONS: Final = 72
_UNKNOWN: Final = 0xFFFF
_ORIENTATIONS: Final = 8
_FIRST_ID: Final = 10
_NO_QUATERNION: Final = [0.0, 0.0, 0.0, 0.0]


def scan_of(message: Message, heading_deg: float) -> Scan | None:
    """Scan in an OBSTACLE_DISTANCE; None: it has no distances, or another frame."""
    step = message.increment_f if message.increment_f else float(message.increment)
    offset = message.angle_offset
    if message.frame == Frame.GLOBAL:
        offset -= heading_deg
    elif message.frame != Frame.BODY_FRD:
        return None
    if not (isfinite(step) and isfinite(offset)) or step == 0.0 or message.max_distance <= message.min_distance:
        return None
    count = min(len(message.distances), int(360.0 / abs(step) + 0.5))
    distances = [_metres(cm, message.max_distance) for cm in message.distances[:count]]
    return Scan(distances, offset, step, 0.01 * message.max_distance, 0.01 * message.min_distance)


def _metres(cm: int, most_cm: int) -> float:
    """Distance, m; inf for free, nan for unknown."""
    if cm in (0, _UNKNOWN):
        return float("nan")
    return float("inf") if cm > most_cm else 0.01 * cm


class Directions:
    """Distances that come one direction at a time, as one scan of `count` directions."""

    def __init__(self, count: int) -> None:
        self._step_deg = 360.0 / count
        self._count = count
        self._reported: dict[int, tuple[int, int, float]] = {}

    def scan_with(self, off_deg: float, away_m: float, most_m: float, stamp_ms: int, now_ms: int) -> Scan:
        """Scan with this distance, `off_deg` from the nose. Of several distances with one stamp and direction the
        nearest is used."""
        sector = round(off_deg / self._step_deg) % self._count
        reported_ms, stamp, nearest = self._reported.get(sector, (now_ms - TIMEOUT_MS, stamp_ms, inf))
        if stamp != stamp_ms or now_ms - reported_ms >= TIMEOUT_MS or away_m <= nearest:
            self._reported[sector] = now_ms, stamp_ms, away_m
        fresh = {k: distance_m for k, (at_ms, _, distance_m) in self._reported.items() if now_ms - at_ms < TIMEOUT_MS}
        distances = [fresh.get(k, nan) for k in range(self._count)]
        return Scan(distances, 0.0, self._step_deg, most_m)


def distance_of(message: Message) -> tuple[float, float, float] | None:
    """Direction of a DISTANCE_SENSOR relative to the nose, degrees, its distance (inf: nothing in range) and its range,
    m; None: it looks up or down, or is invalid."""
    if message.orientation >= _ORIENTATIONS or message.max_distance <= message.min_distance:
        return None
    cm = message.current_distance
    in_range = message.min_distance <= cm <= message.max_distance
    return 45.0 * message.orientation, 0.01 * cm if in_range else inf, 0.01 * message.max_distance


def distance_of_3d(message: Message) -> tuple[float, float, float] | None:
    """Direction of an OBSTACLE_DISTANCE_3D relative to the nose, degrees, its horizontal distance and its range, m;
    None: out of range, in another frame, or steeper than 45 degrees, which is above or below the path."""
    distance_m = hypot(message.x, message.y, message.z)
    level = hypot(message.x, message.y)
    if message.frame != Frame.BODY_FRD or not isfinite(message.max_distance):
        return None
    if not (message.min_distance <= distance_m <= message.max_distance) or abs(message.z) > level or level == 0.0:
        return None
    return degrees(atan2(message.y, message.x)), level, message.max_distance


def obstacle_message(scan: Scan, time_us: int) -> Message:
    """OBSTACLE_DISTANCE of a scan, in the body frame."""
    most = min(round(100.0 * scan.range_m), _UNKNOWN - 2)
    distances = [_centimetres(distance_m, most) for distance_m in scan.distances_m][:_DIRECTIONS]
    return dialect.MAVLink_obstacle_distance_message(
        time_us,
        DistanceSensor.LASER,
        distances + [_UNKNOWN] * (_DIRECTIONS - len(distances)),
        min(round(abs(scan.step_deg)), 255),
        round(100.0 * scan.least_m),
        most,
        scan.step_deg,
        scan.first_deg,
        Frame.BODY_FRD,
    )


def _centimetres(distance_m: float, most: int) -> int:
    if distance_m != distance_m:
        return _UNKNOWN
    return most + 1 if not isfinite(distance_m) else min(max(round(100.0 * distance_m), 1), most)


def _distance_messages(scan: Scan, time_ms: int) -> list[Message]:
    """DISTANCE_SENSOR for each orientation with an obstacle."""
    nearest: dict[int, float] = {}
    for k, distance_m in enumerate(scan.distances_m):
        if isfinite(distance_m):
            orientation = round((scan.first_deg + k * scan.step_deg) / 45.0) % _ORIENTATIONS
            nearest[orientation] = min(nearest.get(orientation, distance_m), distance_m)
    return [
        dialect.MAVLink_distance_sensor_message(
            boot_ms(time_ms),
            round(100.0 * scan.least_m),
            min(round(100.0 * scan.range_m), _UNKNOWN),
            min(round(100.0 * distance_m), _UNKNOWN),
            DistanceSensor.LASER,
            _FIRST_ID + orientation,
            orientation,
            0,
            0.0,
            0.0,
            _NO_QUATERNION,
            0,
        )
        for orientation, distance_m in sorted(nearest.items())
    ]


class ProximityService:
    """Service of obstacle messages. Deadlines are those of `ProximityClock`, which `begin` receives when there is a
    sensor."""

    clock: Clock = "vehicle"
    handles = frozenset({"OBSTACLE_DISTANCE", "DISTANCE_SENSOR", "OBSTACLE_DISTANCE_3D"})

    def __init__(self, parts: VehicleParts, timed: ProximityClock, begin: Callable[[ProximityClock], None]) -> None:
        self._proximity = parts.proximity
        self._facts = parts.facts
        self._clock = timed
        self._begin: Callable[[ProximityClock], None] | None = begin
        self._directions = {
            "DISTANCE_SENSOR": (distance_of, Directions(_ORIENTATIONS)),
            "OBSTACLE_DISTANCE_3D": (distance_of_3d, Directions(_DIRECTIONS)),
        }
        if timed.sees:
            self._start()

    def _start(self) -> None:
        if self._begin is not None:
            self._begin(self._clock)
            self._begin = None

    def link_closed(self, link: int) -> None:
        self._clock.stream.forget(link)  # which may have a stream for it before it has begun

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Take a scan of a companion; it is not acknowledged."""
        if self._proximity.source != MAVLINK:
            return
        scan = self._scan(message, now_ms)
        if scan is not None:
            self._proximity.see(scan, now_ms)
            self._start()

    def _scan(self, message: Message, now_ms: int) -> Scan | None:
        if message.get_type() == "OBSTACLE_DISTANCE":
            return scan_of(message, degrees(self._facts.vehicle.state.yaw))
        read, directions = self._directions[message.get_type()]
        reading = read(message)
        return None if reading is None else directions.scan_with(*reading, message.time_boot_ms, now_ms)


class ProximityClock(WithoutMessages, Speaker):
    """Clock of the simulated sensor, of expiring scans, and of sent messages."""

    clock: Clock = "vehicle"

    def __init__(
        self,
        parts: VehicleParts,
        vehicle: object,
        links: Callable[[], Sequence[int]],
        answers: dict[int, Callable[[float], Sequence[Message]]],
        subscriptions: dict[int, Subscription],
        now_us: Callable[[], int],
    ) -> None:
        self._proximity = parts.proximity
        self._facts = parts.facts
        self._fence = parts.fence
        self._now_us = now_us
        self._sensor = vehicle if isinstance(vehicle, SeesObstacles) else None
        self._looked_ms = 0
        self.stream = subscriptions[OBSTACLE_DISTANCE] = Broadcast(links, _EVERY_US)
        answers[OBSTACLE_DISTANCE] = lambda _: self._obstacle_messages()
        super().__init__()

    @property
    def sees(self) -> bool:
        return self._sees_obstacles or self._proximity.source == SIMULATED

    @property
    def _sees_obstacles(self) -> bool:
        return self._sensor is not None and self._sensor.scan_period_ms > 0

    @property
    def _period_ms(self) -> int:
        if self._sensor is None or self._proximity.source != SIMULATED:
            return 0
        walls = self._facts.has_position and self._fence.zones.polygons
        return self._sensor.scan_period_ms if self._sees_obstacles else _WALLS_MS if walls else 0

    def _look(self, now_ms: int) -> Scan:
        assert self._sensor is not None
        if self._sees_obstacles:
            return self._sensor.scan_obstacles(now_ms)
        return look_at_fences(self._facts, self._fence.zones, self._facts.param("SIM_PRX_MAX", 40.0))

    def _obstacle_messages(self) -> list[Message]:
        scan = self._proximity.scan
        return [] if scan is None else [obstacle_message(scan, self._now_us())]

    def handle_timeout(self, now_ms: int) -> None:
        period_ms = self._period_ms
        if period_ms and now_ms >= self._looked_ms + period_ms:
            self._looked_ms = now_ms - now_ms % period_ms
            self._proximity.see(self._look(now_ms), now_ms)
        self._proximity.forget(now_ms)
        scan = self._proximity.scan
        due = self.stream.take_due(now_ms) if scan is not None else []
        if scan is not None and due:
            messages = [*self._obstacle_messages(), *_distance_messages(scan, now_ms)]
            self._out += [Outgoing(message, link) for message in messages for link in due]

    def next_deadline_ms(self) -> int | None:
        period_ms = self._period_ms
        look = self._looked_ms + period_ms if period_ms else None
        stream_ms = self.stream.next_ms() if self._proximity.scan is not None else None
        return earliest((look, self._proximity.due_ms, stream_ms))
