"""The plane: ArduPlane's modes, failsafes, names and units. It takes off and lands along the ground."""

from __future__ import annotations

from typing import Final

from autopilot.mav import SpeedType, StandardMode, VehicleType
from autopilot.parameters.aliases import aliases
from autopilot.parameters.parameter_set import ParameterSet
from autopilot.parameters.tables import simulated_defaults, table
from autopilot.vehicles.mode_table import PLANE_MODES, PlaneMode
from autopilot.vehicles.vehicle_class import (
    COMMON_MIRRORED,
    FailsafeAction,
    FailsafeTables,
    KindIdentity,
    LastingModes,
    LengthParameters,
    Modes,
    ParameterCheck,
    ParameterUnit,
    Texts,
    VehicleClass,
)

#: Groups of `autopilot.parameters.tables`, in the order of the parameters' indices.
_GROUPS: Final = """
identity gripper flight_manager statistics logs sensors terrain relay remote_id authorization light buttons button link
generator engine parachute landing_gear radio radio_loss radio_channel
plane_mode_switch plane_start plane_navigation plane_speeds plane_takeoff plane_landing plane_control airspeed
range_finder arming mission rally fence plane_fence failsafes plane_failsafes wind battery
traffic output passthrough simulation wings camera mount advanced_failsafe
"""
_P = PlaneMode

_MODES: Final = Modes(
    known=PlaneMode,
    specs=PLANE_MODES,
    initial=_P.MANUAL,
    auto=_P.AUTO,
    guided=_P.GUIDED,
    rtl=_P.RTL,
    stop=_P.AUTOLAND,
    loiter=_P.LOITER,
    landing=frozenset({_P.AUTOLAND}),
    at_own_speed=frozenset({_P.CIRCLE, _P.AVOID_ADSB, _P.GUIDED}),
    with_throttle_up=frozenset(),
    of_flights=frozenset({_P.AUTO, _P.GUIDED, _P.AUTOLAND}),
    switches={
        4: _P.RTL, 16: _P.AUTO, 51: _P.MANUAL, 52: _P.ACRO, 55: _P.GUIDED, 56: _P.LOITER, 72: _P.CIRCLE, 77: _P.TAKEOFF,
        92: _P.FBWA, 98: _P.TRAINING, 150: _P.CRUISE, 183: _P.AUTOLAND,
    },
    standard={
        StandardMode.ORBIT: _P.LOITER, StandardMode.CRUISE: _P.CRUISE, StandardMode.SAFE_RECOVERY: _P.RTL,
        StandardMode.MISSION: _P.AUTO, StandardMode.LAND: _P.AUTOLAND, StandardMode.TAKEOFF: _P.TAKEOFF,
    },
)  # fmt: skip

_FAILSAFES: Final = FailsafeTables(
    modes={
        FailsafeAction.RTL: (_P.RTL, _P.CIRCLE),
        FailsafeAction.CIRCLE: (_P.CIRCLE,),
        FailsafeAction.FBWA: (_P.FBWA,),
        FailsafeAction.FBWB: (_P.FBWB,),
        FailsafeAction.AUTO: (_P.AUTO, _P.RTL, _P.CIRCLE),
        FailsafeAction.AUTOLAND: (_P.AUTOLAND, _P.RTL, _P.CIRCLE),
        FailsafeAction.GUIDED: (_P.GUIDED, _P.CIRCLE),
        FailsafeAction.LAND_SEQUENCE: (_P.RTL, _P.CIRCLE),
    },
    battery={
        1: FailsafeAction.RTL,
        2: FailsafeAction.LAND_SEQUENCE,
        3: FailsafeAction.TERMINATE,
        4: FailsafeAction.LAND_SEQUENCE,
        5: FailsafeAction.PARACHUTE,
        6: FailsafeAction.LAND_SEQUENCE,
        7: FailsafeAction.AUTOLAND,
    },
    ground_station={
        0: FailsafeAction.RTL,
        1: FailsafeAction.RTL,
        2: FailsafeAction.FBWA,
        3: FailsafeAction.PARACHUTE,
        4: FailsafeAction.AUTO,
        5: FailsafeAction.AUTOLAND,
    },
    radio={1: FailsafeAction.CIRCLE, 2: FailsafeAction.FBWA, 4: FailsafeAction.FBWB},
    fence=dict.fromkeys(range(2, 6), FailsafeAction.NONE)
    | {1: FailsafeAction.RTL, 6: FailsafeAction.GUIDED, 7: FailsafeAction.GUIDED, 8: FailsafeAction.AUTOLAND},
    far_outside=None,
    radio_otherwise=FailsafeAction.CIRCLE,
    lasting=LastingModes(
        short=frozenset({_P.CIRCLE, _P.TAKEOFF, _P.RTL}),
        short_by_choice=frozenset({_P.AUTO, _P.AUTOLAND, _P.AVOID_ADSB, _P.GUIDED, _P.LOITER}),
        long=frozenset({_P.AUTOLAND}),
        long_by_choice=frozenset({_P.AUTO, _P.AVOID_ADSB, _P.GUIDED}),
    ),
)
"""`ground_station`: losses of any kind by FS_LONG_ACTN; `radio`: by FS_SHORT_ACTN."""

PLANE: Final = VehicleClass(
    name="plane",
    face=KindIdentity(
        vehicle_type=VehicleType.FIXED_WING,
        vehicle_types=frozenset({VehicleType.FIXED_WING}),
        firmware="ArduPlane",
        build=3,
        documents="ArduPlane",
    ),
    modes=_MODES,
    failsafes=_FAILSAFES,
    texts=Texts(
        armed="Throttle armed",
        disarmed="Throttle disarmed",
        estimator_cleared="EKF failsafe cleared",
        mission_complete="Mission complete, changing mode to RTL",
        auto_disarmed="Auto disarmed",
        guided_arrival=True,
    ),
    measures=LengthParameters(
        cruise=(ParameterUnit("AIRSPEED_CRUISE", 12.0),),
        acceptance=ParameterUnit("WP_RADIUS", 90.0),
        circle_radius=ParameterUnit("WP_LOITER_RAD", 60.0, too_small=1.0),
        return_speed=ParameterUnit("AIRSPEED_CRUISE", 12.0),
        slowest=ParameterUnit("AIRSPEED_MIN", 9.0),
        fastest=ParameterUnit("AIRSPEED_MAX", 22.0),
    ),
    parameters=ParameterSet(
        lines=table("plane", _GROUPS),
        aliases=aliases("common", "plane"),
        defaults=simulated_defaults("plane"),
    ),
    mirrored=(
        "AIRSPEED_CRUISE", "WP_RADIUS", "WP_LOITER_RAD", "RTL_ALTITUDE", "RTL_RADIUS", "RTL_AUTOLAND", "MIS_RESTART",
        "MIS_OPTIONS", "FENCE_ALT_MAX", "FENCE_ALT_MIN", *COMMON_MIRRORED,
    ),
    mode_switch=("FLTMODE_CH", ("FLTMODE1", "FLTMODE2", "FLTMODE3", "FLTMODE4", "FLTMODE5", "FLTMODE6")),
    trail_look_ms=2000,
    track_speeds=frozenset({SpeedType.AIRSPEED}),
    own_samples=(),
    simulated_samples=("WING_CTUN", "WING_NTUN", "TECS", "ARSP"),
    checks=(
        ParameterCheck("ROLL_LIMIT_DEG", "ROLL_LIMIT_DEG too small ({value:.1f})", least=3.0),
        ParameterCheck("PTCH_LIM_MAX_DEG", "PTCH_LIM_MAX_DEG too small ({value:.1f})", least=3.0),
        ParameterCheck("PTCH_LIM_MIN_DEG", "PTCH_LIM_MIN_DEG too large ({value:.1f})", most=-3.0),
        ParameterCheck("AIRSPEED_MIN", "AIRSPEED_MIN too low ({value:.0f} < 5)", least=5.0),
    ),
    flies=True,
    keeps_targets_in_fence=True,
    drives_through=True,
    sih_model="sihsim_airplane",
    hil_model="gazebo-classic_plane",
    model="plane",
    sitl_binary="arduplane",
    sitl_target="plane",
)  # fmt: skip
