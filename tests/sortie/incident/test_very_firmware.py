"""A log that the very firmware flies again, in our world."""

from __future__ import annotations

from pathlib import Path

import pytest

from sortie.commands.cli import run as main
from sortie.config.errors import UserError
from sortie.config.values import parse_vehicle
from sortie.incident.conduct import _log_of, session_arguments
from sortie.incident.reproduce import reproduce
from sortie.incident.scenario import Scenario
from tests.sortie.api.test_real_firmware import COPTER, needs_copter
from tests.sortie.incident.test_reproduce import flown
from tests.sortie.reading.made import dataflash

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
    with pytest.raises(UserError, match="this log is flown by ardupilot:copter=BINARY,world=ours"):
        reproduce(log, tmp_path / "incident", parse_vehicle(vehicle))
    assert not (tmp_path / "incident").exists()


def test_a_scenario_names_its_vehicle_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scenario.toml").write_text("")
    assert main(["reproduce", str(tmp_path), "--vehicle", "ardupilot:copter,world=ours"]) == 2
    assert "a scenario says itself what flies it" in capsys.readouterr().err


@needs_copter
def test_a_real_arducopter_does_again_what_was_done(tmp_path: Path) -> None:
    """The battery sags, and it returns within a second of the log."""
    log = flown(tmp_path, "battery.low=2@50", BATT_FS_LOW_ACT=2.0, BATT_LOW_VOLT=11.0, BATT_LOW_TIMER=1.0)
    built, found = reproduce(log, tmp_path / "incident", parse_vehicle(COPTER))
    assert built.scenario.vehicle == COPTER
    assert [failsafe.mode for failsafe in found.happened.failsafes] == ["RTL"]
    assert found.flown.facts.vehicle.startswith("ArduCopter")
