"""Records of rare sensors: range finder, proximity, precision landing, engine, camera.

ArduPilot's RFND, PRX and PRXR (PRX_LOG_RAW), PL, EFI, EFI2 and ECYL, and CAM; unknown values are NaN or 0. Source:
LogStructure.h of AP_Logger, AP_Proximity, AC_PrecLand and AP_Camera, AP_EFI.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import degrees, inf, isfinite, nan
from typing import Final

from autopilot.context.events import CameraTriggered
from autopilot.interface import report as R
from autopilot.interface.obstacles import Scan
from autopilot.mav import SensorOrientation
from autopilot.precision.tracker import PadSight
from mavlink_bridge.wire.codec import boot_ms
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import MessageFormat, Value
from sortie.nodes.vehicle import VehicleService

_GOOD, _OUT_OF_RANGE_HIGH = 4, 3  # RangeFinder::Status
_PROXIMITY_GOOD: Final = 2
_STOPPED, _RUNNING = 0, 2  # Engine_State
_SECTORS: Final = 8
_WEEK_MS: Final = 7 * 24 * 3600 * 1000


class SensorRows:
    """Rows of sensors; values are those of the columns after TimeUS."""

    def __init__(self, service: VehicleService) -> None:
        self._service = service
        self._version, self._fitted = -1, False

    def rows(self, now_ms: int) -> Iterator[tuple[MessageFormat, Sequence[Value]]]:
        """Yield the records of the fitted sensors."""
        autopilot, state = self._service.autopilot, self._service.vehicle.state.report
        version = self._service.parameters.version
        if version != self._version:  # checked at each sample
            self._version = version
            self._fitted = autopilot.facts.param("PLND_TYPE") != 0.0 or autopilot.payload.engine.fitted
        if state.item(R.RANGE_MOST) > 0.0:
            away = float(state[R.RANGE_FINDER])
            status = _GOOD if away > 0.0 else _OUT_OF_RANGE_HIGH
            yield K.RFND, (0, away, status, SensorOrientation.PITCH_270, -1)
        scan = autopilot.proximity.scan
        if scan is not None:
            yield K.PRX, (0, _PROXIMITY_GOOD, *_sectors(scan), nan, *_closest(scan))
            if autopilot.facts.param("PRX_LOG_RAW") != 0.0:
                yield K.PRXR, (0, *_sectors(scan))
        if not self._fitted:
            return
        if autopilot.precision.enabled:
            yield K.PL, self._landing_target()
        if autopilot.payload.engine.fitted:
            yield from self._engine()

    def _engine(self) -> Iterator[tuple[MessageFormat, Sequence[Value]]]:
        """Yield EFI_STATUS values; temperatures in degrees Celsius, as their unit says (ArduPilot's IMT is in
        kelvin)."""
        engine, state = self._service.autopilot.payload.engine, self._service.vehicle.state.report
        air_pa, air_c = float(state[R.BARO_PRESSURE]), float(state[R.BARO_TEMPERATURE])
        turns, burns = (100.0 * engine.load, engine.rpm), (engine.flow_cm3_min, engine.fuel_cm3)
        yield K.EFI, (*turns, nan, 0.001 * air_pa, nan, air_c, nan, nan, nan, nan, *burns, 100.0 * engine.throttle, 0)
        yield K.EFI2, (1, _RUNNING if engine.rpm >= 1.0 else _STOPPED, *(0,) * 10)
        yield K.ECYL, (0, nan, nan, engine.head_c, nan, nan, nan, nan, 0)

    def _landing_target(self) -> Sequence[Value]:
        tracker = self._service.autopilot.precision.tracker
        here, found = self._service.vehicle.state.position, tracker.sight is PadSight.FOUND
        off = [target - own for target, own in zip(tracker.last_target[:2], here[:2], strict=True)] if found else (0, 0)
        seen = *off, *tracker.velocity, *off, tracker.below_m if found else 0.0
        return 1, found, *seen, boot_ms(tracker.last_ms), 0, 1

    def photo(self, taken: CameraTriggered, gps_at_boot_ms: float) -> Sequence[Value]:
        """Return the record of a picture. `gps_at_boot_ms`: GPS time at vehicle time 0, ms."""
        state, home = self._service.vehicle.state.report, self._service.autopilot.facts.home
        place, gps_ms = taken.place, gps_at_boot_ms + float(state[R.GPS_TIME_MS])
        relative = place.alt - (0.0 if home is None else home.alt)
        roll, pitch, yaw = (degrees(float(state[index])) for index in (R.ROLL, R.PITCH, R.YAW))
        when = gps_ms % _WEEK_MS, gps_ms // _WEEK_MS
        heights = place.alt, relative, float(state[R.GPS_ALT])
        return 0, taken.number, *when, place.lat, place.lon, *heights, roll, pitch, yaw % 360.0


def _sectors(scan: Scan) -> list[float]:
    """Return the smallest distance in each eighth of the circle, clockwise from the nose, m; the sensor's range if
    nothing is there."""
    nearest = [inf] * _SECTORS
    for k, away in enumerate(scan.distances_m):
        if isfinite(away):
            sector = round((scan.first_deg + k * scan.step_deg) / 45.0) % _SECTORS
            nearest[sector] = min(nearest[sector], away)
    return [min(away, scan.range_m) for away in nearest]


def _closest(scan: Scan) -> tuple[float, float]:
    """Return angle from the nose (degrees) and distance (m) of the nearest object; NaN without one."""
    distances = [(away, k) for k, away in enumerate(scan.distances_m) if isfinite(away)]
    if not distances:
        return nan, nan
    away, k = min(distances)
    return (scan.first_deg + k * scan.step_deg) % 360.0, away
