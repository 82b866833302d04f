"""Link over a serial device (UART, USB, pseudo-terminal), opened exclusively, and again when it comes back.

pyserial sets the line up (raw, baud rate, exclusive). Reading and writing use its non-blocking descriptor.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Protocol

from mavlink_bridge.links.address import LinkError, LinkSpec
from mavlink_bridge.links.serial_ports import ports_phrase
from mavlink_bridge.links.serial_trouble import PortTrouble, TroubleKind, trouble_of
from mavlink_bridge.links.stream import ReturningLink

if sys.platform != "win32":
    import termios

    _REFUSALS: Final = (OSError, ValueError, termios.error)  # SerialException is an OSError
else:
    _REFUSALS: Final = (OSError, ValueError)

_PATIENCE_MS: Final = 2000
"""Time for which a new device may be locked or without permissions, ms, because of udev or ModemManager."""


class Locator(Protocol):
    """Search for a device whose name changes."""

    def find(self) -> str | None:
        """Path of the port; None while it is not there."""

    def opened(self, path: str) -> None:
        """Note the path of the device."""


class _Named:
    """Device with a fixed name; a symbolic link is resolved at each opening."""

    def __init__(self, path: str) -> None:
        self._path = path

    def find(self) -> str | None:
        return self._path

    def opened(self, path: str) -> None:
        """Do nothing: the name is fixed."""


class SerialLink(ReturningLink[Any]):
    """`/dev/ttyACM0,115200`. If the device goes (unplugged, reset), `maintain` tries every 0.1 to 2 s to open it where
    `locator` finds it. `report` gets a line when it has gone, is back, or cannot be opened."""

    def __init__(
        self, spec: LinkSpec, *, locator: Locator | None = None, report: Callable[[str], None] = lambda text: None
    ) -> None:
        super().__init__(spec.url)
        self.spec = spec
        self._locator = locator or _Named(spec.path)
        self._report = report
        self._trouble: PortTrouble | None = None
        self._trouble_ms: int | None = None
        self._reported = False

    @property
    def connected(self) -> bool:
        return self._stream is not None

    def set_baud(self, baud: int) -> None:
        """Set another rate, now and for later openings. A device that refuses it counts as lost."""
        if baud == self.spec.baud:
            return
        self.spec = replace(self.spec, baud=baud)
        self.name = self.spec.url
        if self._stream is not None:
            try:
                self._stream.baudrate = baud
                _set_vmin(self._stream.fileno())
            except _REFUSALS:
                self._lose()

    def maintain(self, now_ms: int) -> None:
        if self._stream is not None or self._closed or not self._backoff.due(now_ms):
            return
        try:
            self.open(now_ms)
        except LinkError:
            self._report_trouble(now_ms)  # the next call uses the next waiting time
            return
        self._trouble_ms, self._reported = None, False
        self._report(f"{self.spec.path} is back")

    def open(self, now_ms: int) -> None:
        if sys.platform == "win32":  # the program waits for descriptors, which serial ports do not have there
            raise LinkError(
                f"link {self.spec.url}: serial lines are not served on Windows; have MAVProxy or mavlink-router open "
                "it and give it on by UDP, or run Sortie in WSL"
            )
        import serial  # imported only for a serial link

        path = self._locator.find()
        if path is None:
            self._trouble = PortTrouble(TroubleKind.ABSENT, f"there is no {self.spec.path}", "")
            raise LinkError(_why_not(self.spec, self._trouble))
        if path != self.spec.path:
            self.spec = replace(self.spec, path=path)
        try:
            self._stream = serial.Serial(
                path, self.spec.baud, timeout=0, write_timeout=0, exclusive=True, rtscts=False, xonxoff=False
            )
            _set_vmin(self._stream.fileno())
            _hurry(self._stream)
        except _REFUSALS as problem:
            self._close_device()
            self._trouble = trouble_of(path, problem)
            raise LinkError(_why_not(self.spec, self._trouble)) from problem
        self._trouble = None
        self._locator.opened(path)
        self._backoff.reset()

    def _report_trouble(self, now_ms: int) -> None:
        """Tell once that an existing device cannot be opened."""
        trouble = self._trouble
        if trouble is None or trouble.kind is TroubleKind.ABSENT:
            self._trouble_ms, self._reported = None, False
        elif self._trouble_ms is None:
            self._trouble_ms = now_ms
        elif not self._reported and now_ms - self._trouble_ms >= _PATIENCE_MS:
            self._reported = True
            self._report(f"{trouble.what}; {trouble.remedy}")

    def _receive(self, size: int) -> bytes:
        return b"" if self._stream is None else os.read(self._stream.fileno(), size)

    def _send(self, data: bytes) -> int:
        return 0 if self._stream is None else os.write(self._stream.fileno(), data)

    def _lose(self) -> None:
        if self._stream is not None and not self._closed:
            self._report(f"{self.spec.path} has gone; waiting for it")
        self._close_device()

    def _close_device(self) -> None:
        device, self._stream = self._stream, None
        self._out.clear()
        if device is not None:
            device.close()


def _set_vmin(descriptor: int) -> None:
    """Set VMIN 1, so that a read without data is EAGAIN. With pyserial's VMIN 0 it looks like a hang-up."""
    if sys.platform != "win32":
        attributes = termios.tcgetattr(descriptor)
        attributes[6][termios.VMIN] = 1
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _hurry(device: Any) -> None:
    """Set an FTDI adapter's latency to 1 ms instead of 16 (Linux)."""
    try:
        device.set_low_latency_mode(True)
    except (ValueError, AttributeError):
        return  # a pseudo-terminal, native USB, another driver or system


def _why_not(spec: LinkSpec, trouble: PortTrouble) -> str:
    if trouble.kind is TroubleKind.ABSENT:
        return (
            f"link {spec.url}: {trouble.what}; {ports_phrase()}; `ls /dev/serial/by-id` shows names that do not change"
        )
    return f"link {spec.url}: {trouble.what}; {trouble.remedy}"
