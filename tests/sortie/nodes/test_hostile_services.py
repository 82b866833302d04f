"""Hostile forms of the services around a vehicle (`tests/fakes/hostile_forms.py`): on the ground, in the air, and for a
vehicle of a fleet."""

from __future__ import annotations

from math import isfinite
from typing import Any

import pytest

from autopilot.mav import Cmd
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from mavlink_bridge.wire.framing import FrameWriter
from sortie import Fleet
from tests.fakes.hostile import HOME, LISTENING, Siege, fittings
from tests.fakes.hostile_forms import AUTHORIZER, OTHER, SERVICES, forms, frames

_RESULTS = frozenset(range(11))


def answered(siege: Siege, message: Any, system: int) -> None:
    """Send it; a command has one acknowledgement more than no answer, with a result that there is."""
    siege.send(message, system)
    if getattr(message, "target_system", None) == 1 and message.get_type() in ("COMMAND_LONG", "COMMAND_INT"):
        acks = [ack for ack in siege.hostile.messages("COMMAND_ACK") if ack.command == message.command]
        assert len(acks) == 1 and acks[0].result in _RESULTS, (message, acks)


@pytest.mark.parametrize("flying", [False, True])
def test_each_service_outlives_its_hostile_forms(flying: bool) -> None:
    """Every field of every message at every extreme, from a station, from the authorizer and from another vehicle:
    commands are answered, what the vehicle thinks stays finite, and the good station has its way at the end."""
    with Siege(flying=flying) as siege:
        for service in SERVICES:
            for count, message in enumerate(forms(service)):
                answered(siege, message, (255, AUTHORIZER, OTHER)[count % 3])
                if count % 40 == 0:
                    siege.session.run_for(0.1)
            for data in frames(service, FrameWriter(OTHER, 1)):
                siege.send_bytes(data)
            siege.session.run_for(0.5)
            siege.hostile.read()
            state = siege.session.service.autopilot.context.facts.vehicle.state
            assert all(map(isfinite, (*state.position, state.yaw))), service
        siege.check()


def test_an_engine_outlives_its_hostile_forms() -> None:
    """A strange engine's messages, requests and orders with each field at each extreme: it tells its own afterwards."""
    with Siege("quadplane") as siege:
        for message in forms("engine"):
            answered(siege, message, OTHER)
        for data in frames("engine", FrameWriter(OTHER, 1)):
            siege.send_bytes(data)
        siege.check()
        siege.hostile.read()
        siege.send(m.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, id_of("EFI_STATUS"), *[0.0] * 6))
        told = siege.hostile.receive("EFI_STATUS")
        assert (told.get_srcSystem(), told.rpm, told.fuel_consumed) == (1, 0.0, 0.0)


def test_a_vehicle_of_a_fleet_alone_is_meant() -> None:
    """Forms for vehicle 2, which all hear, change nothing of its neighbours: payloads, relays, mode, arming."""
    with Fleet(3, home=HOME, params=LISTENING["copter"] | fittings(asking=True)) as fleet:
        links = [session.connect(system=OTHER) for session in fleet]
        fleet.run_for(2.0)
        before = [_changed(fleet, at) for at in range(3)]
        for service in SERVICES:
            for message in forms(service, system=2):
                if hasattr(message, "target_system"):
                    for link in links:
                        link.send(message)
            fleet.run_for(0.2)
            for link in links:
                link.read()
        changed = [_changed(fleet, at) != old for at, old in enumerate(before)]
        assert changed == [False, True, False]
        assert not fleet.failures


def _changed(fleet: Fleet, at: int) -> tuple[object, ...]:
    """All that the forms would change."""
    autopilot = fleet[at].autopilot
    payload, camera = autopilot.payload, fleet[at].service.camera
    assert camera is not None
    return (
        payload.winch.length_m,
        payload.winch.control,
        payload.sprayer.on,
        payload.gear.down,
        payload.gripper.state,
        payload.relays.is_on(0),
        payload.parachute.released,
        tuple(camera.video._frames),
        autopilot.modes.number,
        autopilot.facts.armed,
    )
