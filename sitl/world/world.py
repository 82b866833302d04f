"""The world of a run, the same for every vehicle. A vehicle enters it
(`sitl.vehicles.simulated.SimulatedMachine.enter`) and sees it through its sensors."""

from __future__ import annotations

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from sitl.world.encounters import EncounterModel
from sitl.world.obstacles import Obstacles
from sitl.world.receiver import ReceiverSettings
from sitl.world.sky import Sky


@dataclass(slots=True)
class SkyAndGround:
    """World. `sky`: other aircraft, None: no aircraft; `receiver` of every vehicle; `encounters`: aircraft that
    approach each vehicle; `obstacles`, with places from `origin`."""

    origin: GeoPoint
    sky: Sky | None = None
    receiver: ReceiverSettings = ReceiverSettings()
    encounters: EncounterModel | None = None
    obstacles: Obstacles | None = None
