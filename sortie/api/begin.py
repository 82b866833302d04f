"""Start of a session or fleet: from arguments to vehicle specs, and from specs to vehicles in a runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from autopilot.interface.earth import is_place, on_earth
from autopilot.interface.geo import GeoPoint
from autopilot.modes.manager import ModeChoice
from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.mode_table import ModeSpec
from mavlink_bridge.firmware.protocol import ServedParameters
from mavlink_bridge.links.radio.profile import RadioProfile
from mavlink_bridge.routing.endpoint import raise_error
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, Surroundings, stand
from sortie.assembly.vehicles import Vehicles, without_collector
from sortie.config.errors import UserError, nearest
from sortie.config.files import make_folder
from sortie.config.radio import radio_of
from sortie.config.settings import STRATEGIES
from sortie.config.traffic import TrafficPlan
from sortie.config.values import DEFAULT_HOME, parse_home, parse_vehicle
from sortie.config.vehicle_spec import VehicleSpec, texts_of
from sortie.logs.run_log import LOGGER
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always
from sortie.storage.signing_keys import open_keys
from sortie.storage.store import Store

if TYPE_CHECKING:
    from sitl.world.obstacles import Obstacles

__tracebackhide__ = True  # as in `session`
Home = str | GeoPoint | tuple[GeoPoint, float]
"""Place as on the command line, or as a GeoPoint, or a GeoPoint with heading in degrees."""


class ClosedOnError(AbstractContextManager[None]):
    """Context that calls `close` when it raises, and words a UserError for a program: options as arguments."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            self._close()
        if isinstance(error, UserError):
            raise UserError(error.worded(error.option.replace("-", "_"))) from error


def standing_at(home: Home | None) -> tuple[GeoPoint, float]:
    """Return place and heading in degrees."""
    if home is None:
        return GeoPoint(*DEFAULT_HOME[:3]), DEFAULT_HOME[3]
    if isinstance(home, str):
        return parse_home(home)
    given = (home, 0.0) if isinstance(home, GeoPoint) else home
    if len(given) != 2 or not isinstance(given[0], GeoPoint):
        raise UserError(f'home {home}: expected "LAT,LON,ALT,HEADING", a GeoPoint, or one with its heading in degrees')
    place, heading = given
    if not (is_place(place.lat, place.lon, place.alt) and isfinite(heading)):
        raise UserError(f"home {home}: expected latitude to 90, longitude to 180 degrees, an altitude and a heading")
    return given


def place_above(home: GeoPoint | None, lat: float, lon: float, height: float) -> GeoPoint:
    """Return a place `height` m above home. UserError for impossible degrees."""
    if not (on_earth(lat, lon) and isfinite(height)):
        raise UserError(
            f"place {lat:g}, {lon:g}, {height:g} m: expected a latitude from -90 to 90, a longitude from -180 to 180, "
            "and a height"
        )
    return GeoPoint(lat, lon, height + (0.0 if home is None else home.alt))


def several(given: Iterable[str], name: str) -> tuple[str, ...]:
    """Return a list of a program as a tuple. UserError for a single string, whose letters would be the entries."""
    if isinstance(given, str):
        raise UserError(f"{name} {given!r}: expected a list; write [{given!r}]")
    return tuple(given)


def spec_of(
    vehicle: str,
    who: str,
    *,
    seed: int,
    params: Mapping[str, float] | None,
    firmware: str,
    home: Home | None = None,
    faults: Iterable[str] = (),
    radio: str | RadioProfile | None = None,
    terrain: Path | str | None = None,
    traffic: Path | str | TrafficPlan | None = None,
    obstacles: Path | str | Obstacles | None = None,
    sysid: int | None = None,
    strategy: str | None = None,
) -> VehicleSpec:
    """Return the spec of one vehicle. `who` names the caller in error messages."""
    source = parse_vehicle(vehicle)
    if source.kind != "sim" and not source.in_our_world:
        known = " or ".join(f"sim:{name}" for name in KINDS)
        raise UserError(f"vehicle {vehicle}: {who} flies the simulator; use {known}, or one with ,world=ours")
    if seed < 0:
        raise UserError(f"seed {seed}: expected a whole number from 0 on")
    if strategy is not None and (strategy not in STRATEGIES or not source.in_our_world):
        known = " or ".join(STRATEGIES)
        raise UserError(f"strategy {strategy!r}: expected {known}, and a vehicle with ,world=ours")
    return VehicleSpec(
        source.frame,
        sysid,
        *standing_at(home),
        seed,
        alone=True,
        param=texts_of(params or {}),
        fault=several(faults, "faults"),
        radio=radio_of(radio),
        terrain=None if terrain is None else Path(terrain),
        traffic=Path(traffic) if isinstance(traffic, str) else traffic,
        obstacles=Path(obstacles) if isinstance(obstacles, str) else obstacles,
        firmware=firmware,
        strategy=strategy,
        flown_by=source if source.in_our_world else None,
    )


def assembled(
    specs: Sequence[VehicleSpec],
    stack: ExitStack,
    *,
    state_dir: Path | str | None,
    log_dir: Path | str | None,
    signing_key: Path | str | bytes | None,
) -> Vehicles:
    """Make vehicles in a new runtime, in virtual time."""
    store = None if state_dir is None else Store(Path(state_dir), waits=True)  # virtual time waits for it
    if store is not None:
        stack.callback(store.close)
    runtime = Runtime()
    stack.callback(runtime.close)
    standing, ground = stand(specs, LOGGER.warning)
    keys = open_keys(store, Path(signing_key) if isinstance(signing_key, str) else signing_key)
    for warning in keys.warnings:
        LOGGER.warning("%s", warning)
    folder = None if log_dir is None else Path(log_dir)
    if folder is not None:
        make_folder(folder, f"log_dir {folder}")  # a mistake is told now, not at the first arming
    around = Surroundings(runtime, stack, store, keys, VIRTUAL_EPOCH_US, raise_error, folder, ground)
    with without_collector():
        vehicles = Vehicles(standing, around)
    runtime.set_speedup(0.0, always)
    if folder is not None:
        vehicles.log_to(folder)
    if vehicles.firmwares is not None:
        vehicles.firmwares.node.start()
    return vehicles


def holding(service: VehicleService, name: str) -> ServedParameters:
    """Return the parameters that include this one: the core's, or those of the presented firmware. KeyError with the
    nearest name."""
    if name in service.parameters:
        return service.parameters
    if name not in service.served:
        names = dict.fromkeys((*service.parameters.names(), *service.served.names()))
        raise KeyError(f"unknown parameter {name}{nearest(name, names)}")
    return service.served


def mode_of(modes: ModeChoice, name: str) -> ModeSpec:
    """Return the mode of this name. UserError with the nearest name."""
    spec = modes.find(name)
    if spec is None:
        known = modes.names()
        raise UserError(f"unknown mode {name}{nearest(name.upper(), known)}; known are {', '.join(known)}")
    return spec


def no_such_name(vehicle: object, name: str, in_state: Iterable[str]) -> AttributeError:
    """Make the error for an unknown attribute of a vehicle, with the nearest name of it or of its state."""
    known = {
        **{attribute: f"state.{attribute}" for attribute in in_state},
        **{attribute: attribute for attribute in dir(type(vehicle))},
    }
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {known[near[0]]}?" if near else ""
    return AttributeError(f"a vehicle has no {name}{hint}", name=name, obj=vehicle)
