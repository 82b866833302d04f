"""Parts of an autopilot for protocol services, personalities, the flight manager and its actors, and the status, which
do not receive the whole autopilot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from autopilot.commands.auxiliary import AuxFunctions
    from autopilot.commands.flight_commands import FlightCommands
    from autopilot.commands.mission_commands import MissionCommands
    from autopilot.commands.pilot_input import PilotInput
    from autopilot.commands.plans import Plans
    from autopilot.context.home import Home
    from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
    from autopilot.interface.vehicle import Vehicle
    from autopilot.mission.sequencer import MissionSequencer
    from autopilot.modes.auto import AutoMode
    from autopilot.modes.buttons import Buttons
    from autopilot.modes.follow import Lead
    from autopilot.modes.guided import GuidedMode
    from autopilot.modes.manager import ModeChoice
    from autopilot.modes.mode_switch import ModeSwitch
    from autopilot.modes.payload import Payload
    from autopilot.modes.speeds import SpeedControl
    from autopilot.mount.mount import Mount
    from autopilot.parameters.parameters import Parameters
    from autopilot.safety.arming import Arming, ArmingProcedure, PrearmWatch
    from autopilot.safety.failsafes import Failsafes
    from autopilot.safety.fence import FenceGuard
    from autopilot.safety.fenced_mission import FencedMission
    from autopilot.safety.proximity import Proximity
    from autopilot.safety.termination import AdvancedFailsafe
    from autopilot.safety.traffic import TrafficWatch


class VehicleParts(Protocol):
    """Parts, by their names in `Autopilot`."""

    facts: VehicleFacts
    announcer: Announcer
    helm: Helm
    plans: Plans
    sequencer: MissionSequencer
    modes: ModeChoice
    auto: AutoMode
    guided: GuidedMode
    commands: FlightCommands
    mission_commands: MissionCommands
    sticks: PilotInput
    vehicle_arming: Arming
    payload: Payload
    fenced_mission: FencedMission
    vehicle: Vehicle
    parameters: Parameters
    home: Home
    arming: ArmingProcedure
    prearm: PrearmWatch
    fence: FenceGuard
    advanced_failsafe: AdvancedFailsafe
    auxiliary: AuxFunctions
    buttons: Buttons
    mode_switch: ModeSwitch
    mount: Mount
    failsafes: Failsafes
    speeds: SpeedControl
    lead: Lead
    traffic: TrafficWatch
    proximity: Proximity
