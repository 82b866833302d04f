"""The actors of one vehicle, each made of the parts of the autopilot that it uses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from autopilot.commands.flight_commands import FlightCommands
from autopilot.commands.mission_commands import MissionCommands
from autopilot.commands.pilot_input import PilotInput
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.flight.actors import (
    AltitudeActor,
    AttitudeActor,
    EstimatorActor,
    MotorActor,
    PositionActor,
    RateActor,
    SensorActor,
    WaypointActor,
)
from autopilot.flight.flight_context import FlightContext
from autopilot.flight.guards import VehicleGuardFacts
from autopilot.flight.kernel import Actor
from autopilot.flight.manager import FlightManager
from autopilot.flight.noncritical_actors import BatteryActor, CommsActor, LoggerActor
from autopilot.interface.records import dataclass
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto import AutoMode
from autopilot.modes.guided import GuidedMode
from autopilot.modes.manager import ModeChoice
from autopilot.safety.arming import Arming, PrearmWatch


@dataclass(frozen=True, slots=True)
class FlightParts:
    """Parts of the autopilot that the actors use."""

    facts: VehicleFacts
    announcer: Announcer
    helm: Helm
    modes: ModeChoice
    auto: AutoMode
    guided: GuidedMode
    sequencer: MissionSequencer
    mission: MissionStorage
    prearm: PrearmWatch
    arming: Arming
    sticks: PilotInput
    flight: FlightCommands
    missions: MissionCommands


def actor_makers(parts: FlightParts, context: FlightContext) -> list[Callable[[], Actor]]:
    """Makers of the actors, in the order in which they run (docs/reference/flight-lifecycle.md, "Actors"). They are
    called again when actors restart."""
    p, vehicle, flags = parts, parts.helm.vehicle, context.flags

    def make_manager() -> FlightManager:
        flight = VehicleGuardFacts(p.facts, flags, p.modes, p.auto, p.guided, p.mission, p.arming)
        return FlightManager(context, flight, p.facts, p.announcer, p.modes, p.arming)

    return [
        partial(SensorActor, vehicle),
        partial(EstimatorActor, vehicle, p.facts, p.modes),
        partial(WaypointActor, p.facts, p.mission, p.sequencer, p.auto, p.flight, p.missions),
        partial(AltitudeActor, vehicle, p.facts, p.modes, flags),
        partial(PositionActor, vehicle),
        partial(AttitudeActor, vehicle),
        partial(RateActor, vehicle),
        partial(MotorActor, vehicle, p.arming, p.announcer),
        make_manager,
        BatteryActor,
        partial(CommsActor, context),
        partial(LoggerActor, context),
    ]
