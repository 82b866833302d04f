"""Conversion of report vectors to DataFlash messages, many at a time.

Reports are copied into a table (a few us each), which is packed column by column with numpy when it is full. Packing
each field in Python would take longer than the simulation. Other messages between two samples are kept in their order,
because packing a few rows costs nearly as much as packing all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby

import numpy as np
import numpy.typing as npt

from sortie.logs.dataflash import CHARACTERS, LIMITS, MessageFormat
from sortie.logs.dataflash_columns import (
    OF_WINGS,
    RC_1,
    SOURCES,
    TIME_MS,
    WIDTH,
    Column,
    SampleBatch,
    Table,
    outputs_of_rate,
)

ROWS = 256
"""Reports that are packed together. With 512 each vehicle of a fleet would need 0.37 MB more; with 128 a flight without
clients took 14 % longer."""
_NO_PULSES = (0.0,) * 16
_GPS_EPOCH_UNIX_US = 315_964_800 * 1_000_000
_GPS_UTC_LEAP_US = 18 * 1_000_000  # GPS time is ahead of UTC by 18 s since 2017

Indices = npt.NDArray[np.int64]
NOTHING: Indices = np.zeros(0, np.int64)


class Sampler:
    """Collector of reports to be packed as `kinds`, in that order. `epoch_us`: UTC, us since 1970, at vehicle time 0;
    `hover`: MOT_THST_HOVER, for a column; `unknown`: report values that are not available."""

    def __init__(
        self, kinds: tuple[MessageFormat, ...], epoch_us: int, hover: float, unknown: Indices = NOTHING
    ) -> None:
        self.blank, self.plan = _row(kinds)
        self.gps_at_boot_ms = float((epoch_us - _GPS_EPOCH_UNIX_US + _GPS_UTC_LEAP_US) // 1000)
        self.hover = hover
        self.unknown = unknown
        self.rows: Table = np.zeros((ROWS, WIDTH))
        self.count = 0
        self._pulses: Sequence[float] = ()
        self._between: list[tuple[int, bytes]] = []

    @property
    def full(self) -> bool:
        return self.count == ROWS

    def add(
        self,
        report: npt.NDArray[np.float64],
        now_ms: int,
        home_alt: float,
        *,
        tube_used: bool = True,
        pulses: Sequence[float] = _NO_PULSES,
    ) -> None:
        """Store a copy of the report at vehicle time `now_ms`, and what the columns behind it hold. Must not be
        `full`."""
        row = self.rows[self.count]
        row[:TIME_MS] = report
        row[TIME_MS:RC_1] = now_ms, home_alt, tube_used
        if pulses is not self._pulses:  # rarely: in this row and all behind it, which is cheaper than in each
            self._pulses = pulses
            self.rows[self.count :, RC_1:] = pulses
        self.count += 1

    def insert(self, messages: bytes) -> None:
        """Insert packed messages after the samples so far."""
        self._between.append((self.count, messages))

    def take(self) -> bytes:
        """Return and clear the messages of this sampler alone (`take`)."""
        return take([self])[0]

    def forget(self, packed: npt.NDArray[np.void]) -> bytes:
        """Return all messages in order, with the samples as `packed`, and clear the sampler."""
        between, self._between, self.count, self._pulses = self._between, [], 0, ()
        if not between:
            return packed.tobytes()
        pieces, begin = [], 0
        for at, messages in between:
            pieces += [packed[begin:at].tobytes(), messages]
            begin = at
        return b"".join((*pieces, packed[begin:].tobytes()))


def take(samplers: Sequence[Sampler]) -> list[bytes]:
    """Return and clear the messages of each sampler, in order. Vehicles of a kind are packed together, so a thousand
    logs of a fleet cost little more than one."""
    found: dict[Sampler, bytes] = {}
    likeness = lambda sampler: id(sampler.blank)
    for _, alike in groupby(sorted(samplers, key=likeness), likeness):
        group = list(alike)
        packed, begin = _pack(group), 0
        for sampler in group:
            end = begin + sampler.count
            found[sampler] = sampler.forget(packed[begin:end])
            begin = end
    return [found[sampler] for sampler in samplers]


def _pack(group: Sequence[Sampler]) -> npt.NDArray[np.void]:
    blank, plan = group[0].blank, group[0].plan
    count = sum(sampler.count for sampler in group)
    if not count:
        return blank[:0]
    for sampler in group:
        sampler.rows[: sampler.count, sampler.unknown] = np.nan
    batch = _batch(group)
    out = np.repeat(blank, count)
    with np.errstate(over="ignore"):  # a SIM_ parameter may ask for 3e38 V: inf in the log, without a warning
        for name, character, source in plan:
            out[name] = _fit(source(batch), character)
    return out


def _batch(samplers: Sequence[Sampler]) -> SampleBatch:
    counts = [sampler.count for sampler in samplers]
    return SampleBatch(
        _joined([sampler.rows[: sampler.count] for sampler in samplers]),
        np.repeat([sampler.gps_at_boot_ms for sampler in samplers], counts),
        np.repeat([sampler.hover for sampler in samplers], counts),
    )


def _joined(tables: Sequence[Table]) -> Table:
    """Join tables of vehicles; a single one is returned without a copy."""
    return tables[0] if len(tables) == 1 else np.concatenate(tables)


@cache
def _row(kinds: tuple[MessageFormat, ...]) -> tuple[npt.NDArray[np.void], tuple[tuple[str, str, Column], ...]]:
    """Return a row with a message of each kind, in which unknown columns are NaN or 0, and the sources of the other
    columns: (name, character, source)."""
    blank = np.zeros(1, np.dtype([entry for kind in kinds for entry in fields(kind)]))
    plan: list[tuple[str, str, Column]] = []
    for kind in kinds:
        sources = OF_WINGS[kind] if kind in OF_WINGS else SOURCES[kind.name]
        sources = {**sources, **outputs_of_rate(kinds)} if kind.name == "RATE" else sources
        blank[f"{kind.name}.head"] = np.frombuffer(kind.head, np.uint8)
        for name, character in zip(kind.columns, kind.form, strict=True):
            source = _time if name == "TimeUS" else sources.get(name)
            if source is not None:
                plan.append((f"{kind.name}.{name}", character, source))
            elif character in "fd":
                blank[f"{kind.name}.{name}"] = np.nan
    return blank, tuple(plan)


def _time(batch: SampleBatch) -> Table:
    return batch[TIME_MS] * 1000.0


def table(kind: MessageFormat, rows: Sequence[tuple[float, ...]]) -> bytes:
    """Return messages of a kind without texts, packed as by `MessageFormat.pack`."""
    out = np.zeros(len(rows), np.dtype(fields(kind)))
    out[f"{kind.name}.head"] = np.frombuffer(kind.head, np.uint8)
    for name, character, values in zip(kind.columns, kind.form, zip(*rows, strict=True), strict=False):
        out[f"{kind.name}.{name}"] = _fit(np.array(values, np.float64), character)
    return out.tobytes()


def fields(kind: MessageFormat) -> list[tuple[str, str] | tuple[str, str, tuple[int]]]:
    """Return the fields of a numpy record for this kind: `KIND.head` of three bytes, and `KIND.column`."""
    head: list[tuple[str, str] | tuple[str, str, tuple[int]]] = [(f"{kind.name}.head", "u1", (3,))]
    columns = zip(kind.columns, kind.form, strict=True)
    return head + [(f"{kind.name}.{name}", CHARACTERS[form][3]) for name, form in columns]


def _fit(value: npt.NDArray[np.float64] | float, character: str) -> npt.NDArray[np.float64] | float:
    """Fit values to a column, as `MessageFormat.pack` does, for many rows."""
    code, _, factor, _ = CHARACTERS[character]
    if code not in LIMITS:
        return value
    low, high = map(float, LIMITS[code])  # floats are faster here
    scaled = np.rint(np.asarray(value) * factor)
    finite = np.where(np.isfinite(scaled), scaled, 0.0)
    return np.asarray(np.minimum(np.maximum(finite, low), high))  # np.clip takes three times as long for few rows
