"""OPEN_DRONE_ID messages of a vehicle (https://mavlink.io/en/services/opendroneid.html), as of ArduPilot's
AP_OpenDroneID.

With DID_ENABLE it sends LOCATION and SYSTEM_UPDATE every second, and BASIC_ID, SYSTEM, SELF_ID and OPERATOR_ID in turn,
each every 3 s, for the transmitter on DID_MAVPORT. A station sends the operator's data by the same messages or a
MESSAGE_PACK; an external transmitter sends ARM_STATUS. Each vehicle of a fleet has its own serial number
(ANSI/CTA-2063-A); a station's BASIC_ID replaces it. With DID_OPTIONS bit 2 the first BASIC_ID stays.

Without a position no LOCATION is sent. ArduPilot truncates speeds to whole metres per second; here they are as
measured. Clock: vehicle time. Source: ArduPilot AP_OpenDroneID.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import degrees, isfinite
from typing import Final

from autopilot.context.events import ArmedChanged, Event
from autopilot.context.turns import next_multiple
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.mathematics import atan2, exp, hypot, log
from autopilot.interface.reasons import ArmingMethod
from autopilot.mav import OdidArmStatus, OdidHeight, OdidIdType, OdidStatus, OdidUaType
from autopilot.safety.remote_id import LOCKED, WITHOUT_GPS, RemoteId
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.remote_id.pack import unpacked
from mavlink_bridge.wire.codec import dialect, id_of

_PERIOD_MS: Final = 1000
_SPACING_MS: Final = 750
_BROADCAST: Final = [0] * 20
_LETTERS: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # of a serial number: no I and O
_MANUFACTURER: Final = "SRTE"
_DIGITS: Final = 15
_FIX_3D: Final = 3.0
_FALLING_MPS: Final = 3.0
_NO_DIRECTION_CDEG: Final = 36_100
_FASTEST_CMPS: Final = 25_425
_FASTEST_CLIMB_CMPS: Final = 6_200
_NO_SPEED_CMPS: Final = 25_500
_NO_CLIMB_CMPS: Final = 6_300
_NO_TIME: Final = 65535.0
_NO_HEIGHT_M: Final = -1000.0
_HOUR_S: Final = 3600.0
_WITHIN_A_SECOND: Final = 10  # MAV_ODID_TIME_ACC
#: limits of MAV_ODID_HOR_ACC, MAV_ODID_VER_ACC and MAV_ODID_SPEED_ACC: (limit of accuracy, number)
_HORIZONTAL: Final = tuple(
    zip(
        (1.0, 3.0, 10.0, 30.0, 92.6, 185.2, 555.6, 926.0, 1852.0, 3704.0, 7408.0, 18520.0),
        range(12, 0, -1),
        strict=True,
    )
)
_VERTICAL: Final = ((1.0, 6), (3.0, 5), (10.0, 4), (25.0, 3), (45.0, 2), (150.0, 1))
_SPEED: Final = ((0.3, 4), (1.0, 3), (3.0, 2), (10.0, 1))
_BASE_PA: Final = 101_320.0


def ua_type(kind: VehicleClass) -> OdidUaType:
    """Kind of aircraft; OTHER for what drives."""
    if kind.has_stall_speed:
        return OdidUaType.HYBRID_LIFT if kind.lands_anywhere else OdidUaType.AEROPLANE
    return OdidUaType.HELICOPTER_OR_MULTIROTOR if kind.flies else OdidUaType.OTHER


def serial_number(uid: bytes) -> str:
    """Serial number of a vehicle: manufacturer, length, and 15 digits derived from its uid."""
    number, digits = int.from_bytes(uid, "big"), ""
    for _ in range(_DIGITS):
        number, digit = divmod(number, len(_LETTERS))
        digits += _LETTERS[digit]
    return f"{_MANUFACTURER}{_LETTERS[_DIGITS]}{digits}"


def _accuracy(value: float, bounds: Sequence[tuple[float, int]]) -> int:
    return next((number for bound, number in bounds if 0.0 <= value < bound), 0)


class RemoteIdService(Speaker):
    """Service of remote identification. `serial`: serial number of this vehicle. `answers`: telemetry's messages on
    request. `unix_s`: UTC at vehicle time 0, s since 1970."""

    clock: Clock = "vehicle"
    handles = frozenset(
        f"OPEN_DRONE_ID_{name}"
        for name in ("ARM_STATUS", "BASIC_ID", "SELF_ID", "OPERATOR_ID", "SYSTEM", "SYSTEM_UPDATE", "MESSAGE_PACK")
    )

    def __init__(
        self,
        remote: RemoteId,
        facts: VehicleFacts,
        serial: str,
        answers: dict[int, Callable[[float], Sequence[Message]]],
        unix_s: float,
    ) -> None:
        self._remote = remote
        self._facts = facts
        self._unix_s = unix_s
        self._crashed = False
        self._locked = False
        self._armed_m: float | None = None  # height at arming
        kind = ua_type(facts.vehicle_class)
        name = list(serial.encode().ljust(20, b"\0"))
        self._basic = dialect.MAVLink_open_drone_id_basic_id_message(
            0, 0, _BROADCAST, OdidIdType.SERIAL_NUMBER, kind, name
        )
        self._system = dialect.MAVLink_open_drone_id_system_message(
            0, 0, _BROADCAST, 0, 0, 0, 0, 1, 0, _NO_HEIGHT_M, _NO_HEIGHT_M, 0, 0, _NO_HEIGHT_M, 0
        )
        self._self_id = dialect.MAVLink_open_drone_id_self_id_message(0, 0, _BROADCAST, 0, b"")
        self._operator = dialect.MAVLink_open_drone_id_operator_id_message(0, 0, _BROADCAST, 0, b"")
        remote.identified = True
        makers: dict[str, Callable[[float], list[Message]]] = {
            "BASIC_ID": lambda _: [self._basic],
            "LOCATION": lambda _: self._location(),
            "SYSTEM": lambda _: [self._system],
            "SELF_ID": lambda _: [self._self_id],
            "OPERATOR_ID": lambda _: [self._operator],
        }
        for part, make in makers.items():
            answers[id_of(f"OPEN_DRONE_ID_{part}")] = make
        self._due_ms = self._turn_ms = 0
        self._turn = 0
        super().__init__()

    def on_air(self) -> list[Message]:
        return [self._basic, *self._location(), self._self_id, self._system, self._operator]

    def hear(self, events: Iterable[Event], _now_ms: int) -> None:
        """Note a crash, which is an emergency until the vehicle is armed again."""
        for event in events:
            if isinstance(event, ArmedChanged):
                self._crashed = not event.armed and event.method is ArmingMethod.CRASH

    # --- what it is told ------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        match message.get_type():
            case "OPEN_DRONE_ID_ARM_STATUS":
                good = message.status == OdidArmStatus.GOOD_TO_ARM
                self._remote.transmitter_heard("" if good else message.error or "not good to arm", now_ms)
            case "OPEN_DRONE_ID_BASIC_ID":
                self._identify(message)
            case "OPEN_DRONE_ID_SELF_ID":
                self._self_id = _broadcast(message)
            case "OPEN_DRONE_ID_OPERATOR_ID":
                self._operator = _broadcast(message)
            case "OPEN_DRONE_ID_SYSTEM":
                self._system = _broadcast(message)
                self._operator_heard(now_ms)
            case "OPEN_DRONE_ID_SYSTEM_UPDATE":
                for name in ("operator_latitude", "operator_longitude", "operator_altitude_geo", "timestamp"):
                    setattr(self._system, name, getattr(message, name))
                self._operator_heard(now_ms)
            case "OPEN_DRONE_ID_MESSAGE_PACK":
                for part in unpacked(message):
                    self.handle_message(part, peer, now_ms)

    def _identify(self, message: Message) -> None:
        if not self._locked:
            self._basic = _broadcast(message)
            self._locked = self._remote.option(LOCKED) and message.id_type != OdidIdType.NONE
            self._remote.identified = message.id_type != OdidIdType.NONE

    def _operator_heard(self, now_ms: int) -> None:
        system = self._system
        self._remote.operator_heard(system.operator_latitude / 1e7, system.operator_longitude / 1e7, now_ms)

    # --- what it tells --------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        armed = self._facts.armed
        height = float(self._facts.vehicle.state.report[report.ALT])
        self._armed_m = (self._armed_m if self._armed_m is not None else height) if armed else None
        if now_ms >= self._due_ms:
            self._due_ms = next_multiple(now_ms, _PERIOD_MS)
            self._remote.watch(now_ms)
            self._out += [Outgoing(message) for message in (*self._location(), self._update())]
        if now_ms >= self._turn_ms:
            self._turn_ms = next_multiple(now_ms, _SPACING_MS)
            turns = (self._basic, self._system, self._self_id, self._operator)
            self._out.append(Outgoing(turns[self._turn]))
            self._turn = (self._turn + 1) % len(turns)

    def next_deadline_ms(self) -> int | None:
        return min(self._due_ms, self._turn_ms)

    def _update(self) -> Message:
        s = self._system
        return dialect.MAVLink_open_drone_id_system_update_message(
            0, 0, s.operator_latitude, s.operator_longitude, s.operator_altitude_geo, s.timestamp
        )

    def _status(self, fix: bool) -> int:
        facts = self._facts
        falling = float(facts.vehicle.state.report[report.GPS_VD]) > _FALLING_MPS
        blind = facts.armed and not fix and not self._remote.option(WITHOUT_GPS)
        if self._crashed or blind or (fix and not facts.armed and falling):
            return OdidStatus.EMERGENCY
        return OdidStatus.AIRBORNE if facts.armed else OdidStatus.GROUND

    def _location(self) -> list[Message]:
        """LOCATION now; empty without a position."""
        facts = self._facts
        if not facts.has_position:
            return []
        r = facts.vehicle.state.report
        fix = bool(r[report.GPS_FIX] >= _FIX_3D)
        north, east, climb = float(r[report.VN]), float(r[report.VE]), -100.0 * float(r[report.VD])
        speed = 100.0 * hypot(north, east)
        height = float(r[report.ALT])
        accuracy = facts.param("DID_BARO_ACC", -1.0)
        message = dialect.MAVLink_open_drone_id_location_message(
            target_system=0,
            target_component=0,
            id_or_mac=_BROADCAST,
            status=self._status(fix),
            direction=round(100.0 * degrees(atan2(east, north))) % 36_000 if fix else _NO_DIRECTION_CDEG,
            speed_horizontal=round(speed) if speed <= _FASTEST_CMPS else _NO_SPEED_CMPS,
            speed_vertical=round(climb) if abs(climb) <= _FASTEST_CLIMB_CMPS else _NO_CLIMB_CMPS,
            latitude=round(1e7 * float(r[report.LAT])),
            longitude=round(1e7 * float(r[report.LON])),
            altitude_barometric=_pressure_altitude(float(r[report.BARO_PRESSURE])),
            altitude_geodetic=height,
            height_reference=OdidHeight.OVER_TAKEOFF,
            height=0.0 if self._armed_m is None else height - self._armed_m,
            horizontal_accuracy=_accuracy(float(r[report.GPS_HACC]), _HORIZONTAL),
            vertical_accuracy=_accuracy(float(r[report.GPS_VACC]), _VERTICAL),
            barometer_accuracy=_accuracy(accuracy, _VERTICAL),
            speed_accuracy=_accuracy(float(r[report.GPS_SACC]), _SPEED),
            timestamp=(self._unix_s + facts.now_ms / 1000.0) % _HOUR_S if fix else _NO_TIME,
            timestamp_accuracy=_WITHIN_A_SECOND,
        )
        return [message]


def _pressure_altitude(pascals: float) -> float:
    """Altitude in the standard atmosphere above 1013.2 hPa, m."""
    if not (isfinite(pascals) and pascals > 0.0):
        return _NO_HEIGHT_M
    return 44_330.77 * (1.0 - exp(0.190263 * log(pascals / _BASE_PA)))


def _broadcast(message: Message) -> Message:
    message.target_system = message.target_component = 0
    return message
