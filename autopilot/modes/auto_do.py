"""DO and CONDITION items of a mission: their actions, and their waits.

Source: docs/reference/mission-semantics.md, 1.4, items 18, 19. `Payload` does or records payload items.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Final

from autopilot.context.frames import item_place
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.layout import TICK_MS
from autopilot.interface.records import dataclass, field
from autopilot.interface.targets import Circle, Hold, Land, Leg, Yaw
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd, GripperAction, SpeedType
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem, positive
from autopilot.mission.repeating import repeat_distance
from autopilot.mission.state import speed_change
from autopilot.modes.guided_item import GuidedLimits
from autopilot.modes.heading import Heading, condition_yaw
from autopilot.modes.mode import VehicleContext
from autopilot.modes.payload import Payload
from autopilot.modes.speeds import SpeedControl
from autopilot.mount.items import MOUNT_ITEMS, act
from autopilot.mount.mount import Mount

_LOOK_MS: Final = 100  # period of looks for a gate


@dataclass(slots=True)
class DoTools:
    """Tools of DO items. `set_home` (None: here), `set_roi` (None: it ends) and `enable_fence` belong to the
    autopilot."""

    context: VehicleContext
    heading: Heading
    speeds: SpeedControl
    payload: Payload
    mount: Mount
    limits: GuidedLimits
    set_home: Callable[[GeoPoint | None], object]
    set_roi: Callable[[GeoPoint | None], object]
    enable_fence: Callable[[float], object]
    set_reverse: Callable[[bool], object]
    change_over: Callable[[int], object]
    auxiliary: Callable[[int, int], bool]
    """Put the switch of a function to a position; False if the vehicle has no such function."""


@dataclass(slots=True)
class Condition:
    """Condition that a CONDITION item waits for: one of the vehicle's events, or `deadline_ms` if `passed` agrees then
    (None: the time alone); otherwise it is asked again after `every_ms` (0: not until the next item)."""

    deadline_ms: int | None = None
    event: VehicleEvent = field(default=VehicleEvent(0))
    yaw: Yaw | None = None
    passed: Callable[[], bool] | None = None
    every_ms: int = 0
    met: bool = False


class DoItems:
    """Starts DO and CONDITION items, and follows the CONDITION that waits."""

    def __init__(self, tools: DoTools) -> None:
        self._tools = tools
        self._condition: Condition | None = None
        self._begun_ms = 0

    @property
    def deadline_ms(self) -> int | None:
        if self._overruled is not None:
            return self._tools.context.facts.now_ms
        return None if self._condition is None else self._condition.deadline_ms

    @property
    def _overruled(self) -> Yaw | None:
        """Turn that waits while a command's region of interest has the nose, which gives way (verify_yaw)."""
        condition = self._condition
        if condition is None or condition.met or self._tools.heading.interest is None:
            return None
        return condition.yaw

    @property
    def met(self) -> bool:
        return self._condition is None or self._condition.met

    def start(self, item: MissionItem, now_ms: int) -> CommandStartResult:
        """Act on `item`. UNSUPPORTED if it has no effect on this vehicle."""
        self.drop()
        self._begun_ms = now_ms
        handler = DO_ITEMS.get(item.command)
        if handler is not None:
            if handler(self, item) is False:
                return CommandStartResult.UNSUPPORTED
            return CommandStartResult.COMPLETE if self._condition is None else CommandStartResult.ACCEPTED
        if item.command in MOUNT_ITEMS and self._tools.mount.gimbal is not None:
            act(self._tools.mount, item.command, item.params)
            return CommandStartResult.COMPLETE
        if self._tools.payload.act(item.command, item.params, now_ms):
            if item.command == Cmd.DO_GRIPPER:
                done = "Grabbed" if item.param2 == GripperAction.GRAB else "Released"
                self._tools.context.announcer.step(f"Gripper {done}")
            return CommandStartResult.COMPLETE
        return CommandStartResult.UNSUPPORTED

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        condition = self._condition
        if condition is None or condition.met:
            return
        due = condition.deadline_ms is not None and now_ms >= condition.deadline_ms
        condition.met = bool(events & condition.event) or (due and (condition.passed is None or condition.passed()))
        if due or condition.met:
            again = condition.every_ms > 0 and not condition.met
            condition.deadline_ms = now_ms + condition.every_ms if again else None
        if (yaw := self._overruled) is not None:
            self._tools.heading.fix(yaw.again)

    def _has_no_place(self) -> bool:
        """True if the target is no place but a climb, a descent or a hover here, to which the distance is 0 (AC_WPNav's
        last destination; ArduRover's ModeAuto::get_distance_to_destination). Wings always fly to a place."""
        target = self._tools.context.helm.target
        somewhere = isinstance(target, Hold | Land) and target.position is not None
        wings = self._tools.context.facts.vehicle_class.has_stall_speed
        return not (wings or somewhere or isinstance(target, Leg | Circle))

    def drop(self) -> None:
        """Forget the waiting condition."""
        self._condition = None

    def target_changed(self) -> None:
        """Handle a new NAV item. It ends the wait of one before it; the heading of a condition that began with it is
        demanded again, because the leg has changed it (as in ArduPilot's verify_yaw)."""
        condition = self._condition
        if condition is None or condition.met:
            return
        if self._begun_ms != self._tools.context.facts.now_ms:
            self.drop()
        elif condition.yaw is not None:
            self._tools.heading.fix(condition.yaw)

    # --- items ----------------------------------------------------------------------------------------------------
    def _delay(self, item: MissionItem) -> None:
        wait_ms = -(-int(positive(item.param1) * 1000.0) // TICK_MS) * TICK_MS
        self._condition = Condition(deadline_ms=self._tools.context.facts.now_ms + wait_ms)

    def _distance(self, item: MissionItem) -> None:
        """Wait until the target is nearer than param1 m; no target is nearer than 0 (verify_within_distance)."""
        near_m = item.param1 if item.param1 > 0.0 else 0.0
        look_ms = self._tools.context.facts.now_ms if near_m > 0.0 else None
        self._condition = Condition(look_ms, VehicleEvent.NEAR, passed=self._has_no_place)
        self._tools.context.helm.vehicle.watch_distance(near_m)

    def _gate(self, item: MissionItem) -> None:
        """Wait until the vehicle is beyond the line through the gate that is square to the way from it to the target;
        without such a way it is (PX4's mission_block.cpp)."""
        facts, helm = self._tools.context.facts, self._tools.context.helm
        origin = facts.vehicle.origin

        def passed() -> bool:
            target = helm.target
            if origin is None or not isinstance(target, Leg):
                return True
            (north, east, _), here = to_local(origin, item.x, item.y, 0.0), facts.vehicle.state.position
            ahead = (here[0] - north) * (target.end[0] - north) + (here[1] - east) * (target.end[1] - east)
            return ahead >= 0.0

        self._condition = Condition(deadline_ms=facts.now_ms, passed=passed, every_ms=_LOOK_MS)

    def _yaw(self, item: MissionItem) -> None:
        direction = 0 if item.param3 == 0.0 else (1 if item.param3 > 0.0 else -1)
        heading = self._tools.context.facts.vehicle.state.yaw
        yaw = condition_yaw(item.param1, item.param2, direction, item.param4 != 0.0, heading)
        self._condition = Condition(event=VehicleEvent.YAW_DONE, yaw=yaw)
        self._tools.heading.fix(yaw)

    def _speed(self, item: MissionItem) -> None:
        """Set climb and descent speeds, or what wings have besides their airspeed. The sequencer has the speed along
        the track, which is the only one for rovers and boats."""
        change, kind = speed_change(item), self._tools.context.facts.vehicle_class
        if kind.has_stall_speed:
            speed_type = int(item.param1) if isfinite(item.param1) else 0
            self._tools.speeds.change_wings(speed_type, item.param2, item.param3)
        elif change is None:
            return
        elif kind.flies and change.kind in (SpeedType.CLIMB_SPEED, SpeedType.DESCENT_SPEED):
            self._tools.speeds.set_vertical(change.kind, change.speed)
        elif not kind.flies and change.speed is not None and change.kind in kind.track_speeds:
            self._tools.context.announcer.step(f"speed: {change.speed:.1f} m/s")

    def _home(self, item: MissionItem) -> None:
        nowhere = not item.is_somewhere and item.z == 0.0
        facts = self._tools.context.facts
        at_vehicle = item.param1 == 1.0 or (nowhere and facts.vehicle_class.home_by_zeros)
        place = item_place(facts, item)  # asks for terrain there
        self._tools.set_home(None if at_vehicle else place)

    def _interest(self, item: MissionItem) -> None:
        ends = item.command == Cmd.DO_SET_ROI_NONE or (not item.is_somewhere and item.z == 0.0)
        place = item_place(self._tools.context.facts, item)
        self._tools.set_roi(None if ends else place)

    def _fence(self, item: MissionItem) -> None:
        self._tools.enable_fence(item.param1)

    def _limits(self, item: MissionItem) -> None:
        time_s, away = positive(item.param1), positive(item.param4)
        lowest, highest = (height if isfinite(height) else 0.0 for height in (item.param2, item.param3))
        if not self._tools.context.facts.vehicle_class.flies:  # only its time and distance (ArduRover's limit_set)
            lowest = highest = 0.0
        self._tools.limits.set(time_s, lowest, highest, away)

    def _reverse(self, item: MissionItem) -> None:
        self._tools.set_reverse(item.param1 == 1.0)

    def _invert(self, item: MissionItem) -> None:
        if item.param1 in (0.0, 1.0):
            self._tools.context.helm.invert(item=item.param1 == 1.0)
            self._tools.context.announcer.step(f"Set inverted {int(item.param1)}")

    def _repeat(self, item: MissionItem) -> None:
        self._tools.context.announcer.step(f"Resume repeat dist set to {repeat_distance(item):.0f} m")

    def _change_over(self, item: MissionItem) -> None:
        self._tools.change_over(int(item.param1) if isfinite(item.param1) else 0)

    def _auxiliary(self, item: MissionItem) -> bool:
        function, position = (int(p) if isfinite(p) else -1 for p in (item.param1, item.param2))
        return self._tools.auxiliary(function, position)

    def _marker(self, item: MissionItem) -> None:
        """Do nothing: others look for it."""


DO_ITEMS: Final[dict[int, Callable[[DoItems, MissionItem], bool | None]]] = {
    Cmd.CONDITION_DELAY: DoItems._delay,
    Cmd.CONDITION_DISTANCE: DoItems._distance,
    Cmd.CONDITION_YAW: DoItems._yaw,
    Cmd.CONDITION_GATE: DoItems._gate,
    Cmd.DO_CHANGE_SPEED: DoItems._speed,
    Cmd.DO_SET_HOME: DoItems._home,
    Cmd.DO_SET_ROI_LOCATION: DoItems._interest,
    Cmd.DO_SET_ROI: DoItems._interest,
    Cmd.DO_SET_ROI_NONE: DoItems._interest,
    Cmd.DO_FENCE_ENABLE: DoItems._fence,
    Cmd.DO_GUIDED_LIMITS: DoItems._limits,
    Cmd.DO_SET_REVERSE: DoItems._reverse,
    Cmd.DO_INVERTED_FLIGHT: DoItems._invert,
    Cmd.DO_SET_RESUME_REPEAT_DIST: DoItems._repeat,
    Cmd.DO_VTOL_TRANSITION: DoItems._change_over,
    Cmd.DO_LAND_START: DoItems._marker,
    Cmd.DO_RETURN_PATH_START: DoItems._marker,
    Cmd.DO_AUX_FUNCTION: DoItems._auxiliary,
}
"""Each acts on its item, or begins to wait for its condition; False: the vehicle does not have what it needs."""
