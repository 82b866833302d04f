"""The actors of a flight: their state, their resets, their messages (seed 002). Those from sensor to motor are
critical; without battery, comms and logger a flight continues.

The control laws are in the compiled kernel only. RESET of an estimator or controller clears its part of the kernel
(`Vehicle.clear`, `sitl.vehicles.clearing`).
"""

from __future__ import annotations

from typing import ClassVar, Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.flight import flags
from autopilot.flight.flags import Flags
from autopilot.flight.flight_context import FlightContext
from autopilot.flight.guards import HOVER, HOVER_HEIGHT
from autopilot.flight.kernel import Actor
from autopilot.flight.messages import FAIL, OK, Ask, BatteryLevel, Manner, Message, MessageKind, Payload, Tag
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.vehicle import ControlPart, Request
from autopilot.mav import Result, Severity
from autopilot.mission.sequencer import SetCurrentError

POSITION_WAIT_MS: Final = 5_000  # well below the manager's timeout of a RESET
POSITION_LOOK_MS: Final = 200


class FlightActor(Actor):
    """A flight-critical actor, which reports to the flight manager."""

    def __init__(self, parts: VehicleParts) -> None:
        super().__init__()
        self._parts, self._vehicle = parts, parts.helm.vehicle

    def notify_manager(self, tag: Tag, payload: str = "") -> None:
        self.port.notify("flight_manager", tag, payload)


class SensorActor(FlightActor):
    """Sensors. RESET calibrates them. A plain arm command does not, for a flight controller that keeps its own
    calibration."""

    name = "sensor"
    listens = flags.REPLY

    def __init__(self, parts: VehicleParts) -> None:
        super().__init__(parts)
        self._calibrating: tuple[Request, Message] | None = None

    def _answer_reset(self, request: Message) -> None:
        trusts_controller = request.payload != Manner.GO and self._vehicle.capabilities.own_checks
        if self.port.fault("reset") is not None or trusts_controller:
            super()._answer_reset(request)
            return
        self._calibrating = (self._vehicle.calibrate(), request)
        self._finish()

    def _finish(self) -> None:
        if self._calibrating is not None and self._calibrating[0].done:
            (answer, request), self._calibrating = self._calibrating, None
            self.finish_reset(request, None if answer.ok else f"calibration: {answer.reason}")

    def handle_news(self, news: int, now_flags: int) -> None:
        self._finish()


class EstimatorActor(FlightActor):
    """Estimator. RESET starts its filters again; they must then have a position if the flight needs one. This may take
    a moment: a vehicle that has just landed rocks until it rests, and a controller's estimator may lose its position by
    a calibration (ArduPilot resets its heights). Both get `POSITION_WAIT_MS`, except for a forced arm command."""

    name = "estimator"

    def __init__(self, parts: VehicleParts) -> None:
        super().__init__(parts)
        self._waiting: tuple[Message, int] | None = None  # the RESET, and the time until which it may succeed

    def _answer_reset(self, request: Message) -> None:
        if self.port.fault("reset") is not None:
            super()._answer_reset(request)
        else:
            self._try(request, self.port.now_ms + (0 if request.payload == Manner.FORCE else POSITION_WAIT_MS))

    def _try(self, request: Message, until_ms: int) -> None:
        restarted = self._vehicle.clear(ControlPart.ESTIMATOR)
        lacks = restarted.ok and self._lacks_position(request)
        may_come = not restarted.ok or self._vehicle.capabilities.own_checks
        if (lacks or not restarted.ok) and may_come and self.port.now_ms < until_ms:
            self._waiting = (request, until_ms)
            self.deadline_ms = self.port.now_ms + POSITION_LOOK_MS
            return
        self._waiting = None
        self.finish_reset(request, "no position" if lacks else restarted.reason or None)

    def handle_timeout(self) -> None:
        if self._waiting is not None:
            self._try(*self._waiting)

    def _lacks_position(self, request: Message) -> bool:
        needed = request.payload == Manner.GO or self._parts.modes.spec.position
        return needed and not self._parts.facts.has_position


class WaypointActor(FlightActor):
    """The flight profile. RESET for GO sets the mission to its first item; a plain arm command keeps the item of
    set-current. START flies the profile."""

    name = "waypoint"
    listens = flags.UNDER_WAY | flags.COMPLETED

    def reset(self, request: Message) -> str | None:
        mission, auto = self._parts.plans.mission, self._parts.auto
        if request.payload != Manner.GO or not mission.total():
            return None
        self._parts.sequencer.reset_jump_counters()
        try:
            auto.steer(mission.first_index)
        except SetCurrentError as error:
            return None if int(self._parts.facts.param("FM_PROFILE")) == HOVER else str(error)
        return None

    def handle_message(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY and message.tag == Tag.START:
            self._start(message.payload == HOVER)
        else:
            super().handle_message(message)

    def _start(self, hover: bool) -> None:
        parts = self._parts
        outcome = parts.commands.takeoff(HOVER_HEIGHT) if hover else parts.mission_commands.start(self.port.now_ms)
        if not outcome.ok:
            self.notify_manager(Tag.START_FAILED, outcome.reason)

    def handle_news(self, news: int, now_flags: int) -> None:
        if news & now_flags & flags.UNDER_WAY:
            self.notify_manager(Tag.UNDER_WAY)
        if news & now_flags & flags.COMPLETED:
            self.notify_manager(Tag.MISSION_DONE)


class AltitudeActor(FlightActor):
    """Height: LIFTOFF, LANDED (also after an emergency cutoff), and LANDING, which brings the vehicle down by mode
    LAND; rovers and boats brake in HOLD. RESET clears the landing, the height controller and the learned hover
    thrust."""

    name = "altitude"
    listens = flags.AIRBORNE | flags.DESCENDING | flags.FINISHED | flags.STILL | flags.CUTOFF | flags.CRASHED

    def __init__(self, parts: VehicleParts, reader: Flags) -> None:
        super().__init__(parts)
        self._flags = reader
        self._stopping = False  # True while a rover or boat brakes for LANDING

    def reset(self, request: Message) -> str | None:
        self._stopping = False
        return self._vehicle.clear(ControlPart.ALTITUDE).reason or None

    def handle_message(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY and message.tag == Tag.LANDING:
            self._land()
        else:
            super().handle_message(message)

    def _land(self) -> None:
        kind = self._parts.facts.vehicle_class
        self._parts.modes.set(kind.modes.stop, self.port.now_ms, ModeReason.MISSION_END)
        self._stopping = not kind.flies
        self._report_rest(self._flags.read())

    def _report_rest(self, now_flags: int) -> None:
        if self._stopping and now_flags & flags.STILL:
            self._stopping = False
            self.notify_manager(Tag.LANDED)

    def handle_news(self, news: int, now_flags: int) -> None:
        risen = news & now_flags
        if risen & flags.AIRBORNE:
            self.notify_manager(Tag.LIFTOFF)
        if risen & flags.DESCENDING:
            self.notify_manager(Tag.DESCENDING)
        elif news & flags.DESCENDING and now_flags & flags.AIRBORNE:
            self.notify_manager(Tag.CLIMBING)
        if news & flags.CUTOFF:
            self.notify_manager(Tag.LANDED, "emergency cutoff")
        elif news & flags.CRASHED and not now_flags & flags.ARMED:
            self.notify_manager(Tag.LANDED, "crash")
        elif risen & flags.FINISHED:
            self.notify_manager(Tag.LANDED)
        self._report_rest(now_flags)


class LoopActor(FlightActor):
    """A control loop of the kernel. RESET clears its integrators, demands and reference."""

    part: ClassVar[ControlPart]

    def reset(self, request: Message) -> str | None:
        return self._vehicle.clear(self.part).reason or None


class PositionActor(LoopActor):
    """Horizontal position and velocity."""

    name = "position"
    part = ControlPart.POSITION


class AttitudeActor(LoopActor):
    """Lean and heading."""

    name = "attitude"
    part = ControlPart.ATTITUDE


class RateActor(LoopActor):
    name = "rate"
    part = ControlPart.RATE


class MotorActor(FlightActor):
    """Motors: ARM, DISARM, START, STOP. RESET zeroes the outputs and undoes START: armed motors stand still on the
    ground until START, and again after STOP. The kernel has the deadman; its event is reported."""

    name = "motor"
    listens = flags.ARMED | flags.REPLY | flags.DEADMAN

    def __init__(self, parts: VehicleParts) -> None:
        super().__init__(parts)
        self._arming = parts.vehicle_arming
        self._request: Message | None = None  # an ARM or DISARM that a flight controller has not answered yet

    def reset(self, request: Message) -> str | None:
        return self._vehicle.clear(ControlPart.MOTORS).reason or None

    def handle_message(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY:
            self._parts.helm.hold_motors(message.tag != Tag.START)
        elif message.subject == Ask.ARM.value:
            self._act(message, "arm")
        elif message.subject == Ask.DISARM.value:
            self._act(message, "disarm")
        else:
            super().handle_message(message)

    def _act(self, request: Message, fault: str) -> None:
        match self.port.fault(fault):
            case "fail":
                self.port.reply(request, (FAIL, f"motor.{fault}: injected fault"))
            case None:
                self._arm(request) if request.subject == Ask.ARM.value else self._disarm(request)

    def _arm(self, request: Message) -> None:
        arming, force = self._arming, request.payload == Manner.FORCE
        if request.payload == Manner.CHECK:
            refusal = arming.refusal()
            self.port.reply(request, (OK, "") if refusal is None else (FAIL, refusal.reason))
            return
        self._await(request, arming.arm(self.port.now_ms, force=force).result)

    def _disarm(self, request: Message) -> None:
        force = request.payload == Manner.FORCE
        method = ArmingMethod.MAVLINK if request.payload == Manner.PLAIN else ArmingMethod.LANDED
        outcome = self._arming.disarm(self.port.now_ms, force=force, method=method)
        self._await(request, outcome.result)

    def _await(self, request: Message, result: Result) -> None:
        self._request = request
        if result is not Result.IN_PROGRESS:
            self._finish(result is Result.ACCEPTED)

    def _finish(self, done: bool) -> None:
        if self._request is not None:
            request, self._request = self._request, None
            self.port.reply(request, (OK, "") if done else (FAIL, self._arming.last_refusal))

    def handle_news(self, news: int, now_flags: int) -> None:
        armed = bool(now_flags & flags.ARMED)
        if self._request is not None and (news & flags.ARMED or not self._arming.pending):
            self._finish(armed == (self._request.subject == Ask.ARM.value))
        if news & flags.ARMED:
            self.notify_manager(Tag.ARMED if armed else Tag.DISARMED)
        if news & flags.DEADMAN:
            self._parts.announcer.say(Severity.CRITICAL, "Motor deadman: no torque command for 50 ms")


STATUS_TIMEOUT_MS = 1_000


class BatteryActor(Actor):
    """Battery: sends LOW_BATTERY. The vehicle checks the thresholds (BATT_LOW_*, BATT_CRT_*) and their delay
    (BATT_LOW_TIMER) in each tick, so this actor acts on its events and does not sample twice a second."""

    name = "battery"
    critical = False
    listens = flags.BATTERY_LOW | flags.BATTERY_CRITICAL

    def handle_news(self, news: int, now_flags: int) -> None:
        level = BatteryLevel.CRITICAL if news & flags.BATTERY_CRITICAL else BatteryLevel.LOW
        self.port.notify("flight_manager", Tag.LOW_BATTERY, level)


class ContextActor(Actor):
    """An actor that writes into the shared context, or asks it."""

    def __init__(self, context: FlightContext) -> None:
        super().__init__()
        self._context = context


class CommsActor(ContextActor):
    """Communication: relays GO, ABORT, STATUS and a ground station's arm command, and puts the answers into the shared
    context. RESET does nothing."""

    name = "comms"
    critical = False
    restarts_at_once = True

    def handle_message(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY and message.tag == Tag.ANSWER:
            result, reason = _pair(message.payload)
            self._context.answer = int(result), str(reason)
        elif message.kind is MessageKind.NOTIFY:
            self._relay(message)
        elif message.kind is MessageKind.REPLY:
            state, countdown_s = _pair(message.payload)
            self._context.asked_status = int(state), int(countdown_s)
        else:
            super().handle_message(message)

    def _relay(self, message: Message) -> None:
        if message.tag == Tag.STATUS:
            self.port.request("flight_manager", Ask.STATUS, None, STATUS_TIMEOUT_MS)
        else:
            self.port.notify("flight_manager", Tag(message.tag), message.payload)


def _pair(payload: Payload) -> tuple[int | float | str, int | float | str]:
    if not isinstance(payload, tuple) or len(payload) != 2:
        raise TypeError(f"an answer is a pair, not {payload!r}")
    first, second = payload
    if isinstance(first, tuple) or isinstance(second, tuple) or first is None or second is None:
        raise TypeError(f"an answer is a pair of plain values, not {payload!r}")
    return first, second


class LoggerActor(ContextActor):
    """Logger. RESET closes the log of the last flight and opens a new one."""

    name = "logger"
    critical = False

    def reset(self, request: Message) -> str | None:
        return self._context.log_files.reopen(self.port.now_ms)

    def handle_message(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY and message.tag == Tag.FLIGHT_OVER:
            self._context.log_files.close()
        else:
            super().handle_message(message)
