"""Events of a session, by kind. All are frozen dataclasses."""

from autopilot.context.events import (
    ArmedChanged,
    CameraTriggered,
    ErrorLogged,
    FenceChanged,
    FlightStateChanged,
    GuidedTargetReached,
    HomeChanged,
    ModeChanged,
    ParameterChanged,
    PayloadAction,
    RebootRequested,
    StatusText,
    TunePlayed,
)
from autopilot.mav import Severity
from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete

__all__ = [
    "ArmedChanged", "CameraTriggered", "CurrentChanged", "ErrorLogged", "FenceChanged", "FlightStateChanged",
    "GuidedTargetReached", "HomeChanged", "ItemReached", "MissionCleared", "MissionComplete", "ModeChanged",
    "ParameterChanged", "PayloadAction", "RebootRequested", "Severity", "StatusText", "TunePlayed",
]  # fmt: skip
