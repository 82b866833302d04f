"""Commands of a setup page: PREFLIGHT_CALIBRATION with a person, compass calibration (DO_START_MAG_CAL, ACCEPT,
CANCEL; FIXED_MAG_CAL_YAW), DO_MOTOR_TEST.

They require a disarmed vehicle; arming ends them. For the motor test of a ground vehicle it is armed until the test
ends. Sources: ArduPilot ArduCopter/motor_test.cpp, Rover/motor_test.cpp, with their checks and texts. Clock: vehicle
time.
"""

from __future__ import annotations

from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.turns import earliest
from autopilot.interface.result import Outcome
from autopilot.mav import AccelerometerPosition, Cmd, Result, Severity
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.commands import equipment
from mavlink_bridge.services.commands.context import ACCEPTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.setup.calibration import POSITIONS, AccelerometerCalibration, CompassCalibration
from mavlink_bridge.services.setup.motors import MotorTest
from mavlink_bridge.wire.codec import command_message

_SIX_SIDES: Final = 1.0  # PREFLIGHT_CALIBRATION.param5
_AXES: Final = ("X", "Y", "Z")


class SetupService(Speaker):
    """Service of setup commands, registered in `commands`."""

    clock: Clock = "vehicle"
    handles = frozenset({"COMMAND_ACK"})

    def __init__(self, parts: VehicleParts, commands: CommandService) -> None:
        self._parts = parts
        self._accelerometer = AccelerometerCalibration()
        self._compass = CompassCalibration()
        self._motors = MotorTest(parts.facts)
        self._asker: Peer | None = None  # station of the accelerometer calibration
        self._requested_position = 0
        """Position that was last requested by text."""
        super().__init__()
        commands.register(Cmd.PREFLIGHT_CALIBRATION, CommandRow(self._calibrate))
        commands.register(Cmd.ACCELCAL_VEHICLE_POS, CommandRow(self._lies, required=(1,), query=True))
        commands.register(Cmd.DO_START_MAG_CAL, CommandRow(self._start_compass))
        commands.register(Cmd.DO_ACCEPT_MAG_CAL, CommandRow(self._accept_compass))
        commands.register(Cmd.DO_CANCEL_MAG_CAL, CommandRow(self._cancel_compass))
        commands.register(Cmd.FIXED_MAG_CAL_YAW, CommandRow(self._fix_compass))
        commands.register(Cmd.DO_MOTOR_TEST, CommandRow(self._test_motor, required=(1, 2, 3, 4)))

    # --- commands -------------------------------------------------------------------------------------------------
    def _calibrate(self, command: Command, context: Context) -> Outcome:
        """PREFLIGHT_CALIBRATION: param5 = 1 begins the six positions; all zero stops calibrations, as QGroundControl
        means it; else a calibration at rest."""
        if not any(command.param(index) for index in range(1, 8)):
            self._accelerometer.cancel()
            self._compass.cancel()
            return ACCEPTED
        if command.param(5) != _SIX_SIDES:
            return equipment.calibrate(command, context)
        if self._parts.facts.armed:
            return self._parts.announcer.refuse("Disarm to allow calibration", severity=Severity.NOTICE)
        self._asker, self._requested_position = command.peer, 0
        self._accelerometer.begin(context.now_ms)
        return ACCEPTED

    def _lies(self, command: Command, context: Context) -> Outcome:
        """ACCELCAL_VEHICLE_POS: the station confirms the position."""
        if not self._accelerometer.step:
            return Outcome(Result.FAILED)
        self._confirm(command.param(1), context.now_ms)
        return ACCEPTED

    def _start_compass(self, command: Command, context: Context) -> Outcome:
        """DO_START_MAG_CAL: param1 compasses (0: all), of which there is one; param3 1: store the result without
        ACCEPT."""
        if self._parts.facts.armed:
            return self._parts.announcer.refuse("Disarm to allow compass calibration", severity=Severity.NOTICE)
        if command.whole(1) not in (0, 1):
            return Outcome(Result.FAILED)
        self._compass.begin(context.now_ms, autosave=command.param(3) == 1.0)
        return ACCEPTED

    def _accept_compass(self, _command: Command, _context: Context) -> Outcome:
        """DO_ACCEPT_MAG_CAL: accepted without effect, because the offsets are the present ones."""
        return ACCEPTED if self._compass.began_ms is None else Outcome(Result.FAILED)

    def _cancel_compass(self, _command: Command, _context: Context) -> Outcome:
        """DO_CANCEL_MAG_CAL: accepted also if no calibration runs, because QGroundControl begins with it."""
        self._compass.cancel()
        return ACCEPTED

    def _fix_compass(self, command: Command, context: Context) -> Outcome:
        """FIXED_MAG_CAL_YAW: param1 heading, param3 and param4 the place, 0 and 0: that of the vehicle
        (AP_Compass_Calibration.cpp, mag_cal_fixed_yaw). The present offsets are right already."""
        placed = command.param(3) or command.param(4) or self._parts.facts.has_position
        if placed:
            return ACCEPTED
        return self._parts.announcer.refuse("Mag: no position available", severity=Severity.ERROR)

    def _test_motor(self, command: Command, context: Context) -> Outcome:
        if self._parts.facts.armed and not self._motors.drives:
            return self._parts.announcer.refuse("Disarm to allow a motor test", severity=Severity.NOTICE)
        ran = self._motors.runs
        outcome = self._motors.begin(command, context.now_ms)
        if outcome.ok and self._motors.drives:
            outcome = self._parts.arming.arm(context.now_ms)
            if not outcome.ok:
                self._motors.stop()
        if not outcome.ok:
            self._parts.announcer.say(Severity.INFO, outcome.reason)
        elif self._motors.runs and not ran:
            self._parts.announcer.say(Severity.INFO, "starting motor test")
        return outcome

    # --- the service ----------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Take the older confirmation of a position: a COMMAND_ACK of the calibrating station with TEMPORARILY_REJECTED
        and, as command, 0 or a position (ArduPilot AP_AccelCal.cpp, handle_command_ack)."""
        confirms = message.command <= len(POSITIONS) and message.result == Result.TEMPORARILY_REJECTED
        if peer == self._asker and confirms:
            self._confirm(None, now_ms)

    def _confirm(self, position: float | None, now_ms: int) -> None:
        end = self._accelerometer.confirm(position, now_ms)
        if end is not None:
            self._request_position(end)

    def handle_timeout(self, now_ms: int) -> None:
        if not self._runs:
            return
        if self._parts.facts.armed:
            self._accelerometer.cancel()
            self._compass.cancel()
        if self._parts.facts.armed is not self._motors.drives:
            self._motors.stop()
        due = self._accelerometer.due(now_ms)
        if due is not None:
            self._request_position(due)
        message = self._compass.due(now_ms, self._offsets())
        if message is not None:
            self._out.append(Outgoing(message))
        if self._motors.advance(now_ms):
            if self._motors.drives:
                self._parts.arming.disarm(now_ms)
            self._parts.announcer.say(Severity.INFO, "finished motor test")

    def _request_position(self, position: int) -> None:
        asker = self._asker
        if asker is None:
            return
        message = command_message(asker.system, asker.component, Cmd.ACCELCAL_VEHICLE_POS, float(position))
        self._out.append(Outgoing(message, asker.link))
        if not self._accelerometer.step:
            self._asker = None
            end = "successful" if position == AccelerometerPosition.SUCCESS else "FAILED"
            self._parts.announcer.say(Severity.INFO, f"Calibration {end}")
        # one text per position; the command is repeated until the position is confirmed
        elif self._accelerometer.step != self._requested_position:
            self._parts.announcer.say(Severity.INFO, self._accelerometer.text)
        self._requested_position = self._accelerometer.step

    def _offsets(self) -> tuple[float, float, float]:
        x, y, z = (self._parts.parameters[f"COMPASS_OFS_{axis}"] for axis in _AXES)
        return x, y, z

    def next_deadline_ms(self) -> int | None:
        if not self._runs:
            return None
        return earliest((self._accelerometer.deadline_ms, self._compass.deadline_ms, self._motors.next_deadline_ms()))

    @property
    def _runs(self) -> bool:
        """True while a calibration or a motor test runs."""
        return bool(self._accelerometer.step or self._compass.began_ms is not None or self._motors.runs)

    def link_closed(self, link: int) -> None:
        if self._asker is not None and self._asker.link == link:
            self._asker = None
            self._accelerometer.cancel()
