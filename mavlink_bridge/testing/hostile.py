"""Hostile peer: sends invalid and malicious messages, the same bytes for the same seed.

`any_message` makes a message with random field values within their ranges, with extremes. `HostilePeer` packs such
messages and damages some: truncated, a flipped bit, a wrong checksum, noise before them, start bytes without a frame.
The test decides what must hold: no exception, bounded memory, and service to other peers.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from mavlink_bridge.wire.codec import Message, dialect, payload
from mavlink_bridge.wire.framing import FrameWriter

#: left out: SETUP_SIGNING would lock out the valid station, correctly
SIGNING = dialect.MAVLINK_MSG_ID_SETUP_SIGNING
_RANGES = {
    "int8_t": (-(2**7), 2**7 - 1), "uint8_t": (0, 2**8 - 1), "int16_t": (-(2**15), 2**15 - 1),
    "uint16_t": (0, 2**16 - 1), "int32_t": (-(2**31), 2**31 - 1), "uint32_t": (0, 2**32 - 1),
    "int64_t": (-(2**63), 2**63 - 1), "uint64_t": (0, 2**64 - 1),
}  # fmt: skip
_INF, _NAN = float("inf"), float("nan")
_FLOATS = (0.0, -0.0, 1.0, -1.0, 2.0, 3.5, 1e-3, 90.0, -35.36, 149.16, 1e10, -1e30, 3.4e38, _INF, -_INF, _NAN)


def message_numbers() -> list[int]:
    """Ids of all messages of the dialect except SETUP_SIGNING."""
    return sorted(number for number in dialect.mavlink_map if number != SIGNING)


def any_message(number: int, random: Random) -> Message:
    """Message with random field values within their ranges, addressed to us more often than not."""
    message_type = dialect.mavlink_map[number]
    fields = dict(zip(message_type.fieldnames, message_type.fieldtypes, strict=True))
    lengths = dict(zip(message_type.ordered_fieldnames, message_type.array_lengths, strict=True))
    values = [_value(name, kind, lengths[name], random) for name, kind in fields.items()]
    return message_type(*values)


def _value(name: str, kind: str, length: int, random: Random) -> Any:
    if name.startswith("target_system"):
        return random.choice((0, 1, 1, 1, 2, 255))
    if name.startswith("target_component"):
        return random.choice((0, 1, 1, 190))
    if kind == "char":
        return random.randbytes(length or 1) if random.random() < 0.5 else b"WPNAV_SPEED"[: length or 1]
    return [_one(kind, random) for _ in range(length)] if length else _one(kind, random)


def _one(kind: str, random: Random) -> Any:
    if kind in ("float", "double"):
        return random.choice(_FLOATS)
    low, high = _RANGES[kind]
    return random.choice((random.randint(0, min(high, 20)), random.randint(low, high), low, high))


def sequence(seeds: Sequence[int], numbers: Sequence[int]) -> list[Any]:
    return [any_message(number, Random(seed)) for number, seed in zip(numbers, seeds, strict=True)]


class HostilePeer:
    """System on a link that sends garbage. `system`, `component`: its claimed ids. `spoilt`: fraction of damaged
    frames."""

    def __init__(self, seed: int = 0, *, system: int = 200, component: int = 1, spoilt: float = 0.3) -> None:
        self._random = Random(seed)
        self._writer = FrameWriter(system, component)
        self._numbers = message_numbers()
        self._spoilt = spoilt

    def take(self, count: int = 1) -> bytes:
        """Next `count` frames, some of them damaged."""
        return b"".join(self._frame() for _ in range(count))

    def pack(self, message: Message) -> bytes:
        """Frame of this peer with the caller's message, undamaged."""
        return self._writer.frame(*payload(message))

    def _frame(self) -> bytes:
        data = self.pack(any_message(self._random.choice(self._numbers), self._random))
        return self._spoil(data) if self._random.random() < self._spoilt else data

    def _spoil(self, data: bytes) -> bytes:
        at = self._random.randrange(len(data))
        match self._random.randrange(5):
            case 0:
                return data[:at]
            case 1:
                return data[:at] + bytes([data[at] ^ (1 << self._random.randrange(8))]) + data[at + 1 :]
            case 2:
                return data[:-1] + bytes([data[-1] ^ 0xFF])
            case 3:
                return self._random.randbytes(at) + data
            case _:
                return self._random.choice((b"\xfd", b"\xfe", b"\xfd\xff\x00")) + data
