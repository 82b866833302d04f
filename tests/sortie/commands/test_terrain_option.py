"""`--terrain`: each command that flies stands on it, and says in one line what it cannot read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autopilot.interface import report as R
from sortie import Fleet, UserError
from sortie.config.fleet_file import Layout, read_fleet
from sortie.config.vehicle_spec import VehicleSpec
from tests.fakes.program import run
from tests.fakes.terrain import HOME, map_of, ramp, write_geotiff

_PLAN = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t-35.363261\t149.165230\t584\t1
1\t0\t10\t22\t0\t0\t0\t0\t0\t0\t15\t1
2\t0\t10\t16\t0\t0\t0\t0\t-35.362361\t149.165230\t15\t1
3\t0\t10\t21\t0\t0\t0\t0\t0\t0\t0\t1
"""


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    return write_geotiff(tmp_path / "ground.tif", map_of(ramp(0.1)))


def test_a_mission_is_flown_and_lands_on_the_hill(tmp_path: Path, ground: Path) -> None:
    """100 m up the slope, which rises by 10 m; and a rehearsal of it is a go."""
    plan = tmp_path / "hill.waypoints"
    plan.write_text(_PLAN)
    done = run(tmp_path, "rehearse", str(plan), "--terrain", str(ground), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    done = run(
        tmp_path,
        "fly",
        str(plan),
        "--terrain",
        str(ground),
        "--speedup",
        "0",
        "--json",
        "--state-dir",
        str(tmp_path / "state"),
        "--link",
        "udpout:127.0.0.1:9",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["result"] == "completed"
    rows = (tmp_path / "state" / "logs" / "latest" / "telemetry.csv").read_text().splitlines()
    assert len(rows) > 10


def test_what_cannot_be_read_is_status_2(tmp_path: Path) -> None:
    """With the file in the line."""
    done = run(tmp_path, "serve", "--terrain", str(tmp_path / "S36E149.hgt"), "--state-dir", str(tmp_path / "state"))
    assert done.returncode == 2
    assert "S36E149.hgt" in done.stderr and "Traceback" not in done.stderr


def test_a_fleet_stands_on_it(ground: Path) -> None:
    """Each vehicle at the height of its own place."""
    with Fleet(2, formation="line", spacing=50.0, terrain=ground) as line:
        line.run_for(1.0)
        assert [one.home.alt for one in line.vehicles] == pytest.approx([600.0, 600.0], abs=0.1)
    with Fleet(2, home=HOME, terrain=ground, formation="ring", spacing=100.0) as ring:
        ring.run_for(1.0)
        heights = [one.service.vehicle.state.report[R.TRUE_GROUND] for one in ring]
        assert heights == pytest.approx([605.0, 595.0], abs=0.1)


def test_a_fleet_file_names_one_for_all(tmp_path: Path) -> None:
    """In its defaults, from its own folder; not of one vehicle."""
    file = tmp_path / "fleet.toml"
    file.write_text('[defaults]\nterrain = "ground.tif"\n[[vehicle]]\ncount = 2\n')
    base = VehicleSpec("copter", None, HOME, 0.0, 0)
    assert [one.terrain for one in read_fleet(file, base, Layout())] == [tmp_path / "ground.tif"] * 2
    file.write_text('[[vehicle]]\nterrain = "ground.tif"\n')
    with pytest.raises(UserError, match="the same for all vehicles"):
        read_fleet(file, base, Layout())
