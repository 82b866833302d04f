"""The package of examples/package, built and installed as a person does, adds its mode, command and parameters; and
what happens when packages want the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from sortie.config.installed import is_anything_declared
from tests.fakes.patience import PATIENCE_S

PACKAGE = Path(__file__).parents[2] / "examples" / "package"

FLIGHT = """
import json
from sortie import MissionItem, Session, events, mavlink, rehearse

def long(command, *params):
    return mavlink.MAVLink_command_long_message(1, 1, command, 0, *params, *[0.0] * (7 - len(params)))

def place(session):
    north, east, _ = session.state.position
    return round(north), round(east)

told = {}
with Session(params={"SRCH_SPACING": 12.0}) as session:
    link = session.connect()
    link.send(long(512, 435, 0))
    modes = link.messages("AVAILABLE_MODES")
    told["modes"] = [(one.custom_mode, one.mode_name) for one in modes]
    link.send(mavlink.MAVLink_param_request_read_message(1, 1, b"SRCH_SPACING", -1))
    told["spacing"] = link.receive("PARAM_VALUE").param_value
    session.wait_armable()
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(8.0)
    session.run_until(lambda s: s.state.height > 7.5)
    link.send(mavlink.MAVLink_set_mode_message(1, 1, 120))
    told["flown"] = link.receive("HEARTBEAT", where=lambda one: one.custom_mode == 120).custom_mode
    reached = set()
    for _ in range(120):
        session.run_for(1.0)
        reached.add(place(session))
    told["farthest"] = [min(n for n, _ in reached), max(n for n, _ in reached)]
    session.rtl()
    session.run_until(events.ArmedChanged)

home = session.stood[0]
plan = [
    MissionItem(22, 3, z=10.0),
    MissionItem(31000, 3, param1=1.0, param2=20.0, x=home.lat + 0.0005, y=home.lon, z=10.0),
    MissionItem(20, 3),
]
with Session() as session:
    session.upload(plan)
    session.start()
    corners = set()
    while session.state.armed:
        session.run_for(1.0)
        corners.add(place(session))
    told["reached"] = [event.seq for event in session.events_of(events.ItemReached)]
    told["searched"] = [min(n for n, _ in corners), max(n for n, _ in corners)]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the built package was installed into; nothing is fetched."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    subprocess.run(["cp", "-r", str(PACKAGE), str(source)], check=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    quiet = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *quiet, "-w", str(folder), str(source)], check=True, timeout=PATIENCE_S)
    (wheel,) = folder.glob("searchpack-*.whl")
    target = folder / "site"
    subprocess.run([*pip, "install", *quiet, "--target", str(target), str(wheel)], check=True, timeout=PATIENCE_S)
    return target


def python(*arguments: str, with_: Path) -> subprocess.CompletedProcess[str]:
    """A program that finds what is installed in that folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(with_), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=PATIENCE_S,
        cwd=Path(__file__).parents[2],
    )


def test_its_mode_its_item_and_its_parameters_are_flown(installed: Path) -> None:
    """Listed by name, set by number over MAVLink, read as a parameter; the mode spirals out by its own spacing (two
    turns of 12 m: from -24 to 12 m and beyond), the item 55 m north with that of its item."""
    done = python("-c", FLIGHT, with_=installed)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [120, "SEARCH"] in told["modes"]
    assert len(told["modes"]) > 10
    assert (told["spacing"], told["flown"]) == (12.0, 120)
    assert told["farthest"][0] <= -20
    assert told["farthest"][1] >= 20
    assert told["reached"] == [1, 2, 3]
    assert told["searched"][1] >= 74


def test_its_parameters_are_described_to_ground_stations(installed: Path) -> None:
    """With unit and range, behind those of the vehicle."""
    done = python("-m", "sortie", "param", "metadata", "--format", "qgc", with_=installed)
    assert done.returncode == 0, done.stderr
    entries = json.loads(done.stdout)["parameters"]
    assert [one["name"] for one in entries[-2:]] == ["SRCH_SPACING", "SRCH_TURNS"]
    assert (entries[-2]["units"], entries[-2]["min"], entries[-2]["max"]) == ("m", 2.0, 100.0)


def test_a_plan_of_its_items_is_rehearsed_and_without_it_refused(installed: Path, tmp_path: Path) -> None:
    """Exit status 2 and one line where the package is not installed."""
    plan = tmp_path / "search.waypoints"
    rows = ["QGC WPL 110", "0\t1\t0\t16\t0\t0\t0\t0\t-35.363261\t149.16523\t584\t1"]
    rows += ["1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t10\t1", "2\t0\t3\t31000\t1\t20\t0\t0\t-35.3630\t149.1652\t10\t1"]
    plan.write_text("\n".join([*rows, "3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1"]) + "\n")
    assert python("-m", "sortie", "rehearse", str(plan), with_=installed).returncode != 2
    without = python("-m", "sortie", "rehearse", str(plan), with_=tmp_path)
    assert without.returncode == 2
    assert "31000" in without.stderr


def claimant(folder: Path, package: str, entry: str, source: str) -> None:
    """An installed package of one module with one entry point."""
    (folder / f"{package}.py").write_text(source)
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{entry}]\nit = {package}:IT\n")


MODE = """
from autopilot.core.extensions import OwnMode
from autopilot.modes.mode import Mode
from autopilot.vehicles.mode_table import ModeSpec
IT = OwnMode(ModeSpec({number}, "{name}"), Mode)
"""
ITEM = """
from autopilot.core.extensions import OwnItem
from autopilot.mission.commands import Ability, CommandSpec, Slot
IT = OwnItem(CommandSpec({number}, "Own", Slot.NAV, Ability.ANY), object)
"""
LINE = """
from autopilot.core.extensions import OwnParameters
from autopilot.parameters.definition import f32
IT = OwnParameters((f32("{name}", 0.0, "", None, None, "One"),))
"""
CLAIMS = {
    "two modes": (
        [("alpha", "sortie.modes", MODE.format(number=150, name="ALPHA")),
         ("beta", "sortie.modes", MODE.format(number=150, name="BETA"))],
        "packages alpha and beta: mode number 150 is claimed twice",
    ),
    "a mode of the vehicle's": (
        [("alpha", "sortie.modes", MODE.format(number=5, name="ALPHA"))],
        "package alpha: mode number 5 is the copter's LOITER",
    ),
    "two items": (
        [("alpha", "sortie.mission_items", ITEM.format(number=31001)),
         ("beta", "sortie.mission_items", ITEM.format(number=31001))],
        "packages alpha and beta: mission command 31001 is claimed twice",
    ),
    "an item of the vehicle's": (
        [("alpha", "sortie.mission_items", ITEM.format(number=16))],
        "package alpha: mission command 16 is WP",
    ),
    "two parameters": (
        [("alpha", "sortie.parameters", LINE.format(name="OWN_ONE")),
         ("beta", "sortie.parameters", LINE.format(name="OWN_ONE"))],
        "packages alpha and beta: parameter OWN_ONE is claimed twice",
    ),
    "a parameter of the vehicle's": (
        [("alpha", "sortie.parameters", LINE.format(name="WPNAV_SPEED"))],
        "package alpha: parameter WPNAV_SPEED is the copter's",
    ),
    "what does not load": (
        [("alpha", "sortie.modes", "import nothing_of_this_name\n")],
        "package alpha: entry point it of sortie.modes does not load: "
        "ModuleNotFoundError: No module named 'nothing_of_this_name'",
    ),
    "what ends the program": (
        [("alpha", "sortie.modes", "raise SystemExit(3)\n")],
        "package alpha: entry point it of sortie.modes does not load: SystemExit: 3",
    ),
    "what is something else": (
        [("alpha", "sortie.modes", "IT = 5\n")],
        "package alpha: entry point it of sortie.modes: alpha:IT is no OwnMode but int",
    ),
}  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_to_what_is_taken_ends_the_start_with_one_line(claim: str, tmp_path: Path) -> None:
    """Exit status 2; the line names the package and what it wants."""
    packages, line = CLAIMS[claim]
    for package, entry, source in packages:
        claimant(tmp_path, package, entry, source)
    done = python("-m", "sortie", "param", "metadata", with_=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"sortie: {line}"]


def test_who_makes_no_vehicle_does_not_look(tmp_path: Path) -> None:
    """A package that cannot be loaded does not hinder what only asks a running service, nor an import of sortie."""
    claimant(tmp_path, "alpha", "sortie.modes", "raise SystemError\n")
    code = "import sys, sortie, sortie.commands.status, sortie.commands.param\n"
    code += "print('sortie.config.installed' in sys.modules)"
    done = python("-c", code, with_=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


@pytest.mark.parametrize(
    ("entry", "expected"), [("sortie.modes", True), ("sortie.parameters", True), ("console_scripts", False)]
)
def test_the_search_for_packages_ends_early_where_none_declares_anything(
    entry: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`importlib.metadata` is for those who have such packages; archives and eggs are left to it."""
    claimant(tmp_path, "sortie_like", entry, "")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "nowhere"), str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    assert is_anything_declared() is expected
    (tmp_path / "bundle.zip").write_bytes(b"PK")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "bundle.zip")])
    assert is_anything_declared() is True
    (tmp_path / "eggs" / "old-1.0.egg").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "eggs")])
    assert is_anything_declared() is True
