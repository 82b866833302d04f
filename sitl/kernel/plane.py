"""The plane's kernel: its body at 400 Hz, its tick, and `advance`, which runs planes to a time or to the next event.

Six degrees of freedom after Beard and McLain (Small Unmanned Aircraft, 2012, chapters 3 and 4): a rigid body with a
product of inertia (their gammas), and lift, drag, side force and moments as functions of angle of attack, sideslip,
rates and surfaces. Beyond the stall lift becomes that of a flat plate, over a sigmoid (their 4.9). Coefficients are
data (`sitl.vehicles.aerodynamics`).

As in ArduPilot's SIM_Plane, angle of attack and sideslip count from the body's forward axis, and the air's forces act
beside the centre of mass. Wings and elevator have the pressure of the flow across the span (R. T. Jones, NACA TN 1402);
this matters for a hover in wind from the side. Thrust follows the throttle, and falls with the square of the airspeed
where the data have such a term. On the ground the wheels roll forward and grip sideways, and the nose does not go below
level. A plane like SITL's also stands on its wheels, and its nose hardly rises, until it climbs at `P_LETS_GO` m/s. A
plane that is thrown accelerates when its throttle rises.

Importing this module compiles the kernel or loads it from disk; `sitl.vehicles.simulated` delays this.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.control.airspeed import estimate_airspeed, estimate_wind_of_wings, reckon
from autopilot.control.attitude import attitude_error, limit, mix
from autopilot.control.estimator import level
from autopilot.control.inertial import rotation
from autopilot.control.plane_lift import decide_lifted
from autopilot.control.plane_watch import decide_plane
from autopilot.control.watch import watch_estimator
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.marks import inline, jit
from autopilot.interface.mathematics import atan2, cos, exp, sin
from autopilot.mav import Sensor, VtolState
from sitl.kernel import layout as M
from sitl.kernel.copter import INTEGRAL_MAX
from sitl.kernel.estimate import average_gyro, begin_tick, count_way, fuse_sensors, watch_machine
from sitl.kernel.gear import roll_on, strike_plane, throw_now
from sitl.kernel.ground import look_down
from sitl.kernel.imu import ZERO, Quaternion, Vector, faded, imu_of, keep_middle, keep_samples, obeys, sense_step, turn
from sitl.kernel.noise import GAMMA, MASK, S30B, draw
from sitl.kernel.reporting import cut_pulses, density_at, fill_common, lean_demand
from sitl.kernel.rotorcraft import current, move_on, rotation_of
from sitl.kernel.running import advance_by

#: Time for which SIM_Aircraft accelerates the nose of a plane on the ground: a step of 1/1200 s; then its rate is 0.
HELD_S = 1.0 / 1200.0
#: Limits of the angles for which coefficients are linear, rad: angle of attack beyond the stall, sideslip.
BEYOND_STALL, MOST_SLIP = 0.8, 0.8
#: Time constant of the surfaces over their time for 60 degrees; their full deflection is 45 degrees (SITL's
#: ServoModel).
SERVO_SPAN = 4.0 / 3.0
#: Share of the air's moments in a flow from behind; cosine of the sideslip below which this share begins to count.
FROM_BEHIND, FROM_AHEAD = 0.1, 0.25
#: Distance from the stall angle, in widths of the sigmoid, beyond which the sigmoid is taken as 0 (its value there is
#: 6e-6).
BLEND_WIDTHS = 12.0
#: Largest ratio for which the arc tangent is computed as a series to the eleventh power (error 1e-9).
SERIES = 0.25
#: Airspeed below which the flow has no angles, m/s: in the report, and at all.
CALM, STILL_AIR = 2.0, 1e-6
#: Density at sea level (ISA), kg/m3, and the period of density look-ups, ms.
DENSITY_MS = 500.0
SEA_DENSITY = 1.225
PITOT = int(Sensor.DIFFERENTIAL_PRESSURE)
VTOL_SPEEDING, VTOL_SLOWING = int(VtolState.TRANSITION_TO_FW), int(VtolState.TRANSITION_TO_MC)
VTOL_HOVER, VTOL_WINGS = int(VtolState.MC), int(VtolState.FW)


@inline
def flow_angle(y: float, x: float) -> float:
    """Direction of (x, y), rad."""
    if x > 0.0 and abs(y) < SERIES * x:
        z = y / x
        q = z * z
        angle: float = z * (
            1.0 - q * (1.0 / 3.0 - q * (0.2 - q * (1.0 / 7.0 - q * (1.0 / 9.0 - q * (1.0 / 11.0 - q * (1.0 / 13.0))))))
        )
        return angle
    return atan2(y, x)


@jit
def lift_of(p: L.Row, alpha: float) -> float:
    """Lift coefficient: linear below the stall, that of a flat plate beyond it."""
    linear = p[M.P_CL_0] + p[M.P_CL_A] * alpha
    stall, sharp = p[M.P_STALL_ANGLE], p[M.P_STALL_SHARP]
    if abs(alpha) < stall - BLEND_WIDTHS / sharp:
        return linear
    up, down = exp(-sharp * (alpha - stall)), exp(sharp * (alpha + stall))
    share = (1.0 + up + down) / ((1.0 + up) * (1.0 + down))
    sine = sin(alpha)
    plate = 2.0 * sine * abs(sine) * cos(alpha)
    return (1.0 - share) * linear + share * plate


@inline
def hold_attitude(
    s: L.Row, p: L.Row, dt: float, e: Quaternion, gyro: Vector, ix: float, iy: float, iz: float
) -> tuple[float, float, float, float, float, float, float]:
    """Rotor speeds for the demanded attitude, and the rate integrators, by the copter's laws (`sitl.kernel.copter`)."""
    x, y, z = attitude_error(e[0], e[1], e[2], e[3], s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3])
    most = p[L.P_RATE_MAX]
    bx = limit(p[L.P_KP_ATT] * x, most) - gyro[0] + s[L.S_BGX]
    by = limit(p[L.P_KP_ATT] * y, most) - gyro[1] + s[L.S_BGY]
    bz = limit(p[L.P_KP_YAW] * z + s[L.S_YAW_FF], 0.5 * most) - gyro[2] + s[L.S_BGZ]
    ix = limit(ix + p[L.P_KI_RATE] * bx * dt, INTEGRAL_MAX)
    iy = limit(iy + p[L.P_KI_RATE] * by * dt, INTEGRAL_MAX)
    # wings and tail turn the plane into the wind, so yaw needs a large integral
    iz = limit(iz + p[L.P_KI_YRATE] * bz * dt, INTEGRAL_MAX)
    u1, u2, u3, u4 = mix(
        s[L.S_THRUST],
        p[L.P_MIX_X] * (p[L.P_KP_RATE] * bx + ix),
        p[L.P_MIX_Y] * (p[L.P_KP_RATE] * by + iy),
        p[L.P_MIX_Z] * (p[L.P_KP_YRATE] * bz + iz),
    )
    return sqrt(u1), sqrt(u2), sqrt(u3), sqrt(u4), ix, iy, iz


@inline
def lift_by_rotors(
    p: L.Row, full: float, m: Quaternion, flow: tuple[float, float], force: Vector, torque: Vector
) -> tuple[Vector, Vector]:
    """Add the lift motors at speeds `m` to the specific force and the torque (body); a `flow` across the rotors adds
    drag."""
    m1, m2, m3, m4 = m
    lift_1, lift_2 = full * p[M.P_LOSS_1] * m1 * m1, full * p[M.P_LOSS_2] * m2 * m2
    lift_3, lift_4 = full * p[M.P_LOSS_3] * m3 * m3, full * p[M.P_LOSS_4] * m4 * m4
    drag = 0.25 * p[M.P_ROTOR_DRAG] * (m1 + m2 + m3 + m4)
    fx, fy, fz = force
    tx, ty, tz = torque
    fz -= (lift_1 + lift_2 + lift_3 + lift_4) / p[M.P_MASS]
    tx += p[M.P_ARM_Y] * (lift_2 + lift_3 - lift_1 - lift_4)
    ty += p[M.P_ARM_X] * (lift_1 + lift_3 - lift_2 - lift_4)
    tz += p[M.P_YAW_ARM] * (lift_1 + lift_2 - lift_3 - lift_4)
    return (fx - drag * flow[0], fy - drag * flow[1], fz), (tx, ty, tz)


@jit
def run_tick(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Run a tick of 20 ms in `P_STEPS` steps."""
    dt = p[M.P_DT]
    steps = int(p[M.P_STEPS])
    half = 0.5 * dt
    seed = rng[0]
    # truth
    q = (s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3])
    wx, wy, wz = s[M.S_WX], s[M.S_WY], s[M.S_WZ]
    vn, ve, vd = s[M.S_VN], s[M.S_VE], s[M.S_VD]
    pn, pe, pd = s[M.S_PN], s[M.S_PE], s[M.S_PD]
    force = (s[M.S_FX], s[M.S_FY], s[M.S_FZ])
    contact, touchdown = s[M.S_CONTACT], s[M.S_TOUCHDOWN]
    pull = s[M.S_PULL]
    floor = s[L.S_FLOOR]
    alpha, beta, speed = s[M.S_ALPHA], s[M.S_BETA], s[M.S_TRUE_SPEED]
    # commands
    throttle = max(s[L.S_THROTTLE], 0.0) * s[L.S_ARMED] if obeys(s, p, steps) else 0.0
    aileron, elevator, rudder = s[M.S_TRUE_AILERON], s[M.S_TRUE_ELEVATOR], s[M.S_TRUE_RUDDER]
    want_a, want_e, want_r = s[L.S_AILERON], s[L.S_ELEVATOR], s[L.S_RUDDER]
    servo = p[M.P_SERVO_RATE] * dt
    soon = servo / SERVO_SPAN
    # estimate
    e = (s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3])
    ebx, eby, ebz = s[L.S_BGX], s[L.S_BGY], s[L.S_BGZ]
    imu = imu_of(s, p, 0.2 + throttle)
    gyro, acc, felt, squares = ZERO, ZERO, ZERO, ZERO
    middle = steps // 2
    # constants of the tick
    wind_n, wind_e, wind_d = s[M.S_WIND_N], s[M.S_WIND_E], s[M.S_WIND_D]
    share = min(s[M.S_VOLTS] / p[M.P_FULL_V], 1.0)  # above that voltage the controller limits the propeller's speed
    drive = (
        (p[M.P_THRUST_1] + p[M.P_THRUST_2] * throttle)
        * throttle
        * share
        * share
        * (1.0 if p[L.P_LIFTS] == 1.0 else p[M.P_LOSS_1])
    )
    slip = p[M.P_THRUST_V] if throttle > 0.0 else 0.0  # a stopped propeller is folded
    lag = p[M.P_MOTOR_LAG]
    per_mass = 1.0 / p[M.P_MASS]
    area = 0.5 * s[M.S_AIR_DENSITY] * p[M.P_WING]
    half_span, half_chord, span, chord = 0.5 * p[M.P_SPAN], 0.5 * p[M.P_CHORD], p[M.P_SPAN], p[M.P_CHORD]
    widest = p[M.P_STALL_ANGLE] + BEYOND_STALL
    cl_0, cl_a, cd_0, cd_i = p[M.P_CL_0], p[M.P_CL_A], p[M.P_CD_0], p[M.P_CD_INDUCED]
    cl_q, cl_e, cd_q, cd_e = p[M.P_CL_Q], p[M.P_CL_E], p[M.P_CD_Q], p[M.P_CD_E]
    cy_b, cy_p, cy_r, cy_a, cy_d = p[M.P_CY_B], p[M.P_CY_P], p[M.P_CY_R], p[M.P_CY_A], p[M.P_CY_D]
    ro_b, ro_p, ro_r, ro_a, ro_d = p[M.P_CROLL_B], p[M.P_CROLL_P], p[M.P_CROLL_R], p[M.P_CROLL_A], p[M.P_CROLL_D]
    cm_0, cm_a, cm_q, cm_e = p[M.P_CM_0], p[M.P_CM_A], p[M.P_CM_Q], p[M.P_CM_E]
    cn_b, cn_p, cn_r, cn_a, cn_d = p[M.P_CN_B], p[M.P_CN_P], p[M.P_CN_R], p[M.P_CN_A], p[M.P_CN_D]
    ahead, under = p[M.P_LIFT_X], p[M.P_LIFT_Z]
    # lift motors
    lifts = p[L.P_LIFTS] == 1.0 and s[L.S_LIFTING] != L.LIFT_NONE
    flying = s[L.S_SPIN] == 2.0
    c1, c2, c3, c4 = s[M.S_C1], s[M.S_C2], s[M.S_C3], s[M.S_C4]
    m1, m2, m3, m4 = s[M.S_M1], s[M.S_M2], s[M.S_M3], s[M.S_M4]
    full = p[M.P_FULL] * share * share
    ix, iy, iz = s[L.S_LIFT_I], s[L.S_LIFT_I + 1], s[L.S_LIFT_I + 2]
    rotors = lifts or m1 + m2 + m3 + m4 > 0.01
    if (not lifts or not flying) and s[L.S_SPIN] != L.COMMANDED:
        c1 = c2 = c3 = c4 = p[M.P_SPIN_ARM] if lifts and s[L.S_SPIN] == 1.0 else 0.0
        if s[L.S_ARMED] == 0.0:
            c1, c2, c3, c4 = p[M.P_TEST_1], p[M.P_TEST_2], p[M.P_TEST_3], p[M.P_TEST_4]
    g1, g2, g3, g4 = p[M.P_GAMMA], p[M.P_GAMMA + 1], p[M.P_GAMMA + 2], p[M.P_GAMMA + 3]
    g5, g6, g7, g8 = p[M.P_GAMMA + 4], p[M.P_GAMMA + 5], p[M.P_GAMMA + 6], p[M.P_GAMMA + 7]
    inv_y = p[M.P_INV_IY]
    parked = s[L.S_ARMED] == 0.0 or p[L.P_LIFTS] == 1.0  # a plane that lands upright stands on legs
    throw = throw_now(s, p, throttle)
    lets_go = p[M.P_LETS_GO]

    for k in range(steps):
        # --- sense
        seed = seed + GAMMA
        gyro, acc, felt, squares = sense_step(s, draw(seed), table, (wx, wy, wz), force, imu, felt, squares)
        # --- strapdown attitude
        e = turn(e, half, gyro[0] - ebx, gyro[1] - eby, gyro[2] - ebz)
        if k == middle:
            keep_middle(s, e)
        # --- lift motors: attitude, rates, mixer as the copter's
        if lifts and flying:
            c1, c2, c3, c4, ix, iy, iz = hold_attitude(s, p, dt, e, gyro, ix, iy, iz)
        # --- surfaces and propeller
        aileron += limit(soon * (want_a - aileron), servo)
        elevator += limit(soon * (want_e - elevator), servo)
        rudder += limit(soon * (want_r - rudder), servo)
        # --- air flow in body axes
        r = rotation_of(q)
        r00, r01, r02, r10, r11, r12, r20, r21, r22 = r
        an, ae, ad = vn - wind_n, ve - wind_e, vd - wind_d
        u = r00 * an + r10 * ae + r20 * ad
        v = r01 * an + r11 * ae + r21 * ad
        w = r02 * an + r12 * ae + r22 * ad
        flow = sqrt(u * u + w * w)
        square = u * u + v * v + w * w
        speed = sqrt(square)
        ca, sa, alpha, beta = 1.0, 0.0, 0.0, 0.0
        if speed > STILL_AIR:
            ca, sa = (u / flow, w / flow) if flow > STILL_AIR else (1.0, 0.0)
            alpha, beta = limit(flow_angle(w, abs(u)), widest), limit(flow_angle(v, abs(u)), MOST_SLIP)
        turned = 1.0
        if u < FROM_AHEAD * speed:  # in a flow from behind, the tail is ahead of the wings and neither works well
            turned -= (1.0 - FROM_BEHIND) * min(0.5 - 0.5 * u / (FROM_AHEAD * speed), 1.0)
        pull += lag * (max(drive - slip * square, 0.0) - pull)
        # --- forces: per dynamic pressure and area; rates count with half the size over the speed
        press = area * square
        across = area * flow * flow  # only the flow across the span carries the wings
        turning = area * speed
        lift = lift_of(p, alpha)
        smooth = cl_0 + cl_a * alpha
        drag = cd_0 + smooth * smooth * cd_i + cd_e * abs(elevator)
        lift = across * (lift + cl_e * elevator) + turning * half_chord * cl_q * wy
        drag = across * drag + turning * half_chord * cd_q * wy
        x = lift * sa - drag * ca
        z = -lift * ca - drag * sa
        y = press * (cy_b * beta + cy_a * aileron + cy_d * rudder)
        y += turning * half_span * (cy_p * wx + cy_r * wz)
        # --- moments
        roll = press * (ro_b * beta + ro_a * aileron + ro_d * rudder)
        roll = span * (roll + turning * half_span * (ro_p * wx + ro_r * wz)) - under * y
        nose = chord * (across * (cm_0 + cm_a * alpha + cm_e * elevator) + turning * half_chord * cm_q * wy)
        nose += under * x - ahead * z
        yaw = press * (cn_b * beta + cn_a * aileron + cn_d * rudder)
        yaw = span * (yaw + turning * half_span * (cn_p * wx + cn_r * wz)) + ahead * y
        roll, nose, yaw = turned * roll, turned * nose, turned * yaw
        force = ((x + pull) * per_mass + throw, y * per_mass, z * per_mass - throw / 3.0)
        torque = (roll, nose, yaw)
        if rotors:
            m1 += p[M.P_LAG] * (c1 - m1)
            m2 += p[M.P_LAG] * (c2 - m2)
            m3 += p[M.P_LAG] * (c3 - m3)
            m4 += p[M.P_LAG] * (c4 - m4)
            force, torque = lift_by_rotors(p, full, (m1, m2, m3, m4), (u, v), force, torque)
        deep = pd - floor
        held = contact == 1.0 and vd > -lets_go
        if deep > 0.0 or held:
            if contact == 0.0:
                touchdown = vd
            contact = 1.0
            force, torque = roll_on(p, dt, deep, (vn, ve, vd), (wx, wy, wz), r, force, torque, rudder, parked)
        else:
            contact = 0.0
        # --- motion
        (vn, ve, vd), (pn, pe, pd) = move_on(dt, r, force, (vn, ve, vd), (pn, pe, pd))
        roll, nose, yaw = torque
        dx = g1 * wx * wy - g2 * wy * wz + g3 * roll + g4 * yaw
        dy = g5 * wx * wz - g6 * (wx * wx - wz * wz) + inv_y * nose
        dz = g7 * wx * wy - g1 * wy * wz + g4 * roll + g8 * yaw
        wx += dt * dx
        wy += dt * dy
        wz += dt * dz
        if held:
            pd, wx = max(pd, floor), 0.0
            wy = max(wy, 0.0) if r20 > 0.0 else min(wy, max(dy, 0.0) * HELD_S)  # up to level, hardly beyond
        q = turn(q, half, wx, wy, wz)

    rng[0] = seed
    s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3] = q
    s[M.S_WX], s[M.S_WY], s[M.S_WZ] = faded(wx), faded(wy), faded(wz)
    s[M.S_VN], s[M.S_VE], s[M.S_VD] = vn, ve, vd
    s[M.S_PN], s[M.S_PE], s[M.S_PD] = pn, pe, pd
    s[M.S_FX], s[M.S_FY], s[M.S_FZ] = force
    s[M.S_CONTACT], s[M.S_TOUCHDOWN], s[M.S_PULL] = contact, touchdown, faded(pull)
    s[M.S_TRUE_AILERON], s[M.S_TRUE_ELEVATOR], s[M.S_TRUE_RUDDER] = faded(aileron), faded(elevator), faded(rudder)
    s[M.S_ALPHA], s[M.S_BETA], s[M.S_TRUE_SPEED] = alpha, beta, speed
    s[M.S_MOTOR_A] = (p[M.P_AMPS_1] + p[M.P_AMPS_2] * throttle) * throttle
    if rotors:
        s[M.S_C1], s[M.S_C2], s[M.S_C3], s[M.S_C4] = c1, c2, c3, c4
        s[M.S_M1], s[M.S_M2], s[M.S_M3], s[M.S_M4] = faded(m1), faded(m2), faded(m3), faded(m4)
        s[L.S_LIFT_I], s[L.S_LIFT_I + 1], s[L.S_LIFT_I + 2] = ix, iy, iz
        s[M.S_MOTOR_A] += current(s, p, 4) - p[M.P_HOTEL_A]
    keep_samples(s, dt, steps, e, gyro, acc, felt, squares)


@jit
def read_pitot(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Compute the density of the air and the pitot tube's equivalent airspeed: the flow along the nose, with noise and
    faults."""
    if s[L.S_TIME_MS] % DENSITY_MS < L.TICK_MS:
        standard = density_at(p[L.P_ORIGIN_ALT] - s[M.S_PD])
        s[L.S_EAS2TAS] = sqrt(SEA_DENSITY / standard)  # the autopilot knows only the standard atmosphere
        s[M.S_AIR_DENSITY] = p[M.P_AIR] * standard
    r = rotation_of((s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3]))
    ahead = r[0] * (s[M.S_VN] - s[M.S_WIND_N]) + r[3] * (s[M.S_VE] - s[M.S_WIND_E]) + r[6] * (s[M.S_VD] - s[M.S_WIND_D])
    along = max(ahead, 0.0) / s[L.S_EAS2TAS] * sqrt(p[M.P_AIR])
    noise = p[M.P_PITOT_NOISE] * table[(draw(rng[3]) >> S30B) & MASK]
    if p[M.P_PITOT_BLOCKED] == 0.0:
        s[M.S_PITOT_STUCK] = along
    s[L.S_PITOT] = max(s[M.S_PITOT_STUCK] + p[M.P_PITOT_OFFSET] + noise, 0.0) * p[M.P_PITOT_SCALE]


@jit
def estimate(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Predict, and apply all corrections of one tick."""
    fuse_sensors(s, p, rng, table)
    read_pitot(s, p, rng, table)
    if s[L.S_POS_OK] == 0.0 or s[M.S_GPS_FIX] < 3.0:
        if s[L.S_AIR] == 1.0:
            reckon(s, p)
        elif s[L.S_POS_OK] == 0.0:
            level(s)
    rotation(s)
    estimate_airspeed(s, p, p[M.P_PITOT_ON] == 1.0)
    if s[L.S_AIR] == 1.0 and s[L.S_POS_OK] == 1.0:
        estimate_wind_of_wings(s)
    average_gyro(s, s[L.S_AIR] == 0.0 and s[L.S_ARMED] == 0.0)


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """Run one plane for 20 ms."""
    if p[M.P_MAP] != 0.0 or p[M.P_FINDER_MAX] > 0.0:
        look_down(s, p, ground)
    strike_plane(s, p)
    run_tick(s, p, rng, table)
    begin_tick(s, p, rng, table, s[M.S_MOTOR_A] + p[M.P_HOTEL_A])
    estimate(s, p, rng, table)
    watch_estimator(s, p)
    if p[L.P_LIFTS] == 1.0:
        decide_lifted(s, p, t)
    else:
        decide_plane(s, p, t)
    watch_machine(s, p, t)
    if s[L.S_AIR] == 1.0:
        count_way(s)


@jit
def fill_report(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """Fill the whole report of one plane."""
    fill_common(s, p, t, r)
    r[R.AIR_SPEED] = s[L.S_AIRSPEED]
    r[R.PITOT], r[R.TARGET_AIR_SPEED] = s[L.S_PITOT], s[L.S_V_GIVEN]
    flows = 1.0 if s[M.S_TRUE_SPEED] > CALM else 0.0
    r[R.TRUE_AIR_SPEED] = s[M.S_TRUE_SPEED]
    r[R.TRUE_ALPHA], r[R.TRUE_BETA] = flows * s[M.S_ALPHA], flows * s[M.S_BETA]
    r[R.STALL_MARGIN] = p[M.P_STALL_ANGLE] - r[R.TRUE_ALPHA]
    r[R.SENSORS_PRESENT] += PITOT
    if p[M.P_PITOT_ON] == 1.0:
        r[R.SENSORS_HEALTHY] += PITOT
    r[R.TRUE_CONTACT] = s[M.S_CONTACT]
    speed = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    r[R.STOPPED] = 1.0 if s[L.S_AIR] == 0.0 and speed < 0.25 else 0.0
    r[R.THROTTLE] = s[L.S_THROTTLE] if s[L.S_SPIN] == 2.0 else 0.0
    r[R.RANGE] = max(-s[L.S_EPD], 0.0)
    r[R.CROSS_TRACK], r[R.NAV_BEARING] = s[L.S_OFF_TRACK], s[L.S_NAV_COURSE]
    if t[L.T_KIND] == L.KIND_CIRCLE:  # to its centre, as ArduPlane's wp_distance
        n, e = t[L.T_GOAL_N] - s[L.S_EPN], t[L.T_GOAL_E] - s[L.S_EPE]
        r[R.WP_DISTANCE] = sqrt(n * n + e * e)
    r[R.ALT_ERROR] = s[L.S_H_WANTED] + s[L.S_EPD]
    r[R.NAV_ROLL], r[R.NAV_PITCH], r[R.STAGE] = s[L.S_NAV_ROLL], s[L.S_NAV_PITCH], s[L.S_STAGE]
    r[R.SERVO_1] = 1500.0 + 500.0 * s[L.S_AILERON]
    r[R.SERVO_1 + 1] = 1500.0 + 500.0 * s[L.S_ELEVATOR]
    r[R.SERVO_1 + 2] = 1000.0 + 1000.0 * s[L.S_THROTTLE]
    r[R.SERVO_1 + 3] = 1500.0 + 500.0 * s[L.S_RUDDER]
    cut_pulses(p, r)
    if p[L.P_LIFTS] == 1.0:
        fill_lift(s, r)
    r[R.WANT_P], r[R.WANT_Q], r[R.WANT_R] = s[L.S_RDX], s[L.S_RDY], s[L.S_RDZ]
    r[R.WANT_VN], r[R.WANT_VE], r[R.WANT_VD] = s[L.S_RVN], s[L.S_RVE], s[L.S_RVD]


@jit
def fill_lift(s: L.Row, r: L.Row) -> None:
    """Fill in lift motors: MAV_VTOL_STATE, their outputs, and the collective throttle while they carry it."""
    state = s[L.S_LIFTING]
    r[R.VTOL_STATE], r[R.ASSISTS] = VTOL_WINGS, s[L.S_ASSISTS]
    if state == L.LIFT_HOVER:
        r[R.VTOL_STATE] = VTOL_HOVER
        r[R.THROTTLE] = s[L.S_THRUST] if s[L.S_SPIN] == 2.0 else 0.0
        r[R.ALT_ERROR] = s[L.S_EPD] - s[L.S_RPD]
        r[R.NAV_ROLL], r[R.NAV_PITCH] = lean_demand(s)
    elif state == L.LIFT_BRAKING:
        r[R.VTOL_STATE] = VTOL_SLOWING
    elif state != L.LIFT_NONE:
        r[R.VTOL_STATE] = VTOL_SPEEDING
    for i in range(4):
        r[R.SERVO_1 + 4 + i] = 1000.0 + 1000.0 * s[M.S_C1 + i]


advance = advance_by(tick, fill_report)
