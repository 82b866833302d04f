"""Phase 1: prepare, go/no-go, upload, launch."""

from __future__ import annotations

from depot.decisions.party import Party
from depot.decisions.phases import LoopEvent
from depot.decisions.planning import go_facts, no_go
from depot.messages import Answer, Command, Order, Upload
from depot.names import Stage
from depot.readings import DepotReading


def step(party: Party, reading: DepotReading, now_ms: int) -> bool:
    """Wait for the end of the preparation or of a wait window, then check and launch."""
    memory = party.memory
    if memory.step == "upload":
        if memory.waiting is None and memory.plan is not None:
            party.decide_once(
                now_ms, "load_data_packages", "waypoints, expected duration, thresholds",
                {"plan": memory.plan.number, "waypoints": len(memory.plan.waypoints)},
            )  # fmt: skip
            party.request(Upload(memory.plan))
        return False
    if memory.step == "launch":
        return _launching(party, now_ms)
    if memory.check_ms is not None and now_ms < memory.check_ms:
        return False
    plan = memory.plan
    assert plan is not None  # begin_sortie has made one
    failed = no_go(
        party.profile, plan, reading, memory.status, misses=memory.beats.misses, leftover=_leftover(party, reading)
    )
    facts = {"failed": failed, **go_facts(reading, memory.status)}
    if failed:
        party.decide(now_ms, "no_go", f"delayed: {', '.join(failed)}", facts)
        party.await_charge(reading, now_ms)
        party.happen(LoopEvent.NO_GO, now_ms)
        _wait(party, now_ms)
        if memory.status is None:
            party.request(Command(Order.REPORT, answered=False))
        return False
    party.decide(now_ms, "go", "all hard constraints hold", facts)
    party.station.refuel(False)
    party.station.offload(False)
    memory.step, memory.check_ms = "upload", None
    return True


def _leftover(party: Party, reading: DepotReading) -> bool:
    """Is there something in the store that leaves it, or that nobody has tried to take out yet?"""
    untried = "offload_leftover" not in party.memory.said
    return not reading.emptied and (reading.moving_kg_s > 0.0 or untried)


def _wait(party: Party, now_ms: int) -> None:
    party.memory.step = "prepare"
    party.memory.check_ms = now_ms + round(party.profile.plan.wait_s * 1000.0)
    party.tend_skimmer(now_ms)


def answered(party: Party, name: str, answer: Answer, now_ms: int) -> None:
    """The upload or the launch command has ended."""
    memory = party.memory
    plan = memory.plan
    if name == "UPLOAD" and memory.step == "upload" and plan is not None:
        if answer is not Answer.ACCEPTED:
            party.decide(now_ms, "upload_failed", f"the plan was not taken: {answer.name.lower()}")
            _wait(party, now_ms)
            return
        memory.acknowledged = plan.number
        memory.death.start(now_ms, plan.t_sortie_s)
        party.decide(
            now_ms, "launch", "plan acknowledged: launch command",
            {"plan": plan.number, "t_death_due_s": (memory.death.due_ms or 0) / 1000.0},
        )  # fmt: skip
        memory.step = "launch"
        party.request(Command(Order.GO))
    elif name == "GO" and memory.step == "launch":
        if answer is Answer.ACCEPTED:
            launched(party, now_ms)
        elif answer is Answer.REFUSED:
            party.decide(now_ms, "launch_refused", "the skimmer did not take the launch command")
            memory.death.stop()
            _wait(party, now_ms)
        else:
            party.decide(now_ms, "launch_unanswered", "it may be on its way: T_DEATH runs, nothing is launched again")


def launched(party: Party, now_ms: int) -> None:
    """Phase 2 begins: the skimmer is on its own."""
    memory = party.memory
    memory.step = "prepare"
    memory.docked = False
    memory.cycles += 1
    memory.beats.start(now_ms, party.profile.heartbeat)
    party.happen(LoopEvent.LAUNCH_ACKNOWLEDGED, now_ms)
    party.decide(
        now_ms, "start_heartbeat_timer", "beats are counted in flight",
        {"period_s": party.profile.heartbeat.period_s, "misses": party.profile.heartbeat.misses},
    )  # fmt: skip
    memory.check_ms = now_ms + round((party.profile.plan.departure_s + party.profile.heartbeat.period_s) * 1000.0)


def _launching(party: Party, now_ms: int) -> bool:
    """The launch command has not been answered (or a restart has come between): the skimmer's status tells. Until it
    does, nothing is launched again."""
    memory = party.memory
    if memory.waiting is not None or (memory.check_ms is not None and now_ms < memory.check_ms):
        return False
    status = memory.status
    fresh = memory.check_ms is not None and memory.status_ms >= memory.check_ms - _ask_again_ms(party)
    if fresh and status is not None and status.stage is Stage.DOCKED and status.plan != memory.number:
        party.decide(now_ms, "launch_failed", "the skimmer is still docked")
        memory.death.stop()
        _wait(party, now_ms)
        return True
    party.request(Command(Order.REPORT, answered=False))
    memory.check_ms = now_ms + _ask_again_ms(party)
    return False


def _ask_again_ms(party: Party) -> int:
    return round(party.profile.heartbeat.retry_s * 1000.0)
