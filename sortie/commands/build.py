"""From settings to a running service: vehicle, parameters, store, links, logs, loop - and their end, in order."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, NoReturn

from autopilot.context.events import Event, RebootRequested
from autopilot.interface.geo import GeoPoint
from sortie.assembly.folders import begin_run_log, log_dir, state_dir
from sortie.assembly.pace import begin_pace, is_real_time, pace_pictures, pace_warnings
from sortie.assembly.vehicle import (
    VIRTUAL_EPOCH_US,
    build_service,
    grounded,
    make_vehicle,
    parse_faults,
    simulated_name,
    terrain_around,
)
from sortie.config.errors import UserError
from sortie.config.faults import Fault
from sortie.config.given import ignored, without_fleet
from sortie.config.link_policy import check_links
from sortie.config.option import Where
from sortie.config.parameters import given_parameters, remember_set, without_set
from sortie.config.settings import Settings
from sortie.config.values import DEFAULT_HOME, parse_metrics
from sortie.logs.flight_story import FlightStory
from sortie.logs.recorder import keep_flights, record_flights
from sortie.logs.run_log import LOGGER, log_error
from sortie.logs.trace_file import TraceFile
from sortie.metrics.board import Board
from sortie.metrics.statistics import Statistics
from sortie.nodes.pulse_port import PulsePort
from sortie.nodes.vehicle import Service
from sortie.runtime.runtime import Runtime
from sortie.runtime.sockets import Sockets
from sortie.storage.signing_keys import open_keys, sign_links
from sortie.storage.store import Store

if TYPE_CHECKING:
    from autopilot.interface.terrain import HeightMap
    from autopilot.interface.vehicle import SimulatedVehicle
    from mavlink_bridge.links.radio.profile import Profile
    from sortie.companion.build import ControllerSide

NO_DEFAULTS: Mapping[str, float] = MappingProxyType({})


class Program:
    """Everything of one run; a context manager. `start` is where the vehicle stands when nobody gave --home;
    `defaults` are parameter values of this command, where a person gave and the state holds none; `of_child`: of the
    SITL that is started for it."""

    def __init__(
        self,
        settings: Settings,
        *,
        temporary_state: bool = False,
        start: GeoPoint | None = None,
        defaults: Mapping[str, float] = NO_DEFAULTS,
        of_child: Mapping[str, float] = NO_DEFAULTS,
    ) -> None:
        self.settings = settings
        self._of_child = of_child
        self._stack = ExitStack()
        try:
            self._build(temporary_state, start, defaults)
        except BaseException:
            self._stack.close()
            raise

    def _build(self, temporary_state: bool, start: GeoPoint | None, defaults: Mapping[str, float]) -> None:
        settings = self.settings
        self.sockets = Sockets(LOGGER.info)
        self.runtime = Runtime(self.sockets)
        self._stack.callback(self.runtime.close)
        self.radios: Mapping[str, Profile] = {}
        if settings.radio:
            from sortie.config.radio import radios_of_links  # with the table of radios, for those who have one

            self.radios = radios_of_links(settings.radio, settings.links)
        self.controller = self._find_controller(temporary_state)
        kind = settings.vehicle.frame if self.controller is None else self.controller.kind
        speaks = settings.firmware if self.controller is None else Settings.firmware.default
        given, warnings = given_parameters(settings.param, kind, speaks)
        if settings.sysid is not None:
            given["SYSID_THISMAV"] = float(settings.sysid)
        self.home, heading = self._home(start)
        ground = None if self.controller is not None else terrain_around(settings.terrain, [self.home])
        self.home = grounded(self.home, ground)
        vehicle = make_vehicle(kind, self.home, heading, settings.seed, ground)
        faults = parse_faults(settings.fault, vehicle.fault_names())
        warnings += self._ignored(given, faults)
        self._open_state(temporary_state)
        keys, key, doubts = open_keys(self.store, settings.signing_key)
        warnings += doubts + check_links(settings.links, signed=key is not None, insecure=settings.insecure)
        for warning in warnings:
            LOGGER.warning("%s", warning)
            print(f"sortie: {warning}", file=sys.stderr)
        stored = self.store.stored.parameters
        self._given = given
        given = without_set(given, stored, kind)
        given = {name: value for name, value in defaults.items() if name not in stored} | given
        self.service = self._make_service(kind, vehicle, given, faults, ground)
        self.signing = sign_links(self.service.endpoint, keys, key)
        if self.controller is not None and settings.signing_key is not None:
            self.controller.front.endpoint.set_signing(self.signing.signing)
        self._attach(kind)

    def _find_controller(self, temporary_state: bool) -> ControllerSide | None:
        """Waits for it; None with the simulator."""
        if self.settings.vehicle.kind == "sim":
            return None
        from sortie.companion.build import ControllerSide

        folder = log_dir(self.settings)
        return ControllerSide(self.settings, folder, self._stack, self.runtime, defaults=self._of_child)

    def _ignored(self, given: Mapping[str, float], faults: Sequence[Fault]) -> list[str]:
        """Warnings of flags that have no effect on this vehicle."""
        texts = [f"--fault {one}: #{one.nth} is ignored, it counts the sorties of a loop" for one in faults if one.nth]
        if self.controller is not None:
            return texts + self.controller.warnings(self.settings, given)
        texts += ignored(self.settings.said(), Where.SIMULATOR) + without_fleet(self.settings)
        return texts + pace_warnings(self.settings)

    def _open_state(self, temporary_state: bool) -> None:
        """State directory and log; what is on the stack is undone in the opposite order."""
        self.store = Store(state_dir(self.settings, self._stack, temporary=temporary_state), self.sockets.wakeup.wake)
        self._stack.callback(self.store.close)
        self.log_dir = log_dir(self.settings)
        self._open_run_log()

    def _make_service(
        self,
        kind: str,
        vehicle: SimulatedVehicle,
        given: Mapping[str, float],
        faults: Sequence[Fault],
        ground: HeightMap | None,
    ) -> Service:
        settings, store = self.settings, self.store
        if self.controller is not None:
            return self.controller.build(store, store.stored, given, store.uid().hex()).service
        epoch_us = time.time_ns() // 1000 if is_real_time(settings) else VIRTUAL_EPOCH_US
        return build_service(
            kind, vehicle, store, store.stored, given, name=simulated_name(kind, settings.seed), epoch_us=epoch_us,
            on_error=log_error, faults=faults, firmware=settings.firmware, ground=ground,
        )  # fmt: skip

    def _attach(self, kind: str) -> None:
        """Links, logs and observers of the service."""
        if self.settings.trace is not None:
            self._write_trace(self.settings.trace)
        self.runtime.add_vehicle(self.service)
        self._stack.callback(self.sockets.close_links)
        self.reboot = False
        self.service.observers += [self._watch_for_reboot, FlightStory(kind).observe]
        if self.controller is not None:
            self.service.observers.append(self.controller.watch)
        self.recorder = record_flights(self.service, self.log_dir, telemetry=self.settings.telemetry_log)
        self.runtime.keeping.add(lambda: keep_flights([self.recorder]))
        self._stack.callback(lambda: self.recorder.finish(self.service.now_ms))
        self._stack.callback(self.service.close)
        pace_pictures(self.settings, self.service, self.runtime.signals)

    def _write_trace(self, path: Path) -> None:
        try:
            trace = TraceFile(path)
        except OSError as error:
            raise UserError(f"--trace {path}: {error.strerror}") from error
        self._stack.callback(trace.close)
        self.runtime.keeping.add(trace.flush)
        if self.service.autopilot.flights is not None:
            self.service.autopilot.flights.trace = trace.write

    def _home(self, start: GeoPoint | None) -> tuple[GeoPoint, float]:
        if self.settings.home is not None:
            return self.settings.home
        lat, lon, alt, heading = DEFAULT_HOME
        return (GeoPoint(lat, lon, alt) if start is None else start), heading

    def _open_run_log(self) -> None:
        begin_run_log(self.settings, self._stack, self.log_dir)
        settings = self.settings
        LOGGER.info("started: %s, seed %d, state in %s", settings.vehicle, settings.seed, self.store.directory)

    def begin(self, default_speedup: float, running: bool = False) -> Runtime:
        """The runtime, at its pace (`pace`); from now on signals are taken in order."""
        runtime, service = self.runtime, self.service
        settings = self.settings
        if self.controller is not None:
            settings = settings.replaced(pace=Settings.pace.default, speedup=self.controller.speedup)
            runtime.signals.first_interrupt = self.controller.hold_if_flying
        begin_pace(runtime, settings, (service,), default_speedup, running=running)
        self._serve_figures()
        runtime.install_signals()
        return runtime

    def open_links(self) -> None:
        """Open all links of the settings, and send the first HEARTBEAT before anything slow is loaded; a busy port is a
        UserError."""
        for number, url in enumerate(self.settings.links):
            profile = self.radios.get(url)
            if profile is None:
                self.runtime.open(self.service.endpoint, url)
                continue
            from sortie.nodes.modem import open_through_radio, radio_between

            radio = radio_between(profile, self.settings.seed + number, self.home, self.service.vehicle)
            open_through_radio(self.runtime, self.service, self.service.endpoint, url, radio)
        if self.settings.rc is not None and self.controller is None:
            port = PulsePort(self.settings.rc, self.sockets.poll, self.service.take_pulses)
            self._stack.callback(port.close)
            self.runtime.add(port)
        if self.settings.web:
            from sortie.nodes.page_process import PageProcess  # for those who want it

            page = PageProcess(self.settings, self.runtime, self.service.endpoint, self.log_dir)
            self._stack.callback(page.close)
        self.runtime.settle()

    def _serve_figures(self) -> None:
        statistics = Statistics(self.service, self.runtime.jitter)
        self.service.pages.add("links.json", statistics.links_page)
        if self.settings.metrics is not None:
            host, port = parse_metrics(self.settings.metrics)
            from sortie.metrics.server import MetricsServer, no_files  # http.server is for those who want it

            board = Board(statistics)
            camera = self.service.camera
            files = no_files if camera is None else camera.file_at
            self._stack.callback(MetricsServer(host, port, board, files).close)
            self.runtime.add(board)

    def boot_anew(self) -> NoReturn:
        """PREFLIGHT_REBOOT: the vehicle boots anew with what is stored, in a process as fresh as the first."""
        remember_set(self._given, self.service.parameters)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

    def _watch_for_reboot(self, events: list[Event], now_ms: int) -> None:
        self.reboot = self.reboot or any(isinstance(event, RebootRequested) for event in events)

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()
