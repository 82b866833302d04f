"""Log directory: `run.log`, `flights/NNNN/`, `latest`. The newest flights are kept, up to a total size.

Numbers always increase, also after flights are deleted, so a number identifies a flight. Folders are made with `mkdir`,
so two processes never share one.
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
    """Make the next `flights/NNNN` and point `latest` at it. OSError (disk full, no permission)."""
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
    """Point the link `latest` at a folder. File systems without links are accepted."""
    temporary = directory / f".latest-{os.getpid()}"
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(Path(FLIGHTS) / folder.name)
        temporary.replace(directory / "latest")


def flight_folders(directory: Path) -> list[Path]:
    """Return the folders of flights, oldest first."""
    flights = directory / FLIGHTS
    if not flights.is_dir():
        return []
    numbered = (entry for entry in flights.iterdir() if entry.name.isdecimal() and entry.is_dir())
    return sorted(numbered, key=lambda entry: int(entry.name))


def prune(directory: Path, keep: int = KEEP_FLIGHTS, limit: int = KEEP_BYTES) -> None:
    """Delete the oldest flights beyond `keep` flights or `limit` bytes; the newest always stays."""
    folders = flight_folders(directory)
    sizes = [sum(file.stat().st_size for file in folder.iterdir()) for folder in folders]
    total = sum(sizes)
    for index, folder in enumerate(folders[:-1]):
        if len(folders) - index <= keep and total <= limit:
            return
        shutil.rmtree(folder, ignore_errors=True)
        total -= sizes[index]
