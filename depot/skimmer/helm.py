"""Actions that all parts of the skimmer controller share: decisions, mode, stage, way home, docking. Every change goes
through here, so that it is recorded as a decision or reported as a status.

MODE_CTRL turns the controller's decisions into commands (seed 000, 4.3). A copter is told where to go. A craft without
an autopilot is flown by `Guidance`, which commands THRUSTER_FWD and THRUSTER_ATT.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from depot.decision import Decision, Recorder
from depot.messages import MissionPlan
from depot.names import SkimmerMode, SkimmerStage
from depot.physics.engines import BurnPurpose, ThrustCommand, Thruster
from depot.settings import HeartbeatSettings
from depot.skimmer.guidance import Guidance
from depot.skimmer.reports import Reports, SkimmerMemory, SkimmerVehicle

Record = Callable[[int, str, str, dict[str, Any]], None]
"""Recorder of a decision: time, name, reason, facts."""

_REASONS = {
    BurnPurpose.DEPART: "onto the way to the harvest zone",
    BurnPurpose.RETURN: "onto the way to the docking corridor",
    BurnPurpose.CORRECT: "back onto its way",
    BurnPurpose.ARRIVE: "the end of the way: its speed becomes that of the place",
    BurnPurpose.TRIM: "so that the pattern closes",
    BurnPurpose.APPROACH: "down the glide slope",
    BurnPurpose.AWAY: "off for good, where nobody is",
}


class ModeCtrl:
    """Commands to the craft. `guidance`: None for a craft with an autopilot."""

    def __init__(self, vehicle: SkimmerVehicle, guidance: Guidance | None, record: Record) -> None:
        self._craft = vehicle
        self._guidance = guidance
        self._record = record

    def undock(self, now_ms: int) -> None:
        """Leave the dock without a burn."""
        if self._guidance is not None:
            self._guidance.memory.undocked_ms = now_ms
        self._craft.undock()

    def initial_burn(self, plan: MissionPlan, now_ms: int) -> None:
        """Burn onto the way to the plan's zone."""
        self._craft.initial_burn()
        if self._guidance is not None:
            self._fire(self._guidance.depart(self._craft.skimmer_reading(), plan, now_ms), now_ms)

    def turn_back(self, now_ms: int) -> None:
        self._craft.turn_back()
        if self._guidance is not None:
            self._fire(self._guidance.turn_back(self._craft.skimmer_reading(), now_ms), now_ms)

    def approach(self, now_ms: int) -> None:
        """Fly into the dock."""
        self._craft.approach()
        if self._guidance is not None:
            self._fire(self._guidance.approach(self._craft.skimmer_reading(), now_ms), now_ms)

    def docked(self) -> None:
        """End the flight; no burn is commanded after it."""
        if self._guidance is not None:
            self._guidance.stop()

    def dispose(self, now_ms: int) -> None:
        """Leave for good: a return is not feasible."""
        self._craft.dispose()
        if self._guidance is not None:
            self._fire(self._guidance.away(self._craft.skimmer_reading(), now_ms), now_ms)

    def steer(self, now_ms: int) -> bool:
        """Command the burns that are due; False if there are none."""
        if self._guidance is None:
            return False
        burns = self._guidance.step(self._craft.skimmer_reading(), now_ms)
        self._fire(burns, now_ms)
        return bool(burns)

    def next_ms(self) -> int | None:
        """Time of the next call of `steer`, ms; None: none is due."""
        return None if self._guidance is None else self._guidance.next_ms()

    def _fire(self, commands: list[ThrustCommand], now_ms: int) -> None:
        for command in commands:
            # pulses come every few minutes and are only in the flight recorder
            if command.purpose is not BurnPurpose.APPROACH:
                name = "thruster_fwd" if command.thruster is Thruster.FWD else "thruster_att"
                facts = {"dv_mps": [round(part, 6) for part in command.dv], "at_s": command.at_ms / 1000.0}
                self._record(now_ms, name, _REASONS[command.purpose], facts)
            self._craft.fire(command)


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
