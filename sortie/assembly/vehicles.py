"""Assembly of all vehicles of a run: services with store, keys, logs and links, and the node for the runtime.

A single vehicle is a node by itself, which is cheaper than a fleet of one with arrays of one row. Everything else is
the same for one vehicle and for a thousand.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from autopilot.context.journal import Journal, NoJournal
from autopilot.parameters.parameters import Parameters
from autopilot.safety.proximity import SIMULATED
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.services.system.signing import SigningService
from sortie.assembly.vehicle import PlacedVehicle, Surroundings, build_service
from sortie.config.formation import OWN_SYSTEM
from sortie.config.parameters import without_set
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.recorder import FlightRecorder, keep_flights, record_flights
from sortie.nodes.vehicle import VehicleService
from sortie.storage.rows import StoredState

if TYPE_CHECKING:
    from mavlink_bridge.links.radio.profile import RadioProfile
    from sitl.vehicles.rows import MachineRows
    from sitl.vehicles.simulated import SimulatedMachine
    from sortie.assembly.firmwares import Firmwares
    from sortie.config.links_of_fleet import FleetLink
    from sortie.nodes.company import Company
    from sortie.nodes.fleet import FleetNode
    from sortie.nodes.obstacle_watch import ObstacleWatch


def _equipment(machine: SimulatedMachine) -> dict[str, float]:
    """Return the default parameters of a vehicle with these sensors, which switch them on."""
    found = {} if machine.receiver is None else {"ADSB_TYPE": 1.0}
    return found if machine.scanner is None else found | {"PRX1_TYPE": float(SIMULATED)}


class Ends(Protocol):
    """Vehicle's side of links: a `VehicleService`, or a member of a fleet."""

    @property
    def endpoint(self) -> LinkOwner: ...


class ServiceMaker(Protocol):
    """Function that makes the service of a vehicle that is not simulated."""

    def __call__(self, journal: Journal, stored: StoredState, given: Mapping[str, float]) -> VehicleService: ...


class Vehicles:
    """All vehicles of a run. `services`, `signing` and `members` are in the order of `specs`. `fleet`: their node if
    they are a fleet, with `company` for distances. `make`: makes the service of a single vehicle. `firmwares`: those
    that fly some vehicles, or None."""

    def __init__(
        self, standing: Sequence[PlacedVehicle], surroundings: Surroundings, make: ServiceMaker | None = None
    ) -> None:
        self.specs = [stand.spec for stand in standing]
        self._surroundings = surroundings
        self._make = make
        self.fleet: FleetNode | None = None
        self.company: Company | None = None
        self.recorders: list[FlightRecorder] = []
        self.watches: list[ObstacleWatch] = []
        alone = self.specs[0].alone
        rows = [] if alone else _rows(standing)  # before services keep report vectors of the machines
        self.firmwares: Firmwares | None = None
        if any(stand.spec.flown_by is not None for stand in standing):
            from sortie.assembly.firmwares import Firmwares  # for who has such firmwares

            self.firmwares = Firmwares(standing, surroundings)
        kept = [self._kept_of(spec) for spec in self.specs]  # first: reading would wait for what a service stores
        self.services = [self._service(number, stand, *kept[number]) for number, stand in enumerate(standing)]
        self.node: VehicleService | FleetNode = self.services[0] if alone else self._join(rows)
        self.signing = [surroundings.keys.sign(service.endpoint) for service in self.services]
        surroundings.runtime.add_vehicle(self.node)
        if self.firmwares is not None:
            self.firmwares.join(self.fleet)
        for service in self.services:
            surroundings.stack.callback(self._close, service)
        self.members = [FleetMember(self, number) for number in range(len(self.services))]

    def _close(self, service: VehicleService) -> None:
        """End a service; after a signal it does not wait for all pictures."""
        service.close(hurried=self._surroundings.runtime.signals.number is not None)

    def _service(self, number: int, standing: PlacedVehicle, journal: Journal, stored: StoredState) -> VehicleService:
        around, spec = self._surroundings, standing.spec
        given = without_set(standing.given, stored.parameters, spec.kind, spec.label)
        if not spec.alone and spec.system is not None:
            given[OWN_SYSTEM] = float(spec.system)  # whatever is stored: other vehicles have the other ids
        defaults = {**around.defaults, **_equipment(standing.machine)}
        given = {name: value for name, value in defaults.items() if name not in stored.parameters} | given
        if self._make is not None:
            return self._make(journal, stored, given)
        if self.firmwares is not None and spec.flown_by is not None:
            service = self.firmwares.companion(number, journal, stored, given).service
        else:
            service = build_service(
                spec,
                standing.machine,
                journal,
                stored,
                given,
                epoch_us=around.epoch_us,
                on_error=around.on_error,
                faults=standing.faults,
                ground=around.ground,
            )
        if standing.machine.scanner is not None:
            from sortie.nodes.obstacle_watch import ObstacleWatch  # for those who have obstacles

            self.watches.append(ObstacleWatch(service, standing.machine, standing.machine.scanner, self.specs[0].home))
        return service

    def _kept_of(self, spec: VehicleSpec) -> tuple[Journal, StoredState]:
        store = self._surroundings.store
        if store is None:
            return NoJournal(), StoredState()
        if spec.alone:
            return store, store.stored
        own = store.of(spec.label)
        return own, own.stored

    def _join(self, rows: Sequence[MachineRows]) -> FleetNode:
        from sortie.nodes.company import Company  # a vehicle that is alone does without
        from sortie.nodes.fleet import FleetNode

        networks: dict[int, list[int]] = {}
        for number, spec in enumerate(self.specs):
            networks.setdefault(spec.network, []).append(number)
        for members in networks.values():
            _keep_apart([self.services[member].parameters for member in members])
        theirs = () if self.firmwares is None else (self.firmwares.rows(),)
        runtime = self._surroundings.runtime
        self.fleet = fleet = FleetNode(
            self.services,
            (*rows, *theirs),
            networks=[members for _, members in sorted(networks.items())],
            between=runtime.breathe,
            has_time=runtime.share.has_time,
        )
        self.company = Company(fleet, [spec.home for spec in self.specs])
        return fleet

    def log_to(self, directory: Path, *, telemetry: bool = True) -> None:
        """Log the flights of each vehicle; for a fleet in a folder for each label, with a log of approaches
        (`record_flights`)."""
        around = self._surroundings
        self.recorders = [
            record_flights(service, directory / spec.label, telemetry=telemetry, name=spec.label)
            for service, spec in zip(self.services, self.specs, strict=True)
        ]
        around.runtime.keeping.add(lambda: keep_flights(self.recorders))
        around.stack.callback(self.finish_flights)
        if self.company is not None:
            from sortie.logs.separation_log import SeparationLog  # with what fleets have

            self.company.log_to(SeparationLog(directory, [spec.label for spec in self.specs]))
            around.stack.callback(self.company.finish)

    def finish_flights(self) -> None:
        for recorder in self.recorders:
            recorder.finish(self.node.now_ms)  # the time of all; a vehicle's own time is that of its last pass

    def open(self, link: FleetLink, radio: RadioProfile | None, seed: int) -> str:
        """Open a socket or serial link and return its address. `radio`: on the link; the ground modem of a shared link
        is 100 m away, otherwise as far as the vehicle. UserError when it cannot be opened."""
        if self.fleet is None:
            return self.members[0].open(link.url, radio, seed)
        if link.vehicle is not None:
            own = self.fleet.own_network(link.vehicle)
            return self.members[link.vehicle].open(link.url, radio, seed, own)
        network = self.fleet.networks[link.network]
        if radio is None:
            return self._surroundings.runtime.open(network, link.url)
        from mavlink_bridge.links.radio.model import RadioLink  # for those who have a radio
        from sortie.nodes.modem import open_through_radio

        modems = RadioLink(radio, seed)
        return open_through_radio(self._surroundings.runtime, self.fleet, network, link.url, modems)


class FleetMember:
    """Member of `Vehicles`, with the interface of a single vehicle. `ends`: its side of links of its own."""

    def __init__(self, vehicles: Vehicles, number: int) -> None:
        self.spec = vehicles.specs[number]
        self.signing: SigningService = vehicles.signing[number]
        self.runtime = vehicles._surroundings.runtime
        self.node = vehicles.node
        self.quiet = vehicles.services[number]
        """Service for reading only: in a fleet its state is that of its last pass."""
        self._touch: Callable[[], None] | None = None
        self.ends: Ends = self.quiet
        if vehicles.fleet is not None:
            self._touch = partial(vehicles.fleet.touch, number)
            self.ends = vehicles.fleet.own_links(number)

    @property
    def service(self) -> VehicleService:
        """Vehicle with its services. A member of a fleet is brought to the current time and may then be changed."""
        if self._touch is not None:
            self._touch()
        return self.quiet

    def open(self, url: str, radio: RadioProfile | None, seed: int, owner: LinkOwner | None = None) -> str:
        """Open a link of this vehicle only and return its address; a radio has the vehicle's distance. `owner`: owner
        of the link; None: `ends`."""
        endpoint = self.ends.endpoint if owner is None else owner
        if radio is None:
            return self.runtime.open(endpoint, url)
        from sortie.nodes.modem import open_through_radio, radio_between  # for those who have a radio

        modems = radio_between(radio, seed, self.spec.home, self.quiet.vehicle)
        return open_through_radio(self.runtime, self.node, endpoint, url, modems)


def _keep_apart(vehicles: Sequence[Parameters]) -> None:
    """Keep the system ids of a radio network's vehicles distinct."""

    def objection(own: Parameters, name: str, value: float) -> str | None:
        if name != OWN_SYSTEM or all(other is own or other[OWN_SYSTEM] != value for other in vehicles):
            return None
        return f"System id {value:g} is another vehicle's on this network"

    for own in vehicles:
        own.objections.append(partial(objection, own))


def _rows(standing: Iterable[PlacedVehicle]) -> list[MachineRows]:
    """Put the simulated machines of each kind into rows."""
    from sitl.vehicles.rows import MachineRows  # a vehicle that is alone does without

    kinds: dict[str, list[SimulatedMachine]] = {}
    for stand in standing:
        if stand.spec.flown_by is None:
            kinds.setdefault(stand.spec.kind, []).append(stand.machine)
    return [MachineRows(group) for group in kinds.values()]


@contextmanager
def without_collector() -> Iterator[None]:
    """Switch the garbage collector off in this context: everything made in it stays, and the collector would take two
    thirds of the time to make a fleet."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
