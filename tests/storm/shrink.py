"""Makes a storm that breaks an invariant smaller: less time, fewer vehicles, stations, faults and acts, and what is
left simpler, as long as the same invariant breaks (delta debugging, Zeller and Hildebrandt, IEEE TSE 2002)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from tests.storm.depot_storm import DeathPlan, DepotPlan
from tests.storm.medium import Air
from tests.storm.relay_storm import RelayPlan
from tests.storm.steer import AnyPlan, AnyVerdict
from tests.storm.swarm import OF_LINKS, STILL, ActPlan, FaultPlan, StationPlan, StormPlan, VehiclePlan

CPU_S = 60.0
_COLUMNS = 116


def _shorter(plan: StormPlan, broke_ms: int) -> Iterator[StormPlan]:
    """Without what comes behind the failure, which then is no longer waited for."""
    end_ms = min(broke_ms + 1_000, round(plan.minutes * 60_000))
    acts = tuple(act for act in plan.acts if act.at_ms <= broke_ms)
    faults = tuple(fault for fault in plan.faults if fault.at_ms <= broke_ms)
    shorter = replace(plan, minutes=end_ms / 60_000, acts=acts, faults=faults)
    if shorter != plan:
        yield shorter
    last_ms = max((each.at_ms for each in (*plan.acts, *plan.faults)), default=0) + 2_000
    if last_ms < end_ms:
        yield replace(plan, minutes=last_ms / 60_000)


def _without_station(plan: StormPlan, gone: int) -> StormPlan:
    def number(old: int) -> int:
        return old - (old > gone)

    return replace(
        plan,
        stations=plan.stations[:gone] + plan.stations[gone + 1 :],
        acts=tuple(replace(act, station=number(act.station)) for act in plan.acts if act.station != gone),
        faults=tuple(
            replace(fault, target=number(fault.target)) if fault.what in OF_LINKS else fault
            for fault in plan.faults
            if fault.what not in OF_LINKS or fault.target != gone
        ),
    )


def _with_one_vehicle(plan: StormPlan, kept: int) -> StormPlan:
    for number in reversed(range(len(plan.stations))):
        if plan.stations[number].vehicle != kept:
            plan = _without_station(plan, number)
    return replace(
        plan,
        vehicles=(plan.vehicles[kept],),
        stations=tuple(replace(station, vehicle=0) for station in plan.stations),
        faults=tuple(
            fault if fault.what in OF_LINKS else replace(fault, target=0)
            for fault in plan.faults
            if fault.what in OF_LINKS or fault.target == kept
        ),
    )


def _fewer(plan: StormPlan) -> Iterator[StormPlan]:
    """The boldest first."""
    if len(plan.vehicles) > 1:
        yield from (_with_one_vehicle(plan, kept) for kept in range(len(plan.vehicles)))
        last = len(plan.vehicles) - 1
        others = [fault.what in OF_LINKS or fault.target < last for fault in plan.faults]
        if all(others) and all(station.vehicle < last for station in plan.stations):
            yield replace(plan, vehicles=plan.vehicles[:-1])
    yield from (_without_station(plan, gone) for gone in range(len(plan.stations)))
    for name in ("faults", "acts"):
        yield from _less(plan, name)


def _simpler(plan: StormPlan) -> Iterator[StormPlan]:
    """With good links, usual parameters, processes that die and power that stays."""
    for at, station in enumerate(plan.stations):
        if station.air != STILL:
            simple = (*plan.stations[:at], replace(station, air=STILL), *plan.stations[at + 1 :])
            yield replace(plan, stations=simple)
    for at, vehicle in enumerate(plan.vehicles):
        if vehicle.params:
            usual = (*plan.vehicles[:at], replace(vehicle, params=()), *plan.vehicles[at + 1 :])
            yield replace(plan, vehicles=usual)
    if plan.power:
        yield replace(plan, power=False)
    if plan.signed and not any(station.signs or station.intruder for station in plan.stations):
        yield replace(plan, signed=False)


def _less(plan: Any, name: str) -> Iterator[Any]:
    """Without a half of what the field `name` has, a quarter, .., a single entry."""
    entries = getattr(plan, name)
    size = max(len(entries) // 2, 1)
    while entries:
        for at in range(0, len(entries), size):
            yield replace(plan, **{name: entries[:at] + entries[at + size :]})
        if size == 1:
            return
        size //= 2


def _candidates(plan: AnyPlan, broke_ms: int) -> Iterator[AnyPlan]:
    """Smaller plans, the boldest first."""
    if isinstance(plan, StormPlan):
        yield from chain(_shorter(plan, broke_ms), _fewer(plan), _simpler(plan))
        return
    for name in ("deaths",) if isinstance(plan, DepotPlan) else ("acts",):
        yield from _less(plan, name)
    yield from _less(plan, "faults")
    if isinstance(plan, RelayPlan):
        if broke_ms + 1_000 < plan.minutes * 60_000:
            yield replace(plan, minutes=(broke_ms + 1_000) / 60_000)
        return
    if plan.power:
        yield replace(plan, power=False)
    if plan.total > 1:
        yield replace(plan, total=plan.total - 1)


def shrink(
    verdict: AnyVerdict,
    judge: Callable[[AnyPlan], AnyVerdict],
    say: Callable[[str], None] = lambda text: None,
    cpu_s: float = CPU_S,
) -> AnyVerdict:
    """The smallest that was found within `cpu_s` of processor; `verdict` must be broken."""
    assert verdict.broken is not None
    name, best, end_s = verdict.broken.name, verdict, time.process_time() + cpu_s
    smaller = True
    while smaller:
        smaller = False
        for plan in _candidates(best.plan, best.ended_ms):
            if time.process_time() > end_s:
                return best
            tried = judge(plan)
            if tried.broken is not None and tried.broken.name == name:
                best, smaller = tried, True
                say(plan.summary)
                break
    return best


def _literal(value: object, indent: str) -> str:
    """Python that makes a plan, in lines that are short enough to be read; what is as usual is left out."""
    if isinstance(value, tuple):
        if not value:
            return "()"
        inner = "".join(f"\n{indent}    {_literal(each, indent + '    ')}," for each in value)
        flat = f"({', '.join(_literal(each, '') for each in value)}{',' if len(value) == 1 else ''})"
        return flat if len(flat) + len(indent) < _COLUMNS // 2 else f"({inner}\n{indent})"
    if not is_dataclass(value) or isinstance(value, type):
        return repr(value)
    given = [
        (each.name, getattr(value, each.name)) for each in fields(value) if getattr(value, each.name) != each.default
    ]
    flat = f"{type(value).__name__}({', '.join(f'{name}={_literal(what, str())}' for name, what in given)})"
    if len(flat) + len(indent) < _COLUMNS and not isinstance(value, StormPlan):
        return flat
    inner = "".join(f"\n{indent}    {name}={_literal(what, indent + '    ')}," for name, what in given)
    return f"{type(value).__name__}({inner}\n{indent})"


_KINDS = (Air, ActPlan, FaultPlan, StationPlan, StormPlan, VehiclePlan, DeathPlan, DepotPlan, RelayPlan)


def write_test(verdict: AnyVerdict, folder: Path) -> Path:
    """A test of the storm, which fails until its cause is mended."""
    assert verdict.broken is not None
    path = folder / f"test_storm_{verdict.plan.seed}.py"
    literal = _literal(verdict.plan, "")
    imports: dict[str, list[str]] = {}
    for kind in _KINDS:
        if f"{kind.__name__}(" in literal:
            imports.setdefault(kind.__module__, []).append(kind.__name__)
    imports["tests.storm.steer"] = ["run_any"]
    lines = [f"from {module} import {', '.join(sorted(names))}\n" for module, names in sorted(imports.items())]
    path.write_text(
        f'"""A storm found by `scripts/storm {verdict.plan.seed}`: {verdict.broken.name}."""\n\n'
        "from __future__ import annotations\n\n"
        f"{''.join(lines)}\n"
        f"PLAN = {literal}\n\n\n"
        f"def test_storm_{verdict.plan.seed}() -> None:\n"
        "    assert run_any(PLAN).broken is None\n"
    )
    return path
