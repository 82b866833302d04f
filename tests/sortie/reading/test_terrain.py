"""Terrain is read from SRTM tiles and GeoTIFF, alone or as a folder; mistakes are told in one line."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from autopilot.interface.geo import GeoPoint
from sortie import UserError
from sortie.reading.terrain import check_ground, read_ground
from tests.fakes.terrain import HOME, hills, map_of, ramp, write_geotiff, write_srtm

EDGE = GeoPoint(-35.9999, 149.9999)
"""Beside the corner of four tiles."""


def test_an_srtm_tile_has_the_heights_of_its_samples(tmp_path: Path) -> None:
    """North is up, the first sample is the north-west corner, whole metres."""
    ground = read_ground(write_srtm(tmp_path, -36, 149, hills), [HOME])
    row, column = 764, 198  # about home
    lat, lon = -36.0 + row / 1200.0, 149.0 + column / 1200.0
    expected = hills(np.array([lat]), np.array([lon]))[0]
    assert ground.height_at(lat, lon) == pytest.approx(expected, abs=0.51)


def test_a_packed_tile_is_the_same(tmp_path: Path) -> None:
    """As they are handed out."""
    file = write_srtm(tmp_path, -36, 149, hills)
    packed = tmp_path / "S36E149.hgt.gz"
    packed.write_bytes(gzip.compress(file.read_bytes(), 1))
    ground, same = read_ground(file, [HOME]), read_ground(packed, [HOME])
    assert np.array_equal(ground.heights, same.heights)


def test_the_tiles_of_a_folder_are_one_ground(tmp_path: Path) -> None:
    """Across the edges, with no seam; what lies elsewhere is not read."""
    for south in (-37, -36):
        for west in (149, 150):
            write_srtm(tmp_path, south, west, ramp(0.01, EDGE))
    (tmp_path / "N10E010.hgt").write_bytes(b"no tile, and not looked at")
    ground = read_ground(tmp_path, [EDGE])
    for north in (-0.01, -0.0003, 0.0, 0.0004, 0.01):
        for east in (-0.01, 0.00005, 0.01):
            height = ground.height_at(EDGE.lat + north, EDGE.lon + east)
            assert height == pytest.approx(600.0 + north * 1113.18845, abs=0.6)


@pytest.mark.parametrize("point", [False, True], ids=["areas", "points"])
def test_a_geotiff_lies_where_it_says(tmp_path: Path, point: bool) -> None:
    """Samples are areas or points by its key: half a sample apart."""
    made = map_of(hills)
    ground = read_ground(write_geotiff(tmp_path / "dem.tif", made, point=point), [HOME])
    for lat, lon in ((HOME.lat, HOME.lon), (HOME.lat + 0.01, HOME.lon - 0.013)):
        assert ground.height_at(lat, lon) == pytest.approx(made.height_at(lat, lon), abs=0.01)


def test_voids_stay_voids(tmp_path: Path) -> None:
    """By the nodata of a GeoTIFF, and by SRTM's number for it."""
    made = map_of(hills)
    made.heights[10:30, 10:30] = np.nan
    hole = GeoPoint(made.south + 20 / made.per_lat, made.west + 20 / made.per_lon)
    ground = read_ground(write_geotiff(tmp_path / "dem.tif", made, nodata=-9999.0), [HOME])
    assert ground.height_at(hole.lat, hole.lon) is None
    tile = write_srtm(tmp_path, -36, 149, lambda lat, lon: np.where(abs(lat - hole.lat) < 0.01, np.nan, 300.0))
    ground = read_ground(tile, [GeoPoint(-35.5, 149.5)])
    assert ground.height_at(hole.lat, hole.lon) is None
    assert ground.height_at(-35.5, 149.5) == 300.0


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """One line each, with the file in it."""
    tile = write_srtm(tmp_path / "tiles", -36, 149, hills)
    short = tmp_path / "S36E149.hgt"
    short.write_bytes(b"\0" * 100)
    damaged = tmp_path / "S36E149.hgt.gz"
    damaged.write_bytes(gzip.compress(b"\0" * 100)[:10] + b"\xff" * 90)
    text = tmp_path / "ground.txt"
    text.write_text("hills")
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0nothing")
    nameless = tmp_path / "tile.hgt"
    nameless.write_bytes(b"")
    flat = write_geotiff(tmp_path / "flat.tif", map_of(hills), geographic=False)
    endless = tmp_path / "endless.tif"
    sound = write_geotiff(tmp_path / "dem.tif", map_of(hills)).read_bytes()
    endless.write_bytes(sound.replace(struct.pack("<d", 1.0 / 3600.0), struct.pack("<d", 5e-324)))
    (tmp_path / "empty").mkdir()
    for file, said in (
        (short, "has 100 bytes"),
        (damaged, "invalid block type"),
        (text, "expected a file or folder of .hgt"),
        (broken, "cannot be read"),
        (nameless, "gives no position"),
        (flat, "projected"),
        (endless, "does not lie on Earth"),
        (tmp_path / "empty", "has no .hgt"),
        (tmp_path / "gone.hgt", "gives no position"),
        (tmp_path / "S36E149.tif", "No such file"),
    ):
        with pytest.raises(UserError, match=said) as told:
            read_ground(file, [HOME])
        assert str(file) in str(told.value)
    check_ground(tile)
    check_ground(tmp_path / "tiles")
    for file in (text, tmp_path / "empty", tmp_path / "gone.hgt"):
        with pytest.raises(UserError, match=f"{file}: "):
            check_ground(file)
    with pytest.raises(UserError, match="has no data around 47"):
        read_ground(tile, [GeoPoint(47.0, 8.0)])
    with pytest.raises(UserError, match=r"has no height at -34\.9"):
        read_ground(tile, [GeoPoint(-34.9, 149.5)])


def test_tiles_of_two_surveys_are_refused(tmp_path: Path) -> None:
    """Heights of different grids would disagree at the seam."""
    write_srtm(tmp_path, -36, 149, hills)
    (tmp_path / "S37E149.hgt").write_bytes(bytes(2 * 3601**2))
    with pytest.raises(UserError, match="not of one grid"):
        read_ground(tmp_path, [EDGE])
