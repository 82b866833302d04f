"""Arm authorization: who is asked, what he may answer, and for how long that counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autopilot.mav import ArmDeniedReason, Cmd, Result
from mavlink_bridge.wire.codec import dialect as m
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.station_plan import HOME

AUTHORIZER = 10


class Field:
    """A station that wants to arm, and the authorizer, each on a link of its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.station, self.authorizer = session.connect(), session.connect(system=AUTHORIZER)
        self.authorizer.send(m.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))

    def arm(self, *, force: bool = False) -> int:
        """The result of an arm command."""
        self.station.messages()
        arm = m.MAVLink_command_long_message(1, 1, Cmd.COMPONENT_ARM_DISARM, 0, 1, 21196 * force, 0, 0, 0, 0, 0)
        self.station.send(arm)
        return int(self.station.receive("COMMAND_ACK", where=lambda ack: ack.result != Result.IN_PROGRESS).result)

    def requests(self) -> int:
        """How often the authorizer was asked since the last time."""
        asked = [c for c in self.authorizer.messages("COMMAND_LONG") if c.command == Cmd.ARM_AUTHORIZATION_REQUEST]
        assert all((c.target_system, c.param1) == (AUTHORIZER, 1.0) for c in asked)
        return len(asked)

    def answer(self, result: int, reason: int = 0, detail: int = 0, *, by: SessionLink | None = None) -> list[str]:
        """What stations are told of an answer."""
        self.station.messages()
        ack = m.MAVLink_command_ack_message(Cmd.ARM_AUTHORIZATION_REQUEST, result, reason, detail, 1, 1)
        (by or self.authorizer).send(ack)
        self.session.run_for(0.1)
        return [text.text for text in self.station.messages("STATUSTEXT") if text.text.startswith("Arm auth")]


@pytest.fixture
def field() -> Iterator[Field]:
    with Session(home=HOME, params={"SRT_AUTH_REQ": 1}) as session:
        session.wait_armable()
        yield Field(session)


def test_it_is_armed_once_the_authorizer_has_accepted(field: Field) -> None:
    """Asked once, by the first arm command; the second one is accepted."""
    assert field.arm() == Result.TEMPORARILY_REJECTED
    assert field.arm() == Result.TEMPORARILY_REJECTED and field.requests() == 1
    assert field.answer(Result.IN_PROGRESS) == []
    assert field.answer(Result.ACCEPTED, detail=20) == ["Arm auth: Authorized for the next 20 seconds"]
    assert field.arm() == Result.ACCEPTED and field.session.state.armed


def test_an_authorization_ends(field: Field) -> None:
    """After its seconds the authorizer is asked anew."""
    field.arm()
    field.answer(Result.ACCEPTED, detail=20)
    field.requests()
    field.session.run_for(20.0)
    assert field.arm() == Result.TEMPORARILY_REJECTED and field.requests() == 1


@pytest.mark.parametrize(
    ("result", "reason", "detail", "text"),
    [
        (Result.DENIED, ArmDeniedReason.BAD_WEATHER, 0, "Denied because of bad weather"),
        (Result.DENIED, ArmDeniedReason.INVALID_WAYPOINT, 7, "Denied, waypoint 7 has an invalid value"),
        (Result.DENIED, 200, 0, "Denied"),
        (Result.TEMPORARILY_REJECTED, 0, 0, "Temporarily rejected"),
    ],
)
def test_a_denial_says_why(field: Field, result: int, reason: int, detail: int, text: str) -> None:
    """And the vehicle stays disarmed."""
    field.arm()
    assert field.answer(result, reason, detail) == [f"Arm auth: {text}"]
    assert field.arm() == Result.TEMPORARILY_REJECTED and not field.session.state.armed


def test_nobody_else_authorizes(field: Field) -> None:
    """Nor the authorizer before it was asked; who does not answer is given up."""
    assert field.answer(Result.ACCEPTED, detail=60) == []
    field.arm()
    assert field.answer(Result.ACCEPTED, detail=60, by=field.station) == []
    field.station.messages()
    field.session.run_for(1.0)
    assert "Arm auth: No response" in [text.text for text in field.station.messages("STATUSTEXT")]
    assert field.arm() == Result.TEMPORARILY_REJECTED


def test_force_needs_no_authorization(field: Field) -> None:
    """As it needs no other check."""
    assert field.arm(force=True) == Result.ACCEPTED and field.requests() == 0


@pytest.mark.parametrize("number", [-3.0, 256.0, 1e30])
def test_an_authorizer_that_is_no_system_authorizes_nobody(field: Field, number: float) -> None:
    """The request goes to everybody; a number beyond 8 bits was no message."""
    field.session.set_param("SRT_AUTH_ID", number)
    assert field.arm() == Result.TEMPORARILY_REJECTED
    asked = [c for c in field.authorizer.messages("COMMAND_LONG") if c.command == Cmd.ARM_AUTHORIZATION_REQUEST]
    assert [c.target_system for c in asked] == [0]
    assert field.answer(Result.ACCEPTED, detail=20) == []
    assert field.arm() == Result.TEMPORARILY_REJECTED
