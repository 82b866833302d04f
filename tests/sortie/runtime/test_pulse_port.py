"""`--rc`: datagrams of pulses (ArduPilot AP_HAL_SITL, SITL_State.cpp)."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from struct import pack

import pytest

from mavlink_bridge.links.hub import Poll
from sortie import Session
from sortie.config.errors import UserError
from sortie.config.values import pulse_address
from sortie.nodes.pulse_port import PulsePort, pulses_of

EIGHT = (1600, 1500, 1000, 1500, 1815, 1000, 1000, 1000)


def test_eight_or_sixteen_pulses_and_nothing_else() -> None:
    assert pulses_of(pack("<8H", *EIGHT)) == EIGHT
    assert pulses_of(pack("<16H", *EIGHT, *EIGHT)) == EIGHT + EIGHT
    assert pulses_of(b"") == pulses_of(pack("<7H", *EIGHT[:7])) == pulses_of(b"x" * 17) == ()


def test_what_comes_in_is_handed_on_in_order() -> None:
    heard: list[Sequence[int]] = []
    poll = Poll()
    port = PulsePort(("127.0.0.1", 0), poll, lambda pulses, link_ms: heard.append(pulses))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as transmitter:
        for datagram in (pack("<8H", *EIGHT), b"no pulses", pack("<8H", *EIGHT[::-1])):
            transmitter.sendto(datagram, ("127.0.0.1", port.port))
    port.serve_links(0)
    assert not heard  # nobody has waited yet
    assert poll.wait(5.0)
    port.serve_links(0)
    assert heard == [EIGHT, EIGHT[::-1]]
    with pytest.raises(UserError, match="in use"):
        PulsePort(("127.0.0.1", port.port), poll, lambda pulses, link_ms: None)
    port.close()
    poll.close()


def test_pulses_fly_a_vehicle_and_a_station_sees_them() -> None:
    """In memory: 16 channels of RC_CHANNELS, and the mode of the switch."""
    with Session(params={"FLTMODE1": 2}) as session:
        station = session.connect()
        session.service.take_pulses((*EIGHT[:4], 1000, *EIGHT[5:], *[1234] * 8), 0)
        seen = station.receive("RC_CHANNELS", where=lambda message: message.time_boot_ms > 0)
        assert (seen.chancount, seen.chan1_raw, seen.chan16_raw) == (16, 1600, 1234)
        assert session.service.autopilot.modes.number == 2


def test_it_is_heard_on_loopback_only() -> None:
    assert pulse_address("5501") == ("127.0.0.1", 5501)
    for wrong in ("0.0.0.0:5501", "port", "99999", "0"):
        with pytest.raises(UserError):
            pulse_address(wrong)
