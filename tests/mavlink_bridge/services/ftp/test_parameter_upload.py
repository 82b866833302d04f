"""`@PARAM/param.pck`, written: many parameters at once, as Skybrush's server and pymavlink's MAVFTP send them to an
ArduPilot (AP_Filesystem_Param), in virtual time."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest

from autopilot.context.journal import Change, SaveParameter
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.services.ftp.files import VirtualFiles
from mavlink_bridge.services.ftp.parameter_file import ParameterFiles
from mavlink_bridge.services.ftp.service import LOOK_AGAIN_MS, FtpService
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode
from mavlink_bridge.services.parameters import ParameterService
from tests.fakes.ftp_client import FtpBench
from tests.fakes.memory_journal import MemoryJournal

PACKED = b"@PARAM/param.pck"
LAYOUTS = {1: "<b", 2: "<h", 3: "<i", 4: "<f"}
WANTED = {"BATT_CRT_VOLT": (4, 9.75), "FENCE_ALT_MAX": (1, 90), "FENCE_ENABLE": (1, 1), "RTL_ALT": (2, 2500)}


def packed(values: Mapping[str, tuple[int, float]], *, magic: int = 0x671B, longer: int = 0) -> bytes:
    """Name -> (type, value) in order of the names: the type is chosen by the value, not by the parameter."""
    body, previous = b"", b""
    for name in sorted(values):
        kind, value = values[name]
        encoded = name.encode()
        common = 0
        while common < min(len(previous), len(encoded) - 1) and previous[common] == encoded[common]:
            common += 1
        body += bytes((kind, common | (len(encoded) - common - 1) << 4)) + encoded[common:]
        body += struct.pack(LAYOUTS[kind], value if kind == 4 else int(value))
        previous = encoded
    return struct.pack("<HHH", magic, len(values), 6 + len(body) + longer) + body


class Bench(FtpBench):
    def __init__(self, *, hold: bool = False, given: Mapping[str, float] | None = None) -> None:
        self.parameters = Parameters(COPTER.parameters, overrides=given or {})
        self.journal = MemoryJournal(hold=hold)
        self.owner = ParameterService(self.parameters, self.journal, room=lambda link: 1_000_000)
        mount, tree = ParameterFiles(self.parameters, self.journal), VirtualFiles()
        tree.mount("@PARAM", mount)
        tree.writer("@PARAM/param.pck", mount.begin)
        super().__init__(FtpService(tree, room=lambda link: 1_000_000))

    def put(self, content: bytes) -> None:
        created = self.ask(Opcode.CREATE_FILE, data=PACKED)[0]
        assert (created.opcode, created.size) == (Opcode.ACK, 0)
        for at in range(0, len(content), DATA_BYTES):
            written = self.ask(Opcode.WRITE_FILE, data=content[at : at + DATA_BYTES], offset=at)[0]
            assert (written.opcode, written.offset) == (Opcode.ACK, at)

    def upload(self, content: bytes) -> tuple[int, bytes]:
        self.put(content)
        ended = self.ask(Opcode.TERMINATE_SESSION)[0]
        return ended.opcode, ended.data[: ended.size]


def test_a_written_file_sets_its_parameters_and_they_are_announced() -> None:
    bench = Bench()
    assert bench.upload(packed(WANTED)) == (Opcode.ACK, b"")
    assert {name: bench.parameters[name] for name in WANTED} == {name: value for name, (_, value) in WANTED.items()}
    bench.owner.handle_timeout(bench.now_ms)
    assert {one.message.param_id for one in bench.owner.take_outgoing()} == {
        "BATT_CRT_VOLT",
        "FENCE_ALT_MAX",
        *{"FENCE_ENABLE", "RTL_ALT"},
    }
    assert bench.ask(Opcode.RESET_SESSIONS)[0].opcode == Opcode.ACK


def test_a_file_of_many_blocks_is_put_together() -> None:
    """Also where a block comes twice, as it does when its answer was lost."""
    bench = Bench()
    values = {
        f"RC{channel}_{end}": (2, value) for channel in range(1, 17) for end, value in (("MIN", 1001), ("MAX", 1999))
    }
    content = packed(values)
    assert len(content) > DATA_BYTES
    bench.put(content)
    assert bench.ask(Opcode.WRITE_FILE, data=content[:DATA_BYTES], offset=0)[0].opcode == Opcode.ACK
    assert bench.ask(Opcode.TERMINATE_SESSION)[0].opcode == Opcode.ACK
    assert {name: bench.parameters[name] for name in values} == {name: value for name, (_, value) in values.items()}


def test_a_name_that_is_not_there_and_one_that_is_read_only_are_passed_over() -> None:
    bench = Bench()
    read_only = next(line.name for line in COPTER.parameters.definitions if line.read_only)
    before = bench.parameters[read_only]
    assert bench.upload(packed({"SHOW_START_TIME": (3, 5), read_only: (1, 7), **WANTED})) == (Opcode.ACK, b"")
    assert bench.parameters[read_only] == before
    assert bench.parameters["RTL_ALT"] == 2500


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x1b",
        packed(WANTED, longer=1),
        packed(WANTED, longer=-1),
        packed(WANTED, magic=0x671C),
        packed(WANTED)[:-1] + b"",
        struct.pack("<HHH", 0x671B, 2, 13) + b"\x01\x30ABCD\x05",
        struct.pack("<HHH", 0x671B, 1, 13) + b"\x05\x30ABCD\x05",
        struct.pack("<HHH", 0x671B, 1, 13) + b"\x11\x30ABCD\x05",
        struct.pack("<HHH", 0x671B, 1, 7) + b"\x01",
    ],
)
def test_a_file_that_is_not_whole_sets_nothing(content: bytes) -> None:
    """ArduPilot sets nothing either where the length is wrong, but acknowledges the end."""
    bench = Bench()
    before = [bench.parameters[name] for name in bench.parameters.names()]
    assert bench.upload(content) == (Opcode.NAK, bytes((Nak.FAIL_ERRNO, 22)))
    assert [bench.parameters[name] for name in bench.parameters.names()] == before
    assert bench.ask(Opcode.WRITE_FILE, data=b"x")[0].opcode == Opcode.NAK, "the session has ended"


def test_a_file_whose_session_was_reset_sets_nothing() -> None:
    bench = Bench()
    bench.put(packed(WANTED))
    assert bench.ask(Opcode.RESET_SESSIONS)[0].opcode == Opcode.ACK
    assert bench.parameters["RTL_ALT"] != 2500


def test_the_end_is_acknowledged_when_all_is_durable() -> None:
    bench = Bench(hold=True)
    bench.put(packed(WANTED))
    assert bench.ask(Opcode.TERMINATE_SESSION) == []
    assert bench.step(10 * LOOK_AGAIN_MS) == []
    saved: list[Change] = [SaveParameter(name, value) for name, (_, value) in WANTED.items()]
    assert bench.journal.changes == saved
    bench.journal.settle()
    assert [reply.opcode for reply in bench.step(LOOK_AGAIN_MS)] == [Opcode.ACK]
    assert bench.journal.changes == saved, "taken once"


def test_a_value_that_was_given_for_this_run_is_stored_like_any_other() -> None:
    """It was acknowledged, and gone at a start without `--param`."""
    bench = Bench(given={"RTL_ALT": 2500.0})
    assert bench.upload(packed({"RTL_ALT": (2, 2500)})) == (Opcode.ACK, b"")
    assert bench.journal.changes == [SaveParameter("RTL_ALT", 2500)]


def test_the_end_is_refused_when_the_disk_refuses() -> None:
    """It was acknowledged, and the values were gone after a restart."""
    bench = Bench(hold=True)
    old = bench.parameters["FENCE_ALT_MAX"]
    bench.put(packed({"FENCE_ALT_MAX": (1, 90), "RTL_ALT": (2, 2500)}))
    assert bench.ask(Opcode.TERMINATE_SESSION) == []
    assert bench.parameters["FENCE_ALT_MAX"] == 90
    bench.parameters.set("RTL_ALT", 3000.0)  # by somebody else, meanwhile
    bench.journal.settle("disk full")
    assert [(reply.opcode, reply.data[:2]) for reply in bench.step(LOOK_AGAIN_MS)] == [
        (Opcode.NAK, bytes((Nak.FAIL_ERRNO, 5)))
    ]
    assert (bench.parameters["FENCE_ALT_MAX"], bench.parameters["RTL_ALT"]) == (old, 3000)
    bench.journal.settle()
    bench.put(packed({"FENCE_ALT_MAX": (1, 90)}))
    assert bench.ask(Opcode.TERMINATE_SESSION) == [], "the same file again is written again"
    bench.journal.settle()
    assert bench.step(LOOK_AGAIN_MS)[0].opcode == Opcode.ACK, "an older failure does not count"


def test_a_file_cannot_grow_beyond_what_its_header_can_say() -> None:
    bench = Bench()
    bench.put(b"")
    reply = bench.ask(Opcode.WRITE_FILE, data=b"12", offset=65_534)[0]
    assert (reply.opcode, reply.data[:2]) == (Opcode.NAK, bytes((Nak.FAIL_ERRNO, 28)))
    assert bench.ask(Opcode.WRITE_FILE, data=b"1", offset=0xFFFFFFFF)[0].opcode == Opcode.NAK


def test_a_file_that_is_written_is_not_read_by_its_session() -> None:
    bench = Bench()
    bench.put(packed(WANTED))
    for opcode in (Opcode.READ_FILE, Opcode.BURST_READ_FILE):
        assert bench.ask(opcode, size=80)[0].data[0] == Nak.FAIL


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (b"/collmot/show.skyb", Nak.FILE_NOT_FOUND),
        (b"@PARAM/other.pck", Nak.FILE_PROTECTED),
        (b"/other.txt", Nak.FILE_PROTECTED),
    ],
)
def test_a_file_where_there_is_no_directory_is_not_found(path: bytes, why: Nak) -> None:
    """As ArduPilot answers Skybrush's server."""
    refused = Bench().ask(Opcode.CREATE_FILE, data=path)[0]
    assert (refused.opcode, refused.data[0]) == (Opcode.NAK, why)
