"""Encounters with other aircraft: near mid-air collisions, losses of well clear, closest approach, and the risk ratio.

A study with `traffic` flies each run twice with the same seed, the second time with AVD_ENABLE 0. `sitl.world` draws an
encounter from its number and the state of the vehicle at its start, so both flights meet the same intruders. The risk
ratio is the share of encounters with an event, with avoidance divided by without. Its interval is that of a ratio of
two shares (Katz et al. 1978), which is rather too wide for pairs.

Volumes: near mid-air collision, 500 ft and 100 ft (RTCA DO-365); well clear of a small unmanned aircraft, 2,000 ft and
250 ft (ASTM F3442); DO-365's well clear en route, modified tau 35 s, DMOD and HMD 4,000 ft, 450 ft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, sqrt
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from autopilot.control import arrays
from autopilot.interface.mathematics import exp
from sitl.world.sky import Aircraft

_FOOT_M: Final = 0.3048
_NMAC_M, _NMAC_Z_M = 500.0 * _FOOT_M, 100.0 * _FOOT_M
_F3442_M, _F3442_Z_M = 2000.0 * _FOOT_M, 250.0 * _FOOT_M
_DMOD_M, _DO365_Z_M, _TAU_S = 4000.0 * _FOOT_M, 450.0 * _FOOT_M, 35.0
_FAR_M: Final = 10_000.0
_WIDTH: Final = 1.96  # standard deviations for 95 % of a normal distribution
_THREE: Final = 3.0  # rule of three: with no event in n, the share is below 3/n with 95 % confidence
EVENTS: Final = ("nmac", "well_clear_lost", "do365_lost")
"""Counted events: number of encounters with each."""
COUNTED: Final = ("encounters", *EVENTS, "blind_encounters", *(f"blind_{name}" for name in EVENTS))
FIGURES: Final = (*COUNTED, "closest_m", "blind_closest_m")
"""Figures of a run: encounters in the air, events, smallest distance; `blind_`: in the flight without avoidance."""
SIGNALS: Final = {
    "traffic_distance": "m",  # to the nearest other aircraft; 10,000 without one
    "nmac": "",  # 1 within 500 ft and 100 ft of another aircraft, else 0
    "well_clear_lost": "",  # 1 within 2,000 ft and 250 ft of another aircraft (ASTM F3442), else 0
    "do365_lost": "",  # 1 while well clear by RTCA DO-365 is lost, else 0
}
"""Signals with their units."""
Floats = NDArray[np.float64]
Array = NDArray[np.generic]


class _Met(Struct, frozen=True):
    """Encounter with an aircraft: indexes of the samples, distances (m), and events at each sample."""

    samples: NDArray[np.intp]
    away_m: Floats
    events: dict[str, NDArray[np.bool_]]


def _meet(time: Floats, own: Floats, aircraft: Aircraft) -> _Met | None:
    """Calculate an encounter. `own`: rows north, east, down, m."""
    knots = np.array([(at_s, *place) for at_s, place in aircraft.knots])
    samples = np.flatnonzero((time >= knots[0, 0]) & (time <= knots[-1, 0]))
    if aircraft.ghost or samples.size < 2:
        return None
    at = np.stack([np.interp(time[samples], knots[:, 0], knots[:, axis]) for axis in (1, 2, 3)])
    relative = at - own[:, samples]
    across = arrays.hypot(relative[0], relative[1])
    apart_z = np.abs(relative[2])
    events = {
        "nmac": (across < _NMAC_M) & (apart_z < _NMAC_Z_M),
        "well_clear_lost": (across < _F3442_M) & (apart_z < _F3442_Z_M),
        "do365_lost": _do365(time[samples], relative, across, apart_z),
    }
    return _Met(samples, np.sqrt(across * across + apart_z * apart_z), events)


def _do365(time: Floats, relative: Floats, across: Floats, apart_z: Floats) -> NDArray[np.bool_]:
    """Check that modified tau, horizontal miss distance and height difference are within their limits, for each
    sample."""
    moves = np.gradient(relative[:2], time, axis=1)
    along = relative[0] * moves[0] + relative[1] * moves[1]
    squared = np.square(moves).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = np.where(
            across <= _DMOD_M, 0.0, np.where(along < 0.0, (_DMOD_M * _DMOD_M - across * across) / along, inf)
        )
        ahead = np.where(squared > 0.0, np.maximum(-along / squared, 0.0), 0.0)
    missed = arrays.hypot(relative[0] + moves[0] * ahead, relative[1] + moves[1] * ahead)
    lost: NDArray[np.bool_] = (tau <= _TAU_S) & (missed <= _DMOD_M) & (apart_z <= _DO365_Z_M)
    return lost


def _own(signals: Mapping[str, Array]) -> tuple[Floats, Floats]:
    time, north, east, height = (np.asarray(signals[name], np.float64) for name in ("time", "north", "east", "height"))
    return time, np.stack([north, east, -height])


def traffic_signals(signals: Mapping[str, Array], aircraft: Sequence[Aircraft]) -> dict[str, Floats]:
    """Return `SIGNALS` of a flight among these aircraft. Their places are relative to the place of switch-on."""
    time, own = _own(signals)
    found = {name: np.zeros(time.size) for name in EVENTS}
    nearest = np.full(time.size, _FAR_M)
    for met in (_meet(time, own, other) for other in aircraft):
        if met is not None:
            nearest[met.samples] = np.minimum(nearest[met.samples], met.away_m)
            for name, holds in met.events.items():
                found[name][met.samples] = np.maximum(found[name][met.samples], holds)
    return {"traffic_distance": nearest, **found}


def figures_of_traffic(signals: Mapping[str, Array], aircraft: Sequence[Aircraft]) -> dict[str, float | None]:
    """Return the number of encounters in the air, the number with each event, and the smallest distance, m."""
    time, own = _own(signals)
    flying = np.asarray(signals["landed"], np.float64) < 0.5
    met = [m for other in aircraft if (m := _meet(time, own, other)) is not None and flying[m.samples].any()]
    figures: dict[str, float | None] = {"encounters": float(len(met))}
    for name in EVENTS:
        figures[name] = float(sum((other.events[name] & flying[other.samples]).any() for other in met))
    figures["closest_m"] = min((float(other.away_m[flying[other.samples]].min()) for other in met), default=None)
    return figures


class EncounterEvent(Struct, frozen=True):
    """Number of encounters with an event, with avoidance and without. `ratio`: of the shares, None when it never
    happened without. `interval`: of the ratio, 95 %."""

    happened: int
    blind: int
    ratio: float | None
    interval: tuple[float, float] | None


class EncounterRisk(Struct, frozen=True):
    """All encounters of a campaign, with avoidance and without, and events by name."""

    encounters: int
    blind: int
    events: dict[str, EncounterEvent]


def risk(total: Mapping[str, int]) -> EncounterRisk:
    """Calculate the risk from sums of `FIGURES`."""
    count, blind = total["encounters"], total["blind_encounters"]
    return EncounterRisk(
        count, blind, {name: _event(total[name], count, total[f"blind_{name}"], blind) for name in EVENTS}
    )


def _event(happened: int, count: int, blind: int, blind_count: int) -> EncounterEvent:
    if not (blind and count):
        return EncounterEvent(happened, blind, None, None)
    share = blind / blind_count
    if not happened:
        return EncounterEvent(0, blind, 0.0, (0.0, _THREE / count / share))
    ratio = happened / count / share
    wide = exp(_WIDTH * sqrt(1.0 / happened - 1.0 / count + 1.0 / blind - 1.0 / blind_count))
    return EncounterEvent(happened, blind, ratio, (ratio / wide, ratio * wide))
