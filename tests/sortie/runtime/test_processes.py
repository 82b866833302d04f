"""What Linux tells of processes: of this one, of others, of their threads as these come and go."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mavlink_bridge.links.base import LinkEnds
from sortie.runtime import processes
from sortie.runtime.processes import Process, company_of, files_of, processes_of
from sortie.runtime.sock_diag import SockDiag, Socket, SocketGone
from tests.fakes.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells")

OTHER = """
import socket, sys, threading
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print("here", flush=True)
for word in sys.stdin:
    if word == "work\\n":
        while True: pass
    if word == "thread\\n":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    if word == "open\\n":
        kept = open("/dev/null")
    print("done", flush=True)
"""


class Told:
    """A process that does what it is told, and our end of a connection with it."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            command = [sys.executable, "-c", OTHER, str(listener.getsockname()[1])]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.connection = listener.accept()[0]
        self.hears()

    def hears(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline()

    def does(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    yield told
    told.process.kill()
    told.process.communicate()
    told.connection.close()


@pytest.mark.parametrize("kept", [0, 1, 256])
def test_a_process_that_works_is_told_from_one_that_rests(told, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the threads that it has at the time, however many files may stay open; none stays so at the end."""
    monkeypatch.setattr(processes, "_MOST_OPEN_FILES", kept)
    monkeypatch.setattr(Process, "_open_files", 0)
    before = files_of(os.getpid())
    process = Process(told.process.pid)
    assert process.used_ns() is None
    wait_until(lambda: not process.wants_to_run())
    used_ns = process.used_ns()
    assert used_ns is not None and process.used_ns() == used_ns
    told.does("thread")
    told.hears()
    wait_until(lambda: not process.wants_to_run())
    later_ns = process.used_ns()
    assert later_ns is not None and later_ns > used_ns
    told.does("work")
    wait_until(process.wants_to_run)
    told.process.kill()
    told.process.wait()
    assert not process.wants_to_run() and process.used_ns() is None
    process.close()
    assert files_of(os.getpid()) == before and Process._open_files == 0


def test_of_our_own_process_the_other_threads_count() -> None:
    """Not the one that asks, which runs all the time."""
    ending = threading.Event()
    process = Process(os.getpid())
    wait_until(lambda: not process.wants_to_run())

    def works() -> None:
        while not ending.is_set():
            sum(range(1000))

    thread = threading.Thread(target=works)
    thread.start()
    wait_until(process.wants_to_run)
    before_ns = process.used_ns()
    wait_until(lambda: process.used_ns() != before_ns)
    ending.set()
    thread.join()
    wait_until(lambda: not process.wants_to_run())
    process.close()


def test_who_talks_to_a_process_is_found(told) -> None:
    """Ourselves are not named; the connection is, by both ends, and what has come on it is counted."""
    company = company_of(told.process.pid)
    assert company.others == frozenset()
    (inode,) = company.ends
    ends = LinkEnds(told.connection.getsockname(), told.connection.getpeername())
    assert company.ends[inode] == ends and processes_of({inode}) == [told.process.pid]
    asks = SockDiag()
    told.connection.send(b"1234")
    found = asks.ask(ends, datagrams=False)
    assert found == Socket(4, inode, 0, 4)
    assert isinstance(ours := asks.ask(LinkEnds(ends.other, ends.own), datagrams=False), Socket)
    assert (ours.unread, ours.written, ours.received) == (0, 4, 0)
    assert processes_of({ours.inode}) == [os.getpid()]
    assert asks.ask(LinkEnds(ends.own, ("127.0.0.1", 1)), datagrams=False) is SocketGone.GONE
    asks.close()


def test_both_families_of_addresses_are_found() -> None:
    """A socket of IPv6 may carry an IPv4 connection, and is found as such."""
    if not socket.has_ipv6 or not Path("/proc/net/tcp6").exists():
        pytest.skip("this machine has no IPv6")
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, port), PATIENCE_S) as one, listener.accept()[0] as other:
                own, there = one.getsockname()[:2], one.getpeername()[:2]
                ends = company_of(os.getpid()).ends.values()
                assert LinkEnds(own, there) in ends and LinkEnds(there, own) in ends
                asks = SockDiag()
                one.send(b"123")
                assert isinstance(found := asks.ask(LinkEnds(own, there), datagrams=False), Socket)
                assert found.unread == 3 and other.recv(10) == b"123"
                asks.close()


def test_more_open_files_are_noticed(told) -> None:
    """Since Linux 6.2."""
    before = files_of(told.process.pid)
    told.does("open")
    told.hears()
    assert files_of(told.process.pid) == (before + 1 if before else 0)
