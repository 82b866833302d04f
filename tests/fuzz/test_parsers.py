"""Parsers of what strangers write take a damaged input or refuse it in one line."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.parsers import PARSERS, damaged

INPUTS = 60


def _with(name: str, part: bytes, other: bytes) -> bytes:
    """The whole input of a parser with `other` where `part` stands first."""
    whole = PARSERS[name].whole()[0]
    assert part in whole
    return whole.replace(part, other, 1)


def _ulog(*rows: tuple[int, bytes, bytes]) -> bytes:
    """A ULog of definitions: length, type and content of each row."""
    head = b"ULog\x01\x12\x35\x01" + bytes(8)
    return head + b"".join(size.to_bytes(2, "little") + kind + content for size, kind, content in rows)


def _endless_ulog() -> bytes:
    """Its last row claims more than there is, and is of no known type: its reader goes back by what it claims."""
    return _ulog(*[(4, b"?", b"abcd")] * 40, (400, b"?", b"abcd"))


def _swollen_ulog() -> bytes:
    """A format of 60,000 of a format of 60,000 bytes."""
    inner, outer = b"a:uint8_t[60000] x;", b"vehicle_status:uint64_t timestamp;a[60000] y;"
    return _ulog((len(inner), b"F", inner), (len(outer), b"F", outer), (17, b"A", b"\0\0\0vehicle_status"))


@pytest.mark.parametrize("name", PARSERS)
def test_whole_inputs_are_taken(name: str, tmp_path: Path) -> None:
    parser = PARSERS[name]
    for whole in parser.whole():
        parser.parse(whole, tmp_path)


FOUND = {
    "fleet": [b"x = " + b"[" * 3000, b"[[vehicle]]\ncount = " + b"9" * 400, b"x = " + b"9" * 5000],
    "geojson": [_with("geojson", b"[149.166, -35.363]", b"[" + b"9" * 400 + b", 1]")],
    "study": [
        _with("study", b"../square.plan", b"~nobody-here/square.plan"),
        b'plan = "hover.waypoints"\n[params]\nSIM_' + b"9" * 300 + b" = 1.0\n",
    ],
    "formula": [b"(" * 300 + b"1" + b")" * 300, b"height < " + b"9" * 400],
    "loop fault": [b"debris@T+" + b"9" * 400, b"debris@phase4#" + b"9" * 5000],
    "fault": [b"gps.loss@1#" + b"9" * 5000],
    "request": [b"[" * 3000],
    "rest": [_with("rest", b"1.0", b"9" * 400)],
    "terrain": [gzip.compress(bytes(99))[:10] + b"\xff" * 90],
    "ulg": [_endless_ulog(), _swollen_ulog()],
}
"""Inputs that once left a parser by another error, or never."""


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_stays_refused(name: str, tmp_path: Path) -> None:
    for data in FOUND[name]:
        assert not PARSERS[name].check(data, tmp_path)


@pytest.mark.parametrize("name", PARSERS)
def test_damaged_inputs_are_taken_or_refused_in_a_line(name: str, tmp_path: Path) -> None:
    parser, random = PARSERS[name], Random(name)
    whole = parser.whole()
    for _ in range(INPUTS):
        parser.check(damaged(random.choice(whole), random), tmp_path)


@pytest.mark.parametrize(("is_said", "damaged_to"), [(b"ATT\0Qf", b"ATT\0Qn"), (b"BAT\0QBf", b"BAT\0QBn")])
def test_text_in_the_place_of_a_number_is_passed_over(is_said: bytes, damaged_to: bytes, tmp_path: Path) -> None:
    """A damaged FMT says that an angle or a voltage is text: it was read, and could not be exported."""
    assert PARSERS["bin told"].check(_with("bin told", is_said, damaged_to), tmp_path)
