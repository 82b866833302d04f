"""The protocols from the other side: what a ground station, the depot, or a Vehicle behind MAVLink asks of a vehicle.

Each request is a sans-IO machine of its own that ends in one enumerated outcome; see `base.Client`.
"""

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

__all__ = [
    "Client", "ClientGroup", "CommandClient", "CommandOutcome", "FileOutcome", "FileRead", "HeartbeatWatch",
    "MissionClear", "MissionDownload", "MissionUpload", "ParameterList", "ParameterOutcome", "ParameterRead",
    "ParameterValue", "ParameterWrite", "Retry", "SetCurrent", "Target", "TransferOutcome", "WatchState", "command_int",
    "command_long",
]  # fmt: skip
