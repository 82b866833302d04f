"""The services on the real core and the simulated copter: a flight by commands, and any numbers at all."""

from __future__ import annotations

from math import inf, isfinite, nan
from random import Random
from typing import Any

import numpy as np
import pytest

from autopilot.context.events import RebootRequested
from autopilot.core.autopilot import Autopilot
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, distance
from autopilot.interface.targets import TakeOff
from autopilot.mav import Capability, Cmd, Result
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER, KINDS
from mavlink_bridge.firmware.ardupilot import ArduPilot
from mavlink_bridge.routing.service import Message, Peer, Service
from mavlink_bridge.services.commands import equipment, flight, messages
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.guided.setpoints import GuidedService
from mavlink_bridge.services.sticks import StickService
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.core_bench import Bench
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.recording_telemetry import RecordingTelemetry

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
QGC = Peer(1, 255, 190)
GUIDED, BRAKE, LAND = 4, 17, 9
A, D, F = Result.ACCEPTED, Result.DENIED, Result.FAILED


class Flight:
    """A copter 12 s after its start: home is set, it can be armed."""

    def __init__(self) -> None:
        journal = MemoryJournal()
        self.vehicle = SimulatedCopter(HOME, 353.0, 1)
        self.autopilot = Autopilot("copter", self.vehicle, Parameters(COPTER.parameters), journal)
        self.commands = CommandService(self.autopilot, RecordingTelemetry(), journal=journal)
        self.guided, self.sticks = GuidedService(self.autopilot), StickService(self.autopilot)
        self.now_ms = 0
        self.run(12.0)

    def run(self, seconds: float) -> None:
        end = self.now_ms + round(seconds * 1000)
        while self.now_ms < end:
            self.now_ms = self.vehicle.advance(min(end, self.autopilot.next_deadline_ms() or end))
            self.autopilot.update(self.now_ms)
            self.autopilot.announcer.take_events()

    def send(self, message: Message, service: Service | None = None) -> list[Message]:
        """Over the wire, as a ground station's message comes."""
        received = codec.decode(message.id, codec.payload(message)[1])
        (service or self.commands).handle_message(received, QGC, self.now_ms)
        return [one.message for one in self.commands.take_outgoing()]

    def long(self, number: int, *params: float) -> Result:
        padded = (*params, *[0.0] * (7 - len(params)))
        return Result(self.send(dialect.MAVLink_command_long_message(1, 1, number, 0, *padded))[0].result)

    @property
    def height(self) -> float:
        return -float(self.vehicle.state.report[report.DOWN])


def test_a_flight_as_qgroundcontrol_commands_it() -> None:
    """Table 3.1: guided, arm, takeoff, goto, speed, altitude, pause, land; each accepted, each seen to happen."""
    one = Flight()
    assert one.long(22, 0, 0, 0, 0, 0, 0, 10) is F, "not armed"
    assert one.long(176, 1, GUIDED) is A
    assert one.long(400, 1) is A
    assert one.long(401) is Result.TEMPORARILY_REJECTED
    assert one.long(22, 0, 0, 0, 0, 0, 0, 10) is A
    one.run(15)
    assert one.height == pytest.approx(10.0, abs=0.5)
    there = GeoPoint(HOME.lat + 0.0003, HOME.lon, HOME.alt + 15.0)
    place = (round(there.lat * 1e7), round(there.lon * 1e7), there.alt)
    goto = dialect.MAVLink_command_int_message(1, 1, 0, 192, 0, 0, -1, 1, 0, nan, *place)
    assert one.send(goto)[0].result == A
    assert one.long(178, 1, 5, -1, 0, nan, nan, nan) is A
    one.run(20)
    assert distance(one.vehicle.state.place, there) < 2.0
    assert one.height == pytest.approx(15.0, abs=0.5)
    up = dialect.MAVLink_set_position_target_local_ned_message(0, 1, 1, 7, 0xFFF8, 0, 0, -5, *[0] * 8)
    one.send(up, one.guided)
    one.run(15)
    assert one.height == pytest.approx(20.0, abs=0.7)
    assert one.long(176, 1, BRAKE) is A
    assert one.long(21) is A
    assert one.autopilot.modes.number == LAND


def test_an_armed_vehicle_is_restarted_by_force_only() -> None:
    """ArduPilot's number in param6, of either message."""
    one, reboot = Flight(), Cmd.PREFLIGHT_REBOOT_SHUTDOWN
    assert one.long(176, 1, GUIDED) is A
    assert one.long(400, 1) is A
    assert one.long(reboot, 1) is F
    assert one.long(reboot, 1, 0, 0, 0, 0, 20190227) is F
    one.autopilot.announcer.take_events()
    assert one.long(reboot, 1, 0, 0, 0, 0, equipment.FORCE_REBOOT) is A
    forced = dialect.MAVLink_command_int_message(1, 1, 0, reboot, 0, 0, 1, 0, 0, 0, 0, equipment.FORCE_REBOOT, 0)
    assert one.send(forced)[0].result == A
    assert one.autopilot.announcer.take_events().count(RebootRequested()) == 2


@pytest.mark.parametrize(("component", "result"), [(0, A), (1, A), (154, D), (191, D)])
def test_a_restart_of_another_component_restarts_no_autopilot(component: int, result: Result) -> None:
    """PreflightRebootComponent of ArduPilot's tests: it was accepted."""
    one = Flight()
    message = dialect.MAVLink_command_int_message(1, component, 0, Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 0, 0, 1, *[0] * 6)
    assert one.send(message)[0].result == result
    assert one.autopilot.announcer.take_events().count(RebootRequested()) == (result is A)


@pytest.mark.parametrize(("enabled", "results"), [(0.0, [F, F]), (1.0, [A, A])])
def test_a_flight_of_a_plane_ends_by_its_advanced_failsafe_only(enabled: float, results: list[Result]) -> None:
    bench = Bench("plane", parameters={"AFS_ENABLE": enabled, "AFS_TERM_ACTION": 42.0})
    firmware = ArduPilot(bench.core.facts.vehicle_class)
    commands = CommandService(bench.core, RecordingTelemetry(), firmware=firmware)
    bench.arm()
    for ends, result in zip((1.0, 0.0), results, strict=True):
        message = dialect.MAVLink_command_long_message(1, 1, Cmd.DO_FLIGHTTERMINATION, 0, ends, *[0.0] * 6)
        commands.handle_message(message, QGC, bench.now_ms)
        assert commands.take_outgoing()[-1].message.result == result
        assert bench.core.facts.armed is not bool(enabled)


@pytest.mark.parametrize(("kind", "down"), [("copter", -25.0), ("plane", -25.0), ("quadplane", -5.0)])
def test_a_takeoff_counts_from_home_or_from_where_it_stands(kind: str, down: float) -> None:
    """Home is 20 m above the vehicle: ArduPlane's do_user_takeoff climbs from the present place (MAV_CMD_NAV_TAKEOFF of
    its tests)."""
    bench = Bench(kind)
    commands = CommandService(bench.core, RecordingTelemetry(), vehicle_now=lambda: bench.now_ms)
    assert bench.core.modes.set(bench.core.facts.vehicle_class.modes.guided, bench.now_ms).ok
    here = bench.vehicle.state.place
    assert bench.core.home.set(GeoPoint(here.lat, here.lon, here.alt + 20.0)).ok
    bench.arm()
    message = dialect.MAVLink_command_long_message(1, 1, Cmd.NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, 0, 5)
    commands.handle_message(message, QGC, bench.now_ms)
    climb = bench.vehicle.target
    assert isinstance(climb, TakeOff) and climb.down == pytest.approx(down, abs=0.1)


def test_refusals_reach_the_asker_as_results() -> None:
    """Bit 0 missing, an unknown mode, a mission's start without one, a goto outside GUIDED."""
    one = Flight()
    assert one.long(176, 0, GUIDED) is D
    assert one.long(176, 1, 99) is F
    assert one.long(300) is F
    goto = dialect.MAVLink_command_int_message(1, 1, 0, 192, 0, 0, -1, 0, 0, nan, -353630000, 1491650000, 600.0)
    assert one.send(goto)[0].result == D
    assert one.long(224, 5) is D
    assert one.long(601, 5) is F


@pytest.mark.parametrize(("kind", "result"), [("copter", A), ("plane", F), ("rover", Result.UNSUPPORTED)])
def test_only_a_copter_ends_its_flight_by_a_command(kind: str, result: Result) -> None:
    """A plane needs ArduPilot's advanced failsafe; what is not possible is not in AUTOPILOT_VERSION either."""
    ends = result is A
    firmware = ArduPilot(KINDS[kind])
    bench = Bench(kind)
    bench.arm()
    service = CommandService(bench.core, RecordingTelemetry(), vehicle_now=lambda: bench.now_ms, firmware=firmware)
    service.handle_message(dialect.MAVLink_command_long_message(1, 1, 185, 0, *(1.0,) * 7), QGC, 0)
    assert service.take_outgoing()[0].message.result == result
    assert bench.core.facts.armed is not ends
    assert bool(firmware.capabilities & Capability.FLIGHT_TERMINATION) is ends
    assert ("AFS not enabled, can't terminate the vehicle" in bench.texts) is (kind == "plane")


VALUES = (nan, inf, -inf, 0.0, 1.0, 2.0, -1.0, 3e38, 1e10, 5.0, 10.0, 600.0)
KNOWN = sorted(({**flight.ROWS, **equipment.ROWS, **messages.ROWS}).keys() - {185, 246})


def _noise(random: Random, one: Flight) -> tuple[Message, Service]:
    def number() -> float:
        return random.choice((*VALUES, random.uniform(-1, 1), random.uniform(-1e5, 1e5), float(random.randint(0, 30))))

    def whole(likely: int) -> int:
        return random.choice((likely, random.randrange(-(2**31), 2**31)))

    command = random.choice(KNOWN) if random.random() < 0.9 else random.randrange(65536)
    many: Any = [number() for _ in range(11)]
    match random.randrange(5):
        case 0 | 1:
            return dialect.MAVLink_command_long_message(1, 1, command, random.randrange(3), *many[:7]), one.commands
        case 2:
            place = whole(-353632610), whole(1491652299), many[4]
            frame = random.choice((0, 3, 6, random.randrange(256)))
            return dialect.MAVLink_command_int_message(1, 1, frame, command, 0, 0, *many[:4], *place), one.commands
        case 3:
            frame, mask = random.choice((1, 7, 8, 9)), random.choice((0x0DF8, 0x0DC7, 0x0DC0, 0x9C7, 0x0C3F))
            return dialect.MAVLink_set_position_target_local_ned_message(0, 1, 1, frame, mask, *many), one.guided
        case _:
            channels = [random.choice((0, 65535, 1500, random.randrange(65536))) for _ in range(8)]
            return dialect.MAVLink_rc_channels_override_message(1, 1, *channels), one.sticks


def test_a_flying_copter_survives_any_numbers() -> None:
    """1500 messages of noise in flight: one acknowledgement each, no exception, and a finite state."""
    random, one = Random(1), Flight()
    for count in range(1500):
        if count % 100 == 0:
            one.long(176, 1, GUIDED)
            one.long(400, 1, 2989)
            one.long(22, 0, 0, 0, 0, 0, 0, 10)
            one.run(1.0)
        message, service = _noise(random, one)
        acks = [reply for reply in one.send(message, service) if reply.get_type() == "COMMAND_ACK"]
        assert len(acks) == (service is one.commands)
        if count % 5 == 0:
            one.run(0.1)
            assert np.isfinite(one.vehicle.state.report[:112]).all()
    assert isfinite(one.height)


def test_battery_reset_is_a_change_of_packs() -> None:
    """BATTERY_RESET: mask of batteries, per cent; the monitor counts from there."""
    one = Flight()
    assert one.long(42651, 1, 40) is A
    one.run(1)
    assert float(one.vehicle.state.report[report.BATT_FRACTION]) == pytest.approx(0.4, abs=0.01)
    assert one.long(42651, 2, 90) is F, "there is one battery"
    assert one.long(42651, 1, 101) is F
    assert one.long(42651, 1, nan) is D
    one.run(1)
    assert float(one.vehicle.state.report[report.BATT_FRACTION]) == pytest.approx(0.4, abs=0.01)
