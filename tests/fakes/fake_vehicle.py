"""A vehicle made of straight lines: it moves towards its target at the speeds it was given, and obeys at once.

Implements `autopilot.interface.vehicle.SimulatedVehicle` in virtual time, with events at their very tick, so that
tests of the core see what the simulator would show, without physics. `targets` and `outputs` record what it was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, hypot, pi, sin

from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.layout import TICK_MS
from autopilot.interface.reasons import ArmingReason
from autopilot.interface.targets import (
    Attitude,
    Bounds,
    Circle,
    Drive,
    Hold,
    Idle,
    Land,
    Leg,
    Pilot,
    Speeds,
    Sticks,
    TakeOff,
    Target,
    Velocity,
    Yaw,
    YawMode,
)
from autopilot.interface.vehicle import Capabilities, ControlPart, MotorCut, Request, VehicleEvent, VehicleState

ORIGIN = GeoPoint(-35.363261, 149.165230, 584.0)
GOOD_EKF = 831
NO_POSITION_EKF = 167


class FakeVehicle:
    """Stands at its origin on flat ground. `rover`: never leaves it."""

    def __init__(self, *, rover: bool = False) -> None:
        self.on_wheels = rover
        self.capabilities = Capabilities()
        self.state = VehicleState()
        self.origin: GeoPoint | None = ORIGIN
        self.armable_reasons: Sequence[ArmingReason] = ()
        self.targets: list[Target] = []
        self.yaws: list[Yaw] = []
        self.outputs: list[tuple[int, float]] = []
        self.parameters: dict[str, float] = {}
        self.cleared: list[ControlPart] = []
        self.motors_held = False
        self.motor_cut = MotorCut.NONE
        self.speeds = Speeds(10.0, 2.5, 1.5)
        self.sticks = Sticks()
        self.bounds: Bounds | None = None
        self.slow_arming = False  # arm and disarm answer later, as a real controller does
        self.request: Request | None = None
        self._target: Target = Idle()
        self._events = VehicleEvent(0)
        self._watch = 0.0
        self._angle = 0.0
        self._turned = 0.0
        self._on_edge = False
        self._target_ms = 0
        self._yaw_pending = False
        self._here: Ned = (0.0, 0.0, 0.0)
        r = self.state.report
        r[report.EKF_FLAGS] = GOOD_EKF
        r[report.LANDED_STATE] = 1.0
        r[report.BATT_V] = r[report.BATT_V_REST] = 16.4
        r[report.SENSORS_PRESENT] = r[report.SENSORS_HEALTHY] = 1 | 2 | 4 | 8 | 32
        self._report_place()

    # --- Vehicle --------------------------------------------------------------------------------------------------
    def take_events(self) -> VehicleEvent:
        events, self._events = self._events, VehicleEvent(0)
        return events

    def arm(self, *, force: bool = False) -> Request:
        return self._ask(True)

    def disarm(self, *, force: bool = False) -> Request:
        if not force and self.state.report[report.LANDED_STATE] != 1.0:
            return Request.refused("in the air")
        return self._ask(False)

    def _ask(self, armed: bool) -> Request:
        if self.slow_arming:
            self.request = Request()
            return self.request
        self.state.report[report.ARMED] = float(armed)
        return Request.accepted()

    def calibrate(self) -> Request:
        return Request.accepted()

    def clear(self, part: ControlPart) -> Request:
        self.cleared.append(part)
        return Request.accepted()

    def hold_motors(self, held: bool) -> None:
        self.motors_held = held

    def cut_motors(self, cut: MotorCut) -> None:
        self.motor_cut = cut

    def set_target(self, target: Target) -> None:
        self.targets.append(target)
        self._target = target
        self._target_ms = self.state.time_ms
        self._on_edge = False
        self._turned = 0.0
        self.state.report[report.ARRIVED] = 0.0
        yaw = getattr(target, "yaw", None)
        if isinstance(yaw, Yaw):
            self.set_yaw(yaw)

    def set_yaw(self, yaw: Yaw) -> None:
        self.yaws.append(yaw)
        if yaw.mode is YawMode.ANGLE:
            self.state.report[report.YAW] = yaw.angle
            self._yaw_pending = True

    def set_speeds(self, speeds: Speeds) -> None:
        self.speeds = speeds

    def set_sticks(self, sticks: Sticks) -> None:
        self.sticks = sticks

    def keep_within(self, bounds: Bounds | None) -> None:
        self.bounds = bounds

    def watch_distance(self, metres: float) -> None:
        self._watch = metres

    def set_parameter(self, name: str, value: float) -> None:
        self.parameters[name] = value

    def set_output(self, channel: int, pwm_us: float) -> None:
        self.outputs.append((channel, pwm_us))

    # --- what a test does to it -----------------------------------------------------------------------------------
    @property
    def target(self) -> Target:
        return self._target

    def raise_event(self, event: VehicleEvent) -> None:
        """Something happens to the vehicle now."""
        self._events |= event

    def lose_position(self) -> None:
        self.state.report[report.EKF_FLAGS] = NO_POSITION_EKF
        self._events |= VehicleEvent.ESTIMATOR_FAILED

    def find_position(self) -> None:
        self.state.report[report.EKF_FLAGS] = GOOD_EKF
        self._events |= VehicleEvent.ESTIMATOR_OK

    def put(self, place: Ned) -> None:
        """Teleport."""
        self._here = place
        self._report_place()
        self.state.report[report.LANDED_STATE] = 1.0 if place[2] >= 0.0 else 2.0

    def answer(self, ok: bool, armed: bool, reason: str = "") -> None:
        """The real controller replies to a pending arm or disarm."""
        assert self.request is not None
        self.request.done, self.request.ok, self.request.reason = True, ok, reason
        if ok:
            self.state.report[report.ARMED] = float(armed)
        self._events |= VehicleEvent.REPLY

    # --- time -----------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Nothing is compiled."""

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        return False

    def advance(self, until_ms: int) -> int:
        while self.state.time_ms < until_ms and not self._events:
            self.state.report[report.TIME_MS] += TICK_MS
            if self.state.armed and not (self.motors_held and self.state.landed):
                self._move(TICK_MS / 1000.0)
            self._see()
        self._report_place()
        return self.state.time_ms

    def _see(self) -> None:
        if self._yaw_pending:
            self._yaw_pending = False
            self._events |= VehicleEvent.YAW_DONE
        end = getattr(self._target, "end", None)
        if self._watch > 0.0 and end is not None:
            north, east, _ = self._here
            if hypot(end[0] - north, end[1] - east) < self._watch:
                self._watch = 0.0
                self._events |= VehicleEvent.NEAR

    def _arrive(self) -> None:
        if not self.state.report[report.ARRIVED]:
            self.state.report[report.ARRIVED] = 1.0
            self._events |= VehicleEvent.ARRIVED

    def _report_place(self) -> None:
        """Write its place into the report: after a stretch of time, since nobody looks at each of its ticks."""
        r = self.state.report
        r[report.NORTH], r[report.EAST], r[report.DOWN] = self._here
        where = to_global(ORIGIN, self._here)
        r[report.LAT], r[report.LON], r[report.ALT] = where.lat, where.lon, where.alt

    def _move(self, dt: float) -> None:
        r = self.state.report
        was_landed, (north, east, down) = self.state.landed, self._here
        self._fly(self._target, dt)
        here = self._here
        r[report.VN] = (here[0] - north) / dt
        r[report.VE] = (here[1] - east) / dt
        r[report.VD] = (here[2] - down) / dt
        on_ground = here[2] >= 0.0 or self.on_wheels
        if was_landed and not on_ground:
            self._events |= VehicleEvent.LIFTOFF
        elif on_ground and not was_landed:
            self._events |= VehicleEvent.LANDED
        r[report.LANDED_STATE] = 1.0 if on_ground else 2.0

    def _fly(self, target: Target, dt: float) -> None:
        here = self._here
        match target:
            case Leg():
                if self._towards(target.end, dt) <= target.radius:
                    self._arrive()
            case Hold():
                if target.position is None or self._towards(target.position, dt) <= target.radius:
                    self._arrive()
            case TakeOff():
                if self._towards((here[0], here[1], target.down), dt) < 0.2:
                    self._arrive()
            case Land():
                place = target.position or here[:2]
                self._towards((place[0], place[1], here[2] if target.sink == 0.0 else 0.0), dt)
                if self._here[2] >= 0.0:
                    self._arrive()
            case Circle():
                self._circle(target, dt)
            case Velocity():
                if self.state.time_ms - self._target_ms < target.timeout_ms:
                    v = target.velocity
                    self._here = (here[0] + v[0] * dt, here[1] + v[1] * dt, min(0.0, here[2] + v[2] * dt))
            case Drive():
                way = target.speed * dt
                self._here = (here[0] + way * cos(target.heading), here[1] + way * sin(target.heading), 0.0)
            case Pilot():
                climb = (self.sticks.throttle - 0.5) * 2.0 * self.speeds.up
                north, east = here[0] + 5.0 * self.sticks.pitch * dt, here[1] + 5.0 * self.sticks.roll * dt
                self._here = (north, east, min(0.0, here[2] - climb * dt))
            case Idle() | Attitude():
                pass

    def _towards(self, goal: Ned, dt: float) -> float:
        """One step; the distance that is left."""
        north, east, down = self._here
        dn, de, dd = goal[0] - north, goal[1] - east, goal[2] - down
        if self.on_wheels:
            dd = 0.0
        away = hypot(dn, de)
        share = min(1.0, self.speeds.ground * dt / away) if away > 0.0 else 0.0
        climb = max(-self.speeds.up * dt, min(self.speeds.down * dt, dd))
        self._here = (north + dn * share, east + de * share, min(0.0, down + climb))
        return hypot(away * (1.0 - share), dd - climb)

    def _circle(self, target: Circle, dt: float) -> None:
        north, east, _ = self._here
        center = target.center
        if not self._on_edge:
            self._angle = atan2(east - center[1], north - center[0])
            edge = (center[0] + target.radius * cos(self._angle), center[1] + target.radius * sin(self._angle))
            self._on_edge = self._towards((*edge, center[2]), dt) < 0.5
            return
        step = target.direction * self.speeds.ground / target.radius * dt
        self._angle += step
        self._turned += abs(step)
        north, east = center[0] + target.radius * cos(self._angle), center[1] + target.radius * sin(self._angle)
        self._here = (north, east, center[2])
        if target.turns is not None and self._turned >= 2.0 * pi * target.turns:
            self._arrive()
