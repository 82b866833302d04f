"""`sortie.rehearse(plan)`: will it work, and why not?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autopilot.geo import GeoPoint
from autopilot.mission.plan import Plan
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import KINDS, vehicle_class
from sortie.config.errors import UserError
from sortie.config.parameters import given_parameters
from sortie.config.values import parse_home, parse_vehicle
from sortie.nodes.plan_file import check_plan, read_plan, start_of
from sortie.rehearsal.findings import Rehearsal
from sortie.rehearsal.rules import check, energy_wh
from sortie.rehearsal.way import Field, walk

__all__ = ["rehearse"]


def rehearse(
    plan: Plan | Path | str,
    *,
    vehicle: str = "sim:copter",
    home: GeoPoint | str | None = None,
    params: Mapping[str, float] | None = None,
) -> Rehearsal:
    """What the static rules (docs/rehearse.md) say of a plan, or of a plan file. `vehicle`: "sim:copter" or another
    simulated kind. `home`: where it stands, as --home has it; None: the plan's, or its first place. `params`:
    parameters that differ from the defaults, in ArduPilot's units. UserError for what an upload would refuse."""
    if isinstance(plan, Plan):
        check_plan(plan, Path("plan"))
    else:
        plan = read_plan(Path(plan))
    kind = _kind(vehicle)
    values, _ = given_parameters([f"{name}={value!r}" for name, value in (params or {}).items()], kind)
    place = parse_home(home)[0] if isinstance(home, str) else home
    return judged(plan, kind, place, values)


def _kind(vehicle: str) -> str:
    spec = parse_vehicle(vehicle)
    if not spec.frame or spec.kind != "sim":
        raise UserError(f"vehicle {vehicle}: a rehearsal is for {' or '.join(f'sim:{name}' for name in KINDS)}")
    return spec.frame


def judged(plan: Plan, kind: str, home: GeoPoint | None, params: Mapping[str, float]) -> Rehearsal:
    """The same of a plan that has been checked. `kind`: its vehicle's name; `params`: checked too."""
    table = Parameters(vehicle_class(kind).parameters)
    for name, value in params.items():
        table.set(name, value)
    start = home or start_of(plan) or GeoPoint(0.0, 0.0)
    field = Field(vehicle_class(kind), table, start, sea_known=home is not None or plan.home is not None)
    way = walk(plan, field)
    time_s = way.time_s
    findings = check(plan, field, way)
    return Rehearsal.of(f"sim:{kind}", len(plan.items), findings, time_s, way.distance_m, energy_wh(field, time_s))
