"""Vehicle node: one vehicle, its autopilot and its MAVLink services. It never waits; time is an argument.

`VehicleService` is a node (`sortie.runtime.node`): the runtime has the clocks and the links. A pass advances the
vehicle to the earliest deadline or its first event, lets the autopilot decide, informs services and observers, and
leaves bytes in the endpoint's queues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Protocol

from autopilot.context.journal import Journal
from autopilot.context.turns import earliest
from autopilot.core.autopilot import Autopilot
from autopilot.flight.kernel import InjectedFault
from autopilot.interface.layout import TICK_MS
from autopilot.interface.vehicle import SimulatedVehicle
from autopilot.parameters.parameters import Parameters
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Message, Service, TimedSpeaker
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.flight import FlightService
from mavlink_bridge.services.telemetry.pool import StreamPool
from sortie.config.faults import Fault
from sortie.metrics.load import LineMeter
from sortie.nodes.face import Face
from sortie.nodes.fault_plan import LINK_FAULTS, NEVER_MS, FaultInjector, FaultPlan, begin_or_end
from sortie.nodes.watchers import Watchers

QUIET_MS = 60_000
"""Longest time without a pass, in vehicle time."""
BOOT_LIMIT_MS = 120_000
STANDING_MPS = 0.2
BURST_BYTES = 64 * 1024
ARMED_LOOK_MS = 50
IDLE_LOOK_MS = 200


class ControllerBehind(Protocol):
    """Flight controller behind the vehicle node, on a link of its own. Its messages are processed first."""

    link: Endpoint
    carried: bool
    """True when Sortie's clock drives the controller's time."""

    def heard(self, link_ms: int) -> None:
        """Note that the bytes received on its link were handed over."""

    def begin_settling(self, link_ms: int) -> None:
        """Process its messages before ground stations are informed."""

    def end_settling(self, link_ms: int) -> None:
        """Send what is due on its link after ground stations were informed."""


class VehicleService:
    """Node of one vehicle.

    `make_face` makes its protocol services after everything else. `epoch_us`: UTC, us since 1970, at vehicle time 0.
    `on_error` reports exceptions of protocol services (program errors); the vehicle stays under control. `behind`: a
    flight controller. `link_rates`: stream rates (Hz) of new links; None: those of the parameters.
    """

    def __init__(
        self,
        vehicle: SimulatedVehicle,
        autopilot: Autopilot,
        parameters: Parameters,
        journal: Journal,
        make_face: Callable[[VehicleService], Face],
        *,
        epoch_us: int,
        on_error: Callable[[Exception, str], None],
        faults: Iterable[Fault] = (),
        behind: ControllerBehind | None = None,
        link_rates: Mapping[str, float] | None = None,
    ) -> None:
        self.vehicle = vehicle
        self.autopilot = autopilot
        self.parameters = parameters
        self.journal = journal
        self.epoch_us = epoch_us
        self.now_ms = vehicle.state.time_ms
        self.watchers = Watchers()
        self.observers, self.samplers = self.watchers.observers, self.watchers.samplers
        self.sampled = behind is not None
        """Whether logs record the state in this pass. Passes that only a client causes are not recorded, so that the
        log does not depend on clients. A controller decides by itself."""
        self.heartbeats: dict[int, Callable[[], Message]] = {}
        """HEARTBEATs of further components on this link, by component id."""
        self.components: dict[int, Sequence[Service]] = {}
        """Services of further components; the face sets them."""
        self.traffic: TimedSpeaker | None = None  # sends other aircraft; set by the face
        self.passes = 0
        self.most_instants = 1
        self.lines = LineMeter()
        self.endpoint = Endpoint(int(parameters["SYSID_THISMAV"]), on_error=on_error)
        self._on_error = on_error
        self._behind = behind
        self._link_rates = link_rates
        self.faults = FaultPlan(faults, partial(begin_or_end, vehicle, autopilot, self.endpoint))
        self._booting = True
        self._decides_ms: int | None = None  # vehicle time of the next pass that is more than streams; None: unknown
        self._due: tuple[int | None, int | None] | None = None  # link and vehicle time of services; None: unknown
        self._decided_ms = self.now_ms  # the last such pass
        self._new_system: int | None = None
        parameters.listeners.append(self._parameter_changed)
        self._streaming: tuple[int, ...] = ()
        self._pool: StreamPool | None = None
        self._take(make_face(self))

    def unix_us(self) -> int:
        """Return UTC by vehicle time, us since 1970."""
        return self.epoch_us + 1000 * self.now_ms

    def _take(self, face: Face) -> None:
        self.telemetry = face.telemetry
        self.commands = face.commands
        self.missions = face.missions
        self.files = face.files
        self.pages = face.pages
        self.logs = face.logs
        self.served = face.parameters
        self.camera = face.camera
        self._sticks = face.sticks
        self.logs_from_boot = face.logs_from_boot
        for service in face.services:
            self.endpoint.add_service(service)
        for component, services in self.components.items():  # last: scripts take a link's first HEARTBEAT for ours
            self.endpoint.add_component(component, services)

    def injector(self) -> FaultInjector:
        """Return the object that begins and ends faults at once; for the face."""
        return FaultInjector(self.faults, (*self.vehicle.fault_names(), *LINK_FAULTS), lambda: self.now_ms)

    def flight_services(self, commands: CommandService) -> list[FlightService]:
        """Return the services of the flight manager, if there is one; for the face."""
        flights = self.autopilot.flights
        if flights is None:
            return []
        flights.error_listeners.append(self._actor_failed)
        return [FlightService(flights, commands)]

    def _actor_failed(self, error: Exception, where: str) -> None:
        """Report an exception of an actor, but not an injected fault. The flight manager informs people of both."""
        if not isinstance(error, InjectedFault):
            self._on_error(error, where)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Endpoints with links. A controller's comes first, because its messages influence the answers to ground
        stations."""
        return (self.endpoint,) if self._behind is None else (self._behind.link, self.endpoint)

    def room(self, link: int) -> int:
        """Return the bytes that may be queued on a link without delaying answers."""
        return self.endpoint.out_queue(link).room(BURST_BYTES)

    def open_log_link(self, name: str, hz: float, take: Callable[[memoryview], None]) -> int:
        """Open an internal link with all streams at `hz`, for a log. `take`: see `Endpoint.open_link`."""
        link = self.endpoint.open_link(name, local=True, take=take)
        rates_hz = {"*": hz, **dict.fromkeys(self._link_rates or (), hz), "AVAILABLE_MODES_MONITOR": 0.2}
        self.telemetry.open_link(link, rates_hz=rates_hz, fixed=True)
        self._streaming = (*self._streaming, link)
        return link

    def load(self) -> None:
        """Load the compiled kernel, which takes some tenths of a second. The first HEARTBEAT does not need it."""
        self.vehicle.load()
        self.telemetry.load()

    def beat(self) -> None:
        """Send a HEARTBEAT of each component although vehicle time stands still."""
        self.telemetry.send_heartbeat()
        for component, heartbeat in self.heartbeats.items():
            self.endpoint.send(heartbeat(), component=component)

    def close(self, *, hurried: bool = False) -> None:
        """Finish the pictures of the camera (not all when `hurried`) and store the vehicle's operating time."""
        self.autopilot.statistics.count_time(self.now_ms)
        if self.camera is not None:
            self.camera.close(hurried=hurried)

    # --- deadlines ----------------------------------------------------------------------------------------------------
    def next_vehicle_deadline_ms(self) -> int:
        """Return the earliest vehicle time at which a pass is needed, ms; at most `QUIET_MS` away."""
        horizon_ms = self.now_ms + QUIET_MS
        if self._behind is not None:
            return self._next_pass_ms(self.autopilot.next_deadline_ms(), self._of_services()[1], horizon_ms)
        looks_ms, streams_ms = self.autopilot.next_look_ms(), self.telemetry.next_deadline_ms()
        return self._next_pass_ms(looks_ms, streams_ms, min(self._ask_deadlines(), horizon_ms))

    def deadlines(self) -> tuple[int, int | None]:
        """Return the vehicle time of the next pass with a decision (`NEVER_MS`: only an event), without streams and
        looks, and `next_link_deadline_ms`."""
        self.look_again()
        return self._ask_deadlines(), self.next_link_deadline_ms()

    def _of_services(self) -> tuple[int | None, int | None]:
        """Return the deadlines of services on link and vehicle time, ms, computed once after each change. A controller
        changes them at any time."""
        if self._behind is not None:
            return self.endpoint.next_deadlines()
        if self._due is None:
            self._due = self.endpoint.next_deadlines(self.telemetry)
        return self._due

    def _next_pass_ms(self, of_core: int | None, of_services: int | None, deadline: int) -> int:
        for due in (of_core, of_services, self.watchers.next_step_ms()):
            if due is not None and due < deadline:
                deadline = due
        if self._behind is not None:
            due = self._behind.link.next_deadlines()[1]
            deadline = deadline if due is None else min(deadline, due)
        if self.faults.next_ms < deadline:
            deadline = self.faults.next_ms
        return max(deadline, self.now_ms + TICK_MS)

    @property
    def look_every_ms(self) -> int:
        """Longest step of a paced run, ms, before events of the vehicle are announced."""
        return ARMED_LOOK_MS if self.autopilot.facts.armed else IDLE_LOOK_MS

    def next_link_deadline_ms(self) -> int | None:
        """Return the link time at which a service or the autopilot's watch over its ground station is due, ms."""
        of_controller = None if self._behind is None else self._behind.link.next_deadlines()[0]
        return earliest((self._of_services()[0], self.autopilot.next_link_deadline_ms(), of_controller))

    def _ask_deadlines(self) -> int:
        """Compute the vehicle time of the next decision, once after each change."""
        if self._decides_ms is None:
            of_core = self.autopilot.turns.next_deadline_ms()
            self._decides_ms = self._next_pass_ms(of_core, self._of_services()[1], NEVER_MS)
        return self._decides_ms

    def _parameter_changed(self, name: str, value: float) -> None:
        if name == "SYSID_THISMAV":
            self._new_system = int(value)

    # --- the pass -----------------------------------------------------------------------------------------------------
    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """Make one pass: the vehicle moves to the earliest of `until_ms`, the deadlines and its own first event.
        `link_ms` None: link time is vehicle time."""
        if self._behind is not None:
            self.arrive(self.vehicle.advance(min(until_ms, self.next_vehicle_deadline_ms())), link_ms)
            return
        self._pool = self._pool or self.telemetry.alone()
        try:
            self._advance(until_ms, link_ms, 1 if link_ms is None else self.most_instants)
        finally:
            self._settle()

    def _advance(self, until_ms: int, link_ms: int | None, instants: int) -> None:
        """Make one pass with at most `instants` instants of streams."""
        decides_ms, streams_ms = self._ask_deadlines(), self.telemetry.next_deadline_ms()
        autopilot, vehicle, pool, flows = self.autopilot, self.vehicle, self._pool, self.telemetry.flows
        traffic = autopilot.traffic
        while instants:
            own_ms, look_ms = decides_ms, autopilot.next_look_ms()
            if streams_ms is not None and streams_ms < own_ms:
                own_ms = max(streams_ms, self.now_ms + TICK_MS)
            if look_ms is not None and look_ms < own_ms:
                own_ms = max(look_ms, self.now_ms + TICK_MS)
            # The horizon turns a pass of streams into one that decides; links are read when real time says so.
            now_ms = self.watchers.move(vehicle, min(until_ms, own_ms, self.now_ms + QUIET_MS))
            happened = vehicle.has_events
            quiet = own_ms <= now_ms < min(until_ms, decides_ms, self._decided_ms + QUIET_MS) and not happened
            if not quiet or (look_ms is not None and look_ms <= now_ms and autopilot.glance(now_ms)):
                self._settle()
                link_due_ms = self.next_link_deadline_ms()
                on_link = link_due_ms is not None and link_due_ms <= now_ms
                self.arrive(now_ms, link_ms, own=happened or own_ms <= now_ms or on_link)
                return
            streamed = streams_ms is not None and streams_ms <= now_ms
            if traffic.collisions and self.traffic is not None:  # sent together with the streams
                self._settle()
                self.endpoint.handle_timeout_of(self.traffic, now_ms)
                streamed = streamed or bool(self._streaming)
            if streamed:
                streams_ms = pool.flow_on() if pool is not None and flows else 0
                instants -= 1
                if not streams_ms:
                    self._settle()
                    with pool or nullcontext():  # one call for all links, as for a fleet
                        self.stream(now_ms)
                    return
            self.note(now_ms, own=True)

    def _settle(self) -> None:
        """Write encoded streams to their links."""
        if self._pool is not None:
            self._pool.write()

    def look_again(self) -> None:
        """Compute the deadlines again, because a call from outside may have changed them."""
        self._decides_ms = self._due = None

    def arrive(self, now_ms: int, link_ms: int | None, *, own: bool = True) -> None:
        """Decide and inform everyone after the vehicle has moved to this vehicle time. `own`: something was due or has
        happened; otherwise something else stopped the vehicle here. Stops by real time are recorded in logs as well."""
        self.passes += 1
        self.sampled = own or link_ms is not None
        self.now_ms = self._decided_ms = now_ms
        self._decides_ms = self._due = None
        if self.faults.next_ms <= now_ms:
            self.faults.strike(now_ms)
        self.autopilot.update(now_ms)
        self.serve_links(now_ms if link_ms is None else link_ms)
        self.sampled = self._behind is not None

    def stream(self, now_ms: int, *, own: bool = True) -> None:
        """Send streams after the vehicle has moved to a time at which nothing else is due (`own`) or a sample is taken.
        Nothing is decided, and observers are not called."""
        self.telemetry.core_called = False
        self.endpoint.handle_timeout_of(self.telemetry, now_ms)
        self.telemetry.core_called = True
        self.note(now_ms, own=own)

    def note(self, now_ms: int, *, own: bool) -> None:
        """Take the samples of a moment without a decision."""
        self.passes += 1
        self.now_ms = now_ms
        self.sampled = own
        for sampler in self.samplers:
            sampler(now_ms)
        self.sampled = False

    def run_to(self, due_ms: int, link_ms: int) -> None:
        """Make passes until vehicle time is `due_ms`, rounded down to a tick."""
        due_ms -= due_ms % TICK_MS
        while self.now_ms < due_ms:
            self.advance(due_ms, link_ms)

    def receive(self, link: int, data: bytes, link_ms: int) -> None:
        """Process received bytes of a link at once."""
        self.endpoint.receive(link, data, link_ms, self.now_ms)
        self.serve_links(link_ms)

    def take_pulses(self, pulses: Sequence[int], link_ms: int) -> None:
        """Process pulses of a pilot's transmitter (`StickService.take_pulses`). A vehicle with a controller has its own
        receiver."""
        if self._sticks is not None and self._sticks.take_pulses(pulses, self.now_ms):
            self.serve_links(link_ms)

    def heard(self, endpoint: LinkOwner, link_ms: int) -> bool:
        """Process the bytes of a controller now; those of other links wait until all are received."""
        if self._behind is None or endpoint is not self._behind.link:
            return False
        self._behind.heard(link_ms)
        return True

    def commit(self, link_ms: int) -> None:
        """Wait for the disk: a change is stored before it is acknowledged."""
        if self.journal.catch_up():
            self.serve_links(link_ms)

    def serve_links(self, link_ms: int) -> None:
        """Inform everyone, until nothing new happens, because link time has moved, the store has written, or something
        happened."""
        self._decides_ms = self._due = None
        behind = self._behind
        if behind is None:
            self._tell(link_ms)
        else:
            behind.begin_settling(link_ms)
            self._tell(link_ms)
            behind.end_settling(link_ms)

    def _tell(self, link_ms: int) -> None:
        now_ms = self.now_ms
        self.telemetry.decided = True
        self.autopilot.update_link_clock(link_ms)
        if link_ms >= self.lines.due_ms:
            self.lines.sample(self.endpoints, link_ms)
        links = self.endpoint.links()
        if links != self._streaming:
            for link in links:
                if link not in self._streaming:
                    self.telemetry.open_link(link, rates_hz=self._link_rates)
            self._streaming = links
        events = self.autopilot.announcer.take_events()
        while True:
            if events:
                self.telemetry.handle_events(events, now_ms)
            self.endpoint.handle_timeouts(link_ms, now_ms)
            for observer in self.observers:
                observer(events, now_ms)
            events = self.autopilot.announcer.take_events()
            if not events:
                break
            # What an observer or service has just caused is sent now, not at the next turn.
        if self._new_system is not None and self.journal.durable() >= self.journal.latest():
            # first, the stored answer to the parameter change leaves with the old id
            self.endpoint.identify(self._new_system)
            self._new_system = None

    @property
    def busy(self) -> bool:
        """True while there is a reason to run ahead of real time: booting until armable (or clearly not), a flight.

        An armed vehicle on the ground waits for a command. A ground station needs milliseconds for it, which would
        exceed DISARM_DELAY if time ran ahead. Motors that run on after a PX4's landing belong to its flight.
        """
        if self._behind is not None and not self._behind.carried:
            return False  # a real vehicle never runs ahead of real time
        autopilot = self.autopilot
        if autopilot.flights is not None and autopilot.flights.status.begun_by_go:
            return True
        if not autopilot.facts.armed:
            self._booting = self._booting and not autopilot.prearm.ok and self.now_ms < BOOT_LIMIT_MS
            return self._booting
        if autopilot.sequencer.running or autopilot.vehicle_arming.will_stop:
            return True
        state = self.vehicle.state
        return not state.landed if autopilot.facts.vehicle_class.flies else state.ground_speed > STANDING_MPS

    @property
    def item_count(self) -> int:
        """The highest item number of the mission."""
        return max(self.autopilot.plans.mission.count() - 1, 0)
