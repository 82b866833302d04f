"""Sources of the columns of DataFlash samples: what each is computed from in rows of report vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import degrees

import numpy as np
import numpy.typing as npt

from autopilot.control import arrays
from autopilot.interface import report as R
from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.layout import GRAVITY
from autopilot.mav import EkfFlag, Sensor, VtolState
from sortie.logs.dataflash import MessageFormat
from sortie.logs.dataflash_kinds import ARSP, QTUN, SAMPLES, TECS, WING_CTUN, WING_NTUN

_OF_CONTROL = (*range(R.TARGET_N, R.TARGET_VD + 1), R.NAV_ROLL, R.NAV_PITCH, R.NAV_BEARING, R.TARGET_YAW)
_OF_SENSORS = (*range(R.BARO_PRESSURE, R.VIBE_Z + 1), *range(R.SERVO_1, R.STICK_YAW + 1), R.BATT_V_REST)
UNKNOWN_OF_A_REAL_VEHICLE = np.array((*_OF_CONTROL, *_OF_SENSORS))
"""Columns of `Readings` that are 0 for a flight controller."""
UNMEASURED = {
    0.0: (R.BATT_V, R.BATT_V_REST, R.BATT_A, R.BATT_MAH, R.BATT_WH, R.BATT_FRACTION),
    3.0: (R.BATT_A, R.BATT_MAH, R.BATT_WH, R.BATT_FRACTION),
}
"""Columns that nothing measures, by BATT_MONITOR."""
_NO_PERCENT = 255.0  # BAT.RemPct
TIME_MS, HOME_ALT, TUBE_USED, RC_1 = range(R.SIZE, R.SIZE + 4)
"""Columns of a row behind the report: vehicle time, ms; altitude of home, m; 1 if wings fly by their pitot tube while
it is healthy; pulse of channel 1, us, followed by those of channels 2 to 16."""
WIDTH = RC_1 + 16
_PITOT_RATIO = 2.0  # ARSPD_RATIO's default: (m/s)2 per Pa
_LAPSE_1_M = 2.25577e-5  # of the standard atmosphere
_COUNTED = float(1 << 32)  # ArduPilot counts ms and us in 32 bits
_WEEK_MS = 7 * 24 * 3600 * 1000
_GPS_PERIOD_MS = 200.0  # GPS1_RATE_MS
_NEAR_A_POLE = 0.01  # least cosine of a latitude
_SOLUTION_BITS, _USING_GPS, _GPS_GOOD, _INITIALIZED = 0x3FF, 1 << 13, 1 << 15, 1 << 16  # nav_filter_status
_FIX_TIMED_OUT = 3.0  # XKF4.TS: position and velocity
_BY_SENSOR, _BY_ESTIMATOR = 1.0, 3.0  # AP_AHRS::AirspeedEstimateType

Table = npt.NDArray[np.float64]
Column = Callable[["SampleBatch"], npt.NDArray[np.float64] | float]


class SampleBatch:
    """Rows that are packed together, of one or several vehicles of a kind: the report, and what is behind it. For each
    row also: GPS time of vehicle time 0 ms, and MOT_THST_HOVER."""

    def __init__(self, rows: Table, boot_ms: Table, hover: Table) -> None:
        self.rows, self._boot_ms, self.hover = rows, boot_ms, hover

    def __getitem__(self, index: int) -> Table:
        return self.rows[:, index]

    @cached_property
    def gps_ms(self) -> Table:
        """GPS time of the fix, ms since 1980-01-06."""
        return np.asarray(self[R.GPS_TIME_MS] + self._boot_ms)

    @cached_property
    def has_fix(self) -> Table:
        return np.where(self[R.GPS_FIX] >= 3.0, 1.0, 0.0)

    @cached_property
    def up_acceleration(self) -> Table:
        """Upward acceleration from the accelerometers, rotated by the estimated attitude, m/s2."""
        roll, pitch = self[R.ROLL], self[R.PITCH]
        down = -arrays.sin(pitch) * self[R.ACCEL_X] + arrays.cos(pitch) * (
            arrays.sin(roll) * self[R.ACCEL_Y] + arrays.cos(roll) * self[R.ACCEL_Z]
        )
        return np.asarray(-(down + GRAVITY))

    @cached_property
    def ahead(self) -> tuple[Table, Table]:
        """Speed along the nose, m/s: actual, and desired."""
        c, s = arrays.cos(self[R.YAW]), arrays.sin(self[R.YAW])
        return self[R.VN] * c + self[R.VE] * s, self[R.WANT_VN] * c + self[R.WANT_VE] * s

    @cached_property
    def true_share(self) -> Table:
        """Ratio of true to equivalent airspeed in the standard atmosphere, whose density goes with the power 4.26 of
        this: to the power 2.125, by roots, which are alike on each machine."""
        thinner = np.maximum(1.0 - _LAPSE_1_M * self[R.ALT], 0.1)
        return np.asarray(1.0 / (thinner * thinner * np.sqrt(np.sqrt(np.sqrt(thinner)))))

    @cached_property
    def pitot_pressure(self) -> Table:
        """Pressure by which ArduPilot would have found this airspeed, Pa."""
        return np.asarray(self[R.PITOT] * self[R.PITOT] / _PITOT_RATIO)

    @cached_property
    def upright(self) -> Table:
        """Share of the thrust that lifts at the demanded lean."""
        return np.asarray(arrays.cos(self[R.NAV_ROLL]) * arrays.cos(self[R.NAV_PITCH]))

    @cached_property
    def target(self) -> tuple[Table, Table]:
        """Latitude and longitude of the waypoint, deg."""
        far, bearing = self[R.WP_DISTANCE] / METRES_PER_DEGREE, self[R.WP_BEARING]
        east = far * arrays.sin(bearing) / np.maximum(arrays.cos(np.radians(self[R.LAT])), _NEAR_A_POLE)
        return self[R.LAT] + far * arrays.cos(bearing), (self[R.LON] + east + 180.0) % 360.0 - 180.0

    @cached_property
    def solution(self) -> Table:
        """ArduPilot's nav_filter_status (AP_Nav_Common.h): its first ten bits are those of EKF_STATUS_REPORT."""
        flags = self[R.EKF_FLAGS].astype(np.int64)
        uses_gps = (flags & EkfFlag.POS_HORIZ_ABS != 0) & (self.has_fix > 0.0)
        return np.asarray(flags & _SOLUTION_BITS | _INITIALIZED | np.where(uses_gps, _USING_GPS | _GPS_GOOD, 0), float)

    @cached_property
    def lift(self) -> Table:
        """Throttle of the lift motors (outputs 5 to 8), 0 to 1: their thrust, which goes with the square of a pulse. A
        real controller's pulses are not known: 0."""
        pulses = (np.maximum(self[R.SERVO_1 + 4 + i] / 1000.0 - 1.0, 0.0) for i in range(4))
        return np.asarray(sum((pulse * pulse for pulse in pulses), np.zeros(len(self.rows))) / 4.0)

    @cached_property
    def forward(self) -> Table:
        """Throttle of a plane's engine, 0 to 1; on the lift motors alone the report's throttle is theirs."""
        return np.where(self[R.VTOL_STATE] == VtolState.MC, 0.0, self[R.THROTTLE])

    @cached_property
    def speeding(self) -> Table:
        """1 during a transition to wings, otherwise 0."""
        return np.where(self[R.VTOL_STATE] == VtolState.TRANSITION_TO_FW, 1.0, 0.0)

    @cached_property
    def true_quaternion(self) -> tuple[Table, Table, Table, Table]:
        """True attitude, body to NED (w, x, y, z)."""
        r, p, y = (0.5 * self[index] for index in (R.TRUE_ROLL, R.TRUE_PITCH, R.TRUE_YAW))
        cr, cp, cy = map(arrays.cos, (r, p, y))
        sr, sp, sy = map(arrays.sin, (r, p, y))
        return (
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        )

    def healthy(self, bits: int) -> Table:
        """1 where all these MAV_SYS_STATUS_SENSOR bits are healthy, otherwise 0."""
        return np.where(self[R.SENSORS_HEALTHY].astype(np.int64) & bits == bits, 1.0, 0.0)


def _plain(index: int, factor: float = 1.0) -> Column:
    return lambda b: b[index] * factor


def _heading(index: int) -> Column:
    """Return a column of degrees, 0 to 360."""
    return lambda b: np.degrees(b[index]) % 360.0


def _bearing(index: int) -> Column:
    """Return a column of degrees, -180 to 180."""
    return lambda b: (np.degrees(b[index]) + 180.0) % 360.0 - 180.0


def _output(first: int, signs: tuple[int, int, int, int]) -> Column:
    """Return a combination of the motors' thrusts (quadrotor X: 1 front right, 2 rear left, 3 front left, 4 rear
    right), -1 to 1. The thrust is the square of the output; each motor takes half of a demand (AP_MotorsMatrix.cpp,
    normalise_rpy_factors)."""

    def thrust(pulse: Table) -> Table:
        return np.square(0.001 * np.maximum(pulse - 1000.0, 0.0))

    return lambda b: sum((thrust(b[first + i]) * sign for i, sign in enumerate(signs)), np.zeros(len(b.rows))) / 2.0


def outputs_of_rate(kinds: Sequence[MessageFormat]) -> dict[str, Column]:
    """Return RATE's columns of motor outputs for a vehicle with these messages; none without four motors that lift."""
    first = R.SERVO_1 if SAMPLES["PSCN"] in kinds else R.SERVO_1 + 4 if QTUN in kinds else None
    signs = {"ROut": (-1, 1, 1, -1), "POut": (1, -1, 1, -1), "YOut": (1, 1, -1, -1)}
    lift: dict[str, Column] = {"AOut": lambda b: b.lift} if QTUN in kinds else {}
    return lift if first is None else {name: _output(first, by) for name, by in signs.items()} | lift


def _axis(letter: str, index: int) -> dict[str, Column]:
    """Return the columns of position control along an axis: position, velocity, acceleration, each desired, demanded
    and actual."""
    columns = {
        "DP": R.TARGET_N,
        "TP": R.TARGET_N,
        "P": R.NORTH,
        "DV": R.TARGET_VN,
        "TV": R.WANT_VN,
        "V": R.VN,
        "DA": R.TARGET_AN,
        "TA": R.WANT_AN,
        "A": R.ACC_N,
    }
    return {name + letter: _plain(start + index) for name, start in columns.items()}


def _true_quaternion(index: int) -> Column:
    return lambda b: b.true_quaternion[index]


_DEG = degrees(1.0)

# Sources of columns; a missing column is NaN, or 0 if it holds integers.
SOURCES: dict[str, dict[str, Column]] = {
    "ATT": {
        "DesRoll": _plain(R.NAV_ROLL, _DEG), "Roll": _plain(R.ROLL, _DEG), "DesPitch": _plain(R.NAV_PITCH, _DEG),
        "Pitch": _plain(R.PITCH, _DEG), "DesYaw": _heading(R.TARGET_YAW), "Yaw": _heading(R.YAW), "AEKF": lambda b: 3.0,
    },
    "RATE": {
        "RDes": _plain(R.WANT_P, _DEG), "R": _plain(R.P, _DEG), "PDes": _plain(R.WANT_Q, _DEG), "P": _plain(R.Q, _DEG),
        "YDes": _plain(R.WANT_R, _DEG), "Y": _plain(R.R, _DEG), "ADes": _plain(R.WANT_AD, -100.0),
        "A": lambda b: b.up_acceleration * 100.0, "AOut": _plain(R.THROTTLE),
    },
    "POS": {
        "Lat": _plain(R.LAT), "Lng": _plain(R.LON), "Alt": _plain(R.ALT),
        "RelHomeAlt": lambda b: b[R.ALT] - b[HOME_ALT], "RelOriginAlt": _plain(R.DOWN, -1.0),
    },
    "GPS": {
        "Status": _plain(R.GPS_FIX), "GMS": lambda b: b.has_fix * (b.gps_ms % _WEEK_MS),
        "GWk": lambda b: b.has_fix * (b.gps_ms // _WEEK_MS), "NSats": _plain(R.GPS_SATS), "HDop": _plain(R.GPS_HDOP),
        "Lat": _plain(R.GPS_LAT), "Lng": _plain(R.GPS_LON), "Alt": _plain(R.GPS_ALT),
        "Spd": lambda b: arrays.hypot(b[R.GPS_VN], b[R.GPS_VE]),
        "GCrs": lambda b: np.degrees(arrays.atan2(b[R.GPS_VE], b[R.GPS_VN])) % 360.0, "VZ": _plain(R.GPS_VD),
        "Yaw": lambda b: 0.0, "U": lambda b: 1.0,
    },
    "GPA": {
        "VDop": _plain(R.GPS_VDOP), "HAcc": _plain(R.GPS_HACC), "VAcc": _plain(R.GPS_VACC), "SAcc": _plain(R.GPS_SACC),
        "VV": lambda b: b.has_fix, "SMS": lambda b: b[R.GPS_TIME_MS] % _COUNTED,
        "Delta": lambda b: b.has_fix * _GPS_PERIOD_MS,
    },
    "BAT": {
        "Volt": _plain(R.BATT_V), "VoltR": _plain(R.BATT_V_REST), "Curr": _plain(R.BATT_A),
        "CurrTot": _plain(R.BATT_MAH), "EnrgTot": _plain(R.BATT_WH),
        "RemPct": lambda b: np.nan_to_num(b[R.BATT_FRACTION] * 100.0, nan=_NO_PERCENT),
        "H": lambda b: b.healthy(Sensor.BATTERY),
    },
    "IMU": {
        "GyrX": _plain(R.GYRO_X), "GyrY": _plain(R.GYRO_Y), "GyrZ": _plain(R.GYRO_Z), "AccX": _plain(R.ACCEL_X),
        "AccY": _plain(R.ACCEL_Y), "AccZ": _plain(R.ACCEL_Z), "GH": lambda b: b.healthy(Sensor.GYRO),
        "AH": lambda b: b.healthy(Sensor.ACCEL),
    },
    "BARO": {
        "Alt": _plain(R.BARO_ALT), "AltAMSL": lambda b: b[R.ALT] + b[R.DOWN] + b[R.BARO_ALT], "CRt": _plain(R.VD, -1.0),
        "Offset": lambda b: 0.0, "Press": _plain(R.BARO_PRESSURE), "Temp": _plain(R.BARO_TEMPERATURE),
        "SMS": lambda b: b[TIME_MS] % _COUNTED, "Health": lambda b: b.healthy(Sensor.ABSOLUTE_PRESSURE),
    },
    "MAG": {
        "MagX": _plain(R.MAG_X, 1000.0), "MagY": _plain(R.MAG_Y, 1000.0), "MagZ": _plain(R.MAG_Z, 1000.0),
        "Health": lambda b: b.healthy(Sensor.MAG), "S": lambda b: b[TIME_MS] * 1000.0 % _COUNTED,
    },
    "VIBE": {"VibeX": _plain(R.VIBE_X), "VibeY": _plain(R.VIBE_Y), "VibeZ": _plain(R.VIBE_Z)},
    "RCOU": {f"C{i + 1}": _plain(R.SERVO_1 + i) for i in range(8)},
    "XKF4": {
        "SV": _plain(R.EKF_VEL_VAR), "SP": _plain(R.EKF_POS_H_VAR), "SH": _plain(R.EKF_POS_V_VAR),
        "SM": _plain(R.EKF_MAG_VAR), "SS": lambda b: b.solution, "TS": lambda b: (1.0 - b.has_fix) * _FIX_TIMED_OUT,
    },
    "CTUN": {
        "ThI": lambda b: b[R.THROTTLE] * b.upright, "ABst": lambda b: b[R.THROTTLE] * (1.0 - b.upright),
        "ThO": _plain(R.THROTTLE), "ThH": lambda b: b.hover,
        "DAlt": _plain(R.TARGET_D, -1.0), "Alt": _plain(R.DOWN, -1.0), "BAlt": _plain(R.BARO_ALT),
        "SAlt": _plain(R.RANGE_FINDER), "DCRt": _plain(R.TARGET_VD, -100.0), "CRt": _plain(R.VD, -100.0),
    },
    **{f"PSC{axis}": _axis(axis, index) for index, axis in enumerate("NED")},
    "THR": {
        "ThrIn": lambda b: 200.0 * b[R.STICK_THROTTLE] - 100.0, "ThrOut": _plain(R.THROTTLE, 100.0),
        "DesSpeed": lambda b: b.ahead[1], "Speed": lambda b: b.ahead[0], "AccX": _plain(R.ACCEL_X),
    },
    "STER": {
        "SteerIn": _plain(R.STICK_ROLL, 4500.0), "SteerOut": lambda b: (b[R.SERVO_1] - 1500.0) * 9.0,
        "DesLatAcc": lambda b: b.ahead[0] * b[R.WANT_R], "LatAcc": lambda b: b.ahead[0] * b[R.R],
        "DesTurnRate": _plain(R.WANT_R, _DEG), "TurnRate": _plain(R.R, _DEG),
    },
    "NTUN": {
        "WpDist": _plain(R.WP_DISTANCE), "WpBrg": _heading(R.WP_BEARING), "DesYaw": _heading(R.NAV_BEARING),
        "Yaw": lambda b: np.degrees(b[R.YAW]) % 360.0 * 100.0, "XTrack": _plain(R.CROSS_TRACK),
    },
    "RCIN": {f"C{i + 1}": _plain(RC_1 + i) for i in range(14)},
    "XKF1": {
        "Roll": _plain(R.ROLL, _DEG), "Pitch": _plain(R.PITCH, _DEG), "Yaw": _heading(R.YAW), "VN": _plain(R.VN),
        "VE": _plain(R.VE), "VD": _plain(R.VD), "dPD": _plain(R.VD), "PN": _plain(R.NORTH), "PE": _plain(R.EAST),
        "PD": _plain(R.DOWN), "OH": lambda b: b[R.ALT] + b[R.DOWN],
    },
    "XKF2": {"VWN": _plain(R.WIND_N), "VWE": _plain(R.WIND_E)},
    "SIM": {
        "Roll": _plain(R.TRUE_ROLL, _DEG), "Pitch": _plain(R.TRUE_PITCH, _DEG), "Yaw": _heading(R.TRUE_YAW),
        "Alt": _plain(R.TRUE_ALT), "Lat": _plain(R.TRUE_LAT), "Lng": _plain(R.TRUE_LON),
        **{f"Q{i + 1}": _true_quaternion(i) for i in range(4)},
    },
}  # fmt: skip


OF_WINGS: dict[MessageFormat, dict[str, Column]] = {
    WING_CTUN: {
        "NavRoll": _plain(R.NAV_ROLL, _DEG), "Roll": _plain(R.ROLL, _DEG), "NavPitch": _plain(R.NAV_PITCH, _DEG),
        "Pitch": _plain(R.PITCH, _DEG), "ThO": lambda b: 100.0 * b.forward, "ThD": lambda b: 100.0 * b.forward,
        "RdO": lambda b: (b[R.SERVO_1 + 3] - 1500.0) / 500.0 * 4500.0, "As": _plain(R.AIR_SPEED),
        "AsT": lambda b: np.where(
            b.healthy(Sensor.DIFFERENTIAL_PRESSURE) * b[TUBE_USED] > 0.0, _BY_SENSOR, _BY_ESTIMATOR
        ),
        "SAs": _plain(R.AIR_SPEED), "E2T": lambda b: b.true_share,
    },
    WING_NTUN: {
        "Dist": _plain(R.WP_DISTANCE), "TBrg": _bearing(R.WP_BEARING), "NavBrg": _bearing(R.NAV_BEARING),
        "TLat": lambda b: b.target[0], "TLng": lambda b: b.target[1],
        "AltE": _plain(R.ALT_ERROR), "XT": _plain(R.CROSS_TRACK),
        "AsE": lambda b: b[R.TARGET_AIR_SPEED] - b[R.AIR_SPEED],
        "TAW": lambda b: b[R.ALT] + b[R.ALT_ERROR], "TAT": lambda b: b[R.ALT] + b[R.DOWN] - b[R.TARGET_D],
        "TAsp": _plain(R.TARGET_AIR_SPEED),
    },
    TECS: {
        "h": _plain(R.DOWN, -1.0), "dh": _plain(R.VD, -1.0), "hin": lambda b: b[R.ALT_ERROR] - b[R.DOWN],
        "hdem": _plain(R.TARGET_D, -1.0), "dhdem": _plain(R.WANT_VD, -1.0),
        "spdem": lambda b: b.true_share * b[R.TARGET_AIR_SPEED], "sp": lambda b: b.true_share * b[R.AIR_SPEED],
        "th": lambda b: b.forward, "ph": _plain(R.NAV_PITCH),
    },
    ARSP: {
        "Airspeed": _plain(R.PITOT), "DiffPress": lambda b: b.pitot_pressure, "Temp": _plain(R.BARO_TEMPERATURE),
        "RawPress": lambda b: b.pitot_pressure, "Offset": lambda b: 0.0,
        "U": _plain(TUBE_USED), "H": lambda b: b.healthy(Sensor.DIFFERENTIAL_PRESSURE),
        "Hp": lambda b: b.healthy(Sensor.DIFFERENTIAL_PRESSURE),
    },
    QTUN: {
        "ThI": lambda b: b.lift * b.upright, "ABst": lambda b: b.lift * (1.0 - b.upright), "ThO": lambda b: b.lift,
        "DAlt": _plain(R.TARGET_D, -1.0),
        "Alt": _plain(R.DOWN, -1.0), "BAlt": _plain(R.BARO_ALT), "DCRt": _plain(R.TARGET_VD, -1.0),
        "CRt": _plain(R.VD, -1.0), "Trn": lambda b: 2.0 - 2.0 * b.speeding,
        "Ast": lambda b: np.where((b.lift > 0.0) & ((b[R.VTOL_STATE] == VtolState.FW) | (b.speeding > 0.0)), 1.0, 0.0),
    },
}  # fmt: skip
"""Messages of wings; some names have other columns than for other kinds."""
