"""A run with a flight controller: which one, its link, the service around it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

from autopilot.context.events import Event
from autopilot.context.journal import Journal
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.flight_controller.finder import FoundController
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
"""For a program that was started here to be heard; ArduPilot's takes one, on a busy machine ten."""
NOTHING_MORE: Mapping[str, float] = MappingProxyType({})


def say(text: str) -> None:
    """A line for the person, and for the run log."""
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
    """Status 1 for a child that has ended, 2 for one that could not be started."""
    return UserError(str(error), 1 if error.ended else 2)


def _check_kind(wanted: VehicleSource, found: Firmware) -> None:
    """UserError when the program that was started drives where a plane was wanted, and the like."""
    told = another_kind(found.name, found.vehicle_class, vehicle_class(wanted.frame))
    if told:
        raise UserError(told, option="vehicle", given=str(wanted))


class ControllerSide:
    """See the module. Found once made; its link is held open by `runtime`, and `stack` ends the child. `child`: the
    SITL that was started for this run, with `defaults` on top of its frame's. `patience_s`: NotHeard when
    none is heard for so long; None waits. `tell`: lines for a person."""

    def __init__(
        self,
        settings: Settings,
        log_dir: Path,
        stack: ExitStack,
        runtime: Runtime,
        *,
        defaults: Mapping[str, float] = NOTHING_MORE,
        patience_s: float | None = None,
        tell: Callable[[str], None] = say,
    ) -> None:
        self.child: SitlChild | None = None
        self._speedup = settings.speedup or 1.0
        launch = LAUNCHERS.get(settings.vehicle.kind)
        if launch is not None:
            self.child = _launched(settings, launch, log_dir / settings.vehicle.kind, defaults)
            stack.callback(self.child.stop)
            address = self.child.address
        else:
            address = settings.vehicle.target
        self.front = ControllerFront(address, runtime, on_error=log_error, say=tell)
        self.found = self._find(patience_s)
        self._runtime = runtime
        firmware = self.found.firmware
        if self.child is not None:
            _check_kind(settings.vehicle, firmware)
        self._native = flies_native(settings.strategy, firmware)
        tell(f"{firmware.name} {firmware.vehicle_class.name}, system {self.found.system}, on {self.front.spec.url}")

    def _find(self, patience_s: float | None) -> FoundController:
        """A program that was started here has to speak in time: it may hang, and nobody can plug it in later."""
        if self.child is None or patience_s is not None:
            return self.front.find(None if self.child is None else self._check_child, patience_s)
        try:
            return self.front.find(self._check_child, PROGRAM_PATIENCE_S)
        except NotHeard:
            silence = f"no MAVLink on {self.child.address} within {PROGRAM_PATIENCE_S:g} s"
            raise UserError(f"the program that was started says nothing: {silence}") from None

    @property
    def kind(self) -> str:
        """The kind of vehicle, by name."""
        return self.found.firmware.vehicle_class.name

    def warnings(self, settings: Settings, given: Mapping[str, float]) -> list[str]:
        """Flags that do not apply to a controller, one line each."""
        where = OptionScope.CONTROLLER if self.child is None else OptionScope.SITL
        texts = ignored(settings.said(), where)
        foreign = [name for name in given if not name.startswith(own_parameters(self.kind))]
        if foreign:
            texts.append(f"--param {foreign[0]} is ignored: it is the flight controller's; set it there")
        return texts

    def build(self, journal: Journal, stored: StoredState, given: Mapping[str, float], name: str) -> Companion:
        """The companion before it; `name` is what is stable for it."""
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
        """The SITL child's time since its boot, ms, which vehicle time waits for; None: it is not waited for."""
        return None if self.child is None else self.companion.vehicle.link.boot_ms

    @property
    def speedup(self) -> float:
        """Vehicle time to wall time: 1 with a real controller, what the SITL child was told."""
        return 1.0 if self.child is None else self._speedup

    def watch(self, events: list[Event], now_ms: int) -> None:
        """An observer: has the SITL child ended by itself? Then UserError, status 1."""
        self._check_child()

    def _check_child(self) -> None:
        if self.child is None:
            return
        try:
            self.child.check()
        except SitlError as error:
            raise _for_the_person(error) from error

    def hold_if_flying(self) -> bool:
        """Ctrl-C with a flying controller: it is told to hold where it is, which outlives this program."""
        return self.companion.hold("Ctrl-C")
