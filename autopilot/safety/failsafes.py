"""Failsafes: what happens when the battery, the estimator, the ground station or the sticks fail.

Each has a cause that comes in (an event of the vehicle, or a silence), a parameter that says what to do, and the text
that ArduPilot has for it. The mode does the rest. Source: ArduPilot ArduCopter/events.cpp, ekf_check.cpp,
crash_check.cpp, Rover/failsafe.cpp.

The loss of the ground station is counted on the link clock, everything else in vehicle time: see `SilenceWatch`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot import report
from autopilot.cockpit import Cockpit
from autopilot.modes.manager import ModeChoice
from autopilot.modes.table import CopterMode, RoverMode
from autopilot.outcome import Severity
from autopilot.reasons import ArmingMethod, ModeReason
from autopilot.safety.crash import crash_text
from autopilot.safety.escape import (
    CAUSES,
    COPTER_BATTERY,
    COPTER_GROUND_STATION,
    COPTER_RADIO,
    ROVER_ACTION,
    Escape,
    action_name,
    escape,
    escape_to,
)
from autopilot.safety.rover_losses import RoverLosses
from autopilot.safety.silence import SilenceWatch
from autopilot.vehicle import VehicleEvent

_AUTO_ON_RC_LOSS, _AUTO_ON_GCS_LOSS, _GUIDED_ON_RC_LOSS = 1, 2, 4  # FS_OPTIONS bits
_GO_ON_LANDING, _PILOT_ON_GCS_LOSS = 8, 16
_URGENCY: Final = (Escape.TERMINATE, Escape.LAND, Escape.HOLD, Escape.RTL, Escape.SMART_RTL_OR_STOP,
                   Escape.SMART_RTL_OR_RTL, Escape.NONE)  # fmt: skip
"""Battery failsafes, the most urgent first: a later one acts only when it is as urgent as the one before."""
_WARN_AGAIN_MS: Final = 30_000  # between two "EKF variance"; EKF_CHECK_WARNING_TIME


class Failsafes:
    """The failsafes of one vehicle. `disarm(method)` stops the motors whatever happens."""

    def __init__(self, cockpit: Cockpit, modes: ModeChoice, disarm: Callable[[ArmingMethod], None]) -> None:
        self._cockpit = cockpit
        self._modes = modes
        self._disarm = disarm
        self._losses = RoverLosses(cockpit, modes, disarm)
        self.ground_station = SilenceWatch()
        self.sticks = SilenceWatch()
        self._heard = self._deaf = False
        self.battery_low = False
        self.battery_critical = False
        self.estimator = False
        self._warned_ms: int | None = None
        self._battery_way: Escape | None = None  # what a failing battery has led to in this flight
        self._autos: Final = (RoverMode.AUTO,) if cockpit.rover else (CopterMode.AUTO, CopterMode.AUTO_RTL)

    @property
    def active(self) -> bool:
        """Some failsafe is in force (system_status CRITICAL)."""
        lost = self._losses.acted if self._cockpit.rover else self.ground_station.lost or self.sticks.lost
        return lost or self.battery_low or self.battery_critical or self.estimator

    # --- time -----------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """A rover's loss may have lasted long enough now."""
        self._losses.update(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Vehicle time; the ground station's silence is on the link clock."""
        sticks, losses = self.sticks.deadline, self._losses.deadline_ms
        if sticks is None or losses is None:
            return losses if sticks is None else sticks
        return min(sticks, losses)

    # --- causes ---------------------------------------------------------------------------------------------------
    def handle_events(self, events: VehicleEvent, now_ms: int) -> None:
        """Act on what the vehicle has detected."""
        if events & VehicleEvent.CRASHED:
            self._crashed(now_ms, stopped=bool(events & VehicleEvent.DISARMED))
        if events & VehicleEvent.CUTOFF:
            self._cockpit.say(Severity.EMERGENCY, "Emergency cutoff: motors stopped")
            self._disarm(ArmingMethod.TERMINATION)
        if events & VehicleEvent.ESTIMATOR_FAILED:
            self._estimator_failed(now_ms)
        if events & VehicleEvent.ESTIMATOR_OK and self.estimator:
            self.estimator = False
            self._cockpit.say(
                Severity.CRITICAL, "EKF failsafe cleared" if self._cockpit.rover else "EKF Failsafe Cleared"
            )
        if self._cockpit.armed and not self._cockpit.rover:
            if events & VehicleEvent.GPS_LOST:
                self._cockpit.say(Severity.CRITICAL, "GPS Glitch or Compass error")
            if events & VehicleEvent.GPS_OK:
                self._cockpit.say(Severity.CRITICAL, "Glitch cleared")
        if events & VehicleEvent.BATTERY_CRITICAL:
            self._battery("critical", "BATT_FS_CRT_ACT", now_ms)
        elif events & VehicleEvent.BATTERY_LOW:
            self._battery("low", "BATT_FS_LOW_ACT", now_ms)

    def _crashed(self, now_ms: int, *, stopped: bool) -> None:
        """FS_CRASH_CHECK: 0 nothing, 1 disarm; rover 1 hold, 2 hold and disarm. `stopped`: the motors already are."""
        check = int(self._cockpit.param("FS_CRASH_CHECK", 1.0))
        if check == 0 or not (self._cockpit.armed or stopped):
            return
        if self._cockpit.rover:
            self._cockpit.say(Severity.EMERGENCY, "Crash: Going to HOLD")
            self._modes.set(RoverMode.HOLD, now_ms, ModeReason.CRASH_FAILSAFE)
            if check == 1:
                return
        else:
            self._cockpit.say(Severity.EMERGENCY, crash_text(self._cockpit))
        self._disarm(ArmingMethod.CRASH)

    def armed_changed(self, armed: bool) -> None:
        """A battery or estimator that failed in the last flight is judged anew."""
        if armed:
            self._losses.armed()
        else:
            self.battery_low = self.battery_critical = self.estimator = False
            self._battery_way = None

    def _battery(self, level: str, parameter: str, now_ms: int) -> None:
        if not self._cockpit.armed:
            return
        vector = self._cockpit.vehicle.state.report
        volts, used = vector[report.BATT_V], vector[report.BATT_MAH]
        self._cockpit.say(Severity.WARNING, f"Battery 1 is {level} {volts:.2f}V used {used:.0f} mAh")
        if level == "critical":
            self.battery_critical = True
        else:
            self.battery_low = True
        actions = ROVER_ACTION if self._cockpit.rover else COPTER_BATTERY
        way = actions.get(int(self._cockpit.param(parameter)), Escape.NONE)
        if self._battery_way is None or _urgency(way) <= _urgency(self._battery_way):
            self._battery_way = way
            self._fail("Battery", way, now_ms)

    def _estimator_failed(self, now_ms: int) -> None:
        """FS_EKF_ACTION; FS_EKF_THRESH 0 switches it off."""
        if self._cockpit.param("FS_EKF_THRESH", 0.8) <= 0.0:
            return
        if self._warned_ms is None or now_ms - self._warned_ms > _WARN_AGAIN_MS:
            self._warned_ms = now_ms
            self._cockpit.say(Severity.CRITICAL, "EKF variance")
        if not self._cockpit.armed:
            return
        self.estimator = True
        if self._cockpit.rover:
            self._hold_without_position(now_ms)
            return
        number = self._way_without_position()
        if number is None:
            self._cockpit.say(Severity.CRITICAL, "EKF Failsafe")
        elif escape_to(self._modes, number, ModeReason.EKF_FAILSAFE, now_ms):
            self._cockpit.say(Severity.CRITICAL, f"EKF Failsafe: changed to {self._modes.spec.title} Mode")

    def _hold_without_position(self, now_ms: int) -> None:
        """A rover in a mode that needs one. FS_EKF_ACTION: 0 nothing, 1 hold, 2 say so."""
        action = int(self._cockpit.param("FS_EKF_ACTION", 1.0))
        if action == 0 or not self._modes.spec.position:
            return
        if action == 1:
            self._modes.set(RoverMode.HOLD, now_ms, ModeReason.EKF_FAILSAFE)
        self._cockpit.say(Severity.CRITICAL, "EKF failsafe")

    def _way_without_position(self) -> int | None:
        """The mode that goes on without a position; None: the one that flies does, or nothing shall be done."""
        action = int(self._cockpit.param("FS_EKF_ACTION", 1.0))
        if action == 0 or self._modes.mode.is_landing or not (self._modes.spec.position or action == 3):
            return None
        return int(CopterMode.ALT_HOLD if action == 2 and not self.sticks.lost else CopterMode.LAND)

    def ground_station_heard(self) -> None:
        """A HEARTBEAT of SYSID_MYGCS. Whoever passes it on may live on the vehicle's clock: the silence counts from the
        next `link_time`."""
        self._heard = not self._deaf

    def ground_station_failed(self, now_ms: int, *, failed: bool) -> None:
        """The fault `gcs.loss`: lost at once, and not heard again until it ends."""
        self._deaf = failed
        if failed:
            self._heard = False
            self.ground_station.deadline = None
            self.ground_station_silent(now_ms)

    def link_time(self, link_ms: int, now_ms: int) -> None:
        """The link clock has advanced to `link_ms`."""
        if self._heard:
            self._heard = False
            timeout = self._cockpit.param("FS_GCS_TIMEOUT", 5.0) + self._cockpit.param("FS_TIMEOUT", 0.0)
            if self.ground_station.heard(link_ms, timeout):
                self._found("GCS")
        if self.ground_station.is_due(link_ms):
            self.ground_station_silent(now_ms)

    def ground_station_silent(self, now_ms: int) -> None:
        """It was not heard in time."""
        setting = int(self._cockpit.param("FS_GCS_ENABLE"))
        self.ground_station.lost = setting != 0
        if setting == 0:
            return
        if self._cockpit.rover:
            self._losses.lose("GCS", setting, now_ms)
            self._losses.update(now_ms)
            return
        options = int(self._cockpit.param("FS_OPTIONS", 16.0))
        go_on = ""
        if options & _AUTO_ON_GCS_LOSS and self._in_auto():
            go_on = "Continuing Auto Mode"
        elif options & _PILOT_ON_GCS_LOSS and not self._modes.spec.autopilot:
            go_on = "Continuing Pilot Control"
        self._fail("GCS", COPTER_GROUND_STATION.get(setting, Escape.RTL), now_ms, go_on)

    def sticks_heard(self, now_ms: int) -> None:
        """A ground station moves the sticks: from now on their silence counts (RC_OVERRIDE_TIME, -1: never)."""
        timeout = self._cockpit.param("RC_OVERRIDE_TIME", 3.0)
        if timeout <= 0.0:
            return
        if self.sticks.heard(now_ms, timeout):
            self._found("Radio")

    def sticks_released(self) -> None:
        """They were released on purpose: the watch ends."""
        if self.sticks.forget():
            self._found("Radio")

    def sticks_silent(self, now_ms: int) -> None:
        """The sticks were not renewed in time, or a fault says so."""
        setting = int(self._cockpit.param("FS_THR_ENABLE", 1.0))
        self.sticks.lost = setting != 0
        if setting == 0:
            return
        if self._cockpit.rover:
            self._losses.lose("Radio", setting, now_ms + int(1000.0 * self._cockpit.param("FS_TIMEOUT", 0.0)))
            return
        options = int(self._cockpit.param("FS_OPTIONS", 16.0))
        go_on = ""
        if options & _AUTO_ON_RC_LOSS and self._in_auto():
            go_on = "Continuing Auto"
        elif options & _GUIDED_ON_RC_LOSS and self._modes.number == CopterMode.GUIDED:
            go_on = "Continuing Guided Mode"
        self._fail("Radio", COPTER_RADIO.get(setting, Escape.LAND), now_ms, go_on)

    def too_windy(self, now_ms: int) -> None:
        """The wind is above SRT_WIND_MAX: come home."""
        self._fail("Wind", Escape.RTL, now_ms)

    # --- consequences ---------------------------------------------------------------------------------------------
    def _in_auto(self) -> bool:
        return self._modes.number in self._autos

    def _found(self, name: str) -> None:
        """What was lost is heard again."""
        if self._cockpit.rover:
            self._losses.find(name)
        else:
            self._cockpit.say(Severity.WARNING, f"{name} Failsafe Cleared")

    def _fail(self, name: str, way: Escape, now_ms: int, go_on: str = "") -> None:
        """Announce and act; `go_on`: how a copter in the air goes on as it is, by an option. On the ground its motors
        stop instead."""
        if self._cockpit.rover:
            self._stop_driving(name, way, now_ms)
        elif name == "GCS" and not self._cockpit.armed:
            self._announce(name)
        elif self._cockpit.landed:
            self._announce(name, "Disarming")
            if self._cockpit.armed:
                self._disarm(CAUSES[name].method)
        elif self._lands_on(name, way):
            escape(self._cockpit, self._modes, Escape.LAND, CAUSES[name].reason, now_ms, failsafe=True)
        elif go_on:
            self._announce(name, go_on)
        elif way is Escape.TERMINATE:
            self._announce(name, "Terminating")
            self._disarm(CAUSES[name].method)
        else:
            self._announce(name, action_name(way, rover=False))
            escape(self._cockpit, self._modes, way, CAUSES[name].reason, now_ms, failsafe=True)

    def _lands_on(self, name: str, way: Escape) -> bool:
        """A landing goes on: because the battery has asked for it, or by option (with a text)."""
        if not self._modes.mode.is_landing:
            return False
        if name != "Battery" and self._battery_way in (Escape.LAND, Escape.TERMINATE):
            self._announce(f"{name} + Battery", "Continuing Landing")
            return True
        if int(self._cockpit.param("FS_OPTIONS", 16.0)) & _GO_ON_LANDING and way is not Escape.NONE:
            self._announce(name, "Continuing Landing")
            return True
        return False

    def _stop_driving(self, name: str, way: Escape, now_ms: int) -> None:
        """The battery has already said what is the matter."""
        if way is Escape.NONE:
            return
        if name != "Battery":
            self._announce(name, action_name(way, rover=True))
        if self._cockpit.armed and way is Escape.TERMINATE:
            self._disarm(CAUSES[name].method)
        elif self._cockpit.armed:
            escape(self._cockpit, self._modes, way, CAUSES[name].reason, now_ms, failsafe=True)

    def _announce(self, name: str, what: str = "") -> None:
        self._cockpit.say(Severity.WARNING, f"{name} Failsafe - {what}" if what else f"{name} Failsafe")


def _urgency(way: Escape) -> int:
    """0 = the most urgent; what is not in the list comes last."""
    return _URGENCY.index(way) if way in _URGENCY else len(_URGENCY)
