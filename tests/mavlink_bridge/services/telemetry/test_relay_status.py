"""RELAY_STATUS on the wire: for those who ask, with the relays that have a pin and those that are on."""

from __future__ import annotations

from autopilot.mav import Cmd
from mavlink_bridge.wire.codec import id_of
from sortie import Session
from tests.fakes.ordered import command


def test_a_relay_that_is_switched_shows_in_its_status() -> None:
    """Relay 2 has no pin: it is switched and not told. Nothing is sent unasked."""
    with Session(params={"RELAY1_FUNCTION": 1, "RELAY2_FUNCTION": 1, "RELAY3_FUNCTION": 1, "RELAY3_PIN": 2}) as session:
        station = session.connect()

        def told() -> tuple[int, int]:
            assert command(station, Cmd.REQUEST_MESSAGE, id_of("RELAY_STATUS")) == 0
            status = station.receive("RELAY_STATUS")
            return status.on, status.present

        assert told() == (0b000, 0b101)
        for relay in (1, 2):
            assert command(station, Cmd.DO_SET_RELAY, relay, 1) == 0
        session.run_for(1.0)
        assert not station.messages("RELAY_STATUS")
        assert told() == (0b100, 0b101)
        assert command(station, Cmd.DO_SET_RELAY, 2, 0) == 0
        assert told() == (0b000, 0b101)
