"""Steps at 400 Hz that all bodies share: inertial samples, strapdown attitude, and the results of a tick.

They are inlined into the loop of each kernel. In this loop all state is in local variables and vectors are tuples of
three numbers, so a step reads no memory except the quantile table.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.interface import layout as L
from autopilot.interface.marks import inline
from sitl.kernel import layout as M
from sitl.kernel.noise import MASK, S10, S20, S30B, S40, S50

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
ImuUnit = tuple[Vector, Vector, float, float, float, bool, bool]
"""Inertial unit: gyro biases rad/s, accelerometer biases m/s2, their noise, 1 if the unit works (else 0), True if a
sensor of it fails, True if its accelerometers give noise only (FAILURE_GARBAGE)."""

#: Time without a motor command after which the motors stop, s.
DEADMAN_S = 0.05
#: Size of a speed, rate or angle (m/s, rad/s, rad) or of a share of an output that nothing can feel.
FELT = 1e-12
#: Share of one tick in the reported vibration: a memory of one second.
VIBRATION_SHARE = 0.02
ZERO = (0.0, 0.0, 0.0)


@inline
def sample_imu(
    bits: Any,
    table: Any,
    rates: Vector,
    force: Vector,
    gyro_bias: Vector,
    acc_bias: Vector,
    gyro_noise: float,
    acc_noise: float,
    imu_on: float,
) -> tuple[Vector, Vector, Vector]:
    """Sample gyros, rad/s, accelerometers, m/s2 (body axes), and the vibration in the latter. `bits` is one draw;
    `rates` and specific `force` are the truth; `imu_on` is 1, or 0 for no samples."""
    gx = (rates[0] + gyro_bias[0] + gyro_noise * table[bits & MASK]) * imu_on
    gy = (rates[1] + gyro_bias[1] + gyro_noise * table[(bits >> S10) & MASK]) * imu_on
    gz = (rates[2] + gyro_bias[2] + gyro_noise * table[(bits >> S20) & MASK]) * imu_on
    nx = acc_noise * table[(bits >> S30B) & MASK]
    ny = acc_noise * table[(bits >> S40) & MASK]
    nz = acc_noise * table[(bits >> S50) & MASK]
    ax = (force[0] + acc_bias[0] + nx) * imu_on
    ay = (force[1] + acc_bias[1] + ny) * imu_on
    az = (force[2] + acc_bias[2] + nz) * imu_on
    return (gx, gy, gz), (ax, ay, az), (nx, ny, nz)


@inline
def spoil_axes(s: L.Row, sample: Vector, on: int, shown: int) -> Vector:
    """Apply the failures that `sitl.kernel.failing` has set to a sample of gyros or accelerometers. The caller checks
    for failures first, because nearly all flights have none."""
    share = s[on]
    return sample[0] * share + s[shown], sample[1] * share + s[shown + 1], sample[2] * share + s[shown + 2]


@inline
def add(total: Vector, more: Vector) -> Vector:
    return total[0] + more[0], total[1] + more[1], total[2] + more[2]


@inline
def add_squares(total: Vector, more: Vector) -> Vector:
    """Add the squares of `more` to `total`, axis by axis."""
    return total[0] + more[0] * more[0], total[1] + more[1] * more[1], total[2] + more[2] * more[2]


@inline
def imu_of(s: L.Row, p: L.Row, shake: float) -> ImuUnit:
    """Inertial unit of a vehicle for one tick; `shake` multiplies the noise of its accelerometers."""
    return (
        (s[M.S_GBX], s[M.S_GBY], s[M.S_GBZ]),
        (s[M.S_ABX], s[M.S_ABY], s[M.S_ABZ]),
        p[M.P_GYRO_NOISE],
        p[M.P_ACC_NOISE] * shake,
        p[M.P_IMU_ON],
        p[M.P_FAILING] != 0.0,
        p[M.P_FAIL_ACC] == M.FAILURE_GARBAGE,
    )


@inline
def sense_step(
    s: L.Row, bits: Any, table: Any, rates: Vector, force: Vector, unit: ImuUnit, felt: Vector, squares: Vector
) -> tuple[Vector, Vector, Vector, Vector]:
    """Sample gyros and accelerometers in one step, with their failures. Also returns the sums of specific force and of
    squared vibration."""
    gyro_bias, acc_bias, gyro_noise, acc_noise, imu_on, failing, garbage = unit
    gyro, acc, shake = sample_imu(bits, table, rates, force, gyro_bias, acc_bias, gyro_noise, acc_noise, imu_on)
    if failing:
        gyro = spoil_axes(s, gyro, M.S_GYRO_ON, M.S_GYRO_SHOWN)
        acc = spoil_axes(s, acc, M.S_ACC_ON, M.S_ACC_SHOWN)
        if garbage:  # to the filters of VIBRATION it is as good as any vibration
            shake = add(shake, (s[M.S_ACC_SHOWN], s[M.S_ACC_SHOWN + 1], s[M.S_ACC_SHOWN + 2]))
    return gyro, acc, add(felt, acc), add_squares(squares, shake)


@inline
def obeys(s: L.Row, p: L.Row, steps: int) -> bool:
    """Age the motor command by the steps of a tick; True until it is older than `DEADMAN_S`."""
    if p[M.P_FREEZE] == 0.0:
        s[M.S_TORQUE_AGE] = 0.0
    else:
        s[M.S_TORQUE_AGE] += steps
    alive: bool = s[M.S_TORQUE_AGE] * p[M.P_DT] < DEADMAN_S
    return alive


@inline
def turn(q: Quaternion, half: float, x: float, y: float, z: float) -> Quaternion:
    """Turn a quaternion by the body rates x, y, z rad/s for one step; `half` is half the step, s. First order in the
    angle, then one Newton step back to unit length."""
    q0, q1, q2, q3 = q
    hx, hy, hz = half * x, half * y, half * z
    n0 = q0 - q1 * hx - q2 * hy - q3 * hz
    n1 = q1 + q0 * hx + q2 * hz - q3 * hy
    n2 = q2 + q0 * hy - q1 * hz + q3 * hx
    n3 = q3 + q0 * hz + q1 * hy - q2 * hx
    unit = 1.5 - 0.5 * (n0 * n0 + n1 * n1 + n2 * n2 + n3 * n3)
    return n0 * unit, n1 * unit, n2 * unit, n3 * unit


@inline
def faded(x: float) -> float:
    """A value that fades by a share of itself in each step, and 0 once nothing can feel it. Without an end it would
    reach the smallest numbers that there are within minutes, and processors compute with those many times slower."""
    return x if abs(x) > FELT else 0.0


@inline
def keep_middle(s: L.Row, e: Quaternion) -> None:
    """Keep the attitude estimate of the middle of the tick. The summed specific force is turned by it."""
    s[L.S_EM0], s[L.S_EM1], s[L.S_EM2], s[L.S_EM3] = e


@inline
def keep_samples(
    s: L.Row, dt: float, steps: int, e: Quaternion, gyro: Vector, acc: Vector, felt: Vector, squares: Vector
) -> None:
    """Keep the results of a tick: attitude estimate, last samples, summed specific force, vibration."""
    gx, gy, gz = gyro
    s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3] = e
    s[L.S_DVX], s[L.S_DVY], s[L.S_DVZ] = felt[0] * dt, felt[1] * dt, felt[2] * dt
    s[M.S_GYRO_X], s[M.S_GYRO_Y], s[M.S_GYRO_Z] = gx, gy, gz
    s[M.S_ACC_X], s[M.S_ACC_Y], s[M.S_ACC_Z] = acc
    s[L.S_GYX], s[L.S_GYY], s[L.S_GYZ] = gx - s[L.S_BGX], gy - s[L.S_BGY], gz - s[L.S_BGZ]
    s[M.S_VIBE_X] += VIBRATION_SHARE * (sqrt(squares[0] / steps) - s[M.S_VIBE_X])
    s[M.S_VIBE_Y] += VIBRATION_SHARE * (sqrt(squares[1] / steps) - s[M.S_VIBE_Y])
    s[M.S_VIBE_Z] += VIBRATION_SHARE * (sqrt(squares[2] / steps) - s[M.S_VIBE_Z])
