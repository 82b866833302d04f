"""MAVLink's numbers, once: the enumerations of common.xml and ardupilotmega.xml that Sortie uses.

Pure, so that the core may know them; a test compares every member with pymavlink's dialect. The members are those that
something here asks for, or the whole enumeration where it is small. Bit masks are plain integers too: `&` and `|` of
two members give an int (an IntFlag would make an object for each, at every heartbeat). Names are MAVLink's without the
enumeration's prefix. Messages have no numbers here: `mavlink_bridge.codec` has them by name, from the dialect.
"""

from __future__ import annotations

from autopilot.mav.commands import (
    AccelerometerPosition,
    Cmd,
    Frame,
    MagCalStatus,
    MotorTestThrottle,
    RebootAction,
    RepositionFlag,
    Result,
    SpeedType,
    StorageAction,
)
from autopilot.mav.fields import (
    AttitudeMask,
    AutopilotType,
    Capability,
    ChargeState,
    Component,
    DataStream,
    EkfFlag,
    FailureType,
    FailureUnit,
    FenceBreach,
    FirmwareVersion,
    LandedState,
    LandingTargetType,
    MissionResult,
    MissionType,
    ModeFlag,
    ParameterType,
    PositionMask,
    Sensor,
    SerialControlFlag,
    Severity,
    StandardMode,
    SystemState,
    VehicleType,
    WireMissionState,
)

__all__ = [
    "AccelerometerPosition",
    "AttitudeMask",
    "AutopilotType",
    "Capability",
    "ChargeState",
    "Cmd",
    "Component",
    "DataStream",
    "EkfFlag",
    "FailureType",
    "FailureUnit",
    "FenceBreach",
    "FirmwareVersion",
    "Frame",
    "LandedState",
    "LandingTargetType",
    "MagCalStatus",
    "MissionResult",
    "MissionType",
    "ModeFlag",
    "MotorTestThrottle",
    "ParameterType",
    "PositionMask",
    "RebootAction",
    "RepositionFlag",
    "Result",
    "Sensor",
    "SerialControlFlag",
    "Severity",
    "SpeedType",
    "StandardMode",
    "StorageAction",
    "SystemState",
    "VehicleType",
    "WireMissionState",
]
