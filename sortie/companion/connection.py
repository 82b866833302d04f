"""The side of the program that faces a flight controller: its link, finding it, and the hub that carries both sides."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from mavlink_bridge.endpoint import Endpoint, LinkStatistics
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.finder import Finder, Found
from mavlink_bridge.links.address import LinkSpec
from mavlink_bridge.links.hub import LinkHub
from mavlink_bridge.links.serial_trouble import what_may_have
from mavlink_bridge.one_party import OneParty
from sortie.companion.link_diagnosis import what_is_missing
from sortie.companion.serial_port import BAUDS, ControllerPort
from sortie.companion.service import CompanionService
from sortie.config.errors import UserError
from sortie.runtime.clock import link_clock_ms

_TELL_AFTER_S = 5.0
_SLICE_S = 0.1
_NOT_YET_KNOWN = 255


class NotHeard(Exception):
    """No flight controller was heard for as long as somebody wanted to wait."""


class ControllerFront:
    """The endpoint (component 191) and the link to the controller; open until `close`."""

    def __init__(
        self,
        address: str,
        *,
        on_error: Callable[[Exception, str], None],
        on_event: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        self._say = say
        self.endpoint = Endpoint(_NOT_YET_KNOWN, COMPONENT, on_error=on_error)
        self.endpoint.party = OneParty()
        self.hub = LinkHub(self.endpoint, on_event=on_event)
        try:
            self._port = ControllerPort(address, self.hub, say, link_clock_ms())
        except UserError:
            self.hub.close()
            raise

    @property
    def spec(self) -> LinkSpec:
        """Where the controller is now."""
        return self._port.spec

    def find(self, check: Callable[[], None] | None = None, patience_s: float | None = None) -> Found:
        """Wait for the controller, as long as it takes; every now and then a line says what is missing. SIGTERM ends
        the program with status 0 meanwhile, Ctrl-C as ever. `check` may raise when there is no hope; NotHeard after
        `patience_s`, if given."""
        end_s = None if patience_s is None else time.monotonic() + patience_s
        finder = Finder()
        self.endpoint.add_service(finder)
        tell_s = time.monotonic() + _TELL_AFTER_S
        told = ""
        with ending_on_sigterm():
            while finder.found is None:
                self._turn()
                if check is not None:
                    check()
                if end_s is not None and time.monotonic() >= end_s:
                    raise NotHeard
                if time.monotonic() >= tell_s:
                    tell_s = time.monotonic() + _TELL_AFTER_S
                    text = self._what_is_missing(finder)
                    if text != told:
                        told = text
                        self._say(text)
        return finder.found

    def _turn(self) -> None:
        self.hub.wait(_SLICE_S)
        now_ms = link_clock_ms()
        self.hub.receive(now_ms, 0)
        self.endpoint.handle_timeouts(now_ms, 0)
        self.hub.flush()
        self._port.look(sum(count.frames_in for count in self._counts()), now_ms)

    def _counts(self) -> list[LinkStatistics]:
        return [self.endpoint.statistics(number) for number in self.endpoint.links()]

    def _what_is_missing(self, finder: Finder) -> str:
        hint = what_may_have(self.spec.path) if self.spec.kind == "serial" else ""
        tried = () if self._port.search is None else BAUDS
        return what_is_missing(self.spec, self._counts(), stranger=finder.stranger, tried=tried, hint=hint)

    def vehicle(self, found: Found, *, native: bool = False) -> FlightController:
        """The controller that was found, as a vehicle; the endpoint speaks as its companion from now on."""
        self.endpoint.identify(found.system, COMPONENT)
        return FlightController(found.firmware, found.system, found.custom_mode, baud=self._port.baud, native=native)

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

    def flush(self) -> None:
        self._inner.flush()
        super().flush()

    def next_deadline_ms(self) -> int | None:
        own, inner = super().next_deadline_ms(), self._inner.next_deadline_ms()
        return inner if own is None else own if inner is None else min(own, inner)


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """While nothing runs yet that has to be ended in order: SIGTERM ends the program with status 0."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
