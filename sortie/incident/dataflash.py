"""Messages for a `.bin`: the telemetry that ArduPilot would have sent for the rows of its log."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isfinite, radians
from typing import Any, Final

from autopilot.interface.mathematics import hypot
from autopilot.mav import Severity
from mavlink_bridge.wire.codec import dialect
from sortie.exports.messages import compass, whole
from sortie.incident.recording import EverySoOften, Recording, battery_status, heartbeat, type_with
from sortie.reading.dataflash_messages import MessageLog, percent_left
from sortie.reading.facts import ThinnedRows, remember
from sortie.reading.log_file import open_log

_ITEM: Final = re.compile(r"Mission: (\d+) ")
"""ArduPilot's text about an item that begins."""
_U16: Final = 0xFFFF


class _Teller:
    """Converter of rows to messages, in the order of the log."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._due = EverySoOften()
        self._velocity = (0.0, 0.0, 0.0)
        self._yaw_deg = 0.0
        self._throttle = 0.0  # percent
        self._airspeed: float | None = None
        self.modes: list[tuple[int, int]] = ThinnedRows()
        """(ms since boot, mode number) at each change."""
        self.takes: Mapping[str, Callable[[Any, int], None]] = {
            "ATT": self._attitude,
            "XKF1": self._estimate,
            "POS": self._place,
            "GPS": self._gps,
            "BAT": self._battery,
            "ARSP": self._tube,
            "CTUN": self._tuning,
            "QTUN": self._lifting,
            "THR": self._drive,
            "RCIN": self._sticks,
            "RCOU": self._outputs,
            "VIBE": self._vibration,
            "MODE": lambda m, at_ms: self.modes.append((at_ms, m.ModeNum)),
            "MSG": self._text,
            "PARM": lambda m, _: remember(recording.values, m.Name, m.Value),
        }

    def _attitude(self, m: Any, at_ms: int) -> None:
        self._yaw_deg = m.Yaw
        if self._due("ATT", at_ms):
            angles = (radians(m.Roll), radians(m.Pitch), radians((m.Yaw + 180.0) % 360.0 - 180.0))
            self._recording.tell(at_ms, dialect.MAVLink_attitude_message(at_ms, *angles, 0.0, 0.0, 0.0))

    def _estimate(self, m: Any, at_ms: int) -> None:
        self._velocity = (m.VN, m.VE, m.VD)

    def _place(self, m: Any, at_ms: int) -> None:
        if not self._due("POS", at_ms):
            return
        velocity = [whole(speed, 100.0, -0x7FFF, 0x7FFF) for speed in self._velocity]
        heading = compass(self._yaw_deg, 100.0)
        self._recording.tell(
            at_ms,
            dialect.MAVLink_global_position_int_message(
                at_ms,
                whole(m.Lat, 1e7),
                whole(m.Lng, 1e7),
                whole(m.Alt, 1e3),
                whole(m.RelHomeAlt, 1e3),
                *velocity,
                heading,
            ),
        )
        north, east, down = self._velocity
        ground = hypot(north, east)
        air = ground if self._airspeed is None else self._airspeed
        self._recording.tell(
            at_ms,
            dialect.MAVLink_vfr_hud_message(
                air, ground, compass(self._yaw_deg), whole(self._throttle, 1.0, 0, 100), m.Alt, -down
            ),
        )

    def _gps(self, m: Any, at_ms: int) -> None:
        if not self._due("GPS", at_ms):
            return
        self._recording.tell(
            at_ms,
            dialect.MAVLink_gps_raw_int_message(
                at_ms * 1000,
                min(max(m.Status, 1), 8),
                whole(m.Lat, 1e7),
                whole(m.Lng, 1e7),
                whole(m.Alt, 1e3),
                whole(m.HDop, 100.0, 0, _U16),
                _U16,
                whole(m.Spd, 100.0, 0, _U16),
                compass(m.GCrs, 100.0),
                min(m.NSats, 255),
            ),
        )

    def _battery(self, m: Any, at_ms: int) -> None:
        if not self._due("BAT", at_ms):
            return
        volts, percent = whole(m.Volt, 1e3, 0, _U16), percent_left(m)
        left = whole(percent, 1.0, -1, 100) if isfinite(percent) else -1
        amps = whole(m.Curr, 100.0, -1, 0x7FFF) if isfinite(m.Curr) else -1
        self._recording.tell(at_ms, battery_status(volts, amps, left))
        cells = [volts, *[_U16] * 9]
        used = whole(m.CurrTot) if isfinite(m.CurrTot) else -1
        self._recording.tell(
            at_ms, dialect.MAVLink_battery_status_message(0, 0, 0, 0x7FFF, cells, amps, used, -1, left)
        )

    def _tube(self, m: Any, at_ms: int) -> None:
        self._airspeed = m.Airspeed

    def _tuning(self, m: Any, at_ms: int) -> None:
        """Take the throttle: a share in a copter's CTUN, which has ThH too, percent in a plane's."""
        self._throttle = float(getattr(m, "ThO", 0.0)) * (100.0 if hasattr(m, "ThH") else 1.0)

    def _lifting(self, m: Any, at_ms: int) -> None:
        """Take the throttle of lift motors where it is more than the engine's, which stands in a hover."""
        self._throttle = max(self._throttle, 100.0 * m.ThO)

    def _drive(self, m: Any, at_ms: int) -> None:
        self._throttle = abs(m.ThrOut)

    def _sticks(self, m: Any, at_ms: int) -> None:
        if self._due("RCIN", at_ms):
            channels = [min(int(getattr(m, f"C{number}", _U16)), _U16) for number in range(1, 15)]
            self._recording.tell(at_ms, dialect.MAVLink_rc_channels_message(at_ms, 16, *channels, *[_U16] * 4, 255))

    def _outputs(self, m: Any, at_ms: int) -> None:
        if self._due("RCOU", at_ms):
            pulses = [min(int(getattr(m, f"C{number}", 0)), _U16) for number in range(1, 9)]
            self._recording.tell(at_ms, dialect.MAVLink_servo_output_raw_message(at_ms * 1000 & 0xFFFFFFFF, 0, *pulses))

    def _vibration(self, m: Any, at_ms: int) -> None:
        if self._due("VIBE", at_ms):
            clips = (int(getattr(m, "Clip", 0)) & 0xFFFFFFFF, 0, 0)
            self._recording.tell(
                at_ms, dialect.MAVLink_vibration_message(at_ms * 1000, m.VibeX, m.VibeY, m.VibeZ, *clips)
            )

    def _text(self, m: Any, at_ms: int) -> None:
        self._recording.say(at_ms, m.Message, Severity.INFO)
        item = _ITEM.match(m.Message)
        if item is not None:
            self._recording.tell(at_ms, dialect.MAVLink_mission_current_message(min(int(item[1]), _U16)))


def _ms(time_s: float) -> int:
    return round(time_s * 1e6) // 1000


def _at_ms(take: Callable[[Any, int], None], row: Any, time_s: float) -> None:
    take(row, _ms(time_s))


def _states(recording: Recording, modes: Sequence[tuple[int, int]]) -> Mapping[int, tuple[int, bool]]:
    """Return mode number and arming by the time of each change, ms since boot."""
    changes: list[tuple[int, int | bool]] = [*modes, *((_ms(at_s), armed) for at_s, armed in recording.facts.armed)]
    states: dict[int, tuple[int, bool]] = {}
    mode, armed = 0, False
    for at_ms, change in sorted(changes, key=lambda row: row[0]):
        mode, armed = (mode, change) if isinstance(change, bool) else (change, armed)
        states[at_ms] = mode, armed
    return states


def tell_dataflash(recording: Recording) -> None:
    """Convert the rows of the log to messages; damaged rows are skipped."""
    teller = _Teller(recording)
    with open_log(recording.path) as file:
        log = MessageLog(file)
        log.take({name: partial(_at_ms, take) for name, take in teller.takes.items()})
    recording.vehicle = type_with(log.vehicle_type, recording.values)
    states = _states(recording, teller.modes) or {recording.messages.span_ms[0]: (0, False)}
    for at_ms, state in states.items():
        recording.tell(at_ms, heartbeat(recording, *state))
