"""The log on the ground: a PX4's before its first flight (SDLOG_MODE 1, as PX4's SITL sets it), and LOG_DISARMED."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pymavlink.DFReader import DFReader_binary

from autopilot.mission.items import MissionItem
from mavlink_bridge.services.system.logs import LogEntry
from sortie import Session
from sortie.nodes import log_shelf
from sortie.reading.dataflash import read_dataflash


def entries(session: Session) -> list[LogEntry]:
    return list(session.service.logs.files.entries())


def test_it_is_written_from_the_start_and_can_be_read_meanwhile(tmp_path: Path) -> None:
    """It grows; what a station gets is what is there when it asks."""
    with Session(firmware="px4", seed=2, log_dir=tmp_path) as session:
        session.run_for(1.0)
        (first,) = entries(session)
        session.run_for(10.0)
        (later,) = entries(session)
        assert first.key == later.key and later.size > first.size > 1000
        file = session.service.logs.files.open_log(later.key)
        assert file is not None
        data = file.read(0, file.size)
        file.close()
    assert len(data) == later.size
    whole = (tmp_path / "boot" / "flight.bin").read_bytes()
    assert whole.startswith(data)
    copy = tmp_path / "copy.bin"
    copy.write_bytes(data)
    assert read_dataflash(copy) is not None


def test_the_first_flight_has_its_own(tmp_path: Path) -> None:
    """Until that has ended the log before it is offered, then the flight is."""
    with Session(firmware="px4", seed=2, log_dir=tmp_path) as session:
        session.wait_armable()
        home = session.autopilot.facts.home
        assert home is not None
        session.upload([MissionItem(22, 3, z=5.0), MissionItem(21, 3)])
        session.go()
        session.run_until(lambda now: now.state.armed, timeout_s=120.0)
        (before,) = entries(session)
        session.run_for(2.0)
        assert entries(session) == [before], "it has ended"
        session.run_until(lambda now: not now.state.armed, timeout_s=120.0)
        session.run_for(5.0)
        (flight,) = entries(session)
        assert (before.key, flight.key) == (0, 1)


def test_it_ends_at_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vehicle may stand for weeks; what there is stays offered."""
    monkeypatch.setattr(log_shelf, "LIMIT_BYTES", 150_000)
    with Session(firmware="px4", seed=2, log_dir=tmp_path) as session:
        session.run_for(300.0)
        (one,) = entries(session)
        session.run_for(60.0)
        assert entries(session) == [one]
    assert 150_000 <= one.size < 320_000


@pytest.mark.parametrize(
    ("firmware", "params"), [("px4", {"SDLOG_MODE": 0.0}), ("ardupilot", {})], ids=["off", "ArduPilot"]
)
def test_others_have_none(tmp_path: Path, firmware: str, params: dict[str, float]) -> None:
    """SDLOG_MODE 0; an ArduPilot."""
    with Session(seed=2, log_dir=tmp_path, firmware=firmware, params=params) as session:
        session.run_for(5.0)
        assert entries(session) == []
    assert not (tmp_path / "boot").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The vehicle runs without it."""
    (tmp_path / "boot").write_text("a file")
    with Session(firmware="px4", seed=2, log_dir=tmp_path) as session:
        session.run_for(2.0)
        assert entries(session) == []
    assert "log on the ground" in caplog.text


def test_an_ardupilot_logs_on_the_ground_where_it_is_asked_to(tmp_path: Path) -> None:
    """LOG_DISARMED, at once; again behind each flight; with the records of its range finder and its camera."""
    params = {"RNGFND1_TYPE": 100.0, "CAM1_TYPE": 1.0, "DISARM_DELAY": 1.0}
    ground = tmp_path / "boot" / "flight.bin"
    with Session(seed=2, log_dir=tmp_path, params=params) as session:
        session.wait_armable()
        assert not ground.exists()
        session.service.parameters.set("LOG_DISARMED", 1)
        session.run_for(2.0)
        assert ground.exists()
        session.service.autopilot.payload.camera.shoot(session.service.now_ms)
        session.run_for(1.0)
        assert kinds(ground)["CAM"] == 1, "on the disk although nobody asked for the log"
        entries(session)  # which writes what there is
        for sensor in ("SIM_BARO_DISABLE", "SIM_MAG1_FAIL"):
            for fails in (1, 0):
                session.service.parameters.set(sensor, fails)
                session.run_for(1.0)
        assert errors(ground) == [(18, 4), (18, 0), (3, 4), (3, 0)], "on the disk at once"
        records = kinds(ground)
        assert records["RFND"] > 2 and records["CAM"] == 1 and "PRX" not in records
        session.set_mode("GUIDED")
        session.arm()
        session.run_until(lambda now: not now.state.armed, timeout_s=30.0)
        session.run_for(2.0)
        entries(session)
        assert kinds(ground)["CAM"] == 0, "begun anew"
        session.service.parameters.set("LOG_DISARMED", 0)
        size = ground.stat().st_size
        session.run_for(5.0)
        assert ground.stat().st_size == size


def errors(file: Path) -> list[tuple[int, int]]:
    """Subsystem and code of each ERR, as pymavlink reads them: 18 barometer, 3 compass; 4 unhealthy, 0 resolved."""
    log, found = DFReader_binary(str(file)), []
    while (message := log.recv_match(type="ERR")) is not None:
        found.append((message.Subsys, message.ECode))
    return found


def kinds(file: Path) -> Counter[str]:
    """Numbers of the messages of each kind, as pymavlink reads them."""
    log, found = DFReader_binary(str(file)), Counter[str]()
    while (message := log.recv_msg()) is not None:
        found[message.get_type()] += 1
    return found
