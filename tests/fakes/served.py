"""`sortie serve` as a process on free ports, with state and logs of its own: what a real ground station connects to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pymavlink import mavutil

from tests.fakes.warm import WarmProgram, begin_writing

START_S = 240
END_S = 240


class OwnPorts:
    """Ports of 127.0.0.1 that no other process of tests is given: of a block whose first port this one holds as long as
    it lives. They lie below those that a kernel gives to whoever asks for any, and below those of which a SITL is given
    one, for a port is told long before the service that is started listens on it, and a second time when it is started
    again."""

    _BLOCKS = range(15_000, 20_000, 250)

    def __init__(self) -> None:
        for first in self._BLOCKS:
            self._claim = socket.socket()
            try:
                self._claim.bind(("127.0.0.1", first))
            except OSError:
                self._claim.close()
            else:
                self._ports = range(first + 1, first + self._BLOCKS.step)
                self._next = self._ports.start
                return
        raise AssertionError("no free ports")

    def in_a_row(self, count: int, kind: socket.SocketKind) -> int:
        """The first of so many, none of which was given lately."""
        for _ in self._ports:
            first = self._next if self._next + count <= self._ports.stop else self._ports.start
            self._next = first + count
            if all(nobody_has(port, kind) for port in range(first, self._next)):
                return first
        raise AssertionError("no free ports")


def nobody_has(port: int, kind: socket.SocketKind) -> bool:
    """Nothing of this machine is bound to that port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:  # as a server does: a connection that has ended does not keep its port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


own_ports = cache(OwnPorts)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 for who is started now, or later."""
    return own_ports().in_a_row(1, kind)


def ports_in_a_row(count: int) -> int:
    """The first of so many free TCP ports."""
    return own_ports().in_a_row(count, socket.SOCK_STREAM)


@dataclass(frozen=True)
class Served:
    """A running service: TCP `port`, UDP `udp_port` that it sends to, and where it writes."""

    process: WarmProgram
    port: int
    udp_port: int
    folder: Path

    @property
    def tcp(self) -> str:
        return f"tcp:127.0.0.1:{self.port}"

    def story(self) -> str:
        """What it wrote to stderr and to its log: for the message of a failed test."""
        texts = [
            path.read_text(errors="replace")
            for path in (self.folder / "stderr", self.folder / "log" / "run.log")
            if path.exists()
        ]
        return "\n".join(texts)


@contextmanager
def served(
    folder: Path, *arguments: str, speedup: str = "0", ready: bool = True, paced: bool = False
) -> Iterator[Served]:
    """Start `sortie serve`; hand it out once a HEARTBEAT has come (`ready`: once it can be armed); end it by SIGTERM.
    `paced`: vehicle time waits for its clients, and no answer comes too late however busy the machine is.

    It must then end with status 0 and without an internal error in its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port, udp_port = free_port(), int(listener.getsockname()[1])
        pace = ("--pace", "clients") if paced else ()
        command = [
            "serve",
            "--speedup",
            speedup,
            "--state-dir",
            str(folder / "state"),
            "--log-dir",
            str(folder / "log"),
            "--link",
            f"tcpin:127.0.0.1:{port}",
            "--link",
            f"udpout:127.0.0.1:{udp_port}",
            *pace,
            *arguments,
        ]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SORTIE_")}
        process = begin_writing(folder / "stderr", command, environment)
        service = Served(process, port, udp_port, folder)
        _wait_for_a_datagram(service, listener)
    try:
        wait_for_vehicle(service, ready)
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = -1
    assert status == 0, service.story()
    assert "internal error" not in service.story(), service.story()


def _wait_for_a_datagram(service: Served, listener: socket.socket) -> None:
    """The first HEARTBEAT by UDP: now all links are open."""
    listener.settimeout(1.0)
    for _ in range(START_S):
        try:
            listener.recv(65536)
        except TimeoutError:
            assert service.process.poll() is None, service.story()
        else:
            return
    service.process.kill()
    raise AssertionError(f"no HEARTBEAT within {START_S} s: {service.story()}")


def wait_for_vehicle(service: Served, ready: bool) -> None:
    """Until the service sends HEARTBEATs by TCP, and (`ready`) until its pre-arm checks pass."""
    link = mavutil.mavlink_connection(service.tcp, retries=1, autoreconnect=False)
    try:
        assert link.wait_heartbeat(timeout=START_S) is not None, service.story()
        prearm = mavutil.mavlink.MAV_SYS_STATUS_PREARM_CHECK
        while ready:
            status = link.recv_match(type="SYS_STATUS", blocking=True, timeout=START_S)
            assert status is not None, service.story()
            ready = not status.onboard_control_sensors_health & prearm
    finally:
        link.close()
