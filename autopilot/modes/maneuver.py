"""Maneuver: a part of a flight with an end, shared by NAV items of a mission and stages of modes.

A maneuver sets targets, handles the vehicle's events, and has a flag for its end. AUTO flies one for each NAV item
(`verify_command` returns its `done`); RTL and LAND are modes around one, and a `StagedMode` flies a list of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from math import ceil, pi

from autopilot.context.staying import stay
from autopilot.interface import report
from autopilot.interface.geo import Ned
from autopilot.interface.targets import Circle, Hold, Idle, Leg, TakeOff, Yaw
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.heading import Heading
from autopilot.modes.mode import SelfFlownMode, VehicleContext
from autopilot.modes.speeds import SpeedControl
from autopilot.vehicles.mode_table import ModeSpec

_AT_ALTITUDE = 0.5
"""Tolerance of an item with an altitude, m, independent of the waypoint radius."""
_RUDDER_LOOK_MS = 200
_CIRCLE_LOOK_MS = 100
_ACCEPTS_MS = 100  # period of looks at a waypoint's own radius near it; ArduPlane's mission has it


class Maneuver:
    """Base: done at once. `deadline_ms`: its own next time; `end`: NED m of the beginning of the next leg, None: the
    vehicle's place."""

    def __init__(self, context: VehicleContext) -> None:
        self.context = context
        self.facts, self.announcer, self.helm = context.facts, context.announcer, context.helm
        self.done = False
        self.deadline_ms: int | None = None
        self.end: Ned | None = None

    @property
    def is_landing(self) -> bool:
        """True in the final descent to the ground."""
        return False

    @property
    def comes_down(self) -> bool:
        """See `Mode.comes_down`."""
        return self.is_landing

    def start(self, now_ms: int) -> None:
        self.done = True

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        """Handle the vehicle's events, or an expired deadline."""

    def next_deadline_ms(self) -> int | None:
        """Time at which `update` must run without an event."""
        return self.deadline_ms

    @property
    def paused(self) -> bool:
        """True from `pause` to `resume`."""
        return False

    def pause(self) -> bool:
        """Brake and wait; False if there is no leg to interrupt."""
        return False

    def resume(self) -> bool:
        return False

    def go_around(self, height_m: float = 0.0) -> bool:
        """Abort a landing and climb, to `height_m` above home if that is above 0; False if it does not land."""
        return False


class RudderedTakeoff(Maneuver, ABC):
    """Base of wings' takeoffs, which wait on the ground for the release of a rudder stick that has armed (ArduPlane
    takeoff.cpp, auto_takeoff_check; quadplane.cpp, takeoff_controller)."""

    def __init__(self, context: VehicleContext) -> None:
        super().__init__(context)
        self._waits = False

    @abstractmethod
    def begin(self, now_ms: int) -> None:
        """Begin the climb."""

    @abstractmethod
    def climb(self, now_ms: int) -> None:
        """Check the climb."""

    def start(self, now_ms: int) -> None:
        waited, self._waits = self._waits, self.helm.rudder_held and self.facts.landed
        if self._waits:
            self.deadline_ms = now_ms + _RUDDER_LOOK_MS
            if not waited:
                self.announcer.say(Severity.WARNING, "Takeoff waiting for rudder release")
        else:
            self.begin(now_ms)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if not self._waits:
            self.climb(now_ms)
        elif self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self.start(now_ms)


class Follow(Maneuver):
    """Fly a leg; done at its end. With `final` False it is never done (LOITER_UNLIM); `arrival`: text at its end
    then. `accepts`: done at its radius, however small the turn there is (ArduPlane's verify_nav_wp)."""

    def __init__(
        self,
        context: VehicleContext,
        leg: Leg,
        heading: Heading,
        *,
        final: bool = True,
        arrival: str = "",
        accepts: bool = False,
    ) -> None:
        super().__init__(context)
        self._leg = leg
        self._heading = heading
        self._final = final
        self._arrival = arrival
        self._accepts = accepts
        self._paused = False
        self.end = leg.end

    def start(self, now_ms: int) -> None:
        self.helm.fly(self._leg)
        self.deadline_ms = now_ms if self._accepts else None

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.helm.arrived and not self._paused:
            self.done = self._final
            if self._arrival:
                self.announcer.step(self._arrival)
                self._arrival = ""
        elif self.deadline_ms is not None and now_ms >= self.deadline_ms:
            left_m = self.facts.metres_to(self._leg.end) - self._leg.radius
            self.done = left_m <= 0.0 and not self._paused
            fastest = max(2.0 * self.facts.vehicle.state.ground_speed, 1.0)
            least_ms = round(1000.0 * left_m / fastest)
            self.deadline_ms = None if self.done else now_ms + max(least_ms, _ACCEPTS_MS)

    @property
    def paused(self) -> bool:
        return self._paused

    def pause(self) -> bool:
        if not self._paused:
            if self.helm.arrived:
                return False
            self._paused = True
            target = stay(self.facts, self._heading.for_hold())
            self.helm.fly(replace(target, on_leg=True) if isinstance(target, Hold) else target)
        return True

    def resume(self) -> bool:
        if self._paused:
            self._paused = False
            leg, yaw = self._leg, self._heading.turned or self._heading.for_leg()
            self.helm.fly(Leg(leg.end, None, leg.next, leg.radius, yaw, over_ground=leg.over_ground))
        return True


class Climb(Maneuver):
    """Take off, or go straight up (or down) to a height. On the ground it waits until the takeoff is allowed."""

    def __init__(self, context: VehicleContext, down: float, yaw: Yaw) -> None:
        super().__init__(context)
        self._down = down
        self._yaw = yaw
        self._waiting = False

    def start(self, now_ms: int) -> None:
        self._waiting = self.facts.landed and not self.helm.takeoff_allowed
        if self._waiting:
            self.announcer.step("Takeoff waits for MISSION_START or throttle")
            self.helm.fly(Idle())
        else:
            self._go()

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._waiting:
            if self.helm.takeoff_allowed:
                self._waiting = False
                self._go()
        elif self.helm.arrived:
            self.done = True

    def _go(self) -> None:
        if self.facts.landed:  # in the air its own end counts
            north, east, _ = self.facts.vehicle.state.position
            self.end = (north, east, self._down)
        self.helm.fly(TakeOff(self._down, self._yaw))


class CircleTurns(Maneuver):
    """Fly a circle; done after `turns` turns, counted from the edge. `way`: a leg to the edge, at whose end it stops
    before it circles. Hovering vehicles announce each turn that begins (ArduCopter/mode_auto.cpp, verify_circle).
    `speeds`: of vehicles that drive, which have a speed for circles (`SpeedControl.circle`)."""

    def __init__(
        self, context: VehicleContext, circle: Circle, heading: Heading, way: Leg | None, speeds: SpeedControl | None
    ) -> None:
        super().__init__(context)
        self._circle = circle
        self._heading = heading
        self._way = way
        self._speeds = speeds
        self._begun = 0

    def start(self, now_ms: int) -> None:
        if self._speeds is not None:
            self._speeds.circle()
        if self._way is None:
            self._turn(now_ms)
        else:
            self.helm.fly(self._way)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._way is not None:
            if self.helm.arrived:
                self._way = None
                self._turn(now_ms)
        elif self.helm.arrived:
            self.done, self.deadline_ms = True, None
        elif self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self._announce(now_ms, float(self.facts.vehicle.state.report[report.TURNS]))

    def _turn(self, now_ms: int) -> None:
        self.helm.fly(replace(self._circle, yaw=self._heading.for_circle(self._circle.center)))
        if self.facts.vehicle_class.hovers:
            self._announce(now_ms, 0.0)

    def _announce(self, now_ms: int, flown: float) -> None:
        """Announce the turn after `flown` turns if it is new; look again when the next can begin at the earliest."""
        turns = ceil(self._circle.turns or 0.0)
        if self._begun <= flown and self._begun < turns:
            self._begun += 1
            self.announcer.step(f"Mission: starting circle {self._begun}/{turns}")
        left_m = 2.0 * pi * self._circle.radius * (self._begun - flown)
        left_ms = round(1000.0 * left_m / self._circle.speed) if self._circle.speed > 0.0 else 0
        self.deadline_ms = now_ms + max(left_ms, _CIRCLE_LOOK_MS) if self._begun < turns else None


class GoThenClimb(Maneuver):
    """Go straight to a place and its altitude, then wait there for the altitude, at the parameters' vertical speeds
    (LOITER_TO_ALT, as ArduCopter's do_loiter_to_alt)."""

    def __init__(
        self,
        context: VehicleContext,
        end: Ned,
        start: Ned | None,
        radius: float,
        heading: Heading,
        speeds: SpeedControl,
    ) -> None:
        super().__init__(context)
        self.end: Ned = end
        self._start = start
        self._radius = radius
        self._heading = heading
        self._speeds = speeds
        self._at_place = False

    def start(self, now_ms: int) -> None:
        if self.facts.metres_to(self.end) <= self._radius:
            self._climb(self._heading.for_leg())
        else:
            self.helm.fly(Leg(self.end, self._start, radius=self._radius, yaw=self._heading.for_leg()))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if not self.helm.arrived:
            return
        if self._at_place:
            self.done = True
        else:
            self._climb(self._heading.for_hold())

    def _climb(self, yaw: Yaw) -> None:
        self._at_place = True
        self._speeds.leave_legs()
        self.helm.fly(Leg(self.end, None, radius=min(self._radius, _AT_ALTITUDE), yaw=yaw))


class WaitUntil(Maneuver):
    """Stay in place until a vehicle time (NAV_DELAY), also on the ground."""

    def __init__(self, context: VehicleContext, until_ms: int, yaw: Yaw) -> None:
        super().__init__(context)
        self.deadline_ms = until_ms
        self._yaw = yaw

    def start(self, now_ms: int) -> None:
        self.helm.fly(Idle() if self.facts.grounded else stay(self.facts, self._yaw))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self.deadline_ms = None
            self.done = True


class StagedMode(SelfFlownMode):
    """Base of modes that fly maneuvers in order."""

    def __init__(self, context: VehicleContext, spec: ModeSpec) -> None:
        super().__init__(context, spec)
        self._stages: list[Maneuver] = []

    def fly(self, stages: list[Maneuver], now_ms: int) -> None:
        self._stages = stages
        stages[0].start(now_ms)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        stage = self._stages[0] if self._stages else None
        if stage is None or stage.done:
            return
        stage.update(now_ms, events)
        self._follow(stage, now_ms)

    def _follow(self, stage: Maneuver, now_ms: int) -> None:
        if stage.done and len(self._stages) > 1:
            self._stages.pop(0)
            self._stages[0].start(now_ms)

    @property
    def is_landing(self) -> bool:
        return bool(self._stages) and self._stages[0].is_landing

    @property
    def comes_down(self) -> bool:
        return bool(self._stages) and self._stages[0].comes_down

    @property
    def finished(self) -> bool:
        return self.is_landing and self._stages[0].done

    def next_deadline_ms(self) -> int | None:
        return self._stages[0].deadline_ms if self._stages and not self._stages[0].done else None

    def exit(self) -> None:
        self._stages = []
