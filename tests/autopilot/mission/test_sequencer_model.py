"""The sequencer against a reference model that is too simple to be wrong, for missions drawn at random.

The model unrolls a mission into the line of items that a vehicle passes, then deals the DO items out to the legs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.mission.events import CurrentChanged, ItemReached, MissionComplete, MissionEvent
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import DoTiming, MissionSequencer
from tests.fakes.examples import examples
from tests.fakes.recording_executor import RecordingExecutor, do, jump, mission, wp

TICK = 20
NAV, DO, JUMP = "nav", "do", "jump"

plain = st.sampled_from([NAV, NAV, DO, DO])
jumps = st.tuples(st.integers(0, 9), st.integers(-1, 3))
missions = st.lists(plain, min_size=0, max_size=8).flatmap(
    lambda kinds: st.tuples(
        st.just(kinds),
        st.lists(st.tuples(st.integers(0, len(kinds)), jumps), max_size=2),
        st.sets(st.integers(1, 10), max_size=2),
    )
)


def build(drawn: tuple[list[str], list[tuple[int, tuple[int, int]]], set[int]]) -> list[MissionItem]:
    kinds, placed, _ = drawn
    items = [wp() if kind == NAV else do() for kind in kinds]
    for at, (target, count) in sorted(placed, reverse=True):
        items.insert(at, jump(target, count))
    return items


@dataclass
class Leg:
    """What lies between one NAV item taken and the next: the unsupported NAV items tried, the DO items passed after
    the first jump or tried NAV item (`lead`), those passed before it (`tail`), and the NAV item taken, if any."""

    tried: list[int] = field(default_factory=list)
    tail: list[int] = field(default_factory=list)
    lead: list[int] = field(default_factory=list)
    nav: int | None = None


def unrolled(items: list[MissionItem], refused: set[int], limit: int) -> list[Leg]:
    """Up to `limit` legs. A leg that does not end within 500 items is an endless loop and has no NAV item."""
    counts: dict[int, int] = {}
    legs: list[Leg] = []
    at = 1
    while len(legs) < limit:
        leg, broken = Leg(), not legs
        legs.append(leg)
        for _ in range(500):
            if not 1 <= at <= len(items):
                return legs
            item = items[at - 1]
            if item.command == 16:
                if at not in refused:
                    leg.nav = at
                    at += 1
                    break
                leg.tried.append(at)
                broken = True
                at += 1
            elif item.command == 177:
                broken = True
                target, count = int(item.param1), int(item.param2)
                if not 1 <= target <= len(items):
                    return legs
                if count == -1 or counts.get(at, 0) < count:
                    counts[at] = counts.get(at, 0) + 1
                    at = target
                else:
                    counts[at] = 0
                    at += 1
            else:
                (leg.lead if broken else leg.tail).append(at)
                at += 1
        if leg.nav is None:
            return legs
    return legs


def once(*runs: list[int]) -> list[int]:
    return list(dict.fromkeys(seq for run in runs for seq in run))


def following(items: list[MissionItem], nav: int) -> list[int]:
    run: list[int] = []
    for seq in range(nav + 1, len(items) + 1):
        if items[seq - 1].command != 183:
            break
        run.append(seq)
    return run


def expected_do_items(items: list[MissionItem], leg: Leg, timing: DoTiming) -> list[int]:
    """The DO items that start on `leg`, in order."""
    if timing is DoTiming.SEED:
        return once(leg.lead, [] if leg.nav is None else following(items, leg.nav))
    passed = once(leg.tail, leg.lead)
    return passed if leg.nav is not None else passed[:1]


def played(
    items: list[MissionItem], refused: set[int], timing: DoTiming, limit: int
) -> tuple[list[list[int]], list[MissionEvent]]:
    """Per leg the DO items started, and all events; a vehicle that arrives when the DO items have had their time."""
    storage, executor, sequencer = mission(*items), RecordingExecutor(), MissionSequencer(timing)
    executor.refuse(*refused)
    events = sequencer.start(storage, executor)
    legs: list[list[int]] = []
    for now in range(limit):
        for tick in range(2 * len(items) + 2):
            sequencer.update(storage, executor, 1000 * now + TICK * tick)
        legs.append([seq for seq in executor.take_started() if items[seq - 1].command == 183])
        executor.always = True
        reached = sequencer.update(storage, executor, 1000 * now + 990)
        executor.always = False
        events += reached
        if MissionComplete() in events:
            if reached:  # the DO items that were started while completing are a leg of their own
                legs.append([seq for seq in executor.take_started() if items[seq - 1].command == 183])
            break
    return legs, events


@settings(max_examples=examples(300), deadline=None)
@given(missions, st.sampled_from(DoTiming))
def test_sequencer_agrees_with_the_model(
    drawn: tuple[list[str], list[tuple[int, tuple[int, int]]], set[int]], timing: DoTiming
) -> None:
    """Same NAV items, same DO items on each leg, same events, for both timings, with jumps and unsupported items."""
    items, limit = build(drawn), 12
    refused = {seq for seq in drawn[2] if seq <= len(items) and items[seq - 1].command == 16}
    legs = unrolled(items, refused, limit + 1)
    do_items, events = played(items, refused, timing, limit)
    if not items:
        assert events == []
        return
    flown = [leg.nav for leg in legs if leg.nav is not None]
    assert [event.seq for event in events if isinstance(event, CurrentChanged)] == flown
    reached = [event.seq for event in events if isinstance(event, ItemReached)]
    assert reached == flown[:limit]
    complete = legs[-1].nav is None
    assert (MissionComplete() in events) is complete
    assert do_items[: len(legs)] == [expected_do_items(items, leg, timing) for leg in legs][: len(do_items)]


class TimedExecutor(RecordingExecutor):
    """Items take a given time from their start; knows when the next one is done."""

    def __init__(self, durations: list[int]) -> None:
        super().__init__()
        self.now_ms = 0
        self._durations = durations
        self._ends: dict[int, int] = {}

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        result = super().start_command(cmd)
        self._ends[cmd.seq] = self.now_ms + TICK * self._durations[cmd.seq % len(self._durations)]
        return result

    def verify_command(self, cmd: MissionItem) -> bool:
        return self.now_ms >= self._ends[cmd.seq]

    def next_end_ms(self) -> int | None:
        return min((end for end in self._ends.values() if end > self.now_ms), default=None)


def trace(
    items: list[MissionItem], durations: list[int], timing: DoTiming, every_tick: bool
) -> list[tuple[int, object]]:
    """Everything started and every event with its time, for 400 ticks."""
    storage, executor, sequencer = mission(*items), TimedExecutor(durations), MissionSequencer(timing)
    executor.wait_at(*(item.seq for item in storage.items() if item.command == 112))
    log: list[tuple[int, object]] = [(0, event) for event in sequencer.start(storage, executor)]
    log += [(0, started) for started in executor.take_started()]
    now, end = 0, 400 * TICK
    while now < end:
        if every_tick:
            now += TICK
        else:
            times = [t for t in (sequencer.next_deadline_ms(), executor.next_end_ms()) if t is not None]
            wanted = min(times, default=end)
            now = max(now + TICK, -(-wanted // TICK) * TICK)
        executor.now_ms = now
        events = sequencer.update(storage, executor, now)
        log += [(now, started) for started in executor.take_started()] + [(now, event) for event in events]
    return [entry for entry in log if entry[0] < end]


@settings(max_examples=examples(150), deadline=None)
@given(
    st.lists(st.sampled_from(["nav", "hold", "do", "wait"]), min_size=1, max_size=8),
    st.lists(st.integers(1, 7), min_size=1, max_size=5),
    st.sampled_from(DoTiming),
)
def test_ticks_and_deadlines_give_the_same_trace(kinds: list[str], durations: list[int], timing: DoTiming) -> None:
    """Called at every tick or only at deadlines and events, the sequencer decides the same at the same times."""
    made = {"nav": wp(), "hold": wp(hold=0.13), "do": do(), "wait": do(112)}
    items = [made[kind] for kind in kinds]
    assert trace(items, durations, timing, every_tick=True) == trace(items, durations, timing, every_tick=False)
