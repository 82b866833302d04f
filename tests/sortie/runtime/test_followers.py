"""Time that waits for its clients: the rule, what is seen of real ones, and a vehicle that follows it."""

from __future__ import annotations

import math
import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink import mavutil

from sortie import Session, events
from sortie.api.testing.server import serve
from sortie.config.values import PaceBounds
from sortie.runtime.followers import (
    CLIENTS,
    POLLER_S,
    QUIET_S,
    RESTS,
    TIME,
    ClientEvent,
    ClientSight,
    ClientState,
    Followers,
    FollowingEvent,
    TimeState,
)
from tests.fakes.patience import PATIENCE_S, wait_until

IDLE, UNREAD, WORKING, STILL = ClientSight(), ClientSight(unread=7), ClientSight(at_work=True), ClientSight(still=True)


class Clock:
    """A wall that is told, and who was named."""

    def __init__(self, lead_s: float = 0.0, quiet_s: float | None = 0.001, *, waits: bool = False) -> None:
        self.named: list[str] = []
        self.gone: list[str] = []
        self.waits = waits
        self.rule = Followers(
            PaceBounds(lead_s, 2.0, quiet_s), self.named.append, self.gone.append, we_wait=lambda: self.waits
        )

    def goes(self, at_s: float, **sights: ClientSight) -> bool:
        """Does vehicle time go on?"""
        return self.rule.look(at_s, sights) is None


def test_time_goes_on_when_all_have_been_quiet() -> None:
    """Not before the quiet time is over; without anything carried at once."""
    clock = Clock()
    assert clock.goes(10.0, a=UNREAD)  # it was sent nothing that is waited for
    clock.rule.stir(10.0, 0)
    assert not clock.goes(10.0, a=IDLE) and not clock.goes(10.0009, a=IDLE)
    assert clock.rule.look(10.0004, {"a": IDLE}) == pytest.approx(0.0006)
    assert clock.goes(10.001, a=IDLE) and clock.rule.until_ms is None
    clock.rule.stir(11.0, 0)
    clock.rule.stir(11.0008, 0)
    assert not clock.goes(11.001, a=IDLE) and clock.goes(11.0018, a=IDLE)


def test_stillness_that_is_proved_needs_no_quiet_time() -> None:
    """Of all who are followed; who is left behind is not asked. A quiet time that somebody has asked for is waited."""
    clock = Clock(quiet_s=None)
    clock.rule.stir(10.0, 0)
    assert not clock.goes(10.0, a=STILL, b=UNREAD) and not clock.goes(10.0001, a=STILL, b=IDLE)
    assert clock.goes(10.0001, a=STILL, b=STILL)
    clock.rule.stir(11.0, 0)
    assert not clock.goes(11.0, a=STILL, b=UNREAD) and clock.goes(13.5, a=STILL, b=UNREAD)
    clock.rule.stir(14.0, 0)
    assert clock.goes(14.0, a=STILL, b=UNREAD) and clock.rule.clients["b"] is ClientState.LEFT
    clock.rule.stir(15.0, 0)
    assert clock.rule.look(15.0, {"a": IDLE}) == pytest.approx(QUIET_S) and clock.goes(15.0 + QUIET_S, a=IDLE)
    patient = Clock(quiet_s=0.3)
    patient.rule.stir(10.0, 0)
    assert not patient.goes(10.2, a=STILL) and patient.goes(10.3, a=STILL)


@pytest.mark.parametrize("busy", [UNREAD, WORKING])
def test_one_that_has_not_followed_holds_all(busy: ClientSight) -> None:
    """And has a quiet time of its own when it is done: what it does next may be an answer."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    for step in range(100):
        assert not clock.goes(10.0 + 0.01 * step, a=IDLE, b=busy)
    assert not clock.goes(10.9905, a=IDLE, b=IDLE)
    assert clock.goes(10.991, a=IDLE, b=IDLE)
    assert clock.named == []


def test_of_one_whose_process_never_rests_it_is_said() -> None:
    """A loop that polls without waiting looks like work."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    assert not clock.goes(10.1, a=WORKING) and clock.goes(12.1, a=WORKING)
    assert clock.named == ["a did not rest within 2 s: time waits only until it has read everything"]


@pytest.mark.parametrize("seen", [IDLE, WORKING])
def test_one_that_polls_holds_time_for_one_limit(seen: ClientSight) -> None:
    """Also when it is seen at rest by chance: a limit after each rest would be no flight."""
    clock, at_s, held_s = Clock(), 10.0, 0.0
    for step in range(200):
        clock.rule.stir(at_s, 0)
        begin_s = at_s
        while not clock.goes(at_s, a=seen if step % 9 == 8 else WORKING):
            at_s += 0.001
        held_s += at_s - begin_s
    assert 2.0 <= held_s < 2.0 + 200 * 1.2 * POLLER_S and len(clock.named) == 1


def test_one_that_has_computed_for_long_gets_its_limit_back() -> None:
    """When it has rested often enough: a client that computes for 3 s once is no loop that polls."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    assert not clock.goes(10.1, a=WORKING) and clock.goes(12.1, a=WORKING)
    for at_s in range(20, 20 + RESTS):
        clock.rule.stir(float(at_s), 0)
        assert not clock.goes(at_s + 0.001, a=WORKING)
        clock.goes(at_s + 0.002, a=IDLE)
        assert clock.goes(at_s + 0.004, a=IDLE)
    clock.rule.stir(40.0, 0)
    assert not clock.goes(41.9, a=WORKING) and clock.goes(42.1, a=WORKING)


def test_one_that_polls_is_waited_for_until_it_has_read() -> None:
    """Or time would run away from it, and what is sent would no longer fit into its connection."""
    clock = Clock()
    for at_s in (10.0, 20.0, 30.0, 40.0, 50.0):
        clock.rule.stir(at_s, 0)
        assert not clock.goes(at_s + 1.9, a=UNREAD) and clock.rule.any_client
        clock.goes(at_s + 2.1, a=WORKING)
        assert clock.goes(at_s + 2.2, a=WORKING)
    assert len(clock.named) == 1


def test_one_that_is_stuck_is_named_and_left_behind_until_it_follows() -> None:
    """Once; the others are waited for all the same."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    assert not clock.goes(11.9, a=IDLE, b=UNREAD)
    assert clock.goes(12.1, a=IDLE, b=UNREAD)
    assert clock.named == ["b did not follow within 2 s: time does not wait for it now"]
    clock.rule.stir(13.0, 0)
    assert not clock.goes(13.0, a=WORKING, b=UNREAD)
    assert not clock.goes(13.0005, a=IDLE, b=UNREAD) and clock.goes(13.002, a=IDLE, b=UNREAD)
    assert clock.rule.any_client
    clock.goes(13.1, b=UNREAD)
    assert not clock.rule.any_client
    clock.goes(13.2, b=IDLE)
    assert clock.rule.any_client
    clock.rule.stir(14.0, 0)
    assert not clock.goes(14.0, b=UNREAD) and len(clock.named) == 1


def test_time_without_a_processor_does_not_count() -> None:
    """On a busy machine a client may get none for seconds; it is waited for, but not for ever."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    assert not clock.goes(13.9, a=ClientSight(unread=7, starved_s=2.0)) and clock.named == []
    assert clock.goes(14.0, a=ClientSight(unread=7, starved_s=2.0))
    clock = Clock()
    clock.rule.stir(10.0, 0)
    assert not clock.goes(41.9, a=ClientSight(unread=7, starved_s=1e6))
    assert clock.goes(42.0, a=ClientSight(unread=7, starved_s=1e6)) and len(clock.named) == 1


def test_one_that_has_gone_is_not_waited_for() -> None:
    """It hangs up while time waits for it."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    assert not clock.goes(10.5, a=UNREAD)
    assert clock.goes(10.6) and not clock.rule.any_client
    assert clock.gone == ["a has gone before it had followed: time does not wait for it"] and clock.named == []
    clock.rule.stir(11.0, 0)
    assert not clock.goes(11.0, b=IDLE)
    assert clock.goes(11.0001) and len(clock.gone) == 1


def test_one_that_owes_an_answer_has_not_followed() -> None:
    """However idle it looks; who waits for the vehicle in this process need not have answered."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    assert not clock.goes(10.5, a=ClientSight(owes=True)) and not clock.goes(11.0, a=ClientSight(owes=True))
    assert not clock.goes(11.0, a=IDLE) and clock.goes(11.001, a=IDLE)
    clock.waits = True
    clock.rule.stir(12.0, 0)
    assert clock.goes(12.1, a=ClientSight(owes=True, ours=True))


def test_time_may_lead_by_so_much() -> None:
    """Counted from the first word that was not followed, whatever is said meanwhile; none without a lead."""
    clock = Clock()
    clock.rule.stir(10.0, 5000)
    assert clock.rule.until_ms == 5000
    clock = Clock(lead_s=0.25)
    assert clock.rule.until_ms is None
    clock.rule.stir(10.0, 5000)
    clock.rule.stir(10.0, 5200)
    assert clock.rule.until_ms == 5250
    assert not clock.goes(10.5, a=UNREAD)
    assert clock.rule.until_ms == 5250
    assert not clock.goes(10.5001, a=IDLE) and clock.goes(10.502, a=IDLE)
    clock.rule.stir(10.6, 5300)
    assert clock.rule.until_ms == 5550


def test_looks_at_one_that_is_long_at_work_become_rarer() -> None:
    """Who looks takes the processor from it; no look is later than a tenth of what was waited, or 20 ms."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    waits = [clock.rule.look(10.0 + after_s, {"a": WORKING}) for after_s in (0.0, 0.005, 0.05, 1.0)]
    assert waits == [pytest.approx(wait_s) for wait_s in (0.001, 0.001, 0.005, 0.02)]


@pytest.mark.parametrize("was", ClientState)
@pytest.mark.parametrize("seen", ClientEvent)
def test_what_becomes_of_a_client(was: ClientState, seen: ClientEvent) -> None:
    """The whole table, reached by looks: who is level follows, who was left stays so, who is overdue is left."""
    clock = Clock()
    clock.rule.stir(10.0, 0)
    if was is not ClientState.FOLLOWS:
        clock.goes(10.0, a=UNREAD, b=UNREAD)
    if was is ClientState.LEFT:
        clock.goes(12.0, a=UNREAD, b=UNREAD)
        clock.rule.stir(10.0, 0)
    named = len(clock.named)
    clock.goes(12.5 if seen is ClientEvent.OVERDUE else 10.1, a=IDLE if seen is ClientEvent.LEVEL else UNREAD, b=UNREAD)
    assert clock.rule.clients["a"] is CLIENTS[was, seen]
    newly_left = was is not ClientState.LEFT and CLIENTS[was, seen] is ClientState.LEFT
    assert any(text.startswith("a did not") for text in clock.named[named:]) == newly_left
    assert CLIENTS.keys() == {(client, sight) for client in ClientState for sight in ClientEvent}


@pytest.mark.parametrize("was", TimeState)
@pytest.mark.parametrize("now", FollowingEvent)
def test_what_becomes_of_time(was: TimeState, now: FollowingEvent) -> None:
    """The whole table, reached by words and looks."""
    clock = Clock()
    if was is not TimeState.RUNS:
        clock.rule.stir(10.0, 0)
        clock.goes(10.0, a=UNREAD if was is TimeState.HELD else IDLE)
    assert clock.rule.time is was
    if now is FollowingEvent.CARRIED:
        clock.rule.stir(10.0005, 0)
    else:
        at_s = 11.0 if now is FollowingEvent.QUIET else 10.0005
        clock.goes(at_s, a=UNREAD if now is FollowingEvent.BEHIND else IDLE)
    assert clock.rule.time is TIME[was, now]
    assert TIME.keys() == {(time, event) for time in TimeState for event in FollowingEvent}


def test_who_waits_for_the_vehicle_need_not_read() -> None:
    """A test that waits in a claim does not read its own connection; what a client elsewhere has not read counts."""
    clock = Clock(waits=True)
    clock.rule.stir(10.0, 0)
    assert clock.goes(10.1, a=ClientSight(unread=7, ours=True))
    clock.rule.stir(11.0, 0)
    assert not clock.goes(11.1, a=ClientSight(unread=7, ours=True), b=UNREAD)
    assert not clock.goes(11.2, a=ClientSight(unread=7, at_work=True, ours=True), b=IDLE)


@given(st.lists(st.tuples(st.floats(0.0, 0.1), st.booleans(), st.sampled_from([IDLE, UNREAD, WORKING]))))
def test_nobody_holds_time_for_longer_than_the_limit(steps) -> None:
    """Whatever is carried and seen: from the first word to the going on are at most the limit and one look."""
    clock, now_s, since_s = Clock(), 0.0, math.nan
    for wait_s, carried, sight in steps:
        now_s += wait_s
        if carried:
            clock.rule.stir(now_s, 0)
        if clock.goes(now_s, a=sight):
            since_s = math.nan
        else:
            since_s = now_s if math.isnan(since_s) else since_s
            assert now_s - since_s <= 2.0


@pytest.fixture
def server():
    """A copter whose time waits for its clients, however long."""

    def make() -> Session:
        session = Session(seed=2)
        session.wait_armable()
        return session

    with serve(make, bounds=PaceBounds(limit_s=1e9)) as (server,):
        yield server


def test_time_stands_still_for_one_that_does_not_read(server) -> None:
    """What the kernel holds for it is seen; when it reads, time goes on."""
    client = socket.create_connection(("127.0.0.1", server.port))
    wait_until(lambda: server.pace.rule.any_client)
    before_s = server.vehicle.time_s
    time.sleep(0.3)
    assert server.vehicle.time_s == before_s

    def drain() -> None:
        while client.recv(65536):
            pass

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    wait_until(lambda: server.vehicle.time_s >= before_s + 30.0)
    client.shutdown(socket.SHUT_RDWR)
    reader.join(PATIENCE_S)
    client.close()


def test_who_works_on_what_it_has_read_is_not_late(server) -> None:
    """A client that computes for a while before it reacts: its reaction comes at the time of what it reacts to."""
    link = server.connect()
    link.mav.command_long_send(1, 1, 176, 0, 1, 4, 0, 0, 0, 0, 0)
    link.mav.command_long_send(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0)
    link.mav.command_long_send(1, 1, 22, 0, 0, 0, 0, 0, 0, 0, 60)
    while True:
        message = link.recv_match(type="GLOBAL_POSITION_INT", blocking=True, timeout=PATIENCE_S)
        if message.relative_alt > 5000:
            break
    began_s = time.thread_time()
    while time.thread_time() - began_s < 0.1:
        mavutil.mavlink.x25crc(bytes(range(250)))
    link.set_mode("LAND")
    server.vehicle.reaches(mode="LAND")
    changed = [entry.time_s for entry in server.vehicle.events if isinstance(entry.event, events.ModeChanged)][-1]
    assert changed - message.time_boot_ms / 1000.0 < 0.5
    server.vehicle.lands_within(2.0)


def test_a_sleep_can_be_the_vehicles(server, monkeypatch) -> None:
    """With a client that does not read meanwhile: a minute of the vehicle's time, and its connection holds."""
    link = server.connect()
    before_s = server.vehicle.time_s
    monkeypatch.setattr(time, "sleep", server.vehicle.sleep)
    time.sleep(60.0)
    assert server.vehicle.time_s >= before_s + 60.0
    while (
        link.recv_match(type="SYSTEM_TIME", blocking=True, timeout=PATIENCE_S).time_boot_ms < 1000.0 * before_s + 60e3
    ):
        pass


def test_a_vehicle_without_clients_runs_ahead_while_it_is_waited_for(server) -> None:
    """A quarter of an hour passes without a client; nobody else lets it pass."""
    server.vehicle.sleep(900.0)
    assert server.vehicle.time_s > 900.0
