"""The geofence: detection of breaches, and actions on them.

While the fence is enabled and the vehicle armed, the next look is due at the earliest time at which the vehicle could
reach the nearest limit. So a breach is noticed in its tick, and far from all limits the fence costs one look a second.
The bound uses the present speed and an acceleration that no vehicle exceeds. The estimate's own corrections are below
the slack, within which every tick is checked. A jump of the estimate is noticed a second later at the latest.

As in ArduPilot, a breach is acted on once, and again 20 m farther out (heights, circle; the circle of planes 100 m). A
change of mode outside leaves the vehicle to its pilot for ten seconds. More than 100 m outside, the action is
`FailsafeTables.far_outside` where a kind has one.

Sources: docs/reference/mission-semantics.md, 3; ArduPilot AC_Fence.cpp, ArduCopter/fence.cpp, ArduPlane/fence.cpp,
Rover/fence.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, sqrt
from typing import Final

from autopilot.context.events import FenceChanged
from autopilot.context.frames import local
from autopilot.context.home import ReturnPoint
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import Bounds
from autopilot.mav import Result, Severity, VtolState
from autopilot.mission.fence import Fence
from autopilot.mission.storage import MissionStorage
from autopilot.modes.guided import GuidedMode
from autopilot.modes.wing_modes import AutolandBy, AutolandMode
from autopilot.modes.wings import at_return_height
from autopilot.safety.avoidance import Avoidance
from autopilot.safety.failsafe_actions import SafetyContext
from autopilot.safety.fence_limits import ALTITUDES, FenceLimits, FenceType, MarginNotices, fence_names
from autopilot.safety.fence_switches import ALL_LIMITS, FLOOR_ONLY, FenceSwitches
from autopilot.safety.losses import Losses
from autopilot.vehicles.vehicle_class import FailsafeAction

_SELDOM_MS: Final = 1000
_FASTEST_CHANGE: Final = 20.0  # m/s2: free fall, or full thrust at the steepest lean
_SLACK: Final = 0.3  # m
_FAR_OUTSIDE: Final = 100.0  # m; AC_FENCE_GIVE_UP_DISTANCE
_NEXT_LIMIT, _NEXT_OF_WINGS = 20.0, 100.0  # m; AC_FENCE_ALT_MAX_, AC_FENCE_CIRCLE_RADIUS_BACKUP_DISTANCE
_RECOVERY_MS: Final = 10_000  # AC_FENCE_MANUAL_RECOVERY_TIME_MIN
_NO_MODE_CHANGE: Final = 1  # FENCE_OPTIONS bit 0
_MOST_BREACHES: Final = 65_500  # AC_Fence.cpp, record_breach; FENCE_STATUS has 16 bits
_ORDERS: Final = (0.0, 1.0, FLOOR_ONLY)  # DO_FENCE_ENABLE param1
_ON_WINGS: Final = (VtolState.UNDEFINED, VtolState.FW)
_RETURNS: Final = (FailsafeAction.RTL, FailsafeAction.AUTOLAND)


def _earliest(distance: float, speed: float) -> float:
    """Shortest time in which a vehicle at `speed` m/s covers `distance` m, s."""
    distance_m = max(distance - _SLACK, 0.0)
    return (sqrt(speed * speed + 2.0 * _FASTEST_CHANGE * distance_m) - speed) / _FASTEST_CHANGE


class FenceGuard:
    """Guard of the fence of one vehicle; implements `ModeWatch`. A vehicle with its own fence
    (`Capabilities.own_fence`) acts by itself; then this only stores what is known of it."""

    def __init__(
        self,
        context: SafetyContext,
        losses: Losses,
        plan: MissionStorage,
        rally: MissionStorage,
        keep_within: Callable[[Bounds | None], None],
    ) -> None:
        facts, announcer, modes = context.facts, context.announcer, context.modes
        self._context, self._losses = context, losses
        self._facts, self._announcer, self._modes = facts, announcer, modes
        self.limits = FenceLimits(facts, plan)
        self._switches = FenceSwitches(facts, announcer, self.limits)
        self._margin = MarginNotices(facts, announcer)
        self.avoidance = Avoidance(facts, self.limits, lambda: modes.mode, keep_within)
        self._far = False
        self._acted_in: int | None = None  # mode of the action on a breach
        self._before: int | None = None  # mode before a return in GUIDED that nobody has left
        self._recovery_ms = 0  # until then the pilot has control
        self._again: dict[FenceType, float] = {}  # excess, m, from which it is a new breach
        self._due_ms: int | None = None
        self._judged: tuple[object, bool] | None = None
        self.return_point = ReturnPoint(facts, rally, self.contains)
        facts.fence = self
        self.breached = FenceType(0)
        self.breach_count = 0
        self.breach_time_ms = 0
        self._at_rest = FenceType(0)  # breached limits while disarmed, on which nothing acts
        self._rest_look: tuple[int, object] = (0, None)

    # --- configuration --------------------------------------------------------------------------------------------
    def parameter_changed(self, name: str) -> None:
        if name in ("FENCE_ENABLE", "FENCE_AUTOENABLE"):
            self._switches.reset()
            self._switched_by_order()
        elif name.startswith(("FENCE_", "AVOID_", "CRUISE_ALT_FLOOR")):
            self._schedule(self._facts.now_ms)

    @property
    def enabled(self) -> bool:
        """True if any limit is enabled, by the parameter, a command or FENCE_AUTOENABLE."""
        return bool(self._switches.on)

    @property
    def acts(self) -> bool:
        """True if an enabled limit exists, and a breach of it is acted on (AC_Fence::sys_status_enabled)."""
        reports_only = not self._facts.personality.own_fence_action and not int(self._facts.param("FENCE_ACTION", 1.0))
        return self.enabled and bool(self.limits.present) and not reports_only

    def enable(self, mode: float, limits: FenceType = ALL_LIMITS) -> None:
        """DO_FENCE_ENABLE: `limits` off (0) or on (1), or only the minimum altitude off (2). It holds until the
        parameter is set again."""
        self._switches.order(mode, limits)
        self._switched_by_order()

    def carry_out(self, mode: float) -> None:
        """DO_FENCE_ENABLE in a mission: as `enable`, and what changes is announced. Another number does nothing
        (AP_Mission_Commands.cpp)."""
        if mode not in _ORDERS:
            return
        before = self._switches.on
        self.enable(mode)
        changed = (before ^ self._switches.on) & self.limits.types
        news = FenceType.MIN_ALT if mode == FLOOR_ONLY else changed
        if news:
            self._announcer.say(Severity.NOTICE, f"{fence_names(news)} {'enabled' if mode == 1.0 else 'disabled'}")

    def _switched_by_order(self) -> None:
        if not self.enabled:
            self._give_back()
            self._clear()
        self._schedule(self._facts.now_ms)

    def _switched(self, now_ms: int) -> None:
        """Forget breaches of limits that no longer act, and check the others in the next pass."""
        if not self.acting:
            self._clear()
        self._schedule(now_ms)

    def _give_back(self) -> None:
        """Go on in the mode before a breach, if GUIDED flies back (ArduPlane/fence.cpp)."""
        if self._before is not None:
            self._modes.set(self._before, self._facts.now_ms, ModeReason.FENCE_RETURN_PREVIOUS_MODE)

    def command(self, mode: float, types: int = 0) -> Outcome:
        """DO_FENCE_ENABLE from a ground station. `types`: FENCE_TYPE bits, 0 = all limits."""
        if mode not in _ORDERS:
            return Outcome(Result.DENIED, "fence mode must be 0, 1 or 2")
        limits = FenceType(types & ALL_LIMITS) if types else ALL_LIMITS
        if mode == 1.0 and not self.limits.present & limits:
            return self._announcer.refuse("Fence: no such limit is set up")
        self.enable(mode, limits)
        return ACCEPTED

    @property
    def breach(self) -> tuple[int, int, int, int]:
        """Breached now (0, 1), FENCE_TYPE bits, number of breaches, vehicle time of the last, ms. While disarmed, the
        vehicle's place is checked once a second."""
        types = self.breached if self._facts.armed else self._outside_at_rest()
        return (1 if types else 0, int(types), self.breach_count, self.breach_time_ms)

    def _outside_at_rest(self) -> FenceType:
        second, acting = self._facts.now_ms // _SELDOM_MS, self.acting
        looked = second, (acting, self.limits.revision)
        if self._rest_look != looked:
            self._rest_look = looked
            own = self._facts.vehicle.capabilities.own_fence
            excess = {} if own or not acting else self.limits.excess(acting)
            self._at_rest = FenceType(sum(limit for limit, metres in excess.items() if metres > 0.0))
        return self._at_rest

    @property
    def zones(self) -> Fence:
        return self.limits.zones

    def contains(self, place: GeoPoint) -> bool:
        """True if a place (degrees, AMSL) is inside the polygons, and where they keep their targets so, in the other
        limits too. For the choice of rally points (AP_Rally_Copter::is_valid)."""
        return self.room(place.lat, place.lon) >= 0.0 and (
            self._facts.vehicle_class.has_stall_speed or self.admits(place)
        )

    def room(self, lat: float, lon: float) -> float:
        """Distance to the nearest edge, m, as `FenceLimits.room`; inf while polygons and zones are off."""
        return self.limits.room(lat, lon) if self._switches.on & FenceType.POLYGON else inf

    def admits(self, place: GeoPoint) -> bool:
        """True if a copter may be sent there (degrees, AMSL), also while the fence is off or another's."""
        return self._facts.vehicle.capabilities.own_fence or not self.limits.beyond(place) & self._switches.on

    def complaints(self) -> list[str]:
        """Reasons to refuse arming."""
        if not self._switches.wanted or self._facts.vehicle.capabilities.own_fence:
            return []
        excess = self.limits.excess(self._switches.checked_before_arming)
        beyond = sum(limit for limit, metres in excess.items() if metres > 0.0)
        complaint = self.limits.complaint(beyond)
        return [] if complaint is None else [complaint]

    @property
    def acting(self) -> FenceType:
        return self._switches.acting

    @property
    def has_top(self) -> bool:
        return bool(self.acting & FenceType.MAX_ALT)

    # --- modes ----------------------------------------------------------------------------------------------------
    def mode_complaint(self, reason: ModeReason) -> str | None:
        """Reason to refuse a change of mode: the vehicle returns from a breach, and FENCE_OPTIONS requires it."""
        ours = reason in (ModeReason.FENCE_BREACHED, ModeReason.FENCE_RETURN_PREVIOUS_MODE)
        if not self.recovering or ours or not self._facts.armed or self._facts.grounded:
            return None
        return "in fence recovery" if self._facts.option("FENCE_OPTIONS", _NO_MODE_CHANGE) else None

    @property
    def recovering(self) -> bool:
        return bool(self.breached) and self._acted_in == self._modes.number

    def mode_changed(self, now_ms: int) -> None:
        """Let a person who changes the mode outside the fence bring the vehicle back."""
        self._before = None
        acts = not self._facts.personality.own_fence_action and int(self._facts.param("FENCE_ACTION", 1.0)) != 0
        if self.breached and acts:
            self._recovery_ms = now_ms + _RECOVERY_MS
            self._announcer.say(Severity.INFO, "Manual recovery started")
            self._schedule(now_ms)

    # --- the pass -------------------------------------------------------------------------------------------------
    def armed_changed(self, armed: bool, now_ms: int) -> None:
        self._switches.armed_changed(armed)
        self._clear()
        self._schedule(now_ms)

    def taken_off(self, now_ms: int) -> None:
        """Note that an automatic takeoff (AUTO, GUIDED) has reached its height."""
        if self._switches.taken_off():
            self._switched(now_ms)

    def _schedule(self, now_ms: int) -> None:
        """Check in the next pass."""
        limits = self.enabled or self._switches.has_only_a_floor or self._facts.param("CRUISE_ALT_FLOOR") > 0.0
        watching = limits and self._facts.armed and not self._facts.vehicle.capabilities.own_fence
        self._due_ms = now_ms if watching else None
        if not watching:
            self.avoidance.set_fence(FenceType(0))

    @property
    def _revision(self) -> tuple[object, bool]:
        """Values whose changes need a check at once."""
        return self.limits.revision, self.avoidance.keeps_off_fence

    def next_deadline_ms(self) -> int | None:
        if self._due_ms is not None and self._judged != self._revision:
            return self._facts.now_ms
        return self._due_ms

    def update(self, now_ms: int) -> None:
        deadline_ms = self.next_deadline_ms()
        if deadline_ms is None or now_ms < deadline_ms:
            return
        self._judged = self._revision
        if self._facts.grounded or self._modes.mode.is_landing:
            self._switches.comes_down()
            self._switched(now_ms)
        else:
            self._switches.rises()
        excess = self.limits.excess(FenceType(0) if self._expects_ground else self.acting)
        self._judge(excess, now_ms)
        self._margin.look(excess, _SLACK, now_ms)
        if self._due_ms is not None:  # the action may have disarmed it
            self.avoidance.set_fence(self.acting if self.avoidance.keeps_off_fence else FenceType(0))
            self._due_ms = now_ms + self._patience_ms(excess, now_ms)

    @property
    def _expects_ground(self) -> bool:
        """True on wings in the last part of a landing: below LAND_PF_ALT, at this sink rate LAND_PF_SEC before the
        ground, or in the flare. No breach counts there (ArduPlane/fence.cpp, AP_Landing::is_expecting_impact). A
        landing on lift motors has no such part."""
        facts, param, vector = self._facts, self._facts.param, self._facts.vehicle.state.report
        on_wings = facts.vehicle_class.has_stall_speed and vector[report.VTOL_STATE] in _ON_WINGS
        if not on_wings or not self._modes.mode.is_landing:
            return False
        sink = float(vector[report.VD])
        return facts.height < max(param("LAND_PF_ALT"), param("LAND_FLARE_ALT"), sink * param("LAND_PF_SEC"))

    def _beyond(self, excess: dict[FenceType, float]) -> FenceType:
        """Breached limits. A breach ends when the vehicle is inside by the slack, because the estimate is noisy."""
        return FenceType(sum(limit for limit, m in excess.items() if m > (-_SLACK if limit & self.breached else 0.0)))

    def _patience_ms(self, excess: dict[FenceType, float], now_ms: int) -> int:
        """Time until the vehicle could reach the nearest limit: of the fence, of a new breach, or of the far
        outside."""
        vector = self._facts.vehicle.state.report
        across, climb = hypot(vector[report.VN], vector[report.VE]), abs(float(vector[report.VD]))
        soonest = _SELDOM_MS / 1000.0
        for limit, metres in excess.items():
            speed = climb if limit & ALTITUDES else across
            levels = [-_SLACK if limit & self.breached else 0.0, _FAR_OUTSIDE, self._again.get(limit, inf)]
            if self._margin.enabled:
                levels.append(-self._margin.margin)
            soonest = min(soonest, _earliest(min(abs(metres - level) for level in levels), speed))
        if self.limits.types & FenceType.MIN_ALT and not self._switches.floor:
            soonest = min(soonest, _earliest(abs(self.limits.floor_margin), climb))
        ticks = int(soonest * 1000.0) // TICK_MS
        wait = max(ticks, 1) * TICK_MS
        again = self._margin.due_ms(excess)
        if again is not None:
            wait = min(wait, max(again - now_ms, TICK_MS))
        return min(wait, self._recovery_ms - now_ms) if now_ms < self._recovery_ms else wait

    # --- a breach -------------------------------------------------------------------------------------------------
    def _judge(self, excess: dict[FenceType, float], now_ms: int) -> None:
        beyond = self._beyond(excess)
        metres = max(excess.values(), default=0.0)
        fresh = FenceType(sum(limit for limit in FenceType if limit & beyond and self._is_fresh(limit, excess[limit])))
        piloted = now_ms < self._recovery_ms
        if fresh or beyond != self.breached:
            self._note(beyond, fresh, excess, now_ms, announce=not piloted)
        too_far = metres > _FAR_OUTSIDE and self._facts.vehicle_class.failsafes.far_outside is not None
        if not piloted and (fresh or (too_far and not self._far)):
            self._act(too_far, now_ms)
        self._far = too_far and (self._far or not piloted)

    def _is_fresh(self, limit: FenceType, metres: float) -> bool:
        return not limit & self.breached or metres >= self._again.get(limit, inf)

    def _note(
        self, beyond: FenceType, fresh: FenceType, excess: dict[FenceType, float], now_ms: int, *, announce: bool
    ) -> None:
        cleared = bool(self.breached) and not beyond
        changed = beyond != self.breached
        if fresh and not self.breached:
            self.breach_time_ms = now_ms
        self.breached = beyond
        self._again = {limit: metres for limit, metres in self._again.items() if limit & beyond}
        for limit in FenceType:
            if limit & fresh:
                self.breach_count = min(self.breach_count + 1, _MOST_BREACHES)
                wide = limit is FenceType.CIRCLE and self._facts.vehicle_class.has_stall_speed
                if limit is not FenceType.POLYGON:
                    self._again[limit] = excess[limit] + (_NEXT_OF_WINGS if wide else _NEXT_LIMIT)
        if fresh and announce and not self._facts.grounded:
            self._announcer.say(Severity.NOTICE, f"{fence_names(fresh)} breached")
        elif cleared and not self._facts.grounded:
            self._announcer.say(Severity.NOTICE, "Fence breach cleared")
        if changed or fresh:
            self._announcer.announce(FenceChanged(int(beyond)))

    def _act(self, too_far: bool, now_ms: int) -> None:
        if self._facts.personality.own_fence_action:
            self._facts.personality.fence_breached(now_ms)
            return
        setting = int(self._facts.param("FENCE_ACTION", 1.0))
        if setting == 0:
            return
        actions = self._facts.vehicle_class.failsafes
        if self._is_off(now_ms):
            self._context.disarm(ArmingMethod.FENCE_BREACH)
            return
        action = (too_far and actions.far_outside) or actions.fence.get(setting, FailsafeAction.RTL)
        if action is FailsafeAction.TERMINATE:
            self._context.disarm(ArmingMethod.FENCE_BREACH)
            return
        if action is FailsafeAction.NONE or self._goes_on_to_land(action):
            return
        before = self._modes.number
        self._context.take(action, ModeReason.FENCE_BREACHED, now_ms)
        self._acted_in = self._modes.number
        if action is FailsafeAction.GUIDED and isinstance(self._modes.mode, GuidedMode):
            self._before = None if before == self._acted_in else before
            self._modes.mode.flight.go_to(self._return_place())

    def _is_off(self, now_ms: int) -> bool:
        """True on the ground, except for planes, and for a copter that its pilot has switched off in the air; not above
        the highest altitude, where a closed throttle is to bring it down (ArduCopter/fence.cpp)."""
        counts = self._facts.vehicle_class.hovers and not self._losses.sticks.lost
        closed = counts and self._losses.switched_off(self._modes.spec.flown, now_ms)
        if closed and not self.breached & FenceType.MAX_ALT:
            return True
        return self._facts.grounded and not self._facts.vehicle_class.has_stall_speed

    def _goes_on_to_land(self, action: FailsafeAction) -> bool:
        """True in AUTOLAND, or if a return would turn to the landing to which the mission goes already
        (ArduPlane/fence.cpp)."""
        mode, joins = self._modes.mode, (AutolandBy.HOME_FIRST, AutolandBy.AT_ONCE)
        lands = int(self._facts.param("RTL_AUTOLAND", 0.0)) in joins and mode.leads_down
        return action in _RETURNS and (lands or isinstance(mode, AutolandMode))

    def _return_place(self) -> Ned:
        """Place for the return from a breach in GUIDED: a rally point (FENCE_RET_RALLY), the fence's return point or
        home, half-way between the height limits or at FENCE_RET_ALT (ArduPlane/fence.cpp)."""
        if int(self._facts.param("FENCE_RET_RALLY")):
            return at_return_height(self._facts, self.return_point())
        home, param = self._facts.home_ned, self._facts.param
        back = self.limits.return_point
        north, east = home[:2] if back is None else local(self._facts, back)[:2]
        low, high = param("FENCE_ALT_MIN", -10.0), param("FENCE_ALT_MAX", 100.0)
        middle = 0.5 * (low + high) if low < high else param("RTL_ALTITUDE", 100.0)
        return north, east, home[2] - (param("FENCE_RET_ALT") or middle)

    def _clear(self) -> None:
        self._margin.clear()
        self._far = False
        self._acted_in = self._before = None
        self._recovery_ms = 0
        self._again = {}
        if self.breached:
            self.breached = FenceType(0)
            self._announcer.announce(FenceChanged(0))
