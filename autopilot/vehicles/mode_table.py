"""The flight modes with ArduPilot's numbers, and their requirements.

Source: docs/reference/ground-stations.md, 1.3, 3.4; ArduPilot ArduCopter/mode.h, Rover/mode.h, ArduPlane/mode.h.
ArduPilot's modes that Sortie does not fly are in the enumerations, so that a refusal can name them.
"""

from __future__ import annotations

from enum import Enum, IntEnum, IntFlag
from typing import Final

from autopilot.interface.records import dataclass


class CopterMode(IntEnum):
    """HEARTBEAT.custom_mode of ArduCopter."""

    STABILIZE = 0
    ACRO = 1
    ALT_HOLD = 2
    AUTO = 3
    GUIDED = 4
    LOITER = 5
    RTL = 6
    CIRCLE = 7
    LAND = 9
    DRIFT = 11
    SPORT = 13
    FLIP = 14
    AUTOTUNE = 15
    POSHOLD = 16
    BRAKE = 17
    THROW = 18
    AVOID_ADSB = 19
    GUIDED_NOGPS = 20
    SMART_RTL = 21
    FLOWHOLD = 22
    FOLLOW = 23
    ZIGZAG = 24
    SYSTEMID = 25
    AUTOROTATE = 26
    AUTO_RTL = 27
    TURTLE = 28


class RoverMode(IntEnum):
    """HEARTBEAT.custom_mode of Rover."""

    MANUAL = 0
    ACRO = 1
    STEERING = 3
    HOLD = 4
    LOITER = 5
    FOLLOW = 6
    SIMPLE = 7
    DOCK = 8
    CIRCLE = 9
    AUTO = 10
    RTL = 11
    SMART_RTL = 12
    GUIDED = 15
    INITIALISING = 16


class PlaneMode(IntEnum):
    """HEARTBEAT.custom_mode of ArduPlane."""

    MANUAL = 0
    CIRCLE = 1
    STABILIZE = 2
    TRAINING = 3
    ACRO = 4
    FBWA = 5
    FBWB = 6
    CRUISE = 7
    AUTOTUNE = 8
    AUTO = 10
    RTL = 11
    LOITER = 12
    TAKEOFF = 13
    AVOID_ADSB = 14
    GUIDED = 15
    INITIALISING = 16
    QSTABILIZE = 17
    QHOVER = 18
    QLOITER = 19
    QLAND = 20
    QRTL = 21
    QAUTOTUNE = 22
    QACRO = 23
    THERMAL = 24
    LOITER_ALT_QLAND = 25
    AUTOLAND = 26


class LiftOption(IntFlag):
    """Bits of Q_OPTIONS that something reads."""

    LEVEL_TRANSITION = 1 << 0
    TAKEOFF_ON_WINGS = 1 << 1
    LAND_ON_WINGS = 1 << 2
    TAKEOFF_BY_FRAME = 1 << 3
    CIRCLE_FIRST = 1 << 4
    HOVERING_QRTL = 1 << 5
    ASSIST_ALWAYS = 1 << 7
    SPOOL_DELAY = 1 << 11
    LEANS_FREELY = 1 << 14
    THROTTLE_LANDS = 1 << 15
    NO_APPROACH = 1 << 16
    LANDING_MOVES = 1 << 17
    ARM_UPRIGHT = 1 << 18
    HOVERING_RTL = 1 << 20


class TerrainFollow(IntFlag):
    """Bits of TERRAIN_FOLLOW that something reads: the modes of planes that keep their height above the ground."""

    ALL_MODES = 1 << 0
    RTL = 1 << 4
    LOITER = 1 << 7
    QLAND = 1 << 10
    AUTOLAND = 1 << 12


class ModeKind(Enum):
    """Ways of flying a mode; `autopilot.modes.build` makes one object for each."""

    STABILIZE = "angles, throttle direct"
    ALT_HOLD = "angles, the throttle is a climb rate"
    POSITION = "velocities, the throttle is a climb rate"
    TRAINED_RATES = "body rates, level where the sticks are centred"
    MANUAL = "steering and throttle direct"
    STEERING = "lateral acceleration and speed"
    POINTED = "to the side that the sticks point to, as fast as they are moved"
    BOUNDED = "control surfaces and throttle direct, bank and pitch within their limits"
    ANGLES = "bank and pitch within their limits, throttle direct"
    CLIMB_AND_SPEED = "bank, climb rate and airspeed"
    TRACK = "the track over the ground that it has, climb rate and airspeed"
    TURN_RATE = "turn rate and speed"
    STOP = "stops and stays there"
    STAY = "stays where it is, against what moves it"
    MISSION = "the mission"
    TARGETS = "targets that somebody sends"
    RETURN = "home, or to a rally point"
    RETRACE_FLYING = "back along the way it came, through the air"
    RETRACE_DRIVING = "back along the way it came, on the ground"
    CIRCLE_FLYING = "round a point, through the air"
    CIRCLE_DRIVING = "round a point, on the ground"
    LAND = "down to the ground"
    HOVER = "angles on lift motors, throttle direct"
    VERTICAL_RETURN = "home, and straight down"
    VERTICAL_FROM_CIRCLE = "down in a circle, and then straight"
    BANKED = "round and round at a bank, wherever the wind takes it"
    TAKEOFF = "off the ground and round a place ahead"
    APPROACH = "down to home by a glide slope"
    EVADE = "away from other aircraft"
    FOLLOW = "beside a vehicle that leads"
    FLIP = "once round, and back into the mode before"
    THROW = "thrown or dropped, and caught by its motors"
    DRIFT = "the roll stick turns and the lean follows, throttle direct"
    LEANING = "angles and a climb rate that somebody sends"
    ROWS = "by the sticks, and along rows between two places"


@dataclass(frozen=True, slots=True)
class ModeSpec:
    """Flight mode and its properties. `position`: it needs a position estimate; `velocity`: it needs one to begin.
    `arming`: the vehicle may be armed in it. `pilot`: the sticks fly. `autopilot`: it flies by itself (HEARTBEAT bit 8,
    and altitude and position control in SYS_STATUS). `speeds`: DO_CHANGE_SPEED sets its speed. `landing`: it brings the
    vehicle down. `label`: its name in ArduPilot's texts, if different. `flown`: how it is flown, None for a mode of a
    package."""

    number: int
    name: str
    position: bool = False
    velocity: bool = False
    arming: bool = False
    pilot: bool = False
    manual_throttle: bool = False
    autopilot: bool = False
    speeds: bool = False
    landing: bool = False
    label: str = ""
    flown: ModeKind | None = None

    @property
    def needs_fix(self) -> bool:
        """True if entering it and arming in it need a position estimate."""
        return self.position or self.velocity

    @property
    def title(self) -> str:
        """Name of the mode in texts."""
        return self.label or self.name


_C = CopterMode
_P = PlaneMode
_R = RoverMode
_F = ModeKind

COPTER_MODES: Final[dict[int, ModeSpec]] = {
    spec.number: spec
    for spec in (
        ModeSpec(_C.STABILIZE, "STABILIZE", arming=True, pilot=True, manual_throttle=True, flown=_F.STABILIZE),
        ModeSpec(_C.ACRO, "ACRO", arming=True, pilot=True, manual_throttle=True, flown=_F.TRAINED_RATES),
        ModeSpec(_C.ALT_HOLD, "ALT_HOLD", arming=True, pilot=True, flown=_F.ALT_HOLD),
        ModeSpec(_C.AUTO, "AUTO", position=True, autopilot=True, speeds=True, flown=_F.MISSION),
        ModeSpec(_C.GUIDED, "GUIDED", position=True, arming=True, autopilot=True, speeds=True, flown=_F.TARGETS),
        ModeSpec(_C.LOITER, "LOITER", position=True, arming=True, pilot=True, autopilot=True, flown=_F.POSITION),
        ModeSpec(_C.RTL, "RTL", position=True, autopilot=True, speeds=True, flown=_F.RETURN),
        ModeSpec(_C.CIRCLE, "CIRCLE", position=True, autopilot=True, flown=_F.CIRCLE_FLYING),
        ModeSpec(_C.LAND, "LAND", autopilot=True, landing=True, flown=_F.LAND),
        ModeSpec(_C.DRIFT, "DRIFT", position=True, arming=True, pilot=True, manual_throttle=True, flown=_F.DRIFT),
        ModeSpec(_C.FLIP, "FLIP", flown=_F.FLIP),
        ModeSpec(_C.POSHOLD, "POSHOLD", position=True, arming=True, pilot=True, autopilot=True, flown=_F.POSITION),
        ModeSpec(_C.BRAKE, "BRAKE", position=True, autopilot=True, flown=_F.STOP),
        ModeSpec(_C.THROW, "THROW", position=True, arming=True, flown=_F.THROW),
        ModeSpec(_C.AVOID_ADSB, "AVOID_ADSB", position=True, autopilot=True, speeds=True, flown=_F.EVADE),
        ModeSpec(_C.GUIDED_NOGPS, "GUIDED_NOGPS", arming=True, autopilot=True, speeds=True, flown=_F.LEANING),
        ModeSpec(
            _C.SMART_RTL,
            "SMART_RTL",
            position=True,
            autopilot=True,
            speeds=True,
            label="SMARTRTL",
            flown=_F.RETRACE_FLYING,
        ),
        ModeSpec(_C.FOLLOW, "FOLLOW", position=True, autopilot=True, speeds=True, flown=_F.FOLLOW),
        ModeSpec(_C.ZIGZAG, "ZIGZAG", position=True, arming=True, pilot=True, autopilot=True, flown=_F.ROWS),
        ModeSpec(_C.AUTO_RTL, "AUTO_RTL", position=True, autopilot=True, speeds=True, flown=_F.MISSION),
    )
}
ROVER_MODES: Final[dict[int, ModeSpec]] = {
    spec.number: spec
    for spec in (
        ModeSpec(_R.MANUAL, "MANUAL", arming=True, pilot=True, manual_throttle=True, flown=_F.MANUAL),
        ModeSpec(_R.ACRO, "ACRO", velocity=True, arming=True, pilot=True, flown=_F.TURN_RATE),
        ModeSpec(_R.STEERING, "STEERING", velocity=True, arming=True, pilot=True, flown=_F.STEERING),
        ModeSpec(_R.HOLD, "HOLD", arming=True, flown=_F.STOP),
        ModeSpec(_R.LOITER, "LOITER", position=True, arming=True, autopilot=True, flown=_F.STAY),
        ModeSpec(_R.FOLLOW, "FOLLOW", position=True, arming=True, autopilot=True, speeds=True, flown=_F.FOLLOW),
        ModeSpec(_R.SIMPLE, "SIMPLE", position=True, arming=True, pilot=True, flown=_F.POINTED),
        ModeSpec(_R.CIRCLE, "CIRCLE", position=True, arming=True, autopilot=True, speeds=True, flown=_F.CIRCLE_DRIVING),
        ModeSpec(_R.AUTO, "AUTO", position=True, arming=True, autopilot=True, speeds=True, flown=_F.MISSION),
        ModeSpec(_R.RTL, "RTL", position=True, autopilot=True, speeds=True, flown=_F.RETURN),
        ModeSpec(_R.SMART_RTL, "SMART_RTL", position=True, autopilot=True, speeds=True, flown=_F.RETRACE_DRIVING),
        ModeSpec(_R.GUIDED, "GUIDED", position=True, arming=True, autopilot=True, speeds=True, flown=_F.TARGETS),
    )
}
PLANE_MODES: Final[dict[int, ModeSpec]] = {
    spec.number: spec
    for spec in (
        ModeSpec(_P.MANUAL, "MANUAL", arming=True, pilot=True, manual_throttle=True, flown=_F.MANUAL),
        ModeSpec(_P.CIRCLE, "CIRCLE", arming=True, autopilot=True, flown=_F.BANKED),
        ModeSpec(_P.STABILIZE, "STABILIZE", arming=True, pilot=True, manual_throttle=True, flown=_F.STABILIZE),
        ModeSpec(_P.TRAINING, "TRAINING", arming=True, pilot=True, manual_throttle=True, flown=_F.BOUNDED),
        ModeSpec(_P.ACRO, "ACRO", arming=True, pilot=True, manual_throttle=True, flown=_F.TURN_RATE),
        ModeSpec(
            _P.FBWA, "FBWA", arming=True, pilot=True, manual_throttle=True, label="FLY_BY_WIRE_A", flown=_F.ANGLES
        ),
        ModeSpec(_P.FBWB, "FBWB", arming=True, pilot=True, label="FLY_BY_WIRE_B", flown=_F.CLIMB_AND_SPEED),
        ModeSpec(_P.CRUISE, "CRUISE", arming=True, pilot=True, flown=_F.TRACK),
        ModeSpec(_P.AUTO, "AUTO", position=True, arming=True, autopilot=True, speeds=True, flown=_F.MISSION),
        ModeSpec(_P.RTL, "RTL", position=True, autopilot=True, flown=_F.RETURN),
        ModeSpec(_P.LOITER, "LOITER", position=True, arming=True, autopilot=True, flown=_F.STOP),
        ModeSpec(_P.TAKEOFF, "TAKEOFF", position=True, arming=True, autopilot=True, flown=_F.TAKEOFF),
        ModeSpec(_P.AVOID_ADSB, "AVOID_ADSB", position=True, autopilot=True, flown=_F.EVADE),
        ModeSpec(_P.GUIDED, "GUIDED", position=True, arming=True, autopilot=True, speeds=True, flown=_F.TARGETS),
        ModeSpec(_P.AUTOLAND, "AUTOLAND", position=True, arming=True, autopilot=True, flown=_F.APPROACH),
    )
}
_ON_WINGS: Final = {number: spec for number, spec in PLANE_MODES.items() if number != _P.AUTOLAND}
QUADPLANE_MODES: Final[dict[int, ModeSpec]] = _ON_WINGS | {
    spec.number: spec
    for spec in (
        ModeSpec(_P.QSTABILIZE, "QSTABILIZE", arming=True, pilot=True, manual_throttle=True, flown=_F.HOVER),
        ModeSpec(_P.QHOVER, "QHOVER", arming=True, pilot=True, flown=_F.ALT_HOLD),
        ModeSpec(_P.QLOITER, "QLOITER", position=True, arming=True, pilot=True, autopilot=True, flown=_F.POSITION),
        ModeSpec(_P.QLAND, "QLAND", autopilot=True, landing=True, flown=_F.LAND),
        ModeSpec(_P.QRTL, "QRTL", position=True, autopilot=True, flown=_F.VERTICAL_RETURN),
        ModeSpec(_P.LOITER_ALT_QLAND, "LOITER_ALT_QLAND", position=True, autopilot=True, flown=_F.VERTICAL_FROM_CIRCLE),
    )
}
