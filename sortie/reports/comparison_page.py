"""Page of two flights and their differences: the comparison, then both flights on the charts of a flight page."""

from __future__ import annotations

import html
from collections.abc import Sequence

from sortie.reading.facts import FlightFacts
from sortie.reports import svg
from sortie.reports.comparison import FlightComparison
from sortie.reports.flight_page import flight_page
from sortie.reports.page import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axes, wide_table


def comparison_page(flights: Sequence[FlightFacts], found: FlightComparison, more: str = "") -> str:
    """Write the page. `more`: HTML between comparison and flights."""
    kind, sign = ("good", "✓") if found.same else ("look", "!")
    head = f'<section class="verdict {kind}"><strong>{sign} {html.escape(found.first)}</strong></section>'
    head += "".join(f"<p>{html.escape(note)}</p>" for note in found.notes)
    rows = "".join(
        f'<tr><th scope="row">{row.name}<td class="figure">{row.most:.2f} {row.unit}<td class="figure">'
        f'{row.most_s:.1f} s<td class="figure">{row.usual:.2f} {row.unit}'
        for row in found.rows
    )
    heads = "<tr><td><th>Apart at most<th>When<th>95 % of the time below"
    only = "".join(
        f"<h3>Only {html.escape(name)}</h3><ul>{''.join(f'<li>{html.escape(text)}' for text in texts)}</ul>"
        for name, texts in zip(found.names, found.only, strict=True)
        if texts
    )
    return flight_page(
        flights, f"{head}{wide_table('Differences', heads + rows)}{_chart(found)}{_modes(found)}{only}{more}"
    )


def _chart(found: FlightComparison) -> str:
    time = svg.Scale(0.0, max(found.distance[-1][0], 1.0), LEFT, WIDTH - RIGHT)
    across = svg.scale([0.0, *(metres for _, metres in found.distance)], HEIGHT - BOTTOM, TOP, least=found.within_m)
    title = f"Apart, m, by s since {found.since.value}"
    parts = axes(title, time, across, " s")
    parts.append(svg.line([(time(at_s), across(metres)) for at_s, metres in found.distance], "value flight0"))
    if found.first_s is not None:
        x = time(found.first_s)
        parts.append(f'<line class="trouble" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP:g}" y2="{HEIGHT - BOTTOM:g}"/>')
    return svg.drawing(title, WIDTH, HEIGHT, parts)


def _modes(found: FlightComparison) -> str:
    rows = sorted((at_s, number, name) for number, modes in enumerate(found.modes) for at_s, name in modes)
    cells = "".join(
        f'<tr><td class="figure">{at_s:.2f} s<td>{html.escape(name) if number == 0 else ""}'
        f"<td>{html.escape(name) if number == 1 else ''}"
        for at_s, number, name in rows
    )
    heads = "".join(f'<th scope="col">{html.escape(name)}' for name in found.names)
    return wide_table("Modes", f"<tr><td>{heads}{cells}")
