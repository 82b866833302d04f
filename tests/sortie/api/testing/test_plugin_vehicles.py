"""The fixtures of the pytest plugin give vehicles and fleets, and take changes back; what they cost and show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie import Session
from sortie.api.testing.vehicle_request import VehicleRequest
from sortie.config.errors import UserError
from sortie.runtime.loader import COMPILING
from tests.fakes.plugin_run import run

pytest_plugins = ["pytester"]


WIDE = """
import pytest
from sortie import MissionItem, mavlink

@pytest.fixture(scope="module")
def shared(sortie_vehicles):
    with sortie_vehicles(seed=5, faults=["baro.loss@1000"]) as vehicle:
        vehicle.wait_armable()
        vehicle.upload([MissionItem(22, 3, z=10.0), MissionItem(20, 3)])
        vehicle.inject("compass.loss")
        vehicle.link = vehicle.connect()
        yield vehicle

@pytest.fixture
def vehicle(shared, sortie_context):
    return sortie_context(shared)

def facts(vehicle):
    service = vehicle.service
    return (
        {name: service.parameters[name] for name in service.parameters.names() if not name.startswith("MIS_")},
        vehicle.autopilot.plans.mission.items(), vehicle.autopilot.plans.fence.items(),
        service.telemetry.rates.intervals()[vehicle.link.number], service.faults.state(),
    )

BEFORE = []

def test_changes_everything(vehicle):
    BEFORE.append(facts(vehicle))
    vehicle.set_param("RTL_ALT", 4000)
    vehicle.set_wind(7, 180, 1)
    vehicle.upload([MissionItem(21, 3)])
    vehicle.clear("compass.loss")
    vehicle.inject("gps.loss")
    vehicle.inject("gps.glitch@2000")
    vehicle.link.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 10, 1))
    vehicle.link.send(mavlink.MAVLink_command_long_message(1, 1, 511, 0, 32, 50_000, 0, 0, 0, 0, 0))
    assert all(now != then for now, then in zip(facts(vehicle), BEFORE[0]) if then)

def test_finds_it_as_it_was(vehicle):
    assert vehicle.seed == 5
    for now, then in zip(facts(vehicle), BEFORE[0]):
        assert now == then
    vehicle.run_for(1.0)
"""


def test_a_shared_vehicle_is_given_back_as_it_was(pytester: pytest.Pytester) -> None:
    """Parameters, plans, rates, wind, faults that hold and those to come."""
    run(pytester, WIDE).assert_outcomes(passed=2)


SEEING = """
import pytest
from autopilot.mav import Cmd, Component
from sortie import mavlink

@pytest.fixture(scope="module")
def shared(sortie_vehicles):
    with sortie_vehicles(params={"CAM1_TYPE": 6, "MNT1_TYPE": 6}) as vehicle:
        vehicle.wait_armable()
        vehicle.link = vehicle.connect()
        ask(vehicle, Cmd.DO_MOUNT_CONTROL, -30, 0, 0, 0, 0, 0, 2)
        ask(vehicle, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1, to=Component.CAMERA)
        vehicle.run_for(2.0)
        yield vehicle

@pytest.fixture
def vehicle(shared, sortie_context):
    return sortie_context(shared)

def ask(vehicle, number, *params, to=Component.AUTOPILOT1):
    params = [*params, *[0] * (7 - len(params))]
    vehicle.link.send(mavlink.MAVLink_command_long_message(1, to, number, 0, *params))
    vehicle.run_for(0.5)

def facts(vehicle):
    camera, mount = vehicle.service.camera, vehicle.autopilot.mount
    camera.card.finish()
    files = sorted(path.name for path in camera.card.folder.rglob("*.JPG"))
    return (camera.service.device.state(vehicle.service.now_ms), files, vehicle.autopilot.payload.camera.every_m,
            mount.state())

BEFORE = []

def test_changes_everything(vehicle):
    BEFORE.append(facts(vehicle))
    assert BEFORE[0][0].taken == len(BEFORE[0][1]) == 1
    ask(vehicle, Cmd.IMAGE_START_CAPTURE, 0, 1, 0, 2, to=Component.CAMERA)
    ask(vehicle, Cmd.SET_CAMERA_ZOOM, 2, 50, to=Component.CAMERA)
    ask(vehicle, Cmd.DO_SET_CAM_TRIGG_DIST, 10)
    ask(vehicle, Cmd.DO_MOUNT_CONTROL, -80, 0, 0, 0, 0, 0, 2)
    vehicle.run_for(3.0)
    now = facts(vehicle)
    assert now[0].taken == len(now[1]) > 2
    assert all(one != then for one, then in zip(now, BEFORE[0]))

def test_finds_it_as_it_was(vehicle):
    assert facts(vehicle) == BEFORE[0]
    vehicle.run_for(5.0)
    assert facts(vehicle) == BEFORE[0]
    ask(vehicle, Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 9, to=Component.CAMERA)
    assert facts(vehicle)[1] == ["IMG_0001.JPG", "IMG_0002.JPG"]
"""


def test_camera_and_gimbal_are_given_back_as_they_were(pytester: pytest.Pytester) -> None:
    """Lens, trigger, what the gimbal points at; pictures of the test are gone, and the next has their first name."""
    run(pytester, SEEING).assert_outcomes(passed=2)


def test_the_plugin_costs_nothing_where_nobody_flies() -> None:
    """What pytest imports at its start is the plugin module alone: no part of Sortie that knows MAVLink or flies, and
    neither numpy nor numba."""
    program = (
        "import pytest, sys; before = set(sys.modules); import sortie.api.testing.plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) <= {"sortie", "sortie.api", "sortie.api.testing", "sortie.api.testing.plugin"}


def test_pytest_alone_does_not_load_what_flies(pytester: pytest.Pytester) -> None:
    """A run without vehicles stays without them, marker registered and options known all the same."""
    result = run(
        pytester,
        """
import sys
def test_it(request):
    assert request.config.pluginmanager.hasplugin("sortie") or "sortie.api.testing.plugin" in sys.modules
    assert not {"numba", "pymavlink", "sortie.api.session", "autopilot"} & set(sys.modules)
""",
        "--strict-markers",
        "--sortie-logs",
        "none",
        apart=True,
    )
    result.assert_outcomes(passed=1)


def test_what_flies_is_imported_as_it_was_compiled(pytester: pytest.Pytester) -> None:
    """Only the plugin itself is rewritten by pytest, not the hundreds of modules that came with it."""
    result = run(
        pytester,
        """
import sys

def test_it(sortie_vehicle):
    ours = [name for name in sys.modules if name.partition(".")[0] in ("sortie", "autopilot", "mavlink_bridge", "sitl")]
    rewritten = {name for name in ours if type(sys.modules[name].__loader__).__module__.startswith("_pytest")}
    assert len(ours) > 100
    assert rewritten <= {"sortie", "sortie.api", "sortie.api.testing", "sortie.api.testing.plugin"}
""",
        apart=True,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "wish",
    [VehicleRequest(plan=Plan(items=(MissionItem(Cmd.NAV_WAYPOINT, x=95.0),))), VehicleRequest(faults=["imu.loss"])],
    ids=["plan", "armable"],
)
def test_a_vehicle_that_no_test_gets_is_closed(wish: VehicleRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A firmware that flies it ended with the run, not with the test."""
    closed: list[Session] = []
    monkeypatch.setattr(Session, "close", lambda session: closed.append(session))
    with pytest.raises(UserError):
        wish.session(0, Path())
    assert len(closed) == 1


def test_a_fleet_flies_at_one_time(pytester: pytest.Pytester) -> None:
    """Each vehicle has its place, its seed, the marker's wind; claims are each one's own, and each is told of."""
    result = run(
        pytester,
        """
import pytest

@pytest.mark.sortie(wind=(2, 0), seed=5)
def test_fleet(sortie_fleet):
    fleet = sortie_fleet(3, formation="line", spacing=20)
    assert len({vehicle.seed for vehicle in fleet}) == 3
    for vehicle in fleet:
        assert vehicle.param("SIM_WIND_SPD") == 2 and vehicle.state.armable
        vehicle.set_mode("GUIDED")
        vehicle.arm()
        vehicle.takeoff(10)
    for vehicle in fleet:
        vehicle.reaches(height=10)
    assert len({vehicle.time_s for vehicle in fleet}) == 1
    north = sorted(vehicle.truth.place.lat + vehicle.truth.place.lon for vehicle in fleet)
    assert north[2] > north[1] > north[0]
    fleet[1].reaches(height=40, within_s=1)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*AssertionError: 40 m: not within 1 s; *", "*- sortie: vehicle 3 of 3 -*"])


def test_only_the_tests_own_lines_are_shown(pytester: pytest.Pytester) -> None:
    """Not how a vehicle's time passes; and a wrong name has the near one."""
    result = run(
        pytester,
        """
def test_height(sortie_vehicle):
    sortie_vehicle.holds(lambda s: s.height > 3, for_s=10)
def test_refused(sortie_vehicle):
    sortie_vehicle.set_mode("GUIDE")
def test_late(sortie_vehicle):
    sortie_vehicle.run_until(lambda s: s.state.armed, 1.0)
def test_fault(sortie_vehicle):
    sortie_vehicle.inject("gps.los")
""",
    )
    result.assert_outcomes(failed=4)
    shown = "\n".join(result.outlines)
    assert "sortie/api/" not in shown and "sortie/runtime" not in shown
    result.stdout.fnmatch_lines(["E*AttributeError: a vehicle has no height; did you mean state.height?"])


FACTORY = """
import pytest
pytestmark = pytest.mark.sortie(params={"RTL_ALT": 4000})

@pytest.fixture(scope="module")
def shared(sortie_vehicles):
    with sortie_vehicles(seed=5) as vehicle:
        yield vehicle

@pytest.mark.sortie(wind=(9, 90))
def test_shared(shared):
    assert shared.param("RTL_ALT") == 4000
    assert shared.param("SIM_WIND_SPD") == 0, "it is there for all tests of the module"

@pytest.mark.sortie(wind=(9, 90), seed=3)
def test_own(sortie_vehicles):
    with sortie_vehicles() as vehicle:
        assert (vehicle.seed, vehicle.param("SIM_WIND_SPD"), vehicle.param("RTL_ALT")) == (3, 9, 4000)
        assert vehicle.truth.wind[1] < -2.0, "on the ground it blows less"
    with sortie_vehicles(wind=(4, 90), params={"RTL_ALT": 2000, "WPNAV_SPEED": 300}) as vehicle:
        assert [vehicle.param(name) for name in ("SIM_WIND_SPD", "RTL_ALT", "WPNAV_SPEED")] == [4, 2000, 300]

def test_after_it(sortie_vehicles):
    with sortie_vehicles() as vehicle:
        assert (vehicle.seed, vehicle.param("SIM_WIND_SPD"), vehicle.param("RTL_ALT")) == (0, 0, 4000)
"""


def test_the_factory_gives_what_the_marker_says(pytester: pytest.Pytester) -> None:
    """Of the test; in a fixture of the module only what the module's marker says; arguments go before it."""
    run(pytester, FACTORY).assert_outcomes(passed=3)


def test_who_forgets_with_is_told(pytester: pytest.Pytester) -> None:
    """What to write."""
    result = run(pytester, "def test_it(sortie_vehicles):\n    sortie_vehicles().arm()\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*no arm yet: the vehicle is made by `with sortie_vehicles(...) as vehicle:`*"])


def test_a_wrong_argument_of_the_factory_is_one_line(pytester: pytest.Pytester) -> None:
    """As in a marker."""
    result = run(pytester, "def test_it(sortie_vehicles):\n    sortie_vehicles(wnd=(5, 90))\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["sortie: unknown argument wnd; did you mean wind?"])
    assert "sortie/api" not in "\n".join(result.outlines)


def test_a_person_who_waits_for_the_compiler_is_told(pytester: pytest.Pytester) -> None:
    """At once, though the test's output is captured, and once."""
    result = run(
        pytester,
        """
from autopilot.control.compiler_watch import COMPILER

def test_it(sortie_vehicle):
    COMPILER.reset()
    COMPILER.begins()
    COMPILER.begins()
""",
        apart=True,
    )
    result.assert_outcomes(passed=1)
    assert result.errlines.count(COMPILING) == 1
