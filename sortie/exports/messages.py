"""Export of a flight as messages: MAVLink (`.tlog`, for ground stations), MCAP (for Foxglove).

Times are those of the log if it knows the time of boot, otherwise counted from 1970.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import cycle
from math import inf, isfinite, radians
from typing import Any, Final

from autopilot.control.attitude import from_euler
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.mathematics import hypot
from autopilot.interface.records import dataclass
from autopilot.mav import AutopilotType, ModeFlag, Severity, SystemState, VehicleType
from mavlink_bridge.services.telemetry.announcements import status_texts
from mavlink_bridge.wire.codec import Message, dialect, payload
from mavlink_bridge.wire.framing import FrameWriter
from sortie.config.errors import UserError, pip_install
from sortie.reading.facts import FlightFacts, Quantity, Sample

_HEARTBEAT_S: Final = 1.0
_LARGEST_I16: Final = 0x7FFF
_LARGEST_I32: Final = 0x7FFFFFFF
_LARGEST_U32: Final = 0xFFFFFFFF
_UNKNOWN_U16: Final = 0xFFFF
"""MAVLink's value for an unknown voltage or heading."""


@dataclass(frozen=True, slots=True)
class LoggedText:
    text: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class ModeAndArming:
    """Mode and arming from here on."""

    mode: str
    armed: bool


def turned(roll_deg: float, pitch_deg: float, yaw_deg: float) -> tuple[float, float, float, float]:
    """Return the quaternion (x, y, z, w) of a body with axes forward, left, up in east, north, up, from MAVLink's
    angles (forward, right, down in north, east, down)."""
    w, x, y, z = from_euler(radians(roll_deg), radians(-pitch_deg), radians(90.0 - yaw_deg))
    return x, y, z, w


def moments(facts: FlightFacts) -> Iterator[tuple[float, Sample | LoggedText | ModeAndArming]]:
    """Yield everything in order of time, states before texts of the same time."""
    severities = facts.severities()
    found: list[tuple[float, Sample | LoggedText | ModeAndArming]] = [
        (sample.time_s, sample) for sample in facts.samples
    ]
    found += [(at_s, LoggedText(text, severities.get((at_s, text), Severity.INFO))) for at_s, text in facts.texts]
    mode, armed = "", False
    changes: list[tuple[float, str | bool]] = sorted([*facts.modes, *facts.armed], key=lambda change: change[0])
    for at_s, change in changes:
        mode, armed = (change, armed) if isinstance(change, str) else (mode, change)
        found.append((at_s, ModeAndArming(mode, armed)))
    return iter(sorted(found, key=lambda moment: (moment[0], not isinstance(moment[1], ModeAndArming))))


def _instant_ns(facts: FlightFacts, at_s: float) -> int:
    """Return a time of the flight, ns since 1970, within what Foxglove's Timestamp holds (to 2106); a damaged log may
    have any."""
    return min(max((facts.boot_us + round(at_s * 1e6)) * 1000, 0), _LARGEST_U32 * 1_000_000_000)


def to_tlog(facts: FlightFacts) -> bytes:
    """Convert a flight to a .tlog, as a ground station would have received it from system 1. Modes are texts, because
    mode numbers depend on the firmware."""
    writer, way = FrameWriter(1, 1), _Way()
    ground_m = 0.0 if facts.home is None else facts.home.alt
    out, armed, next_s, chunk_ids = bytearray(), False, -inf, cycle(range(1, 0x10000))
    for at_s, moment in moments(facts):
        if isinstance(moment, Sample):
            messages = _measured(at_s, moment, ground_m, way.velocity(moment))
        elif isinstance(moment, LoggedText):
            messages = [*status_texts(moment.severity, moment.text, next(chunk_ids))]
        else:
            messages = [*status_texts(Severity.INFO, f"Mode {moment.mode}", next(chunk_ids))]
        armed = moment.armed if isinstance(moment, ModeAndArming) else armed
        if at_s >= next_s or isinstance(moment, ModeAndArming):
            messages.insert(0, _heartbeat(armed))
            next_s = at_s + _HEARTBEAT_S
        for message in messages:
            out += (_instant_ns(facts, at_s) // 1000).to_bytes(8, "big") + writer.frame(*payload(message))
    return bytes(out)


def _heartbeat(armed: bool) -> Message:
    flags, state = (ModeFlag.SAFETY_ARMED, SystemState.ACTIVE) if armed else (0, SystemState.STANDBY)
    return dialect.MAVLink_heartbeat_message(VehicleType.GENERIC, AutopilotType.GENERIC, flags, 0, state, 3)


class _Way:
    def __init__(self) -> None:
        self._before: Sample | None = None
        self._north, self._east = 1.0, 0.0  # direction over ground

    def velocity(self, sample: Sample) -> tuple[float, float, float]:
        """Velocity at the next sample, NED m/s: its speed, in the direction from the last one, and the change of
        height."""
        before, self._before = self._before, sample
        down = 0.0
        if before is not None:
            north, east, _ = to_local(GeoPoint(before.lat, before.lon), sample.lat, sample.lon, 0.0)
            size, seconds = hypot(north, east), sample.time_s - before.time_s
            if size > 0.0:
                self._north, self._east = north / size, east / size
            down = (before.height - sample.height) / seconds if seconds > 0.0 else 0.0
        return sample.speed * self._north, sample.speed * self._east, down


def _measured(at_s: float, moment: Sample, ground_m: float, velocity: tuple[float, float, float]) -> list[Message]:
    """GLOBAL_POSITION_INT and SYS_STATUS of a sample."""
    if not (isfinite(moment.lat) and isfinite(moment.lon) and isfinite(moment.height)):
        return []
    place = [whole(moment.lat, 1e7), whole(moment.lon, 1e7), whole(moment.height + ground_m, 1000.0)]
    speeds = [whole(part, 100.0, -_LARGEST_I16, _LARGEST_I16) for part in velocity]
    millivolts = whole(moment.volts, 1000.0, 0, _UNKNOWN_U16) if isfinite(moment.volts) else _UNKNOWN_U16
    percent = whole(moment.percent, 1.0, -1, 100) if isfinite(moment.percent) else -1
    return [
        dialect.MAVLink_global_position_int_message(
            whole(at_s, 1000.0, 0, _LARGEST_U32), *place, whole(moment.height, 1000.0), *speeds, _UNKNOWN_U16
        ),
        dialect.MAVLink_sys_status_message(0, 0, 0, 0, millivolts, -1, percent, 0, 0, 0, 0, 0, 0),
    ]


def whole(value: float, factor: float = 1.0, low: int = -_LARGEST_I32, high: int = _LARGEST_I32) -> int:
    """Return `value * factor`, clamped to the range of its field; 0 for a non-finite value, which a damaged log may
    contain."""
    return round(min(max(value * factor, low), high)) if isfinite(value) else 0


def compass(angle_deg: float, factor: float = 1.0) -> int:
    """Return a heading or course for a field, from 0 to below a full turn."""
    return whole(angle_deg % 360.0, factor) % round(360.0 * factor)


def to_mcap(facts: FlightFacts) -> bytes:
    """Convert a flight to MCAP with Foxglove's schemas: `/fix` LocationFix, `/pose` FrameTransform, `/log` Log;
    `/state` and `/figures` as JSON. UserError without foxglove-sdk, which has schemas and writer."""
    try:
        import foxglove
        from foxglove import channels, messages
    except ModuleNotFoundError as error:
        raise UserError(f"MCAP needs foxglove-sdk: {pip_install('mcap')}") from error
    context, out = foxglove.Context(), io.BytesIO()
    fix, log = channels.LocationFixChannel("/fix", context=context), channels.LogChannel("/log", context=context)
    state, figures = (foxglove.Channel(f"/{name}", message_encoding="json", context=context) for name in _JSON)
    ground_m = 0.0 if facts.home is None else facts.home.alt
    with foxglove.open_mcap(out, context=context):
        for at_s, moment in moments(facts):
            at_ns = _instant_ns(facts, at_s)
            stamp = messages.Timestamp(at_ns // 1_000_000_000, at_ns % 1_000_000_000)
            if isinstance(moment, LoggedText):
                log.log(
                    messages.Log(
                        timestamp=stamp,
                        level=_level(moment.severity)(messages.LogLevel),
                        message=moment.text,
                        name=facts.vehicle,
                    ),
                    log_time=at_ns,
                )
            elif isinstance(moment, ModeAndArming):
                state.log({"mode": moment.mode, "armed": moment.armed}, log_time=at_ns)
            else:
                fix.log(
                    messages.LocationFix(
                        timestamp=stamp,
                        frame_id="earth",
                        latitude=moment.lat,
                        longitude=moment.lon,
                        altitude=moment.height + ground_m,
                    ),
                    log_time=at_ns,
                )
                known = {
                    "height_m": moment.height,
                    "speed_mps": moment.speed,
                    "battery_v": moment.volts,
                    "battery_percent": moment.percent,
                }
                figures.log({name: value for name, value in known.items() if isfinite(value)}, log_time=at_ns)
        _poses(facts, context)
        for quantity in Quantity:
            for at_s, value in facts.series.get(quantity, []):
                if isfinite(value):
                    figures.log({quantity.value: value}, log_time=_instant_ns(facts, at_s))
    return out.getvalue()


_JSON: Final = ("state", "figures")


def _poses(facts: FlightFacts, context: Any) -> None:
    """Write position from home and attitude for each logged attitude, for a 3D view."""
    from foxglove import channels, messages

    if facts.home is None:
        return
    pose = channels.FrameTransformChannel("/pose", context=context)
    times_s = [sample.time_s for sample in facts.samples]
    angles = (facts.series.get(quantity, []) for quantity in (Quantity.ROLL, Quantity.PITCH, Quantity.YAW))
    for (at_s, roll), (_, pitch), (_, yaw) in zip(*angles, strict=False):
        number = bisect_right(times_s, at_s)
        if not (number and isfinite(roll) and isfinite(pitch) and isfinite(yaw)):
            continue
        place = facts.samples[number - 1]
        north, east, _ = to_local(facts.home, place.lat, place.lon, 0.0)
        x, y, z, w = turned(roll, pitch, yaw)
        at_ns = _instant_ns(facts, at_s)
        pose.log(
            messages.FrameTransform(
                timestamp=messages.Timestamp(at_ns // 1_000_000_000, at_ns % 1_000_000_000),
                parent_frame_id="home",
                child_frame_id="vehicle",
                translation=messages.Vector3(x=east, y=north, z=place.height),
                rotation=messages.Quaternion(x=x, y=y, z=z, w=w),
            ),
            log_time=at_ns,
        )


def _level(severity: Severity) -> Callable[[Any], Any]:
    """Return Foxglove's level for a MAV_SEVERITY."""
    if severity <= Severity.CRITICAL:
        return lambda level: level.Fatal
    if severity is Severity.ERROR:
        return lambda level: level.Error
    return lambda level: level.Warning if severity is Severity.WARNING else level.Info
