"""STATUSTEXTs of a vehicle that speaks as a PX4: PX4's words, and none of ArduPilot's steps."""

from __future__ import annotations

import pytest

from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import ARM, LAND, SessionLine, Station


def _place(command: int, north: float, z: float, param1: float = 0.0) -> MissionItem:
    return MissionItem(command, 6, param1=param1, x=HOME.lat + north, y=HOME.lon, z=z)


_DELAY, _SLOWER, _START = MissionItem(93, 2, param1=2.0), MissionItem(178, 2, param2=20.0), MissionItem(189, 2)
_COPTER = (
    _place(22, 0.0, 10.0),
    _place(16, 0.0002, 10.0),
    _DELAY,
    _SLOWER,
    _place(19, 0.0, 10.0, 2.0),
    _place(21, 0.0, 0.0),
)
_PLANE = (
    _place(22, 0.002, 50.0, 15.0), _place(16, 0.006, 50.0), _SLOWER, _place(19, 0.004, 50.0, 3.0), _START,
    _place(16, 0.005, 35.0), _place(21, 0.0, 0.0),
)  # fmt: skip
_TOLD = [
    "Armed by mission start", "Disarmed by landing", "Executing Mission", "Landing detected",
    "Mission finished, landed", "Takeoff detected",
]  # fmt: skip
_VTOL = (_place(84, 0.0, 40.0), _place(16, 0.006, 50.0), _SLOWER, _place(19, 0.004, 50.0, 3.0), _place(85, 0.0, 0.0))


@pytest.mark.parametrize(("kind", "items"), [("sim:copter", _COPTER), ("sim:plane", _PLANE), ("sim:quadplane", _VTOL)])
def test_a_mission_is_told_in_the_words_of_a_px4(kind: str, items: tuple[MissionItem, ...]) -> None:
    """ "Mission: 2 WP", "Reached command #2", "Loiter time complete", "Landing approach start" and others were sent."""
    with Session(kind, firmware="px4", seed=3) as session:
        station = Station(SessionLine(session))
        station.until(lambda: station.armable)
        station.upload(items)
        assert station.command(300, 0.0) == 0
        station.until(lambda: station.armed, 10.0)
        station.until(lambda: not station.armed, 500.0)
        told = [text for text in station.texts if not text.startswith("Flight: ")]  # without the flight manager's
        assert sorted(told) == _TOLD


def test_a_rover_has_no_words_for_its_waypoints() -> None:
    with Session("sim:rover", firmware="px4", seed=3) as session:
        station = Station(SessionLine(session))
        station.until(lambda: station.armable)
        station.upload((_place(16, 0.0001, 0.0), MissionItem(20, 2)))
        assert station.command(300, 0.0) == 0
        station.run(40.0)
        assert [text for text in station.texts if "waypoint" in text or "Mission: " in text] == []


@pytest.mark.parametrize(("command", "text"), [(20, "Returning to launch"), (21, "Landing at current position")])
def test_commands_of_modes_are_announced(station: Station, command: int, text: str) -> None:
    """Commander.cpp; the modes themselves are not."""
    assert station.set_mode(LAND) == 0 and text not in station.texts
    assert station.command(command) == 0
    station.run(0.5)
    assert station.texts[-1] == text


def test_arming_with_a_failed_check_is_denied_in_one_sentence() -> None:
    """HealthAndArmingChecks: what has failed, then Commander's refusal ("Arming denied: GPS 1: Bad fix" was sent)."""
    with Session(firmware="px4", seed=3, faults=["gps.loss"]) as session:
        station = Station(SessionLine(session))
        station.run(20.0)
        assert station.command(ARM, 1.0, 0.0) == 1
        station.run(0.5)
        at = station.texts.index("Arming denied: Resolve system health failures firs")
        assert station.texts[at - 1].startswith("Preflight Fail: ")
        assert not any(text.startswith("Arming denied: GPS") for text in station.texts)


def test_a_mission_that_cannot_be_started_says_so() -> None:
    """Commander.cpp, VEHICLE_CMD_MISSION_START: the mode is refused where arming was."""
    with Session(firmware="px4", seed=3) as session:
        station = Station(SessionLine(session))
        station.until(lambda: station.armable)
        station.upload(_COPTER)
        session.inject("gps.loss")
        station.run(12.0)
        assert station.command(300, 0.0) == 1
        station.run(0.5)
        assert station.texts[-1] == "Switching to Mission is currently not available"
