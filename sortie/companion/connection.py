"""Link to a flight controller: its device, its new name after it was unplugged, its baud rate. The controller is found,
and the user is told what is missing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.finder import Finder, FoundController
from mavlink_bridge.links.address import LinkError, LinkSpec, parse_link
from mavlink_bridge.links.hub import LinkHub, line_baud
from mavlink_bridge.links.serial import SerialLink
from mavlink_bridge.links.serial_trouble import what_may_have
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.link_redundancy import LinkRedundancy
from mavlink_bridge.wire.framing import MavlinkFrame
from sortie.config.errors import UserError
from sortie.config.serial_ports import AUTO, PortFinder
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime

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


def what_is_missing(
    spec: LinkSpec,
    received: int,
    sound: int,
    *,
    stranger: tuple[int, int] | None = None,
    tried: Sequence[int] = (),
    hint: str = "",
) -> str:
    """Say why no controller is found yet. `received`: bytes. `sound`: frames with a correct checksum; noise looks like
    an unknown message every few seconds. `stranger`: MAV_TYPE and MAV_AUTOPILOT of a vehicle that is not supported.
    `tried`: baud rates of the current search. `hint`: other users of the port."""
    if stranger is not None:
        kind, autopilot = stranger
        return (
            f"{spec.url}: the vehicle there (MAV_TYPE {kind}, MAV_AUTOPILOT {autopilot}) is not supported; use an "
            "ArduPilot copter, rover, boat or plane, or a PX4 copter, plane or VTOL"
        )
    if sound:
        return f"{spec.url}: MAVLink comes in, but no HEARTBEAT of an autopilot"
    if spec.kind != "serial":
        return f"{spec.url}: {'bytes come in, but no MAVLink' if received else 'waiting for a flight controller'}"
    if tried:
        rates = ", ".join(str(baud) for baud in tried)
        parts = f"{spec.path}: no MAVLink yet", f"trying {rates} baud; on a UART SERIALn_PROTOCOL must be 2", hint
    elif received:
        step = f"check the baud rate, or leave it out (--vehicle {spec.path}) to try the usual ones"
        parts = f"{spec.url}: bytes come in, but no MAVLink", step, hint
    else:
        step = "check its power, and that SERIALn_PROTOCOL of its port is 2"
        parts = f"{spec.url}: waiting for a flight controller; nothing comes in", step, hint
    return "; ".join(part for part in parts if part)


_TELL_AFTER_S = 5.0
_SLICE_S = 0.1
_NOT_YET_KNOWN = 255


class NotHeard(Exception):
    """No flight controller was heard within the given time."""


class ControllerFront(QuietNode):
    """Endpoint (component 191) and link to the controller, which `runtime` keeps open. A node of the runtime until the
    controller is found; then the companion has the endpoint."""

    now_ms = 0

    def __init__(
        self, address: str, runtime: Runtime, *, on_error: Callable[[Exception, str], None], say: Callable[[str], None]
    ) -> None:
        self._say = say
        self._runtime = runtime
        self.endpoint = Endpoint(_NOT_YET_KNOWN, COMPONENT, on_error=on_error)
        self.endpoint.redundancy = LinkRedundancy()
        self._sound = 0
        self._port = ControllerPort(address, runtime.go_real().hub(self.endpoint), say, runtime.link_ms)

    @property
    def spec(self) -> LinkSpec:
        return self._port.spec

    def find(self, check: Callable[[], None] | None = None, patience_s: float | None = None) -> FoundController:
        """Wait for the controller without limit, or raise NotHeard after `patience_s`. From time to time a line says
        what is missing. `check` may raise when waiting is useless."""
        finder = Finder()
        self.endpoint.add_service(finder)
        tell_s, shown = time.monotonic() + _TELL_AFTER_S, ""

        def each(wall_s: float) -> None:
            nonlocal tell_s, shown
            if check is not None:
                check()
            if wall_s < tell_s:
                return
            tell_s = wall_s + _TELL_AFTER_S
            text = self._what_is_missing(finder)
            if text != shown:
                shown = text
                self._say(text)

        self._runtime.add(self)
        self.endpoint.on_frame.append(self._hear)
        try:
            self._runtime.run(
                lambda: finder.found is not None,
                each,
                every_s=_SLICE_S,
                patience_s=math.inf if patience_s is None else patience_s,
            )
        finally:
            self.endpoint.on_frame.remove(self._hear)
            self._runtime.remove(self)
        if finder.found is None:
            raise NotHeard
        return finder.found

    # --- a node -------------------------------------------------------------------------------------------------------
    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return (self.endpoint,)

    def next_link_deadline_ms(self) -> int | None:
        return self.endpoint.next_deadlines()[0]

    def serve_links(self, link_ms: int) -> None:
        """End the search for the baud rate after a sound frame; send what is due."""
        self._port.look(self._sound, link_ms)
        self.endpoint.handle_timeouts(link_ms, self.now_ms)

    def _hear(self, link: int, frame: MavlinkFrame) -> None:
        self._sound += frame.known

    def _what_is_missing(self, finder: Finder) -> str:
        hint = what_may_have(self.spec.path) if self.spec.kind == "serial" else ""
        tried = () if self._port.search is None else BAUDS
        received = self.endpoint.totals().bytes_in
        return what_is_missing(self.spec, received, self._sound, stranger=finder.stranger, tried=tried, hint=hint)

    def vehicle(self, found: FoundController, *, native: bool = False) -> FlightController:
        """Return the controller as a vehicle. From now on the endpoint has the controller's system id."""
        self.endpoint.identify(found.system, COMPONENT)
        return FlightController(found.firmware, found.system, found.custom_mode, baud=self._port.baud, native=native)
