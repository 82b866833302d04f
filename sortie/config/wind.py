"""Wind of a day: constant, or a profile over time or height from a file.

A file is CSV with a header: `time_s` (since arming) or `height_m` (above home), increasing from row to row, then
`speed_mps`, and optionally `gust_mps` (the peak) and `from_deg`. Wind is interpolated between rows, its direction the
shorter way round; outside, the first or last row holds. Lines that begin with # are skipped.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from enum import Enum
from math import isfinite, radians
from pathlib import Path
from random import Random
from typing import Final

from autopilot.interface.mathematics import cos, normal_draw, sin
from autopilot.interface.records import dataclass
from sortie.config.errors import UserError
from sortie.config.files import content_of
from sortie.config.values import number_of

MOST_MPS: Final = 100.0
MOST_ROWS: Final = 10_000
_FORM: Final = "expected MEAN,GUST[,DIR], m/s and degrees, the gusts not below the mean, or a wind file"
_VEERS_DEG: Final = 15.0  # standard deviation of the direction between flights
_VARIES: Final = 0.25  # and of the mean, as a share


@dataclass(frozen=True, slots=True)
class Wind:
    """Mean and peak, m/s; direction from which it blows, degrees; None: any."""

    mean_mps: float = 0.0
    gust_mps: float = 0.0
    from_deg: float | None = None


class ProfileAxis(Enum):
    """Axis of a profile's rows; the value is the column name of the file."""

    NOTHING = ""
    TIME = "time_s"
    HEIGHT = "height_m"


@dataclass(frozen=True, slots=True)
class WindProfile:
    """Winds at increasing times (s since arming) or heights (m above home); a single row of NOTHING: constant wind."""

    rows: tuple[tuple[float, Wind], ...]
    along: ProfileAxis = ProfileAxis.NOTHING

    @classmethod
    def same(cls, mean_mps: float, gust_mps: float, from_deg: float | None) -> WindProfile:
        return cls(((0.0, Wind(mean_mps, gust_mps, from_deg)),))

    def at(self, time_s: float, height_m: float) -> Wind:
        if len(self.rows) == 1:
            return self.rows[0][1]
        where = time_s if self.along is ProfileAxis.TIME else height_m
        k = bisect_right(self.rows, where, key=lambda row: row[0])
        if k == 0 or k == len(self.rows):
            return self.rows[min(k, len(self.rows) - 1)][1]
        (low, lower), (high, other) = self.rows[k - 1 : k + 1]
        return _between(lower, other, (where - low) / (high - low))

    def velocity(self, time_s: float, height_m: float) -> tuple[float, float]:
        """Return the mean wind at this time and height, m/s to north and east; 0 without a known direction."""
        wind = self.at(time_s, height_m)
        if wind.from_deg is None:
            return 0.0, 0.0
        source = radians(wind.from_deg)
        return -wind.mean_mps * cos(source), -wind.mean_mps * sin(source)

    def drawn(self, chance: Random) -> WindProfile:
        """Draw the wind of one flight: all means scaled by one factor, a part of the gusts, and a rotation."""
        share = max(normal_draw(chance, 1.0, _VARIES), 0.0)
        gusts = chance.random()
        anywhere = self.rows[0][1].from_deg is None
        turn = chance.uniform(0.0, 360.0) if anywhere else normal_draw(chance, 0.0, _VEERS_DEG)
        return replace(self, rows=tuple((at, _varied(wind, share, gusts, turn)) for at, wind in self.rows))


STILL: Final = WindProfile.same(0.0, 0.0, None)


def _between(wind: Wind, other: Wind, part: float) -> Wind:
    source = wind.from_deg
    if source is not None and other.from_deg is not None:
        turn = (other.from_deg - source + 180.0) % 360.0 - 180.0
        source = (source + part * turn) % 360.0
    mean = wind.mean_mps + part * (other.mean_mps - wind.mean_mps)
    return Wind(mean, wind.gust_mps + part * (other.gust_mps - wind.gust_mps), source)


def _varied(wind: Wind, share: float, gusts: float, turn: float) -> Wind:
    mean = wind.mean_mps * share
    return Wind(mean, mean + (wind.gust_mps - wind.mean_mps) * gusts, ((wind.from_deg or 0.0) + turn) % 360.0)


def wind_of(wind: WindProfile | tuple[float, float, float | None] | Path | str) -> WindProfile:
    """Return the profile that a program gives: a profile, (mean m/s, gust m/s, from degrees or None), or a file.
    UserError."""
    if isinstance(wind, WindProfile):
        return wind
    if isinstance(wind, Path | str):
        return read_wind(Path(wind))
    mean, gust, source = wind
    return _checked(mean, gust, source)


def _checked(mean: float, gust: float, source: float | None) -> WindProfile:
    if not 0.0 <= mean <= gust <= MOST_MPS or not isfinite(source or 0.0):
        raise UserError(_FORM)
    return WindProfile.same(mean, gust, source)


def parse_wind(text: str) -> WindProfile:
    """Parse MEAN,GUST[,DIR], or read a file. UserError."""
    words = text.split(",")
    try:
        float(words[0])
    except ValueError:
        return _read(Path(text))
    try:
        mean, gust, *source = map(float, words)
    except ValueError:
        raise UserError(_FORM) from None
    if len(source) > 1:
        raise UserError(_FORM)
    return _checked(mean, gust, source[0] if source else None)


def read_wind(file: Path) -> WindProfile:
    """Read the profile of a file. UserError with its name and line."""
    try:
        return _read(file)
    except UserError as error:
        raise UserError(f"{file}: {error}") from None


def _read(file: Path) -> WindProfile:
    try:
        text = content_of(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError("expected a wind file, text in UTF-8") from error
    except OSError as error:
        raise UserError(f"{error.strerror}; {_FORM}") from error
    lines = [
        (number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line.lstrip()[0] != "#"
    ]
    if not lines:
        raise UserError("line 1: expected a header, time_s or height_m, then speed_mps; found nothing")
    number, header = lines[0]
    names = [name.strip() for name in header.split(",")]
    along = _along(names, f"line {number}")
    rows: list[tuple[float, Wind]] = []
    for number, line in lines[1:]:
        place = f"line {number}"
        at, wind = _row(names, _cells(line, place), place)
        if rows and at <= rows[-1][0]:
            raise UserError(
                f"{place}: expected {along.value} above {rows[-1][0]:g}, that of the row before, found {at:g}"
            )
        rows.append((at, wind))
    if not rows or len(rows) > MOST_ROWS:
        raise UserError(f"line {number}: expected 1 to {MOST_ROWS} rows of wind below it, found {len(rows)}")
    return WindProfile(tuple(rows), along)


def _along(names: list[str], place: str) -> ProfileAxis:
    known = {along.value: along for along in (ProfileAxis.TIME, ProfileAxis.HEIGHT)}
    more = {"gust_mps", "from_deg"}
    if names[0] not in known or names[1:2] != ["speed_mps"] or len(set(names)) < len(names) or {*names[2:]} - more:
        raise UserError(
            f"{place}: expected time_s or height_m, speed_mps, and gust_mps, from_deg where they are "
            f"known, found {','.join(names)}"
        )
    return known[names[0]]


_LIMITS: Final = {"time_s": (0.0, 1e6), "height_m": (-1e4, 1e5), "speed_mps": (0.0, MOST_MPS),
                  "gust_mps": (0.0, MOST_MPS), "from_deg": (-360.0, 360.0)}  # fmt: skip


def _cells(line: str, place: str) -> list[str]:
    import csv

    try:
        return next(csv.reader([line]))
    except csv.Error as error:
        raise UserError(f"{place}: {error}; expected numbers separated by commas") from error


def _row(names: list[str], words: list[str], place: str) -> tuple[float, Wind]:
    if len(words) != len(names):
        raise UserError(f"{place}: expected {len(names)} values, found {len(words)}")
    values = {name: _number(name, word.strip(), place) for name, word in zip(names, words, strict=True)}
    mean = values["speed_mps"]
    gust = values.get("gust_mps", mean)
    if gust < mean:
        raise UserError(f"{place}: expected gust_mps not below speed_mps, found {gust:g}")
    return values[names[0]], Wind(mean, gust, values.get("from_deg"))


def _number(name: str, word: str, place: str) -> float:
    low, high = _LIMITS[name]
    value = number_of(word)
    if not low <= value <= high:  # false for NaN too
        raise UserError(f"{place}: expected {name} from {low:g} to {high:g}, found {word or 'nothing'}")
    return value
