"""A request that another process hands on at its next tick, such as MAVSDK's server: time waits for that tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from mavlink_bridge.links.base import Link, LinkEnds
from sortie.runtime import onlooker
from sortie.runtime.onlooker import HANDED_ON_S
from sortie.runtime.processes import ConnectedProcesses
from sortie.runtime.sock_diag import SockDiag, Socket

SERVER, PROGRAM = 71, 72
OURS, ITS_OWN, FOR_THE_PROGRAM = 1, 2, 3  # inodes
US, THEM, BEHIND = ("127.0.0.1", 5760), ("127.0.0.1", 40000), LinkEnds(("127.0.0.1", 50051), ("127.0.0.1", 40001))


class Served:
    """Link to a server process on this machine."""

    lossy = False

    def ends(self) -> LinkEnds:
        return LinkEnds(US, THEM)


@dataclass
class Kernel:
    """What Linux reports: nothing is in transit, and the server has received `requested` bytes from its program."""

    requested: int = 0

    def ask(self, ends: LinkEnds, *, datagrams: bool) -> Socket:
        return Socket(0, ITS_OWN, 0, self.requested if ends == BEHIND else 0)


@dataclass
class Clock:
    now_s: float = 100.0

    def monotonic(self) -> float:
        return self.now_s


def test_the_tick_is_waited_for_from_when_the_request_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the server gets a processor 20 ms after the request came, later than a tick takes: time ran on
    before the tick at which the command is sent, once in fifty flights."""
    clock, kernel = Clock(), Kernel()
    monkeypatch.setattr(onlooker, "time", clock)
    monkeypatch.setattr(onlooker, "processes_of", lambda inodes: [SERVER])
    monkeypatch.setattr(onlooker, "company_of", lambda _: ConnectedProcesses(frozenset({PROGRAM}), {3: BEHIND}))
    monkeypatch.setattr(onlooker, "files_of", lambda _: 1)
    monkeypatch.setattr(onlooker, "_LINUX", True)
    peer = onlooker._Peer(cast(Link, Served()))
    both = frozenset({SERVER, PROGRAM})

    def works(after_s: float, rest: frozenset[int] = both, still: frozenset[int] | None = None) -> bool:
        clock.now_s += after_s
        peer.look(cast(SockDiag, kernel))
        sight = peer.sight(rest, rest if still is None else still, own_work=False, owes=False)
        assert sight is not None
        return sight.at_work

    assert not works(0.0)
    kernel.requested = 200
    assert works(0.0, frozenset({PROGRAM}))
    assert works(0.02, frozenset({PROGRAM}))
    assert works(0.001, both, frozenset({PROGRAM})), "a thread gave it to another one while they were looked at"
    assert works(0.001), "all threads sleep, one of them until its tick"
    assert works(HANDED_ON_S - 0.001)
    assert not works(0.002), "the tick is over"
    assert not works(1.0)
