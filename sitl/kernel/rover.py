"""The rover's kernel: its body at 400 Hz, its tick, and `advance`, which runs rovers to a time or to the next event.

A tick is eight steps of `run_tick` (sense, propagate the attitude estimate, move the car), then sensors, estimator,
decisions. The plant is a bicycle model: both wheels of an axle are one wheel, whose sideways force grows with its slip
up to the grip of its load (Rajamani, Vehicle Dynamics and Control, 2nd ed., 2.3 and 13). The pull of the electric motor
falls with speed, and the motor brakes when the wheels turn it faster than it is driven. There are rolling resistance
and air drag, and no roll and no pitch; terrain changes the height but has no slope here. Slip is the wheel's sideways
speed over its forward speed, or over 0.5 m/s if that is more. So a standing car stands, and a slow car rolls where its
wheels point.

Importing this module compiles the kernel or loads it from disk; `sitl.vehicles.simulated` delays this.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.control.attitude import limit
from autopilot.control.inertial import rotation, tilt
from autopilot.control.rover_guidance import decide_rover
from autopilot.control.watch import watch_estimator
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import cos, sin
from sitl.kernel import layout as M
from sitl.kernel.estimate import average_gyro, begin_tick, count_way, fuse_sensors, watch_machine
from sitl.kernel.ground import follow_ground, look_down
from sitl.kernel.imu import ZERO, faded, imu_of, keep_middle, keep_samples, sense_step, turn
from sitl.kernel.level import fill_driven, move_outputs, place_body, read_vane, turn_level
from sitl.kernel.noise import GAMMA, draw
from sitl.kernel.running import advance_by

SLOWEST = 0.5  # m/s; below it slip is computed as at this speed
CREEP = 0.02  # m/s; below it the wheels hold against wind from the side


@jit
def run_tick(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Run a tick of 20 ms in `P_STEPS` steps."""
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
    throttle, wheel = move_outputs(s, p, steps)
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
    e = (s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3])
    ebx, eby, ebz = s[L.S_BGX], s[L.S_BGY], s[L.S_BGZ]
    imu = imu_of(s, p, 0.1 + 0.2 * abs(u))  # vibration from the ground
    gyro, acc, felt, squares = ZERO, ZERO, ZERO, ZERO
    middle = steps // 2
    stands = False

    for k in range(steps):
        # --- sense
        seed = seed + GAMMA
        gyro, acc, felt, squares = sense_step(s, draw(seed), table, (0.0, 0.0, r), (fx, fy, fz), imu, felt, squares)
        # --- strapdown attitude
        e = turn(e, half, gyro[0] - ebx, gyro[1] - eby, gyro[2] - ebz)
        if k == middle:
            keep_middle(s, e)
        if stands:
            continue
        before = u, v, r, c, sn, pn, pe, pull, fx, fy
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
        # rolling resistance, at most as much as stops the car
        push -= limit(push + mass * (u / dt + v * r), rolling)
        fx = push * per_mass
        fy = (force_f * cw + force_r - wind_y) * per_mass
        du = fx + v * r
        dv = fy - u * r
        r += dt * (front * force_f * cw - rear * force_r) * per_inertia
        u += dt * du
        v += dt * dv
        c, sn = turn_level(c, sn, dt * r)
        pn += dt * (u * c - v * sn)
        pe += dt * (u * sn + v * c)
        # outputs and wind are those of the tick: a step that changes nothing is followed by steps that change nothing
        stands = before == (u, v, r, c, sn, pn, pe, pull, fx, fy)

    rng[0] = seed
    u, v, r, pull = faded(u), faded(v), faded(r), faded(pull)
    s[M.S_BODY_U], s[M.S_BODY_V], s[M.S_BODY_R] = u, v, r
    s[M.S_COS], s[M.S_SIN] = c, sn
    s[M.S_PULL] = pull
    ahead = u - c * wind_n - sn * wind_e
    resistance = drag_x * abs(ahead) * ahead + limit(rolling * u / SLOWEST, rolling)
    taken = pull - p[M.P_CARRIED] * (pull - resistance)
    s[M.S_MOTOR_A] = abs(taken) * p[M.P_AMPS_PER_N] * abs(throttle)
    place_body(s, u, v, r, c, sn)
    s[M.S_PN], s[M.S_PE] = pn, pe
    s[M.S_FX], s[M.S_FY], s[M.S_FZ] = fx, fy, fz
    keep_samples(s, dt, steps, e, gyro, acc, felt, squares)


@jit
def reckon(s: L.Row) -> None:
    """Estimate the velocity without a position. The ground is level and the wheels do not slide, so only the speed
    along the nose is taken from the inertial sensors. This speed fades over 20 s, or over 2 s without throttle."""
    tilt(s, -0.05 * L.TICK * s[L.S_AEN], -0.05 * L.TICK * s[L.S_AEE], 0.0, 0.0)
    memory = 20.0 if s[L.S_THROTTLE] != 0.0 else 2.0  # s
    ahead = (s[L.S_ER] * s[L.S_EVN] + s[L.S_ER + 3] * s[L.S_EVE]) * (1.0 - L.TICK / memory)
    s[L.S_EVN] = s[L.S_ER] * ahead
    s[L.S_EVE] = s[L.S_ER + 3] * ahead


@jit
def estimate(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Predict, and apply all corrections of one tick."""
    fuse_sensors(s, p, rng, table)
    if s[L.S_POS_OK] == 0.0:
        reckon(s)
    rotation(s)
    read_vane(s)
    average_gyro(s, s[L.S_ARMED] == 0.0)


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """Run one rover for 20 ms."""
    run_tick(s, p, rng, table)
    if p[M.P_MAP] != 0.0:
        look_down(s, p, ground)
        follow_ground(s)
    begin_tick(s, p, rng, table, s[M.S_MOTOR_A] + p[M.P_HOTEL_A])
    estimate(s, p, rng, table)
    watch_estimator(s, p)
    decide_rover(s, p, t)
    watch_machine(s, p, t)
    count_way(s)


advance = advance_by(tick, fill_driven)
