"""MAVLink's camera protocol at component 100: what each command does, what is told, what is refused."""

from __future__ import annotations

from math import atan, degrees, inf, nan

import pytest
from pymavlink.dialects.v20 import ardupilotmega as numbers

from autopilot import mav
from autopilot.context.events import CameraTriggered
from autopilot.mav import CameraMode, Cmd, ExtendedAck, ExtendedType, FocusType, Result, ZoomType
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.camera.items import CameraItems
from mavlink_bridge.services.camera.settings import TABLE, find, unpack
from mavlink_bridge.services.camera.video import FRAME_MS, VideoStream
from mavlink_bridge.wire.codec import dialect, id_of
from tests.fakes.camera_bench import ALL, CAMERA, PLACE, STREAMS, CameraBench


def test_it_beats_once_a_second() -> None:
    """As a camera without an autopilot, to all; a link that is new hears of it at once."""
    bench = CameraBench()
    assert [one.get_type() for one in bench.taken()] == []
    said = bench.pass_time(3000)
    assert [one.get_type() for one in said] == ["HEARTBEAT"] * 3
    assert (said[0].type, said[0].autopilot) == (numbers.MAV_TYPE_CAMERA, numbers.MAV_AUTOPILOT_INVALID)


def test_who_turns_to_the_camera_will_want_pictures() -> None:
    """What writes them has time to start; an autopilot's command that means all components wakes nobody."""
    bench = CameraBench()
    bench.send(Cmd.DO_DIGICAM_CONTROL, to=ALL)
    bench.send(Cmd.NAV_TAKEOFF)
    assert not bench.shelf.prepared
    bench.one("CAMERA_INFORMATION")
    assert bench.shelf.prepared and not bench.shelf.shots


def test_information_says_what_it_is() -> None:
    """Lens, sensor, pixels, the definition file, the gimbal; without streams it tells of none, and never of videos."""
    told = CameraBench().one("CAMERA_INFORMATION")
    assert (told.focal_length, told.resolution_h, told.resolution_v) == (5.0, 640, 480)
    assert (told.sensor_size_h, told.sensor_size_v) == pytest.approx((6.4, 4.8))
    assert (told.cam_definition_uri, told.gimbal_device_id) == ("mftp://camera.xml", 154)
    assert bytes(told.model_name).rstrip(b"\0") == b"Simulated camera"
    missing = (
        numbers.CAMERA_CAP_FLAGS_CAPTURE_VIDEO
        | numbers.CAMERA_CAP_FLAGS_HAS_VIDEO_STREAM
        | numbers.CAMERA_CAP_FLAGS_HAS_TRACKING_POINT
    )
    wanted = numbers.CAMERA_CAP_FLAGS_CAPTURE_IMAGE | numbers.CAMERA_CAP_FLAGS_HAS_BASIC_ZOOM
    assert (told.flags & missing, told.flags & wanted) == (0, wanted)


@pytest.mark.parametrize(
    "name",
    ["CAMERA_CAPTURE_STATUS", "CAMERA_SETTINGS", "STORAGE_INFORMATION", "CAMERA_FOV_STATUS", "CAMERA_INFORMATION"],
)
def test_its_messages_have_rates(name: str) -> None:
    """SET_MESSAGE_INTERVAL to the camera: at the rate, off, and GET_MESSAGE_INTERVAL says so."""
    bench, number = CameraBench(), id_of(name)

    def count(seconds: int = 5) -> int:
        return sum(one.get_type() == name for one in bench.pass_time(1000 * seconds))

    def interval() -> int:
        ack, told = bench.send(Cmd.GET_MESSAGE_INTERVAL, number)
        also, again = bench.send(Cmd.REQUEST_MESSAGE, id_of("MESSAGE_INTERVAL"), number)
        assert (ack.result, also.result, told.message_id) == (Result.ACCEPTED, Result.ACCEPTED, number)
        assert told.to_dict() == again.to_dict()
        return int(told.interval_us)

    assert (count(), interval()) == (0, -1)
    assert bench.ask(Cmd.SET_MESSAGE_INTERVAL, number, 200_000) == Result.ACCEPTED
    assert (count(), interval()) == (pytest.approx(25, abs=1), 200_000)
    assert bench.ask(Cmd.SET_MESSAGE_INTERVAL, number, 1) == Result.ACCEPTED
    assert interval() == 20_000
    assert bench.ask(Cmd.SET_MESSAGE_INTERVAL, number, 9e9) == Result.ACCEPTED
    assert interval() == 60_000_000
    assert bench.ask(Cmd.SET_MESSAGE_INTERVAL, number, 0) == Result.ACCEPTED
    assert (count(), interval()) == (0, -1)


def test_rates_of_what_is_not_the_cameras_are_refused() -> None:
    """A message of others, an event, no interval; for all it says nothing to what is not its own."""
    bench = CameraBench()
    for message, interval in ((30, 1e5), (263, 1e5), (262, nan), (262, -2), (nan, 1e5), (inf, 1e5)):
        assert bench.ask(Cmd.SET_MESSAGE_INTERVAL, message, interval) == Result.DENIED
    ack, told = bench.send(Cmd.GET_MESSAGE_INTERVAL, 30)
    assert (ack.result, told.interval_us) == (Result.ACCEPTED, 0)
    assert bench.ask(Cmd.GET_MESSAGE_INTERVAL, 70_000) == Result.FAILED
    assert not bench.send(Cmd.SET_MESSAGE_INTERVAL, 30, 1e5, to=ALL)
    assert not bench.send(Cmd.GET_MESSAGE_INTERVAL, 30, to=ALL)
    assert bench.ask(Cmd.SET_MESSAGE_INTERVAL, 262, 1e6, to=ALL) == Result.ACCEPTED


@pytest.mark.parametrize(
    ("kind", "value", "result", "level"),
    [
        (ZoomType.RANGE, 50.0, Result.ACCEPTED, 50.0), (ZoomType.RANGE, 150.0, Result.ACCEPTED, 100.0),
        (ZoomType.STEP, 1.0, Result.ACCEPTED, 10.0), (ZoomType.STEP, -1.0, Result.ACCEPTED, 0.0),
        (ZoomType.FOCAL_LENGTH, 12.5, Result.ACCEPTED, 50.0), (ZoomType.FOCAL_LENGTH, 25.0, Result.DENIED, 0.0),
        (ZoomType.HORIZONTAL_FOV, 18.18, Result.ACCEPTED, 100.0), (ZoomType.HORIZONTAL_FOV, 170.0, Result.DENIED, 0.0),
        (9, 1.0, Result.UNSUPPORTED, 0.0), (ZoomType.RANGE, nan, Result.DENIED, 0.0),
    ],
)  # fmt: skip
def test_zoom(kind: int, value: float, result: Result, level: float) -> None:
    """By steps, places, focal lengths and fields of view; what there is not is refused."""
    bench = CameraBench()
    assert bench.ask(Cmd.SET_CAMERA_ZOOM, kind, value) == result
    assert bench.one("CAMERA_SETTINGS").zoomLevel == pytest.approx(level, abs=0.1)


def test_zoom_goes_on_until_it_is_stopped() -> None:
    """At a fifth of the range a second; the picture's lens and the field of view are those of the moment."""
    bench = CameraBench()
    assert bench.one("CAMERA_FOV_STATUS").hfov == pytest.approx(65.2, abs=0.1)
    bench.ask(Cmd.SET_CAMERA_ZOOM, ZoomType.CONTINUOUS, 1.0)
    bench.pass_time(2500)
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1)
    bench.ask(Cmd.SET_CAMERA_ZOOM, ZoomType.CONTINUOUS, 0.0)
    bench.pass_time(5000)
    assert bench.one("CAMERA_SETTINGS").zoomLevel == pytest.approx(50.0)
    assert bench.shelf.shots[0].focal_mm == pytest.approx(12.5)
    across, down = bench.camera.device.view(bench.now_ms)
    told = bench.one("CAMERA_FOV_STATUS")
    assert (told.hfov, told.vfov) == pytest.approx((degrees(across), degrees(down)))
    assert told.hfov == pytest.approx(28.7, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "value", "result", "focused"),
    [
        (FocusType.RANGE, 100.0, Result.ACCEPTED, inf), (FocusType.RANGE, 0.0, Result.ACCEPTED, 0.3),
        (FocusType.METERS, 3.0, Result.ACCEPTED, 3.0), (FocusType.METERS, 0.1, Result.DENIED, None),
        (FocusType.STEP, -1.0, Result.ACCEPTED, 3.0), (FocusType.AUTO, 0.0, Result.ACCEPTED, None),
        (FocusType.AUTO_CONTINUOUS, nan, Result.ACCEPTED, None), (9, 0.0, Result.UNSUPPORTED, None),
    ],
)  # fmt: skip
def test_focus(kind: int, value: float, result: Result, focused: float | None) -> None:
    """What pictures are focused at, m; None: at what they see."""
    bench = CameraBench()
    assert bench.ask(Cmd.SET_CAMERA_FOCUS, kind, value) == result
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1)
    found = bench.shelf.shots[0].focus_m
    assert found == (None if focused is None else pytest.approx(focused))


def test_modes() -> None:
    """A survey keeps its focus far away; there is no video."""
    bench = CameraBench()
    said = bench.send(Cmd.SET_CAMERA_MODE, 0, CameraMode.IMAGE_SURVEY)
    assert (said[0].result, said[1].mode_id) == (Result.ACCEPTED, CameraMode.IMAGE_SURVEY)
    assert bench.ask(Cmd.SET_CAMERA_FOCUS, FocusType.RANGE, 10.0) == Result.DENIED
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1)
    assert bench.shelf.shots[0].focus_m == inf
    assert bench.ask(Cmd.SET_CAMERA_MODE, 0, CameraMode.VIDEO) == Result.DENIED
    said = bench.send(Cmd.VIDEO_START_CAPTURE)
    assert [one.text for one in said if one.get_type() == "STATUSTEXT"] == ["Camera: no video, it takes pictures"]
    assert bench.one("CAMERA_SETTINGS").mode_id == CameraMode.IMAGE_SURVEY


@pytest.mark.parametrize(
    ("command", "params", "result"),
    [
        (Cmd.VIDEO_START_CAPTURE, (), Result.DENIED), (Cmd.VIDEO_STOP_CAPTURE, (), Result.DENIED),
        (Cmd.VIDEO_START_STREAMING, (), Result.UNSUPPORTED), (Cmd.VIDEO_STOP_STREAMING, (), Result.UNSUPPORTED),
        (Cmd.REQUEST_VIDEO_STREAM_INFORMATION, (), Result.UNSUPPORTED),
        (Cmd.REQUEST_VIDEO_STREAM_STATUS, (), Result.UNSUPPORTED),
        (Cmd.REQUEST_MESSAGE, (269,), Result.UNSUPPORTED), (Cmd.REQUEST_MESSAGE, (270,), Result.UNSUPPORTED),
        (Cmd.COMPONENT_ARM_DISARM, (1,), Result.UNSUPPORTED),
    ],
)  # fmt: skip
def test_what_it_has_not_is_refused(command: int, params: tuple[float, ...], result: Result) -> None:
    """Video is told as absent."""
    assert CameraBench().ask(command, *params) == result


def test_streams_are_told_as_stations_read_them() -> None:
    """QGroundControl asks for all, or for 1 and 2 in turn, and listens on the port that the URI is."""
    bench = CameraBench(streams=STREAMS)
    assert bench.one("CAMERA_INFORMATION").flags & numbers.CAMERA_CAP_FLAGS_HAS_VIDEO_STREAM
    ack, seen, warm = bench.send(Cmd.REQUEST_MESSAGE, id_of("VIDEO_STREAM_INFORMATION"), 0)
    assert ack.result == Result.ACCEPTED
    assert (seen.stream_id, seen.count, seen.type) == (1, 2, numbers.VIDEO_STREAM_TYPE_RTPUDP)
    assert seen.encoding == numbers.VIDEO_STREAM_ENCODING_H264
    assert (seen.resolution_h, seen.resolution_v, seen.framerate, seen.bitrate) == (640, 480, 10.0, 1_500_000)
    assert (seen.name, seen.uri, seen.rotation) == ("Camera", "5600", 0)
    assert seen.hfov == round(2.0 * degrees(atan(6.4 / 2.0 / 5.0)))
    assert seen.flags == numbers.VIDEO_STREAM_STATUS_FLAGS_RUNNING
    assert (warm.stream_id, warm.name, warm.uri, warm.resolution_h, warm.resolution_v) == (
        2,
        "Thermal",
        "5602",
        320,
        240,
    )
    assert warm.flags == seen.flags | numbers.VIDEO_STREAM_STATUS_FLAGS_THERMAL
    for asked in (
        (Cmd.REQUEST_VIDEO_STREAM_INFORMATION, 2),
        (Cmd.REQUEST_MESSAGE, id_of("VIDEO_STREAM_INFORMATION"), 2),
    ):
        assert [one.uri for one in bench.send(*asked)[1:]] == ["5602"]
    assert bench.ask(Cmd.REQUEST_VIDEO_STREAM_INFORMATION, 3) == Result.FAILED


def test_frames_are_made_while_somebody_looks() -> None:
    """Ten a second from the first question on, to all who look; none before, none after."""
    bench, other = CameraBench(streams=STREAMS), Peer(7, 254, 190)
    bench.pass_time(1000)
    assert bench.ask(Cmd.REQUEST_VIDEO_STREAM_STATUS, 1) == Result.ACCEPTED
    bench.pass_time(1000)
    assert bench.shelf.frames == []
    began_ms = bench.now_ms
    assert bench.ask(Cmd.VIDEO_START_STREAMING, 1) == Result.ACCEPTED
    bench.pass_time(1000 - 1)
    assert [at for at, *_ in bench.shelf.frames] == list(range(began_ms, began_ms + 1000, FRAME_MS))
    bench.ask(Cmd.SET_CAMERA_ZOOM, ZoomType.RANGE, 100.0)
    bench.send(Cmd.REQUEST_VIDEO_STREAM_INFORMATION, 0, peer=other)
    bench.pass_time(FRAME_MS)
    assert [frame[1:] for frame in bench.shelf.frames[-2:]] == [(1, 20.0, (3, 7)), (2, 20.0, (7,))]
    flags = bench.send(Cmd.REQUEST_VIDEO_STREAM_STATUS, 2)[1].flags
    assert flags == numbers.VIDEO_STREAM_STATUS_FLAGS_RUNNING | numbers.VIDEO_STREAM_STATUS_FLAGS_THERMAL
    assert bench.ask(Cmd.VIDEO_STOP_STREAMING, 0) == Result.ACCEPTED
    bench.pass_time(FRAME_MS)
    assert [frame[1::2] for frame in bench.shelf.frames[-2:]] == [(1, (7,)), (2, (7,))]
    bench.camera.link_closed(other.link)
    count = len(bench.shelf.frames)
    bench.pass_time(1000)
    assert len(bench.shelf.frames) == count
    assert bench.send(Cmd.REQUEST_VIDEO_STREAM_STATUS, 1)[1].flags == 0
    assert bench.ask(Cmd.VIDEO_START_STREAMING, 3) == Result.DENIED


def test_a_stream_by_rtsp_is_its_players_affair() -> None:
    """Its URL is told at the address that each station sees; frames are made while it is played, whatever stations ask
    for, and within a second of PLAY."""
    bench = CameraBench(streams=(VideoStream(1, "Camera", 640, 480, 40000, 1_500_000, path="camera"),))
    told = bench.send(Cmd.REQUEST_MESSAGE, id_of("VIDEO_STREAM_INFORMATION"), 0)[1]
    assert (told.type, told.uri, told.flags) == (numbers.VIDEO_STREAM_TYPE_RTSP, "rtsp://10.0.0.3:8554/camera", 0)
    assert bench.ask(Cmd.VIDEO_START_STREAMING, 1) == Result.ACCEPTED
    bench.pass_time(2000)
    assert bench.shelf.frames == []
    bench.shelf.players.add("camera")
    bench.pass_time(1000)
    count = len(bench.shelf.frames)
    bench.pass_time(1000)
    assert count >= 1 and len(bench.shelf.frames) == count + 1000 // FRAME_MS
    assert bench.send(Cmd.REQUEST_VIDEO_STREAM_STATUS, 1)[1].flags == numbers.VIDEO_STREAM_STATUS_FLAGS_RUNNING
    assert bench.ask(Cmd.VIDEO_STOP_STREAMING, 1) == Result.ACCEPTED
    bench.shelf.players.clear()
    count = len(bench.shelf.frames)
    bench.pass_time(2000)
    assert len(bench.shelf.frames) == count


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (Cmd.REQUEST_CAMERA_INFORMATION, "CAMERA_INFORMATION"), (Cmd.REQUEST_CAMERA_SETTINGS, "CAMERA_SETTINGS"),
        (Cmd.REQUEST_STORAGE_INFORMATION, "STORAGE_INFORMATION"),
        (Cmd.REQUEST_CAMERA_CAPTURE_STATUS, "CAMERA_CAPTURE_STATUS"),
    ],
)  # fmt: skip
def test_older_requests_are_answered(command: int, name: str) -> None:
    """Those from before REQUEST_MESSAGE, each time that they come."""
    bench = CameraBench()
    for confirmation in range(2):
        ack, told = bench.send(command, 1, confirmation=confirmation)
        assert (ack.result, told.get_type()) == (Result.ACCEPTED, name)


def test_what_is_for_all_is_answered_where_it_is_a_cameras() -> None:
    """The autopilot's trigger, which has the same commands, is not doubled."""
    bench = CameraBench()
    assert bench.ask(Cmd.REQUEST_MESSAGE, 259, to=ALL) == Result.ACCEPTED
    assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1, to=ALL) == Result.ACCEPTED
    for command, params in (
        (Cmd.COMPONENT_ARM_DISARM, (1,)),
        (Cmd.REQUEST_MESSAGE, (148,)),
        (Cmd.DO_DIGICAM_CONTROL, (0, 0, 0, 0, 1)),
        (Cmd.DO_SET_CAM_TRIGG_DIST, (10,)),
    ):
        assert not bench.send(command, *params, to=ALL)
    assert (len(bench.shelf.shots), bench.triggers) == (1, [])


def test_the_autopilots_trigger_takes_pictures() -> None:
    """One for each, as soon as CAM1_INTRVAL_MIN allows; DO_DIGICAM_CONTROL of the camera itself too."""
    bench = CameraBench(least_s=1.0)
    for ms in (0, 400, 2000):
        bench.pass_time(ms)
        bench.camera.hear([CameraTriggered(1, bench.now_ms, PLACE)], bench.now_ms)
    bench.pass_time(1500)
    assert bench.ask(Cmd.DO_DIGICAM_CONTROL, 0, 0, 0, 0, 1) == Result.ACCEPTED
    assert [shot.time_ms for shot in bench.shelf.shots] == [10_000, 11_000, 12_400, 13_900]
    assert bench.ask(Cmd.DO_DIGICAM_CONTROL, 0, 0, 0, 0, 0) == Result.ACCEPTED
    assert bench.ask(Cmd.DO_SET_CAM_TRIGG_DIST, -25.0, 0, 1) == Result.DENIED
    assert bench.ask(Cmd.DO_SET_CAM_TRIGG_DIST, float("nan"), 0, 1) == Result.DENIED
    assert bench.ask(Cmd.DO_SET_CAM_TRIGG_DIST, 25.0, 0, 1) == Result.ACCEPTED
    assert (len(bench.shelf.shots), bench.triggers) == (4, [(25.0, True)])


def test_missions_items_act() -> None:
    """Those that a plan for PX4 has; what the camera refuses is passed over."""
    bench = CameraBench()
    items = CameraItems(bench.camera, lambda: bench.now_ms)
    zoom = MissionItem(Cmd.SET_CAMERA_ZOOM, mav.Frame.MISSION, param1=2.0, param2=30.0)
    assert items.start_command(zoom) is CommandStartResult.COMPLETE
    capture = MissionItem(Cmd.IMAGE_START_CAPTURE, mav.Frame.MISSION, param2=1.0, param3=3.0)
    assert items.start_command(capture) is CommandStartResult.COMPLETE
    bench.pass_time(5000)
    assert [round(shot.focal_mm, 1) for shot in bench.shelf.shots] == [9.5] * 3
    video = MissionItem(Cmd.SET_CAMERA_MODE, mav.Frame.MISSION, param2=1.0)
    assert items.start_command(video) is CommandStartResult.UNSUPPORTED


def test_an_item_that_is_flown_again_takes_another_picture() -> None:
    """Its sequence number is that of the plan: the next round of a DO_JUMP is no repetition, nor is the next item."""
    bench = CameraBench()
    items = CameraItems(bench.camera, lambda: bench.now_ms)
    capture = MissionItem(Cmd.IMAGE_START_CAPTURE, mav.Frame.MISSION, param3=1.0, param4=1.0)
    for _ in range(3):
        assert items.start_command(capture) is CommandStartResult.COMPLETE
        bench.pass_time(5000)
    assert len(bench.shelf.shots) == 3


def kind_of(name: bytes) -> int:
    known = find(name.decode())
    assert known is not None
    return known[1].type


def test_settings_are_extended_parameters() -> None:
    """Listed, read by name and by number, set for everybody; what is none, or no such value, is refused."""
    bench = CameraBench()
    listed = bench.extended(dialect.MAVLink_param_ext_request_list_message(1, CAMERA))
    assert [one.param_id for one in listed] == [one.name for one in TABLE]
    assert {(one.param_count, one.param_type in set(ExtendedType)) for one in listed} == {(len(TABLE), True)}
    (by_name,) = bench.extended(dialect.MAVLink_param_ext_request_read_message(1, CAMERA, b"CAM_ISO", -1))
    (by_number,) = bench.extended(dialect.MAVLink_param_ext_request_read_message(1, CAMERA, b"", by_name.param_index))
    assert by_name.to_dict() == by_number.to_dict()
    assert unpack(ExtendedType.INT32, by_name._param_value_raw) == 100
    assert not bench.extended(dialect.MAVLink_param_ext_request_read_message(1, CAMERA, b"NONE", -1))
    for name, raw, kind, result in (
        (b"CAM_ISO", (400).to_bytes(4, "little"), ExtendedType.INT32, ExtendedAck.ACCEPTED),
        (b"CAM_ISO", (401).to_bytes(4, "little"), ExtendedType.INT32, ExtendedAck.VALUE_UNSUPPORTED),
        (b"CAM_ISO", b"\0\0\x80\x3f", ExtendedType.REAL32, ExtendedAck.VALUE_UNSUPPORTED),
        (b"CAM_EV", b"\0\0\xc0\x7f", ExtendedType.REAL32, ExtendedAck.VALUE_UNSUPPORTED),
        (b"NONE", b"\1", ExtendedType.INT32, ExtendedAck.VALUE_UNSUPPORTED),
    ):
        (ack,) = bench.extended(dialect.MAVLink_param_ext_set_message(1, CAMERA, name, raw, kind))
        assert (ack.get_type(), ack.param_id.encode(), ack.param_result) == ("PARAM_EXT_ACK", name, result)
        assert name == b"NONE" or ack.param_type == kind_of(name), "the type of the value that it tells"
    (now,) = bench.extended(dialect.MAVLink_param_ext_request_read_message(1, CAMERA, b"CAM_ISO", -1))
    assert unpack(ExtendedType.INT32, now._param_value_raw) == 400


def test_settings_change_the_pictures_and_are_reset() -> None:
    """Exposure by hand: twice the ISO is twice the light; RESET_CAMERA_SETTINGS brings all back, and tells so."""
    bench = CameraBench()

    def put(name: bytes, value: int) -> None:
        kind = ExtendedType.INT32
        bench.extended(dialect.MAVLink_param_ext_set_message(1, CAMERA, name, value.to_bytes(4, "little"), kind))

    put(b"CAM_ISO", 200)
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1)
    put(b"CAM_EXPMODE", 1)
    put(b"CAM_PHOTOQUAL", 2)
    bench.pass_time(200)
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 2)
    put(b"CAM_MODE", CameraMode.IMAGE_SURVEY)
    assert bench.one("CAMERA_SETTINGS").mode_id == CameraMode.IMAGE_SURVEY
    automatic, manual = (shot.settings for shot in bench.shelf.shots)
    assert (automatic.light, manual.light) == ((1.0, 1.0, 1.0), (2.0, 2.0, 2.0))
    assert (automatic.exposed, manual.exposed) == ((0.002, 100), (0.002, 200))
    assert manual.jpeg_quality < automatic.jpeg_quality
    bench.ask(Cmd.SET_CAMERA_ZOOM, ZoomType.RANGE, 70.0)
    assert bench.ask(Cmd.RESET_CAMERA_SETTINGS, 0) == Result.DENIED
    said = bench.send(Cmd.RESET_CAMERA_SETTINGS, 1)
    assert [one.get_type() for one in said] == ["COMMAND_ACK", "CAMERA_SETTINGS", *["PARAM_EXT_VALUE"] * len(TABLE)]
    assert (said[1].zoomLevel, said[1].mode_id) == (0.0, CameraMode.IMAGE)
