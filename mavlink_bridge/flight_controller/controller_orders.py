"""What the core tells a controller: who has it, orders, targets, its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autopilot import report as R
from autopilot.vehicle import ControlPart, Land, Request, Speeds, Sticks, Target, VehicleEvent, Yaw
from mavlink_bridge.flight_controller.controller_facts import ControllerFacts
from mavlink_bridge.flight_controller.orders import SLOW
from mavlink_bridge.services.base import Message

_TICK_MS: Final = 20
_ARM: Final = 400
_SET_MODE: Final = 176
_CALIBRATE: Final = 241
_PREARM_CHECKS: Final = 401
_MISSION_START: Final = 300
_SET_SERVO: Final = 183
_FORCE: Final = 21196.0
_BATTERY_RESET: Final = 42651
_FIRST_BATTERY: Final = 1.0  # bit mask
_IN_AIR: Final = (2.0, 3.0, 4.0)  # MAV_LANDED_STATE


class ControllerOrders(ControllerFacts):
    """The part of `autopilot.vehicle.ControlledVehicle` that acts."""

    # --- the vehicle: who has it ----------------------------------------------------------------------------------
    def command(self, mode: int) -> Request:
        """Take the vehicle: see `ControlledVehicle`. The answer comes with a HEARTBEAT or the acknowledgement."""
        wanted = self._flown(mode)
        request = Request()
        if self._modes.wanted == wanted:  # it goes on with its target until it is given another
            if self._modes.confirmed:
                return Request.accepted()
            if self._mode_request is not None:
                return self._mode_request
        if wanted == self.firmware.vehicle_class.modes.at_rest:
            self.steering.come_to_rest()
        else:
            self.steering.stop()
        if not self._modes.command(wanted):
            return Request.accepted()
        self._mode_request = request
        self._mode_order = self._orders.send(
            _SET_MODE, *self.firmware.set_mode_params(wanted), prefixes=("Mode change",)
        )
        return request

    def _flown(self, mode: int) -> int:
        """The controller's mode for one of ours. Its own AUTO cannot be armed in: it waits on the ground in GUIDED."""
        state = self.state
        if self.native and mode == self.firmware.auto and state.armed and not state.landed:
            return mode
        return self.firmware.flown(mode)

    def fly_natively(self) -> None:
        """AUTO of the controller, from the ground with MISSION_START; nothing when it is there or on its way."""
        if not self._modes.commanded or self._modes.wanted == self.firmware.auto:
            return
        self.steering.stop()
        self._fly_mode(self.firmware.auto)
        if self.state.landed:
            self._orders.send(_MISSION_START)

    @property
    def _flies_itself(self) -> bool:
        return self.native and self._modes.wanted == self.firmware.auto

    def release(self) -> None:
        self._modes.release()
        self._end_mode_request(False, "taken over")
        self.steering.stop()
        self._events |= VehicleEvent.TAKEN_OVER

    def _end_mode_request(self, ok: bool, reason: str = "") -> None:
        request, self._mode_request, self._mode_order = self._mode_request, None, None
        if request is not None:
            request.ok, request.reason, request.done = ok, reason, True
            self._events |= VehicleEvent.REPLY

    # --- the vehicle: orders --------------------------------------------------------------------------------------
    def arm(self, *, force: bool = False) -> Request:
        return self._ask_arm(True, force)

    def disarm(self, *, force: bool = False) -> Request:
        if not force and self.firmware.vehicle_class.has_height and self.state.report[R.LANDED_STATE] in _IN_AIR:
            return Request.refused("not landed")
        return self._ask_arm(False, force)

    def _ask_arm(self, arm: bool, force: bool) -> Request:
        if self.lost:
            return Request.refused("no link to the flight controller")
        prefixes = ("Arm:", "PreArm:") if arm else ("Disarm:",)
        order = self._orders.send(_ARM, float(arm), _FORCE if force else 0.0, retry=SLOW, prefixes=prefixes)
        self._arm_orders.append((order, arm))
        return order

    def calibrate(self) -> Request:
        """The barometer's ground pressure (PREFLIGHT_CALIBRATION), then the controller's pre-arm checks, whose texts
        follow. Its gyroscopes it has calibrated at boot; doing it again stops its main loop for a second or more, after
        which its GPS counts as unhealthy and it cannot be armed for a while."""
        if self.state.armed:
            return Request.refused("armed")
        self._checks.clear()
        calibration = self._orders.send(_CALIBRATE, 0.0, 0.0, 1.0, retry=SLOW, prefixes=("Calibration", "PreArm:"))
        self._orders.send(_PREARM_CHECKS)
        return calibration

    def clear(self, part: ControlPart) -> Request:
        """Nothing can be cleared from outside: there is no MAVLink command for it. A controller relaxes its own
        controllers while it is disarmed and lets its estimator run on."""
        return Request.refused("armed") if self.state.armed else Request.accepted()

    def hold_motors(self, held: bool) -> None:
        """Its motors run while it is armed."""

    def set_target(self, target: Target) -> None:
        if not self._modes.commanded or self._flies_itself:
            return
        if isinstance(target, Land):
            self.steering.stop()
            self.steering.target = target
            self._fly_mode(self.firmware.land)
            return
        self.steering.fly(target, self._now_ms)
        if self.steering.course is not None and self._modes.wanted != self.firmware.guided:
            self._fly_mode(self.firmware.guided)  # up again after a landing of the mission

    def _fly_mode(self, mode: int) -> None:
        if self._modes.command(mode):
            self._end_mode_request(False, "another mode was asked for")
            self._mode_order = self._orders.send(
                _SET_MODE, *self.firmware.set_mode_params(mode), prefixes=("Mode change",)
            )

    def set_yaw(self, yaw: Yaw) -> None:
        if self._modes.commanded:
            self.steering.turn(yaw, self._now_ms)

    def set_speeds(self, speeds: Speeds) -> None:
        self.steering.set_speeds(speeds)

    def set_sticks(self, sticks: Sticks) -> None:
        """Sticks go to the controller itself."""

    def watch_distance(self, metres: float) -> None:
        self.steering.watch_distance(metres)

    def set_parameter(self, name: str, value: float) -> None:
        """The controller keeps its own."""

    def set_output(self, channel: int, pwm_us: float) -> None:
        self._orders.send(_SET_SERVO, float(channel), pwm_us)

    def reset_battery(self, charge: float) -> Request:
        """Tell it that its battery holds this share now, 0 to 1: it was charged or changed (MAV_CMD_BATTERY_RESET)."""
        return self._orders.send(_BATTERY_RESET, _FIRST_BATTERY, 100.0 * charge)

    # --- its time -------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Nothing is compiled."""

    def advance(self, until_ms: int) -> int:
        """Time has passed: it is `until_ms` now, to the tick above."""
        self._now_ms = -(-until_ms // _TICK_MS) * _TICK_MS
        self.state.report[R.TIME_MS] = self._now_ms
        return self._now_ms

    def fault_names(self) -> Sequence[str]:
        return ()

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        return False

    def needs_more(self, message: Message) -> bool:
        """Would this SET_MESSAGE_INTERVAL make a stream slower than the service needs it? (0, the controller's own
        choice, may be.)"""
        hz = self._streams.rates.get(int(message.param1))
        return hz is not None and not 0.0 < message.param2 <= 1e6 / hz

    def renew_streams(self) -> None:
        """Somebody else has set rates: ask for ours again."""
        self._streams.renew(self._now_ms)
