"""The card of a camera: a folder of the machine, `camera/` beside the flights where these are logged, else a temporary
one. Files are named as cameras do it (DCF), and their numbers only rise.
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
    """Folder and file of a picture, from 1, as the Design rule for Camera File system names them."""
    folder, file = divmod(number - 1, _A_FOLDER)
    return f"{_FOLDER_FROM + folder:03d}SORTI/IMG_{file + 1:04d}.JPG"


class PictureTold(Enum):
    """Instants when a picture counts as written, and who waits for its file."""

    TAKEN = auto()
    """Told as soon as it is taken, in virtual time, whose outcome must not depend on the machine: who opens a file that
    is still being written holds up all else until it is there."""
    TAKEN_UNTIL_HEARD = auto()
    """Told so until somebody speaks, and who opens one waits alone for his answer: others wait on sockets."""
    WRITTEN = auto()
    """Told when its file is there; who opens one before waits alone."""


class Card:
    """The folder with the pictures, and a `Mount` that shows it. `heard()`: has anybody spoken to the vehicle?"""

    def __init__(self, heard: Callable[[], bool]) -> None:
        self.told = PictureTold.TAKEN
        self._heard = heard
        self.written_ever = 0
        self.stored = 0
        self._folder: Path | None = None
        self._temporary: Path | None = None
        self._jobs: dict[str, Job] = {}
        self._failed: dict[str, str] = {}  # why there is no file of this name
        self._problem = ""  # of the last one

    def keep_in(self, folder: Path) -> None:
        """Keep pictures here from now on; what lies there already takes room. Call it before the first picture."""
        self._folder = folder / DCIM
        found = sorted(self._folder.glob("*SORTI/IMG_*.JPG"))
        self.stored = len(found)
        self.written_ever = _number_of(found[-1]) if found else 0

    @property
    def folder(self) -> Path:
        if self._folder is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="sortie-camera-"))
            self._folder = self._temporary / DCIM
        return self._folder

    def next_file(self) -> str:
        """The name of one more picture; its folder is there. OSError where it cannot be."""
        self.written_ever += 1
        name = file_name(self.written_ever)
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        return name

    def written_by(self, name: str, job: Job) -> None:
        """A file will come from there."""
        self._jobs[name] = job

    def written(self, name: str) -> str | None:
        """ "" when it is written, or as good as that; None while it comes; else why it is not."""
        if self._writes(name):
            promised = self.told is PictureTold.TAKEN_UNTIL_HEARD and not self._heard()
            return "" if promised or self._holds_up else None
        return self._failed.get(name, "")

    def writing(self) -> bool:
        """True while files are being written, whose end would have to be waited for."""
        return not self._holds_up and any(self._writes(name) for name in tuple(self._jobs))

    @property
    def _holds_up(self) -> bool:
        return self.told is PictureTold.TAKEN

    def _writes(self, name: str) -> bool:
        """True while the file is still being written. Its result is noted as soon as it is asked for."""
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
        """Delete the last pictures; the next ones have their names."""
        for name in names:
            job = self._jobs.get(name)
            if job is not None:
                self._wait(name, job)
            self._failed.pop(name, None)
            (self.folder / name).unlink(missing_ok=True)
        self.written_ever -= len(names)

    def await_file(self, name: str) -> None:
        """In whichever thread: until it is written, if it is one that comes."""
        job = self._jobs.get(name)
        if job is not None:
            job.wait(_PATIENCE_S)

    def finish(self) -> None:
        """All files are written."""
        for name, job in list(self._jobs.items()):
            self._wait(name, job)

    def close(self, *, hurried: bool) -> None:
        """Close it: wait for what is being written, and delete what is temporary. `hurried`: the program is told to
        end: then not all pictures are waited for."""
        jobs = list(self._jobs.values())
        if jobs and hurried and not self._holds_up:
            jobs[-1].wait(_HURRY_S)  # they are written one after the other
            darkroom().drop()
            left = sum(not job.done or bool(job.error) for job in jobs)
            if left:
                LOGGER.warning("pictures that were not waited for, since the program was told to end: %d", left)
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
        """Write down what changes: a survey on a full disk has a thousand that fail alike."""
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
    """Number in a file name that a camera has given."""
    folder, file = path.parent.name[:3], path.stem.removeprefix("IMG_")
    return (int(folder) - _FOLDER_FROM) * _A_FOLDER + int(file) if folder.isdecimal() and file.isdecimal() else 0
