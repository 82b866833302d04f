"""Parts of the autopilot that the flight manager and its actors use."""

from __future__ import annotations

from autopilot.commands.flight_commands import FlightCommands
from autopilot.commands.mission_commands import MissionCommands
from autopilot.commands.pilot_input import PilotInput
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.records import dataclass
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto import AutoMode
from autopilot.modes.guided import GuidedMode
from autopilot.modes.manager import ModeChoice
from autopilot.safety.arming import Arming, PrearmWatch


@dataclass(frozen=True, slots=True)
class FlightParts:
    """See the module."""

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
