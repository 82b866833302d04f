"""`FlightController`: a real controller as `Vehicle`, and as a service on the link to it.

It speaks as the controller's own system, component 191 (an endpoint of that identity carries it). It commands only
between `command` and the moment somebody else changes the mode, the controller restarts or `release` is called.

Clock: vehicle time, which with a real vehicle is the wall's.
"""

from __future__ import annotations

from typing import Final

from autopilot import report as R
from autopilot.geo import GeoPoint
from autopilot.outcome import Severity
from autopilot.vehicle import Land, VehicleEvent
from mavlink_bridge.codec import dialect
from mavlink_bridge.flight_controller.controller_orders import ControllerOrders
from mavlink_bridge.services.base import Clock, Message, Outgoing, Peer

COMPONENT: Final = 191  # MAV_COMP_ID_ONBOARD_COMPUTER
_PREARM_CHECKS: Final = 401
_REQUEST_MESSAGE: Final = 512
_HOME_POSITION: Final = 242
_ARMED: Final = 128
_SILENCE_MS: Final = 5000
_RESTART_MS: Final = 2000
_FORGOT_MS: Final = 1000
_HEARTBEAT_MS: Final = 1000
_ONBOARD: Final = 18  # MAV_TYPE_ONBOARD_CONTROLLER
_INVALID: Final = 8  # MAV_AUTOPILOT_INVALID
_ACTIVE: Final = 4


class FlightController(ControllerOrders):
    """See the module; implements `autopilot.vehicle.ControlledVehicle` and `mavlink_bridge.services.base.Service`."""

    clock: Clock = "vehicle"
    handles = frozenset((
        "HEARTBEAT", "COMMAND_ACK", "STATUSTEXT", "SYSTEM_TIME", "HOME_POSITION", "LOCAL_POSITION_NED",
        "POSITION_TARGET_GLOBAL_INT", "GLOBAL_POSITION_INT", "ATTITUDE", "SYS_STATUS", "GPS_RAW_INT",
        "EKF_STATUS_REPORT", "ESTIMATOR_STATUS", "EXTENDED_SYS_STATE", "BATTERY_STATUS", "VFR_HUD", "MISSION_CURRENT",
    ))  # fmt: skip

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
            self._heartbeat(message, now_ms)
            self._watch_streams(now_ms)
            if self._mode_unseen:  # somebody may have taken it meanwhile, and a target may take it back
                self._mode_unseen = False
                self.steering.again(now_ms)
        elif name == "COMMAND_ACK":
            if message.target_component in (0, COMPONENT):
                self._orders.acknowledge(message, peer, now_ms)
                self._settle()
        elif name == "STATUSTEXT":
            self._orders.hear(message.text)
            self._checks.hear(message.text)
        elif name == "HOME_POSITION":
            self.home = GeoPoint(message.latitude / 1e7, message.longitude / 1e7, message.altitude / 1e3)
            self._home_moved = False

    def _hear(self, now_ms: int) -> None:
        if self.lost:
            self.lost = False
            self._mode_unseen = True
            self._events |= VehicleEvent.LINK_OK
            self._say(Severity.WARNING, "Link to the flight controller is back")
            self._streams.renew(now_ms)
        self._heard_ms = now_ms

    def _watch_clock(self, message: Message, now_ms: int) -> None:
        """The controller's clock going back is a restart: it is not commanded until a person asks."""
        boot_ms = getattr(message, "time_boot_ms", None)
        if boot_ms is None:
            return
        last, self._readings.boot_ms = self._readings.boot_ms, boot_ms
        if last is not None and boot_ms + _RESTART_MS < last:
            self._restarted(now_ms)
            self._readings.boot_ms = boot_ms

    def _watch_streams(self, now_ms: int) -> None:
        """Motors that stop in the air and streams that stay away while HEARTBEATs come are a restart too. Its clock may
        have overtaken the old one by the time the streams have been asked for again."""
        stopped_ms = self._stopped_in_air_ms
        if stopped_ms is None or now_ms - stopped_ms < _FORGOT_MS:
            return
        self._stopped_in_air_ms = None
        if self._streams.silent_since(stopped_ms):
            self._restarted(now_ms)

    def _restarted(self, now_ms: int) -> None:
        self.restarts += 1
        self._stopped_in_air_ms = None
        self._readings.forget_boot()
        self._orders.drop()
        self._checks.clear()
        self._streams.renew(now_ms)
        self._home_asked_ms = now_ms
        self.release()
        self._say(Severity.CRITICAL, "Controller restarted: not commanded until asked")

    def _read(self, name: str, message: Message, now_ms: int) -> None:
        r = self.state.report
        had_position, landed = self.state.has_position, r[R.LANDED_STATE]
        self._readings.read(name, message)
        if name in ("GLOBAL_POSITION_INT", "ATTITUDE"):
            self.steering.moved(now_ms)
        if self.state.has_position and (not had_position or self.origin is None):
            self._events |= VehicleEvent.ESTIMATOR_OK
        if landed != r[R.LANDED_STATE] and self.firmware.vehicle_class.has_height:
            self._landed_changed(landed, r[R.LANDED_STATE])

    def _landed_changed(self, before: float, now: float) -> None:
        if now == 1.0:
            self._events |= VehicleEvent.LANDED
            if isinstance(self.steering.target, Land):
                self._events |= VehicleEvent.ARRIVED
                self.state.report[R.ARRIVED] = 1.0
        elif before == 1.0:
            self._events |= VehicleEvent.LIFTOFF

    @property
    def _in_air(self) -> bool:
        return self.firmware.vehicle_class.has_height and self.state.report[R.LANDED_STATE] != 1.0

    def _heartbeat(self, message: Message, now_ms: int) -> None:
        self._beaten = True
        self._readings.custom_mode = message.custom_mode
        armed = bool(message.base_mode & _ARMED)
        if self.state.armed and not armed and self._in_air:
            self._stopped_in_air_ms = now_ms
        self._set_armed(armed)
        asked = self._mode_request is not None or self._mode_order is not None
        if self._modes.heartbeat(self.firmware.mode_of(message.custom_mode)):
            self._end_mode_request(False, "another mode was chosen")
            self.steering.stop()
            self._events |= VehicleEvent.TAKEN_OVER
        elif asked and self._modes.confirmed:
            self._end_mode_request(True)

    def armed_by_another(self, armed: bool) -> None:
        """The controller has told a ground station that it has armed, or disarmed."""
        self._set_armed(armed)

    def _set_armed(self, armed: bool) -> None:
        """A controller stops the motors as soon as it has landed, maybe before it says so. The core hears of the
        landing first, and of the motors one pass later: else it would take the flight for broken off."""
        r = self.state.report
        if armed == bool(r[R.ARMED]):
            self._disarm_held = False
            return
        if armed:
            self._home_moved, self._home_asked_ms = True, 0  # to where it stands
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
        heard = not (self.lost or self._mode_unseen)
        follows = heard and self._modes.confirmed and self._modes.wanted == self.firmware.guided
        for message in self.steering.step(now_ms, follows):
            self._out.append(Outgoing(message))
        self._orders.step(now_ms)
        self._settle()
        self._keep_alive(now_ms)
        self._out += self._orders.take_outgoing()

    def _watch_silence(self, now_ms: int) -> None:
        if not self.lost and self._heard_ms is not None and now_ms - self._heard_ms >= _SILENCE_MS:
            self.lost = True
            self._orders.drop()  # repeated when the link is back, they might take it from somebody
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
        wanted = self.home is None or self._home_moved
        if wanted and self.state.has_position and now_ms >= self._home_asked_ms:
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
