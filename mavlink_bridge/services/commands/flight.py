"""Flight commands: mode, arming, takeoff, missions, guided targets.

The handlers check the parameters (docs/reference/ground-stations.md, 3.2; ArduPilot's GCS_Common.cpp and
GCS_MAVLink_Copter.cpp); the core decides whether the vehicle can do it now.
"""

from __future__ import annotations

from math import pi, radians
from operator import attrgetter

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.earth import HIGHEST_M
from autopilot.interface.geo import ABOVE_GROUND, ABOVE_HOME, GLOBAL_FRAMES, GeoPoint
from autopilot.interface.mathematics import cos, sin
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import Drive, Yaw, YawMode
from autopilot.mav import Capability, Cmd, Frame, ModeFlag, RepositionFlag, Result, SpeedType
from autopilot.mission.commands import Ability
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.routing.service import Outgoing
from mavlink_bridge.services.commands.context import (
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
from mavlink_bridge.services.mission.plan import mission_current

#: ArduPilot's and MAVLink's numbers that skip the arming checks; only the second stops motors in the air
FORCE_ARM = frozenset({2989.0, 21196.0})
FORCE_DISARM = 21196.0
#: preflight time after which IN_PROGRESS is sent, ms
PREFLIGHT_PATIENCE_MS = 500
FASTEST = 1000.0
_USUAL_CIRCLE_M = 1.0  # up to this radius a circle has that of WP_LOITER_RAD
_GENTLEST_MPS2 = 0.05  # least centripetal acceleration of GUIDED_CHANGE_HEADING


def set_mode(command: Command, context: Context) -> Outcome:
    """DO_SET_MODE: param1 with bit 0 (custom mode), params 2 and 3 the firmware's mode."""
    if not command.whole(1) & ModeFlag.CUSTOM_MODE_ENABLED:
        return DENIED
    custom = context.firmware.custom_of(command.whole(2), command.whole(3))
    return context.parts.modes.set(context.firmware.mode_of(custom), context.now_ms)


def arm_disarm(command: Command, context: Context) -> Outcome:
    """COMPONENT_ARM_DISARM: param1 1 arms, 0 disarms, any other is UNSUPPORTED; param2 forces."""
    arm, force = command.param(1), command.param(2)
    if arm == 1.0:
        outcome = context.parts.arming.arm(context.now_ms, force=force in FORCE_ARM)
        if outcome.result is Result.IN_PROGRESS:
            context.pending, context.patience_ms = context.parts.arming.arm_request, PREFLIGHT_PATIENCE_MS
        return outcome
    if arm == 0.0:
        return context.parts.arming.disarm(context.now_ms, force=force == FORCE_DISARM)
    return UNSUPPORTED


def set_safety_switch(command: Command, context: Context) -> Outcome:
    """DO_SET_SAFETY_SWITCH_STATE: param1 0 blocks the outputs, 1 enables them."""
    if command.param(1) not in (0.0, 1.0):
        return DENIED
    context.parts.vehicle_arming.switches.secure(command.param(1) == 0.0)
    return ACCEPTED


def run_prearm_checks(_command: Command, context: Context) -> Outcome:
    """RUN_PREARM_CHECKS: results follow as STATUSTEXT; TEMPORARILY_REJECTED while armed."""
    if context.parts.facts.armed:
        return Outcome(Result.TEMPORARILY_REJECTED)
    return context.parts.prearm.run(context.now_ms)


def take_off(command: Command, context: Context) -> Outcome:
    """NAV_TAKEOFF: param7 metres above home, and for wings with lift motors above where they stand (ArduPlane's
    do_user_takeoff); param3 0: only in a mode that holds its place; position and yaw are ignored, as in ArduPilot."""
    facts, height = context.parts.facts, command.param(7)
    if not 0.0 < height < HIGHEST_M:
        return FAILED
    if facts.vehicle_class.has(Ability.LIFT):
        height += facts.height
    return context.parts.commands.takeoff(height, holds_place=command.params[2] == 0.0)


def land(_command: Command, context: Context) -> Outcome:
    """NAV_LAND: mode LAND; the position is ignored."""
    return context.parts.commands.land(context.now_ms)


def return_to_launch(_command: Command, context: Context) -> Outcome:
    """NAV_RETURN_TO_LAUNCH: mode RTL."""
    return context.parts.commands.return_to_launch(context.now_ms)


def loiter(_command: Command, context: Context) -> Outcome:
    """NAV_LOITER_UNLIM: mode LOITER."""
    mode = context.parts.facts.vehicle_class.modes.loiter
    return UNSUPPORTED if mode is None else context.parts.modes.set(mode, context.now_ms)


def start_mission(command: Command, context: Context) -> Outcome:
    """MISSION_START: DENIED unless first and last item are 0."""
    if command.param(1) != 0.0 or command.param(2) != 0.0:
        return DENIED
    return context.parts.mission_commands.start(context.now_ms)


def set_current(command: Command, context: Context) -> Outcome:
    """DO_SET_MISSION_CURRENT: sends MISSION_CURRENT on all links (docs/reference/mission-semantics.md, 2 item 11)."""
    wire_seq = command.whole(1)
    if not 0 <= wire_seq <= 0xFFFF:
        return DENIED
    seq = context.firmware.seq_of(wire_seq)
    outcome = context.parts.mission_commands.set_current(seq, reset=command.param(2) == 1.0)
    if outcome.ok:
        context.after.append(Outgoing(mission_current(context.parts, seq, context.firmware)))
    return outcome


def jump_to_tag(command: Command, context: Context) -> Outcome:
    """DO_JUMP_TAG: param1 tag, 16 bits; the core answers FAILED for an unknown tag
    (docs/reference/mission-semantics.md, item 21). MISSION_CURRENT comes before the acknowledgement, as ArduPilot's."""
    outcome = context.parts.mission_commands.jump_to_tag(command.param(1))
    if outcome.ok:
        seq = context.parts.sequencer.current_nav_index()
        context.before.append(Outgoing(mission_current(context.parts, seq, context.firmware)))
    return outcome


def land_start(_command: Command, context: Context) -> Outcome:
    """DO_LAND_START: continue the mission at the nearest landing sequence (docs/reference/mission-semantics.md, item
    29)."""
    return context.parts.mission_commands.land_start(context.now_ms)


def go_around(command: Command, context: Context) -> Outcome:
    """DO_GO_AROUND: abort the landing, climb to param1 m above home, then land again as the mission defines."""
    return context.parts.mission_commands.go_around(command.param(1))


def return_path_start(_command: Command, context: Context) -> Outcome:
    """DO_RETURN_PATH_START: continue the mission at the nearest leg of the return path."""
    return context.parts.mission_commands.return_path_start(context.now_ms)


def pause_continue(command: Command, context: Context) -> Outcome:
    """DO_PAUSE_CONTINUE: param1 0 pauses the mission, 1 continues it."""
    match command.whole(1):
        case 0:
            return context.parts.mission_commands.pause()
        case 1:
            return context.parts.mission_commands.resume()
        case _:
            return DENIED


def reposition(command: Command, context: Context) -> Outcome:
    """DO_REPOSITION: param1 m/s (<= 0: unchanged), param2 bit 0 enters GUIDED, param4 yaw rad. For fixed wings, param3
    is the radius of the circle, m, and param4 1: counter-clockwise (common.xml). A height of 0 above home or ground is
    none in the air (Location.cpp, sanitize)."""
    speed = command.param(1, -1.0)
    nowhere = command.param(5) == 0.0 and command.param(6) == 0.0
    down = command.param(7) == 0.0 and command.frame in ABOVE_HOME | ABOVE_GROUND
    if nowhere or not command.has_valid_place or speed > FASTEST or (down and context.parts.facts.vehicle_class.flies):
        return DENIED
    altitude, radius = _altitude(command, context.parts.facts), max(command.param(3, 0.0), 0.0)
    if altitude is None:
        return FAILED
    if command.param(4, 0.0) == 1.0:
        radius = -max(radius, _USUAL_CIRCLE_M)
    return context.parts.commands.reposition(
        GeoPoint(command.param(5), command.param(6), altitude),
        context.now_ms,
        speed=speed if speed > 0.0 else None,
        yaw_rad=command.param(4) % (2.0 * pi) if command.given(4) else None,
        change_mode=bool(command.whole(2) & RepositionFlag.CHANGE_MODE),
        over_ground=context.parts.facts.over_ground(command.frame, command.param(7)),
        radius=radius,
    )


def _altitude(command: Command, facts: VehicleFacts) -> float | None:
    """Altitude of a place, m above mean sea level; None: the ground there is unknown. Wings follow the ground on their
    way, beginning with that below them."""
    altitude = facts.altitude(command.frame, command.param(7), command.param(5), command.param(6))
    if altitude is not None or command.frame not in ABOVE_GROUND or not facts.vehicle_class.has_stall_speed:
        return altitude
    here = facts.vehicle.state.place
    return facts.altitude(command.frame, command.param(7), here.lat, here.lon)


def change_altitude(command: Command, context: Context) -> Outcome:
    """DO_CHANGE_ALTITUDE: param1 metres in frame param2."""
    return _climb_to(command.param(1), command.whole(2), context)


def continue_and_change_altitude(command: Command, context: Context) -> Outcome:
    """NAV_CONTINUE_AND_CHANGE_ALT: param7 metres in the command's frame."""
    return _climb_to(command.param(7), command.frame, context)


def _climb_to(altitude: float, frame: int, context: Context) -> Outcome:
    return context.parts.commands.guided_altitude(frame, altitude) if frame in GLOBAL_FRAMES else DENIED


def _in_guided(context: Context) -> bool:
    return context.parts.modes.mode is context.parts.guided


def guided_change_speed(command: Command, context: Context) -> Outcome:
    """GUIDED_CHANGE_SPEED: param1 0 (airspeed), param2 m/s; param3, the acceleration, is ignored."""
    if not _in_guided(context):
        return FAILED
    airspeed = command.param(1) == SpeedType.AIRSPEED
    return context.parts.commands.guided_airspeed(command.param(2)) if airspeed else DENIED


def guided_change_altitude(command: Command, context: Context) -> Outcome:
    """GUIDED_CHANGE_ALTITUDE: param7 metres in the command's frame, not -1 or 0; param3, the climb rate, is ignored."""
    if not _in_guided(context):
        return FAILED
    return DENIED if command.param(7) in (-1.0, 0.0) else _climb_to(command.param(7), command.frame, context)


def guided_change_heading(command: Command, context: Context) -> Outcome:
    """GUIDED_CHANGE_HEADING: param1 0 course over ground, 1 heading, 2 none; param2 deg; param3 centripetal
    acceleration, m/s2."""
    kind, angle = command.param(1), command.param(2)
    if not _in_guided(context):
        return FAILED
    if not 0.0 <= angle < 360.0 or kind not in (0.0, 1.0, 2.0):
        return DENIED
    acceleration = max(command.param(3), _GENTLEST_MPS2)
    return context.parts.commands.guided_course(
        None if kind == 2.0 else radians(angle), acceleration, of_nose=kind == 1.0
    )


def change_speed(command: Command, context: Context) -> Outcome:
    """DO_CHANGE_SPEED: airspeed and ground speed are the same; climb and descent speeds are only for vehicles that
    fly, param3, the throttle %, only for wings."""
    if abs(command.param(2)) > FASTEST:
        return DENIED
    return context.parts.commands.change_speed(command.whole(1), command.param(2), command.param(3))


def condition_yaw(command: Command, context: Context) -> Outcome:
    """CONDITION_YAW: param1 deg 0 to 360, param2 deg/s, param3 direction -1, 0 or 1, param4 1 = relative."""
    angle, relative = command.param(1), command.param(4)
    if not 0.0 <= angle <= 360.0 or relative not in (0.0, 1.0):
        return FAILED
    turn = command.param(3)
    direction = (turn > 0.0) - (turn < 0.0)
    rate = max(command.param(2), 0.0)
    return context.parts.commands.condition_yaw(angle, rate, direction, relative == 1.0)


def set_yaw_speed(command: Command, context: Context) -> Outcome:
    """NAV_SET_YAW_SPEED of ground vehicles and boats, in GUIDED: param1 deg, param2 m/s (negative: backwards), param3 1
    = relative to the heading of the current target (Rover/mode_guided.cpp, set_desired_heading_delta_and_speed)."""
    speed = command.param(2)
    if abs(speed) > FASTEST:
        return DENIED
    heading = radians(command.param(1) % 360.0)
    if command.param(3) == 1.0:
        driven = context.parts.helm.target
        if isinstance(driven, Drive) and driven.turn_rate is None:
            heading += driven.heading
        else:
            heading += context.parts.vehicle.state.yaw
    return context.parts.commands.guided_target(
        velocity=(speed * cos(heading), speed * sin(heading), 0.0), yaw=Yaw(YawMode.ANGLE, heading)
    )


def set_reverse(command: Command, context: Context) -> Outcome:
    """DO_SET_REVERSE: param1 1 drives backwards, 0 forwards."""
    match command.whole(1):
        case 0 | 1 as backwards:
            return context.parts.commands.set_reverse(bool(backwards))
        case _:
            return DENIED


def change_over(command: Command, context: Context) -> Outcome:
    """DO_VTOL_TRANSITION: param1 MAV_VTOL_STATE, in AUTO."""
    return context.parts.commands.change_over(int(command.param(1)))


def terminate_flight(command: Command, context: Context) -> Outcome:
    """DO_FLIGHTTERMINATION: param1 above 0.5 stops the motors at once, also in the air, if the firmware does this."""
    if not context.firmware.capabilities & Capability.FLIGHT_TERMINATION:
        if not flies(context.parts.facts.vehicle_class):
            return UNSUPPORTED
        return context.parts.advanced_failsafe.command(terminate=command.param(1) > 0.5)
    return FAILED if command.param(1) <= 0.5 else context.parts.arming.disarm(context.now_ms, force=True)


def _drives(kind: VehicleClass) -> bool:
    return not kind.flies


_lands_anywhere, _turns_nose, _reverses = map(attrgetter, ("lands_anywhere", "turns_nose", "reverses"))
_RELATIVE: frozenset[int] = frozenset({Frame.GLOBAL_RELATIVE_ALT})

#: `long_frame=None`: ArduPilot has no frame for its COMMAND_LONG (GCS_Common.cpp, mav_frame_for_command_long).
ROWS: dict[int, CommandRow] = {
    Cmd.NAV_LOITER_UNLIM: CommandRow(loiter, needs=lambda kind: kind.modes.loiter is not None),
    Cmd.NAV_RETURN_TO_LAUNCH: CommandRow(return_to_launch),
    Cmd.NAV_LAND: CommandRow(land, needs=_lands_anywhere),
    Cmd.NAV_TAKEOFF: CommandRow(take_off, frames=_RELATIVE, needs=flies),
    Cmd.NAV_CONTINUE_AND_CHANGE_ALT: CommandRow(continue_and_change_altitude, required=(7,), place=True, needs=flies),
    Cmd.NAV_VTOL_TAKEOFF: CommandRow(take_off, frames=_RELATIVE, needs=hovers),  # as NAV_TAKEOFF of a copter
    Cmd.NAV_VTOL_LAND: CommandRow(land, needs=_lands_anywhere),
    Cmd.CONDITION_YAW: CommandRow(condition_yaw, required=(1,), needs=_turns_nose),
    Cmd.DO_SET_MODE: CommandRow(set_mode, required=(1, 2)),
    Cmd.DO_CHANGE_SPEED: CommandRow(change_speed, required=(1, 2)),
    Cmd.DO_FLIGHTTERMINATION: CommandRow(terminate_flight, required=(1,), at_once=True),
    Cmd.DO_CHANGE_ALTITUDE: CommandRow(change_altitude, required=(1,), needs=flies),
    Cmd.DO_LAND_START: CommandRow(land_start),
    Cmd.DO_RETURN_PATH_START: CommandRow(return_path_start),
    Cmd.DO_GO_AROUND: CommandRow(go_around, needs=has_wings),
    Cmd.DO_VTOL_TRANSITION: CommandRow(change_over, required=(1,), needs=has_wings),
    Cmd.GUIDED_CHANGE_SPEED: CommandRow(guided_change_speed, required=(1, 2), needs=has_wings),
    Cmd.GUIDED_CHANGE_ALTITUDE: CommandRow(guided_change_altitude, required=(7,), place=True, needs=has_wings),
    Cmd.GUIDED_CHANGE_HEADING: CommandRow(guided_change_heading, required=(1, 2), needs=has_wings),
    Cmd.DO_REPOSITION: CommandRow(reposition, place=True, long_frame=None),
    Cmd.DO_PAUSE_CONTINUE: CommandRow(pause_continue, required=(1,)),
    Cmd.DO_SET_REVERSE: CommandRow(set_reverse, required=(1,), needs=_reverses),
    Cmd.NAV_SET_YAW_SPEED: CommandRow(set_yaw_speed, required=(1, 2), needs=_drives),
    Cmd.DO_SET_MISSION_CURRENT: CommandRow(set_current, required=(1,), durable=True),
    Cmd.MISSION_START: CommandRow(start_mission),
    Cmd.COMPONENT_ARM_DISARM: CommandRow(arm_disarm, required=(1,), at_once=True),
    Cmd.RUN_PREARM_CHECKS: CommandRow(run_prearm_checks),
    Cmd.DO_SET_SAFETY_SWITCH_STATE: CommandRow(set_safety_switch, required=(1,)),
    Cmd.DO_JUMP_TAG: CommandRow(jump_to_tag, required=(1,), durable=True),
}
