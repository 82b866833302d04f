"""Where everything is in the kernel's arrays.

The kernel works on flat float64 rows, one per vehicle: *state* (S), *settings* (P: parameters and constants) and
*target* (T: what to fly). The control layer owns the indices below `PLANT` in state and below `PLANT_SETTINGS` in
settings; the simulated machine (`sitl.kernel.layout`) has those from there on, so that the same control functions can
fly another body. Units: SI, NED metres, radians, body axes forward-right-down; times in ms unless a name says not.
"""

from __future__ import annotations

from typing import Final, Protocol

TICK_MS: Final = 20
#: A decision tick, s.
TICK: Final = 0.02
GRAVITY: Final = 9.80665


class Row(Protocol):
    """A row of numbers: one vehicle's state, settings or target (compiled: a float64 array)."""

    def __getitem__(self, index: int, /) -> float: ...

    def __setitem__(self, index: int, value: float, /) -> None: ...


# ---------------------------------------------------------------------------------------------------- state
TIME_MS, EVENTS, FRESH = range(3)  # vehicle time; raised VehicleEvent bits; 1 until the estimator is aligned
# estimator: attitude body -> NED, position, velocity, biases
EQ0, EQ1, EQ2, EQ3 = range(4, 8)
EPN, EPE, EPD, EVN, EVE, EVD = range(8, 14)
BGX, BGY, BGZ, BAZ = range(14, 18)  # gyro biases rad/s, vertical accelerometer bias m/s2
H = 18  # horizontal covariance (position, velocity, tilt, drift), upper triangle row by row: 10 numbers
V = 28  # vertical covariance (position, velocity, bias): 6
Y = 34  # heading covariance (angle, drift): 3
WEN, WEE = range(37, 39)  # wind estimate
RATIO_VEL, RATIO_POS, RATIO_HGT, RATIO_MAG = range(39, 43)  # innovation test ratios
FLAGS, POS_OK, GPS_OK_MS, GPS_SEEN, BARO_OK = range(43, 48)
DVX, DVY, DVZ = range(48, 51)  # specific force summed over the tick, m/s
EM0, EM1, EM2, EM3 = range(51, 55)  # attitude in the middle of the tick
GYX, GYY, GYZ = range(55, 58)  # latest gyro sample less bias
AEN, AEE, AED = range(58, 61)  # acceleration estimate of the tick, m/s2 NED
GAX, GAY, GAZ = range(61, 64)  # slow mean of the raw gyro at rest
MAG_OK_MS, IMU_OK, GPS_LOST_SENT, EST_SENT = range(64, 68)
ER = 68  # rotation matrix of the estimate, row by row: 9
# control
QT0, QT1, QT2, QT3 = range(80, 84)  # demanded attitude
YAW_FF, THRUST, IRX, IRY, IRZ = range(84, 89)  # yaw rate rad/s, collective 0..1, rate integrators rad/s2
IVN, IVE, IVD, RATE_MODE, RDX, RDY, RDZ = range(89, 96)  # velocity integrators m/s2; rate demand instead of attitude
NAV_ROLL, NAV_PITCH, SPIN, HOVER, LEAN_FULL = range(96, 101)  # SPIN: 0 stopped 1 idle 2 flying
# guidance: moving reference
RPN, RPE, RPD, RVN, RVE, RVD, RAN, RAE, RAD = range(104, 113)
RYAW, RYAW_RATE, TURN_SUM, TURN_ANGLE, PHASE = range(113, 118)
ARRIVED, YAW_DONE, SEQ, YAW_SEQ, TARGET_MS = range(118, 123)
A_N, A_E, A_D, U_N, U_E, U_D, LENGTH = range(123, 130)  # leg: start, direction, length
W_N, W_E, W_D, W_LENGTH, CORNER, BLEND = range(130, 136)  # next leg: direction, length; corner speed, blend distance
KEEP_YAW, NEAR_SENT, AIR, LAND_S, LANDED_STATE = range(136, 141)
CRASH_S, CUT_S, LOW_S, CRIT_S, LOW_SENT, CRIT_SENT = range(141, 147)
ODOMETER, ARMED, WANT_SPIN, LIFT_D, HELD_D = range(147, 152)
TM0N, TM0E, TM0D, TM1N, TM1E, TM1D, TAU = range(152, 159)  # spline tangents and parameter
FF_N, FF_E, FF_D, DEADMAN_SENT, SPOOL_S, YAW_LEFT = range(159, 165)
LEG_YAW, NEXT_YAW, FROM_REST = range(165, 168)  # directions of the leg and of the next, rad; 1: it began at rest
PLANT: Final = 192  # first index of the machine's own state

# ---------------------------------------------------------------------------------------------------- settings
SPEED_GROUND, SPEED_UP, SPEED_DOWN = range(3)  # m/s
ACCEL, ACCEL_Z, JERK, JERK_Z, ACCEL_CORNER = range(3, 8)  # m/s2, m/s3
LEAN_MAX, YAW_RATE, YAW_ACCEL = range(8, 11)  # tan of the angle limit; rad/s; rad/s2
KP_POS, KP_VEL, KI_VEL, KP_HGT, KP_VZ, KI_VZ = range(11, 17)
KP_ATT, KP_YAW, KP_RATE, KI_RATE, KP_YRATE, KI_YRATE = range(17, 23)
RATE_MAX, MIX_X, MIX_Y, MIX_Z, HOVER_GUESS = range(23, 28)  # angular acceleration rad/s2 -> share of thrust
DRAG_1, DRAG_2 = range(28, 30)  # what the controller knows of drag: 1/s, 1/m
LAND_SPEED, LAND_SPEED_HIGH, LAND_ALT_LOW = range(30, 33)
CUT_TILT, CUT_ALT = range(33, 35)  # cos of the tilt (below -1 = off); m (0 = off)
WATCH = 35  # m, NEAR distance (0 = off)
LOW_V, LOW_MAH, CRIT_V, CRIT_MAH, LOW_TIMER, CAPACITY = range(36, 42)
CRASH_CHECK = 42
STICK_R, STICK_P, STICK_T, STICK_Y, STICK_LEAN, STICK_UP, STICK_DN = range(43, 50)
STICK_YAW_RATE, LOITER_SPEED, LOITER_ACCEL, BRAKE_ACCEL, BRAKE_JERK, ACRO_RATE = range(50, 56)
DECLINATION, GPS_SIGMA_P, GPS_SIGMA_V, BARO_SIGMA, MAG_SIGMA = range(56, 61)
ORIGIN_LAT, ORIGIN_LON, ORIGIN_ALT = range(61, 64)
ACRO_YAW_RATE, STICK_ACCEL_Z, SAG_FREE, LEG_JERK = range(64, 68)
PLANT_SETTINGS: Final = 80

# ---------------------------------------------------------------------------------------------------- target
KIND, T_SEQ, T_RADIUS = range(3)
T_YAW_MODE, T_YAW_ANGLE, T_YAW_RATE, T_YAW_DIR, T_POINT_N, T_POINT_E, T_POINT_D, T_YAW_SEQ = range(3, 11)
T_END_N, T_END_E, T_END_D, T_HAS_START, T_START_N, T_START_E, T_START_D = range(11, 18)
T_HAS_NEXT, T_NEXT_N, T_NEXT_E, T_NEXT_D, T_HAS_PREV, T_PREV_N, T_PREV_E, T_PREV_D = range(18, 26)
T_SPLINE, T_NEXT_SPLINE, T_TURNS, T_DIRECTION, T_CIRCLE_R, T_TIMEOUT_MS = range(26, 32)
T_VN, T_VE, T_VD, T_AN, T_AE, T_AD, T_HAS_POSITION, T_BODY = range(32, 40)
T_ROLL, T_PITCH, T_YAW, T_USE_RATE, T_THRUST, T_CLIMB, T_BY_CLIMB = range(40, 47)
T_STICKS = 47  # PilotKind
T_CIRCLE_SPEED = 48  # m/s, 0 = as fast as the limits allow
TARGET_SIZE: Final = 64

# kinds of target
IDLE, HOLD, BRAKE, LEG, CIRCLE, TAKEOFF, LAND, VELOCITY, ATTITUDE, PILOT = range(10)

# events, as `autopilot.vehicle.VehicleEvent` (a test compares)
EV_ARRIVED: Final = 1
EV_LANDED: Final = 2
EV_LIFTOFF: Final = 4
EV_BATTERY_LOW: Final = 8
EV_BATTERY_CRITICAL: Final = 16
EV_ESTIMATOR_FAILED: Final = 32
EV_ESTIMATOR_OK: Final = 64
EV_CRASHED: Final = 512
EV_CUTOFF: Final = 1024
EV_DISARMED: Final = 2048
EV_NEAR: Final = 16384
EV_YAW_DONE: Final = 32768
EV_GPS_LOST: Final = 65536
EV_GPS_OK: Final = 131072
EV_DEADMAN: Final = 262144

# EKF_STATUS_REPORT flags: all good, and attitude with height only
FLAGS_GOOD: Final = 831
FLAGS_NO_POSITION: Final = 167
FLAGS_STARTING: Final = 1024
