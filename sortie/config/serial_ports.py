"""Finder of a board's serial port: names of ports change when a board restarts, but its USB serial number and bus
position do not."""

from __future__ import annotations

from mavlink_bridge.bootloader.boards import is_bootloader, is_flight_controller
from mavlink_bridge.links.serial_ports import PortLister, SerialPort, is_uart, port_at, ports_phrase, serial_ports
from sortie.config.errors import UserError
from sortie.config.files import is_there

AUTO = "auto"


class PortFinder:
    """Finder of one board. `given`: a path (possibly a symbolic link that vanishes and returns), or `auto`. `option`:
    the option with the port. `flies`: a board in its bootloader does not count; it starts its firmware after some
    seconds without communication."""

    def __init__(
        self, given: str, list_all: PortLister = serial_ports, *, option: str = "--port", flies: bool = False
    ) -> None:
        self.given = given
        self.auto = given == AUTO
        self._list_all = list_all
        self._option = option
        self._flies = flies
        self._board: SerialPort | None = None
        self._settled = False

    @property
    def name(self) -> str:
        return "the flight controller" if self.auto else self.given

    def find(self) -> str | None:
        """Return the current path of the board's port, or None. UserError when `auto` finds several."""
        path = self._find()
        if path is not None and self._flies and self._board is not None:
            port = port_at(path, self._list_all)
            if port is not None and is_bootloader(port.text):
                return None
        return path

    def _find(self) -> str | None:
        if self.auto:
            return self._elsewhere() if self._settled else self._pick()
        if not is_there(self.given):
            return self._elsewhere()
        port = port_at(self.given, self._list_all)
        if self._board is None or (port is not None and self._board.same_board(port)):
            return self.given
        if port is not None and port.vendor is not None:
            return self._elsewhere()  # another board has taken the name
        return self._elsewhere() or self.given

    def opened(self, path: str) -> None:
        """Note that the port at `path` is the board's. From now on only this board is found, under any name."""
        self._settled = True
        if self._board is None:
            self._board = port_at(path, self._list_all)

    def is_uart(self, path: str) -> bool:
        """Check whether the baud rate matters on this port."""
        return is_uart(path, self._list_all)

    def describe(self, path: str) -> str:
        """Return the port with its device's description."""
        port = port_at(path, self._list_all)
        return path if port is None else port.describe

    def list_ports(self) -> str:
        return ports_phrase(self._list_all)

    def _elsewhere(self) -> str | None:
        """Return the current path of a board that was opened before."""
        known = self._board
        if known is None:
            return None
        return next((port.device for port in self._list_all() if port.same_board(known)), None)

    def _pick(self) -> str | None:
        found: list[SerialPort] = []
        for port in self._list_all():
            known = is_flight_controller(port.vendor, port.product, port.text)
            if known and not any(port.same_board(other) for other in found):
                found.append(port)
        if len(found) > 1:
            names = ", ".join(port.describe for port in found)
            raise UserError(f"several flight controllers are plugged in: {names}; name one with {self._option}")
        return found[0].device if found else None
