"""Data packages: bytes in parts, acknowledged, guarded by a checksum; what is corrupt is refused and sent again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from depot.messages import AbortLimits, DataPackage, MissionPlan, PackageKind
from depot.wire.packages import PART_BYTES, PackageClient, PackageStore, PartOutcome, packages_of
from depot.wire.wire import tunnel, tunnel_data
from mavlink_bridge.clients.base import Retry, Target
from mavlink_bridge.routing.service import Message, Peer

LIMITS = AbortLimits(triggers=0x1FFF, spine_max_k=333.25, corridor_m=777.0)
PLAN = MissionPlan(7, ((1.0, 2.0, 3.0),), 100.0, 50.0, 10.0, 0.3, 0.25, LIMITS)
(PACKAGE,) = packages_of(PLAN)
Line = Callable[[int, bytes], bytes | None]


def send(
    line: Line, package: DataPackage = PACKAGE, attempts: int = 4
) -> tuple[PackageClient, PackageStore, list[bytes]]:
    """A client and a store with `line` between them: it gets each part with its number and gives what arrives."""
    client, store, parts = PackageClient(Target(), 7, package, Retry(250, attempts)), PackageStore(), []
    now_ms = 0
    client.start(now_ms)
    while not client.done:
        while outgoing := client.take_outgoing():
            data = tunnel_data(outgoing[0].message)
            parts.append(data)
            arrived = line(len(parts), data)
            answer: Message | None = None if arrived is None else store.take(arrived, 1, 1)
            if answer is not None:
                client.handle_message(answer, Peer(0, 1, 1), now_ms)
        now_ms += 250
        client.handle_timeout(now_ms)
    return client, store, parts


def damaged(data: bytes) -> bytes:
    """The last byte is another."""
    return data[:-1] + bytes((data[-1] ^ 0x40,))


def test_a_package_arrives_byte_for_byte_over_several_parts() -> None:
    """And the limits in it are those of the plan."""
    client, store, parts = send(lambda number, data: data)
    assert client.outcome is PartOutcome.ACCEPTED
    assert len(parts) == -(-len(PACKAGE.data) // PART_BYTES) > 1
    assert store.limits(7) == LIMITS
    assert store.limits(8) is None  # of another plan


@pytest.mark.parametrize("lost", [1, 2])
def test_a_part_that_is_lost_is_sent_again(lost: int) -> None:
    """After its time."""
    client, store, _ = send(lambda number, data: None if number == lost else data)
    assert client.outcome is PartOutcome.ACCEPTED and client.repeats == 1
    assert store.limits(7) == LIMITS


@pytest.mark.parametrize("spoilt", [1, 2])
def test_a_corrupt_package_is_refused_and_sent_again_from_the_beginning(spoilt: int) -> None:
    """Its checksum tells; nothing of it is taken before."""
    taken: list[AbortLimits | None] = []
    probe = PackageStore()

    def line(number: int, data: bytes) -> bytes:
        arrived = damaged(data) if number == spoilt else data
        probe.take(arrived, 1, 1)
        taken.append(probe.limits(7))
        return arrived

    client, store, parts = send(line)
    whole = -(-len(PACKAGE.data) // PART_BYTES)
    assert client.outcome is PartOutcome.ACCEPTED
    assert len(parts) == 2 * whole and parts[:whole] == parts[whole:]
    assert taken[whole - 1] is None and store.limits(7) == LIMITS


def test_one_that_is_always_corrupt_is_given_up() -> None:
    """After so many attempts; the skimmer has no limits, so that it takes no plan."""
    client, store, _ = send(lambda number, data: damaged(data), attempts=3)
    assert client.outcome is PartOutcome.REFUSED
    assert store.limits(7) is None


def test_silence_is_a_timeout() -> None:
    """Nobody answers."""
    client, _, parts = send(lambda number, data: None, attempts=3)
    assert client.outcome is PartOutcome.TIMEOUT and len(parts) == 3


def test_whole_bytes_that_are_no_limits_are_none() -> None:
    """A checksum says that they came as they were sent, not that they make sense."""
    _, store, _ = send(lambda number, data: data, DataPackage(PackageKind.LIMITS, b'{"spine_max_k": "hot"}'))
    assert store.limits(7) is None


def test_what_is_no_part_is_not_answered() -> None:
    """Too short, of an unknown kind, or larger than any package."""
    store = PackageStore()
    for data in (b"", b"\0" * 5, b"\1\0\0\0\x63" + b"\0" * 8, b"\1\0\0\0\1\xff\xff" + b"\0" * 6):
        assert store.take(tunnel_data(tunnel(32805, data)), 1, 1) is None


def parts_of(number: int) -> list[bytes]:
    """All parts of the package of a plan, in their order."""
    client, parts = PackageClient(Target(), number, PACKAGE, Retry(250, 4)), []
    store = PackageStore()
    client.start(0)
    while outgoing := client.take_outgoing():
        parts.append(tunnel_data(outgoing[0].message))
        answer = store.take(parts[-1], 1, 1)
        assert answer is not None
        client.handle_message(answer, Peer(0, 1, 1), 0)
    return parts


def test_parts_of_another_plan_are_none_of_this_one() -> None:
    """What had come of the plan before is dropped."""
    store = PackageStore()
    store.take(parts_of(7)[0], 1, 1)
    for part in parts_of(8)[1:]:
        store.take(part, 1, 1)
    assert store.limits(8) is None
    for part in parts_of(8):
        store.take(part, 1, 1)
    assert store.limits(8) == LIMITS and store.limits(7) is None


def test_a_package_that_begins_again_replaces_what_had_come() -> None:
    """Of a depot that has started again; the first part may have come damaged."""
    store = PackageStore()
    first, *rest = parts_of(7)
    for part in (damaged(first), first, *rest):
        store.take(part, 1, 1)
    assert store.limits(7) == LIMITS


def test_a_skimmer_that_has_less_than_it_said_gets_the_rest_from_there() -> None:
    """It has started again between two parts."""
    client, store = PackageClient(Target(), 7, PACKAGE, Retry(250, 4)), PackageStore()
    client.start(0)
    for number in range(20):
        for outgoing in client.take_outgoing():
            if number == 1:
                store = PackageStore()
            answer = store.take(tunnel_data(outgoing.message), 1, 1)
            assert answer is not None
            client.handle_message(answer, Peer(0, 1, 1), 250 * number)
        client.handle_timeout(250 * (number + 1))
    assert client.outcome is PartOutcome.ACCEPTED and store.limits(7) == LIMITS
