"""What a copter senses of itself, from its report alone; the same words come from a flight controller's messages."""

from __future__ import annotations

from math import radians

import numpy as np
import numpy.typing as npt
import pytest

from autopilot.interface import report as r
from autopilot.mav import Sensor
from depot.pilot.senses import LASTS_MS, NOWHERE_M, Sensing
from depot.settings import BoxSettings

ALL = 1 | 2 | 4 | 8 | 32 | Sensor.BATTERY
BOX = BoxSettings()


def flying() -> npt.NDArray[np.float64]:
    """A report of a copter in the air, in order."""
    vector = np.zeros(r.SIZE)
    vector[r.EKF_FLAGS] = 831
    vector[r.SENSORS_PRESENT] = vector[r.SENSORS_HEALTHY] = ALL
    vector[r.ARMED], vector[r.LANDED_STATE] = 1.0, 2.0
    vector[r.GPS_FIX] = 3.0
    vector[r.LAT] = vector[r.GPS_LAT] = -35.0
    vector[r.LON] = vector[r.GPS_LON] = 149.0
    vector[r.BATT_V], vector[r.BATT_A] = 11.8, BOX.flight_w / 11.8
    vector[r.BATT_V_REST], vector[r.BATT_FRACTION] = 12.1, 0.8
    return vector


def test_in_order_nothing_is_the_matter() -> None:
    """Every quantity is that of a whole craft."""
    sensing = Sensing(flying(), BOX)
    for now_ms in range(0, 5000, 500):
        senses = sensing.look(now_ms, away=True)
    assert senses.imu_ok and senses.abort_sensors_ok and senses.battery_ok
    assert (senses.drift_m, senses.attitude, senses.thruster_fwd) == (0.0, 1.0, 1.0)
    assert senses.current_ratio == pytest.approx(1.0)
    assert (senses.current_spikes, senses.deep_discharges) == (0, 0)


def test_inertial_sensors_count_at_once_and_others_when_it_lasts() -> None:
    """A fix that is lost for less than a second is no failure."""
    vector = flying()
    sensing = Sensing(vector, BOX)
    sensing.look(0, away=True)
    vector[r.SENSORS_HEALTHY] = ALL & ~Sensor.GYRO
    assert not sensing.look(20, away=True).imu_ok
    for lost in (Sensor.GPS, Sensor.MAG):
        vector[r.SENSORS_HEALTHY] = ALL & ~lost
        assert sensing.look(10_000, away=True).abort_sensors_ok
        assert sensing.look(10_000 + LASTS_MS - 20, away=True).abort_sensors_ok
        assert not sensing.look(10_000 + LASTS_MS, away=True).abort_sensors_ok
        vector[r.SENSORS_HEALTHY] = ALL
        assert sensing.look(20_000, away=True).abort_sensors_ok


@pytest.mark.parametrize("flags", [831 & ~16, 831 | 128, 831 & ~32])
def test_an_estimator_without_a_position_is_a_failed_sensor(flags: int) -> None:
    """No absolute position, a constant one, no height."""
    vector = flying()
    sensing = Sensing(vector, BOX)
    sensing.look(0, away=True)
    vector[r.EKF_FLAGS] = flags
    sensing.look(100, away=True)
    senses = sensing.look(100 + LASTS_MS, away=True)
    assert not senses.abort_sensors_ok
    assert senses.drift_m == (0.0 if flags & 16 and not flags & 128 else NOWHERE_M)


def test_an_estimator_without_an_attitude_has_lost_its_inertial_reference() -> None:
    """Bit 1 of EKF_STATUS_REPORT."""
    vector = flying()
    sensing = Sensing(vector, BOX)
    sensing.look(0, away=True)
    vector[r.EKF_FLAGS] = 831 & ~1
    assert not sensing.look(20, away=True).imu_ok


def test_before_its_first_position_nothing_is_said() -> None:
    """A copter that boots is kept in its dock by its own checks."""
    vector = flying()
    vector[r.EKF_FLAGS], vector[r.SENSORS_HEALTHY] = 0.0, 0.0
    sensing = Sensing(vector, BOX)
    for now_ms in (0, 2000, 4000):
        assert sensing.look(now_ms, away=False).abort_sensors_ok


def test_drift_is_what_receiver_and_estimate_differ_by() -> None:
    """Less what it flies in the age of a fix."""
    vector = flying()
    vector[r.GPS_LAT] += 50.0 / 111_319.5
    vector[r.GROUND_SPEED] = 10.0
    assert Sensing(vector, BOX).look(0, away=True).drift_m == pytest.approx(47.0, abs=0.1)


@pytest.mark.parametrize(("roll", "left"), [(45.0, 1.0), (62.5, 0.5), (75.0, 0.0), (170.0, 0.0)])
def test_attitude_is_lost_by_leaning_too_far(roll: float, left: float) -> None:
    """From 50 to 75 degrees."""
    vector = flying()
    vector[r.ROLL] = radians(roll)
    senses = Sensing(vector, BOX).look(0, away=True)
    assert senses.attitude == pytest.approx(left, abs=1e-6)
    assert senses.attitude_error_deg == pytest.approx(roll)


def test_attitude_is_lost_by_spinning() -> None:
    """A lost motor's torque."""
    vector = flying()
    vector[r.R] = radians(500.0)
    assert Sensing(vector, BOX).look(0, away=True).attitude == 0.0


def test_motors_that_stop_in_the_air_have_lost_their_thrust() -> None:
    """Not on the ground, and not when they were cut for want of an attitude."""
    vector = flying()
    vector[r.ARMED] = 0.0
    sensing = Sensing(vector, BOX)
    assert sensing.look(0, away=True).thruster_fwd == 1.0
    assert sensing.look(200, away=True).thruster_fwd == 0.0
    assert sensing.look(400, away=False).thruster_fwd == 1.0
    vector[r.SENSORS_HEALTHY] = ALL & ~Sensor.GYRO
    assert [sensing.look(now_ms, away=True).thruster_fwd for now_ms in (600, 2000)] == [1.0, 1.0]


def test_current_is_judged_by_its_mean_and_spikes_are_counted() -> None:
    """Half as much again for a while shows; a spike of a moment counts once."""
    vector = flying()
    sensing = Sensing(vector, BOX)
    sensing.look(0, away=True)
    vector[r.BATT_A] *= 1.5
    assert sensing.look(1000, away=True).current_ratio < 1.1
    for now_ms in range(2000, 40_000, 1000):
        senses = sensing.look(now_ms, away=True)
    assert senses.current_ratio == pytest.approx(1.5, abs=0.02)
    vector[r.BATT_A] = BOX.spike_a + 1.0
    assert [sensing.look(40_000 + at, away=True).current_spikes for at in (0, 20)] == [1, 1]
    vector[r.BATT_A] = 10.0
    sensing.look(41_000, away=True)
    vector[r.BATT_A] = BOX.spike_a + 1.0
    assert sensing.look(42_000, away=True).current_spikes == 2


def test_a_deep_discharge_counts_once() -> None:
    """Until it has been charged and is emptied again."""
    vector = flying()
    sensing = Sensing(vector, BOX)
    vector[r.BATT_FRACTION] = BOX.deep_soc - 0.01
    assert [sensing.look(at, away=True).deep_discharges for at in (0, 1000)] == [1, 1]


@pytest.mark.parametrize("how", ["volts", "health"])
def test_a_battery_that_gives_nothing_is_empty_whatever_was_counted(how: str) -> None:
    """Its voltage at rest, or its monitor."""
    vector = flying()
    if how == "volts":
        vector[r.BATT_V_REST] = BOX.empty_v - 0.1
    else:
        vector[r.SENSORS_HEALTHY] = ALL & ~Sensor.BATTERY
    sensing = Sensing(vector, BOX)
    assert sensing.look(0, away=True).battery_ok
    assert not sensing.look(LASTS_MS, away=True).battery_ok


def test_beyond_the_antimeridian_a_fix_is_as_near_as_anywhere() -> None:
    """Receiver and estimate on its two sides, 2.2 m apart."""
    vector = flying()
    vector[r.LAT] = vector[r.GPS_LAT] = 0.0
    vector[r.LON], vector[r.GPS_LON] = 179.99999, -179.99999
    assert Sensing(vector, BOX).look(0, away=True).drift_m == pytest.approx(2.226, abs=0.001)
