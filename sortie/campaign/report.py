"""Report of a campaign: a page that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from sortie.campaign.encounters import EncounterRisk
from sortie.campaign.evidence import ContainmentEvidence, evidence_of, replay_command
from sortie.campaign.evidence_page import evidence_page
from sortie.campaign.flown import RunResult
from sortie.campaign.folder import read_signals, write_whole, writing
from sortie.campaign.formulas import YES
from sortie.campaign.report_charts import STYLE, Axis, histogram, map_of, scatter, share_bar, track_of
from sortie.campaign.sampling import written
from sortie.campaign.summary import (
    FEWEST,
    MOST_FAILURES,
    Columns,
    InputLevel,
    Interval,
    Judge,
    Summary,
    columns_of,
    influences,
    levels,
    strongest,
    summary_of,
)
from sortie.campaign.units import of_inputs
from sortie.config.words import counted
from sortie.reports.page import html_page, plain_table

MOST_TRACKS: Final = 8
SEARCHED: Final = "A search prefers flights that fail, so this share is not a failure rate"


# --- the page ---------------------------------------------------------------------------------------------------------
def write_report(folder: Path) -> Path:
    """Write `report.html`, and for a study with [containment] `evidence.html` and `evidence.json`. Returns the path of
    the first."""
    columns = columns_of(folder)
    evidence = evidence_of(folder, columns)
    summary, units = summary_of(columns), of_inputs(columns.stored.study)
    parts = [_head(columns, summary, evidence), _verdicts(summary), _encounters(summary.encounters)]
    parts += [_levels(columns, units), _space(columns, units)]
    parts.append(_tracks(folder, columns))
    parts += [_judge_part(name, judge, columns) for name, judge in summary.judges.items()]
    parts += [_failures(folder, columns, units), _study(columns, units)]
    title = f"{_name(columns)}: {summary.failed} of {counted(summary.done, 'flight')} failed"
    file = folder / "report.html"
    with writing(folder):
        if evidence is not None:
            write_whole(folder / "evidence.json", msgspec.json.format(msgspec.json.encode(evidence)))
            write_whole(folder / "evidence.html", evidence_page(evidence, columns.stored.study).encode("utf-8"))
        write_whole(file, html_page(title, "".join(parts), style=STYLE).encode("utf-8"))
    return file


def _name(columns: Columns) -> str:
    study = columns.stored.study
    return study.name or study.plan_names


def _head(columns: Columns, summary: Summary, evidence: ContainmentEvidence | None) -> str:
    stored, ended = columns.stored, ", ".join(f"{count} {escape(name)}" for name, count in summary.results.items())
    sample = stored.study.file.sample
    how = SEARCHED if summary.interval is None else _rate(summary.failed, summary.done, summary.interval)
    flown = f", flown from {escape(stored.began)} UTC" if stored.began else ""
    more = "" if evidence is None else '<p><a href="evidence.html">Evidence on containment</a>, to be printed.</p>'
    return (
        f"<p>{how}. {summary.done} of {counted(summary.total, 'run')} of {escape(stored.study.plan_names)}, "
        f"sample {sample.method}, seed {sample.seed}{flown}. Missions: {ended or 'none'}. "
        f"Sortie {escape(stored.identity)}.</p>{more}"
    )


def _rate(failed: int, flown: int, sure: Interval | None) -> str:
    share = failed / max(flown, 1)
    return f"{share:.2%}" if sure is None else f"{share:.2%}; with 95&nbsp;% confidence {sure[0]:.2%} to {sure[1]:.2%}"


def _verdicts(summary: Summary) -> str:
    rows = [
        (
            f'<a href="#judge-{escape(name)}">{escape(name)}</a>',
            f"<code>{escape(judge.formula)}</code>",
            f"{judge.failed} of {judge.flown}",
            _rate(judge.failed, judge.flown, judge.interval),
            escape(judge.margins()),
        )
        for name, judge in summary.judges.items()
    ]
    return "<h2>Judges</h2>" + plain_table(("judge", "formula", "broken in", "share", "robustness"), rows, "Judges")


_EVENTS: Final = {
    "nmac": "near mid-air collision (500 ft, 100 ft)",
    "well_clear_lost": "well clear lost, ASTM F3442 (2,000 ft, 250 ft)",
    "do365_lost": "well clear lost, RTCA DO-365",
}


def _encounters(found: EncounterRisk | None) -> str:
    """Write the table of encounters, with avoidance and without."""
    if found is None:
        return ""
    rows = []
    for name, event in found.events.items():
        ratio = "" if event.ratio is None else f"{event.ratio:.3f}"
        sure = "" if event.interval is None else f"{event.interval[0]:.3f} to {event.interval[1]:.3f}"
        rows.append((_EVENTS[name], str(event.happened), str(event.blind), ratio, sure))
    head = ("event", f"in {found.encounters} encounters", f"in {found.blind} without a reaction", "risk ratio", "95 %")
    note = "<p>Each run is flown a second time with AVD_ENABLE 0, among the same aircraft.</p>"
    return f"<h2>Encounters</h2>{note}{plain_table(head, rows, 'Encounters')}"


# --- what matters -----------------------------------------------------------------------------------------------------
def _levels(columns: Columns, units: dict[str, str]) -> str:
    """Write the table of failures by level or range of each input."""
    parts = []
    for name, values in columns.inputs.items():
        if columns.count < 2 or np.ptp(values) == 0.0:
            continue
        found = levels(columns, name)
        broken = list(found[0].by_judge)
        rows = [_level(level, broken) for level in found]
        head = (escape(_with_unit(name, units)), "flights", "failed", "share", "0 to 100&nbsp;%", *map(escape, broken))
        parts.append(plain_table(head, rows, f"Failures by {name}"))
    if not parts:
        return ""
    note = f"<p>{SEARCHED}.</p>" if columns.searched else "<p>The line over a bar is its 95&nbsp;% interval.</p>"
    return f"<h2>Failures by level of each input</h2>{note}{''.join(parts)}"


def _level(level: InputLevel, broken: Sequence[str]) -> tuple[str, ...]:
    share = f"{level.failed / max(level.flown, 1):.1%}"
    if level.interval is not None:
        share += f" ({level.interval[0]:.1%} to {level.interval[1]:.1%})"
    by_judge = (str(level.by_judge[judge]) for judge in broken)
    return (escape(level.label), str(level.flown), str(level.failed), share, share_bar(level), *by_judge)


def _with_unit(name: str, units: dict[str, str]) -> str:
    return f"{name} ({units[name]})" if name in units else name


def _space(columns: Columns, units: dict[str, str]) -> str:
    """Draw the flights in the space of the two strongest inputs."""
    names = strongest(columns)
    if len(names) < 2:
        return ""
    x, y = (Axis(_with_unit(name, units), columns.inputs[name], columns.texts.get(name)) for name in names)
    linked = {row.run: f"#run-{row.run}" for row in columns.worst}
    drawn = scatter(x, y, columns.bad, columns.runs, linked)
    first, second = map(escape, names)
    return (
        f"<h2>Failures in the space of {first} and {second}</h2><p>The two inputs that matter most. A point has its "
        f"run's number; those of the failures below lead there.</p>{drawn}"
    )


def _judge_part(name: str, judge: Judge, columns: Columns) -> str:
    values = columns.margins[name]
    measured = values[np.abs(values) < YES]  # false for nan
    ranked = influences(columns, name)
    indexed = any(influence.index is not None for influence in ranked.values())
    head = ["input", "rank correlation with robustness", *(["first-order Sobol index"] if indexed else [])]
    rows = [
        [escape(input_name), _figure(value.correlation, "+.2f"), *([_figure(value.index, ".2f")] if indexed else [])]
        for input_name, value in ranked.items()
    ]
    table = plain_table(head, rows, f"What {name} depends on") if rows else ""
    if rows and not indexed:
        table += f"<p>Shares of the variance (Sobol) need {FEWEST} flights of a spread sample.</p>"
    return (
        f'<h2 id="judge-{escape(name)}">{escape(name)}: {judge.failed} failed</h2>'
        f"<p><code>{escape(judge.formula)}</code>: {escape(judge.margins())}.</p>"
        f"{histogram(name, measured, judge.unit)}{table}"
    )


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


# --- flights ----------------------------------------------------------------------------------------------------------
def _tracks(folder: Path, columns: Columns) -> str:
    """Draw the worst flights on a map, over plan and fence, or over the plan of each where plans vary."""
    found = {row.run: signals for row in columns.worst if (signals := read_signals(folder, row.run))}
    rows = distinct([row for row in columns.worst if row.run in found], columns)
    if not rows:
        return ""
    study = columns.stored.study
    planned = {row.run: study.planned(row.run, row.inputs) for row in rows}
    tracks = [track_of(str(row.run), found[row.run], planned[row.run], f"run{k}") for k, row in enumerate(rows)]
    one_plan = len({(track.home, track.plan.items) for track in tracks}) == 1
    title = "The worst tracks over the plan" if one_plan else "The worst tracks over their plans"
    runs = ", ".join(f'<a href="#run-{row.run}">{row.run}</a>' for row in rows)
    own = "" if one_plan else ", each with its own plan dashed"
    return (
        f"<h2>{title}</h2><p>Runs {runs}{own}; of equally bad flights those whose inputs differ most. The plan "
        f"is dashed, the fence drawn through, H where it stood; a track ends at its number.</p>{map_of(tracks)}"
    )


def distinct(rows: Sequence[RunResult], columns: Columns, most: int = MOST_TRACKS) -> list[RunResult]:
    """Return the worst of `rows` (in order). Among equally bad ones, choose those with the most different inputs, so
    that eight drawn flights are not all alike."""
    remaining, chosen = list(rows), list[RunResult]()
    while remaining and len(chosen) < most:
        alike = [row for row in remaining if _badness(row) == _badness(remaining[0])]
        farthest = max(alike, key=lambda row: min((_apart(row, other, columns) for other in chosen), default=0.0))
        chosen.append(farthest)
        remaining.remove(farthest)
    return chosen


def _badness(row: RunResult) -> float:
    return min((margin for margin in row.robustness.values() if margin is not None), default=-np.inf)


def _apart(row: RunResult, other: RunResult, columns: Columns) -> float:
    """Return the distance between the inputs of two runs, each as a share of its range. Texts are equal or
    different."""
    squares = 0.0
    for name, values in columns.inputs.items():
        a, b = row.inputs[name], other.inputs[name]
        if isinstance(a, str) or isinstance(b, str):
            squares += float(a != b)
        else:
            squares += ((a - b) / max(float(np.ptp(values)), 1e-9)) ** 2
    return squares


def _failures(folder: Path, columns: Columns, units: dict[str, str]) -> str:
    """Write a line for each failure, worst first: the command that flies it again, and its data."""
    if not columns.worst:
        return "<h2>No failures</h2>"
    more = columns.failed - len(columns.worst)
    rows = [
        (
            f'<b id="run-{row.run}">{row.run}</b>',
            f"<code>{escape(replay_command(folder, row.run))}</code>",
            _links(folder, row),
            escape(row.result),
            escape(_why(row)),
            escape(", ".join(f"{name} {_value(row, name, units)}" for name in row.inputs)),
        )
        for row in columns.worst
    ]
    table = plain_table(("run", "again", "kept", "result", "why", "inputs"), rows, "Failures")
    left_out = f"<p>The worst {MOST_FAILURES}; {more} more are in runs.parquet.</p>" if more > 0 else ""
    return f"<h2>Failures</h2>{table}{left_out}"


def _links(folder: Path, row: RunResult) -> str:
    pages = {
        "signals": f"signals/{row.run}.parquet",
        "logs": f"replays/{row.run}/",
        "traceback": f"errors/{row.run}.txt",
    }
    pages["small"] = f"shrunk/{row.run}/"
    return ", ".join(f'<a href="{path}">{name}</a>' for name, path in pages.items() if (folder / path).exists())


def _value(row: RunResult, name: str, units: dict[str, str]) -> str:
    return f"{written(row.inputs[name])} {units.get(name, '')}".rstrip()


def _why(row: RunResult) -> str:
    broken = [
        name if abs(margin) >= YES else f"{name} {margin:.4g}"
        for name, margin in row.robustness.items()
        if margin is not None and margin < 0.0
    ]
    return "; ".join([*broken, *([row.reason] if row.reason else [])])


# --- the study --------------------------------------------------------------------------------------------------------
def _study(columns: Columns, units: dict[str, str]) -> str:
    """Write the section on the study: inputs with distributions, fixed values, judges."""
    file = columns.stored.study.file
    vary = [
        (
            escape(_with_unit(name, units)),
            varied.kind,
            escape(_distribution(varied.kind, getattr(varied, varied.kind))),
            "" if varied.within is None else f"{varied.within[0]:g} to {varied.within[1]:g}",
        )
        for name, varied in file.vary.items()
    ]
    rows = [("plan", file.plan), ("vehicle", file.vehicle), ("limit", f"{file.limit_s:g} s")]
    others = ("firmware", "strategy", "home", "radio", "traffic", "code", "client", "executor")
    rows += [(key, text) for key in others if (text := getattr(file, key))]
    rows += [(f"parameter {name}", str(value)) for name, value in file.params.items()]
    rows += [
        ("fault", strike.fault + ("" if strike.when == 1.0 else f", when {strike.when}")) for strike in file.strikes
    ]
    rows += [
        (f"change of item {change.item}", ", ".join(f"{key} {value}" for key, value in change.given().items()))
        for change in file.change
    ]
    if file.fleet is not None:
        members = file.fleet.file or f"{file.fleet.count} vehicles"
        rows.append(("fleet", f"{members}, {file.fleet.formation}, {file.fleet.spacing} m apart"))
    rows += [(f"judge {name}", text) for name, text in file.judge.items()]
    inputs = plain_table(("input", "distribution", "numbers", "within"), vary, "Inputs") if vary else ""
    fixed = plain_table(
        ("key", "value"), [(escape(key), f"<code>{escape(text)}</code>") for key, text in rows], "Study"
    )
    return f"<h2>The study</h2>{inputs}{fixed}"


_MEANS: Final = {
    "uniform": "{} to {}", "normal": "mean {}, deviation {}", "lognormal": "median {}, deviation {} of the logarithm",
}  # fmt: skip


def _distribution(kind: str, value: object) -> str:
    if kind in _MEANS and isinstance(value, tuple):
        return _MEANS[kind].format(*(f"{number:g}" for number in value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
