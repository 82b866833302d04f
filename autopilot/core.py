"""The autopilot: modes, mission, safety and commands of one vehicle, put together.

`Autopilot` is what protocol services, the run loop, the Python API and the flight manager talk to. It is pure: time
comes in as `now_ms` (vehicle time), decisions go to the `Vehicle`, facts come out as events. It decides nothing itself:
`Cockpit` holds what all share, `ModeChoice` owns the mode, `Home` home, `Plans` and `MissionStorage` the items,
`MissionSequencer` the indices and the hold timer, `Parameters` the values, `Arming`, `Failsafes`, `FenceGuard` safety.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from autopilot import report
from autopilot.cockpit import Cockpit, ParameterValues
from autopilot.flight_commands import FlightCommands
from autopilot.geo import GeoPoint, Ned
from autopilot.home import Home
from autopilot.journal import Journal
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import DoTiming, MissionSequencer, MissionState
from autopilot.mission_commands import MissionCommands
from autopilot.modes.assembly import build_modes
from autopilot.modes.auto import AutoMode
from autopilot.modes.auto_do import DoTools
from autopilot.modes.auto_executor import AutoExecutor
from autopilot.modes.auto_nav import NavTools
from autopilot.modes.guided import GuidedFlight, GuidedMode
from autopilot.modes.guided_item import GuidedLimits
from autopilot.modes.heading import Heading
from autopilot.modes.manager import ModeChoice
from autopilot.modes.payload import Payload
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.table import CopterMode, RoverMode, specs
from autopilot.outcome import ACCEPTED, Outcome, RebootRequested, Result
from autopilot.plans import Items, Plans
from autopilot.safety.arming import Arming, ArmingProcedure
from autopilot.safety.failsafes import Failsafes
from autopilot.safety.fence import FenceGuard
from autopilot.safety.rally import ReturnPoint
from autopilot.vehicle import Sticks, Vehicle, Yaw

_STANDBY, _ACTIVE, _CRITICAL = 3, 4, 5  # MAV_STATE
_ARMED, _MANUAL, _STABILIZE, _GUIDED, _CUSTOM = 128, 64, 16, 8, 1  # MAV_MODE_FLAG
_ALTITUDE, _POSITION, _GEOFENCE, _PREARM = 8192, 16384, 1048576, 268435456  # MAV_SYS_STATUS_SENSOR
_LOW_THROTTLE = 0.05


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


class Autopilot:
    """See the module. Every command returns an `Outcome` at once; refusals also leave a StatusText event that says why,
    in ArduPilot's words ("Arm: ...", "Mode change to AUTO failed: ..."). `kind`: "copter" or "rover"; `boot_unix_s`:
    UTC at vehicle time 0, s since 1970 (NAV_DELAY until a time of day)."""

    arming: ArmingProcedure
    """What `arm` and `disarm` go through; the flight manager puts its own procedure around it."""

    def __init__(
        self, kind: str, vehicle: Vehicle, parameters: AllParameters, journal: Journal, stored: Stored | None = None,
        *, boot_unix_s: float = 0.0,
    ) -> None:
        stored = NothingStored() if stored is None else stored
        self.kind = kind
        self.vehicle = vehicle
        self.parameters = parameters
        self.journal = journal
        self.cockpit = Cockpit(kind, vehicle, parameters, journal, boot_unix_s)
        self._home = Home(self.cockpit, stored.home)
        self._plans = Plans(self.cockpit, stored.plans, parameters.set_readonly)
        self.mission, self.fence, self.rally = self._plans.mission, self._plans.fence, self._plans.rally
        self._heading = Heading(self.cockpit)
        self._speeds = SpeedControl(self.cockpit)
        self._payload = Payload(self.cockpit)
        self.sequencer = MissionSequencer(self._do_timing(), notify=lambda notice: self._auto.notice(notice))
        index, state = stored.progress or (self.mission.first_index if self.mission.total() else 0, MissionState.IDLE)
        self.sequencer.restore(index, MissionState(state))
        self._build()
        self._listen()

    def _build(self) -> None:
        cockpit, table = self.cockpit, specs(self.kind)
        numbers = RoverMode if cockpit.rover else CopterMode
        self._guided = GuidedMode(cockpit, table[numbers.GUIDED], self._heading)
        self._auto = AutoMode(
            cockpit, table[numbers.AUTO], self.sequencer, self.mission,
            lambda number: self.modes.set(number, cockpit.now_ms, "mission").ok,
        )
        modes = build_modes(
            cockpit, self._auto, self._guided, lambda: self._return_point(), self._heading, self._speeds
        )
        first = RoverMode.HOLD if cockpit.rover else CopterMode.STABILIZE
        self.modes = ModeChoice(cockpit, modes, self._auto, first, self._speeds, self._heading)
        self.fence_guard = FenceGuard(cockpit, self.fence, self.modes, self._stop_motors)
        self._return_point = ReturnPoint(cockpit, self.rally, self.fence_guard)
        self.failsafes = Failsafes(cockpit, self.modes, self._stop_motors)
        self.own_arming = Arming(
            cockpit, self.modes, self._auto, self.mission, self._home, self.fence_guard.complaints,
            self._armed_changed,
        )
        self.arming = self.own_arming
        self._build_executor()
        self._flight = FlightCommands(
            cockpit, self.modes, self._guided, self._auto, self._heading, self._speeds
        )
        self._mission = MissionCommands(cockpit, self.modes, self._auto)
        self._throttle = 0.0

    def _build_executor(self) -> None:
        limits = GuidedLimits()
        nav = NavTools(
            self.cockpit, self._heading, self._speeds, GuidedFlight(self.cockpit, self._heading), limits,
            lambda: self._return_point(), lambda seq: self.sequencer.next_nav(self.mission, seq),
        )
        do = DoTools(
            self.cockpit, self._heading, self._speeds, self._payload, limits,
            lambda place: self._home.set(place), self.fence_guard.enable, lambda back: self._flight.set_reverse(back),
        )
        self._auto.executor = AutoExecutor(nav, do, self._auto.mission_complete)

    def _listen(self) -> None:
        self._plans.mission_replaced = self._auto.replaced
        self._plans.mission_is_flown = lambda: self.sequencer.state() is MissionState.RUNNING
        self.own_arming.throttle_raised = self._throttle_raised
        for name in self.parameters.names():
            self.vehicle.set_parameter(name, self.parameters[name])
        self._speeds.apply()
        self.parameters.listeners.append(self._parameter_changed)

    def _do_timing(self) -> DoTiming:
        return DoTiming.ARDUPILOT if self.cockpit.param("SRT_MIS_DO_LEG", 1.0) != 0.0 else DoTiming.SEED

    def _parameter_changed(self, name: str, value: float) -> None:
        self.vehicle.set_parameter(name, value)
        self._speeds.parameter_changed(name)
        self.fence_guard.parameter_changed(name)
        if name == "SRT_MIS_DO_LEG":
            self.sequencer.timing = self._do_timing()

    def _stop_motors(self, reason: str) -> None:
        self.own_arming.disarm(self.cockpit.now_ms, force=True, reason=reason)

    def _armed_changed(self, armed: bool, now_ms: int) -> None:
        self.fence_guard.armed_changed(now_ms)
        self.failsafes.armed_changed(armed)

    # --- the pass -------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """Vehicle time is now `now_ms`: take the vehicle's events, run safety and the mode, once."""
        cockpit = self.cockpit
        cockpit.now_ms = now_ms
        if self._plans.pending:
            self._plans.tick()
        events = self.vehicle.take_events()
        if events:
            if events & 1:  # VehicleEvent.ARRIVED; flag arithmetic is the dearest part of a quiet pass
                cockpit.arrived = True
            if events & 64:  # VehicleEvent.ESTIMATOR_OK
                self._home.position_found()
            self.own_arming.handle_events(events, now_ms)
            self.failsafes.handle_events(events, now_ms)
        self.failsafes.update(now_ms)
        self.fence_guard.update(now_ms)
        self.modes.mode.update(now_ms, events)
        self.own_arming.update(now_ms)
        self._payload.update(now_ms)

    def next_deadline_ms(self) -> int | None:
        """The next vehicle time at which `update` must run although the vehicle raised no event."""
        if self._plans.pending:
            return self.cockpit.now_ms
        earliest: int | None = None
        for due in (
            self.modes.mode.next_deadline_ms(), self.own_arming.next_deadline_ms(), self.fence_guard.deadline_ms,
            self.failsafes.sticks.deadline, self._payload.deadline_ms,
        ):
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        return earliest

    def take_events(self) -> list[object]:
        """Facts since the last call, in order (`autopilot.outcome`, `autopilot.mission.events`)."""
        cockpit = self.cockpit
        taken = cockpit.events
        if taken:
            cockpit.events = []
        return taken

    def update_link_clock(self, link_ms: int) -> None:
        """The link clock is now `link_ms`: is the ground station silent for too long?"""
        self.failsafes.link_time(link_ms, self.cockpit.now_ms)

    def next_link_deadline_ms(self) -> int | None:
        """When `update_link_clock` must be called next, on the link clock."""
        return self.failsafes.ground_station.deadline

    # --- facts ----------------------------------------------------------------------------------------------------
    @property
    def mode_number(self) -> int:
        """ArduPilot's custom_mode."""
        return self.modes.number

    @property
    def mode_name(self) -> str:
        return self.modes.spec.name

    @property
    def armed(self) -> bool:
        return self.cockpit.armed

    @property
    def home(self) -> GeoPoint | None:
        """Altitude AMSL."""
        return self.cockpit.home

    @property
    def failsafe(self) -> bool:
        return self.failsafes.active

    @property
    def prearm_ok(self) -> bool:
        return self.own_arming.prearm_ok

    @property
    def is_landing(self) -> bool:
        """In the final descent to the ground."""
        return self.modes.mode.is_landing

    @property
    def system_status(self) -> int:
        """MAV_STATE (`ground-stations.md` 1.3)."""
        if self.failsafes.active:
            return _CRITICAL
        resting = self.modes.number == RoverMode.HOLD if self.cockpit.rover else self.cockpit.landed
        return _STANDBY if resting else _ACTIVE

    @property
    def base_mode(self) -> int:
        """MAV_MODE_FLAG bits (`ground-stations.md` 1.3)."""
        spec = self.modes.spec
        flags = _CUSTOM | (_GUIDED if spec.autopilot else 0) | (_ARMED if self.cockpit.armed else 0)
        if not self.cockpit.rover:
            return flags | _MANUAL | _STABILIZE
        return flags | (_MANUAL if spec.pilot else 0)

    @property
    def sensors_enabled(self) -> int:
        """MAV_SYS_STATUS_SENSOR bits in use: controllers only in modes that use them, the fence while it is enabled."""
        bits = int(self.vehicle.state.report[report.SENSORS_PRESENT]) | _ALTITUDE | _POSITION | _PREARM
        spec = self.modes.spec
        if not spec.autopilot:
            bits &= ~_POSITION
            if spec.manual_throttle or self.cockpit.rover:
                bits &= ~_ALTITUDE
        return bits | _GEOFENCE if self.fence_guard.enabled else bits & ~_GEOFENCE

    @property
    def fence_breach(self) -> tuple[int, int, int, int]:
        """Breached now (0, 1), FENCE_TYPE bits, breaches so far, vehicle time of the last one in ms."""
        guard = self.fence_guard
        return (1 if guard.breached else 0, int(guard.breached), guard.breach_count, guard.breach_time_ms)

    # --- commands -------------------------------------------------------------------------------------------------
    def set_mode(self, number: int, now_ms: int) -> Outcome:
        return self.modes.set(number, now_ms, "GCS command")

    def arm(self, now_ms: int, *, force: bool = False) -> Outcome:
        return self.arming.arm(now_ms, force=force)

    def disarm(self, now_ms: int, *, force: bool = False) -> Outcome:
        return self.arming.disarm(now_ms, force=force)

    def run_prearm_checks(self, now_ms: int) -> Outcome:
        return self.own_arming.run_checks(now_ms)

    def takeoff(self, height_m: float, now_ms: int) -> Outcome:
        """NAV_TAKEOFF as command: `height_m` above home."""
        return self._flight.takeoff(height_m)

    def land(self, now_ms: int) -> Outcome:
        return self._flight.land(now_ms)

    def return_to_launch(self, now_ms: int) -> Outcome:
        return self._flight.return_to_launch(now_ms)

    def start_mission(self, now_ms: int, first: float = 0.0, last: float = 0.0) -> Outcome:
        """MISSION_START: enters AUTO by itself."""
        return self._mission.start(now_ms, first, last)

    def set_current(self, seq: int, now_ms: int, *, reset: bool = False) -> Outcome:
        """MISSION_SET_CURRENT and DO_SET_MISSION_CURRENT."""
        return self._mission.set_current(seq, reset=reset)

    def jump_to_tag(self, tag: float, now_ms: int) -> Outcome:
        return self._mission.jump_to_tag(tag)

    def land_start(self, now_ms: int) -> Outcome:
        """DO_LAND_START as command."""
        return self._mission.land_start(now_ms)

    def pause(self, now_ms: int) -> Outcome:
        """DO_PAUSE_CONTINUE 0."""
        return self._mission.pause()

    def resume(self, now_ms: int) -> Outcome:
        return self._mission.resume()

    def reposition(
        self, lat: float, lon: float, alt_amsl: float, now_ms: int, *, speed: float | None = None,
        yaw_rad: float | None = None, change_mode: bool = False,
    ) -> Outcome:
        """DO_REPOSITION."""
        return self._flight.reposition(GeoPoint(lat, lon, alt_amsl), now_ms, speed, yaw_rad, change_mode)

    def guided_item(self, lat: float, lon: float, alt_amsl: float, now_ms: int) -> Outcome:
        """MISSION_ITEM with current 2."""
        return self._flight.guided_item(GeoPoint(lat, lon, alt_amsl))

    def guided_altitude(self, alt_amsl: float, now_ms: int) -> Outcome:
        """MISSION_ITEM with current 3, DO_CHANGE_ALTITUDE."""
        return self._flight.guided_altitude(alt_amsl)

    def guided_target(
        self, now_ms: int, *, position: Ned | None = None, velocity: Ned | None = None,
        acceleration: Ned | None = None, yaw: Yaw | None = None,
    ) -> Outcome:
        """SET_POSITION_TARGET_*: NED about the vehicle's origin, parts not given are ignored. Only in GUIDED."""
        return self._flight.guided_target(position, velocity, acceleration, yaw)

    def guided_attitude(
        self, now_ms: int, *, roll: float, pitch: float, yaw: float, yaw_rate: float | None, thrust: float
    ) -> Outcome:
        """SET_ATTITUDE_TARGET: rad, rad/s, thrust 0 .. 1. Only in GUIDED."""
        return self._flight.guided_attitude(roll, pitch, yaw, yaw_rate, thrust)

    def change_speed(self, kind: int, speed: float, now_ms: int) -> Outcome:
        """DO_CHANGE_SPEED: kind 0, 1 ground, 2 climb, 3 descent."""
        return self._flight.change_speed(kind, speed)

    def condition_yaw(
        self, angle_deg: float, rate_deg_s: float, direction: int, relative: bool, now_ms: int
    ) -> Outcome:
        return self._flight.condition_yaw(angle_deg, rate_deg_s, direction, relative)

    def set_roi(self, place: GeoPoint | None, now_ms: int) -> Outcome:
        return self._flight.set_roi(place)

    def set_home(self, place: GeoPoint | None, now_ms: int) -> Outcome:
        """None: here."""
        return self._home.set(place)

    def set_reverse(self, backwards: bool, now_ms: int) -> Outcome:
        return self._flight.set_reverse(backwards)

    def payload(self, command: int, params: tuple[float, ...], now_ms: int) -> Outcome:
        """DO_SET_SERVO, DO_SET_RELAY, repeats, camera triggers, gripper: done or recorded."""
        if not self._payload.knows(command):
            return Outcome(Result.UNSUPPORTED, "no payload command")
        if not self._payload.act(command, params, now_ms):
            return self.cockpit.refuse(f"Payload command {command}: no such output")
        return ACCEPTED

    def enable_fence(self, mode: float, now_ms: int) -> Outcome:
        """DO_FENCE_ENABLE: 0 off, 1 on, 2 lowest altitude off."""
        if mode not in (0.0, 1.0, 2.0):
            return Outcome(Result.DENIED, "fence mode must be 0, 1 or 2")
        self.fence_guard.enable(mode)
        return ACCEPTED

    def reboot(self, now_ms: int) -> Outcome:
        """Announces RebootRequested; who runs the service starts it anew. Refused while armed."""
        if self.cockpit.armed:
            return self.cockpit.refuse("Reboot: armed")
        self.cockpit.announce(RebootRequested())
        return ACCEPTED

    def set_sticks(self, sticks: Sticks | None, now_ms: int, *, source: str = "override") -> None:
        """RC_CHANNELS_OVERRIDE or MANUAL_CONTROL; None = released."""
        self.vehicle.set_sticks(Sticks() if sticks is None else sticks)
        self._throttle = 0.0 if sticks is None else sticks.throttle
        if sticks is None:
            self.failsafes.sticks_released()
            return
        self.failsafes.sticks_heard(now_ms)
        if self._throttle > _LOW_THROTTLE and self.cockpit.armed and not self.cockpit.takeoff_allowed:
            self.cockpit.takeoff_allowed = True
            self._auto.wake()

    def _throttle_raised(self) -> bool:
        """Would the throttle stick lift the vehicle? (a spring-centred stick rests at 0.5 where it is a climb rate)"""
        return self._throttle > (_LOW_THROTTLE if self.modes.spec.manual_throttle else 0.5 + _LOW_THROTTLE)

    def ground_station_heartbeat(self, system: int, link_ms: int) -> None:
        """A GCS HEARTBEAT was heard at `link_ms` on the link clock (FS_GCS counts SYSID_MYGCS only)."""
        if system == int(self.cockpit.param("SYSID_MYGCS", 255.0)):
            self.failsafes.ground_station_heard(link_ms)

    # --- plans ----------------------------------------------------------------------------------------------------
    def check_plan(self, kind: int, items: tuple[MissionItem, ...]) -> str | None:
        """Is this plan valid as a whole (section 3 of mission-semantics)? The complaint, or None."""
        return self._plans.check(kind, items)

    def replace_plan(self, kind: int, items: tuple[MissionItem, ...], now_ms: int) -> None:
        """A new plan of MAV_MISSION_TYPE `kind` has become durable: swap it in at the start of the next tick."""
        self._plans.replace(kind, items)

    def may_clear(self, kind: int) -> bool:
        """False while armed and the mission runs (kind 0)."""
        return kind != 0 or not (self.cockpit.armed and self.sequencer.state() is MissionState.RUNNING)
