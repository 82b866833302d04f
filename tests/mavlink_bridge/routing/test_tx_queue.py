"""A line that is too slow: the oldest telemetry goes first, commands never, and the totals tell of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mavlink_bridge.routing.endpoint import OVERFLOW, Endpoint
from mavlink_bridge.routing.tx_queue import TxQueue, is_droppable
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame

dialect = codec.dialect
BAUD = 57_600
BURST = TxQueue(BAUD).burst


def attitude(at_ms: int) -> Any:
    return dialect.MAVLink_attitude_message(at_ms, 0, 0, 0, 0, 0, 0)


def acknowledgement(command: int) -> Any:
    return dialect.MAVLink_command_ack_message(command, 0)


def drained(endpoint: Endpoint, link: int) -> list[MavlinkFrame]:
    reader, found = FrameReader(), list[MavlinkFrame]()
    while endpoint.out_queue(link).size:
        data = endpoint.take_bytes(link)
        assert len(data) <= BURST
        found += reader.receive(data)
    return found


def test_of_telemetry_only_the_newest_waits() -> None:
    """No more than the line carries in one burst; frames that were dropped are counted, and not as sent."""
    endpoint = Endpoint(1)
    line = endpoint.open_link("line", baud=BAUD)
    for at_ms in range(2000):
        endpoint.send(attitude(at_ms), line)
        assert endpoint.out_queue(line).size <= BURST
    statistics = endpoint.statistics(line)
    times = [codec.decode(frame.msg_id, frame.payload).time_boot_ms for frame in drained(endpoint, line)]
    assert times == list(range(2000 - len(times), 2000))
    assert (statistics.frames_out, statistics.dropped) == (len(times), 2000 - len(times))


def test_answers_are_never_dropped_for_telemetry() -> None:
    """They keep their order among themselves, and the telemetry around them goes."""
    endpoint = Endpoint(1)
    line = endpoint.open_link("line", baud=BAUD)
    for number in range(300):
        endpoint.send(acknowledgement(number), line)
        for at_ms in range(10):
            endpoint.send(attitude(at_ms), line)
    frames = drained(endpoint, line)
    commands = [codec.decode(77, frame.payload).command for frame in frames if frame.msg_id == 77]
    assert commands == list(range(300))


def test_a_flood_of_texts_and_versions_does_not_hold_up_what_follows() -> None:
    """The newest 30 texts of each component wait, as in ArduPilot, and one AUTOPILOT_VERSION; acknowledgements all do.
    8 kB of both held up HEARTBEAT for 1.4 s (29930003 of dense storms)."""
    endpoint = Endpoint(1)
    line = endpoint.open_link("line", baud=BAUD)
    version = dialect.MAVLink_autopilot_version_message(*[0] * 5, b"", b"", b"", 0, 0, 0, b"")
    for number in range(100):
        endpoint.send(acknowledgement(number), line)
        endpoint.send(version, line)
        for component in (None, 191):
            endpoint.send(dialect.MAVLink_statustext_message(4, b"%d" % number), line, component)
    assert endpoint.statistics(line).dropped == 99 + 2 * 70
    frames = drained(endpoint, line)
    texts = [frame for frame in frames if frame.msg_id == 253]
    for component in (1, 191):
        numbers = [codec.decode(253, text.payload).text for text in texts if text.component == component]
        assert numbers == [str(number) for number in range(70, 100)]
    assert [frame.msg_id for frame in frames].count(148) == 1
    assert [frame.msg_id for frame in frames].count(77) == 100
    endpoint.send(version, line)
    assert [frame.msg_id for frame in drained(endpoint, line)] == [148], "the one before has left"


def test_what_streams_append_is_telemetry_and_a_forwarded_command_is_not() -> None:
    """`append` is told by its caller, a forwarded frame is known by its id."""
    endpoint = Endpoint(1)
    line, other = endpoint.open_link("line", baud=BAUD), endpoint.open_link("other")
    heartbeat = dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)
    endpoint.receive(line, FrameWriter(9, 1).frame(*codec.payload(heartbeat)), 0, 0)
    asking = FrameWriter(255, 190)
    for number in range(400):
        command = dialect.MAVLink_command_long_message(9, 1, number, 0, 0, 0, 0, 0, 0, 0, 0)
        endpoint.receive(other, asking.frame(*codec.payload(command)), 0, 0)
        endpoint.append(line, endpoint.writer(line).frame(*codec.payload(attitude(number))), 0)
    frames = drained(endpoint, line)
    assert [codec.decode(76, frame.payload).command for frame in frames if frame.msg_id == 76] == list(range(400))
    assert sum(frame.msg_id == 30 for frame in frames) < 400


def test_a_heartbeat_among_streams_is_kept() -> None:
    """Streams that fall due together are one piece of bytes; the other end has to hear that there is somebody."""
    endpoint = Endpoint(1)
    line = endpoint.open_link("line", baud=BAUD)
    writer = endpoint.writer(line)
    heartbeat = dialect.MAVLink_heartbeat_message(2, 3, 81, 0, 3, 3)
    for at_ms in range(100):
        messages = (heartbeat, *(attitude(at_ms) for _ in range(20)))
        endpoint.append(line, b"".join(writer.frame(*codec.payload(message)) for message in messages), 0)
    frames = drained(endpoint, line)
    assert sum(frame.msg_id == 0 for frame in frames) == 100
    assert sum(frame.msg_id == 30 for frame in frames) < 200


def test_a_link_without_a_rate_drops_nothing() -> None:
    """UDP, TCP and native USB: their bounds are the large ones."""
    endpoint = Endpoint(1)
    link = endpoint.open_link("usb")
    for at_ms in range(2000):
        endpoint.send(attitude(at_ms), link)
    assert endpoint.statistics(link).dropped == 0


def test_a_line_that_takes_nothing_for_minutes_overflows_and_begins_anew() -> None:
    """Answers are bounded too; once the line was opened anew nothing of before is sent."""
    endpoint = Endpoint(1)
    line = endpoint.open_link("line", baud=BAUD)
    while not endpoint.out_queue(line).overflowed:
        endpoint.send(acknowledgement(1), line)
        assert endpoint.out_queue(line).size <= OVERFLOW
    endpoint.restart_link(line)
    assert (endpoint.out_queue(line).overflowed, endpoint.out_queue(line).size) == (False, 0)
    endpoint.send(acknowledgement(2), line)
    assert [codec.decode(77, frame.payload).command for frame in drained(endpoint, line)] == [2]


def test_bursts_are_paced_by_what_the_line_carries() -> None:
    """A parameter list must not stand for seconds before an acknowledgement."""
    endpoint = Endpoint(1)
    line, link = endpoint.open_link("line", baud=BAUD), endpoint.open_link("tcp")
    assert endpoint.out_queue(link).room(65536) == 65536
    assert endpoint.out_queue(line).room(65536) == BURST
    endpoint.send(acknowledgement(1), line)
    assert endpoint.out_queue(line).room(65536) == BURST - endpoint.out_queue(line).size
    endpoint.set_baud(line, 921_600, "fast line")
    assert endpoint.out_queue(line).room(65536) > 10 * BURST


@pytest.mark.parametrize(
    ("name", "droppable"),
    [
        ("SET_POSITION_TARGET_GLOBAL_INT", True), ("SET_POSITION_TARGET_LOCAL_NED", True), ("HEARTBEAT", False),
        ("GLOBAL_POSITION_INT", True), ("MANUAL_CONTROL", True), ("RC_CHANNELS_OVERRIDE", True),
        ("GPS_RTCM_DATA", True), ("COMMAND_LONG", False), ("COMMAND_INT", False), ("COMMAND_ACK", False),
        ("MISSION_ITEM_INT", False), ("PARAM_SET", False), ("FILE_TRANSFER_PROTOCOL", False), ("STATUSTEXT", False),
        ("LOG_DATA", False), ("SET_MODE", False), ("AVAILABLE_MODES", False), ("AVAILABLE_MODES_MONITOR", True),
    ],
)  # fmt: skip
def test_setpoints_are_droppable_and_conversations_are_not(name: str, droppable: bool) -> None:
    """A setpoint of seconds ago must not be carried out. All modes come at once: telemetry left none of 20."""
    number = codec.message_id(name)
    assert number is not None and is_droppable(number) is droppable


@given(st.lists(st.tuples(st.integers(1, 900), st.booleans(), st.booleans()), max_size=120))
def test_any_order_of_pushes_and_takes_keeps_the_books(steps: list[tuple[int, bool, bool]]) -> None:
    """Every byte is taken, dropped or waiting; kept entries come out whole and in order."""
    queue = TxQueue(9600)
    pushed = taken = dropped = 0
    kept: list[bytes] = []
    out = b""
    for number, (size, droppable, take) in enumerate(steps):
        data = (b"f" if droppable else bytes((65 + number % 26,))) * size
        pushed += size
        dropped += queue.push(data, 1, droppable=droppable)[1]
        if not droppable:
            kept.append(data)
        if take:
            got = queue.take()
            taken, out = taken + len(got), out + got
        assert pushed == taken + dropped + queue.size
    while queue.size:
        out += queue.take()
    assert out.replace(b"f", b"") == b"".join(kept)
