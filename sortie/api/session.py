"""Session in a Python program: `with Session() as session: ...` flies a vehicle in this process, in virtual time.

There is no socket, thread or clock by default. Time passes in `run_for`, `run_until` and `start`, as fast as the
machine computes, and the same seed gives the same flight. MAVLink from the program goes over `connect` (memory).
`add_link` opens sockets, which are served while time passes; `serve` follows real time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, overload

from autopilot.context.events import Event
from autopilot.core.autopilot import Autopilot
from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import Outcome
from autopilot.mission.executor import MissionExecutor
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.vehicles.mode_table import ModeSpec
from mavlink_bridge.links.radio.profile import RadioProfile
from sortie.api import begin
from sortie.api.begin import Home
from sortie.api.claims import Claims
from sortie.api.link import SessionLink
from sortie.api.snapshot import Snapshot, snapshot
from sortie.api.watch import EventWatch, PassingTime, TimedEvent
from sortie.assembly.vehicles import FleetMember
from sortie.config.errors import RefusedError
from sortie.config.link_policy import check_links
from sortie.config.radio import radio_of
from sortie.config.traffic import TrafficPlan
from sortie.config.vehicle_spec import VehicleSpec
from sortie.logs.run_log import LOGGER
from sortie.nodes.flight import ARMABLE_WITHIN_MS
from sortie.nodes.modem import medium_of
from sortie.nodes.plan_file import check_plan, load_plan, read_plan
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.client_pace import ClientPace

if TYPE_CHECKING:
    from sitl.world.obstacles import Obstacles

__tracebackhide__ = True  # pytest shows the line of the test, not ours
E = TypeVar("E")


_ARMED_WITHIN_S: Final = 10.0
"""Longest vehicle time in which a firmware must arm, s."""


class Session(Claims["Session"]):
    """Vehicle with its services; a context manager.

    `vehicle`: "sim:copter" or another simulated kind, a spec, or a member of a `Fleet`. `home`: "LAT,LON,ALT,HEADING"
    as on the command line, or a place (degrees, m AMSL), with a heading in degrees. `params`: by ArduPilot's names or
    the `firmware`'s. `faults`: as for --fault ("gps.loss@30..60"). `state_dir`: folder in which missions and parameters
    are kept; None: not kept. `log_dir`: folder for logs; None: no logs. `links`: as for --link (`add_link`).
    `insecure`: allow links that the network can reach. `signing_key`: 32 bytes, or a file as for --signing-key; None:
    the key of the state folder, if there is one. `executor(context)` makes a mission executor that is asked first.
    `firmware`: "px4" presents a PX4. `strategy`: how a firmware in our world flies missions, as for --strategy.
    `radio`: on all links, as for --radio; None: none. `terrain`: the ground, as for --terrain; the vehicle then stands
    on it, whatever the height of `home`. `traffic`: other aircraft, as for --traffic; `obstacles`: as for --obstacles.
    Raises UserError in one line. Not for several threads.
    """

    def __init__(
        self,
        vehicle: str | VehicleSpec | FleetMember = "sim:copter",
        *,
        home: Home | None = None,
        seed: int = 0,
        params: Mapping[str, float] | None = None,
        faults: Iterable[str] = (),
        state_dir: Path | str | None = None,
        log_dir: Path | str | None = None,
        links: Iterable[str] = (),
        insecure: bool = False,
        signing_key: Path | str | bytes | None = None,
        executor: Callable[[VehicleContext], MissionExecutor] | None = None,
        firmware: str = "ardupilot",
        strategy: str | None = None,
        radio: str | RadioProfile | None = None,
        terrain: Path | str | None = None,
        traffic: Path | str | TrafficPlan | None = None,
        obstacles: Path | str | Obstacles | None = None,
    ) -> None:
        self.events: list[TimedEvent] = []
        self._stack = ExitStack()
        with begin.ClosedOnError(self.close):
            if isinstance(vehicle, str):
                vehicle = begin.spec_of(
                    vehicle,
                    "a session",
                    home=home,
                    seed=seed,
                    params=params,
                    faults=faults,
                    radio=radio,
                    terrain=terrain,
                    traffic=traffic,
                    obstacles=obstacles,
                    firmware=firmware,
                    strategy=strategy,
                )
            if isinstance(vehicle, VehicleSpec):
                (vehicle,) = begin.assembled(
                    [replace(vehicle, alone=True)],
                    self._stack,
                    state_dir=state_dir,
                    log_dir=log_dir,
                    signing_key=signing_key,
                ).members
            self._member, self.spec, self.runtime = vehicle, vehicle.spec, vehicle.runtime
            self._time = PassingTime(self.runtime)
            vehicle.service.observers.append(self._observe)
            if executor is not None:
                self.autopilot.auto.fly_own_items(executor(self.autopilot.context))
            for url in begin.several(links, "links"):
                self.add_link(url, insecure=insecure)

    @property
    def seed(self) -> int:
        """Seed of all random values."""
        return self.spec.seed

    @property
    def stood(self) -> tuple[GeoPoint, float]:
        """Place where it was switched on, and heading in degrees."""
        return self.spec.home, self.spec.heading_deg

    @property
    def service(self) -> VehicleService:
        """Vehicle with its services. A member of a fleet is brought to the current time and may then be changed."""
        return self._member.service

    def _observe(self, events: list[Event], now_ms: int) -> None:
        self.events += [TimedEvent(now_ms / 1000.0, event) for event in events]

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close logs, store and sockets. Closing again does nothing."""
        self._stack.close()

    # --- links ----------------------------------------------------------------------------------------------------
    def connect(
        self,
        *,
        system: int = 255,
        component: int = 190,
        loss: float = 0.0,
        delay_ms: int = 0,
        seed: int | None = None,
        radio: str | RadioProfile | None = None,
    ) -> SessionLink:
        """Open a link in memory and return a ground station's end of it. `loss`: probability for each frame and
        direction. `delay_ms`: one-way delay, ms. `seed`: of the losses (None: the session's). `radio`: as for --radio,
        None: the session's. The modem on the ground is where the vehicle was switched on."""
        decides = self.seed if seed is None else seed
        profile = self.spec.radio if radio is None else radio_of(radio)
        member = self._member
        medium = medium_of(profile, decides, self.stood[0], member.quiet.vehicle, loss, delay_ms)
        return SessionLink(self.runtime, member.node, member.ends.endpoint, medium, system, component, profile)

    def add_link(self, url: str, *, insecure: bool = False) -> str:
        """Open a socket or serial link ("tcpin:127.0.0.1:5760"; port 0: a free one) and return its address.

        From then on sockets are read while time passes, and link time (retries, timeouts) is real time. UserError when
        it cannot be opened, or when the network can reach it without a signing key or `insecure`, because any client
        could command the vehicle.
        """
        signed = self._member.signing.signing is not None
        for warning in check_links([url], signed=signed, insecure=insecure, in_python=True):
            LOGGER.warning("%s", warning)
        return self._member.open(url, self.spec.radio, self.seed)

    if not TYPE_CHECKING:  # type checkers know the attributes

        def __getattr__(self, name: str) -> object:
            raise begin.no_such_name(self, name, Snapshot.__slots__)

    # --- facts ----------------------------------------------------------------------------------------------------
    @property
    def autopilot(self) -> Autopilot:
        """Core of the vehicle, with every command that a ground station can give."""
        return self.service.autopilot

    @property
    def time_s(self) -> float:
        """Vehicle time since boot, s."""
        return self.service.now_ms / 1000.0

    @property
    def link_time_s(self) -> float:
        """Link time, s, for retries and timeouts: vehicle time, or real time with sockets."""
        return self.runtime.link_ms / 1000.0

    @property
    def state(self) -> Snapshot:
        """Current state."""
        return snapshot(self.autopilot, self.service.now_ms)

    def events_of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind so far, in order."""
        return [entry.event for entry in self.events if isinstance(entry.event, kind)]

    def ask(self, fact: Callable[[Session], E]) -> E:
        """Return `fact(self)` (`Claims`)."""
        return fact(self)

    # --- time -----------------------------------------------------------------------------------------------------
    def pass_until(self, done: Callable[[Session], bool], within_s: float, every_s: float = 0.1) -> bool:
        """Let time pass as `run_until` does, but return False after `within_s`."""
        watch: EventWatch[Event] = self._watch(done, every_s)
        for _ in self._time.run(within_s, watch.done, watch.every_ms):
            pass
        return watch.done()

    def run_for(self, seconds: float) -> None:
        """Let `seconds` of vehicle time pass (rounded up to a tick of 20 ms)."""
        for _ in self._time.run(seconds):
            pass

    @overload
    def run_until(  # type: ignore[overload-overlap]  # a class is callable too; the first match counts
        self, condition: type[E], timeout_s: float = ..., every_s: float = ...
    ) -> E: ...
    @overload
    def run_until(self, condition: Callable[[Session], bool], timeout_s: float = ..., every_s: float = ...) -> None: ...

    def run_until(
        self, condition: type[E] | Callable[[Session], bool], timeout_s: float = 600.0, every_s: float = 0.1
    ) -> E | None:
        """Let time pass until a condition is true.

        `condition` is a kind of event (the event is returned), or a function of the session, called at every event and
        at least every `every_s` of vehicle time. TimeoutError after `timeout_s` of vehicle time.
        """
        watch = self._watch(condition, every_s)
        for _ in self._time.run(timeout_s, watch.done, watch.every_ms):
            pass
        return self._result(watch, timeout_s)

    async def arun_for(self, seconds: float) -> None:
        """Run as `run_for` does, while other tasks of the event loop run."""
        await self._time.arun(seconds)

    @overload
    async def arun_until(  # type: ignore[overload-overlap]  # as above
        self, condition: type[E], timeout_s: float = ..., every_s: float = ...
    ) -> E: ...
    @overload
    async def arun_until(
        self, condition: Callable[[Session], bool], timeout_s: float = ..., every_s: float = ...
    ) -> None: ...

    async def arun_until(
        self, condition: type[E] | Callable[[Session], bool], timeout_s: float = 600.0, every_s: float = 0.1
    ) -> E | None:
        """Run as `run_until` does, while other tasks of the event loop run."""
        watch = self._watch(condition, every_s)
        await self._time.arun(timeout_s, watch.done, watch.every_ms)
        return self._result(watch, timeout_s)

    def serve(
        self, seconds: float | None = None, *, speedup: float = 1.0, until: Callable[[], bool] | None = None
    ) -> None:
        """Follow real time, `speedup` times as fast, for `seconds` of vehicle time, so that people and programs on
        sockets can take part. None: until Ctrl-C raises KeyboardInterrupt. `until()`, called once a turn, ends it
        earlier; another thread calls `wake` to have it called at once."""
        self._time.serve(seconds, speedup, until)

    def serve_clients(self, clients: ClientPace, alone: Callable[[], bool], until: Callable[[], bool]) -> None:
        """Serve as `serve` does, but as fast as clients follow. Without clients: in real time, or while `alone()` as
        fast as the machine can."""
        self._time.serve_clients(clients, alone, until)

    def wake(self) -> None:
        """End the sleep of `serve`. Safe in any thread."""
        self.runtime.go_real().wakeup.wake()

    def _watch(self, condition: type[E] | Callable[[Session], bool], every_s: float) -> EventWatch[E]:
        if isinstance(condition, type):
            return EventWatch(self.events, kind=condition)
        return EventWatch(self.events, condition=lambda: condition(self), every_ms=round(every_s * 1000.0))

    def _result(self, watch: EventWatch[E], timeout_s: float) -> E | None:
        if watch.done():
            return watch.found
        state = self.state
        raise TimeoutError(
            f"{watch.description} did not occur within {timeout_s:g} s: {state.mode}, "
            f"{'armed' if state.armed else 'disarmed'}, item {state.mission.item} of {state.mission.items}, "
            f"{state.height:.1f} m up"
        )

    # --- parameters -----------------------------------------------------------------------------------------------
    def param(self, name: str) -> float:
        """Return the value of a parameter, by ArduPilot's name or the `firmware`'s. KeyError when unknown."""
        return begin.holding(self.service, name)[name]

    def set_param(self, name: str, value: float) -> float:
        """Set a parameter, in its unit, and return its new value (clamped to its type). KeyError: unknown; ValueError:
        refused."""
        outcome = begin.holding(self.service, name).set(name, value)
        if not outcome.accepted:
            raise ValueError(outcome.warning)
        self.runtime.settle()
        return outcome.value

    # --- commands -------------------------------------------------------------------------------------------------
    def upload(self, plan: Plan | Iterable[MissionItem] | Path | str) -> Plan:
        """Replace mission, fence and rally points by a plan file, a plan, or mission items (without the home item), and
        return the plan. UserError for what an upload would refuse."""
        if isinstance(plan, str | Path):
            plan = read_plan(Path(plan))
        else:
            plan = plan if isinstance(plan, Plan) else Plan(items=tuple(plan))
            check_plan(plan, Path("plan"))
        load_plan(self.service, plan)
        self.runtime.settle()
        return plan

    def start(self) -> None:
        """Wait until the vehicle can be armed (some s of vehicle time), arm, and fly the mission in AUTO."""
        self.wait_armable()
        self.set_mode("GUIDED")
        self.arm()
        if not self.state.armed:  # a real firmware needs time for it
            self.run_until(lambda session: session.state.armed, _ARMED_WITHIN_S)
        self._checked(self.autopilot.mission_commands.start(self.service.now_ms))

    def wait_armable(self, timeout_s: float = ARMABLE_WITHIN_MS / 1000.0) -> None:
        """Let time pass until the pre-arm checks pass. TimeoutError names the failed checks."""
        try:
            # no shorter interval is needed, because the vehicle's own checks make passes
            self.run_until(lambda session: session.autopilot.prearm.ok, timeout_s, timeout_s)
        except TimeoutError as error:
            reasons = ", ".join(reason.text for reason in self.autopilot.prearm.reasons())
            raise TimeoutError(f"not armable after {timeout_s:g} s: {reasons}") from error

    def set_mode(self, name: str) -> None:
        """Change the flight mode ("GUIDED", "LOITER", ...). UserError: no such mode; RefusedError: not now."""
        spec = begin.mode_of(self.autopilot.modes, name)
        self._checked(self.autopilot.modes.set(spec.number, self.service.now_ms))

    def add_mode(self, spec: ModeSpec, build: Callable[[VehicleContext, ModeSpec], Mode]) -> Mode:
        """Register a flight mode of the program (`build` is usually its class). `set_mode`, or a ground station by its
        number, selects it. ValueError when number or name is taken."""
        return self.autopilot.modes.add(spec, build)

    def arm(self, *, force: bool = False) -> None:
        """Arm. RefusedError has the reason of a refusal."""
        self._checked(self.autopilot.arming.arm(self.service.now_ms, force=force))

    def disarm(self, *, force: bool = False) -> None:
        """Stop the motors; in the air only with `force`."""
        self._checked(self.autopilot.arming.disarm(self.service.now_ms, force=force))

    def takeoff(self, height: float) -> None:
        """Climb to `height` m above home (in GUIDED, armed)."""
        self._checked(self.autopilot.commands.takeoff(height))

    def goto(self, lat: float, lon: float, height: float) -> None:
        """Fly to a place (degrees; m above home) in GUIDED and hold it. UserError for impossible degrees."""
        place = begin.place_above(self.autopilot.facts.home, lat, lon, height)
        self._checked(self.autopilot.commands.reposition(place, self.service.now_ms))

    def land(self) -> None:
        """Land at the present place (mode LAND)."""
        self._checked(self.autopilot.commands.land(self.service.now_ms))

    def rtl(self) -> None:
        """Return to home or the nearest rally point, and land (mode RTL)."""
        self._checked(self.autopilot.commands.return_to_launch(self.service.now_ms))

    def _checked(self, outcome: Outcome) -> None:
        self.runtime.settle()
        if not outcome.ok:
            raise RefusedError(outcome)

    def go(self) -> None:
        """Send GO to the flight manager: it resets, arms, counts down (FM_ parameters) and flies the mission.
        RefusedError in any state but IDLE, or without a mission."""
        if self.autopilot.flights is not None:
            self._checked(self.autopilot.flights.go(self.service.now_ms))

    def abort(self) -> None:
        """Send ABORT to the flight manager, which cancels the flight during the countdown. RefusedError in other
        states."""
        if self.autopilot.flights is not None:
            self._checked(self.autopilot.flights.abort(self.service.now_ms))
