"""All messages that are due at one instant, written as frames in one call.

Plain functions on arrays that are compiled (`compiling`); they also run as they stand, which the tests use, though
`encoder` has a faster way in plain Python. Deterministic, no allocation.
"""

from __future__ import annotations

from math import floor, nan
from typing import Any

from autopilot.interface.marks import jit
from mavlink_bridge.services.telemetry.sources import derive


@jit
def write_frames(
    source: Any,
    header: Any,
    kind: Any,
    number: Any,
    crc_table: Any,
    single: Any,
    single_bytes: Any,
    out: Any,
    result: Any,
    chosen: Any,
    count: int,
    sequence: int,
    system: int,
    component: int,
) -> None:
    """Write the MAVLink 2 frames of the streams `chosen[:count]` that are ready into `out`.

    `single` (one float32) and `single_bytes` (its four bytes) are scratch. `result` becomes: bytes written, next
    sequence number, frames written. Layout of a frame: mavlink.io, "Packet Serialization".
    """
    at = 0
    frames = 0
    for k in range(count):
        i = chosen[k]
        if source[header[i, 2]] == 0.0:
            continue
        start = at
        at += 10
        for e in range(header[i, 3], header[i, 4]):
            value = source[kind[e, 0]] * number[e, 0] + number[e, 1]
            size = kind[e, 1]
            if kind[e, 2] != 0:
                single[0] = min(max(value, number[e, 3]), number[e, 4]) if value == value else nan
                for b in range(4):
                    out[at + b] = single_bytes[b]
            else:
                if value != value:
                    value = number[e, 2]
                bits = int(floor(min(max(value, number[e, 3]), number[e, 4]) + 0.5))  # noqa: RUF046 - numba's floor is one
                for b in range(size):
                    out[at + b] = bits & 255
                    bits >>= 8
            at += size
        while at > start + 11 and out[at - 1] == 0:
            at -= 1
        out[start] = 0xFD
        out[start + 1] = at - start - 10
        out[start + 2] = 0
        out[start + 3] = 0
        out[start + 4] = sequence
        out[start + 5] = system
        out[start + 6] = component
        out[start + 7] = header[i, 0] & 255
        out[start + 8] = (header[i, 0] >> 8) & 255
        out[start + 9] = (header[i, 0] >> 16) & 255
        crc = 0xFFFF
        b = start + 1
        while (
            b + 4 <= at
        ):  # "slicing by four" (Kounavis and Berry 2008): a look-up waits for one before it, not for four
            crc ^= int(out[b]) | int(out[b + 1]) << 8
            crc = crc_table[3, crc & 255] ^ crc_table[2, crc >> 8] ^ crc_table[1, out[b + 2]] ^ crc_table[0, out[b + 3]]
            b += 4
        while b < at:
            crc = (crc >> 8) ^ crc_table[0, (crc ^ int(out[b])) & 255]
            b += 1
        crc = (crc >> 8) ^ crc_table[0, (crc ^ header[i, 1]) & 255]
        out[at] = crc & 255
        out[at + 1] = crc >> 8
        at += 2
        sequence = (sequence + 1) & 255
        frames += 1
    result[0] = at
    result[1] = sequence
    result[2] = frames


@jit
def stamp_frames(frames: Any, size: int, stamp: Any, out: Any) -> int:
    """Copy the MAVLink 2 frames `frames[:size]` to `out`, each behind the 8 bytes of `stamp`, as a telemetry log has
    them; returns the bytes written."""
    at = 0
    start = 0
    while start < size:
        for b in range(8):
            out[at + b] = stamp[b]
        at += 8
        length = int(frames[start + 1]) + 12 + (13 if frames[start + 2] & 1 else 0)
        for b in range(length):
            out[at + b] = frames[start + b]
        at += length
        start += length
    return at


def write_pool(
    header: Any,
    kind: Any,
    number: Any,
    crc_table: Any,
    single: Any,
    single_bytes: Any,
    scratch: Any,
    stamp: Any,
    reports: Any,
    sources: Any,
    streams: Any,
    fresh: Any,
    jobs: Any,
    out: Any,
    results: Any,
    rows: int,
    count: int,
) -> None:
    """Write the frames that are due of vehicles at an instant, in one call. `fresh[:rows]`: a row of `sources` whose
    values are to be those of now, and 1 when the row of `reports` has to be copied first. `jobs[:count]`: row, first
    and last + 1 of its `streams`, sequence, system, component, 1 when each frame is to stand behind a stamp, and that
    stamp, written as 8 bytes. `stamp` is scratch for these. Job after job is written to `out`; `results[j]` becomes
    where it ends, next sequence, frames."""
    for i in range(rows):
        row = fresh[i, 0]
        if fresh[i, 1] != 0:
            for k in range(reports.shape[1]):
                sources[row, k] = reports[row, k]
        derive(sources[row])
    at = 0
    for j in range(count):
        stamped = jobs[j, 6] != 0
        result = results[j]
        write_frames(
            sources[jobs[j, 0]],
            header,
            kind,
            number,
            crc_table,
            single,
            single_bytes,
            scratch if stamped else out[at:],
            result,
            streams[jobs[j, 1] :],
            jobs[j, 2] - jobs[j, 1],
            jobs[j, 3],
            jobs[j, 4],
            jobs[j, 5],
        )
        if stamped:
            for b in range(8):
                stamp[b] = (jobs[j, 7] >> (56 - 8 * b)) & 255
            at += stamp_frames(scratch, result[0], stamp, out[at:])
        else:
            at += result[0]
        result[0] = at
