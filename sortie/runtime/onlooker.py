"""What is seen of clients by whoever flies: of those on the same machine what Linux tells, of others only what the
protocol shows.

Unread bytes: sock_diag has those of the other end of a connection, or of the socket that our datagrams reach; of a
connection to another machine, those that have not been acknowledged. Work: /proc/PID has whether a thread of its
process runs, waits for a processor, or for the disk; so are processes that this one talks to by TCP, as a program does
with MAVSDK's server. On systems without them a client is seen to do nothing.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from mavlink_bridge.links.base import Ends, Link
from mavlink_bridge.links.hub import LinkHub
from sortie.runtime.followers import Sight

OWN_WORK_NS: Final = 20_000
"""Processor time that other threads of this process may use between two looks and count as idle: they wake up."""

OWN_SHARE: Final = 0.1
"""And this share of the time between the looks."""

SOUGHT_FIRST_S: Final = 0.1
SOUGHT_LAST_S: Final = 5.0
"""Who talks to a client's process is looked for when it is met, again after the first, then after twice as long, up to
the last: it may come later, and the look costs milliseconds."""

_ESTABLISHED: Final = "01"
_MAPPED: Final = "0000000000000000FFFF0000"
_LINUX: Final = sys.platform.startswith("linux")
_TIOCOUTQ: Final = 0x5411
_AT_WORK: Final = (b"R", b"D")


class Onlooker:
    """See the module; looks at the links of hubs from the thread that flies."""

    def __init__(self) -> None:
        self._kernel = _Kernel()
        self._peers: dict[Link, _Peer] = {}
        self._own_ns = 0
        self._looked_ns = 0

    def look(self, hubs: Sequence[LinkHub], owing: Mapping[Link, bool]) -> dict[str, Sight]:
        """Every client that is there, by name. `owing`: of each link that answers, does it owe an answer?"""
        links = [link for hub in hubs for link in hub.links().values() if link.present]
        self._peers = {link: self._peers.get(link) or _Peer(link) for link in links}
        at_work = self._own_threads_work()
        seen = {link: peer.sight(self._kernel, at_work, owing.get(link, False)) for link, peer in self._peers.items()}
        return {link.name: sight for link, sight in seen.items() if sight is not None}

    def _own_threads_work(self) -> bool:
        """A client may be a thread of this process: did any but ours compute since the last look, or does one want to?
        While we look they wait for the interpreter's lock, so that what they do now is not seen."""
        now_ns, wall_ns = time.process_time_ns() - time.thread_time_ns(), time.monotonic_ns()
        worked = now_ns - self._own_ns > OWN_WORK_NS + OWN_SHARE * (wall_ns - self._looked_ns)
        self._own_ns, self._looked_ns = now_ns, wall_ns
        return worked or (_LINUX and _wants_to_run(os.getpid()))


class _Gone(Enum):
    """The kernel has no such socket."""

    GONE = auto()


@dataclass(frozen=True, slots=True)
class _Socket:
    """`inode` tells whose it is."""

    unread: int
    inode: int


class _Peer:
    """The other end of a link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._inode = 0
        self._process: int | None = None
        self._behind: tuple[int, ...] = ()
        self._seek_s = 0.0
        self._gap_s = SOUGHT_FIRST_S

    def sight(self, kernel: _Kernel, own_threads_work: bool, owes: bool) -> Sight | None:
        """None: it was on this machine, and has gone."""
        ends = self._link.ends()
        found = None if ends is None or not _is_here(ends) else kernel.ask(ends, datagrams=self._link.lossy)
        if found is _Gone.GONE:
            return None if self._inode else Sight(at_work=own_threads_work, owes=owes)
        if found is None:
            return Sight(self._unacknowledged(), own_threads_work, owes=owes)
        if found.inode != self._inode:
            self._inode, self._process = found.inode, next(iter(_processes_of({found.inode})), None)
            self._seek_s, self._gap_s = 0.0, SOUGHT_FIRST_S
        ours = self._process == os.getpid()
        foreign_work = not found.unread and not ours and self._process is not None and self._works(self._process)
        return Sight(found.unread, own_threads_work or foreign_work, ours, owes)

    def _works(self, process: int) -> bool:
        """Does it, or a process that it talks to: a program behind the server process of its library?"""
        now_s = time.monotonic()
        if now_s >= self._seek_s:
            self._behind = _talking_to(process)
            self._seek_s, self._gap_s = now_s + self._gap_s, min(2.0 * self._gap_s, SOUGHT_LAST_S)
        return any(_wants_to_run(one) for one in (process, *self._behind))

    def _unacknowledged(self) -> int:
        """Bytes of a stream that the other machine's system has not taken."""
        descriptor = self._link.fileno()
        if not _LINUX or descriptor is None or self._link.lossy:
            return 0
        from fcntl import ioctl

        try:
            return int(struct.unpack("i", ioctl(descriptor, _TIOCOUTQ, b"\0\0\0\0"))[0])
        except OSError:  # no such question to this device
            return 0


def _is_here(ends: Ends) -> bool:
    """Is the other end on this machine, as far as addresses tell?"""
    if not _LINUX:
        return False
    return ipaddress.ip_address(ends.other[0]).is_loopback or ends.other[0] == ends.own[0]


class _Kernel:
    """Linux's sock_diag (man 7 sock_diag): facts of one socket, found by its addresses, in some microseconds."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def ask(self, ends: Ends, *, datagrams: bool) -> _Socket | _Gone | None:
        """Of the socket at the other end; None when that is not told."""
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG)
            self._socket.send(_question(ends, datagrams=datagrams))
            answer = self._socket.recv(4096)
        except OSError:  # this system has none, or does not let us
            return None
        length, kind = _HEADER.unpack_from(answer)[:2]
        if kind == _ERROR and struct.unpack_from("=i", answer, _HEADER.size)[0] == -_NO_ENTRY:
            return _Gone.GONE
        if kind != _BY_FAMILY or length < _HEADER.size + _FACTS_AT + _FACTS.size:
            return None
        _, unread, _, _, inode = _FACTS.unpack_from(answer, _HEADER.size + _FACTS_AT)
        return _Socket(unread, inode)


_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ERROR, _NO_ENTRY = 4, 20, 1, 2, 2
_HEADER, _FACTS = struct.Struct("=IHHII"), struct.Struct("=IIIII")
_FACTS_AT = 52
"""Of inet_diag_msg: behind the states and the addresses: expires, rqueue, wqueue, uid, inode."""
_ANY, _NO_COOKIE = 0xFFFFFFFF, (0, 0xFFFFFFFF, 0xFFFFFFFF)


def _question(ends: Ends, *, datagrams: bool) -> bytes:
    """For the other end of a connection; or for the socket that takes what we send: Linux looks for a UDP socket as for
    a datagram that arrives, from the source that is given."""
    family = socket.AF_INET6 if ":" in ends.other[0] else socket.AF_INET
    protocol = socket.IPPROTO_UDP if datagrams else socket.IPPROTO_TCP
    own = ends.own if int(ipaddress.ip_address(ends.own[0])) else (ends.other[0], ends.own[1])  # bound to any address
    places = (own, ends.other) if datagrams else (ends.other, own)
    request = struct.pack("=BBBxI", family, protocol, 0, _ANY) + struct.pack("!HH", *(port for _, port in places))
    request += b"".join(socket.inet_pton(family, host).ljust(16, b"\0") for host, _ in places)
    request += struct.pack("=III", *_NO_COOKIE)
    return _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _REQUEST, 0, 0) + request


def _processes_of(inodes: Set[int]) -> list[int]:
    """Whose sockets they are, as far as that is told."""
    names = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [int(name) for name in names if not inodes.isdisjoint(_sockets_of(name))]


def _sockets_of(process: str) -> set[int]:
    """The inodes of a process's sockets; none where it has ended or is somebody else's."""
    found = set()
    with suppress(OSError):
        for file in Path("/proc", process, "fd").iterdir():
            with suppress(OSError):  # it was closed
                target = str(file.readlink())
                if target.startswith("socket:["):
                    found.add(int(target[8:-1]))
    return found


def _talking_to(process: int) -> tuple[int, ...]:
    """The other processes of this machine, but ours, that have a TCP connection with this one."""
    own = _sockets_of(str(process))
    connections = {(local, remote): inode for local, remote, inode in _connections()}
    theirs = {connections.get((remote, local), 0) for (local, remote), inode in connections.items() if inode in own}
    theirs -= own | {0}
    return tuple(one for one in _processes_of(theirs) if one not in (process, os.getpid())) if theirs else ()


def _connections() -> Iterator[tuple[str, str, int]]:
    """Ends and inode of each TCP connection, as proc_net(5) has them; an IPv4 address in IPv6 as itself."""
    for table in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # no such protocol here
            continue
        for line in lines:
            words = line.split()
            if words[3] == _ESTABLISHED:
                yield words[1].removeprefix(_MAPPED), words[2].removeprefix(_MAPPED), int(words[9])


def _wants_to_run(process: int) -> bool:
    """Has it a thread, but the one that asks, that runs, or waits for a processor or the disk?"""
    ours = str(threading.get_native_id())
    try:
        for thread in os.scandir(f"/proc/{process}/task"):
            if thread.name != ours and _state(thread.path) in _AT_WORK:
                return True
    except OSError:  # it has just ended
        return False
    return False


def _state(thread: str) -> bytes:
    """The letter of proc(5); none of a thread that has ended."""
    try:
        return Path(thread, "stat").read_bytes().rpartition(b") ")[2][:1]
    except OSError:
        return b"X"
