"""One plan that every client library carries: mission with home, fence, rally, as plain rows."""

from __future__ import annotations

from dataclasses import dataclass

LAT, LON, ALT = -35.363261, 149.165230, 584.0
HOME = f"{LAT},{LON},{ALT},353"
_ZERO = (0.0, 0.0, 0.0, 0.0)
_EDGE = 0.002
_STEP = 0.0004


@dataclass(frozen=True)
class Row:
    """One item as a ground station has it: degrees, metres."""

    frame: int
    command: int
    parameters: tuple[float, float, float, float]
    lat: float
    lon: float
    alt: float

    @property
    def x(self) -> int:
        return round(self.lat * 1e7)

    @property
    def y(self) -> int:
        return round(self.lon * 1e7)


#: Home, take off, three waypoints with a speed in between; it ends in the air.
MISSION = (
    Row(0, 16, _ZERO, LAT, LON, ALT),
    Row(3, 22, _ZERO, 0.0, 0.0, 10.0),
    Row(3, 16, _ZERO, LAT + _STEP, LON, 15.0),
    Row(3, 178, (1.0, 6.0, -1.0, 0.0), 0.0, 0.0, 0.0),
    Row(3, 16, (1.5, 0.0, 0.0, 0.0), LAT + _STEP, LON + _STEP, 15.0),
    Row(3, 16, _ZERO, LAT, LON + _STEP, 15.0),
)
#: A polygon around all of it, and a circle to keep out of.
FENCE = (
    *(
        Row(0, 5001, (4.0, 0.0, 0.0, 0.0), LAT + north * _EDGE, LON + east * _EDGE, 0.0)
        for north, east in ((-1, -1), (-1, 1), (1, 1), (1, -1))
    ),
    Row(0, 5004, (25.0, 0.0, 0.0, 0.0), LAT - 0.0012, LON - 0.0012, 0.0),
)
RALLY = (Row(3, 5100, _ZERO, LAT + 0.0001, LON, 30.0), Row(3, 5100, _ZERO, LAT + 0.0001, LON + 0.0001, 30.0))
