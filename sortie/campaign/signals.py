"""Signals of a flight for judges, evenly sampled. Those of the world are the simulator's truth; armed, item,
complete, breached, failsafe and mode are the vehicle's own state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from math import radians
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from autopilot.context.events import Event, FenceChanged, ModeChanged
from autopilot.control import arrays
from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.layout import GRAVITY
from autopilot.interface.reasons import BY_WISH, ModeReason
from autopilot.mav import VtolState
from autopilot.mission.events import MissionComplete
from autopilot.mission.fence import Fence, parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.rehearsal.room import inside
from mavlink_bridge.flight_controller.controller import FlightController
from sitl.vehicles.outside_faults import FirmwareFaults
from sitl.vehicles.simulated import SimulatedMachine
from sitl.world.sky import Aircraft
from sortie.api.watch import TimedEvent
from sortie.campaign import encounters
from sortie.nodes.vehicle import VehicleService

STEP_MS: Final = 200
"""Sampling interval, ms of vehicle time."""
UNITS: Final = {
    "time": "s",  # since boot
    "height": "m",  # above the place where it was switched on
    "north": "m",  # of that place
    "east": "m",
    "home_distance": "m",  # from that place, horizontal
    "plan_distance": "m",  # to the nearest leg of the plan, horizontal
    "fence_distance": "m",  # to the nearest edge of the plan's fence, horizontal, below 0 outside; 10,000 without one
    "others_distance": "m",  # to the nearest other vehicle of the fleet; 10,000 without one
    "speed": "m/s",  # over ground
    "climb": "m/s",  # upward
    "tilt": "deg",  # from the vertical
    "bank": "deg",  # positive with the right side down
    "load": "g",  # load factor, 1 in level flight, mean over 0.4 s
    "airspeed": "m/s",
    "stall_margin": "deg",  # of angle of attack before the stall; 90 while no wings carry
    "wind": "m/s",  # at the vehicle
    "estimate_error": "m",  # between truth and estimate, horizontal
    "battery": "of 1",  # remaining share of the true capacity, independent of BATT_CAPACITY; 1 until known
    "armed": "",  # 0 or 1
    "landed": "",  # 1 while it stands on the ground or floats, else 0
    "item": "",  # number of the current mission item
    "complete": "",  # 0, and 1 once the mission is complete
    "breached": "",  # 1 while the vehicle reports a fence breach, else 0
    "failsafe": "",  # 0, and 1 once a failsafe has changed the mode
    "touchdown": "m/s",  # downward at the last contact with the ground; in a crash, the whole speed
    **encounters.SIGNALS,
}
"""Units of the numeric signals."""
NUMBERS: Final = frozenset(UNITS)
TEXTS: Final = frozenset({"mode"})
COUNTS: Final = frozenset(name for name, unit in UNITS.items() if not unit)
"""Numeric signals that are counts or states, without distances."""
GROUNDED_S: Final = 1.0
"""A flight is over after this time on the ground and disarmed, s."""
_SAMPLES: Final = 512
"""Initial capacity in samples: about two minutes of a flight."""
NO_STALL_DEG: Final = 90.0
"""Margin to the stall of a vehicle without wings, degrees."""
_VELOCITY: Final = ((R.TRUE_VN, R.VN), (R.TRUE_VE, R.VE), (R.TRUE_VD, R.VD))
NOBODY_M: Final = 10_000.0
"""Distance to something that does not exist, m."""
FAILSAFES: Final = frozenset(ModeReason) - BY_WISH - {ModeReason.UNKNOWN, ModeReason.MISSION_END}
Array = NDArray[np.generic]


class RecordedVehicle(Protocol):
    """Vehicle that is recorded: of a session, or of a controller."""

    @property
    def service(self) -> VehicleService:
        """Vehicle with its services."""

    @property
    def stood(self) -> tuple[GeoPoint, float]:
        """Place where it was switched on, and heading in degrees."""

    @property
    def events(self) -> list[TimedEvent]:
        """Events so far, with times."""


class FlightSignals(Mapping[str, Array]):
    """Signals of a flight: `NUMBERS` and `TEXTS`, in the order of `UNITS`. Each is computed at its first use,
    because a judge needs few. A dictionary of them keeps nothing else of the flight."""

    def __init__(self, makers: Mapping[str, Callable[[], Array]]) -> None:
        self._makers = makers
        self._made: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def _named(make: Callable[[], Mapping[str, Array]], name: str) -> Array:
    return make()[name]


class TimeIsUp(Exception):
    """A client flies longer than the limit of its study."""


class Recorder:
    """Recorder of a vehicle, from its creation until the vehicle has been disarmed on the ground for `GROUNDED_S`.
    `signals` returns arrays. `limit_s`: TimeIsUp is raised after this vehicle time."""

    def __init__(self, session: RecordedVehicle, plan: Plan, limit_s: float | None = None) -> None:
        self._session = session
        self._plan = plan
        self._limit_ms = None if limit_s is None else round(limit_s * 1000.0)
        self._reports: NDArray[np.float64] = np.empty((_SAMPLES, R.SIZE))  # a row for each time, with spare rows
        self._times_ms: list[int] = []
        self._decided: list[tuple[int, float, float, float, str]] = []
        self._since: list[int] = []  # first sample of each
        self._passed, self._armed = True, False
        self._next_event = 0
        self._complete = self._breached = self._failsafe = 0.0
        self._next_ms = 0
        self._stands_since_ms: int | None = None
        self._flew = False
        self.over = False
        """True when the flight is over."""
        service = session.service
        self._autopilot, self._state = service.autopilot, service.autopilot.vehicle.state
        service.watchers.follow(self)
        service.watchers.sample_by(self)
        self.sample(service.now_ms)

    def next_sample_ms(self) -> int | None:
        """Return the time of the next sample, ms (`TimedSampler`)."""
        return None if self.over else self._next_ms

    def step(self, events: list[Event], now_ms: int) -> None:
        """Note a pass (`Follower`): decisions may have changed since the last sample."""
        self._passed = True

    def next_deadline_ms(self) -> int | None:
        """Return the time of the next pass, ms (`Follower`): the end of the flight, or the first sample that finds it
        disarmed."""
        since_ms = self._stands_since_ms
        if since_ms is not None:
            return None if self.over else since_ms + round(GROUNDED_S * 1000.0)
        return self._next_ms if self._flew and not self._autopilot.facts.armed else None

    def sample(self, now_ms: int) -> None:
        if now_ms < self._next_ms or self.over:
            return
        if self._limit_ms is not None and now_ms > self._limit_ms:
            raise TimeIsUp
        self.take(self._state.report[np.newaxis], now_ms)

    @property
    def every_ms(self) -> int:
        """Interval for reports, ms (`TimedSampler`); 0 with a limit, which must be checked at each sample."""
        return STEP_MS if self._limit_ms is None else 0

    def take(self, reports: NDArray[np.float64], first_ms: int) -> None:
        """Take reports (`TimedSampler`)."""
        have, count = len(self._times_ms), len(reports)
        if not count:
            return
        if self._passed:
            self._passed = False
            self._look(have)
        if have + count > len(self._reports):
            self._reports = np.concatenate((self._reports, np.empty_like(self._reports)))
        self._reports[have : have + count] = reports
        times_ms = range(first_ms, first_ms + count * STEP_MS, STEP_MS)
        self._times_ms += times_ms
        self._next_ms = times_ms[-1] - first_ms % STEP_MS + STEP_MS
        if self._armed:
            self._flew, self._stands_since_ms = True, None
        elif self._flew:
            since_ms = self._stands_since_ms = self._stands_since_ms or first_ms
            self.over = times_ms[-1] - since_ms >= GROUNDED_S * 1000.0

    def _look(self, sample: int) -> None:
        """Note the decisions from this sample on."""
        events, autopilot = self._session.events, self._autopilot
        if len(events) > self._next_event:
            self._hear(events)
        self._armed = autopilot.facts.armed
        item, mode = autopilot.sequencer.current_nav_index(), autopilot.modes.spec.name
        self._decided.append((item, self._complete, self._breached, self._failsafe, mode))
        self._since.append(sample)

    def _hear(self, events: list[TimedEvent]) -> None:
        for entry in events[self._next_event :]:
            if isinstance(entry.event, MissionComplete):
                self._complete = 1.0
            elif isinstance(entry.event, FenceChanged):
                self._breached = float(entry.event.breach_types != 0)
            elif isinstance(entry.event, ModeChanged) and entry.event.reason in FAILSAFES:
                self._failsafe = 1.0
        self._next_event = len(events)

    def signals(self) -> FlightSignals:
        """Return the signals so far; nan where a controller reports nothing (wind, touchdown speed, and for a real one
        errors of the estimate)."""
        time = np.array(self._times_ms) / 1000.0
        r = self._reports[: time.size]
        lasts = np.diff(self._since, append=len(time))
        *figures, modes = zip(*self._decided, strict=True)
        item, complete, breached, failsafe = np.repeat(np.array(figures, np.float64), lasts, axis=1)
        real = bool(np.isnan(r[:, R.TRUE_WIND_N]).all())

        def column(true: int, own: int) -> NDArray[np.float64]:
            """Choose the column: a simulator's truth, or else what the controller reports."""
            return np.asarray(np.where(np.isnan(r[:, true]), r[:, own], r[:, true]), np.float64)

        north, east = column(R.TRUE_N, R.NORTH), column(R.TRUE_E, R.EAST)
        home = self._session.stood[0]
        makers: dict[str, Callable[[], Array]] = {
            "time": lambda: time,
            "height": lambda: -column(R.TRUE_D, R.DOWN),
            "north": lambda: north,
            "east": lambda: east,
            "home_distance": lambda: arrays.hypot(north, east),
            "plan_distance": lambda: distance_to_legs(north, east, legs_of(home, self._plan.items)),
            "fence_distance": lambda: distance_to_fence(north, east, home, parse_fence(self._plan.fence)),
            "others_distance": lambda: np.full(north.size, NOBODY_M),
            "speed": lambda: arrays.hypot(column(R.TRUE_VN, R.VN), column(R.TRUE_VE, R.VE)),
            "climb": lambda: -column(R.TRUE_VD, R.VD),
            "tilt": lambda: _tilt(column(R.TRUE_ROLL, R.ROLL), column(R.TRUE_PITCH, R.PITCH)),
            "bank": lambda: np.degrees(column(R.TRUE_ROLL, R.ROLL)),
            "load": lambda: _load(time, [column(true, own) for true, own in _VELOCITY]),
            "airspeed": lambda: _airspeed(r),
            "stall_margin": lambda: self._stall_margin(r),
            "wind": lambda: arrays.hypot(r[:, R.TRUE_WIND_N], r[:, R.TRUE_WIND_E]),
            "estimate_error": lambda: self._estimate_error(r),
            "battery": lambda: np.where(r[:, R.BATT_V] > 0.0, column(R.TRUE_CHARGE, R.BATT_FRACTION), 1.0),
            "armed": lambda: r[:, R.ARMED],
            "landed": lambda: (column(R.TRUE_CONTACT, R.LANDED_STATE) == 1.0).astype(np.float64),
            "item": lambda: item,
            "complete": lambda: complete,
            "breached": lambda: breached,
            "failsafe": lambda: failsafe,
            "touchdown": lambda: np.full(time.size, np.nan) if real else np.nan_to_num(r[:, R.TOUCHDOWN_SPEED]),
            "mode": lambda: np.repeat(np.array(modes), lasts),
        }
        signals = FlightSignals(makers)
        met = cache(partial(encounters.traffic_signals, signals, tuple(aircraft_about(self._session))))
        makers |= {name: partial(_named, met, name) for name in encounters.SIGNALS}
        return signals

    def _stall_margin(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        if np.isnan(r[:, R.TRUE_WIND_N]).all():
            return np.full(len(r), np.nan)
        margin = np.degrees(r[:, R.STALL_MARGIN])
        wings = self._autopilot.facts.vehicle_class.has_stall_speed
        carried = np.isin(r[:, R.VTOL_STATE], (VtolState.UNDEFINED, VtolState.FW)) & (r[:, R.TRUE_CONTACT] != 1.0)
        return np.where(carried, margin, NO_STALL_DEG) if wings else np.full(len(r), NO_STALL_DEG)

    @staticmethod
    def _estimate_error(r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calculate the estimate's position error, m. Degrees are compared, because their origin does not depend on
        home. 0 without a position, and at boot."""
        metres = 6_371_000.0 * radians(1.0)
        north = (r[:, R.LAT] - r[:, R.TRUE_LAT]) * metres
        east = (r[:, R.LON] - r[:, R.TRUE_LON]) * metres * arrays.cos(np.radians(r[:, R.TRUE_LAT]))
        known = (r[:, R.LAT] != 0.0) | (r[:, R.LON] != 0.0)
        known &= np.isfinite(r[:, R.TRUE_LAT]) & ((r[:, R.TRUE_LAT] != 0.0) | (r[:, R.TRUE_LON] != 0.0))
        error = np.where(known, arrays.hypot(north, east), 0.0)
        return error if np.isfinite(r[:, R.TRUE_LAT]).any() else np.full(len(r), np.nan)


def _tilt(roll: NDArray[np.float64], pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    upright = arrays.cos(roll) * arrays.cos(pitch)
    return np.asarray(np.degrees(arrays.acos(np.clip(upright, -1.0, 1.0))), np.float64)


def _load(time: NDArray[np.float64], velocity: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Calculate the load factor, g: acceleration (NED) without gravity."""
    if time.size < 2:
        return np.ones(time.size)
    an, ae, ad = (np.gradient(part, time) for part in velocity)
    return np.asarray(np.sqrt(an * an + ae * ae + np.square(GRAVITY - ad)) / GRAVITY, np.float64)


def _airspeed(r: NDArray[np.float64]) -> NDArray[np.float64]:
    north, east = r[:, R.TRUE_VN] - r[:, R.TRUE_WIND_N], r[:, R.TRUE_VE] - r[:, R.TRUE_WIND_E]
    return np.asarray(np.sqrt(north * north + east * east + np.square(r[:, R.TRUE_VD])), np.float64)


def aircraft_about(session: RecordedVehicle) -> Sequence[Aircraft]:
    """Return the other aircraft so far; empty without traffic."""
    vehicle = session.service.vehicle
    body = vehicle.body if isinstance(vehicle, FlightController) else None
    machine = body.machine if isinstance(body, FirmwareFaults) else vehicle
    receiver = machine.receiver if isinstance(machine, SimulatedMachine) else None
    return () if receiver is None else receiver.sky.aircraft


def at_boot() -> dict[str, Array]:
    """Return two samples, one just after switch-on and one of another state, to find formulas that no flight can
    break."""
    first = dict.fromkeys(UNITS, 0.0) | {"battery": 1.0, "landed": 1.0, "fence_distance": 1.0}
    first["others_distance"] = first["traffic_distance"] = NOBODY_M
    later = {name: 1.0 + 0.01 * k for k, name in enumerate(UNITS)} | {"time": STEP_MS / 1000.0}
    signals: dict[str, Array] = {name: np.array([first[name], later[name]]) for name in UNITS}
    return signals | {name: np.array(["", ""]) for name in TEXTS}


def legs_of(home: GeoPoint, items: tuple[MissionItem, ...]) -> NDArray[np.float64]:
    """Return home and the places of the plan, m north and east of home."""
    places = [(0.0, 0.0)]
    for item in items:
        if item.is_placed:
            north, east, _ = to_local(home, item.x, item.y, home.alt)
            places.append((north, east))
    return np.array(places)


def distance_to_legs(
    north: NDArray[np.float64], east: NDArray[np.float64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distance from each point to the nearest leg of the closed path through the places, m. The last leg
    returns to the first place, as a return to launch does."""
    best = np.full(north.size, np.inf)
    for (n0, e0), (n1, e1) in zip(places, np.roll(places, -1, axis=0), strict=True):
        dn, de = n1 - n0, e1 - e0
        squared = dn * dn + de * de
        share = np.clip(((north - n0) * dn + (east - e0) * de) / squared, 0.0, 1.0) if squared > 0.0 else 0.0
        best = np.minimum(best, arrays.hypot(north - n0 - share * dn, east - e0 - share * de))
    return best


def distance_to_fence(
    north: NDArray[np.float64], east: NDArray[np.float64], home: GeoPoint, fence: Fence
) -> NDArray[np.float64]:
    """Return the distance from each point to the nearest edge of any zone, m; below 0 outside an inclusion or inside an
    exclusion. All zones count."""
    least = np.full(north.size, NOBODY_M)
    for polygon in fence.polygons:
        corners = np.array([to_local(home, lat, lon, home.alt)[:2] for lat, lon in polygon.vertices])
        within = inside(np.column_stack((north, east)), corners, np.roll(corners, -1, axis=0))
        depth = distance_to_legs(north, east, corners) * np.where(within, 1.0, -1.0)
        least = np.minimum(least, depth if polygon.inclusion else -depth)
    for zone in fence.circles:
        center_n, center_e, _ = to_local(home, zone.lat, zone.lon, home.alt)
        depth = zone.radius - arrays.hypot(north - center_n, east - center_e)
        least = np.minimum(least, depth if zone.inclusion else -depth)
    return least


def apart(fleet: list[dict[str, Array]], stands: list[GeoPoint]) -> list[NDArray[np.float64]]:
    """Return the distance from each vehicle to the nearest other one, at each sample, m."""
    places = []
    for signals, home in zip(fleet, stands, strict=True):
        n0, e0, d0 = to_local(stands[0], home.lat, home.lon, home.alt)
        own = [np.asarray(signals[name], np.float64) for name in ("north", "east", "height")]
        places.append(np.stack([own[0] + n0, own[1] + e0, own[2] - d0]))
    at = np.stack(places)
    found = []
    for k in range(len(at)):
        away = np.sqrt(np.sum(np.square(at - at[k]), axis=1))
        away[k] = NOBODY_M
        found.append(away.min(axis=0))
    return found
