"""Which serial port the board is on, now: ports change their names when a board restarts, its USB serial number and
its place on the bus do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mavlink_bridge.bootloader.boards import is_flight_controller
from sortie.errors import UserError

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A port of this machine. `vendor`, `product`: USB ids, None when it is not on USB; `serial`, `location`: "" when
    unknown; `text`: manufacturer and product as the device says them."""

    device: str
    vendor: int | None = None
    product: int | None = None
    serial: str = ""
    location: str = ""
    text: str = ""

    @property
    def describe(self) -> str:
        """`/dev/ttyACM0 (1209:5741 ArduPilot CubeOrange)`."""
        if self.vendor is None:
            return self.device
        return f"{self.device} ({self.vendor:04x}:{self.product or 0:04x} {self.text})".replace(" )", ")")

    def same_board(self, other: SerialPort) -> bool:
        """By the USB serial number, or else by the socket it is plugged into."""
        if self.vendor is None or other.vendor is None:
            return False
        if self.serial and other.serial:
            return self.serial == other.serial
        return bool(self.location) and _socket(self.location) == _socket(other.location)


def _socket(location: str) -> str:
    """The place on the bus, without the interface: `1-2:1.0` is a port of the device at `1-2`."""
    return location.partition(":")[0]


def serial_ports() -> list[SerialPort]:
    """The ports that pyserial sees (no pseudo-terminals), by name."""
    from serial.tools import list_ports  # only flashing pays for it

    return sorted(
        (
            SerialPort(
                port.device, port.vid, port.pid, port.serial_number or "", port.location or "",
                " ".join(part for part in (port.manufacturer, port.product) if part),
            )
            for port in list_ports.comports()
        ),
        key=lambda port: port.device,
    )  # fmt: skip


class PortFinder:
    """`wanted`: a path (perhaps a symbolic link, which may vanish and come back), or `auto`."""

    def __init__(self, wanted: str, list_all: Callable[[], Sequence[SerialPort]] = serial_ports) -> None:
        self.wanted = wanted
        self.auto = wanted == AUTO
        self._list_all = list_all
        self._board: SerialPort | None = None

    @property
    def name(self) -> str:
        """For texts."""
        return "the flight controller" if self.auto else self.wanted

    def find(self) -> str | None:
        """Where the board is; None if it is not there. UserError when `auto` finds several."""
        if not self.auto and Path(self.wanted).exists() and self._is_ours(self.wanted):
            return self.wanted
        if self._board is not None:
            known = self._board
            return next((port.device for port in self._list_all() if port.same_board(known)), None)
        return self._pick() if self.auto else None

    def opened(self, path: str) -> None:
        """The port at `path` is the board's: from now on it is looked for under any name."""
        if self._board is None:
            self._board = self._port_at(path)

    def is_usb(self, path: str) -> bool:
        """Then the baud rate is of no matter."""
        port = self._port_at(path)
        return port is not None and port.vendor is not None

    def list_ports(self) -> str:
        """A phrase with what is there."""
        ports = [port.describe for port in self._list_all()]
        return f"serial ports here: {', '.join(ports)}" if ports else "there are no serial ports on this machine"

    def _port_at(self, path: str) -> SerialPort | None:
        device = str(Path(path).resolve())
        return next((port for port in self._list_all() if port.device == device), None)

    def _is_ours(self, path: str) -> bool:
        """Not another board that has taken the name?"""
        if self._board is None:
            return True
        port = self._port_at(path)
        return port is None or port.vendor is None or self._board.same_board(port)

    def _pick(self) -> str | None:
        found: list[SerialPort] = []
        for port in self._list_all():
            known = is_flight_controller(port.vendor, port.product, port.text)
            if known and not any(port.same_board(other) for other in found):
                found.append(port)
        if len(found) > 1:
            names = ", ".join(port.describe for port in found)
            raise UserError(f"several flight controllers are plugged in: {names}; name one with --port")
        return found[0].device if found else None
