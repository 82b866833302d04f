"""docs/reference/ground-stations.md, 1.2: the rows that are no commands."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.interface import report
from mavlink_bridge.firmware.ardupilot import OWN as ARDUPILOT
from mavlink_bridge.firmware.known import SPOKEN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Outgoing, Peer
from mavlink_bridge.services.system.logs import LogService
from mavlink_bridge.services.system.service import SystemService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.recording_autopilot import RecordingAutopilot
from tests.fakes.recording_telemetry import RecordingTelemetry

MAVSDK = Peer(3, 245, 190)
NOW = 40  # link time


def ask(
    message: Any, *, now_ns: int | None = None, firmware: Firmware = ARDUPILOT
) -> tuple[list[Outgoing], Any, RecordingTelemetry]:
    autopilot: Any = RecordingAutopilot()
    autopilot.vehicle.state.report[report.TIME_MS] = 60
    telemetry = RecordingTelemetry()
    clock = None if now_ns is None else (lambda: now_ns)
    service = SystemService(autopilot, telemetry, now_ns=clock, firmware=firmware)
    service.handle_message(message, MAVSDK, NOW)
    return service.take_outgoing(), autopilot, telemetry


@pytest.mark.parametrize(("now_ns", "expected"), [(None, 60_000_000), (61_234_567, 61_234_567), (0, 1)])
def test_timesync_is_answered_with_the_own_time(now_ns: int | None, expected: int) -> None:
    """Row TIMESYNC: same ts1, tc1 = own ns, on the asker's link; never 0, which would be a question."""
    ((answer,), _, _) = ask(dialect.MAVLink_timesync_message(0, 987654321), now_ns=now_ns)
    assert (answer.message.tc1, answer.message.ts1, answer.link) == (expected, 987654321, MAVSDK.link)


def test_an_answered_timesync_is_not_answered() -> None:
    """tc1 not 0 is somebody's answer."""
    assert ask(dialect.MAVLink_timesync_message(5, 6))[0] == []


def test_ping_is_answered_to_the_asker() -> None:
    """Row PING: same seq, target = asker."""
    ((answer,), _, _) = ask(dialect.MAVLink_ping_message(77, 5, 0, 0))
    ping = answer.message
    assert (ping.time_usec, ping.seq, ping.target_system, ping.target_component) == (77, 5, 245, 190)
    assert answer.link == MAVSDK.link


def test_an_answered_ping_is_not_answered() -> None:
    """A target is set in answers only."""
    assert ask(dialect.MAVLink_ping_message(77, 5, 1, 1))[0] == []


def test_the_old_question_for_the_version_is_passed_on() -> None:
    """Row "message 183": AUTOPILOT_VERSION to the asker."""
    _, _, telemetry = ask(dialect.MAVLink_autopilot_version_request_message(1, 1))
    assert telemetry.asked == [("request_message", 3, 148)]


PX4 = SPOKEN["px4"](ARDUPILOT.vehicle_class)
HEARD = [("failsafes.ground_station_heard", (245,), {})]


@pytest.mark.parametrize(
    ("mav_type", "firmware", "calls"), [(6, ARDUPILOT, HEARD), (18, ARDUPILOT, HEARD), (6, PX4, HEARD), (18, PX4, [])]
)
def test_heartbeats_of_ground_stations_reach_the_core(mav_type: int, firmware: Firmware, calls: list[Any]) -> None:
    """In link time, on which FS_GCS counts; nothing is answered. ArduPilot knows its station by the system id: MAVROS
    is 255 too, and says that it is an onboard controller (18)."""
    outgoing, autopilot, _ = ask(dialect.MAVLink_heartbeat_message(mav_type, 8, 0, 0, 4, 3), firmware=firmware)
    assert (outgoing, autopilot.calls) == ([], calls)


@pytest.mark.parametrize(
    "sticks",
    [
        dialect.MAVLink_rc_channels_override_message(1, 1, *[1500] * 8),
        dialect.MAVLink_manual_control_message(1, 0, 0, 500, 0, 0),
    ],
)
def test_sticks_are_signs_of_life_of_a_ground_station(sticks: Any) -> None:
    """Fails if only HEARTBEATs are: ArduPilot's FS_GCS_ENABLE counts sticks too."""
    outgoing, autopilot, _ = ask(sticks)
    assert (outgoing, autopilot.calls) == ([], [("failsafes.ground_station_heard", (245,), {})])


def test_the_list_of_logs_is_empty() -> None:
    """Row LOG_REQUEST_LIST: one LOG_ENTRY, all 0."""
    service = LogService()
    service.handle_message(dialect.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF), MAVSDK, NOW)
    (answer,) = service.take_outgoing()
    entry = answer.message
    assert (entry.id, entry.num_logs, entry.last_log_num, entry.time_utc, entry.size) == (0, 0, 0, 0, 0)
    assert answer.link == MAVSDK.link


def test_log_data_is_empty() -> None:
    """Row LOG_REQUEST_DATA: LOG_DATA with count 0, for what was asked."""
    service = LogService()
    service.handle_message(dialect.MAVLink_log_request_data_message(1, 1, 4, 900, 90), MAVSDK, NOW)
    (answer,) = service.take_outgoing()
    assert (answer.message.id, answer.message.ofs, answer.message.count) == (4, 900, 0)


def test_nobody_handles_what_needs_no_answer() -> None:
    """Rows 121, 122, SYSTEM_TIME, STATUSTEXT: nothing."""
    assert not {"SYSTEM_TIME", "STATUSTEXT"} & (SystemService.handles | LogService.handles)
    service = LogService()
    service.handle_message(dialect.MAVLink_log_erase_message(1, 1), MAVSDK, NOW)
    service.handle_message(dialect.MAVLink_log_request_end_message(1, 1), MAVSDK, NOW)
    assert service.take_outgoing() == []


def test_sticks_for_another_vehicle_are_no_sign_of_life() -> None:
    """MANUAL_CONTROL has a target of its own name, which no router sees; ArduPilot compares it first."""
    _, autopilot, _ = ask(dialect.MAVLink_manual_control_message(2, 0, 0, 500, 0, 0))
    assert autopilot.calls == []
