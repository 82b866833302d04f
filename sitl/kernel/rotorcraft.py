"""The copter's body: rotors, air, undercarriage, motion. Its rotors are commanded by the copter's own laws
(`sitl.kernel.copter`) or by a firmware (`sitl.kernel.outside`).

A rigid body with first-order rotors (thrust = speed squared), rotor drag that grows with rotor speed (Martin and Salaün
2010), body drag that grows with the square of the air speed, and a sprung, damped undercarriage with friction.
Integration is semi-implicit: new rates turn the attitude, new velocity moves the position. Our own copter is a quad
(`move`); a firmware's frame has its own rotors (`move_by`).
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.attitude import limit
from autopilot.interface import layout as L
from autopilot.interface.marks import inline
from sitl.kernel import layout as M
from sitl.kernel.imu import Quaternion, Vector, faded, turn

#: Damping of rates by the legs, s: share of their righting torque per rad/s.
LEG_DAMPING = 0.025
#: Height below which the undercarriage is computed, m (down is positive; it touches at 0).
NEAR_GROUND = -0.02
#: Fastest turning, rad/s, that the air allows. With gains of the wrong sign rates would grow until they are no numbers.
FASTEST_TURN = 60.0

Matrix = tuple[float, float, float, float, float, float, float, float, float]
#: Attitude, rates, velocity, place, rotor speeds, specific force, and contact with the ground with the speed of the
#: last touch.
Body = tuple[Quaternion, Vector, Vector, Vector, Quaternion, Vector, tuple[float, float]]
#: Lag of the rotors, full thrust of each, 1/mass, arms, drags, 1/inertia, Euler coupling, specific force of a shove.
Numbers = tuple[float, Quaternion, float, Vector, Vector, Vector, Vector, Vector]


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
def move_on(dt: float, r: Matrix, force: Vector, velocity: Vector, place: Vector) -> tuple[Vector, Vector]:
    """Velocity and place, NED, after a step of `dt` s with this specific force (body, m/s2) and gravity."""
    (fx, fy, fz), (vn, ve, vd), (pn, pe, pd) = force, velocity, place
    vn += dt * (r[0] * fx + r[1] * fy + r[2] * fz)
    ve += dt * (r[3] * fx + r[4] * fy + r[5] * fz)
    vd += dt * (r[6] * fx + r[7] * fy + r[8] * fz + L.GRAVITY)
    return (vn, ve, vd), (pn + dt * vn, pe + dt * ve, pd + dt * vd)


@inline
def stop_body(s: L.Row, p: L.Row) -> None:
    """Stop a body that strikes the ground. Its accelerometers feel the blow in the next step, whatever their range: an
    estimate that knew nothing of it would sink on until it rejects receiver and barometer."""
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = rotation_of((s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3]))
    per_s = 1.0 / p[M.P_DT]
    vn, ve, vd = per_s * s[M.S_VN], per_s * s[M.S_VE], per_s * s[M.S_VD]
    s[M.S_FX] -= r00 * vn + r10 * ve + r20 * vd
    s[M.S_FY] -= r01 * vn + r11 * ve + r21 * vd
    s[M.S_FZ] -= r02 * vn + r12 * ve + r22 * vd
    s[M.S_VN], s[M.S_VE], s[M.S_VD] = 0.0, 0.0, 0.0
    s[M.S_WX], s[M.S_WY], s[M.S_WZ] = 0.0, 0.0, 0.0
    s[M.S_PD] = s[L.S_FLOOR]


@inline
def stand(
    p: L.Row, dt: float, deep: float, v: Vector, w: Vector, r: Matrix, force: Vector, torque: Vector
) -> tuple[Vector, Vector]:
    """Add the undercarriage, `deep` m deep in the ground, to the specific force and the torque (body): spring, damper,
    friction. Upright the body stands on its legs; tilted beyond 45 degrees it falls on its side."""
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
    if side > 0.0:
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


@inline
def move(p: L.Row, dt: float, numbers: Numbers, commands: Quaternion, floor: float, wind: Vector, body: Body) -> Body:
    """Move the quad for a step of `dt` s with these rotor commands (0 to 1: speed). The ground is at `floor` m down,
    the air moves by `wind`. `numbers` come from `numbers_of`."""
    lag, (l1, l2, l3, l4), (arm_x, arm_y, yaw_arm) = numbers[0], numbers[1], numbers[3]
    m1, m2, m3, m4 = body[4]
    c1, c2, c3, c4 = commands
    m1 += lag * (c1 - m1)
    m2 += lag * (c2 - m2)
    m3 += lag * (c3 - m3)
    m4 += lag * (c4 - m4)
    lift_1, lift_2, lift_3, lift_4 = l1 * m1 * m1, l2 * m2 * m2, l3 * m3 * m3, l4 * m4 * m4
    torque = (
        arm_y * (lift_2 + lift_3 - lift_1 - lift_4),
        arm_x * (lift_1 + lift_3 - lift_2 - lift_4),
        yaw_arm * (lift_1 + lift_2 - lift_3 - lift_4),
    )
    lift = lift_1 + lift_2 + lift_3 + lift_4
    body, lies = move_by(p, dt, numbers, lift, torque, m1 + m2 + m3 + m4, floor, wind, body)
    if lies:
        m1, m2, m3, m4 = 0.0, 0.0, 0.0, 0.0
    return body[0], body[1], body[2], body[3], (m1, m2, m3, m4), body[5], body[6]


@inline
def move_by(
    p: L.Row,
    dt: float,
    numbers: Numbers,
    lift: float,
    torque: Vector,
    spin: float,
    floor: float,
    wind: Vector,
    body: Body,
) -> tuple[Body, bool]:
    """Move the body for a step with this lift, N, and torque, N m, of its rotors; `spin` is four times the mean of
    their speeds. Also returns whether the body lies on its side, which blocks the rotors. The rotor speeds in `body` do
    not change."""
    q, (wx, wy, wz), (vn, ve, vd), (pn, pe, pd), rotors, force, (contact, touchdown) = body
    _, _, per_mass, _, (drag_1, drag_2, drag_z), inverse, euler, shove = numbers
    # --- forces
    r = rotation_of(q)
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = r
    an, ae, ad = vn - wind[0], ve - wind[1], vd - wind[2]
    speed = sqrt(an * an + ae * ae + ad * ad)
    k2 = drag_2 * speed
    blades = drag_1 * spin
    k1 = blades + k2
    axial = r02 * an + r12 * ae + r22 * ad
    force = (
        shove[0] - k1 * (r00 * an + r10 * ae + r20 * ad),
        shove[1] - k1 * (r01 * an + r11 * ae + r21 * ad),
        shove[2] - (k2 + drag_z * blades * axial * axial) * axial - lift * per_mass,
    )
    lies = False
    deep = pd - floor
    if deep > NEAR_GROUND:
        if deep > 0.0 and contact == 0.0:
            touchdown = vd
        contact = 1.0 if deep > 0.0 else 0.0
        if deep > 0.0:
            force, torque = stand(p, dt, deep, (vn, ve, vd), (wx, wy, wz), r, force, torque)
            lies = r22 < 0.3
    else:
        contact = 0.0
    # --- motion
    (vn, ve, vd), (pn, pe, pd) = move_on(dt, r, force, (vn, ve, vd), (pn, pe, pd))
    dx = inverse[0] * torque[0] + euler[0] * wy * wz
    dy = inverse[1] * torque[1] + euler[1] * wz * wx
    dz = inverse[2] * torque[2] + euler[2] * wx * wy
    wx += dt * dx
    wy += dt * dy
    wz += dt * dz
    q = turn(q, 0.5 * dt, wx, wy, wz)
    return (q, (wx, wy, wz), (vn, ve, vd), (pn, pe, pd), rotors, force, (contact, touchdown)), lies


@inline
def body_of(s: L.Row) -> Body:
    """Read the body from its row."""
    return (
        (s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3]),
        (s[M.S_WX], s[M.S_WY], s[M.S_WZ]),
        (s[M.S_VN], s[M.S_VE], s[M.S_VD]),
        (s[M.S_PN], s[M.S_PE], s[M.S_PD]),
        (s[M.S_M1], s[M.S_M2], s[M.S_M3], s[M.S_M4]),
        (s[M.S_FX], s[M.S_FY], s[M.S_FZ]),
        (s[M.S_CONTACT], s[M.S_TOUCHDOWN]),
    )


@inline
def keep_body(s: L.Row, body: Body) -> None:
    """Write the body into its row. On its legs its tilt, its turning and its rotors fade."""
    q0, q1, q2, q3 = body[0]
    s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3] = q0, faded(q1), faded(q2), q3
    wx, wy, wz = body[1]
    s[M.S_WX] = limit(faded(wx), FASTEST_TURN)
    s[M.S_WY] = limit(faded(wy), FASTEST_TURN)
    s[M.S_WZ] = limit(faded(wz), FASTEST_TURN)
    s[M.S_VN], s[M.S_VE], s[M.S_VD] = body[2]
    s[M.S_PN], s[M.S_PE], s[M.S_PD] = body[3]
    m1, m2, m3, m4 = body[4]
    s[M.S_M1], s[M.S_M2], s[M.S_M3], s[M.S_M4] = faded(m1), faded(m2), faded(m3), faded(m4)
    s[M.S_FX], s[M.S_FY], s[M.S_FZ] = body[5]
    s[M.S_CONTACT], s[M.S_TOUCHDOWN] = body[6]


@inline
def numbers_of(s: L.Row, p: L.Row) -> Numbers:
    """Numbers of the body that are constant during a tick, such as the full thrust at the battery's voltage."""
    full = s[M.S_VOLTS] / p[M.P_FULL_V]
    full *= full * p[M.P_FULL]  # rotor speed is proportional to voltage, thrust to its square
    thrown = 1.0 if s[L.S_TIME_MS] < p[M.P_SHOVE_UNTIL] else 0.0
    return (
        p[M.P_LAG],
        (full * p[M.P_LOSS_1], full * p[M.P_LOSS_2], full * p[M.P_LOSS_3], full * p[M.P_LOSS_4]),
        1.0 / p[M.P_MASS],
        (p[M.P_ARM_X], p[M.P_ARM_Y], p[M.P_YAW_ARM]),
        (0.25 * p[M.P_ROTOR_DRAG], p[M.P_BODY_DRAG], p[M.P_AXIAL_DRAG]),
        (p[M.P_INV_IX], p[M.P_INV_IY], p[M.P_INV_IZ]),
        (p[M.P_GYRO_XX], p[M.P_GYRO_YY], p[M.P_GYRO_ZZ]),
        (thrown * p[M.P_SHOVE_X], thrown * p[M.P_SHOVE_Y], thrown * p[M.P_SHOVE_Z]),
    )


@inline
def current(s: L.Row, p: L.Row, rotors: int) -> float:
    """Current of the battery, A: the power of `rotors` rotors by momentum theory over an overall efficiency (`POWER` in
    W per N^1.5) at the present voltage, and the electronics."""
    power = 0.0
    scale = s[M.S_VOLTS] / p[M.P_FULL_V]
    scale *= scale * p[M.P_FULL]
    for i in range(rotors):
        thrust = scale * s[M.S_M1 + i] * s[M.S_M1 + i]
        power += thrust * sqrt(thrust)
    amps: float = p[M.P_POWER] * power / max(s[M.S_VOLTS], 1.0) + p[M.P_HOTEL_A]
    return amps
