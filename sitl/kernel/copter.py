"""The copter's kernel: its body at 400 Hz, its tick, and `advance`, which runs copters to a time or to the next event.

A tick is eight steps of `run_tick` (sense, propagate the attitude estimate, control attitude and rates, mix, move the
machine), then sensors, estimator, decisions. The body is rigid with four first-order rotors (thrust = speed squared),
rotor drag that grows with rotor speed (Martin and Salaün 2010), body drag that grows with the square of the air speed,
and a sprung, damped undercarriage with friction. Integration is semi-implicit: new rates turn the attitude, new
velocity moves the position. All state of the loop lives in local variables for the steps of one tick.

Importing this module compiles the kernel (or loads it from disk): `sitl.vehicles.simulated` shows how that is put off.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.control.attitude import attitude_error, limit, mix
from autopilot.control.estimator import estimate_wind, level
from autopilot.control.inertial import rotation
from autopilot.control.position import sink_demand, velocity_demand
from autopilot.control.watch import decide, watch_estimator
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.marks import inline, jit
from autopilot.interface.mathematics import asin, atan2
from sitl.kernel import layout as M
from sitl.kernel.estimate import average_gyro, begin_tick, count_way, fuse_sensors, restart, watch_machine
from sitl.kernel.ground import fill_ground, look_down, strike
from sitl.kernel.imu import (
    DEADMAN_S,
    ZERO,
    Quaternion,
    Vector,
    add,
    add_squares,
    keep_middle,
    keep_samples,
    sample_imu,
    spoil_axes,
    turn,
)
from sitl.kernel.noise import GAMMA, draw
from sitl.kernel.reporting import fill_common

#: Largest integrals of the rate loops, rad/s2: roll and pitch, yaw.
INTEGRAL_MAX, YAW_INTEGRAL_MAX = 20.0, 4.0
#: The legs' damping of rates, s: share of their righting torque per rad/s.
LEG_DAMPING = 0.025
#: Lower than this over the ground the undercarriage is asked, m (down is positive; it touches at 0).
NEAR_GROUND = -0.02

Matrix = tuple[float, float, float, float, float, float, float, float, float]


@inline
def rotation_of(q: Quaternion) -> Matrix:
    """The rotation body -> NED of a quaternion, row by row."""
    q0, q1, q2, q3 = q
    return (
        1.0 - 2.0 * (q2 * q2 + q3 * q3),
        2.0 * (q1 * q2 - q0 * q3),
        2.0 * (q1 * q3 + q0 * q2),
        2.0 * (q1 * q2 + q0 * q3),
        1.0 - 2.0 * (q1 * q1 + q3 * q3),
        2.0 * (q2 * q3 - q0 * q1),
        2.0 * (q1 * q3 - q0 * q2),
        2.0 * (q2 * q3 + q0 * q1),
        1.0 - 2.0 * (q1 * q1 + q2 * q2),
    )


@inline
def stand(
    p: L.Row, dt: float, deep: float, v: Vector, w: Vector, r: Matrix, force: Vector, torque: Vector
) -> tuple[Vector, Vector]:
    """Specific force and torque (body) with those of the undercarriage, `deep` m deep in the ground: spring, damper,
    friction. Upright it stands on its legs; tipped past 45 degrees it comes to lie on its side."""
    vn, ve, vd = v
    wx, wy, wz = w
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = r
    fx, fy, fz = force
    tx, ty, tz = torque
    press = p[M.P_STIFF] * deep + p[M.P_DAMP] * vd
    if press < 0.0:
        press = 0.0
    push = press * (1.0 / p[M.P_MASS])
    side = sqrt(vn * vn + ve * ve)
    grip = p[M.P_FRICTION] * push
    if grip * dt > side:
        grip = side / dt
    kn, ke = 0.0, 0.0
    if side > 1e-12:
        kn, ke = -grip * vn / side, -grip * ve / side
    fx += r00 * kn + r10 * ke - r20 * push
    fy += r01 * kn + r11 * ke - r21 * push
    fz += r02 * kn + r12 * ke - r22 * push
    leg = p[M.P_LEG]
    firm = min(press, 3.0 * p[M.P_MASS] * L.GRAVITY) / (p[M.P_MASS] * L.GRAVITY)
    righting = 1.0 if r22 > 0.7 else -r22
    tx -= leg * righting * r21 * firm
    ty += leg * righting * r20 * firm
    tx -= LEG_DAMPING * leg * wx * firm
    ty -= LEG_DAMPING * leg * wy * firm
    tz -= LEG_DAMPING * leg * wz * firm
    return (fx, fy, fz), (tx, ty, tz)


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
    m1, m2, m3, m4 = s[M.S_M1], s[M.S_M2], s[M.S_M3], s[M.S_M4]
    c1, c2, c3, c4 = s[M.S_C1], s[M.S_C2], s[M.S_C3], s[M.S_C4]
    force = (s[M.S_FX], s[M.S_FY], s[M.S_FZ])
    contact = s[M.S_CONTACT]
    touchdown = s[M.S_TOUCHDOWN]
    age = s[M.S_TORQUE_AGE]
    floor = s[L.S_FLOOR]
    # estimate and control
    e = (s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3])
    t0, t1, t2, t3 = s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    ix, iy, iz = s[L.S_IRX], s[L.S_IRY], s[L.S_IRZ]
    spin = s[L.S_SPIN]
    thrust = s[L.S_THRUST]
    by_rate = s[L.S_RATE_MODE]
    yaw_ff = s[L.S_YAW_FF]
    rdx, rdy, rdz = s[L.S_RDX], s[L.S_RDY], s[L.S_RDZ]
    gyro_bias = (s[M.S_GBX], s[M.S_GBY], s[M.S_GBZ])
    acc_bias = (s[M.S_ABX], s[M.S_ABY], s[M.S_ABZ])
    ebx, eby, ebz = s[L.S_BGX], s[L.S_BGY], s[L.S_BGZ]
    wind_n, wind_e, wind_d = s[M.S_WIND_N], s[M.S_WIND_E], s[M.S_WIND_D]
    kp_att, kp_yaw, kp_rate, ki_rate = p[L.P_KP_ATT], p[L.P_KP_YAW], p[L.P_KP_RATE], p[L.P_KI_RATE]
    kp_yr, ki_yr, rate_max = p[L.P_KP_YRATE], p[L.P_KI_YRATE], p[L.P_RATE_MAX]
    mix_x, mix_y, mix_z = p[L.P_MIX_X], p[L.P_MIX_Y], p[L.P_MIX_Z]
    lag = p[M.P_LAG]
    full = s[M.S_VOLTS] / p[M.P_FULL_V]
    full *= full * p[M.P_FULL]  # rotor speed goes with voltage, thrust with its square
    l1, l2, l3, l4 = full * p[M.P_LOSS_1], full * p[M.P_LOSS_2], full * p[M.P_LOSS_3], full * p[M.P_LOSS_4]
    per_mass = 1.0 / p[M.P_MASS]
    arm_x, arm_y, yaw_arm = p[M.P_ARM_X], p[M.P_ARM_Y], p[M.P_YAW_ARM]
    drag_1, drag_2, drag_z = 0.25 * p[M.P_ROTOR_DRAG], p[M.P_BODY_DRAG], p[M.P_AXIAL_DRAG]
    inv_x, inv_y, inv_z = p[M.P_INV_IX], p[M.P_INV_IY], p[M.P_INV_IZ]
    eu_x, eu_y, eu_z = p[M.P_GYRO_XX], p[M.P_GYRO_YY], p[M.P_GYRO_ZZ]
    gyro_noise = p[M.P_GYRO_NOISE]
    imu_on, failing = p[M.P_IMU_ON], p[M.P_FAILING] != 0.0
    acc_noise = p[M.P_ACC_NOISE] * (0.3 + m1 + m2)  # vibration grows with the rotors
    frozen = p[M.P_FREEZE]
    idle = p[M.P_SPIN_ARM]
    dead = DEADMAN_S / dt
    gyro, acc, felt, squares = ZERO, ZERO, ZERO, ZERO
    middle = steps // 2

    for k in range(steps):
        # --- sense
        seed = seed + GAMMA
        gyro, acc, shake = sample_imu(
            draw(seed), table, (wx, wy, wz), force, gyro_bias, acc_bias, gyro_noise, acc_noise, imu_on
        )
        if failing:
            gyro = spoil_axes(s, gyro, M.S_GYRO_ON, M.S_GYRO_SHOWN)
            acc = spoil_axes(s, acc, M.S_ACC_ON, M.S_ACC_SHOWN)
        felt = add(felt, acc)
        squares = add_squares(squares, shake)
        # --- strapdown attitude
        x, y, z = gyro[0] - ebx, gyro[1] - eby, gyro[2] - ebz
        e = turn(e, half, x, y, z)
        if k == middle:
            keep_middle(s, e)
        # --- attitude and rate control, mixer
        if frozen == 0.0:
            age = 0.0
            if spin == 2.0:
                if by_rate == 0.0:
                    off_x, off_y, off_z = attitude_error(e[0], e[1], e[2], e[3], t0, t1, t2, t3)
                    rdx = limit(kp_att * off_x, rate_max)
                    rdy = limit(kp_att * off_y, rate_max)
                    rdz = limit(kp_yaw * off_z + yaw_ff, 0.5 * rate_max)
                bx, by, bz = rdx - x, rdy - y, rdz - z
                ix = limit(ix + ki_rate * bx * dt, INTEGRAL_MAX)
                iy = limit(iy + ki_rate * by * dt, INTEGRAL_MAX)
                iz = limit(iz + ki_yr * bz * dt, YAW_INTEGRAL_MAX)
                u1, u2, u3, u4 = mix(
                    thrust, mix_x * (kp_rate * bx + ix), mix_y * (kp_rate * by + iy), mix_z * (kp_yr * bz + iz)
                )
                c1, c2, c3, c4 = sqrt(u1), sqrt(u2), sqrt(u3), sqrt(u4)
            elif spin == 1.0:
                c1, c2, c3, c4 = idle, idle, idle, idle
            else:
                c1, c2, c3, c4 = 0.0, 0.0, 0.0, 0.0
        else:
            age += 1.0
            if age >= dead:
                c1, c2, c3, c4 = 0.0, 0.0, 0.0, 0.0
        # --- rotors
        m1 += lag * (c1 - m1)
        m2 += lag * (c2 - m2)
        m3 += lag * (c3 - m3)
        m4 += lag * (c4 - m4)
        lift_1, lift_2, lift_3, lift_4 = l1 * m1 * m1, l2 * m2 * m2, l3 * m3 * m3, l4 * m4 * m4
        # --- forces
        r = rotation_of(q)
        r00, r01, r02, r10, r11, r12, r20, r21, r22 = r
        an, ae, ad = vn - wind_n, ve - wind_e, vd - wind_d
        speed = sqrt(an * an + ae * ae + ad * ad)
        k2 = drag_2 * speed
        blades = drag_1 * (m1 + m2 + m3 + m4)
        k1 = blades + k2
        axial = r02 * an + r12 * ae + r22 * ad
        force = (
            -k1 * (r00 * an + r10 * ae + r20 * ad),
            -k1 * (r01 * an + r11 * ae + r21 * ad),
            -(k2 + drag_z * blades * axial * axial) * axial - (lift_1 + lift_2 + lift_3 + lift_4) * per_mass,
        )
        torque = (
            arm_y * (lift_2 + lift_3 - lift_1 - lift_4),
            arm_x * (lift_1 + lift_3 - lift_2 - lift_4),
            yaw_arm * (lift_1 + lift_2 - lift_3 - lift_4),
        )
        deep = pd - floor
        if deep > NEAR_GROUND:
            if deep > 0.0 and contact == 0.0:
                touchdown = vd
            contact = 1.0 if deep > 0.0 else 0.0
            if deep > 0.0:
                force, torque = stand(p, dt, deep, (vn, ve, vd), (wx, wy, wz), r, force, torque)
                if r22 < 0.3:  # it lies: the rotors are blocked
                    m1, m2, m3, m4 = 0.0, 0.0, 0.0, 0.0
        else:
            contact = 0.0
        # --- motion
        fx, fy, fz = force
        vn += dt * (r00 * fx + r01 * fy + r02 * fz)
        ve += dt * (r10 * fx + r11 * fy + r12 * fz)
        vd += dt * (r20 * fx + r21 * fy + r22 * fz + L.GRAVITY)
        pn += dt * vn
        pe += dt * ve
        pd += dt * vd
        dx = inv_x * torque[0] + eu_x * wy * wz
        dy = inv_y * torque[1] + eu_y * wz * wx
        dz = inv_z * torque[2] + eu_z * wx * wy
        wx += dt * dx
        wy += dt * dy
        wz += dt * dz
        q = turn(q, half, wx, wy, wz)

    rng[0] = seed
    s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3] = q
    s[M.S_WX], s[M.S_WY], s[M.S_WZ] = wx, wy, wz
    s[M.S_VN], s[M.S_VE], s[M.S_VD] = vn, ve, vd
    s[M.S_PN], s[M.S_PE], s[M.S_PD] = pn, pe, pd
    s[M.S_M1], s[M.S_M2], s[M.S_M3], s[M.S_M4] = m1, m2, m3, m4
    s[M.S_C1], s[M.S_C2], s[M.S_C3], s[M.S_C4] = c1, c2, c3, c4
    s[M.S_FX], s[M.S_FY], s[M.S_FZ] = force
    s[M.S_CONTACT], s[M.S_TOUCHDOWN], s[M.S_TORQUE_AGE] = contact, touchdown, age
    s[L.S_IRX], s[L.S_IRY], s[L.S_IRZ] = ix, iy, iz
    keep_samples(s, dt, steps, e, gyro, acc, felt, squares)


@inline
def current(s: L.Row, p: L.Row) -> float:
    """Current that the copter takes from its battery, A: rotor power by momentum theory over an overall efficiency
    (`POWER` in W per N^1.5) at the present voltage, and the electronics."""
    power = 0.0
    scale = s[M.S_VOLTS] / p[M.P_FULL_V]
    scale *= scale * p[M.P_FULL]
    for i in range(4):
        thrust = scale * s[M.S_M1 + i] * s[M.S_M1 + i]
        power += thrust * sqrt(thrust)
    amps: float = p[M.P_POWER] * power / max(s[M.S_VOLTS], 1.0) + p[M.P_HOTEL_A]
    return amps


@jit
def estimate(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Prediction and all corrections of one tick."""
    fuse_sensors(s, p, rng, table)
    if s[L.S_POS_OK] == 0.0:
        level(s)
    rotation(s)
    if s[L.S_AIR] == 1.0 and s[L.S_SPIN] == 2.0 and s[L.S_POS_OK] == 1.0:
        estimate_wind(s, p)
    average_gyro(s, s[L.S_AIR] == 0.0 and s[L.S_ARMED] == 0.0)


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """20 ms of one copter."""
    if p[M.P_MAP] != 0.0:
        look_down(s, p, ground)
        strike(s)
    run_tick(s, p, rng, table)
    begin_tick(s, p, rng, table, current(s, p))
    estimate(s, p, rng, table)
    watch_estimator(s)
    decide(s, p, t)
    watch_machine(s, p, t)
    if s[L.S_AIR] == 1.0:
        count_way(s)


@jit
def fill_demands(s: L.Row, p: L.Row, r: L.Row) -> None:
    """Fill in the cascade's present demands: body rates, velocity, acceleration; 0 while the motors do not fly the
    vehicle."""
    for i in range(3):
        r[R.WANT_P + i] = 0.0
        r[R.WANT_VN + i] = 0.0
        r[R.WANT_AN + i] = 0.0
    if s[L.S_SPIN] != 2.0:
        return
    x, y, z = attitude_error(
        s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3], s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    )
    if s[L.S_RATE_MODE] == 0.0:  # as the 400 Hz loop has it
        most = p[L.P_RATE_MAX]
        r[R.WANT_P] = limit(p[L.P_KP_ATT] * x, most)
        r[R.WANT_Q] = limit(p[L.P_KP_ATT] * y, most)
        r[R.WANT_R] = limit(p[L.P_KP_YAW] * z + s[L.S_YAW_FF], 0.5 * most)
    else:
        r[R.WANT_P], r[R.WANT_Q], r[R.WANT_R] = s[L.S_RDX], s[L.S_RDY], s[L.S_RDZ]
    r[R.WANT_VN], r[R.WANT_VE] = velocity_demand(s, p)
    r[R.WANT_VD] = sink_demand(s, p)
    for i in range(2):
        r[R.WANT_AN + i] = s[L.S_RAN + i] + p[L.P_KP_VEL] * (r[R.WANT_VN + i] - s[L.S_EVN + i]) + s[L.S_IVN + i]
    r[R.WANT_AD] = s[L.S_RAD] + p[L.P_KP_VZ] * (r[R.WANT_VD] - s[L.S_EVD]) + s[L.S_IVD]


@jit
def fill_report(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """The whole vector of one copter."""
    fill_common(s, p, t, r)
    r[R.TRUE_CONTACT] = s[M.S_CONTACT]
    speed = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    r[R.STOPPED] = 1.0 if speed + s[L.S_EVD] * s[L.S_EVD] < 0.01 or s[L.S_AIR] == 0.0 else 0.0
    r[R.THROTTLE] = s[L.S_THRUST] if s[L.S_SPIN] == 2.0 else 0.0
    r[R.RANGE] = max(-s[L.S_EPD], 0.0)
    kind = t[L.T_KIND]
    if kind == L.KIND_HOLD or kind == L.KIND_LEG or kind == L.KIND_CIRCLE or kind == L.KIND_TAKEOFF:
        r[R.ALT_ERROR] = s[L.S_EPD] - t[L.T_END_D]
    else:
        r[R.ALT_ERROR] = s[L.S_EPD] - s[L.S_RPD]
    q0, q1, q2, q3 = s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    r[R.NAV_ROLL] = atan2(2.0 * (q2 * q3 + q0 * q1), 1.0 - 2.0 * (q1 * q1 + q2 * q2))
    r[R.NAV_PITCH] = asin(min(max(2.0 * (q0 * q2 - q1 * q3), -1.0), 1.0))
    for i in range(4):
        r[R.SERVO_1 + i] = 1000.0 + 1000.0 * s[M.S_C1 + i]
    fill_demands(s, p, r)


def advance(
    state: Any, settings: Any, target: Any, rng: Any, table: Any, report: Any, ground: Any, until_ms: Any
) -> int:
    """Run each row of `state` until its own `until_ms` (rounded up to a tick) or its first event; returns how many
    raised one. `report` is filled for each. A row whose time is over is passed over."""
    raised = 0
    for i in range(state.shape[0]):
        s = state[i]
        if s[L.S_TIME_MS] > until_ms[i]:
            continue
        p = settings[i]
        t = target[i]
        g = rng[i]
        if s[L.S_FRESH] == L.RESTART:
            restart(s, p)
        while s[L.S_TIME_MS] < until_ms[i] and s[L.S_EVENTS] == 0.0:
            tick(s, p, t, g, table, ground)
        if s[L.S_EVENTS] != 0.0:
            raised += 1
        fill_report(s, p, t, report[i])
        fill_ground(s, p, report[i], ground)
    return raised
