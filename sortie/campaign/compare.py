"""Comparison of two campaigns: what got worse, and whether that may be chance.

If both flew the same inputs with the same seeds, runs are compared in pairs: McNemar's exact test for failures,
Wilcoxon's signed ranks for robustness. Otherwise they are two samples: Fisher's exact test, the ranks of Mann and
Whitney. A difference counts if its chance is below 5 % among all tests of the comparison (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from sortie.campaign.flown import RunResult, fly_run, identity
from sortie.campaign.folder import read_signals, read_study, rows, write_whole
from sortie.campaign.report_charts import STYLE, DrawnTrack, map_of, track_of
from sortie.config.errors import UserError
from sortie.reports.page import html_page

SIGNIFICANT: Final = 0.05
DRAWN: Final = 3
"""Number of disagreements whose tracks are drawn."""
ALL: Final = "all judges"
"""Name of the row for the whole verdict."""


class Compared(Struct, frozen=True):
    """Comparison of one judge, or of `ALL`. `failed`: number of failures in each. `median`: robustness in each.
    `shift`: median change (in pairs: of the pairs); None for the whole verdict. `p_failed`, `p_robustness`: probability
    of such a difference by chance, corrected for the number of tests. `verdict`: worse, better or the same."""

    failed: tuple[int, int]
    p_failed: float
    median: tuple[float, float] | None
    shift: float | None
    p_robustness: float | None
    verdict: str


class Agreement(Struct, frozen=True):
    """Agreement of the whole verdicts of pairs. `share`: pairs with the same verdict. `kappa`: Cohen's (1960), the
    agreement beyond chance, at most 1; None when all verdicts are the same. `apart`: runs with different verdicts,
    largest difference of a judge's margins first."""

    share: float
    kappa: float | None
    apart: list[int]


class StudyComparison(Struct, frozen=True):
    """Comparison of two campaigns. `flights`: number in each; for pairs, number of pairs. `only`: judges of only one of
    them. `agreement`: for pairs."""

    paired: bool
    flights: tuple[int, int]
    judges: dict[str, Compared]
    only: list[str]
    agreement: Agreement | None = None

    @property
    def worse(self) -> list[str]:
        return [name for name, judge in self.judges.items() if judge.verdict == "worse"]


def compare(old: Path, new: Path) -> StudyComparison:
    """Compare two campaign folders. UserError when that is impossible."""
    studies, flown = (read_study(old), read_study(new)), ({r.run: r for r in rows(old)}, {r.run: r for r in rows(new)})
    for path, by_run in zip((old, new), flown, strict=True):
        if not by_run:
            raise UserError(f"{path}: has no results; `sortie campaign run` flies them")
    names = [name for name in studies[0].study.file.judge if name in studies[1].study.file.judge]
    only = sorted(set(studies[0].study.file.judge) ^ set(studies[1].study.file.judge))
    shared = [run for run in flown[0] if run in flown[1] and _same_question(flown[0][run], flown[1][run])]
    paired = len(shared) == min(map(len, flown))
    runs = (sorted(shared),) * 2 if paired else (sorted(flown[0]), sorted(flown[1]))
    first, second = ([by_run[run] for run in chosen] for by_run, chosen in zip(flown, runs, strict=True))
    judges = {name: _judge(first, second, name, paired) for name in names}
    whole = [np.array([not row.ok for row in part]) for part in (first, second)]
    judges[ALL] = _failures(whole[0], whole[1], paired)
    agreement = _agreement(first, second, names) if paired and first else None
    return StudyComparison(paired, (len(first), len(second)), _corrected(judges), only, agreement)


def agreement(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> tuple[float, float | None]:
    """Share of the pairs of verdicts that are the same, and Cohen's kappa (see `Agreement`)."""
    share = float((a == b).mean())
    chance = float(a.mean() * b.mean() + (1.0 - a.mean()) * (1.0 - b.mean()))
    return share, None if chance == 1.0 else (share - chance) / (1.0 - chance)


def _agreement(first: Sequence[RunResult], second: Sequence[RunResult], names: Sequence[str]) -> Agreement:
    a, b = (np.array([row.ok for row in part]) for part in (first, second))
    share, kappa = agreement(a, b)
    gaps = np.zeros(len(first))
    for name in names:
        with np.errstate(invalid="ignore"):
            gaps = np.fmax(gaps, np.abs(_margins(first, name) - _margins(second, name)))
    apart = sorted(np.flatnonzero(a != b).tolist(), key=lambda k: -gaps[k])
    return Agreement(share, kappa, [first[k].run for k in apart])


def write_apart(folders: Sequence[Path], agreed: Agreement, page: Path) -> bool:
    """Write a page with both tracks of the worst disagreements. A track that was not kept is flown again if this
    version flew it. False when no run has both tracks."""
    maps = []
    for run in agreed.apart[:DRAWN]:
        tracks = [_track(folder, run, k) for k, folder in enumerate(folders)]
        if all(tracks):
            maps.append(f"<h2>Run {run}</h2>{map_of([track for track in tracks if track is not None])}")
    if maps:
        intro = f"<p>Runs with other verdicts, the worst first: {' '.join(map(str, agreed.apart))}.</p>"
        inside = "".join([intro, *maps])
        write_whole(page, html_page("Where two campaigns disagree", inside, style=STYLE).encode("utf-8"))
    return bool(maps)


def _track(folder: Path, run: int, number: int) -> DrawnTrack | None:
    stored, row = read_study(folder), next(row for row in rows(folder) if row.run == run)
    signals = read_signals(folder, run)
    if not signals and stored.identity == identity():
        signals = dict(fly_run(stored.study, run, row.inputs).signals)
    verdict = "holds" if row.ok else "fails"
    name = f"{folder.name}, {verdict}"
    return track_of(name, signals, stored.study.planned(run, row.inputs), f"run{number}") if signals else None


def _same_question(row: RunResult, other: RunResult) -> bool:
    """Check that both runs have the same seed and equal common inputs. A study may have inputs that the other does not
    have."""
    return row.seed == other.seed and all(
        row.inputs[name] == other.inputs[name] for name in row.inputs.keys() & other.inputs.keys()
    )


def _margins(flown: Sequence[RunResult], judge: str) -> NDArray[np.float64]:
    """Return a judge's margins by run. Runs that did not fly rank below all others; only ranks count."""
    known = [row.robustness[judge] for row in flown]
    return np.array([-np.inf if margin is None else margin for margin in known], np.float64)


def _judge(first: Sequence[RunResult], second: Sequence[RunResult], name: str, paired: bool) -> Compared:
    from scipy.stats import mannwhitneyu, wilcoxon

    a, b = _margins(first, name), _margins(second, name)
    verdicts = _failures(a < 0.0, b < 0.0, paired)
    middle = (float(np.median(a)), float(np.median(b)))
    if paired:
        both = np.isfinite(a) & np.isfinite(b)
        change = b[both] - a[both]
        shift = float(np.median(change)) if change.size else 0.0
        p = float(wilcoxon(change).pvalue) if np.any(change) else 1.0
    else:
        shift = 0.0 if middle[0] == middle[1] else middle[1] - middle[0]  # equal and infinite: most did not fly
        p = float(mannwhitneyu(a, b).pvalue)
    return replace(verdicts, median=middle, shift=shift, p_robustness=p)


def _failures(a: NDArray[np.bool_], b: NDArray[np.bool_], paired: bool) -> Compared:
    from scipy.stats import binomtest, fisher_exact

    failed = (int(a.sum()), int(b.sum()))
    if paired:
        fresh, mended = int((b & ~a).sum()), int((a & ~b).sum())
        p = float(binomtest(fresh, fresh + mended).pvalue) if fresh + mended else 1.0
    else:
        p = float(fisher_exact([[failed[0], a.size - failed[0]], [failed[1], b.size - failed[1]]]).pvalue)
    return Compared(failed, p, None, None, None, "")


def _corrected(judges: Mapping[str, Compared]) -> dict[str, Compared]:
    """Return all comparisons with probabilities after Holm, and verdicts: by failures, then by robustness."""
    answers = [(judge.p_failed, name, "p_failed") for name, judge in judges.items()]
    answers += [(p, name, "p_robustness") for name, judge in judges.items() if (p := judge.p_robustness) is not None]
    corrected: dict[tuple[str, str], float] = {}
    least = 0.0
    for k, (p, name, kind) in enumerate(sorted(answers)):
        least = corrected[name, kind] = max(least, min(1.0, p * (len(answers) - k)))
    return {
        name: _judged(judge, corrected[name, "p_failed"], corrected.get((name, "p_robustness")))
        for name, judge in judges.items()
    }


def _judged(compared: Compared, p_failed: float, p_robustness: float | None) -> Compared:
    verdict = "the same"
    if p_failed < SIGNIFICANT and compared.failed[0] != compared.failed[1]:
        verdict = "worse" if compared.failed[1] > compared.failed[0] else "better"
    elif p_robustness is not None and p_robustness < SIGNIFICANT and compared.shift:
        verdict = "worse" if compared.shift < 0.0 else "better"
    return replace(compared, p_failed=p_failed, p_robustness=p_robustness, verdict=verdict)
