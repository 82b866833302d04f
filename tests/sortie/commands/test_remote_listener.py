"""What `sortie status` and `sortie go` listen to: the vehicle they have found, and nobody else."""

from __future__ import annotations

from typing import Any

from mavlink_bridge.clients.heartbeat import HeartbeatWatch
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.wire.codec import dialect
from sortie.nodes.client import HeardVehicles, Listener

ARMED_AUTO = dialect.MAVLink_heartbeat_message(2, 3, 128 | 1, 3, 4, 3)
COMPANION = dialect.MAVLink_heartbeat_message(18, 8, 0, 0, 4, 3)


def hear(message: Any, listener: Listener, watch: HeartbeatWatch, component: int) -> None:
    peer = Peer(1, 1, component)
    watch.handle_message(message, peer, 0)
    listener.handle_message(message, peer, 0)


def test_the_companions_heartbeat_is_not_the_vehicles() -> None:
    """With a flight controller component 191 is heard beside the autopilot: its mode 0 is no STABILIZE."""
    watch = HeartbeatWatch()
    listener = Listener(frozenset(("HEARTBEAT",)), watch)
    hear(COMPANION, listener, watch, 191)
    assert listener.latest == {}
    hear(ARMED_AUTO, listener, watch, 1)
    hear(COMPANION, listener, watch, 191)
    assert listener.latest["HEARTBEAT"] is ARMED_AUTO


def test_the_roster_has_vehicles_only() -> None:
    """`--target all` took system 0, which addresses all vehicles, for one."""
    roster = HeardVehicles()
    for message, system in ((ARMED_AUTO, 0), (COMPANION, 1), (ARMED_AUTO, 7)):
        roster.handle_message(message, Peer(1, system, 1), 0)
    assert list(roster.heard) == list(roster.heartbeats) == [7]
