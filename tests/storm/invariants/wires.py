"""What leaves and comes on links."""

from __future__ import annotations

from tests.storm.invariant import When, invariant
from tests.storm.station import Message, Station
from tests.storm.view import Peer, View

LONGEST_BEAT_MS = 2_000


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.1", "HEARTBEAT")
def a_heartbeat_leaves_every_two_seconds(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """Between two HEARTBEATs on a link there are at most 2 s of vehicle time, whatever else happens."""
    if frame[6] != 1:
        return None
    last = peer.memory.get("beat")
    peer.memory["beat"] = view.now_ms
    if last is None or view.now_ms - last <= LONGEST_BEAT_MS or _muted(view, last):
        return None
    return f"{view.now_ms - last} ms without a HEARTBEAT to {peer.station.name}"


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.1")
def a_heartbeat_is_never_missing(view: View) -> str | None:
    """A station that is connected has had a HEARTBEAT within the last 2 s of vehicle time."""
    if view.service.endpoint.muted:
        view.life.setdefault("muted", {})["at"] = view.now_ms
        return None
    for peer in view.peers.values():
        last = peer.memory.get("beat")
        if last is None or peer.station.link is not peer.memory["link"] or _muted(view, last):
            continue
        if view.now_ms - last > LONGEST_BEAT_MS + 500:
            return f"{view.now_ms - last} ms without a HEARTBEAT to {peer.station.name}"
    return None


def _muted(view: View, since_ms: int) -> bool:
    return bool(view.life.get("muted", {}).get("at", -1) >= since_ms)


@invariant(When.CAME, "https://mavlink.io/en/services/command.html", "COMMAND_LONG", "COMMAND_INT")
def a_command_is_counted(view: View, message: Message, peer: Peer, frame: object) -> str | None:
    """A command that names a system and component names ones that MAVLink has (it is counted here for its answer)."""
    if message.target_system in (0, view.service.endpoint.system_id) and message.target_component in (0, 1):
        peer.came["command", message.command] += 1
        peer.memory["asked", message.command] = view.now_ms
    return None


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.2", "COMMAND_ACK")
def a_command_is_answered_once(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """On a link there are no more final COMMAND_ACKs of a command than it was asked there."""
    if message.result == 5:
        return None
    peer.left["command", message.command] += 1
    came, left = peer.came["command", message.command], peer.left["command", message.command]
    return None if left <= came else f"command {message.command}: {left} answers to {came} requests"


ANSWER_MS = 45_000


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.2")
def a_command_is_answered(view: View) -> str | None:
    """Every command that has come has its answer within 45 s (an arming takes up to 30 s), if its link still stands."""
    for peer in view.peers.values():
        if peer.station.link is not peer.memory["link"] or view.storm.disk_delay_ms:
            continue
        for (what, number), came in peer.came.items():
            asked_ms = peer.memory.get(("asked", number), view.now_ms)
            if what != "command" or peer.left[what, number] >= came or view.now_ms - asked_ms < ANSWER_MS:
                continue
            if not _muted(view, asked_ms) and number != 246:
                return (
                    f"command {number} of {peer.station.name} had {peer.left[what, number]} answers, came {came} times"
                )
    return None


@invariant(When.END, "docs/reliability.md, Storms")
def a_parameter_is_taken_after_the_storm(view: View, rescuer: Station) -> str | None:
    """When all faults are over a parameter that is set over a good link has that value."""
    found = dict(rescuer.finished).get("last set")
    return None if found == 321.0 else f"set to 321, told {found}"
