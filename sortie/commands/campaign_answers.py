"""`sortie campaign shrink` and `compare`: conclusions from the flights of campaigns."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import msgspec

from sortie.campaign.compare import StudyComparison, write_apart
from sortie.campaign.compare import compare as compared
from sortie.campaign.execution import check_installed
from sortie.campaign.shrink import described, keep
from sortie.campaign.shrink import shrink as shrunk_of
from sortie.commands.campaign import flown_row
from sortie.config.campaign_options import CAMPAIGN_DIR, KEEP_PLAN, OTHER_DIR, RUN, SHRINK_JUDGE
from sortie.config.files import make_folder
from sortie.config.given import GivenOptions
from sortie.config.options import JSON
from sortie.config.words import counted

_SHOWN_APART: Final = 5
"""Number of disagreements in a line, worst first."""


def shrink(given: GivenOptions) -> int:
    """Reduce a failed run to fewest causes, and write it as a campaign of one run to DIR/shrunk/RUN."""
    check_installed()
    folder: Path = given[CAMPAIGN_DIR]
    stored, row = flown_row(folder, given[RUN])
    out = folder / "shrunk" / str(row.run)
    make_folder(out.parent, out.parent)  # told before the flights
    small = shrunk_of(stored.study, row, judge=given[SHRINK_JUDGE], keep_plan=given[KEEP_PLAN])
    keep(small, out)
    if given[JSON]:
        answer = {name: getattr(small, name) for name in ("judges", "causes", "items", "flights", "whole")}
        print(json.dumps(answer | {"row": msgspec.to_builtins(small.flown.row), "dir": str(out)}))
    else:
        print("\n".join(described(small, stored)))
    unfinished = "" if small.whole else "; not all steps: the flights were too few"
    print(f"sortie: {counted(small.flights, 'flight')}{unfinished}; sortie campaign replay {out} 0", file=sys.stderr)
    return 0


def compare(given: GivenOptions) -> int:
    """Compare two campaigns. Status 1 when something got worse."""
    check_installed()
    folders: tuple[Path, Path] = given[CAMPAIGN_DIR], given[OTHER_DIR]
    found, page = compared(*folders), folders[1] / "compared.html"
    drawn = found.agreement is not None and write_apart(folders, found.agreement, page)
    if given[JSON]:
        answer = {"worse": found.worse, "page": str(page) if drawn else None}
        print(msgspec.json.encode(msgspec.to_builtins(found) | answer).decode())
    else:
        print("\n".join(_lines(found)))
    if drawn:
        print(f"sortie: {page}", file=sys.stderr)
    return 1 if found.worse else 0


def _lines(found: StudyComparison) -> list[str]:
    first, second = found.flights
    how = (
        f"{counted(first, 'pair')} of flights"
        if found.paired
        else f"{counted(first, 'flight')} against {counted(second, 'other')}"
    )
    tests = sum(1 + (judge.p_robustness is not None) for judge in found.judges.values())
    lines = [f"{how}; p values corrected for {counted(tests, 'test')} (Holm)"]
    for name, judge in found.judges.items():
        text = f"{name}: {judge.verdict}; {judge.failed[0]} failed, then {judge.failed[1]} (p {judge.p_failed:.2g})"
        if judge.median is not None and judge.p_robustness is not None:
            text += f"; robustness {judge.median[0]:.4g}, then {judge.median[1]:.4g} (p {judge.p_robustness:.2g})"
        lines.append(text)
    if (agreed := found.agreement) is not None:
        kappa = "" if agreed.kappa is None else f", Cohen's kappa {agreed.kappa:.2f}"
        apart = "".join(f" {run}" for run in agreed.apart[:_SHOWN_APART])
        where = f"; apart: runs{apart}" if apart else ""
        lines.append(f"agreement: {agreed.share:.1%} of the verdicts{kappa}{where}")
    return [*lines, *(f"{name}: only one of them has it" for name in found.only)]
