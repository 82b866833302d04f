"""Maneuvers on lift motors: straight up, to a place and down, hovering at one (ArduPilot ArduPlane/quadplane.cpp)."""

from __future__ import annotations

from typing import Final

from autopilot.interface import report
from autopilot.interface.geo import Ned
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import Idle, Land, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import VtolState
from autopilot.modes.maneuver import Maneuver
from autopilot.modes.mode import VehicleContext
from autopilot.vehicles.mode_table import LiftOption

_LOOK_MS: Final = 200
_THROUGH_M: Final = 5.0  # above the height of a takeoff upright: it begins to stop no earlier than there
_CHANGED_MS: Final = 1000  # how often an item looks whether it is to be flown upright
_ON_WINGS: Final = (VtolState.FW, VtolState.TRANSITION_TO_FW, VtolState.TRANSITION_TO_MC)
_HOVER_NEAR_M, _HOVER_SLOW_MPS = 1.0, 1.0  # of the place over which it hovers
_HOVER_HEIGHT_M: Final = 0.5  # of the height there: it needs as much to stop


def _on_wings(context: VehicleContext) -> bool:
    return context.facts.vehicle.state.report[report.VTOL_STATE] in _ON_WINGS


class LiftOff(Maneuver):
    """Straight up to `down` (NED m) on lift motors, and through it at the speed of the climb (ArduPlane's
    verify_vtol_takeoff)."""

    def __init__(self, context: VehicleContext, down: float) -> None:
        super().__init__(context)
        self._down = down

    def start(self, now_ms: int) -> None:
        self.helm.fly(TakeOff(self._down - _THROUGH_M))
        self.deadline_ms = now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        self.done = self.done or self.helm.arrived or self.facts.vehicle.state.position[2] <= self._down
        self.deadline_ms = None if self.done else now_ms + _LOOK_MS


class SetDown(Maneuver):
    """To a place on wings, as far as they carry, or on lift motors as soon as these can (Q_OPTIONS), and straight down
    on these. `comes_down`: see `Land`."""

    def __init__(
        self,
        context: VehicleContext,
        place: tuple[float, float] | None,
        comes_down: tuple[tuple[float, float], tuple[float, float]] | None = None,
    ) -> None:
        super().__init__(context)
        self._place = place
        self._comes_down = comes_down
        self._brakes = False

    @property
    def is_landing(self) -> bool:
        return True

    def start(self, now_ms: int) -> None:
        self.deadline_ms = None
        if self.facts.landed:  # no event will tell us
            self.helm.fly(Idle())
            self.deadline_ms = now_ms + TICK_MS
            return
        at_once = self._place is not None and int(self.facts.param("Q_OPTIONS")) & LiftOption.NO_APPROACH
        self._brakes = bool(at_once) and _on_wings(self.context)
        if self._brakes:
            self.helm.fly(Land(None, sink=0.0))
            self.deadline_ms = now_ms + _LOOK_MS
        else:
            self.helm.fly(Land(self._place, comes_down=self._comes_down))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        due = self.deadline_ms is not None and now_ms >= self.deadline_ms
        if due and self._brakes:
            self.deadline_ms = now_ms + _LOOK_MS
            if not _on_wings(self.context):
                self.start(now_ms)
        elif due or events & VehicleEvent.LANDED:
            self.deadline_ms = None
            self.done = True


class HoverAt(Maneuver):
    """To `place` (NED m) on wings, as far as they carry, at the present height; over it on lift motors to its height.
    Done there, where it stays. `upright`: all the way on lift motors."""

    def __init__(self, context: VehicleContext, place: Ned, *, upright: bool = False) -> None:
        super().__init__(context)
        self._place = place
        self._upright = upright
        self._brakes = False
        self._climbs: bool | None = None  # None: neither, it stays at its height
        self.end = place

    def start(self, now_ms: int) -> None:
        self._climbs = None
        self._brakes = self._upright and _on_wings(self.context)
        self.helm.fly(Land(None if self._brakes else self._place[:2], sink=0.0))
        self.deadline_ms = now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        self.deadline_ms = now_ms + _LOOK_MS
        if self._brakes:
            if not _on_wings(self.context):
                self.start(now_ms)
            return
        (north, east, down), (vn, ve, _) = self.facts.vehicle.state.position, self.facts.vehicle.state.velocity
        above = self._place[2] - down
        if self._climbs is not None:
            if (-above if self._climbs else above) <= _HOVER_HEIGHT_M:
                self.start(now_ms)
        elif hypot(north - self._place[0], east - self._place[1]) <= _HOVER_NEAR_M and hypot(vn, ve) < _HOVER_SLOW_MPS:
            self.done = abs(above) <= 2.0 * _HOVER_HEIGHT_M
            if self.done:
                self.deadline_ms = None
            else:
                self._climbs = above < 0.0
                self.helm.fly(TakeOff(self._place[2]) if self._climbs else Land(self._place[:2]))


class WingsOrUpright(Maneuver):
    """An item on `wings`, or hovering at `place` (NED m) for as long as `helm.upright` says so, and there `wait_ms`
    (None: for ever); begun anew when that changes on the way."""

    def __init__(self, wings: Maneuver, place: Ned, wait_ms: int | None = 0) -> None:
        super().__init__(wings.context)
        self._wings, self._hover = wings, HoverAt(wings.context, place, upright=True)
        self._wait_ms = wait_ms
        self._there_ms: int | None = None
        self._flown = wings

    def start(self, now_ms: int) -> None:
        self._flown = self._hover if self.helm.upright else self._wings
        self._there_ms = None
        self._flown.start(now_ms)
        self._follow(now_ms)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.helm.upright is not (self._flown is self._hover):
            self.start(now_ms)
            return
        self._flown.update(now_ms, events)
        self._follow(now_ms)

    def _follow(self, now_ms: int) -> None:
        flown, wait_ms = self._flown, self._wait_ms if self.helm.upright else 0
        self.end = flown.end
        if flown.done and self._there_ms is None:
            self._there_ms = now_ms
        self.done = self._there_ms is not None and wait_ms is not None and now_ms >= self._there_ms + wait_ms
        looks_ms = now_ms + _CHANGED_MS if flown.deadline_ms is None else flown.deadline_ms
        self.deadline_ms = None if self.done else min(looks_ms, now_ms + _CHANGED_MS)

    def pause(self) -> bool:
        return self._flown.pause()

    def resume(self) -> bool:
        return self._flown.resume()

    def refresh_yaw(self) -> None:
        self._flown.refresh_yaw()
