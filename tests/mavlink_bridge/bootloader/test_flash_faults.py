"""What goes wrong between identifying and booting: what is tried again, and in which state the board is left."""

from __future__ import annotations

from random import Random

import pytest

from mavlink_bridge.bootloader.firmware import FirmwareImage
from mavlink_bridge.bootloader.protocol import BootStatus, Op
from mavlink_bridge.bootloader.session import FlashSession
from mavlink_bridge.testing.board import SimulatedBoard
from mavlink_bridge.testing.bootloader import BoardSpec, BootloaderFaults
from tests.fakes.flash_bench import PORT, FlashBench, count, firmware, image_of, words

UNTOUCHED = "nothing was erased"
NO_FIRMWARE = "the board has no whole firmware now and stays in its bootloader"
NOT_STARTED = "the firmware is written and verified, but was not started"

# The n-th time of a command in a session without faults, and the state in which it finds the board.
STEPS = [
    (Op.GET_SYNC, 2, "identifying", UNTOUCHED),
    (Op.GET_DEVICE, 4, "identifying", UNTOUCHED),
    (Op.GET_DEVICE, 6, "identifying", UNTOUCHED),
    (Op.CHIP_ERASE, 1, "erasing", NO_FIRMWARE),
    (Op.PROG_MULTI, 1, "programming", NO_FIRMWARE),
    (Op.PROG_MULTI, 20, "programming", NO_FIRMWARE),
    (Op.GET_CRC, 1, "verifying", NO_FIRMWARE),
    (Op.BOOT, 1, "starting the firmware", NOT_STARTED),
]
names = [f"{op.name}-{n}" for op, n, _, _ in STEPS]


def flash(
    faults: BootloaderFaults | None = None,
    spec: BoardSpec | None = None,
    made: FirmwareImage | None = None,
    *,
    force: bool = False,
) -> FlashBench:
    board = SimulatedBoard(spec, faults)
    board.install(b"old firmware")
    board.plug(0)
    return FlashBench(FlashSession(made or firmware(), PORT, force=force), board).run()


def content(done: FlashBench, size: int) -> bytes:
    assert done.board is not None
    return bytes(done.board.bootloader.flash[:size])


@pytest.mark.parametrize(("op", "n", "doing", "state"), STEPS, ids=names)
def test_unplugged_at_a_step(op: Op, n: int, doing: str, state: str) -> None:
    """The text says during what, how the board is now, and to run the command again."""
    done = flash(BootloaderFaults(unplug_at=(op, n)))
    assert words(done) == f"the board went away during {doing}; {state}; plug it in and run the same command again"
    assert done.session.failure is not None and done.session.failure.status == 1


@pytest.mark.parametrize(("op", "n", "doing", "state"), STEPS[:-1], ids=names[:-1])
def test_mute_at_a_step(op: Op, n: int, doing: str, state: str) -> None:
    """A board that falls silent is not waited for without end."""
    done = flash(BootloaderFaults(mute_at=(op, n)))
    assert words(done).startswith(f"the board does not answer any more, during {doing}; {state}; unplug it")
    assert done.now_ms < 60_000


def test_a_board_that_starts_its_firmware_without_an_answer_is_linked() -> None:
    assert flash(BootloaderFaults(mute_at=(Op.BOOT, 1))).session.linked is not None


@pytest.mark.parametrize("status", [BootStatus.FAILED, BootStatus.INVALID])
@pytest.mark.parametrize(("op", "n", "doing", "state"), STEPS, ids=names)
def test_refused_once_at_a_step_is_done_at_the_second_try(
    op: Op, n: int, doing: str, state: str, status: BootStatus
) -> None:
    done = flash(BootloaderFaults(answers={(op, n): status}))
    assert done.session.failure is None
    assert content(done, 5000) == image_of()
    assert done.lines == [f"{doing} failed ({op.name} was answered {status.name}); trying once more from the start"]


@pytest.mark.parametrize("op", [Op.CHIP_ERASE, Op.GET_CRC, Op.BOOT])
def test_failed_twice_is_the_end(op: Op) -> None:
    done = flash(BootloaderFaults(answers={(op, 1): BootStatus.FAILED, (op, 2): BootStatus.FAILED}))
    assert f"failed twice ({op.name} was answered FAILED)" in words(done)
    assert "try another cable and USB port" in words(done)
    assert count(done, op) == 2


def test_a_chunk_that_fails_is_followed_by_a_new_erase() -> None:
    done = flash(BootloaderFaults(answers={(Op.PROG_MULTI, 5): BootStatus.FAILED}))
    assert done.session.failure is None
    assert count(done, Op.CHIP_ERASE) == 2
    assert count(done, Op.PROG_MULTI) == 5 + 20


def test_an_erase_that_was_not_understood_has_erased_nothing() -> None:
    done = flash(
        BootloaderFaults(answers={(Op.CHIP_ERASE, 1): BootStatus.INVALID, (Op.CHIP_ERASE, 2): BootStatus.INVALID})
    )
    assert UNTOUCHED in words(done)
    assert content(done, 12) == b"old firmware"


def test_a_crc_that_differs_once_costs_a_second_erase_and_program() -> None:
    done = flash(BootloaderFaults(wrong_crc=frozenset((1,))))
    assert done.session.failure is None
    assert (count(done, Op.CHIP_ERASE), count(done, Op.PROG_MULTI), count(done, Op.BOOT)) == (2, 40, 1)


def test_a_crc_that_differs_twice_is_never_booted() -> None:
    done = flash(BootloaderFaults(wrong_crc=frozenset((1, 2))))
    assert "verifying failed twice (what was read back differs from the file)" in words(done)
    assert NO_FIRMWARE in words(done)
    assert count(done, Op.BOOT) == 0


def test_a_flipped_bit_is_found_by_the_crc() -> None:
    done = flash(BootloaderFaults(flip_at=(Op.PROG_MULTI, 3)))
    assert done.session.failure is None
    assert count(done, Op.CHIP_ERASE) == 2
    assert content(done, 5000) == image_of()


def test_an_erase_of_25_s_is_waited_for() -> None:
    done = flash(BootloaderFaults(erase_ms=25_000))
    assert done.session.failure is None
    assert count(done, Op.CHIP_ERASE) == 1


def test_an_erase_without_end_is_given_up() -> None:
    done = flash(BootloaderFaults(erase_ms=10_000_000))
    assert "does not answer any more, during erasing" in words(done)
    assert done.now_ms < 40_000


def test_an_erase_beyond_the_limit_gets_a_second_try_and_late_answers_do_not_confuse_it() -> None:
    done = flash(BootloaderFaults(erase_ms=32_000))
    assert "during erasing" in words(done)
    assert count(done, Op.CHIP_ERASE) == 2
    assert count(done, Op.PROG_MULTI) == 0


@pytest.mark.parametrize("seed", range(12))
def test_noise_before_the_answers_does_no_harm(seed: int) -> None:
    """Flashed in the end, or refused in words; never a wrong image that is started."""
    done = flash(BootloaderFaults(noise=Random(seed), noise_every=12))
    if done.session.failure is None:
        assert content(done, 5000) == image_of()
    else:
        assert count(done, Op.BOOT) == 0 or content(done, 5000) == image_of()


def test_noise_is_survived_in_most_runs() -> None:
    good = sum(
        flash(BootloaderFaults(noise=Random(seed), noise_every=30)).session.failure is None for seed in range(10)
    )
    assert good >= 8


def test_firmware_for_another_board_is_refused_before_the_erase_and_the_old_one_is_started() -> None:
    done = flash(spec=BoardSpec(board_id=50))
    assert words(done).startswith(
        "the firmware is for board id 140 (Cube Orange), the board is 50 (Pixhawk 4, fmuv5); nothing was erased"
    )
    assert (count(done, Op.CHIP_ERASE), count(done, Op.BOOT)) == (0, 1)
    assert content(done, 12) == b"old firmware"
    assert done.session.failure is not None and done.session.failure.status == 2


def test_force_writes_firmware_of_another_board() -> None:
    done = flash(spec=BoardSpec(board_id=50), force=True)
    assert done.session.failure is None
    assert done.lines == ["forced: firmware for board id 140 onto board id 50"]


def test_a_known_compatible_board_needs_no_force() -> None:
    assert flash(spec=BoardSpec(board_id=33), made=firmware(9)).session.failure is None
    assert flash(spec=BoardSpec(board_id=9), made=firmware(33)).session.failure is not None


@pytest.mark.parametrize("force", [False, True])
def test_an_image_that_does_not_fit_is_refused_before_the_erase(force: bool) -> None:
    done = flash(spec=BoardSpec(flash=4096), force=force)
    assert words(done).startswith(
        "the image of 5000 bytes does not fit into the board's flash of 4096 bytes; nothing was erased"
    )
    assert count(done, Op.CHIP_ERASE) == 0
    assert done.session.failure is not None and done.session.failure.status == 2


def test_a_board_9_with_1_mib_is_called_fmuv2_when_the_image_is_for_the_larger_ones() -> None:
    done = flash(spec=BoardSpec(board_id=9, flash=1_032_192), made=firmware(9, size=1_100_000))
    assert words(done) == (
        "the image of 1100000 bytes does not fit into the board's flash of 1032192 bytes; nothing was erased; "
        "take the firmware for this board, 9 (Pixhawk 1 with 1 MiB of flash, fmuv2)"
    )


def test_firmware_for_a_board_that_is_in_no_table_is_called_what_its_file_says() -> None:
    done = flash(made=firmware(7777, summary="MyBoard"))
    assert words(done).startswith("the firmware is for board id 7777 (MyBoard), the board is 140 (Cube Orange);")


def test_an_image_of_exactly_the_flash_fits() -> None:
    assert flash(spec=BoardSpec(flash=5000)).session.failure is None


@pytest.mark.parametrize("revision", [2, 3, 4, 5])
def test_every_revision_of_the_protocol_is_spoken(revision: int) -> None:
    done = flash(spec=BoardSpec(revision=revision))
    assert done.session.failure is None
    assert content(done, 5000) == image_of()
    assert count(done, Op.GET_CRC) == (revision >= 3)


def test_revision_2_reads_back_what_it_wrote() -> None:
    done = flash(BootloaderFaults(flip_at=(Op.PROG_MULTI, 3)), BoardSpec(revision=2))
    assert done.session.failure is None
    assert count(done, Op.CHIP_ERASE) == 2
    assert content(done, 5000) == image_of()


def test_a_revision_of_the_future_is_refused() -> None:
    done = flash(spec=BoardSpec(revision=9))
    assert "protocol revision 9; 2 to 5 are understood; nothing was erased" in words(done)


def test_px4s_bootloader_which_forgets_everything_after_a_refusal_is_flashed() -> None:
    done = flash(spec=BoardSpec(family="px4", revision=5))
    assert done.session.failure is None
    assert content(done, 5000) == image_of()


def test_bad_silicon_is_not_tried_again() -> None:
    done = flash(BootloaderFaults(answers={(Op.GET_SYNC, 2): BootStatus.BAD_SILICON}))
    assert "the bootloader refuses this chip" in words(done)
    assert count(done, Op.CHIP_ERASE) == 0
