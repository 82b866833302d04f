"""Specification of a vehicle of a run, as it was asked for: alone, or one of a fleet.

Command line, fleet file, `Session`, `Fleet`, campaigns, the pytest plugin and rehearsals all come to these, and
`sortie.assembly` makes vehicles of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

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
"""Fields that have the name of an option, and are made of it and of more."""


@dataclass(frozen=True, slots=True)
class VehicleSpec:
    """`system`: its system id; None: what its parameters say. `heading_deg`: at boot. `param`, `fault`: as on the
    command line. `plan`: what `sortie fly` flies with it. `link`: links of its own; `radio`: on these. `alone`: no
    vehicle of a fleet. Of one: `network`: which of the shared radio networks it is on, of several or one;
    `offset`: m north and east of the place for which a plan of the fleet is made; `number`: from 0 in the fleet.
    `terrain`: what all of them stand on; `traffic`: other aircraft about them, or the file that says so; `obstacles`:
    what stands about them; `firmware`: what it is spoken to as. `source`: where a file says all this. `flown_by`: a
    firmware that flies it in our world; None: ours; `strategy`: how missions are flown by that.
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
        """Key of the vehicle in the state database and its folder among the logs: the system id, behind that of its
        network where there are several; empty for one that is alone."""
        if self.alone:
            return ""
        return f"{self.network}.{self.system}" if self.several_networks else str(self.system)


SHARED: Final[Mapping[str, Option[object]]] = MappingProxyType(
    {field.name: SETTINGS[field.name] for field in fields(VehicleSpec) if field.name in SETTINGS.keys() - _WORKED_OUT}
)
"""Options that every vehicle of a run has as they were said: rows of `Settings` by key. A `[[vehicle]]` of a fleet file
may say them too."""


def texts_of(params: Mapping[str, float]) -> tuple[str, ...]:
    """Parameters as `param` has them, to the last digit."""
    return tuple(f"{name}={value!r}" for name, value in params.items())


def base_spec(settings: Settings, start: GeoPoint | None = None) -> VehicleSpec:
    """The vehicle of these settings if it is alone, and what those of a fleet have in common. `start`: where it stands
    when nobody gave --home."""
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
