"""Parameters that are kept and shown, but change nothing in the built-in simulator, and why.

They are in the table because ground stations ask for them by name, or because parameter files of real vehicles hold
them. A test compares this list with what the code reads, so that it cannot go stale. A controller behind the service
has its own parameters.
"""

from __future__ import annotations

from typing import Final

#: The sensors of the model are calibrated and mounted as they should be: setup pages want to see that.
_SENSORS: Final = """
AHRS_EKF_TYPE AHRS_ORIENTATION EK3_ENABLE BARO1_DEVID BARO2_DEVID BARO3_DEVID INS_ACCOFFS_X INS_ACCOFFS_Y
INS_ACCOFFS_Z INS_ACCSCAL_X INS_ACCSCAL_Y INS_ACCSCAL_Z INS_GYROFFS_X INS_GYROFFS_Y INS_GYROFFS_Z INS_ACC_ID
INS_GYR_ID INS_ENABLE_MASK INS_USE INS_GYRO_FILTER INS_ACCEL_FILTER COMPASS_ENABLE COMPASS_USE COMPASS_USE2
COMPASS_USE3 COMPASS_DEV_ID COMPASS_DEV_ID2 COMPASS_DEV_ID3 COMPASS_PRIO1_ID COMPASS_PRIO2_ID COMPASS_PRIO3_ID
COMPASS_OFS2_X COMPASS_OFS2_Y COMPASS_OFS2_Z COMPASS_OFS3_X COMPASS_OFS3_Y
COMPASS_OFS3_Z COMPASS_DEC COMPASS_AUTODEC COMPASS_LEARN COMPASS_EXTERNAL COMPASS_EXTERN2 COMPASS_EXTERN3
COMPASS_ORIENT COMPASS_ORIENT2 COMPASS_ORIENT3 EK3_SRC1_VELXY EK3_SRC1_POSZ EK3_SRC1_VELZ EK3_SRC1_YAW
"""

#: A flight's log begins and ends with the flight, and has every record.
_LOGS: Final = "LOG_DISARMED LOG_FILE_RATEMAX LOG_DARM_RATEMAX"

#: The machine is the one it is: its frame, its outputs' middles, its one battery with both sensors, motors that
#: never run while disarmed.
_MACHINE: Final = "BATT2_MONITOR ARMING_REQUIRE SIM_RATE_HZ " + " ".join(f"SERVO{n}_TRIM" for n in range(1, 17))

#: The simulated range finder tells metres, whatever pin a parameter file has it on.
_RANGE_FINDER: Final = "RNGFND1_SCALING RNGFND1_PIN SIM_SONAR_SCALE"

#: What hangs on the simulator's outputs is found by SERVOn_FUNCTION, and is there without being asked for.
_OUTPUTS: Final = "SIM_GRPS_ENABLE SIM_GRPS_PIN"
_COPTER_OUTPUTS: Final = "SIM_PARA_PIN SIM_SPR_ENABLE SIM_SPR_PUMP SIM_SPR_SPIN"
_ROVER_OUTPUTS: Final = "SIM_SPR_ENABLE SIM_SPR_PUMP SIM_SPR_SPIN"

#: The filter of a landing target goes by how much the vehicle's estimate drifts; its sensor is on no bus, and sees a
#: pad whichever way that lies.
_TARGET: Final = "PLND_ACC_P_NSE PLND_BUS SIM_PLD_YAW"

#: There is no transmitter whose knob tunes or whose switch makes flying simpler; QGroundControl's pages want them.
_COPTER_KNOBS: Final = "TUNE TUNE_MIN TUNE_MAX AUTOTUNE_AXES SIMPLE SUPER_SIMPLE"

#: Objects are kept off by velocity, not by lean, and backed away from as soon as they are within the margin.
_OBJECTS: Final = "AVOID_BACKUP_DZ"
_COPTER_OBJECTS: Final = "AVOID_ANGLE_MAX AVOID_DIST_MAX AVOID_ALT_MIN"

#: The controllers of the model have fewer gains than ArduPilot's; roll gains count for pitch too, and the model flies
#: and drives by limits of its own where ArduPilot filters. Gains and pulses that arming judges are not among them.
_COPTER_CONTROL: Final = """
LAND_REPOSITION PILOT_THR_FILT THR_DZ LOIT_BRK_ACCEL LOIT_BRK_JERK LOIT_BRK_DELAY TKOFF_SLEW_TIME
PSC_VELXY_D PSC_VELXY_IMAX ATC_RAT_RLL_D ATC_RAT_PIT_D ATC_RAT_YAW_D
ATC_RATE_Y_MAX ATC_INPUT_TC ATC_RATE_FF_ENAB MOT_SPIN_MAX
MOT_THST_EXPO MOT_SPOOL_TIME
"""
_ROVER_CONTROL: Final = """
WP_PIVOT_ANGLE WP_PIVOT_RATE WP_PIVOT_DELAY LOIT_TYPE LOIT_SPEED_GAIN ATC_STR_RAT_D ATC_STR_RAT_FF
ATC_STR_RAT_IMAX ATC_SPEED_D ATC_SPEED_FF ATC_SPEED_IMAX
"""
#: The plane's laws are of fewer terms than ArduPlane's, its tube needs no calibration, its runway no catapult's signs.
_PLANE_CONTROL: Final = """
ACRO_PITCH_RATE ARSPD_ENABLE ARSPD_OFFSET ARSPD_RATIO LAND_PF_ALT LAND_PF_ARSPD LAND_PF_SEC LAND_WIND_COMP
NAVL1_LIM_BANK NAVL1_XTRACK_I PTCH_RATE_D PTCH_TRIM_DEG RLL_RATE_D TECS_APPR_SMAX TECS_PITCH_MIN TKOFF_GND_PITCH
TKOFF_THR_DELAY TKOFF_THR_MINACC TKOFF_THR_MINSPD YAW2SRV_RLL
"""
#: A ground vehicle has no use for them.
_ROVER_HEIGHTS: Final = "AVOID_BACKZ_SPD FENCE_ALT_MAX FENCE_ALT_MIN GPS_HDOP_GOOD FRAME_CLASS FRAME_TYPE"

#: ArduPilot does not read it either: a warning is told, whatever it says.
_WARNING: Final = "AVD_W_ACTION"

_COMMON: Final = (_SENSORS, _LOGS, _MACHINE, _OBJECTS, _OUTPUTS)
COPTER_INERT: Final = frozenset(
    " ".join(
        (*_COMMON, _COPTER_OBJECTS, _COPTER_CONTROL, _COPTER_KNOBS, _RANGE_FINDER, _TARGET, _WARNING, _COPTER_OUTPUTS)
    ).split()
)
PLANE_INERT: Final = frozenset(
    " ".join((_SENSORS, _LOGS, _MACHINE, _PLANE_CONTROL, _WARNING, _OUTPUTS, "SIM_PARA_PIN")).split()
)
ROVER_INERT: Final = frozenset(" ".join((*_COMMON, _ROVER_CONTROL, _ROVER_HEIGHTS, _ROVER_OUTPUTS)).split())
