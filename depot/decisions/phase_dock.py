"""Phase 6: clearance, capture, interfaces."""

from __future__ import annotations

from depot.decisions.docking import beyond_limits, docking_facts, wave_off
from depot.decisions.party import Party
from depot.decisions.phase_flight import look_ms
from depot.decisions.phases import LoopEvent
from depot.decisions.watches import unstable
from depot.messages import Answer, Command, Order
from depot.names import Abort, Stage
from depot.readings import DepotReading

INTERFACE_CHECKS = 10
"""A failed interface is looked at so often, a tenth of the usual docking time apart, before the offload is given up."""
LOOKS = 4
"""One that is on its way in is looked at so much more often than one that waits."""


def step(party: Party, reading: DepotReading, now_ms: int) -> bool:
    """Clear the skimmer in, then verify."""
    memory = party.memory
    if memory.docked:
        return _verify(party, reading, now_ms)
    status = memory.status
    if status is None:
        return False
    if status.stage is Stage.DOCKED:
        return _captured(party, reading, now_ms)
    if status.stage is Stage.APPROACH and not status.taken:
        return _guard_approach(party, reading, now_ms)
    if status.stage is not Stage.HOLDING or status.taken or memory.waiting is not None:
        memory.check_ms = None  # it is on its way in, or not at all
        return False
    if memory.check_ms is not None and now_ms < memory.check_ms and not reading.dock_delay:
        return False
    memory.check_ms = None  # over; what comes next is an event or an answer
    corridor = party.profile.corridor
    cause = _hindrance(party, reading)
    if cause:
        facts = {"cause": cause, **docking_facts(corridor, reading.seen)}
        party.decide_once(now_ms, "withhold_clearance", f"the skimmer holds off: {cause}", facts)
        if cause not in ("dock_refused", "dock_delayed"):  # which end by an event
            memory.check_ms = now_ms + look_ms(party)
        return False
    emergency = party.abort is Abort.ABORT_1
    party.decide_once(
        now_ms, "grant_docking_clearance", "emergency" if emergency else "the dock is free",
        {"emergency": emergency, **docking_facts(corridor, reading.seen)},
    )  # fmt: skip
    party.request(Command(Order.EMERGENCY_CLEARANCE if emergency else Order.CLEARANCE))
    return False


def _hindrance(party: Party, reading: DepotReading) -> str:
    """Why nobody is cleared in now; empty: nothing hinders."""
    if reading.dock_blocked:
        return "dock_refused"
    if reading.dock_delay:
        return "dock_delayed"
    if reading.wind_ms > party.profile.box.wind_max_ms:
        return "wind_over_limit"
    if party.memory.approaches >= party.profile.corridor.tries:
        return "approaches_used_up"
    return ", ".join(beyond_limits(party.profile.corridor, reading.seen))


def clearance_answered(party: Party, answer: Answer, now_ms: int) -> None:
    """One more approach. Not heard or not understood: granted again after a while."""
    if answer is Answer.ACCEPTED:
        party.memory.approaches += 1
    else:
        party.memory.check_ms = now_ms + round(party.profile.heartbeat.retry_s * 1000.0)


def _guard_approach(party: Party, reading: DepotReading, now_ms: int) -> bool:
    """One that leaves glide slope, cone or attitude on its way in is sent back to the gate."""
    memory, corridor = party.memory, party.profile.corridor
    if memory.waiting is not None or (memory.check_ms is not None and now_ms < memory.check_ms):
        return False
    beyond = wave_off(corridor, reading.seen)
    if not beyond:
        memory.check_ms = now_ms + look_ms(party) // LOOKS
        return False
    memory.check_ms = None
    facts = {"approach": memory.approaches, **docking_facts(corridor, reading.seen)}
    party.decide(now_ms, "wave_off", f"the approach is called off: {', '.join(beyond)}", facts)
    memory.said = [name for name in memory.said if name not in ("grant_docking_clearance", "withhold_clearance")]
    party.request(Command(Order.WAVE_OFF))
    return False


def wave_off_answered(party: Party, answer: Answer, now_ms: int) -> None:
    """Not heard or not understood: it is looked at again, and told again if it is still beyond a limit."""
    if answer is not Answer.ACCEPTED:
        party.memory.check_ms = now_ms + round(party.profile.heartbeat.retry_s * 1000.0)


def _captured(party: Party, reading: DepotReading, now_ms: int) -> bool:
    """Mechanically secured, by the depot's own latches: the return is confirmed, both timers stop. A skimmer that says
    that it is docked and is not there is not."""
    memory = party.memory
    if not reading.in_dock:
        party.decide_once(now_ms, "not_in_dock", "it says that it is docked: the latches hold nothing", {})
        memory.check_ms = now_ms + look_ms(party)
        return False
    memory.docked = True
    memory.death.stop()
    memory.beats.stop()
    memory.check_ms = None
    party.decide(now_ms, "captured", "docked; T_DEATH stopped")
    return True


def _verify(party: Party, reading: DepotReading, now_ms: int) -> bool:
    """Structural locks, fluid connections, data and power connections."""
    memory = party.memory
    facts = reading.interfaces
    if reading.interfaces_pass:
        party.decide(now_ms, "interfaces_confirmed", "structural, fluid, data and power interfaces pass", facts)
        _leave(party, reading, now_ms)
        return True
    if memory.check_ms is None:
        party.decide(now_ms, "interface_failure", "an interface does not pass its check", facts)
        memory.check_ms = now_ms + _interval_ms(party)
        memory.anomalies = ["interface_failure"]
        return False
    if now_ms < memory.check_ms:
        return False
    memory.check_ms = now_ms + _interval_ms(party)
    checks = (now_ms - memory.phase_start_ms) // _interval_ms(party)
    if checks < 2 * INTERFACE_CHECKS:
        return False
    party.decide(now_ms, "offload_skipped", "interfaces do not pass", facts)
    if memory.record is not None and memory.record.trigger is None:
        memory.record.trigger = "interface_failure"
    party.happen(LoopEvent.DOCKED_NO_OFFLOAD, now_ms)
    return True


def _interval_ms(party: Party) -> int:
    return max(round(party.profile.plan.dock_s * 1000.0 / INTERFACE_CHECKS), 1)


def _leave(party: Party, reading: DepotReading, now_ms: int) -> None:
    memory = party.memory
    memory.anomalies = []
    shaky = unstable(reading, party.profile.watch)
    if memory.recovering:
        party.decide(now_ms, "offload_skipped", "a recovered skimmer goes straight to health assessment")
        party.happen(LoopEvent.DOCKED_NO_OFFLOAD, now_ms)
    elif party.abort is Abort.ABORT_1:
        party.decide(now_ms, "offload_skipped", "after ABORT-1: straight to health assessment")
        party.happen(LoopEvent.DOCKED_NO_OFFLOAD, now_ms)
    elif party.abort in (Abort.ABORT_2, Abort.ABORT_2B) and shaky:
        party.decide(now_ms, "offload_skipped", "the depot is unstable", {"unstable": shaky})
        party.happen(LoopEvent.DOCKED_NO_OFFLOAD, now_ms)
    else:
        party.happen(LoopEvent.DOCKED_AND_VERIFIED, now_ms)
