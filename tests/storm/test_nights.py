"""The ledger of long runs: rows as runs print them, and a page that adds them up."""

from __future__ import annotations

import signal
from pathlib import Path

import msgspec
import pytest

from scripts.nights_page import page
from tests import nights
from tests.nights import FILE, ROOT, Found, FuzzRun, PacedRun, RealRun, StormRun
from tests.storm.figures import Ending, Figures
from tests.storm.invariant import Broken
from tests.storm.steer import plan_of
from tests.storm.story import Story
from tests.storm.verdict import Verdict


def verdict(seed: int, hours: float, *, breaks: bool = False) -> Figures:
    """Of a storm that flew half of its time."""
    broken = Broken("a thing", "wrong") if breaks else None
    return Figures.of(Verdict(plan_of(seed), broken, Story(), hours * 3600, 0, hours * 1800, 10))


def test_a_row_counts_what_came_behind_the_last_that_broke() -> None:
    figures = Figures()
    for each in (verdict(1, 2.0), verdict(2, 3.0, breaks=True), verdict(3, 1.5), verdict(4, 0.5)):
        figures.add(each)
    row = figures.row(1)
    assert (row.seeds, row.vehicle_hours, row.flown_hours, row.events) == (4, 7.0, 3.5, 40)
    assert (row.broken, row.clean_hours) == ([2], 2.0)
    assert figures.row_of_real(1).clean_seeds == 2
    assert row.commit == nights.commit() and row.core_hours > 0.0


def test_what_a_run_prints_is_a_row_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures()
    figures.add(verdict(5, 1.0))
    printed = [figures.row(5), figures.row_of_real(5)]
    for row in printed:
        nights.show(row)
    file = tmp_path / "nights.jsonl"
    file.write_text(capsys.readouterr().out)
    assert nights.read(file) == printed
    file.write_text(file.read_text().replace('"seeds":1', '"seeds":"1"'))
    with pytest.raises(msgspec.ValidationError):
        nights.read(file)


DATE = "2026-01-01"
STORMS = StormRun(
    date=DATE, commit="abc", core_hours=0.5, first=7, seeds=1_000, vehicle_hours=4_383.0, flown_hours=20.0, events=9,
    deaths=3, broken=[], clean_hours=4_383.0,
)  # fmt: skip
BROKEN = msgspec.structs.replace(STORMS, broken=[9], clean_hours=83.0)
REAL = RealRun(
    date=DATE, commit="abc", core_hours=0.1, first=1, seeds=30, vehicle_hours=2.5, deaths=40, broken=[], clean_seeds=30
)
FUZZ = FuzzRun(date=DATE, commit="abc", core_hours=0.25, parser="plan", inputs=600, findings=1)
PACED = PacedRun(
    date=DATE, commit="abc", core_hours=0.25, client="mavsdk", firmware="V4", flights=40, failed=1, speed=8.0
)


def test_the_page_adds_up() -> None:
    faster = msgspec.structs.replace(PACED, failed=0, speed=9.5)
    told = page([STORMS, BROKEN, STORMS, REAL, REAL, FUZZ, FUZZ, PACED, faster])
    assert "3,000 storms of 13,149 vehicle hours (1.50 years; 60 hours with motors on) in 1.50 core hours" in told
    assert "8,766 vehicle hours per core hour. 1 broke an invariant; 4,466 vehicle hours" in told
    assert "had 8,766 vehicle hours. In a night of ten hours on two cores that is 20.0 years." in told
    assert "In a night" not in page([STORMS])
    assert "60 storms with 80 deaths of a process. 0 broke an invariant; 60 storms since the last of them." in told
    assert "| plan | 0.50 | 1,200 | 2 | 2026-01-01 | abc |" in told
    assert "| mavsdk | V4 | 80 | 1 | 8.0 to 9.5 | 0.50 | 2026-01-01 | abc |" in told


def test_what_became_of_everything_that_was_found_is_told() -> None:
    rows = nights.read(FILE)
    told = {each for row in rows if isinstance(row, Found) for each in row.at}
    for row in rows:
        if isinstance(row, StormRun | RealRun):
            assert set(row.broken) <= told
        elif isinstance(row, FuzzRun) and row.findings:
            assert row.parser in told
        elif isinstance(row, Found) and row.test:
            file, _, name = row.test.partition("::")
            assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(), row.test


def test_a_row_of_storms_ends_behind_the_one_that_runs() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        ending = Ending()
        assert not ending.asked
        signal.raise_signal(signal.SIGTERM)
        assert ending.asked and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
