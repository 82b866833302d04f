"""MAV_CMD numbers that missions hold, and how the core classifies them.

`is_nav_command` and `cmd_has_location` are exactly seed 001's. They are wrong for a few commands, so the sequencer asks
`drives_navigation` and everything that reads or scales positions asks `has_position`. Numbers, and the names behind
"Mission: <index> <name>", are those of MAVLink and ArduPilot's AP_Mission.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = [
    "FENCE_COMMANDS",
    "HOLD_COMMANDS",
    "JUMP_COMMANDS",
    "KNOWN_COMMANDS",
    "MAV_CMD_DO_CHANGE_SPEED",
    "MAV_CMD_NAV_LAST",
    "RALLY_COMMANDS",
    "Cmd",
    "cmd_has_location",
    "command_name",
    "drives_navigation",
    "has_position",
    "is_jump",
    "is_nav_command",
]

MAV_CMD_NAV_LAST: Final = 95
MAV_CMD_DO_CHANGE_SPEED: Final = 178


class Cmd(IntEnum):
    """MAV_CMD numbers by name (the part after MAV_CMD_)."""

    NAV_WAYPOINT = 16
    NAV_LOITER_UNLIM = 17
    NAV_LOITER_TURNS = 18
    NAV_LOITER_TIME = 19
    NAV_RETURN_TO_LAUNCH = 20
    NAV_LAND = 21
    NAV_TAKEOFF = 22
    NAV_CONTINUE_AND_CHANGE_ALT = 30
    NAV_LOITER_TO_ALT = 31
    NAV_SPLINE_WAYPOINT = 82
    NAV_ALTITUDE_WAIT = 83
    NAV_VTOL_TAKEOFF = 84
    NAV_VTOL_LAND = 85
    NAV_GUIDED_ENABLE = 92
    NAV_DELAY = 93
    NAV_PAYLOAD_PLACE = 94
    CONDITION_DELAY = 112
    CONDITION_DISTANCE = 114
    CONDITION_YAW = 115
    DO_SET_MODE = 176
    DO_JUMP = 177
    DO_CHANGE_SPEED = 178
    DO_SET_HOME = 179
    DO_SET_RELAY = 181
    DO_REPEAT_RELAY = 182
    DO_SET_SERVO = 183
    DO_REPEAT_SERVO = 184
    DO_RETURN_PATH_START = 188
    DO_LAND_START = 189
    DO_GO_AROUND = 191
    DO_PAUSE_CONTINUE = 193
    DO_SET_REVERSE = 194
    DO_SET_ROI_LOCATION = 195
    DO_SET_ROI_NONE = 197
    DO_CONTROL_VIDEO = 200
    DO_SET_ROI = 201
    DO_DIGICAM_CONFIGURE = 202
    DO_DIGICAM_CONTROL = 203
    DO_MOUNT_CONTROL = 205
    DO_SET_CAM_TRIGG_DIST = 206
    DO_FENCE_ENABLE = 207
    DO_PARACHUTE = 208
    DO_INVERTED_FLIGHT = 210
    DO_GRIPPER = 211
    DO_AUTOTUNE_ENABLE = 212
    NAV_SET_YAW_SPEED = 213
    DO_SET_RESUME_REPEAT_DIST = 215
    DO_SPRAYER = 216
    DO_SEND_SCRIPT_MESSAGE = 217
    DO_AUX_FUNCTION = 218
    DO_GUIDED_LIMITS = 222
    DO_ENGINE_CONTROL = 223
    SET_CAMERA_MODE = 530
    SET_CAMERA_ZOOM = 531
    SET_CAMERA_FOCUS = 532
    SET_CAMERA_SOURCE = 534
    JUMP_TAG = 600
    DO_JUMP_TAG = 601
    DO_GIMBAL_MANAGER_PITCHYAW = 1000
    IMAGE_START_CAPTURE = 2000
    IMAGE_STOP_CAPTURE = 2001
    VIDEO_START_CAPTURE = 2500
    VIDEO_STOP_CAPTURE = 2501
    DO_VTOL_TRANSITION = 3000
    FENCE_RETURN_POINT = 5000
    FENCE_POLYGON_VERTEX_INCLUSION = 5001
    FENCE_POLYGON_VERTEX_EXCLUSION = 5002
    FENCE_CIRCLE_INCLUSION = 5003
    FENCE_CIRCLE_EXCLUSION = 5004
    RALLY_POINT = 5100
    DO_WINCH = 42600
    NAV_SCRIPT_TIME = 42702
    NAV_ATTITUDE_TIME = 42703


FENCE_COMMANDS: Final = frozenset(range(5000, 5005))
RALLY_COMMANDS: Final = frozenset({int(Cmd.RALLY_POINT)})
KNOWN_COMMANDS: Final = frozenset(int(c) for c in Cmd) - FENCE_COMMANDS - RALLY_COMMANDS - {176, 200}
"""What a mission may hold: every command that ArduPilot's common mission code keeps, plus the camera commands that
plans for PX4 carry. Others are refused at upload (DO_SET_MODE and DO_CONTROL_VIDEO too, as there)."""

HOLD_COMMANDS: Final = frozenset({16, 19, 82})
"""Commands whose param1 is a hold time, s. In others param1 means pitch, turns or an option
(docs/reference/mission-semantics.md, item 14)."""

JUMP_COMMANDS: Final = frozenset({int(Cmd.DO_JUMP), int(Cmd.DO_JUMP_TAG)})

_MORE_NAV: Final = frozenset({213, 42702, 42703})  # ArduPilot's additions to "id <= 95"

_WITH_POSITION: Final = frozenset(
    {16, 17, 18, 19, 21, 22, 30, 31, 82, 84, 85, 92, 94, 179, 188, 189, 191, 195, 201, 5100} | FENCE_COMMANDS
)

# The words ArduPilot announces an item with; users and test scripts look for them.
_NAMES: Final[dict[int, str]] = {
    16: "WP",
    17: "LoitUnlim",
    18: "LoitTurns",
    19: "LoitTime",
    20: "RTL",
    21: "Land",
    22: "Takeoff",
    30: "ContinueAndChangeAlt",
    31: "LoitAltitude",
    82: "SplineWP",
    83: "AltitudeWait",
    84: "VTOLTakeoff",
    85: "VTOLLand",
    92: "GuidedEnable",
    93: "Delay",
    94: "PayloadPlace",
    112: "CondDelay",
    114: "CondDist",
    115: "CondYaw",
    177: "Jump",
    178: "ChangeSpeed",
    179: "SetHome",
    181: "SetRelay",
    182: "RepeatRelay",
    183: "SetServo",
    184: "RepeatServo",
    188: "ReturnPathStart",
    189: "LandStart",
    191: "Go Around",
    193: "PauseContinue",
    194: "SetReverse",
    195: "SetROI",
    197: "SetROI",
    200: "CtrlVideo",
    201: "SetROI",
    202: "DigiCamCfg",
    203: "DigiCamCtrl",
    205: "MountControl",
    206: "SetCamTrigDst",
    207: "FenceEnable",
    208: "Parachute",
    210: "InvertedFlight",
    211: "Gripper",
    212: "AutoTuneEnable",
    213: "SetYawSpd",
    215: "SetRepeatDist",
    216: "Sprayer",
    217: "Scripting",
    218: "AuxFunction",
    222: "GuidedLimits",
    223: "EngineControl",
    530: "SetCameraMode",
    531: "SetCameraZoom",
    532: "SetCameraFocus",
    534: "SetCameraSource",
    600: "Tag",
    601: "JumpToTag",
    1000: "GimbalPitchYaw",
    2000: "ImageStartCapture",
    2001: "ImageStopCapture",
    2500: "VideoStartCapture",
    2501: "VideoStopCapture",
    3000: "VTOLTransition",
    42600: "Winch",
    42702: "NavScriptTime",
    42703: "NavAttitudeTime",
}


def is_nav_command(command_id: int) -> bool:
    """Seed 001: ids up to MAV_CMD_NAV_LAST (95) are NAV, all others DO."""
    return command_id <= MAV_CMD_NAV_LAST


def cmd_has_location(command_id: int) -> bool:
    """Seed 001's helper, kept as it is there. Use `has_position` for anything that reads x and y."""
    return is_nav_command(command_id)


def drives_navigation(command_id: int) -> bool:
    """Does the command take the NAV slot? The seed's rule and the three commands that ArduPilot counts besides."""
    return command_id <= MAV_CMD_NAV_LAST or command_id in _MORE_NAV


def has_position(command_id: int) -> bool:
    """Are x and y latitude and longitude? (mission, fence and rally commands)"""
    return command_id in _WITH_POSITION


def is_jump(command_id: int) -> bool:
    """DO_JUMP and DO_JUMP_TAG: handled by the sequencer, never given to the executor."""
    return command_id in JUMP_COMMANDS


def command_name(command_id: int) -> str:
    """The short name in "Mission: <index> <name>"; "?" when unknown."""
    return _NAMES.get(command_id, "?")
