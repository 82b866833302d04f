"""All that the core announces: one closed union, so that a `match` over it can be checked."""

from __future__ import annotations

from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete
from autopilot.outcome import (
    ArmedChanged,
    CameraTriggered,
    FenceChanged,
    FlightStateChanged,
    GuidedTargetReached,
    HomeChanged,
    ModeChanged,
    ParameterChanged,
    PayloadAction,
    RebootRequested,
    StatusText,
)

Event = (
    StatusText
    | ModeChanged
    | ArmedChanged
    | HomeChanged
    | ParameterChanged
    | FenceChanged
    | GuidedTargetReached
    | PayloadAction
    | CameraTriggered
    | RebootRequested
    | FlightStateChanged
    | CurrentChanged
    | ItemReached
    | MissionCleared
    | MissionComplete
)
