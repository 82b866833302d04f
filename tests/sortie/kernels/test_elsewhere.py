"""Libraries of other machines, as far as this one tries them: the script says of each what became of it."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from autopilot.control import library as lib
from scripts.packaging import elsewhere
from sortie.kernels.entries import ENTRIES

ROOT = Path(__file__).parents[3]


@pytest.mark.long  # zig compiles its C library first
def test_a_thousand_ticks_end_in_the_same_bytes_wherever_they_are_tried() -> None:
    """Differences are status 1; what could not be tried says so."""
    script = [sys.executable, ROOT / "scripts" / "packaging" / "elsewhere.py"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert list(lines) == [*(one.name for one in elsewhere.MACHINES), *elsewhere.MACS]
    assert all("as here" in line or "untried" in line or line.startswith("skipped: ") for line in lines.values())


def test_what_other_machines_fly_is_what_the_kernel_takes(tmp_path: Path) -> None:
    """The arrays of the program that calls their libraries, flown here: twice to one digest."""
    first = elsewhere.prepare(tmp_path / "arrays")
    assert first == elsewhere.prepare(tmp_path / "arrays") and len(first) == 16


def mac_library(*, taken: str = "", left_out: str = "") -> bytes:
    """The skeleton of a library for macOS."""
    names = [f"_{entry.name}" for entry in ENTRIES if entry.name != left_out] + ([taken] if taken else [])
    texts = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    at, symbols = 1, b""
    for name in names:
        symbols += struct.pack("<IBBHQ", at, 0x01 if name == taken else 0x0F, 1, 0, 0)
        at += len(name) + 1
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, 0, 0, 6, 1, 24, 0, 0)
    start = len(head) + 24
    return head + struct.pack("<IIIIII", 2, 24, start, len(names), start + len(symbols), len(texts)) + symbols + texts


@pytest.mark.parametrize(
    ("library", "said"),
    [
        (mac_library(), "takes nothing from outside"),
        (mac_library(taken="_sin"), "takes _sin from outside"),
        (mac_library(left_out="advance_copter"), "lacks _advance_copter"),
        (b"\x7fELF" + bytes(60), "is no 64 bit dynamic library"),
    ],
)
def test_what_a_mac_library_needs_and_gives_is_read(
    library: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kernels"
    file.write_bytes(library)
    monkeypatch.setattr(elsewhere, "library_of", lambda target: file)
    try:
        told = elsewhere.read_mac("aarch64-macos")
    except elsewhere.Differs as why:
        told = str(why)
    assert said in told


def test_what_cannot_be_tried_is_skipped_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lib, "FOLDER", tmp_path)
    with pytest.raises(elsewhere.Skipped, match=r"python -m sortie.kernels --target all"):
        elsewhere.library_of("x86_64-windows")
    monkeypatch.setattr(elsewhere, "library_of", lambda target: tmp_path)
    monkeypatch.setattr(elsewhere.shutil, "which", lambda name: None)
    monkeypatch.setattr(elsewhere, "find_spec", lambda name: object())
    with pytest.raises(elsewhere.Skipped, match="wine is not there"):
        elsewhere.fly(elsewhere.MACHINES[-1], tmp_path, tmp_path)
