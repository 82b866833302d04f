"""Test descriptions of Aerialist: what is read of them, how they are flown, and what is no test description."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan, format_plan
from sitl.world.obstacles import Cylinder, Prism
from sortie.commands.aerialist import fly_test
from sortie.commands.cli import run
from sortie.config.aerialist import read_aerialist
from sortie.config.errors import UserError

HOME = GeoPoint(47.397742, 8.545594, 488.0)
TEST = """
drone:
  port: ros
  params_file: case_studies/mission-params.csv
  mission_file: case_studies/mission.plan
simulation:
  simulator: ros
  speed: 1
  headless: true
  obstacles:
  - size: {l: 12, w: 4, h: 20}
    position: {x: 2, y: 22, z: 0, r: 30}
  - size: {l: 2, w: 2, h: 20}
    position: {x: -12, y: 35, z: 0, r: 0}
test:
  commands_file: case_studies/mission-commands.csv
agent: {engine: docker, count: 5}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A competition's folder: the mission takes off, flies 50 m east at 10 m and lands."""
    studies = tmp_path / "case_studies"
    studies.mkdir()
    there = to_global(HOME, (0.0, 50.0, 0.0))
    items = (MissionItem(22, 3, z=10.0, seq=1), MissionItem(21, 3, x=there.lat, y=there.lon, seq=2))
    (studies / "mission.plan").write_text(format_plan(Plan(items=items, home=HOME)))
    (studies / "mission-params.csv").write_text("NAV_ACC_RAD, 1.5\nMIS_YAW_ERR, 12.0\nMPC_XY_CRUISE, 4.0\n")
    (studies / "mission-commands.csv").write_text("timestamp,mode,x,y,z,r\n1000,3,0,0,0.5,0\n")
    (tmp_path / "test.yaml").write_text(TEST)
    return tmp_path


def test_what_is_read(folder: Path) -> None:
    """x counts north and y east; r turns from north to east."""
    test = read_aerialist(folder / "test.yaml")
    assert test.avoids
    assert test.params == {"NAV_ACC_RAD": 1.5, "MIS_YAW_ERR": 12.0, "MPC_XY_CRUISE": 4.0}
    assert [(step.timestamp, step.mode) for step in test.steps] == [(1000.0, 3)]
    first, second = test.obstacles.shapes
    assert isinstance(first, Prism)
    assert first.reach()[:2] == pytest.approx((2.0, 22.0))
    assert first.distance((2.0 + 10.0 * 0.8660, 22.0 + 5.0, -1.0)) == pytest.approx(4.0, abs=0.01)  # along its length
    assert second.distance((-12.0, 30.0, -25.0)) == pytest.approx((4.0**2 + 5.0**2) ** 0.5)


@pytest.mark.parametrize(
    "obstacles",
    [
        "[12, 4, 20, 2, 22, 0, 30]",
        "[{size: {l: 12, w: 4, h: 20}, position: {x: 2, y: 22, angle: 30}, shape: BOX, pattern_design: x}]",
    ],
)
def test_other_forms_of_a_box(folder: Path, obstacles: str) -> None:
    file = folder / "short.yaml"
    file.write_text(f"robot: {{mission_file: case_studies/mission.plan}}\nsimulation: {{obstacles: {obstacles}}}\n")
    test = read_aerialist(file)
    assert test.obstacles.shapes == read_aerialist(folder / "test.yaml").obstacles.shapes[:1]
    assert not test.avoids
    assert [step.mode for step in test.steps] == [3]


def test_trees_and_a_home(folder: Path) -> None:
    file = folder / "tree.yaml"
    tree = "[{position: {x: 1, y: 2}, size: {h: 6}, shape: TREE}]"
    file.write_text(
        "drone: {mission_file: case_studies/mission.plan, params: {CP_DIST: 1}}\n"
        f"simulation: {{home_position: [47.4, 8.5, 480], obstacles: {tree}}}\n"
    )
    test = read_aerialist(file)
    assert test.obstacles.shapes == (Cylinder("obstacle 1", (1.0, 2.0), 0.5, 0.0, 6.0),)
    assert test.home == GeoPoint(47.4, 8.5, 480.0)


def test_it_is_flown_round_the_obstacles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the planner it comes to its end; status 0, each obstacle's least distance, parameters without effect."""
    assert run(["aerialist", str(folder / "test.yaml"), "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["result"] == "completed"
    assert set(told["obstacles"]) == {"obstacle 1", "obstacle 2"}
    assert told["nearest_m"] == min(told["obstacles"].values()) > 1.5
    assert 20.0 < told["seconds"] < 120.0
    assert "without effect here: MIS_YAW_ERR" in err


def test_without_the_planner_it_hits_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "blind.yaml"
    file.write_text(TEST.replace("ros", "gazebo"))
    assert run(["aerialist", str(file)]) == 1
    first, nearest, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("hit: obstacle 1, after ")
    assert nearest.startswith("obstacle 1: 0.")


def test_sticks_and_modes_at_their_times(folder: Path) -> None:
    """Arm, take off, east by the sticks in Position, and land where that led to."""
    rows = ["timestamp,mode,x,y,z,r", "0,20,0,0,0.5,0", "100000,10,0,0,0.5,0", "12000000,2,0,0,0.5,0"]
    rows += [f"{13_000_000 + 250_000 * k},100,0,0.5,0.5,0" for k in range(10)]
    rows += ["15600000,100,0,0,0.5,0", "18000000,11,0,0,0.5,0"]
    (folder / "case_studies" / "mission-commands.csv").write_text("\n".join(rows) + "\n")
    flight, _ = fly_test(read_aerialist(folder / "test.yaml"))
    assert flight.result == "completed"
    assert 1.0 < flight.nearest_m["obstacle 1"] < 19.0  # 20 m at home


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("drone: [", "expected YAML"),
        ("drone: {mission_file: nowhere.plan}", "drone.mission_file: there is no nowhere.plan"),
        ("simulation: {}", "drone: expected a mission_file"),
        ("simulation: {obstacle: []}", "simulation: unknown key 'obstacle'; did you mean obstacles?"),
        ("simulations: {}", "unknown key 'simulations'; did you mean simulation?"),
        ("[]", "expected keys with values, found a list"),
        ("drone: &a {mission_file: x}\nrobot: *a", "expected no aliases"),
        ("[" * 20_000, "brackets in each other"),
        ("- " * 20_000, "brackets in each other"),
        ("drone: !!python/object/apply:os.system [true]", "expected YAML"),
        ("drone: {mission_file: x, params: {A: b}}", "drone.params"),
        ("drone: {mission_file: case_studies/mission.plan}\nsimulation: {obstacles: [1, 2, 3]}", "found 3 numbers"),
        (
            "drone: {mission_file: case_studies/mission.plan}\nsimulation: {obstacles: [1, 2, -3, 1, 2, 3, 4]}",
            "above 0",
        ),
        ("drone: {mission_file: case_studies/mission.plan}\nsimulation: {obstacles: [{size: {l: 1}}]}", "position"),
        ("drone: {mission_file: case_studies/mission.plan}\nsimulation: {home_position: [99, 0, 0]}", "home_position"),
        ("drone: {mission_file: case_studies/mission.plan}\ntest: {commands_file: test.yaml}", "expected columns"),
        ('drone: {mission_file: "a\\0b"}', "drone.mission_file"),
        ("\x00", "expected YAML"),
    ],
)
def test_what_is_no_test_ends_in_one_line(folder: Path, text: str, told: str) -> None:
    file = folder / "bad.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        read_aerialist(file)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
