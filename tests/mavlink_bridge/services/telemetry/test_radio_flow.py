"""How the vehicle makes room for a radio: slower streams, transfers that wait, and both come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.telemetry.layout import NUMBER_OF_NAME
from mavlink_bridge.services.telemetry.radio_flow import GRANT, LARGEST_MS, RadioFlow, step_ms
from mavlink_bridge.services.telemetry.schedule import DEFAULT_US, Schedule
from mavlink_bridge.wire.codec import dialect

LINK = 3
PEER = Peer(LINK, 51, 68)


class Bench:
    """A flow and what it told the streams."""

    def __init__(self, baud: int | None = 57_600) -> None:
        self.told: list[tuple[int, int]] = []
        self.flow = RadioFlow(
            lambda link, slowdown_ms, factor: self.told.append((slowdown_ms, factor)), lambda link: baud
        )

    def report(
        self, txbuf: int, now_ms: int, kind: Callable[..., object] = dialect.MAVLink_radio_status_message
    ) -> None:
        self.flow.handle_message(kind(200, 200, txbuf, 17, 17, 0, 0), PEER, now_ms)


@pytest.mark.parametrize(
    ("txbuf", "slowdown_ms", "step"),
    [
        (0, 0, 60), (19, 1990, 60), (19, 2000, 0), (20, 0, 20), (49, 100, 20), (49, 2000, 0), (50, 400, 0),
        (90, 400, 0), (91, 400, -20), (91, 0, 0), (95, 400, -20), (96, 400, -40), (96, 200, -20), (100, 20, -20),
        (100, 0, 0),
    ],
)  # fmt: skip
def test_the_steps_are_ardupilots(txbuf: int, slowdown_ms: int, step: int) -> None:
    """GCS_MAVLINK::handle_radio_status, each branch and its edges."""
    assert step_ms(txbuf, slowdown_ms) == step


def test_streams_slow_down_and_come_back() -> None:
    """A full buffer adds 60 ms a report up to 2 s; an empty one takes it back."""
    bench = Bench()
    for second in range(50):
        bench.report(5, second * 1000)
    assert bench.told[0] == (60, 1)
    assert LARGEST_MS <= bench.told[-1][0] < LARGEST_MS + 60
    for second in range(50, 120):
        bench.report(100, second * 1000)
    assert bench.told[-1] == (0, 1)


def test_radio_says_the_same_as_radio_status() -> None:
    """ArduPilot's older message."""
    bench = Bench()
    bench.report(5, 0, dialect.MAVLink_radio_message)
    assert bench.told == [(60, 1)]


def test_without_a_radio_nothing_is_paced() -> None:
    """A link that no radio has spoken on has the room that it has."""
    assert Bench().flow.room(LINK, 10_000) == 10_000


def test_a_transfer_takes_a_third_of_the_line() -> None:
    """57600 baud: 1920 bytes a second."""
    bench = Bench()
    taken = 0
    bench.report(100, 0)
    for now_ms in range(0, 10_000, 5):
        bench.flow.handle_timeout(now_ms)
        taken += bench.flow.room(LINK, 4000)
    assert taken / 10.0 == pytest.approx(5760 / 3, rel=0.03)


def test_a_transfer_waits_while_the_buffer_is_nearly_full_and_not_for_ever() -> None:
    """At 33 % nothing; what was said 5 s ago holds nothing back."""
    bench = Bench()
    bench.report(33, 0)
    assert bench.flow.room(LINK, 4000) == 0
    bench.flow.handle_timeout(4_999)
    assert bench.flow.room(LINK, 4000) == 0
    bench.flow.handle_timeout(5_000)
    assert bench.flow.room(LINK, 4000) == GRANT
    bench.report(34, 6_000)
    assert bench.flow.room(LINK, 4000) == GRANT


def test_streams_go_four_times_as_slowly_while_something_is_transferred() -> None:
    """From the first block until a second after the last could have followed."""
    bench = Bench()
    bench.report(100, 0)
    assert bench.flow.next_deadline_ms() is None
    assert bench.flow.room(LINK, 4000) == GRANT
    assert bench.told[-1] == (0, 4)
    end_ms = bench.flow.next_deadline_ms()
    assert end_ms is not None and 1_000 < end_ms < 1_300
    bench.flow.handle_timeout(end_ms - 1)
    assert bench.told[-1] == (0, 4)
    bench.flow.handle_timeout(end_ms)
    assert bench.told[-1] == (0, 1)
    assert bench.flow.next_deadline_ms() is None


def test_a_closed_link_takes_its_radio_with_it() -> None:
    """Link numbers are never used again, but what was known is gone."""
    bench = Bench()
    bench.report(0, 0)
    bench.flow.link_closed(LINK)
    assert bench.flow.room(LINK, 10_000) == 10_000
    bench.report(5, 1000)
    assert bench.told[-1] == (60, 1)  # not 120


def test_a_schedule_that_is_slowed_down_keeps_heartbeat_and_what_was_asked_for() -> None:
    """Intervals that were asked for are what is answered; those at which streams go are longer, and come back."""
    heartbeat, attitude = NUMBER_OF_NAME["HEARTBEAT"], NUMBER_OF_NAME["ATTITUDE"]
    schedule = Schedule({heartbeat: 1_000_000, attitude: 250_000})

    def counts(begin_ms: int) -> tuple[int, int]:
        due = [schedule.take_due(now_ms) for now_ms in range(begin_ms, begin_ms + 10_000, 20)]
        flat = [number for one in due if one is not None for number in one.tolist()]
        return flat.count(heartbeat), flat.count(attitude)

    assert counts(0) == (10, 40)
    schedule.slow_down(250, 1)
    assert counts(10_000) == (10, 20)
    assert schedule.intervals == {heartbeat: 1_000_000, attitude: 250_000}
    schedule.slow_down(0, 4)
    assert counts(20_000) == (10, 10)
    schedule.slow_down(0, 1)
    assert counts(30_000) == (10, 40)
    assert DEFAULT_US[heartbeat] == 1_000_000
