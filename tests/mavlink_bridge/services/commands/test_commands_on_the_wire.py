"""Bytes in, bytes out: the command service and telemetry behind the endpoint."""

from __future__ import annotations

from math import nan

import pytest

from autopilot.core.autopilot import Autopilot
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Result
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.memory_journal import MemoryJournal


class Wire:
    """One vehicle, two links to it, a ground station 255/190 on each."""

    def __init__(self) -> None:
        vehicle = SimulatedCopter(GeoPoint(-35.363261, 149.165230, 584.0), 353.0, 1)
        autopilot = Autopilot("copter", vehicle, Parameters(COPTER.parameters), MemoryJournal())
        while autopilot.facts.home is None:
            autopilot.update(vehicle.advance(vehicle.state.time_ms + 1000))
        self.now_ms = vehicle.state.time_ms
        self.endpoint = Endpoint(1)
        self.telemetry = TelemetryService(autopilot, self.endpoint, Identity(), boot_unix_us=0)
        self.endpoint.add_service(CommandService(autopilot, self.telemetry))
        self.endpoint.add_service(self.telemetry)
        self.links = (self.endpoint.open_link("one"), self.endpoint.open_link("two"))

    def ask(self, message: Message, link: int = 0) -> tuple[list[Message], list[Message]]:
        """What comes back on either link, no stream running."""
        frame = FrameWriter(255, 190).frame(*codec.payload(message))
        self.endpoint.receive(self.links[link], frame, 0, self.now_ms)
        self.endpoint.handle_timeouts(0, self.now_ms)
        first, second = (self._read(one) for one in self.links)
        return first, second

    def _read(self, link: int) -> list[Message]:
        frames = FrameReader().receive(self.endpoint.take_bytes(link))
        return [codec.decode(frame.msg_id, frame.payload) for frame in frames]


def request(number: int, *params: float, system: int = 1, component: int = 1) -> Message:
    return dialect.MAVLink_command_long_message(system, component, number, 0, *params, *[0.0] * (7 - len(params)))


@pytest.mark.parametrize(
    ("message", "follows"),
    [
        (request(512, 148), "AUTOPILOT_VERSION"),
        (request(520, 1), "AUTOPILOT_VERSION"),
        (request(512, 242), "HOME_POSITION"),
        (request(410), "HOME_POSITION"),
        (request(512, 30), "ATTITUDE"),
        (request(42428), "STATUSTEXT"),
    ],
)
def test_the_acknowledgement_leaves_first_and_the_message_right_behind(message: Message, follows: str) -> None:
    """Section 6, on the asker's link; the other link hears nothing."""
    mine, other = Wire().ask(message)
    assert [one.get_type() for one in mine[:2]] == ["COMMAND_ACK", follows]
    assert (mine[0].result, mine[0].target_system, mine[0].target_component) == (Result.ACCEPTED, 255, 190)
    assert other == []


def test_the_second_link_is_answered_on_the_second_link() -> None:
    """QGroundControl and Mission Planner share 255/190."""
    first, second = Wire().ask(request(520, 1), link=1)
    assert first == []
    assert [one.get_type() for one in second] == ["COMMAND_ACK", "AUTOPILOT_VERSION"]


@pytest.mark.parametrize(("system", "component", "answers"), [(0, 0, 1), (1, 0, 1), (1, 1, 1), (2, 1, 0)])
def test_commands_for_us_and_for_all_are_answered(system: int, component: int, answers: int) -> None:
    """Section 5: target 0, ours with component 0 or 1; another system's command is not ours."""
    mine, _ = Wire().ask(request(401, system=system, component=component))
    assert sum(one.get_type() == "COMMAND_ACK" for one in mine) == answers


def test_nan_from_the_wire_is_not_given() -> None:
    """QGroundControl's speed change carries NaN in what it does not use; type 9 is still refused."""
    mine, _ = Wire().ask(request(178, 9, 5, -1, 0, nan, nan, nan))
    assert (mine[0].get_type(), mine[0].result) == ("COMMAND_ACK", Result.DENIED)
