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
LAT, LON, ALT = _fields.take(3)  # deg, deg, m above mean sea level
NORTH, EAST, DOWN = _fields.take(3)  # m from origin
VN, VE, VD = _fields.take(3)  # m/s
ROLL, PITCH, YAW = _fields.take(3)  # rad; yaw -pi .. pi
P, Q, R = _fields.take(3)  # body rates, rad/s
GROUND_SPEED, AIR_SPEED = _fields.take(2)  # m/s; airspeed by estimate: ground speed less wind
THROTTLE = _fields.block(1)  # 0 .. 1, collective output
WIND_N, WIND_E = _fields.take(2)  # m/s, wind estimate (air moves towards)
ODOMETER = _fields.block(1)  # m flown over ground since boot
_fields.reserve_to(24)
# guidance
TARGET_N, TARGET_E, TARGET_D = _fields.take(3)  # m from origin, the point now steered to (moving reference)
TARGET_VN, TARGET_VE, TARGET_VD = _fields.take(3)
WP_DISTANCE = _fields.block(1)  # m horizontal to the end of the target
WP_BEARING = _fields.block(1)  # rad, from the vehicle to the end of the target
CROSS_TRACK = _fields.block(1)  # m, signed, right of the leg positive
ALT_ERROR = _fields.block(1)  # m, target altitude - altitude
NAV_ROLL, NAV_PITCH = _fields.take(2)  # rad, commanded
NAV_BEARING = _fields.block(1)  # rad, direction of the reference velocity
TARGET_YAW = _fields.block(1)
TURNS = _fields.block(1)  # turns flown around the present circle
_fields.reserve_to(40)
# battery
BATT_V, BATT_A = _fields.take(2)  # V, A
BATT_MAH, BATT_WH = _fields.take(2)  # mAh consumed since boot, Wh consumed
BATT_FRACTION = _fields.block(1)  # remaining 0 .. 1
BATT_V_REST = _fields.block(1)  # V, sag-compensated
_fields.reserve_to(48)
# GPS (raw)
GPS_FIX = _fields.block(1)  # GPS_FIX_TYPE: 0 none .. 3 3-D .. 6 RTK fixed
GPS_SATS, GPS_HDOP, GPS_VDOP = _fields.take(3)
GPS_LAT, GPS_LON, GPS_ALT = _fields.take(3)  # deg, deg, m AMSL
GPS_VN, GPS_VE, GPS_VD = _fields.take(3)  # m/s
GPS_HACC, GPS_VACC, GPS_SACC = _fields.take(3)  # m, m, m/s
GPS_TIME_MS = _fields.block(1)  # vehicle time of the fix
_fields.reserve_to(64)
# other sensors (raw)
BARO_PRESSURE, BARO_TEMPERATURE = _fields.take(2)  # Pa, deg C
BARO_ALT = _fields.block(1)  # m above the pressure at boot
GYRO_X, GYRO_Y, GYRO_Z = _fields.take(3)  # rad/s
ACCEL_X, ACCEL_Y, ACCEL_Z = _fields.take(3)  # m/s2, specific force
MAG_X, MAG_Y, MAG_Z = _fields.take(3)  # gauss, body
VIBE_X, VIBE_Y, VIBE_Z = _fields.take(3)  # m/s2, filtered rms of the accelerometer
RANGE = _fields.block(1)  # m height above the origin by estimate
# estimator
EKF_FLAGS = _fields.block(1)  # EKF_STATUS_REPORT flags
EKF_VEL_VAR, EKF_POS_H_VAR, EKF_POS_V_VAR, EKF_MAG_VAR = _fields.take(4)  # innovation test ratios, below 1 good
RANGE_FINDER = _fields.block(1)  # m to the ground along the body's downward axis; 0: nothing measured
RANGE_LEAST, RANGE_MOST = _fields.take(2)  # m, what the range finder can see
_fields.reserve_to(88)
# machine
ARMED = _fields.block(1)  # 0 or 1
LANDED_STATE = _fields.block(1)  # MAV_LANDED_STATE: 1 on ground, 2 in air, 3 takeoff, 4 landing
SENSORS_HEALTHY, SENSORS_PRESENT = _fields.take(2)  # MAV_SYS_STATUS_SENSOR bits that are healthy, that exist
ARRIVED = _fields.block(1)  # 1 once the present target's end condition has been met, 0 after a new target
GROUND_CONTACT = _fields.block(1)  # 0 or 1, by the landing detector
YAW_DONE = _fields.block(1)  # 1 once the yaw demand has been reached
STOPPED = _fields.block(1)  # 1 while slower than 0.1 m/s
SERVO_1 = _fields.block(8)  # us; outputs 1 to 8
STICK_ROLL, STICK_PITCH, STICK_THROTTLE, STICK_YAW = _fields.take(4)  # -1 .. 1, throttle 0 .. 1
ASSISTS = _fields.block(1)  # what lift motors help wings for: 1 too low (Q_ASSIST_ALT), 2 upset (Q_ASSIST_ANGLE)
STAGE = _fields.block(1)  # how wings are flown (autopilot.interface.layout, STAGE_..)
_fields.reserve_to(112)
# truth, of the simulator only (nan behind a real vehicle)
TRUE_LAT, TRUE_LON, TRUE_ALT = _fields.take(3)
TRUE_N, TRUE_E, TRUE_D = _fields.take(3)
TRUE_VN, TRUE_VE, TRUE_VD = _fields.take(3)
TRUE_ROLL, TRUE_PITCH, TRUE_YAW = _fields.take(3)
TRUE_WIND_N, TRUE_WIND_E = _fields.take(2)
TOUCHDOWN_SPEED = _fields.block(1)  # m/s, downward at the last ground contact
# what control demands at this instant (nan behind a real vehicle)
WANT_P, WANT_Q, WANT_R = _fields.take(3)  # body rates, rad/s
WANT_VN, WANT_VE, WANT_VD = _fields.take(3)  # m/s: that of the moving reference and what the distance from it adds
TARGET_AN, TARGET_AE, TARGET_AD = _fields.take(3)  # acceleration of the moving reference, m/s2
WANT_AN, WANT_AE, WANT_AD = _fields.take(3)  # acceleration, m/s2, before lean limits
ACC_N, ACC_E, ACC_D = _fields.take(3)  # acceleration by estimate, m/s2
# truth again
TRUE_GROUND = _fields.block(1)  # m AMSL of the ground below
TRUE_CHARGE = _fields.block(1)  # of the battery, 0 .. 1, whatever its monitor counts
TRUE_CONTACT = _fields.block(1)  # 1 while it stands on the ground or floats
# wings (0 where there are none)
PITOT = _fields.block(1)  # m/s, equivalent airspeed by the pitot tube
TARGET_AIR_SPEED = _fields.block(1)  # m/s, equivalent, demanded
TRUE_AIR_SPEED = _fields.block(1)  # truth: m/s through the air
TRUE_ALPHA, TRUE_BETA = _fields.take(2)  # rad, angle of attack and sideslip
VTOL_STATE = _fields.block(1)  # MAV_VTOL_STATE, 0: no such vehicle
STALL_MARGIN = _fields.block(1)  # truth: rad of angle of attack left before the stall
SERVO_9 = _fields.block(8)  # us; outputs 9 to 16, where no motor is
_fields.reserve_to(160)
_fields.seal(globals())

SIZE: Final = _fields.size
