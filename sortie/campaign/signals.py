"""What judges see of a flight: its signals, sampled evenly, of the simulator's truth where it has one."""

from __future__ import annotations

from math import radians
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autopilot import report as R
from autopilot.events import FenceChanged
from autopilot.geo import GeoPoint, to_local
from autopilot.mission.commands import has_position
from autopilot.mission.events import MissionComplete
from autopilot.mission.items import MissionItem
from sortie.api.session import Session

STEP_MS: Final = 200
"""Of vehicle time from sample to sample."""
MEANINGS: Final = {
    "time": "s since boot",
    "height": "m above where it was switched on",
    "north": "m from there",
    "east": "m from there",
    "home_distance": "m from there, horizontal",
    "plan_distance": "m to the nearest leg of the plan, horizontal",
    "speed": "m/s over ground",
    "climb": "m/s, upward",
    "tilt": "degrees off the vertical",
    "wind": "m/s, where the vehicle is",
    "estimate_error": "m between truth and estimate, horizontal",
    "battery": "share that is left, 0 to 1",
    "armed": "0 or 1",
    "landed": "0 or 1",
    "item": "number of the mission item that is flown",
    "complete": "0, and 1 once the mission is complete",
    "breached": "1 while a fence is breached, else 0",
    "touchdown": "m/s downward at the last contact with the ground",
}
"""Of each signal that is a number."""
NUMBERS: Final = frozenset(MEANINGS)
TEXTS: Final = frozenset({"mode"})
Array = NDArray[np.generic]


class Recorder:
    """Takes samples of a session's vehicle; `signals` makes arrays of them."""

    def __init__(self, session: Session, items: tuple[MissionItem, ...]) -> None:
        self._session = session
        self._legs = _legs(session.stood[0], items)
        self._reports: list[NDArray[np.float64]] = []
        self._others: list[tuple[float, int, float, float]] = []
        self._modes: list[str] = []
        self._seen = 0
        self._complete = self._breached = 0.0

    def sample(self) -> None:
        """Take one now."""
        session = self._session
        for entry in session.events[self._seen :]:
            if isinstance(entry.event, MissionComplete):
                self._complete = 1.0
            elif isinstance(entry.event, FenceChanged):
                self._breached = float(entry.event.breach_types != 0)
        self._seen = len(session.events)
        autopilot = session.autopilot
        self._reports.append(autopilot.vehicle.state.report.copy())
        item = autopilot.sequencer.current_nav_index()
        self._others.append((session.time_s, item, self._complete, self._breached))
        self._modes.append(autopilot.modes.spec.name)

    def signals(self) -> dict[str, Array]:
        """All of `NUMBERS` and `TEXTS`, in the order of `MEANINGS`."""
        r = np.array(self._reports, np.float64)
        time, item, complete, breached = np.array(self._others, np.float64).T
        north, east = r[:, R.TRUE_N], r[:, R.TRUE_E]
        upright = np.cos(r[:, R.TRUE_ROLL]) * np.cos(r[:, R.TRUE_PITCH])
        return {
            "time": time,
            "height": -r[:, R.TRUE_D],
            "north": north,
            "east": east,
            "home_distance": np.hypot(north, east),
            "plan_distance": distance_to_legs(north, east, self._legs),
            "speed": np.hypot(r[:, R.TRUE_VN], r[:, R.TRUE_VE]),
            "climb": -r[:, R.TRUE_VD],
            "tilt": np.degrees(np.arccos(np.clip(upright, -1.0, 1.0))),
            "wind": np.hypot(r[:, R.TRUE_WIND_N], r[:, R.TRUE_WIND_E]),
            "estimate_error": self._estimate_error(r),
            "battery": r[:, R.BATT_FRACTION],
            "armed": r[:, R.ARMED],
            "landed": (r[:, R.LANDED_STATE] == 1.0).astype(np.float64),
            "item": item,
            "complete": complete,
            "breached": breached,
            "touchdown": np.nan_to_num(r[:, R.TOUCHDOWN_SPEED]),
            "mode": np.array(self._modes),
        }

    @staticmethod
    def _estimate_error(r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Degrees of truth and estimate are compared: both have one origin whatever home is. 0 without a position."""
        metres = 6_371_000.0 * radians(1.0)
        north = (r[:, R.LAT] - r[:, R.TRUE_LAT]) * metres
        east = (r[:, R.LON] - r[:, R.TRUE_LON]) * metres * np.cos(np.radians(r[:, R.TRUE_LAT]))
        known = (r[:, R.LAT] != 0.0) | (r[:, R.LON] != 0.0)
        return np.where(known, np.hypot(north, east), 0.0)


def _legs(home: GeoPoint, items: tuple[MissionItem, ...]) -> NDArray[np.float64]:
    """Home and the places of the plan: m north and east of home."""
    places = [(0.0, 0.0)]
    for item in items:
        if has_position(item.command) and (item.x, item.y) != (0.0, 0.0):
            north, east, _ = to_local(home, item.x, item.y, home.alt)
            places.append((north, east))
    return np.array(places)


def distance_to_legs(
    north: NDArray[np.float64], east: NDArray[np.float64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """m from each point to the nearest leg of the closed way through the places: the last leads back to the first, as
    a return to launch flies it."""
    best = np.full(north.size, np.inf)
    for (n0, e0), (n1, e1) in zip(places, np.roll(places, -1, axis=0), strict=True):
        dn, de = n1 - n0, e1 - e0
        squared = dn * dn + de * de
        share = np.clip(((north - n0) * dn + (east - e0) * de) / squared, 0.0, 1.0) if squared > 0.0 else 0.0
        best = np.minimum(best, np.hypot(north - n0 - share * dn, east - e0 - share * de))
    return best
