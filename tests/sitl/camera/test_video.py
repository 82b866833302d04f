"""Video of a camera: decoded again it shows what is there, and nothing is made for nobody."""

from __future__ import annotations

import contextlib
import socket
import threading
from itertools import pairwise
from math import cos, radians, sin
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from autopilot.interface.footprint import Lens
from autopilot.interface.geo import GeoPoint, Ned
from sitl.camera.rendering import CameraView, PictureScene
from sitl.camera.video import ASLEEP_S, PACKET_BYTES, Encoder, Screen, VideoFrame, frame_image
from sitl.world.obstacles import Prism
from tests.fakes.patience import PATIENCE_S
from tests.sitl.camera.test_pictures import looking

SCENE = PictureScene(GeoPoint(-35.363261, 149.165230, 584.0))
COLUMNS, ROWS, HEIGHT_M = 640, 480, 20.0
PAD: Ned = (4.0, 3.0, 0.0)
FOCAL_PX = 4.7 / 6.4 * COLUMNS


def frame(yaw_deg: float, *, thermal: bool = False, targets: tuple[tuple[str, int], ...] = ()) -> VideoFrame:
    """A camera 20 m above the origin that looks down, its top towards `yaw_deg`."""
    view = CameraView((0.0, 0.0, -HEIGHT_M), looking(-90.0, yaw_deg), Lens(6.4, 4.8, 4.7), COLUMNS, ROWS, pads=(PAD,))
    return VideoFrame(view, targets, 1_500_000, thermal, 12.34, HEIGHT_M)


def middle_of_pad(image: npt.NDArray[np.uint8]) -> tuple[float, float]:
    """Column and row of the middle of what is orange, beside the arrow."""
    red, green, blue = image.astype(int).transpose(2, 0, 1)
    orange = (red > 170) & (green < 150) & (blue < 90)
    orange[:60, -60:] = False
    rows, columns = np.nonzero(orange)
    return float(columns.mean()), float(rows.mean())


def where_pad_is(yaw_deg: float) -> tuple[float, float]:
    """Column and row of the pad, by geometry."""
    turn = radians(yaw_deg)
    ahead, right = PAD[0] * cos(turn) + PAD[1] * sin(turn), PAD[1] * cos(turn) - PAD[0] * sin(turn)
    return COLUMNS / 2 + right / HEIGHT_M * FOCAL_PX, ROWS / 2 - ahead / HEIGHT_M * FOCAL_PX


def stream_of(packets: list[bytes]) -> bytes:
    """H.264 with start codes out of RTP: single units, STAP-A and FU-A (RFC 6184, 5.6 to 5.8)."""
    units: list[bytes] = []
    for packet in packets:
        assert packet[0] == 0x80 and packet[1] & 0x7F == 96
        body = packet[12:]
        match body[0] & 0x1F:
            case 24:
                at = 1
                while at < len(body):
                    size = int.from_bytes(body[at : at + 2], "big")
                    units.append(body[at + 2 : at + 2 + size])
                    at += 2 + size
            case 28 if body[1] & 0x80:
                units.append(bytes([body[0] & 0xE0 | body[1] & 0x1F]) + body[2:])
            case 28:
                units[-1] += body[2:]
            case _:
                units.append(body)
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def test_what_is_decoded_turns_with_the_vehicle() -> None:
    """Frames have their size and time, and a pad lies in them where geometry has it, to two pixels."""
    av = pytest.importorskip("av", reason="PyAV is not installed")
    packets: list[bytes] = []
    encoder, turns = Encoder(COLUMNS, ROWS, 1_500_000, packets.append), [0.0, 30.0, 60.0, 90.0, 120.0]
    stamps = []
    for number, turn in enumerate(turns):
        encoder.encode(frame_image(frame(turn), SCENE), 100 * number)
        stamps.append(int.from_bytes(packets[-1][4:8], "big"))
    assert max(map(len, packets)) <= PACKET_BYTES
    assert {(after - before) % 2**32 for before, after in pairwise(stamps)} == {9000}
    decoder = av.CodecContext.create("h264", "r")
    found = [image for packet in decoder.parse(stream_of(packets)) for image in decoder.decode(packet)]
    found += [image for packet in decoder.parse(b"") for image in decoder.decode(packet)] + list(decoder.decode(None))
    assert [(image.width, image.height) for image in found] == [(COLUMNS, ROWS)] * len(turns)
    for image, turn in zip(found, turns, strict=True):
        assert middle_of_pad(image.to_ndarray(format="rgb24")) == pytest.approx(where_pad_is(turn), abs=2.0)


def test_a_player_reads_it_from_its_port(tmp_path: Path) -> None:
    """FFmpeg's own RTP over loopback UDP, as ffprobe reads it by a description of the session (SDP)."""
    av = pytest.importorskip("av", reason="PyAV is not installed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    session = tmp_path / "video.sdp"
    session.write_text(
        f"v=0\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1\n"
    )
    seen = threading.Event()

    def send() -> None:
        """Until it was seen: who comes late waits for the next whole picture."""
        screen, number = Screen((("127.0.0.1", port),)), 0
        while not seen.wait(0.02):
            screen.show(frame(30.0), SCENE, number * ASLEEP_S)
            number += 1
        screen.close()

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    try:
        options = {"protocol_whitelist": "file,udp,rtp", "fflags": "nobuffer", "timeout": str(int(PATIENCE_S * 1e6))}
        with av.open(str(session), options=options, timeout=PATIENCE_S) as player:
            image, codec = next(player.decode(video=0)), player.streams.video[0].codec_context.name
    finally:
        seen.set()
        sender.join(PATIENCE_S)
    assert (image.width, image.height, codec) == (COLUMNS, ROWS, "h264")
    assert middle_of_pad(image.to_ndarray(format="rgb24")) == pytest.approx(where_pad_is(30.0), abs=2.0)


def test_for_nobody_no_frame_is_made() -> None:
    """A port that refuses is left alone for a second, and then tried with a picture that stands alone."""
    pytest.importorskip("av", reason="PyAV is not installed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        address = listener.getsockname()
        screen = Screen((address,))
        assert screen.show(frame(0.0), SCENE, 100.0) and screen.show(frame(0.0), SCENE, 100.1)
    assert screen.show(frame(0.0), SCENE, 100.2)  # some packets go before the answer comes
    made = [screen.show(frame(0.0), SCENE, 100.3 + 0.1 * k) for k in range(int(10 * ASLEEP_S))]
    assert made.count(True) <= 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(PATIENCE_S)
        assert screen.show(frame(0.0), SCENE, 102.0 + ASLEEP_S)
        first = listener.recv(65536)
        assert first[12] & 0x1F in (7, 24)  # parameter sets, alone or with what follows
    screen.close()


def test_one_who_has_gone_takes_nothing_from_another() -> None:
    """A port that refuses beside one that listens: frames go on."""
    pytest.importorskip("av", reason="PyAV is not installed")
    with contextlib.ExitStack() as stack:
        ends = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2)]
        for end in ends:
            end.bind(("127.0.0.1", 0))
        screen = Screen(tuple(end.getsockname() for end in ends))
        ends[1].close()
        assert all(screen.show(frame(0.0), SCENE, 100.0 + 0.1 * k) for k in range(5))
        screen.close()


def test_north_is_where_the_arrow_points() -> None:
    """To the right of the picture when its top is west."""

    def tip(yaw_deg: float) -> tuple[float, float]:
        corner = np.asarray(frame_image(frame(yaw_deg), SCENE))[:60, -60:].astype(int)
        rows, columns = np.nonzero((corner[:, :, 0] > 230) & (corner[:, :, 1] < 90))
        return float(columns.mean()) - 30.0, 30.0 - float(rows.mean())

    assert tip(0.0)[1] > 5.0 and abs(tip(0.0)[0]) < 2.0
    assert tip(-90.0)[0] > 5.0 and abs(tip(-90.0)[1]) < 2.0


def test_the_grid_is_ten_metres() -> None:
    """Lines through the origin, below the camera, and 10 m to its right."""
    lines = np.asarray(frame_image(frame(0.0), SCENE))[ROWS - 40, :].astype(int).min(axis=1) > 220
    step = round(10.0 / HEIGHT_M * FOCAL_PX)
    assert lines[COLUMNS // 2 - 1 : COLUMNS // 2 + 2].any() and lines[COLUMNS // 2 + step - 1 :][:3].any()
    assert np.count_nonzero(lines) < 12


def test_warm_is_the_ground_and_cold_the_sky() -> None:
    """The thermal picture is grey, and black above the horizon."""
    level = VideoFrame(
        CameraView((0.0, 0.0, -HEIGHT_M), looking(0.0, 0.0), Lens(6.4, 4.8, 4.7), 320, 240), (), 1, True, 0.0, HEIGHT_M
    )
    seen = np.asarray(frame_image(level, SCENE)).astype(int)
    assert (np.ptp(seen[:, :250], axis=2) == 0).all()
    assert seen[40:100, 100:200].max() == 0
    assert seen[180:, 100:200].mean() > 60


def test_an_obstacle_stands_where_it_is() -> None:
    """A tower of 10 m at 40 m, seen level from 5 m above the ground: 10 m tall and 4 m wide by geometry, its foot below
    the horizon; one that is behind is not seen."""
    tower = Prism("tower", ((38.0, -2.0), (38.0, 2.0), (42.0, 2.0), (42.0, -2.0)), 0.0, 10.0)
    view = CameraView((10.0, 0.0, -5.0), looking(0.0, 0.0), Lens(6.4, 4.8, 4.7), COLUMNS, ROWS)

    def walls(scene: PictureScene, view: CameraView) -> npt.NDArray[np.bool_]:
        image: Image.Image = frame_image(VideoFrame(view, (), 1, False, 0.0, 5.0), scene)
        found: npt.NDArray[np.bool_] = (np.asarray(image) == (168, 160, 150)).all(axis=2)
        return found

    about = (10.0, 0.0, 0.0)  # places count from 10 m north of the origin
    near = walls(PictureScene(SCENE.origin, None, (tower,), about), view)
    metre = FOCAL_PX / 38.0
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    assert (rows[0], rows[-1]) == pytest.approx((ROWS / 2 - 5.0 * metre, ROWS / 2 + 5.0 * metre), abs=2.0)
    assert (columns[0], columns[-1]) == pytest.approx((COLUMNS / 2 - 2.0 * metre, COLUMNS / 2 + 2.0 * metre), abs=2.0)
    behind = Prism("tower", tuple((-n, e) for n, e in tower.outline), 0.0, 10.0)
    assert not walls(PictureScene(SCENE.origin, None, (behind,), about), view).any()
