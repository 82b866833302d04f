"""Modes of planes: CIRCLE, TAKEOFF, AUTOLAND and RTL (ArduPilot ArduPlane/mode_circle.cpp, mode_takeoff.cpp,
mode_autoland.cpp, mode_rtl.cpp)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import IntEnum
from math import degrees, radians
from typing import Final

from autopilot.context.staying import followed_ground, loiter, stay
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.targets import Attitude, Circle, Idle, Slope
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity, VtolState
from autopilot.modes.auto import AutoMode
from autopilot.modes.glide_slope import GlideSlope, abort_climb
from autopilot.modes.maneuver import Maneuver, StagedMode
from autopilot.modes.mode import SelfFlownMode, VehicleContext
from autopilot.modes.returning import Destination, HomewardMode
from autopilot.modes.upright import LiftOff, Param, SetDown, far_from, return_circle, upright_radius
from autopilot.modes.wings import LoiterForever, LoiterItem, UprightBy, WingReturn, WingTakeoff
from autopilot.vehicles.mode_table import ModeSpec, PlaneMode, TerrainFollow

_FOR_EVER_MS: Final = 10**12
_GENTLE, _FARTHEST = 0.6, 20.0  # share of TECS_SINK_MAX on the way home; largest distance of its beginning, in radii
_LOOK_MS: Final = 200
_AT_M: Final = 1.0  # tolerance of the height at which LOITER_ALT_QLAND becomes QLAND
_BELOW_M: Final = 2.0  # so much below TKOFF_ALT the climb of TAKEOFF ends
_COURSE_AT_ARMING: Final = 1  # AUTOLAND_OPTIONS bit 0
_COURSE_MPS: Final = 5.0  # GPS_GND_CRS_MIN_SPD
_COURSE_MODES: Final = frozenset({
    PlaneMode.MANUAL, PlaneMode.STABILIZE, PlaneMode.TRAINING, PlaneMode.ACRO, PlaneMode.FBWA, PlaneMode.AUTO,
    PlaneMode.TAKEOFF, PlaneMode.GUIDED,
})  # fmt: skip
"""Modes in which the course of a takeoff is noted."""
_LARGEST_SHARE: Final = 0.333  # radius of its circle as a share of AUTOLAND_WP_DIST


class BankMode(SelfFlownMode):
    """CIRCLE: a third of the largest bank, at the present height. It needs no position and drifts with the wind."""

    def enter(self, now_ms: int) -> None:
        self._fly()

    def armed(self, now_ms: int) -> None:
        self._fly()

    def parameter_changed(self, name: str) -> None:
        if name == "ROLL_LIMIT_DEG":
            self._fly()

    def _fly(self) -> None:
        bank = radians(self.facts.param("ROLL_LIMIT_DEG", 45.0)) / 3.0
        self.helm.fly(Idle() if self.facts.grounded else Attitude(bank, 0.0, 0.0, timeout_ms=_FOR_EVER_MS))


class TakeoffMode(StagedMode):
    """TAKEOFF: takes off when armed, to TKOFF_ALT, and circles the place TKOFF_DIST ahead. In the air it climbs there,
    or stays."""

    def armed(self, now_ms: int) -> None:
        self.begin(now_ms)

    def begin(self, now_ms: int) -> None:
        facts, state = self.facts, self.facts.vehicle.state
        (north, east, down), height = state.position, facts.param("TKOFF_ALT", 50.0)
        if not facts.landed and facts.height >= height:
            self.announcer.step("Above TKOFF alt - loitering")
            self.helm.fly(stay(facts))
            return
        distance_m = facts.param("TKOFF_DIST", 200.0)
        top = down - height if facts.landed else facts.home_ned[2] - height
        course = state.yaw if facts.landed else atan2(state.velocity[1], state.velocity[0])
        around = loiter(facts, (north + distance_m * cos(course), east + distance_m * sin(course), top))
        climb = WingTakeoff(self.context, top, radians(facts.param("TKOFF_LVL_PITCH", 15.0)), distance_m, _BELOW_M)
        if facts.landed:
            turn = degrees(course) % 360.0
            self.announcer.step(f"Takeoff to {height:.0f}m for {distance_m:.1f}m heading {turn:.1f} deg")
            self.fly([climb, LoiterForever(self.context, around)], now_ms)
        else:
            self.announcer.step("Climbing to TKOFF alt then loitering")
            self.fly([LoiterForever(self.context, around)], now_ms)

    @property
    def delays_failsafes(self) -> bool:
        return bool(self._stages) and isinstance(self._stages[0], WingTakeoff)


class TakeoffCourse:
    """Notes the course over ground of a takeoff, in which AUTOLAND lands, with AUTOLAND_DIR_OFF; or the heading at
    arming (AUTOLAND_OPTIONS bit 0), as ArduPlane's check_takeoff_direction. A takeoff in GUIDED, which ArduPlane does
    not have, counts too."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, mode: Callable[[], int]) -> None:
        self._facts, self._announcer, self._mode = facts, announcer, mode
        self._due_ms: int | None = None

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        facts, self._due_ms = self._facts, None
        if not armed or facts.personality.lands_in_place:
            return
        facts.landing_course = None
        if facts.option("AUTOLAND_OPTIONS", _COURSE_AT_ARMING):
            self._note(facts.armed_yaw)

    def handle_events(self, _: VehicleEvent, now_ms: int) -> None:
        """Begin at the liftoff."""
        if self._facts.landing_course is None and not self._facts.personality.lands_in_place:
            self._due_ms = now_ms

    def update(self, now_ms: int) -> None:
        if self._due_ms is None or now_ms < self._due_ms:
            return
        self._due_ms = now_ms + _LOOK_MS
        north, east, _ = self._facts.vehicle.state.velocity
        if self._mode() in _COURSE_MODES and hypot(north, east) > _COURSE_MPS:
            self._due_ms = None
            self._note(atan2(east, north) + radians(self._facts.param("AUTOLAND_DIR_OFF")))

    def _note(self, course: float) -> None:
        self._facts.landing_course = course
        self._announcer.step(f"Autoland direction= {int(degrees(course) % 360.0)}")


def approach(param: Param, home: Ned, course: float, here: Sequence[float], usual_radius: float) -> tuple[Ned, Circle]:
    """Begin of AUTOLAND's final approach to `home` at `course` (radians), and the circle beside it, on the side of
    `here` (north and east), of at most `usual_radius` m."""
    distance_m = param("AUTOLAND_WP_DIST", 400.0)
    top = home[2] - param("AUTOLAND_WP_ALT", 55.0)
    north, east = home[0] - distance_m * cos(course), home[1] - distance_m * sin(course)
    left = sin(course - atan2(here[1] - east, here[0] - north)) > 0.0  # of the approach: flown counter-clockwise
    radius = min(_LARGEST_SHARE * distance_m, usual_radius)
    side = course + radians(-90.0 if left else 90.0)
    center = (north + radius * cos(side), east + radius * sin(side), top)
    return (north, east, top), Circle(center, radius, -1 if left else 1, turns=0.0, at_height=True)


class AutolandMode(StagedMode):
    """AUTOLAND: lands at home, or in place (`lands_in_place`), in the direction of the takeoff: climbs first where
    AUTOLAND_CLIMB asks for it, circles beside the final approach until it is at its height and in line, then follows
    the glide slope."""

    def refusal(self, now_ms: int) -> str | None:
        facts = self.facts
        if facts.landed and (facts.armed or not facts.personality.lands_in_place):  # disarmed, a PX4 takes any mode
            self.announcer.say(Severity.WARNING, "Must already be flying!")
            return "not flying"
        if facts.armed and facts.landing_course is None and not facts.personality.lands_in_place:
            self.announcer.say(Severity.WARNING, "Takeoff initial direction not set")
            return "no direction"
        return "home is not set" if facts.home is None else None

    def enter(self, now_ms: int) -> None:
        facts = self.facts
        home, position = facts.home_ned, facts.vehicle.state.position
        if facts.personality.lands_in_place:
            home = (*position[:2], home[2])
        course = facts.landing_course
        if course is None:
            course = facts.armed_yaw + radians(facts.param("AUTOLAND_DIR_OFF"))
        start, circle = approach(facts.param, home, course, position, loiter(facts, home).radius)
        center = circle.center
        ground = followed_ground(facts, center, TerrainFollow.AUTOLAND)
        if ground is not None:
            up = home[2] - center[2]
            circle = replace(circle, center=(*center[:2], ground - up), over_ground=up)
        stages: list[Maneuver] = [
            LoiterItem(self.context, circle, 0, home, straight=False),
            GlideSlope(self.context, home, start, abort_climb(self.context, 0.0, None)),
        ]
        self.fly([*self._climb(), *stages], now_ms)

    def armed(self, now_ms: int) -> None:
        self._rest(now_ms)

    def parameter_changed(self, name: str) -> None:
        if name == "LAND_DISARMDELAY":
            self._rest(self.facts.now_ms)

    def _rest(self, now_ms: int) -> None:
        """Stop the motor of a plane that has landed and was armed again, unless LAND_DISARMDELAY is 0 (ArduPlane's
        disarm_if_autoland_complete)."""
        facts = self.facts
        again = facts.armed and facts.landed and self.next_deadline_ms() is None
        if again and facts.param("LAND_DISARMDELAY") > 0.0:
            self.fly([GlideSlope(self.context, facts.home_ned, None, abort_climb(self.context, 0.0, None))], now_ms)

    def _climb(self) -> list[Maneuver]:
        """The climb straight ahead to AUTOLAND_CLIMB m above the ground, if it is lower."""
        facts = self.facts
        here, ground = facts.vehicle.state.position, facts.home_ned[2]
        followed = followed_ground(facts, here, TerrainFollow.AUTOLAND)
        down = (ground if followed is None else followed) - facts.param("AUTOLAND_CLIMB")
        if facts.param("AUTOLAND_CLIMB") <= 0.0 or down >= here[2]:
            return []
        return [WingTakeoff(self.context, down, radians(facts.param("TKOFF_LVL_PITCH", 15.0)))]


def slope_home(param: Param, home: float, top: float, radius: float, *, upright: bool, near: bool) -> Slope:
    """Heights (NED d) of QRTL's way, as in `Land`: Q_RTL_ALT at two radii before the place, RTL_ALTITUDE at the
    distance before that for a gentle sink (ArduPlane's update_target_altitude of QRTL), `upright` without it. `near`
    the place it stays below `top`."""
    low = param("Q_RTL_ALT", 15.0)
    more = 0.0 if upright else max(param("RTL_ALTITUDE", 100.0) - low, 0.0)
    sink_m = param("AIRSPEED_CRUISE", 12.0) * more / max(_GENTLE * param("TECS_SINK_MAX", 5.0), 1.0)
    low = min(low, home - top) if near else low
    near_m = 2.0 * radius
    return (near_m, home - low), (max(near_m, min(_FARTHEST * radius, near_m + sink_m)), home - low - more)


class _WingsHomewardMode(HomewardMode):
    """Base of both returns of planes, which a personality's way or the mission's landing may replace."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, destination: Destination, auto: AutoMode) -> None:
        super().__init__(context, spec, destination)
        self._auto = auto


class VerticalReturnMode(_WingsHomewardMode):
    """QRTL: flies home or to a rally point, and lands vertically."""

    def _comes_down(self, place: tuple[float, float], top: float) -> Slope:
        facts, near = self.facts, self.facts.metres_to(place) < upright_radius(self.facts)
        radius, upright = return_circle(facts), self.helm.upright
        return slope_home(facts.param, facts.home_ned[2], top, radius, upright=upright, near=near)

    def _climb_down(self, place: tuple[float, float]) -> float | None:
        """NED d for the climb of a hovering vehicle before its return: Q_RTL_ALT, less near home, at least
        Q_RTL_ALT_MIN; None: it is high enough, or on its wings."""
        facts, top = self.facts, self.facts.param("Q_RTL_ALT", 15.0)
        own = facts.personality.return_height((*place, facts.home_ned[2]))
        down, radius = facts.vehicle.state.position[2], upright_radius(facts)
        least = min(max(facts.param("Q_RTL_ALT_MIN", 10.0), facts.param("Q_LAND_FINAL_ALT", 6.0)), top)
        near = max(top * min(facts.metres_to(place) / max(radius, 1.0), 1.0), least)
        up = facts.home_ned[2] - (near if own is None else own)
        lifts = facts.vehicle.state.report[report.VTOL_STATE] in (VtolState.MC, VtolState.TRANSITION_TO_FW)
        return up if lifts and not facts.landed and up < down else None

    def begin(self, now_ms: int) -> None:
        path = self._auto.path_home()
        if path is not None:
            self.fly([path], now_ms)
            return
        place = self._destination()[:2]
        own, climb = self.facts.personality.return_height(self._destination()), self._climb_down(place)
        top = self.facts.vehicle.state.position[2] if climb is None else climb
        stays = own is not None and not far_from(self.facts, place)
        landing = SetDown(self.context, place, None if stays else self._comes_down(place, top))
        self.fly([landing] if climb is None else [LiftOff(self.context, climb), landing], now_ms)


class CircleDownMode(SelfFlownMode):
    """LOITER_ALT_QLAND: circles down in place, or about its present circle's middle, to Q_RTL_ALT, and changes to QLAND
    there; at once from a hover, and from a mode of lift motors, `before` (ArduPlane/mode_LoiterAltQLand.cpp)."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, auto: AutoMode, before: Callable[[], int]) -> None:
        super().__init__(context, spec)
        self._auto, self._before = auto, before
        self._low: float | None = None  # NED d of the circle; None: there is none
        self._due_ms: int | None = None

    def begin(self, now_ms: int) -> None:
        facts, self._low, self._due_ms = self.facts, None, now_ms
        modes = facts.vehicle_class.modes
        lifts = self._before() in modes.hovering | modes.landing
        if not lifts and facts.vehicle.state.report[report.VTOL_STATE] != VtolState.MC:
            target, (north, east, down) = self.helm.target, facts.vehicle.state.position
            if isinstance(target, Circle) and self.helm.arrived:
                north, east, _ = target.center
            ground = followed_ground(facts, (north, east, down), TerrainFollow.QLAND)
            self._low = max(down, (facts.home_ned[2] if ground is None else ground) - facts.param("Q_RTL_ALT", 15.0))
            over = None if ground is None else ground - self._low
            self.helm.fly(replace(loiter(facts, (north, east, self._low)), over_ground=over))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._due_ms is None or now_ms < self._due_ms:
            return
        low, down = self._low, self.facts.vehicle.state.position[2]
        if low is None or (self.helm.arrived and down > low - _AT_M):
            self._due_ms = None
            self._auto.request_mode(PlaneMode.QLAND)
        else:
            self._due_ms = now_ms + _LOOK_MS

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def exit(self) -> None:
        self._due_ms = None


class AutolandBy(IntEnum):
    """Values of RTL_AUTOLAND."""

    NOT = 0
    HOME_FIRST = 1
    AT_ONCE = 2
    GO_AROUNDS_ONLY = 3
    RETURN_PATH = 4


_RADII: Final = frozenset({"RTL_RADIUS", "WP_LOITER_RAD", "Q_FW_LND_APR_RAD"})
_AT_ONCE: Final = (AutolandBy.AT_ONCE, AutolandBy.RETURN_PATH)


class WingReturnMode(_WingsHomewardMode):
    """RTL: circles home or a rally point, or joins the mission's landing sequence by RTL_AUTOLAND; with lift motors
    lands there by Q_RTL_MODE. On the ground these change to QLAND, which disarms."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, destination: Destination, auto: AutoMode) -> None:
        super().__init__(context, spec, destination, auto)
        self._looked = self._lands = False

    def begin(self, now_ms: int) -> None:
        self._looked = self._lands = False
        self.fly([self._auto.path_home() or WingReturn(self.context, self._destination, self._upright)], now_ms)

    def parameter_changed(self, name: str) -> None:
        if self._return is None or self.facts.personality.climbs_to_return:
            super().parameter_changed(name)
        elif name in _RADII:
            self._return.radius_changed()

    @property
    def _return(self) -> WingReturn | None:
        """The return, unless it is a personality's way."""
        flown = self._stages[0] if self._stages else None
        return flown if isinstance(flown, WingReturn) else None

    @property
    def _upright(self) -> int:
        return int(self.facts.param("Q_RTL_MODE"))

    @property
    def _by(self) -> int:
        return int(self.facts.param("RTL_AUTOLAND"))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        back = self._return
        if back is not None and self.facts.landed and self.facts.vehicle_class.lands_anywhere:
            self._auto.request_mode(PlaneMode.QLAND)
            return
        super().update(now_ms, events)
        if back is None:
            return
        upright = self._upright
        if upright == UprightBy.AT_ONCE or (upright and back.arrived):
            self._auto.request_mode(PlaneMode.QRTL)
            return
        by = self._by
        if not self._looked and (by in _AT_ONCE or (by == AutolandBy.HOME_FIRST and back.arrived)):
            self._looked = True
            self._lands = self._aims(by)
        if self._lands:
            self._lands = False
            self._auto.request_mode(self._auto.spec.number)

    def _aims(self, by: int) -> bool:
        """Continue the mission at its landing, if it has one."""
        auto, by_path = self._auto, by == AutolandBy.RETURN_PATH
        start = auto.paths.return_path() if by_path else auto.paths.landing_start()
        if start is not None and auto.sequencer.leads_on(start, auto.mission):
            auto.go_on_at(start)
            self.announcer.step("Return path started" if by_path else "Landing sequence start")
            return True
        if not by_path:
            self.announcer.say(Severity.WARNING, "Unable to start landing sequence")
        return False

    def go_around(self, height_m: float = 0.0) -> bool:
        return bool(self._stages) and self._stages[0].go_around(height_m)

    def next_deadline_ms(self) -> int | None:
        if self._return is not None and not self._looked and self._by in _AT_ONCE:
            return self.facts.now_ms
        return super().next_deadline_ms()
