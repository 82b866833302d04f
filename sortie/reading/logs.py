"""Search of a log file, and choice of its reader by the first bytes, whatever its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final

import numpy as np

from autopilot.mission.plan import parse_plan
from autopilot.mission.plan_types import PlanError
from sortie.config.errors import UserError
from sortie.config.files import check_readable, files_of
from sortie.logs.directory import flight_folders
from sortie.reading.facts import FlightFacts

PLAN: Final = "plan.plan"


class LogForm(Enum):
    DATAFLASH = ".bin"
    TELEMETRY = ".tlog"
    ULOG = ".ulg"


_BY_LIKING: Final = ("flight.bin", "flight.tlog", "flight.ulg")
"""Log files of a folder, most informative first."""


def find_log(path: Path) -> Path:
    """Return the log file: the path itself, or that of a folder with one flight, or the newest of a log directory.
    UserError when there is none."""
    if not path.is_dir():
        return path
    for folder in (path, path / "latest", *reversed(flight_folders(path))):
        for name in _BY_LIKING:
            if (folder / name).is_file():
                return folder / name
    found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in {form.value for form in LogForm}]
    if len(found) == 1:
        return found[0]
    raise UserError(f"{path}: {'several logs in this folder; name one' if found else 'no flight log in this folder'}")


def form_of(path: Path) -> LogForm:
    """Find the kind of log by the first bytes. UserError: unreadable, empty, a pipe, or not a log."""
    with files_of(path):
        check_readable(path)
        with path.open("rb") as file:
            head = file.read(16)
    if not head:
        raise UserError(f"{path}: the file is empty")
    if head[:2] == b"\xa3\x95":
        return LogForm.DATAFLASH
    if head[:4] == b"ULog":
        return LogForm.ULOG
    if len(head) > 8 and head[8] in (0xFD, 0xFE):
        return LogForm.TELEMETRY
    raise UserError(f"{path}: not a flight log; expected .bin (ArduPilot, Sortie), .tlog or .ulg (PX4)")


@contextmanager
def reading(log: Path) -> Iterator[None]:
    """Convert all errors of reading a damaged log to a UserError in one line."""
    try:
        with np.errstate(all="ignore"):  # values of a damaged log
            yield
    except (OSError, PlanError) as error:
        raise UserError(f"{log}: {error}") from error
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{log}: the log is damaged, or another program's ({type(error).__name__})") from error


def read_log(path: Path) -> FlightFacts:
    """Read a log, or that of a folder, with the plan file beside it. UserError in one line."""
    log = find_log(path)
    with reading(log):
        match form_of(log):  # a reader is loaded with its first log
            case LogForm.DATAFLASH:
                from sortie.reading.dataflash import read_dataflash as read
            case LogForm.TELEMETRY:
                from sortie.reading.telemetry import read_telemetry as read
            case LogForm.ULOG:
                from sortie.reading.ulog import read_ulog as read
        facts = read(log)
        plan_file = log.parent / PLAN
        if plan_file.is_file():
            facts.take_plan(parse_plan(plan_file.read_bytes()))
    if not (facts.samples or facts.modes or facts.texts):
        raise UserError(f"{log}: the log has no data of a flight")
    facts.name = f"{log.resolve().parent.name}/{log.name}"
    return facts
