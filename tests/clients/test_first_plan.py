"""A station that is open before the vehicle asks for the mission when it first hears it, and never again: it must get
the mission that will be flown."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sortie.api.sample import square
from sortie.api.session import Session
from sortie.loop.profile import load_profile
from tests.fakes.patience import PATIENCE_S
from tests.fakes.station_plan import HOME
from tests.fakes.warm import begin_warm

PLAN = Path(__file__).parents[2] / "examples" / "square.waypoints"


class Listener:
    """A station on UDP. `count` is what it is told when it asks at the first HEARTBEAT."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(1.0)
        self.url = f"udpout:127.0.0.1:{self.socket.getsockname()[1]}"
        self._reader, self._writer = FrameReader(), FrameWriter(255, 190)

    def messages(self) -> Iterator[tuple[Any, Any]]:
        """Messages and whom they came from, for so long as a test has patience."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            try:
                data, sender = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            for frame in self._reader.receive(data):
                message = codec.decode(frame.msg_id, frame.payload)
                if message is not None and frame.system == 1:
                    yield message, sender

    def count(self) -> int:
        """MISSION_COUNT in answer to a request that is sent at the first HEARTBEAT."""
        asked = False
        for message, sender in self.messages():
            if message.get_type() == "HEARTBEAT" and not asked:
                asked = True
                request = m.MAVLink_mission_request_list_message(1, 1, 0)
                self.socket.sendto(self._writer.frame(*codec.payload(request)), sender)
            if message.get_type() == "MISSION_COUNT" and message.mission_type == 0:
                return int(message.count)
        raise AssertionError("no MISSION_COUNT")


def _waypoints(profile: str) -> int:
    return len(load_profile(profile)[0].plan.waypoints)


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.socket.close()


@pytest.mark.parametrize(
    ("arguments", "items"),
    [
        (("demo",), 1 + 6),
        (("fly", str(PLAN)), 1 + 6),
        # home, takeoff, camera trigger, the lines, and the way back
        (("loop", "--profile", "drone-box", "--sorties", "1", "--speedup", "1"), 1 + 2 + _waypoints("drone-box") + 1),
        (("loop", "--profile", "space", "--sorties", "1", "--speedup", "1000"), 1 + _waypoints("space")),
    ],
    ids=["demo", "fly", "drone-box", "space"],
)
def test_the_mission_is_there_at_the_first_heartbeat(
    tmp_path: Path, listener: Listener, arguments: tuple[str, ...], items: int
) -> None:
    """Home and the items that will be flown, before any frame could be asked for more."""
    process = begin_warm(tmp_path, *arguments, "--link", listener.url)
    try:
        assert listener.count() == items
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)


def test_a_session_says_nothing_before_its_mission_is_in(listener: Listener) -> None:
    """Its time stands still between the making and the upload."""
    with Session(home=HOME, links=[listener.url]) as session:
        listener.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.socket.recv(65536)
        listener.socket.settimeout(1.0)
        session.upload(square(session.autopilot.vehicle.state.place))
        session.run_for(0.1)
        link = session.connect()
        link.send(m.MAVLink_mission_request_list_message(1, 1, 0))
        assert link.receive("MISSION_COUNT").count == 1 + 6
        assert any(message.get_type() == "HEARTBEAT" for message, _ in listener.messages())
