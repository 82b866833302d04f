"""Somebody stops the motors of a copter in the air (DO_FLIGHTTERMINATION): it falls, and lies as it has fallen. Then it
is armed and told to take off, as by a person who does not see it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.storm.swarm import ActPlan, StormPlan, tick

STOP = "stop motors"
SHARE = 0.12
"""Of storms, with a fall."""
_WISHES = ((0, "take off"), (9_000, STOP), (20_000, "arm by hand"), (40_000, "take off"))
"""(after, what), ms."""


def with_a_fall(plan: StormPlan) -> StormPlan:
    """The plan with a fall, if its seed has one and somebody is at a copter."""
    random = Random(f"falls {plan.seed}")
    at_copters = [
        number
        for number, station in enumerate(plan.stations)
        if plan.vehicles[station.vehicle].kind == "copter" and not station.intruder
    ]
    if random.random() >= SHARE or not at_copters:
        return plan
    at_ms = random.uniform(5_000, max(plan.minutes * 60_000 - 60_000, 10_000))
    station = random.choice(at_copters)
    wishes = [ActPlan(tick(at_ms + after), station, what, random.randrange(1 << 30)) for after, what in _WISHES]
    return replace(plan, acts=tuple(sorted((*plan.acts, *wishes), key=lambda act: act.at_ms)))
