"""`FlightController`: a real controller as a `Vehicle`, and as a service on the link to it.

It speaks as component 191 of the controller's own system. It commands only from `command` until another party changes
the mode, the controller restarts, or `release` is called.

Its parts are public fields: `link` (loss, restart, streams), `readings` (telemetry as report vector), `orders`
(commands and answers), `modes` (who has the vehicle), `control` (mode changes), `steering` (target as setpoints),
`motors`, `home`, `prearm`. Their time is vehicle time, which is the wall clock with a real vehicle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from autopilot.context.turns import earliest
from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint
from autopilot.interface.layout import TICK_MS
from autopilot.interface.reasons import NEED_POSITION, ArmingReason
from autopilot.interface.targets import Bounds, Sticks, Target, Yaw
from autopilot.interface.vehicle import Capabilities, ControlPart, MotorCut, Request, VehicleEvent, VehicleState
from autopilot.mav import Cmd, Component, ModeFlag, ParameterType, Severity, SystemState, VehicleType
from mavlink_bridge.clients.base import Target as Address
from mavlink_bridge.clients.heartbeat import heartbeat_of
from mavlink_bridge.clients.texts import TextAssembler
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.flight_controller.guided_setpoints import GuidedContext
from mavlink_bridge.flight_controller.link_state import LinkState
from mavlink_bridge.flight_controller.mode_control import ModeControl, ModeKeeper
from mavlink_bridge.flight_controller.motors import Motors
from mavlink_bridge.flight_controller.news import VehicleNews
from mavlink_bridge.flight_controller.orders import SLOW, ControllerOrders
from mavlink_bridge.flight_controller.questions import HomeQuestion, PreArmQuestion
from mavlink_bridge.flight_controller.readings import ControllerReadings
from mavlink_bridge.flight_controller.steering import Steering
from mavlink_bridge.flight_controller.streams import StreamKeeper, plan
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.wire.codec import command_message, dialect

COMPONENT: Final = Component.ONBOARD_COMPUTER
_FIRST_BATTERY: Final = 1.0  # bit mask
_HEARTBEAT_MS: Final = 1000
#: MAV_TYPE of Sortie's own HEARTBEAT by `counts_as_station`. PX4 reports a lost computer or station when that type
#: falls silent, so neither type is sent before it is known which is needed.
_SHOWN_AS: Final = {None: VehicleType.GENERIC, False: VehicleType.ONBOARD_CONTROLLER, True: VehicleType.GCS}
STATION_LOST: Final = "gcs.loss"
"""Fault on the link to its ground stations."""
_BOOTING: Final = (SystemState.UNINIT, SystemState.BOOT, SystemState.CALIBRATING)
_NOTHING: Final = VehicleEvent(0)
_WAITING: Final = ArmingReason("Waiting for the flight controller")
_NO_LINK: Final = ArmingReason("No link to the flight controller")
_CAPABILITIES: Final = Capabilities(sticks=False, own_checks=True, own_fence=True, own_modes=True)


class FlownBody(Protocol):
    """Interface to the simulated body of a controller: its faults and its true state."""

    def names(self) -> Sequence[str]:
        """Names of its faults."""

    def inject(self, name: str, value: float | None, *, active: bool) -> Mapping[str, float] | None:
        """Begin or end a fault. Returns parameters to set in the controller; None: there is no such fault."""

    def fill_truth(self, state: VehicleState) -> None:
        """Write the true state into the report of `state`."""

    def set_parameter(self, name: str, value: float) -> None:
        """Note a changed parameter of Sortie; those of the simulated world act."""


class FlightController(Speaker):
    """Implementation of `autopilot.interface.vehicle.ControlledVehicle` and `mavlink_bridge.routing.service.Service`.

    `custom_mode`: of its first HEARTBEAT. `baud`: of a serial line; None: no serial line. `native`: the controller
    flies missions in its own AUTO. `body`: its simulated body, if it has one.
    """

    clock: Clock = "vehicle"
    handles = frozenset((
        "HEARTBEAT", "COMMAND_ACK", "STATUSTEXT", "SYSTEM_TIME", "HOME_POSITION", "LOCAL_POSITION_NED",
        "POSITION_TARGET_GLOBAL_INT", "GLOBAL_POSITION_INT", "ATTITUDE", "SYS_STATUS", "GPS_RAW_INT",
        "EKF_STATUS_REPORT", "ESTIMATOR_STATUS", "EXTENDED_SYS_STATE", "BATTERY_STATUS", "VFR_HUD", "MISSION_CURRENT",
        "SIM_STATE",
    ))  # fmt: skip

    def __init__(
        self,
        firmware: Firmware,
        system: int,
        custom_mode: int,
        *,
        baud: int | None = None,
        native: bool = False,
        body: FlownBody | None = None,
    ) -> None:
        self.firmware = firmware
        self.vehicle_type: int | None = None
        """MAV_TYPE of its HEARTBEATs."""
        self.booting = True
        """True until its HEARTBEAT says that it has started; until then ArduPilot refuses a mission (NO_SPACE)."""
        self.native = native
        self.refused_mission: ArmingReason | None = None
        """Reason against arming while the controller, which flies missions itself, does not take the present one."""
        self.body = body
        own_takeoff = native and firmware.habits.takes_off_by_itself
        self.capabilities = replace(_CAPABILITIES, own_takeoff=own_takeoff)
        self.address = Address(system, 1, firmware=firmware)
        self.news = VehicleNews()
        self.readings = ControllerReadings(firmware.may_arm)
        self.state: VehicleState = self.readings.state
        self.orders = ControllerOrders(self.address)
        rates = firmware.rates
        streams = StreamKeeper(plan(baud, rates, native=native), system, 1, rates.heartbeat_hz)
        self.link = LinkState(streams, self.news)
        self.steering = Steering(GuidedContext(firmware, self.readings, self.orders, self.news.warn), self.news)
        self.modes = ModeKeeper(firmware.mode_of(custom_mode))
        self.control = ModeControl(self.modes, self.steering, self.news, native=native)
        self.home = HomeQuestion(self.orders)
        self.prearm = PreArmQuestion(firmware.words.prearm)
        self.motors = Motors(self.steering, self.link, self.home, self.news)
        self.command, self.release = self.control.command, self.control.release
        self.set_speeds, self.watch_distance = self.steering.set_speeds, self.steering.watch_distance
        self._texts = TextAssembler()
        super().__init__()
        self._now_ms = 0
        self._heartbeat_ms = 0
        self._outputs: list[tuple[float, Request]] = []  # driven channels with the answers that are expected
        #: None until the controller's parameter that decides it is known
        self.counts_as_station: bool | None = None if firmware.habits.texts_for_stations else False
        """True if the controller may be told that a ground station is here: otherwise it sends no texts on this link.
        It must not act when that station is gone."""
        self.hears_stations = True
        """False while HEARTBEATs of ground stations do not reach the controller (a simulated fault)."""

    # --- the vehicle: facts ---------------------------------------------------------------------------------------
    @property
    def origin(self) -> GeoPoint | None:
        return self.readings.origin

    @property
    def flight_mode(self) -> int:
        return self.modes.actual

    @property
    def commanded(self) -> bool:
        return self.modes.commanded

    @property
    def known(self) -> bool:
        """True if the controller has reported its position, home, landed state, armed state and pre-arm checks."""
        reported = self.link.streams.hears("SYS_STATUS", "EXTENDED_SYS_STATE", "GLOBAL_POSITION_INT")
        placed = self.state.has_position and self.home.position is not None
        return reported and self.motors.reported and placed and not self.link.lost

    @property
    def armable_reasons(self) -> Sequence[ArmingReason]:
        """PreArm texts of the controller while its PREARM_CHECK bit is not healthy, then what Sortie's flight lacks."""
        if not self.link.heard or self.readings.prearm_ok is None:
            return (_WAITING,)
        if self.link.lost:
            return (_NO_LINK,)
        if not self.readings.prearm_ok:
            return tuple(ArmingReason(text) for text in self.prearm.reasons)
        # its checks are for its present mode; Sortie flies in GUIDED, which needs a position
        lacking = None if self.state.has_position else NEED_POSITION
        return tuple(reason for reason in (lacking, self.refused_mission) if reason is not None)

    def take_events(self) -> VehicleEvent:
        return self.motors.take_events() if self.news.events or self.motors.holds_news else _NOTHING

    @property
    def has_events(self) -> bool:
        return self.motors.holds_news or bool(self.news.events)

    @property
    def has_news(self) -> bool:
        """True if events or texts wait for the next pass."""
        return bool(self.news) or self.motors.holds_news

    # --- the vehicle: control and orders -------------------------------------------------------------------------
    def arm(self, *, force: bool = False) -> Request:
        return self.motors.arm(force)

    def stop(self) -> Request:
        """Stop and hold in the controller's own way, which leaves its mission; a person ordered it."""
        order = self.firmware.stop()
        if order is None:
            return Request.refused("no way to stop it")
        return self.orders.send(order.number, *order.params, prefixes=order.prefixes)

    def disarm(self, *, force: bool = False) -> Request:
        return self.motors.disarm(force)

    def calibrate(self) -> Request:
        """Request the calibration before a flight (PREFLIGHT_CALIBRATION; ArduPilot's ground pressure), then pre-arm
        checks.

        Gyroscopes are not calibrated again: that stops ArduPilot's main loop for a second or more, after which its GPS
        counts as unhealthy and it cannot be armed for a while.
        """
        if self.state.armed:
            return Request.refused("armed")
        self.prearm.clear()
        params, prefixes = self.firmware.habits.calibration, ("Calibration", *self.firmware.words.arm)
        done = Request.accepted()
        if params is not None:
            done = self.orders.send(Cmd.PREFLIGHT_CALIBRATION, *params, retry=SLOW, prefixes=prefixes)
        self.orders.send(Cmd.RUN_PREARM_CHECKS)
        return done

    def clear(self, part: ControlPart) -> Request:
        """Do nothing: MAVLink has no command for it. A disarmed controller resets its own control loops."""
        return Request.refused("armed") if self.state.armed else Request.accepted()

    def hold_motors(self, held: bool) -> None:
        """Do nothing: the controller's motors run while it is armed."""

    def cut_motors(self, cut: MotorCut) -> None:
        """Do nothing: the controller reads its own switches."""

    def set_target(self, target: Target) -> None:
        self.control.fly(target, self._now_ms)

    def set_yaw(self, yaw: Yaw) -> None:
        if self.modes.commanded:
            self.steering.turn(yaw, self._now_ms)

    def set_sticks(self, sticks: Sticks) -> None:
        """Do nothing: sticks are connected to the controller."""

    def keep_within(self, bounds: Bounds | None) -> None:
        """Do nothing: the controller has its own fence."""

    def set_parameter(self, name: str, value: float) -> None:
        """Use a speed parameter of the controller as its own ground speed."""
        cruise = self.firmware.vehicle_class.measures.cruise[0]
        if name == cruise.name and value > 0.0:
            self.steering.own_ground_speed(value / cruise.per)
        if self.body is not None:
            self.body.set_parameter(name, value)

    def set_output(self, channel: int, pwm_us: float) -> None:
        self._outputs.append((channel, self.orders.send(Cmd.DO_SET_SERVO, float(channel), pwm_us)))

    def reset_battery(self, charge: float) -> Request:
        """Report the battery's charge, 0 to 1, after charging or changing it (MAV_CMD_BATTERY_RESET)."""
        return self.orders.send(Cmd.BATTERY_RESET, _FIRST_BATTERY, 100.0 * charge)

    # --- the vehicle: time ---------------------------------------------------------------------------------------
    def load(self) -> None:
        """Do nothing: no kernel is needed."""

    def advance(self, until_ms: int) -> int:
        """Advance to `until_ms`, rounded up to a tick."""
        self._now_ms = -(-until_ms // TICK_MS) * TICK_MS
        self.state.report[R.TIME_MS] = self._now_ms
        if self.body is not None:
            self.body.fill_truth(self.state)
        return self._now_ms

    def fault_names(self) -> Sequence[str]:
        return () if self.body is None else (*self.body.names(), STATION_LOST)

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        if name == STATION_LOST:
            self.hears_stations = not active
            return True
        parameters = None if self.body is None else self.body.inject(name, value, active=active)
        for parameter, number in (parameters or {}).items():
            to = self.address.system, self.address.component
            self._out.append(
                Outgoing(dialect.MAVLink_param_set_message(*to, parameter.encode(), number, ParameterType.REAL32))
            )
        return parameters is not None

    # --- messages -------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if peer.system != self.address.system or peer.component != self.address.component:
            return
        link = self.link
        link.hear(now_ms)
        name = message.get_type()
        if link.restarted_by_clock(message, now_ms):
            self._restarted(now_ms)
        link.streams.heard(message.get_msgId(), now_ms)
        if name in self.readings.names:
            self._read(name, message, now_ms)
        elif name == "HEARTBEAT":
            self._heartbeat(message, now_ms)
        elif name == "COMMAND_ACK":
            if message.target_component in (Component.ALL, COMPONENT):
                self.orders.acknowledge(message, peer, now_ms)
                self._settle(now_ms)
                self.control.acknowledged(message.command, message.result, now_ms)
        elif name == "STATUSTEXT":
            self.control.hear(message.text, now_ms)  # the first chunk is enough
            self._texts.take(message)
            for _, text in self._texts.texts:
                whole = text.rstrip()  # PX4 ends texts that are also events with a tab
                self.orders.hear(whole)
                self.prearm.hear(whole)
            self._texts.texts.clear()
        elif name == "HOME_POSITION":
            self.home.hear(message)

    def _heartbeat(self, message: Message, now_ms: int) -> None:
        self.vehicle_type, self.readings.custom_mode = message.type, message.custom_mode
        self.booting = message.system_status in _BOOTING
        self.link.streams.armed = armed = bool(message.base_mode & ModeFlag.SAFETY_ARMED)
        self.motors.heartbeat(armed, now_ms)
        self.control.heartbeat(message.custom_mode, message.system_status, now_ms)
        if self.link.restarted_by_silence(now_ms):
            self._restarted(now_ms)
        if self.link.settled():  # another party may have taken it meanwhile, and a target may take it back
            self.steering.again(now_ms)

    def _restarted(self, now_ms: int) -> None:
        """Stop commanding a restarted controller until a person asks for it."""
        self.readings.forget_boot()
        self.orders.drop()
        self.prearm.clear()
        self.home.ask_after(now_ms)
        self.control.release()
        self.news.say(Severity.CRITICAL, "Controller restarted: not commanded until asked")

    def _read(self, name: str, message: Message, now_ms: int) -> None:
        r = self.readings.report
        had_position, landed = self.state.has_position, r[R.LANDED_STATE]
        self.readings.read(name, message)
        if name in ("GLOBAL_POSITION_INT", "ATTITUDE"):
            self.steering.moved(now_ms)
        if self.state.has_position and (not had_position or self.origin is None):
            self.news.events |= VehicleEvent.ESTIMATOR_OK
        if name == "EXTENDED_SYS_STATE" and message.landed_state:
            self.motors.landed_state_changed(landed)

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        self._now_ms = max(self._now_ms, now_ms)
        if self.link.step(now_ms):
            self.orders.drop()  # repeated after the loss they might take the vehicle from another party
        self.control.step(now_ms)
        still = self._must_be_still(now_ms)
        for message in self.steering.step(now_ms, self.control.follows and not still):
            self._out.append(Outgoing(message))
        self.orders.step(now_ms, still=still)
        self._settle(now_ms)
        self._keep_alive(now_ms)
        self._out += self.orders.take_outgoing()

    def _must_be_still(self, now_ms: int) -> bool:
        """True while no order may move the vehicle: control or a failsafe is not known for sure."""
        link, state = self.link, self.state
        stale = state.armed and not state.landed and not link.streams.beat_is_fresh(now_ms)
        return link.lost or link.back or self.control.in_doubt or stale

    def _keep_alive(self, now_ms: int) -> None:
        if now_ms >= self._heartbeat_ms:
            self._heartbeat_ms = now_ms + _HEARTBEAT_MS
            self._out.append(Outgoing(heartbeat_of(_SHOWN_AS[self.counts_as_station])))
        if self.link.lost:
            return
        self._out += [Outgoing(message) for message in self.link.streams.take(now_ms)]
        self.home.step(now_ms, placed=self.state.has_position)
        if self.readings.prearm_ok is False and not self.state.armed and self.prearm.should_ask(now_ms):
            question = command_message(self.address.system, self.address.component, Cmd.RUN_PREARM_CHECKS)
            self._out.append(Outgoing(question))

    def _settle(self, now_ms: int) -> None:
        """Act on orders that have ended."""
        if self.orders.take_done():
            self.news.events |= VehicleEvent.REPLY
            self.motors.settle()
            self.control.settle(now_ms)
            self._warn_of_refused_outputs()

    def _warn_of_refused_outputs(self) -> None:
        ended = [entry for entry in self._outputs if entry[1].done]
        self._outputs = [entry for entry in self._outputs if not entry[1].done]
        for channel, request in ended:
            if not request.ok:
                self.news.warn(f"Output {channel:g} not driven: {request.reason}")

    def next_deadline_ms(self) -> int | None:
        link, own = self.link, (self._heartbeat_ms, self.steering.deadline_ms, self.orders.deadline_ms)
        return earliest((*own, link.streams.deadline_ms, link.deadline_ms))
