"""Commands for equipment and settings: home, region of interest, fence, outputs, camera, maintenance."""

from __future__ import annotations

from autopilot.interface.earth import HIGHEST_M
from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import Outcome
from autopilot.interface.vehicle import ControlPart, Rechargeable
from autopilot.mav import Cmd, Component, Frame, RebootAction, Result, Severity, StorageAction
from autopilot.modes.auxiliary import OF_MISSION
from mavlink_bridge.services.commands.context import (
    ACCEPTED,
    DENIED,
    FAILED,
    UNSUPPORTED,
    CommandRow,
    Context,
    flies,
    has_wings,
    hovers,
)
from mavlink_bridge.services.commands.request import Command

_AT_REST = (2.0, 4.0)  # PREFLIGHT_CALIBRATION.param5: level, accelerometers
FORCE_REBOOT = 20190226  # PREFLIGHT_REBOOT_SHUTDOWN.param6: also while armed
_AS_IT_IS = 76.0  # of param2 and param5: the calibration that there is


def set_home(command: Command, context: Context) -> Outcome:
    """DO_SET_HOME: sets home here if param1 = 1 or latitude and longitude are 0, else (param1 0) at the position."""
    if command.param(1) == 1.0 or (command.param(5) == 0.0 and command.param(6) == 0.0):
        return context.parts.home.set(None)
    if command.param(1) != 0.0:
        return FAILED
    place = _place(command, context)
    return place if isinstance(place, Outcome) else context.parts.home.set(place)


def set_origin(command: Command, context: Context) -> Outcome:
    """DO_SET_GLOBAL_ORIGIN: latitude, longitude, altitude (m above sea level)."""
    place = GeoPoint(command.param(5), command.param(6), command.param(7))
    return context.parts.home.set_origin(place)


def set_roi(command: Command, context: Context) -> Outcome:
    """DO_SET_ROI_LOCATION, DO_SET_ROI: points the nose and the camera at the position; all zero ends it."""
    if not any(command.params[4:7]):
        return context.parts.commands.set_roi(None)
    place = _place(command, context)
    return place if isinstance(place, Outcome) else context.parts.commands.set_roi(place)


def _place(command: Command, context: Context) -> GeoPoint | Outcome:
    """Position of the command, its altitude AMSL; DENIED for a bad altitude (GCS_Common.cpp, location_from_command_t),
    FAILED for a bad place, or if its altitude is above a home that is not set."""
    if not command.given(7) or not abs(command.param(7)) < HIGHEST_M:
        return DENIED
    if not command.has_valid_place:
        return FAILED
    altitude = context.parts.facts.altitude(command.frame, command.param(7), command.param(5), command.param(6))
    return FAILED if altitude is None else GeoPoint(command.param(5), command.param(6), altitude)


def enable_fence(command: Command, context: Context) -> Outcome:
    """DO_FENCE_ENABLE: param1 0 off, 1 on, 2 only the floor off; param2 FENCE_TYPE bits, 0 = all."""
    if command.param(1) not in (0.0, 1.0, 2.0):
        return FAILED
    return context.parts.fence.command(command.param(1), command.whole(2))


def payload(command: Command, context: Context) -> Outcome:
    """Commands of servo, relay, camera, gripper and other payload, passed to the core."""
    params = tuple(command.param(index) for index in range(1, 8))
    return context.parts.payload.command(command.number, params, context.now_ms)


def follow(command: Command, context: Context) -> Outcome:
    """DO_FOLLOW: param1 system to follow (FOLL_SYSID), as in ArduPilot."""
    parameters, system = context.parts.parameters, command.param(1)
    if "FOLL_SYSID" not in parameters.names():
        return UNSUPPORTED
    if not 1.0 <= system < 256.0:
        return DENIED
    parameters.set("FOLL_SYSID", float(int(system)))
    return ACCEPTED


def aux_function(command: Command, context: Context) -> Outcome:
    """DO_AUX_FUNCTION: param1 function, param2 switch position. A function that changes the stored mission is
    acknowledged like an upload."""
    function, position = int(command.param(1)), command.param(2)
    context.durable = function in OF_MISSION
    return DENIED if position not in (0.0, 1.0, 2.0) else context.parts.auxiliary.act(function, int(position))


def reboot(command: Command, context: Context) -> Outcome:
    """PREFLIGHT_REBOOT_SHUTDOWN: 1 restarts the autopilot, while armed only with `FORCE_REBOOT` in param6 (ArduPilot's
    GCS_Common.cpp, handle_preflight_reboot). A simulated one has no bootloader (3: DENIED) and no power switch (2:
    UNSUPPORTED). A restart of another component is not for it (DENIED)."""
    if command.component not in (Component.ALL, Component.AUTOPILOT1):
        return DENIED
    match command.param(1):
        case RebootAction.REBOOT:
            return context.parts.commands.reboot(forced=command.whole(6) == FORCE_REBOOT)
        case RebootAction.REBOOT_TO_BOOTLOADER:
            return DENIED
        case _:
            return UNSUPPORTED


def calibrate(command: Command, context: Context) -> Outcome:
    """PREFLIGHT_CALIBRATION: gyroscopes (param1 = 1), ground pressure (param3 = 1), level (param5 = 2) and
    accelerometers at rest (param5 = 4), computed from the vehicle's samples. 76 in param2 or param5 accepts the present
    calibration of compass or accelerometers, which is valid anyway. Procedures that need a person (accelerometer sides,
    compass, radio) are UNSUPPORTED."""
    gyro, compass, pressure, radio, accelerometer, motors = (command.param(index) for index in range(1, 7))
    if radio or motors or gyro not in (0.0, 1.0) or compass not in (0.0, _AS_IT_IS):
        return UNSUPPORTED
    at_rest = gyro == 1.0 or pressure == 1.0 or accelerometer in _AT_REST
    if accelerometer not in (0.0, _AS_IT_IS, *_AT_REST) or not (at_rest or _AS_IT_IS in (compass, accelerometer)):
        return UNSUPPORTED
    if context.parts.facts.armed:
        return context.parts.announcer.refuse("Disarm to allow calibration", severity=Severity.NOTICE)
    if not at_rest:
        return ACCEPTED
    if pressure == 1.0:
        context.parts.announcer.say(Severity.INFO, "Updating barometer calibration")
        context.parts.announcer.say(Severity.INFO, "Barometer calibration complete")
    vehicle = context.parts.vehicle
    calibration = vehicle.calibrate()
    done = calibration.done and calibration.ok
    context.pending = vehicle.clear(ControlPart.ESTIMATOR) if done else calibration
    return Outcome(Result.IN_PROGRESS)


def reset_battery(command: Command, context: Context) -> Outcome:
    """BATTERY_RESET: param1 mask of batteries (there is one), param2 charge in per cent. The charge of a simulated
    vehicle becomes this value."""
    vehicle = context.parts.vehicle
    if not isinstance(vehicle, Rechargeable):
        return UNSUPPORTED
    if not int(command.param(1)) & 1 or not 0.0 <= command.param(2) <= 100.0:
        return FAILED
    vehicle.set_charge(command.param(2) / 100.0)
    return ACCEPTED


def store_parameters(command: Command, context: Context) -> Outcome:
    """PREFLIGHT_STORAGE: a reset restores the defaults; reading and writing do nothing, because a parameter is stored
    when it is set."""
    match command.param(1):
        case StorageAction.READ_PERSISTENT | StorageAction.WRITE_PERSISTENT:
            return ACCEPTED
        case StorageAction.RESET_FACTORY_DEFAULT:
            return _reset_parameters(context)
        case _:
            return DENIED


def _reset_parameters(context: Context) -> Outcome:
    if context.parts.facts.armed:
        return FAILED
    parameters = context.parts.parameters
    for name in parameters.names():
        parameters.reset(name)  # read-only parameters do not change
    context.parts.announcer.say(Severity.WARNING, "All parameters reset, reboot board")
    return ACCEPTED


ROWS: dict[int, CommandRow] = {
    Cmd.DO_SET_HOME: CommandRow(set_home, place=True, long_frame=Frame.GLOBAL, durable=True),
    Cmd.DO_SET_GLOBAL_ORIGIN: CommandRow(set_origin, place=True, long_frame=None),
    Cmd.DO_SET_ROI_LOCATION: CommandRow(set_roi, place=True),
    Cmd.DO_SET_ROI_NONE: CommandRow(lambda _, context: context.parts.commands.set_roi(None)),
    Cmd.DO_SET_ROI: CommandRow(set_roi, place=True),
    Cmd.DO_FENCE_ENABLE: CommandRow(enable_fence, required=(1,)),
    Cmd.DO_FOLLOW: CommandRow(follow, required=(1,), durable=True),
    Cmd.DO_AUX_FUNCTION: CommandRow(aux_function, required=(1, 2)),
    Cmd.PREFLIGHT_CALIBRATION: CommandRow(calibrate),
    Cmd.PREFLIGHT_STORAGE: CommandRow(store_parameters, required=(1,), durable=True),
    Cmd.PREFLIGHT_REBOOT_SHUTDOWN: CommandRow(reboot, required=(1,)),
    Cmd.BATTERY_RESET: CommandRow(reset_battery, required=(1, 2)),
    Cmd.DO_SET_RELAY: CommandRow(payload),
    Cmd.DO_REPEAT_RELAY: CommandRow(payload),
    Cmd.DO_SET_SERVO: CommandRow(payload),
    Cmd.DO_REPEAT_SERVO: CommandRow(payload),
    Cmd.DO_DIGICAM_CONFIGURE: CommandRow(payload),
    Cmd.DO_DIGICAM_CONTROL: CommandRow(payload),
    Cmd.DO_SET_CAM_TRIGG_DIST: CommandRow(payload),
    Cmd.DO_GRIPPER: CommandRow(payload),
    Cmd.DO_SPRAYER: CommandRow(payload),
    Cmd.DO_PARACHUTE: CommandRow(payload, needs=flies),
    Cmd.AIRFRAME_CONFIGURATION: CommandRow(payload, needs=flies),
    Cmd.DO_ENGINE_CONTROL: CommandRow(payload, needs=has_wings),
    Cmd.DO_WINCH: CommandRow(payload, needs=hovers, part=Component.WINCH),
}
