"""Skimmer with a flight controller: `sortie loop --vehicle /dev/ttyACM0,115200`.

Depot, skimmer controller and their wire are those of the simulated box. Behind the skimmer is the companion of the
flight controller, in real time. The state of the vehicle is requested from it at every start.
"""

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
from autopilot.interface.records import dataclass
from autopilot.mav import MissionType, Severity
from autopilot.mission.state import MissionState
from autopilot.vehicles.kinds import vehicle_class
from depot.names import FaultName, SkimmerStage
from depot.pilot.body import ControllerBody
from depot.pilot.claim import ControllerClaim
from depot.pilot.pilot import SkimmerPilot
from depot.settings import BoxSettings, Profile
from depot.wire.depot import flown_items
from depot.world.copter import CopterMotion
from depot.world.pack import ReportedPack
from depot.world.state import WorldState
from mavlink_bridge.flight_controller.parameter_cache import ParameterCache
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, Surroundings, stand
from sortie.companion.build import ControllerSide, say
from sortie.companion.service import Companion
from sortie.config.errors import UserError
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import base_spec, texts_of
from sortie.logs.run_log import log_error
from sortie.loop.box import FlownMission, box_parameters
from sortie.loop.faults import LoopFault
from sortie.loop.loop import CarrierMaker, LoopOrder, LoopSnapshot, SortieLoop
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always, never
from sortie.storage.rows import StoredState
from sortie.storage.signing_keys import open_keys

if TYPE_CHECKING:
    from sortie.assembly.firmwares import Firmwares


NOT_FLOWN: Final = (FaultName.SKIMMER_LOST,)
"""Faults that would harm a real vehicle."""
_RESTARTED: Final = "started again"


@dataclass(frozen=True, slots=True)
class Controller:
    """Known controller (`FlightController.known`) with its companion. `simulated`: it reports that its battery need not
    be charged. `wall_s`: s since 1970."""

    companion: Companion
    simulated: bool
    wall_s: Callable[[], float] = time.time


def stored_state(snapshot: LoopSnapshot | None, box: BoxSettings) -> StoredState:
    """Return the state for its companion: the mission in progress, so that AUTO continues it. The skimmer's plan has
    heights above the dock."""
    plan = None if snapshot is None else snapshot.skimmer.plan
    if snapshot is None or plan is None:
        return StoredState()
    items = tuple(flown_items(plan, 0.0, box.photo_m))
    return StoredState(plans={MissionType.MISSION: items}, progress=(snapshot.item, int(MissionState.IDLE)))


def controlled_box(controller: Controller, order: LoopOrder, state: WorldState, runtime: Runtime) -> ControlledBox:
    """Make the carrier with a flight controller, in a runtime at real time."""
    snapshot = order.snapshot
    if snapshot is not None and snapshot.skimmer.stage is not SkimmerStage.DOCKED:
        snapshot.skimmer.controlled_by = _RESTARTED  # unknown; the vehicle reports it
    return ControlledBox(order.profile, state, controller, runtime, fresh=snapshot is None)


class ControlledBox:
    """`Carrier` with a `RealVehicle`. `fresh`: of a new loop."""

    guidance = None

    def __init__(
        self, profile: Profile, state: WorldState, controller: Controller, runtime: Runtime, *, fresh: bool
    ) -> None:
        self.real = self
        self._controller = controller
        self._runtime = runtime
        service = self.service = controller.companion.service
        self.node = self.vehicle = service
        self.endpoint = service.endpoint
        self.offset_ms = (0 if fresh else state.now_ms) - service.now_ms
        vehicle, autopilot = controller.companion.vehicle, service.autopilot
        self.firmware = vehicle.firmware
        self.body = ControllerBody(vehicle, profile.box, service.parameters.__getitem__)
        self.claim = ControllerClaim(autopilot, vehicle, lambda: service.now_ms)
        self.pilot = SkimmerPilot(autopilot, profile.box, self.body, self.claim, lambda: service.now_ms, self.offset_ms)
        modelled = controller.simulated or profile.box.battery == "modelled"
        pack = ReportedPack(profile, state, self.body, modelled=modelled, fresh=fresh)
        self.motion = CopterMotion(profile, state, self.pilot, pack, None, watched=True)
        self.mains_kg_s = profile.box.mains_kg_s
        # Heights are relative to the dock, because controllers and maps differ by metres.
        inside = controller.companion.passing.inside
        self.mission = FlownMission(service, profile.box, self.offset_ms, ground_m=profile.box.home[2], inside=inside)

    # --- restarts -----------------------------------------------------------------------------------------------------
    def note(self, snapshot: LoopSnapshot) -> None:
        """Store the progress of its mission, and the time."""
        snapshot.item = self.service.autopilot.sequencer.current_nav_index()
        snapshot.wall_s = self._controller.wall_s()

    def begin(self, loop: SortieLoop, snapshot: LoopSnapshot | None) -> None:
        """Continue with the real state: on its dock the sortie ends; elsewhere nothing is commanded until a person
        asks, while T_DEATH continues to run."""
        if snapshot is None:
            return
        memory, now_ms = loop.skimmer.memory, loop.now_ms
        memory.beat_ms = memory.heard_ms = now_ms
        if memory.controlled_by:
            loop.world.stand_aside()
        away_s = max(self._controller.wall_s() - snapshot.wall_s, 0.0)
        loop.depot.look_again(round(away_s * 1000.0), now_ms)
        self._runtime.look()

    # --- what people ask for ------------------------------------------------------------------------------------------
    def hold(self, why: str) -> bool:
        """Stop and hold at a person's request. False when it does not fly, or not by our command."""
        if not self._controller.companion.hold(why):
            return False
        self.claim.hold_here()
        return True

    def let_go(self) -> None:
        """Continue the flight at the request of the person who stopped it."""
        self.claim.let_go()

    @property
    def flies(self) -> bool:
        """True while it is in the air under Sortie's control."""
        return not self.pilot.landed and self._controller.companion.vehicle.commanded


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
