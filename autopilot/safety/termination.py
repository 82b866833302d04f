"""Advanced failsafe of planes (AFS_ENABLE): what ends a flight for good (AFS_TERMINATE), and items at which the mission
goes on without a ground station or without GPS.

It begins with the first mode that flies by itself. A ground station is lost when it was not heard for AFS_GCS_TIMEOUT,
GPS 3 s after its last fix. What ends the flight sets AFS_TERMINATE; motors are stopped only if AFS_TERM_ACTION is 42
(43: with lift motors it lands). ArduPlane also moves its surfaces to their ends and switches pins for a board beside it
(AFS_TERM_PIN, AFS_HB_PIN, AFS_MAN_PIN). Source: ArduPilot AP_AdvancedFailsafe.cpp, ArduPlane/afs_plane.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from autopilot.context.turns import next_multiple
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, distance
from autopilot.interface.mathematics import exp, log
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Sensor, Severity
from autopilot.mission.state import SetCurrentError
from autopilot.modes.auto import AutoMode
from autopilot.safety.failsafe_actions import SafetyContext
from autopilot.safety.losses import Losses
from autopilot.vehicles.mode_table import PlaneMode

_LOOK_MS: Final = 100
_FIX_MS: Final = 3000
_GPS_MS: Final = 4000  # silence after which a receiver's last fix is none (AP_GPS)
_SHORT_ACTION_S: Final = 1.2  # without pulses, until ArduPlane's short action (control_failsafe)
_BARO_MS: Final = 5000
_SAME_EVENT_MS: Final = 30_000  # two losses within this time count as one
_CRASHES, _LANDS = 42, 43  # AFS_TERM_ACTION
_GOES_ON, _ALL_MODES, _NOT_ON_WAY_BACK = 1, 2, 4  # AFS_OPTIONS
#: Standard atmosphere: temperature over lapse, m, and R lapse / g M.
_SCALE_M, _EXPONENT = 44330.77, 0.190263


class _State(Enum):
    PREFLIGHT = "before the first mode that flies by itself"
    AUTO = "AFS_AUTO"
    NO_STATION = "DATA_LINK_LOSS"
    NO_GPS = "GPS_LOSS"


class AdvancedFailsafe:
    """The advanced failsafe of one plane. `breached`: the fence is broken. `set_parameter` writes AFS_TERMINATE."""

    def __init__(
        self,
        context: SafetyContext,
        losses: Losses,
        breached: Callable[[], bool],
        auto: AutoMode,
        set_parameter: Callable[[str, float], object],
    ) -> None:
        self._context, self._facts, self._losses = context, context.facts, losses
        self._breached, self._auto, self._set_parameter = breached, auto, set_parameter
        self._state = _State.PREFLIGHT
        self._begin: GeoPoint | None = None
        self._fix_ms = self._baro_ms = 0
        self._sticks_lost_ms: int | None = None
        self._piloted = False  # a pilot flew when the sticks were last there
        self._saved: int | None = None  # item at which the mission was left
        self._counts = {_State.NO_STATION: 0, _State.NO_GPS: 0}
        self._last_ms: dict[_State, int] = {}
        self._due_ms: int | None = None
        self.parameter_changed("AFS_ENABLE")

    @property
    def enabled(self) -> bool:
        return self._facts.param("AFS_ENABLE") != 0.0

    @property
    def _ends(self) -> bool:
        """True if the flight has to end."""
        action = int(self._facts.param("AFS_TERM_ACTION"))
        return self._facts.param("AFS_TERMINATE") != 0.0 and action in (_CRASHES, _LANDS)

    def parameter_changed(self, name: str) -> None:
        if name == "AFS_ENABLE":
            now_ms = self._facts.now_ms
            self._fix_ms = self._baro_ms = now_ms
            self._due_ms = next_multiple(now_ms, _LOOK_MS) if self.enabled else None

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def command(self, *, terminate: bool) -> Outcome:
        """DO_FLIGHTTERMINATION: end the flight, or take that back."""
        return self._order("GCS request", terminate=terminate)

    def battery_failed(self, *, critical: bool) -> None:
        """End the flight for a battery (BATT_FS_LOW_ACT, BATT_FS_CRT_ACT 3)."""
        self._order("critical battery" if critical else "low battery", terminate=True)

    def _order(self, reason: str, *, terminate: bool) -> Outcome:
        """End the flight, or take that back, if AFS_ENABLE and AFS_TERM_ACTION allow it (gcs_terminate)."""
        announcer = self._context.announcer
        if not self.enabled:
            return announcer.refuse("AFS not enabled, can't terminate the vehicle", severity=Severity.INFO)
        self._set_parameter("AFS_TERMINATE", float(terminate))
        if self._ends is terminate:
            what = "Terminating" if terminate else "Aborting termination"
            announcer.say(Severity.INFO, f"{what} due to {reason}")
            self._stop(self._facts.now_ms)
            return ACCEPTED
        return announcer.refuse("Unable to terminate, termination is not configured", severity=Severity.INFO)

    # --- the look -------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        if self._due_ms is None or now_ms < self._due_ms:
            return
        self._due_ms = next_multiple(now_ms, _LOOK_MS)
        self._sense(now_ms)
        param = self._facts.param
        if param("AFS_GEOFENCE", 1.0) != 0.0 and (self._breached() or self._too_high(now_ms)):
            self._terminate("fence breach")
        self._watch_range()
        self._watch_sticks(now_ms)
        self._step(now_ms)
        self._stop(now_ms)

    def _sense(self, now_ms: int) -> None:
        vector = self._facts.vehicle.state.report
        if vector[report.GPS_FIX] >= 3.0:
            self._fix_ms = now_ms
        if int(vector[report.SENSORS_HEALTHY]) & Sensor.ABSOLUTE_PRESSURE:
            self._baro_ms = now_ms
        if not self._losses.sticks.lost:
            self._sticks_lost_ms, self._piloted = None, not self._by_itself
        elif self._sticks_lost_ms is None:
            self._sticks_lost_ms = now_ms

    @property
    def _by_itself(self) -> bool:
        """True in modes with an automatic throttle."""
        modes = self._context.modes
        return modes.spec.autopilot or modes.number in (PlaneMode.FBWB, PlaneMode.CRUISE)

    def _terminate(self, why: str) -> None:
        if self._facts.param("AFS_TERMINATE") == 0.0:
            self._context.announcer.say(Severity.CRITICAL, f"Terminating due to {why}")
            self._set_parameter("AFS_TERMINATE", 1.0)

    def _too_high(self, now_ms: int) -> bool:
        """True above AFS_AMSL_LIMIT by the pressure; without a barometer by GPS, less AFS_AMSL_ERR_GPS (-1: always)."""
        param, vector = self._facts.param, self._facts.vehicle.state.report
        limit, sea = param("AFS_AMSL_LIMIT"), param("AFS_QNH_PRESSURE")
        if limit == 0.0 or sea <= 0.0:
            return False
        if now_ms - self._baro_ms > _BARO_MS:
            margin = param("AFS_AMSL_ERR_GPS", -1.0)
            known = margin != -1.0 and now_ms - self._fix_ms < _GPS_MS
            return not known or bool(vector[report.GPS_ALT] > limit - margin)
        share = float(vector[report.BARO_PRESSURE]) / (100.0 * sea)
        return _SCALE_M * (1.0 - exp(_EXPONENT * log(max(share, 1e-3)))) > limit

    def _watch_range(self) -> None:
        """AFS_MAX_RANGE, km, from the place of the first arming, while there is a fix."""
        limit, state = self._facts.param("AFS_MAX_RANGE"), self._facts.vehicle.state
        if limit <= 0.0 or state.report[report.GPS_FIX] < 3.0:
            return
        if self._begin is None and self._facts.armed:
            self._begin = state.place
        away = 0.0 if self._begin is None else 0.001 * distance(self._begin, state.place)
        if away > limit:
            self._terminate(f"range {away:.1f}km")

    def _watch_sticks(self, now_ms: int) -> None:
        """AFS_RC_FAIL_TIME, s without sticks: in modes that a pilot flies, or in all (AFS_RC_MAN_ONLY 0). A short time
        is over before ArduPlane's short action changes the mode; here that is at once."""
        param, since_ms = self._facts.param, self._sticks_lost_ms
        limit_s = param("AFS_RC_FAIL_TIME")
        piloted = not self._by_itself or (self._piloted and limit_s < _SHORT_ACTION_S)
        counts = param("AFS_RC", 1.0) != 0.0 and (piloted or param("AFS_RC_MAN_ONLY", 1.0) == 0.0)
        if self._state is _State.PREFLIGHT or since_ms is None or limit_s <= 0.0 or not counts:
            return
        if now_ms - since_ms > 1000.0 * limit_s:
            self._terminate("RC failure")

    def _step(self, now_ms: int) -> None:
        has_station, has_gps = self._losses.comms.deadline_ms is not None, now_ms - self._fix_ms < _FIX_MS
        if self._state is _State.PREFLIGHT:
            if self._by_itself:
                self._enter(_State.AUTO)
        elif self._state is _State.AUTO:
            if not has_station:
                self._lose(_State.NO_STATION, "AFS_WP_COMMS", now_ms)
            elif not has_gps:
                self._lose(_State.NO_GPS, "AFS_WP_GPS_LOSS", now_ms)
        elif not has_station and not has_gps:
            if self._facts.param("AFS_DUAL_LOSS", 1.0) != 0.0:
                self._terminate("dual loss")
        elif has_station and has_gps:
            if self._state is _State.NO_STATION:
                self._find("AFS_MAX_COM_LOSS", ", GCS now OK")
            else:
                self._find("AFS_MAX_GPS_LOSS", ", GPS now OK")

    def _enter(self, state: _State, more: str = "") -> None:
        self._state = state
        self._context.announcer.say(Severity.DEBUG, f"AFS State: {state.value}{more}")

    def _lose(self, state: _State, name: str, now_ms: int) -> None:
        """Go on at the item that a parameter names; 0: as before."""
        self._enter(state)
        item, options = int(self._facts.param(name)), int(self._facts.param("AFS_OPTIONS"))
        by_link = state is _State.NO_STATION
        if item > 0 and not (by_link and options & _NOT_ON_WAY_BACK and self._auto.paths.begun is not None):
            self._saved = self._auto.sequencer.current_nav_index()
            self._go_to(item)
            if by_link and options & _ALL_MODES and self._by_itself:
                self._context.modes.set(PlaneMode.AUTO, now_ms, ModeReason.GCS_FAILSAFE)
        if now_ms - self._last_ms.get(state, -_SAME_EVENT_MS - 1) > _SAME_EVENT_MS:
            self._counts[state] += 1
            self._last_ms[state] = now_ms

    def _find(self, name: str, more: str) -> None:
        """Return to the item that was flown, unless there were too many losses."""
        lost, most = self._state, int(self._facts.param(name))
        self._enter(_State.AUTO, more)
        stays = lost is _State.NO_STATION and int(self._facts.param("AFS_OPTIONS")) & _GOES_ON
        if not stays and self._saved and (most <= 0 or self._counts[lost] <= most):
            self._go_to(self._saved)
            self._saved = None

    def _go_to(self, item: int) -> None:
        try:
            self._auto.go_on_at(item)
        except SetCurrentError as error:
            self._context.announcer.say(Severity.WARNING, str(error))

    def _stop(self, now_ms: int) -> None:
        if not self._ends or not self._facts.armed:
            return
        if int(self._facts.param("AFS_TERM_ACTION")) == _LANDS and self._facts.vehicle_class.lands_anywhere:
            self._context.modes.set(PlaneMode.QLAND, now_ms, ModeReason.TERMINATE)
        else:
            self._context.disarm(ArmingMethod.AFS)
