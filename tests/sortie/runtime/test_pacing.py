"""The run loop keeps its turn short, whatever the factor, and stops where the command is finished."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from sortie.nodes.vehicle import TICK_MS
from sortie.runtime import run_loop
from sortie.runtime.run_loop import PACED_SLICE_S, RunLoop
from sortie.runtime.wakeup import Bell

CALL_S = 0.001


class TickingService:
    """Advances one tick a pass and counts its passes."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.passes = 0
        self.autopilot = SimpleNamespace(armed=True)

    def advance(self, until_ms: int, link_ms: int) -> None:
        self.passes += 1
        self.now_ms = min(self.now_ms + TICK_MS, until_ms)

    def serve_links(self, link_ms: int) -> None:
        """Nothing is on a link."""

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms + TICK_MS

    def next_link_deadline_ms(self) -> None:
        return None


class SilentHub:
    """No link, no input."""

    def watch(self, descriptor: int, called: Any) -> None:
        """Nothing will ring."""

    def wait(self, wait_s: float) -> bool:
        return False

    def receive(self, link_ms: int, vehicle_ms: int) -> None:
        """Nothing came."""

    def flush(self) -> None:
        """Nothing waits."""

    def next_deadline_ms(self) -> None:
        return None


@pytest.fixture
def loop(monkeypatch):
    """A paced loop at a factor that no machine reaches; each look at the clock takes a millisecond."""
    clock = itertools.count()
    monkeypatch.setattr(run_loop, "time", SimpleNamespace(monotonic=lambda: next(clock) * CALL_S))
    service: Any = TickingService()
    hub: Any = SilentHub()
    bell = Bell()
    yield RunLoop(service, hub, bell, 1e9, lambda: False)
    bell.close()


def test_a_turn_ends_in_time_at_a_factor_that_cannot_be_reached(loop):
    """Otherwise Ctrl-C and every ground station would wait until hours of vehicle time have been flown."""
    for _ in range(3):
        before = loop.service.passes
        loop.turn(lambda: False)
        assert loop.service.passes - before <= PACED_SLICE_S / CALL_S
    assert loop.service.passes > 0


def test_nothing_flies_on_when_the_command_is_finished(loop):
    """A flight that is over ends the loop at that tick, not where the wall would have brought it."""
    loop.run(lambda: loop.service.now_ms >= 1000)
    assert loop.service.now_ms == 1000


class FullHub(SilentHub):
    """Clients whose buffers are full: `waiting` bytes by link; `wait` lets its time pass."""

    def __init__(self) -> None:
        self.waiting: dict[int, int] = {}
        self.removed: list[int] = []
        self.pause: Any = None

    def wait(self, wait_s: float) -> bool:
        if wait_s > 0.0:
            self.pause(min(wait_s, 0.3))
        return False

    def stalled(self, largest: int) -> list[int]:
        return [number for number, size in self.waiting.items() if size > largest]

    def links(self) -> dict[int, Any]:
        return {number: SimpleNamespace(name=f"link {number}", number=number) for number in self.waiting}

    def remove(self, link: Any, reason: str) -> None:
        self.removed.append(link.number)
        del self.waiting[link.number]


@pytest.fixture
def ahead(monkeypatch):
    """A loop that runs ahead of the wall while `running[0]`."""
    clock, running = [0.0], [True]

    def now() -> float:
        clock[0] += CALL_S
        return clock[0]

    def pause(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(run_loop, "time", SimpleNamespace(monotonic=now))
    service: Any = TickingService()
    hub: Any = FullHub()
    hub.pause = pause
    bell = Bell()
    made = RunLoop(service, hub, bell, 0.0, lambda: running[0])
    yield SimpleNamespace(loop=made, hub=hub, clock=clock, running=running)
    bell.close()


def turns(ahead: Any, seconds: float) -> None:
    end = ahead.clock[0] + seconds
    while ahead.clock[0] < end:
        ahead.loop.turn(lambda: False)


def test_the_clock_stands_still_for_a_reader_and_not_for_longer_than_a_second(ahead):
    """Then it is disconnected, and vehicle time goes on."""
    ahead.hub.waiting = {1: 500, 2: 0}
    turns(ahead, 0.9)
    assert ahead.loop.service.now_ms == 0
    turns(ahead, 0.5)
    assert ahead.hub.removed == [1]
    assert ahead.loop.service.now_ms > 0


def test_a_stall_before_a_pause_of_running_ahead_is_no_longer_counted(ahead):
    """Boot ran ahead, the armed vehicle waited in real time, the flight runs ahead: its first stall is a first one."""
    ahead.hub.waiting = {1: 500}
    turns(ahead, 0.5)
    ahead.running[0] = False
    turns(ahead, 5.0)
    ahead.running[0] = True
    turns(ahead, 0.5)
    assert ahead.hub.removed == []


def test_each_reader_has_a_second_of_its_own(ahead):
    """Another one's stall is not on its account."""
    ahead.hub.waiting = {1: 500}
    turns(ahead, 0.8)
    ahead.hub.waiting = {1: 0, 2: 500}
    turns(ahead, 0.6)
    assert ahead.hub.removed == []
