"""Present target of a controller: its course, setpoints, distance and arrival."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Final

from autopilot.interface import report as R
from autopilot.interface.angles import wrap_pi
from autopilot.interface.mathematics import atan2, hypot
from autopilot.interface.targets import (
    Attitude,
    Circle,
    Drive,
    Hold,
    Idle,
    Land,
    Leg,
    Pilot,
    Speeds,
    TakeOff,
    Target,
    Velocity,
    Yaw,
    YawMode,
)
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd, SpeedType
from mavlink_bridge.firmware.setpoints import attitude_target
from mavlink_bridge.flight_controller.guided_setpoints import (
    VELOCITY_MS,
    Brake,
    CircleCourse,
    Course,
    DriveCourse,
    GoTo,
    GuidedContext,
    Move,
    StoppedCourse,
    TakeOffCourse,
)
from mavlink_bridge.flight_controller.news import VehicleNews
from mavlink_bridge.flight_controller.offboard import OffboardMove, OffboardStream
from mavlink_bridge.routing.service import Message

_YAW_DONE: Final = 5.0 / 180.0 * pi
_SAME: Final = 1e-3  # rad
_TURNING_MS: Final = 20_000


class AttitudeCourse(Course):
    interval_ms = VELOCITY_MS

    def __init__(self, context: GuidedContext, target: Attitude) -> None:
        super().__init__(context, Yaw())
        self._target = target

    def send(self, now_ms: int) -> list[Message]:
        return [attitude_target(self.context.ids, now_ms, self._target)]


class Steering:
    """Sender of the present target. Nothing is sent unless `step` is told that the controller follows."""

    def __init__(self, context: GuidedContext, news: VehicleNews) -> None:
        self.context = context
        self._news = news
        mode = context.firmware.velocity_mode
        self._offboard = None if mode is None else OffboardStream(context, *mode)
        self.target: Target = Idle()
        self.course: Course | None = None
        self.arrived = False
        self._due_ms: int | None = None
        self._ends_ms: int | None = None
        self._near = 0.0
        self._near_sent = False
        self._turning_until_ms: int | None = None
        self._requested_yaw: float | None = None
        self._heading = self._turn_left = 0.0  # last heading, and what is left of the requested turn, rad
        self._speeds: Speeds | None = None
        self._sent_speeds: Speeds | None = None
        self._own_speeds: Speeds | None = None
        self._changed_speeds = False

    # --- target ---------------------------------------------------------------------------------------------------
    def fly(self, target: Target, now_ms: int) -> None:
        old_kind, self.target = type(self.course), target
        self.context.kept_yaw = self.context.readings.state.yaw
        self.course = self._course(target)
        self.arrived = False
        self._turning_until_ms = self._requested_yaw = None
        self._near_sent = False
        timeout_ms = getattr(target, "timeout_ms", None)
        self._ends_ms = None if timeout_ms is None else now_ms + timeout_ms
        self._due_ms = None if self.course is None else now_ms
        if type(self.course) is not old_kind:
            self._sent_speeds = None  # a copter resets its speeds when the kind of target changes
        r = self.context.readings.report
        r[R.ARRIVED] = r[R.YAW_DONE] = 0.0

    def stop(self) -> None:
        """Send nothing more."""
        self.target, self.course, self._due_ms, self._ends_ms = Idle(), None, None, None
        self._turning_until_ms = None

    def come_to_rest(self) -> None:
        """Report ARRIVED when the controller, which stops by itself, is at rest."""
        self.stop()
        self.course, self.arrived = StoppedCourse(self.context), False
        self.context.readings.report[R.ARRIVED] = 0.0

    def again(self, now_ms: int) -> None:
        """Send the target again, because the controller may have lost it."""
        if self.course is not None:
            self._due_ms = now_ms

    def _course(self, target: Target) -> Course | None:
        context = self.context
        match target:
            case Leg():
                return GoTo(context, target, target.end)
            case Hold(position=None):
                return Brake(context, target.yaw)
            case Hold(position=place) if place is not None:
                return GoTo(context, target, place)
            case TakeOff():
                return TakeOffCourse(context, target)
            case Circle():
                return CircleCourse(context, target)
            case Velocity():
                stream = self._offboard
                return Move(context, target) if stream is None else OffboardMove(context, target, stream)
            case Drive():
                return DriveCourse(context, target)
            case Attitude():
                return AttitudeCourse(context, target)
            case Idle() | Land() | Pilot():
                return None
        raise TypeError(f"a flight controller cannot fly {target!r}")

    def turn(self, yaw: Yaw, now_ms: int) -> None:
        """Set the yaw demand of the present target. A turn with a direction or rate is CONDITION_YAW; positions wait
        for its end, because they would stop it."""
        self.context.readings.report[R.YAW_DONE] = 0.0
        if self.course is not None:
            self.course.yaw = yaw
        self._heading = self.context.readings.state.yaw
        relative = yaw.turn != 0.0 and abs(wrap_pi(yaw.angle - yaw.turn - self._heading)) < _SAME
        self._turn_left = min(abs(yaw.turn), 2.0 * pi) if relative else 0.0
        self._requested_yaw = yaw.angle if yaw.mode is YawMode.ANGLE else None
        if yaw.mode is YawMode.ANGLE and (yaw.rate > 0.0 or yaw.turn != 0.0) and self.context.turns_nose:
            degrees = min(self._turn_left * 180.0 / pi, 360.0) if relative else yaw.angle * 180.0 / pi % 360.0
            way, rate = float((yaw.turn > 0.0) - (yaw.turn < 0.0)), yaw.rate * 180.0 / pi
            self.context.orders.send(Cmd.CONDITION_YAW, degrees, rate, way, float(relative), moves=True)
            self._turning_until_ms = now_ms + _TURNING_MS
        else:
            self._turning_until_ms = None
            self.again(now_ms)

    def set_speeds(self, speeds: Speeds) -> None:
        """Set the speed limits. The first ones are the controller's own and need not be sent."""
        self._speeds = speeds
        self.context.speed = speeds.ground
        if self._own_speeds is None:
            self._own_speeds = speeds
        self._send_speed_with_target()

    def own_ground_speed(self, speed: float) -> None:
        """Note the controller's own ground speed, m/s."""
        if self._own_speeds is not None and speed != self._own_speeds.ground:
            self._own_speeds = replace(self._own_speeds, ground=speed)
            self._send_speed_with_target()

    def _send_speed_with_target(self) -> None:
        """Send a requested speed with the target, for firmwares whose targets have speeds."""
        if not self.context.firmware.habits.speed_with_target:
            return
        assert self._speeds is not None and self._own_speeds is not None
        ground = self._speeds.ground
        requested = None if ground == self._own_speeds.ground else ground
        if requested != self.context.requested_speed:
            self.context.requested_speed = requested
            if isinstance(self.course, GoTo) and self._due_ms is not None:
                self._due_ms = 0

    def watch_distance(self, metres: float) -> None:
        self._near, self._near_sent = metres, False

    # --- time -----------------------------------------------------------------------------------------------------
    @property
    def deadline_ms(self) -> int | None:
        if self._ends_ms is not None and (self._due_ms is None or self._ends_ms < self._due_ms):
            return self._ends_ms
        return self._due_ms

    def step(self, now_ms: int, follows: bool) -> list[Message]:
        """Messages that are due. `follows`: the controller is in the mode that takes targets."""
        if self._ends_ms is not None and now_ms >= self._ends_ms:
            self.fly(Hold(None), now_ms)
        if self.course is None or self._due_ms is None or now_ms < self._due_ms:
            return []
        self._due_ms = now_ms + self.course.interval_ms
        if not follows or self._is_turning(now_ms):
            self._due_ms = now_ms + VELOCITY_MS
            return []
        sent = self.course.send(now_ms)
        self._due_ms = now_ms + self.course.interval_ms
        self._send_speeds()
        return sent

    def _is_turning(self, now_ms: int) -> bool:
        if self._turning_until_ms is not None and now_ms >= self._turning_until_ms:
            self._turning_until_ms = None
        return self._turning_until_ms is not None and isinstance(self.course, GoTo | Brake)

    def _send_speeds(self) -> None:
        """Send DO_CHANGE_SPEED for speeds that differ from the controller's own."""
        speeds = self._speeds
        by_target = self.context.firmware.habits.speed_with_target
        if speeds is None or speeds == self._sent_speeds or by_target or isinstance(self.course, TakeOffCourse):
            return
        before = self._sent_speeds if self._changed_speeds else self._own_speeds
        pairs = (
            (SpeedType.GROUNDSPEED, speeds.ground, before and before.ground),
            (SpeedType.CLIMB_SPEED, speeds.up, before and before.up),
            (SpeedType.DESCENT_SPEED, speeds.down, before and before.down),
        )
        for kind, new, old in pairs:
            if new != old and (kind is SpeedType.GROUNDSPEED or self.context.flies):
                self._changed_speeds = True
                self.context.orders.send(Cmd.DO_CHANGE_SPEED, float(kind), new, -1.0, moves=True)
        self._sent_speeds = speeds

    # --- position -------------------------------------------------------------------------------------------------
    def moved(self, now_ms: int) -> None:
        """Check the arrival with a new position or attitude."""
        course = self.course
        self._measure()
        if course is None:
            return
        r = self.context.readings.report
        if not self.arrived and course.reached(now_ms):
            self.arrived = True
            r[R.ARRIVED] = 1.0
            self._news.events |= VehicleEvent.ARRIVED
        if self._near > 0.0 and not self._near_sent and r[R.WP_DISTANCE] < self._near and course.end is not None:
            self._near_sent = True
            self._news.events |= VehicleEvent.NEAR
        self._turn_left -= abs(wrap_pi(r[R.YAW] - self._heading))
        self._heading = float(r[R.YAW])
        there = self._requested_yaw is not None and abs(wrap_pi(self._heading - self._requested_yaw)) < _YAW_DONE
        if there and self._turn_left < pi:
            self._requested_yaw = self._turning_until_ms = None
            r[R.YAW_DONE] = 1.0
            self._news.events |= VehicleEvent.YAW_DONE

    def _measure(self) -> None:
        r = self.context.readings.report
        end = None if self.course is None else self.course.end
        if end is None:
            r[R.WP_DISTANCE] = r[R.ALT_ERROR] = 0.0
            return
        goal = self.target.goal if isinstance(self.target, Leg) and self.target.goal is not None else end
        north, east = goal[0] - r[R.NORTH], goal[1] - r[R.EAST]
        r[R.WP_DISTANCE] = hypot(north, east)
        r[R.WP_BEARING] = atan2(east, north)
        r[R.ALT_ERROR] = r[R.DOWN] - end[2]
        r[R.TARGET_N], r[R.TARGET_E], r[R.TARGET_D] = end
