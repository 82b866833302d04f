"""A board on a real UART: the rate matters. The bootloader starts at 115200 and is taken to 921600 for the flash."""

from __future__ import annotations

import pytest

from mavlink_bridge.bootloader.protocol import FAST_BAUD, BootStatus, Op
from mavlink_bridge.bootloader.session import ASK_TO_PLUG, FlashSession
from mavlink_bridge.testing.board import SimulatedBoard
from mavlink_bridge.testing.bootloader import BoardSpec, BootloaderFaults
from tests.fakes.flash_bench import FLIGHT_BAUD, PORT, FlashBench, count, firmware, image_of, words


def bench(
    spec: BoardSpec | None = None, faults: BootloaderFaults | None = None, *, top_baud: int = 10**7
) -> FlashBench:
    board = SimulatedBoard(spec, faults)
    board.plug(0)
    return FlashBench(FlashSession(firmware(), PORT), board, uart=True, top_baud=top_baud)


def flashed(done: FlashBench) -> bool:
    assert done.board is not None
    return done.session.failure is None and bytes(done.board.bootloader.flash[:5000]) == image_of()


def test_a_uart_is_taken_to_the_fast_rate_and_the_vehicle_found_at_its_own() -> None:
    made = bench()
    rates: set[int] = set()
    assert made.board is not None
    made.at(5000, lambda: rates.add(made.board.bootloader.baud))  # type: ignore[union-attr]  # in the erase
    assert flashed(made.run())
    assert rates == {FAST_BAUD}
    linked = made.session.linked
    assert linked is not None and linked.baud == FLIGHT_BAUD


def test_on_usb_the_rate_is_left_alone() -> None:
    board = SimulatedBoard()
    board.plug(0)
    done = FlashBench(FlashSession(firmware(), PORT), board).run()
    assert flashed(done)
    assert count(done, Op.SET_BAUD) == 0


@pytest.mark.parametrize(
    ("spec", "faults"),
    [
        (BoardSpec(family="px4"), BootloaderFaults()),
        (BoardSpec(), BootloaderFaults(answers={(Op.SET_BAUD, 1): BootStatus.INVALID})),
    ],
)
def test_a_bootloader_that_does_not_change_its_rate_is_flashed_at_the_old_one(
    spec: BoardSpec, faults: BootloaderFaults
) -> None:
    """PX4's does not know the command and says nothing."""
    done = bench(spec, faults).run()
    assert flashed(done)
    assert done.lines == []


def test_a_line_that_does_not_carry_the_fast_rate_is_flashed_slowly_after_a_new_start() -> None:
    """Nothing was erased; the board has to be unplugged once, which is asked for."""
    made = bench(top_baud=500_000)
    made.at(20_000, made.board.unplug)  # type: ignore[union-attr]  # there is one
    made.at(25_000, made.plug)
    done = made.run()
    assert flashed(done)
    assert done.lines == [f"{PORT}: no answer at 921600 baud, so it is done at 115200", f"{PORT}: {ASK_TO_PLUG}"]
    assert count(done, Op.CHIP_ERASE) == 1


def test_the_second_try_is_done_at_the_slow_rate() -> None:
    """What failed at the fast one may be the line's fault."""
    done = bench(faults=BootloaderFaults(wrong_crc=frozenset((1,)))).run()
    assert flashed(done)
    assert count(done, Op.SET_BAUD) == 2
    assert done.board is not None
    assert done.lines == [
        "verifying failed (what was read back differs from the file); trying once more from the start"
    ]


def test_a_running_autopilot_is_heard_at_its_rate_and_restarted() -> None:
    board = SimulatedBoard()
    board.install(b"old firmware")
    board.plug(0)
    for now in (5000, 5001, 7001):
        board.handle_timeout(now)
    made = FlashBench(FlashSession(firmware(), PORT), board, uart=True)
    made.now_ms = 8000
    assert flashed(made.run())
    assert "restarting into the bootloader" in made.stages


def test_a_board_that_is_unplugged_before_its_second_try_is_told_of() -> None:
    """While it is to go back to the slow rate, and has not answered."""
    done = bench(faults=BootloaderFaults(wrong_crc=frozenset((1,)), unplug_at=(Op.SET_BAUD, 2))).run()
    assert words(done).startswith("the board went away during verifying; the board has no whole firmware now")
