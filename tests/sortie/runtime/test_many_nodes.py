"""Any number of nodes in one runtime: vehicles fly as each would alone, and a turn has its phases in order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mission.events import ItemReached, MissionComplete
from mavlink_bridge.routing.endpoint import raise_error
from sortie.api.sample import square
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, build_service, make_vehicle
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import Share, always, never
from sortie.runtime.sockets import Sockets
from sortie.storage.rows import StoredState
from tests.fakes.memory_journal import MemoryJournal

HOME = GeoPoint(47.3769, 8.5417, 408.0)
LIMIT_MS = 240_000
WINDY = {"SIM_WIND_SPD": 4.0, "SIM_WIND_TURB": 1.0}
Seen = list[tuple[int, object]]


def begin(kind: str, seed: int) -> tuple[VehicleService, Seen]:
    """A vehicle that waits for START, and what it will have seen."""
    spec = VehicleSpec(kind, None, HOME, 0.0, seed, alone=True)
    service = build_service(
        spec,
        make_vehicle(kind, HOME, 0.0, seed),
        MemoryJournal(),
        StoredState(),
        WINDY,
        epoch_us=VIRTUAL_EPOCH_US,
        on_error=raise_error,
    )
    service.autopilot.plans.replace(0, square(HOME, takeoff=service.autopilot.facts.vehicle_class.flies))
    seen: Seen = []
    service.observers.append(lambda events, now_ms: seen.extend((now_ms, event) for event in events))
    return service, seen


def fly(*fleet: tuple[VehicleService, Seen]) -> list[Seen]:
    """All in one runtime, until each has completed its mission."""
    runtime = Runtime()
    waiting = []
    for service, _ in fleet:
        runtime.add_vehicle(service)
        waiting.append(service)

    def started(service: VehicleService) -> bool:
        if not service.autopilot.prearm.ok:
            return False
        return service.autopilot.flights is not None and service.autopilot.flights.go(service.now_ms).ok

    def finished() -> bool:
        waiting[:] = [service for service in waiting if not started(service)]
        return runtime.now_ms >= LIMIT_MS or all(
            any(isinstance(event, MissionComplete) for _, event in seen) for _, seen in fleet
        )

    assert runtime.run(finished)
    assert runtime.now_ms < LIMIT_MS
    return [seen for _, seen in fleet]


def test_two_vehicles_fly_as_each_alone() -> None:
    """A copter and a rover, each with its own wind: the same items at the same instants, whoever else is there."""
    together = fly(begin("copter", 1), begin("rover", 2))
    alone = [fly(begin("copter", 1))[0], fly(begin("rover", 2))[0]]
    for ours, theirs in zip(together, alone, strict=True):
        reached = [(now_ms, event) for now_ms, event in theirs if isinstance(event, ItemReached)]
        assert len(reached) >= 4
        assert [(now_ms, event) for now_ms, event in ours if isinstance(event, ItemReached)] == reached


class Noting:
    """A node, and the sockets of its runtime: each writes down what it is asked to do."""

    look_every_ms = 50
    endpoints = ()

    def __init__(self, *, acts_at_once: bool = False) -> None:
        self.now_ms = 0
        self._acts_at_once = acts_at_once
        self.noted: list[str] = []
        self.share = Share(lambda: 0.0)
        self.poll = SimpleNamespace(wait=lambda wait_s: self._note("wait") or True)

    def _note(self, what: str) -> None:
        if self.noted[-1:] != [what]:
            self.noted.append(what)

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        self._note("decide")
        self.now_ms = min(until_ms, self.now_ms + 20)

    def look_again(self) -> None:
        """Keeps no deadline."""

    def serve_links(self, link_ms: int) -> None:
        self._note("decide")

    def commit(self, link_ms: int) -> None:
        self._note("commit")

    def receive(self, node: Any, link_ms: int) -> bool:
        self._note("receive")
        return self._acts_at_once

    def flush(self) -> None:
        self._note("flush")

    def hubs(self) -> list[Any]:
        return []

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms + 20

    def next_link_deadline_ms(self) -> None:
        return None

    def next_deadline_ms(self) -> None:
        return None


@pytest.mark.parametrize("speedup", [0.0, 1.0], ids=["ahead", "paced"])
def test_nothing_is_sent_that_was_not_committed_and_nothing_decided_that_was_not_received(speedup: float) -> None:
    """Receive, decide, commit, flush: at both speeds, from one flush to the next."""
    noted = _noted(Noting(), speedup)
    assert "receive decide commit flush" in noted
    assert "decide flush" not in noted
    assert noted.count("decide commit") == noted.count("decide")


def test_what_a_node_has_acted_on_at_once_is_committed_and_it_is_not_served_again() -> None:
    """A controller's bytes: the ground stations have been informed when they were received."""
    noted = _noted(Noting(acts_at_once=True), 1.0)
    assert "receive commit flush" in noted
    assert "receive decide" not in noted


def _noted(node: Any, speedup: float) -> str:
    """What the node was asked to do in 20 turns."""
    clock = [0.0]

    def now() -> float:
        clock[0] += 0.01
        return clock[0]

    runtime = Runtime(node, now)
    runtime.add_vehicle(node)
    runtime.set_speedup(speedup, always)
    for _ in range(20):
        runtime.turn(never)
    return " ".join(node.noted)


@pytest.mark.parametrize(
    ("came", "heard", "acted"),
    [
        ((True, False), ["controller"], True), ((True, True), ["controller", "ground"], False),
        ((False, True), ["ground"], False), ((False, False), [], False),
    ],
)  # fmt: skip
def test_only_who_has_received_something_is_asked_to_act(
    came: tuple[bool, bool], heard: list[str], acted: bool
) -> None:
    """The controller's endpoint is the first and acts at once; bytes of stations that come with its bytes are still to
    be acted on."""
    asked: list[str] = []

    def hear(endpoint: str, link_ms: int) -> bool:
        asked.append(endpoint)
        return endpoint == "controller"

    node: Any = SimpleNamespace(endpoints=("controller", "ground"), now_ms=0, heard=hear)
    sockets = Sockets(share=Share(lambda: 0.0))
    hubs: Any = {
        name: SimpleNamespace(receive=lambda link_ms, vehicle_ms, came=came: came, close=lambda: None)
        for name, came in zip(node.endpoints, came, strict=True)
    }
    sockets._hubs.update(hubs)
    try:
        assert (sockets.receive(node, 0), asked) == (acted, heard)
    finally:
        sockets.close()
