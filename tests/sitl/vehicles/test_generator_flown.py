"""A generator: what arming waits for, what it tells, and the battery that it keeps full in flight."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, GeneratorStatus, Result
from mavlink_bridge.wire.codec import command_message, id_of
from sortie import Fleet, Session
from sortie.config.errors import RefusedError

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
FITTED = {"GEN_TYPE": 3, "SERVO11_FUNCTION": 42, "SIM_BATT_CAP_AH": 1.0, "BATT_CAPACITY": 1000, "BATT_FS_LOW_ACT": 0}
SWITCH = 85
OFF, IDLE, RUN = 0, 1, 2


def ask(link: Any, number: int, *params: float, system: int = 1) -> list[Any]:
    """Messages that come at once."""
    link.messages()
    link.send(command_message(system, 1, number, *params))
    found: list[Any] = link.messages()
    return found


def status(link: Any, system: int = 1) -> Any:
    heard = ask(link, Cmd.REQUEST_MESSAGE, id_of("GENERATOR_STATUS"), system=system)
    return next(message for message in heard if message.get_type() == "GENERATOR_STATUS")


def turn(link: Any, position: int, system: int = 1) -> None:
    acks = [
        one.result
        for one in ask(link, Cmd.DO_AUX_FUNCTION, SWITCH, position, system=system)
        if one.get_type() == "COMMAND_ACK"
    ]
    assert acks == [Result.ACCEPTED]


def test_it_warms_up_runs_and_keeps_the_battery_full() -> None:
    """Arming waits for it. A hover takes a third of the battery in two minutes; with it, nothing."""
    with Session(home=HOME, params=FITTED) as session:
        link = session.connect()
        session.run_for(15.0)
        assert status(link).status == GeneratorStatus.OFF
        turn(link, RUN)
        session.run_for(10.0)
        told = status(link)
        assert (told.status, told.generator_speed, told.load_current) == (GeneratorStatus.WARMING_UP, 4800, 0.0)
        assert "Generator: Generator warming up" in complaints(session)
        session.run_for(60.0)
        told = status(link)
        assert told.status & GeneratorStatus.GENERATING
        assert told.generator_speed == 13_000
        session.wait_armable()
        hover(session)
        assert session.state.battery.remaining > 0.97
        assert status(link).load_current > 10.0
        turn(link, OFF)  # not in flight
        session.run_for(5.0)
        assert status(link).generator_speed == 13_000
        session.land()
        session.run_until(lambda now: not now.state.armed)
        session.run_for(15.0)
        assert status(link).status == GeneratorStatus.OFF


def hover(session: Session) -> None:
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(10.0)
    session.run_for(60.0)


def complaints(session: Session) -> list[str]:
    return [reason.text for reason in session.autopilot.payload.generator.complaints()]


def test_without_it_the_battery_empties() -> None:
    """And what is asked of a vehicle without one is refused."""
    with Session(home=HOME, params=FITTED | {"GEN_TYPE": 0}) as session:
        link = session.connect()
        session.wait_armable()
        hover(session)
        assert session.state.battery.remaining < 0.8
        heard = ask(link, Cmd.REQUEST_MESSAGE, id_of("GENERATOR_STATUS"))
        assert [message.result for message in heard] == [Result.FAILED]


@pytest.mark.parametrize(
    ("params", "text"), [({}, "requested state is not RUN"), ({"SERVO11_FUNCTION": 0}, "need a servo output channel")]
)
def test_arming_waits(params: dict[str, float], text: str) -> None:
    with Session(home=HOME, params=FITTED | params) as session:
        session.run_for(30.0)
        assert complaints(session) == [f"Generator: {text}"]
        session.set_mode("GUIDED")
        with pytest.raises(RefusedError, match=text):
            session.arm()


def test_each_of_a_fleet_has_its_own() -> None:
    with Fleet(2, home=HOME, params=FITTED) as fleet:
        links = [session.connect() for session in fleet]
        turn(links[1], IDLE, system=2)
        fleet.run_for(10.0)
        assert [status(link, at + 1).status for at, link in enumerate(links)] == [
            GeneratorStatus.OFF,
            GeneratorStatus.IDLE,
        ]
