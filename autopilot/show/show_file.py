"""Show files, `.skyb`: trajectory and light program of one vehicle, in blocks.

`skyb`, version 1 or 2; version 2 has a byte of features and, if its lowest bit is set, the CRC-32 of the whole file
(without preset and inversion, with its own bytes as zeros). Then blocks: type, length (16 bits), body. All numbers are
little-endian. A trajectory: scale (7 bits, mm), a start x, y, z (in units of the scale) and a yaw (0.1 degree); then
curves: the number of control points that each of x, y, z and yaw adds (two bits each: 0, 1, 3, 7), ms (16 bits), the
points. Other blocks (ways home, headings, events) are skipped. The facts are those of libskybrush (99beb12e).
"""

from __future__ import annotations

import struct
import zlib

from autopilot.interface.records import dataclass
from autopilot.show.trajectory import Segment, Trajectory

_MARK = b"skyb"
_CRC = 1
_TRAJECTORY, _LIGHTS = 1, 2
_AXES = 4


@dataclass(frozen=True, slots=True)
class ShowFile:
    """Part of one vehicle in a show. `lights`: its light program."""

    trajectory: Trajectory
    lights: bytes = b""


def read_show(content: bytes) -> ShowFile:
    """Read a file. ValueError if it is not a show, or damaged."""
    blocks = dict(reversed(list(_blocks(content))))  # of two blocks of a type the first counts
    if _TRAJECTORY not in blocks:
        raise ValueError("no trajectory")
    try:
        return ShowFile(_trajectory(blocks[_TRAJECTORY]), blocks.get(_LIGHTS, b""))
    except (struct.error, IndexError):
        raise ValueError("a block is cut") from None


def _blocks(content: bytes) -> list[tuple[int, bytes]]:
    if content[:4] != _MARK or content[4:5] not in (b"\1", b"\2"):
        raise ValueError("no show file")
    at = 5
    if content[4] == 2:
        at = 6
        if content[5:6] and content[5] & _CRC:
            at = 10
            checksum = int.from_bytes(content[6:10], "little")
            if checksum != zlib.crc32(content[:6] + bytes(4) + content[10:], 0xFFFFFFFF) ^ 0xFFFFFFFF:
                raise ValueError("the checksum is wrong")
    blocks = []
    while at < len(content):
        length = int.from_bytes(content[at + 1 : at + 3], "little")
        body = content[at + 3 : at + 3 + length]
        if len(content) < at + 3 or len(body) < length:
            raise ValueError("the last block is cut")
        blocks.append((content[at], body))
        at += 3 + length
    return blocks


def _trajectory(body: bytes) -> Trajectory:
    unit = 0.001 * (body[0] & 0x7F)
    last = [unit * value for value in struct.unpack_from("<3h", body, 1)] + [0.0]  # the fourth is the yaw
    at, start_s, segments = 9, 0.0, []
    while at < len(body):
        header, (length_ms,) = body[at], struct.unpack_from("<H", body, at + 1)
        at += 3
        axes = []
        for axis in range(_AXES):
            count = (1 << (header >> 2 * axis & 3)) - 1
            points = struct.unpack_from(f"<{count}h", body, at)
            axes.append((last[axis], *(unit * value for value in points)))
            last[axis], at = axes[axis][-1], at + 2 * count
        segments.append(Segment(start_s, 0.001 * length_ms, (axes[0], axes[1], axes[2])))
        start_s += 0.001 * length_ms
    if not segments:
        raise ValueError("an empty trajectory")
    return Trajectory(tuple(segments))
