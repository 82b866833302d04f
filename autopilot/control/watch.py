"""Detectors of the vehicle (50 Hz): spool-up, liftoff, landing, crash, cutoff, battery, loss of position.

Each detection raises its event bit once. The numbers are ArduPilot's where it has them (landing detector: 1 s at rest
with the thrust down; crash check: 30 degrees off the demand for 2 s without acceleration; loss of thrust: sinking for 1
s above nine tenths of the thrust with less than 15 degrees of demanded lean).
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.estimator import REFUSED_TIMEOUT_MS, SILENT_TIMEOUT_MS
from autopilot.control.guidance import arrive, begin, fly_target, wait_on_ground
from autopilot.control.heading import begin_yaw
from autopilot.control.position import learn_hover
from autopilot.control.reference import rest
from autopilot.control.sticks import DRIFT, STABILIZE
from autopilot.interface import layout as L
from autopilot.interface.marks import jit

STOPPED, IDLING, FLYING = range(3)
LIFTOFF_HEIGHT = 0.3  # m
FALLEN = 1.0  # m below the place of its spool-up: it was in the air
LAND_TIME = 1.0  # s at rest with thrust down
RELAX_TIME = 0.5  # s of rest with thrust down, after which a leaning vehicle is levelled
LEANS_COS = 0.9659258262890683  # cos 15 deg: ArduCopter's LAND_CHECK_LARGE_ANGLE
CRASH_TIME, CRASH_COS = 2.0, 0.8660254037844386  # cos 30 deg
STUCK_SHARE = 0.2  # full thrust without motion counts as a crash after five times as long
FULL_THRUST = 0.94
LOST_TIME, LOST_THRUST, LOST_COS = 1.0, 0.9, 0.9659258262890683  # cos 15 deg
CUT_TIME = 0.5
SPOOL_TIME = 0.5  # s from idle to flying


@jit
def wants_to_fly(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """True if this target takes off a vehicle that stands on the ground."""
    kind = t[L.T_KIND]
    if kind == L.KIND_TAKEOFF:
        return s[L.S_ARRIVED] == 0.0
    if kind == L.KIND_PILOT:
        return p[L.P_STICK_T] > 0.55 or (t[L.T_STICKS] in (STABILIZE, DRIFT) and p[L.P_STICK_T] > 0.05)
    if kind == L.KIND_ATTITUDE:
        return t[L.T_CLIMB] > 0.0 if t[L.T_BY_CLIMB] == 1.0 else t[L.T_THRUST] > 0.1
    return False


@jit
def decide(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Decide all that the kernel decides, in a tick after the estimator."""
    if t[L.T_SEQ] != s[L.S_SEQ]:
        begin(s, p, t)
    elif t[L.T_YAW_SEQ] != s[L.S_YAW_SEQ]:
        begin_yaw(s, t)
    if s[L.S_ARMED] == 0.0 or p[L.P_MOTORS_CUT] > 0.0:
        s[L.S_SPIN] = STOPPED
        s[L.S_SPOOL_S] = 0.0
        wait_on_ground(s)
        settle(s)
        return
    if s[L.S_SPIN] != FLYING:
        held = s[L.S_MOTORS_HELD] == 1.0 or t[L.T_STANDS] == 1.0
        s[L.S_SPIN] = STOPPED if held else IDLING
        wait_on_ground(s)
        if not held and (s[L.S_AIR] == 1.0 or (p[L.P_MOTORS_CUT] == 0.0 and wants_to_fly(s, p, t))):
            s[L.S_SPOOL_S] += L.TICK
            if s[L.S_SPOOL_S] >= SPOOL_TIME + (p[L.P_CLIMB_DELAY] if t[L.T_KIND] == L.KIND_TAKEOFF else 0.0):
                lift(s, p, t)
        else:
            s[L.S_SPOOL_S] = 0.0
            if t[L.T_KIND] == L.KIND_LAND:  # it stands there already
                arrive(s)
        if s[L.S_SPIN] != FLYING:
            return
    fly_target(s, p, t)
    watch_air(s, p, t)
    if s[L.S_AIR] == 1.0:
        learn_hover(s)
    if s[L.S_SPIN] == FLYING:  # a takeoff can fail on the ground: on its side it never lifts off
        watch_crash(s, p, t)


@jit
def lift(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Begin to fly after spool-up."""
    s[L.S_SPIN] = FLYING
    s[L.S_LIFT_D] = s[L.S_EPD]
    s[L.S_LAND_S] = 0.0
    rest(s)
    if t[L.T_KIND] == L.KIND_TAKEOFF:
        s[L.S_LANDED_STATE] = L.TAKING_OFF


@jit
def settle(s: L.Row) -> None:
    """Settle a disarmed vehicle: after a cutoff or crash it has landed when it lies still."""
    if s[L.S_AIR] == 0.0:
        s[L.S_LANDED_STATE] = L.ON_GROUND  # a takeoff that was cut off before liftoff
        return
    if s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE] + s[L.S_EVD] * s[L.S_EVD] < 0.25:
        s[L.S_LAND_S] += L.TICK
    else:
        s[L.S_LAND_S] = 0.0
    if s[L.S_LAND_S] >= LAND_TIME:
        landed(s)


@jit
def landed(s: L.Row) -> None:
    """Note that it is on the ground and at rest."""
    s[L.S_AIR] = 0.0
    s[L.S_LAND_S] = 0.0
    s[L.S_SPOOL_S] = 0.0
    s[L.S_LANDED_STATE] = L.ON_GROUND
    s[L.S_EVENTS] += L.EV_LANDED
    if s[L.S_SPIN] == FLYING:
        s[L.S_SPIN] = IDLING
    wait_on_ground(s)


@jit
def watch_air(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Detect liftoff and landing."""
    kind = t[L.T_KIND]
    if s[L.S_AIR] == 0.0:
        if s[L.S_EPD] < s[L.S_LIFT_D] - LIFTOFF_HEIGHT or s[L.S_EPD] > s[L.S_LIFT_D] + FALLEN:
            s[L.S_AIR] = 1.0
            s[L.S_EVENTS] += L.EV_LIFTOFF
    elif s[L.S_LANDED_STATE] == L.TAKING_OFF and (kind != L.KIND_TAKEOFF or s[L.S_ARRIVED] == 1.0):
        s[L.S_LANDED_STATE] = L.IN_AIR
    if s[L.S_AIR] == 1.0:
        if kind == L.KIND_LAND:
            s[L.S_LANDED_STATE] = L.LANDING
        elif s[L.S_LANDED_STATE] != L.TAKING_OFF:
            s[L.S_LANDED_STATE] = L.IN_AIR
    v = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    still = abs(s[L.S_EVD]) < 0.4 and (v < 1.0 or s[L.S_POS_OK] == 0.0)
    weak = s[L.S_THRUST] < 0.45 * s[L.S_HOVER]
    down = s[L.S_AIR] == 1.0 or kind == L.KIND_LAND or kind == L.KIND_PILOT
    asked = 1.0 - 2.0 * (s[L.S_QT1] * s[L.S_QT1] + s[L.S_QT2] * s[L.S_QT2])
    leans = s[L.S_ER + 8] < LEANS_COS and asked < LEANS_COS
    if not (still and weak and down):
        s[L.S_LAND_S] = 0.0
    elif leans and p[L.P_LIFTS] == 1.0:  # on legs, or on wings that carry it: `level_out` shows which
        s[L.S_LAND_S] = min(s[L.S_LAND_S] + L.TICK, RELAX_TIME)
    else:
        s[L.S_LAND_S] += L.TICK
    if s[L.S_LAND_S] >= LAND_TIME:
        flown = s[L.S_AIR] == 1.0
        landed(s)
        if not flown:  # it never left the ground, so nothing is announced
            s[L.S_EVENTS] -= L.EV_LANDED
        if kind == L.KIND_LAND:
            arrive(s)


@jit
def watch_crash(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Detect crash, loss of thrust and emergency cutoff. Crash and cutoff stop the motors at once."""
    q1, q2 = s[L.S_QT1], s[L.S_QT2]
    zz = 1.0 - 2.0 * (q1 * q1 + q2 * q2)
    zx = 2.0 * (s[L.S_QT1] * s[L.S_QT3] + s[L.S_QT0] * s[L.S_QT2])
    zy = 2.0 * (s[L.S_QT2] * s[L.S_QT3] - s[L.S_QT0] * s[L.S_QT1])
    together = zx * s[L.S_ER + 2] + zy * s[L.S_ER + 5] + zz * s[L.S_ER + 8]
    accel = s[L.S_AEN] * s[L.S_AEN] + s[L.S_AEE] * s[L.S_AEE] + s[L.S_AED] * s[L.S_AED]
    acro = s[L.S_RATE_MODE] == 1.0
    still = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE] < 0.25 and abs(s[L.S_EVD]) < 0.2
    if p[L.P_CRASH_CHECK] == 1.0 and not acro and together < CRASH_COS and accel < 9.0:
        s[L.S_CRASH_S] += L.TICK
    elif p[L.P_CRASH_CHECK] == 1.0 and s[L.S_THRUST] >= FULL_THRUST and still:
        s[L.S_CRASH_S] += STUCK_SHARE * L.TICK  # upright on the ground with too few motors to rise
    else:
        s[L.S_CRASH_S] = 0.0
    level = zz > LOST_COS and together > CRASH_COS and not acro
    if level and s[L.S_THRUST] > LOST_THRUST and s[L.S_EVD] > 0.0:
        before = s[L.S_LOST_S]
        s[L.S_LOST_S] += L.TICK
        if before < LOST_TIME <= s[L.S_LOST_S]:
            s[L.S_EVENTS] += L.EV_THRUST_LOST
    else:
        s[L.S_LOST_S] = 0.0
    impossible = s[L.S_IMU_OK] == 0.0 or not abs(s[L.S_EVD]) < 60.0
    if impossible or (s[L.S_ER + 8] < p[L.P_CUT_TILT] and not acro):
        s[L.S_CUT_S] += L.TICK
    else:
        s[L.S_CUT_S] = 0.0
    high = p[L.P_CUT_ALT] > 0.0 and -s[L.S_EPD] > p[L.P_CUT_ALT]
    if s[L.S_CRASH_S] >= CRASH_TIME:
        stop(s)
        s[L.S_EVENTS] += L.EV_CRASHED
    elif s[L.S_CUT_S] >= CUT_TIME or high:
        stop(s)
        s[L.S_EVENTS] += L.EV_CUTOFF


@jit
def stop(s: L.Row) -> None:
    """Stop the motors and disarm, by the vehicle itself."""
    s[L.S_ARMED] = 0.0
    s[L.S_SPIN] = STOPPED
    s[L.S_THRUST] = 0.0
    s[L.S_CRASH_S] = 0.0
    s[L.S_CUT_S] = 0.0
    s[L.S_EVENTS] += L.EV_DISARMED


@jit
def watch_estimator(s: L.Row, p: L.Row) -> None:
    """Detect loss and return of the position, and set the reported flags."""
    now = s[L.S_TIME_MS]
    patience_ms = SILENT_TIMEOUT_MS if s[L.S_GPS_LOST_SENT] == 1.0 else REFUSED_TIMEOUT_MS
    if p[L.P_UNAIDED_MS] > 0.0:
        patience_ms = p[L.P_UNAIDED_MS]
    if s[L.S_POS_OK] == 1.0 and now - s[L.S_SPEED_OK_MS] > patience_ms:
        s[L.S_POS_OK] = 0.0
        s[L.S_GPS_SEEN] = 0.0
    flags = L.FLAGS_GOOD if s[L.S_POS_OK] == 1.0 else L.FLAGS_NO_POSITION
    if s[L.S_IMU_OK] == 0.0:
        flags = L.FLAGS_STARTING
    if s[L.S_BARO_OK] == 0.0:
        flags -= flags & 36
    s[L.S_FLAGS] = flags
    if s[L.S_POS_OK] != s[L.S_EST_SENT]:
        s[L.S_EST_SENT] = s[L.S_POS_OK]
        s[L.S_EVENTS] += L.EV_ESTIMATOR_OK if s[L.S_POS_OK] == 1.0 else L.EV_ESTIMATOR_FAILED


@jit
def watch_battery(s: L.Row, p: L.Row, volts: float, mah: float) -> None:
    """Detect low and critical voltage (for LOW_TIMER seconds) and used charge, each once until it has recovered."""
    left = p[L.P_CAPACITY] - mah
    s[L.S_LOW_S] = s[L.S_LOW_S] + L.TICK if p[L.P_LOW_V] > 0.0 and volts < p[L.P_LOW_V] else 0.0
    s[L.S_CRIT_S] = s[L.S_CRIT_S] + L.TICK if p[L.P_CRIT_V] > 0.0 and volts < p[L.P_CRIT_V] else 0.0
    low = s[L.S_LOW_S] >= p[L.P_LOW_TIMER] and s[L.S_LOW_S] > 0.0
    low = low or (p[L.P_LOW_MAH] > 0.0 and left < p[L.P_LOW_MAH])
    crit = s[L.S_CRIT_S] >= p[L.P_LOW_TIMER] and s[L.S_CRIT_S] > 0.0
    crit = crit or (p[L.P_CRIT_MAH] > 0.0 and left < p[L.P_CRIT_MAH])
    if low and s[L.S_LOW_SENT] == 0.0:
        s[L.S_LOW_SENT] = 1.0
        s[L.S_EVENTS] += L.EV_BATTERY_LOW
    if crit and s[L.S_CRIT_SENT] == 0.0:
        s[L.S_CRIT_SENT] = 1.0
        s[L.S_EVENTS] += L.EV_BATTERY_CRITICAL
    if s[L.S_ARMED] == 0.0:  # on the ground a better battery clears them
        if not low:
            s[L.S_LOW_SENT] = 0.0
        if not crit:
            s[L.S_CRIT_SENT] = 0.0


@jit
def watch_distance(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Raise NEAR when closer to the end of the target than the watched distance."""
    if p[L.P_WATCH] <= 0.0:
        s[L.S_NEAR_SENT] = 0.0
        return
    kind = t[L.T_KIND]
    if not (
        kind == L.KIND_LEG
        or kind == L.KIND_HOLD
        or kind == L.KIND_CIRCLE
        or (kind == L.KIND_LAND and t[L.T_HAS_POSITION] == 1.0)
    ):
        return
    n, e = s[L.S_EPN] - t[L.T_GOAL_N], s[L.S_EPE] - t[L.T_GOAL_E]
    if s[L.S_NEAR_SENT] == 0.0 and sqrt(n * n + e * e) < p[L.P_WATCH]:
        s[L.S_NEAR_SENT] = 1.0
        s[L.S_EVENTS] += L.EV_NEAR
