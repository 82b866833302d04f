"""Returns from many places at once: where they lead, and how high; and the landing after a mission."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians

import numpy as np

from autopilot.control import arrays
from autopilot.interface.footprint import Numbers
from autopilot.interface.geo import to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.modes.returning import height_home, highest_return
from autopilot.modes.wing_modes import approach
from autopilot.rehearsal.field import FlyingField, PlannedLeg
from autopilot.safety.fence_limits import FenceType


def goals(rally: Sequence[MissionItem], field_: FlyingField, begin: Numbers) -> Numbers:
    """Destination of RTL from each place, (n, 3): the nearest valid rally point, or home."""
    home = np.zeros_like(begin)
    if not rally:
        return home
    places = np.array([field_.place(item, (0.0, 0.0, 0.0)) for item in rally])
    distance_m = arrays.hypot(begin[:, None, 0] - places[None, :, 0], begin[:, None, 1] - places[None, :, 1])
    nearest, least = np.argmin(distance_m, axis=1), np.min(distance_m, axis=1)
    limit = field_.param("RALLY_LIMIT_KM") * 1000.0
    counts = (least <= limit) if limit > 0.0 else np.full(len(begin), True)
    if field_.param("RALLY_INCL_HOME"):
        counts &= least <= arrays.hypot(begin[:, 0], begin[:, 1])
    return np.where(counts[:, None], places[nearest], home)


def last_items(field_: FlyingField, legs: Sequence[PlannedLeg]) -> list[MissionItem]:
    """Items like the landing with which the flight manager ends a mission in the air: LAND, QLAND, or AUTOLAND, which
    circles beside the approach to home in the direction of the takeoff (`autopilot.modes.wing_modes`)."""
    seq = legs[-1].item.seq
    if field_.kind.lands_anywhere or not field_.kind.has_stall_speed:
        return [MissionItem(Cmd.NAV_VTOL_LAND if field_.kind.lands_anywhere else Cmd.NAV_LAND, seq=seq)]
    home, course = field_.home, radians(field_.heading_deg + field_.param("AUTOLAND_DIR_OFF"))
    usual = abs(field_.measure(field_.kind.measures.circle_radius))
    _, circle = approach(field_.param, (0.0, 0.0, 0.0), course, legs[-1].end, usual)
    center, radius = to_global(home, circle.center), circle.direction * circle.radius
    up = center.alt - home.alt
    return [
        MissionItem(Cmd.NAV_LOITER_TO_ALT, seq=seq, param2=radius, x=center.lat, y=center.lon, z=up),
        MissionItem(Cmd.NAV_LAND, seq=seq, x=home.lat, y=home.lon),
    ]


def home_up(field_: FlyingField, begin: Numbers, goal: Numbers) -> Numbers:
    """Height above home of a rotorcraft's returns from many places."""
    distance_m = arrays.hypot(begin[:, 0] - goal[:, 0], begin[:, 1] - goal[:, 1])
    return height_home(field_.param, distance_m, begin[:, 2], goal[:, 2], highest_up(field_))


def highest_up(field_: FlyingField) -> float:
    """Limit of the heights of a rotorcraft's returns, m above home: the fence's, if it acts."""
    fenced = field_.fenced and bool(int(field_.param("FENCE_TYPE")) & FenceType.MAX_ALT)
    return highest_return(field_.param, fenced=fenced)


def wings_home_up(field_: FlyingField, begin: Numbers, goal: Numbers) -> Numbers:
    """Height above home of returns of wings: RTL_ALTITUDE, the present height, or that of the rally point."""
    height = field_.param("RTL_ALTITUDE", 100.0)
    up: Numbers = np.where((goal == 0.0).all(axis=1), begin[:, 2] if height < 0.0 else height, goal[:, 2])
    return up
