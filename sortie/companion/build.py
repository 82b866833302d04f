"""Set-up of a run with a flight controller: the controller or SITL program, its link, the companion."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

from autopilot.context.events import Event
from autopilot.context.journal import Journal
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.flight_controller.finder import FoundController
from mavlink_bridge.links.address import LinkSpec, parse_link
from sitl.child import SitlChild, SitlError
from sitl.launchers import LAUNCHERS, Launch
from sortie.companion.connection import ControllerFront, NotHeard
from sortie.companion.service import Companion, another_kind, build_companion, flies_native, own_parameters
from sortie.config.errors import UserError
from sortie.config.given import ignored
from sortie.config.option import OptionScope
from sortie.config.settings import Settings
from sortie.config.values import DEFAULT_HOME, VehicleSource
from sortie.logs.run_log import LOGGER, log_error
from sortie.runtime.runtime import Runtime
from sortie.storage.rows import StoredState

PROGRAM_PATIENCE_S = 60.0
"""Longest time until a started program sends MAVLink, s. ArduPilot's needs 1 s, on a busy machine 10."""
NOTHING_MORE: Mapping[str, float] = MappingProxyType({})


def say(text: str) -> None:
    """Print a line and log it."""
    LOGGER.info("%s", text)
    print(f"sortie: {text}", file=sys.stderr, flush=True)


def _launched(settings: Settings, launch: Launch, folder: Path, defaults: Mapping[str, float]) -> SitlChild:
    home = DEFAULT_HOME
    if settings.home is not None:
        place, heading = settings.home
        home = (place.lat, place.lon, place.alt, heading)
    vehicle = settings.vehicle
    try:
        return launch(vehicle.frame, vehicle.target, home, settings.speedup or 1.0, folder, defaults)
    except SitlError as error:
        raise _for_the_person(error) from error


def _for_the_person(error: SitlError) -> UserError:
    """Convert a SITL error: status 1 for a program that has ended, 2 for one that did not start."""
    return UserError(str(error), 1 if error.ended else 2)


def seen_twice(firmware: Firmware, controller: LinkSpec, links: Iterable[str]) -> str | None:
    """Warning about a station on a port to which a running simulator sends by itself, as the same system."""
    port = firmware.habits.station_port
    if not port or not controller.is_loopback or port not in (parse_link(link).port for link in links):
        return None
    return f"a {firmware.name} simulator sends to port {port} too, where a station then sees two: use another --link"


def _check_kind(source: VehicleSource, found: Firmware) -> None:
    """Raise UserError when the started program is of another kind of vehicle."""
    complaint = another_kind(found.name, found.vehicle_class, vehicle_class(source.frame))
    if complaint:
        raise UserError(complaint, option="vehicle", given=str(source))


class ControllerSide:
    """Controller of a run. It is found when the object is made; `runtime` keeps its link open, `stack` ends the
    program.

    `child`: the SITL program that was started, with `defaults` in addition to those of its frame. `patience_s`:
    NotHeard after so long; None: no limit.
    """

    def __init__(
        self,
        settings: Settings,
        stack: ExitStack,
        runtime: Runtime,
        *,
        defaults: Mapping[str, float] = NOTHING_MORE,
        patience_s: float | None = None,
    ) -> None:
        self.child: SitlChild | None = None
        self._speedup = settings.speedup or 1.0
        launch = LAUNCHERS.get(settings.vehicle.kind)
        if launch is not None:
            self.child = _launched(settings, launch, settings.logs / settings.vehicle.kind, defaults)
            stack.callback(self.child.stop)
            address = self.child.address
        else:
            address = settings.vehicle.target
        self.front = ControllerFront(address, runtime, on_error=log_error, say=say)
        self.found = self._find(patience_s)
        firmware = self.found.firmware
        if self.child is not None:
            _check_kind(settings.vehicle, firmware)
        self._native = flies_native(settings.strategy, firmware)
        say(f"{firmware.name} {firmware.vehicle_class.name}, system {self.found.system}, on {self.front.spec.url}")

    def _find(self, patience_s: float | None) -> FoundController:
        """Find the controller. A started program must be heard in time; it may hang, and nobody can plug it in
        later."""
        if self.child is None or patience_s is not None:
            return self.front.find(None if self.child is None else self._check_child, patience_s)
        try:
            return self.front.find(self._check_child, PROGRAM_PATIENCE_S)
        except NotHeard:
            silence = f"no MAVLink on {self.child.address} within {PROGRAM_PATIENCE_S:g} s"
            raise UserError(f"the started program sends nothing: {silence}") from None

    @property
    def kind(self) -> str:
        return self.found.firmware.vehicle_class.name

    def warnings(self, settings: Settings, given: Mapping[str, float]) -> list[str]:
        """Return one line for each option that does not apply to a controller."""
        where = OptionScope.CONTROLLER if self.child is None else OptionScope.SITL
        texts = ignored(settings.non_defaults(), where)
        if self.child is not None and settings.speedup == 0.0:
            texts.append("--speedup 0 is ignored: a started program has no fastest speed; give a number such as 10")
        foreign = [name for name in given if not name.startswith(own_parameters(self.kind))]
        if foreign:
            texts.append(f"--param {foreign[0]} is ignored: it is the flight controller's; set it there")
        twice = seen_twice(self.found.firmware, self.front.spec, settings.links)
        if self.child is None and twice is not None:
            texts.append(twice)
        return texts

    def build(self, journal: Journal, stored: StoredState, given: Mapping[str, float], name: str) -> Companion:
        """Make the companion; `name` identifies it in all runs."""
        own = {name: value for name, value in given.items() if name.startswith(own_parameters(self.kind))}
        self.companion = build_companion(
            self.front.vehicle(self.found, native=self._native),
            self.front.endpoint,
            journal,
            stored,
            own,
            stored.parameters,
            name=name,
            epoch_us=time.time_ns() // 1000,
            on_error=log_error,
        )
        return self.companion

    def clock(self) -> int | None:
        """Return the SITL program's time since boot, ms, for which vehicle time waits; None for a real controller."""
        return None if self.child is None else self.companion.vehicle.link.boot_ms

    @property
    def speedup(self) -> float:
        """Ratio of vehicle time to real time: 1 with a real controller."""
        return 1.0 if self.child is None else self._speedup

    def watch(self, events: list[Event], now_ms: int) -> None:
        """Observe the events of a pass: raise UserError with status 1 when the SITL program has ended."""
        self._check_child()

    def _check_child(self) -> None:
        if self.child is None:
            return
        try:
            self.child.check()
        except SitlError as error:
            raise _for_the_person(error) from error
