"""Landing: descent at a place or in place, held horizontally, done on the ground.

With PLND_ENABLED it lands on a target: see `autopilot.precision`. The speeds of the descent (LAND_SPEED,
LAND_SPEED_HIGH, LAND_ALT_LOW) are the vehicle's; see `autopilot.interface.targets.Land`.
"""

from __future__ import annotations

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import to_global
from autopilot.interface.layout import TICK_MS
from autopilot.interface.targets import Land, Leg, Yaw
from autopilot.interface.vehicle import VehicleEvent
from autopilot.modes.heading import KEEP, Heading
from autopilot.modes.maneuver import Follow, Maneuver
from autopilot.modes.mode import SelfFlownMode, VehicleContext
from autopilot.precision.lander import PrecisionLanding
from autopilot.vehicles.mode_table import ModeSpec

_NEAR_M = 1.0  # m; a nearer landing place needs no leg
_LOWEST_M = 2.0  # above the ground, on the way to the landing place
_PAUSE_MS = 4000  # pause before a failsafe's descent; LAND_WITH_DELAY_MS


def above_place(facts: VehicleFacts, place: tuple[float, float]) -> tuple[float, float | None]:
    """NED d at a place, and the height above ground to keep on the way. If the ground is known at both ends, it is the
    present height above ground, at least 2 m (ArduCopter's terrain_adjusted_location); else the present altitude."""
    origin, down = facts.vehicle.origin, facts.vehicle.state.position[2]
    above = facts.height_over_ground if facts.terrain.known else None
    if above is None or origin is None:
        return down, None
    point = to_global(origin, (place[0], place[1], 0.0))
    ground = facts.ground_at(point.lat, point.lon)
    above = max(above, _LOWEST_M)
    return (down, None) if ground is None else (origin.alt - ground - above, above)


class Landing(Maneuver):
    """Land at (n, e) m after a leg at the present height, or with None in place."""

    def __init__(self, context: VehicleContext, place: tuple[float, float] | None, heading: Heading) -> None:
        super().__init__(context)
        self._place = place
        self._heading = heading
        self._way: Follow | None = None  # to its place
        self._stands = False  # it stood on the ground at the start
        self._precise: PrecisionLanding | None = None

    @property
    def is_landing(self) -> bool:
        return self._way is None

    @property
    def paused(self) -> bool:
        return self._way is not None and self._way.paused

    def pause(self) -> bool:
        return self._way is not None and self._way.pause()

    def resume(self) -> bool:
        return self._way is not None and self._way.resume()

    def start(self, now_ms: int) -> None:
        place = self._place
        if self.facts.landed or place is None or self.facts.metres_to(place) < _NEAR_M:
            self._descend(now_ms)
        else:
            end, over = above_place(self.facts, place)
            leg = Leg((*place, end), None, yaw=self._heading.for_leg(), over_ground=over)
            self._way = Follow(self.context, leg, self._heading)
            self._way.start(now_ms)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._way is not None:
            self._way.update(now_ms, events)
            if self._way.done:
                self._way = None
                self._descend(now_ms)
            return
        due = self.deadline_ms is not None and now_ms >= self.deadline_ms
        if events & VehicleEvent.LANDED or (due and self._stands):
            self.deadline_ms = None
            self.done = True
        elif due and self._precise is not None:
            self.deadline_ms = self._precise.descend(now_ms)

    def _descend(self, now_ms: int) -> None:
        self._stands = self.facts.landed
        self._heading.interest = None  # it ends here (ModeAuto::land_start)
        self.helm.fly(Land(self._place, self._heading.for_hold()))
        precision = self.context.precision
        if self._stands:  # its landing event is past
            self.deadline_ms = now_ms + TICK_MS
        elif precision is not None and precision.enabled and self.facts.has_position:
            self._precise = precision
            precision.begin(self._place, now_ms)
            self.deadline_ms = precision.descend(now_ms)


class LandMode(SelfFlownMode):
    """LAND: descends in place and disarms on the ground. It also works without a position, then without holding a
    place."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, heading: Heading) -> None:
        super().__init__(context, spec)
        self._heading = heading
        self._landing: Landing | None = None
        self._descend_ms: int | None = None  # end of a pause

    def begin(self, now_ms: int) -> None:
        self._descend_ms = None
        self._landing = Landing(self.context, None, self._heading)
        self._landing.start(now_ms)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._landing is not None:
            self._landing.update(now_ms, events)
        elif self._descend_ms is not None and now_ms >= self._descend_ms:
            self.begin(now_ms)

    def begin_with_pause(self, now_ms: int) -> None:
        """Pause before the descent. Wings with lift motors land at once, as in ArduPlane, because staying means a
        circle for them."""
        if self.facts.armed and not self.facts.landed and not self.facts.vehicle_class.has_stall_speed:
            self._landing = None
            self._descend_ms = now_ms + _PAUSE_MS
            self.helm.fly(Land(None, KEEP, sink=0.0))

    @property
    def finished(self) -> bool:
        """True on the ground, when the motors may be stopped."""
        return self._landing is not None and self._landing.done

    def next_deadline_ms(self) -> int | None:
        return self._descend_ms if self._landing is None else self._landing.deadline_ms

    def turn(self, yaw: Yaw) -> bool:
        self._heading.fix(yaw)
        return True

    def exit(self) -> None:
        self._landing, self._descend_ms = None, None
