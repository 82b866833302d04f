"""What the vehicle notices by itself (50 Hz): spooling up, liftoff, landing, crash, cutoff, battery, position lost.

Each finding raises its event bit once. The numbers are ArduPilot's where it has them (landing detector: 1 s at rest
with the thrust down; crash check: 30 degrees off the demand for 2 s without accelerating).
"""

from __future__ import annotations

from math import sqrt

from autopilot.control import layout as L
from autopilot.control.estimator import POSITION_TIMEOUT_MS
from autopilot.control.guidance import arrive, begin, fly_target, wait_on_ground
from autopilot.control.heading import begin_yaw
from autopilot.control.jit import jit
from autopilot.control.position import learn_hover
from autopilot.control.reference import rest

STOPPED, IDLING, FLYING = range(3)
LIFTOFF_HEIGHT = 0.3  # m
LAND_TIME = 1.0  # s at rest with thrust down
CRASH_TIME, CRASH_COS = 2.0, 0.8660254037844386  # cos 30 deg
STUCK_SHARE = 0.2  # full thrust that moves nothing counts as a crash after five times as long
FULL_THRUST = 0.94
CUT_TIME = 0.5
SPOOL_TIME = 0.5  # s from idle to flying


@jit
def wants_to_fly(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """Does this target take a vehicle off that stands on the ground?"""
    kind = t[L.KIND]
    if kind == L.TAKEOFF:
        return s[L.ARRIVED] == 0.0
    if kind == L.PILOT:
        return p[L.STICK_T] > 0.55 or (t[L.T_STICKS] == 0.0 and p[L.STICK_T] > 0.05)
    if kind == L.ATTITUDE:
        return t[L.T_CLIMB] > 0.0 if t[L.T_BY_CLIMB] == 1.0 else t[L.T_THRUST] > 0.1
    return False


@jit
def decide(s: L.Row, p: L.Row, t: L.Row) -> None:
    """One tick of everything that is decided in the kernel, after the estimator."""
    if t[L.T_SEQ] != s[L.SEQ]:
        begin(s, p, t)
    elif t[L.T_YAW_SEQ] != s[L.YAW_SEQ]:
        begin_yaw(s, t)
    if s[L.ARMED] == 0.0:
        s[L.SPIN] = STOPPED
        s[L.SPOOL_S] = 0.0
        wait_on_ground(s)
        settle(s)
        return
    if s[L.SPIN] != FLYING:
        s[L.SPIN] = IDLING
        wait_on_ground(s)
        if wants_to_fly(s, p, t):
            s[L.SPOOL_S] += L.TICK
            if s[L.SPOOL_S] >= SPOOL_TIME:
                lift(s, p, t)
        else:
            s[L.SPOOL_S] = 0.0
            if t[L.KIND] == L.LAND:  # it stands there already
                arrive(s)
        if s[L.SPIN] != FLYING:
            return
    fly_target(s, p, t)
    watch_air(s, p, t)
    if s[L.AIR] == 1.0:
        learn_hover(s)
        watch_crash(s, p, t)


@jit
def lift(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Spooled up: fly from here."""
    s[L.SPIN] = FLYING
    s[L.LIFT_D] = s[L.EPD]
    s[L.LAND_S] = 0.0
    rest(s)
    if t[L.KIND] == L.TAKEOFF:
        s[L.LANDED_STATE] = 3.0


@jit
def settle(s: L.Row) -> None:
    """Disarmed: what is still in the air (cut off, crashed) has landed once it lies still."""
    if s[L.AIR] == 0.0:
        return
    if s[L.EVN] * s[L.EVN] + s[L.EVE] * s[L.EVE] + s[L.EVD] * s[L.EVD] < 0.25:
        s[L.LAND_S] += L.TICK
    else:
        s[L.LAND_S] = 0.0
    if s[L.LAND_S] >= LAND_TIME:
        landed(s)


@jit
def landed(s: L.Row) -> None:
    """On the ground and at rest."""
    s[L.AIR] = 0.0
    s[L.LAND_S] = 0.0
    s[L.SPOOL_S] = 0.0
    s[L.LANDED_STATE] = 1.0
    s[L.EVENTS] += L.EV_LANDED
    if s[L.SPIN] == FLYING:
        s[L.SPIN] = IDLING
    wait_on_ground(s)


@jit
def watch_air(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Liftoff and landing."""
    kind = t[L.KIND]
    if s[L.AIR] == 0.0:
        if s[L.EPD] < s[L.LIFT_D] - LIFTOFF_HEIGHT:
            s[L.AIR] = 1.0
            s[L.EVENTS] += L.EV_LIFTOFF
    elif s[L.LANDED_STATE] == 3.0 and (kind != L.TAKEOFF or s[L.ARRIVED] == 1.0):
        s[L.LANDED_STATE] = 2.0
    if s[L.AIR] == 1.0:
        if kind == L.LAND:
            s[L.LANDED_STATE] = 4.0
        elif s[L.LANDED_STATE] != 3.0:
            s[L.LANDED_STATE] = 2.0
    v = s[L.EVN] * s[L.EVN] + s[L.EVE] * s[L.EVE]
    still = abs(s[L.EVD]) < 0.4 and (v < 1.0 or s[L.POS_OK] == 0.0)
    weak = s[L.THRUST] < 0.45 * s[L.HOVER]
    down = s[L.AIR] == 1.0 or kind == L.LAND or kind == L.PILOT
    if still and weak and down:
        s[L.LAND_S] += L.TICK
    else:
        s[L.LAND_S] = 0.0
    if s[L.LAND_S] >= LAND_TIME:
        flown = s[L.AIR] == 1.0
        landed(s)
        if not flown:  # never left the ground: nothing to announce
            s[L.EVENTS] -= L.EV_LANDED
        if kind == L.LAND:
            arrive(s)


@jit
def watch_crash(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Crash check and emergency cutoff. Both stop the motors at once."""
    q1, q2 = s[L.QT1], s[L.QT2]
    zz = 1.0 - 2.0 * (q1 * q1 + q2 * q2)
    zx = 2.0 * (s[L.QT1] * s[L.QT3] + s[L.QT0] * s[L.QT2])
    zy = 2.0 * (s[L.QT2] * s[L.QT3] - s[L.QT0] * s[L.QT1])
    together = zx * s[L.ER + 2] + zy * s[L.ER + 5] + zz * s[L.ER + 8]
    accel = s[L.AEN] * s[L.AEN] + s[L.AEE] * s[L.AEE] + s[L.AED] * s[L.AED]
    acro = s[L.RATE_MODE] == 1.0
    still = s[L.EVN] * s[L.EVN] + s[L.EVE] * s[L.EVE] < 0.25 and abs(s[L.EVD]) < 0.2
    if p[L.CRASH_CHECK] == 1.0 and not acro and together < CRASH_COS and accel < 9.0:
        s[L.CRASH_S] += L.TICK
    elif p[L.CRASH_CHECK] == 1.0 and s[L.THRUST] >= FULL_THRUST and still:
        s[L.CRASH_S] += STUCK_SHARE * L.TICK  # upright on the ground with too few motors left to rise
    else:
        s[L.CRASH_S] = 0.0
    impossible = s[L.IMU_OK] == 0.0 or not abs(s[L.EVD]) < 60.0
    if impossible or (s[L.ER + 8] < p[L.CUT_TILT] and not acro):
        s[L.CUT_S] += L.TICK
    else:
        s[L.CUT_S] = 0.0
    high = p[L.CUT_ALT] > 0.0 and -s[L.EPD] > p[L.CUT_ALT]
    if s[L.CRASH_S] >= CRASH_TIME:
        stop(s)
        s[L.EVENTS] += L.EV_CRASHED
    elif s[L.CUT_S] >= CUT_TIME or high:
        stop(s)
        s[L.EVENTS] += L.EV_CUTOFF


@jit
def stop(s: L.Row) -> None:
    """Motors off, disarmed by itself."""
    s[L.ARMED] = 0.0
    s[L.SPIN] = STOPPED
    s[L.THRUST] = 0.0
    s[L.CRASH_S] = 0.0
    s[L.CUT_S] = 0.0
    s[L.EVENTS] += L.EV_DISARMED


@jit
def watch_estimator(s: L.Row) -> None:
    """Loss and return of the position, and the flags that are reported."""
    now = s[L.TIME_MS]
    if s[L.POS_OK] == 1.0 and now - s[L.GPS_OK_MS] > POSITION_TIMEOUT_MS:
        s[L.POS_OK] = 0.0
        s[L.GPS_SEEN] = 0.0
    flags = L.FLAGS_GOOD if s[L.POS_OK] == 1.0 else L.FLAGS_NO_POSITION
    if s[L.IMU_OK] == 0.0:
        flags = L.FLAGS_STARTING
    if s[L.BARO_OK] == 0.0:
        flags -= flags & 36
    s[L.FLAGS] = flags
    if s[L.POS_OK] != s[L.EST_SENT]:
        s[L.EST_SENT] = s[L.POS_OK]
        s[L.EVENTS] += L.EV_ESTIMATOR_OK if s[L.POS_OK] == 1.0 else L.EV_ESTIMATOR_FAILED


@jit
def watch_battery(s: L.Row, p: L.Row, volts: float, mah: float) -> None:
    """Low and critical voltage (for LOW_TIMER seconds) and charge used; each once until it has recovered."""
    left = p[L.CAPACITY] - mah
    s[L.LOW_S] = s[L.LOW_S] + L.TICK if p[L.LOW_V] > 0.0 and volts < p[L.LOW_V] else 0.0
    s[L.CRIT_S] = s[L.CRIT_S] + L.TICK if p[L.CRIT_V] > 0.0 and volts < p[L.CRIT_V] else 0.0
    low = s[L.LOW_S] >= p[L.LOW_TIMER] and s[L.LOW_S] > 0.0
    low = low or (p[L.LOW_MAH] > 0.0 and left < p[L.LOW_MAH])
    crit = s[L.CRIT_S] >= p[L.LOW_TIMER] and s[L.CRIT_S] > 0.0
    crit = crit or (p[L.CRIT_MAH] > 0.0 and left < p[L.CRIT_MAH])
    if low and s[L.LOW_SENT] == 0.0:
        s[L.LOW_SENT] = 1.0
        s[L.EVENTS] += L.EV_BATTERY_LOW
    if crit and s[L.CRIT_SENT] == 0.0:
        s[L.CRIT_SENT] = 1.0
        s[L.EVENTS] += L.EV_BATTERY_CRITICAL
    if s[L.ARMED] == 0.0:  # on the ground a better battery clears them
        if not low:
            s[L.LOW_SENT] = 0.0
        if not crit:
            s[L.CRIT_SENT] = 0.0


@jit
def watch_distance(s: L.Row, p: L.Row, t: L.Row) -> None:
    """NEAR: closer to the end of the target than the watched distance."""
    if p[L.WATCH] <= 0.0:
        s[L.NEAR_SENT] = 0.0
        return
    kind = t[L.KIND]
    if not (kind == L.LEG or kind == L.HOLD or kind == L.CIRCLE or (kind == L.LAND and t[L.T_HAS_POSITION] == 1.0)):
        return
    n, e = s[L.EPN] - t[L.T_END_N], s[L.EPE] - t[L.T_END_E]
    if s[L.NEAR_SENT] == 0.0 and sqrt(n * n + e * e) < p[L.WATCH]:
        s[L.NEAR_SENT] = 1.0
        s[L.EVENTS] += L.EV_NEAR
