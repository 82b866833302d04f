"""A program that is silent because it has no processor is waited for; one that hangs is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sitl import starving
from sitl.starving import ProcessSilence, starved_s, waits_s

PID, CHILD, LIMIT_S = 7, 8, 20.0
Waited = Callable[[int, float], None]


@pytest.fixture
def waited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Waited:
    """Tells how long, s, a program's thread has waited for a processor so far: of two, the second started by the
    first."""
    monkeypatch.setattr(starving, "_PROC", tmp_path)

    def tell(pid: int, seconds: float) -> None:
        task = tmp_path / str(pid) / "task" / str(pid)
        task.mkdir(parents=True, exist_ok=True)
        (task / "schedstat").write_text(f"1000 {round(1e9 * seconds)} 3\n")
        (task / "children").write_text(f"{CHILD} " if pid == PID else "")

    tell(PID, 50.0)
    tell(CHILD, 3.0)
    return tell


def silence_of(*seconds: float) -> ProcessSilence:
    silence = ProcessSilence(PID, LIMIT_S)
    for each in seconds:
        silence.lasts(each)
    return silence


@pytest.mark.parametrize(("pid", "before_s"), [(PID, 50.0), (CHILD, 3.0)])
def test_time_without_a_processor_is_no_silence(pid: int, before_s: float, waited: Waited) -> None:
    silence = silence_of(0.2, LIMIT_S)
    waited(pid, before_s + 12.0)
    assert not silence.hangs()
    silence.lasts(11.7)
    assert not silence.hangs()
    silence.lasts(0.2)
    assert silence.hangs()


def test_who_sleeps_hangs_at_the_limit(waited: Waited) -> None:
    """What it waited for before it fell silent does not count."""
    silence = silence_of(0.2, LIMIT_S - 0.2)
    assert not silence.hangs()
    silence.lasts(0.01)
    assert silence.hangs()


def test_patience_has_an_end(waited: Waited) -> None:
    silence = silence_of(0.2, 16 * LIMIT_S - 0.3)
    waited(PID, 1e6)
    assert not silence.hangs()
    silence.lasts(0.2)
    assert silence.hangs()


def test_a_word_begins_the_count_anew(waited: Waited) -> None:
    silence = silence_of(0.2)
    waited(PID, 50.0 + LIMIT_S)
    silence.broken()
    silence.lasts(LIMIT_S + 0.1)
    assert silence.hangs()


def test_short_silences_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exchange with PX4 has one of microseconds, four hundred times a second of its time."""
    monkeypatch.setattr(starving, "waited_s", lambda _: pytest.fail("read"))
    silence = silence_of(0.01, 0.05)
    assert not silence.hangs()
    silence.broken()
    silence.lasts(0.09)


def test_where_nobody_tells_the_limit_is_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starving, "_PROC", tmp_path / "nothing")
    assert silence_of(LIMIT_S, 0.1).hangs()


def test_threads_that_wait_side_by_side_starve_for_the_time_that_has_passed() -> None:
    """And who is seen for the first time has not waited before."""
    before = {1: 5.0, 2: 7.0}
    assert starved_s(before, {1: 5.2, 2: 7.1, 3: 900.0}, 0.5) == pytest.approx(0.3)
    assert starved_s(before, {1: 5.4, 2: 7.4}, 0.5) == 0.5
    assert starved_s(before, {2: 7.0}, 0.5) == 0.0


def test_waits_of_a_process_are_those_of_its_own_threads(waited: Waited) -> None:
    """A program that waits for a vehicle may have started it (ArduPilot's tests): with the vehicle's waits it was
    starved all the time, and never late."""
    assert waits_s(PID) == {PID: 50.0}
    assert waits_s(99) == {}
