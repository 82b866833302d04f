"""PX4's failsafes: what has failed, what follows by PX4's parameters, and who may take over.

Every cause has an action; the worst of those that hold is flown. An action that a user may override begins with Hold
for COM_FAIL_ACT_T, and any mode that a user asks for while it holds or acts is a takeover: the user flies until
something else fails. A loss that was acted on stays acted on when it is over, until then or until the flight ends. What
a mode needs and has lost (setpoints in Offboard, the position) is a cause, too, that ends by itself.

The causes are the core's: its watch on station and sticks, the vehicle's events, the fence. Source: PX4 1.16
src/modules/commander/failsafe/framework.cpp (`update`, `getSelectedAction`, `notifyUser`), failsafe.cpp
(`checkStateAndMode`); HealthAndArmingChecks (texts). Left out: that a delay which was used up grows back slowly, and
terminations by a failure detector.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.mav import Severity
from autopilot.safety.failsafe_rules import FailsafeCause
from autopilot.vehicles.vehicle_class import FailsafeAction
from mavlink_bridge.px4 import events as e
from mavlink_bridge.px4.book import Notices
from mavlink_bridge.px4.events import Action, EventCause
from mavlink_bridge.px4.failsafe_actions import (
    BATTERY,
    FENCE,
    OFFBOARD_LOST,
    Cause,
    Held,
    Takeover,
    limit,
    loss,
)
from mavlink_bridge.px4.modes import (
    ACRO,
    ALTITUDE,
    FOLLOW,
    HOLD,
    LAND,
    MANUAL,
    MISSION,
    OFFBOARD,
    ORBIT,
    POSITION,
    PRECISION,
    RETURN,
    STABILIZED,
    TAKEOFF,
    Pair,
)

_LANDINGS: Final = (LAND, PRECISION)
_COMES_DOWN: Final = frozenset((Action.RETURN, Action.LAND))
_ALLOW_TAKEOVER: Final = frozenset((Action.HOLD, Action.RETURN, Action.LAND, Action.DESCEND))
_FLOWN: Final[dict[Action, Pair]] = {
    Action.TO_POSITION: POSITION, Action.TO_ALTITUDE: ALTITUDE, Action.TO_STABILIZED: STABILIZED, Action.HOLD: HOLD,
    Action.RETURN: RETURN, Action.LAND: LAND, Action.DESCEND: LAND,
}  # fmt: skip
_BATTERY_TEXTS: Final = {  # from the mildest
    Cause.BATTERY_LOW: (Severity.WARNING, "Low battery"),
    Cause.BATTERY_CRITICAL: (Severity.EMERGENCY, "Critical battery"),
    Cause.BATTERY_EMERGENCY: (Severity.EMERGENCY, "Emergency battery level"),
}  # fmt: skip
_LEVELS: Final = (None, *_BATTERY_TEXTS)
_EXCEPT: Final = {  # COM_RCL_EXCEPT
    MISSION: 1, HOLD: 2, TAKEOFF: 2, RETURN: 2, LAND: 2, ORBIT: 2, FOLLOW: 2, OFFBOARD: 4,
}  # fmt: skip
_NO_STICKS: Final = 4  # COM_RC_IN_MODE
_LOOK_MS: Final = 1000
_THRESHOLDS: Final = (  # from the worst
    (Cause.BATTERY_EMERGENCY, "BAT_EMERGEN_THR"), (Cause.BATTERY_CRITICAL, "BAT_CRIT_THR"),
    (Cause.BATTERY_LOW, "BAT_LOW_THR"),
)  # fmt: skip
_BY_HAND: Final = (MANUAL, ALTITUDE, POSITION, STABILIZED, ACRO)
_CAUSES: Final = {  # any other is generic
    Cause.STICKS: EventCause.STICKS, Cause.STATION: EventCause.STATION,
    Cause.BATTERY_LOW: EventCause.BATTERY_LOW, Cause.BATTERY_CRITICAL: EventCause.BATTERY_CRITICAL,
    Cause.BATTERY_EMERGENCY: EventCause.BATTERY_EMERGENCY,
}  # fmt: skip
_REASONS: Final = {
    Cause.STICKS: ModeReason.RADIO_FAILSAFE, Cause.STATION: ModeReason.GCS_FAILSAFE, Cause.WIND: ModeReason.FAILSAFE,
    Cause.TERRAIN: ModeReason.TERRAIN_FAILSAFE,
    Cause.FENCE: ModeReason.FENCE_BREACHED, Cause.BATTERY_LOW: ModeReason.BATTERY_FAILSAFE,
    Cause.BATTERY_CRITICAL: ModeReason.BATTERY_FAILSAFE, Cause.BATTERY_EMERGENCY: ModeReason.BATTERY_FAILSAFE,
    Cause.MODE: ModeReason.EKF_FAILSAFE, Cause.FLIGHT_TIME: ModeReason.FAILSAFE,
}  # fmt: skip


class Flown(Protocol):
    """What the failsafes change."""

    def enter_by_failsafe(self, mode: Pair, reason: ModeReason, now_ms: int) -> bool:
        """Fly this mode; False when it cannot be entered."""


class Values(Protocol):
    """Parameters by PX4's names."""

    def __getitem__(self, name: str) -> float: ...


class Px4Failsafes:
    """See the module. The `FailsafeRules` of a vehicle that is spoken to as PX4. `disarm(method)` stops the motors."""

    warns_of_variance = False

    def __init__(
        self,
        facts: VehicleFacts,
        notices: Notices,
        parameters: Values,
        flown: Flown,
        disarm: Callable[[ArmingMethod], None],
    ) -> None:
        self._facts = facts
        self._notices = notices
        self._parameters = parameters
        self._flown = flown
        self._disarm = disarm
        self._held: dict[Cause, Held] = {}
        self._sticks_lost_ms = 0
        self._flies_since_ms: int | None = None
        self._time_is_up = False
        self._sticks_lost = self._station_lost = self._windy = self._terrain_lost = self._position_lost = (
            self._setpoints_lost
        ) = False
        self._ignore_sticks = True  # lost when it was armed: not needed then, until they are heard
        self._outside = False
        self._battery: Cause | None = None
        self._battery_at_arming: Cause | None = None
        self._by_voltage = 1.0  # the charge, when it was last looked at
        self._look_ms: int | None = None  # at the battery, while armed
        self._act_ms: int | None = None  # the Hold before an action ends
        self._taken_over = False
        self.selected = Action.NONE
        """What is flown, or warned of."""
        self.user_mode: Pair = HOLD
        """What the user wants to fly."""

    # --- what the core tells --------------------------------------------------------------------------------------
    def in_force(self, *, failing: bool) -> bool:
        """HEARTBEAT is CRITICAL while something is done, not while it is warned of."""
        return self.selected > Action.WARN

    @property
    def deadline_ms(self) -> int | None:
        dues = (self._act_ms, self._look_ms, self._time_up_ms)
        return min((due for due in dues if due is not None), default=None)

    @property
    def _time_up_ms(self) -> int | None:
        """When the flight has lasted for COM_FLT_TIME_MAX, and has not yet."""
        limit_s = self._parameters["COM_FLT_TIME_MAX"]
        if self._flies_since_ms is None or self._time_is_up or limit_s <= 0.0:
            return None
        return self._flies_since_ms + int(1000.0 * limit_s)

    def flying(self, now_ms: int, *, airborne: bool) -> None:
        """It has taken off, or is on the ground again."""
        self._flies_since_ms = now_ms if airborne else None
        self._time_is_up = False

    @property
    def needs_sticks(self) -> bool:
        """In the modes that are flown by hand (mode_requirements.cpp)."""
        return self.user_mode in _BY_HAND

    @property
    def needs_station(self) -> bool:
        return self._parameters["NAV_DLL_ACT"] > 0.0

    def update(self, now_ms: int) -> None:
        """The Hold may be over; the battery may be emptier still."""
        due = self.deadline_ms
        if due is None or now_ms < due:
            return
        if self._look_ms is not None and now_ms >= self._look_ms:
            self._look_ms += _LOOK_MS
            self._battery_is(self._level(self._look()))
        up_ms = self._time_up_ms
        if up_ms is not None and now_ms >= up_ms:
            self._time_is_up = True
            self._notices.say(Severity.CRITICAL, "Maximum flight time reached", e.TIME_UP, e.ALL_MODES, e.Part.SYSTEM)
        self._judge(now_ms)

    def armed(self, armed: bool) -> None:
        """A flight begins or ends with nothing held: what is wrong then acts anew."""
        self._held.clear()
        self._act_ms = None
        self._taken_over = False
        self._by_voltage = 1.0
        self._battery = self._battery_at_arming = self._level(self._counted) if armed else None
        self._look_ms = self._facts.now_ms + _LOOK_MS if armed else None
        self._windy = self._terrain_lost = self._outside = self._setpoints_lost = False
        self._ignore_sticks = self._sticks_lost or not armed
        self.selected = Action.NONE
        if armed:
            self._judge(self._facts.now_ms)

    def position_lost(self, *, lost: bool) -> None:
        """Without the receiver it flies on, until the estimator gives up."""

    def crashed(self, check: int, now_ms: int) -> None:
        self._notices.say(
            Severity.EMERGENCY, "Failsafe activated", e.ACTS_ANYHOW, e.custom_of(self.user_mode), Action.TERMINATE
        )
        self._disarm(ArmingMethod.CRASH)

    def estimator_failed(self, now_ms: int) -> None:
        self._position_lost = True
        self._judge(now_ms)

    def estimator_recovered(self, now_ms: int) -> None:
        self._position_lost = False
        self._judge(now_ms)

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        self._notices.say(Severity.WARNING, "Connection to ground station lost", e.STATION_LOST)
        self._station_lost = True
        self._judge(now_ms)

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        if not self._sticks_lost:
            self._notices.say(Severity.CRITICAL, "Manual control lost", e.STICKS_LOST)
            self._sticks_lost_ms = now_ms
        self._sticks_lost = True
        self._judge(now_ms)

    def found(self, cause: FailsafeCause) -> None:
        if cause is FailsafeCause.GROUND_STATION:
            self._station_lost = False
            self._notices.say(Severity.INFO, "GCS connection regained", e.STATION_FOUND)
        else:
            self._sticks_lost = False
            after_s = (self._facts.now_ms - self._sticks_lost_ms) / 1000.0
            self._notices.say(Severity.INFO, f"Manual control regained after {after_s:.1f} s", e.STICKS_FOUND, after_s)
        self._ignore_sticks = self._ignore_sticks and self._sticks_lost
        self._judge(self._facts.now_ms)

    def battery_failed(self, *, critical: bool, now_ms: int) -> None:
        self._battery_is(Cause.BATTERY_CRITICAL if critical else Cause.BATTERY_LOW)
        self._judge(now_ms)

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int) -> None:
        """Note the end of the terrain data, or too much wind: PX4's parameters say what follows."""
        if cause is FailsafeCause.TERRAIN:
            self._terrain_lost = True
        else:
            self._windy = True
        self._judge(now_ms)

    def outside(self, now_ms: int) -> None:
        """The fence is breached."""
        if not self._outside:
            self._notices.say(Severity.CRITICAL, "Geofence violated", e.FENCE, e.ALL_MODES, e.Part.SYSTEM)
        self._outside = True
        self._judge(now_ms)

    def inside(self, now_ms: int) -> None:
        """It is inside again."""
        self._outside = False
        self._judge(now_ms)

    # --- what the user tells --------------------------------------------------------------------------------------
    def user_asked(self, mode: Pair, now_ms: int) -> None:
        """The user has asked for this mode, and it is flown. While a failsafe acts that is a takeover, where it may be
        one; else the failsafe flies on."""
        self.user_mode = mode
        self._let_go()
        self._judge(now_ms, asked=True)
        if self.selected in _FLOWN:
            self._enter(now_ms)

    @property
    def sticks_may_take_over(self) -> bool:
        """By moving them; not while a Hold leads up to an action, nor where a limit has stopped it."""
        if self.selected <= Action.WARN:
            return True
        return self._act_ms is None and all(held.takeover is Takeover.AUTO for held in self._held.values())

    def setpoints_changed(self, now_ms: int, *, lost: bool) -> None:
        """Those that Offboard needs have stopped, or come again."""
        self._setpoints_lost = lost
        self._judge(now_ms)

    @property
    def _counted(self) -> float:
        return float(self._facts.vehicle.state.report[report.BATT_FRACTION])

    def _look(self) -> float:
        """The charge: what is counted, or less by a voltage at rest that has lasted from one look to the next
        (lib/battery/battery.cpp, `estimateStateOfCharge`, which takes the voltage in by and by). So a pack that holds
        less than BAT1_CAPACITY is known to be empty."""
        param, before = self._parameters, self._by_voltage
        cell = float(self._facts.vehicle.state.report[report.BATT_V_REST]) / max(param["BAT1_N_CELLS"], 1.0)
        empty, full = param["BAT1_V_EMPTY"], param["BAT1_V_CHARGED"]
        measured = cell > 0.0 and full > empty
        self._by_voltage = min(max((cell - empty) / (full - empty), 0.0), 1.0) if measured else 1.0
        return min(self._counted, max(before, self._by_voltage))

    def _level(self, charge: float) -> Cause | None:
        return next((level for level, name in _THRESHOLDS if charge < self._parameters[name]), None)

    def _battery_is(self, level: Cause | None) -> None:
        if level is not None and _LEVELS.index(level) > _LEVELS.index(self._battery):
            self._battery = level
            self._notices.announcer.say(*_BATTERY_TEXTS[level])

    # --- causes ---------------------------------------------------------------------------------------------------
    def _conditions(self) -> dict[Cause, Held | None]:
        """What follows from what has failed; None: it has not."""
        param, mode = self._parameters, self.user_mode
        excepted = int(param["COM_RCL_EXCEPT"]) & _EXCEPT.get(mode, 0)
        heeds_sticks = param["COM_RC_IN_MODE"] != _NO_STICKS and not excepted and not self._ignore_sticks
        wind, fence = (FENCE.get(int(param[name]), Action.NONE) for name in ("COM_WIND_MAX_ACT", "GF_ACTION"))
        level = self._battery  # a battery that was as low at arming is warned of alone
        worse = _LEVELS.index(level) > _LEVELS.index(self._battery_at_arming)
        setting = int(param["COM_LOW_BAT_ACT"]) if worse else 0
        batteries = {
            one: Held(BATTERY.get((setting, one), Action.WARN), Takeover.AUTO, False) if one is level else None
            for one in _BATTERY_TEXTS
        }
        return {
            Cause.STICKS: loss(param["NAV_RCL_ACT"]) if self._sticks_lost and heeds_sticks else None,
            Cause.STATION: loss(param["NAV_DLL_ACT"]) if self._station_lost and mode not in _LANDINGS else None,
            Cause.WIND: limit(wind) if self._windy else None,
            Cause.TERRAIN: Held(Action.RETURN, Takeover.AUTO, True) if self._terrain_lost else None,
            Cause.FENCE: limit(fence) if self._outside else None,
            Cause.FLIGHT_TIME: Held(Action.RETURN, Takeover.AUTO, False) if self._time_is_up else None,
            **batteries,
            Cause.MODE: self._mode_condition(),
        }

    def _mode_condition(self) -> Held | None:
        if self._setpoints_lost and self.user_mode == OFFBOARD:
            action = OFFBOARD_LOST.get(int(self._parameters["COM_OBL_RC_ACT"]), Action.TO_POSITION)
            return Held(action, Takeover.MODE_SWITCH, False)
        if self._position_lost and self.user_mode not in (ALTITUDE, STABILIZED):
            return Held(Action.RETURN, Takeover.MODE_SWITCH, False)
        return None

    def _collect(self, now_ms: int) -> None:
        """Bring what is held up to date."""
        for cause, wanted in self._conditions().items():
            held = self._held.get(cause)
            if wanted is not None and wanted.action is not Action.NONE:
                if held is None:
                    self._add(cause, wanted, now_ms)
                else:
                    held.action, held.failing = wanted.action, True
            elif held is not None:
                if held.stays:
                    held.failing = False
                else:
                    del self._held[cause]

    def _add(self, cause: Cause, wanted: Held, now_ms: int) -> None:
        self._held[cause] = wanted
        delay_s = self._parameters["COM_FAIL_ACT_T"]
        if wanted.takeover is Takeover.AUTO and delay_s > 0.1 and wanted.action is not Action.WARN:
            self._act_ms = now_ms + int(1000.0 * delay_s) if self._act_ms is None else self._act_ms
        if wanted.action >= Action.HOLD:
            self._taken_over = False

    def _let_go(self) -> None:
        """What stays only until the user asks for another mode."""
        self._held = {cause: held for cause, held in self._held.items() if held.failing or not held.stays}

    # --- the choice -----------------------------------------------------------------------------------------------
    def _judge(self, now_ms: int, *, asked: bool = False) -> None:
        """Choose what is flown. `asked`: the user has just asked for a mode."""
        if not self._facts.armed or self.selected is Action.TERMINATE:
            return
        self._collect(now_ms)
        ends = self._act_ms is not None and now_ms >= self._act_ms
        if ends or self.selected > Action.HOLD or not self._can_hold or self._taken_over:
            self._act_ms = None
        before = self.selected
        action, delayed = self._select(before, asked=asked)
        self.selected = action
        if action is before:
            return
        if action > before:
            self._tell(now_ms, delayed)
        if action in _FLOWN:
            self._enter(now_ms)
        elif action in (Action.DISARM, Action.TERMINATE):
            self._disarm(ArmingMethod.FAILSAFE_TERMINATE if action is Action.TERMINATE else ArmingMethod.GCS_FAILSAFE)
        elif before in _FLOWN and not asked:  # it is over by itself: as the user wanted it
            self._flown.enter_by_failsafe(self.user_mode, ModeReason.UNKNOWN, now_ms)

    @property
    def _can_hold(self) -> bool:
        return not self._position_lost

    def _select(self, before: Action, *, asked: bool) -> tuple[Action, Action]:
        """(what is flown, what it is held for)."""
        action, delayed = max((held.action for held in self._held.values()), default=Action.NONE), Action.NONE
        takeover = max((held.takeover for held in self._held.values()), default=Takeover.AUTO)
        stoppable = takeover is not Takeover.NEVER
        if self._act_ms is not None and not self._taken_over and stoppable and Action.WARN < action < Action.DISARM:
            action, delayed = Action.HOLD, action
        if action in _ALLOW_TAKEOVER and stoppable and (self._taken_over or (asked and action is before)):
            self._taken_over, self._act_ms = True, None
            action, delayed = Action.WARN, Action.NONE
            fallback = self._held.get(Cause.MODE)
            action = max(action, Action.WARN if fallback is None else fallback.action)
        if Action.TO_POSITION <= action < Action.DESCEND and not self._can_hold:
            action = Action.DESCEND
        if self.user_mode == LAND and Action.RETURN in (action, delayed) and self._can_hold:
            return Action.WARN, Action.NONE  # it is landing already
        if self.user_mode == PRECISION and _COMES_DOWN & {action, delayed} and self._can_hold:
            return Action.WARN, Action.NONE
        return action, delayed

    def _tell(self, now_ms: int, delayed: Action) -> None:
        seconds = 0 if self._act_ms is None else round((self._act_ms - now_ms) / 1000.0)
        self._notices.failsafe(
            self.user_mode, self.selected, delayed, seconds, _CAUSES.get(self._worst, EventCause.GENERIC)
        )

    @property
    def _worst(self) -> Cause:
        return max(self._held, key=lambda one: self._held[one].action)

    def _enter(self, now_ms: int) -> None:
        reason = _REASONS[self._worst]
        if not self._flown.enter_by_failsafe(_FLOWN[self.selected], reason, now_ms):
            self.selected = Action.DESCEND
            self._flown.enter_by_failsafe(LAND, reason, now_ms)
