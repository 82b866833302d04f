"""The 400 Hz loop: sense, propagate the attitude estimate, control attitude and rates, mix, and move the machine.

All state of the loop lives in local variables for the steps of one tick, so a step touches no memory but the quantile
table. The plant is a rigid body with four first-order rotors (thrust = speed squared), rotor drag that grows with rotor
speed (Martin and Salaün 2010), body drag that grows with the square of the air speed, and a sprung, damped
undercarriage with friction. Integration is semi-implicit: new rates turn the attitude, new velocity moves the position.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.control import layout as L
from autopilot.control.attitude import attitude_error, limit, mix
from autopilot.control.jit import inline, jit
from sitl.kernel import layout as M
from sitl.kernel.noise import GAMMA, MASK, S10, S20, S30B, S40, S50, draw


@jit
def run_tick(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """One tick of 20 ms in `STEPS` steps."""
    dt = p[M.P_DT]
    steps = int(p[M.P_STEPS])
    half = 0.5 * dt
    seed = rng[0]
    # truth
    q0, q1, q2, q3 = s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3]
    wx, wy, wz = s[M.S_WX], s[M.S_WY], s[M.S_WZ]
    vn, ve, vd = s[M.S_VN], s[M.S_VE], s[M.S_VD]
    pn, pe, pd = s[M.S_PN], s[M.S_PE], s[M.S_PD]
    m1, m2, m3, m4 = s[M.S_M1], s[M.S_M2], s[M.S_M3], s[M.S_M4]
    c1, c2, c3, c4 = s[M.S_C1], s[M.S_C2], s[M.S_C3], s[M.S_C4]
    fx, fy, fz = s[M.S_FX], s[M.S_FY], s[M.S_FZ]
    contact = s[M.S_CONTACT]
    touchdown = s[M.S_TOUCHDOWN]
    age = s[M.S_TORQUE_AGE]
    # estimate and control
    e0, e1, e2, e3 = s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3]
    t0, t1, t2, t3 = s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    ix, iy, iz = s[L.S_IRX], s[L.S_IRY], s[L.S_IRZ]
    sum_x, sum_y, sum_z = 0.0, 0.0, 0.0
    vib_x, vib_y, vib_z = 0.0, 0.0, 0.0
    spin = s[L.S_SPIN]
    thrust = s[L.S_THRUST]
    by_rate = s[L.S_RATE_MODE]
    yaw_ff = s[L.S_YAW_FF]
    rdx, rdy, rdz = s[L.S_RDX], s[L.S_RDY], s[L.S_RDZ]
    gbx, gby, gbz = s[M.S_GBX], s[M.S_GBY], s[M.S_GBZ]
    abx, aby, abz = s[M.S_ABX], s[M.S_ABY], s[M.S_ABZ]
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
    drag_1, drag_2 = 0.25 * p[M.P_ROTOR_DRAG], p[M.P_BODY_DRAG]
    inv_x, inv_y, inv_z = p[M.P_INV_IX], p[M.P_INV_IY], p[M.P_INV_IZ]
    eu_x, eu_y, eu_z = p[M.P_GYRO_XX], p[M.P_GYRO_YY], p[M.P_GYRO_ZZ]
    gyro_noise, imu_on = p[M.P_GYRO_NOISE], p[M.P_IMU_ON]
    acc_noise = p[M.P_ACC_NOISE] * (0.3 + m1 + m2)  # vibration grows with the rotors
    frozen = p[M.P_FREEZE]
    idle = p[M.P_SPIN_ARM]
    dead = 0.05 / dt
    gx, gy, gz, ax, ay, az = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    middle = steps // 2

    for k in range(steps):
        # --- sense
        seed = seed + GAMMA
        r = draw(seed)
        gx = (wx + gbx + gyro_noise * table[r & MASK]) * imu_on
        gy = (wy + gby + gyro_noise * table[(r >> S10) & MASK]) * imu_on
        gz = (wz + gbz + gyro_noise * table[(r >> S20) & MASK]) * imu_on
        nx = acc_noise * table[(r >> S30B) & MASK]
        ny = acc_noise * table[(r >> S40) & MASK]
        nz = acc_noise * table[(r >> S50) & MASK]
        ax = (fx + abx + nx) * imu_on
        ay = (fy + aby + ny) * imu_on
        az = (fz + abz + nz) * imu_on
        vib_x += nx * nx
        vib_y += ny * ny
        vib_z += nz * nz
        # --- strapdown attitude
        x = gx - ebx
        y = gy - eby
        z = gz - ebz
        sum_x += ax
        sum_y += ay
        sum_z += az
        hx, hy, hz = half * x, half * y, half * z
        n0 = e0 - e1 * hx - e2 * hy - e3 * hz
        n1 = e1 + e0 * hx + e2 * hz - e3 * hy
        n2 = e2 + e0 * hy - e1 * hz + e3 * hx
        n3 = e3 + e0 * hz + e1 * hy - e2 * hx
        unit = 1.5 - 0.5 * (n0 * n0 + n1 * n1 + n2 * n2 + n3 * n3)
        e0, e1, e2, e3 = n0 * unit, n1 * unit, n2 * unit, n3 * unit
        if k == middle:
            s[L.S_EM0], s[L.S_EM1], s[L.S_EM2], s[L.S_EM3] = e0, e1, e2, e3
        # --- attitude and rate control, mixer
        if frozen == 0.0:
            age = 0.0
            if spin == 2.0:
                if by_rate == 0.0:
                    bx, by, bz = attitude_error(e0, e1, e2, e3, t0, t1, t2, t3)
                    rdx = limit(kp_att * bx, rate_max)
                    rdy = limit(kp_att * by, rate_max)
                    rdz = limit(kp_yaw * bz + yaw_ff, 0.5 * rate_max)
                bx, by, bz = rdx - x, rdy - y, rdz - z
                ix = limit(ix + ki_rate * bx * dt, 20.0)
                iy = limit(iy + ki_rate * by * dt, 20.0)
                iz = limit(iz + ki_yr * bz * dt, 4.0)
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
        u1, u2, u3, u4 = l1 * m1 * m1, l2 * m2 * m2, l3 * m3 * m3, l4 * m4 * m4
        # --- forces
        r00 = 1.0 - 2.0 * (q2 * q2 + q3 * q3)
        r01 = 2.0 * (q1 * q2 - q0 * q3)
        r02 = 2.0 * (q1 * q3 + q0 * q2)
        r10 = 2.0 * (q1 * q2 + q0 * q3)
        r11 = 1.0 - 2.0 * (q1 * q1 + q3 * q3)
        r12 = 2.0 * (q2 * q3 - q0 * q1)
        r20 = 2.0 * (q1 * q3 - q0 * q2)
        r21 = 2.0 * (q2 * q3 + q0 * q1)
        r22 = 1.0 - 2.0 * (q1 * q1 + q2 * q2)
        an, ae, ad = vn - wind_n, ve - wind_e, vd - wind_d
        speed = sqrt(an * an + ae * ae + ad * ad)
        k2 = drag_2 * speed
        k1 = drag_1 * (m1 + m2 + m3 + m4) + k2
        fx = -k1 * (r00 * an + r10 * ae + r20 * ad)
        fy = -k1 * (r01 * an + r11 * ae + r21 * ad)
        fz = -k2 * (r02 * an + r12 * ae + r22 * ad) - (u1 + u2 + u3 + u4) * per_mass
        tx = arm_y * (u2 + u3 - u1 - u4)
        ty = arm_x * (u1 + u3 - u2 - u4)
        tz = yaw_arm * (u1 + u2 - u3 - u4)
        if pd > -0.02:
            # --- undercarriage: spring, damper, friction
            if pd > 0.0 and contact == 0.0:
                touchdown = vd
            contact = 1.0 if pd > 0.0 else 0.0
            if pd > 0.0:
                press = p[M.P_STIFF] * pd + p[M.P_DAMP] * vd
                if press < 0.0:
                    press = 0.0
                push = press * per_mass
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
                firm = min(press, 3.0 * p[M.P_MASS] * 9.80665) / (p[M.P_MASS] * 9.80665)
                # upright it stands on its legs; tipped past 45 degrees it comes to lie on its side, rotors blocked
                stand = 1.0 if r22 > 0.7 else -r22
                tx -= leg * stand * r21 * firm
                ty += leg * stand * r20 * firm
                if r22 < 0.3:
                    m1, m2, m3, m4 = 0.0, 0.0, 0.0, 0.0
                tx -= 0.025 * leg * wx * firm
                ty -= 0.025 * leg * wy * firm
                tz -= 0.025 * leg * wz * firm
        else:
            contact = 0.0
        # --- motion
        vn += dt * (r00 * fx + r01 * fy + r02 * fz)
        ve += dt * (r10 * fx + r11 * fy + r12 * fz)
        vd += dt * (r20 * fx + r21 * fy + r22 * fz + 9.80665)
        pn += dt * vn
        pe += dt * ve
        pd += dt * vd
        dx = inv_x * tx + eu_x * wy * wz
        dy = inv_y * ty + eu_y * wz * wx
        dz = inv_z * tz + eu_z * wx * wy
        wx += dt * dx
        wy += dt * dy
        wz += dt * dz
        hx, hy, hz = half * wx, half * wy, half * wz
        n0 = q0 - q1 * hx - q2 * hy - q3 * hz
        n1 = q1 + q0 * hx + q2 * hz - q3 * hy
        n2 = q2 + q0 * hy - q1 * hz + q3 * hx
        n3 = q3 + q0 * hz + q1 * hy - q2 * hx
        unit = 1.5 - 0.5 * (n0 * n0 + n1 * n1 + n2 * n2 + n3 * n3)
        q0, q1, q2, q3 = n0 * unit, n1 * unit, n2 * unit, n3 * unit

    rng[0] = seed
    s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3] = q0, q1, q2, q3
    s[M.S_WX], s[M.S_WY], s[M.S_WZ] = wx, wy, wz
    s[M.S_VN], s[M.S_VE], s[M.S_VD] = vn, ve, vd
    s[M.S_PN], s[M.S_PE], s[M.S_PD] = pn, pe, pd
    s[M.S_M1], s[M.S_M2], s[M.S_M3], s[M.S_M4] = m1, m2, m3, m4
    s[M.S_C1], s[M.S_C2], s[M.S_C3], s[M.S_C4] = c1, c2, c3, c4
    s[M.S_FX], s[M.S_FY], s[M.S_FZ] = fx, fy, fz
    s[M.S_CONTACT], s[M.S_TOUCHDOWN], s[M.S_TORQUE_AGE] = contact, touchdown, age
    s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3] = e0, e1, e2, e3
    s[L.S_IRX], s[L.S_IRY], s[L.S_IRZ] = ix, iy, iz
    s[L.S_DVX], s[L.S_DVY], s[L.S_DVZ] = sum_x * dt, sum_y * dt, sum_z * dt
    s[M.S_GYRO_X], s[M.S_GYRO_Y], s[M.S_GYRO_Z] = gx, gy, gz
    s[M.S_ACC_X], s[M.S_ACC_Y], s[M.S_ACC_Z] = ax, ay, az
    s[L.S_GYX], s[L.S_GYY], s[L.S_GYZ] = gx - ebx, gy - eby, gz - ebz
    s[M.S_VIBE_X] += 0.02 * (sqrt(vib_x / steps) - s[M.S_VIBE_X])
    s[M.S_VIBE_Y] += 0.02 * (sqrt(vib_y / steps) - s[M.S_VIBE_Y])
    s[M.S_VIBE_Z] += 0.02 * (sqrt(vib_z / steps) - s[M.S_VIBE_Z])


@inline
def current(s: L.Row, p: L.Row) -> float:
    """What the copter takes from its battery, A: rotor power by momentum theory over an overall efficiency (`POWER` in
    W per N^1.5) at the present voltage, and the electronics."""
    power = 0.0
    scale = s[M.S_VOLTS] / p[M.P_FULL_V]
    scale *= scale * p[M.P_FULL]
    for i in range(4):
        thrust = scale * s[M.S_M1 + i] * s[M.S_M1 + i]
        power += thrust * sqrt(thrust)
    amps: float = p[M.P_POWER] * power / max(s[M.S_VOLTS], 1.0) + p[M.P_HOTEL_A]
    return amps
