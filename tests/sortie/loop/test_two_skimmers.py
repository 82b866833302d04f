"""Several skimmers at one depot: one endpoint with a client for each, a wire to each, one runtime."""

from __future__ import annotations

from depot.decision import Decision
from depot.decisions.depot_controller import DepotController
from depot.decisions.memory import DepotMemory
from depot.decisions.phase_context import PhaseContext
from depot.names import EndedBy
from depot.skimmer.guidance import GuidanceMemory
from depot.skimmer.reports import SkimmerMemory
from depot.skimmer.skimmer_controller import SkimmerController
from depot.wire import wire
from depot.wire.depot import DepotClient
from depot.world.state import new_state
from depot.world.world import World
from mavlink_bridge.clients.base import Target
from mavlink_bridge.links.memory import MemoryLink
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.loop.faults import FaultSchedule, parse_loop_fault
from sortie.loop.space import ModelledSkimmer
from sortie.loop.world_node import WorldNode
from sortie.nodes.endpoint import VehicleTimeNode
from sortie.runtime.pacing import FOR_EVER_MS
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire
from tests.fakes.loop_run import PROFILE, LoopBench


class Berth:
    """One skimmer of a depot: its resources, both controllers, and the wire to the depot's endpoint."""

    def __init__(self, system: int, depot: VehicleTimeNode, runtime: Runtime, *faults: str) -> None:
        self.decisions: list[Decision] = []
        state = new_state(PROFILE, system)
        carrier = ModelledSkimmer(PROFILE, state, GuidanceMemory(), system)
        world = World(PROFILE, state, carrier.motion)
        skimmer = SkimmerController(
            PROFILE.heartbeat,
            PROFILE.power,
            PROFILE.skimmer.clear_m,
            world,
            self.decisions.append,
            SkimmerMemory(guidance=carrier.guidance.memory),
            carrier.guidance,
        )
        self.depot = DepotController(
            PhaseContext(
                PROFILE, world, self.decisions.append, DepotMemory(), total=1, entered=lambda: self.world_node.strike()
            )
        )
        carrier.mission.carry(skimmer)
        depot.endpoint.add_service(DepotClient(self.depot, Target(system), carrier.mission.items))
        here = EndpointPlug(carrier.node, carrier.endpoint, "depot")
        there = EndpointPlug(depot, depot.endpoint, f"skimmer {system}")
        self.wire = Wire(MemoryLink(system), there, here, carrier.motion.link_open)
        schedule = FaultSchedule([parse_loop_fault(text) for text in faults], PROFILE, system, {})
        self.world_node = WorldNode(world, schedule, self.depot.memory, self.wire, runtime.stir, 0)
        runtime.add_vehicle(self.world_node)
        runtime.add(carrier.node)
        runtime.connect(self.wire)
        self.depot.start(0)

    @property
    def course(self) -> list[str]:
        """What the depot has decided about it, in order."""
        return course(self.decisions)


def course(decisions: list[Decision]) -> list[str]:
    """See `Berth.course`."""
    return [decision.name for decision in decisions if decision.party == "depot"]


def alone(seed: int, *faults: str) -> list[str]:
    """The course of the same skimmer with a depot for itself."""
    return course(LoopBench(*faults, seed=seed).run().decisions)


def test_two_skimmers_fly_from_one_depot_each_as_alone() -> None:
    """One is aborted, the other is not: what is said to one is not obeyed by the other."""
    runtime = Runtime()
    depot = VehicleTimeNode(Endpoint(wire.DEPOT_SYSTEM, wire.DEPOT_COMPONENT), lambda: runtime.now_ms)
    runtime.add(depot)
    berths = [Berth(1, depot, runtime, "debris@phase4+100"), Berth(2, depot, runtime)]
    runtime.look()
    while any(berth.depot.memory.ended_by is None for berth in berths):
        runtime.step(FOR_EVER_MS)
    assert [berth.depot.memory.ended_by for berth in berths] == [EndedBy.SORTIES_DONE] * 2
    assert len(depot.endpoint.links()) == 2
    assert berths[0].course == alone(1, "debris@phase4+100")
    assert berths[1].course == alone(2)
    assert "debris" in berths[0].course and "debris" not in berths[1].course
