"""The accelerometer calibration's words for a person."""

from __future__ import annotations

from autopilot.mav import Cmd, Severity
from mavlink_bridge.clients.command import command_long
from sortie import Session
from tests.fakes.watched import Watched


def test_each_position_is_asked_for_once_in_words() -> None:
    """Not as CRITICAL, which is a window in QGroundControl; the command comes again until it is confirmed, and another
    position than the one that is asked for is no confirmation."""
    with Session(seed=3) as session:
        page = Watched(session)
        page.run(4.0)
        vehicle = page.watch.vehicles[1]
        page.watch.clients.start(
            command_long(vehicle.target, Cmd.PREFLIGHT_CALIBRATION, 0.0, 0.0, 0.0, 0.0, 1.0), page.now_ms
        )
        page.run(5.0)
        page.watch.clients.start(command_long(vehicle.target, Cmd.ACCELCAL_VEHICLE_POS, 3.0), page.now_ms)
        page.run(1.0)
        told = [(grade, text) for _, grade, text, _ in vehicle.shown_texts if text.startswith("Place vehicle")]
        assert told == [(Severity.INFO, "Place vehicle level and press any key.")]
        page.watch.clients.start(command_long(vehicle.target, Cmd.ACCELCAL_VEHICLE_POS, 1.0), page.now_ms)
        page.run(3.0)
        told = [text for _, _, text, _ in vehicle.shown_texts if text.startswith("Place vehicle")]
        assert told[1:] == ["Place vehicle on its LEFT side and press any key."]
