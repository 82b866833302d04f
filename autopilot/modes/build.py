"""All modes of one vehicle, put together."""

from __future__ import annotations

from autopilot.modes.auto import AutoMode
from autopilot.modes.guided import GuidedMode
from autopilot.modes.heading import Heading
from autopilot.modes.landing import LandMode
from autopilot.modes.loitering import CircleDrive, CircleMode, LoiterMode
from autopilot.modes.mode import Mode
from autopilot.modes.pilot import PilotMode, StopMode, acro, always
from autopilot.modes.returning import Destination, ReturnMode
from autopilot.modes.smart_return import SmartReturnDrive, SmartReturnFlight
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.table import CopterMode, RoverMode
from autopilot.modes.trail import Trail
from autopilot.targets import PilotKind
from autopilot.vehicle_context import VehicleContext


def build_modes(
    context: VehicleContext,
    auto: AutoMode,
    guided: GuidedMode,
    destination: Destination,
    heading: Heading,
    speeds: SpeedControl,
    trail: Trail,
) -> dict[int, Mode]:
    """One object for each mode that this kind of vehicle flies, by number."""
    specs = context.facts.vehicle_class.modes.specs
    if not context.facts.vehicle_class.has_height:
        r = RoverMode
        return {
            r.MANUAL: PilotMode(context, specs[r.MANUAL], always(PilotKind.MANUAL)),
            r.ACRO: PilotMode(context, specs[r.ACRO], always(PilotKind.ACRO)),
            r.STEERING: PilotMode(context, specs[r.STEERING], always(PilotKind.STEERING)),
            r.HOLD: StopMode(context, specs[r.HOLD]),
            r.LOITER: LoiterMode(context, specs[r.LOITER]),
            r.CIRCLE: CircleDrive(context, specs[r.CIRCLE], speeds),
            r.AUTO: auto,
            r.RTL: ReturnMode(context, specs[r.RTL], destination, heading, speeds),
            r.SMART_RTL: SmartReturnDrive(context, specs[r.SMART_RTL], trail, speeds),
            r.GUIDED: guided,
        }
    c = CopterMode
    return {
        c.STABILIZE: PilotMode(context, specs[c.STABILIZE], always(PilotKind.STABILIZE)),
        c.ACRO: PilotMode(context, specs[c.ACRO], acro(context.facts)),
        c.ALT_HOLD: PilotMode(context, specs[c.ALT_HOLD], always(PilotKind.ALT_HOLD)),
        c.LOITER: PilotMode(context, specs[c.LOITER], always(PilotKind.LOITER)),
        c.POSHOLD: PilotMode(context, specs[c.POSHOLD], always(PilotKind.LOITER)),
        c.BRAKE: StopMode(context, specs[c.BRAKE]),
        c.AUTO: auto,
        c.AUTO_RTL: auto,
        c.GUIDED: guided,
        c.RTL: ReturnMode(context, specs[c.RTL], destination, heading, speeds),
        c.SMART_RTL: SmartReturnFlight(context, specs[c.SMART_RTL], trail, heading),
        c.CIRCLE: CircleMode(context, specs[c.CIRCLE], heading),
        c.LAND: LandMode(context, specs[c.LAND], heading),
    }
