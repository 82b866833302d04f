"""Telemetry logs of a link with more than one vehicle, of a PX4, and with damaged frames."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.mav import ParameterType
from sortie.incident.player import Player
from sortie.incident.reader import read_recording
from sortie.reading.logs import read_log
from tests.fakes.recording_watcher import Watcher
from tests.sortie.reading.made import BOOT_S, CORNERS, EPOCH_US, telemetry, ulog

PX4_COPTER = dialect.MAVLink_heartbeat_message(2, 12, 129, 0x04040000, 4, 3)
INTEGER, FRACTION = dialect.MAV_PARAM_TYPE_INT32, dialect.MAV_PARAM_TYPE_REAL32


def frames(*rows: tuple[int, float, Any]) -> bytes:
    """Frames of (system, s since the first vehicle booted, message)."""
    senders = {system: dialect.MAVLink(None, srcSystem=system, srcComponent=1) for system, _, _ in rows}
    return b"".join(
        round(EPOCH_US + (at_s - BOOT_S) * 1e6).to_bytes(8, "big") + message.pack(senders[system])
        for system, at_s, message in rows
    )


def place(boot_ms: int) -> Any:
    return dialect.MAVLink_global_position_int_message(boot_ms, 470_000_000, 80_000_000, 0, 0, 0, 0, 0, 0)


def test_another_vehicle_on_the_link_changes_neither_plan_nor_clock(tmp_path: Path) -> None:
    """It booted an hour before, tells its place first, and has a plan of its own."""
    log = tmp_path / "a.tlog"
    log.write_bytes(telemetry())
    alone = read_log(log)
    item = dialect.MAVLink_mission_item_int_message(9, 1, 1, 6, 16, 0, 1, 0, 0, 0, 0, 460_000_000, 70_000_000, 50.0, 0)
    other = frames(
        (9, 4.0, place(3_600_000)), (255, 30.0, dialect.MAVLink_mission_count_message(9, 1, 2, 0)), (255, 30.0, item)
    )
    log.write_bytes(other + telemetry() + other)
    both = read_log(log)
    assert both.span_s == alone.span_s and both.home == alone.home
    assert [(item.x, item.y) for item in both.items] == [(item.x, item.y) for item in alone.items]
    assert len(both.items) == len(CORNERS)


def carried(number: int) -> float:
    """An integer as a PX4's PARAM_VALUE carries it."""
    return float(struct.unpack("<f", struct.pack("<i", number))[0])


def test_integers_of_a_px4_are_read_and_told_as_it_tells_them(tmp_path: Path) -> None:
    """Their bytes are in the place of a number's with a fraction; the hash of all of them is none of them."""
    told = (
        ("NAV_RCL_ACT", 2, INTEGER),
        ("COM_DL_LOSS_T", -1, INTEGER),
        ("_HASH_CHECK", 77, dialect.MAV_PARAM_TYPE_UINT32),
    )
    rows = [
        dialect.MAVLink_param_value_message(name.encode(), carried(number), kind, 3, 0) for name, number, kind in told
    ]
    rows.append(dialect.MAVLink_param_value_message(b"MPC_XY_CRUISE", 5.5, FRACTION, 3, 2))
    rows.append(dialect.MAVLink_param_value_message(b"NAV_RCL_ACT", carried(3), INTEGER, 3, 2))
    log = tmp_path / "a.tlog"
    log.write_bytes(frames((1, 5.0, PX4_COPTER), (1, 5.0, place(5000)), *((1, 6.0, row) for row in rows)))
    recording = read_recording(log)
    assert recording.values == {"NAV_RCL_ACT": 3.0, "COM_DL_LOSS_T": -1.0, "MPC_XY_CRUISE": 5.5}
    assert [(name, *values) for _, name, *values in recording.facts.changes] == [("NAV_RCL_ACT", 2.0, 3.0)]
    assert dialect.MAVLINK_MSG_ID_PARAM_VALUE not in recording.messages.kinds  # who watches now has not asked
    (answer,) = Watcher(recording).ask(dialect.MAVLink_param_request_read_message(1, 1, b"NAV_RCL_ACT", -1))
    assert (answer.param_type, struct.pack("<f", answer.param_value)) == (INTEGER, struct.pack("<i", 3))


def test_a_ulog_knows_which_parameters_are_integers(tmp_path: Path) -> None:
    def parameter(key: str, value: bytes) -> bytes:
        data = bytes([len(key)]) + key.encode() + value
        return struct.pack("<H", len(data)) + b"P" + data

    log, whole = tmp_path / "a.ulg", ulog()
    begin = whole.index(b"F", 60) - 2
    rows = parameter("int32_t NAV_RCL_ACT", struct.pack("<i", 2)) + parameter(
        "float MPC_XY_CRUISE", struct.pack("<f", 5.5)
    )
    log.write_bytes(whole[:begin] + rows + whole[begin:])
    recording = read_recording(log)
    assert recording.types == {"NAV_RCL_ACT": ParameterType.INT32, "MPC_XY_CRUISE": ParameterType.REAL32}


@pytest.mark.parametrize("name", ["HEARTBEAT", "STATUSTEXT"])
def test_a_damaged_frame_is_not_shown(name: str, tmp_path: Path) -> None:
    """Its checksum says so."""
    log, kind = tmp_path / "a.tlog", getattr(dialect, f"MAVLINK_MSG_ID_{name}")
    log.write_bytes(telemetry())
    rows = list(Player(read_recording(log))._messages.of_kind(kind, -1))
    damaged = bytearray(telemetry())
    at = damaged.rindex(rows[-1][2][:8])
    damaged[at] ^= 0x55
    log.write_bytes(damaged)
    assert list(Player(read_recording(log))._messages.of_kind(kind, -1)) == rows[:-1]
