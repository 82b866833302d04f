"""Firmwares that a simulated vehicle can emulate: makers of their protocol parts, by MAV_AUTOPILOT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.mav import AutopilotType
from autopilot.parameters.parameters import Parameters
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.services.events.book import SortieBook
from mavlink_bridge.services.guided.setpoints import GuidedService
from mavlink_bridge.services.mission.fence_points import FencePointService
from mavlink_bridge.services.modes import OwnModes
from mavlink_bridge.services.spoken import Spoken

Values = Mapping[str, float]


def _ardupilot(
    parts: VehicleParts, core: Parameters, stored: Values, given: Values, mode_shown: Callable[[], None]
) -> Spoken:
    """Protocol parts as an ArduPilot."""
    modes = OwnModes(parts.modes, parts.facts.vehicle_class.modes.standard)
    return Spoken(
        core, GuidedService(parts), modes, SortieBook(), services=(FencePointService(parts),), parameter_file=True
    )


def _px4(
    parts: VehicleParts, core: Parameters, stored: Values, given: Values, mode_shown: Callable[[], None]
) -> Spoken:
    from mavlink_bridge.px4.vehicle import spoken  # loads PX4's events, only for vehicles that emulate a PX4

    return spoken(parts, core, stored, given, mode_shown)


Maker = Callable[["VehicleParts", Parameters, Values, Values, Callable[[], None]], Spoken]
_MAKERS: Final[Mapping[int, Maker]] = {AutopilotType.ARDUPILOTMEGA: _ardupilot, AutopilotType.PX4: _px4}


def speak_as(
    firmware: Firmware,
    parts: VehicleParts,
    core: Parameters,
    *,
    stored: Values,
    given: Values,
    mode_shown: Callable[[], None],
) -> Spoken:
    """Make the protocol parts of a firmware, before the first pass. `core`: the vehicle's parameters. `stored`,
    `given`: values of an earlier run and of this one, by the firmware's names. `mode_shown()`: called when the shown
    mode changes, by a firmware with modes of its own."""
    return _MAKERS[firmware.autopilot](parts, core, stored, given, mode_shown)
