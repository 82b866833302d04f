"""docs/nights.md, made from the ledger of long runs (tests/nights.jsonl)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from math import fsum
from pathlib import Path
from typing import TypeVar

from scripts.generated_page import table, write_or_check
from tests.nights import Found, FuzzRun, PacedRun, RealRun, Row, StormRun, Storms, read

PAGE = Path(__file__).resolve().parent.parent / "docs" / "nights.md"
YEAR_H = 8766
NIGHT_CORE_H = 20
_INTRODUCTION = """# Nights

Made by `scripts/nights-page` from `tests/nights.jsonl`; do not edit.

Results of long runs of [storms](reliability.md#storms), of [fuzzing](reliability.md#fuzzing) and of clients with [a
real firmware](real-firmware.md#figures). Each run prints its row when it ends; `tests/nights.py` describes how to
add it. The commit is the tested one; "+" means that it had local changes. A core hour is an hour of processor time
(user and system). Deaths are processes that were killed.
"""


def page(rows: Sequence[Row]) -> str:
    """The whole page, in Markdown."""
    lines = [_INTRODUCTION]
    if storms := [row for row in rows if isinstance(row, StormRun)]:
        lines += _storms(storms)
    if reals := [row for row in rows if isinstance(row, RealRun)]:
        lines += _reals(reals)
    if fuzzed := [row for row in rows if isinstance(row, FuzzRun)]:
        lines += _fuzzed(fuzzed)
    if paced := [row for row in rows if isinstance(row, PacedRun)]:
        lines += _paced(paced)
    if found := [row for row in rows if isinstance(row, Found)]:
        lines += _found(found)
    return "\n".join(lines)


def _table(heads: str, rows: Iterable[Sequence[object]]) -> list[str]:
    return [*table(heads.split(", "), rows), ""]


AnyStorms = TypeVar("AnyStorms", bound=Storms)


def _storm_table(
    heads: str,
    runs: Sequence[AnyStorms],
    hours: Callable[[AnyStorms], Sequence[str]],
    since: Callable[[AnyStorms], float],
) -> list[str]:
    """A row for each run; `hours`: cells of its vehicle hours, `since`: what has passed since a storm that broke an
    invariant."""
    return _table(
        f"date, commit, seeds from, storms, core hours, {heads}",
        (
            (
                *(run.date, run.commit, run.first, f"{run.seeds:,}", f"{run.core_hours:.2f}"),
                *hours(run),
                f"{run.deaths:,}",
                ", ".join(map(str, run.broken)) or "none",
                f"{since(run):,.0f}",
            )
            for run in runs
        ),
    )


def _storms(runs: Sequence[StormRun]) -> list[str]:
    hours, flown = fsum(run.vehicle_hours for run in runs), fsum(run.flown_hours for run in runs)
    core_hours, seeds = fsum(run.core_hours for run in runs), sum(run.seeds for run in runs)
    broken = sum(len(run.broken) for run in runs)
    clean = 0.0
    for run in runs:
        clean = run.clean_hours + (0.0 if run.broken else clean)
    return [
        "## Storms in virtual time\n",
        f"{seeds:,} storms of {hours:,.0f} vehicle hours ({hours / YEAR_H:.2f} years; {flown:,.0f} hours with motors "
        f"on) in {core_hours:.2f} core hours: {hours / core_hours:,.0f} vehicle hours per core hour. {broken} broke "
        f"an invariant; {clean:,.0f} vehicle hours ({clean / YEAR_H:.2f} years) since the last of them.\n",
        *_night(runs),
        *_storm_table(
            "vehicle hours, with motors on, events, deaths, broken, hours since",
            runs,
            lambda run: (f"{run.vehicle_hours:,.0f}", f"{run.flown_hours:,.0f}", f"{run.events:,}"),
            lambda run: run.clean_hours,
        ),
    ]


def _night(runs: Sequence[StormRun]) -> list[str]:
    """The fastest core hour of runs in a row, as a night; empty before there is one."""
    fastest = 0.0
    for first in range(len(runs)):
        core_hours = hours = 0.0
        for run in runs[first:]:
            core_hours, hours = core_hours + run.core_hours, hours + run.vehicle_hours
            if core_hours >= 1.0:
                fastest = max(fastest, hours / core_hours)
                break
    if not fastest:
        return []
    years = fastest * NIGHT_CORE_H / YEAR_H
    return [
        "How much a core hour is depends on the machine and on what storms draw: the fastest one of runs in a row had "
        f"{fastest:,.0f} vehicle hours. In a night of ten hours on two cores that is {years:.1f} years.\n"
    ]


def _reals(runs: Sequence[RealRun]) -> list[str]:
    seeds, deaths = sum(run.seeds for run in runs), sum(run.deaths for run in runs)
    broken = sum(len(run.broken) for run in runs)
    clean = 0
    for run in runs:
        clean = run.clean_seeds + (0 if run.broken else clean)
    return [
        "## Storms around real processes\n",
        f"{seeds:,} storms with {deaths:,} deaths of a process. {broken} broke an invariant; {clean:,} storms since "
        "the last of them.\n",
        *_storm_table(
            "vehicle hours, deaths, broken, storms since",
            runs,
            lambda run: (f"{run.vehicle_hours:,.1f}",),
            lambda run: run.clean_seeds,
        ),
    ]


Run = TypeVar("Run")
Key = TypeVar("Key", str, tuple[str, str])


def _grouped(runs: Sequence[Run], key: Callable[[Run], Key]) -> Iterator[tuple[Key, list[Run]]]:
    """Runs of each key, in order of keys and then of time."""
    for each, of in groupby(sorted(runs, key=key), key):
        yield each, list(of)


def _fuzzed(runs: Sequence[FuzzRun]) -> list[str]:
    return [
        "## Fuzzing\n",
        f"{fsum(run.core_hours for run in runs):.2f} core hours, {sum(run.inputs for run in runs):,} inputs, "
        f"{sum(run.findings for run in runs)} findings.\n",
        *_table(
            "parser, core hours, inputs, findings, last run, commit",
            (
                (
                    parser,
                    f"{fsum(run.core_hours for run in of):.2f}",
                    f"{sum(run.inputs for run in of):,}",
                    sum(run.findings for run in of),
                    of[-1].date,
                    of[-1].commit,
                )
                for parser, of in _grouped(runs, lambda run: run.parser)
            ),
        ),
    ]


def _paced(runs: Sequence[PacedRun]) -> list[str]:
    return [
        "## Flights of a client with a real firmware\n",
        "Vehicle time waits for the client, and all cores are busy with other work (`python -m "
        "scripts.paced_flights`).\n",
        *_table(
            "client, firmware, flights, failed, times real time, core hours, last run, commit",
            (
                (
                    *pair,
                    f"{sum(run.flights for run in of):,}",
                    sum(run.failed for run in of),
                    _range([run.speed for run in of]),
                    f"{fsum(run.core_hours for run in of):.2f}",
                    of[-1].date,
                    of[-1].commit,
                )
                for pair, of in _grouped(runs, lambda run: (run.client, run.firmware))
            ),
        ),
    ]


def _range(values: Sequence[float]) -> str:
    low, high = f"{min(values):.1f}", f"{max(values):.1f}"
    return low if low == high else f"{low} to {high}"


def _found(rows: Sequence[Found]) -> list[str]:
    cells = (
        (
            ", ".join(map(str, row.at)),
            row.what,
            row.fault,
            row.commit or ("with its test" if row.test else "open"),
            f"`{row.test}`" if row.test else "",
        )
        for row in rows
    )
    return ["## What was found\n", *_table("seed or parser, what, at fault, fixed in, test", cells)]


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    return write_or_check(PAGE, page(read()), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
