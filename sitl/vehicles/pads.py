"""Sensor of a simulated copter for landing pads (SIM_PLD_). It looks straight down like a camera with markers or an
infrared lock.

It measures the direction with an error of SIM_PLD_NOISE deg on both axes and the distance with an error of 1 %. It sees
pads within SIM_PLD_FOV (SIM_PLD_TYPE 0 or 2: in any direction), SIM_PLD_ALT_LMT and SIM_PLD_DIST_LMT (type 2: limit of
the distance itself). Nearer than `NEAREST_M` m a pad is larger than the picture. SIM_PLD_DROP of 100 looks see nothing:
single looks, or with SIM_PLD_DROP_S all looks for so many seconds. A pad lies SIM_PLD_N and SIM_PLD_E m from
SIM_PLD_LAT and SIM_PLD_LON (both 0: from the vehicle's place at power-on), and moves with SIM_PLD_VN and SIM_PLD_VE
from power-on.

Random values depend only on the seed and the time of the look, so extra looks do not change the results.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import degrees, radians
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.mathematics import atan2, hypot, normal_draw, tan
from autopilot.precision.tracker import Look
from sitl.kernel import layout as M

NEAREST_M: Final = 0.25
RANGE_ERROR: Final = 0.01
_CONE, _SPHERE = 1, 2  # SIM_PLD_TYPE
_DEFAULTS: Final = {
    "SIM_PLD_RATE": 10.0, "SIM_PLD_FOV": 60.0, "SIM_PLD_ALT_LMT": 15.0, "SIM_PLD_DIST_LMT": 10.0, "SIM_PLD_TYPE": 1.0,
}  # fmt: skip


class PadSensor:
    """Sensor of landing pads below the vehicle. `values`: the vehicle's parameters; `home`: its place at power-on;
    `state`: its row."""

    state: npt.NDArray[np.float64]

    def __init__(self, values: Mapping[str, float], seed: int, home: GeoPoint) -> None:
        self._values = values
        self._home = home
        self._seed = seed

    def _value(self, name: str) -> float:
        return self._values.get(name, _DEFAULTS.get(name, 0.0))

    @property
    def period_ms(self) -> int:
        """Time between two looks, ms; 0: switched off."""
        rate = self._value("SIM_PLD_RATE")
        return 0 if self._value("SIM_PLD_ENABLE") == 0.0 or rate <= 0.0 else round(1000.0 / min(rate, 50.0))

    def look(self) -> list[Look]:
        """Look for pads. Returns the visible ones, the nearest to the middle of the picture first."""
        now_ms = int(self.state[L.S_TIME_MS])
        if self.period_ms == 0 or self._blind(now_ms):
            return []
        noise = Random(f"{self._seed}.{now_ms}")
        sightings = [
            (off, self._look(v, noise)) for v in map(self._sighting, self.pads(now_ms)) for off in self._in_sight(v)
        ]
        return [look for _, look in sorted(sightings, key=lambda sighting: sighting[0])]

    def pads(self, now_ms: int) -> list[Ned]:
        """True positions of the pads, NED m from the vehicle's place at power-on."""
        seconds = 0.001 * now_ms
        lat, lon = self._value("SIM_PLD_LAT"), self._value("SIM_PLD_LON")
        base = to_local(self._home, lat, lon, 0.0) if lat or lon else (0.0, 0.0)
        north = base[0] + self._value("SIM_PLD_N") + seconds * self._value("SIM_PLD_VN")
        east = base[1] + self._value("SIM_PLD_E") + seconds * self._value("SIM_PLD_VE")
        down = -self._value("SIM_PLD_HEIGHT")
        other = (self._value("SIM_PLD2_N"), self._value("SIM_PLD2_E"))
        return [(north, east, down), *([(north + other[0], east + other[1], down)] if any(other) else [])]

    def _blind(self, now_ms: int) -> bool:
        share, seconds = 0.01 * self._value("SIM_PLD_DROP"), self._value("SIM_PLD_DROP_S")
        if share <= 0.0:
            return False
        span = now_ms if seconds <= 0.0 else int(now_ms / (1000.0 * seconds))
        return Random(f"{self._seed}.blind.{span}").random() < share

    def _sighting(self, pad: Ned) -> tuple[Ned, float]:
        """Place of a pad in body axes (forward, right, down), and its depth below the vehicle, m."""
        s = self.state
        north, east, down = (pad[axis] - float(s[M.S_PN + axis]) for axis in range(3))
        q0, q1, q2, q3 = (float(q) for q in s[M.S_Q0 : M.S_Q3 + 1])
        body = (
            (1 - 2 * (q2 * q2 + q3 * q3)) * north + 2 * (q1 * q2 + q0 * q3) * east + 2 * (q1 * q3 - q0 * q2) * down,
            2 * (q1 * q2 - q0 * q3) * north + (1 - 2 * (q1 * q1 + q3 * q3)) * east + 2 * (q2 * q3 + q0 * q1) * down,
            2 * (q1 * q3 + q0 * q2) * north + 2 * (q2 * q3 - q0 * q1) * east + (1 - 2 * (q1 * q1 + q2 * q2)) * down,
        )
        return body, down

    def _in_sight(self, sighting: tuple[Ned, float]) -> list[float]:
        """Angle off the middle of the picture, deg; empty if the pad is not visible."""
        (forward, right, down), below = sighting
        away = hypot(forward, right, down)
        off = degrees(atan2(hypot(forward, right), down))
        aside, farthest, kind = hypot(forward, right), self._value("SIM_PLD_DIST_LMT"), int(self._value("SIM_PLD_TYPE"))
        near = (away if kind == _SPHERE else aside) <= farthest and below <= self._value("SIM_PLD_ALT_LMT")
        pictured = kind != _CONE or off <= 0.5 * self._value("SIM_PLD_FOV")
        return [off] if down > 0.0 and away >= NEAREST_M and near and pictured else []

    def _look(self, sighting: tuple[Ned, float], noise: Random) -> Look:
        (forward, right, down), _ = sighting
        sigma = tan(radians(self._value("SIM_PLD_NOISE")))
        slant = (forward / down + normal_draw(noise, 0.0, sigma), right / down + normal_draw(noise, 0.0, sigma), 1.0)
        away = hypot(forward, right, down) * (1.0 + normal_draw(noise, 0.0, RANGE_ERROR))
        return Look(slant, True, away)
