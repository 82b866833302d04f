"""Setpoints of a target: what is sent, how often, and when the target has been reached.

A position is repeated every second, because a lost one goes unnoticed. A velocity is sent ten times a second, because
it ends after GUID_TIMEOUT (3 s). The arrival is measured here (docs/reference/real-vehicles.md, 2).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, pi, sqrt
from typing import Final

from autopilot.interface import report as R
from autopilot.interface.angles import wrap_pi
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.targets import Circle, Drive, Hold, Leg, TakeOff, Velocity, Yaw, YawMode
from autopilot.interface.vehicle import Request, VehicleState
from mavlink_bridge.firmware.protocol import Aim, Firmware, FlightOrder
from mavlink_bridge.firmware.setpoints import Facing, velocity_target
from mavlink_bridge.flight_controller.orders import ControllerOrders
from mavlink_bridge.flight_controller.readings import ControllerReadings
from mavlink_bridge.routing.service import Message

POSITION_MS: Final = 1000
VELOCITY_MS: Final = 100
_SETTLED_MS: Final = 500
_HEIGHT_M: Final = 1.0
_REST_MPS: Final = 0.3
_EDGE_M: Final = 2.0
_SIDEWAYS: Final = 2.5  # largest centripetal acceleration of a circle, m/s2
_LEAD_S: Final = 0.4  # delay of a velocity setpoint
_CARROT_M: Final = 6.0
_CORRECTION: Final = 2.0  # m/s
_RETRY_MS: Final = 2000
_ONCE_MS: Final = 2**31
"""Interval longer than any flight: an answered order is not repeated."""


def _facing(yaw: Yaw, state: VehicleState, kept_yaw: float) -> Facing:
    """Present heading of a yaw demand. `kept_yaw`: heading when the target was set, rad."""
    match yaw.mode:
        case YawMode.KEEP:
            return Facing(kept_yaw)
        case YawMode.ANGLE:
            return Facing(yaw.angle)
        case YawMode.RATE:
            return Facing(rate=yaw.rate)
        case YawMode.POINT:
            north, east, _ = state.position
            return Facing(atan2(yaw.point[1] - east, yaw.point[0] - north))
    return Facing()


class GuidedContext:
    """Context of a course. `speed`: ground speed, m/s. `requested_speed`: the same if it was requested; None: the
    controller's own. `say(text)`: sends a warning."""

    def __init__(
        self, firmware: Firmware, readings: ControllerReadings, orders: ControllerOrders, say: Callable[[str], None]
    ) -> None:
        self.firmware = firmware
        self.readings = readings
        self.orders = orders
        self.say = say
        self.speed = 5.0
        self.requested_speed: float | None = None
        self.kept_yaw = 0.0

    @property
    def flies(self) -> bool:
        return self.firmware.vehicle_class.flies

    @property
    def turns_nose(self) -> bool:
        return self.firmware.vehicle_class.turns_nose

    def nose(self, yaw: Yaw) -> Facing:
        return Facing() if not self.turns_nose else _facing(yaw, self.readings.state, self.kept_yaw)

    def place(self, ned: Ned) -> GeoPoint | None:
        origin = self.readings.origin
        return None if origin is None else to_global(origin, ned)

    def go(self, ned: Ned, yaw: Yaw, now_ms: int, velocity: Ned | None = None) -> list[Message]:
        """Send a position target, as a setpoint or as a command."""
        place = self.place(ned)
        if place is None:
            return []
        return self.give(self.firmware.go(Aim(self.ids, now_ms, place, self.nose(yaw), self.requested_speed, velocity)))

    def give(self, sent: Message | FlightOrder) -> list[Message]:
        """Send what a firmware needs; a command replaces one that still waits for its answer."""
        if not isinstance(sent, FlightOrder):
            return [sent]
        self.orders.send(
            sent.number,
            *sent.params,
            prefixes=sent.prefixes,
            place=sent.frame is not None,
            frame=sent.frame or 0,
            moves=True,
            replaces=True,
        )
        return []

    @property
    def position_ms(self) -> int:
        """Interval of position targets, ms."""
        once = not self.firmware.habits.repeats_targets and self.readings.origin is not None
        return _ONCE_MS if once else POSITION_MS

    @property
    def ids(self) -> tuple[int, int]:
        return self.orders.target.system, self.orders.target.component


class Course:
    """Base of courses. `end`: destination for distances, NED m. `interval_ms`: interval of `send`."""

    interval_ms = POSITION_MS

    def __init__(self, context: GuidedContext, yaw: Yaw) -> None:
        self.context = context
        self.yaw = yaw
        self.end: Ned | None = None

    def send(self, now_ms: int) -> list[Message]:
        return []

    def reached(self, now_ms: int) -> bool:
        """True if the end condition is met. Called with every position."""
        return False


class GoTo(Course):
    """Course to a point. It is reached on entering the radius if the path continues, else after half a second
    inside."""

    def __init__(self, context: GuidedContext, target: Leg | Hold, end: Ned) -> None:
        super().__init__(context, target.yaw)
        self.end = end
        self._radius = target.radius
        self._passing = isinstance(target, Leg) and target.next is not None
        self._inside_since_ms: int | None = None

    def send(self, now_ms: int) -> list[Message]:
        assert self.end is not None
        self.interval_ms = self.context.position_ms
        return self.context.go(self.end, self.yaw, now_ms)

    def reached(self, now_ms: int) -> bool:
        assert self.end is not None
        r = self.context.readings.report
        away = hypot(self.end[0] - r[R.NORTH], self.end[1] - r[R.EAST])
        if away > self._radius or (self.context.flies and abs(self.end[2] - r[R.DOWN]) > _HEIGHT_M):
            self._inside_since_ms = None
            return False
        if self._inside_since_ms is None:
            self._inside_since_ms = now_ms
        return self._passing or now_ms - self._inside_since_ms >= _SETTLED_MS


class Brake(Course):
    """Course that stops as fast as allowed and holds the place of rest."""

    interval_ms = VELOCITY_MS

    def send(self, now_ms: int) -> list[Message]:
        if self.end is not None:
            self.interval_ms = self.context.position_ms
            return self.context.go(self.end, self.yaw, now_ms)
        stop = self.context.firmware.stop()
        if stop is not None:
            self.interval_ms = _ONCE_MS
            return self.context.give(stop)
        return [velocity_target(self.context.ids, now_ms, (0.0, 0.0, 0.0), self.context.nose(self.yaw))]

    def reached(self, now_ms: int) -> bool:
        r = self.context.readings.report
        if self.end is None and hypot(r[R.GROUND_SPEED], r[R.VD]) < _REST_MPS:
            self.end = self.context.readings.state.position  # which lasts if Sortie stops; a velocity would not
            self.interval_ms = self.context.position_ms
        return self.end is not None


class StoppedCourse(Course):
    """Course of a controller that stops by itself (HOLD): nothing is sent; it is reached after half a second at
    rest."""

    def __init__(self, context: GuidedContext) -> None:
        super().__init__(context, Yaw())
        self._still_since_ms: int | None = None

    def reached(self, now_ms: int) -> bool:
        if self.context.readings.report[R.GROUND_SPEED] >= _REST_MPS:
            self._still_since_ms = None
            return False
        if self._still_since_ms is None:
            self._still_since_ms = now_ms
        return now_ms - self._still_since_ms >= _SETTLED_MS


class TakeOffCourse(Course):
    """Course of NAV_TAKEOFF. No other target is sent before the height is reached, because it would end the climb."""

    interval_ms = 100

    def __init__(self, context: GuidedContext, target: TakeOff) -> None:
        super().__init__(context, target.yaw)
        r = context.readings.report
        self._goal = float(r[R.RANGE] + r[R.DOWN]) - target.down  # metres above the controller's home
        self._climbing = bool(r[R.LANDED_STATE] != ON_GROUND)
        self._place = (float(r[R.NORTH]), float(r[R.EAST]), target.down)
        self.end = self._place
        self._request: Request | None = None
        self._again_ms = 0

    def send(self, now_ms: int) -> list[Message]:
        if self._climbing:  # already in the air: straight up
            self.interval_ms = self.context.position_ms
            return self.context.go(self._place, self.yaw, now_ms)
        if self._request is not None and self._request.done and not self._request.ok:
            self.context.say(f"Takeoff refused: {self._request.reason}")
            self._request, self._again_ms = None, now_ms + _RETRY_MS
        if self._request is None and now_ms >= self._again_ms and self.context.readings.state.armed:
            order = self.context.firmware.take_off(self._goal, self.context.place(self._place))
            self._request = self.context.orders.send(order.number, *order.params, prefixes=order.prefixes, moves=True)
        return []

    def reached(self, now_ms: int) -> bool:
        r = self.context.readings.report
        near = max(0.5, 0.05 * abs(self._goal))
        return bool(r[R.LANDED_STATE] != ON_GROUND) and abs(float(r[R.DOWN]) - self._place[2]) <= near


class Move(Course):
    """Course of a velocity, until it is not renewed."""

    interval_ms = VELOCITY_MS

    def __init__(self, context: GuidedContext, target: Velocity) -> None:
        super().__init__(context, target.yaw)
        self._target = target

    def send(self, now_ms: int) -> list[Message]:
        target, context = self._target, self.context
        if target.position is not None:
            return context.go(target.position, self.yaw, now_ms, target.velocity)
        return [velocity_target(context.ids, now_ms, target.velocity, context.nose(self.yaw))]


class DriveCourse(Course):
    """Course of a rover: a speed along a heading, or with a turn rate. ArduPilot drives backwards where vx is negative,
    in every frame (GCS_MAVLink_Rover.cpp), so the speed is all of the velocity."""

    interval_ms = VELOCITY_MS

    def __init__(self, context: GuidedContext, target: Drive) -> None:
        super().__init__(context, Yaw())
        self._target = target

    def send(self, now_ms: int) -> list[Message]:
        target = self._target
        nose = Facing(target.heading) if target.turn_rate is None else Facing(rate=target.turn_rate)
        return [velocity_target(self.context.ids, now_ms, (target.speed, 0.0, 0.0), nose)]


class CircleCourse(Course):
    """Course to the edge of a circle, then along it by a tangential velocity with corrections of radius and height.
    Rovers and PX4 follow a point that moves ahead of them."""

    interval_ms = VELOCITY_MS

    def __init__(self, context: GuidedContext, target: Circle) -> None:
        super().__init__(context, target.yaw)
        self._target = target
        self._radius = max(target.radius, 0.5)
        self._flown = 0.0
        self._round = False
        self._angle = self._bearing()
        self.end = self._point(self._angle)

    @property
    def turns(self) -> float:
        return self._flown / (2.0 * pi)

    @property
    def _speed(self) -> float:
        most = self._target.speed if self._target.speed > 0.0 else inf
        return min(self.context.speed, sqrt(_SIDEWAYS * self._radius), most)

    def _bearing(self) -> float:
        north, east, _ = self.context.readings.state.position
        return atan2(east - self._target.center[1], north - self._target.center[0])

    def _point(self, angle: float) -> Ned:
        north, east, down = self._target.center
        return (north + self._radius * cos(angle), east + self._radius * sin(angle), down)

    def send(self, now_ms: int) -> list[Message]:
        context = self.context
        if not self._round:
            assert self.end is not None
            return context.go(self.end, self.yaw, now_ms)
        angle = self._angle + self._target.direction * self._speed / self._radius * _LEAD_S
        if not context.firmware.vehicle_class.hovers or not context.firmware.habits.circles_by_velocity:
            self.interval_ms = POSITION_MS
            self.end = self._point(self._angle + self._target.direction * _CARROT_M / self._radius)
            return context.go(self.end, self.yaw, now_ms)
        north, east, down = context.readings.state.position
        out = hypot(north - self._target.center[0], east - self._target.center[1]) - self._radius
        back, along = -_bounded(out), self._target.direction * self._speed
        velocity = (
            -along * sin(angle) + back * cos(self._angle),
            along * cos(angle) + back * sin(self._angle),
            _bounded(self._target.center[2] - down),
        )
        return [velocity_target(context.ids, now_ms, velocity, context.nose(self.yaw))]

    def reached(self, now_ms: int) -> bool:
        angle = self._bearing()
        if self._round:
            self._flown += self._target.direction * wrap_pi(angle - self._angle)
            self._angle = angle
            self.end = self._point(angle)
        else:
            assert self.end is not None
            r = self.context.readings.report
            self._round = hypot(self.end[0] - r[R.NORTH], self.end[1] - r[R.EAST]) <= _EDGE_M
            self._angle = angle if self._round else self._angle
        self.context.readings.report[R.TURNS] = self.turns
        return self._target.turns is not None and self._round and self.turns >= self._target.turns


def _bounded(error: float) -> float:
    """Speed that removes `error` metres, m/s, limited."""
    return min(max(error, -_CORRECTION), _CORRECTION)
