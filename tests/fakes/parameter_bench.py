"""The parameter service of a copter in virtual time: what it is asked, what it sends."""

from __future__ import annotations

from typing import Any

from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Outgoing, Peer
from mavlink_bridge.services.parameters import ParameterService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.memory_journal import MemoryJournal

QGC = Peer(link=1, system=255, component=190)
MISSION_PLANNER = Peer(link=2, system=255, component=190)


class Bench:
    """A service with a journal and a room for each link that a test may change."""

    def __init__(self, *, hold: bool = False, firmware: Firmware = OWN) -> None:
        self.parameters = Parameters(COPTER.parameters)
        self.journal = MemoryJournal(hold=hold)
        self.room = {1: 1_000_000, 2: 1_000_000}
        self.service = ParameterService(
            self.parameters, self.journal, room=self.room.__getitem__, banner=self.banner, firmware=firmware
        )
        self.now_ms = 1000

    def banner(self) -> list[Any]:
        return [dialect.MAVLink_statustext_message(6, b"ArduCopter V4.6.2 (12345678)")]

    def ask(self, message: Any, peer: Peer = QGC) -> list[Outgoing]:
        self.service.handle_message(message, peer, self.now_ms)
        return self.service.take_outgoing()

    def set(self, name: str, value: float, peer: Peer = QGC) -> list[Outgoing]:
        return self.ask(dialect.MAVLink_param_set_message(1, 1, name.encode(), value, 9), peer)

    def read(self, name: str = "", index: int = -1) -> list[Outgoing]:
        return self.ask(dialect.MAVLink_param_request_read_message(1, 1, name.encode(), index))

    def request_list(self, peer: Peer = QGC) -> list[Outgoing]:
        return self.ask(dialect.MAVLink_param_request_list_message(1, 1), peer)

    def step(self, ms: int = 1) -> list[Outgoing]:
        self.now_ms += ms
        self.service.handle_timeout(self.now_ms)
        return self.service.take_outgoing()

    def drain(self) -> list[Outgoing]:
        """All that a list sends, jumping from deadline to deadline."""
        out: list[Outgoing] = []
        while (due := self.service.next_deadline_ms()) is not None:
            assert due > self.now_ms
            out += self.step(due - self.now_ms)
        return out


def values(out: list[Outgoing], link: int | None = None) -> list[tuple[str, float, int]]:
    return [
        (one.message.param_id, one.message.param_value, one.message.param_index)
        for one in out
        if one.message.get_type() == "PARAM_VALUE" and (link is None or one.link == link)
    ]


def texts(out: list[Outgoing]) -> list[str]:
    return [one.message.text for one in out if one.message.get_type() == "STATUSTEXT"]
