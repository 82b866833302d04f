"""Orders of the depot: how the skimmer carries them out, and which it refuses.

A repeated order that has been carried out is accepted again, because its answer was lost.
"""

from __future__ import annotations

from collections.abc import Callable

from depot.messages import DepotCommand, RequestResult
from depot.names import SkimmerStage
from depot.readings import SkimmerPlace, SkimmerReading
from depot.skimmer.helm import SkimmerHelm


class Orders:
    """Handler of the depot's orders. `watch`: bits of the ABORT-1 triggers that a reading trips."""

    def __init__(self, helm: SkimmerHelm, watch: Callable[[SkimmerReading], int]) -> None:
        self._helm = helm
        self._watch = watch

    def handle(self, order: DepotCommand, now_ms: int) -> RequestResult:
        """Carry out or refuse an order."""
        match order:
            case DepotCommand.CONFIGURE:
                return self._configure(now_ms)
            case DepotCommand.GO:
                return self._go(now_ms)
            case DepotCommand.RECALL:
                return self._recall(now_ms)
            case DepotCommand.CLEARANCE | DepotCommand.EMERGENCY_CLEARANCE:
                return self._cleared(now_ms, order)
            case DepotCommand.WAVE_OFF:
                return self._waved_off(now_ms)
            case DepotCommand.REPORT if self._helm.vehicle.skimmer_reading().transmits:
                self._helm.reports.report(now_ms)
        return RequestResult.ACCEPTED

    def _configure(self, now_ms: int) -> RequestResult:
        """Power what a launch needs, then check the critical sensors; refused while one of them fails."""
        helm, memory = self._helm, self._helm.memory
        if memory.plan is None or memory.stage is not SkimmerStage.DOCKED:
            return RequestResult.REFUSED
        number = memory.plan.number
        if memory.verified == number:
            return RequestResult.ACCEPTED
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
        return RequestResult.ACCEPTED if alive else RequestResult.REFUSED

    def _go(self, now_ms: int) -> RequestResult:
        helm, memory = self._helm, self._helm.memory
        if memory.plan is None:
            return RequestResult.REFUSED
        if memory.stage in (SkimmerStage.UNDOCKING, SkimmerStage.DEPARTURE):
            return RequestResult.ACCEPTED
        number = memory.plan.number
        if memory.stage is not SkimmerStage.DOCKED or number == memory.flown:
            return RequestResult.REFUSED  # also a late repetition of an old GO: this plan has been flown
        if memory.verified != number:
            helm.decide(now_ms, "not_ready", "its sensors have not been verified", {"plan": number})
            return RequestResult.REFUSED
        reading = helm.vehicle.skimmer_reading()
        if not reading.ready:
            if reading.not_ready_reason:
                helm.decide(now_ms, "not_ready", reading.not_ready_reason, {"plan": number})
            return RequestResult.REFUSED
        helm.decide(now_ms, "undock", "launch command", {"plan": number})
        memory.flown = number
        memory.trigger = 0
        memory.recalled = False
        memory.controlled_by = ""
        helm.reports.undocked(now_ms)
        helm.ctrl.undock(now_ms)
        helm.enter(SkimmerStage.UNDOCKING, now_ms)
        return RequestResult.ACCEPTED

    def _recall(self, now_ms: int) -> RequestResult:
        """ABORT-2: end the present task and return now."""
        memory = self._helm.memory
        if memory.stage is SkimmerStage.DOCKED or memory.controlled_by:
            return RequestResult.REFUSED
        memory.recalled = True
        if memory.stage in (SkimmerStage.OUTBOUND, SkimmerStage.HARVEST):
            self._helm.turn_back(now_ms, "recall", "recalled by the depot", {})
        return RequestResult.ACCEPTED

    def _cleared(self, now_ms: int, order: DepotCommand) -> RequestResult:
        helm, memory = self._helm, self._helm.memory
        if memory.stage in (SkimmerStage.APPROACH, SkimmerStage.DOCKED):
            return RequestResult.ACCEPTED
        away = helm.vehicle.skimmer_reading().place is SkimmerPlace.BACK  # it has not reached the gate again
        if memory.stage is not SkimmerStage.HOLDING or memory.controlled_by or away:
            return RequestResult.REFUSED
        helm.decide(now_ms, "approach", "docking clearance", {"emergency": order is DepotCommand.EMERGENCY_CLEARANCE})
        helm.ctrl.approach(now_ms)
        helm.enter(SkimmerStage.APPROACH, now_ms)
        return RequestResult.ACCEPTED

    def _waved_off(self, now_ms: int) -> RequestResult:
        """Break off the approach and return to the gate."""
        memory = self._helm.memory
        if memory.stage is SkimmerStage.HOLDING:
            return RequestResult.ACCEPTED
        if memory.stage is not SkimmerStage.APPROACH or memory.controlled_by:
            return RequestResult.REFUSED
        self._helm.back_to_gate(now_ms, "waved_off", "the depot sees it beyond a limit: to the gate")
        return RequestResult.ACCEPTED
