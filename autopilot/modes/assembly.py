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
from autopilot.modes.pilot import PilotMode, StopMode, acro, always
from autopilot.modes.returning import Destination, ReturnMode
from autopilot.modes.smart_return import SmartReturnDrive, SmartReturnFlight
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.table import CopterMode, RoverMode
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
    specs = cockpit.vehicle_class.modes.specs
    if not cockpit.vehicle_class.has_height:
        r = RoverMode
        return {
            r.MANUAL: PilotMode(cockpit, specs[r.MANUAL], always(PilotKind.MANUAL)),
            r.ACRO: PilotMode(cockpit, specs[r.ACRO], always(PilotKind.ACRO)),
            r.STEERING: PilotMode(cockpit, specs[r.STEERING], always(PilotKind.STEERING)),
            r.HOLD: StopMode(cockpit, specs[r.HOLD]),
            r.LOITER: LoiterMode(cockpit, specs[r.LOITER]),
            r.CIRCLE: CircleDrive(cockpit, specs[r.CIRCLE], speeds),
            r.AUTO: auto,
            r.RTL: ReturnMode(cockpit, specs[r.RTL], destination, heading, speeds),
            r.SMART_RTL: SmartReturnDrive(cockpit, specs[r.SMART_RTL], trail, speeds),
            r.GUIDED: guided,
        }
    c = CopterMode
    return {
        c.STABILIZE: PilotMode(cockpit, specs[c.STABILIZE], always(PilotKind.STABILIZE)),
        c.ACRO: PilotMode(cockpit, specs[c.ACRO], acro(cockpit)),
        c.ALT_HOLD: PilotMode(cockpit, specs[c.ALT_HOLD], always(PilotKind.ALT_HOLD)),
        c.LOITER: PilotMode(cockpit, specs[c.LOITER], always(PilotKind.LOITER)),
        c.POSHOLD: PilotMode(cockpit, specs[c.POSHOLD], always(PilotKind.LOITER)),
        c.BRAKE: StopMode(cockpit, specs[c.BRAKE]),
        c.AUTO: auto,
        c.AUTO_RTL: auto,
        c.GUIDED: guided,
        c.RTL: ReturnMode(cockpit, specs[c.RTL], destination, heading, speeds),
        c.SMART_RTL: SmartReturnFlight(cockpit, specs[c.SMART_RTL], trail, heading),
        c.CIRCLE: CircleMode(cockpit, specs[c.CIRCLE], heading),
        c.LAND: LandMode(cockpit, specs[c.LAND], heading),
    }
