"""The ledger of long runs, `tests/nights.jsonl`: a row for each, as the run itself has printed it. What runs of many
commits have seen adds up, on docs/nights.md (`scripts/nights-page`).

    scripts/storm 27000000 --hours 2 | tee night.log; grep '^{' night.log >>tests/nights.jsonl
"""

from __future__ import annotations

import resource
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).with_suffix(".jsonl")


class _Row(msgspec.Struct, frozen=True, tag_field="run", forbid_unknown_fields=True, kw_only=True):
    """`date`: UTC, of its end. `commit`: with "+" where files were changed since. `core_hours`: processor time, user
    and system."""

    date: str
    commit: str
    core_hours: float


class Storms(_Row, frozen=True):
    """A row of storms: the seed `first`, and those after it. `broken`: the seeds that broke an invariant."""

    first: int
    seeds: int
    vehicle_hours: float
    deaths: int
    broken: list[int]


class StormRun(Storms, frozen=True, tag="storm"):
    """Storms in virtual time; children of seeds count as seeds. `flown_hours`: with motors on. `clean_hours`: vehicle
    hours since the last storm that broke an invariant."""

    flown_hours: float
    events: int
    clean_hours: float


class RealRun(Storms, frozen=True, tag="real"):
    """Storms around real processes. `clean_seeds`: since the last that broke an invariant."""

    clean_seeds: int


class FuzzRun(_Row, frozen=True, tag="fuzz"):
    """A parser under the fuzzer. `inputs`: executions. `findings`: inputs that ended a run."""

    parser: str
    inputs: int
    findings: int


class PacedRun(_Row, frozen=True, tag="paced"):
    """Flights of a client that vehicle time waits for, beside busy cores. `client`: pymavlink or mavsdk. `firmware`:
    name and version. `speed`: of the median flight, times real time."""

    client: str
    firmware: str
    flights: int
    failed: int
    speed: float


class Found(msgspec.Struct, frozen=True, tag_field="run", tag="found", forbid_unknown_fields=True):
    """What became of what runs have found, written by hand. `at`: seeds, or parsers. `fault`: whose it was. `test`:
    fails where it is not mended; empty while it is open. `commit`: mended it; empty: the one that brought the test."""

    at: list[int | str]
    what: str
    fault: Literal["product", "storm", "not known"]
    commit: str
    test: str


Row = StormRun | RealRun | FuzzRun | PacedRun | Found


def read(file: Path = FILE) -> list[Row]:
    """All rows. msgspec.ValidationError where one lacks a field, or has one that no row has."""
    return [msgspec.json.decode(line, type=Row) for line in file.read_bytes().splitlines()]


def show(row: Row) -> None:
    """Print it, as the file has it."""
    print(msgspec.json.encode(row).decode(), flush=True)


def today() -> str:
    """The date, UTC."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


@cache
def commit() -> str:
    """Of this checkout when it was asked first; with "+" where a file of it was changed."""
    words = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=10", "--exclude=*", "--dirty=+"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def core_hours() -> float:
    """Processor time that this process and its children that have ended have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used) / 3600
