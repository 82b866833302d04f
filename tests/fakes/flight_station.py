"""A ground station that speaks to the flight manager on a session's link: USER_1, TUNNEL, and what it hears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sortie import MissionItem, Session, mavlink
from sortie.api.link import SessionLink

GO, ABORT, STATUS = 0x20, 0x21, 0x22
USER_1, ARM = 31010, 400
TUNNEL_TYPE = 32800
ACCEPTED, TEMPORARILY_REJECTED, UNSUPPORTED, FAILED, IN_PROGRESS = 0, 1, 3, 4, 5
I, P, A, F, L, D = range(6)  # noqa: E741  the states by their initials, in their order
WHOLE = [P, A, F, L, D, I]

HOP = (MissionItem(22, 3, z=6.0), MissionItem(21, 3))
"""Up to 6 m, and down again: half a minute."""
HANGING = (MissionItem(22, 3, z=6.0),)


@dataclass(frozen=True)
class Ack:
    """A COMMAND_ACK of USER_1, taken apart."""

    result: int
    state: int
    countdown_s: int


class FlightStation:
    """On a new link of `session`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.link: SessionLink = session.connect()
        self._heard: list[Any] = []

    def command(self, number: int, *params: float) -> None:
        """Send a COMMAND_LONG, and wait for nothing."""
        padded = (*params, *[0.0] * (7 - len(params)))
        self.link.send(mavlink.MAVLink_command_long_message(1, 1, number, 0, *padded))

    def acks(self, number: int) -> list[int]:
        """The results of COMMAND_ACKs that have come for this command."""
        return [ack.result for ack in self.heard("COMMAND_ACK") if ack.command == number]

    def user(self, command: float) -> Ack:
        """One of GO, ABORT, STATUS; its acknowledgement comes at once."""
        before = len(self.heard("COMMAND_ACK"))
        self.command(USER_1, command)
        (ack,) = self.heard("COMMAND_ACK")[before:]
        assert ack.command == USER_1
        return Ack(ack.result, ack.result_param2 & 0xFF, ack.result_param2 >> 8)

    def tunnel(self, byte: int) -> bytes | None:
        """The same byte in a TUNNEL; the payload of the answer, None when there is none."""
        before = len(self.heard("TUNNEL"))
        self.link.send(mavlink.MAVLink_tunnel_message(1, 1, TUNNEL_TYPE, 1, [byte] + [0] * 127))
        answers = self.heard("TUNNEL")[before:]
        assert len(answers) <= 1
        return bytes(answers[0].payload[: answers[0].payload_length]) if answers else None

    def heard(self, name: str) -> list[Any]:
        """All messages of this name since the link was opened."""
        self._heard += self.link.messages()
        return [message for message in self._heard if message.get_type() == name]

    @property
    def states(self) -> list[int]:
        """Every FM_STATE that was announced."""
        return [m.value for m in self.heard("NAMED_VALUE_INT") if m.name == "FM_STATE"]

    @property
    def texts(self) -> list[str]:
        return [m.text for m in self.heard("STATUSTEXT")]

    def said(self, part: str) -> bool:
        return any(part in text for text in self.texts)

    def until(self, state: int, timeout_s: float = 300.0) -> None:
        """Let time pass until the flight is in `state`."""
        self.session.run_until(lambda session: flight_state(session) == state, timeout_s, 0.02)


def flight_state(session: Session) -> int:
    """The flight manager's state, asked of the program, not over the link."""
    flights = session.autopilot.flights
    assert flights is not None
    return int(flights.state)
