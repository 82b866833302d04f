"""Serial link to a flight controller: its device, its new name after it was unplugged, its baud rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mavlink_bridge.links.address import LinkError, LinkSpec, parse_link
from mavlink_bridge.links.hub import LinkHub, line_baud
from mavlink_bridge.links.serial import SerialLink
from sortie.config.errors import UserError
from sortie.config.serial_ports import AUTO, PortFinder

BAUDS: Final = (115_200, 57_600, 921_600, 1_500_000)
"""Baud rates of controllers (docs/reference/real-vehicles.md, 4)."""
_EACH_MS: Final = 2000
_OPTION: Final = "--vehicle"


class BaudSearch:
    """Search for the baud rate of a line: each of `BAUDS` for 2 s, repeated until a sound frame arrives."""

    def __init__(self, first: int, now_ms: int) -> None:
        self.baud = first
        self._next_ms = now_ms + _EACH_MS

    def step(self, now_ms: int) -> bool:
        """Change the rate when it is due; True after a change."""
        if now_ms < self._next_ms:
            return False
        self._next_ms = now_ms + _EACH_MS
        self.baud = BAUDS[(BAUDS.index(self.baud) + 1) % len(BAUDS)]
        return True


class ControllerPort:
    """Open link of `hub` that `--vehicle` names. `auto`: the only flight controller that is plugged in. A board that
    returns under another name is found by its USB serial number. UserError when the link cannot be opened."""

    def __init__(self, address: str, hub: LinkHub, say: Callable[[str], None], now_ms: int) -> None:
        self.search: BaudSearch | None = None
        self._hub = hub
        self._say = say
        self._serial: SerialLink | None = None
        try:
            spec = self._spec = LinkSpec("serial", path=self._pick()) if address == AUTO else parse_link(address)
            if spec.kind == "serial":
                self._open_serial(spec, address, now_ms)
            else:
                hub.open(spec, now_ms)
        except LinkError as error:
            raise UserError(f"{_OPTION}: {error}") from error

    def _pick(self) -> str:
        finder = PortFinder(AUTO, option=_OPTION)
        path = finder.find()
        if path is None:
            raise UserError(f"{_OPTION} auto: no flight controller is plugged in; {finder.list_ports()}")
        self._say(f"flight controller found: {finder.describe(path)}")
        return path

    def _open_serial(self, spec: LinkSpec, address: str, now_ms: int) -> None:
        finder = PortFinder(AUTO if address == AUTO else spec.path, option=_OPTION, flies=True)
        self._serial = SerialLink(spec, locator=finder, report=self._say)
        self._serial.open(now_ms)
        baud = line_baud(spec)
        if baud is not None and not spec.baud_given:
            self.search = BaudSearch(baud, now_ms)
        self._hub.add(self._serial, trusted=spec.is_trusted, baud=baud)

    @property
    def spec(self) -> LinkSpec:
        return self._spec if self._serial is None else self._serial.spec

    @property
    def baud(self) -> int | None:
        """Baud rate of a serial line with one."""
        return line_baud(self.spec)

    def look(self, frames: int, now_ms: int) -> None:
        """Continue the search for the rate. `frames`: number of sound frames so far."""
        search, link = self.search, self._serial
        if search is None or link is None:
            return
        if frames:
            self.search = None
            self._say(f"{self.spec.path}: MAVLink at {search.baud} baud")
        elif search.step(now_ms):
            link.set_baud(search.baud)
            self._hub.set_baud(link, search.baud)
