"""What an attacker, a bad disk or a hanging program does ends in one answer or one line, never in a traceback."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.mav import Cmd, Result
from mavlink_bridge.services.commands.context import CommandRow
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.wire.framing import FrameReader
from sortie import Session
from sortie.commands.cli import run
from sortie.commands.convert import FORMS
from sortie.companion import build
from sortie.config.errors import UserError
from sortie.config.fleet_file import Layout, read_fleet
from sortie.config.vehicle_spec import VehicleSpec
from sortie.loop.journal import LoopJournal
from sortie.reading.logs import read_log
from sortie.reading.terrain import read_ground
from sortie.runtime.runtime import Runtime
from sortie.web.requests import read_request
from sortie.web.rest import heard_json
from sortie.web.station import WebStation
from sortie.web.traffic import Traffic
from tests.fakes.ordered import command
from tests.fakes.terrain import HOME, hills, map_of, write_geotiff
from tests.sortie.reading.made import dataflash


# --- commands ---------------------------------------------------------------------------------------------------------
def ack(session: Session, number: int, *params: float) -> int:
    return command(session.connect(), number, *params)


@pytest.mark.parametrize(("mode", "sub"), [(-1, 0), (4, -1), (4, 300), (256, 0), (65535, 0), (1e9, 0)])
def test_a_px4_answers_a_mode_that_no_byte_holds(mode: float, sub: float) -> None:
    """custom_mode has a byte for the mode and one for the submode."""
    with Session(firmware="px4", seed=1) as session:
        assert ack(session, Cmd.DO_SET_MODE, 1.0, mode, sub) == Result.DENIED
        assert session.service.endpoint.service_errors == 0


def test_a_command_whose_handler_fails_is_answered_all_the_same() -> None:
    """The fault is reported, and who has asked does not ask for ever."""

    def fail(command: Command, context: object) -> None:
        raise ZeroDivisionError

    with Session(seed=1) as session:
        found: list[str] = []
        session.service.endpoint._on_error = lambda error, where: found.append(type(error).__name__)
        session.service.commands._rows = {**session.service.commands._rows, Cmd.DO_SET_ROI_NONE: CommandRow(fail)}  # type: ignore[arg-type]
        assert ack(session, Cmd.DO_SET_ROI_NONE) == Result.FAILED
        assert found == ["ZeroDivisionError"]


# --- the page ---------------------------------------------------------------------------------------------------------
def test_no_path_of_what_was_heard_is_anything_but_a_key_error() -> None:
    """Below values, in lists, with numbers that are none."""
    traffic = Traffic(lambda: 0)
    data = dialect.MAVLink_heartbeat_message(2, 3, 0, 0, 0, 3).pack(dialect.MAVLink(None, 1, 1))
    (frame,) = FrameReader().receive(bytes(data))
    traffic.hear(1, frame)
    told = "vehicles/1/components/1/messages/HEARTBEAT/message"
    assert heard_json(traffic, f"{told}/custom_mode", lambda at_ms: 0.0) == 0
    for path in (
        "x",
        "vehicles/1/x",
        "vehicles/x",
        "vehicles/1/id/x",
        "vehicles/1/id/0/1",
        "vehicles/²",
        "vehicles/-1/0",
    ):
        with pytest.raises(KeyError):
            heard_json(traffic, path, lambda at_ms: 0.0)


def test_a_fault_in_what_a_handler_wants_leaves_the_station_alive() -> None:
    """The next one is served."""
    station, done = WebStation(Runtime(), control=False), []

    def fail() -> None:
        raise TypeError("'int' object is not subscriptable")

    station._desk.put(fail)
    station._desk.put(lambda: done.append(True))
    station.serve_links(0)
    assert done == [True]


@pytest.mark.parametrize("value", ["1e300", "-1e300", "3.5e38"])
def test_a_page_asks_for_no_value_that_a_parameter_cannot_hold(value: str) -> None:
    """Answered at once, not repeated for 20 s."""
    with pytest.raises(ValueError, match="value"):
        read_request(f'{{"ask":"set","id":1,"system":1,"name":"WP_SPD","value":{value},"type":9}}')


# --- files ------------------------------------------------------------------------------------------------------------
def journal(path: Path) -> None:
    made = LoopJournal(path)
    made.begin("space", 7)
    made.record([], [], 1000, {"tanks": {"lox": 0.5}, "skimmer": {"soc": 0.25}})
    made.commit(b"state" * 100)
    made._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made.close()


def test_a_damaged_journal_is_one_line_that_names_it(tmp_path: Path) -> None:
    """One byte changed, anywhere: read as it is, or refused."""
    path = tmp_path / "journal.db"
    journal(path)
    data, refused = path.read_bytes(), 0
    draw = random.Random(4)
    filled = [at for at in range(len(data)) if data[at]]
    for at in draw.sample(filled, 150):
        path.write_bytes(data[:at] + bytes([data[at] ^ (1 << draw.randrange(8))]) + data[at + 1 :])
        for beside in tmp_path.glob("journal.db-*"):
            beside.unlink()
        try:
            damaged = LoopJournal(path)
            try:
                (damaged.stored(), damaged.sorties(), damaged.tracks(), damaged.flights(), damaged.decisions())
                damaged.levels()
            finally:
                damaged.close()
        except UserError as error:
            refused += 1
            assert str(path) in str(error) and "--state-dir" in str(error) and "\n" not in str(error)
        assert not is_open(path), "who comes next finds the file in use"
    assert refused > 10


def is_open(path: Path) -> bool:
    """Has this process the file open?"""
    return any(link.resolve() == path.resolve() for link in Path("/proc/self/fd").iterdir())


def test_a_journal_on_a_full_disk_is_one_line(tmp_path: Path) -> None:
    """SQLite's own limit stands for it."""
    made = LoopJournal(tmp_path / "journal.db")
    made.begin("space", 7)
    made._db.execute(f"PRAGMA max_page_count = {made._db.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(UserError, match=r"no space left on device; make room or choose another with --state-dir$"):
        made.commit(bytes(1 << 20))
    made.close()
    with pytest.raises(sqlite3.ProgrammingError):
        made._db.execute("SELECT 1")


def test_damaged_logs_are_read_and_converted_or_refused_in_one_line(tmp_path: Path) -> None:
    """Bytes changed, cut out and put in; in formats, names and values."""
    data = dataflash()
    path, draw, read = tmp_path / "flight.bin", random.Random(11), 0
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(draw.choice((1, 1, 3, 20))):
            at = draw.randrange(2, len(damaged) - 8)
            match draw.randrange(4):
                case 0:
                    damaged[at] = draw.randrange(256)
                case 1:
                    damaged[at : at + 8] = bytes(draw.randrange(256) for _ in range(8))
                case 2:
                    del damaged[at : at + draw.randrange(1, 90)]
                case _:
                    damaged[at:at] = bytes(draw.randrange(256) for _ in range(draw.randrange(1, 9)))
        path.write_bytes(damaged)
        try:
            facts = read_log(path)
            read += bool(facts.samples)
            for form in FORMS.values() if facts.samples else ():
                form(facts)
        except UserError as error:
            assert "\n" not in str(error)
    assert read > 50


def test_a_damaged_geotiff_is_one_line(tmp_path: Path) -> None:
    """Tags with other types and counts make the library raise anything."""
    data = write_geotiff(tmp_path / "whole.tif", map_of(hills)).read_bytes()
    path, draw, refused = tmp_path / "damaged.tif", random.Random(2), 0
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(4):
            damaged[draw.randrange(4, 400)] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            read_ground(path, [HOME])
        except UserError as error:
            refused += 1
            assert "\n" not in str(error) and len(str(error)) < 400
    assert refused > 10


def test_a_file_in_the_way_of_flights_is_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not at the first flight, as a Python error."""
    (tmp_path / "flights").write_text("mine")
    assert run(["serve", "--log-dir", str(tmp_path), "--state-dir", str(tmp_path / "state")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{tmp_path / 'flights'} is a file" in line and "--log-dir" in line


def test_a_program_that_hangs_is_given_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can plug it in later, as a controller on a cable."""
    monkeypatch.setattr(build, "PROGRAM_PATIENCE_S", 0.2)
    program = tmp_path / "hangs"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    command = ["serve", "--vehicle", f"ardupilot:copter={program}", "--link", "tcpin:127.0.0.1:0"]
    assert run([*command, "--log-dir", str(tmp_path / "log"), "--state-dir", str(tmp_path / "state")]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "sends nothing: no MAVLink" in last and "within 0.2 s" in last


def test_a_fleet_file_takes_the_kind_as_the_command_line_has_it(tmp_path: Path) -> None:
    """`sim:rover` and `rover` are one kind."""
    file = tmp_path / "fleet.toml"
    file.write_text('[defaults]\nkind = "sim:rover"\n[[vehicle]]\n[[vehicle]]\nkind = "sim:copter"\n')
    assert [one.kind for one in read_fleet(file, VehicleSpec("copter", None, HOME, 0.0, 0), Layout())] == [
        "rover",
        "copter",
    ]
