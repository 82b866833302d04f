"""A program that is silent because it has no processor is waited for; one that hangs is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sitl import starving
from sitl.starving import ProcessSilence

PID, CHILD, LIMIT_S = 7, 8, 20.0
Waits = Callable[[int, float], None]


@pytest.fixture
def waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Tells how long, s, a thread waits for a processor in each second: of two programs, the second started by the
    first."""
    shares = {PID: 0.0, CHILD: 0.0}
    clock = {"s": 0.0}
    monkeypatch.setattr(starving, "_PROC", tmp_path)

    def pass_time(seconds: float) -> None:
        clock["s"] += seconds
        for pid, share in shares.items():
            task = tmp_path / str(pid) / "task" / str(pid)
            task.mkdir(parents=True, exist_ok=True)
            (task / "schedstat").write_text(f"1000 {round(1e9 * clock['s'] * share)} 3\n")
            (task / "children").write_text(f"{CHILD} " if pid == PID else "")

    monkeypatch.setattr("time.sleep", pass_time)
    pass_time(1.0)

    def tell(pid: int, share: float) -> None:
        shares[pid] = share
        clock["s"] = 0.0
        pass_time(0.0)

    return tell


def silent_for(seconds: float) -> ProcessSilence:
    silence = ProcessSilence(PID, LIMIT_S)
    silence.seconds = seconds
    return silence


@pytest.mark.parametrize("pid", [PID, CHILD])
def test_who_has_no_processor_does_not_hang(pid: int, waits: Waits) -> None:
    waits(pid, 0.9)
    assert not silent_for(LIMIT_S + 1.0).hangs()


def test_who_sleeps_hangs_at_the_limit(waits: Waits) -> None:
    waits(PID, 0.1)  # it looks for something each millisecond, and waits a little each time
    assert not silent_for(LIMIT_S).hangs()
    assert silent_for(LIMIT_S + 0.1).hangs()


def test_a_processor_that_comes_back_ends_the_patience_at_the_next_limit(waits: Waits) -> None:
    waits(PID, 0.9)
    silence = silent_for(LIMIT_S + 1.0)
    assert not silence.hangs()
    waits(PID, 0.0)
    assert not silence.hangs()
    silence.seconds = 2.0 * LIMIT_S + 1.0
    assert silence.hangs()


def test_patience_has_an_end(waits: Waits) -> None:
    waits(PID, 0.9)
    silence, limits = silent_for(0.0), 0
    while not silence.hangs():
        limits += 1
        silence.seconds = limits * LIMIT_S + 1.0
    assert limits == 16


def test_a_word_begins_the_patience_anew(waits: Waits) -> None:
    waits(PID, 0.9)
    silence = silent_for(LIMIT_S + 1.0)
    assert not silence.hangs()
    silence.broken()
    waits(PID, 0.0)
    silence.seconds = LIMIT_S + 1.0
    assert silence.hangs()


def test_where_nobody_tells_the_limit_is_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starving, "_PROC", tmp_path / "nothing")
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert silent_for(LIMIT_S + 1.0).hangs()
