"""The parts of a fleet, made and put together: machines in rows of their kind, services around them, one node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from autopilot.context.journal import Journal
from autopilot.interface.terrain import HeightMap
from autopilot.parameters.parameters import Parameters
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.rows import Rows
from sitl.vehicles.simulated import SimulatedMachine
from sortie.assembly.vehicle import (
    StoredValues,
    build_service,
    grounded,
    parse_faults,
    simulated_name,
    terrain_around,
)
from sortie.config.errors import UserError
from sortie.config.formation import OWN_SYSTEM
from sortie.config.parameters import given_parameters, without_set
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.fleet import FleetNode
from sortie.nodes.vehicle import Service

NO_DEFAULTS: Final[Mapping[str, float]] = MappingProxyType({})


class Keeper(Protocol):
    """Where the state of one vehicle is kept, and what was found there."""

    def __call__(self, vehicle: VehicleSpec) -> tuple[Journal, StoredValues]: ...


def on_terrain(vehicles: Sequence[VehicleSpec]) -> tuple[tuple[VehicleSpec, ...], HeightMap | None]:
    """The vehicles standing on their terrain, and this; it is one for all, if there is any."""
    ground = terrain_around(vehicles[0].terrain, [one.home for one in vehicles])
    return tuple(replace(one, home=grounded(one.home, ground)) for one in vehicles), ground


def build_fleet(
    vehicles: Sequence[VehicleSpec],
    keep: Keeper,
    *,
    epoch_us: int,
    on_error: Callable[[Exception, str], None],
    warn: Callable[[str], None],
    defaults: Mapping[str, float] = NO_DEFAULTS,
    ground: HeightMap | None = None,
) -> FleetNode:
    """The node of these vehicles. `defaults`: parameters of this run where neither a person nor the state has one.
    `ground`: on which all stand. UserError for a parameter or a fault that one of them does not know."""
    machines = [make_simulated(one.kind, one.home, one.heading_deg, one.seed, ground) for one in vehicles]
    rows = _rows(vehicles, machines)
    services = [
        _service(one, machine, keep, defaults, epoch_us, on_error, warn, ground)
        for one, machine in zip(vehicles, machines, strict=True)
    ]  # fmt: skip
    networks: dict[int, list[Parameters]] = {}
    for one, service in zip(vehicles, services, strict=True):
        networks.setdefault(one.network, []).append(service.parameters)
    for on_network in networks.values():
        _keep_apart(on_network)
    return FleetNode(services, rows, networks=1 + max(one.network for one in vehicles))


def _keep_apart(vehicles: Sequence[Parameters]) -> None:
    """Of the vehicles of a radio network, which have these, none may take another's system id."""

    def objection(own: Parameters, name: str, value: float) -> str | None:
        if name != OWN_SYSTEM or all(other is own or other[OWN_SYSTEM] != value for other in vehicles):
            return None
        return f"System id {value:g} is another vehicle's on this network"

    for own in vehicles:
        own.objection = partial(objection, own)


def _rows(vehicles: Sequence[VehicleSpec], machines: Sequence[SimulatedMachine]) -> list[Rows]:
    """One for each kind; before services keep the machines' report vectors."""
    kinds: dict[str, list[SimulatedMachine]] = {}
    for one, machine in zip(vehicles, machines, strict=True):
        kinds.setdefault(one.kind, []).append(machine)
    return [Rows(group) for group in kinds.values()]


def _service(
    one: VehicleSpec,
    machine: SimulatedMachine,
    keep: Keeper,
    defaults: Mapping[str, float],
    epoch_us: int,
    on_error: Callable[[Exception, str], None],
    warn: Callable[[str], None],
    ground: HeightMap | None,
) -> Service:
    try:
        given, warnings = given_parameters(one.param, one.kind, one.firmware)
        faults = parse_faults(one.fault, machine.fault_names())
    except UserError as error:
        raise (error.within(one.source) if one.source else error) from None
    for warning in warnings:
        warn(f"vehicle {one.label}: {warning}")
    journal, stored = keep(one)
    given = without_set(given, stored.parameters, one.kind, one.label)
    if one.system is not None:
        given[OWN_SYSTEM] = float(one.system)
    given = {name: value for name, value in defaults.items() if name not in stored.parameters} | given
    name = simulated_name(one.kind, one.seed)
    return build_service(
        one.kind,
        machine,
        journal,
        stored,
        given,
        name=name,
        epoch_us=epoch_us,
        on_error=on_error,
        faults=faults,
        ground=ground,
        firmware=one.firmware,
    )
