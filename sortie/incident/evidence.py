"""Evidence of a log about an incident: inputs of the vehicle (parameters, modes, commands, sticks), and signals in
which `sortie.incident.diagnosis` finds faults. Times are s since boot.

Logs of ArduPilot's simulator have SIM_ parameters and SIM messages with the planted faults. They are not used, because
logs of real vehicles do not have them. In our own logs they describe weather and machine, and are used.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from autopilot.interface.reasons import BY_WISH, ModeReason
from autopilot.interface.records import dataclass, field
from autopilot.mav import AutopilotType
from autopilot.vehicles.kinds import DEFAULT, class_of_type, vehicle_class
from mavlink_bridge.firmware.ardupilot import ArduPilot
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.firmware.mode_names import ardupilot_mode
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.wire.codec import decode, ids_of
from sortie.config.errors import UserError
from sortie.incident.reader import read_recording
from sortie.incident.recording import LoggedCommand, Recording, type_with
from sortie.reading.dataflash import SAMPLED_S
from sortie.reading.dataflash_messages import MessageLog
from sortie.reading.facts import LONGEST_S, FlightFacts, ThinnedRows, remember
from sortie.reading.log_file import open_log
from sortie.reading.logs import LogForm, find_log, form_of, read_log

Row = tuple[float, ...]
_OURS: Final = "FM_COUNTDOWN"
"""Parameter that only our vehicles have."""
_WISHED: Final = BY_WISH | {ModeReason.UNKNOWN}
_MOVED_US: Final = 30
"""Smallest change of a pulse that is a stick movement and not noise, us."""


@dataclass(frozen=True, slots=True)
class LoggedMode:
    """Change of mode. `wished`: requested, or unknown; otherwise the vehicle chose it, for the reason `why`.
    `log_name`: its name, if ours flies it as another mode (`Evidence.name_modes`)."""

    at_s: float
    name: str
    wished: bool
    why: str
    log_name: str = ""


@dataclass(slots=True)
class Evidence:
    """Evidence of one log. `form`: the kind of log. Long logs are thinned.

    `facts`: as of all readers. `parameters`: at arming; `changes`: (s, name, value) afterwards. Signals in rows: `gps`
    (s, MAVLink's fix type, lat, lon, m/s, course deg), `compass` (s, 1 healthy, mGauss of each axis), `barometer` (s,
    m), `battery` (s, V, A), `motors` (s, us of each), `vibration` (s, m/s2), `radio` (s of reception), `stations` (s of
    reception), `errors` (s, subsystem, code) of ArduPilot's ERR, `sticks` (s, us of each channel), `dropped` (s,
    messages dropped by the logger so far), `airspeed` (s, m/s of the tube).
    """

    facts: FlightFacts
    form: LogForm
    kind: str = "copter"
    frame: str = ""
    ours: bool = False
    parameters: dict[str, float] = field(default_factory=dict)
    changes: list[tuple[float, str, float]] = field(default_factory=ThinnedRows)
    modes: list[LoggedMode] = field(default_factory=ThinnedRows)
    commands: list[LoggedCommand] = field(default_factory=ThinnedRows)
    gps: list[Row] = field(default_factory=ThinnedRows)
    compass: list[Row] = field(default_factory=ThinnedRows)
    barometer: list[Row] = field(default_factory=ThinnedRows)
    battery: list[Row] = field(default_factory=ThinnedRows)
    motors: list[Row] = field(default_factory=ThinnedRows)
    vibration: list[Row] = field(default_factory=ThinnedRows)
    radio: list[Row] = field(default_factory=ThinnedRows)
    errors: list[Row] = field(default_factory=ThinnedRows)
    sticks: list[Row] = field(default_factory=ThinnedRows)
    stations: list[Row] = field(default_factory=ThinnedRows)
    dropped: list[Row] = field(default_factory=ThinnedRows)
    airspeed: list[Row] = field(default_factory=ThinnedRows)
    firmware: Firmware = field(default_factory=partial(ArduPilot, DEFAULT))

    @property
    def flight_s(self) -> tuple[float, float]:
        """Longest armed interval, s. UserError: there is none."""
        flight = self.facts.longest_flight()
        if flight is None:
            raise UserError(
                f"{self.facts.name}: the vehicle was not armed in this log, so there is nothing to fly again"
            )
        return flight

    def name_modes(self, firmware: Firmware) -> None:
        """Name the modes as this firmware shows them, so that the modes of a log and of its repeated flight compare.
        PX4's Takeoff and our GUIDED are Hold."""
        shown: dict[str, str] = {}
        for mode in {*(name for _, name in self.facts.modes), *(mode.name for mode in self.modes)}:
            own = firmware.named_mode(_HEARTBEAT_NAMES.get(mode, mode))
            number = self.firmware.named_mode(mode) if own is None else firmware.mode_of(own)
            with contextlib.suppress(ValueError):  # not one of its modes
                shown[mode] = mode if number is None else firmware.mode_name(firmware.custom_mode(number))
        self.modes[:] = [
            replace(mode, name=shown.get(mode.name, mode.name), log_name=mode.log_name or mode.name)
            for mode in self.modes
        ]
        modes = list(self.facts.modes)
        self.facts.modes.clear()
        for at_s, name in modes:
            self.facts.enter(at_s, shown.get(name, name))

    @property
    def sticks_moved(self) -> bool:
        begin_s, end_s = self.flight_s
        rows = [row[1:5] for row in self.sticks if begin_s <= row[0] <= end_s]
        return any(max(column) - min(column) > _MOVED_US for column in zip(*rows, strict=True))


def read_evidence(path: Path) -> Evidence:
    """Read a log, or that of a folder. UserError in one sentence: it is not a log, or has no flight of a simulated
    kind."""
    log = find_log(path)
    form = form_of(log)
    found = _of_dataflash(log) if form is LogForm.DATAFLASH else _of_messages(read_recording(log, _KINDS), form)
    if not found.kind:
        raise UserError(f"{log}: {found.facts.vehicle or 'its vehicle'} is not a vehicle that Sortie simulates")
    if not found.facts.samples:
        raise UserError(f"{log}: the log has no position of the vehicle, so there is nothing to fly again")
    begin_s, end_s = found.flight_s
    if end_s - begin_s > LONGEST_S:
        hours = (end_s - begin_s) / 3600.0
        raise UserError(f"{log}: by its clock the flight takes {hours:.0f} hours; expected at most a day")
    if not vehicle_class(found.kind).flies:  # its height is that of the ground, which may differ from home's
        found.facts.samples[:] = [replace(sample, height=0.0) for sample in found.facts.samples]
    return found


def _kind_of(vehicle_type: int) -> str:
    kind = class_of_type(vehicle_type)
    return "" if kind is None else kind.name


# --- .bin -------------------------------------------------------------------------------------------------------------
_MAIN: Final = 0
_ACCEPTED: Final = 0
_RADIO_HEARD: Final = 1
"""Bit in RCI2.Flags."""
_ITS_OWN: Final = "ArduPilot's reason {}"
_EVERY_S: Final = {
    **SAMPLED_S, "MAG": 0.09, "BARO": 0.09, "RCOU": 0.09, "RCIN": 0.09, "RCI2": 0.09, "ARSP": 0.09,
}  # fmt: skip


class _DataflashEvidence:
    """Collector of DataFlash messages, of all compasses."""

    def __init__(self, found: Evidence) -> None:
        self._found = found
        self._modes: list[tuple[float, int, int | None]] = ThinnedRows()
        self._health: dict[int, bool] = {}
        self.takes: Mapping[str, Callable[[Any, float], None]] = {
            "PARM": self._parameter,
            "MODE": lambda m, at_s: self._modes.append((at_s, m.ModeNum, getattr(m, "Rsn", None))),  # logged since 3.4
            "MAVC": self._command,
            "GPS": lambda m, at_s: found.gps.append((at_s, m.Status, m.Lat, m.Lng, m.Spd, m.GCrs)),
            "MAG": self._compass,
            "BARO": lambda m, at_s: found.barometer.append((at_s, m.Alt)),
            "BAT": lambda m, at_s: found.battery.append((at_s, m.Volt, m.Curr)),
            "RCOU": lambda m, at_s: found.motors.append((at_s, m.C1, m.C2, m.C3, m.C4)),
            "VIBE": lambda m, at_s: found.vibration.append((at_s, max(m.VibeX, m.VibeY, m.VibeZ))),
            "RCIN": self._sticks,
            "RCI2": self._radio,
            "MAV": self._station,
            "ERR": lambda m, at_s: found.errors.append((at_s, m.Subsys, m.ECode)),
            "DSF": lambda m, at_s: found.dropped.append((at_s, m.Dp)),
            "ARSP": lambda m, at_s: found.airspeed.append((at_s, m.Airspeed)),
            "MSG": self._text,
        }

    def _parameter(self, m: Any, time_s: float) -> None:
        """Take a parameter. A log begins with all of them; a second value while armed is a change."""
        if m.Name in self._found.parameters and self._found.facts.armed_at(time_s):
            self._found.changes.append((time_s, m.Name, m.Value))
        else:
            remember(self._found.parameters, m.Name, m.Value)

    def _command(self, m: Any, time_s: float) -> None:
        if m.Res == _ACCEPTED:
            params = (m.P1, m.P2, m.P3, m.P4)
            self._found.commands.append(LoggedCommand(time_s, m.Cmd, m.Fr, params, (m.X, m.Y, m.Z)))

    def _compass(self, m: Any, time_s: float) -> None:
        instance = getattr(m, "I", _MAIN)
        self._health[instance] = bool(getattr(m, "Health", 1))
        if instance == _MAIN:
            healthy = float(any(self._health.values()))
            self._found.compass.append((time_s, healthy, m.MagX, m.MagY, m.MagZ))

    def _sticks(self, m: Any, time_s: float) -> None:
        self._found.sticks.append((time_s, *(float(getattr(m, f"C{number}", 0)) for number in range(1, 9))))

    def _radio(self, m: Any, time_s: float) -> None:
        if m.Flags & _RADIO_HEARD:
            self._found.radio.append((time_s,))

    def _station(self, m: Any, time_s: float) -> None:
        """Take `mgs`, the time of the last reception in ms since boot; not logged before 4.7."""
        heard_s = getattr(m, "mgs", 0) / 1000.0
        if 0.0 < heard_s <= time_s and (not self._found.stations or self._found.stations[-1][0] < heard_s):
            self._found.stations.append((heard_s,))

    def _text(self, m: Any, time_s: float) -> None:
        if m.Message.startswith("Frame: "):
            self._found.frame = m.Message.removeprefix("Frame: ")

    def finish(self, vehicle_type: int) -> None:
        known = {int(reason): reason for reason in ModeReason}
        for at_s, number, why in self._modes:
            name = ardupilot_mode(vehicle_type, number)
            if why is None:
                wished, words = _guess(self._found.facts, at_s, name)
            else:
                reason = known.get(why)
                wished = reason in _WISHED or why in _STARTUP
                words = _ITS_OWN.format(why) if reason is None else _GENERAL.get(reason, reason.text)
            if not self._found.modes or self._found.modes[-1].name != name:
                self._found.modes.append(LoggedMode(at_s, name, wished, words))


_GENERAL: Final = {ModeReason.FAILSAFE: "Failsafe"}
"""ArduRover's for radio and ground station; ours has it for wind only."""
_STARTUP: Final = (26, 50)
"""ModeReason INITIALISED, and that of the first mode."""


def _of_dataflash(log: Path) -> Evidence:
    facts = read_log(log)
    found = Evidence(facts, LogForm.DATAFLASH)
    reader = _DataflashEvidence(found)
    with open_log(log) as file:
        messages = MessageLog(file)
        messages.take(reader.takes, _EVERY_S, of_all=("MAG",))
    reader.finish(messages.vehicle_type)
    vehicle_type = type_with(messages.vehicle_type, found.parameters)
    found.kind, found.firmware = _kind_of(vehicle_type), firmware_spoken(AutopilotType.ARDUPILOTMEGA, vehicle_type)
    found.ours = _OURS in found.parameters
    if not found.ours:
        found.parameters = {name: value for name, value in found.parameters.items() if not name.startswith("SIM_")}
        found.changes = [row for row in found.changes if not row[1].startswith("SIM_")]
    return found


# --- .tlog and .ulg ---------------------------------------------------------------------------------------------------
def _of_messages(recording: Recording, form: LogForm) -> Evidence:
    """Make evidence from messages of other logs, without compass and reasons of modes."""
    facts = recording.facts
    found = Evidence(facts, form, _kind_of(recording.vehicle))
    found.firmware = recording.firmware
    found.parameters = {name: value for name, value in recording.values.items() if not name.startswith("SIM_")}
    found.stations = [(at_s,) for at_s in recording.stations]
    found.commands = recording.commands
    for at_s, name in facts.modes:
        found.modes.append(LoggedMode(at_s, name, *_wish(recording, at_s, name)))
    for at_ms, kind, data in recording.messages.after(-1):
        _take(found, at_ms / 1000.0, decode(kind, data))
    found.name_modes(found.firmware)
    return found


def _wish(recording: Recording, at_s: float, name: str) -> tuple[bool, str]:
    """Return whether a mode was requested (or that is unknown), and the source of this. PX4 logs its user's
    intention."""
    if recording.unwished:
        row = bisect_right(recording.unwished, (at_s + _TOGETHER_S, True)) - 1
        unwished = row >= 0 and recording.unwished[row][1]
        return not unwished, "another mode was wanted" if unwished else "wanted"
    return _guess(recording.facts, at_s, name)


def _guess(facts: FlightFacts, at_s: float, name: str) -> tuple[bool, str]:
    """Guess whether a mode was requested, for a log without reasons."""
    by_itself = name not in _TO_ORDER and any(
        0.0 <= at_s - trouble.time_s < _WARNED_BEFORE_S or 0.0 <= trouble.time_s - at_s < 1.0
        for trouble in facts.troubles
    )
    return not by_itself, GUESSED[by_itself]


GUESSED: Final = ("not told", "beside a warning")
"""Reasons of modes in a log without reasons."""
_TOGETHER_S: Final = 0.001
_WARNED_BEFORE_S: Final = 2.0
_HEARTBEAT_NAMES: Final = {"Descend": "Land"}
"""State of PX4 that its HEARTBEATs name differently: a landing without a position."""
_TO_ORDER: Final = frozenset({"AUTO", "GUIDED", "Mission", "Takeoff", "Offboard"})
"""Modes that no failsafe selects."""
_KINDS: Final = ids_of("GPS_RAW_INT", "SYS_STATUS", "SERVO_OUTPUT_RAW", "VIBRATION", "RC_CHANNELS")


def _take(found: Evidence, at_s: float, m: Any) -> None:
    if m is None:
        return
    match m.get_type():
        case "GPS_RAW_INT":
            found.gps.append((at_s, m.fix_type, m.lat / 1e7, m.lon / 1e7, m.vel / 100.0, m.cog / 100.0))
        case "SYS_STATUS" if m.voltage_battery not in (0, 0xFFFF):
            found.battery.append((at_s, m.voltage_battery / 1e3, max(m.current_battery, 0) / 100.0))
        case "SERVO_OUTPUT_RAW":
            found.motors.append((at_s, m.servo1_raw, m.servo2_raw, m.servo3_raw, m.servo4_raw))
        case "VIBRATION":
            found.vibration.append((at_s, max(m.vibration_x, m.vibration_y, m.vibration_z)))
        case "RC_CHANNELS":
            pulses = (float(getattr(m, f"chan{number}_raw")) for number in range(1, 9))
            found.sticks.append((at_s, *(0.0 if pulse == 0xFFFF else pulse for pulse in pulses)))
            if m.chancount:
                found.radio.append((at_s,))
