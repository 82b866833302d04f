"""Heading in autonomous modes: WP_YAW_BEHAVIOR, region of interest, CONDITION_YAW, and the yaw of a PX4's items.

Source: docs/reference/mission-semantics.md, 1.4, 5, item 18; priorities are those of ArduPilot ArduCopter/autoyaw.cpp,
mode_guided.cpp. A region of interest stays until it is ended, GUIDED gets another target, or a takeoff, a return or the
descent of a landing begins. A fixed heading stays until the next leg (with WP_YAW_BEHAVIOR 0 for ever).
"""

from __future__ import annotations

from math import isfinite, pi, radians
from typing import Final

from autopilot.context.vehicle_context import Helm, VehicleFacts
from autopilot.control.heading import REACHED
from autopilot.interface.geo import Ned
from autopilot.interface.targets import Yaw, YawMode
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem

KEEP = Yaw(YawMode.KEEP)
ALONG = Yaw(YawMode.ALONG)
_MOST_DEG: Final = 36_000.0  # of a turn; an item may have any number
_WITH_YAW: Final = frozenset((
    Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_UNLIM, Cmd.NAV_LOITER_TIME, Cmd.NAV_LAND, Cmd.NAV_VTOL_LAND,
))  # fmt: skip
"""Items whose param4 is a yaw for a PX4 (mavlink_mission.cpp, parse_mavlink_mission_item); not flown in a takeoff."""


class Heading:
    """The yaw demand of autonomous modes."""

    def __init__(self, facts: VehicleFacts, helm: Helm) -> None:
        self._facts = facts
        self._helm = helm
        self.interest: Ned | None = None
        self._fixed: Yaw | None = None
        self._of_item: Yaw | None = None

    def reset(self) -> None:
        """End a region of interest and a fixed heading, after a change of mode."""
        self.interest = None
        self._fixed = self._of_item = None

    def begin_item(self, item: MissionItem) -> None:
        """Take the yaw of a NAV item that begins, deg from north, if the firmware turns to it (FlightTaskAuto.cpp)."""
        turns = self._facts.personality.turns_to_items and self._facts.vehicle_class.turns_nose
        has_yaw = turns and item.command in _WITH_YAW and isfinite(item.param4)
        self._of_item = Yaw(YawMode.ANGLE, angle=radians(item.param4)) if has_yaw else None

    def for_leg(self, *, returning: bool = False) -> Yaw:
        """Yaw demand for a new leg; `returning`: the leg brings the vehicle home."""
        behaviour = int(self._facts.param("WP_YAW_BEHAVIOR", 2.0))
        if self.interest is not None:
            return Yaw(YawMode.POINT, point=self.interest)
        if self._of_item is not None:
            return self._of_item
        if self._fixed is not None and behaviour == 0:
            return self._fixed
        self._fixed = None
        if behaviour == 0 or (returning and behaviour == 2):
            return KEEP
        return ALONG

    def for_target(self) -> Yaw:
        """Yaw demand for a GUIDED target without a heading; it ends a region of interest."""
        self.interest = None
        return self.for_leg()

    @property
    def turned(self) -> Yaw | None:
        """Demand of a region of interest or a fixed heading, which a pause does not end; None: there is none."""
        return self._fixed if self.interest is None else Yaw(YawMode.POINT, point=self.interest)

    def for_hold(self) -> Yaw:
        """Yaw demand while the vehicle stays in place."""
        return self.turned or self._of_item or KEEP

    def for_circle(self, center: Ned) -> Yaw:
        """Yaw demand on a circle: the nose points to its centre, which ends a fixed heading."""
        self._fixed = None
        return Yaw(YawMode.POINT, point=self.interest or center)

    def fix(self, yaw: Yaw) -> None:
        """Turn now, and keep that heading until the next leg."""
        self.take(yaw)
        self._helm.set_yaw(yaw)

    def take(self, yaw: Yaw) -> None:
        """Keep the heading to which a target turns. A rate ends with the target."""
        self.interest = self._of_item = None
        self._fixed = yaw.again if yaw.mode is YawMode.ANGLE else None

    def turn_by(self, angle: float) -> None:
        """Turn by `angle` rad from the fixed heading, or from the present one."""
        begun = self._facts.vehicle.state.yaw if self._fixed is None else self._fixed.angle
        self.fix(Yaw(YawMode.ANGLE, angle=begun + angle))

    def look_at(self, point: Ned | None) -> None:
        """Begin (or with None end) a region of interest, NED m."""
        self.interest = point
        self._fixed = None
        yaw = Yaw(YawMode.POINT, point=point) if point is not None else self.for_leg()
        self._helm.set_yaw(yaw)


def condition_yaw(angle_deg: float, rate_deg_s: float, direction: int, relative: bool, heading: float) -> Yaw:
    """Yaw demand of CONDITION_YAW: `angle_deg` from north in `direction` (0: the shortest), or if `relative` from the
    present `heading` (rad), clockwise unless `direction` is below 0, with its whole turns (AutoYaw::set_fixed_yaw).
    `rate_deg_s` 0 or less = the vehicle's default."""
    rate = radians(max(rate_deg_s, 0.0))
    if not relative:
        return Yaw(YawMode.ANGLE, angle=radians(angle_deg % 360.0), rate=rate, turn=direction * (pi - REACHED))
    turn = radians(min(max(angle_deg, -_MOST_DEG), _MOST_DEG)) * (-1.0 if direction < 0 else 1.0)
    return Yaw(YawMode.ANGLE, angle=heading + turn, rate=rate, turn=turn)
