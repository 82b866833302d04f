"""BUTTON_CHANGE, tunes and CELLULAR_STATUS, in a session and a fleet."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mav import CellularNetwork, CellularStatus, Cmd, Result, TuneFormat
from mavlink_bridge.wire.codec import dialect, id_of
from sortie import Fleet, Session
from sortie.api.events import TunePlayed

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
RELAY_1 = 28  # auxiliary function
BUTTON = {"BTN_ENABLE": 1, "BTN_PIN2": 3, "BTN_FUNC2": RELAY_1, "BTN_REPORT_SEND": 5}


def told(link: Any, name: str) -> tuple[Result, list[Any]]:
    """REQUEST_MESSAGE of it: the result, and what came."""
    link.messages()
    link.send(dialect.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, id_of(name), 0, 0, 0, 0, 0, 0))
    heard = link.messages()
    (ack,) = (one for one in heard if one.get_type() == "COMMAND_ACK")
    return Result(ack.result), [one for one in heard if one.get_type() == name]


def press(session: Session, *pins: int) -> None:
    """These pins are high from now on."""
    session.set_param("SIM_PIN_MASK", sum(1 << pin for pin in pins))


@pytest.mark.parametrize(("options", "pressed"), [(0, [True, False]), (2, [False, True])])
def test_a_button_is_told_and_does_its_function(options: int, pressed: list[bool]) -> None:
    """Once a second for BTN_REPORT_SEND s, and the relay goes with it; turned round by its option."""
    with Session(home=HOME, params=BUTTON | {"BTN_OPTIONS2": options}) as session:
        link = session.connect()
        session.run_for(2.0)
        assert not link.messages("BUTTON_CHANGE")
        relays = []
        for pins, state in (((3, 5), 0b10), ((5,), 0)):
            press(session, *pins)
            begun_ms = session.service.now_ms
            relays.append(session.autopilot.payload.relays.is_on(0))
            session.run_for(20.0)
            changes = link.messages("BUTTON_CHANGE")
            assert [change.state for change in changes] == [state] * 5
            assert {change.last_change_ms for change in changes} == {begun_ms}
        assert relays == pressed
        assert told(link, "BUTTON_CHANGE")[1][0].state == 0


def test_no_button_is_told_where_there_is_none() -> None:
    """A pin that is no button's, and all of them with BTN_ENABLE 0."""
    for params in ({}, BUTTON | {"BTN_ENABLE": 0}, BUTTON):
        with Session(home=HOME, params=params) as session:
            link = session.connect()
            press(session, *((4,) if params == BUTTON else (3,)))
            session.run_for(3.0)
            assert not link.messages("BUTTON_CHANGE")
            assert (told(link, "BUTTON_CHANGE")[0] is Result.FAILED) is (params != BUTTON)


def test_a_button_of_a_fleet_is_its_own() -> None:
    with Fleet(3, home=HOME, params=BUTTON) as fleet:
        links = [session.connect() for session in fleet]
        fleet.run_for(1.0)
        press(fleet[1], 3)
        fleet.run_for(2.0)
        assert [bool(link.messages("BUTTON_CHANGE")) for link in links] == [False, True, False]


def test_a_tune_is_an_event() -> None:
    """Of both messages, in a format that SUPPORTED_TUNES names; any other is passed over."""
    with Session(home=HOME) as session:
        link = session.connect()
        link.send(dialect.MAVLink_play_tune_message(1, 1, b"MFT200L16", b"CDE"))
        for kind, tune in ((TuneFormat.MML_MODERN, b"o4c8"), (7, b"abc"), (0, b"abc"), (TuneFormat.QBASIC1_1, b"")):
            link.send(dialect.MAVLink_play_tune_v2_message(1, 1, kind, tune))
        link.send(dialect.MAVLink_play_tune_v2_message(2, 1, 1, b"for another"))
        session.run_for(0.1)
        assert [event.tune for event in session.events_of(TunePlayed)] == ["MFT200L16CDE", "o4c8", ""]
        assert told(link, "SUPPORTED_TUNES")[1][0].format == TuneFormat.QBASIC1_1 | TuneFormat.MML_MODERN


def test_a_cellular_modem_is_told_of() -> None:
    """Where one reports; a vehicle on other links has none."""
    with Session(home=HOME) as session:
        plain = session.connect()
        session.run_for(3.0)
        assert told(plain, "CELLULAR_STATUS")[0] is Result.FAILED
        session.connect(radio="lte")
        session.run_for(3.0)
        result, (status,) = told(plain, "CELLULAR_STATUS")
        assert (result, status.status, status.type) == (Result.ACCEPTED, CellularStatus.CONNECTED, CellularNetwork.LTE)
