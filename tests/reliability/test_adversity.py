"""State directories that cannot be used, a clock that goes backwards, crowds of clients, one that never reads."""

from __future__ import annotations

import errno
import os
import select
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.wire.framing import FrameReader
from sortie.config.errors import UserError
from sortie.storage.store import Store
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import begin, environment, resident_kb, run, wait_for
from tests.fakes.served import free_port, served

pytestmark = pytest.mark.waits

HEARTBEAT, PARAM_VALUE = dialect.MAVLINK_MSG_ID_HEARTBEAT, dialect.MAVLINK_MSG_ID_PARAM_VALUE
ATTITUDE = dialect.MAVLINK_MSG_ID_ATTITUDE
MOVES_MS = 500


# --- state directories ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("problem", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_a_state_directory_of_somebody_else_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: int
) -> None:
    """Foreign or read-only: injected, since root may write everywhere."""
    opened: Callable[..., int] = os.open

    def refusing(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if str(path).startswith(str(tmp_path)):
            raise OSError(problem, os.strerror(problem))
        return opened(path, flags, *rest, **named)

    monkeypatch.setattr("sortie.storage.store.os.open", refusing)
    with pytest.raises(UserError) as refusal:
        Store(tmp_path / "state")
    text = str(refusal.value)
    assert os.strerror(problem) in text
    assert "--state-dir" in text
    assert "\n" not in text


def test_a_database_that_may_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens, and the first write fails: that is found out at the start, not at the first change."""
    Store(tmp_path).close()
    connect = sqlite3.connect

    def foreign(path: Any, **options: Any) -> sqlite3.Connection:
        database: sqlite3.Connection = connect(path, **options)
        database.execute("PRAGMA query_only=1")
        return database

    monkeypatch.setattr("sortie.storage.store.sqlite3.connect", foreign)
    with pytest.raises(UserError, match=r"--state-dir .*: state\.db: .*readonly.*choose another$"):
        Store(tmp_path)


def test_a_corrupt_database_ends_the_program_with_one_line(tmp_path: Path) -> None:
    """Status 2, the file's name, what to do; the file stays as it is for whoever can save it."""
    state = tmp_path / "state"
    Store(state).close()
    database = state / "state.db"
    for leftover in ("state.db-wal", "state.db-shm"):
        (state / leftover).unlink(missing_ok=True)
    content = b"SQLite format 3\x00" + os.urandom(8000)
    database.write_bytes(content)
    done = run(tmp_path, "serve", "--state-dir", str(state), "--link", f"tcpin:127.0.0.1:{free_port()}")
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert f"{state}: {database.name}: " in lines[0]
    assert "move the file away" in lines[0]
    assert database.read_bytes() == content


# --- the clock --------------------------------------------------------------------------------------------------------
BACKWARDS = """
import itertools, sys, time
start, steps = time.time_ns() - 400 * 86_400 * 10**9, itertools.count()
time.time_ns = lambda: start - next(steps) * 3_600 * 10**9
time.time = lambda: time.time_ns() / 1e9
from sortie.__main__ import main
sys.exit(main())
"""


def rtl_alt(link: Any) -> float:
    value = link.recv_match(
        type="PARAM_VALUE", condition="PARAM_VALUE.param_id=='RTL_ALT'", blocking=True, timeout=PATIENCE_S
    )
    return float(value.param_value)


def test_a_clock_that_was_set_back_and_goes_on_falling_changes_nothing_in_flight(tmp_path: Path) -> None:
    """A year and more behind the last start, an hour less at each look: the state is there, heartbeats keep coming at
    their rate, commands are answered, the end is clean. Only SYSTEM_TIME shows what the clock says."""
    arguments = ("serve", "--speedup", "1", "--state-dir", str(tmp_path / "state"), "--log-dir", str(tmp_path / "log"))
    port = free_port()
    process = begin(tmp_path, *arguments, "--link", f"tcpin:127.0.0.1:{port}")
    wait_for(process, "serving")
    link = mavutil.mavlink_connection(f"tcp:127.0.0.1:{port}")
    link.wait_heartbeat(timeout=PATIENCE_S)
    link.mav.param_set_send(1, 1, b"RTL_ALT", 777.0, 9)
    assert rtl_alt(link) == 777.0
    link.close()
    process.terminate()
    process.communicate(timeout=PATIENCE_S)
    process = subprocess.Popen(
        [sys.executable, "-c", BACKWARDS, *arguments, "--link", f"tcpin:127.0.0.1:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
        cwd=tmp_path,
    )
    try:
        wait_for(process, "serving")
        link = mavutil.mavlink_connection(f"tcp:127.0.0.1:{port}")
        for _ in range(4):  # they go on, although the wall has gone back
            assert link.recv_match(type="HEARTBEAT", blocking=True, timeout=PATIENCE_S) is not None
        link.mav.param_request_read_send(1, 1, b"RTL_ALT", -1)
        assert rtl_alt(link) == 777.0
        shown = link.recv_match(type="SYSTEM_TIME", blocking=True, timeout=PATIENCE_S)
        assert shown.time_unix_usec / 1e6 < time.time() - 300 * 86_400
        link.close()
    finally:
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "Traceback" not in err


# --- crowds -----------------------------------------------------------------------------------------------------------


def question() -> bytes:
    message = dialect.MAVLink_param_request_read_message(1, 1, b"RTL_ALT", -1)
    packed = message.pack(dialect.MAVLink(None, srcSystem=255, srcComponent=190))
    return bytes(packed)


class Crowd:
    """TCP clients that read everything and note when each heard a HEARTBEAT or a parameter, or that the vehicle's time
    passes (`moving`), for which all that is compiled has been loaded: until then it stands at 0."""

    def __init__(self, port: int, count: int) -> None:
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        self.readers = [FrameReader() for _ in range(count)]
        self.beats: list[list[float]] = [[] for _ in range(count)]
        self.answers = [0] * count
        self.moving = False
        for one in self.sockets:
            one.setblocking(False)

    def listen(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """For `seconds` at most, less when it is `until`."""
        end = time.monotonic() + seconds
        numbers = {one.fileno(): at for at, one in enumerate(self.sockets)}
        poll = select.poll()
        for descriptor in numbers:
            poll.register(descriptor, select.POLLIN)
        while not until() and (left := end - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(min(left, 1.0) * 1000.0):
                self._read(numbers[descriptor])

    def _read(self, at: int) -> None:
        data = self.sockets[at].recv(1 << 16)
        assert data, f"client {at} was disconnected"
        for frame in self.readers[at].receive(data):
            if frame.msg_id == HEARTBEAT:
                self.beats[at].append(time.monotonic())
            elif frame.msg_id == PARAM_VALUE:
                self.answers[at] += 1
            elif frame.msg_id == ATTITUDE and int.from_bytes(frame.payload[:4], "little") >= MOVES_MS:
                self.moving = True

    def ask(self) -> None:
        for one in self.sockets:
            one.sendall(question())

    def close(self) -> None:
        for one in self.sockets:
            one.close()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_64_clients_are_all_served_and_answered(tmp_path: Path, stack: ExitStack) -> None:
    """At default rates: each hears its heartbeats and each gets its answer. (How late they are is in scripts/bench.)"""
    service = stack.enter_context(served(tmp_path, speedup="1", ready=False))
    crowd = Crowd(service.port, 64)
    stack.callback(crowd.close)
    crowd.listen(1.0)
    crowd.ask()
    crowd.listen(PATIENCE_S, lambda: min(map(len, crowd.beats)) >= 3 and min(crowd.answers) >= 1)
    assert min(len(beats) for beats in crowd.beats) >= 3
    assert crowd.answers == [1] * 64


def test_a_client_that_never_reads_costs_only_itself(tmp_path: Path, stack: ExitStack) -> None:
    """It asks for everything, thousands of times, and reads nothing: it is disconnected when it has kept too much
    waiting; memory stays bounded, and another client is served all along."""
    service = stack.enter_context(served(tmp_path, speedup="1", ready=False))
    crowd = Crowd(service.port, 1)
    stack.callback(crowd.close)
    crowd.listen(PATIENCE_S, lambda: crowd.moving)  # loading takes more memory than any client may
    before = resident_kb(service.process.pid)
    deaf = stack.enter_context(socket.create_connection(("127.0.0.1", service.port)))
    deaf.setblocking(False)
    packer = dialect.MAVLink(None, srcSystem=200, srcComponent=1)
    everything = bytes(dialect.MAVLink_command_long_message(1, 1, 512, 0, 148, 0, 0, 0, 0, 0, 0).pack(packer)) * 200
    gone = False
    end = time.monotonic() + PATIENCE_S
    while not gone and time.monotonic() < end:
        try:
            deaf.send(everything)
        except BlockingIOError:
            crowd.listen(0.02)
        except (ConnectionResetError, BrokenPipeError):
            gone = True
    assert gone, "it was never disconnected"
    assert resident_kb(service.process.pid) - before < 40_000
    heard = len(crowd.beats[0])
    crowd.ask()
    crowd.listen(PATIENCE_S, lambda: len(crowd.beats[0]) - heard >= 2)
    assert len(crowd.beats[0]) - heard >= 2
    assert crowd.answers == [1]


@pytest.mark.long
def test_ten_thousand_connects_leave_nothing_behind(tmp_path: Path, stack: ExitStack) -> None:
    """Connected, asked, hung up, half of them in the middle of a frame: no descriptor and no memory stays."""
    service = stack.enter_context(served(tmp_path, speedup="1", ready=False))
    pid = service.process.pid
    crowd = Crowd(service.port, 1)
    stack.callback(crowd.close)

    def connect(times: int) -> None:
        for number in range(times):
            with socket.create_connection(("127.0.0.1", service.port)) as client:
                client.sendall(question() if number % 2 else question()[:9])
            if number % 50 == 0:
                crowd.listen(0.01)

    crowd.listen(PATIENCE_S, lambda: crowd.moving)
    connect(1000)
    crowd.listen(1.0)
    files, memory = len(os.listdir(f"/proc/{pid}/fd")), resident_kb(pid)  # noqa: PTH208 - as the kernel counts them
    connect(9000)
    crowd.listen(PATIENCE_S, lambda: len(os.listdir(f"/proc/{pid}/fd")) <= files + 2)  # noqa: PTH208 - as above
    assert len(os.listdir(f"/proc/{pid}/fd")) <= files + 2  # noqa: PTH208 - as above
    assert resident_kb(pid) - memory < 10_000
    crowd.ask()
    crowd.listen(PATIENCE_S, lambda: crowd.answers == [1])
    assert crowd.answers == [1]
