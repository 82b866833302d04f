"""The autopilot: modes, mission, safety and commands of one vehicle, put together.

`Autopilot` is what protocol services, the run loop, the Python API and the flight manager talk to. It is pure: time
comes in as `now_ms` (vehicle time), decisions go to the `Vehicle`, facts come out as events. It decides nothing itself;
who does is in `autopilot.wiring`.
"""

from __future__ import annotations

from collections.abc import Callable

from autopilot.events import Event, RebootRequested
from autopilot.flight.system import FlightSystem
from autopilot.geo import GeoPoint, Ned
from autopilot.journal import Journal
from autopilot.mav import MissionType, Result
from autopilot.mission.executor import MissionExecutor
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from autopilot.modes.manager import ModeChoice
from autopilot.reasons import ModeReason
from autopilot.result import ACCEPTED, Outcome
from autopilot.safety.arming import ArmingProcedure
from autopilot.status import base_mode, sensors_enabled, system_status
from autopilot.targets import Sticks, Yaw
from autopilot.vehicle import Request, Vehicle, VehicleEvent
from autopilot.vehicle_context import VehicleContext
from autopilot.vehicles.vehicle_class import VehicleClass
from autopilot.wiring import AllParameters, NothingStored, Stored, VehicleParts

_ARRIVED = int(VehicleEvent.ARRIVED)  # plain numbers: flag arithmetic would be the dearest part of a quiet pass
_ESTIMATOR_OK = int(VehicleEvent.ESTIMATOR_OK)
_TAKEN_OVER = int(VehicleEvent.TAKEN_OVER)


class Autopilot:
    """See the module. Every command returns an `Outcome` at once; refusals also leave a StatusText event that says why,
    in ArduPilot's words ("Arm: ...", "Mode change to AUTO failed: ..."). `kind`: a name of `autopilot.vehicles.kinds`;
    `boot_unix_s`: UTC at vehicle time 0, s since 1970 (NAV_DELAY until a time of day). `flight_manager` False: without
    it and its actors (to measure what they cost)."""

    flights: FlightSystem | None
    """The flight manager: GO, ABORT, STATUS, its state, its trace."""

    arming: ArmingProcedure
    """What `arm` and `disarm` go through; the flight manager puts its own procedure around it."""

    def __init__(
        self,
        kind: str,
        vehicle: Vehicle,
        parameters: AllParameters,
        journal: Journal,
        stored: Stored | None = None,
        *,
        boot_unix_s: float = 0.0,
        flight_manager: bool = True,
    ) -> None:
        self.kind = kind
        self.vehicle = vehicle
        self.parameters = parameters
        self.journal = journal
        self.parts = VehicleParts(kind, vehicle, parameters, journal, stored or NothingStored(), boot_unix_s)
        self.mission, self.fence, self.rally = self.parts.plans.mission, self.parts.plans.fence, self.parts.plans.rally
        self.sequencer = self.parts.sequencer
        self.flights = FlightSystem(self.parts.for_flights()) if flight_manager else None
        self.arming = self.parts.arming if self.flights is None else self.flights

    # --- the pass -------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """Vehicle time is now `now_ms`: take the vehicle's events, run safety and the mode, once."""
        parts = self.parts
        parts.facts.now_ms = now_ms
        if parts.plans.pending:
            parts.plans.tick()
        events = self.vehicle.take_events()
        if events:
            bits = int(events)
            if bits & _ARRIVED:
                parts.helm.arrived = True
            if bits & _ESTIMATOR_OK:
                parts.home.position_found()
            if bits & _TAKEN_OVER and parts.follower is not None:
                parts.follower.mode_changed_by_others(parts.modes, now_ms)
            parts.failsafes.handle_events(events, now_ms)
            parts.arming.handle_events(events, now_ms)
        parts.sticks.update(now_ms)
        parts.failsafes.update(now_ms)
        parts.fence.update(now_ms)
        parts.wind.update(now_ms)
        parts.modes.mode.update(now_ms, events)
        parts.trail.update(now_ms)
        parts.arming.update(now_ms)
        parts.payload.update(now_ms)
        if self.flights is not None:
            self.flights.update(now_ms, events)

    def next_deadline_ms(self) -> int | None:
        """The next vehicle time at which `update` must run although the vehicle raised no event."""
        parts = self.parts
        if parts.plans.pending:
            return parts.facts.now_ms
        earliest: int | None = None
        for due in (
            parts.modes.mode.next_deadline_ms(),
            parts.arming.next_deadline_ms(),
            parts.fence.deadline_ms,
            parts.failsafes.next_deadline_ms(),
            parts.payload.deadline_ms,
            parts.wind.deadline_ms,
            parts.trail.deadline_ms,
        ):
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        if self.flights is not None:
            due = self.flights.next_deadline_ms()
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        return earliest

    def take_events(self) -> list[Event]:
        """Facts since the last call, in order (`autopilot.events.Event`)."""
        return self.parts.announcer.take_events()

    def update_link_clock(self, link_ms: int) -> None:
        """The link clock is now `link_ms`: is the ground station silent for too long?"""
        self.parts.failsafes.link_time(link_ms, self.parts.facts.now_ms)

    def next_link_deadline_ms(self) -> int | None:
        """When `update_link_clock` must be called next, on the link clock."""
        return self.parts.failsafes.ground_station.deadline

    # --- extensions -----------------------------------------------------------------------------------------------
    @property
    def modes(self) -> ModeChoice:
        """The flight modes; `add` registers one of your own."""
        return self.parts.modes

    def use_executor(self, build: Callable[[VehicleContext], MissionExecutor]) -> None:
        """Fly mission items with an executor of your own: see `autopilot.modes.auto_executor`. `build` gets the
        context, with which it flies (`context.helm.fly`)."""
        self.parts.auto.executor.own.executor = build(self.parts.context)

    # --- facts ----------------------------------------------------------------------------------------------------
    @property
    def mode_number(self) -> int:
        """ArduPilot's custom_mode."""
        return self.parts.modes.number

    @property
    def mode_name(self) -> str:
        return self.parts.modes.spec.name

    @property
    def vehicle_class(self) -> VehicleClass:
        """All that is its kind's."""
        return self.parts.facts.vehicle_class

    @property
    def armed(self) -> bool:
        return self.parts.facts.armed

    @property
    def home(self) -> GeoPoint | None:
        """Altitude AMSL."""
        return self.parts.facts.home

    @property
    def failsafe(self) -> bool:
        return self.parts.failsafes.active

    @property
    def radio_pulses(self) -> tuple[float, ...]:
        """Throttle and channels 5 to 8 as a transmitter would have them, us."""
        return (self.parts.sticks.throttle_pulse(), *self.parts.sticks.switch_pulses())

    @property
    def modes_revision(self) -> int:
        """Another number means that other modes can be flown."""
        return self.parts.modes.revision

    @property
    def failsafe_sticks(self) -> bool:
        """The sticks are lost."""
        return self.parts.failsafes.sticks.lost

    @property
    def prearm_ok(self) -> bool:
        return self.parts.arming.prearm_ok

    @property
    def is_landing(self) -> bool:
        """In the final descent to the ground."""
        return self.parts.modes.mode.is_landing

    @property
    def system_status(self) -> int:
        """MAV_STATE."""
        return system_status(self.parts)

    @property
    def base_mode(self) -> int:
        """MAV_MODE_FLAG bits."""
        return base_mode(self.parts)

    @property
    def sensors_enabled(self) -> int:
        """MAV_SYS_STATUS_SENSOR bits in use."""
        return sensors_enabled(self.parts)

    @property
    def battery_level(self) -> int:
        """Of the battery's failsafes: 0 none, 1 low, 2 critical."""
        failsafes = self.parts.failsafes
        return 2 if failsafes.battery_critical else 1 if failsafes.battery_low else 0

    @property
    def fence_breach(self) -> tuple[int, int, int, int]:
        """Breached now (0, 1), FENCE_TYPE bits, breaches so far, vehicle time of the last one in ms."""
        guard = self.parts.fence
        return (1 if guard.breached else 0, int(guard.breached), guard.breach_count, guard.breach_time_ms)

    # --- commands -------------------------------------------------------------------------------------------------
    def set_mode(self, number: int, now_ms: int, reason: ModeReason = ModeReason.GCS_COMMAND) -> Outcome:
        return self.parts.modes.set(number, now_ms, reason)

    def arm(self, now_ms: int, *, force: bool = False) -> Outcome:
        return self.arming.arm(now_ms, force=force)

    def disarm(self, now_ms: int, *, force: bool = False) -> Outcome:
        return self.arming.disarm(now_ms, force=force)

    @property
    def arm_request(self) -> Request | None:
        """The arm command that is in progress; its end is told here too."""
        return None if self.flights is None else self.flights.arm_request

    def run_prearm_checks(self, now_ms: int) -> Outcome:
        return self.parts.arming.run_checks(now_ms)

    def takeoff(self, height_m: float, now_ms: int) -> Outcome:
        """NAV_TAKEOFF as command: `height_m` above home."""
        return self.parts.flight.takeoff(height_m)

    def land(self, now_ms: int) -> Outcome:
        return self.parts.flight.land(now_ms)

    def return_to_launch(self, now_ms: int) -> Outcome:
        return self.parts.flight.return_to_launch(now_ms)

    def start_mission(self, now_ms: int, first: float = 0.0, last: float = 0.0) -> Outcome:
        """MISSION_START: enters AUTO by itself."""
        return self.parts.mission.start(now_ms, first, last)

    def set_current(self, seq: int, now_ms: int, *, reset: bool = False) -> Outcome:
        """MISSION_SET_CURRENT and DO_SET_MISSION_CURRENT."""
        return self.parts.mission.set_current(seq, reset=reset)

    def jump_to_tag(self, tag: float, now_ms: int) -> Outcome:
        return self.parts.mission.jump_to_tag(tag)

    def land_start(self, now_ms: int) -> Outcome:
        """DO_LAND_START as command."""
        return self.parts.mission.land_start(now_ms)

    def pause(self, now_ms: int) -> Outcome:
        """DO_PAUSE_CONTINUE 0."""
        return self.parts.mission.pause()

    def resume(self, now_ms: int) -> Outcome:
        return self.parts.mission.resume()

    def reposition(
        self,
        lat: float,
        lon: float,
        alt_amsl: float,
        now_ms: int,
        *,
        speed: float | None = None,
        yaw_rad: float | None = None,
        change_mode: bool = False,
    ) -> Outcome:
        """DO_REPOSITION."""
        return self.parts.flight.reposition(GeoPoint(lat, lon, alt_amsl), now_ms, speed, yaw_rad, change_mode)

    def guided_item(self, lat: float, lon: float, alt_amsl: float, now_ms: int) -> Outcome:
        """MISSION_ITEM with current 2."""
        return self.parts.flight.guided_item(GeoPoint(lat, lon, alt_amsl))

    def guided_altitude(self, alt_amsl: float, now_ms: int) -> Outcome:
        """MISSION_ITEM with current 3, DO_CHANGE_ALTITUDE."""
        return self.parts.flight.guided_altitude(alt_amsl)

    def guided_target(
        self,
        now_ms: int,
        *,
        position: Ned | None = None,
        velocity: Ned | None = None,
        acceleration: Ned | None = None,
        yaw: Yaw | None = None,
    ) -> Outcome:
        """SET_POSITION_TARGET_*: NED about the vehicle's origin, parts not given are ignored. Only in GUIDED."""
        return self.parts.flight.guided_target(position, velocity, acceleration, yaw)

    def guided_attitude(
        self, now_ms: int, *, roll: float, pitch: float, yaw: float, yaw_rate: float | None, thrust: float
    ) -> Outcome:
        """SET_ATTITUDE_TARGET: rad, rad/s, thrust 0 .. 1. Only in GUIDED."""
        return self.parts.flight.guided_attitude(roll, pitch, yaw, yaw_rate, thrust)

    def change_speed(self, kind: int, speed: float, now_ms: int) -> Outcome:
        """DO_CHANGE_SPEED: kind 0, 1 ground, 2 climb, 3 descent."""
        return self.parts.flight.change_speed(kind, speed)

    def condition_yaw(
        self, angle_deg: float, rate_deg_s: float, direction: int, relative: bool, now_ms: int
    ) -> Outcome:
        return self.parts.flight.condition_yaw(angle_deg, rate_deg_s, direction, relative)

    def set_roi(self, place: GeoPoint | None, now_ms: int) -> Outcome:
        return self.parts.flight.set_roi(place)

    def set_home(self, place: GeoPoint | None, now_ms: int) -> Outcome:
        """None: here."""
        return self.parts.home.set(place)

    def set_reverse(self, backwards: bool, now_ms: int) -> Outcome:
        return self.parts.flight.set_reverse(backwards)

    def payload(self, command: int, params: tuple[float, ...], now_ms: int) -> Outcome:
        """DO_SET_SERVO, DO_SET_RELAY, repeats, camera triggers, gripper: done or recorded."""
        if not self.parts.payload.knows(command):
            return Outcome(Result.UNSUPPORTED, "no payload command")
        if not self.parts.payload.act(command, params, now_ms):
            return self.parts.announcer.refuse(f"Payload command {command}: no such output")
        return ACCEPTED

    def aux_function(self, function: int, position: int, now_ms: int) -> Outcome:
        """DO_AUX_FUNCTION: a switch's function to 0 low, 1 middle, 2 high."""
        return self.parts.auxiliary.act(function, position)

    def enable_fence(self, mode: float, now_ms: int) -> Outcome:
        """DO_FENCE_ENABLE: 0 off, 1 on, 2 lowest altitude off."""
        if mode not in (0.0, 1.0, 2.0):
            return Outcome(Result.DENIED, "fence mode must be 0, 1 or 2")
        self.parts.fence.enable(mode)
        return ACCEPTED

    def reboot(self, now_ms: int) -> Outcome:
        """Announces RebootRequested; who runs the service starts it anew. Refused while armed."""
        if self.parts.facts.armed:
            return self.parts.announcer.refuse("Reboot: armed")
        self.parts.announcer.announce(RebootRequested())
        return ACCEPTED

    def set_sticks(self, sticks: Sticks | None, now_ms: int, *, source: str = "override") -> None:
        """RC_CHANNELS_OVERRIDE or MANUAL_CONTROL; None = released."""
        self.parts.sticks.move(sticks, now_ms)

    def lose_sticks(self, now_ms: int) -> None:
        """A receiver says that it has lost its transmitter: as if they had been silent for too long."""
        self.parts.sticks.lose(now_ms)

    def fail_radio(self, now_ms: int, *, failed: bool) -> None:
        """The fault `rc.loss` begins or ends: as `lose_sticks`, and nothing comes through until it ends."""
        self.parts.sticks.radio_failed(failed, now_ms)

    def fail_ground_station(self, now_ms: int, *, failed: bool) -> None:
        """The fault `gcs.loss` begins or ends: as if it had been silent for too long, and not heard until it ends."""
        self.parts.failsafes.ground_station_failed(now_ms, failed=failed)

    def ground_station_heartbeat(self, system: int, now_ms: int) -> None:
        """A GCS HEARTBEAT was heard (FS_GCS counts SYSID_MYGCS only). Its silence is counted on the link clock, from
        the next `update_link_clock` on."""
        if system == int(self.parts.facts.param("SYSID_MYGCS", 255.0)):
            self.parts.failsafes.ground_station_heard()

    # --- plans ----------------------------------------------------------------------------------------------------
    def check_plan(self, kind: int, items: tuple[MissionItem, ...]) -> str | None:
        """Is this plan valid as a whole (docs/reference/mission-semantics.md, 3)? The complaint, or None."""
        return self.parts.plans.check(kind, items)

    def replace_plan(self, kind: int, items: tuple[MissionItem, ...], now_ms: int) -> None:
        """A new plan of MAV_MISSION_TYPE `kind` has become durable: swap it in at the start of the next tick."""
        self.parts.plans.replace(kind, items)

    def may_clear(self, kind: int) -> bool:
        """False while armed and the mission runs (kind 0)."""
        return kind != MissionType.MISSION or not (
            self.parts.facts.armed and self.sequencer.state() is MissionState.RUNNING
        )
