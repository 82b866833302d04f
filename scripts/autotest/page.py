"""Writes docs/autotest.md from results of `python -m scripts.autotest`: `python -m scripts.autotest.page RUN=FILE ...`.

RUN is what a run is called on the page, the oldest first: of a test that was flown in several the last one counts.
Why a test fails is said in missed.toml, by hand, after its log has been read; without a row there its own words stand.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from pathlib import Path

from scripts.autotest.__main__ import left_out
from scripts.generated_page import table

PAGE = Path(__file__).parents[2] / "docs" / "autotest.md"
MISSED = Path(__file__).with_name("missed.toml")
HEAD = """# ArduPilot's own flight tests

ArduPilot's `Tools/autotest` flies each kind of vehicle through more than a hundred tests. Here these tests run with
Sortie's simulated vehicle: a program with the command line of ArduPilot's binary starts `sortie serve` instead.

```
python -m scripts.autotest TREE --vehicle Copter --out results.json --python PYTHON
```

TREE is a checkout of ArduPilot (4.7-dev: 6a8c9b91, for planes 90700977); it need not be built. PYTHON is an interpreter
that has the modules that the tests import; some also start `mavproxy.py`, from PATH. Tests of things that a ground
station cannot observe are left out, by the list in `scripts/autotest/left_out.toml`. Vehicle time waits for the tests
(`--pace clients`).

Some settings are those of SITL instead of Sortie's defaults: a battery that never runs empty, GPS and barometer
without noise, landing targets that are visible from everywhere above them, and a rover that moves at any throttle
(MOT_THR_MIN). Tests that measure the ground use terrain data from the tile in ArduPilot's tree. One test (Landing)
climbs at 16 m/s with the drag of SITL's copter, which is four times that of Sortie's.

"""


Results = dict[str, dict[str, str]]
"""Why tests failed, empty: they did not; by vehicle and name."""


def latest(runs: dict[str, Results]) -> Results:
    """Results of each test in the last run that flew it; of those that are left out by now none."""
    found: Results = {}
    for run in runs.values():
        for vehicle, tests in run.items():
            out = left_out(vehicle)
            found.setdefault(vehicle, {}).update({name: why for name, why in tests.items() if name not in out})
    return found


def page(runs: dict[str, Results]) -> str:
    """The whole page."""
    results = latest(runs)
    sums: list[tuple[object, ...]] = []
    for vehicle, tests in results.items():
        out, passed = len(left_out(vehicle)), sum(not why for why in tests.values())
        share = f"{passed} ({passed / len(tests):.0%})"
        sums.append((vehicle, len(tests) + out, out, len(tests), share, len(tests) - passed))
    flown = (
        (name, kind, len(tests), sum(not why for why in tests.values()))
        for name, run in runs.items()
        for kind, tests in run.items()
    )
    counts = {vehicle: Counter(left_out(vehicle).values()) for vehicle in results}
    skipped = ((vehicle, why, number) for vehicle, whys in counts.items() for why, number in whys.items())
    reasons = {name: why for why, row in tomllib.loads(MISSED.read_text()).items() for name in row["tests"].split()}
    failed = (
        (f"{vehicle}.{name}", reasons.get(f"{vehicle}.{name}", words).replace("|", "/")[:160])
        for vehicle, tests in results.items()
        for name, words in sorted(tests.items())
        if words
    )
    lines = [
        *table(("vehicle", "tests", "left out", "flown", "passed", "failed"), sums),
        *("", "The last flight of each test counts.", ""),
        *table(("run", "vehicle", "flown", "passed"), flown),
        *("", "## Left out", ""),
        *table(("vehicle", "reason", "tests"), skipped),
        *("", "## Failed", ""),
        *table(("test", "why"), failed),
    ]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    given = [word.rpartition("=") for word in sys.argv[1:]]
    PAGE.write_text(page({name: json.loads(Path(file).read_text()) for name, _, file in given}))
