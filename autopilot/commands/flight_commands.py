"""Commands that fly the vehicle: takeoff, land, GUIDED targets, speed, heading, region of interest.

Each returns an `Outcome`, and a refusal says why. The rules are docs/reference/ground-stations.md, 3.2. Arguments are
finite: arguments from a link have been checked there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autopilot.context.events import RebootRequested
from autopilot.context.frames import local
from autopilot.interface.earth import HIGHEST_M
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import Attitude, Circle, Hold, Leg, Yaw, YawMode
from autopilot.mav import Result, Severity, SpeedType, VtolState
from autopilot.mission.state import DEFAULT_SPEED, TRACK_KINDS
from autopilot.modes.guided import GuidedFlight, GuidedMode, LeaningMode
from autopilot.modes.heading import Heading, condition_yaw
from autopilot.modes.manager import CommandContext
from autopilot.modes.speeds import SpeedControl
from autopilot.mount.mount import Mount

_LOWEST_TAKEOFF = 1.0  # m above the vehicle's present height
_HOVER = 0.5  # SET_ATTITUDE_TARGET.thrust that holds the height
_KEEPS_SPEED = -1.0  # of `Attitude`
_OUTSIDE = "Guided target: outside the fence"
UNSUPPORTED = Outcome(Result.UNSUPPORTED, "not for this vehicle")
DENIED = Outcome(Result.DENIED, "invalid parameter")

_ALL_SPEEDS: frozenset[int] = frozenset(SpeedType)


class FlightCommands:
    """Commands that fly the vehicle; see the module. `admits` is True for a place within the fence."""

    def __init__(
        self,
        context: CommandContext,
        guided: GuidedMode,
        heading: Heading,
        speeds: SpeedControl,
        admits: Callable[[GeoPoint], bool],
        mount: Mount,
    ) -> None:
        self._facts, self._announcer, self._helm = context.facts, context.announcer, context.helm
        self._modes, self._auto = context.modes, context.auto
        self._guided = guided
        self._heading = heading
        self._speeds = speeds
        self._admits = admits
        self._mount = mount
        self._kind = context.facts.vehicle_class
        self.restart_objections: list[Callable[[], str | None]] = []
        """Called before a reboot. Each returns why the owner of the service does not restart it now, or None."""

    # --- up and down ----------------------------------------------------------------------------------------------
    def takeoff(self, height_m: float, *, holds_place: bool = True) -> Outcome:
        """Climb to a height above home, or in a mode that the sticks fly above the ground (Mode::_TakeOff::start).
        `holds_place`: not in a mode that would drift meanwhile (has_user_takeoff)."""
        facts, announcer, helm, spec = self._facts, self._announcer, self._helm, self._modes.spec
        if not self._kind.flies:
            return UNSUPPORTED
        if not facts.armed:
            return announcer.refuse("Takeoff: not armed")
        if not facts.landed:
            return announcer.refuse("Takeoff: already flying")
        if helm.flight_over:
            return announcer.refuse("Takeoff: the flight is over, disarming")
        home_down, here_down = facts.home_ned[2], facts.vehicle.state.position[2]
        if home_down - height_m >= here_down:
            return announcer.refuse("Takeoff: height is not above the vehicle")
        down = here_down - height_m if spec.pilot else home_down - height_m
        drifts = holds_place and spec.pilot and not spec.position
        if drifts or not self._modes.mode.take_off(min(down, here_down - _LOWEST_TAKEOFF)):
            return announcer.refuse(f"Takeoff: not in {spec.name}")
        helm.takeoff_allowed = True
        return ACCEPTED

    def land(self, now_ms: int) -> Outcome:
        number = self._kind.modes.land
        return UNSUPPORTED if number is None else self._modes.set(number, now_ms)

    def return_to_launch(self, now_ms: int) -> Outcome:
        return self._modes.set(self._kind.modes.rtl, now_ms)

    # --- GUIDED ---------------------------------------------------------------------------------------------------
    def _flight(self) -> GuidedFlight | None:
        """Flight mode that takes guided targets now: GUIDED, or AUTO in a GUIDED_ENABLE item."""
        if self._modes.mode is self._guided:
            return self._guided.flight
        return self._auto.guided if self._modes.mode is self._auto else None

    def _flies(self) -> bool:
        """True in the air. On the ground a target has no effect, as in ArduPilot, but here a text says so."""
        if self._facts.armed and not self._facts.grounded:
            return True
        reason = "take off first" if self._facts.armed else "not armed"
        self._announcer.say(Severity.WARNING, f"Guided target: {reason}")
        return False

    def reposition(
        self,
        place: GeoPoint,
        now_ms: int,
        *,
        speed: float | None = None,
        yaw_rad: float | None = None,
        change_mode: bool = False,
        over_ground: float | None = None,
        radius: float = 0.0,
    ) -> Outcome:
        """DO_REPOSITION to a place (altitude AMSL) at `speed` m/s; it leaves AUTO only if no item takes targets.
        `over_ground`, `radius`: see `GuidedFlight.go_to`."""
        flight = self._flight()
        if flight is None and not change_mode:
            return self._announcer.refuse("Reposition: not in GUIDED", Result.DENIED)
        if not self._within_fence(place):
            return self._announcer.refuse(_OUTSIDE)
        if flight is None:
            outcome = self._modes.set(self._kind.modes.guided, now_ms)
            if not outcome.ok:
                return outcome
            flight = self._guided.flight
        if self._flies():
            if speed is not None and self._speeds.takes(speed):
                self.set_ground_speed(speed)
            yaw = None if yaw_rad is None or not self._kind.turns_nose else Yaw(YawMode.ANGLE, angle=yaw_rad)
            flight.go_to(local(self._facts, place), yaw, over_ground, radius)
        return ACCEPTED

    def guided_item(self, place: GeoPoint, over_ground: float | None = None) -> Outcome:
        flight = self._flight()
        if flight is None:
            return self._announcer.refuse("Guided target: not in GUIDED")
        if not self._within_fence(place):
            return self._announcer.refuse(_OUTSIDE)
        if self._flies():
            flight.go_to(local(self._facts, place), over_ground=over_ground)
        return ACCEPTED

    def _within_fence(self, place: GeoPoint) -> bool:
        """False for a target outside the fence that the kind refuses. A rover takes it, and the fence acts."""
        return not self._kind.keeps_targets_in_fence or self._admits(place)

    def guided_altitude(self, frame: int, z: float) -> Outcome:
        """Change the height of the GUIDED target to `z`, m in a MAV_FRAME; DENIED if that is no height here. Wings
        change that of the leg or circle of any mode (ArduPlane's `handle_change_alt_request`). Otherwise it has no
        effect outside GUIDED, as in ArduPilot, but here a text says so."""
        here = self._facts.vehicle.state.place
        altitude = self._facts.altitude(frame, z, here.lat, here.lon)
        if altitude is None or not abs(altitude) < HIGHEST_M:
            return DENIED
        flight, origin, over_ground = self._flight(), self._facts.vehicle.origin, self._facts.over_ground(frame, z)
        if origin is None or self._facts.grounded or not self._kind.flies:
            changes = False
        elif flight is not None:
            flight.change_height(origin.alt - altitude, over_ground)
            changes = True
        else:
            changes = self._kind.has_stall_speed and self._change_height(origin.alt - altitude, over_ground)
        if not changes:
            self._announcer.say(Severity.WARNING, f"Altitude change has no effect in {self._modes.spec.name}")
        return ACCEPTED

    def guided_climb(self, up: float) -> Outcome:
        """SET_POSITION_TARGET_LOCAL_NED of wings: raise the GUIDED target by `up` m (ArduPlane
        GCS_MAVLink_Plane.cpp)."""
        flight = self._flight()
        if flight is None or self._facts.grounded or not self._facts.armed:
            return Outcome(Result.FAILED, "not flying in GUIDED")
        down = flight.climb_by(up)
        self._announcer.step(f"Change alt to {self._facts.home_ned[2] - down:.1f}")
        return ACCEPTED

    def _change_height(self, down: float, over_ground: float | None) -> bool:
        """Fly the present leg, circle or bank (CIRCLE) to `down` (NED m) instead; False for any other target."""
        target = self._helm.target
        if isinstance(target, Leg):
            self._helm.fly(replace(target, end=(*target.end[:2], down), over_ground=over_ground))
        elif isinstance(target, Circle):
            above = None if target.turns else over_ground  # only a circle without an end follows the ground
            self._helm.fly(replace(target, center=(*target.center[:2], down), start=None, over_ground=above))
        elif isinstance(target, Attitude):
            self._helm.fly(replace(target, down=down))
        return isinstance(target, Leg | Circle | Attitude)

    def guided_course(self, angle_rad: float | None, acceleration: float, *, of_nose: bool = False) -> Outcome:
        """GUIDED_CHANGE_HEADING: hold a course over ground, or a heading (`of_nose`), after a curve with this
        centripetal acceleration (m/s2); None ends it."""
        if self._modes.mode is not self._guided or self._facts.grounded or not self._facts.armed:
            return Outcome(Result.FAILED, "not flying in GUIDED")
        if angle_rad is None:
            self._guided.flight.end_course()
        else:
            self._guided.flight.hold_course(angle_rad, acceleration, self._speeds, of_nose=of_nose)
        return ACCEPTED

    def guided_airspeed(self, speed: float) -> Outcome:
        """GUIDED_CHANGE_SPEED: fly wings at this airspeed, m/s; nothing is told (ArduPlane mode_guided.cpp)."""
        if not self._speeds.takes(speed):
            return Outcome(Result.FAILED, f"{speed:g} m/s is not an airspeed of this plane")
        self._speeds.override(speed)
        return ACCEPTED

    def guided_target(
        self,
        *,
        position: Ned | None = None,
        velocity: Ned | None = None,
        acceleration: Ned | None = None,
        yaw: Yaw | None = None,
        over_ground: float | None = None,
    ) -> Outcome:
        """SET_POSITION_TARGET_*: NED from the vehicle's origin; None is ignored. Outside GUIDED and on the ground it
        has no effect and no text, because it may come many times a second."""
        flight = self._flight()
        if flight is None or self._facts.grounded or not self._facts.armed:
            return Outcome(Result.FAILED, "not flying in GUIDED")
        if position is None and self._kind.has_stall_speed and (velocity is not None or acceleration is not None):
            return UNSUPPORTED
        if self._kind.has_stall_speed:
            velocity = acceleration = None
        origin = self._facts.vehicle.origin
        if position is not None and origin is not None and not self._within_fence(to_global(origin, position)):
            return Outcome(Result.FAILED, _OUTSIDE)
        if position is not None and velocity is None:
            flight.go_to(position, yaw, over_ground)
        elif velocity is not None or acceleration is not None:
            present = self._facts.vehicle.state.velocity  # from which an acceleration alone continues
            flight.move(velocity or present, position=position, acceleration=acceleration, yaw=yaw)
        elif yaw is not None:
            self._heading.fix(yaw)
        return ACCEPTED

    def guided_attitude(
        self,
        roll: float,
        pitch: float,
        yaw: float,
        yaw_rate: float | None,
        thrust: float | None,
        body_rates: tuple[float, float] | None = None,
    ) -> Outcome:
        """SET_ATTITUDE_TARGET: angles, rad, or `body_rates` of roll and pitch, rad/s, with `yaw_rate`. `thrust` 0 .. 1
        is a climb rate about 0.5, with GUID_OPTIONS bit 3 and for wings thrust. Wings fly bank and pitch, no rates;
        None, for wings only: at their own speed. For rovers and boats `thrust` is -1 .. 1, a share of WP_SPEED along
        `yaw` or while turning at `yaw_rate`."""
        mode, wings = self._modes.mode, self._kind.has_stall_speed
        flight = mode if isinstance(mode, LeaningMode) else self._flight()
        if flight is None or not self._facts.armed:
            return Outcome(Result.FAILED, "not flying in GUIDED")
        if thrust is None:
            thrust = _KEEPS_SPEED
        if isinstance(flight, GuidedFlight) and not self._kind.flies:
            flight.drive(thrust * self._facts.param("WP_SPEED", 2.0), yaw, yaw_rate)
            return ACCEPTED
        if wings and (body_rates is not None or self._facts.grounded or self._helm.upright):
            return UNSUPPORTED
        direct = wings or self._facts.option("GUID_OPTIONS", 8)
        up, down = self._speeds.vertical()
        climb = (thrust - _HOVER) / _HOVER * (up if thrust > _HOVER else down)
        timeout_ms = self._guided.flight.timeout_ms
        turns, rate = yaw_rate is not None, yaw_rate or 0.0
        flight.attitude(Attitude(roll, pitch, yaw, rate, turns, thrust, climb, not direct, timeout_ms, body_rates))
        return ACCEPTED

    # --- speed and nose -------------------------------------------------------------------------------------------
    def change_speed(self, kind: int, speed: float, throttle: float = 0.0) -> Outcome:
        if not self._kind.flies:
            return self._change_driving_speed(kind, speed)
        if kind not in _ALL_SPEEDS or not (speed > 0.0 or self._kind.has_stall_speed):
            return DENIED
        if not self._modes.spec.speeds:
            return self._announcer.refuse(f"Speed change: not in {self._modes.spec.name}")
        if self._kind.has_stall_speed:
            return self._change_airspeed(kind, speed, throttle)
        if kind in TRACK_KINDS:
            self.set_ground_speed(speed)
        else:
            self._speeds.set_vertical(kind, speed)
        return ACCEPTED

    def _change_airspeed(self, kind: int, speed: float, throttle: float) -> Outcome:
        """Set an airspeed within its bounds (-2: the default), or as `SpeedControl.change_wings`."""
        default = speed == DEFAULT_SPEED
        if kind == SpeedType.AIRSPEED and (default or self._speeds.takes(speed)):
            self.set_ground_speed(None if default else speed)
        if not self._speeds.change_wings(kind, speed, throttle):
            return self._announcer.refuse(f"Speed change: {speed:g} m/s is not an airspeed of this plane")
        return ACCEPTED

    def set_ground_speed(self, speed: float | None) -> None:
        """Set the ground speed of the mode; None: its default. In AUTO it goes to the mission."""
        if self._modes.mode is self._auto:
            self._auto.sequencer.change_speed(speed)
        else:
            self._speeds.override(speed)

    def _change_driving_speed(self, kind: int, speed: float) -> Outcome:
        """Set the speed on the way to a place. The speed of a velocity target does not change (ArduPilot
        Rover/mode_guided.cpp, set_desired_speed)."""
        if kind not in TRACK_KINDS:
            return DENIED
        if not speed > 0.0:
            return self._announcer.refuse("Speed change: must be above zero")
        mode = self._modes.mode
        sent = mode is self._guided and not self._guided.flight.drives_to_a_place
        if not self._modes.spec.speeds or sent:
            return self._announcer.refuse(f"Speed change: not in {self._modes.spec.name}{' now' if sent else ''}")
        self.set_ground_speed(speed)
        return ACCEPTED

    def condition_yaw(self, angle_deg: float, rate_deg_s: float, direction: int, relative: bool) -> Outcome:
        if not self._kind.turns_nose:
            return UNSUPPORTED
        yaw = self._facts.vehicle.state.yaw
        if not self._modes.mode.turn(condition_yaw(angle_deg, rate_deg_s, direction, relative, yaw)):
            return self._announcer.refuse(f"Yaw: not in {self._modes.spec.name}")
        return ACCEPTED

    def set_roi(self, place: GeoPoint | None) -> Outcome:
        """Point a gimbal at the place. Without a gimbal that pans, turn the nose; without either, accept it for the
        camera."""
        if self._mount.gimbal is not None:
            if place is None:
                self._mount.look_away()
            else:
                self._mount.look_at(place)
        if not self._kind.turns_nose or self._mount.pans:
            return ACCEPTED
        if place is not None and not self._facts.has_position:
            return self._announcer.refuse("Region of interest: requires position")
        if self._modes.spec.pilot:
            if place is None:  # there is no region of interest to end
                return ACCEPTED
            return self._announcer.refuse(f"Region of interest: not in {self._modes.spec.name}")
        self._heading.look_at(None if place is None else local(self._facts, place))
        return ACCEPTED

    def set_reverse(self, backwards: bool) -> Outcome:
        if not self._kind.reverses:
            return UNSUPPORTED
        self._helm.backwards = backwards
        target = self._helm.target
        if isinstance(target, Leg | Hold) and not self._helm.arrived and self._facts.armed:
            self._helm.fly(replace(target, backwards=backwards))
        return ACCEPTED

    def change_over(self, state: int) -> Outcome:
        """DO_VTOL_TRANSITION to this MAV_VTOL_STATE in AUTO."""
        if not (self._kind.has_stall_speed and self._kind.lands_anywhere):
            return self._announcer.refuse("VTOL not available", severity=Severity.NOTICE)
        if self._modes.mode is not self._auto:
            return self._announcer.refuse("VTOL transition only in AUTO", severity=Severity.NOTICE)
        if state not in (VtolState.MC, VtolState.FW):
            return self._announcer.refuse("Invalid VTOL mode", severity=Severity.NOTICE)
        upright = state == VtolState.MC
        if upright is not self._helm.upright:
            self._helm.upright = upright
            self._announcer.say(Severity.NOTICE, "Entered VTOL mode" if upright else "Exited VTOL mode")
        return ACCEPTED

    # --- the whole ------------------------------------------------------------------------------------------------
    def reboot(self, *, forced: bool = False) -> Outcome:
        """Announce RebootRequested; the owner of the service restarts it, unless it objects. Refused while armed,
        unless `forced`."""
        if self._facts.armed and not forced:
            return self._announcer.refuse("Reboot: armed")
        for objection in self.restart_objections:
            if (reason := objection()) is not None:
                return self._announcer.refuse(f"Reboot: {reason}")
        self._announcer.announce(RebootRequested())
        return ACCEPTED
