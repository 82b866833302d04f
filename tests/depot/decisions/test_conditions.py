"""Every entry and exit condition of the seed, once where it holds and once where it does not."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import depot.decisions.phase_context
from depot.decisions.conditions import CONDITIONS, ConditionInputs
from depot.decisions.memory import DepotMemory
from depot.decisions.planning import Derating, make_plan
from depot.decisions.record import SortieRecord
from depot.messages import Status
from depot.names import Abort, SkimmerStage, SkimmerState
from depot.readings import RINGS, DepotReading, Relative
from depot.settings import Profile

PROFILE = Profile()
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading(room_kg=dict.fromkeys(RINGS, 30_000.0)))
GATE = Relative((0.0, -PROFILE.corridor.gate_m, 0.0), (0.0, 0.0, 0.0))
FAST = msgspec.structs.replace(GATE, velocity_mps=(0.0, 3.0, 0.0))
ASIDE = msgspec.structs.replace(GATE, position_m=(900.0, -900.0, 0.0))
DUE = {"due_ms": 5}
WELL: dict[str, Any] = {
    "plan": 1, "fuel_kg": 2_000.0, "fuel_need_kg": 950.0, "power_wh": 70_000.0, "power_need_wh": 32_500.0,
}  # fmt: skip
SPENT: dict[str, Any] = WELL | {"fuel_kg": 1_200.0}
WEAK: dict[str, Any] = WELL | {"power_wh": 33_000.0}
JUST_PAST: dict[str, Any] = WELL | {"fuel_kg": 950.0 * (1.0 + PLAN.fuel_reserve) * (1.0 - 1e-5)}
"""Where the skimmer ends its harvest: nearer to the limit than the rounding of the wire."""
HOT: dict[str, Any] = WELL | {"spine_k": 0.98 * PROFILE.thermal.spine_max_k}
DRIFTED = PROFILE.watch.corridor_m + 1.0
STORED = PLAN.store_kg
Given = dict[str, Any]


def scene(given: Given) -> ConditionInputs:
    """`memory`, `status`, `reading`: what differs from the default; `death`: T_DEATH runs; `abort`: of the sortie."""
    memory = DepotMemory(number=1, plan=PLAN, **given.get("memory", {}))
    memory.record = SortieRecord(given.get("record", 1), 1.0, 1.5, abort=given.get("abort", Abort.NONE))
    memory.death.due_ms = 5 if given.get("death") else None
    return ConditionInputs(
        memory,
        DepotReading(**given.get("reading", {})),
        PROFILE,
        Status(**given.get("status", {})),
        given.get("now_ms", 0),
    )


def flying(stage: SkimmerStage, **more: Any) -> Given:
    """In this stage of this sortie, well off."""
    return {"status": WELL | {"stage": stage} | more, "memory": {"docked": False}}


HELD: Given = {"memory": {"docked": True}, "status": {"plan": 1}, "reading": {}}
SERVED: Given = {"reading": {"refuelled": True, "charged": True, "skimmer_settled": True}}
LAST_S = PLAN.harvest_s
CASES: dict[str, tuple[list[Given], list[Given]]] = {
    "skimmer_docked": ([{}], [{"memory": {"docked": False}}]),
    "previous_mission_closed": ([{}], [{"record": 7}]),
    "plan_acknowledged": ([{"memory": {"acknowledged": 1}}], [{}, {"memory": {"acknowledged": 2}}]),
    "critical_systems_pass": ([{}], [{"status": {"trips": 4}}]),
    "launch_command_issued": ([{"death": True}], [{}]),
    "launch_command_acknowledged": (
        [{"death": True, "memory": {"docked": False}}],
        [{"death": True}, {"memory": {"docked": False}}],
    ),
    "ready_to_undock": (
        [{}],
        [{"reading": {"moving_kg_s": 1.0}}, {"reading": {"locks_ok": False}}, {"reading": {"power_ok": False}}],
    ),
    "safe_clearance": (
        [{"reading": {"clearance_m": PROFILE.skimmer.clear_m}}],
        [{"reading": {"clearance_m": PROFILE.skimmer.clear_m - 0.1}}],
    ),
    "on_outbound_trajectory": (
        [flying(SkimmerStage.OUTBOUND)],
        [
            flying(SkimmerStage.DEPARTURE),
            flying(SkimmerStage.OUTBOUND, drift_m=DRIFTED),
            flying(SkimmerStage.OUTBOUND, plan=0),
            flying(SkimmerStage.RETURN),  # turned back by its own abort, on course for the depot
        ],
    ),
    "departure_burn_completed": (
        [flying(SkimmerStage.OUTBOUND)],
        [
            flying(SkimmerStage.DEPARTURE),
            flying(SkimmerStage.UNDOCKING),
            flying(SkimmerStage.OUTBOUND, thrust_ratio=0.4),
        ],
    ),
    "no_abort_triggered": ([{}], [{"abort": Abort.ABORT_2}]),
    "at_entry_point": ([flying(SkimmerStage.HARVEST)], [flying(SkimmerStage.OUTBOUND), flying(SkimmerStage.RETURN)]),
    "fuel_margin_acceptable": ([{"status": WELL}], [{"status": SPENT}]),
    "power_margin_acceptable": ([{"status": WELL}], [{"status": WEAK}]),
    "thermal_state_acceptable": ([{"status": WELL}], [{"status": HOT}]),
    "within_harvest_corridor": (
        [flying(SkimmerStage.HARVEST)],
        [flying(SkimmerStage.OUTBOUND), flying(SkimmerStage.HARVEST, drift_m=DRIFTED)],
    ),
    "margins_above_abort_thresholds": ([{"status": WELL}], [{"status": SPENT}, {"status": WEAK}, {"status": HOT}]),
    "store_near_capacity": (
        [{"status": {"store_kg": STORED}}],
        [{"status": {"store_kg": 0.9 * STORED}}],
    ),
    "time_budget_reached": (
        [{"memory": {"harvest_start_ms": 0}, "now_ms": round(1000.0 * LAST_S)}],
        [{"memory": {"harvest_start_ms": 0}, "now_ms": round(990.0 * LAST_S)}, {"now_ms": round(2000.0 * LAST_S)}],
    ),
    "margins_near_limits": (
        [{"status": SPENT}, {"status": WEAK}, {"status": HOT}, {"status": JUST_PAST}],
        [{"status": WELL}],
    ),
    "abort_commanded": ([{"abort": Abort.ABORT_1}], [{}]),
    "harvest_ended": (
        [flying(SkimmerStage.RETURN), flying(SkimmerStage.HARVEST) | {"abort": Abort.ABORT_2B}],
        [flying(SkimmerStage.HARVEST)],
    ),
    "in_docking_corridor": (
        [flying(SkimmerStage.HOLDING), flying(SkimmerStage.APPROACH), HELD],
        [flying(SkimmerStage.RETURN), flying(SkimmerStage.OUTBOUND)],
    ),
    "geometry_and_relative_motion_acceptable": (
        [flying(SkimmerStage.HOLDING) | {"reading": {"relative": GATE}}, HELD],
        [
            flying(SkimmerStage.HOLDING),
            *[flying(SkimmerStage.HOLDING) | {"reading": {"relative": seen}} for seen in (FAST, ASIDE)],
        ],
    ),
    "within_docking_corridor": (
        [flying(SkimmerStage.HOLDING) | {"reading": {"relative": seen}} for seen in (GATE, FAST)],
        [flying(SkimmerStage.HOLDING), flying(SkimmerStage.HOLDING) | {"reading": {"relative": ASIDE}}],
    ),
    "relative_motion_within_limits": (
        [flying(SkimmerStage.HOLDING) | {"reading": {"relative": seen}} for seen in (GATE, ASIDE)],
        [flying(SkimmerStage.HOLDING), flying(SkimmerStage.HOLDING) | {"reading": {"relative": FAST}}],
    ),
    "docked_and_stable": (
        [HELD],
        [{"memory": {"docked": False}}, *[HELD | {"reading": {name: False}} for name in ("locks_ok", "in_dock")]],
    ),
    "interfaces_pass": (
        [{}],
        [{"reading": {name: False}} for name in ("locks_ok", "fluids_ok", "data_ok", "power_ok")],
    ),
    "docking_verified": ([HELD], [{"memory": {"docked": False}}, HELD | {"reading": {"data_ok": False}}]),
    "offloaded_to_planned_levels": ([{}], [{"reading": {"offloadable_kg": 5.0}}]),
    "margins_restored": (
        [SERVED],
        [{"reading": SERVED["reading"] | {name: False}}
         for name in ("refuelled", "charged", "skimmer_settled", "depot_settled")],
    ),
    "no_major_anomalies": ([{}], [{"memory": {"anomalies": ["interface_failure"]}}, {"status": {"trips": 1}}]),
    "offload_and_refuel_completed": (
        [SERVED],
        [{}, {"reading": SERVED["reading"] | {"offloadable_kg": 5.0}}],
    ),
    "relaunch": ([{}], [{"memory": {"skimmer": SkimmerState.DERATED}}]),
    "derated": ([{"memory": {"skimmer": SkimmerState.DERATED}}], [{}]),
    "retired": ([{"memory": {"skimmer": SkimmerState.RETIRED}}], [{}]),
}  # fmt: skip


def test_every_condition_has_its_cases() -> None:
    """None is left out."""
    assert set(CASES) == set(CONDITIONS)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_holds_where_it_does_and_nowhere_else(name: str) -> None:
    """Both ways, by what the depot knows at that instant."""
    holds, fails = CASES[name]
    condition: Callable[[ConditionInputs], bool] = CONDITIONS[name]
    assert holds and fails
    for given in holds:
        assert condition(scene(given)), given
    for given in fails:
        assert not condition(scene(given)), given


# --- a phase begins by the table, and by nothing else -----------------------------------------------------------------
def writers(source: str) -> list[str]:
    """Functions that write the phase of a memory."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [
        function.name
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "phase" and isinstance(node.ctx, ast.Store)
    ]


def test_only_the_table_changes_the_phase() -> None:
    """`PhaseContext.happen` takes its way; recovery, restart and the first sortie go through it too."""
    folder = Path(depot.decisions.phase_context.__file__).parent
    found = {path.name: writers(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")}
    assert {name: functions for name, functions in found.items() if functions} == {"phase_context.py": ["happen"]}
    assert writers("def restart(memory):\n    memory.phase = 8") == ["restart"]  # the check has been seen to fail
