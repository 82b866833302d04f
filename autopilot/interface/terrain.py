"""The ground: heights on a grid from a file, and a vehicle's knowledge of it.

A `HeightMap` describes the ground for all: the simulator's kernel uses its array (`sitl.kernel.ground`, with the same
formula), and a rehearsal and the autopilot read it here.

`Terrain` is the knowledge of an autopilot: the map, if it has one, and elsewhere blocks from a ground station. They
have the form of ArduPilot's AP_Terrain: blocks of 28 x 32 heights, made of 7 x 8 grids of 4 x 4, that begin at whole
degrees and overlap by one grid.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.earth import on_earth
from autopilot.interface.geo import GeoPoint, to_global, to_local
from autopilot.interface.records import dataclass

GRID: Final = 4  # side of a grid, in heights (TERRAIN_GRID_MAVLINK_SIZE)
GRIDS_NORTH, GRIDS_EAST = 7, 8  # grids of a block (TERRAIN_GRID_BLOCK_MUL_X, _Y)
_SPAN_NORTH, _SPAN_EAST = (GRIDS_NORTH - 1) * GRID, (GRIDS_EAST - 1) * GRID  # distance between blocks, in heights
_MOST_BLOCKS: Final = 2000
_WHOLE: Final = (1 << GRIDS_NORTH * GRIDS_EAST) - 1


@dataclass(frozen=True, slots=True, eq=False)
class HeightMap:
    """Heights in m above mean sea level on a regular grid. `heights[0, 0]` is at `south`, `west` (degrees); rows go
    north, columns east, with `per_lat` and `per_lon` of them in a degree. NaN: a gap of the file."""

    south: float
    west: float
    per_lat: float
    per_lon: float
    heights: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if min(self.heights.shape) < 2:
            raise ValueError("a height map has two rows and two columns at least")

    def height_at(self, lat: float, lon: float) -> float | None:
        """Height above mean sea level, m, interpolated between the four heights around the place; None if one is
        missing."""
        y, x = (lat - self.south) * self.per_lat, (lon - self.west) * self.per_lon
        rows, columns = self.heights.shape
        if not (0.0 <= y <= rows - 1 and 0.0 <= x <= columns - 1):
            return None
        i, j = min(int(y), rows - 2), min(int(x), columns - 2)
        (a, b), (c, d) = self.heights[i : i + 2, j : j + 2].tolist()
        u, v = y - i, x - j
        height: float = (a * (1.0 - v) + b * v) * (1.0 - u) + (c * (1.0 - v) + d * v) * u
        return height if height == height else None

    def heights_at(self, lats: npt.NDArray[np.float64], lons: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Heights of many places, m; NaN if unknown."""
        y, x = (lats - self.south) * self.per_lat, (lons - self.west) * self.per_lon
        rows, columns = self.heights.shape
        inside = (y >= 0.0) & (y <= rows - 1) & (x >= 0.0) & (x <= columns - 1)
        i = np.clip(np.where(inside, y, 0.0).astype(np.int64), 0, rows - 2)
        j = np.clip(np.where(inside, x, 0.0).astype(np.int64), 0, columns - 2)
        u, v, width = y - i, x - j, columns
        at = i * width + j
        h, unit = self.heights.reshape(-1), np.float64(1.0)  # float64 from here on, as for a single place
        south = h[at] * (unit - v) + h[at + 1] * v
        north = h[at + width] * (unit - v) + h[at + width + 1] * v
        return np.where(inside, south * (1.0 - u) + north * u, np.nan)


@dataclass(slots=True, eq=False)
class Block:
    """Received heights (28 x 32, m AMSL) from a south-west corner (1e-7 degrees). `bitmap`: a bit for each received
    grid, from the south-west to the east, then north."""

    lat_e7: int
    lon_e7: int
    heights: npt.NDArray[np.int16]
    bitmap: int = 0

    @property
    def whole(self) -> bool:
        return self.bitmap == _WHOLE

    @property
    def missing(self) -> int:
        """Grids that were not received, as bits."""
        return _WHOLE & ~self.bitmap

    @property
    def pending(self) -> int:
        """Number of missing grids."""
        return self.missing.bit_count()


@dataclass(frozen=True, slots=True)
class _Cell:
    """Cell of a place: its block, the indices of its south-west corner, and the shares (0 to 1) of the way to the
    next."""

    key: tuple[int, int, int, int]
    corner: GeoPoint
    i: int
    j: int
    u: float
    v: float


class Terrain:
    """Terrain heights of an autopilot. `spacing_m`: distance between heights from a ground station (TERRAIN_SPACING);
    `enabled`: TERRAIN_ENABLE. `revision` rises with each received grid."""

    def __init__(self, ground: HeightMap | None, spacing_m: Callable[[], float], enabled: Callable[[], bool]) -> None:
        self.ground = ground
        self.revision = 0
        self.pending: dict[tuple[int, int, int, int], Block] = {}
        """Blocks that were requested and not received, in the order of the requests."""
        self._spacing_m = spacing_m
        self._enabled = enabled
        self._blocks: dict[tuple[int, int, int, int], Block] = {}
        self._spacing_now = spacing_m()

    @property
    def spacing_m(self) -> float:
        """Distance between the blocks' heights, m; another distance invalidates all blocks."""
        spacing = max(self._spacing_m(), 1.0)
        if spacing != self._spacing_now:
            self._spacing_now = spacing
            self._blocks.clear()
            self.pending.clear()
        return spacing

    @property
    def known(self) -> bool:
        """True if there is any terrain. Without it, heights above ground count from home."""
        return self._enabled() and (self.ground is not None or any(block.bitmap for block in self._blocks.values()))

    @property
    def enabled(self) -> bool:
        return self._enabled()

    def height_at(self, lat: float, lon: float) -> float | None:
        """Height of the ground above mean sea level, m; None: unknown there, or TERRAIN_ENABLE is 0. Missing heights
        are requested."""
        if not self._enabled() or not on_earth(lat, lon):
            return None
        height = None if self.ground is None else self.ground.height_at(lat, lon)
        return self._received(lat, lon) if height is None else height

    def ask(self, lat: float, lon: float) -> None:
        """Request the ground at a place (degrees) for later use, if no file has it."""
        if self._enabled() and on_earth(lat, lon) and (self.ground is None or self.ground.height_at(lat, lon) is None):
            self._block(self._cell(lat, lon))

    # --- what a ground station sends ------------------------------------------------------------------------------
    def receive(self, lat_e7: int, lon_e7: int, grid: int, heights: npt.NDArray[np.int16]) -> bool:
        """Take a grid (4 x 4 heights, m) of the block with this corner; False if that block was not requested."""
        for key, block in self._blocks.items():
            if (block.lat_e7, block.lon_e7) == (lat_e7, lon_e7):
                north, east = divmod(grid, GRIDS_EAST)
                block.heights[north * GRID : (north + 1) * GRID, east * GRID : (east + 1) * GRID] = heights
                block.bitmap |= 1 << grid
                self.revision += 1
                if block.whole:
                    self.pending.pop(key, None)
                return True
        return False

    def counts(self) -> tuple[int, int]:
        """Numbers of requested and of received grids (TERRAIN_REPORT)."""
        have = sum(block.bitmap.bit_count() for block in self._blocks.values())
        return sum(block.pending for block in self._blocks.values()), have

    def _received(self, lat: float, lon: float) -> float | None:
        cell = self._cell(lat, lon)
        block = self._block(cell)
        for north in (cell.i, cell.i + 1):
            for east in (cell.j, cell.j + 1):
                if not block.bitmap >> (north // GRID * GRIDS_EAST + east // GRID) & 1:
                    return None
        (a, b), (c, d) = block.heights[cell.i : cell.i + 2, cell.j : cell.j + 2].tolist()
        return float((a * (1.0 - cell.v) + b * cell.v) * (1.0 - cell.u) + (c * (1.0 - cell.v) + d * cell.v) * cell.u)

    def _block(self, cell: _Cell) -> Block:
        block = self._blocks.get(cell.key)
        if block is None:
            if len(self._blocks) >= _MOST_BLOCKS:
                oldest = next(iter(self._blocks))
                self.pending.pop(oldest, None)
                del self._blocks[oldest]
            shape = GRIDS_NORTH * GRID, GRIDS_EAST * GRID
            corner = round(cell.corner.lat * 1e7), round(cell.corner.lon * 1e7)
            block = self._blocks[cell.key] = Block(*corner, np.zeros(shape, np.int16))
            self.pending[cell.key] = block
        return block

    def _cell(self, lat: float, lon: float) -> _Cell:
        """Cell of a place, by the rule of AP_Terrain::calculate_grid_info."""
        spacing = self.spacing_m
        reference = GeoPoint(float(floor(lat)), float(floor(lon)))
        north, east, _ = to_local(reference, lat, lon, 0.0)
        row, column = int(north / spacing), int(east / spacing)
        (up, i), (right, j) = divmod(row, _SPAN_NORTH), divmod(column, _SPAN_EAST)
        corner = to_global(reference, (up * _SPAN_NORTH * spacing, right * _SPAN_EAST * spacing, 0.0))
        key = (int(reference.lat), int(reference.lon), up, right)
        return _Cell(key, corner, i, j, north / spacing - row, east / spacing - column)
