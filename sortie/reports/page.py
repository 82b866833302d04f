"""Common parts of all pages about flights: how they look, and the frame of a chart. A page opens without a network:
everything is in it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from sortie.reports import svg

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760.0, 150.0, 46.0, 10.0, 18.0, 20.0
"""Pixels of a chart, and of what lies around its curves."""
STYLE = Path(__file__).with_suffix(".css").read_text("utf-8")


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


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> str:
    """A wide table of cells, which are HTML."""
    top = "".join(f"<th>{cell}" for cell in head)
    return wide_table(name, f"<tr>{top}" + "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows))


def axes(title: str, along: svg.Scale, across: svg.Scale, unit: str) -> list[str]:
    """Ticks, grid and title of a chart. `unit`: behind the figures below it."""
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
