"""Scripts wait for ArduPilot's texts of a start; each station is told them, once, and none before it is so."""

from __future__ import annotations

from typing import Any

from autopilot.interface.geo import GeoPoint
from sortie import Session

HOME = GeoPoint(47.3769, 8.5417, 408.0)
OF_ITSELF = [
    "Barometer 1 calibration complete",
    "ArduPilot Ready",
    "EKF3 IMU0 initialised",
    "AHRS: EKF3 active",
    "EKF3 IMU0 tilt alignment complete",
    "EKF3 IMU0 MAG0 initial yaw alignment complete",
    "GPS 1: detected u-blox",
]
OF_A_POSITION = ["EKF3 IMU0 origin set", "Field Elevation Set: 408m", "EKF3 IMU0 is using GPS"]


def texts(link: Any) -> list[str]:
    return [message.text for message in link.messages("STATUSTEXT")]


def test_a_station_hears_them_as_they_come_and_once_and_so_does_a_later_one() -> None:
    """GPS is used when there is a position that a mission could be flown by, not before."""
    with Session(home=HOME, faults=("gps.loss@0..20",)) as session:
        link = session.connect()
        session.run_for(5.0)
        assert texts(link) == OF_ITSELF
        session.run_for(30.0)
        assert [text for text in texts(link) if "EKF3" in text or "Elevation" in text] == OF_A_POSITION
        late = session.connect()
        session.run_for(1.5)
        assert texts(late) == OF_ITSELF + OF_A_POSITION
        session.run_for(5.0)
        assert not texts(link)


def test_a_px4_says_nothing_of_the_kind() -> None:
    with Session(home=HOME, firmware="px4") as session:
        link = session.connect()
        session.run_for(10.0)
        assert not [text for text in texts(link) if "EKF3" in text or "ArduPilot" in text]
