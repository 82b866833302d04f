"""What the flight manager and its actors cost: the same headless mission with and without them, in this process."""

from __future__ import annotations

import time

from autopilot.context.journal import NoJournal
from autopilot.core.autopilot import Autopilot
from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from benchmarks.vehicle import HOME
from mavlink_bridge.firmware.identity import Identity
from sitl.vehicles.copter import SimulatedCopter
from sortie.api.sample import square
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from sortie.nodes.simulated_face import simulated_face
from sortie.nodes.vehicle import QUIET_MS, VehicleService

ROUNDS = 300
JUMP = 177
PAIRS = 3


def _raise(error: Exception, where: str) -> None:
    raise error


def _plan(home: GeoPoint) -> tuple[MissionItem, ...]:
    """The square, its corners flown `ROUNDS` times."""
    items = square(home)
    return (*items[:-1], MissionItem(JUMP, param1=2, param2=ROUNDS - 1), items[-1])


def _speed(flight_manager: bool) -> float:
    """Vehicle seconds per wall second from the start of the mission to the disarming."""
    home = GeoPoint(*HOME)
    parameters = Parameters(COPTER.parameters, {}, {"SIM_BATT_CAP_AH": 0.0})
    vehicle = SimulatedCopter(home, 0.0, 1)
    autopilot = Autopilot("copter", vehicle, parameters, NoJournal(), None, flight_manager=flight_manager)
    identity = Identity("copter", "bench", serves_files=True)
    service = VehicleService(
        vehicle,
        autopilot,
        parameters,
        NoJournal(),
        lambda service: simulated_face(service, identity),
        epoch_us=VIRTUAL_EPOCH_US,
        on_error=_raise,
    )
    service.load()

    def advance() -> None:
        service.advance(service.now_ms + QUIET_MS)

    while not autopilot.prearm.ok:
        advance()
    autopilot.plans.replace(0, _plan(home))
    guided = autopilot.modes.find("GUIDED")
    assert guided is not None
    for outcome in (
        autopilot.modes.set(guided.number, service.now_ms),
        autopilot.arming.arm(service.now_ms),
        autopilot.mission_commands.start(service.now_ms),
    ):
        if not outcome.ok:
            raise RuntimeError(outcome.reason)
    began_ms, began_s = service.now_ms, time.perf_counter()
    while autopilot.facts.armed:
        advance()
    return (service.now_ms - began_ms) / 1000.0 / (time.perf_counter() - began_s)


def actor_layer() -> float:
    """Percent of the headless speed-up that the actors take; the best of some runs each, by turns, since what else runs
    on the machine only ever slows."""
    without, with_actors = 0.0, 0.0
    for _ in range(PAIRS):
        without, with_actors = max(without, _speed(False)), max(with_actors, _speed(True))
    return 100.0 * (1.0 - with_actors / without)
