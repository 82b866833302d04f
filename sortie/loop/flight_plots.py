"""The plots of a flown sortie: its trajectory about the depot, what it met on the way, margins, and judged health."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping, Sequence
from math import radians, tan
from typing import Any

from depot.decisions.record import MARGINS
from depot.physics.engines import Purpose
from depot.physics.orbit import Hill, coast, thrust
from depot.physics.windows import Almanac, Arc
from depot.physics.zone import in_zone
from depot.settings import Profile
from depot.world.flight import Segment
from sortie.loop.journal import Flight

_HOUR_S = 3600.0
_STEP_S = 120.0
_COLOURS = {2: "C1", 3: "C2", 4: "C0", 5: "C4", 6: "C4"}
"""Of a place: out, zone, back, corridor, final."""
_NAMES = {1: "parting", 2: "way out", 3: "harvest", 4: "way back", 6: "approach"}
_VERDICTS = ("relaunch", "derate", "retire")
Sample = tuple[float, Hill, int]
"""Time in s, state, place."""


def draw_flight(
    profile: Profile, flights: Mapping[int, Flight], sorties: Sequence[dict[str, Any]],
    decisions: Sequence[dict[str, Any]],
) -> list[tuple[str, str]]:  # fmt: skip
    """(title, SVG) of the last sortie that was flown; none where no recorder was on board."""
    flown = [flight for flight in flights.values() if flight.segments]
    if not flown:
        return []
    flight = flown[-1]
    sortie = next((s for s in sorties if s["number"] == flight.number), None)
    number = flight.number
    plots = [
        (f"Sortie {number}: trajectory about the depot", _trajectory(profile, flight)),
        (f"Sortie {number}: height, eclipses, comms windows, modes", _course(profile, flight, sortie)),
    ]
    if len(flight.margins) > 1:
        plots.append((f"Sortie {number}: margins", _margins(profile, flight)))
    judged = [d for d in decisions if d["name"] in _VERDICTS and d["facts"].get("wear")]
    if judged:
        plots.append(("Judged health", _health(profile, judged)))
    return plots


def samples(profile: Profile, segments: Sequence[Segment]) -> list[Sample]:
    """The recorded closed forms, looked at often enough to draw."""
    rate = Almanac(profile.orbit).orbit.rate
    points: list[Sample] = []
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        whole_s = 0.0 if following is None else (following.at_ms - segment.at_ms) / 1000.0
        count = max(int(whole_s / _STEP_S), 1)
        for number in range(count + (following is None)):
            since_s = whole_s * number / count
            state = (
                thrust(rate, segment.hill, segment.accel, since_s)
                if any(segment.accel)
                else coast(rate, segment.hill, since_s)
            )
            points.append((segment.at_ms / 1000.0 + since_s, state, int(segment.place)))
    return points


def _figure(rows: int, columns: int, height: float, **options: Any) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def _svg(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    page = buffer.getvalue()
    return page[page.index("<svg") :]


def _trajectory(profile: Profile, flight: Flight) -> str:
    """Along the track to the right, height upwards, as seen from the depot; beside it the last kilometre."""
    figure, (wide, near) = _figure(1, 2, 5.2, width_ratios=(1.7, 1.0))
    points = samples(profile, flight.segments)
    _paint_zone(profile, wide)
    for axes, scale in ((wide, 1000.0), (near, 1.0)):
        _paint_way(profile, axes, points, scale)
        _paint_burns(axes, flight.segments, scale)
        axes.plot([0.0], [0.0], "ks", markersize=7, label="depot")
        axes.grid(alpha=0.3)
    _paint_corridor(profile, near)
    gate = profile.corridor.gate_m
    near.set(xlim=(-1.25 * gate, 0.25 * gate), ylim=(-0.45 * gate, 0.45 * gate), xlabel="along the track, m")
    near.set(ylabel="height over the depot, m", title="docking corridor")
    wide.set(xlabel="along the track, km (ahead of the depot: positive)", ylabel="height over the depot, km")
    wide.set(title="relative to the depot")
    wide.legend(fontsize="x-small", loc="upper left")
    return _svg(figure)


def _paint_zone(profile: Profile, axes: Any) -> None:
    zone, orbit = profile.zone, Almanac(profile.orbit).orbit
    along = orbit.offset_m(profile.plan.waypoints[-1])[1]
    left, right = (along - zone.half_length_m) / 1000.0, (along + zone.half_length_m) / 1000.0
    low, high = (zone.floor_m - orbit.altitude_m) / 1000.0, (zone.ceiling_m - orbit.altitude_m) / 1000.0
    axes.fill_between([left, right], low, high, color="C0", alpha=0.12, label="harvest zone")


def _paint_way(profile: Profile, axes: Any, points: Sequence[Sample], scale: float) -> None:
    orbit = Almanac(profile.orbit).orbit
    along = orbit.offset_m(profile.plan.waypoints[-1])[1]
    for place, name in _NAMES.items():
        xs, ys = _line([(state[1], state[0]) if at == place else None for _, state, at in points], scale)
        axes.plot(xs, ys, "-", color=_COLOURS.get(place, "0.4"), linewidth=0.9, label=name)
    taken = [
        (state[1], state[0]) if at == 3 and in_zone(orbit, profile.zone, state, along) else None
        for _, state, at in points
    ]
    xs, ys = _line(taken, scale)
    axes.plot(xs, ys, "-", color="C0", linewidth=2.4, alpha=0.7, label="inside the zone: intake")


def _line(points: Sequence[tuple[float, float] | None], scale: float) -> tuple[list[float], list[float]]:
    """With gaps where there is none."""
    nothing = (float("nan"), float("nan"))
    return [(p or nothing)[0] / scale for p in points], [(p or nothing)[1] / scale for p in points]


def _paint_burns(axes: Any, segments: Sequence[Segment], scale: float) -> None:
    """Arrows along the thrust of the larger ones, dots for the small."""
    label = "burn: direction of thrust"
    for segment, following in itertools.pairwise(segments):
        if segment.purpose < 0:
            continue
        seconds = (following.at_ms - segment.at_ms) / 1000.0
        dv = [part * seconds for part in segment.accel]
        at = (segment.hill[1] / scale, segment.hill[0] / scale)
        size = sum(part * part for part in dv) ** 0.5
        if segment.purpose in (Purpose.DEPART, Purpose.RETURN, Purpose.ARRIVE) and size > 0.0:
            axes.quiver(
                *at, dv[1] / size, dv[0] / size, angles="uv", scale=14.0, width=0.006, color="C3", zorder=5, label=label
            )  # fmt: skip
            if scale > 1.0:
                axes.annotate(
                    f"{size:.1f} m/s", at, textcoords="offset points", xytext=(5, -11), fontsize=7, color="C3"
                )
            label = "_"
        else:
            axes.plot(*at, ".", color="C3", markersize=3)


def _paint_corridor(profile: Profile, axes: Any) -> None:
    from matplotlib.patches import Circle

    corridor = profile.corridor
    wide = tan(radians(corridor.half_angle_deg)) * corridor.gate_m
    axes.fill([0.0, -corridor.gate_m, -corridor.gate_m], [0.0, wide, -wide], color="C2", alpha=0.15, label="corridor")
    axes.add_patch(Circle((0.0, 0.0), corridor.keep_out_m, fill=False, linestyle="--", color="0.5", label="keep-out"))
    axes.legend(fontsize="x-small", loc="upper left")


def _course(profile: Profile, flight: Flight, sortie: dict[str, Any] | None) -> str:
    """Height over time; when it was dark, when the depot could not be heard; modes below."""
    figure, (height, modes) = _figure(2, 1, 4.6, sharex=True, height_ratios=(4.0, 1.3))
    points = samples(profile, flight.segments)
    start_s = points[0][0]
    hours = [(time_s - start_s) / _HOUR_S for time_s, _, _ in points]
    almanac, zone = Almanac(profile.orbit), profile.zone
    height.plot(hours, [(almanac.orbit.altitude_m + state[0]) / 1000.0 for _, state, _ in points], "C0-", linewidth=1.2)
    height.axhspan(zone.floor_m / 1000.0, zone.ceiling_m / 1000.0, color="C0", alpha=0.12, label="harvest zone")
    span = (round(points[0][0] * 1000.0), round(points[-1][0] * 1000.0))
    for arc, style in (
        (almanac.shadow, {"color": "0.3", "alpha": 0.22, "label": "eclipse"}),
        (almanac.blocked, {"facecolor": "none", "edgecolor": "C3", "hatch": "////", "alpha": 0.35, "linewidth": 0.0,
                           "label": "no comms window"}),
    ):  # fmt: skip
        for begin_ms, end_ms in _passages(almanac, arc, *span):
            left, right = ((edge / 1000.0 - start_s) / _HOUR_S for edge in (begin_ms, end_ms))
            height.axvspan(left, right, **style)
            style["label"] = "_"
    height.set(ylabel="altitude, km", xlim=(0.0, hours[-1]))
    height.legend(fontsize="x-small", loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.13))
    _paint_modes(modes, sortie, start_s, points[-1][0])
    modes.set(xlabel="hours since undocking")
    return _svg(figure)


def _passages(almanac: Almanac, arc: Arc, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """The times on an arc, between two instants."""
    found = []
    now_ms = start_ms
    while now_ms < end_ms:
        if almanac.inside(arc, now_ms):
            following = almanac.next_end_ms(arc, now_ms)
            found.append((now_ms, min(following, end_ms)))
        else:
            following = almanac.next_start_ms(arc, now_ms)
        now_ms = following
    return found


def _paint_modes(axes: Any, sortie: dict[str, Any] | None, start_s: float, end_s: float) -> None:
    entries = [] if sortie is None else sortie["modes"]
    names = list(dict.fromkeys(entry["mode"] for entry in entries))
    for entry, following in zip(entries, [*entries[1:], {"start_s": end_s}], strict=True):
        left, right = max(entry["start_s"], start_s), min(following["start_s"], end_s)
        if right > left:
            row = names.index(entry["mode"])
            axes.barh(row, (right - left) / _HOUR_S, left=(left - start_s) / _HOUR_S, height=0.8, color=f"C{row}")
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.invert_yaxis()
    axes.grid(alpha=0.3, axis="x")


def _margins(profile: Profile, flight: Flight) -> str:
    """What there is against what the way home takes, as reported; and the store against what was expected."""
    figure, (fuel, power, store) = _figure(1, 3, 3.2)
    start_s = flight.segments[0].at_ms / 1000.0
    flown = [row for row in flight.margins if row[0] >= start_s] or flight.margins
    columns = dict(zip(MARGINS, zip(*flown, strict=True), strict=True))
    hours = [(time_s - start_s) / _HOUR_S for time_s in columns["time_s"]]
    for axes, have, need, reserve, scale, unit in (
        (fuel, "fuel_kg", "fuel_need_kg", profile.skimmer.fuel_reserve, 1.0, f"propellant, {profile.units.propellant}"),
        (power, "power_wh", "power_need_wh", profile.power.power_reserve, 1000.0, "BATT_A and BATT_B, kWh"),
    ):
        axes.plot(hours, [value / scale for value in columns[have]], "C0-", label="on board")
        axes.plot(hours, [value / scale for value in columns[need]], "C3-", label="takes the way home", linewidth=1.0)
        wanted = [value * (1.0 + reserve) / scale for value in columns[need]]
        axes.plot(hours, wanted, "C3--", label="with the reserve", linewidth=1.0)
        axes.set(ylabel=unit, ylim=(0.0, None))
    store.plot(hours, columns["store_kg"], "C0-", label="in the store")
    store.plot(hours, columns["expected_kg"], "C2--", label="expected", linewidth=1.0)
    store.set(ylabel=f"harvest, {profile.units.store}", ylim=(0.0, None))
    for axes in (fuel, power, store):
        axes.set(xlabel="hours since undocking")
        axes.legend(fontsize="x-small")
        axes.grid(alpha=0.3)
    return _svg(figure)


def _health(profile: Profile, judged: Sequence[dict[str, Any]]) -> str:
    """How far each criterion has gone toward its limit, review by review, and the last one as bars."""
    figure, (trend, last) = _figure(1, 2, 3.2, width_ratios=(1.6, 1.0))
    names = list(judged[-1]["facts"]["wear"])
    numbers = [decision["sortie"] for decision in judged]
    for name in names:
        parts = [decision["facts"]["wear"].get(name, float("nan")) for decision in judged]
        trend.plot(numbers, parts, ".-", linewidth=1.0, markersize=4, label=name.replace("_", " "))
    trend.set(xlabel="review after sortie", ylabel="part of the way to retirement", ylim=(0.0, 1.05))
    trend.xaxis.get_major_locator().set_params(integer=True)
    values = [judged[-1]["facts"]["wear"][name] for name in names]
    last.barh([name.replace("_", " ") for name in names], values, color="C0", height=0.6)
    for row, value in enumerate(values):
        last.annotate(f"{100.0 * value:.2g} %", (value, row), textcoords="offset points", xytext=(4, -3), fontsize=7)
    last.invert_yaxis()
    last.tick_params(labelsize=7)
    last.set(xlim=(0.0, 1.05), title=f"after sortie {numbers[-1]}: {judged[-1]['name']} ({judged[-1]['reason']})")
    last.title.set_fontsize(8)
    for axes, line in ((trend, trend.axhline), (last, last.axvline)):
        line(profile.retirement.derate_at, color="C1", linestyle="--", linewidth=1.0, label="derated from here")
        line(1.0, color="C3", linestyle="--", linewidth=1.0, label="retired here")
        axes.grid(alpha=0.3)
    trend.legend(fontsize="x-small", ncols=2)
    return _svg(figure)
