"""Phase 1 in the order of seed 000: plan, resources, data packages, configuration, go/no-go, launch command."""

from __future__ import annotations

from depot.decisions.memory import OFFLOAD_LEFTOVER, PendingRequest, PrepStep
from depot.decisions.phase_context import PhaseContext
from depot.decisions.phases import LoopEvent
from depot.decisions.planning import go_facts, no_go
from depot.messages import CommandMessage, DepotCommand, RequestResult, Status, Upload
from depot.names import FaultName, SkimmerStage
from depot.readings import DepotReading


def step(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Do the present step of phase 1; True if the next step can begin at once."""
    memory = context.memory
    match memory.step:
        case PrepStep.PREPARE | PrepStep.WAIT:
            if memory.check_ms is not None and now_ms < memory.check_ms:
                return False
            if memory.step is PrepStep.WAIT:
                context.replan(now_ms)
            memory.step, memory.check_ms = PrepStep.LOAD, None
            return True
        case PrepStep.LOAD if not reading.data_ok:
            failed = ["interfaces_not_ready"]
            why = "delayed: the data connection carries nothing, so no plan goes up"
            context.decide(now_ms, "no_go", why, {"failed": failed, **go_facts(reading, memory.status)})
            context.happen(LoopEvent.NO_GO, now_ms)
            _repeat_phase(context, now_ms)
            return False
        case PrepStep.LOAD:
            if memory.waiting is None and memory.plan is not None:
                context.request(Upload(memory.plan))
            return False
        case PrepStep.CONFIGURE:
            if memory.waiting is None:
                context.request(CommandMessage(DepotCommand.CONFIGURE))
            return False
        case PrepStep.CHECK:
            return _check(context, reading, now_ms)
        case PrepStep.LAUNCH:
            return _launching(context, now_ms)


def answered(context: PhaseContext, request: PendingRequest, answer: RequestResult, now_ms: int) -> None:
    """Take in the answer to the upload, the configuration or the launch command."""
    step = context.memory.step
    if request is PendingRequest.UPLOAD and step is PrepStep.LOAD:
        _loaded(context, answer, now_ms)
    elif request is PendingRequest.CONFIGURE and step is PrepStep.CONFIGURE:
        _configured(context, answer, now_ms)
    elif request is PendingRequest.GO and step is PrepStep.LAUNCH:
        _go_answered(context, answer, now_ms)


def _loaded(context: PhaseContext, answer: RequestResult, now_ms: int) -> None:
    memory, plan = context.memory, context.memory.plan
    if plan is None:
        return
    if answer is not RequestResult.ACCEPTED:
        context.decide(now_ms, "upload_failed", f"the plan was not taken: {answer.name.lower()}")
        _repeat_phase(context, now_ms)
        return
    memory.acknowledged = plan.number
    context.decide(
        now_ms,
        "load_data_packages",
        "waypoints, thresholds and triggers are in, and acknowledged",
        {"plan": plan.number, "waypoints": len(plan.waypoints), "triggers": plan.limits.triggers},
    )
    memory.step = PrepStep.CONFIGURE


def _configured(context: PhaseContext, answer: RequestResult, now_ms: int) -> None:
    """Note whether the skimmer is configured. A failed sensor forbids the launch, whatever else holds."""
    memory = context.memory
    if answer is RequestResult.SILENCE:
        context.decide(now_ms, "configuration_failed", "the skimmer did not answer")
        _repeat_phase(context, now_ms)
        return
    memory.verified = answer is RequestResult.ACCEPTED
    memory.step, memory.status_requests, memory.check_ms = PrepStep.CHECK, 0, now_ms


def _check(context: PhaseContext, reading: DepotReading, now_ms: int) -> bool:
    """Decide go or no-go from what the skimmer has reported since it has this plan."""
    memory, plan = context.memory, context.memory.plan
    assert plan is not None  # begin_sortie has made a plan
    status = _status_of_plan(context)
    if status is None and memory.beats.misses == 0 and memory.status_requests < context.profile.heartbeat.attempts:
        if memory.check_ms is not None and now_ms >= memory.check_ms:
            memory.status_requests += 1
            memory.check_ms = now_ms + _ask_again_ms(context)
            context.request(CommandMessage(DepotCommand.REPORT, answered=False))
        return False
    # the store is being emptied, or no offload has been tried yet
    leftover = not reading.emptied and (reading.moving_kg_s > 0.0 or OFFLOAD_LEFTOVER not in memory.announced)
    misses, verified = memory.beats.misses, memory.verified
    failed = no_go(context.profile, plan, reading, status, misses=misses, leftover=leftover, verified=verified)
    facts = {"failed": failed, "verified": memory.verified, **go_facts(reading, status)}
    if failed:
        context.decide(now_ms, "no_go", f"delayed: {', '.join(failed)}", facts)
        context.await_charge(reading, now_ms)
        context.happen(LoopEvent.NO_GO, now_ms)
        _repeat_phase(context, now_ms, _wait_s(context, failed, reading))
        return False
    context.decide(now_ms, "go", "all hard constraints hold", facts)
    context.plant.refuel(False)
    context.plant.offload(False)
    memory.death.start(now_ms, plan.t_sortie_s)
    context.decide(
        now_ms,
        "launch",
        "plan acknowledged, go: launch command",
        {"plan": plan.number, "t_death_due_s": (memory.death.due_ms or 0) / 1000.0},
    )
    memory.step, memory.check_ms = PrepStep.LAUNCH, None
    context.request(CommandMessage(DepotCommand.GO))
    return False


def _status_of_plan(context: PhaseContext) -> Status | None:
    """Latest status if the skimmer sent it with this plan; else None."""
    status = context.memory.status
    return status if status is not None and status.loaded == context.memory.number else None


def _wait_s(context: PhaseContext, failed: list[str], reading: DepotReading) -> float:
    """Time until the next try of phase 1, s. If only the link is missing, this is the time of the next comms window."""
    if failed == [FaultName.NO_GO_COMMS] and reading.next_window_s > 0.0:
        return reading.next_window_s
    if failed == [FaultName.NO_GO_COMMS] and reading.window_left_s < context.profile.plan.departure_s:
        return reading.window_left_s  # the open window is too short: the next one is searched when it has closed
    return context.profile.plan.wait_s


def _repeat_phase(context: PhaseContext, now_ms: int, wait_s: float | None = None) -> None:
    """Wait, then do phase 1 again with a new plan for the state of depot and skimmer at that time."""
    memory = context.memory
    memory.step = PrepStep.WAIT
    memory.check_ms = now_ms + max(round((context.profile.plan.wait_s if wait_s is None else wait_s) * 1000.0), 1_000)
    context.tend_skimmer(now_ms)


def _go_answered(context: PhaseContext, answer: RequestResult, now_ms: int) -> None:
    if answer is RequestResult.ACCEPTED:
        launched(context, now_ms)
    elif answer is RequestResult.REFUSED:
        context.decide(now_ms, "launch_refused", "the skimmer did not take the launch command")
        context.memory.death.stop()
        _repeat_phase(context, now_ms)
    else:
        context.decide(now_ms, "launch_unanswered", "it may be on its way: T_DEATH runs, nothing is launched again")


def launched(context: PhaseContext, now_ms: int) -> None:
    """Begin phase 2: the skimmer flies alone."""
    memory = context.memory
    memory.step = PrepStep.PREPARE
    memory.docked = False
    memory.cycles += 1
    memory.beats.start(now_ms, context.profile.heartbeat)
    context.happen(LoopEvent.LAUNCH_ACKNOWLEDGED, now_ms)
    context.decide(
        now_ms,
        "start_heartbeat_timer",
        "beats are counted in flight",
        {"period_s": context.profile.heartbeat.period_s, "misses": context.profile.heartbeat.misses},
    )
    memory.check_ms = now_ms + round((context.profile.plan.departure_s + context.profile.heartbeat.period_s) * 1000.0)


def _launching(context: PhaseContext, now_ms: int) -> bool:
    """Ask a skimmer that has not answered the launch command for its status. Nothing is launched again before it
    answers."""
    memory = context.memory
    if memory.waiting is not None or (memory.check_ms is not None and now_ms < memory.check_ms):
        return False
    status = memory.status
    fresh = memory.check_ms is not None and memory.status_ms >= memory.check_ms - _ask_again_ms(context)
    if fresh and status is not None and status.stage is SkimmerStage.DOCKED and status.plan != memory.number:
        context.decide(now_ms, "launch_failed", "the skimmer is still docked")
        memory.death.stop()
        _repeat_phase(context, now_ms)
        return True
    context.request(CommandMessage(DepotCommand.REPORT, answered=False))
    memory.check_ms = now_ms + _ask_again_ms(context)
    return False


def _ask_again_ms(context: PhaseContext) -> int:
    return round(context.profile.heartbeat.retry_s * 1000.0)
