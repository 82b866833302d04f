"""Texture of the ground: colours that depend only on the place, so that pictures of the same ground fit together.

It is value noise (Perlin, 1985; Ebert et al.: Texturing and Modeling, 2.3) from centimetres to a hundred metres, from
one tile of hashed numbers: the same on every machine, in every run. Detail finer than a pixel is faded out (as in a
mipmap; Williams, 1983), because it would differ in each picture. Coarser detail is the same from every height.

`expose` is the compiled loop over the pixels.
"""

from __future__ import annotations

from functools import cache
from math import floor
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import Entry
from autopilot.interface.geo import METRES_PER_DEGREE, GeoPoint, longitude_scale, wrap_longitude
from autopilot.interface.marks import jit

SIDE: Final = 256
"""Side of the tile, in numbers; a power of two."""
_MASK: Final = SIDE - 1
OCTAVES: Final = (1, 3, 9)
"""Sizes of noise in a tile, in numbers."""
_LAYERS: Final = len(OCTAVES)
_FINEST_M: Final = 0.02
_COARSER: Final = 1.0 / 27.0  # from one size of the tile to the next
_TILES: Final = 3
"""Number of scales at which the tile is used: spacings of 0.02 m, 0.54 m, 14.6 m."""
_SHARP: Final = 0.7  # of a pixel: what is as large is shown
_NOTHING: Final = 1e-7  # 1/m: farther than that is the sky
_SKY: Final = (150.0, 180.0, 215.0)

Bytes = npt.NDArray[np.uint8]
Numbers32 = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]


@cache
def tiles() -> Numbers32:
    """Tiles (3, SIDE + 1, SIDE + 1) that repeat at their edges: all octaves, without the finest, without the two
    finest. Their numbers are splitmix64 of their place."""
    layers = []
    for size in OCTAVES:
        count = -(-SIDE // size)
        z = np.arange(1, count * count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15 + 2 * size)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        drawn = ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).reshape(count, count) / 2.0**24 - 0.5
        layers.append(_stretched(drawn))
    laid = np.stack([np.sum(layers[finest:], axis=0) for finest in range(_LAYERS)])
    return np.pad(laid, ((0, 0), (0, 1), (0, 1)), mode="wrap").astype(np.float32)


def _stretched(numbers: Numbers) -> Numbers:
    """Interpolate over the whole tile, between the four numbers around each place."""
    count = len(numbers)
    at = np.arange(SIDE) * (count / SIDE)
    low = at.astype(np.int64)
    part, high = at - low, (low + 1) % count
    across = numbers[:, low] * (1.0 - part) + numbers[:, high] * part
    both: Numbers = across[low] * (1.0 - part)[:, None] + across[high] * part[:, None]
    return both


def anchor(origin: GeoPoint) -> tuple[float, float]:
    """North and east (m) of an origin in the pattern, which is fixed to the Earth; each square degree has its own
    pattern."""
    south, west = floor(origin.lat), floor(origin.lon)
    east = wrap_longitude(origin.lon - west) * METRES_PER_DEGREE * longitude_scale(south + 0.5)
    return (origin.lat - south) * METRES_PER_DEGREE, east


@jit
def _noise(tile: Numbers32, layer: int, x: float, y: float) -> float:
    """Noise at a place, interpolated between the four numbers around it."""
    left, low = floor(x), floor(y)
    u, v = np.float32(x - left), np.float32(y - low)
    i, j = left & _MASK, low & _MASK
    a, b = tile[layer, j, i], tile[layer, j + 1, i]
    near = a + (tile[layer, j, i + 1] - a) * u
    value: float = near + (b + (tile[layer, j + 1, i + 1] - b) * u - near) * v
    return value


@jit
def _layer(tile: Numbers32, x: float, y: float, missing: float) -> float:
    """Tile without `missing` of its finest octaves; a fraction removes that part of an octave."""
    whole = int(missing)
    part = missing - whole
    value = _noise(tile, whole, x, y)
    if part > 0.0:
        value *= 1.0 - part
        if whole < _LAYERS - 1:
            value += _noise(tile, whole + 1, x, y) * part
    return value


def expose(
    image: Bytes, inverse: Numbers, cell: int, frame: Numbers, missing: Numbers, light: Numbers, tile: Numbers32
) -> None:
    """Fill `image` (rows, columns, 3). `inverse`: 1/depth (1/m) on a grid of one number every `cell` pixels from the
    image's corner; 0: sky. It is interpolated in between, which is exact on a plane. `frame` (4, 3): the camera's place
    in the pattern (north, east, down), the ray through the image's corner, and its changes per pixel to the right and
    down, for a depth of 1 m. `missing`: on the same grid, octaves of the finest tile that are finer than a pixel.
    `light`: gains of red, green and blue."""
    rows, columns = image.shape[0], image.shape[1]
    step = 1.0 / cell
    for r in range(rows):
        y = (r + 0.5) * step
        i = int(y)
        v = y - i
        for c in range(columns):
            x = (c + 0.5) * step
            j = int(x)
            u = x - j
            near = inverse[i, j] * (1.0 - u) + inverse[i, j + 1] * u
            w = near * (1.0 - v) + (inverse[i + 1, j] * (1.0 - u) + inverse[i + 1, j + 1] * u) * v
            if w <= _NOTHING:
                red, green, blue = _SKY
            else:
                depth = 1.0 / w
                north = frame[0, 0] + depth * (frame[1, 0] + (c + 0.5) * frame[2, 0] + (r + 0.5) * frame[3, 0])
                east = frame[0, 1] + depth * (frame[1, 1] + (c + 0.5) * frame[2, 1] + (r + 0.5) * frame[3, 1])
                near = missing[i, j] * (1.0 - u) + missing[i, j + 1] * u
                fine = near * (1.0 - v) + (missing[i + 1, j] * (1.0 - u) + missing[i + 1, j + 1] * u) * v
                value, detail, scale = 0.0, 0.0, 1.0 / _FINEST_M
                for _ in range(_TILES):
                    if fine < _LAYERS:
                        value = _layer(tile, east * scale, north * scale, max(fine, 0.0))
                        detail += value
                    scale *= _COARSER
                    fine -= _LAYERS
                bare = min(max(0.5 + value, 0.0), 1.0)  # the coarsest noise decides where plants grow
                shade = max(1.0 + 0.35 * detail, 0.2)
                red = (70.0 + 80.0 * bare) * shade
                green = (105.0 + 20.0 * bare) * shade
                blue = (55.0 + 25.0 * bare) * shade
            image[r, c, 0] = int(min(red * light[0], 255.0))
            image[r, c, 1] = int(min(green * light[1], 255.0))
            image[r, c, 2] = int(min(blue * light[2], 255.0))


def missing_octaves(inverse: Numbers, pixel: float) -> Numbers:
    """Number of octaves of the finest tile to leave out, on the grid; `pixel` is the size of a pixel at a depth of 1 m,
    m."""
    shown = pixel / np.maximum(inverse, _NOTHING)
    octaves: Numbers = np.log(shown / (_SHARP * _FINEST_M)) / np.log(OCTAVES[1])
    return octaves


EXPOSE: Final = Entry(
    "expose_camera",
    __name__,
    "expose",
    "void(uint8[:,:,::1], float64[:,::1], int64, float64[:,::1], float64[:,::1], float64[::1], float32[:,:,::1])",
)
"""The compiled `expose`."""
