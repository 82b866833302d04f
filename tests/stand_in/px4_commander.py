"""Modes, arming and failsafes of the PX4 stand-in: PX4's Commander.

Source: src/modules/commander (1.16). Commander.cpp `handle_command` (DO_SET_MODE by main and sub mode, DO_REPOSITION
only with its flag, 21196 not for arming, DO_SET_SERVO unknown), `arm` ("Arming denied: ..."), the automatic disarm
(COM_DISARM_PRFLT, COM_DISARM_LAND). failsafe/framework.cpp: a failsafe whose user may take over holds for
COM_FAIL_ACT_T first, then acts; any change of the user's mode while it acts is a takeover (`getSelectedAction`), and a
DO_REPOSITION counts as one; its state is HEARTBEAT's CRITICAL (mavlink/streams/HEARTBEAT.hpp, `inFailsafe`).
failsafe/failsafe.cpp: which action for which cause. ModeUtil/mode_requirements.cpp: what a mode wants.
UserModeIntention.cpp: with motors off every mode is taken, and the mode after a flight is the last that allows arming.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autopilot.interface.vehicle import SimulatedVehicle, VehicleEvent
from tests.stand_in.px4_navigator import LAND, LOITER, MISSION, OFFBOARD, POSCTL, RTL, TAKEOFF, Navigator
from tests.stand_in.px4_parameters import Parameters

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED = 0, 1, 2, 3, 4
CALIBRATING, STANDBY, ACTIVE, CRITICAL = 2, 3, 4, 5
_KNOWN = ((1, 0), (2, 0), (3, 0), (3, 1), TAKEOFF, LOITER, MISSION, RTL, LAND, (5, 0), OFFBOARD, (7, 0))
_NOT_ARMABLE = (RTL, LAND)
_CALIBRATION_MS = 2500
_SPOOL_UP_MS = 1000
_WARN, _HOLD, _RETURN, _DOWN = 0, 1, 2, 3
_MODE_OF = {_HOLD: LOITER, _RETURN: RTL, _DOWN: LAND}
#: What each failsafe does: (action, may a user take over, does it hold first). Terminations are left out.
FAILSAFES = {
    "battery warning": (_WARN, True, False),
    "battery critical": (_RETURN, True, True),  # COM_LOW_BAT_ACT 3
    "battery emergency": (_DOWN, True, True),
    "station lost": (_RETURN, True, True),  # NAV_DLL_ACT 2
    "transmitter lost": (_RETURN, True, True),  # NAV_RCL_ACT 2
    "geofence": (_HOLD, True, False),  # GF_ACTION 2
    "flight time": (_RETURN, True, True),  # COM_FLT_TIME_MAX
    "position lost": (_DOWN, False, False),  # no takeover to a mode that wants one
}


class Commander:
    """`say(severity, text)`. `failsafes`: what is wrong now, by name; `takeovers`: how often a user has overridden
    one; `offboard_ok()`: setpoints come."""

    def __init__(
        self, vehicle: SimulatedVehicle, parameters: Parameters, navigator: Navigator, say: Callable[[int, str], None]
    ) -> None:
        self.vehicle = vehicle
        self.parameters = parameters
        self.navigator = navigator
        self.say = say
        self.user_mode = LOITER
        self._rests_in = LOITER
        self.mode = LOITER
        self.armed = False
        self.failsafes: list[str] = []
        self.takeovers = 0
        self.took_over = False
        self.mission_from_ms = 0
        self.refused: str | None = None
        """Why it arms for nobody."""
        self.forbidden: tuple[int, int] | None = None
        """Mode that it neither enters nor can fly."""
        self.offboard_ok: Callable[[], bool] = lambda: False
        self._hold_until_ms = 0
        self._acting: tuple[int, int] | None = None
        self._calibrating_until_ms = 0
        self._disarm_ms: int | None = None
        self._flew = False
        self._now_ms = 0
        navigator.change_mode = self._by_navigator

    # --- what it says ---------------------------------------------------------------------------------------------
    @property
    def system_status(self) -> int:
        if self._calibrates:
            return CALIBRATING
        if not self.armed:
            return STANDBY
        return CRITICAL if self._acting is not None else ACTIVE

    @property
    def custom_mode(self) -> int:
        main, sub = self.mode
        return main << 16 | sub << 24

    def complaint(self) -> str | None:
        """Why it cannot be armed now."""
        if self._calibrates:
            return "calibrating"
        reasons = self.vehicle.armable_reasons
        if reasons or not self.vehicle.state.has_position:
            return "Resolve system health failures first"
        return None

    # --- commands -------------------------------------------------------------------------------------------------
    def set_mode(self, mode: tuple[int, int]) -> int:
        """A user's wish (`UserModeIntention::change`)."""
        if mode not in _KNOWN or mode == self.forbidden or not (mode == LAND or not self.armed or self._can_run(mode)):
            return TEMPORARILY_REJECTED
        self._users(mode, again=mode != self.mode)
        return ACCEPTED

    def _can_run(self, mode: tuple[int, int]) -> bool:
        plans = self.navigator.plans
        if mode == self.forbidden:
            return False
        if mode == MISSION:
            there = plans is not None and bool(plans.items[0]) and self._now_ms >= self.mission_from_ms
            return there and self.vehicle.state.has_position
        if mode == OFFBOARD:
            return self.offboard_ok()
        return mode not in (TAKEOFF, LOITER, RTL, POSCTL) or self.vehicle.state.has_position

    def _users(self, mode: tuple[int, int], *, again: bool = True) -> None:
        """The user's mode is this now; while a failsafe acts that is a takeover, whatever mode it is. Navigator enters
        a mode that it flies already only with a new target (`again`)."""
        self._intend(mode)
        if self._acting is not None and all(FAILSAFES[name][1] for name in self.failsafes):
            self.took_over = True
            self.takeovers += 1
            self._acting = None
        self._choose(again=again)

    def _by_navigator(self, mode: tuple[int, int]) -> None:
        """An end of a takeoff, an RTL item: the user's mode is changed for him, which is no takeover."""
        self._intend(mode)
        self._choose()

    def _intend(self, mode: tuple[int, int]) -> None:
        self.user_mode = mode
        if mode not in _NOT_ARMABLE:
            self._rests_in = mode

    def start_mission(self, first: float) -> int:
        """MISSION_START: it arms."""
        plans = self.navigator.plans
        if plans is None or not plans.items[0] or self._now_ms < self.mission_from_ms:
            self.say(2, "Mission start denied! No valid mission")
            return DENIED
        if not -1.0 <= first < len(plans.items[0]):
            return DENIED
        if first >= 0.0 and int(first) != plans.current:
            plans.current = int(first)
            self.navigator.mission_changed()
        started = self.set_mode(MISSION)
        return started if started != ACCEPTED else self.arm(False)

    def arm(self, force: bool) -> int:
        del force  # 21196 counts for disarming only
        if self.armed:
            return ACCEPTED
        why = self.complaint() if self.refused is None else self.refused
        if why is None and (self.user_mode in _NOT_ARMABLE or not self._can_run(self.user_mode)):
            why = "Resolve system health failures first"
        if why is not None or not self.vehicle.arm().ok:
            self.say(2, f"Arming denied: {why}")
            return TEMPORARILY_REJECTED
        self.armed, self._flew, self.took_over = True, False, False
        self._disarm_ms = self._now_ms + int(1000.0 * self.parameters["COM_DISARM_PRFLT"])
        self.navigator.spooled_up_ms = self._now_ms + _SPOOL_UP_MS
        self.say(6, "Armed by external command")
        self.navigator.enter(self.mode, self._now_ms)
        return ACCEPTED

    def disarm(self, force: bool, why: str = "external command") -> int:
        if self.armed and not force and not self.vehicle.state.landed:
            self.say(2, "Disarming denied: not landed")
            return TEMPORARILY_REJECTED
        self.vehicle.disarm(force=True)
        self.armed, self._acting, self.took_over, self._disarm_ms = False, None, False, None
        self.say(6, f"Disarmed by {why}")
        self.user_mode = self._rests_in
        self.navigator.disarmed = True
        self._choose()
        return ACCEPTED

    @property
    def _calibrates(self) -> bool:
        return self._now_ms < self._calibrating_until_ms

    def calibrate(self, message: Any) -> int:
        """PREFLIGHT_CALIBRATION: answered before it is done, and nothing arms meanwhile, nor is another one begun."""
        if self.armed or self._calibrates:
            return TEMPORARILY_REJECTED
        wanted = (message.param1, message.param2, message.param3, message.param5, message.param6)
        if 1.0 in wanted or message.param5 in (2.0, 4.0):
            self._calibrating_until_ms = self._now_ms + _CALIBRATION_MS
        return ACCEPTED

    def reposition(self, message: Any) -> int:
        if int(message.param2) != 1:
            return UNSUPPORTED
        if self.armed and not self._can_run(LOITER):
            return TEMPORARILY_REJECTED
        if self.armed:  # else it would be flown when somebody arms it
            self.navigator.go(message)
        self._users(LOITER)
        return ACCEPTED

    # --- failsafes ------------------------------------------------------------------------------------------------
    def fail(self, name: str) -> None:
        """Something is wrong from now on."""
        if name in self.failsafes:
            return
        self.failsafes.append(name)
        action, _, holds = FAILSAFES[name]
        if not self.armed:
            return
        if action == _WARN:
            self.say(2, "Failsafe activated")
            return
        self.took_over = False
        delay_s = self.parameters["COM_FAIL_ACT_T"]
        if holds and self._acting is None and self._can_run(LOITER):
            self._hold_until_ms = self._now_ms + int(1000.0 * delay_s)
            self.say(2, f"Failsafe activated, entering Hold for {delay_s:.0f} seconds")
        else:
            self.say(2, "Failsafe activated")
        self._choose()

    def clear(self, name: str) -> None:
        """It is in order again."""
        self.failsafes.remove(name)
        if not any(FAILSAFES[one][0] for one in self.failsafes):
            self.took_over = False
        self._choose()

    def _choose(self, *, again: bool = False) -> None:
        """The mode that is flown (`FailsafeBase::update`). `again`: enter it although it is flown already."""
        action = max((FAILSAFES[name][0] for name in self.failsafes), default=_WARN)
        self._acting = None
        if self.armed and action and not self.took_over:
            held = self._now_ms < self._hold_until_ms
            self._acting = LOITER if held else _MODE_OF[action]
            if self.user_mode == LAND and self._acting == RTL:
                self._acting = None
        chosen = self.user_mode if self._acting is None else self._acting
        if chosen != self.mode or (again and self._acting is None):
            self.mode = chosen
            self.navigator.enter(chosen, self._now_ms)

    # --- the pass -------------------------------------------------------------------------------------------------
    def step(self, events: VehicleEvent, now_ms: int) -> None:
        held = self._now_ms < self._hold_until_ms
        self._now_ms = now_ms
        if held and now_ms >= self._hold_until_ms:
            if not self.took_over and self._acting is not None:
                self.say(2, "Failsafe activated")
            self._choose()
        if not self.vehicle.state.has_position and self.armed and not self.vehicle.state.landed:
            self.fail("position lost")
        self._watch_fence()
        if self.mode == OFFBOARD and not self.offboard_ok():
            self.say(2, "Failsafe activated")
            self._users(POSCTL)  # COM_OBL_RC_ACT 0, with a transmitter
        self._disarm_by_itself(events)

    def _watch_fence(self) -> None:
        north, east, _ = self.vehicle.state.position
        far = self.parameters["GF_MAX_HOR_DIST"]
        if self.armed and far > 0.0 and (north**2 + east**2) ** 0.5 > far:
            self.fail("geofence")

    def _disarm_by_itself(self, events: VehicleEvent) -> None:
        if not self.armed:
            return
        if events & VehicleEvent.LIFTOFF or not self.vehicle.state.landed:
            self._flew, self._disarm_ms = True, None
        elif self._flew and self._disarm_ms is None:
            self._disarm_ms = self._now_ms + int(1000.0 * self.parameters["COM_DISARM_LAND"])
        if self._disarm_ms is not None and self._now_ms >= self._disarm_ms:
            self.disarm(True, "landing" if self._flew else "auto preflight disarming")
