"""Autopilot of one vehicle: composes modes, mission, safety and commands.

It is pure: time comes in as `now_ms` (vehicle time, ms), decisions go to the `Vehicle`, and facts come out as events.
It decides nothing itself; its parts decide, and callers use the part that they need. Every command of a part returns an
`Outcome` at once. A refusal also creates a StatusText event with the reason, in ArduPilot's words ("Arm: ...", "Mode
change to AUTO failed: ..."). A method takes the time only if it needs it; a consequence of a parameter or a callback
has the time of the present pass (`VehicleFacts.now_ms`).
"""

from __future__ import annotations

from functools import partial

from autopilot.commands.auxiliary import AuxFunctions
from autopilot.commands.flight_commands import FlightCommands
from autopilot.commands.mission_commands import MissionCommands, MissionRecorder
from autopilot.commands.pilot_input import PilotInput
from autopilot.commands.plans import Plans
from autopilot.commands.transmitter import TransmitterArming
from autopilot.context.ground_following import GroundFollower
from autopilot.context.home import Home
from autopilot.context.journal import Journal
from autopilot.context.turns import PassTurn, PassTurns, earliest, turn_of
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.core.statistics import LifeStatistics
from autopilot.core.status import SystemStatus
from autopilot.core.wiring import NothingStored, Stored, build_choice, build_executor, home_was_set
from autopilot.flight.system import FlightSystem
from autopilot.interface.reasons import ArmingMethod, ArmingReason, ModeReason
from autopilot.interface.targets import TakeOff
from autopilot.interface.terrain import HeightMap
from autopilot.interface.vehicle import Vehicle, VehicleEvent
from autopilot.mission.commands import Ability
from autopilot.mission.sequencer import DoTiming, MissionSequencer, MissionState
from autopilot.modes.auto import AutoMode
from autopilot.modes.build import ModeParts
from autopilot.modes.buttons import Buttons
from autopilot.modes.follow import Lead
from autopilot.modes.guided import GuidedMode
from autopilot.modes.heading import Heading
from autopilot.modes.lift_voice import LiftVoice
from autopilot.modes.manager import CommandContext
from autopilot.modes.mode import VehicleContext
from autopilot.modes.mode_switch import ModeSwitch
from autopilot.modes.payload import Payload
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.trail import Trail
from autopilot.modes.wing_modes import TakeoffCourse
from autopilot.mount.mount import Mount
from autopilot.parameters.parameters import Parameters
from autopilot.personality.ardupilot import ArduPilotPersonality
from autopilot.precision.lander import PrecisionLanding
from autopilot.rehearsal.upload import UploadRehearsal
from autopilot.safety.airspeed import AirspeedUse
from autopilot.safety.arming import Arming, ArmingProcedure, PrearmWatch
from autopilot.safety.checks import ArmingChecks
from autopilot.safety.detour import Detour
from autopilot.safety.failsafe_actions import SafetyContext
from autopilot.safety.failsafes import Failsafes, TransitionWatch, WindWatch
from autopilot.safety.fence import FenceGuard
from autopilot.safety.fenced_mission import FencedMission
from autopilot.safety.losses import Losses
from autopilot.safety.proximity import Proximity
from autopilot.safety.remote_id import RemoteId
from autopilot.safety.termination import AdvancedFailsafe
from autopilot.safety.traffic import TrafficWatch


class Autopilot:
    """Autopilot of one vehicle; see the module. `kind`: a name of `autopilot.vehicles.kinds`. `boot_unix_s`: UTC at
    vehicle time 0, s since 1970 (for NAV_DELAY until a time of day). `ground`: terrain from a file. `flight_manager`
    False: no flight manager and actors (to measure their cost).

    Owners: `facts` the state, `announcer` texts and events, `helm` the target, `home` home, `plans` the times of plan
    changes (their storages own the items), `sequencer` the indices and the hold timer, `modes` the mode, `arming`,
    `prearm`, `failsafes` and `fence` safety, `sticks` the pilot's input, `commands` and `mission_commands` the commands
    of ground stations, `flights` the flight manager (None without one).
    """

    def __init__(
        self,
        kind: str,
        vehicle: Vehicle,
        parameters: Parameters,
        journal: Journal,
        stored: Stored | None = None,
        *,
        boot_unix_s: float = 0.0,
        ground: HeightMap | None = None,
        flight_manager: bool = True,
    ) -> None:
        stored = stored or NothingStored()
        self.vehicle = vehicle
        self.parameters, self.journal = parameters, journal
        self.facts = facts = VehicleFacts(kind, vehicle, parameters, boot_unix_s, ground)
        self.announcer = announcer = Announcer()
        self.ground_follower = GroundFollower(facts, lambda now_ms: self.failsafes.terrain_lost(now_ms))
        self.detour = Detour(facts, announcer, self.ground_follower, lambda: (self.fence, self.proximity))
        self.helm = helm = Helm(vehicle, self.detour)
        self.precision = PrecisionLanding(facts, announcer, helm)
        self.losses = Losses()
        self.context = VehicleContext(facts, announcer, helm, self.precision, self.losses.sticks)
        self.statistics = LifeStatistics(facts, journal, parameters.set_unstored)
        self.home = Home(facts, announcer, journal, stored.home)
        self.heading, self.remote_id = Heading(facts, helm), RemoteId(facts, announcer)
        self.payload = Payload(
            facts, announcer, helm, parameters.set_unstored, self._stop_motors, lambda: self.modes.mode.comes_down
        )
        self.mount = Mount(facts, announcer, vehicle.set_output, self.losses.sticks, self.heading.turn_by)
        self.sequencer = MissionSequencer(
            self._do_timing(),
            notify=lambda notice: self.auto.notice(notice),
            takes_speed=lambda change: self.speeds.sets_track(change),
            speed_changed=lambda: self.speeds.override(None),
            counts_holds=not facts.vehicle_class.has_stall_speed,
            takes_nav=facts.takes_nav,
        )
        self.plans = Plans(facts, announcer, journal, self.sequencer, stored.plans, parameters.set_unstored)
        self.rehearsal = UploadRehearsal(facts, announcer, self.plans)
        self.speeds = SpeedControl(facts, announcer, helm, self.sequencer)
        self._restore(stored.progress)
        parts = self._make_modes()
        commanded = CommandContext(facts, announcer, helm, self.modes, self.auto)
        self._make_safety(commanded)
        self._make_commands(commanded, parts)
        self._listen()
        self.flights: FlightSystem | None = FlightSystem(self) if flight_manager else None
        self.arming: ArmingProcedure = self.vehicle_arming if self.flights is None else self.flights
        self.turns = PassTurns(self._rows())

    # --- the parts ------------------------------------------------------------------------------------------------
    def _restore(self, progress: tuple[int, int] | None) -> None:
        """Continue at the stored item, or at the start if there is no such item. A process may end between the removal
        of a mission and the sequencer's reaction."""
        exists = progress is not None and (progress[0] == 0 or self.plans.mission.get(progress[0]) is not None)
        index, state = progress if progress is not None and exists else (0, MissionState.IDLE)
        self.sequencer.restore(index, MissionState(state))

    def _make_modes(self) -> ModeParts:
        context, numbers = self.context, self.facts.vehicle_class.modes
        self.guided = GuidedMode(context, numbers.specs[numbers.guided], self.heading, self.speeds)
        self.auto = AutoMode(
            context,
            numbers.specs[numbers.auto],
            self.sequencer,
            self.plans.mission,
            self.journal,
            lambda number: self.modes.set(number, self.facts.now_ms, ModeReason.MISSION_CMD).ok,
            self.mount.look_away,
        )
        self.trail = Trail(self.facts, self.announcer, self.helm)
        self.lead = Lead(self.facts)
        parts = ModeParts(
            context,
            self.auto,
            self.guided,
            lambda: self.fence.return_point(),
            self.heading,
            self.speeds,
            self.trail,
            self.lead,
            lambda: self.modes,
        )
        self.modes, self.follower = build_choice(parts, lambda spec: self.sticks.mode_complaint(spec))
        return parts

    def _make_safety(self, commanded: CommandContext) -> None:
        facts, announcer, modes, plans = self.facts, self.announcer, self.modes, self.plans
        context = SafetyContext(facts, announcer, modes, self._stop_motors, self.payload.parachute.release)
        self.fence = modes.watch = FenceGuard(
            context, self.losses, plans.fence, plans.rally, self.helm.vehicle.keep_within
        )
        self.fenced_mission = FencedMission(facts, plans.mission, self.fence)
        self.failsafes = Failsafes(context, self.losses)
        self.advanced_failsafe = AdvancedFailsafe(
            context, self.losses, lambda: bool(self.fence.breached), self.auto, self.parameters.set_unstored
        )
        facts.personality = ArduPilotPersonality(context, self.losses, self.payload.gripper, self.advanced_failsafe)
        self.proximity = Proximity(facts, self.fence.avoidance)
        self.traffic = TrafficWatch(context, lambda row: self.turns.join(row, "wind"), self.parameters.set_unstored)
        self.wind = WindWatch(facts, announcer, self.failsafes.too_windy)
        self.airspeed = AirspeedUse(facts, announcer, self.helm, self.parameters.set_unstored)
        self.sticks = PilotInput(commanded, self.failsafes)
        complaining = (self.traffic, self.proximity, self.payload.parachute, self.payload.generator)
        checks = ArmingChecks(
            facts,
            modes,
            self.auto,
            plans.mission,
            self.failsafes,
            self.fence.return_point.rally_point,
            (self._forced_reasons, self._fence_reasons, *(part.complaints for part in complaining)),
            self.sticks.throttle_raised,
            lambda: self.sticks.has_had_input,
            int(facts.param("BATT_MONITOR", 4.0)),
        )
        self.prearm = PrearmWatch(facts, announcer, self.home, checks)
        self.vehicle_arming = Arming(
            commanded,
            self.home,
            self.prearm,
            checks,
            self.sticks.throttle_raised,
            self._forced_reasons,
            lambda: self.flights is not None and self.flights.in_charge(),
            self._armed_changed,
        )
        self.status = SystemStatus(self, self.airspeed)
        self.mode_switch = ModeSwitch(facts, modes)
        self.transmitter = TransmitterArming(commanded, self.sticks, self.vehicle_arming, lambda: self.arming)

    def _fence_reasons(self) -> list[ArmingReason]:
        return [ArmingReason(text) for text in (*self.fence.complaints(), *self.fenced_mission.complaints())]

    def _forced_reasons(self) -> list[ArmingReason]:
        return self.vehicle_arming.switches.reasons() + self.remote_id.complaints()

    def _make_commands(self, commanded: CommandContext, parts: ModeParts) -> None:
        facts, modes = self.facts, self.modes
        self.commands = FlightCommands(commanded, self.guided, self.heading, self.speeds, self.fence.admits, self.mount)
        self.mission_commands = MissionCommands(commanded)
        self.recorder = MissionRecorder(commanded, self.plans, self.mission_commands, lambda: self.sticks.throttle_up)
        self.auxiliary = AuxFunctions(self, lambda number: modes.set(number, facts.now_ms, ModeReason.AUX_FUNCTION))
        self.buttons = Buttons(facts, self.auxiliary.act)
        self.auto.executor = build_executor(parts, self, AuxFunctions(self, self.auto.leave_for))

    def _do_timing(self) -> DoTiming:
        return DoTiming.ARDUPILOT if self.facts.param("SRT_MIS_DO_LEG", 1.0) != 0.0 else DoTiming.SEED

    def _stop_motors(self, method: ArmingMethod) -> None:
        self.vehicle_arming.disarm(self.facts.now_ms, force=True, method=method)

    # --- the order ------------------------------------------------------------------------------------------------
    def _rows(self) -> list[PassTurn]:
        """Rows of the parts of a pass, in order."""
        facts, announcer, helm = self.facts, self.announcer, self.helm
        modes, follower, failsafes = self.modes, self.follower, self.failsafes
        wings, lifts = facts.vehicle_class.has_stall_speed, facts.vehicle_class.has(Ability.LIFT)
        transition = TransitionWatch(facts, announcer, helm) if lifts else None
        airspeed = self.airspeed if wings else None
        course = TakeoffCourse(facts, announcer, lambda: modes.number) if wings and not lifts else None
        voice = LiftVoice(facts, announcer, helm, lambda: modes.mode.is_landing) if lifts else None
        advanced = self.advanced_failsafe if wings else None
        mount = self.mount if self.mount.gimbal is not None else None
        rows = [
            PassTurn(
                "plans",
                "a mission that was waiting is in place before other parts read it",
                begin=self.plans.begin_tick,
                deadline=self.plans.next_deadline_ms,
                parameter=self.plans.parameter_changed,
            ),
            PassTurn(
                "helm",
                "all later parts know whether the target was reached",
                hears=int(VehicleEvent.ARRIVED),
                hear=lambda *_: self.helm.target_reached(),
            ),
            PassTurn(
                "home",
                "the first position becomes home before another part uses home",
                hears=int(VehicleEvent.ESTIMATOR_OK),
                hear=lambda *_: self.home.position_found(),
            ),
            PassTurn(
                "rehearsal",
                "the check of a plan may wait for home",
                hears=int(VehicleEvent.ESTIMATOR_OK),
                hear=lambda *_: self.rehearsal.home_found(),
            ),
            PassTurn(
                "sequencer",
                "AUTO steps it; this turn only handles the parameter for the time of DO items",
                parameter=self._timing_changed,
            ),
            turn_of("speeds", "AUTO and GUIDED use the speeds; a changed parameter acts at once", self.speeds),
            turn_of("sticks", "a loss of sticks is detected before the failsafes act on it", self.sticks),
            turn_of("transmitter", "a pilot who disarms comes before the failsafes", self.transmitter),
            turn_of(
                "failsafes",
                "failsafes may change the mode, and the new mode flies in the same pass",
                failsafes,
                failsafes.HEARS,
            ),
            PassTurn(
                "ground",
                "missing terrain data or an obstacle may change the mode too",
                update=self.helm.update,
                deadline=self.detour.next_deadline_ms,
                armed=self.ground_follower.armed,
            ),
            PassTurn(
                "fence",
                "the fence may change the mode too, after it has seen the failsafe's choice",
                hears=int(VehicleEvent.ARRIVED),
                hear=self._may_have_taken_off,
                update=self.fence.update,
                deadline=self.fence.next_deadline_ms,
                armed=self.fence.armed_changed,
                parameter=self.fence.parameter_changed,
            ),
            turn_of("advanced failsafe", "it may end the flight, or change the item of the mission", advanced),
            PassTurn(
                "recovery",
                "the sticks do not steer a plane that the fence brings back",
                update=lambda _: self.sticks.heed_fence(),
            ),
            turn_of("transition", "so may a transition that fails", transition),
            turn_of("wind", "the wind may change the mode too", self.wind),
            turn_of("airspeed", "a tube that has failed is out of use before the mode flies", airspeed),
            turn_of("takeoff course", "the mode may land in it", course, int(VehicleEvent.LIFTOFF)),
            turn_of("modes", "the mode flies after all events and safety decisions are known", modes),
            turn_of("lift voice", "it tells what the vehicle did, whatever follows", voice, int(VehicleEvent.LANDED)),
            turn_of("trail", "the trail records the target that the mode has set", self.trail),
            turn_of("arming", "a mode that has finished disarms in the same pass", self.vehicle_arming),
            turn_of(
                "payload",
                "photos and repeats depend on no other part; a parachute needs the motors cut first",
                self.payload,
                int(VehicleEvent.CUTOFF),
            ),
            turn_of("mount", "the gimbal points after the vehicle has chosen its target", mount),
            turn_of("flights", "the flight manager sees the final state of the pass", self.flights),
        ]
        if follower is not None:
            rows.insert(
                3,
                PassTurn(
                    "follower",
                    "it is known who controls the vehicle before another part steers it",
                    hears=int(VehicleEvent.TAKEN_OVER),
                    hear=lambda _, now_ms: follower.mode_changed_by_others(modes, now_ms),
                ),
            )
        return [row for row in rows if row is not None]

    def _listen(self) -> None:
        self.plans.listeners += [self.auto.plan_changed, self.rehearsal.plan_changed]
        self.home.listeners.append(partial(home_was_set, self.facts, self.modes, self.trail))
        for name in self.parameters.names():
            self.vehicle.set_parameter(name, self.parameters[name])
        self.speeds.apply()
        self.parameters.listeners.append(self._parameter_changed)

    def _parameter_changed(self, name: str, value: float) -> None:
        self.vehicle.set_parameter(name, value)
        self.statistics.parameter_changed(name)
        self.turns.parameter_changed(name)
        self.buttons.parameter_changed(name)

    def _may_have_taken_off(self, _: VehicleEvent, now_ms: int) -> None:
        if self.helm.arrived and isinstance(self.helm.target, TakeOff):
            self.fence.taken_off(now_ms)

    def _timing_changed(self, name: str) -> None:
        if name == "SRT_MIS_DO_LEG":
            self.sequencer.timing = self._do_timing()

    def _armed_changed(self, armed: bool, now_ms: int) -> None:
        self.facts.landing_off = 0.0
        self.statistics.armed_changed(armed, now_ms)
        self.turns.armed_changed(armed, now_ms)

    # --- the pass -------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """Run all parts once at vehicle time `now_ms`, with the vehicle's events."""
        self.facts.now_ms = now_ms
        self.turns.begin()
        self.turns.update(self.vehicle.take_events(), now_ms)

    def next_deadline_ms(self) -> int | None:
        """Vehicle time, ms, at which `update` must run even without an event."""
        return earliest((self.turns.next_deadline_ms(), self.next_look_ms()))

    def next_look_ms(self) -> int | None:
        """Vehicle time, ms, of the next look, which usually changes nothing; see `glance`."""
        traffic_ms = self.traffic.look_ms if self.traffic.takes_part else None
        return earliest((self.vehicle_arming.look_ms, self.trail.look_ms, traffic_ms))

    def glance(self, now_ms: int) -> bool:
        """Take the looks that are due, without a pass. True if a pass is needed at this time."""
        if self.vehicle_arming.glance(now_ms):
            return True
        return (self.traffic.takes_part and self.traffic.glance(now_ms)) or self.trail.glance(now_ms)

    def update_link_clock(self, link_ms: int) -> None:
        """Set the link clock to `link_ms`, and check the ground station's silence."""
        self.failsafes.link_time(link_ms, self.facts.now_ms)

    def next_link_deadline_ms(self) -> int | None:
        """Time at which `update_link_clock` must be called next, on the link clock, ms."""
        return self.failsafes.next_link_deadline_ms()
