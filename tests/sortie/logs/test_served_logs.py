"""The log directory over a link: what may be read, and that nothing else can be."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mavlink_bridge.services.ftp.files import DirectoryEntry, FileRefusedError, VirtualFiles
from mavlink_bridge.services.ftp.service import FtpService
from mavlink_bridge.services.ftp.wire import Nak, Opcode
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from sortie.logs.served import ServedDirectory
from sortie.nodes.log_shelf import ArduPilotLogs, FlightShelf, NumberedLogs
from tests.fakes.ftp_client import FtpBench

SECRET = b"outside"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A log directory with traps: links out of it, a device, a hidden file; and a secret beside it."""
    (tmp_path / "secret").write_bytes(SECRET)
    logs = tmp_path / "logs"
    flight = logs / "flights" / "0001"
    flight.mkdir(parents=True)
    (logs / "run.log").write_bytes(b"run")
    (logs / ".hidden").write_bytes(SECRET)
    (flight / "flight.bin").write_bytes(b"\xa3\x95" * 600)
    (logs / "latest").symlink_to("flights/0001")
    (logs / "out").symlink_to(tmp_path)
    (logs / "file_out").symlink_to(tmp_path / "secret")
    os.mkfifo(logs / "pipe")
    return logs


def bench(tree: Path) -> FtpBench:
    files = VirtualFiles()
    files.mount("@LOGS", ServedDirectory(tree))
    files.mount("APM", ArduPilotLogs(NumberedLogs(ServedDirectory(tree), FlightShelf(tree, lambda: None))))
    return FtpBench(FtpService(files, room=lambda link: 1 << 20))


def test_files_are_read_by_their_names(tree: Path) -> None:
    """At @LOGS, and where ArduPilot has its logs."""
    assert bench(tree).download(b"@LOGS/run.log") == b"run"
    assert bench(tree).download(b"/APM/LOGS/flights/0001/flight.bin") == b"\xa3\x95" * 600


def test_logs_have_the_names_that_ardupilot_gives_them(tree: Path) -> None:
    """ArduPilot Methodic Configurator reads LASTLOG.TXT and then the log of that number; there is none of the flight
    under way, of the boot, or before the first flight."""
    served = bench(tree)
    assert served.download(b"/APM/LOGS/LASTLOG.TXT") == b"1\r\n"
    assert served.download(b"/APM/LOGS/00000001.BIN") == b"\xa3\x95" * 600
    logs = ArduPilotLogs(NumberedLogs(ServedDirectory(tree), FlightShelf(tree, lambda: tree / "flights" / "0001")))
    for name in ("LOGS/LASTLOG.TXT", "LOGS/00000000.BIN", "LOGS/00000002.BIN", "LOGS", "ELSE/00000001.BIN"):
        with pytest.raises(FileRefusedError):
            logs.open(name, "")
    assert [entry.name for entry in logs.entries("LOGS")] == ["flights", "run.log"]


def test_listings_show_plain_files_and_folders_only(tree: Path) -> None:
    """No links, no pipes, no hidden names."""
    assert ServedDirectory(tree).entries("") == [
        DirectoryEntry("flights", directory=True),
        DirectoryEntry("run.log", 3),
    ]
    logs = ArduPilotLogs(NumberedLogs(ServedDirectory(tree), FlightShelf(tree, lambda: None)))
    assert logs.entries("") == [DirectoryEntry("LOGS", directory=True)]
    assert [entry.name for entry in logs.entries("LOGS")] == ["00000001.BIN", "LASTLOG.TXT", "flights", "run.log"]
    assert bench(tree).ask(Opcode.LIST_DIRECTORY, data=b"@LOGS")[0].data.startswith(b"Dflights\0Frun.log\t3\0")


@pytest.mark.parametrize(
    "path",
    [
        "../secret", "flights/../../secret", "..", ".", "./run.log", "/etc/passwd", "//etc/passwd", "flights//0001",
        "out/secret", "file_out", "latest/flight.bin", ".hidden", "pipe", "flights", "run.log/x", "run.log/", "",
        "a/" * 300 + "b", "x" * 300, "..\\secret", "%2e%2e/secret", "~root", "run.log\0", "flights/\0/../../secret",
    ],
)  # fmt: skip
def test_no_path_leaves_the_directory(tree: Path, path: str) -> None:
    """Parents, absolute paths, links, NUL, pipes: not found, whatever stands there."""
    with pytest.raises(FileRefusedError) as refusal:
        ServedDirectory(tree).open(path, "")
    assert refusal.value.nak is Nak.FILE_NOT_FOUND


@pytest.mark.parametrize(
    "path",
    [
        b"@LOGS/../secret", b"@LOGS/out/secret", b"/../secret", b"@LOGS/%00", b"@LOGSX/run.log",
        b"APM/../@LOGS/run.log", b"APM/LOGS/../../secret", b"@LOGS//etc/passwd",
    ],
)  # fmt: skip
def test_no_path_on_the_wire_leaves_the_mounts(tree: Path, path: bytes) -> None:
    """The same as seen by a client: file not found."""
    reply = bench(tree).open(path)
    assert (reply.opcode, reply.data[0]) == (Opcode.NAK, Nak.FILE_NOT_FOUND)


@given(
    st.lists(
        st.sampled_from(["..", ".", "", "flights", "0001", "out", "latest", "secret", "flight.bin", "\0", "a"]),
        max_size=6,
    ).map("/".join)
    | st.text(max_size=60)
)
def test_whatever_is_asked_the_secret_stays(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    """Refused, or a file of the directory."""
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    logs = folder / "logs"
    if not folder.exists():
        (logs / "flights" / "0001").mkdir(parents=True)
        (folder / "secret").write_bytes(SECRET)
        (logs / "flights" / "0001" / "flight.bin").write_bytes(b"inside")
        (logs / "out").symlink_to(folder)
    try:
        file = ServedDirectory(logs).open(path, "")
    except FileRefusedError:
        return
    content = file.read(0, 100)
    file.close()
    assert content == b"inside"


def test_nothing_can_be_written(tree: Path) -> None:
    """Every writing opcode is refused, and the directory is as it was."""
    before = sorted((path, path.lstat().st_mtime_ns) for path in tree.rglob("*"))
    for opcode in (
        Opcode.CREATE_FILE,
        Opcode.WRITE_FILE,
        Opcode.REMOVE_FILE,
        Opcode.CREATE_DIRECTORY,
        Opcode.RENAME,
        Opcode.REMOVE_DIRECTORY,
        Opcode.OPEN_FILE_WO,
        Opcode.TRUNCATE_FILE,
    ):
        (reply,) = bench(tree).ask(opcode, data=b"@LOGS/run.log")
        reason = Nak.INVALID_SESSION if opcode == Opcode.WRITE_FILE else Nak.FILE_PROTECTED
        assert (reply.opcode, reply.data[0]) == (Opcode.NAK, reason)
    assert sorted((path, path.lstat().st_mtime_ns) for path in tree.rglob("*")) == before


def test_a_file_that_grows_keeps_its_size_while_it_is_open(tree: Path) -> None:
    """The blocks of one download belong together."""
    file = ServedDirectory(tree).open("run.log", "")
    with (tree / "run.log").open("ab") as more:
        more.write(b" and more")
    assert (file.size, file.read(0, 100), file.read(3, 10)) == (3, b"run", b"")
    file.close()


def test_any_name_that_is_listed_can_be_opened(tree: Path) -> None:
    """Letters beyond ASCII, and bytes that are no UTF-8."""
    names = [os.fsencode("Flüge.txt"), b"\xff.txt"]
    for name in names:
        (tree / os.fsdecode(name)).write_bytes(name)
    client = bench(tree)
    (listing,) = client.ask(Opcode.LIST_DIRECTORY, data=b"@LOGS")
    told = [line[1:].split(b"\t")[0] for line in listing.data[: listing.size].split(b"\0")]
    assert set(names) <= set(told)
    assert [client.download(b"@LOGS/" + name) for name in names] == names


def test_a_name_that_the_file_system_cannot_say_is_not_found(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As "Flüge" where its encoding is ASCII."""
    monkeypatch.setattr(os, "fsencode", lambda name: name.encode("ascii"))
    with pytest.raises(FileRefusedError) as refused:
        ServedDirectory(tree).open("Flüge.txt", "")
    assert refused.value.nak is Nak.FILE_NOT_FOUND


def test_a_file_that_is_too_large_for_mavftp_is_refused(tree: Path) -> None:
    """Sizes and offsets have 32 bits. It got no answer (an internal error)."""
    os.truncate(tree / "run.log", 1 << 32)
    client = bench(tree)
    reply = client.open(b"@LOGS/run.log")
    assert (reply.opcode, reply.data[:2]) == (Opcode.NAK, bytes((Nak.FAIL_ERRNO, errno.EFBIG)))
    os.truncate(tree / "run.log", (1 << 32) - 1)
    assert client.open(b"@LOGS/run.log").opcode == Opcode.ACK


def test_an_error_of_the_disk_is_not_taken_for_the_end(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A station would keep the part before it as the whole file, and its checksum would fit."""
    client = bench(tree)
    client.open(b"@LOGS/run.log")
    monkeypatch.setattr(os, "read", _failing)
    for opcode in (Opcode.READ_FILE, Opcode.BURST_READ_FILE):
        (reply,) = client.ask(opcode, size=239)
        assert (reply.opcode, reply.req_opcode) == (Opcode.NAK, opcode)
        assert reply.data[: reply.size] == bytes((Nak.FAIL_ERRNO, errno.EIO))
    assert client.step(100) == []
    (reply,) = client.ask(Opcode.CALC_FILE_CRC32, data=b"@LOGS/run.log")
    assert reply.data[: reply.size] == bytes((Nak.FAIL_ERRNO, errno.EIO))


def _failing(descriptor: int, count: int) -> bytes:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_directory_that_is_not_there_yet_is_not_found(tmp_path: Path) -> None:
    """Before the first flight."""
    with pytest.raises(FileRefusedError):
        ServedDirectory(tmp_path / "none").entries("")
    assert list(FlightShelf(tmp_path / "none", lambda: None).entries()) == []


def test_the_shelf_has_finished_flights_only(tree: Path) -> None:
    """Keys are the flights' numbers; the flight under way is neither shown nor erased, links are not followed."""
    now = tree / "flights" / "0003"
    now.mkdir()
    (now / "flight.bin").write_bytes(b"now")
    (tree / "flights" / "0002").mkdir()
    (tree / "flights" / "0002" / "flight.bin").symlink_to(tree.parent / "secret")
    shelf = FlightShelf(tree, lambda: now)
    assert [(one.key, one.size) for one in shelf.entries()] == [(1, 1200)]
    assert shelf.open_log(2) is None
    assert list(shelf.erase()) == [None, None]
    assert [one.key for one in shelf.entries()] == []
    assert (now / "flight.bin").read_bytes() == b"now"
    assert (tree.parent / "secret").read_bytes() == SECRET


def test_a_flight_is_downloaded_over_a_link(tmp_path: Path) -> None:
    """List, then data, over a session's link: what arrives is the file. The flight under way is not in the list."""
    with Session(log_dir=tmp_path) as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.run_for(5.0)
        station = session.connect()
        station.send(dialect.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF))
        assert station.receive("LOG_ENTRY").num_logs == 0
        session.disarm(force=True)
        session.run_for(0.1)
        station.send(dialect.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF))
        entry = station.receive("LOG_ENTRY")
        station.send(dialect.MAVLink_log_request_data_message(1, 1, entry.id, 0, 0xFFFFFFFF))
        pieces: dict[int, Any] = {}
        while sum(one.count for one in pieces.values()) < entry.size:
            session.run_for(0.02)
            pieces |= {one.ofs: one for one in station.messages("LOG_DATA")}
    content = b"".join(bytes(pieces[at].data[: pieces[at].count]) for at in sorted(pieces))
    assert content == (tmp_path / "latest" / "flight.bin").read_bytes()
