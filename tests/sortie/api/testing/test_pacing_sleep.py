"""`sortie.pacing.sleep`: a sleep in the time of the vehicle that flies, in tests and in mission code."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

import sortie
from sortie import Fleet, Session, UserError, pacing
from sortie.api.testing.server import serve
from tests.fakes.patience import PATIENCE_S
from tests.fakes.plugin_run import run

pytest_plugins = ["pytester"]

LONG_S = 2.0 * PATIENCE_S
"""Longer than a test's patience, were it the wall's."""


@pytest.fixture
def server():
    """A copter at its own port, in whose time one sleeps."""
    with serve(Session) as (server,), pacing.flies(server.vehicle):
        yield server


def test_a_session_is_slept_with() -> None:
    """Its time passes by it, to the tick."""
    with Session() as vehicle, pacing.flies(vehicle):
        sortie.pacing.sleep(LONG_S)
        assert vehicle.time_s == LONG_S
        sortie.pacing.sleep(-1.0)
        assert vehicle.time_s == LONG_S


def test_mission_code_that_sleeps_sleeps_in_a_servers_time(server, monkeypatch) -> None:
    """In any thread, by `time.sleep` itself; the thread that flies is not put to sleep by it."""
    monkeypatch.setattr(time, "sleep", pacing.sleep)
    before_s = server.vehicle.time_s
    thread = threading.Thread(target=lambda: time.sleep(LONG_S))
    thread.start()
    thread.join(PATIENCE_S)
    assert not thread.is_alive() and server.vehicle.time_s >= before_s + LONG_S
    server.vehicle.ask(lambda session: time.sleep(0.001))


def test_asynchronous_code_sleeps_and_others_go_on(server) -> None:
    """Of a server and of a session; a sleep that is given up leaves nothing behind."""

    async def sleeps() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        before_s = server.vehicle.time_s
        await pacing.asleep(LONG_S)
        assert server.vehicle.time_s >= before_s + LONG_S
        with Session() as vehicle:
            await pacing.asleep(30.0, vehicle)
            assert vehicle.time_s == 30.0
        forever = asyncio.create_task(pacing.asleep(1e9))
        await asyncio.sleep(0)
        forever.cancel()
        await pacing.asleep(LONG_S)
        ticking.cancel()
        return ticks

    assert asyncio.run(sleeps()) > 3
    server.vehicle.sleep(1.0)


def test_without_a_vehicle_it_is_the_walls() -> None:
    """The same code flies a real one; a session's time is nobody else's thread's."""
    began_s = time.monotonic()
    pacing.sleep(0.01)
    asyncio.run(pacing.asleep(0.01))
    with Session() as vehicle, pacing.flies(vehicle):
        thread = threading.Thread(target=lambda: pacing.sleep(0.01))
        thread.start()
        thread.join(PATIENCE_S)
        assert vehicle.time_s == 0.0
    assert time.monotonic() - began_s >= 0.03


def test_of_several_one_must_be_named() -> None:
    """Those of a fleet have one time."""
    with Session() as one, Fleet(2) as fleet, pacing.flies(one), pacing.flies(fleet[0]):
        with pytest.raises(UserError, match=r"2 vehicles fly: say in whose time to sleep"):
            pacing.sleep(1.0)
        pacing.sleep(2.0, fleet[1])
        assert (one.time_s, fleet[0].time_s) == (0.0, 2.0)


def test_fixtures_need_not_say_who_flies(pytester: pytest.Pytester) -> None:
    """Whichever of them, also under a loop of pytest-asyncio; bounds are given to the server that waits."""
    run(
        pytester,
        """
import asyncio, pytest
from sortie import pacing

def test_vehicle(sortie_vehicle):
    before_s = sortie_vehicle.time_s
    pacing.sleep(100)
    assert sortie_vehicle.time_s == pytest.approx(before_s + 100)

def test_fleet(sortie_fleet):
    fleet = sortie_fleet(2)
    before_s = fleet[1].time_s
    pacing.sleep(100)
    assert fleet[1].time_s == pytest.approx(before_s + 100)

def test_server(sortie_server):
    bounds = sortie_server.pace.rule.bounds
    assert (bounds.lead_s, bounds.limit_s, bounds.quiet_s) == (0.1, 9.0, None)
    before_s = sortie_server.vehicle.time_s
    asyncio.run(pacing.asleep(100))
    assert sortie_server.vehicle.time_s >= before_s + 100
""",
        "--sortie-lead",
        "0.1",
        "--sortie-limit",
        "9",
    ).assert_outcomes(passed=3)
