"""Read-only jobs of the page: plan, parameters, modes and history of a vehicle over MAVLink; also the definition of a
job. No I/O, and no need for `--control`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict
from typing import Any, Final

from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, MissionType
from autopilot.mission.items import MissionItem
from autopilot.parameters.parameters import Parameters
from mavlink_bridge.clients.base import Client
from mavlink_bridge.clients.command import CommandOutcome
from mavlink_bridge.clients.mission_download import MissionDownload
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.clients.parameters import ParameterList, ParameterOutcome, ParameterRead
from sortie.config.fittings import SWITCHES, fittings_of
from sortie.config.words import counted
from sortie.web import requests
from sortie.web.picture import COLUMNS, ShownVehicle

SIMULATOR: Final = ("SIM_SPEEDUP", "SIM_WIND_SPD", "SIM_WIND_DIR", "SIM_WIND_TURB", "SYS_FAILURE_EN")
"""Simulator parameters that the page can change; a vehicle without any of them is not simulated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to a request: text and data."""

    ok: bool
    text: str
    data: Any = None


Job = Generator[Client, None, Answer]


def answer_of(
    what: str, outcome: CommandOutcome | TransferOutcome | ParameterOutcome | None, ok: bool, data: Any = None
) -> Answer:
    word = "" if outcome is None else outcome.name.lower().replace("_", " ")
    return Answer(ok, f"{what}: {word}", data)


def modes_of(vehicle: ShownVehicle) -> dict[str, int]:
    """Return the modes that can be selected, by name: those that Sortie can request from this firmware."""
    firmware = vehicle.target.firmware
    known: dict[str, int] = {}
    for mode in firmware.vehicle_class.modes.specs:
        try:
            known[firmware.mode_name(firmware.custom_mode(mode))] = mode
        except ValueError:  # this firmware has no such mode
            continue
    return known


def item_facts(item: MissionItem) -> dict[str, Any]:
    """Return a mission item as JSON values, without NaN."""
    facts = {name: None if value != value else value for name, value in asdict(item).items()}
    known = item.command in set(Cmd)
    return facts | {"name": Cmd(item.command).name if known else f"command {item.command}", "place": item.is_placed}


def _plan(vehicle: ShownVehicle, request: requests.PlanRequest) -> Job:
    plan: dict[str, Any] = {}
    for kind in (MissionType.MISSION, MissionType.FENCE, MissionType.RALLY):
        client = MissionDownload(vehicle.target, kind=kind)
        yield client
        if client.outcome not in (TransferOutcome.ACCEPTED, TransferOutcome.UNSUPPORTED):
            return answer_of(f"{kind.name.lower()}", client.outcome, False)
        plan[kind.name.lower()] = [item_facts(item) for item in client.items]
    return Answer(True, "plan", plan)


def _parameters(vehicle: ShownVehicle, request: requests.ParameterTable) -> Job:
    client = ParameterList(vehicle.target)
    yield client
    if client.outcome is not ParameterOutcome.ACCEPTED:
        return answer_of("parameters", client.outcome, False)
    known = Parameters(vehicle.target.firmware.vehicle_class.parameters)
    rows = []
    for name, value in sorted(client.values.items()):
        row: dict[str, Any] = {"name": name, "value": value.value, "type": value.type}
        if name in known:
            about = known.definition(name)
            row |= {
                "default": about.default,
                "unit": about.unit,
                "low": about.minimum,
                "high": about.maximum,
                "about": about.description,
                "reboot": about.reboot,
                "fixed": about.read_only,
                "values": {str(number): text for number, text in about.values.items()},
                "bits": {str(number): text for number, text in about.bitmask.items()},
            }
        rows.append(row)
    return Answer(True, counted(len(rows), "parameter"), rows)


def _fittings(vehicle: ShownVehicle, request: requests.FittingsRequest) -> Job:
    client = ParameterRead(vehicle.target, *SWITCHES.values())
    yield client
    answered = client.outcome is not ParameterOutcome.TIMEOUT
    return answer_of("fitted", client.outcome, answered, fittings_of(client.values))


def _simulator(vehicle: ShownVehicle, request: requests.Simulator) -> Job:
    values: dict[str, float] = {}
    for name in SIMULATOR:
        client = ParameterRead(vehicle.target, name)
        yield client
        if client.value is not None:
            values[name] = client.value.value
        elif not values:
            return Answer(True, "not simulated", None)
    return Answer(True, "simulated", values)


def _modes(vehicle: ShownVehicle, request: requests.ModesRequest) -> Answer:
    return Answer(True, "modes", list(modes_of(vehicle)))


def _history(vehicle: ShownVehicle, request: requests.History) -> Answer:
    rows, texts, photos = list(vehicle.history), list(vehicle.shown_texts), list(vehicle.photos)
    return Answer(True, "history", {"columns": COLUMNS, "rows": rows, "texts": texts, "photos": photos})


ASKS: Final[Mapping[type[requests.WebRequest], Callable[[ShownVehicle, Any], Job | Answer]]] = {
    requests.PlanRequest: _plan,
    requests.ParameterTable: _parameters,
    requests.FittingsRequest: _fittings,
    requests.Simulator: _simulator,
    requests.History: _history,
    requests.ModesRequest: _modes,
}
