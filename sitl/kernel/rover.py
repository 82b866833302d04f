"""The 400 Hz loop of the rover: sense, propagate the attitude estimate, and move the car.

The plant is a bicycle on flat ground: both wheels of an axle as one, each with a sideways force that grows with its
slip and ends at the grip of its load (Rajamani, Vehicle Dynamics and Control, 2nd ed., 2.3 and 13); an electric motor
whose pull falls with speed and brakes when it is turned faster than it is driven; rolling resistance and air drag. The
body neither rolls nor pitches. Slip is taken as the wheel's sideways over its forward speed, below half a metre a
second over half a metre a second: so a standing car stands, and a slow one rolls where its wheels point.
"""

from __future__ import annotations

from math import cos, sin, sqrt
from typing import Any

from autopilot.control import layout as L
from autopilot.control.attitude import limit
from autopilot.control.jit import jit
from sitl.kernel import layout as M
from sitl.kernel.noise import GAMMA, MASK, S10, S20, S30B, S40, S50, draw

SLOWEST = 0.5  # m/s, below which slip is counted as if at this speed
CREEP = 0.02  # m/s, below which the wheels take what blows from the side


@jit
def run_rover_tick(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """One tick of 20 ms in `STEPS` steps; the servo moves once in it, as its pulses come."""
    dt = p[M.P_DT]
    steps = int(p[M.P_STEPS])
    half = 0.5 * dt
    seed = rng[0]
    u, v, r = s[M.S_BODY_U], s[M.S_BODY_V], s[M.S_BODY_R]
    c, sn = s[M.S_COS], s[M.S_SIN]
    pn, pe = s[M.S_PN], s[M.S_PE]
    fx, fy, fz = s[M.S_FX], s[M.S_FY], -L.GRAVITY
    pull = s[M.S_PULL]
    # --- outputs
    if p[M.P_FREEZE] == 0.0:
        s[M.S_TORQUE_AGE] = 0.0
    else:
        s[M.S_TORQUE_AGE] += steps
    armed = s[L.S_ARMED]
    throttle = s[L.S_THROTTLE] * armed if s[M.S_TORQUE_AGE] * dt < 0.05 else 0.0
    wheel = s[M.S_WHEEL_TRUE] + limit(s[L.S_WHEEL] - s[M.S_WHEEL_TRUE], p[M.P_SERVO_RATE] * L.TICK)
    s[M.S_WHEEL_TRUE] = wheel
    cw, sw = cos(wheel), sin(wheel)
    # --- constants of the tick
    stall = p[M.P_STALL]
    drive = stall * throttle * s[M.S_VOLTS] / p[M.P_FULL_V]
    back = stall / p[M.P_FREE]
    health = p[M.P_LOSS_1]
    mass = p[M.P_MASS]
    per_mass = 1.0 / mass
    per_inertia = 1.0 / p[M.P_INERTIA]
    front, rear = p[M.P_FRONT], p[M.P_REAR]
    weight = mass * L.GRAVITY
    most = p[M.P_GRIP] * weight
    grip_f = most * rear / (front + rear)
    grip_r = most - grip_f
    stiff_f, stiff_r = p[M.P_STIFF_F], p[M.P_STIFF_R]
    rolling = p[M.P_ROLLING] * weight
    drag_x, drag_y = p[M.P_DRAG], p[M.P_SIDE_DRAG]
    wind_n, wind_e = s[M.S_WIND_N], s[M.S_WIND_E]
    lag = p[M.P_MOTOR_LAG]
    # --- sensors and estimate
    gbx, gby, gbz = s[M.S_GBX], s[M.S_GBY], s[M.S_GBZ]
    abx, aby, abz = s[M.S_ABX], s[M.S_ABY], s[M.S_ABZ]
    ebx, eby, ebz = s[L.S_BGX], s[L.S_BGY], s[L.S_BGZ]
    e0, e1, e2, e3 = s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3]
    gyro_noise, imu_on = p[M.P_GYRO_NOISE], p[M.P_IMU_ON]
    acc_noise = p[M.P_ACC_NOISE] * (0.1 + 0.2 * abs(u))  # the ground shakes it
    sum_x, sum_y, sum_z = 0.0, 0.0, 0.0
    vib_x, vib_y, vib_z = 0.0, 0.0, 0.0
    gx, gy, gz, ax, ay, az = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    middle = steps // 2

    for k in range(steps):
        # --- sense
        seed = seed + GAMMA
        bits = draw(seed)
        gx = (gbx + gyro_noise * table[bits & MASK]) * imu_on
        gy = (gby + gyro_noise * table[(bits >> S10) & MASK]) * imu_on
        gz = (r + gbz + gyro_noise * table[(bits >> S20) & MASK]) * imu_on
        nx = acc_noise * table[(bits >> S30B) & MASK]
        ny = acc_noise * table[(bits >> S40) & MASK]
        nz = acc_noise * table[(bits >> S50) & MASK]
        ax = (fx + abx + nx) * imu_on
        ay = (fy + aby + ny) * imu_on
        az = (fz + abz + nz) * imu_on
        vib_x += nx * nx
        vib_y += ny * ny
        vib_z += nz * nz
        # --- strapdown attitude
        hx, hy, hz = half * (gx - ebx), half * (gy - eby), half * (gz - ebz)
        sum_x += ax
        sum_y += ay
        sum_z += az
        n0 = e0 - e1 * hx - e2 * hy - e3 * hz
        n1 = e1 + e0 * hx + e2 * hz - e3 * hy
        n2 = e2 + e0 * hy - e1 * hz + e3 * hx
        n3 = e3 + e0 * hz + e1 * hy - e2 * hx
        unit = 1.5 - 0.5 * (n0 * n0 + n1 * n1 + n2 * n2 + n3 * n3)
        e0, e1, e2, e3 = n0 * unit, n1 * unit, n2 * unit, n3 * unit
        if k == middle:
            s[L.S_EM0], s[L.S_EM1], s[L.S_EM2], s[L.S_EM3] = e0, e1, e2, e3
        # --- motor, resistance
        pull += lag * (limit((drive - back * u) * health, most) - pull)
        an, ae = u * c - v * sn - wind_n, u * sn + v * c - wind_e
        air_x, air_y = c * an + sn * ae, c * ae - sn * an
        # --- tyres: sideways force against slip
        side_f = v + front * r
        x = stiff_f * (side_f * cw - u * sw) / max(abs(u * cw + side_f * sw), SLOWEST)
        force_f = -grip_f * x / sqrt(1.0 + x * x)
        x = stiff_r * (v - rear * r) / max(abs(u), SLOWEST)
        force_r = -grip_r * x / sqrt(1.0 + x * x)
        # --- motion
        wind_y = drag_y * abs(air_y) * air_y if abs(u) > CREEP else 0.0
        push = pull - drag_x * abs(air_x) * air_x - force_f * sw
        # rolling resistance, or as much of it as holds a standing car
        push -= limit(push + mass * (u / dt + v * r), rolling)
        fx = push * per_mass
        fy = (force_f * cw + force_r - wind_y) * per_mass
        du = fx + v * r
        dv = fy - u * r
        r += dt * (front * force_f * cw - rear * force_r) * per_inertia
        u += dt * du
        v += dt * dv
        a = dt * r
        c, sn = c - a * sn, sn + a * c
        unit = 1.5 - 0.5 * (c * c + sn * sn)
        c *= unit
        sn *= unit
        pn += dt * (u * c - v * sn)
        pe += dt * (u * sn + v * c)

    rng[0] = seed
    s[M.S_BODY_U], s[M.S_BODY_V], s[M.S_BODY_R] = u, v, r
    s[M.S_COS], s[M.S_SIN] = c, sn
    s[M.S_PULL] = pull
    s[M.S_MOTOR_A] = abs(pull) * p[M.P_AMPS_PER_N] * abs(throttle)
    place_body(s, u, v, r, c, sn)
    s[M.S_PN], s[M.S_PE] = pn, pe
    s[M.S_FX], s[M.S_FY], s[M.S_FZ] = fx, fy, fz
    s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3] = e0, e1, e2, e3
    s[L.S_DVX], s[L.S_DVY], s[L.S_DVZ] = sum_x * dt, sum_y * dt, sum_z * dt
    s[M.S_GYRO_X], s[M.S_GYRO_Y], s[M.S_GYRO_Z] = gx, gy, gz
    s[M.S_ACC_X], s[M.S_ACC_Y], s[M.S_ACC_Z] = ax, ay, az
    s[L.S_GYX], s[L.S_GYY], s[L.S_GYZ] = gx - ebx, gy - eby, gz - ebz
    s[M.S_VIBE_X] += 0.02 * (sqrt(vib_x / steps) - s[M.S_VIBE_X])
    s[M.S_VIBE_Y] += 0.02 * (sqrt(vib_y / steps) - s[M.S_VIBE_Y])
    s[M.S_VIBE_Z] += 0.02 * (sqrt(vib_z / steps) - s[M.S_VIBE_Z])


@jit
def place_body(s: L.Row, u: float, v: float, r: float, c: float, sn: float) -> None:
    """The truth in the form that sensors and report share with the copter: NED velocity, quaternion, rates."""
    s[M.S_VN], s[M.S_VE], s[M.S_VD] = u * c - v * sn, u * sn + v * c, 0.0
    s[M.S_WX], s[M.S_WY], s[M.S_WZ] = 0.0, 0.0, r
    # half angle from the cosine; near half a turn from the sine
    if c > -0.5:
        half = sqrt(0.5 * (1.0 + c))
        s[M.S_Q0], s[M.S_Q3] = half, 0.5 * sn / half
    else:
        half = sqrt(0.5 * (1.0 - c))
        s[M.S_Q0], s[M.S_Q3] = 0.5 * sn / half, half
    s[M.S_Q1], s[M.S_Q2] = 0.0, 0.0
