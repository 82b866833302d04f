"""Time that waits for its clients: vehicle time stands still until every client has taken what it was sent and has had
its say.

`Followers` is the rule, without I/O: it is told when bytes went out or came in, and what is seen of each client (bytes
that it has not read; is it at work?), and says how long to wait. A client has followed when it has read everything,
does nothing, and no link has carried anything for a quiet time. One that has not within `limit_s` is named and left
behind until it is seen to have followed again.

`Onlooker` sees: what the kernel tells of clients on the same machine (Linux: its sock_diag has the unread bytes of the
other end of a connection, /proc/PID whether a thread of its process runs or wants to). Of others only silence is seen.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mavlink_bridge.links.base import Link
from mavlink_bridge.links.hub import LinkHub
from sortie.logs.run_log import LOGGER

QUIET_S: Final = 0.0005
LIMIT_S: Final = 5.0
OWN_WORK_NS: Final = 20_000
"""Processor time that other threads of this process may use between two looks and count as idle: they wake up."""

OWN_SHARE: Final = 0.1
"""And this share of the time between the looks."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a client: `unread` bytes wait for it, `at_work`: its process computes or wants to. `ours`: it is
    in this process."""

    unread: int = 0
    at_work: bool = False
    ours: bool = False

    @property
    def follows(self) -> bool:
        """Nothing is left to do for it."""
        return not self.unread and not self.at_work


class Followers:
    """See the module. Times are s of the wall; clients are known by name. `told(text)` hears who is left behind."""

    def __init__(
        self, quiet_s: float = QUIET_S, limit_s: float = LIMIT_S, told: Callable[[str], None] = LOGGER.warning
    ) -> None:
        self.quiet_s = quiet_s
        self.limit_s = limit_s
        self.we_wait: Callable[[], bool] = lambda: False
        """Does a thread of this process wait for vehicle time? Then what a client in this process has not read is not
        waited for: it is likely the same thread's to read."""
        self._told = told
        self._stirred_s = 0.0
        self._since_s: float | None = None
        self._clients: set[str] = set()
        self._left: set[str] = set()

    @property
    def waiting(self) -> bool:
        """Something was carried, or somebody seen at work, that not everybody has followed yet."""
        return self._since_s is not None

    @property
    def anybody(self) -> bool:
        """Is there a client that is not left behind?"""
        return bool(self._clients - self._left)

    def stir(self, wall_s: float) -> None:
        """A link has carried something, either way."""
        self._stirred_s = wall_s
        if self._since_s is None:
            self._since_s = wall_s

    def wait_s(self, wall_s: float, sights: Mapping[str, Sight]) -> float | None:
        """How long vehicle time stands still before the next look; None: it goes on. `sights`: of all clients that are
        connected now."""
        self._clients = set(sights)
        if self.we_wait():
            sights = {name: replace(sight, unread=0) if sight.ours else sight for name, sight in sights.items()}
        self._left &= self._clients
        self._left -= {name for name, sight in sights.items() if sight.follows}
        if self._since_s is None:
            return None
        behind = [name for name, sight in sights.items() if not sight.follows and name not in self._left]
        if behind and wall_s - self._since_s >= self.limit_s:
            for name in behind:
                self._told(f"{name} did not follow within {self.limit_s:g} s: time does not wait for it now")
            self._left.update(behind)
            behind = []
        if behind:
            self._stirred_s = wall_s
            return self.quiet_s
        left_s = self._stirred_s + self.quiet_s - wall_s
        if left_s > 0.0 and self.anybody and wall_s - self._since_s < self.limit_s:
            return left_s
        self._since_s = None
        return None


class Onlooker:
    """See the module; looks at the links of hubs from the thread that flies."""

    def __init__(self) -> None:
        self._kernel = _Kernel()
        self._peers: dict[Link, _Peer] = {}
        self._own_ns = 0
        self._looked_ns = 0

    def look(self, hubs: list[LinkHub]) -> dict[str, Sight]:
        """Every connected client, by name."""
        links = [link for hub in hubs for link in hub.links().values() if link.connected]
        self._peers = {link: self._peers.get(link) or _Peer(link) for link in links}
        at_work = self._own_threads_work()
        return {link.name: peer.sight(self._kernel, at_work) for link, peer in self._peers.items()}

    def _own_threads_work(self) -> bool:
        """A client may be a thread of this process: did any but ours compute since the last look? While we look they
        wait for the interpreter's lock, so that what they do now is not seen."""
        now_ns, wall_ns = time.process_time_ns() - time.thread_time_ns(), time.monotonic_ns()
        worked = now_ns - self._own_ns > OWN_WORK_NS + OWN_SHARE * (wall_ns - self._looked_ns)
        self._own_ns, self._looked_ns = now_ns, wall_ns
        return worked


class _Peer:
    """The other end of a link."""

    def __init__(self, link: Link) -> None:
        self._question = _question(link)
        self._process: int | None = None
        self._sought = False

    def sight(self, kernel: _Kernel, own_threads_work: bool) -> Sight:
        found = kernel.ask(self._question) if self._question else None
        if found is None:
            return Sight(at_work=own_threads_work)
        unread, inode = found
        if not self._sought:
            self._sought, self._process = True, _process_of(inode)
        ours = self._process == os.getpid()
        foreign_work = not unread and not ours and self._process is not None and _wants_to_run(self._process)
        return Sight(unread, own_threads_work or foreign_work, ours)


class _Kernel:
    """Linux's sock_diag (man 7 sock_diag): facts of one socket, found by its addresses, in some microseconds."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def ask(self, question: bytes) -> tuple[int, int] | None:
        """Unread bytes and inode of the socket; None when that is not told."""
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG)
            self._socket.send(question)
            answer = self._socket.recv(4096)
        except OSError:  # this system has none, or does not let us
            return None
        length, kind = _HEADER.unpack_from(answer)[:2]
        if kind != _BY_FAMILY or length < _HEADER.size + _FACTS_AT + _FACTS.size:  # an error: it has gone
            return None
        _, unread, _, _, inode = _FACTS.unpack_from(answer, _HEADER.size + _FACTS_AT)
        return unread, inode


_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1
_HEADER, _FACTS = struct.Struct("=IHHII"), struct.Struct("=IIIII")
_FACTS_AT = 52
"""Of inet_diag_msg: behind the states and the addresses: expires, rqueue, wqueue, uid, inode."""
_ANY, _NO_COOKIE = 0xFFFFFFFF, (0, 0xFFFFFFFF, 0xFFFFFFFF)


def _question(link: Link) -> bytes:
    """For the other end of a TCP connection within this machine; else empty."""
    descriptor = link.fileno()
    if descriptor is None or link.lossy or not sys.platform.startswith("linux"):
        return b""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as same:
            if same.family != socket.AF_INET:
                return b""
            (own, own_port), (other, other_port) = same.getsockname(), same.getpeername()
    except OSError:  # no socket, or the other end has just gone
        return b""
    places = [socket.inet_aton(host).ljust(16, b"\0") for host in (other, own)]
    request = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, _ANY)
    request += struct.pack("!HH", other_port, own_port) + b"".join(places) + struct.pack("=III", *_NO_COOKIE)
    return _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _REQUEST, 0, 0) + request


def _process_of(inode: int) -> int | None:
    """Whose socket it is; None when that is not told."""
    wanted = f"socket:[{inode}]"
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if any(str(one.readlink()) == wanted for one in (process / "fd").iterdir()):
                    return int(process.name)
            except OSError:  # it has ended, it is somebody else's, or a file was closed
                continue
    return None


def _wants_to_run(process: int) -> bool:
    """Has it a thread that runs, or waits for a processor?"""
    try:
        for thread in Path(f"/proc/{process}/task").iterdir():
            if (thread / "stat").read_bytes().rpartition(b") ")[2][:1] == b"R":
                return True
    except OSError:  # it has just ended
        return False
    return False
