"""All modes of one vehicle, put together."""

from __future__ import annotations

from autopilot.cockpit import Cockpit
from autopilot.modes.auto import AutoMode
from autopilot.modes.circling import CircleMode
from autopilot.modes.driving import CircleDrive, LoiterMode
from autopilot.modes.guided import GuidedMode
from autopilot.modes.heading import Heading
from autopilot.modes.landing import LandMode
from autopilot.modes.mode import Mode
from autopilot.modes.pilot import AcroMode, PilotMode, StopMode
from autopilot.modes.returning import Destination, ReturnMode
from autopilot.modes.smart_return import SmartReturnDrive, SmartReturnFlight
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.table import COPTER, ROVER, CopterMode, RoverMode
from autopilot.modes.trail import Trail
from autopilot.vehicle import PilotKind


def build_modes(
    cockpit: Cockpit,
    auto: AutoMode,
    guided: GuidedMode,
    destination: Destination,
    heading: Heading,
    speeds: SpeedControl,
    trail: Trail,
) -> dict[int, Mode]:
    """One object for each mode that this kind of vehicle flies, by number."""
    if cockpit.rover:
        r, rover = RoverMode, ROVER
        return {
            r.MANUAL: PilotMode(cockpit, rover[r.MANUAL], PilotKind.MANUAL),
            r.ACRO: PilotMode(cockpit, rover[r.ACRO], PilotKind.ACRO),
            r.STEERING: PilotMode(cockpit, rover[r.STEERING], PilotKind.STEERING),
            r.HOLD: StopMode(cockpit, rover[r.HOLD]),
            r.LOITER: LoiterMode(cockpit, rover[r.LOITER]),
            r.CIRCLE: CircleDrive(cockpit, rover[r.CIRCLE], speeds),
            r.AUTO: auto,
            r.RTL: ReturnMode(cockpit, rover[r.RTL], destination, heading, speeds),
            r.SMART_RTL: SmartReturnDrive(cockpit, rover[r.SMART_RTL], trail, speeds),
            r.GUIDED: guided,
        }
    c, copter = CopterMode, COPTER
    return {
        c.STABILIZE: PilotMode(cockpit, copter[c.STABILIZE], PilotKind.STABILIZE),
        c.ACRO: AcroMode(cockpit, copter[c.ACRO]),
        c.ALT_HOLD: PilotMode(cockpit, copter[c.ALT_HOLD], PilotKind.ALT_HOLD),
        c.LOITER: PilotMode(cockpit, copter[c.LOITER], PilotKind.LOITER),
        c.POSHOLD: PilotMode(cockpit, copter[c.POSHOLD], PilotKind.LOITER),
        c.BRAKE: StopMode(cockpit, copter[c.BRAKE]),
        c.AUTO: auto,
        c.AUTO_RTL: auto,
        c.GUIDED: guided,
        c.RTL: ReturnMode(cockpit, copter[c.RTL], destination, heading, speeds),
        c.SMART_RTL: SmartReturnFlight(cockpit, copter[c.SMART_RTL], trail, heading),
        c.CIRCLE: CircleMode(cockpit, copter[c.CIRCLE], heading),
        c.LAND: LandMode(cockpit, copter[c.LAND], heading),
    }
