"""The rover: ArduRover's modes, failsafes, names and units."""

from __future__ import annotations

from typing import Final

from autopilot.mav import SpeedType, StandardMode, VehicleType
from autopilot.parameters.aliases import aliases
from autopilot.parameters.definition import to_float32
from autopilot.parameters.parameter_set import ParameterSet
from autopilot.parameters.tables import table
from autopilot.vehicles.mode_table import ROVER_MODES, RoverMode
from autopilot.vehicles.vehicle_class import (
    COMMON_MIRRORED,
    FailsafeAction,
    FailsafeTables,
    KindIdentity,
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
generator sprayer radio radio_loss radio_channel
rover_mode_switch driving trail follow follow_driving
arming mission rally fence rover_fence failsafes rover_failsafes wind battery
avoidance proximity_sensor proximity_ignored proximity path_planning
output passthrough simulation chassis camera mount
"""
_R = RoverMode
_SLOWEST_MPS: Final = 1e-6  # AP_Arming_Rover.cpp, parameter_checks: is_positive

_MODES: Final = Modes(
    known=RoverMode,
    specs=ROVER_MODES,
    initial=_R.HOLD,
    auto=_R.AUTO,
    guided=_R.GUIDED,
    rtl=_R.RTL,
    stop=_R.HOLD,
    at_rest=_R.HOLD,
    after_mission={2: _R.ACRO, 3: _R.MANUAL},
    at_own_speed=frozenset(RoverMode) - {_R.AUTO, _R.GUIDED, _R.RTL, _R.SMART_RTL},
    of_flights=frozenset({_R.HOLD, _R.AUTO, _R.GUIDED}),
    switches={
        4: _R.RTL, 16: _R.AUTO, 42: _R.SMART_RTL, 51: _R.MANUAL, 52: _R.ACRO, 53: _R.STEERING, 54: _R.HOLD,
        55: _R.GUIDED, 56: _R.LOITER, 57: _R.FOLLOW, 59: _R.SIMPLE, 72: _R.CIRCLE,
    },
    standard={StandardMode.SAFE_RECOVERY: _R.RTL, StandardMode.MISSION: _R.AUTO},
)  # fmt: skip

#: FS_ACTION; BATT_FS_*_ACT and FENCE_ACTION have the same numbers.
_ACTIONS: Final = {
    1: FailsafeAction.RTL,
    2: FailsafeAction.HOLD,
    3: FailsafeAction.SMART_RTL_OR_RTL,
    4: FailsafeAction.SMART_RTL_OR_STOP,
    5: FailsafeAction.TERMINATE,
    6: FailsafeAction.LOITER,
}

_FAILSAFES: Final = FailsafeTables(
    modes={
        FailsafeAction.RTL: (_R.RTL, _R.HOLD),
        FailsafeAction.HOLD: (_R.HOLD,),
        FailsafeAction.SMART_RTL_OR_RTL: (_R.SMART_RTL, _R.RTL, _R.HOLD),
        FailsafeAction.SMART_RTL_OR_STOP: (_R.SMART_RTL, _R.HOLD),
        FailsafeAction.LOITER: (_R.LOITER, _R.HOLD),
    },
    battery=_ACTIONS,
    ground_station=_ACTIONS,
    radio=_ACTIONS,
    fence=_ACTIONS,
    far_outside=FailsafeAction.HOLD,
)

ROVER: Final = VehicleClass(
    name="rover",
    face=KindIdentity(
        vehicle_type=VehicleType.GROUND_ROVER,
        vehicle_types=frozenset({VehicleType.GROUND_ROVER}),
        firmware="ArduRover",
        build=1,
        documents="Rover",
    ),
    modes=_MODES,
    failsafes=_FAILSAFES,
    texts=Texts(
        armed="Throttle armed",
        disarmed="Throttle disarmed",
        estimator_cleared="EKF failsafe cleared",
        not_armable="Mode not armable",
        no_mission="No Mission. Can't set AUTO.",
        mission_complete="Mission Complete",
        guided_arrival=True,
        reached_by_name=True,
    ),
    measures=LengthParameters(
        cruise=(ParameterUnit("WP_SPEED", 0.0), ParameterUnit("CRUISE_SPEED", 2.0)),
        acceptance=ParameterUnit("WP_RADIUS", 2.0),
        circle_radius=ParameterUnit("CIRC_RADIUS", 20.0),
        return_speed=ParameterUnit("RTL_SPEED", 0.0),
    ),
    checks=(ParameterCheck("WP_SPEED", "WP_SPEED too low", least=_SLOWEST_MPS),),
    parameters=ParameterSet(
        lines=table("rover", _GROUPS),
        aliases=aliases("common", "rover"),
        defaults=(("SIM_GPS_NOISE", to_float32(0.08)),),
    ),
    mirrored=(
        "WP_SPEED", "CRUISE_SPEED", "WP_RADIUS", "RTL_SPEED", "CIRC_RADIUS", "MIS_RESTART", "MIS_DONE_BEHAVE",
        *COMMON_MIRRORED,
    ),
    mode_switch=("MODE_CH", ("MODE1", "MODE2", "MODE3", "MODE4", "MODE5", "MODE6")),
    trail_look_ms=1000,
    track_speeds=frozenset(SpeedType),  # it has no other speeds
    own_samples=("THR", "NTUN"),
    simulated_samples=("STER",),
    reverses=True,
    drives_through=True,
    model="rover",
    sitl_binary="ardurover",
    sitl_target="rover",
)  # fmt: skip
