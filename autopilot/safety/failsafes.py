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
from autopilot.safety.escape import (
    COPTER_BATTERY,
    COPTER_GROUND_STATION,
    COPTER_RADIO,
    ROVER_ACTION,
    Escape,
    escape,
)
from autopilot.vehicle import VehicleEvent

_AUTO_ON_RC_LOSS, _AUTO_ON_GCS_LOSS, _GUIDED_ON_RC_LOSS = 1, 2, 4  # FS_OPTIONS bits
_GO_ON_LANDING, _PILOT_ON_GCS_LOSS = 8, 16
_CONTINUE_IN_AUTO = 2  # FS_GCS_ENABLE, FS_THR_ENABLE of a rover; a copter's 2 means RTL since ArduPilot 4.0


class SilenceWatch:
    """Knows when something was last heard. `deadline`: on the clock of its caller; None while nothing is expected."""

    def __init__(self) -> None:
        self.deadline: int | None = None
        self.lost = False

    def heard(self, now_ms: int, timeout_s: float) -> bool:
        """True when this ends a loss."""
        self.deadline = now_ms + int(timeout_s * 1000.0)
        was_lost, self.lost = self.lost, False
        return was_lost

    def forget(self) -> bool:
        """Nothing is expected any more. True when this ends a loss."""
        self.deadline = None
        was_lost, self.lost = self.lost, False
        return was_lost

    def is_due(self, now_ms: int) -> bool:
        """True once, when the silence has lasted too long."""
        if self.deadline is None or now_ms < self.deadline:
            return False
        self.deadline = None
        self.lost = True
        return True


class Failsafes:
    """The failsafes of one vehicle. `disarm(reason)` stops the motors whatever happens."""

    def __init__(self, cockpit: Cockpit, modes: ModeChoice, disarm: Callable[[str], None]) -> None:
        self._cockpit = cockpit
        self._modes = modes
        self._disarm = disarm
        self.ground_station = SilenceWatch()
        self.sticks = SilenceWatch()
        self._heard = False
        self.battery_low = False
        self.battery_critical = False
        self.estimator = False
        self._autos: Final = (RoverMode.AUTO,) if cockpit.rover else (CopterMode.AUTO, CopterMode.AUTO_RTL)

    @property
    def active(self) -> bool:
        """Some failsafe is in force (system_status CRITICAL)."""
        return (
            self.battery_low or self.battery_critical or self.estimator or self.ground_station.lost or self.sticks.lost
        )

    # --- causes ---------------------------------------------------------------------------------------------------
    def handle_events(self, events: VehicleEvent, now_ms: int) -> None:
        """Act on what the vehicle has detected."""
        if events & VehicleEvent.CRASHED:
            self._crashed(now_ms, stopped=bool(events & VehicleEvent.DISARMED))
        if events & VehicleEvent.CUTOFF:
            self._cockpit.say(Severity.EMERGENCY, "Emergency cutoff: motors stopped")
            self._disarm("emergency cutoff")
        if events & VehicleEvent.ESTIMATOR_FAILED:
            self._estimator_failed(now_ms)
        if events & VehicleEvent.ESTIMATOR_OK and self.estimator:
            self.estimator = False
            self._cockpit.say(Severity.CRITICAL, "EKF Failsafe Cleared")
        if events & VehicleEvent.GPS_LOST and self._cockpit.armed:
            self._cockpit.say(Severity.CRITICAL, "GPS Glitch or Compass error")
        if events & VehicleEvent.GPS_OK and self._cockpit.armed:
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
            self._modes.set(RoverMode.HOLD, now_ms, "crash")
            if check == 1:
                self._cockpit.say(Severity.EMERGENCY, "Crash: Going to HOLD")
                return
        self._cockpit.say(Severity.EMERGENCY, "Crash: Disarming")
        self._disarm("crash")

    def armed_changed(self, armed: bool) -> None:
        """A battery or estimator that failed in the last flight is judged anew."""
        if not armed:
            self.battery_low = self.battery_critical = self.estimator = False

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
        self._fail("Battery", way, now_ms)

    def _estimator_failed(self, now_ms: int) -> None:
        if not self._cockpit.armed:
            return
        self.estimator = True
        self._cockpit.say(Severity.CRITICAL, "EKF variance")
        action = int(self._cockpit.param("FS_EKF_ACTION", 1.0))
        if action == 0 or not (self._modes.spec.position or (action == 3 and not self._cockpit.rover)):
            return
        if self._cockpit.rover:
            number = int(RoverMode.HOLD)
        else:
            number = int(CopterMode.ALT_HOLD if action == 2 else CopterMode.LAND)
        if self._modes.set(number, now_ms, "EKF Failsafe").ok:
            self._cockpit.say(Severity.CRITICAL, f"EKF Failsafe: changed to {self._modes.spec.name} Mode")

    def ground_station_heard(self) -> None:
        """A HEARTBEAT of SYSID_MYGCS. Whoever passes it on may live on the vehicle's clock: the silence counts from the
        next `link_time`."""
        self._heard = True

    def link_time(self, link_ms: int, now_ms: int) -> None:
        """The link clock has advanced to `link_ms`."""
        if self._heard:
            self._heard = False
            if self.ground_station.heard(link_ms, self._cockpit.param("FS_GCS_TIMEOUT", 5.0) + self._patience()):
                self._cockpit.say(Severity.WARNING, "GCS Failsafe Cleared")
        if self.ground_station.is_due(link_ms):
            self.ground_station_silent(now_ms)

    def ground_station_silent(self, now_ms: int) -> None:
        """It was not heard in time, or the fault `gcs.loss` says so."""
        setting = int(self._cockpit.param("FS_GCS_ENABLE"))
        self.ground_station.lost = setting != 0
        if setting == 0:
            return
        options = int(self._cockpit.param("FS_OPTIONS", 16.0))
        if self._cockpit.rover:
            go_on = _CONTINUE_IN_AUTO if setting == _CONTINUE_IN_AUTO and self._in_auto() else 0
            way = Escape.NONE if go_on else self._rover_action()
        elif options & _AUTO_ON_GCS_LOSS and self._in_auto():
            way = self._go_on("GCS", "Continuing Auto Mode")
        elif options & _PILOT_ON_GCS_LOSS and not self._modes.spec.autopilot:
            way = self._go_on("GCS", "Continuing Pilot Control")
        else:
            way = COPTER_GROUND_STATION.get(setting, Escape.RTL)
        self._fail("GCS", way, now_ms)

    def sticks_heard(self, now_ms: int) -> None:
        """A ground station moves the sticks: from now on their silence counts (RC_OVERRIDE_TIME, -1: never)."""
        timeout = self._cockpit.param("RC_OVERRIDE_TIME", 3.0)
        if timeout <= 0.0:
            return
        if self.sticks.heard(now_ms, timeout + self._patience()):
            self._cockpit.say(Severity.WARNING, "Radio Failsafe Cleared")

    def sticks_released(self) -> None:
        """They were released on purpose: the watch ends."""
        if self.sticks.forget():
            self._cockpit.say(Severity.WARNING, "Radio Failsafe Cleared")

    def sticks_silent(self, now_ms: int) -> None:
        """The sticks were not renewed in time, or a fault says so."""
        setting = int(self._cockpit.param("FS_THR_ENABLE", 1.0))
        self.sticks.lost = setting != 0
        if setting == 0:
            return
        options = int(self._cockpit.param("FS_OPTIONS", 16.0))
        if self._cockpit.rover:
            way = Escape.NONE if setting == _CONTINUE_IN_AUTO and self._in_auto() else self._rover_action()
        elif self._in_auto() and options & _AUTO_ON_RC_LOSS:
            way = self._go_on("Radio", "Continuing Auto")
        elif options & _GUIDED_ON_RC_LOSS and self._modes.number == CopterMode.GUIDED:
            way = self._go_on("Radio", "Continuing Guided Mode")
        else:
            way = COPTER_RADIO.get(setting, Escape.LAND)
        self._fail("Radio", way, now_ms)

    def too_windy(self, now_ms: int) -> None:
        """The wind is above SRT_WIND_MAX: come home."""
        self._fail("Wind", Escape.RTL, now_ms)

    # --- consequences ---------------------------------------------------------------------------------------------
    def _in_auto(self) -> bool:
        return self._modes.number in self._autos

    def _patience(self) -> float:
        """FS_TIMEOUT, s: how long a rover's loss must last before it acts. A copter has none."""
        return self._cockpit.param("FS_TIMEOUT", 0.0)

    def _rover_action(self) -> Escape:
        return ROVER_ACTION.get(int(self._cockpit.param("FS_ACTION", 2.0)), Escape.NONE)

    def _go_on(self, name: str, how: str) -> Escape:
        if self._cockpit.armed:
            self._cockpit.say(Severity.WARNING, f"{name} Failsafe - {how}")
        return Escape.NONE

    def _fail(self, name: str, way: Escape, now_ms: int) -> None:
        """Announce and act, unless the vehicle is disarmed; on the ground the motors stop instead."""
        if way is Escape.NONE:
            return
        landing = self._modes.mode.is_landing and int(self._cockpit.param("FS_OPTIONS", 16.0)) & _GO_ON_LANDING
        if not self._cockpit.armed:
            self._cockpit.say(Severity.WARNING, f"{name} Failsafe")
        elif way is Escape.TERMINATE:
            self._cockpit.say(Severity.WARNING, f"{name} Failsafe - Terminating")
            self._disarm(f"{name} failsafe")
        elif self._cockpit.landed and not self._cockpit.rover:
            self._cockpit.say(Severity.WARNING, f"{name} Failsafe - Disarming")
            self._disarm(f"{name} failsafe")
        elif landing and not self._cockpit.rover:
            self._cockpit.say(Severity.WARNING, f"{name} Failsafe - Continuing Landing")
        else:
            self._cockpit.say(Severity.WARNING, f"{name} Failsafe")
            escape(self._cockpit, self._modes, way, f"{name} Failsafe", now_ms, tell=True)
