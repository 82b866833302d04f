"""What a campaign found: figures, and a page of them that needs no network."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from sortie.campaign.flown import Row
from sortie.campaign.folder import Kept, read_kept, rows
from sortie.campaign.study import written

CONFIDENCE: Final = 0.95
_BINS: Final = 24
_WIDE, _HIGH = 420, 140
_MOST_FAILURES: Final = 200
_STYLE = """body{font:15px/1.45 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:.6em 0}td,th{border-bottom:1px solid #ddd;padding:.2em .8em .2em 0}
td,th{text-align:left}
code{font-size:13px}svg{display:block;margin:.4em 0}svg text{font:11px system-ui,sans-serif;fill:#555}
.bad{fill:#c0392b}.good{fill:#2c7fb8}@media print{body{margin:0}}"""


class Judge(Struct, frozen=True):
    """Robustness over all flights that flew, and how many were below 0."""

    formula: str
    failed: int
    lowest: float
    median: float
    highest: float


class Summary(Struct, frozen=True):
    """`interval`: of the share of failures, with 95 % confidence (Clopper and Pearson: exact, for runs that are
    independent; a spread sample is at least as sure). `results`: how many ended how."""

    total: int
    done: int
    failed: int
    share: float
    interval: tuple[float, float]
    results: dict[str, int]
    judges: dict[str, Judge]


def summarize(folder: Path) -> Summary:
    """The figures of a folder as it is."""
    return _summary(read_kept(folder), list(rows(folder)))


def _summary(kept: Kept, flown: Sequence[Row]) -> Summary:
    failed = sum(not row.ok for row in flown)
    return Summary(
        kept.study.runs, len(flown), failed, failed / max(len(flown), 1), interval(failed, len(flown)),
        dict(sorted(Counter(row.result for row in flown).items())),
        {name: _judge(text, margins(flown, name)) for name, text in kept.study.said.judge.items()},
    )  # fmt: skip


def interval(failed: int, count: int) -> tuple[float, float]:
    """The confidence interval of a share; without flights it can be anything."""
    if count == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    found = binomtest(failed, count).proportion_ci(CONFIDENCE, method="exact")
    return float(found.low), float(found.high)


def margins(flown: Iterable[Row], judge: str) -> NDArray[np.float64]:
    """Robustness of each run; nan where nothing flew."""
    found = (row.robustness[judge] for row in flown)
    return np.array([np.nan if margin is None else margin for margin in found], np.float64)


def _judge(formula: str, values: NDArray[np.float64]) -> Judge:
    known = values[~np.isnan(values)]
    if known.size == 0:
        return Judge(formula, 0, 0.0, 0.0, 0.0)
    return Judge(formula, int((known < 0.0).sum()), float(known.min()), float(np.median(known)), float(known.max()))


def correlations(kept: Kept, flown: Sequence[Row], judge: str) -> dict[str, float]:
    """Spearman's rank correlation of each numeric input with a judge's robustness, the strongest first; inputs and
    judges that never change have none."""
    from scipy.stats import spearmanr

    values = margins(flown, judge)
    found: dict[str, float] = {}
    for name in kept.study.said.vary:
        given = [row.inputs[name] for row in flown]
        if any(isinstance(value, str) for value in given):
            continue
        numbers = np.array(given, np.float64)
        known = ~np.isnan(values)
        if known.sum() > 2 and np.ptp(numbers[known]) > 0.0 and np.ptp(values[known]) > 0.0:
            found[name] = float(spearmanr(numbers[known], values[known]).statistic)
    return dict(sorted(found.items(), key=lambda entry: -abs(entry[1])))


# --- the page ---------------------------------------------------------------------------------------------------------
def write_report(folder: Path) -> Path:
    """Write `report.html`; returns where it is."""
    kept, flown = read_kept(folder), list(rows(folder))
    summary = _summary(kept, flown)
    parts = [_head(kept, summary)]
    for name, judge in summary.judges.items():
        parts.append(_judge_part(name, judge, kept, flown))
    parts.append(_failures(folder, flown))
    file = folder / "report.html"
    file.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Campaign {escape(kept.study.said.plan)}</title>"
        f"<style>{_STYLE}</style>{''.join(parts)}</html>\n",
        encoding="utf-8",
    )
    return file


def _head(kept: Kept, summary: Summary) -> str:
    low, high = summary.interval
    ended = ", ".join(f"{escape(name)} {count}" for name, count in summary.results.items())
    return (
        f"<h1>{escape(kept.study.said.plan)}: {summary.failed} of {summary.done} flights failed</h1>"
        f"<p>{summary.share:.2%}; with 95&nbsp;% confidence {low:.2%} to {high:.2%}. "
        f"{summary.done} of {summary.total} runs, sample {kept.study.said.sample.method}, "
        f"seed {kept.study.said.sample.seed}. Results: {ended or 'none'}. Sortie {escape(kept.identity)}.</p>"
    )


def _judge_part(name: str, judge: Judge, kept: Kept, flown: Sequence[Row]) -> str:
    values = margins(flown, name)
    ranked = correlations(kept, flown, name)
    table = "".join(f"<tr><td>{escape(one)}<td>{value:+.2f}" for one, value in ranked.items())
    two = list(ranked)[:2]
    matters = f"<table><tr><th>input<th>rank correlation with robustness{table}</table>" if table else ""
    return (
        f"<h2>{escape(name)}: {judge.failed} failed</h2><p><code>{escape(judge.formula)}</code></p>"
        f"<p>Robustness {judge.lowest:.4g} to {judge.highest:.4g}, median {judge.median:.4g}.</p>"
        f"{_histogram(values[~np.isnan(values)])}{matters}{_scatter(flown, values, two) if len(two) == 2 else ''}"
    )


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


def _scatter(flown: Sequence[Row], values: NDArray[np.float64], names: Sequence[str]) -> str:
    """Flights in the space of two inputs; failures last, so that none is hidden."""
    x, y = (np.array([row.inputs[name] for row in flown], np.float64) for name in names)
    across = _WIDE * (x - x.min()) / max(float(np.ptp(x)), 1e-9)
    up = _HIGH * (1.0 - (y - y.min()) / max(float(np.ptp(y)), 1e-9))
    failed = values < 0.0
    order = np.argsort(failed, kind="stable")[-4000:]
    dots = "".join(
        f'<circle class="{_colour(failed[k])}" cx="{across[k]:.1f}" cy="{up[k]:.1f}" r="2.5"/>' for k in order
    )
    first, second = map(escape, names)
    return _svg(dots, f"{x.min():.4g}", f"{x.max():.4g} ({first})", f"{second}: {y.min():.4g} to {y.max():.4g}")


def _colour(failed: np.bool_) -> str:
    return "bad" if failed else "good"


def _svg(inside: str, left: str, right: str, above: str) -> str:
    return (
        f'<svg width="{_WIDE + 20}" height="{_HIGH + 40}" viewBox="-10 -18 {_WIDE + 20} {_HIGH + 40}">'
        f'<line x1="0" y1="{_HIGH}" x2="{_WIDE}" y2="{_HIGH}" stroke="#999"/>{inside}'
        f'<text x="0" y="-6">{above}</text><text x="0" y="{_HIGH + 16}">{left}</text>'
        f'<text x="{_WIDE}" y="{_HIGH + 16}" text-anchor="end">{right}</text></svg>'
    )


def _failures(folder: Path, flown: Sequence[Row]) -> str:
    """A line for each failure, the worst first: the command that flies it again, and what was so."""
    failed = sorted((row for row in flown if not row.ok), key=_worst)
    if not failed:
        return "<h2>No failures</h2>"
    more = len(failed) - _MOST_FAILURES
    lines = "".join(
        f"<tr><td><code>{escape(shlex.join(['sortie', 'campaign', 'replay', str(folder), str(row.run)]))}</code>"
        f"<td>{escape(row.result)}<td>{escape(_why(row))}"
        f"<td>{escape(', '.join(f'{name} {written(value)}' for name, value in row.inputs.items()))}"
        for row in failed[:_MOST_FAILURES]
    )
    left_out = f"<p>The worst {_MOST_FAILURES}; {more} more are in runs.parquet.</p>" if more > 0 else ""
    return f"<h2>Failures</h2><table><tr><th>again<th>result<th>why<th>inputs{lines}</table>{left_out}"


def _worst(row: Row) -> tuple[float, int]:
    """What raised comes first, then the least robust."""
    known = [margin for margin in row.robustness.values() if margin is not None]
    return (min(known) if known else -np.inf), row.run


def _why(row: Row) -> str:
    broken = [f"{name} {margin:.4g}" for name, margin in row.robustness.items() if margin is not None and margin < 0.0]
    return "; ".join([*broken, *([row.reason] if row.reason else [])])
