"""The trail of a vehicle, for its way back (SMART_RTL).

While armed, a point is kept whenever a look finds the vehicle SRTL_ACCURACY away from the last one; at most SRTL_POINTS
of them. The place half-way between two looks is computed from places and velocities at both (a cubic, with an error of
at most the fourth derivative T^4 / 384), and is kept if it is beside the straight line. Between points that lie T / 2
apart, a vehicle with an acceleration `a` deviates from the line by at most a T^2 / 32: 0.6 m for a copter (2 s, 5
m/s2), which is within the tolerance of the later straightening. A vehicle that stands, moves straight to the end of its
leg, or stays on its line, is only looked at when it gets another target, so a quiet flight needs no looks. For the
return the trail is straightened (`autopilot.control.straightening`) and its loops are removed. Source: ArduPilot
libraries/AP_SmartRTL.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from autopilot.context.turns import earliest
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.control.straightening import straightened
from autopilot.interface.geo import Ned
from autopilot.interface.targets import Hold, Idle, Land, Leg, TakeOff, Target, Velocity
from autopilot.mav import Severity

_PATIENCE_MS: Final = 15_000  # time without a position; SMARTRTL_TIMEOUT
_RESTING: Final = 0.3  # m/s
_SETTLING_S: Final = 1.0  # time constant in which a vehicle returns to its line: 1 / PSC_POSXY_P
_MOST_POINTS: Final = 500
_SHARED_MS: Final = 250  # looks fall on multiples of it, like streams, so that they share passes
_FULL: Final = 0.9


def _between(a: Ned, b: Ned, share: float) -> Ned:
    return (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]))


def _dot(a: Ned, b: Ned) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _minus(a: Ned, b: Ned) -> Ned:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def _length(v: Ned) -> float:
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])


def _across(vector: Ned, way: Ned, length: float) -> float:
    """Size of the component of `vector` across `way`, which is `length` long."""
    along = _dot(vector, way) / length
    return sqrt(max(_dot(vector, vector) - along * along, 0.0))


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _beside(p: Ned, a: Ned, b: Ned) -> float:
    """Distance of `p` from the segment a to b, m."""
    way = _minus(b, a)
    size = _dot(way, way)
    return _length(_minus(p, a if size == 0.0 else _between(a, b, _unit(_dot(_minus(p, a), way) / size))))


def _nearest(a: Ned, b: Ned, c: Ned, d: Ned) -> tuple[Ned, Ned]:
    """Nearest points of the segments a to b and c to d, one on each (Ericson 2005, 5.1.9)."""
    u, v, w = _minus(b, a), _minus(d, c), _minus(a, c)
    uu, vv, uv, uw, vw = _dot(u, u), _dot(v, v), _dot(u, v), _dot(u, w), _dot(v, w)
    if uu == 0.0 or vv == 0.0:
        s, t = (0.0 if uu == 0.0 else _unit(-uw / uu)), (0.0 if vv == 0.0 else _unit(vw / vv))
        return _between(a, b, s), _between(c, d, t)
    area = uu * vv - uv * uv
    s = _unit((uv * vw - uw * vv) / area) if area > 1e-12 * uu * vv else 0.0
    t = (uv * s + vw) / vv
    if not 0.0 <= t <= 1.0:
        t = _unit(t)
        s = _unit((t * uv - uw) / uu)
    return _between(a, b, s), _between(c, d, t)


def without_loops(points: list[Ned], gap: float) -> list[Ned]:
    """Remove loops: where the way returns to within `gap` m of an earlier segment, drop the part in between; the last
    such place counts. Crossing segments are joined half-way between them."""
    way = list(points)
    i = 0
    while i < len(way) - 2:
        way[i + 1 :] = _shortcut(way, i, gap)
        i += 1
    return way


def _shortcut(way: list[Ned], i: int, gap: float) -> list[Ned]:
    """Rest of the way after its point `i`, without a loop that begins there."""
    a, b = way[i], way[i + 1]
    for j in range(len(way) - 1, i + 1, -1):
        if _beside(way[j], a, b) < gap:
            return way[j:]
        if j > i + 2:
            first, second = _nearest(a, b, way[j - 1], way[j])
            if _length(_minus(first, second)) < gap:
                return [_between(first, second, 0.5), *way[j:]]
    return way[i + 1 :]


def _stays_on(leg: Leg, here: Ned, velocity: Ned, near: float) -> bool:
    """True if a vehicle is on the line of its leg, and will stay within `near` m of it up to the end."""
    if leg.start is None:
        return False
    way = _minus(leg.end, leg.start)
    length = _length(way)
    if length == 0.0:
        return False
    return _across(_minus(here, leg.start), way, length) + _SETTLING_S * _across(velocity, way, length) < near


class Trail:
    """Trail since arming, or since home was set here, NED m (d is 0 for rovers and boats). `paused` during a return."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._points: list[Ned] = []
        self._look_ms = facts.vehicle_class.trail_look_ms
        self._seen_ms = 0
        self._last: tuple[int, Ned, Ned] | None = None  # last look at a curved way: time, place, velocity
        self._target: Target | None = None  # target at the last look
        self._due_ms: int | None = None
        self.paused = False
        self.keeping = False
        self._was_armed = False

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        """Begin a new trail at arming; disarming keeps it. A flight controller with its own modes has its own trail."""
        if armed:
            self._was_armed = True
            self._points, self._last = [], None
        self.keeping = armed and self._limit >= 2 and not self._facts.vehicle.capabilities.own_modes
        if self.keeping:
            self._seen_ms = now_ms
            self._look(now_ms)

    def restart(self, now_ms: int) -> None:
        """Begin a new trail here, while armed; a return keeps the way that it has begun."""
        if self._facts.armed and not self.paused:
            self.armed_changed(True, now_ms)

    def next_deadline_ms(self) -> int | None:
        if not self.keeping or self.paused:
            return None
        if self._turns_off() or (self._due_ms is None and not self._facts.has_position):
            return self._facts.now_ms
        return None

    @property
    def look_ms(self) -> int | None:
        """Vehicle time of the next look at a curved way, by a pass or a `glance`."""
        return self._due_ms if self.keeping and not self.paused else None

    def glance(self, now_ms: int) -> bool:
        """Look without a pass, if it is time; True if a pass is needed at this time."""
        due_ms = self.look_ms
        if due_ms is None or now_ms < due_ms:
            return False
        if not self._turns_off():
            self._look(now_ms)
        return not self.keeping

    def _turns_off(self) -> bool:
        """True if another way begins; renewed velocities are looked at regularly anyway."""
        target, last = self._helm.target, self._target
        return target is not last and not (isinstance(target, Velocity) and isinstance(last, Velocity))

    def update(self, now_ms: int) -> None:
        """Look at the trail, after the mode's turn."""
        deadline_ms = earliest((self.next_deadline_ms(), self.look_ms))
        if deadline_ms is not None and now_ms >= deadline_ms:
            self._look(now_ms)

    def __bool__(self) -> bool:
        """True if there is a way back. Before the first arming it begins at the present place
        (AP_SmartRTL::update)."""
        return bool(self._points) or (not self._was_armed and self._limit >= 2 and self._facts.has_position)

    def way_back(self) -> list[Ned]:
        """Points from the newest to the place of arming; empty if unknown."""
        way = without_loops(straightened(self._points, 0.5 * self._accuracy), self._accuracy)
        return way[::-1]

    def begin_return(self, now_ms: int) -> list[Ned]:
        """Begin a return: the way back from here. Nothing is added until its end."""
        if self.keeping:
            self._look(now_ms)
        self.paused = True
        return self.way_back()

    def end_return(self, rest: list[Ned]) -> None:
        """Keep the rest of the way after a return."""
        self._points = rest[::-1]
        self._last = None
        self.paused = False

    # --- the pass -------------------------------------------------------------------------------------------------
    @property
    def _accuracy(self) -> float:
        return max(self._facts.param("SRTL_ACCURACY", 2.0), 0.1)

    @property
    def _limit(self) -> int:
        """SRTL_POINTS; 0, no trail, also with SRTL_ACCURACY 0 (AP_SmartRTL::init)."""
        accurate = self._facts.param("SRTL_ACCURACY", 2.0) > 0.0
        return min(int(self._facts.param("SRTL_POINTS")), _MOST_POINTS) if accurate else 0

    def _look(self, now_ms: int) -> None:
        self._target = self._helm.target
        if self._due_ms is None:  # not looked at since: a position that is lost now existed until now
            self._seen_ms = now_ms
        self._due_ms = -(-(now_ms + self._look_ms) // _SHARED_MS) * _SHARED_MS
        if not self._facts.has_position:
            if now_ms - self._seen_ms > _PATIENCE_MS:
                self._give_up("bad position")
            self._last = None
            return
        self._seen_ms = now_ms
        here, velocity = self._motion()
        accuracy = self._accuracy
        if self._last is not None:
            self._keep_bend(self._last, now_ms, here, velocity, accuracy)
        self._last = (now_ms, here, velocity)
        if self._goes_straight(0.25 * accuracy):
            self._due_ms, self._last = None, None
        self._keep(here, accuracy)

    def _motion(self) -> tuple[Ned, Ned]:
        state = self._facts.vehicle.state
        if self._facts.vehicle_class.flies:
            return state.position, state.velocity
        return (*state.position[:2], 0.0), (*state.velocity[:2], 0.0)

    def _keep(self, point: Ned, accuracy: float) -> None:
        if not self._points or _length(_minus(point, self._points[-1])) >= accuracy:
            self._points.append(point)
            if len(self._points) > self._limit:
                self._make_room()

    def _keep_bend(self, last: tuple[int, Ned, Ned], now_ms: int, here: Ned, velocity: Ned, accuracy: float) -> None:
        """Keep the place half-way since the `last` look, if it is beside the straight line."""
        eighth = 0.125e-3 * (now_ms - last[0])
        turned = _minus(last[2], velocity)
        bend = (eighth * turned[0], eighth * turned[1], eighth * turned[2])
        if _length(bend) >= 0.25 * accuracy:
            middle = _between(last[1], here, 0.5)
            self._keep((middle[0] + bend[0], middle[1] + bend[1], middle[2] + bend[2]), accuracy)

    def _goes_straight(self, near: float) -> bool:
        """True if the way is a straight line within `near` m until there is another target, or if the vehicle
        stands."""
        target, state = self._helm.target, self._facts.vehicle.state
        if isinstance(target, TakeOff | Land):
            return True
        if isinstance(target, Idle) and self._facts.vehicle_class.flies:
            return self._facts.landed
        if not isinstance(target, Hold | Leg) or (
            isinstance(target, Leg) and (target.spline or target.over_ground is not None)
        ):
            return False
        velocity = state.velocity
        speed = _length(velocity)
        if speed < _RESTING:
            return isinstance(target, Hold) or self._helm.arrived
        if not isinstance(target, Leg) or self._helm.arrived:
            return False
        here = state.position
        ahead = _minus(target.end, here)
        along = _dot(ahead, velocity) / speed
        if along <= 0.0:
            return False
        return _dot(ahead, ahead) - along * along < near * near or _stays_on(target, here, velocity, near)

    def _make_room(self) -> None:
        """Straighten a full trail. If it stays nearly as long it is given up, because each new point would cost as
        much."""
        self._points = straightened(self._points, 0.5 * self._accuracy)
        if len(self._points) > _FULL * self._limit:
            self._points = without_loops(self._points, self._accuracy)
        if len(self._points) > _FULL * self._limit:
            self._give_up("buffer full")

    def _give_up(self, reason: str) -> None:
        self._points = []
        self.keeping = False
        self._announcer.say(Severity.WARNING, f"SmartRTL deactivated: {reason}")
