"""A log as a vehicle on a link: its messages at their times, its plan and parameters; nothing can be changed."""

from __future__ import annotations

import math
import sqlite3
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from autopilot.mav import Cmd, MissionResult, MissionType, Result, Sensor
from autopilot.mission.items import MissionItem
from mavlink_bridge.services.ftp.files import FileRefusedError
from mavlink_bridge.services.ftp.parameter_file import pack_parameters
from mavlink_bridge.services.ftp.wire import Opcode, Operation, unpack
from mavlink_bridge.wire.codec import dialect
from sortie.commands.cli import run
from sortie.commands.replay import _act, _lines, _show, keys_of
from sortie.config.errors import UserError
from sortie.incident.answers import REFUSAL
from sortie.incident.player import Player
from sortie.incident.reader import read_recording
from sortie.incident.recording import MessageStore, Recording
from sortie.incident.shown import ShownRecordings, _LogFolder, _TheLog
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import MessageFormat, preamble
from sortie.logs.dataflash_kinds import SAMPLES as S
from sortie.reading import facts
from sortie.reading.logs import read_log
from sortie.reading.telemetry import _whole_frames
from sortie.runtime.runtime import Runtime
from tests.fakes.recording_watcher import Watcher
from tests.sortie.reading.made import ALT, BOOT_S, CORNERS, LAT, LON, dataflash, telemetry, ulog
from tests.sortie.reading.test_logs_of_others import begun_by_arming

LOGS: dict[str, Callable[[], bytes]] = {"flight.bin": dataflash, "flight.tlog": telemetry, "flight.ulg": ulog}
BEGIN_MS = round(BOOT_S * 1000)


@pytest.fixture(params=LOGS)
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Recording:
    path = tmp_path / request.param
    path.write_bytes(LOGS[request.param]())
    return read_recording(path)


@pytest.fixture
def flight(tmp_path: Path) -> Recording:
    path = tmp_path / "flight.bin"
    path.write_bytes(dataflash())
    return read_recording(path)


def test_it_is_where_it_was_when_it_was(recording: Recording) -> None:
    """At ten times real time, every place at a tenth of its time since the log began."""
    watcher = Watcher(recording, speed=10.0)
    heard = watcher.watch(6000)
    places = [(at_ms, m) for at_ms, _, m in heard if m.get_type() == "GLOBAL_POSITION_INT"]
    for (at_ms, _), second in zip(places[:44], range(44), strict=True):
        assert abs(at_ms - second * 100) <= 1
    north = max(place.lat for _, place in places) / 1e7
    assert north == pytest.approx(LAT + CORNERS[1][0], abs=1e-6)
    assert max(place.alt for _, place in places) == round((ALT + 20.0) * 1000)
    assert watcher.node.over


def test_armed_and_then_not(recording: Recording) -> None:
    """HEARTBEATs say what the vehicle was, one a second of its time at the least; its last state stays."""
    heard = Watcher(recording).watch(50_000)
    beats = [(at_ms, m) for at_ms, _, m in heard if m.get_type() == "HEARTBEAT"]
    assert {m.custom_mode for _, m in beats} in ({3}, {0x04040000})
    assert beats[1][1].base_mode & 128 and not beats[-1][1].base_mode & 128
    times = [at_ms for at_ms, _ in beats]
    assert max(later - earlier for earlier, later in pairwise(times)) <= 1001
    assert times[-1] >= 49_000


def test_a_log_that_arming_has_opened_is_of_an_armed_vehicle(tmp_path: Path) -> None:
    """With LOG_DISARMED 0 no row says that it was armed: a station saw a disarmed vehicle fly."""
    (tmp_path / "a.bin").write_bytes(begun_by_arming())
    beats = [m for _, _, m in Watcher(read_recording(tmp_path / "a.bin")).watch(50_000) if m.get_type() == "HEARTBEAT"]
    assert beats[0].base_mode & 128 and not beats[-1].base_mode & 128


@pytest.mark.parametrize(
    ("banner", "kinds", "rows", "throttle", "airspeed"),
    [
        (
            "ArduPlane V4.6.2",
            (S["WING_CTUN"], S["ARSP"]),
            ((0, 0, 0, 0, 45.0, 0, 45.0, 20.0, 1, 20.0, 1.0, 0), (0, 22.0, 0, 0, 0, 0, 1, 1, 1, 0, 0)),
            45,
            22.0,
        ),
        (
            "ArduPlane V4.6.2",
            (S["WING_CTUN"], S["QTUN"]),
            ((0, 0, 0, 0, 0.0, 0, 0.0, 0.0, 1, 0.0, 1.0, 0), (0.44, 0, 0.44, *[0] * 9)),
            44,
            0.0,
        ),
        ("ArduRover V4.6.2", (S["THR"],), ((0, -30.0, 0, 0, 0),), 30, 0.0),
        ("ArduCopter V4.6.2", (S["CTUN"],), ((0, 0, 0.25, 0.3, *[0] * 8),), 25, 0.0),
    ],
)
def test_throttle_and_airspeed_are_those_of_the_kind(
    tmp_path: Path,
    banner: str,
    kinds: tuple[MessageFormat, ...],
    rows: tuple[tuple[float, ...], ...],
    throttle: int,
    airspeed: float,
) -> None:
    """A plane's CTUN has percent, a copter's a share, a rover has THR: planes flew at full throttle, rovers at none. A
    quadplane that hovers has that of its lift motors, as in ArduPlane's VFR_HUD."""
    out = bytearray(preamble((K.MSG, K.MODE, S["POS"], *kinds), 0) + K.MSG.pack(0, banner) + K.MODE.pack(0, 0, 0, 1))
    for now_us in range(0, 2_000_000, 200_000):
        out += b"".join(kind.pack(now_us, *row) for kind, row in zip(kinds, rows, strict=True))
        out += S["POS"].pack(now_us, LAT, LON, ALT, 0.0, 0.0)
    (tmp_path / "a.bin").write_bytes(out)
    heard = Watcher(read_recording(tmp_path / "a.bin")).watch(1500)
    huds = [m for _, _, m in heard if m.get_type() == "VFR_HUD"]
    assert {(hud.throttle, hud.airspeed) for hud in huds} == {(throttle, airspeed)}


def test_a_charge_that_nobody_measured_is_not_told(tmp_path: Path) -> None:
    """Without a current sensor (BATT_MONITOR 3) ArduPilot's RemPct is 255: a replay told 100 %, a table 255 %."""
    out = bytearray(preamble((K.MODE, S["BAT"], S["POS"]), 0) + K.MODE.pack(0, 0, 0, 1))
    for now_us in range(0, 2_000_000, 200_000):
        out += S["BAT"].pack(now_us, 0, 12.0, 12.0, *[math.nan] * 3, 0, 0, 255, 1, 0)
        out += S["POS"].pack(now_us, LAT, LON, ALT, 0.0, 0.0)
    (tmp_path / "a.bin").write_bytes(out)
    heard = [m for _, _, m in Watcher(read_recording(tmp_path / "a.bin")).watch(1500)]
    assert {m.battery_remaining for m in heard if m.get_type() in ("SYS_STATUS", "BATTERY_STATUS")} == {-1}
    assert all(math.isnan(sample.percent) for sample in read_log(tmp_path / "a.bin").samples)


def test_a_px4_s_airspeed_is_that_of_its_tube(tmp_path: Path) -> None:
    """And not its ground speed, which stands beside it."""
    (tmp_path / "a.ulg").write_bytes(ulog())
    heard = Watcher(read_recording(tmp_path / "a.ulg")).watch(3000)
    assert {(m.airspeed, m.groundspeed) for _, _, m in heard if m.get_type() == "VFR_HUD"} == {(6.5, 5.0)}


@pytest.mark.parametrize(("yaw", "told"), [(359.999, (0, 0)), (359.6, (35_960, 0)), (270.0, (27_000, 270))])
def test_a_heading_just_below_north_is_not_a_full_turn(tmp_path: Path, yaw: float, told: tuple[int, int]) -> None:
    """hdg has 0 to 35999, and VFR_HUD agrees with it."""
    out = bytearray(preamble((K.MODE, S["ATT"], S["POS"]), 0) + K.MODE.pack(0, 0, 0, 1))
    for now_us in range(0, 2_000_000, 200_000):
        out += S["ATT"].pack(now_us, 0, 0, 0, 0, 0, yaw, 3) + S["POS"].pack(now_us, LAT, LON, ALT, 0.0, 0.0)
    (tmp_path / "a.bin").write_bytes(out)
    heard = {m.get_type(): m for _, _, m in Watcher(read_recording(tmp_path / "a.bin")).watch(1500)}
    assert (heard["GLOBAL_POSITION_INT"].hdg, heard["VFR_HUD"].heading) == told


def test_a_fence_of_which_the_log_says_nothing_is_not_breached(tmp_path: Path) -> None:
    """MAVProxy says "fence breach" of one that is not healthy."""
    (tmp_path / "a.ulg").write_bytes(ulog())
    heard = Watcher(read_recording(tmp_path / "a.ulg")).watch(3000)
    states = [m for _, _, m in heard if m.get_type() == "SYS_STATUS"]
    assert states and all(m.onboard_control_sensors_health & Sensor.GEOFENCE for m in states)


def test_it_pauses_jumps_and_goes_on(flight: Recording) -> None:
    """Time stands while it is paused, and who connects then sees where it is; a jump tells the state of that instant at
    once, and what follows it then."""
    watcher = Watcher(flight)
    watcher.watch(2000)
    pause = dialect.MAVLink_command_long_message(1, 1, Cmd.DO_PAUSE_CONTINUE, 0, 0, 0, 0, 0, 0, 0, 0)
    assert [answer.result for answer in watcher.ask(pause)] == [Result.ACCEPTED]
    pause.param1 = 7.0  # neither pause nor go on
    assert watcher.ask(pause)[0].result == Result.DENIED
    heard = [m for _, _, m in watcher.watch(12_000)]
    assert {m.get_type() for m in heard} >= {"HEARTBEAT", "HOME_POSITION", "GLOBAL_POSITION_INT", "GPS_RAW_INT"}
    for kind in ("HEARTBEAT", "GLOBAL_POSITION_INT"):
        assert len([m for m in heard if m.get_type() == kind]) == 10
    assert {m.time_boot_ms for m in heard if m.get_type() == "GLOBAL_POSITION_INT"} == {BEGIN_MS + 2000}
    player = watcher.node.shown[0].player
    player.jump(BEGIN_MS + 24_000)
    pause.param1 = 1.0
    watcher.ask(pause)
    assert not player.paused
    places = [m for _, _, m in watcher.watch(watcher.now_ms + 100) if m.get_type() == "GLOBAL_POSITION_INT"]
    assert places[0].time_boot_ms == BEGIN_MS + 24_000
    player.jump(BEGIN_MS - 99_000)
    places = [m for _, _, m in watcher.watch(watcher.now_ms + 100) if m.get_type() == "GLOBAL_POSITION_INT"]
    assert places[0].time_boot_ms == BEGIN_MS


def test_a_jump_tells_no_text_again_and_stays_within_the_log(flight: Recording) -> None:
    """Texts are of their instant; behind the end is the end. Another speed counts from then on."""
    player = Player(flight)
    player.handle_timeout(0)
    player.take_outgoing()
    player.jump(BEGIN_MS + 999_000)
    assert player.at_ms == player.last_ms and player.over
    told = {outgoing.message.get_type() for outgoing in player.take_outgoing()}
    assert "GLOBAL_POSITION_INT" in told and "STATUSTEXT" not in told
    player.jump(BEGIN_MS)
    player.handle_timeout(1000)
    player.speed = 4.0
    player.handle_timeout(2000)
    assert player.at_ms == BEGIN_MS + 5000


def asked(command: int, param1: float = 0.0) -> Any:
    return dialect.MAVLink_command_long_message(1, 1, command, 0, param1, 0, 0, 0, 0, 0, 0)


def test_home_is_told_to_who_asks_each_second(flight: Recording) -> None:
    """MAVProxy does until it is answered; where the log has none it is denied, without a text each time."""
    watcher = Watcher(flight)
    watcher.watch(1000)
    ack, home = watcher.ask(asked(Cmd.GET_HOME_POSITION))
    known = flight.facts.home
    assert known is not None
    assert (ack.result, home.latitude, home.altitude) == (0, round(known.lat * 1e7), round(known.alt * 1000))
    flight.facts.home = None
    try:
        watcher = Watcher(flight)
        watcher.watch(1000)
        assert [answer.result for answer in watcher.ask(asked(Cmd.GET_HOME_POSITION))] == [Result.DENIED]
    finally:
        flight.facts.home = known


def test_a_command_jumps_to_an_item_as_the_message_does(flight: Recording) -> None:
    """To one that never began it does not."""
    flight.tell(BEGIN_MS + 10_000, dialect.MAVLink_mission_current_message(5))
    flight.tell(BEGIN_MS + 20_000, dialect.MAVLink_mission_current_message(2))
    watcher = Watcher(flight)
    watcher.watch(1000)
    assert watcher.ask(asked(Cmd.DO_SET_MISSION_CURRENT, 2.0))[0].result == Result.ACCEPTED
    assert watcher.node.shown[0].player.at_ms == BEGIN_MS + 20_000
    assert "HOME_POSITION" in {
        m.get_type() for _, _, m in watcher.watch(watcher.now_ms + 100)
    }  # of which it has no row
    refused = watcher.ask(asked(Cmd.DO_SET_MISSION_CURRENT, 99.0))
    assert [answer.get_type() for answer in refused] == ["COMMAND_ACK", "STATUSTEXT"]


def test_its_plan_is_read_and_not_replaced(flight: Recording) -> None:
    """All items behind home; an upload is denied, with one text."""
    watcher = Watcher(flight)
    (count,) = watcher.ask(dialect.MAVLink_mission_request_list_message(1, 1, 0))
    assert count.count == len(CORNERS) + 1
    items = [watcher.ask(dialect.MAVLink_mission_request_int_message(1, 1, seq, 0))[0] for seq in range(count.count)]
    assert [(item.x, item.y) for item in items[1:]] == [
        (round((LAT + lat) * 1e7), round((LON + lon) * 1e7)) for lat, lon in CORNERS
    ]
    (beyond,) = watcher.ask(dialect.MAVLink_mission_request_int_message(1, 1, count.count, 0))
    assert beyond.type == MissionResult.INVALID_SEQUENCE
    denied, text = watcher.ask(dialect.MAVLink_mission_count_message(1, 1, 3, 0))
    assert (denied.type, text.text) == (MissionResult.DENIED, REFUSAL)


@pytest.mark.parametrize("command", [Cmd.COMPONENT_ARM_DISARM, Cmd.NAV_TAKEOFF, Cmd.DO_SET_MODE, 31_999])
def test_commands_are_refused_with_one_text(flight: Recording, command: int) -> None:
    """The text that all refusals have."""
    ask = dialect.MAVLink_command_long_message(1, 1, command, 0, 1, 0, 0, 0, 0, 0, 0)
    answer, text = Watcher(flight).ask(ask)
    assert (answer.command, answer.result, text.text) == (command, Result.DENIED, REFUSAL)


def test_parameters_are_read_and_not_set(tmp_path: Path) -> None:
    """A set is answered with the value that holds."""
    from sortie.logs import dataflash_kinds as K
    from sortie.logs.dataflash import preamble

    path = tmp_path / "p.bin"
    made = preamble((K.MSG, K.PARM, K.SAMPLES["POS"]), 1_000_000) + K.PARM.pack(1_000_000, "WPNAV_SPEED", 750.0, 500.0)
    path.write_bytes(made + K.SAMPLES["POS"].pack(2_000_000, LAT, LON, ALT, 0.0, 0.0))
    watcher = Watcher(read_recording(path))
    ask = dialect.MAVLink_param_request_read_message(1, 1, b"WPNAV_SPEED", -1)
    assert [(value.param_id, value.param_value) for value in watcher.ask(ask)] == [("WPNAV_SPEED", 750.0)]
    answers = watcher.ask(dialect.MAVLink_param_set_message(1, 1, b"WPNAV_SPEED", 900.0, 9))
    assert {value.param_value for value in answers if value.get_type() == "PARAM_VALUE"} == {750.0}


def test_the_log_itself_is_downloaded(flight: Recording) -> None:
    """By LOG_REQUEST_DATA, whole, with the time of its boot."""
    flight.facts.boot_us = 1_700_000_000_000_000
    watcher = Watcher(flight)
    (entry,) = watcher.ask(dialect.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF))
    assert (entry.size, entry.time_utc) == (flight.path.stat().st_size, 1_700_000_000)
    blocks = watcher.ask(dialect.MAVLink_log_request_data_message(1, 1, entry.id, 0, 90))
    assert bytes(blocks[0].data[: blocks[0].count]) == flight.path.read_bytes()[:90]


def test_a_fleet_of_logs_flies_together(flight: Recording, tmp_path: Path) -> None:
    """Two systems on one link, each where it was."""
    other = tmp_path / "other.tlog"
    other.write_bytes(telemetry())
    heard = Watcher(flight, read_recording(other), speed=10.0).watch(3000)
    for system in (1, 2):
        places = [m for _, sender, m in heard if sender == system and m.get_type() == "GLOBAL_POSITION_INT"]
        assert len(places) > 25


def test_a_link_is_given_no_more_than_it_takes_at_once(flight: Recording) -> None:
    """However fast: the rest waits for the next turn, and nothing is left out."""
    rows = list(flight.messages.after(0)) * 40
    flight.messages = MessageStore()
    for number, row in enumerate(rows):
        flight.messages.add(BEGIN_MS + number, *row[1:])
    flight.messages.sort()
    player, told = Player(flight, speed=1e6), 0
    player.handle_timeout(0)
    for now_ms in range(1, 60):
        player.handle_timeout(now_ms)
        turn = len(player.take_outgoing())
        assert turn <= 402
        told += turn
    assert player.over and told >= len(rows)


def test_a_message_of_years_later_is_not_waited_for(tmp_path: Path) -> None:
    """By a wrong clock of the station: even as fast as links take it, such a log never ended."""
    log = telemetry()
    late = list(_whole_frames(log))[-1]
    path = tmp_path / "a.tlog"
    path.write_bytes(log + (2**64 - 1).to_bytes(8, "big") + late.data)
    player = Player(read_recording(path))
    assert player.last_ms - player.first_ms < 100_000
    player.jump(player.last_ms)
    assert player.over


def test_a_longer_log_takes_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its messages are on the disk, until they are told."""
    monkeypatch.setattr(facts, "MOST_ROWS", 100)
    log, peaks = telemetry(), []
    for times in (1, 1, 7):  # the first loads modules
        path = tmp_path / f"{times}.tlog"
        path.write_bytes(log * times)
        tracemalloc.start()
        player = Player(read_recording(path), speed=1e6)
        player.jump(BEGIN_MS + 20_000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 12 * len(log)  # the log itself, in pieces of a megabyte, and its texts


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where messages are kept for a while; it names what may be done."""
    connect = sqlite3.connect

    def without_room(*words: Any) -> sqlite3.Connection:
        database = connect(*words)
        database.execute("PRAGMA max_page_count = 3")
        return database

    monkeypatch.setattr(sqlite3, "connect", without_room)
    (tmp_path / "a.tlog").write_bytes(telemetry())
    with pytest.raises(UserError, match=r"^[^\n]*a\.tlog: no room for its messages \(.*full\); TMPDIR [^\n]*$"):
        read_recording(tmp_path / "a.tlog")


def test_a_hole_in_a_log_is_not_looked_through_byte_by_byte(tmp_path: Path) -> None:
    """A file system gives zeros where nothing was written: gigabytes of them."""
    looks = 0

    class Watched(bytes):
        def __getitem__(self, at: Any) -> Any:
            nonlocal looks
            looks += 1
            return super().__getitem__(at)

    log = telemetry()
    whole = list(_whole_frames(log))
    assert [frame.data for frame in _whole_frames(Watched(log + bytes(1_000_000) + log))] == [
        frame.data for frame in whole * 2
    ]
    assert looks < 40 * len(whole)


def test_only_the_log_itself_is_among_the_files(flight: Recording, tmp_path: Path) -> None:
    """By MAVFTP; what lies beside it is nobody's business, and a log that was deleted is not there."""
    (tmp_path / "secret.bin").write_bytes(b"no")
    folder = _LogFolder(flight.path)
    assert [entry.name for entry in folder.entries("")] == [flight.path.name]
    file = folder.open(flight.path.name, "")
    assert file.read(100, 50) == flight.path.read_bytes()[100:150]
    file.close()
    with pytest.raises(FileRefusedError):
        folder.open("secret.bin", "")
    flight.path.unlink()
    assert _TheLog(folder, 0).open_log(0) is None and not _TheLog(folder, 0).entries()


def test_a_log_without_anything_to_show_is_refused(tmp_path: Path) -> None:
    """In one line that names it."""
    path = tmp_path / "nothing.bin"
    path.write_bytes(b"not a log at all")
    with pytest.raises(UserError, match=r"nothing\.bin: not a flight log"):
        read_recording(path)


def test_a_begin_behind_the_end_is_refused(flight: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing would be shown, and nobody told why."""
    assert run(["replay", str(flight.path), "--from", "1000", "--once", "--link", "tcpin:127.0.0.1:0"]) == 2
    assert "--from 1000: the log ends after" in capsys.readouterr().err


def test_keys_are_told_apart() -> None:
    """Arrows are three characters of a terminal."""
    assert keys_of(" \x1b[Cq\x1b[A") == [" ", "right", "q", "up"]


def test_what_a_person_gives_is_what_is_shown(
    flight: Recording, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Systems from --sysid on, a beginning, a speed, an end; and no more systems than there are."""
    shown: list[tuple[ShownRecordings, bool]] = []
    monkeypatch.setattr("sortie.commands.replay._show", lambda node, urls, once: shown.append((node, once)) or 0)
    log = str(flight.path)
    assert run(["replay", log, log, "--sysid", "5", "--from", "10", "--speedup", "0", "--once"]) == 0
    ((node, once),) = shown
    assert [recording.endpoint.system_id for recording in node.shown] == [5, 6]
    assert {recording.player.at_ms for recording in node.shown} == {BEGIN_MS + 10_000}
    assert once and node.shown[0].player.speed > 1000.0
    node.shown[0].player.jump(BEGIN_MS + 99_000)
    assert node.shown[0].player.over and not node.over
    assert run(["replay", log, log, "--sysid", "255"]) == 2
    assert "2 logs from system 255 on" in capsys.readouterr().err


def test_it_says_what_it_shows_and_ends_when_it_is_told_to(
    flight: Recording, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read of a log is said before; lines of a terminal say where each recording is."""
    ends: list[Callable[[], bool]] = []
    monkeypatch.setattr(Runtime, "run", lambda _self, until, _look, **_: ends.append(until))
    monkeypatch.setattr(flight.facts, "cut", "3 frames of the log cannot be read")
    node = Watcher(flight).node
    for once in (True, False):
        assert _show(node, ("tcpin:127.0.0.1:0",), once=once) == 0
    assert ": 3 frames of the log cannot be read\n" in capsys.readouterr().err
    player = node.shown[0].player
    assert [end() for end in ends] == [False, False] and _lines(node)[0][2] == "1x"
    player.paused = True
    assert _lines(node)[0][2] == "paused"
    player.paused = False
    player.jump(player.last_ms)
    assert [end() for end in ends] == [True, False] and _lines(node)[0][2] == "at its end"


def test_the_file_of_parameters_is_served(flight: Recording) -> None:
    """By MAVFTP, as stations read it first."""
    flight.values["WPNAV_SPEED"] = 750.0
    path = b"@PARAM/param.pck"
    request = Operation(1, 0, Opcode.OPEN_FILE_RO, len(path), data=path).pack()
    (answer,) = Watcher(flight).ask(dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, request))
    size = len(pack_parameters(flight.parameters()))
    opened = unpack(bytes(answer.payload))
    assert (opened.opcode, int.from_bytes(opened.data[:4], "little")) == (Opcode.ACK, size)


def test_a_timesync_is_answered_and_its_answer_is_not(flight: Recording) -> None:
    """Else two that answer each other would never end."""
    watcher = Watcher(flight)
    (answer,) = watcher.ask(dialect.MAVLink_timesync_message(0, 77))
    assert answer.tc1 > 0 and answer.ts1 == 77
    assert watcher.ask(dialect.MAVLink_timesync_message(5, 77)) == []


def test_keys_pause_jump_and_change_the_speed(flight: Recording) -> None:
    """The space bar once more goes on."""
    player = Player(flight)
    for key, at_s, speed, paused in (
        ("right", 10, 1.0, False),
        ("right", 20, 1.0, False),
        ("left", 10, 1.0, False),
        ("up", 10, 2.0, False),
        ("down", 10, 1.0, False),
        (" ", 10, 1.0, True),
        (" ", 10, 1.0, False),
    ):
        _act(player, key)
        assert (player.at_ms - BEGIN_MS, player.speed, player.paused) == (at_s * 1000, speed, paused)


def test_rally_points_and_a_fence_that_no_log_has(flight: Recording) -> None:
    flight.facts.rally = (MissionItem(Cmd.NAV_RALLY_POINT, x=LAT, y=LON, z=30.0),)
    watcher = Watcher(flight)
    for kind, count in ((MissionType.RALLY, 1), (MissionType.FENCE, 0)):
        (answer,) = watcher.ask(dialect.MAVLink_mission_request_list_message(1, 1, kind))
        assert (answer.count, answer.mission_type) == (count, kind)
    (point,) = watcher.ask(dialect.MAVLink_mission_request_int_message(1, 1, 0, MissionType.RALLY))
    assert (point.command, point.z) == (Cmd.NAV_RALLY_POINT, 30.0)
