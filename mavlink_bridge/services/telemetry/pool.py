"""Streams of vehicles that are due at the same instant: gathered first, then encoded in one compiled call.

A vehicle has a row: of the reports that its kernel fills, and of the values that streams are made of. One that is alone
has a pool of one row; its links are those of one call all the same. While the pool gathers, a telemetry service that
finds streams due says so here in place of encoding them (`TelemetryService.join`); at the end they are on their links,
in the order in which each vehicle would have put them there by itself. What waits in a shared queue is put there in one
piece. Sans I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import compiled
from autopilot.interface import report
from autopilot.interface.records import dataclass
from mavlink_bridge.routing.open_link import OpenLink
from mavlink_bridge.services.telemetry import sources
from mavlink_bridge.services.telemetry.compiling import POOL
from mavlink_bridge.services.telemetry.encoder import Chosen, crc_table
from mavlink_bridge.services.telemetry.layout import LAYOUTS, TABLES
from mavlink_bridge.services.telemetry.schedule import Schedule

STAMP_BYTES: Final = 8
_MOST: Final = TABLES.capacity + STAMP_BYTES * len(LAYOUTS)
_PLANS: Final = 32
"""Number of plans that are kept for the next instants."""
_TAKEN: Final = 0
"""The lane of links that take their frames at once."""
_BEHIND_FACTS: Final = [report.ARMED, report.LANDED_STATE, report.SENSORS_PRESENT, report.SENSORS_HEALTHY]
"""The figures of the report that facts of the core follow from without a decision."""
_Job = tuple[int, int, int, int, int, int, bool, int]
"""Job as `kernel.write_pool` has it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Links of a vehicle, of (system, component) `sender`, that need nothing but their frames until something is
    decided; none: each has to be looked at."""

    sender: tuple[int, int]
    links: tuple[tuple[Schedule, OpenLink], ...]

    @staticmethod
    def of(sender: tuple[int, int], links: Sequence[tuple[Schedule, OpenLink | None]]) -> Standing:
        """Return all of them, if each can have its frames as they are (`Endpoint.direct`)."""
        found = tuple((schedule, link) for schedule, link in links if link is not None)
        return Standing(sender, found) if len(found) == len(links) else ALL_LOOKED_AT


ALL_LOOKED_AT: Final = Standing((0, 0), ())


class _QueueLane:
    """Lane of frames that are due on links that have one queue, or that take theirs at once: its jobs, and the link of
    each."""

    __slots__ = ("jobs", "links")

    def __init__(self) -> None:
        self.jobs: list[_Job] = []
        self.links: list[OpenLink] = []


class StreamPool:
    """See the module. `reports`: the report vectors of all, a row each; `sources` are the values that streams are made
    of. `moved[row]`: facts of the core may have changed although nothing was decided."""

    def __init__(self, reports: npt.NDArray[np.float64]) -> None:
        self.sources: npt.NDArray[np.float64] = np.zeros((len(reports), sources.SIZE))
        self.moved = [True] * len(reports)
        self._still = [False] * len(reports)
        self.gathering = False
        self._reports = reports
        self._write: Callable[..., int] | None = None
        self._rows: dict[int, int] = {}
        self._lanes: dict[int, _QueueLane] = {}
        self._plans: dict[int, tuple[Chosen, int, int]] = {}
        self._planned = 0
        self._streams = np.zeros(_PLANS * len(LAYOUTS), np.int64)
        self._fresh = np.zeros((len(reports), 2), np.int64)
        self._make_room(2 * len(reports))

    def load(self) -> None:
        """Gather from now on, where anything is compiled: in plain Python one call is no better than many."""
        if compiled():
            self._bind()

    def _make_room(self, jobs: int) -> None:
        """Take at least so many jobs in one call."""
        self._jobs = np.zeros((jobs, 8), np.int64)
        self._out = np.zeros(jobs * _MOST, np.uint8)
        self._results = np.zeros((jobs, 3), np.int64)

    def _bind(self) -> None:
        single = np.zeros(1, np.float32)
        self._write = POOL.bind(
            TABLES.header,
            TABLES.kind,
            TABLES.number,
            crc_table(),
            single,
            single.view(np.uint8),
            np.zeros(TABLES.capacity, np.uint8),
            np.zeros(STAMP_BYTES, np.uint8),
            self._reports,
            self.sources,
            self._streams,
            self._fresh,
            self._jobs,
            self._out,
            self._results,
        )

    def __enter__(self) -> None:
        """The machines have moved: what falls due until the end is gathered."""
        if self._write is None:
            return
        self.gathering = True
        now, before = self._reports.take(_BEHIND_FACTS, 1), self.sources.take(_BEHIND_FACTS, 1)
        self.moved = self._still if now.tobytes() == before.tobytes() else (now != before).any(axis=1).tolist()

    def gathers(self, row: int) -> bool:
        """True when a frame of this vehicle has been added."""
        return row in self._rows

    def stream(self, row: int, standing: Standing, now_ms: int, stamp_us: int) -> bool:
        """Gather what is due of a vehicle that has only moved; False: its links have to be looked at."""
        if not (self.gathering and standing.links) or self.moved[row]:
            return False
        for _, link in standing.links:
            if link.signs or link.out.overflowed or link.out.size > link.out.congested:
                return False
        for schedule, link in standing.links:
            due = schedule.take_due(now_ms)
            if due is not None:
                self._rows.setdefault(row, 1)
                self.add(row, link, due, standing.sender, stamp_us)
        return True

    def begin_row(self, row: int, *, copied: bool) -> None:
        """Begin the frames that are due of a vehicle. `copied`: its values have the report of now already."""
        self._rows[row] = 0 if copied else 1

    def add(self, row: int, link: OpenLink, numbers: Chosen, sender: tuple[int, int], stamp_us: int) -> None:
        """These streams are due on a link of (system, component) `sender`, behind a stamp, us since 1970, where the
        link takes stamped frames."""
        plan = self._plans.get(id(numbers))
        if plan is None:
            plan = self._keep(numbers)
        stamped = link.take is not None
        queue = _TAKEN if stamped else id(link.out)
        lane = self._lanes.get(queue)
        if lane is None:
            lane = self._lanes[queue] = _QueueLane()
        lane.jobs.append((row, plan[1], plan[2], link.writer.next_sequence, *sender, stamped, stamp_us))
        lane.links.append(link)
        link.ahead = self

    def _keep(self, numbers: Chosen) -> tuple[Chosen, int, int]:
        """Keep a plan, until many more are known: who streams at an interval has the same one again."""
        if len(self._plans) >= _PLANS and not self._lanes:
            self._plans, self._planned = {}, 0
        begin = self._planned
        end = self._planned = begin + len(numbers)
        if end > len(self._streams):
            self._streams = np.concatenate((self._streams, np.zeros(end, np.int64)))
            self._bind()
        self._streams[begin:end] = numbers
        plan = self._plans[id(numbers)] = (numbers, begin, end)
        return plan

    def __exit__(self, *_: object) -> None:
        """Encode what was gathered; from now on each vehicle is on its own again."""
        self.gathering = False
        self.write()

    def write(self) -> None:
        """Encode what was gathered so far."""
        if not self._lanes:
            return
        lanes, rows = self._lanes, self._rows
        self._lanes, self._rows = {}, {}
        jobs = [job for lane in lanes.values() for job in lane.jobs]
        if len(jobs) > len(self._jobs):
            self._make_room(2 * len(jobs))
            self._bind()
        self._jobs[: len(jobs)] = jobs
        self._fresh[: len(rows)] = list(rows.items())
        assert self._write is not None
        self._write(len(rows), len(jobs))
        self._hand_over(lanes, self._results[: len(jobs)].tolist())

    def _hand_over(self, lanes: dict[int, _QueueLane], results: list[list[int]]) -> None:
        data = self._out.data
        begin = first = 0
        for queue, lane in lanes.items():
            for link in lane.links:
                link.ahead = None
            written = results[first : first + len(lane.jobs)]
            (_hand_out if queue == _TAKEN else _queue)(lane.links, data, begin, written)
            begin = written[-1][0]
            first += len(lane.jobs)


def _hand_out(links: list[OpenLink], data: memoryview, begin: int, written: list[list[int]]) -> None:
    """Give frames to those who take them."""
    for link, (end, _, frames) in zip(links, written, strict=True):
        link.count(frames, end - begin - STAMP_BYTES * frames)
        if link.take is not None:
            link.take(data[begin:end])
        begin = end


def _queue(links: list[OpenLink], data: memoryview, begin: int, written: list[list[int]]) -> None:
    """Put the frames of one queue there, in one piece if they fit."""
    out, first, last = links[0].out, begin, written[-1][0]
    fits = out.size + last - first <= out.full
    for link, (end, _, frames) in zip(links, written, strict=True):
        if fits:
            link.count(frames, end - begin)
        else:
            link.writer.advance(frames)
            link.push(bytes(data[begin:end]), frames, droppable=True)
        begin = end
    if fits and last > first:
        out.waiting.append(bytes(data[first:last]))
        out.size += last - first
