"""Phase 7 (offload, refuel, charge, settle) and phase 8 (review of the skimmer's health: relaunch, derate or retire,
seed 000, 4.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from depot.decisions.memory import AWAIT_OPERATOR
from depot.decisions.phase_context import PhaseContext
from depot.decisions.phases import LoopEvent
from depot.decisions.planning import Derating
from depot.decisions.watches import unstable
from depot.messages import Status
from depot.names import ABORT_1_NAMES, EndedBy, FaultName, Phase, SkimmerState, SortieOutcome, trip_names
from depot.readings import DepotReading
from depot.settings import Profile, RetirementSettings

SERVICE_INCOMPLETE = "service_incomplete"
"""Anomaly of the dock: phase 7 ended before its work was done."""
_LOOK = 50.0
"""Looks of the depot in the usual length of phase 7 while no event happens."""


def offload_step(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Offload volatiles, refuel and charge the skimmer, and wait until both vehicles have settled thermally."""
    memory = context.memory
    if memory.check_ms is None:
        context.decide(now_ms, "offload_volatiles", "CO2_STORE to the tank farm", {"store_kg": reading.offloadable_kg})
        context.decide(now_ms, "refuel_skimmer", "propellant to FUEL_LOBES", {"stock_kg": reading.fuel_stock_kg})
        context.decide(now_ms, "charge_batteries", "POWER_BUS to BATT_A and BATT_B", {"charged": reading.charged})
        context.decide(now_ms, "settle_thermally", "both stay docked until settled", {"settled": reading.settled})
        context.plant.offload(True)
        context.plant.refuel(True)
        memory.moved_ms = now_ms
        memory.delivered_from_kg = reading.delivered_kg
        memory.check_ms = now_ms
    _meter(context, reading, now_ms)
    if not reading.emptied and reading.moving_kg_s <= 0.0 and now_ms > memory.moved_ms:
        context.decide_once(
            now_ms,
            "offload_stands",
            "no way or no room in the tanks",
            {"co2_fill": reading.co2_fill, "fuel_fill": reading.fuel_fill, "left_kg": reading.offloadable_kg},
        )
    if reading.emptied:
        context.await_charge(reading, now_ms)
    done = _is_served(reading)
    patience_over = now_ms - memory.moved_ms >= context.profile.depot.patience_s * 1000.0
    if done or patience_over:
        facts = {
            "delivered_kg": reading.delivered_kg,
            "left_kg": reading.offloadable_kg,
            "refuelled": reading.refuelled,
            "charged": reading.charged,
            "settled": reading.settled,
        }
        context.plant.offload(False)
        context.plant.refuel(False)
        if done:
            context.decide(now_ms, "offloaded", "margins restored", facts)
        else:
            _give_up(context, reading, facts, now_ms)
        context.happen(LoopEvent.OFFLOADED if done else LoopEvent.SERVICE_INCOMPLETE, now_ms)
        return True
    if now_ms >= memory.check_ms:
        memory.check_ms = now_ms + max(round(context.profile.plan.offload_s * 1000.0 / _LOOK), 1_000)
    return False


def _give_up(context: PhaseContext, reading: DepotReading, facts: dict[str, Any], now_ms: int) -> None:
    """End phase 7 after its patience is over. This is an anomaly: of the dock if an interface fails, else of the
    service. A battery that a person must change is no fault; the next sortie waits for it."""
    memory = context.memory
    missing = [
        name
        for name, done in (
            ("store_not_empty", reading.emptied),
            ("propellant_not_ready", reading.refuelled),
            ("batteries_not_ready", reading.charged),
            ("not_settled", reading.settled),
            ("interfaces_not_ready", reading.interfaces_pass),
        )
        if not done
    ]
    context.decide(
        now_ms, "service_incomplete", f"patience is over: {', '.join(missing)}", facts | {"missing": missing}
    )
    if missing == ["propellant_not_ready"] and not reading.dock_fuels:
        return
    anomaly = SERVICE_INCOMPLETE if reading.interfaces_pass else FaultName.INTERFACE_FAILURE
    memory.anomalies.append(anomaly)
    if memory.record is not None:
        memory.record.trigger = memory.record.trigger or anomaly


def _meter(context: PhaseContext, reading: DepotReading, now_ms: int) -> None:
    memory = context.memory
    if reading.delivered_kg > memory.delivered_from_kg + 1e-6:
        memory.delivered_from_kg = reading.delivered_kg
        memory.moved_ms = now_ms
    if memory.record is not None:
        memory.record.delivered_kg = reading.delivered_kg


def health_step(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Review the skimmer, close the sortie, and begin the next one or end the loop."""
    memory = context.memory
    if memory.check_ms is None:
        memory.check_ms = now_ms + round(context.profile.plan.review_s * 1000.0)
    if now_ms < memory.check_ms:
        return False
    status = memory.status
    if status is None or _serves_late(context, reading, now_ms):
        return False
    fuel_tells = _was_served(context) or not reading.lobes_tight
    near = near_misses(context.profile, status, reading, memory.failed_approaches)
    verdict = review(
        context.profile,
        status,
        memory.cycles,
        # without a service that has been completed since
        tuple(name for name in memory.anomalies if name != SERVICE_INCOMPLETE or not _is_served(reading)),
        fuel_tells=fuel_tells,
        near=memory.near_misses + int(bool(near)),
    )
    if context.confirm and verdict.state is not SkimmerState.RETIRED and not memory.confirmed:
        context.decide_once(now_ms, AWAIT_OPERATOR, "a relaunch has to be confirmed", {"verdict": verdict.state})
        memory.check_ms = now_ms + max(round(context.profile.plan.review_s * 1000.0), 1)
        return False
    if near:
        memory.near_misses += 1
        context.decide(now_ms, "near_miss", ", ".join(near), {"near": near, "near_misses": memory.near_misses})
    _carry_out(context, verdict, status, now_ms)
    return True


def _serves_late(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """True while the review waits for the service that phase 7 has left undone, at most `patience_s` longer."""
    memory = context.memory
    patience_ms = round(context.profile.depot.patience_s * 1000.0)
    if SERVICE_INCOMPLETE not in memory.anomalies:
        return False
    _meter(context, reading, now_ms)
    if _is_served(reading) or now_ms - memory.phase_start_ms >= patience_ms:
        return False
    facts = {"store_kg": reading.offloadable_kg, "refuelled": reading.refuelled, "charged": reading.charged}
    context.decide_once(now_ms, "await_service", "the review waits until it has been served", facts)
    context.plant.offload(not unstable(reading, context.profile.watch))
    context.plant.refuel(True)
    memory.check_ms = now_ms + max(round(context.profile.plan.review_s * 1000.0), 1)
    return True


def _is_served(reading: DepotReading) -> bool:
    return reading.emptied and reading.margins_restored


def _was_served(context: PhaseContext) -> bool:
    record = context.memory.record
    return record is not None and any(number == Phase.OFFLOAD for number, _, _ in record.phases)


def _carry_out(context: PhaseContext, verdict: HealthVerdict, status: Status, now_ms: int) -> None:
    memory, rules = context.memory, context.profile.retirement
    facts = review_facts(context.profile, status, memory.cycles, tuple(memory.anomalies), near=memory.near_misses)
    state = verdict.state
    if memory.skimmer is SkimmerState.DERATED and state is SkimmerState.ACTIVE:
        state = SkimmerState.DERATED  # a derated skimmer stays derated
    context.decide(
        now_ms, {"ACTIVE": "relaunch", "DERATED": "derate", "RETIRED": "retire"}[state], verdict.reason, facts
    )
    memory.skimmer, memory.reason = state, verdict.reason
    spoilt = memory.record is not None and memory.record.trigger is not None  # aborts and anomalies have one
    outcome = SortieOutcome.ABORTED if spoilt else SortieOutcome.COMPLETED
    if state is SkimmerState.RETIRED:
        context.decide(now_ms, "disposal", f"retired: {rules.disposal}", {"disposal": rules.disposal})
        context.close_sortie(outcome, now_ms)
        context.happen(LoopEvent.RETIRE, now_ms)
        if rules.disposal == "jettison":
            context.plant.jettison()
        context.end(EndedBy.RETIRED, now_ms)
        return
    for name in verdict.repairs:
        context.decide(now_ms, "repair", f"{name} put right")
        context.plant.repair(name)
    if state is SkimmerState.DERATED:
        memory.derating = Derating(rules.derate_payload, rules.derate_time)
    context.close_sortie(outcome, now_ms)
    if context.total is not None and memory.number >= context.total:
        context.end(EndedBy.SORTIES_DONE, now_ms)
        return
    context.happen(LoopEvent.RELAUNCH, now_ms)


class HealthVerdict(Struct, frozen=True):
    """Result of a review. `repairs`: faults that are repaired before the next sortie."""

    state: SkimmerState
    reason: str
    repairs: tuple[str, ...] = ()


def _wear(rules: RetirementSettings, status: Status, cycles: int, near: int) -> list[tuple[str, float]]:
    """Wear by each retirement criterion: 0 new, 1 retire."""
    return [
        ("max_cycles", cycles / rules.max_cycles),
        ("thermal_overstress", status.overstress / rules.max_overstress),
        ("seal_degradation", status.seal / rules.seal_max),
        ("propulsion_trend", _fallen(status.thrust, rules.thrust_min)),
        ("thrust_achieved", _fallen(status.thrust_ratio, rules.thrust_min)),
        ("power_trend", _fallen(status.capacity, rules.capacity_min)),
        ("deep_discharges", status.deep_discharges / rules.max_deep_discharges),
        ("current_spikes", status.current_spikes / rules.max_current_spikes),
        ("near_misses", near / rules.max_near_misses),
    ]


def _fallen(value: float, least: float) -> float:
    """Wear of a quantity that falls from 1 (new) to `least` (worn out), 0 to 1."""
    return (1.0 - value) / (1.0 - least) if least < 1.0 else float(value < 1.0)


def review(
    profile: Profile, status: Status, cycles: int, anomalies: tuple[str, ...], *, fuel_tells: bool = True, near: int = 0
) -> HealthVerdict:
    """Decide whether the skimmer flies on, is derated or is retired.

    After ABORT-1 it is retired unless the profile says that this fault can be repaired; after ABORT-2 it is judged as
    usual. `anomalies`: faults seen at the dock. `near`: sorties with a near miss so far. `fuel_tells`: a low fuel level
    counts as a fault. It is False right after a flight, when tight lobes are nearly empty.
    """
    rules = profile.retirement
    broken = [name for name in trip_names(status.trips) if fuel_tells or name != FaultName.FUEL_LOW]
    if status.trigger:
        broken = list(dict.fromkeys([ABORT_1_NAMES[status.trigger - 1], *broken]))
    beyond = [name for name in (*broken, *anomalies) if name not in rules.repairable]
    if beyond:
        return HealthVerdict(SkimmerState.RETIRED, beyond[0])
    repairs = (*broken, *anomalies)
    wear = _wear(rules, status, cycles, near)
    worn = [name for name, part in wear if part >= 1.0]
    if worn:
        return HealthVerdict(SkimmerState.RETIRED, worn[0])
    marginal = [name for name, part in wear if part >= rules.derate_at]
    if marginal:
        return HealthVerdict(SkimmerState.DERATED, marginal[0], repairs)
    return HealthVerdict(SkimmerState.ACTIVE, "health acceptable", repairs)


def near_misses(profile: Profile, status: Status, reading: DepotReading, approaches: Sequence[str] = ()) -> list[str]:
    """Near misses of this sortie: low return margins, passing the depot too closely, each failed approach and each
    contact that was pushed off."""
    near = profile.retirement.near_margin
    found = [
        ("fuel_margin", status.least_fuel < near),
        ("power_margin", status.least_power < near),
        ("keep_out", reading.closest_m < profile.corridor.keep_out_m),
    ]
    return [name for name, is_near in found if is_near] + [*approaches, *["bump"] * reading.bumps]


def review_facts(
    profile: Profile, status: Status, cycles: int, anomalies: tuple[str, ...], *, near: int
) -> dict[str, Any]:
    """Inputs of the review, for the decision log."""
    return {
        "cycles": cycles,
        "overstress": status.overstress,
        "seal": status.seal,
        "thrust": status.thrust,
        "capacity": status.capacity,
        "min_soc": status.min_soc,
        "thrust_ratio": status.thrust_ratio,
        "deep_discharges": status.deep_discharges,
        "current_spikes": status.current_spikes,
        "least_fuel": status.least_fuel,
        "least_power": status.least_power,
        "near_misses": near,
        "trips": trip_names(status.trips),
        "anomalies": list(anomalies),
        "wear": {name: round(part, 4) for name, part in _wear(profile.retirement, status, cycles, near)},
    }
