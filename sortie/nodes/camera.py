"""Camera of a simulated vehicle (component 100): pictures and their files.

A picture shows what the lens sees from the true position and attitude of the vehicle or its gimbal. The file holds the
true position too, as from a camera with its own RTK receiver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from autopilot.context.events import ArmedChanged, Event
from autopilot.interface.footprint import Ground, Lens, look_at_ground
from autopilot.interface.geo import GeoPoint, to_global, to_local
from autopilot.interface.mathematics import PI, cos, sin
from autopilot.mav import Cmd
from autopilot.mission.fence import Fence, parse_fence
from autopilot.mount.rotation import turn
from mavlink_bridge.services.camera.device import Shot, Specs
from mavlink_bridge.services.camera.messages import CameraSight, TakenPicture
from mavlink_bridge.services.camera.service import CameraService
from mavlink_bridge.services.camera.settings import definition
from mavlink_bridge.services.ftp.files import FileRefusedError
from sitl.camera.darkroom import darkroom
from sitl.camera.jpeg import Picture
from sitl.camera.rendering import CameraView, Marking, PictureScene, Quaternion
from sitl.vehicles.copter import SimulatedCopter
from sortie.logs.run_log import LOGGER
from sortie.logs.served import ServedDirectory
from sortie.nodes.camera_card import DCIM, Card
from sortie.nodes.video import CameraVideo

if TYPE_CHECKING:
    from autopilot.core.autopilot import Autopilot
    from autopilot.parameters.parameters import Parameters
    from mavlink_bridge.routing.endpoint import Endpoint
    from sitl.vehicles.simulated import SimulatedMachine

DEFINITION: Final = "camera.xml"
_ROUTE: Final = (255, 214, 0)
_STAY_IN, _STAY_OUT, _HOME = (60, 220, 60), (235, 50, 40), (255, 255, 255)
_CIRCLE_CORNERS, _HOME_M, _REACH_M = 48, 1.5, 3000.0
_TAKE: Final = frozenset({Cmd.IMAGE_START_CAPTURE, Cmd.DO_DIGICAM_CONTROL, Cmd.DO_SET_CAM_TRIGG_DIST})


class CameraAlbum:
    """Camera that takes the pictures (`mavlink_bridge.services.camera.service.Album`). `attitude()`: its current
    attitude."""

    def __init__(
        self,
        autopilot: Autopilot,
        endpoint: Endpoint,
        parameters: Parameters,
        vehicle: SimulatedMachine,
        specs: Specs,
        attitude: Callable[[], Quaternion],
        epoch_us: int,
    ) -> None:
        self.card = Card(lambda: endpoint.totals().frames_in > 0)
        self._autopilot = autopilot
        self._epoch_us = epoch_us
        self._vehicle = vehicle
        self._specs = specs
        self._attitude = attitude
        self._ground = autopilot.facts.terrain.ground
        self._names: list[str] = []
        self._problem = ""  # reason why the last file could not be opened
        self._scene: int | None = None
        self.service: CameraService | None = None
        """Service that takes the pictures."""
        self._plan: tuple[object, tuple[Marking, ...]] = (None, ())
        self.video = CameraVideo(self, endpoint, parameters, specs)

    @property
    def stored(self) -> int:
        return self.card.stored

    def unwritten_ms(self) -> int | None:
        """Return the vehicle time at which the first unwritten picture is due to be announced, ms; None: all are
        written."""
        return None if self.service is None else self.service.unwritten_ms()

    def keep_in(self, folder: Path) -> None:
        self.card.keep_in(folder)

    def close(self, *, hurried: bool) -> None:
        """Finish all pictures (`Card.close`) and disconnect video players."""
        self.card.close(hurried=hurried)
        self.video.close()

    def file_at(self, path: str) -> tuple[str, bytes] | None:
        """Return a file for HTTP: the definition or a picture, at the same path as in MAVFTP. Called in another
        thread."""
        if path == f"/{DEFINITION}":
            return "application/xml", definition()
        if not path.startswith(f"/{DCIM}/"):
            return None
        name = path.removeprefix(f"/{DCIM}/")
        self.card.await_file(name)
        try:
            file = ServedDirectory(self.card.folder).open(name, "")
        except FileRefusedError:
            return None
        try:
            return "image/jpeg", file.read(0, file.size)
        finally:
            file.close()

    def prepare(self) -> None:
        """Start the process that writes pictures."""
        darkroom().prepare()

    def hear(self, events: Sequence[Event], now_ms: int) -> None:
        """Start the writing process when the vehicle is armed for a mission with pictures."""
        armed = any(isinstance(event, ArmedChanged) and event.armed for event in events)
        if armed and any(item.command in _TAKE for item in self._autopilot.plans.mission.items()):
            self.prepare()

    def take(self, shot: Shot) -> TakenPicture:
        """Take a picture from the current place and attitude."""
        settings = shot.settings
        place, height_m = self.place()
        shutter_s, iso = settings.exposed
        view = self.view(shot, self._specs.columns, self._specs.rows)
        picture = Picture(
            view,
            shot.number,
            self._epoch_us + 1000 * shot.time_ms,
            place,
            height_m,
            shutter_s,
            iso,
            settings.jpeg_quality,
        )
        name = self._develop(picture)
        return TakenPicture(place, height_m, view.attitude, f"mftp://{DCIM}/{name}")

    def place(self) -> tuple[GeoPoint, float]:
        """Return the true place of the camera, and its height above home, m."""
        origin = self._vehicle.switched_on_at
        place = to_global(origin, self._vehicle.true_ned)
        return place, place.alt - (self._autopilot.facts.home or origin).alt

    def view(self, shot: Shot, columns: int, rows: int) -> CameraView:
        vehicle, specs = self._vehicle, self._specs
        below = vehicle.pads if isinstance(vehicle, SimulatedCopter) else None
        pads = tuple(below.pads(shot.time_ms)) if below and below.period_ms else ()
        return CameraView(
            vehicle.true_ned,
            self._attitude(),
            Lens(specs.sensor_width_mm, specs.sensor_height_mm, shot.focal_mm),
            columns,
            rows,
            shot.focus_m,
            shot.settings.light,
            self.markings(),
            pads,
        )

    def scenery(self) -> int:
        """Return the number of the static scene: ground and obstacles."""
        if self._scene is None:
            scanner, origin = self._vehicle.scanner, self._vehicle.switched_on_at
            if scanner is None:
                scene = PictureScene(origin, self._ground)
            else:
                n, e, d = scanner.home
                scene = PictureScene(origin, self._ground, scanner.obstacles.shapes, (-n, -e, -d))
            self._scene = darkroom().add_scene(scene)
        return self._scene

    def _develop(self, picture: Picture) -> str:
        """Order a picture file and return its name; "" after an error, which is logged."""
        try:
            name = self.card.next_file()
        except OSError as problem:
            self._problem = problem.strerror or type(problem).__name__
            LOGGER.error("pictures cannot be written: %s", problem)
            self._names.append("")
            return ""
        self.card.written_by(name, darkroom().develop(self.card.folder / name, self.scenery(), picture))
        self._names.append(name)
        return name

    def written(self, number: int) -> str | None:
        return self.card.written(self._names[number]) if self._names[number] else self._problem

    def writes(self) -> bool:
        return self.card.writing()

    def format(self) -> None:
        self.card.format()
        self._names.clear()

    def forget(self, first: int) -> None:
        names = [name for name in self._names[first:] if name]
        del self._names[first:]
        self.card.remove(names)

    def sight(self) -> CameraSight:
        """Return the point where the optical axis meets the ground."""
        ned = self._vehicle.true_ned
        origin, attitude = self._vehicle.switched_on_at, self._attitude()
        place = to_global(origin, ned)
        ground = Ground.about(origin, self._ground, _REACH_M, place)
        axis = np.array([turn(attitude, (1.0, 0.0, 0.0))])
        north, east = (float(value) for value in look_at_ground(ned, axis, ground)[0])
        if not np.isfinite(north):
            return CameraSight(place, None, attitude)
        up = float(ground.up(np.array([north]), np.array([east]))[0])
        return CameraSight(place, to_global(origin, (north, east, -up)), attitude)

    # --- the plan, painted on the ground ------------------------------------------------------------------------------
    def markings(self) -> tuple[Marking, ...]:
        """Return the painted markings of the current plan and home."""
        plans, facts = self._autopilot.plans, self._autopilot.facts
        now = (plans.mission.items(), plans.fence.items(), facts.home)
        if self._plan[0] != now:
            self._plan = (now, tuple(self._paint()))
        return self._plan[1]

    def _paint(self) -> list[Marking]:
        plans, home = self._autopilot.plans, self._autopilot.facts.home
        places = [(item.x, item.y) for item in plans.mission.items() if item.is_placed]
        found = [Marking(self._local(places), _ROUTE)] if len(places) > 1 else []
        found += self._fence(parse_fence(plans.fence.items()))
        if home is not None:
            n, e = self._local([(home.lat, home.lon)])[0]
            found += [
                Marking(((n - _HOME_M, e), (n + _HOME_M, e)), _HOME),
                Marking(((n, e - _HOME_M), (n, e + _HOME_M)), _HOME),
            ]
        return found

    def _fence(self, fence: Fence) -> list[Marking]:
        found = []
        for polygon in fence.polygons:
            colour = _STAY_IN if polygon.inclusion else _STAY_OUT
            found.append(Marking(self._local([*polygon.vertices, polygon.vertices[0]]), colour))
        for zone in fence.circles:
            (n, e), radius = self._local([(zone.lat, zone.lon)])[0], zone.radius
            turns = [2.0 * PI * k / _CIRCLE_CORNERS for k in range(_CIRCLE_CORNERS + 1)]
            ring = tuple((n + radius * cos(turn), e + radius * sin(turn)) for turn in turns)
            found.append(Marking(ring, _STAY_IN if zone.inclusion else _STAY_OUT))
        return found

    def _local(self, places: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
        origin = self._vehicle.switched_on_at
        return tuple(to_local(origin, lat, lon, origin.alt)[:2] for lat, lon in places)
