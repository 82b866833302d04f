"""Ways round fences and obstacles (OA_TYPE): BendyRuler and Dijkstra, as pure functions.

BendyRuler tries directions in steps of 5 degrees, alternating to both sides of the destination. It takes the first with
more free distance than OA_MARGIN_MAX over OA_BR_LOOKAHEAD from whose end a way leads on (straight to the destination or
45 degrees off). A direction that turns far and has hardly more room than the last one does not replace it
(OA_BR_CONT_RATIO, _ANGLE). With OA_BR_TYPE 2 it tries ahead, up, down and back instead. Dijkstra's way is the shortest
along corners of fences that are moved by OA_MARGIN_MAX to the allowed side (a visibility graph; Dijkstra 1959,
Lozano-Perez and Wesley 1979). Sources: ArduPilot AC_Avoidance/AP_OABendyRuler.cpp (search_xy_path,
resist_bearing_change, search_vertical_path), AP_OADijkstra.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush
from math import inf, pi, radians, sqrt
from typing import Final

from autopilot.interface.angles import wrap_pi
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.records import dataclass
from autopilot.safety.room import Barriers, Disc, Enclosure, Place

_STEP: Final = radians(5.0)
_MOST_STEPS: Final = 34  # 170 degrees to either side
_PAST_M: Final = 2.0
_UPRIGHT: Final = ((1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (-1.0, 0.0))
"""Directions of OA_BR_TYPE 2 in the order of trial: ahead and up."""
_ONWARD: Final = (0.0, radians(45.0), radians(-45.0))
_DISC_CORNERS: Final = 8
_SLACK_M: Final = 0.05
_FARTHEST: Final = 3.0  # margins between a corner and where it is moved to
_SHARES: Final = (1.0, 0.5, 0.25, 0.125)
"""Shares of OA_MARGIN_MAX in the order of trial by Dijkstra."""


@dataclass(frozen=True, slots=True)
class BendSettings:
    """OA_MARGIN_MAX m, OA_BR_LOOKAHEAD m, OA_BR_CONT_RATIO, OA_BR_CONT_ANGLE rad."""

    margin: float
    lookahead: float
    ratio: float
    angle: float


@dataclass(frozen=True, slots=True)
class Bend:
    """A decision of BendyRuler: fly to `place`. Not `active`: the straight way is free. `bearing`, rad, `lookahead`, m,
    and `turned_back` (it has turned far on this leg) are for the next decision. `up`: height above the leg, m; None: on
    the leg."""

    place: Place
    active: bool
    bearing: float
    lookahead: float
    turned_back: bool = False
    up: float | None = None


def _ahead(at: Place, bearing: float, metres: float) -> Place:
    return at[0] + metres * cos(bearing), at[1] + metres * sin(bearing)


def _bearing(begin: Place, end: Place) -> float:
    return atan2(end[1] - begin[1], end[0] - begin[0])


def bend(
    barriers: Barriers, here: Place, goal: Place, course: float, settings: BendSettings, before: Bend | None
) -> Bend:
    """Next place on a way from `here` to `goal`, while flying along `course` (rad). `before`: the last decision on a
    way to this goal."""
    straight, to_go = _bearing(here, goal), hypot(goal[0] - here[0], goal[1] - here[1])
    longest = max(settings.lookahead, 1.0)
    lookahead = 0.5 * longest if before is None else before.lookahead
    turned_back = before is not None and before.turned_back
    first = min(lookahead, to_go + _PAST_M)
    free: tuple[float, float] | None = None  # bearing and room of the first step, the one nearest to the course
    widest = (straight, -inf)
    for step in range(_MOST_STEPS + 1):
        for side in (-1.0, 1.0) if step else (1.0,):
            bearing = wrap_pi(straight + side * step * _STEP)
            end = _ahead(here, bearing, first)
            room = barriers.room(here, end)
            if room > widest[1]:
                widest = (bearing, room)
            if room <= settings.margin:
                continue
            if free is None or abs(wrap_pi(course - bearing)) < abs(wrap_pi(course - free[0])):
                free = (bearing, room)
            onward = _onward(barriers, end, goal, lookahead, settings.margin)
            if onward is not None:
                active = step != 0 or onward != 0.0
                far = active and _turns_far(bearing, settings, before)
                keeps = far and _is_kept(barriers, here, room, first, settings, before)
                chosen = before.bearing if keeps and before is not None else bearing
                place, lookahead = _ahead(here, chosen, min(to_go, first)), min(longest, 1.1 * lookahead)
                return Bend(place, active, chosen, lookahead, turned_back or (far and not keeps))
    bearing, room = free or widest
    grown = lookahead * (1.05 if free is not None else 0.9)
    place = _ahead(here, bearing, max(first + min(room, 0.0), 0.0))
    return Bend(place, True, bearing, min(max(grown, 0.5 * longest), longest), turned_back)


def _onward(barriers: Barriers, begin: Place, goal: Place, lookahead: float, margin: float) -> float | None:
    """Angle off the goal, rad, at which a second step is free; None: at none."""
    metres = min(max(lookahead, _PAST_M), hypot(goal[0] - begin[0], goal[1] - begin[1]))
    towards = _bearing(begin, goal)
    return next((off for off in _ONWARD if barriers.room(begin, _ahead(begin, towards + off, metres)) > margin), None)


def _turns_far(bearing: float, settings: BendSettings, before: Bend | None) -> bool:
    """True for a bearing that turns far from the last one."""
    return before is not None and before.active and abs(wrap_pi(before.bearing - bearing)) > settings.angle


def _is_kept(
    barriers: Barriers, here: Place, room: float, first: float, settings: BendSettings, before: Bend | None
) -> bool:
    """True to keep the last bearing instead of one that turns far: the new one has hardly more room. After one such
    turn the last bearing is kept while it is free, so that the vehicle does not go to and fro before an obstacle."""
    if before is None or settings.ratio <= 0.0:
        return False
    onward = barriers.room(here, _ahead(here, before.bearing, first))
    return room < settings.ratio * onward or (before.turned_back and onward > settings.margin)


def bend_upright(barriers: Barriers, here: Place, goal: Place, settings: BendSettings, before: Bend | None) -> Bend:
    """Decision to fly over or under an obstacle (OA_BR_TYPE 2): the first of ahead, up, down and back that is free and
    from whose end another is free. Ahead it stays active while an object is near above or below."""
    straight, to_go = _bearing(here, goal), hypot(goal[0] - here[0], goal[1] - here[1])
    longest, margin = max(settings.lookahead, 1.0), settings.margin
    lookahead = 0.5 * longest if before is None else before.lookahead
    first = min(lookahead, to_go + _PAST_M)
    free: tuple[float, float] | None = None
    widest, most = _UPRIGHT[0], -inf
    for way in _UPRIGHT:
        middle, up = _ahead(here, straight, way[0] * first), way[1] * first
        room = barriers.room(here, middle, min(up, 0.0), max(up, 0.0))
        if room > most:
            widest, most = way, room
        if room <= margin:
            continue
        free = free or way
        towards = straight if way[1] else _bearing(middle, goal)
        metres = min(max(lookahead, _PAST_M), hypot(goal[0] - middle[0], goal[1] - middle[1], up))
        for onward in _UPRIGHT:
            end, rise = _ahead(middle, towards, onward[0] * metres), onward[1] * metres
            if barriers.room(middle, end, up + min(rise, 0.0), up + max(rise, 0.0)) > margin:
                objects = Barriers(objects=barriers.objects)
                beside = min(objects.room(middle, middle, -margin, 0.0), objects.room(middle, middle, 0.0, margin))
                active = way != _UPRIGHT[0] or onward != _UPRIGHT[0] or beside < margin
                return _upright(here, straight, to_go, way, active, min(longest, 1.1 * lookahead))
    grown = lookahead * (1.05 if free is not None else 0.9)
    return _upright(here, straight, to_go, free or widest, True, min(max(grown, 0.5 * longest), longest))


def _upright(
    here: Place, straight: float, to_go: float, way: tuple[float, float], active: bool, lookahead: float
) -> Bend:
    return Bend(_ahead(here, straight, way[0] * to_go), active, straight, lookahead, up=way[1] * to_go)


# --- Dijkstra ---------------------------------------------------------------------------------------------------------
def shortest_way(barriers: Barriers, here: Place, goal: Place, margin: float) -> list[Place] | None:
    """Places on the shortest way from `here` to `goal` that keeps `margin` m from all areas and discs, or else a share
    of it; otherwise one that only avoids them; None: there is none. The goal is the last."""
    if not (is_free(barriers, here, here) and is_free(barriers, goal, goal)):
        return None
    trials = [(share * margin, True) for share in _SHARES] + [(margin, False), (_SHARES[-1] * margin, False)]
    ways = (_way(barriers, here, goal, metres, keeps) for metres, keeps in trials)
    return next((way for way in ways if way is not None), None)


def _way(barriers: Barriers, here: Place, goal: Place, margin: float, keeps: bool) -> list[Place] | None:
    """Shortest way along corners that are moved by `margin`, m; it `keeps` the margin, except at its ends."""
    fences = replace(barriers, margin=0.0)
    nodes = [here, goal, *(node for node in _corners(barriers, margin) if is_free(barriers, node, node))]
    rooms = [min(margin, fences.room(node, node)) - _SLACK_M for node in nodes[:2]] + [margin - _SLACK_M] * len(nodes)

    def leads(k: int, j: int) -> bool:
        clear = not keeps or fences.room(nodes[k], nodes[j]) >= min(rooms[k], rooms[j])
        return clear and is_free(barriers, nodes[k], nodes[j])

    return _shortest(nodes, leads)


def _shortest(nodes: list[Place], leads: Callable[[int, int], bool]) -> list[Place] | None:
    """Shortest way from the first node to the second, without the first. `leads(k, j)`: True for a free straight way.
    Nodes that are nearest by way and then straight come first (A*; Hart, Nilsson and Raphael 1968)."""
    (goal_n, goal_e), best = nodes[1], [inf] * len(nodes)
    previous = [-1] * len(nodes)
    best[0] = 0.0
    queue: list[tuple[float, int]] = [(0.0, 0)]
    done: set[int] = set()
    while queue:
        k = heappop(queue)[1]
        if k == 1:
            break
        if k in done:
            continue
        done.add(k)
        for j, node in enumerate(nodes):
            length = best[k] + hypot(node[0] - nodes[k][0], node[1] - nodes[k][1])
            if j not in done and length < best[j] and leads(k, j):
                best[j], previous[j] = length, k
                heappush(queue, (length + hypot(goal_n - node[0], goal_e - node[1]), j))
    if best[1] == inf:
        return None
    way, k = [], 1
    while k != 0:
        way.append(nodes[k])
        k = previous[k]
    return way[::-1]


def is_free(barriers: Barriers, begin: Place, end: Place) -> bool:
    """True for a way that crosses no edge and enters no disc."""
    middle = (0.5 * (begin[0] + end[0]), 0.5 * (begin[1] + end[1]))
    return all(area.crossing(begin, end) == inf and area.holds(middle) for area in barriers.areas) and all(
        disc.room(begin, end) >= -_SLACK_M for disc in barriers.discs
    )


def _corners(barriers: Barriers, margin: float) -> list[Place]:
    """Possible turning points of a way: corners of areas, moved to the allowed side by the margin, and of a polygon
    about each excluded disc."""
    moved = [place for area in barriers.areas for place in _moved(area, margin)]
    return moved + [place for disc in barriers.discs if not disc.inside for place in _about(disc, margin)]


def _about(disc: Disc, margin: float) -> list[Place]:
    reach = (disc.radius + margin) / cos(pi / _DISC_CORNERS)
    return [_ahead(disc.middle, 2.0 * pi * k / _DISC_CORNERS, reach) for k in range(_DISC_CORNERS)]


def _moved(area: Enclosure, margin: float) -> list[Place]:
    """Corners of an area, each moved along its bisector to the allowed side, `margin` m from both edges; at a sharp
    corner less."""
    places = []
    count = len(area.corners)
    for k, (n, e) in enumerate(area.corners):
        turn = 0.0, 0.0
        for other in (area.corners[k - 1], area.corners[(k + 1) % count]):
            length = hypot(other[0] - n, other[1] - e) or 1.0
            turn = turn[0] + (other[0] - n) / length, turn[1] + (other[1] - e) / length
        size = hypot(*turn)
        if size < 1e-9:
            continue
        across = max(sqrt(max(1.0 - 0.25 * size * size, 0.0)), 1.0 / _FARTHEST)  # sine of half the angle
        for sign in (-1.0, 1.0):
            reach = sign * margin / (across * size)
            place = n + reach * turn[0], e + reach * turn[1]
            if area.holds(place):
                places.append(place)
    return places
