"""Hovers of lift motors over a place of GUIDED or of a mission's item (ArduPilot ArduPlane/quadplane.cpp)."""

from __future__ import annotations

from typing import Final

from autopilot.context.turns import earliest
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import Land, Leg, Slope, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.modes.maneuver import Maneuver
from autopilot.modes.mode import VehicleContext
from autopilot.modes.upright import on_wings, stopping_m, takes_wings

_LOOK_MS: Final = 200
_CHANGED_MS: Final = 1000  # period of checks whether an item is flown upright
_NEAR_M, _SLOW_MPS = 1.0, 1.0  # of the place
_HEIGHT_M: Final = 0.5  # tolerance of the height there


class HoverAt(Maneuver):
    """Fly to `place` (NED m) on wings as far as possible, then on lift motors; both climb at once and sink along the
    way (ArduPlane's setup_alt_slope, slow_descent). Done there, where it stays. `upright`: on lift motors all the
    way."""

    def __init__(self, context: VehicleContext, place: Ned, *, upright: bool = False) -> None:
        super().__init__(context)
        self._place = place
        self._upright = upright
        self._until_wings: bool | None = None  # it waits until it is on wings (True) or not (False)
        self._changes_height = False  # over its place
        self.end = place

    def start(self, now_ms: int) -> None:
        self._until_wings, self._changes_height = None, False
        self.deadline_ms = now_ms + _LOOK_MS
        if self._upright and on_wings(self.context):
            self._until_wings = False
            self.helm.fly(Land(None, sink=0.0))
        elif not self._upright and takes_wings(self.context, self._place[:2]):
            self._until_wings = True
            self.helm.fly(Leg(self._place))
        else:
            self.helm.fly(Land(self._place[:2], sink=0.0, down=self._place[2], comes_down=self._heights()))

    def _heights(self) -> Slope:
        """Heights of the way, as in `Land`: its own at its place, for wings by the stopping distance."""
        param, (_, _, here), down = self.facts.param, self.facts.vehicle.state.position, self._place[2]
        near_m = stopping_m(param, param("AIRSPEED_CRUISE", 25.0)) if on_wings(self.context) else 0.0
        return (near_m, down), (self.facts.metres_to(self._place), min(here, down))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        self.deadline_ms = now_ms + _LOOK_MS
        if self._until_wings is not None:
            if on_wings(self.context) is self._until_wings:
                self.start(now_ms)
            return
        vn, ve, _ = self.facts.vehicle.state.velocity
        off_m = abs(self._place[2] - self.facts.vehicle.state.position[2])
        if self._changes_height:
            if off_m <= _HEIGHT_M:
                self.start(now_ms)
        elif self.facts.metres_to(self._place) <= _NEAR_M and hypot(vn, ve) < _SLOW_MPS:
            self.done = off_m <= 2.0 * _HEIGHT_M
            if self.done:
                self.deadline_ms = None
            else:
                self._changes_height = True
                self.helm.fly(TakeOff(self._place[2]))


class WingsOrUpright(Maneuver):
    """An item on `wings`, or a hover at `place` (NED m) while `helm.upright`, for `wait_ms` (None: endless), or until a
    vehicle time. If it `hovers`, its wings only lead there. It begins again after a change on the way."""

    def __init__(
        self, wings: Maneuver, place: Ned, wait_ms: int | None = 0, *, hovers: bool = False, until_ms: int | None = None
    ) -> None:
        super().__init__(wings.context)
        self._wings, self._place, self._hovers = wings, place, hovers
        self._wait_ms, self._until_ms = wait_ms, until_ms
        self._upright = False
        self._arrived_ms: int | None = None
        self._flown = wings

    def start(self, now_ms: int) -> None:
        self._upright, self._flown = self.helm.upright, self._wings
        if self._upright or self._hovers:
            self._flown = HoverAt(self.context, self._place, upright=self._upright)
        self._arrived_ms = None
        self._flown.start(now_ms)
        self._follow(now_ms)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.helm.upright is not self._upright:
            self.start(now_ms)
            return
        self._flown.update(now_ms, events)
        self._follow(now_ms)

    def _follow(self, now_ms: int) -> None:
        flown, wait_ms = self._flown, 0 if self._flown is self._wings else self._wait_ms
        self.end = flown.end
        if flown.done and self._arrived_ms is None:
            self._arrived_ms = now_ms
        self.done = self._arrived_ms is not None and wait_ms is not None and now_ms >= self._arrived_ms + wait_ms
        until_ms = None if flown is self._wings else self._until_ms
        if until_ms is not None:
            self.done = now_ms >= until_ms
        self.deadline_ms = None if self.done else earliest((flown.deadline_ms, now_ms + _CHANGED_MS, until_ms))

    @property
    def paused(self) -> bool:
        return self._flown.paused

    def pause(self) -> bool:
        return self._flown.pause()

    def resume(self) -> bool:
        return self._flown.resume()
