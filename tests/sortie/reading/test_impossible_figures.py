"""Figures that cannot be cost the row that has them: the rest of the log is read, and it is said that some is not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from struct import pack

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from sortie.commands.cli import run
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import preamble
from sortie.reading.facts import FlightFacts
from sortie.reading.logs import read_log
from tests.sortie.reading.made import ALT, BOOT_S, CORNERS, EPOCH_US, LAT, LON, dataflash, telemetry, ulog

NOW_US = round(BOOT_S * 1e6) + 1


def tlog_with(message: object) -> bytes:
    """Telemetry log with one more message of the vehicle, at the first place."""
    vehicle = dialect.MAVLink(None, srcSystem=7, srcComponent=1)
    return telemetry() + (EPOCH_US + 40_000_000).to_bytes(8, "big") + message.pack(vehicle)  # type: ignore[attr-defined]


def unknown_texts() -> bytes:
    """Log whose texts are of a type that is none of a text."""
    return dataflash().replace(b"MSG\0QZ", b"MSG\0Qa", 1)


DAMAGED: dict[str, Callable[[], bytes]] = {
    "a parameter.bin": lambda: preamble((K.PARM,), NOW_US) + K.PARM.pack(NOW_US, "WPNAV_SPEED", nan, 1.0) + dataflash(),
    "an item.bin": lambda: dataflash() + K.CMD.pack(NOW_US, 5, 4, 16, 0, 0, 0, 0, 190.0, LON, 20.0, 3),
    "a place.bin": lambda: dataflash() + K.SAMPLES["POS"].pack(NOW_US, LAT, LON, ALT, inf, 0.0),
    "a height of an item.bin": lambda: dataflash() + K.CMD.pack(NOW_US, 5, 4, 16, 0, 0, 0, 0, LAT, LON, inf, 3),
    "texts that are none.bin": unknown_texts,
    "a place.tlog": lambda: tlog_with(
        dialect.MAVLink_global_position_int_message(50_000, 1_900_000_000, 1, 0, 0, 0, 0, 0, 0)
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_one_row_is_passed_over_and_said(name: str, tmp_path: Path) -> None:
    log = tmp_path / f"a.{name.rpartition('.')[2]}"
    log.write_bytes(DAMAGED[name]())
    found = read_log(log)
    assert found.cut and len(found.samples) == 44
    assert len(found.items) == len(CORNERS)
    assert run(["report", str(log)]) == 0


def told_by(log: Path, data: bytes) -> FlightFacts:
    log.write_bytes(data)
    return read_log(log)


def test_a_text_of_a_severity_that_mavlink_has_not(tmp_path: Path) -> None:
    found = told_by(tmp_path / "a.tlog", tlog_with(dialect.MAVLink_statustext_message(153, b"What?")))
    assert "What?" in [text for _, text in found.texts] and not found.cut
    assert "What?" not in [trouble.text for trouble in found.troubles]


def test_later_chunks_of_a_text_cannot_command_a_terminal_either(tmp_path: Path) -> None:
    vehicle = dialect.MAVLink(None, srcSystem=7, srcComponent=1)
    later = dialect.MAVLink_statustext_message(3, b"\x1b[2J!", 5, 1).pack(vehicle)
    whole = tlog_with(dialect.MAVLink_statustext_message(3, b"y" * 50, 5, 0))
    whole += (EPOCH_US + 40_000_000).to_bytes(8, "big") + later
    found = told_by(tmp_path / "a.tlog", whole)
    assert "y" * 50 + "?[2J!" in [text for _, text in found.texts]


def test_a_home_that_is_no_place_is_none(tmp_path: Path) -> None:
    home = dialect.MAVLink_home_position_message(1_900_000_000, 1, 0, 0, 0, 0, (1, 0, 0, 0), 0, 0, 0)
    found = told_by(tmp_path / "a.tlog", tlog_with(home))
    assert found.home is not None and found.home.lat == LAT


def test_of_a_ulog_items_and_attitudes(tmp_path: Path) -> None:
    """A warning of a library is no sentence for a person."""
    whole = ulog()
    item = pack("<HHfff", 1, 16, LAT + CORNERS[1][0], LON + CORNERS[1][1], 20.0)
    assert whole.count(item) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = told_by(tmp_path / "a.ulg", whole.replace(item, pack("<HHfff", 1, 16, inf, nan, 20.0)))
    assert found.cut == "some of its items have no place"
    assert [item.seq for item in found.items] == [1, 3, 4]
