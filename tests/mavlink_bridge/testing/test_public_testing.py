"""`mavlink_bridge.testing` as somebody else uses it: own machines over bad wires, garbage from a seed, own links."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mavlink_bridge.clients.base import PATIENT, Target
from mavlink_bridge.clients.command import CommandOutcome, command_long
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer
from mavlink_bridge.testing.hostile import HostilePeer, any_message, message_numbers
from mavlink_bridge.testing.wires import LossyWires
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader

PAGE = Path(__file__).parents[3] / "docs" / "testing-mavlink.md"


class Relay:
    """Somebody's own service: it counts and accepts DO_SET_RELAY."""

    clock: Clock = "link"
    handles = frozenset({"COMMAND_LONG"})

    def __init__(self) -> None:
        self.switched = 0
        self._out: list[Outgoing] = []

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        self.switched += 1
        answer = dialect.MAVLink_command_ack_message(message.command, 0, 0, 0, peer.system, peer.component)
        self._out.append(Outgoing(answer, peer.link))

    def handle_timeout(self, now_ms: int) -> None:
        """Nothing falls due."""

    def next_deadline_ms(self) -> int | None:
        return None

    def take_outgoing(self) -> list[Outgoing]:
        out, self._out = self._out, []
        return out

    def link_closed(self, link: int) -> None:
        """Nothing is kept for a link."""


@given(seed=st.integers(0, 500), loss=st.sampled_from([0.0, 0.2, 0.5]))
def test_an_own_service_is_tested_over_wires_that_lose_and_double(seed: int, loss: float) -> None:
    """The command gets through, in virtual time; without loss nothing is repeated."""
    vehicle, relay = Endpoint(1, 1), Relay()
    vehicle.add_service(relay)
    wires = LossyWires(vehicle, seed=seed, loss=loss, duplicate=0.0 if loss == 0.0 else 0.1, delay_ms=30)
    client = wires.add(command_long(Target(1, 1), 181, 0, 1, retry=PATIENT))
    took_ms = wires.run(lambda: client.done)
    assert client.outcome is CommandOutcome.ACCEPTED
    assert relay.switched >= 1
    if loss == 0.0:
        assert (relay.switched, took_ms) == (1, 60)


def test_what_falls_due_in_vehicle_time_is_an_event_too() -> None:
    """Wires have one time, for both clocks of a service; a HEARTBEAT of one's own came never."""

    class Beat(Relay):
        clock: Clock = "vehicle"
        handles = frozenset()
        due_ms = 1000

        def handle_timeout(self, now_ms: int) -> None:
            if now_ms >= self.due_ms:
                self.due_ms += 1000
                self._out.append(Outgoing(dialect.MAVLink_heartbeat_message(2, 3, 0, 0, 4, 3)))

        def next_deadline_ms(self) -> int | None:
            return self.due_ms

    vehicle = Endpoint(1, 1)
    vehicle.add_service(Beat())
    wires = LossyWires(vehicle, delay_ms=30)
    station = wires.station()
    assert wires.run(lambda: bool(station.endpoint.heard(1))) == 1030


def test_one_seed_is_one_history() -> None:
    """And another seed another one."""

    def history(seed: int) -> tuple[int, int]:
        vehicle, relay = Endpoint(1, 1), Relay()
        vehicle.add_service(relay)
        wires = LossyWires(vehicle, seed=seed, loss=0.5, delay_ms=30)
        client = wires.add(command_long(Target(1, 1), 181, 0, 1, retry=PATIENT))
        return wires.run(lambda: client.done), relay.switched

    assert history(3) == history(3)
    assert len({history(seed) for seed in range(8)}) > 1


def test_a_hostile_peer_repeats_itself_and_spoils_what_it_says() -> None:
    """Same seed, same bytes; unspoilt every frame is whole, spoilt some are not."""
    assert HostilePeer(5).take(50) == HostilePeer(5).take(50) != HostilePeer(6).take(50)
    honest, spoilt = FrameReader(), FrameReader()
    assert len(honest.receive(HostilePeer(5, spoilt=0.0).take(200))) == 200 and honest.errors == 0
    assert len(spoilt.receive(HostilePeer(5, spoilt=0.5).take(200))) < 200 and spoilt.errors + spoilt.garbage > 0


def test_every_message_of_the_dialect_can_be_drawn() -> None:
    """But SETUP_SIGNING, which would lock out whoever is to be tested."""
    peer = HostilePeer(1)
    for number in message_numbers():
        assert peer.pack(any_message(number, peer._random))[0] in (0xFD, 0xFE)
    assert dialect.MAVLINK_MSG_ID_SETUP_SIGNING not in message_numbers()


def test_the_examples_of_the_page_run(tmp_path: Path) -> None:
    """Each block by itself, as it stands."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), {"__name__": "page", "tmp_path": tmp_path, "socket": socket})
