"""Pictures of the ground: they fit together, they say where they were taken, and they are made elsewhere."""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import subprocess
import sys
from dataclasses import replace
from math import cos, inf, radians, sin
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from autopilot.interface.footprint import Lens
from autopilot.interface.geo import METRES_PER_DEGREE, GeoPoint
from autopilot.interface.terrain import HeightMap
from sitl.camera.darkroom import Darkroom
from sitl.camera.jpeg import Picture, angles, jpeg_of
from sitl.camera.rendering import CameraView, Marking, PictureScene, Quaternion, blur_px, render
from tests.fakes.patience import PATIENCE_S

ORIGIN = GeoPoint(-35.363261, 149.165230, 584.0)
SCENE = PictureScene(ORIGIN)
LENS = Lens(6.4, 4.8, 4.7)
COLUMNS, ROWS = 320, 240


def looking(pitch_deg: float, yaw_deg: float) -> Quaternion:
    """Of a camera that leans to no side."""
    p, y = radians(pitch_deg) / 2.0, radians(yaw_deg) / 2.0
    return cos(y) * cos(p), -sin(y) * sin(p), cos(y) * sin(p), sin(y) * cos(p)


DOWN = looking(-90.0, 0.0)


def view(north: float, east: float, height: float = 60.0, attitude: Quaternion = DOWN) -> CameraView:
    return CameraView((north, east, -height), attitude, LENS, COLUMNS, ROWS)


def grey(one: CameraView, scene: PictureScene = SCENE) -> npt.NDArray[np.float64]:
    return np.asarray(render(one, scene).convert("L"), np.float64)


def shift_between(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Rows and columns by which what `one` shows lies farther down and right in `other`, by phase correlation (Kuglin,
    Hines, 1975)."""
    window = np.outer(np.hanning(one.shape[0]), np.hanning(one.shape[1]))
    a, b = (np.fft.fft2((image - image.mean()) * window) for image in (one, other))
    power = b * np.conj(a)
    peak = np.argmax(np.abs(np.fft.ifft2(power / np.maximum(np.abs(power), 1e-9))))
    row, column = (int(at) for at in np.unravel_index(peak, one.shape))
    return (
        row if row < one.shape[0] // 2 else row - one.shape[0],
        column if column < one.shape[1] // 2 else column - one.shape[1],
    )


@pytest.mark.parametrize("yaw", [0.0, 90.0])
def test_overlapping_pictures_register_at_their_ground_offset(yaw: float) -> None:
    """To a pixel (0.25 m), whichever way the nose points."""
    north, east = 12.0, -9.0
    attitude = looking(-90.0, yaw)
    pixel_m = 60.0 * LENS.sensor_width_mm / LENS.focal_mm / COLUMNS
    row, column = shift_between(grey(view(0.0, 0.0, attitude=attitude)), grey(view(north, east, attitude=attitude)))
    ahead = north * cos(radians(yaw)) + east * sin(radians(yaw))
    right = -north * sin(radians(yaw)) + east * cos(radians(yaw))
    assert (row * pixel_m, -column * pixel_m) == pytest.approx((ahead, right), abs=1.5 * pixel_m)


def test_the_pattern_belongs_to_the_earth() -> None:
    """Another vehicle, switched on 30 m north of the first, takes the same picture from the same place."""
    other = PictureScene(GeoPoint(ORIGIN.lat + 30.0 / METRES_PER_DEGREE, ORIGIN.lon, ORIGIN.alt))
    difference = grey(view(30.0, 5.0)) - grey(view(0.0, 5.0), other)
    assert np.abs(difference).mean() < 1.0


def test_a_longer_lens_shows_the_middle() -> None:
    """Twice the focal length is the middle half of the picture, twice as large."""
    wide = render(view(0.0, 0.0), SCENE).crop((COLUMNS // 4, ROWS // 4, 3 * COLUMNS // 4, 3 * ROWS // 4))
    long = render(replace(view(0.0, 0.0), lens=Lens(6.4, 4.8, 9.4)), SCENE).resize((COLUMNS // 2, ROWS // 2))
    a, b = (np.asarray(one.convert("L"), np.float64).ravel() for one in (wide, long))
    assert np.corrcoef(a, b)[0, 1] > 0.8


def test_above_the_horizon_is_the_sky() -> None:
    """A camera that looks level sees it in the upper half, and the ground in the lower one."""
    image = np.asarray(render(view(0.0, 0.0, attitude=looking(0.0, 20.0)), SCENE))
    assert (image[: ROWS // 2 - 2] == (150, 180, 215)).all()
    assert not (image[ROWS // 2 + 2 :] == (150, 180, 215)).all(axis=2).any()


def test_terrain_is_in_the_picture() -> None:
    """Ground that lies 30 m higher looks as if the camera were 30 m lower."""
    heights = np.full((40, 40), ORIGIN.alt + 30.0, np.float32)
    ground = HeightMap(ORIGIN.lat - 0.02, ORIGIN.lon - 0.02, 1000.0, 1000.0, heights)
    high, low = grey(view(0.0, 0.0, 90.0), PictureScene(ORIGIN, ground)), grey(view(0.0, 0.0, 60.0))
    assert np.corrcoef(high.ravel(), low.ravel())[0, 1] > 0.95
    assert np.corrcoef(high.ravel(), grey(view(0.0, 0.0, 90.0)).ravel())[0, 1] < 0.6


def test_the_plan_is_painted_on_the_ground() -> None:
    """A line to the north through the place below is a line upwards through the middle, as wide as it is."""
    line = Marking(((-100.0, 0.0), (100.0, 0.0)), (255, 0, 255), 2.0)
    image = np.asarray(render(replace(view(0.0, 0.0), markings=(line,)), SCENE)).astype(int)
    painted = (image[:, :, 0] > 200) & (image[:, :, 1] < 40)
    columns = np.flatnonzero(painted.any(axis=0))
    assert painted[:, COLUMNS // 2].all()
    width = 2.0 / (60.0 * LENS.sensor_width_mm / LENS.focal_mm / COLUMNS)
    assert len(columns) == pytest.approx(width, abs=2.0)
    behind = replace(view(0.0, 0.0, attitude=looking(0.0, 180.0)), markings=(line,))
    assert not (np.asarray(render(behind, SCENE))[: ROWS // 2 - 2] == (255, 0, 255)).all(axis=2).any()


def test_out_of_focus_is_blurred() -> None:
    """A long lens that is focused at 1 m shows less detail of the ground; at the ground's distance, all of it."""
    sharp = replace(view(0.0, 0.0), lens=Lens(6.4, 4.8, 47.0))
    at_ground, near = replace(sharp, focus_m=60.0), replace(sharp, focus_m=1.0)
    assert blur_px(at_ground, 1.0 / 60.0) == pytest.approx(0.0, abs=1e-9)
    assert blur_px(near, 1.0 / 60.0) > 30.0
    assert blur_px(replace(sharp, focus_m=inf), 1.0 / 60.0) < blur_px(near, 1.0 / 60.0)
    assert (grey(at_ground) == grey(sharp)).all()
    assert np.abs(np.diff(grey(near))).mean() < 0.5 * np.abs(np.diff(grey(sharp))).mean()


PLACE = GeoPoint(-35.3630001, 149.1659999, 684.25)
TAKEN_US = 1_767_225_661_250_000
PICTURE = Picture(view(29.0, 69.0, 100.25, looking(-60.0, 120.0)), 7, TAKEN_US, PLACE, 100.25, 0.001, 200)


def test_a_file_says_where_when_and_how() -> None:
    """EXIF: place to a centimetre, time to a microsecond, lens and exposure. XMP: the attitude."""
    image = Image.open(io.BytesIO(jpeg_of(PICTURE, SCENE)))
    exif = image.getexif()
    gps, taken = exif.get_ifd(IFD.GPSInfo), exif.get_ifd(IFD.Exif)
    lat, lon = (sum(float(part) / 60**n for n, part in enumerate(gps[tag])) for tag in (2, 4))
    sign = {"S": -1.0, "N": 1.0, "W": -1.0, "E": 1.0}
    assert sign[gps[GPS.GPSLatitudeRef]] * lat == pytest.approx(PLACE.lat, abs=1e-8)
    assert sign[gps[GPS.GPSLongitudeRef]] * lon == pytest.approx(PLACE.lon, abs=1e-8)
    assert float(gps[GPS.GPSAltitude]) == pytest.approx(PLACE.alt, abs=1e-3)
    assert (taken[Base.DateTimeOriginal], taken[Base.SubsecTimeOriginal]) == ("2026:01:01 00:01:01", "250000")
    assert [float(part) for part in gps[GPS.GPSTimeStamp]] == [0.0, 1.0, 1.25]
    assert (float(taken[Base.FocalLength]), taken[Base.ISOSpeedRatings]) == (4.7, 200)
    assert (float(taken[Base.ExposureTime]), exif[Base.Orientation]) == (0.001, 1)
    said = str(image.getxmp()) if hasattr(image, "getxmp") else ""
    assert "'GimbalPitchDegree': '-60.000'" in said
    assert "'GimbalYawDegree': '120.000'" in said
    assert "'RelativeAltitude': '+100.250'" in said


def test_angles_are_a_gimbals() -> None:
    """Straight down is pitch -90, and yaw is where the picture's top points."""
    assert angles(looking(-90.0, 75.0)) == pytest.approx((0.0, -90.0, 75.0))
    assert angles(looking(-30.0, -120.0)) == pytest.approx((0.0, -30.0, -120.0))


def test_the_same_picture_is_the_same_bytes(tmp_path: Path) -> None:
    """Here, and in the process that makes them; the next one as well, without the scene being sent again."""
    room = Darkroom()
    scene = room.add_scene(SCENE)
    jobs = [room.develop(tmp_path / f"{number}.jpg", scene, replace(PICTURE, number=number)) for number in (7, 8)]
    assert all(job.wait(PATIENCE_S) for job in jobs), [job.error for job in jobs]
    assert (tmp_path / "7.jpg").read_bytes() == jpeg_of(PICTURE, SCENE)
    assert (tmp_path / "8.jpg").read_bytes() != (tmp_path / "7.jpg").read_bytes()


@pytest.mark.parametrize("yields", [False, True])
def test_it_is_nice_only_where_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yields: bool) -> None:
    """It is there before the first picture, once, with the priority that the flight leaves it."""
    begun: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen

    def start(command: list[str], **how: int) -> subprocess.Popen[bytes]:
        begun.append(begin(command, **how))
        return begun[-1]

    monkeypatch.setattr("sitl.camera.darkroom.subprocess.Popen", start)
    room = Darkroom()
    room.yields = yields
    room.prepare()
    room.prepare()
    assert room.develop(tmp_path / "1.jpg", room.add_scene(SCENE), PICTURE).wait(PATIENCE_S)
    (child,) = begun
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == (min(ours + 5, 19) if yields else ours)


_PARENT = """
import os, pickle, sys, time
from sitl.camera import darkroom

class Call:
    def __init__(self, *call): self.call = call
    def __reduce__(self): return self.call

child = darkroom._start(yields=False)
pickle.dump([Call(os.write, (1, b"busy\\n")), Call(time.sleep, (3600,))], child.stdin)
child.stdin.flush()
print(child.stdout.readline().decode().strip(), child.pid, flush=True)
sys.stdin.read()
"""
"""A parent whose child is busy with a job, so that it does not see the end of its input."""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at a parent's death is Linux's")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_busy_process_ends_with_its_parent(end: signal.Signals) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    word, pid = parent.stdout.readline().split()
    handle = os.pidfd_open(int(pid))
    try:
        parent.send_signal(end)
        parent.communicate(timeout=PATIENCE_S)
        ended, _, _ = select.select([handle], [], [], PATIENCE_S)
        assert word == "busy" and ended
    finally:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Why, in words; nothing half written is left, and the next picture is written."""
    room = Darkroom()
    scene = room.add_scene(SCENE)
    lost = room.develop(tmp_path / "none" / "1.jpg", scene, PICTURE)
    assert not lost.wait(PATIENCE_S)
    assert lost.error == "No such file or directory"
    (tmp_path / "1.jpg").mkdir()
    lost = room.develop(tmp_path / "1.jpg", scene, PICTURE)
    assert not lost.wait(PATIENCE_S)
    assert lost.error == "Is a directory"
    assert not list(tmp_path.glob("*.part"))
    assert room.develop(tmp_path / "2.jpg", scene, PICTURE).wait(PATIENCE_S)


def test_a_process_that_has_ended_is_told_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture that it was given is lost, with words that fit into a text behind "Camera: not written, "."""
    ended = [sys.executable, "-c", "import sys; sys.stdin.buffer.read(1)"]
    begin = subprocess.Popen
    room = Darkroom()
    scene = room.add_scene(SCENE)
    monkeypatch.setattr("sitl.camera.darkroom.subprocess.Popen", lambda command, **how: begin(ended, **how))
    lost = room.develop(tmp_path / "1.jpg", scene, PICTURE)
    assert not lost.wait(PATIENCE_S)
    assert len("Camera: not written, ") + len(lost.error) <= 50, lost.error
    monkeypatch.undo()
    assert room.develop(tmp_path / "2.jpg", scene, PICTURE).wait(PATIENCE_S)
