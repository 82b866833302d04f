"""Commands of plans: a row for each MAV_CMD, from which everything else that knows commands is derived.

The sequencer asks the row for the slot, the upload for parameters, place and frames, a vehicle class whether it can,
AUTO for outputs, passing and holding, the announcement for the name, the documentation (docs/mission-items.md) for all
of it. `is_nav_command` and `cmd_has_location` are exactly seed 001's. They are wrong for a few commands, so the
sequencer asks `drives_navigation` and everything that reads or scales positions asks `has_position`. Names are those
that ArduPilot's AP_Mission announces an item with ("Mission: <index> <name>"); users and test scripts look for them.

Sources: docs/reference/mission-semantics.md, 1.3, 1.4; ArduPilot AP_Mission.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from math import inf
from types import MappingProxyType
from typing import Final

from autopilot.interface.records import dataclass, field
from autopilot.mav import Cmd, Frame, MissionType


class Slot(Enum):
    """Slots of the sequencer that take an item. The value is the word for it in the documentation."""

    NAV = "NAV"  # the sequencer's NAV slot, until the vehicle is there
    DO = "DO"  # its DO slot, done at once
    CONDITION = "CONDITION"  # its DO slot, and waits there
    JUMP = "jump"  # the sequencer itself
    MARK = "mark"  # nobody: a jump's target
    FENCE = "fence"
    RALLY = "rally"


class Ability(Enum):
    """Abilities that a vehicle must have to carry an item out. The value words it for the documentation."""

    ANY = "every vehicle"
    HEIGHT = "what has a height"
    HOVER = "what hovers"
    WINGS = "what flies on wings"
    LIFT = "wings that take off and land upright"
    NOSE = "what turns its nose by itself"
    REVERSE = "what drives backwards"


class PayloadOutput(Enum):
    """Actions of a payload for an item."""

    SET = "an output is set"
    RECORDED = "recorded as a payload action"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter (`number` 1 to 4) that counts: where it is not a number, or above `most`, an upload is refused.
    Others are kept as they are. `index`: of an item of the same mission."""

    number: int
    name: str
    unit: str = ""
    most: float = inf
    index: bool = False


_ITEM_FRAMES: Final = frozenset({
    Frame.GLOBAL, Frame.GLOBAL_INT, Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_RELATIVE_ALT_INT,
    Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL_TERRAIN_ALT_INT,
})  # fmt: skip


_ANY_FRAME: Final = frozenset(range(256))
_PLANS: Final = {Slot.FENCE: MissionType.FENCE, Slot.RALLY: MissionType.RALLY}


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """Command of a plan. `needs`: which vehicles carry it out, None: none does; the others keep it, as ArduPilot does,
    and pass over it with a text. `place`: x, y are latitude and longitude, z a height. `holds`: param1 is a hold time,
    s (in others it means pitch, turns or an option). `passed_by`: before it a copter's waypoint is not stopped at.
    `comes_down`: done on the ground. `fitted_by`: the parameter that, not 0, says that a vehicle of any kind has the
    equipment for it (`is_fitted`)."""

    command: int
    name: str
    slot: Slot
    needs: Ability | None = None
    parameters: tuple[Parameter, ...] = ()
    place: bool = False
    holds: bool = False
    passed_by: bool = False
    comes_down: bool = False
    output: PayloadOutput | None = None
    fitted_by: str = ""

    plan: MissionType = field(init=False)
    """The plan that holds it; follows from the slot."""
    frames: frozenset[int] = field(init=False)
    """The MAV_FRAMEs that it may have; an item without a place may have any."""

    def __post_init__(self) -> None:
        plan = _PLANS.get(self.slot, MissionType.MISSION)
        frames = _ITEM_FRAMES if plan is not MissionType.MISSION else _ITEM_FRAMES | {Frame.MISSION}
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "frames", frames if self.place else _ANY_FRAME)


_C, _P = Cmd, Parameter
_NAV, _DO, _CONDITION = Slot.NAV, Slot.DO, Slot.CONDITION
_ALL, _HEIGHT, _NOSE, _REVERSE = Ability.ANY, Ability.HEIGHT, Ability.NOSE, Ability.REVERSE
_HOVER, _WINGS, _LIFT = Ability.HOVER, Ability.WINGS, Ability.LIFT
_SET, _RECORDED = PayloadOutput.SET, PayloadOutput.RECORDED
_HOLD: Final = (_P(1, "hold", "s"),)
_ON: Final = (_P(1, "on"),)
_VERTICES: Final = (_P(1, "vertices", most=255),)
_CAMERA: Final = "CAM1_TYPE"
_GIMBAL: Final = "MNT1_TYPE"
_SPRAYER: Final = "SPRAY_ENABLE"
_WINCH: Final = "WINCH_TYPE"
_RADIUS: Final = (_P(1, "radius", "m"),)

_ROWS: Final = (
    CommandSpec(_C.NAV_WAYPOINT, "WP", _NAV, _ALL, _HOLD, place=True, holds=True, passed_by=True),
    CommandSpec(_C.NAV_LOITER_UNLIM, "LoitUnlim", _NAV, _ALL, place=True, passed_by=True),
    CommandSpec(
        _C.NAV_LOITER_TURNS, "LoitTurns", _NAV, _ALL, (_P(1, "turns"), _P(3, "radius (left below 0)", "m")), place=True
    ),
    CommandSpec(_C.NAV_LOITER_TIME, "LoitTime", _NAV, _ALL, _HOLD, place=True, holds=True, passed_by=True),
    CommandSpec(_C.NAV_RETURN_TO_LAUNCH, "RTL", _NAV, _ALL, comes_down=True),
    CommandSpec(_C.NAV_LAND, "Land", _NAV, _HEIGHT, place=True, comes_down=True),
    CommandSpec(_C.NAV_TAKEOFF, "Takeoff", _NAV, _HEIGHT, place=True),
    CommandSpec(_C.NAV_CONTINUE_AND_CHANGE_ALT, "ContinueAndChangeAlt", _NAV, _WINGS, place=True, output=_RECORDED),
    CommandSpec(_C.NAV_LOITER_TO_ALT, "LoitAltitude", _NAV, _HEIGHT, place=True),
    CommandSpec(_C.NAV_SPLINE_WAYPOINT, "SplineWP", _NAV, _HOVER, _HOLD, place=True, holds=True, passed_by=True),
    CommandSpec(_C.NAV_ALTITUDE_WAIT, "AltitudeWait", _NAV),
    CommandSpec(_C.NAV_VTOL_TAKEOFF, "VTOLTakeoff", _NAV, _LIFT, place=True),
    CommandSpec(_C.NAV_VTOL_LAND, "VTOLLand", _NAV, _LIFT, place=True, comes_down=True),
    CommandSpec(_C.NAV_GUIDED_ENABLE, "GuidedEnable", _NAV, _ALL, _ON, place=True),
    CommandSpec(
        _C.NAV_DELAY, "Delay", _NAV, _ALL,
        (_P(1, "delay", "s"), _P(2, "hour UTC"), _P(3, "minute"), _P(4, "second")),
    ),
    CommandSpec(
        _C.NAV_PAYLOAD_PLACE, "PayloadPlace", _NAV, _HOVER, (_P(1, "deepest descent", "m"),), place=True,
        passed_by=True, output=_RECORDED,
    ),
    CommandSpec(_C.NAV_SET_YAW_SPEED, "SetYawSpd", _NAV),
    CommandSpec(_C.NAV_SCRIPT_TIME, "NavScriptTime", _NAV),
    CommandSpec(_C.NAV_ATTITUDE_TIME, "NavAttitudeTime", _NAV),
    CommandSpec(_C.CONDITION_DELAY, "CondDelay", _CONDITION, _ALL, (_P(1, "delay", "s"),)),
    CommandSpec(_C.CONDITION_DISTANCE, "CondDist", _CONDITION, _ALL, (_P(1, "distance", "m"),)),
    CommandSpec(
        _C.CONDITION_YAW, "CondYaw", _CONDITION, _NOSE,
        (_P(1, "heading", "deg"), _P(2, "rate", "deg/s"), _P(3, "sense"), _P(4, "relative")),
    ),
    CommandSpec(_C.DO_JUMP, "Jump", Slot.JUMP, _ALL, (_P(1, "to item", index=True), _P(2, "times"))),
    CommandSpec(_C.DO_CHANGE_SPEED, "ChangeSpeed", _DO, _ALL, (_P(1, "kind"), _P(2, "speed", "m/s"))),
    CommandSpec(_C.DO_SET_HOME, "SetHome", _DO, _ALL, (_P(1, "1: here"),), place=True),
    CommandSpec(_C.DO_SET_RELAY, "SetRelay", _DO, _ALL, (_P(1, "relay"), _P(2, "on")), output=_SET),
    CommandSpec(
        _C.DO_REPEAT_RELAY, "RepeatRelay", _DO, _ALL,
        (_P(1, "relay"), _P(2, "times"), _P(3, "cycle", "s")), output=_SET,
    ),
    CommandSpec(_C.DO_SET_SERVO, "SetServo", _DO, _ALL, (_P(1, "channel"), _P(2, "pulse", "us")), output=_SET),
    CommandSpec(
        _C.DO_REPEAT_SERVO, "RepeatServo", _DO, _ALL,
        (_P(1, "channel"), _P(2, "pulse", "us"), _P(3, "times"), _P(4, "cycle", "s")), output=_SET,
    ),
    CommandSpec(_C.DO_RETURN_PATH_START, "ReturnPathStart", _DO, _ALL, place=True),
    CommandSpec(_C.DO_LAND_START, "LandStart", _DO, _ALL, place=True),
    CommandSpec(_C.DO_GO_AROUND, "Go Around", _DO, place=True),
    CommandSpec(_C.DO_PAUSE_CONTINUE, "PauseContinue", _DO, parameters=(_P(1, "0: pause"),)),
    CommandSpec(_C.DO_SET_REVERSE, "SetReverse", _DO, _REVERSE, (_P(1, "1: backwards"),)),
    CommandSpec(_C.DO_SET_ROI_LOCATION, "SetROI", _DO, _ALL, place=True),
    CommandSpec(_C.DO_SET_ROI_WPNEXT_OFFSET, "SetROIWPNextOffset", _DO, output=_RECORDED, fitted_by=_GIMBAL),
    CommandSpec(_C.DO_SET_ROI_NONE, "SetROI", _DO, _ALL),
    CommandSpec(_C.DO_SET_ROI_SYSID, "SetROISysID", _DO, output=_RECORDED, fitted_by=_GIMBAL),
    CommandSpec(_C.DO_SET_ROI, "SetROI", _DO, _ALL, place=True),
    CommandSpec(_C.DO_DIGICAM_CONFIGURE, "DigiCamCfg", _DO, output=_RECORDED),
    CommandSpec(_C.DO_DIGICAM_CONTROL, "DigiCamCtrl", _DO, _ALL, output=_RECORDED),
    CommandSpec(_C.DO_MOUNT_CONFIGURE, "MountConfigure", _DO, output=_RECORDED, fitted_by=_GIMBAL),
    CommandSpec(_C.DO_MOUNT_CONTROL, "MountControl", _DO, output=_RECORDED, fitted_by=_GIMBAL),
    CommandSpec(_C.DO_SET_CAM_TRIGG_DIST, "SetCamTrigDst", _DO, _ALL, (_P(1, "distance", "m"),), output=_RECORDED),
    CommandSpec(_C.DO_FENCE_ENABLE, "FenceEnable", _DO, _ALL, _ON),
    CommandSpec(_C.DO_PARACHUTE, "Parachute", _DO, _HEIGHT, (_P(1, "0: off, 1: on, 2: release"),), output=_SET),
    CommandSpec(_C.DO_INVERTED_FLIGHT, "InvertedFlight", _DO),
    CommandSpec(_C.DO_GRIPPER, "Gripper", _DO, _ALL, (_P(1, "gripper"), _P(2, "action")), output=_RECORDED),
    CommandSpec(_C.DO_AUTOTUNE_ENABLE, "AutoTuneEnable", _DO),
    CommandSpec(_C.DO_SET_RESUME_REPEAT_DIST, "SetRepeatDist", _DO),
    CommandSpec(_C.DO_SPRAYER, "Sprayer", _DO, parameters=_ON, output=_SET, fitted_by=_SPRAYER),
    CommandSpec(_C.DO_SEND_SCRIPT_MESSAGE, "Scripting", _DO),
    CommandSpec(_C.DO_AUX_FUNCTION, "AuxFunction", _DO, _ALL, (_P(1, "function"), _P(2, "position"))),
    CommandSpec(
        _C.DO_GUIDED_LIMITS, "GuidedLimits", _DO, _ALL,
        (_P(1, "time", "s"), _P(2, "lowest", "m"), _P(3, "highest", "m"), _P(4, "distance", "m")),
    ),
    CommandSpec(_C.DO_ENGINE_CONTROL, "EngineControl", _DO),
    CommandSpec(_C.SET_CAMERA_MODE, "SetCameraMode", _DO, output=_RECORDED, fitted_by=_CAMERA),
    CommandSpec(_C.SET_CAMERA_ZOOM, "SetCameraZoom", _DO, output=_RECORDED, fitted_by=_CAMERA),
    CommandSpec(_C.SET_CAMERA_FOCUS, "SetCameraFocus", _DO, output=_RECORDED, fitted_by=_CAMERA),
    CommandSpec(_C.SET_CAMERA_SOURCE, "SetCameraSource", _DO, output=_RECORDED),
    CommandSpec(_C.JUMP_TAG, "Tag", Slot.MARK, _ALL, (_P(1, "tag"),)),
    CommandSpec(_C.DO_JUMP_TAG, "JumpToTag", Slot.JUMP, _ALL, (_P(1, "to tag"), _P(2, "times"))),
    CommandSpec(_C.DO_GIMBAL_MANAGER_CONFIGURE, "GimbalConfigure", _DO, output=_RECORDED, fitted_by=_GIMBAL),
    CommandSpec(_C.DO_GIMBAL_MANAGER_PITCHYAW, "GimbalPitchYaw", _DO, output=_RECORDED, fitted_by=_GIMBAL),
    CommandSpec(_C.IMAGE_START_CAPTURE, "ImageStartCapture", _DO, output=_RECORDED, fitted_by=_CAMERA),
    CommandSpec(_C.IMAGE_STOP_CAPTURE, "ImageStopCapture", _DO, output=_RECORDED, fitted_by=_CAMERA),
    CommandSpec(_C.VIDEO_START_CAPTURE, "VideoStartCapture", _DO, output=_RECORDED),
    CommandSpec(_C.VIDEO_STOP_CAPTURE, "VideoStopCapture", _DO, output=_RECORDED),
    CommandSpec(_C.DO_VTOL_TRANSITION, "VTOLTransition", _DO, _LIFT, (_P(1, "3: upright, 4: on wings"),)),
    CommandSpec(_C.NAV_FENCE_RETURN_POINT, "?", Slot.FENCE, place=True),
    CommandSpec(_C.NAV_FENCE_POLYGON_VERTEX_INCLUSION, "?", Slot.FENCE, parameters=_VERTICES, place=True),
    CommandSpec(_C.NAV_FENCE_POLYGON_VERTEX_EXCLUSION, "?", Slot.FENCE, parameters=_VERTICES, place=True),
    CommandSpec(_C.NAV_FENCE_CIRCLE_INCLUSION, "?", Slot.FENCE, parameters=_RADIUS, place=True),
    CommandSpec(_C.NAV_FENCE_CIRCLE_EXCLUSION, "?", Slot.FENCE, parameters=_RADIUS, place=True),
    CommandSpec(_C.NAV_RALLY_POINT, "?", Slot.RALLY, place=True),
    CommandSpec(
        _C.DO_WINCH, "Winch", _DO,
        parameters=(_P(1, "winch"), _P(2, "action"), _P(3, "length", "m"), _P(4, "rate", "m/s")), output=_SET,
        fitted_by=_WINCH,
    ),
)  # fmt: skip

_SPECS: Final = {int(row.command): row for row in _ROWS}
SPECS: Final = MappingProxyType(_SPECS)
"""By command. What stands here is kept by an upload: every command that ArduPilot's common mission code keeps, plus the
camera and gimbal commands that plans for PX4 carry, and those of installed packages. Others are refused (DO_SET_MODE
and DO_CONTROL_VIDEO too, as there)."""


def _of(plan: MissionType) -> frozenset[int]:
    return frozenset(command for command, row in SPECS.items() if row.plan is plan)


PLANS: Final = (MissionType.MISSION, MissionType.FENCE, MissionType.RALLY)
"""The plans that a vehicle has."""
KNOWN_COMMANDS: Final = _of(MissionType.MISSION)
FENCE_COMMANDS: Final = _of(MissionType.FENCE)
RALLY_COMMANDS: Final = _of(MissionType.RALLY)

_LARGEST: Final = 0xFFFF
_NAV_LAST: Final = int(Cmd.NAV_LAST)  # asked at every step of a mission: a plain int
_BEYOND_NAV_LAST: Final = {c for c, row in SPECS.items() if row.slot is Slot.NAV and c > Cmd.NAV_LAST}
_WITH_PLACE: Final = {command for command, row in SPECS.items() if row.place}
_JUMPS: Final = frozenset(command for command, row in SPECS.items() if row.slot is Slot.JUMP)
_OWN: Final = _JUMPS | {command for command, row in SPECS.items() if row.slot is Slot.MARK}


def add_own(spec: CommandSpec) -> None:
    """A command of an installed package, for all vehicles of this process: which packages are installed does not change
    while it runs. ValueError for a number that a vehicle here carries out already, or that no NAV or DO item can have
    (seed 001: up to 95 they are NAV items)."""
    known = _SPECS.get(spec.command)
    if known == spec:
        return
    if known is not None and known.needs is not None:
        raise ValueError(f"mission command {spec.command} is {known.name}")
    nav = spec.slot is Slot.NAV
    if spec.slot not in (Slot.NAV, Slot.DO) or not 0 < spec.command <= _LARGEST or (spec.command <= _NAV_LAST) > nav:
        raise ValueError(f"mission command {spec.command}: a number from 1 to {_LARGEST}, NAV (up to 95 always) or DO")
    _SPECS[spec.command] = spec
    for group, within in ((_BEYOND_NAV_LAST, nav and spec.command > _NAV_LAST), (_WITH_PLACE, spec.place)):
        group.add(spec.command) if within else group.discard(spec.command)


def spec_of(command_id: int) -> CommandSpec | None:
    """The row of a command; None when no plan holds it."""
    return SPECS.get(command_id)


def is_fitted(command_id: int, param: Callable[[str], float]) -> bool:
    """True when a vehicle with these parameters has the equipment that a command is for."""
    row = SPECS.get(command_id)
    return row is not None and row.fitted_by != "" and param(row.fitted_by) != 0.0


def is_nav_command(command_id: int) -> bool:
    """Seed 001: ids up to MAV_CMD_NAV_LAST (95) are NAV, all others DO."""
    return command_id <= _NAV_LAST


def cmd_has_location(command_id: int) -> bool:
    """Seed 001's helper, kept as it is there. Use `has_position` for anything that reads x and y."""
    return is_nav_command(command_id)


def drives_navigation(command_id: int) -> bool:
    """True when the command takes the NAV slot. The seed's rule and the three commands that ArduPilot counts
    besides."""
    return command_id <= _NAV_LAST or command_id in _BEYOND_NAV_LAST


def has_position(command_id: int) -> bool:
    """Are x and y latitude and longitude? (mission, fence and rally commands)"""
    return command_id in _WITH_PLACE


def is_jump(command_id: int) -> bool:
    """DO_JUMP and DO_JUMP_TAG: handled by the sequencer, never given to the executor."""
    return command_id in _JUMPS


def is_do_item(command_id: int) -> bool:
    """True for an item of the DO slot: neither NAV nor handled by the sequencer itself (jumps and marks)."""
    return not (drives_navigation(command_id) or command_id in _OWN)


def command_name(command_id: int) -> str:
    """The short name in "Mission: <index> <name>"; "?" when there is none."""
    row = SPECS.get(command_id)
    return "?" if row is None else row.name
