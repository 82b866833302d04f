"""What a user has asked a PX4 for and takes more than one step of the core: a takeoff, or a mission that climbs first,
each asked for before or after arming. A table of (stage, what has happened).

Source: PX4 1.16 src/modules/commander/Commander.cpp, src/modules/navigator (takeoff.cpp, mission.cpp).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final


class Stage(Enum):
    """NONE: nothing is left to do. TAKEOFF_ASKED, MISSION_ASKED: before the motors run; CLIMBING: to MIS_TAKEOFF_ALT,
    for a mission; TAKING_OFF: to stay there."""

    NONE = auto()
    TAKEOFF_ASKED = auto()
    MISSION_ASKED = auto()
    CLIMBING = auto()
    TAKING_OFF = auto()


class Happened(Enum):
    """In the order in which they are looked at. ARMED: motors run; ARRIVED: in the air, at its target; STOPPED: its
    motors have stopped."""

    ARMED = auto()
    ARRIVED = auto()
    STOPPED = auto()


class Then(Enum):
    """What follows. BEGIN: the mission, with its climb; CLIMB: the takeoff; EXECUTE: the items of the mission; HOLD:
    stay, in Hold; REST: back in Hold after a flight."""

    NOTHING = auto()
    BEGIN = auto()
    CLIMB = auto()
    EXECUTE = auto()
    HOLD = auto()
    REST = auto()


STAGES: Final[Mapping[tuple[Stage, Happened], Then]] = MappingProxyType({
    (Stage.NONE, Happened.ARMED): Then.NOTHING,
    (Stage.NONE, Happened.ARRIVED): Then.NOTHING,
    (Stage.NONE, Happened.STOPPED): Then.REST,
    (Stage.TAKEOFF_ASKED, Happened.ARMED): Then.CLIMB,
    (Stage.TAKEOFF_ASKED, Happened.ARRIVED): Then.NOTHING,
    (Stage.TAKEOFF_ASKED, Happened.STOPPED): Then.REST,
    (Stage.MISSION_ASKED, Happened.ARMED): Then.BEGIN,
    (Stage.MISSION_ASKED, Happened.ARRIVED): Then.NOTHING,
    (Stage.MISSION_ASKED, Happened.STOPPED): Then.REST,
    (Stage.CLIMBING, Happened.ARMED): Then.NOTHING,
    (Stage.CLIMBING, Happened.ARRIVED): Then.EXECUTE,
    (Stage.CLIMBING, Happened.STOPPED): Then.REST,
    (Stage.TAKING_OFF, Happened.ARMED): Then.NOTHING,
    (Stage.TAKING_OFF, Happened.ARRIVED): Then.HOLD,
    (Stage.TAKING_OFF, Happened.STOPPED): Then.REST,
})  # fmt: skip
