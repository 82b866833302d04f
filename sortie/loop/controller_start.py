"""Start of a loop with a flight controller: find it and request what must be known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from autopilot.context.events import Event, StatusText
from autopilot.context.journal import NoJournal
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Severity
from autopilot.vehicles.kinds import vehicle_class
from depot.settings import Profile
from mavlink_bridge.flight_controller.parameter_cache import ParameterCache
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, Surroundings, stand
from sortie.companion.build import ControllerSide, say
from sortie.config.errors import UserError
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import base_spec, texts_of
from sortie.logs.run_log import log_error
from sortie.loop.box import box_parameters
from sortie.loop.controller_loop import NOT_FLOWN, Controller, controlled_box, stored_state
from sortie.loop.faults import LoopFault
from sortie.loop.loop import CarrierMaker, LoopSnapshot
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always, never
from sortie.storage.signing_keys import open_keys

if TYPE_CHECKING:
    from sortie.assembly.firmwares import Firmwares

OF_SIMULATORS: Final = "SIM_BATT_CAP_AH"
"""Parameter of simulated controllers (ArduPilot SITL, Sortie) that no board has."""
_ASK_S: Final = 4.0
_TELL_AFTER_S: Final = 5.0
_SLICE_S: Final = 0.02
_LEAVE_S: Final = 2.0
_WORTH_TELLING: Final = Severity.WARNING


class ControllerStart:
    """Controller of one start of the loop. UserError for an unsuitable vehicle; NotHeard without one within
    `patience_s`. `speedup`: ratio of vehicle time to real time; 0: as fast as possible."""

    def __init__(
        self,
        settings: Settings,
        profile: Profile,
        stack: ExitStack,
        runtime: Runtime,
        snapshot: LoopSnapshot | None,
        *,
        patience_s: float | None = None,
    ) -> None:
        lat, lon, alt = profile.box.home
        if settings.home is None:
            settings = settings.replaced(home=(GeoPoint(lat, lon, alt), profile.box.heading_deg))
        self.profile = profile
        values = box_parameters(profile)
        defaults = {name: values[name] for name in ("WPNAV_SPEED", "BATT_CAPACITY")}
        own = {"FM_COUNTDOWN": profile.box.countdown_s}
        stored = stored_state(snapshot, profile.box)
        self._runtime = runtime
        self._firmwares: Firmwares | None = None
        self._simulated = settings.vehicle.in_our_world
        if self._simulated:
            self.speedup = settings.speedup or 0.0
            self._firmwares = _in_world(settings, defaults, stack, runtime)
            self.companion = self._firmwares.companion(0, NoJournal(), stored, own)
            self._firmwares.node.start()
        else:
            side = ControllerSide(settings, stack, runtime, defaults=defaults, patience_s=patience_s)
            self.speedup = side.speedup
            if not vehicle_class(side.kind).hovers:
                raise UserError(f"--vehicle: this is a {side.kind}; profile {profile.name} needs a copter")
            self.companion = side.build(NoJournal(), stored, own, f"box {profile.name}")
            self.companion.service.observers.append(side.watch)
        self.service = self.companion.service
        self._learn()
        self._join()
        modelled = self._simulated or self.profile.box.battery == "modelled"
        if not modelled and self.companion.vehicle.readings.charge is None:
            raise UserError(
                "--vehicle: the flight controller reports no battery charge: set up BATT_MONITOR, "
                'or battery = "modelled" in [box] of the profile'
            )

    def maker(self) -> CarrierMaker:
        return partial(controlled_box, Controller(self.companion, self._simulated))

    def say_texts(self, tell: Callable[[str], None]) -> None:
        """Report texts for people by `tell(text)` from now on."""

        def observe(events: list[Event], now_ms: int) -> None:
            for event in events:
                if isinstance(event, StatusText) and event.severity <= _WORTH_TELLING:
                    tell(f"  vehicle: {event.words}")

        self.service.observers.append(observe)

    # --- what is true -------------------------------------------------------------------------------------------------
    def _learn(self) -> None:
        """Wait until its place, its arming state and whether it is simulated are known."""
        vehicle = self.companion.vehicle
        parameter_cache = ParameterCache(vehicle.address, (OF_SIMULATORS,), self._heard)
        self.companion.link.add_service(parameter_cache)
        enough_s = time.monotonic() + _ASK_S
        tell_s = time.monotonic() + _TELL_AFTER_S

        def tell(wall_s: float) -> None:
            nonlocal tell_s
            if wall_s >= tell_s:
                tell_s = wall_s + _TELL_AFTER_S
                missing = "; ".join(reason.text for reason in vehicle.armable_reasons) or "..."
                say(f"waiting for the position of the vehicle: {missing}")

        with self._alone() as runtime:
            runtime.run(
                lambda: vehicle.known and not (parameter_cache.missing and time.monotonic() < enough_s),
                tell,
                every_s=_SLICE_S,
            )

    @contextmanager
    def _alone(self) -> Iterator[Runtime]:
        """Yield the runtime while only the vehicle's time passes."""
        self._runtime.add_vehicle(self.service)
        self._join()
        self._runtime.set_speedup(self.speedup, always)
        try:
            yield self._runtime
        finally:
            self._runtime.remove(self.service)

    def _join(self) -> None:
        """Connect a firmware in our world to its current companion."""
        if self._firmwares is not None:
            self._firmwares.join(None)

    def _heard(self, name: str, value: float) -> None:
        self._simulated = True

    # --- its end ------------------------------------------------------------------------------------------------------
    def send_home(self) -> None:
        """Tell a flying vehicle at the end of the loop to return by itself, and watch it begin."""
        say("the loop has ended in flight: the vehicle is commanded to return (RTL)")
        self.service.autopilot.commands.return_to_launch(self.service.now_ms)
        with self._alone() as runtime:
            runtime.run(never, patience_s=_LEAVE_S)


def _in_world(settings: Settings, defaults: Mapping[str, float], stack: ExitStack, runtime: Runtime) -> Firmwares:
    """Start a firmware in our world, before its first sample."""
    from sortie.assembly.firmwares import Firmwares  # for who has one

    spec = base_spec(settings)
    standing, ground = stand([replace(spec, param=(*texts_of(defaults), *spec.param))], say)
    keys = open_keys(None, None)
    around = Surroundings(runtime, stack, None, keys, VIRTUAL_EPOCH_US, log_error, settings.logs, ground)
    return Firmwares(standing, around)


def check_faults(faults: list[LoopFault]) -> None:
    """Raise UserError for faults that a real vehicle must not have."""
    for fault in faults:
        if fault.name in NOT_FLOWN:
            raise UserError(
                f"--fault {fault.text}: {fault.name} stops the motors; it is not injected into a real vehicle"
            )
