"""All modes of one vehicle, made as its class describes them (`ModeSpec.flown`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.interface.targets import PilotKind
from autopilot.modes.auto import AutoMode
from autopilot.modes.evading import EvadeMode
from autopilot.modes.flip import FlipMode
from autopilot.modes.follow import FollowMode, Lead
from autopilot.modes.guided import GuidedMode, LeaningMode
from autopilot.modes.heading import Heading
from autopilot.modes.landing import LandMode
from autopilot.modes.loitering import CircleDrive, CircleMode, LoiterMode
from autopilot.modes.manager import ModeChoice
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.modes.pilot import PilotMode, PointedMode, StopMode, acro, always
from autopilot.modes.returning import Destination, ReturnMode
from autopilot.modes.smart_return import SmartReturnDrive, SmartReturnFlight
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.throw import ThrowMode
from autopilot.modes.trail import Trail
from autopilot.modes.wing_modes import (
    AutolandMode,
    BankMode,
    CircleDownMode,
    TakeoffMode,
    VerticalReturnMode,
    WingReturnMode,
)
from autopilot.modes.zigzag import ZigZagMode
from autopilot.precision.lander import TargetLoiter
from autopilot.vehicles.mode_table import ModeKind, ModeSpec


@dataclass(frozen=True, slots=True)
class ModeParts:
    """Parts of modes. `auto` and `guided` exist already, because other parts need them too. `choice`: the choice among
    these modes, once they are made."""

    context: VehicleContext
    auto: AutoMode
    guided: GuidedMode
    destination: Destination
    heading: Heading
    speeds: SpeedControl
    trail: Trail
    lead: Lead
    choice: Callable[[], ModeChoice]


def _by_sticks(kind: PilotKind) -> Callable[[ModeParts, ModeSpec], Mode]:
    return lambda parts, spec: PilotMode(parts.context, spec, always(kind))


def _over(parts: ModeParts, spec: ModeSpec) -> TargetLoiter | None:
    """PREC_LOITER for LOITER only, as in ArduPilot."""
    precision, context = parts.context.precision, parts.context
    kind = context.facts.vehicle_class
    if precision is None or not kind.hovers or spec.number != kind.modes.loiter:
        return None
    return TargetLoiter(precision, context.facts, context.helm)


def _returning(parts: ModeParts, spec: ModeSpec) -> Mode:
    if parts.context.facts.vehicle_class.has_stall_speed:
        return WingReturnMode(parts.context, spec, parts.destination, parts.auto)
    return ReturnMode(parts.context, spec, parts.destination, parts.heading, parts.speeds, parts.auto.path_home)


MAKERS: Final[dict[ModeKind, Callable[[ModeParts, ModeSpec], Mode]]] = {
    ModeKind.STABILIZE: _by_sticks(PilotKind.STABILIZE),
    ModeKind.ALT_HOLD: _by_sticks(PilotKind.ALT_HOLD),
    ModeKind.POSITION: lambda parts, spec: PilotMode(parts.context, spec, always(PilotKind.LOITER), _over(parts, spec)),
    ModeKind.DRIFT: _by_sticks(PilotKind.DRIFT),
    ModeKind.MANUAL: _by_sticks(PilotKind.MANUAL),
    ModeKind.STEERING: _by_sticks(PilotKind.STEERING),
    ModeKind.POINTED: lambda p, spec: PointedMode(p.context, spec),
    ModeKind.TURN_RATE: _by_sticks(PilotKind.ACRO),
    ModeKind.TRAINED_RATES: lambda p, spec: PilotMode(p.context, spec, acro(p.context.facts)),
    ModeKind.STOP: lambda p, spec: StopMode(p.context, spec),
    ModeKind.STAY: lambda p, spec: LoiterMode(p.context, spec),
    ModeKind.MISSION: lambda p, _: p.auto,
    ModeKind.TARGETS: lambda p, _: p.guided,
    ModeKind.LEANING: lambda p, spec: LeaningMode(p.context, spec),
    ModeKind.RETURN: _returning,
    ModeKind.RETRACE_FLYING: lambda p, spec: SmartReturnFlight(p.context, spec, p.trail, p.heading),
    ModeKind.RETRACE_DRIVING: lambda p, spec: SmartReturnDrive(p.context, spec, p.trail, p.speeds),
    ModeKind.CIRCLE_FLYING: lambda p, spec: CircleMode(p.context, spec, p.heading),
    ModeKind.CIRCLE_DRIVING: lambda p, spec: CircleDrive(p.context, spec, p.speeds),
    ModeKind.LAND: lambda p, spec: LandMode(p.context, spec, p.heading),
    ModeKind.BOUNDED: _by_sticks(PilotKind.TRAINING),
    ModeKind.ANGLES: _by_sticks(PilotKind.FBWA),
    ModeKind.CLIMB_AND_SPEED: _by_sticks(PilotKind.FBWB),
    ModeKind.TRACK: _by_sticks(PilotKind.CRUISE),
    ModeKind.HOVER: _by_sticks(PilotKind.HOVER),
    ModeKind.VERTICAL_RETURN: lambda p, spec: VerticalReturnMode(p.context, spec, p.destination, p.auto),
    ModeKind.VERTICAL_FROM_CIRCLE: lambda p, spec: CircleDownMode(p.context, spec, p.auto, lambda: p.choice().before),
    ModeKind.BANKED: lambda p, spec: BankMode(p.context, spec),
    ModeKind.TAKEOFF: lambda p, spec: TakeoffMode(p.context, spec),
    ModeKind.EVADE: lambda p, spec: EvadeMode(p.context, spec, p.heading),
    ModeKind.APPROACH: lambda p, spec: AutolandMode(p.context, spec),
    ModeKind.FOLLOW: lambda p, spec: FollowMode(p.context, spec, p.lead),
    ModeKind.FLIP: lambda p, spec: FlipMode(p.context, spec, p.choice),
    ModeKind.THROW: lambda p, spec: ThrowMode(p.context, spec, p.choice),
    ModeKind.ROWS: lambda p, spec: ZigZagMode(p.context, spec),
}


def build_modes(parts: ModeParts) -> dict[int, Mode]:
    """Build an object for each mode that this kind of vehicle flies, by number."""
    specs = parts.context.facts.vehicle_class.modes.specs
    return {int(n): MAKERS[spec.flown](parts, spec) for n, spec in specs.items() if spec.flown is not None}
