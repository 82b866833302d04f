"""Raw ADS-B messages of an aircraft, encoded by the standard (RTCA DO-260B, "The 1090 Megahertz Riddle")."""

from __future__ import annotations

from math import acos, cos, floor, pi, radians

from autopilot.interface.geo import GeoPoint, to_global

BEGIN = 1_700_000_000.0
HOME = GeoPoint(-35.363261, 149.165230, 584.0)
FEET = 3000.0
_GENERATOR = 0x1FFF409
_LETTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ#####_###############0123456789######"


def _zones(lat: float) -> int:
    """Number of longitude zones at a latitude."""
    share = 1.0 - (1.0 - cos(pi / 30.0)) / cos(radians(abs(lat))) ** 2
    return floor(2.0 * pi / acos(share))


def _compact(lat: float, lon: float, odd: int) -> tuple[int, int]:
    """Compact position, latitude and longitude in 17 bits each."""
    high = 360.0 / (60 - odd)
    y = floor(131072.0 * (lat % high) / high + 0.5)
    wide = 360.0 / max(_zones(high * (y / 131072.0 + floor(lat / high))) - odd, 1)
    return y & 0x1FFFF, floor(131072.0 * (lon % wide) / wide + 0.5) & 0x1FFFF


def _framed(icao: int, content: int) -> str:
    """Extended squitter with its checksum."""
    body = 0x8D << 80 | icao << 56 | content
    rest = body << 24
    for bit in range(111, 23, -1):
        if rest >> bit & 1:
            rest ^= _GENERATOR << (bit - 24)
    return f"{body << 24 | rest:028X}"


def position(icao: int, lat: float, lon: float, feet: float, *, odd: int) -> str:
    """Airborne position with a pressure altitude."""
    steps = round((feet + 1000.0) / 25.0)
    altitude = (steps & 0x7F0) << 1 | 0x10 | steps & 0xF
    y, x = _compact(lat, lon, odd)
    return _framed(icao, 11 << 51 | altitude << 36 | odd << 34 | y << 17 | x)


def callsign(icao: int, name: str) -> str:
    """Identification."""
    content = 4 << 51
    for place, letter in enumerate(name.ljust(8, "_")):
        content |= _LETTERS.index(letter) << (42 - 6 * place)
    return _framed(icao, content)


def heard() -> str:
    """Sixty positions, one each half second, of an aircraft at 80 m/s northwards; a damaged message among them."""
    lines = [f"{BEGIN},{callsign(0x7C4771, 'QFA12')}"]
    for k in range(60):
        place = to_global(HOME, (40.0 * k - 1500.0, 200.0, 0.0))
        lines.append(f"{BEGIN + 0.5 * k},{position(0x7C4771, place.lat, place.lon, FEET, odd=k % 2)}")
    damaged = lines[20].replace("7C4771", "7C4779")
    return "\n".join([*lines[:21], damaged, *lines[21:], ""])
