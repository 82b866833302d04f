"""Storms in haste: a few things are asked for again and again, up to three times a second. What one request leaves
behind is then still there when the next one comes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.storm.swarm import ACTS, ActPlan, StormPlan, tick

SHARE = 0.1
"""Of storms."""
_EVERY_MS = (300.0, 800.0, 2_000.0)
_ALWAYS = ("fly", "upload mission")
_BEGIN_MS, _REST_MS = 3_000.0, 10_000.0


def with_haste(plan: StormPlan) -> StormPlan:
    """The plan with other acts, if its seed is one of haste."""
    random = Random(f"haste {plan.seed}")
    if random.random() >= SHARE:
        return plan
    wishes = [*random.sample(sorted(set(ACTS)), random.randint(2, 7)), *_ALWAYS]
    acts, at_ms, every_ms = list[ActPlan](), _BEGIN_MS, random.choice(_EVERY_MS)
    while at_ms < plan.minutes * 60_000 - _REST_MS:
        station, what = random.randrange(len(plan.stations)), random.choice(wishes)
        acts.append(ActPlan(tick(at_ms), station, what, random.randrange(1 << 30)))
        at_ms += random.expovariate(1.0 / every_ms)
    return replace(plan, acts=tuple(acts))
