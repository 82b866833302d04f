"""`kill -9` at random instants during uploads, clears, parameter sets, fence and rally uploads: nothing that was
acknowledged is lost, and nothing is a mixture."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.killed import KillRun


def kill(folder: Path, kills: int, seed: int) -> None:
    run = KillRun(folder, seed)
    for _ in range(kills):
        run.round()
    run.round()
    assert run.changes >= 2 * kills, "too few changes to show anything"
    assert run.cut_short >= kills // 2, "too few kills during a change"


def test_twenty_kills_lose_nothing_and_mix_nothing(tmp_path: Path) -> None:
    kill(tmp_path, 20, 1)


@pytest.mark.long
def test_two_hundred_kills_lose_nothing_and_mix_nothing(tmp_path: Path) -> None:
    kill(tmp_path, 200, 2)
