"""Calibrations as machines: the positions that a person is asked for, and what a turned compass tells."""

from __future__ import annotations

import pytest

from autopilot.mav import AccelerometerPosition, Cmd, Result
from mavlink_bridge.services.setup.calibration import (
    ASK_AGAIN_MS,
    PATIENCE_MS,
    PROGRESS_EVERY_MS,
    TURNING_MS,
    AccelerometerCalibration,
    CompassCalibration,
)
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from tests.fakes.station_plan import HOME

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


def test_a_station_that_does_not_know_the_question_has_placed_nothing() -> None:
    """Its UNSUPPORTED, or the answer to another command, confirms no position; the sign of older stations does
    (ArduPilot AP_AccelCal.cpp, handle_command_ack)."""
    with Session(home=HOME) as session:
        link = session.connect()
        link.send(dialect.MAVLink_command_long_message(1, 1, Cmd.PREFLIGHT_CALIBRATION, 0, 0, 0, 0, 0, 1, 0, 0))
        assert link.receive("COMMAND_LONG").param1 == 1
        for number, result in (
            (Cmd.ACCELCAL_VEHICLE_POS, Result.UNSUPPORTED),
            (Cmd.REQUEST_MESSAGE, Result.TEMPORARILY_REJECTED),
            (0, Result.ACCEPTED),
        ):
            link.send(dialect.MAVLink_command_ack_message(number, result))
            assert link.receive("COMMAND_LONG").param1 == 1
        link.send(dialect.MAVLink_command_ack_message(0, Result.TEMPORARILY_REJECTED))
        assert link.receive("COMMAND_LONG").param1 == 2
