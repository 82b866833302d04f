"""Fleet in a Python program: `with Fleet(20) as fleet: ...` is a sequence of `Session` objects with one clock.

Time, sockets and determinism are as for `Session`. Vehicle k behaves byte for byte as a session with its system id,
seed and home.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from autopilot.interface import report as R
from mavlink_bridge.links.radio.profile import RadioProfile
from sitl.vehicles.separation import Approach
from sortie.api.begin import ClosedOnError, Home, assembled, several, spec_of
from sortie.api.session import Session
from sortie.api.watch import PassingTime
from sortie.config.errors import UserError
from sortie.config.fleet_file import Layout, counted_fleet, read_fleet
from sortie.config.formation import LARGEST_SYSTEM, SPACING_M
from sortie.config.link_policy import check_links
from sortie.config.links_of_fleet import FleetLink, own_links, spread_links
from sortie.config.radio import radio_of
from sortie.config.traffic import TrafficPlan
from sortie.config.vehicle_spec import VehicleSpec
from sortie.logs.run_log import LOGGER

__tracebackhide__ = True  # as in `session`
Floats = npt.NDArray[np.float64]


class Fleet(Sequence[Session]):
    """`count` vehicles, or those of `file` (TOML, as for --fleet), or a list of specs; a context manager.

    `vehicle`: the kind of all, for example "sim:copter". `formation`, `spacing` (m): their places around `home`, as for
    --formation. `seed`: the seed of each is made of it and the system id. `sysid`: the first system id. Above 250
    vehicles, ids repeat on separate radio networks (`networks`; None: as many as needed). `radio`: on all links, as for
    --radio; None: none. A shared link has one modem on the ground, 100 m away; the link of one vehicle has the
    vehicle's distance, and a radio of the file takes precedence. Other arguments are as for `Session`; `links` are
    shared, patterns ({5760+10*n}) give each vehicle its own. Raises UserError in one line. Not for several threads.
    """

    def __init__(
        self,
        count: int | Sequence[VehicleSpec] | None = None,
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
        radio: str | RadioProfile | None = None,
        terrain: Path | str | None = None,
        traffic: Path | str | TrafficPlan | None = None,
        obstacles: Path | str | None = None,
        firmware: str = "ardupilot",
    ) -> None:
        self._stack = ExitStack()
        self._seed, self._shared_links = seed, 0
        with ClosedOnError(self.close):
            self._radio = radio_of(radio)
            if count is None or isinstance(count, int):
                base = spec_of(
                    vehicle,
                    "a fleet",
                    home=home,
                    seed=seed,
                    params=params,
                    faults=faults,
                    radio=self._radio,
                    terrain=terrain,
                    traffic=traffic,
                    obstacles=obstacles,
                    firmware=firmware,
                    sysid=sysid,
                )
                layout = Layout(formation, spacing)
                count = _specs(count, None if file is None else Path(file), base, layout, networks)
            if any(spec.system is None for spec in count):
                raise UserError("specs: a vehicle of a fleet has a system id; give each its own")
            if not count or len({(spec.network, spec.system) for spec in count}) < len(count):
                raise UserError("specs: expected at least one vehicle, each with its own system id on its network")
            many = len({spec.network for spec in count}) > 1
            specs = [
                replace(spec, alone=False, number=number, several_networks=spec.several_networks or many)
                for number, spec in enumerate(count)
            ]
            self._assembly = assembled(
                specs, self._stack, state_dir=state_dir, log_dir=log_dir, signing_key=signing_key
            )
            self._join()
            for link in (*spread_links(several(links, "links"), self.vehicles), *own_links(self.vehicles)):
                self._open(link, insecure)

    def _join(self) -> None:
        """Set up what all vehicles share."""
        assert self._assembly.fleet is not None and self._assembly.company is not None
        self.node, self.company = self._assembly.fleet, self._assembly.company
        self.vehicles = self._assembly.specs
        self.node.load()
        self._sessions = [Session(member) for member in self._assembly.members]
        self.runtime = self._assembly.members[0].runtime
        self._time = PassingTime(self.runtime)

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close logs, store and sockets. Closing again does nothing."""
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
        """Return the vehicle with this system id (the first of several networks). KeyError if there is none."""
        for session, service in zip(self._sessions, self.node.services, strict=True):
            if service.endpoint.system_id == sysid:
                return session
        raise KeyError(sysid)

    # --- numbers of all -------------------------------------------------------------------------------------------
    @property
    def positions(self) -> Floats:
        """NED position of each from where it was switched on, m, (n, 3). If all are of one kind, this and the arrays
        below are read-only views that change with time."""
        return self.node.columns(R.NORTH, 3)

    @property
    def places(self) -> Floats:
        """Latitude and longitude (degrees) and altitude (m AMSL), (n, 3)."""
        return self.node.columns(R.LAT, 3)

    @property
    def velocities(self) -> Floats:
        """NED velocity, m/s, (n, 3)."""
        return self.node.columns(R.VN, 3)

    @property
    def batteries(self) -> Floats:
        """Remaining battery charge, 0 to 1, (n,)."""
        return self.node.columns(R.BATT_FRACTION, 1)[:, 0]

    @property
    def closest(self) -> Approach | None:
        """Closest approach of two vehicles while one of them was moving: their numbers, m, vehicle time in ms."""
        return self.company.closest

    @property
    def approaches(self) -> Sequence[Approach]:
        """Finished approaches below 20 m, the last 10,000 at the most."""
        return tuple(self.company.approaches)

    @property
    def failures(self) -> Mapping[int, Exception]:
        """Exceptions of autopilots, by vehicle number. Such a vehicle comes down by itself; the others fly on."""
        return {number: stranded.error for number, stranded in self.node.stranded.items()}

    # --- links ----------------------------------------------------------------------------------------------------
    def add_link(self, url: str, *, insecure: bool = False) -> None:
        """Open a socket or serial link for all vehicles (of each network: {m} is its number), or with a pattern
        ({5760+10*n}) one for each vehicle. Otherwise as `Session.add_link`."""
        for link in spread_links([url], self.vehicles):
            self._open(link, insecure)

    def _open(self, link: FleetLink, insecure: bool) -> None:
        signed = self._assembly.signing[0].signing is not None
        for warning in check_links([link.url], signed=signed, insecure=insecure, in_python=True):
            LOGGER.warning("%s", warning)
        if link.vehicle is not None:
            spec = self.vehicles[link.vehicle]
            self._assembly.open(link, spec.radio, spec.seed)
            return
        self._shared_links += self._radio is not None
        self._assembly.open(link, self._radio, self._seed + self._shared_links)

    # --- time -----------------------------------------------------------------------------------------------------
    @property
    def time_s(self) -> float:
        """Vehicle time since boot, s; the same for all."""
        return self.runtime.now_ms / 1000.0

    def run_for(self, seconds: float) -> None:
        """Let `seconds` of vehicle time pass (rounded up to a tick of 20 ms)."""
        for _ in self._time.run(seconds):
            pass

    def run_until(self, condition: Callable[[Fleet], bool], timeout_s: float = 600.0, every_s: float = 0.1) -> None:
        """Let time pass until `condition(self)`, called at least every `every_s` of vehicle time. TimeoutError after
        `timeout_s` of vehicle time."""
        for _ in self._time.run(timeout_s, every_ms=round(every_s * 1000.0)):
            if condition(self):
                return
        if not condition(self):
            raise TimeoutError(f"the condition was not true within {timeout_s:g} s")

    def serve(self, seconds: float | None = None, *, speedup: float = 1.0) -> None:
        """Serve all vehicles as `Session.serve` does."""
        self._time.serve(seconds, speedup)

    def wait_armable(self, timeout_s: float = 60.0) -> None:
        """Let time pass until all vehicles can be armed. TimeoutError names the first that cannot."""
        waiting = list(self.node.services)

        def all_ready(_: Fleet) -> bool:
            while waiting and waiting[-1].autopilot.prearm.ok:
                waiting.pop()
            return not waiting

        try:
            self.run_until(all_ready, timeout_s)
        except TimeoutError as error:
            first = waiting[-1]
            reasons = ", ".join(reason.text for reason in first.autopilot.prearm.reasons())
            raise TimeoutError(
                f"vehicle {first.endpoint.system_id} is not armable after {timeout_s:g} s: {reasons}"
            ) from error


def _specs(
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
    return counted_fleet(count, base, layout, networks)
