"""T_HEARTBEAT and T_DEATH."""

from __future__ import annotations

from depot.decisions.memory import DeathTimer, HeartbeatTimer
from depot.settings import HeartbeatSettings

BEATS = HeartbeatSettings(period_s=100.0, misses=3, grace_s=2.0, polls=2, poll_s=4.0)


def run(timer: HeartbeatTimer, until_ms: int) -> list[int]:
    """Instants at which the timer asks for a beat, up to `until_ms`."""
    asked = []
    while timer.due_ms is not None and timer.due_ms <= until_ms:
        now_ms = timer.due_ms
        if timer.check(now_ms, BEATS):
            asked.append(now_ms)
    return asked


def test_t_death_is_one_and_a_half_times_t_sortie_from_the_launch() -> None:
    """And not a millisecond earlier."""
    timer = DeathTimer()
    assert not timer.expired(10**12)
    timer.start(5_000, 1_000.0)
    assert timer.due_ms == 1_505_000
    assert not timer.expired(1_504_999)
    assert timer.expired(1_505_000)
    timer.stop()
    assert not timer.expired(10**12)


def test_a_missing_beat_is_asked_for_before_it_counts() -> None:
    """Twice here, after its grace; then it is a miss."""
    timer = HeartbeatTimer()
    timer.start(0, BEATS)
    assert run(timer, 109_999) == [102_000, 106_000]
    assert timer.misses == 0
    assert run(timer, 110_000) == []
    assert timer.misses == 1


def test_misses_in_a_row_come_one_period_apart() -> None:
    """The third after three periods and the time for asking."""
    timer = HeartbeatTimer()
    timer.start(0, BEATS)
    run(timer, 309_999)
    assert timer.misses == 2
    run(timer, 310_000)
    assert timer.misses == 3


def test_a_beat_begins_the_count_anew() -> None:
    """Only misses in a row count."""
    timer = HeartbeatTimer()
    timer.start(0, BEATS)
    run(timer, 215_000)
    assert timer.misses == 2
    timer.start(215_000, BEATS)
    assert timer.misses == 0
    assert timer.due_ms == 215_000 + 102_000


def test_behind_a_closed_window_only_a_beat_that_is_due_waits_for_its_opening() -> None:
    """One that is not due yet is expected at its time."""
    timer = HeartbeatTimer()
    timer.start(0, BEATS)
    timer.wait(101_999, 500_000, BEATS)
    assert timer.due_ms == 102_000
    timer.wait(102_000, 500_000, BEATS)
    assert timer.due_ms == 502_000


def test_a_stopped_timer_expects_nobody() -> None:
    """Docked or frozen."""
    timer = HeartbeatTimer()
    timer.start(0, BEATS)
    timer.stop()
    assert timer.due_ms is None
    assert not timer.check(10**9, BEATS)
    assert timer.misses == 0


def test_beats_missed_before_it_stopped_do_not_count_in_the_next_check() -> None:
    """Docked on its latches, or started again on its dock, the go/no-go would else see a missed beat."""
    beats, settings = HeartbeatTimer(), HeartbeatSettings(polls=0)
    beats.start(0, settings)
    assert beats.due_ms is not None
    beats.check(beats.due_ms, settings)
    assert beats.misses == 1
    beats.stop()
    assert (beats.misses, beats.due_ms) == (0, None)
