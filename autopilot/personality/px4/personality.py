"""PX4's personality: its answers to the core where firmwares differ.

A landing looks for its target if NAV_LAND's second parameter, or RTL_PLD_MD of a return, requires it: 1 opportunistic
(it also lands without the target), 2 required (it searches first, PLD_MAX_SRCH times, and then lands). The gimbal needs
a request for control before it moves. Sources: PX4 1.16 src/modules/navigator (precland.cpp, mission_base.cpp,
rtl_direct.cpp), src/modules/gimbal, src/modules/commander/Commander.cpp (`handleAutoDisarm`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.personality import FailsafeRules
from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import Outcome
from autopilot.interface.traffic import Contact
from autopilot.mav import Cmd, LandedState, SystemState, WireMissionState
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from autopilot.personality.px4.alert_volumes import ENABLED, AlertVolumes
from autopilot.personality.px4.flight import Px4Flight
from autopilot.personality.px4.modes import LAND, MISSION, TAKEOFF, custom_of, pair_of
from autopilot.personality.px4.parameter_table import AVOIDED, FASTEST, RETURN_PRECISELY
from autopilot.personality.px4.parameters import Px4Parameters
from autopilot.personality.px4.returning import Return
from autopilot.personality.px4.traffic import Px4Traffic

# HealthAndArmingChecks, Commander.cpp (`arm`, `disarm`)
_PREARM, _ARM, _DISARM = "Preflight Fail: ", "Arming denied: ", "Disarming denied: "
_OPPORTUNISTIC, _REQUIRED = 1, 2
_STRICT: Final[dict[float, int]] = {_OPPORTUNISTIC: 0, _REQUIRED: 1}
"""PLND_STRICT of each: land at once without the target; retry, then land."""
_DOES_NOT_LOOK: Final = -1


class Px4Personality:
    """PX4's personality; see the module and `Personality`."""

    asks_for_gimbal = True
    own_fence_action = True
    approaches_anew = False
    turns_to_items = True
    keeps_home_of_items = True
    returns_in_auto = True
    keeps_upright = True
    lands_in_place = True
    climbs_to_return = True
    circles_level = True
    wings_need_fix = False
    holds_without_mission = True
    resumes_on_ground = True  # mission_base.cpp, `checkMissionRestart`
    seeks_new_home = False
    sticks_add_speed = False
    home_follows_m: float | None = 1.0  # HomePosition.hpp, kMinHomePositionChangeEPH

    def __init__(self, parts: VehicleParts, parameters: Px4Parameters) -> None:
        facts = parts.facts
        self._parts = parts
        self._parameters = parameters
        self.texts = replace(
            facts.vehicle_class.texts,
            armed="",
            disarmed="",
            prearm=_PREARM,
            arm=_ARM,
            disarm=_DISARM,
            leaning="Attitude failure detected",
            mission_complete=None,
            guided_arrival=False,
            auto_disarmed=None,
            transition_failed="Quad-chute triggered\t",
        )
        self.flight = Px4Flight(parts, parameters)
        self.failsafes: FailsafeRules = self.flight.failsafes
        failsafes = self.flight.failsafes
        self.battery_failed, self.estimator_recovered = failsafes.battery_failed, failsafes.estimator_recovered
        self.return_height, self.return_approach = self.flight.returns.height, self.flight.returns.approach
        self._has_fastest = FASTEST in parameters
        self._traffic: Px4Traffic | None = None
        if AVOIDED in parameters:
            self._traffic = Px4Traffic(facts, parts.announcer, parameters, self.flight)
            self._volumes = AlertVolumes(facts, parts.announcer, parameters, self.flight)
        self._returns_precisely = RETURN_PRECISELY in parameters

    def refuses_mission(self, *, takes_off: bool) -> str | None:
        """A mission without a takeoff climbs by itself."""
        return None if self.flight.has_mission else "the mission was rejected"

    def begin_mission(self, now_ms: int) -> Outcome:
        return self.flight.enter(MISSION, now_ms)

    def take_over(self) -> None:
        """Become the vehicle's personality, before its first pass."""
        parts = self._parts
        parts.facts.personality = self
        parts.announcer.tells_steps = False
        vehicle, parameters = parts.helm.vehicle, self._parameters
        for name in parameters.own_names():
            vehicle.set_parameter(name, parameters[name])
        parameters.listeners.append(vehicle.set_parameter)
        if self._has_fastest:
            parameters.listeners.append(lambda name, _: parts.speeds.apply() if name == FASTEST else None)
        self.flight.begin()

    def fence_breached(self, now_ms: int) -> None:
        self.flight.failsafes.outside(now_ms)

    def aircraft_heard(self, contact: Contact) -> bool:
        if self._traffic is not None:
            (self._volumes if self._parameters[ENABLED] else self._traffic).hear(contact)
        return self._traffic is not None

    def preflight_delay_s(self) -> float | None:
        """COM_DISARM_PRFLT, for all that flies (Commander::handleAutoDisarm)."""
        return self._parameters["COM_DISARM_PRFLT"] if self._parts.facts.vehicle_class.flies else None

    def landed_delay_s(self) -> float | None:
        """COM_DISARM_LAND; None during a mission."""
        core = self._parts
        if not core.facts.vehicle_class.flies:
            return None
        amid = core.modes.mode is core.auto and core.sequencer.running
        return 0.0 if amid else self._parameters["COM_DISARM_LAND"]

    def landing_strictness(self) -> int | None:
        """By item and parameter, for each landing."""
        core, numbers, precision = self._parts, self._parts.facts.vehicle_class.modes, 0.0
        if not self._returns_precisely:
            return None
        number = core.modes.spec.number
        if number == numbers.rtl:
            precision = self._parameters[RETURN_PRECISELY]
        elif number == numbers.land and self.flight.lands_precisely:
            precision = _REQUIRED  # navigator_main.cpp, NAVIGATION_STATE_AUTO_PRECLAND
        elif number == numbers.auto:
            item = core.plans.mission.get(core.sequencer.current_nav_index())
            if item is not None and item.command == Cmd.NAV_RETURN_TO_LAUNCH:
                precision = self._parameters[RETURN_PRECISELY]
            elif item is not None and item.command == Cmd.NAV_LAND:
                precision = item.param2
        return _STRICT.get(precision, _DOES_NOT_LOOK)

    def highest_speed_mps(self) -> float:
        return self._parameters[FASTEST] if self._has_fastest else inf

    def _return(self) -> Return:
        core, flight = self._parts, self.flight
        mission = core.plans.mission.items() if flight.has_mission else ()
        return flight.returns.choose(mission, core.sequencer.current_nav_index(), core.plans.rally.items())

    def transition_limit_s(self, airspeed: float) -> float:
        """VT_TRANS_TIMEOUT, or VT_F_TR_OL_TM below VT_ARSP_BLEND (vtol_type.cpp, `isFrontTransitionTimeout`)."""
        longest = self._parameters["VT_TRANS_TIMEOUT"]
        slow = airspeed < self._parameters["VT_ARSP_BLEND"]
        return min(self._parameters["VT_F_TR_OL_TM"], longest) if slow else longest

    def return_place(self) -> GeoPoint | None:
        return self._return().place

    def return_path(self) -> Sequence[MissionItem]:
        return self._return().path

    def mode_flags(self) -> int:
        return self.flight.modes.flags_of(self.flight.mode)

    def system_state(self) -> SystemState:
        """STANDBY until it is armed."""
        if self.flight.calibrates:
            return SystemState.CALIBRATING
        return SystemState.ACTIVE if self._parts.facts.armed else SystemState.STANDBY

    def landed_as(self) -> int | None:
        """Landed state of what drives: landed while disarmed, or in Land (RoverLandDetector.cpp)."""
        facts = self._parts.facts
        driving = facts.armed and self.flight.mode != LAND
        return None if facts.vehicle_class.flies else LandedState.IN_AIR if driving else LandedState.ON_GROUND

    def mission_shown(self) -> tuple[WireMissionState, bool]:
        """State by mavlink_mission.cpp (`update_mission_state`): Takeoff and Land count as flying the mission; an RTL
        item at its end does not complete it. PX4 does not change the state in a pause that begins before the next item
        after the last one is reached; here it is PAUSED too."""
        core, flying = self._parts, self.flight.mode in (MISSION, TAKEOFF, LAND)
        item = core.plans.mission.get(core.sequencer.current_nav_index())
        returned = item is not None and item.command == Cmd.NAV_RETURN_TO_LAUNCH
        if not self.flight.has_mission:
            return WireMissionState.NO_MISSION, flying
        if core.sequencer.state() is MissionState.COMPLETED and not returned:
            return WireMissionState.COMPLETE, flying
        if flying:
            return WireMissionState.ACTIVE, flying
        return WireMissionState.PAUSED if self.flight.amid_mission else WireMissionState.NOT_STARTED, flying

    def shown_modes(self) -> tuple[int, int]:
        return custom_of(self.flight.mode), custom_of(self.flight.user_mode)

    def standard_mode(self, custom_mode: int) -> int:
        return self.flight.modes.standard_of(pair_of(custom_mode))
