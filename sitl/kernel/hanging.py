"""Load on the line of a winch: a mass that swings below the copter and pulls on it.

The load is a point mass with air drag. The line has no mass, and it can pull but not push. The model is a spherical
pendulum with a moving pivot, solved by impulses (Catto, Iterative Dynamics with Temporal Coherence, 2005). In each step
one impulse along the line acts on both bodies. It removes the speed at which they move apart, so it depends on the
reduced mass of the two. It also removes the share `GIVE` of the length error. The impulse over the step is the tension.
The hook opens when the load touches the ground.
"""

from __future__ import annotations

from math import sqrt

from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from sitl.kernel import layout as M
from sitl.kernel.imu import Vector
from sitl.kernel.rotorcraft import Body, Numbers, rotation_of

GIVE = 0.2
#: Acceleration of the winch's drum, m/s2; slow enough that a falling load keeps the line taut.
DRUM = 4.0
#: Shortest length of the line under a load, m.
SHORTEST = 0.25


@jit
def swing(s: L.Row, p: L.Row, dt: float, body: Body, floor: float, wind: Vector) -> Vector:
    """Specific force, NED, of the line on the copter `body` in this step of `dt` s. The load also moves on in this
    step."""
    _, _, (vn, ve, vd), (pn, pe, pd), _, _, _ = body
    mass, load = p[M.P_MASS], s[M.S_LOAD_KG]
    s[M.S_LINE_RATE] += min(max(p[M.P_LINE_RATE] - s[M.S_LINE_RATE], -DRUM * dt), DRUM * dt)
    s[M.S_LINE] = max(s[M.S_LINE] + dt * s[M.S_LINE_RATE], SHORTEST)
    un, ue, ud = s[M.S_LOAD_V], s[M.S_LOAD_V + 1], s[M.S_LOAD_V + 2]
    an, ae, ad = un - wind[0], ue - wind[1], ud - wind[2]
    brake = p[M.P_LOAD_DRAG] * sqrt(an * an + ae * ae + ad * ad)
    un, ue, ud = un - dt * brake * an, ue - dt * brake * ae, ud + dt * (L.GRAVITY - brake * ad)
    n, e, d = s[M.S_LOAD] - pn, s[M.S_LOAD + 1] - pe, s[M.S_LOAD + 2] - pd
    far = sqrt(n * n + e * e + d * d)
    impulse = 0.0
    over = far - s[M.S_LINE]
    if far > 0.5 * SHORTEST:
        n, e, d = n / far, e / far, d / far
        parting = (un - vn) * n + (ue - ve) * e + (ud - vd) * d - s[M.S_LINE_RATE]
        parting += (GIVE * over if over > 0.0 else over) / dt  # a slack line may only become taut
        impulse = max(parting, 0.0) * load * mass / (load + mass)
        un, ue, ud = un - impulse / load * n, ue - impulse / load * e, ud - impulse / load * d
    s[M.S_LOAD_V], s[M.S_LOAD_V + 1], s[M.S_LOAD_V + 2] = un, ue, ud
    s[M.S_LOAD] += dt * un
    s[M.S_LOAD + 1] += dt * ue
    s[M.S_LOAD + 2] += dt * ud
    if s[M.S_LOAD + 2] >= floor:
        s[M.S_LOAD_KG] = 0.0
        impulse = 0.0
    s[M.S_TENSION] = impulse / dt
    pull = impulse / (dt * mass)
    return pull * n, pull * e, pull * d


@jit
def pulled(numbers: Numbers, body: Body, pull: Vector) -> Numbers:
    """The body's numbers with this specific force (NED) added."""
    lag, full, per_mass, arms, drags, inverse, euler, (x, y, z) = numbers
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = rotation_of(body[0])
    n, e, d = pull
    x += r00 * n + r10 * e + r20 * d
    y += r01 * n + r11 * e + r21 * d
    z += r02 * n + r12 * e + r22 * d
    return lag, full, per_mass, arms, drags, inverse, euler, (x, y, z)
