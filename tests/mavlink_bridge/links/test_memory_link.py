"""The link in memory: what it loses, doubles, delays and reorders, and that its seed decides all of it."""

from __future__ import annotations

import pytest

from mavlink_bridge.links.memory import REORDER_MS, MemoryLink
from mavlink_bridge.testing.link_contract import frames
from mavlink_bridge.wire.framing import split_frames

FRAMES = list(split_frames(frames(2000)))


def arrivals(link: MemoryLink) -> list[tuple[int, bytes]]:
    """Send all frames at time 0; (time, frame) of each arrival."""
    for frame in FRAMES:
        link.a.write(frame)
    seen = [(link.now_ms, frame) for frame in split_frames(link.b.read() or b"")]
    while (due := link.next_delivery_ms()) is not None:
        link.advance(due)
        seen += [(due, frame) for frame in split_frames(link.b.read() or b"")]
    return seen


def test_without_faults_all_is_there_at_once() -> None:
    """No time has to pass."""
    assert arrivals(MemoryLink(seed=1)) == [(0, frame) for frame in FRAMES]


def test_a_delay_is_kept_to_the_millisecond() -> None:
    """Nothing comes early, all in order."""
    link = MemoryLink(delay_ms=25)
    link.a.write(FRAMES[0])
    assert link.next_delivery_ms() == 25
    assert link.a.next_deadline_ms() == 25
    link.advance(24)
    assert link.b.read() == b""
    link.advance(25)
    assert link.b.read() == FRAMES[0]


@pytest.mark.parametrize("loss", [0.1, 0.25])
def test_losses_are_of_whole_frames_at_the_given_rate(loss: float) -> None:
    """Within four standard deviations of the binomial distribution."""
    seen = [frame for _, frame in arrivals(MemoryLink(seed=2, loss=loss))]
    assert seen == [frame for frame in FRAMES if frame in set(seen)], "what is left is in order"
    expected, deviation = len(FRAMES) * (1 - loss), (len(FRAMES) * loss * (1 - loss)) ** 0.5
    assert abs(len(seen) - expected) < 4 * deviation


def test_duplicates_are_the_same_frame_again() -> None:
    """All frames come, some twice."""
    seen = [frame for _, frame in arrivals(MemoryLink(seed=3, duplicate=0.2))]
    assert set(seen) == set(FRAMES)
    assert all(seen.count(frame) <= 2 for frame in seen[:50])
    assert abs(len(seen) - 1.2 * len(FRAMES)) < 80


def test_reordering_keeps_all_frames_and_is_bounded_in_time() -> None:
    """Some come after frames that were sent later, none later than REORDER_MS."""
    seen = arrivals(MemoryLink(seed=4, reorder=0.3))
    order = [frame for _, frame in seen]
    assert sorted(order) == sorted(FRAMES)
    assert order != FRAMES
    assert max(time for time, _ in seen) <= REORDER_MS


def test_one_seed_gives_one_history_and_another_seed_another() -> None:
    """Same arguments, same arrivals, time by time."""

    def history(seed: int) -> list[tuple[int, bytes]]:
        return arrivals(MemoryLink(seed=seed, loss=0.1, duplicate=0.1, reorder=0.1, delay_ms=10))

    assert history(5) == history(5)
    assert history(5) != history(6)


def test_faults_can_change_during_a_flight_without_overtaking() -> None:
    """A frame sent after the delay was taken away does not pass those under way in a way that loses any."""
    link = MemoryLink(delay_ms=20)
    link.a.write(FRAMES[0])
    link.delay_ms = 0
    link.a.write(FRAMES[1])
    link.advance(20)
    assert sorted(split_frames(link.b.read() or b"")) == sorted(FRAMES[:2])


def test_what_was_under_way_at_a_close_still_arrives() -> None:
    """Then the other end reads the end."""
    link = MemoryLink(delay_ms=20)
    link.a.write(FRAMES[0])
    link.a.close()
    assert link.b.read() == b""
    link.advance(20)
    assert link.b.read() == FRAMES[0]
    assert link.b.read() is None


def test_a_probability_beyond_one_is_refused() -> None:
    """A percentage given by mistake."""
    with pytest.raises(ValueError, match="loss is a probability, not 25"):
        MemoryLink(loss=25)
