"""Synthetic ground: hills that a formula gives, as tiles in the forms that terrain comes in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from autopilot.interface.geo import GeoPoint
from autopilot.interface.terrain import HeightMap

Floats = npt.NDArray[np.float64]
Ground = Callable[[Floats, Floats], Floats]
"""Metres above mean sea level at latitudes and longitudes."""
HOME = GeoPoint(-35.363261, 149.165230, 584.0)


def hills(lat: Floats, lon: Floats) -> Floats:
    """Waves of 40 m and 25 m about 600 m, some hundred metres long."""
    return 600.0 + 40.0 * np.sin(lat * 1500.0) + 25.0 * np.cos(lon * 1100.0)


def ramp(per_m_north: float, home: GeoPoint = HOME, level: float = 600.0) -> Ground:
    """A plane through `level` at home that rises to the north."""
    return lambda lat, lon: level + (lat - home.lat) * 111318.845 * per_m_north + 0.0 * lon


def _heights(ground: Ground, lat: Floats, lon: Floats) -> Floats:
    """At each crossing of these; what hangs on one of them alone is computed once along it."""
    return np.broadcast_to(ground(lat[:, np.newaxis], lon[np.newaxis, :]), (lat.size, lon.size))


def map_of(ground: Ground, around: GeoPoint = HOME, half_deg: float = 0.02, per_deg: float = 3600.0) -> HeightMap:
    """A map of the ground, one second of arc from height to height."""
    side = int(2.0 * half_deg * per_deg) + 1
    south, west = around.lat - half_deg, around.lon - half_deg
    heights = _heights(ground, south + np.arange(side) / per_deg, west + np.arange(side) / per_deg)
    return HeightMap(south, west, per_deg, per_deg, heights.astype(np.float32))


def write_srtm(folder: Path, south: int, west: int, ground: Ground, side: int = 1201) -> Path:
    """An SRTM tile; NaN of the ground is a void."""
    heights = _heights(ground, south + np.linspace(0, 1, side), west + np.linspace(0, 1, side))
    rows = np.where(np.isnan(heights), -32768, np.round(heights)).astype(">i2")[::-1]
    name = f"{'NS'[south < 0]}{abs(south):02d}{'EW'[west < 0]}{abs(west):03d}.hgt"
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_bytes(rows.tobytes())
    return file


def write_geotiff(
    file: Path, ground: HeightMap, *, point: bool = False, geographic: bool = True, nodata: float | None = None
) -> Path:
    """The map as a compressed GeoTIFF of floats; voids have the value `nodata`."""
    import tifffile

    heights = ground.heights[::-1]
    if nodata is not None:
        heights = np.where(np.isnan(heights), np.float32(nodata), heights)
    half = 0.0 if point else 0.5
    north = ground.south + (heights.shape[0] - 1 + half) / ground.per_lat
    west = ground.west - half / ground.per_lon
    keys = (1, 1, 0, 3, 1024, 0, 1, 2 if geographic else 1, 1025, 0, 1, 2 if point else 1, 2048, 0, 1, 4326)
    tags: list[tuple[int, str, int, object]] = [
        (33550, "d", 3, (1.0 / ground.per_lon, 1.0 / ground.per_lat, 0.0)),
        (33922, "d", 6, (0.0, 0.0, 0.0, west, north, 0.0)),
        (34735, "H", len(keys), keys),
    ]
    if nodata is not None:
        tags.append((42113, "s", 0, f"{nodata:g}"))
    tifffile.imwrite(file, heights, compression="deflate", predictor=3, extratags=tags)
    return file
