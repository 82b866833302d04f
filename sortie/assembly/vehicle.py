"""Assembly of one vehicle from its spec: the machine on its ground, checked parameters and faults, autopilot and
MAVLink face."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autopilot.context.journal import Journal
from autopilot.core.autopilot import Autopilot
from autopilot.flight.faults import FAIL, HANG
from autopilot.flight.faults import FAULT_NAMES as FLIGHT_FAULTS
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.records import dataclass, field
from autopilot.interface.terrain import HeightMap
from autopilot.interface.vehicle import SimulatedVehicle
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.identity import Identity
from sortie.config.errors import UserError
from sortie.config.faults import Fault, parse_fault
from sortie.config.formation import OWN_SYSTEM
from sortie.config.installed import install, parameter_set
from sortie.config.parameters import given_parameters, refuse_changes, spoken_as
from sortie.config.values import VehicleSource
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.fault_plan import LINK_FAULTS
from sortie.nodes.simulated_face import simulated_face
from sortie.nodes.vehicle import VehicleService

if TYPE_CHECKING:
    from sitl.vehicles.simulated import SimulatedMachine
    from sitl.world.obstacles import Obstacles
    from sitl.world.world import SkyAndGround
    from sortie.runtime.runtime import Runtime
    from sortie.storage.rows import StoredState
    from sortie.storage.signing_keys import SigningKeys
    from sortie.storage.store import Store

_MIDDLE_M = 0.1  # above the ground

# UTC at vehicle time 0 when vehicle time is not real time, us since 1970. Fixed, so that the same seed writes the same
# bytes.
VIRTUAL_EPOCH_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Surroundings of vehicles.

    `stack` ends what is made. `store`: for their state; None: not stored. `epoch_us`: UTC, us since 1970, at vehicle
    time 0. `on_error` reports exceptions of services. `folder`: for files of firmwares; None: deleted at the end.
    `ground`: the terrain. `defaults`: parameters used where neither a person nor the stored state has a value.
    """

    runtime: Runtime
    stack: ExitStack
    store: Store | None
    keys: SigningKeys
    epoch_us: int
    on_error: Callable[[Exception, str], None]
    folder: Path | None
    ground: HeightMap | None = None
    defaults: Mapping[str, float] = field(default_factory=dict)


def make_vehicle(
    kind: str, home: GeoPoint, heading_deg: float, seed: int, ground: HeightMap | None = None
) -> SimulatedMachine:
    """Make the simulator of a kind of vehicle at `home`; on `ground`, if given, whatever the height of `home`."""
    from sitl.vehicles.kinds import make_simulated  # numpy and the library: not for who only checks words

    return make_simulated(kind, home, heading_deg, seed, ground)


def _flown_body(spec: VehicleSpec, source: VehicleSource, ground: HeightMap | None) -> SimulatedMachine:
    """Make the body that a firmware flies. UserError for a kind that this firmware does not fly here."""
    from sitl.vehicles.kinds import make_simulated
    from sitl.ways_in import WAYS

    way = WAYS[source.kind]
    if spec.kind not in way.steps:
        raise UserError(f"no {spec.kind} of {way.name} flies in Sortie's simulator; use {' or '.join(way.steps)}")
    return make_simulated(spec.kind, spec.home, spec.heading_deg, spec.seed, ground, steps=way.steps[spec.kind])


def terrain_around(path: Path | None, homes: Sequence[GeoPoint]) -> HeightMap | None:
    """Read --terrain around the vehicles; None: not given. UserError as for `sortie.reading.terrain.read_ground`."""
    if path is None:
        return None
    from sortie.reading.terrain import read_ground

    return read_ground(path, homes)


def grounded(home: GeoPoint, ground: HeightMap | None) -> GeoPoint:
    """Return `home` at the height of the ground."""
    if ground is None:
        return home
    from sitl.vehicles.kinds import on_ground

    return on_ground(home, ground)


def simulated_name(kind: str, seed: int) -> str:
    """Return a stable name for a simulated vehicle, like a board's serial number. It depends on kind and seed only, so
    that logs are equal byte for byte."""
    return f"simulated {kind} {seed}"


def parse_faults(entries: Iterable[str], names: Iterable[str]) -> list[Fault]:
    """Parse and check all `--fault` options; `names` are the known faults."""
    known = [*names, *LINK_FAULTS, *FLIGHT_FAULTS]
    faults = [parse_fault(entry, known) for entry in entries]
    for fault in faults:
        fault.window_ms()
        if fault.name not in FLIGHT_FAULTS:
            fault.number()
        elif fault.value not in (None, FAIL, HANG):
            raise UserError(f"'{fault.value}' is not fail or hang", option="fault", given=str(fault))
    return faults


@dataclass(frozen=True, slots=True)
class PlacedVehicle:
    """Checked vehicle at its place, before it has services. `spec.home` is on its ground. `given`: parameters of the
    user."""

    spec: VehicleSpec
    machine: SimulatedMachine
    given: dict[str, float]
    faults: Sequence[Fault]


def stand(specs: Sequence[VehicleSpec], warn: Callable[[str], None]) -> tuple[list[PlacedVehicle], HeightMap | None]:
    """Place vehicles on their common ground (None: flat). UserError for a parameter or fault that one of them does not
    have."""
    ground = terrain_around(specs[0].terrain, [spec.home for spec in specs])
    specs = [replace(spec, home=grounded(spec.home, ground)) for spec in specs]
    world = _world_of(specs[0])
    if world is not None and world.obstacles is not None:
        for spec in specs:
            _check_stand(spec, world.obstacles, specs[0].home)
    return [_standing(spec, ground, world, warn) for spec in specs], ground


def _check_stand(spec: VehicleSpec, obstacles: Obstacles, origin: GeoPoint) -> None:
    """Raise UserError for a vehicle that would start inside an obstacle."""
    north, east, _ = to_local(origin, spec.home.lat, spec.home.lon, origin.alt)
    away, shape = obstacles.nearest((north, east, -_MIDDLE_M), within_m=0.0)
    if shape is not None and away < 0.0:
        who = f"vehicle {spec.label}" if spec.label else "the vehicle"
        raise UserError(f"{who} stands inside {shape.name}; move that, or its home", option="obstacles")


def _world_of(spec: VehicleSpec) -> SkyAndGround | None:
    """Return the world of a run with this first vehicle; None: empty. UserError for an invalid file."""
    if spec.traffic is None and spec.obstacles is None:
        return None
    from sitl.world.world import SkyAndGround  # for those who are not alone

    world = SkyAndGround(spec.home)
    if spec.traffic is not None:
        from sortie.config.traffic import read_traffic

        traffic = read_traffic(spec.traffic) if isinstance(spec.traffic, Path) else spec.traffic
        world.sky, world.receiver, world.encounters = traffic.sky(spec.home), traffic.receiver, traffic.encounters
    if spec.obstacles is not None:
        from sortie.config.obstacles import read_obstacles

        obstacles = spec.obstacles
        world.obstacles = read_obstacles(obstacles, spec.home) if isinstance(obstacles, Path) else obstacles
    return world


def _standing(
    spec: VehicleSpec, ground: HeightMap | None, world: SkyAndGround | None, warn: Callable[[str], None]
) -> PlacedVehicle:
    if spec.flown_by is not None:
        machine = _flown_body(spec, spec.flown_by, ground)
    else:
        machine = make_vehicle(spec.kind, spec.home, spec.heading_deg, spec.seed, ground)
    if world is not None:
        machine.enter(world, spec.seed)
    try:
        given, warnings = given_parameters(spec.param, spec.kind, spec.firmware, theirs=spec.flown_by is not None)
        faults = parse_faults(spec.fault, machine.fault_names())
    except UserError as error:
        raise (error.within(spec.source) if spec.source else error) from None
    for warning in warnings:
        warn(f"vehicle {spec.label}: {warning}" if spec.label else warning)
    if spec.alone and spec.system is not None:
        given[OWN_SYSTEM] = float(spec.system)
    return PlacedVehicle(spec, machine, given, faults)


def build_service(
    spec: VehicleSpec,
    vehicle: SimulatedVehicle,
    journal: Journal,
    stored: StoredState,
    given: Mapping[str, float],
    *,
    epoch_us: int,
    on_error: Callable[[Exception, str], None],
    faults: Iterable[Fault] = (),
    ground: HeightMap | None = None,
    name: str = "",
) -> VehicleService:
    """Make the service of `vehicle` by `spec`.

    `given` parameters take precedence over `stored` ones, and may use names of the presented firmware. `ground`:
    terrain that the autopilot knows. `epoch_us`: UTC, us since 1970, at vehicle time 0. `name`: a stable name, from
    which its uid is made; "": `simulated_name`.
    """
    known = parameter_set(spec.kind)
    speaks = spoken_as(spec.firmware, vehicle_class(spec.kind))
    of_core = {name: value for name, value in given.items() if name in known.by_name or name in known.aliases}
    initial = {**stored.parameters, **speaks.equipment({**stored.parameters, **given})}
    parameters = Parameters(known, initial, of_core)
    refuse_changes(parameters, spec.param)
    autopilot = Autopilot(spec.kind, vehicle, parameters, journal, stored, boot_unix_s=epoch_us / 1e6, ground=ground)
    autopilot.statistics.switched_on()
    install(autopilot, on_error)
    identity = Identity(
        spec.kind,
        name or simulated_name(spec.kind, spec.seed),
        serves_files=True,
        system=int(parameters[OWN_SYSTEM]),
        speaks=speaks,
        flies_shows=autopilot.facts.param("SRT_SHOW") != 0.0,
        has_terrain=autopilot.facts.terrain.known,
    )
    return VehicleService(
        vehicle,
        autopilot,
        parameters,
        journal,
        lambda service: simulated_face(service, identity, stored.parameters, given, stored.show),
        epoch_us=epoch_us,
        on_error=on_error,
        faults=faults,
        link_rates=speaks.link_rates,
    )
