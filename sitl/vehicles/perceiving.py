"""Perception of a simulated machine: the world that it is in, the sensors that see others and obstacles there, and the
truth that these see by. Without a world there is none of it.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.mathematics import atan2
from autopilot.interface.obstacles import Scan
from autopilot.interface.traffic import Contact, Lookout
from sitl.kernel import layout as M

if TYPE_CHECKING:
    from sitl.world.receiver import Receiver
    from sitl.world.scanner import Scanner
    from sitl.world.world import SkyAndGround


class PerceivingMachine(ABC):
    """See the module. Its row's state and settings, home and parameters are the subclass's."""

    _s: npt.NDArray[np.float64]
    _p: npt.NDArray[np.float64]
    _home: GeoPoint
    _parameters: dict[str, float]
    receiver: Receiver | None = None
    """Receiver of other aircraft, where the world has any."""
    scanner: Scanner | None = None
    """Sensor of obstacles, where the world has any."""
    most_others: Final = M.MOST_OTHERS

    def enter(self, world: SkyAndGround, seed: int) -> None:
        """Be in this world from now on, with the sensors that see it. Must be called before it moves."""
        home = self._home
        if world.sky is not None:
            from sitl.world.receiver import Receiver  # for those who are not alone

            self.receiver = Receiver(
                world.sky, world.receiver, world.encounters, home, seed, lambda: (self.true_ned, self.true_velocity)
            )
        if world.obstacles is not None:
            from sitl.world.scanner import Scanner

            self.scanner = Scanner(
                world.obstacles, world.origin, home, self._parameters, seed, lambda: (self.true_ned, self.true_yaw)
            )

    # --- sensors --------------------------------------------------------------------------------------------------
    @property
    def scan_period_ms(self) -> int:
        """See `autopilot.interface.obstacles.SeesObstacles`."""
        return 0 if self.scanner is None else self.scanner.period_ms

    def scan_obstacles(self, now_ms: int) -> Scan:
        assert self.scanner is not None
        return self.scanner.look(now_ms)

    @property
    def traffic_period_ms(self) -> int:
        """See `autopilot.interface.traffic.HearsTraffic`."""
        return 0 if self.receiver is None else self.receiver.period_ms

    def hear_traffic(self, now_ms: int) -> Sequence[Contact]:
        return () if self.receiver is None else self.receiver.hear(now_ms)

    def look_out(self, lookout: Lookout | None) -> None:
        """See `autopilot.interface.traffic.LooksOut`: the kernel does it (`sitl.kernel.lookout`)."""
        p = self._p
        if lookout is None:
            p[M.P_OUT_UNTIL] = 0.0
            return
        above = 0.0 if lookout.above is None else 1.0 if lookout.above else -1.0
        rows = [
            (other.place.lat, other.place.lon, other.place.alt, *(other.velocity or (0.0, 0.0, 0.0)), other.time_ms)
            for other in lookout.others
        ]
        p[M.P_OUT_UNTIL : M.P_OUT_COUNT + 1] = lookout.until_ms, lookout.level, above, lookout.deepest_m, len(rows)
        p[M.P_OUT_LIMITS : M.P_OUT_LIMITS + 6] = lookout.limits.in_order()
        for at, row in enumerate(rows):
            begin = M.P_OUT_OTHERS + len(row) * at
            p[begin : begin + len(row)] = row

    # --- truth ----------------------------------------------------------------------------------------------------
    @property
    def true_place(self) -> tuple[float, float]:
        """True position, north and east of home, m: what a camera over the pad would see."""
        return float(self._s[M.S_PN]), float(self._s[M.S_PE])

    @property
    def true_ned(self) -> Ned:
        """True position, m north, east, down of where the vehicle was switched on."""
        return float(self._s[M.S_PN]), float(self._s[M.S_PE]), float(self._s[M.S_PD])

    @property
    def true_yaw(self) -> float:
        """True heading, rad."""
        a, b, c, d = self._s[M.S_Q0 : M.S_Q3 + 1].tolist()
        return atan2(2.0 * (b * c + a * d), 1.0 - 2.0 * (c * c + d * d))

    @property
    def true_velocity(self) -> Ned:
        """True velocity, NED m/s."""
        return float(self._s[M.S_VN]), float(self._s[M.S_VE]), float(self._s[M.S_VD])

    @property
    def switched_on_at(self) -> GeoPoint:
        """The place that `true_ned` counts from."""
        return self._home
