"""Wiring of one vehicle: the parts behind `Autopilot`, made and introduced to each other.

Who owns what: `VehicleContext` the shared facts of a pass, `ModeChoice` the mode, `Home` home, `Plans` when plans
change, `MissionStorage` their items, `MissionSequencer` the indices and the hold timer, `Arming`, `Failsafes` and
`FenceGuard` safety. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

from autopilot.flight.actor_table import FlightParts
from autopilot.flight_commands import FlightCommands
from autopilot.geo import GeoPoint, Ned
from autopilot.home import Home, ReturnPoint
from autopilot.journal import Journal, SaveParameter
from autopilot.mission.sequencer import DoTiming, MissionSequencer, MissionState
from autopilot.mission_commands import MissionCommands
from autopilot.modes.auto import AutoMode
from autopilot.modes.auto_do import DoTools
from autopilot.modes.auto_executor import AutoExecutor
from autopilot.modes.auto_nav import NavTools
from autopilot.modes.auxiliary import AuxFunctions
from autopilot.modes.build import build_modes
from autopilot.modes.following import ModeFollower, build_controller_modes
from autopilot.modes.guided import GuidedFlight, GuidedMode
from autopilot.modes.guided_item import GuidedLimits
from autopilot.modes.heading import Heading
from autopilot.modes.manager import ModeChoice
from autopilot.modes.payload import Payload
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.table import ModeSpec
from autopilot.modes.trail import Trail
from autopilot.pilot_input import PilotInput
from autopilot.plans import Items, Plans
from autopilot.reasons import ArmingMethod, ArmingReason, ModeReason
from autopilot.result import ACCEPTED, Outcome
from autopilot.safety.arming import Arming
from autopilot.safety.checks import ArmingChecks
from autopilot.safety.failsafes import Failsafes, WindWatch
from autopilot.safety.fence import FenceGuard
from autopilot.safety.fenced_mission import FencedMission
from autopilot.vehicle import ControlledVehicle, Vehicle
from autopilot.vehicle_context import Announcer, Helm, ParameterValues, VehicleContext, VehicleFacts


class AllParameters(ParameterValues, Protocol):
    """What the core needs of `autopilot.parameters.Parameters`."""

    listeners: list[Callable[[str, float], None]]

    def names(self) -> Sequence[str]: ...

    def set_readonly(self, name: str, value: float) -> bool: ...


class Stored(Protocol):
    """What an earlier process left behind: plans by MAV_MISSION_TYPE, home as a person set it, and the sequencer's
    index and state."""

    @property
    def plans(self) -> Mapping[int, Items]: ...
    @property
    def home(self) -> GeoPoint | None: ...
    @property
    def progress(self) -> tuple[int, int] | None: ...


class NothingStored:
    """A vehicle fresh from the box."""

    plans: Mapping[int, Items] = {}
    home: GeoPoint | None = None
    progress: tuple[int, int] | None = None


class VehicleParts:
    """The parts of one vehicle, by name."""

    def __init__(
        self,
        kind: str,
        vehicle: Vehicle,
        parameters: AllParameters,
        journal: Journal,
        stored: Stored,
        boot_unix_s: float,
    ) -> None:
        self.parameters = parameters
        self._armed_ms = 0
        self.journal = journal
        self.facts = facts = VehicleFacts(kind, vehicle, parameters, boot_unix_s)
        self.announcer = announcer = Announcer()
        self.helm = helm = Helm(vehicle)
        self.context = VehicleContext(facts, announcer, helm)
        self.home = Home(facts, announcer, journal, stored.home)
        self.plans = Plans(facts, announcer, journal, stored.plans, parameters.set_readonly)
        self.heading = Heading(facts, helm)
        self.payload = Payload(facts, announcer, helm)
        self.sequencer = MissionSequencer(
            self._do_timing(),
            notify=lambda notice: self.auto.notice(notice),
            track_kinds=self.facts.vehicle_class.track_speeds,
            speed_changed=lambda: self.speeds.mission_changed(),
        )
        self.speeds = SpeedControl(facts, helm, self.sequencer)
        self._restore(stored.progress)
        self._build_modes()
        self._build_safety()
        self._build_executor()
        self.flight = FlightCommands(
            facts, announcer, helm, self.modes, self.guided, self.auto, self.heading, self.speeds, self.fence.admits
        )
        self.mission = MissionCommands(facts, announcer, helm, self.modes, self.auto)
        self.auxiliary = AuxFunctions(
            facts,
            announcer,
            self.payload,
            self.fence.enable,
            lambda number: self.modes.set(number, self.facts.now_ms, ModeReason.AUX_FUNCTION),
        )
        self._listen()

    def _restore(self, progress: tuple[int, int] | None) -> None:
        mission = self.plans.mission
        index, state = progress or (mission.first_index if mission.total() else 0, MissionState.IDLE)
        self.sequencer.restore(index, MissionState(state))

    def _build_modes(self) -> None:
        context, numbers = self.context, self.facts.vehicle_class.modes
        table = numbers.specs
        self.guided = GuidedMode(context, table[numbers.guided], self.heading)
        self.auto = AutoMode(
            context,
            table[numbers.auto],
            self.sequencer,
            self.plans.mission,
            self.journal,
            lambda number: self.modes.set(number, self.facts.now_ms, ModeReason.MISSION_CMD).ok,
        )
        self.trail = Trail(self.facts, self.announcer, self.helm)
        self.follower: ModeFollower | None = None
        if self.helm.vehicle.capabilities.own_modes:
            controller = cast(ControlledVehicle, self.helm.vehicle)
            self.modes, self.follower = build_controller_modes(
                context, controller, self.auto, self.guided, self.speeds, self.heading
            )
            return
        modes = build_modes(context, self.auto, self.guided, self._destination, self.heading, self.speeds, self.trail)
        first = self._first_mode(table)
        self.modes = ModeChoice(context, modes, self.auto, (first, modes[first]), self.speeds, self.heading)

    def _first_mode(self, table: Mapping[int, ModeSpec]) -> int:
        """INITIAL_MODE, if a vehicle may stand in it: one that it may be armed in, or AUTO with a mission."""
        wanted = int(self.facts.param("INITIAL_MODE"))
        spec = table.get(wanted)
        if spec is self.auto.spec:
            usable = bool(self.plans.mission.total())
        else:
            usable = spec is not None and spec.arming
        return wanted if usable else self.facts.vehicle_class.modes.initial

    def _build_safety(self) -> None:
        facts, announcer, helm, modes, plans = self.facts, self.announcer, self.helm, self.modes, self.plans
        self.fence = modes.watch = FenceGuard(facts, announcer, plans.fence, modes, self._stop_motors)
        self.fenced_mission = FencedMission(facts, plans.mission, self.fence)
        self.return_point = ReturnPoint(facts, plans.rally, self.fence)
        self.failsafes = Failsafes(facts, announcer, modes, self._stop_motors)
        self.wind = WindWatch(facts, announcer, self.failsafes.too_windy)
        self.sticks = PilotInput(facts, helm, modes, self.failsafes, self.auto.wake)
        checks = ArmingChecks(
            facts,
            modes,
            self.auto,
            plans.mission,
            self.failsafes,
            lambda: [ArmingReason(text) for text in (*self.fence.complaints(), *self.fenced_mission.complaints())],
            self.sticks.throttle_raised,
        )
        self.arming = Arming(
            facts,
            announcer,
            helm,
            modes,
            self.auto,
            self.home,
            checks,
            self.sticks.throttle_raised,
            self._armed_changed,
        )

    def _build_executor(self) -> None:
        context, limits = self.context, GuidedLimits()
        nav = NavTools(
            context,
            self.heading,
            self.speeds,
            GuidedFlight(self.facts, self.announcer, self.helm, self.heading),
            limits,
            self._destination,
            lambda seq: self.sequencer.next_nav(self.plans.mission, seq),
        )
        do = DoTools(
            self.facts,
            self.announcer,
            self.helm,
            self.heading,
            self.speeds,
            self.payload,
            limits,
            self.home.set,
            self.fence.enable,
            lambda backwards: self.flight.set_reverse(backwards),
            AuxFunctions(self.facts, self.announcer, self.payload, self.fence.enable, self._leave_auto_for),
        )
        self.auto.executor = AutoExecutor(nav, do, self.auto.mission_complete)

    def _listen(self) -> None:
        self.plans.mission_replaced = self.auto.replaced
        self.plans.mission_is_flown = lambda: self.sequencer.state() is MissionState.RUNNING
        for name in self.parameters.names():
            self.helm.vehicle.set_parameter(name, self.parameters[name])
        self.speeds.apply()
        self.parameters.listeners.append(self._parameter_changed)

    def for_flights(self) -> FlightParts:
        return FlightParts(
            self.facts, self.announcer, self.helm, self.modes, self.auto, self.guided, self.sequencer,
            self.plans.mission, self.arming, self.sticks, self.flight, self.mission,
        )  # fmt: skip

    def _leave_auto_for(self, number: int) -> Outcome:
        self.auto.leave_for(number)
        return ACCEPTED

    def _destination(self) -> Ned:
        return self.return_point()

    def _do_timing(self) -> DoTiming:
        return DoTiming.ARDUPILOT if self.facts.param("SRT_MIS_DO_LEG", 1.0) != 0.0 else DoTiming.SEED

    def _parameter_changed(self, name: str, value: float) -> None:
        """A value counts from the moment it is set."""
        self.helm.vehicle.set_parameter(name, value)
        self.speeds.parameter_changed(name)
        self.fence.parameter_changed(name)
        self.wind.parameter_changed(name)
        self.modes.mode.parameter_changed(name)
        if name == "SIM_RC_FAIL":
            self.sticks.radio_failed(bool(value), self.facts.now_ms)
        elif name == "SRT_MIS_DO_LEG":
            self.sequencer.timing = self._do_timing()

    def _stop_motors(self, method: ArmingMethod) -> None:
        self.arming.disarm(self.facts.now_ms, force=True, method=method)

    def _armed_changed(self, armed: bool, now_ms: int) -> None:
        if armed:
            self._armed_ms = now_ms
        elif not self.facts.vehicle.capabilities.own_modes:  # a controller counts for itself
            total = self.facts.param("STAT_FLTTIME") + (now_ms - self._armed_ms) / 1000.0
            if self.parameters.set_readonly("STAT_FLTTIME", total):
                self.journal.submit(SaveParameter("STAT_FLTTIME", self.facts.param("STAT_FLTTIME")))
        self.fence.armed_changed(now_ms)
        self.wind.schedule(now_ms)
        self.trail.armed_changed(armed, now_ms)
        self.failsafes.armed_changed(armed)
