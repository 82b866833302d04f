"""Questions to a bootloader over a line that adds, splits and loses bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from mavlink_bridge.bootloader.client import BootloaderClient, BootloaderRefusedError, Garbled
from mavlink_bridge.bootloader.protocol import BootStatus, Info
from mavlink_bridge.bootloader.script import BootloaderSilentError, Runner, Script, ScriptWire

OK = b"\x12\x10"
Answer = list[tuple[int, bytes]]
"""What comes back to one command: after how many ms, which bytes."""


def converse(ask: Callable[[BootloaderClient], Script[object]], answers: list[Answer]) -> tuple[object, int]:
    """What `ask` returns or raises, and how many commands it sent, when the n-th is met by the n-th answer."""
    wire = ScriptWire()
    ended: list[object] = []

    def script() -> Script[None]:
        while not wire.connected:
            yield 0
        try:
            ended.append((yield from ask(BootloaderClient(wire))))
        except (BootloaderSilentError, Garbled, BootloaderRefusedError) as trouble:
            ended.append(trouble)

    wire.wants_port = True
    runner = Runner(wire, script())
    runner.advance(0)
    runner.port_opened("port", 0)
    pending: Answer = []
    sent = now = 0
    while not runner.done:
        assert now < 100_000, "the question never ends"
        if runner.take_outgoing():
            pending = [(now + after, data) for after, data in (answers[sent] if sent < len(answers) else [])]
            sent += 1
        now += 1
        while pending and pending[0][0] <= now:
            runner.receive(pending.pop(0)[1], now)
        runner.advance(now)
    return ended[0], sent


def flash_size(client: BootloaderClient) -> Script[object]:
    return (yield from client.device(Info.FLASH_SIZE))


def erase(client: BootloaderClient) -> Script[object]:
    yield from client.erase()
    return "erased"


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


@pytest.mark.parametrize("value", [0, 1_966_080, 0x10121012, 0x13121312, 0x12131213, 0xFFFFFFFF])
def test_a_value_is_read_whatever_it_looks_like_and_wherever_it_is_split(value: int) -> None:
    whole = u32(value) + OK
    for cut in range(1, 6):
        for gap_ms in (0, 5, 40):
            assert converse(flash_size, [[(1, whole[:cut]), (1 + gap_ms, whole[cut:])]]) == (value, 1)


@pytest.mark.parametrize("noise", [b"\x00", b"\x12", b"\xff\x12\x10", b"\x12\x13", b"12345678", b"\x12\x10\x12\x10"])
def test_noise_before_a_value_is_seen_through(noise: bytes) -> None:
    assert converse(flash_size, [[(1, noise + u32(4711) + OK)]]) == (4711, 1)
    assert converse(flash_size, [[(1, noise), (30, u32(4711) + OK)]]) == (4711, 1)


def test_a_value_that_is_cut_short_is_asked_for_again() -> None:
    assert converse(flash_size, [[(1, b"\x01\x02\x03" + OK)], [(1, u32(7) + OK)]]) == (7, 2)


def test_a_value_whose_status_is_damaged_is_asked_for_again() -> None:
    assert converse(flash_size, [[(1, u32(7) + b"\x12\x99")], [(1, u32(7) + OK)]]) == (7, 2)


def test_three_answers_that_are_none_are_the_end() -> None:
    garbage = [(1, b"garbage")]
    ended, sent = converse(flash_size, [garbage, garbage, garbage])
    assert isinstance(ended, Garbled)
    assert sent == 3


def test_silence_is_asked_three_times() -> None:
    ended, sent = converse(flash_size, [])
    assert isinstance(ended, BootloaderSilentError)
    assert sent == 3


@pytest.mark.parametrize("noise", [b"", b"\x00", b"\xff\x7f\x01", b"12345678"])
def test_a_refusal_comes_without_a_value(noise: bytes) -> None:
    ended, sent = converse(flash_size, [[(1, noise + b"\x12\x13")]])
    assert isinstance(ended, BootloaderRefusedError)
    assert ended.status is BootStatus.INVALID
    assert sent == 1


@pytest.mark.parametrize("noise", [b"", b"\x12", b"\x00\xff", b"\x12\x12"])
def test_noise_before_a_plain_answer_is_passed_over(noise: bytes) -> None:
    assert converse(erase, [[(9000, noise + OK)]]) == ("erased", 1)


def test_an_erase_is_never_sent_twice() -> None:
    ended, sent = converse(erase, [[(29_000, b"\x00")]])
    assert isinstance(ended, BootloaderSilentError)
    assert sent == 1
