"""An upload that stalls is given up by vehicle time where clients pace it (`Patience`), and asked for again by it."""

from __future__ import annotations

import pytest

from autopilot.interface import report
from mavlink_bridge.services.mission.upload import UploadState
from tests.fakes.mission_bench import CANCELLED, Bench


@pytest.fixture
def paced() -> Bench:
    bench = Bench()
    bench.service.count_vehicle_time()
    bench.wait(1)
    return bench


def fly(bench: Bench, vehicle_ms: int, wall_ms: int) -> None:
    """Both times pass, in steps as a loop makes them."""
    state = bench.core.vehicle.state
    for step in range(10):
        state.report[report.TIME_MS] += vehicle_ms * (step + 1) // 10 - vehicle_ms * step // 10
        bench.wait(wall_ms * (step + 1) // 10 - wall_ms * step // 10)


@pytest.mark.parametrize(
    ("vehicle_ms", "wall_ms", "given_up"),
    [
        (7_900, 900, False),
        (8_000, 900, True),  # SITL's eight seconds
        (60_000, 790, False),  # whoever reads at all has 0.8 s of the wall
        (60_000, 800, True),
        (0, 7_900, False),
        (0, 8_000, True),  # time that waits for a station which has gone
    ],
)
def test_a_stalled_upload_is_given_up(paced: Bench, vehicle_ms: int, wall_ms: int, given_up: bool) -> None:
    assert paced.count(3) == [("REQUEST", 0)]
    fly(paced, vehicle_ms, wall_ms)
    assert (paced.service.state(0) is UploadState.IDLE) is given_up


def test_an_item_is_asked_for_again_each_second_of_vehicle_time(paced: Bench) -> None:
    paced.count(3)
    state = paced.core.vehicle.state
    heard = []
    for _ in range(8):
        state.report[report.TIME_MS] += 1_000
        heard += paced.wait(100)
    assert heard == [("REQUEST", 0)] * 7 + [("ACK", CANCELLED)]


def test_vehicle_time_that_was_not_used_before_a_message_is_not_used_after_it(paced: Bench) -> None:
    """53 s of it, in which a vehicle ran faster than ten times the wall; then it runs slower, and the wall counts."""
    paced.count(3)
    fly(paced, 60_000, 700)
    paced.home()
    fly(paced, 100, 7_900)
    assert paced.service.state(0) is UploadState.RECEIVING
    fly(paced, 10, 100)
    assert paced.service.state(0) is UploadState.IDLE


def test_each_message_gives_the_whole_time_again(paced: Bench) -> None:
    """However much vehicle time could not be used before it, because the wall's was too short."""
    paced.count(3)
    fly(paced, 60_000, 700)
    paced.home()
    fly(paced, 60_000, 700)
    assert paced.service.state(0) is UploadState.RECEIVING


def test_without_clients_that_pace_it_the_wall_counts() -> None:
    bench = Bench()
    bench.count(3)
    fly(bench, 60_000, 7_900)
    assert bench.service.state(0) is UploadState.RECEIVING
