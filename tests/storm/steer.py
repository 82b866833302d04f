"""Which storm comes next. A seed draws what kind of storm it is; one that has seen what none before saw has children:
the same storm with some of it changed. A child is an integer too, made of its parent's and a number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.storm.depot_storm import DepotPlan, draw_depot, run_depot
from tests.storm.falls import with_a_fall
from tests.storm.haste import with_haste
from tests.storm.idle import IDLE, with_idle_time
from tests.storm.packages import with_package
from tests.storm.relay_storm import RelayPlan, draw_relay, run_relay
from tests.storm.story import Story
from tests.storm.swarm import STAGED, ActPlan, FaultPlan, StormPlan, draw, tick, with_radios
from tests.storm.verdict import Verdict
from tests.storm.world import run

_CHILD = 1 << 40
"""Seeds from here on are children's."""
_CHILDREN = 1 << 16
FERTILE = 64
AnyPlan = StormPlan | RelayPlan | DepotPlan
AnyVerdict = Verdict[AnyPlan]


def plan_of(seed: int, *, minutes: float | None = None, vehicles: int | None = None) -> AnyPlan:
    """The storm of a seed."""
    if seed >= _CHILD:
        parent, number = divmod(seed - _CHILD, _CHILDREN)
        plan = plan_of(parent, minutes=minutes, vehicles=vehicles)
        return replace(_changed(plan, Random(f"child {seed}"), number), seed=seed)
    kind = Random(f"kind {seed}").random() if minutes is None and vehicles is None else 1.0
    if kind < 0.1:
        return draw_depot(seed) if kind < 0.05 else draw_relay(seed)
    plan = draw(seed, minutes=minutes, vehicles=vehicles)
    if minutes is not None or seed % 16 == STAGED:
        return plan
    return with_radios(with_a_fall(with_package(with_idle_time(with_haste(plan)))))


def run_any(plan: AnyPlan) -> AnyVerdict:
    """Run a storm of any kind."""
    if isinstance(plan, DepotPlan):
        return run_depot(plan)
    return run_relay(plan) if isinstance(plan, RelayPlan) else run(plan)


def _changed(plan: AnyPlan, random: Random, number: int) -> AnyPlan:
    """The plan with some of it changed, `number` being one of many ways."""
    if isinstance(plan, DepotPlan):
        other = draw_depot(random.randrange(1 << 30))
        return replace(plan, deaths=other.deaths) if random.random() < 0.5 else replace(plan, faults=other.faults)
    if isinstance(plan, RelayPlan):
        if number % 2 == 0:
            return replace(plan, faults=plan.faults[::2])
        others = draw_relay(random.randrange(1 << 30)).faults  # which may have had more stations
        return replace(plan, faults=tuple(replace(fault, target=fault.target % len(plan.stations)) for fault in others))
    changes: list[Callable[[StormPlan, Random], StormPlan]] = [_moved, _spliced, _thinned, _struck_at_acts]
    for change in random.sample(changes, random.randint(1, 2)):
        plan = change(plan, random)
    return plan


def _moved(plan: StormPlan, random: Random) -> StormPlan:
    """Faults a little earlier or later, and with another value."""
    return replace(
        plan,
        faults=tuple(
            replace(fault, at_ms=_near(fault.at_ms, random), value=random.randrange(1 << 20)) for fault in plan.faults
        ),
    )


def _near(at_ms: int, random: Random) -> int:
    return max(tick(at_ms + random.gauss(0.0, 2_000.0)), 0)


def _spliced(plan: StormPlan, random: Random) -> StormPlan:
    """From some instant on with what another storm does."""
    other, at_ms = draw(random.randrange(1 << 30), minutes=plan.minutes), random.uniform(0.0, plan.minutes * 60_000)
    stations, vehicles = len(plan.stations), len(plan.vehicles)
    acts = [replace(act, station=act.station % stations) for act in other.acts if act.at_ms >= at_ms]
    faults = [replace(fault, target=fault.target % min(stations, vehicles)) for fault in other.faults]
    return replace(
        plan,
        acts=(*(act for act in plan.acts if act.at_ms < at_ms), *acts),
        faults=(
            *(fault for fault in plan.faults if fault.at_ms < at_ms),
            *(fault for fault in faults if fault.at_ms >= at_ms),
        ),
    )


def _thinned(plan: StormPlan, random: Random) -> StormPlan:
    """With two thirds of the acts: what is left has more time."""
    return replace(plan, acts=tuple(act for act in plan.acts if random.random() < 0.67))


def _struck_at_acts(plan: StormPlan, random: Random) -> StormPlan:
    """With faults in the midst of what stations do."""
    striking = [fault for fault in plan.faults if fault.what != IDLE]  # hours are for once
    if not plan.acts or not striking:
        return plan
    struck: list[ActPlan] = random.sample(plan.acts, min(5, len(plan.acts)))
    faults: list[FaultPlan] = [
        replace(random.choice(striking), at_ms=tick(act.at_ms + random.choice((0, 60, 300, 1_500)))) for act in struck
    ]
    return replace(plan, faults=tuple(sorted((*plan.faults, *faults), key=lambda fault: fault.at_ms)))


class Steering:
    """Seeds one after the other. `seen`: rows of tables and pairs of state and fault that any storm has met."""

    def __init__(self, first: int) -> None:
        self._random = Random(f"steering {first}")
        self._fresh = first
        self._fertile: deque[int] = deque(maxlen=FERTILE)
        self.seen: set[tuple[str, str, str]] = set()

    def next_seed(self) -> int:
        """A child of one that was fertile, or the next in the row."""
        if self._fertile and self._random.random() < 0.5:
            parent = self._random.choice(self._fertile)
            if parent < _CHILD**2:  # great-grandchildren are as good as strangers
                return _CHILD + parent * _CHILDREN + self._random.randrange(_CHILDREN)
        self._fresh += 1
        return self._fresh - 1

    def learn(self, seed: int, story: Story) -> int:
        """How much this storm has met that none had before."""
        fresh = set(story.seen) - self.seen
        self.seen |= fresh
        if fresh:
            self._fertile.append(seed)
        return len(fresh)
