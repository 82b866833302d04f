"""THROW: armed by hand, thrown up or dropped, and caught by the motors.

A throw is detected if the vehicle is fast or falls freely, rises (THROW_TYPE 1, a drop: sinks), and feels less than its
weight, and if its upward speed then decreases by 2.5 m/s within half a second. Then the motors spool up, and attitude,
height and place are controlled in turn; `_STEPS` has the order. Source: ArduPilot ArduCopter/mode_throw.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

from autopilot.interface import report
from autopilot.interface.layout import GRAVITY, TICK_MS
from autopilot.interface.mathematics import cos, hypot
from autopilot.interface.reasons import ModeReason
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Attitude, Hold, Idle
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.manager import ModeChoice
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.vehicles.mode_table import CopterMode, ModeSpec

_FAST_MPS, _RISING_MPS, _SLOWER_MPS = 5.0, 0.5, 2.5
_WITHIN_MS: Final = 500
_UPRIGHT: Final = 0.866
_NEAR_M: Final = 0.5
_DROP: Final = 1  # THROW_TYPE
_LONG_MS: Final = 600_000
_HALF: Final = 0.5  # thrust while levelling
_MOST_MPS: Final = 2.5  # vertical speed limit on the way to the height
_AFTERWARDS: Final = frozenset({
    CopterMode.AUTO, CopterMode.GUIDED, CopterMode.RTL, CopterMode.LAND, CopterMode.BRAKE, CopterMode.LOITER,
})  # fmt: skip


class ThrowStage(Enum):
    DISARMED = "motors off"
    WAITING = "armed, in a hand"
    SPOOLING = "the motors run up"
    UPRIGHTING = "it is brought level"
    CATCHING = "its height is reached"
    HOLDING = "it comes to rest"
    DONE = "it stays, or another mode flies"


@dataclass(frozen=True, slots=True)
class ThrowStep:
    """Transition to another stage: its condition, its text, its action."""

    when: Callable[[ThrowMode, int], bool]
    to: ThrowStage
    text: str
    fly: Callable[[ThrowMode], None]


class ThrowMode(Mode):
    """THROW: catch the thrown vehicle by its motors, stage by stage."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, choice: Callable[[], ModeChoice]) -> None:
        super().__init__(context, spec)
        self._choice = choice
        self.stage = ThrowStage.DISARMED
        self._now_ms = 0
        self._drop: tuple[int, float] | None = None  # time of a possible release, and the climb rate then, m/s
        self._goal = 0.0  # NED down, m

    def refusal(self, now_ms: int) -> str | None:
        return "vehicle is armed" if self.facts.armed else None

    def enter(self, now_ms: int) -> None:
        self.disarmed()

    def armed(self, now_ms: int) -> None:
        self.stage, self._drop, self._now_ms = ThrowStage.WAITING, None, now_ms
        self.announcer.say(Severity.INFO, "waiting for throw")

    def disarmed(self) -> None:
        self.stage = ThrowStage.DISARMED
        self.helm.fly(Idle(stopped=self.facts.param("THROW_MOT_START") == 0.0))

    @property
    def holds_arming(self) -> bool:
        return True

    def next_deadline_ms(self) -> int | None:
        return self._now_ms + TICK_MS if self.stage in _STEPS else None

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        self._now_ms = now_ms
        step = _STEPS.get(self.stage)
        if step is not None and step.when(self, now_ms):
            self.stage = step.to
            if step.text:
                self.announcer.say(Severity.INFO, step.text)
            step.fly(self)
        elif self.stage is ThrowStage.CATCHING:
            self._catch()

    # --- when -----------------------------------------------------------------------------------------------------
    def _reported(self, field: int) -> float:
        return float(self.facts.vehicle.state.report[field])

    def _thrown(self, now_ms: int) -> bool:
        climb = -self._reported(report.VD)
        if self._let_go(climb) and (self._drop is None or now_ms - self._drop[0] > _WITHIN_MS):
            self._drop = now_ms, climb
        return self._drop is not None and now_ms - self._drop[0] < _WITHIN_MS and climb - self._drop[1] < -_SLOWER_MPS

    def _let_go(self, climb: float) -> bool:
        param = self.facts.param
        moves = -climb if int(param("THROW_TYPE")) == _DROP else climb
        speed = hypot(self._reported(report.VN), self._reported(report.VE), climb)
        falls = self._reported(report.ACC_D) > 0.75 * GRAVITY
        felt = hypot(*(self._reported(report.ACCEL_X + axis) for axis in range(3)))
        lowest, highest, height = param("THROW_ALT_MIN"), param("THROW_ALT_MAX"), self.facts.height
        within = (lowest == 0.0 or height > lowest) and (highest == 0.0 or height < highest)
        return (falls or speed > _FAST_MPS) and moves > _RISING_MPS and felt < GRAVITY and within

    def _runs(self, now_ms: int) -> bool:
        return self._reported(report.THROTTLE) > 0.0

    def _upright(self, now_ms: int) -> bool:
        return cos(self._reported(report.ROLL)) * cos(self._reported(report.PITCH)) > _UPRIGHT

    def _caught(self, now_ms: int) -> bool:
        return self._reported(report.DOWN) - self._goal < _NEAR_M

    def _rests(self, now_ms: int) -> bool:
        return self.helm.arrived

    # --- what is flown --------------------------------------------------------------------------------------------
    def _level(self) -> None:
        self.helm.fly(
            Attitude(0.0, 0.0, 0.0, use_yaw_rate=True, thrust=_HALF, thrust_is_climb=False, timeout_ms=_LONG_MS)
        )

    def _go_on(self) -> None:
        """Continue with the present target."""

    def _begin_to_catch(self) -> None:
        param, down = self.facts.param, self._reported(report.DOWN)
        dropped = int(param("THROW_TYPE")) == _DROP
        self._goal = down + param("THROW_ALT_DCSND", 1.0) if dropped else down - param("THROW_ALT_ACSND", 3.0)
        self._catch()

    def _catch(self) -> None:
        climb = min(max(self._reported(report.DOWN) - self._goal, -_MOST_MPS), _MOST_MPS)
        self.helm.fly(Attitude(0.0, 0.0, 0.0, use_yaw_rate=True, climb=climb, timeout_ms=_LONG_MS))

    def _stop(self) -> None:
        self.helm.fly(Hold())

    def _follow_up(self) -> None:
        """Enter the mode of THROW_NEXTMODE."""
        mode = int(self.facts.param("THROW_NEXTMODE", 18.0))
        if mode in _AFTERWARDS:
            self._choice().set(mode, self.facts.now_ms, ModeReason.THROW_COMPLETE)


_T: Final = ThrowMode
_STEPS: Final[Mapping[ThrowStage, ThrowStep]] = {
    ThrowStage.WAITING: ThrowStep(_T._thrown, ThrowStage.SPOOLING, "throw detected - spooling motors", _T._level),
    ThrowStage.SPOOLING: ThrowStep(_T._runs, ThrowStage.UPRIGHTING, "throttle is unlimited - uprighting", _T._go_on),
    ThrowStage.UPRIGHTING: ThrowStep(
        _T._upright, ThrowStage.CATCHING, "uprighted - controlling height", _T._begin_to_catch
    ),
    ThrowStage.CATCHING: ThrowStep(_T._caught, ThrowStage.HOLDING, "height achieved - controlling position", _T._stop),
    ThrowStage.HOLDING: ThrowStep(_T._rests, ThrowStage.DONE, "", _T._follow_up),
}
