"""The plots of a report, each an SVG of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

from depot.names import Phase
from depot.settings import Profile

SHOWN_SORTIES = 60
"""Of a long loop the timeline shows the last ones; the other plots show all."""
_DAY_S = 86_400.0
_MINUTE_S = 60.0


def draw_plots(
    profile: Profile, sorties: Sequence[dict[str, Any]], levels: Sequence[dict[str, Any]],
    tracks: Mapping[int, Sequence[dict[str, float]]],
) -> list[tuple[str, str]]:  # fmt: skip
    """(title, SVG) of timeline, tanks, batteries, mass per sortie, track."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "sortie"  # the same run draws the same bytes
    return [
        ("Timeline of phases", _timeline(sorties[-SHOWN_SORTIES:])),
        ("Tanks of the depot", _lines(levels, "tanks", "fill, %")),
        ("Skimmer: store, propellant, batteries", _lines(levels, "skimmer", "level, %")),
        ("Harvested and delivered", _masses(sorties, profile.units.store)),
        ("Track", _draw_tracks(profile, sorties, tracks)),
    ]


def _unit(longest_s: float) -> tuple[float, str]:
    """Seconds in the unit that suits a span, and its name."""
    return (_DAY_S, "days") if longest_s > _DAY_S else (_MINUTE_S, "minutes")


def _figure(height: float = 3.2) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, height), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    page = buffer.getvalue()
    return page[page.index("<svg") :]


def _timeline(sorties: Sequence[dict[str, Any]]) -> str:
    figure, axes = _figure(1.5 + 0.16 * max(len(sorties), 4))
    scale, name = _unit(max((s["phases"][-1]["end_s"] - s["phases"][0]["start_s"] for s in sorties), default=0.0))
    for sortie in sorties:
        for phase in sortie["phases"]:
            width = (phase["end_s"] - phase["start_s"]) / scale
            left = (phase["start_s"] - sortie["phases"][0]["start_s"]) / scale
            axes.barh(sortie["number"], width, left=left, color=f"C{phase['phase'] - 1}", height=0.8)
    for phase in Phase:
        axes.barh(0, 0, color=f"C{phase - 1}", label=f"{int(phase)} {phase.title}")
    axes.invert_yaxis()
    axes.set(xlabel=f"{name} since the sortie began", ylabel="sortie")
    axes.legend(
        fontsize="x-small", ncols=4, loc="upper center", bbox_to_anchor=(0.5, 1.35 if len(sorties) < 12 else 1.12)
    )
    return _svg(figure)


def _lines(levels: Sequence[dict[str, Any]], key: str, label: str) -> str:
    figure, axes = _figure()
    scale, unit = _unit(levels[-1]["time_s"] if levels else 0.0)
    times = [row["time_s"] / scale for row in levels]
    names = levels[0][key] if levels else {}
    for name in names:
        axes.plot(times, [100.0 * row[key][name] for row in levels], label=name, linewidth=1.0)
    axes.set(xlabel=unit, ylabel=label)
    if names:
        axes.legend(fontsize="x-small", ncols=3)
    axes.grid(alpha=0.3)
    return _svg(figure)


def _masses(sorties: Sequence[dict[str, Any]], unit: str) -> str:
    figure, axes = _figure()
    numbers = [sortie["number"] for sortie in sorties]
    for key in ("harvested_kg", "delivered_kg"):
        name = key.removesuffix("_kg")
        axes.plot(numbers, [sortie[key] for sortie in sorties], ".-", label=name, linewidth=0.8, markersize=3)
    aborted = [sortie for sortie in sorties if sortie["outcome"] != "completed"]
    axes.plot([s["number"] for s in aborted], [s["delivered_kg"] for s in aborted], "rx", label="aborted or lost")
    axes.set(xlabel="sortie", ylabel=unit)
    axes.legend(fontsize="x-small")
    axes.grid(alpha=0.3)
    return _svg(figure)


def _draw_tracks(
    profile: Profile, sorties: Sequence[dict[str, Any]], tracks: Mapping[int, Sequence[dict[str, float]]]
) -> str:
    """What was flown, on a grid of latitude and longitude drawn to scale, over the plan's waypoints."""
    figure, axes = _figure(5.0)
    broken = {sortie["number"] for sortie in sorties if sortie["outcome"] != "completed"}
    points = profile.plan.waypoints
    axes.plot([lon for _, lon, _ in points], [lat for lat, _, _ in points], "o", color="0.6", label="plan")
    for number, (lat, lon, alt) in enumerate(points, 1):
        axes.annotate(f"{number} ({alt:,.0f} m)", (lon, lat), textcoords="offset points", xytext=(4, 4), fontsize=8)
    shown = {number: tracks[number] for number in sorted(tracks)[-SHOWN_SORTIES:] if tracks[number]}
    for kind, color in ((False, "C0"), (True, "C3")):
        label = "aborted or lost" if kind else "flown"
        for number in (number for number in shown if (number in broken) is kind):
            track = shown[number]
            axes.plot(
                [point["lon"] for point in track], [point["lat"] for point in track], "-", color=color, alpha=0.6,
                linewidth=0.8, label=label,
            )  # fmt: skip
            label = "_"  # one entry for all
    axes.set(xlabel="longitude, degrees", ylabel="latitude, degrees")
    axes.set_aspect(1.0 / max(cos(radians(points[0][0])), 0.01), adjustable="datalim")
    axes.ticklabel_format(useOffset=False)
    axes.legend(fontsize="x-small")
    axes.grid(alpha=0.4)
    return _svg(figure)
