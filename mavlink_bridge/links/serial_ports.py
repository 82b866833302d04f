"""Serial ports of this machine, and whether their baud rate has a meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from autopilot.interface.records import dataclass

_NATIVE_USB: Final = ("/dev/ttyACM", "/dev/cu.usbmodem", "/dev/tty.usbmodem")
_PSEUDO: Final = "/dev/pts/"
_ADAPTERS: Final = frozenset((0x0403, 0x067B, 0x10C4, 0x1A86))
"""Vendor ids of FTDI, Prolific, Silicon Labs and WCH: UARTs behind USB, even if named ttyACM."""


@dataclass(frozen=True, slots=True)
class SerialPort:
    """Serial port. `vendor`, `product`: USB ids; None: not on USB. `serial`, `location`: "" if unknown. `text`:
    manufacturer and product by the device."""

    device: str
    vendor: int | None = None
    product: int | None = None
    serial: str = ""
    location: str = ""
    text: str = ""

    @property
    def describe(self) -> str:
        """Description as `/dev/ttyACM0 (1209:5741 ArduPilot CubeOrange)`."""
        if self.vendor is None:
            return self.device
        return f"{self.device} ({self.vendor:04x}:{self.product or 0:04x} {self.text})".replace(" )", ")")

    def same_board(self, other: SerialPort) -> bool:
        """True for the same board, by the USB serial number, else by the USB socket."""
        if self.vendor is None or other.vendor is None:
            return False
        if self.serial and other.serial:
            return self.serial == other.serial
        return bool(self.location) and _socket(self.location) == _socket(other.location)


PortLister = Callable[[], Sequence[SerialPort]]


def _socket(location: str) -> str:
    """Place on the USB bus without the interface: `1-2:1.0` is a port of the device at `1-2`."""
    return location.partition(":")[0]


def serial_ports() -> list[SerialPort]:
    """Ports that pyserial finds (no pseudo-terminals), by name."""
    from serial.tools import list_ports  # imported only for a search

    return sorted(
        (
            SerialPort(
                port.device,
                port.vid,
                port.pid,
                port.serial_number or "",
                port.location or "",
                " ".join(part for part in (port.manufacturer, port.product) if part),
            )
            for port in list_ports.comports()
        ),
        key=lambda port: port.device,
    )


def ports_phrase(list_all: PortLister = serial_ports) -> str:
    ports = [port.describe for port in list_all()]
    return f"serial ports here: {', '.join(ports)}" if ports else "there are no serial ports on this machine"


def port_at(path: str, list_all: PortLister = serial_ports) -> SerialPort | None:
    device = str(Path(path).resolve())
    return next((port for port in list_all() if port.device == device), None)


def is_uart(path: str, list_all: PortLister = serial_ports) -> bool:
    """True if the baud rate has a meaning: neither native USB nor a pseudo-terminal."""
    return not (is_pseudo(path) or is_native_usb(path, list_all))


def is_pseudo(path: str) -> bool:
    """True for a pseudo-terminal, whose other end is a program on this machine."""
    return str(Path(path).resolve()).startswith(_PSEUDO)


def is_native_usb(path: str, list_all: PortLister = serial_ports) -> bool:
    """True for CDC ACM, which ignores the baud rate."""
    if not str(Path(path).resolve()).startswith(_NATIVE_USB):
        return False
    port = port_at(path, list_all)
    return port is None or port.vendor not in _ADAPTERS
