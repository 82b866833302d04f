"""Show files, `.skyb`: trajectory and light program of one vehicle, in blocks.

`skyb`, version 1 or 2; version 2 has a byte of features and, if its lowest bit is set, the CRC-32 of the whole file
(without preset and inversion, with its own bytes as zeros). Then blocks: type, length (16 bits), body. All numbers are
little-endian. A trajectory: scale (7 bits, mm), a start x, y, z (in units of the scale) and a yaw (0.1 degree); then
curves: the number of control points that each of x, y, z and yaw adds (two bits each: 0, 1, 3, 7), ms (16 bits), the
points. Other blocks (ways home, headings, events) are skipped. The facts are those of libskybrush (99beb12e).

A trajectory is a sequence of timed curves, in metres of the show's own frame. Each coordinate of a curve is a
polynomial in Bernstein form of degree 0, 1, 3 or 7 (a Bezier curve), so it stays between its lowest and its highest
control point. x points along the show's orientation, y to the left of it, z up.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from math import inf, sqrt

from autopilot.interface.records import dataclass

Point = tuple[float, float, float]
_STEPS = 64
"""Pieces of a curve in the search for a height."""
_VERTICAL_M = 0.05
"""A curve sinks vertically if it moves sideways less than this, m, and no more than it sinks."""
_MARK = b"skyb"
_CRC = 1
_TRAJECTORY, _LIGHTS = 1, 2
_AXES = 4


def bezier(controls: Sequence[float], share: float) -> tuple[float, float]:
    """Value of a curve at `share` (0 to 1), and its derivative by share; by de Casteljau."""
    points = list(controls)
    slope = 0.0
    for degree in range(len(points) - 1, 0, -1):
        if degree == 1:
            slope = (len(controls) - 1) * (points[1] - points[0])
        points = [a + share * (b - a) for a, b in pairwise(points)]
    return points[0], slope


@dataclass(frozen=True, slots=True)
class Segment:
    """A curve: start and duration, s, and the control points of its coordinates, m."""

    start_s: float
    length_s: float
    controls: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]

    @property
    def sinks_straight(self) -> bool:
        """True if it sinks vertically."""
        (x, y, z) = self.controls
        aside, sunk = max(abs(x[-1] - x[0]), abs(y[-1] - y[0])), z[0] - z[-1]
        return sunk >= 0.0 and aside <= _VERTICAL_M and aside <= sunk

    def time_at(self, height: float) -> float | None:
        """Time at which it first reaches this height, s; None: never."""
        z = self.controls[2]
        if not min(z) <= height <= max(z):
            return None
        before = z[0] - height
        for step in range(1, _STEPS + 1):
            now = bezier(z, step / _STEPS)[0] - height
            if before == 0.0 or before * now <= 0.0:
                part = 0.0 if before == now else before / (before - now)
                return self.start_s + self.length_s * (step - 1 + part) / _STEPS
            before = now
        return None


@dataclass(frozen=True)
class Trajectory:
    """Segments in the order of their times, at least one."""

    segments: tuple[Segment, ...]

    @cached_property
    def _starts(self) -> list[float]:
        return [segment.start_s for segment in self.segments]

    @property
    def end_s(self) -> float:
        last = self.segments[-1]
        return last.start_s + last.length_s

    def at(self, time_s: float) -> tuple[Point, Point]:
        """Position, m, and velocity, m/s, at a time; constant before the beginning and after the end."""
        segment = self.segments[max(bisect_right(self._starts, time_s) - 1, 0)]
        share = (time_s - segment.start_s) / segment.length_s if segment.length_s > 0.0 else 1.0
        within = min(max(share, 0.0), 1.0)
        (x, vx), (y, vy), (z, vz) = (bezier(controls, within) for controls in segment.controls)
        if not 0.0 <= share <= 1.0 or segment.length_s <= 0.0:
            return (x, y, z), (0.0, 0.0, 0.0)
        length = segment.length_s
        return (x, y, z), (vx / length, vy / length, vz / length)

    def takeoff_s(self, climb_m: float, speed: float, acceleration: float) -> float:
        """Time to begin a climb of `climb_m` from rest to rest, m/s and m/s/s, to be as high as the trajectory;
        inf: it never is. Never before 0."""
        height = self.at(0.0)[0][2] + climb_m
        above_s = next((when for part in self.segments if (when := part.time_at(height)) is not None), inf)
        full_m = speed * speed / acceleration
        slow = 2.0 * sqrt(climb_m / acceleration)
        needed_s = slow if climb_m < full_m else 2.0 * speed / acceleration + (climb_m - full_m) / speed
        return max(above_s - needed_s, 0.0)

    def landing_s(self, descent_m: float) -> float:
        """Time to begin to land: in the straight descent at its end at most `descent_m` above the lowest place;
        without one, at the end."""
        descent: list[Segment] = []
        for segment in reversed(self.segments):
            if not segment.sinks_straight:
                break
            descent.insert(0, segment)
        if not descent:
            return self.end_s
        lowest = descent[-1].controls[2][-1] + descent_m
        if descent[0].controls[2][0] <= lowest:
            return descent[0].start_s
        return next(when for part in descent if (when := part.time_at(lowest)) is not None)


# --- the file ---------------------------------------------------------------------------------------------------------
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
