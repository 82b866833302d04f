"""Hostile input against the whole service: bytes and sequences of valid messages (`tests/fakes/hostile.py` says what
must hold). `tests/fuzz` does the same with a coverage-guided fuzzer in the long tests."""

from __future__ import annotations

import gc
import tracemalloc
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mavlink_bridge.testing.hostile import any_message, message_numbers
from tests.fakes.examples import examples
from tests.fakes.hostile import Siege

NUMBERS = message_numbers()
#: What a station sends to a vehicle: chosen as often as all others together.
TALK = (
    11, 20, 21, 23, 33, 37, 38, 39, 40, 41, 43, 44, 45, 47, 51, 66, 69, 70, 73, 75, 76, 77, 82, 84, 86, 110, 117, 119,
    121, 144, 149, 246, 330, 340, 400, 12900, 12904, 12915,
)  # fmt: skip
few = settings(
    max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
chosen = st.one_of(st.sampled_from(TALK), st.sampled_from(NUMBERS))
messages = st.lists(st.tuples(chosen, st.integers(0, 2**32)), min_size=1, max_size=150)


def frame(number: int, seed: int) -> bytes:
    siege_packer = _packer()
    return bytes(any_message(number, Random(seed)).pack(siege_packer))


def _packer() -> object:
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    return dialect.MAVLink(None, srcSystem=200, srcComponent=1)


damaged = st.builds(
    lambda number, seed, at, flip: (lambda raw: raw[: at % len(raw)] + bytes((flip,)) + raw[at % len(raw) + 1 :])(
        frame(number, seed)
    ),
    chosen, st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 255),
)  # fmt: skip
cut = st.builds(lambda number, seed, at: frame(number, seed)[at % 20 :], chosen, st.integers(0, 99), st.integers(0, 19))
pieces = st.lists(st.one_of(st.binary(max_size=300), damaged, cut), max_size=40)


@pytest.mark.parametrize("kind", ["copter", "rover"])
@few
@given(pieces=pieces)
def test_any_bytes_harm_nobody(kind: str, pieces: list[bytes]) -> None:
    with Siege(kind) as siege:
        for data in pieces:
            siege.send_bytes(data)
        siege.check()


@pytest.mark.parametrize(("kind", "flying"), [("copter", False), ("copter", True), ("rover", True)])
@few
@given(sent=messages, pauses=st.integers(0, 2**32))
def test_any_messages_harm_nobody(kind: str, flying: bool, sent: list[tuple[int, int]], pauses: int) -> None:
    random = Random(pauses)
    with Siege(kind, flying=flying) as siege:
        for number, seed in sent:
            siege.send(any_message(number, Random(seed)), random.choice((200, 255, 255, 1)))
            if random.random() < 0.1:
                siege.session.run_for(random.choice((0.02, 0.5, 3.0)))
        siege.check(pauses)


def test_what_a_hostile_peer_sends_is_not_kept() -> None:
    """Thousands of messages of every kind from ever new senders: the second half adds nothing to the memory."""
    random = Random(5)
    with Siege() as siege:

        def send(count: int) -> None:
            for _ in range(count):
                number = random.choice((random.choice(TALK), random.choice(NUMBERS)))
                siege.send(any_message(number, random), random.randint(1, 255))
                if random.random() < 0.02:
                    siege.session.run_for(0.5)
                    siege.hostile.read()
                    siege.session.events.clear()

        for sender, number in enumerate(NUMBERS):  # the layout of a message is made when it first comes
            siege.send(any_message(number, random), 1 + sender % 255)
        send(1200)
        gc.collect()
        tracemalloc.start()
        send(250)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        send(1000)
        siege.session.events.clear()
        siege.hostile.read()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert after - before < 150_000
        siege.check()
