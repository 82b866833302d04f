"""Decisions of a plane in a tick after the estimator, and its detection of liftoff and landing (50 Hz)."""

from __future__ import annotations

from math import sqrt

from autopilot.control.energy import begin_energy
from autopilot.control.guidance import arrive
from autopilot.control.heading import begin_yaw, yaw_of
from autopilot.control.plane_guidance import begin_plane, fly_plane
from autopilot.control.plane_sticks import rolls
from autopilot.control.reference import rest
from autopilot.control.surfaces import rest_surfaces
from autopilot.interface import layout as L
from autopilot.interface.marks import jit

STOPPED, IDLING, FLYING = range(3)
#: Height over its starting place, m, and share of the minimum airspeed (or lift by motors) from which it flies.
LIFTOFF_HEIGHT, LIFTOFF_SHARE = 1.0, 0.7
#: Standing: slower than these over ground and downwards, m/s, for this time, s, without throttle. With open throttle
#: that moves nothing (an empty battery, a broken propeller) the time is five times as long.
STILL_SPEED, STILL_SINK, LAND_TIME = 1.0, 0.4, 1.0
IDLE_THROTTLE, STUCK_SHARE = 0.05, 0.2


@jit
def wants_to_fly(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """True if this target moves a standing plane, or keeps a rolling one flying."""
    kind = t[L.T_KIND]
    if kind == L.KIND_TAKEOFF:
        return s[L.S_ARRIVED] == 0.0
    if kind == L.KIND_ATTITUDE and t[L.T_BY_CLIMB] == 0.0:
        return t[L.T_THRUST] > IDLE_THROTTLE
    return kind == L.KIND_PILOT or (kind != L.KIND_IDLE and kind != L.KIND_LAND and rolls(s))


@jit
def wait_for_start(s: L.Row, p: L.Row) -> None:
    """Wait on the ground: throttle off, surfaces centred, demands at the present place."""
    rest(s)
    s[L.S_RYAW] = yaw_of(s)
    s[L.S_KEEP_YAW] = s[L.S_RYAW]
    s[L.S_THROTTLE] = 0.0
    s[L.S_NAV_ROLL] = 0.0
    s[L.S_LIFT_D] = s[L.S_EPD]
    rest_surfaces(s)
    begin_energy(s, p)


@jit
def ground_speed(s: L.Row) -> float:
    """Size of the estimated velocity over ground, m/s."""
    return sqrt(s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE])


@jit
def decide_plane(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Decide all that the kernel decides for a plane."""
    if t[L.T_SEQ] != s[L.S_SEQ]:
        begin_plane(s, p, t)
    elif t[L.T_YAW_SEQ] != s[L.S_YAW_SEQ]:
        begin_yaw(s, t)
    if s[L.S_AIR] == 0.0 and t[L.T_KIND] != L.KIND_TAKEOFF and ground_speed(s) < STILL_SPEED:
        s[L.S_LANDED_STATE] = L.ON_GROUND  # a takeoff that was cancelled before liftoff
    if s[L.S_ARMED] == 0.0 or p[L.P_MOTORS_CUT] > 0.0:
        s[L.S_SPIN] = STOPPED
        flew = s[L.S_AIR] == 1.0
        height = s[L.S_LIFT_D]
        wait_for_start(s, p)
        if flew:
            s[L.S_LIFT_D] = height
            come_to_rest(s, p, t)
        return
    held = s[L.S_MOTORS_HELD] == 1.0
    if s[L.S_AIR] == 0.0 and (held or not wants_to_fly(s, p, t)):
        s[L.S_SPIN] = STOPPED if held else IDLING
        wait_for_start(s, p)
        if t[L.T_KIND] == L.KIND_LAND:
            arrive(s)
        return
    s[L.S_SPIN] = FLYING
    fly_plane(s, p, t)
    watch_takeoff(s, p, t)
    come_to_rest(s, p, t)


@jit
def watch_takeoff(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Detect liftoff, and set the reported landed state."""
    kind = t[L.T_KIND]
    if s[L.S_AIR] == 0.0:
        if kind == L.KIND_TAKEOFF:
            s[L.S_LANDED_STATE] = L.TAKING_OFF
        high = s[L.S_EPD] < s[L.S_LIFT_D] - LIFTOFF_HEIGHT
        if high and (s[L.S_LIFTING] != L.LIFT_NONE or s[L.S_AIRSPEED] > LIFTOFF_SHARE * p[L.P_V_MIN]):
            s[L.S_AIR] = 1.0
            s[L.S_EVENTS] += L.EV_LIFTOFF
        return
    if kind == L.KIND_LAND:
        s[L.S_LANDED_STATE] = L.LANDING
    elif kind != L.KIND_TAKEOFF or s[L.S_ARRIVED] == 1.0:
        s[L.S_LANDED_STATE] = L.IN_AIR


@jit
def come_to_rest(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Note that it has landed and is at rest."""
    if s[L.S_AIR] == 0.0:
        return
    still = ground_speed(s) < STILL_SPEED or s[L.S_POS_OK] == 0.0
    still = still and abs(s[L.S_EVD]) < STILL_SINK
    if still and s[L.S_AIRSPEED] < 0.5 * p[L.P_V_MIN] + STILL_SPEED:
        s[L.S_LAND_S] += L.TICK if s[L.S_THROTTLE] <= IDLE_THROTTLE else STUCK_SHARE * L.TICK
    else:
        s[L.S_LAND_S] = 0.0
    if s[L.S_LAND_S] < LAND_TIME:
        return
    s[L.S_AIR], s[L.S_LAND_S] = 0.0, 0.0
    s[L.S_STAGE] = L.STAGE_WAY
    s[L.S_LANDED_STATE] = L.ON_GROUND
    s[L.S_EVENTS] += L.EV_LANDED
    if s[L.S_SPIN] == FLYING:
        s[L.S_SPIN] = IDLING
    wait_for_start(s, p)
    if t[L.T_KIND] == L.KIND_LAND:
        arrive(s)
