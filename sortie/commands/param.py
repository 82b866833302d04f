"""`sortie param`: parameters of a running vehicle, over MAVLink."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from autopilot.interface.texts import printable
from autopilot.parameters.definition import FLOAT32_MAX, to_float32
from autopilot.parameters.files import format_parameters, format_value
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import DEFAULT, class_of_type, vehicle_class
from mavlink_bridge.clients.parameters import (
    ParameterList,
    ParameterOutcome,
    ParameterRead,
    ParameterValue,
    ParameterWrite,
)
from mavlink_bridge.firmware.protocol import ServedParameters
from sortie.commands.targets import VehicleAnswer, ask_targets
from sortie.config.errors import UserError, nearest
from sortie.config.files import write_file
from sortie.config.formation import OWN_SYSTEM_NAMES
from sortie.config.given import GivenOptions
from sortie.config.options import (
    COMPONENT,
    EVERY,
    FILE,
    FORMAT,
    METADATA_FIRMWARE,
    METADATA_VEHICLE,
    NAME,
    OUTPUT,
    PATTERN,
    TARGET,
    VALUE,
)
from sortie.config.words import counted
from sortie.nodes.client import Remote


def _ask(given: GivenOptions, ask: Callable[[Remote], VehicleAnswer]) -> int:
    return ask_targets(given, ask, given[COMPONENT])


def _table(remote: Remote) -> ServedParameters:
    """Return the parameters that such a vehicle of Sortie would have."""
    kind = None if remote.watch.vehicle_type is None else class_of_type(remote.watch.vehicle_type)
    return remote.target.firmware.served_parameters(Parameters((kind or DEFAULT).parameters))


def _unknown(remote: Remote, name: str) -> UserError:
    """Make the error for a parameter that the vehicle does not have. A component that does not exist is silent too."""
    if remote.target.component != remote.found.component:
        return UserError(f"component {remote.target.component} of vehicle {remote.target.system} has no {name}")
    others = (known for known in _table(remote).names() if known != name)
    return UserError(f"unknown parameter {name}{nearest(name, others)}")


def _read(remote: Remote, name: str) -> ParameterValue:
    reading = ParameterRead(remote.target, name)
    remote.ask(reading)
    if reading.value is None:
        raise _unknown(remote, name)
    return reading.value


def _write(remote: Remote, name: str, value: float, kind: int) -> tuple[float, str]:
    """Set a parameter of this MAV_PARAM_TYPE. Return its new value, and a complaint when it is not the requested one or
    is outside the recommended range (a vehicle stores that too)."""
    writing = ParameterWrite(remote.target, name, value, type=kind)
    remote.ask(writing)
    if writing.value is None:
        raise _unknown(remote, name)
    stored = writing.value.value
    if writing.outcome is ParameterOutcome.ACCEPTED:
        known = Parameters(remote.target.firmware.vehicle_class.parameters)
        return stored, (known.definition(name).complaint(stored) or "") if name in known else ""
    return stored, f"{name} not set to {format_value(value)}: it is {format_value(stored)}"


def _set(remote: Remote, name: str, value: float) -> VehicleAnswer:
    """Set a parameter and report its value; status 1 when it is not the requested one."""
    stored, complaint = _write(remote, name, value, _read(remote, name).type)
    return VehicleAnswer({name: stored}, complaint=complaint, status=0 if stored == value else 1)


def _all(remote: Remote) -> dict[str, ParameterValue]:
    listing = ParameterList(remote.target)
    remote.ask(listing)
    if listing.total is None:
        raise UserError(f"component {remote.target.component} of vehicle {remote.target.system} lists no parameters", 1)
    if listing.outcome is not ParameterOutcome.ACCEPTED:
        raise UserError(
            f"the vehicle did not send all parameters: {len(listing.values)} of {listing.total} parameters", 1
        )
    ordered = sorted(listing.values.values(), key=lambda value: value.index)
    return {value.name: value for value in ordered}


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"VALUE: '{text}' is not a number") from None
    return _as_sent(value, f"'{text}'")


def _as_sent(value: float, source: str) -> float:
    """Return the value as a message carries it. UserError with `source` when no message can."""
    if not math.isfinite(value) or abs(value) > FLOAT32_MAX:
        raise UserError(f"{source}: expected a finite number, at most {FLOAT32_MAX:.5g}")
    return to_float32(value)


def _shown(values: Mapping[str, float]) -> VehicleAnswer:
    lines = (f"{printable(name):<16} {format_value(value)}" for name, value in values.items())
    return VehicleAnswer(values, "\n".join(lines))


def _check_alike(given: GivenOptions, name: str) -> None:
    """Raise UserError for a parameter that must differ between vehicles, when all are addressed."""
    if given[TARGET] == EVERY and name in OWN_SYSTEM_NAMES:
        raise UserError(f"--target all: {name} must differ between vehicles; give --target SYSID")


def list_(given: GivenOptions) -> int:
    """List parameters. Status 2 when no name matches."""
    pattern = given[PATTERN]

    def ask(remote: Remote) -> VehicleAnswer:
        values = {
            name: parameter.value for name, parameter in _all(remote).items() if fnmatchcase(name, pattern.upper())
        }
        if not values:
            raise UserError(f"no parameter's name matches '{pattern}'")
        return _shown(values)

    return _ask(given, ask)


def get(given: GivenOptions) -> int:
    """Print a parameter. Status 2 when the vehicle does not have it."""
    name = given[NAME].upper()
    return _ask(given, lambda remote: _shown({name: _read(remote, name).value}))


def set_(given: GivenOptions) -> int:
    """Set a parameter. Status 1 when the vehicle keeps another value."""
    number, name = _number(given[VALUE]), given[NAME].upper()
    _check_alike(given, name)
    return _ask(given, lambda remote: _set(remote, name, number))


def load(given: GivenOptions) -> int:
    """Set the parameters of a file. Status 1 when the vehicle keeps another value of one."""
    from sortie.config.parameters import read_parameters  # as in `metadata`

    file = given[FILE]
    try:
        read = read_parameters(file)
    except UserError as error:
        raise error.within(str(file)) from None
    values = {name: _as_sent(value, f"{file}: {name} {value:g}") for name, value in read.items()}
    if given[TARGET] == EVERY:
        for name in sorted(OWN_SYSTEM_NAMES.intersection(values)):
            del values[name]
            print(f"sortie: --target all: each keeps its own {name}", file=sys.stderr)

    def ask(remote: Remote) -> VehicleAnswer:
        present, table = _all(remote), _table(remote)
        unknown = [name for name in values if name not in present]
        differing = {name: value for name, value in values.items() if name in present and present[name].value != value}
        read_only = [name for name in differing if name in table and table.definition(name).read_only]
        for name in read_only:
            del differing[name]
        stored = {name: _write(remote, name, value, present[name].type) for name, value in differing.items()}
        refused = [name for name, value in differing.items() if stored[name][0] != value]
        complaints = [complaint for _, complaint in stored.values() if complaint]
        if unknown:
            complaints.append(f"not on this vehicle, left out: {', '.join(unknown)}")
        if read_only:
            complaints.append(f"set by the vehicle itself, left out: {', '.join(read_only)}")
        changed = len(differing) - len(refused)
        print(f"{changed} of {counted(len(values), 'parameter')} changed", file=sys.stderr)
        return VehicleAnswer(
            {"parameters": len(values), "changed": changed, "refused": refused, "unknown": unknown},
            complaint="\nsortie: ".join(complaints),
            status=1 if refused else 0,
        )

    return _ask(given, ask)


def save(given: GivenOptions) -> int:
    """Write all parameters to a file. Status 2 when that fails."""
    file = given[FILE]
    if given[TARGET] == EVERY:
        raise UserError("--target all: a file holds the parameters of one vehicle; give --target SYSID")

    def ask(remote: Remote) -> VehicleAnswer:
        values = {name: parameter.value for name, parameter in _all(remote).items()}
        write_file(file, format_parameters(values), newline="\n")
        print(f"{counted(len(values), 'parameter')} in {file}", file=sys.stderr)
        return VehicleAnswer({"parameters": len(values), "file": str(file)})

    return _ask(given, ask)


def reset(given: GivenOptions) -> int:
    """Set a parameter to its default. Status 1 when the vehicle keeps another value."""
    name = given[NAME].upper()
    _check_alike(given, name)

    def ask(remote: Remote) -> VehicleAnswer:
        table = _table(remote)
        if name not in table:
            raise _unknown(remote, name)
        return _set(remote, name, to_float32(table.definition(name).default))

    return _ask(given, ask)


def metadata(given: GivenOptions) -> int:
    """Write parameter descriptions. Status 2 for a vehicle without known parameters."""
    from mavlink_bridge.services.ftp.parameter_metadata import mission_planner_document, qgc_document
    from sortie.config.installed import parameter_set
    from sortie.config.parameters import spoken_as  # the other commands make no vehicle

    spec, output = given[METADATA_VEHICLE], given[OUTPUT]
    table = Parameters(parameter_set(spec.frame))
    speaks = spoken_as(given[METADATA_FIRMWARE], vehicle_class(spec.frame))
    served = speaks.served_parameters(table)
    if given[FORMAT] == "qgc":
        text = json.dumps(qgc_document(served), indent=1) + "\n"
    elif served is table:
        text = mission_planner_document(table, spec.frame)
    else:
        raise UserError("--format mp: Mission Planner knows ArduPilot alone; use --format qgc")
    if output is None:
        sys.stdout.write(text)
        return 0
    write_file(output, text, newline="\n")
    return 0
