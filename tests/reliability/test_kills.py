"""`kill -9` at random instants during uploads, clears, parameter sets, fence and rally uploads: nothing that was
acknowledged is lost, and nothing is a mixture; of one vehicle, and of each of a fleet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.killed import KillRun


def kill(folder: Path, kills: int, seed: int, vehicles: int = 1) -> None:
    run = KillRun(folder, seed, vehicles)
    for _ in range(kills):
        run.round()
    run.round()
    assert run.changes >= 2 * kills, "too few changes to show anything"
    assert run.cut_short >= kills // 2, "too few kills during a change"


def test_ten_kills_lose_nothing_and_mix_nothing(tmp_path: Path) -> None:
    kill(tmp_path, 10, 1)


@pytest.mark.long
def test_two_hundred_kills_lose_nothing_and_mix_nothing(tmp_path: Path) -> None:
    kill(tmp_path, 200, 2)


def test_four_kills_of_a_fleet_lose_nothing_of_any_vehicle(tmp_path: Path) -> None:
    """Several change at the same time, on one link and in one database."""
    kill(tmp_path, 4, 3, vehicles=3)


@pytest.mark.long
def test_sixty_kills_of_a_fleet_lose_nothing_of_any_vehicle(tmp_path: Path) -> None:
    kill(tmp_path, 60, 4, vehicles=20)
