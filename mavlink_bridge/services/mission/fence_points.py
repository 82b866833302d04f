"""Fence points: the older protocol for fences, FENCE_POINT and FENCE_FETCH_POINT.

FENCE_TOTAL is the number of points: a return point, the corners of one inclusion polygon, and the first corner again,
which closes it. Each point is requested and sent alone, without acknowledgement. A polygon becomes the fence when it is
closed and all corners have come, in any order; until then the old fence stays (ArduPilot's grows corner by corner). A
fence with other zones cannot be read, and the first new point replaces it. Boards lack the protocol since ArduPilot
4.7; its simulator has it. Source: ArduPilot AC_PolyFence_loader.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.earth import on_earth
from autopilot.mav import Cmd, Frame, MissionType, Severity
from autopilot.mission.fence import middle
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer
from mavlink_bridge.services.mission.texts import Outbox
from mavlink_bridge.wire.codec import dialect

_FEWEST: Final = 5
_MOST: Final = 255
_CORNER, _RETURN = Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Cmd.NAV_FENCE_RETURN_POINT
_NOWHERE: Final = (0.0, 0.0)
Place = tuple[float, float]


class FencePointService:
    """Service of fence points for the fence of `parts`. `_corners`: known corners by index, and the closing point under
    its index."""

    clock: Clock = "link"
    handles = frozenset({"FENCE_POINT", "FENCE_FETCH_POINT"})

    def __init__(self, parts: VehicleParts) -> None:
        self._parts = parts
        self._out = Outbox()
        self._loaded: tuple[int, Sequence[MissionItem]] = (0, ())
        self._corners: dict[int, Place] = {}
        self._closed = False

    def take_outgoing(self) -> list[Outgoing]:
        return self._out.take()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Take or send a point; an error is reported with ArduPilot's text."""
        total = int(self._parts.facts.param("FENCE_TOTAL"))
        writes = message.get_type() == "FENCE_POINT"
        complaint = self._complaint(message, total, writes)
        if complaint:
            self._out.text(Severity.WARNING, complaint, peer)
            return
        self._look(total)
        if writes:
            self._take(message.idx, (message.lat, message.lng), total)
        else:
            lat, lng = self._place(message.idx, total, peer)
            point = dialect.MAVLink_fence_point_message(peer.system, peer.component, message.idx, total, lat, lng)
            self._out.send(point, peer)

    def _complaint(self, message: Message, total: int, writes: bool) -> str:
        if not writes and not self._is_simple():
            return "Vehicle contains advanced fences"
        if 0 < total < _FEWEST or total > _MOST:
            return "Invalid FENCE_TOTAL"
        if writes and message.count != total:
            return f"Invalid fence point, bad count ({message.count} vs {total})"
        if message.idx >= total:
            return f"Invalid fence point, index past total ({message.idx} >= {total})"
        return "Invalid fence point, bad lat or lng" if writes and (not on_earth(message.lat, message.lng)) else ""

    # --- the fence that is stored -----------------------------------------------------------------------------
    def _is_simple(self) -> bool:
        """True for a fence of at most a return point and one inclusion polygon."""
        items = self._parts.plans.fence.items()
        corners = [item for item in items if item.command == _CORNER]
        return len(items) - len(corners) == sum(item.command == _RETURN for item in items) <= 1 and (
            not corners or int(corners[0].param1) == len(corners)
        )

    def _look(self, total: int) -> None:
        """Load the stored corners if FENCE_TOTAL changed or another protocol wrote the fence."""
        items = self._parts.plans.fence.items()
        if self._loaded[0] == total and self._loaded[1] is items:
            return
        self._loaded, self._closed = (total, items), False
        corners = [(item.x, item.y) for item in items if item.command == _CORNER] if self._is_simple() else []
        self._corners = dict(enumerate(corners[: total - 2], 1))

    def _return_point(self) -> Place | None:
        """Return point: the stored one, or the centre of the polygon."""
        places = [(item.x, item.y) for item in self._parts.plans.fence.items() if item.command == _RETURN]
        if places:
            return places[0]
        return middle(self._corners.values()) if len(self._corners) >= 3 else None

    def _place(self, index: int, total: int, peer: Peer) -> Place:
        """Place of a point; (0, 0) for an unknown one."""
        if index:
            return self._corners.get(1 if index == total - 1 else index, _NOWHERE)
        place = self._return_point()
        if place is None:
            self._out.text(Severity.WARNING, "Failed to get return point", peer)
        return place or _NOWHERE

    # --- a point comes ----------------------------------------------------------------------------------------
    def _take(self, index: int, place: Place, total: int) -> None:
        stored = self._parts.plans.fence.items() if self._is_simple() else ()
        returns = [item for item in stored if item.command == _RETURN]
        corners = [item for item in stored if item.command == _CORNER]
        if index == 0:
            returns = [MissionItem(_RETURN, Frame.GLOBAL, x=place[0], y=place[1])]
        elif index == total - 1:
            self._closed = True
        else:
            self._corners[index] = place
        count = total - 2
        if self._closed and len(self._corners) == count:
            places = [self._corners[seq] for seq in range(1, count + 1)]
            corners = [MissionItem(_CORNER, Frame.GLOBAL, float(count), x=lat, y=lon) for lat, lon in places]
        self._store((*returns, *corners), total)

    def _store(self, items: tuple[MissionItem, ...], total: int) -> None:
        plans = self._parts.plans
        if items and items != plans.fence.items():
            plans.keep(MissionType.FENCE, items)
            self._loaded = total, plans.fence.items()
