"""Clients of the MAVLink protocols: the side of a ground station, the depot, or a program behind a flight controller.

Each request is a state machine without I/O that ends with one outcome; see `base.Client`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mavlink_bridge.clients.base import Client, Retry, Target
    from mavlink_bridge.clients.command import CommandClient, CommandOutcome, command_int, command_long
    from mavlink_bridge.clients.file_read import FileOutcome, FileRead
    from mavlink_bridge.clients.group import ClientGroup
    from mavlink_bridge.clients.heartbeat import HeartbeatWatch, WatchState
    from mavlink_bridge.clients.mission_download import MissionDownload
    from mavlink_bridge.clients.mission_upload import MissionClear, MissionUpload, SetCurrent
    from mavlink_bridge.clients.outcome import TransferOutcome
    from mavlink_bridge.clients.parameters import (
        ParameterList,
        ParameterOutcome,
        ParameterRead,
        ParameterValue,
        ParameterWrite,
    )

# module of each name; it is imported at its first use, so that one client does not load all
_HOMES: Final = {
    name: module
    for module, names in {
        "base": ("Client", "Retry", "Target"),
        "command": ("CommandClient", "CommandOutcome", "command_int", "command_long"),
        "file_read": ("FileOutcome", "FileRead"),
        "group": ("ClientGroup",),
        "heartbeat": ("HeartbeatWatch", "WatchState"),
        "mission_download": ("MissionDownload",),
        "mission_upload": ("MissionClear", "MissionUpload", "SetCurrent"),
        "outcome": ("TransferOutcome",),
        "parameters": ("ParameterList", "ParameterOutcome", "ParameterRead", "ParameterValue", "ParameterWrite"),
    }.items()
    for name in names
}

__all__ = [
    "Client", "ClientGroup", "CommandClient", "CommandOutcome", "FileOutcome", "FileRead", "HeartbeatWatch",
    "MissionClear", "MissionDownload", "MissionUpload", "ParameterList", "ParameterOutcome", "ParameterRead",
    "ParameterValue", "ParameterWrite", "Retry", "SetCurrent", "Target", "TransferOutcome", "WatchState", "command_int",
    "command_long",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mavlink_bridge.clients' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"mavlink_bridge.clients.{_HOMES[name]}"), name)
    return value
