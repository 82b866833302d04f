"""Charts of a loop's report: phases, tanks, masses, tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any, Final

from autopilot.interface.geo import METRES_PER_DEGREE, longitude_scale
from depot.decisions.record import TrackRow
from depot.settings import Profile
from sortie.reports.plot import COLOURS, Area, Curve, PlotMark, plot

SHOWN_SORTIES: Final = 60
"""Number of last sorties in the timeline; other charts show all."""
_DAY_S: Final = 86_400.0
_MINUTE_S: Final = 60.0
_FLAT: Final = 0.02
"""Ratio of width to length below which a track is drawn by height."""


def draw_plots(
    profile: Profile,
    sorties: Sequence[Mapping[str, Any]],
    levels: Sequence[Mapping[str, Any]],
    tracks: Mapping[int, Sequence[TrackRow]],
) -> list[str]:
    """Draw timeline, tanks, batteries, mass per sortie and tracks."""
    return [
        _timeline(sorties[-SHOWN_SORTIES:]),
        _levels(levels, "tanks", "Tanks of the depot, %"),
        _levels(levels, "skimmer", "Skimmer: store, propellant, batteries, %"),
        _masses(sorties, profile.units.store),
        _tracks(profile, sorties, tracks),
    ]


def _unit(longest_s: float) -> tuple[float, str]:
    """Return a suitable unit for this time span: its seconds and its name."""
    return (_DAY_S, "days") if longest_s > _DAY_S else (_MINUTE_S, "minutes")


def _timeline(sorties: Sequence[Mapping[str, Any]]) -> str:
    scale, name = _unit(max((s["phases"][-1]["end_s"] - s["phases"][0]["start_s"] for s in sorties), default=0.0))
    bars = [
        Area(
            f"{phase['phase']} {phase['name']}",
            (phase["phase"] - 1) % COLOURS,
            (phase["start_s"] - sortie["phases"][0]["start_s"]) / scale,
            (phase["end_s"] - sortie["phases"][0]["start_s"]) / scale,
            row - 0.35,
            row + 0.35,
            bar=True,
        )
        for row, sortie in enumerate(sorties)
        for phase in sortie["phases"]
    ]
    rows = [str(sortie["number"]) for sortie in sorties]
    height = 60.0 + 26.0 * max(len(rows), 1)
    return plot("Phases of each sortie", f"{name} since the sortie began", areas=bars, rows=rows, height=height)


def _levels(levels: Sequence[Mapping[str, Any]], key: str, title: str) -> str:
    scale, unit = _unit(levels[-1]["time_s"] if levels else 0.0)
    names = dict.fromkeys(name for row in levels for name in row[key])  # a profile may rename tanks
    curves = [
        Curve(name, [(row["time_s"] / scale, 100.0 * row[key].get(name, nan)) for row in levels], number % COLOURS)
        for number, name in enumerate(names)
    ]
    return plot(title, unit, curves, from_zero=True)


def _masses(sorties: Sequence[Mapping[str, Any]], unit: str) -> str:
    curves = [
        Curve(key.removesuffix("_kg"), [(sortie["number"], sortie[key]) for sortie in sorties], number, dots=True)
        for number, key in enumerate(("harvested_kg", "delivered_kg"))
    ]
    broken = [PlotMark(s["number"], s["delivered_kg"], s["outcome"]) for s in sorties if s["outcome"] != "completed"]
    return plot(
        f"Harvested and delivered, {unit}", "sortie", curves, places=broken, from_zero=True, whole=True, least=1.0
    )


def _tracks(profile: Profile, sorties: Sequence[Mapping[str, Any]], tracks: Mapping[int, Sequence[TrackRow]]) -> str:
    """Draw a map of the tracks, north up and to scale, or their heights if all lie on a line."""
    points = profile.plan.waypoints
    lat, lon, _ = points[0]
    east_m = METRES_PER_DEGREE * longitude_scale(lat)
    broken = {sortie["number"] for sortie in sorties if sortie["outcome"] != "completed"}
    shown = {number: tracks[number] for number in sorted(tracks)[-SHOWN_SORTIES:] if tracks[number]}
    shown_points = [point for track in shown.values() for point in track]
    wide_m = max((abs(point["lat"] - lat) for point in shown_points), default=0.0) * METRES_PER_DEGREE
    long_m = max((abs(point["lon"] - lon) for point in shown_points), default=0.0) * east_m
    flat = wide_m < _FLAT * long_m

    def place(north_deg: float, east_deg: float, alt_m: float) -> tuple[float, float]:
        east = (east_deg - lon) * east_m
        return (east / 1000.0, alt_m / 1000.0) if flat else (east, (north_deg - lat) * METRES_PER_DEGREE)

    curves = [
        Curve(
            "aborted or lost" if number in broken else "flown",
            [place(point["lat"], point["lon"], point["alt_m"]) for point in track],
            1 if number in broken else 0,
        )
        for number, track in shown.items()
    ]
    marks = [PlotMark(*place(*point), f"{number} ({point[2]:,.0f} m)") for number, point in enumerate(points, 1)]
    if flat:
        return plot("Track: altitude, km", "km to the east of the first waypoint", curves, places=marks, height=300.0)
    return plot(
        "Track: m to the north", "m to the east of the first waypoint", curves, (), marks, height=420.0, alike=True
    )
