"""A drone show as Skybrush's server gives it: file, place and begin over a link, flown to its end."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from autopilot.context.events import StatusText
from autopilot.context.journal import NoJournal
from autopilot.flight.lifecycle import FlightCommand
from autopilot.mav import Cmd, Frame, Result
from autopilot.show.mode import ShowStage
from mavlink_bridge.services.ftp.wire import Nak, Opcode, Operation, unpack
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from sortie import Session
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from tests.fakes.show_files import show_file
from tests.fakes.station_plan import HOME

WEEK_S: Final = 604_800
NAME: Final = b"/collmot/show.skyb"
PIECE: Final = 239
"""Bytes that the server writes at once."""
FILE, BEGIN, ORIGIN, ORIENTATION, MAY = 1 << 7, 1 << 6, 1 << 5, 1 << 4, 1 << 2
"""Flags of the status."""


class Station:
    """What the server does with one vehicle."""

    def __init__(self, session: Session) -> None:
        self.session, self.link, self._sequence = session, session.connect(), 0
        self.origin = session.autopilot.vehicle.state.place

    def ask_file(self, opcode: int, handle: int = 0, data: bytes = b"", offset: int = 0) -> Operation:
        self._sequence += 1
        request = Operation(self._sequence, handle, opcode, len(data), 0, 0, offset, data)
        self.link.send(m.MAVLink_file_transfer_protocol_message(0, 1, 1, list(request.pack())))
        answer = unpack(bytes(self.link.receive("FILE_TRANSFER_PROTOCOL").payload))
        assert answer is not None
        self._sequence = answer.seq
        return answer

    def upload(self, content: bytes) -> int:
        """Write the file; its checksum as the vehicle tells it."""
        handle = self.ask_file(Opcode.CREATE_FILE, data=NAME).session
        for offset in range(0, len(content), PIECE):
            answer = self.ask_file(Opcode.WRITE_FILE, handle, content[offset : offset + PIECE], offset)
            assert answer.opcode == Opcode.ACK
        assert self.ask_file(Opcode.TERMINATE_SESSION, handle).opcode == Opcode.ACK
        return int.from_bytes(self.ask_file(Opcode.CALC_FILE_CRC32, data=NAME).data, "little")

    def result(self, command: int) -> int:
        return int(self.link.receive("COMMAND_ACK", where=lambda ack: ack.command == command).result)

    def load(self, what: float = 0.0) -> int:
        self.link.send(m.MAVLink_command_long_message(1, 1, Cmd.USER_1, 0, what, 0, 0, 0, 0, 0, 0))
        return self.result(Cmd.USER_1)

    def place(self, north_e7: int = 0, degrees: float = 0.0) -> int:
        lat, lon = round(1e7 * self.origin.lat) + north_e7, round(1e7 * self.origin.lon)
        self.link.send(
            m.MAVLink_command_int_message(1, 1, Frame.GLOBAL, Cmd.USER_2, 0, 0, 0, 0, 0, degrees, lat, lon, -32768000)
        )
        return self.result(Cmd.USER_2)

    def order(self, in_s: float | None, scope: int = 1) -> None:
        """Begin in so many seconds, None: never."""
        gps_s = 1e-6 * VIRTUAL_EPOCH_US + self.session.time_s - 315_964_800 + 18
        self.ordered_s = week_s = -(2**31) if in_s is None else int(gps_s + in_s) % WEEK_S
        payload = struct.pack("<BibiH", 1, week_s, scope, 0 if in_s is None else int(1000 * in_s), 0)
        self.link.send(m.MAVLink_data16_message(0x5C, len(payload), list(payload.ljust(16, b"\0"))))

    @property
    def elapsed_s(self) -> float:
        """Seconds since the begin that was ordered."""
        gps_s = 1e-6 * VIRTUAL_EPOCH_US + self.session.time_s - 315_964_800 + 18
        return gps_s % WEEK_S - self.ordered_s

    def status(self) -> Any:
        """What it tells of itself: begin, light, flags, stage, satellites and fix, scope, seconds since the begin."""
        self.link.messages()
        told = self.link.receive("DATA16", where=lambda message: message.type == 0x5B)
        begin, light, flags, stage, gps, more, elapsed = struct.unpack("<iHBBBBh", bytes(told.data)[:12])
        return begin, light, flags, ShowStage(stage & 15), stage >> 7, gps, more >> 2 & 3, elapsed


@pytest.fixture
def station() -> Iterator[Station]:
    with Session(home=HOME, params={"SRT_SHOW": 1}) as session:
        session.wait_armable()
        yield Station(session)


def given(station: Station) -> None:
    content = show_file()
    station.upload(content)
    assert station.place() == Result.ACCEPTED
    assert station.load() == Result.ACCEPTED


def test_a_show_is_given_flown_and_ends_where_it_began(station: Station) -> None:
    """Takes off when the trajectory is above the takeoff's height, is where it says when it says so, in the colour of
    that time, and lands at its begin with motors off."""
    content = show_file()
    assert station.upload(content) == zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF
    assert station.place() == Result.ACCEPTED and station.load() == Result.ACCEPTED
    session, vehicle = station.session, station.session.autopilot.vehicle
    assert station.status()[2] == FILE | ORIGIN | ORIENTATION
    station.order(20.0)
    session.run_for(1.0)
    begin, _, flags, stage, _, gps, scope, elapsed = station.status()
    assert (stage, scope, flags) == (ShowStage.WAITING, 1, FILE | ORIGIN | ORIENTATION | BEGIN | MAY)
    assert begin == station.ordered_s and gps >> 3 >= 6 and gps & 7 >= 3 and -20 <= elapsed <= -17
    began_s = session.time_s - station.elapsed_s
    session.run_until(lambda _: station.elapsed_s >= 8.0, timeout_s=60.0)
    north, _, down = vehicle.state.position
    assert north == pytest.approx(10.0 * 3.0 / 5.0, abs=1.0) and down == pytest.approx(-10.0, abs=0.6)
    assert station.status()[1] == 0b11111 << 11
    session.run_until(lambda _: station.elapsed_s >= 14.5, timeout_s=60.0)
    north, east, down = vehicle.state.position
    assert (north, down) == (pytest.approx(10.0, abs=1.0), pytest.approx(-10.0, abs=0.6))
    assert east == pytest.approx(-4.5, abs=1.0)  # the show's y is to the left
    light = station.status()[1]
    assert 10 < light >> 11 < 20 and 10 < light & 31 < 20
    session.run_until(lambda session: not session.autopilot.facts.armed, timeout_s=60.0)
    assert 30.0 < session.time_s - began_s < 45.0
    session.run_for(1.0)
    assert station.status()[3] is ShowStage.LANDED
    north, east, _ = vehicle.state.position
    assert abs(north) < 1.0 and abs(east) < 1.0


def test_a_file_that_the_disk_refuses_is_refused_and_the_one_before_stays(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(station)
    before = station.ask_file(Opcode.CALC_FILE_CRC32, data=NAME).data
    monkeypatch.setattr(NoJournal, "failure", lambda _, ticket: "disk full")
    station.ask_file(Opcode.CREATE_FILE, data=NAME)
    station.ask_file(Opcode.WRITE_FILE, data=b"another")
    ended = station.ask_file(Opcode.TERMINATE_SESSION)
    assert (ended.opcode, ended.data[:2]) == (Opcode.NAK, bytes((Nak.FAIL_ERRNO, 5)))
    assert station.ask_file(Opcode.CALC_FILE_CRC32, data=NAME).data == before


def test_its_removal_is_acknowledged_when_it_is_stored(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was acknowledged at once: with a power failure in the next moment the show was there again."""
    given(station)
    monkeypatch.setattr(NoJournal, "durable", lambda _: 0)
    station.link.send(m.MAVLink_command_long_message(1, 1, Cmd.USER_1, 0, 1.0, 0, 0, 0, 0, 0, 0))
    station.session.run_for(1.0)
    assert not [ack for ack in station.link.messages("COMMAND_ACK") if ack.command == Cmd.USER_1]
    monkeypatch.undo()
    assert station.result(Cmd.USER_1) == Result.ACCEPTED


def test_it_is_turned_about_its_origin(station: Station) -> None:
    """With an orientation of 90 degrees x is east, and an origin further south is where it is flown."""
    station.upload(show_file())
    station.place(north_e7=-90, degrees=90.0)  # 1 m: within what is allowed
    station.load()
    station.order(15.0)
    station.session.run_until(lambda _: station.elapsed_s >= 9.5, timeout_s=60.0)
    north, east, _ = station.session.autopilot.vehicle.state.position
    assert (north, east) == (pytest.approx(-1.0, abs=0.8), pytest.approx(9.0, abs=1.0))


@pytest.mark.parametrize("action, last", [(0, ShowStage.STAYING), (2, ShowStage.RETURNING)])
def test_what_follows(station: Station, action: int, last: ShowStage) -> None:
    station.session.set_param("SHOW_POST_ACTION", action)
    given(station)
    station.order(12.0)
    station.session.run_until(lambda _: station.elapsed_s >= 24.5, timeout_s=60.0)
    assert station.status()[3] is last
    if last is ShowStage.RETURNING:
        station.session.run_until(lambda session: not session.autopilot.facts.armed, timeout_s=90.0)
        station.session.run_for(1.0)
        assert station.status()[3] is ShowStage.LANDED


def test_without_a_show_nothing_is_begun(station: Station) -> None:
    """Neither file nor place: it waits, is not armed, and gives up."""
    station.order(10.0)
    station.session.run_for(20.0)
    assert station.status()[3] is ShowStage.ERROR
    assert not station.session.autopilot.facts.armed
    assert "Failed to start motors, giving up" in [event.text for event in station.session.events_of(StatusText)]


def test_a_show_that_stays_below_the_takeoff_height_is_refused_and_nothing_is_begun(station: Station) -> None:
    """An order to begin without a show left an endless time until the takeoff, and ended the service."""
    station.upload(show_file(((0.0, (0.0, 0.0, 0.0)), (5.0, (0.0, 0.0, 2.0)), (10.0, (0.0, 0.0, 0.0)))))
    station.place()
    assert station.load() == Result.FAILED
    station.order(10.0)
    station.session.run_for(20.0)
    assert station.status()[3] is ShowStage.ERROR


@pytest.mark.parametrize("name", ["WPNAV_SPEED_UP", "WPNAV_ACCEL_Z"])
def test_a_show_is_loaded_whatever_the_climb_speed_is(station: Station, name: str) -> None:
    """A speed or acceleration of 0 ended the service."""
    station.session.set_param(name, 0.0)
    given(station)


def test_a_vehicle_far_from_its_place_says_so_and_stays(station: Station) -> None:
    station.upload(show_file())
    station.place(north_e7=450)  # 5 m
    station.load()
    station.order(10.0)
    station.session.run_for(1.0)
    assert station.status()[3:5] == (ShowStage.WAITING, 1)
    station.session.run_for(20.0)
    assert not station.session.autopilot.facts.armed


def test_leave_that_is_taken_back_stops_the_motors(station: Station) -> None:
    given(station)
    station.order(12.0)
    station.session.run_until(lambda session: session.autopilot.facts.armed, timeout_s=20.0)
    station.order(None, scope=0)
    station.session.run_for(1.0)
    assert not station.session.autopilot.facts.armed
    station.session.run_for(20.0)
    assert station.status()[3] is ShowStage.WAITING


def test_who_disarms_it_before_is_not_overruled(station: Station) -> None:
    given(station)
    station.order(12.0)
    station.session.run_until(lambda session: session.autopilot.facts.armed, timeout_s=20.0)
    station.session.disarm()
    station.session.run_for(20.0)
    assert not station.session.autopilot.facts.armed
    assert station.status()[3] is ShowStage.ERROR


def test_the_next_show_begins_after_the_first(station: Station) -> None:
    given(station)
    station.order(12.0)
    station.session.run_until(lambda session: session.autopilot.facts.armed, timeout_s=20.0)
    station.session.run_until(lambda session: not session.autopilot.facts.armed, timeout_s=90.0)
    station.session.run_for(2.0)
    station.order(15.0)
    station.session.run_until(lambda _: station.elapsed_s >= 6.0, timeout_s=40.0)
    assert station.status()[3] is ShowStage.PERFORMING


def test_what_is_no_show_is_refused_and_a_show_can_be_taken_away(station: Station) -> None:
    content = show_file()
    station.upload(content[:-1])
    assert station.load() == Result.FAILED
    station.upload(content)
    assert station.load() == Result.ACCEPTED and station.status()[2] == FILE
    assert station.load(1.0) == Result.ACCEPTED and station.status()[2] == 0
    assert station.load() == Result.ACCEPTED and station.status()[2] == 0
    assert station.load(2.0) == Result.UNSUPPORTED  # the test of fireworks


def test_the_flight_manager_is_asked_as_before(station: Station) -> None:
    """USER_1 with STATUS."""
    assert station.load(float(FlightCommand.STATUS)) == Result.ACCEPTED


def test_in_the_air_it_stays(station: Station) -> None:
    session = station.session
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(8.0)
    session.run_for(15.0)
    session.set_mode("DRONE_SHOW")
    session.run_for(5.0)
    assert station.status()[3] is ShowStage.STAYING
    assert session.autopilot.facts.height == pytest.approx(8.0, abs=0.5)
    assert station.load() == Result.FAILED  # with motors that run


def test_a_restart_keeps_the_show(tmp_path: Path) -> None:
    """And forgets its begin."""
    where = {"home": HOME, "params": {"SRT_SHOW": 1}, "state_dir": tmp_path}
    with Session(**where) as session:
        session.wait_armable()
        station = Station(session)
        given(station)
        station.order(100.0)
        session.run_for(1.0)
    with Session(**where) as session:
        session.wait_armable()
        again = Station(session)
        begin, _, flags, stage, *_ = again.status()
        assert (begin, flags, stage) == (-1, FILE | ORIGIN | ORIENTATION, ShowStage.OFF)


def test_the_station_knows_it_by_a_capability(station: Station) -> None:
    station.link.send(
        m.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, id_of("AUTOPILOT_VERSION"), *[0] * 6)
    )
    assert station.link.receive("AUTOPILOT_VERSION").capabilities & 0x4000000


def test_without_the_fitting_there_is_nothing_of_it() -> None:
    with Session(home=HOME) as session:
        session.wait_armable()
        station = Station(session)
        assert "DRONE_SHOW" not in session.autopilot.modes.names()
        assert station.ask_file(Opcode.CREATE_FILE, data=NAME).opcode == Opcode.NAK
        assert station.place() == Result.UNSUPPORTED and station.load() == Result.UNSUPPORTED
        assert not [message for message in station.link.messages() if message.get_type() == "DATA16"]
