"""`sortie status`: what a running service is doing, asked over MAVLink."""

from __future__ import annotations

import json
from typing import Any

from autopilot.modes.table import known_name
from mavlink_bridge.identity import MAV_TYPE_GROUND_ROVER
from mavlink_bridge.services.base import Message
from sortie import options
from sortie.remote import Listener, Remote
from sortie.settings import DEFAULT_CONNECT

_WANTED = frozenset(("HEARTBEAT", "MISSION_CURRENT", "SYS_STATUS", "GLOBAL_POSITION_INT"))
_MISSION_STATES = {0: "unknown", 1: "no mission", 2: "not started", 3: "active", 4: "paused", 5: "complete"}


def _mode_name(heartbeat: Message) -> str:
    number = int(heartbeat.custom_mode)
    return known_name("rover" if heartbeat.type == MAV_TYPE_GROUND_ROVER else "copter", number) or f"mode {number}"


def describe(latest: dict[str, Message]) -> dict[str, Any]:
    """Facts from the newest messages of each kind; what has not been heard is None."""
    heartbeat, mission = latest["HEARTBEAT"], latest.get("MISSION_CURRENT")
    status, position = latest.get("SYS_STATUS"), latest.get("GLOBAL_POSITION_INT")
    return {
        "vehicle": "rover" if heartbeat.type == MAV_TYPE_GROUND_ROVER else "copter",
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


def status(connect: options.Connect = DEFAULT_CONNECT, as_json: options.Json = False) -> int:
    """Status 0 with the facts, 1 when no vehicle answers."""
    listener = Listener(_WANTED)
    with Remote(connect) as remote:
        remote.endpoint.add_service(listener)
        remote.run_until(lambda: len(listener.latest) == len(_WANTED), 3.0)
        if "HEARTBEAT" not in listener.latest:
            listener.latest["HEARTBEAT"] = remote.watch.heartbeat
    facts = describe(listener.latest)
    print(json.dumps(facts) if as_json else "\n".join(f"{name:16} {value}" for name, value in facts.items()))
    return 0
