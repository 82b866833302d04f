"""Runs of the studies flown by our vehicle and by a real firmware in our world: `examples/studies/ledger.csv` has a
line for each, and docs/real-firmware.md the table that is made of them.

Only runs without a line are flown, so that lines of several commits add up; each says which it was. Usage:
ARDUPILOT_SITL=.../arducopter python -m scripts.ledger STUDY [--minutes N] [--keep FOLDER]   flies runs that have none
python -m scripts.ledger [--check]                                                           the table alone
`--keep` writes the signals of runs whose verdicts differ.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from msgspec import structs

from scripts.generated_page import with_rows
from sitl.ways_in import WAYS
from sortie.campaign.compare import agreement
from sortie.campaign.flown import FlownRun, RunResult, fly_run
from sortie.campaign.study import Study
from sortie.commands.doctor import FoundBinary, look_for
from sortie.config.values import parse_vehicle

ROOT: Final = Path(__file__).resolve().parents[1]
STUDIES: Final = ROOT / "examples" / "studies"
LEDGER: Final = STUDIES / "ledger.csv"
PAGE: Final = ROOT / "docs" / "real-firmware.md"
HEADS: Final = ("study", "firmware", "pairs", "verdicts that agree", "kappa", "where they differ")
VEHICLES: Final = {"ArduCopter": "ardupilot:copter,world=ours", "PX4": "px4:copter,world=ours"}
GUIDED: Final = ", guided"
"""Behind the name of a firmware in old lines: Sortie flew its plan, by commands (--strategy guided)."""
ORDER: Final = ("gps-loss-flown", "survey-wind", "fleet-apart", "gps-loss")


class Line(NamedTuple):
    """A run in both. `version`: of the firmware; `commit`: of ours; `ours`, `theirs`: the judges that failed, or that
    it did not fly, in words; empty where all hold."""

    study: str
    firmware: str
    run: int
    seed: int
    version: str
    commit: str
    ours: str
    theirs: str


def read() -> list[Line]:
    with LEDGER.open(encoding="utf-8", newline="") as file:
        return [Line(**row | {"run": int(row["run"]), "seed": int(row["seed"])}) for row in csv.DictReader(file)]


def add(line: Line) -> None:
    """Append a line."""
    with LEDGER.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(line)


def failed(row: RunResult) -> str:
    """Judges that failed, in words."""
    judges = [name for name, margin in row.robustness.items() if margin is None or margin < 0.0]
    return " ".join([row.result] if row.result in ("refused", "error") else judges)


def binary_of(firmware: str) -> FoundBinary:
    """The binary that flies as `firmware`."""
    vehicle = parse_vehicle(VEHICLES[firmware])
    return look_for(WAYS[vehicle.kind], vehicle.frame, "")


def fly(name: str, run: int, firmware: str, keep: Path | None) -> Line:
    """One run in both."""
    study = Study.read(STUDIES / f"{name}.toml")
    simulated = _as(study, firmware=parse_vehicle(VEHICLES[firmware]).kind)
    theirs = _as(study, vehicle=VEHICLES[firmware], strategy="native")
    given = study.inputs()[run]
    pair = [fly_run(flown, run, given) for flown in (simulated, theirs)]
    ours, other = (failed(flown.row) for flown in pair)
    if keep is not None and ours != other:
        _keep(keep, f"{name}-{run}", pair)
    commit = subprocess.run(
        ["git", "rev-parse", "--short=8", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return Line(name, firmware, run, study.seed(run), binary_of(firmware).version, commit.stdout.strip(), ours, other)


def _as(study: Study, **keys: str) -> Study:
    return structs.replace(study, file=structs.replace(study.file, **keys))


def _keep(folder: Path, name: str, pair: Sequence[FlownRun]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for whose, flown in zip(("ours", "theirs"), pair, strict=True):
        np.savez_compressed(folder / f"{name}-{whose}.npz", **{key: np.asarray(v) for key, v in flown.signals.items()})
        (folder / f"{name}-{whose}.txt").write_text(f"{flown.row}\n{flown.traceback}")


def rows(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """Cells for each study and firmware."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.study, line.firmware), []).append(line)
    return [_row(name, firmware, group) for (name, firmware), group in groups.items()]


def _row(name: str, firmware: str, lines: Sequence[Line]) -> tuple[str, ...]:
    share, kappa = agreement(*(np.array([not getattr(line, whose) for line in lines]) for whose in ("ours", "theirs")))
    versions = " and ".join(sorted({line.version for line in lines}))
    return (
        _title(name, firmware),
        versions,
        str(len(lines)),
        f"{100.0 * share:.0f} %",
        "none fails" if kappa is None else f"{kappa:.2f}",
        _differences(firmware, lines) or "nowhere",
    )


def _title(name: str, firmware: str) -> str:
    return f"[`{name}.toml`](../examples/studies/{name}.toml), {firmware}"


def _differences(firmware: str, lines: Sequence[Line]) -> str:
    """The judges on which some runs differ."""
    words = [(set(line.ours.split()), set(line.theirs.split())) for line in lines]
    parts = []
    for judge in sorted({word for pair in words for side in pair for word in side}):
        ours, theirs = ([judge in pair[side] for pair in words] for side in (0, 1))
        same = sum(a == b for a, b in zip(ours, theirs, strict=True))
        if same < len(lines):
            which = f"ours in {sum(ours)}, {firmware} in {sum(theirs)}"
            parts.append(f"`{judge}` the same in {same} of {len(lines)} ({which})")
    return "; ".join(parts)


def page() -> str:
    """The page with the table as the ledger has it."""
    names = [f"{firmware}{how}" for firmware in VEHICLES for how in ("", GUIDED)]
    order = [_title(name, firmware) for name in ORDER for firmware in names]
    return with_rows(PAGE.read_text(encoding="utf-8"), "ledger", HEADS, order, *rows(read()))


def main(words: Sequence[str]) -> int:
    parser = ArgumentParser(prog="scripts.ledger")
    parser.add_argument("study", nargs="?", choices=ORDER)
    parser.add_argument("--firmware", default="ArduCopter", choices=VEHICLES)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(words)
    if given.check:
        same = page() == PAGE.read_text(encoding="utf-8")
        return 0 if same else int(bool(sys.stderr.write(f"{PAGE} is not what {LEDGER} says; run scripts.ledger\n")))
    if given.study is not None:
        _fly_on(given.study, given.firmware, given.minutes, given.keep)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def _fly_on(name: str, firmware: str, minutes: float, keep: Path | None) -> None:
    """Fly runs that have no line yet, the first of them first."""
    end_s = time.monotonic() + 60.0 * minutes
    known = {line.run for line in read() if (line.study, line.firmware) == (name, firmware)}
    for run in range(Study.read(STUDIES / f"{name}.toml").runs):
        if run not in known and time.monotonic() < end_s:
            begin_s, used_s = time.monotonic(), sum(os.times()[:4])
            line = fly(name, run, firmware, keep)
            add(line)
            wall_s, cpu_s = time.monotonic() - begin_s, sum(os.times()[:4]) - used_s
            print(f"{line}, {wall_s:.0f} s, {cpu_s:.0f} s of processor", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
