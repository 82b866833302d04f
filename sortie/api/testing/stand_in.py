"""A flight controller that is none: Sortie's simulator and service, behaving as ArduPilot does where that hurts.

No streams unasked, targets only in GUIDED, DISARM_DELAY, GUID_TIMEOUT, refusals with text, an own fence and mission,
an own mode switch (channel 5 of an RC override), packets with its own ids dropped, a restart on command. No flight
manager: an arm command arms at once or is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autopilot.context.events import RebootRequested
from autopilot.context.journal import MemoryJournal
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
"""Rates of its links, Hz: HEARTBEAT only, until more is requested."""


class StandInModeSwitch:
    """The pilot's mode switch: RC_CHANNELS_OVERRIDE, channel 5."""

    clock: Clock = "vehicle"
    handles = frozenset({"RC_CHANNELS_OVERRIDE"})

    def __init__(self, autopilot: Autopilot) -> None:
        self._autopilot = autopilot
        self._position: int | None = None

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        self.turn(message.chan5_raw, now_ms)

    def turn(self, pwm_us: int, now_ms: int) -> None:
        """The switch is here now: six positions, told by the pulse width."""
        if not 800 < pwm_us < 2200:
            return
        position = sum(pwm_us > edge for edge in SWITCH_EDGES)
        if position != self._position:
            self._position = position
            flies = self._autopilot.facts.vehicle_class.flies
            self._autopilot.modes.set((FLYING_SWITCH if flies else DRIVING_SWITCH)[position], now_ms)


class StandIn:
    """Stand-in for a controller, in virtual time: bytes in by `receive`, bytes out by `take`, time by `run_to` (ms).
    `kind`: which of the simulated vehicles; `params`: its parameters by name, in ArduPilot's units. `link` is the
    number of its only link; `key`: its port is no USB port, and takes only what is signed with it."""

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
        journal = MemoryJournal()
        self.autopilot = Autopilot(self.kind, self.vehicle, parameters, journal, NothingStored(), flight_manager=False)
        identity = Identity(self.kind, "stand-in", serves_files=True)
        self.service = VehicleService(
            self.vehicle,
            self.autopilot,
            parameters,
            journal,
            lambda service: simulated_face(service, identity),
            epoch_us=VIRTUAL_EPOCH_US,
            on_error=_raise,
            link_rates=_SILENT,
        )
        telemetry = self.service.telemetry
        assert isinstance(telemetry, TelemetryService)
        del telemetry.at_once[CurrentChanged]  # MISSION_CURRENT comes as a stream only
        self.switch = StandInModeSwitch(self.autopilot)
        self.service.endpoint.add_service(self.switch)
        self.service.observers.append(self._observe)
        if self.autopilot.facts.vehicle_class.flies:
            self.vehicle.set_sticks(Sticks(throttle=0.0))  # the pilot's transmitter lies there, throttle down
        self.link = self.service.endpoint.open_link("serial0", trusted=self._key is None)
        if self._key is not None:
            self.service.endpoint.set_signing(Signing(self._key, 1))
        self._restart = False

    def _observe(self, events: list[Any], now_ms: int) -> None:
        self._restart = self._restart or any(isinstance(event, RebootRequested) for event in events)

    def restart(self, now_ms: int) -> None:
        """Power lost and back: it stands where it was switched on first, its clock at 0."""
        self.restarts += 1
        self._zero_ms = now_ms
        self._boot()

    def turn_switch(self, pwm_us: int) -> None:
        """The pilot's own radio, throttle in the middle now, which is wired to the controller: no link is involved."""
        self.vehicle.set_sticks(Sticks())
        self.switch.turn(pwm_us, self.service.now_ms)

    def receive(self, data: bytes, now_ms: int) -> None:
        """Bytes on its serial port; `now_ms` as for `run_to`."""
        self.service.receive(self.link, data, now_ms)

    def run_to(self, now_ms: int) -> None:
        """Time goes on to `now_ms`, which does not begin anew when it restarts."""
        self.service.run_to(now_ms - self._zero_ms, now_ms)
        if self._restart:
            self.restart(now_ms)

    def take(self) -> bytes:
        """Take the bytes that it sends."""
        return self.service.endpoint.take_bytes(self.link)

    # --- what it has, whatever Sortie makes of it -----------------------------------------------------------------
    @property
    def time_ms(self) -> int:
        """Time of its clock, ms, going on over restarts."""
        return self._zero_ms + self.service.now_ms

    @property
    def mode(self) -> int:
        return self.autopilot.modes.number

    @property
    def armed(self) -> bool:
        return self.autopilot.facts.armed

    @property
    def position(self) -> Ned:
        """From where it was switched on."""
        return self.vehicle.state.position

    @property
    def ground_speed(self) -> float:
        return self.vehicle.state.ground_speed

    def total(self, kind: int) -> int:
        """Items of its own plan of this MAV_MISSION_TYPE, home not counted."""
        return self.autopilot.plans.storage(kind).total()

    def parameter(self, name: str) -> float:
        """Value of a parameter on board."""
        return self.service.parameters[name]

    def parameter_names(self) -> list[str]:
        """In the order of their indices."""
        return list(self.service.parameters.names())

    def lose_gps(self) -> None:
        """Take the fix from its GPS receiver."""
        self.vehicle.inject_fault("gps.loss", None, active=True)

    def forbid_guided(self) -> None:
        """Ground stations may not choose GUIDED (FLTMODE_GCSBLOCK)."""
        self.autopilot.modes._modes.pop(CopterMode.GUIDED)

    def close(self) -> None:
        """Do nothing: it holds no resources."""


def _raise(problem: Exception, where: str) -> None:
    raise problem
