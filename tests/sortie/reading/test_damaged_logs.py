"""Logs damaged anywhere: read as far as they make sense, or refused in one line, and nothing else is said."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from sortie.config.errors import UserError
from sortie.reading.dataflash import read_dataflash
from sortie.reading.facts import FlightFacts
from sortie.reading.telemetry import read_telemetry
from sortie.reading.ulog import read_ulog
from tests.sortie.reading.made import dataflash, telemetry, ulog

DATA = Path(__file__).parents[2] / "data"
Reader = Callable[[Path], FlightFacts]
READERS: dict[str, tuple[Reader, Callable[[], bytes], int]] = {
    "bin": (read_dataflash, dataflash, 150),
    "tlog": (read_telemetry, telemetry, 150),
    "ulg": (read_ulog, ulog, 150),
    "px4.ulg": (read_ulog, lambda: lzma.decompress((DATA / "px4-sih-square.ulg.xz").read_bytes()), 12),
}


def damaged(whole: bytes, random: Random) -> bytes:
    """Up to 16 changes: bits, bytes, gaps, insertions, pieces of elsewhere; half of the logs only at the beginning,
    where the formats are told."""
    data = bytearray(whole)
    reach = len(data) if random.random() < 0.5 else 3_000
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        at = random.randrange(max(min(reach, len(data)), 1))
        match random.randrange(5):
            case 0:
                data[at] ^= 1 << random.randrange(8)
            case 1:
                data[at] = random.choice((0, 127, 128, 255))
            case 2:
                del data[at : at + random.choice((1, 2, 7, 50))]
            case 3:
                data[at:at] = random.randbytes(random.choice((1, 3, 20)))
            case _:
                data[at : at + 20] = data[at * 7 % max(len(data) - 20, 1) :][:20]
    return bytes(data)


@pytest.mark.parametrize("kind", READERS)
def test_a_damaged_log_is_read_or_refused(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its reader itself, before what it raises is taken for damage; stdout stays empty."""
    reader, made, count = READERS[kind]
    random, whole, log, read = Random(5), made(), tmp_path / "log", 0
    for _ in range(count):
        log.write_bytes(damaged(whole, random))
        try:
            read += bool(reader(log).samples)
        except UserError as error:
            assert str(error).startswith(f"{log}: ") and "\n" not in str(error)
    assert read > count // 4
    assert capsys.readouterr().out == ""


def test_a_damaged_first_place_of_a_telemetry_log_is_passed_over(tmp_path: Path) -> None:
    """By it the log knew when the vehicle booted, and was refused whole."""
    whole = bytearray(telemetry())
    at = whole.index((33).to_bytes(3, "little"), 0)
    log = tmp_path / "a.tlog"
    log.write_bytes(whole)
    before = read_telemetry(log)
    whole[at + 5] ^= 0xFF
    log.write_bytes(whole)
    after = read_telemetry(log)
    assert "1 frames of the log cannot be read" in after.cut
    assert len(after.samples) == len(before.samples) - 1
