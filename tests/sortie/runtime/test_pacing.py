"""The runtime keeps its turn short, whatever the factor, and stops where the command is finished."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from autopilot.interface.layout import TICK_MS
from sortie.runtime.node import QuietNode
from sortie.runtime.pacing import AHEAD_MS, SILENT_S, Pace
from sortie.runtime.runtime import PACED_SLICE_S, Runtime
from sortie.runtime.share import Share, never

CALL_S = 0.001


class TickingService(QuietNode):
    """Advances one tick a pass and counts its passes."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.passes = 0
        self.look_every_ms = 50

    def advance(self, until_ms: int, link_ms: int) -> None:
        self.passes += 1
        self.now_ms = min(self.now_ms + TICK_MS, until_ms)

    def look_again(self) -> None:
        """Keeps no deadline."""

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms + TICK_MS


class SilentSockets:
    """No link, no input. It is its own poll and its own hub."""

    def __init__(self) -> None:
        self.poll = self
        self.share = Share(lambda: 0.0)

    def hubs(self) -> list[Any]:
        return []

    def wait(self, wait_s: float) -> bool:
        return False

    def receive(self, node: Any, link_ms: int) -> None:
        """Nothing came."""

    def flush(self) -> None:
        """Nothing waits."""

    def next_deadline_ms(self) -> None:
        return None


@pytest.fixture
def loop():
    """A paced runtime at a factor that no machine reaches; each look at the clock takes a millisecond."""
    clock = itertools.count()
    sockets: Any = SilentSockets()
    runtime = Runtime(sockets, lambda: next(clock) * CALL_S)
    runtime.set_speedup(1e9, never)
    service = TickingService()
    runtime.add_vehicle(service)  # type: ignore[arg-type]  # what a silent one needs
    return SimpleNamespace(service=service, turn=runtime.turn, run=runtime.run)


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


class FullLink:
    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"link {number}"


class FullSockets(SilentSockets):
    """Clients whose buffers are full: `waiting` bytes by link; `wait` lets its time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[int, int] = {}
        self.removed: list[int] = []
        self.made: dict[int, FullLink] = {}
        self.pause: Any = None

    def wait(self, wait_s: float) -> bool:
        if wait_s > 0.0:
            self.pause(min(wait_s, 0.3))
        return False

    def hubs(self) -> list[Any]:
        return [self]

    def stalled(self, largest: int) -> list[int]:
        return [number for number, size in self.waiting.items() if size > largest]

    def links(self) -> dict[int, Any]:
        return {number: self.made.setdefault(number, FullLink(number)) for number in self.waiting}

    def remove(self, link: Any, reason: str) -> None:
        self.removed.append(link.number)
        del self.waiting[link.number]


@pytest.fixture
def ahead():
    """A runtime that runs ahead of the wall while `running[0]`."""
    clock, running = [0.0], [True]

    def now() -> float:
        clock[0] += CALL_S
        return clock[0]

    def pause(seconds: float) -> None:
        clock[0] += seconds

    sockets: Any = FullSockets()
    sockets.pause = pause
    runtime = Runtime(sockets, now)
    runtime.set_speedup(0.0, lambda: running[0])
    service = TickingService()
    runtime.add_vehicle(service)  # type: ignore[arg-type]  # what a silent one needs
    return SimpleNamespace(turn=runtime.turn, service=service, hub=sockets, clock=clock, running=running)


def turns(ahead: Any, seconds: float) -> None:
    end = ahead.clock[0] + seconds
    while ahead.clock[0] < end:
        ahead.turn(lambda: False)


def test_the_clock_stands_still_for_a_reader_and_not_for_longer_than_a_second(ahead):
    """Then it is disconnected, and vehicle time goes on."""
    ahead.hub.waiting = {1: 500, 2: 0}
    turns(ahead, 0.9)
    assert ahead.service.now_ms == 0
    turns(ahead, 0.5)
    assert ahead.hub.removed == [1]
    assert ahead.service.now_ms > 0


def test_a_stall_before_a_pause_of_running_ahead_is_no_longer_counted(ahead):
    """Boot ran ahead, the armed vehicle waited in real time, the flight runs ahead: its first stall is a first one."""
    ahead.hub.waiting = {1: 500}
    turns(ahead, 0.5)
    ahead.running[0] = False
    turns(ahead, 5.0)
    ahead.running[0] = True
    turns(ahead, 0.5)
    assert ahead.hub.removed == []


@pytest.mark.parametrize("speedup", [0.0, 1.0])
def test_links_are_read_before_their_silence_is_judged(speedup: float) -> None:
    """The process is stopped for a minute (Ctrl-Z, a frozen container) and goes on: what stations sent in that minute
    waits to be read. Until then at most a second more has passed for whoever misses them."""
    clock: list[float] = [100.0]
    judged: list[tuple[str, int]] = []

    class Stopped(SilentSockets):
        """A minute passes in each wait; then something is there."""

        def wait(self, wait_s: float) -> bool:
            clock[0] += 60.0
            return True

        def receive(self, node: Any, link_ms: int) -> bool:
            judged.append(("read", link_ms))
            return True

    class Judging(TickingService):
        def advance(self, until_ms: int, link_ms: int) -> None:
            super().advance(until_ms, link_ms)
            judged.append(("judged", link_ms))

        def beat(self) -> None:
            """Nobody hears it."""

    def now() -> float:
        clock[0] += CALL_S
        return clock[0]

    runtime = Runtime(Stopped(), now)  # type: ignore[arg-type]  # what a silent one needs
    runtime.set_speedup(speedup, lambda: True)
    runtime.add_vehicle(Judging())  # type: ignore[arg-type]
    for _ in "abc":
        runtime.turn(lambda: False)
    read_ms, judgements = 0, 0
    for what, link_ms in judged[judged.index(next(each for each in judged if each[0] == "read")) :]:
        if what == "read":
            read_ms = link_ms
        else:
            judgements += 1
            assert link_ms <= read_ms + 1100
    assert judgements
    assert read_ms > 280_000, "time has passed, all the same"


def test_link_time_is_that_of_the_wall_for_who_asks_after_a_pause() -> None:
    """A program that slept between two calls: its timeout of a second does not begin before the pause."""
    clock = [100.0]
    runtime = Runtime(SilentSockets(), lambda: clock[0])  # type: ignore[arg-type]
    runtime.add_vehicle(TickingService())  # type: ignore[arg-type]
    runtime.turn(lambda: False)
    begun_ms = runtime.link_ms
    clock[0] += 60.0
    assert runtime.link_ms == begun_ms + 60_000


def test_each_reader_has_a_second_of_its_own(ahead):
    """Another one's stall is not on its account."""
    ahead.hub.waiting = {1: 500}
    turns(ahead, 0.8)
    ahead.hub.waiting = {1: 0, 2: 500}
    turns(ahead, 0.6)
    assert ahead.hub.removed == []


# --- a simulator that does not reach its factor -----------------------------------------------------------------------
class Followed:
    """A vehicle at factor 8, each 10 ms of the wall, whose simulator runs at `speed` and tells its clock ten times in a
    second of its own; by `pace`."""

    def __init__(self) -> None:
        self.wall_s = 100.0
        self.vehicle_ms = 0
        self.simulator_ms = 7_000.0
        self.told_ms: int | None = None
        self.pace = Pace(8.0, lambda: self.told_ms)
        self.pace.rebase(self.wall_s, self.vehicle_ms)

    def run(self, wall_s: float, speed: float) -> int:
        """Vehicle time that has passed, ms."""
        before_ms = self.vehicle_ms
        for _ in range(round(wall_s / 0.01)):
            self.wall_s += 0.01
            self.simulator_ms += 10.0 * speed
            self.told_ms = int(self.simulator_ms) // 100 * 100
            self.vehicle_ms = max(self.pace.due_ms(self.wall_s, self.vehicle_ms), self.vehicle_ms)
        return self.vehicle_ms - before_ms


def test_vehicle_time_is_the_simulators_where_that_is_slower():
    """Flown at its pace, nothing is over before it was flown."""
    followed = Followed()
    assert followed.run(10.0, 8.0) == pytest.approx(80_000, abs=200)
    assert followed.run(10.0, 3.0) == pytest.approx(30_000, abs=AHEAD_MS + 200)
    assert followed.run(10.0, 8.0) == pytest.approx(80_000, abs=AHEAD_MS + 200)


def test_time_stands_still_for_a_simulator_that_does_but_not_for_ever():
    """Else 0.6 s without a message would be the silence of a lost link; and one that hangs is noticed all the same."""
    followed = Followed()
    followed.run(5.0, 8.0)
    assert followed.run(SILENT_S - 0.1, 0.0) <= AHEAD_MS
    assert followed.run(5.0, 0.0) == pytest.approx(4900, abs=50)
    assert followed.run(5.0, 8.0) >= 40_000 - 4900 - AHEAD_MS


def test_a_simulator_that_begins_anew_is_followed_from_there():
    followed = Followed()
    followed.run(5.0, 8.0)
    followed.simulator_ms = 0.0
    assert followed.run(5.0, 8.0) == pytest.approx(40_000, abs=AHEAD_MS)
    assert followed.run(5.0, 1.0) <= 5_000 + AHEAD_MS


def test_a_vehicle_without_a_clock_of_its_own_is_paced_by_the_wall_alone():
    """1.5 s behind, `MAX_LAG_S` of them are flown and the rest is forgotten."""
    pace = Pace(8.0)
    pace.rebase(0.0, 0)
    assert [pace.due_ms(0.4, 0), pace.due_ms(0.5, 3200), pace.due_ms(2.0, 4000)] == [3200, 4000, 8000]
