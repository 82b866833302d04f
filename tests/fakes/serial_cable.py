"""A serial cable between the stand-in (a TCP port) and whoever opens `path`: a pseudo-terminal to be unplugged."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import threading
import tty
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT / "tests" / "stand_in" / "arducopter"
_TURN_S = 0.01
_START_S = 30.0


class SerialCable:
    """See the module. `path` is a symbolic link, as below /dev/serial/by-id, that vanishes with `unplug`."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.path = folder / "usb-stand-in"
        self._port = _free_port()
        self._output = (folder / "stand-in.log").open("wb")
        self._process = subprocess.Popen(
            [str(STAND_IN), "--serial0", f"tcp:{self._port}:wait", *arguments],
            stdout=self._output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._controller = self._connect()
        self._master = -1
        self._slave = -1
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.plug()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _connect(self) -> socket.socket:
        waited = threading.Event()
        for _ in range(int(_START_S / 0.1)):
            try:
                return socket.create_connection(("127.0.0.1", self._port), 1.0)
            except ConnectionRefusedError:
                waited.wait(0.1)
        raise AssertionError("the stand-in did not start")

    def plug(self) -> None:
        """There is a device at `path`."""
        with self._lock:
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            tty.setraw(self._master)
            os.set_blocking(self._master, False)
            self.path.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        """The device is gone; what the controller says meanwhile is lost."""
        with self._lock:
            self.path.unlink()
            os.close(self._slave)
            os.close(self._master)
            self._master = -1

    def _carry(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                master = self._master
                watched = [self._controller] if master < 0 else [self._controller, master]
                ready, _, _ = select.select(watched, [], [], 0.0)
                if self._controller in ready:
                    data = self._controller.recv(4096)
                    if master >= 0 and data:
                        _write(master, data)
                if master in ready:
                    self._controller.sendall(_read(master))
            self._stop.wait(_TURN_S)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._controller.close()
        self._process.kill()
        self._process.wait()
        self._output.close()
        if self._master >= 0:
            self.unplug()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # nobody has it open
        return b""


def _write(descriptor: int, data: bytes) -> None:
    try:
        os.write(descriptor, data)
    except BlockingIOError:  # nobody reads: lost, as on a line without flow control
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
