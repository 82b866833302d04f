"""What pictures cost: 1,000 of them in the process that makes them, and what each holds up the flight; what a video
costs that makes."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from autopilot.interface.geo import GeoPoint
from benchmarks.vehicle import HOME

PICTURES = 1000
FRAMES = 100


def pictures() -> tuple[float, float]:
    """Milliseconds for each picture of 640 x 480, from the first shutter to the last file; and for each in the process
    of the flight, which only hands it over."""
    from autopilot.interface.footprint import Lens
    from sitl.camera.darkroom import Darkroom
    from sitl.camera.jpeg import Picture
    from sitl.camera.rendering import CameraView, Marking, PictureScene

    home, room = GeoPoint(*HOME), Darkroom()
    scene = room.add_scene(PictureScene(home))
    line = Marking(((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0)), (255, 214, 0))
    view = CameraView(
        (0.0, 50.0, -60.0), (0.7071068, 0.0, -0.7071068, 0.0), Lens(6.4, 4.8, 4.7), 640, 480, markings=(line,)
    )
    picture = Picture(view, 0, 1_767_225_600_000_000, home, 60.0)
    with TemporaryDirectory(prefix="sortie-bench-") as folder:
        first = room.develop(Path(folder) / "first.jpg", scene, picture)  # the process starts, and compiles
        if not first.wait(600.0):
            raise SystemExit(f"no pictures: {first.error}")
        began_s, jobs = time.perf_counter(), []
        for number in range(PICTURES):
            there = replace(view, place=(0.1 * number, 50.0, -60.0))
            jobs.append(
                room.develop(Path(folder) / f"{number}.jpg", scene, replace(picture, number=number, view=there))
            )
        handed_over_s = time.perf_counter() - began_s
        if not all(job.wait(600.0) for job in jobs):
            raise SystemExit("pictures were not written")
        return (time.perf_counter() - began_s) * 1000.0 / PICTURES, handed_over_s * 1000.0 / PICTURES


def video() -> float:
    """Per cent of a core that the process of frames needs for the streams of a camera, 640 x 480 and 320 x 240, ten
    frames a second each."""
    from autopilot.interface.footprint import Lens
    from sitl.camera.rendering import CameraView, PictureScene
    from sitl.camera.video import RATE_HZ, Screens, VideoFrame

    scene, screens = PictureScene(GeoPoint(*HOME)), Screens()
    view = CameraView((0.0, 50.0, -60.0), (0.966, 0.0, -0.259, 0.0), Lens(6.4, 4.8, 4.7), 640, 480)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as seen,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as warm,
    ):
        for listener in (seen, warm):
            listener.bind(("127.0.0.1", 0))
        frame = VideoFrame(view, (seen.getsockname(),), 1_500_000, thermal=False, time_s=0.0, height_m=60.0)
        small = replace(frame, view=replace(view, columns=320, rows=240), targets=(warm.getsockname(),), thermal=True)
        for number in range(-RATE_HZ, FRAMES):  # the first second compiles and begins
            if number == 0:
                began_s = time.process_time()
            for stream in (frame, small):
                moved = replace(stream.view, place=(0.5 * number, 50.0, -60.0))
                screens.show(replace(stream, view=moved, time_s=0.1 * number), scene)
        return 100.0 * (time.process_time() - began_s) / FRAMES * RATE_HZ
