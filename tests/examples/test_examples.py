"""Every example runs: a person who copies one gets what its text promises."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autopilot.mission.plan import parse_plan
from sortie import Session, events, mavlink, read_plan, start_of
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.plugin_run import INSTALLED
from tests.fakes.served import free_port, served

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str, timeout: float = FLIGHT_PATIENCE_S) -> str:
    """What the example prints; it must end with status 0 and say nothing on stderr."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_there_is_a_test_for_every_example():
    """A new example needs a line here."""
    known = {
        "own_executor.py",
        "own_mode.py",
        "test_flight.py",
        "dronekit_flight.py",
        "mavsdk_flight.py",
        "square.plan",
        "plane.plan",
        "square.waypoints",
        "survey.plan",
        "project",
        "studies",
        "package",
        "plans",
    }
    found = {path.name for path in EXAMPLES.iterdir() if path.name != "__pycache__"}
    assert found == known


def test_the_own_executor_flies_its_item_among_others():
    """The spiral is flown as item 2 of 3, out to 30 m on each side."""
    lines = run("own_executor.py").splitlines()
    assert lines[-1] == "landed; items reached: [1, 2, 3]"
    norths = [float(line.split()[4]) for line in lines[:-1]]
    assert max(norths) > 25.0
    assert min(norths) < -25.0


def test_the_own_mode_orbits_and_comes_home():
    """On all four sides of its centre, at its radius."""
    lines = run("own_mode.py").splitlines()
    assert lines[-1] == "landed"
    places = [(float(line.split()[3]), float(line.split()[6])) for line in lines[:4]]
    assert all(10.0 < (north**2 + east**2) ** 0.5 < 14.0 for north, east in places)
    assert min(north for north, _ in places) < -8.0


def test_a_ground_station_selects_an_own_mode_by_its_number():
    """DO_SET_MODE with the mode's number, and HEARTBEAT says that it flies."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        import own_mode
    finally:
        sys.path.remove(str(EXAMPLES))
    with Session() as session:
        session.add_mode(own_mode.ORBIT, own_mode.Orbit)
        link = session.connect()
        session.wait_armable()
        link.send(mavlink.MAVLink_set_mode_message(1, 1, 100))
        assert any("needs to fly 5 m high" in text.text for text in link.messages("STATUSTEXT"))
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(8.0)
        session.run_until(lambda s: s.state.height > 7.0)
        link.send(mavlink.MAVLink_set_mode_message(1, 1, 100))
        assert link.receive("HEARTBEAT", where=lambda message: message.custom_mode == 100)
        assert session.state.mode == "ORBIT"


def test_an_own_mode_does_not_replace_another():
    """Number and name must be free."""
    from autopilot.modes.mode import Mode
    from autopilot.vehicles.mode_table import ModeSpec

    with Session() as session:
        session.add_mode(ModeSpec(100, "MINE"), Mode)
        for number, name in ((100, "OTHER"), (101, "MINE"), (6, "MYRTL"), (102, "auto")):
            with pytest.raises(ValueError, match="taken"):
                session.add_mode(ModeSpec(number, name), Mode)


def test_the_flights_in_pytest_pass():
    """`pytest examples/test_flight.py`, as its text says."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLES / "test_flight.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout
    assert "......." in done.stdout


@pytest.mark.parametrize(
    ("name", "items", "vehicle"),
    [
        ("square.plan", 6, "sim:copter"),
        ("square.waypoints", 6, "sim:copter"),
        ("survey.plan", 22, "sim:copter"),
        ("plane.plan", 7, "sim:plane"),
    ],
)
def test_plans_are_flown_to_their_end(name, items, vehicle):
    """Read, uploaded and flown: every navigation item is reached."""
    plan = read_plan(EXAMPLES / name)
    assert len(plan.items) == items
    with Session(vehicle, home=start_of(plan)) as session:
        session.upload(plan)
        session.start()
        session.run_until(events.MissionComplete, timeout_s=900.0)
        session.run_until(lambda s: not s.state.armed)
        wanted = [item.seq for item in plan.items if item.command in (16, 18, 20, 21, 22, 31)]
        assert [event.seq for event in session.events_of(events.ItemReached)] == wanted


def test_the_two_squares_are_the_same_mission():
    """The text form and the JSON form hold the same items."""
    plan, text = (parse_plan((EXAMPLES / name).read_bytes()) for name in ("square.plan", "square.waypoints"))
    assert plan.items == text.items
    assert plan.home == text.home
    assert json.loads((EXAMPLES / "square.plan").read_text())["geoFence"]["polygons"]


@pytest.mark.client
def test_dronekit_flies_against_the_service(tmp_path):
    """The real library: connect, arm, take off, go somewhere, RTL, landed."""
    with served(tmp_path, speedup="20", paced=True) as service:
        out = run("dronekit_flight.py", service.tcp)
    assert out.splitlines()[-1] == "landed"


@pytest.mark.client
def test_mavsdk_flies_against_the_service(tmp_path):
    """The real library with its real server: a mission to its end."""
    with served(tmp_path, paced=True) as service:
        out = run("mavsdk_flight.py", f"tcpout://127.0.0.1:{service.port}", str(free_port()))
    items = [int(line.split()[1]) for line in out.splitlines() if line.startswith("item ")]
    assert [item for item in dict.fromkeys(items) if item] == [1, 2, 3, 4, 5]
    assert out.splitlines()[-1] == "landed"


@pytest.mark.client
def test_the_example_project_passes(tmp_path):
    """A project of a user, copied elsewhere: its own tests, with the real pymavlink, MAVSDK and DroneKit."""
    project = tmp_path / "project"
    shutil.copytree(EXAMPLES / "project", project, ignore=shutil.ignore_patterns("__pycache__", "sortie-logs"))
    plugin = () if INSTALLED else ("-p", "sortie.api.testing.plugin")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *plugin]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=FLIGHT_PATIENCE_S)
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout
    assert not (project / "sortie-logs").exists()
