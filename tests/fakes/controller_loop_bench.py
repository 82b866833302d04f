"""Runs the loop of a box whose copter has a flight controller: the stand-in in virtual time, or ArduPilot SITL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from depot.settings import Profile
from sortie.loop.controller_loop import ControlledBox, Controller, controlled_box, stored_state
from sortie.loop.faults import parse_loop_fault
from sortie.loop.loop import LoopOrder, LoopSnapshot, SortieLoop, decode, encode
from sortie.runtime.runtime import Runtime
from tests.fakes.box_run import hurried
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.fakes.loop_run import LoopRecords
from tests.stand_in.px4 import Px4StandIn
from tests.stand_in.real_px4 import RealPx4

OWN = {"FM_COUNTDOWN": 3.0}
STEP_MS = 200
"""A sortie has hundreds of steps, and both parties of the loop look at each."""


class ControllerLoopBench(LoopRecords):
    """`before`: another bench whose process was killed, `away_s` ago; its controller has flown on since."""

    def __init__(
        self,
        *faults: str,
        total: int | None = 1,
        profile: Profile | None = None,
        simulated: bool = True,
        native: bool | None = None,
        params: Mapping[str, float] | None = None,
        before: ControllerLoopBench | None = None,
        away_s: float = 0.0,
        snapshot: LoopSnapshot | None = None,
        controller: Px4StandIn | RealPx4 | None = None,
    ) -> None:
        super().__init__()
        self.profile = profile or hurried(0.05)
        if before is None:
            self.bench = ControllerBench(params=params, own=OWN, native=native, controller=controller, step_ms=STEP_MS)
        else:
            snapshot = snapshot or decode(encode(before.loop.snapshot()))
            end_ms = before.bench.now_ms + round(away_s * 1000.0)
            while before.bench.now_ms < end_ms:
                before.bench.pass_time()
                before.bench.controller.take()
            self.bench = object.__new__(ControllerBench)
            self.bench.adopt(before.bench, stored_state(snapshot, self.profile.box), OWN)
        self.bench.run_until(lambda: self.bench.vehicle.known, 120.0)
        controller = Controller(self.bench.companion, simulated, wall_s=lambda: self.bench.now_ms / 1000.0)
        parsed = [parse_loop_fault(text) for text in faults]
        self.runtime = Runtime()
        order = LoopOrder(self.profile, 1, parsed, total, snapshot=snapshot)
        self.loop = SortieLoop(order, self.runtime, partial(controlled_box, controller))
        self._ahead_ms = self.loop.now_ms - self.bench.now_ms
        self.take()

    def step(self) -> None:
        """`STEP_MS`."""
        bench, loop = self.bench, self.loop
        bench.pass_time()
        bench.hear_controller()
        self.runtime.settle()
        due_ms = bench.now_ms + self._ahead_ms
        while loop.now_ms < due_ms:
            self.runtime.step(self.runtime.now_ms + due_ms - loop.now_ms)
        for station in bench.grounds:
            while station.exchange(bench.now_ms):
                self.runtime.settle()
        bench.tell_controller()
        self.take()

    @property
    def box(self) -> ControlledBox:
        """What flies."""
        assert isinstance(self.loop.carrier, ControlledBox)
        return self.loop.carrier

    def run(self, limit_s: float = 3600.0) -> ControllerLoopBench:
        """To the end of the loop."""
        self.until(lambda: self.loop.ended_by is not None, limit_s)
        return self

    def until(self, condition: Any, limit_s: float = 1200.0) -> None:
        """Until it holds, or AssertionError."""
        end_ms = self.bench.now_ms + limit_s * 1000.0
        while not condition():
            assert self.bench.now_ms < end_ms, f"{self.story()}"
            self.step()

    def until_phase(self, phase: int, more_s: float = 0.0) -> None:
        """Until the depot is in this phase, and some seconds longer."""
        self.until(lambda: self.loop.depot.memory.phase == phase)
        end_ms = self.bench.now_ms + more_s * 1000.0
        self.until(lambda: self.bench.now_ms >= end_ms)

    def ground(self) -> Ground:
        """One more ground station."""
        return self.bench.ground()

    def story(self) -> str:
        """How things stand, for a failed test."""
        memory = self.loop.depot.memory
        last = [(d.time_ms / 1000.0, d.party, d.name, d.reason) for d in self.decisions[-12:]]
        pilot = self.box.pilot
        return (
            f"phase {memory.phase.name}, place {self.loop.world.state.place.name}, stage "
            f"{self.loop.skimmer.memory.stage.name}, controlled by {pilot.controlled_by()!r}, not ready: "
            f"{pilot.not_ready_reason()!r}, at {pilot.position()}, charge {pilot.charge()}; "
            f"{last}; {self.bench.story()}"
        )
