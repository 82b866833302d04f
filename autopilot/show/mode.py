"""DRONE_SHOW: waits for its start time, takes off, flies the trajectory of its show, and lands.

`_STEPS` has the transitions, checked in order; `_BEGIN` has the action at the beginning of a stage, `_LOOK` the action
in it. The trajectory is flown like GUIDED targets with place and velocity, SHOW_CTRL_RATE times a second. Stages and
times are those of Skybrush's ArduCopter (CMCopter-4.6, d0e9e56f; mode_drone_show.cpp).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from autopilot.interface.geo import Ned
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Hold, Idle, TakeOff, Velocity, Yaw, YawMode
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.heading import Heading
from autopilot.modes.landing import Landing
from autopilot.modes.maneuver import Maneuver
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.modes.returning import Destination, ReturnFlight
from autopilot.safety.arming import ArmingProcedure
from autopilot.show.show import Show, Stand
from autopilot.vehicles.mode_table import ModeSpec

DRONE_SHOW: Final = ModeSpec(127, "DRONE_SHOW", position=True, arming=True, autopilot=True)
_LOOK_MS: Final = 100
_BEFORE_MS: Final = 8000  # time before takeoff at which the motors start
_LATE_MS: Final = 5000  # latest time after the takeoff time at which they start
_AGAIN_MS: Final = 1000  # time between two attempts to start the motors
_NEW_MS: Final = (10_000, 43_200_000)  # range of the time until a new show after the last
_CLOSE_ENOUGH: Final = 0.7  # of SHOW_TAKEOFF_ALT
_STAY, _RETURN = 0, 2  # SHOW_POST_ACTION


class ShowStage(IntEnum):
    """Stages of a show; the numbers are those of the status packet."""

    OFF = 0
    BEGIN = 1
    WAITING = 2
    TAKEOFF = 3
    PERFORMING = 4
    RETURNING = 5
    STAYING = 6
    LANDING = 7
    LANDED = 8
    ERROR = 9


FLYING: Final = frozenset(
    {ShowStage.TAKEOFF, ShowStage.PERFORMING, ShowStage.RETURNING, ShowStage.STAYING, ShowStage.LANDING}
)


@dataclass(frozen=True, slots=True)
class ShowStep:
    """Transition to another stage: its condition, and a text."""

    when: Callable[[ShowMode, int], bool]
    to: ShowStage
    text: str = ""


class ShowMode(Mode):
    """DRONE_SHOW: wait, take off, fly the trajectory, land; stages by `_STEPS`."""

    def __init__(
        self,
        context: VehicleContext,
        show: Show,
        heading: Heading,
        destination: Destination,
        arming: Callable[[], ArmingProcedure],
    ) -> None:
        super().__init__(context, DRONE_SHOW)
        self._show, self._heading, self._destination, self._arming = show, heading, destination, arming
        self.stage = ShowStage.OFF
        self._due_ms: int | None = None
        self._arm_ms = 0  # time from which the motors may be started again
        self._started = False  # True if this mode has started the motors
        self._stand: Stand | None = None
        # NED d of the takeoff height; it stays above until the trajectory has been higher
        self._ceiling, self._low = 0.0, True
        self._maneuver: Maneuver | None = None

    # --- Mode -------------------------------------------------------------------------------------------------------
    def enter(self, now_ms: int) -> None:
        self._go(ShowStage.BEGIN, now_ms)

    def exit(self) -> None:
        self.stage, self._due_ms, self._maneuver = ShowStage.OFF, None, None
        self._show.is_flown = False

    def next_deadline_ms(self) -> int | None:
        maneuver_ms = self._maneuver.next_deadline_ms() if self._maneuver is not None else None
        return self._due_ms if maneuver_ms is None else maneuver_ms

    def parameter_changed(self, name: str) -> None:
        if name.startswith("SHOW_") and self.stage in (ShowStage.WAITING, ShowStage.LANDED):
            self._due_ms = self.facts.now_ms

    def armed(self, now_ms: int) -> None:
        self._due_ms = now_ms
        self._started = -self._after_takeoff_ms(now_ms) <= _BEFORE_MS

    def disarmed(self) -> None:
        self._due_ms = self.facts.now_ms
        self.helm.fly(Idle())

    @property
    def is_landing(self) -> bool:
        return self._maneuver is not None and self._maneuver.is_landing

    @property
    def finished(self) -> bool:
        return self.stage in (ShowStage.LANDED, ShowStage.ERROR) and self.facts.landed

    @property
    def holds_arming(self) -> bool:
        return self.stage is ShowStage.WAITING

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._maneuver is not None:
            self._maneuver.update(now_ms, events)
        elif self._due_ms is None or now_ms < self._due_ms:
            return
        step = next((step for step in _STEPS.get(self.stage, ()) if step.when(self, now_ms)), None)
        if step is None:
            _LOOK.get(self.stage, ShowMode._rest)(self, now_ms)
            return
        if step.text:
            self.announcer.say(Severity.CRITICAL, step.text)
        self._go(step.to, now_ms)

    def _go(self, stage: ShowStage, now_ms: int) -> None:
        self.stage, self._maneuver, self._due_ms = stage, None, now_ms + _LOOK_MS
        self._show.is_flown = stage in FLYING
        _BEGIN.get(stage, ShowMode._rest)(self, now_ms)

    def _rest(self, now_ms: int) -> None:
        """Wait without looks until something changes."""
        self._due_ms = None

    def _look_again(self, now_ms: int) -> None:
        self._due_ms = now_ms + _LOOK_MS

    # --- when -------------------------------------------------------------------------------------------------------
    def _after_takeoff_ms(self, now_ms: int) -> float:
        return 1000.0 * (self._show.elapsed_s(now_ms) - self._show.takeoff_s)

    def _in_vain(self, now_ms: int) -> bool:
        return self._show.may_fly and not self.facts.armed and self._after_takeoff_ms(now_ms) >= _LATE_MS

    def _goes(self, now_ms: int) -> bool:
        may = self._show.may_fly and self._show.ready and self._started and self.facts.armed
        return may and self._after_takeoff_ms(now_ms) >= 0.0

    def _up(self, now_ms: int) -> bool:
        """True near the takeoff height, while the trajectory is higher."""
        down, climb = self.facts.vehicle.state.position[2], self.facts.param("SHOW_TAKEOFF_ALT", 2.5)
        return down - self._ceiling <= (1.0 - _CLOSE_ENOUGH) * climb and self._place(now_ms)[0][2] <= down

    def _ends(self, now_ms: int, action: int | None = None) -> bool:
        """True if it has ended and `action` follows; None: any action."""
        over = self._show.file is None or self._show.elapsed_s(now_ms) >= self._show.landing_s
        return over and action in (None, int(self.facts.param("SHOW_POST_ACTION", 1.0)))

    def _is_down(self, now_ms: int) -> bool:
        return self._maneuver is None or self._maneuver.done or not self.facts.armed

    def _again(self, now_ms: int) -> bool:
        return _NEW_MS[0] < -1000.0 * self._show.elapsed_s(now_ms) <= _NEW_MS[1]

    # --- what is done -----------------------------------------------------------------------------------------------
    def _wait(self, now_ms: int) -> None:
        self._started = False
        if not self.facts.armed:
            self.helm.fly(Idle())

    def _prepare(self, now_ms: int) -> None:
        """Start the motors in time, once; stop them if it is no longer allowed."""
        show, until_ms = self._show, -self._after_takeoff_ms(now_ms)
        if not show.may_fly and self._started:
            self._started = False
            self._arming().disarm(now_ms)
        if show.start_ms is None or not show.may_fly:
            self._due_ms = None
            return
        self._due_ms = now_ms + max(int(until_ms) - _BEFORE_MS, _LOOK_MS)
        self._started = self._started or (self.facts.armed and until_ms <= _BEFORE_MS)
        if until_ms <= _BEFORE_MS and not self._started and show.ready and now_ms >= self._arm_ms:
            self._arm_ms = now_ms + _AGAIN_MS
            self._arming().arm(now_ms)

    def _climb(self, now_ms: int) -> None:
        self._stand = self._show.stand
        self._ceiling = self.facts.vehicle.state.position[2] - self.facts.param("SHOW_TAKEOFF_ALT", 2.5)
        self.helm.takeoff_allowed = self._low = True
        self.helm.fly(TakeOff(self._ceiling))

    def _steer(self, now_ms: int) -> None:
        param, (place, velocity) = self.facts.param, self._place(now_ms)
        self._due_ms = now_ms + int(1000.0 / min(max(param("SHOW_CTRL_RATE", 10.0), 1.0), 50.0))
        self._low = self._low and place[2] > self._ceiling
        if self._low:
            place, velocity = (place[0], place[1], self._ceiling), (velocity[0], velocity[1], 0.0)
        north, east, down = (param("SHOW_VEL_FF_GAIN", 1.0) * speed for speed in velocity)
        yaw = Yaw(YawMode.ANGLE, angle=self.facts.armed_yaw)
        self.helm.fly(Velocity((north, east, down), yaw, position=place))

    def _place(self, now_ms: int) -> tuple[Ned, Ned]:
        """Place of the trajectory now, NED m, and its velocity; without a trajectory, here."""
        show, stand = self._show.file, self._stand
        if show is None or stand is None:
            return self.facts.vehicle.state.position, (0.0, 0.0, 0.0)
        place, velocity = show.trajectory.at(self._show.elapsed_s(now_ms))
        return stand.placed(*place), stand.turned(*velocity)

    def _stay(self, now_ms: int) -> None:
        self._due_ms = None
        self.helm.fly(Hold())

    def _come_down(self, now_ms: int) -> None:
        returns = self.stage is ShowStage.RETURNING
        flight = ReturnFlight(self.context, self._destination, self._heading) if returns else None
        self._maneuver = flight or Landing(self.context, None, self._heading)
        self._maneuver.start(now_ms)


_M: Final = ShowMode
_STEPS: Final[Mapping[ShowStage, tuple[ShowStep, ...]]] = {
    ShowStage.BEGIN: (
        ShowStep(lambda mode, _: mode.facts.landed, ShowStage.WAITING),
        ShowStep(lambda *_: True, ShowStage.STAYING),
    ),
    ShowStage.WAITING: (
        ShowStep(lambda mode, now_ms: mode._after_takeoff_ms(now_ms) > _LATE_MS + _AGAIN_MS, ShowStage.LANDED),
        ShowStep(_M._in_vain, ShowStage.ERROR, "Failed to start motors, giving up"),
        ShowStep(_M._goes, ShowStage.TAKEOFF),
    ),
    ShowStage.TAKEOFF: (
        ShowStep(lambda mode, _: not mode.facts.armed, ShowStage.ERROR, "Motors disarmed during takeoff"),
        ShowStep(_M._up, ShowStage.PERFORMING),
    ),
    ShowStage.PERFORMING: (
        ShowStep(lambda mode, _: not mode.facts.armed, ShowStage.ERROR, "Motors disarmed during show"),
        ShowStep(lambda mode, now_ms: mode._ends(now_ms, _STAY), ShowStage.STAYING),
        ShowStep(lambda mode, now_ms: mode._ends(now_ms, _RETURN), ShowStage.RETURNING),
        ShowStep(_M._ends, ShowStage.LANDING),
    ),
    ShowStage.RETURNING: (ShowStep(_M._is_down, ShowStage.LANDED),),
    ShowStage.LANDING: (ShowStep(_M._is_down, ShowStage.LANDED),),
    ShowStage.LANDED: (ShowStep(_M._again, ShowStage.BEGIN),),
}
_BEGIN: Final[Mapping[ShowStage, Callable[[ShowMode, int], None]]] = {
    ShowStage.BEGIN: _M._look_again,
    ShowStage.WAITING: _M._wait,
    ShowStage.TAKEOFF: _M._climb,
    ShowStage.PERFORMING: _M._steer,
    ShowStage.RETURNING: _M._come_down,
    ShowStage.STAYING: _M._stay,
    ShowStage.LANDING: _M._come_down,
}
_LOOK: Final[Mapping[ShowStage, Callable[[ShowMode, int], None]]] = {
    ShowStage.WAITING: _M._prepare,
    ShowStage.TAKEOFF: _M._look_again,
    ShowStage.PERFORMING: _M._steer,
}
