"""Report of all vehicles (`autopilot.interface.report`) at the end of an advance, in compiled code."""

from __future__ import annotations

from math import pi, sqrt

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import asin, atan2, cos, exp, log
from autopilot.mav import Sensor
from sitl.kernel import layout as M

#: Standard atmosphere 1976, troposphere: sea level pressure Pa, temperature K, lapse K/m, exponent g M / (R lapse).
P0, T0, LAPSE, EXPONENT = 101325.0, 288.15, 0.0065, 5.255877
#: Bits of SYS_STATUS: sensors that can fail, and all sensors.
GYRO, ACCEL, MAG = int(Sensor.GYRO), int(Sensor.ACCEL), int(Sensor.MAG)
BARO, GPS = int(Sensor.ABSOLUTE_PRESSURE), int(Sensor.GPS)
PRESENT = int(
    Sensor.GYRO | Sensor.ACCEL | Sensor.MAG | Sensor.ABSOLUTE_PRESSURE | Sensor.GPS | Sensor.MOTOR_OUTPUTS
    | Sensor.AHRS | Sensor.BATTERY | Sensor.ANGULAR_RATE_CONTROL | Sensor.ATTITUDE_STABILIZATION
    | Sensor.YAW_POSITION | Sensor.Z_ALTITUDE_CONTROL | Sensor.XY_POSITION_CONTROL
)  # fmt: skip
AHRS = int(Sensor.AHRS)


@jit
def lean_demand(s: L.Row) -> tuple[float, float]:
    """Roll and pitch of the attitude that the rotors are commanded to hold, rad."""
    q0, q1, q2, q3 = s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    roll = atan2(2.0 * (q2 * q3 + q0 * q1), 1.0 - 2.0 * (q1 * q1 + q2 * q2))
    return roll, asin(min(max(2.0 * (q0 * q2 - q1 * q3), -1.0), 1.0))


@jit
def pressure_at(altitude: float) -> float:
    """Pressure, Pa, at an altitude m AMSL below 11 km (US standard atmosphere 1976)."""
    return P0 * exp(EXPONENT * log(1.0 - LAPSE * altitude / T0))


@jit
def temperature_at(altitude: float) -> float:
    """Temperature, degrees Celsius, at an altitude m AMSL below 11 km (US standard atmosphere 1976)."""
    return T0 - LAPSE * altitude - 273.15


@jit
def density_at(altitude: float) -> float:
    """Density of dry air, kg/m3, at an altitude m AMSL below 11 km (US standard atmosphere 1976)."""
    return pressure_at(altitude) / (287.05287 * (T0 - LAPSE * altitude))


@jit
def place_of(p: L.Row, n: float, e: float, d: float) -> tuple[float, float, float]:
    """Latitude, longitude and altitude of a local point, by the formula of `autopilot.interface.geo.to_global`."""
    lat0 = p[L.P_ORIGIN_LAT]
    lat = lat0 + n / METRES_PER_DEGREE
    scale = max(cos((lat0 + lat) * 0.5 * pi / 180.0), 0.01)
    lon = p[L.P_ORIGIN_LON] + e / (METRES_PER_DEGREE * scale)
    if lon > 180.0:
        lon -= 360.0
    elif lon < -180.0:
        lon += 360.0
    return lat, lon, p[L.P_ORIGIN_ALT] - d


@jit
def fill_place(r: L.Row, p: L.Row, i: int, n: float, e: float, d: float) -> None:
    """Write latitude, longitude and altitude of a local point into r[i:i+3]."""
    r[i], r[i + 1], r[i + 2] = place_of(p, n, e, d)


@jit
def fill_estimate(s: L.Row, p: L.Row, r: L.Row) -> None:
    """Fill in position, motion, attitude and wind."""
    r[R.TIME_MS] = s[L.S_TIME_MS]
    fill_place(r, p, R.LAT, s[L.S_EPN], s[L.S_EPE], s[L.S_EPD])
    for i in range(3):
        r[R.NORTH + i] = s[L.S_EPN + i]
        r[R.VN + i] = s[L.S_EVN + i]
        r[R.P + i] = s[L.S_GYX + i]
    r[R.ROLL] = atan2(s[L.S_ER + 7], s[L.S_ER + 8])
    r[R.PITCH] = asin(min(max(-s[L.S_ER + 6], -1.0), 1.0))
    r[R.YAW] = atan2(s[L.S_ER + 3], s[L.S_ER])
    r[R.GROUND_SPEED] = sqrt(s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE])
    an, ae = s[L.S_EVN] - s[L.S_WEN], s[L.S_EVE] - s[L.S_WEE]
    r[R.AIR_SPEED] = sqrt(an * an + ae * ae + s[L.S_EVD] * s[L.S_EVD])
    r[R.WIND_N], r[R.WIND_E], r[R.ODOMETER] = s[L.S_WEN], s[L.S_WEE], s[L.S_ODOMETER]


@jit
def fill_guidance(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """Fill in the reference, the distance and direction to the end of the target, and the distance from the leg."""
    for i in range(3):
        r[R.TARGET_N + i] = s[L.S_RPN + i]
        r[R.TARGET_VN + i] = s[L.S_RVN + i]
        r[R.TARGET_AN + i] = s[L.S_RAN + i]
        r[R.ACC_N + i] = s[L.S_AEN + i]
    kind = t[L.T_KIND]
    n, e = t[L.T_GOAL_N] - s[L.S_EPN], t[L.T_GOAL_E] - s[L.S_EPE]
    ends = kind == L.KIND_LAND or kind == L.KIND_TAKEOFF
    if kind == L.KIND_HOLD or kind == L.KIND_LEG or (ends and t[L.T_HAS_POSITION] == 1.0):
        r[R.WP_DISTANCE] = sqrt(n * n + e * e)
        r[R.WP_BEARING] = atan2(e, n)
    elif kind == L.KIND_CIRCLE:
        r[R.WP_DISTANCE] = abs(sqrt(n * n + e * e) - t[L.T_CIRCLE_R])
        r[R.WP_BEARING] = atan2(e, n)
    else:
        r[R.WP_DISTANCE] = 0.0
        r[R.WP_BEARING] = r[R.YAW]
    r[R.CROSS_TRACK] = 0.0
    if kind == L.KIND_LEG:
        r[R.CROSS_TRACK] = s[L.S_U_N] * (s[L.S_EPE] - s[L.S_A_E]) - s[L.S_U_E] * (s[L.S_EPN] - s[L.S_A_N])
    moving = s[L.S_RVN] * s[L.S_RVN] + s[L.S_RVE] * s[L.S_RVE] > 0.01
    r[R.NAV_BEARING] = atan2(s[L.S_RVE], s[L.S_RVN]) if moving else r[R.WP_BEARING]
    r[R.TARGET_YAW] = s[L.S_RYAW]
    r[R.TURNS] = s[L.S_TURN_SUM]
    r[R.ARRIVED] = s[L.S_ARRIVED]
    r[R.YAW_DONE] = s[L.S_YAW_DONE]


@jit
def fill_sensors(s: L.Row, p: L.Row, r: L.Row) -> None:
    """Fill in battery, GPS, barometer, inertial and magnetic samples."""
    r[R.BATT_V], r[R.BATT_A], r[R.BATT_MAH] = s[M.S_VOLTS], s[M.S_AMPS], s[M.S_MAH]
    r[R.BATT_WH], r[R.BATT_V_REST] = s[M.S_WH], s[M.S_VOLTS] + s[M.S_AMPS] * p[M.P_OHMS]
    left = 1.0 - s[M.S_MAH] / p[L.P_CAPACITY] if p[L.P_CAPACITY] > 0.0 else max(s[M.S_SOC], 0.0)
    r[R.BATT_FRACTION] = min(max(left, 0.0), 1.0)
    fix = s[M.S_GPS_FIX]
    r[R.GPS_FIX] = fix
    jammed = p[M.P_GPS_JAM]
    sats = p[M.P_GPS_SATS] if jammed == 0.0 else min(p[M.P_GPS_SATS], 5.0)
    r[R.GPS_SATS] = sats if fix >= 3.0 else 0.0
    r[R.GPS_HDOP] = 0.8 if fix >= 3.0 else 99.99
    r[R.GPS_VDOP] = 1.2 if fix >= 3.0 else 99.99
    fill_place(r, p, R.GPS_LAT, s[M.S_GPS_N], s[M.S_GPS_E], s[M.S_GPS_D])
    for i in range(3):
        r[R.GPS_VN + i] = s[M.S_GPS_VN + i]
        r[R.GYRO_X + i] = s[M.S_GYRO_X + i]
        r[R.ACCEL_X + i] = s[M.S_ACC_X + i]
        r[R.MAG_X + i] = s[M.S_MAG_X + i]
        r[R.VIBE_X + i] = s[M.S_VIBE_X + i]
    useless = fix < 3.0 or jammed != 0.0
    r[R.GPS_HACC] = 1000.0 if useless else 0.5
    r[R.GPS_VACC] = 1000.0 if useless else 0.8
    r[R.GPS_SACC] = 100.0 if useless else 0.2
    r[R.GPS_TIME_MS] = s[M.S_GPS_MS]
    height = p[L.P_ORIGIN_ALT] + s[M.S_BARO_ALT]
    r[R.BARO_PRESSURE] = pressure_at(height)
    r[R.BARO_TEMPERATURE] = temperature_at(height) + 20.0  # the board warms its sensor
    r[R.BARO_ALT] = s[M.S_BARO_ALT]


@jit
def cut_pulses(p: L.Row, r: L.Row) -> None:
    """Remove the pulses of outputs 1 to 4 while the safety switch is on."""
    if p[L.P_MOTORS_CUT] == 2.0:
        for i in range(4):
            r[R.SERVO_1 + i] = 0.0


@jit
def fill_machine(s: L.Row, p: L.Row, r: L.Row) -> None:
    """Fill in estimator health, arming, landed state, healthy sensors, free outputs, sticks."""
    r[R.EKF_FLAGS] = s[L.S_FLAGS]
    for i in range(4):
        r[R.EKF_VEL_VAR + i] = s[L.S_RATIO_VEL + i]
    r[R.ARMED] = s[L.S_ARMED]
    r[R.LANDED_STATE] = s[L.S_LANDED_STATE]
    r[R.GROUND_CONTACT] = 1.0 if s[L.S_AIR] == 0.0 else 0.0
    present = PRESENT
    healthy = present
    if p[M.P_IMU_ON] == 0.0 or s[M.S_GYRO_LOST] == 1.0:
        healthy -= GYRO
    if p[M.P_IMU_ON] == 0.0 or s[M.S_ACC_LOST] == 1.0:
        healthy -= ACCEL
    if p[M.P_MAG_ON] == 0.0 or s[M.S_MAG_LOST] == 1.0:
        healthy -= MAG
    if p[M.P_BARO_ON] == 0.0 or s[M.S_BARO_LOST] == 1.0:
        healthy -= BARO
    if s[M.S_GPS_FIX] < 3.0:
        healthy -= GPS
    if s[L.S_POS_OK] == 0.0 or s[L.S_FLAGS] == L.FLAGS_STARTING:
        healthy -= AHRS
    r[R.SENSORS_PRESENT] = present
    r[R.SENSORS_HEALTHY] = healthy
    for i in range(4):
        r[R.SERVO_1 + 4 + i] = p[M.P_SERVO_5 + i]
    r[R.STICK_ROLL], r[R.STICK_PITCH] = p[L.P_STICK_R], p[L.P_STICK_P]
    r[R.STICK_THROTTLE], r[R.STICK_YAW] = max(p[L.P_STICK_T], 0.0), p[L.P_STICK_Y]


@jit
def fill_truth(s: L.Row, p: L.Row, r: L.Row) -> None:
    """Fill in the truth, which only the simulator knows."""
    fill_place(r, p, R.TRUE_LAT, s[M.S_PN], s[M.S_PE], s[M.S_PD])
    for i in range(3):
        r[R.TRUE_N + i] = s[M.S_PN + i]
        r[R.TRUE_VN + i] = s[M.S_VN + i]
    a, b, c, d = s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3]
    r[R.TRUE_ROLL] = atan2(2.0 * (c * d + a * b), 1.0 - 2.0 * (b * b + c * c))
    r[R.TRUE_PITCH] = asin(min(max(2.0 * (a * c - b * d), -1.0), 1.0))
    r[R.TRUE_YAW] = atan2(2.0 * (b * c + a * d), 1.0 - 2.0 * (c * c + d * d))
    r[R.TRUE_WIND_N], r[R.TRUE_WIND_E] = s[M.S_WIND_N], s[M.S_WIND_E]
    r[R.TOUCHDOWN_SPEED] = s[M.S_TOUCHDOWN]
    r[R.TRUE_CHARGE] = min(max(s[M.S_SOC], 0.0), 1.0)


@jit
def fill_common(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """Fill in the values that all kinds of vehicle share."""
    fill_estimate(s, p, r)
    fill_guidance(s, p, t, r)
    fill_sensors(s, p, r)
    fill_machine(s, p, r)
    fill_truth(s, p, r)
