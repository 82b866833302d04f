"""Logs of any length: so many rows of each kind are held, evenly over the flight, and a person sees how far it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from struct import pack

import pytest

from sortie.logs import dataflash_kinds as K
from sortie.reading import dataflash_messages, facts, log_file, ulog
from sortie.reading import telemetry as tlog
from sortie.reading.facts import MOST_ROWS, ThinnedRows
from sortie.reading.logs import read_log
from tests.sortie.reading import made

LOGS = {"bin": made.dataflash, "tlog": made.telemetry, "ulg": made.ulog}


def test_rows_are_thinned_evenly_and_the_newest_is_the_last() -> None:
    rows: ThinnedRows[int] = ThinnedRows()
    for number in range(5 * MOST_ROWS):
        rows.append(number)
        assert rows[-1] == number
    gaps = [after - before for before, after in pairwise(rows[:-1])]
    assert MOST_ROWS // 2 < len(rows) <= MOST_ROWS + 1
    assert max(gaps) < 2 * min(gaps)


@pytest.mark.parametrize("form", LOGS)
def test_a_long_log_holds_the_whole_flight_in_few_rows(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / f"a.{form}"
    log.write_bytes(LOGS[form]())
    whole = read_log(log)
    for module in (facts, ulog):
        monkeypatch.setattr(module, "MOST_ROWS", 8)
    thinned = read_log(log)
    assert len(whole.samples) > 40
    assert 3 <= len(thinned.samples) <= 9
    assert all(len(rows) <= 9 for rows in thinned.series.values())
    assert abs(thinned.samples[0].time_s - whole.samples[0].time_s) < 6.0
    assert thinned.samples[-1].time_s > whole.samples[-1].time_s - 6.0
    assert (thinned.armed, thinned.items, thinned.home) == (whole.armed, whole.items, whole.home)


@pytest.mark.parametrize(("form", "module"), [("bin", dataflash_messages), ("tlog", tlog)])
def test_a_log_is_the_same_read_in_small_pieces(
    form: str, module: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / f"a.{form}"
    log.write_bytes(LOGS[form]())
    whole = read_log(log)
    monkeypatch.setattr(module, "PIECE", 37)
    assert repr(read_log(log)) == repr(whole)


def test_a_hole_in_a_ulog_is_not_read_header_by_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros where nothing was written, as of a disk that was full: what stands before them and behind is read."""
    reads, read = [], ulog._UlogFile.read
    monkeypatch.setattr(ulog._UlogFile, "read", lambda file, size: reads.append(size) or read(file, size))
    text = b"4" + pack("<Q", 9_000_000) + b"behind"
    behind = pack("<H", len(text)) + b"L" + text
    log = tmp_path / "a.ulg"
    log.write_bytes(made.ulog())
    read_log(log)
    usual = len(reads)
    log.write_bytes(made.ulog() + bytes(300_000) + behind)
    assert "behind" in [text for _, text in read_log(log).texts]
    assert len(reads) < 3 * usual


def many_names() -> bytes:
    """Log with parameters of more names than there is room for, none at its default."""
    return made.dataflash() + b"".join(K.PARM.pack(50_000_000, f"P{n}", 1.0, 0.0) for n in range(50))


def many_texts() -> bytes:
    """Log with more texts than there is room for."""
    text = b"4" + pack("<Q", 9_000_000) + b"again"
    return made.ulog() + 50 * (pack("<H", len(text)) + b"L" + text)


@pytest.mark.parametrize(("form", "log"), [("bin", many_names), ("ulg", many_texts)])
def test_a_log_that_tells_without_end_is_read(
    form: str, log: Callable[[], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (facts, ulog):
        monkeypatch.setattr(module, "MOST_ROWS", 8)
    monkeypatch.setattr(facts, "_MOST_PARAMETERS", 8)
    (tmp_path / f"a.{form}").write_bytes(log())
    found = read_log(tmp_path / f"a.{form}")
    assert len(found.texts) <= 9
    assert len(found.own_values) <= 8
    assert found.samples


class Screen(io.StringIO):
    """Terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("form", LOGS)
def test_a_person_who_waits_sees_how_far_it_is(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, screen = tmp_path / f"a.{form}", Screen()
    log.write_bytes(LOGS[form]())
    monkeypatch.setattr("sys.stderr", screen)
    read_log(log)
    assert screen.getvalue() == ""
    monkeypatch.setattr(log_file, "_PATIENCE_S", 0.0)
    read_log(log)
    assert "sortie: 0% read of " in screen.getvalue()
