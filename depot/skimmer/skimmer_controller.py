"""Skimmer side of the sortie loop: flies its plan, watches itself and obeys the depot.

The controller knows its plan, its own sensors and the depot's messages. It has no profile and no limit that is not in
the plan that it acknowledged. It aborts by itself (ABORT-1), holds at the docking corridor until it is cleared, flies
home when it has received nothing for a long time, and repeats important statuses until the depot has acknowledged them.
"""

from __future__ import annotations

from typing import Any

from depot.decision import Recorder
from depot.margins import margin_facts, margin_near
from depot.messages import DepotCommand, MissionPlan, RequestResult
from depot.names import ABORTABLE, SkimmerMode, SkimmerStage
from depot.readings import SkimmerPlace, SkimmerReading
from depot.settings import HeartbeatSettings, PowerSettings
from depot.skimmer.guidance import Guidance
from depot.skimmer.helm import SkimmerHelm
from depot.skimmer.orders import Orders
from depot.skimmer.reports import SkimmerMemory, SkimmerVehicle
from depot.skimmer.watches import ABORT_1, PowerLoads, first_trip, trips


class SkimmerController:
    """State machine of the skimmer. `beats`, `power`: settings of the craft. `clear_m`: least distance from the depot
    for a burn. `record`: takes each decision before it is carried out."""

    def __init__(
        self,
        beats: HeartbeatSettings,
        power: PowerSettings,
        clear_m: float,
        vehicle: SkimmerVehicle,
        record: Recorder,
        memory: SkimmerMemory | None = None,
        guidance: Guidance | None = None,
    ) -> None:
        self._helm = SkimmerHelm(vehicle, record, memory or SkimmerMemory(), beats, guidance)
        self._loads = PowerLoads(self._helm, power)
        self._orders = Orders(self._helm, self._watch)
        self.reports = self._helm.reports
        self._beats = beats
        self._clear_m = clear_m
        self._craft = vehicle
        self._judged: SkimmerReading | None = None  # reading and plan of the last evaluation of the triggers
        self._judged_by: MissionPlan | None = None
        self._found = 0

    @property
    def memory(self) -> SkimmerMemory:
        return self.reports.memory

    @property
    def powered(self) -> bool:
        """True while something on board has power; without it no message is received."""
        return self._craft.skimmer_reading().powered

    # --- messages ---------------------------------------------------------------------------------------------------
    def handle_plan(self, plan: MissionPlan, now_ms: int) -> bool:
        """Accept a plan, only at the dock; from then on its thresholds hold."""
        memory = self.memory
        memory.heard_ms = now_ms
        if memory.stage is not SkimmerStage.DOCKED:
            return False
        memory.plan = plan
        memory.verified = 0
        return True

    def handle_order(self, order: DepotCommand, now_ms: int) -> RequestResult:
        """Carry out or refuse an order. A repeated order is accepted again, because its answer was lost."""
        self.memory.heard_ms = now_ms
        return self._orders.handle(order, now_ms)

    def handle_ack(self, seq: int, now_ms: int) -> None:
        """Note that the depot has status `seq`."""
        self.memory.heard_ms = now_ms
        self.reports.acknowledged(seq)

    def person_asks(self, now_ms: int) -> None:
        """Fly home because a person asks the skimmer controller to take back a vehicle that another party has."""
        if self.memory.controlled_by and self.memory.stage is not SkimmerStage.DOCKED:
            self._helm.decide(now_ms, "person_asks", "a person asks for it: flown again by its skimmer controller", {})
            self._give_back(SkimmerStage.RETURN, now_ms)

    def stand_on_dock(self, now_ms: int) -> None:
        """Start again in a new process with a new craft on its dock. Only the plan, the last flown plan and what the
        health review needs of its flight are kept."""
        before = self.memory
        self.reports.memory = SkimmerMemory(
            plan=before.plan,
            flown=before.flown,
            trigger=before.trigger,
            seq=before.seq,
            trips=before.trips,
            beat_ms=now_ms,
            heard_ms=now_ms,
            boot_ms=now_ms,
            least_fuel=before.least_fuel,
            least_power=before.least_power,
        )

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_deadline_ms(self) -> int:
        """Time of the next call of `handle_timeout`, ms since the loop began."""
        until = None if self.memory.controlled_by else self.memory.harvest_until_ms
        dues = (self.reports.next_ms(), until, self._helm.ctrl.next_ms())
        return min(due for due in dues if due is not None)

    def handle_timeout(self, now_ms: int) -> None:
        """Evaluate the sensors, act, and send the statuses that are due. A commanded burn changes power and propellant,
        so they are evaluated again until nothing changes."""
        reading = self.reports.reading(now_ms)
        while self._step(reading, now_ms) or self._helm.ctrl.steer(now_ms):
            reading = self.reports.reading(now_ms)
        self.reports.due(reading, now_ms)

    # --- course of the sortie ---------------------------------------------------------------------------------------
    def _step(self, reading: SkimmerReading, now_ms: int) -> bool:
        """Make one change of stage or mode; False if there is none."""
        memory = self.memory
        found = self._watch(reading)
        if memory.stage in ABORTABLE:
            self.reports.measure(reading)
        if found != memory.trips:
            memory.trips = found
            if memory.stage is SkimmerStage.DOCKED:
                self.reports.announce(now_ms, reading)
        flown = memory.stage not in (SkimmerStage.DOCKED, SkimmerStage.DISPOSAL)
        if flown and reading.down and (memory.trigger or not (memory.controlled_by or reading.controlled_by)):
            return self._fallen(reading, now_ms)
        if (memory.controlled_by and memory.stage is not SkimmerStage.DOCKED) or (reading.controlled_by and flown):
            return self._in_other_hands(reading, now_ms)
        if memory.stage in ABORTABLE and not memory.trigger and found:
            self._abort(reading, now_ms)
            return True
        if memory.stage is not SkimmerStage.DOCKED:
            self._loads.manage(reading, now_ms)
        match memory.stage:
            case SkimmerStage.UNDOCKING:
                return self._separate(reading, now_ms)
            case SkimmerStage.DEPARTURE if reading.place is not SkimmerPlace.NEAR:
                self._helm.enter(SkimmerStage.OUTBOUND, now_ms)
                self._helm.decide(now_ms, "follow_trajectory", "to the entry of the harvest zone", self._course())
                if memory.recalled:
                    self._helm.turn_back(now_ms, "recall", "recalled while undocking", {})
                return True
            case SkimmerStage.OUTBOUND:
                return self._fly_out(reading, now_ms)
            case SkimmerStage.HARVEST:
                return self._harvest(reading, now_ms)
            case SkimmerStage.RETURN:
                return self._fly_back(reading, now_ms)
            case SkimmerStage.APPROACH if reading.place is SkimmerPlace.BACK:
                why = "given up, or outside the limits of capture: to the gate"
                self._helm.back_to_gate(now_ms, "approach_missed", why)
                return True
            case SkimmerStage.APPROACH | SkimmerStage.DISPOSAL if reading.place is SkimmerPlace.DOCK:
                self._helm.stand_in_dock(now_ms)
                return True
            case _:
                return False

    def _watch(self, reading: SkimmerReading) -> int:
        """Triggers of ABORT-1 that hold by the acknowledged plan, as bits."""
        plan = self.memory.plan
        if reading is not self._judged or plan is not self._judged_by:
            self._judged, self._judged_by, self._found = reading, plan, trips(reading, plan)
        return self._found

    def _separate(self, reading: SkimmerReading, now_ms: int) -> bool:
        """Leave the dock, and burn when the measured distance to the depot is large enough."""
        if reading.place is SkimmerPlace.DOCK:
            why = f": {reading.called_off}" if reading.called_off else ""
            self._helm.decide(now_ms, "launch_called_off", f"it did not leave the dock{why}", {})
            self._helm.stand_in_dock(now_ms)
            return True
        if reading.clearance_m < self._clear_m:
            return False
        facts = {"clearance_m": reading.clearance_m, "needed_m": self._clear_m}
        self._helm.decide(now_ms, "verify_geometric_clearance", "clear of the depot", facts)
        self._helm.decide(
            now_ms, "initial_burn", "worked out from where it is, for the plan", {"plan": self._helm.plan.number}
        )
        self._helm.set_mode(SkimmerMode.CRUISE, now_ms)
        self._helm.ctrl.initial_burn(self._helm.plan, now_ms)
        self._helm.enter(SkimmerStage.DEPARTURE, now_ms)
        return True

    def _fly_out(self, reading: SkimmerReading, now_ms: int) -> bool:
        if reading.place is not SkimmerPlace.ZONE or not reading.in_zone:
            usual = SkimmerMode.STANDBY if reading.coasting else SkimmerMode.CRUISE
            return self._silent(now_ms) or self._loads.set_transit_mode(reading, usual, now_ms)
        near = margin_near(reading, self._helm.plan)
        if near is not None:
            self._helm.turn_back(now_ms, near, "margins do not allow a harvest", margin_facts(reading))
            return True
        plan = self._helm.plan
        self.memory.harvest_until_ms = now_ms + round(plan.harvest_s * 1000.0)
        self._helm.decide(now_ms, "start_harvest", "at the entry point with acceptable margins", margin_facts(reading))
        self._craft.start_harvest(plan.store_kg)
        self._helm.set_mode(SkimmerMode.ACTIVE_HARVEST, now_ms)
        self._helm.enter(SkimmerStage.HARVEST, now_ms)
        return True

    def _harvest(self, reading: SkimmerReading, now_ms: int) -> bool:
        facts = {"store_kg": reading.store_kg, **margin_facts(reading)}
        near = margin_near(reading, self._helm.plan)
        until = self.memory.harvest_until_ms
        if reading.store_full:
            self._helm.turn_back(now_ms, "store_near_capacity", "the store is as full as planned", facts)
        elif until is not None and now_ms >= until:
            self._helm.turn_back(now_ms, "time_budget_reached", "the time for the harvest is over", facts)
        elif near is not None:
            self._helm.turn_back(now_ms, near, "the return margin is near", facts)
        else:
            return self._silent(now_ms)
        return True

    def _fly_back(self, reading: SkimmerReading, now_ms: int) -> bool:
        if reading.place is SkimmerPlace.CORRIDOR:
            self._helm.set_mode(SkimmerMode.CRUISE, now_ms)
            self._helm.enter(SkimmerStage.HOLDING, now_ms)
            return True
        return not self.memory.trigger and self._loads.set_transit_mode(reading, SkimmerMode.CRUISE, now_ms)

    def _silent(self, now_ms: int) -> bool:
        """Go home after a long silence of the depot."""
        silence_s = (now_ms - self.memory.heard_ms) / 1000.0
        if silence_s < self._beats.home_after_s:
            return False
        self._helm.turn_back(now_ms, "depot_silent", "nothing heard of the depot for long", {"silence_s": silence_s})
        return True

    # --- another party has the vehicle: a pilot, a failsafe, a restart (docs/reference/real-vehicles.md, 2) ---------
    def _in_other_hands(self, reading: SkimmerReading, now_ms: int) -> bool:
        """Command nothing until control is returned. A vehicle that lands in its dock is home all the same."""
        memory = self.memory
        if memory.controlled_by and reading.place is SkimmerPlace.DOCK:
            self._helm.stand_in_dock(now_ms)
            return True
        if reading.controlled_by == memory.controlled_by:
            return False
        if not reading.controlled_by:
            self._helm.decide(now_ms, "given_back", "the party has the vehicle again", {"had": memory.controlled_by})
            self._give_back(memory.stage, now_ms)
            return True
        self._helm.decide(
            now_ms, "taken_over", f"{reading.controlled_by}: nothing is commanded", {"stage": memory.stage.name}
        )
        if not memory.controlled_by:
            self._craft.stand_aside()
        memory.controlled_by = reading.controlled_by
        if reading.transmits:
            self.reports.announce(now_ms, reading)
        return True

    def _give_back(self, stage: SkimmerStage, now_ms: int) -> None:
        """Take the control back: go on with the plan, but from phase 5 on fly home again."""
        self.memory.controlled_by = ""
        if SkimmerStage.UNDOCKING <= stage <= SkimmerStage.HARVEST:
            self._craft.resume()
            self._helm.enter(stage, now_ms)
            return
        self._helm.fly_home(now_ms)
        self._helm.enter(SkimmerStage.RETURN, now_ms)

    # --- aborts -------------------------------------------------------------------------------------------------------
    def _abort(self, reading: SkimmerReading, now_ms: int) -> None:
        """ABORT-1: survival mode, then home if fuel and power allow it, else disposal."""
        memory = self.memory
        watch = first_trip(self._found)
        power_wh = reading.reserve_wh + reading.power_wh
        enough = reading.fuel_kg >= reading.fuel_need_kg and power_wh >= reading.reserve_need_wh
        feasible = enough and not reading.down
        facts = {
            **watch.measured(reading),
            "fuel_kg": reading.fuel_kg,
            "fuel_need_kg": reading.fuel_need_kg,
            "power_wh": power_wh,
            "power_need_wh": reading.reserve_need_wh,
            "return_feasible": feasible,
        }
        course = "returning" if feasible else "return is not feasible: disposal"
        self._helm.decide(now_ms, watch.name, f"ABORT-1, {watch.group}; {course}", facts)
        memory.trigger = ABORT_1.index(watch) + 1
        self._helm.set_mode(SkimmerMode.SURVIVAL, now_ms)
        if feasible:
            self._helm.fly_home(now_ms)
            self._helm.enter(SkimmerStage.RETURN, now_ms)
        else:
            self._helm.ctrl.dispose(now_ms)
            self._helm.enter(SkimmerStage.DISPOSAL, now_ms)

    def _fallen(self, reading: SkimmerReading, now_ms: int) -> bool:
        """Handle a vehicle that cannot fly any more: ABORT-1 if the stage allows it and none was declared, else
        disposal."""
        memory = self.memory
        if memory.stage in ABORTABLE and not memory.trigger and self._found:
            self._abort(reading, now_ms)
            return True
        facts = {"stage": memory.stage.name, "fuel_kg": reading.fuel_kg, "store_kg": reading.store_kg}
        self._helm.decide(now_ms, "flies_no_more", f"{reading.down}: disposal", facts)
        self._helm.set_mode(SkimmerMode.SURVIVAL, now_ms)
        self._helm.ctrl.dispose(now_ms)
        self._helm.enter(SkimmerStage.DISPOSAL, now_ms)
        return True

    def _course(self) -> dict[str, Any]:
        return {"waypoints": len(self._helm.plan.waypoints), "harvest_s": self._helm.plan.harvest_s}
