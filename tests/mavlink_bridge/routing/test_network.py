"""Several endpoints on one link: who gets a frame, who answers, what goes on, one queue for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.network import Network
from mavlink_bridge.routing.open_link import CONGESTED
from mavlink_bridge.routing.service import Clock, Outgoing, Peer
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from mavlink_bridge.wire.signing import Signing, timestamp_of

dialect = codec.dialect
KEY = bytes(range(32))
NOW = timestamp_of(1_767_225_600_000_000)
HEARTBEAT = dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)


@dataclass
class Answering:
    """Records what it hears and answers on the link of the request."""

    clock: Clock = "link"
    handles: frozenset[str] = frozenset(("PING", "HEARTBEAT"))
    heard: list[tuple[str, int]] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)

    def handle_message(self, message: Any, peer: Peer, now_ms: int) -> None:
        self.heard.append((message.get_type(), peer.system))
        if message.get_type() == "PING":
            self.outgoing.append(Outgoing(dialect.MAVLink_ping_message(1, 1, peer.system, 0), peer.link))

    def handle_timeout(self, now_ms: int) -> None:
        """Only answers."""

    def next_deadline_ms(self) -> int | None:
        return None

    def take_outgoing(self) -> list[Outgoing]:
        taken, self.outgoing = self.outgoing, []
        return taken

    def link_closed(self, link: int) -> None:
        """Keeps nothing of a link."""


class Fleet:
    """Three vehicles, systems 1 to 3, and two links on which they all are."""

    def __init__(self) -> None:
        self.endpoints = [Endpoint(system) for system in (1, 2, 3)]
        self.services = [Answering() for _ in self.endpoints]
        for endpoint, service in zip(self.endpoints, self.services, strict=True):
            endpoint.add_service(service)
        self.touched: list[int] = []
        self.network = Network(self.endpoints, self.touched.append)
        self.one, self.two = self.network.open_link("one"), self.network.open_link("two")
        self.touched.clear()

    def say(self, message: Any, link: int | None = None, system: int = 255) -> None:
        data = FrameWriter(system, 190).frame(*codec.payload(message))
        self.network.receive(self.one if link is None else link, data, 0, 0)

    def out(self, link: int) -> list[tuple[int, int]]:
        """(system, message id) of what waits on a link."""
        return [(frame.system, frame.msg_id) for frame in FrameReader().receive(self.network.out_queue(link).take())]


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def ping(system: int) -> Any:
    return dialect.MAVLink_ping_message(7, 7, system, 0)


def test_a_frame_with_a_target_is_its_alone(fleet: Fleet) -> None:
    """Only the vehicle that is meant hears it, is touched, and answers; on that link only."""
    fleet.say(ping(2))
    assert [len(service.heard) for service in fleet.services] == [0, 1, 0]
    assert fleet.touched == [1]
    assert fleet.out(fleet.one) == [(2, 4)]
    assert fleet.out(fleet.two) == []


def test_a_frame_without_one_is_everybodys(fleet: Fleet) -> None:
    """All hear it, in the order of the fleet, and their answers lie in that order in one queue."""
    fleet.say(ping(0))
    assert fleet.touched == [0, 1, 2]
    assert fleet.out(fleet.one) == [(1, 4), (2, 4), (3, 4)]


def test_stations_on_two_links_hear_each_other_once(fleet: Fleet) -> None:
    """A heartbeat goes on to the other link when somebody was heard there, once and not once for each vehicle."""
    fleet.say(HEARTBEAT, fleet.two, system=254)
    assert fleet.out(fleet.one) == []
    fleet.say(HEARTBEAT, fleet.one)
    assert fleet.out(fleet.two) == [(255, 0)]
    fleet.say(ping(254), fleet.one)
    assert fleet.out(fleet.two) == [(255, 4)], "for the other station: passed on, and answered by nobody"
    assert fleet.out(fleet.one) == []


def test_what_goes_on_is_counted_as_by_a_vehicle_alone(fleet: Fleet) -> None:
    """Sent, or dropped where the link takes no more: `links.json` knew of neither."""
    fleet.say(HEARTBEAT, fleet.two, system=254)
    fleet.say(HEARTBEAT, fleet.one)
    fleet.network.out_queue(fleet.two).judge(2 * CONGESTED)
    fleet.say(ping(254), fleet.one)
    counts = [endpoint.statistics(fleet.two) for endpoint in fleet.endpoints]
    assert [(one.frames_out, one.dropped) for one in counts] == [(1, 1), (0, 0), (0, 0)]


def test_vehicles_do_not_hear_themselves(fleet: Fleet) -> None:
    """What one of them has said, and a link that loops, gives back, is nothing new to the others."""
    data = FrameWriter(2, 1).frame(*codec.payload(HEARTBEAT))
    fleet.network.receive(fleet.one, data, 0, 0)
    assert [service.heard for service in fleet.services] == [[], [], []]


def test_each_counts_its_own_frames(fleet: Fleet) -> None:
    """Sequence numbers on a shared link are those of a vehicle that is alone on it."""
    for system in (1, 2, 1, 3, 1):
        fleet.say(ping(system))
    frames = FrameReader().receive(fleet.network.out_queue(fleet.one).take())
    assert [(frame.system, frame.sequence) for frame in frames] == [(1, 0), (2, 0), (1, 1), (3, 0), (1, 2)]


def test_a_new_system_id_is_found_at_once(fleet: Fleet) -> None:
    """SYSID_THISMAV was set: the old id is nobody, the new one is heard."""
    fleet.endpoints[1].identify(9)
    fleet.say(ping(2))
    fleet.say(ping(9))
    assert fleet.out(fleet.one) == [(9, 4)]


def test_a_link_that_ends_ends_for_all(fleet: Fleet) -> None:
    """No endpoint keeps it, and the other link goes on."""
    fleet.network.close_link(fleet.one)
    assert fleet.touched == [0, 1, 2]
    assert [len(endpoint.links()) for endpoint in fleet.endpoints] == [1, 1, 1]
    fleet.say(ping(3), fleet.two)
    assert fleet.out(fleet.two) == [(3, 4)]


def test_half_a_frame_is_given_up_once(fleet: Fleet) -> None:
    """A start byte that claims what never comes hides no frame behind it."""
    data = b"\xfd\xff" + FrameWriter(255, 190).frame(*codec.payload(ping(1)))
    fleet.network.receive(fleet.one, data, 0, 0)
    due = fleet.network.claim_deadline_ms()
    if due is not None:
        fleet.network.give_up_claims(due, 0)
    assert len(fleet.services[0].heard) == 1
    assert fleet.network.claim_deadline_ms() is None


def test_a_radio_that_fails_takes_one_vehicle_away(fleet: Fleet) -> None:
    """`muted` is a vehicle's own: the others are still there."""
    fleet.endpoints[0].muted = True
    fleet.say(ping(0))
    assert fleet.out(fleet.one) == [(2, 4), (3, 4)]


def test_every_vehicle_checks_and_signs_for_itself() -> None:
    """A broadcast that is signed is taken by all and passed on once; the same frame again by nobody."""
    fleet = Fleet()
    for link in (fleet.one, fleet.two):
        fleet.network.close_link(link)
    one, two = (fleet.network.open_link(name, trusted=False) for name in ("one", "two"))
    for endpoint in fleet.endpoints:
        endpoint.set_signing(Signing(KEY, NOW))
    sender = Signing(KEY, NOW)
    fleet.network.receive(two, sender.sign(FrameWriter(254, 190).frame(*codec.payload(HEARTBEAT)), 3), 0, 0)
    data = sender.sign(FrameWriter(255, 190).frame(*codec.payload(HEARTBEAT)), 3)
    fleet.network.receive(one, data, 0, 0)
    assert [service.heard for service in fleet.services] == [[("HEARTBEAT", 254), ("HEARTBEAT", 255)]] * 3
    assert [system for system, _ in fleet.out(two)] == [255]
    fleet.network.receive(one, data, 0, 0)
    fleet.network.receive(one, FrameWriter(255, 190).frame(*codec.payload(ping(1))), 0, 0)
    assert [len(service.heard) for service in fleet.services] == [2, 2, 2]
    assert fleet.out(two) == []


def test_what_others_say_leaves_room_for_an_answer(fleet: Fleet) -> None:
    """Everybody's streams are due at once: a list of parameters of one does not wait for that."""
    for endpoint in fleet.endpoints:
        endpoint.append(fleet.one, bytes(8_000), 1)
    assert fleet.endpoints[0].out_queue(fleet.one).room(4_096) >= 4_096
    assert not fleet.endpoints[0].out_queue(fleet.one).busy
    fleet.endpoints[1].append(fleet.one, bytes(300_000), 1)
    assert fleet.endpoints[0].out_queue(fleet.one).room(4_096) < 0
    assert fleet.endpoints[0].out_queue(fleet.one).busy


def test_a_reader_that_is_too_slow_hears_all_or_none_of_an_instant(fleet: Fleet) -> None:
    """Nobody is silenced by those who come before it; answers wait behind one instant, not behind many."""
    out = fleet.network.out_queue(fleet.one)
    out.judge(CONGESTED)
    assert not fleet.endpoints[0].out_queue(fleet.one).busy
    fleet.endpoints[0].append(fleet.one, bytes(CONGESTED // 2), 1)
    assert not fleet.endpoints[2].out_queue(fleet.one).busy
    out.judge(CONGESTED // 2 + 1)
    assert all(endpoint.out_queue(fleet.one).busy for endpoint in fleet.endpoints)
    out.judge(CONGESTED // 2)
    assert not any(endpoint.out_queue(fleet.one).busy for endpoint in fleet.endpoints)
