"""FOLLOW: follows another vehicle, which reports its position (FOLL_).

The lead vehicle is FOLL_SYSID, or with 0 the first that is heard, until it has been silent for ten seconds. Once it
sends FOLLOW_TARGET, its GLOBAL_POSITION_INT no longer count. The place beside it is flown with its velocity, which
continues between reports. After three seconds without a report, or beyond FOLL_DIST_MAX, the vehicle stops. Without an
offset parameter the initial offset is kept. With precision landing the vehicle meanwhile looks for its target, so that
it can land on a ship that it follows. Sources: ArduPilot AP_Follow.cpp, ArduCopter/mode_follow.cpp,
Rover/mode_follow.cpp.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.staying import stay
from autopilot.context.turns import earliest
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.angles import turned
from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.mathematics import hypot
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Idle, Velocity, Yaw, YawMode
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.heading import ALONG, KEEP
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.vehicles.driving import as_drive
from autopilot.vehicles.mode_table import ModeSpec

_FRESH_MS: Final = 3000
_FORGOTTEN_MS: Final = 10_000
_RELATIVE: Final = 1  # FOLL_OFS_TYPE: relative to the other's heading; FOLL_ALT_TYPE: above home
_FACE, _SAME, _ALONG = 1, 2, 3  # FOLL_YAW_BEHAVE
_STANDS_MPS: Final = 0.03


@dataclass(frozen=True, slots=True)
class LeadReport:
    """Report of the vehicle `system`: its place (altitude above sea level), its height above home (None: unknown),
    velocity NED m/s, heading rad. `as_target`: from FOLLOW_TARGET."""

    system: int
    place: GeoPoint
    above_home: float | None
    velocity: Ned
    heading: float | None
    as_target: bool


class Lead:
    """The lead vehicle. `heard_ms`: vehicle time of its last report; None: none."""

    def __init__(self, facts: VehicleFacts) -> None:
        self._facts = facts
        self._first_system = 0  # system that was heard first, with FOLL_SYSID 0
        self._as_target = False
        self.heard_ms: int | None = None
        self.place: Ned = (0.0, 0.0, 0.0)
        self.velocity: Ned = (0.0, 0.0, 0.0)
        self.heading = 0.0

    @property
    def enabled(self) -> bool:
        """True while reports are used."""
        return self._facts.param("FOLL_ENABLE") != 0.0

    def hear(self, report: LeadReport) -> None:
        """Take a report of any vehicle; one of the own system, as of a companion, is none of another vehicle."""
        facts = self._facts
        if report.system == int(facts.param("SYSID_THISMAV", 1.0)):
            return
        if self.heard_ms is None or facts.now_ms - self.heard_ms > _FORGOTTEN_MS:
            self._first_system, self._as_target = 0, False
        system = int(facts.param("FOLL_SYSID")) or self._first_system or report.system
        usable = int(facts.param("FOLL_OFS_TYPE")) != _RELATIVE or report.heading is not None
        origin = facts.vehicle.origin
        if system != report.system or (self._as_target and not report.as_target) or not usable or origin is None:
            return
        self._first_system, self._as_target = system, report.as_target
        self.place = to_local(origin, report.place.lat, report.place.lon, self._altitude(report))
        self.velocity, self.heading = report.velocity, report.heading or 0.0
        self.heard_ms = facts.now_ms

    def _altitude(self, report: LeadReport) -> float:
        home = self._facts.home
        above = int(self._facts.param("FOLL_ALT_TYPE", 1.0)) == _RELATIVE and not report.as_target
        return home.alt + report.above_home if above and home and report.above_home is not None else report.place.alt

    def now(self, now_ms: int) -> Ned | None:
        """Place of the lead at this time, NED m; None: unknown, or too far away."""
        if self.heard_ms is None or now_ms - self.heard_ms >= _FRESH_MS:
            return None
        age, here = 0.001 * (now_ms - self.heard_ms), self._facts.vehicle.state.position
        farthest = self._facts.param("FOLL_DIST_MAX", 100.0)
        north, east, down = (at + age * speed for at, speed in zip(self.place, self.velocity, strict=True))
        distance_m = hypot(north - here[0], east - here[1], down - here[2])
        return None if 0.0 < farthest < distance_m else (north, east, down)


class FollowMode(Mode):
    """FOLLOW: fly the place beside the lead vehicle, renewed at each report."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, lead: Lead) -> None:
        super().__init__(context, spec)
        self._lead = lead
        self._pads = context.precision
        self._look_ms = 0
        self._seen_ms: int | None = None  # time of the report in use
        self._offset: Ned | None = None  # offset instead of FOLL_OFS_, which are 0

    def refusal(self, now_ms: int) -> str | None:
        return None if self._lead.enabled else "Set FOLL_ENABLE = 1"

    def enter(self, now_ms: int) -> None:
        self._seen_ms = self._offset = None
        self.helm.fly(Idle() if self.facts.grounded else stay(self.facts))

    def armed(self, now_ms: int) -> None:
        self.enter(now_ms)

    def disarmed(self) -> None:
        self.enter(self.facts.now_ms)

    def next_deadline_ms(self) -> int | None:
        if self.facts.grounded or not self.facts.armed:
            return None
        reported = self._lead.heard_ms if self._lead.heard_ms != self._seen_ms else None
        return earliest((reported, self._look_ms if self._pads is not None and self._pads.enabled else None))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.next_deadline_ms() is None:
            return
        if self._pads is not None and self._pads.enabled and now_ms >= self._look_ms:
            self._look_ms = self._pads.look(now_ms)
        if self._lead.heard_ms == self._seen_ms:
            return
        self._seen_ms = self._lead.heard_ms
        at = self._lead.now(now_ms)
        if at is None:
            self.helm.fly(stay(self.facts))
            return
        beside = tuple(place + off for place, off in zip(at, self._beside(at), strict=True))
        self._go(at, (beside[0], beside[1], beside[2]))

    def _beside(self, at: Ned) -> Ned:
        """Offset from the lead, NED m."""
        param = self.facts.param
        relative = int(param("FOLL_OFS_TYPE")) == _RELATIVE
        offset = (param("FOLL_OFS_X"), param("FOLL_OFS_Y"), param("FOLL_OFS_Z"))
        if offset == (0.0, 0.0, 0.0):
            offset = self._offset = self._offset or self._measured(at, relative)
        return turned(offset, self._lead.heading) if relative else offset

    def _measured(self, at: Ned, relative: bool) -> Ned:
        """Present offset from the lead."""
        here = self.facts.vehicle.state.position
        offset = (here[0] - at[0], here[1] - at[1], here[2] - at[2])
        self.announcer.say(Severity.INFO, f"{'Relative' if relative else 'N-E-D'} follow offset loaded")
        return turned(offset, -self._lead.heading) if relative else offset

    def _go(self, lead: Ned, beside: Ned) -> None:
        velocity = self._lead.velocity
        if self.facts.vehicle_class.flies:
            self.helm.fly(Velocity(velocity, self._yaw(lead), position=beside, timeout_ms=_FRESH_MS))
            return
        here, gain = self.facts.vehicle.state.position, self.facts.param("FOLL_POS_P", 0.1)
        north, east = beside[0] - here[0], beside[1] - here[1]
        way = (velocity[0] + gain * north, velocity[1] + gain * east, 0.0)
        arrived = hypot(*velocity) < _STANDS_MPS and hypot(north, east) < self.facts.param("TURN_RADIUS", 0.9)
        speed = hypot(way[0], way[1])
        if arrived or speed < _STANDS_MPS:
            self.helm.fly(stay(self.facts))
            return
        share = min(self.facts.measure(self.facts.vehicle_class.measures.cruise[0]) / speed, 1.0)
        self.helm.fly(as_drive((share * way[0], share * way[1], 0.0), None, self.facts.vehicle.state.yaw, _FRESH_MS))

    def _yaw(self, lead: Ned) -> Yaw:
        behaviours = {
            _FACE: Yaw(YawMode.POINT, point=lead),
            _SAME: Yaw(YawMode.ANGLE, angle=self._lead.heading),
            _ALONG: ALONG,
        }
        return behaviours.get(int(self.facts.param("FOLL_YAW_BEHAVE", 1.0)), KEEP)
