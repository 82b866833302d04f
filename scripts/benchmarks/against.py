"""Two checkouts, measured in alternating runs: what a change costs, on a machine whose speed changes by the hour.

Each checkout measures with its own `scripts/bench` and its own environment; figures are matched by name. A ratio above
1 is an improvement of this checkout, whichever way the figure counts.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

WORSE = 0.95
"""A figure whose median ratio is below is worse by more than 5 %."""


@dataclass
class Compared:
    """One figure of both checkouts, a pair for each round."""

    unit: str
    at_most: bool
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    def ratios(self) -> list[float]:
        """Of each pair; above 1 is better than the other checkout."""
        pairs = zip(self.theirs, self.ours, strict=True) if self.at_most else zip(self.ours, self.theirs, strict=True)
        return [1.0 if a == b else a / b if b else inf for a, b in pairs]  # of flights that failed both may have none

    def summary(self) -> dict[str, object]:
        """Medians of both, median ratio and its spread."""
        ratios = self.ratios()
        return {
            "ours": round(statistics.median(self.ours), 3),
            "theirs": round(statistics.median(self.theirs), 3),
            "unit": self.unit,
            "ratio": round(statistics.median(ratios), 3),
            "spread": [round(min(ratios), 3), round(max(ratios), 3)],
            "worse": statistics.median(ratios) < WORSE,
        }


def _run(checkout: Path, only: str) -> dict[str, dict[str, object]]:
    command = [str(checkout / "scripts" / "bench"), "--only", only]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=checkout)
    if done.returncode not in (0, 1):
        sys.exit(f"scripts/bench: {checkout} could not be measured:\n{done.stderr[-2000:]}")
    results: dict[str, dict[str, object]] = json.loads(done.stdout)
    return results


def compare(here: Path, there: Path, names: list[str], rounds: int) -> dict[str, Compared]:
    """Each measurement `rounds` times in both checkouts, which of them first changing from round to round."""
    figures: dict[str, Compared] = {}
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        for number in range(rounds):
            order = (here, there) if number % 2 == 0 else (there, here)
            results = {checkout: _run(checkout, name) for checkout in order}
            for figure in results[here].keys() & results[there].keys():
                row = results[here][figure]
                compared = figures.setdefault(figure, Compared(str(row["unit"]), "at_most" in row))
                compared.ours.append(float(str(row["median"])))
                compared.theirs.append(float(str(results[there][figure]["median"])))
    return figures
