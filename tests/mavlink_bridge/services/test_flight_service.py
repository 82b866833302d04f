"""GO, ABORT and STATUS over MAVLink: USER_1 and TUNNEL on the core with a vehicle made of straight lines."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.mav import Cmd, Result
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.flight import TUNNEL_TYPE, FlightService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.flight_bench import A, F, FlightBench, I, L, P
from tests.fakes.recording_telemetry import RecordingTelemetry

GO, ABORT, STATUS = 0x20, 0x21, 0x22
QGC, OTHER = Peer(1, 255, 190), Peer(2, 254, 1)
ARM = 400


class Face:
    """The services over a flight bench."""

    def __init__(self, **bench: Any) -> None:
        self.bench = FlightBench(**bench)
        self.commands = CommandService(self.bench.core, RecordingTelemetry(), vehicle_now=lambda: self.bench.now_ms)
        self.service = FlightService(self.bench.flights, self.commands)

    def long(self, number: int, *params: float, link_ms: int = 0, confirmation: int = 0) -> list[Message]:
        padded = (*params, *[0.0] * (7 - len(params)))
        message = dialect.MAVLink_command_long_message(1, 1, number, confirmation, *padded)
        self.commands.handle_message(message, QGC, link_ms)
        return self.answers(link_ms)

    def answers(self, link_ms: int = 0) -> list[Message]:
        self.commands.handle_timeout(link_ms)
        return [one.message for one in self.commands.take_outgoing()]

    def user(self, command: float) -> tuple[int, int]:
        """COMMAND_ACK's result and result_param2."""
        (ack,) = self.long(Cmd.USER_1, command)
        assert (ack.get_type(), ack.command) == ("COMMAND_ACK", Cmd.USER_1)
        return ack.result, ack.result_param2

    def tunnel(self, data: bytes, kind: int = TUNNEL_TYPE, peer: Peer = QGC, length: int | None = None) -> list[Any]:
        message = dialect.MAVLink_tunnel_message(
            1, 1, kind, len(data) if length is None else length, data.ljust(128, b"\0")
        )
        self.service.handle_message(message, peer, self.bench.now_ms)
        return self.service.take_outgoing()


def test_the_acknowledgement_says_state_and_countdown() -> None:
    """result_param2 = state + 256 x countdown seconds, in each state."""
    face = Face()
    assert face.user(STATUS) == (Result.ACCEPTED, I)
    assert face.user(GO) == (Result.ACCEPTED, A + 256 * 3)
    face.bench.run(1.5)
    assert face.user(STATUS) == (Result.ACCEPTED, A + 256 * 2)
    assert face.user(GO) == (Result.TEMPORARILY_REJECTED, A + 256 * 2)
    face.bench.until(F)
    assert face.user(STATUS) == (Result.ACCEPTED, F)
    assert face.user(ABORT) == (Result.TEMPORARILY_REJECTED, F)
    face.bench.until(L)
    assert face.user(STATUS) == (Result.ACCEPTED, L)
    face.bench.until(I)
    assert face.user(STATUS) == (Result.ACCEPTED, I)


def test_abort_ends_the_countdown() -> None:
    face = Face()
    face.user(GO)
    assert face.user(ABORT) == (Result.ACCEPTED, I)
    assert not face.bench.core.facts.armed


def test_go_without_a_mission_is_failed_and_says_why() -> None:
    face = Face(mission=())
    assert face.user(GO) == (Result.FAILED, I)
    assert face.bench.said("GO refused: no mission")


@pytest.mark.parametrize("command", [0.0, 1.0, 0x1F, 0x23, 32.5, -32.0, 1e9])
def test_another_number_is_unsupported(command: float) -> None:
    face = Face()
    assert face.user(command) == (Result.UNSUPPORTED, 0)
    assert face.bench.states == []


def test_no_number_is_denied() -> None:
    (ack,) = Face().long(Cmd.USER_1, float("nan"))
    assert ack.result == Result.DENIED


def test_a_repeated_go_is_answered_again_and_acts_once() -> None:
    """The acknowledgement was lost: confirmation 1 hears the same answer."""
    face = Face()
    face.user(GO)
    (ack,) = face.long(Cmd.USER_1, GO, confirmation=1)
    assert ack.result == Result.ACCEPTED
    assert face.bench.states == [P, A]


def test_status_by_tunnel_is_two_packed_bytes_to_the_asker() -> None:
    face = Face()
    face.user(GO)
    (answer,) = face.tunnel(bytes([STATUS]), peer=OTHER)
    message = answer.message
    assert (answer.link, message.target_system, message.target_component) == (2, 254, 1)
    assert (message.payload_type, message.payload_length) == (TUNNEL_TYPE, 2)
    assert bytes(message.payload[:2]) == bytes([A, 3])


def test_go_and_abort_by_tunnel_are_answered_with_nothing() -> None:
    """A refusal is a STATUSTEXT."""
    face = Face()
    assert face.tunnel(bytes([GO])) == []
    assert face.bench.state is A
    assert face.tunnel(bytes([GO])) == []
    assert face.bench.said("refused in ARMED")
    assert face.tunnel(bytes([ABORT])) == []
    assert face.bench.state is I


@pytest.mark.parametrize(
    ("data", "kind", "length"),
    [
        (b"\x20", 0, 1),
        (b"\x20", 32801, 1),
        (b"", TUNNEL_TYPE, 0),
        (b"\x20\x20", TUNNEL_TYPE, 2),
        (b"\x20", TUNNEL_TYPE, 200),
        (b"\x19", TUNNEL_TYPE, 1),
    ],
)
def test_other_tunnels_and_other_bytes_do_nothing(data: bytes, kind: int, length: int) -> None:
    face = Face()
    assert face.tunnel(data, kind, length=length) == []
    assert face.bench.states == []


def test_an_arm_that_takes_its_time_is_quiet_for_half_a_second() -> None:
    """Then IN_PROGRESS, and the end when it is there."""
    face = Face()
    face.bench.fault("logger.reset", "hang")
    assert face.long(ARM, 1.0, link_ms=1000) == []
    assert face.commands.next_deadline_ms() == 1500
    assert face.answers(1499) == []
    (ack,) = face.answers(1500)
    assert (ack.command, ack.result) == (ARM, Result.IN_PROGRESS)
    face.bench.run(11.0)
    (ack,) = face.answers(12_000)
    assert (ack.command, ack.result) == (ARM, Result.FAILED)
    assert face.commands.next_deadline_ms() is None


def test_an_arm_that_is_done_within_half_a_second_is_answered_once() -> None:
    face = Face()
    face.bench.vehicle.slow_arming = True
    assert face.long(ARM, 1.0, link_ms=1000) == []
    face.bench.vehicle.answer(True, True)
    face.bench.run(0.1)
    (ack,) = face.answers(1100)
    assert (ack.command, ack.result) == (ARM, Result.ACCEPTED)
    assert face.answers(5000) == []


def test_commands_behind_an_arm_in_progress_wait_for_it() -> None:
    """Arm and takeoff sent back to back are served in this order; ABORT and STATUS do not wait."""
    face = Face()
    face.bench.core.modes.set(4, face.bench.now_ms)
    face.bench.vehicle.slow_arming = True
    assert face.long(ARM, 1.0, link_ms=1000) == []
    assert face.long(22, 0, 0, 0, 0, 0, 0, 8.0, link_ms=1010) == []
    (ack,) = face.long(Cmd.USER_1, STATUS, link_ms=1020)
    assert ack.result_param2 == P
    face.bench.vehicle.answer(True, True)
    face.bench.run(0.1)
    acks = [*face.answers(1200), *face.answers(1201)]
    assert [(ack.command, ack.result) for ack in acks] == [(ARM, Result.ACCEPTED), (22, Result.ACCEPTED)]


def test_a_closed_link_forgets_its_quiet_arm() -> None:
    face = Face()
    face.bench.fault("logger.reset", "hang")
    face.long(ARM, 1.0, link_ms=1000)
    face.commands.link_closed(QGC.link)
    assert face.answers(2000) == []


@given(st.binary(max_size=128), st.integers(0, 0xFFFF) | st.just(TUNNEL_TYPE), st.integers(0, 255))
def test_any_tunnel_is_survived(data: bytes, kind: int, length: int) -> None:
    face = Face()
    for answer in face.tunnel(data, kind, length=length):
        assert answer.message.payload_length == 2
    assert face.bench.errors == []
