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
from depot.messages import AbortLimits
from depot.names import ABORT_1_NAMES, ALL_TRIGGERS
from depot.readings import SkimmerReading
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
    bench.loop.skimmer.memory.out = bench.loop.depot.memory.said  # type: ignore[assignment]  # the planted breach
    assert shared(bench) == [bench.loop.depot.memory.said]


def test_no_argument_of_the_skimmer_is_a_profile() -> None:
    """Its craft, its record, its memory and tables of the craft."""
    names = {str(parameter.annotation) for parameter in inspect.signature(SkimmerController).parameters.values()}
    assert not names & FORBIDDEN
    assert PROFILE.watch.corridor_m == AbortLimits().corridor_m  # one default, in two tables
