"""`--param NAME=VALUE` and `--param FILE`: parameters of one run, checked against the table.

They are the initial values of a run. A rebooted vehicle keeps later changes. Because a reboot starts a new process with
the same arguments, an environment variable lists the changed parameters.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Final

from autopilot.parameters.files import ParameterFileError, marked_read_only, parse_parameters
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.known import SPOKEN
from mavlink_bridge.firmware.protocol import Firmware
from sortie.config.errors import UserError
from sortie.config.files import content_of, is_there
from sortie.config.fittings import FITTINGS
from sortie.config.installed import parameter_set

_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,15}")
"""Form of a parameter name in MAVLink, ArduPilot and PX4."""
_SHOWN: Final = 3
"""Ignored parameters that a warning names."""
_SET_SINCE: Final = "SORTIE_SET_SINCE"
"""LABEL:NAME of given parameters that were changed since."""


def spoken_as(word: str, kind: VehicleClass) -> Firmware:
    """Return the firmware of `--firmware`. UserError for an unknown name."""
    make = SPOKEN.get(word)
    if make is None:
        raise UserError(f"unknown firmware '{word}'; use {' or '.join(SPOKEN)}", option="firmware", given=word)
    return make(kind)


def _one(text: str, table: Parameters, own: Sequence[str], *, theirs: bool) -> tuple[str, float]:
    name, _, number = text.partition("=")
    name = name.strip().upper()
    try:
        value = float(number)
    except ValueError:
        raise UserError(f"'{number}' is not a number", option="param", given=text) from None
    if not isfinite(value):
        raise UserError("the value must be finite", option="param", given=text)
    if name not in table and name not in own and not (theirs and _NAME.fullmatch(name)):
        from difflib import get_close_matches

        if fitting := next((name for name, parameters in FITTINGS.items() if text in parameters), None):
            raise UserError(f"this kind of vehicle has no {name}", option="with", given=fitting)
        close = get_close_matches(name, own, n=1)
        near = close[0] if close else table.nearest(name)
        meant = f"; did you mean {near}?" if near else ""
        raise UserError(f"unknown parameter {name}{meant}", option="param", given=text)
    if _is_read_only(table, name):
        raise UserError(f"{name} is read-only; the vehicle sets it itself", option="param", given=text)
    return name, value


def _is_read_only(table: Parameters, name: str) -> bool:
    return name in table and table.definition(name).read_only


def given_parameters(
    entries: Iterable[str], kind: str, firmware: str = "ardupilot", *, theirs: bool = False
) -> tuple[dict[str, float], list[str]]:
    """Parse parameters: (values by name, the last entry wins; warnings).

    `kind`: of vehicle; `firmware`: the presented one, whose names are accepted too. An unknown name or a bad number on
    the command line is a UserError, and so is a read-only parameter. A file may come from a vehicle with more
    parameters, and one that a vehicle or a station has saved has them all, so such names in it only give a warning.
    `theirs`: a firmware in our world receives all, so no name is unknown; a warning lists names of the
    command line that only it may know.
    """
    table = Parameters(parameter_set(kind))
    own = spoken_as(firmware, vehicle_class(kind)).served_parameters(table).names()
    values: dict[str, float] = {}
    warnings: list[str] = []
    elsewhere: list[str] = []
    for entry in entries:
        if not entry:
            raise UserError("--param is empty: expected NAME=VALUE or a parameter file")
        if "=" in entry and not is_there(entry):
            name, value = _one(entry, table, own, theirs=theirs)
            values[name] = value
            if name not in table:
                elsewhere.append(name)
            continue
        try:
            found = read_parameters(Path(entry), "NAME=VALUE or a parameter file")
        except UserError as error:
            raise UserError(error.message, option="param", given=entry) from None
        unknown = [name for name in found if not theirs and name not in table and name not in own]
        by_itself = [name for name in found if _is_read_only(table, name)]
        absent, its_own = "this vehicle does not have them", "the vehicle sets them itself"
        for ignored, why in ((unknown, absent), (by_itself, its_own)):
            if ignored:
                warnings.append(f"--param {entry}: ignored, because {why}: {_shown(ignored)}")
        values |= {name: value for name, value in found.items() if name not in unknown and name not in by_itself}
    if theirs and elsewhere:
        warnings.append(f"--param {', '.join(elsewhere)}: passed to the firmware; Sortie does not know this name")
    return values, warnings


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def read_parameters(file: Path, expected: str = "a parameter file") -> dict[str, float]:
    """Read a parameter file. UserError without its name, also for a file without parameters."""
    try:
        values = parse_parameters(content_of(file))
    except OSError as error:
        raise UserError(f"{error.strerror}; expected {expected}") from error
    except ParameterFileError as error:
        raise UserError(f"{error}") from error
    if not values:
        raise UserError("has no parameters")
    return values


def refuse_changes(parameters: Parameters, entries: Iterable[str]) -> None:
    """Refuse all changes of parameters that the given files mark `@READONLY`."""
    files = [entry for entry in entries if is_there(entry)]
    marked = frozenset[str]().union(*(marked_read_only(Path(file).read_text(errors="replace")) for file in files))
    read_only = {parameters.target(name) for name in marked if name in parameters}
    if read_only:
        parameters.objections.append(lambda name, _: f"Param write denied ({name})" if name in read_only else None)


def remember_set(given: Mapping[str, float], parameters: Parameters, label: str = "") -> None:
    """Store before a reboot which `given` values have been changed. `label`: of a fleet's vehicle."""
    now = {f"{label}:{name}" for name, value in given.items() if name in parameters and parameters[name] != value}
    os.environ[_SET_SINCE] = " ".join(sorted(now | set(os.environ.get(_SET_SINCE, "").split())))


def without_set(
    given: Mapping[str, float], stored: Mapping[str, float], kind: str, label: str = ""
) -> dict[str, float]:
    """Return `given` without values that were changed and stored before a reboot; the stored value counts."""
    since = frozenset(os.environ.get(_SET_SINCE, "").split())
    aliases = parameter_set(kind).aliases
    targets = {name: aliases[name].target if name in aliases else name for name in given}
    return {
        name: value for name, value in given.items() if f"{label}:{name}" not in since or targets[name] not in stored
    }
