"""Recording of a vehicle: a log as the MAVLink messages that the vehicle would have sent.

A `.tlog` contains these messages. For `.bin` and `.ulg` they are made from rows, as ArduPilot and PX4 make them from
the same data. Times are ms since boot.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final
from weakref import finalize

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass, field
from autopilot.mav import (
    AutopilotType,
    Cmd,
    FirmwareVersion,
    Frame,
    ModeFlag,
    Sensor,
    Severity,
    SystemState,
    VehicleType,
)
from autopilot.mission.items import MissionItem
from autopilot.parameters import Parameters, ParameterType
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameter_set import ParameterSet
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.services.telemetry.announcements import status_texts
from mavlink_bridge.wire.codec import Message, dialect, payload
from sortie.exports.messages import whole
from sortie.reading.facts import FlightFacts, ThinnedRows

_VERSION: Final = re.compile(
    r"^[A-Za-z][\w:-]* V(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?(?:-(dev|alpha|beta|rc))?[^(]*(?:\(([0-9a-f]{6,40})\))?",
    re.IGNORECASE,
)
"""Firmware banner: three numbers, type of version, commit."""
_KINDS: Final = {"dev": 0, "alpha": 64, "beta": 128, "rc": 192}
"""FIRMWARE_VERSION_TYPE by name."""
_LAST_MS: Final = 0xFFFFFFFF
"""Latest time of a vehicle's clock, ms. A later one is wrong, and a replay would wait years for it."""
StoredMessage = tuple[int, int, bytes]
"""Message: ms since boot, id, payload."""


@dataclass(frozen=True, slots=True)
class LoggedCommand:
    """MAVLink command of a station that the vehicle accepted. `place`: x, y and z of COMMAND_INT."""

    at_s: float
    command: int
    frame: int
    params: tuple[float, float, float, float]
    place: tuple[int, int, float]


class MessageStore:
    """Messages on disk, readable in order of time; a log of gigabytes needs megabytes of memory. `kinds`: ids in order
    of their first message. sqlite3.Error: no space."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # an unnamed temporary file, deleted with its reader
        finalize(self, self._database.close).atexit = False  # a reader may be in the middle
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE message (at_ms INTEGER, id INTEGER, data BLOB)")
        self.kinds: dict[int, None] = {}

    def add(self, at_ms: int, msg_id: int, data: bytes) -> None:
        """Add a message, in any order, before reading."""
        self.kinds[msg_id] = None
        self._database.execute("INSERT INTO message VALUES (?, ?, ?)", (at_ms, msg_id, data))

    def sort(self) -> None:
        """Prepare for reading when all messages are added."""
        self._database.execute("CREATE INDEX by_time ON message (at_ms)")
        self._database.execute("CREATE INDEX by_kind ON message (id, at_ms)")

    @property
    def span_ms(self) -> tuple[int, int]:
        """Return the first and last time, ms."""
        first, last = "SELECT min(at_ms) FROM message", "SELECT max(at_ms) FROM message"
        found: tuple[int, int] = self._database.execute(f"SELECT ifnull(({first}), 0), ifnull(({last}), 0)").fetchone()
        return found

    def after(self, at_ms: int) -> Iterator[StoredMessage]:
        yield from self._database.execute("SELECT * FROM message WHERE at_ms > ? ORDER BY at_ms, rowid", (at_ms,))

    def of_kind(self, msg_id: int, after_ms: int) -> Iterator[StoredMessage]:
        where = "WHERE id = ? AND at_ms > ? ORDER BY at_ms, rowid"
        yield from self._database.execute(f"SELECT * FROM message {where}", (msg_id, after_ms))

    def latest(self, at_ms: int) -> Iterator[StoredMessage]:
        """Yield the last message of each id until this time."""
        where = "WHERE id = ? AND at_ms <= ? ORDER BY at_ms DESC, rowid DESC LIMIT 1"
        for msg_id in self.kinds:
            yield from self._database.execute(f"SELECT * FROM message {where}", (msg_id, at_ms))


@dataclass(slots=True)
class Recording:
    """Recording of one vehicle.

    `only`: ids of kept messages, empty: all. `values`: parameters at the end of the log; `types`: their MAV_PARAM_TYPE
    if known. `system`: system id, 0 if unknown. `vehicle`, `autopilot`: MAV_TYPE and MAV_AUTOPILOT. `stations`: s since
    boot of each reception from a ground station. `commands`: of stations, if the log has them apart from messages.
    `unwished`: (s since boot, whether the mode differed from the requested one) at each change; empty: unknown.
    """

    facts: FlightFacts
    path: Path
    only: Collection[int] = ()
    messages: MessageStore = field(default_factory=MessageStore)
    values: dict[str, float] = field(default_factory=dict)
    types: dict[str, ParameterType] = field(default_factory=dict)
    stations: list[float] = field(default_factory=ThinnedRows)
    commands: list[LoggedCommand] = field(default_factory=ThinnedRows)
    unwished: list[tuple[float, bool]] = field(default_factory=ThinnedRows)
    system: int = 0
    vehicle: int = VehicleType.GENERIC
    autopilot: int = AutopilotType.ARDUPILOTMEGA

    @property
    def firmware(self) -> Firmware:
        """Firmware that wrote the log, for its dialect."""
        return firmware_spoken(self.autopilot, self.vehicle)

    def keep(self, at_ms: int, msg_id: int, data: bytes) -> None:
        """Keep a payload, unless its time is impossible."""
        if at_ms <= _LAST_MS and (not self.only or msg_id in self.only):
            self.messages.add(at_ms, msg_id, data)

    def tell(self, at_ms: int, message: Message) -> None:
        msg_id, data, _ = payload(message)
        self.keep(at_ms, msg_id, data)

    def say(self, at_ms: int, text: str, severity: Severity) -> None:
        for message in status_texts(severity, text, at_ms % 0xFFFF + 1):
            self.tell(at_ms, message)

    def parameters(self) -> Parameters:
        """Return the parameters, all read-only."""
        lines = (
            ParameterDef(name, self.types.get(name, ParameterType.REAL32), value, read_only=True)
            for name, value in self.values.items()
        )
        return Parameters(ParameterSet(tuple(lines), {}))

    def version(self) -> tuple[int, list[int]]:
        """Return version and commit of the firmware as in AUTOPILOT_VERSION; 0 if unknown."""
        banners = (_VERSION.search(text) for text in (self.facts.vehicle, *(text for _, text in self.facts.texts)))
        known = next((banner for banner in banners if banner is not None), None)
        if known is None:
            return 0, [0] * 8
        major, minor, patch, kind, commit = known.groups(default="")
        number = int(major) << 24 | int(minor) << 16 | int(patch or 0) << 8
        as_number = self.firmware.habits.commit_as_number
        letters = bytes.fromhex(commit[: len(commit) // 2 * 2])[:8][::-1] if as_number else commit.encode()
        return number | _KINDS.get(kind.lower(), FirmwareVersion.OFFICIAL), list(letters[:8].ljust(8, b"\0"))

    def mission(self) -> tuple[MissionItem, ...]:
        """Return the plan as stations number it: after home, if the firmware counts home as item 0."""
        items = tuple(self.firmware.item_to(item) for item in self.facts.items)
        if not (items and self.firmware.habits.home_is_item_0):
            return items
        home = self.facts.home or GeoPoint(0.0, 0.0, 0.0)
        return (MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL, x=home.lat, y=home.lon, z=home.alt), *items)


def type_with(wrote: int, parameters: Mapping[str, float]) -> int:
    """Return the MAV_TYPE of the vehicle in a log. An ArduPlane with lift motors (Q_ENABLE) is logged as a plane."""
    lifts = wrote == VehicleType.FIXED_WING and parameters.get("Q_ENABLE", 0.0) > 0.0
    return VehicleType.VTOL_QUADROTOR if lifts else wrote


class EverySoOften:
    """Rate limit of one row every 100 ms for each kind; logs have more rows than a link carries."""

    def __init__(self) -> None:
        self._due_ms: dict[str, int] = {}

    def __call__(self, kind: str, at_ms: int) -> bool:
        if at_ms < self._due_ms.get(kind, at_ms):
            return False
        self._due_ms[kind] = at_ms + 100  # QGroundControl requests ten attitudes a second
        return True


def battery_status(millivolts: int, centiamps: int, percent: int) -> Message:
    """Return SYS_STATUS with the battery. The fence is marked healthy, otherwise MAVProxy reports "fence breach"."""
    battery = (millivolts, centiamps, percent)
    return dialect.MAVLink_sys_status_message(0, 0, Sensor.GEOFENCE, 0, *battery, 0, 0, 0, 0, 0, 0)


def home_position(home: GeoPoint) -> Message:
    place = (whole(home.lat, 1e7), whole(home.lon, 1e7), whole(home.alt, 1e3))
    return dialect.MAVLink_home_position_message(*place, 0.0, 0.0, 0.0, [1.0, 0.0, 0.0, 0.0], 0.0, 0.0, 0.0)


def heartbeat(recording: Recording, custom_mode: int, armed: bool) -> Message:
    flags = ModeFlag.CUSTOM_MODE_ENABLED | (ModeFlag.SAFETY_ARMED if armed else 0)
    state = SystemState.ACTIVE if armed else SystemState.STANDBY
    return dialect.MAVLink_heartbeat_message(recording.vehicle, recording.autopilot, flags, custom_mode, state, 3)
