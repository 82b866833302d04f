"""A loop: the depot and its skimmer as nodes of a runtime, a wire between them, and the world that both act on.

What flies is a `Carrier`: the model of `space`, a simulated copter, or one with a flight controller; the rest is the
same. Time passes in the runtime, from deadline to deadline; the same profile, seed and faults give the same decisions
and bytes. What is to survive a crash is one `LoopSnapshot`, taken at instants at which nothing is on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec
from msgspec import Struct

from autopilot.interface.records import dataclass, field
from autopilot.mission.items import MissionItem
from depot.decision import Decision
from depot.decisions.depot_controller import DepotController
from depot.decisions.memory import DepotMemory
from depot.decisions.phase_context import PhaseContext
from depot.decisions.record import SortieRecord
from depot.messages import MissionPlan
from depot.names import EndedBy, Phase
from depot.settings import Profile
from depot.skimmer.guidance import Guidance
from depot.skimmer.reports import SkimmerMemory
from depot.skimmer.skimmer_controller import SkimmerController
from depot.wire import wire
from depot.wire.depot import DepotClient
from depot.world.motion import Motion
from depot.world.state import WorldState, new_state
from depot.world.world import World
from mavlink_bridge.clients.base import Target
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.links.memory import MemoryLink
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.loop.faults import FaultMemory, FaultSchedule, LoopFault
from sortie.loop.journal import StoredFlight
from sortie.loop.world_node import WorldNode
from sortie.nodes.endpoint import VehicleTimeNode
from sortie.runtime.node import Node, VehicleNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire

LINK_SEED = 1_000_003


class LoopSnapshot(Struct):
    """State of a loop: everything that a restart needs."""

    world: WorldState
    skimmer: SkimmerMemory
    depot: DepotMemory
    faults: dict[str, FaultMemory]
    waypoints: list[tuple[float, float, float]]
    loss: float = 0.0
    item: int = 0  # of the mission under way, of a vehicle with a flight controller; and the wall's time (s) then
    wall_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LoopOrder:
    """Order for a loop. `total`: it ends after so many sorties; `confirm`: a person is asked before each relaunch;
    `snapshot`: what it goes on from, None: nothing."""

    profile: Profile
    seed: int
    faults: list[LoopFault] = field(default_factory=list)
    total: int | None = None
    confirm: bool = False
    snapshot: LoopSnapshot | None = None


def encode(snapshot: LoopSnapshot) -> bytes:
    """For the journal."""
    return msgspec.msgpack.encode(snapshot)


def decode(data: bytes) -> LoopSnapshot:
    """Decode what `encode` wrote; msgspec.DecodeError when it is something else."""
    return msgspec.msgpack.decode(data, type=LoopSnapshot)


class RealVehicle(Protocol):
    """A vehicle that people may stop and ask for."""

    @property
    def flies(self) -> bool:
        """True while it is in the air by our command."""

    def hold(self, why: str) -> bool:
        """Stop here and stay. False when it does not fly, or for others."""

    def let_go(self) -> None:
        """Give the vehicle back to the skimmer: no person holds it any more."""


class Mission(Protocol):
    """Mission of the skimmer's endpoint: the skimmer's messages, and its plan by the mission protocol."""

    def carry(self, controller: SkimmerController) -> None:
        """From now on the endpoint speaks for the skimmer too."""

    def on_link(self, link: int, link_ms: int) -> None:
        """The depot is on this link of it."""

    def items(self, plan: MissionPlan) -> list[MissionItem]:
        """A plan as it is flown."""

    def show(self, plan: MissionPlan) -> None:
        """Take the plan as its mission, if it has none."""

    def waypoints(self) -> list[tuple[float, float, float]]:
        """Waypoints of its mission."""


class Carrier(Protocol):
    """Carrier that flies: the skimmer's node with its endpoint, and what moves it in the world."""

    @property
    def node(self) -> Node:
        """Node with its endpoint; others may watch it there."""

    @property
    def vehicle(self) -> VehicleNode | None:
        """Node as a vehicle, if it has a clock of its own, which the world follows."""

    @property
    def endpoint(self) -> Endpoint: ...
    @property
    def firmware(self) -> Firmware:
        """Firmware whose dialect it speaks."""

    @property
    def mission(self) -> Mission: ...
    @property
    def motion(self) -> Motion: ...
    @property
    def guidance(self) -> Guidance | None:
        """Guidance that flies a craft without an autopilot of its own; None for a craft with one."""

    @property
    def mains_kg_s(self) -> float:
        """Flow into the depot's propellant by a line from outside, kg/s."""

    @property
    def offset_ms(self) -> int:
        """The loop's time when its clock, the runtime's vehicle time, was 0."""

    @property
    def real(self) -> RealVehicle | None:
        """Itself, where it is more than a simulation."""

    def begin(self, loop: SortieLoop, snapshot: LoopSnapshot | None) -> None:
        """The process is new: bring up what no memory of the two holds. None: so is the loop."""

    def note(self, snapshot: LoopSnapshot) -> None:
        """Add to a snapshot what it has itself."""


CarrierMaker = Callable[[LoopOrder, WorldState, Runtime], Carrier]


class SortieLoop:
    """See the module; takes part in `runtime`, which lets its time pass. Decisions and closed sorties are taken with
    `take_*`."""

    def __init__(self, order: LoopOrder, runtime: Runtime, make: CarrierMaker) -> None:
        profile, snapshot = order.profile, order.snapshot
        self._decisions: list[Decision] = []
        self._flights: list[StoredFlight] = []
        self._runtime = runtime
        state = snapshot.world if snapshot else new_state(profile, order.seed)
        self.carrier = carrier = make(order, state, runtime)
        self.world = World(profile, state, carrier.motion, mains_kg_s=carrier.mains_kg_s)
        if carrier.real is not None:
            self.world.advance(state.now_ms)  # a look at where it is
        memory = snapshot.skimmer if snapshot else SkimmerMemory()
        if carrier.guidance is not None:
            memory.guidance = carrier.guidance.memory
        self.skimmer = SkimmerController(
            profile.heartbeat,
            profile.power,
            profile.skimmer.clear_m,
            self.world,
            self._decisions.append,
            memory,
            carrier.guidance,
        )
        remembered = snapshot.depot if snapshot else DepotMemory()
        self.depot = DepotController(
            PhaseContext(
                profile,
                self.world,
                self._decisions.append,
                remembered,
                total=order.total,
                confirm=order.confirm,
                entered=lambda: self.world_node.strike(),
            )
        )
        self.faults = FaultSchedule(order.faults, profile, order.seed, snapshot.faults if snapshot else {})
        self._join(order.seed, snapshot.loss if snapshot else 0.0)
        if snapshot is not None:
            self.world_node.forget_old_faults()
        carrier.begin(self, snapshot)
        if snapshot is None:
            self.depot.start(0)
        if self.depot.memory.plan is not None:
            # Before anybody hears it: a ground station asks for the mission when it hears the first HEARTBEAT, long
            # before phase 1 uploads it, and never again.
            carrier.mission.show(self.depot.memory.plan)
        if snapshot is None:
            runtime.look()

    def _join(self, seed: int, loss: float) -> None:
        """Two endpoints, the services that speak for the parties, the wire between them, and the runtime."""
        carrier, runtime, offset_ms = self.carrier, self._runtime, self.carrier.offset_ms
        carrier.mission.carry(self.skimmer)
        endpoint = Endpoint(wire.DEPOT_SYSTEM, wire.DEPOT_COMPONENT)
        skimmer = Target(carrier.endpoint.system_id, firmware=carrier.firmware)
        endpoint.add_service(DepotClient(self.depot, skimmer, carrier.mission.items, offset_ms=offset_ms))
        depot = VehicleTimeNode(endpoint, lambda: self.world.state.now_ms - offset_ms)
        # Another start draws other losses: the same ones again could stop a loop that is restarted often.
        link = MemoryLink(seed * LINK_SEED + self.world.state.now_ms)
        here = EndpointPlug(carrier.node, carrier.endpoint, "depot", lambda: not self.world.state.destroyed)
        carrier.mission.on_link(here.number, runtime.link_ms)
        self.wire = Wire(link, EndpointPlug(depot, endpoint, "skimmer"), here, self._link_open)
        self.world_node = WorldNode(self.world, self.faults, self.depot.memory, self.wire, runtime.stir, offset_ms)
        self.wire.loss = loss  # by a fault
        self.nodes: tuple[Node, ...] = (self.world_node, depot, carrier.node)
        if carrier.vehicle is None:
            runtime.add_vehicle(self.world_node)
            runtime.add(depot)
            runtime.add(carrier.node)
        else:
            runtime.add(self.world_node)
            runtime.add(depot)
            runtime.add_vehicle(carrier.vehicle)
        runtime.connect(self.wire)

    def _link_open(self) -> bool:
        return self.world.motion.link_open()

    # --- facts --------------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        """Vehicle time since the loop began."""
        return self.world.state.now_ms

    @property
    def ended_by(self) -> EndedBy | None:
        """Reason why the loop is over, or None."""
        return self.depot.memory.ended_by

    @property
    def decided(self) -> bool:
        """True when a decision was made since the last `take_decisions`."""
        return bool(self._decisions)

    def levels(self) -> dict[str, dict[str, float]]:
        """Fill of tanks and batteries, 0 to 1."""
        skimmer, depot, units = self.world.state.skimmer, self.world.state.depot, self.world.profile.units
        return {
            "tanks": {name: round(tank.fill, 5) for tank in depot.tanks if (name := units.tank(tank.name)) is not None},
            "skimmer": {
                "store": round(skimmer.store_kg / skimmer.store_capacity_kg, 5),
                "propellant": round(skimmer.lobes.fill, 5),
                "BATT_A and BATT_B": round(skimmer.soc, 5),
                "BATT_RES": round(skimmer.batt_res.j / skimmer.batt_res.capacity_j, 5),
                "depot battery": round(depot.battery.j / depot.battery.capacity_j, 5),
            },
        }

    def snapshot(self) -> LoopSnapshot:
        """The state now; between two turns only."""
        snapshot = LoopSnapshot(
            self.world.state,
            self.skimmer.memory,
            self.depot.memory,
            self.faults.memory,
            self.carrier.mission.waypoints(),
            self.wire.loss,
        )
        self.carrier.note(snapshot)
        return snapshot

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

    def take_flights(self) -> list[StoredFlight]:
        """Take the recordings of the sorties that `take_closed` has given since the last call."""
        out, self._flights = self._flights, []
        return out

    def flight(self) -> StoredFlight | None:
        """The present sortie, as far as it has come."""
        record = self.depot.memory.record
        return None if record is None else self._flown(record)

    def _flown(self, record: SortieRecord) -> StoredFlight:
        launched = [start_ms for phase, start_ms, _ in record.phases if phase == Phase.DEPARTURE]
        segments = self.world.state.flight.segments if launched else []
        return StoredFlight(record.number, list(segments), record.margins)

    # --- what people ask for ------------------------------------------------------------------------------------------
    def resume_after_done(self) -> None:
        """All sorties that were asked for are flown; now more are."""
        self.depot.resume_after_done(self.now_ms)
        self._runtime.look()

    def recover(self) -> None:
        """A skimmer that was declared lost reports: take it in, from wherever it is, then phase 8."""
        self.depot.recover(self.now_ms)
        self._runtime.look()
        self.take_back()

    def take_back(self) -> None:
        """A person asks for a vehicle that is real, and that somebody else has: it comes home."""
        real = self.carrier.real
        if real is not None:
            real.let_go()
            self.skimmer.person_asks(self.now_ms)
            self._runtime.look()

    @property
    def flies(self) -> bool:
        """True while a real vehicle is in the air by our command."""
        real = self.carrier.real
        return real is not None and real.flies

    def hold(self, why: str) -> bool:
        """Stop a vehicle that is real, by a person's wish; False when there is none to stop."""
        real = self.carrier.real
        return real is not None and real.hold(why)

    def leave(self) -> None:
        """The loop is over: its vehicle flies on without it."""
        for node in self.nodes:
            self._runtime.remove(node)
