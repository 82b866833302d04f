"""`@MISSION/mission.dat`, `fence.dat`, `rally.dat`: each plan in one file, in ArduPilot's format
(AP_Filesystem_Mission.cpp): a header, then the items as MISSION_ITEM_INT has them, home included.

A plan is packed when its file is opened. A written file replaces the plan, or with `NO_CLEAR` a part of a mission, and
is acknowledged when it is on disk.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Final

from autopilot.mav import MissionType
from mavlink_bridge.routing.service import NOBODY, Message
from mavlink_bridge.services.ftp.files import (
    DirectoryEntry,
    FileComesError,
    FileRefusedError,
    MemoryFile,
    OpenFile,
    VirtualFiles,
    WrittenFile,
)
from mavlink_bridge.services.ftp.wire import Nak
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.services.mission.transfer import MAX_ITEMS
from mavlink_bridge.services.mission.upload import UploadState
from mavlink_bridge.wire.codec import dialect

FOLDER: Final = "@MISSION"
FILES: Final = {"mission.dat": MissionType.MISSION, "fence.dat": MissionType.FENCE, "rally.dat": MissionType.RALLY}
NO_CLEAR: Final = 1
"""Option of a file whose items replace those from number `start` on; the others stay."""
_MAGIC: Final = 0x763D
_HEADER: Final = struct.Struct("<HHHHH")  # magic, mission type, options, first item, number of items
_ITEM: Final = struct.Struct("<ffffiifHHBBBBBB")
_FIELDS: Final = attrgetter(
    *("param1", "param2", "param3", "param4", "x", "y", "z", "seq", "command", "target_system", "target_component"),
    *("frame", "current", "autocontinue", "mission_type"),
)
_LARGEST: Final = _HEADER.size + (MAX_ITEMS + 1) * _ITEM.size
_EIO, _EBUSY, _EINVAL = 5, 16, 22


class PlanFiles:
    """Mount `@MISSION`: the plans of `missions`."""

    def __init__(self, missions: MissionService) -> None:
        self._missions = missions

    def attach(self, files: VirtualFiles) -> None:
        """Mount the folder, and permit clients to write its files."""
        files.mount(FOLDER, self)
        for name, kind in FILES.items():
            files.writer(f"{FOLDER}/{name}", partial(WrittenFile, partial(self._take, kind), _LARGEST))

    def open(self, path: str, query: str) -> OpenFile:
        """Open a plan; one that is on its way to the disk is waited for. MAVProxy does not wait for the end of what it
        writes."""
        kind = FILES.get(path)
        if kind is None:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        if self._missions.state(kind) is UploadState.COMMITTING:
            raise FileComesError
        return MemoryFile(self._packed(kind))

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        if path:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        counts = {name: self._missions.transfer(kind).committed.count() for name, kind in FILES.items()}
        return [DirectoryEntry(name, _HEADER.size + count * _ITEM.size) for name, count in counts.items()]

    def _packed(self, kind: int) -> bytes:
        items = self._missions.transfer(kind).committed.messages(NOBODY)
        return _HEADER.pack(_MAGIC, kind, 0, 0, len(items)) + b"".join(_ITEM.pack(*_FIELDS(item)) for item in items)

    def _take(self, kind: int, content: bytes) -> Callable[[], bool]:
        """Submit the plan in a written file; the result tells whether it is stored."""
        transfer = self._missions.transfer(kind)
        if transfer.state is UploadState.COMMITTING:
            raise FileComesError
        if transfer.state is UploadState.RECEIVING:
            raise FileRefusedError(Nak.FAIL_ERRNO, _EBUSY)
        try:
            start, items = _unpack(kind, content)
        except ValueError:
            raise FileRefusedError(Nak.FAIL_ERRNO, _EINVAL) from None
        ticket = transfer.put(items, start)
        if ticket is None:
            raise FileRefusedError(Nak.FAIL_ERRNO, _EINVAL)

        def is_stored() -> bool:
            if transfer.is_committing(ticket):
                return False
            if not transfer.is_stored(ticket):
                raise FileRefusedError(Nak.FAIL_ERRNO, _EIO)
            return True

        return is_stored


def _unpack(kind: int, content: bytes) -> tuple[int | None, list[Message]]:
    """Items in a file, and the number of the first one; None: they are the whole plan. Raises ValueError."""
    if len(content) < _HEADER.size:
        raise ValueError("shorter than its header")
    magic, file_kind, options, start, count = _HEADER.unpack_from(content)
    if magic != _MAGIC or file_kind != kind or len(content) != _HEADER.size + count * _ITEM.size:
        raise ValueError("not a whole file of such a plan")
    part = bool(options & NO_CLEAR)
    if (part and kind != MissionType.MISSION) or (start and not part):
        raise ValueError("only a mission can be written in parts")
    items = [
        _message(number, fields) for number, fields in enumerate(_ITEM.iter_unpack(content[_HEADER.size :]), start)
    ]
    return start if part else None, items


def _message(number: int, fields: tuple[float, ...]) -> Message:
    p1, p2, p3, p4, x, y, z, _, command, system, component, frame, current, autocontinue, kind = fields
    return dialect.MAVLink_mission_item_int_message(
        system, component, number, frame, command, current, autocontinue, p1, p2, p3, p4, x, y, z, kind
    )
