"""The report of a campaign: one page that opens without a network."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sortie.api.begin import standing_at
from sortie.campaign.flown import Row
from sortie.campaign.folder import Kept, read_signals, write_whole, writing
from sortie.campaign.sampling import SEARCH
from sortie.campaign.signals import legs_of
from sortie.campaign.study import Study, written
from sortie.campaign.summary import (
    MOST_FAILURES,
    Columns,
    Judge,
    Matters,
    Summary,
    columns_of,
    influences,
    strongest,
    summary_of,
)
from sortie.nodes.plan_file import start_of

_BINS: Final = 24
_WIDE, _HIGH, _MAP = 420, 140, 420
_MOST_DOTS: Final = 4000
_STYLE = """body{font:15px/1.45 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:.6em 0}td,th{border-bottom:1px solid #ddd;padding:.2em .8em .2em 0}
td,th{text-align:left}
code{font-size:13px}svg{display:block;margin:.4em 0}svg text{font:11px system-ui,sans-serif;fill:#555}
.bad{fill:#c0392b}.good{fill:#2c7fb8}polyline{fill:none;stroke-width:1.5}.plan{stroke:#2c7fb8;stroke-width:2}
.track{stroke:#c0392b;opacity:.6}.own{stroke-dasharray:4 3;opacity:.5}@media print{body{margin:0}}
"""
_HUES: Final = ("#c0392b", "#2c7fb8", "#238b45", "#8e44ad", "#d35400", "#117a65", "#7f6000", "#555555")
"""Of a track and its plan, where each has its own: the worst first."""
_COLOURS: Final = "".join(f".run{k}{{stroke:{hue};color:{hue}}}" for k, hue in enumerate(_HUES))


# --- the page ---------------------------------------------------------------------------------------------------------
def write_report(folder: Path) -> Path:
    """Write `report.html`; returns where it is."""
    columns = columns_of(folder)
    kept, summary = columns.kept, summary_of(columns)
    parts = [_head(kept, summary), _space(columns), _tracks(folder, columns)]
    for name, judge in summary.judges.items():
        parts.append(_judge_part(name, judge, columns))
    parts.append(_failures(folder, columns))
    file = folder / "report.html"
    with writing(folder):
        write_whole(file, page(f"Campaign {kept.study.title}", "".join(parts)).encode("utf-8"))
    return file


def _head(kept: Kept, summary: Summary) -> str:
    low, high = summary.interval
    ended = ", ".join(f"{count} {escape(name)}" for name, count in summary.results.items())
    how = f"{summary.share:.2%}; with 95&nbsp;% confidence {low:.2%} to {high:.2%}"
    if kept.study.said.sample.method == SEARCH:
        how = "A search flies where it fails: their share says nothing of other flights"
    return (
        f"<h1>{escape(kept.study.title)}: {summary.failed} of {summary.done} flights failed</h1>"
        f"<p>{how}. "
        f"{summary.done} of {summary.total} runs, sample {kept.study.said.sample.method}, "
        f"seed {kept.study.said.sample.seed}. Missions: {ended or 'none'}. Sortie {escape(kept.identity)}.</p>"
    )


def _judge_part(name: str, judge: Judge, columns: Columns) -> str:
    values = columns.margins[name]
    ranked = influences(columns, name)
    table = "".join(f"<tr><td>{escape(one)}<td>{_signed(value)}<td>{_share(value)}" for one, value in ranked.items())
    margins = "Not flown"
    if judge.median is not None:
        margins = f"Robustness {judge.lowest:.4g} to {judge.highest:.4g}, median {judge.median:.4g}"
    head = "<tr><th>input<th>rank correlation with robustness<th>first-order Sobol index"
    return (
        f"<h2>{escape(name)}: {judge.failed} failed</h2><p><code>{escape(judge.formula)}</code></p>"
        f"<p>{margins}.</p>"
        f"{_histogram(values[~np.isnan(values)])}{f'<table>{head}{table}</table>' if table else ''}"
    )


def _signed(one: Matters) -> str:
    return "" if one.correlation is None else f"{one.correlation:+.2f}"


def _share(one: Matters) -> str:
    return "" if one.index is None else f"{one.index:.2f}"


def _histogram(values: NDArray[np.float64]) -> str:
    """Bars of robustness; those below 0 are failures."""
    if values.size == 0 or np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())):
        return ""
    counts, edges = np.histogram(values, _BINS)
    wide = _WIDE / _BINS
    bars = "".join(
        f'<rect class="{_colour(edges[k] < 0.0)}" x="{k * wide:.1f}" y="{_HIGH * (1 - n / counts.max()):.1f}" '
        f'width="{wide - 1:.1f}" height="{_HIGH * n / counts.max():.1f}"/>'
        for k, n in enumerate(counts)
    )
    return _svg(bars, f"{edges[0]:.4g}", f"{edges[-1]:.4g} (robustness)", f"{counts.max()} flights")


def _space(columns: Columns) -> str:
    """Flights in the space of the two inputs that matter most; failures last, so that none is hidden."""
    names = strongest(columns)
    if len(names) < 2:
        return ""
    x, y = (columns.inputs[name] for name in names)
    across = _WIDE * (x - x.min()) / max(float(np.ptp(x)), 1e-9)
    up = _HIGH * (1.0 - (y - y.min()) / max(float(np.ptp(y)), 1e-9))
    failed = columns.bad
    order = np.argsort(failed, kind="stable")[-_MOST_DOTS:]
    dots = "".join(
        f'<circle class="{_colour(failed[k])}" cx="{across[k]:.1f}" cy="{up[k]:.1f}" r="2.5"/>' for k in order
    )
    first, second = map(escape, names)
    drawn = _svg(dots, _end(columns, names[0], x.min()), f"{_end(columns, names[0], x.max())} ({first})",
                 f"{second}: {_end(columns, names[1], y.min())} to {_end(columns, names[1], y.max())}")  # fmt: skip
    return f"<h2>Failures in the space of {first} and {second}</h2>{drawn}"


def _end(columns: Columns, name: str, value: float) -> str:
    texts = columns.texts.get(name)
    return f"{value:.4g}" if texts is None else escape(texts[int(value)])


def _tracks(folder: Path, columns: Columns) -> str:
    """The worst flights from above, over the plan; where that varies each over its own, in a colour for both."""
    found = [(row, read_signals(folder, row.run)) for row in columns.worst[: len(_HUES)]]
    tracks = [
        (row, np.stack([np.asarray(signals["east"], np.float64), np.asarray(signals["north"], np.float64)]))
        for row, signals in found if signals
    ]  # fmt: skip
    if not tracks:
        return ""
    plans = [_way(columns.kept.study, row) for row, _ in tracks]
    if all(np.array_equal(plan, plans[0]) for plan in plans):
        lines = [("track", f"run {row.run}", track) for row, track in tracks] + [("plan", "plan", plans[0])]
        runs, title = ", ".join(str(row.run) for row, _ in tracks), "The worst tracks over the plan"
    else:
        lines = [(f"own run{k}", f"plan of run {row.run}", plans[k]) for k, (row, _) in enumerate(tracks)]
        lines += [(f"track run{k}", f"run {row.run}", track) for k, (row, track) in enumerate(tracks)]
        runs = ", ".join(f'<b class="run{k}">{row.run}</b>' for k, (row, _) in enumerate(tracks))
        runs, title = f"{runs}, each with its own plan dashed", "The worst tracks over their plans"
    drawn, size = drawn_map(lines)
    return f"<h2>{title}</h2><p>Runs {runs}; {size:.0f} m wide, north is up.</p>{drawn}"


def _way(study: Study, row: Row) -> NDArray[np.float64]:
    """The closed way through the plan of a run, from where the vehicle stood: m east, then north."""
    wanted = study.wanted(row.run, row.inputs)
    home = standing_at(wanted.home if wanted.home is not None else start_of(wanted.plan))[0]
    way = legs_of(home, wanted.plan.items).T[::-1]
    return np.concatenate([way, way[:, :1]], axis=1)


def drawn_map(lines: Sequence[tuple[str, str, NDArray[np.float64]]]) -> tuple[str, float]:
    """Lines from above, and how many m the drawing is wide. Of each its class, its title, and its points: east, then
    north, in m."""
    ends = np.concatenate([points for _, _, points in lines], axis=1)
    low, size = ends.min(axis=1), max(float(np.ptp(ends, axis=1).max()), 1.0)
    inside = "".join(_line(points, low, size, kind, title) for kind, title, points in lines)
    box = f'width="{_MAP + 20}" height="{_MAP + 20}" viewBox="-10 -10 {_MAP + 20} {_MAP + 20}"'
    return f"<svg {box}>{inside}</svg>", size


def page(title: str, inside: str) -> str:
    """A page that opens without a network."""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{_STYLE}{_COLOURS}</style>{inside}</html>\n"
    )


def _line(points: NDArray[np.float64], low: NDArray[np.float64], size: float, kind: str, title: str) -> str:
    x, y = _MAP * (points[0] - low[0]) / size, _MAP * (1.0 - (points[1] - low[1]) / size)
    text = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline class="{kind}" points="{text}"><title>{escape(title)}</title></polyline>'


def _colour(failed: np.bool_) -> str:
    return "bad" if failed else "good"


def _svg(inside: str, left: str, right: str, above: str) -> str:
    return (
        f'<svg width="{_WIDE + 20}" height="{_HIGH + 40}" viewBox="-10 -18 {_WIDE + 20} {_HIGH + 40}">'
        f'<line x1="0" y1="{_HIGH}" x2="{_WIDE}" y2="{_HIGH}" stroke="#999"/>{inside}'
        f'<text x="0" y="-6">{above}</text><text x="0" y="{_HIGH + 16}">{left}</text>'
        f'<text x="{_WIDE}" y="{_HIGH + 16}" text-anchor="end">{right}</text></svg>'
    )


def _failures(folder: Path, columns: Columns) -> str:
    """A line for each failure, the worst first: the command that flies it again, and what was so."""
    if not columns.worst:
        return "<h2>No failures</h2>"
    more = columns.failed - len(columns.worst)
    lines = "".join(
        f"<tr><td><code>{escape(shlex.join(['sortie', 'campaign', 'replay', str(folder), str(row.run)]))}</code>"
        f"<td>{escape(row.result)}<td>{escape(_why(row))}"
        f"<td>{escape(', '.join(f'{name} {written(value)}' for name, value in row.inputs.items()))}"
        for row in columns.worst
    )
    left_out = f"<p>The worst {MOST_FAILURES}; {more} more are in runs.parquet.</p>" if more > 0 else ""
    return f"<h2>Failures</h2><table><tr><th>again<th>result<th>why<th>inputs{lines}</table>{left_out}"


def _why(row: Row) -> str:
    broken = [f"{name} {margin:.4g}" for name, margin in row.robustness.items() if margin is not None and margin < 0.0]
    return "; ".join([*broken, *([row.reason] if row.reason else [])])
