"""Today's names for messages of older ArduPilots, so that readers are written once, for the newest firmware.

Kinds, columns and units are those of ArduPilot's log structures since 3.1 (2013). `CURR` had integers of 0.01 V until
3.3; the second and third compass had their own kinds until 4.1. A message without a time column (events until 3.2) has
the time of the previous one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_KINDS: Final[Mapping[str, str]] = {
    "CURR": "BAT", "MAG2": "MAG", "MAG3": "MAG",
    **{f"{family}{number}": f"XKF{number}" for family in ("EKF", "NKF") for number in (1, 2, 4)},
}  # fmt: skip
_INSTANCES: Final = {"MAG2": 1, "MAG3": 2}
_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "GPS": {"TimeMS": "GMS", "Week": "GWk", "T": "TimeUS", "RelAlt": "RelHomeAlt", "RAlt": "RelHomeAlt"},
    "POS": {"RelAlt": "RelHomeAlt"},
    "RCOU": {f"{name}{number}": f"C{number}" for name in ("Ch", "Chan") for number in range(1, 15)},
}
_WHOLE: Final = "hH"
_HUNDREDTHS: Final = {("CURR", "Volt"), ("CURR", "Curr")}
_THOUSANDS: Final = 0.001
"""Divisor that converts ms to us."""
ESTIMATORS: Final[Mapping[int, str]] = {1: "EKF", 2: "NKF", 3: "XKF"}
"""Kinds of messages of the estimator by AHRS_EKF_TYPE; a log may contain two estimators."""


def today(name: str, form: str, columns: Sequence[str]) -> tuple[str, list[str], dict[int, float], dict[str, int]]:
    """Return (name, columns, further divisors by column number, missing columns) for a kind described in a log."""
    kind = _KINDS.get(name, name)
    renamed = {"TimeMS": "TimeUS", **_COLUMNS.get(kind, {})}
    if kind == "MODE" and "ModeNum" not in columns:
        renamed["Mode"] = "ModeNum"
    named = [renamed.get(column, column) for column in columns]
    divisors = {}
    for number, (old, new, character) in enumerate(zip(columns, named, form, strict=False)):
        if new == "TimeUS" != old:
            divisors[number] = _THOUSANDS
        elif (name, old) in _HUNDREDTHS and character in _WHOLE:
            divisors[number] = 100.0
    return kind, named, divisors, {"I": _INSTANCES[name]} if name in _INSTANCES else {}
