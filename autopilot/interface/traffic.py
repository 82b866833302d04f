"""Reports of other aircraft, as a receiver hears them (ADSB_VEHICLE) or as they tell themselves
(GLOBAL_POSITION_INT, UTM_GLOBAL_POSITION)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass
from autopilot.mav import CollisionSource


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


@runtime_checkable
class HearsTraffic(Protocol):
    """Port: a vehicle with a receiver of its own."""

    @property
    def traffic_period_ms(self) -> int:
        """Time between two looks of the receiver; 0: there is none."""

    def hear_traffic(self, now_ms: int) -> Sequence[Contact]:
        """Reports that have come in at this vehicle time."""
