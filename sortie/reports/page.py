"""Common parts of pages about flights: style, and the frame of a chart. A page contains everything, so it opens without
a network."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from sortie.reports import svg

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760.0, 150.0, 46.0, 10.0, 18.0, 20.0
"""Size of a chart, and margins around its curves, pixels."""
STYLE = Path(__file__).with_suffix(".css").read_text("utf-8")


def html_page(title: str, body: str, script: str = "", *, style: str = "") -> str:
    """Return a whole page. `title` is plain text, `body` HTML; `style`: additional style."""
    heading = html.escape(title)
    code = f"<script>{script}</script>" if script else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{heading}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}{style}</style></head><body><main>"
        f"<h1>{heading}</h1>{body}</main>{code}</body></html>\n"
    )


def wide_table(name: str, rows: str) -> str:
    """Return a table that scrolls horizontally on narrow pages, also by keyboard; `rows` is HTML, `name` is read
    aloud."""
    label = html.escape(name)
    return f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>{rows}</table></div>'


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> str:
    """Return a wide table of HTML cells."""
    top = "".join(f"<th>{cell}" for cell in head)
    return wide_table(name, f"<tr>{top}" + "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows))


def axes(title: str, along: svg.Scale, across: svg.Scale, unit: str) -> list[str]:
    """Draw ticks, grid and title of a chart. `unit`: after the numbers below it."""
    parts = []
    for tick in across.ticks(4):
        y = across(tick)
        parts += [
            svg.line([(LEFT, y), (WIDTH - RIGHT, y)], "grid"),
            svg.text(LEFT - 6.0, y + 4.0, f"{tick:g}", anchor="end"),
        ]
    parts += [svg.text(along(tick), HEIGHT - 5.0, f"{tick:g}{unit}", "label tick") for tick in along.ticks(8)]
    parts.append(svg.text(LEFT, 12.0, title, anchor="start"))
    return parts
