"""Reader of logs for a replay: finds the kind of log and makes its recording."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from sortie.config.errors import UserError
from sortie.incident.dataflash import tell_dataflash
from sortie.incident.recording import Recording
from sortie.incident.telemetry import tell_telemetry
from sortie.incident.ulog import tell_ulog
from sortie.reading.logs import LogForm, find_log, form_of, read_log, reading

_TELLERS: Final[dict[LogForm, Callable[[Recording], None]]] = {
    LogForm.DATAFLASH: tell_dataflash,
    LogForm.TELEMETRY: tell_telemetry,
    LogForm.ULOG: tell_ulog,
}


def read_recording(path: Path, only: Collection[int] = ()) -> Recording:
    """Read a log, or that of a folder. `only`: ids of the messages to keep. UserError in one line: not a log, nothing
    to show, or no space for the messages."""
    log = find_log(path)
    recording = Recording(read_log(log), log, only)
    with reading(log):
        try:
            _TELLERS[form_of(log)](recording)
            recording.messages.sort()
        except sqlite3.Error as error:
            raise UserError(f"{log}: no room for its messages ({error}); TMPDIR names another place") from error
    if not (recording.messages.kinds or only):
        raise UserError(f"{log}: the log has no messages to replay")
    return recording
