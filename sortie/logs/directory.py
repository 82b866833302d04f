"""The log directory: `run.log`, `flights/NNNN/`, `latest`; the newest flights are kept, within a size.

Numbers only rise, also when old flights are deleted, so that a number names one flight for ever. Folders are made with
`mkdir`, which two processes cannot both win.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

FLIGHTS = "flights"
KEEP_FLIGHTS = 100
KEEP_BYTES = 1 << 30


def new_flight_folder(directory: Path) -> Path:
    """Make the next `flights/NNNN` and point `latest` at it. Raises OSError (disk full, no permission)."""
    flights = directory / FLIGHTS
    flights.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(entry.name) for entry in flights.iterdir() if entry.name.isdecimal()), default=0)
    while True:
        folder = flights / f"{number:04d}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        break
    _point_latest(directory, folder)
    return folder


def _point_latest(directory: Path, folder: Path) -> None:
    """`latest` is a convenience: a file system without links goes without it."""
    temporary = directory / f".latest-{os.getpid()}"
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(Path(FLIGHTS) / folder.name)
        temporary.replace(directory / "latest")


def flight_folders(directory: Path) -> list[Path]:
    """Folders of flights, oldest first."""
    flights = directory / FLIGHTS
    if not flights.is_dir():
        return []
    numbered = (entry for entry in flights.iterdir() if entry.name.isdecimal() and entry.is_dir())
    return sorted(numbered, key=lambda entry: int(entry.name))


def prune(directory: Path, keep: int = KEEP_FLIGHTS, limit: int = KEEP_BYTES) -> None:
    """Delete the oldest flights beyond `keep` and beyond `limit` bytes; the newest always stays."""
    folders = flight_folders(directory)
    sizes = [sum(file.stat().st_size for file in folder.iterdir()) for folder in folders]
    total = sum(sizes)
    for index, folder in enumerate(folders[:-1]):
        if len(folders) - index <= keep and total <= limit:
            return
        shutil.rmtree(folder, ignore_errors=True)
        total -= sizes[index]
