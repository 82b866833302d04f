"""Messages for a `.ulg`: the telemetry that PX4 would have sent for the topics of its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import degrees, isfinite
from typing import Any, Final

import numpy as np

from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import hypot
from autopilot.mav import AutopilotType, Cmd, Frame, ParameterType, Severity
from autopilot.personality.px4.modes import BY_NAV_STATE, custom_of
from mavlink_bridge.wire.codec import Message, dialect
from sortie.exports.messages import compass, whole
from sortie.incident.recording import EverySoOften, LoggedCommand, Recording, battery_status, heartbeat, home_position
from sortie.reading.ulog import NEEDED, euler_angles, last_known, numbers_of, of_one_log, open_ulog, stand_in

_TOPICS: Final = [
    "vehicle_status", "vehicle_attitude", "vehicle_global_position", "vehicle_local_position", "battery_status",
    "vehicle_gps_position", "sensor_gps", "home_position", "mission_result", "input_rc", "telemetry_status",
    "vehicle_command", "vehicle_command_ack", "airspeed_validated",
]  # fmt: skip
_ARMED: Final = 2
"""Value of vehicle_status.arming_state."""
_ACCEPTED: Final = 0
_PLACED: Final = frozenset({
    Cmd.DO_REPOSITION, Cmd.DO_ORBIT, Cmd.DO_SET_HOME, Cmd.DO_SET_ROI, Cmd.DO_SET_ROI_LOCATION,
})  # fmt: skip
_NOT_GIVEN: Final = 0x7FFFFFFF
"""Number in COMMAND_INT that corresponds to NaN in COMMAND_LONG."""
_U16: Final = 0xFFFF
_I16: Final = (-0x7FFF, 0x7FFF)
_STICKS: Final = 8


def tell_ulog(recording: Recording) -> None:
    """Convert the log's topics to messages, using the first instance of each."""
    log = open_ulog(recording.path, _TOPICS)
    topics: dict[str, Mapping[str, Any]] = {}
    for data_set in log.data_list:
        complete = {"timestamp", *NEEDED.get(data_set.name, ())} <= data_set.data.keys()
        data = of_one_log(data_set.data, log.start_timestamp) if complete else {}
        if len(data.get("timestamp", ())):
            topics.setdefault(data_set.name, data)
            if "heartbeat_type_gcs" in data:
                heard = np.asarray(data["timestamp"], np.float64)[np.asarray(data["heartbeat_type_gcs"]) != 0]
                recording.stations += (heard / 1e6).tolist()
            elif "heartbeat_time" in data:  # until 1.11
                heard = np.unique(np.asarray(data["heartbeat_time"], np.float64))
                recording.stations += (heard[(heard > 0.0) & (heard <= data["timestamp"][-1])] / 1e6).tolist()
    recording.stations.sort()
    recording.autopilot = AutopilotType.PX4
    changed = ((name, value) for _, name, value in log.changed_parameters)
    for name, value in numbers_of((*log.initial_parameters.items(), *changed)).items():
        recording.values[name] = float(value)
        recording.types[name] = ParameterType.INT32 if isinstance(value, int) else ParameterType.REAL32
    severities = recording.facts.severities()
    for at_s, text in recording.facts.texts:
        recording.say(round(at_s * 1000.0), text, severities.get((at_s, text), Severity.INFO))
    stand_in(topics)
    _join(topics)
    for name, tell in _TELLERS:
        due = EverySoOften()
        for at_ms, row in _rows(topics.get(name)):
            if due(name, at_ms):
                _tell(recording, at_ms, tell, row)
    for at_ms, message in _states(recording, topics.get("vehicle_status")):
        recording.tell(at_ms, message)
    recording.commands += _commands(topics)


def _join(topics: dict[str, Mapping[str, Any]]) -> None:
    """Add the last known speeds, heading and home to each place, because telemetry sends them together."""
    place = topics.get("vehicle_global_position")
    if place is None:
        return
    local, home = topics.get("vehicle_local_position"), topics.get("home_position")
    times_s = np.asarray(place["timestamp"], np.float64) / 1e6
    beside = {name: last_known(local, name, times_s) for name in ("vx", "vy", "vz", "heading")}
    beside["airspeed"] = last_known(topics.get("airspeed_validated"), "calibrated_airspeed_m_s", times_s)
    topics["vehicle_global_position"] = {**place, **beside, "home_alt": last_known(home, "alt", times_s)}


def _tell(recording: Recording, at_ms: int, tell: Any, row: Mapping[str, Any]) -> None:
    try:
        recording.tell(at_ms, tell(at_ms, row))
    except (KeyError, ValueError):
        return  # another version's fields, or a damaged row


def _rows(topic: Mapping[str, Any] | None) -> Iterator[tuple[int, dict[str, float]]]:
    if topic is None:
        return
    columns = {name: np.asarray(values, np.float64) for name, values in topic.items()}
    for number, stamp in enumerate(columns["timestamp"]):
        yield int(stamp // 1000), {name: float(values[number]) for name, values in columns.items()}


def _states(recording: Recording, status: Mapping[str, Any] | None) -> Iterator[tuple[int, Message]]:
    before: tuple[int, bool] | None = None
    for at_ms, row in _rows(status):
        if "nav_state_user_intention" in row:  # since 1.14
            unwished = row["nav_state"] != row["nav_state_user_intention"]
            if not recording.unwished or recording.unwished[-1][1] != unwished:
                recording.unwished.append((at_ms / 1000.0, unwished))
        mode = BY_NAV_STATE.get(whole(row["nav_state"]))
        state = (0 if mode is None else custom_of(mode[0]), row["arming_state"] == _ARMED)
        recording.vehicle = whole(row.get("system_type", recording.vehicle), 1.0, 0, 255)
        if state != before:
            before = state
            yield at_ms, heartbeat(recording, *state)


def _commands(topics: Mapping[str, Mapping[str, Any]]) -> Iterator[LoggedCommand]:
    """Yield the accepted commands of stations, by the first answer after each. INJECT_FAILURE is left out."""
    answers = list(_rows(topics.get("vehicle_command_ack")))
    for at_ms, row in _rows(topics.get("vehicle_command")):
        number = whole(row["command"])
        results = (r["result"] for ms, r in answers if ms >= at_ms and r["command"] == number)
        if not row.get("from_external") or number == Cmd.INJECT_FAILURE or next(results, None) != _ACCEPTED:
            continue
        scale = 1e7 if number in _PLACED else 1.0
        x, y = (_NOT_GIVEN if np.isnan(row[name]) else whole(row[name], scale) for name in ("param5", "param6"))
        params = (row["param1"], row["param2"], row["param3"], row["param4"])
        yield LoggedCommand(at_ms / 1000.0, number, Frame.GLOBAL, params, (x, y, row["param7"]))


def _attitude(at_ms: int, row: Mapping[str, float]) -> Message:
    quaternion = [np.array([row[f"q[{axis}]"]]) for axis in range(4)]
    roll, pitch, yaw = (float(values[0]) for values in euler_angles(*quaternion))
    return dialect.MAVLink_attitude_message(at_ms, roll, pitch, yaw, 0.0, 0.0, 0.0)


def _place(at_ms: int, row: Mapping[str, float]) -> Message:
    place = (whole(row["lat"], 1e7), whole(row["lon"], 1e7), whole(row["alt"], 1e3))
    above, speeds = whole(row["alt"] - row["home_alt"], 1e3), [whole(row[f"v{axis}"], 100.0, *_I16) for axis in "xyz"]
    heading = compass(degrees(row["heading"]), 100.0) if isfinite(row["heading"]) else _U16
    return dialect.MAVLink_global_position_int_message(at_ms, *place, above, *speeds, heading)


def _hud(_at_ms: int, row: Mapping[str, float]) -> Message:
    """Make VFR_HUD. Ground speed replaces an unknown airspeed, as PX4 does without a tube."""
    speed, heading = hypot(row["vx"], row["vy"]), compass(degrees(row["heading"]))
    air = row["airspeed"] if isfinite(row["airspeed"]) else speed
    return dialect.MAVLink_vfr_hud_message(air, speed, heading, 0, row["alt"], -row["vz"])


def _local(at_ms: int, row: Mapping[str, float]) -> Message:
    return dialect.MAVLink_local_position_ned_message(at_ms, *(row[name] for name in ("x", "y", "z", "vx", "vy", "vz")))


def _battery(_at_ms: int, row: Mapping[str, float]) -> Message:
    volts, amps = whole(row["voltage_v"], 1e3, 0, _U16), whole(row["current_a"], 100.0, -1, 0x7FFF)
    percent = whole(row["remaining"], 100.0, -1, 100)
    return battery_status(volts, amps, percent)


def _gps(at_ms: int, row: Mapping[str, float]) -> Message:
    """Make GPS_RAW_INT. Degrees and metres since 1.14; before, 1e-7 degrees and mm."""
    if "latitude_deg" in row:
        place = (whole(row["latitude_deg"], 1e7), whole(row["longitude_deg"], 1e7), whole(row["altitude_msl_m"], 1e3))
    else:
        place = (whole(row["lat"]), whole(row["lon"]), whole(row["alt"]))
    course = compass(degrees(row["cog_rad"]), 100.0)
    precise, satellites = whole(row["hdop"], 100.0, 0, _U16), whole(row["satellites_used"], 1.0, 0, 255)
    speed = whole(row["vel_m_s"], 100.0, 0, _U16)
    fix = whole(row["fix_type"], 1.0, 0, 8)
    return dialect.MAVLink_gps_raw_int_message(at_ms * 1000, fix, *place, precise, _U16, speed, course, satellites)


def _radio(at_ms: int, row: Mapping[str, float]) -> Message:
    """Make RC_CHANNELS, without channels while the receiver has no signal."""
    count = 0 if row["rc_lost"] else whole(row["channel_count"], 1.0, 0, 18)
    pulses = [whole(row[f"values[{number}]"], 1.0, 0, _U16) for number in range(_STICKS)]
    return dialect.MAVLink_rc_channels_message(at_ms, count, *pulses, *[_U16] * (18 - _STICKS), 255)


def _home(_at_ms: int, row: Mapping[str, float]) -> Message:
    return home_position(GeoPoint(row["lat"], row["lon"], row["alt"]))


def _item(_at_ms: int, row: Mapping[str, float]) -> Message:
    return dialect.MAVLink_mission_current_message(whole(row["seq_current"], 1.0, 0, _U16))


_TELLERS: Final = (
    ("vehicle_attitude", _attitude), ("vehicle_global_position", _place), ("vehicle_global_position", _hud),
    ("vehicle_local_position", _local), ("battery_status", _battery), ("home_position", _home),
    ("mission_result", _item), ("vehicle_gps_position", _gps), ("input_rc", _radio),
)  # fmt: skip
