"""`scripts/bench`: how floors are scaled and ratios are counted. The figures themselves belong to the bench."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from mavlink_bridge.wire.codec import dialect
from sitl.ways_in import WAYS
from tests.fakes.px4_station import station_of

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch):
    """The module behind the script."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import bench

    yield bench
    for name in [name for name in sys.modules if name == "bench" or name.split(".")[0] == "benchmarks"]:
        del sys.modules[name]


def test_a_floor_gives_way_as_the_machine_does_and_never_grows(bench) -> None:
    """Half a machine: half the rate, twice the time. A faster machine: the floor as it stands."""
    rate, ceiling = bench.Figure("speed", 800, "x real time"), bench.Figure("start", 0.8, "s", at_most=True)
    assert (rate.scaled(0.5), ceiling.scaled(0.5)) == (400, 1.6)
    assert (rate.scaled(1.7), ceiling.scaled(1.7)) == (800, 0.8)
    assert bench.Figure("memory", 1, "MB each", at_most=True).scaled(0.5) == 1
    assert rate.holds(400, 400) and not rate.holds(399, 400)
    assert ceiling.holds(1.6, 1.6) and not ceiling.holds(1.7, 1.6)


def test_a_ratio_above_one_is_better_whichever_way_the_figure_counts(bench) -> None:
    """Pair by pair; worse is a median below 0.95."""
    rate = bench.against.Compared("1/s", False, ours=[110.0, 90.0, 100.0], theirs=[100.0, 100.0, 100.0])
    assert rate.summary()["ratio"] == 1.0 and rate.summary()["spread"] == [0.9, 1.1] and not rate.summary()["worse"]
    time = bench.against.Compared("s", True, ours=[1.2, 1.2, 0.9], theirs=[1.0, 1.0, 1.0])
    assert time.summary()["worse"] and time.ratios()[2] == pytest.approx(1.11, abs=0.01)
    flakes = bench.against.Compared("flights", True, ours=[0.0, 0.0, 2.0], theirs=[0.0, 1.0, 0.0])
    assert flakes.ratios() == [1.0, float("inf"), 0.0]


def test_each_measurement_names_its_yardstick_and_only_once(bench) -> None:
    """A figure's name is its key in the output."""
    names = [figure.name for measurement in bench.MEASUREMENTS for figure in measurement.figures]
    assert len(names) == len(set(names))
    kinds = {measurement.work for measurement in bench.MEASUREMENTS}
    assert kinds - {None} <= set(bench.yardstick.REFERENCE)


def test_what_the_pages_tell_to_measure_is_measured(bench) -> None:
    """`scripts/bench pictures` was no command line of it."""
    names = [measurement.name for measurement in bench.MEASUREMENTS] + ["TEXT"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in (SCRIPTS.parent / "docs").rglob("*.md"))
    lines = set(re.findall(r"`(scripts/bench(?: [^`]*)?)`", text)) - {"scripts/bench", "scripts/bench --check"}
    assert len(lines) > 5
    for line in lines:
        _, only, named = shlex.split(line)
        assert only == "--only" and any(named in name for name in names), line


def test_what_cannot_be_measured_here_is_said_and_the_others_are_measured(bench, capsys: pytest.CaptureFixture) -> None:
    """A page needs a Chromium."""

    def without() -> tuple[float]:
        raise bench.NotHere("no Chromium is installed")

    rows = [
        bench.Measurement("page", (bench.Figure("page", 3, "s", at_most=True),), without, work=None),
        bench.Measurement("router", (bench.Figure("router", 10, "1/s"),), lambda: (9.0,), work=None),
    ]
    results, missed = bench._measure(rows)
    assert list(results) == missed == ["router"]
    assert "  not measured: no Chromium is installed\n" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["ardupilot", "px4"])
def test_a_firmware_that_is_not_here_is_not_measured(bench, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """It ended the whole bench."""
    monkeypatch.setenv("PATH", "")
    for way in WAYS.values():
        monkeypatch.delenv(way.variable, raising=False)
    with pytest.raises(bench.NotHere, match="build it"):
        bench.firmware.standing(word, 1)


def test_a_px4_takes_the_mission_that_is_measured(bench) -> None:
    """It refused items without a place in the frame of heights, and two measurements of a PX4 ended at their upload."""
    from benchmarks.vehicle import square_from_0

    items = square_from_0(3)
    with station_of() as station:
        station.link.send(dialect.MAVLink_mission_count_message(1, 1, len(items), 0))
        for item in items:
            station.run(0.2)
            station.link.send(item)
        station.run(0.2)
        (ack,) = station.of("MISSION_ACK")
    assert ack.type == 0


def test_a_rehearsal_that_is_measured_is_one(bench) -> None:
    """Nobody checks the types of the bench: an argument more ended it."""
    assert bench.rehearsal.rules() > 0.0
