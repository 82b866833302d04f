"""Other components of a vehicle: extended parameters, cameras, gimbals."""

from __future__ import annotations

from typing import Final

from autopilot.mav import CameraCapability, CameraMode, Cmd, Component, Result, VehicleType
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter
from sortie.conform.cases.parameters import NO_NAME
from sortie.conform.exchange import ABSENT_SYSTEM, Exchange, NotApplicableError, Steps, Waiting
from sortie.conform.facts import VehicleFound, has

extended = Chapter("parameter-ext")
camera = Chapter("camera", (has("camera", lambda found: found.camera),))
gimbal = Chapter("gimbal", (has("gimbal", lambda found: found.gimbal),))
CHAPTERS: Final = (extended, camera, gimbal)


def _component_of(x: Exchange) -> int:
    """Return the component for extended parameters: the camera, if there is one."""
    return x.found.component if x.found.camera is None else x.found.camera


def _with_extended(found: VehicleFound) -> str:
    information = found.camera_information
    if information is None or not information.cam_definition_uri:
        return "none of its components tells a definition of extended parameters"
    return ""


extended.add(
    "other-system",
    lambda x: x.unanswered(dialect.MAVLink_param_ext_request_list_message(ABSENT_SYSTEM, 1), "PARAM_EXT_VALUE"),
)


@extended.case("list", _with_extended)
def _ext_list(x: Exchange) -> Steps:
    component = _component_of(x)
    x.send(dialect.MAVLink_param_ext_request_list_message(x.found.system, component))
    values = yield from x.until_quiet("PARAM_EXT_VALUE", 1200, component=component)
    x.check(bool(values), "PARAM_EXT_VALUE, none came")
    count, indices = values[0].param_count, {value.param_index for value in values}
    x.check(indices == set(range(count)) or x.tries > 1, f"{count} values, {len(indices)} came")


def _ext_first(x: Exchange) -> Waiting[Message]:
    component = _component_of(x)
    question = dialect.MAVLink_param_ext_request_read_message(x.found.system, component, b"", 0)
    return (yield from x.ask(question, "PARAM_EXT_VALUE", component=component))


@extended.case("read", _with_extended)
def _ext_read(x: Exchange) -> Steps:
    first, component = (yield from _ext_first(x)), _component_of(x)
    question = dialect.MAVLink_param_ext_request_read_message(x.found.system, component, first.param_id.encode(), -1)
    named = yield from x.ask(question, "PARAM_EXT_VALUE", component=component)
    x.check(named.param_value == first.param_value, f"{first.param_value}, {named.param_value} came")


@extended.case("set-same", _with_extended)
def _ext_set(x: Exchange) -> Steps:
    first, component = (yield from _ext_first(x)), _component_of(x)
    message = dialect.MAVLink_param_ext_set_message(
        x.found.system, component, first.param_id.encode(), first._param_value_raw, first.param_type
    )
    ack = yield from x.ask(message, "PARAM_EXT_ACK", component=component)
    x.check(ack.param_result == dialect.PARAM_ACK_ACCEPTED, f"ACCEPTED, {ack.param_result} came")


@extended.case("set-unknown", _with_extended)
def _ext_unknown(x: Exchange) -> Steps:
    component = _component_of(x)
    message = dialect.MAVLink_param_ext_set_message(
        x.found.system, component, NO_NAME, b"1", dialect.MAV_PARAM_EXT_TYPE_UINT8
    )
    ack = yield from x.ask(message, "PARAM_EXT_ACK", component=component)
    x.check(ack.param_result == dialect.PARAM_ACK_VALUE_UNSUPPORTED, f"VALUE_UNSUPPORTED, {ack.param_result} came")


# --- camera -----------------------------------------------------------------------------------------------------------


def _from_camera(x: Exchange, name: str, *params: float) -> Waiting[Message]:
    """Request a message from the camera; not applicable when it refuses."""
    ack, message = yield from x.request(name, *params, component=x.found.camera)
    if message is None:
        raise NotApplicableError(f"its camera has no {name} (result {ack.result})")
    return message


def _camera_can(x: Exchange, bit: CameraCapability) -> None:
    information = x.found.camera_information
    if information is None or not information.flags & bit:
        raise NotApplicableError(f"its camera does not say that it can: {bit.name}")


camera.add("information", lambda x: x.requested("CAMERA_INFORMATION", component=x.found.camera))


@camera.case("heartbeat")
def _camera_beat(x: Exchange) -> Steps:
    if x.found.camera == x.found.component:
        raise NotApplicableError("the autopilot speaks for its camera")
    beat = yield from x.expect("HEARTBEAT", within_ms=3500, component=x.found.camera)
    x.check(beat.type == VehicleType.CAMERA, f"MAV_TYPE_CAMERA, {beat.type} came")


@camera.case("device-id")
def _device_id(x: Exchange) -> Steps:
    message = yield from _from_camera(x, "CAMERA_INFORMATION")
    number = getattr(message, "camera_device_id", 0)
    x.check((number == 0) == (x.found.camera != x.found.component), f"camera_device_id {number} came")


@camera.case("definition")
def _definition(x: Exchange) -> Steps:
    message = yield from _from_camera(x, "CAMERA_INFORMATION")
    x.check(bool(message.cam_definition_uri) or message.cam_definition_version == 0, "a URI of the definition")


@camera.case("settings")
def _settings(x: Exchange) -> Steps:
    message = yield from _from_camera(x, "CAMERA_SETTINGS")
    x.check(message.mode_id in dialect.enums["CAMERA_MODE"], f"a CAMERA_MODE, {message.mode_id} came")


@camera.case("storage")
def _storage(x: Exchange) -> Steps:
    message = yield from _from_camera(x, "STORAGE_INFORMATION", 1)
    x.check(message.storage_id >= 1 and message.storage_count >= 1, f"storage 1, {message.storage_id} came")


@camera.case("status")
def _status(x: Exchange) -> Steps:
    status = yield from _from_camera(x, "CAMERA_CAPTURE_STATUS")
    x.check(
        status.image_status <= 3 and status.video_status <= 1,
        f"a state, {status.image_status} {status.video_status} came",
    )


@camera.case("mode")
def _camera_mode(x: Exchange) -> Steps:
    _camera_can(x, CameraCapability.HAS_MODES)
    old = yield from _from_camera(x, "CAMERA_SETTINGS")
    x.undo("camera mode", _camera_mode_back(x, old.mode_id))
    video = bool((x.found.camera_information or old).flags & CameraCapability.CAPTURE_VIDEO)
    other = CameraMode.IMAGE if old.mode_id else CameraMode.VIDEO if video else CameraMode.IMAGE_SURVEY
    yield from _camera_mode_back(x, other)
    message = yield from _from_camera(x, "CAMERA_SETTINGS")
    x.check(message.mode_id == other, f"mode {other}, {message.mode_id} came")


def _camera_mode_back(x: Exchange, mode: int) -> Steps:
    ack = yield from x.command(x.long(Cmd.SET_CAMERA_MODE, 0, mode, target=(x.found.system, x.found.camera or 0)))
    x.check(ack.result == Result.ACCEPTED, f"ACCEPTED, {ack.result} came")


camera.add("photo", lambda x: _captured(x))


@camera.case("photo-counted")
def _counted(x: Exchange) -> Steps:
    first = yield from _captured(x)
    yield from x.wait(2000)
    second = yield from _captured(x)
    x.check(second.image_index == first.image_index + 1, f"{first.image_index + 1}, {second.image_index} came")


@camera.case("photo-again")
def _reported_again(x: Exchange) -> Steps:
    first = yield from _captured(x)
    again = yield from _from_camera(x, "CAMERA_IMAGE_CAPTURED", first.image_index)
    x.check(again.image_index == first.image_index, f"{first.image_index}, {again.image_index} came")


def _captured(x: Exchange) -> Waiting[Message]:
    _camera_can(x, CameraCapability.CAPTURE_IMAGE)
    x.send(x.long(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, target=(x.found.system, x.found.camera or 0)))
    return (yield from x.expect("CAMERA_IMAGE_CAPTURED", within_ms=6000, component=x.found.camera))


# --- gimbal -----------------------------------------------------------------------------------------------------------


def _manager(x: Exchange) -> Waiting[Message]:
    return x.requested("GIMBAL_MANAGER_INFORMATION", component=x.found.gimbal)


gimbal.add("information", _manager)
gimbal.judge(
    _manager,
    ("device", lambda m: m.gimbal_device_id > 0, "an id, 0 came"),
    ("limits", lambda m: m.pitch_min <= m.pitch_max and m.yaw_min <= m.yaw_max, "limits in order"),
)


@gimbal.case("status")
def _gimbal_status(x: Exchange) -> Steps:
    for _ in range(2):
        yield from x.expect("GIMBAL_MANAGER_STATUS", within_ms=5500, component=x.found.gimbal)


@gimbal.case("attitude")
def _gimbal_attitude(x: Exchange) -> Steps:
    for _ in range(2):
        yield from x.expect("GIMBAL_DEVICE_ATTITUDE_STATUS", within_ms=3000, component=Component.ALL)


@gimbal.case("yaw-frame")
def _yaw_frame(x: Exchange) -> Steps:
    message = yield from x.expect("GIMBAL_DEVICE_ATTITUDE_STATUS", within_ms=3000, component=Component.ALL)
    vehicle, earth = dialect.GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME, dialect.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME
    x.check((message.flags & (vehicle | earth)).bit_count() == 1, f"one flag of two, {message.flags:#x} came")


@gimbal.case("control")
def _control(x: Exchange) -> Steps:
    yield from _take_control(x)
    yield from x.expect(
        "GIMBAL_MANAGER_STATUS",
        lambda message: message.primary_control_sysid == 255,
        within_ms=6000,
        component=x.found.gimbal,
    )


def _take_control(x: Exchange) -> Steps:
    ack = yield from x.command(
        x.long(Cmd.DO_GIMBAL_MANAGER_CONFIGURE, 255, 190, -1, -1, target=(x.found.system, x.found.gimbal or 0))
    )
    x.check(ack.result == Result.ACCEPTED, f"ACCEPTED, {ack.result} came")


@gimbal.case("pitch")
def _pitch(x: Exchange) -> Steps:
    yield from _take_control(x)
    nan = float("nan")
    target = (x.found.system, x.found.gimbal or 0)
    yield from x.accepted(x.long(Cmd.DO_GIMBAL_MANAGER_PITCHYAW, -30, 0, nan, nan, 0, 0, 0, target=target))
    yield from x.wait(6000)
    message = yield from x.expect("GIMBAL_DEVICE_ATTITUDE_STATUS", within_ms=3000, component=Component.ALL)
    w, along, across, up = message.q
    sine = 2.0 * (w * across - up * along)
    x.check(abs(sine + 0.5) < 0.06, f"a pitch of -30 degrees, its sine is {sine:.2f}")
