"""Boards with an external flash, and ports on which something else than a bootloader talks."""

from __future__ import annotations

import base64
import zlib
from random import Random

from mavlink_bridge.bootloader.protocol import BootStatus, Op
from mavlink_bridge.bootloader.session import FlashSession
from mavlink_bridge.testing.board import SimulatedBoard
from mavlink_bridge.testing.bootloader import BoardSpec, BootloaderFaults
from tests.fakes.flash_bench import PORT, FlashBench, firmware

EXTERNAL = Random(7).randbytes(3001)
WITH_EXTERNAL = firmware(extf_image=base64.b64encode(zlib.compress(EXTERNAL)).decode(), extf_image_size=len(EXTERNAL))


def flash(faults: BootloaderFaults | None = None, external_flash: int = 8192) -> FlashBench:
    board = SimulatedBoard(BoardSpec(external_flash=external_flash), faults)
    board.plug(0)
    return FlashBench(FlashSession(WITH_EXTERNAL, PORT), board).run()


def test_the_external_image_goes_first_and_is_checked_by_its_own_crc() -> None:
    done = flash()
    assert done.session.failure is None
    assert done.board is not None and bytes(done.board.bootloader.external[:3001]) == EXTERNAL
    at = done.stages.index("erasing external flash")
    assert done.stages[at : at + 3] == ["erasing external flash", "programming external flash", "erasing"]


def test_an_external_image_without_the_flash_for_it_is_refused_before_anything_is_erased() -> None:
    for size in (0, 2048):
        done = flash(external_flash=size)
        assert f"does not fit into the board's external flash of {size} bytes; nothing was erased" in str(
            done.session.failure
        )


def test_an_external_chunk_that_fails_is_done_at_the_second_try() -> None:
    done = flash(BootloaderFaults(answers={(Op.EXTF_PROG_MULTI, 3): BootStatus.FAILED}))
    assert done.session.failure is None
    assert done.board is not None and bytes(done.board.bootloader.external[:3001]) == EXTERNAL


def test_unplugged_with_the_external_flash_half_written() -> None:
    done = flash(BootloaderFaults(unplug_at=(Op.EXTF_PROG_MULTI, 3)))
    assert str(done.session.failure) == (
        "the board went away during programming external flash; its external flash is incomplete; "
        "plug it in and run the same command again"
    )


class Babbler(SimulatedBoard):
    """Something that talks without end and is no bootloader; INSYNC OK is among what it says."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = Random(seed)
        self._next_ms = 0

    def receive(self, data: bytes, now_ms: int) -> None:
        """Does not listen."""

    def handle_timeout(self, now_ms: int) -> None:
        if now_ms >= self._next_ms:
            self._next_ms = now_ms + 20
            self._out += self._random.randbytes(30) + b"\x12\x10"

    def next_deadline_ms(self) -> int | None:
        return self._next_ms


def test_a_device_that_babbles_is_never_taken_for_a_bootloader_and_given_up_after_a_minute() -> None:
    for seed in range(3):
        board = Babbler(seed)
        board.plug(0)
        done = FlashBench(FlashSession(firmware(), PORT), board).run()
        assert "no bootloader has answered" in str(done.session.failure)
        assert done.now_ms < 70_000
        assert b"\x23\x20" not in bytes(done.sent)
