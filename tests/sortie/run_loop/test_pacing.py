"""The run loop keeps its turn short, whatever the factor, and stops where the command is finished."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from sortie import run_loop
from sortie.bell import Bell
from sortie.run_loop import PACED_SLICE_S, RunLoop
from sortie.service import TICK_MS

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
