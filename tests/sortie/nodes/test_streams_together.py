"""Streams of all vehicles of a kind that are due at an instant are encoded in one call: the same bytes, fewer calls."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.control import kernels
from autopilot.interface.layout import TICK_MS
from autopilot.interface.report import TARGET_N
from autopilot.interface.targets import TakeOff
from autopilot.mav import Cmd, Severity
from mavlink_bridge.routing.service import Clock, Outgoing, Peer
from mavlink_bridge.services.telemetry.pool import StreamPool
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.services.telemetry.sources import GOAL_N
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, split_frames
from mavlink_bridge.wire.signing import Signing, timestamp_of
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from sortie.config.formation import moved, seed_of
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.fleet import FleetNode
from sortie.nodes.recorder import record_flights
from tests.fakes.assembled import assembled, fleet_node
from tests.sortie.runtime.test_fleet_equality import HOME

KINDS = ("copter", "rover", "copter", "plane", "boat")
END_MS = 14_000
pytestmark = pytest.mark.skipif(not kernels.compiled(), reason="nothing is compiled: each encodes for itself")


def spec(kind: str, number: int, fault: tuple[str, ...] = (), firmware: str = "ardupilot") -> VehicleSpec:
    place, seed = moved(HOME, 20.0 * number, 0.0), seed_of(3, number)
    return VehicleSpec(kind, number, place, 90.0, seed, fault=fault, firmware=firmware)


def made(kinds: tuple[str, ...] = KINDS, fault: tuple[str, ...] = (), firmware: str = "ardupilot") -> FleetNode:
    return fleet_node([spec(kind, number, fault, firmware) for number, kind in enumerate(kinds, start=1)])


def asked(rate: int, stream: int = 0, target: int = 0) -> bytes:
    """A ground station's request for streams."""
    message = dialect.MAVLink_request_data_stream_message(target, 0, stream, rate, 1)
    return bytes(message.pack(dialect.MAVLink(None, srcSystem=255, srcComponent=190)))


class Ticker:
    """A service that speaks every quarter of a second of vehicle time: whenever streams of 4 Hz are due."""

    clock: Clock = "vehicle"
    handles: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._due_ms, self._out = 250, list[Outgoing]()

    def handle_message(self, message: object, peer: Peer, now_ms: int) -> None:
        """Nothing comes."""

    def handle_timeout(self, now_ms: int) -> None:
        if now_ms >= self._due_ms:
            self._due_ms = now_ms - now_ms % 250 + 250
            self._out.append(Outgoing(codec.dialect.MAVLink_debug_message(now_ms, 0, 0.0)))

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def take_outgoing(self) -> list[Outgoing]:
        taken, self._out = self._out, []
        return taken


def test_what_a_service_says_beside_streams_has_a_number_behind_theirs() -> None:
    """Each link's frames are numbered in the order in which they leave."""
    node = made(("copter",) * 3)
    node.load()
    for service in node.services:
        service.endpoint.add_service(Ticker())
    network = node.networks[0]
    link = network.open_link("station")
    network.receive(link, asked(4), 0, 0)
    numbers: dict[int, list[int]] = defaultdict(list)
    while node.now_ms < 4_000:
        node.advance(4_000)
        node.serve_links(node.now_ms)
        for frame in split_frames(network.out_queue(link).take()):
            numbers[frame[5]].append(frame[4])
    for found in numbers.values():
        assert len(found) > 100
        assert all((after - before) % 256 == 1 for before, after in pairwise(found))


def flown(node: FleetNode, *, together: bool, events: bool = False) -> dict[int, list[bytes]]:
    """The frames of each vehicle on a shared link, in their order; asked for at two rates, one vehicle at a third."""
    if together:
        node.load()
    network = node.networks[0]
    link = network.open_link("station")
    said: dict[int, list[bytes]] = defaultdict(list)
    while node.now_ms < END_MS:
        node.advance(END_MS)
        if node.now_ms == 2_000:
            network.receive(link, asked(4), node.now_ms, node.now_ms)
            network.receive(link, asked(10, 10, target=3), node.now_ms, node.now_ms)
        if node.now_ms == 9_000 and events:
            for number, service in enumerate(node.services):
                node.touch(number)
                service.autopilot.modes.set(4 if service.autopilot.facts.vehicle_class.flies else 15, node.now_ms)
        node.serve_links(node.now_ms)
        for frame in split_frames(network.out_queue(link).take()):
            said[frame[5]].append(frame)
    return said


@pytest.mark.parametrize("fault", [(), ("gps.loss=1@8..11",), ("link.loss@6..8",)])
def test_every_vehicle_says_the_same_alone_or_together(fault: tuple[str, ...]) -> None:
    """Each frame with its number, whatever happens meanwhile: modes, faults, a link that is lost for a time."""
    alone = flown(made(fault=fault), together=False, events=True)
    together = flown(made(fault=fault), together=True, events=True)
    assert sorted(alone) == [1, 2, 3, 4, 5]
    for system, frames in alone.items():
        assert len(frames) > 500
        assert together[system] == frames, f"vehicle {system}"


def test_figures_of_the_report_among_the_facts_are_those_of_now() -> None:
    """A PX4 tells the reference that it is steered to, which moves from report to report without a decision."""
    node = made(("copter", "copter"), firmware="px4")
    node.load()
    node.networks[0].open_link("station")
    rows, values, heights = node._kinds[0].rows, node._kinds[0].streams.sources, set()
    while node.now_ms < END_MS:
        node.advance(END_MS)
        if node.now_ms == 5_000:
            for machine in rows.machines:
                machine.arm(force=True)
                machine.set_target(TakeOff(-30.0))
        heights.add(float(values[0, GOAL_N + 2]))
        assert values[:, GOAL_N : GOAL_N + 6] == pytest.approx(rows.reports[:, TARGET_N : TARGET_N + 6])
    assert len(heights) > 10


@pytest.mark.parametrize(("kind", "firmware"), [("copter", "ardupilot"), ("plane", "ardupilot"), ("copter", "px4")])
def test_a_vehicle_alone_says_the_same_in_one_call(
    kind: str, firmware: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On two links and in its log: what each of them has by itself is there, byte by byte and in its order. Where it
    has only moved, a call decides what is due as well."""
    calls, flown = counted_calls(monkeypatch), counted_flows(monkeypatch)
    one_call = said_alone(spec(kind, 1, firmware=firmware), tmp_path / "pool")
    assert calls.count(3) > 10  # two links and the log
    assert flown.count(True) > 10
    calls.clear()
    monkeypatch.setattr(TelemetryService, "alone", lambda self: None)
    assert one_call == said_alone(spec(kind, 1, firmware=firmware), tmp_path / "each")
    assert not calls


def counted_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on the jobs of each call."""
    calls: list[int] = []
    write = StreamPool.write

    def counted(self: StreamPool) -> None:
        links = len(self._due) + len(self._run)
        calls.extend([links] * (links > 0))
        write(self)

    monkeypatch.setattr(StreamPool, "write", counted)
    return calls


def counted_flows(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """From now on whether each call decided what was due."""
    flown: list[bool] = []
    flow_on = StreamPool.flow_on

    def counted(self: StreamPool) -> int:
        next_ms = flow_on(self)
        flown.append(next_ms != 0)
        return next_ms

    monkeypatch.setattr(StreamPool, "flow_on", counted)
    return flown


def said_alone(vehicle: VehicleSpec, folder: Path) -> list[bytes]:
    """Bytes of two links and of its telemetry log."""
    vehicles, runtime = assembled([replace(vehicle, alone=True)])
    (service,) = vehicles.services
    runtime.load()
    recorder = record_flights(service, folder)
    assert recorder.reopen(0) is None
    links = [service.endpoint.open_link("station"), service.endpoint.open_link("another")]
    service.endpoint.receive(links[0], asked(4), 0, 0)
    service.endpoint.receive(links[1], asked(10, 10), 0, 0)
    while service.now_ms < END_MS:
        if service.now_ms == 9_000:
            service.autopilot.announcer.say(Severity.INFO, "a text among the streams")
            service.look_again()
        runtime.step(END_MS if service.now_ms >= 9_000 else 9_000)
    recorder.finish(service.now_ms)
    assert recorder.latest is not None
    log = (recorder.latest / "flight.tlog").read_bytes()
    return [*(service.endpoint.take_bytes(link) for link in links), log]


@pytest.mark.parametrize("kind", ["copter", "rover"])
def test_instants_of_one_pass_say_the_same_as_a_pass_each(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen instants at which nothing but streams is due are one pass, and reach their links in one piece: byte by
    byte, in links and logs, what a pass for each of them says."""
    vehicle = spec(kind, 1)
    calls = counted_calls(monkeypatch)
    each, each_log = driven(vehicle, tmp_path / "each", 1)
    calls_each = list(calls)
    calls.clear()
    together, log = driven(vehicle, tmp_path / "together", 16)
    assert together == each
    assert log == each_log
    assert len(log) == 5
    assert sum(map(len, each)) > 40_000
    assert 3 * len(calls) < len(calls_each)


def driven(vehicle: VehicleSpec, folder: Path, instants: int) -> tuple[list[bytes], list[bytes]]:
    """What a vehicle that takes off says on two links, and the files of its flight."""
    vehicles, runtime = assembled([replace(vehicle, alone=True)])
    (service,) = vehicles.services
    runtime.load()
    recorder = record_flights(service, folder)
    links = [service.endpoint.open_link("station"), service.endpoint.open_link("another")]
    service.receive(links[0], asked(4), 0)
    service.receive(links[1], asked(10, 10), 0)
    while not service.autopilot.prearm.ok:
        runtime.step(END_MS)
    assert recorder.reopen(service.now_ms) is None
    begin_ms, service.most_instants = service.now_ms, instants
    assert service.autopilot.arming.arm(begin_ms).ok
    while service.now_ms < begin_ms + 20_000:
        service.look_again()
        service.advance(begin_ms + 20_000, begin_ms)
    recorder.finish(service.now_ms)
    assert recorder.latest is not None
    files = [file.read_bytes() for file in sorted(recorder.latest.iterdir())]
    return [service.endpoint.take_bytes(link) for link in links], files


def test_what_is_due_at_an_instant_is_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """40 copters at 4 Hz: a call for each instant of all, and none of a vehicle for itself but for what happens."""
    node = made(("copter",) * 40)
    node.load()
    network = node.networks[0]
    link = network.open_link("station")
    network.receive(link, asked(4), 0, 0)
    node.serve_links(0)
    while node.now_ms < 8_000:
        node.advance(8_000)
    network.out_queue(link).take()
    calls = counted_calls(monkeypatch)
    for service in node.services:
        monkeypatch.setattr(service.endpoint, "append", lambda *_: pytest.fail("encoded alone"))
    while node.now_ms < 10_000:
        node.advance(10_000)
    assert calls == [40] * 8
    assert sum(1 for _ in split_frames(network.out_queue(link).take())) > 40 * 8 * 10


def test_links_of_a_vehicle_that_has_only_moved_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second begins with checks before arming; the quarters behind it need nothing but their frames."""
    node = made(("copter", "rover"))
    node.load()
    network = node.networks[0]
    link = network.open_link("station")
    network.receive(link, asked(4), 0, 0)
    node.serve_links(0)
    while node.now_ms < 20_300:
        node.advance(20_300)
    network.out_queue(link).take()
    for service in node.services:
        monkeypatch.setattr(service.endpoint, "direct", lambda _: pytest.fail("looked at"))
    while node.now_ms < 20_900:
        node.advance(20_900)
    said = [frame[5] for frame in split_frames(network.out_queue(link).take())]
    assert min(said.count(1), said.count(2)) >= 20


def test_a_signed_link_is_served_beside_one_that_is_not() -> None:
    """What has to be signed is encoded by each vehicle for itself; the other link has the same messages."""
    node = made(("copter",) * 3)
    node.load()
    for service in node.services:
        service.endpoint.set_signing(Signing(bytes(range(32)), timestamp_of(1_767_225_600_000_000)))
    network = node.networks[0]
    signed, plain = network.open_link("radio", trusted=False), network.open_link("station")
    while node.now_ms < 5_000:
        node.advance(5_000)

    def heard(link: int) -> dict[int, list[tuple[int, bytes, bool]]]:
        found: dict[int, list[tuple[int, bytes, bool]]] = defaultdict(list)
        for frame in FrameReader().receive(network.out_queue(link).take(), 0):
            found[frame.system].append((frame.msg_id, frame.payload, frame.signed))
        return found

    with_key, without = heard(signed), heard(plain)
    assert sorted(with_key) == sorted(without) == [1, 2, 3]
    for system, messages in without.items():
        assert len(messages) > 100
        assert with_key[system] == [(msg_id, payload, True) for msg_id, payload, _ in messages]


def test_a_full_link_takes_nothing_more_and_says_so() -> None:
    """Streams of many at once do not pass over what may wait on a link."""
    node = made(("copter",) * 3)
    node.load()
    network = node.networks[0]
    link = network.open_link("station")
    shared = network._links[link].out
    shared.full = 2_000
    while node.now_ms < 10_000:
        node.advance(10_000)
    assert network.out_queue(link).overflowed
    assert network.out_queue(link).size <= 2_000
    assert sum(service.endpoint.statistics(1).dropped for service in node.services) > 0


def test_the_log_of_a_vehicle_is_stamped_in_the_same_call(tmp_path: Path) -> None:
    """Each frame of flight.tlog stands behind the time at which it was said; nothing waits in the log's queue."""
    node = made(("copter", "copter"))
    recorders = [record_flights(service, tmp_path / str(k)) for k, service in enumerate(node.services)]
    node.load()
    for recorder in recorders:
        assert recorder.reopen(0) is None
    while node.now_ms < 3_000:
        node.advance(3_000)
    for service, recorder in zip(node.services, recorders, strict=True):
        assert recorder.latest is not None
        recorder.finish(node.now_ms)
        data = (recorder.latest / "flight.tlog").read_bytes()
        at, stamps = 0, []
        while at < len(data):
            stamps.append(int.from_bytes(data[at : at + 8], "big") - VIRTUAL_EPOCH_US)
            assert data[at + 13] == service.endpoint.system_id
            at += 8 + data[at + 9] + 12
        assert len(stamps) > 100
        assert stamps == sorted(stamps)
        assert stamps[-1] == 3_000_000


NEW: tuple[str, ...] = (
    "SIM_STATE", "WIND_COV", "HIGHRES_IMU", "SCALED_IMU", "AHRS2", "RPM", "TIME_ESTIMATE_TO_TARGET", "ESC_STATUS",
    "WINCH_STATUS", "ATTITUDE_TARGET",
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fitted", "asked_for"),
    [("copter", ("WINCH_TYPE=1", "SERVO7_FUNCTION=88"), NEW), ("plane", ("EFI_TYPE=1",), ("EFI_STATUS",))],
)
def test_no_heartbeat_of_a_hundred_is_late_for_messages_at_4_hz(
    kind: str, fitted: tuple[str, ...], asked_for: tuple[str, ...]
) -> None:
    """100 copters with a winch, and planes with an engine, each message of a service at 4 Hz to one station: all are
    there, at their time, and HEARTBEAT each second."""
    node = fleet_node([replace(spec(kind, number), param=fitted) for number in range(1, 101)])
    node.load()
    network = node.networks[0]
    link = network.open_link("station")
    node.serve_links(0)
    packer = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
    for name in asked_for:
        fields = (Cmd.SET_MESSAGE_INTERVAL, 0, codec.id_of(name), 250_000, 0, 0, 0, 0, 0)
        for system in range(1, 101):
            network.receive(link, bytes(dialect.MAVLink_command_long_message(system, 1, *fields).pack(packer)), 0, 0)
    node.serve_links(0)
    at: dict[tuple[int, int], list[int]] = defaultdict(list)
    while node.now_ms < 3_000:
        node.advance(3_000)
        node.serve_links(node.now_ms)
        for frame in FrameReader().receive(network.out_queue(link).take(), 0):
            if node.now_ms >= 1_000:
                at[frame.system, frame.msg_id].append(node.now_ms)
    quarters = [-(-due_ms // TICK_MS) * TICK_MS for due_ms in range(1_000, 3_001, 250)]
    for system in range(1, 101):
        assert at[system, codec.id_of("HEARTBEAT")] == [1_000, 2_000, 3_000]
        for name in asked_for:
            assert at[system, codec.id_of(name)] == quarters, name
