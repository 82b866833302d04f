"""Specification of a vehicle of a run: alone, or a member of a fleet.

Command line, fleet file, `Session`, `Fleet`, campaigns, the pytest plugin and rehearsals make specs; `sortie.assembly`
makes vehicles of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, SupportsFloat

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from sortie.config.fittings import fitted
from sortie.config.option import Option
from sortie.config.settings import SETTINGS, Settings
from sortie.config.values import DEFAULT_HOME, VehicleSource

if TYPE_CHECKING:
    from mavlink_bridge.links.radio.profile import RadioProfile
    from sitl.world.obstacles import Obstacles
    from sortie.config.traffic import TrafficPlan

_WORKED_OUT: Final = frozenset({"home", "seed", "param", "fault", "link", "radio"})
"""Fields with the name of an option that are calculated from more than the option."""


@dataclass(frozen=True, slots=True)
class VehicleSpec:
    """Specification of one vehicle.

    `system`: system id; None: that of its parameters. `heading_deg`: at boot. `param`, `fault`: in the form of the
    command line. `plan`: for `sortie fly`. `link`: its own links; `radio`: on these. `alone`: not a member of a fleet.
    For a fleet: `network`: its radio network; `offset`: m north and east of the place for which a plan of the fleet is
    made; `number`: from 0. `terrain`: the ground of all; `traffic`: other aircraft, or their file; `obstacles`:
    obstacles, or their file. `firmware`: the presented one. `source`: the place in a file, for messages. `flown_by`: a
    firmware in our world, or None; `strategy`: how that flies missions.
    """

    kind: str
    system: int | None
    home: GeoPoint
    heading_deg: float
    seed: int
    network: int = 0
    param: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    plan: Path | None = None
    link: tuple[str, ...] = ()
    several_networks: bool = False
    offset: tuple[float, float] = (0.0, 0.0)
    number: int = 0
    radio: RadioProfile | None = None
    terrain: Path | None = Settings.terrain.default
    traffic: Path | TrafficPlan | None = Settings.traffic.default
    obstacles: Path | Obstacles | None = Settings.obstacles.default
    firmware: str = Settings.firmware.default
    strategy: str | None = Settings.strategy.default
    source: str = ""
    alone: bool = False
    flown_by: VehicleSource | None = None

    @property
    def label(self) -> str:
        """Key of the vehicle in the state database, and its log folder: the system id, after the network's number if
        there are several; "" for a single vehicle."""
        if self.alone:
            return ""
        return f"{self.network}.{self.system}" if self.several_networks else str(self.system)


SHARED: Final[Mapping[str, Option[object]]] = MappingProxyType(
    {field.name: SETTINGS[field.name] for field in fields(VehicleSpec) if field.name in SETTINGS.keys() - _WORKED_OUT}
)
"""Options that every vehicle of a run has unchanged: rows of `Settings` by key. A `[[vehicle]]` of a fleet file may
have them too."""


def texts_of(params: Mapping[str, float]) -> tuple[str, ...]:
    """Return parameters in the form of `param`, with all digits. Numbers of numpy, which say what they are of, are
    written as Python's."""
    plain = {
        name: float(value) if isinstance(value, SupportsFloat) and not isinstance(value, int) else value
        for name, value in params.items()
    }
    return tuple(f"{name}={value!r}" for name, value in plain.items())


def base_spec(settings: Settings, start: GeoPoint | None = None) -> VehicleSpec:
    """Return the vehicle of these settings if it is alone, or the common part of a fleet's. `start`: its place without
    --home."""
    if settings.home is not None:
        home = settings.home
    else:
        lat, lon, alt, heading = DEFAULT_HOME
        home = GeoPoint(lat, lon, alt) if start is None else start, heading
    shared: dict[str, Any] = {key: getattr(settings, key) for key in SHARED}
    return VehicleSpec(
        settings.vehicle.frame,
        settings.sysid,
        *home,
        settings.seed,
        param=(*fitted(settings.with_), *settings.param),
        fault=settings.fault,
        alone=True,
        flown_by=settings.vehicle if settings.vehicle.in_our_world else None,
        **shared,
    )
