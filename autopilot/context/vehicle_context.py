"""Shared context of an autopilot's parts, as three narrow interfaces: facts, announcer and helm.

None of them decides anything. `VehicleFacts` gives the state, `Announcer` collects texts and events, `Helm` gives the
vehicle its target. A part receives those that it needs; a mode receives all three
(`autopilot.modes.mode.VehicleContext`). An `Autopilot` has one of each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from autopilot.context.events import Event, StatusText
from autopilot.context.personality import Personality
from autopilot.interface import report
from autopilot.interface.geo import ABOVE_GROUND, GeoPoint, Ned, altitude_amsl, to_local
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.mathematics import cos, hypot
from autopilot.interface.result import Outcome
from autopilot.interface.targets import Idle, Leg, Sticks, Target, Yaw
from autopilot.interface.terrain import HeightMap, Terrain
from autopilot.interface.vehicle import FliesInverted, KnownVehicle, Vehicle
from autopilot.mav import Cmd, Result, Severity
from autopilot.mission.commands import drives_navigation
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from autopilot.vehicles.vehicle_class import ParameterUnit, first_value


class ActingFence(Protocol):
    """Fence as modes know it. `has_top`: its maximum altitude acts, however it was enabled."""

    @property
    def has_top(self) -> bool: ...


class VehicleFacts:
    """State of the vehicle, from its reports and its parameters. `now_ms`: vehicle time of this pass, set by the
    autopilot only. `autopilot.context.home.Home` sets `home` and `set_origin`, `autopilot.safety.arming.Arming` sets
    `armed_yaw`. `boot_unix_s`: UTC (s since 1970) at vehicle time 0; 0: unknown."""

    def __init__(
        self,
        kind: str,
        vehicle: KnownVehicle,
        parameters: Parameters,
        boot_unix_s: float = 0.0,
        ground: HeightMap | None = None,
    ) -> None:
        self.vehicle_class = vehicle_class(kind)
        self.vehicle = vehicle
        self.boot_unix_s = boot_unix_s
        self.now_ms = 0
        self.home: GeoPoint | None = None
        self._local_home: tuple[GeoPoint | None, GeoPoint | None, Ned] = (None, None, (0.0, 0.0, 0.0))
        self.set_origin: GeoPoint | None = None
        """Origin that a person has set, until the vehicle finds its own."""
        self.personality: Personality
        """Decisions in which firmwares differ. The autopilot sets ArduPilot's; another firmware's may replace it before
        the first pass."""
        self.armed_yaw = 0.0  # rad, heading at arming; RTL turns the nose to it before it lands
        self.landing_course: float | None = None
        """Course in which AUTOLAND lands, rad (`autopilot.modes.wing_modes.TakeoffCourse`); None: by `armed_yaw`."""
        self.landing_off = 0.0
        """Error of the height by which a landing of this flight was too steep, m; the next ones have it."""
        self.parameters = parameters
        self.fence: ActingFence | None = None
        """The fence sets itself."""
        self.uses_range_finder = True
        """True unless a switch says otherwise."""
        self.terrain = Terrain(
            ground, lambda: self.param("TERRAIN_SPACING", 100.0), lambda: self.param("TERRAIN_ENABLE", 1.0) != 0.0
        )

    @property
    def armed(self) -> bool:
        return bool(self.vehicle.state.report.item(report.ARMED))

    @property
    def own_transitions(self) -> bool:
        """True where hovers and wings follow each other as ArduPlane's do: not as a PX4's, not as a controller's."""
        return not (self.personality.keeps_upright or self.vehicle.capabilities.own_modes)

    @property
    def landed(self) -> bool:
        """True on the ground by the landing detector; always True for vehicles that do not fly."""
        return not self.vehicle_class.flies or self.vehicle.state.report.item(report.LANDED_STATE) == ON_GROUND

    @property
    def grounded(self) -> bool:
        """True on the ground for a vehicle that must take off before it can move."""
        return self.vehicle_class.flies and self.landed

    @property
    def has_position(self) -> bool:
        return self.vehicle.origin is not None and self.vehicle.state.has_position

    @property
    def home_ned(self) -> Ned:
        """Home in the local frame; the origin while home is unknown."""
        origin, home = self.vehicle.origin, self.home
        if origin is None or home is None:
            return (0.0, 0.0, 0.0)
        if self._local_home[0] is not home or self._local_home[1] is not origin:
            self._local_home = home, origin, to_local(origin, home.lat, home.lon, home.alt)
        return self._local_home[2]

    @property
    def height(self) -> float:
        """Height above home, m."""
        return self.home_ned[2] - self.vehicle.state.report.item(report.DOWN)

    def metres_to(self, place: Ned | tuple[float, float]) -> float:
        """Horizontal distance to a place in the local frame, m."""
        north, east, _ = self.vehicle.state.position
        return hypot(north - place[0], east - place[1])

    def ground_at(self, lat: float, lon: float) -> float | None:
        """Height of the ground at a place, m above mean sea level, from known terrain. Without terrain the ground is
        flat at home's height. None if the terrain data do not reach the place, or without home."""
        if self.terrain.known:
            return self.terrain.height_at(lat, lon)
        return None if self.home is None else self.home.alt

    def altitude(self, frame: int, z: float, lat: float, lon: float) -> float | None:
        """Height of `z` in a MAV_FRAME at a place, m above mean sea level; see `altitude_amsl`. Missing terrain is
        requested."""
        ground = None
        if frame in ABOVE_GROUND:
            self.terrain.ask(lat, lon)
            ground = self.ground_at(lat, lon)
        return altitude_amsl(frame, z, self.home, ground)

    def over_ground(self, frame: int, z: float) -> float | None:
        """Height above ground that a way to `z` in `frame` keeps. None: the way is straight (another frame, no known
        ground, or a vehicle that does not fly)."""
        follows = self.terrain.known or self.follows_range_finder
        return z if frame in ABOVE_GROUND and follows and self.vehicle_class.flies else None

    @property
    def follows_range_finder(self) -> bool:
        """True if heights above ground are those of a range finder, even over known terrain (WPNAV_RFND_USE;
        AC_WPNav::get_terrain_source)."""
        fitted = float(self.vehicle.state.report[report.RANGE_MOST]) > 0.0 and self.uses_range_finder
        return fitted and self.param("WPNAV_RFND_USE") != 0.0

    @property
    def ground_seen(self) -> float | None:
        """Height of the ground by the range finder, m above the origin; None: nothing within its range."""
        vector = self.vehicle.state.report
        distance_m = float(vector[report.RANGE_FINDER])
        upright = cos(float(vector[report.ROLL])) * cos(float(vector[report.PITCH]))
        return -float(vector[report.DOWN]) - distance_m * upright if distance_m > 0.0 else None

    @property
    def height_over_ground(self) -> float | None:
        """Height above the ground below, m."""
        here = self.vehicle.state.place
        ground = self.ground_at(here.lat, here.lon)
        return None if ground is None else here.alt - ground

    @property
    def clearance_seen(self) -> float | None:
        """Height above the ground by the range finder, m; None: not used, or nothing within its range."""
        seen = self.ground_seen if self.uses_range_finder else None
        return None if seen is None else -float(self.vehicle.state.report[report.DOWN]) - seen

    @property
    def clearance(self) -> float:
        """Height above the ground by the range finder, else by known terrain, else above home, m (ArduCopter's
        get_alt_above_ground_cm)."""
        heights = (self.clearance_seen, self.height_over_ground, self.height)
        return next(height for height in heights if height is not None)

    def takes_nav(self, command: int) -> bool:
        """True if a mission waits for this command as for a NAV item."""
        return drives_navigation(command) or (command == Cmd.DO_VTOL_TRANSITION and self.personality.keeps_upright)

    def measure(self, measure: ParameterUnit) -> float:
        """Value of a length in m, or a speed in m/s, for this kind of vehicle."""
        return measure.value(self.param)

    @property
    def acceptance_m(self) -> float:
        """Acceptance radius of places, m: WPNAV_RADIUS, or WP_RADIUS."""
        return self.measure(self.vehicle_class.measures.acceptance)

    def first(self, measures: tuple[ParameterUnit, ...]) -> float:
        """Value of the first of these that is not 0, in m or m/s; 0 if there is none."""
        return first_value(measures, self.param)

    def param(self, name: str, default: float = 0.0) -> float:
        """Value of a parameter, or `default` if this kind of vehicle does not have it."""
        return self.parameters.get(name, default)

    def option(self, name: str, bits: int, default: float = 0.0) -> bool:
        """True if one of these bits of a parameter is set."""
        return bool(int(self.param(name, default)) & bits)


class Announcer:
    """Collects events for services, observers and people, until they are taken. `tells_steps`: `step` has a text."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.tells_steps = True

    def say(self, severity: Severity, text: str) -> None:
        self.events.append(StatusText(severity, text))

    def step(self, text: str, severity: Severity = Severity.INFO) -> None:
        """Say a step of the flight in ArduPilot's words, unless the firmware has no text for it."""
        if self.tells_steps:
            self.say(severity, text)

    def announce(self, event: Event) -> None:
        self.events.append(event)

    def take_events(self) -> list[Event]:
        """Events announced since the last call, in order."""
        events, self.events = self.events, []
        return events

    def refuse(self, text: str, result: Result = Result.FAILED, severity: Severity = Severity.WARNING) -> Outcome:
        """Announce why something is refused, and return the outcome with the same text."""
        self.say(severity, text)
        return Outcome(result, text)


class PilotLink(Protocol):
    """Monitor of the pilot's sticks."""

    lost: bool


class LegPieces(Protocol):
    """Cutting of targets into pieces (`autopilot.safety.detour.Detour`)."""

    @property
    def is_held(self) -> bool: ...
    def begin(self, target: Target) -> Target: ...
    def next_piece(self) -> Target | None: ...
    def set_yaw(self, yaw: Yaw) -> None: ...
    def update(self, now_ms: int) -> Target | None: ...


class Helm:
    """Gives the vehicle its target, and keeps what a person has allowed for it."""

    def __init__(self, vehicle: Vehicle, pieces: LegPieces) -> None:
        self.vehicle = vehicle
        self._pieces = pieces
        self.target: Target = Idle()
        self.arrived = False  # True when the target's end condition is met
        self.takeoff_allowed = False  # throttle raised, MISSION_START, or by AUTO_OPTIONS; until disarmed
        self.flight_over = False  # the motors stand still after a landing and wait to be disarmed
        self.sticks = Sticks()  # positions of the pilot's sticks; released without a pilot
        self.rudder_held = False  # armed by the rudder stick, which has not been neutral since
        self.backwards = False  # rover: DO_SET_REVERSE
        self.upright = False  # wings with lift motors: DO_VTOL_TRANSITION to hover
        self._inverted = (False, False)  # wings: by a switch, by DO_INVERTED_FLIGHT

    def hold_motors(self, held: bool) -> None:
        """Let the motors stand still at the end of a flight, or turn from its start on. Behind the end no takeoff is
        possible until the vehicle is disarmed."""
        self.vehicle.hold_motors(held)
        self.flight_over = held
        if held:
            self.takeoff_allowed = False

    def target_reached(self) -> None:
        """Handle the vehicle's report that it has reached a piece of the target, or the whole target."""
        piece = self._pieces.next_piece()
        if piece is None:
            self.arrived = not self._pieces.is_held
        else:
            self.vehicle.set_target(piece)

    def fly(self, target: Target) -> None:
        """Give the vehicle a new target. A leg is driven backwards after DO_SET_REVERSE."""
        self.target = replace(target, backwards=True) if self.backwards and isinstance(target, Leg) else target
        self.arrived = False
        self.vehicle.set_target(self._pieces.begin(self.target))

    def invert(self, *, switch: bool | None = None, item: bool | None = None) -> None:
        """Fly wings upside down, or upright: by a switch, and by an item of the mission (ArduPlane's fly_inverted)."""
        before, (by_switch, by_item) = self._inverted, self._inverted
        self._inverted = by_switch if switch is None else switch, by_item if item is None else item
        if self._inverted != before and isinstance(self.vehicle, FliesInverted):
            self.vehicle.fly_inverted(on=any(self._inverted))

    def set_yaw(self, yaw: Yaw) -> None:
        """Change the yaw demand of the present target."""
        self._pieces.set_yaw(yaw.again)
        self.vehicle.set_yaw(yaw)

    def update(self, now_ms: int) -> None:
        """Fly another piece if more is known about the ground or obstacles."""
        piece = self._pieces.update(now_ms)
        if piece is not None:
            self.vehicle.set_target(piece)
