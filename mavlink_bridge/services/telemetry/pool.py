"""Pool of vehicles: gathers the streams due at one instant and encodes them in one compiled call.

Each vehicle has a row of the reports that its kernel fills, and of the stream values. A single vehicle has a pool of
one row, and its links share one call. While the pool gathers, a telemetry service with due streams adds them here
instead of encoding them (`TelemetryService.join`); at the end they are on their links, in the order in which each
vehicle would have put them there alone. Frames for a shared queue are added in one piece. Sans I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import compiled
from autopilot.interface.records import dataclass
from mavlink_bridge.routing.open_link import OpenLink
from mavlink_bridge.services.telemetry import sources
from mavlink_bridge.services.telemetry.compiling import DUE, POOL
from mavlink_bridge.services.telemetry.encoder import Chosen, crc_table
from mavlink_bridge.services.telemetry.kernel import (
    BEHIND_FACTS,
    COLUMNS,
    COMPONENT,
    GROUPS,
    LIMIT,
    STAMPED,
    STANDING_LINKS,
    SYSTEM,
)
from mavlink_bridge.services.telemetry.layout import LAYOUTS, TABLES
from mavlink_bridge.services.telemetry.schedule import Rows, Schedule

STAMP_BYTES: Final = 8
_MOST: Final = TABLES.capacity + STAMP_BYTES * len(LAYOUTS)
_PLANS: Final = 32
"""Number of plans kept for later instants."""
RUN: Final = 16
"""Most instants of a single vehicle that are written before they are put on its links."""
_Job = tuple[int, int, int, int, int, int, bool, int]
"""Job of `kernel.write_pool`."""
_Made = tuple[int, OpenLink, memoryview, int]
"""Encoded frames: row, link, bytes, number of frames."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Links of a vehicle that need only their frames until something is decided, each with its streams. `sender`:
    (system, component). No links: each link must be checked."""

    sender: tuple[int, int]
    links: tuple[tuple[Schedule, OpenLink, Rows], ...]

    @staticmethod
    def of(sender: tuple[int, int], links: Sequence[tuple[Schedule, OpenLink | None]]) -> Standing:
        """All links, if each takes frames unchanged (`Endpoint.direct`) and the compiled table has room for them."""
        streaming = [(schedule, link, schedule.rows) for schedule, link in links if schedule.next_ms is not None]
        direct = tuple((schedule, link, rows) for schedule, link, rows in streaming if link is not None)
        fit = len(direct) <= STANDING_LINKS and all(0 < len(rows) <= GROUPS for _, _, rows in direct)
        return Standing(sender, direct) if len(direct) == len(streaming) and fit else ALL_LOOKED_AT


ALL_LOOKED_AT: Final = Standing((0, 0), ())


class StreamPool:
    """Pool of streams. `reports`: report vectors, one row per vehicle; `sources`: stream values."""

    def __init__(self, reports: npt.NDArray[np.float64]) -> None:
        self.sources: npt.NDArray[np.float64] = np.zeros((len(reports), sources.SIZE))
        self._moved: list[bool] | None = [True] * len(reports)
        self.gathering = False
        self._reports = reports
        self._write: Callable[..., int] | None = None
        self._rows: dict[int, int] = {}
        self._due: list[_Job] = []
        self._due_links: list[OpenLink] = []
        self._plans: dict[int, tuple[Chosen, int, int]] = {}
        self._planned = 0
        self._streams = np.zeros(_PLANS * len(LAYOUTS), np.int64)
        self._fresh = np.zeros((len(reports), 2), np.int64)
        self._make_room(2 * len(reports))
        self._standing = [ALL_LOOKED_AT] * len(reports)
        self._write_due: Callable[[], object] | None = None
        self._run: list[tuple[int, Schedule, OpenLink]] = []
        """Links that are written by the kernel, with their rows in the table."""
        self._run_rows: list[int] = []
        self._begun = False
        self.flown: list[tuple[int, int]] = []
        """Vehicles written since the pool began to gather, each with its next instant, ms."""
        self._room = (RUN if len(reports) == 1 else 1) * _MOST
        self._make_table(STANDING_LINKS * len(reports))

    def load(self) -> None:
        """Gather from now on if the functions are compiled: in plain Python one call is not faster than many."""
        if compiled():
            self._bind()

    def _make_room(self, jobs: int) -> None:
        self._jobs = np.zeros((jobs, 8), np.int64)
        self._out = np.zeros(jobs * _MOST, np.uint8)
        self._results = np.zeros((jobs, 3), np.int64)

    def _make_table(self, links: int) -> None:
        """Make the table of standing links; see `kernel.write_due`."""
        self._table = np.zeros((links, COLUMNS), np.int64)
        self._intervals = np.zeros((links, GROUPS), np.int64)
        self._group_of = np.zeros((links, len(LAYOUTS)), np.int64)
        self._written = np.zeros(links * self._room, np.uint8)
        self._going = np.full((len(self._reports) + 1, 2), -1, np.int64)

    def _bind(self) -> None:
        single = np.zeros(1, np.float32)
        tables = (TABLES.header, TABLES.kind, TABLES.number, crc_table(), single, single.view(np.uint8))
        scratch = (np.zeros(TABLES.capacity, np.uint8), np.zeros(STAMP_BYTES, np.uint8))
        self._write_due = DUE.bind(
            *tables,
            *scratch,
            np.zeros(len(LAYOUTS), np.int64),
            np.zeros(3, np.int64),
            self._reports,
            self.sources,
            self._table,
            self._intervals,
            self._group_of,
            self._written,
            self._going,
        )
        self._write = POOL.bind(
            *tables,
            *scratch,
            self._reports,
            self.sources,
            self._streams,
            self._fresh,
            self._jobs,
            self._out,
            self._results,
        )

    def __enter__(self) -> StreamPool:
        """Begin to gather the streams that fall due, after the machines have moved."""
        if self._write is None:
            return self
        self.gathering = True
        self.flown.clear()
        self._moved = None
        return self

    def has_moved(self, row: int) -> bool:
        """True when facts of the core may have changed without a decision. For all rows they are compared once, when it
        is first asked: most vehicles stand on no link."""
        if self._moved is None:
            now, before = self._reports.take(BEHIND_FACTS, 1), self.sources.take(BEHIND_FACTS, 1)
            self._moved = (now != before).any(axis=1).tolist()
        return self._moved[row]

    def gathers(self, row: int) -> bool:
        """True when a frame of this vehicle has been added."""
        return row in self._rows

    # --- vehicles that only move ------------------------------------------------------------------------------------
    def stand(self, row: int, standing: Standing) -> None:
        """Set the links of a vehicle that need only their frames, until the next call."""
        if standing == self._standing[row]:
            return
        self._standing[row] = standing
        first = row * STANDING_LINKS
        self._table[first : first + STANDING_LINKS] = 0
        for at, (_, link, rows) in enumerate(standing.links, start=first):
            self._table[at, SYSTEM], self._table[at, COMPONENT] = standing.sender
            self._table[at, STAMPED] = link.take is not None
            self._table[at, LIMIT] = (at + 1) * self._room - _MOST + 1
            self._intervals[at], self._group_of[at] = 0, -1
            for group, (interval_us, streams) in enumerate(rows):
                self._intervals[at, group] = interval_us
                self._group_of[at, list(streams)] = group

    def stands(self, row: int) -> bool:
        """True when the links permit the kernel to write this vehicle's streams."""
        return bool(self._standing[row].links) and self._write_due is not None

    def flow(self, row: int) -> bool:
        """Add a vehicle, which stands and has only moved, to the next `write`. False: its links must be checked."""
        links = self._standing[row].links
        for schedule, link, streams in links:
            out = link.out
            if link.signs or out.overflowed or out.busy or schedule.rows is not streams:
                return False
        self._run += [(at, schedule, link) for at, (schedule, link, _) in enumerate(links, start=row * STANDING_LINKS)]
        self._run_rows.append(row)
        return True

    def flow_on(self) -> int:
        """Write the due streams of a single vehicle now, and at later instants before `write` puts them on its links.
        Returns the next instant, ms; 0: nothing was written, its links must be checked."""
        if not (self._run or self.flow(0)):
            return 0
        self._make()
        return int(self._going[0, 1])

    def _make(self) -> None:
        """Write the due streams of the added vehicles."""
        if not self._begun:
            room, count = self._room, len(self._run_rows)
            self._table[[at for at, _, _ in self._run], :5] = [
                (schedule.next_ms or 0, link.writer.next_sequence, at * room, 0, 0) for at, schedule, link in self._run
            ]
            self._going[:count, 0], self._going[count, 0] = self._run_rows, -1
            self._begun = True
        assert self._write_due is not None
        self._write_due()

    def _end_run(self) -> list[_Made]:
        """Return the frames of the added vehicles."""
        if not self._run:
            return []
        if not self._begun:
            self._make()
        run, rows = self._run, self._run_rows
        self._run, self._run_rows, self._begun = [], [], False
        self.flown += zip(rows, self._going[: len(rows), 1].tolist(), strict=True)
        data, room = self._written.data, self._room
        chunks: list[_Made] = []
        ends = self._table[[at for at, _, _ in run], :5].tolist()
        for (at, schedule, link), (next_ms, _, end, frames, last_ms) in zip(run, ends, strict=True):
            if last_ms:
                schedule.passed(last_ms, next_ms)
                chunks.append((at // STANDING_LINKS, link, data[at * room : end], frames))
        return chunks

    def begin_row(self, row: int, *, copied: bool) -> None:
        """Begin the due frames of a vehicle. `copied`: its values are up to date."""
        self._rows[row] = 0 if copied else 1

    def add(self, row: int, link: OpenLink, numbers: Chosen, sender: tuple[int, int], stamp_us: int) -> None:
        """Add due streams of a link. `sender`: (system, component). `stamp_us`: us since 1970, written before each
        frame if the link takes stamped frames."""
        plan = self._plans.get(id(numbers))
        if plan is None:
            plan = self._keep(numbers)
        stamped = link.take is not None
        self._due.append((row, plan[1], plan[2], link.writer.next_sequence, *sender, stamped, stamp_us))
        self._due_links.append(link)
        link.ahead = self

    def _keep(self, numbers: Chosen) -> tuple[Chosen, int, int]:
        """Store a plan until there are many more: a link that streams at an interval has the same plan again."""
        if len(self._plans) >= _PLANS and not self._due:
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
        """Encode the gathered streams; afterwards each vehicle encodes its own."""
        self.gathering = False
        self.write()

    def write(self) -> None:
        """Encode the streams gathered so far and put them on their links."""
        chunks = self._end_run()
        if self._due:
            flown, chunks = chunks, self._encode()
            if flown:
                chunks = sorted(flown + chunks, key=itemgetter(0))
        for _, link, data, frames in chunks:
            if not frames:
                continue
            if link.take is not None:
                link.count(frames, len(data) - STAMP_BYTES * frames)
                link.take(data)
            else:
                link.writer.advance(frames)
                link.push(bytes(data), frames, droppable=True)

    def _encode(self) -> list[_Made]:
        """Return the frames of links that were checked."""
        jobs, links, rows = self._due, self._due_links, self._rows
        self._due, self._due_links, self._rows = [], [], {}
        if len(jobs) > len(self._jobs):
            self._make_room(2 * len(jobs))
            self._bind()
        self._jobs[: len(jobs)] = jobs
        self._fresh[: len(rows)] = list(rows.items())
        assert self._write is not None
        self._write(len(rows), len(jobs))
        data, begin = self._out.data, 0
        chunks: list[_Made] = []
        for job, link, (end, _, frames) in zip(jobs, links, self._results[: len(jobs)].tolist(), strict=True):
            link.ahead = None
            chunks.append((job[0], link, data[begin:end], frames))
            begin = end
        return chunks
