"""Pseudo-terminals as USB serial devices that come and go: what a machine with real ones shows to pyserial."""

from __future__ import annotations

import os
import tty
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from serial.tools import list_ports

VENDOR, PRODUCT = 0x2DAE, 0x1016


class Plugs:
    """The machine's serial ports, as `serial.tools.list_ports.comports` lists them. Each is a pseudo-terminal."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._ports: dict[str, Any] = {}
        patch.setattr(list_ports, "comports", self._list)

    def _list(self) -> list[Any]:
        return list(self._ports.values())

    def show(self, device: str, serial: str, product: str = "CubeOrange", location: str = "1-2:1.0") -> None:
        """There is a USB device at `device`."""
        self._ports[device] = SimpleNamespace(
            device=device,
            vid=VENDOR,
            pid=PRODUCT,
            serial_number=serial,
            location=location,
            manufacturer="Hex/ProfiCNC",
            product=product,
        )

    def hide(self, device: str) -> None:
        """It has gone."""
        del self._ports[device]


class Device:
    """A device of `plugs`: `path` is where it is, `master` its inside."""

    def __init__(self, plugs: Plugs, serial: str, product: str = "CubeOrange") -> None:
        self._plugs = plugs
        self.master, self._slave = os.openpty()
        for end in (self.master, self._slave):
            tty.setraw(end)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self._slave)
        plugs.show(self.path, serial, product)

    def unplug(self) -> None:
        """Pull it out."""
        self._plugs.hide(self.path)
        os.close(self._slave)
        os.close(self.master)


def by_id(folder: Path, device: Device, name: str = "usb-Hex_ProfiCNC_CubeOrange-if00") -> Path:
    """A link below /dev/serial/by-id, which udev makes anew whenever the device comes."""
    path = folder / name
    path.unlink(missing_ok=True)
    path.symlink_to(device.path)
    return path
