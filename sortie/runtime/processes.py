"""Processes of this machine as Linux reports them: whether their threads run or want to run, how much processor time
they have used, and which sockets belong to which process (proc(5), clock_getcpuclockid(3)).
"""

from __future__ import annotations

import ipaddress
import os
import struct
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path
from typing import Final

from autopilot.interface.records import dataclass, field
from mavlink_bridge.links.base import LinkEnds

_AT_WORK: Final = (b"R", b"D")
_STATE, _THREADS = 0, 17
"""Indexes of words in a thread's `stat` after its name: state, and number of threads of the process."""
_STAT_SIZE: Final = 1024
_LOOKS: Final = 3
_MOST_OPEN_FILES: Final = 256
"""Most files kept open for all processes. Reading an open file takes a third of the time, but a fleet with a server
process for each vehicle would need thousands."""
_OF_PROCESS, _OF_THREAD = 2, 6
"""Low bits of a clock number; the high bits are the complement of the process or thread number
(linux/posix-timers_types.h)."""
GC_SELDOM: Final = (10_000, 10, 100)
"""Thresholds of `gc.set_threshold` for Sortie. Nearly all objects are freed by reference counts, without the
collector."""
_ESTABLISHED: Final = "01"
_MAPPED: Final = "0000000000000000FFFF0000"


class Process:
    """Threads of a process, without the calling thread. `ours`: the process is this one. Must be closed."""

    _open_files = 0

    def __init__(self, number: int) -> None:
        self.number = number
        self.ours = number == os.getpid()
        self._files: dict[int, int | None] = {}

    def used_ns(self) -> tuple[int, ...] | None:
        """Return the processor time of its threads, ns. Equal values prove that none has run in between. None: unknown,
        because a thread has just ended or `wants_to_run` was never called."""
        if sys.platform != "linux" or not self._files:
            return None
        asking = threading.get_native_id()
        clocks = [~thread << 3 | _OF_THREAD for thread in self._files if thread != asking]
        try:
            return tuple(map(time.clock_gettime_ns, clocks if self.ours else (~self.number << 3 | _OF_PROCESS,)))
        except OSError:
            return None

    def wants_to_run(self) -> bool:
        """Check whether a thread runs or waits for a processor or the disk. False for an ended process."""
        for _ in range(_LOOKS):
            at_work = self._look() if self._files else None
            if at_work is not None:
                return at_work
            self._meet()
            if not self._files:
                return False
        return True  # threads start and end all the time

    def close(self) -> None:
        for file in self._files.values():
            if file is not None:
                os.close(file)
                Process._open_files -= 1
        self._files.clear()

    def _look(self) -> bool | None:
        """Check whether a thread is at work. None: the threads have changed."""
        asking, counted = threading.get_native_id(), False
        try:
            for thread, file in self._files.items():
                words = self._stat(thread, file).rpartition(b") ")[2].split(None, _THREADS + 1)
                if not counted and int(words[_THREADS]) != len(self._files):
                    return None
                counted = True
                if words[_STATE] in _AT_WORK and thread != asking:
                    return True
        except (OSError, IndexError):  # a thread has ended
            return None
        return False

    def _stat(self, thread: int, file: int | None) -> bytes:
        if sys.platform == "win32":
            return b""
        if file is not None:
            return os.pread(file, _STAT_SIZE, 0)
        file = self._open(thread)
        try:
            return os.read(file, _STAT_SIZE)
        finally:
            os.close(file)

    def _meet(self) -> None:
        """List the current threads."""
        self.close()
        with suppress(OSError):
            for entry in os.scandir(f"/proc/{self.number}/task"):
                thread = int(entry.name)
                self._files[thread] = None
                if Process._open_files < _MOST_OPEN_FILES:
                    self._files[thread] = self._open(thread)
                    Process._open_files += 1

    def _open(self, thread: int) -> int:
        return os.open(f"/proc/{self.number}/task/{thread}/stat", os.O_RDONLY)


def processes_of(inodes: Set[int]) -> list[int]:
    """Find the processes that own these sockets. Other processes are not searched when this process owns all of them,
    because searching all open files takes milliseconds."""
    if inodes <= _sockets_of(os.getpid()):
        return [os.getpid()]
    numbers = [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]
    return [number for number in numbers if not inodes.isdisjoint(_sockets_of(number))]


@dataclass(frozen=True, slots=True)
class ConnectedProcesses:
    """Processes on this machine with TCP connections to a process: `others` without ourselves, and `ends` of all
    connections from the other side, by inode of the process's own socket."""

    others: frozenset[int] = frozenset()
    ends: Mapping[int, LinkEnds] = field(default_factory=dict)


def company_of(process: int) -> ConnectedProcesses:
    own = _sockets_of(process)
    connections = {(local, remote): inode for local, remote, inode in _connections()}
    ends = {
        inode: LinkEnds(_place(remote), _place(local))
        for (local, remote), inode in connections.items()
        if inode in own and (remote, local) in connections
    }
    theirs = {connections[remote, local] for (local, remote), inode in connections.items() if inode in ends} - own
    others = frozenset(processes_of(theirs)) if theirs else frozenset()
    return ConnectedProcesses(others - {process, os.getpid()}, ends)


def files_of(process: int) -> int:
    """Return the number of its open files; 0 before Linux 6.2 and for an ended process."""
    try:
        return Path(f"/proc/{process}/fd").stat().st_size
    except OSError:
        return 0


def _sockets_of(process: int) -> set[int]:
    """Return the inodes of a process's sockets; none if it has ended or belongs to another user."""
    found = set()
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{process}/fd"):
            with suppress(OSError):  # closed in the meantime
                target = os.readlink(entry.path)  # noqa: PTH115 - of every file of every process
                if target.startswith("socket:["):
                    found.add(int(target[8:-1]))
    return found


def _connections() -> Iterator[tuple[str, str, int]]:
    """List ends and inode of each TCP connection (proc_net(5)). An IPv4 address in IPv6 is given as IPv4."""
    for table in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # this protocol is not available
            continue
        for line in lines:
            words = line.split()
            if words[3] == _ESTABLISHED:
                yield words[1].removeprefix(_MAPPED), words[2].removeprefix(_MAPPED), int(words[9])


def _place(words: str) -> tuple[str, int]:
    """Parse host and port of these tables: words in the machine's byte order, and a hexadecimal number."""
    host, port = words.split(":")
    packed = bytes.fromhex(host)
    order = "<" if sys.byteorder == "little" else ">"
    packed = struct.pack(f">{len(packed) // 4}I", *struct.unpack(f"{order}{len(packed) // 4}I", packed))
    return str(ipaddress.ip_address(packed)), int(port, 16)
