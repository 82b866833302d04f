"""Common parts of all pages about flights: how they look, and the frame of a chart. A page opens without a network:
everything is in it."""

from __future__ import annotations

import html

from sortie.reports import svg

__all__ = ["BOTTOM", "HEIGHT", "LEFT", "RIGHT", "TOP", "WIDTH", "axes", "html_page", "wide_table"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760.0, 150.0, 46.0, 10.0, 18.0, 20.0
"""Pixels of a chart, and of what lies around its curves."""
STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#6a727b;--ground:#fff;--panel:#f3f5f7;
--a:#0072b2;--b:#c04f00;--c:#00795a;--d:#a3527f;--bad:#b3261e;--look:#8a5a00;--good:#00694e}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#98a1ab;--ground:#15181c;--panel:#20252b;
--a:#56b4e9;--b:#e69f00;--c:#2fc79b;--d:#e3a3c6;--bad:#ff8a80;--look:#ffc266;--good:#5fd6b0}}
body{font:15px/1.5 system-ui,sans-serif;margin:1.2em auto;max-width:60em;padding:0 1em;color:var(--ink);
background:var(--ground)}
h1{font-size:1.4em;margin:.2em 0}h2{font-size:1.1em;margin:1.4em 0 .3em}
svg{width:100%;height:auto;display:block;margin:.6em 0}
svg *{vector-effect:non-scaling-stroke}
polyline,polygon,circle{fill:none;stroke-width:1.6}
.label,.home{font:11px system-ui,sans-serif;
fill:var(--ink);paint-order:stroke;stroke:var(--ground);stroke-width:3}.home{font-weight:bold;font-size:14px}
.axis{stroke:var(--soft)}.grid{stroke:var(--soft);stroke-opacity:.25}.cursor{stroke:var(--ink);stroke-opacity:.6}
.flight0{stroke:var(--a)}.flight1{stroke:var(--b);stroke-dasharray:7 3}
.flight2{stroke:var(--c);stroke-dasharray:2 3}.flight3{stroke:var(--d);stroke-dasharray:9 3 2 3}
.below{stroke-opacity:.45}.plan{stroke:var(--soft);stroke-dasharray:5 4}
.item{fill:var(--ground);stroke:var(--ink)}.keep{stroke:var(--c)}.out{stroke:var(--b);fill:var(--b);fill-opacity:.12}
.here{fill:var(--ground);stroke-width:3;stroke-dasharray:none}.band{fill:var(--soft);fill-opacity:.12}
.trouble{stroke:var(--bad);stroke-opacity:.7}
.verdict{background:var(--panel);border-left:.4em solid;padding:.5em 1em;margin:.8em 0}
.verdict ul{margin:.2em 0;padding-left:1.2em}.verdict li,.verdict p{color:var(--ink)}
.bad{border-color:var(--bad);color:var(--bad)}.look{border-color:var(--look);color:var(--look)}
.good{border-color:var(--good);color:var(--good)}
.wide{overflow-x:auto}.wide ul{margin:0 0 .4em}table{border-collapse:collapse}th{text-align:left;font-weight:600}
td,th{padding:.15em 1em .15em 0;vertical-align:top}
small{color:var(--soft)}summary{cursor:pointer;margin:1em 0 .3em}
.figure{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.seek{position:sticky;top:0;background:var(--ground);padding:.4em 0;display:flex;gap:.8em;align-items:center;z-index:1}
.seek input{flex:1;accent-color:var(--a)}.seek output{min-width:5em;font-variant-numeric:tabular-nums}
.ribbon{stroke:var(--a);stroke-opacity:.3}.spread{fill:var(--a);fill-opacity:.22;stroke:none}
.middle{stroke:var(--a)}.ground{fill:var(--c);fill-opacity:.2;stroke:var(--c)}
.second{stroke:var(--b);stroke-dasharray:7 3}
figure{margin:1em 0}figcaption{font-size:.93em}figcaption .key{white-space:nowrap;margin-right:.9em}
figcaption svg{display:inline-block;width:24px;height:8px;margin:0 .35em 0 0}
.k0{stroke:var(--a);--k:var(--a)}.k1{stroke:var(--b);--k:var(--b)}.k2{stroke:var(--c);--k:var(--c)}
.k3{stroke:var(--d);--k:var(--d)}.k4{stroke:var(--a);--k:var(--a);stroke-dasharray:6 3}
.k5{stroke:var(--b);--k:var(--b);stroke-dasharray:6 3}.k6{stroke:var(--c);--k:var(--c);stroke-dasharray:2 3}
.k7{stroke:var(--soft);--k:var(--soft);stroke-dasharray:6 3}
.area{fill:var(--k);fill-opacity:.14;stroke:none}.bar{fill:var(--k);fill-opacity:.55}
.photo{stroke:var(--d);stroke-opacity:.35}.item.bad{stroke:var(--bad);stroke-width:3}
.item.look{stroke:var(--look);stroke-width:3}
:target{background:var(--panel);outline:2px solid var(--a)}
@media(max-width:40em){.label{font-size:17px}body{padding:0 .6em}}
"""


def html_page(title: str, body: str, script: str = "", *, style: str = "") -> str:
    """A whole page. `title` is plain text, `body` is HTML; `style`: of this kind of page, beside that of all."""
    told = html.escape(title)
    code = f"<script>{script}</script>" if script else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{told}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}{style}</style></head><body><main>"
        f"<h1>{told}</h1>{body}</main>{code}</body></html>\n"
    )


def wide_table(name: str, rows: str) -> str:
    """A table that scrolls by itself where a page is narrow, by keyboard too; `rows` is HTML, `name` is read aloud."""
    label = html.escape(name)
    return f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>{rows}</table></div>'


def axes(title: str, along: svg.Scale, across: svg.Scale, unit: str) -> list[str]:
    """Ticks, grid and title of a chart. `unit`: behind the figures below it."""
    parts = []
    for tick in across.ticks(4):
        y = across(tick)
        parts += [
            svg.line([(LEFT, y), (WIDTH - RIGHT, y)], "grid"),
            svg.text(LEFT - 6.0, y + 4.0, f"{tick:g}", anchor="end"),
        ]
    parts += [svg.text(along(tick), HEIGHT - 5.0, f"{tick:g}{unit}") for tick in along.ticks(8)]
    parts.append(svg.text(LEFT, 12.0, title, anchor="start"))
    return parts
