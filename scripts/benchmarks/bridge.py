"""What standing between a flight controller and a ground station costs: `sortie serve` on a pseudo-terminal at 921600
baud, this program at both of its ends."""

from __future__ import annotations

import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.vehicle import free_port, processor_s
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter

_ROOT = Path(__file__).resolve().parents[2]
_SETPOINTS = 100
_SETPOINT = 86
_MEASURED_S = 8.0
_START_S = 30.0
BAUD = 921600


class Side:
    """One end that speaks MAVLink over a file descriptor."""

    def __init__(self, descriptor: int, system: int, component: int) -> None:
        self._descriptor = descriptor
        self._writer = FrameWriter(system, component)
        self._reader = FrameReader()

    def send(self, *messages: Any) -> None:
        os.write(self._descriptor, b"".join(self._writer.frame(*codec.payload(message)) for message in messages))

    def ids(self, wait_s: float) -> list[int]:
        """Message ids that come in within the time, at the latest after the first ones."""
        ready, _, _ = select.select([self._descriptor], [], [], wait_s)
        if not ready:
            return []
        return [frame.msg_id for frame in self._reader.receive(os.read(self._descriptor, 65536))]

    def drain(self, seconds: float) -> None:
        """Read for that long."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0.0:
            self.ids(left_s)


class Bridge:
    """`controller` and `ground` are the two sides, `process` the program between them."""

    def __init__(self, folder: Path) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        tty.setraw(self._master)
        port = free_port()
        with (folder / "stderr").open("wb") as stderr:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "sortie",
                    "serve",
                    "--vehicle",
                    f"{os.ttyname(slave)},{BAUD}",
                    "--state-dir",
                    str(folder),
                    "--log-dir",
                    str(folder / "log"),
                    "--link",
                    f"tcpin:127.0.0.1:{port}",
                ],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self._slave = slave
        self.controller = Side(self._master, 1, 1)
        self._socket = self._connect(port)
        self.ground = Side(self._socket.fileno(), 255, 190)

    def _connect(self, port: int) -> socket.socket:
        end_s = time.monotonic() + _START_S
        while time.monotonic() < end_s:
            self.controller.send(dialect.MAVLink_heartbeat_message(2, 3, 81, 4, 4, 3))
            try:
                made = socket.create_connection(("127.0.0.1", port), 1.0)
            except ConnectionRefusedError:
                self.controller.ids(0.1)
                continue
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
        raise AssertionError("it does not serve")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._socket.close()
        os.close(self._slave)
        os.close(self._master)


@contextmanager
def bridge() -> Iterator[Bridge]:
    """A running one."""
    with tempfile.TemporaryDirectory(prefix="sortie-bridge-") as folder:
        made = Bridge(Path(folder))
        try:
            yield made
        finally:
            made.close()


def _stream(time_ms: int) -> list[Any]:
    """50 times a second this is 6 kB/s: three times what Sortie asks for."""
    return [
        dialect.MAVLink_attitude_message(time_ms, 0, 0, 0, 0, 0, 0),
        dialect.MAVLink_global_position_int_message(time_ms, -353632610, 1491652300, 594000, 10000, 100, 0, 0, 0),
        dialect.MAVLink_local_position_ned_message(time_ms, 0, 0, 0, 0, 0, 0),
    ]


def setpoint_latency() -> float:
    """ms from a ground station's target to its last byte on the controller's line, median of 100, with telemetry
    coming the other way."""
    target = dialect.MAVLink_set_position_target_global_int_message(
        0, 1, 1, 6, 0x0DF8, -353632610, 1491652300, 20.0, 0, 0, 0, 0, 0, 0, 0, 0
    )
    taken_s: list[float] = []
    with bridge() as between:
        for number in range(_SETPOINTS):
            between.controller.send(*_stream(1000 + 20 * number))
            between.ground.drain(0.02)
            sent_s = time.perf_counter()
            between.ground.send(target)
            while _SETPOINT not in between.controller.ids(1.0):
                if time.perf_counter() - sent_s > _START_S:
                    raise AssertionError("a target was lost")
            taken_s.append(time.perf_counter() - sent_s)
    return 1000.0 * statistics.median(taken_s)


def processor_time() -> float:
    """% of one core, with three times the usual telemetry and one ground station that reads it (Linux)."""
    with bridge() as between:
        before = processor_s(between.process.pid)
        begin_s, count, passed = time.monotonic(), 0, 0
        while (now_s := time.monotonic() - begin_s) < _MEASURED_S:
            if now_s * 50.0 >= count:
                count += 1
                between.controller.send(*_stream(20 * count))
                if count % 50 == 0:
                    between.controller.send(dialect.MAVLink_heartbeat_message(2, 3, 81, 4, 4, 3))
            passed += len(between.ground.ids(0.01))
            between.controller.ids(0.001)
        if passed < 100 * _MEASURED_S:
            raise AssertionError(f"only {passed} messages passed")
        return 100.0 * (processor_s(between.process.pid) - before) / (time.monotonic() - begin_s)
