"""Phases 2 to 5: the skimmer is away. The depot follows what it reports, watches, and recalls it (ABORT-2)."""

from __future__ import annotations

from typing import Any

from depot.decisions import phase_prep
from depot.decisions.docking import beyond_limits, docking_facts
from depot.decisions.memory import Recall, Taken
from depot.decisions.party import Party
from depot.decisions.phases import LoopEvent
from depot.decisions.watches import ABORT_2_DEPOT, ABORT_2_TELEMETRY, HEARTBEAT_LOSS
from depot.margins import margin_facts, margin_near
from depot.messages import Answer, Command, Order, Status
from depot.names import ABORT_1_NAMES, Abort, Phase, Stage
from depot.readings import DepotReading
from depot.watches import first

_REACHED = {
    Stage.UNDOCKING: Phase.DEPARTURE,
    Stage.DEPARTURE: Phase.DEPARTURE,
    Stage.OUTBOUND: Phase.OUTBOUND,
    Stage.HARVEST: Phase.HARVEST,
    Stage.RETURN: Phase.RETURN,
    Stage.DISPOSAL: Phase.RETURN,
    Stage.HOLDING: Phase.DOCKING,
    Stage.APPROACH: Phase.DOCKING,
    Stage.DOCKED: Phase.DOCKING,
}
_DEPOT_SHARE = 0.9
"""Of the plan's reserves: where the depot ends a harvest that the skimmer has not ended."""
SHORTFALL = "harvest_shortfall"
FAIR_SHARE = 0.2
"""Of the planned time of a harvest: before, what came in says little."""
RECALLABLE = (Phase.OUTBOUND, Phase.HARVEST, Phase.RETURN)


def follow(party: Party, status: Status, now_ms: int) -> None:
    """Bring the phase to where the skimmer says it is, step by step: statuses may have been lost."""
    memory = party.memory
    if status.plan != memory.number or memory.phase in (Phase.OFFLOAD, Phase.HEALTH):
        return
    reached = _REACHED[status.stage]
    if status.stage is Stage.HOLDING and memory.phase < Phase.DOCKING and not _is_acceptable(party, now_ms):
        reached = Phase.RETURN
    while memory.phase < reached and memory.ended_by is None:
        _one_on(party, status, reached, now_ms)
    if status.trigger and party.abort < Abort.ABORT_1:
        _self_aborted(party, status, now_ms)
    elif status.stage is Stage.DISPOSAL:
        facts = {"remaining_s": status.remaining_s, "fuel_kg": status.fuel_kg}
        party.decide_once(now_ms, "disposal_reported", "the skimmer flies no more and does not come back", facts)


def _is_acceptable(party: Party, now_ms: int) -> bool:
    """Do the depot's own sensors show a skimmer that may dock? Else it stays in phase 5, and is looked at again."""
    corridor, seen = party.profile.corridor, party.station.depot_reading().seen
    beyond = beyond_limits(corridor, seen)
    if not beyond:
        return True
    facts = docking_facts(corridor, seen)
    party.decide_once(now_ms, "hold_at_corridor", f"not acceptable for docking: {', '.join(beyond)}", facts)
    party.memory.check_ms = now_ms + look_ms(party)
    return False


def look_ms(party: Party) -> int:
    """A skimmer that waits is looked at this often: a tenth of the usual docking time."""
    return max(round(party.profile.plan.dock_s * 100.0), 1)


def follow_hands(party: Party, status: Status, now_ms: int) -> None:
    """Who has the vehicle: its party, or somebody else. Home in other hands is home, but not what was planned."""
    memory, flown = party.memory, status.plan == party.memory.number
    if status.stage is Stage.DOCKED:
        if status.taken and flown and memory.record is not None and memory.phase < Phase.OFFLOAD:
            memory.record.trigger = memory.record.trigger or memory.taken or Taken.SOMEBODY
        memory.taken = Taken.NOBODY
    elif not flown:
        return
    elif status.taken and not memory.taken:
        memory.taken, memory.taken_ms = Taken.SOMEBODY, now_ms
        why = "the skimmer's party does not have its vehicle; T_DEATH runs"
        party.decide(now_ms, "vehicle_taken", why, {"stage": status.stage.name})
    elif memory.taken and not status.taken:
        party.decide(now_ms, "vehicle_returned", "the skimmer has its vehicle again", {"was": memory.taken})
        if status.stage is Stage.RETURN and memory.phase < Phase.RETURN and memory.record is not None:
            memory.record.trigger = memory.record.trigger or memory.taken  # it does not go on, it comes home
        if memory.harvest_start_ms is not None:
            away_ms = now_ms - max(memory.taken_ms, memory.harvest_start_ms)
            if memory.taken is Taken.RESTART:
                memory.harvest_start_ms += away_ms  # our own pause is nobody's harvest
            else:
                memory.held_ms += away_ms
        memory.taken = Taken.NOBODY


def _one_on(party: Party, status: Status, reached: Phase, now_ms: int) -> None:
    memory = party.memory
    match memory.phase:
        case Phase.PREP:
            phase_prep.launched(party, now_ms)
        case Phase.DEPARTURE:
            if status.stage is Stage.DOCKED and memory.record is not None and memory.record.trigger is None:
                memory.record.trigger = "launch_called_off"
            party.happen(LoopEvent.CLEAR_OF_DEPOT, now_ms)
        case Phase.OUTBOUND if status.trigger:
            _self_aborted(party, status, now_ms)
        case Phase.OUTBOUND if reached > Phase.HARVEST and status.harvested_kg <= 0.0:
            party.happen(LoopEvent.TURNED_BACK, now_ms)
        case Phase.OUTBOUND:
            memory.harvest_start_ms = now_ms
            party.happen(LoopEvent.AT_HARVEST_ZONE, now_ms)
        case Phase.HARVEST if status.trigger:
            _self_aborted(party, status, now_ms)
        case Phase.HARVEST:
            facts = harvest_facts(party, status, now_ms)
            party.decide(now_ms, "harvest_ended", "the skimmer is on its way back", facts)
            judged = party.abort is Abort.NONE and not memory.taken  # in other hands that is the reason
            if judged and _is_short(party, facts) and memory.record is not None:
                memory.record.trigger = memory.record.trigger or SHORTFALL
            party.happen(LoopEvent.HARVEST_ENDED, now_ms)
        case _:
            seen = party.station.depot_reading().seen
            facts = docking_facts(party.profile.corridor, seen)
            party.decide(now_ms, "in_docking_corridor", "geometry and relative motion acceptable", facts)
            party.happen(LoopEvent.AT_CORRIDOR, now_ms)


def harvest_facts(party: Party, status: Status | None, now_ms: int) -> dict[str, Any]:
    """Cumulative time in harvest, and what the plan makes of it, against what the skimmer has by its own account."""
    plan, since = party.memory.plan, party.memory.harvest_start_ms
    seconds = 0.0 if since is None else (now_ms - since) / 1000.0
    most_kg = 0.0 if plan is None else plan.store_kg
    return {
        "time_in_harvest_s": seconds,
        "expected_kg": min(party.profile.skimmer.intake_kg_s * seconds, most_kg),
        "actual_kg": None if status is None else status.harvested_kg,
        "expected_by_skimmer_kg": None if status is None else status.expected_kg,
    }


def _is_short(party: Party, facts: dict[str, Any]) -> bool:
    """Has it, after a fair part of the harvest, taken in much less than the plan expects?"""
    plan, actual_kg = party.memory.plan, facts["actual_kg"]
    if plan is None or actual_kg is None or facts["time_in_harvest_s"] < FAIR_SHARE * plan.harvest_s:
        return False
    return bool(actual_kg < party.profile.plan.harvest_least * facts["expected_kg"])


def _compare_harvest(party: Party, status: Status) -> None:
    """A harvest that brings in far less than expected is not worth its risk: it is ended, and that is no success."""
    memory = party.memory
    if memory.phase is not Phase.HARVEST or status.stage is not Stage.HARVEST or SHORTFALL in memory.said:
        return
    if memory.taken:
        return  # whoever has the vehicle does not obey: what that costs shows when the harvest has ended
    facts = harvest_facts(party, status, memory.status_ms - memory.held_ms)
    if not _is_short(party, facts):
        return
    party.decide_once(memory.status_ms, SHORTFALL, "far less than expected comes in: the harvest is ended", facts)
    if memory.record is not None:
        memory.record.trigger = memory.record.trigger or SHORTFALL
    party.request(Command(Order.RECALL))


def _self_aborted(party: Party, status: Status, now_ms: int) -> None:
    """ABORT-1, as the skimmer reports it."""
    trigger = ABORT_1_NAMES[status.trigger - 1]
    disposal = status.stage is Stage.DISPOSAL
    party.decide(
        now_ms, trigger, "ABORT-1 reported" + (": return is not feasible, disposal" if disposal else ""),
        {"fuel_kg": status.fuel_kg, "fuel_need_kg": status.fuel_need_kg, "soc": status.soc},
    )  # fmt: skip
    party.raise_abort(Abort.ABORT_1, trigger)
    if party.memory.phase in RECALLABLE:
        party.happen(LoopEvent.ABORT_1, now_ms)


def step(party: Party, reading: DepotReading, now_ms: int) -> bool:
    """What the depot does by itself while the skimmer is away."""
    memory = party.memory
    if memory.phase is Phase.DEPARTURE:
        return _assume_clear(party, now_ms)
    status = memory.status
    if memory.check_ms is not None and now_ms >= memory.check_ms:
        memory.check_ms = None
        if status is not None and status.stage is Stage.HOLDING:
            follow(party, status, now_ms)
            if memory.phase is Phase.DOCKING:
                return True
    misses = memory.beats.misses
    if status is not None and status.stage is Stage.DISPOSAL and misses >= party.profile.heartbeat.misses:
        party.declare_lost(LoopEvent.TELEMETRY_ENDED, now_ms, "telemetry of the disposal has ended")
        return False
    if party.abort is Abort.NONE:
        return _watch(party, reading, now_ms)
    if memory.recall in (Recall.SENT, Recall.SILENT) and memory.waiting is None and _needs_recall(party):
        memory.recall = Recall.SENT
        party.request(Command(Order.RECALL))
    return _trend(party, now_ms)


def _assume_clear(party: Party, now_ms: int) -> bool:
    """Nothing heard since the launch: by the plan it is on its way out, and the misses count there."""
    memory = party.memory
    if memory.check_ms is None or now_ms < memory.check_ms:
        return False
    party.decide(now_ms, "assume_clear", "nothing heard since the launch: assumed to follow its plan")
    party.happen(LoopEvent.CLEAR_OF_DEPOT, now_ms)
    party.presume_mode(now_ms)
    return True


def _watch(party: Party, reading: DepotReading, now_ms: int) -> bool:
    memory, profile = party.memory, party.profile
    if memory.beats.misses >= profile.heartbeat.misses:
        _recall(
            party, HEARTBEAT_LOSS, {"misses": memory.beats.misses, "last_heard_s": memory.status_ms / 1000.0}, now_ms
        )
        return True
    status = memory.status
    if status is not None and status.plan == memory.number:
        seen = first(ABORT_2_TELEMETRY, status, profile.watch)
        if seen is not None:
            _recall(party, seen.name, seen.measured(status), now_ms)
            return True
        _enforce_margins(party, status, now_ms)
        _compare_harvest(party, status)
    watch = first(ABORT_2_DEPOT, reading, profile.watch)
    if watch is not None:
        _recall(party, watch.name, watch.measured(reading), now_ms)
        return True
    return _trend(party, now_ms)


def _enforce_margins(party: Party, status: Status, now_ms: int) -> None:
    """The skimmer ends its harvest by itself when a margin is near. One that does not is told to; that is no abort."""
    plan = party.memory.plan
    if plan is None or status.stage is not Stage.HARVEST or "end_harvest" in party.memory.said:
        return
    near = margin_near(status, plan, _DEPOT_SHARE)
    if near is not None:
        party.decide_once(now_ms, "end_harvest", f"{near}, and it goes on harvesting", margin_facts(status))
        party.request(Command(Order.RECALL))


def _recall(party: Party, trigger: str, facts: dict[str, Any], now_ms: int) -> None:
    """ABORT-2: stop what you are doing and come back now."""
    memory = party.memory
    facts = {**facts, **harvest_facts(party, memory.status, now_ms)} if memory.phase is Phase.HARVEST else facts
    party.decide(now_ms, trigger, "ABORT-2: forced recall", facts)
    party.raise_abort(Abort.ABORT_2, trigger)
    memory.recall = Recall.SENT
    party.happen(LoopEvent.ABORT_2, now_ms)
    party.presume_mode(now_ms)
    party.request(Command(Order.RECALL))


def recall_answered(party: Party, answer: Answer, now_ms: int) -> None:
    """Acknowledged, or ABORT-2B: prepare for a loss."""
    memory = party.memory
    if answer is Answer.ACCEPTED:
        memory.recall = Recall.ACKNOWLEDGED
        return
    memory.recall = Recall.SILENT
    record = memory.record
    if record is not None and record.abort is Abort.ABORT_2:
        party.decide(
            now_ms, "ABORT-2B", "the recall was not acknowledged: prepared for a loss",
            {"attempts": party.profile.heartbeat.attempts, "trigger": record.trigger},
        )  # fmt: skip
        party.raise_abort(Abort.ABORT_2B, record.trigger or HEARTBEAT_LOSS)


def _needs_recall(party: Party) -> bool:
    """The recall has not been acknowledged, and the skimmer, heard since, is still going its own way."""
    memory = party.memory
    heard = memory.beats.misses == 0 or memory.recall is Recall.SENT
    going = memory.status is None or memory.status.stage in (
        Stage.UNDOCKING,
        Stage.DEPARTURE,
        Stage.OUTBOUND,
        Stage.HARVEST,
    )
    return heard and going and not memory.taken and party.abort in (Abort.ABORT_2, Abort.ABORT_2B)


def _trend(party: Party, now_ms: int) -> bool:
    """In the return: is it going to miss T_DEATH?"""
    memory = party.memory
    status, due = memory.status, memory.death.due_ms
    if memory.phase is not Phase.RETURN or status is None or due is None or status.plan != memory.number:
        return False
    home_ms = memory.status_ms + round((status.remaining_s + party.profile.plan.dock_s) * 1000.0)
    if home_ms > due:
        party.decide_once(
            now_ms, "trending_to_miss_t_death", "by its own count it comes home too late",
            {"expected_home_s": home_ms / 1000.0, "t_death_due_s": due / 1000.0},
        )  # fmt: skip
    return False
