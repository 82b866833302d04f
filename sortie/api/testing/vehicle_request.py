"""Vehicle that a test requests by the arguments of the marker `sortie`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any, Protocol

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass, field
from autopilot.mission.plan import Plan
from sortie.api.begin import ClosedOnError, Home
from sortie.api.fleet import Fleet
from sortie.api.session import Session
from sortie.api.simulation import wind_parameters
from sortie.config.errors import UserError, nearest
from sortie.config.radio import radio_of
from sortie.nodes.plan_file import read_plan, start_of

BOOT_S = 60.0
"""Longest boot, s of vehicle time; without faults it takes 3 s."""


@dataclass(frozen=True, slots=True)
class VehicleRequest:
    """Arguments of the marker `sortie`.

    `vehicle`, `seed`, `home`, `params`, `faults`: as for `Session`. `wind`: (m/s, degrees from[, turbulence in m/s]).
    `plan`: a file that is loaded; its start becomes home. `seed` None: that of the run. `armable`: booted until it can
    be armed, otherwise at 0 s. `radio`, `terrain`: as for --radio, --terrain. `firmware`: the presented one. `world`:
    "ours" for a real firmware in our simulator; `strategy`: how that flies missions.
    """

    vehicle: str = "sim:copter"
    seed: int | None = None
    home: Home | None = None
    params: Mapping[str, float] = field(default_factory=dict)
    wind: tuple[float, ...] | None = None
    faults: Sequence[str] = ()
    plan: Path | str | Plan | None = None
    armable: bool = True
    radio: str | None = None
    terrain: Path | str | None = None
    firmware: str = "ardupilot"
    world: str = ""
    strategy: str | None = None

    def session(self, seed: int, directory: Path) -> Session:
        """Make the vehicle. `seed`: of the run; `directory`: start of relative file names. UserError for impossible
        arguments."""
        plan = read_plan(directory / self.plan) if isinstance(self.plan, str | Path) else self.plan
        home = start_of(plan) if self.home is None and plan is not None else self.home
        session = Session(**self._common(seed, directory) | {"home": home, "strategy": self.strategy})
        with ClosedOnError(session.close):
            if plan is not None:
                session.upload(plan)
            if self.armable:
                self.boot(session)
        return session

    def fleet(self, count: int | None, seed: int, directory: Path, **more: Any) -> Fleet:
        """Make `count` vehicles without plan; `more`: arguments of `sortie.Fleet`. Otherwise as `session`."""
        for name in more:
            if name not in _OF_FLEETS:
                raise UserError(f"unknown argument {name}{nearest(name, _OF_FLEETS) or _known(_OF_FLEETS)}")
        fleet = Fleet(count, **self._common(seed, directory) | more)
        with ClosedOnError(fleet.close):
            if self.armable:
                self.boot(fleet)
        return fleet

    def _common(self, seed: int, directory: Path) -> dict[str, Any]:
        """Return the arguments that `Session` and `Fleet` share."""
        faults = [self.faults] if isinstance(self.faults, str) else list(self.faults)
        return {
            "vehicle": f"{self.vehicle},world={self.world}" if self.world else self.vehicle,
            "seed": seed if self.seed is None else self.seed,
            "home": self.home,
            "params": self.parameters(),
            "faults": faults,
            "radio": radio_of(self.radio, directory),
            "terrain": None if self.terrain is None else directory / self.terrain,
            "firmware": self.firmware,
        }

    def parameters(self) -> dict[str, float]:
        """Return the parameters with those of the wind."""
        return {**({} if self.wind is None else wind_parameters(self.wind)), **self.params}

    @staticmethod
    def boot(vehicle: Session | Fleet) -> None:
        """Boot until the vehicle can be armed. UserError when it cannot."""
        try:
            vehicle.wait_armable(BOOT_S)
        except TimeoutError as error:
            raise UserError(f"{error}; with armable=False the test gets it as it is") from error


ARGUMENTS = tuple(argument.name for argument in fields(VehicleRequest))
_FORMS: dict[str, tuple[tuple[type, ...], str]] = {
    "vehicle": ((str,), '"sim:copter"'),
    "seed": ((int,), "a whole number"),
    "home": ((str, GeoPoint, tuple), '"LAT,LON,ALT,HEADING" or a GeoPoint'),
    "params": ((Mapping,), '{"RTL_ALT": 2000}'),
    "wind": ((tuple, list), "(m/s, degrees from) or (m/s, degrees from, turbulence m/s)"),
    "faults": ((str, tuple, list), '["gps.loss@20..40"]'),
    "plan": ((str, Path, Plan), "a file"),
    "armable": ((bool,), "True or False"),
    "terrain": ((str, Path), "a file or a folder of tiles"),
    "radio": ((str,), '"sik-57600" or a file'),
    "firmware": ((str,), '"ardupilot" or "px4"'),
    "world": ((str,), '"ours", for vehicle="ardupilot:copter"'),
    "strategy": ((str, type(None)), '"native" or "guided", with world="ours"'),
}
"""Types of each argument, and their description."""
_PARTS: dict[str, tuple[type, ...]] = {"wind": (int, float), "faults": (str,)}
"""Types of the entries of list arguments."""
_OF_FLEETS = tuple(name for name in signature(Fleet).parameters if name != "count")


def _known(names: Sequence[str] = ARGUMENTS) -> str:
    return f"; known are {', '.join(names)}"


def _is_one(value: object, types: tuple[type, ...]) -> bool:
    """Check that the value has one of these types; a bool is not a number."""
    return isinstance(value, types) and not (isinstance(value, bool) and int in types)


def vehicle_request(*layers: Mapping[str, Any]) -> VehicleRequest:
    """Make a request from layers of arguments; the last layer wins, parameters are merged. UserError names the nearest
    argument."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            if name not in ARGUMENTS:
                raise UserError(f"unknown argument {name}{nearest(name, ARGUMENTS) or _known()}")
            types, form = _FORMS[name]
            if not _is_one(value, types) or (
                isinstance(value, (tuple, list))
                and not all(_is_one(entry, _PARTS.get(name, (object,))) for entry in value)
            ):
                raise UserError(f"{name}={value!r}: expected {form}")
            merged[name] = {**merged.get(name, {}), **value} if isinstance(value, Mapping) else value
    return VehicleRequest(**merged)


class MarkedTest(Protocol):
    """Test, class or module of pytest."""

    def iter_markers(self, name: str) -> Iterator[Any]:
        """Return its markers, nearest first."""


def layers_of(node: MarkedTest) -> list[Mapping[str, Any]]:
    """Return the arguments of its markers for `vehicle_request`. UserError for a positional argument."""
    layers: list[Mapping[str, Any]] = []
    for marker in node.iter_markers("sortie"):
        if marker.args:
            raise UserError(f"{marker.args[0]!r}: arguments are given by name{_known()}")
        layers.append(marker.kwargs)
    return layers[::-1]
