"""Rally points are in a flight's log: a report that has no plan draws them, and exports have them."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from pymavlink import mavutil

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, Frame
from autopilot.mission.fence import Fence, Polygon, Zone
from autopilot.mission.items import MissionItem
from sortie import Session
from sortie.api.sample import square
from sortie.exports.tracks import to_geojson, to_kml
from sortie.reading.logs import read_log

HOME = GeoPoint(47.3769, 8.5417, 408.0)
RALLY = tuple(
    MissionItem(Cmd.NAV_RALLY_POINT, frame, x=47.3779 + 0.001 * number, y=8.5427, z=height, seq=number)
    for number, (frame, height) in enumerate(
        ((Frame.GLOBAL_RELATIVE_ALT, 25.0), (Frame.GLOBAL, 440.0), (Frame.GLOBAL_TERRAIN_ALT, 30.0))
    )
)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Of a short flight with rally points."""
    folder = tmp_path_factory.mktemp("rally")
    with Session(home=HOME, log_dir=folder) as session:
        session.upload(square(HOME))
        session.autopilot.plans.replace(2, RALLY)
        session.start()
        session.run_for(3.0)
    return next(folder.glob("flights/*/flight.bin"))


def test_they_are_read_back_where_they_were_with_what_their_height_counts_from(log) -> None:
    found = read_log(log).rally
    assert [(one.seq, one.frame, one.z) for one in found] == [(one.seq, one.frame, one.z) for one in RALLY]
    assert [one.x for one in found] == pytest.approx([one.x for one in RALLY], abs=1e-7)
    assert [one.y for one in found] == pytest.approx([one.y for one in RALLY], abs=1e-7)


def test_pymavlink_knows_the_message(log) -> None:
    """Names and units of ArduPilot's RALY."""
    source = mavutil.mavlink_connection(str(log))
    message = source.recv_match(type="RALY")
    assert (message.Tot, message.Seq, message.Alt) == (3, 0, 25)
    assert message.Lat == pytest.approx(47.3779, abs=1e-6)


def test_exports_have_them_and_the_fence(log) -> None:
    facts = read_log(log)
    names = [one["properties"]["name"] for one in json.loads(to_geojson(facts))["features"]]
    assert names[-3:] == ["rally point 1", "rally point 2", "rally point 3"]
    kml = ElementTree.fromstring(to_kml(facts))
    assert sum("rally point" in (one.text or "") for one in kml.iter("{http://www.opengis.net/kml/2.2}name")) == 3
    corners = ((47.37, 8.54), (47.38, 8.54), (47.38, 8.55))
    facts.fence = Fence((Polygon(corners, True),), (Zone(47.3, 8.5, 60.0, False),))
    features = json.loads(to_geojson(facts))["features"]
    (ring,) = next(one for one in features if one["geometry"]["type"] == "Polygon")["geometry"]["coordinates"]
    assert ring == [[8.54, 47.37], [8.54, 47.38], [8.55, 47.38], [8.54, 47.37]]
    assert features[-1]["properties"] == {"name": "exclusion", "radius_m": 60.0}
