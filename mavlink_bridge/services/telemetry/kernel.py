"""Compiled functions that write all messages due at one instant as frames, in one call.

They are plain functions on arrays, compiled by `compiling`. Tests also run them uncompiled; `encoder` has a faster
implementation in plain Python. Deterministic, without allocation.
"""

from __future__ import annotations

from math import floor, nan
from typing import Any

from autopilot.interface import report
from autopilot.interface.layout import TICK_MS
from autopilot.interface.marks import jit
from mavlink_bridge.services.telemetry import sources as s
from mavlink_bridge.services.telemetry.sources import derive

BEHIND_FACTS = (report.ARMED, report.LANDED_STATE, report.SENSORS_PRESENT, report.SENSORS_HEALTHY)
"""Report values from which facts of the core follow without a decision."""
# columns of the table of standing links, see `write_due`
NEXT_MS, SEQUENCE, END, FRAMES, LAST_MS, SYSTEM, COMPONENT, STAMPED, LIMIT = range(9)
COLUMNS = 9
STANDING_LINKS = 4  # of a vehicle, at most
GROUPS = 8  # intervals of a link, at most


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
    """Copy the MAVLink 2 frames `frames[:size]` to `out`, each after the 8 bytes of `stamp`, as in a telemetry log;
    returns the bytes written."""
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
    """Write the due frames of several vehicles at an instant, in one call.

    `fresh[:rows]`: a row of `sources` to update, and 1 if the row of `reports` is to be copied first. `jobs[:count]`:
    row, first and last + 1 of its `streams`, sequence, system, component, 1 if each frame follows a stamp, and that
    stamp, written as 8 bytes to the scratch `stamp`. Jobs are written to `out` in order; `results[j]` becomes: end of
    the job, next sequence, frames.
    """
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


@jit
def instant_after(interval_us: int, now_ms: int) -> int:
    """First instant of an interval after `now_ms`, ms, as `schedule.instant_after`."""
    count = now_ms // TICK_MS * TICK_MS * 1000 // interval_us + 1
    return (count * interval_us + TICK_MS * 1000 - 1) // (TICK_MS * 1000) * TICK_MS


def write_due(
    header: Any,
    kind: Any,
    number: Any,
    crc_table: Any,
    single: Any,
    single_bytes: Any,
    scratch: Any,
    stamp: Any,
    chosen: Any,
    result: Any,
    reports: Any,
    sources: Any,
    links: Any,
    intervals: Any,
    group_of: Any,
    out: Any,
    rows: Any,
) -> None:
    """Write the messages due now for vehicles that have only moved: decide, gather, encode.

    `rows`, up to a -1: a row of `reports`, followed by a result: vehicle time of its next instant, ms, or 0 if nothing
    was written, because the vehicle did more than move, an instant was missed, or `out` has no room.

    Row r has the `links` from r * STANDING_LINKS on, up to one without NEXT_MS; `intervals` of each in us, up to a 0,
    and `group_of` with the interval of each stream (-1: none). Frames are written from END on, which is below LIMIT,
    after stamps if the link is STAMPED; FRAMES counts them, LAST_MS is the time of the last ones. `scratch`, `stamp`,
    `chosen` and `result` are scratch.
    """
    for i in range(rows.shape[0]):
        row = rows[i, 0]
        if row < 0:
            break
        rows[i, 1] = 0
        now_ms = int(reports[row, report.TIME_MS])
        first = row * STANDING_LINKS
        last = first
        ready = True
        for k in BEHIND_FACTS:
            if sources[row, k] != reports[row, k]:
                ready = False
        while last < first + STANDING_LINKS and links[last, NEXT_MS] != 0:
            if links[last, NEXT_MS] < now_ms or links[last, END] >= links[last, LIMIT]:
                ready = False
            last += 1
        if not ready:
            continue
        fresh = False
        next_ms = 0
        for j in range(first, last):
            if links[j, NEXT_MS] == now_ms:
                if not fresh:
                    fresh = True
                    for k in range(reports.shape[1]):
                        sources[row, k] = reports[row, k]
                    derive(sources[row])
                due = 0  # bits of the intervals that are due
                links[j, NEXT_MS] = 0
                for g in range(GROUPS):
                    interval_us = intervals[j, g]
                    if interval_us == 0:
                        break
                    if instant_after(interval_us, now_ms - 1) <= now_ms:
                        due |= 1 << g
                    after_ms = instant_after(interval_us, now_ms)
                    if links[j, NEXT_MS] == 0 or after_ms < links[j, NEXT_MS]:
                        links[j, NEXT_MS] = after_ms
                chosen_count = 0
                for k in range(group_of.shape[1]):
                    if group_of[j, k] >= 0 and due >> group_of[j, k] & 1 != 0:
                        chosen[chosen_count] = k
                        chosen_count += 1
                stamped = links[j, STAMPED] != 0
                write_frames(
                    sources[row],
                    header,
                    kind,
                    number,
                    crc_table,
                    single,
                    single_bytes,
                    scratch if stamped else out[links[j, END] :],
                    result,
                    chosen,
                    chosen_count,
                    links[j, SEQUENCE],
                    links[j, SYSTEM],
                    links[j, COMPONENT],
                )
                size = result[0]
                if stamped:
                    stamp_us = int(sources[row, s.BOOT_UNIX_US]) + 1000 * now_ms
                    for b in range(8):
                        stamp[b] = (stamp_us >> (56 - 8 * b)) & 255
                    size = stamp_frames(scratch, result[0], stamp, out[links[j, END] :])
                links[j, END] += size
                links[j, SEQUENCE] = result[1]
                links[j, FRAMES] += result[2]
                links[j, LAST_MS] = now_ms
            if next_ms == 0 or links[j, NEXT_MS] < next_ms:
                next_ms = links[j, NEXT_MS]
        rows[i, 1] = next_ms
