"""A plane flown by sticks (50 Hz): MANUAL, STABILIZE, TRAINING, ACRO, FBWA, FBWB, CRUISE, as in ArduPlane; and sticks
that steer it in modes that fly by themselves (STICK_MIXING).

Roll stick right is positive, pitch stick forward is positive and pushes the nose down, throttle is 0 .. 1. THR_MIN and
THR_MAX limit it in all modes but MANUAL. While nobody holds the sticks it is below 0: then it is closed, and FBWB and
CRUISE fly AIRSPEED_CRUISE.
"""

from __future__ import annotations

from autopilot.control.attitude import limit
from autopilot.control.energy import begin_energy, control_energy
from autopilot.control.heading import wrap
from autopilot.control.lateral import along_line, bank_for, bank_limit, track
from autopilot.control.sticks import ACRO, CRUISE, FBWB, MANUAL, STABILIZE, TRAINING
from autopilot.control.surfaces import control_attitude, inverted, move_surfaces
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import asin, atan2

#: FS_SHORT_ACTN with which FBWA without sticks glides with a level nose.
GLIDE = 2.0
#: Deflection from which a stick counts as moved.
MOVED = 0.02
#: STICK_MIXING: the value with which the pitch stick does not steer wings.
MIX_NO_PITCH = 4.0
#: Length of the track that CRUISE keeps, m; practically endless.
ENDLESS = 1e6
#: Speed over ground and through the air above which it rolls or was thrown, m/s (ArduPlane's suppress_throttle).
ROLLS_MPS = 5.0


@jit
def rolls(s: L.Row) -> bool:
    """True if it moves so fast that an automatic throttle is no longer closed on the ground."""
    moves = s[L.S_POS_OK] == 1.0 and track(s)[2] >= ROLLS_MPS
    return moves and (s[L.S_PITOT_USED] == 0.0 or s[L.S_AIRSPEED] >= ROLLS_MPS)


@jit
def pitch_by(p: L.Row, pull: float) -> float:
    """Demanded pitch of a stick that is pulled, rad; full deflection is a limit."""
    return pull * p[L.P_PITCH_UP] if pull >= 0.0 else -pull * p[L.P_PITCH_DOWN]


@jit
def blend(by_law: float, stick: float) -> float:
    """Surface in STABILIZE: the more the stick is moved, the less the control law counts."""
    return limit((1.0 - abs(stick)) * by_law + stick, 1.0)


@jit
def keep_track(s: L.Row, p: L.Row) -> None:
    """Keep the track at the time when the sticks were released, against wind (CRUISE)."""
    if s[L.S_PHASE] == 0.0:
        n, e, speed = track(s)
        if abs(s[L.S_ER + 7]) > 0.1 or s[L.S_POS_OK] == 0.0:  # still rolling out of the turn
            s[L.S_NAV_ROLL] = 0.0
            return
        s[L.S_PHASE] = 1.0
        s[L.S_A_N], s[L.S_A_E], s[L.S_U_N], s[L.S_U_E] = s[L.S_EPN], s[L.S_EPE], n / speed, e / speed
        s[L.S_NAV_COURSE] = wrap(atan2(e, n))
    bank_for(s, p, along_line(s, p, ENDLESS), bank_limit(s, p))


@jit
def climb_by_stick(s: L.Row, p: L.Row, pitch: float) -> None:
    """Move the held height by the pitch stick (FBWB_CLIMB_RATE), between the heights of the fence. If it is released,
    or reversed, the present height is kept (ArduPlane's update_fbwb_speed_height, check_fbwb_altitude)."""
    stick = (-pitch if p[L.P_CLIMB_REVERSED] == 1.0 else pitch) if abs(pitch) >= MOVED else 0.0
    if s[L.S_CLIMB_STICK] != 0.0 and stick * s[L.S_CLIMB_STICK] <= 0.0:
        s[L.S_HELD_D] = s[L.S_EPD]
    s[L.S_CLIMB_STICK] = stick
    if stick != 0.0:
        s[L.S_HELD_D] += stick * p[L.P_STICK_CLIMB] * L.TICK
        s[L.S_HELD_D] = s[L.S_EPD] + limit(s[L.S_HELD_D] - s[L.S_EPD], 5.0 * p[L.P_STICK_CLIMB])
    if p[L.P_AVOIDS] == 1.0:
        highest, lowest = p[L.P_CEILING] + p[L.P_KEEP_OFF], p[L.P_LOWEST] - p[L.P_KEEP_OFF]
        s[L.S_HELD_D] = min(max(s[L.S_HELD_D], highest), lowest)


@jit
def override(stick: float) -> float:
    """Share of the limit that a stick adds: linear up to its half, and twice the limit at its end, so that it can turn
    any demand into its opposite."""
    return stick if abs(stick) <= 0.5 else 3.0 * stick - (1.0 if stick > 0.0 else -1.0)


@jit
def mix_sticks(s: L.Row, p: L.Row, climbs: bool) -> None:
    """Add the sticks to the demanded bank and pitch (ArduPlane's stabilize_stick_mixing_fbw); not the pitch stick if it
    `climbs` already."""
    right, down = p[L.P_STICK_R], p[L.P_STICK_P]
    if right != 0.0:
        most = bank_limit(s, p)
        s[L.S_NAV_ROLL] = limit(s[L.S_NAV_ROLL] + override(right) * most, most)
    if down != 0.0 and not climbs and p[L.P_STICK_MIX] != MIX_NO_PITCH:
        s[L.S_NAV_PITCH] += pitch_by(p, override(down) if inverted(s, p) else -override(down))
        s[L.S_NAV_PITCH] = min(max(s[L.S_NAV_PITCH], p[L.P_PITCH_DOWN]), p[L.P_PITCH_UP])


@jit
def fly_by_wire(s: L.Row, p: L.Row, kind: float) -> None:
    """Fly FBWB and CRUISE: bank by stick, climb by stick, airspeed by throttle, and the rudder with the yaw stick."""
    still = abs(p[L.P_STICK_R]) < MOVED and abs(p[L.P_STICK_Y]) < MOVED
    if kind == CRUISE and still:
        keep_track(s, p)
    else:
        s[L.S_PHASE] = 0.0
        s[L.S_NAV_ROLL] = limit(p[L.P_STICK_R] * p[L.P_BANK], bank_limit(s, p))
    climb_by_stick(s, p, p[L.P_STICK_P])
    speed = p[L.P_SPEED_GROUND]
    if p[L.P_STICK_T] >= 0.0:
        speed = p[L.P_V_MIN] + min(p[L.P_STICK_T], 1.0) * (p[L.P_V_MAX] - p[L.P_V_MIN])
    control_energy(s, p, -s[L.S_HELD_D], speed, p[L.P_PITCH_DOWN])
    control_attitude(s, p)
    s[L.S_RUDDER] = limit(s[L.S_RUDDER] + p[L.P_STICK_Y], 1.0)


@jit
def train(s: L.Row, p: L.Row) -> None:
    """Fly TRAINING: the sticks move the surfaces. Beyond a limit of bank or pitch the control law holds the limit,
    unless the stick commands a faster return."""
    most, bank, pitch = bank_limit(s, p), atan2(s[L.S_ER + 7], s[L.S_ER + 8]), asin(limit(-s[L.S_ER + 6], 1.0))
    s[L.S_NAV_ROLL] = limit(bank, most) if abs(bank) >= most else 0.0
    s[L.S_NAV_PITCH] = min(max(pitch, p[L.P_PITCH_DOWN]), p[L.P_PITCH_UP])
    beyond = pitch - s[L.S_NAV_PITCH]
    control_attitude(s, p)
    right, pull = limit(p[L.P_STICK_R], 1.0), limit(-p[L.P_STICK_P], 1.0)
    if abs(bank) < most:
        s[L.S_AILERON], s[L.S_IRX] = right, 0.0
    else:
        s[L.S_AILERON] = min(s[L.S_AILERON], right) if bank > 0.0 else max(s[L.S_AILERON], right)
    if beyond == 0.0:
        s[L.S_ELEVATOR], s[L.S_IRY] = pull, 0.0
    else:
        s[L.S_ELEVATOR] = min(s[L.S_ELEVATOR], pull) if beyond > 0.0 else max(s[L.S_ELEVATOR], pull)
    s[L.S_RUDDER] = limit(p[L.P_STICK_Y], 1.0)


@jit
def fly_sticks(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick by sticks."""
    kind = t[L.T_STICKS]
    if kind in (FBWB, CRUISE):
        if s[L.S_AIR] == 0.0 and not rolls(s):
            begin_energy(s, p)
            s[L.S_HELD_D] = s[L.S_EPD]
            s[L.S_NAV_ROLL] = 0.0
            control_attitude(s, p)
            s[L.S_THROTTLE] = 0.0
            return
        fly_by_wire(s, p, kind)
        return
    begin_energy(s, p)  # the next mode begins at the pilot's height and airspeed
    s[L.S_THROTTLE] = min(max(p[L.P_STICK_T], p[L.P_THR_MIN]), p[L.P_THROTTLE_MAX])
    if kind == MANUAL:
        s[L.S_THROTTLE] = min(max(p[L.P_STICK_T], 0.0), 1.0)
        s[L.S_AILERON], s[L.S_ELEVATOR], s[L.S_RUDDER] = (
            limit(p[L.P_STICK_R], 1.0),
            limit(-p[L.P_STICK_P], 1.0),
            limit(p[L.P_STICK_Y], 1.0),
        )
        s[L.S_IRX], s[L.S_IRY] = 0.0, 0.0
    elif kind == ACRO:
        move_surfaces(s, p, p[L.P_STICK_R] * p[L.P_ACRO_RATE], -p[L.P_STICK_P] * p[L.P_ACRO_PITCH_RATE])
        s[L.S_RUDDER] = limit(s[L.S_RUDDER] + p[L.P_STICK_Y], 1.0)
    elif kind == TRAINING:
        train(s, p)
    elif kind == STABILIZE:
        s[L.S_NAV_ROLL], s[L.S_NAV_PITCH] = 0.0, 0.0
        control_attitude(s, p)
        s[L.S_AILERON] = blend(s[L.S_AILERON], p[L.P_STICK_R])
        s[L.S_ELEVATOR] = blend(s[L.S_ELEVATOR], -p[L.P_STICK_P])
        s[L.S_RUDDER] = blend(s[L.S_RUDDER], p[L.P_STICK_Y])
    else:  # FBWA, and kinds of sticks that a plane does not have
        s[L.S_NAV_ROLL] = limit(p[L.P_STICK_R] * p[L.P_BANK], bank_limit(s, p))
        idle = 1.0 - min(s[L.S_THROTTLE] / max(p[L.P_THR_TRIM], 0.01), 1.0)
        wanted = pitch_by(p, -p[L.P_STICK_P]) - idle * p[L.P_PITCH_DOWN_IDLE]
        if p[L.P_STICK_T] < 0.0 and p[L.P_SHORT_ACTION] == GLIDE:
            wanted = 0.0
        s[L.S_NAV_PITCH] = min(max(wanted, p[L.P_PITCH_DOWN]), p[L.P_PITCH_UP])
        if inverted(s, p):
            s[L.S_NAV_PITCH] = -s[L.S_NAV_PITCH]
        control_attitude(s, p)
        s[L.S_RUDDER] = limit(s[L.S_RUDDER] + p[L.P_STICK_Y], 1.0)
