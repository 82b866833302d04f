"""Reports of other aircraft, as a receiver hears them (ADSB_VEHICLE) or as they tell themselves
(GLOBAL_POSITION_INT, UTM_GLOBAL_POSITION)."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Protocol, runtime_checkable

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass
from autopilot.mav import CollisionSource, CollisionThreat


@dataclass(frozen=True, slots=True)
class Contact:
    """A report. `number`: the ICAO address of 24 bits, or the system id of what tells itself. `place`: metres above
    mean sea level, or of a `pressure` altitude. `velocity`: NED m/s; None: not told. `time_ms`: of the position,
    vehicle time. `emitter`: ADSB_EMITTER_TYPE."""

    number: int
    place: GeoPoint
    velocity: Ned | None
    time_ms: int
    source: CollisionSource = CollisionSource.ADSB
    callsign: str = ""
    emitter: int = 0
    squawk: int = 0
    pressure: bool = False
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """AVD_F_ and AVD_W_ distances and times: s, m horizontal, m vertical."""

    fail_s: float
    fail_m: float
    fail_z_m: float
    warn_s: float
    warn_m: float
    warn_z_m: float

    def in_order(self) -> tuple[float, float, float, float, float, float]:
        """Values of all, as `autopilot.control.approach.level_of` takes them."""
        return self.fail_s, self.fail_m, self.fail_z_m, self.warn_s, self.warn_m, self.warn_z_m


@dataclass(frozen=True, slots=True)
class Lookout:
    """Look-out of a vehicle for `others` by itself, ten times a second (`autopilot.control.approach.LOOK_MS`) before
    `until_ms`: nothing is to be done while the highest level of their threats is `level`, they are `above` it in height
    (False: not; None: anywhere), and it is not deeper than `deepest_m`, NED."""

    until_ms: int
    level: CollisionThreat
    limits: Limits
    others: Sequence[Contact]
    above: bool | None = None
    deepest_m: float = inf


@runtime_checkable
class HearsTraffic(Protocol):
    """Port: a vehicle with a receiver of its own."""

    @property
    def traffic_period_ms(self) -> int:
        """Time between two looks of the receiver; 0: there is none."""

    def hear_traffic(self, now_ms: int) -> Sequence[Contact]:
        """Reports that have come in at this vehicle time."""

    def silent_until_ms(self, now_ms: int) -> int | None:
        """Vehicle time before which no look hears anything; None: for good."""


@runtime_checkable
class LooksOut(Protocol):
    """Port: a vehicle that looks out for others on its way, which raises `VehicleEvent.SIGHTED` where something is to
    be done about them."""

    @property
    def most_others(self) -> int:
        """Number that it can look out for."""

    def look_out(self, lookout: Lookout | None) -> None:
        """Look out so from now on; None: no more."""
