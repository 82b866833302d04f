"""What the failsafes ask of the rules of a kind of vehicle, and what is lost: a ground station, a pilot's sticks
that are no longer heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from autopilot.vehicles.vehicle_class import FailsafeAction


class FailsafeCause(Enum):
    """Cause of a failsafe; the value is its name in ArduPilot's texts."""

    BATTERY = "Battery"
    GROUND_STATION = "GCS"
    RADIO = "Radio"
    TERRAIN = "Terrain"
    WIND = "Wind"


class Watchdog:
    """Knows when something was last heard. `deadline`: on the clock of its caller; None while nothing is expected."""

    def __init__(self) -> None:
        self.deadline: int | None = None
        self.lost = False

    def heard(self, now_ms: int, timeout_s: float) -> bool:
        """Note that it was heard. True when this ends a loss."""
        self.deadline = now_ms + int(timeout_s * 1000.0)
        was_lost, self.lost = self.lost, False
        return was_lost

    def forget(self) -> bool:
        """Expect nothing any more. True when this ends a loss."""
        self.deadline = None
        was_lost, self.lost = self.lost, False
        return was_lost

    def is_due(self, now_ms: int) -> bool:
        """True once, when the silence has lasted too long."""
        if self.deadline is None or now_ms < self.deadline:
            return False
        self.deadline = None
        self.lost = True
        return True


@dataclass(slots=True)
class Losses:
    """What is lost now. `battery_action`: what a failing battery has led to in this flight."""

    ground_station: Watchdog = field(default_factory=Watchdog)
    sticks: Watchdog = field(default_factory=Watchdog)
    battery_action: FailsafeAction | None = None


class FailsafeRules(Protocol):
    """How a kind of vehicle, or a firmware, acts on a failure. `deadline_ms`: when `update` must run, vehicle time;
    `warns_of_variance`: it tells that the estimator has failed, whatever follows; `needs_sticks`, `needs_station`: it
    is not armed while they are lost."""

    @property
    def warns_of_variance(self) -> bool: ...
    @property
    def needs_sticks(self) -> bool: ...
    @property
    def needs_station(self) -> bool: ...

    @property
    def deadline_ms(self) -> int | None: ...

    def update(self, now_ms: int) -> None:
        """A loss may have lasted long enough now."""

    def in_force(self, *, failing: bool) -> bool:
        """Is a failsafe in force (system_status CRITICAL)? `failing`: battery or estimator have failed."""

    def armed(self, armed: bool) -> None:
        """Begin or end a flight."""

    def battery_failed(self, *, critical: bool, now_ms: int) -> None:
        """Act on a battery that is low, or critical, while armed."""

    def position_lost(self, *, lost: bool) -> None:
        """The receiver has no fix, or one again."""

    def crashed(self, check: int, now_ms: int) -> None:
        """Act on a crash; FS_CRASH_CHECK is `check`, not 0."""

    def estimator_failed(self, now_ms: int) -> None:
        """Act on an estimator that has failed while armed."""

    def estimator_recovered(self, now_ms: int) -> None:
        """It is right again, and it was acted on."""

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        """FS_GCS_ENABLE is `setting`, not 0."""

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        """FS_THR_ENABLE is `setting`, not 0."""

    def found(self, cause: FailsafeCause) -> None:
        """GROUND_STATION or RADIO is heard again."""

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int) -> None:
        """Announce `cause`, and take `action`; a firmware with settings of its own takes what these say."""
