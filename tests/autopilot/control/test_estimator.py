"""The estimator's channels against the textbook's matrices, and the whole of it against the truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from autopilot.control import inertial
from autopilot.control.estimator import fuse_mag, level
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Hold, Leg, Yaw, YawMode
from tests.fakes.copter_flight import CopterFlight

Matrix = npt.NDArray[np.float64]
T = L.TICK


def _state(seed: int) -> Matrix:
    """A level state at rest with random proper covariances in all channels."""
    s = np.zeros(256)
    s[L.S_EQ0] = s[L.S_EM0] = 1.0
    s[L.S_IMU_OK] = 1.0
    inertial.rotation(s)
    draw = np.random.default_rng(seed)
    for first, size in ((L.S_COV_H, 4), (L.S_COV_V, 3), (L.S_COV_Y, 2)):
        root = draw.normal(size=(size, size))
        s[first : first + size * (size + 1) // 2] = (root @ root.T)[np.triu_indices(size)]
    s[L.S_DVZ] = -L.GRAVITY * T
    return s


def _full(s: Matrix, first: int, size: int) -> Matrix:
    full = np.zeros((size, size))
    full[np.triu_indices(size)] = s[first : first + size * (size + 1) // 2]
    return full + np.triu(full, 1).T


@pytest.mark.parametrize(
    ("first", "size", "noise"),
    [
        (L.S_COV_H, 4, (0.0, inertial.Q_V, inertial.Q_A, inertial.Q_B)),
        (L.S_COV_V, 3, (0.0, inertial.Q_VZ, inertial.Q_BZ)),
        (L.S_COV_Y, 2, (inertial.Q_YAW, inertial.Q_YB)),
    ],
)
def test_prediction_is_f_p_ft_plus_q(first: int, size: int, noise: tuple[float, ...]) -> None:
    """Each channel is a chain of integrators."""
    s = _state(first)
    f = np.eye(size) + T * np.eye(size, k=1)
    expected = f @ _full(s, first, size) @ f.T + T * np.diag(noise)
    inertial.predict(s)
    assert np.allclose(_full(s, first, size), expected, rtol=1e-9)


@pytest.mark.parametrize("measured", (0, 1))
def test_horizontal_gain_and_update_are_the_textbooks(measured: int) -> None:
    """K = P h / (h P h + r), P - K h P."""
    s = _state(3)
    p = _full(s, L.S_COV_H, 4)
    k = p[:, measured] / (p[measured, measured] + 0.7)
    assert inertial.gain_horizontal(s, measured, 0.7) == pytest.approx(tuple(k), rel=1e-12)
    assert np.allclose(_full(s, L.S_COV_H, 4), p - np.outer(k, p[measured]), rtol=1e-9)


@pytest.mark.parametrize("measured", (0, 1))
def test_vertical_update_is_the_textbooks(measured: int) -> None:
    """States and covariance."""
    s = _state(4)
    p = _full(s, L.S_COV_V, 3)
    k = p[:, measured] / (p[measured, measured] + 0.4)
    inertial.correct_vertical(s, measured, 2.0, 0.4)
    assert s[[L.S_EPD, L.S_EVD, L.S_BAZ]] == pytest.approx(2.0 * k)
    assert np.allclose(_full(s, L.S_COV_V, 3), p - np.outer(k, p[measured]), rtol=1e-9)


def test_inertial_navigation_integrates_constant_acceleration() -> None:
    """Half a t squared, in the direction in which the body points."""
    s = _state(5)
    heading = 0.6
    s[L.S_EM0], s[L.S_EM3] = np.cos(heading / 2.0), np.sin(heading / 2.0)
    s[L.S_DVX] = 2.0 * T
    for _ in range(100):
        inertial.predict(s)
    assert s[[L.S_EPN, L.S_EPE, L.S_EPD]] == pytest.approx([4.0 * np.cos(heading), 4.0 * np.sin(heading), 0.0])
    assert s[[L.S_EVN, L.S_EVE, L.S_EVD]] == pytest.approx([4.0 * np.cos(heading), 4.0 * np.sin(heading), 0.0])


def test_an_acceleration_error_is_taken_as_tilt() -> None:
    """Too little acceleration north: the estimate is turned so that gravity gives it."""
    s = _state(6)
    inertial.tilt(s, 0.3, -0.2, 0.0, 0.0)
    inertial.rotation(s)
    force = s[L.S_ER : L.S_ER + 9].reshape(3, 3) @ np.array((0.0, 0.0, -L.GRAVITY))
    assert force[:2] == pytest.approx([0.3, -0.2], abs=0.01)


def test_a_compass_sample_turns_the_heading_towards_it() -> None:
    """Field to magnetic north, nose 0.2 rad east of it by compass."""
    s = _state(7)
    s[L.S_COV_Y], s[L.S_COV_Y + 1], s[L.S_COV_Y + 2] = 1.0, 0.0, 1e-6
    p = np.zeros(L.SETTINGS.size)
    p[L.P_MAG_SIGMA] = 0.05
    for _ in range(5):
        fuse_mag(s, p, 0.3 * np.cos(0.2), -0.3 * np.sin(0.2), 0.4)
        inertial.rotation(s)
    assert np.arctan2(s[L.S_ER + 3], s[L.S_ER]) == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_in_flight_the_estimate_stays_near_the_truth(seed: int) -> None:
    """Position within 1 m, velocity 0.3 m/s, tilt 1.5 degrees, heading 4 degrees, all the way through turns in wind."""
    flight = CopterFlight(seed, wind=5.0, gust=1.0)
    flight.take_off()
    columns = (
        R.NORTH,
        R.TRUE_N,
        R.EAST,
        R.TRUE_E,
        R.DOWN,
        R.TRUE_D,
        R.VN,
        R.TRUE_VN,
        R.VE,
        R.TRUE_VE,
        R.VD,
        R.TRUE_VD,
        R.ROLL,
        R.TRUE_ROLL,
        R.PITCH,
        R.TRUE_PITCH,
        R.YAW,
        R.TRUE_YAW,
    )
    rows = []
    for target in (
        Leg((100.0, 0.0, -20.0)),
        Leg((100.0, 80.0, -30.0)),
        Hold((100.0, 80.0, -30.0), Yaw(YawMode.RATE, rate=0.8)),
    ):
        flight.copter.set_target(target)
        rows.append(flight.record(14.0, columns))
    error = np.concatenate(rows)
    error = np.abs((error[:, 0::2] - error[:, 1::2] + np.pi) % (2.0 * np.pi) - np.pi)
    most = error.max(axis=0)
    assert most[:3].max() < 1.0
    assert most[3:6].max() < 0.3
    assert np.degrees(most[6:8].max()) < 1.5
    assert np.degrees(most[8]) < 4.0


def test_gyro_biases_are_found_in_flight() -> None:
    """What the estimator takes off the raw rates becomes what the sensor reads at rest."""
    flight = CopterFlight(6)
    at_rest = flight.record(8.0, (R.GYRO_X, R.GYRO_X + 1, R.GYRO_X + 2)).mean(axis=0)
    assert np.abs(at_rest).max() > 0.003
    flight.take_off()
    flight.fly(Hold((0.0, 0.0, -20.0)), 10.0)
    flight.run(30.0)
    taken_off = flight.report[R.GYRO_X : R.GYRO_X + 3] - flight.report[R.P : R.R + 1]
    assert taken_off == pytest.approx(at_rest, abs=6e-4)


@pytest.mark.parametrize(("blow", "degrees"), [(0.5, 0.03), (4330.0, 0.6)])
def test_a_blow_without_a_position_is_no_tilt(blow: float, degrees: float) -> None:
    """A fall at 26 m/s was 433 g for a tick, by which the estimate turned until its numbers were NaN (22014 of storms
    that set any parameter)."""
    s = _state(6)
    s[L.S_AEN] = blow
    level(s)
    inertial.rotation(s)
    assert np.degrees(np.arccos(s[L.S_ER + 8])) == pytest.approx(degrees, rel=0.1)
