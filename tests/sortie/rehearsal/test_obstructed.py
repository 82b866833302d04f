"""What a rehearsal finds about obstacles: item, obstacle and place, and nothing where the way is clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.interface.geo import to_global
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie import rehearse
from sortie.commands.cli import run
from tests.fakes.core_bench import ORIGIN

FILE = """
[[box]]
name = "house"
at = [100, 0]
size = [10, 10]
height = 15
[[wire]]
name = "line"
path = [[50, -20, 25.5], [50, 20, 25.5]]
[[cylinder]]
name = "mast"
at = [0, 50]
radius = 0.3
height = 40
"""


def at(command: int, north: float, east: float, up: float, **params: float) -> MissionItem:
    place = to_global(ORIGIN, (north, east, 0.0))
    return MissionItem(command, 3, x=place.lat, y=place.lon, z=up, **params)  # type: ignore[arg-type]


def findings(tmp_path: Path, *items: MissionItem, **params: float) -> list[tuple[str, int | None, str]]:
    file = tmp_path / "town.toml"
    file.write_text(FILE)
    up = MissionItem(22, 3, z=20.0)
    numbered = [
        MissionItem(*(getattr(one, name) for name in one.__slots__[:-1]), seq=k)
        for k, one in enumerate((up, *items), 1)
    ]
    result = rehearse(Plan(ORIGIN, tuple(numbered)), obstacles=file, params=params)
    found = [(one.rule.name, one.item, one.text) for one in result.findings if one.rule.name.startswith("obstacle")]
    assert result.go is not any(rule == "obstacle-leg" for rule, _, _ in found)
    return found


def test_a_leg_through_a_house_is_named_with_its_place(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, at(16, 0, 2, 10), at(16, 200, 0, 10), at(21, 200, 40, 0))
    rule, item, text = found
    assert (rule, item) == ("obstacle-leg", 3)
    assert text.startswith("the way to WP touches house, at 95 m north, ")
    assert text.endswith("m east, 10 m up")


@pytest.mark.parametrize(
    ("items", "rules"),
    [
        ([at(16, 200, 0, 20), at(21, 200, 30, 0)], []),  # five metres over the house, five below the line
        ([at(16, 200, 0, 12), at(21, 200, 30, 0)], [("obstacle-close", 2)]),  # a metre over the house
        ([at(16, 200, 0, 36), at(21, 200, 30, 0)], [("obstacle-close", 2)]),  # climbing, past the line
        ([at(16, 100, 0, 20), at(21, 100, 0, 0)], [("obstacle-leg", 3)]),  # down onto the roof
        ([at(18, 0, 30, 20, param1=1.0, param3=20.0), at(21, 0, -30, 0)], [("obstacle-leg", 2)]),  # a circle
        ([at(16, 0, 49, 20), at(21, 0, -30, 0)], [("obstacle-close", 2), ("obstacle-close", 3)]),  # by the mast
    ],
)
def test_ways(tmp_path: Path, items: list[MissionItem], rules: list[tuple[str, int]]) -> None:
    assert [(rule, item) for rule, item, _ in findings(tmp_path, *items)] == rules


def test_what_a_wide_vehicle_touches_is_found_beyond_its_margin(tmp_path: Path) -> None:
    """Past the mast at 2.7 m: outside the margin of 2 m, but the vehicle is 3 m wide to each side."""
    ways = at(16, 0, 40, 20), at(16, 3, 50, 20), at(21, 30, 60, 0)
    assert findings(tmp_path, *ways) == []
    assert {rule for rule, _, _ in findings(tmp_path, *ways, SIM_COLLIDE_RAD=3.0)} == {"obstacle-leg"}


def test_a_vehicle_that_goes_round_is_only_warned(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, at(16, 200, 0, 10), at(21, 200, 40, 0), OA_TYPE=1)
    assert found[:2] == ("obstacle-close", 2)
    assert found[2].endswith(": it will go round")


def test_the_command_takes_the_file_and_flies_among_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One flight hits the house: the plan is a no-go by rule and by flight. A file that is none ends in one line."""
    (tmp_path / "town.toml").write_text(FILE)
    plan = tmp_path / "there.waypoints"
    lines = [(0, 16, ORIGIN, 0.0), (1, 22, ORIGIN, 10.0), (2, 16, to_global(ORIGIN, (200.0, 0.0, 0.0)), 10.0)]
    rows = [f"{k}\t0\t3\t{cmd}\t0\t0\t0\t0\t{p.lat:.7f}\t{p.lon:.7f}\t{z}\t1" for k, cmd, p, z in lines]
    plan.write_text("\n".join(["QGC WPL 110", *rows]) + "\n")
    home = f"{ORIGIN.lat},{ORIGIN.lon},{ORIGIN.alt},0"
    command = ["rehearse", str(plan), "--home", home, "--obstacles"]
    assert run([*command, str(tmp_path / "town.toml"), "--flights", "1"]) == 1
    told = capsys.readouterr().out
    assert "mission item 2: the way to WP touches house, at 95 m north" in told
    assert "flown-incomplete" in told
    assert run([*command, str(tmp_path / "none.toml")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_circle_round_a_mast_does_not_touch_it(tmp_path: Path) -> None:
    """Its middle is no place of the way: the mast there was told as touched."""
    assert findings(tmp_path, at(16, -60, 50, 20), at(18, 0, 50, 20, param1=1.0, param3=20.0), at(21, -60, 50, 0)) == []
