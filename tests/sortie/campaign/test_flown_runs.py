"""What a run flies: fleets, Python of one's own, a limit that holds; and what judges see of it."""

# what needs the extra is imported behind the skip
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra campaign is not installed")

from autopilot.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from sortie.api.session import Session
from sortie.campaign.flown import fly_run
from sortie.campaign.signals import NOBODY_M, Recorder, apart, distance_to_fence
from sortie.campaign.study import Study

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
    """A watched vehicle is byte for byte where one is that nobody watches, after a minute in gusts."""
    ends = []
    for watched in (False, True):
        with Session(seed=3, params={"SIM_WIND_SPD": 6.0, "SIM_WIND_TURB": 1.5}) as session:
            plan = session.upload(ROOT / "examples" / "square.plan")
            recorder = Recorder(session, plan) if watched else None
            session.start()
            session.run_for(61.3)
            ends.append(session.autopilot.vehicle.state.report.tobytes())
    assert ends[0] == ends[1]
    assert recorder is not None
    times = recorder.signals()["time"]
    assert list(times) == pytest.approx([0.2 * k for k in range(len(times))])


def test_a_study_keeps_the_text_of_its_code(tmp_path: Path) -> None:
    own = study(tmp_path, OWN)
    before = fly_run(own, 0, {"to": 8.0}).row
    (tmp_path / "mine.py").write_text("raise ValueError", encoding="utf-8")
    assert fly_run(own, 0, {"to": 8.0}).row == before


def test_every_vehicle_of_a_fleet_is_judged_and_the_worst_counts(tmp_path: Path) -> None:
    """Three in a row to the east, 12 m apart: on the leg to the east and back they follow each other."""
    fleet = study(tmp_path, """
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
""")  # fmt: skip
    flown = fly_run(fleet, 0, {"wind": 8.0})
    assert (flown.row.result, flown.row.reason) == ("completed", "")
    assert flown.row.robustness["done"] == 1000.0
    closest = float(np.min(np.asarray(flown.signals["others_distance"], float)))
    assert flown.row.robustness["apart"] == pytest.approx(closest - 11.0)
    assert 0.0 < closest < 12.0
    assert 3 * 40.0 < flown.row.figures["flight_time_s"] < 3 * 120.0


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
