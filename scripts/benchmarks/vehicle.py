"""A `sortie serve` process for a benchmark, and plain MAVLink clients that talk to it over TCP."""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Any

os.environ.setdefault("MAVLINK20", "1")
from pymavlink.dialects.v20 import ardupilotmega as dialect

_CPUCLOCK_SCHED = 2
"""Of a clock that belongs to a process, in ns (Linux, include/linux/posix-timers.h)."""
HOME = (-35.363261, 149.165230, 584.0)
METRES_PER_DEGREE = 111318.84502145034
RETURN_TO_LAUNCH, DO_JUMP = 20, 177  # MAV_CMD


def free_port() -> int:
    """A TCP port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processor_s(pid: int) -> float:
    """Processor time of all threads of a process, those that have ended too."""
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)


class Served:
    """`sortie serve` on a free port, with a state directory of its own; a context manager."""

    def __init__(self, *arguments: str, command: str = "serve") -> None:
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="sortie-bench-")
        self.started_s = time.monotonic()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sortie",
                command,
                "--link",
                f"tcpin:127.0.0.1:{self.port}",
                "--state-dir",
                self.folder.name,
                "--seed",
                "1",
                *arguments,
            ],
            stderr=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.folder.cleanup()


class Client:
    """A ground station that parses with pymavlink."""

    def __init__(self, port: int) -> None:
        end = time.monotonic() + 20.0
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.005)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.mav = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
        self.mav.robust_parsing = True
        self.waiting: list[Any] = []

    def send(self, message: Any) -> None:
        self.socket.sendall(message.pack(self.mav))

    def receive(self) -> list[Any]:
        """All messages of the next piece that comes in."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the service closed the link")
        return self.mav.parse_buffer(data) or []

    def wait(self, name: str, timeout_s: float = 30.0, condition: Any = lambda message: True) -> Any:
        """The next message of this name for which the condition holds."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            while self.waiting:
                message = self.waiting.pop(0)
                if message.get_type() == name and condition(message):
                    return message
            self.waiting = self.receive()
        raise TimeoutError(f"no {name} within {timeout_s} s")

    def command(self, number: int, *params: float) -> Any:
        filled = [*params, *[0.0] * (7 - len(params))]
        self.send(dialect.MAVLink_command_long_message(1, 1, number, 0, *filled))
        return self.wait("COMMAND_ACK", condition=lambda ack: ack.command == number)

    def wait_armable(self) -> None:
        prearm = 1 << 28
        self.wait("SYS_STATUS", condition=lambda s: bool(s.onboard_control_sensors_health & prearm))

    def upload(self, items: list[Any]) -> float:
        """Upload items (MISSION_ITEM_INT messages by seq); the seconds it took."""
        began = time.monotonic()
        self.send(dialect.MAVLink_mission_count_message(1, 1, len(items), 0))
        while True:
            for message in self.receive():
                name = message.get_type()
                if name in ("MISSION_REQUEST", "MISSION_REQUEST_INT"):
                    self.send(items[message.seq])
                elif name == "MISSION_ACK":
                    if message.type != 0:
                        raise RuntimeError(f"upload refused: {message}")
                    return time.monotonic() - began

    def download(self) -> tuple[int, float]:
        """(items, seconds) of a mission download, one request at a time."""
        began = time.monotonic()
        self.send(dialect.MAVLink_mission_request_list_message(1, 1, 0))
        count = self.wait("MISSION_COUNT").count
        for seq in range(count):
            self.send(dialect.MAVLink_mission_request_int_message(1, 1, seq, 0))
            self.wait("MISSION_ITEM_INT", condition=lambda item, seq=seq: item.seq == seq)
        return count, time.monotonic() - began


def item(seq: int, command: int, x: int = 0, y: int = 0, z: float = 0.0, p1: float = 0.0, p2: float = 0.0) -> Any:
    """A MISSION_ITEM_INT in the relative frame; in frame 2 without a place, where PX4 wants it."""
    frame = 2 if command in (DO_JUMP, RETURN_TO_LAUNCH) else 3
    return dialect.MAVLink_mission_item_int_message(1, 1, seq, frame, command, 0, 1, p1, p2, 0.0, 0.0, x, y, z, 0)


def place(north: float, east: float) -> tuple[int, int]:
    """Degrees x 1e7 at metres from home."""
    scale = METRES_PER_DEGREE * math.cos(math.radians(HOME[0]))
    return round((HOME[0] + north / METRES_PER_DEGREE) * 1e7), round((HOME[1] + east / scale) * 1e7)


def square(rounds: int) -> list[Any]:
    """Home item, takeoff to 10 m, a square of 60 m flown `rounds` times, return."""
    corners = [(60.0, 0.0), (60.0, 60.0), (0.0, 60.0), (0.0, 0.0)]
    items = [item(0, 16, *place(0.0, 0.0)), item(1, 22, z=10.0)]
    items += [item(seq, 16, *place(*corner), z=10.0) for seq, corner in enumerate(corners, start=2)]
    if rounds > 1:
        items.append(item(6, DO_JUMP, p1=2, p2=rounds - 1))
    items.append(item(len(items), RETURN_TO_LAUNCH))
    return items


def square_from_0(rounds: int) -> list[Any]:
    """The same as a PX4 takes it: without home, numbered from 0."""
    items = square(rounds)[1:]
    for seq, one in enumerate(items):
        one.seq = seq
        one.param1 -= float(one.command == DO_JUMP)
    return items
