"""Layout of a vehicle's report: one flat float64 vector with its whole present state.

The simulator's compiled kernel, or the messages of a flight controller, fill it. Telemetry packs messages directly from
it, and modes read it through `VehicleState`. All values are SI (metres, seconds, radians, volts, amperes; temperatures
in degrees Celsius), angles and velocities NED / FRD. Unless a name says TRUE or RAW, they are the *estimate* that the
vehicle flies by, never the simulator's truth.

Add fields at the end of a group's reserve or at the end of the report. Never reorder fields, because compiled packers
use their numbers.
"""

from __future__ import annotations

from typing import Final

from autopilot.interface.fields import Fields

_fields = Fields("")
TIME_MS = _fields.block(1)  # vehicle time since boot, ms
# position and motion (estimate)
LAT = _fields.block(1)  # deg
LON = _fields.block(1)  # deg
ALT = _fields.block(1)  # m above mean sea level
NORTH = _fields.block(1)  # m from origin
EAST = _fields.block(1)
DOWN = _fields.block(1)
VN = _fields.block(1)  # m/s
VE = _fields.block(1)
VD = _fields.block(1)
ROLL = _fields.block(1)  # rad
PITCH = _fields.block(1)
YAW = _fields.block(1)  # rad, -pi .. pi
P = _fields.block(1)  # body rates, rad/s
Q = _fields.block(1)
R = _fields.block(1)
GROUND_SPEED = _fields.block(1)  # m/s
AIR_SPEED = _fields.block(1)  # m/s (estimate: ground speed less wind)
THROTTLE = _fields.block(1)  # 0 .. 1, collective output
WIND_N = _fields.block(1)  # m/s, wind estimate (air moves towards)
WIND_E = _fields.block(1)
ODOMETER = _fields.block(1)  # m flown over ground since boot
_fields.reserve_to(24)
# guidance
TARGET_N = _fields.block(1)  # m from origin, the point now steered to (moving reference)
TARGET_E = _fields.block(1)
TARGET_D = _fields.block(1)
TARGET_VN = _fields.block(1)
TARGET_VE = _fields.block(1)
TARGET_VD = _fields.block(1)
WP_DISTANCE = _fields.block(1)  # m horizontal to the end of the target
WP_BEARING = _fields.block(1)  # rad, from the vehicle to the end of the target
CROSS_TRACK = _fields.block(1)  # m, signed, right of the leg positive
ALT_ERROR = _fields.block(1)  # m, target altitude - altitude
NAV_ROLL = _fields.block(1)  # rad, commanded
NAV_PITCH = _fields.block(1)
NAV_BEARING = _fields.block(1)  # rad, direction of the reference velocity
TARGET_YAW = _fields.block(1)
TURNS = _fields.block(1)  # turns flown around the present circle
_fields.reserve_to(40)
# battery
BATT_V = _fields.block(1)  # V
BATT_A = _fields.block(1)  # A
BATT_MAH = _fields.block(1)  # mAh consumed since boot
BATT_WH = _fields.block(1)  # Wh consumed
BATT_FRACTION = _fields.block(1)  # remaining 0 .. 1
BATT_V_REST = _fields.block(1)  # V, sag-compensated
_fields.reserve_to(48)
# GPS (raw)
GPS_FIX = _fields.block(1)  # GPS_FIX_TYPE: 0 none .. 3 3-D .. 6 RTK fixed
GPS_SATS = _fields.block(1)
GPS_HDOP = _fields.block(1)
GPS_VDOP = _fields.block(1)
GPS_LAT = _fields.block(1)  # deg
GPS_LON = _fields.block(1)
GPS_ALT = _fields.block(1)  # m AMSL
GPS_VN = _fields.block(1)  # m/s
GPS_VE = _fields.block(1)
GPS_VD = _fields.block(1)
GPS_HACC = _fields.block(1)  # m
GPS_VACC = _fields.block(1)
GPS_SACC = _fields.block(1)  # m/s
GPS_TIME_MS = _fields.block(1)  # vehicle time of the fix
_fields.reserve_to(64)
# other sensors (raw)
BARO_PRESSURE = _fields.block(1)  # Pa
BARO_TEMPERATURE = _fields.block(1)  # deg C
BARO_ALT = _fields.block(1)  # m above the pressure at boot
GYRO_X = _fields.block(1)  # rad/s
GYRO_Y = _fields.block(1)
GYRO_Z = _fields.block(1)
ACCEL_X = _fields.block(1)  # m/s2, specific force
ACCEL_Y = _fields.block(1)
ACCEL_Z = _fields.block(1)
MAG_X = _fields.block(1)  # gauss, body
MAG_Y = _fields.block(1)
MAG_Z = _fields.block(1)
VIBE_X = _fields.block(1)  # m/s2, filtered rms of the accelerometer
VIBE_Y = _fields.block(1)
VIBE_Z = _fields.block(1)
RANGE = _fields.block(1)  # m height above the origin by estimate
# estimator
EKF_FLAGS = _fields.block(1)  # EKF_STATUS_REPORT flags
EKF_VEL_VAR = _fields.block(1)  # innovation test ratios, below 1 good
EKF_POS_H_VAR = _fields.block(1)
EKF_POS_V_VAR = _fields.block(1)
EKF_MAG_VAR = _fields.block(1)
RANGE_FINDER = _fields.block(1)  # m to the ground along the body's downward axis; 0: nothing measured
RANGE_LEAST = _fields.block(1)  # m, what the range finder can see
RANGE_MOST = _fields.block(1)
_fields.reserve_to(88)
# machine
ARMED = _fields.block(1)  # 0 or 1
LANDED_STATE = _fields.block(1)  # MAV_LANDED_STATE: 1 on ground, 2 in air, 3 takeoff, 4 landing
SENSORS_HEALTHY = _fields.block(1)  # MAV_SYS_STATUS_SENSOR bits that are healthy
SENSORS_PRESENT = _fields.block(1)  # MAV_SYS_STATUS_SENSOR bits that exist
ARRIVED = _fields.block(1)  # 1 once the present target's end condition has been met, 0 after a new target
GROUND_CONTACT = _fields.block(1)  # 0 or 1, by the landing detector
YAW_DONE = _fields.block(1)  # 1 once the yaw demand has been reached
STOPPED = _fields.block(1)  # 1 while slower than 0.1 m/s
SERVO_1 = _fields.block(8)  # us; outputs 1 to 8
STICK_ROLL = _fields.block(1)  # -1 .. 1
STICK_PITCH = _fields.block(1)
STICK_THROTTLE = _fields.block(1)  # 0 .. 1
STICK_YAW = _fields.block(1)
ASSISTS = _fields.block(1)  # what lift motors help wings for: 1 too low (Q_ASSIST_ALT), 2 upset (Q_ASSIST_ANGLE)
STAGE = _fields.block(1)  # how wings are flown (autopilot.interface.layout, STAGE_..)
_fields.reserve_to(112)
# truth, of the simulator only (nan behind a real vehicle)
TRUE_LAT = _fields.block(1)
TRUE_LON = _fields.block(1)
TRUE_ALT = _fields.block(1)
TRUE_N = _fields.block(1)
TRUE_E = _fields.block(1)
TRUE_D = _fields.block(1)
TRUE_VN = _fields.block(1)
TRUE_VE = _fields.block(1)
TRUE_VD = _fields.block(1)
TRUE_ROLL = _fields.block(1)
TRUE_PITCH = _fields.block(1)
TRUE_YAW = _fields.block(1)
TRUE_WIND_N = _fields.block(1)
TRUE_WIND_E = _fields.block(1)
TOUCHDOWN_SPEED = _fields.block(1)  # m/s, downward at the last ground contact
# what control demands at this instant (nan behind a real vehicle)
WANT_P = _fields.block(1)  # body rates, rad/s
WANT_Q = _fields.block(1)
WANT_R = _fields.block(1)
WANT_VN = _fields.block(1)  # velocity, m/s: that of the moving reference and what the distance from it adds
WANT_VE = _fields.block(1)
WANT_VD = _fields.block(1)
TARGET_AN = _fields.block(1)  # acceleration of the moving reference, m/s2
TARGET_AE = _fields.block(1)
TARGET_AD = _fields.block(1)
WANT_AN = _fields.block(1)  # acceleration, m/s2, before lean limits
WANT_AE = _fields.block(1)
WANT_AD = _fields.block(1)
ACC_N = _fields.block(1)  # acceleration by estimate, m/s2
ACC_E = _fields.block(1)
ACC_D = _fields.block(1)
# truth again
TRUE_GROUND = _fields.block(1)  # m AMSL of the ground below
TRUE_CHARGE = _fields.block(1)  # of the battery, 0 .. 1, whatever its monitor counts
TRUE_CONTACT = _fields.block(1)  # 1 while it stands on the ground or floats
# wings (0 where there are none)
PITOT = _fields.block(1)  # m/s, equivalent airspeed by the pitot tube
TARGET_AIR_SPEED = _fields.block(1)  # m/s, equivalent, demanded
TRUE_AIR_SPEED = _fields.block(1)  # truth: m/s through the air
TRUE_ALPHA = _fields.block(1)  # rad, angle of attack
TRUE_BETA = _fields.block(1)  # rad, sideslip
VTOL_STATE = _fields.block(1)  # MAV_VTOL_STATE, 0: no such vehicle
STALL_MARGIN = _fields.block(1)  # truth: rad of angle of attack left before the stall
SERVO_9 = _fields.block(8)  # us; outputs 9 to 16, where no motor is
_fields.reserve_to(160)
_fields.seal(globals())

SIZE: Final = _fields.size
