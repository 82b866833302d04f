"""A kind of vehicle: all differences between copter, rover, boat and plane, as data in one object for each.

Other code does not ask for the kind. It asks what the kind *can do* (does it fly, does it hover, does it drive
backwards), or takes tables, names, units and texts from here. Sources: ArduPilot ArduCopter and Rover, 4.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from math import copysign, inf
from typing import Final

from autopilot.interface.records import dataclass, field
from autopilot.mav import StandardMode
from autopilot.mission.commands import Ability, spec_of
from autopilot.parameters.parameter_set import ParameterSet
from autopilot.vehicles.mode_table import ModeKind, ModeSpec

#: Parameters of a flight controller that matter for every kind.
COMMON_MIRRORED: Final = (
    "FENCE_ENABLE", "FENCE_TYPE", "FENCE_RADIUS", "FENCE_MARGIN", "FENCE_OPTIONS", "RALLY_LIMIT_KM", "RALLY_INCL_HOME",
)  # fmt: skip


class FailsafeAction(Enum):
    """Actions of failsafes; the value is the name in texts."""

    NONE = ""
    LAND = "LAND"
    RTL = "RTL"
    QRTL = "QRTL"
    SMART_RTL_OR_RTL = "SMART_RTL"
    SMART_RTL_OR_STOP = "SMART_RTL or stop"  # stop: land, or hold
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
    PARACHUTE = "PARACHUTE"


@dataclass(frozen=True, slots=True)
class Modes:
    """Modes by ArduPilot's numbers; None if the kind has no such mode. `known`: all of ArduPilot's; `specs`: those that
    are flown. `stop`: ends a flight in place (LAND, HOLD). `at_rest`: the vehicle always stands in it. `landing`: modes
    that may come down to the ground. `switches`: mode by auxiliary function. `after_mission`: mode by MIS_DONE_BEHAVE.
    `of_flights`: modes that the flight manager itself enters. `with_throttle_up`: modes that allow arming with raised
    throttle."""

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
    """Stays in place in the air, moved by sticks; the mode for NAV_LOITER_UNLIM as a command."""
    height_hold: int | None = None
    at_rest: int | None = None
    landing: frozenset[int] = frozenset()
    hovering: frozenset[int] = frozenset()
    """Modes in which sticks fly the lift motors of wings."""
    at_own_speed: frozenset[int] = frozenset()
    """Modes that move by themselves, but to whose speed a raised throttle of wings, rovers and boats adds nothing."""
    after_mission: Mapping[int, int] = field(default_factory=dict)
    with_throttle_up: frozenset[int] | None = None
    standard: Mapping[StandardMode, int] = field(default_factory=dict)
    """Modes equal to one of MAVLink's standard modes."""

    @property
    def autos(self) -> tuple[int, ...]:
        """Modes that fly the mission."""
        return (self.auto,) if self.landing_sequence is None else (self.auto, self.landing_sequence)

    def name_of(self, number: int) -> str | None:
        """ArduPilot's name of a mode number, also of modes that are not flown; None if there is no such mode."""
        return next((mode.name for mode in self.known if mode.value == number), None)


@dataclass(frozen=True, slots=True)
class LastingModes:
    """Modes of wings that a loss does not change: `short` and `long` whatever FS_SHORT_ACTN or FS_LONG_ACTN is, the
    others only if it is 0."""

    short: frozenset[int] = frozenset()
    short_by_choice: frozenset[int] = frozenset()
    long: frozenset[int] = frozenset()
    long_by_choice: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FailsafeTables:
    """Tables of failsafe actions. `modes`: modes that an action tries in turn; `text_instead`: text if its first mode
    cannot be entered. The others are by BATT_FS_*_ACT, FS_GCS_ENABLE, FS_THR_ENABLE (or FS_ACTION for both) and
    FENCE_ACTION. `far_outside`: action from 100 m outside the fence, whatever FENCE_ACTION is; None: that of
    FENCE_ACTION."""

    modes: Mapping[FailsafeAction, tuple[int, ...]]
    battery: Mapping[int, FailsafeAction]
    ground_station: Mapping[int, FailsafeAction]
    radio: Mapping[int, FailsafeAction]
    fence: Mapping[int, FailsafeAction]
    far_outside: FailsafeAction | None
    radio_otherwise: FailsafeAction = FailsafeAction.LAND
    """Action for a value of FS_THR_ENABLE that is not in `radio`."""
    least_urgent: FailsafeAction | None = None
    """Action of a low battery that any action of a critical one replaces."""
    text_instead: Mapping[FailsafeAction, str] = field(default_factory=dict)
    lasting: LastingModes = LastingModes()


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts in which firmwares differ. `prearm`, `arm`, `disarm`: prefixes of reasons for a refusal. `armed`,
    `disarmed`: empty for no text. `not_armable` may name the mode. `no_mission`: text before AUTO is refused without a
    mission. `leaning`: reason not to arm a vehicle that has fallen over. `mission_complete`: text at its end.
    `auto_disarmed`: text after a finished landing."""

    armed: str
    disarmed: str
    estimator_cleared: str
    prearm: str = "PreArm: "
    arm: str = "Arm: "
    disarm: str = "Disarm: "
    not_armable: str = "{mode} mode not armable"
    leaning: str = "Leaning"
    no_mission: str | None = None
    mission_complete: str | None = None
    auto_disarmed: str | None = None
    transition_failed: str = "Transition failed, exceeded time limit"
    guided_arrival: bool = False
    """True if the end of a GUIDED target is announced."""
    reached_by_name: bool = False
    """True if the ends of a waypoint and of its hold time have their own texts, not "Reached command"."""


@dataclass(frozen=True, slots=True)
class ParameterUnit:
    """A parameter with its unit: `per` of the unit is one metre, or one metre per second; what acts is at least
    `least` m, or m/s. Instead of a size from 0 to `too_small` the default acts; 0: never. `sized`: only its size
    counts, without the sign."""

    name: str
    default: float
    per: float = 1.0
    least: float = -inf
    too_small: float = 0.0
    sized: bool = False

    def value(self, param: Callable[[str, float], float]) -> float:
        """m or m/s. `param` gives the value of a parameter, or its second argument if the vehicle does not have it."""
        given = param(self.name, self.default)
        if self.too_small > 0.0 and abs(given) / self.per <= self.too_small:
            given = copysign(self.default, given)
        return max((abs(given) if self.sized else given) / self.per, self.least)


LANDING_SPEED: Final = ParameterUnit("LAND_SPEED", 50.0, 100.0, sized=True)
"""Speed of the last part of a vertical landing."""


def first_value(measures: tuple[ParameterUnit, ...], param: Callable[[str, float], float]) -> float:
    """Value of the first that is not 0, m or m/s; 0 if there is none. `param`: as for `ParameterUnit.value`."""
    return next((value for measure in measures if (value := measure.value(param))), 0.0)


@dataclass(frozen=True, slots=True)
class LengthParameters:
    """Parameters of length and speed. Of several, the first that is not 0 counts (`first_value`)."""

    cruise: tuple[ParameterUnit, ...]
    acceptance: ParameterUnit
    circle_radius: ParameterUnit
    return_speed: ParameterUnit
    slowest: ParameterUnit | None = None
    """Limits of speed commands; a command outside changes nothing. None: no limit."""
    fastest: ParameterUnit | None = None
    climb: tuple[ParameterUnit, ...] = ()
    """Vertical speeds while its rotors carry it; empty: it has none."""
    descent: tuple[ParameterUnit, ...] = ()
    circle_acceleration: ParameterUnit | None = None
    """Acceleration that limits the speed on a circle; None: no extra limit."""
    largest_circle_m: float = inf
    """Largest radius of a circle in a mission, m."""


@dataclass(frozen=True, slots=True)
class ParameterCheck:
    """Check before arming: a parameter must be between `least` and `most`, else `complaint` (with its `{value}`) is
    announced."""

    name: str
    complaint: str
    least: float = -inf
    most: float = inf


@dataclass(frozen=True, slots=True)
class KindIdentity:
    """Identity of the vehicle for ground stations. `firmware`: first word of the first banner line; `frame`: the
    banner's text for its frame; `build`: ArduPilot's APM_BUILD; `documents`: its name in Mission Planner's parameter
    file."""

    vehicle_type: int
    firmware: str
    build: int
    documents: str
    frame: str | None = None
    vehicle_types: frozenset[int] = frozenset()
    """MAV_TYPE of real vehicles that are flown as this kind."""
    local_goal: bool = False
    """True if ArduPilot's firmware of this kind sends POSITION_TARGET_LOCAL_NED."""


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """A kind of vehicle. `name`: as in `--vehicle`.

    Questions that code may ask (`tests/contracts/test_questions_of_a_kind.py`): `flies`: it takes off and lands; other
    kinds are always on the ground. `hovers`: it can stand still in the air, climb straight up and fly any velocity,
    including zero. `lands_anywhere`: it can come down straight in place. `has_stall_speed`: in the air it is never
    slower than that. `turns_nose`: its heading is independent of its course. `reverses`: it can drive backwards.
    `keeps_targets_in_fence`: it refuses targets outside the fence. `drifts`: wind and current move it while its motors
    rest. `drives_through`: it does not stop between legs. `home_by_zeros`: DO_SET_HOME to 0, 0, 0 means the present
    place.

    `mode_switch`: parameter of the channel, and parameters of its six positions. `trail_look_ms`: period of SMART_RTL's
    trail.
    """

    name: str
    face: KindIdentity
    modes: Modes
    failsafes: FailsafeTables
    texts: Texts
    measures: LengthParameters
    parameters: ParameterSet
    mirrored: tuple[str, ...]
    """Parameters of a flight controller that the service uses."""
    mode_switch: tuple[str, tuple[str, ...]]
    trail_look_ms: int
    track_speeds: frozenset[int]
    """Values of DO_CHANGE_SPEED param1 that mean the speed along the track."""
    own_samples: tuple[str, ...]
    """DataFlash messages of this kind only: of any vehicle, and (below) of simulated ones only."""
    simulated_samples: tuple[str, ...]
    checks: tuple[ParameterCheck, ...] = ()
    """Checks of parameters before arming, for simulated vehicles, whatever ARMING_CHECK is."""
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
    """PX4 SITL's names (PX4_SIM_MODEL) with SIH, and with an external simulator; "": PX4 is not flown as this kind."""
    model: str = ""
    """ArduPilot SITL's name (`--model`), and (below) its program and build target (`./waf TARGET`)."""
    sitl_binary: str = ""
    sitl_target: str = ""

    @property
    def has_stall_speed(self) -> bool:
        """True for a vehicle that flies by wings alone."""
        return self.flies and not self.hovers

    def has(self, ability: Ability) -> bool:
        """True if the kind has what a mission command needs."""
        match ability:
            case Ability.ANY:
                return True
            case Ability.HEIGHT:
                return self.flies
            case Ability.HOVER:
                return self.hovers
            case Ability.STOP:
                return not self.has_stall_speed
            case Ability.WINGS:
                return self.has_stall_speed
            case Ability.UPRIGHT:
                return self.lands_anywhere
            case Ability.LIFT:
                return self.has_stall_speed and self.lands_anywhere
            case Ability.NOSE:
                return self.turns_nose
            case Ability.REVERSE:
                return self.reverses

    def navigates(self, spec: ModeSpec) -> bool:
        """True if a mode flies to places by itself as ArduPilot tells it: hovering by the sticks and landing are none
        for ArduPlane, attitudes that somebody sends none for ArduCopter."""
        if self.has_stall_speed and (spec.pilot or spec.landing):
            return False
        return spec.autopilot and spec.flown is not ModeKind.LEANING

    def takes(self, speed: float, param: Callable[[str, float], float]) -> bool:
        """True for a speed along the track within its limits, m/s. `param`: as for `ParameterUnit.value`."""
        slowest, fastest = self.measures.slowest, self.measures.fastest
        least, most = 0.0 if slowest is None else slowest.value(param), inf if fastest is None else fastest.value(param)
        return least <= speed <= most

    def carries_out(self, command: int) -> bool:
        """True if the kind carries out a mission item of this MAV_CMD, or skips it."""
        spec = spec_of(command)
        return spec is not None and spec.needs is not None and self.has(spec.needs)
