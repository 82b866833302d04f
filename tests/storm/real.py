"""A storm around real processes (`scripts/storm --real`): `sortie serve` as a child, on sockets, on a file system that
fills, killed and stopped by signals. Plans, stations, acts, faults and the whole course are those of virtual time.

The state lies on a tmpfs of `SIZE`, mounted in a user namespace of our own (`in_a_namespace`: no root is needed). Where
a kernel forbids that, a full disk is a limit of the process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.storm.invariant import Broken
from tests.storm.real_process import RealProcess
from tests.storm.swarm import StormPlan, draw
from tests.storm.verdict import Verdict
from tests.storm.world import Storm

MINUTES = 2.0
PACE = 4
"""By which all comes earlier than in the plan: a person at the clock waits for it."""
SIZE = 64 * 1024 * 1024
INSIDE = "SORTIE_STORM_NAMESPACE"
"""Set in the environment of a storm that has a user namespace of its own."""
_ELSEWHERE = frozenset(("night", "link.loss"))
"""Faults that only virtual time has: an hour, and a vehicle that is told to be silent."""


def in_a_namespace(arguments: list[str]) -> None:
    """Become a process that may mount a file system for itself, where the kernel lets anyone."""
    words = ["unshare", "--user", "--map-root-user", "--mount"]
    if INSIDE in os.environ or shutil.which(words[0]) is None:
        return
    if subprocess.run([*words, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0:
        os.execvpe(words[0], [*words, sys.executable, *arguments], os.environ | {INSIDE: "1"})


def outside(seed: int, minutes: float | None = None, vehicles: int | None = None) -> StormPlan:
    """The storm of a seed, without what only virtual time has. Links of one machine are trusted: nobody has a key."""
    plan = draw(seed, minutes=minutes or MINUTES, vehicles=vehicles)
    faults = tuple(
        replace(fault, at_ms=fault.at_ms // PACE, lasts_ms=fault.lasts_ms // PACE)
        for fault in plan.faults
        if fault.what not in _ELSEWHERE
    )
    acts = tuple(replace(act, at_ms=act.at_ms // PACE) for act in plan.acts)
    return replace(plan, minutes=plan.minutes / PACE, acts=acts, faults=faults, signed=False, power=False)


class RealDisk:
    """The file system on which the state lies. `fails_at`, `dies_at`: as a simulated one's, not None is at once;
    `grows`: may the process's files grow?"""

    dead = False
    operations = 0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mounted = INSIDE in os.environ
        if self.mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder], check=True)
        self._ballast = folder / "ballast"
        self._full = False
        self.fails_at: int | None = None
        self.dies_at: int | None = None

    @property
    def full(self) -> bool:
        return self._full

    @full.setter
    def full(self, full: bool) -> None:
        self._full = full
        if not full:
            self._ballast.unlink(missing_ok=True)
        elif self.mounted:
            with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(1 << 20))

    @property
    def grows(self) -> bool:
        return self.fails_at is None and (self.mounted or not self._full)

    def log_of_database(self) -> tuple[int, int] | None:
        """Changes with each write."""
        try:
            found = (self.folder / "state" / "state.db-wal").stat()
        except FileNotFoundError:
            return None
        return found.st_size, found.st_mtime_ns


class RealMachine:
    """See `Machine`."""

    real = True

    def __init__(self, folder: Path) -> None:
        self.disk = RealDisk(folder)
        self._began_s = time.monotonic()

    def now_ms(self) -> int:
        """The storm's time."""
        return int((time.monotonic() - self._began_s) * 1000)

    def begin(self, *given: Any) -> RealProcess:
        return RealProcess(self, *given)

    def rest(self, until_ms: int) -> int:
        time.sleep(max(until_ms - self.now_ms(), 0) / 1000)
        return max(until_ms, self.now_ms())

    def leave(self, storm: Storm) -> None:
        """End it, and see in another start that everything acknowledged is there."""
        for station in storm.stations:
            storm.hang_up(station)
        storm.process.end()
        storm.process = None
        storm.start()
        if storm.process is None:
            raise Broken("a service starts after any death", "it did not, after it was ended")
        storm.process.end()


def run_outside(plan: StormPlan) -> Verdict[StormPlan]:
    """Run a storm around real processes."""
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        work, disk = Path(folder, "work"), Path(folder, "disk")
        work.mkdir()
        disk.mkdir()
        machine = RealMachine(disk)
        try:
            return Storm(plan, work, machine).run()
        finally:
            if machine.disk.mounted:
                subprocess.run(["umount", "--lazy", disk], check=True)
