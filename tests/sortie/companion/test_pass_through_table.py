"""The table of docs/reference/real-vehicles.md, 3, row by row: the whole program between a raw pymavlink client and a
controller that is this test. What passes comes out byte for byte; what does not pass is answered."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import inf, nan
from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from tests.fakes.between import LAT, LON, Between, command, ftp, item, position, tunnel
from tests.fakes.controller_service import ControllerService
from tests.fakes.scripted_controller import ScriptedController

AUTO, GUIDED, LOITER = 3, 4, 5
COMPANION = 191


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Between]:
    folder = tmp_path_factory.mktemp("between")
    controller = ScriptedController()
    service = ControllerService(folder, controller.address)
    try:
        controller.accept()
        controller.pump()
        station = service.station()
        made = Between(controller, service, station)
        made.until(lambda: station.mode == 0)
        station.beats = False  # from now on nothing goes through that the test does not send
        yield made
    finally:
        service.close()
        controller.close()


PASS_UNTOUCHED = [
    item(current=2), item(current=3),
    mavlink.MAVLink_mission_item_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, 1, 2, 3, 0),
    mavlink.MAVLink_mission_count_message(1, 1, 0, 1), mavlink.MAVLink_mission_request_list_message(1, 1, 1),
    mavlink.MAVLink_mission_request_list_message(1, 1, 2), mavlink.MAVLink_mission_request_int_message(1, 1, 0, 2),
    mavlink.MAVLink_mission_clear_all_message(1, 1, 2), item(kind=1), mavlink.MAVLink_mission_ack_message(1, 1, 0, 1),
    command(176, 1, LOITER), command(176, 1, GUIDED), mavlink.MAVLink_set_mode_message(1, 1, LOITER),
    command(21), command(20), command(22, 0, 0, 0, 0, 0, 0, 10),
    mavlink.MAVLink_command_int_message(1, 1, 6, 192, 0, 0, -1, 1, 0, 0, LAT, LON, 20.0), position(),
    mavlink.MAVLink_set_position_target_local_ned_message(0, 1, 1, 1, 0x0DC7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
    mavlink.MAVLink_set_attitude_target_message(0, 1, 1, 7, [1, 0, 0, 0], 0, 0, 0, 0.5),
    mavlink.MAVLink_param_request_list_message(1, 1), mavlink.MAVLink_param_set_message(1, 1, b"WPNAV_SPEED", 500.0, 9),
    ftp(b"@PARAM/param.pck"), ftp(b"@MISSION/fence.dat"),
    ftp(b"@MISSION/rally.dat"), ftp(b"/APM/LOGS/1.BIN"), mavlink.MAVLink_log_request_list_message(1, 1, 0, 65535),
    mavlink.MAVLink_log_request_data_message(1, 1, 1, 0, 90), mavlink.MAVLink_log_erase_message(1, 1),
    mavlink.MAVLink_log_request_end_message(1, 1), command(400, 1), command(400, 0), command(241, 1),
    command(511, 30, 20000), *(command(176, 1, *modes) for modes in ((nan,), (inf,), (LOITER, -inf), (1e30,))),
    command(511, nan, 20000), command(511, inf, 20000),
    mavlink.MAVLink_manual_control_message(1, 0, 0, 500, 0, 0),
    mavlink.MAVLink_rc_channels_override_message(1, 1, *[1500] * 8), mavlink.MAVLink_timesync_message(0, 1),
    mavlink.MAVLink_serial_control_message(0, 0, 0, 0, 0, [0] * 70),
    mavlink.MAVLink_gps_rtcm_data_message(0, 1, [0] * 180),
    mavlink.MAVLink_request_data_stream_message(1, 1, 0, 4, 1), tunnel(1), command(512, 148), command(246, 1),
    mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3),
]  # fmt: skip

STAY_HERE = [
    mavlink.MAVLink_mission_count_message(1, 1, 0, 0), mavlink.MAVLink_mission_request_list_message(1, 1, 0),
    mavlink.MAVLink_mission_request_message(1, 1, 0, 0), mavlink.MAVLink_mission_request_int_message(1, 1, 0, 0),
    mavlink.MAVLink_mission_set_current_message(1, 1, 0), mavlink.MAVLink_mission_clear_all_message(1, 1, 0),
    mavlink.MAVLink_mission_write_partial_list_message(1, 1, 0, 0, 0), item(), item(current=1),
    mavlink.MAVLink_mission_request_partial_list_message(1, 1, 0, 0, 0),
    mavlink.MAVLink_mission_ack_message(1, 1, 0, 0),
    command(176, 1, AUTO), mavlink.MAVLink_set_mode_message(1, 1, AUTO), command(300), command(224, 1), command(193, 0),
    command(31010, 0x22), tunnel(32800), command(512, 42), command(512, 46), ftp(b"@MISSION/mission.dat"),
    command(511, 33, -1), command(511, 33, 1e6), command(511, 30, 500_000),
    mavlink.MAVLink_setup_signing_message(1, 1, list(range(32)), 0),
    mavlink.MAVLink_radio_status_message(200, 200, 50, 10, 10, 0, 0),
]  # fmt: skip


def name(message: Any) -> str:
    fields = (getattr(message, key, "") for key in ("command", "mission_type", "current", "param1", "param2"))
    return "-".join([message.get_type(), *(f"{value:g}" for value in fields if value != "")])


@pytest.mark.parametrize("message", PASS_UNTOUCHED, ids=name)
def test_it_passes_byte_for_byte(between: Between, message: Any) -> None:
    """The controller gets exactly what the station sent, once."""
    data, came = between.from_station(message)
    assert [raw for _, raw in came if raw == data] == [data]


@pytest.mark.parametrize("message", STAY_HERE, ids=name)
def test_it_ends_at_sortie(between: Between, message: Any) -> None:
    """Nothing of it reaches the controller."""
    _, came = between.from_station(message)
    assert [m.get_type() for m, _ in came if m.get_type() != "HEARTBEAT"] == []


@pytest.mark.parametrize(
    ("message", "answer"),
    [(mavlink.MAVLink_mission_request_list_message(1, 1, 0), "MISSION_COUNT"), (command(31010, 0x22), "COMMAND_ACK"),
     (command(224, 1), "COMMAND_ACK"), (command(193, 0), "COMMAND_ACK"), (command(300), "COMMAND_ACK"),
     (command(512, 42), "MISSION_CURRENT"), (command(511, 33, -1), "COMMAND_ACK"), (tunnel(32800), "TUNNEL"),
     (ftp(b"@MISSION/mission.dat"), "FILE_TRANSFER_PROTOCOL")],
    ids=lambda value: value if isinstance(value, str) else name(value),
)  # fmt: skip
def test_what_ends_at_sortie_is_answered_as_the_vehicle(between: Between, message: Any, answer: str) -> None:
    """By system 1, component 1."""
    begin = len(between.station.heard)
    between.from_station(message)
    between.until(lambda: any(m.get_type() == answer for m in between.station.heard[begin:]))
    (first, *_) = [m for m in between.station.heard[begin:] if m.get_type() == answer]
    assert (first.get_srcSystem(), first.get_srcComponent()) == (1, 1)
    if answer == "FILE_TRANSFER_PROTOCOL":
        opcode, reason = first.payload[3], first.payload[12]
        assert (opcode, reason) == (129, 10)  # NAK, file not found


def test_a_rate_that_is_not_slower_passes_and_a_slower_one_is_accepted_and_kept_back(between: Between) -> None:
    """The service needs 10 Hz of GLOBAL_POSITION_INT; what it does not need is the station's own affair."""
    begin = len(between.station.heard)
    _, slower = between.from_station(command(511, 33, 2e6))
    between.until(lambda: bool(between.acks(511, begin)))
    assert slower == [] and between.acks(511, begin) == [0]
    for passes in (command(511, 33, 50_000), command(511, 36, -1), command(511, 125, 1e6)):
        _, came = between.from_station(passes)
        assert [m.get_type() for m, _ in came] == ["COMMAND_LONG"]


def test_stream_groups_pass_and_the_services_own_rates_follow(between: Between) -> None:
    """REQUEST_DATA_STREAM may have slowed down everything: our intervals are asked for again behind it."""
    begin = len(between.controller.heard)
    between.from_station(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 1, 1))
    between.until(
        lambda: (
            {30, 33}
            <= {
                int(m.param1)
                for m, _ in between.controller.heard[begin:]
                if m.get_type() == "COMMAND_LONG" and m.command == 511 and m.get_srcComponent() == COMPANION
            }
        )
    )


@pytest.mark.parametrize(
    "message",
    [mavlink.MAVLink_mission_current_message(7), mavlink.MAVLink_mission_item_reached_message(0),
     mavlink.MAVLink_mission_ack_message(255, 190, 0, 0), mavlink.MAVLink_mission_count_message(255, 190, 9, 0),
     mavlink.MAVLink_mission_request_message(255, 190, 0, 0),
     mavlink.MAVLink_mission_request_int_message(255, 190, 3, 0),
     mavlink.MAVLink_mission_item_int_message(255, 190, 0, 3, 16, 0, 1, 0, 0, 0, 0, LAT, LON, 10.0, 0),
     mavlink.MAVLink_command_ack_message(99, 0, 0, 0, 1, COMPANION),
     mavlink.MAVLink_mission_count_message(1, COMPANION, 9, 1),
     mavlink.MAVLink_setup_signing_message(255, 190, list(range(32)), 0),
     mavlink.MAVLink_radio_status_message(200, 200, 50, 10, 10, 0, 0)],
    ids=name,
)  # fmt: skip
def test_of_the_controller_these_end_at_sortie(between: Between, message: Any) -> None:
    """What Sortie says itself, answers to its own requests, and what is never passed on."""
    data, heard = between.from_controller(message)
    same = [m for m in heard if m.get_type() == message.get_type() and bytes(m.get_msgbuf())[10:-2] == data[10:-2]]
    assert same == []


@pytest.mark.parametrize(
    "message",
    [mavlink.MAVLink_attitude_message(1234, 1, 2, 3, 4, 5, 6),
     mavlink.MAVLink_command_ack_message(246, 2, 0, 0, 255, 190),
     mavlink.MAVLink_mission_count_message(255, 190, 9, 1), mavlink.MAVLink_mission_ack_message(255, 190, 0, 2),
     mavlink.MAVLink_param_value_message(b"WPNAV_SPEED", 500.0, 9, 1300, 7),
     mavlink.MAVLink_statustext_message(4, b"PreArm: Hello", 0, 0), mavlink.MAVLink_log_entry_message(1, 2, 2, 0, 100)],
    ids=name,
)  # fmt: skip
def test_of_the_controller_the_rest_passes(between: Between, message: Any) -> None:
    """With the same payload, once, with a checksum that pymavlink accepts."""
    data, heard = between.from_controller(message)
    same = [m for m in heard if m.get_type() == message.get_type() and bytes(m.get_msgbuf())[10:-2] == data[10:-2]]
    assert len(same) == 1
    assert (same[0].get_srcSystem(), same[0].get_srcComponent()) == (1, 1)


def test_another_component_passes_bit_for_bit(between: Between) -> None:
    """A gimbal behind the controller keeps its sequence numbers."""
    for _ in range(3):
        data, heard = between.from_controller(mavlink.MAVLink_heartbeat_message(26, 8, 0, 0, 4, 3), gimbal=True)
        assert data in [bytes(m.get_msgbuf()) for m in heard]


def test_sequence_numbers_of_the_vehicle_have_no_gaps(between: Between) -> None:
    """Although some of the controller's frames stay here and Sortie adds its own; and no frame is damaged."""
    begin = len(between.station.heard)
    for number in range(40):
        between.controller.say(mavlink.MAVLink_mission_current_message(3))
        between.controller.say(mavlink.MAVLink_attitude_message(number, 0, 0, 0, 0, 0, 0))
    between.from_controller(mavlink.MAVLink_attitude_message(99, 0, 0, 0, 0, 0, 0))
    heard = between.station.heard[begin:]
    numbers = [m.get_seq() for m in heard if (m.get_srcSystem(), m.get_srcComponent()) == (1, 1)]
    assert len(numbers) > 40
    assert all((b - a) % 256 == 1 for a, b in itertools.pairwise(numbers))
    assert not [m for m in between.station.heard if m.get_type() == "BAD_DATA"]


def test_unknown_messages_pass_both_ways_bit_for_bit(between: Between) -> None:
    """An id that is in no dialect of ours, with a checksum that nobody here can verify."""
    frame = bytes((0xFD, 3, 0, 0, 77, 1, 1, 0x50, 0xC3, 0x00, 1, 2, 3, 0xAB, 0xCD))
    begin = len(between.station.heard)
    between.controller.say_raw(frame)
    between.from_controller(mavlink.MAVLink_attitude_message(1, 0, 0, 0, 0, 0, 0))
    kept = [bytes(m.get_msgbuf()) for m in between.station.heard[begin:] if m.get_type().startswith(("UNKNOWN", "BAD"))]
    assert any(frame in one for one in kept)
    back = frame[:5] + bytes((255, 190)) + frame[7:]
    begin = len(between.controller.heard)
    between.station.link.write(back)
    between.from_station(mavlink.MAVLink_ping_message(0, 1, 0, 0))
    assert any(back in data for _, data in between.controller.heard[begin:])


def test_auto_is_guided_first(between: Between) -> None:
    """With a mission, a station's AUTO becomes DO_SET_MODE GUIDED of component 191, and is acknowledged only when the
    controller says so; its HEARTBEAT then shows AUTO with the controller's armed bit."""
    station, controller = between.station, between.controller
    controller.say(mavlink.MAVLink_ekf_status_report_message(831, 0, 0, 0, 0, 0))
    controller.say(mavlink.MAVLink_global_position_int_message(9000, LAT, LON, 584000, 0, 0, 0, 0, 0))
    rows = [item(seq=0), item(seq=1)]
    begin = len(station.heard)
    station.link.mav.mission_count_send(1, 1, 2, 0)
    for seq, row in enumerate(rows):
        between.until(
            lambda seq=seq: any(
                m.get_type().startswith("MISSION_REQUEST") and m.seq == seq for m in station.heard[begin:]
            )
        )
        station.link.mav.send(row)
    between.until(lambda: any(m.get_type() == "MISSION_ACK" and m.type == 0 for m in station.heard[begin:]))
    begin, asked = len(station.heard), len(controller.heard)
    station.link.mav.send(command(176, 1, AUTO))

    def orders() -> list[Any]:
        return [m for m, _ in controller.heard[asked:] if m.get_type() == "COMMAND_LONG" and m.command == 176]

    between.until(lambda: bool(orders()))
    assert (orders()[0].get_srcComponent(), int(orders()[0].param2)) == (COMPANION, GUIDED)
    assert between.acks(176, begin) == []
    controller.mode = GUIDED
    controller.say(mavlink.MAVLink_command_ack_message(176, 0, 0, 0, 1, COMPANION))
    between.until(lambda: between.acks(176, begin) == [0])
    between.until(lambda: station.mode == AUTO)
    assert not station.armed
    controller.mode = LOITER
    controller.say(mavlink.MAVLink_heartbeat_message(2, 3, 81, LOITER, 3, 3))
    between.until(lambda: station.mode == LOITER)
