"""Makes a storm that breaks an invariant smaller: less time, fewer faults, acts, stations and vehicles, as long as the
same invariant breaks (delta debugging, Zeller and Hildebrandt, IEEE TSE 2002)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.storm.swarm import StormPlan
from tests.storm.world import Verdict, run

MOST_RUNS = 120


def _candidates(plan: StormPlan) -> Iterator[StormPlan]:
    """Smaller plans, the boldest first."""
    if len(plan.vehicles) > 1:
        for keep in range(len(plan.vehicles)):
            stations = tuple(replace(station, vehicle=0) for station in plan.stations if station.vehicle == keep)
            if len(stations) == len(plan.stations):
                yield replace(plan, vehicles=(plan.vehicles[keep],), stations=stations)
        if all(station.vehicle < len(plan.vehicles) - 1 for station in plan.stations):
            yield replace(plan, vehicles=plan.vehicles[:-1])
    for name in ("faults", "acts"):
        entries = getattr(plan, name)
        size = max(len(entries) // 2, 1)
        while entries:
            for at in range(0, len(entries), size):
                yield replace(plan, **{name: entries[:at] + entries[at + size :]})
            if size == 1:
                break
            size //= 2
    used = {act.station for act in plan.acts} | {fault.target for fault in plan.faults}
    if plan.stations and len(plan.stations) - 1 not in used:
        yield replace(plan, stations=plan.stations[:-1])


def shrink(
    verdict: Verdict, say: Callable[[str], None] = lambda text: None, judge: Callable[[StormPlan], Verdict] = run
) -> Verdict:
    """The smallest that was found within `MOST_RUNS`; `verdict` must be broken."""
    assert verdict.broken is not None
    name, best, runs = verdict.broken.name, verdict, 0
    smaller = True
    while smaller and runs < MOST_RUNS:
        smaller = False
        for plan in _candidates(best.plan):
            if runs >= MOST_RUNS:
                break
            runs += 1
            tried = judge(plan)
            if tried.broken is not None and tried.broken.name == name:
                best, smaller = tried, True
                say(f"{len(plan.vehicles)} vehicles, {len(plan.acts)} acts, {len(plan.faults)} faults")
                break
    return best


def write_test(verdict: Verdict, folder: Path) -> Path:
    """A test of the storm, which fails until its cause is mended."""
    assert verdict.broken is not None
    path = folder / f"test_storm_{verdict.plan.seed}.py"
    path.write_text(
        f'"""A storm found by `scripts/storm {verdict.plan.seed}`: {verdict.broken.name}."""\n\n'
        "from __future__ import annotations\n\n"
        "from tests.storm.medium import Air\n"
        "from tests.storm.swarm import ActPlan, FaultPlan, StationPlan, StormPlan, VehiclePlan\n"
        "from tests.storm.world import run\n\n"
        f"PLAN = {verdict.plan!r}\n\n\n"
        f"def test_storm_{verdict.plan.seed}() -> None:\n"
        "    assert run(PLAN).broken is None\n"
    )
    return path
