"""Restoring of a vehicle that several tests fly: what a test may change, and how it is restored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from autopilot.interface.records import dataclass
from autopilot.mission.plan import Plan
from mavlink_bridge.services.telemetry.service import TelemetryService
from sortie.api.begin import holding
from sortie.nodes.plan_file import load_plan

if TYPE_CHECKING:
    from autopilot.mount.mount import MountState
    from mavlink_bridge.services.camera.device import CameraState
    from mavlink_bridge.services.camera.service import CameraService
    from sortie.api.session import Session
    from sortie.nodes.fault_plan import FaultState


@dataclass(frozen=True, slots=True)
class SavedVehicle:
    """Settings of a vehicle at one instant: parameters (with those of the presented firmware, and wind), plans, rates
    (interval in us by stream, by link), faults, camera, trigger distance (m between two photos), gimbal."""

    parameters: Mapping[str, float]
    plan: Plan
    rates: Mapping[int, Mapping[int, int]]
    faults: FaultState
    camera: CameraState | None
    trigger_m: float
    mount: MountState


def take(session: Session) -> SavedVehicle:
    """Save the current settings."""
    service = session.service
    names = dict.fromkeys((*service.parameters.names(), *service.served.names()))
    return SavedVehicle(
        {name: session.param(name) for name in names},
        plan_of(session),
        _telemetry(session).rates.intervals(),
        service.faults.state(),
        camera.device.state(service.now_ms) if (camera := _camera(session)) else None,
        session.autopilot.payload.camera.every_m,
        session.autopilot.mount.state(),
    )


def put_back(session: Session, taken: SavedVehicle) -> None:
    """Restore saved settings. Links that were opened since keep their rates, and read-only parameters keep their
    values."""
    service = session.service
    for name, value in taken.parameters.items():
        if session.param(name) != value and not holding(service, name).definition(name).read_only:
            session.set_param(name, value)
    if plan_of(session) != taken.plan:
        load_plan(service, taken.plan)
    _telemetry(session).rates.restore(taken.rates)
    service.faults.restore(taken.faults, service.now_ms)
    trigger, camera = session.autopilot.payload.camera, _camera(session)
    if trigger.every_m != taken.trigger_m:
        trigger.set_distance(taken.trigger_m, service.now_ms)
    if camera is not None and taken.camera is not None:
        camera.restore(taken.camera, service.now_ms)
    session.autopilot.mount.restore(taken.mount)


def plan_of(session: Session) -> Plan:
    """Return mission, fence and rally points as loaded."""
    plans = session.autopilot.plans
    return Plan(items=plans.mission.items(), fence=plans.fence.items(), rally=plans.rally.items())


def _camera(session: Session) -> CameraService | None:
    album = session.service.camera
    return None if album is None else album.service


def _telemetry(session: Session) -> TelemetryService:
    telemetry = session.service.telemetry
    assert isinstance(telemetry, TelemetryService), "a session flies the simulator"
    return telemetry
