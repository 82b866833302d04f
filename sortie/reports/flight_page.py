"""Page of one or several flights: verdict, map, charts on one time axis with modes, plan against flight, events.

It opens without a network: charts are inline SVG, and a short script moves one cursor over all.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import Cmd
from autopilot.mission.plan import Plan
from sortie.config.words import counted
from sortie.reading.facts import FlightFacts, Quantity, Sample
from sortie.reading.logs import read_log
from sortie.reports import svg
from sortie.reports.chart_map import draw_map
from sortie.reports.page import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axes, html_page, wide_table
from sortie.reports.verdict import NEAR_M, FindingGrade, deviations, findings, grade_of, passages

PAGE = "flight.html"
LETTER = 7.0
"""Width of a letter, pixels."""
_SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")
Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class CurveLine:
    """Line of a chart. `points_of` returns (s, value); `kind`: a further CSS class."""

    points_of: Callable[[FlightFacts], Points]
    kind: str = "value"


def _of_samples(value: Callable[[Sample], float]) -> CurveLine:
    return CurveLine(lambda facts: [(sample.time_s, value(sample)) for sample in facts.samples])


def _of(quantity: Quantity, kind: str = "value") -> CurveLine:
    return CurveLine(lambda facts: facts.series.get(quantity, []), kind)


CHARTS: Sequence[tuple[str, float, Sequence[CurveLine]]] = (
    ("Height above home, m (faint: the ground)", 5.0,
     (_of_samples(lambda sample: sample.height), _of(Quantity.TERRAIN, "below"))),
    ("Speed over ground, m/s", 2.0, (_of_samples(lambda sample: sample.speed),)),
    ("Airspeed, m/s", 2.0, (_of(Quantity.AIRSPEED),)),
    ("Lift motors, %", 10.0, (_of(Quantity.LIFT),)),
    ("Climb, m/s", 2.0, (_of(Quantity.CLIMB),)),
    ("Roll, ° (faint: asked for)", 5.0, (_of(Quantity.ROLL), _of(Quantity.ROLL_SET, "below"))),
    ("Pitch, ° (faint: asked for)", 5.0, (_of(Quantity.PITCH), _of(Quantity.PITCH_SET, "below"))),
    ("Beside the plan, m", 2.0, (CurveLine(deviations),)),
    ("Battery, %", 10.0, (_of_samples(lambda sample: sample.percent),)),
    ("Battery, V", 1.0, (_of_samples(lambda sample: sample.volts),)),
    ("Current, A", 2.0, (_of(Quantity.CURRENT),)),
    ("Vibration, m/s²", 5.0, (_of(Quantity.VIBRATION),)),
    ("Vibration metric of PX4, m/s²", 1.0, (_of(Quantity.VIBRATION_METRIC),)),
    ("GPS: satellites", 5.0, (_of(Quantity.SATELLITES),)),
    ("GPS: HDOP", 1.0, (_of(Quantity.HDOP),)),
    ("Wind as estimated, m/s", 2.0, (_of(Quantity.WIND),)),
    ("Estimator: position test ratio", 0.5, (_of(Quantity.ESTIMATE),)),
    ("Link: lost frames, %", 5.0, (_of(Quantity.LOSS),)),
    ("Link: signal (RSSI)", 20.0, (_of(Quantity.RSSI),)),
)  # fmt: skip
"""Title, smallest range, lines. Charts without values are left out."""
GRADES: Mapping[FindingGrade, tuple[str, str]] = {
    FindingGrade.GOOD: ("good", "✓ Nothing to complain of"),
    FindingGrade.LOOK: ("look", "! Worth a look"),
    FindingGrade.BAD: ("bad", "✗ Something went wrong"),
}
"""CSS class and words, so that colour is never the only sign."""


def write_flight_page(log: Path, plan: Plan | None, page: Path) -> None:
    """Read a log and write the page of its flight. OSError, UserError."""
    facts = read_log(log)
    if plan is not None:
        facts.take_plan(plan)
    page.write_text(flight_page([facts]), encoding="utf-8")


def flight_page(flights: Sequence[FlightFacts], head: str = "") -> str:
    """Write the page of one or several flights, with times since arming. `head`: HTML above it."""
    shifts_s = [facts.start_s for facts in flights]
    low = min(facts.span_s[0] - shift for facts, shift in zip(flights, shifts_s, strict=True))
    high = max(facts.span_s[1] - shift for facts, shift in zip(flights, shifts_s, strict=True))
    time = svg.Scale(low, max(high, low + 1.0), LEFT, WIDTH - RIGHT)
    charts = "".join(_chart(flights, shifts_s, time, *row) for row in CHARTS)
    seek = (
        f'<div class="seek"><label for="time">Since arming</label><input id="time" type="range" min="{low:.1f}" '
        f'max="{time.high:.1f}" step="0.1" value="{low:.1f}"><output id="told" for="time">{low:.1f} s</output></div>'
    )
    names = " and ".join(facts.vehicle or "a vehicle" for facts in flights)
    body = (
        f"{head}{''.join(_verdict(facts, number, len(flights)) for number, facts in enumerate(flights))}"
        f"{_figures(flights)}{seek if charts else ''}{draw_map(flights, shifts_s)}{charts}"
        f"{''.join(_flown(facts, shift) for facts, shift in zip(flights, shifts_s, strict=True))}"
        f"{''.join(_event_table(facts, shift) for facts, shift in zip(flights, shifts_s, strict=True))}"
        f"{''.join(_parameters(facts, shift) for facts, shift in zip(flights, shifts_s, strict=True))}"
    )
    title = f"Flight of {names}" if len(flights) == 1 else f"{len(flights)} flights: {names}"
    return html_page(title, body, _SCRIPT)


def _verdict(facts: FlightFacts, number: int, count: int) -> str:
    found = findings(facts)
    kind, words = GRADES[grade_of(found)]
    rows = "".join(
        f"<li>{html.escape(finding.text)}"
        + ("" if finding.time_s is None else f" <small>at {finding.time_s - facts.start_s:.1f} s</small>")
        for finding in found
    )
    key = _KEY.format(number) if count > 1 else ""
    return (
        f'<section class="verdict {kind}"><strong>{words}</strong>{key}<p>{html.escape(facts.name)}: '
        f"{html.escape(_summary(facts))}</p><ul>{rows}</ul></section>"
    )


_KEY = (
    '<svg aria-hidden="true" viewBox="0 0 60 4" style="width:60px">'
    '<line class="flight{}" x1="0" y1="2" x2="60" y2="2" stroke-width="3"/></svg>'
)
"""Key of the map: line styles of a flight."""


def _summary(facts: FlightFacts) -> str:
    """Describe date, duration and plan of the flight."""
    low, high = facts.span_s
    began = facts.day_time(facts.start_s)
    parts = [] if began is None else [f"{began.day} {began:%B %Y, %H:%M:%S} UTC"]
    if facts.armed:
        parts.append(f"armed for {facts.armed_s():.0f} s; times count from arming, {facts.start_s:.1f} s after boot")
    parts.append(f"a log of {high - low:.0f} s")
    parts.append(f"{counted(len(facts.items), 'item')} planned" if facts.items else "no plan in it")
    return ", ".join(parts)


def _lost_in_flight(facts: FlightFacts) -> Points:
    """Return frame losses while armed. On the ground, a station may download logs without recording that, which is not
    a loss."""
    return [(at_s, value) for at_s, value in facts.series.get(Quantity.LOSS, []) if facts.armed_at(at_s)]


FIGURES: Sequence[tuple[str, str, Callable[[FlightFacts], Points], Callable[[list[float]], float]]] = (
    ("Highest above home", "m", CHARTS[0][2][0].points_of, max),
    ("Fastest over ground", "m/s", CHARTS[1][2][0].points_of, max),
    ("Farthest beside the plan", "m", deviations, max),
    ("Battery, least", "%", _of_samples(lambda sample: sample.percent).points_of, min),
    ("Vibration, most", "m/s²", _of(Quantity.VIBRATION).points_of, max),
    ("Lost frames in flight, most", "%", _lost_in_flight, max),
)  # fmt: skip


def _figures(flights: Sequence[FlightFacts]) -> str:
    rows = []
    for name, unit, points_of, pick in FIGURES:
        known = [[value for _, value in points_of(facts) if isfinite(value)] for facts in flights]
        if any(known):
            cells = "".join(
                f'<td class="figure">{f"{pick(values):.1f} {unit}" if values else "–"}</td>' for values in known
            )
            rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    heads = "".join(f'<th scope="col">{html.escape(facts.name or "flight")}</th>' for facts in flights)
    return wide_table("Figures", f"<tr><td></td>{heads}</tr>{''.join(rows)}") if rows else ""


def _chart(
    flights: Sequence[FlightFacts],
    shifts_s: Sequence[float],
    time: svg.Scale,
    title: str,
    least: float,
    lines: Sequence[CurveLine],
) -> str:
    """Draw a chart; "" without values."""
    drawn = [
        (f"{line.kind} flight{number}", [(at_s - shift_s, value) for at_s, value in line.points_of(facts)])
        for number, (facts, shift_s) in enumerate(zip(flights, shifts_s, strict=True))
        for line in lines
    ]
    values = [value for _, points in drawn for _, value in points if isfinite(value)]
    if not values:
        return ""
    across = svg.scale(values, HEIGHT - BOTTOM, TOP, least=least)
    bands, names = _bands(flights[0], shifts_s[0], time)
    parts = [bands]
    parts += axes(title, time, across, " s")
    for trouble in flights[0].troubles:
        x = time(trouble.time_s - shifts_s[0])
        parts.append(f'<line class="trouble" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP:g}" y2="{TOP + 8:g}"/>')
    parts += [svg.line([(time(at_s), across(value)) for at_s, value in points], kind) for kind, points in drawn]
    parts.append(names)  # above the curves, which would cross them
    parts.append(f'<line class="cursor" x1="-9" x2="-9" y1="{TOP:g}" y2="{HEIGHT - BOTTOM:g}"/>')
    parts.append(svg.text(WIDTH - RIGHT, 12.0, "", "label read", "end"))
    where = (
        f'data-low="{time.low:g}" data-high="{time.high:g}" data-start="{time.start:g}" data-end="{time.end:g}" '
        f'data-least="{across.low:g}" data-most="{across.high:g}" data-foot="{across.start:g}" '
        f'data-head="{across.end:g}"'
    )
    return svg.drawing(title, WIDTH, HEIGHT, parts, where)


def _bands(facts: FlightFacts, shift_s: float, time: svg.Scale) -> tuple[str, str]:
    """Draw shades for every second mode, and names of modes that last long enough: shades, names."""
    parts, names = [], []
    begun = [(at_s - shift_s, name) for at_s, name in facts.modes]
    ends = [*(at_s for at_s, _ in begun[1:]), time.high]
    for number, ((at_s, name), end_s) in enumerate(zip(begun, ends, strict=False)):
        x, wide = time(at_s), time(end_s) - time(at_s)
        if number % 2:
            parts.append(
                f'<rect class="band" x="{x:.1f}" y="{TOP:g}" width="{wide:.1f}" height="{HEIGHT - TOP - BOTTOM:g}"/>'
            )
        if wide > LETTER * len(name):
            names.append(svg.text(x + 3.0, TOP + 10.0, name, "label mode", "start"))
    return "".join(parts), "".join(names)


def _flown(facts: FlightFacts, shift_s: float) -> str:
    """Compare plan and flight, item by item."""
    rows = []
    for passage in passages(facts):
        above = "–" if passage.above_m is None else f"{round(passage.above_m, 1) + 0.0:+.1f} m"
        far = ' <strong class="look">! not passed</strong>' if passage.distance_m > NEAR_M else ""
        name = Cmd(passage.command).name if passage.command in Cmd.__members__.values() else str(passage.command)
        rows.append(
            f'<tr><td class="figure">{passage.seq}<td>{name}<td class="figure">{passage.distance_m:.1f} m{far}'
            f'<td class="figure">{above}<td class="figure">{passage.time_s - shift_s:.1f} s'
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Item", "Command", "Passed at", "Higher by", "When"))
    return _section(f"Plan against flown: {facts.name}", f"<tr>{heads}</tr>{''.join(rows)}") if rows else ""


def _event_table(facts: FlightFacts, shift_s: float) -> str:
    """Write the table of events: modes, arming and texts; repeated texts once."""
    happened = [(at_s, f"mode {name}") for at_s, name in facts.modes] + facts.texts
    happened += [(at_s, "armed" if armed else "disarmed") for at_s, armed in facts.armed]
    rows = []
    for words, group in groupby(sorted(happened, key=lambda row: row[0]), key=lambda row: row[1]):
        first_s, *again = [at_s - shift_s for at_s, _ in group]
        often = f" <small>({len(again) + 1} times, until {again[-1]:.2f} s)</small>" if again else ""
        rows.append(f'<tr><td class="figure">{first_s:.2f} s<td>{html.escape(words)}{often}')
    return _section(f"What happened when: {facts.name}", "".join(rows))


def _parameters(facts: FlightFacts, shift_s: float) -> str:
    """Write the table of changed parameters, and of values other than the default if known."""
    changed = "".join(
        f'<tr><td class="figure">{at_s - shift_s:.2f} s<td>{html.escape(name)}<td class="figure">{before:g}'
        f'<td class="figure">{after:g}'
        for at_s, name, before, after in facts.changes
    )
    own = "".join(
        f'<tr><td>{html.escape(name)}<td class="figure">{value:g}<td class="figure">{default:g}'
        for name, (value, default) in sorted(facts.own_values.items())
    )
    return (_section(f"Parameters changed on the way: {facts.name}", _PARAMETER_HEADS + changed) if changed else "") + (
        f"<details><summary>{counted(len(facts.own_values), 'parameter')} not at the default: "
        f"{html.escape(facts.name)}</summary>"
        + wide_table("Parameters", f"<tr><th>Parameter<th>Value<th>Default{own}")
        + "</details>"
        if own
        else ""
    )


_PARAMETER_HEADS: Final = "<tr><th>When<th>Parameter<th>Before<th>After"


def _section(title: str, rows: str) -> str:
    return f"<h2>{html.escape(title)}</h2>{wide_table(title, rows)}"
