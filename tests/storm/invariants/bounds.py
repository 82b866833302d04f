"""Nothing grows without bound, and no deadline is repeated without progress."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, groupby
from typing import Any

from mavlink_bridge.routing.endpoint import OVERFLOW
from mavlink_bridge.wire.framing import MavlinkFrame
from tests.storm.invariant import When, invariant
from tests.storm.station import Message
from tests.storm.view import Peer, View

LOOK_MS = 60_000
"""Between two looks at a process, or a tenth of its age: what grows has grown by more then."""
MOST_GROWTH = 700
"""Entries by which any list, dictionary or set of a service may grow: 512 sets of parameters may wait."""
RELIABILITY = "docs/reliability.md, Links"


def _sized(owner: object, name: str, depth: int) -> Iterator[tuple[str, int]]:
    for key, value in chain(getattr(owner, "__dict__", {}).items(), _of_slots(owner)):
        if isinstance(value, _CONTAINERS):
            where = f"{name}.{key}"
            yield where, len(value)
            inner = value.values() if isinstance(value, dict) else value
            if depth and len(value) < 20:
                for entry in inner:
                    if _is_ours(type(entry)):
                        yield from _sized(entry, where, depth - 1)
        elif depth and _is_ours(type(value)):
            yield from _sized(value, f"{name}.{key}", depth - 1)


_CONTAINERS = (list, dict, set, deque)


def _of_slots(owner: object) -> Iterator[tuple[str, object]]:
    return ((slot, getattr(owner, slot, None)) for slot in getattr(type(owner), "__slots__", ()))


@cache
def _is_ours(kind: type) -> bool:
    return kind.__module__.startswith(
        ("mavlink_bridge.services", "mavlink_bridge.routing", "autopilot.", "sortie.storage")
    )


@invariant(When.PASS, RELIABILITY)
def no_container_grows_without_bound(view: View) -> str | None:
    """No list, dictionary or set of the services, the endpoint, the autopilot or the store has grown by more than 700
    entries since ten seconds after the start, or since a service began that a parameter switches on."""
    memory = view.life.setdefault("sizes", {"begun": view.vehicle_ms, "due": view.vehicle_ms + 10_000})
    if view.vehicle_ms < memory["due"]:
        return None
    heard = sum(peer.frames for peer in view.peers.values())
    pause_ms = max(LOOK_MS, (view.vehicle_ms - memory["begun"]) // 10)
    memory["due"] = view.vehicle_ms + (pause_ms if heard != memory.get("heard") else 10 * pause_ms)
    memory["heard"] = heard
    service = view.service
    sizes: dict[str, int] = {}
    roots: dict[str, object] = {"endpoint": service.endpoint, "autopilot": service.autopilot}
    roots |= {type(due.service).__name__: due.service for due in service.endpoint._timed}
    if view.process is not None:
        roots["store"] = view.process.store
    for name, root in roots.items():
        for where, size in _sized(root, name, 2):
            sizes[where] = max(sizes.get(where, 0), size)
    first = memory.setdefault("first", sizes)
    for where, size in sizes.items():
        if size > first.setdefault(where, size) + MOST_GROWTH and "_failures" not in where:
            return f"{where} has {size} entries, {first[where]} at first"
    return None


@invariant(When.PASS, RELIABILITY)
def a_link_queue_stays_within_its_limit(view: View) -> str | None:
    """The send queue of a link never exceeds its overflow limit by more than one burst (64 KiB)."""
    endpoint = view.service.endpoint
    for link in endpoint.links():
        if endpoint.out_queue(link).size > OVERFLOW + 64 * 1024:
            return f"{endpoint.out_queue(link).size} bytes wait on link {link}"
    return None


@invariant(When.PASS, RELIABILITY)
def closed_links_are_removed(view: View) -> str | None:
    """The endpoint has exactly one link for each connected station."""
    if view.process is None:
        return None
    there = sum(tap.member.spec.number == view.number for tap, _ in view.process.taps.values())
    found = len(view.service.endpoint.links())
    return None if found == there or len(view.storm.plan.vehicles) > 1 else f"{found} links, {there} stations"


MOST_PASSES = 2_000


@invariant(When.PASS, "docs/architecture.md, The loop")
def time_is_never_stuck(view: View) -> str | None:
    """In a second of vehicle time there are fewer than 2,000 passes: no deadline stays in the past."""
    memory = view.life.setdefault("passes", {"at": view.vehicle_ms, "passes": view.service.passes})
    if view.vehicle_ms - memory["at"] < 1_000:
        return None
    made = (view.service.passes - memory["passes"]) * 1000 / (view.vehicle_ms - memory["at"])
    memory.update(at=view.vehicle_ms, passes=view.service.passes)
    return None if made < MOST_PASSES else f"{made:.0f} passes in a second"


@invariant(When.PASS, "docs/architecture.md, The loop")
def deadlines_that_are_past_are_not_repeated(view: View) -> str | None:
    """No deadline of a service on a link is more than ten seconds in the past, after a pass that has begun so."""
    memory, now_ms = view.life.setdefault("past due", {"due": None, "at": 0}), view.vehicle_ms
    if len(view.storm.plan.vehicles) > 1:
        return None
    due = view.service.endpoint.next_deadlines()[0] if view.service.passes else None  # 0: at once, at whatever age
    if due is None or now_ms - due < 10_000:
        memory["due"] = None
        return None
    if memory["due"] != due or memory["at"] == now_ms:  # a service that a message has just switched on
        memory.update(due=due, at=now_ms)
        return None
    return f"a service is due {view.vehicle_ms - due} ms ago"


MOST_BYTES = 600_000


@invariant(When.SENT, RELIABILITY, "HEARTBEAT")
def a_link_is_not_flooded(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """A link carries less than 600 kB in ten seconds, without the bursts that a station requests."""
    number = next((tap.number for tap, _ in _taps(view) if tap.station is peer.station), None)
    if number is None or number not in view.service.endpoint.links():
        return None
    sent = view.service.endpoint.statistics(number).bytes_out
    at, before = peer.memory.setdefault("flood", (view.now_ms, sent))
    if view.now_ms - at < 10_000:
        return None
    peer.memory["flood"] = view.now_ms, sent
    return None if sent - before < MOST_BYTES else f"{sent - before} bytes in 10 s"


def _taps(view: View) -> list[tuple[Any, Any]]:
    return [] if view.process is None else list(view.process.taps.values())


_EVERY = 8


@invariant(When.ACCEPTED, RELIABILITY)
def queues_of_services_are_bounded(view: View, peer: Peer, frame: MavlinkFrame) -> str | None:
    """At most 32 commands of a link wait for the end of an arming, 32 for a mission on its way to the disk, 64
    COMMAND_ACKs are kept for repeated commands, 8 changes of a plan wait for the disk, 8 FTP sessions of one station
    are open (64 of all), and 512 PARAM_SETs wait. Checked at every eighth frame."""
    if peer.frames % _EVERY:
        return None
    for due in view.service.endpoint._timed:
        for name, entries, most in _WAITING.get(type(due.service).__name__, lambda service: ())(due.service):
            if entries > most:
                return f"{entries} {name}, {most} at most"
    return None


def _of_commands(service: Any) -> Iterator[tuple[str, int, int]]:
    yield "answers are remembered", len(service._memory._answers), 64
    for queue in service._for_arm.waiting.values():
        yield "commands wait for an arm", len(queue), 32
    yield "commands wait for a mission", len(service._for_mission.waiting), 32


def _of_missions(service: Any) -> Iterator[tuple[str, int, int]]:
    for transfer in service._transfers:
        yield "changes of a plan wait", len(transfer._deferred), 8


def _of_files(service: Any) -> Iterator[tuple[str, int, int]]:
    yield "files are open", len(service._sessions), 64
    for _, sessions in groupby(sorted(service._sessions), key=lambda key: key[:3]):
        yield "files are open for a station", len(list(sessions)), 8


def _of_parameters(service: Any) -> Iterator[tuple[str, int, int]]:
    yield "sets wait", sum(pending.link is not None for pending in service._pending), 512


_WAITING: dict[str, Callable[[Any], Iterable[tuple[str, int, int]]]] = {
    "CommandService": _of_commands,
    "MissionService": _of_missions,
    "FtpService": _of_files,
    "ParameterService": _of_parameters,
}
