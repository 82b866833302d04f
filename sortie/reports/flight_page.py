"""One HTML page of a flight: map, height, speed and battery with the modes on one time axis, and what was said.

It opens without a network: drawings are SVG inside it, and a few lines of script move one cursor through all of them.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from pathlib import Path

from autopilot.mission.plan import Plan
from sortie.reports import svg
from sortie.reports.chart_map import draw_map
from sortie.reports.facts import FlightFacts, Sample, read_log

PAGE = "flight.html"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760.0, 150.0, 46.0, 10.0, 18.0, 20.0
LETTER = 7.0
"""Pixels of a letter."""
_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#8a929b;--ground:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#88909a;--ground:#15181c}}
body{font:15px/1.5 system-ui,sans-serif;margin:1.5em auto;max-width:60em;padding:0 1em;color:var(--ink);
background:var(--ground)}
svg{width:100%;height:auto;display:block;margin:.6em 0}
svg *{vector-effect:non-scaling-stroke}
polyline,polygon,circle{fill:none;stroke-width:1.5}
.label,.home{font:11px system-ui,sans-serif;fill:var(--ink)}.home{font-weight:bold;font-size:14px}
.axis{stroke:var(--soft)}.grid{stroke:var(--soft);stroke-opacity:.25}.cursor{stroke:var(--ink);stroke-opacity:.6}
.track,.value{stroke:#0072b2}.second{stroke:#d55e00}.plan{stroke:var(--soft);stroke-dasharray:5 4}
.item{fill:var(--ground);stroke:var(--ink)}.keep{stroke:#009e73}.out{stroke:#d55e00;fill:#d55e00;fill-opacity:.12}
.here{fill:#cc79a7;stroke:var(--ink)}.band{fill:var(--soft);fill-opacity:.1}
table{border-collapse:collapse}td{padding:.1em .8em .1em 0;vertical-align:top}td:first-child{text-align:right}
"""
_SCRIPT = """
const track=JSON.parse((document.getElementById('track')||{textContent:'[]'}).textContent);
const here=document.getElementById('here');const charts=[...document.querySelectorAll('svg[data-low]')];
function show(t){for(const c of charts){const l=c.querySelector('.cursor');
const x=+c.dataset.start+(t-c.dataset.low)/(c.dataset.high-c.dataset.low)*(c.dataset.end-c.dataset.start);
l.setAttribute('x1',x);l.setAttribute('x2',x);}
let best=null;for(const p of track)if(best===null||Math.abs(p[0]-t)<Math.abs(best[0]-t))best=p;
if(best&&here){here.setAttribute('cx',best[1]);here.setAttribute('cy',best[2]);}}
for(const c of charts)c.addEventListener('pointermove',e=>{const r=c.getBoundingClientRect();
const x=(e.clientX-r.left)/r.width*c.viewBox.baseVal.width;
show(+c.dataset.low+(x-c.dataset.start)/(c.dataset.end-c.dataset.start)*(c.dataset.high-c.dataset.low));});
"""
Line = tuple[str, Callable[[Sample], float]]
"""CSS class, and what it shows."""
CHARTS: Sequence[tuple[str, float, Sequence[Line]]] = (
    ("Height above home, m", 5.0, (("value", lambda sample: sample.height),)),
    ("Speed over ground, m/s", 2.0, (("value", lambda sample: sample.speed),)),
    ("Battery, %", 10.0, (("value", lambda sample: sample.percent),)),
    ("Battery, V", 1.0, (("second", lambda sample: sample.volts),)),
)
"""Title, least range, lines."""


def write_flight_page(log: Path, plan: Plan | None, page: Path) -> None:
    """Read a DataFlash log, and write the page of its flight. OSError."""
    facts = read_log(log)
    if plan is not None:
        facts.take_plan(plan)
    page.write_text(flight_page(facts), encoding="utf-8")


def flight_page(facts: FlightFacts) -> str:
    """The page."""
    low, high = facts.span_s
    time = svg.Scale(low, max(high, low + 1.0), LEFT, WIDTH - RIGHT)
    charts = "".join(_chart(facts, time, *row) for row in CHARTS) if facts.samples else ""
    title = html.escape(f"Flight of {facts.vehicle or 'a vehicle'}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><h1>{title}</h1>'
        f"<p>{html.escape(_summary(facts))}</p>{draw_map(facts)}{charts}<h2>Modes and texts</h2>{_told(facts)}"
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


def _summary(facts: FlightFacts) -> str:
    low, high = facts.span_s
    parts = [f"{high - low:.0f} s, from {low:.1f} s to {high:.1f} s after boot"]
    if facts.samples:
        parts.append(f"{max(sample.height for sample in facts.samples):.1f} m high at most")
    return ", ".join([*parts, f"{len(facts.items)} items planned"])


def _chart(facts: FlightFacts, time: svg.Scale, title: str, least: float, lines: Sequence[Line]) -> str:
    values = [value(sample) for _, value in lines for sample in facts.samples]
    across = svg.scale(values, HEIGHT - BOTTOM, TOP, least=least)
    parts = [_bands(facts, time)]
    for tick in across.ticks(4):
        y = across(tick)
        parts += [
            svg.line([(LEFT, y), (WIDTH - RIGHT, y)], "grid"),
            svg.text(LEFT - 6.0, y + 4.0, f"{tick:g}", anchor="end"),
        ]
    parts += [svg.text(time(tick), HEIGHT - 5.0, f"{tick:g} s") for tick in time.ticks(8)]
    for kind, value in lines:
        parts.append(svg.line([(time(sample.time_s), across(value(sample))) for sample in facts.samples], kind))
    parts += [
        svg.text(LEFT, 12.0, title, anchor="start"),
        f'<line class="cursor" x1="-9" x2="-9" y1="{TOP:g}" y2="{HEIGHT - BOTTOM:g}"/>',
    ]
    where = f'data-low="{time.low:g}" data-high="{time.high:g}" data-start="{time.start:g}" data-end="{time.end:g}"'
    return svg.drawing(title, WIDTH, HEIGHT, parts, where)


def _bands(facts: FlightFacts, time: svg.Scale) -> str:
    """Every second mode is shaded, and named where it begins unless it is over before its name."""
    parts = []
    ends = [*(at_s for at_s, _ in facts.modes[1:]), time.high]
    for number, ((at_s, name), end_s) in enumerate(zip(facts.modes, ends, strict=False)):
        x, wide = time(at_s), time(end_s) - time(at_s)
        if number % 2:
            parts.append(
                f'<rect class="band" x="{x:.1f}" y="{TOP:g}" width="{wide:.1f}" height="{HEIGHT - TOP - BOTTOM:g}"/>'
            )
        if wide > LETTER * len(name):
            parts.append(svg.text(x + 3.0, TOP + 10.0, name, anchor="start"))
    return "".join(parts)


def _told(facts: FlightFacts) -> str:
    rows = sorted([(at_s, f"mode {name}") for at_s, name in facts.modes] + facts.texts, key=lambda row: row[0])
    return "<table>" + "".join(f"<tr><td>{at_s:.2f} s<td>{html.escape(words)}" for at_s, words in rows) + "</table>"
