"""The actors of one vehicle, each made of the parts of the autopilot that it uses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

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
from autopilot.flight.flight_parts import FlightParts
from autopilot.flight.kernel import Actor
from autopilot.flight.manager import FlightManager
from autopilot.flight.noncritical_actors import BatteryActor, CommsActor, LoggerActor


def actor_makers(parts: FlightParts, context: FlightContext) -> list[Callable[[], Actor]]:
    """Makers of the actors, in the order in which they run (docs/reference/flight-lifecycle.md, "Actors"). They are
    called again when actors restart."""
    return [
        partial(SensorActor, parts),
        partial(EstimatorActor, parts),
        partial(WaypointActor, parts),
        partial(AltitudeActor, parts, context.flags),
        partial(PositionActor, parts),
        partial(AttitudeActor, parts),
        partial(RateActor, parts),
        partial(MotorActor, parts),
        partial(FlightManager, parts, context),
        BatteryActor,
        partial(CommsActor, context),
        partial(LoggerActor, context),
    ]
