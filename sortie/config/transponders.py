"""Recorded traffic: raw messages of transponders (ADS-B), decoded by pyModeS.

A line is a time in s and a message in hexadecimal digits, `1700000000.25,8D40621D58C382D690C8AC2863A7`, as receivers
write them. Airborne positions and callsigns are used, with pressure altitude as height. Messages with a wrong checksum
are skipped, and the first two positions of each aircraft, from which pyModeS finds its place. The first time of the
file is the switch-on of the vehicle. Source: RTCA DO-260B, "The 1090 Megahertz Riddle" (J. Sun).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from math import isfinite
from typing import Final

from sortie.config.errors import UserError, pip_install
from sortie.config.state_vectors import MOST_ROWS, RecordedTrack, SeenTracks, tracks_of
from sortie.config.values import number_of

_FOOT_M: Final = 0.3048
_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_LENGTHS: Final = (14, 28)


def are_raw(text: str) -> bool:
    """Check whether the first line of a file is a time and a message."""
    cells = text.split("\n", 1)[0].split(",")
    return len(cells) == 2 and _is_message(cells[1].strip())


def _is_message(digits: str) -> bool:
    return len(digits) in _LENGTHS and _DIGITS.issuperset(digits)


def parse_transponders(text: str, where: str) -> list[RecordedTrack]:
    """Parse the tracks of a file. UserError in one line."""
    if find_spec("pyModeS") is None:
        raise UserError(f"{where}: raw messages need pyModeS: {pip_install('adsb')}")
    from pyModeS import PipeDecoder

    decoder, names, first = PipeDecoder(), dict[int, str](), None
    points: dict[int, dict[float, tuple[float, float, float]]] = {}
    for time_s, message in _messages(text, where):
        first = time_s if first is None else first
        decoded = decoder.decode(message, timestamp=time_s)
        if not decoded.get("crc_valid") or not decoded.get("icao"):
            continue
        number = int(str(decoded["icao"]), 16)
        names[number] = str(decoded.get("callsign") or names.get(number, ""))
        lat, lon, feet = decoded.get("latitude"), decoded.get("longitude"), decoded.get("altitude")
        if lat is not None and lon is not None and feet is not None:
            points.setdefault(number, {})[time_s] = (float(lat), float(lon), _FOOT_M * float(feet))
    samples: SeenTracks = {(number, names[number].strip(" _")[:8], 0): track for number, track in points.items()}
    return tracks_of(samples, first or 0.0, where)


def _messages(text: str, where: str) -> Iterator[tuple[float, str]]:
    """Yield times and messages; times must not decrease."""
    last = -1e300
    for line, row in enumerate(text.splitlines(), 1):
        if line > MOST_ROWS:
            raise UserError(f"{where}: expected at most {MOST_ROWS} rows")
        if not row.strip():
            continue
        time_text, _, message = row.partition(",")
        time_s = number_of(time_text)
        if not isfinite(time_s) or not _is_message(message.strip()):
            raise UserError(f"{where}: line {line}: expected a time and a message in hexadecimal digits: '{row[:40]}'")
        if time_s < last:
            raise UserError(f"{where}: line {line}: expected no time before that of the line above")
        last = time_s
        yield time_s, message.strip()
