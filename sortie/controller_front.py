"""The side of the program that faces a flight controller: its link, finding it, and the hub that carries both sides."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from mavlink_bridge.endpoint import Endpoint
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.finder import Finder, Found
from mavlink_bridge.links.address import DEFAULT_BAUD, LinkError, LinkSpec, parse_link
from mavlink_bridge.links.hub import LinkHub
from sortie.companion import CompanionService
from sortie.errors import UserError
from sortie.flashing.ports import PortFinder

_AUTO = "auto"
_TELL_AFTER_S = 5.0
_SLICE_S = 0.1
_NATIVE_USB = ("/dev/ttyACM", "/dev/cu.usbmodem")
_NOT_YET_KNOWN = 255


def controller_address(text: str, say: Callable[[str], None]) -> LinkSpec:
    """The link that `--vehicle` names. `auto` takes the one flight controller that is plugged in, and says which.
    UserError when there is none, or the address is none."""
    if text == _AUTO:
        finder = PortFinder(_AUTO)
        path = finder.find()
        if path is None:
            raise UserError(f"--vehicle auto: no flight controller is plugged in; {finder.list_ports()}")
        say(f"flight controller on {path}")
        return LinkSpec("serial", path=path, baud=DEFAULT_BAUD)
    try:
        return parse_link(text)
    except LinkError as error:
        raise UserError(f"--vehicle: {error}") from error


class ControllerFront:
    """The endpoint (component 191) and the link to the controller; open until `close`."""

    def __init__(
        self,
        spec: LinkSpec,
        *,
        on_error: Callable[[Exception, str], None],
        on_event: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        self.spec = spec
        self._say = say
        self.endpoint = Endpoint(_NOT_YET_KNOWN, COMPONENT, on_error=on_error)
        self.hub = LinkHub(self.endpoint, on_event=on_event)
        try:
            self.hub.open(spec, _now_ms())
        except LinkError as error:
            self.hub.close()
            raise UserError(f"--vehicle: {error}") from error

    @property
    def baud(self) -> int | None:
        """Of a real serial line; None where the rate is of no matter."""
        spec = self.spec
        return None if spec.kind != "serial" or spec.path.startswith(_NATIVE_USB) else spec.baud

    def find(self, check: Callable[[], None] | None = None) -> Found:
        """Wait for the controller, as long as it takes; every now and then a line says what is missing. SIGTERM ends
        the program with status 0 meanwhile, Ctrl-C as ever. `check` may raise when there is no hope."""
        finder = Finder()
        self.endpoint.add_service(finder)
        tell_s = time.monotonic() + _TELL_AFTER_S
        told = ""
        with _ending_on_sigterm():
            while finder.found is None:
                self._turn()
                if check is not None:
                    check()
                if time.monotonic() >= tell_s:
                    tell_s = time.monotonic() + _TELL_AFTER_S
                    text = self._what_is_missing(finder)
                    if text != told:
                        told = text
                        self._say(text)
        return finder.found

    def _turn(self) -> None:
        self.hub.wait(_SLICE_S)
        now_ms = _now_ms()
        self.hub.receive(now_ms, 0)
        self.endpoint.handle_timeouts(now_ms, 0)
        self.hub.flush()

    def _what_is_missing(self, finder: Finder) -> str:
        url = self.spec.url
        if finder.stranger is not None:
            kind, autopilot = finder.stranger
            return (
                f"{url}: the vehicle there (MAV_TYPE {kind}, MAV_AUTOPILOT {autopilot}) is not one that can be flown: "
                "an ArduPilot copter or rover, or a PX4 multicopter"
            )
        counts = [self.endpoint.statistics(number) for number in self.endpoint.links()]
        if any(count.bytes_in > 0 and count.frames_in == 0 for count in counts):
            hint = "; is the baud rate right? usual are 57600, 115200, 921600" if self.spec.kind == "serial" else ""
            return f"{url}: bytes come in, but no MAVLink{hint}"
        if any(count.frames_in for count in counts):
            return f"{url}: MAVLink comes in, but no autopilot is heard"
        hint = "; does ModemManager or a ground station have the port?" if self.spec.kind == "serial" else ""
        return f"{url}: waiting for a flight controller{hint}"

    def vehicle(self, found: Found, *, native: bool = False) -> FlightController:
        """The controller that was found, as a vehicle; the endpoint speaks as its companion from now on."""
        self.endpoint.identify(found.system, COMPONENT)
        return FlightController(found.firmware, found.system, found.custom_mode, baud=self.baud, native=native)

    def close(self) -> None:
        """Close the link."""
        self.hub.close()


class TwoSidedHub(LinkHub):
    """The hub of the ground stations' links, with that of the controller's link inside: one `wait` for both."""

    def __init__(self, service: CompanionService, front: ControllerFront, *, on_event: Callable[[str], None]) -> None:
        super().__init__(service.endpoint, on_event=on_event)
        self._service = service
        self._inner = front.hub
        self.watch(self._inner.fileno(), lambda: None)

    def receive(self, link_ms: int, vehicle_ms: int) -> None:
        """The controller first: what it says counts for what ground stations ask."""
        self._inner.wait(0.0)
        self._inner.receive(link_ms, vehicle_ms)
        self._service.controller_spoke(link_ms)
        super().receive(link_ms, self._service.now_ms)
        self._inner.flush()

    def flush(self) -> None:
        self._inner.flush()
        super().flush()

    def next_deadline_ms(self) -> int | None:
        own, inner = super().next_deadline_ms(), self._inner.next_deadline_ms()
        return inner if own is None else own if inner is None else min(own, inner)


def _now_ms() -> int:
    return int(time.monotonic() * 1000.0)


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
