"""The copter: ArduCopter's modes, failsafes, names and units."""

from __future__ import annotations

from typing import Final

from autopilot.mav import StandardMode, VehicleType
from autopilot.mission.state import TRACK_KINDS
from autopilot.parameters.aliases import aliases
from autopilot.parameters.parameter_set import ParameterSet
from autopilot.parameters.tables import table
from autopilot.vehicles.mode_table import COPTER_MODES, CopterMode
from autopilot.vehicles.vehicle_class import (
    COMMON_MIRRORED,
    FailsafeAction,
    FailsafeTables,
    KindIdentity,
    LengthParameters,
    Modes,
    ParameterUnit,
    Texts,
    VehicleClass,
)

#: Groups of `autopilot.parameters.tables`, in the order of the parameters' indices.
_GROUPS: Final = """
identity gripper flight_manager statistics logs sensors terrain relay remote_id authorization light buttons button link
generator parachute landing_gear sprayer winch radio radio_loss radio_channel
copter_mode_switch copter_frame copter_mission copter_return range_finder copter_range_finder placing
copter_pilot copter_control knobs throw weathervane follow follow_flying
arming mission rally fence copter_fence failsafes copter_failsafes wind battery trail
avoidance copter_avoidance proximity_sensor proximity_ignored proximity path_planning copter_proximity traffic
output passthrough simulation airframe camera landing_target mount shove show
"""
_C = CopterMode

_MODES: Final = Modes(
    known=CopterMode,
    specs=COPTER_MODES,
    initial=_C.STABILIZE,
    auto=_C.AUTO,
    guided=_C.GUIDED,
    rtl=_C.RTL,
    stop=_C.LAND,
    land=_C.LAND,
    loiter=_C.LOITER,
    landing_sequence=_C.AUTO_RTL,
    height_hold=_C.ALT_HOLD,
    landing=frozenset({_C.LAND, _C.RTL, _C.SMART_RTL, _C.AUTO_RTL}),
    with_throttle_up=frozenset({_C.GUIDED, _C.GUIDED_NOGPS, _C.AUTO}),
    of_flights=frozenset({_C.AUTO, _C.GUIDED, _C.LAND, _C.AUTO_RTL}),
    switches={
        2: _C.FLIP, 4: _C.RTL, 16: _C.AUTO, 18: _C.LAND, 33: _C.BRAKE, 37: _C.THROW, 42: _C.SMART_RTL, 52: _C.ACRO,
        55: _C.GUIDED, 56: _C.LOITER, 57: _C.FOLLOW, 60: _C.ZIGZAG, 68: _C.STABILIZE, 69: _C.POSHOLD,
        70: _C.ALT_HOLD, 72: _C.CIRCLE, 73: _C.DRIFT, 99: _C.AUTO_RTL,
    },
    standard={
        StandardMode.POSITION_HOLD: _C.LOITER, StandardMode.ORBIT: _C.CIRCLE, StandardMode.ALTITUDE_HOLD: _C.ALT_HOLD,
        StandardMode.SAFE_RECOVERY: _C.RTL, StandardMode.MISSION: _C.AUTO, StandardMode.LAND: _C.LAND,
    },
)  # fmt: skip

_FAILSAFES: Final = FailsafeTables(
    modes={
        FailsafeAction.LAND: (_C.LAND,),
        FailsafeAction.RTL: (_C.RTL, _C.LAND),
        FailsafeAction.SMART_RTL_OR_RTL: (_C.SMART_RTL, _C.RTL, _C.LAND),
        FailsafeAction.SMART_RTL_OR_STOP: (_C.SMART_RTL, _C.LAND),
        FailsafeAction.LAND_SEQUENCE: (_C.AUTO_RTL, _C.RTL, _C.LAND),
        FailsafeAction.BRAKE: (_C.BRAKE, _C.LAND),
    },
    battery={
        1: FailsafeAction.LAND,
        2: FailsafeAction.RTL,
        3: FailsafeAction.SMART_RTL_OR_RTL,
        4: FailsafeAction.SMART_RTL_OR_STOP,
        5: FailsafeAction.TERMINATE,
        6: FailsafeAction.LAND_SEQUENCE,
        7: FailsafeAction.BRAKE,
    },
    ground_station={
        1: FailsafeAction.RTL,
        2: FailsafeAction.RTL,
        3: FailsafeAction.SMART_RTL_OR_RTL,
        4: FailsafeAction.SMART_RTL_OR_STOP,
        5: FailsafeAction.LAND,
        6: FailsafeAction.LAND_SEQUENCE,
        7: FailsafeAction.BRAKE,
    },
    radio={
        1: FailsafeAction.RTL,
        2: FailsafeAction.RTL,
        3: FailsafeAction.LAND,
        4: FailsafeAction.SMART_RTL_OR_RTL,
        5: FailsafeAction.SMART_RTL_OR_STOP,
        6: FailsafeAction.LAND_SEQUENCE,
        7: FailsafeAction.BRAKE,
    },
    fence={
        1: FailsafeAction.RTL,
        2: FailsafeAction.LAND,
        3: FailsafeAction.SMART_RTL_OR_RTL,
        4: FailsafeAction.BRAKE,
        5: FailsafeAction.SMART_RTL_OR_STOP,
    },
    far_outside=FailsafeAction.LAND,
    least_urgent=FailsafeAction.LAND_SEQUENCE,  # not in ArduCopter's _failsafe_priorities
    text_instead={
        FailsafeAction.SMART_RTL_OR_RTL: "SmartRTL Unavailable, Trying RTL Mode",
        FailsafeAction.SMART_RTL_OR_STOP: "SmartRTL Unavailable, Using Land Mode",
        FailsafeAction.LAND_SEQUENCE: "Trying RTL Mode",
        FailsafeAction.BRAKE: "Trying Land Mode",
    },
)

COPTER: Final = VehicleClass(
    name="copter",
    face=KindIdentity(
        vehicle_type=VehicleType.QUADROTOR,
        vehicle_types=frozenset({
            VehicleType.QUADROTOR, VehicleType.COAXIAL, VehicleType.HELICOPTER, VehicleType.HEXAROTOR,
            VehicleType.OCTOROTOR, VehicleType.TRICOPTER, VehicleType.DODECAROTOR, VehicleType.DECAROTOR,
            VehicleType.GENERIC_MULTIROTOR,
        }),
        firmware="ArduCopter",
        build=2,
        documents="ArduCopter",
        frame="Frame: QUAD/X",
        local_goal=True,
    ),
    modes=_MODES,
    failsafes=_FAILSAFES,
    texts=Texts(armed="Arming motors", disarmed="Disarming motors", estimator_cleared="EKF Failsafe Cleared"),
    measures=LengthParameters(
        cruise=(ParameterUnit("WPNAV_SPEED", 1000.0, 100.0, least=0.1),),  # AC_WPNav.cpp, WPNAV_WP_SPEED_MIN_CMS
        climb=(ParameterUnit("WPNAV_SPEED_UP", 250.0, 100.0),),
        descent=(ParameterUnit("WPNAV_SPEED_DN", 150.0, 100.0, sized=True),),  # AC_WPNav.h, get_default_speed_down_cms
        acceptance=ParameterUnit("WPNAV_RADIUS", 200.0, 100.0, least=0.05),  # AC_WPNav.cpp, WPNAV_WP_RADIUS_MIN_CM
        circle_radius=ParameterUnit("CIRCLE_RADIUS", 1000.0, 100.0),
        circle_acceleration=ParameterUnit("WPNAV_ACCEL", 250.0, 100.0),
        return_speed=ParameterUnit("RTL_SPEED", 0.0, 100.0),
        largest_circle_m=2000.0,  # AC_Circle.h, AC_CIRCLE_RADIUS_MAX
    ),
    parameters=ParameterSet(
        lines=table("copter", _GROUPS),
        aliases=aliases("common", "copter"),
    ),
    mirrored=(
        "WPNAV_SPEED", "WPNAV_SPEED_UP", "WPNAV_SPEED_DN", "WPNAV_RADIUS", "WP_YAW_BEHAVIOR", "RTL_ALT", "RTL_SPEED",
        "RTL_CONE_SLOPE", "RTL_CLIMB_MIN", "RTL_LOIT_TIME", "RTL_ALT_FINAL", "LAND_SPEED", "CIRCLE_RADIUS",
        "MIS_RESTART", "MIS_OPTIONS", "AUTO_OPTIONS", "GUID_TIMEOUT", "FENCE_ALT_MAX", "FENCE_ALT_MIN",
        *COMMON_MIRRORED,
    ),
    mode_switch=("FLTMODE_CH", ("FLTMODE1", "FLTMODE2", "FLTMODE3", "FLTMODE4", "FLTMODE5", "FLTMODE6")),
    trail_look_ms=2000,
    track_speeds=TRACK_KINDS,
    own_samples=("CTUN",),
    simulated_samples=("PSCN", "PSCE", "PSCD"),
    flies=True,
    hovers=True,
    lands_anywhere=True,
    turns_nose=True,
    keeps_targets_in_fence=True,
    home_by_zeros=True,
    sih_model="sihsim_quadx",
    hil_model="none_iris",
    model="quad",
    sitl_binary="arducopter",
    sitl_target="copter",
)  # fmt: skip
