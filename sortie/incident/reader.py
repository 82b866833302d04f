"""Reader of a log: what kind it is, and the recording that its messages make."""

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
    """Read a log, or the log of a folder; `only`: ids of the messages that are wanted. UserError in one line: it is
    none, or holds nothing that can be shown, or its messages find no room."""
    log = find_log(path)
    recording = Recording(read_log(log), log, only)
    with reading(log):
        try:
            _TELLERS[form_of(log)](recording)
            recording.told.sort()
        except sqlite3.Error as error:
            raise UserError(f"{log}: no room for its messages ({error}); TMPDIR names another place") from error
    if not (recording.told.kinds or only):
        raise UserError(f"{log}: the log holds nothing that a station could be shown")
    return recording
