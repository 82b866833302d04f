"""The world of a run, as it was asked for: what is in it for every vehicle alike. Each vehicle enters it
(`sitl.vehicles.simulated.SimulatedMachine.enter`), and sees of it what its sensors see."""

from __future__ import annotations

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from sitl.world.encounters import EncounterModel
from sitl.world.obstacles import Obstacles
from sitl.world.receiver import ReceiverSettings
from sitl.world.sky import Sky


@dataclass(slots=True)
class SkyAndGround:
    """`sky`: other aircraft, None: there are none to be heard of; `receiver` of every vehicle; `encounters`: aircraft
    that come each vehicle's way; `obstacles` about `origin`."""

    origin: GeoPoint
    sky: Sky | None = None
    receiver: ReceiverSettings = ReceiverSettings()
    encounters: EncounterModel | None = None
    obstacles: Obstacles | None = None
