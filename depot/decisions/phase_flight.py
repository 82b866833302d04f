"""Phases 2 to 5, while the skimmer is away: the depot follows its reports, watches it and recalls it (ABORT-2)."""

from __future__ import annotations

from typing import Any

from depot.decisions import phase_prep
from depot.decisions.docking import beyond_limits, docking_facts
from depot.decisions.memory import END_HARVEST, SHORTFALL, ControlledBy, RecallState
from depot.decisions.phase_context import PhaseContext
from depot.decisions.phases import LoopEvent
from depot.decisions.watches import ABORT_2_DEPOT, ABORT_2_TELEMETRY, HEARTBEAT_LOSS
from depot.margins import margin_facts, margin_near
from depot.messages import CommandMessage, DepotCommand, RequestResult, Status
from depot.names import ABORT_1_NAMES, Abort, Phase, SkimmerStage
from depot.readings import DepotReading
from depot.watches import first

_DEPOT_SHARE = 0.9
"""Share of the plan's reserves below which the depot ends a harvest that the skimmer does not end."""
FAIR_SHARE = 0.2
"""Share of the planned harvest time before which the intake is not judged."""


def follow(context: PhaseContext, status: Status, now_ms: int) -> None:
    """Bring the phase to the reported stage, step by step, because statuses may have been lost."""
    memory = context.memory
    if status.plan != memory.number or memory.phase in (Phase.OFFLOAD, Phase.HEALTH):
        return
    reached = Phase.DOCKING if status.stage is SkimmerStage.DOCKED else status.stage.phase
    if status.stage is SkimmerStage.HOLDING and memory.phase < Phase.DOCKING and not _is_acceptable(context, now_ms):
        reached = Phase.RETURN
    while memory.phase < reached and memory.ended_by is None:
        _next_phase(context, status, reached, now_ms)
    if status.trigger and memory.abort < Abort.ABORT_1:
        _self_aborted(context, status, now_ms)
    elif status.stage is SkimmerStage.DISPOSAL:
        facts = {"remaining_s": status.remaining_s, "fuel_kg": status.fuel_kg}
        context.decide_once(now_ms, "disposal_reported", "the skimmer flies no more and does not come back", facts)


def _is_acceptable(context: PhaseContext, now_ms: int) -> bool:
    """True if the depot's own sensors show a skimmer that may dock. Otherwise it stays in phase 5 and is checked
    again."""
    corridor, relative = context.profile.corridor, context.plant.depot_reading().relative
    beyond = beyond_limits(corridor, relative)
    if not beyond:
        return True
    facts = docking_facts(corridor, relative)
    context.decide_once(now_ms, "hold_at_corridor", f"not acceptable for docking: {', '.join(beyond)}", facts)
    context.memory.check_ms = now_ms + look_ms(context)
    return False


def look_ms(context: PhaseContext) -> int:
    """Interval between two checks of a waiting skimmer, ms: a tenth of the usual docking time."""
    return max(round(context.profile.plan.dock_s * 100.0), 1)


def follow_hands(context: PhaseContext, status: Status, now_ms: int) -> None:
    """Record who controls the vehicle: the skimmer controller or another party. A sortie that another party flew home
    is not completed as planned."""
    memory, flown = context.memory, status.plan == context.memory.number
    if status.stage is SkimmerStage.DOCKED:
        if status.taken_over and flown and memory.record is not None and memory.phase < Phase.OFFLOAD:
            memory.record.trigger = memory.record.trigger or memory.controlled_by or ControlledBy.SOMEBODY
        memory.controlled_by = ControlledBy.NOBODY
    elif not flown:
        return
    elif status.taken_over and not memory.controlled_by:
        memory.controlled_by, memory.controlled_by_ms = ControlledBy.SOMEBODY, now_ms
        why = "the skimmer controller does not have its vehicle; T_DEATH runs"
        context.decide(now_ms, "vehicle_taken", why, {"stage": status.stage.name})
    elif memory.controlled_by and not status.taken_over:
        context.decide(now_ms, "vehicle_returned", "the skimmer has its vehicle again", {"was": memory.controlled_by})
        if status.stage is SkimmerStage.RETURN and memory.phase < Phase.RETURN and memory.record is not None:
            # the sortie does not go on: the skimmer comes home
            memory.record.trigger = memory.record.trigger or memory.controlled_by
        if memory.harvest_start_ms is not None:
            away_ms = now_ms - max(memory.controlled_by_ms, memory.harvest_start_ms)
            if memory.controlled_by is ControlledBy.RESTART:
                memory.harvest_start_ms += away_ms  # the pause of a restart does not count as harvest time
            else:
                memory.held_ms += away_ms
        memory.controlled_by = ControlledBy.NOBODY


def _next_phase(context: PhaseContext, status: Status, reached: Phase, now_ms: int) -> None:
    memory = context.memory
    match memory.phase:
        case Phase.PREP:
            phase_prep.launched(context, now_ms)
        case Phase.DEPARTURE:
            if status.stage is SkimmerStage.DOCKED and memory.record is not None and memory.record.trigger is None:
                memory.record.trigger = "launch_called_off"
            context.happen(LoopEvent.CLEAR_OF_DEPOT, now_ms)
        case Phase.OUTBOUND if status.trigger:
            _self_aborted(context, status, now_ms)
        case Phase.OUTBOUND if reached > Phase.HARVEST and status.harvested_kg <= 0.0:
            context.happen(LoopEvent.TURNED_BACK, now_ms)
        case Phase.OUTBOUND:
            memory.harvest_start_ms = context.when(now_ms)
            context.happen(LoopEvent.AT_HARVEST_ZONE, now_ms)
        case Phase.HARVEST if status.trigger:
            _self_aborted(context, status, now_ms)
        case Phase.HARVEST:
            facts = harvest_facts(context, status, context.when(now_ms))
            context.decide(now_ms, "harvest_ended", f"the skimmer reports {status.stage.name}", facts)
            # with another party in control, that is the reason
            if not memory.controlled_by and _is_short(context, facts) and memory.record is not None:
                memory.record.trigger = memory.record.trigger or SHORTFALL
            context.happen(LoopEvent.HARVEST_ENDED, now_ms)
        case _:
            relative = context.plant.depot_reading().relative
            facts = docking_facts(context.profile.corridor, relative)
            beyond = ", ".join(beyond_limits(context.profile.corridor, relative))
            why = f"measured: {beyond}" if beyond else "geometry and relative motion acceptable"
            context.decide(now_ms, "in_docking_corridor", f"it reports {status.stage.name}; {why}", facts)
            context.happen(LoopEvent.AT_CORRIDOR, now_ms)


def harvest_facts(context: PhaseContext, status: Status | None, now_ms: int) -> dict[str, Any]:
    """Harvest time without that in other hands, and the mass expected by plan and by the skimmer against the actual
    mass."""
    plan, since = context.memory.plan, context.memory.harvest_start_ms
    seconds = 0.0 if since is None else (now_ms - since - context.memory.held_ms) / 1000.0
    most_kg = 0.0 if plan is None else plan.store_kg
    return {
        "time_in_harvest_s": seconds,
        "expected_kg": min(context.profile.skimmer.intake_kg_s * seconds, most_kg),
        "actual_kg": None if status is None else status.harvested_kg,
        "expected_by_skimmer_kg": None if status is None else status.expected_kg,
    }


def _is_short(context: PhaseContext, facts: dict[str, Any]) -> bool:
    """True if the intake is far below the plan after a fair part of the harvest."""
    plan, actual_kg = context.memory.plan, facts["actual_kg"]
    if plan is None or actual_kg is None or facts["time_in_harvest_s"] < FAIR_SHARE * plan.harvest_s:
        return False
    return bool(actual_kg < context.profile.plan.harvest_least * facts["expected_kg"])


def _compare_harvest(context: PhaseContext, status: Status) -> None:
    """End a harvest that brings far less than expected; the sortie does not count as completed."""
    memory = context.memory
    if memory.phase is not Phase.HARVEST or status.stage is not SkimmerStage.HARVEST or SHORTFALL in memory.announced:
        return
    if memory.controlled_by:
        return  # whoever has the vehicle does not obey: what that costs shows when the harvest has ended
    facts = harvest_facts(context, status, memory.status_ms)
    if not _is_short(context, facts):
        return
    context.decide_once(memory.status_ms, SHORTFALL, "far less than expected comes in: the harvest is ended", facts)
    if memory.record is not None:
        memory.record.trigger = memory.record.trigger or SHORTFALL
    _order_recall(context)


def _self_aborted(context: PhaseContext, status: Status, now_ms: int) -> None:
    """Record the ABORT-1 that the skimmer reports."""
    trigger = ABORT_1_NAMES[status.trigger - 1]
    disposal = status.stage is SkimmerStage.DISPOSAL
    context.decide_once(  # of a recovered skimmer there is no record that holds the abort
        now_ms,
        trigger,
        "ABORT-1 reported" + (": return is not feasible, disposal" if disposal else ""),
        {"fuel_kg": status.fuel_kg, "fuel_need_kg": status.fuel_need_kg, "soc": status.soc},
    )
    context.raise_abort(Abort.ABORT_1, trigger)
    if context.memory.phase in (Phase.OUTBOUND, Phase.HARVEST):  # in phase 5 the return goes on
        context.happen(LoopEvent.ABORT_1, now_ms)


def step(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Do the depot's own work while the skimmer is away; True if the phase or an abort changed."""
    memory = context.memory
    if memory.phase is Phase.DEPARTURE:
        return _assume_clear(context, now_ms)
    status = memory.status
    if memory.check_ms is not None and now_ms >= memory.check_ms:
        memory.check_ms = None
        if status is not None and status.stage is SkimmerStage.HOLDING:
            follow(context, status, now_ms)
            if memory.phase is Phase.DOCKING:
                return True
    misses = memory.beats.misses
    if status is not None and status.stage is SkimmerStage.DISPOSAL and misses >= context.profile.heartbeat.misses:
        context.declare_lost(LoopEvent.TELEMETRY_ENDED, now_ms, "telemetry of the disposal has ended")
        return False
    if memory.waiting is None and _needs_recall(context):
        _order_recall(context)
    return _watch(context, reading, now_ms) if memory.abort is Abort.NONE else _trend(context, now_ms)


def _assume_clear(context: PhaseContext, now_ms: int) -> bool:
    """Assume that a skimmer which has been silent for a heartbeat after the launch follows its plan, so that missed
    heartbeats count. A skimmer that reports is where it says."""
    memory, status = context.memory, context.memory.status
    if memory.check_ms is None or now_ms < memory.check_ms:
        return False
    since, facts = "nothing heard since the launch", {}
    if status is not None and status.plan == memory.number:
        if memory.beats.misses == 0 and memory.beats.due_ms is not None:
            memory.check_ms = memory.beats.due_ms
            return False
        since = f"a beat was missed since it reported {status.stage.name}"
        facts = {"last_heard_s": memory.status_ms / 1000.0, "misses": memory.beats.misses}
    context.decide(now_ms, "assume_clear", f"{since}: assumed to follow its plan", facts)
    context.happen(LoopEvent.ASSUMED_CLEAR, now_ms)
    context.presume_mode(now_ms)
    return True


def _watch(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    memory, profile = context.memory, context.profile
    if memory.beats.misses >= profile.heartbeat.misses:
        _recall(
            context, HEARTBEAT_LOSS, {"misses": memory.beats.misses, "last_heard_s": memory.status_ms / 1000.0}, now_ms
        )
        return True
    status = memory.status
    if status is not None and status.plan == memory.number:
        tripped = first(ABORT_2_TELEMETRY, status, profile.watch)
        if tripped is not None:
            _recall(context, tripped.name, tripped.measured(status), now_ms)
            return True
        _enforce_margins(context, status, now_ms)
        _compare_harvest(context, status)
    watch = first(ABORT_2_DEPOT, reading, profile.watch)
    if watch is not None:
        _recall(context, watch.name, watch.measured(reading), now_ms)
        return True
    return _trend(context, now_ms)


def _enforce_margins(context: PhaseContext, status: Status, now_ms: int) -> None:
    """Recall a skimmer that goes on harvesting although a margin is near its limit. This is no abort."""
    plan = context.memory.plan
    if plan is None or status.stage is not SkimmerStage.HARVEST or END_HARVEST in context.memory.announced:
        return
    near = margin_near(status, plan, _DEPOT_SHARE)
    if near is not None:
        context.decide_once(now_ms, END_HARVEST, f"{near}, and it goes on harvesting", margin_facts(status))
        _order_recall(context)


def _recall(context: PhaseContext, trigger: str, facts: dict[str, Any], now_ms: int) -> None:
    """ABORT-2: order the skimmer to stop its work and to come back now."""
    memory = context.memory
    facts = {**facts, **harvest_facts(context, memory.status, now_ms)} if memory.phase is Phase.HARVEST else facts
    context.decide(now_ms, trigger, "ABORT-2: forced recall", facts)
    context.raise_abort(Abort.ABORT_2, trigger)
    context.happen(LoopEvent.ABORT_2, now_ms)
    context.presume_mode(now_ms)
    _order_recall(context)


def _order_recall(context: PhaseContext) -> None:
    """Order the return, for an abort or to end a harvest; `step` repeats it until it is acknowledged."""
    context.memory.recall = RecallState.SENT
    context.request(CommandMessage(DepotCommand.RECALL))


_RECALLS = {
    RequestResult.ACCEPTED: RecallState.ACKNOWLEDGED,
    RequestResult.REFUSED: RecallState.REFUSED,
    RequestResult.SILENCE: RecallState.SILENT,
}


def recall_answered(context: PhaseContext, answer: RequestResult, now_ms: int) -> None:
    """Note the answer to the recall. Without one it is ABORT-2B: prepare for a loss."""
    memory, record = context.memory, context.memory.record
    memory.recall = _RECALLS[answer]
    if memory.recall is RecallState.REFUSED:
        why = "another party has its vehicle: it is recalled again when that gives it back"
        context.decide_once(now_ms, "recall_refused", why)
    if memory.recall is RecallState.SILENT and record is not None and record.abort is Abort.ABORT_2:
        context.decide(
            now_ms,
            "ABORT-2B",
            "the recall was not acknowledged: prepared for a loss",
            {"attempts": context.profile.heartbeat.attempts, "trigger": record.trigger},
        )
        context.raise_abort(Abort.ABORT_2B, record.trigger or HEARTBEAT_LOSS)


def _needs_recall(context: PhaseContext) -> bool:
    """True if a recall was not obeyed and the skimmer, heard since, goes on with its sortie."""
    memory = context.memory
    if memory.recall in (RecallState.NOT_SENT, RecallState.ACKNOWLEDGED):
        return False
    heard = memory.beats.misses == 0 or memory.recall is RecallState.SENT
    going = memory.status is None or SkimmerStage.UNDOCKING <= memory.status.stage <= SkimmerStage.HARVEST
    return heard and going and not memory.controlled_by and memory.abort < Abort.ABORT_1


def _trend(context: PhaseContext, now_ms: int) -> bool:
    """Record once in the return that the skimmer will miss T_DEATH."""
    memory = context.memory
    status, due = memory.status, memory.death.due_ms
    if memory.phase is not Phase.RETURN or status is None or due is None or status.plan != memory.number:
        return False
    home_ms = memory.status_ms + round((status.remaining_s + context.profile.plan.dock_s) * 1000.0)
    if home_ms > due:
        context.decide_once(
            now_ms,
            "trending_to_miss_t_death",
            "by its own count it comes home too late",
            {"expected_home_s": home_ms / 1000.0, "t_death_due_s": due / 1000.0},
        )
    return False
