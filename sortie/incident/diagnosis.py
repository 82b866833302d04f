"""Diagnosis of a log: the faults that its signals show, as simulator faults with times and reasons.

Only signals that real vehicles log are used. Thresholds are values that no flight without a fault reached; planted
faults measure how often a diagnosis is right (docs/reproduce.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.arrays import atan2, cos, hypot, sin
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.mav import AutopilotType
from autopilot.vehicles.kinds import vehicle_class
from sortie.incident.charge import emptied
from sortie.incident.evidence import Evidence
from sortie.incident.signals import UNUSUAL, FoundFault, in_flight, silences, stopped, stretches, usual
from sortie.incident.wings import airspeed, engine
from sortie.reading.facts import Quantity

Array = npt.NDArray[np.float64]
_FIX: Final = 3
_SILENT_S: Final = 1.0
"""Silence of a sensor, s, if its samples are logged five times a second."""
_JUMP_M: Final = 8.0
_BACK: Final = 0.4
"""Largest relative difference of a jump and the jump back."""
_SETTLED_S: Final = 5.0
"""Time after liftoff before comparisons, s."""
_SAG_V: Final = 0.5
_STAYS: Final = 0.5
"""Share of a drop that must remain for 2 s."""
_FIELD_MGAUSS: Final = 120.0
"""Change of the magnetic field between samples, rotated by the attitude, mGauss; the earth's field is about 500."""
_TILTED_RAD: Final = 0.8
_BAROMETER_M: Final = 4.0
_SHAKES_MPS2: Final = 30.0
"""Limit of ArduPilot's page "Measuring Vibration", m/s2."""
_TUMBLES_DEG: Final = 60.0
_WEAK: Final = 0.12
"""Smallest visible loss of a motor's thrust."""
_OPPOSITE: Final = ((0, 1), (2, 3))
"""Opposite motors of a quad with equal rotation, by ArduPilot's numbers."""
_RADIO, _STATION = 5, 8
"""LogErrorSubsystem of the radio and ground station failsafes."""
_CAUGHT_UP_S: Final = 0.2
_TRUSTED_S: Final[Mapping[int, float]] = {AutopilotType.PX4: 1.0}
"""Time for which a GPS that returns in flight must be good before the estimator uses it, s (EKF2, gps_control); ours
uses it at once."""


def diagnose(found: Evidence) -> list[FoundFault]:
    """Return all faults that the log shows, in order of time."""
    faults = [fault for rule in _RULES for fault in rule(found)]
    return sorted(faults, key=lambda fault: fault.from_s)


def _length(vectors: Array) -> Array:
    found = np.zeros(vectors.shape[1])
    for axis in vectors:
        found = np.asarray(hypot(found, axis), np.float64)
    return found


# --- GPS --------------------------------------------------------------------------------------------------------------
def _gps_lost(found: Evidence) -> list[FoundFault]:
    rows = in_flight(found, found.gps)
    if len(rows) < 2 or not (rows[:, 1] >= _FIX).any():
        return []
    later_s = _TRUSTED_S.get(found.firmware.autopilot, 0.0)
    faults = [
        FoundFault(
            "gps.loss",
            begin_s + _CAUGHT_UP_S,
            None if end_s is None else end_s + later_s,
            f"GPS: status below 3 from {begin_s:.2f} s on",
        )
        for begin_s, end_s in stretches(rows[:, 0], rows[:, 1] < _FIX, 0.5)
    ]
    for begin_s, end_s in _gaps(found, rows):
        faults.append(FoundFault("gps.loss", begin_s + _CAUGHT_UP_S, end_s, f"GPS: no message after {begin_s:.2f} s"))
    return faults


def _gaps(found: Evidence, rows: Array) -> list[tuple[float, float | None]]:
    """Return (last message, next or None) of each silence of a sensor."""
    times = rows[:, 0]
    ends = np.append(times[1:], found.flight_s[1])
    return [
        (float(times[at]), float(ends[at]) if at + 1 < len(times) else None)
        for at in np.flatnonzero(ends - times > _silent_s(times))
        if stopped(found, times, float(times[at]), float(ends[at]))
    ]


def _silent_s(times: Array) -> float:
    """Return the silence limit for a sensor with these times, s; some logs have one sample a second."""
    return max(_SILENT_S, UNUSUAL * usual(times))


def _gps_jumps(found: Evidence) -> list[FoundFault]:
    """Find places farther from the previous one than the speed explains; a jump back ends the fault."""
    rows = in_flight(found, found.gps)
    rows = rows[rows[:, 1] >= _FIX]
    if len(rows) < 3:
        return []
    origin = GeoPoint(rows[0, 2], rows[0, 3], 0.0)
    north, east = np.array([to_local(origin, lat, lon, 0.0)[:2] for lat, lon in rows[:, 2:4]]).T
    step_s = np.diff(rows[:, 0])
    course = np.radians(rows[:, 5])
    ahead = np.stack((cos(course), sin(course))) * rows[:, 4]
    moved = np.diff(np.stack((north, east))) - step_s * ahead[:, 1:]
    size = _length(moved)
    jumps = np.flatnonzero((size > _JUMP_M) & (step_s < _silent_s(rows[:, 0])))
    faults: list[FoundFault] = []
    used: set[int] = set()
    for at in jumps:
        if int(at) in used:
            continue
        off = moved[:, at]
        back = next(
            (
                int(later)
                for later in jumps[jumps > at]
                if _length(moved[:, later : later + 1] + off[:, None])[0] < _BACK * size[at]
            ),
            None,
        )
        used.add(int(at))
        if back is not None:
            used.add(back)
        away = float(np.degrees(atan2(off[1:2], off[0:1]))[0] % 360.0)
        value = float(size[at]) * (1.0 if off[0] >= 0.0 else -1.0)
        begin_s = float(rows[at, 0])
        end_s = None if back is None else float(rows[back, 0]) + _CAUGHT_UP_S
        why = f"GPS: the place jumps {size[at]:.0f} m towards {away:.0f} deg at {rows[at + 1, 0]:.2f} s"
        faults.append(FoundFault("gps.glitch", begin_s + _CAUGHT_UP_S, end_s, why, round(value, 1)))
    return faults


# --- other sensors ----------------------------------------------------------------------------------------------------
def _compass(found: Evidence) -> list[FoundFault]:
    rows = in_flight(found, found.compass)
    if len(rows) < 2:
        return []
    faults = [
        FoundFault("compass.loss", begin_s, end_s, f"MAG: no compass healthy from {begin_s:.2f} s on")
        for begin_s, end_s in stretches(rows[:, 0], rows[:, 1] == 0.0, 0.3)
    ]
    faults += [
        FoundFault("compass.loss", begin_s, None, f"MAG: no message after {begin_s:.2f} s")
        for begin_s, end_s in _gaps(found, rows)
        if end_s is None
    ]
    level, field_ned = _turned(found, rows)
    step = np.diff(field_ned)
    size = np.where(level[1:] & level[:-1], _length(step), 0.0)
    jumps = [int(at) for at in np.flatnonzero((size > _FIELD_MGAUSS) & (np.diff(rows[:, 0]) < 0.5))]
    if jumps:
        at = jumps[0]
        back = next(
            (later for later in jumps[1:] if _length(step[:, [later]] + step[:, [at]])[0] < _BACK * size[at]), None
        )
        end_s = None if back is None else float(rows[back + 1, 0])
        why = f"MAG: the field jumps {size[at]:.0f} mGauss at {rows[at + 1, 0]:.2f} s"
        faults.append(FoundFault("compass.wrong", float(rows[at + 1, 0]), end_s, why))
    return faults


def _turned(found: Evidence, rows: Array) -> tuple[npt.NDArray[np.bool_], Array]:
    """Return (whether it was level, field from north, east and above) where the attitude is known."""
    angles = []
    for quantity in (Quantity.ROLL, Quantity.PITCH, Quantity.YAW):
        known = np.array(found.facts.series.get(quantity, []), np.float64)
        if len(known) < 2:
            return np.zeros(len(rows), np.bool_), np.zeros((3, len(rows)))
        angles.append(np.interp(rows[:, 0], known[:, 0], np.unwrap(np.radians(known[:, 1]))))
    roll, pitch, yaw = angles
    x, y, z = rows[:, 2:5].T
    ahead = x * cos(pitch) + (y * sin(roll) + z * cos(roll)) * sin(pitch)
    aside = y * cos(roll) - z * sin(roll)
    north, east = ahead * cos(yaw) - aside * sin(yaw), ahead * sin(yaw) + aside * cos(yaw)
    down = (y * sin(roll) + z * cos(roll)) * cos(pitch) - x * sin(pitch)
    level = (np.abs(roll) < _TILTED_RAD) & (np.abs(pitch) < _TILTED_RAD)
    return level, np.stack((north, east, down))


def _barometer(found: Evidence) -> list[FoundFault]:
    """Find jumps of the height between samples."""
    rows = in_flight(found, found.barometer)
    if len(rows) < 3:
        return []
    step = np.diff(rows[:, 1])
    jumps = [int(at) for at in np.flatnonzero((np.abs(step) > _BAROMETER_M) & (np.diff(rows[:, 0]) < 0.5))]
    faults: list[FoundFault] = []
    while jumps:
        at = jumps.pop(0)
        back = next((later for later in jumps if abs(step[later] + step[at]) < _BACK * abs(step[at])), None)
        if back is not None:
            jumps.remove(back)
        end_s = None if back is None else float(rows[back + 1, 0])
        why = f"BARO: the height jumps {step[at]:.1f} m at {rows[at + 1, 0]:.2f} s"
        faults.append(FoundFault("baro.wrong", float(rows[at + 1, 0]), end_s, why, round(float(step[at]), 1)))
    return faults


def _vibration(found: Evidence) -> list[FoundFault]:
    rows = in_flight(found, found.vibration)
    if len(rows) < 2:
        return []
    most = float(rows[:, 1].max())
    return [
        FoundFault("accel.garbage", begin_s, end_s, f"VIBE: up to {most:.0f} m/s2 from {begin_s:.2f} s on")
        for begin_s, end_s in stretches(rows[:, 0], rows[:, 1] > _SHAKES_MPS2, 1.0)
    ]


def _battery(found: Evidence) -> list[FoundFault]:
    """Find voltage drops within a second without a rise of the current."""
    rows = in_flight(found, found.battery)
    rows = rows[np.isfinite(rows[:, 1])]
    if len(rows) < 10:
        return []
    time, volts, amps = rows[:, 0], rows[:, 1], rows[:, 2]
    later = np.searchsorted(time, time + 1.0)
    inside = np.flatnonzero(later < len(time))
    drop, rise = volts[inside] - volts[later[inside]], amps[later[inside]] - amps[inside]
    sags = inside[(drop > _SAG_V) & (rise < 0.5 * np.maximum(amps[inside], 2.0))]
    if not sags.size:
        return []
    steepest = int(np.argmin(np.diff(volts[sags[0] : later[sags[0]] + 1]))) + int(sags[0]) + 1
    before, after = float(volts[sags[0]]), float(np.median(volts[steepest : steepest + 20]))
    if before - after < _STAYS * _SAG_V:  # the current was high for as long
        return []
    begin_s = float(time[steepest - 1] + time[steepest]) / 2.0
    again = np.flatnonzero((time > begin_s + 1.0) & (volts > before - 0.3 * (before - after)))
    end_s = float(time[again[0]]) if again.size else None
    why = f"BAT: {before:.2f} V, then {after:.2f} V at {begin_s:.2f} s at the same current"
    return [FoundFault("battery.low", begin_s, end_s, why, round(before - after, 2))]


# --- motors -----------------------------------------------------------------------------------------------------------
def _motors(found: Evidence) -> list[FoundFault]:
    """Find a motor that is commanded more than the opposite one: their thrusts are balanced, so it produces less."""
    rows = in_flight(found, found.motors)
    if not vehicle_class(found.kind).hovers or len(rows) < 20 or rows[:, 3:5].max() < 1000.0:
        return []
    begin_s, end_s = _flies(found)
    rows = rows[rows[:, 0] < end_s]
    if len(rows) < 20:
        return []
    given = found.parameters
    low, high = given.get("MOT_PWM_MIN", 1000.0), given.get("MOT_PWM_MAX", 2000.0)
    expo = given.get("MOT_THST_EXPO", 0.65)
    share = np.clip((rows[:, 1:5] - low) / max(high - low, 1.0), 0.0, 1.0)
    thrust = (1.0 - expo) * share + expo * share * share
    tumbles = _tumbles(found, begin_s, end_s + _SILENT_S)
    best: FoundFault | None = None
    for pair in _OPPOSITE:
        for weak, strong in (pair, pair[::-1]):
            fault = _weak_motor(
                rows[:, 0], thrust[:, weak], thrust[:, strong], weak, begin_s, share[:, weak], tumbles=tumbles
            )
            if fault is not None and (best is None or fault.from_s < best.from_s):
                best = fault
    return [] if best is None else [best]


def _flies(found: Evidence) -> tuple[float, float]:
    """Return the times between which it flies, s; near the ground, motors work against it."""
    begin_s, end_s = found.flight_s
    up = [s.time_s for s in found.facts.samples if begin_s <= s.time_s <= end_s and s.height > 1.0]
    return (up[0] + _SETTLED_S, up[-1]) if up else (end_s, end_s)


def _tumbles(found: Evidence, begin_s: float, end_s: float) -> bool:
    """Check whether it leans beyond any flight attitude before the end; a landing vehicle does not."""
    return any(
        abs(value) > _TUMBLES_DEG
        for quantity in (Quantity.ROLL, Quantity.PITCH)
        for at_s, value in found.facts.series.get(quantity, [])
        if begin_s <= at_s <= end_s
    )


def _weak_motor(
    time: Array, own: Array, other: Array, number: int, begin_s: float, share: Array, *, tumbles: bool
) -> FoundFault | None:
    """Return the motor `number` as a fault if it is weaker than the opposite one for long, or until the vehicle
    tumbles."""
    window = min(max(round(1.0 / max(float(np.median(np.diff(time))), 1e-3)), 2), len(time))
    lost = 1.0 - other / np.maximum(own, 1e-3)
    kernel = np.ones(window) / window
    smooth = np.convolve(lost, kernel, mode="valid")  # of the second after each sample
    bad = np.flatnonzero((smooth > _WEAK) & (time[: len(smooth)] > begin_s) & (own[: len(smooth)] > 0.05))
    if not tumbles:
        bad = bad[time[-1] - time[bad] > _SETTLED_S]
    steady = [int(at) for at in bad[:50] if np.median(lost[at : at + 4 * window]) > _WEAK]
    if not steady:
        return None
    at = steady[0]
    onset = at + int(np.argmax(lost[at : at + window] > _WEAK))
    amount = float(np.median(lost[onset + 2 : onset + 10 * window]))
    total = share[onset : onset + 2 * window].max() > 0.93
    why = f"RCOU: motor {number + 1} is asked for more than the one that faces it from {time[onset]:.2f} s on"
    return FoundFault(
        f"motor{number + 1}.loss", float(time[onset]), None, why, 1.0 if total else round(min(max(amount, 0.0), 1.0), 2)
    )


# --- links ------------------------------------------------------------------------------------------------------------
def _links(found: Evidence) -> list[FoundFault]:
    """Return radio and station failsafes from ArduPilot's log entry on; ours act at once."""
    faults = []
    begin_s, end_s = found.flight_s
    for subsystem, name, words in ((_RADIO, "rc.loss", "radio"), (_STATION, "gcs.loss", "ground station")):
        since_s: float | None = None
        noted = [(at_s, code) for at_s, kind, code in found.errors if kind == subsystem and begin_s <= at_s <= end_s]
        for at_s, code in (*noted, (None, 0)):
            if code and since_s is None:
                since_s = at_s
            elif not code and since_s is not None:
                faults.append(FoundFault(name, since_s, at_s, f"ERR: failsafe of the {words} at {since_s:.2f} s"))
                since_s = None
    if not any(fault.name == "rc.loss" for fault in faults):
        limit_s = found.parameters.get("RC_FS_TIMEOUT", 1.0)
        for last_s, again_s in silences(found, found.radio or found.sticks, limit_s):
            faults.append(FoundFault("rc.loss", last_s, again_s, f"RCIN: no sticks after {last_s:.2f} s"))
    if not any(fault.name == "gcs.loss" for fault in faults):
        limit_s = found.parameters.get("FS_GCS_TIMEOUT", 5.0)
        for last_s, again_s in silences(found, found.stations, limit_s):
            why = f"MAV, HEARTBEAT: no ground station after {last_s:.2f} s"
            faults.append(FoundFault("gcs.loss", _acted(found, last_s + limit_s), again_s, why))
    return faults


def _acted(found: Evidence, lost_s: float) -> float:
    """Return the time of the mode change soon after the station was lost, as ArduRover makes it after FS_TIMEOUT
    without an ERR; ours acts at once."""
    within_s = found.parameters.get("FS_TIMEOUT", 1.5) + 1.0
    return next((m.at_s for m in found.modes if not m.wished and 0.0 <= m.at_s - lost_s <= within_s), lost_s)


def loss_of_frames(found: Evidence) -> float | None:
    """Return the largest share of lost frames in flight, percent; None: unknown."""
    begin_s, end_s = found.flight_s
    known = [value for at_s, value in found.facts.series.get(Quantity.LOSS, []) if begin_s <= at_s <= end_s]
    return max(known, default=None)


_RULES: Final[tuple[Callable[[Evidence], list[FoundFault]], ...]] = (
    _gps_lost, _gps_jumps, _compass, _barometer, _vibration, _battery, emptied, _motors, _links, engine, airspeed,
)  # fmt: skip
