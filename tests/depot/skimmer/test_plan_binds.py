"""The skimmer obeys the thresholds and triggers of the plan that it has acknowledged, and no others."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import depot.skimmer
from depot.decision import Decision
from depot.decisions.planning import Derating, make_plan
from depot.messages import AbortLimits
from depot.names import ABORT_1_NAMES, ALL_TRIGGERS, SkimmerStage
from depot.readings import DepotReading, SkimmerPlace, SkimmerReading
from depot.skimmer.skimmer_controller import SkimmerController
from depot.skimmer.watches import ABORT_1, first_trip, trips
from tests.fakes.loop_run import PROFILE, LoopBench

TRIPPED: dict[str, dict[str, Any]] = {
    "thruster_fwd_loss": {"thruster_fwd": 0.4},
    "attitude_authority_loss": {"attitude": 0.4},
    "fuel_low": {"fuel_kg": 129.0},
    "battery_failure": {"batteries": 1, "power_wh": 9.0, "power_need_wh": 10.0},
    "avionics_power_loss": {"avionics_held": False},
    "survival_thermal_loss": {"survival_heat_held": False},
    "hot_spine_overtemp": {"spine_k": 381.0},
    "cryo_overpressure": {"cryo_bar": 8.1},
    "thermal_routing_failure": {"thermal_routes": 0.4},
    "store_breach": {"breach_kg_s": 0.21},
    "store_leak": {"leaking": 2},
    "imu_loss": {"imu_ok": False},
    "corridor_drift": {"drift_m": 50_001.0},
    "abort_sensors_failure": {"abort_sensors_ok": False},
}
WELL: dict[str, Any] = {"fuel_kg": 131.0, "fuel_need_kg": 100.0}
FORBIDDEN = {"Profile", "WatchSettings", "PlanSettings", "DepotSettings", "RetirementSettings", "ThermalSettings"}


def plan(**limits: Any) -> Any:
    """A plan with these thresholds."""
    bench = LoopBench()
    made = bench.loop.depot.memory.plan
    assert made is not None
    return msgspec.structs.replace(made, limits=msgspec.structs.replace(made.limits, **limits))


PLAN = plan()


def test_there_is_a_reading_for_every_trigger() -> None:
    """Names and rows are one to one, in the order of the wire."""
    assert tuple(TRIPPED) == ABORT_1_NAMES == tuple(watch.name for watch in ABORT_1)


@pytest.mark.parametrize("name", ABORT_1_NAMES)
def test_each_trigger_trips_alone_and_only_where_it_is_armed(name: str) -> None:
    """By its reading; a plan that does not arm it does not abort on it."""
    bit = 1 << ABORT_1_NAMES.index(name)
    assert trips(SkimmerReading(**WELL), PLAN) == 0
    reading = SkimmerReading(**(WELL | TRIPPED[name]))
    assert trips(reading, PLAN) == bit and first_trip(bit).name == name
    assert trips(reading, plan(triggers=ALL_TRIGGERS & ~bit)) == 0
    assert trips(reading, None) == 0


AT_ITS_LIMIT: dict[str, float] = {
    "thruster_fwd": PLAN.limits.thruster_min,
    "attitude": PLAN.limits.attitude_min,
    "spine_k": PLAN.limits.spine_max_k,
    "cryo_bar": PLAN.limits.cryo_max_bar,
    "thermal_routes": PLAN.limits.thermal_routes_min,
    "breach_kg_s": PLAN.limits.breach_kg_s,
    "leaking": PLAN.limits.leaking_max,
    "drift_m": PLAN.limits.corridor_m,
}


@pytest.mark.parametrize("name", AT_ITS_LIMIT)
def test_a_reading_at_its_limit_trips_nothing(name: str) -> None:
    """A limit is the last value that is allowed."""
    assert trips(SkimmerReading(**(WELL | {name: AT_ITS_LIMIT[name]})), PLAN) == 0


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"spine_max_k": 200.0}, "hot_spine_overtemp"),
        ({"corridor_m": 0.0001}, "corridor_drift"),
        ({"thruster_min": 1.1}, "thruster_fwd_loss"),
        ({"fuel_share": 100.0}, "fuel_low"),
    ],
)
def test_a_plan_whose_thresholds_differ_from_the_profile_s_is_what_counts(
    monkeypatch: pytest.MonkeyPatch, limits: dict[str, float], name: str
) -> None:
    """The depot's profile says something else: ABORT-1 follows the plan; of its way there is nothing to judge before it
    flies."""
    monkeypatch.setattr(
        "depot.decisions.planning.abort_limits", lambda profile: msgspec.structs.replace(AbortLimits(), **limits)
    )
    bench = LoopBench().run_to(40_000.0)
    if name == "corridor_drift":
        assert bench.decision(name).facts["drift_m"] < 20_000.0
        return
    assert name in bench.decision("no_go").facts["failed"]


def test_each_threshold_of_the_profile_goes_into_the_plan() -> None:
    """Of watches and heat; other values than those that a plan has by itself."""
    shares = {"thruster_min": 0.61, "attitude_min": 0.62, "thermal_routes_min": 0.63}
    watch = {**shares, "breach_kg_s": 0.64, "corridor_m": 65.0}
    heat = {"spine_max_k": 366.0, "cryo_max_bar": 6.7}
    profile = msgspec.structs.replace(
        PROFILE,
        watch=msgspec.structs.replace(PROFILE.watch, **watch),
        thermal=msgspec.structs.replace(PROFILE.thermal, **heat),
    )
    assert make_plan(profile, 1, Derating(), DepotReading()).limits == AbortLimits(**watch, **heat)


def test_the_way_of_the_plan_is_the_one_that_was_sent() -> None:
    """Its waypoints with their altitudes come as the items of a mission, whatever the usual region is."""
    way = ((0.0, 0.0, 81_000.0), (0.5, -7.0, 72_000.0))
    profile = msgspec.structs.replace(PROFILE, plan=msgspec.structs.replace(PROFILE.plan, waypoints=way))
    bench = LoopBench(profile=profile)
    while bench.loop.skimmer.memory.plan is None:
        bench.step()
    taken = bench.loop.skimmer.memory.plan.waypoints
    assert len(taken) == len(way) and all(place == pytest.approx(sent) for place, sent in zip(taken, way, strict=True))


@pytest.mark.parametrize("harvest_s", [1_000.0, 216_000.0])
def test_the_harvest_lasts_as_long_as_the_plan_allows(harvest_s: float) -> None:
    """To the millisecond, with room in the store and margins that are wide."""
    decided: list[Decision] = []
    controller = SkimmerController(
        PROFILE.heartbeat, PROFILE.power, PROFILE.skimmer.clear_m, LoopBench().loop.world, decided.append
    )
    memory = controller.memory
    memory.plan, memory.stage = msgspec.structs.replace(PLAN, harvest_s=harvest_s), SkimmerStage.OUTBOUND
    there = SkimmerReading(
        **(WELL | {"fuel_kg": 1e6, "place": SkimmerPlace.ZONE, "in_zone": True, "reserve_wh": 1e6, "soc": 1.0})
    )
    assert controller._step(there, 0) and memory.stage is SkimmerStage.HARVEST
    memory.heard_ms = until_ms = round(harvest_s * 1000.0)
    assert controller.next_deadline_ms() <= until_ms
    assert not controller._step(there, until_ms - 1) and memory.stage is SkimmerStage.HARVEST
    assert controller._step(there, until_ms) and memory.stage is SkimmerStage.RETURN
    assert "time_budget_reached" in [each.name for each in decided]


def test_a_reserve_of_the_plan_ends_the_sortie_that_the_profile_would_fly() -> None:
    """Margins too are the plan's: at the entry of the zone they do not allow a harvest."""
    bench = LoopBench()
    while bench.loop.skimmer.memory.plan is None:
        bench.step()
    given = bench.loop.skimmer.memory.plan
    bench.loop.skimmer.memory.plan = msgspec.structs.replace(given, power_reserve=2.0)
    bench.run()
    assert bench.decision("power_margin_near").reason == "margins do not allow a harvest"
    assert bench.last["harvested_kg"] == 0.0 and "start_harvest" not in bench.names("skimmer")


# --- the two parties share messages only ------------------------------------------------------------------------------
def settings_taken(source: str) -> set[str]:
    """Names that a module takes from `depot.settings`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "depot.settings":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("depot.settings")}
    return found


def test_the_skimmer_knows_no_table_of_the_depot() -> None:
    """What it gets at construction are tables of its craft; every other threshold came in a plan."""
    for path in Path(inspect.getfile(depot.skimmer)).parent.glob("*.py"):
        assert not settings_taken(path.read_text(encoding="utf-8")) & (FORBIDDEN | {"depot.settings"}), path
    assert settings_taken("from depot.settings import Profile") & FORBIDDEN  # the check has been seen to fail


def held(thing: object, seen: dict[int, object]) -> Iterator[object]:
    """All that can be changed and that is reached from `thing`, but for the world and its record."""
    if id(thing) in seen or isinstance(thing, (str, bytes, int, float, bool, type(None), type)):
        return
    seen[id(thing)] = thing
    if isinstance(thing, (list, set)):
        yield thing
        inner: list[object] = list(thing)
    elif isinstance(thing, dict):
        yield thing
        inner = list(thing.values())
    elif isinstance(thing, (tuple, frozenset)):
        inner = list(thing)
    elif isinstance(thing, msgspec.Struct):
        if not thing.__struct_config__.frozen:
            yield thing
        inner = [getattr(thing, name) for name in thing.__struct_fields__]
    elif type(thing).__module__.startswith(("depot.decisions", "depot.skimmer")):
        yield thing
        inner = list(vars(thing).values())
    else:
        return
    for one in inner:
        yield from held(one, seen)


def shared(bench: LoopBench) -> list[object]:
    """What both parties could change."""
    mine = {id(thing) for thing in held(bench.loop.skimmer, {})}
    return [thing for thing in held(bench.loop.depot, {}) if id(thing) in mine]


def test_nothing_that_can_change_is_in_the_hands_of_both() -> None:
    """In the middle of a harvest; a list that both have would be found."""
    bench = LoopBench().run_to(100_000.0)
    assert shared(bench) == []
    bench.loop.skimmer.memory.out = bench.loop.depot.memory.announced  # type: ignore[assignment]  # the planted breach
    assert shared(bench) == [bench.loop.depot.memory.announced]


def test_no_argument_of_the_skimmer_is_a_profile() -> None:
    """Its craft, its record, its memory and tables of the craft."""
    names = {str(parameter.annotation) for parameter in inspect.signature(SkimmerController).parameters.values()}
    assert not names & FORBIDDEN
    assert PROFILE.watch.corridor_m == AbortLimits().corridor_m  # one default, in two tables
