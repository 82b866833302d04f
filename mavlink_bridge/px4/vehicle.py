"""What makes a simulated vehicle a PX4 to its stations, put together.

A landing looks for its target where NAV_LAND's second parameter, or RTL_PLD_MD of a return, says so: 1 opportunistic
(it lands without), 2 required (it searches first, PLD_MAX_SRCH times, and then lands). The gimbal is asked for before
it is moved. Sources: PX4 1.16 src/modules/navigator (precland.cpp, mission_base.cpp, rtl_direct.cpp) and
src/modules/gimbal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from autopilot.mav import Cmd, FailureType, FailureUnit
from autopilot.mission.sequencer import MissionState
from autopilot.modes.speeds import SpeedControl
from autopilot.mount.mount import Mount
from autopilot.parameters.parameters import Parameters
from autopilot.precision.lander import PrecisionLanding
from autopilot.vehicles.mode_table import CopterMode
from mavlink_bridge.px4.actuators import Px4Actuators
from mavlink_bridge.px4.book import Px4Book
from mavlink_bridge.px4.calibration import Px4Calibration
from mavlink_bridge.px4.face import FlownParts, Px4Face
from mavlink_bridge.px4.guidance import FollowMe, Offboard, Orbit, StickTakeover
from mavlink_bridge.px4.parameters import FASTEST, RETURN_PRECISELY, Px4Parameters
from mavlink_bridge.routing.service import Service
from mavlink_bridge.services.commands.context import Row
from mavlink_bridge.services.failures.table import FAILURES as _FAILURES
from mavlink_bridge.services.failures.table import Failures
from mavlink_bridge.services.ftp.component_metadata import Described, MetadataType

_U, _T = FailureUnit, FailureType
FAILURES: Final[Failures] = {
    **_FAILURES,
    (_U.MAG, _T.STUCK): _FAILURES[_U.MAG, _T.OFF],
    (_U.BARO, _T.STUCK): _FAILURES[_U.BARO, _T.OFF],
}
"""A sensor that repeats its value is not used any more (lib: sensors/data_validator, ERROR_FLAG_STALE_DATA after 100
equal values): to what flies it is lost."""
_OPPORTUNISTIC, _REQUIRED = 1, 2
_STRICT: Final = {_OPPORTUNISTIC: 0, _REQUIRED: 1}
"""PLND_STRICT of each: land at once without the target; try again, then land."""
_NOT: Final = -1


class Px4Parts(FlownParts, Protocol):
    """The parts of an autopilot that all of it is for."""

    @property
    def mount(self) -> Mount: ...
    @property
    def precision(self) -> PrecisionLanding: ...
    @property
    def speeds(self) -> SpeedControl: ...


class Px4Vehicle:
    """The parts of the face: its parameters, its services in the order in which they hear, its commands, its own
    metadata. `stored`, `given`: as `Px4Parameters` has them."""

    def __init__(
        self, core: Parameters, stored: Mapping[str, float], given: Mapping[str, float], autopilot: Px4Parts
    ) -> None:
        self.parameters = Px4Parameters(core, stored, given)
        self.face = Px4Face(autopilot, self.parameters)
        _install(autopilot, self.parameters, self.face)
        self.offboard = Offboard(autopilot, self.face, self.parameters)
        calibration = Px4Calibration(autopilot.facts, autopilot.announcer)
        actuators = Px4Actuators(autopilot.facts, self.parameters)
        orbit = Orbit(autopilot, self.face)
        self.face.setpoints_ok = self.offboard.ok
        self.face.refusal = calibration.refusal
        follow = FollowMe(autopilot, self.face, self.parameters)
        takeover = StickTakeover(autopilot, self.face, self.parameters)
        self.services: tuple[Service, ...] = (orbit, follow, calibration, takeover, self.face)
        self.book = Px4Book()
        if autopilot.facts.vehicle_class.has_height:
            autopilot.vehicle_arming.landed_delay_s = lambda: self._landed_delay_s(autopilot)
        self.rows: Mapping[int, Row] = {**self.face.rows(), **orbit.rows(), **calibration.rows(), **actuators.rows()}
        self.logs_from_boot = self.parameters["SDLOG_MODE"] >= 1.0  # rc.logging: from boot on, and longer still
        self.described = (Described(MetadataType.ACTUATORS, "actuators", actuators.document),)

    def _landed_delay_s(self, autopilot: FlownParts) -> float:
        """Not amid a mission (Commander.cpp, `handleAutoDisarm`)."""
        amid = autopilot.modes.mode is autopilot.auto and autopilot.sequencer.state() is MissionState.RUNNING
        return 0.0 if amid else self.parameters["COM_DISARM_LAND"]


def _install(autopilot: Px4Parts, parameters: Px4Parameters, face: Px4Face) -> None:
    """From now on."""
    autopilot.mount.control.asked_first = True
    if FASTEST in parameters:
        autopilot.speeds.highest = lambda: parameters[FASTEST]
        parameters.listeners.append(lambda name, value: autopilot.speeds.apply() if name == FASTEST else None)
    if RETURN_PRECISELY in parameters:
        autopilot.precision.wanted = _wanted(autopilot, parameters, face)


def _wanted(autopilot: Px4Parts, parameters: Px4Parameters, face: Px4Face) -> Callable[[], int]:
    def wanted() -> int:
        number, how = autopilot.modes.spec.number, 0.0
        if number == CopterMode.RTL:
            how = parameters[RETURN_PRECISELY]
        elif number == CopterMode.LAND and face.lands_precisely:
            how = _REQUIRED  # navigator_main.cpp, NAVIGATION_STATE_AUTO_PRECLAND
        elif number == CopterMode.AUTO:
            item = autopilot.plans.mission.get(autopilot.sequencer.current_nav_index())
            if item is not None and item.command == Cmd.NAV_RETURN_TO_LAUNCH:
                how = parameters[RETURN_PRECISELY]
            elif item is not None and item.command == Cmd.NAV_LAND:
                how = item.param2
        return next((strict for one, strict in _STRICT.items() if how == one), _NOT)

    return wanted
