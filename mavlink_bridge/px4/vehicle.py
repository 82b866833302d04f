"""Assembly of a simulated vehicle that speaks as a PX4: services, commands, events and metadata of its personality."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.mav import Cmd, FailureType, FailureUnit
from autopilot.parameters.parameters import Parameters
from autopilot.personality.px4.parameters import Px4Parameters
from autopilot.personality.px4.personality import Px4Personality
from mavlink_bridge.px4.actuators import Px4Actuators
from mavlink_bridge.px4.book import Px4Book
from mavlink_bridge.px4.calibration import Px4Calibration
from mavlink_bridge.px4.face import Px4Face
from mavlink_bridge.px4.guidance import FollowMe, Offboard, Px4Orbit, StickTakeover
from mavlink_bridge.services.failures.table import FAILURES as _FAILURES
from mavlink_bridge.services.failures.table import Failures
from mavlink_bridge.services.ftp.component_metadata import Described, MetadataType
from mavlink_bridge.services.spoken import Spoken

_U, _T = FailureUnit, FailureType
FAILURES: Final[Failures] = {
    **_FAILURES,
    (_U.MAG, _T.STUCK): _FAILURES[_U.MAG, _T.OFF],
    (_U.BARO, _T.STUCK): _FAILURES[_U.BARO, _T.OFF],
}
"""A sensor with a constant value is lost to PX4 (lib: sensors/data_validator, ERROR_FLAG_STALE_DATA after 100 equal
values)."""

UNKNOWN: Final = frozenset((
    Cmd.NAV_LOITER_UNLIM, Cmd.NAV_CONTINUE_AND_CHANGE_ALT, Cmd.DO_FOLLOW, Cmd.NAV_VTOL_LAND, Cmd.CONDITION_YAW,
    Cmd.DO_SET_RELAY, Cmd.DO_REPEAT_RELAY, Cmd.DO_SET_SERVO, Cmd.DO_REPEAT_SERVO, Cmd.DO_RETURN_PATH_START,
    Cmd.DO_SET_REVERSE, Cmd.DO_DIGICAM_CONFIGURE, Cmd.DO_FENCE_ENABLE, Cmd.DO_PARACHUTE, Cmd.DO_MOTOR_TEST,
    Cmd.NAV_SET_YAW_SPEED, Cmd.DO_SPRAYER, Cmd.DO_AUX_FUNCTION, Cmd.DO_ENGINE_CONTROL, Cmd.DO_JUMP_TAG,
    Cmd.AIRFRAME_CONFIGURATION, Cmd.DO_SET_SAFETY_SWITCH_STATE, Cmd.DO_START_MAG_CAL, Cmd.DO_ACCEPT_MAG_CAL,
    Cmd.DO_CANCEL_MAG_CAL, Cmd.DO_SEND_BANNER, Cmd.ACCELCAL_VEHICLE_POS, Cmd.BATTERY_RESET, Cmd.GUIDED_CHANGE_SPEED,
    Cmd.GUIDED_CHANGE_ALTITUDE, Cmd.GUIDED_CHANGE_HEADING,
))  # fmt: skip
"""Commands of ArduPilot that PX4 does not know (Commander.cpp, `handle_command`)."""


def spoken(
    parts: VehicleParts,
    core: Parameters,
    stored: Mapping[str, float],
    given: Mapping[str, float],
    mode_shown: Callable[[], None],
) -> Spoken:
    """Give `parts` PX4's personality, and return its MAVLink side. `stored`, `given`: see `Px4Parameters`.
    `mode_shown()`: called when another mode is shown."""
    parameters = Px4Parameters(core, stored, given)
    personality = Px4Personality(parts, parameters)
    personality.take_over()
    flight, facts = personality.flight, parts.facts
    calibration = Px4Calibration(facts, parts.announcer, flight)
    actuators, orbit = Px4Actuators(facts, parameters), Px4Orbit(parts, flight)
    face = Px4Face(parts, flight, parameters, mode_shown)
    follow, takeover = FollowMe(parts, flight, parameters), StickTakeover(parts, flight, parameters)
    return Spoken(
        parameters,
        Offboard(parts, flight),
        face,
        Px4Book(),
        face.hear,
        sends_events=True,
        services=(orbit, follow, calibration, takeover, face),
        rows={**face.rows(), **orbit.rows(), **calibration.rows(), **actuators.rows()},
        unknown=UNKNOWN,
        failures=FAILURES,
        described=(Described(MetadataType.ACTUATORS, "actuators", actuators.document),),
        camera_by_itself=True,
        logs_from_boot=parameters["SDLOG_MODE"] >= 1.0,  # rc.logging: from boot on
    )
