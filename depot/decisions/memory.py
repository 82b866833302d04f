"""Memory of the depot controller with its two timers (seed 000, 3).

All fields are plain values that are written to disk and read back. Times are ms since the loop began.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from depot.decisions.planning import Derating
from depot.decisions.record import SortieRecord
from depot.messages import MissionPlan, Status
from depot.names import Abort, EndedBy, Phase, SkimmerState
from depot.settings import DEATH_FACTOR, HeartbeatSettings

# decisions on which later ones of the same sortie depend
OFFLOAD_LEFTOVER, END_HARVEST = "offload_leftover", "end_harvest"
SHORTFALL, AWAIT_OPERATOR = "harvest_shortfall", "await_operator"


class DeathTimer(Struct):
    """T_DEATH = 1.5 x T_SORTIE, from the launch command to a confirmed docking."""

    due_ms: int | None = None

    def start(self, launch_ms: int, t_sortie_s: float) -> None:
        self.due_ms = launch_ms + round(DEATH_FACTOR * t_sortie_s * 1000.0)

    def stop(self) -> None:
        """Stop the timer: the skimmer has docked or was retired."""
        self.due_ms = None

    def expired(self, now_ms: int) -> bool:
        return self.due_ms is not None and now_ms >= self.due_ms


class HeartbeatTimer(Struct):
    """Counter of missed heartbeats. A heartbeat that is late by `grace_s` is asked for `polls` times; only when these
    requests are not answered either, it is missed. This tells a lossy link, which loses single packets, from a lost
    skimmer."""

    due_ms: int | None = None
    misses: int = 0
    polled: int = 0

    def start(self, now_ms: int, settings: HeartbeatSettings) -> None:
        """Expect the next heartbeat after one has arrived, or the first one."""
        self.misses = 0
        self._expect(now_ms, settings)

    def stop(self) -> None:
        """Stop expecting heartbeats: the skimmer has docked or was retired."""
        self.due_ms = None
        self.misses = self.polled = 0

    def wait(self, now_ms: int, opens_ms: int, settings: HeartbeatSettings) -> None:
        """If a heartbeat is due while the comms window is closed, expect it when the window opens at `opens_ms`."""
        if self.due_ms is not None and now_ms >= self.due_ms:
            self.due_ms = opens_ms + max(round(settings.grace_s * 1000.0), 1)

    def check(self, now_ms: int, settings: HeartbeatSettings) -> bool:
        """Count a missed heartbeat if it is due; True: ask for it now."""
        if self.due_ms is None or now_ms < self.due_ms:
            return False
        if self.polled < settings.polls:
            self.polled += 1
            self.due_ms = now_ms + round(settings.poll_s * 1000.0)
            return True
        self.misses += 1
        self._expect(now_ms - round((settings.grace_s + settings.polls * settings.poll_s) * 1000.0), settings)
        return False

    def _expect(self, beat_ms: int, settings: HeartbeatSettings) -> None:
        self.polled = 0
        self.due_ms = beat_ms + round((settings.period_s + settings.grace_s) * 1000.0)


class PrepStep(StrEnum):
    """Step of phase 1 (seed 000, 4.1: planning, resources, configuration, go/no-go, launch command)."""

    PREPARE = "prepare"  # propellant and charge are filled up
    WAIT = "wait"  # after a no-go
    LOAD = "load"  # plan and data packages are uploaded
    CONFIGURE = "configure"  # MODE_CTRL is set and sensors are verified
    CHECK = "check"  # go/no-go
    LAUNCH = "launch"


class PendingRequest(StrEnum):
    UPLOAD = "upload"
    CONFIGURE = "configure"
    GO = "go"
    RECALL = "recall"
    CLEARANCE = "clearance"
    WAVE_OFF = "wave-off"


class RecallState(StrEnum):
    """State of the recall that ABORT-2 or the end of a harvest commands."""

    NOT_SENT = "not sent"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # it answers that another party has the vehicle
    SILENT = "silent"  # no answer to the recall: ABORT-2B


class ControlledBy(StrEnum):
    """Holder of the vehicle instead of the skimmer controller. The values are triggers of sorties."""

    NOBODY = ""
    SOMEBODY = "taken_over"
    RESTART = "restart"


class DepotMemory(Struct):
    """Everything that the depot controller remembers. Times are ms since the loop began.

    `status_requests`: their number before the go/no-go. `announced`: decisions that `decide_once` has recorded in this
    sortie. `losses`: skimmers declared lost so far; later plans have larger reserves for each. Fields with a
    `name` have that name in stored journals.
    """

    number: int = 0
    phase: Phase = Phase.PREP
    phase_start_ms: int = 0
    check_ms: int | None = None
    step: PrepStep = PrepStep.PREPARE
    waiting: PendingRequest | None = None
    plan: MissionPlan | None = None
    acknowledged: int = 0  # number of the plan that the skimmer has taken
    verified: bool = False  # the skimmer is configured and reports that its sensors work
    status_requests: int = field(default=0, name="asked")
    record: SortieRecord | None = None
    status: Status | None = None
    status_ms: int = 0
    clock_ms: int | None = None  # loop time at which the skimmer's clock was 0 (undocking), by its statuses
    death: DeathTimer = field(default_factory=DeathTimer)
    beats: HeartbeatTimer = field(default_factory=HeartbeatTimer)
    recall: RecallState = RecallState.NOT_SENT
    docked: bool = True
    approaches: int = 0  # approaches cleared in this sortie
    approaching: bool = False  # the skimmer reports an approach
    waved_off: bool = False  # this approach was called off
    failed_approaches: list[str] = field(default_factory=list)  # how the approaches ended that led to no capture
    interface_checks: int = 0  # checks in vain of an interface since it was found failing
    delivered_from_kg: float = 0.0
    harvest_start_ms: int | None = None
    anomalies: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list, name="said")
    moved_ms: int = 0
    confirmed: bool = False
    cycles: int = 0
    losses: int = 0
    near_misses: int = 0  # sorties with at least one near miss
    # exit conditions of the last phase when the last sortie was closed
    exits: dict[str, bool] = field(default_factory=dict)
    leaving: bool = False  # ABORT-3: the burn home runs; the loop ends after it
    derating: Derating = field(default_factory=Derating)
    skimmer: SkimmerState = SkimmerState.ACTIVE
    reason: str = "new"
    heard_again: bool = False
    recovering: bool = False
    controlled_by: ControlledBy = field(default=ControlledBy.NOBODY, name="taken")
    controlled_by_ms: int = field(default=0, name="taken_ms")
    held_ms: int = 0  # part of the harvest time in which another party had the vehicle
    ended_by: EndedBy | None = None

    @property
    def abort(self) -> Abort:
        """Abort of the highest precedence in this sortie so far."""
        return Abort.NONE if self.record is None else self.record.abort
