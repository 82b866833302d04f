"""Sortie: a MAVLink vehicle that installs with pip.

The running program: command line, settings, runtime, state store, logs, Python API. Everything that can be decided
without I/O lives below, in `autopilot`, `sitl` and `mavlink_bridge`; this package composes them.

For Python programs: `Session` (a vehicle in this process), `Fleet` (many), `read_plan` and `Plan`, `rehearse` (will it
work?), `calibrate` (a vehicle by its log), `MissionItem`, `GeoPoint`, `events` (what a session's events are), `mavlink`
(messages and numbers of MAVLink, with pymavlink's names), `strategies` (for hypothesis), `pacing` (to sleep in vehicle
time), `UserError` and `RefusedError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autopilot.interface.geo import GeoPoint
    from autopilot.mission.items import MissionItem
    from autopilot.mission.plan import Plan
    from sortie.api import events, pacing
    from sortie.api.fleet import Fleet
    from sortie.api.link import SessionLink
    from sortie.api.session import Session
    from sortie.api.snapshot import Snapshot
    from sortie.api.testing import strategies
    from sortie.api.watch import TimedEvent
    from sortie.config.errors import RefusedError, UserError
    from sortie.nodes.plan_file import read_plan, start_of
    from sortie.rehearsal.calibration import calibrate
    from sortie.rehearsal.rehearsal import Rehearsal
    from sortie.rehearsal.rehearse import rehearse

# Where each name lives: it is imported when first used, so that `import sortie` costs nothing.
_HOMES = {
    "Fleet": "sortie.api.fleet",
    "GeoPoint": "autopilot.interface.geo",
    "MissionItem": "autopilot.mission.items",
    "Plan": "autopilot.mission.plan",
    "RefusedError": "sortie.config.errors",
    "Rehearsal": "sortie.rehearsal.rehearsal",
    "Session": "sortie.api.session",
    "SessionLink": "sortie.api.link",
    "Snapshot": "sortie.api.snapshot",
    "TimedEvent": "sortie.api.watch",
    "UserError": "sortie.config.errors",
    "calibrate": "sortie.rehearsal.calibration",
    "read_plan": "sortie.nodes.plan_file",
    "rehearse": "sortie.rehearsal.rehearse",
    "start_of": "sortie.nodes.plan_file",
}
_MODULES = {
    "events": "sortie.api.events",
    "mavlink": "mavlink_bridge.wire.dialect",
    "pacing": "sortie.api.pacing",
    "strategies": "sortie.api.testing.strategies",
}

__all__ = [
    "Fleet", "GeoPoint", "MissionItem", "Plan", "RefusedError", "Rehearsal", "Session", "SessionLink", "Snapshot",
    "TimedEvent", "UserError", "calibrate", "events", "mavlink", "pacing", "read_plan", "rehearse", "start_of",
    "strategies",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        found: Any = import_module(_MODULES[name])
    elif name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'sortie' has no attribute {name!r}")
    globals()[name] = found
    return found
