"""From settings to a running fleet: vehicles, one store, links, logs of each, loop - and their end, in order."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from autopilot.context.events import Event, RebootRequested
from mavlink_bridge.links.radio.model import RadioLink
from mavlink_bridge.links.radio.profile import Profile
from sortie.assembly.fleet import build_fleet, on_terrain
from sortie.assembly.folders import begin_run_log, log_dir, state_dir
from sortie.assembly.pace import begin_pace, is_real_time, pace_pictures, pace_warnings
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from sortie.commands.build import NO_DEFAULTS
from sortie.config.errors import UserError
from sortie.config.given import alone, ignored
from sortie.config.link_policy import check_links
from sortie.config.links_of_fleet import all_links, own_links
from sortie.config.option import Where
from sortie.config.parameters import given_parameters, remember_set
from sortie.config.radio import radios_of_links
from sortie.config.settings import Settings
from sortie.config.values import parse_metrics
from sortie.config.vehicle_spec import VehicleSpec
from sortie.logs.flight_story import FlightStory
from sortie.logs.recorder import FlightRecorder, keep_flights, record_flights
from sortie.logs.run_log import LOGGER, log_error
from sortie.logs.separation_log import SeparationLog
from sortie.logs.trace_file import TraceFile
from sortie.metrics.board import Board
from sortie.metrics.statistics import FleetStatistics, Statistics
from sortie.nodes.company import Company
from sortie.nodes.modem import open_through_radio, radio_between
from sortie.nodes.vehicle import Service
from sortie.runtime.runtime import Runtime
from sortie.runtime.sockets import Sockets
from sortie.storage.rows import StoredState
from sortie.storage.signing_keys import open_keys, sign_links
from sortie.storage.store import Store, VehicleStore

_SHOWN = 4
_SELDOM = (
    10_000,
    10,
    100,
)  # of `gc.set_threshold`; what counting references frees, which is nearly all, does not wait for it


class FleetProgram:
    """Everything of one run of a fleet; a context manager. `defaults` are parameter values of this command, where a
    person gave and the state holds none."""

    def __init__(
        self, settings: Settings, vehicles: Sequence[VehicleSpec], *, defaults: Mapping[str, float] = NO_DEFAULTS
    ) -> None:
        self.settings = settings
        self.vehicles, self._ground = on_terrain(vehicles)
        self.reboot = False
        self._statistics: list[tuple[str, Statistics]] = []
        self._stack = ExitStack()
        gc.disable()  # all that is made stays: to look through it over and over would be a third of the start
        try:
            self._build(defaults)
        except BaseException:
            self._stack.close()
            raise
        finally:
            gc.enable()

    def _build(self, defaults: Mapping[str, float]) -> None:
        settings = self.settings
        self.sockets = Sockets(LOGGER.info)
        self.runtime = Runtime(self.sockets)
        self._stack.callback(self.runtime.close)
        self._links = all_links(settings, self.vehicles)
        self._radios = {
            link.url: one.radio for one in self.vehicles if one.radio is not None for link in own_links([one])
        } | dict(radios_of_links(settings.radio, [link.url for link in self._links]))
        self._store = Store(state_dir(settings, self._stack, temporary=False), self.sockets.wakeup.wake)
        self._stack.callback(self._store.close)
        self.log_dir = log_dir(settings)
        begin_run_log(settings, self._stack, self.log_dir)
        LOGGER.info("started: %d vehicles, seed %d, state in %s", len(self.vehicles), settings.seed,
                    self._store.directory)  # fmt: skip
        keys, key, warnings = open_keys(self._store, settings.signing_key)
        warnings += check_links([link.url for link in self._links], signed=key is not None, insecure=settings.insecure)
        warnings += ignored(settings.said(), Where.SIMULATOR) + alone(settings)
        for warning in (*warnings, *pace_warnings(settings)):
            _warn(warning)
        self.node = build_fleet(
            self.vehicles, self._keep, epoch_us=time.time_ns() // 1000 if is_real_time(settings) else VIRTUAL_EPOCH_US,
            on_error=log_error, warn=_warn, defaults=defaults, ground=self._ground,
        )  # fmt: skip
        for service in self.node.services:
            sign_links(service.endpoint, keys, key)
        self._attach()

    def _keep(self, vehicle: VehicleSpec) -> tuple[VehicleStore, StoredState]:
        own = self._store.of(vehicle.label)
        return own, own.stored

    def _attach(self) -> None:
        """Links, logs and observers."""
        self.runtime.add_vehicle(self.node)
        self.node.between = self.runtime.breathe
        self.node.has_time = self.runtime.share.has_time
        self._stack.callback(self.sockets.close_links)
        self.recorders = [self._record(service, one)
                          for service, one in zip(self.node.services, self.vehicles, strict=True)]  # fmt: skip
        self.runtime.keeping.add(lambda: keep_flights(self.recorders))
        labels = [one.label for one in self.vehicles]
        log = SeparationLog(self.log_dir, labels)
        homes = [one.home for one in self.vehicles]
        self.company = Company(self.node, homes, log.approached, log.collided)
        self._stack.callback(self.company.finish)
        self.node.on_stranded = self._tell_of_stranded

    def _tell_of_stranded(self, member: int, error: Exception) -> None:
        label = self.vehicles[member].label
        print(f"sortie: vehicle {label}: its autopilot failed, it comes down alone", file=sys.stderr, flush=True)
        LOGGER.error("vehicle %s: its autopilot failed, it comes down alone", label, exc_info=error)

    def _record(self, service: Service, one: VehicleSpec) -> FlightRecorder:
        if self.settings.trace is not None:
            self._write_trace(service, _named(self.settings.trace, one.label))
        service.observers += [self._watch_for_reboot, FlightStory(one.kind, one.label).observe]
        recorder = record_flights(
            service, self.log_dir / one.label, telemetry=self.settings.telemetry_log, name=one.label
        )
        self._stack.callback(lambda: recorder.finish(self.node.now_ms))
        self._stack.callback(service.close)
        pace_pictures(self.settings, service, self.runtime.signals)
        statistics = Statistics(service, None if self._statistics else self.runtime.jitter)
        self._statistics.append((one.label, statistics))
        service.pages.add("links.json", statistics.links_page)
        return recorder

    def _write_trace(self, service: Service, path: Path) -> None:
        try:
            trace = TraceFile(path)
        except OSError as error:
            raise UserError(f"--trace {path}: {error.strerror}") from error
        self._stack.callback(trace.close)
        self.runtime.keeping.add(trace.flush)
        if service.autopilot.flights is not None:
            service.autopilot.flights.trace = trace.write

    def boot_anew(self) -> NoReturn:
        """As `Program.boot_anew`, with all vehicles."""
        for one, service in zip(self.vehicles, self.node.services, strict=True):
            given, _ = given_parameters(one.param, one.kind, one.firmware)
            remember_set(given, service.parameters, one.label)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

    def _watch_for_reboot(self, events: list[Event], now_ms: int) -> None:
        if any(isinstance(event, RebootRequested) for event in events):
            # They share one clock, so they boot together, and not while one of them is under way.
            self.reboot = not any(service.autopilot.facts.armed for service in self.node.services)
            if not self.reboot:
                LOGGER.warning("a vehicle was asked to reboot: others of its fleet are armed, it goes on")

    def begin(self, default_speedup: float, running: bool = False) -> Runtime:
        """The runtime, at its pace (`pace`); from now on signals are taken in order."""
        begin_pace(self.runtime, self.settings, self.node.services, default_speedup, running=running)
        self._serve_figures()
        self.runtime.install_signals()
        return self.runtime

    def _serve_figures(self) -> None:
        if self.settings.metrics is None:
            return
        from sortie.metrics.server import MetricsServer  # http.server is for those who want it

        board = Board(FleetStatistics(self._statistics))
        host, port = parse_metrics(self.settings.metrics)
        self._stack.callback(MetricsServer(host, port, board).close)
        self.runtime.add(board)

    def load(self) -> None:
        """Load what is compiled, see `Runtime.load`. From then on the collector does not look at what is there, and
        seldom at all that came later: a look at 1,000 vehicles would keep all of them waiting for most of a second, and
        one at what they hold in flight for a tenth."""
        self.runtime.load()
        self._stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*_SELDOM)
        gc.freeze()
        self._stack.callback(gc.unfreeze)

    def open_links(self) -> None:
        """Open all links, and send the first HEARTBEATs before anything slow is loaded; a busy port is a UserError."""
        for number, link in enumerate(self._links):
            profile = self._radios.get(link.url)
            if link.vehicle is not None:
                self._open_own(link.url, link.vehicle, profile)
            elif profile is None:
                self.runtime.open(self.node.networks[link.network], link.url)
            else:
                radio = RadioLink(profile, self.settings.seed + number)
                open_through_radio(self.runtime, self.node, self.node.networks[link.network], link.url, radio)
        if self.settings.web:  # of several networks the first: on the others the same ids are other vehicles
            from sortie.nodes.page_process import PageProcess  # for those who want it

            page = PageProcess(self.settings, self.runtime, self.node.networks[0], self.log_dir)
            self._stack.callback(page.close)
        self.runtime.settle()

    def _open_own(self, url: str, member: int, profile: Profile | None) -> None:
        """A link that only one vehicle is on, at its distance."""
        one = self.vehicles[member]
        if profile is None:
            self.runtime.open(self.node.own_network(member), url)
            return
        own = self.node.own_links(member)
        radio = radio_between(profile, one.seed, one.home, self.node.services[member].vehicle)
        open_through_radio(self.runtime, own.node, own.endpoint, url, radio)

    @property
    def open_at(self) -> list[str]:
        """The links, in words; of many the first ones."""
        urls = [link.url for link in self._links]
        return urls if len(urls) <= _SHOWN else [*urls[:_SHOWN], f"{len(urls) - _SHOWN} more"]

    def __enter__(self) -> FleetProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()


def _named(path: Path, label: str) -> Path:
    """trace.jsonl of vehicle 3 is trace-3.jsonl."""
    return path.with_name(f"{path.stem}-{label}{path.suffix}")


def _warn(text: str) -> None:
    LOGGER.warning("%s", text)
    print(f"sortie: {text}", file=sys.stderr)
