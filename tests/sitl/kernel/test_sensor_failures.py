"""What each sensor says while it fails, sample by sample (docs/failures.md)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Hold
from autopilot.mav import Sensor
from sitl.kernel import layout as M
from tests.fakes.copter_flight import CopterFlight

Samples = npt.NDArray[np.float64]
SENSORS = {
    "gyro": (R.GYRO_X, 3), "accel": (R.ACCEL_X, 3), "compass": (R.MAG_X, 3), "baro": (R.BARO_ALT, 1),
    "gps": (R.GPS_VN, 3),
}  # fmt: skip
SECONDS = 8.0


def shown(name: str, begin: str = "") -> tuple[Samples, Samples, Samples]:
    """Sensor `name` over 8 s on the ground while `begin` holds: samples of each tick, the healthy bits, fixes."""
    flight = CopterFlight(2, wind=0.0)
    flight.run(10.0)
    if begin:
        assert flight.copter.inject_fault(begin, None, active=True)
    place, size = SENSORS[name]
    samples, healthy, fixes = [], [], []
    for _ in range(int(SECONDS / 0.02)):
        flight.run(0.02)
        vector = flight.copter.state.report
        samples.append(vector[place : place + size].copy())
        healthy.append(vector[R.SENSORS_HEALTHY])
        fixes.append(vector[R.GPS_TIME_MS])
    return np.array(samples), np.array(healthy), np.array(fixes)


@pytest.mark.parametrize("name", SENSORS)
def test_stuck_is_the_last_sample(name: str) -> None:
    """No change at all from the first sample of the failure on."""
    samples, _, _ = shown(name, f"{name}.stuck")
    assert np.ptp(samples[15:], axis=0).max() == 0.0
    assert np.ptp(shown(name)[0][15:], axis=0).max() > 0.0


@pytest.mark.parametrize(
    ("name", "least"), [("gyro", 0.8), ("accel", 4.0), ("compass", 0.4), ("baro", 8.0), ("gps", 3.5)]
)
def test_garbage_is_noise(name: str, least: float) -> None:
    """Its spread on each axis, of which a healthy one has a tenth at most."""
    samples, _, _ = shown(name, f"{name}.garbage")
    assert samples[15:].std(axis=0).min() > least
    assert shown(name)[0][15:].std(axis=0).max() < least / 10.0


@pytest.mark.parametrize(
    ("name", "offset"),
    [("gyro", (0.2, 0.2, 0.2)), ("accel", (2.0, 2.0, 2.0)), ("compass", (0.3, 0.0, 0.0)), ("baro", (10.0,))],
)
def test_wrong_is_an_offset(name: str, offset: tuple[float, ...]) -> None:
    """As the page says it, on each axis; on the ground nothing else moves."""
    difference = shown(name, f"{name}.wrong")[0][15:].mean(axis=0) - shown(name)[0][15:].mean(axis=0)
    assert difference == pytest.approx(offset, abs=0.05)


@pytest.mark.parametrize(("name", "ticks"), [("gyro", 5), ("accel", 5), ("compass", 50), ("baro", 50), ("gps", 50)])
def test_slow_changes_seldom(name: str, ticks: int) -> None:
    """Once in so many ticks of 20 ms (an inertial one shows its sample from one tick to the next)."""
    samples, _, fixes = shown(name, f"{name}.slow")
    moments = fixes if name == "gps" else samples[:, 0]
    changes = np.flatnonzero(np.diff(moments[60:]))
    assert len(changes) >= 5 and set(np.diff(changes)) <= {ticks}


@pytest.mark.parametrize(
    ("name", "bit", "gap", "period"),
    [("gyro", Sensor.GYRO, 0.1, 1.0), ("accel", Sensor.ACCEL, 0.1, 1.0), ("compass", Sensor.MAG, 2.0, 4.0),
     ("baro", Sensor.ABSOLUTE_PRESSURE, 2.0, 4.0), ("gps", Sensor.GPS, 2.0, 4.0)],
)  # fmt: skip
def test_intermittent_is_silent_for_a_share_of_the_time(name: str, bit: Sensor, gap: float, period: float) -> None:
    """Unhealthy for the gap of each period, healthy for the rest; and an inertial one says 0 then."""
    _, healthy, _ = shown(name, f"{name}.intermittent")
    silent = (healthy.astype(int) & int(bit)) == 0
    assert silent.mean() == pytest.approx(gap / period, abs=0.03)
    assert np.count_nonzero(np.diff(silent.astype(int)) == 1) in (SECONDS / period - 1, SECONDS / period)


@pytest.mark.parametrize("name", ["gyro", "accel"])
def test_an_inertial_sensor_that_is_off_says_0(name: str) -> None:
    """And is unhealthy alone: the other one goes on."""
    samples, healthy, _ = shown(name, f"{name}.off")
    assert not samples[2:].any()
    other = Sensor.ACCEL if name == "gyro" else Sensor.GYRO
    assert (healthy[2:].astype(int) & int(Sensor.GYRO | Sensor.ACCEL) == int(other)).all()


@pytest.mark.parametrize("name", ["compass", "baro", "gps"])
def test_delayed_is_the_sample_of_a_second_ago(name: str) -> None:
    """On the way up and north: of all lags behind the truth one of a second fits best."""
    flight = CopterFlight(2, wind=0.0)
    flight.take_off()
    flight.copter.set_target(Hold((30.0, 0.0, -30.0)))
    flight.copter.inject_fault(f"{name}.delayed", None, active=True)
    s = flight.copter._s
    place = {"compass": M.S_MAG_X, "baro": M.S_BARO_ALT, "gps": M.S_GPS_N}[name]
    seen, true = [], []
    for _ in range(200):
        flight.run(0.02)
        seen.append(s[place])
        true.append(_truth(flight, name))
    errors = [np.abs(np.array(seen[60:]) - np.array(true[60 - lag : len(true) - lag])).mean() for lag in range(61)]
    assert 48 <= int(np.argmin(errors)) <= 60


def _truth(flight: CopterFlight, name: str) -> float:
    """What a sensor without noise and delay would say."""
    s, p = flight.copter._s, flight.copter._p
    if name == "baro":
        return -float(s[M.S_PD])
    if name == "gps":
        return float(s[M.S_PN])
    a, b, c, d = s[M.S_Q0 : M.S_Q3 + 1]
    n, e, z = p[M.P_FIELD_N], p[M.P_FIELD_E], p[M.P_FIELD_D]
    return float((1 - 2 * (c * c + d * d)) * n + 2 * (b * c + a * d) * e + 2 * (b * d - a * c) * z)


def test_a_failure_that_is_over_leaves_nothing() -> None:
    """Begun and ended at one instant, each in turn: the vehicle's state is bit for bit that of one that never failed,
    2 s later (what it remembers of samples apart)."""
    plain, failed = CopterFlight(2, wind=0.0), CopterFlight(2, wind=0.0)
    for flight in (plain, failed):
        flight.run(5.0)
    for name in failed.copter.fault_names():
        failed.copter.inject_fault(name, None, active=True)
        failed.copter.inject_fault(name, None, active=False)
    for flight in (plain, failed):
        flight.run(2.0)
    same = np.ones(M.STATE_SIZE, bool)
    same[M.S_GYRO_OLD : M.S_BARO_SHOWN + 1] = False
    assert (plain.copter._s[same] == failed.copter._s[same]).all()


def test_a_new_failure_of_a_sensor_takes_the_place_of_the_former() -> None:
    """And the end of the former does not end it."""
    flight = CopterFlight(2, wind=0.0)
    for name, active in (("gps.stuck", True), ("gps.slow", True), ("gps.stuck", False)):
        flight.copter.inject_fault(name, None, active=active)
    assert flight.copter._p[M.P_FAIL_GPS] == M.FAILURE_SLOW
    flight.copter.inject_fault("gps.slow", None, active=False)
    assert flight.copter._p[M.P_FAIL_GPS] == flight.copter._p[M.P_FAILING] == 0.0
