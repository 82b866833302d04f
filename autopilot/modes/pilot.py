"""Modes flown by sticks, and modes that only stop.

The vehicle interprets the sticks (`autopilot.interface.targets.PilotKind`); a mode selects how. A commanded takeoff in
a height-holding mode is flown first, then the sticks fly again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from autopilot.context.staying import stay
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.mathematics import atan2, hypot
from autopilot.interface.targets import Circle, Drive, Hold, Idle, Pilot, PilotKind, Sticks, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.modes.heading import KEEP
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.precision.lander import TargetLoiter
from autopilot.vehicles.driving import stick_speed
from autopilot.vehicles.mode_table import ModeSpec, TerrainFollow

_CENTRED = 0.02  # of full stick (RC1_DZ, RC2_DZ)
_LIFTS = 0.55  # throttle, 0 .. 1: above the hover position and its dead zone
_SINKS = 0.45  # below the hover position and its dead zone
_GROUND = 1.0  # SURFTRAK_MODE
_RELEASED = Sticks()
_FOR_EVER_MS: Final = 10**12
_CLIMBS_BY_STICK: Final = 1 << 12  # FLIGHT_OPTIONS


class PilotMode(Mode):
    """STABILIZE, ALT_HOLD, LOITER, POSHOLD, DRIFT; MANUAL, STEERING, ACRO. `choose`: meaning of the sticks in their
    present positions. `over`: holds the vehicle over a landing target while the sticks are centred and PREC_LOITER is
    on."""

    def __init__(
        self,
        context: VehicleContext,
        spec: ModeSpec,
        choose: Callable[[Sticks], PilotKind],
        over: TargetLoiter | None = None,
    ) -> None:
        super().__init__(context, spec)
        self._over = over
        self._choose = choose
        self._kind = choose(_RELEASED)
        self._climbing = False
        self._resting = False

    def enter(self, now_ms: int) -> None:
        self._kind = self._choose(self.helm.sticks)
        self._climbing = False
        if self._over is not None:
            self._over.release()
        self._resting = self._lifts_by_throttle and self.facts.landed
        self._take_sticks()

    @property
    def _lifts_by_throttle(self) -> bool:
        return self.spec.manual_throttle and self.facts.vehicle_class.hovers

    def sticks_moved(self, sticks: Sticks) -> None:
        """Handle moved sticks. A copter on the ground lifts off by a throttle above the middle, but not by released
        sticks."""
        if self._resting and sticks.throttle > _LIFTS:
            self._resting = False
            self._take_sticks()
        elif self._lifts_by_throttle and not self._resting and sticks == _RELEASED and self.facts.landed:
            self._resting = True
            self._take_sticks()
        self._lift_by_stick(sticks.throttle)
        kind = self._choose(sticks)
        released = self._over is not None and not _centred(sticks) and self._over.release()
        if kind is not self._kind or released:
            self._kind = kind
            self._take_sticks()

    def _lift_by_stick(self, throttle: float) -> None:
        """Climb to PILOT_TKOFF_ALT by a throttle above the middle on the ground; below the middle the climb ends
        (ArduCopter takeoff.cpp)."""
        height = self.facts.param("PILOT_TKOFF_ALT") / 100.0
        if self._climbing and throttle < _SINKS:
            self._climbing = False
            self._take_sticks()
        elif throttle > _LIFTS and height > 0.0 and self.facts.landed and self.facts.armed and not self._climbing:
            self.take_off(self.facts.vehicle.state.position[2] - height)

    def _take_sticks(self) -> None:
        self.helm.fly(Idle() if self._resting else self._pilot())

    def _pilot(self) -> Pilot:
        """Target of the sticks, following the ground by the range finder with SURFTRAK_MODE 1."""
        holds = self._kind in (PilotKind.ALT_HOLD, PilotKind.LOITER) and self.facts.uses_range_finder
        return Pilot(self._kind, over_surface=holds and self.facts.param("SURFTRAK_MODE") == _GROUND)

    def refresh_height(self) -> None:
        if isinstance(self.helm.target, Pilot):
            self._take_sticks()

    def parameter_changed(self, name: str) -> None:
        if name == "SURFTRAK_MODE":
            self.refresh_height()

    def take_off(self, down: float) -> bool:
        if self.spec.manual_throttle or not self.facts.vehicle_class.hovers:
            return False
        self._climbing = True
        self.helm.fly(TakeOff(down, KEEP))
        return True

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._climbing and self.helm.arrived:
            self._climbing = False
            self.helm.fly(self._pilot())
        if self._over is not None and self._over.active:
            free = _centred(self.helm.sticks) and not self._climbing and not self.facts.landed
            if self._over.update(now_ms, free):
                self._take_sticks()

    def next_deadline_ms(self) -> int | None:
        return None if self._over is None or not self.facts.armed else self._over.next_deadline_ms()

    def disarmed(self) -> None:
        self.enter(self.facts.now_ms)


def _centred(sticks: Sticks) -> bool:
    """True when the sticks are centred; the throttle's middle hovers."""
    off = max(abs(sticks.roll), abs(sticks.pitch), abs(sticks.yaw), abs(sticks.throttle - 0.5))
    return off < _CENTRED


def always(kind: PilotKind) -> Callable[[Sticks], PilotKind]:
    """Use the same kind for all stick positions."""
    return lambda _: kind


def acro(facts: VehicleFacts) -> Callable[[Sticks], PilotKind]:
    """ACRO of a copter: roll and pitch stick are rates. Centred sticks level the vehicle, unless ACRO_TRAINER is 0 (in
    ArduPilot its value 2 also limits the lean; here it does not)."""

    def choose(sticks: Sticks) -> PilotKind:
        level = abs(sticks.roll) < _CENTRED and abs(sticks.pitch) < _CENTRED
        trained = int(facts.param("ACRO_TRAINER", 2.0)) != 0
        return PilotKind.STABILIZE if level and trained else PilotKind.ACRO

    return choose


class StopMode(Mode):
    """BRAKE or HOLD: stop with full braking, and stay. LOITER of a plane, whose height the pitch stick moves if
    FLIGHT_OPTIONS says so (ArduPlane/mode_loiter.cpp)."""

    def enter(self, now_ms: int) -> None:
        if self.facts.grounded:
            self.helm.fly(Idle())
            return
        target = stay(self.facts, mode=TerrainFollow.LOITER)
        self.helm.fly(self._by_stick(target) if isinstance(target, Circle) else Hold(hard=True))

    def parameter_changed(self, name: str) -> None:
        super().parameter_changed(name)
        if name == "FLIGHT_OPTIONS" and isinstance(self.helm.target, Circle):
            self.helm.fly(self._by_stick(self.helm.target))

    def _by_stick(self, circle: Circle) -> Circle:
        if not self.facts.option("FLIGHT_OPTIONS", _CLIMBS_BY_STICK):
            return replace(circle, climbs=False)
        return replace(circle, climbs=True, over_ground=None)


class PointedMode(Mode):
    """SIMPLE of a rover or boat: the sticks point to where it drives, seen along its heading at arming (SIMPLE_TYPE 1:
    northwards), and how far they are moved is the speed. Released, it stops (Rover/mode_simple.cpp)."""

    def enter(self, now_ms: int) -> None:
        self.sticks_moved(self.helm.sticks)

    def sticks_moved(self, sticks: Sticks) -> None:
        ahead, right = 2.0 * sticks.throttle - 1.0, sticks.roll
        turned = self.facts.armed_yaw if int(self.facts.param("SIMPLE_TYPE")) == 0 else 0.0
        speed = min(hypot(ahead, right), 1.0) * stick_speed(self.facts.param)
        self.helm.fly(Drive(speed, turned + atan2(right, ahead), timeout_ms=_FOR_EVER_MS))
