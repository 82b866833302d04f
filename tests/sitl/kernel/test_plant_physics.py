"""The plant against physics that nobody here wrote."""

from __future__ import annotations

from math import cosh, log, pi, sqrt, tanh

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Hold
from sitl.kernel import copter
from sitl.kernel import layout as M
from sitl.kernel.environment import cell_volts
from sitl.kernel.quantiles import quantiles
from sitl.kernel.reporting import density_at, pressure_at, temperature_at
from sitl.vehicles.airframe import DRAG_AREA, FULL_THRUST, FULL_V, MASS, default_settings, initial_state
from sitl.vehicles.equipment import BATTERY_AH, CELL_CURVE
from tests.fakes.copter_flight import HOME, CopterFlight

G = 9.80665

run_tick = np.errstate(over="ignore")(copter.run_tick)  # splitmix64 wraps around


def _falling(height: float, steps: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows of a copter with stopped motors at `height` m in still air, sensors without noise."""
    s, rng = initial_state(0.0, 1)
    p = default_settings(HOME, steps)
    p[M.P_GYRO_NOISE] = p[M.P_ACC_NOISE] = 0.0
    s[M.S_PD] = -height
    s[M.S_CONTACT] = 0.0
    return s, p, rng, quantiles()


def test_free_fall_with_drag_follows_the_closed_form() -> None:
    """v = vt tanh(g t / vt), h = vt^2 / g ln cosh(g t / vt) for quadratic drag."""
    s, p, rng, table = _falling(2000.0)
    terminal = sqrt(2.0 * MASS * G / (1.225 * DRAG_AREA))
    for tick in range(1, 301):
        run_tick(s, p, rng, table)
        t = 0.02 * tick
        if tick % 50 == 0:
            assert s[M.S_VD] == pytest.approx(terminal * tanh(G * t / terminal), rel=2e-3)
            assert 2000.0 + s[M.S_PD] == pytest.approx(terminal**2 / G * log(cosh(G * t / terminal)), rel=6e-3)


def test_terminal_speed_is_where_drag_carries_the_weight() -> None:
    """sqrt(2 m g / (rho Cd A)) after a long fall."""
    s, p, rng, table = _falling(5000.0)
    for _ in range(1500):
        run_tick(s, p, rng, table)
    assert s[M.S_VD] == pytest.approx(sqrt(2.0 * MASS * G / (1.225 * DRAG_AREA)), rel=1e-3)


def test_specific_force_at_terminal_speed_is_one_g() -> None:
    """An accelerometer in steady fall feels the weight again."""
    s, p, rng, table = _falling(5000.0)
    for _ in range(1500):
        run_tick(s, p, rng, table)
    assert s[M.S_FZ] == pytest.approx(-G, rel=2e-3)


def test_torque_free_rotation_keeps_energy_and_angular_momentum() -> None:
    """Euler's equations: both are constants of the motion."""
    s, p, rng, table = _falling(4000.0)
    p[M.P_BODY_DRAG] = 0.0
    s[M.S_WX], s[M.S_WY], s[M.S_WZ] = 1.0, 0.5, 2.0
    inertia = 1.0 / p[[M.P_INV_IX, M.P_INV_IY, M.P_INV_IZ]]

    def constants() -> tuple[float, float]:
        w = s[[M.S_WX, M.S_WY, M.S_WZ]]
        return float(np.sum(inertia * w * w)), float(np.sum((inertia * w) ** 2))

    before = constants()
    for _ in range(150):
        run_tick(s, p, rng, table)
    assert constants() == pytest.approx(before, rel=2e-2)
    assert np.sum(s[[M.S_Q0, M.S_Q1, M.S_Q2, M.S_Q3]] ** 2) == pytest.approx(1.0, abs=1e-9)


def test_half_the_step_gives_the_same_motion() -> None:
    """Eight and sixteen steps in a tick differ by far less than a centimetre in a second of tumbling fall."""
    ends = []
    for steps in (8, 16):
        s, p, rng, table = _falling(500.0, steps)
        s[M.S_VN], s[M.S_WX], s[M.S_WY] = 8.0, 0.6, -0.4
        for _ in range(50):
            run_tick(s, p, rng, table)
        ends.append(s[[M.S_PN, M.S_PE, M.S_PD, M.S_Q0, M.S_Q1, M.S_Q2, M.S_Q3]])
    assert np.abs(ends[0] - ends[1]).max() < 0.02


def test_hover_thrust_equals_weight() -> None:
    """Mean thrust of the four rotors in a still hover carries m g."""
    flight = CopterFlight()
    flight.take_off()
    flight.fly(Hold((0.0, 0.0, -20.0)), 5.0)
    flight.run(5.0)
    rows = flight.record(10.0, (R.SERVO_1, R.SERVO_1 + 1, R.SERVO_1 + 2, R.SERVO_1 + 3, R.BATT_V))
    share = ((rows[:, :4] - 1000.0) / 1000.0) ** 2
    thrust = FULL_THRUST * (rows[:, 4] / FULL_V) ** 2 * share.sum(axis=1)
    assert thrust.mean() == pytest.approx(MASS * G, rel=0.01)


def test_standard_atmosphere_1976() -> None:
    """Table I of the US Standard Atmosphere 1976 by geopotential altitude."""
    for altitude, pressure, kelvin, density in (
        (0.0, 101325.0, 288.15, 1.2250),
        (1000.0, 89874.6, 281.65, 1.1116),
        (5000.0, 54019.9, 255.65, 0.73612),
        (10000.0, 26436.3, 223.15, 0.41271),
    ):
        assert pressure_at(altitude) == pytest.approx(pressure, rel=1e-4)
        assert temperature_at(altitude) + 273.15 == pytest.approx(kelvin, abs=0.01)
        assert density_at(altitude) == pytest.approx(density, rel=2e-4)


def test_hover_power_is_momentum_theory_over_efficiency() -> None:
    """T^1.5 / sqrt(2 rho A) for each rotor (Rankine-Froude), 45 % of which reaches the air; then 16 to 24 minutes."""
    flight = CopterFlight()
    flight.take_off()
    flight.fly(Hold((0.0, 0.0, -20.0)), 5.0)
    flight.run(5.0)
    before = flight.report[[R.BATT_WH, R.BATT_MAH]]
    flight.run(20.0)
    watts = (flight.report[R.BATT_WH] - before[0]) * 3600.0 / 20.0
    ideal = 4.0 * (MASS * G / 4.0) ** 1.5 / sqrt(2.0 * 1.225 * pi * 0.127**2)
    assert watts == pytest.approx(ideal / 0.45 + 0.5 * 12.0, rel=0.05)
    amps = (flight.report[R.BATT_MAH] - before[1]) * 3.6 / 20.0
    assert 16.0 < BATTERY_AH / amps * 60.0 < 24.0


def test_battery_loses_what_it_gives() -> None:
    """Charge taken equals charge missing, and the terminal voltage is the rest voltage less the resistance's share."""
    flight = CopterFlight()
    flight.take_off()
    flight.run(30.0)
    used, volts, rest = (float(flight.report[i]) for i in (R.BATT_MAH, R.BATT_V, R.BATT_V_REST))
    charge, curve = zip(*CELL_CURVE, strict=True)
    open_circuit = 3.0 * float(np.interp(1.0 - used / (1000.0 * BATTERY_AH), charge, curve))
    assert rest == pytest.approx(open_circuit, abs=1e-3)
    assert rest - volts == pytest.approx(0.022 * flight.report[R.BATT_A], abs=1e-9)


def test_cell_curve_is_the_same_in_both_forms() -> None:
    """The compiled curve and its table agree."""
    charge, curve = zip(*CELL_CURVE, strict=True)
    for soc in np.linspace(0.0, 1.0, 41):
        assert cell_volts(float(soc)) == pytest.approx(float(np.interp(soc, charge, curve)), abs=1e-12)


def test_noise_table_is_standard_normal() -> None:
    """Mean 0, variance 1, and as many values within one sigma as the normal distribution has."""
    table = quantiles()
    assert abs(table.mean()) < 1e-12
    assert table.var() == pytest.approx(1.0)
    assert np.mean(np.abs(table) < 1.0) == pytest.approx(0.6827, abs=0.004)


def test_gusts_have_the_asked_strength() -> None:
    """The standard deviation of the wind over a long hover is SIM_WIND_TURB."""
    flight = CopterFlight(wind=5.0, direction=270.0, gust=1.5)
    flight.take_off()
    rows = flight.record(600.0, (R.TRUE_WIND_N, R.TRUE_WIND_E))
    assert rows.std(axis=0) == pytest.approx([1.5, 1.5], rel=0.3)
    assert rows.mean(axis=0) == pytest.approx([0.0, 5.0], abs=0.8)


def test_at_rest_the_accelerometer_feels_one_g_upwards() -> None:
    """On the ground, disarmed."""
    flight = CopterFlight()
    rows = flight.record(3.0, (R.ACCEL_X, R.ACCEL_Y, R.ACCEL_Z, R.TRUE_D))
    assert rows[:, :3].mean(axis=0) == pytest.approx([0.0, 0.0, -G], abs=0.15)
    assert np.ptp(rows[:, 3]) < 1e-6
    assert flight.copter.state.report[L.S_TIME_MS] == 3000.0
