"""What a run flies: fleets, Python of one's own, a limit that holds; and what judges see of it."""

# what needs the extra is imported behind the skip
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra campaign is not installed")

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from sortie.api.session import Session
from sortie.campaign.flown import fly_run
from sortie.campaign.signals import NOBODY_M, Recorder, apart, distance_to_fence
from sortie.campaign.study import Study
from sortie.config.errors import UserError

ROOT = Path(__file__).parents[3]
HOME = GeoPoint(-35.0, 149.0, 500.0)
CODE = '''
from dataclasses import dataclass
from sortie import events

@dataclass
class Seen:
    most: float = 0.0

def hop(session, inputs):
    """Up, and down again; for ever where the input says so."""
    session.wait_armable()
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(inputs["to"])
    session.run_until(lambda s: s.state.height > inputs["to"] - 0.5)
    while inputs["to"] > 20.0:
        session.run_for(5.0)
    if inputs["to"] < 4.0:
        raise RuntimeError("too low to land")
    session.land()

def margin(signals, inputs):
    seen = Seen(float(max(signals["height"])))
    return inputs["to"] + 1.0 - seen.most
'''


def study(tmp_path: Path, text: str) -> Study:
    (tmp_path / "mine.py").write_text(CODE, encoding="utf-8")
    file = tmp_path / "study.toml"
    file.write_text(f'plan = "{ROOT}/examples/square.plan"\n{text}', encoding="utf-8")
    return Study.read(file)


OWN = """
code = "mine.py"
client = "hop"
limit_s = 60
[vary]
to = { uniform = [2, 30] }
[sample]
runs = 1
[judge]
close = "code.margin"
comes_down = "eventually(time > 10 and landed > 0)"
"""


def test_a_client_of_ones_own_flies_and_a_function_judges(tmp_path: Path) -> None:
    flown = fly_run(study(tmp_path, OWN), 0, {"to": 8.0})
    assert (flown.row.ok, flown.row.result) == (True, "failed"), "it flew no mission, and holds"
    assert flown.row.robustness["close"] == pytest.approx(9.0 - flown.row.figures["highest_m"])
    assert set(flown.signals["mode"]) >= {"GUIDED", "LAND"}
    assert list(np.diff(np.asarray(flown.signals["time"], float))) == pytest.approx(
        [0.2] * (len(flown.signals["time"]) - 1)
    )


def test_a_client_that_raises_is_an_error_and_one_without_end_a_timeout(tmp_path: Path) -> None:
    own = study(tmp_path, OWN)
    raised = fly_run(own, 0, {"to": 3.0})
    assert (raised.row.result, raised.row.ok) == ("error", False)
    assert 'raise RuntimeError("too low to land")' in raised.traceback, "its own line shows"
    endless = fly_run(own, 0, {"to": 25.0})
    assert endless.row.result == "timeout"
    assert endless.signals["time"][-1] == 60.0


def test_who_looks_on_changes_nothing(tmp_path: Path) -> None:
    """A watched vehicle is byte for byte where one is that nobody watches, after a minute in gusts; two that sample
    it miss nothing."""
    ends = []
    for watchers in (0, 2):
        with Session(seed=3, params={"SIM_WIND_SPD": 6.0, "SIM_WIND_TURB": 1.5}) as session:
            plan = session.upload(ROOT / "examples" / "square.plan")
            recorders = [Recorder(session, plan) for _ in range(watchers)]
            session.start()
            session.run_for(61.3)
            ends.append(session.autopilot.vehicle.state.report.tobytes())
    assert ends[0] == ends[1]
    for recorder in recorders:
        times = recorder.signals()["time"]
        assert len(times) > 306
        assert list(times) == pytest.approx([0.2 * k for k in range(len(times))])


def test_a_study_keeps_the_text_of_its_code(tmp_path: Path) -> None:
    own = study(tmp_path, OWN)
    before = fly_run(own, 0, {"to": 8.0}).row
    (tmp_path / "mine.py").write_text("raise ValueError", encoding="utf-8")
    assert fly_run(own, 0, {"to": 8.0}).row == before


def test_every_vehicle_of_a_fleet_is_judged_and_the_worst_counts(tmp_path: Path) -> None:
    """Three in a row to the east, 12 m apart: on the leg to the east and back they follow each other."""
    fleet = study(
        tmp_path,
        """
limit_s = 400
[fleet]
count = 3
spacing = 12
formation = "line"
[params]
SIM_WIND_SPD = "{wind}"
SIM_WIND_TURB = 1
[vary]
wind = { uniform = [0, 10] }
[sample]
runs = 1
[judge]
apart = "always(others_distance > 11)"
done = "eventually(complete > 0)"
""",
    )
    flown = fly_run(fleet, 0, {"wind": 8.0})
    assert (flown.row.result, flown.row.reason) == ("completed", "")
    assert flown.row.robustness["done"] == 1000.0
    closest = float(np.min(np.asarray(flown.signals["others_distance"], float)))
    assert flown.row.robustness["apart"] == pytest.approx(closest - 11.0)
    assert 0.0 < closest < 12.0
    assert 3 * 40.0 < flown.row.figures["flight_time_s"] < 3 * 120.0


FLEET_FILE = """
[[vehicle]]
plan = "hop.waypoints"
fault = ["gps.loss@400"]
[[vehicle]]
kind = "rover"
plan = "drive.waypoints"
offset = [0.0, 80.0]
[[vehicle]]
count = 1
offset = [0.0, 40.0]
params = { SIM_WIND_SPD = 1.0 }
"""
HOP = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t-35.363261\t149.165230\t584\t1
1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t{height}\t1
2\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""
DRIVE = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t-35.363261\t149.165230\t584\t1
1\t0\t3\t16\t0\t0\t0\t0\t-35.363171\t149.165230\t0\t1
"""


def fleet_study(tmp_path: Path, file: str = FLEET_FILE) -> Study:
    """Who has no plan of its own hops as high as the study says."""
    (tmp_path / "fleet.toml").write_text(file, encoding="utf-8")
    (tmp_path / "hop.waypoints").write_text(HOP.format(height=6), encoding="utf-8")
    (tmp_path / "high.waypoints").write_text(HOP.format(height=9), encoding="utf-8")
    (tmp_path / "drive.waypoints").write_text(DRIVE, encoding="utf-8")
    (tmp_path / "study.toml").write_text(
        """
plan = "high.waypoints"
limit_s = 60
[fleet]
file = "fleet.toml"
[judge]
all_low = "always(height < 7)"
hop = "always(home_distance < 3)"
[sample]
runs = 1
""",
        encoding="utf-8",
    )
    return Study.read(tmp_path / "study.toml")


def test_a_fleet_of_a_file_has_its_kinds_its_plans_and_the_rest_the_studys(tmp_path: Path) -> None:
    """The study keeps the texts: it is flown where these files are not."""
    study = fleet_study(tmp_path)
    assert [Path(name).name for name in study.own_plans] == ["hop.waypoints", "drive.waypoints", ""]
    for file in ("fleet.toml", "hop.waypoints", "drive.waypoints", "high.waypoints"):
        (tmp_path / file).unlink()
    row = fly_run(study, 0, {}).row
    assert row.reason == "still flying after 60 s", "the rover waits at the end of its way, armed"
    assert row.robustness["all_low"] == pytest.approx(-2.0, abs=0.5), "only who has no plan of its own flies to 9 m"
    assert row.robustness["hop"] == pytest.approx(-7.0, abs=1.5), "only the rover goes 10 m away"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('file = "fleet.toml"', 'file = "fleet.toml"\ncount = 3', "fleet: expected either count = 10 or file ="),
        ('file = "fleet.toml"', 'file = "flet.toml"', "fleet.file: --fleet"),
        ("count = 1", 'links = ["tcpin:127.0.0.1:5760"]', "fleet.file: a campaign opens no links"),
        ('plan = "hop.waypoints"', 'plan = "hip.waypoints"', "hip.waypoints: No such file"),
    ],
)
def test_a_wrong_fleet_file_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    fleet_study(tmp_path)
    for file in (tmp_path / "fleet.toml", tmp_path / "study.toml"):
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=r"study.toml: ") as raised:
        Study.read(tmp_path / "study.toml")
    assert told in str(raised.value)


RADIO = """
code = "mine.py"
client = "listen"
radio = "{modem}"
limit_s = 60
[vary]
modem = { choice = ["", "wifi", "satellite"] }
[sample]
runs = 1
[judge]
much = "code.messages"
"""
LISTEN = """
heard = 0

def listen(session, inputs):
    global heard
    link = session.connect()
    session.run_for(20.0)
    heard = len(link.messages())

def messages(signals, inputs):
    return heard
"""


def test_a_radio_that_varies_is_on_the_links_of_the_studys_client(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LISTEN, encoding="utf-8")
    file = tmp_path / "study.toml"
    file.write_text(f'plan = "{ROOT}/examples/square.plan"\n{RADIO}', encoding="utf-8")
    own = Study.read(file)
    heard = [fly_run(own, 0, {"modem": modem}).row.robustness["much"] for modem in ("", "wifi", "satellite")]
    assert all(one is not None for one in heard)
    assert heard[0] >= heard[1] > heard[2] >= 0.0, "a satellite modem takes longer and less"


def test_the_error_of_the_estimate_is_small_from_the_first_sample_on(tmp_path: Path) -> None:
    judged = study(tmp_path, '[sample]\nruns = 1\n[judge]\nsure = "always(estimate_error < 3)"\n')
    flown = fly_run(judged, 0, {})
    assert flown.row.ok
    assert flown.signals["estimate_error"][0] == 0.0


def test_a_failsafe_is_seen_by_the_judges_and_a_heavier_vehicle_hangs_lower(tmp_path: Path) -> None:
    """Without GPS the vehicle lands by failsafe; with 1 kg more, of which the controller is not told, it sags."""
    both = study(
        tmp_path,
        """
limit_s = 120
faults = [{ fault = "gps.loss@15", when = "{lost}" }, "mass.add={kg}"]
[vary]
lost = { chance = 0.5 }
kg = { uniform = [0, 1] }
[sample]
runs = 1
[judge]
safe = "always(failsafe < 0.5)"
""",
    )
    held = fly_run(both, 0, {"lost": 0.0, "kg": 0.0})
    assert held.row.robustness["safe"] == 1000.0
    lost = fly_run(both, 0, {"lost": 1.0, "kg": 0.0})
    assert lost.row.robustness["safe"] == -1000.0
    began = int(np.argmax(np.asarray(lost.signals["failsafe"], float) > 0.5))
    assert 15.0 <= lost.signals["time"][began] < 30.0
    assert lost.signals["mode"][began] == "LAND"
    heavy = fly_run(both, 0, {"lost": 0.0, "kg": 1.0})
    assert heavy.row.figures["battery_left"] < held.row.figures["battery_left"]


def test_distances_among_vehicles_count_height_and_where_each_stands() -> None:
    still = {name: np.zeros(2) for name in ("north", "east", "height")}
    up = {**still, "height": np.array([0.0, 4.0])}
    near, far = to_global(HOME, (0.0, 3.0, 0.0)), to_global(HOME, (40.0, 0.0, -2.0))
    found = apart([still, up, still], [HOME, near, far])
    assert found[0] == pytest.approx([3.0, 5.0], abs=1e-3)
    assert found[1] == pytest.approx([3.0, 5.0], abs=1e-3)
    assert found[2] == pytest.approx([np.hypot(40.0, 2.0), np.hypot(40.0, 2.0)], abs=0.3)


def test_the_distance_to_the_fence_is_that_of_its_nearest_edge() -> None:
    """A field of 100 m with a circle of 10 m in it that is forbidden."""
    corners = [(-50.0, -50.0), (-50.0, 50.0), (50.0, 50.0), (50.0, -50.0)]
    places = [to_global(HOME, (north, east, 0.0)) for north, east in corners]
    items = [MissionItem(Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, param1=4, x=one.lat, y=one.lon) for one in places]
    hole = to_global(HOME, (30.0, 0.0, 0.0))
    items.append(MissionItem(Cmd.NAV_FENCE_CIRCLE_EXCLUSION, param1=10, x=hole.lat, y=hole.lon))
    fence = parse_fence(items)
    north, east = np.array([0.0, -45.0, 60.0, 30.0, -60.0]), np.array([0.0, 0.0, 0.0, 4.0, 60.0])
    expected = [20.0, 5.0, -10.0, -6.0, -np.hypot(10.0, 10.0)]
    assert distance_to_fence(north, east, HOME, fence) == pytest.approx(expected, abs=0.05)
    assert list(distance_to_fence(north[:1], east[:1], HOME, parse_fence([]))) == [NOBODY_M]
