"""Notes of compiled libraries: an edit of prose alone needs a new note, and no compilation."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.control.library import fits, library_file
from sortie.kernels.notes import KernelSources, code_digest, renew_note, write_note

TARGET = "x86_64-linux"
CODE = '''"""A module."""

GAIN = 2.0  # 1/s


def rate(error: float) -> float:
    """Rate (rad/s) for an error (rad)."""
    return GAIN * error
'''


def digest(folder: Path, text: str) -> str:
    file = folder / "kernel.py"
    file.write_text(text)
    return code_digest([file])


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("A module.", "Another module.\n\nOf two paragraphs.", True),
        ("Rate (rad/s) for an error (rad).", "Proportional control.", True),
        ("1/s", "per second", True),
        ("GAIN * error", "(GAIN *\n            error)", True),
        ("2.0", "2.5", False),
        ("error: float", "fault: float", False),
        ("GAIN * error", "error * GAIN", False),
        ("GAIN * error", "'GAIN * error'", False),
    ],
)
def test_prose_and_layout_are_not_code(tmp_path: Path, old: str, new: str, same: bool) -> None:
    assert (digest(tmp_path, CODE) == digest(tmp_path, CODE.replace(old, new))) is same


def test_code_that_moves_to_the_next_file_is_other_code(tmp_path: Path) -> None:
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    first.write_text("X = 1\nY = 2\n")
    second.write_text("")
    before = code_digest([first, second])
    first.write_text("X = 1\n")
    second.write_text("Y = 2\n")
    assert code_digest([first, second]) != before


def test_a_library_of_the_same_code_gets_a_new_note(tmp_path: Path) -> None:
    file = library_file(TARGET, tmp_path)
    file.write_bytes(b"machine code")
    write_note(file, TARGET, KernelSources("bytes", "code"))
    assert fits(TARGET, "bytes", tmp_path)
    assert renew_note(TARGET, KernelSources("edited", "code"), tmp_path)
    assert fits(TARGET, "edited", tmp_path)


def test_any_other_library_must_be_compiled(tmp_path: Path) -> None:
    """None, of other code, truncated, or for another kind of machine."""
    edited = KernelSources("edited", "code")
    assert not renew_note(TARGET, edited, tmp_path)
    file = library_file(TARGET, tmp_path)
    file.write_bytes(b"machine code")
    write_note(file, TARGET, KernelSources("bytes", "other"))
    assert not renew_note(TARGET, edited, tmp_path)
    write_note(file, TARGET, KernelSources("bytes", "code"))
    file.write_bytes(b"machine co")
    assert not renew_note(TARGET, edited, tmp_path)
    write_note(file, "riscv64-linux", KernelSources("bytes", "code"))
    assert not renew_note(TARGET, edited, tmp_path)
    assert not fits(TARGET, "edited", tmp_path)
