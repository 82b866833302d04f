"""Precision landing on a target (PLND_ENABLED): LAND, the landings of RTL and of missions, and LOITER over a target
(PREC_LOITER).

It looks for the target only while a descent or a loiter needs it: at the simulator's own pads (PLND_TYPE 2 or 4) at the
rate of their sensor, or at LANDING_TARGET (PLND_TYPE 1). With a flight controller the controller lands, and
LANDING_TARGET is forwarded to it.

As in ArduPilot's `Mode::land_run_vertical_control` and `Mode::precland_run` (ArduCopter/mode.cpp), it does not descend
while the target is farther off than PLND_XY_DIST_MAX, and it descends more slowly the farther it is off, between 2 and
0.35 m, unless bit 2 of PLND_OPTIONS is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.geo import Ned
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import dist
from autopilot.interface.targets import Hold, Land, Target
from autopilot.mav import Severity
from autopilot.precision.retries import LandingRetries, PadAction, PadFacts, PadStage
from autopilot.precision.tracker import INIT_MS, Look, PadSight, Tracker
from autopilot.vehicles.vehicle_class import LANDING_SPEED

BY_MAVLINK: Final = 1
BY_SIMULATOR: Final = (2, 4)
"""PLND_TYPE of the simulator's pads: IRLock's camera, and SITL's own sensor."""
PERIOD_MS: Final = 100
STALE_MS: Final = 200
"""Age after which a look does not count, ms, because the vehicle has moved."""
FIRST_LOOK_MS: Final = INIT_MS + 5 * PERIOD_MS
"""Time that a landing in sight of its target waits for a valid estimate, ms. (ArduPilot always looks.)"""
RETRY_OFFSET_M: Final = 1.5
RETRY_NEAR_M: Final = 0.75
_FAST_DESCENT: Final = 4  # PLND_OPTIONS bit 2
_SLOW_FROM_M, _SLOW_TO_M, _ACCEPTABLE_M, _SLOWEST_MPS = 2.0, 0.35, 0.15, 0.1
_MOVED_M, _SINK_STEP_MPS = 0.01, 0.05
"""Differences below which a target is not set again: m, m/s."""


@runtime_checkable
class SeesPads(Protocol):
    """A vehicle with its own sensor for pads."""

    def see_pads(self) -> Sequence[Look]:
        """Pads in the sensor's sight now, the nearest to its middle first."""

    @property
    def pads_period_ms(self) -> int:
        """Period of the sensor's looks, ms; 0: switched off."""


class PrecisionLanding:
    """Precision landing; see the module. `failed_ms`: time since which a landing stays in the air because it cannot
    find its target (PLND_STRICT 2); None: it does not."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._pads = facts.vehicle if isinstance(facts.vehicle, SeesPads) else None
        self.tracker = Tracker(facts, announcer)
        self.retries = LandingRetries(lambda text: announcer.say(Severity.INFO, text))
        self.loiters = False
        """True while PREC_LOITER is switched on."""
        self.failed_ms: int | None = None
        self._received: tuple[Sequence[Look], int] | None = None
        self._frame_refused = False
        self._place: tuple[float, float] | None = None
        self._sent_target: Target | None = None
        self._begun_ms = 0

    @property
    def enabled(self) -> bool:
        if self._facts.param("PLND_TYPE") == 0.0:
            return False
        if self._facts.vehicle.capabilities.own_modes or not self._facts.vehicle_class.lands_anywhere:
            return False
        strict = self._facts.personality.landing_strictness()
        return self._facts.param("PLND_ENABLED") != 0.0 if strict is None else strict >= 0

    def hear(self, looks: Sequence[Look], now_ms: int) -> None:
        """Take looks from LANDING_TARGET; they count with PLND_TYPE 1."""
        if int(self._facts.param("PLND_TYPE")) == BY_MAVLINK:
            self._received = looks, now_ms

    def refuse_frame(self) -> None:
        """Reject a LANDING_TARGET in an unusable frame. Announced once, and only where the message counts."""
        if int(self._facts.param("PLND_TYPE")) == BY_MAVLINK and not self._frame_refused:
            self._frame_refused = True
            self._announcer.say(Severity.INFO, "Plnd: Frame not supported")

    def look(self, now_ms: int) -> int:
        """Look now; returns the time of the next look, vehicle time, ms."""
        kind, period = int(self._facts.param("PLND_TYPE")), PERIOD_MS
        if kind in BY_SIMULATOR and self._pads is not None:
            period = self._pads.pads_period_ms or PERIOD_MS
            self.tracker.see(self._pads.see_pads(), now_ms)
        elif kind == BY_MAVLINK and self._received is not None:
            looks, heard_ms = self._received
            self._received = None
            if now_ms - heard_ms <= STALE_MS:
                self.tracker.see(looks, now_ms)
        self.tracker.look_round(now_ms)
        return now_ms + max(period // TICK_MS, 1) * TICK_MS

    # --- landing --------------------------------------------------------------------------------------------------
    def begin(self, place: tuple[float, float] | None, now_ms: int) -> None:
        """Begin a descent at this place, as far as it is known (None: here)."""
        here = self._facts.vehicle.state.position
        self._place = place or here[:2]
        self._begun_ms = now_ms
        self._sent_target = None
        self.failed_ms = None
        self.retries.begin()
        self.tracker.forget()

    def descend(self, now_ms: int) -> int:
        """Step the descent: look, and set the vehicle's target. Returns the time of the next step, ms."""
        due = self.look(now_ms)
        if not self._facts.has_position:  # without a position it descends without holding a place
            self._fly(Land(None))
            return due
        facts, sight = self._table_facts(now_ms), self.tracker.sight
        if sight is PadSight.NEVER and now_ms - self._begun_ms < FIRST_LOOK_MS:
            self._fly(Land(self._place, sink=0.0, directly=True))
            return due
        action = self.retries.step(sight, facts, now_ms)
        if sight is PadSight.FOUND:
            self._place = self.tracker.last_target[:2]
        self.failed_ms = None
        match action:
            case PadAction.DESCEND:
                self._fly(self._land(sight))
            case PadAction.RETURN:
                self._fly(Hold(self._retry_place()))
            case PadAction.SINK:
                north, east, down = self._retry_place()
                self._fly(Hold((north, east, down + RETRY_OFFSET_M)))
            case PadAction.FAILSAFE:
                stays = self.retries.stays_up(facts.strict, now_ms)
                self.failed_ms = self.retries.failed_ms if stays and facts.strict == 2 else None
                self._fly(Land(self._place, sink=0.0 if stays else None, directly=True))
        return due

    def _table_facts(self, now_ms: int) -> PadFacts:
        param, tracker, strict = self._facts.param, self.tracker, self._facts.personality.landing_strictness()
        goal, here = self._retry_place(), self._facts.vehicle.state.position
        sinking = self.retries.stage is PadStage.SINKING
        return PadFacts(
            strict=int(param("PLND_STRICT", 1.0)) if strict is None else max(strict, 0),
            waited=now_ms - tracker.last_ms >= 1000.0 * param("PLND_TIMEOUT", 4.0),
            tries_left=self.retries.tried < int(param("PLND_RET_MAX", 4.0)),
            arrived=dist(goal, here) < RETRY_NEAR_M,
            down=sinking and abs(here[2] - goal[2] - RETRY_OFFSET_M) < RETRY_NEAR_M,
        )

    def _retry_place(self) -> Ned:
        """Place a little above where the vehicle last saw the target, or above the target at that height."""
        tracker = self.tracker
        over_target = int(self._facts.param("PLND_RET_BEHAVE")) == 1
        north, east, down = tracker.last_target if over_target else tracker.last_vehicle
        return north, east, down - RETRY_OFFSET_M

    def _land(self, sight: PadSight) -> Land:
        if sight is not PadSight.FOUND or self._place is None:
            return Land(self._place, directly=True)
        sink = self._sink(self._facts.metres_to(self._place))
        return Land(self._place, sink=sink, velocity=self.tracker.velocity, directly=True)

    def _sink(self, off: float) -> float | None:
        """Limit of the sink rate, m/s, at a horizontal distance of `off` m from the target."""
        most, below = self._facts.param("PLND_XY_DIST_MAX", 2.5), self.tracker.below_m
        if most > 0.0 and off > most:
            return 0.0
        if self._facts.option("PLND_OPTIONS", _FAST_DESCENT) or not _SLOW_TO_M < below < _SLOW_FROM_M:
            return None
        half = 0.5 * self._facts.measure(LANDING_SPEED)
        return max(_SLOWEST_MPS, half * (1.0 - off / _ACCEPTABLE_M))

    def _fly(self, target: Target) -> None:
        if self._sent_target is None or not _alike(self._sent_target, target):
            self._sent_target = target
            self._helm.fly(target)

    def loiter(self, on: bool) -> None:
        """Switch PREC_LOITER."""
        self.loiters = on


class TargetLoiter:
    """Keeps the vehicle over the target at the height where it was found, for a mode with PREC_LOITER."""

    def __init__(self, precision: PrecisionLanding, facts: VehicleFacts, helm: Helm) -> None:
        self._precision = precision
        self._facts = facts
        self._helm = helm
        self._look_ms = 0
        self._hold: Hold | None = None

    @property
    def active(self) -> bool:
        """True if precision loiter is requested, or must end."""
        return self._hold is not None or (self._precision.loiters and self._precision.enabled)

    def update(self, now_ms: int, free: bool) -> bool:
        """Steer to the target at `now_ms`; `free`: the sticks are centred. True if it has just released the vehicle."""
        if now_ms < self._look_ms and free and self._precision.loiters:
            return False
        place = None
        if self._precision.loiters and self._precision.enabled:
            self._look_ms = self._precision.look(now_ms)
            found = self._precision.tracker.sight is PadSight.FOUND
            place = self._precision.tracker.last_target[:2] if found and free else None
        if place is None:
            return self.release()
        down = self._facts.vehicle.state.position[2]
        if self._hold is not None and self._hold.position is not None:
            if dist(self._hold.position[:2], place) < _MOVED_M:
                return False
            down = self._hold.position[2]
        self._hold = Hold((*place, down))
        self._helm.fly(self._hold)
        return False

    def release(self) -> bool:
        """Release the vehicle; True if it was held."""
        held, self._hold = self._hold is not None, None
        return held

    def next_deadline_ms(self) -> int | None:
        """Time of the next look; None if it is not needed."""
        return self._look_ms if self.active else None


def _alike(old: Target, new: Target) -> bool:
    """True if a vehicle would not notice a difference between the targets."""
    if not isinstance(old, Land) or not isinstance(new, Land) or old.position is None or new.position is None:
        return old == new
    if (old.sink is None) != (new.sink is None) or (old.sink == 0.0) != (new.sink == 0.0) or any(new.velocity):
        return False
    slower = abs((old.sink or 0.0) - (new.sink or 0.0))
    return dist(old.position, new.position) < _MOVED_M and slower < _SINK_STEP_MPS
