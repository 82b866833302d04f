"""Reader of telemetry logs (`.tlog`): MAVLink frames as received by a ground station, each after its time of reception.

Only needed kinds of messages are decoded, a quarter of a log, because decoding takes most of the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from math import degrees, hypot, nan
from pathlib import Path
from typing import Any, Final

from autopilot.interface.records import dataclass
from autopilot.mav import MissionType, ModeFlag
from mavlink_bridge.clients.heartbeat import is_autopilot
from mavlink_bridge.clients.texts import TextAssembler
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.firmware.mode_names import mode_of_heartbeat
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.mission.convert import read_item
from mavlink_bridge.services.parameters import HASH
from mavlink_bridge.wire.codec import Message, decode, id_of
from mavlink_bridge.wire.framing import is_sound
from sortie.reading.facts import FlightFacts, LoggedPlan, Quantity, Sample, remember
from sortie.reading.log_file import PIECE, open_log

_STAMP: Final = 8
_V1, _V2 = 0xFE, 0xFD
_MAGIC: Final = re.compile(rb"[\xfd\xfe]")
_SHORTEST: Final = 8
"""Size of a MAVLink 1 frame without payload, bytes."""
_LOSS_WINDOW_S: Final = 5.0
_UNKNOWN_U8: Final = 255
_UNKNOWN_U16: Final = 65535
_BEAT, _PLACE = id_of("HEARTBEAT"), id_of("GLOBAL_POSITION_INT")
LoggedSender = tuple[int, int]
"""System and component."""
_NOBODY: Final[LoggedSender] = (0, 0)
_OF_RADIO: Final = "RADIO_STATUS"
_OF_PLAN: Final = frozenset({"MISSION_COUNT", "MISSION_ITEM", "MISSION_ITEM_INT"})
_TO_ALL: Final = 0
_IN_PLAN: Final = 1
"""Largest `current` of an item of a plan; by 2 and 3 stations fly to a place."""


@dataclass(frozen=True, slots=True)
class LoggedFrame:
    """Undecoded frame: time of reception (us since 1970), sequence number, sender, message id."""

    stamp_us: int
    seq: int
    sender: LoggedSender
    kind: int
    data: bytes


def frames(path: Path) -> Iterator[LoggedFrame]:
    """Yield all frames of a log; other bytes are skipped. OSError."""
    with open_log(path) as file:
        data = b""
        while piece := file.read(PIECE):
            data += piece
            at = yield from _whole_frames(data)
            data = data[at:]


def _whole_frames(data: bytes) -> Generator[LoggedFrame, None, int]:
    """Yield all complete frames; returns the position of the next one."""
    at, end = 0, len(data)
    while at + _STAMP + _SHORTEST <= end:
        head = at + _STAMP
        if data[head] == _V2:
            size = data[head + 1] + 12 + 13 * (data[head + 2] & 1)
            seq, sender = data[head + 4], data[head + 5 : head + 7]
            kind = int.from_bytes(data[head + 7 : head + 10], "little")
        elif data[head] == _V1:
            size, seq, sender, kind = data[head + 1] + 8, data[head + 2], data[head + 3 : head + 5], data[head + 5]
        else:
            found = _MAGIC.search(data, head + 1)
            at = (found.start() if found else end) - _STAMP
            continue
        if head + size > end:
            break
        stamp = int.from_bytes(data[at:head], "big")
        yield LoggedFrame(stamp, seq, (sender[0], sender[1]), kind, data[head : head + size])
        at = head + size
    return at


class _Loss:
    """Frame losses of one sender by gaps of its sequence numbers, in time windows."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._since_s = nan
        self._heard = self._lost = 0

    def take(self, seq: int, time_s: float) -> tuple[float, float] | None:
        """Return (time, percent) at the end of a window."""
        if self._last is not None:
            self._lost += (seq - self._last - 1) & 0xFF
        else:
            self._since_s = time_s
        self._last = seq
        self._heard += 1
        if time_s - self._since_s < _LOSS_WINDOW_S:
            return None
        found = (time_s, 100.0 * self._lost / (self._lost + self._heard))
        self._since_s, self._heard, self._lost = time_s, 0, 0
        return found


class _TelemetryReader:
    """Collector of one autopilot's messages."""

    def __init__(self, vehicle: LoggedSender) -> None:
        self.facts = FlightFacts()
        self._vehicle = vehicle
        self._firmware: Firmware | None = None
        self._plan = LoggedPlan()
        self._parameters: dict[str, float] = {}
        self._volts = self._percent = nan
        self._texts = TextAssembler()
        self.takes: dict[str, Callable[[Any, float], None]] = {
            "HEARTBEAT": self._heartbeat,
            "GLOBAL_POSITION_INT": self._position,
            "SYS_STATUS": self._battery,
            "VIBRATION": lambda m, time_s: self.facts.add(
                Quantity.VIBRATION, time_s, max(m.vibration_x, m.vibration_y, m.vibration_z)
            ),
            "STATUSTEXT": self._text,
            "HOME_POSITION": self._home,
            "MISSION_ITEM": self._item,
            "MISSION_ITEM_INT": self._item,
            "TERRAIN_REPORT": self._terrain,
            "RADIO_STATUS": self._radio,
            "MISSION_COUNT": self._count,
            "ATTITUDE": self._attitude,
            "NAV_CONTROLLER_OUTPUT": self._target_attitude,
            "PARAM_VALUE": self._parameter,
            "GPS_RAW_INT": self._gps,
            "AIRSPEED": self._tube,
            "WIND": lambda m, time_s: self.facts.add(Quantity.WIND, time_s, m.speed),
            "WIND_COV": lambda m, time_s: self.facts.add(Quantity.WIND, time_s, hypot(m.wind_x, m.wind_y)),
            "EKF_STATUS_REPORT": lambda m, time_s: self.facts.add(Quantity.ESTIMATE, time_s, m.pos_horiz_variance),
        }

    def hears(self, message: Message) -> bool:
        """Check whether a message counts: plan messages count when sent to the vehicle, and a radio sends its own
        status."""
        name, sender = message.get_type(), (message.get_srcSystem(), message.get_srcComponent())
        to_it = name in _OF_PLAN and message.target_system in (self._vehicle[0], _TO_ALL)
        return sender == self._vehicle or to_it or name == _OF_RADIO

    def _heartbeat(self, m: Any, time_s: float) -> None:
        self._firmware = self._firmware or firmware_spoken(m.autopilot, m.type)
        self.facts.vehicle = self.facts.vehicle or f"vehicle {m.get_srcSystem()}"
        self.facts.modes_of = m.autopilot
        self.facts.enter(time_s, mode_of_heartbeat(m.autopilot, m.type, m.base_mode, m.custom_mode))
        armed = bool(m.base_mode & ModeFlag.SAFETY_ARMED)
        self.facts.arm(time_s, armed)
        self._plan.arm(armed)

    def _tube(self, m: Any, time_s: float) -> None:
        if m.id == 0:
            self.facts.add(Quantity.AIRSPEED, time_s, m.airspeed)

    def _attitude(self, m: Any, time_s: float) -> None:
        for quantity, value in ((Quantity.ROLL, m.roll), (Quantity.PITCH, m.pitch), (Quantity.YAW, m.yaw)):
            self.facts.add(quantity, time_s, degrees(value))

    def _gps(self, m: Any, time_s: float) -> None:
        if m.satellites_visible != _UNKNOWN_U8:
            self.facts.add(Quantity.SATELLITES, time_s, float(m.satellites_visible))
        if m.eph != _UNKNOWN_U16:
            self.facts.add(Quantity.HDOP, time_s, m.eph / 100.0)

    def _target_attitude(self, m: Any, time_s: float) -> None:
        self.facts.add(Quantity.ROLL_SET, time_s, m.nav_roll)
        self.facts.add(Quantity.PITCH_SET, time_s, m.nav_pitch)

    def _parameter(self, m: Any, time_s: float) -> None:
        if self._firmware is None or m.param_id == HASH:
            return
        value = self._firmware.value_of(m.param_value, m.param_type)
        before = self._parameters.get(m.param_id, value)
        remember(self._parameters, m.param_id, value)
        if before != value:
            self.facts.changes.append((time_s, m.param_id, before, value))

    def _position(self, m: Any, time_s: float) -> None:
        speed = hypot(m.vx, m.vy) / 100.0
        self.facts.add(Quantity.CLIMB, time_s, -m.vz / 100.0)
        place = (m.lat / 1e7, m.lon / 1e7, m.relative_alt / 1000.0)
        if m.lat or m.lon:
            self.facts.pass_by(Sample(time_s, *place, speed, self._volts, self._percent))

    def _battery(self, m: Any, time_s: float) -> None:
        self._volts = nan if m.voltage_battery in (0, _UNKNOWN_U16) else m.voltage_battery / 1000.0
        self._percent = nan if m.battery_remaining < 0 else float(m.battery_remaining)
        if m.current_battery >= 0:
            self.facts.add(Quantity.CURRENT, time_s, m.current_battery / 100.0)

    def _text(self, m: Any, time_s: float) -> None:
        self._texts.take(m)
        for severity, text in self._texts.texts:
            self.facts.say(time_s, text, severity)
        self._texts.texts.clear()

    def _home(self, m: Any, time_s: float) -> None:
        self.facts.begin_at(m.latitude / 1e7, m.longitude / 1e7, m.altitude / 1000.0)

    def _count(self, m: Any, time_s: float) -> None:
        if m.mission_type == MissionType.MISSION:
            self._plan.begin(uploaded=(m.get_srcSystem(), m.get_srcComponent()) != self._vehicle)

    def _item(self, m: Any, time_s: float) -> None:
        if m.mission_type == MissionType.MISSION and m.current <= _IN_PLAN:
            self._plan.take(read_item(m, MissionType.MISSION))

    def _terrain(self, m: Any, time_s: float) -> None:
        if self.facts.home is not None and m.spacing:
            self.facts.add(Quantity.TERRAIN, time_s, m.terrain_height - self.facts.home.alt)

    def _radio(self, m: Any, time_s: float) -> None:
        if m.rssi != _UNKNOWN_U8:
            self.facts.add(Quantity.RSSI, time_s, float(m.rssi))

    def finish(self) -> FlightFacts:
        items = self._plan.items()
        if (spoken := self._firmware) is not None:
            items = tuple(replace(spoken.item_from(item), seq=spoken.seq_of(item.seq)) for item in items)
        self.facts.items = tuple(item for item in items if item.seq > 0)  # 0 is an ArduPilot's home
        return self.facts


def read_telemetry(path: Path) -> FlightFacts:
    """Read the facts of a log's first autopilot. OSError when it cannot be read."""
    vehicle, boot_us = _first_autopilot(path)
    reader, loss, broken = _TelemetryReader(vehicle), _Loss(), 0
    names = {id_of(name): name for name in reader.takes}
    for frame in frames(path):
        if frame.sender == vehicle:
            found = loss.take(frame.seq, (frame.stamp_us - boot_us) / 1e6)
            if found is not None:
                reader.facts.add(Quantity.LOSS, *found)
        name = names.get(frame.kind)
        if name is None:
            continue
        message = message_of(frame)
        if message is None:
            broken += 1
        elif reader.hears(message):
            try:
                reader.takes[name](message, (frame.stamp_us - boot_us) / 1e6)
            except ValueError:  # impossible values
                broken += 1
    facts = reader.finish()
    facts.boot_us = boot_us
    facts.cut = f"{broken} frames of the log cannot be read" if broken else ""
    return facts


def payload_of(frame: LoggedFrame) -> bytes:
    begin = 10 if frame.data[0] == _V2 else 6
    return frame.data[begin : begin + frame.data[1]]


def message_of(frame: LoggedFrame) -> Message | None:
    """Decode a frame, with its sender; None when it is damaged."""
    if not is_sound(frame.data):
        return None
    message = decode(frame.kind, payload_of(frame))
    if message is not None:
        message.get_header().srcSystem, message.get_header().srcComponent = frame.sender
    return message


def _first_autopilot(path: Path) -> tuple[LoggedSender, int]:
    """Return the first autopilot and its time of boot, us since 1970, from its first message with the time since boot;
    otherwise the beginning of the log."""
    first: int | None = None
    vehicle = _NOBODY
    for frame in frames(path):
        first = frame.stamp_us if first is None else first
        if frame.kind not in (_BEAT, _PLACE) or (message := message_of(frame)) is None:
            continue  # the next one has it too
        if vehicle == _NOBODY and is_autopilot(message, Peer(0, *frame.sender)):
            vehicle = frame.sender
        elif frame.kind == _PLACE and frame.sender == vehicle:
            since_ms: int = message.time_boot_ms
            return vehicle, frame.stamp_us - since_ms * 1000
    return vehicle, first or 0
