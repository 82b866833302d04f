"""Terrain from files: SRTM tiles (.hgt, .hgt.gz) and GeoTIFF, one or a folder of them, as one `HeightMap`.

Of a folder, the tiles around the given places are read; they must share one grid. Missing heights stay void. Heights
are taken as m above mean sea level, as in SRTM (EGM96) and Copernicus (EGM2008).

Sources: SRTM's documentation (big-endian 16-bit rows from the north-west corner, samples on the edges of the tile,
-32768 a void); OGC GeoTIFF 1.1 (tie point and pixel scale, GTRasterTypeGeoKey: a sample is an area or a point).
"""

from __future__ import annotations

import gzip
import logging
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.interface.terrain import HeightMap
from sortie.config.errors import UserError, pip_install

AROUND_DEG: Final = 0.25
"""Margin around the places within which terrain is read, degrees: 28 km to north and south."""
_SRTM: Final = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
_SIDES: Final = {1201 * 1201 * 2: 1201, 3601 * 3601 * 2: 3601}
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0  # Dead Sea, Everest; other heights are invalid
_ALIKE: Final = 0.01  # share of the spacing by which grids may differ
_MOST_SAMPLES: Final = 100_000_000  # of a GeoTIFF: 10,000 a side, 400 MB in memory
_GEOGRAPHIC, _PIXEL_IS_POINT = 2, 2
_NODATA_TAG: Final = 42113  # GDAL_NODATA
_SUFFIXES: Final = (".hgt", ".hgt.gz", ".tif", ".tiff")
_WANTED: Final = f"a file or folder of {', '.join(_SUFFIXES)}"

Heights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Box:
    """Area, degrees."""

    south: float
    west: float
    north: float
    east: float

    def meets(self, other: _Box) -> bool:
        return (
            self.south <= other.north
            and other.south <= self.north
            and self.west <= other.east
            and other.west <= self.east
        )


def read_ground(path: Path, places: Iterable[GeoPoint], also: Iterable[GeoPoint] = ()) -> HeightMap:
    """Read the terrain around `places` from a file or folder, and around `also` where available. UserError for an
    invalid file, tiles of different grids, and a place (not of `also`) without a height."""
    needed = list(places)
    every = [*needed, *also]
    box = _Box(
        min(spot.lat for spot in every) - AROUND_DEG,
        min(spot.lon for spot in every) - AROUND_DEG,
        max(spot.lat for spot in every) + AROUND_DEG,
        max(spot.lon for spot in every) + AROUND_DEG,
    )
    try:
        tiles = [tile for file in _files(path) for tile in _read(file, box)]
    except (OSError, EOFError, zlib.error) as error:
        raise _error(path, getattr(error, "strerror", None) or str(error)) from error
    if not tiles:
        raise _error(path, f"has no data around {every[0].lat:.4f},{every[0].lon:.4f}")
    ground = _joined(path, tiles)
    for place in needed:
        if ground.height_at(place.lat, place.lon) is None:
            raise _error(path, f"has no height at {place.lat:.6f},{place.lon:.6f}")
    return ground


def _error(path: Path, text: str) -> UserError:
    return UserError(f"terrain {path}: {text}")


def check_ground(path: Path) -> None:
    """Raise UserError when there are no tiles: where they lie is not known before somebody looks."""
    for file in _files(path):
        if not (file.is_file() and file.name.lower().endswith(_SUFFIXES)):
            raise _unwanted(file)


def _unwanted(file: Path) -> UserError:
    return _error(file, f"{'' if file.exists() else 'No such file or directory; '}expected {_WANTED}")


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.name.lower().endswith(_SUFFIXES))
    if not found:
        raise _error(path, f"has no {', '.join(_SUFFIXES)} file")
    return found


def _read(file: Path, box: _Box) -> Iterator[HeightMap]:
    """Yield the tile, cut to the area; nothing if it is elsewhere."""
    name = file.name.lower()
    if name.endswith((".hgt", ".hgt.gz")):
        return _read_srtm(file, box)
    if name.endswith((".tif", ".tiff")):
        return _read_geotiff(file, box)
    raise _unwanted(file)


# --- SRTM -------------------------------------------------------------------------------------------------------------
def _read_srtm(file: Path, box: _Box) -> Iterator[HeightMap]:
    found = _SRTM.search(file.name)
    if found is None:
        raise _error(file, "its name gives no position; expected a name such as S36E149.hgt")
    south = float(found[2]) * (1.0 if found[1].upper() == "N" else -1.0)
    west = float(found[4]) * (1.0 if found[3].upper() == "E" else -1.0)
    if not _Box(south, west, south + 1.0, west + 1.0).meets(box):
        return
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    side = _SIDES.get(len(data))
    if side is None:
        raise _error(file, f"has {len(data)} bytes, a tile has {' or '.join(map(str, _SIDES))}")
    rows = np.frombuffer(data, ">i2").reshape(side, side)[::-1].astype(np.float32)
    yield from _cut(south, west, side - 1.0, side - 1.0, rows, None, box)


# --- GeoTIFF ----------------------------------------------------------------------------------------------------------
def _read_geotiff(file: Path, box: _Box) -> Iterator[HeightMap]:
    try:
        import tifffile  # for those who have such files

        logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # errors are reported here, in one line
    except ImportError:
        raise _error(file, f"needs the package tifffile: {pip_install('terrain')}") from None
    try:
        with tifffile.TiffFile(file) as tiff:
            page: Any = tiff.pages[0]
            tags: dict[str, Any] = page.geotiff_tags or {}
            south, west, per_lat, per_lon = _place(file, page, tags)
            rows, columns = page.shape[:2]
            if page.size > _MOST_SAMPLES:
                raise _error(
                    file, f"has {page.size} heights, more than {_MOST_SAMPLES}; cut out the area of the flight"
                )
            if not _Box(south, west, south + (rows - 1) / per_lat, west + (columns - 1) / per_lon).meets(box):
                return
            heights = np.asarray(page.asarray(), np.float32)
            nodata = float(page.nodata) if _NODATA_TAG in page.tags else None
    except (UserError, OSError):
        raise
    except Exception as error:
        raise _error(file, f"cannot be read, it is damaged or of an unknown form ({type(error).__name__})") from error
    if heights.ndim != 2:
        raise _error(file, "has more than one height for a place")
    yield from _cut(south, west, per_lat, per_lon, heights[::-1], nodata, box)


def _place(file: Path, page: Any, tags: dict[str, Any]) -> tuple[float, float, float, float]:
    """Return the south-west sample and the samples per degree."""
    if int(tags.get("GTModelTypeGeoKey", _GEOGRAPHIC)) != _GEOGRAPHIC:
        raise _error(file, "is a projected map; one in latitude and longitude (EPSG:4326) can be read")
    scale, tie = tags.get("ModelPixelScale"), tags.get("ModelTiepoint")
    if scale is None or tie is None or not scale[0] > 0.0 or not scale[1] > 0.0:
        raise _error(file, "has no position (ModelPixelScale, ModelTiepoint)")
    half = 0.0 if int(tags.get("GTRasterTypeGeoKey", 1)) == _PIXEL_IS_POINT else 0.5
    north = tie[4] + (tie[1] - half) * scale[1]
    west = tie[3] - (tie[0] - half) * scale[0]
    place = north - (page.shape[0] - 1) * scale[1], west, 1.0 / scale[1], 1.0 / scale[0]
    if not all(map(isfinite, place)) or not -90.0 <= place[0] <= north <= 90.5:
        raise _error(file, "does not lie on Earth")
    return place


# --- tiles ------------------------------------------------------------------------------------------------------------
def _cut(
    south: float, west: float, per_lat: float, per_lon: float, heights: Heights, nodata: float | None, box: _Box
) -> Iterator[HeightMap]:
    """Return the part of a tile in the area, with voids as NaN."""
    first = max(int((box.south - south) * per_lat), 0)
    last = min(int((box.north - south) * per_lat) + 2, heights.shape[0])
    left = max(int((box.west - west) * per_lon), 0)
    right = min(int((box.east - west) * per_lon) + 2, heights.shape[1])
    if last - first < 2 or right - left < 2:
        return
    part = np.array(heights[first:last, left:right], np.float32)
    part[~((part >= _LOWEST_M) & (part <= _HIGHEST_M))] = np.nan
    if nodata is not None and isfinite(nodata):
        part[part == np.float32(nodata)] = np.nan
    yield HeightMap(south + first / per_lat, west + left / per_lon, per_lat, per_lon, part)


def _joined(path: Path, tiles: Sequence[HeightMap]) -> HeightMap:
    """Join tiles to one grid; where they overlap, the first with a height counts."""
    first = tiles[0]
    if len(tiles) == 1:
        return replace(first, heights=np.ascontiguousarray(first.heights, np.float32))
    south, west = min(tile.south for tile in tiles), min(tile.west for tile in tiles)
    places = []
    for tile in tiles:
        row, column = (tile.south - south) * first.per_lat, (tile.west - west) * first.per_lon
        alike = abs(tile.per_lat / first.per_lat - 1.0) * tile.heights.shape[0] < _ALIKE
        alike = alike and abs(tile.per_lon / first.per_lon - 1.0) * tile.heights.shape[1] < _ALIKE
        if not alike or abs(row - round(row)) > _ALIKE or abs(column - round(column)) > _ALIKE:
            raise _error(path, "its tiles are not of one grid; keep those of one survey in a folder")
        places.append((round(row), round(column)))
    rows = max(row + tile.heights.shape[0] for (row, _), tile in zip(places, tiles, strict=True))
    columns = max(column + tile.heights.shape[1] for (_, column), tile in zip(places, tiles, strict=True))
    heights = np.full((rows, columns), np.nan, np.float32)
    for (row, column), tile in zip(places, tiles, strict=True):
        part = heights[row : row + tile.heights.shape[0], column : column + tile.heights.shape[1]]
        np.copyto(part, tile.heights, where=np.isnan(part))
    return HeightMap(south, west, first.per_lat, first.per_lon, heights)
