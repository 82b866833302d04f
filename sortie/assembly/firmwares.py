"""Real firmwares that are started for a run and fly bodies of our simulator on the run's clock (`,world=ours`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from autopilot.context.journal import Journal
from autopilot.flight.faults import FAULT_NAMES as FLIGHT_FAULTS
from autopilot.vehicles.kinds import class_of_type, vehicle_class
from mavlink_bridge.firmware.known import SPOKEN
from mavlink_bridge.firmware.simulator_interface import SimulatorInterface
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.onboard_sensors import OnboardSensors
from mavlink_bridge.routing.endpoint import Endpoint
from sitl.child import SitlError
from sitl.vehicles.outside_faults import OF_WORLD, FirmwareFaults
from sitl.vehicles.rows import MachineRows
from sitl.ways_in import WAYS
from sortie.assembly.vehicle import PlacedVehicle, simulated_name
from sortie.companion.service import Companion, another_kind, build_companion, flies_native, own_parameters
from sortie.config.errors import UserError, nearest
from sortie.config.faults import Fault
from sortie.config.formation import OWN_SYSTEM, OWN_SYSTEM_NAMES
from sortie.nodes.fault_plan import LINK_FAULTS
from sortie.nodes.firmware import FirmwareNode, FlownRows, MemberPlug, wire_to
from sortie.runtime.wire import EndpointPlug, Plug

if TYPE_CHECKING:
    from sortie.assembly.vehicle import Surroundings
    from sortie.nodes.fleet import FleetNode
    from sortie.storage.rows import StoredState


class FirmwareInWorld:
    """Firmware that flies one vehicle. It is started at once, with its files in `folder`; `stack` ends it.
    UserError."""

    def __init__(self, standing: PlacedVehicle, folder: Path, stack: ExitStack) -> None:
        spec, machine = standing.spec, standing.machine
        assert spec.flown_by is not None
        self._standing = standing
        self._way = WAYS[spec.flown_by.kind]
        self._own = (*own_parameters(spec.kind), *OF_WORLD)
        given = standing.given
        self._system = spec.system or int(next((given[name] for name in OWN_SYSTEM_NAMES if name in given), 1.0))
        for name, value in given.items():
            machine.set_parameter(name, value)
        theirs = dict(() if machine.receiver is None else self._way.hears)
        theirs |= () if machine.scanner is None else self._way.sees
        theirs |= {
            name: value
            for name, value in given.items()
            if not name.startswith(self._own) and name not in OWN_SYSTEM_NAMES
        }
        place = spec.home
        home = (place.lat, place.lon, place.alt, spec.heading_deg)
        try:
            self.lockstep = self._way.launch(
                spec.kind, spec.flown_by.target, home, machine, folder, theirs, self._system, SimulatorInterface
            )
        except SitlError as error:
            raise UserError(str(error), 1 if error.ended else 2) from error
        stack.callback(self.lockstep.close)
        self._faults = FirmwareFaults(machine, self._way.by_parameter, self.lockstep.switches, self._way.unknown)
        self._check(standing.faults)

    def _check(self, faults: Sequence[Fault]) -> None:
        """Raise UserError for a fault that this firmware does not support."""
        links = [name for name in LINK_FAULTS if name not in self._faults.unknown]
        known = (*self._faults.names(), *links, *FLIGHT_FAULTS)
        for fault in faults:
            if fault.name not in known:
                what = f"no {self._way.name} in Sortie's simulator can have it{nearest(fault.name, known)}"
                raise UserError(what, option="fault", given=str(fault))

    def build(
        self,
        journal: Journal,
        stored: StoredState,
        given: Mapping[str, float],
        *,
        epoch_us: int,
        on_error: Callable[[Exception, str], None],
    ) -> Companion:
        """Make its companion, which knows which messages to expect."""
        spec = self._standing.spec
        firmware = SPOKEN[self._way.word](vehicle_class(spec.kind))
        native = flies_native(spec.strategy, firmware)
        companion = build_companion(
            FlightController(firmware, self._system, 0, native=native, body=self._faults),
            Endpoint(self._system, COMPONENT, on_error=on_error),
            journal,
            stored,
            {name: value for name, value in given.items() if name.startswith(self._own)}
            | {OWN_SYSTEM: float(self._system)},
            stored.parameters,
            name=simulated_name(spec.kind, spec.seed),
            epoch_us=epoch_us,
            on_error=on_error,
            faults=self._standing.faults,
            carried=True,
        )
        companion.link.add_service(OnboardSensors(self._standing.machine))
        return companion


class Firmwares:
    """All firmwares of a run, by vehicle number. They are started at once, in the runtime of `around`, before the other
    nodes. UserError."""

    def __init__(self, standing: Sequence[PlacedVehicle], around: Surroundings) -> None:
        folder = around.folder or Path(around.stack.enter_context(TemporaryDirectory()))
        self._around = around
        self._flown = {
            number: FirmwareInWorld(stand, folder / stand.spec.label / stand.spec.flown_by.kind, around.stack)
            for number, stand in enumerate(standing)
            if stand.spec.flown_by is not None
        }
        self._members = tuple(self._flown)
        self._machines = [standing[member].machine for member in self._members]
        self._companions: dict[int, Companion] = {}
        self._fleet: FleetNode | None = None
        self.node = FirmwareNode(
            [flown.lockstep for flown in self._flown.values()], around.runtime.signals, self._refusal, self._ended
        )
        around.stack.callback(self.node.close)
        around.runtime.add_vehicle(self.node)

    def companion(self, number: int, journal: Journal, stored: StoredState, given: Mapping[str, float]) -> Companion:
        made = self._flown[number].build(
            journal, stored, given, epoch_us=self._around.epoch_us, on_error=self._around.on_error
        )
        self._companions[number] = made
        return made

    def rows(self) -> FlownRows:
        """Return the vehicles as rows of a fleet. Must be called before they fly, because it moves their bodies into
        rows."""
        return FlownRows([made.vehicle for made in self._companions.values()], MachineRows(self._machines))

    def join(self, fleet: FleetNode | None) -> None:
        """Connect (or reconnect) their serial lines to their companions. `fleet`: the fleet of the companions; None: a
        single vehicle."""
        self._fleet = fleet
        for companion in self._companions.values():
            for link in companion.link.links():
                companion.link.close_link(link)
        for number, (member, companion) in enumerate(self._companions.items()):
            name = self.node.locksteps[number].child.address
            plug: Plug
            if fleet is None:
                plug = EndpointPlug(companion.service, companion.link, name)
            else:
                plug = MemberPlug(fleet, member, companion.link, name)
            self._around.runtime.connect(wire_to(self.node, number, plug))

    def _refusal(self, number: int) -> SitlError | None:
        """Return the error for a program whose HEARTBEAT is of another kind of vehicle than its body."""
        vehicle = self._companions[self._members[number]].vehicle
        reported = None if vehicle.vehicle_type is None else class_of_type(vehicle.vehicle_type)
        complaint = (
            "" if reported is None else another_kind(vehicle.firmware.name, reported, vehicle.firmware.vehicle_class)
        )
        return SitlError(complaint) if complaint else None

    def _ended(self, number: int, error: SitlError) -> None:
        """Note that a firmware has ended; others of a fleet fly on. UserError when none is left."""
        fleet = self._fleet
        if fleet is not None:
            fleet.strand(self._members[number], error)
            if len(fleet.stranded) < len(fleet.services):
                return
        raise UserError(str(error), 1 if error.ended else 2) from error
