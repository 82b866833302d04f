"""Streams of many vehicles that are due at the same instant: gathered first, then encoded in one compiled call.

A vehicle of a fleet has a row: of the reports that its kernel fills, and of the values that streams are made of. While
the pool gathers, a telemetry service that finds streams due says so here in place of encoding them (`TelemetryService.
join`); with `end` they are on their links, in the order in which each vehicle would have put them there by itself.
What waits in a shared queue is put there in one piece. Sans I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import compiled
from autopilot.interface import report
from mavlink_bridge.routing.open_link import OpenLink
from mavlink_bridge.services.telemetry import sources
from mavlink_bridge.services.telemetry.compiling import POOL
from mavlink_bridge.services.telemetry.encoder import Chosen, crc_table
from mavlink_bridge.services.telemetry.layout import LAYOUTS, TABLES

STAMP_BYTES: Final = 8
_SCRATCH: Final = TABLES.capacity
_MOST: Final = TABLES.capacity + STAMP_BYTES * len(LAYOUTS)
_BEHIND_FACTS: Final = [report.ARMED, report.LANDED_STATE, report.SENSORS_PRESENT, report.SENSORS_HEALTHY]
"""The figures of the report that facts of the core follow from without a decision."""


class _QueueLane:
    """Lane of frames that are due on links that have one queue: jobs of `kernel.write_pool`, and of each job its stamp
    and link."""

    __slots__ = ("jobs", "links", "stamps")

    def __init__(self) -> None:
        self.jobs: list[tuple[int, int, int, int, int, int, int]] = []
        self.stamps: list[bytes] = []
        self.links: list[OpenLink] = []


class StreamPool:
    """See the module. `reports`: the report vectors of all, a row each; `sources` are the values that streams are made
    of. `moved[row]`: facts of the core may have changed although nothing was decided."""

    def __init__(self, reports: npt.NDArray[np.float64]) -> None:
        self.sources: npt.NDArray[np.float64] = np.zeros((len(reports), sources.SIZE))
        self.moved = [True] * len(reports)
        self.gathering = False
        self._reports = reports
        self._write: Callable[..., None] | None = None
        self._fresh: dict[int, int] = {}
        self._lanes: dict[int, _QueueLane] = {}
        self._plans: dict[int, tuple[Chosen, int, int]] = {}
        self._streams = 0
        self._single = np.zeros(1, np.float32)
        self._scratch = np.zeros(_SCRATCH, np.uint8)
        self._out = np.zeros(0, np.uint8)

    def load(self) -> None:
        """Gather from now on, where anything is compiled: in plain Python one call is no better than many."""
        if compiled():
            self._write = POOL.bind(
                TABLES.header,
                TABLES.kind,
                TABLES.number,
                crc_table(),
                self._single,
                self._single.view(np.uint8),
                self._scratch,
            )

    def begin(self) -> None:
        """The machines have moved: what falls due until `end` is gathered."""
        if self._write is None:
            return
        self.gathering = True
        seen = self.sources[:, _BEHIND_FACTS]
        self.moved = (self._reports[:, _BEHIND_FACTS] != seen).any(axis=1).tolist()

    def gathers(self, row: int) -> bool:
        """True when a frame of this vehicle has been added."""
        return row in self._fresh

    def begin_row(self, row: int, *, copied: bool) -> None:
        """Begin the frames that are due of a vehicle. `copied`: its values have the report of now already."""
        self._fresh[row] = 0 if copied else 1

    def add(self, row: int, link: OpenLink, numbers: Chosen, sender: tuple[int, int], stamp: bytes) -> None:
        """These streams are due on a link of (system, component) `sender`, behind `stamp` where the link takes stamped
        frames."""
        plan = self._plans.get(id(numbers))
        if plan is None:
            begin, self._streams = self._streams, self._streams + len(numbers)
            plan = self._plans[id(numbers)] = (numbers, begin, self._streams)
        lane = self._lanes.get(id(link.out))
        if lane is None:
            lane = self._lanes[id(link.out)] = _QueueLane()
        lane.jobs.append((row, plan[1], plan[2], link.writer.next_sequence, *sender, link.take is not None))
        lane.stamps.append(stamp)
        lane.links.append(link)

    def end(self) -> None:
        """Encode what was gathered; from now on each vehicle is on its own again."""
        self.gathering = False
        self.write()

    def write(self) -> None:
        """Encode what was gathered so far."""
        if not self._lanes:
            return
        lanes, plans, fresh = self._lanes, self._plans, self._fresh
        self._lanes, self._plans, self._fresh, self._streams = {}, {}, {}, 0
        jobs = np.array([job for lane in lanes.values() for job in lane.jobs], np.int64)
        stamps = np.frombuffer(bytearray().join(stamp for lane in lanes.values() for stamp in lane.stamps), np.uint8)
        results = np.zeros((len(jobs), 3), np.int64)
        if len(self._out) < len(jobs) * _MOST:
            self._out = np.zeros(len(jobs) * _MOST, np.uint8)
        assert self._write is not None
        self._write(
            np.array(list(fresh.items()), np.int64),
            self._reports,
            self.sources,
            jobs,
            np.concatenate([numbers for numbers, _, _ in plans.values()]),
            stamps.reshape(-1, STAMP_BYTES),
            self._out,
            results,
        )
        self._hand_over(lanes, results[:, 0].tolist(), results[:, 2].tolist())

    def _hand_over(self, lanes: dict[int, _QueueLane], ends: list[int], frames: list[int]) -> None:
        data = self._out.data
        begin = first = 0
        for lane in lanes.values():
            last = first + len(lane.jobs)
            begin = _hand_on(lane.links, data, begin, ends[first:last], frames[first:last])
            first = last


def _hand_on(links: list[OpenLink], data: memoryview, begin: int, ends: list[int], frames: list[int]) -> int:
    """Hand on the frames of one queue: in one piece if they fit; or to who takes them. Returns where the next lane
    begins."""
    out, take, first = links[0].out, links[0].take, begin
    fits = out.size + ends[-1] - begin <= out.full
    for link, end, count in zip(links, ends, frames, strict=True):
        if take is not None:
            link.count(count, end - begin - STAMP_BYTES * count)
            take(data[begin:end])
        elif fits:
            link.count(count, end - begin)
        else:
            link.writer.advance(count)
            link.push(bytes(data[begin:end]), count, droppable=True)
        begin = end
    if take is None and fits and begin > first:
        out.waiting.append(bytes(data[first:begin]))
        out.size += begin - first
    return begin
