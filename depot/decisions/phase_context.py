"""Context that the depot controller shares with its phases.

It has the memory, the decision log, the requests, the changes of phase, and the beginning and end of sorties. The
modules `phase_*` are functions of a `PhaseContext`; `depot_controller` handles messages and time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autopilot.interface.mathematics import whole_power
from depot.decision import Decision, Recorder
from depot.decisions.conditions import ConditionInputs, answers
from depot.decisions.memory import OFFLOAD_LEFTOVER, ControlledBy, DepotMemory, PendingRequest, PrepStep, RecallState
from depot.decisions.phases import PHASES, LoopEvent, next_phase
from depot.decisions.planning import LOSS_RESERVE, LOSS_TIME, harvest_budget, make_plan, plan_facts
from depot.decisions.record import SortieRecord
from depot.decisions.track import tolerance_deg
from depot.decisions.watches import unstable
from depot.messages import DepotCommand, MissionPlan, Request, Status, Upload
from depot.names import Abort, EndedBy, Phase, SkimmerMode, SkimmerState, SortieOutcome
from depot.readings import DepotReading
from depot.settings import DEATH_FACTOR, Profile


class DepotPlant(Protocol):
    """Commands of the depot controller to its depot."""

    def depot_reading(self) -> DepotReading: ...
    def offload(self, on: bool) -> None: ...
    def refuel(self, on: bool) -> None: ...
    def repair(self, name: str) -> None: ...
    def jettison(self) -> None:
        """Throw a retired skimmer overboard."""

    def ration(self, on: bool) -> None:
        """Give customers nothing below the usual level, because no harvest is expected."""

    def total_abort(self, segments: Sequence[str]) -> list[str]:
        """Isolate these segments, switch SOXE off and leave only the survival bus on. Returns the lines that are
        shut."""

    def burn_to_origin(self, kg: float) -> None:
        """Run the engine until `kg` of propellant are burnt."""


class PhaseContext:
    """Context of the phases. `total`: number of sorties after which the loop ends (None: no limit). `confirm`: an
    operator must confirm each relaunch (`DepotController.confirm_relaunch`). `entered`: called when a phase has begun,
    before anything is done in it."""

    def __init__(
        self,
        profile: Profile,
        plant: DepotPlant,
        record: Recorder,
        memory: DepotMemory,
        *,
        total: int | None = None,
        confirm: bool = False,
        entered: Callable[[], None] = lambda: None,
    ) -> None:
        self.profile = profile
        self.plant = plant
        self.memory = memory
        self.total = total
        self.confirm = confirm
        self.status_made_ms: int | None = None  # while a status is handled: the time at which it was made
        self._entered = entered
        self._record = record
        self._requests: list[Request] = []
        self._closed: list[SortieRecord] = []
        self.memory.waiting = None  # requests do not survive a restart; a phase repeats those that it still needs

    def decide(self, now_ms: int, name: str, reason: str, facts: dict[str, Any] | None = None) -> None:
        memory = self.memory
        self._record(Decision(now_ms, memory.number, int(memory.phase), "depot", name, reason, facts or {}))

    def decide_once(
        self, now_ms: int, name: str, reason: str, facts: dict[str, Any] | None = None, *, of: str = ""
    ) -> None:
        """Record a decision once in a sortie; with `of`, once in a sortie for each value of `of`."""
        announcement = f"{name} {of}" if of else name
        if announcement not in self.memory.announced:
            self.memory.announced.append(announcement)
            self.decide(now_ms, name, reason, facts)

    def request(self, request: Request) -> None:
        if isinstance(request, Upload) or request.answered:
            self.memory.waiting = name_of(request)
        self._requests.append(request)

    def take_requests(self) -> list[Request]:
        """Take the requests that are to be sent to the skimmer."""
        out, self._requests = self._requests, []
        return out

    def take_closed(self) -> list[SortieRecord]:
        """Take the sorties that have ended since the last call."""
        out, self._closed = self._closed, []
        return out

    def happen(self, event: LoopEvent, now_ms: int) -> None:
        """Change the phase as the table says for this event. `NotAllowed` is an error in the program."""
        memory = self.memory
        following = next_phase(memory.phase, event)
        if following is None or (following is memory.phase and event is not LoopEvent.RECOVER):
            return
        at_ms = self.when(now_ms)
        previous, memory.phase = memory.phase, following
        memory.phase_start_ms = at_ms
        memory.check_ms = None
        if following is Phase.PREP:
            self.begin_sortie(previous, now_ms)
            return
        self.begin_phase(previous, event.value, now_ms)
        if memory.record is not None:
            memory.record.enter(following, at_ms)
            self._entered()

    def begin_phase(self, previous: Phase | None, why: str, now_ms: int) -> None:
        """Journal the conditions of the phase that ends and of the one that begins."""
        memory = self.memory
        scene = self._scene(now_ms)
        ended = {} if previous is None else answers(PHASES[previous].exit, scene)
        facts = {"exit": ended, "entry": answers(PHASES[memory.phase].entry, scene)}
        if previous is Phase.HARVEST:  # the harvest has several ways to end
            why += f" ({', '.join(name for name, holds in ended.items() if holds) or 'by none of its conditions'})"
        self.decide(now_ms, "begin_phase", f"{memory.phase.title}: {why}", facts)

    def _scene(self, now_ms: int) -> ConditionInputs:
        status = self.memory.status or Status()
        return ConditionInputs(self.memory, self.plant.depot_reading(), self.profile, status, self.when(now_ms))

    def begin_sortie(self, previous: Phase | None, now_ms: int) -> None:
        """Begin phase 1: a new plan, new timers, refuelling. `previous`: the phase before; None in the first sortie
        of a loop."""
        memory = self.memory
        memory.number += 1
        memory.phase_start_ms = now_ms
        memory.step, memory.waiting, memory.recall = PrepStep.PREPARE, None, RecallState.NOT_SENT
        memory.anomalies, memory.announced = [], []
        memory.confirmed = memory.recovering = False
        memory.controlled_by = ControlledBy.NOBODY
        memory.approaches, memory.failed_approaches = 0, []
        memory.approaching = memory.waved_off = False
        memory.harvest_start_ms, memory.held_ms = None, 0
        memory.check_ms = now_ms + round(self.profile.plan.prep_s * 1000.0)
        self.begin_phase(previous, "a new sortie", now_ms)
        plan = self.replan(now_ms)
        self.decide(
            now_ms,
            "set_death_timer",
            "1.5 x T_SORTIE from the launch",
            {"t_death_s": DEATH_FACTOR * plan.t_sortie_s, "reset": previous is not None},
        )
        memory.record = SortieRecord(memory.number, plan.t_sortie_s, DEATH_FACTOR * plan.t_sortie_s)
        memory.record.track.tolerance = tolerance_deg(plan.waypoints)
        memory.record.enter(Phase.PREP, now_ms)
        memory.record.see_mode(SkimmerMode.DOCKED, now_ms)
        memory.clock_ms = None
        memory.beats.start(now_ms, self.profile.heartbeat)
        self._entered()
        self.tend_skimmer(now_ms)

    def replan(self, now_ms: int) -> MissionPlan:
        """Compute this sortie's plan from how depot and skimmer are now."""
        memory, profile = self.memory, self.profile
        reading, status = self.plant.depot_reading(), memory.status
        plan = make_plan(profile, memory.number, memory.derating, reading, status, losses=memory.losses)
        budget = harvest_budget(profile, memory.derating, plan.store_kg, status, losses=memory.losses)
        memory.plan = plan
        self.decide(now_ms, "plan_mission", "region, times, budgets and thresholds", plan_facts(plan, budget))
        if memory.record is not None:
            memory.record.t_sortie_s, memory.record.t_death_s = plan.t_sortie_s, DEATH_FACTOR * plan.t_sortie_s
        return plan

    def tend_skimmer(self, now_ms: int) -> None:
        """Refuel and charge the skimmer, and offload what an earlier sortie left in its store unless the depot is
        unstable. This delivery counts for no sortie."""
        reading = self.plant.depot_reading()
        stable = not unstable(reading, self.profile.watch)
        if not reading.emptied:
            self.decide_once(
                now_ms,
                OFFLOAD_LEFTOVER if stable else "keep_leftover",
                "an earlier sortie has left it in the store",
                {"store_kg": reading.offloadable_kg},
            )
        use, power = self.profile.skimmer, self.profile.power
        self.decide_once(
            now_ms,
            "top_off_propellant",
            "to the mission's margin",
            {"to_kg": use.launch_propellant_kg, "stock_kg": reading.fuel_stock_kg, "done": reading.refuelled},
        )
        self.decide_once(
            now_ms,
            "charge_batteries",
            "BATT_A and BATT_B to the charge wanted at launch",
            {"to_soc": power.launch_soc, "done": reading.charged},
        )
        self.plant.refuel(True)
        self.plant.offload(stable)

    def await_charge(self, reading: DepotReading, now_ms: int) -> None:
        """Record that the launch waits for a battery that this dock cannot charge."""
        status = self.memory.status
        if status is None or reading.refuelled or reading.dock_fuels:
            return
        charge, needed, unit = status.fuel_kg, self.profile.skimmer.launch_propellant_kg, self.profile.units.propellant
        self.decide_once(
            now_ms,
            "awaiting_charge",
            f"its battery holds {charge:.0f} of the {needed:.0f} {unit} that a launch takes: charge or change it",
            {"held": charge, "needed": needed},
        )

    def close_sortie(self, outcome: SortieOutcome, now_ms: int) -> None:
        """End the sortie. Its exit conditions are evaluated while its record still exists."""
        record = self.memory.record
        self.memory.exits = answers(PHASES[self.memory.phase].exit, self._scene(now_ms))
        if record is None:
            return
        record.leave(now_ms)
        record.outcome = outcome
        self._closed.append(record)
        self.memory.record = None

    def note_mode(self, mode: SkimmerMode, now_ms: int) -> None:
        """Record the skimmer's mode. A mode that this phase does not have is ignored: that skimmer has not obeyed a
        recall yet, and the depot counts it as returning."""
        if self.memory.record is not None and mode in PHASES[self.memory.phase].modes:
            self.memory.record.see_mode(mode, self.when(now_ms))

    def when(self, now_ms: int) -> int:
        """Time of the event that is handled, ms: when its status was made, else now."""
        made_ms = now_ms if self.status_made_ms is None else min(self.status_made_ms, now_ms)
        return max(made_ms, self.memory.phase_start_ms)

    def presume_mode(self, now_ms: int) -> None:
        """Record CRUISE, as the plan or the recall says, when a phase begins without a report and the last reported
        mode does not exist in it."""
        record = self.memory.record
        if record is not None and record.modes[-1][0] not in PHASES[self.memory.phase].modes:
            record.see_mode(SkimmerMode.CRUISE, now_ms)

    def raise_abort(self, abort: Abort, trigger: str) -> None:
        """Note an abort if its precedence is higher than that of the present one."""
        if self.memory.record is not None:
            self.memory.record.raise_abort(abort, trigger)

    def end(self, ended_by: EndedBy, now_ms: int) -> None:
        """End the loop and stop all timers."""
        memory = self.memory
        memory.ended_by = ended_by
        self.decide(now_ms, "freeze_timers", f"the loop has ended: {ended_by.value}", {"exit": memory.exits})
        memory.death.stop()
        memory.beats.stop()
        memory.check_ms = memory.waiting = None
        self.plant.offload(False)
        self.plant.refuel(False)

    def declare_lost(self, event: LoopEvent, now_ms: int, reason: str) -> None:
        """Retire a lost skimmer in software: from now on planning ignores it."""
        memory = self.memory
        facts = {"last_heard_s": memory.status_ms / 1000.0, "misses": memory.beats.misses}
        self.decide(now_ms, "declare_lost", reason, facts)
        memory.skimmer, memory.reason = SkimmerState.LOST, reason
        if memory.record is not None and memory.controlled_by:
            memory.record.trigger = memory.record.trigger or memory.controlled_by
        memory.losses += 1
        self.decide(
            now_ms,
            "adjust_plan",
            "tanks are rationed; whoever flies next has more reserve and a shorter harvest",
            {
                "harvest_no_longer_expected_kg": 0.0 if memory.plan is None else memory.plan.store_kg,
                "losses": memory.losses,
                "reserve": whole_power(LOSS_RESERVE, memory.losses),
                "time": whole_power(LOSS_TIME, memory.losses),
            },
        )
        self.plant.ration(True)
        self.happen(event, now_ms)
        self.close_sortie(SortieOutcome.LOST, now_ms)
        self.end(EndedBy.LOST, now_ms)


_WAITING = {
    DepotCommand.CONFIGURE: PendingRequest.CONFIGURE, DepotCommand.GO: PendingRequest.GO,
    DepotCommand.RECALL: PendingRequest.RECALL,
    DepotCommand.CLEARANCE: PendingRequest.CLEARANCE, DepotCommand.EMERGENCY_CLEARANCE: PendingRequest.CLEARANCE,
    DepotCommand.WAVE_OFF: PendingRequest.WAVE_OFF,
}  # fmt: skip


def name_of(request: Request) -> PendingRequest | None:
    """Name under which the memory keeps a request; None if no answer is expected."""
    return PendingRequest.UPLOAD if isinstance(request, Upload) else _WAITING.get(request.order)
