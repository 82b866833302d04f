"""The page of a flight: everything of it is there, at its place, and nothing comes from a network."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie import Session
from sortie.api.sample import square
from sortie.api.testing.stand_in import HOME
from sortie.reading.facts import FlightFacts, Quantity, Sample
from sortie.reading.logs import read_log
from sortie.reports import svg
from sortie.reports.chart_map import HEIGHT, WIDTH
from sortie.reports.flight_page import flight_page, write_flight_page

FENCE = tuple(
    MissionItem(5001, 0, param1=4, x=-35.363261 + north * 1e-3, y=149.16523 + east * 1e-3, seq=number)
    for number, (north, east) in enumerate(((-1, -1), (2, -1), (2, 2), (-1, 2)))
)


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """A flight of the square in a fence: session, log, page."""
    folder = tmp_path_factory.mktemp("flight")
    with Session(seed=1, log_dir=folder) as session:
        session.wait_armable()
        plan = Plan(items=square(session.autopilot.facts.home), fence=FENCE)
        session.upload(plan)
        session.start()
        session.lands_within(2.0)
        session.run_for(1.0)
        log = folder / "latest" / "flight.bin"
        write_flight_page(log, plan, folder / "flight.html")
        yield session, log, (folder / "flight.html").read_text()


def drawings(page: str) -> dict[str, ElementTree.Element]:
    """The drawings of a page by name: each is well-formed."""
    found = [ElementTree.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.S)]
    return {one.attrib["aria-label"]: one for one in found}


def points(drawing: ElementTree.Element, kind: str) -> list[tuple[float, float]]:
    """Of the first line of a class."""
    line = next(one for one in drawing.iter() if one.attrib.get("class") == kind)
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.attrib["points"].split())]


def test_wings_have_their_airspeed_and_their_change_over_drawn(tmp_path):
    """The lift motors stand when the wings carry alone."""
    with Session("sim:quadplane", home=HOME, seed=1, log_dir=tmp_path) as session:
        ways = [MissionItem(16, 3, x=HOME.lat + 0.006, y=HOME.lon + east, z=60.0) for east in (0.0, 0.006)]
        session.upload([MissionItem(84, 3, z=20.0), *ways])
        session.start()
        session.run_for(60.0)
    log = tmp_path / "latest" / "flight.bin"
    facts = read_log(log)
    assert max(value for _, value in facts.series[Quantity.AIRSPEED]) == pytest.approx(25.5, abs=1.5)
    lift = dict(facts.series[Quantity.LIFT])
    assert max(lift.values()) > 40.0 and list(lift.values())[-1] == 0.0
    write_flight_page(log, None, tmp_path / "flight.html")
    assert {"Airspeed, m/s", "Lift motors, %"} <= drawings((tmp_path / "flight.html").read_text()).keys()


def test_the_log_gives_the_flight(flown):
    """Samples ten times a second, modes and texts with vehicle times, mission and home."""
    session, log, _ = flown
    facts = read_log(log)
    low, high = facts.span_s
    assert low == pytest.approx(3.0, abs=0.1) and high == pytest.approx(session.time_s, abs=2.0)
    assert len(facts.samples) > 4 * (high - low)
    assert max(sample.height for sample in facts.samples) == pytest.approx(10.0, abs=0.5)
    assert max(sample.speed for sample in facts.samples[1:]) == pytest.approx(10.0, abs=1.0)
    assert facts.samples[-1].percent < facts.samples[1].percent <= 100.0
    assert 10.0 < facts.samples[-1].volts < facts.samples[1].volts
    assert [name for _, name in facts.modes] == ["GUIDED", "AUTO"]
    assert [item.command for item in facts.items] == [22, 16, 16, 16, 16, 20]
    assert facts.home is not None and facts.home.lat == pytest.approx(session.autopilot.facts.home.lat, abs=1e-6)
    assert (facts.vehicle, facts.fence.polygons) == (session.service.telemetry.identity.banner()[0], ())


def test_the_map_has_track_plan_and_fence(flown):
    """All on the sheet; the track passes its corners."""
    drawing = drawings(flown[2])["Map: track, plan, fence"]
    track, plan, fence = (points(drawing, kind) for kind in ("track flight0", "plan", "keep"))
    assert len(fence) == 4 and len(plan) == 4
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in (*track, *plan, *fence))
    for corner in plan:
        assert min(((x - corner[0]) ** 2 + (y - corner[1]) ** 2) ** 0.5 for x, y in track) < 4.0
    north, south = min(y for _, y in fence), max(y for _, y in fence)
    assert north < min(y for _, y in plan) < max(y for _, y in plan) < south
    labels = [one.text for one in drawing.iter() if one.tag == "text"]
    assert {"2", "3", "4", "5", "H", "50 m"} <= set(labels)


def test_the_charts_share_one_time_axis(flown):
    """Height rises from 0 to 10 m and comes back; modes are named; the cursor's scale is that of the lines."""
    found = drawings(flown[2])
    assert list(found)[1:] == [
        "Height above home, m (faint: the ground)",
        "Speed over ground, m/s",
        "Climb, m/s",
        "Roll, ° (faint: asked for)",
        "Pitch, ° (faint: asked for)",
        "Beside the plan, m",
        "Battery, %",
        "Battery, V",
        "Current, A",
        "Vibration, m/s²",
        "GPS: satellites",
        "GPS: HDOP",
        "Wind as estimated, m/s",
        "Estimator: position test ratio",
    ]
    height = found["Height above home, m (faint: the ground)"]
    line = points(height, "value flight0")
    assert line[0][1] - min(y for _, y in line) > 60.0 and line[-1][1] == pytest.approx(line[0][1], abs=5.0)
    labels = {one.text for one in height.iter() if one.tag == "text"}
    assert {"AUTO", "0", "10"} <= labels
    assert "GUIDED" not in labels  # it was over at once
    scales = {
        tuple(one.attrib[f"data-{name}"] for name in ("low", "high", "start", "end"))
        for one in list(found.values())[1:]
    }
    ((low, high, start, end),) = scales
    assert (
        line[-1][0] == pytest.approx(float(end), abs=15.0) and float(low) < float(high) and float(start) <= line[0][0]
    )
    (track,) = json.loads(re.search(r'id="track">(.*?)</script>', flown[2]).group(1))
    assert float(low) <= track[0][0] < track[-1][0] <= float(high) + 0.05  # tenths of a second


def test_the_page_stands_alone(flown):
    """No address of anything, and all that was said."""
    page = flown[2]
    assert not re.search(r"(https?:)?//\w|src=|@import|url\(", page)
    for text in ("Mission: 3 WP", "Disarming motors", "mode AUTO"):
        assert text in page
    assert page.index("Mission: 2 WP") < page.index("Mission: 3 WP")


def test_words_of_a_vehicle_are_words():
    """Nothing that a text contains becomes a part of the page."""
    facts = FlightFacts(vehicle="<b>", texts=[(1.0, "<script>alert(1)</script>")], modes=[(1.0, "A<T")])
    page = flight_page([facts])
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and "&lt;b&gt;" in page


@pytest.mark.parametrize("count", [0, 1])
def test_little_makes_a_page_too(count):
    """A log that ends at once, without home, battery or plan."""
    nan = float("nan")
    samples = [Sample(1.0, 47.0, 8.0, 0.0, nan, nan, nan)] * count
    found = drawings(flight_page([FlightFacts(samples=samples)]))
    assert len(found) == 2 * count  # map and height: of what is not known there is no chart
    facts = FlightFacts(home=GeoPoint(1.0, 2.0), items=(MissionItem(16, 3, x=1.001, y=2.0, z=5.0, seq=1),))
    assert list(drawings(flight_page([facts]))) == ["Map: track, plan, fence"]


@pytest.mark.parametrize("boot_us", [10**18, 10**19, -(10**18)])
def test_a_clock_of_no_year_is_no_date(boot_us):
    """As of a log whose clock is wrong; it was a traceback."""
    page = flight_page(
        [
            FlightFacts(
                "a", samples=[Sample(at / 10.0, 47.0, 8.0, 5.0, 1.0, 12.0, 80.0) for at in range(9)], boot_us=boot_us
            )
        ]
    )
    assert "UTC" not in page


@pytest.mark.parametrize("value", [-1e30, 1e300])
def test_figures_that_cannot_be_are_no_scale(value):
    """Of a damaged log: no two of them could be told apart."""
    assert flight_page(
        [FlightFacts("a", samples=[Sample(at / 10.0, 47.0, 8.0, 5.0, value, value, value) for at in range(9)])]
    )
    assert svg.scale([1.0, value], 0.0, 100.0).ticks(4) == svg.scale([1.0], 0.0, 100.0).ticks(4)


def test_long_lines_are_thinned_and_ticks_are_round():
    """No more points than pixels, ends kept."""
    thinned = svg.thin([(float(number), 0.0) for number in range(100_000)])
    assert len(thinned) == svg.MOST_POINTS and (thinned[0][0], thinned[-1][0]) == (0.0, 99_999.0)
    assert svg.Scale(0.3, 9.8, 0.0, 1.0).ticks(5) == [2.0, 4.0, 6.0, 8.0]
    assert svg.Scale(-1.0, 1.0, 0.0, 100.0)(0.0) == 50.0
