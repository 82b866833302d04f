"""`sortie status`: state of a running vehicle, requested over MAVLink."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from autopilot.flight.lifecycle import FlightCommand
from autopilot.mav import Component, WireMissionState
from autopilot.vehicles.kinds import DEFAULT, class_of_type
from mavlink_bridge.clients.base import Target
from mavlink_bridge.clients.command import CommandOutcome
from mavlink_bridge.clients.file_read import FileOutcome, FileRead
from mavlink_bridge.clients.parameters import ParameterRead
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.routing.service import Clock, Message, Peer
from sortie.commands.manager import state_of
from sortie.config.errors import UserError
from sortie.config.fittings import SWITCHES, fittings_of
from sortie.config.given import GivenOptions
from sortie.config.options import CONNECT, EVERY, JSON, LINKS, TARGET, WATCH
from sortie.nodes.client import HeardVehicles, Remote

_NEEDED = frozenset(("HEARTBEAT", "MISSION_CURRENT", "SYS_STATUS", "GLOBAL_POSITION_INT"))
_PATIENCE_S = 3.0
_MISSION_STATES = {int(state): state.name.lower().replace("_", " ") for state in WireMissionState}


def describe(latest: dict[str, Message], flight: tuple[str, int] | None, fitted: Sequence[str] = ()) -> dict[str, Any]:
    """Return facts from the newest messages and the flight manager's answer; None for unknown ones. `countdown_s`
    counts in ARMED, otherwise 0. `fitted`: equipment by the names of `--with`."""
    heartbeat, mission = latest["HEARTBEAT"], latest.get("MISSION_CURRENT")
    status, position = latest.get("SYS_STATUS"), latest.get("GLOBAL_POSITION_INT")
    firmware = firmware_spoken(heartbeat.autopilot, heartbeat.type)
    return {
        "state": None if flight is None else flight[0],
        "countdown_s": None if flight is None else flight[1],
        "vehicle": (class_of_type(heartbeat.type) or DEFAULT).name,
        "mode": firmware.mode_name(int(heartbeat.custom_mode)),
        "armed": bool(heartbeat.base_mode & 128),
        "mission": None
        if mission is None
        else {
            "state": _MISSION_STATES.get(mission.mission_state, "unknown"),
            "item": firmware.seq_of(mission.seq),
            "items": 0 if mission.total == 65535 else mission.total,
        },
        "battery_percent": None if status is None or status.battery_remaining < 0 else status.battery_remaining,
        "position": None
        if position is None
        else {
            "lat": position.lat / 1e7,
            "lon": position.lon / 1e7,
            "alt_m": position.alt / 1e3,
            "height_m": position.relative_alt / 1e3,
        },
        "fitted": list(fitted),
    }


_UNITS: Final = {"s": "s", "m": "m", "percent": "%"}
"""Units by the suffix of a fact's name."""


def _show(facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if isinstance(value, dict):
            label, words = name, ", ".join(" ".join(with_unit(key, entry)) for key, entry in value.items())
        elif isinstance(value, list):
            label, words = name, ", ".join(value) or "-"
        else:
            label, words = with_unit(name, value)
        print(f"{label:16} {words}", flush=True)


def with_unit(name: str, value: object) -> tuple[str, str]:
    """Return name and value for people: the suffix of `battery_percent` or `height_m` becomes the unit of the value."""
    label, _, suffix = name.rpartition("_")
    if value is None:
        return label if suffix in _UNITS else name, "-"
    if isinstance(value, bool):
        return name, "yes" if value else "no"
    if suffix not in _UNITS:
        return name, str(value)
    rounded = f"{round(value, 1) + 0.0:.1f}" if isinstance(value, float) else str(value)  # no "-0.0"
    return label, f"{rounded} {_UNITS[suffix]}"


def _show_all(fleet: list[dict[str, Any]]) -> None:
    """Print a line for each vehicle."""
    form = "{:>5} {:<9} {:<8} {:<11} {:<8} {:>9} {:>8} {:>9}"
    print(form.format("sysid", "state", "vehicle", "mode", "armed", "item", "battery", "height"))
    for vehicle in fleet:
        mission, position = vehicle["mission"], vehicle["position"]
        cells = (
            *(vehicle[key] for key in ("sysid", "state", "vehicle", "mode")),
            "armed" if vehicle["armed"] else "disarmed",
            None if mission is None else f"{mission['item']} of {mission['items']}",
            None if vehicle["battery_percent"] is None else f"{vehicle['battery_percent']} %",
            None if position is None else f"{round(position['height_m'], 1) + 0.0:.1f} m",  # no "-0.0"
        )
        print(form.format(*("-" if cell is None else cell for cell in cells)), flush=True)


class NewestMessages:
    """Service that keeps the newest message of each wanted name from each vehicle."""

    clock: Clock = "link"
    handles = _NEEDED

    def __init__(self, roster: HeardVehicles) -> None:
        self._roster = roster
        self._latest: dict[int, dict[str, Message]] = {}

    def of(self, system: int) -> dict[str, Message]:
        """Return the received messages of a vehicle, at least its first HEARTBEAT."""
        return {"HEARTBEAT": self._roster.heartbeats[system], **self._latest.get(system, {})}

    def complete(self, system: int) -> bool:
        """Check whether all wanted messages of a vehicle have been received."""
        return len(self._latest.get(system, {})) == len(_NEEDED)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        target = self._roster.heard.get(peer.system)
        if target is not None and target.component == peer.component:
            self._latest.setdefault(peer.system, {})[message.get_type()] = message


def _ask(remote: Remote, newest: NewestMessages, target: Target) -> dict[str, Any]:
    asking = remote.flight_command(FlightCommand.STATUS, target)
    known = asking.outcome is CommandOutcome.ACCEPTED
    reading = ParameterRead(target, *SWITCHES.values())
    remote.ask(reading)
    flight = state_of(asking.detail) if known else None
    return describe(newest.of(target.system), flight, fittings_of(reading.values))


def _tell(remote: Remote, newest: NewestMessages, given: GivenOptions) -> None:
    """Print the requested vehicle, or the only one, or all."""
    heard = remote.roster.heard
    several = given[TARGET] == EVERY or (given[TARGET] is None and len(heard) > 1)
    if not several:
        facts = _ask(remote, newest, remote.target)
        print(json.dumps(facts), flush=True) if given[JSON] else _show(facts)
        return
    fleet = [{"sysid": system, **_ask(remote, newest, target)} for system, target in sorted(heard.items())]
    print(json.dumps(fleet), flush=True) if given[JSON] else _show_all(fleet)


def _links(given: GivenOptions) -> int:
    """Print link statistics, as JSON or a table."""
    with Remote.of(given) as remote:
        reading = FileRead(remote.target, "@SYS/links.json")
        remote.ask(reading)
        if reading.outcome is not FileOutcome.READ:  # these are a flight controller's files; Sortie is its companion
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
    for link in page["links"]:
        print(f"{link['name']:<36}" + "".join(f"{link[name]:>11}" for name in columns))
        if "in_percent" in link:
            print(f"  {link['baud']} baud, used: in {link['in_percent']} %, out {link['out_percent']} % (last 10 s)")
    return 0


def status(given: GivenOptions) -> int:
    """Print the state. Status 0, or 1 when no vehicle answers."""
    if given[LINKS]:
        return _links(given)
    with Remote.of(given) as remote:
        newest = NewestMessages(remote.roster)
        remote.endpoint.add_service(newest)
        heard = remote.roster.heard
        remote.run_until(lambda: all(newest.complete(system) for system in heard), _PATIENCE_S)
        _tell(remote, newest, given)
        while given[WATCH]:
            remote.run_until(lambda: False, 1.0)
            if not given[JSON]:
                print()
            _tell(remote, newest, given)
    return 0
