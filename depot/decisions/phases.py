"""Table of the sortie loop: eight phases, and the events that lead from one to the next (seed 000, 2, 4, 5).

`PHASES` describes each phase in the seed's words: owner, modes, entry conditions, actions, exit conditions. `NEXT` says
where each event leads; `None` ends the loop for this vehicle. A pair that is not in `NEXT` is refused and changes
nothing.
"""

from __future__ import annotations

from enum import Enum

from autopilot.interface.records import dataclass
from depot.names import Phase, SkimmerMode


class LoopEvent(Enum):
    """Event of a sortie. The text says only what is always true when the event happens; conditions are journalled
    separately."""

    NO_GO = "no-go: wait and repeat"
    LAUNCH_ACKNOWLEDGED = "launch command acknowledged"
    CLEAR_OF_DEPOT = "the skimmer reports that it has left"
    ASSUMED_CLEAR = "not heard: assumed to have left, by its plan"
    AT_HARVEST_ZONE = "the skimmer reports that it harvests"
    HARVEST_ENDED = "the skimmer reports that its harvest has ended"
    TURNED_BACK = "turned back before the harvest"
    ABORT_1 = "self-abort"
    ABORT_2 = "forced recall"
    AT_CORRIDOR = "the skimmer reports the docking corridor"
    DOCKED_AND_VERIFIED = "docked, interfaces confirmed"
    DOCKED_NO_OFFLOAD = "docked, offload skipped"
    OFFLOADED = "offloaded, refuelled, charged, settled"
    SERVICE_INCOMPLETE = "patience is over before all was offloaded, refuelled, charged and settled"
    RELAUNCH = "relaunch, as it is or derated"
    RETIRE = "retired"
    DEATH_TIMER = "T_DEATH expired"
    TELEMETRY_ENDED = "a skimmer in disposal is no longer heard"
    ABORT_3 = "total abort"
    RESTART = "started again: the skimmer stands on its dock"
    RECOVER = "a skimmer that was lost is taken back in"


class NotAllowed(ValueError):
    """Event that seed 000 does not have in this phase."""


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """Phase of the sortie loop: one row of the seed's table."""

    phase: Phase
    owner: str
    modes: tuple[SkimmerMode, ...]
    entry: tuple[str, ...]
    actions: tuple[str, ...]
    exit: tuple[str, ...]


_D, _C, _H, _I, _S = (
    SkimmerMode.DOCKED,
    SkimmerMode.CRUISE,
    SkimmerMode.ACTIVE_HARVEST,
    SkimmerMode.STANDBY,
    SkimmerMode.SURVIVAL,
)

PHASES: dict[Phase, PhaseRow] = {
    row.phase: row
    for row in (
        PhaseRow(
            Phase.PREP, "Mothership", (_D, _C),
            ("skimmer_docked", "previous_mission_closed"),
            ("plan_mission", "set_death_timer", "top_off_propellant", "charge_batteries", "load_data_packages",
             "set_pre_launch_configuration", "verify_abort_sensors", "go_no_go"),
            ("plan_acknowledged", "critical_systems_pass", "launch_command_issued"),
        ),
        PhaseRow(
            Phase.DEPARTURE, "Skimmer", (_D, _C),
            ("launch_command_acknowledged", "ready_to_undock"),
            ("undock", "verify_geometric_clearance", "initial_burn", "mode_to_cruise", "start_heartbeat_timer"),
            ("safe_clearance", "on_outbound_trajectory"),
        ),
        PhaseRow(
            Phase.OUTBOUND, "Skimmer", (_C, _I, _S),
            ("departure_burn_completed", "no_abort_triggered"),
            ("follow_trajectory", "manage_power", "monitor_health"),
            ("at_entry_point", "fuel_margin_acceptable", "power_margin_acceptable", "thermal_state_acceptable"),
        ),
        PhaseRow(
            Phase.HARVEST, "Skimmer", (_H, _C),
            ("within_harvest_corridor", "margins_above_abort_thresholds"),
            ("mode_to_active_harvest", "execute_harvest", "track_time_in_harvest", "track_expected_and_actual_mass",
             "enforce_margins"),
            ("store_near_capacity", "time_budget_reached", "margins_near_limits", "abort_commanded"),
        ),
        PhaseRow(
            Phase.RETURN, "Skimmer", (_C, _S),
            ("harvest_ended",),
            ("follow_return_trajectory", "shed_secondary_loads", "watch_death_timer_trend", "monitor_heartbeat"),
            ("in_docking_corridor", "geometry_and_relative_motion_acceptable"),
        ),
        PhaseRow(
            Phase.DOCKING, "Mothership", (_C, _D),
            ("within_docking_corridor", "relative_motion_within_limits"),
            ("grant_docking_clearance", "approach", "capture", "mode_to_docked", "confirm_structural_locks",
             "confirm_fluid_connections", "confirm_data_connection", "confirm_power_connection"),
            ("docked_and_stable", "interfaces_pass"),
        ),
        PhaseRow(
            Phase.OFFLOAD, "Mothership", (_D,),
            ("docking_verified",),
            ("offload_volatiles", "refuel_skimmer", "charge_batteries", "settle_thermally"),
            ("offloaded_to_planned_levels", "margins_restored", "no_major_anomalies"),
        ),
        PhaseRow(
            Phase.HEALTH, "Mothership", (_D,),
            ("offload_and_refuel_completed", "skimmer_docked"),
            ("review_hardware_health", "evaluate_retirement_criteria", "decide_relaunch", "reset_or_freeze_timers"),
            ("relaunch", "derated", "retired"),
        ),
    )
}  # fmt: skip

_E = LoopEvent
FLYING = (Phase.DEPARTURE, Phase.OUTBOUND, Phase.HARVEST, Phase.RETURN, Phase.DOCKING)

NEXT: dict[tuple[Phase, LoopEvent], Phase | None] = {
    (Phase.PREP, _E.NO_GO): Phase.PREP,
    (Phase.PREP, _E.LAUNCH_ACKNOWLEDGED): Phase.DEPARTURE,
    (Phase.PREP, _E.DEATH_TIMER): None,  # a launch command without an answer
    (Phase.DEPARTURE, _E.CLEAR_OF_DEPOT): Phase.OUTBOUND,
    (Phase.DEPARTURE, _E.ASSUMED_CLEAR): Phase.OUTBOUND,
    (Phase.OUTBOUND, _E.AT_HARVEST_ZONE): Phase.HARVEST,
    (Phase.OUTBOUND, _E.TURNED_BACK): Phase.RETURN,
    (Phase.HARVEST, _E.HARVEST_ENDED): Phase.RETURN,
    **{(phase, event): Phase.RETURN
       for phase in (Phase.OUTBOUND, Phase.HARVEST, Phase.RETURN) for event in (_E.ABORT_1, _E.ABORT_2)},
    (Phase.RETURN, _E.AT_CORRIDOR): Phase.DOCKING,
    (Phase.RETURN, _E.TELEMETRY_ENDED): None,
    (Phase.DOCKING, _E.DOCKED_AND_VERIFIED): Phase.OFFLOAD,
    (Phase.DOCKING, _E.DOCKED_NO_OFFLOAD): Phase.HEALTH,
    (Phase.OFFLOAD, _E.OFFLOADED): Phase.HEALTH,
    (Phase.OFFLOAD, _E.SERVICE_INCOMPLETE): Phase.HEALTH,
    (Phase.HEALTH, _E.RELAUNCH): Phase.PREP,
    (Phase.HEALTH, _E.RETIRE): None,
    **{(phase, _E.DEATH_TIMER): None for phase in FLYING},
    **{(phase, _E.ABORT_3): None for phase in Phase},
    **{(phase, _E.RESTART): Phase.HEALTH for phase in (Phase.PREP, *FLYING)},
    **{(phase, _E.RECOVER): Phase.DOCKING for phase in (Phase.PREP, *FLYING)},
}  # fmt: skip


def next_phase(phase: Phase, event: LoopEvent) -> Phase | None:
    """Phase after `event` in `phase`; None: the loop ends for this vehicle. `NotAllowed` for a pair that is not in
    `NEXT`."""
    try:
        return NEXT[phase, event]
    except KeyError:
        raise NotAllowed(f"{event.name} in phase {int(phase)} ({phase.title})") from None
