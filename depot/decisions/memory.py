"""All that the depot's party remembers: plain values, so that it can be written down at any instant and read back."""

from __future__ import annotations

from msgspec import Struct, field

from depot.decisions.planning import Derating
from depot.decisions.record import SortieRecord
from depot.decisions.timers import DeathTimer, HeartbeatTimer
from depot.messages import MissionPlan, Status
from depot.names import EndedBy, Phase, SkimmerState


class DepotMemory(Struct):
    """Times in ms since the loop began. `step`: where phase 1 stands ("prepare", "upload", "launch"); `waiting`: the
    request that has no answer yet; `taken`: "taken_over" or "restart" while somebody else has the vehicle; `recall`: ""
    not sent, "sent", "acknowledged", "silent" (ABORT-2B)."""

    number: int = 0
    phase: Phase = Phase.PREP
    phase_start_ms: int = 0
    check_ms: int | None = None
    step: str = "prepare"
    waiting: str | None = None
    plan: MissionPlan | None = None
    acknowledged: int = 0  # number of the plan that the skimmer has taken
    record: SortieRecord | None = None
    status: Status | None = None
    status_ms: int = 0
    death: DeathTimer = field(default_factory=DeathTimer)
    beats: HeartbeatTimer = field(default_factory=HeartbeatTimer)
    recall: str = ""
    docked: bool = True
    delivered_from_kg: float = 0.0
    harvest_start_ms: int | None = None
    anomalies: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    moved_ms: int = 0
    confirmed: bool = False
    cycles: int = 0
    derating: Derating = field(default_factory=Derating)
    skimmer: SkimmerState = SkimmerState.ACTIVE
    reason: str = "new"
    heard_again: bool = False
    recovering: bool = False
    taken: str = ""
    ended_by: EndedBy | None = None
