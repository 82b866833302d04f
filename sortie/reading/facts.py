"""Facts of one flight from any kind of log. Times are s since boot."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from enum import Enum
from math import fsum, isfinite, isnan
from typing import Any, Final, TypeVar, overload

from numpy import bool_, float64
from numpy.typing import NDArray

from autopilot.interface.earth import HIGHEST_M
from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass, field
from autopilot.interface.texts import printable
from autopilot.mav import AutopilotType, Severity
from autopilot.mission.commands import has_position
from autopilot.mission.fence import Fence, parse_fence
from autopilot.mission.items import MissionItem, numbered
from autopilot.mission.plan import Plan
from autopilot.mission.rally import points

LAST_WAYPOINT: Final = 95
"""MAV_CMD_NAV_LAST: commands above it do not fly to a place."""


_UNDATED: Final = 1990
"""Last year of an unknown date: such logs count from 1970, or GPS time from 1980."""


LONGEST_S: Final = 86_400.0
"""Longest flight, s; a longer one means a wrong clock."""
MOST_ROWS: Final = 40_000
"""Most rows of a series: more than an hour at ten a second; an even number."""
_MOST_PARAMETERS: Final = 20_000
"""Most parameters; a vehicle has some thousands."""
_Row = TypeVar("_Row")


class ThinnedRows(list[_Row]):
    """Rows of a log of any length. Above `MOST_ROWS`, every second row is dropped, and as many of the following ones.
    The newest row is always the last."""

    def __init__(self) -> None:
        super().__init__()
        self._every = 1
        self._replaced_by = 0

    def append(self, row: _Row) -> None:
        """Append a row in the order of the log."""
        if self._replaced_by:
            self._replaced_by -= 1
            self[-1] = row
            return
        super().append(row)
        if len(self) > MOST_ROWS:
            del self[1::2]
            self._every *= 2
        self._replaced_by = self._every - 1


@overload
def is_place(lat: float, lon: float, metres: float) -> bool: ...
@overload
def is_place(lat: NDArray[float64], lon: NDArray[float64], metres: NDArray[float64]) -> NDArray[bool_]: ...
def is_place(lat: Any, lon: Any, metres: Any) -> Any:
    """Check `autopilot.interface.earth.is_place` also for arrays, with one answer for each row. A damaged log can
    contain any number."""
    return (abs(lat) <= 90.0) & (abs(lon) <= 180.0) & (abs(metres) < HIGHEST_M)


def remember(values: dict[str, _Row], name: str, value: _Row) -> None:
    """Store a parameter, limited to a possible number of names. ValueError for a non-finite value."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(name)
    if name in values or len(values) < _MOST_PARAMETERS:
        values[name] = value


class Quantity(Enum):
    """Quantity of a log besides the samples, with its unit. Names are columns of a table (`sortie convert`)."""

    TERRAIN = "terrain_m"
    """Height of the ground below the vehicle above home."""
    CLIMB = "climb_mps"
    CURRENT = "current_a"
    VIBRATION = "vibration_mps2"
    """Vibration of the strongest axis, as in ArduPilot's VIBE."""
    VIBRATION_METRIC = "vibration_metric_mps2"
    """PX4's vibration metric, which has another filter and other values."""
    ROLL = "roll_deg"
    PITCH = "pitch_deg"
    YAW = "yaw_deg"
    ROLL_SET = "roll_set_deg"
    """Demanded attitude."""
    PITCH_SET = "pitch_set_deg"
    SATELLITES = "satellites"
    HDOP = "hdop"
    WIND = "wind_mps"
    """Wind speed as estimated by the vehicle."""
    ESTIMATE = "position_test_ratio"
    """Innovation of the estimated position as a ratio of its limit; above 1, GPS is rejected."""
    LOSS = "link_loss_percent"
    RSSI = "rssi"
    AIRSPEED = "airspeed_mps"
    """Equivalent airspeed from the pitot tube."""
    LIFT = "lift_percent"
    """Throttle of the lift motors."""


@dataclass(frozen=True, slots=True)
class Sample:
    """State at one time: s since boot; degrees, m above home; m/s over ground; V, percent (NaN: unknown)."""

    time_s: float
    lat: float
    lon: float
    height: float
    speed: float
    volts: float
    percent: float


@dataclass(frozen=True, slots=True)
class LoggedProblem:
    time_s: float
    severity: Severity
    text: str


class LoggedPlan:
    """Collector of a mission that a log has item by item. A mission uploaded after a landing belongs to the next
    flight, if there is one."""

    def __init__(self) -> None:
        self._flown: dict[int, MissionItem] = {}
        self._following: dict[int, MissionItem] | None = None
        self._armed = self._landed = False

    def arm(self, armed: bool) -> None:
        """Note the arming state whenever the log has it."""
        if armed and self._following is not None:
            self._flown, self._following = self._following, None
        self._landed = not armed and (self._armed or self._landed)
        self._armed = armed

    def begin(self, *, uploaded: bool = True) -> None:
        """Begin another plan. One that was read from the vehicle, not uploaded, may be the flown one."""
        if self._landed and (uploaded or self._flown):
            self._following = {}
        else:
            self._flown, self._following = {}, None

    def take(self, item: MissionItem) -> None:
        """Take an item of the plan. ValueError for an impossible place."""
        place = (item.x, item.y) if has_position(item.command) else (0.0, 0.0)
        if not (is_place(*place, 0.0 if isnan(item.z) else item.z) and isfinite(item.x) and isfinite(item.y)):
            raise ValueError(item)
        plan = self._flown if self._following is None else self._following
        plan[item.seq] = item

    def items(self) -> tuple[MissionItem, ...]:
        """Return the items of the last flight's plan, in order."""
        return tuple(self._flown[seq] for seq in sorted(self._flown))


@dataclass(slots=True)
class FlightFacts:
    """Facts of one flight. Long logs are thinned.

    `name`: of the log. `modes`, `texts`: (s since boot, name or text). `modes_of`: autopilot whose names these are
    (MAV_AUTOPILOT). `armed`: each change. `items`: the mission, with
    item numbers in `seq`. `fence`: of the plan file, because logs do not have it; rally points are in `.bin` logs.
    `cut`: reason of an early end, or "". `unplaced`: (from, until) s in which the estimator knew only the height;
    samples repeat the last place. `changes`: of parameters (s, name, before, after). `own_values`: parameters with
    other values than the default (value, default).
    """

    name: str = ""
    vehicle: str = ""
    samples: list[Sample] = field(default_factory=ThinnedRows)
    series: dict[Quantity, list[tuple[float, float]]] = field(default_factory=dict)
    modes: list[tuple[float, str]] = field(default_factory=ThinnedRows)
    modes_of: int = AutopilotType.ARDUPILOTMEGA
    texts: list[tuple[float, str]] = field(default_factory=ThinnedRows)
    armed: list[tuple[float, bool]] = field(default_factory=list)
    troubles: list[LoggedProblem] = field(default_factory=ThinnedRows)
    changes: list[tuple[float, str, float, float]] = field(default_factory=ThinnedRows)
    own_values: dict[str, tuple[float, float]] = field(default_factory=dict)
    items: tuple[MissionItem, ...] = ()
    fence: Fence = field(default_factory=Fence)
    rally: tuple[MissionItem, ...] = ()
    home: GeoPoint | None = None
    cut: str = ""
    unplaced: list[tuple[float, float]] = field(default_factory=list)
    boot_us: int = 0
    """Time of boot, us since 1970; 0 if unknown."""

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last time, s."""
        times = [sample.time_s for sample in self.samples] + [at_s for at_s, _ in (*self.modes, *self.texts)]
        return (min(times), max(times)) if times else (0.0, 0.0)

    @property
    def start_s(self) -> float:
        """Time of the first arming, or else the beginning of the log, s."""
        return next((at_s for at_s, armed in self.armed if armed), self.span_s[0])

    def day_time(self, time_s: float) -> datetime | None:
        """Return the time of day (UTC) at s since boot; None if the date is unknown."""
        try:
            found = datetime.fromtimestamp(self.boot_us / 1e6 + time_s, UTC)
        except (ValueError, OverflowError, OSError):  # a wrong clock: the year is not possible
            return None
        return found if found.year > _UNDATED else None

    def armed_at(self, time_s: float) -> bool:
        return next((armed for at_s, armed in reversed(self.armed) if at_s <= time_s), False)

    def mode_at(self, time_s: float) -> str:
        """Return the mode at this time; "" before the first."""
        number = bisect_right(self.modes, time_s, key=lambda change: change[0])
        return self.modes[number - 1][1] if number else ""

    def armed_s(self) -> float:
        """Total time armed, s."""
        return fsum(end_s - begin_s for begin_s, end_s in self.flights())

    def places(self) -> list[MissionItem]:
        return [item for item in self.items if item.is_placed]

    def waypoints(self) -> list[MissionItem]:
        """Return the places to fly to."""
        return [item for item in self.places() if item.command < LAST_WAYPOINT]

    def take_plan(self, plan: Plan) -> None:
        """Take from the plan file what logs do not have."""
        self.items = numbered(plan.items, 1)
        self.fence = parse_fence(plan.fence)
        self.rally = points(plan.rally)

    def severities(self) -> dict[tuple[float, str], Severity]:
        """Return the severities of warnings by time and text."""
        return {(trouble.time_s, trouble.text): trouble.severity for trouble in self.troubles}

    def flights(self) -> list[tuple[float, float]]:
        """Return the armed intervals, s since boot; the last may end with the log."""
        ends = [*(at_s for at_s, _ in self.armed[1:]), self.span_s[1]]
        return [
            (begin_s, end_s)
            for (begin_s, armed), end_s in zip(self.armed, ends, strict=False)
            if armed and end_s > begin_s
        ]

    def longest_flight(self) -> tuple[float, float] | None:
        """Return the longest of `flights`; None if it was never armed."""
        return max(self.flights(), key=lambda flight: flight[1] - flight[0], default=None)

    # --- for the readers ------------------------------------------------------------------------------------------
    def add(self, quantity: Quantity, time_s: float, value: float) -> None:
        """Append a value of a quantity; a yaw counts from 0 to 360 degrees, whatever the kind of log. TypeError for
        text, which a damaged log may hold."""
        isnan(value)
        value = value % 360.0 if quantity is Quantity.YAW else value
        if quantity not in self.series:
            self.series[quantity] = ThinnedRows()
        self.series[quantity].append((time_s, value))

    def arm(self, time_s: float, armed: bool) -> None:
        """Note a change of arming; a vehicle begins disarmed."""
        if armed is not (bool(self.armed) and self.armed[-1][1]) and len(self.armed) < MOST_ROWS:
            self.armed.append((time_s, armed))

    def begin_at(self, lat: float, lon: float, alt: float) -> None:
        """Set home, degrees and m above sea level, if the place is possible."""
        if is_place(lat, lon, alt):
            self.home = GeoPoint(lat, lon, alt)

    def pass_by(self, sample: Sample) -> None:
        """Append a sample. ValueError for an impossible place."""
        if not is_place(sample.lat, sample.lon, sample.height):
            raise ValueError(sample)
        self.samples.append(sample)

    def enter(self, time_s: float, mode: str) -> None:
        """Note the mode if it has changed."""
        if not self.modes or self.modes[-1][1] != mode:
            self.modes.append((time_s, mode))

    def say(self, time_s: float, text: str, severity: int = Severity.INFO) -> None:
        """Append a text; a warning is a problem too. A `severity` outside MAV_SEVERITY counts as the nearest."""
        text = printable(text)
        self.texts.append((time_s, text))
        if severity <= Severity.WARNING:
            self.troubles.append(LoggedProblem(time_s, Severity(max(severity, Severity.EMERGENCY)), text))
