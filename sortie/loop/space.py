"""The loop of a kinematic profile: world, two controllers, and a real MAVLink link between them, from event to event.

All of it runs in virtual time: vehicle time jumps to the earliest deadline of the world, of either party, of the link,
of a fault. The same profile, seed and faults give the same decisions and bytes. What is to survive a crash is one
`Snapshot`, taken at instants at which nothing is on its way.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from depot.decision import Decision
from depot.decisions.depot_controller import DepotController
from depot.decisions.memory import DepotMemory
from depot.decisions.record import SortieRecord
from depot.decisions.watches import ABORT_2_NAMES
from depot.names import EndedBy, Phase
from depot.physics.windows import Almanac
from depot.settings import Profile
from depot.skimmer.guidance import Guidance, GuidanceMemory, WaySettings
from depot.skimmer.reports import SkimmerMemory
from depot.skimmer.skimmer_controller import SkimmerController
from depot.wire import wire
from depot.wire.depot import DepotClient, plan_items
from depot.wire.skimmer import SkimmerService
from depot.world.orbital import OrbitalMotion
from depot.world.state import WorldState, new_state
from depot.world.world import World
from mavlink_bridge.clients.base import Target
from mavlink_bridge.endpoint import Endpoint
from mavlink_bridge.links.memory import MemoryEnd, MemoryLink
from mavlink_bridge.services.mission import MissionService
from sortie.loop.craft_core import CraftCore, PassingJournal
from sortie.loop.faults import (
    DOCK_NAMES,
    GO_NAMES,
    LASTING_NAMES,
    LINK_NAMES,
    Clock,
    FaultMemory,
    FaultSchedule,
    LoopFault,
)
from sortie.loop.journal import Flight
from sortie.nodes.endpoint import EndpointNode
from sortie.runtime.node import Node

LOSSY = 0.25
LINK_SEED = 1_000_003
_SKIMMER_SYSTEM = 1


class Snapshot(Struct):
    """Everything that a restart needs."""

    world: WorldState
    skimmer: SkimmerMemory
    depot: DepotMemory
    faults: dict[str, FaultMemory]
    waypoints: list[tuple[float, float, float]]
    loss: float = 0.0
    item: int = 0  # of the mission under way, of a vehicle with a flight controller; and the wall's time (s) then
    wall_s: float = 0.0


def encode(snapshot: Snapshot) -> bytes:
    """For the journal."""
    return msgspec.msgpack.encode(snapshot)


def decode(data: bytes) -> Snapshot:
    """What `encode` wrote; msgspec.DecodeError when it is something else."""
    return msgspec.msgpack.decode(data, type=Snapshot)


class SpaceLoop:
    """See the module. `step` moves on by one event; decisions and closed sorties are taken with `take_*`."""

    def __init__(
        self, profile: Profile, seed: int, faults: list[LoopFault], *, total: int | None = None,
        confirm: bool = False, snapshot: Snapshot | None = None,
    ) -> None:  # fmt: skip
        self._decisions: list[Decision] = []
        self.world = self._make_world(profile, seed, snapshot.world if snapshot else None)
        memory = snapshot.skimmer if snapshot else SkimmerMemory()
        self.skimmer = SkimmerController(
            profile.heartbeat, profile.power, profile.skimmer.clear_m, self.world, self._decisions.append,
            memory, self._make_guidance(profile, memory.guidance),
        )  # fmt: skip
        self.depot = DepotController(
            profile, self.world, self._decisions.append, snapshot.depot if snapshot else None, total=total,
            confirm=confirm,
        )  # fmt: skip
        self.faults = FaultSchedule(faults, profile, seed, snapshot.faults if snapshot else {})
        self._clock = Clock()
        self._flights: list[Flight] = []
        self._struck = False
        self.depot.context.entered = self._strike
        # Another start draws other losses: the same ones again could stop a loop that is restarted often.
        self.link = MemoryLink(seed * LINK_SEED + self.world.state.now_ms)
        self.link.advance(self.world.state.now_ms)
        self._loss = snapshot.loss if snapshot else 0.0  # by a fault; a closed window loses everything
        self._join()
        if snapshot is None:
            self.depot.start(0)
        else:
            self._forget_old_faults()
            self._restore(snapshot)
        self._show_plan()
        if snapshot is None:
            self._exchange()

    def _make_world(self, profile: Profile, seed: int, state: WorldState | None) -> World:
        state = state or new_state(profile, seed)
        return World(profile, state, OrbitalMotion(profile, state))

    def _make_guidance(self, profile: Profile, memory: GuidanceMemory) -> Guidance | None:
        """What flies a craft without an autopilot of its own; None for one that has it."""
        plan = profile.plan
        ways = WaySettings(plan.departure_s, plan.outbound_s, plan.return_s)
        orbit = Almanac(profile.orbit).orbit
        return Guidance(orbit, profile.engines, profile.corridor, profile.zone, ways, memory)

    def _restore(self, snapshot: Snapshot) -> None:
        """What no memory of a party holds."""
        items = [MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL, x=x, y=y, z=z) for x, y, z in snapshot.waypoints]
        self._core.mission.replace(tuple(items))

    def _show_plan(self) -> None:
        """Put the plan that the depot has made into the skimmer's mission before anybody hears it: a ground station
        asks for the mission when it hears the first HEARTBEAT, long before phase 1 uploads it, and never again."""
        plan = self.depot.memory.plan
        if plan is not None and not self._core.mission.total():
            self._core.mission.replace(tuple(plan_items(plan)))

    def _join(self) -> None:
        """Two endpoints, and the services that speak for the parties."""
        self._core = CraftCore()
        self._craft_end = Endpoint(_SKIMMER_SYSTEM)
        self._craft_link = self._craft_end.open_link("depot")
        self._craft_end.add_service(MissionService(self._core, PassingJournal()))
        self._craft_end.add_service(SkimmerService(self.skimmer, self._core.mission))
        self._depot_end = Endpoint(wire.DEPOT_SYSTEM, wire.DEPOT_COMPONENT)
        self._depot_link = self._depot_end.open_link("skimmer")
        self._depot_end.add_service(DepotClient(self.depot, Target(_SKIMMER_SYSTEM)))

    @property
    def node(self) -> Node:
        """The skimmer's side: where others may watch it."""
        return EndpointNode(self._craft_end, lambda: self.now_ms)

    @property
    def link_ms(self) -> int:
        """Link time, for links to the outside."""
        return self.now_ms

    @property
    def flies(self) -> bool:
        """Is a vehicle that is real in the air by our command?"""
        return False

    def hold(self, why: str) -> bool:
        """Stop a vehicle that is real, by a person's wish; False when there is none to stop."""
        return False

    def hear(self) -> None:
        """Something has come in on another link of the skimmer."""
        self._exchange()

    # --- facts --------------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        """Vehicle time since the loop began."""
        return self.world.state.now_ms

    @property
    def ended_by(self) -> EndedBy | None:
        """Why the loop is over, or None."""
        return self.depot.memory.ended_by

    def levels(self) -> dict[str, dict[str, float]]:
        """How full tanks and batteries are, 0 to 1."""
        skimmer, depot = self.world.state.skimmer, self.world.state.depot
        return {
            "tanks": {tank.name: round(tank.fill, 5) for tank in depot.tanks},
            "skimmer": {
                "store": round(skimmer.store_kg / skimmer.store_capacity_kg, 5),
                "propellant": round(skimmer.lobes.fill, 5),
                "BATT_A and BATT_B": round(skimmer.soc, 5),
                "BATT_RES": round(skimmer.batt_res.j / skimmer.batt_res.capacity_j, 5),
                "depot battery": round(depot.battery.j / depot.battery.capacity_j, 5),
            },
        }

    def snapshot(self) -> Snapshot:
        """The state now; between two steps only."""
        return Snapshot(
            self.world.state, self.skimmer.memory, self.depot.memory, self.faults.memory,
            self._waypoints(), self._loss,
        )  # fmt: skip

    def _waypoints(self) -> list[tuple[float, float, float]]:
        return [(item.x, item.y, item.z) for item in self._core.mission.items()]

    def take_decisions(self) -> list[Decision]:
        """Decisions since the last call, in order."""
        out = self._decisions[:]
        self._decisions.clear()
        return out

    def take_closed(self) -> list[SortieRecord]:
        """Sorties that have ended since the last call."""
        closed = self.depot.take_closed()
        self._flights += [self._flown(record) for record in closed]
        return closed

    def take_flights(self) -> list[Flight]:
        """How those were flown that `take_closed` has given since the last call."""
        out, self._flights = self._flights, []
        return out

    def flight(self) -> Flight | None:
        """The present sortie, as far as it has come."""
        record = self.depot.memory.record
        return None if record is None else self._flown(record)

    def _flown(self, record: SortieRecord) -> Flight:
        launched = [start_ms for phase, start_ms, _ in record.phases if phase == Phase.DEPARTURE]
        segments = self.world.state.flight.segments if launched else []
        return Flight(record.number, list(segments), record.margins)

    @property
    def decided(self) -> bool:
        """Has anything been decided since the last `take_decisions`?"""
        return bool(self._decisions)

    # --- restarts -----------------------------------------------------------------------------------------------------
    def resume_after_done(self) -> None:
        """All sorties that were asked for are flown; now more are."""
        self.depot.resume_after_done(self.now_ms)
        self._exchange()

    def recover(self) -> None:
        """A skimmer that was declared lost reports: take it in, then phase 8."""
        self.depot.recover(self.now_ms)
        self._exchange()

    def take_back(self) -> None:
        """A person asks for a vehicle that is real, and that somebody else has."""

    def _forget_old_faults(self) -> None:
        """Faults that this start was not given hold no longer, but for damage (ABORT-1 and -3)."""
        given = {name for name, holds in self.faults.holding() if holds}
        if not given.intersection(LINK_NAMES):
            self._loss = 0.0
        for name in (*ABORT_2_NAMES, *GO_NAMES, *DOCK_NAMES):
            if name not in given and name not in LASTING_NAMES:
                self.world.clear(name)

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_ms(self) -> int | None:
        """The instant of the next step; None when nothing more will happen."""
        state = self.world.state
        dues = [self.world.next_event_ms(), self.link.next_delivery_ms(), self.faults.next_ms(self._now())]
        dues += self._depot_end.next_deadlines()
        if not state.destroyed:
            dues += self._craft_end.next_deadlines()
        due = min((due for due in dues if due is not None), default=None)
        return None if due is None else max(due, state.now_ms)

    def load(self) -> None:
        """Bring in what is compiled, in whatever thread; before the first step."""

    def step(self, until_ms: int | None = None) -> None:
        """On to the next event, or to `until_ms` if that is earlier."""
        due = self.next_ms()
        if until_ms is not None:
            due = until_ms if due is None else min(due, until_ms)
        if due is None:
            raise RuntimeError("nothing more will happen")
        self.world.advance(due)
        self._exchange()

    def run(self, until: Callable[[], bool]) -> None:
        """Steps until `until` holds or the loop has ended."""
        while self.ended_by is None and not until():
            self.step()

    def _now(self) -> Clock:
        memory, clock = self.depot.memory, self._clock
        clock.now_ms, clock.sortie = self.now_ms, memory.number
        clock.phase, clock.phase_start_ms = int(memory.phase), memory.phase_start_ms
        return clock

    def _exchange(self) -> None:
        """Everything that can happen at this instant, until nothing new happens: both sides look at the time once, and
        again whenever something has come in or a fault has struck."""
        now_ms = self.now_ms
        self.link.advance(now_ms)
        self.link.loss = self._loss if self.world.motion.link_open() else 1.0
        self._core.vehicle.set_ms(now_ms)
        self._strike()
        self._struck = False
        depot_turn = craft_turn = True
        while depot_turn or craft_turn:
            if depot_turn or self.link.a.waiting:
                self._turn(self._depot_end, self._depot_link, self.link.a)
            if craft_turn or self.link.b.waiting:
                self._turn(self._craft_end, self._craft_link, self.link.b)
            depot_turn, craft_turn = self.link.a.waiting, self.link.b.waiting
            self._strike()
            if self._struck:
                depot_turn, craft_turn, self._struck = True, True, False

    def _turn(self, endpoint: Endpoint, number: int, end: MemoryEnd) -> None:
        """One side hears what has come, looks at the time, and speaks."""
        data = end.read()
        if endpoint is not self._depot_end and self.world.state.destroyed:
            return
        now_ms = self.now_ms
        if data:
            endpoint.receive(number, data, now_ms, now_ms)
        endpoint.handle_timeouts(now_ms, now_ms)
        waiting = endpoint.take_bytes(number)
        if waiting:
            end.write(waiting)

    def _strike(self) -> None:
        """Faults begin and end; also at the very start of a phase, before anything is done in it."""
        for name in self.world.take_repairs():  # first: what has been put right may strike again at this very instant
            self.faults.repaired(name)
        happened = self.faults.take(self._now()) if self.ended_by is None else []
        for name, begins in happened:
            if name in LINK_NAMES:
                self._loss = 0.0 if not begins else 1.0 if name == "link_loss" else LOSSY
                self.link.loss = self._loss if self.world.motion.link_open() else 1.0
            elif begins:
                self.world.inject(name)
                if name == "skimmer_late":
                    self.world.stretch_return()
            else:
                self.world.clear(name)
        self._struck |= bool(happened)
