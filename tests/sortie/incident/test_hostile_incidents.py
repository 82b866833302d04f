"""Hostile logs end in one sentence or are flown as far as they make sense; a long log needs no more memory than a short
one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from sortie.config.errors import UserError
from sortie.incident.build import build
from sortie.incident.diagnosis import diagnose
from sortie.incident.evidence import Evidence, read_evidence
from sortie.incident.reproduce import fly, reproduce
from sortie.incident.scenario import PLAN, Scenario
from sortie.reading.dataflash_messages import MessageLog
from sortie.reading.facts import FlightFacts, Sample
from sortie.reading.logs import LogForm
from tests.sortie.incident.test_reproduce import flown
from tests.sortie.reading.made import dataflash, telemetry, ulog
from tests.sortie.reading.test_damaged_logs import damaged

NAN = float("nan")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    logs = flown(tmp_path_factory.mktemp("whole"), "gps.loss@20..24")
    return next(logs.rglob("flight.bin")).read_bytes()


def test_a_damaged_log_is_a_scenario_or_one_sentence(whole: bytes, tmp_path: Path) -> None:
    log, random, built = tmp_path / "flight.bin", Random(3), 0
    for _ in range(20):
        log.write_bytes(damaged(whole, random))
        try:
            built += bool(build(read_evidence(log), log).scenario.do)
        except UserError as error:
            assert str(log) in str(error) or "flight.bin" in str(error)
            assert "\n" not in str(error)
    assert built > 5


def test_a_log_that_ends_anywhere_in_its_header_is_one_sentence(whole: bytes, tmp_path: Path) -> None:
    log = tmp_path / "flight.bin"
    for size in range(1, 200, 7):
        log.write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"^[^\n]*flight\.bin[^\n]*$"):
            read_evidence(log)


def test_a_folder_that_takes_no_file_is_one_sentence(whole: bytes, tmp_path: Path) -> None:
    """As of a full disk: which file, and another place."""
    log, folder = tmp_path / "flight.bin", tmp_path / "incident"
    log.write_bytes(whole)
    (folder / PLAN).mkdir(parents=True)
    with pytest.raises(UserError, match=r"plan\.plan: Is a directory; choose another place with --out"):
        reproduce(log, folder)


def test_a_disk_that_fills_while_it_flies_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flight without a log: not that the scenario did not fly."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    with pytest.raises(UserError, match=r"flown: No space left on device; choose another place with --out"):
        fly(Scenario("", "sim:copter", "47.0,8.0,400,0", 1.0), tmp_path, tmp_path / "flown")


def test_shuffled_pieces_and_a_clock_that_jumps(whole: bytes, tmp_path: Path) -> None:
    """Formats come first, then pieces in any order: time goes back and forth."""
    pieces = [whole[at : at + 20_000] for at in range(40_000, len(whole), 20_000)]
    Random(1).shuffle(pieces)
    log = tmp_path / "flight.bin"
    log.write_bytes(whole[:40_000] + b"".join(pieces))
    found = read_evidence(log)
    assert all(fault.until_s is None or fault.until_s >= fault.from_s - 1.0 for fault in diagnose(found))


@pytest.mark.parametrize(("name", "made"), [("a.bin", dataflash), ("a.tlog", telemetry), ("a.ulg", ulog)])
def test_small_logs_of_every_form(name: str, made: object, tmp_path: Path) -> None:
    """Without GPS, compass and motors: nothing is found, and what is not told is listed."""
    log = tmp_path / name
    assert callable(made)
    log.write_bytes(made())
    try:
        found = read_evidence(log)
    except UserError as error:
        assert "\n" not in str(error)
        return
    built = build(found, log)
    assert any("parameters" in text or "gusts" in text or "drag" in text for text in built.scenario.assumed)


def test_figures_that_are_no_numbers_are_no_faults() -> None:
    facts = FlightFacts(name="nan")
    facts.arm(0.0, True)
    facts.samples = [Sample(at / 10.0, 47.0, 8.0, NAN, NAN, NAN, NAN) for at in range(300)]
    times = [at / 10.0 for at in range(300)]
    found = Evidence(
        facts,
        LogForm.DATAFLASH,
        gps=[(at, 3.0, NAN, NAN, NAN, NAN) for at in times],
        compass=[(at, 1.0, NAN, NAN, NAN) for at in times],
        barometer=[(at, NAN) for at in times],
        battery=[(at, NAN, NAN) for at in times],
        motors=[(at, NAN, NAN, NAN, NAN) for at in times],
        vibration=[(at, NAN) for at in times],
    )
    assert diagnose(found) == []


class Counted(BytesIO):
    """A file that counts how often it was read."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        assert size is not None and 0 < size <= 1 << 20
        return super().read(size)


def test_a_long_log_is_never_whole_in_memory() -> None:
    """Pieces of a megabyte: the first message is there before the third piece is read; none is lost between two."""
    data = dataflash()
    begin = data.index(b"\xa3\x95", 4000)
    times = 4_000_000 // len(data[begin:])
    file = Counted(data + data[begin:] * times)
    found = MessageLog(file).read(["POS", "VIBE"])
    next(found)
    assert file.reads <= 2
    once = sum(1 for _ in MessageLog(BytesIO(data)).read(["POS", "VIBE"]))
    behind = sum(1 for _ in MessageLog(BytesIO(data + data[begin:])).read(["POS", "VIBE"])) - once
    assert 1 + sum(1 for _ in found) == once + times * behind
