"""The boat's kernel: its hull at 400 Hz, its tick, and `advance`, which runs boats to a time or to the next event.

The plant is the three-degree manoeuvring model of a displacement hull in a current: surge, sway and yaw (Fossen,
Handbook of Marine Craft Hydrodynamics and Motion Control, 2nd ed., 6.5 and 10). The resistance of the water grows with
the speed *through the water*, linearly and with its square. So a hull without thrust drifts with current and wind. The
pull of the outboard propeller falls with the speed through the water. The flow at the rudder is this speed plus the
wash of the propeller, so the boat turns about its own length when it starts, and backwards the other way round. The
model has no added mass of the water, no roll and no pitch.

Importing this module compiles the kernel or loads it from disk; `sitl.vehicles.simulated` delays this.
"""

from __future__ import annotations

from typing import Any

from autopilot.control.estimator import level
from autopilot.control.inertial import rotation
from autopilot.control.rover_guidance import decide_rover
from autopilot.control.watch import watch_estimator
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from sitl.kernel import layout as M
from sitl.kernel.estimate import average_gyro, begin_tick, count_way, fuse_sensors, watch_machine
from sitl.kernel.imu import ZERO, faded, imu_of, keep_middle, keep_samples, sense_step, turn
from sitl.kernel.level import fill_driven, move_outputs, place_body, read_vane, turn_level
from sitl.kernel.noise import GAMMA, draw
from sitl.kernel.running import advance_by


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
    # --- constants of the tick
    stall = p[M.P_STALL]
    drive = stall * throttle * s[M.S_VOLTS] / p[M.P_FULL_V]
    back = stall / p[M.P_FREE] if throttle != 0.0 else 0.0  # a propeller that stands does not brake
    health = p[M.P_LOSS_1]
    per_mass = 1.0 / p[M.P_MASS]
    per_inertia = 1.0 / p[M.P_INERTIA]
    surge_1, surge_2, sway_1, sway_2 = p[M.P_SURGE_1], p[M.P_SURGE_2], p[M.P_SWAY_1], p[M.P_SWAY_2]
    yaw_1, yaw_2, rudder, wash = p[M.P_YAW_1], p[M.P_YAW_2], p[M.P_RUDDER], p[M.P_WASH]
    drag_x, drag_y = p[M.P_DRAG], p[M.P_SIDE_DRAG]
    wind_n, wind_e = s[M.S_WIND_N], s[M.S_WIND_E]
    tide_n, tide_e = p[M.P_TIDE_N], p[M.P_TIDE_E]
    lag = p[M.P_MOTOR_LAG]
    # --- sensors and estimate
    e = (s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3])
    ebx, eby, ebz = s[L.S_BGX], s[L.S_BGY], s[L.S_BGZ]
    imu = imu_of(s, p, 0.2 + 0.2 * abs(throttle))  # vibration by ripples and the motor
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
        # --- through the water, through the air
        along = u - (c * tide_n + sn * tide_e)
        across = v - (c * tide_e - sn * tide_n)
        air_n, air_e = u * c - v * sn - wind_n, u * sn + v * c - wind_e
        air_x, air_y = c * air_n + sn * air_e, c * air_e - sn * air_n
        pull += lag * ((drive - back * along) * health - pull)
        # --- forces
        fx = pull - (surge_1 + surge_2 * abs(along)) * along - drag_x * abs(air_x) * air_x
        fy = -(sway_1 + sway_2 * abs(across)) * across - drag_y * abs(air_y) * air_y
        fx *= per_mass
        fy *= per_mass
        flow = along * abs(along) + wash * pull
        moment = rudder * flow * wheel - (yaw_1 + yaw_2 * abs(along)) * r
        # --- motion
        du = fx + v * r
        dv = fy - u * r
        r += dt * moment * per_inertia
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
    s[M.S_MOTOR_A] = abs(pull) * p[M.P_AMPS_PER_N] * abs(throttle)
    place_body(s, u, v, r, c, sn)
    s[M.S_PN], s[M.S_PE] = pn, pe
    s[M.S_FX], s[M.S_FY], s[M.S_FZ] = fx, fy, fz
    keep_samples(s, dt, steps, e, gyro, acc, felt, squares)


@jit
def estimate(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Predict, and apply all corrections of one tick. Without a position only the attitude is held level, because a
    hull slides."""
    fuse_sensors(s, p, rng, table)
    if s[L.S_POS_OK] == 0.0:
        level(s)
    rotation(s)
    read_vane(s)
    average_gyro(s, s[L.S_ARMED] == 0.0)


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """Run one boat for 20 ms. The water is level."""
    run_tick(s, p, rng, table)
    begin_tick(s, p, rng, table, s[M.S_MOTOR_A] + p[M.P_HOTEL_A])
    estimate(s, p, rng, table)
    watch_estimator(s, p)
    decide_rover(s, p, t)
    watch_machine(s, p, t)
    count_way(s)


advance = advance_by(tick, fill_driven)
