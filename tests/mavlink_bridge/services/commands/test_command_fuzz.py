"""Whatever the numbers in a command are, the answer is one acknowledgement and the core hears only sane numbers."""

from __future__ import annotations

from dataclasses import astuple
from math import isfinite, nan
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint
from autopilot.interface.targets import Yaw
from autopilot.mav import Result
from mavlink_bridge.services.commands import equipment, flight, messages
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from tests.fakes.command_bench import CommandBench
from tests.fakes.examples import examples

KNOWN = sorted({**flight.ROWS, **equipment.ROWS, **messages.ROWS})
numbers = st.sampled_from(KNOWN) | st.integers(0, 65535)
floats = st.floats(width=32) | st.sampled_from([nan, 0.0, 1.0, -1.0, 3.0e38, -0.0]) | st.integers(-3, 300).map(float)
ints = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([0, 2**31 - 1, -353632610, 1491652299])
kinds = st.sampled_from(["copter", "rover"])


def _numbers(value: Any) -> list[float]:
    if isinstance(value, GeoPoint | Yaw):
        value = astuple(value)
    if isinstance(value, tuple | list):
        return [number for one in value for number in _numbers(one)]
    return [value] if isinstance(value, float | int) else []


def _check(bench: CommandBench, message: Any) -> None:
    answers = bench.send(codec.decode(message.id, codec.payload(message)[1]))
    (ack,) = (one for one in answers if one.get_type() == "COMMAND_ACK")
    assert ack.command == message.command
    assert Result(ack.result) in set(Result) - {Result.IN_PROGRESS}
    for one in answers:
        codec.payload(one)  # every field fits its type
    for _, positional, named in bench.autopilot.calls:
        assert all(isfinite(number) and abs(number) <= 1e10 for number in _numbers((*positional, *named.values())))


@settings(max_examples=examples(600), deadline=None)
@given(kinds, numbers, st.integers(0, 255), st.tuples(*[floats] * 7))
def test_any_command_long_gets_one_sane_answer(
    kind: str, number: int, confirmation: int, params: tuple[float, ...]
) -> None:
    """Never an exception, one acknowledgement, nothing infinite or NaN for the core."""
    _check(CommandBench(kind), dialect.MAVLink_command_long_message(1, 1, number, confirmation, *params))


@settings(max_examples=examples(600), deadline=None)
@given(kinds, numbers, st.integers(0, 255), st.tuples(*[floats] * 4), ints, ints, floats)
def test_any_command_int_gets_one_sane_answer(
    kind: str, number: int, frame: int, params: tuple[float, ...], x: int, y: int, z: float
) -> None:
    """As above, with integers for the position and any frame."""
    _check(CommandBench(kind), dialect.MAVLink_command_int_message(1, 1, frame, number, 0, 0, *params, x, y, z))
