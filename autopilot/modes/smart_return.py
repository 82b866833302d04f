"""SMART_RTL: back along the trail to the place of arming (`autopilot.modes.trail`).

A rover stops there. A copter stops 2 m above that place and lands, or descends to RTL_ALT_FINAL and stays. If the mode
is left half-way, the rest of the trail is kept. Source: ArduPilot Rover/mode_smart_rtl.cpp,
ArduCopter/mode_smart_rtl.cpp.
"""

from __future__ import annotations

from typing import Final

from autopilot.interface.geo import Ned
from autopilot.interface.targets import Leg, Yaw
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.heading import Heading
from autopilot.modes.landing import Landing
from autopilot.modes.mode import SelfFlownMode, VehicleContext
from autopilot.modes.returning import final_height
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.trail import Trail
from autopilot.vehicles.mode_table import ModeSpec

_ABOVE_START: Final = 2.0  # m; end of a copter's way before its descent


class SmartReturnMode(SelfFlownMode):
    """The way back, leg by leg. Subclasses define its end."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, trail: Trail) -> None:
        super().__init__(context, spec)
        self._trail = trail
        self._way: list[Ned] = []
        self._at: Ned | None = None  # beginning of the present leg

    def refusal(self, now_ms: int) -> str | None:
        return None if self._trail else "no path to return by"

    def begin(self, now_ms: int) -> None:
        self._way = self._trail.begin_return(now_ms)
        self._at = None
        self._begin(now_ms)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if not self._way or not self.helm.arrived:
            return
        self._at = self._way.pop(0)
        if self._way:
            self._go()
        else:
            self._came_back(now_ms)

    def exit(self) -> None:
        if self._trail.paused:
            self._trail.end_return(self._way or ([] if self._at is None else [self._at]))
        self._way = []

    def _go(self) -> None:
        start = None if self._at is None else self._place(self._at, last=False)
        onward = self._place(self._way[1], last=len(self._way) == 2) if len(self._way) > 1 else None
        end = self._place(self._way[0], last=len(self._way) == 1)
        self.helm.fly(Leg(end, start, onward, self.facts.acceptance_m, self._yaw()))

    # --- what is the vehicle's ------------------------------------------------------------------------------------
    def _begin(self, now_ms: int) -> None:
        self._go()

    def _came_back(self, now_ms: int) -> None:
        """Act at the last point."""

    def _place(self, point: Ned, *, last: bool) -> Ned:
        """Target place of a point of the trail."""
        return point

    def _yaw(self) -> Yaw:
        return Yaw()


class SmartReturnDrive(SmartReturnMode):
    """SMART_RTL of rovers and boats, at RTL_SPEED."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, trail: Trail, speeds: SpeedControl) -> None:
        super().__init__(context, spec, trail)
        self._speeds = speeds

    def _begin(self, now_ms: int) -> None:
        self._speeds.begin_return()
        self._go()

    def _came_back(self, now_ms: int) -> None:
        self.announcer.say(Severity.INFO, "Reached destination")

    def _place(self, point: Ned, *, last: bool) -> Ned:
        return (point[0], point[1], self.facts.vehicle.state.position[2])


class SmartReturnFlight(SmartReturnMode):
    """SMART_RTL of a copter, at WPNAV_SPEED. On the ground it lands at once."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, trail: Trail, heading: Heading) -> None:
        super().__init__(context, spec, trail)
        self._heading = heading
        self._landing: Landing | None = None
        self._descends = False  # to RTL_ALT_FINAL

    def refusal(self, now_ms: int) -> str | None:
        reason = super().refusal(now_ms)
        if reason is None:
            return None
        self.announcer.say(Severity.INFO, f"SmartRTL: {reason}")
        return "init failed"  # ArduPilot's text

    def _begin(self, now_ms: int) -> None:
        self._landing, self._descends = None, False
        if self.facts.landed:
            self._land(None, now_ms)
        else:
            self._go()

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._landing is not None:
            self._landing.update(now_ms, events)
        else:
            super().update(now_ms, events)

    def _came_back(self, now_ms: int) -> None:
        assert self._at is not None
        north, east, _ = self._at
        final = final_height(self.context)
        self._descends = final > 0.0
        if self._descends:
            down = self.facts.home_ned[2] - final
            self.helm.fly(Leg((north, east, down), None, radius=self.facts.acceptance_m, yaw=self._heading.for_hold()))
        else:
            self._land((north, east), now_ms)

    def _land(self, place: tuple[float, float] | None, now_ms: int) -> None:
        self._landing = Landing(self.context, place, self._heading)
        self._landing.start(now_ms)

    def _place(self, point: Ned, *, last: bool) -> Ned:
        return (point[0], point[1], point[2] - _ABOVE_START) if last else point

    def _yaw(self) -> Yaw:
        return self._heading.for_leg(returning=True)

    @property
    def is_landing(self) -> bool:
        return self._landing is not None

    @property
    def comes_down(self) -> bool:
        return self.is_landing or self._descends

    @property
    def finished(self) -> bool:
        return self._landing is not None and self._landing.done

    def next_deadline_ms(self) -> int | None:
        return None if self._landing is None else self._landing.deadline_ms

    def turn(self, yaw: Yaw) -> bool:
        self._heading.fix(yaw)
        return True

    def exit(self) -> None:
        super().exit()
        self._landing = None
