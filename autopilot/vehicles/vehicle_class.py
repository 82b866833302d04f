"""A kind of vehicle: all that differs between copter, rover and boat, as data, in one object for each.

Nothing else asks which kind it has. What a part of the autopilot does in its own way for some kinds it chooses by what
the kind *is* (does it have a height, does its nose turn by itself, does it drive backwards), or it takes the tables,
names, units and texts from here. Sources: ArduPilot ArduCopter and Rover, 4.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum
from math import inf
from typing import Final

from autopilot.interface.records import dataclass, field
from autopilot.mav import StandardMode
from autopilot.mission.commands import Ability, spec_of
from autopilot.parameters.parameter_set import ParameterSet
from autopilot.vehicles.mode_table import ModeSpec

#: Parameters of a flight controller that decide for every kind.
COMMON_MIRRORED: Final = (
    "FENCE_ENABLE", "FENCE_TYPE", "FENCE_RADIUS", "FENCE_MARGIN", "FENCE_OPTIONS", "RALLY_LIMIT_KM", "RALLY_INCL_HOME",
)  # fmt: skip


class FailsafeAction(Enum):
    """Actions of failsafes. The value names it in texts."""

    NONE = ""
    LAND = "LAND"
    RTL = "RTL"
    QRTL = "QRTL"
    SMART_RTL_OR_RTL = "SMART_RTL"
    SMART_RTL_OR_STOP = "SMART_RTL or stop"  # land, or hold
    LAND_SEQUENCE = "AUTO_RTL"
    BRAKE = "BRAKE"
    HOLD = "HOLD"
    LOITER = "LOITER"
    CIRCLE = "CIRCLE"
    FBWA = "FBWA"
    FBWB = "FBWB"
    AUTO = "AUTO"
    GUIDED = "GUIDED"
    AUTOLAND = "AUTOLAND"
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes by ArduPilot's numbers; None where the kind has no such mode. `known`: all that ArduPilot has; `specs`:
    those that are flown. `stop`: what ends a flight here and now (LAND, HOLD). `at_rest`: stands in it, however it is
    moved about. `landing`: those that may come down to the ground. `switches`: mode by auxiliary function;
    `after_mission`: by MIS_DONE_BEHAVE. `of_flights`: those that the flight manager itself takes. `with_throttle_up`:
    may be armed in with the throttle raised."""

    known: type[IntEnum]
    specs: Mapping[int, ModeSpec]
    initial: int
    auto: int
    guided: int
    rtl: int
    stop: int
    switches: Mapping[int, int]
    of_flights: frozenset[int]
    land: int | None = None
    landing_sequence: int | None = None
    loiter: int | None = None
    """Stays in the air where it is, as its sticks say: NAV_LOITER_UNLIM as a command."""
    height_hold: int | None = None
    at_rest: int | None = None
    landing: frozenset[int] = frozenset()
    hovering: frozenset[int] = frozenset()
    """Modes in which the sticks fly the lift motors of wings."""
    after_mission: Mapping[int, int] = field(default_factory=dict)
    with_throttle_up: frozenset[int] | None = None
    standard: Mapping[StandardMode, int] = field(default_factory=dict)
    """Modes that mean the same as one of MAVLink's standard modes, by that."""

    @property
    def autos(self) -> tuple[int, ...]:
        """Modes in which the mission is flown."""
        return (self.auto,) if self.landing_sequence is None else (self.auto, self.landing_sequence)

    def name_of(self, number: int) -> str | None:
        """ArduPilot's name of a mode number, also of modes that are not flown; None when there is no such mode."""
        return next((mode.name for mode in self.known if mode.value == number), None)


@dataclass(frozen=True, slots=True)
class FailsafeTables:
    """Tables of the failsafes' actions. `modes`: those that an action tries in turn; `said_instead`: when its first
    mode cannot be entered; then by BATT_FS_*_ACT, FS_GCS_ENABLE, FS_THR_ENABLE (or FS_ACTION for both) and
    FENCE_ACTION. `far_outside`: however the fence action says, from 100 m beyond it on."""

    modes: Mapping[FailsafeAction, tuple[int, ...]]
    battery: Mapping[int, FailsafeAction]
    ground_station: Mapping[int, FailsafeAction]
    radio: Mapping[int, FailsafeAction]
    fence: Mapping[int, FailsafeAction]
    far_outside: FailsafeAction
    radio_otherwise: FailsafeAction = FailsafeAction.LAND
    """By a number of FS_THR_ENABLE that is none of `radio`."""
    said_instead: Mapping[FailsafeAction, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Texts:
    """A firmware's words, where firmwares differ. `prearm`, `arm`, `disarm`: how it is said why not; `armed` and
    `disarmed` empty: nothing is said. `not_armable` may name the mode; `no_mission` is said before AUTO
    is refused without one; `mission_complete` at its end."""

    armed: str
    disarmed: str
    estimator_cleared: str
    prearm: str = "PreArm: "
    arm: str = "Arm: "
    disarm: str = "Disarm: "
    not_armable: str = "{mode} mode not armable"
    no_mission: str | None = None
    mission_complete: str | None = None
    transition_failed: str = "Transition failed, exceeded time limit"
    guided_arrival: bool = False
    """The end of a GUIDED target is told."""
    reached_by_name: bool = False
    """The end of a waypoint and of its hold time are told in words of their own, not as "Reached command"."""


@dataclass(frozen=True, slots=True)
class ParameterUnit:
    """A parameter with its unit: `per` of it are one metre, or one metre per second."""

    name: str
    default: float
    per: float = 1.0


@dataclass(frozen=True, slots=True)
class LengthParameters:
    """Parameters of length and speed. `cruise`: the first that is not 0."""

    cruise: tuple[ParameterUnit, ...]
    acceptance: ParameterUnit
    circle_radius: ParameterUnit
    return_speed: ParameterUnit
    slowest: ParameterUnit | None = None
    """Bounds of the speeds that are taken; one outside changes nothing. None: any is."""
    fastest: ParameterUnit | None = None
    circle_acceleration: ParameterUnit | None = None
    """Measure that bounds the speed round a circle; None: no limit of its own."""
    largest_circle_m: float = inf
    """A circle of a mission is flown no larger."""


@dataclass(frozen=True, slots=True)
class ParameterCheck:
    """Check before arming: a parameter is from `least` to `most`, or `complaint` (with its `{value}`) is said."""

    name: str
    complaint: str
    least: float = -inf
    most: float = inf


@dataclass(frozen=True, slots=True)
class KindIdentity:
    """Identity of the vehicle for ground stations. `firmware`: the name that the first banner line begins with;
    `frame`: what it says of its frame; `build`: ArduPilot's APM_BUILD; `documents`: its name in Mission Planner's
    parameter file."""

    vehicle_type: int
    firmware: str
    build: int
    documents: str
    frame: str | None = None
    vehicle_types: frozenset[int] = frozenset()
    """MAV_TYPE of the real vehicles that are flown as this kind."""
    local_goal: bool = False
    """ArduPilot's firmware of this kind tells POSITION_TARGET_LOCAL_NED."""


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """A kind of vehicle. `name`: as `--vehicle` has it.

    The questions that code may ask of it (`tests/contracts/test_questions_of_a_kind.py`): `flies`: it takes off and
    lands; what does not fly is always on the ground. `hovers`: it stands still in the air, climbs straight up and flies
    any velocity, zero too. `lands_anywhere`: it comes down straight where it is. `has_stall_speed`: in the air it never
    goes slower than that. `turns_nose`: its heading does not bind the way that it goes. `reverses`: it drives backwards
    when told to. `keeps_targets_in_fence`: no target beyond the fence is taken. `drifts`: wind and current move it
    while its motors rest. `drives_through`: a leg goes on into whatever place comes next. `home_by_zeros`: DO_SET_HOME
    to 0, 0, 0 means here.

    `mode_switch`: the channel parameter and those of its six positions. `trail_look_ms`: how often SMART_RTL's trail is
    looked at."""

    name: str
    face: KindIdentity
    modes: Modes
    failsafes: FailsafeTables
    texts: Texts
    measures: LengthParameters
    parameters: ParameterSet
    mirrored: tuple[str, ...]
    """Parameters of a flight controller that the service flies by."""
    mode_switch: tuple[str, tuple[str, ...]]
    trail_look_ms: int
    track_speeds: frozenset[int]
    """DO_CHANGE_SPEED param1 that means the speed along the track."""
    own_samples: tuple[str, ...]
    """DataFlash messages of this kind alone: known of any vehicle, and (below) of a simulated one only."""
    simulated_samples: tuple[str, ...]
    checks: tuple[ParameterCheck, ...] = ()
    """Checks before arming of a simulated vehicle's own parameters, whatever ARMING_CHECK says."""
    flies: bool = False
    hovers: bool = False
    lands_anywhere: bool = False
    turns_nose: bool = False
    reverses: bool = False
    keeps_targets_in_fence: bool = False
    drives_through: bool = False
    drifts: bool = False
    home_by_zeros: bool = False
    sih_model: str = ""
    hil_model: str = ""
    """Names in PX4 SITL (PX4_SIM_MODEL) with SIH, and for a simulator elsewhere; "": PX4 is not flown as this kind."""
    model: str = ""
    """Name in ArduPilot SITL (`--model`), and (below) its program, and how that is built (`./waf TARGET`)."""
    sitl_binary: str = ""
    sitl_target: str = ""

    @property
    def has_stall_speed(self) -> bool:
        """True for a vehicle that flies by wings alone."""
        return self.flies and not self.hovers

    def has(self, ability: Ability) -> bool:
        """True when the kind has what a mission command needs."""
        match ability:
            case Ability.ANY:
                return True
            case Ability.HEIGHT:
                return self.flies
            case Ability.HOVER:
                return self.hovers
            case Ability.WINGS:
                return self.has_stall_speed
            case Ability.LIFT:
                return self.has_stall_speed and self.lands_anywhere
            case Ability.NOSE:
                return self.turns_nose
            case Ability.REVERSE:
                return self.reverses

    def carries_out(self, command: int) -> bool:
        """True when the kind does a mission item of this MAV_CMD, or passes over it."""
        spec = spec_of(command)
        return spec is not None and spec.needs is not None and self.has(spec.needs)
