"""The endpoint: dispatch to services, their clocks and faults, links apart from each other, bounded queues."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.routing.endpoint import CONGESTED, OVERFLOW, Endpoint
from mavlink_bridge.routing.service import CalledService, Clock, Outgoing, Peer, Speaker
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter

LINK_MS, VEHICLE_MS = 1000, 60_000


@dataclass
class Echo:
    """A service that records what it is given and answers each PING on its link and each HEARTBEAT on all."""

    clock: Clock = "link"
    handles: frozenset[str] = frozenset(("PING", "HEARTBEAT"))
    heard: list[tuple[str, Peer, int]] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    deadline: int | None = None

    def handle_message(self, message: Any, peer: Peer, now_ms: int) -> None:
        self.heard.append((message.get_type(), peer, now_ms))
        only = peer.link if message.get_type() == "PING" else None
        self.outgoing.append(Outgoing(dialect.MAVLink_ping_message(1, len(self.heard), 0, 0), only))

    def handle_timeout(self, now_ms: int) -> None:
        self.times.append(now_ms)

    def next_deadline_ms(self) -> int | None:
        return self.deadline

    def take_outgoing(self) -> list[Outgoing]:
        taken, self.outgoing = self.outgoing, []
        return taken

    def link_closed(self, link: int) -> None:
        self.closed.append(link)


class Faulty(Echo):
    """A service with a fault everywhere."""

    def handle_message(self, message: Any, peer: Peer, now_ms: int) -> None:
        raise RuntimeError("on a message")

    def handle_timeout(self, now_ms: int) -> None:
        raise RuntimeError("on a deadline")

    def link_closed(self, link: int) -> None:
        raise RuntimeError("on a closed link")


def v2(message: Any, system: int = 255, component: int = 190) -> bytes:
    return FrameWriter(system, component).frame(*codec.payload(message))


PING = dialect.MAVLink_ping_message(7, 7, 0, 0)
HEARTBEAT = dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)


def to(system: int, component: int) -> bytes:
    return v2(dialect.MAVLink_ping_message(7, 7, system, component))


def ids(data: bytes) -> list[int]:
    return [frame.msg_id for frame in FrameReader().receive(data)]


def test_an_answer_leaves_on_the_link_of_the_request_and_a_broadcast_on_all() -> None:
    """Two stations on two links."""
    endpoint, echo = Endpoint(1), Echo()
    endpoint.add_service(echo)
    one, two = endpoint.open_link("one"), endpoint.open_link("two")
    endpoint.receive(two, v2(PING), LINK_MS, VEHICLE_MS)
    assert (endpoint.take_bytes(one), len(ids(endpoint.take_bytes(two)))) == (b"", 1)
    endpoint.receive(one, v2(HEARTBEAT, 254), LINK_MS, VEHICLE_MS)
    assert ids(endpoint.take_bytes(one)) == [4]
    assert sorted(ids(endpoint.take_bytes(two))) == [0, 4], "our answer, and the other station's heartbeat"
    assert echo.heard[0] == ("PING", Peer(two, 255, 190), LINK_MS)
    assert echo.heard[1] == ("HEARTBEAT", Peer(one, 254, 190), LINK_MS)


def test_each_service_gets_the_time_on_its_own_clock() -> None:
    """In messages and timeouts alike; deadlines are given for each clock."""
    endpoint, on_link, on_vehicle = Endpoint(1), Echo("link"), Echo("vehicle")
    third = Echo("vehicle", deadline=90)
    on_link.deadline, on_vehicle.deadline = 70, 80
    for service in (on_link, on_vehicle, third):
        endpoint.add_service(service)
    link = endpoint.open_link("one")
    endpoint.receive(link, v2(PING), LINK_MS, VEHICLE_MS)
    endpoint.handle_timeouts(LINK_MS + 1, VEHICLE_MS + 1)
    assert (on_link.heard[0][2], on_link.times) == (LINK_MS, [LINK_MS + 1])
    assert (on_vehicle.heard[0][2], on_vehicle.times) == (VEHICLE_MS, [VEHICLE_MS + 1])
    assert endpoint.next_deadlines() == (70, 80)
    on_link.deadline = None
    on_vehicle.deadline = None
    assert endpoint.next_deadlines() == (None, 90)


def test_messages_for_others_reach_no_service() -> None:
    """Another system, and a component of ours that has been heard; before that it is ours to answer."""
    endpoint, echo = Endpoint(1), Echo()
    endpoint.add_service(echo)
    ground, gimbal = endpoint.open_link("ground"), endpoint.open_link("gimbal")
    endpoint.receive(ground, to(2, 1) + to(1, 154) + to(1, 0) + to(1, 1) + to(0, 0), LINK_MS, VEHICLE_MS)
    assert len(echo.heard) == 4
    endpoint.receive(gimbal, v2(dialect.MAVLink_attitude_message(0, 0, 0, 0, 0, 0, 0), 1, 154), LINK_MS, VEHICLE_MS)
    endpoint.take_bytes(gimbal)
    endpoint.receive(ground, to(1, 154), LINK_MS, VEHICLE_MS)
    assert len(echo.heard) == 4
    assert endpoint.take_bytes(gimbal) == to(1, 154), "forwarded as it came"
    assert endpoint.heard(1, 154) == (gimbal,)


@dataclass
class Gimbal(Echo):
    """Speaks as component 154."""

    def take_outgoing(self) -> list[Outgoing]:
        return [Outgoing(one.message, one.link, 154) for one in super().take_outgoing()]


def test_a_further_component_hears_its_own_and_speaks_for_itself() -> None:
    """What is for it goes to it alone, what is for all to both; its sequence numbers are its own, and so is its
    identity when the system is called otherwise."""
    endpoint, echo, gimbal = Endpoint(1), Echo(), Gimbal()
    endpoint.add_service(echo)
    endpoint.add_component(154, [gimbal])
    link, other = endpoint.open_link("ground"), endpoint.open_link("other")
    endpoint.receive(other, v2(PING, 9, 9), LINK_MS, VEHICLE_MS)
    endpoint.take_bytes(other)
    reader = FrameReader()

    def said(target: int) -> list[tuple[int, int, int]]:
        endpoint.receive(link, to(1, target), LINK_MS, VEHICLE_MS)
        return [(one.system, one.component, one.sequence) for one in reader.receive(endpoint.take_bytes(link), 0)]

    assert said(154) == [(1, 154, 0)]
    assert said(0) == [(1, 1, 0), (1, 154, 1)]
    assert said(1) == [(1, 1, 1)]
    assert said(100) == [(1, 1, 2)], "which nobody has heard of"
    assert endpoint.take_bytes(other).count(b"\xfd") == 0, "what is for us is not forwarded"
    endpoint.identify(7)
    endpoint.receive(link, to(7, 154), LINK_MS, VEHICLE_MS)
    assert [(one.system, one.component) for one in reader.receive(endpoint.take_bytes(link), 0)] == [(7, 154)]


def test_an_echo_of_a_further_component_goes_nowhere() -> None:
    """As one of the vehicle's own frames."""
    endpoint, echo, gimbal = Endpoint(1), Echo(), Gimbal()
    endpoint.add_service(echo)
    endpoint.add_component(154, [gimbal])
    endpoint.receive(endpoint.open_link("one"), v2(PING, 1, 154), LINK_MS, VEHICLE_MS)
    assert not echo.heard
    assert not gimbal.heard


def test_an_echo_of_our_own_frames_goes_nowhere() -> None:
    """Neither to a service nor to another link."""
    endpoint, echo = Endpoint(1), Echo()
    endpoint.add_service(echo)
    one, two = endpoint.open_link("one"), endpoint.open_link("two")
    endpoint.receive(two, v2(dialect.MAVLink_attitude_message(0, 0, 0, 0, 0, 0, 0)), LINK_MS, VEHICLE_MS)
    endpoint.take_bytes(one)
    endpoint.receive(one, v2(PING, 1, 1), LINK_MS, VEHICLE_MS)
    assert (echo.heard, endpoint.take_bytes(two)) == ([], b"")


def test_sequence_numbers_have_no_gap_on_any_link() -> None:
    """Single messages, broadcasts and encoded telemetry share the counter of their link."""
    endpoint = Endpoint(1)
    links = [endpoint.open_link("one"), endpoint.open_link("two")]
    for number in range(300):
        endpoint.send(PING, links[0] if number % 3 else None)
        start = endpoint.next_sequence(links[0])
        assert start == endpoint.writer(links[0]).next_sequence
        made = FrameWriter(1, 1)
        made.advance(start)
        endpoint.append(links[0], b"".join(made.frame(*codec.payload(HEARTBEAT)) for _ in range(2)), 2)
    for link, frames in zip(links, (900, 100), strict=True):
        sequences = [frame.sequence for frame in FrameReader().receive(endpoint.take_bytes(link))]
        assert sequences == [number % 256 for number in range(frames)]


def test_a_fault_in_a_service_is_reported_and_the_others_run() -> None:
    """On a message, a deadline, and a closed link."""
    problems: list[tuple[str, str]] = []
    endpoint = Endpoint(1, on_error=lambda problem, where: problems.append((str(problem), where)))
    echo = Echo()
    endpoint.add_service(Faulty())
    endpoint.add_service(echo)
    link = endpoint.open_link("one")
    endpoint.receive(link, v2(PING), LINK_MS, VEHICLE_MS)
    endpoint.handle_timeouts(LINK_MS, VEHICLE_MS)
    assert ids(endpoint.take_bytes(link)) == [4]
    endpoint.close_link(link)
    assert (len(echo.heard), echo.times, echo.closed) == (1, [LINK_MS], [link])
    assert problems == [
        ("on a message", "Faulty on PING"),
        ("on a deadline", "Faulty on its deadline"),
        ("on a closed link", "Faulty on a closed link"),
    ]
    assert endpoint.service_errors == 3


def test_a_fault_in_an_observer_or_a_gate_is_reported() -> None:
    """A frame goes on without its observer, but not past a gate that was to judge it."""
    problems: list[tuple[str, str]] = []
    endpoint = Endpoint(1, on_error=lambda problem, where: problems.append((str(problem), where)))
    echo = Echo()
    endpoint.add_service(echo)
    link = endpoint.open_link("one")

    def fail(*_: object) -> bool:
        raise RuntimeError("at a frame")

    endpoint.on_frame.append(fail)
    endpoint.receive(link, v2(PING), LINK_MS, VEHICLE_MS)
    assert ids(endpoint.take_bytes(link)) == [4]
    endpoint.gates.append(fail)
    endpoint.receive(link, v2(PING), LINK_MS, VEHICLE_MS)
    assert ids(endpoint.take_bytes(link)) == []
    observed = ("at a frame", "an observer of message 4")
    assert problems == [observed, observed, ("at a frame", "a gate for message 4")]


def test_without_a_listener_a_fault_is_raised() -> None:
    """Tests see a fault where it happens."""
    endpoint = Endpoint(1)
    endpoint.add_service(Faulty())
    link = endpoint.open_link("one")
    with pytest.raises(RuntimeError, match="on a message"):
        endpoint.receive(link, v2(PING), LINK_MS, VEHICLE_MS)


def test_a_message_that_does_not_fit_is_reported_and_the_next_one_sent() -> None:
    """A service's mistake in one message does not cost the others."""
    problems: list[str] = []
    endpoint, echo = Endpoint(1, on_error=lambda problem, where: problems.append(where)), Echo()
    endpoint.add_service(echo)
    link = endpoint.open_link("one")
    echo.outgoing = [Outgoing(dialect.MAVLink_ping_message(-1, 0, 0, 0)), Outgoing(HEARTBEAT)]
    endpoint.handle_timeouts(LINK_MS, VEHICLE_MS)
    assert (ids(endpoint.take_bytes(link)), problems) == ([0], ["a message of Echo"])


def test_a_link_that_takes_nothing_is_congested_then_overflows_alone() -> None:
    """Answers queue up to the larger bound; the queue never exceeds it; the other link is served."""
    endpoint = Endpoint(1)
    slow, good = endpoint.open_link("slow"), endpoint.open_link("good")
    assert not endpoint.out_queue(slow).busy
    while not endpoint.out_queue(slow).overflowed:
        endpoint.send(PING, slow)
        assert endpoint.out_queue(slow).size <= OVERFLOW
        assert endpoint.out_queue(slow).busy == (endpoint.out_queue(slow).size > CONGESTED)
    endpoint.append(slow, v2(PING), 1)
    endpoint.send(PING)
    assert endpoint.statistics(slow).dropped == 1
    assert ids(endpoint.take_bytes(good)) == [4]
    endpoint.take_bytes(slow)
    assert endpoint.out_queue(slow).overflowed, "an answer was lost, so the link must go"
    assert (endpoint.out_queue(slow).size, endpoint.out_queue(slow).busy) == (0, False)


def test_a_congested_link_gets_nothing_forwarded() -> None:
    """Its room is for our own answers."""
    endpoint = Endpoint(1)
    one, slow = endpoint.open_link("one"), endpoint.open_link("slow")
    endpoint.receive(slow, v2(HEARTBEAT, 254), LINK_MS, VEHICLE_MS)
    while not endpoint.out_queue(slow).busy:
        endpoint.send(PING, slow)
    before = endpoint.out_queue(slow).size
    endpoint.receive(one, v2(HEARTBEAT), LINK_MS, VEHICLE_MS)
    assert endpoint.out_queue(slow).size == before
    assert endpoint.statistics(slow).dropped == 1


def test_statistics_count_both_ways() -> None:
    """Frames, bytes, losses and errors of one link."""
    endpoint = Endpoint(1)
    link = endpoint.open_link("one")
    writer = FrameWriter(255, 190)
    first, _, third = (writer.frame(*codec.payload(PING)) for _ in range(3))
    endpoint.receive(link, first + third + b"\xfd\x01\x00" + bytes(12), LINK_MS, VEHICLE_MS)
    endpoint.send(HEARTBEAT)
    statistics = endpoint.statistics(link)
    assert (statistics.name, statistics.frames_in, statistics.lost, statistics.frames_out) == ("one", 2, 1, 1)
    assert statistics.bytes_in == len(first + third) + 15
    assert statistics.bytes_out == len(endpoint.take_bytes(link))
    assert statistics.errors == 1


def test_closed_links_are_gone_everywhere() -> None:
    """Numbers are not used again; messages for a closed link vanish; a second close does nothing."""
    endpoint, echo = Endpoint(1), Echo()
    endpoint.add_service(echo)
    link = endpoint.open_link("one", trusted=False)
    assert not endpoint.trusted(link)
    endpoint.close_link(link)
    endpoint.close_link(link)
    assert (echo.closed, endpoint.links(), endpoint.trusted(link)) == ([link], (), False)
    endpoint.send(PING, link)
    assert endpoint.open_link("two") != link
    assert endpoint.statistics(endpoint.links()[0]).name == "two"


def test_a_new_identity_holds_for_all_links_and_keeps_the_sequence() -> None:
    """SYSID_THISMAV was set."""
    endpoint = Endpoint(1)
    link = endpoint.open_link("one")
    endpoint.send(PING)
    endpoint.identify(42, 1)
    endpoint.send(PING)
    frames = FrameReader().receive(endpoint.take_bytes(link))
    assert [(frame.system, frame.sequence) for frame in frames] == [(1, 0), (42, 1)]
    assert (endpoint.system_id, endpoint.component_id) == (42, 1)


def test_a_service_that_handles_no_message_of_the_dialect_is_refused() -> None:
    """A slip in a name would otherwise be a service that hears nothing."""
    with pytest.raises(ValueError, match="PINK"):
        Endpoint(1).add_service(Echo(handles=frozenset(("PINK",))))


def test_a_log_sees_every_sound_frame() -> None:
    """`on_frame` gets frames for us and for others, with their link."""
    seen: list[tuple[int, int]] = []
    endpoint = Endpoint(1, on_frame=lambda link, frame: seen.append((link, frame.msg_id)))
    link = endpoint.open_link("one")
    endpoint.receive(link, v2(HEARTBEAT) + to(9, 9) + b"\xfd\xfd", LINK_MS, VEHICLE_MS)
    assert seen == [(link, 0), (link, 4)]


def test_mavlink_1_is_understood_and_answered_in_mavlink_2() -> None:
    """The peer says which version it spoke."""
    endpoint, echo = Endpoint(1), Echo()
    endpoint.add_service(echo)
    link = endpoint.open_link("one")
    mav = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
    endpoint.receive(link, PING.pack(mav, force_mavlink1=True), LINK_MS, VEHICLE_MS)
    assert echo.heard[0][1] == Peer(link, 255, 190, mavlink1=True)
    assert endpoint.take_bytes(link)[0] == 0xFD


@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([v2(PING), v2(HEARTBEAT), to(1, 7), v2(PING, 3)]))))
def test_any_bytes_leave_the_endpoint_working(chunks: list[bytes]) -> None:
    """Whatever one link receives, a ping on the other is answered."""
    endpoint = Endpoint(1)
    endpoint.add_service(Echo())
    bad, good = endpoint.open_link("bad"), endpoint.open_link("good")
    for chunk in chunks:
        endpoint.receive(bad, chunk, LINK_MS, VEHICLE_MS)
    endpoint.take_bytes(good)
    endpoint.receive(good, v2(PING), LINK_MS, VEHICLE_MS)
    assert ids(endpoint.take_bytes(good)) == [4]


# --- messages that wait --------------------------------------------------------------------------------------------
class Talkative(Speaker):
    """A service that has something to send now and then."""

    clock: Clock = "link"
    handles: frozenset[str] = frozenset()

    def handle_message(self, message: Any, peer: Peer, now_ms: int) -> None: ...

    def handle_timeout(self, now_ms: int) -> None:
        if now_ms % 2:
            self._out.append(Outgoing(dialect.MAVLink_ping_message(now_ms, 1, 0, 0)))

    def next_deadline_ms(self) -> int | None:
        return None


def test_what_a_service_has_to_send_is_sent_each_time() -> None:
    """The endpoint looks at the list of a plain speaker and calls the others."""
    endpoint, service = Endpoint(1), Talkative()
    endpoint.add_service(service)
    link = endpoint.open_link("test")
    for now_ms in range(6):
        endpoint.handle_timeouts(now_ms, 0)
    assert endpoint.totals().frames_out == 3
    assert CalledService(service).waiting == [] and CalledService(Echo()).waiting is None
    assert endpoint.out_queue(link).size


def test_the_list_of_a_speaker_is_never_another(request: pytest.FixtureRequest) -> None:
    """The endpoint would look at the old one for ever."""
    for module in (request.config.rootpath / "mavlink_bridge").rglob("*.py"):
        text = module.read_text()
        if "(Speaker" in text or ", Speaker" in text:
            assert not re.search(r"self\._out = |, self\._out = ", text), module
