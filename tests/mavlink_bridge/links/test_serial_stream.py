"""MAVLink on a serial line, from descriptor to endpoint: split anywhere, in noise, in bursts, on a line too slow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mavlink_bridge.links.hub import LinkHub
from mavlink_bridge.links.serial import SerialLink
from mavlink_bridge.routing.endpoint import OVERFLOW, Endpoint
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame

dialect = codec.dialect


class Line:
    """The hub's serial link on a pseudo-terminal, whose far end is `master`."""

    def __init__(self, folder: Path, baud: int = 57_600) -> None:
        self.path = folder / "ttyTEST"
        self.heard: list[MavlinkFrame] = []
        self.events: list[str] = []
        self.endpoint = Endpoint(255, 191, on_frame=lambda link, frame: self.heard.append(frame))
        self.hub = LinkHub(self.endpoint, on_event=self.events.append)
        self.plug()
        link = self.hub.open(f"{self.path},{baud}", 0)
        assert isinstance(link, SerialLink)
        self.link = link
        (self.number,) = self.endpoint.links()
        self.now_ms = 0

    def plug(self) -> None:
        self.master, slave = os.openpty()
        os.set_blocking(self.master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def turn(self, wait_s: float = 0.0) -> None:
        self.hub.wait(wait_s)
        self.hub.receive(self.now_ms, 0)
        self.hub.flush()

    def until_heard(self, count: int) -> None:
        for _ in range(1000):
            if len(self.heard) >= count:
                return
            self.turn(0.1)
        raise AssertionError(f"{len(self.heard)} of {count} frames")

    def say(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self.master, data) :]
            except BlockingIOError:
                self.turn()

    def take(self) -> bytes:
        """What has come out at the far end."""
        try:
            return os.read(self.master, 65536)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        self.hub.close()
        os.close(self.master)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path)
    yield made
    made.close()


def attitude(at_ms: int) -> Any:
    return dialect.MAVLink_attitude_message(at_ms, 0.1, 0.2, 0.3, 0, 0, 0)


def stream(count: int) -> list[bytes]:
    writer = FrameWriter(1, 1)
    return [writer.frame(*codec.payload(attitude(at_ms))) for at_ms in range(count)]


def times(frames: list[MavlinkFrame]) -> list[int]:
    return [codec.decode(frame.msg_id, frame.payload).time_boot_ms for frame in frames if frame.msg_id == 30]


def test_frames_are_whole_wherever_the_line_splits_them(line: Line) -> None:
    """Two frames, cut at each byte, the pieces read one by one."""
    pair = b"".join(stream(2))
    for cut in range(1, len(pair)):
        line.say(pair[:cut])
        line.turn(1.0)
        line.say(pair[cut:])
        line.until_heard(2 * cut)
    assert times(line.heard) == [0, 1] * (len(pair) - 1)
    assert line.endpoint.statistics(line.number).errors == 0


def test_noise_costs_the_frames_that_it_hits_and_no_others(line: Line) -> None:
    """Rubbish between frames, and one frame in five damaged: the sound ones come in, in order."""
    random = Random(4)
    sound: list[int] = []
    for at_ms, frame in enumerate(stream(300)):
        line.say(random.randbytes(random.randrange(0, 20)))
        if random.randrange(5) == 0:
            damaged = bytearray(frame)
            damaged[random.randrange(1, len(frame))] ^= 1 << random.randrange(8)
            line.say(bytes(damaged))
        else:
            line.say(frame)
            sound.append(at_ms)
    line.say(bytes(300))  # what rubbish claims to be a frame is longer than all that follows, else
    line.until_heard(len(sound))
    assert times(line.heard) == sound


def test_a_burst_larger_than_any_buffer_comes_in_whole(line: Line) -> None:
    """A parameter list at 921600 baud while the program was busy."""
    line.say(b"".join(stream(10_000)))
    line.until_heard(10_000)
    assert times(line.heard) == list(range(10_000))


def test_a_line_that_is_too_slow_has_fresh_telemetry_and_all_commands(line: Line) -> None:
    """Ten times more telemetry than it carries: the newest comes out, and every command."""
    reader, frames = FrameReader(), list[MavlinkFrame]()
    for at_ms in range(0, 30_000, 5):
        line.now_ms = at_ms
        line.endpoint.send(attitude(at_ms), line.number)
        if at_ms % 1000 == 0:
            line.endpoint.send(dialect.MAVLink_command_long_message(1, 1, at_ms // 1000, 0, 0, 0, 0, 0, 0, 0, 0))
        line.turn()
        if at_ms % 100 == 0 and at_ms > 10_000:  # the far end takes 60 bytes in 0.1 s: 6000 baud
            frames += reader.receive(os.read(line.master, 60))
    for _ in range(1000):
        line.turn()
        data = line.take()
        frames += reader.receive(data)
        if not data and not line.link.pending and not line.endpoint.out_queue(line.number).size:
            break
    commands = [codec.decode(76, frame.payload).command for frame in frames if frame.msg_id == 76]
    assert commands == list(range(30))
    assert line.endpoint.statistics(line.number).dropped > 1000
    assert times(frames)[-1] == 29_995
    assert reader.errors == 0


def test_a_device_that_takes_nothing_is_opened_anew_and_nothing_old_is_sent(line: Line) -> None:
    """It is not given up: a controller's link has to come back."""
    while not line.endpoint.out_queue(line.number).overflowed:
        line.endpoint.send(dialect.MAVLink_command_ack_message(400, 0), line.number)
        assert line.endpoint.out_queue(line.number).size <= OVERFLOW
    line.turn()
    assert any("opened anew" in text for text in line.events)
    assert line.endpoint.links() == (line.number,)
    assert not line.link.connected
    for line.now_ms in range(0, 500, 20):
        line.turn()
    assert line.link.connected
    line.endpoint.send(dialect.MAVLink_command_ack_message(22, 0), line.number)
    line.turn()
    (frame,) = FrameReader().receive(line.take())
    assert codec.decode(77, frame.payload).command == 22


def test_a_link_that_comes_and_goes_is_told_in_the_log(line: Line) -> None:
    """One line each, with the path."""
    os.close(line.master)
    line.path.unlink()
    for _ in range(100):
        if not line.link.connected:
            break
        line.turn(0.1)
    line.plug()
    for line.now_ms in range(0, 3000, 100):
        line.turn()
    assert line.events == [f"{line.path} has gone; waiting for it", f"{line.path} is back"]
