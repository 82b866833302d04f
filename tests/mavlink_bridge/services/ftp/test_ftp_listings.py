"""Listings of MAVFTP directories (docs/reference/ground-stations.md, 1.7), in virtual time."""

from __future__ import annotations

import pytest

from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.ftp.files import LISTING_MS, LISTINGS
from mavlink_bridge.services.ftp.parameter_file import pack_parameters
from mavlink_bridge.services.ftp.wire import Nak, Opcode, Operation
from tests.fakes.ftp_client import FtpBench
from tests.fakes.ftp_client import MountedBench as Bench


def test_directories_are_listed() -> None:
    bench = Bench()
    for name in (b"/", b""):  # as PX4's root (mavlink_ftp.cpp, `_workList`)
        root = bench.ask(Opcode.LIST_DIRECTORY, data=name)[0]
        assert root.data[: root.size] == b"D@PARAM\0Dlogs\0"
    listing = bench.ask(Opcode.LIST_DIRECTORY, data=b"@PARAM")[0]
    assert listing.data[: listing.size] == b"Fparam.pck\t%d\0" % len(pack_parameters(bench.parameters))
    assert bench.ask(Opcode.LIST_DIRECTORY, data=b"/logs/")[0].data.startswith(b"F1.BIN\t10240\0")
    assert bench.ask(Opcode.LIST_DIRECTORY, data=b"/", offset=2)[0].data[0] == Nak.END_OF_FILE
    assert bench.ask(Opcode.LIST_DIRECTORY, data=b"nowhere")[0].data[0] == Nak.FILE_NOT_FOUND


def test_a_long_directory_comes_in_parts() -> None:
    names = [f"{number:08}.BIN" for number in range(100)] + ["x" * 300, "last.BIN"]
    bench = Bench(dict.fromkeys(names, b""))
    seen: list[bytes] = []
    while (reply := bench.ask(Opcode.LIST_DIRECTORY, data=b"logs", offset=len(seen))[0]).opcode == Opcode.ACK:
        seen += reply.data[: reply.size].split(b"\0")[:-1]
    assert reply.data[0] == Nak.END_OF_FILE
    assert [line[1:].split(b"\t")[0].decode() for line in seen] == [name for name in names if len(name) < 239]


def _names(reply: Operation) -> list[bytes]:
    return [line[1:].split(b"\t")[0] for line in reply.data[: reply.size].split(b"\0")[:-1]]


def _rest(bench: FtpBench, seen: list[bytes]) -> list[bytes]:
    """`seen` and what a listing has after it."""
    while (reply := bench.ask(Opcode.LIST_DIRECTORY, data=b"logs", offset=len(seen))[0]).opcode == Opcode.ACK:
        seen = seen + _names(reply)
    return seen


def test_a_directory_that_changes_is_listed_as_it_was_at_the_first_part() -> None:
    """No entry is missed or told twice; the next listing has the change, and so has another station's."""
    names = [b"%08d.BIN" % number for number in range(40)]
    bench = Bench({name.decode(): b"" for name in names})
    begun = _names(bench.ask(Opcode.LIST_DIRECTORY, data=b"logs")[0])
    del bench.logs.files[names[0].decode()]
    assert _rest(bench, begun) == names
    assert _rest(FtpBench(bench.service, Peer(link=2, system=255, component=190)), []) == names[1:]
    assert _rest(bench, []) == names[1:]


def test_a_large_directory_is_read_once_for_a_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand pictures held the vehicle up for a minute."""
    bench = Bench({f"{number:08}.BIN": b"" for number in range(100)})
    reads: list[str] = []
    entries = bench.logs.entries
    monkeypatch.setattr(bench.logs, "entries", lambda path: reads.append(path) or entries(path))
    assert len(_rest(bench, [])) == 100
    assert reads == [""]
    bench.step(LISTING_MS)
    bench.ask(Opcode.LIST_DIRECTORY, data=b"logs", offset=50)
    assert reads == ["", ""], "a listing that has rested"
    bench.ask(Opcode.LIST_DIRECTORY, data=b"/logs", offset=50)
    assert reads == [""] * 3, "another name"
    bench.service.link_closed(bench.peer.link)
    bench.ask(Opcode.LIST_DIRECTORY, data=b"/logs", offset=50)
    assert reads == [""] * 4, "its station has gone"


def test_few_listings_are_kept() -> None:
    names = [f"{number:08}.BIN" for number in range(40)]
    bench = Bench(dict.fromkeys(names, b""))
    stations = [FtpBench(bench.service, Peer(link=number, system=255, component=190)) for number in range(LISTINGS + 1)]
    begun = [_names(station.ask(Opcode.LIST_DIRECTORY, data=b"logs")[0]) for station in stations]
    del bench.logs.files[names[0]]
    found = [len(_rest(station, seen)) for station, seen in zip(reversed(stations), reversed(begun), strict=True)]
    assert found == [40] * LISTINGS + [39]
