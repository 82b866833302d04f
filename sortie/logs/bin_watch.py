"""What a DataFlash log says of changes that no event announces: failsafes (ERR), and leaving the ground (EV)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopilot import report as R
from autopilot.control.layout import ON_GROUND
from sortie.logs import dataflash_kinds as K

if TYPE_CHECKING:
    from sortie.logs.logged import LoggedVehicle

_RADIO, _BATTERY, _STATION, _ESTIMATOR = 5, 6, 8, 17  # ArduPilot's LogErrorSubsystem; code 1: occurred, 0: resolved
_LAND_COMPLETE, _NOT_LANDED = 18, 28  # LogEvent


class Watch:
    """Remembers what held at the last look, first at the opening of the log."""

    def __init__(self, service: LoggedVehicle) -> None:
        self._service = service
        self._alarms = dict.fromkeys((_RADIO, _BATTERY, _STATION, _ESTIMATOR), False)
        self._landed = self._is_landed()

    def look(self, now_us: int) -> bytes:
        """The messages of what has changed."""
        found = b""
        alarms = self._alarms_now()
        if alarms != self._alarms:
            changed = [(kind, on) for kind, on in alarms.items() if on is not self._alarms[kind]]
            found = b"".join(K.ERR.pack(now_us, kind, int(on)) for kind, on in changed)
            self._alarms = alarms
        landed = self._is_landed()
        if landed is not self._landed:
            self._landed = landed
            found += K.EV.pack(now_us, _LAND_COMPLETE if landed else _NOT_LANDED)
        return found

    def _alarms_now(self) -> dict[int, bool]:
        failsafes = self._service.autopilot.failsafes
        return {
            _RADIO: failsafes.sticks.lost,
            _BATTERY: failsafes.battery_low or failsafes.battery_critical,
            _STATION: failsafes.ground_station.lost,
            _ESTIMATOR: failsafes.estimator,
        }

    def _is_landed(self) -> bool:
        return bool(self._service.vehicle.state.report[R.LANDED_STATE] == ON_GROUND)
