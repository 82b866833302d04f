"""Detours of legs round fences and objects (OA_TYPE), in modes that fly to places: AUTO, GUIDED, RTL.

It is between the helm and the pieces of a leg above the ground (`autopilot.context.ground_following`). With OA_TYPE 0,
and for targets that are not legs, it passes targets on unchanged. With 2 or 3 it finds the shortest way round the
fence's polygons and circles when a leg begins and when the fence changes, and flies its corners in order; without a way
the vehicle stays in place. With 1, and with 3 while an object is seen, BendyRuler looks once a second and turns the
vehicle aside (OA_BR_TYPE 2: over or under) while the straight way is not free; with 3 the way round fences is then
found again from there. A vehicle with its own fence (`Capabilities.own_fence`) plans its ways itself. Sources:
ArduPilot AC_Avoidance/AP_OAPathPlanner.cpp, AC_WPNav/AC_WPNav_OA.cpp, AR_WPNav/AR_WPNav_OA.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from math import inf, radians
from typing import Final

from autopilot.context.ground_following import GroundFollower
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import atan2, hypot
from autopilot.interface.targets import Hold, Leg, Target, Yaw, YawMode
from autopilot.mav import Severity
from autopilot.safety.fence import FenceGuard
from autopilot.safety.fence_limits import FenceType
from autopilot.safety.path_planning import Bend, BendSettings, bend, bend_upright, is_free, shortest_way
from autopilot.safety.proximity import Proximity
from autopilot.safety.room import Barriers, Place, fence_barriers

_LOOK_MS: Final = 1000
_COMPLAIN_MS: Final = 5000
_SLOW_MPS: Final = 0.2
_SHORT_M: Final = 1.0
_UPRIGHT: Final = 2.0  # OA_BR_TYPE


class Planning(IntEnum):
    """Values of OA_TYPE; a bit for each of the two planners."""

    NONE = 0
    BENDY_RULER = 1
    DIJKSTRA = 2
    BOTH = 3


_BY_NUMBER: Final = {float(planning): planning for planning in Planning}


class Detour:
    """Pieces of legs that avoid obstacles; implements `autopilot.context.vehicle_context.LegPieces`. `around()` gives
    the fence and the seen objects."""

    def __init__(
        self,
        facts: VehicleFacts,
        announcer: Announcer,
        ground: GroundFollower,
        around: Callable[[], tuple[FenceGuard, Proximity]],
    ) -> None:
        self._facts = facts
        self._announcer = announcer
        self._ground = ground
        self._around = around
        self._leg: Leg | None = None  # the whole leg, while it may be bent
        self._way: list[Place] = []  # corners still to fly, without the goal
        self._lost = False  # True if there is no way
        self._complained_ms = -_COMPLAIN_MS
        self._bend: Bend | None = None
        self._fenced: object = None
        self._due_ms: int | None = None

    @property
    def planning(self) -> Planning:
        requested = _BY_NUMBER.get(self._facts.param("OA_TYPE"), Planning.NONE)
        ours = requested is not Planning.NONE and not self._facts.vehicle.capabilities.own_fence
        return requested if ours and self._facts.has_position else Planning.NONE

    # --- pieces of a leg ----------------------------------------------------------------------------------------------
    def begin(self, target: Target) -> Target:
        """First piece of a target, or the target itself."""
        self._leg = self._bend = self._due_ms = None
        if not isinstance(target, Leg) or not self.planning or self._facts.metres_to(target.end) < _SHORT_M:
            return self._ground.begin(target)
        self._leg, self._due_ms = target, self._facts.now_ms + _LOOK_MS
        self._plan()
        return self._bent() or self._piece(target.start)

    @property
    def is_held(self) -> bool:
        """True while the vehicle stays because there is no way."""
        return self._leg is not None and self._lost

    def next_piece(self) -> Target | None:
        """Next piece to fly; None after the last."""
        piece = self._ground.next_piece()
        if piece is not None or self._leg is None or self._lost:
            return piece
        if self._is_bent:
            return self._bent() or self._piece()
        if not self._way:
            self._leg = self._due_ms = None
            return None
        self._way.pop(0)
        self._bend = None
        return self._piece()

    def set_yaw(self, yaw: Yaw) -> None:
        self._ground.set_yaw(yaw)
        if self._leg is not None:
            self._leg = replace(self._leg, yaw=yaw)

    def next_deadline_ms(self) -> int | None:
        due_ms = self._ground.next_deadline_ms()
        return self._due_ms if due_ms is None or (self._due_ms is not None and self._due_ms < due_ms) else due_ms

    def update(self, now_ms: int) -> Target | None:
        """New piece to fly, after a change of the fence or with an obstacle ahead."""
        if self._due_ms is None or now_ms < self._due_ms or self._leg is None:
            return self._ground.update(now_ms)
        self._due_ms = now_ms + _LOOK_MS
        if self._lost or self._fenced != self._fence:
            self._plan()
            return self._bent() or self._piece()
        return self._bent() or self._ground.update(now_ms)

    # --- Dijkstra -----------------------------------------------------------------------------------------------------
    @property
    def _fence(self) -> object:
        """Value that changes with the fence, or with OA_TYPE."""
        fence = self._around()[0]
        return fence.acting, fence.limits.revision, self.planning

    def _fences(self, types: FenceType) -> Barriers:
        fence = self._around()[0]
        return fence_barriers(self._facts, fence.acting & types, fence.zones)

    def _plan(self) -> None:
        """Plan the way round the present fences."""
        assert self._leg is not None
        self._fenced, self._way, self._lost = self._fence, [], False
        if not self.planning & Planning.DIJKSTRA:
            return
        fences = self._fences(FenceType.POLYGON)
        way = shortest_way(fences, self._position, self._leg.end[:2], self._facts.param("OA_MARGIN_MAX", 5.0))
        if way is not None:
            self._way = way[:-1]
            return
        self._lost = True
        if self._facts.now_ms - self._complained_ms >= _COMPLAIN_MS:
            self._complained_ms = self._facts.now_ms
            self._announcer.say(Severity.CRITICAL, "Dijkstra: could not find path")

    @property
    def _position(self) -> Place:
        return self._facts.vehicle.state.position[:2]

    def _piece(self, start: Ned | None = None) -> Target:
        """Next straight piece: to a corner, or the rest of the leg (from `start`, if it has just begun)."""
        assert self._leg is not None
        if self._lost:
            return self._ground.begin(Hold(yaw=Yaw(YawMode.KEEP)))
        if self._way:
            return self._towards(self._way[0], self._way[1] if len(self._way) > 1 else self._leg.end[:2])
        following = self._leg.next if self._leg.next is not None and self._passes(self._leg.next[:2]) else None
        return self._ground.begin(replace(self._leg, start=start, next=following))

    def _passes(self, following: Place) -> bool:
        """True if the vehicle need not stop at the end of the leg. As in ArduPilot, BendyRuler's copters always
        stop."""
        assert self._leg is not None
        if self.planning is Planning.BENDY_RULER:
            return not self._facts.vehicle_class.flies
        return is_free(self._fences(FenceType.POLYGON), self._leg.end[:2], following)

    def _towards(self, place: Place, onward: Place | None = None, up: float | None = None) -> Target:
        """Straight piece to a place beside the leg, `up` m higher, or at the height in proportion of the remaining
        way."""
        leg, down = self._leg, self._facts.vehicle.state.position[2]
        assert leg is not None
        distance_m = self._facts.metres_to(place)
        remaining_m = distance_m + hypot(leg.end[0] - place[0], leg.end[1] - place[1])
        share = distance_m / remaining_m if remaining_m > 0.0 else 1.0
        height = down + share * (leg.end[2] - down) if up is None else down - up
        over, over_now = leg.over_ground if up is None else None, self._facts.height_over_ground
        aside = replace(
            leg,
            end=(*place, height),
            start=None,
            next=None if onward is None else (*onward, height),
            radius=min(leg.radius, 0.5 * self._facts.param("OA_MARGIN_MAX", 5.0)),
            spline=False,
            over_ground=None if over is None or over_now is None else over_now + share * (over - over_now),
            goal=leg.end,
        )
        return self._ground.begin(aside)

    # --- BendyRuler ---------------------------------------------------------------------------------------------------
    @property
    def _is_bent(self) -> bool:
        return self._bend is not None and self._bend.active

    def _bent(self) -> Target | None:
        """Piece to the side, or the way on when it is free again; None: no change."""
        assert self._leg is not None
        if self._lost or not self.planning & Planning.BENDY_RULER:
            return None
        goal = self._way[0] if self._way else self._leg.end[:2]
        was_bent = self._is_bent
        if self._facts.metres_to(goal) < _SHORT_M:
            self._bend = None
        else:
            barriers, settings = self._barriers(), self._settings
            if self._facts.param("OA_BR_TYPE") == _UPRIGHT:
                self._bend = bend_upright(barriers, self._position, goal, settings, self._bend)
            else:
                self._bend = bend(barriers, self._position, goal, self._course, settings, self._bend)
        if self._bend is not None and self._bend.active:
            return self._towards(self._bend.place, up=self._bend.up)
        if not was_bent:
            return None
        self._plan()
        return self._piece()

    def _barriers(self) -> Barriers:
        """Barriers for BendyRuler. With both planners, fences count only while it turns aside."""
        fenced = self.planning is Planning.BENDY_RULER or self._is_bent
        fences = self._fences(FenceType.CIRCLE | FenceType.POLYGON) if fenced else Barriers()
        objects = self._around()[1].objects.around(self._facts.vehicle.state.position[2], self._facts.now_ms)
        return replace(fences, objects=objects, closed=False, ceiling=self._ceiling)

    @property
    def _ceiling(self) -> float:
        """Distance to the fence's greatest height, m. Only OA_BR_TYPE 2 climbs towards it."""
        param, fence = self._facts.param, self._around()[0]
        limited = param("OA_BR_TYPE") == _UPRIGHT and fence.acting & FenceType.MAX_ALT
        return param("FENCE_ALT_MAX", 100.0) - param("FENCE_MARGIN", 2.0) - self._facts.height if limited else inf

    @property
    def _course(self) -> float:
        vn, ve, _ = self._facts.vehicle.state.velocity
        return atan2(ve, vn) if hypot(vn, ve) >= _SLOW_MPS else self._facts.vehicle.state.yaw

    @property
    def _settings(self) -> BendSettings:
        param = self._facts.param
        return BendSettings(
            param("OA_MARGIN_MAX", 5.0),
            param("OA_BR_LOOKAHEAD", 15.0),
            param("OA_BR_CONT_RATIO", 1.5),
            radians(param("OA_BR_CONT_ANGLE", 75.0)),
        )
