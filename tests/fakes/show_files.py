"""Files of drone shows, put together byte by byte as Skybrush's server does it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

Knot = tuple[float, tuple[float, float, float]]
"""Time s, and a place of the show's, m."""
UP_AND_BACK: Sequence[Knot] = (
    (0.0, (0.0, 0.0, 0.0)), (5.0, (0.0, 0.0, 10.0)), (10.0, (10.0, 0.0, 10.0)), (15.0, (10.0, 5.0, 10.0)),
    (20.0, (0.0, 0.0, 10.0)), (25.0, (0.0, 0.0, 0.0)),
)  # fmt: skip
RED_THEN_BLUE = bytes((4, 255, 0, 0, 0xF4, 0x03, 8, 0, 0, 255, 0xF4, 0x03, 0))
"""Red for 10 s, then 10 s in which it becomes blue."""


def trajectory(knots: Sequence[Knot], scale: int = 1) -> bytes:
    """Body of the block: straight lines between the knots; `scale`: mm in each unit."""
    (_, start), *others = knots
    body = struct.pack("<B4h", scale, *(round(1000.0 * value / scale) for value in start), 0)
    before_s, before = knots[0]
    for time_s, place in others:
        moved = [new != old for new, old in zip(place, before, strict=True)]
        header = sum(1 << 2 * axis for axis in range(3) if moved[axis])
        points = [round(1000.0 * value / scale) for value, moves in zip(place, moved, strict=True) if moves]
        body += struct.pack(f"<BH{len(points)}h", header, round(1000.0 * (time_s - before_s)), *points)
        before_s, before = time_s, place
    return body


def block(kind: int, body: bytes) -> bytes:
    return struct.pack("<BH", kind, len(body)) + body


def with_checksum(blocks: bytes) -> bytes:
    """A file of version 2."""
    zeros = b"skyb\2\1" + bytes(4) + blocks
    crc = zlib.crc32(zeros, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return zeros[:6] + struct.pack("<I", crc) + blocks


def show_file(knots: Sequence[Knot] = UP_AND_BACK, lights: bytes = RED_THEN_BLUE, scale: int = 1) -> bytes:
    return with_checksum(block(1, trajectory(knots, scale)) + block(2, lights))
