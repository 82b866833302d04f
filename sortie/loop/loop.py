"""Loop: depot and skimmer as nodes of a runtime, a wire between them, and the world that both act on.

A `Carrier` flies: the model of `space`, a simulated copter, or one with a flight controller. Everything else is the
same. The same profile, seed and faults give the same decisions and bytes. A `LoopSnapshot` holds what must survive a
crash; it is taken when no message is in transit.
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
from sortie.loop.journal import Levels, StoredFlight
from sortie.loop.world_node import WorldNode
from sortie.nodes.endpoint import VehicleTimeNode
from sortie.runtime.node import Node, VehicleNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire

LINK_SEED = 1_000_003


class LoopSnapshot(Struct):
    """State of a loop, complete for a restart."""

    world: WorldState
    skimmer: SkimmerMemory
    depot: DepotMemory
    faults: dict[str, FaultMemory]
    waypoints: list[tuple[float, float, float]]
    item: int = 0  # mission item and time (s since 1970) of a vehicle with a flight controller
    wall_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LoopOrder:
    """Order for a loop. `total`: number of sorties; `confirm`: ask a person before each relaunch; `snapshot`: the state
    to continue from, or None."""

    profile: Profile
    seed: int
    faults: list[LoopFault] = field(default_factory=list)
    total: int | None = None
    confirm: bool = False
    snapshot: LoopSnapshot | None = None


def encode(snapshot: LoopSnapshot) -> bytes:
    return msgspec.msgpack.encode(snapshot)


def decode(data: bytes) -> LoopSnapshot:
    """Decode a snapshot; msgspec.DecodeError for other data."""
    return msgspec.msgpack.decode(data, type=LoopSnapshot)


class RealVehicle(Protocol):
    """Vehicle that people may stop and call back."""

    @property
    def flies(self) -> bool:
        """True while it is in the air under our control."""

    def hold(self, why: str) -> bool:
        """Stop and hold. False when it does not fly, or not by our command."""

    def let_go(self) -> None:
        """Give the vehicle back to the skimmer after a person has held it."""


class Mission(Protocol):
    """Mission of the skimmer's endpoint: the skimmer's messages, and its plan by the mission protocol."""

    def carry(self, controller: SkimmerController) -> None:
        """Send and receive the skimmer's messages on the endpoint too."""

    def on_link(self, link: int, link_ms: int) -> None:
        """Note the link to the depot."""

    def items(self, plan: MissionPlan) -> list[MissionItem]:
        """Return a plan as mission items."""

    def show(self, plan: MissionPlan) -> None:
        """Store the plan as its mission, if it has none."""

    def waypoints(self) -> list[tuple[float, float, float]]:
        """Return the waypoints of its mission."""


class Carrier(Protocol):
    """Vehicle of the skimmer: its node with its endpoint, and its motion in the world."""

    @property
    def node(self) -> Node:
        """Node with its endpoint."""

    @property
    def vehicle(self) -> VehicleNode | None:
        """Vehicle node, if it has a clock of its own, which the world follows."""

    @property
    def endpoint(self) -> Endpoint: ...
    @property
    def firmware(self) -> Firmware:
        """Firmware whose dialect it uses."""

    @property
    def mission(self) -> Mission: ...
    @property
    def motion(self) -> Motion: ...
    @property
    def guidance(self) -> Guidance | None:
        """Guidance of a craft without an autopilot; otherwise None."""

    @property
    def mains_kg_s(self) -> float:
        """Flow into the depot's propellant from an outside line, kg/s."""

    @property
    def offset_ms(self) -> int:
        """Loop time at vehicle time 0, ms."""

    @property
    def real(self) -> RealVehicle | None:
        """The carrier itself, if it is more than a simulation."""

    def begin(self, loop: SortieLoop, snapshot: LoopSnapshot | None) -> None:
        """Restore what no memory of depot or skimmer holds, after a restart. None: the loop is new."""

    def note(self, snapshot: LoopSnapshot) -> None:
        """Add its own data to a snapshot."""


CarrierMaker = Callable[[LoopOrder, WorldState, Runtime], Carrier]


class SortieLoop:
    """Loop in a `runtime`, which advances its time. `take_*` return decisions and closed sorties."""

    def __init__(self, order: LoopOrder, runtime: Runtime, make: CarrierMaker) -> None:
        profile, snapshot = order.profile, order.snapshot
        self._decisions: list[Decision] = []
        self._flights: list[StoredFlight] = []
        self._runtime = runtime
        state = snapshot.world if snapshot else new_state(profile, order.seed)
        self.carrier = carrier = make(order, state, runtime)
        self.world = World(profile, state, carrier.motion, mains_kg_s=carrier.mains_kg_s)
        if carrier.real is not None:
            self.world.advance(state.now_ms)  # determines the current place
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
        self._join(order.seed)
        if snapshot is not None:
            self.world_node.forget_old_faults()
        carrier.begin(self, snapshot)
        if snapshot is None:
            self.depot.start(0)
        if self.depot.memory.plan is not None:
            # Before the first HEARTBEAT, because ground stations request the mission only once, long before phase 1
            # uploads it.
            carrier.mission.show(self.depot.memory.plan)
        if snapshot is None:
            runtime.look()

    def _join(self, seed: int) -> None:
        """Make both endpoints with their services, and the wire between them."""
        carrier, runtime, offset_ms = self.carrier, self._runtime, self.carrier.offset_ms
        carrier.mission.carry(self.skimmer)
        endpoint = Endpoint(wire.DEPOT_SYSTEM, wire.DEPOT_COMPONENT)
        skimmer = Target(carrier.endpoint.system_id, firmware=carrier.firmware)
        endpoint.add_service(DepotClient(self.depot, skimmer, carrier.mission.items, offset_ms=offset_ms))
        depot = VehicleTimeNode(endpoint, lambda: self.world.state.now_ms - offset_ms)
        # Each start draws other losses: the same losses could stop a loop at every restart.
        link = MemoryLink(seed * LINK_SEED + self.world.state.now_ms)
        here = EndpointPlug(carrier.node, carrier.endpoint, "depot", lambda: not self.world.state.destroyed)
        carrier.mission.on_link(here.number, runtime.link_ms)
        self.wire = Wire(link, EndpointPlug(depot, endpoint, "skimmer"), here, lambda: self.world.motion.link_open())
        self.world_node = WorldNode(self.world, self.faults, self.depot.memory, self.wire, runtime.stir, offset_ms)
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

    # --- facts --------------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        """Vehicle time since the loop began, ms."""
        return self.world.state.now_ms

    @property
    def ended_by(self) -> EndedBy | None:
        """Reason why the loop is over, or None."""
        return self.depot.memory.ended_by

    @property
    def decided(self) -> bool:
        """True when there are decisions for `take_decisions`."""
        return bool(self._decisions)

    def levels(self) -> Levels:
        """Return the fill of tanks and batteries, 0 to 1."""
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
        """Return the current state; only between two turns."""
        snapshot = LoopSnapshot(
            self.world.state,
            self.skimmer.memory,
            self.depot.memory,
            self.faults.memory,
            self.carrier.mission.waypoints(),
        )
        self.carrier.note(snapshot)
        return snapshot

    def take_decisions(self) -> list[Decision]:
        """Return the decisions since the last call, in order."""
        out = self._decisions[:]
        self._decisions.clear()
        return out

    def take_closed(self) -> list[SortieRecord]:
        """Return the sorties that have ended since the last call."""
        closed = self.depot.take_closed()
        self._flights += [self._flown(record) for record in closed]
        return closed

    def take_flights(self) -> list[StoredFlight]:
        """Return the recordings of the sorties that `take_closed` has returned since the last call."""
        out, self._flights = self._flights, []
        return out

    def flight(self) -> StoredFlight | None:
        """Return the recording of the current sortie so far."""
        record = self.depot.memory.record
        return None if record is None else self._flown(record)

    def _flown(self, record: SortieRecord) -> StoredFlight:
        launched = [start_ms for phase, start_ms, _ in record.phases if phase == Phase.DEPARTURE]
        segments = self.world.state.flight.segments if launched else []
        return StoredFlight(record.number, list(segments), record.margins)

    # --- what people ask for ------------------------------------------------------------------------------------------
    def resume_after_done(self) -> None:
        """Continue a finished loop with more sorties."""
        self.depot.resume_after_done(self.now_ms)
        self._runtime.look()

    def recover(self) -> None:
        """Take back a skimmer that was declared lost and reports again, then enter phase 8."""
        self.depot.recover(self.now_ms)
        self._runtime.look()
        self.take_back()

    def take_back(self) -> None:
        """Call a real vehicle home that somebody else has controlled, at a person's request."""
        real = self.carrier.real
        if real is not None:
            real.let_go()
            self.skimmer.person_asks(self.now_ms)
            self._runtime.look()

    @property
    def flies(self) -> bool:
        """True while a real vehicle is in the air under our control."""
        real = self.carrier.real
        return real is not None and real.flies

    def hold(self, why: str) -> bool:
        """Stop a real vehicle at a person's request. False without one."""
        real = self.carrier.real
        return real is not None and real.hold(why)

    def leave(self) -> None:
        """Remove the loop's nodes; its vehicle flies on."""
        for node in self.nodes:
            self._runtime.remove(node)
