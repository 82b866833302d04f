"""All that QGroundControl 4.3 and 5.0 sent to ArduPilot is sent to recordings: each request has an answer or a
refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autopilot.mav import Capability, Cmd, MissionResult, Result
from mavlink_bridge.wire.codec import dialect
from sortie.incident.answers import CAPABILITIES, REFUSAL
from sortie.incident.reader import read_recording
from sortie.incident.recording import Recording
from tests.clients.test_qgc_replay import recorded
from tests.fakes.recording_watcher import Watcher
from tests.sortie.reading.made import BOOT_S, dataflash, telemetry, ulog

LOGS: dict[str, Callable[[], bytes]] = {"flight.bin": dataflash, "flight.tlog": telemetry, "flight.ulg": ulog}
READS, WRITES = ("MISSION_REQUEST_LIST", "MISSION_REQUEST_INT"), ("MISSION_COUNT", "MISSION_ITEM", "MISSION_ITEM_INT")
UNANSWERED = {"HEARTBEAT", "SYSTEM_TIME", "MISSION_ACK", "REQUEST_DATA_STREAM"}
"""Said by the way; a recording has the pace of its log."""


@pytest.fixture(params=LOGS)
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Recording:
    path = tmp_path / request.param
    path.write_bytes(LOGS[request.param]())
    return read_recording(path)


def answered(message: Any, answers: list[Any]) -> bool:
    """Whether these are an answer, or a refusal that says so."""
    name, kinds = message.get_type(), {answer.get_type() for answer in answers}
    said = any(answer.get_type() == "STATUSTEXT" and answer.text == REFUSAL for answer in answers)
    acks = [answer for answer in answers if answer.get_type() == "COMMAND_ACK"]
    if name in ("COMMAND_LONG", "COMMAND_INT"):
        (ack,) = acks
        refused = ack.result == Result.FAILED or said or message.command == Cmd.SET_MESSAGE_INTERVAL
        return bool(ack.command == message.command and (ack.result == Result.ACCEPTED or refused))
    if name in READS or name == "MISSION_CLEAR_ALL" or name in WRITES:
        of_its_kind = [answer for answer in answers if getattr(answer, "mission_type", None) == message.mission_type]
        denied = any(
            answer.get_type() == "MISSION_ACK" and answer.type == MissionResult.DENIED for answer in of_its_kind
        )
        return bool(of_its_kind) if name in READS else denied and said
    if name == "MISSION_SET_CURRENT":
        return said or "MISSION_CURRENT" in kinds
    if name == "FILE_TRANSFER_PROTOCOL":
        return name in kinds
    if name == "PARAM_SET":
        return bool(kinds & {"PARAM_VALUE", "PARAM_ERROR", "STATUSTEXT"})
    return said


@pytest.mark.parametrize("version", ["4.3", "5.0"])
@pytest.mark.parametrize("file", ["qgc-connect", "qgc-fly"])
def test_each_request_has_an_answer_or_a_refusal(recording: Recording, file: str, version: str) -> None:
    """Plans, takeoff, goto, pause, height, jump, modes, parameters, files, uploads; nothing is said to others."""
    watcher, asked = Watcher(recording), 0
    for at_s, message in recorded(file, version):
        watcher.watch(round(at_s * 1000.0))
        answers = watcher.ask(message)
        assert all(getattr(answer, "target_system", 255) in (0, 255) for answer in answers)
        if message.get_type() in UNANSWERED:
            assert not answers
            continue
        asked += 1
        assert answered(message, answers), (at_s, message, answers)
    assert asked > 10


def test_targets_ten_times_a_second_are_refused_once_a_second(recording: Recording) -> None:
    """A text for each would be all that a station shows."""
    watcher, texts = Watcher(recording), 0
    target = dialect.MAVLink_set_position_target_local_ned_message(0, 1, 1, 1, 0, *[0.0] * 11)
    for tenth in range(30):
        watcher.watch(tenth * 100)
        texts += len(watcher.ask(target))
    assert texts == 3


def test_who_asks_for_a_period_is_told_home_at_once(recording: Recording) -> None:
    """QGroundControl and MAVSDK ask so; the period is the log's, which is said."""
    watcher = Watcher(recording)
    watcher.watch(1000)
    ask = dialect.MAVLink_command_long_message(1, 1, Cmd.SET_MESSAGE_INTERVAL, 0, 242, 1e6, 0, 0, 0, 0, 0)
    ack, *home = watcher.ask(ask)
    assert ack.result == Result.DENIED
    known = recording.facts.home
    assert [m.latitude for m in home] == ([] if known is None else [round(known.lat * 1e7)])


BANNERS = {
    "ArduCopter V4.6.2": (0x040602FF, b""),
    "ArduPlane V4.7.0-dev (452fc2bb)": (0x04070000, b"452fc2bb"),
    "ArduRover V4.5.0-beta3 (fa4c9c1e)": (0x04050080, b"fa4c9c1e"),
    "APM:Copter V3.4-rc2 (cb4f5c43)": (0x030400C0, b"cb4f5c43"),
    "PX4 v1.16.0-alpha (626bb3c87320f058)": (0x01100040, bytes.fromhex("626bb3c87320f058")[::-1]),
    "PX4 v1.14.3 (1dacb4c)": (0x010E03FF, bytes.fromhex("1dacb4")[::-1]),
    "PX4": (0, b""),
    "vehicle 1": (0, b""),
}


@pytest.mark.parametrize("banner", BANNERS)
def test_the_version_is_that_of_the_log(recording: Recording, banner: str) -> None:
    """With its commit, in each firmware's form; what the log does not know is 0, and the rest is told all the same."""
    recording.facts.vehicle, recording.autopilot = banner, 12 if banner.startswith("PX4") else 3
    recording.facts.texts.clear()
    ask = dialect.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, 148, 0, 0, 0, 0, 0, 0)
    ack, told = Watcher(recording).ask(ask)
    bytewise = Capability.PARAM_ENCODE_BYTEWISE if banner.startswith("PX4") else Capability.PARAM_FLOAT
    assert ack.result == Result.ACCEPTED and told.capabilities == CAPABILITIES | bytewise
    assert (told.flight_sw_version, bytes(told.flight_custom_version).rstrip(b"\0")) == BANNERS[banner]
    (older,) = Watcher(recording).ask(dialect.MAVLink_autopilot_version_request_message(1, 1))
    assert older.flight_sw_version == told.flight_sw_version


@pytest.mark.parametrize(("autopilot", "param1", "sent"), [(3, 1.0, True), (3, 0.0, False), (12, 0.0, True)])
def test_capabilities_are_requested_as_from_the_vehicle(
    recording: Recording, autopilot: int, param1: float, sent: bool
) -> None:
    """ArduPilot (3) fails REQUEST_AUTOPILOT_CAPABILITIES unless param1 is 1, PX4 (12) does not look at it."""
    recording.autopilot = autopilot
    ask = dialect.MAVLink_command_long_message(1, 1, Cmd.REQUEST_AUTOPILOT_CAPABILITIES, 0, param1, 0, 0, 0, 0, 0, 0)
    ack, *told = Watcher(recording).ask(ask)
    assert ack.result == (Result.ACCEPTED if sent else Result.FAILED)
    assert [message.get_type() for message in told] == ["AUTOPILOT_VERSION"] * sent


def test_a_banner_among_the_texts_tells_the_version(tmp_path: Path) -> None:
    """A `.tlog` of a station that never asked."""
    path = tmp_path / "a.tlog"
    path.write_bytes(telemetry())
    recording = read_recording(path)
    assert recording.version()[0] == 0
    recording.facts.say(BOOT_S, "ArduCopter V4.5.7 (2a3dc4b7)")
    assert recording.version() == (0x040507FF, list(b"2a3dc4b7"))


def test_a_ulog_tells_speed_and_height_above_home(tmp_path: Path) -> None:
    """Of its place, as PX4's telemetry joins them."""
    path = tmp_path / "a.ulg"
    path.write_bytes(ulog())
    told = [m for _, _, m in Watcher(read_recording(path), speed=10.0).watch(3000)]
    places = [m for m in told if m.get_type() == "GLOBAL_POSITION_INT"]
    assert max(m.relative_alt for m in places) == 20_000
    assert (places[-1].vx, places[-1].vy, places[-1].vz, places[-1].hdg) == (300, 400, -100, 0xFFFF)
    huds = [m for m in told if m.get_type() == "VFR_HUD"]
    assert (huds[-1].groundspeed, huds[-1].climb) == (5.0, 1.0)
