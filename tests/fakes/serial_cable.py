"""A serial cable between a controller program and whoever opens `path`: a pseudo-terminal to be unplugged."""

from __future__ import annotations

import os
import tty
from pathlib import Path

from tests.fakes.carrier import Carrier


class SerialCable(Carrier):
    """See the module. `path` is a symbolic link, as below /dev/serial/by-id, that vanishes with `unplug`."""

    def __init__(self, folder: Path, *, baud: int | None = None, speedup: float = 1.0) -> None:
        super().__init__(folder, baud=baud, speedup=speedup)
        self.path = folder / "usb-stand-in"
        self._master = -1
        self._slave = -1
        self.plug()
        self.begin()

    def plug(self) -> None:
        """There is a device at `path`."""
        with self.lock:
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            tty.setraw(self._master)
            os.set_blocking(self._master, False)
            self.path.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        """The device is gone; what the controller says meanwhile is lost."""
        with self.lock:
            self.path.unlink()
            os.close(self._slave)
            os.close(self._master)
            self._master = -1

    def take(self) -> bytes:
        if self._master < 0:
            return b""
        try:
            return os.read(self._master, 65536)
        except OSError:  # nothing there, or nobody has it open
            return b""

    def give(self, data: bytes) -> None:
        if self._master < 0 or not data:
            return
        try:
            os.write(self._master, data)
        except BlockingIOError:  # nobody reads: lost, as on a line without flow control
            return

    def close(self) -> None:
        super().close()
        if self._master >= 0:
            self.unplug()
