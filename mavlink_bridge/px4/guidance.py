"""PX4's guidance from outside: setpoints in Offboard, DO_ORBIT, Follow Me, and takeover by sticks.

Offboard: setpoints count only there, must not pause for COM_OF_LOSS_T, and start a takeoff if they lie above. Orbit: a
circle around a place; a plane, which circles anyway, flies Hold; a hovering VTOL flies it as a copter. It is reported
as ORBIT_EXECUTION_STATUS, for planes with every circle of their own. Follow Me: FOLLOW_TARGET has the target's place;
the vehicle keeps FLW_TGT_DST from it, at FLW_TGT_FA from its course, FLW_TGT_HT above.

Sources: PX4 1.16 mavlink_receiver.cpp, Commander.cpp (`offboardControlCheck`, VEHICLE_CMD_DO_ORBIT),
navigator_main.cpp, FixedwingPositionControl.cpp (`publishOrbitStatus`), FlightTaskOrbit.cpp,
FlightTaskAutoFollowTarget.cpp (without its filters).

Clock: vehicle time.
"""

from __future__ import annotations

from math import radians
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface import report
from autopilot.interface.angles import wrap_pi
from autopilot.interface.earth import HIGHEST_M, is_place
from autopilot.interface.geo import GeoPoint, Ned, to_global, to_local
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.records import dataclass
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import Circle, Yaw, YawMode
from autopilot.mav import Cmd, Frame, Result, Severity, SpeedType, VtolState
from autopilot.personality.px4.flight import Px4Flight
from autopilot.personality.px4.modes import AUTO, FOLLOW, HOLD, OFFBOARD, ORBIT, POSITION
from autopilot.personality.px4.notices import Notice
from autopilot.personality.px4.parameters import Px4Parameters
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker, WithoutMessages
from mavlink_bridge.services.commands.context import DENIED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.guided.masks import position_parts, without_nan
from mavlink_bridge.services.guided.setpoints import GuidedService
from mavlink_bridge.wire.codec import dialect

_ABOVE: Final = 0.3  # a setpoint this much higher, m, or a climb starts a takeoff
_RADIUS, _SPEED = 10.0, 2.0  # defaults of an orbit, m and m/s (FlightTaskOrbit.hpp)
_FACES_CENTRE, _KEEPS, _FREE, _ALONG = 0, 1, 2, 3  # ORBIT_YAW_BEHAVIOUR
_CHANGES: Final = (VtolState.TRANSITION_TO_FW, VtolState.TRANSITION_TO_MC)
_STATUS_MS: Final = 500
_FOLLOW_MS: Final = 200
_STALE_MS: Final = 1500
_MOVING: Final = 0.5  # least speed with a course, m/s
_NEAR: Final = 5.0  # within this distance the target's velocity is flown too, m
_FASTEST: Final = 1000.0  # m/s
_LOWEST: Final = 1.0  # m
_SMOOTHED: Final = 0.3  # smoothing factor of a velocity from two noisy places
_ABOVE_TARGET: Final = 2.0  # FLW_TGT_ALT_M


class Offboard:
    """Setpoints in Offboard; `inner` flies them."""

    clock: Clock = "vehicle"
    handles: frozenset[str] = GuidedService.handles

    def __init__(self, autopilot: VehicleParts, flight: Px4Flight) -> None:
        self._autopilot = autopilot
        self._flight = flight
        self._setpoints = flight.setpoints
        self._inner = GuidedService(autopilot)
        self._lifting = False

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if self._setpoints.hear(now_ms):
            self._flight.failsafes.setpoints_changed(now_ms, lost=False)
        if self._flight.mode != OFFBOARD:
            return
        message = message if message.get_type() == "SET_ATTITUDE_TARGET" else without_nan(message)
        facts = self._autopilot.facts
        if facts.armed and facts.grounded:
            self._lift(message)
        else:
            self._lifting = False
        self._inner.handle_message(message, peer, now_ms)

    def _lift(self, message: Message) -> None:
        """Take off for a setpoint above the vehicle."""
        height = self._height_of(message)
        if height is not None and not self._lifting:
            self._lifting = self._autopilot.commands.takeoff(height).ok

    def _height_of(self, message: Message) -> float | None:
        """Height of a setpoint above home, m; None if it is not above the vehicle."""
        facts, kind = self._autopilot.facts, message.get_type()
        parts = None if kind == "SET_ATTITUDE_TARGET" else position_parts(message.type_mask, driven=False)
        if parts is None or facts.home is None:
            return None
        height = facts.height
        if parts.position and kind == "SET_POSITION_TARGET_LOCAL_NED":
            target = facts.home_ned[2] - message.z
        elif parts.position:
            lat, lon = message.lat_int * 1e-7, message.lon_int * 1e-7
            altitude = facts.altitude(message.coordinate_frame, message.alt, lat, lon)
            target = height if altitude is None else altitude - facts.home.alt
        else:
            target = height + 1.0 if parts.velocity and -_FASTEST < message.vz < -_ABOVE else height
        return target if height + _ABOVE < target < HIGHEST_M else None

    def handle_timeout(self, now_ms: int) -> None:
        due_ms = self.next_deadline_ms()
        if due_ms is not None and now_ms >= due_ms:
            self._setpoints.lost = True
            self._flight.failsafes.setpoints_changed(now_ms, lost=True)
        if not self._autopilot.facts.armed:
            self._lifting = False

    def next_deadline_ms(self) -> int | None:
        """Time at which the setpoints count as lost, ms; only in Offboard."""
        end_ms = self._setpoints.end_ms
        return None if end_ms is None or not self._autopilot.facts.armed or self._flight.mode != OFFBOARD else end_ms

    def take_outgoing(self) -> list[Outgoing]:
        return self._inner.take_outgoing()


class Px4Orbit(WithoutMessages, Speaker):
    """DO_ORBIT and ORBIT_EXECUTION_STATUS."""

    clock: Clock = "vehicle"

    def __init__(self, autopilot: VehicleParts, flight: Px4Flight) -> None:
        self._autopilot = autopilot
        self._flight = flight
        self._due_ms = 0
        super().__init__()

    def rows(self) -> dict[int, CommandRow]:
        return {Cmd.DO_ORBIT: CommandRow(self._begin, place=True, long_frame=Frame.GLOBAL)}

    def _begin(self, command: Command, context: Context) -> Outcome:
        """DO_ORBIT: param1 radius m, negative: counter-clockwise; 2 speed m/s; 3 ORBIT_YAW_BEHAVIOUR; 5 to 7 centre,
        NaN: here."""
        core, origin = self._autopilot, self._autopilot.facts.vehicle.origin
        state = core.facts.vehicle.state
        wings, changes = self._flight.on_wings, state.report[report.VTOL_STATE] in _CHANGES
        if not core.facts.armed or core.facts.landed or origin is None or changes:
            return core.announcer.refuse("Orbit command rejected", Result.TEMPORARILY_REJECTED, Severity.CRITICAL)
        here = state.place  # the height is above mean sea level in any frame (mavlink_receiver.cpp; MAVSDK sends 3)
        lat, lon = command.param(5, here.lat), command.param(6, here.lon)
        altitude = command.param(7) if command.given(7) else here.alt
        if not is_place(lat, lon, altitude):
            return DENIED
        outcome = core.modes.set(core.facts.vehicle_class.modes.guided, context.now_ms)
        if not outcome.ok:
            return Outcome(Result.TEMPORARILY_REJECTED, outcome.reason)
        radius = command.param(1, _RADIUS) or _RADIUS
        center = to_local(origin, lat, lon, altitude)
        speed = abs(command.param(2, _SPEED)) or _SPEED
        yaw = self._yaw(int(command.param(3, 0.0)), center)
        if wings:
            self._flight.fly_guided(HOLD, context.now_ms)
            if self._flight.keeps_in and not core.fence.admits(GeoPoint(lat, lon, altitude)):
                core.announcer.say(Severity.CRITICAL, "Orbit is outside geofence")
            else:
                core.guided.flight.go_to(center, radius=command.param(1, 0.0))
            return ACCEPTED
        direction, upright = 1 if radius > 0.0 else -1, core.helm.upright
        core.guided.flight.circle(Circle(center, abs(radius), direction, yaw=yaw, speed=speed, upright=upright))
        self._flight.fly_guided(ORBIT, context.now_ms)
        self._due_ms = context.now_ms
        return ACCEPTED

    def _yaw(self, behaviour: int, center: Ned) -> Yaw:
        if behaviour == _FACES_CENTRE:
            return Yaw(YawMode.POINT, point=center)
        return Yaw(YawMode.ALONG if behaviour == _ALONG else YawMode.KEEP)

    def handle_timeout(self, now_ms: int) -> None:
        origin = self._autopilot.facts.vehicle.origin
        if now_ms < self._due_ms or (circle := self._reported_circle) is None or origin is None:
            return
        self._due_ms = now_ms + _STATUS_MS
        place, radius = to_global(origin, circle.center), circle.direction * circle.radius
        lat, lon = round(place.lat * 1e7), round(place.lon * 1e7)
        status = dialect.MAVLink_orbit_execution_status_message
        self._out.append(Outgoing(status(now_ms * 1000, radius, Frame.GLOBAL, lat, lon, place.alt)))

    @property
    def _reported_circle(self) -> Circle | None:
        """Circle that is reported: an orbit of rotors, or any circle that a plane flies by itself."""
        mode, circle = self._flight.mode, self._autopilot.helm.target
        reported = mode[0] == AUTO if self._flight.on_wings else mode == ORBIT
        return circle if reported and isinstance(circle, Circle) else None

    def next_deadline_ms(self) -> int | None:
        return None if self._reported_circle is None else self._due_ms


@dataclass(frozen=True, slots=True)
class Followed:
    """Target as received: NED m and m/s from the vehicle's origin."""

    place: Ned
    velocity: Ned
    heard_ms: int


class FollowMe:
    """Mode Follow Me with FOLLOW_TARGET. Sticks change the position beside the target: roll the angle, pitch the
    distance, throttle the height."""

    clock: Clock = "vehicle"
    handles = frozenset({"FOLLOW_TARGET"})

    def __init__(self, autopilot: VehicleParts, flight: Px4Flight, parameters: Px4Parameters) -> None:
        self._autopilot = autopilot
        self._flight = flight
        self._parameters = parameters
        self._target: Followed | None = None
        self._course = 0.0  # last course of the target, rad
        # direction from the target to the vehicle, rad from north; None: not following
        self._angle: float | None = None
        self._by_sticks = (0.0, 0.0, 0.0)  # changes by sticks of angle (rad), distance (m) and height (m)
        self._flown_to: Ned | None = None
        self._due_ms = 0

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Take in a target. Without a place it is ignored; without a velocity it gets that between two places."""
        origin = self._autopilot.facts.vehicle.origin
        lat, lon = message.lat * 1e-7, message.lon * 1e-7
        if origin is None or not is_place(lat, lon, message.alt):
            return
        place = to_local(origin, lat, lon, message.alt)
        velocity = self._velocity(message, place, now_ms)
        if hypot(*velocity[:2]) > _MOVING:
            self._course = atan2(velocity[1], velocity[0])
        if self._target is None:
            self._due_ms = now_ms
        self._target = Followed(place, velocity, now_ms)

    def _velocity(self, message: Message, place: Ned, now_ms: int) -> Ned:
        north, east, down = (float(part) for part in message.vel)
        if max(abs(north), abs(east), abs(down)) < _FASTEST:
            return north, east, down
        before = self._target
        if before is None or now_ms <= before.heard_ms:
            return 0.0, 0.0, 0.0
        between = 1000.0 / (now_ms - before.heard_ms)
        n, e, d = (
            old + _SMOOTHED * ((new - was) * between - old)
            for new, was, old in zip(place, before.place, before.velocity, strict=True)
        )
        return n, e, d

    def handle_timeout(self, now_ms: int) -> None:
        due_ms = self.next_deadline_ms()
        if due_ms is None:
            self._flown_to = self._angle = None
        elif now_ms >= due_ms:
            self._due_ms = now_ms + _FOLLOW_MS
            self._follow(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Time of the next step, ms; None without a target or outside the mode."""
        if self._target is None or self._flight.mode != FOLLOW or self._autopilot.facts.grounded:
            return None
        return self._due_ms

    def _follow(self, now_ms: int) -> None:
        target, commands = self._target, self._autopilot.commands
        assert target is not None
        fastest = max(self._parameters["FLW_TGT_MAX_VEL"], 1.0)
        if self._flown_to is None:
            commands.change_speed(SpeedType.GROUNDSPEED, fastest)
        ahead = min(now_ms - target.heard_ms, _STALE_MS) / 1000.0 if hypot(*target.velocity[:2]) > _MOVING else 0.0
        north, east, down = (at + ahead * speed for at, speed in zip(target.place, target.velocity, strict=True))
        at = (north, east, down)
        goal, before = self._beside(at, fastest), self._flown_to
        self._flown_to = goal
        yaw = Yaw(YawMode.POINT, point=at)
        here = self._autopilot.facts.vehicle.state.position
        if before is not None and hypot(goal[0] - here[0], goal[1] - here[1]) < _NEAR:
            n, e, d = ((new - old) * 1000.0 / _FOLLOW_MS for new, old in zip(goal, before, strict=True))
            commands.guided_target(position=goal, velocity=(n, e, d), yaw=yaw)
        else:
            commands.guided_target(position=goal, yaw=yaw)

    def _beside(self, at: Ned, fastest: float) -> Ned:
        """Place for the vehicle beside the target at `at`, approached no faster than allowed. The height counts from
        the target with FLW_TGT_ALT_M 2, else from home."""
        facts, param = self._autopilot.facts, self._parameters
        angle, distance, height = self._moved_by_sticks()
        angle += self._course + radians(param["FLW_TGT_FA"])
        distance, height = max(distance + param["FLW_TGT_DST"], 1.0), max(height + param["FLW_TGT_HT"], _LOWEST)
        if self._angle is None:
            here = facts.vehicle.state.position
            self._angle = atan2(here[1] - at[1], here[0] - at[0])
        step = fastest / distance * _FOLLOW_MS / 1000.0
        self._angle += min(max(wrap_pi(angle - self._angle), -step), step)
        base = at[2] if param["FLW_TGT_ALT_M"] == _ABOVE_TARGET else facts.home_ned[2]
        return at[0] + distance * cos(self._angle), at[1] + distance * sin(self._angle), base - height

    def _moved_by_sticks(self) -> Ned:
        """Angle, distance and height by sticks. Full deflection is 1.5 rad/s, 2 m/s, 1.5 m/s
        (FlightTaskAutoFollowTarget.hpp)."""
        core, angle, distance, height = self._autopilot, *self._by_sticks
        if self._angle is None:
            angle, distance, height = 0.0, 0.0, 0.0
        if core.sticks.has_input:
            vector, seconds = core.facts.vehicle.state.report, _FOLLOW_MS / 1000.0
            roll, pitch = float(vector[report.STICK_ROLL]), float(vector[report.STICK_PITCH])
            climb = 2.0 * float(vector[report.STICK_THROTTLE]) - 1.0
            angle += 1.5 * seconds * roll
            distance += 2.0 * seconds * pitch
            height += 1.5 * seconds * climb
        self._by_sticks = (angle, distance, height)
        return self._by_sticks


class StickTakeover(WithoutMessages):
    """Takeover of an automatic mode by moved sticks (Commander.cpp, COM_RC_OVERRIDE), except in Follow Me, which they
    steer, and on a plane."""

    clock: Clock = "vehicle"

    def __init__(self, autopilot: VehicleParts, flight: Px4Flight, parameters: Px4Parameters) -> None:
        self._autopilot = autopilot
        self._flight = flight
        self._parameters = parameters

    def handle_timeout(self, now_ms: int) -> None:
        """Check the sticks. Called in every pass, because sticks arrive by messages."""
        core, facts, mode = self._autopilot, self._autopilot.facts, self._flight.mode
        if not core.sticks.has_input or mode[0] != AUTO or mode == FOLLOW or not facts.armed or facts.grounded:
            return
        if self._flight.on_wings:
            return
        allowed = int(self._parameters["COM_RC_OVERRIDE"]) & 1 and self._flight.failsafes.sticks_may_take_over
        if allowed and self._moved():
            self._flight.voice.say(Notice.PILOT)
            self._flight.enter(POSITION, now_ms)

    def _moved(self) -> bool:
        vector, limit = self._autopilot.facts.vehicle.state.report, self._parameters["COM_RC_STICK_OV"] / 100.0
        throttle = 2.0 * float(vector[report.STICK_THROTTLE]) - 1.0
        moved = (vector[report.STICK_ROLL], vector[report.STICK_PITCH], vector[report.STICK_YAW], throttle)
        return any(abs(float(part)) > limit for part in moved)

    def next_deadline_ms(self) -> int | None:
        return None
