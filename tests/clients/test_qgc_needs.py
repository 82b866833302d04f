"""The judge of QGroundControl's conversations itself: silence, wrong answers and foreign ones are faults."""

from __future__ import annotations

from typing import Any

import pytest

from mavlink_bridge.wire.codec import dialect as m
from tests.fakes.qgc_checker import QgcChecker


def command(number: int, first: float = 0.0, second: float = 0.0) -> Any:
    return m.MAVLink_command_long_message(1, 1, number, 0, first, second, 0, 0, 0, 0, 0)


def ftp(operation: int) -> Any:
    return m.MAVLink_file_transfer_protocol_message(0, 1, 1, [1, 0, 0, operation] + [0] * 247)


def ack(number: int, result: int = 0, target: int = 255) -> Any:
    return m.MAVLink_command_ack_message(number, result, target_system=target, target_component=190)


REQUESTS = [
    command(512, 148), command(512, 435, 1), command(511, 242, 1e6), command(521), command(176, 1, 4), command(400, 1),
    command(22), command(300), command(224, 2), ftp(2), ftp(4), ftp(15),
    m.MAVLink_command_int_message(1, 1, 0, 192, 0, 0, -1, 1, 0, 0, 0, 0, 600.0),
    m.MAVLink_request_data_stream_message(1, 1, 10, 10, 1),
    m.MAVLink_set_position_target_local_ned_message(0, 1, 1, 7, 65528, 0, 0, -5, 0, 0, 0, 0, 0, 0, 0, 0),
    m.MAVLink_mission_request_list_message(1, 1, 1),
    m.MAVLink_mission_request_int_message(1, 1, 3, 0),
    m.MAVLink_mission_count_message(1, 1, 4, 0),
    m.MAVLink_mission_item_int_message(1, 1, 1, 3, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    m.MAVLink_mission_item_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    m.MAVLink_mission_clear_all_message(1, 1, 2),
    m.MAVLink_mission_set_current_message(1, 1, 2),
    m.MAVLink_param_set_message(1, 1, b"RTL_ALT", 10.0, 4),
    m.MAVLink_serial_control_message(10, 6, 0, 0, 1, [10] + [0] * 69),
    m.MAVLink_set_gps_global_origin_message(1, 1, 1, 1),
]  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda message: message.get_type())
def test_silence_is_a_fault(request_: Any) -> None:
    """Each kind of request needs something."""
    checker = QgcChecker()
    checker.sent(request_, 0.0)
    checker.finish()
    assert checker.faults


def test_an_unknown_request_is_a_fault() -> None:
    """Nothing passes because nobody judges it."""
    checker = QgcChecker()
    checker.sent(m.MAVLink_log_request_list_message(1, 1, 0, 65535), 0.0)
    assert checker.faults


@pytest.mark.parametrize("answer", [ack(22, 4), ack(22, 3), ack(300), ack(22, 0, target=17)])
def test_a_wrong_acknowledgement_is_a_fault(answer: Any) -> None:
    """Refused, another command's, or for somebody else."""
    checker = QgcChecker()
    checker.sent(command(22), 0.0)
    checker.heard(answer, 0.1)
    checker.finish()
    assert checker.faults


def test_a_late_answer_is_a_fault_and_one_in_time_is_none() -> None:
    """The limit counts from the request."""
    for late_s, faults in ((0.1, 0), (0.4, 1)):
        checker = QgcChecker()
        checker.sent(command(22), 5.0)
        checker.heard(ack(22), 5.0 + late_s)
        checker.finish()
        assert len(checker.faults) == faults


def test_an_acknowledgement_without_the_mode_is_a_fault() -> None:
    """QGroundControl judges by the HEARTBEAT."""
    checker = QgcChecker()
    checker.sent(command(176, 1, 4), 0.0)
    checker.heard(ack(176), 0.0)
    checker.heard(m.MAVLink_heartbeat_message(2, 3, 81, 0, 3, 3), 0.1)
    checker.finish()
    assert checker.faults


def test_an_acceptance_without_the_message_is_a_fault() -> None:
    """It may be refused; once accepted, it is waited for."""
    for result, faults in ((0, 1), (3, 0)):
        checker = QgcChecker()
        checker.sent(command(512, 397), 0.0)
        checker.heard(ack(512, result), 0.0)
        checker.finish()
        assert len(checker.faults) == faults


@pytest.mark.parametrize("name", ["HEARTBEAT", "HOME_POSITION", "BATTERY_STATUS"])
def test_a_stream_that_stops_is_a_fault(name: str) -> None:
    """After 3.5 s communication is lost, after 10 s everything is asked for again."""
    streams = {
        "HEARTBEAT": m.MAVLink_heartbeat_message(2, 3, 81, 0, 3, 3),
        "HOME_POSITION": m.MAVLink_home_position_message(0, 0, 0, 0, 0, 0, [1, 0, 0, 0], 0, 0, 0),
        "BATTERY_STATUS": m.MAVLink_battery_status_message(0, 0, 0, 0, [0] * 10, 0, 0, 0, 0),
    }
    checker = QgcChecker()
    checker.heard(streams[name], 0.0)
    checker.heard(streams[name], 11.0)
    assert checker.faults


def test_a_text_that_pops_up_is_a_fault() -> None:
    """Severities up to ERROR are shown as pop-ups."""
    checker = QgcChecker()
    checker.heard(m.MAVLink_statustext_message(3, b"no"), 0.0)
    assert checker.faults


def test_a_text_that_is_only_spoken_is_a_fault() -> None:
    """QGroundControl takes "#" at the beginning for speech."""
    checker = QgcChecker()
    checker.heard(m.MAVLink_statustext_message(6, b"#1 Takeoff (22) will be skipped"), 0.0)
    assert checker.faults
