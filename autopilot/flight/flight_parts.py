"""Parts of the autopilot that the flight manager and its actors use."""

from __future__ import annotations

from autopilot.commands.flight_commands import FlightCommands
from autopilot.commands.mission_commands import MissionCommands
from autopilot.commands.pilot_input import PilotInput
from autopilot.interface.records import dataclass
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.modes.guided import GuidedMode
from autopilot.modes.manager import CommandContext
from autopilot.safety.arming import Arming, PrearmWatch


@dataclass(frozen=True, slots=True)
class FlightParts(CommandContext):
    """See the module."""

    guided: GuidedMode
    sequencer: MissionSequencer
    mission: MissionStorage
    prearm: PrearmWatch
    arming: Arming
    sticks: PilotInput
    flight: FlightCommands
    missions: MissionCommands
