"""The parts of a fleet, made and put together: machines in rows of their kind, services around them, one node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from autopilot.journal import Journal
from sitl.vehicles.kinds import SIMULATED
from sitl.vehicles.rows import Rows
from sitl.vehicles.simulated import SimulatedMachine
from sortie.config.formation import FleetVehicle
from sortie.config.parameters import given_parameters
from sortie.nodes.build import StoredValues, build_service, parse_faults, simulated_name
from sortie.nodes.fleet import FleetNode
from sortie.nodes.vehicle import Service

NO_DEFAULTS: Final[Mapping[str, float]] = MappingProxyType({})


class Keeper(Protocol):
    """Where the state of one vehicle is kept, and what was found there."""

    def __call__(self, vehicle: FleetVehicle) -> tuple[Journal, StoredValues]: ...


def build_fleet(
    vehicles: Sequence[FleetVehicle],
    keep: Keeper,
    *,
    epoch_us: int,
    on_error: Callable[[Exception, str], None],
    warn: Callable[[str], None],
    defaults: Mapping[str, float] = NO_DEFAULTS,
) -> FleetNode:
    """The node of these vehicles. `defaults`: parameters of this run where neither a person nor the state has one.
    UserError for a parameter or a fault that one of them does not know."""
    machines = [SIMULATED[one.kind](one.home, one.heading_deg, one.seed) for one in vehicles]
    rows = _rows(vehicles, machines)
    services = [
        _service(one, machine, keep, defaults, epoch_us, on_error, warn)
        for one, machine in zip(vehicles, machines, strict=True)
    ]  # fmt: skip
    return FleetNode(services, rows, networks=1 + max(one.network for one in vehicles))


def _rows(vehicles: Sequence[FleetVehicle], machines: Sequence[SimulatedMachine]) -> list[Rows]:
    """One for each kind; before services keep the machines' report vectors."""
    kinds: dict[str, list[SimulatedMachine]] = {}
    for one, machine in zip(vehicles, machines, strict=True):
        kinds.setdefault(one.kind, []).append(machine)
    return [Rows(group) for group in kinds.values()]


def _service(
    one: FleetVehicle,
    machine: SimulatedMachine,
    keep: Keeper,
    defaults: Mapping[str, float],
    epoch_us: int,
    on_error: Callable[[Exception, str], None],
    warn: Callable[[str], None],
) -> Service:
    given, warnings = given_parameters(one.param, one.kind)
    for warning in warnings:
        warn(f"vehicle {one.label}: {warning}")
    given["SYSID_THISMAV"] = float(one.system)
    journal, stored = keep(one)
    given = {name: value for name, value in defaults.items() if name not in stored.parameters} | given
    faults = parse_faults(one.fault, machine.fault_names())
    name = simulated_name(one.kind, one.seed)
    return build_service(
        one.kind, machine, journal, stored, given, name=name, epoch_us=epoch_us, on_error=on_error, faults=faults
    )
