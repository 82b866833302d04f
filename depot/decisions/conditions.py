"""Entry and exit conditions of the phases (seed 000, 4), by their names in the table `PHASES`.

A condition is a function of the depot's memory, its readings and the skimmer's last status. When the phase changes, the
exit conditions of the old phase and the entry conditions of the new one are evaluated and journalled. They do not block
the change, because an abort leaves a phase whose exit conditions do not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from depot.decisions.docking import GEOMETRY, MOTION, NOT_SEEN, beyond_limits
from depot.decisions.memory import DepotMemory
from depot.margins import fuel_margin, margin_near, power_margin, thermal_margin
from depot.messages import Status
from depot.names import Abort, SkimmerStage, SkimmerState
from depot.readings import DepotReading
from depot.settings import Profile

_NEARLY = 1.0 - 1e-3
"""Share of a planned amount from which it counts as reached: the rounding of the wire takes up to a thousandth."""


class ConditionInputs(Struct):
    """Inputs of a condition. `status` is a default `Status` while none has been received."""

    memory: DepotMemory
    reading: DepotReading
    profile: Profile
    status: Status
    now_ms: int

    @property
    def beyond(self) -> SkimmerStage:
        """Farthest stage that the skimmer has reported in this sortie; DOCKED before the launch."""
        return self.status.stage if self.status.plan == self.memory.number else SkimmerStage.DOCKED


Condition = Callable[[ConditionInputs], bool]


def _margins(scene: ConditionInputs, share: float = _NEARLY) -> bool:
    plan = scene.memory.plan
    return plan is not None and margin_near(scene.status, plan, share) is None


def _time_is_over(scene: ConditionInputs) -> bool:
    plan, since = scene.memory.plan, scene.memory.harvest_start_ms
    return plan is not None and since is not None and (scene.now_ms - since) / 1000.0 >= plan.harvest_s * _NEARLY


def _acceptable(scene: ConditionInputs, names: tuple[str, ...]) -> bool:
    """True if the depot's sensors see the skimmer and it keeps the limits `names`, or if it is locked in the dock."""
    if scene.status.stage is SkimmerStage.DOCKED and scene.reading.in_dock and scene.reading.locks_ok:
        return True
    beyond = beyond_limits(scene.profile.corridor, scene.reading.relative)
    return NOT_SEEN not in beyond and not set(names).intersection(beyond)


def _burns_give(scene: ConditionInputs) -> bool:
    """True if the engines give the thrust that is commanded: otherwise a burn that has run is not complete."""
    return scene.status.thrust_ratio >= scene.profile.watch.thruster_min


def _on_course(scene: ConditionInputs) -> bool:
    """True if the predicted track ends within a corridor's width of the planned one."""
    return scene.status.drift_m <= scene.profile.watch.corridor_m


CONDITIONS: dict[str, Condition] = {
    # phase 1
    "skimmer_docked": lambda s: s.memory.docked,
    "previous_mission_closed": lambda s: s.memory.record is None or s.memory.record.number == s.memory.number,
    "plan_acknowledged": lambda s: s.memory.acknowledged == s.memory.number,
    "critical_systems_pass": lambda s: not s.status.trips,
    "launch_command_issued": lambda s: s.memory.death.due_ms is not None,
    # phase 2
    "launch_command_acknowledged": lambda s: not s.memory.docked and s.memory.death.due_ms is not None,
    "ready_to_undock": lambda s: s.reading.interfaces_pass and s.reading.moving_kg_s <= 0.0,
    "safe_clearance": lambda s: s.reading.clearance_m >= s.profile.skimmer.clear_m,
    "on_outbound_trajectory": lambda s: s.beyond in (SkimmerStage.OUTBOUND, SkimmerStage.HARVEST) and _on_course(s),
    # phase 3
    "departure_burn_completed": lambda s: s.beyond > SkimmerStage.DEPARTURE and _burns_give(s),
    "no_abort_triggered": lambda s: s.memory.abort is Abort.NONE,
    "at_entry_point": lambda s: s.beyond is SkimmerStage.HARVEST,
    "fuel_margin_acceptable": lambda s: s.memory.plan is not None and fuel_margin(s.status, s.memory.plan, _NEARLY),
    "power_margin_acceptable": lambda s: s.memory.plan is not None and power_margin(s.status, s.memory.plan, _NEARLY),
    "thermal_state_acceptable": lambda s: s.memory.plan is not None and thermal_margin(s.status, s.memory.plan),
    # phase 4
    "within_harvest_corridor": lambda s: s.beyond is SkimmerStage.HARVEST and _on_course(s),
    "margins_above_abort_thresholds": _margins,
    "store_near_capacity": lambda s: (
        s.memory.plan is not None and s.status.store_kg >= s.memory.plan.store_kg * _NEARLY
    ),
    "time_budget_reached": _time_is_over,
    "margins_near_limits": lambda s: not _margins(s, 1.0 / _NEARLY),
    "abort_commanded": lambda s: s.memory.abort is not Abort.NONE,
    # phase 5
    "harvest_ended": lambda s: s.beyond is not SkimmerStage.HARVEST or s.memory.abort is not Abort.NONE,
    "in_docking_corridor": lambda s: (
        s.beyond in (SkimmerStage.HOLDING, SkimmerStage.APPROACH) or s.status.stage is SkimmerStage.DOCKED
    ),
    "geometry_and_relative_motion_acceptable": lambda s: _acceptable(s, (*GEOMETRY, *MOTION)),
    # phase 6
    "within_docking_corridor": lambda s: _acceptable(s, GEOMETRY),
    "relative_motion_within_limits": lambda s: _acceptable(s, MOTION),
    "docked_and_stable": lambda s: s.memory.docked and s.reading.in_dock and s.reading.locks_ok,
    "interfaces_pass": lambda s: s.reading.interfaces_pass,
    # phase 7
    "docking_verified": lambda s: s.memory.docked and s.reading.interfaces_pass,
    "offloaded_to_planned_levels": lambda s: s.reading.emptied,
    "margins_restored": lambda s: s.reading.margins_restored,
    "no_major_anomalies": lambda s: not s.memory.anomalies and not s.status.trips,
    # phase 8
    "offload_and_refuel_completed": lambda s: s.reading.emptied and s.reading.margins_restored,
    "relaunch": lambda s: s.memory.skimmer is SkimmerState.ACTIVE,
    "derated": lambda s: s.memory.skimmer is SkimmerState.DERATED,
    "retired": lambda s: s.memory.skimmer is SkimmerState.RETIRED,
}


def answers(names: Iterable[str], scene: ConditionInputs) -> dict[str, bool]:
    """Names of conditions, each with its value now."""
    return {name: CONDITIONS[name](scene) for name in names}
