"""When streams are due: aligned instants, rounded up to ticks, whoever asked and whenever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autopilot.interface.layout import TICK_MS
from mavlink_bridge.services.telemetry.schedule import Schedule, instant_after

INTERVALS = st.integers(20_000, 60_000_000)
TICKS = st.integers(0, 10**7).map(lambda tick: tick * TICK_MS)


@given(INTERVALS, TICKS)
def test_the_next_instant_is_a_multiple_rounded_up_to_a_tick(interval_us: int, now_ms: int) -> None:
    """It lies behind now, on a tick, less than a tick behind a multiple, and no multiple is passed over."""
    instant = instant_after(interval_us, now_ms)
    assert instant > now_ms
    assert instant % TICK_MS == 0
    count = instant * 1000 // interval_us
    assert instant * 1000 - count * interval_us < TICK_MS * 1000
    assert instant_after(interval_us, instant - TICK_MS) == instant
    assert instant - now_ms <= interval_us / 1000 + TICK_MS


def test_three_hertz_has_three_instants_in_each_second() -> None:
    """A third of a second is no multiple of a tick; rounding does not add up."""
    instants, now_ms = [], 0
    while now_ms < 2000:
        now_ms = instant_after(333_333, now_ms)
        instants.append(now_ms)
    assert instants == [340, 680, 1000, 1340, 1680, 2000]


def test_streams_of_all_rates_meet_at_full_seconds() -> None:
    """4 Hz, 2 Hz and 1 Hz: four wake-ups a second, and the order of the streams is their number."""
    schedule = Schedule({5: 250_000, 1: 500_000, 3: 1_000_000})
    due = {now: plan.tolist() for now in range(20, 1020, 20) if (plan := schedule.take_due(now)) is not None}
    assert due == {260: [5], 500: [1, 5], 760: [5], 1000: [1, 3, 5]}


def test_a_new_schedule_asks_to_be_called_and_then_waits() -> None:
    """Nobody has told it the time yet: due in the past, then at the first aligned instant from now on."""
    schedule = Schedule({0: 1_000_000})
    assert schedule.next_ms is not None
    assert schedule.next_ms < 0
    assert schedule.take_due(980) is None
    assert schedule.next_ms == 1000


def test_an_instant_at_the_first_call_counts() -> None:
    """A schedule that is first called at a full second is due right then, once."""
    schedule = Schedule({0: 1_000_000})
    plan = schedule.take_due(1000)
    assert plan is not None
    assert plan.tolist() == [0]
    assert schedule.take_due(1000) is None


def test_missed_instants_are_not_made_up_for() -> None:
    """After a gap a stream is sent once and goes on with the next aligned instant."""
    schedule = Schedule({0: 100_000})
    assert schedule.take_due(100) is not None
    assert schedule.take_due(750) is not None
    assert schedule.next_ms == 800


def test_changing_one_stream_leaves_the_others_alone() -> None:
    """What keeps its interval keeps its instants; a stream that is off is never due."""
    schedule = Schedule({0: 1_000_000, 1: 1_000_000})
    schedule.take_due(1000)
    schedule.update({1: -1})
    assert schedule.take_due(1000) is None
    plan = schedule.take_due(2000)
    assert plan is not None
    assert plan.tolist() == [0]


def test_nothing_to_send_is_no_deadline() -> None:
    """All streams off: never."""
    assert Schedule({0: -1}).next_ms is None


@given(st.dictionaries(st.integers(0, 31), INTERVALS, min_size=1), st.lists(st.booleans(), min_size=50, max_size=50))
def test_extra_calls_change_nothing(intervals: dict[int, int], called: list[bool]) -> None:
    """Called at deadlines only, or at some ticks in between as well: the same streams at the same instants."""

    def sent(extra: list[bool]) -> list[tuple[int, list[int]]]:
        schedule, found = Schedule(intervals), []
        for tick, called_too in enumerate(extra):
            now_ms = tick * TICK_MS
            if called_too or tick == 0 or (schedule.next_ms is not None and schedule.next_ms <= now_ms):
                plan = schedule.take_due(now_ms)
                if plan is not None:
                    found.append((now_ms, plan.tolist()))
        return found

    assert sent(called) == sent([False] * len(called))
