"""Program of a command: vehicles, store, links, logs and runtime from its settings, and their end in order."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NoReturn

from autopilot.context.events import Event, RebootRequested
from autopilot.interface.geo import GeoPoint
from autopilot.parameters.parameters import Parameters
from mavlink_bridge.links.address import PRIVATE
from sortie.assembly.pace import begin_pace, is_real_time, pace_pictures, pace_warnings
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, PlacedVehicle, Surroundings, stand
from sortie.assembly.vehicles import ServiceMaker, Vehicles, without_collector
from sortie.config.errors import UserError
from sortie.config.files import files_of
from sortie.config.given import alone, ignored, without_fleet, without_page
from sortie.config.link_policy import check_links
from sortie.config.links_of_fleet import FleetLink, all_links, own_links
from sortie.config.option import OptionScope
from sortie.config.parameters import remember_set
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import VehicleSpec, base_spec
from sortie.logs.directory import FLIGHTS
from sortie.logs.flight_story import FlightStory
from sortie.logs.run_log import LOGGER, close_run_log, log_error, open_run_log, tell
from sortie.logs.trace_file import TraceFile
from sortie.nodes.pulse_port import PulsePort
from sortie.nodes.statistics import Board, FleetStatistics, Statistics
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.processes import GC_SELDOM
from sortie.runtime.runtime import Runtime
from sortie.runtime.sockets import Sockets
from sortie.storage.rows import StoredState
from sortie.storage.signing_keys import open_keys
from sortie.storage.store import Store

if TYPE_CHECKING:
    from autopilot.context.journal import Journal
    from mavlink_bridge.links.radio.profile import RadioProfile
    from sortie.companion.build import ControllerSide

NO_DEFAULTS: Final[Mapping[str, float]] = MappingProxyType({})
_SHOWN: Final = 4
_NOT_FORWARDED: Final = 2  # bit of MAVn_OPTIONS


def specs_of(settings: Settings, start: GeoPoint | None = None) -> list[VehicleSpec]:
    """Return the vehicles of a run: one alone, or a fleet. UserError for settings that no fleet can have."""
    base = base_spec(settings, start)
    if not settings.is_fleet:
        return [base]
    from sortie.config.fleet_file import fleet_of  # one vehicle does without

    return fleet_of(settings, base)


def with_options(url: str, number: int, parameters: Parameters) -> str:
    """Return the address of a vehicle's link, counted from 0, with the effect of its MAVn_OPTIONS."""
    name = f"MAV{number + 1}_OPTIONS"
    return url + PRIVATE if name in parameters and int(parameters[name]) & _NOT_FORWARDED else url


class Program:
    """Run of the vehicles `specs`; a context manager. `defaults`: parameters of this command, used where neither a
    person nor the stored state has a value; `of_child`: parameters of the SITL that is started; `restarts`: the command
    boots anew after a `reboot`."""

    def __init__(
        self,
        settings: Settings,
        specs: Sequence[VehicleSpec],
        *,
        temporary_state: bool = False,
        defaults: Mapping[str, float] = NO_DEFAULTS,
        of_child: Mapping[str, float] = NO_DEFAULTS,
        restarts: bool = False,
    ) -> None:
        self.settings = settings
        self.reboot = False
        self._restarts = restarts
        self._stack = ExitStack()
        self._statistics: list[tuple[str, Statistics]] = []
        try:
            self.sockets = Sockets(LOGGER.info)
            self.runtime = Runtime(self.sockets)
            self._stack.callback(self.runtime.close)
            self._links = all_links(settings, specs)
            self._opened: list[str] = []
            self._radios = _radios(settings, specs, self._links)
            self.controller = self._find_controller(of_child)
            with without_collector():
                self._build(self._known(specs), temporary_state, defaults)
                if not self.alone:
                    self._spare_collector()
        except BaseException:
            self._stack.close()
            raise

    def _spare_collector(self) -> None:
        """Make the garbage collector ignore the objects of a fleet and run rarely: examining 1,000 vehicles would delay
        all for most of a second, their objects in flight for a tenth."""
        self._stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*GC_SELDOM)
        gc.freeze()
        self._stack.callback(gc.unfreeze)

    # --- putting it together --------------------------------------------------------------------------------------
    def _find_controller(self, of_child: Mapping[str, float]) -> ControllerSide | None:
        """Wait for the flight controller; None for vehicles in our world."""
        if self.settings.vehicle.kind == "sim" or self.settings.vehicle.in_our_world:
            return None
        from sortie.companion.build import ControllerSide

        return ControllerSide(self.settings, self._stack, self.runtime, defaults=of_child)

    def _known(self, specs: Sequence[VehicleSpec]) -> list[VehicleSpec]:
        """Return the specs, with the kind that a controller has reported."""
        if self.controller is None:
            return list(specs)
        return [replace(specs[0], kind=self.controller.kind, firmware=Settings.firmware.default, terrain=None)]

    def _build(self, specs: Sequence[VehicleSpec], temporary_state: bool, defaults: Mapping[str, float]) -> None:
        settings, warnings = self.settings, list[str]()
        standing, ground = stand(specs, warnings.append)
        self._standing = standing
        warnings += self._ignored(standing)
        self._open_state(standing, temporary_state)
        keys = open_keys(self._store, settings.signing_key)
        urls = [link.url for link in self._links]
        warnings += [*keys.warnings, *check_links(urls, signed=keys.key is not None, insecure=settings.insecure)]
        for warning in warnings:
            LOGGER.warning("%s", warning)
            print(f"sortie: {warning}", file=sys.stderr)
        epoch_us = time.time_ns() // 1000 if is_real_time(settings) else VIRTUAL_EPOCH_US
        around = Surroundings(
            self.runtime, self._stack, self._store, keys, epoch_us, log_error, settings.logs, ground, defaults
        )
        self.vehicles = Vehicles(standing, around, self._maker())
        if self.controller is not None and settings.signing_key is not None:
            self.controller.front.endpoint.set_signing(self.vehicles.signing[0].signing)
        self._stack.callback(self.sockets.close_links)
        for service, spec in zip(self.vehicles.services, self.vehicles.specs, strict=True):
            self._watch(service, spec)
        self.vehicles.log_to(settings.logs, telemetry=settings.telemetry_log)
        if self.vehicles.fleet is not None:
            self.vehicles.fleet.on_stranded.append(self._tell_of_stranded)
        if self.vehicles.firmwares is not None:
            self.vehicles.firmwares.node.start()

    def _ignored(self, standing: Sequence[PlacedVehicle]) -> list[str]:
        """Return warnings about options without effect on these vehicles."""
        settings = self.settings
        counted = {str(fault): fault.nth for vehicle in standing for fault in vehicle.faults if fault.nth}
        texts = [f"--fault {text}: #{nth} is ignored, it counts the sorties of a loop" for text, nth in counted.items()]
        texts += without_page(settings)
        if self.controller is not None:
            return texts + self.controller.warnings(settings, standing[0].given)
        texts += ignored(
            settings.non_defaults(), OptionScope.WORLD if settings.vehicle.in_our_world else OptionScope.SIMULATOR
        )
        texts += without_fleet(settings) if standing[0].spec.alone else alone(settings)
        return texts + pace_warnings(settings)

    def _open_state(self, standing: Sequence[PlacedVehicle], temporary: bool) -> None:
        settings = self.settings
        self._store = Store(_state_dir(settings, self._stack, temporary=temporary), self.sockets.wakeup.wake)
        self._stack.callback(self._store.close)
        _begin_run_log(settings, self._stack)
        what = str(settings.vehicle) if standing[0].spec.alone else f"{len(standing)} vehicles"
        LOGGER.info("started: %s, seed %d, state in %s", what, settings.seed, self._store.directory)

    def _maker(self) -> ServiceMaker | None:
        """Return the maker of a controller's companion; None for simulated vehicles."""
        controller, store = self.controller, self._store
        if controller is None:
            return None

        def make(journal: Journal, stored: StoredState, given: Mapping[str, float]) -> VehicleService:
            return controller.build(journal, store.stored, given, store.uid().hex()).service

        return make

    def _watch(self, service: VehicleService, spec: VehicleSpec) -> None:
        if self.settings.trace is not None:
            self._write_trace(service, _named(self.settings.trace, spec.label))
        service.autopilot.commands.restart_objections.append(self._restart_objection)
        service.observers += [self._watch_for_reboot, FlightStory(spec.kind, spec.label).observe]
        if self.controller is not None:
            service.observers.append(self.controller.watch)
        pace_pictures(self.settings, service)
        statistics = Statistics(service, None if self._statistics else self.runtime.jitter)
        self._statistics.append((spec.label, statistics))
        service.pages.add("links.json", statistics.links_page)

    def _write_trace(self, service: VehicleService, path: Path) -> None:
        with files_of(f"--trace {path}"):
            trace = TraceFile(path)
        self._stack.callback(trace.close)
        self.runtime.keeping.add(trace.flush)
        if service.autopilot.flights is not None:
            service.autopilot.flights.kernel.trace = trace.write

    def _restart_objection(self) -> str | None:
        """Return why this run does not restart now. Vehicles of a fleet share a clock, so they reboot together, and not
        while one of them flies."""
        if not self._restarts:
            return "only sortie serve does that"
        if self.alone or not any(service.autopilot.facts.armed for service in self.vehicles.services):
            return None
        return "its fleet has armed vehicles"

    def _watch_for_reboot(self, events: list[Event], now_ms: int) -> None:
        self.reboot = self.reboot or any(isinstance(event, RebootRequested) for event in events)

    def _tell_of_stranded(self, member: int, error: Exception) -> None:
        from sitl.child import SitlError  # with what starts processes: only where something has ended

        label = self.vehicles.specs[member].label
        ended = isinstance(error, SitlError)
        what = f"{error}; the others fly on" if ended else "its autopilot failed, it comes down alone"
        text = f"vehicle {label}: {what}"
        tell(f"sortie: {text}")
        LOGGER.error("%s", text, exc_info=error, extra={"told": True})

    # --- running it -----------------------------------------------------------------------------------------------
    @property
    def service(self) -> VehicleService:
        """The vehicle; of a fleet the first."""
        return self.vehicles.services[0]

    @property
    def alone(self) -> bool:
        """True for one vehicle that is not a fleet."""
        return self.vehicles.fleet is None

    @property
    def kinds(self) -> str:
        """Number and kinds of the vehicles, for people."""
        if self.alone:
            return self.service.autopilot.facts.vehicle_class.name
        kinds = ", ".join(sorted({spec.kind for spec in self.vehicles.specs}))
        ordered = sorted(self.vehicles.specs, key=lambda spec: (spec.network, spec.system or 0))
        return f"{len(ordered)} vehicles ({kinds}), system ids {ordered[0].label} to {ordered[-1].label}"

    @property
    def open_at(self) -> str:
        """Links for people, with the chosen port for port 0; of many the first ones."""
        urls = [link.url for link in self._links]
        for number, opened in enumerate(self._opened):
            if urls[number].partition("?")[0].endswith(":0"):
                urls[number] = opened
        shown = urls if len(urls) <= _SHOWN else [*urls[:_SHOWN], f"{len(urls) - _SHOWN} more"]
        return ", ".join(shown)

    def begin(self, default_speedup: float, running: bool = False) -> Runtime:
        """Return the runtime at its pace (`pace`), with signal handlers."""
        runtime, settings, controller = self.runtime, self.settings, self.controller
        if controller is not None:
            settings = settings.replaced(pace=Settings.pace.default, speedup=controller.speedup)
        clock = None if controller is None else controller.clock
        begin_pace(runtime, settings, self.vehicles.services, default_speedup, running=running, clock=clock)
        self._serve_figures()
        runtime.install_signals(None if controller is None else partial(controller.companion.hold, "Ctrl-C"))
        return runtime

    def _serve_figures(self) -> None:
        if self.settings.metrics is None:
            return
        host, port = self.settings.metrics
        from sortie.nodes.metrics_server import MetricsServer, no_files  # http.server is for those who want it

        board = Board(self._statistics[0][1] if self.alone else FleetStatistics(self._statistics))
        camera = self.service.camera if self.alone else None
        files = no_files if camera is None else camera.file_at
        self._stack.callback(MetricsServer(host, port, board, files).close)
        self.runtime.add(board)

    def open_links(self) -> None:
        """Open all links and send the first HEARTBEATs before slow loading begins. UserError for a busy port."""
        settings, vehicles = self.settings, self.vehicles
        for number, link in enumerate(self._links):
            of_fleet = link.vehicle is not None and not self.alone
            seed = vehicles.specs[link.vehicle or 0].seed if of_fleet else settings.seed + number
            url = with_options(link.url, number, self.service.parameters) if self.alone else link.url
            self._opened.append(vehicles.open(replace(link, url=url), self._radios.get(link.url), seed))
        if settings.rc is not None and self.alone and settings.vehicle.kind == "sim":
            port = PulsePort(settings.rc, self.sockets.poll, self.service.take_pulses)
            self._stack.callback(port.close)
            self.runtime.add(port)
        if settings.web:  # with several networks the first, because others have other vehicles with the same ids
            from sortie.nodes.page_process import PageProcess  # for those who want it

            owner = self.service.endpoint if vehicles.fleet is None else vehicles.fleet.networks[0]
            page = PageProcess(settings, self.runtime, owner)
            self._stack.callback(page.close)
        self.runtime.settle()

    def load(self) -> None:
        """Load the compiled kernel (`Runtime.load`)."""
        self.runtime.load()

    def boot_anew(self) -> NoReturn:
        """Reboot (PREFLIGHT_REBOOT): replace the process by a new one with the same arguments, which boots from the
        stored state."""
        for standing, service in zip(self._standing, self.vehicles.services, strict=True):
            remember_set(standing.given, service.parameters, standing.spec.label)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _radios(settings: Settings, specs: Sequence[VehicleSpec], links: Sequence[FleetLink]) -> Mapping[str, RadioProfile]:
    own = {link.url: spec.radio for spec in specs if spec.radio is not None for link in own_links([spec])}
    if not settings.radio:
        return own
    from sortie.config.radio import radios_of_links  # with the table of radios, for those who have one

    return own | dict(radios_of_links(settings.radio, [link.url for link in links]))


def _named(path: Path, label: str) -> Path:
    """Return the file for a vehicle: trace.jsonl of vehicle 3 is trace-3.jsonl."""
    return path.with_name(f"{path.stem}-{label}{path.suffix}") if label else path


def _state_dir(settings: Settings, stack: ExitStack, *, temporary: bool) -> Path:
    """Return the state directory; `temporary`: if none is given, one that is deleted at the end."""
    if temporary and settings.state_dir is None:
        folder = tempfile.TemporaryDirectory(prefix="sortie-")
        stack.callback(folder.cleanup)
        return Path(folder.name)
    return settings.state


def _begin_run_log(settings: Settings, stack: ExitStack) -> None:
    """Open `run.log`; its last line says that the run has stopped."""
    directory = settings.logs
    with files_of(f"log directory {directory}", "choose another with --log-dir"):
        if (directory / FLIGHTS).exists() and not (directory / FLIGHTS).is_dir():
            raise UserError(
                f"{directory / FLIGHTS} is a file, and flights are logged there; choose another directory "
                "with --log-dir, or move it"
            )
        handler = open_run_log(directory, settings.log_format)
    stack.callback(close_run_log, handler)
    stack.callback(LOGGER.info, "stopped")
