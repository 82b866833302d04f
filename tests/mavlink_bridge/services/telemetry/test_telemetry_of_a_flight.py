"""A real takeoff, core and simulator behind the service: what a ground station reads is what happens."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from autopilot.control import kernels
from autopilot.core.autopilot import Autopilot
from autopilot.interface import report as r
from autopilot.interface.geo import GeoPoint
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.services.telemetry.service import TelemetryService
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.message_reader import MessageReader

GUIDED, HEIGHT = 4, 20.0
PREARM = 1 << 28


class Flight:
    """Vehicle, core and telemetry in one loop of deadlines; keeps (vehicle time, message)."""

    def __init__(self) -> None:
        self.vehicle = SimulatedCopter(GeoPoint(-35.363261, 149.165230, 584.0), 353.0, 1)
        self.vehicle.load()
        self.core = Autopilot("copter", self.vehicle, Parameters(COPTER.parameters), MemoryJournal())
        self.endpoint = Endpoint(1)
        self.telemetry = TelemetryService(self.core, self.endpoint, Identity())
        self.telemetry.load()
        self.endpoint.add_service(self.telemetry)
        self.link = self.endpoint.open_link("test")
        self.telemetry.open_link(self.link)
        self.heard: list[tuple[int, Any]] = []
        self._parser = MessageReader()

    def run(self, until_ms: int) -> None:
        now_ms = self.vehicle.state.time_ms
        while now_ms < until_ms:
            deadlines = (self.core.next_deadline_ms(), self.endpoint.next_deadlines()[1], until_ms)
            now_ms = self.vehicle.advance(max(min(due for due in deadlines if due is not None), now_ms + 20))
            self.core.update(now_ms)
            self.settle(now_ms)

    def settle(self, now_ms: int) -> None:
        """Tell what has happened, as the run loop does after a command and after each pass."""
        self.telemetry.handle_events(self.core.announcer.take_events(), now_ms)
        self.endpoint.handle_timeouts(0, now_ms)
        for message in self._parser.parse_buffer(self.endpoint.take_bytes(self.link)) or ():
            self.heard.append((now_ms, message))

    def of(self, name: str) -> list[tuple[int, Any]]:
        return [(at_ms, message) for at_ms, message in self.heard if message.get_type() == name]


@pytest.fixture(scope="module")
def flight() -> Flight:
    if not kernels.compiled():
        pytest.skip("400 steps a second of plain Python take too long")
    one = Flight()
    one.run(20_300)
    assert one.core.modes.set(GUIDED, 20_300).ok
    one.settle(20_300)
    assert one.core.arming.arm(20_300).ok
    one.run(21_000)
    assert one.core.commands.takeoff(HEIGHT).ok
    one.run(36_000)
    return one


def test_ready_to_arm_is_shown_once_the_checks_pass(flight: Flight) -> None:
    """The PREARM_CHECK health bit rises with the estimator and stays."""
    ready = [bool(message.onboard_control_sensors_health & PREARM) for _, message in flight.of("SYS_STATUS")]
    assert not ready[0]
    assert ready[-1]
    assert ready == sorted(ready)


def test_armed_and_flying_agree_in_both_messages(flight: Flight) -> None:
    """STANDBY on the ground, armed or not; ACTIVE in the air; landed_state at the same instants tells the same."""
    beats = dict(flight.of("HEARTBEAT"))
    landed = {at_ms: message.landed_state for at_ms, message in flight.of("EXTENDED_SYS_STATE")}
    for at_ms, state in landed.items():
        assert (beats[at_ms].system_status == 3) == (state == 1)
    assert beats[20_000].base_mode & 128 == 0
    assert beats[21_000].base_mode & 128
    assert (landed[21_000], landed[36_000]) == (1, 2)


def test_mode_and_arming_are_told_in_their_own_pass(flight: Flight) -> None:
    """HEARTBEATs between the full seconds: one when the mode changes, one when the motors are armed."""
    beats = [(at_ms, beat.custom_mode, beat.base_mode >> 7) for at_ms, beat in flight.of("HEARTBEAT")]
    between = [beat for beat in beats if beat[0] > 20_000 and beat[0] % 1000]
    assert between[0] == (20_300, GUIDED, 0)
    assert between[1][1:] == (GUIDED, 1)
    assert between[1][0] < 21_000


def test_height_reaches_what_was_asked_for(flight: Flight) -> None:
    """relative_alt is metres above the home that HOME_POSITION shows."""
    _, position = flight.of("GLOBAL_POSITION_INT")[-1]
    _, home = flight.of("HOME_POSITION")[-1]
    assert position.relative_alt / 1000 == pytest.approx(HEIGHT, abs=0.5)
    assert position.relative_alt == pytest.approx(position.alt - home.altitude, abs=1)
    assert position.alt / 1000 == pytest.approx(flight.vehicle.state.report[r.ALT], abs=0.001)


def test_no_frame_is_missing(flight: Flight) -> None:
    """Sequence numbers without a gap, boot time never falling."""
    messages = [message for _, message in flight.heard]
    assert all((b.get_seq() - a.get_seq()) & 255 == 1 for a, b in pairwise(messages))
    times = [message.time_boot_ms for message in messages if hasattr(message, "time_boot_ms")]
    assert times == sorted(times)
