"""The bootloader's numbers, and the simulated bootloader against the order that real ones demand."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mavlink_bridge.bootloader.boards import board_name, fits, is_flight_controller
from mavlink_bridge.bootloader.protocol import Op, command, crc32, flash_crc, pad
from mavlink_bridge.testing.board import SimulatedBoard
from mavlink_bridge.testing.bootloader import PATIENCE_MS, BoardSpec, BootloaderFaults, SimulatedBootloader
from tests.fakes.examples import examples

OK, FAILED, INVALID = b"\x12\x10", b"\x12\x11", b"\x12\x13"
ARDUPILOTS_QUESTIONS = [b"\x21\x20", b"\x22\x01\x20", b"\x22\x02\x20", b"\x22\x04\x20"]


def ask(bootloader: SimulatedBootloader, data: bytes, now_ms: int = 0) -> bytes:
    bootloader.receive(data, now_ms)
    return bootloader.take_outgoing()


def ready(spec: BoardSpec | None = None, faults: BootloaderFaults | None = None) -> SimulatedBootloader:
    made = SimulatedBootloader(spec or BoardSpec(flash=1024), faults or BootloaderFaults(erase_ms=0))
    for question in ARDUPILOTS_QUESTIONS:
        ask(made, question)
    return made


def erase(bootloader: SimulatedBootloader) -> bytes:
    bootloader.receive(b"\x23\x20", 0)
    bootloader.handle_timeout(0)
    return bootloader.take_outgoing()


def test_the_crc_is_the_bootloaders() -> None:
    """Values of the protocol's own CRC-32: initial value 0, nothing inverted at the end."""
    assert crc32(b"123456789") == 0x2DFD2D88
    assert crc32(b"\xff" * 1024) == 0x578F50DA
    assert crc32(b"456789", crc32(b"123")) == 0x2DFD2D88
    assert flash_crc(b"", 1024) == 0x578F50DA
    assert flash_crc(b"\xff" * 40, 1024) == 0x578F50DA


def test_images_are_padded_by_what_erased_flash_holds() -> None:
    assert [len(pad(bytes(n))) for n in range(6)] == [0, 4, 4, 4, 4, 8]
    assert pad(b"a") == b"a\xff\xff\xff"


def test_a_command_ends_with_eoc() -> None:
    assert command(Op.GET_DEVICE, b"\x01") == b"\x22\x01\x20"


def test_the_bootloader_says_what_it_is() -> None:
    made = SimulatedBootloader(BoardSpec(board_id=9, board_revision=3, flash=1_032_192, external_flash=4096))
    assert ask(made, b"\x21\x20") == OK
    for info, value in ((1, 5), (2, 9), (3, 3), (4, 1_032_192), (6, 4096)):
        assert ask(made, bytes((0x22, info, 0x20))) == struct.pack("<I", value) + OK


def test_a_board_without_external_flash_calls_the_question_invalid() -> None:
    assert ask(ready(), b"\x22\x06\x20") == INVALID


@pytest.mark.parametrize("guarded", [b"\x23\x20", b"\x27\x04abcd\x20", b"\x33" + struct.pack("<I", 921600) + b"\x20"])
@pytest.mark.parametrize("left_out", range(4))
def test_ardupilots_bootloader_refuses_until_everything_was_asked(guarded: bytes, left_out: int) -> None:
    made = SimulatedBootloader(BoardSpec())
    for number, question in enumerate(ARDUPILOTS_QUESTIONS):
        if number != left_out:
            ask(made, question)
    assert ask(made, guarded) == INVALID


def test_px4s_bootloader_wants_a_sync_and_any_question() -> None:
    made = SimulatedBootloader(BoardSpec(family="px4"), BootloaderFaults(erase_ms=0))
    ask(made, b"\x21\x20")
    assert ask(made, b"\x23\x20") == INVALID
    ask(made, b"\x21\x20")
    ask(made, b"\x22\x03\x20")
    assert erase(made) == OK


def test_px4s_bootloader_forgets_everything_after_a_refusal() -> None:
    made = SimulatedBootloader(BoardSpec(family="px4"), BootloaderFaults(erase_ms=0))
    for question in (b"\x21\x20", b"\x22\x01\x20", b"\x22\x06\x20"):
        ask(made, question)
    assert ask(made, b"\x23\x20") == INVALID


def test_px4s_bootloader_boots_only_what_was_programmed_and_checked() -> None:
    made = SimulatedBootloader(BoardSpec(family="px4", flash=1024), BootloaderFaults(erase_ms=0))

    def again() -> None:
        for question in ARDUPILOTS_QUESTIONS:
            ask(made, question)

    again()
    erase(made)
    assert ask(made, b"\x27\x04abcd\x20") == OK
    assert ask(made, b"\x30\x20") == INVALID
    again()
    assert ask(made, b"\x29\x20")[-2:] == OK
    assert ask(made, b"\x30\x20") == OK


def test_without_an_erase_nothing_can_be_programmed() -> None:
    assert ask(ready(), b"\x27\x04abcd\x20") == INVALID


def test_programming_goes_on_where_it_stopped_up_to_the_end_of_the_flash() -> None:
    made = ready(BoardSpec(flash=12))
    erase(made)
    for chunk in (b"abcd", b"efgh", b"ijkl"):
        assert ask(made, b"\x27\x04" + chunk + b"\x20") == OK
    assert ask(made, b"\x27\x04mnop\x20") == INVALID
    assert ask(made, b"\x29\x20") == struct.pack("<I", crc32(b"abcdefghijkl")) + OK


def test_the_first_words_are_written_by_boot_only() -> None:
    made = ready(BoardSpec(flash=1024))
    erase(made)
    ask(made, b"\x27\x40" + b"a" * 64 + b"\x20")
    assert made.flash[:33] == b"\xff" * 32 + b"a"
    assert not made.has_firmware
    assert ask(made, b"\x30\x20") == OK
    assert made.flash[:33] == b"a" * 33
    assert made.booted


def test_an_erase_takes_its_time_and_input_waits_for_it() -> None:
    made = ready(faults=BootloaderFaults(erase_ms=9000))
    assert ask(made, b"\x23\x20\x21\x20") == b""
    assert made.next_deadline_ms() == 9000
    made.handle_timeout(8999)
    assert made.take_outgoing() == b""
    made.handle_timeout(9000)
    assert made.take_outgoing() == OK + OK


def test_unknown_opcodes_and_nuls_are_dropped_without_a_word() -> None:
    assert ask(SimulatedBootloader(BoardSpec()), b"\x00\x00\x7f\x21\x20") == OK


def test_a_wrong_end_of_a_command_is_invalid() -> None:
    assert ask(SimulatedBootloader(BoardSpec()), b"\x21\x21") == INVALID


def test_the_rest_of_a_command_is_not_waited_for_for_ever() -> None:
    made = ready()
    assert ask(made, b"\x27\xfcab", now_ms=0) == b""
    made.handle_timeout(PATIENCE_MS)
    assert made.take_outgoing() == INVALID
    assert ask(made, b"\x21\x20", PATIENCE_MS) == OK


def test_commands_arrive_in_any_pieces() -> None:
    whole, pieces = ready(), ready()
    erase(whole)
    erase(pieces)
    stream = b"\x27\x04abcd\x20\x29\x20\x2c\x20\x2e\x20\x2a\x00\x00\x00\x00\x20"
    expected = ask(whole, stream)
    assert b"".join(ask(pieces, bytes((byte,))) for byte in stream) == expected
    assert b"STM32" in expected


def test_older_revisions_do_not_know_the_newer_questions() -> None:
    made = ready(BoardSpec(revision=3))
    assert ask(made, b"\x2e\x20\x2c\x20\x2a\x00\x00\x00\x00\x20") == b""
    assert ask(ready(BoardSpec(revision=2)), b"\x29\x20") == b""


def test_external_flash_is_erased_with_percents_and_programmed() -> None:
    made = ready(BoardSpec(external_flash=64))
    answer = ask(made, b"\x34" + struct.pack("<I", 8) + b"\x20")
    assert answer[:2] == answer[-2:] == OK
    assert answer[-3] == 100
    assert ask(made, b"\x35\x08external\x20"[:11]) == OK
    assert ask(made, b"\x37" + struct.pack("<I", 8) + b"\x20") == struct.pack("<I", crc32(b"external")) + OK
    assert ask(made, b"\x34" + struct.pack("<I", 65) + b"\x20") == INVALID


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=20), st.sampled_from(["ardupilot", "px4"]))
def test_no_bytes_break_the_board(pieces: list[bytes], family: str) -> None:
    board = SimulatedBoard(BoardSpec(flash=1024, family="px4" if family == "px4" else "ardupilot"))
    board.plug(0)
    for number, piece in enumerate(pieces):
        board.receive(piece, 700 * number)
        board.handle_timeout(700 * number)
        board.take_outgoing()
    assert len(board.bootloader.flash) == 1024


def test_a_board_with_firmware_starts_it_5_s_after_power_up_unless_somebody_speaks_to_it() -> None:
    left, spoken_to = SimulatedBoard(), SimulatedBoard()
    for board in (left, spoken_to):
        board.install(b"firmware")
        board.plug(0)
    spoken_to.receive(b"\x21\x20", 100)
    for now in (5000, 5001, 7001, 7501, 7600):
        left.handle_timeout(now)
        spoken_to.handle_timeout(now)
    assert left.take_outgoing()[:1] == b"\xfd"
    assert spoken_to.take_outgoing() == OK


def test_boards_have_names_and_known_pairs() -> None:
    assert board_name(140) == "140 (Cube Orange)"
    assert board_name(7777) == "7777"
    assert fits(9, 9)
    assert fits(33, 9)
    assert not fits(9, 33)
    assert not fits(140, 1063)


@pytest.mark.parametrize(
    ("vendor", "product", "text", "expected"),
    [
        (0x1209, 0x5741, "ArduPilot CubeOrange-BL", True),
        (0x1209, 0x5740, "", True),
        (0x2DAE, 0x1016, "CubePilot CubeOrange", True),
        (0x26AC, 0x0011, "3D Robotics PX4 FMU v2.x", True),
        (0x1209, 0x0001, "somebody's keyboard", False),
        (0x2341, 0x0043, "Arduino Uno", False),
        (0x10C4, 0xEA60, "Silicon Labs CP2102 USB to UART", False),
        (0x1234, 0x0001, "mRo Control Zero", True),
        (None, None, "ttyS0", False),
    ],
)
def test_flight_controllers_are_known_by_their_usb_ids(
    vendor: int | None, product: int | None, text: str, expected: bool
) -> None:
    assert is_flight_controller(vendor, product, text) is expected
