"""Memory of the depot controller, with its two timers (seed 000, 3): plain values, which can be written
down at any instant and read back. Times are ms of vehicle time."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from depot.decisions.planning import Derating
from depot.decisions.record import SortieRecord
from depot.messages import MissionPlan, Status
from depot.names import EndedBy, Phase, SkimmerState
from depot.settings import DEATH_FACTOR, HeartbeatSettings


class DeathTimer(Struct):
    """T_DEATH = 1.5 x T_SORTIE, from the launch command to a confirmed dock."""

    due_ms: int | None = None

    def start(self, launch_ms: int, t_sortie_s: float) -> None:
        self.due_ms = launch_ms + round(DEATH_FACTOR * t_sortie_s * 1000.0)

    def stop(self) -> None:
        """Docked, or frozen by retirement."""
        self.due_ms = None

    def expired(self, now_ms: int) -> bool:
        return self.due_ms is not None and now_ms >= self.due_ms


class HeartbeatTimer(Struct):
    """Counts missed beats. A beat that has not come within its grace is asked for, `polls` times; when that is not
    answered either, it was missed. So a lossy link, which loses single packets, is told from a lost skimmer."""

    due_ms: int | None = None
    misses: int = 0
    polled: int = 0

    def start(self, now_ms: int, settings: HeartbeatSettings) -> None:
        """A beat came (or the first is expected)."""
        self.misses = 0
        self._expect(now_ms, settings)

    def stop(self) -> None:
        """Stop expecting heartbeats: docked, or frozen by retirement."""
        self.due_ms = None
        self.misses = self.polled = 0

    def wait(self, now_ms: int, opens_ms: int, settings: HeartbeatSettings) -> None:
        """At its deadline, with the comms window closed until `opens_ms`: the beat is expected then."""
        if self.due_ms is not None and now_ms >= self.due_ms:
            self.due_ms = opens_ms + max(round(settings.grace_s * 1000.0), 1)

    def check(self, now_ms: int, settings: HeartbeatSettings) -> bool:
        """At its deadline: count a miss, or True = ask for the beat now."""
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

    PREPARE = "prepare"  # propellant and charge are brought up
    WAIT = "wait"  # after a no-go
    LOAD = "load"  # plan and data packages go up
    CONFIGURE = "configure"  # MODE_CTRL, and are the sensors alive?
    CHECK = "check"  # go/no-go
    LAUNCH = "launch"


class PendingRequest(StrEnum):
    """The request that has no answer yet."""

    UPLOAD = "upload"
    CONFIGURE = "configure"
    GO = "go"
    RECALL = "recall"
    CLEARANCE = "clearance"
    WAVE_OFF = "wave-off"


class RecallState(StrEnum):
    """State of the recall that ABORT-2 commands."""

    NOT_SENT = "not sent"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    SILENT = "silent"  # ABORT-2B


class ControlledBy(StrEnum):
    """Party that has the vehicle in place of the skimmer controller; the values are triggers of sorties."""

    NOBODY = ""
    SOMEBODY = "taken_over"
    RESTART = "restart"


class DepotMemory(Struct):
    """Times in ms since the loop began. `asked`: how often the skimmer was asked for a status before the go/no-go;
    `losses`: skimmers that were declared lost, which make later plans more careful."""

    number: int = 0
    phase: Phase = Phase.PREP
    phase_start_ms: int = 0
    check_ms: int | None = None
    step: PrepStep = PrepStep.PREPARE
    waiting: PendingRequest | None = None
    plan: MissionPlan | None = None
    acknowledged: int = 0  # number of the plan that the skimmer has taken
    verified: bool = False  # configured, and its sensors are alive, by its own account
    asked: int = 0
    record: SortieRecord | None = None
    status: Status | None = None
    status_ms: int = 0
    clock_ms: int | None = None  # the skimmer's time 0 (its undocking), as its statuses tell it
    death: DeathTimer = field(default_factory=DeathTimer)
    beats: HeartbeatTimer = field(default_factory=HeartbeatTimer)
    recall: RecallState = RecallState.NOT_SENT
    docked: bool = True
    approaches: int = 0  # that have been cleared in this sortie,
    approaching: bool = False  # one is being flown, by its own account,
    waved_off: bool = False  # and has been called off;
    failed_approaches: list[str] = field(default_factory=list)  # how those ended that led to no capture
    delivered_from_kg: float = 0.0
    harvest_start_ms: int | None = None
    anomalies: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    moved_ms: int = 0
    confirmed: bool = False
    cycles: int = 0
    losses: int = 0
    near_misses: int = 0  # sorties with at least one
    exits: dict[str, bool] = field(default_factory=dict)  # of its last phase, as the last sortie was closed
    leaving: bool = False  # ABORT-3: the return-to-origin burn goes on; the loop ends when it is over
    derating: Derating = field(default_factory=Derating)
    skimmer: SkimmerState = SkimmerState.ACTIVE
    reason: str = "new"
    heard_again: bool = False
    recovering: bool = False
    controlled_by: ControlledBy = field(default=ControlledBy.NOBODY, name="taken")  # as journals name it
    controlled_by_ms: int = field(default=0, name="taken_ms")
    held_ms: int = 0  # of the harvest, in the hands of somebody else
    ended_by: EndedBy | None = None
