"""Layout of the kernel's arrays.

The kernel works on flat float64 rows, one per vehicle: *state* (S_), *settings* (P_: parameters and constants),
*target* (T_: what to fly) and *report* (`autopilot.interface.report`). These are the fields of the control layer, for
every kind of vehicle. The simulated machine's fields (`sitl.kernel.layout`) follow them, so that the same control
functions can fly another body. Rows of all kinds have all fields; fields that a kind does not use are 0. Units: SI, NED
metres, radians, body axes forward-right-down; times in ms unless a name says otherwise.
"""

from __future__ import annotations

from typing import Final, Protocol

from autopilot.interface.fields import Fields
from autopilot.mav import EkfFlag, LandedState

TICK_MS: Final = 20
#: A decision tick, s.
TICK: Final = 0.02
#: Standard gravity, m/s2.
GRAVITY: Final = 9.80665


class Row(Protocol):
    """A row of numbers: one vehicle's state, settings or target (in compiled code a float64 array)."""

    def __getitem__(self, index: int, /) -> float: ...

    def __setitem__(self, index: int, value: float, /) -> None: ...


# ---------------------------------------------------------------------------------------------------- state
STATE = Fields("S_")
S_TIME_MS, S_EVENTS, S_FRESH = STATE.take(3)  # vehicle time; raised VehicleEvent bits; 1 until the estimator is aligned
RESTART: Final = 2.0  # value of S_FRESH: align the estimator again, now
# estimator: attitude body -> NED, position, velocity, biases
S_EQ0, S_EQ1, S_EQ2, S_EQ3 = STATE.take(4)
S_EPN, S_EPE, S_EPD, S_EVN, S_EVE, S_EVD = STATE.take(6)
S_BGX, S_BGY, S_BGZ, S_BAZ = STATE.take(4)  # gyro biases rad/s, vertical accelerometer bias m/s2
S_COV_H = STATE.block(10)  # horizontal covariance (position, velocity, tilt, drift), upper triangle row by row
S_COV_V = STATE.block(6)  # vertical covariance (position, velocity, bias)
S_COV_Y = STATE.block(3)  # heading covariance (angle, drift)
S_WEN, S_WEE = STATE.take(2)  # wind estimate
S_RATIO_VEL, S_RATIO_POS, S_RATIO_HGT, S_RATIO_MAG = STATE.take(4)  # innovation test ratios
S_FLAGS, S_POS_OK, S_GPS_OK_MS, S_SPEED_OK_MS, S_GPS_SEEN, S_BARO_OK = STATE.take(6)
S_DVX, S_DVY, S_DVZ = STATE.take(3)  # specific force summed over the tick, m/s
S_EM0, S_EM1, S_EM2, S_EM3 = STATE.take(4)  # attitude in the middle of the tick
S_GYX, S_GYY, S_GYZ = STATE.take(3)  # latest gyro sample less bias
S_AEN, S_AEE, S_AED = STATE.take(3)  # acceleration estimate of the tick, m/s2 NED
S_GAX, S_GAY, S_GAZ = STATE.take(3)  # slow mean of the raw gyro at rest
S_MAG_OK_MS, S_IMU_OK, S_GPS_LOST_SENT, S_EST_SENT = STATE.take(4)
S_ER = STATE.block(9)  # rotation matrix of the estimate, row by row
# control
S_QT0, S_QT1, S_QT2, S_QT3 = STATE.take(4)  # demanded attitude
S_YAW_FF, S_THRUST, S_IRX, S_IRY, S_IRZ = STATE.take(5)  # yaw rate rad/s, collective 0..1, rate integrators rad/s2
S_IVN, S_IVE, S_IVD = STATE.take(3)  # velocity integrators m/s2
S_RATE_MODE, S_RDX, S_RDY, S_RDZ = STATE.take(4)  # rate demand instead of attitude
S_NAV_ROLL, S_NAV_PITCH, S_SPIN, S_HOVER, S_LEAN_FULL = STATE.take(5)  # SPIN: 0 stopped 1 idle 2 flying
# guidance: moving reference
S_RPN, S_RPE, S_RPD, S_RVN, S_RVE, S_RVD, S_RAN, S_RAE, S_RAD = STATE.take(9)
S_RYAW, S_RYAW_RATE, S_TURN_SUM, S_TURN_ANGLE, S_PHASE = STATE.take(5)
S_ARRIVED, S_YAW_DONE, S_SEQ, S_YAW_SEQ, S_TARGET_MS = STATE.take(5)
S_A_N, S_A_E, S_A_D, S_U_N, S_U_E, S_U_D, S_LENGTH = STATE.take(7)  # leg: start, direction, length
S_W_N, S_W_E, S_W_D, S_W_LENGTH, S_CORNER, S_BLEND = STATE.take(6)  # next leg: direction, length; corner speed, blend m
S_KEEP_YAW, S_NEAR_SENT, S_AIR, S_LAND_S, S_LANDED_STATE = STATE.take(5)
S_LOST_S = STATE.block(1)  # time for which it has sunk at full thrust, s
S_CRASH_S, S_CUT_S, S_LOW_S, S_CRIT_S, S_LOW_SENT, S_CRIT_SENT = STATE.take(6)
S_ODOMETER, S_ARMED, S_WANT_SPIN, S_LIFT_D, S_HELD_D = STATE.take(5)
S_TM0N, S_TM0E, S_TM0D, S_TM1N, S_TM1E, S_TM1D, S_TAU = STATE.take(7)  # spline tangents and parameter
S_FF_N, S_FF_E, S_FF_D, S_DEADMAN_SENT, S_SPOOL_S, S_YAW_LEFT = STATE.take(6)
S_LEG_YAW, S_NEXT_YAW, S_FROM_REST = STATE.take(3)  # directions of the leg and of the next, rad; 1: it began at rest
# driving; "course" is the direction of motion: the heading, or its opposite when driving backwards
S_WAY, S_SPEED, S_COURSE, S_SPEED_REF, S_RATE_REF = STATE.take(5)  # 1 or -1; by estimate; speed and turn rate demanded
S_SPEED_SUM, S_STEER_SUM = STATE.take(2)  # integrators: throttle, rad
S_THROTTLE, S_WHEEL = STATE.take(2)  # outputs: -1 .. 1, wheel angle rad (right positive)
S_COURSE_ERROR, S_HALF_TURN, S_DRIVING, S_STUCK_S, S_STUCK_SENT = STATE.take(5)  # HALF_TURN: of the corner at the end
S_CORNER_R, S_TURN_LEFT = STATE.take(2)  # radius of the turn at the end of the leg, m; course off the line, rad
S_MOTORS_HELD = STATE.block(1)  # 1: armed, but not started: on the ground the motors stand still
S_FLOOR = STATE.block(1)  # the ground below, NED down m; 0 without terrain: the plane through the origin
# height of the vehicle over terrain by its range finder, m (0: not seen); the ground by that, filtered, down m; when
S_RANGE, S_SURFACE, S_SURFACE_MS = STATE.take(3)
# legs by a speed profile (`autopilot.control.profile`): 1 while one is flown; share of time that passes on it; the end
# of the leg; how far the reference is off the curve, with two derivatives; profiles of the leg before, of this one and
# of the next, and a spare one; the speed limits (ground, up, down) that all of them keep
CURVE_SIZE: Final = 26
S_CURVING, S_PACE, S_END_N, S_END_E, S_END_D = STATE.take(5)
S_OFF = STATE.block(9)
S_BEFORE = STATE.block(CURVE_SIZE)
S_NOW = STATE.block(CURVE_SIZE)
S_ONWARD = STATE.block(CURVE_SIZE)
S_SPARE = STATE.block(CURVE_SIZE)
S_PACED_BY = STATE.block(3)
S_SPLINED, S_ALONG, S_LAST_SPEED = STATE.take(3)  # 1: the leg is a spline; speed along it, and at its end
S_ON_LEG = STATE.block(1)  # 1: the target is a leg
S_HELD_BACK, S_HELD_RATE = STATE.take(2)  # share of its speed by which a halted leg is slower; its change, 1/s
S_WAY_SPEED = STATE.block(1)  # m/s over ground that the smoothed leg last allowed, while it did not turn
# wings. Airspeeds are equivalent ones (as a pitot tube shows them), m/s; S_EAS2TAS times that is the true one
S_PITOT, S_PITOT_USED, S_AIRSPEED, S_AIRSPEED_SUM, S_EAS2TAS = STATE.take(5)  # sample; 1: flown by; filtered, its trim
S_VDOT, S_VDOT_SLOW = STATE.take(2)  # change of airspeed by the accelerometer m/s2, and its mean
S_AILERON, S_ELEVATOR, S_RUDDER = STATE.take(3)  # outputs, -1 .. 1: roll right, nose up, nose right
S_LATERAL, S_L1_LENGTH, S_LAST_ETA, S_ON_CIRCLE, S_OFF_TRACK = STATE.take(5)  # m/s2; m; rad; 1; m right of it
S_NAV_COURSE, S_BANK_MOST = STATE.take(2)  # rad
# total energy: demand as given, at a limited rate, behind a lag, as flown (heights m, up positive); its rate
S_H_GIVEN, S_H_LIMITED, S_H_LAGGED, S_H_WANTED, S_H_RATE = STATE.take(5)
S_CLIMB_SHARE, S_SINK_SHARE = STATE.take(2)
S_V_GIVEN, S_V_WANTED, S_V_RATE, S_V_RATE_SLOW = STATE.take(4)  # true airspeed
S_THROTTLE_SUM, S_BALANCE_SUM, S_KINETIC_SUM, S_ENERGY_RATE_ERROR = STATE.take(4)
S_PITCH_FREE, S_THROTTLE_BASE, S_THROTTLE_FULL, S_SLOW = STATE.take(4)  # FULL: 1 at its most, -1 at least; SLOW: 1
S_SLOW_AT = STATE.block(1)  # when that last began to be so, ms of vehicle time
S_STRAIGHT = STATE.block(1)  # 1: the leg has no line; its end is flown to from the plane's present place
S_THROTTLE_FLOOR = STATE.block(1)  # remaining minimum throttle of a takeoff
S_CLIMB_STICK = STATE.block(1)  # pitch stick of the last tick in FBWB and CRUISE; 0 while centred
S_STAGE, S_FLARE_H, S_FLARE_RATE, S_GLIDE = STATE.take(4)  # STAGE_..; where and how fast the flare began; slope
S_YAW_RATE_SEEN, S_YAW_RATE_WASHED = STATE.take(2)
S_LIFTING, S_CHANGE_MS = STATE.take(2)  # lift motors: LIFT_..; when that began
S_WING_LIFT = STATE.block(1)  # specific force of the wings, m/s2
S_LIFT_I = STATE.block(3)  # rate integrators of the lift motors, rad/s2
S_FADES_FROM = STATE.block(1)  # collective of the lift motors when they began to fade
# what lift motors help wings for: ASSIST_.. bits; clocks of these, s (`autopilot.control.plane_lift`)
S_ASSISTS, S_LOW_CLOCK, S_UPSET_CLOCK, S_NOSE_DOWN = STATE.take(4)
S_COUNTS_TURNS = STATE.block(1)  # 1: the change of the direction to a circle's middle counts
S_THROWN_MS = STATE.block(1)  # when a throw was felt, then when the motor started after it, ms; 0: not
STATE.seal(globals())

# ---------------------------------------------------------------------------------------------------- settings
SETTINGS = Fields("P_")
P_SPEED_GROUND, P_SPEED_UP, P_SPEED_DOWN = SETTINGS.take(3)  # m/s
P_ACCEL, P_ACCEL_Z, P_JERK, P_JERK_Z, P_ACCEL_CORNER = SETTINGS.take(5)  # m/s2, m/s3
P_LEAN_MAX, P_YAW_RATE, P_YAW_ACCEL = SETTINGS.take(3)  # tan of the angle limit; rad/s; rad/s2
P_KP_POS, P_KP_VEL, P_KI_VEL, P_KP_HGT, P_KP_VZ, P_KI_VZ = SETTINGS.take(6)
P_KD_VEL = SETTINGS.block(1)  # s: feedback of the felt acceleration
P_KP_ATT, P_KP_YAW, P_KP_RATE, P_KI_RATE, P_KP_YRATE, P_KI_YRATE = SETTINGS.take(6)
P_RATE_MAX, P_MIX_X, P_MIX_Y, P_MIX_Z, P_HOVER_GUESS = SETTINGS.take(5)  # angular acceleration rad/s2 -> thrust share
P_DRAG_1, P_DRAG_2 = SETTINGS.take(2)  # drag as the controller knows it: 1/s, 1/m
P_LAND_SPEED, P_LAND_SPEED_HIGH, P_LAND_ALT_LOW = SETTINGS.take(3)
P_CUT_TILT, P_CUT_ALT = SETTINGS.take(2)  # cos of the tilt (below -1 = off); m (0 = off)
P_WATCH = SETTINGS.block(1)  # m, NEAR distance (0 = off)
P_LOW_V, P_LOW_MAH, P_CRIT_V, P_CRIT_MAH, P_LOW_TIMER, P_CAPACITY = SETTINGS.take(6)
P_CRASH_CHECK = SETTINGS.block(1)
P_STICK_R, P_STICK_P, P_STICK_T, P_STICK_Y, P_STICK_LEAN, P_STICK_UP, P_STICK_DN = SETTINGS.take(7)
P_STICK_YAW_RATE, P_LOITER_SPEED, P_LOITER_ACCEL, P_ACRO_RATE = SETTINGS.take(4)
P_DECLINATION, P_GPS_SIGMA_P, P_GPS_SIGMA_V, P_BARO_SIGMA, P_MAG_SIGMA = SETTINGS.take(5)
P_ORIGIN_LAT, P_ORIGIN_LON, P_ORIGIN_ALT = SETTINGS.take(3)
P_ACRO_YAW_RATE, P_STICK_ACCEL_Z, P_SAG_FREE, P_LEG_JERK, P_JERK_RISE, P_LOITER_LEAN = SETTINGS.take(6)
# stops: m/s2, m/s3 and the gain of what is left of the speed, 1/s; HARD_STOP: the same six of hard ones (BRAKE)
P_STOP_ACCEL, P_STOP_ACCEL_Z, P_STOP_JERK, P_STOP_JERK_Z, P_STOP_GAIN, P_STOP_GAIN_Z = SETTINGS.take(6)
P_HARD_STOP = SETTINGS.block(6)
# driving
P_DRIVE_ACCEL, P_DRIVE_DECEL, P_TURN_RADIUS, P_TURN_ACCEL, P_TURN_RATE_MAX, P_TURN_RATE_ACCEL = SETTINGS.take(6)
P_KP_COURSE, P_KP_TURN, P_KI_TURN, P_KP_SPEED, P_KI_SPEED = SETTINGS.take(5)
P_WHEELBASE, P_WHEEL_MAX, P_TOP_SPEED, P_FULL_ACCEL = SETTINGS.take(4)  # vehicle data of the controller
P_STICK_SPEED, P_STICK_TURN, P_STOP_SPEED, P_THROTTLE_MAX, P_BRAKING = SETTINGS.take(5)
P_LINES = SETTINGS.block(1)  # 1: the lines of its legs steer it; 0: the velocity towards the reference does
P_THROTTLE_LEAST, P_STICK_MIX = SETTINGS.take(2)
# throttle that begins to move it; STICK_MIXING: whether sticks steer in autopilot modes
P_MOTORS_CUT = SETTINGS.block(1)
# 0: motors turn when armed; 1: they stand still wherever it is; 2: nor are there pulses
P_AFLOAT = SETTINGS.block(1)  # 1: it drifts while its motor stands still, so it is never at rest
#: The middle of a turn is planned to be no farther from the corner than this share of the radius: the rest is for gusts
#: and what the estimate is off.
P_TURN_SHARE = SETTINGS.block(1)
# fences that sticks and velocities are kept off (`autopilot.control.avoidance`): 1 while there are any; how far off, m;
# heights NED down, infinite where there are none; 0 slide along them, 1 stop; m/s2 of avoiding; m/s of backing away
P_AVOIDS, P_KEEP_OFF, P_CEILING, P_LOWEST = SETTINGS.take(4)
P_AVOID_STOPS, P_AVOID_ACCEL, P_BACKUP_SPEED, P_BACKUP_SPEED_Z = SETTINGS.take(4)
# barriers: how many; each a kind and four numbers: of an edge both ends, of a circle its middle and radius, NED m
BARRIERS: Final = 32
BARRIER_SIZE: Final = 5
EDGE, STAY_IN, STAY_OUT = range(3)
P_BARRIER_COUNT = SETTINGS.block(1)
P_BARRIER = SETTINGS.block(BARRIERS * BARRIER_SIZE)
# wings: airspeeds m/s (equivalent), times of the laws s, angles rad
P_V_MIN, P_V_MAX, P_V_CRUISE, P_V_STALL = SETTINGS.take(4)
P_STALL_GUARD = SETTINGS.block(1)  # 1: the bank never takes it below P_V_MIN
P_L1_PERIOD, P_L1_DAMPING, P_BANK, P_PITCH_UP, P_PITCH_DOWN, P_BANK_LEVEL = SETTINGS.take(6)
P_CLIMB, P_SINK_LEAST, P_SINK_MOST, P_ENERGY_TIME, P_THR_DAMP, P_PITCH_DAMP, P_ENERGY_I = SETTINGS.take(7)
P_VERTICAL_ACCEL, P_BANK_THRUST, P_SPEED_WEIGHT, P_SPEED_OMEGA, P_HEIGHT_TIME, P_ENERGY_PITCH = SETTINGS.take(6)
P_THR_TRIM, P_THR_MIN, P_THR_SLEW, P_THR_TAKEOFF = SETTINGS.take(4)
P_ROTATE_SPEED, P_LEVEL_HEIGHT, P_LEVEL_OFF_S, P_CLIMB_PITCH, P_GROUND_PITCH = SETTINGS.take(5)  # takeoff
# its throttle: at least, 1: in that range, while it waits; s of full throttle; what starts it: m/s2, s after it, m/s
P_THR_TAKEOFF_LEAST, P_THR_RANGE, P_THR_IDLE, P_FULL_S = SETTINGS.take(4)
P_THROW_ACCEL, P_THROW_DELAY, P_THROW_SPEED = SETTINGS.take(3)
P_APPROACH_SPEED, P_LAND_SINK, P_LAND_TIME, P_LAND_WEIGHT, P_LAND_DAMP, P_LAND_PITCH_MOST = SETTINGS.take(6)
P_FLARE_HEIGHT, P_FLARE_S, P_FLARE_PITCH, P_FLARE_AIM = SETTINGS.take(4)
P_ROLL_TIME, P_ROLL_FF, P_ROLL_P, P_ROLL_I, P_ROLL_RATE = SETTINGS.take(5)
P_PITCH_TIME, P_PITCH_FF, P_PITCH_P, P_PITCH_I, P_PITCH_RATE_UP, P_PITCH_RATE_DN, P_TURN_PITCH = SETTINGS.take(7)
P_RUDDER_MIX, P_YAW_DAMP, P_SCALING_SPEED = SETTINGS.take(3)
P_PITOT_USE, P_LOITER_R, P_WP_RADIUS, P_MIN_GROUND_SPEED = SETTINGS.take(4)
P_STICK_CLIMB, P_PITCH_DOWN_IDLE, P_SLOPE_LEAST, P_SLOPE_ABOVE = SETTINGS.take(4)
# wings with lift motors: 1: there are some; s; m/s of airspeed (0: none); m/s over ground; m/s2
P_LIFTS, P_TRANSITION_S, P_ASSIST_SPEED, P_HOVER_SPEED, P_BACK_DECEL = SETTINGS.take(5)
P_ASSIST_ANGLE, P_ASSIST_HEIGHT, P_ASSIST_DELAY = SETTINGS.take(3)  # rad and m above its start (0: not); s
# Q_OPTIONS. 1: wings level and no climb on lift motors until the wings carry; 1: these always help; s after arming
P_LEVEL_TRANSITION, P_ASSIST_ALWAYS, P_SPOOL_DELAY = SETTINGS.take(3)
# legs and climbs as PX4 smooths them (`autopilot.control.smoothing`): share of the acceleration in corners, 0: not
# these; m by which the vehicle may lag; m/s2 and m/s3; m of height within which a place counts
P_SMOOTH, P_SMOOTH_ERROR, P_SMOOTH_ACCEL, P_SMOOTH_JERK, P_SMOOTH_UP, P_SMOOTH_DOWN, P_SMOOTH_NEAR = SETTINGS.take(7)
# a climb from the ground: so many m high it is slow; m/s; m/s2; s before it begins. Above P_LAND_ALT_LOW a landing
# slows down evenly from here on, m (0: as steeply as it can)
P_SLOW_CLIMB_TO, P_SLOW_CLIMB, P_SLOW_CLIMB_ACCEL, P_CLIMB_DELAY, P_LAND_ALT_HIGH = SETTINGS.take(5)
# time for which a position is valid without a fix (EKF2_NOAID_TOUT); 0: as ArduPilot's
P_UNAIDED_MS = SETTINGS.block(1)
P_CIRCLE_BANK = SETTINGS.block(1)  # rad, of circles; 0: they widen in thin air (NAVL1_LIM_BANK)
P_CIRCLE_NEAR = SETTINGS.block(1)  # height tolerance within which a circle is reached, m (NAV_FW_ALT_RAD); 0: 5
# 1: the upper half of the throttle stick adds airspeed (THROTTLE_NUDGE); FS_SHORT_ACTN
P_NUDGES, P_SHORT_ACTION = SETTINGS.take(2)
P_LOITER_TYPE = SETTINGS.block(1)  # LOIT_TYPE: a place is reached 0 forwards or backwards, 1 forwards, 2 backwards
P_LEANS_FREELY = SETTINGS.block(1)  # 1: sticks lean lift motors beyond the limits of the wings (Q_OPTIONS)
# before the flare, m/s (0: as on the approach), m, s; share of the headwind; sink of landings, m/s (0: as ever)
P_PREFLARE_SPEED, P_PREFLARE_HEIGHT, P_PREFLARE_S, P_WIND_SHARE, P_LAND_SINK_MOST = SETTINGS.take(5)
P_ENERGY_DOWN, P_ACRO_PITCH_RATE, P_CLIMB_REVERSED = SETTINGS.take(3)  # rad; rad/s; 1: pulling sinks (FBWB_ELEV_REV)
P_RANGE_LANDS = SETTINGS.block(1)  # 1: wings land by a range finder (RNGFND_LANDING)
P_INVERTED = SETTINGS.block(1)  # 1: wings fly upside down (DO_INVERTED_FLIGHT)
# the pusher of a hover: 1 where it holds a place, 2 also a height, 0 never; throttle by the tangent of a lean; rad
P_PUSHES, P_PUSH_GAIN, P_PUSH_PITCH = SETTINGS.take(3)
SETTINGS.seal(globals())

# ---------------------------------------------------------------------------------------------------- target
TARGET = Fields("T_")
T_KIND, T_SEQ, T_RADIUS = TARGET.take(3)
T_YAW_MODE, T_YAW_ANGLE, T_YAW_RATE, T_YAW_TURN, T_POINT_N, T_POINT_E, T_POINT_D, T_YAW_SEQ = TARGET.take(8)
T_END_N, T_END_E, T_END_D, T_HAS_START, T_START_N, T_START_E, T_START_D = TARGET.take(7)
T_HAS_NEXT, T_NEXT_N, T_NEXT_E, T_NEXT_D, T_HAS_PREV, T_PREV_N, T_PREV_E, T_PREV_D = TARGET.take(8)
T_SPLINE, T_NEXT_SPLINE, T_TURNS, T_DIRECTION, T_CIRCLE_R, T_TIMEOUT_MS = TARGET.take(6)
T_VN, T_VE, T_VD, T_AN, T_AE, T_AD, T_HAS_POSITION, T_BODY = TARGET.take(8)
T_ROLL, T_PITCH, T_YAW, T_USE_RATE, T_THRUST, T_CLIMB, T_BY_CLIMB = TARGET.take(7)
T_STICKS, T_CIRCLE_SPEED = TARGET.take(2)  # PilotKind; m/s, 0 = as fast as the limits allow
T_WAY, T_SPEED, T_HEADING, T_TURN_RATE, T_BY_RATE = TARGET.take(5)  # driving
T_GOAL_N, T_GOAL_E = TARGET.take(2)  # place for reported distances: the end, or the end of the whole way
T_DIRECTLY = TARGET.block(1)  # 1: land at the present place, or fly straight to the end of a leg
T_FROM_REST = TARGET.block(1)  # 1: a leg begins at rest at its start, whatever the reference's motion
T_AT_HEIGHT, T_LEAVES, T_LEAVE_N, T_LEAVE_E, T_BY_WING = TARGET.take(
    5
)  # of wings; BY_WING: 1: not by lift motors; AT_HEIGHT of a leg: any slope is flown
T_ROLL_RATE, T_PITCH_RATE, T_BY_BODY, T_STANDS = TARGET.take(
    4
)  # BY_BODY 1: rates, not angles; STANDS 1: motors stopped
# the way to a hover: 1: it comes down on it; distances m and heights NED d near its place and far from it
T_SURFACE = TARGET.block(1)  # 1: sticks that hold a height hold it above the ground by the range finder
T_COMES_DOWN, T_NEAR_M, T_NEAR_D, T_FAR_M, T_FAR_D = TARGET.take(5)
T_UPRIGHT = TARGET.block(1)  # 1: a circle that lift motors fly
T_HAS_HELD, T_HELD_D = TARGET.take(2)  # 1: an attitude is flown at this height, NED d, and not at the present one
T_CLIMBS = TARGET.block(1)  # 1: a circle whose height the pitch stick moves
T_HARD = TARGET.block(1)  # 1: a hard stop
T_HALTED = TARGET.block(1)  # 1: a leg on which a copter stops, until it may go on
T_LATERAL = TARGET.block(1)  # largest sideways acceleration of wings towards a velocity, m/s2 (0: by their bank)
TARGET.seal(globals())
TARGET_SIZE: Final = TARGET.size

# kinds of target; DRIVE only for rovers and boats
KIND_IDLE, KIND_HOLD, KIND_BRAKE, KIND_LEG, KIND_CIRCLE, KIND_TAKEOFF, KIND_LAND = range(7)
KIND_VELOCITY, KIND_ATTITUDE, KIND_PILOT, KIND_DRIVE = range(7, 11)
# events, as `autopilot.interface.vehicle.VehicleEvent` (a test compares)
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
EV_THRUST_LOST: Final = 4194304
EV_SIGHTED: Final = 8388608

# EKF_STATUS_REPORT flags: all good, and attitude with height only
FLAGS_NO_POSITION: Final = int(
    EkfFlag.ATTITUDE | EkfFlag.VELOCITY_HORIZ | EkfFlag.VELOCITY_VERT | EkfFlag.POS_VERT_ABS | EkfFlag.CONST_POS_MODE
)
FLAGS_GOOD: Final = int(
    EkfFlag.ATTITUDE | EkfFlag.VELOCITY_HORIZ | EkfFlag.VELOCITY_VERT | EkfFlag.POS_HORIZ_REL | EkfFlag.POS_HORIZ_ABS
    | EkfFlag.POS_VERT_ABS | EkfFlag.PRED_POS_HORIZ_REL | EkfFlag.PRED_POS_HORIZ_ABS
)  # fmt: skip
FLAGS_STARTING: Final = int(EkfFlag.UNINITIALIZED)
# S_STAGE: how a plane is flown: on its way, climbing out, on the slope to its landing, flaring, slowing to a hover
STAGE_WAY, STAGE_CLIMB_OUT, STAGE_LANDING, STAGE_APPROACH, STAGE_FLARE, STAGE_BRAKE = range(6)
# S_LIFTING: on the wings, on the lift motors, speeding up on both, fading these, slowing down
#: S_SPIN of motors that are commanded from outside, not by our laws.
COMMANDED = 3.0
LIFT_NONE, LIFT_HOVER, LIFT_SPEEDING, LIFT_FADING, LIFT_BRAKING = range(5)
#: S_ASSISTS, and the report's: bits.
ASSIST_LOW, ASSIST_UPSET = 1.0, 2.0
# S_LANDED_STATE and the report's
ON_GROUND, IN_AIR = float(LandedState.ON_GROUND), float(LandedState.IN_AIR)
TAKING_OFF, LANDING = float(LandedState.TAKEOFF), float(LandedState.LANDING)
