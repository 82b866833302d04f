"""A log that the very firmware flies again, in our world."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from autopilot.mav import Cmd
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.known import SPOKEN
from sortie import Session
from sortie.commands.cli import run as main
from sortie.config.errors import UserError
from sortie.config.values import parse_vehicle
from sortie.incident.conduct import _Conductor, _log_of, session_arguments
from sortie.incident.reproduce import reproduce
from sortie.incident.scenario import Scenario
from tests.sortie.api.test_real_firmware import COPTER, needs_copter
from tests.sortie.api.test_real_px4 import item, station_mission
from tests.sortie.incident.test_reproduce import flown
from tests.sortie.reading.made import dataflash

needs_px4 = pytest.mark.skipif("PX4_SITL" not in os.environ, reason="PX4_SITL names no px4")
HOME = "47.0,8.0,400,0"


def scenario(vehicle: str) -> Scenario:
    return Scenario("a.bin", vehicle, HOME, 60.0)


def test_it_flies_missions_by_itself() -> None:
    """Ours is led as ever."""
    assert session_arguments(scenario("ardupilot:copter=/opt/arducopter,world=ours"))["strategy"] == "native"
    assert session_arguments(scenario("sim:copter"))["strategy"] is None
    assert scenario("ardupilot:plane=/opt/arduplane,world=ours").kind.has_stall_speed


def test_its_own_log_is_the_flight(tmp_path: Path) -> None:
    """The largest: it tells why a mode was entered. Ours is that of the flight manager."""
    for name, size in (("flights/0001/flight.bin", 900), ("ardupilot/logs/1.BIN", 10), ("ardupilot/logs/2.BIN", 500)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    assert _log_of(scenario("ardupilot:copter,world=ours"), tmp_path) == tmp_path / "ardupilot/logs/2.BIN"
    assert _log_of(scenario("sim:copter"), tmp_path) == tmp_path


@pytest.mark.parametrize(
    "vehicle", ["ardupilot:copter", "ardupilot:rover,world=ours", "px4:copter,world=ours", "sim:copter"]
)
def test_another_one_than_flew_the_log_is_refused(vehicle: str, tmp_path: Path) -> None:
    """And one with a world of its own."""
    log = tmp_path / "a.bin"
    log.write_bytes(dataflash())
    with pytest.raises(UserError, match="for this log use ardupilot:copter=BINARY,world=ours"):
        reproduce(log, tmp_path / "incident", parse_vehicle(vehicle))
    assert not (tmp_path / "incident").exists()


def test_a_scenario_names_its_vehicle_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scenario.toml").write_text("")
    assert main(["reproduce", str(tmp_path), "--vehicle", "ardupilot:copter,world=ours"]) == 2
    assert "the scenario file names its vehicle" in capsys.readouterr().err


class Station:
    """Session and link of a PX4, whose modes have no names in Sortie."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.autopilot = self.modes = self.service = self.endpoint = self
        self.system_id, self.time_s = 1, 0.0
        self.state = SimpleNamespace(armed=True)

    def connect(self) -> Station:
        return self

    def find(self, _: str) -> None:
        return None

    def send(self, message: Any) -> None:
        self.sent.append(message.command)

    def messages(self, _: str) -> list[Any]:
        return []

    def pass_until(self, done: Callable[[Station], bool], _within_s: float, _every_s: float) -> bool:
        return done(self)


def test_a_px4s_mode_is_chosen_and_armed_in_by_commands() -> None:
    """Then it flies its mission: armed otherwise it stood in Hold."""
    station = Station()
    conductor = _Conductor(cast("Session", station), scenario("px4:copter,world=ours"), None)
    conductor._firmware = SPOKEN["px4"](vehicle_class("copter"))
    conductor._enter("Mission")
    conductor._arm()
    assert station.sent == [Cmd.DO_SET_MODE, Cmd.COMPONENT_ARM_DISARM]


@needs_px4
def test_a_real_px4_does_again_what_was_done(tmp_path: Path) -> None:
    """Its GPS is lost in a mission, and it lands within a second of the log."""
    with Session("px4:copter,world=ours", faults=["gps.loss@45"], log_dir=tmp_path / "log") as session:
        home = session.stood[0]
        way = [item(home, Cmd.NAV_WAYPOINT, *place, 15.0) for place in ((60, 0), (60, 60), (0, 60))]
        station_mission(session, [item(home, Cmd.NAV_TAKEOFF, 0, 0, 15.0), *way])
        session.run_until(lambda flown: flown.truth.position[0] > 10.0, 60.0)
        session.run_until(lambda flown: not flown.state.armed, 200.0)
    (log,) = (tmp_path / "log").rglob("*.ulg")
    built, found = reproduce(log, tmp_path / "incident", parse_vehicle("px4:copter,world=ours"))
    assert built.scenario.vehicle == "px4:copter,world=ours"
    assert found.happened.failsafes and not found.missing, (found.happened, found.missing)


@needs_copter
def test_a_real_arducopter_does_again_what_was_done(tmp_path: Path) -> None:
    """The battery sags, and it returns within a second of the log."""
    log = flown(tmp_path, "battery.low=2@50", BATT_FS_LOW_ACT=2.0, BATT_LOW_VOLT=11.0, BATT_LOW_TIMER=1.0)
    built, found = reproduce(log, tmp_path / "incident", parse_vehicle(COPTER))
    assert built.scenario.vehicle == COPTER
    assert [failsafe.mode for failsafe in found.happened.failsafes] == ["RTL"]
    assert found.flown.facts.vehicle.startswith("ArduCopter")
