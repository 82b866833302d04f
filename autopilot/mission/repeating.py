"""DO_SET_RESUME_REPEAT_DIST: a mission that was left goes on a distance back along its way: a survey gets no gap.

Only places that began after the command count. A mission that goes on before the second of them forgets the distance,
as ArduPilot's (AP_Mission.cpp, resume, calc_rewind_pos). Jumps on the way back do not count (get_next_cmd).
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import pairwise
from typing import Final

from autopilot.interface.geo import GeoPoint, distance, wrap_longitude
from autopilot.mission.items import MissionItem, positive
from autopilot.mission.storage import MissionStorage, same_item

_MOST_PLACES: Final = 7  # AP_Mission.h, AP_MISSION_MAX_WP_HISTORY


def repeat_distance(item: MissionItem) -> float:
    """Distance of a DO_SET_RESUME_REPEAT_DIST: whole metres, param1."""
    return float(int(positive(item.param1)))


class Repeating:
    """The distance to repeat, m, 0: none; the places flown to, and the way back over them. `left`: where the mission
    was left, None: nowhere known."""

    def __init__(self) -> None:
        self.distance_m = 0.0
        self.left: GeoPoint | None = None
        self._places: deque[MissionItem] = deque(maxlen=_MOST_PLACES)
        self._back: MissionItem | None = None  # beginning of the way back, while it is under way
        self._starts_back = False

    def forget(self) -> None:
        """Forget the distance and the places, when another item becomes current."""
        self.distance_m = 0.0
        self._places.clear()
        self._back = None

    def mission_changed(self, old: MissionStorage, new: MissionStorage, index: int) -> None:
        """Forget the distance and the places of a mission that differs from `new` up to item `index` or the last
        place."""
        last = max((index, *(place.seq for place in self._places)))
        if not all(same_item(old.get(seq), new.get(seq)) for seq in range(last + 1)):
            self.forget()

    def way_back(self) -> MissionItem | None:
        """The item to go on with: a passed place, moved along the way from it; None: the current item."""
        if self.distance_m > 0.0 and len(self._places) > 1:
            self._back = self._back or self._go_back()
        self._starts_back = self._back is not None
        return self._back

    def begin(self, item: MissionItem) -> MissionItem:
        """Take note of NAV item `item`, which begins. Return the item to fly for it."""
        if self._starts_back and self._back is not None:
            self._starts_back = False
            return self._back
        again = bool(self._places) and self._places[-1].seq == item.seq
        if self.distance_m > 0.0 and self._back is None and item.is_somewhere and not again:
            self._places.append(item)
        return item

    def returned(self, item: MissionItem) -> bool:
        """True if `item`, which began, is the one that was left: the way back ends."""
        returned = self._back is not None and item is not self._back and item.seq == self._places[-1].seq
        if returned:
            self._back = None
        return returned

    @property
    def under_way(self) -> bool:
        """True on the way back."""
        return self._back is not None

    def _go_back(self) -> MissionItem | None:
        """The place `distance_m` back from where the mission was left, or the first of the places; None without a place
        where it was left."""
        if self.left is None:
            return None
        ahead, *passed = reversed(self._places)
        left_m, last = self.distance_m, self.left
        for onward, place in pairwise((ahead, *passed)):
            left_m -= distance(last, _place(place))
            if left_m <= 0.0:
                return _along(place, onward, -left_m)
            last = _place(place)
        return passed[-1]


def _place(item: MissionItem) -> GeoPoint:
    return GeoPoint(item.x, item.y)


def _along(item: MissionItem, onward: MissionItem, metres: float) -> MissionItem:
    """`item`, moved by `metres` towards `onward`, and to a height between theirs if both have one."""
    leg_m = distance(_place(item), _place(onward))
    share = min(1.0, metres / leg_m) if leg_m > 0.0 else 0.0
    x = item.x + share * (onward.x - item.x)
    y = wrap_longitude(item.y + share * wrap_longitude(onward.y - item.y))
    alike = item.frame == onward.frame and item.z != 0.0 and onward.z != 0.0
    return replace(item, x=x, y=y, z=item.z + share * (onward.z - item.z) if alike else item.z)
