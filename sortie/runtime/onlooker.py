"""Observation of clients by the runtime. Clients on the same machine are observed by what Linux reports, others only by
the protocol.

Unread bytes: sock_diag reports those of the other end of a connection, or of the socket that receives our datagrams.
For a connection to another machine it reports the bytes that have not been acknowledged. Work: /proc/PID shows whether
a thread of the client's process runs or waits for a processor or the disk. Processes that the client talks to by TCP
are included, as a program does with MAVSDK's server. On systems without these, a client seems to do nothing.

Stillness is a proof: at one instant, each byte that was written to the connection had reached its other end, and no
thread of these processes ran, wanted to run, or ran for a moment during the check (their clocks show it). Then nothing
happens before time advances, except by timers. A thread of this process that waits for the interpreter's lock looks
asleep. The check releases the lock for each file that it reads, and that wakes the thread.
"""

from __future__ import annotations

import ipaddress
import math
import os
import struct
import sys
import time
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from functools import lru_cache
from typing import Final

from mavlink_bridge.links.base import Link, LinkEnds
from mavlink_bridge.links.hub import LinkHub
from sitl.starving import starved_s, waits_s
from sortie.runtime.followers import ClientSight
from sortie.runtime.processes import Process, company_of, files_of, processes_of
from sortie.runtime.sock_diag import SockDiag, Socket, SocketGone

OWN_WORK_NS: Final = 20_000
"""Processor time that other threads of this process may use between two checks and still count as idle, ns: waking up
costs that much."""

OWN_SHARE: Final = 0.1
"""Share of the time between checks that counts as idle in addition."""

SOUGHT_FIRST_S: Final = 0.1
SOUGHT_LAST_S: Final = 5.0
"""Shortest and longest time between searches for processes that talk to a client's process, s. The time doubles with
each search. A search costs milliseconds. A process that opens more files is searched at once."""

HANDED_ON_S: Final = 0.012
"""A process between a program and us may hand on what it is asked at a tick of its own: MAVSDK's server does so every
10 ms, and sleeps until then. Counted from its first stillness: on a busy machine it takes the request late."""

COUNTED_EACH_S: Final = 0.5
"""Time after which it is read again how long a client that is behind has waited for a processor, s."""

_LINUX: Final = sys.platform.startswith("linux")
_TIOCOUTQ: Final = 0x5411


class Onlooker:
    """Observer of all clients, called from the thread that flies."""

    def __init__(self) -> None:
        self._kernel = SockDiag()
        self._peers: dict[Link, _Peer] = {}
        self._processes: dict[int, Process] = {}
        self._own_ns = 0
        self._looked_ns = 0

    def look(self, hubs: Sequence[LinkHub], owing: Mapping[Link, bool]) -> dict[str, ClientSight]:
        """Observe every connected client. `owing`: for each link with a barrier, whether it owes an answer."""
        links = [link for hub in hubs for link in hub.links().values() if link.present]
        self._peers = {link: self._peers.get(link) or _Peer(link) for link in links}
        before = self._clocks()
        for peer in self._peers.values():
            peer.look(self._kernel)
        rest = self._rest()
        after = self._clocks()
        still = {number for number in rest if after[number] is not None and after[number] == before.get(number)}
        own_work = self._own_threads_work(rest=os.getpid() in rest, still=os.getpid() in still)
        sights = {link: peer.sight(rest, still, own_work, owing.get(link, False)) for link, peer in self._peers.items()}
        return {link.name: sight for link, sight in sights.items() if sight is not None}

    def close(self) -> None:
        self._peers.clear()
        for process in self._processes.values():
            process.close()
        self._processes.clear()
        self._kernel.close()

    def _clocks(self) -> dict[int, tuple[int, ...] | None]:
        """Return the processor time that the threads of each process have used, ns."""
        return {number: process.used_ns() for number, process in self._processes.items()}

    def _rest(self) -> set[int]:
        """Return the observed processes of which no thread wants to run. Processes with unread bytes still have to
        run."""
        known = {os.getpid()}.union(*(peer.processes for peer in self._peers.values()))
        for number in self._processes.keys() - known:
            self._processes.pop(number).close()
        for number in known - self._processes.keys():
            self._processes[number] = Process(number)
        numbers = {os.getpid()}.union(*(peer.processes for peer in self._peers.values() if not peer.unread))
        return {number for number in numbers if not self._processes[number].wants_to_run()}

    def _own_threads_work(self, *, rest: bool, still: bool) -> bool:
        """Check whether other threads of this process work, because a client may be one of them. During a check they
        wait for the interpreter's lock. Without a proof of stillness, their processor time since the last check
        decides."""
        now_ns, wall_ns = time.process_time_ns() - time.thread_time_ns(), time.monotonic_ns()
        worked = now_ns - self._own_ns > OWN_WORK_NS + OWN_SHARE * (wall_ns - self._looked_ns)
        self._own_ns, self._looked_ns = now_ns, wall_ns
        return not still and (worked or not rest)


class _Peer:
    """Other end of a link. `processes`: those that hold its socket, and those that talk to them, without this
    process."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._found: Socket | SocketGone | None = None
        self._arrived = self._comes = False
        self._inode = 0
        self._holders: frozenset[int] = frozenset()
        self._seek_s = 0.0
        self._gap_s = SOUGHT_FIRST_S
        self._behind: tuple[LinkEnds, ...] = ()
        self._files = 0
        self._heard = 0
        self._requested = False
        self._taken_s = -math.inf
        self._counted_s = math.inf
        self._waits: dict[int, float] | None = None
        self._starved_s = 0.0
        self.processes: frozenset[int] = frozenset()

    @property
    def unread(self) -> int:
        """Bytes that the client has not read."""
        return self._found.unread if isinstance(self._found, Socket) else 0

    def look(self, kernel: SockDiag) -> None:
        """Look up its socket in Linux and, from time to time, the processes that own it."""
        ends = self._link.ends()
        self._arrived = self._comes = False
        self._found = None
        if ends is None or not _is_here(ends):
            return
        self._found = kernel.ask(ends, datagrams=self._link.lossy)
        if not isinstance(self._found, Socket):
            return
        if self._found.inode != self._inode:
            self._inode, self._holders = self._found.inode, frozenset(processes_of({self._found.inode}))
            self._seek_s, self._gap_s = 0.0, SOUGHT_FIRST_S
        if not self._found.unread:
            self._seek()
            self._listen(kernel)
        ours = None if self._link.lossy else kernel.ask(LinkEnds(ends.other, ends.own), datagrams=False)
        if isinstance(ours, Socket) and ours.written is not None:
            self._arrived = ours.written == self._found.received
            self._comes = bool(ours.unread) or self._found.written != ours.received

    def sight(self, rest: Set[int], still: Set[int], own_work: bool, owes: bool) -> ClientSight | None:
        """Return the observation of the client. `rest`: processes that do not want to run; `still`: those with
        unchanged clocks. None: the client was on this machine and has disconnected."""
        if self._found is SocketGone.GONE:
            return None if self._inode else ClientSight(at_work=own_work, owes=owes)
        if self._found is None:
            return ClientSight(self._unacknowledged(), own_work, owes=owes)
        if self._requested and self.processes <= still:
            self._requested, self._taken_s = False, time.monotonic()
        hands_on = self._requested or time.monotonic() - self._taken_s < HANDED_ON_S
        works = self._comes or hands_on or own_work or not (self.unread or self.processes <= rest)
        proved = self._arrived and not self._comes and bool(self._holders) and self.processes | {os.getpid()} <= still
        starving_s = self._count_starved_s(behind=owes or works or bool(self.unread))
        return ClientSight(self.unread, works, os.getpid() in self._holders, owes, proved, starving_s)

    def _count_starved_s(self, *, behind: bool) -> float:
        """Return for how long its processes have waited for a processor while it is behind, s, to `COUNTED_EACH_S`.
        Their children are others: the vehicle is one of a program that has started it."""
        now_s = time.monotonic()
        if not behind:
            self._counted_s, self._waits, self._starved_s = now_s, None, 0.0
        elif now_s - self._counted_s >= COUNTED_EACH_S:
            before = self._waits
            waits: dict[int, float] = {}
            for process in self.processes:
                waits |= waits_s(process)
            if before is not None:
                self._starved_s += starved_s(before, waits, now_s - self._counted_s)
            self._counted_s, self._waits = now_s, waits
        return self._starved_s

    def _seek(self) -> None:
        """Search the processes that talk to the client's process, for example a program that uses MAVSDK's server."""
        now_s = time.monotonic()
        theirs = self._holders - {os.getpid()}
        files = sum(map(files_of, theirs))
        if now_s >= self._seek_s or files > self._files:
            self._files = max(files, self._files)
            found = [company_of(process) for process in theirs]
            self.processes = theirs.union(*(company.others for company in found))
            ends = {inode: ends for company in found for inode, ends in company.ends.items() if inode != self._inode}
            self._behind = tuple(ends.values())
            self._seek_s, self._gap_s = now_s + self._gap_s, min(2.0 * self._gap_s, SOUGHT_LAST_S)

    def _listen(self, kernel: SockDiag) -> None:
        """Note whether the program behind the client's process has sent a request."""
        sockets = [kernel.ask(ends, datagrams=False) for ends in self._behind]
        heard = sum(socket.received or 0 for socket in sockets if isinstance(socket, Socket))
        if heard != self._heard:
            self._heard, self._requested = heard, True

    def _unacknowledged(self) -> int:
        """Return the bytes of a stream that the other machine has not acknowledged."""
        descriptor = self._link.fileno()
        if sys.platform == "linux" and descriptor is not None and not self._link.lossy:
            from fcntl import ioctl

            with suppress(OSError):  # the device does not support the question
                return int(struct.unpack("i", ioctl(descriptor, _TIOCOUTQ, b"\0\0\0\0"))[0])
        return 0


@lru_cache(256)
def _is_here(ends: LinkEnds) -> bool:
    """True when the addresses show that the other end is on this machine."""
    if not _LINUX:
        return False
    return ipaddress.ip_address(ends.other[0]).is_loopback or ends.other[0] == ends.own[0]
