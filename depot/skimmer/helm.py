"""Actions that all parts of the skimmer controller share: decisions, mode, stage, way home, docking. Every change goes
through here, so that it is recorded as a decision or reported as a status."""

from __future__ import annotations

from typing import Any

from depot.decision import Decision, Recorder
from depot.messages import MissionPlan
from depot.names import SkimmerMode, SkimmerStage
from depot.settings import HeartbeatSettings
from depot.skimmer.guidance import Guidance
from depot.skimmer.mode_ctrl import ModeCtrl
from depot.skimmer.reports import Reports, SkimmerMemory, SkimmerVehicle


class SkimmerHelm:
    """Shared actions. `record` takes each decision before it is carried out; `ctrl` commands the craft."""

    def __init__(
        self,
        vehicle: SkimmerVehicle,
        record: Recorder,
        memory: SkimmerMemory,
        beats: HeartbeatSettings,
        guidance: Guidance | None,
    ) -> None:
        self.vehicle = vehicle
        self.reports = Reports(memory, vehicle, beats, guidance)
        self.ctrl = ModeCtrl(vehicle, guidance, self.decide)
        self._record = record

    @property
    def memory(self) -> SkimmerMemory:
        """Memory of the skimmer controller; replaced after a restart."""
        return self.reports.memory

    @property
    def plan(self) -> MissionPlan:
        plan = self.memory.plan
        assert plan is not None  # no craft undocks without a plan
        return plan

    def decide(self, now_ms: int, name: str, reason: str, facts: dict[str, Any]) -> None:
        memory = self.memory
        number = memory.plan.number if memory.plan else 0
        self._record(Decision(now_ms, number, int(memory.stage.phase), "skimmer", name, reason, facts))

    def set_mode(self, mode: SkimmerMode, now_ms: int) -> None:
        """Set the mode, which selects the powered buses."""
        if mode is not self.memory.mode:
            name = "mode_to_" + mode.lower().rpartition("/")[2].replace("-", "_")
            self.decide(now_ms, name, mode.value, {"was": self.memory.mode.value})
        self.memory.mode = mode
        self.vehicle.set_mode(mode)

    def enter(self, stage: SkimmerStage, now_ms: int) -> None:
        """Begin a stage and report it to the depot. The time of a harvest ends with it, however it ends."""
        self.memory.stage = stage
        if stage is not SkimmerStage.HARVEST:
            self.memory.harvest_until_ms = None
        self.reports.announce(now_ms)

    def turn_back(self, now_ms: int, name: str, reason: str, facts: dict[str, Any]) -> None:
        """End the present task and fly home."""
        self.decide(now_ms, name, reason, facts)
        self.fly_home(now_ms)
        self.set_mode(SkimmerMode.CRUISE, now_ms)
        self.enter(SkimmerStage.RETURN, now_ms)

    def fly_home(self, now_ms: int) -> None:
        """Fly home on the plan's way back."""
        facts = {"waypoints": len(self.plan.waypoints)}
        self.decide(now_ms, "follow_return_trajectory", "by the plan's way back to the corridor", facts)
        self.ctrl.turn_back(now_ms)

    def back_to_gate(self, now_ms: int, name: str, reason: str) -> None:
        """Break off the approach and hold at the gate."""
        self.decide(now_ms, name, reason, {})
        self.ctrl.turn_back(now_ms)
        self.enter(SkimmerStage.HOLDING, now_ms)

    def stand_in_dock(self, now_ms: int) -> None:
        """End the flight in the dock and switch shed loads on."""
        self.ctrl.docked()
        self.set_mode(SkimmerMode.DOCKED, now_ms)
        self.vehicle.shed(False)
        self.memory.shed = False
        self.enter(SkimmerStage.DOCKED, now_ms)
