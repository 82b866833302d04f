"""`FlightController`: a real controller as `Vehicle`, and as a service on the link to it.

It speaks as the controller's own system, component 191 (an endpoint of that identity carries it). It commands only
between `command` and the moment somebody else changes the mode, the controller restarts or `release` is called.

Clock: vehicle time, which with a real vehicle is the wall's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autopilot import report as R
from autopilot.geo import GeoPoint
from autopilot.outcome import Severity, StatusText
from autopilot.vehicle import (
    Capabilities,
    Land,
    Request,
    Speeds,
    Sticks,
    Target,
    VehicleEvent,
    VehicleState,
    Yaw,
)
from mavlink_bridge.clients.base import Target as Address
from mavlink_bridge.codec import dialect
from mavlink_bridge.flight_controller.checks import PreArmTexts
from mavlink_bridge.flight_controller.courses import Hand
from mavlink_bridge.flight_controller.firmware import Firmware
from mavlink_bridge.flight_controller.mode_keeper import ModeKeeper
from mavlink_bridge.flight_controller.orders import SLOW, Orders
from mavlink_bridge.flight_controller.readings import Readings
from mavlink_bridge.flight_controller.steering import Steering
from mavlink_bridge.flight_controller.streams import StreamKeeper, plan
from mavlink_bridge.services.base import Clock, Message, Outgoing, Peer

COMPONENT: Final = 191  # MAV_COMP_ID_ONBOARD_COMPUTER
_TICK_MS: Final = 20
_ARM: Final = 400
_SET_MODE: Final = 176
_CALIBRATE: Final = 241
_PREARM_CHECKS: Final = 401
_MISSION_START: Final = 300
_REQUEST_MESSAGE: Final = 512
_SET_SERVO: Final = 183
_HOME_POSITION: Final = 242
_FORCE: Final = 21196.0
_ARMED: Final = 128
_SILENCE_MS: Final = 5000
_RESTART_MS: Final = 2000
_HEARTBEAT_MS: Final = 1000
_ONBOARD: Final = 18  # MAV_TYPE_ONBOARD_CONTROLLER
_INVALID: Final = 8  # MAV_AUTOPILOT_INVALID
_ACTIVE: Final = 4
_IN_AIR: Final = (2.0, 3.0, 4.0)  # MAV_LANDED_STATE
_NOTHING: Final = VehicleEvent(0)


class FlightController:
    """See the module; implements `autopilot.vehicle.ControlledVehicle` and `mavlink_bridge.services.base.Service`.

    `mode`: custom_mode of its first HEARTBEAT; `baud`: of the serial line, None where there is none; `native`: the
    controller flies missions in its own AUTO. `home`: as the controller has it. `lost`: silent for 5 s. `restarts`
    counts.
    """

    clock: Clock = "vehicle"
    handles = frozenset((
        "HEARTBEAT", "COMMAND_ACK", "STATUSTEXT", "SYSTEM_TIME", "HOME_POSITION", "LOCAL_POSITION_NED",
        "POSITION_TARGET_GLOBAL_INT", "GLOBAL_POSITION_INT", "ATTITUDE", "SYS_STATUS", "GPS_RAW_INT",
        "EKF_STATUS_REPORT", "ESTIMATOR_STATUS", "EXTENDED_SYS_STATE", "BATTERY_STATUS", "VFR_HUD",
    ))  # fmt: skip

    def __init__(
        self, firmware: Firmware, system: int, custom_mode: int, *, baud: int | None = None, native: bool = False
    ) -> None:
        self.firmware = firmware
        self.baud = baud
        self.native = native
        self.address = Address(system, 1)
        self.home: GeoPoint | None = None
        self.lost = False
        self.restarts = 0
        self._readings = Readings()
        self._orders = Orders(self.address)
        self._texts: list[StatusText] = []
        hand = Hand(firmware, self._readings, self._orders, lambda text: self._say(Severity.WARNING, text))
        self.steering = Steering(hand)
        self._modes = ModeKeeper(firmware.mode_of(custom_mode))
        self._streams = StreamKeeper(plan(baud, px4=firmware.px4), system, 1)
        self._checks = PreArmTexts()
        self._mode_request: Request | None = None
        self._mode_order: Request | None = None
        self._arm_orders: list[tuple[Request, bool]] = []
        self._out: list[Outgoing] = []
        self._events = 0
        self._disarm_held = False
        self._now_ms = 0
        self._heard_ms: int | None = None
        self._heartbeat_ms = 0
        self._home_asked_ms = 0
        rover = firmware.kind == "rover"
        self._capabilities = Capabilities(
            rover=rover, spline=False, sticks=False, own_checks=True, own_parameters=True, own_fence=True,
            virtual_time=False, own_modes=True,
        )  # fmt: skip

    # --- the vehicle: facts ---------------------------------------------------------------------------------------
    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def state(self) -> VehicleState:
        return self._readings.state

    @property
    def origin(self) -> GeoPoint | None:
        return self._readings.origin

    @property
    def flight_mode(self) -> int:
        return self._modes.actual

    @property
    def commanded(self) -> bool:
        return self._modes.commanded

    @property
    def armable_reasons(self) -> Sequence[str]:
        """The controller's own PreArm texts while its PREARM_CHECK bit is not healthy."""
        if self._heard_ms is None or self._readings.prearm_ok is None:
            return ("Waiting for the flight controller",)
        if self.lost:
            return ("No link to the flight controller",)
        return () if self._readings.prearm_ok else self._checks.reasons

    def take_events(self) -> VehicleEvent:
        bits = self._events | self.steering.events
        if bits == 0 and not self._disarm_held:
            return _NOTHING
        self._events = self.steering.events = 0
        if self._disarm_held and not bits & VehicleEvent.LANDED:
            self._disarm_held = False
            self.state.report[R.ARMED] = 0.0
            bits |= VehicleEvent.DISARMED
        return VehicleEvent(bits)

    def take_texts(self) -> list[StatusText]:
        """What people should be told."""
        texts, self._texts = self._texts, []
        return texts

    @property
    def has_news(self) -> bool:
        """Events or texts wait for a pass."""
        return bool(self._events or self.steering.events or self._texts or self._disarm_held)

    # --- the vehicle: who has it ----------------------------------------------------------------------------------
    def command(self, mode: int) -> Request:
        """Take the vehicle: see `ControlledVehicle`. The answer comes when a HEARTBEAT or the acknowledgement says so."""
        wanted = self._flown(mode)
        request = Request()
        if self._modes.wanted == wanted:  # it goes on with its target until it is given another
            if self._modes.confirmed:
                return Request.accepted()
            if self._mode_request is not None:
                return self._mode_request
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
        if not force and self.firmware.kind != "rover" and self.state.report[R.LANDED_STATE] in _IN_AIR:
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
        """Gyroscopes (PREFLIGHT_CALIBRATION), then the controller's pre-arm checks, whose texts follow."""
        if self.state.armed:
            return Request.refused("armed")
        self._checks.clear()
        calibration = self._orders.send(_CALIBRATE, 1.0, retry=SLOW, prefixes=("Calibration", "PreArm:"))
        self._orders.send(_PREARM_CHECKS)
        return calibration

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

    def renew_streams(self) -> None:
        """Somebody else has set rates: ask for ours again."""
        self._streams.renew(self._now_ms)

    # --- messages -------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if peer.system != self.address.system or peer.component != self.address.component:
            return
        self._hear(now_ms)
        name = message.get_type()
        self._watch_clock(message, now_ms)
        self._streams.heard(message.get_msgId(), now_ms)
        if name in self._readings.names:
            self._read(name, message, now_ms)
        elif name == "HEARTBEAT":
            self._heartbeat(message)
        elif name == "COMMAND_ACK":
            if message.target_component in (0, COMPONENT):
                self._orders.acknowledge(message, peer, now_ms)
                self._settle()
        elif name == "STATUSTEXT":
            self._orders.hear(message.text)
            self._checks.hear(message.text)
        elif name == "HOME_POSITION":
            self.home = GeoPoint(message.latitude / 1e7, message.longitude / 1e7, message.altitude / 1e3)

    def _hear(self, now_ms: int) -> None:
        if self.lost:
            self.lost = False
            self._events |= VehicleEvent.LINK_OK
            self._say(Severity.WARNING, "Link to the flight controller is back")
            self._streams.renew(now_ms)
            self.steering.again(now_ms)
        self._heard_ms = now_ms

    def _watch_clock(self, message: Message, now_ms: int) -> None:
        """The controller's clock going back is a restart: it is not commanded until a person asks."""
        boot_ms = getattr(message, "time_boot_ms", None)
        if boot_ms is None:
            return
        last, self._readings.boot_ms = self._readings.boot_ms, boot_ms
        if last is None or boot_ms + _RESTART_MS >= last:
            return
        self.restarts += 1
        self._readings.forget_boot()
        self._readings.boot_ms = boot_ms
        self._orders.drop()
        self._checks.clear()
        self._streams.renew(now_ms)
        self._home_asked_ms = now_ms
        self.release()
        self._say(Severity.CRITICAL, "Flight controller restarted: not commanded until asked")

    def _read(self, name: str, message: Message, now_ms: int) -> None:
        r = self.state.report
        had_position, landed = self.state.has_position, r[R.LANDED_STATE]
        self._readings.read(name, message)
        if name in ("GLOBAL_POSITION_INT", "ATTITUDE"):
            self.steering.moved(now_ms)
        if self.state.has_position and (not had_position or self.origin is None):
            self._events |= VehicleEvent.ESTIMATOR_OK
        if landed != r[R.LANDED_STATE] and self.firmware.kind != "rover":
            self._landed_changed(landed, r[R.LANDED_STATE])

    def _landed_changed(self, before: float, now: float) -> None:
        if now == 1.0:
            self._events |= VehicleEvent.LANDED
            if isinstance(self.steering.target, Land):
                self._events |= VehicleEvent.ARRIVED
                self.state.report[R.ARRIVED] = 1.0
        elif before == 1.0:
            self._events |= VehicleEvent.LIFTOFF

    def _heartbeat(self, message: Message) -> None:
        self._set_armed(bool(message.base_mode & _ARMED))
        asked = self._mode_request is not None or self._mode_order is not None
        if self._modes.heartbeat(self.firmware.mode_of(message.custom_mode)):
            self._end_mode_request(False, "another mode was chosen")
            self.steering.stop()
            self._events |= VehicleEvent.TAKEN_OVER
        elif asked and self._modes.confirmed:
            self._end_mode_request(True)

    def _set_armed(self, armed: bool) -> None:
        """A controller stops the motors as soon as it has landed, maybe before it says so. The core hears of the
        landing first, and of the motors one pass later: else it would take the flight for broken off."""
        r = self.state.report
        if armed == bool(r[R.ARMED]):
            self._disarm_held = False
            return
        if armed:
            r[R.ARMED] = 1.0
            self._events |= VehicleEvent.ARMED
            return
        lands = isinstance(self.steering.target, Land) or self._flies_itself
        if lands and r[R.LANDED_STATE] != 1.0:
            r[R.LANDED_STATE] = 1.0
            self._landed_changed(0.0, 1.0)
        if self._events & VehicleEvent.LANDED:
            self._disarm_held = True
        else:
            r[R.ARMED] = 0.0
            self._events |= VehicleEvent.DISARMED

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        self._now_ms = max(self._now_ms, now_ms)
        self._watch_silence(now_ms)
        follows = self._modes.confirmed and self._modes.wanted == self.firmware.guided and not self.lost
        for message in self.steering.step(now_ms, follows):
            self._out.append(Outgoing(message))
        self._orders.step(now_ms)
        self._settle()
        self._keep_alive(now_ms)
        self._out += self._orders.take_outgoing()

    def _watch_silence(self, now_ms: int) -> None:
        if not self.lost and self._heard_ms is not None and now_ms - self._heard_ms >= _SILENCE_MS:
            self.lost = True
            self._events |= VehicleEvent.LINK_LOST
            self._say(Severity.CRITICAL, "Link to the flight controller lost")

    def _keep_alive(self, now_ms: int) -> None:
        system, component = self.address.system, self.address.component
        if now_ms >= self._heartbeat_ms:
            self._heartbeat_ms = now_ms + _HEARTBEAT_MS
            self._out.append(Outgoing(dialect.MAVLink_heartbeat_message(_ONBOARD, _INVALID, 0, 0, _ACTIVE, 3)))
        if self.lost:
            return
        self._out += [Outgoing(message) for message in self._streams.take(now_ms)]
        if self.home is None and self.state.has_position and now_ms >= self._home_asked_ms:
            self._home_asked_ms = now_ms + 5 * _HEARTBEAT_MS
            self._orders.send(_REQUEST_MESSAGE, float(_HOME_POSITION))
        if self._readings.prearm_ok is False and not self.state.armed and self._checks.should_ask(now_ms):
            self._out.append(Outgoing(dialect.MAVLink_command_long_message(
                system, component, _PREARM_CHECKS, 0, *(0.0 for _ in range(7))
            )))  # fmt: skip

    def _settle(self) -> None:
        """Requests have ended: what follows from them."""
        if not self._orders.take_done():
            return
        self._events |= VehicleEvent.REPLY
        for entry in [entry for entry in self._arm_orders if entry[0].done]:
            self._arm_orders.remove(entry)
            if entry[0].ok:
                self._set_armed(entry[1])
        order = self._mode_order
        if order is None or not order.done:
            return
        if order.ok:
            self._modes.acknowledged()
            self._end_mode_request(True)
        elif not self._modes.confirmed:
            self._end_mode_request(False, order.reason)
            self._say(Severity.WARNING, f"Flight controller refuses the mode: {order.reason}")
            self.release()
        self._mode_order = None

    def next_deadline_ms(self) -> int | None:
        silence = None if self._heard_ms is None or self.lost else self._heard_ms + _SILENCE_MS
        dues = (
            self._heartbeat_ms,
            self._streams.deadline_ms,
            self.steering.deadline_ms,
            self._orders.deadline_ms,
            silence,
        )
        return min(due for due in dues if due is not None)

    def take_outgoing(self) -> list[Outgoing]:
        out, self._out = self._out, []
        return out

    def link_closed(self, link: int) -> None:
        """Silence will tell."""

    def _say(self, severity: Severity, text: str) -> None:
        self._texts.append(StatusText(severity, text))
