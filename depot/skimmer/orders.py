"""Handling of the depot's orders by the skimmer, and which it refuses.

An order that has been carried out already is accepted again: its answer was lost.
"""

from __future__ import annotations

from collections.abc import Callable

from depot.messages import Answer, Order
from depot.names import Stage
from depot.readings import Place, SkimmerReading
from depot.skimmer.helm import Helm


class Orders:
    """See the module. `watch` judges a reading by the triggers of ABORT-1."""

    def __init__(self, helm: Helm, watch: Callable[[SkimmerReading], int]) -> None:
        self._helm = helm
        self._watch = watch

    def handle(self, order: Order, now_ms: int) -> Answer:
        """Carry it out, or refuse it."""
        match order:
            case Order.CONFIGURE:
                return self._configure(now_ms)
            case Order.GO:
                return self._go(now_ms)
            case Order.RECALL:
                return self._recall(now_ms)
            case Order.CLEARANCE | Order.EMERGENCY_CLEARANCE:
                return self._cleared(now_ms, order)
            case Order.WAVE_OFF:
                return self._waved_off(now_ms)
            case Order.REPORT:
                if self._helm.vehicle.skimmer_reading().transmits:
                    self._helm.reports.report(now_ms)
                return Answer.ACCEPTED
            case _:
                return Answer.ACCEPTED

    def _configure(self, now_ms: int) -> Answer:
        """MODE_CTRL to its pre-launch configuration, then the critical sensors, which are powered by now: refused while
        one of them is dead."""
        helm, memory = self._helm, self._helm.memory
        if memory.plan is None or memory.stage is not Stage.DOCKED:
            return Answer.REFUSED
        number = memory.plan.number
        if memory.verified == number:
            return Answer.ACCEPTED
        helm.vehicle.configure()
        reading = helm.vehicle.skimmer_reading()
        powered = {"plan": number, "powered_w": reading.load_w}
        helm.decide(now_ms, "set_pre_launch_configuration", "what a launch needs is powered", powered)
        sensors = {"abort_sensors_ok": reading.abort_sensors_ok, "imu_ok": reading.imu_ok}
        alive = all(sensors.values())
        helm.decide(now_ms, "verify_abort_sensors", "alive" if alive else "dead: not to be launched", sensors)
        memory.verified = number if alive else 0
        memory.trips = self._watch(reading)
        if reading.transmits:
            helm.reports.announce(now_ms, reading)
        return Answer.ACCEPTED if alive else Answer.REFUSED

    def _go(self, now_ms: int) -> Answer:
        helm, memory = self._helm, self._helm.memory
        if memory.plan is None:
            return Answer.REFUSED
        if memory.stage is not Stage.DOCKED:
            return Answer.ACCEPTED if memory.stage in (Stage.UNDOCKING, Stage.DEPARTURE) else Answer.REFUSED
        number = memory.plan.number
        if number == memory.flown:
            return Answer.REFUSED  # an old GO that came late: this plan has been flown
        if memory.verified != number:
            helm.decide(now_ms, "not_ready", "its sensors have not been verified", {"plan": number})
            return Answer.REFUSED
        reading = helm.vehicle.skimmer_reading()
        if not reading.ready:
            if reading.not_ready_reason:
                helm.decide(now_ms, "not_ready", reading.not_ready_reason, {"plan": number})
            return Answer.REFUSED
        helm.decide(now_ms, "undock", "launch command", {"plan": number})
        memory.flown = number
        memory.trigger = 0
        memory.recalled = False
        memory.controlled_by = ""
        helm.reports.undocked(now_ms)
        helm.ctrl.undock(now_ms)
        helm.enter(Stage.UNDOCKING, now_ms)
        return Answer.ACCEPTED

    def _recall(self, now_ms: int) -> Answer:
        """ABORT-2: stop what you are doing and come back now."""
        memory = self._helm.memory
        if memory.stage is Stage.DOCKED or memory.controlled_by:
            return Answer.REFUSED
        if memory.recalled:
            return Answer.ACCEPTED
        memory.recalled = True
        if memory.stage in (Stage.OUTBOUND, Stage.HARVEST):
            self._helm.turn_back(now_ms, "recall", "recalled by the depot", {})
        return Answer.ACCEPTED

    def _cleared(self, now_ms: int, order: Order) -> Answer:
        helm, memory = self._helm, self._helm.memory
        if memory.stage in (Stage.APPROACH, Stage.DOCKED):
            return Answer.ACCEPTED
        away = helm.vehicle.skimmer_reading().place is Place.BACK  # not at the gate again yet
        if memory.stage is not Stage.HOLDING or memory.controlled_by or away:
            return Answer.REFUSED
        helm.decide(now_ms, "approach", "docking clearance", {"emergency": order is Order.EMERGENCY_CLEARANCE})
        helm.ctrl.approach(now_ms)
        helm.enter(Stage.APPROACH, now_ms)
        return Answer.ACCEPTED

    def _waved_off(self, now_ms: int) -> Answer:
        """The depot sees it beyond a limit: out of the approach, and to the gate again."""
        memory = self._helm.memory
        if memory.stage is Stage.HOLDING:
            return Answer.ACCEPTED
        if memory.stage is not Stage.APPROACH or memory.controlled_by:
            return Answer.REFUSED
        self._helm.back_to_gate(now_ms, "waved_off", "the depot sees it beyond a limit: to the gate")
        return Answer.ACCEPTED
