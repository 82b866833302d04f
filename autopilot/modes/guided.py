"""GUIDED: a ground station or companion computer sends targets.

A mission's GUIDED_ENABLE item flies the same. Sources: docs/reference/ground-stations.md, 3.2; ArduPilot
ArduCopter/mode_guided.cpp and Rover/mode_guided.cpp. On the ground a copter accepts only a takeoff.
"""

from __future__ import annotations

from dataclasses import replace
from math import radians

from autopilot.context.events import GuidedTargetReached
from autopilot.context.staying import loiter, stay
from autopilot.interface.geo import Ned
from autopilot.interface.layout import TICK_MS
from autopilot.interface.targets import (
    Attitude,
    Circle,
    Drive,
    Idle,
    Land,
    Leg,
    TakeOff,
    Target,
    Velocity,
    Yaw,
    YawMode,
)
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.heading import KEEP, Heading
from autopilot.modes.hovering import HoverAt
from autopilot.modes.mode import Mode, SelfFlownMode, VehicleContext
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.upright import stopping_m
from autopilot.modes.wings import HoldCourse
from autopilot.vehicles.driving import as_drive
from autopilot.vehicles.mode_table import ModeSpec

_ZERO: Ned = (0.0, 0.0, 0.0)
_BY_WAYPOINTS = 64  # GUID_OPTIONS bit 6
_SHORTEST_S = 0.1  # of GUID_TIMEOUT


class GuidedFlight:
    """The targets of GUIDED, for the mode and for AUTO's GUIDED_ENABLE. `speeds` do not limit a copter's velocity
    (ArduCopter's velaccel_control_run); None: of a mode in which nobody demands one."""

    def __init__(self, context: VehicleContext, heading: Heading, speeds: SpeedControl | None = None) -> None:
        self._context = context
        self._speeds = speeds
        self._facts, self._announcer, self._helm = context.facts, context.announcer, context.helm
        self._heading = heading
        self._hover: HoverAt | None = None  # way to the place with lift motors and Q_GUIDED_MODE
        self._lifted = False  # True above the place of a takeoff on lift motors, until there is another place
        self._course: HoldCourse | None = None  # course of wings by GUIDED_CHANGE_HEADING
        self._target: Target | None = None  # target that resume continues
        self._announced = True  # True if the arrival was announced
        self.paused = False
        self._waits = False  # until it goes on, another target too
        self.deadline_ms: int | None = None  # end of a driven speed, a turn, or wings' attitude, unless renewed

    def begin(self) -> None:
        """Stay in place, with the nose as it is, until there is a target."""
        self._heading.reset()
        self.paused = self._waits = False
        self._announced = True
        self._target = self._hover = self._course = None
        self._lifted = False
        self.deadline_ms = None
        self._helm.fly(Idle() if self._facts.grounded else self._staying())

    def _staying(self) -> Target:
        """Target for staying in place, upright if `Helm.upright`, or on the way to a hover."""
        upright = self._helm.upright or self._hover is not None
        return Land(None, KEEP, sink=0.0) if upright else stay(self._facts, self._heading.for_hold())

    def _fly(self, target: Target) -> None:
        self.paused = self._waits
        self._target = target
        place = isinstance(target, Leg | Circle)
        self._announced = not (place and self._facts.personality.texts.guided_arrival)
        self._hover = self._course = None
        self._lifted = False
        self.deadline_ms = None
        if self.paused:
            return
        if self._speeds is not None and self._facts.vehicle_class.hovers:  # a flight controller has its own rules
            own = self._facts.vehicle.capabilities.own_modes
            self._speeds.free(not own and isinstance(target, Velocity) and target.position is None)
        turns = isinstance(target, Leg | Velocity) and target.yaw.mode is YawMode.RATE
        if turns or isinstance(target, Drive):
            self.deadline_ms = self._facts.now_ms + self.timeout_ms + TICK_MS
        self._helm.fly(target)

    def update(self, now_ms: int) -> None:
        """Announce the end of a driven target: reached, or not renewed in time (the vehicle then stops itself). A
        copter's turn at a rate ends too. Wings then circle their place again. After a takeoff they circle too, and lift
        motors hover, as ArduPlane's do_user_takeoff."""
        if not self._announced and self._helm.arrived and not self.paused:
            self._announced = True
            self._announcer.announce(GuidedTargetReached())
        wings = self._facts.vehicle_class.has_stall_speed
        if wings and isinstance(self._target, TakeOff) and self._helm.arrived:
            if self._facts.vehicle_class.lands_anywhere and not self._helm.upright:
                self._lifted = True
                self._fly_round(loiter(self._facts, (*self._facts.vehicle.state.position[:2], self._target.down)))
            else:
                self.begin()
        flown = self._hover or self._course
        if flown is not None and not self.paused:
            flown.update(now_ms, VehicleEvent(0))
            self.deadline_ms = flown.deadline_ms
        elif self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self.deadline_ms = None
            if wings:
                self.change_over()
            elif not isinstance(self._target, Drive):
                self._helm.set_yaw(KEEP)
            else:
                self._announcer.say(Severity.WARNING, "target not received last 3secs, stopping")
                if self._facts.vehicle_class.drifts:
                    self.begin()

    @property
    def drives_to_a_place(self) -> bool:
        """True on the way to a place; only then does a rover accept another speed."""
        return isinstance(self._target, Leg)

    def go_to(self, end: Ned, yaw: Yaw | None = None, over_ground: float | None = None, radius: float = 0.0) -> None:
        """Fly to `end` and hold it; wings circle it at `radius` m (negative: counter-clockwise, 0: the kind's default).
        `over_ground`: height above the ground there, which is followed."""
        if yaw is not None:
            self._heading.take(yaw)
        if self._facts.vehicle_class.has_stall_speed:
            self._lifted = False
            self._fly_round(replace(loiter(self._facts, end, radius), over_ground=over_ground))
            return
        demand = yaw or self._heading.for_target()
        direct = over_ground is None and not self._facts.option("GUID_OPTIONS", _BY_WAYPOINTS)
        self._fly(Leg(end, None, radius=self._facts.acceptance_m, yaw=demand, over_ground=over_ground, direct=direct))

    def _fly_round(self, circle: Circle) -> None:
        """Circle a place on wings. With lift motors they hover over it by Q_GUIDED_MODE, or fly to it upright."""
        upright = self._helm.upright or self._lifted
        if not upright and not self._facts.param("Q_GUIDED_MODE"):
            self._fly(circle)
            return
        self.paused = False
        self._target, self._course = circle, None
        self._hover = HoverAt(self._context, circle.center, upright=upright)
        self._hover.start(self._facts.now_ms)
        self.deadline_ms = self._hover.deadline_ms

    def hold_course(self, angle: float, acceleration: float, speeds: SpeedControl, *, of_nose: bool) -> None:
        """Fly wings along a course over ground, or with the nose in this direction (rad), at the present height, after
        a curve with this centripetal acceleration (m/s2)."""
        self.begin()
        self._course = HoldCourse(self._context, angle, acceleration, speeds, of_nose=of_nose)
        self._course.start(self._facts.now_ms)
        self.deadline_ms = self._course.deadline_ms

    def end_course(self) -> None:
        """Stay in place if a course is held; otherwise continue."""
        if self._course is not None:
            self.begin()

    @property
    def place(self) -> Ned:
        """End of the target, or the present place without one."""
        match self._target:
            case Leg(end=place) | Circle(center=place):
                return place
            case _:
                return self._facts.vehicle.state.position

    def climb_by(self, up: float) -> float:
        """Raise the target by `up` m, also above the ground; returns its new height (NED m)."""
        target, down = self._target, self.place[2] - up
        if self._course is not None and not self.paused:
            down = self._course.down - up
        above = target.over_ground if isinstance(target, Leg | Circle) else None
        self.change_height(down, None if above is None else above + up)
        return down

    def change_height(self, down: float, over_ground: float | None = None) -> None:
        """Keep the course, the horizontal target with its circle, or the present place, at another height."""
        if self._course is not None and not self.paused:
            self._course.down = down
            return
        target, end = self._target, self.place
        if self._lifted:
            self._fly_round(loiter(self._facts, (end[0], end[1], down)))
            return
        announced, radius = self._announced, 0.0
        if isinstance(target, Circle) and not target.usual:
            radius = target.radius * target.direction
        self.go_to((end[0], end[1], down), over_ground=over_ground, radius=radius)
        self._announced = announced  # the place is the same

    def drive(self, speed: float, heading: float, turn_rate: float | None) -> None:
        """Drive at a speed, m/s (negative: backwards), along a heading (rad), or turning at a rate (rad/s)."""
        self._fly(Drive(speed, heading, turn_rate, self.timeout_ms))

    @property
    def timeout_ms(self) -> int:
        """GUID_TIMEOUT, at least 0.1 s (ModeGuided::get_timeout_ms)."""
        return int(1000 * max(self._facts.param("GUID_TIMEOUT", 3.0), _SHORTEST_S))

    def take_off(self, down: float) -> None:
        self._waits = False
        wings, upright = self._facts.vehicle_class.has_stall_speed, self._facts.vehicle_class.lands_anywhere
        self._fly(
            TakeOff(down, KEEP, radians(self._facts.param("TKOFF_LVL_PITCH", 15.0)) if wings and not upright else None)
        )

    def move(self, velocity: Ned, *, position: Ned | None, acceleration: Ned | None, yaw: Yaw | None) -> None:
        """Fly a velocity (NED m/s), which ends after GUID_TIMEOUT unless renewed. Rovers and boats go to the position,
        and ignore the velocity."""
        if not self._facts.vehicle_class.flies:
            if position is not None:
                self.go_to(position)
            else:
                self._fly(as_drive(velocity, yaw, self._facts.vehicle.state.yaw, self.timeout_ms))
            return
        if yaw is not None:
            self._heading.take(yaw)
        demand = yaw or self._heading.for_target()  # without a yaw the nose follows the movement
        self._fly(Velocity(velocity, demand, acceleration or _ZERO, position, self.timeout_ms))

    def circle(self, target: Circle) -> None:
        """Fly round a place."""
        self._fly(target)

    def attitude(self, target: Attitude) -> None:
        """Fly an attitude. Wings return to the place that they circled when no more of them come (ArduPlane
        mode_guided.cpp)."""
        circled = self._target if isinstance(self._target, Circle) else None
        self._fly(target)
        if self._facts.vehicle_class.has_stall_speed:
            self._target = circled or loiter(self._facts, self._facts.vehicle.state.position)
            self.deadline_ms = self._facts.now_ms + target.timeout_ms

    def pause(self, *, waits: bool = False) -> None:
        """Stay in place. `waits`: until it goes on, also if there is another target by then (ModeGuided::run)."""
        self._waits = waits
        if not self.paused:
            self.paused = True
            self.deadline_ms = None
            if not self._lifted:
                self._helm.fly(self._staying())

    def change_over(self) -> None:
        """Fly the present target on wings, or upright, by `Helm.upright`."""
        self._lifted = False
        if isinstance(self._target, Circle) and not self.paused:
            self._fly_round(self._target)
        else:
            self.begin()

    @property
    def reached(self) -> bool:
        """True when the place, or the height of a takeoff, is reached; also while staying."""
        return self._target is None or (self._helm.arrived if self._hover is None else self._hover.done)

    def resume(self) -> None:
        if self.paused:
            self.paused = self._waits = False
            if self._hover is not None and isinstance(self._target, Circle):
                self._fly_round(self._target)
            elif self._course is not None:
                self._course.start(self._facts.now_ms)
                self.deadline_ms = self._course.deadline_ms
            elif self._target is not None:
                turned = self._heading.turned
                self._fly(self._target)
                if turned is not None:
                    self._helm.set_yaw(turned)


class GuidedMode(Mode):
    """GUIDED as a flight mode."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, heading: Heading, speeds: SpeedControl) -> None:
        super().__init__(context, spec)
        self._heading = heading
        self.flight = GuidedFlight(context, heading, speeds)

    @property
    def takes_targets(self) -> bool:
        return True

    def enter(self, now_ms: int) -> None:
        self.helm.upright = self.helm.upright and self.facts.personality.keeps_upright
        self.flight.begin()
        if self.facts.param("Q_GUIDED_MODE") and not (self.facts.grounded or self.helm.upright):
            state = self.facts.vehicle.state  # it hovers where it can stop (ArduPlane's ModeGuided::_enter)
            (north, east, down), (vn, ve, _) = state.position, state.velocity
            ahead_s = stopping_m(self.facts.param, state.ground_speed) / max(state.ground_speed, 1.0)
            self.flight.go_to((north + ahead_s * vn, east + ahead_s * ve, down))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        """Check the guided flight; the vehicle flies its target, and a person decides the next."""
        self.flight.update(now_ms)

    def next_deadline_ms(self) -> int | None:
        return self.flight.deadline_ms

    def armed(self, now_ms: int) -> None:
        self.flight.begin()

    def disarmed(self) -> None:
        self.flight.deadline_ms = None
        self.helm.fly(Idle())

    def take_off(self, down: float) -> bool:
        if not self.facts.vehicle_class.flies:
            return False
        self.flight.take_off(down)
        return True

    def pause(self) -> bool:
        self.flight.pause(waits=self.facts.vehicle_class.hovers)
        return True

    def resume(self) -> bool:
        self.flight.resume()
        return True

    def turn(self, yaw: Yaw) -> bool:
        self.flight.deadline_ms = None  # of a turn at a rate
        self._heading.fix(yaw)
        return True


class LeaningMode(SelfFlownMode):
    """GUIDED_NOGPS: flies SET_ATTITUDE_TARGET only, which needs no position; level at its height without a target."""

    @property
    def takes_targets(self) -> bool:
        return True

    def enter(self, now_ms: int) -> None:
        self.helm.fly(Idle() if self.facts.grounded else Attitude(0.0, 0.0, 0.0, use_yaw_rate=True))

    def attitude(self, target: Attitude) -> None:
        self.helm.fly(target)
