"""`sortie_server`: a vehicle with real sockets, flown by clients, and its test's hold on it from another thread."""

from __future__ import annotations

import socket
import threading

import pytest

from sortie import Session, UserError, events
from sortie.api.testing.server import serve
from tests.fakes.plugin_run import kept, run

pytest_plugins = ["pytester"]

FAST = 200.0
"""Times the wall: what is asked here does not depend on it."""


@pytest.fixture
def server():
    """A copter at its own port."""
    with serve(lambda: booted(Session(seed=2)), FAST) as (server,):
        yield server


def booted(session: Session) -> Session:
    session.wait_armable()
    return session


def test_pymavlink_flies_it_and_the_test_sees_the_truth(server):
    """The client takes off, the test claims; wind, faults, parameters and time are the test's."""
    vehicle = server.vehicle
    assert vehicle.state.armable
    assert server.url == f"tcp:127.0.0.1:{server.port}" and server.mavsdk_address == f"tcpout://127.0.0.1:{server.port}"
    vehicle.set_param("DISARM_DELAY", 0)
    link = server.connect()
    link.mav.command_long_send(1, 1, 176, 0, 1, 4, 0, 0, 0, 0, 0)
    link.mav.command_long_send(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0)
    link.mav.command_long_send(1, 1, 22, 0, 0, 0, 0, 0, 0, 0, 12)
    vehicle.reaches(height=11.5)
    assert vehicle.truth.position[2] == pytest.approx(-11.8, abs=0.9)
    vehicle.set_wind(4.0, 0.0)
    before_s = vehicle.time_s
    vehicle.sleep(3.0)
    assert vehicle.time_s >= before_s + 3.0
    assert vehicle.truth.wind[0] == pytest.approx(-4.0, abs=0.2)
    vehicle.inject("motor1.loss=0.05")
    vehicle.holds(lambda s: s.state.height > 9.0, for_s=5.0)
    vehicle.clear("motor1.loss")
    link.set_mode("RTL")
    vehicle.reaches(mode="RTL")
    assert vehicle.lands_within(2.0) < 2.0
    assert [one.armed for one in vehicle.events_of(events.ArmedChanged)] == [True, False]


def test_an_item_that_was_reached_before_the_test_looked_counts(server):
    """Who flies elsewhere does not wait for the claim."""
    vehicle = server.vehicle
    from sortie.api.sample import square

    vehicle.ask(lambda session: session.upload(square(session.autopilot.facts.home)))
    vehicle.ask(lambda session: session.start())
    vehicle.sleep(60.0)
    assert vehicle.reaches(item=1, within_s=1.0) < vehicle.reaches(item=2, within_s=1.0) < vehicle.time_s


def test_errors_are_raised_where_they_belong(server):
    """In the thread that asked; the vehicle flies on."""
    vehicle = server.vehicle
    with pytest.raises(UserError, match="unknown fault"):
        vehicle.inject("gps.los")
    with pytest.raises(KeyError):
        vehicle.param("NO_SUCH")
    with pytest.raises(ZeroDivisionError):
        vehicle.wait(lambda session: 1 / 0 > 1, 10.0)
    with pytest.raises(AssertionError, match="mode RTL: not within 2 s"):
        vehicle.reaches(mode="RTL", within_s=2.0)
    before_s = vehicle.time_s
    vehicle.sleep(1.0)
    assert vehicle.time_s > before_s


def test_a_vehicle_that_cannot_be_made_is_no_server():
    """The error of its thread is raised where it begins."""
    with pytest.raises(UserError, match="unknown vehicle"), serve(lambda: Session("sim:blimp"), FAST):
        pass


def test_a_thread_that_has_ended_is_told():
    """Who waits is told at once, and closing raises it again."""

    def fails(events, now_ms):
        raise OverflowError("planted")

    with pytest.raises(RuntimeError, match="ended early") as error, serve(Session, FAST) as (server,):
        server.vehicle.ask(lambda session: session.service.observers.append(fails))
        with pytest.raises(OverflowError, match="planted"):
            server.vehicle.sleep(1000.0)
    assert isinstance(error.value.__cause__, OverflowError)


def test_its_end_leaves_nothing():
    """The thread is gone, clients are hung up; asked afterwards, the vehicle stands where it stood."""
    with serve(Session, FAST) as (server,):
        client = socket.create_connection(("127.0.0.1", server.port))
    client.settimeout(60.0)
    while client.recv(65536):
        pass
    client.close()
    assert "sortie-server" not in {thread.name for thread in threading.enumerate()}
    assert server.vehicle.time_s == server.vehicle.time_s
    with pytest.raises(RuntimeError, match="the server was closed"):
        server.vehicle.sleep(1.0)


def test_the_fixture_is_reported_as_any_vehicle(pytester: pytest.Pytester) -> None:
    """Marker, report, files; two servers in one test do not meet; a shared one is given back."""
    result = run(
        pytester,
        """
import pytest

@pytest.mark.sortie(vehicle="sim:rover", seed=6)
def test_fails(sortie_server, sortie_context):
    vehicle = sortie_context(sortie_server.vehicle)
    vehicle.set_param("WP_RADIUS", 5)
    link = sortie_server.connect()
    link.mav.command_long_send(1, 1, 176, 0, 1, 15, 0, 0, 0, 0, 0)
    link.mav.command_long_send(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0)
    vehicle.reaches(mode="GUIDED")
    assert vehicle.wait(lambda s: s.state.armed, 60) <= vehicle.time_s
    vehicle.reaches(item=1, within_s=1)
""",
        "--sortie-speedup",
        "50",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- sortie -*", "sim:rover, seed 6, *WP_RADIUS=5", "* mode  GUIDED (GCS command)"])
    assert {"flight.bin", "flight.tlog", "events.jsonl"} <= kept(pytester)["test_it.py-test_fails"]


def test_waiting_is_a_claim(server):
    """What does not come fails, and says what was seen, that no client has said a word, and where it would be heard."""
    vehicle = server.vehicle
    before_s = vehicle.time_s
    assert vehicle.wait(lambda session: session.time_s > before_s + 0.5) > before_s + 0.5
    with pytest.raises(AssertionError) as failure:
        vehicle.wait(lambda session: session.state.armed, within_s=2.0)
    claim, standing, *_, hint = str(failure.value).splitlines()
    assert claim == "the condition was not true within 2 s"
    assert standing.startswith("at ") and "disarmed" in standing
    assert hint == f"no client has connected to {server.url} and said anything"


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("run_for", r"has no run_for: let its time pass by sleep\(seconds\)"),
        ("run_until", r"wait\(condition, within_s=60\) claims"),
        ("arm", r"its client does that; .*: ask\(lambda session: session\.arm\(\.\.\.\)\)"),
        ("stat", "did you mean state?"),
    ],
)
def test_what_a_session_has_and_it_has_not_is_told(server, name, instead):
    """And what there is in its place."""
    with pytest.raises(AttributeError, match=instead):
        getattr(server.vehicle, name)


def test_several_fly_for_one_client_each_on_a_port_of_its_own(pytester: pytest.Pytester) -> None:
    """In one time, as the marker and the factory's arguments have them; each is reported."""
    result = run(
        pytester,
        """
import pytest

@pytest.mark.sortie(seed=6, params={"WP_RADIUS": 5})
def test_fails(sortie_servers):
    servers = sortie_servers(2, vehicle="sim:rover", formation="line", spacing=4)
    assert len({server.port for server in servers}) == 2
    links = [server.connect() for server in servers]
    assert [link.target_system for link in links] == [1, 2]
    for system, link in enumerate(links, 1):
        link.mav.command_long_send(system, 1, 176, 0, 1, 15, 0, 0, 0, 0, 0)
        link.mav.command_long_send(system, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0)
    for server in servers:
        server.vehicle.wait(lambda s: s.state.armed)
        assert server.vehicle.param("WP_RADIUS") == 5
    one, two = (server.vehicle for server in servers)
    one.sleep(30)
    assert abs(one.time_s - two.time_s) < 1.0
    two.reaches(mode="RTL", within_s=1)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- sortie: vehicle 1 of 2 -*", "sim:rover, *", "*- sortie: vehicle 2 of 2 -*"])
    assert {"test_it.py-test_fails/1", "test_it.py-test_fails/2"} <= kept(pytester).keys()
