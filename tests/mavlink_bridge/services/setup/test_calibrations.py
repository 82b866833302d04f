"""Calibrations as machines: the positions that a person is asked for, and what a turned compass tells."""

from __future__ import annotations

import pytest

from autopilot.mav import AccelerometerPosition
from mavlink_bridge.services.setup.calibration import (
    ASK_AGAIN_MS,
    PATIENCE_MS,
    PROGRESS_EVERY_MS,
    TURNING_MS,
    AccelerometerCalibration,
    CompassCalibration,
)

OFFSETS = (5.0, -3.0, 12.0)


@pytest.fixture
def accelerometer() -> AccelerometerCalibration:
    """Begun at 1 s, its first position asked for."""
    calibration = AccelerometerCalibration()
    calibration.begin(1_000)
    assert calibration.due(1_000) == 1
    return calibration


def test_a_position_is_asked_for_each_second(accelerometer: AccelerometerCalibration) -> None:
    assert accelerometer.due(999 + ASK_AGAIN_MS) is None
    assert accelerometer.due(1_000 + ASK_AGAIN_MS) == 1


def test_another_position_than_the_one_asked_for_changes_nothing(accelerometer: AccelerometerCalibration) -> None:
    accelerometer.confirm(2.0, 2_000)
    assert accelerometer.step == 1
    accelerometer.confirm(1.0, 2_000)
    assert (accelerometer.step, accelerometer.due(2_000)) == (2, 2)


def test_the_sixth_position_is_the_last(accelerometer: AccelerometerCalibration) -> None:
    assert [accelerometer.confirm(None, 2_000) for _ in range(6)] == [*[None] * 5, AccelerometerPosition.SUCCESS]
    assert accelerometer.confirm(None, 2_000) is None


def test_a_person_who_went_away_ends_it(accelerometer: AccelerometerCalibration) -> None:
    assert accelerometer.due(1_000 + PATIENCE_MS) == AccelerometerPosition.FAILED
    assert (accelerometer.deadline_ms, accelerometer.due(2_000 + PATIENCE_MS)) == (None, None)


@pytest.mark.parametrize("autosave", [True, False])
def test_a_compass_tells_how_far_it_was_turned_and_then_its_offsets(autosave: bool) -> None:
    """A quarter of the time: 25 %, and 20 of the 80 parts of the sphere."""
    compass = CompassCalibration()
    compass.begin(1_000, autosave=autosave)
    quarter = compass.due(1_000 + TURNING_MS // 4, OFFSETS)
    assert quarter is not None and quarter.completion_pct == 25
    assert int.from_bytes(bytes(quarter.completion_mask), "little") == (1 << 20) - 1
    assert compass.due(1_000 + TURNING_MS // 4 + PROGRESS_EVERY_MS - 1, OFFSETS) is None
    report = compass.due(1_000 + TURNING_MS, OFFSETS)
    assert report is not None
    assert (report.autosaved, report.ofs_x, report.ofs_y, report.ofs_z) == (int(autosave), *OFFSETS)
    assert compass.deadline_ms is None
