"""What a storm around real processes counts as sent, and what it makes of a link that its vehicle closes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.definitions import CRC_EXTRA
from mavlink_bridge.wire.framing import FrameReader, MavlinkFrame, frame_v2
from tests.storm.heard import Heard, Tap
from tests.storm.medium import Air, StormLink
from tests.storm.process import Died
from tests.storm.real_process import RealProcess

HEARTBEAT, COMMAND = "HEARTBEAT", "COMMAND_LONG"


def _frame(name: str, sequence: int) -> bytes:
    number = codec.id_of(name)
    return frame_v2(sequence, 255, 190, number, b"\1", CRC_EXTRA[number])


class Sent:
    """A tap on one end of a pair of sockets. `counted`: names of messages that are counted as sent."""

    def __init__(self, ours: socket.socket, *, dies_at: str = "") -> None:
        self.counted: list[str] = []
        self._dies_at = dies_at
        endpoint = SimpleNamespace(system_id=1, muted=False, on_frame=[self._count])
        process: Any = SimpleNamespace(heard=[SimpleNamespace(endpoint=endpoint, now_ms=0)], storm=self)
        station: Any = SimpleNamespace(name="one")
        with patch("socket.create_connection", lambda address: ours):
            self.tap = Tap(process, 0, station, StormLink(1, Air()), 0)

    def _count(self, link: int, frame: MavlinkFrame) -> None:
        self.counted.append(codec.message_name(frame.msg_id))

    def came(self, number: int, station: object, data: bytes) -> None:
        """As a storm: it may kill the process at a frame."""
        if self.counted and self.counted[0] == self._dies_at:
            raise Died


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A station's socket and its vehicle's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_all_that_was_sent_counts_before_a_frame_of_it_kills_the_process(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """A command behind the frame at which the process died had been sent, and was answered (--real 5803)."""
    sent = Sent(pair[0], dies_at=HEARTBEAT)
    with pytest.raises(Died):
        sent.tap._send(_frame(HEARTBEAT, 0) + _frame(COMMAND, 1))
    assert sent.counted == [HEARTBEAT, COMMAND]
    assert pair[1].recv(1000).endswith(_frame(COMMAND, 1))


def test_a_process_that_reboots_has_closed_all_of_its_links(pair: tuple[socket.socket, socket.socket]) -> None:
    """Each closed link was waited for in turn; a HEARTBEAT on the next was then missing (--real 5782, 5850, 5871)."""
    calls: list[str] = []
    ours, theirs = pair
    taps = [
        SimpleNamespace(
            socket=ours,
            station=name,
            receive=lambda now_ms, name=name: name != "first",
            serve=lambda now_ms, name=name: calls.append(f"serve {name}"),
        )
        for name in ("first", "second")
    ]
    process: Any = SimpleNamespace(
        taps={tap.station: tap for tap in taps},
        heard=[SimpleNamespace(now_ms=0)],
        base_ms=0,
        storm_ms=1_000,
        child=SimpleNamespace(wait=lambda limit_s: calls.append("wait")),
        storm=SimpleNamespace(hang_up=lambda station: calls.append(f"hang up {station}")),
        _fail=lambda now_ms: None,
        _judge_death=lambda: None,
        _again=lambda station: calls.append(f"again {station}"),
    )
    process._find_closed = lambda: RealProcess._find_closed(process)
    theirs.send(b"\0")
    RealProcess.step(process, 2_000)
    assert calls == ["wait", "hang up first", "again first", "hang up second", "again second"]


@pytest.mark.parametrize(("throttle", "groundspeed"), [(0, 0.1), (30, 0.1), (0, 20.0)])
def test_who_stands_in_a_failsafe_has_landed(throttle: int, groundspeed: float) -> None:
    """A plane stood armed in its failsafe; nobody took it for landed and disarmed it (--real 6442)."""
    heard = Heard(1, {0: None})
    hud = dialect.MAVLink_vfr_hud_message(0.0, groundspeed, 0, throttle, 584.0, 0.0)
    beat = dialect.MAVLink_heartbeat_message(1, 3, 217, 0, 5, 3)
    for message in (hud, beat):
        number, payload, extra = codec.payload(message)
        (frame,) = FrameReader().receive(frame_v2(0, 1, 1, number, payload, extra))
        heard.hear(frame, 0)
    assert heard.facts.armed
    assert heard.facts.landed is (throttle == 0 and groundspeed < 1.0)
