"""Layout of the simulated machine in the kernel's rows. Its fields follow those of its control
(`autopilot.interface.layout`)."""

from __future__ import annotations

from typing import Final

from autopilot.interface import layout as L
from autopilot.interface.fields import Fields

#: Failures of a sensor; the numbers are MAVLink's FAILURE_TYPE.
FAILURE_OFF: Final = 1.0
FAILURE_STUCK: Final = 2.0
FAILURE_GARBAGE: Final = 3.0
FAILURE_WRONG: Final = 4.0
FAILURE_SLOW: Final = 5.0
FAILURE_DELAYED: Final = 6.0
FAILURE_INTERMITTENT: Final = 7.0
GPS_SLOTS: Final = 5
MAG_SLOTS: Final = 10
BARO_SLOTS: Final = 10
MOST_OTHERS: Final = 8
MOST_ROTORS: Final = 8

# ---------------------------------------------------------------------------------------------------- state
_state = Fields("S_", after=L.STATE)
# truth: attitude, rates, velocity, position
S_Q0, S_Q1, S_Q2, S_Q3, S_WX, S_WY, S_WZ = _state.take(7)
S_VN, S_VE, S_VD, S_PN, S_PE, S_PD = _state.take(6)
# rotor speeds, as shares of full speed, and their commands; the first four are the quad's and a plane's lift motors
S_M1, S_M2, S_M3, S_M4, S_M5, S_M6, S_M7, S_M8 = _state.take(8)
S_C1, S_C2, S_C3, S_C4, S_C5, S_C6, S_C7, S_C8 = _state.take(8)
S_WIND_N, S_WIND_E, S_WIND_D = _state.take(3)  # air, mean and gusts
S_GUST_N, S_GUST_E, S_GUST_D = _state.take(3)
S_FX, S_FY, S_FZ = _state.take(3)  # specific force of the last step, body
S_CONTACT, S_TOUCHDOWN, S_TORQUE_AGE = _state.take(3)
S_SOC, S_AMPS, S_VOLTS, S_REST_VOLTS, S_MAH, S_WH = _state.take(6)
S_GPS_N, S_GPS_E, S_GPS_D, S_GPS_VN, S_GPS_VE, S_GPS_VD, S_GPS_MS, S_GPS_FIX = _state.take(8)
S_GPS_WN, S_GPS_WE, S_GPS_WD = _state.take(3)  # slow wander of the fix
S_JAM_N, S_JAM_E, S_JAM_MS = _state.take(3)  # false place of a jammed receiver, since when it is jammed
S_BARO_DRIFT, S_BARO_ALT, S_BARO_AWAY = _state.take(3)  # its height's wander, itself, and steady drift, m
S_MAG_X, S_MAG_Y, S_MAG_Z = _state.take(3)
S_GYRO_X, S_GYRO_Y, S_GYRO_Z, S_ACC_X, S_ACC_Y, S_ACC_Z = _state.take(6)  # raw samples, bias and noise in
S_VIBE_X, S_VIBE_Y, S_VIBE_Z = _state.take(3)
S_GBX, S_GBY, S_GBZ, S_ABX, S_ABY, S_ABZ = _state.take(6)  # true biases
S_GPS_NEXT, S_MAG_NEXT = _state.take(2)  # vehicle time of the next sample, ms
# failures of sensors: share of the inertial samples that comes through and what stands in its place; 1: says nothing;
# samples of before, oldest overwritten first
S_GYRO_ON, S_ACC_ON = _state.take(2)
S_GYRO_SHOWN, S_ACC_SHOWN = _state.block(3), _state.block(3)
S_GYRO_LOST, S_ACC_LOST, S_MAG_LOST, S_BARO_LOST = _state.take(4)
S_GYRO_OLD, S_ACC_OLD, S_GPS_OLD, S_MAG_OLD = _state.block(3), _state.block(3), _state.block(30), _state.block(30)
S_BARO_OLD, S_BARO_SHOWN = _state.block(10), _state.block(1)
# the rover's truth: forward and sideways speed (body), yaw rate, heading, wheel angle, pull of the motor N, its current
S_BODY_U, S_BODY_V, S_BODY_R, S_COS, S_SIN, S_WHEEL_TRUE, S_PULL, S_MOTOR_A = _state.take(8)
# a plane's truth: surfaces -1 .. 1, angles of its air flow rad, speed through the air m/s, density of the air kg/m3
S_TRUE_AILERON, S_TRUE_ELEVATOR, S_TRUE_RUDDER, S_ALPHA, S_BETA, S_TRUE_SPEED, S_AIR_DENSITY = _state.take(7)
S_PITOT_STUCK, S_LAUNCH_S = _state.take(2)  # sample that a blocked tube goes on showing; time since the throw began
# a load on a line: what it weighs (0: none hangs), where it is, how fast; the line's length m, rate m/s and pull N
S_LOAD_KG, S_LOAD, S_LOAD_V = _state.block(1), _state.block(3), _state.block(3)
S_LINE, S_LINE_RATE, S_TENSION = _state.take(3)
_state.seal(globals())
STATE_SIZE: Final = _state.size

# ---------------------------------------------------------------------------------------------------- settings
_settings = Fields("P_", after=L.SETTINGS)
P_MASS = _settings.block(1)  # kg
# weather
P_MEAN_N, P_MEAN_E, P_GUST, P_GUST_KEEP, P_GUST_KICK, P_GUST_PUSH = _settings.take(6)
# battery and electronics
P_OHMS, P_BATTERY_AH, P_CELLS, P_OFFSET_V, P_HOTEL_A, P_FULL_V, P_FAULT_V = _settings.take(7)
P_STEPS, P_DT = _settings.take(2)  # of physics in a tick; length of one, s
# sensors
P_GYRO_NOISE, P_ACC_NOISE, P_BARO_NOISE, P_GPS_NOISE, P_GPS_WANDER, P_GPS_V_NOISE, P_MAG_NOISE = _settings.take(7)
P_FIELD_N, P_FIELD_E, P_FIELD_D = _settings.take(3)  # gauss
P_GPS_ON, P_BARO_ON, P_MAG_ON, P_IMU_ON, P_GPS_SATS, P_GPS_JAM = _settings.take(6)
P_FAIL_GYRO, P_FAIL_ACC, P_FAIL_GPS, P_FAIL_MAG, P_FAIL_BARO = _settings.take(5)  # FAILURE_..., 0: none
P_FAILING = _settings.block(1)  # 1: one of them is set
P_GLITCH_N, P_GLITCH_E, P_GLITCH_D, P_BARO_GLITCH, P_BARO_RATE = _settings.take(5)
# share of thrust left; 1: commands stand still
P_LOSS_1, P_LOSS_2, P_LOSS_3, P_LOSS_4, P_LOSS_5, P_LOSS_6, P_LOSS_7, P_LOSS_8, P_FREEZE = _settings.take(9)
P_SERVO_5, P_SERVO_6, P_SERVO_7, P_SERVO_8 = _settings.take(4)
# copter
P_INV_IX, P_INV_IY, P_INV_IZ, P_GYRO_XX, P_GYRO_YY, P_GYRO_ZZ = _settings.take(6)  # GYRO_xx: Euler coupling
P_FULL, P_ARM_X, P_ARM_Y, P_YAW_ARM, P_LAG, P_ROTOR_DRAG, P_BODY_DRAG, P_AXIAL_DRAG = _settings.take(8)
P_SPIN_ARM, P_POWER = _settings.take(2)
P_ROTORS = _settings.block(1)  # number of rotors that a firmware drives (`sitl.kernel.outside`)
# their places, m ahead of and to the right of the centre of mass; torque per thrust, m, above 0 if the rotor turns left
P_ROTOR_AHEAD, P_ROTOR_RIGHT, P_ROTOR_TURN = (_settings.block(MOST_ROTORS) for _ in range(3))
P_STIFF, P_DAMP, P_FRICTION, P_LEG = _settings.take(4)
# motor test: rotor commands while disarmed; throttle and steering, -1 .. 1, of rovers and boats
P_TEST_1, P_TEST_2, P_TEST_3, P_TEST_4 = _settings.take(4)
P_SHOVE_X, P_SHOVE_Y, P_SHOVE_Z, P_SHOVE_UNTIL = _settings.take(4)  # specific force that throws it, body m/s2; ms
# rover
P_INERTIA, P_FRONT, P_REAR = _settings.take(3)  # kg m2, axles before and behind the centre of mass m
P_GRIP, P_STIFF_F, P_STIFF_R = _settings.take(3)  # friction; cornering stiffness per load and friction, 1/rad
P_STALL, P_FREE, P_MOTOR_LAG, P_AMPS_PER_N = _settings.take(4)  # N; m/s at FULL_V; share in a step; A/N
P_ROLLING, P_DRAG, P_SIDE_DRAG = _settings.take(3)  # share of weight; N s2/m2 along and across
P_SERVO_RATE, P_CARRIED = _settings.take(2)  # rad/s; share of the pull beyond resistance that takes no current
# boat: resistance of the water along, across and in turning, linear and square: N s/m, N s2/m2; N m s, N m s2
P_SURGE_1, P_SURGE_2, P_SWAY_1, P_SWAY_2, P_YAW_1, P_YAW_2 = _settings.take(6)
P_RUDDER, P_WASH = _settings.take(2)  # N m per rad and (m/s)2 of flow; flow that the propeller adds, (m/s)2 per N
P_TIDE_N, P_TIDE_E = _settings.take(2)  # current, m/s
# terrain: 1 with a map; its south-west corner deg, heights in a degree; the range finder's limits, m (0: none)
P_MAP, P_MAP_SOUTH, P_MAP_WEST, P_MAP_PER_LAT, P_MAP_PER_LON, P_FINDER_MIN, P_FINDER_MAX = _settings.take(7)
# plane: area m2, span, chord m; then its coefficients (`sitl.vehicles.aerodynamics`), surfaces counted from -1 to 1
P_WING, P_SPAN, P_CHORD, P_STALL_ANGLE, P_STALL_SHARP = _settings.take(5)
P_CL_0, P_CL_A, P_CL_Q, P_CL_E, P_CD_0, P_CD_Q, P_CD_E, P_CD_INDUCED = _settings.take(8)
P_CY_B, P_CY_P, P_CY_R, P_CY_A, P_CY_D = _settings.take(5)  # side force by slip, rates, aileron, rudder
P_CROLL_B, P_CROLL_P, P_CROLL_R, P_CROLL_A, P_CROLL_D = _settings.take(5)
P_CM_0, P_CM_A, P_CM_Q, P_CM_E = _settings.take(4)
P_CN_B, P_CN_P, P_CN_R, P_CN_A, P_CN_D = _settings.take(5)
P_LIFT_X, P_LIFT_Z = _settings.take(2)  # where the air's forces act, m before and below the centre of mass
P_GAMMA = _settings.block(8)  # of the inertia with its product: `sitl.kernel.plane`
P_THRUST_1, P_THRUST_2, P_THRUST_V = _settings.take(3)  # N by throttle and its square, N s2/m2
P_AMPS_1, P_AMPS_2 = _settings.take(2)  # A of the propeller by throttle and its square
P_GEAR_ROLL, P_GEAR_TURN, P_GEAR_STEER, P_LAUNCH, P_LAUNCH_TIME, P_LAUNCH_BY = _settings.take(6)
P_LETS_GO = _settings.block(1)  # m/s of climb up to which wheels stay on the ground
P_AIR = _settings.block(1)  # density of the air over the standard atmosphere's, by which airspeeds are told
P_PITOT_ON, P_PITOT_NOISE, P_PITOT_OFFSET, P_PITOT_BLOCKED, P_PITOT_SCALE = _settings.take(5)
P_LOAD_DRAG, P_LINE_RATE = _settings.take(2)  # of a load on a line, 1/m; speed that its winch is told, m/s
# other aircraft that it looks out for until a time, ms: the level that they have, 1: they are higher (-1: not), the
# depth that it does not pass, m, how many; the limits, and of each its place deg deg m, velocity NED m/s, report's ms
P_OUT_UNTIL, P_OUT_LEVEL, P_OUT_ABOVE, P_OUT_DEEPEST, P_OUT_COUNT = _settings.take(5)
P_OUT_LIMITS, P_OUT_OTHERS = _settings.block(6), _settings.block(7 * MOST_OTHERS)
_settings.seal(globals())
SETTINGS_SIZE: Final = _settings.size
