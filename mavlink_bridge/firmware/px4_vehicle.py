"""What makes a simulated vehicle a PX4 to its stations, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autopilot.mav import FailureType, FailureUnit
from autopilot.mission.sequencer import MissionState
from autopilot.parameters.parameters import Parameters
from mavlink_bridge.firmware.px4_actuators import Px4Actuators
from mavlink_bridge.firmware.px4_book import Px4Book
from mavlink_bridge.firmware.px4_calibration import Px4Calibration
from mavlink_bridge.firmware.px4_face import FlownParts, Px4Face
from mavlink_bridge.firmware.px4_guidance import FollowMe, Offboard, Orbit, StickTakeover
from mavlink_bridge.firmware.px4_parameters import Px4Parameters
from mavlink_bridge.services.base import Service
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


class Px4Vehicle:
    """The parts of the face: its parameters, its services in the order in which they hear, its commands, its own
    metadata. `stored`, `given`: as `Px4Parameters` has them."""

    def __init__(
        self, core: Parameters, stored: Mapping[str, float], given: Mapping[str, float], autopilot: FlownParts
    ) -> None:
        self.parameters = Px4Parameters(core, stored, given)
        self.face = Px4Face(autopilot, self.parameters)
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
        self.described = (Described(MetadataType.ACTUATORS, "actuators", actuators.document),)

    def _landed_delay_s(self, autopilot: FlownParts) -> float:
        """Not amid a mission (Commander.cpp, `handleAutoDisarm`)."""
        amid = autopilot.modes.mode is autopilot.auto and autopilot.sequencer.state() is MissionState.RUNNING
        return 0.0 if amid else self.parameters["COM_DISARM_LAND"]
