"""Light programs of shows: colours and fades by their time, loops, jumps, and what ends a program."""

from __future__ import annotations

import pytest

from autopilot.show.lights import BLACK, Colour, LightProgram

SECOND = 50
"""In units of 20 ms."""
RED, GREEN, WHITE, GREY = (255, 0, 0), (0, 255, 0), (255, 255, 255), (9, 9, 9)


def colours(code: bytes, *times_s: float) -> list[Colour]:
    program = LightProgram(code)
    return [program.colour(round(1000.0 * time_s)) for time_s in times_s]


def test_colours_one_after_the_other() -> None:
    code = bytes((4, *RED, SECOND, 5, 9, SECOND, 7, SECOND, 6, SECOND, 4, *GREEN, 0, 0))
    assert colours(code, 0.0, 0.99, 1.0, 2.0, 3.5, 4.0, 99.0) == [RED, RED, GREY, WHITE, BLACK, GREEN, GREEN]


def test_fades_go_from_the_colour_before() -> None:
    code = bytes((4, *RED, SECOND, 8, *GREEN, 2 * SECOND, 10, SECOND, 11, SECOND, 0))
    assert colours(code, 1.5, 2.0, 2.99) == [(191, 64, 0), (128, 128, 0), (1, 254, 0)]
    assert colours(code, 3.5, 4.5, 9.0) == [(0, 128, 0), (128, 128, 128), WHITE]


def test_a_grey_fades_too() -> None:
    assert colours(bytes((9, 100, SECOND, 0)), 0.5, 1.0) == [(50, 50, 50), (100, 100, 100)]


def test_long_times_have_several_bytes() -> None:
    assert colours(bytes((4, *RED, 0xF4, 0x03, 7, 0, 0)), 9.99, 10.0) == [RED, WHITE]


def test_sleep_and_wait_keep_the_colour() -> None:
    code = bytes((4, *RED, 0, 2, SECOND, 3, 0x96, 0x01, 4, *GREEN, 0, 0))
    assert colours(code, 0.5, 1.5, 2.99, 3.0) == [RED, RED, RED, GREEN]


def test_a_reset_lets_waits_count_from_there() -> None:
    code = bytes((4, *RED, 2 * SECOND, 14, 3, SECOND, 7, 0, 0))
    assert colours(code, 2.5, 3.0) == [RED, WHITE]


@pytest.mark.parametrize("times, after", [(2, [WHITE, WHITE]), (0, [RED, GREEN])])
def test_loops(times: int, after: list[Colour]) -> None:
    """Twice, or for ever; one within another."""
    code = bytes((12, times, 4, *RED, SECOND, 4, *GREEN, SECOND, 13, 7, 0, 0))
    assert colours(code, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5) == [RED, GREEN, RED, GREEN, *after]


def test_a_loop_within_a_loop() -> None:
    code = bytes((12, 2, 12, 2, 4, *RED, SECOND, 13, 4, *GREEN, SECOND, 13, 0))
    assert colours(code, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5) == [RED, RED, GREEN, RED, RED, GREEN]


def test_a_jump_leaves_all_loops() -> None:
    """The end that it comes to is of no loop, and is passed over."""
    code = bytes((12, 0, 12, 0, 4, *RED, SECOND, 18, 11, 13, 4, *GREEN, SECOND, 13, 7, SECOND, 0))
    assert code[11:13] == bytes((13, 4))
    assert colours(code, 0.5, 1.5, 2.5, 9.0) == [RED, GREEN, WHITE, WHITE]


def test_a_jump_back_into_a_loop_again_and_again_keeps_nothing() -> None:
    program = LightProgram(bytes((12, 0, 4, *RED, 1, 18, 0)))
    assert program.colour(0) == RED
    before = len(program._loops)
    for time_ms in range(0, 60_000, 20):
        assert program.colour(time_ms) == RED
    assert len(program._loops) == before


def test_a_fifth_loop_within_four_does_not_begin() -> None:
    """Its end is the end of the fourth, which goes round once more; then the three others end."""
    four = bytes((12, 1, 12, 1, 12, 1, 12, 2))
    code = bytes((*four, 12, 200, 4, *RED, SECOND, 13, 4, *GREEN, SECOND, 13, 13, 13, 13, 7, SECOND, 0))
    assert colours(code, 0.5, 1.5, 2.5, 3.5) == [RED, RED, GREEN, WHITE]


def test_jumps_fireworks_and_nothing() -> None:
    code = bytes((1, 20, 5, 21, 0, 18, 8, 255, 4, *RED, SECOND, 0))
    assert colours(code, 0.5) == [RED]


@pytest.mark.parametrize("code", [b"", bytes((0,)), bytes((16, 0, 1, 2, 50)), bytes((99,)), bytes((4, 255))])
def test_what_ends_it(code: bytes) -> None:
    assert colours(code, 0.0, 5.0) == [BLACK, BLACK]


def test_a_program_without_time_ends() -> None:
    assert colours(bytes((18, 0)), 1.0) == [BLACK]


def test_an_earlier_time_begins_anew() -> None:
    code = bytes((4, *RED, SECOND, 4, *GREEN, SECOND, 0))
    assert colours(code, 1.5, 0.5, 1.5) == [GREEN, RED, GREEN]
