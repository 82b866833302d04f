"""`sortie_server`: a vehicle with real sockets, flown by clients, and its test's hold on it from another thread."""

from __future__ import annotations

import socket
import threading

import pytest

from sortie import Session, UserError, events
from sortie.api.testing.server import Server
from tests.fakes.plugin_run import kept, run

pytest_plugins = ["pytester"]

FAST = 200.0
"""Times the wall: what is asked here does not depend on it."""


@pytest.fixture
def server():
    """A copter at its own port."""
    with Server(lambda: booted(Session(seed=2)), FAST) as server:
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
    """The error of its thread is raised by the constructor."""
    with pytest.raises(UserError, match="unknown vehicle"):
        Server(lambda: Session("sim:blimp"), FAST)


def test_a_thread_that_has_ended_is_told():
    """Who waits is told at once, and closing raises it again."""
    server = Server(Session, FAST)

    def fails(events, now_ms):
        raise OverflowError("planted")

    server.vehicle.ask(lambda session: session.service.observers.append(fails))
    with pytest.raises(OverflowError, match="planted"):
        server.vehicle.sleep(1000.0)
    with pytest.raises(RuntimeError, match="ended early") as error:
        server.close()
    assert isinstance(error.value.__cause__, OverflowError)


def test_its_end_leaves_nothing(server):
    """The thread is gone, clients are hung up; asked afterwards, the vehicle stands where it stood."""
    client = socket.create_connection(("127.0.0.1", server.port))
    server.close()
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
    result = run(pytester, """
import pytest

@pytest.mark.sortie(vehicle="sim:rover", seed=6)
def test_fails(sortie_server, sortie_context):
    vehicle = sortie_context(sortie_server.vehicle)
    vehicle.set_param("WP_RADIUS", 5)
    link = sortie_server.connect()
    link.mav.command_long_send(1, 1, 176, 0, 1, 15, 0, 0, 0, 0, 0)
    link.mav.command_long_send(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0)
    vehicle.reaches(mode="GUIDED")
    vehicle.wait(lambda s: s.state.armed, 60)
    vehicle.reaches(item=1, within_s=1)
""", "--sortie-speedup", "50")  # fmt: skip
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- sortie -*", "sim:rover, seed 6, *WP_RADIUS=5", "* mode  GUIDED (GCS command)"])
    assert {"flight.bin", "flight.tlog", "events.jsonl"} <= kept(pytester)["test_it.py-test_fails"]
