"""Eight runs write the bytes that are kept in `kept/`: logs, traces, journals, links.

Whoever changes what a vehicle does, says or logs regenerates them with `scripts/golden --write` and commits the
difference together with its reason. A conflict in `kept/` is resolved by writing it again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.golden.prints import KEPT, difference, kept, prints_of
from tests.golden.scenarios import SCENARIOS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="sine and logarithm are the C library's: the same bytes are promised on Linux"
)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_bytes_are_those_that_were_kept(scenario: str, tmp_path: Path) -> None:
    """In any process, on x86-64 and aarch64."""
    now = prints_of(SCENARIOS[scenario](tmp_path))
    said = difference(scenario, kept(scenario).read_text(encoding="utf-8"), now)
    assert not said, said


def test_all_that_is_kept_is_run() -> None:
    """A scenario that is gone takes its file with it."""
    assert {path.stem for path in KEPT.iterdir()} == set(SCENARIOS)


def test_one_changed_byte_is_found_and_named() -> None:
    """The message names the file and the first line that differs, not the head of the file."""
    old = prints_of({"a.txt": b"same\n", "b.txt": b"one\ntwo\n"})
    said = difference("run", old, prints_of({"a.txt": b"same\n", "b.txt": b"one\nTwo\n"}))
    assert "files that differ: b.txt" in said
    assert "kept: two\n  now:  Two" in said
    assert "scripts/golden --write" in said


@pytest.mark.parametrize("name", ["x.bin", "x.frames", "x.tlog", "x.csv"])
def test_a_change_anywhere_in_a_long_file_is_found(name: str) -> None:
    """Whatever is kept of it."""
    frame = bytes((0xFD, 0, 0, 0, 0, 1, 1, 0, 0, 0, 7, 7))
    record = b"1,2\n" if name == "x.csv" else (b"\0" * 8 if name == "x.tlog" else b"") + frame
    data = record * 5000
    spoilt = bytearray(data)
    spoilt[-3] ^= 1
    assert difference("run", prints_of({name: data}), prints_of({name: bytes(spoilt)}))
