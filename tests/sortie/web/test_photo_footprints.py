"""What a camera sees, as corners on the map: straight down, aslant, to the horizon; and pictures, each once."""

from __future__ import annotations

from math import cos, radians, sin, tan

import pytest

from autopilot.interface.geo import GeoPoint, to_local
from autopilot.mav import Cmd
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from sortie.web.footprint import FARTHEST, NO_PLACE, corners, of_picture, of_view
from sortie.web.picture import ShownVehicle
from tests.fakes.watched import Watched

CAMERA = GeoPoint(47.0, 8.0, 500.0)


def down(pitch_deg, yaw_deg=0.0):
    """The turn of a camera that looks so far below the horizon, first turned to its course."""
    half_p, half_y = radians(-pitch_deg) / 2.0, radians(yaw_deg) / 2.0
    return (cos(half_y) * cos(half_p), -sin(half_y) * sin(half_p), cos(half_y) * sin(half_p), sin(half_y) * cos(half_p))


def metres(found):
    """(north, east) of each corner."""
    return [to_local(CAMERA, lat, lon, 0.0)[:2] for lat, lon in found]


@pytest.mark.parametrize("yaw_deg", [0.0, 90.0, 200.0])
def test_straight_down_it_is_a_rectangle_below_the_camera(yaw_deg):
    """As wide as the field of view, turned as the camera is: the top of the picture is ahead."""
    found = metres(corners(CAMERA, 100.0, down(90.0, yaw_deg), 60.0, 40.0))
    ahead, right = 100.0 * tan(radians(20.0)), 100.0 * tan(radians(30.0))
    course = radians(yaw_deg)
    for (north, east), (forward, sideways) in zip(
        found, ((ahead, -right), (ahead, right), (-ahead, right), (-ahead, -right)), strict=True
    ):
        assert north == pytest.approx(forward * cos(course) - sideways * sin(course), abs=0.1)
        assert east == pytest.approx(forward * sin(course) + sideways * cos(course), abs=0.1)


def test_aslant_it_is_wider_far_away_and_the_horizon_is_cut():
    """Its upper corners lie farther apart; what would be beyond the horizon is drawn at the farthest that is shown."""
    found = metres(corners(CAMERA, 50.0, down(45.0), 40.0, 30.0))
    assert found[0][0] == pytest.approx(50.0 * tan(radians(60.0)), rel=0.01)
    assert found[2][0] == pytest.approx(50.0 * tan(radians(30.0)), rel=0.01)
    assert found[1][1] - found[0][1] > 1.5 * (found[2][1] - found[3][1])
    far = metres(corners(CAMERA, 50.0, down(10.0), 40.0, 30.0))
    assert max((north**2 + east**2) ** 0.5 for north, east in far) == pytest.approx(50.0 * FARTHEST, rel=0.01)


@pytest.mark.parametrize(
    ("height_m", "q", "fov"),
    [
        (50.0, down(-20.0), (40.0, 30.0)), (0.0, down(90.0), (40.0, 30.0)), (50.0, (0.0,) * 4, (40.0, 30.0)),
        (50.0, (float("nan"),) * 4, (40.0, 30.0)), (50.0, down(90.0), (0.0, 30.0)),
        (50.0, down(90.0), (float("nan"), 30.0)), (50.0, down(90.0), (200.0, 30.0)),
    ],
)  # fmt: skip
def test_what_nobody_can_say_is_not_drawn(height_m, q, fov):
    """The sky, a camera on the ground, no attitude, no field of view."""
    assert corners(CAMERA, height_m, q, *fov) is None


def view(**changed):
    fields = {
        "lat_camera": 470000000,
        "lon_camera": 80000000,
        "alt_camera": 500_000,
        "lat_image": NO_PLACE,
        "lon_image": NO_PLACE,
        "alt_image": NO_PLACE,
        "q": down(90.0),
        "hfov": 60.0,
        "vfov": 40.0,
    }
    return dialect.MAVLink_camera_fov_status_message(0, **(fields | changed))


def picture(**changed):
    fields = {
        "lat": 470000000,
        "lon": 80000000,
        "alt": 500_000,
        "relative_alt": 80_000,
        "q": down(90.0),
        "image_index": 0,
        "capture_result": 1,
        "file_url": b"",
    }
    return dialect.MAVLink_camera_image_captured_message(0, 0, 0, **(fields | changed))


def test_the_ground_is_where_the_camera_says_else_at_home():
    """Half as high is half as wide; without either nothing is known."""
    wide, narrow = of_view(view(), 400.0), of_view(view(alt_image=450_000), 400.0)
    assert metres(wide)[1][1] == pytest.approx(2.0 * metres(narrow)[1][1], rel=0.01)
    assert of_view(view(), None) is None
    assert of_view(view(lat_camera=NO_PLACE), 400.0) is None


def test_a_picture_shows_what_its_camera_sees():
    """With the field of view that was told; a failed one, or one from nowhere, is none."""
    lat, lon, seen = of_picture(picture(), (60.0, 40.0))
    assert (lat, lon) == (47.0, 8.0)
    assert metres(seen)[1][1] == pytest.approx(80.0 * tan(radians(30.0)), abs=0.1)
    assert of_picture(picture(), None) == (47.0, 8.0, None)
    assert of_picture(picture(capture_result=0), None) is None
    assert of_picture(picture(lat=0, lon=0), None) is None


def test_a_picture_that_is_told_of_twice_is_kept_once():
    """CAMERA_FEEDBACK of the autopilot and CAMERA_IMAGE_CAPTURED of the camera."""
    vehicle = ShownVehicle(None, None)
    feedback = dialect.MAVLink_camera_feedback_message(0, 0, 0, 0, 470000010, 80000010, 500, 80, 0, 0, 0, 0, 0)
    assert vehicle.picture(picture()) is not None
    assert vehicle.picture(feedback) is None
    assert vehicle.picture(picture(lat=470010000)) is not None
    assert len(vehicle.photos) == 2


def test_the_page_is_told_what_a_simulated_camera_sees(tmp_path):
    """From component 100, which is asked for it: below the vehicle and as high as it flies; and each picture with its
    own corners, once."""
    camera = {"CAM1_TYPE": 6.0, "SIM_CAM_RES_W": 320.0, "SIM_CAM_RES_H": 240.0}
    with Session(home=CAMERA, params=camera, log_dir=tmp_path) as session:
        page = Watched(session)
        page.run(3.0)
        page.until(lambda facts: facts.get("ready"))
        assert page.ask("takeoff", height_m=40.0).ok
        page.until(lambda facts: facts["height_m"] > 39.0)
        page.run(3.0)
        shoot = dialect.MAVLink_command_long_message(1, 100, Cmd.DO_DIGICAM_CONTROL, 0, 0, 0, 0, 0, 1, 0, 0)
        session.connect().send(shoot)
        page.until(lambda facts: facts["photos"] == 1)
        facts = page.facts()
        corners_seen = [to_local(GeoPoint(facts["lat"], facts["lon"], 0.0), *one, 0.0) for one in facts["footprint"]]
        assert len(corners_seen) == 4
        assert all(5.0 < (north**2 + east**2) ** 0.5 < 60.0 for north, east, _ in corners_seen)
        assert abs(sum(north for north, _, _ in corners_seen)) < 10.0
        (told,) = page.ask("history").data["photos"]
        assert len(told[2]) == 4
        page.run(2.0)
        assert page.facts()["photos"] == 1
