"""Memory card of a camera: the folder `camera/` beside the logs of the flights, or a temporary folder.

Files are named as cameras do it (DCF), with rising numbers.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Final

from mavlink_bridge.services.ftp.files import DirectoryEntry, FileComesError, OpenFile
from sitl.camera.darkroom import Job, darkroom
from sortie.logs.run_log import LOGGER
from sortie.logs.served import ServedDirectory

DCIM: Final = "DCIM"
_FOLDER_FROM, _A_FOLDER = 100, 9999
_PATIENCE_S, _HURRY_S = 60.0, 1.0


def file_name(number: int) -> str:
    """Return folder and file name of picture `number` (from 1), as the Design rule for Camera File system (DCF) has
    them."""
    folder, file = divmod(number - 1, _A_FOLDER)
    return f"{_FOLDER_FROM + folder:03d}SORTI/IMG_{file + 1:04d}.JPG"


class PictureReported(Enum):
    """Time at which a picture counts as written, and who waits for its file."""

    TAKEN = auto()
    """Reported as soon as it is taken. For virtual time, whose result must not depend on the machine: opening an
    unfinished file stops everything until it is written."""
    TAKEN_UNTIL_HEARD = auto()
    """Like `TAKEN` until the first client speaks; then opening an unfinished file delays only the answer to that
    client."""
    WRITTEN = auto()
    """Reported when its file is written. Opening it earlier delays only the answer to that client."""


class Card:
    """Folder of pictures, also a `Mount` for MAVFTP. `heard()`: whether a client has spoken to the vehicle."""

    def __init__(self, heard: Callable[[], bool]) -> None:
        self.reported = PictureReported.TAKEN
        self._heard = heard
        self.written_ever = 0
        self.stored = 0
        self._folder: Path | None = None
        self._temporary: Path | None = None
        self._jobs: dict[str, Job] = {}
        self._failed: dict[str, str] = {}  # reason for each missing file
        self._problem = ""  # of the last file

    def keep_in(self, folder: Path) -> None:
        """Keep pictures in this folder; its existing pictures count as stored. Must be called before the first
        picture."""
        self._folder = folder / DCIM
        found = list(self._folder.glob("*SORTI/IMG_*.JPG"))
        self.stored = len(found)
        self.written_ever = max((0, *map(_number_of, found)))

    @property
    def folder(self) -> Path:
        if self._folder is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="sortie-camera-"))
            self._folder = self._temporary / DCIM
        return self._folder

    def next_file(self) -> str:
        """Return the name of the next picture and make its folder. OSError if that fails."""
        self.written_ever += 1
        name = file_name(self.written_ever)
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        return name

    def written_by(self, name: str, job: Job) -> None:
        """Note the job that writes this file."""
        self._jobs[name] = job

    def written(self, name: str) -> str | None:
        """Return "" when the file is written or counts as written, None while it is being written, otherwise the
        error."""
        if self._writes(name):
            promised = self.reported is PictureReported.TAKEN_UNTIL_HEARD and not self._heard()
            return "" if promised or self._holds_up else None
        return self._failed.get(name, "")

    def writing(self) -> bool:
        """True while files are being written that clients would have to wait for."""
        return not self._holds_up and any(self._writes(name) for name in tuple(self._jobs))

    @property
    def _holds_up(self) -> bool:
        return self.reported is PictureReported.TAKEN

    def _writes(self, name: str) -> bool:
        """True while the file is being written. Notes the result of a finished job."""
        job = self._jobs.get(name)
        if job is not None and job.done:
            self._wait(name, job)
            return False
        return job is not None

    def format(self) -> None:
        """Delete all pictures of this and earlier runs."""
        self.finish()
        self._jobs.clear()
        self._failed.clear()
        self.stored = 0
        shutil.rmtree(self.folder, ignore_errors=True)

    def remove(self, names: Sequence[str]) -> None:
        """Delete the last pictures; the next ones get their names."""
        for name in names:
            job = self._jobs.get(name)
            if job is not None:
                self._wait(name, job)
            self._failed.pop(name, None)
            (self.folder / name).unlink(missing_ok=True)
        self.written_ever -= len(names)

    def await_file(self, name: str) -> None:
        """Wait until a file is written, in any thread."""
        job = self._jobs.get(name)
        if job is not None:
            job.wait(_PATIENCE_S)

    def finish(self) -> None:
        """Wait until all files are written."""
        for name, job in list(self._jobs.items()):
            self._wait(name, job)

    def close(self, *, hurried: bool) -> None:
        """Wait for unfinished files and delete a temporary folder. `hurried`: the program must end, so not all pictures
        are awaited."""
        jobs = list(self._jobs.values())
        if jobs and hurried and not self._holds_up:
            jobs[-1].wait(_HURRY_S)  # they are written in order
            darkroom().drop()
            unwritten = sum(not job.done or bool(job.error) for job in jobs)
            if unwritten:
                LOGGER.warning("pictures that were not waited for, since the program was told to end: %d", unwritten)
            self._jobs.clear()
        self.finish()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _wait(self, name: str, job: Job) -> None:
        if job.wait(_PATIENCE_S):
            self._note("", name)
        else:
            self._failed[name] = job.error or "not written in time"
            self._note(self._failed[name], name)
        self._jobs.pop(name, None)

    def _note(self, problem: str, name: str) -> None:
        """Log changes only, because on a full disk a thousand pictures fail alike."""
        if problem and problem != self._problem:
            LOGGER.error("picture %s: %s", name, problem)
        elif self._problem and not problem:
            LOGGER.warning("pictures are written again, from %s on", name)
        self._problem = problem

    # --- Mount --------------------------------------------------------------------------------------------------------
    def open(self, path: str, query: str) -> OpenFile:
        if self._writes(path):
            if not self._holds_up:
                raise FileComesError
            self._wait(path, self._jobs[path])
        return ServedDirectory(self.folder).open(path, query)

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        if self._holds_up:
            self.finish()
        if not self.folder.is_dir():
            return []
        return [entry for entry in ServedDirectory(self.folder).entries(path) if not entry.name.endswith(".part")]


def _number_of(path: Path) -> int:
    """Return the number of a picture from its file name."""
    folder, file = path.parent.name[:3], path.stem.removeprefix("IMG_")
    return (int(folder) - _FOLDER_FROM) * _A_FOLDER + int(file) if folder.isdecimal() and file.isdecimal() else 0
