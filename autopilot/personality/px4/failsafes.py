"""PX4's failsafes: present causes, the flown action, and takeovers by the user.

Every cause has an action (`RULES`); the worst of the present ones is flown. An action that a user may override begins
with Hold for COM_FAIL_ACT_T. Any mode that a user requests during the Hold or the action is a takeover (`PHASES`): the
user flies until something else fails. The action on a loss continues after the loss has ended, until a takeover or the
end of the flight. A loss of what a mode needs (setpoints in Offboard, the position) is also a cause, which ends by
itself.

The causes come from the core: its monitors of station and sticks, the vehicle's events, the fence. Source: PX4 1.16
src/modules/commander/failsafe/framework.cpp (`update`, `getSelectedAction`, `notifyUser`), failsafe.cpp
(`checkStateAndMode`); HealthAndArmingChecks (texts). Not implemented: the slow recovery of a used delay, and
terminations by a failure detector.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from autopilot.context.personality import FailsafeCause, FailsafeRules
from autopilot.context.turns import earliest
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.records import dataclass
from autopilot.personality.px4 import modes as px4
from autopilot.personality.px4.battery import TEXTS, Px4BatteryLevel
from autopilot.personality.px4.failsafe_rules import PHASES, RULES, Cause, PhaseChange, Px4Action, Px4Phase, Takeover
from autopilot.personality.px4.notices import Notice, Voice
from autopilot.personality.px4.parameters import Px4Parameters
from autopilot.vehicles.vehicle_class import FailsafeAction

_COMES_DOWN: Final = frozenset((Px4Action.RETURN, Px4Action.LAND))
_ALLOW_TAKEOVER: Final = frozenset((Px4Action.HOLD, Px4Action.RETURN, Px4Action.LAND, Px4Action.DESCEND))
_FLOWN: Final[dict[Px4Action, px4.Pair]] = {
    Px4Action.TO_POSITION: px4.POSITION, Px4Action.TO_ALTITUDE: px4.ALTITUDE, Px4Action.TO_STABILIZED: px4.STABILIZED,
    Px4Action.HOLD: px4.HOLD,
    Px4Action.RETURN: px4.RETURN, Px4Action.LAND: px4.LAND, Px4Action.DESCEND: px4.LAND,
}  # fmt: skip
_EXCEPT: Final = {  # COM_RCL_EXCEPT
    px4.MISSION: 1, px4.HOLD: 2, px4.TAKEOFF: 2, px4.VTOL_TAKEOFF: 2, px4.RETURN: 2, px4.LAND: 2, px4.PRECISION: 2,
    px4.ORBIT: 2, px4.FOLLOW: 2, px4.OFFBOARD: 4,
}  # fmt: skip
_NO_STICKS: Final = 4  # COM_RC_IN_MODE
_SHORTEST_DELAY_S: Final = 0.1
_BY_HAND: Final = (px4.MANUAL, px4.ALTITUDE, px4.POSITION, px4.STABILIZED, px4.ACRO)
_EACH_FLIGHT: Final = frozenset(cause for cause, rule in RULES.items() if rule.each_flight)
_BY_CAUSE: Final = {
    FailsafeCause.TERRAIN: Cause.TERRAIN, FailsafeCause.WIND: Cause.WIND, FailsafeCause.TRANSITION: Cause.TRANSITION,
}  # fmt: skip
_HEARD_AGAIN: Final = {FailsafeCause.GROUND_STATION: Cause.STATION, FailsafeCause.RADIO: Cause.STICKS}


class FailsafeFlight(Protocol):
    def enter_by_failsafe(self, mode: px4.Pair, reason: ModeReason, now_ms: int) -> bool:
        """Enter this mode; False if it is not possible."""

    def stand(self, *, upright: bool, now_ms: int) -> None:
        """Continue upright, or on wings."""


@dataclass(slots=True)
class _ActiveAction:
    """A present action. `failing` False: its cause has ended, but the action stays."""

    action: Px4Action
    takeover: Takeover
    stays: bool
    failing: bool = True


class Px4Failsafes(FailsafeRules):
    """PX4's failsafes; see the module. A lost fix changes nothing until the estimator fails, and PX4 detects failed
    motors by their telemetry, which is not simulated. `disarm(method)` stops the motors. `selected`: the action that is
    flown or announced. `user_mode`: the mode that the user wants. `rest_mode`: the last of these that allows arming,
    which returns after disarming (UserModeIntention.cpp)."""

    warns_of_variance = False

    def __init__(
        self,
        facts: VehicleFacts,
        voice: Voice,
        parameters: Px4Parameters,
        flown: FailsafeFlight,
        disarm: Callable[[ArmingMethod], None],
    ) -> None:
        self._facts = facts
        self._voice = voice
        self._parameters = parameters
        self._flown = flown
        self._disarm = disarm
        self._battery = Px4BatteryLevel(facts, voice.announcer, parameters)
        self._failed: set[Cause] = set()
        self._unneeded: set[Cause] = set()  # losses at arming, which do not count until they have ended
        self._active: dict[Cause, _ActiveAction] = {}
        self._phase = Px4Phase.READY
        self._act_ms: int | None = None  # end of the Hold before an action, in WAITING
        self._sticks_lost_ms = 0
        self._flies_since_ms: int | None = None
        self.selected = Px4Action.NONE
        self._user_mode: px4.Pair = px4.HOLD
        self.rest_mode: px4.Pair = px4.HOLD

    @property
    def user_mode(self) -> px4.Pair:
        return self._user_mode

    @user_mode.setter
    def user_mode(self, mode: px4.Pair) -> None:
        self._user_mode = mode
        if mode not in px4.NOT_ARMED_IN:
            self.rest_mode = mode

    # --- what the core tells --------------------------------------------------------------------------------------
    def in_force(self, *, failing: bool) -> bool:
        """True (HEARTBEAT is CRITICAL) during an action, but not during a warning."""
        return self.selected > Px4Action.WARN

    @property
    def deadline_ms(self) -> int | None:
        return earliest((self._act_ms, self._battery.due_ms, self._time_up_ms))

    @property
    def _time_up_ms(self) -> int | None:
        """Time at which the flight reaches COM_FLT_TIME_MAX, ms, if in the future."""
        limit_s = self._parameters["COM_FLT_TIME_MAX"]
        if self._flies_since_ms is None or Cause.FLIGHT_TIME in self._failed or limit_s <= 0.0:
            return None
        return self._flies_since_ms + int(1000.0 * limit_s)

    def flying(self, now_ms: int, *, airborne: bool) -> None:
        """Note a takeoff, or a landing."""
        self._flies_since_ms = now_ms if airborne else None
        self._failed.discard(Cause.FLIGHT_TIME)

    @property
    def needs_sticks(self) -> bool:
        """True in modes flown by hand (mode_requirements.cpp)."""
        return self.user_mode in _BY_HAND

    @property
    def needs_station(self) -> bool:
        return self._parameters["NAV_DLL_ACT"] > 0.0

    def update(self, now_ms: int) -> None:
        """Check whether the Hold has ended and whether the battery level is lower."""
        due_ms = self.deadline_ms
        if due_ms is None or now_ms < due_ms:
            return
        self._battery.look(now_ms)
        up_ms = self._time_up_ms
        if up_ms is not None and now_ms >= up_ms:
            self._failed.add(Cause.FLIGHT_TIME)
            self._voice.say(Notice.FLIGHT_TIME)
        if self._failed or self._active or self._battery.level is not None:
            self._judge(now_ms)

    def armed(self, armed: bool) -> None:
        """Begin or end a flight without present actions; continuing causes act anew."""
        self._active.clear()
        self._change(PhaseChange.FLIGHT)
        self._battery.armed(armed)
        self._failed -= _EACH_FLIGHT
        self._unneeded = self._failed & {Cause.STICKS} if armed else {Cause.STICKS}
        self.selected = Px4Action.NONE
        if armed:
            self._judge(self._facts.now_ms)

    def crashed(self, check: int, now_ms: int) -> None:
        self._voice.say(Notice.CRASHED, px4.custom_of(self.user_mode))
        self._disarm(ArmingMethod.CRASH)

    def estimator_failed(self, now_ms: int) -> None:
        self._fails(Cause.POSITION, now_ms)

    def estimator_recovered(self, now_ms: int) -> None:
        self._ends(Cause.POSITION, now_ms)

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        self._voice.say(Notice.STATION_LOST)
        self._fails(Cause.STATION, now_ms)

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        if Cause.STICKS not in self._failed:
            self._voice.say(Notice.STICKS_LOST)
            self._sticks_lost_ms = now_ms
        self._fails(Cause.STICKS, now_ms)

    def found(self, cause: FailsafeCause) -> None:
        now_ms, ended = self._facts.now_ms, _HEARD_AGAIN[cause]
        if ended is Cause.STATION:
            self._voice.say(Notice.STATION_FOUND)
        else:
            self._voice.say(Notice.STICKS_FOUND, (now_ms - self._sticks_lost_ms) / 1000.0)
            self._unneeded.discard(ended)
        self._ends(ended, now_ms)

    def battery_failed(self, *, critical: bool, now_ms: int) -> None:
        self._battery.is_at(Cause.BATTERY_CRITICAL if critical else Cause.BATTERY_LOW)
        self._judge(now_ms)

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int) -> None:
        """Handle missing terrain data, strong wind, or a failed transition, by PX4's parameters."""
        if cause is FailsafeCause.TRANSITION:
            self._voice.say(Notice.QUAD_CHUTE)
            self._flown.stand(upright=True, now_ms=now_ms)
        self._fails(_BY_CAUSE[cause], now_ms)

    @property
    def quad_chuted(self) -> bool:
        """True after a failed transition, until another is requested."""
        return Cause.TRANSITION in self._failed

    def transition_requested(self, now_ms: int) -> None:
        """Forget a failed transition, because another is requested."""
        self._ends(Cause.TRANSITION, now_ms)

    def outside(self, now_ms: int) -> None:
        """Handle a breach of the fence."""
        if Cause.FENCE not in self._failed:
            self._voice.say(Notice.FENCE)
        self._fails(Cause.FENCE, now_ms)

    def inside(self, now_ms: int) -> None:
        """Handle the return into the fence."""
        self._ends(Cause.FENCE, now_ms)

    # --- what the user tells --------------------------------------------------------------------------------------
    def mode_requested(self, mode: px4.Pair, now_ms: int) -> None:
        """Handle a mode that the user has requested and that is flown. During a failsafe this is a takeover if
        possible; otherwise the failsafe continues."""
        self.user_mode = mode
        self._active = {cause: entry for cause, entry in self._active.items() if entry.failing or not entry.stays}
        self._judge(now_ms, requested=True)
        if self.selected in _FLOWN:
            self._enter(now_ms)

    @property
    def sticks_may_take_over(self) -> bool:
        """True if moved sticks are a takeover; not during a Hold before an action, nor if a limit has stopped the
        vehicle."""
        if self.selected <= Px4Action.WARN:
            return True
        waits = self._phase is Px4Phase.WAITING
        return not waits and all(entry.takeover is Takeover.AUTO for entry in self._active.values())

    def setpoints_changed(self, now_ms: int, *, lost: bool) -> None:
        """Note that the setpoints for Offboard have stopped, or have returned."""
        if lost:
            self._fails(Cause.SETPOINTS, now_ms)
        else:
            self._ends(Cause.SETPOINTS, now_ms)

    # --- causes ---------------------------------------------------------------------------------------------------
    def _fails(self, cause: Cause, now_ms: int) -> None:
        self._failed.add(cause)
        self._judge(now_ms)

    def _ends(self, cause: Cause, now_ms: int) -> None:
        self._failed.discard(cause)
        self._judge(now_ms)

    def _action(self, cause: Cause) -> Px4Action:
        """Present action of a cause; NONE: it has not failed, or it does not count."""
        rule, mode = RULES[cause], self.user_mode
        battery = cause in TEXTS
        failed = cause is self._battery.level if battery else cause in self._failed and cause not in self._unneeded
        if not failed or mode in rule.excused or rule.only not in (None, mode):
            return Px4Action.NONE
        if cause is Cause.STICKS and not self._heeds_sticks:
            return Px4Action.NONE
        setting = int(self._parameters[rule.setting]) if rule.setting else 0
        if battery and not self._battery.has_fallen:
            setting = 0
        return rule.actions.get(setting, rule.otherwise)

    @property
    def _heeds_sticks(self) -> bool:
        param = self._parameters
        excepted = int(param["COM_RCL_EXCEPT"]) & _EXCEPT.get(self.user_mode, 0)
        return param["COM_RC_IN_MODE"] != _NO_STICKS and not excepted

    def _collect(self, now_ms: int) -> None:
        """Update the present actions."""
        for cause in RULES:
            action, entry = self._action(cause), self._active.get(cause)
            if action is not Px4Action.NONE and entry is None:
                self._add(cause, action, now_ms)
            elif action is not Px4Action.NONE and entry is not None:
                entry.action, entry.failing = action, True
            elif entry is not None and entry.stays and self._phase is not Px4Phase.TAKEN_OVER:
                entry.failing = False
            elif entry is not None:
                del self._active[cause]

    def _add(self, cause: Cause, action: Px4Action, now_ms: int) -> None:
        rule, delay_s = RULES[cause], self._parameters["COM_FAIL_ACT_T"]
        takeover, waits = rule.takeover(action), delay_s > _SHORTEST_DELAY_S
        if takeover is Takeover.AUTO and not waits:
            takeover = Takeover.MODE_SWITCH
        self._active[cause] = _ActiveAction(action, takeover, action in rule.stays)
        if takeover is Takeover.AUTO and action is not Px4Action.WARN:
            self._change(PhaseChange.DELAYED, now_ms + int(1000.0 * delay_s))
        elif action >= Px4Action.HOLD:
            self._change(PhaseChange.AT_ONCE)

    def _change(self, change: PhaseChange, act_ms: int | None = None) -> None:
        """Enter the next phase; the end time of a running Hold stays."""
        self._phase = PHASES[self._phase, change]
        if self._phase is not Px4Phase.WAITING:
            self._act_ms = None
        elif self._act_ms is None:
            self._act_ms = act_ms

    # --- the choice -----------------------------------------------------------------------------------------------
    def _judge(self, now_ms: int, *, requested: bool = False) -> None:
        """Choose the flown action. `requested`: the user has just requested a mode."""
        if not self._facts.armed or self.selected is Px4Action.TERMINATE:
            return
        self._collect(now_ms)
        if (
            (self._act_ms is not None and now_ms >= self._act_ms)
            or self.selected > Px4Action.HOLD
            or not self._can_hold
        ):
            self._change(PhaseChange.OVER)
        before = self.selected
        action, delayed = self._select(before, requested=requested)
        self.selected = action
        if action is before:
            return
        if action > before:
            self._announce(now_ms, delayed)
        if action in _FLOWN:
            self._enter(now_ms)
        elif action in (Px4Action.DISARM, Px4Action.TERMINATE):
            self._disarm(
                ArmingMethod.FAILSAFE_TERMINATE if action is Px4Action.TERMINATE else ArmingMethod.GCS_FAILSAFE
            )
        elif before in _FLOWN and not requested:  # it has ended: return to the user's mode
            self._flown.enter_by_failsafe(self.user_mode, ModeReason.UNKNOWN, now_ms)

    @property
    def _can_hold(self) -> bool:
        return Cause.POSITION not in self._failed

    def _select(self, before: Px4Action, *, requested: bool) -> tuple[Px4Action, Px4Action]:
        """(the flown action, the action after the Hold)."""
        action, delayed = max((entry.action for entry in self._active.values()), default=Px4Action.NONE), Px4Action.NONE
        takeover = max((entry.takeover for entry in self._active.values()), default=Takeover.AUTO)
        stoppable = takeover is not Takeover.NEVER
        if self._phase is Px4Phase.WAITING and stoppable and Px4Action.WARN < action < Px4Action.DISARM:
            action, delayed = Px4Action.HOLD, action
        taken_over = self._phase is Px4Phase.TAKEN_OVER or (requested and action is before)
        if action in _ALLOW_TAKEOVER and stoppable and taken_over:
            self._change(PhaseChange.TAKEOVER)
            fallbacks = (entry.action for cause, entry in self._active.items() if RULES[cause].fallback)
            action, delayed = max((Px4Action.WARN, *fallbacks)), Px4Action.NONE
        if Px4Action.TO_POSITION <= action < Px4Action.DESCEND and not self._can_hold:
            action = Px4Action.DESCEND
        if self.user_mode == px4.LAND and Px4Action.RETURN in (action, delayed) and self._can_hold:
            return Px4Action.WARN, Px4Action.NONE  # it is landing already
        if self.user_mode == px4.PRECISION and _COMES_DOWN & {action, delayed} and self._can_hold:
            return Px4Action.WARN, Px4Action.NONE
        return action, delayed

    def _announce(self, now_ms: int, delayed: Px4Action) -> None:
        cause = RULES[self._worst].cause
        if delayed:
            seconds = 0 if self._act_ms is None else round((self._act_ms - now_ms) / 1000.0)
            self._voice.say(Notice.HOLDS, px4.custom_of(self.user_mode), delayed, seconds, cause)
        else:
            self._voice.say(Notice.ACTS, px4.custom_of(self.user_mode), self.selected, cause)

    @property
    def _worst(self) -> Cause:
        return max(self._active, key=lambda cause: self._active[cause].action)

    def _enter(self, now_ms: int) -> None:
        reason = RULES[self._worst].reason
        if not self._flown.enter_by_failsafe(_FLOWN[self.selected], reason, now_ms):
            self.selected = Px4Action.DESCEND
            self._flown.enter_by_failsafe(px4.LAND, reason, now_ms)
