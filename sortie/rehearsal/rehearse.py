"""Function `sortie.rehearse(plan)`: will a plan work, and if not, why not?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from autopilot.interface.geo import GeoPoint, distance
from autopilot.interface.records import dataclass
from autopilot.interface.terrain import HeightMap
from autopilot.mission.items import numbered
from autopilot.mission.plan import Plan
from autopilot.parameters.parameters import Parameters
from autopilot.rehearsal.findings import rank
from autopilot.rehearsal.photos import camera_of, look_at_photos
from autopilot.rehearsal.room import Segments
from autopilot.rehearsal.rules import PACK_V, UNREACHABLE_M, check
from autopilot.rehearsal.way import FlyingField, NoWayError, Way, walk
from autopilot.vehicles.kinds import KINDS, vehicle_class
from sortie.assembly.vehicle import grounded
from sortie.config.errors import UserError
from sortie.config.installed import parameter_set
from sortie.config.obstacles import read_obstacles
from sortie.config.parameters import given_parameters
from sortie.config.values import parse_home, parse_vehicle
from sortie.config.vehicle_spec import VehicleSpec, texts_of
from sortie.config.wind import STILL, WindProfile, wind_of
from sortie.nodes.plan_file import check_plan, read_plan, start_of
from sortie.rehearsal.obstructed import check_obstacles
from sortie.rehearsal.rehearsal import Rehearsal

if TYPE_CHECKING:
    from sortie.rehearsal.flown import FlightsFlown


_NOT_FLOWN: Final = ("home-unreachable", "nothing-flown")
_LONGER, _SPARE_S, _MOST_S = 4.0, 300.0, 6 * 3600.0
"""Longest flight, as a multiple of its time in still air, plus a margin, and in total, s."""


@dataclass(frozen=True, slots=True)
class FlightSettings:
    """Settings of the flights (`rehearse`)."""

    flights: int = 0
    wind: WindProfile = STILL
    battery_wh: float | None = None
    seed: int = 0
    processes: int = 1


def rehearse(
    plan: Plan | Path | str,
    *,
    vehicle: str = "sim:copter",
    home: GeoPoint | str | None = None,
    params: Mapping[str, float] | None = None,
    flights: int = 0,
    wind: WindProfile | tuple[float, float, float | None] | Path | str = STILL,
    battery_wh: float | None = None,
    seed: int = 0,
    terrain: Path | str | None = None,
    obstacles: Path | str | None = None,
) -> Rehearsal:
    """Check a plan or plan file by the static rules (docs/rehearse.md), and by `flights` simulated flights.

    `vehicle`: "sim:copter" or another simulated kind. `home`: as for --home; None: the plan's, or its first place.
    `params`: parameters other than the default, in ArduPilot's units. `wind`: mean and gust (m/s) and direction from
    which it blows (degrees, None: any), or a wind file. `battery_wh` None: SIM_BATT_CAP_AH. `seed`: of all random
    values. `terrain`, `obstacles`: as for --terrain, --obstacles. UserError for what an upload would refuse.
    """
    if isinstance(plan, Plan):
        check_plan(plan, Path("plan"))
        plan = replace(plan, items=numbered(plan.items, 1), rally=numbered(plan.rally, 0))
    else:
        plan = read_plan(Path(plan))
    kind = _kind(vehicle)
    _check_numbers(flights, battery_wh, seed)
    values, _ = given_parameters(texts_of(params or {}), kind)
    place = parse_home(home)[0] if isinstance(home, str) else home
    return judged(
        plan,
        kind,
        place,
        values,
        FlightSettings(flights, wind_of(wind), battery_wh, seed),
        None if terrain is None else Path(terrain),
        None if obstacles is None else Path(obstacles),
    )


def _check_numbers(flights: int, battery_wh: float | None, seed: int) -> None:
    """Check numbers as the command line does."""
    for name, number in (("flights", flights), ("seed", seed)):
        if number < 0:
            raise UserError(f"{name}: expected a whole number from 0 on, not {number}")
    if battery_wh is not None and not (isfinite(battery_wh) and battery_wh > 0.0):
        raise UserError(f"battery_wh: expected Wh above 0, not {battery_wh:g}")


def _kind(vehicle: str) -> str:
    spec = parse_vehicle(vehicle)
    if not spec.frame or spec.kind != "sim":
        raise UserError(f"vehicle {vehicle}: a rehearsal is for {' or '.join(f'sim:{name}' for name in KINDS)}")
    return spec.frame


def judged(
    plan: Plan,
    kind: str,
    home: GeoPoint | None,
    params: Mapping[str, float],
    flying: FlightSettings,
    terrain: Path | None,
    obstacles: Path | None,
) -> Rehearsal:
    """Rehearse a checked plan. `kind`: name of the vehicle's kind; `params`: checked too."""
    table = Parameters(parameter_set(kind))
    for name, value in params.items():
        table.set(name, value)
    if flying.battery_wh is not None:
        table.set("SIM_BATT_CAP_AH", flying.battery_wh / PACK_V)
    start = home or start_of(plan) or GeoPoint(0.0, 0.0)
    ground = _ground(terrain, start, plan)
    known = home is not None or plan.home is not None or ground is not None
    field = FlyingField(
        vehicle_class(kind), table, grounded(start, ground), sea_known=known, ground=ground, wind=flying.wind
    )
    try:
        way = walk(plan, field)
    except NoWayError as error:
        raise UserError(str(error)) from error
    photos = look_at_photos(plan, field, way)
    findings = check(plan, field, way, photos)
    if obstacles is not None:
        findings += check_obstacles(read_obstacles(obstacles, field.home), field, way)
    flown = None
    if flying.flights and all(finding.rule.name not in _NOT_FLOWN for finding in findings):
        flown = _fly(plan, field, way, dict(params), flying, terrain, obstacles)
        from sortie.rehearsal.flown import judge

        findings += judge(flown, way)
    return Rehearsal(f"sim:{kind}", tuple(sorted(findings, key=rank)), plan, field, way, photos, flown)


def _ground(terrain: Path | None, home: GeoPoint, plan: Plan) -> HeightMap | None:
    """Read the terrain around home and the plan's places. Missing heights become findings."""
    if terrain is None:
        return None
    from sortie.reading.terrain import read_ground

    places = [GeoPoint(item.x, item.y) for item in plan.items if item.is_placed]
    near = [place for place in places if distance(home, place) < UNREACHABLE_M]
    return read_ground(terrain, [home], also=near)


def _fly(
    plan: Plan,
    field: FlyingField,
    way: Way,
    params: dict[str, float],
    flying: FlightSettings,
    terrain: Path | None,
    obstacles: Path | None,
) -> FlightsFlown:
    from sortie.rehearsal.flown import LONG_LOOK_S, LONG_S, LOOK_S, ExaminedSurvey, RehearsedFlight, fly_all

    surveys = tuple(
        ExaminedSurvey(survey, np.array([field.local(*corner) for corner in survey.area]), camera)
        for survey in plan.surveys
        if survey.area and (camera := camera_of(field, survey)) is not None
    )
    spec = VehicleSpec(
        field.kind.name,
        None,
        field.home,
        0.0,
        flying.seed,
        param=texts_of(params),
        terrain=terrain,
        obstacles=obstacles,
        alone=True,
    )
    order = RehearsedFlight(
        plan,
        spec,
        0,
        min(_LONGER * way.time_s + _SPARE_S, _MOST_S),
        field.cruise_mps,
        flying.wind,
        field.param("SIM_BATT_CAP_AH") * PACK_V,
        surveys,
        LOOK_S if way.time_s <= LONG_S else LONG_LOOK_S,
    )
    lines = np.array([line for leg in way.legs for line in leg.lines()]).reshape(-1, 2, 3)
    return fly_all(order, flying.flights, Segments(lines[:, 0, :2], lines[:, 1, :2]), flying.processes)
