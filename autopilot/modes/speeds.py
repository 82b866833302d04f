"""Speeds of flight: parameters, and overrides by a mission or a command.

The sequencer has the mission's speed along the track (`MissionSequencer.mission_speed`, seed 001), which is read here.
Speeds that a mode, an item or a command outside AUTO has set later replace it. An override lasts until the mode is
left, or its parameter is changed, as in ArduPilot (docs/reference/mission-semantics.md, items 18, 19;
docs/catalogue.md, 30).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, radians, sqrt

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.targets import Speeds
from autopilot.mav import SpeedType
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.state import DEFAULT_SPEED, SpeedChange
from autopilot.vehicles.driving import stick_speed
from autopilot.vehicles.vehicle_class import ParameterUnit, VehicleClass

_LOWEST = 0.1  # m/s; with a guidance speed of zero a leg would never end
_UP, _DOWN = 2.5, 1.5  # m/s, of kinds without parameters of them
_NUDGE = "THROTTLE_NUDGE"
_FREE = Speeds(1000.0, 1000.0, 1000.0)


class SpeedControl:
    """The present speeds, m/s. An override of None means the mission's or the parameter's value."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm, mission: MissionSequencer) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._mission = mission
        self.ground: float | None = None
        self._kept = False  # no parameter ends the override of the speed along the track
        self.up: float | None = None
        self.down: float | None = None
        self._plain = False  # climb and descent by the parameters, whatever they are to be on the next leg
        self._free = False  # no speed limits the present target
        self._sent: Speeds | None = None
        self._own = False  # the mode moves at its own speed, whatever a throttle stick adds
        self._circles = False  # and so does a circle that is driven

    def parameter_changed(self, name: str) -> None:
        """Apply a changed speed parameter at once; it ends the override of the same speed. The vehicle has taken the
        parameter itself, whatever may act now."""
        measures = self._facts.vehicle_class.measures
        if name == _NUDGE:
            self._nudge()
        if _named(name, measures.climb):
            self.up = None
        elif _named(name, measures.descent):
            self.down = None
        elif _named(name, measures.cruise):
            if not self._kept:
                self.ground = None
                self._mission.change_speed(None)
        else:
            return
        self._sent = None
        self.apply()

    def override(self, ground: float | None) -> None:
        """Override the speed along the track, m/s, from now on; None: it is the mission's, or the parameter's."""
        self.ground, self._kept = ground, False
        self.apply()

    def begin_return(self) -> None:
        """Return at RTL_SPEED, whatever another parameter becomes; 0: at the parameter's speed along the track
        (ModeRTL::init)."""
        speed = self._facts.measure(self._facts.vehicle_class.measures.return_speed)
        self.override(speed if speed > 0.0 else self.default())
        self._kept = speed > 0.0

    def circle(self) -> None:
        """Drive circles at CIRC_SPEED, 0: the parameter's speed along the track, whatever the mission has set
        (Rover/mode_circle.cpp, _enter)."""
        speed = self._facts.param("CIRC_SPEED")
        self._circles = True
        self.override(speed if speed > 0.0 else self.default())

    def set_vertical(self, kind: int, speed: float | None) -> None:
        """Climb or descend at `speed`; None: the parameter's value. `kind`: the SPEED_TYPE of DO_CHANGE_SPEED."""
        self._plain = False
        if kind == SpeedType.CLIMB_SPEED:
            self.up = speed
        else:
            self.down = speed
        self.apply()

    def leave_legs(self) -> None:
        """Climb and descend by the parameters until the next leg."""
        self._plain = True
        self.apply()

    def begin_leg(self) -> None:
        """Fly at the mission's speeds (ModeAuto::wp_start, desired_speed_override)."""
        self.ground, self._kept, self._plain, self._circles = None, False, False, False
        self.apply()

    def begin_mode(self, number: int) -> None:
        """Fly at the parameters' speeds, or the mission's, in another mode."""
        self.up = self.down = None
        self._free = False
        own = number in self._facts.vehicle_class.modes.at_own_speed
        if own is not self._own:
            self._own = own
            self._nudge()
        self.begin_leg()

    def _nudge(self) -> None:
        """Let a raised throttle add airspeed, or not (THROTTLE_NUDGE; ArduPlane's allows_throttle_nudging)."""
        if self._facts.vehicle_class.flies:
            self._helm.vehicle.set_parameter(_NUDGE, 0.0 if self._own else self._facts.param(_NUDGE))

    def sticks_moved(self) -> None:
        """Drive by the throttle stick."""
        if not self._facts.vehicle_class.flies:
            self.apply()

    def _by_stick(self) -> float:
        """Speed that the throttle stick of a rover or boat demands on its way to a place, m/s; 0: none
        (Rover/mode.cpp, calc_speed_nudge)."""
        facts, cruise = self._facts, self._facts.param("CRUISE_THROTTLE", 50.0)
        led = self._own or self._circles or self._helm.vehicle.capabilities.own_modes
        if facts.vehicle_class.flies or led or not facts.personality.sticks_add_speed or not 5.0 <= cruise <= 100.0:
            return 0.0
        ahead = 2.0 * self._helm.sticks.throttle - 1.0
        return max(-ahead if self._helm.backwards else ahead, 0.0) * stick_speed(facts.param)

    def free(self, on: bool) -> None:
        """Fly what is demanded, however fast, or within the present speeds again. Not where the firmware has a highest
        speed (PX4)."""
        free = on and self._facts.personality.highest_speed_mps() == inf
        if free is not self._free:
            self._free = free
            self.apply()

    def current(self) -> Speeds:
        own = self.ground if self.ground is not None else self._mission.mission_speed()
        own = own if own is None or self.takes(own) else None
        highest = self._facts.personality.highest_speed_mps()
        up, down = (None, None) if self._plain else (self.up, self.down)
        climb, descent = self.vertical()
        return Speeds(
            ground=max(_LOWEST, min(own if own is not None else self.default(), highest), self._by_stick()),
            up=max(_LOWEST, up if up is not None else climb),
            down=max(_LOWEST, down if down is not None else descent),
        )

    def vertical(self) -> tuple[float, float]:
        """The parameters' climb and descent, m/s."""
        measures = self._facts.vehicle_class.measures
        up, down = self._facts.first(measures.climb), self._facts.first(measures.descent)
        return max(_LOWEST, up if up > 0.0 else _UP), max(_LOWEST, down if down > 0.0 else _DOWN)

    def default(self) -> float:
        """The parameter's speed along the track, m/s."""
        return self._facts.first(self._facts.vehicle_class.measures.cruise)

    def takes(self, speed: float) -> bool:
        """True for a speed along the track within this kind's limits, m/s."""
        return self._facts.vehicle_class.takes(speed, self._facts.param)

    def sets_track(self, change: SpeedChange) -> bool:
        """True for a change of the speed along the track; one beyond the limits changes nothing (ArduPlane's
        do_change_speed)."""
        of_track = change.kind in self._facts.vehicle_class.track_speeds
        return of_track and (change.speed is None or self.takes(change.speed))

    def change_wings(self, kind: int, speed: float, throttle: float) -> bool:
        """Change what DO_CHANGE_SPEED tells wings besides their airspeed, which is only announced: their least speed
        over ground (0: none), or the throttle of cruise without airspeed, %, until they or their parameters are
        changed. False for none of these (ArduPlane's do_change_speed)."""
        default, say, vehicle = speed == DEFAULT_SPEED, self._announcer.step, self._helm.vehicle
        if kind == SpeedType.AIRSPEED and (default or self.takes(speed)):
            if not default:
                say(f"Set airspeed {int(speed)} m/s")
        elif kind == SpeedType.GROUNDSPEED and (default or speed >= 0.0):
            least = self._facts.param("MIN_GROUNDSPEED") if default else speed
            say(f"Set groundspeed {int(least)}")
            vehicle.set_parameter("MIN_GROUNDSPEED", least)
        elif 0.0 < throttle <= 100.0:
            say(f"Set throttle {int(throttle)}")
            vehicle.set_parameter("TRIM_THROTTLE", float(int(throttle)))
        else:
            return False
        return True

    def apply(self) -> None:
        """Set the vehicle's speeds, if they have changed."""
        speeds = _FREE if self._free else self.current()
        if speeds != self._sent:
            self._sent = speeds
            self._helm.vehicle.set_speeds(speeds)


def _named(name: str, measures: tuple[ParameterUnit, ...]) -> bool:
    return any(name == measure.name for measure in measures)


def circle_speed(kind: VehicleClass, param: Callable[[str, float], float], radius: float) -> float:
    """Speed on a circle of `radius` m, m/s: CIRCLE_RATE (deg/s), limited by half of the acceleration (WPNAV_ACCEL)
    towards the centre (ArduPilot AC_Circle.cpp). 0 = no limit: for rovers and boats, and for a point."""
    acceleration = kind.measures.circle_acceleration
    if acceleration is None or radius <= 0.0:
        return 0.0
    accel = max(acceleration.value(param), 0.1)
    return max(min(radians(abs(param("CIRCLE_RATE", 20.0))) * radius, sqrt(0.5 * accel * radius)), 0.1)
