"""A vehicle with a camera: pictures are taken, kept, downloaded; the flight goes on as without."""

from __future__ import annotations

import io
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from autopilot.interface.geo import GeoPoint, distance, to_local
from autopilot.mav import Cmd, Component, Frame, Result
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from mavlink_bridge.services.camera.settings import definition
from mavlink_bridge.wire.codec import dialect, id_of
from mavlink_bridge.wire.framing import FrameReader
from sitl.camera.jpeg import angles
from sitl.camera.rendering import rotation
from sortie import Fleet, Session
from sortie.api.events import CameraTriggered, StatusText
from sortie.config.errors import UserError
from sortie.nodes.metrics_server import MetricsServer
from sortie.nodes.statistics import Board, Statistics
from tests.fakes import ordered
from tests.fakes.ftp_client import LinkFiles
from tests.fakes.patience import PATIENCE_S

SURVEY = Path(__file__).parents[3] / "examples" / "survey.plan"
CAMERA = int(Component.CAMERA)
SMALL = {"CAM1_TYPE": 6.0, "SIM_CAM_RES_W": 320.0, "SIM_CAM_RES_H": 240.0}


@contextmanager
def with_camera(**how: Any) -> Iterator[Session]:
    with Session(params=SMALL | how.pop("params", {}), **how) as session:
        yield session


command = partial(ordered.command, to=CAMERA)


def exif_place(content: bytes) -> GeoPoint:
    gps = Image.open(io.BytesIO(content)).getexif().get_ifd(IFD.GPSInfo)
    lat, lon = (sum(float(part) / 60**n for n, part in enumerate(gps[tag])) for tag in (2, 4))
    return GeoPoint(-lat if gps[1] == "S" else lat, -lon if gps[3] == "W" else lon, float(gps[6]))


HALF, FARTHEST, FOCAL_PX = 12, 12, 4.7 / 6.4 * 320


def seen_at(ray: Any, here: Any, turned: Any, there: Any, other: Any) -> Any:
    """Row and column off the middle of the other picture of what a ray of the first shows on level ground."""
    along = turned @ ray
    ahead, right, below = (here + along * (-here[2] / along[2]) - there) @ other
    return np.array([below, right]) / ahead * FOCAL_PX


def found_at(patch: Any, image: Any, row: int, column: int) -> tuple[float, int, int]:
    """Where a patch is found best near a place of an image: normalized correlation, rows and columns off it."""
    best = (-1.0, 0, 0)
    for down in range(-FARTHEST, FARTHEST + 1):
        for right in range(-FARTHEST, FARTHEST + 1):
            top, left = row + down - HALF, column + right - HALF
            other = image[top : top + 2 * HALF, left : left + 2 * HALF]
            best = max(best, (float(np.corrcoef(patch.ravel(), other.ravel())[0, 1]), down, right))
    return best


def test_one_picture_from_the_command_to_the_file(tmp_path: Path) -> None:
    """Told, taken, announced, listed, downloaded: the file of the card, a JPEG with its place."""
    with with_camera(log_dir=tmp_path) as session:
        link = session.connect()
        assert command(link, Cmd.REQUEST_MESSAGE, id_of("CAMERA_INFORMATION")) == Result.ACCEPTED
        told = link.receive("CAMERA_INFORMATION")
        assert told.get_srcComponent() == CAMERA
        assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1) == Result.ACCEPTED
        captured = link.receive("CAMERA_IMAGE_CAPTURED")
        files = LinkFiles(link, CAMERA)
        assert files.names("/") == ["DCIM", "@SYS", "camera.xml"]
        assert files.names("/DCIM/100SORTI") == ["IMG_0001.JPG"]
        assert files.download(told.cam_definition_uri.removeprefix("mftp://")).startswith(b"<?xml")
        content = files.download(captured.file_url.removeprefix("mftp://"))
        truth = session.truth.place
    assert content == (tmp_path / "camera" / "DCIM" / "100SORTI" / "IMG_0001.JPG").read_bytes()
    assert Image.open(io.BytesIO(content)).size == (320, 240)
    place = exif_place(content)
    assert distance(place, truth) < 0.05
    assert (captured.lat, captured.lon) == (round(place.lat * 1e7), round(place.lon * 1e7))


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
def test_a_command_to_all_components_acts_once(firmware: str) -> None:
    """An ArduPilot forwards it to its camera, which hears it itself: one step of the lens, and one of them accepts."""
    with with_camera(firmware=firmware) as session:
        link = session.connect()
        link.send(dialect.MAVLink_command_long_message(1, 0, Cmd.SET_CAMERA_ZOOM, 0, 0, 1, 0, 0, 0, 0, 0))
        session.run_for(0.5)
        results = [ack.result for ack in link.messages("COMMAND_ACK") if ack.command == Cmd.SET_CAMERA_ZOOM]
        assert results.count(Result.ACCEPTED) == 1
        command(link, Cmd.REQUEST_MESSAGE, id_of("CAMERA_SETTINGS"))
        assert link.receive("CAMERA_SETTINGS").zoomLevel == 10.0


def test_where_no_picture_can_be_written_it_says_so(tmp_path: Path) -> None:
    """A file lies in the place of the card's folder: no picture, and a text; without it there are pictures again."""
    with with_camera(log_dir=tmp_path) as session:
        link = session.connect()
        (tmp_path / "camera").write_bytes(b"in the way")
        results = []
        for number in (1, 2):
            assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, number) == Result.ACCEPTED
            told = link.receive("CAMERA_IMAGE_CAPTURED")
            results.append((told.image_index, told.capture_result, bool(told.file_url)))
            if number == 1:
                assert link.receive("STORAGE_INFORMATION").available_capacity == 0.0
                assert link.receive("STATUSTEXT", where=lambda one: "Camera" in one.text).text.startswith(
                    "Camera: not written, "
                )
                (tmp_path / "camera").unlink()
        assert results == [(0, 0, False), (1, 1, True)]
        assert link.receive("STORAGE_INFORMATION").available_capacity > 0.0
        assert LinkFiles(link, CAMERA).download(told.file_url.removeprefix("mftp://")).startswith(b"\xff\xd8")


def test_a_picture_is_downloaded_in_flight() -> None:
    """While it climbs and takes more of them; another picture is one of another place."""
    with with_camera() as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(30.0)
        session.run_until(lambda s: s.state.height > 2.0)
        link = session.connect()
        files = LinkFiles(link, CAMERA)
        assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0.5, 0) == Result.ACCEPTED
        urls = [link.receive("CAMERA_IMAGE_CAPTURED").file_url.removeprefix("mftp://") for _ in range(2)]
        heights = [exif_place(files.download(url)).alt for url in urls]
        assert command(link, Cmd.IMAGE_STOP_CAPTURE) == Result.ACCEPTED
        assert session.state.armed and heights[1] > heights[0] + 0.3


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any], list[Any]]:
    """A flown survey: the folder, what was triggered with where the vehicle really was, what a lossy station heard."""
    folder = tmp_path_factory.mktemp("survey")
    places: list[Any] = []
    with with_camera(log_dir=folder) as session:
        link = session.connect(loss=0.3, seed=5)
        session.service.observers.append(
            lambda events, now_ms: places.extend(session.truth for one in events if isinstance(one, CameraTriggered))
        )
        session.upload(SURVEY)
        session.start()
        session.run_until(lambda s: not s.autopilot.facts.armed, 3000.0)
        session.run_for(2.0)
        heard = {one.image_index: one for one in link.messages("CAMERA_IMAGE_CAPTURED")}
        triggered = len(session.events_of(CameraTriggered))
        assert triggered == len(places) > 20
        missing = [number for number in range(triggered) if number not in heard]
        assert missing, "a third of the messages is lost"
        for number in missing:
            for _ in range(60):
                link.send(dialect.MAVLink_command_long_message(1, CAMERA, 512, 0, 263, number, 0, 0, 0, 0, 0))
                try:
                    again = link.receive("CAMERA_IMAGE_CAPTURED", 1.0, lambda m, n=number: m.image_index == n)
                except TimeoutError:
                    continue
                heard[number] = again
                break
    return folder, places, [heard[number] for number in sorted(heard)]


def test_a_survey_has_a_picture_for_each_trigger(survey: tuple[Path, list[Any], list[Any]]) -> None:
    """Within a metre of where the vehicle really was, and what was lost on the way was told again."""
    folder, places, heard = survey
    files = sorted((folder / "camera" / "DCIM" / "100SORTI").iterdir())
    assert [one.name for one in files] == [f"IMG_{number:04d}.JPG" for number in range(1, len(places) + 1)]
    for file, truth, told in zip(files, places, heard, strict=True):
        place = exif_place(file.read_bytes())
        assert hypot(*to_local(truth.place, place.lat, place.lon, place.alt)) < 1.0
        assert told.file_url.endswith(file.name)
        assert (told.lat, told.lon) == (round(place.lat * 1e7), round(place.lon * 1e7))


def test_a_surveys_pictures_can_be_stitched(survey: tuple[Path, list[Any], list[Any]]) -> None:
    """What the one shows beside the way is found in the next where place and attitude of both say, to 2 pixels of 320,
    though the copter leans."""
    folder, places, heard = survey
    files = sorted((folder / "camera" / "DCIM" / "100SORTI").iterdir())
    checked = 0
    for number in range(len(files) - 1):
        here, there = (np.array(places[n].position) for n in (number, number + 1))
        turned, other = (rotation(tuple(heard[n].q)) for n in (number, number + 1))
        if np.abs(turned - other).max() > 0.1:
            continue  # a turn: patches would have to be turned as well
        row, column = (
            round(at) for at in seen_at(np.array([1.0, 60.0 / FOCAL_PX, -40.0 / FOCAL_PX]), here, turned, there, other)
        )
        if not (abs(row) < 120 - HALF - FARTHEST and abs(column) < 160 - HALF - FARTHEST):
            continue  # it is not in the next one
        images = [np.asarray(Image.open(files[n]).convert("L"), np.float64) for n in (number, number + 1)]
        patch = images[0][80 - HALF : 80 + HALF, 220 - HALF : 220 + HALF]
        likeness, down, right = found_at(patch, images[1], 120 + row, 160 + column)
        assert likeness > 0.4, number
        assert max(abs(down), abs(right)) <= 2, number
        checked += 1
    assert checked >= 5


def test_the_same_seed_writes_the_same_pictures(tmp_path: Path) -> None:
    """Byte for byte, in two sessions."""
    contents = []
    for name in ("a", "b"):
        with with_camera(log_dir=tmp_path / name) as session:
            link = session.connect()
            session.wait_armable()
            assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0.5, 3) == Result.ACCEPTED
            session.run_for(3.0)
        contents.append([one.read_bytes() for one in sorted((tmp_path / name / "camera").rglob("*.JPG"))])
    assert len(contents[0]) == 3
    assert contents[0] == contents[1]


def test_a_card_keeps_what_was_on_it(tmp_path: Path) -> None:
    """The next run goes on with the numbers, with so much less room; FORMAT deletes all."""
    for _ in range(2):
        with with_camera(log_dir=tmp_path) as session:
            link = session.connect()
            assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1) == Result.ACCEPTED
            session.run_for(1.0)
            assert command(link, Cmd.REQUEST_MESSAGE, id_of("STORAGE_INFORMATION")) == Result.ACCEPTED
            used = link.receive("STORAGE_INFORMATION").used_capacity
    names = [one.name for one in sorted((tmp_path / "camera").rglob("*.JPG"))]
    assert names == ["IMG_0001.JPG", "IMG_0002.JPG"]
    assert used == pytest.approx(2 * 320 * 240 * 0.5 / 2**20)
    with with_camera(log_dir=tmp_path) as session:
        link = session.connect()
        assert command(link, Cmd.STORAGE_FORMAT, 1, 1, 1) == Result.ACCEPTED
        assert not list((tmp_path / "camera").rglob("*.JPG"))
        assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1) == Result.ACCEPTED
    assert len(list((tmp_path / "camera").rglob("*.JPG"))) == 1


def test_the_autopilot_passes_on_what_is_its_cameras() -> None:
    """IMAGE_START_CAPTURE to component 1 takes a picture; without a camera it is not known."""
    with with_camera() as session:
        link = session.connect()
        assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1, to=1) == Result.ACCEPTED
        assert link.receive("CAMERA_IMAGE_CAPTURED").image_index == 0
    with Session() as session:
        assert command(session.connect(), Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1, to=1) == Result.UNSUPPORTED


def test_a_zoomed_picture_says_so(tmp_path: Path) -> None:
    """EXIF has the focal length of the moment."""
    with with_camera(log_dir=tmp_path) as session:
        link = session.connect()
        assert command(link, Cmd.SET_CAMERA_ZOOM, 2, 100.0) == Result.ACCEPTED
        assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1) == Result.ACCEPTED
    (file,) = (tmp_path / "camera").rglob("*.JPG")
    taken = Image.open(file).getexif().get_ifd(IFD.Exif)
    assert float(taken[Base.FocalLength]) == pytest.approx(47.0)


def test_without_pillow_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line."""
    monkeypatch.setattr("sortie.nodes.simulated_face.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'sortie-mavlink\[camera\]'"), with_camera():
        pass


def test_pictures_are_taken_under_the_attitude_of_the_gimbal(tmp_path: Path) -> None:
    """It says where the gimbal has turned it, whatever the vehicle does; stations learn who holds it."""
    with with_camera(log_dir=tmp_path, params={"MNT1_TYPE": 6.0}) as session:
        link = session.connect()
        assert command(link, Cmd.REQUEST_MESSAGE, id_of("CAMERA_INFORMATION")) == Result.ACCEPTED
        assert link.receive("CAMERA_INFORMATION").gimbal_device_id == Component.GIMBAL
        nan = float("nan")
        assert command(link, Cmd.DO_GIMBAL_MANAGER_PITCHYAW, -35.0, 0.0, nan, nan, 0, to=1) == Result.ACCEPTED
        session.run_for(5.0)
        assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1) == Result.ACCEPTED
        told = link.receive("CAMERA_IMAGE_CAPTURED")
    assert angles(tuple(told.q))[1] == pytest.approx(-35.0, abs=0.5)
    (file,) = (tmp_path / "camera").rglob("*.JPG")
    assert "'GimbalPitchDegree': '-35" in str(Image.open(file).getxmp())


def test_camera_and_gimbal_are_there_as_soon_as_the_vehicle() -> None:
    """While vehicle time stands still, as it does until the kernel is loaded, each of them has its HEARTBEAT: a new
    link hears all three at once, and all three again with each beat of the runtime. The vehicle's comes first: scripts
    take the first one that they hear for it."""
    gimbal = int(Component.GIMBAL)

    def beats() -> list[int]:
        read = FrameReader().receive(link.read() + link.read())  # the second gets what the first has had sent
        return [frame.component for frame in read if frame.msg_id == id_of("HEARTBEAT")]

    with with_camera(params={"MNT1_TYPE": 6.0}) as session:
        service, link = session.service, session.connect()
        service.serve_links(0)
        assert beats() == [1, gimbal, CAMERA]
        service.serve_links(1000)
        assert beats() == []
        service.beat()
        assert beats() == [1, gimbal, CAMERA]
        assert service.now_ms == 0


def test_a_missions_camera_items_are_carried_out(tmp_path: Path) -> None:
    """A row of pictures with a longer lens, stopped by the mission."""
    there = {"x": -35.3628, "y": 149.1652, "z": 20.0}
    mission = [
        MissionItem(Cmd.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, z=20.0),
        MissionItem(Cmd.SET_CAMERA_ZOOM, Frame.MISSION, param1=2.0, param2=50.0),
        MissionItem(Cmd.IMAGE_START_CAPTURE, Frame.MISSION, param2=1.0, param3=0.0),
        MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL_RELATIVE_ALT, **there),
        MissionItem(Cmd.IMAGE_STOP_CAPTURE, Frame.MISSION),
        MissionItem(Cmd.NAV_RETURN_TO_LAUNCH, Frame.MISSION),
    ]
    with with_camera(log_dir=tmp_path) as session:
        link = session.connect()
        session.upload(mission)
        session.start()
        session.run_until(lambda s: not s.autopilot.facts.armed, 600.0)
        flown = [one.image_index for one in link.messages("CAMERA_IMAGE_CAPTURED")]
        assert not [one for one in session.events_of(StatusText) if "skip" in one.text.lower()]
    files = sorted((tmp_path / "camera").rglob("*.JPG"))
    assert len(files) == len(flown) > 4
    taken = Image.open(files[-1]).getexif().get_ifd(IFD.Exif)
    assert float(taken[Base.FocalLength]) == pytest.approx(4.7 * 5.5, abs=0.01)


def test_definition_and_pictures_are_had_by_http(tmp_path: Path) -> None:
    """Where --metrics serves; what is not there, and what lies elsewhere, is not found."""
    with with_camera(log_dir=tmp_path) as session:
        link = session.connect()
        assert command(link, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1) == Result.ACCEPTED
        camera = session.service.camera
        assert camera is not None
        camera.card.finish()
        server = MetricsServer("127.0.0.1", 0, Board(Statistics(session.service, None)), camera.file_at)
        root = f"http://127.0.0.1:{server.port}"
        try:
            with urllib.request.urlopen(f"{root}/camera.xml", timeout=PATIENCE_S) as answer:
                assert answer.read() == definition()
            with urllib.request.urlopen(f"{root}/DCIM/100SORTI/IMG_0001.JPG", timeout=PATIENCE_S) as answer:
                (file,) = (tmp_path / "camera").rglob("*.JPG")
                assert (answer.headers["Content-Type"], answer.read()) == ("image/jpeg", file.read_bytes())
            for path in ("/DCIM/100SORTI/IMG_0002.JPG", "/DCIM/../../run.log", "/other"):
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    urllib.request.urlopen(root + path, timeout=PATIENCE_S)
        finally:
            server.close()


def test_without_a_camera_there_is_none() -> None:
    """Nobody speaks as component 100, nothing is written, and what draws pictures is not even loaded."""
    code = (
        "import sys; from sortie import Session; session = Session(); session.run_for(3.0); "
        "print(session.service.camera, session.service.endpoint.speaks_as(100), "
        "[name for name in sys.modules if name.startswith(('PIL', 'sitl.camera', 'mavlink_bridge.services.camera'))])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert told.stdout.strip() == "None False []"


def test_each_vehicle_of_a_fleet_has_its_own_camera(tmp_path: Path) -> None:
    """Pictures of two places, in the folders of two vehicles."""
    with Fleet(2, params=SMALL, log_dir=tmp_path) as fleet:
        for vehicle in fleet:
            link = vehicle.connect()
            system = vehicle.service.endpoint.system_id
            values = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]
            link.send(dialect.MAVLink_command_long_message(system, CAMERA, Cmd.IMAGE_START_CAPTURE, 0, *values))
            assert link.receive("CAMERA_IMAGE_CAPTURED").get_srcSystem() == system
    one, other = (file.read_bytes() for file in sorted(tmp_path.rglob("IMG_0001.JPG")))
    assert exif_place(one) != exif_place(other)


def test_way_fence_and_home_are_painted(tmp_path: Path) -> None:
    """In their colours, where they lie, by the plan of the moment."""
    with with_camera() as session:
        album = session.service.camera
        assert album is not None
        session.run_for(20.0)
        before = {one.colour for one in album.markings()}
        session.upload(SURVEY)
        session.upload(
            Plan(
                None,
                tuple(session.autopilot.plans.mission.items()),
                (MissionItem(Cmd.NAV_FENCE_CIRCLE_INCLUSION, Frame.GLOBAL, param1=300.0, x=-35.3632, y=149.1652),),
            )
        )
        painted = {one.colour: one for one in album.markings()}
    assert before == {(255, 255, 255)}
    assert set(painted) == {(255, 255, 255), (255, 214, 0), (60, 220, 60)}
    ring = painted[(60, 220, 60)].points
    assert max(north for north, _ in ring) - min(north for north, _ in ring) == pytest.approx(600.0, abs=3.0)
