"""`@MISSION/`: plans as files, as MAVProxy's `wp ftp` and `wp ftpload` read and write them (ArduPilot's
AP_Filesystem_Mission), in virtual time."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from pymavlink.dialects.v20 import ardupilotmega as apm

from autopilot.mission.items import MissionItem
from mavlink_bridge.firmware.ardupilot import home_item
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.ftp.files import VirtualFiles
from mavlink_bridge.services.ftp.plan_files import NO_CLEAR, PlanFiles
from mavlink_bridge.services.ftp.service import LOOK_AGAIN_MS, FtpService
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, Operation
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.services.mission.upload import UploadState
from tests.fakes.ftp_client import FtpBench
from tests.fakes.mission_bench import Bench as Missions
from tests.fakes.mission_bench import fence_square, packed, rally_points, waypoints
from tests.fakes.mission_core import HOME

NAMES = ("mission.dat", "fence.dat", "rally.dat")
NOBODY = Peer(0, 0, 0)
FORM = apm.MAVLink_mission_item_int_message
EINVAL, EIO, EBUSY = bytes((Nak.FAIL_ERRNO, 22)), bytes((Nak.FAIL_ERRNO, 5)), bytes((Nak.FAIL_ERRNO, 16))


def file_of(
    items: Sequence[MissionItem], kind: int = 0, *, options: int = 0, start: int = 0, magic: int = 0x763D
) -> bytes:
    """The file that MAVProxy makes of these items, by pymavlink's own layout."""
    content = struct.pack("<HHHHH", magic, kind, options, start, len(items))
    for item in items:
        message = write_item(item, kind, item.seq, NOBODY, as_int=True, current=False)
        content += FORM.unpacker.pack(*(getattr(message, name) for name in FORM.ordered_fieldnames))
    return content


def mission(count: int) -> tuple[MissionItem, ...]:
    return (home_item(HOME), *waypoints(count))


class PlanFilesBench(FtpBench):
    def __init__(self, *, hold: bool = False) -> None:
        self.missions = Missions(hold=hold)
        tree = VirtualFiles()
        PlanFiles(self.missions.service).attach(tree)
        super().__init__(FtpService(tree, room=lambda link: 1_000_000))

    def read(self, kind: int = 0) -> bytes:
        return self.download(f"@MISSION/{NAMES[kind]}".encode())

    def put(self, content: bytes, kind: int = 0) -> None:
        created = self.ask(Opcode.CREATE_FILE, data=f"@MISSION/{NAMES[kind]}".encode())[0]
        assert created.opcode == Opcode.ACK
        for at in range(0, len(content), DATA_BYTES):
            assert self.ask(Opcode.WRITE_FILE, data=content[at : at + DATA_BYTES], offset=at)[0].opcode == Opcode.ACK

    def end(self) -> tuple[int, bytes] | None:
        """End the session; the answer, when the missions have looked at their journal."""
        return self._told(self.ask(Opcode.TERMINATE_SESSION)) or self.later()

    def later(self) -> tuple[int, bytes] | None:
        self.missions.wait(LOOK_AGAIN_MS)
        return self._told(self.step(LOOK_AGAIN_MS))

    def _told(self, replies: Sequence[Operation]) -> tuple[int, bytes] | None:
        return (replies[0].opcode, replies[0].data[: replies[0].size]) if replies else None

    def write(self, content: bytes, kind: int = 0) -> tuple[int, bytes] | None:
        self.put(content, kind)
        return self.end()


@pytest.mark.parametrize(("kind", "items"), [(0, mission(4)), (1, fence_square()), (2, rally_points(3))])
def test_a_written_plan_is_the_vehicles_and_is_read_back(kind: int, items: tuple[MissionItem, ...]) -> None:
    bench = PlanFilesBench()
    assert bench.write(file_of(items, kind), kind) == (Opcode.ACK, b"")
    assert packed(bench.missions.stored(kind)) == packed(items[kind == 0 :])
    assert len(bench.missions.texts) == 1
    magic, told, options, start, count = struct.unpack("<HHHHH", bench.read(kind)[:10])
    assert (magic, told, options, start, count) == (0x763D, kind, 0, 0, len(items))
    assert bench.read(kind)[10 + 38 * (kind == 0) :] == file_of(items, kind)[10 + 38 * (kind == 0) :]
    listed = bench.ask(Opcode.LIST_DIRECTORY, data=b"@MISSION")[0]
    assert f"F{NAMES[kind]}\t{len(bench.read(kind))}\0".encode() in listed.data


def test_without_a_plan_its_file_is_a_header() -> None:
    bench = PlanFilesBench()
    assert bench.read(1) == struct.pack("<HHHHH", 0x763D, 1, 0, 0, 0)
    listed = bench.ask(Opcode.LIST_DIRECTORY, data=b"@MISSION")[0]
    assert listed.data[: listed.size] == b"".join(f"F{name}\t10\0".encode() for name in NAMES)


def test_a_file_without_items_clears_its_plan() -> None:
    bench = PlanFilesBench()
    bench.write(file_of(mission(3)))
    assert bench.write(file_of(())) == (Opcode.ACK, b"")
    assert bench.missions.stored() == ()
    assert bench.missions.texts[-1] == "Mission cleared"


@pytest.mark.parametrize(("kind", "items"), [(0, ()), (0, (home_item(HOME),)), (1, ()), (2, ())])
def test_a_plan_has_as_many_items_as_its_file_had(kind: int, items: tuple[MissionItem, ...]) -> None:
    """Also a mission of home alone, which is one, as when it is uploaded item by item; without home it is none."""
    bench = PlanFilesBench()
    assert bench.write(file_of(items, kind), kind) == (Opcode.ACK, b"")
    assert struct.unpack("<HHHHH", bench.read(kind)[:10])[4] == len(items)


def test_a_mission_can_be_written_in_parts() -> None:
    bench = PlanFilesBench()
    bench.write(file_of(mission(3)))
    other = waypoints(6, lat=10.0)
    assert bench.write(file_of(other[2:6], options=NO_CLEAR, start=3)) == (Opcode.ACK, b"")
    assert packed(bench.missions.stored()) == packed((*waypoints(2), *other[2:6]))
    assert bench.write(file_of(other[:1], options=NO_CLEAR, start=9)) == (Opcode.NAK, EINVAL)
    bench.missions.answers()
    assert bench.missions.texts[-1] == "Mission item 9: the mission has 7"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (0, b""),
        (0, file_of(mission(2))[:-1]),
        (0, file_of(mission(2)) + b"\0"),
        (0, file_of(mission(2), magic=0x671B)),
        (1, file_of(mission(2))),
        (0, file_of(mission(2), start=1)),
        (2, file_of(rally_points(1), 2, options=NO_CLEAR)),
    ],
)
def test_what_is_no_such_file_changes_nothing(kind: int, content: bytes) -> None:
    bench = PlanFilesBench()
    assert bench.write(content, kind) == (Opcode.NAK, EINVAL)
    assert bench.missions.journal.changes == []


def test_too_many_items_are_refused() -> None:
    bench = PlanFilesBench()
    full = file_of(mission(4000))
    assert bench.write(full) == (Opcode.ACK, b"")
    assert bench.write(file_of(mission(1002)[1:], options=NO_CLEAR, start=4001)) == (Opcode.NAK, EINVAL)
    bench.missions.answers()
    assert bench.missions.texts[-1] == "Only 5000 items are supported"
    assert len(bench.missions.stored()) == 4000


def test_a_bad_item_is_told() -> None:
    bench = PlanFilesBench()
    assert bench.write(file_of((*mission(2), MissionItem(command=0, frame=3, seq=3)))) == (Opcode.NAK, EINVAL)
    bench.missions.answers()
    assert bench.missions.texts[-1].startswith("Mission item 3: ")
    assert bench.write(file_of(fence_square()[:2], 1), 1) == (Opcode.NAK, EINVAL)
    assert bench.missions.journal.changes == []


def test_the_answer_waits_for_the_disk() -> None:
    bench = PlanFilesBench(hold=True)
    assert bench.write(file_of(mission(3))) is None
    assert bench.missions.stored() == ()
    bench.missions.journal.settle()
    assert bench.later() == (Opcode.ACK, b"")
    assert packed(bench.missions.stored()) == packed(waypoints(3))


def test_whoever_reads_before_the_disk_has_answered_gets_the_new_plan() -> None:
    bench = PlanFilesBench(hold=True)
    bench.put(file_of(mission(3)))
    bench.ask(Opcode.TERMINATE_SESSION)
    assert bench.ask(Opcode.OPEN_FILE_RO, session=1, data=b"@MISSION/mission.dat") == []
    bench.missions.journal.settle()
    assert bench.later() == (Opcode.ACK, len(file_of(mission(3))).to_bytes(4, "little"))


def test_a_plan_that_is_not_stored_is_refused() -> None:
    bench = PlanFilesBench(hold=True)
    assert bench.write(file_of(mission(3))) is None
    bench.missions.journal.settle("disk full")
    assert bench.later() == (Opcode.NAK, EIO)
    assert bench.missions.texts[-1] == "Mission not stored: disk full"
    assert bench.missions.stored() == ()


def test_an_upload_that_runs_is_not_disturbed() -> None:
    bench = PlanFilesBench()
    bench.put(file_of(mission(3)))
    bench.missions.count(3)
    assert bench.end() == (Opcode.NAK, EBUSY)
    assert bench.missions.service.state(0) is UploadState.RECEIVING


def test_a_file_waits_for_the_plan_before_it() -> None:
    bench = PlanFilesBench(hold=True)
    bench.missions.upload(waypoints(5))
    assert bench.write(file_of(mission(3))) is None
    bench.missions.journal.settle()
    assert bench.later() is None
    bench.missions.journal.settle()
    assert bench.later() == (Opcode.ACK, b"")
    assert packed(bench.missions.stored()) == packed(waypoints(3))


def test_other_names_are_refused() -> None:
    bench = PlanFilesBench()
    for opcode in (Opcode.OPEN_FILE_RO, Opcode.LIST_DIRECTORY):
        refused = bench.ask(opcode, data=b"@MISSION/other.dat")[0]
        assert (refused.opcode, refused.data[0]) == (Opcode.NAK, Nak.FILE_NOT_FOUND)
