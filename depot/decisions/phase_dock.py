"""Phase 6: clearance, capture, interfaces."""

from __future__ import annotations

from depot.decisions.docking import beyond_limits, docking_facts, wave_off
from depot.decisions.phase_context import PhaseContext
from depot.decisions.phase_flight import look_ms
from depot.decisions.phases import LoopEvent
from depot.decisions.watches import unstable
from depot.messages import CommandMessage, DepotCommand, RequestResult, Status
from depot.names import Abort, FaultName, SkimmerStage
from depot.readings import DepotReading

INTERFACE_CHECKS = 10
"""Checks of a failed interface in the usual docking time. After twice as many the offload is given up."""
ONCE_PER_APPROACH = ("grant_docking_clearance", "withhold_clearance")  # announced again in each
LOOKS = 4
"""An approaching skimmer is observed this many times more often than a waiting one."""


def step(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Clear the skimmer in; after its capture check the interfaces."""
    memory = context.memory
    if memory.docked:
        return _verify(context, reading, now_ms)
    status = memory.status
    if status is None:
        return False
    _follow_approach(context, status, reading, now_ms)
    if status.stage is SkimmerStage.DOCKED:
        return _captured(context, reading, now_ms)
    if status.stage is SkimmerStage.APPROACH and not status.taken_over:
        return _guard_approach(context, reading, now_ms)
    if status.stage is not SkimmerStage.HOLDING or status.taken_over or memory.waiting is not None:
        memory.check_ms = None  # the skimmer flies its approach, or another party has it
        return False
    if memory.check_ms is not None and now_ms < memory.check_ms and not reading.dock_delay:
        return False
    memory.check_ms = None  # the next step is caused by an event or an answer
    corridor = context.profile.corridor
    cause = _not_ready_reason(context, reading)
    if cause:
        facts = {"cause": cause, **docking_facts(corridor, reading.relative)}
        context.decide_once(now_ms, "withhold_clearance", f"the skimmer holds off: {cause}", facts, of=cause)
        if cause not in (FaultName.DOCK_REFUSED, FaultName.DOCK_DELAYED):  # the others end by an event
            memory.check_ms = now_ms + look_ms(context)
        return False
    emergency = memory.abort is Abort.ABORT_1
    context.decide_once(
        now_ms,
        "grant_docking_clearance",
        "emergency" if emergency else "the dock is free",
        {"emergency": emergency, **docking_facts(corridor, reading.relative)},
    )
    context.request(CommandMessage(DepotCommand.EMERGENCY_CLEARANCE if emergency else DepotCommand.CLEARANCE))
    return False


def _not_ready_reason(context: PhaseContext, reading: DepotReading) -> str:
    """Reason why the skimmer is not cleared in now; empty: it may be cleared."""
    if reading.dock_blocked:
        return FaultName.DOCK_REFUSED
    if reading.dock_delay:
        return FaultName.DOCK_DELAYED
    if reading.wind_mps > context.profile.box.wind_max_mps:
        return "wind_over_limit"
    if context.memory.approaches >= context.profile.corridor.tries:
        return "approaches_used_up"
    return ", ".join(beyond_limits(context.profile.corridor, reading.relative))


def _follow_approach(context: PhaseContext, status: Status, reading: DepotReading, now_ms: int) -> None:
    """Handle a skimmer that holds again after its approach missed or was waved off. Both are near misses, and later
    decisions about clearance are announced again."""
    memory = context.memory
    if status.stage is SkimmerStage.APPROACH:
        memory.approaching = True
    if status.stage is not SkimmerStage.HOLDING or not memory.approaching:
        return
    how = "wave_off" if memory.waved_off else "missed_approach"
    memory.failed_approaches.append(how)
    if not memory.waved_off:
        facts = {
            "approach": memory.approaches,
            "bumps": reading.bumps,
            **docking_facts(context.profile.corridor, reading.relative),
        }
        context.decide(now_ms, how, "it holds off again, and the latches hold nothing", facts)
    memory.approaching = memory.waved_off = False
    memory.announced = [name for name in memory.announced if not name.startswith(ONCE_PER_APPROACH)]


def clearance_answered(context: PhaseContext, answer: RequestResult, now_ms: int) -> None:
    """Count an approach when the clearance is accepted; otherwise grant it again after `retry_s`."""
    if answer is RequestResult.ACCEPTED:
        context.memory.approaches += 1
    else:
        context.memory.check_ms = now_ms + round(context.profile.heartbeat.retry_s * 1000.0)


def _guard_approach(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Wave off an approach that leaves glide slope, cone or attitude: the skimmer returns to the gate."""
    memory, corridor = context.memory, context.profile.corridor
    if memory.waiting is not None or (memory.check_ms is not None and now_ms < memory.check_ms):
        return False
    beyond = wave_off(corridor, reading.relative)
    if not beyond:
        memory.check_ms = now_ms + look_ms(context) // LOOKS
        return False
    memory.check_ms = None
    facts = {"approach": memory.approaches, **docking_facts(corridor, reading.relative)}
    context.decide(now_ms, "wave_off", f"the approach is called off: {', '.join(beyond)}", facts)
    memory.waved_off = True
    context.request(CommandMessage(DepotCommand.WAVE_OFF))
    return False


def wave_off_answered(context: PhaseContext, answer: RequestResult, now_ms: int) -> None:
    """If the wave-off was not accepted, check the approach again after `retry_s`."""
    if answer is not RequestResult.ACCEPTED:
        context.memory.check_ms = now_ms + round(context.profile.heartbeat.retry_s * 1000.0)


def _captured(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Confirm the return and stop both timers when the depot's own latches hold the skimmer. Its report alone is not
    enough."""
    memory = context.memory
    if not reading.in_dock:
        context.decide_once(now_ms, "not_in_dock", "it says that it is docked: the latches hold nothing", {})
        memory.check_ms = now_ms + look_ms(context)
        return False
    memory.docked = True
    memory.death.stop()
    memory.beats.stop()
    memory.check_ms = None
    context.decide(now_ms, "captured", "docked; T_DEATH stopped")
    if memory.recovering:
        context.decide(now_ms, "lift_rationing", "the skimmer that was lost is back: harvests are expected again")
        context.plant.ration(False)
    return True


def _verify(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Check structural locks and the fluid, data and power connections."""
    memory = context.memory
    facts = reading.interfaces
    if reading.interfaces_pass:
        context.decide(now_ms, "interfaces_confirmed", "structural, fluid, data and power interfaces pass", facts)
        _leave(context, reading, now_ms)
        return True
    if memory.check_ms is None:
        context.decide(now_ms, FaultName.INTERFACE_FAILURE, "an interface does not pass its check", facts)
        memory.check_ms = now_ms + _interval_ms(context)
        memory.interface_checks = 0
        memory.anomalies = [FaultName.INTERFACE_FAILURE]
        return False
    if now_ms < memory.check_ms:
        return False
    memory.check_ms = now_ms + _interval_ms(context)
    memory.interface_checks += 1
    if memory.interface_checks < 2 * INTERFACE_CHECKS:
        return False
    context.decide(now_ms, "offload_skipped", "interfaces do not pass", facts)
    if memory.record is not None and memory.record.trigger is None:
        memory.record.trigger = FaultName.INTERFACE_FAILURE
    context.happen(LoopEvent.DOCKED_NO_OFFLOAD, now_ms)
    return True


def _interval_ms(context: PhaseContext) -> int:
    return max(round(context.profile.plan.dock_s * 1000.0 / INTERFACE_CHECKS), 1)


def _leave(context: PhaseContext, reading: DepotReading, now_ms: int) -> None:
    memory = context.memory
    memory.anomalies = []
    shaky = unstable(reading, context.profile.watch)
    if memory.recovering:
        context.decide(now_ms, "offload_skipped", "a recovered skimmer goes straight to health assessment")
        context.happen(LoopEvent.DOCKED_NO_OFFLOAD, now_ms)
    elif memory.abort is Abort.ABORT_1:
        context.decide(now_ms, "offload_skipped", "after ABORT-1: straight to health assessment")
        context.happen(LoopEvent.DOCKED_NO_OFFLOAD, now_ms)
    elif memory.abort in (Abort.ABORT_2, Abort.ABORT_2B) and shaky:
        context.decide(now_ms, "offload_skipped", "the depot is unstable", {"unstable": shaky})
        context.happen(LoopEvent.DOCKED_NO_OFFLOAD, now_ms)
    else:
        context.happen(LoopEvent.DOCKED_AND_VERIFIED, now_ms)
