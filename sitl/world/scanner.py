"""A vehicle's obstacle sensor: a level scanner of 72 directions, with range, noise and blind directions.

Its settings are simulator parameters of the vehicle: SIM_PRX_MAX m, SIM_PRX_MIN m, SIM_PRX_NOISE m, SIM_PRX_BLIND
(degrees about the tail without sight), SIM_PRX_RATE Hz. Random values depend only on the seed and the time of the look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite, nan
from random import Random
from typing import Final

from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.mathematics import normal_draw
from autopilot.interface.obstacles import Scan
from sitl.world.obstacles import SECTORS, Obstacles

_STEP_DEG: Final = 360.0 / SECTORS
_DEFAULTS: Final = {"SIM_PRX_MAX": 40.0, "SIM_PRX_MIN": 0.2, "SIM_PRX_RATE": 10.0}


class Scanner:
    """Obstacle sensor: distances by direction, at the true position. `origin`: origin of the obstacles'
    places; `stance` gives the vehicle's true position from `home` and its heading, rad."""

    def __init__(
        self,
        obstacles: Obstacles,
        origin: GeoPoint,
        home: GeoPoint,
        values: Mapping[str, float],
        seed: int,
        stance: Callable[[], tuple[Ned, float]],
    ) -> None:
        self.obstacles = obstacles
        self.home = to_local(origin, home.lat, home.lon, home.alt)
        self._values = values
        self._seed = seed
        self._stance = stance

    def _value(self, name: str) -> float:
        return self._values.get(name, _DEFAULTS.get(name, 0.0))

    @property
    def period_ms(self) -> int:
        """Time between two looks, ms; 0: switched off."""
        rate = self._value("SIM_PRX_RATE")
        return 0 if rate <= 0.0 else max(round(1000.0 / rate / 20.0) * 20, 20)

    def place(self) -> Ned:
        """True position from the origin."""
        (n, e, d), _ = self._stance()
        return n + self.home[0], e + self.home[1], d + self.home[2]

    def nearest_m(self) -> tuple[float, str]:
        """Distance from the vehicle's middle to the nearest obstacle, m, and its name."""
        away, shape = self.obstacles.nearest(self.place())
        return away, "" if shape is None else shape.name

    def look(self, now_ms: int) -> Scan:
        most, least, noise = (self._value(f"SIM_PRX_{name}") for name in ("MAX", "MIN", "NOISE"))
        blind = 0.5 * self._value("SIM_PRX_BLIND")
        distances = self.obstacles.around(self.place(), self._stance()[1], most).tolist()
        if noise > 0.0:
            chance = Random(f"{self._seed}.scan.{now_ms}")
            distances = [normal_draw(chance, away, noise) if isfinite(away) else away for away in distances]
        shown = [
            nan if abs(k * _STEP_DEG - 180.0) < blind or away < least else away for k, away in enumerate(distances)
        ]
        return Scan(shown, 0.0, _STEP_DEG, most, least)
