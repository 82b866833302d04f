"""Phases 7 and 8: offload, refuel, charge, settle; then judge the skimmer's health."""

from __future__ import annotations

from depot.decisions.health import Verdict, near_misses, review, review_facts
from depot.decisions.party import Party
from depot.decisions.phases import LoopEvent
from depot.decisions.planning import Derating
from depot.messages import Status
from depot.names import Abort, EndedBy, Outcome, Phase, SkimmerState
from depot.readings import DepotReading

_LOOK = 50.0
"""While nothing happens by itself the depot looks this many times in the usual length of the phase."""


def offload_step(party: Party, reading: DepotReading, now_ms: int) -> bool:
    """Volatiles out, propellant and charge in, both vehicles settled."""
    memory = party.memory
    if memory.check_ms is None:
        party.decide(now_ms, "offload_volatiles", "CO2_STORE to the tank farm", {"store_kg": reading.offloadable_kg})
        party.decide(now_ms, "refuel_skimmer", "propellant to FUEL_LOBES", {"stock_kg": reading.fuel_stock_kg})
        party.decide(now_ms, "charge_batteries", "POWER_BUS to BATT_A and BATT_B", {"charged": reading.charged})
        party.decide(now_ms, "settle_thermally", "both stay docked until settled", {"settled": reading.settled})
        party.station.offload(True)
        party.station.refuel(True)
        memory.moved_ms = now_ms
        memory.delivered_from_kg = reading.delivered_kg
        memory.check_ms = now_ms
    _meter(party, reading, now_ms)
    if not reading.emptied and reading.moving_kg_s <= 0.0 and now_ms > memory.moved_ms:
        party.decide_once(
            now_ms, "offload_stands", "no way or no room in the tanks",
            {"co2_fill": reading.co2_fill, "fuel_fill": reading.fuel_fill, "left_kg": reading.offloadable_kg},
        )  # fmt: skip
    if reading.emptied:
        party.await_charge(reading, now_ms)
    done = reading.emptied and reading.margins_restored
    patience_over = now_ms - memory.moved_ms >= party.profile.depot.patience_s * 1000.0
    if done or patience_over:
        party.decide(
            now_ms, "offloaded", "margins restored" if done else "patience is over: left as it is",
            {"delivered_kg": reading.delivered_kg, "left_kg": reading.offloadable_kg, "refuelled": reading.refuelled,
             "charged": reading.charged, "settled": reading.settled},
        )  # fmt: skip
        party.station.offload(False)
        party.station.refuel(False)
        party.happen(LoopEvent.OFFLOADED, now_ms)
        return True
    if now_ms >= memory.check_ms:
        memory.check_ms = now_ms + max(round(party.profile.plan.offload_s * 1000.0 / _LOOK), 1_000)
    return False


def _meter(party: Party, reading: DepotReading, now_ms: int) -> None:
    memory = party.memory
    if reading.delivered_kg > memory.delivered_from_kg + 1e-6:
        memory.delivered_from_kg = reading.delivered_kg
        memory.moved_ms = now_ms
    if memory.record is not None:
        memory.record.delivered_kg = reading.delivered_kg


def health_step(party: Party, reading: DepotReading, now_ms: int) -> bool:
    """Review, decide, close the sortie; then the next one, or the end."""
    memory = party.memory
    if memory.check_ms is None:
        memory.check_ms = now_ms + round(party.profile.plan.review_s * 1000.0)
    if now_ms < memory.check_ms:
        return False
    status = memory.status
    if status is None:
        return False
    fuel_tells = _was_served(party) or not reading.lobes_tight
    near = near_misses(party.profile, status, reading)
    verdict = review(
        party.profile, status, memory.cycles, tuple(memory.anomalies), fuel_tells=fuel_tells,
        near=memory.near_misses + int(bool(near)),
    )  # fmt: skip
    if party.confirm and verdict.state is not SkimmerState.RETIRED and not memory.confirmed:
        party.decide_once(now_ms, "await_operator", "a relaunch has to be confirmed", {"verdict": verdict.state})
        memory.check_ms = now_ms + max(round(party.profile.plan.review_s * 1000.0), 1)
        return False
    if near:
        memory.near_misses += 1
        party.decide(now_ms, "near_miss", ", ".join(near), {"near": near, "near_misses": memory.near_misses})
    _carry_out(party, verdict, status, now_ms)
    return True


def _was_served(party: Party) -> bool:
    record = party.memory.record
    return record is not None and any(number == Phase.OFFLOAD for number, _, _ in record.phases)


def _carry_out(party: Party, verdict: Verdict, status: Status, now_ms: int) -> None:
    memory, rules = party.memory, party.profile.retirement
    facts = review_facts(party.profile, status, memory.cycles, tuple(memory.anomalies), near=memory.near_misses)
    state = verdict.state
    if memory.skimmer is SkimmerState.DERATED and state is SkimmerState.ACTIVE:
        state = SkimmerState.DERATED  # what was marginal stays so
    party.decide(now_ms, {"ACTIVE": "relaunch", "DERATED": "derate", "RETIRED": "retire"}[state], verdict.reason, facts)
    memory.skimmer, memory.reason = state, verdict.reason
    spoilt = memory.record is not None and memory.record.trigger is not None
    outcome = Outcome.ABORTED if party.abort is not Abort.NONE or memory.anomalies or spoilt else Outcome.COMPLETED
    if state is SkimmerState.RETIRED:
        party.decide(now_ms, "disposal", f"retired: {rules.disposal}", {"disposal": rules.disposal})
        party.close_sortie(outcome, now_ms)
        party.happen(LoopEvent.RETIRE, now_ms)
        if rules.disposal == "jettison":
            party.station.jettison()
        party.end(EndedBy.RETIRED, now_ms)
        return
    for name in verdict.repairs:
        party.decide(now_ms, "repair", f"{name} put right")
        party.station.repair(name)
    if state is SkimmerState.DERATED:
        memory.derating = Derating(rules.derate_payload, rules.derate_time)
    party.close_sortie(outcome, now_ms)
    if party.total is not None and memory.number >= party.total:
        party.end(EndedBy.SORTIES_DONE, now_ms)
        return
    party.happen(LoopEvent.RELAUNCH, now_ms)
