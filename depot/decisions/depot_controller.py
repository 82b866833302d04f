"""Depot side of the sortie loop: plan, timers, aborts, clearance, offload, health, retirement (seed 000).

The depot decides all of these and knows its skimmer only by the messages of the link. The controller is a state machine
without a clock: statuses, answers and the time go in, requests come out, and each decision is recorded before it is
carried out. The modules `phase_*` have the work of one phase; this module has what spans phases: incoming messages,
both timers and ABORT-3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autopilot.context.turns import earliest
from depot.decisions import phase_dock, phase_flight, phase_prep, phase_service
from depot.decisions.memory import AWAIT_OPERATOR, ControlledBy, PendingRequest, PrepStep
from depot.decisions.phase_context import PhaseContext, name_of
from depot.decisions.phases import FLYING, LoopEvent
from depot.decisions.planning import Derating
from depot.decisions.watches import ABORT_3
from depot.messages import CommandMessage, DepotCommand, Request, RequestResult, Status
from depot.names import Abort, EndedBy, Phase, SkimmerStage, SkimmerState, SortieOutcome
from depot.readings import DepotReading
from depot.watches import first

ANSWER_BEATS = 3.0
"""Heartbeats that a rediscovered skimmer has for its first report before T_DEATH counts again."""
_STEPS: dict[Phase, Callable[[PhaseContext, DepotReading, int], bool]] = {
    Phase.PREP: phase_prep.step,
    Phase.DEPARTURE: phase_flight.step,
    Phase.OUTBOUND: phase_flight.step,
    Phase.HARVEST: phase_flight.step,
    Phase.RETURN: phase_flight.step,
    Phase.DOCKING: phase_dock.step,
    Phase.OFFLOAD: phase_service.offload_step,
    Phase.HEALTH: phase_service.health_step,
}


class DepotController:
    """State machine of the depot. `context`: what it shares with the phases."""

    def __init__(self, context: PhaseContext) -> None:
        self.context = context
        self.profile, self.memory = context.profile, context.memory
        self.take_requests, self.take_closed = context.take_requests, context.take_closed
        self._calm: DepotReading | None = None  # the last reading in which nothing called for ABORT-3

    # --- messages ---------------------------------------------------------------------------------------------------
    def start(self, now_ms: int) -> None:
        """Begin the first sortie of a loop."""
        self.context.begin_sortie(None, now_ms)

    def handle_status(self, status: Status, now_ms: int) -> None:
        """Take in a status packet. From a skimmer that was given up it is logged only."""
        memory = self.memory
        if memory.ended_by is not None or memory.leaving:
            if memory.skimmer is SkimmerState.LOST and not memory.heard_again:
                memory.heard_again = True
                self.context.decide(
                    now_ms, "lost_heard_again", "a skimmer that was declared lost reports", _heard(status)
                )
            memory.status, memory.status_ms = status, now_ms
            return
        late = memory.status is not None and 0 < (memory.status.seq - status.seq) & 0xFFFF < 0x8000
        if late and memory.status is not None and memory.status.plan == status.plan:
            return  # a newer status has arrived before it
        memory.status, memory.status_ms = status, now_ms
        if memory.beats.due_ms is not None:
            memory.beats.start(now_ms, self.profile.heartbeat)
        self.context.status_made_ms = self._made_at_ms(status, now_ms)
        if memory.record is not None and status.plan == memory.number:
            if status.place is not None:
                memory.record.track.add(self.context.status_made_ms, *status.place)
            memory.record.see_margins(status, self.context.status_made_ms)
            memory.record.harvested_kg = max(memory.record.harvested_kg, status.harvested_kg)
        phase_flight.follow_hands(self.context, status, now_ms)
        phase_flight.follow(self.context, status, now_ms)
        if status.plan == memory.number:
            self.context.note_mode(status.mode, now_ms)
        self.context.status_made_ms = None

    def _made_at_ms(self, status: Status, now_ms: int) -> int:
        """Time at which a status was made, ms since the loop began. A status may wait at the skimmer until a comms
        window opens; the smallest delay so far gives the offset between the skimmer's clock and the loop's."""
        memory = self.memory
        if status.plan != memory.number:
            return now_ms
        start_ms = now_ms - status.boot_ms
        memory.clock_ms = start_ms if memory.clock_ms is None else min(memory.clock_ms, start_ms)
        return memory.clock_ms + status.boot_ms

    @property
    def hears(self) -> bool:
        """True while the comms window is open or the skimmer is near. Otherwise no request is sent."""
        return self.context.plant.depot_reading().hears

    def handle_answer(self, request: Request, answer: RequestResult, now_ms: int) -> None:
        """Take in the answer to a request. An answer that nothing waits for is ignored."""
        name = name_of(request)
        if self.memory.waiting != name or self.memory.ended_by is not None or self.memory.leaving:
            return
        self.memory.waiting = None
        match name:
            case PendingRequest.UPLOAD | PendingRequest.CONFIGURE | PendingRequest.GO:
                phase_prep.answered(self.context, name, answer, now_ms)
            case PendingRequest.RECALL:
                phase_flight.recall_answered(self.context, answer, now_ms)
            case PendingRequest.WAVE_OFF:
                phase_dock.wave_off_answered(self.context, answer, now_ms)
            case _:
                phase_dock.clearance_answered(self.context, answer, now_ms)

    @property
    def awaits_operator(self) -> bool:
        """True while phase 8 waits for `confirm_relaunch`."""
        memory = self.memory
        asked = AWAIT_OPERATOR in memory.announced and not memory.confirmed
        return self.context.confirm and memory.ended_by is None and asked

    def confirm_relaunch(self, now_ms: int) -> None:
        """Confirm the relaunch that `awaits_operator` waits for."""
        self.context.decide(now_ms, "operator_confirms", "a relaunch was confirmed by a person")
        self.memory.confirmed = True
        self.memory.check_ms = now_ms

    def resume_after_done(self, now_ms: int) -> None:
        """Go on with more sorties after the loop ended because all were flown."""
        self.memory.ended_by = None
        self.context.happen(LoopEvent.RELAUNCH, now_ms)

    def recover(self, now_ms: int) -> None:
        """Take back a skimmer that was declared lost and reports again: it docks, goes through phase 8, and flies again
        if its health allows it. T_DEATH starts again."""
        memory = self.memory
        memory.ended_by = None
        memory.recovering, memory.heard_again = True, False
        memory.docked = False
        memory.announced = []
        memory.approaches, memory.failed_approaches = 0, []
        memory.approaching = memory.waved_off = False
        memory.skimmer = SkimmerState.ACTIVE if memory.derating == Derating() else SkimmerState.DERATED
        memory.reason = "recovered: to be reviewed"
        memory.death.start(now_ms, self.profile.plan.t_sortie_s)
        memory.beats.start(now_ms, self.profile.heartbeat)
        self.context.decide(now_ms, "recover", "an operator takes the lost skimmer back in")
        self.context.happen(LoopEvent.RECOVER, now_ms)

    def restart(self, now_ms: int) -> None:
        """Start again in a new process with a simulated skimmer, which stands in its dock: the sortie that was under
        way is closed as aborted, keeps its number, and phase 8 decides at once."""
        memory = self.memory
        if memory.leaving:
            return
        self.context.decide(now_ms, "restart", "started again: the skimmer stands on its dock, its sortie is closed")
        if memory.record is not None:
            memory.record.trigger = memory.record.trigger or ControlledBy.RESTART
        memory.docked = True
        memory.death.stop()
        memory.beats.stop()
        self.context.happen(LoopEvent.RESTART, now_ms)
        memory.check_ms = now_ms
        phase_service.health_step(self.context, self.context.plant.depot_reading(), now_ms)

    def look_again(self, away_ms: int, now_ms: int) -> None:
        """Start again in a new process with a real skimmer, which may be anywhere: it is asked for a report. `away_ms`
        have passed since the last process ended. T_DEATH has run on during that time, but does not expire before the
        skimmer could answer."""
        memory = self.memory
        if memory.ended_by is not None or memory.leaving:
            return
        self.context.decide(
            now_ms, "restart", "started again: the skimmer is asked where it is", {"away_s": away_ms / 1000.0}
        )
        if (memory.phase in FLYING and not memory.docked) or memory.step is PrepStep.LAUNCH:
            memory.controlled_by, memory.controlled_by_ms = ControlledBy.RESTART, now_ms
        if memory.death.due_ms is not None:
            answered_ms = now_ms + round(ANSWER_BEATS * self.profile.heartbeat.period_s * 1000.0)
            memory.death.due_ms = max(memory.death.due_ms - away_ms, answered_ms)
        if memory.beats.due_ms is not None:
            memory.beats.start(now_ms, self.profile.heartbeat)
        self.context.request(CommandMessage(DepotCommand.REPORT, answered=False))

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_deadline_ms(self) -> int | None:
        """Time of the next call of `handle_timeout`, ms since the loop began; None when the loop has ended."""
        memory = self.memory
        return earliest((memory.check_ms, memory.death.due_ms, memory.beats.due_ms))

    def handle_timeout(self, now_ms: int) -> None:
        """Check ABORT-3 and both timers, then do the work of the phase."""
        memory = self.memory
        if memory.ended_by is not None:
            return
        reading = self.context.plant.depot_reading()
        if memory.leaving:
            self._follow_burn(reading, now_ms)
            return
        if reading is not self._calm:
            watch = first(ABORT_3, reading, self.profile.watch)
            if watch is not None:
                self._total_abort(watch.name, watch.measured(reading), reading, now_ms)
                return
            self._calm = reading
        if memory.death.expired(now_ms):
            self.context.declare_lost(LoopEvent.DEATH_TIMER, now_ms, "T_DEATH expired without a confirmed dock")
            return
        if not reading.hears:  # no heartbeat can arrive, so none is missed
            opens_ms = now_ms + round(reading.next_window_s * 1000.0)
            memory.beats.wait(now_ms, opens_ms, self.profile.heartbeat)
        elif memory.beats.check(now_ms, self.profile.heartbeat):
            self.context.request(CommandMessage(DepotCommand.REPORT, answered=False))
        while self.memory.ended_by is None and _STEPS[memory.phase](self.context, reading, now_ms):
            reading = self.context.plant.depot_reading()

    # --- ABORT-3 ------------------------------------------------------------------------------------------------------
    def _total_abort(self, trigger: str, facts: dict[str, Any], reading: DepotReading, now_ms: int) -> None:
        """Carry out ABORT-3, which is final: the depot saves itself and flies home; a skimmer that is not docked is
        abandoned."""
        memory, context = self.memory, self.context
        context.decide(now_ms, trigger, "ABORT-3: total abort", facts)
        context.raise_abort(Abort.ABORT_3, trigger)
        context.happen(LoopEvent.ABORT_3, now_ms)
        context.request(CommandMessage(DepotCommand.TOTAL_ABORT, answered=False))
        segments = reading.failed_segments
        what = f"{', '.join(segments)} shut off" if segments else "no tank, line or reactor is damaged"
        context.decide(now_ms, "isolate_damage", what, {"segments": segments})
        context.decide(now_ms, "soxe_off", "ABORT-3")
        context.decide(now_ms, "survival_bus_only", "primary and secondary loads cut")
        shut = context.plant.total_abort(segments)
        memory.death.stop()
        memory.beats.stop()
        if reading.in_dock:  # by the latches: the answer to a launch command or the report of a capture may be lost
            memory.reason = "carried home by the depot"
            context.close_sortie(SortieOutcome.ABORTED, now_ms)
        else:
            memory.skimmer, memory.reason = SkimmerState.LOST, "abandoned: the depot left on ABORT-3"
            context.close_sortie(SortieOutcome.LOST, now_ms)
        self._leave(shut, now_ms)

    def _leave(self, shut: list[str], now_ms: int) -> None:
        """Start the burn home with the propellant that can still reach the engine, or end the loop if there is none."""
        reading = self.context.plant.depot_reading()  # with the lines that are shut by now
        need_kg, available_kg = reading.burn_need_kg, reading.burn_available_kg
        kg = min(need_kg, available_kg)
        facts = {"need_kg": need_kg, "there_kg": available_kg, "lines_shut": shut, "possible": available_kg >= need_kg}
        if need_kg <= 0.0:
            why = "it stands on the ground: nothing to burn"
        elif available_kg >= need_kg:
            why = f"{need_kg:.0f} kg"
        else:
            why = f"cannot be flown whole: {available_kg:.0f} of {need_kg:.0f} kg can reach the engine"
        self.context.decide(now_ms, "return_to_origin_burn", why, facts)
        self.memory.leaving = True
        self.memory.check_ms = now_ms + math.ceil(kg / self.profile.depot.engine_kg_s * 1000.0)
        if kg > 0.0:
            self.context.plant.burn_to_origin(kg)
            return
        self._follow_burn(reading, now_ms)

    def _follow_burn(self, reading: DepotReading, now_ms: int) -> None:
        """End the loop when the burn home has ended."""
        if reading.burn_remaining_kg > 0.0:
            return
        target_mps = self.profile.depot.origin_dv_mps
        facts = {
            "achieved_mps": round(reading.burnt_mps, 3),
            "wanted_mps": target_mps,
            "core_k": reading.core_k,
            "manifold_bar": reading.manifold_bar,
            "boil_off_bar": reading.boil_off_bar,
        }
        why = f"on the survival bus; core at {reading.core_k:.0f} K, manifolds at {reading.manifold_bar:.1f} bar"
        self.context.decide(now_ms, "stabilise", f"{why}; no more planning", facts)
        self.memory.leaving = False
        self.context.end(EndedBy.TOTAL_ABORT, now_ms)


def _heard(status: Status) -> dict[str, Any]:
    return {"stage": SkimmerStage(status.stage).name, "soc": status.soc, "fuel_kg": status.fuel_kg}
