"""What pictures cost: 1,000 of them in the process that makes them, and what each holds up the flight."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from autopilot.interface.geo import GeoPoint
from benchmarks.vehicle import HOME

PICTURES = 1000


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
