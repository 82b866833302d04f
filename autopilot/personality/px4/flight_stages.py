"""Stages of a PX4 flight: what follows a requested takeoff or mission when the motors run, at its target, and when they
stop.

A mission begins when mode Mission and arming are both present, in either order. Source: PX4 1.16
src/modules/navigator (mission.cpp, takeoff.cpp), docs "Mission Mode".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final


class FlightStage(Enum):
    """Stages of a takeoff or a mission, requested before or after arming. NONE: nothing is left to do.
    TAKEOFF_REQUESTED, MISSION_REQUESTED: requested, with motors off. CLIMBING: to MIS_TAKEOFF_ALT, for a mission.
    TAKING_OFF: to stay there."""

    NONE = auto()
    TAKEOFF_REQUESTED = auto()
    MISSION_REQUESTED = auto()
    CLIMBING = auto()
    TAKING_OFF = auto()


class Px4FlightEvent(Enum):
    """Events, in the order of their checks. ARMED: motors run; ARRIVED: in the air, at its target; STOPPED: motors are
    off."""

    ARMED = auto()
    ARRIVED = auto()
    STOPPED = auto()


class NextStep(Enum):
    """Next steps. BEGIN: the mission, with its climb; CLIMB: the takeoff; EXECUTE: the items of the mission; HOLD:
    stay, in Hold; REST: stand, after a flight."""

    NOTHING = auto()
    BEGIN = auto()
    CLIMB = auto()
    EXECUTE = auto()
    HOLD = auto()
    REST = auto()


STAGES: Final[Mapping[tuple[FlightStage, Px4FlightEvent], NextStep]] = MappingProxyType({
    (FlightStage.NONE, Px4FlightEvent.ARMED): NextStep.NOTHING,
    (FlightStage.NONE, Px4FlightEvent.ARRIVED): NextStep.NOTHING,
    (FlightStage.NONE, Px4FlightEvent.STOPPED): NextStep.REST,
    (FlightStage.TAKEOFF_REQUESTED, Px4FlightEvent.ARMED): NextStep.CLIMB,
    (FlightStage.TAKEOFF_REQUESTED, Px4FlightEvent.ARRIVED): NextStep.NOTHING,
    (FlightStage.TAKEOFF_REQUESTED, Px4FlightEvent.STOPPED): NextStep.REST,
    (FlightStage.MISSION_REQUESTED, Px4FlightEvent.ARMED): NextStep.BEGIN,
    (FlightStage.MISSION_REQUESTED, Px4FlightEvent.ARRIVED): NextStep.NOTHING,
    (FlightStage.MISSION_REQUESTED, Px4FlightEvent.STOPPED): NextStep.REST,
    (FlightStage.CLIMBING, Px4FlightEvent.ARMED): NextStep.NOTHING,
    (FlightStage.CLIMBING, Px4FlightEvent.ARRIVED): NextStep.EXECUTE,
    (FlightStage.CLIMBING, Px4FlightEvent.STOPPED): NextStep.REST,
    (FlightStage.TAKING_OFF, Px4FlightEvent.ARMED): NextStep.NOTHING,
    (FlightStage.TAKING_OFF, Px4FlightEvent.ARRIVED): NextStep.HOLD,
    (FlightStage.TAKING_OFF, Px4FlightEvent.STOPPED): NextStep.REST,
})  # fmt: skip


def next_step(stage: FlightStage, *, armed: bool, arrived: bool, stopped: bool) -> NextStep:
    """The first step that the present events lead to. `arrived`: in the air, at its target; `stopped`: just now."""
    events = zip((armed, arrived, stopped), Px4FlightEvent, strict=True)
    steps = (STAGES[stage, event] for happened, event in events if happened)
    return next((step for step in steps if step is not NextStep.NOTHING), NextStep.NOTHING)
