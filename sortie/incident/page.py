"""Page of an incident: charts of the log and the repeated flight, found faults, assumptions, and missing events."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

from sortie.config.words import counted
from sortie.incident.reproduce import NEAR_M, ReproducedIncident
from sortie.incident.scenario import Origin, Scenario
from sortie.reports.comparison_page import comparison_page
from sortie.reports.page import wide_table


def incident_page(found: ReproducedIncident, origins: Mapping[str, Origin]) -> str:
    """Write the page of a log and its repeated flight."""
    scenario = found.scenario
    faults = "".join(
        f'<tr><td>{html.escape(fault.name)}<td class="figure">{fault.from_s:.1f} s<td class="figure">'
        f"{'to the end' if fault.until_s is None else f'{fault.until_s:.1f} s'}"
        f"<td>{html.escape(str(origins.get(f'fault.{number}', '')))}"
        for number, fault in enumerate(scenario.fault)
    )
    parts = [
        f"<p>{found.near:.0%} of the flight within {NEAR_M:g} m of the log. {html.escape(found.cause)}</p>",
        _listed("Different", found.missing) or "<p>The same failsafes, and the same end.</p>",
        f"<h2>Faults that the log shows</h2>{wide_table('Faults', '<tr><th>Fault<th>From<th>Until<th>Why' + faults)}"
        if faults
        else "<h2>Faults that the log shows</h2><p>None.</p>",
        _listed("Assumed, since the log does not tell", scenario.assumed),
        _listed("Refused by ours", found.notes),
        _lines(scenario, origins),
    ]
    return comparison_page((found.log.facts, found.flown.facts), found.found, "".join(parts))


def changed_page(before: ReproducedIncident, after: ReproducedIncident, what: str) -> str:
    """Write the page of the incident and the same with a change; `what` describes it."""
    intro = f"<p>Changed: {html.escape(what)}.</p>{_listed('Different from the log', after.missing)}"
    return comparison_page((before.flown.facts, after.flown.facts), after.found, intro)


def _listed(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{html.escape(line)}" for line in lines)
    return f"<h2>{title}</h2><ul>{items}</ul>" if items else ""


def _lines(scenario: Scenario, origins: Mapping[str, Origin]) -> str:
    params = ((name, value, str(origins.get(f"params.{name}", ""))) for name, value in scenario.params.items())
    rows = "".join(
        f'<tr><td>{html.escape(name)}<td class="figure">{value:g}<td>{html.escape(origin)}'
        for name, value, origin in params
    )
    table = wide_table("Parameters", f"<tr><th>Parameter<th>Value<th>From{rows}")
    return f"<details><summary>{counted(len(scenario.params), 'parameter')}, and where from</summary>{table}</details>"
