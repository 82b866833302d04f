"""Many vehicles in a Python program: `with Fleet(20) as fleet: ...`, a sequence of vehicles with the face of `Session`
and one clock. What `Session` says of time, sockets and determinism holds here too; vehicle k is byte for byte the
session with its system id, seed and home."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from math import inf
from pathlib import Path
from types import TracebackType
from typing import overload

import numpy as np
import numpy.typing as npt

from autopilot.context.journal import Journal, NoJournal
from autopilot.interface import report as R
from mavlink_bridge.links.radio.model import RadioLink
from mavlink_bridge.links.radio.profile import Profile
from mavlink_bridge.services.system.signing import SigningService
from sitl.vehicles.separation import Approach
from sortie.api.begin import Home, checked_seed, raise_error, several, simulated_kind, standing_at
from sortie.api.session import Session
from sortie.api.watch import Passes
from sortie.assembly.fleet import build_fleet, on_terrain
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, StoredValues
from sortie.config.errors import UserError
from sortie.config.fleet_file import Layout, counted_fleet, read_fleet
from sortie.config.formation import LARGEST_SYSTEM, SPACING_M
from sortie.config.link_policy import check_links
from sortie.config.links_of_fleet import FleetLink, own_links, spread_links
from sortie.config.radio import radio_of
from sortie.config.vehicle_spec import VehicleSpec
from sortie.logs.recorder import FlightRecorder, keep_flights, record_flights
from sortie.logs.run_log import LOGGER
from sortie.nodes.company import Company
from sortie.nodes.fleet import FleetNode
from sortie.nodes.modem import open_through_radio, radio_between
from sortie.nodes.vehicle import Service
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always
from sortie.storage.rows import StoredState
from sortie.storage.signing_keys import open_keys, sign_links
from sortie.storage.store import Store

__tracebackhide__ = True  # as in `session`
Floats = npt.NDArray[np.float64]


class Fleet(Sequence[Session]):
    """`count` vehicles, or those of `file` (TOML, as --fleet has it); a context manager.

    `vehicle`: the kind of all, "sim:copter" or another simulated one. `formation`, `spacing` (m): how they stand around
    `home`, as --formation has it. `seed`: theirs are made of it and the system id. `sysid`: the first system id; more
    than 250 vehicles have the same ids again, on radio networks of their own (`networks`; None: as many as are
    needed). `radio`: on all links, as --radio has it; None: none. A link of all has one modem on the ground, 100 m
    away; one of a single vehicle is as far as it is, and a radio that the file gives it goes before this. The rest as
    for `Session`; `links` are shared by all, patterns ({5760+10*n}) are links of each. Raises UserError, with one line
    that says what is wrong. Not for several threads."""

    def __init__(
        self,
        count: int | None = None,
        *,
        file: Path | str | None = None,
        vehicle: str = "sim:copter",
        formation: str = "grid",
        spacing: float = SPACING_M,
        home: Home | None = None,
        seed: int = 0,
        sysid: int = 1,
        networks: int | None = None,
        params: Mapping[str, float] | None = None,
        faults: Iterable[str] = (),
        state_dir: Path | str | None = None,
        log_dir: Path | str | None = None,
        links: Iterable[str] = (),
        insecure: bool = False,
        signing_key: Path | str | bytes | None = None,
        radio: str | Profile | None = None,
        terrain: Path | str | None = None,
        firmware: str = "ardupilot",
    ) -> None:
        self._stack = ExitStack()
        self._seed, self._shared_links = seed, 0
        self.runtime = Runtime()
        self._time = Passes(self.runtime)
        try:
            self._radio = radio_of(radio)
            base = VehicleSpec(
                simulated_kind(vehicle, "a fleet"), sysid, *standing_at(home), checked_seed(seed),
                param=tuple(f"{name}={value!r}" for name, value in (params or {}).items()),
                fault=several(faults, "faults"), radio=self._radio,
                terrain=None if terrain is None else Path(terrain), firmware=firmware,
            )  # fmt: skip
            layout = Layout(formation, spacing)
            self.vehicles, self._ground = on_terrain(
                _vehicles(count, None if file is None else Path(file), base, layout, networks)
            )
            self._store = None if state_dir is None else Store(Path(state_dir))
            if self._store is not None:
                self._stack.callback(self._store.close)
            self._keys, self._key, warnings = open_keys(
                self._store, Path(signing_key) if isinstance(signing_key, str) else signing_key
            )
            for warning in warnings:
                LOGGER.warning("%s", warning)
            self._build()
            if log_dir is not None:
                self._log_to(Path(log_dir))
            for link in (*spread_links(several(links, "links"), self.vehicles), *own_links(self.vehicles)):
                self._open(link, insecure)
        except UserError as error:
            self.close()
            raise UserError(error.worded(error.option)) from error
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        self.node = build_fleet(
            self.vehicles,
            self._keep,
            epoch_us=VIRTUAL_EPOCH_US,
            on_error=raise_error,
            warn=LOGGER.warning,
            ground=self._ground,
        )
        self.node.load()
        self.runtime.set_speedup(0.0, always)
        self.runtime.add_vehicle(self.node)
        self.node.between = self.runtime.breathe
        self.node.has_time = self.runtime.share.has_time
        self._stack.callback(self.runtime.close)
        for service in self.node.services:
            self._stack.callback(service.close)
        self._sessions = [
            Session.of_fleet(
                self,
                service,
                one,
                partial(self.node.touch, one.number),
                self.node.own_links(one.number),
                one.radio,
            )
            for service, one in zip(self.node.services, self.vehicles, strict=True)
        ]
        self.company = Company(self.node, [one.home for one in self.vehicles])
        if self._store is not None:
            for service in self.node.services:
                service.wait_for_disk = self._store.wait

    def _keep(self, vehicle: VehicleSpec) -> tuple[Journal, StoredValues]:
        if self._store is None:
            return NoJournal(), StoredState()
        own = self._store.of(vehicle.label)
        return own, own.stored

    def signing(self, service: Service) -> SigningService:
        """Each vehicle signs for itself, with the key of all."""
        return sign_links(service.endpoint, self._keys, self._key)

    def _log_to(self, directory: Path) -> None:
        recorders: list[FlightRecorder] = []
        for service, one in zip(self.node.services, self.vehicles, strict=True):
            recorder = record_flights(service, directory / one.label)
            recorders.append(recorder)
            self._stack.callback(_finish, recorder, self.node)
        self.runtime.keeping.add(lambda: keep_flights(recorders))

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End logs, store and sockets. A second time does nothing."""
        self._stack.close()

    # --- the vehicles ---------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        return len(self._sessions)

    @overload
    def __getitem__(self, index: int) -> Session: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Session]: ...

    def __getitem__(self, index: int | slice) -> Session | Sequence[Session]:
        return self._sessions[index]

    def by_sysid(self, sysid: int) -> Session:
        """The vehicle with this system id (the first, where several networks have it); KeyError for nobody's."""
        for session, service in zip(self._sessions, self.node.services, strict=True):
            if service.endpoint.system_id == sysid:
                return session
        raise KeyError(sysid)

    # --- numbers of all -------------------------------------------------------------------------------------------
    @property
    def positions(self) -> Floats:
        """(n, 3): NED m of each from where it was switched on, as `Session.state.position`. Where all are of one kind
        this and the arrays below are views, which move with time; read-only."""
        return self.node.columns(R.NORTH, 3)

    @property
    def places(self) -> Floats:
        """(n, 3): latitude and longitude in degrees, altitude in m AMSL."""
        return self.node.columns(R.LAT, 3)

    @property
    def velocities(self) -> Floats:
        """(n, 3): NED m/s."""
        return self.node.columns(R.VN, 3)

    @property
    def batteries(self) -> Floats:
        """(n,): what is left of each battery, 0 to 1."""
        return self.node.columns(R.BATT_FRACTION, 1)[:, 0]

    @property
    def closest(self) -> Approach | None:
        """The closest that two came while one of them was under way: their numbers, m, vehicle time in ms."""
        return self.company.closest

    @property
    def approaches(self) -> Sequence[Approach]:
        """Every approach of two below 20 m that is over."""
        return tuple(self.company.approaches)

    @property
    def failures(self) -> Mapping[int, Exception]:
        """What autopilots have raised, by the vehicle's number: it comes down alone, the others fly on."""
        return {number: stranded.error for number, stranded in self.node.stranded.items()}

    # --- links ----------------------------------------------------------------------------------------------------
    def add_link(self, url: str, *, insecure: bool = False) -> None:
        """Open a socket or serial link that all vehicles are on (of a network where there are several: {m} counts
        them), or with a pattern ({5760+10*n}) one for each. Else as `Session.add_link`."""
        for link in spread_links([url], self.vehicles):
            self._open(link, insecure)

    def _open(self, link: FleetLink, insecure: bool) -> None:
        for warning in check_links([link.url], signed=self._key is not None, insecure=insecure):
            LOGGER.warning("%s", warning)
        if link.vehicle is not None:
            self._open_own(link.url, self.vehicles[link.vehicle])
        elif self._radio is None:
            self.runtime.open(self.node.networks[link.network], link.url)
        else:
            self._shared_links += 1
            radio = RadioLink(self._radio, self._seed + self._shared_links)
            open_through_radio(self.runtime, self.node, self.node.networks[link.network], link.url, radio)

    def _open_own(self, url: str, one: VehicleSpec) -> None:
        """A link that only this vehicle is on."""
        network, profile = self.node.own_network(one.number), one.radio
        if profile is None:
            self.runtime.open(network, url)
            return
        radio = radio_between(profile, one.seed, one.home, self.node.services[one.number].vehicle)
        open_through_radio(self.runtime, self.node, network, url, radio)

    # --- time -----------------------------------------------------------------------------------------------------
    @property
    def time_s(self) -> float:
        """Vehicle time since boot, the same for all."""
        return self.runtime.now_ms / 1000.0

    def run_for(self, seconds: float) -> None:
        """Let `seconds` of vehicle time pass (rounded up to a tick of 20 ms)."""
        for _ in self._time.run(seconds):
            pass

    def run_until(self, condition: Callable[[Fleet], bool], timeout_s: float = 600.0, every_s: float = 0.1) -> None:
        """Let time pass until `condition(self)`, asked at least every `every_s` of vehicle time. Raises TimeoutError
        after `timeout_s` of vehicle time."""
        for _ in self._time.run(timeout_s, every_ms=round(every_s * 1000.0)):
            if condition(self):
                return
        if not condition(self):
            raise TimeoutError(f"the condition did not come within {timeout_s:g} s")

    def serve(self, seconds: float | None = None, *, speedup: float = 1.0) -> None:
        """As `Session.serve`, for all."""
        self._time.serve(seconds, speedup)

    def wait_armable(self, timeout_s: float = 60.0) -> None:
        """Let time pass until all can be armed; TimeoutError names the first that cannot."""
        waiting = list(self.node.services)

        def all_ready(_: Fleet) -> bool:
            while waiting and waiting[-1].autopilot.prearm.ok:
                waiting.pop()
            return not waiting

        try:
            self.run_until(all_ready, timeout_s)
        except TimeoutError as error:
            raise TimeoutError(
                f"vehicle {waiting[-1].endpoint.system_id} is not armable after {timeout_s:g} s"
            ) from error


def _vehicles(
    count: int | None, file: Path | None, base: VehicleSpec, layout: Layout, networks: int | None
) -> list[VehicleSpec]:
    if file is not None:
        if count is not None:
            raise UserError("count: the file says how many there are; leave one of the two out")
        return read_fleet(file, base, layout)
    count, first = 1 if count is None else count, 1 if base.system is None else base.system
    if count < 1:
        raise UserError(f"count {count}: a fleet has at least one vehicle")
    if networks is not None and networks < 1:
        raise UserError(f"networks {networks}: vehicles are on one at least")
    if not 1 <= first <= LARGEST_SYSTEM:
        raise UserError(f"sysid {first}: expected a whole number from 1 to {LARGEST_SYSTEM}")
    if not 0.0 < layout.spacing_m < inf:
        raise UserError(f"spacing {layout.spacing_m:g}: expected a number above 0")
    room = LARGEST_SYSTEM - first + 1
    return counted_fleet(count, base, layout, -(-count // room) if networks is None else networks)


def _finish(recorder: FlightRecorder, node: FleetNode) -> None:
    recorder.finish(node.now_ms)  # where all stand; a vehicle's own time is that of its last pass
