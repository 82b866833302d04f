"""Scenario of an incident: a file with everything for a repeated flight, which a person may edit.

Each line has its origin and certainty. Times are s since arming of the logged vehicle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Final

import msgspec

from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.protocol import ServedParameters
from sortie.config.errors import UserError
from sortie.config.files import text_of
from sortie.config.installed import parameter_set
from sortie.config.parameters import spoken_as
from sortie.config.tables import parse_toml
from sortie.config.values import VehicleSource, number_of, parse_vehicle
from sortie.incident.signals import Basis

SCENARIO: Final = "scenario.toml"
PLAN: Final = "plan.plan"


class Deed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Action of pilot or station: a mode, a MAVLink command (COMMAND_INT), a parameter, or arming (`arm` False:
    disarming)."""

    at_s: float
    mode: str | None = None
    arm: bool | None = None
    command: int | None = None
    frame: int = 0
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    place: tuple[int, int, float] = (0, 0, 0.0)
    set: dict[str, float] = {}


class ScenarioFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    name: str
    from_s: float
    until_s: float | None = None
    value: float | None = None


class Stick(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sticks of the pilot from `at_s` on: pulses of channels 1 to 8, us."""

    at_s: float
    us: tuple[float, ...]


class Gust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Wind from `at_s` on: m/s, degrees from which it blows."""

    at_s: float
    speed: float
    from_deg: float


class Failsafe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mode that the vehicle entered by itself."""

    at_s: float
    mode: str
    why: str


class HappenedInFlight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events of the logged flight. `disarmed_s` None: the log ends before. `crashed`: it came down where or as it
    should not."""

    modes: tuple[tuple[float, str], ...] = ()
    failsafes: tuple[Failsafe, ...] = ()
    liftoff_s: float | None = None
    disarmed_s: float | None = None
    crashed: bool = False

    def trouble(self) -> str:
        """Failsafes and a crash in words; "": there was none."""
        words = [f"{failsafe.mode} at {failsafe.at_s:.1f} s ({failsafe.why})" for failsafe in self.failsafes]
        return "; ".join([*words, "it crashed"] if self.crashed else words)


class Origin(msgspec.Struct, frozen=True):
    """Origin of a line: its place in the log, and its certainty."""

    words: str
    sure: Basis = Basis.LOGGED

    def __str__(self) -> str:
        return f"{self.sure.value}: {self.words}" if self.words else self.sure.value


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scenario. `arm_s`: when our vehicle is armed, so that both lift off together. `lasts_s`: duration of the logged
    flight. `assumed`: facts that the log does not contain."""

    log: str
    vehicle: str
    home: str
    lasts_s: float
    firmware: str = "ardupilot"
    seed: int = 0
    arm_s: float = 0.0
    assumed: tuple[str, ...] = ()
    params: dict[str, float] = {}
    wind: tuple[Gust, ...] = ()
    do: tuple[Deed, ...] = ()
    stick: tuple[Stick, ...] = ()
    fault: tuple[ScenarioFault, ...] = ()
    happened: HappenedInFlight = HappenedInFlight()

    @property
    def source(self) -> VehicleSource:
        """Vehicle that flies it: ours, or a firmware in our world. UserError."""
        return parse_vehicle(self.vehicle)

    @property
    def kind(self) -> VehicleClass:
        """Kind of vehicle. UserError."""
        return vehicle_class(self.source.frame)

    @property
    def defaults(self) -> ServedParameters:
        """Parameters of a new vehicle, as its firmware serves them. UserError."""
        return spoken_as(self.firmware, self.kind).served_parameters(Parameters(parameter_set(self.kind.name)))

    def changed(self, changes: Mapping[str, str], without: Iterable[str] = ()) -> Scenario:
        """Return the scenario with other parameters, another wind ("wind", "+3" for stronger), and without some faults.
        UserError names the possible ones."""
        params, wind, removed, defaults = dict(self.params), self.wind, list(without), self.defaults
        before = {name: defaults[name] for name in map(str.upper, changes) if name in defaults} | params
        for name, text in changes.items():
            if name == "wind":
                wind = tuple(msgspec.structs.replace(gust, speed=_moved(gust.speed, text, name)) for gust in wind)
                params["SIM_WIND_SPD"] = _moved(params.get("SIM_WIND_SPD", 0.0), text, name)
            else:
                params[name.upper()] = _moved(before.get(name.upper(), 0.0), text, name)
        names = {fault.name for fault in self.fault}
        for name in removed:
            if name not in names:
                known = f"its faults are {', '.join(sorted(names))}" if names else "it has no fault"
                raise UserError(f"the incident has no such fault; {known}", option="without", given=name)
        fault = tuple(fault for fault in self.fault if fault.name not in removed)
        return msgspec.structs.replace(self, params=params, wind=wind, fault=fault)


def _moved(before: float, text: str, name: str) -> float:
    number = number_of(text)
    if not isfinite(number):
        raise UserError(f"'{text}' is not a number", option="change", given=f"{name}={text}")
    return before + number if text.lstrip().startswith("+") else number


# --- the file ---------------------------------------------------------------------------------------------------------
def read_scenario(path: Path) -> Scenario:
    """Read a scenario, or that of a folder. UserError names the mistake."""
    file = path / SCENARIO if path.is_dir() else path
    try:
        return msgspec.convert(parse_toml(text_of(file, file), str(file)), Scenario)
    except msgspec.ValidationError as error:
        raise UserError(f"{file}: {error}") from error


def write_scenario(scenario: Scenario, origins: Mapping[str, Origin]) -> str:
    """Write the file. `origins`: of each line by its key; for an entry of a table with its number ("fault.0")."""
    plain = msgspec.to_builtins(scenario)
    tables = {"params", "do", "stick", "fault", "wind", "happened"}
    lines = [
        f"# What happened in {scenario.log}, to be flown again: `pytest` here, or `sortie reproduce {SCENARIO}`.",
        "# Times are s since arming. Behind each line: where it comes from, and how sure that is (logged, found by a",
        "# rule, fitted, or assumed because the log does not tell).",
        "",
    ]
    for key, value in plain.items():
        if key not in tables:
            lines.append(_line(key, value, origins.get(key)))
    lines += ["", "[params]"]
    lines += [_line(name, value, origins.get(f"params.{name}")) for name, value in plain["params"].items()]
    for table in ("wind", "fault", "do", "stick"):
        for number, entry in enumerate(plain[table]):
            origin = origins.get(f"{table}.{number}", origins.get(table))
            lines += ["", f"[[{table}]]" + (f"  # {origin}" if origin else "")]
            lines += [_line(key, value, None) for key, value in entry.items() if value is not None]
    lines += ["", "[happened]  # what test_incident.py asserts"]
    lines += [_line(key, value, None) for key, value in plain["happened"].items() if value is not None]
    return "\n".join([*lines, ""])


def _line(key: str, value: object, origin: Origin | None) -> str:
    behind = f"  # {origin}" if origin is not None else ""
    return f"{key} = {_toml(value)}{behind}"


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
        case float():
            return repr(round(value, 6))
        case list() | tuple():
            return "[" + ", ".join(_toml(entry) for entry in value) + "]"
        case dict():
            return (
                "{ " + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items() if entry is not None) + " }"
            )
        case _:
            return str(value)
