"""Ranges of latitudes, longitudes (degrees) and altitudes (m) that are accepted from outside."""

from __future__ import annotations

from typing import Final

HIGHEST_M: Final = 83_000.0
"""Limit of altitudes, m; ArduPilot keeps them as centimetres in 24 bits."""


def on_earth(lat: float, lon: float) -> bool:
    """True if latitude and longitude, degrees, are within their ranges; False for NaN."""
    return abs(lat) <= 90.0 and abs(lon) <= 180.0


def is_place(lat: float, lon: float, alt: float) -> bool:
    """True if the place is `on_earth` and its altitude, m, is below `HIGHEST_M` in size; False for NaN."""
    return on_earth(lat, lon) and abs(alt) < HIGHEST_M
