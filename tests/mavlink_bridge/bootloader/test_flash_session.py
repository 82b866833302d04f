"""From a port to a linked vehicle, and how long is waited for what."""

from __future__ import annotations

from mavlink_bridge.bootloader.board import Firmware as Behaviour
from mavlink_bridge.bootloader.board import SimulatedBoard
from mavlink_bridge.bootloader.protocol import Op
from mavlink_bridge.bootloader.session import FlashSession
from mavlink_bridge.bootloader.simulator import BoardSpec, Faults
from tests.fakes.flash_bench import PORT, FlashBench, firmware, image_of


def bench(board: SimulatedBoard | None, *, auto: bool = False, plugged: bool = True) -> FlashBench:
    made = FlashBench(FlashSession(firmware(), PORT, auto=auto, list_ports=lambda: "no serial ports"), board)
    if board is not None and plugged:
        board.plug(0)
    return made


def words(done: FlashBench) -> str:
    assert done.session.runner.done
    assert done.session.linked is None
    return str(done.session.failure)


def test_a_board_in_its_bootloader_is_flashed_and_linked() -> None:
    board = SimulatedBoard()
    done = bench(board).run()
    assert done.session.failure is None
    assert done.session.linked is not None
    assert (done.session.linked.vehicle, done.session.linked.version) == ("ArduPilot copter", "4.6.2")
    assert bytes(board.bootloader.flash[:5000]) == image_of()
    assert done.stages == [
        "looking for the board", "identifying", "erasing", "programming", "verifying", "starting the firmware",
        "waiting for the vehicle",
    ]  # fmt: skip
    assert done.lines == []


def test_a_running_autopilot_is_restarted_into_its_bootloader_first() -> None:
    board = SimulatedBoard()
    board.install(b"old firmware")
    board.plug(0)
    done = bench(board, plugged=False)
    board.handle_timeout(5000)  # nobody spoke to the bootloader: the firmware starts
    done.now_ms = 8000
    done.run()
    assert done.session.failure is None
    assert "restarting into the bootloader" in done.stages
    assert board.bootloader.counts[Op.CHIP_ERASE] == 1
