"""The rows and columns of the upload machine's table."""

from __future__ import annotations

from enum import Enum, auto

from mavlink_bridge.services.base import Peer


class State(Enum):
    """Of the machine of one mission type."""

    IDLE = auto()
    RECEIVING = auto()  # an upload is running
    COMMITTING = auto()  # a plan (or its removal) is on its way to the disk


class Input(Enum):
    """Kinds of message."""

    COUNT = auto()
    WRITE_PARTIAL = auto()
    ITEM = auto()
    LIST = auto()
    REQUEST = auto()
    CLEAR = auto()
    ACK = auto()


class Sender(Enum):
    """Who sent it: the station that holds the upload, or another."""

    OWNER = auto()
    STRANGER = auto()


def is_same_system(a: Peer, b: Peer) -> bool:
    """The same system and component, on whatever link: a station may send its items on any."""
    return a.system == b.system and a.component == b.component


def is_same_station(a: Peer, b: Peer) -> bool:
    """The same station. QGroundControl and Mission Planner share their ids: only the link tells them apart."""
    return a.link == b.link and is_same_system(a, b)
