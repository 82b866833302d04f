"""Charts of one sortie: trajectory relative to the depot, conditions on the way, margins, health."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from math import cos, radians, sin, tan, tau
from typing import Any, Final

from depot.decisions.record import MARGINS
from depot.physics.engines import BurnPurpose
from depot.physics.orbit import Hill, coast, thrust
from depot.physics.windows import Almanac, Arc
from depot.settings import Profile
from depot.world.flight import LegSegment
from sortie.loop.journal import StoredFlight
from sortie.reports.plot import COLOURS, NOWHERE, Area, Curve, PlotMark, plot
from sortie.reports.svg import Point

_HOUR_S: Final = 3600.0
_STEP_S: Final = 120.0
_NAMES: Final = {1: "parting", 2: "way out", 3: "harvest", 4: "way back", 5: "way back", 6: "approach"}
"""Names of the sections in the plots."""
_VERDICTS: Final = ("relaunch", "derate", "retire")
_ZONE, _ECLIPSE, _SILENCE = 2, 7, 5
"""Colours."""
Sample = tuple[float, Hill, int]
"""Time in s, state, section."""


def draw_flight(
    profile: Profile,
    flights: Mapping[int, StoredFlight],
    sorties: Sequence[Mapping[str, Any]],
    decisions: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Draw the last flown sortie; nothing without a recording."""
    flown = [flight for flight in flights.values() if flight.segments]
    if not flown:
        return []
    flight = flown[-1]
    sortie = next((s for s in sorties if s["number"] == flight.number), None)
    points = samples(profile, flight.segments)
    figures = [
        _trajectory(profile, flight, points),
        _corridor(profile, flight, points),
        _course(profile, flight, points),
        _modes(flight, sortie, points),
    ]
    if len(flight.margins) > 1:
        figures += _margins(profile, flight)
    judged = [d for d in decisions if d["name"] in _VERDICTS and d["facts"].get("wear")]
    return [*figures, _health(profile, judged)] if judged else figures


def samples(profile: Profile, segments: Sequence[LegSegment]) -> list[Sample]:
    """Sample the recorded closed forms often enough for a plot."""
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


def _way(points: Sequence[Sample], scale: float) -> list[Curve]:
    """Return curves along the track (to the right) and up, relative to the depot, one for each section."""
    curves = []
    for number, name in enumerate(dict.fromkeys(_NAMES.values())):
        line: list[Point] = [
            (state[1] / scale, state[0] / scale) if _NAMES.get(place) == name else NOWHERE for _, state, place in points
        ]
        curves.append(Curve(name, line, (0, 3, 2, 4, 6)[number]))
    return curves


def _trajectory(profile: Profile, flight: StoredFlight, points: Sequence[Sample]) -> str:
    """Draw the trajectory, with the large burns by their size."""
    zone, orbit = profile.zone, Almanac(profile.orbit).orbit
    along = orbit.offset_m(profile.plan.waypoints[-1])[1]
    left, right = (along - zone.half_length_m) / 1000.0, (along + zone.half_length_m) / 1000.0
    low, high = (zone.floor_m - orbit.altitude_m) / 1000.0, (zone.ceiling_m - orbit.altitude_m) / 1000.0
    burns = [PlotMark(at[0] / 1000.0, at[1] / 1000.0, f"burn, {size:.1f} m/s") for at, size in _burns(flight.segments)]
    return plot(
        f"Sortie {flight.number}: trajectory, km above the depot",
        "km along the track (ahead of the depot: positive)",
        _way(points, 1000.0),
        [Area("harvest zone", _ZONE, left, right, low, high)],
        [*burns, PlotMark(0.0, 0.0, "depot")],
        height=340.0,
    )


def _burns(segments: Sequence[LegSegment]) -> list[tuple[Point, float]]:
    """Return where the large burns began (along, up; m), and their sizes, m/s."""
    found = []
    for segment, following in itertools.pairwise(segments):
        seconds = (following.at_ms - segment.at_ms) / 1000.0
        size = sum((part * seconds) ** 2 for part in segment.accel) ** 0.5
        if segment.purpose in (BurnPurpose.DEPART, BurnPurpose.RETURN, BurnPurpose.ARRIVE) and size > 0.0:
            found.append(((segment.hill[1], segment.hill[0]), size))
    return found


def _corridor(profile: Profile, flight: StoredFlight, points: Sequence[Sample]) -> str:
    """Draw the last metres, inside the gate."""
    corridor = profile.corridor
    gate, wide = corridor.gate_m, tan(radians(corridor.half_angle_deg)) * corridor.gate_m
    near = [
        Curve(
            curve.name,
            [
                point if abs(point[0]) < 1.25 * gate and abs(point[1]) < 0.5 * gate else NOWHERE
                for point in curve.points
            ],
            curve.colour,
        )
        for curve in _way(points, 1.0)
    ]
    ring = [
        (corridor.keep_out_m * cos(tau * turn / 48.0), corridor.keep_out_m * sin(tau * turn / 48.0))
        for turn in range(49)
    ]
    limits = [Curve("corridor", [(-gate, wide), (0.0, 0.0), (-gate, -wide)], 5), Curve("keep-out", ring, 7)]
    return plot(
        f"Sortie {flight.number}: docking corridor, m above the depot",
        "m along the track",
        [*near, *limits],
        places=[PlotMark(0.0, 0.0, "depot")],
        height=300.0,
        alike=True,
    )


def _course(profile: Profile, flight: StoredFlight, points: Sequence[Sample]) -> str:
    """Draw height over time, with eclipses and radio blackouts."""
    start_s, end_s = points[0][0], points[-1][0]
    almanac, zone = Almanac(profile.orbit), profile.zone
    height = [((at_s - start_s) / _HOUR_S, (almanac.orbit.altitude_m + state[0]) / 1000.0) for at_s, state, _ in points]
    areas = [Area("harvest zone", _ZONE, low=zone.floor_m / 1000.0, high=zone.ceiling_m / 1000.0)]
    for arc, name, colour in ((almanac.shadow, "eclipse", _ECLIPSE), (almanac.blocked, "no comms window", _SILENCE)):
        for begin_ms, close_ms in _passages(almanac, arc, round(start_s * 1000.0), round(end_s * 1000.0)):
            left, right = ((edge / 1000.0 - start_s) / _HOUR_S for edge in (begin_ms, close_ms))
            areas.append(Area(name, colour, left, right))
    return plot(f"Sortie {flight.number}: altitude, km", "hours since undocking", [Curve("altitude", height)], areas)


def _passages(almanac: Almanac, arc: Arc, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """Return the passages of an arc between two times."""
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


def _modes(flight: StoredFlight, sortie: Mapping[str, Any] | None, points: Sequence[Sample]) -> str:
    start_s, end_s = points[0][0], points[-1][0]
    entries = [] if sortie is None else sortie["modes"]
    names = list(dict.fromkeys(entry["mode"] for entry in entries))
    bars = []
    for entry, following in zip(entries, [*entries[1:], {"start_s": end_s}], strict=True):
        left, right = max(entry["start_s"], start_s), min(following["start_s"], end_s)
        if right > left:
            row = names.index(entry["mode"])
            left, right = ((edge - start_s) / _HOUR_S for edge in (left, right))
            bars.append(Area(entry["mode"], row % COLOURS, left, right, row - 0.35, row + 0.35, bar=True))
    rows = [""] * len(names)  # names are in the legend
    height = 60.0 + 22.0 * max(len(rows), 1)
    return plot(f"Sortie {flight.number}: modes", "hours since undocking", areas=bars, rows=rows, height=height)


def _margins(profile: Profile, flight: StoredFlight) -> list[str]:
    """Draw what is left and what the way back needs, as reported, and the actual against the expected store."""
    start_s = flight.segments[0].at_ms / 1000.0
    flown = [row for row in flight.margins if row[0] >= start_s] or flight.margins
    columns = dict(zip(MARGINS, zip(*flown, strict=True), strict=True))
    hours = [(time_s - start_s) / _HOUR_S for time_s in columns["time_s"]]

    def curve(name: str, values: Sequence[float], colour: int) -> Curve:
        return Curve(name, list(zip(hours, values, strict=True)), colour)

    figures = []
    for have, need, reserve, scale, unit in (
        ("fuel_kg", "fuel_need_kg", profile.skimmer.fuel_reserve, 1.0, f"propellant, {profile.units.propellant}"),
        ("power_wh", "power_need_wh", profile.power.power_reserve, 1000.0, "BATT_A and BATT_B, kWh"),
    ):
        needs = [value / scale for value in columns[need]]
        curves = [
            curve("on board", [value / scale for value in columns[have]], 0),
            curve("takes the way home", needs, 1),
            curve("with the reserve", [value * (1.0 + reserve) for value in needs], 5),
        ]
        figures.append(plot(f"Sortie {flight.number}: {unit}", "hours since undocking", curves, from_zero=True))
    store = [curve("in the store", columns["store_kg"], 0), curve("expected", columns["expected_kg"], 2)]
    title = f"Sortie {flight.number}: harvest, {profile.units.store}"
    return [*figures, plot(title, "hours since undocking", store, from_zero=True)]


def _health(profile: Profile, judged: Sequence[Mapping[str, Any]]) -> str:
    """Draw each retirement criterion against its limit, review by review."""
    names = list(judged[-1]["facts"]["wear"])
    curves = [
        Curve(
            f"{name.replace('_', ' ')} {judged[-1]['facts']['wear'][name]:.2%}",
            [(review["sortie"], 100.0 * review["facts"]["wear"].get(name, float("nan"))) for review in judged],
            number % COLOURS,
            dots=True,
        )
        for number, name in enumerate(names)
    ]
    limits = [Area("derated from here", 1, low=100.0 * profile.retirement.derate_at, high=100.0)]
    return plot(
        "Health: % of the way to retirement",
        "review after sortie",
        curves,
        limits,
        from_zero=True,
        whole=True,
        least=1.0,
    )
