"""Stand-in for a flight controller: Sortie's simulator and services, with ArduPilot's inconvenient behaviour.

No streams without a request, targets only in GUIDED, DISARM_DELAY, GUID_TIMEOUT, refusals with text, a fence and
mission of its own, a mode switch (channel 5 of an RC override), packets with its own ids dropped, restart on command.
It has no flight manager: an arm command arms at once or is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autopilot.context.events import RebootRequested
from autopilot.context.journal import NoJournal
from autopilot.core.autopilot import Autopilot
from autopilot.core.wiring import NothingStored
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import SimulatedVehicle
from autopilot.mission.events import CurrentChanged
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from autopilot.vehicles.mode_table import CopterMode
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.routing.endpoint import raise_error
from mavlink_bridge.routing.service import Clock, Message, Peer
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.wire.signing import Signing
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, make_vehicle
from sortie.nodes.simulated_face import simulated_face
from sortie.nodes.vehicle import VehicleService

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
SWITCH_EDGES = (1230, 1360, 1490, 1620, 1749)
# FLTMODE1 .. 6 of ArduPilot's own SITL defaults
FLYING_SWITCH, DRIVING_SWITCH = (5, 9, 6, 3, 5, 0), (0, 11, 10, 15, 3, 4)
_SILENT = {"*": 0.0, "HEARTBEAT": 1.0}
"""Stream rates of its links, Hz: only HEARTBEAT until more is requested."""


class StandInModeSwitch:
    """Mode switch of the pilot: channel 5 of RC_CHANNELS_OVERRIDE."""

    clock: Clock = "vehicle"
    handles = frozenset({"RC_CHANNELS_OVERRIDE"})

    def __init__(self, autopilot: Autopilot) -> None:
        self._autopilot = autopilot
        self._position: int | None = None

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        self.turn(message.chan5_raw, now_ms)

    def turn(self, pwm_us: int, now_ms: int) -> None:
        """Move the switch to one of six positions, by pulse width."""
        if not 800 < pwm_us < 2200:
            return
        position = sum(pwm_us > edge for edge in SWITCH_EDGES)
        if position != self._position:
            self._position = position
            flies = self._autopilot.facts.vehicle_class.flies
            self._autopilot.modes.set((FLYING_SWITCH if flies else DRIVING_SWITCH)[position], now_ms)


class StandIn:
    """Stand-in for a controller, in virtual time: `receive` takes bytes, `take` returns bytes, `run_to` advances time
    (ms). `kind`: of simulated vehicle. `params`: by name, in ArduPilot's units. `link`: the number of its only link.
    `key`: its port accepts only messages signed with it."""

    def __init__(
        self,
        kind: str = "copter",
        *,
        home: GeoPoint = HOME,
        heading_deg: float = 0.0,
        seed: int = 1,
        params: Mapping[str, float] | None = None,
        key: bytes | None = None,
    ) -> None:
        self.kind = kind
        self._key = key
        self._home, self._heading, self._seed, self._params = home, heading_deg, seed, dict(params or {})
        self.restarts = 0
        self._zero_ms = 0
        self._boot()

    def _boot(self) -> None:
        self.vehicle: SimulatedVehicle = make_vehicle(self.kind, self._home, self._heading, self._seed)
        parameters = Parameters(vehicle_class(self.kind).parameters, {}, self._params)
        journal = NoJournal()
        self.autopilot = Autopilot(self.kind, self.vehicle, parameters, journal, NothingStored(), flight_manager=False)
        identity = Identity(self.kind, "stand-in", serves_files=True)
        self.service = VehicleService(
            self.vehicle,
            self.autopilot,
            parameters,
            journal,
            lambda service: simulated_face(service, identity),
            epoch_us=VIRTUAL_EPOCH_US,
            on_error=raise_error,
            link_rates=_SILENT,
        )
        telemetry = self.service.telemetry
        assert isinstance(telemetry, TelemetryService)
        del telemetry.at_once[CurrentChanged]  # MISSION_CURRENT is only sent as a stream
        self.switch = StandInModeSwitch(self.autopilot)
        self.service.endpoint.add_service(self.switch)
        self.service.observers.append(self._observe)
        if self.autopilot.facts.vehicle_class.flies:
            self.vehicle.set_sticks(Sticks(throttle=0.0))  # the transmitter is switched on, throttle down
        self.link = self.service.endpoint.open_link("serial0", trusted=self._key is None)
        if self._key is not None:
            self.service.endpoint.set_signing(Signing(self._key, 1))
        self._restart = False

    def _observe(self, events: list[Any], now_ms: int) -> None:
        self._restart = self._restart or any(isinstance(event, RebootRequested) for event in events)

    def restart(self, now_ms: int) -> None:
        """Restart after a power loss: it stands where it was first switched on, with its clock at 0."""
        self.restarts += 1
        self._zero_ms = now_ms
        self._boot()

    def turn_switch(self, pwm_us: int) -> None:
        """Move the pilot's switch, with throttle in the middle. The receiver is wired to the controller; no link is
        involved."""
        self.vehicle.set_sticks(Sticks())
        self.switch.turn(pwm_us, self.service.now_ms)

    def receive(self, data: bytes, now_ms: int) -> None:
        """Receive bytes on its serial port at `now_ms` (as for `run_to`)."""
        self.service.receive(self.link, data, now_ms)

    def run_to(self, now_ms: int) -> None:
        """Advance to `now_ms`, which continues over restarts."""
        self.service.run_to(now_ms - self._zero_ms, now_ms)
        if self._restart:
            self.restart(now_ms)

    def take(self) -> bytes:
        return self.service.endpoint.take_bytes(self.link)

    # --- what it has, whatever Sortie makes of it -----------------------------------------------------------------
    @property
    def time_ms(self) -> int:
        """Time of its clock, ms, continued over restarts."""
        return self._zero_ms + self.service.now_ms

    @property
    def mode(self) -> int:
        return self.autopilot.modes.number

    @property
    def armed(self) -> bool:
        return self.autopilot.facts.armed

    @property
    def position(self) -> Ned:
        """NED position from where it was switched on, m."""
        return self.vehicle.state.position

    @property
    def ground_speed(self) -> float:
        """Speed over ground, m/s."""
        return self.vehicle.state.ground_speed

    def total(self, kind: int) -> int:
        """Return the number of items of a plan of this MAV_MISSION_TYPE, without home."""
        return self.autopilot.plans.storage(kind).total()

    def parameter(self, name: str) -> float:
        """Return the value of a parameter, in its unit."""
        return self.service.parameters[name]

    def parameter_names(self) -> list[str]:
        return list(self.service.parameters.names())

    def lose_gps(self) -> None:
        """Take the fix of its GPS receiver away."""
        self.vehicle.inject_fault("gps.loss", None, active=True)

    def forbid_guided(self) -> None:
        """Forbid ground stations to select GUIDED (FLTMODE_GCSBLOCK)."""
        self.autopilot.modes._modes.pop(CopterMode.GUIDED)

    def close(self) -> None:
        """Do nothing: it holds no resources."""
