"""An `Autopilot` on a `FakeVehicle`, flown in virtual time: by deadlines as the run loop does, or tick by tick."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import hypot
from typing import Any

from autopilot.context.events import ModeChanged, StatusText
from autopilot.core.autopilot import Autopilot
from autopilot.interface.geo import Ned, to_global
from autopilot.interface.vehicle import SimulatedVehicle, VehicleEvent
from autopilot.mission.events import ItemReached
from autopilot.mission.items import MissionItem
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from tests.fakes.fake_vehicle import ORIGIN, TICK_MS, FakeVehicle
from tests.fakes.memory_journal import MemoryJournal

RELATIVE = 3


def item(command: int, north: float = 0.0, east: float = 0.0, up: float = 0.0, **params: Any) -> MissionItem:
    """A mission item at metres from the origin, `up` above home; without a place when both are 0."""
    place = to_global(ORIGIN, (north, east, 0.0))
    x, y = (place.lat, place.lon) if north or east else (0.0, 0.0)
    return MissionItem(command, RELATIVE, x=x, y=y, z=up, **params)


def takeoff(up: float = 10.0) -> MissionItem:
    return item(22, up=up)


def waypoint(north: float, east: float, up: float = 10.0, **params: Any) -> MissionItem:
    return item(16, north, east, up, **params)


MISSION = (takeoff(), waypoint(400, 0), waypoint(400, 400))


class Bench:
    """The core under test, and what it announced. `by_tick`: update at every tick instead of at deadlines."""

    def __init__(
        self,
        kind: str = "copter",
        *,
        by_tick: bool = False,
        parameters: Mapping[str, float] | None = None,
        vehicle: Any = None,
        stored: Any = None,
        boot_unix_s: float = 0.0,
    ) -> None:
        self.by_tick = by_tick
        self.vehicle: Any = FakeVehicle(rover=kind == "rover") if vehicle is None else vehicle
        self.parameters = Parameters(vehicle_class(kind).parameters)
        for name, value in (parameters or {}).items():
            self.parameters.set(name, value)
        self.journal = MemoryJournal()
        self.core = Autopilot(kind, self.vehicle, self.parameters, self.journal, stored, boot_unix_s=boot_unix_s)
        self.log: list[tuple[int, object]] = []
        self.updates = 0
        self.run(1.0)

    @property
    def now_ms(self) -> int:
        return int(self.vehicle.state.time_ms)

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Fly for so long, or until the condition holds after a pass."""
        end = self.now_ms + round(seconds * 1000.0 / TICK_MS) * TICK_MS
        while self.now_ms < end and not until():
            deadline = self.core.next_deadline_ms()
            goal = end if deadline is None else min(end, deadline)
            if self.by_tick or goal <= self.now_ms:
                goal = self.now_ms + TICK_MS
            self.step(goal)

    def happens(self, event: VehicleEvent) -> int:
        """The vehicle raises an event; the mode one tick later."""
        self.vehicle.raise_event(event)
        self.run(0.02)
        return self.core.modes.number

    def step(self, goal_ms: int) -> None:
        vehicle: SimulatedVehicle = self.vehicle
        now = vehicle.advance(goal_ms)
        self.core.update(now)
        self.updates += 1
        self.collect()

    def collect(self) -> None:
        self.log.extend((self.now_ms, event) for event in self.core.announcer.take_events())

    # --- what was announced ---------------------------------------------------------------------------------------
    def events(self, kind: type[Any]) -> list[Any]:
        self.collect()
        return [event for _, event in self.log if isinstance(event, kind)]

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events(StatusText)]

    @property
    def reached(self) -> list[int]:
        return [event.seq for event in self.events(ItemReached)]

    @property
    def modes(self) -> list[int]:
        return [event.number for event in self.events(ModeChanged)]

    # --- shortcuts ------------------------------------------------------------------------------------------------
    def upload(self, items: Iterable[MissionItem], kind: int = 0) -> None:
        self.core.plans.replace(kind, tuple(items))

    def begin(self, items: Iterable[MissionItem]) -> None:
        """Upload, arm in GUIDED and start, as QGroundControl does."""
        self.upload(items)
        assert self.core.modes.set(15 if self.core.facts.vehicle_class.name == "rover" else 4, self.now_ms).ok
        self.arm()
        assert self.core.mission_commands.start(self.now_ms).ok

    def arm(self) -> None:
        """The arm command, to its end: right after a landing the preflight waits until the vehicle rests."""
        assert self.core.arming.arm(self.now_ms).ok
        self.run(6.0, lambda: self.core.facts.armed)
        assert self.core.facts.armed

    def airborne(self, up: float = 10.0) -> None:
        """Arm in GUIDED and hover."""
        assert self.core.modes.set(4, self.now_ms).ok
        self.arm()
        assert self.core.commands.takeoff(up).ok
        self.run(60.0, lambda: self.core.helm.arrived)

    def head_for(self, place: Ned, speed: float = 10.0) -> None:
        """GUIDED to a place (NED m), or on and on in its direction when the fence keeps a copter from taking it: by a
        velocity, which must not keep off the fence then."""
        if self.core.commands.guided_target(position=place).ok:
            return
        self.parameters.set("GUID_TIMEOUT", 600)
        self.parameters.set("AVOID_ENABLE", 0)
        way = [there - here for here, there in zip(self.position, place, strict=True)]
        north, east, down = (speed * one / hypot(*way) for one in way)
        assert self.core.commands.guided_target(velocity=(north, east, down)).ok

    @property
    def position(self) -> Ned:
        place: Ned = self.vehicle.state.position
        return place


def flying(mode: int = 4, **parameters: float) -> Bench:
    """A copter in the air in this mode (4: GUIDED), or on the way to the first waypoint of a mission (3: AUTO)."""
    bench = Bench(parameters=parameters)
    if mode == 3:
        bench.begin(MISSION)
        bench.run(20.0, lambda: 1 in bench.reached)
        return bench
    bench.airborne()
    bench.core.modes.set(mode, bench.now_ms)
    return bench


def flown_to(bench: Bench, seq: int) -> object:
    """The target that item `seq` set."""
    bench.run(300.0, lambda: bench.core.sequencer.current_nav_index() == seq)
    assert bench.core.sequencer.current_nav_index() == seq
    return bench.vehicle.target
