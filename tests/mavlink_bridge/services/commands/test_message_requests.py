"""docs/reference/ground-stations.md, 1.2: what ground stations ask for when they connect, a row each."""

from __future__ import annotations

import pytest

from autopilot.mav import Result
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.ardupilot import ArduPilot
from tests.fakes.command_bench import CommandBench, result_of

A, D, U, F = Result.ACCEPTED, Result.DENIED, Result.UNSUPPORTED, Result.FAILED

REQUESTS = [
    ("512 p1=148 AUTOPILOT_VERSION", 512, (148,), A, [("request_message", 1, 148)]),
    ("520", 520, (1,), A, [("request_message", 1, 148)]),
    ("520 p1=0", 520, (0,), F, []),
    ("520 without p1", 520, (float("nan"),), F, []),
    ("512 p1=435 AVAILABLE_MODES", 512, (435, 1), U, [("request_message", 1, 435)]),
    ("512 p1=397 COMPONENT_METADATA", 512, (397,), U, [("request_message", 1, 397)]),
    ("512 p1=395 COMPONENT_INFORMATION", 512, (395,), U, [("request_message", 1, 395)]),
    ("512 p1=280 GIMBAL_MANAGER_INFORMATION", 512, (280,), U, [("request_message", 1, 280)]),
    ("512 p1=259 CAMERA_INFORMATION", 512, (259,), U, [("request_message", 1, 259)]),
    ("512 p1=269 VIDEO_STREAM_INFORMATION", 512, (269,), U, [("request_message", 1, 269)]),
    ("521", 521, (1,), U, []),
    ("512 p1=242 HOME_POSITION", 512, (242,), A, [("request_message", 1, 242)]),
    ("410 GET_HOME_POSITION", 410, (), A, [("request_message", 1, 242), ("request_message", 1, 49)]),
    ("519 PROTOCOL_VERSION", 519, (1,), U, []),
    ("512 p1=300 PROTOCOL_VERSION", 512, (300,), U, []),
    ("511 QGC, HOME_POSITION", 511, (242, 1e6), A, [("set_message_interval", 1, 242, 1_000_000)]),
    ("511 default rate", 511, (30, 0), A, [("set_message_interval", 1, 30, 0)]),
    ("511 off", 511, (30, -1), A, [("set_message_interval", 1, 30, -1)]),
    ("511 unknown id DENIED", 511, (9999, 1e6), D, [("set_message_interval", 1, 9999, 1_000_000)]),
    ("511 800 Hz", 511, (30, 1250), D, []),
    ("511 251 Hz", 511, (30, 3999), D, []),
    ("511 250 Hz", 511, (30, 4000), A, [("set_message_interval", 1, 30, 4000)]),
    ("511 with an index", 511, (30, 1e6, 1), D, []),
    ("511 negative interval", 511, (30, -2), D, []),
    ("511 no interval", 511, (30, float("nan")), D, []),
    ("512 beyond any id", 512, (2**25,), F, []),
    ("512 negative id", 512, (-1,), F, []),
    ("510 beyond MESSAGE_INTERVAL's 16 bit", 510, (70000,), F, []),
]  # fmt: skip


@pytest.mark.parametrize(("row", "number", "params", "result", "asked"), REQUESTS, ids=[case[0] for case in REQUESTS])
def test_a_request_is_answered_as_its_row_says(
    row: str, number: int, params: tuple[float, ...], result: Result, asked: list[tuple[object, ...]]
) -> None:
    """One acknowledgement with the row's result; telemetry is asked for what the row names, on the asker's link."""
    bench = CommandBench()
    assert result_of(bench.long(number, *params)) is result
    assert bench.telemetry.asked == asked


def test_an_interval_that_is_too_short_is_told() -> None:
    """GCS_Common.cpp, set_message_interval."""
    bench = CommandBench()
    assert result_of(bench.long(511, 30, 1250)) is D
    text = "Requested rate for message ID 30 too fast. Increase SCHED_LOOP_RATE"
    assert bench.autopilot.calls[-1] == ("announcer.say", (6, text), {})


@pytest.mark.parametrize(("kind", "fastest_us"), [("copter", 4000), ("quadplane", 5000), ("plane", 25_000)])
def test_the_shortest_interval_is_that_of_the_loop(kind: str, fastest_us: int) -> None:
    """80 % of SCHED_LOOP_RATE in whole milliseconds: 400 Hz of ArduCopter, 300 with lift motors, else 50."""
    assert ArduPilot(vehicle_class(kind)).habits.fastest_us == fastest_us


@pytest.mark.parametrize(("number", "params"), [(512, (244, 33)), (510, (33,))])
@pytest.mark.parametrize(("message", "interval"), [(33, 250_000), (245, -1), (9999, 0)])
def test_message_interval_goes_before_its_acknowledgement(
    number: int, params: tuple[float, ...], message: int, interval: int
) -> None:
    """Rows 512 p1=244 and 510: us, -1 off, 0 unknown, for which 510 is FAILED; in ArduPilot's order."""
    answer, ack = CommandBench().long(number, *params[:-1], message)
    assert (ack.get_type(), ack.result) == ("COMMAND_ACK", F if (number, interval) == (510, 0) else A)
    assert (answer.get_type(), answer.message_id, answer.interval_us) == ("MESSAGE_INTERVAL", message, interval)


def test_the_home_position_is_refused_while_there_is_none() -> None:
    """Row 410: none is FAILED, at once."""
    bench = CommandBench()
    bench.autopilot.place = None
    assert result_of(bench.long(410)) is F
    assert bench.telemetry.asked == []


def test_the_banner_follows_its_acknowledgement() -> None:
    """Row 42428: ACK 0 and the texts, to the asker only."""
    bench = CommandBench()
    messages = bench.long(42428, 1)
    assert result_of(messages) is A
    assert messages[1].get_type() == "STATUSTEXT"
    assert messages[1].text.startswith("ArduCopter")


def test_a_repeated_request_is_served_again() -> None:
    """The lost part may have been the message, so confirmation > 0 does not silence it."""
    bench = CommandBench()
    bench.long(512, 148)
    assert result_of(bench.long(512, 148, confirmation=1, now_ms=1200)) is A
    assert bench.telemetry.asked == [("request_message", 1, 148)] * 2
