"""Markers of the pytest plugin: what a test's vehicle is, as its own, its class's and its module's marker say."""

from __future__ import annotations

import pytest

from tests.fakes.plugin_run import again, run

pytest_plugins = ["pytester"]

FLIES = """
import pytest
from sortie.api.sample import square

@pytest.mark.sortie(vehicle="sim:copter", seed=3, wind=(5, 90), params={"RTL_ALT": 2000}, home="47.1,8.5,408,90")
def test_flight(sortie_vehicle):
    vehicle = sortie_vehicle
    assert vehicle.seed == 3
    assert vehicle.param("RTL_ALT") == 2000 and vehicle.param("SIM_WIND_SPD") == 5
    vehicle.wait_armable()
    vehicle.upload(square(vehicle.autopilot.facts.home))
    vehicle.start()
    vehicle.reaches(item=2)
    assert vehicle.truth.place.lat == pytest.approx(47.1, abs=0.01)
    assert vehicle.truth.wind[1] < -4.0
"""


def test_a_marker_says_what_flies(pytester: pytest.Pytester) -> None:
    """Kind, seed, wind, parameters, home; and nothing stays of a test that passes."""
    run(pytester, FLIES).assert_outcomes(passed=1)
    assert not (pytester.path / "sortie-logs").exists()


def test_a_plan_is_loaded_and_is_where_the_vehicle_stands(pytester: pytest.Pytester, request) -> None:
    """A path from the test's own folder."""
    folder = pytester.mkdir("deep")
    folder.joinpath("square.plan").write_bytes((request.config.rootpath / "examples/square.plan").read_bytes())
    folder.joinpath("test_plan.py").write_text("""
import pytest
@pytest.mark.sortie(plan="square.plan")
def test_plan(sortie_vehicle):
    vehicle = sortie_vehicle
    assert vehicle.state.mission.items == 6
    vehicle.start()
    vehicle.reaches(item=1)
    vehicle.lands_within(1.0)
""")
    again(pytester).assert_outcomes(passed=1)


def test_markers_of_class_and_module_add_up(pytester: pytest.Pytester) -> None:
    """The nearest wins; parameters are merged."""
    run(
        pytester,
        """
import pytest
pytestmark = pytest.mark.sortie(seed=1, params={"FENCE_RADIUS": 100, "WP_RADIUS": 3})

@pytest.mark.sortie(vehicle="sim:rover")
class TestRover:
    @pytest.mark.sortie(seed=2, params={"FENCE_RADIUS": 200})
    def test_rover(self, sortie_vehicle):
        assert (sortie_vehicle.seed, sortie_vehicle.autopilot.facts.vehicle_class.name) == (2, "rover")
        assert (sortie_vehicle.param("FENCE_RADIUS"), sortie_vehicle.param("WP_RADIUS")) == (200, 3)

@pytest.mark.sortie(params={"WP_RADIUS": 4})
def test_without_fixture(): ...
""",
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ('vehical="sim:rover"', "@pytest.mark.sortie: unknown argument vehical; did you mean vehicle?"),
        ("colour=1", "unknown argument colour; known are vehicle, seed, home, params, wind, faults, plan"),
        ("radio_model=1", "unknown argument radio_model; did you mean radio?"),
        ('"sim:rover"', "'sim:rover': arguments are given by name; known are vehicle, seed"),
        ('vehicle="sim:rove"', "sortie: vehicle sim:rove: unknown vehicle; use sim:copter*; did you mean sim:rover?"),
        ('params={"RTL_AL": 1}', "unknown parameter RTL_AL; did you mean RTL_ALT?"),
        ('faults=["gps.los@3"]', "unknown fault 'gps.los'; did you mean gps.loss?"),
        ("wind=5", "wind=5: expected (m/s, degrees from) or (m/s, degrees from, turbulence m/s)"),
        ("seed=1.5", "seed=1.5: expected a whole number"),
        ("seed=True", "seed=True: expected a whole number"),
        ("seed=-3", "sortie: seed -3: expected a whole number from 0 on"),
        ('wind=("a", 2)', "wind=('a', 2): expected (m/s, degrees from)*"),
        ("faults=[3]", "faults=*3*: expected*gps.loss@20..40*"),
        ("home=(47, 8, 400, 0)", 'sortie: home (47, 8, 400, 0): expected "LAT,LON,ALT,HEADING"*'),
        ("wind=(5,)", "sortie: wind (5,): expected (m/s, degrees from)*"),
        ('plan="no.plan"', "*no.plan: No such file or directory; expected a .plan, .waypoints or .txt file"),
    ],
)
def test_a_mistake_in_a_marker_is_one_line(pytester: pytest.Pytester, marker: str, complaint: str) -> None:
    """Which names what would be right, and fails that test alone."""
    result = run(
        pytester,
        f"""
import pytest
@pytest.mark.sortie({marker})
def test_wrong(sortie_vehicle): ...
def test_right(sortie_vehicle): ...
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    pattern = complaint.replace("[", "[[]")
    result.stdout.fnmatch_lines([f"*{pattern}*"])
    result.stdout.no_fnmatch_line("*During handling*")


def test_a_marker_without_a_fixture_is_checked_too(pytester: pytest.Pytester) -> None:
    """Or a misspelt one would go unnoticed until somebody adds the fixture."""
    result = run(pytester, "import pytest\n@pytest.mark.sortie(sed=1)\ndef test_it(): ...\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*unknown argument sed; did you mean seed?*"])


def test_a_vehicle_is_armable_unless_it_is_wanted_as_it_boots(pytester: pytest.Pytester) -> None:
    """The first line of a test may arm it. A fault that keeps it from that is told, with the way out."""
    result = run(
        pytester,
        """
import pytest

def test_flies_at_once(sortie_vehicle):
    sortie_vehicle.set_mode("GUIDED")
    sortie_vehicle.arm()
    sortie_vehicle.takeoff(10)
    sortie_vehicle.reaches(height=9)

@pytest.mark.sortie(armable=False)
def test_boots(sortie_vehicle):
    assert sortie_vehicle.time_s == 0.0 and not sortie_vehicle.state.armable

@pytest.mark.sortie(faults=["imu.loss"])
def test_cannot(sortie_vehicle): ...
""",
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["sortie: not armable after 60 s: *; with armable=False the test gets it as it is"])


def test_a_marker_puts_a_radio_on_all_links(pytester: pytest.Pytester) -> None:
    """Of a vehicle, of each of a fleet, and between a server's socket and its vehicle, there in vehicle time, too: who
    sends a HEARTBEAT hears of it from his own modem."""
    pytester.path.joinpath("slow.toml").write_text('like = "usb"\nlatency_ms = 5000.0\n', encoding="ascii")
    result = run(
        pytester,
        """
import pytest
from sortie import mavlink

pytestmark = pytest.mark.sortie(radio="sik-57600")
BEAT = mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)

def reports(link, vehicle):
    link.send(BEAT)
    vehicle.run_for(5.0)
    return link.messages("RADIO_STATUS")

def test_vehicle(sortie_vehicle):
    assert reports(sortie_vehicle.connect(), sortie_vehicle)

def test_fleet(sortie_fleet):
    fleet = sortie_fleet(2)
    assert reports(fleet[1].connect(), fleet[1])

def test_server(sortie_server):
    link = sortie_server.connect()
    link.mav.send(BEAT)
    assert link.recv_match(type="RADIO_STATUS", blocking=True, timeout=240) is not None

@pytest.mark.sortie(radio="slow.toml")
def test_far_away(sortie_server):
    link = sortie_server.connect()
    before_s = sortie_server.vehicle.time_s
    link.mav.command_long_send(1, 1, 512, 0, 148, 0, 0, 0, 0, 0, 0)
    assert link.recv_match(type="COMMAND_ACK", blocking=True, timeout=240).result == 0
    assert 10.0 <= sortie_server.vehicle.time_s - before_s < 12.0
""",
    )
    result.assert_outcomes(passed=4)


def test_files_lie_beside_the_test_and_a_fleet_has_no_other_arguments(pytester: pytest.Pytester) -> None:
    """Wherever pytest runs, of one and of many."""
    folder = pytester.mkdir("deep")
    folder.joinpath("mine.toml").write_text("like = 'wifi'\n", encoding="ascii")
    folder.joinpath("test_deep.py").write_text(
        """
import pytest

@pytest.mark.sortie(radio="mine.toml")
def test_one(sortie_vehicle, sortie_fleet):
    sortie_fleet(2)

@pytest.mark.sortie(terrain="no-tiles")
def test_ground(sortie_fleet):
    sortie_fleet(2)

def test_wrong(sortie_fleet):
    sortie_fleet(2, formatoin="line")
""",
        encoding="ascii",
    )
    result = pytester.runpytest("deep")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines_random(
        [
            "sortie: terrain *deep/no-tiles: No such file or directory; expected *",
            "sortie: unknown argument formatoin; did you mean formation?",
        ]
    )
