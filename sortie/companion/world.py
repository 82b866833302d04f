"""A firmware that is started for a run and flies a body of our world, on the run's clock: `,world=ours`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from autopilot.flight.faults import FAULT_NAMES as FLIGHT_FAULTS
from autopilot.interface.geo import GeoPoint
from mavlink_bridge.firmware.simulator_interface import SimulatorInterface
from mavlink_bridge.links.address import parse_link
from mavlink_bridge.routing.endpoint import Endpoint
from sitl.child import SitlError
from sitl.vehicles.kinds import make_simulated, on_ground
from sitl.vehicles.outside_faults import FirmwareFaults
from sitl.ways_in import WAYS
from sortie.config.errors import UserError, nearest
from sortie.config.faults import Fault
from sortie.config.settings import Settings
from sortie.config.values import DEFAULT_HOME
from sortie.nodes.firmware import FirmwareNode, wire_to
from sortie.nodes.vehicle import LINK_FAULTS
from sortie.reading.terrain import read_ground
from sortie.runtime.node import Node
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always
from sortie.runtime.wire import EndpointPlug


class FirmwareInWorld:
    """See the module. Started once made: `runtime` carries its time, as fast as it goes until it is told another speed;
    `stack` ends it. `parameters`: as a person gave them, of the body and of the firmware. SitlError."""

    search = None
    baud = None

    def __init__(
        self, settings: Settings, folder: Path, stack: ExitStack, runtime: Runtime, parameters: Mapping[str, float]
    ) -> None:
        lat, lon, alt, heading = DEFAULT_HOME
        place, heading = (GeoPoint(lat, lon, alt), heading) if settings.home is None else settings.home
        ground = None if settings.terrain is None else read_ground(settings.terrain, [place])
        place = place if ground is None else on_ground(place, ground)
        kind, self._way = settings.vehicle.frame, WAYS[settings.vehicle.kind]
        if kind not in self._way.steps:
            raise SitlError(f"no {kind} of {self._way.name} flies in our world: {', '.join(self._way.steps)} can")
        self.machine = make_simulated(kind, place, heading, settings.seed, ground, steps=self._way.steps[kind])
        for name, value in parameters.items():
            self.machine.set_parameter(name, value)
        home = (place.lat, place.lon, place.alt, heading)
        lockstep = self._way.launch(
            kind, settings.vehicle.target, home, self.machine, folder, parameters, SimulatorInterface
        )
        stack.callback(lockstep.close)
        self.child = lockstep.child
        self.faults = FirmwareFaults(self.machine, self._way.by_parameter, self._way.unknown)
        self.spec = parse_link(self.child.address)
        self.node = FirmwareNode(lockstep, runtime.signals)
        self._runtime = runtime
        runtime.add_vehicle(self.node)
        runtime.set_speedup(0.0, always)

    def join(self, node: Node, endpoint: Endpoint) -> None:
        """The firmware's line leads to this endpoint of `node` from now on."""
        for number in endpoint.links():
            endpoint.close_link(number)
        self._runtime.connect(wire_to(self.node, EndpointPlug(node, endpoint, self.child.address)))

    def check(self, faults: Sequence[Fault]) -> None:
        """UserError for a fault that this firmware cannot have."""
        known = (*self.faults.names(), *LINK_FAULTS, *FLIGHT_FAULTS)
        for fault in faults:
            if fault.name not in known:
                what = f"no {self._way.name} in our world can have it{nearest(fault.name, known)}"
                raise UserError(what, option="fault", given=str(fault))

    def look(self, frames: int, now_ms: int) -> None:
        """Do nothing: a wire has no rate to be found."""
