"""What the skimmer's party stands on: its craft, its memory, its margins, and the statuses that it sends.

How it flies its plan and what it obeys is in `skimmer`.
"""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct, field

from depot.decision import Decision, Recorder
from depot.messages import MissionPlan, Status
from depot.names import Mode, Stage
from depot.readings import SkimmerReading
from depot.settings import Profile

_PHASE = {Stage.DOCKED: 1, Stage.UNDOCKING: 2, Stage.OUTBOUND: 3, Stage.HARVEST: 4, Stage.RETURN: 5, Stage.HOLDING: 6,
          Stage.APPROACH: 6, Stage.DISPOSAL: 5}  # fmt: skip


class Craft(Protocol):
    """What the skimmer's party can do with its vehicle."""

    def skimmer_reading(self) -> SkimmerReading: ...
    def whereabouts(self) -> tuple[float, float, float] | None:
        """Latitude, longitude (degrees), altitude (m above mean sea level); None where it does not know."""

    def set_mode(self, mode: Mode) -> None: ...
    def undock(self) -> None: ...
    def start_harvest(self, target_kg: float) -> None: ...
    def turn_back(self) -> None: ...
    def approach(self) -> None: ...
    def dispose(self) -> None: ...
    def stand_aside(self) -> None:
        """Somebody else has the vehicle: command nothing, take nothing in."""

    def resume(self) -> None:
        """It was given back on the way out or in the harvest, and flies its plan again."""


class SkimmerMemory(Struct):
    """All that the party remembers. Times in ms since the loop began."""

    stage: Stage = Stage.DOCKED
    mode: Mode = Mode.DOCKED
    plan: MissionPlan | None = None
    flown: int = 0  # number of the plan that was last launched
    trigger: int = 0
    trips: int = 0
    recalled: bool = False
    taken: str = ""  # who or what has the vehicle, until it is given back or launched again
    seq: int = 0
    wants_ack: bool = False
    urgent_seq: int = 0  # the oldest status that has to be acknowledged
    repeat_ms: int | None = None
    repeat_gap_ms: int = 0
    beat_ms: int = 0
    heard_ms: int = 0
    boot_ms: int = 0
    harvest_until_ms: int | None = None
    out: list[Status] = field(default_factory=list)


class SkimmerBase:
    """See the module. `record` gets each decision before it is acted on."""

    def __init__(self, profile: Profile, craft: Craft, record: Recorder, memory: SkimmerMemory | None = None) -> None:
        self.profile = profile
        self.memory = memory or SkimmerMemory()
        self._craft = craft
        self._record = record
        self._seen: SkimmerReading | None = None  # the reading that `_found` belongs to
        self._found = 0

    def take_statuses(self) -> list[Status]:
        """What is to be sent."""
        out, self.memory.out = self.memory.out, []
        return out

    # --- words --------------------------------------------------------------------------------------------------------
    def _plan(self) -> MissionPlan:
        plan = self.memory.plan
        assert plan is not None  # nobody undocks without one
        return plan

    def _course(self) -> dict[str, Any]:
        return {"waypoints": len(self._plan().waypoints), "harvest_s": self._plan().harvest_s}

    def _set_mode(self, mode: Mode, now_ms: int) -> None:
        """MODE_CTRL; it fixes which buses are powered."""
        if mode is not self.memory.mode:
            name = "mode_to_" + mode.lower().rpartition("/")[2].replace("-", "_")
            self._decide(now_ms, name, mode.value, {"was": self.memory.mode.value})
        self.memory.mode = mode
        self._craft.set_mode(mode)

    def _enter(self, stage: Stage, now_ms: int) -> None:
        self.memory.stage = stage
        self._announce(now_ms)

    def _announce(self, now_ms: int, reading: SkimmerReading | None = None) -> None:
        """A status that has to arrive."""
        memory = self.memory
        memory.repeat_gap_ms = round(self.profile.heartbeat.poll_s * 1000.0)
        memory.repeat_ms = now_ms + memory.repeat_gap_ms
        memory.urgent_seq = (memory.seq + 1) & 0xFFFF
        self._report(now_ms, reading)

    def _report(self, now_ms: int, reading: SkimmerReading | None = None, *, ask: bool = False) -> None:
        memory = self.memory
        r = reading or self._craft.skimmer_reading()
        memory.seq = (memory.seq + 1) & 0xFFFF
        memory.out.append(
            Status(
                memory.seq,
                max(now_ms - memory.boot_ms, 0),
                memory.stage,
                memory.mode,
                ask or memory.repeat_ms is not None,
                bool(memory.taken),
                memory.trigger,
                memory.trips,
                memory.flown,
                r.overstress,
                r.remaining_s,
                r.fuel_kg,
                r.fuel_need_kg,
                r.soc,
                r.min_soc,
                r.power_wh,
                r.power_need_wh,
                r.store_kg,
                r.harvested_kg,
                r.expected_kg,
                r.drift_m,
                r.current_ratio,
                r.signature_k,
                r.spine_k,
                r.seal,
                r.thrust,
                r.capacity,
                self._craft.whereabouts(),
            )
        )

    def _decide(self, now_ms: int, name: str, reason: str, facts: dict[str, Any]) -> None:
        number = self.memory.plan.number if self.memory.plan else 0
        self._record(Decision(now_ms, number, _PHASE[self.memory.stage], "skimmer", name, reason, facts))
