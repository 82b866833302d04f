"""How the PX4 stand-in flies: PX4's Navigator, with Sortie's simulated copter as its vehicle.

Source: src/modules/navigator (1.16): mission.cpp and mission_block.cpp (a mission takes off by itself to
MIS_TAKEOFF_ALT, an RTL item is a vehicle command and so a change of mode, an item counts within NAV_ACC_RAD),
loiter.cpp and navigator_main.cpp (DO_REPOSITION, NaN keeps the place it has and stops), takeoff.cpp, rtl.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot, isnan
from typing import Any

from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.targets import Hold, Idle, Land, Leg, Speeds, TakeOff, Velocity
from autopilot.interface.vehicle import SimulatedVehicle, VehicleEvent
from tests.stand_in.px4_parameters import Parameters
from tests.stand_in.px4_plans import Plans

TAKEOFF, LOITER, MISSION, RTL, LAND, POSCTL, OFFBOARD = (4, 2), (4, 3), (4, 4), (4, 5), (4, 6), (3, 0), (6, 0)
_NEAR_M = 1.0
_REPEATS = 10


class Navigator:
    """`change_mode(mode)`: an item of the mission is a change of mode; `reached(seq)`: it is told."""

    def __init__(self, vehicle: SimulatedVehicle, parameters: Parameters, home: GeoPoint) -> None:
        self.vehicle = vehicle
        self.parameters = parameters
        self.home = home
        self.plans: Plans | None = None
        self.change_mode: Callable[[tuple[int, int]], None] = lambda mode: None
        self.reached: Callable[[int], None] = lambda seq: None
        self.mode = LOITER
        self.finished = False
        self.last_reached = -1
        self.reposition: Ned | None = None
        self.takeoff_down: float | None = None
        self._speed: float | None = None
        self.spooled_up_ms = 0
        """Motors that have been armed turn for COM_SPOOLUP_TIME before it climbs (TakeoffHandling.cpp)."""
        self._takeoff_m = 0.0
        self._stage = ""
        self._hold_until_ms: int | None = None
        self._tell_ms, self._told = 0, 0
        self.disarmed = False
        """Since it flew a mission."""
        self._target: Ned | None = None  # of a reposition that is flown

    # --- what it is told ------------------------------------------------------------------------------------------
    def enter(self, mode: tuple[int, int], now_ms: int) -> None:
        """Commander has chosen this mode."""
        del now_ms
        self.mode, self._stage, self._hold_until_ms = mode, "", None
        self._target = self.reposition if mode == LOITER else None
        self._set_speeds()
        vehicle = self.vehicle
        if vehicle.state.landed and mode not in (MISSION, TAKEOFF):
            vehicle.set_target(Idle())
        elif mode == LOITER:
            vehicle.set_target(Hold(None) if self.reposition is None else self._leg(self.reposition))
            self.reposition = None
        elif mode == TAKEOFF:
            down = self.takeoff_down
            vehicle.set_target(TakeOff(-self.parameters["MIS_TAKEOFF_ALT"] if down is None else down))
        elif mode == LAND:
            vehicle.set_target(Land())
        elif mode == RTL:
            north, east, down = vehicle.state.position
            self._stage = "climb"
            self._climb = min(down, -self.parameters["RTL_RETURN_ALT"]) if hypot(north, east) > 5.0 else down
            vehicle.set_target(self._leg((north, east, self._climb)))
        elif mode == MISSION:
            self._restart()
            self._begin_item()
        else:
            vehicle.set_target(Hold(None))

    def go(self, message: Any) -> None:
        """DO_REPOSITION: where the next Hold leads; NaN: nowhere else. Its speed holds for this target alone."""
        self._speed = message.param1 if message.param1 > 0.0 else None
        lat, lon, alt = _place(message)
        north, east, down = self.vehicle.state.position
        if not isnan(lat):
            north, east, _ = to_local(self.home, lat, lon, self.home.alt)
        elif not (isnan(alt) and isnan(message.param4)) and self._target is not None:
            north, east, _ = self._target  # only the height or the heading changes
        stops = isnan(lat) and isnan(alt) and isnan(message.param4)
        self.reposition = None if stops else (north, east, down if isnan(alt) else self.home.alt - alt)

    def change_speed(self, speed: float) -> None:
        self._speed = speed
        self._set_speeds()

    def offboard(self, position: Ned | None, velocity: Ned) -> None:
        """A setpoint in OFFBOARD."""
        self.vehicle.set_target(Hold(position) if position is not None else Velocity(velocity))

    def _set_speeds(self) -> None:
        p = self.parameters
        self.vehicle.set_speeds(Speeds(self._speed or p["MPC_XY_CRUISE"], p["MPC_Z_V_AUTO_UP"], p["MPC_Z_V_AUTO_DN"]))

    def _leg(self, end: Ned) -> Leg:
        return Leg(end, radius=_NEAR_M)

    # --- the mission ----------------------------------------------------------------------------------------------
    def mission_changed(self) -> None:
        """Another mission, or another item of it, is to be flown."""
        self.finished = False
        self.last_reached = -1
        if self.mode == MISSION:
            self._hold_until_ms = None
            self._begin_item()

    def _restart(self) -> None:
        """Flown again, a mission begins anew if it was at its last item and the motors have been off
        (mission_base.cpp, `checkMissionRestart`)."""
        assert self.plans is not None
        if self.disarmed and self.last_reached >= 0 and self.plans.current + 1 == len(self.plans.items[0]):
            self.plans.current = 0
        self.disarmed = self.finished = False

    def _item(self) -> Any:
        assert self.plans is not None
        items = self.plans.items[0]
        return items[self.plans.current] if self.plans.current < len(items) else None

    def _begin_item(self) -> None:
        assert self.plans is not None
        item = self._item()
        if item is None or self.finished:
            self.vehicle.set_target(Hold(None) if not self.vehicle.state.landed else Idle())
            return
        if self.vehicle.state.landed:  # by itself, whether the item says so or not
            height = self.parameters["MIS_TAKEOFF_ALT"]
            if item.command == 22:
                height = max(height, -self._place(item)[2])
            self._stage, self._takeoff_m = "spool up", height
            return
        self._stage = "item"
        if item.command in (16, 17, 19, 21, 22):
            here = self.vehicle.state.position
            place = self._place(item)
            self.vehicle.set_target(self._leg(place if item.command != 21 else (place[0], place[1], here[2])))
        elif item.command == 20:
            self.change_mode(RTL)
        else:
            self._do(item)

    def _do(self, item: Any) -> None:
        """An item without a place: done at once."""
        assert self.plans is not None
        if item.command == 178 and item.param2 > 0.0:
            self.change_speed(item.param2)
        if item.command == 177 and item.param2 != 0.0:
            self.plans.items[0][self.plans.current] = _jumped(item)
            self.plans.current = int(item.param1)
            self._begin_item()
            return
        self._advance()

    def _advance(self) -> None:
        """The item is done: it is told, and the next one begins."""
        assert self.plans is not None
        self.last_reached, self._told = self.plans.current, 0
        self.reached(self.last_reached)
        if self.plans.current + 1 < len(self.plans.items[0]):
            self.plans.current += 1
        else:
            self.finished = True
            if not self.vehicle.state.landed:
                self.change_mode(LOITER)  # Commander.cpp: "Transition to loiter when the mission is ... finished"
                return
        self._begin_item()

    def _place(self, item: Any) -> Ned:
        north, east, _ = to_local(self.home, item.x / 1e7, item.y / 1e7, self.home.alt)
        height = item.z if item.frame in (3, 6) else item.z - self.home.alt
        return (north, east, -height)

    # --- the pass -------------------------------------------------------------------------------------------------
    def step(self, events: VehicleEvent, now_ms: int) -> None:
        state = self.vehicle.state
        if self.mode == TAKEOFF and events & VehicleEvent.ARRIVED:
            self.change_mode(LOITER)
        elif self.mode == RTL and events & VehicleEvent.ARRIVED:
            self._return_on()
        elif self.mode == MISSION:
            self._fly_mission(bool(state.report[report.ARRIVED]), now_ms)
        if self.mode in (MISSION, RTL) and self.last_reached >= 0 and now_ms >= self._tell_ms and self._told < _REPEATS:
            self._tell_ms, self._told = now_ms + 1000, self._told + 1
            self.reached(self.last_reached)

    def _return_on(self) -> None:
        if self._stage == "climb":
            self._stage = "back"
            self.vehicle.set_target(self._leg((0.0, 0.0, self._climb)))
        elif self._stage == "back":
            self._stage = "land"
            self.vehicle.set_target(Land((0.0, 0.0)))

    def _fly_mission(self, arrived: bool, now_ms: int) -> None:
        item = self._item()
        if item is None or self.finished:
            return
        if self._stage == "spool up":
            if now_ms >= self.spooled_up_ms:
                self._stage = "takeoff"
                self.vehicle.set_target(TakeOff(-self._takeoff_m))
        elif self._stage == "takeoff":
            if arrived:  # a takeoff goes on to its place (mission.cpp: "navigate to the actual waypoint now")
                self._begin_item()
        elif item.command == 21:
            self._land_at_item(arrived)
        elif item.command in (16, 19, 22) and (arrived or self._hold_until_ms is not None):
            if self._hold_until_ms is None:
                self._hold_until_ms = now_ms + int(1000.0 * (item.param1 if item.command != 22 else 0.0))
            if now_ms >= self._hold_until_ms:
                self._hold_until_ms = None
                self._advance()

    def _land_at_item(self, arrived: bool) -> None:
        if self._stage == "item" and arrived:
            self._stage = "land"
            self.vehicle.set_target(Land())
        elif self._stage == "land" and self.vehicle.state.landed:
            self._advance()


def _jumped(item: Any) -> Any:
    item.param2 = item.param2 - 1.0 if item.param2 > 0.0 else item.param2
    return item


def _place(message: Any) -> tuple[float, float, float]:
    """Of COMMAND_INT or COMMAND_LONG."""
    if message.get_type() == "COMMAND_INT":
        return message.x / 1e7, message.y / 1e7, message.z
    return message.param5, message.param6, message.param7
