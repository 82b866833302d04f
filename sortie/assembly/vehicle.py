"""The parts of one service, made and put together. The program (`commands.build`) and the Python API (`session`) both
build with these; they differ in where state and logs go and in who owns the clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from autopilot.context.journal import Journal
from autopilot.core.autopilot import Autopilot
from autopilot.core.wiring import Stored
from autopilot.flight.faults import FAIL, HANG
from autopilot.flight.faults import FAULT_NAMES as FLIGHT_FAULTS
from autopilot.interface.geo import GeoPoint
from autopilot.interface.terrain import HeightMap
from autopilot.interface.vehicle import SimulatedVehicle
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.identity import Identity
from sortie.config.errors import UserError
from sortie.config.faults import Fault, parse_fault
from sortie.config.installed import install, parameter_set
from sortie.config.parameters import spoken_as
from sortie.nodes.face import simulated_face
from sortie.nodes.vehicle import LINK_FAULTS, Service

#: UTC at vehicle time 0 of a vehicle whose time is not the wall's: fixed, so that the same seed writes the same bytes.
VIRTUAL_EPOCH_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


class StoredValues(Stored, Protocol):
    """What a service begins with: plans, home, progress (`autopilot.core.wiring.Stored`) and parameters by name."""

    @property
    def parameters(self) -> Mapping[str, float]: ...


def make_vehicle(
    kind: str, home: GeoPoint, heading_deg: float, seed: int, ground: HeightMap | None = None
) -> SimulatedVehicle:
    """The built-in simulator of a kind of vehicle, standing at `home`; on `ground`, where there is one, whatever height
    `home` says."""
    from sitl.vehicles.kinds import make_simulated

    return make_simulated(kind, home, heading_deg, seed, ground)


def terrain_around(path: Path | None, homes: Sequence[GeoPoint]) -> HeightMap | None:
    """--terrain, as far as it lies around the places where vehicles stand; None: it was not given. UserError as
    `sortie.reading.terrain.read_ground`."""
    if path is None:
        return None
    from sortie.reading.terrain import read_ground

    return read_ground(path, homes)


def grounded(home: GeoPoint, ground: HeightMap | None) -> GeoPoint:
    """`home` at the height that the ground has there."""
    if ground is None:
        return home
    from sitl.vehicles.kinds import on_ground

    return on_ground(home, ground)


def simulated_name(kind: str, seed: int) -> str:
    """What is stable for a simulated vehicle, as a board's serial number is for a real one: the same seed is the same
    vehicle, wherever its state is kept, so that its logs are the same byte for byte."""
    return f"simulated {kind} {seed}"


def parse_faults(entries: Iterable[str], names: Iterable[str]) -> list[Fault]:
    """All `--fault`s of a command, checked; `names` are the known ones."""
    known = [*names, *LINK_FAULTS, *FLIGHT_FAULTS]
    faults = [parse_fault(entry, known) for entry in entries]
    for fault in faults:
        fault.window_ms()
        if fault.name not in FLIGHT_FAULTS:
            fault.number()
        elif fault.value not in (None, FAIL, HANG):
            raise UserError(f"'{fault.value}' is not fail or hang", option="fault", given=str(fault))
    return faults


def build_service(
    kind: str,
    vehicle: SimulatedVehicle,
    journal: Journal,
    stored: StoredValues,
    given: Mapping[str, float],
    *,
    name: str,
    epoch_us: int,
    on_error: Callable[[Exception, str], None],
    faults: Iterable[Fault] = (),
    firmware: str = "ardupilot",
    ground: HeightMap | None = None,
) -> Service:
    """The service around `vehicle`. `given` parameters win over `stored` ones; `name` is what is stable for this
    vehicle (its uid is made from it); `firmware`: what it is spoken to as, whose names `given` may have;
    `ground`: terrain that its autopilot knows; `epoch_us` is UTC at vehicle time 0."""
    known = parameter_set(kind)
    speaks = spoken_as(firmware, vehicle_class(kind))
    names = {*(one.name for one in known.definitions), *known.aliases}
    of_core = {name: value for name, value in given.items() if name in names}
    kept = {**stored.parameters, **speaks.equipment({**stored.parameters, **given})}
    parameters = Parameters(known, kept, of_core)
    autopilot = Autopilot(kind, vehicle, parameters, journal, stored, boot_unix_s=epoch_us / 1e6, ground=ground)
    autopilot.statistics.switched_on()
    install(autopilot, on_error)
    identity = Identity(kind, name, serves_files=True, system=int(parameters["SYSID_THISMAV"]), speaks=speaks)
    return Service(
        vehicle, autopilot, parameters, journal,
        lambda service: simulated_face(service, identity, stored.parameters, given), epoch_us=epoch_us,
        on_error=on_error, faults=faults,
        link_rates=speaks.link_rates,
    )  # fmt: skip
