"""Failsafes: reactions to failures of the battery, the estimator, the ground station or the sticks, and to strong wind.

Each has a cause (an event of the vehicle, or a silence), a parameter for its action, and ArduPilot's text. The rules of
flying or driving vehicles act; the mode does the rest. Source: ArduPilot ArduCopter/events.cpp, ekf_check.cpp,
crash_check.cpp, Rover/failsafe.cpp.

The loss of the ground station is measured on the link clock, everything else in vehicle time: see `Watchdog`.

The wind limit (SRT_WIND_MAX, m/s; 0 = off) brings the vehicle home. The estimated wind is checked once a second of
vehicle time, only while armed with a limit. It acts once when the limit is exceeded, and again only after the wind has
fallen below nine tenths of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from autopilot.context.events import ErrorLogged
from autopilot.context.personality import FailsafeCause
from autopilot.context.turns import earliest, next_multiple
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface import report
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ArmingMethod, ErrorSubsystem
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity, VtolState
from autopilot.parameters.stations import stations
from autopilot.safety.failsafe_actions import SafetyContext
from autopilot.safety.losses import Losses
from autopilot.vehicles.vehicle_class import FailsafeAction

_LOOK_MS: Final = 1000
_CALM: Final = 0.9
_CHANGE_LOOK_MS: Final = 200
_FAILED_TRANSITION: Final = {0: FailsafeAction.LAND, 1: FailsafeAction.QRTL}  # Q_TRANS_FAIL_ACT


class WindWatch:
    """Monitor of the estimated wind. `flee(now_ms)` is called if it is too strong."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, flee: Callable[[int], None]) -> None:
        self._facts = facts
        self._announcer = announcer
        self._flee = flee
        self._limit = 0.0
        self.exceeded = False
        self._due_ms: int | None = None
        self.parameter_changed("SRT_WIND_MAX")

    def parameter_changed(self, name: str) -> None:
        if name == "SRT_WIND_MAX":
            self._limit = self._facts.param(name)
            self._schedule(self._facts.now_ms)

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        self._schedule(now_ms)

    def _schedule(self, now_ms: int) -> None:
        """Start monitoring again after arming or a change of the limit."""
        self.exceeded = False
        watching = self._limit > 0.0 and self._facts.armed
        self._due_ms = next_multiple(now_ms, _LOOK_MS) if watching else None

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def update(self, now_ms: int) -> None:
        if self._due_ms is None or now_ms < self._due_ms:
            return
        self._due_ms += _LOOK_MS
        vector = self._facts.vehicle.state.report
        speed = hypot(vector[report.WIND_N], vector[report.WIND_E])
        if self.exceeded:
            self.exceeded = speed > _CALM * self._limit
        elif speed > self._limit and not self._facts.grounded:
            self.exceeded = True
            self._announcer.say(Severity.WARNING, f"Wind {speed:.1f} m/s is above {self._limit:g} m/s")
            self._flee(now_ms)


class TransitionWatch:
    """Monitor of the duration of transitions to wings (Q_TRANS_FAIL, s; 0 = off), by the measured airspeed. A
    transition that takes too long is announced, acted on by Q_TRANS_FAIL_ACT, and the vehicle flies on upright,
    straight from its place. Active while armed with a limit."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._began_ms: int | None = None
        self._announced = False
        self._due_ms: int | None = None

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        self._began_ms, self._announced = None, False
        self._due_ms = now_ms if armed and self._facts.param("Q_TRANS_FAIL") > 0.0 else None

    def parameter_changed(self, name: str) -> None:
        if name == "Q_TRANS_FAIL":
            self.armed_changed(self._facts.armed, self._facts.now_ms)

    def update(self, now_ms: int) -> None:
        if self._due_ms is None or now_ms < self._due_ms:
            return
        self._due_ms = now_ms + _CHANGE_LOOK_MS
        vector = self._facts.vehicle.state.report
        slow = vector[report.AIR_SPEED] < self._facts.param("AIRSPEED_MIN")
        if vector[report.VTOL_STATE] != VtolState.TRANSITION_TO_FW or not slow:
            self._began_ms, self._announced = None, False
            return
        if self._began_ms is None:
            self._began_ms = now_ms
        limit_s = self._facts.personality.transition_limit_s(float(vector[report.AIR_SPEED]))
        if not self._announced and now_ms - self._began_ms > 1000.0 * limit_s:
            self._announced = True
            self._announcer.say(Severity.CRITICAL, self._facts.personality.texts.transition_failed)
            self._act(now_ms)

    def _act(self, now_ms: int) -> None:
        action = _FAILED_TRANSITION.get(int(self._facts.param("Q_TRANS_FAIL_ACT")), FailsafeAction.NONE)
        self._helm.upright = action is not FailsafeAction.NONE
        self._facts.personality.failsafes.fail(FailsafeCause.TRANSITION, action, now_ms)


_UNMEASURED_MS: Final = 5000  # AP_BATT_MONITOR_TIMEOUT
_WARN_AGAIN_MS: Final = 30_000  # between two "EKF variance"; EKF_CHECK_WARNING_TIME


class Failsafes:
    HEARS: ClassVar = int(
        VehicleEvent.CRASHED | VehicleEvent.CUTOFF | VehicleEvent.ESTIMATOR_FAILED | VehicleEvent.ESTIMATOR_OK
        | VehicleEvent.GPS_LOST | VehicleEvent.GPS_OK | VehicleEvent.BATTERY_CRITICAL | VehicleEvent.BATTERY_LOW
        | VehicleEvent.THRUST_LOST
    )  # fmt: skip
    """Events that `handle_events` acts on."""

    def __init__(self, context: SafetyContext, losses: Losses) -> None:
        self._context, self._facts, self._announcer = context, context.facts, context.announcer
        self.losses = losses
        self.ground_station, self.sticks = losses.ground_station, losses.sticks
        self._station_heard = self._deaf = False
        self.battery_low = False
        self.battery_critical = False
        self.estimator = False
        self._warned_ms: int | None = None
        self._missing_ms: int | None = None

    @property
    def battery_level(self) -> int:
        """State of the battery's failsafes: 0 none, 1 low, 2 critical."""
        return 2 if self.battery_critical else 1 if self.battery_low else 0

    @property
    def active(self) -> bool:
        """True while any failsafe is in force (system_status CRITICAL)."""
        return self._facts.personality.failsafes.in_force(
            failing=self.battery_low or self.battery_critical or self.estimator
        )

    @property
    def misses_sticks(self) -> bool:
        """True if the sticks are lost and arming needs them."""
        return self.sticks.lost and self._facts.personality.failsafes.needs_sticks

    @property
    def misses_station(self) -> bool:
        """True if the ground station is lost and arming needs it."""
        return self.ground_station.lost and self._facts.personality.failsafes.needs_station

    # --- time -----------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """Act on a loss that has lasted long enough."""
        if self._missing_ms is not None and now_ms >= self._missing_ms:
            self._missing_ms = None
            self._announce_missing()
        self._facts.personality.failsafes.update(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Vehicle time, ms; the ground station's silence is on the link clock."""
        return earliest((self.sticks.deadline_ms, self._facts.personality.failsafes.deadline_ms, self._missing_ms))

    # --- causes ---------------------------------------------------------------------------------------------------
    def handle_events(self, events: VehicleEvent, now_ms: int) -> None:
        """Act on detections of the vehicle."""
        if events & VehicleEvent.CRASHED:
            self._crashed(now_ms, stopped=bool(events & VehicleEvent.DISARMED))
        if events & VehicleEvent.CUTOFF:
            self._announcer.say(Severity.EMERGENCY, "Emergency cutoff: motors stopped")
            self._context.disarm(ArmingMethod.TERMINATION)
        if events & VehicleEvent.ESTIMATOR_FAILED:
            self._estimator_failed(now_ms)
        if events & VehicleEvent.ESTIMATOR_OK and self.estimator:
            self.estimator = False
            self._facts.personality.estimator_recovered(now_ms)
        if events & VehicleEvent.GPS_LOST:
            self._facts.personality.failsafes.position_lost(lost=True)
        if events & VehicleEvent.GPS_OK:
            self._facts.personality.failsafes.position_lost(lost=False)
        if events & VehicleEvent.THRUST_LOST:
            self._facts.personality.failsafes.thrust_lost(now_ms)
        if events & VehicleEvent.BATTERY_CRITICAL:
            self._battery(now_ms, critical=True)
        elif events & VehicleEvent.BATTERY_LOW:
            self._battery(now_ms, critical=False)

    def _crashed(self, now_ms: int, *, stopped: bool) -> None:
        """Act by FS_CRASH_CHECK: 0 nothing. `stopped`: the motors have stopped already."""
        check = int(self._facts.param("FS_CRASH_CHECK", 1.0))
        if check != 0 and (self._facts.armed or stopped):
            self._announcer.announce(ErrorLogged(ErrorSubsystem.CRASH_CHECK, 1))
            self._facts.personality.failsafes.crashed(check, now_ms)

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        """Forget failures of battery and estimator in the last flight."""
        if not armed:
            self.battery_low = self.battery_critical = self.estimator = False
            self.losses.battery_action = None
            self._missing_ms = None
        self._facts.personality.failsafes.armed(armed)

    def parameter_changed(self, name: str) -> None:
        if name == "BATT_VOLT_PIN":
            missing = self._facts.armed and self._facts.param(name) < 0.0
            self._missing_ms = self._facts.now_ms + _UNMEASURED_MS if missing else None

    def _announce_missing(self) -> None:
        """Announce a battery that is no longer measured in flight (AP_BattMonitor.cpp, check_failsafes)."""
        vector = self._facts.vehicle.state.report
        volts, used = float(vector[report.BATT_V]), float(vector[report.BATT_MAH])
        self._announcer.say(Severity.WARNING, f"Battery 1 is missing, last: {volts:.2f}V used {used:.0f} mAh")

    def _battery(self, now_ms: int, *, critical: bool) -> None:
        if not self._facts.armed:
            return
        if critical:
            self.battery_critical = True
        else:
            self.battery_low = True
        self._facts.personality.battery_failed(critical=critical, now_ms=now_ms)

    def _estimator_failed(self, now_ms: int) -> None:
        """Act by FS_EKF_ACTION; FS_EKF_THRESH 0 disables it."""
        if self._facts.param("FS_EKF_THRESH", 0.8) <= 0.0:
            return
        warns = self._facts.personality.failsafes.warns_of_variance
        if warns and (self._warned_ms is None or now_ms - self._warned_ms > _WARN_AGAIN_MS):
            self._warned_ms = now_ms
            self._announcer.say(Severity.CRITICAL, "EKF variance")
        if self._facts.armed:
            self.estimator = True
            self._facts.personality.failsafes.estimator_failed(now_ms)

    def ground_station_heard(self, system: int) -> None:
        """Note a HEARTBEAT of a ground station; those of SYSID_MYGCS to MAV_GCS_SYSID_HI count. The caller may run on
        the vehicle's clock, so the silence counts from the next `link_time`."""
        param = self._facts.param
        if system in stations(param("SYSID_MYGCS", 255.0), param("MAV_GCS_SYSID_HI", 0.0)):
            self._station_heard = not self._deaf

    def ground_station_failed(self, now_ms: int, *, failed: bool) -> None:
        """Begin or end the fault `gcs.loss`: the ground station is lost at once, and not heard until the fault ends."""
        self._deaf = failed
        if failed:
            self._station_heard = False
            self.ground_station.deadline_ms = None
            self.losses.comms.forget()
            self.ground_station_silent(now_ms)

    def link_time(self, link_ms: int, now_ms: int) -> None:
        """Advance the link clock to `link_ms`."""
        if self._station_heard:
            self._station_heard = False
            if self._facts.param("AFS_ENABLE") != 0.0:
                self.losses.comms.heard(link_ms, self._facts.param("AFS_GCS_TIMEOUT", 10.0))
            timeout = self._facts.param("FS_GCS_TIMEOUT", 5.0) + self._facts.param("FS_TIMEOUT", 0.0)
            if self.ground_station.heard(link_ms, timeout):
                self._facts.personality.failsafes.found(FailsafeCause.GROUND_STATION)
        self.losses.comms.is_due(link_ms)
        if self.ground_station.is_due(link_ms):
            self.ground_station_silent(now_ms)

    def next_link_deadline_ms(self) -> int | None:
        return earliest((self.ground_station.deadline_ms, self.losses.comms.deadline_ms))

    def ground_station_silent(self, now_ms: int) -> None:
        """Act on a ground station that was not heard in time."""
        setting = int(self._facts.param("FS_GCS_ENABLE"))
        self.ground_station.lose(counts=setting != 0)
        if setting != 0:
            self._facts.personality.failsafes.ground_station_silent(setting, now_ms)

    def sticks_heard(self, now_ms: int) -> None:
        """Note that a ground station moves the sticks. From now on their silence counts (RC_OVERRIDE_TIME, -1:
        never)."""
        timeout = self._facts.param("RC_OVERRIDE_TIME", 3.0)
        if timeout <= 0.0:
            return
        if self.sticks.heard(now_ms, timeout):
            self._facts.personality.failsafes.found(FailsafeCause.RADIO)

    def sticks_released(self) -> None:
        """End the monitoring, because the sticks were released on purpose."""
        if self.sticks.forget():
            self._facts.personality.failsafes.found(FailsafeCause.RADIO)

    def sticks_silent(self, now_ms: int) -> None:
        """Act on sticks that were not renewed in time, or on a fault of the sticks."""
        setting = int(self._facts.param("FS_THR_ENABLE", 1.0))
        self.sticks.lose(counts=setting != 0)
        if setting != 0:
            self._facts.personality.failsafes.sticks_silent(setting, now_ms)

    def terrain_lost(self, now_ms: int) -> None:
        """Return, because a leg needs the ground and the terrain data are missing."""
        self._announcer.say(Severity.CRITICAL, "Failsafe: Terrain data missing")
        self._announcer.announce(ErrorLogged(ErrorSubsystem.FAILSAFE_TERRAIN, 1))
        self._facts.personality.failsafes.fail(FailsafeCause.TERRAIN, FailsafeAction.RTL, now_ms)

    def too_windy(self, now_ms: int) -> None:
        """Return, because the wind is above SRT_WIND_MAX."""
        self._facts.personality.failsafes.fail(FailsafeCause.WIND, FailsafeAction.RTL, now_ms)
