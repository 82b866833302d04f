"""Hostile forms of the services around a vehicle: a valid message of each, with one field after the other at each
extreme of its type, and frames with a right checksum whose payload is too short or too long.

A message of random fields is nearly always refused for its first wrong one; these get as far as the field that is
spoilt. They are sent to the vehicle in `tests/sortie/nodes/test_hostile_services.py` and begin the corpus of
`tests/fuzz`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from autopilot.mav import Cmd, Component, Result
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of, payload
from mavlink_bridge.wire.framing import FrameWriter

LAT, LON, ALT_M = -353_632_610, 1_491_652_300, 604.0
AUTHORIZER, OTHER = 10, 42
"""System that authorizes arming (SRT_AUTH_ID), and any other that is no station."""
_INF, _NAN = float("inf"), float("nan")
_FLOATS: Final = (_NAN, _INF, -_INF, 3.4e38, -1.0, 0.5, 1e9)
_BITS: Final = {"int8_t": 8, "int16_t": 16, "int32_t": 32, "int64_t": 64}
_COMMANDS: Final[dict[str, tuple[tuple[Cmd, tuple[float, ...]], ...]]] = {
    "arm authorization": ((Cmd.ARM_AUTHORIZATION_REQUEST, (1,)), (Cmd.COMPONENT_ARM_DISARM, (1,))),
    "operator control": ((Cmd.REQUEST_OPERATOR_CONTROL, (1, 1, 10, 0)),),
    "high latency": ((Cmd.CONTROL_HIGH_LATENCY, (1,)),),
    "gripper": ((Cmd.DO_GRIPPER, (1, 1)),),
    "winch": ((Cmd.DO_WINCH, (1, 1, 2, 1)), (Cmd.DO_WINCH, (1, 2, 0, 1)), (Cmd.DO_WINCH, (1, 4, 0, 1))),
    "sprayer": ((Cmd.DO_SPRAYER, (1,)),),
    "landing gear": ((Cmd.AIRFRAME_CONFIGURATION, (-1, 1)),),
    "light": ((Cmd.ILLUMINATOR_ON_OFF, (1,)), (Cmd.DO_ILLUMINATOR_CONFIGURE, (1, 50, 0))),
    "switches": ((Cmd.DO_AUX_FUNCTION, (45, 2)), (Cmd.DO_SET_SERVO, (9, 1500)), (Cmd.DO_SET_RELAY, (0, 1))),
    "generator": ((Cmd.DO_AUX_FUNCTION, (85, 2)),),
    "engine": (
        (Cmd.REQUEST_MESSAGE, (id_of("EFI_STATUS"),)),
        (Cmd.SET_MESSAGE_INTERVAL, (id_of("EFI_STATUS"), 250_000)),
        (Cmd.DO_ENGINE_CONTROL, (1, 0, 5)),
    ),
    "follow": ((Cmd.DO_FOLLOW, (42,)),),
    "parachute": ((Cmd.DO_PARACHUTE, (0,)),),
    "video": (
        (Cmd.VIDEO_START_STREAMING, (1,)),
        (Cmd.REQUEST_VIDEO_STREAM_INFORMATION, (0,)),
        (Cmd.REQUEST_VIDEO_STREAM_STATUS, (1,)),
        (Cmd.REQUEST_MESSAGE, (id_of("VIDEO_STREAM_INFORMATION"), 2)),
        (Cmd.VIDEO_START_CAPTURE, (0, 1)),
        (Cmd.VIDEO_STOP_CAPTURE, (0,)),
        (Cmd.VIDEO_STOP_STREAMING, (0,)),
    ),
    "calibration": (
        (Cmd.DO_START_MAG_CAL, (1, 0, 1, 0, 0)),
        (Cmd.DO_ACCEPT_MAG_CAL, (1,)),
        (Cmd.DO_CANCEL_MAG_CAL, (1,)),
        (Cmd.PREFLIGHT_CALIBRATION, (0, 0, 0, 0, 4)),
        (Cmd.ACCELCAL_VEHICLE_POS, (1,)),
    ),
    "home": ((Cmd.DO_SET_HOME, (1,)),),
    "requests": ((Cmd.REQUEST_MESSAGE, (id_of("WINCH_STATUS"), 0)), (Cmd.SET_MESSAGE_INTERVAL, (9005, 1e6))),
}
"""Commands of each service, with parameters that it accepts."""
_COMPONENTS: Final = {"video": Component.CAMERA}
"""Components that are asked, other than the autopilot."""

_ID: Final = b"STRANGER"
_MESSAGES: Final[dict[str, tuple[Any, ...]]] = {
    "traffic": (
        m.MAVLink_adsb_vehicle_message(0xABCDEF, LAT, LON, 1, 650_000, 27_000, 5000, 200, b"N1", 1, 0, 15, 1200),
        m.MAVLink_utm_global_position_message(
            0, _ID, LAT, LON, 604_000, 20_000, 100, 0, 0, 1, 1, 1, LAT, LON, 1, 1, 3, 255
        ),
        m.MAVLink_global_position_int_message(0, LAT, LON, 604_000, 20_000, 100, 0, 0, 0),
        m.MAVLink_collision_message(0, 0xABCDEF, 0, 2, 1.0, 1.0, 1.0),
    ),
    "obstacles": (
        m.MAVLink_obstacle_distance_message(0, 0, [500] * 72, 5, 20, 1000, 5.0, 0.0, 12),
        m.MAVLink_obstacle_distance_3d_message(0, 0, 12, 0, 1.0, 1.0, 0.0, 0.2, 10.0),
        m.MAVLink_distance_sensor_message(0, 20, 1000, 500, 0, 10, 25, 0, 0.1, 0.1, [1.0, 0.0, 0.0, 0.0], 50),
        m.MAVLink_landing_target_message(0, 0, 12, 0.0, 0.0, 5.0, 0.1, 0.1, 0.0, 0.0, 5.0, [1.0, 0.0, 0.0, 0.0], 2, 1),
    ),
    "follow": (
        m.MAVLink_follow_target_message(
            0, 11, LAT, LON, ALT_M, [1.0, 0.0, 0.0], [0.0] * 3, [1.0, 0.0, 0.0, 0.0], [0.0] * 3, [1.0] * 3, 0
        ),
    ),
    "remote id": (
        m.MAVLink_open_drone_id_basic_id_message(0, 0, [0] * 20, 1, 2, list(_ID.ljust(20, b"\0"))),
        m.MAVLink_open_drone_id_location_message(
            0, 0, [0] * 20, 2, 9000, 100, 10, LAT, LON, 604.0, 604.0, 0, 20.0, 9, 3, 3, 3, 60.0, 3
        ),
        m.MAVLink_open_drone_id_system_message(0, 0, [0] * 20, 1, 1, LAT, LON, 1, 0, -1000.0, -1000.0, 1, 1, 584.0, 1),
        m.MAVLink_open_drone_id_system_update_message(0, 0, LAT, LON, 584.0, 1),
        m.MAVLink_open_drone_id_self_id_message(0, 0, [0] * 20, 0, _ID),
        m.MAVLink_open_drone_id_operator_id_message(0, 0, [0] * 20, 0, _ID),
        m.MAVLink_open_drone_id_arm_status_message(0, b""),
        m.MAVLink_open_drone_id_message_pack_message(0, 0, [0] * 20, 25, 9, [0x10] * 225),
    ),
    "engine": (m.MAVLink_efi_status_message(1, 0, 5000.0, 10.0, 20.0, 50.0, 60.0, *[1.0] * 9, 60.0),),
    "arm authorization": (m.MAVLink_command_ack_message(Cmd.ARM_AUTHORIZATION_REQUEST, Result.ACCEPTED, 0, 60, 0, 0),),
    "fence points": (
        m.MAVLink_fence_point_message(0, 0, 0, 6, -35.0, 149.0),
        m.MAVLink_fence_fetch_point_message(0, 0, 0),
    ),
    "console": (m.MAVLink_serial_control_message(10, 2, 0, 0, 5, [104, 101, 108, 112, 10] + [0] * 65),),
    "extended parameters": (
        m.MAVLink_param_ext_request_list_message(1, Component.CAMERA),
        m.MAVLink_param_ext_request_read_message(1, Component.CAMERA, b"CAM_WBMODE", -1),
        m.MAVLink_param_ext_set_message(1, Component.CAMERA, b"CAM_WBMODE", b"\x01\0\0\0", 5),
    ),
    "logs": (
        m.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF),
        m.MAVLink_log_request_data_message(1, 1, 1, 0, 90),
        m.MAVLink_log_request_end_message(1, 1),
    ),
    "terrain": (
        m.MAVLink_terrain_data_message(LAT, LON, 100, 5, [600] * 16),
        m.MAVLink_terrain_check_message(LAT, LON),
    ),
    "tunes": (m.MAVLink_play_tune_message(0, 0, b"CDE"), m.MAVLink_play_tune_v2_message(0, 0, 1, b"CDE")),
}
"""Messages of each service that it takes; a target is put in when they are sent."""
SERVICES: Final = tuple(dict.fromkeys((*_MESSAGES, *_COMMANDS)))


def forms(service: str, system: int = 1) -> Iterator[Any]:
    """Messages of a service: as they should be, and with each field spoilt in each way."""
    for valid in _valid(service, system):
        fields = _fields(valid)
        for name, kind in zip(valid.fieldnames, valid.fieldtypes, strict=True):
            if name.startswith("target_") or (name == "command" and kind == "uint16_t"):
                continue
            for value in _spoilt(kind, fields[name]):
                yield type(valid)(**fields | {name: value})
        yield valid


def frames(service: str, writer: FrameWriter) -> Iterator[bytes]:
    """Frames of its valid messages whose payload ends early, or goes on behind its end."""
    for valid in _valid(service, 1):
        number, data, extra = payload(valid)
        for cut in (data[:1], data[: len(data) // 2], data[:-1], data.ljust(255, b"\xff")):
            yield writer.frame(number, cut or b"\0", extra)


def _valid(service: str, system: int) -> Iterator[Any]:
    for message in _MESSAGES.get(service, ()):
        fields = _fields(message)
        yield type(message)(**fields | ({"target_system": system} if "target_system" in fields else {}))
    for number, given in _COMMANDS.get(service, ()):
        params = (*given, *(0.0,) * 7)[:7]
        component = _COMPONENTS.get(service, Component.AUTOPILOT1)
        yield m.MAVLink_command_long_message(system, component, number, 0, *params)
        yield m.MAVLink_command_int_message(system, component, 3, number, 0, 0, *params[:4], LAT, LON, params[6])


def _fields(message: Any) -> dict[str, Any]:
    """Fields as the message's constructor takes them: texts as bytes."""
    kinds = zip(message.fieldnames, message.fieldtypes, strict=True)
    return {name: getattr(message, f"_{name}_raw" if kind == "char" else name) for name, kind in kinds}


def _spoilt(kind: str, value: Any) -> Iterator[Any]:
    """Extremes of a field's type; of an array, all of it."""
    if kind == "char":
        size = max(len(value), 1)
        yield from (b"", b"\xff" * size, b"%s%n\x1b[2J"[:size], b"\0A" * (size // 2))
    elif isinstance(value, list):
        yield from ([extreme] * len(value) for extreme in _spoilt(kind, value[0]))
    elif kind in ("float", "double"):
        yield from _FLOATS
    else:
        bits = _BITS[kind.removeprefix("u")]
        low, high = (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        yield from (low, high, high // 2 + 1, 1)
