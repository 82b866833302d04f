"""Reports of other aircraft, from a receiver (ADSB_VEHICLE) or from the aircraft itself (GLOBAL_POSITION_INT,
UTM_GLOBAL_POSITION)."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Protocol, runtime_checkable

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass
from autopilot.mav import CollisionSource, CollisionThreat


@dataclass(frozen=True, slots=True)
class Contact:
    """A report. `number`: the ICAO address of 24 bits, or the system id of a vehicle that reports itself. `place`:
    altitude above mean sea level, or a `pressure` altitude. `velocity`: NED m/s; None: unknown. `time_ms`: vehicle time
    of the position. `emitter`: ADSB_EMITTER_TYPE."""

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
        """All values in the order of `autopilot.control.approach.level_of`."""
        return self.fail_s, self.fail_m, self.fail_z_m, self.warn_s, self.warn_m, self.warn_z_m


@dataclass(frozen=True, slots=True)
class Lookout:
    """Lookout of a vehicle itself for `others`, ten times a second (`autopilot.control.approach.LOOK_MS`) until
    `until_ms`. The autopilot need not act while the highest threat level is `level`, the others are `above` it in
    height (False: below; None: anywhere), and the vehicle is not deeper than `deepest_m`, NED."""

    until_ms: int
    level: CollisionThreat
    limits: Limits
    others: Sequence[Contact]
    above: bool | None = None
    deepest_m: float = inf


@runtime_checkable
class HearsTraffic(Protocol):
    """A vehicle with its own receiver."""

    @property
    def traffic_period_ms(self) -> int:
        """Time between two looks of the receiver, ms; 0: no receiver."""

    def hear_traffic(self, now_ms: int) -> Sequence[Contact]:
        """Reports that arrive at this vehicle time."""

    def silent_until_ms(self, now_ms: int) -> int | None:
        """Vehicle time before which no look hears anything; None: for ever."""


@runtime_checkable
class LooksOut(Protocol):
    """A vehicle with its own lookout. It raises `VehicleEvent.SIGHTED` when the autopilot must act."""

    @property
    def most_others(self) -> int:
        """Largest number of others."""

    def look_out(self, lookout: Lookout | None) -> None:
        """Start this lookout; None: stop."""
