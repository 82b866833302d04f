"""`sortie status`: what a running service is doing, asked over MAVLink."""

from __future__ import annotations

import json
from typing import Any

from autopilot.flight.system import FlightCommand
from autopilot.mav import Component, WireMissionState
from autopilot.vehicles.kinds import DEFAULT, class_of_type
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.clients.base import Target
from mavlink_bridge.clients.command import CommandOutcome
from mavlink_bridge.clients.file_read import FileOutcome, FileRead
from mavlink_bridge.services.base import Message
from sortie.commands.manager import state_of
from sortie.config.errors import UserError
from sortie.config.options import CONNECT, JSON, LINKS, WATCH
from sortie.config.settings import Given
from sortie.nodes.client import Listener, Remote

_WANTED = frozenset(("HEARTBEAT", "MISSION_CURRENT", "SYS_STATUS", "GLOBAL_POSITION_INT"))
_PATIENCE_S = 3.0
_MISSION_STATES = {int(state): state.name.lower().replace("_", " ") for state in WireMissionState}


def _class_of(heartbeat: Message) -> VehicleClass:
    return class_of_type(heartbeat.type) or DEFAULT


def _mode_name(heartbeat: Message) -> str:
    number = int(heartbeat.custom_mode)
    return _class_of(heartbeat).modes.name_of(number) or f"mode {number}"


def describe(latest: dict[str, Message], flight: tuple[str, int] | None) -> dict[str, Any]:
    """Facts from the newest messages of each kind and from the flight manager's answer; what has not been heard is
    None. `countdown_s` counts in ARMED, else it is 0."""
    heartbeat, mission = latest["HEARTBEAT"], latest.get("MISSION_CURRENT")
    status, position = latest.get("SYS_STATUS"), latest.get("GLOBAL_POSITION_INT")
    return {
        "state": None if flight is None else flight[0],
        "countdown_s": None if flight is None else flight[1],
        "vehicle": _class_of(heartbeat).name,
        "mode": _mode_name(heartbeat),
        "armed": bool(heartbeat.base_mode & 128),
        "mission": None if mission is None else {
            "state": _MISSION_STATES.get(mission.mission_state, "unknown"),
            "item": mission.seq,
            "items": 0 if mission.total == 65535 else mission.total,
        },
        "battery_percent": None if status is None else status.battery_remaining,
        "position": None if position is None else {
            "lat": position.lat / 1e7, "lon": position.lon / 1e7, "alt_m": position.alt / 1e3,
            "height_m": position.relative_alt / 1e3,
        },
    }  # fmt: skip


def _show(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts), flush=True)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {entry}" for key, entry in value.items())
        print(f"{name:16} {'-' if value is None else value}", flush=True)


def _ask(remote: Remote, listener: Listener) -> dict[str, Any]:
    asking = remote.flight_command(FlightCommand.STATUS)
    known = asking.outcome is CommandOutcome.ACCEPTED
    latest = {"HEARTBEAT": remote.watch.heartbeat, **listener.latest}
    return describe(latest, state_of(asking.detail) if known else None)


def _links(given: Given) -> int:
    """The service's own page, as JSON or as a table."""
    with Remote.of(given) as remote:
        reading = FileRead(remote.target, "@SYS/links.json")
        remote.ask(reading)
        if reading.outcome is not FileOutcome.READ:  # a flight controller's files: Sortie is its companion then
            reading = FileRead(
                Target(remote.target.system, Component.ONBOARD_COMPUTER, remote.target.link), "@SYS/links.json"
            )
            remote.ask(reading)
    if reading.outcome is not FileOutcome.READ:
        raise UserError(f"the vehicle at {given[CONNECT]} has no link statistics", 1)
    page = json.loads(reading.content)
    if given[JSON]:
        print(json.dumps(page))
        return 0
    columns = ("frames_in", "frames_out", "bytes_in", "bytes_out", "lost", "errors", "refused", "dropped", "queued")
    print(f"{'link':<36}" + "".join(f"{name:>11}" for name in columns))
    for one in page["links"]:
        print(f"{one['name']:<36}" + "".join(f"{one[name]:>11}" for name in columns))
        if "in_percent" in one:
            print(f"  {one['baud']} baud, used: in {one['in_percent']} %, out {one['out_percent']} % (last 10 s)")
    return 0


def status(given: Given) -> int:
    """Status 0 with the facts, 1 when no vehicle answers."""
    if given[LINKS]:
        return _links(given)
    as_json = given[JSON]
    with Remote.of(given) as remote:
        listener = Listener(_WANTED, remote.watch)
        remote.endpoint.add_service(listener)
        remote.run_until(lambda: len(listener.latest) == len(_WANTED), _PATIENCE_S)
        _show(_ask(remote, listener), as_json)
        while given[WATCH]:
            remote.run_until(lambda: False, 1.0)
            if not as_json:
                print()
            _show(_ask(remote, listener), as_json)
    return 0
