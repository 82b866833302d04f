"""Height and airspeed of wings by total energy: throttle for the sum, pitch for the balance (50 Hz).

Lambregts (Vertical Flight Path and Speed Control Autopilot Design Using Total Energy Principles, AIAA 83-2239): the
energy per mass, E = g h + V^2 / 2, is changed by thrust only, and the elevator exchanges one part for the other. Names,
gains and the order of limits are those of AP_TECS (TECS_*), so that its parameters mean the same here: the demanded
height changes at limited rates and through a lag, the demanded speed at rates that the engine can give. Without
airspeed the throttle follows the pitch, and the pitch follows the height only. The demanded speed is never below
AIRSPEED_MIN times the root of the load factor of the demanded bank.
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import asin, cos

#: Energy integral beyond the pitch limits, rad; share of the throttle by which its integral may exceed the limits.
PITCH_ROOM, THROTTLE_ROOM = 5.0 * pi / 180.0, 0.1
#: Share of the minimum airspeed below which the plane is too slow at full throttle; share of full throttle below which
#: it is not.
TOO_SLOW, NEARLY_FULL = 0.9, 0.95
#: Share of the minimum airspeed from which it is fast enough again, and time after it was too slow, ms (AP_TECS).
FAST_AGAIN, RECOVERY_MS = 1.15, 3000.0
LEAST_SPEED = 3.0
#: Rate at which the minimum throttle falls after a takeoff, 1/s, and its first distance below the maximum (AP_TECS).
FLOOR_FADES, THROTTLE_SPAN = 0.2, 0.01
#: Height at which a flare has its last sink rate, m (TECS_FLARE_HGT).
FLARE_END = 1.0
#: STICK_MIXING: values with which sticks do not steer wings.
MIX_NOTHING, MIX_HOVER_YAW = 0.0, 3.0


@jit
def within(x: float, low: float, high: float) -> float:
    """Limit `x` to `low` .. `high`; `high` if these are in the wrong order."""
    return min(max(x, low), high)


@jit
def time_constant(s: L.Row, p: L.Row) -> float:
    """TECS_TIME_CONST, or TECS_LAND_TCONST, s."""
    landing = L.STAGE_LANDING <= s[L.S_STAGE] <= L.STAGE_FLARE
    return max(p[L.P_LAND_TIME] if landing else p[L.P_ENERGY_TIME], 0.1)


@jit
def least_speed(s: L.Row, p: L.Row) -> float:
    """Lowest true airspeed demand, m/s. In a turn it is higher, because the wings carry more than the weight."""
    least = p[L.P_V_MIN]
    if s[L.S_STAGE] == L.STAGE_FLARE and p[L.P_V_STALL] > 0.0:
        least = p[L.P_V_STALL]
    if p[L.P_STALL_GUARD] == 1.0:
        load = sqrt(1.0 / max(cos(s[L.S_NAV_ROLL]), 0.087))
        least = max(least, p[L.P_V_STALL] * load) if p[L.P_V_STALL] > 0.0 else least * load
    return least * s[L.S_EAS2TAS]


@jit
def begin_energy(s: L.Row, p: L.Row) -> None:
    """Begin from the present flight: demands at the vehicle's state, integrals empty."""
    height = -s[L.S_EPD]
    s[L.S_H_GIVEN] = s[L.S_H_LIMITED] = s[L.S_H_LAGGED] = s[L.S_H_WANTED] = height
    s[L.S_H_RATE], s[L.S_THROTTLE_FLOOR] = 0.0, 0.0
    s[L.S_CLIMB_SHARE] = s[L.S_SINK_SHARE] = 1.0
    s[L.S_V_WANTED] = s[L.S_AIRSPEED] * s[L.S_EAS2TAS]
    s[L.S_V_RATE] = s[L.S_V_RATE_SLOW] = 0.0
    s[L.S_THROTTLE_SUM] = s[L.S_BALANCE_SUM] = s[L.S_KINETIC_SUM] = s[L.S_ENERGY_RATE_ERROR] = 0.0
    s[L.S_THROTTLE_BASE] = p[L.P_THR_TRIM]
    s[L.S_THROTTLE_FULL], s[L.S_SLOW] = 0.0, 0.0
    s[L.S_NAV_PITCH] = s[L.S_PITCH_FREE] = asin(within(-s[L.S_ER + 6], -1.0, 1.0))


@jit
def demand_speed(s: L.Row, p: L.Row, wanted: float) -> None:
    """Move the demanded true airspeed towards `wanted` (equivalent), as fast as engine and drag allow."""
    now = max(s[L.S_AIRSPEED] * s[L.S_EAS2TAS], LEAST_SPEED)
    low = least_speed(s, p)
    high = max(p[L.P_V_MAX] * s[L.S_EAS2TAS], low)
    goal = low if s[L.S_SLOW] == 1.0 else within(wanted * s[L.S_EAS2TAS], low, high)
    s[L.S_V_GIVEN] = goal / s[L.S_EAS2TAS]
    most = 0.5 * p[L.P_CLIMB] * s[L.S_CLIMB_SHARE] * L.GRAVITY / now
    least = -0.9 * p[L.P_SINK_LEAST] * L.GRAVITY / max(now, low)
    rate = within((goal - s[L.S_V_WANTED]) / L.TICK, least, most)
    s[L.S_V_RATE] = rate
    s[L.S_V_WANTED] = within(s[L.S_V_WANTED] + rate * L.TICK, low, high)
    share = L.TICK / (L.TICK + time_constant(s, p))
    s[L.S_V_RATE_SLOW] += share * (rate - s[L.S_V_RATE_SLOW])


@jit
def demand_height(s: L.Row, p: L.Row, wanted: float) -> None:
    """Move the demanded height towards `wanted` m, at the rates of TECS_CLMB_MAX and TECS_SINK_MAX and through a lag.
    It waits while the vehicle cannot follow."""
    can_climb = s[L.S_PITCH_FREE] <= pitch_most(s, p) and s[L.S_THROTTLE_FULL] <= 0.0
    can_sink = s[L.S_PITCH_FREE] >= p[L.P_ENERGY_DOWN] and s[L.S_THROTTLE_FULL] >= 0.0
    last = s[L.S_H_GIVEN]
    if (wanted > last and not can_climb) or (wanted < last and not can_sink):
        wanted = last
    middle = 0.5 * (wanted + last)
    s[L.S_H_GIVEN] = wanted
    up, down = p[L.P_CLIMB] * s[L.S_CLIMB_SHARE] * L.TICK, p[L.P_SINK_MOST] * s[L.S_SINK_SHARE] * L.TICK
    landing = s[L.S_STAGE] == L.STAGE_LANDING or s[L.S_STAGE] == L.STAGE_APPROACH
    if landing and p[L.P_LAND_SINK_MOST] > 0.0:
        down = p[L.P_LAND_SINK_MOST] * L.TICK
    s[L.S_H_LIMITED] += within(middle - s[L.S_H_LIMITED], -down, up)
    lag = max(p[L.P_HEIGHT_TIME], L.TICK)
    share = L.TICK / (L.TICK + lag)
    s[L.S_H_RATE] = (s[L.S_H_LIMITED] - s[L.S_H_LAGGED]) / lag
    s[L.S_H_LAGGED] += share * (s[L.S_H_LIMITED] - s[L.S_H_LAGGED])
    before = s[L.S_H_WANTED]
    s[L.S_H_WANTED] = s[L.S_H_LAGGED]
    if landing:  # without the lag (AP_TECS)
        s[L.S_H_WANTED] += lag * s[L.S_H_RATE]
        return
    s[L.S_CLIMB_SHARE] += share * ((0.0 if not can_climb and s[L.S_H_WANTED] > before else 1.0) - s[L.S_CLIMB_SHARE])
    s[L.S_SINK_SHARE] += share * ((0.0 if not can_sink and s[L.S_H_WANTED] < before else 1.0) - s[L.S_SINK_SHARE])


@jit
def demand_flare(s: L.Row, p: L.Row, above: float) -> None:
    """Demand the sink rate of a flare, from that at its beginning to TECS_LAND_SINK, by the height `above` the landing
    place, m. The demanded height follows."""
    done = 1.0
    if s[L.S_FLARE_H] > FLARE_END:
        done = within((s[L.S_FLARE_H] - above) / (s[L.S_FLARE_H] - FLARE_END), 0.0, 1.0)
    s[L.S_H_RATE] = (1.0 - done) * s[L.S_FLARE_RATE] - done * p[L.P_LAND_SINK]
    s[L.S_H_WANTED] += s[L.S_H_RATE] * L.TICK
    s[L.S_H_WANTED] = within(s[L.S_H_WANTED], -s[L.S_EPD] - 2.0, -s[L.S_EPD] + 2.0)
    s[L.S_H_GIVEN] = s[L.S_H_LIMITED] = s[L.S_H_LAGGED] = -s[L.S_EPD]


@jit
def pitch_most(s: L.Row, p: L.Row) -> float:
    """Upper limit of the demanded pitch, rad."""
    if s[L.S_STAGE] == L.STAGE_FLARE and p[L.P_LAND_PITCH_MOST] > 0.0:
        return p[L.P_LAND_PITCH_MOST]
    return p[L.P_ENERGY_PITCH]


@jit
def lifted(s: L.Row) -> bool:
    """True while lift motors carry a part of the weight. Then they control the height and the pusher the speed (AP_TECS
    at stage VTOL)."""
    helped = s[L.S_LIFTING] == L.LIFT_SPEEDING or s[L.S_LIFTING] == L.LIFT_FADING
    return s[L.S_STAGE] == L.STAGE_BRAKE or (s[L.S_STAGE] == L.STAGE_WAY and helped)


@jit
def detect_slow(s: L.Row, p: L.Row) -> None:
    """Detect underspeed. Then only speed counts until the height is reached again, or for 3 s and up to
    `FAST_AGAIN`."""
    if s[L.S_PITOT_USED] == 0.0 or s[L.S_STAGE] == L.STAGE_CLIMB_OUT or s[L.S_STAGE] >= L.STAGE_FLARE or lifted(s):
        s[L.S_SLOW] = 0.0
        return
    slow = s[L.S_AIRSPEED] < TOO_SLOW * p[L.P_V_MIN]
    if slow:
        s[L.S_SLOW_AT] = s[L.S_TIME_MS]
    again = s[L.S_AIRSPEED] >= FAST_AGAIN * p[L.P_V_MIN] and s[L.S_TIME_MS] - s[L.S_SLOW_AT] > RECOVERY_MS
    begins = slow and s[L.S_THROTTLE] >= NEARLY_FULL * p[L.P_THROTTLE_MAX]
    goes_on = s[L.S_SLOW] == 1.0 and -s[L.S_EPD] < s[L.S_H_WANTED] and not again
    s[L.S_SLOW] = 1.0 if begins or goes_on else 0.0


@jit
def speed_weight(s: L.Row, p: L.Row) -> float:
    """Weight of speed against height in the pitch control, 0 .. 2."""
    if s[L.S_PITOT_USED] == 0.0 or s[L.S_STAGE] == L.STAGE_FLARE or lifted(s):
        return 0.0
    if s[L.S_SLOW] == 1.0 or s[L.S_STAGE] == L.STAGE_CLIMB_OUT:
        return 2.0
    if s[L.S_STAGE] == L.STAGE_APPROACH:
        if p[L.P_LAND_WEIGHT] >= 0.0:
            return min(p[L.P_LAND_WEIGHT], 2.0)
        return within(p[L.P_SPEED_WEIGHT] * (1.0 - s[L.S_GLIDE]), 0.0, 2.0)
    return within(p[L.P_SPEED_WEIGHT], 0.0, 2.0)


@jit
def share_energy(s: L.Row, p: L.Row, least: float) -> None:
    """Control the pitch by the balance of height and speed. `least`: lower limit of the pitch, rad."""
    speed = max(s[L.S_AIRSPEED] * s[L.S_EAS2TAS], LEAST_SPEED)
    g = L.GRAVITY
    weight = speed_weight(s, p)
    on_height, on_speed = min(2.0 - weight, 1.0), min(weight, 1.0)
    low = max(least, p[L.P_ENERGY_DOWN])
    high = max(pitch_most(s, p), low)
    kinetic_error = 0.5 * (s[L.S_V_WANTED] * s[L.S_V_WANTED] - speed * speed)
    potential_error = g * (s[L.S_H_WANTED] + s[L.S_EPD])
    tau = time_constant(s, p)
    balance = potential_error * on_height - kinetic_error * on_speed
    rate = within(s[L.S_H_RATE] * g * on_height + balance / tau, -p[L.P_SINK_MOST] * g, p[L.P_CLIMB] * g)
    have = -s[L.S_EVD] * g * on_height - speed * (s[L.S_VDOT] - s[L.S_VDOT_SLOW]) * on_speed
    error = rate - have
    damp = p[L.P_LAND_DAMP] if s[L.S_STAGE] == L.STAGE_FLARE else p[L.P_PITCH_DAMP]
    total = rate + error * damp
    per_pitch = speed * g
    if s[L.S_STAGE] == L.STAGE_CLIMB_OUT:
        total += low * per_pitch
    bottom, top = per_pitch * (low - PITCH_ROOM) - total, per_pitch * (high + PITCH_ROOM) - total
    gain = 0.0 if s[L.S_STAGE] == L.STAGE_CLIMB_OUT else p[L.P_ENERGY_I]
    step = limit(error * gain * L.TICK, 0.1 * (top - bottom))
    free = (total + s[L.S_BALANCE_SUM] + step + s[L.S_KINETIC_SUM]) / per_pitch
    if (free > high and step > 0.0) or (free < low and step < 0.0):
        fade = 1.0 - L.TICK / (L.TICK + tau)
        s[L.S_BALANCE_SUM] *= fade
        s[L.S_KINETIC_SUM] *= fade
    else:
        s[L.S_BALANCE_SUM] += step
        s[L.S_KINETIC_SUM] -= kinetic_error * on_speed * L.TICK / tau
    s[L.S_BALANCE_SUM] = within(s[L.S_BALANCE_SUM], bottom, top)
    s[L.S_KINETIC_SUM] = limit(s[L.S_KINETIC_SUM], 0.25 * (high - low) * per_pitch)
    free = (total + s[L.S_BALANCE_SUM] + s[L.S_KINETIC_SUM]) / per_pitch
    s[L.S_PITCH_FREE] = free
    quickest = L.TICK * p[L.P_VERTICAL_ACCEL] / speed
    wanted = s[L.S_NAV_PITCH] + limit(within(free, low, high) - s[L.S_NAV_PITCH], quickest)
    s[L.S_NAV_PITCH] = within(wanted, p[L.P_PITCH_DOWN], p[L.P_PITCH_UP])


@jit
def turn_rate_of_energy(s: L.Row, p: L.Row) -> float:
    """Energy rate lost in a turn, m2/s3: induced drag grows with the square of the load factor."""
    level = within(1.0 - s[L.S_ER + 7] * s[L.S_ER + 7], 0.1, 1.0)
    return p[L.P_BANK_THRUST] * (1.0 / level - 1.0)


@jit
def least_throttle(s: L.Row, p: L.Row) -> float:
    """Lower limit of the throttle: after a takeoff it falls from that of the climb (TECS_THR_ERATE)."""
    return max(p[L.P_THR_MIN], min(s[L.S_THROTTLE_FLOOR], p[L.P_THROTTLE_MAX] - THROTTLE_SPAN))


@jit
def sticks_mix(p: L.Row) -> bool:
    """True if there is a pilot whose sticks steer wings in modes that fly by themselves."""
    return p[L.P_STICK_T] >= 0.0 and p[L.P_STICK_MIX] != MIX_NOTHING and p[L.P_STICK_MIX] != MIX_HOVER_YAW


@jit
def nudge(p: L.Row) -> float:
    """Share by which the upper half of the throttle stick asks for more than cruise (THROTTLE_NUDGE)."""
    return max(2.0 * p[L.P_STICK_T] - 1.0, 0.0) if p[L.P_NUDGES] == 1.0 and sticks_mix(p) else 0.0


@jit
def spend_energy(s: L.Row, p: L.Row) -> None:
    """Control the throttle by the sum of the energies."""
    speed = max(s[L.S_AIRSPEED] * s[L.S_EAS2TAS], LEAST_SPEED)
    g = L.GRAVITY
    tau = time_constant(s, p)
    kinetic = 0.5 * speed * speed
    low, high = least_speed(s, p), p[L.P_V_MAX] * s[L.S_EAS2TAS]
    above, below = max(kinetic - 0.5 * low * low, 0.0), min(kinetic - 0.5 * high * high, 0.0)
    if lifted(s):
        above = below = 0.0
    gap = g * (s[L.S_H_WANTED] + s[L.S_EPD])
    error = within(gap, below, above) + 0.5 * s[L.S_V_WANTED] * s[L.S_V_WANTED] - kinetic
    most, least = p[L.P_CLIMB] * s[L.S_CLIMB_SHARE] * g, -p[L.P_SINK_LEAST] * g
    quickening = speed * (s[L.S_V_RATE] - s[L.S_V_RATE_SLOW])
    rate = within(gap / tau + quickening, least, most)
    missing = rate + s[L.S_EVD] * g - speed * (s[L.S_VDOT] - s[L.S_VDOT_SLOW])
    s[L.S_ENERGY_RATE_ERROR] += 2.0 * L.TICK * (missing - s[L.S_ENERGY_RATE_ERROR])
    full, idle = p[L.P_THROTTLE_MAX], least_throttle(s, p)
    span = max(most - least, 1.0) / max(full - idle, 0.01)
    if s[L.S_SLOW] == 1.0:
        set_throttle(s, p, 1.0)
        return
    per_energy = 1.0 / (tau * span)
    base = p[L.P_THR_TRIM] + (rate + turn_rate_of_energy(s, p)) / span
    base += (error + s[L.S_ENERGY_RATE_ERROR] * p[L.P_THR_DAMP]) * per_energy
    half = 0.5 * (full - idle)
    if s[L.S_STAGE] != L.STAGE_CLIMB_OUT:
        s[L.S_THROTTLE_SUM] += error * p[L.P_ENERGY_I] * L.TICK * per_energy
    top, bottom = limit(full - base + THROTTLE_ROOM, half), limit(idle - base - THROTTLE_ROOM, half)
    s[L.S_THROTTLE_SUM] = within(s[L.S_THROTTLE_SUM], bottom, top)
    if p[L.P_THR_SLEW] > 0.0:
        step = p[L.P_THR_SLEW] * (full - idle) * L.TICK
        base = s[L.S_THROTTLE_BASE] + limit(base - s[L.S_THROTTLE_BASE], step)
    s[L.S_THROTTLE_BASE] = base
    set_throttle(s, p, base + s[L.S_THROTTLE_SUM])


@jit
def throttle_by_pitch(s: L.Row, p: L.Row) -> None:
    """Control the throttle without airspeed: from TRIM_THROTTLE, or a pilot's more, to its limits, as the pitch goes to
    its own."""
    full, idle, trim = p[L.P_THROTTLE_MAX], least_throttle(s, p), p[L.P_THR_TRIM]
    trim += nudge(p) * (full - trim)
    pitch = s[L.S_NAV_PITCH]
    if pitch >= 0.0:
        wanted = trim + (full - trim) * pitch / max(pitch_most(s, p), 0.01)
    else:
        wanted = trim + (idle - trim) * pitch / min(p[L.P_ENERGY_DOWN], -0.01)
    span = max((p[L.P_CLIMB] + p[L.P_SINK_LEAST]) * L.GRAVITY, 1.0)
    set_throttle(s, p, wanted + turn_rate_of_energy(s, p) / span * (full - idle))


@jit
def set_throttle(s: L.Row, p: L.Row, wanted: float) -> None:
    """Set the throttle within its limits, and note whether they apply."""
    least = least_throttle(s, p)
    s[L.S_THROTTLE] = within(wanted, least, p[L.P_THROTTLE_MAX])
    s[L.S_THROTTLE_FULL] = 0.0
    if wanted > p[L.P_THROTTLE_MAX]:
        s[L.S_THROTTLE_FULL] = 1.0
    elif wanted < least:
        s[L.S_THROTTLE_FULL] = -1.0


@jit
def control_energy(s: L.Row, p: L.Row, height: float, speed: float, least_pitch: float) -> None:
    """Control pitch and throttle for a height (m, up positive) and an equivalent airspeed, m/s. The pitch demand stays
    above `least_pitch`, rad."""
    demand_speed(s, p, speed)
    if s[L.S_STAGE] == L.STAGE_CLIMB_OUT:  # the climb is flown by pitch, and the height demand begins at its end
        s[L.S_H_GIVEN] = s[L.S_H_LIMITED] = s[L.S_H_LAGGED] = s[L.S_H_WANTED] = -s[L.S_EPD]
        s[L.S_H_RATE], s[L.S_CLIMB_SHARE], s[L.S_SINK_SHARE] = 0.0, 1.0, 1.0
        s[L.S_V_WANTED] = s[L.S_V_GIVEN] * s[L.S_EAS2TAS]
    elif s[L.S_STAGE] == L.STAGE_FLARE:
        s[L.S_THROTTLE_FLOOR] = 0.0
    else:
        s[L.S_THROTTLE_FLOOR] = max(s[L.S_THROTTLE_FLOOR] - FLOOR_FADES * L.TICK, 0.0)
        demand_height(s, p, height)
    detect_slow(s, p)
    share_energy(s, p, least_pitch)
    if s[L.S_PITOT_USED] == 1.0:
        spend_energy(s, p)
    else:
        throttle_by_pitch(s, p)
