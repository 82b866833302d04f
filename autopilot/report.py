"""Layout of a vehicle's report: one flat float64 vector that says everything about its present state.

The simulator's compiled kernel, or the messages of a real flight controller, fill it; telemetry packs messages straight
out of it without an object in between; modes read it through `VehicleState`. All values are SI (metres, seconds,
radians, volts, amperes, kelvin-free: degrees Celsius), angles and velocities NED / FRD. Unless a name says TRUE or RAW
they are the *estimate* the vehicle flies on, never the simulator's truth.

Add at the end of a group's reserve or at the end; never reorder, since logs and packers index by number.
"""

from __future__ import annotations

from typing import Final

TIME_MS: Final = 0  # vehicle time since boot, ms
# position and motion (estimate)
LAT: Final = 1  # deg
LON: Final = 2  # deg
ALT: Final = 3  # m above mean sea level
NORTH: Final = 4  # m from origin
EAST: Final = 5
DOWN: Final = 6
VN: Final = 7  # m/s
VE: Final = 8
VD: Final = 9
ROLL: Final = 10  # rad
PITCH: Final = 11
YAW: Final = 12  # rad, -pi .. pi
P: Final = 13  # body rates, rad/s
Q: Final = 14
R: Final = 15
GROUND_SPEED: Final = 16  # m/s
AIR_SPEED: Final = 17  # m/s (estimate: ground speed less wind)
THROTTLE: Final = 18  # 0 .. 1, collective output
WIND_N: Final = 19  # m/s, wind estimate (air moves towards)
WIND_E: Final = 20
ODOMETER: Final = 21  # m flown over ground since boot
# guidance
TARGET_N: Final = 24  # m from origin, the point now steered to (moving reference)
TARGET_E: Final = 25
TARGET_D: Final = 26
TARGET_VN: Final = 27
TARGET_VE: Final = 28
TARGET_VD: Final = 29
WP_DISTANCE: Final = 30  # m horizontal to the end of the target
WP_BEARING: Final = 31  # rad, from the vehicle to the end of the target
CROSS_TRACK: Final = 32  # m, signed, right of the leg positive
ALT_ERROR: Final = 33  # m, target altitude - altitude
NAV_ROLL: Final = 34  # rad, commanded
NAV_PITCH: Final = 35
NAV_BEARING: Final = 36  # rad, direction of the reference velocity
TARGET_YAW: Final = 37
TURNS: Final = 38  # turns flown around the present circle
# battery
BATT_V: Final = 40  # V
BATT_A: Final = 41  # A
BATT_MAH: Final = 42  # mAh consumed since boot
BATT_WH: Final = 43  # Wh consumed
BATT_FRACTION: Final = 44  # remaining 0 .. 1
BATT_V_REST: Final = 45  # V, sag-compensated
# GPS (raw)
GPS_FIX: Final = 48  # GPS_FIX_TYPE: 0 none .. 3 3-D .. 6 RTK fixed
GPS_SATS: Final = 49
GPS_HDOP: Final = 50
GPS_VDOP: Final = 51
GPS_LAT: Final = 52  # deg
GPS_LON: Final = 53
GPS_ALT: Final = 54  # m AMSL
GPS_VN: Final = 55  # m/s
GPS_VE: Final = 56
GPS_VD: Final = 57
GPS_HACC: Final = 58  # m
GPS_VACC: Final = 59
GPS_SACC: Final = 60  # m/s
GPS_TIME_MS: Final = 61  # vehicle time of the fix
# other sensors (raw)
BARO_PRESSURE: Final = 64  # Pa
BARO_TEMPERATURE: Final = 65  # deg C
BARO_ALT: Final = 66  # m above the pressure at boot
GYRO_X: Final = 67  # rad/s
GYRO_Y: Final = 68
GYRO_Z: Final = 69
ACCEL_X: Final = 70  # m/s2, specific force
ACCEL_Y: Final = 71
ACCEL_Z: Final = 72
MAG_X: Final = 73  # gauss, body
MAG_Y: Final = 74
MAG_Z: Final = 75
VIBE_X: Final = 76  # m/s2, filtered rms of the accelerometer
VIBE_Y: Final = 77
VIBE_Z: Final = 78
RANGE: Final = 79  # m height above the ground by estimate (flat terrain at home)
# estimator
EKF_FLAGS: Final = 80  # EKF_STATUS_REPORT flags
EKF_VEL_VAR: Final = 81  # innovation test ratios, below 1 good
EKF_POS_H_VAR: Final = 82
EKF_POS_V_VAR: Final = 83
EKF_MAG_VAR: Final = 84
# machine
ARMED: Final = 88  # 0 or 1
LANDED_STATE: Final = 89  # MAV_LANDED_STATE: 1 on ground, 2 in air, 3 takeoff, 4 landing
SENSORS_HEALTHY: Final = 90  # MAV_SYS_STATUS_SENSOR bits that are healthy
SENSORS_PRESENT: Final = 91  # MAV_SYS_STATUS_SENSOR bits that exist
ARRIVED: Final = 92  # 1 once the present target's end condition has been met, 0 after a new target
GROUND_CONTACT: Final = 93  # 0 or 1, by the landing detector
YAW_DONE: Final = 94  # 1 once the yaw demand has been reached
STOPPED: Final = 95  # 1 while slower than 0.1 m/s
SERVO_1: Final = 96  # us; eight outputs 96 .. 103
STICK_ROLL: Final = 104  # -1 .. 1
STICK_PITCH: Final = 105
STICK_THROTTLE: Final = 106  # 0 .. 1
STICK_YAW: Final = 107
# truth, of the simulator only (nan behind a real vehicle)
TRUE_LAT: Final = 112
TRUE_LON: Final = 113
TRUE_ALT: Final = 114
TRUE_N: Final = 115
TRUE_E: Final = 116
TRUE_D: Final = 117
TRUE_VN: Final = 118
TRUE_VE: Final = 119
TRUE_VD: Final = 120
TRUE_ROLL: Final = 121
TRUE_PITCH: Final = 122
TRUE_YAW: Final = 123
TRUE_WIND_N: Final = 124
TRUE_WIND_E: Final = 125
TOUCHDOWN_SPEED: Final = 126  # m/s, downward at the last ground contact
# what control demands at this instant (nan behind a real vehicle)
WANT_P: Final = 127  # body rates, rad/s
WANT_Q: Final = 128
WANT_R: Final = 129
WANT_VN: Final = 130  # velocity, m/s: that of the moving reference and what the distance from it adds
WANT_VE: Final = 131
WANT_VD: Final = 132
TARGET_AN: Final = 133  # acceleration of the moving reference, m/s2
TARGET_AE: Final = 134
TARGET_AD: Final = 135
WANT_AN: Final = 136  # acceleration, m/s2, before lean limits
WANT_AE: Final = 137
WANT_AD: Final = 138
ACC_N: Final = 139  # acceleration by estimate, m/s2
ACC_E: Final = 140
ACC_D: Final = 141

SIZE: Final = 144
