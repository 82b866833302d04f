"""The show of one vehicle: its file, its place on the ground, and its start time.

Its parameters are those of Skybrush's ArduCopter (CMCopter-4.6, d0e9e56f). The start time is the next such second of
the GPS week. SHOW_START_AUTH gives the authorization. Both are lost in a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from math import radians

from autopilot.context.frames import local
from autopilot.context.journal import Journal, SaveShow
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.mathematics import cos, hypot, sin
from autopilot.interface.records import dataclass
from autopilot.parameters.parameters import Parameters
from autopilot.show.show_file import ShowFile, read_show

WEEK_S = 604_800
_GPS_AHEAD_S = 18 - 315_964_800
"""Offset from UTC (s since 1970) to GPS time (s since its epoch)."""
_UNSET_MM = -9_999_999
_BY_ORDER = 2  # SHOW_MODE_BOOT
_SLOWEST_MPS = 0.1  # m/s, m/s2: a takeoff never takes for ever


class Scope(IntEnum):
    """Values of SHOW_START_AUTH."""

    NOBODY = 0
    LIVE = 1
    REHEARSAL = 2
    LIGHTS_ONLY = 3


@dataclass(frozen=True, slots=True)
class Stand:
    """Frame of a show on the ground: its origin in the vehicle's own frame (NED m), and its orientation (rad)."""

    origin: Ned
    angle: float

    def turned(self, x: float, y: float, z: float) -> Ned:
        """NED vector of a direction in the show's frame."""
        along, across = cos(self.angle), sin(self.angle)
        return along * x + across * y, across * x - along * y, -z

    def placed(self, x: float, y: float, z: float) -> Ned:
        """NED place, m, of a place in the show's frame."""
        north, east, down = self.turned(x, y, z)
        return self.origin[0] + north, self.origin[1] + east, self.origin[2] + down


class Show:
    """File, place on the ground and start time of a show. `content`: its file from an earlier process; `authorized`:
    called when the start is authorized."""

    def __init__(
        self,
        facts: VehicleFacts,
        parameters: Parameters,
        journal: Journal,
        content: bytes,
        authorized: Callable[[], object],
    ) -> None:
        self._facts, self._parameters, self._journal, self._authorized = facts, parameters, journal, authorized
        self.content = content
        self.is_flown = False
        """True while the show runs; its start time then stays."""
        self._exact: dict[str, int] = {}  # the commanded start time; the parameter has the nearest float32
        self.start_ms: int | None = None
        self.file: ShowFile | None = None
        for name, value in (("SHOW_START_TIME", -1.0), ("SHOW_START_AUTH", 0.0)):
            parameters.set(name, value)
        parameters.listeners.append(self._changed)
        self._load()

    # --- its file ---------------------------------------------------------------------------------------------------
    def keep(self, content: bytes) -> None:
        """Store a file, which counts after `reload`."""
        self.content = content
        self._journal.submit(SaveShow(content))

    def reload(self) -> bool:
        """Load the stored file; an empty one removes the show. False if it is invalid, or while motors run."""
        return not self._facts.armed and self._load()

    def _load(self) -> bool:
        self.file, param = None, self._facts.param
        self.takeoff_s = self.landing_s = 0.0
        if not self.content:
            return True
        try:
            file = read_show(self.content)
        except ValueError:
            return False
        climb = max(param("SHOW_TAKEOFF_ALT", 2.5), 0.1)
        speed, acceleration = param("WPNAV_SPEED_UP", 250.0) / 100.0, param("WPNAV_ACCEL_Z", 100.0) / 100.0
        takeoff_s = file.trajectory.takeoff_s(climb, max(speed, _SLOWEST_MPS), max(acceleration, _SLOWEST_MPS))
        landing_s = file.trajectory.landing_s(climb)
        if takeoff_s > landing_s:
            return False
        self.file, self.takeoff_s, self.landing_s = file, takeoff_s, landing_s
        return True

    # --- where ------------------------------------------------------------------------------------------------------
    def stand_at(self, lat_e7: int, lon_e7: int, amsl_mm: int, degrees: float) -> bool:
        """Set origin and orientation. False if there is no such place."""
        if abs(lat_e7) > 900_000_000 or abs(lon_e7) > 1_800_000_000:
            return False
        origin = {"SHOW_ORIGIN_LAT": lat_e7, "SHOW_ORIGIN_LNG": lon_e7, "SHOW_ORIGIN_AMSL": amsl_mm}
        for name, value in origin.items():
            self._parameters.set(name, value)
        self._parameters.set("SHOW_ORIENTATION", degrees % 360.0)
        self._exact = origin
        return True

    @property
    def stand(self) -> Stand | None:
        """Frame of the show; None if it is not set, or the vehicle has no position."""
        lat, lon, amsl_mm = (
            self._exact.get(name, self._facts.param(name))
            for name in ("SHOW_ORIGIN_LAT", "SHOW_ORIGIN_LNG", "SHOW_ORIGIN_AMSL")
        )
        degrees, home = self._facts.param("SHOW_ORIENTATION"), self._facts.home
        if lat == 0.0 or lon == 0.0 or degrees < 0.0 or home is None or not self._facts.has_position:
            return None
        altitude = home.alt if amsl_mm < _UNSET_MM else 0.001 * amsl_mm
        return Stand(local(self._facts, GeoPoint(1e-7 * lat, 1e-7 * lon, altitude)), radians(degrees))

    @property
    def misplaced(self) -> bool:
        """True if the vehicle is farther from its start position than SHOW_TAKEOFF_ERR."""
        stand, most = self.stand, self._facts.param("SHOW_TAKEOFF_ERR")
        if stand is None or self.file is None or most <= 0.0:
            return False
        start, here = stand.placed(*self.file.trajectory.at(0.0)[0]), self._facts.vehicle.state.position
        return hypot(start[0] - here[0], start[1] - here[1]) > most

    @property
    def ready(self) -> bool:
        """True if the show can be flown from here."""
        return self.file is not None and self.stand is not None and not self.misplaced

    # --- when -------------------------------------------------------------------------------------------------------
    @property
    def scope(self) -> Scope:
        value = int(self._facts.param("SHOW_START_AUTH"))
        return Scope(value) if value in tuple(Scope) else Scope.NOBODY

    @property
    def may_fly(self) -> bool:
        return self.scope in (Scope.LIVE, Scope.REHEARSAL)

    def elapsed_s(self, now_ms: int) -> float:
        """Time since the start, s; -86400 without a start time."""
        return -86_400.0 if self.start_ms is None else 0.001 * (now_ms - self.start_ms)

    def order(self, week_s: int, scope: int) -> None:
        """Set the start to a second of the week (below 0: never; beyond the week: unchanged) and the authorization to
        `scope`."""
        if week_s < WEEK_S:
            self._parameters.set("SHOW_START_TIME", float(max(week_s, -1)))
        self._parameters.set("SHOW_START_AUTH", float(scope))

    def _changed(self, name: str, value: float) -> None:
        self._exact.pop(name, None)
        if name == "SHOW_START_TIME" and not self.is_flown:
            week_ms = round(1000.0 * (self._facts.boot_unix_s + _GPS_AHEAD_S)) + self._facts.now_ms
            ahead_ms = (1000 * int(value) - week_ms) % (1000 * WEEK_S)
            self.start_ms = None if value < 0.0 else self._facts.now_ms + ahead_ms
        elif name == "SHOW_START_AUTH" and value > 0.0 and self._facts.option("SHOW_MODE_BOOT", _BY_ORDER, 2.0):
            self._authorized()
