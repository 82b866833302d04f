"""Recording of a vehicle: its log as the messages in which it would have told the same.

A `.tlog` holds these messages themselves. Those of a `.bin` and a `.ulg` are made from their rows, as ArduPilot and PX4
make them from the same figures. Times are ms since the vehicle booted.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass, field
from autopilot.mav import AutopilotType, Cmd, Frame, ModeFlag, Severity, SystemState, VehicleType
from autopilot.mission.items import MissionItem
from autopilot.parameters import Parameters, ParameterType
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameter_set import ParameterSet
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.services.telemetry.announcements import status_texts
from mavlink_bridge.wire.codec import Message, dialect, payload
from sortie.config.errors import UserError
from sortie.reading.facts import FlightFacts
from sortie.reading.logs import LogForm, find_log, form_of, read_log

Told = tuple[int, int, bytes]
"""A message: ms since boot, its id, its payload."""
_GAP_MS: Final = 600_000


@dataclass(slots=True)
class Recording:
    """Recording of one vehicle. `told`: its messages in the order of time; `values`: its parameters at the log's end.
    `system`: its system id, 0 where the log has none. `vehicle`, `autopilot`: MAV_TYPE and MAV_AUTOPILOT."""

    facts: FlightFacts
    path: Path
    told: list[Told] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    system: int = 0
    vehicle: int = VehicleType.GENERIC
    autopilot: int = AutopilotType.ARDUPILOTMEGA

    @property
    def span_ms(self) -> tuple[int, int]:
        """First and last instant, ms since boot."""
        return (self.told[0][0], self.told[-1][0]) if self.told else (0, 0)

    def tell(self, at_ms: int, message: Message) -> None:
        """Add a message of this instant."""
        msg_id, data, _ = payload(message)
        self.told.append((at_ms, msg_id, data))

    def say(self, at_ms: int, text: str, severity: Severity) -> None:
        """Add a text."""
        for message in status_texts(severity, text, at_ms % 0xFFFF + 1):
            self.tell(at_ms, message)

    def parameters(self) -> Parameters:
        """The parameters, none of which can be set."""
        lines = (ParameterDef(name, ParameterType.REAL32, value, read_only=True) for name, value in self.values.items())
        return Parameters(ParameterSet(tuple(lines), {}))

    def mission(self) -> tuple[MissionItem, ...]:
        """The plan as stations number it: behind home, where the firmware numbers it so."""
        if not (self.facts.items and firmware_spoken(self.autopilot, self.vehicle).habits.home_is_item_0):
            return self.facts.items
        home = self.facts.home or GeoPoint(0.0, 0.0, 0.0)
        return (MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL, x=home.lat, y=home.lon, z=home.alt), *self.facts.items)


def type_with(wrote: int, parameters: Mapping[str, float]) -> int:
    """MAV_TYPE of what wrote a log: an ArduPlane with lift motors (Q_ENABLE) calls itself a plane there."""
    lifts = wrote == VehicleType.FIXED_WING and parameters.get("Q_ENABLE", 0.0) > 0.0
    return VehicleType.VTOL_FIXEDROTOR if lifts else wrote


def read_recording(path: Path) -> Recording:
    """Read a log, or the log of a folder. UserError in one line: it is none, or holds nothing that can be shown."""
    from sortie.incident.dataflash import tell_dataflash
    from sortie.incident.telemetry import tell_telemetry
    from sortie.incident.ulog import tell_ulog

    tellers: dict[LogForm, Callable[[Recording], None]] = {
        LogForm.DATAFLASH: tell_dataflash,
        LogForm.TELEMETRY: tell_telemetry,
        LogForm.ULOG: tell_ulog,
    }
    log = find_log(path)
    recording = Recording(read_log(log), log)
    tellers[form_of(log)](recording)
    recording.told.sort(key=lambda row: row[0])
    if not recording.told:
        raise UserError(f"{log}: the log holds nothing that a station could be shown")
    return recording


class EverySoOften:
    """Lets a kind of row pass at most every `period_ms`: a log has more of them than a link carries."""

    def __init__(self, period_ms: int) -> None:
        self._period_ms = period_ms
        self._due_ms: dict[str, int] = {}

    def __call__(self, kind: str, at_ms: int) -> bool:
        if at_ms < self._due_ms.get(kind, at_ms):
            return False
        self._due_ms[kind] = at_ms + self._period_ms
        return True


def heartbeat(recording: Recording, custom_mode: int, armed: bool) -> Message:
    """HEARTBEAT of the recorded vehicle in this mode."""
    flags = ModeFlag.CUSTOM_MODE_ENABLED | (ModeFlag.SAFETY_ARMED if armed else 0)
    state = SystemState.ACTIVE if armed else SystemState.STANDBY
    return dialect.MAVLink_heartbeat_message(recording.vehicle, recording.autopilot, flags, custom_mode, state, 3)


def tell_heartbeats(recording: Recording, changes: Iterable[tuple[int, Message]]) -> None:
    """Add a HEARTBEAT a second, from its changes (in the order of time), while the log has rows: whoever watches counts
    them. In a gap of more than `_GAP_MS` nobody knows, and a damaged time may be weeks away."""
    rows: Iterable[tuple[int, Message | None]] = ((at_ms, None) for at_ms in sorted({row[0] for row in recording.told}))
    before: Message | None = None
    next_ms = last_ms = 0
    for at_ms, message in heapq.merge(changes, rows, key=itemgetter(0)):
        next_ms = at_ms if at_ms - last_ms > _GAP_MS else next_ms
        last_ms = at_ms
        while before is not None and next_ms < at_ms:
            recording.tell(next_ms, before)
            next_ms += 1000
        if message is not None:
            recording.tell(at_ms, message)
            before, next_ms = message, at_ms + 1000
