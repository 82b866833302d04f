"""The skimmer's side of the loop: flies its plan, watches itself, and obeys.

It knows its plan, its own sensors and what the depot has told it, nothing else. It aborts by itself (ABORT-1), holds
off at the docking corridor until it is cleared, comes home when it has heard nothing for long, and repeats what matters
until the depot has acknowledged it.
"""

from __future__ import annotations

from typing import Any

from depot.margins import margin_facts, margin_near
from depot.messages import Answer, MissionPlan, Order
from depot.names import ABORTABLE, Mode, Stage
from depot.readings import Place, SkimmerReading
from depot.skimmer.skimmer_hands import SkimmerHands
from depot.watches import ABORT_1, first, trips

ACK_EVERY = 8
"""Every so many beats the skimmer wants to know that it is heard."""


class SkimmerParty(SkimmerHands):
    """See the module and `SkimmerBase`."""

    # --- in -----------------------------------------------------------------------------------------------------------
    def handle_plan(self, plan: MissionPlan, now_ms: int) -> bool:
        """A plan is taken at the dock only, whole or not at all."""
        self.memory.heard_ms = now_ms
        if self.memory.stage is not Stage.DOCKED:
            return False
        before, self.memory.plan = self.memory.plan, plan
        if before is None or before.number != plan.number:
            alive = self._craft.skimmer_reading().abort_sensors_ok
            self._decide(now_ms, "set_pre_launch_configuration", "a new plan", {"plan": plan.number})
            self._decide(now_ms, "verify_abort_sensors", "alive" if alive else "dead", {"abort_sensors_ok": alive})
        return True

    def handle_order(self, order: Order, now_ms: int) -> Answer:
        """A command of the depot. One that has been carried out already is accepted again: its answer was lost."""
        memory = self.memory
        memory.heard_ms = now_ms
        match order:
            case Order.GO:
                return self._go(now_ms)
            case Order.RECALL:
                return self._recall(now_ms)
            case Order.CLEARANCE | Order.EMERGENCY_CLEARANCE:
                return self._cleared(now_ms, order)
            case Order.REPORT:
                if self._craft.skimmer_reading().transmits:
                    self._report(now_ms)
                return Answer.ACCEPTED
            case _:
                return Answer.ACCEPTED

    def handle_ack(self, seq: int, now_ms: int) -> None:
        """The depot has the status `seq`."""
        memory = self.memory
        memory.heard_ms = now_ms
        if memory.repeat_ms is not None and (seq - memory.urgent_seq) & 0xFFFF < 0x8000:
            memory.repeat_ms = None

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_deadline_ms(self) -> int:
        """When to be called next, unless something happens before."""
        memory = self.memory
        due = memory.beat_ms
        if memory.repeat_ms is not None:
            due = min(due, memory.repeat_ms)
        if memory.harvest_until_ms is not None:
            due = min(due, memory.harvest_until_ms)
        return due

    def handle_timeout(self, now_ms: int) -> None:
        """Look at the sensors, act, and beat if a beat is due."""
        reading = self._craft.skimmer_reading()
        while self._step(reading, now_ms):
            reading = self._craft.skimmer_reading()
        memory = self.memory
        if memory.repeat_ms is not None and now_ms >= memory.repeat_ms:
            memory.repeat_gap_ms = min(2 * memory.repeat_gap_ms, round(self.profile.heartbeat.period_s * 1000.0))
            memory.repeat_ms = now_ms + memory.repeat_gap_ms
            self._report(now_ms, reading)
        if now_ms >= memory.beat_ms:
            memory.beat_ms = now_ms + round(self.profile.heartbeat.period_s * 1000.0)
            if reading.transmits:
                self._report(now_ms, reading, ask=memory.seq % ACK_EVERY == 0)

    # --- the course ---------------------------------------------------------------------------------------------------
    def _step(self, reading: SkimmerReading, now_ms: int) -> bool:
        """One change of stage or mode; False when there is nothing to change."""
        memory = self.memory
        if reading is not self._seen:
            self._seen, self._found = reading, trips(reading, self.profile)
        found = self._found
        if found != memory.trips:
            memory.trips = found
            if memory.stage is Stage.DOCKED:
                self._announce(now_ms, reading)
        flown = memory.stage not in (Stage.DOCKED, Stage.DISPOSAL)
        if (memory.taken and memory.stage is not Stage.DOCKED) or (reading.taken and flown):
            return self._in_other_hands(reading, now_ms)
        if memory.stage in ABORTABLE and not memory.trigger and found:
            self._abort(reading, now_ms)
            return True
        match memory.stage:
            case Stage.UNDOCKING if reading.place is Place.DOCK:
                why = f": {reading.called_off}" if reading.called_off else ""
                self._decide(now_ms, "launch_called_off", f"it did not leave the dock{why}", {})
                self._set_mode(Mode.DOCKED, now_ms)
                self._enter(Stage.DOCKED, now_ms)
                return True
            case Stage.UNDOCKING if reading.place is not Place.NEAR:
                facts = {"drift_m": reading.drift_m, "way_back_s": reading.remaining_s}
                self._decide(now_ms, "verify_geometric_clearance", "clear of the depot", facts)
                self._enter(Stage.OUTBOUND, now_ms)
                self._decide(now_ms, "follow_trajectory", "to the entry of the harvest zone", self._course())
                if memory.recalled:
                    self._turn_back(now_ms, "recall", "recalled while undocking", {})
                return True
            case Stage.OUTBOUND:
                return self._fly_out(reading, now_ms)
            case Stage.HARVEST:
                return self._harvest(reading, now_ms)
            case Stage.RETURN:
                return self._fly_back(reading, now_ms)
            case Stage.APPROACH if reading.place is Place.DOCK:
                self._set_mode(Mode.DOCKED, now_ms)
                self._enter(Stage.DOCKED, now_ms)
                return True
            case _:
                return False

    def _fly_out(self, reading: SkimmerReading, now_ms: int) -> bool:
        if reading.place is not Place.ZONE:
            silent = self._silent(now_ms)
            return silent or self._transit_mode(reading, Mode.STANDBY if reading.coasting else Mode.CRUISE, now_ms)
        near = margin_near(reading, self._plan())
        if near is not None:
            self._turn_back(now_ms, near, "margins do not allow a harvest", margin_facts(reading))
            return True
        plan = self._plan()
        memory = self.memory
        memory.harvest_until_ms = now_ms + round(plan.harvest_s * 1000.0)
        self._decide(now_ms, "start_harvest", "at the entry point with acceptable margins", margin_facts(reading))
        self._craft.start_harvest(plan.store_kg)
        self._set_mode(Mode.ACTIVE_HARVEST, now_ms)
        self._enter(Stage.HARVEST, now_ms)
        return True

    def _harvest(self, reading: SkimmerReading, now_ms: int) -> bool:
        facts = {"store_kg": reading.store_kg, **margin_facts(reading)}
        near = margin_near(reading, self._plan())
        until = self.memory.harvest_until_ms
        if reading.store_full:
            self._turn_back(now_ms, "store_near_capacity", "the store is as full as planned", facts)
        elif until is not None and now_ms >= until:
            self._turn_back(now_ms, "time_budget_reached", "the time for the harvest is over", facts)
        elif near is not None:
            self._turn_back(now_ms, near, "the return margin is near", facts)
        else:
            return self._silent(now_ms)
        return True

    def _fly_back(self, reading: SkimmerReading, now_ms: int) -> bool:
        if reading.place is Place.CORRIDOR:
            self._set_mode(Mode.CRUISE, now_ms)
            self._enter(Stage.HOLDING, now_ms)
            return True
        return not self.memory.trigger and self._transit_mode(reading, Mode.CRUISE, now_ms)

    def _transit_mode(self, reading: SkimmerReading, usual: Mode, now_ms: int) -> bool:
        """ECLIPSE/SURVIVAL while power is poor."""
        low = self.profile.power.survival_soc
        poor = reading.soc < (2.0 * low if self.memory.mode is Mode.SURVIVAL else low)
        wanted = Mode.SURVIVAL if poor else usual
        if wanted is self.memory.mode:
            return False
        self._set_mode(wanted, now_ms)
        self._announce(now_ms)
        return True

    def _silent(self, now_ms: int) -> bool:
        """Nothing heard for long: home by itself."""
        silence_s = (now_ms - self.memory.heard_ms) / 1000.0
        if silence_s < self.profile.heartbeat.home_after_s:
            return False
        self._turn_back(now_ms, "depot_silent", "nothing heard of the depot for long", {"silence_s": silence_s})
        return True

    # --- aborts -------------------------------------------------------------------------------------------------------
    def _abort(self, reading: SkimmerReading, now_ms: int) -> None:
        """ABORT-1: survival mode at once, then home if fuel and power allow it, else disposal."""
        memory = self.memory
        watch = first(ABORT_1, reading, self.profile)
        assert watch is not None  # the caller has seen a trip
        power_wh = reading.reserve_wh + reading.power_wh
        feasible = reading.fuel_kg >= reading.fuel_need_kg and power_wh >= reading.reserve_need_wh
        facts = {
            **watch.measured(reading), "fuel_kg": reading.fuel_kg, "fuel_need_kg": reading.fuel_need_kg,
            "power_wh": power_wh, "power_need_wh": reading.reserve_need_wh, "return_feasible": feasible,
        }  # fmt: skip
        course = "returning" if feasible else "return is not feasible: disposal"
        self._decide(now_ms, watch.name, f"ABORT-1, {watch.group}; {course}", facts)
        memory.trigger = ABORT_1.index(watch) + 1
        memory.harvest_until_ms = None
        self._set_mode(Mode.SURVIVAL, now_ms)
        if feasible:
            self._craft.turn_back()
            self._enter(Stage.RETURN, now_ms)
        else:
            self._craft.dispose()
            self._enter(Stage.DISPOSAL, now_ms)

    def _recall(self, now_ms: int) -> Answer:
        """ABORT-2: stop what you are doing and come back now."""
        memory = self.memory
        if memory.stage is Stage.DOCKED or memory.taken:
            return Answer.REFUSED
        if memory.recalled:
            return Answer.ACCEPTED
        memory.recalled = True
        if memory.stage in (Stage.OUTBOUND, Stage.HARVEST):
            self._turn_back(now_ms, "recall", "recalled by the depot", {})
        return Answer.ACCEPTED

    def _turn_back(self, now_ms: int, name: str, reason: str, facts: dict[str, Any]) -> None:
        self._decide(now_ms, name, reason, facts)
        self.memory.harvest_until_ms = None
        self._craft.turn_back()
        self._set_mode(Mode.CRUISE, now_ms)
        self._enter(Stage.RETURN, now_ms)

    # --- orders -------------------------------------------------------------------------------------------------------
    def _go(self, now_ms: int) -> Answer:
        memory = self.memory
        if memory.plan is None:
            return Answer.REFUSED
        if memory.stage is not Stage.DOCKED:
            return Answer.ACCEPTED if memory.stage is Stage.UNDOCKING else Answer.REFUSED
        if memory.plan.number == memory.flown:
            return Answer.REFUSED  # an old GO that came late: this plan has been flown
        reading = self._craft.skimmer_reading()
        if not reading.ready:
            if reading.hindrance:
                self._decide(now_ms, "not_ready", reading.hindrance, {"plan": memory.plan.number})
            return Answer.REFUSED
        self._decide(now_ms, "undock", "launch command", {"plan": memory.plan.number})
        memory.flown = memory.plan.number
        memory.trigger = 0
        memory.recalled = False
        memory.taken = ""
        memory.boot_ms = now_ms
        memory.beat_ms = now_ms + round(self.profile.heartbeat.period_s * 1000.0)
        self._craft.undock()
        self._decide(now_ms, "initial_burn", "a profile set before", {"usual_s": self.profile.plan.departure_s})
        self._set_mode(Mode.CRUISE, now_ms)
        self._enter(Stage.UNDOCKING, now_ms)
        return Answer.ACCEPTED

    def _cleared(self, now_ms: int, order: Order) -> Answer:
        memory = self.memory
        if memory.stage in (Stage.APPROACH, Stage.DOCKED):
            return Answer.ACCEPTED
        if memory.stage is not Stage.HOLDING or memory.taken:
            return Answer.REFUSED
        self._decide(now_ms, "approach", "docking clearance", {"emergency": order is Order.EMERGENCY_CLEARANCE})
        self._craft.approach()
        self._enter(Stage.APPROACH, now_ms)
        return Answer.ACCEPTED
