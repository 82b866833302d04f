"""The stream-rate plan: what is asked for fits the line."""

from __future__ import annotations

import pytest

from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.flight_controller.streams import StreamKeeper, load, plan
from mavlink_bridge.wire import codec

POSITION = codec.message_id("GLOBAL_POSITION_INT")
assert POSITION is not None


@pytest.mark.parametrize("baud", [9600, 19200, 38400, 57600, 115200, 921600])
def test_the_plan_takes_at_most_35_per_cent_of_the_line(baud: int) -> None:
    """From 19200 baud on; at 9600 every stream is at its slowest."""
    rates = plan(baud, OWN.rates)
    assert load(rates) <= 0.35 * baud / 10 or max(rates.values()) == 1.0
    assert POSITION in rates and rates[POSITION] >= 1.0


def test_from_57600_baud_on_nothing_is_slowed_down() -> None:
    """10 Hz for the position."""
    assert plan(57600, OWN.rates) == plan(None, OWN.rates)
    assert plan(None, OWN.rates)[POSITION or 0] == 10.0
    assert plan(19200, OWN.rates)[POSITION or 0] < 10.0


def test_a_stream_that_stays_away_is_asked_for_again() -> None:
    """After three seconds of silence of one stream only that one is asked for."""
    keeper = StreamKeeper(plan(None, OWN.rates), 1, 1)
    assert len(keeper.take(0)) == len(keeper.rates)
    for now_ms in range(100, 10_000, 100):
        for number in keeper.rates:
            if number != POSITION:
                keeper.heard(number, now_ms)
    again = keeper.take(10_000)
    assert [int(message.param1) for message in again] == [POSITION]


def test_heartbeat_is_asked_for_while_armed_and_grows_stale() -> None:
    """Where its stream stays at 1 Hz: five times a second, fresh for one and a half of that; disarmed never."""
    keeper = StreamKeeper({}, 1, 1, heartbeat_hz=5.0)
    assert keeper.take(0) == [] and keeper.deadline_ms == 2000
    keeper.armed = True
    asked = [now_ms for now_ms in range(20, 1000, 20) if keeper.take(now_ms)]
    assert asked == [20, 220, 420, 620, 820] and keeper.deadline_ms == 1020
    keeper.heard(0, 1000)
    assert keeper.beat_is_fresh(1300) and not keeper.beat_is_fresh(1320)
