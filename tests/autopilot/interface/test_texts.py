"""Text of others cannot command the terminal on which it is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autopilot.interface.texts import printable


@given(st.text())
def test_what_shows_stays_and_nothing_else(text: str) -> None:
    """Character by character; a byte of a file name that is no UTF-8 stays, because the output escapes it."""
    shown = printable(text)
    assert len(shown) == len(text)
    for before, after in zip(text, shown, strict=True):
        assert before == after if before.isprintable() else after in (" ", "?")


def test_control_functions_white_space_and_bytes() -> None:
    assert printable("\x1b[2J\x9b2Jgone\x07\x7f\u202e") == "?[2J?2Jgone???"
    assert printable("a\tb\nc\u00a0d") == "a b c d"
    assert printable("caf\u00e9 \udcff") == "caf\u00e9 \udcff"
