"""What a session and a fleet begin with: a place to stand, parameters as a person gives them, errors that show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

from autopilot.interface.geo import GeoPoint
from autopilot.interface.terrain import HeightMap
from autopilot.modes.manager import ModeChoice
from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.mode_table import ModeSpec
from mavlink_bridge.firmware.protocol import ServedParameters
from sortie.assembly.vehicle import grounded, terrain_around
from sortie.config.errors import UserError, nearest
from sortie.config.parameters import given_parameters
from sortie.config.values import DEFAULT_HOME, parse_home, parse_vehicle
from sortie.nodes.vehicle import Service

__tracebackhide__ = True  # as in `session`
Home = str | GeoPoint | tuple[GeoPoint, float]
"""A place as on the command line, or as a place, with a heading in degrees."""


def standing_at(home: Home | None) -> tuple[GeoPoint, float]:
    """Place and heading in degrees."""
    if home is None:
        return GeoPoint(*DEFAULT_HOME[:3]), DEFAULT_HOME[3]
    if isinstance(home, str):
        return parse_home(home)
    if isinstance(home, GeoPoint):
        return home, 0.0
    if len(home) != 2 or not isinstance(home[0], GeoPoint):
        raise UserError(f'home {home}: expected "LAT,LON,ALT,HEADING", a GeoPoint, or one with its heading in degrees')
    return home


def place_above(home: GeoPoint | None, lat: float, lon: float, height: float) -> GeoPoint:
    """A place `height` m above home. UserError for one that is nowhere on earth."""
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0 and isfinite(height)):
        raise UserError(
            f"place {lat:g}, {lon:g}, {height:g} m: expected a latitude from -90 to 90, a longitude from -180 to 180, "
            "and a height"
        )
    return GeoPoint(lat, lon, height + (0.0 if home is None else home.alt))


def several(given: Iterable[str], name: str) -> tuple[str, ...]:
    """What a program lists. UserError: one string, of which each letter would be one."""
    if isinstance(given, str):
        raise UserError(f"{name} {given!r}: expected a list; write [{given!r}]")
    return tuple(given)


def checked_seed(seed: int) -> int:
    """A seed as --seed has it."""
    if seed < 0:
        raise UserError(f"seed {seed}: expected a whole number from 0 on")
    return seed


def simulated_kind(vehicle: str, who: str) -> str:
    """The kind of a vehicle that `who`, in words, can fly."""
    spec = parse_vehicle(vehicle)
    if spec.kind != "sim":
        known = " or ".join(f"sim:{name}" for name in KINDS)
        raise UserError(f"vehicle {vehicle}: {who} flies the simulator; use {known}")
    return spec.frame


def standing_on(home: Home | None, terrain: Path | str | None) -> tuple[GeoPoint, float, HeightMap | None]:
    """Place and heading in degrees, and the ground, on which the place then is."""
    place, heading = standing_at(home)
    ground = terrain_around(None if terrain is None else Path(terrain), [place])
    return grounded(place, ground), heading, ground


def checked_params(params: Mapping[str, float], kind: str, firmware: str = "ardupilot") -> dict[str, float]:
    """`params`, checked as the command line's are."""
    values, _ = given_parameters([f"{name}={value!r}" for name, value in params.items()], kind, firmware)
    return values


def holding(service: Service, name: str) -> ServedParameters:
    """The parameters that have this one: the core's, or those of the firmware that it is spoken to as. KeyError with
    the nearest name when there is none."""
    if name in service.parameters:
        return service.parameters
    if name not in service.served:
        names = dict.fromkeys((*service.parameters.names(), *service.served.names()))
        raise KeyError(f"unknown parameter {name}{nearest(name, names)}")
    return service.served


def mode_of(modes: ModeChoice, name: str) -> ModeSpec:
    """The mode of this name. UserError with the nearest one when there is none."""
    spec = modes.find(name)
    if spec is None:
        known = modes.names()
        raise UserError(f"unknown mode {name}{nearest(name.upper(), known)}; known are {', '.join(known)}")
    return spec


def raise_error(error: Exception, where: str) -> None:
    """What a service raised is raised in the program."""
    raise error


def stands() -> None:
    """A vehicle that is alone is always at the present."""


def no_such_name(vehicle: object, name: str, in_state: Iterable[str]) -> AttributeError:
    """The error of a name that a vehicle does not have, with the nearest one of it or of its state."""
    known = {**{one: f"state.{one}" for one in in_state}, **{one: one for one in dir(type(vehicle))}}
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {known[near[0]]}?" if near else ""
    return AttributeError(f"a vehicle has no {name}{hint}", name=name, obj=vehicle)
